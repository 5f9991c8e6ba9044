/* What can be in the way of a plan though every permission is held: APIs, quotas of Compute Engine, organisation policies. Says
 * which reads tell of it, and judges their replies. Pure. */
#ifndef MS_PLAN_LIMITS_H
#define MS_PLAN_LIMITS_H

#include "gcp/call.h"
#include "plan/plan.h"

struct limits;

/* Of a plan; whether its stack stands already decides what it still needs. The plan is not kept. */
struct limits *limits_new(const struct plan *p, bool stands);
/* The quotas, and where policies is true the organisation policies, that those of its resources meet which are to be made. Findings of state fail have
 * "resource", its id. */
struct limits *limits_of_made(const struct plan *p, const bool *made, bool policies);
void limits_free(struct limits *l);
/* The reads: none changes anything. */
size_t limits_count(const struct limits *l);
/* Fills c with the i-th, for call_free. */
void limits_call(const struct limits *l, size_t i, struct call *c);
/* Takes the reply to the i-th; why is the error's words where http is not 200. True: the i-th is another one now, which is to be sent in its place. */
bool limits_take(struct limits *l, size_t i, int http, const cJSON *reply, const char *why);
/* Once all were taken: were quotas to be read, and none could be, since their API is off? */
bool limits_quota_hidden(const struct limits *l);
/* Once all were taken: a new list of findings as of the survey "preflight" (engine/session.h). */
cJSON *limits_findings(struct limits *l);

#endif
