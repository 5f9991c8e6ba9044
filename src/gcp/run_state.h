/* What Cloud Run's services and jobs share. */
#ifndef MS_GCP_RUN_STATE_H
#define MS_GCP_RUN_STATE_H

#include "gcp/kind.h"

/* Reads terminalCondition and reconciling into presence and error. */
void run_read_state(struct observation *out);
/* Failed for want of a grant that has not spread yet? */
bool run_passing(const struct view *v, const struct observation *seen);
/* The ordinary comparison; containers is the path of their list. What failed is an UPDATE, whether it differs or not. */
void run_compare(const cJSON *wanted, const struct observation *seen, const char *containers, struct change *out);

#endif
