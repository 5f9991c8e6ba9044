/* Which machines a Cloud NAT takes to the internet. */
#include "config.h"
#include "gcp/nat.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

bool nat_link_ends(const char *link, const char *collection, const char *name)
{
	char *end = xasprintf("/%s/%s", collection, name);
	bool so = text_ends(link, end);
	free(end);
	return so;
}

/* Does it take the addresses of machines, or those of pods alone? */
static bool of_machines(const cJSON *subnet)
{
	const cJSON *ranges = json_at(subnet, "sourceIpRangesToNat"), *r;
	cJSON_ArrayForEach(r, ranges)
		if (cJSON_IsString(r) && strcmp(r->valuestring, "LIST_OF_SECONDARY_IP_RANGES") != 0)
			return true;
	return !ranges;
}

bool nat_covers(const cJSON *nat, const char *subnet, bool machines)
{
	const cJSON *one;
	if (!strcmp(json_str(nat, "type", "PUBLIC"), "PRIVATE"))
		return false;
	if (strcmp(json_str(nat, "sourceSubnetworkIpRangesToNat", ""), "LIST_OF_SUBNETWORKS") != 0)
		return true;
	cJSON_ArrayForEach(one, json_at(nat, "subnetworks"))
		if (nat_link_ends(json_str(one, "name", ""), "subnetworks", subnet) && (!machines || of_machines(one)))
			return true;
	return false;
}
