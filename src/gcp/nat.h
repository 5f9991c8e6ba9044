/* Which machines a Cloud NAT takes to the internet. */
#ifndef MS_GCP_NAT_H
#define MS_GCP_NAT_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Does a link, or a path, name this one of the collection ("networks", "subnetworks")? */
bool nat_link_ends(const char *link, const char *collection, const char *name);
/* Does the NAT of a router cover the subnet: its machines' own addresses, or any of it? */
bool nat_covers(const cJSON *nat, const char *subnet, bool machines);

#endif
