/* What the network APIs tell one another: private services access, addresses in use, Cloud SQL's hold on a network. */
#ifndef MS_SIM_API_NETWORK_H
#define MS_SIM_API_NETWORK_H

#include "sim/api/shared.h"

#define NETWORK_SERVICE_PEERING "servicenetworking-googleapis-com"

/* The network "default" that a new project has from when Compute Engine is first enabled in it, unless the organisation forbids it. */
void network_default(struct sim *s, const char *project);
/* Adds a peering to a network's document, once. */
void network_add_peering(struct sim *s, struct sim_object *network, const char *name, const char *peer);
/* Forgets the private connection of a network ("projects/p/global/networks/n") with its peering. */
void network_connection_forget(struct sim *s, const char *network);
/* The private connection of a network, or NULL. */
struct sim_object *network_connection(struct sim *s, const char *network);
/* A free address of the range that the connection reserved (of any of them when range is ""); false when there is none. */
bool network_connection_address(struct sim *s, const char *network, const char *range, char into[static 16]);
/* An address (a link, or the IPv4 address itself) is used by the resource behind the link, or no longer. */
void network_address_used(struct sim *s, const char *project, const char *address, const char *user, bool used);

/* A Serverless VPC Access connector ("projects/p/locations/r/connectors/c") that carries traffic: its hidden "network" is the path of the
 * network it leads to; NULL when there is none. And the path of an instance of one that stands in the network or subnetwork of this path, for the
 * caller to free. */
#define NETWORK_CONNECTORS "vpcaccess.connectors"
struct sim_object *network_connector(struct sim *s, const char *name);
char *network_connector_in(struct sim *s, const char *path);

/* A managed instance group with its instance group, as a node pool has one in each zone; its key is "projects/p/zones/z/
 * instanceGroupManagers/BASE-grp". network and subnetwork are links. machine is what each of its instances is (owned afterwards). */
struct sim_object *network_manager_add(struct sim *s, const char *project, const char *zone, const char *base, int size,
				       const char *network, const char *subnetwork, const char *account, cJSON *machine);
/* The name of its n-th instance, for the caller to free; NULL past the last. */
char *network_manager_machine(const struct sim_object *manager, int n);
void network_manager_remove(struct sim *s, const char *key);
void network_manager_resize(struct sim *s, const char *key, int size);
/* The path of an instance of such a group in the subnetwork (a link), for the caller to free; NULL when there is none. */
char *network_manager_in(struct sim *s, const char *subnetwork);

#endif
