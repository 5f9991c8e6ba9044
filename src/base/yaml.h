/* The YAML of documents that people and machines write: cloud-init, kubeconfig files. */
#ifndef MS_BASE_YAML_H
#define MS_BASE_YAML_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* The one document of a text as JSON with every scalar a text, for the caller to delete; a JSON null when there is none; NULL when it cannot be read,
 * or is none of plain data, with the line in *line. */
cJSON *yaml_parse(const char *text, int *line);

#endif
