/* As much YAML as cloud-init's and container declarations' documents have: block mappings and sequences, block scalars, quoted and plain
 * scalars, flow collections on one line. No anchors, tags or several documents. */
#ifndef MS_SIM_FRONT_YAML_H
#define MS_SIM_FRONT_YAML_H

#include <cjson/cJSON.h>

/* The document as JSON with every scalar a text, for the caller to delete; NULL when it cannot be read, with the line in *line. */
cJSON *yaml_parse(const char *text, int *line);

#endif
