/* Why a workload of a cluster does not come up: its pods, the namespace's events about them, and the failing container's own log. For struct kind's ask_why
 * and told_why (kind.h), with the spec of kind_kubernetes_object.c. Pure. */
#ifndef MS_GCP_KUBERNETES_TROUBLE_H
#define MS_GCP_KUBERNETES_TROUBLE_H

#include "gcp/kind.h"

/* The read of a turn under base, "https://HOST/api/v1/namespaces/NS": false when there is no more to ask. */
bool trouble_ask(const cJSON *notes, int turn, struct call *out);
/* What a turn's reply says of the workload called name, in lines for the caller to free; NULL for nothing. */
char *trouble_told(const char *name, cJSON *notes, int turn, const cJSON *reply, const char *text);

#endif
