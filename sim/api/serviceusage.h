/* What Service Usage knows about a service (serviceusage_catalogue.c), which are on in a project (serviceusage_state.c). */
#ifndef MS_SIM_API_SERVICEUSAGE_H
#define MS_SIM_API_SERVICEUSAGE_H

#include "sim/api/shared.h"

#define SERVICEUSAGE_SERVICES "serviceusage.services"

enum {
	SERVICE_DEFAULT = 1, /* on in a new project */
	SERVICE_BILLED = 2,  /* cannot be enabled without billing */
	SERVICE_OTHER = 4    /* of no use to what we deploy */
};

/* A service agent that comes with a service. The address has N for the project's number and P for its id. */
struct service_agent {
	const char *address, *role; /* role on the project, or NULL */
	bool on_request;            /* only generateServiceIdentity makes it, not enabling */
};

struct service_entry {
	const char *name, *title;
	int traits;
	const char *needs;              /* services it depends on, blanks between; enabling enables them too */
	struct service_agent agents[3]; /* the first is what generateServiceIdentity names */
};
/* All of them, ended by a NULL name. */
const struct service_entry *service_catalogue(void);
/* One of them by its name; NULL: there is none such. */
const struct service_entry *service_entry(const char *service);
/* Calls fn for each of the services in an entry's needs. */
void service_each_need(const char *needs, void (*fn)(void *arg, const char *service), void *arg);
/* What the project shows of it; NULL: there is none such. Is that one on? */
struct sim_object *service_object(struct sim *s, const char *project, const char *service);
bool service_enabled(const struct sim_object *o);
/* It, and what it needs, is on; its own servers learn of that at the time `usable`. */
void service_turn_on(struct sim *s, const char *project, const char *service, double usable);
/* The agent's address that generateServiceIdentity gives for a service: a passing text; NULL: it has none. */
const char *service_agent(struct sim *s, const char *project, const char *service);
/* For sim_api's seed: the catalogue in every project, and what is on there from the start. */
void serviceusage_seed(struct sim *s, const cJSON *world);

#endif
