/* Making and ending a simulated cloud. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/mem.h"

#include <stdlib.h>

void sim_serve_outside(struct sim *s, double token_factor)
{
	s->tls_apart = s->real_wall = true;
	s->token_factor = token_factor;
}

struct sim *sim_build(const struct sim_options *o, const struct sim_floors *floors)
{
	struct sim *s = xcalloc(1, sizeof *s);
	s->floors = floors;
	struct scratch own;
	scratch_begin(&own);
	s->strict = getenv("MLFLOW_SETUP_SIM_STRICT") != NULL;
	clock_init(s, o);
	store_init(s);
	routes_init(s);
	const cJSON *world = o ? o->world : NULL;
	token_init(s, world);
	for (const struct sim_api *const *a = floors->apis; *a; a++)
		if ((*a)->seed)
			(*a)->seed(s, world);
	scratch_end(&own);
	return s;
}

const struct sim_workloads *sim_workloads(const struct sim *s)
{
	return s->floors->workloads;
}

const struct sim_api *const *sim_served(const struct sim *s)
{
	return s->floors->apis;
}

void sim_free(struct sim *s)
{
	if (!s)
		return;
	store_free(s);
	clock_free(s);
	routes_free(s);
	faults_free(s->faults);
	token_free(s);
	oidc_free(s);
	ca_free(s);
	free(s);
}
