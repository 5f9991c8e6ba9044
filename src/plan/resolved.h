/* What `resolved` of an answers file may hold. It is read back into names, URLs and commands, so it is checked like an answer. */
#ifndef MS_PLAN_RESOLVED_H
#define MS_PLAN_RESOLVED_H

#include <cjson/cJSON.h>

/* Calls problem with the path of each thing that may not stand there ("resolved.suffix"), and why in a sentence. A new key is a row in resolved.c. */
void resolved_check(const cJSON *resolved, void (*problem)(void *arg, const char *path, const char *sentence), void *arg);
/* Its JSON Schema; the caller deletes it. */
cJSON *resolved_schema(void);

#endif
