/* The last lines that a workload wrote to Cloud Logging, for kinds' ask_why and told_why (kind.h). Pure. */
#ifndef MS_GCP_CLOUD_LOG_H
#define MS_GCP_CLOUD_LOG_H

#include "gcp/kind.h"

/* The read of the last entries of this project that fit filter, in Logging's query language. */
void cloud_log_ask(const char *project, const char *filter, struct call *out);
/* struct kind's told_why for it: their texts, a line each, the oldest first. */
char *cloud_log_told(const struct view *v, cJSON *notes, int turn, const cJSON *reply, const char *text);

#endif
