/* oauth2-proxy's answers. */
#ifndef MS_SIM_FRONT_GATE_H
#define MS_SIM_FRONT_GATE_H

#include "sim/front/http.h"
#include "sim/front/oauth2_proxy.h"

/* True when the request may go on to the upstream, with *email set for one who is signed in ("" for a route without sign-in); false when it was
 * answered. */
bool gate_pass(struct visit *v, const struct container *k, struct gate *g, const char **email, struct sim_reply *out);
/* Does a GET of this path need no sign-in? (A health check sends none.) */
bool gate_open(const struct container *k, const char *path);

#endif
