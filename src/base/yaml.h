/* The YAML of documents that people and machines write: cloud-init, kubeconfig files. */
#ifndef MS_BASE_YAML_H
#define MS_BASE_YAML_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* The one document of a text as JSON with every scalar a text, for the caller to delete; a JSON null when there is none; NULL when it cannot be read,
 * or is none of plain data, with the line in *line. */
cJSON *yaml_parse(const char *text, int *line);
/* The same as Kubernetes' programs read it, by YAML 1.1: of several documents the first, merges ("<<") done, and what is written plain is null, true, false
 * or a number where it can be. Such a one keeps its spelling in valuestring. */
cJSON *yaml_parse_typed(const char *text, int *line);

#endif
