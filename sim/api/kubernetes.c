/* A cluster's own API. */
#include "config.h"

#include "sim/api/kubernetes.h"

void kubernetes_seed(struct sim *s, const struct sim_object *cluster)
{
	(void)s;
	(void)cluster;
}

void kubernetes_forget(struct sim *s, const struct sim_object *cluster)
{
	(void)s;
	(void)cluster;
}
