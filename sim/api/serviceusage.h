/* What Service Usage knows about a service: sim/api/serviceusage_catalogue.c. */
#ifndef MS_SIM_API_SERVICEUSAGE_H
#define MS_SIM_API_SERVICEUSAGE_H

#include <stdbool.h>

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

#endif
