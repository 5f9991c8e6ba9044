/* The whole simulated cloud: the core on its floors. */
#include "config.h"
#include "sim/apis.h"

#include "sim/api/identity.h"
#include "sim/front/front.h"
#include "sim/front/workloads.h"

#include "base/text.h"

#include <string.h>

static const struct sim_floors floors = {
    .apis = sim_apis,
    .identity = &sim_identity,
    .workloads = &sim_front_workloads,
    .front_door = sim_front_door,
};

void sim_settle(struct sim *s, const char *name)
{
	struct scratch own;
	scratch_begin(&own);
	if (text_starts(name, "apis/"))
		sim_service_settle(s, name + strlen("apis/"));
	else if (text_starts(name, "accounts/"))
		sim_account_settle(s, name + strlen("accounts/"));
	else
		sim_policy_settle(s, name);
	scratch_end(&own);
}

struct sim *sim_new(const struct sim_options *o, struct err *e)
{
	(void)e;
	return sim_build(o, &floors);
}
