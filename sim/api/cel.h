/* The part of the Common Expression Language that attribute mappings and conditions of workload identity pools use. */
#ifndef MS_SIM_API_CEL_H
#define MS_SIM_API_CEL_H

#include <cjson/cJSON.h>

/* The value of an expression as a text ("true" and "false" for truths), for the caller to free; NULL when it names what is not
 * there, or is not of the language. variables has an object for each first name: {"assertion": {...}, "google": {...},
 * "attribute": {...}}. Texts, paths, ==, !=, in [..], &&, ||, !, +, brackets, startsWith, endsWith and contains are understood.
 */
char *cel_value(const char *expression, const cJSON *variables);

#endif
