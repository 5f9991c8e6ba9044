/* Which IAM permissions a plan needs in its project, derived from its kinds. */
#ifndef MS_PLAN_PERMISSIONS_H
#define MS_PLAN_PERMISSIONS_H

#include "plan/plan.h"

#define DEED_BIT(deed) (1u << (deed))
/* What an apply does, now or at a later change. */
#define DEEDS_OF_APPLY (DEED_BIT(DEED_READ) | DEED_BIT(DEED_CREATE) | DEED_BIT(DEED_UPDATE))

/* The permissions that these deeds (DEED_BIT of each) need with the plan's resources, each once and sorted: an array of texts for the caller to
 * delete. What the plan itself grants to the operator (speaking as the prover) is not among them. */
cJSON *plan_permissions(const struct plan *p, unsigned deeds);
/* Those to look at what stands in other projects (a host project's network): {PROJECT: [permissions]}. The caller deletes. */
cJSON *plan_permissions_abroad(const struct plan *p);
/* All, by deed: {"read":[...],"list":[...],"create":[...],"update":[...],"destroy":[...]}. The caller deletes. */
cJSON *plan_permissions_json(const struct plan *p);

#endif
