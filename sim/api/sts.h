/* Outside identities' tokens, exchanged within the simulated cloud. */
#ifndef MS_SIM_API_STS_H
#define MS_SIM_API_STS_H

#include "sim/api/shared.h"

/* Whom policies see where this token is exchanged for this audience ("//iam.googleapis.com/projects/..."), for the caller to free; NULL where it is refused. */
char *sts_exchanged(struct sim *s, const char *audience, const char *token);

#endif
