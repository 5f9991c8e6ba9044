/* Private services access: the peering of our network with Google's, over which Cloud SQL is reached.
 * spec: {"network":NAME,"ranges":[NAMES]}. It carries no mark: it is ours when it belongs to our network. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define BASE "https://servicenetworking.googleapis.com/v1/services/servicenetworking.googleapis.com/connections"
#define PEERING "servicenetworking-googleapis-com"

static const char *network(const struct view *v)
{
	return json_str(v->spec, "network", "");
}

/* The API wants the project's number. */
static char *network_link(const struct view *v)
{
	return xasprintf("projects/%s/global/networks/%s", v->number ? v->number : v->project, network(v));
}

static void connection_observe(const struct view *v, struct call *out)
{
	char *link = network_link(v);
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?network=%s", link);
	free(link);
}

static void connection_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
	if (out->presence != PRESENT_YES)
		return;
	cJSON *ours = NULL, *c;
	cJSON_ArrayForEach(c, json_at(out->found, "connections"))
		if (!strcmp(json_str(c, "peering", ""), PEERING))
			ours = c;
	ours = ours ? cJSON_Duplicate(ours, 1) : NULL;
	cJSON_Delete(out->found);
	out->found = ours;
	out->presence = ours ? PRESENT_YES : PRESENT_NO;
}

static bool has(const cJSON *list, const char *text)
{
	const cJSON *c;
	cJSON_ArrayForEach(c, list)
		if (cJSON_IsString(c) && !strcmp(c->valuestring, text))
			return true;
	return false;
}

static void connection_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	const cJSON *found = json_at(seen->found, "reservedPeeringRanges"), *r;
	cJSON_ArrayForEach(r, json_at(v->spec, "ranges"))
		if (!has(found, r->valuestring))
			change_add(out, "reservedPeeringRanges", found, json_at(v->spec, "ranges"));
	out->verdict = out->count ? VERDICT_UPDATE : VERDICT_KEEP;
}

static void connection_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	char *link = network_link(v);
	call_set(out, DIALECT_AIP, "POST", json_make("{'network':%s,'reservedPeeringRanges':%j}", link, kind_copy(v, "ranges")),
		 BASE);
	free(link);
}

/* A range that is left out would be dropped: those found are sent again. */
static void connection_update(const struct view *v, const struct observation *seen, const struct change *change,
			      struct call *out)
{
	(void)change;
	char *link = network_link(v);
	cJSON *ranges = kind_copy(v, "ranges");
	const cJSON *r;
	cJSON_ArrayForEach(r, json_at(seen->found, "reservedPeeringRanges"))
		if (!has(ranges, r->valuestring))
			cJSON_AddItemToArray(ranges, cJSON_CreateString(r->valuestring));
	call_set(out, DIALECT_AIP, "PATCH", json_make("{'network':%s,'reservedPeeringRanges':%j}", link, ranges),
		 BASE "/-?updateMask=reservedPeeringRanges&force=true");
	free(link);
}

/* Cloud SQL holds the connection for about four days after its last instance: then the peering is removed from our side. The proper
 * way is tried first, because connections that are cut count against a limit of the project. */
static void connection_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	if (v->way > 0) {
		call_set(out, DIALECT_COMPUTE, "POST", json_make("{'name':%s}", PEERING),
			 "https://compute.googleapis.com/compute/v1/projects/%s/global/networks/%s/removePeering", v->project,
			 network(v));
		out->request_id = true;
		return;
	}
	char *link = network_link(v);
	call_set(out, DIALECT_AIP, "POST", json_make("{'consumerNetwork':%s}", link), BASE "/" PEERING);
	free(link);
}

const struct kind kind_connection = {
    .id = "servicenetworking.connection",
    .title = N_("Private services access"),
    .api = "servicenetworking.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "networking/networks/details/{network}",
    .permissions =
	{.read = "servicenetworking.services.get",
	 .create = "servicenetworking.services.addPeering",
	 .update = "servicenetworking.services.addPeering",
	 .destroy = "servicenetworking.services.deleteConnection compute.networks.removePeering compute.globalOperations.get"},
    .usual = 45,
    .slow = 70,
    .deadline = 1200,
    .observe = connection_observe,
    .decode = connection_decode,
    .compare = connection_compare,
    .create = connection_create,
    .update = connection_update,
    .destroy = connection_destroy,
    .destroy_ways = 2,
    .lingers = N_("Cloud SQL holds the private connection for about four days after its last instance: run destroy again then. "
		  "It costs nothing."),
};
