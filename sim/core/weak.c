/* What the core asks of APIs, for builds (tests, fuzzers) that leave them out: everything exists and is allowed. The APIs' own functions
 * take precedence. */
#include "config.h"
#include "sim/core/core.h"

#include <string.h>

#define WEAK __attribute__((weak))

WEAK const char *sim_project_id(struct sim *s, const char *id_or_number)
{
	return !strcmp(id_or_number, "123456789012") || !strcmp(id_or_number, sim_project(s)) ? sim_project(s) : NULL;
}

WEAK const char *sim_project_number(struct sim *s, const char *id_or_number)
{
	return sim_project_id(s, id_or_number) ? "123456789012" : NULL;
}

WEAK bool sim_service_on(struct sim *s, const char *project, const char *service)
{
	(void)s, (void)project, (void)service;
	return true;
}

WEAK bool sim_allowed(struct sim *s, const char *principal, const char *permission, const char *project, const char *holder)
{
	(void)s, (void)permission, (void)project, (void)holder;
	return principal != NULL;
}

WEAK bool sim_front_door(struct sim *s, const struct sim_request *q, struct sim_reply *out)
{
	(void)s, (void)q, (void)out;
	return false;
}
