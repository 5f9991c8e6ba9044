/* The table of kinds: a row each. */
#include "config.h"
#include "gcp/kinds.h"

#include <string.h>

const struct kind *const kinds[] = {
	&kind_services,
	&kind_service_account,
	&kind_policy,
	&kind_network,
	&kind_subnetwork,
	&kind_global_address,
	&kind_connection,
	&kind_sql_instance,
	&kind_sql_database,
	&kind_sql_user,
	&kind_bucket,
	&kind_object,
	&kind_repository,
	&kind_image,
	&kind_secret,
	&kind_secret_version,
	&kind_run_job,
	&kind_run_service,
	NULL,
};

const struct kind *kind_find(const char *id)
{
	for (const struct kind *const *k = kinds; *k; k++)
		if (!strcmp((*k)->id, id))
			return *k;
	return NULL;
}
