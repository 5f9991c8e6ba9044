/* Private services access: the peering of a network with Google's, over which Cloud SQL is reached. It carries no mark: it is ours when it belongs to our
 * network. spec: {"network":NAME,"ranges":[NAMES][,"instance":NAME]}. With an instance, that of the stack's database, the network is one of others: a range
 * of ours is added to those that are there, and destroying takes it away again, and never what somebody else uses. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

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

static bool has(const cJSON *list, const char *text)
{
	const cJSON *c;
	cJSON_ArrayForEach(c, list)
		if (cJSON_IsString(c) && !strcmp(c->valuestring, text))
			return true;
	return false;
}

/* Is the network one that others use too? */
static bool is_given(const struct view *v)
{
	return json_at(v->spec, "instance") != NULL;
}

/* Are the ranges of the spec among those of the connection? */
static bool has_ours(const struct view *v, const cJSON *connection)
{
	const cJSON *found = json_at(connection, "reservedPeeringRanges"), *r;
	cJSON_ArrayForEach(r, json_at(v->spec, "ranges"))
		if (!has(found, r->valuestring))
			return false;
	return true;
}

/* Others' databases may have addresses of our range: Cloud SQL takes any of a connection unless it is told one. */
static void connection_observe_more(const struct view *v, const struct observation *seen, struct call *out)
{
	if (is_given(v) && !json_at(seen->found, "instances"))
		call_set(out, DIALECT_NONE, "GET", NULL,
			 "https://sqladmin.googleapis.com/v1/projects/%s/instances?maxResults=500", v->project);
}

/* The name of a database in the network that is not the stack's, and may stand in its range; or NULL. */
static const char *other_user(const struct view *v, const cJSON *instances)
{
	const cJSON *i;
	char *end = xasprintf("/networks/%s", network(v));
	const char *found = NULL;
	cJSON_ArrayForEach(i, instances) {
		const char *range = json_str(i, "settings.ipConfiguration.allocatedIpRange", "");
		bool here = text_ends(json_str(i, "settings.ipConfiguration.privateNetwork", ""), end);
		if (here && (!*range || has(json_at(v->spec, "ranges"), range)) &&
		    strcmp(json_str(i, "name", ""), json_str(v->spec, "instance", "")) != 0)
			found = json_str(i, "name", "");
	}
	free(end);
	return found;
}

/* Are these all databases of the project? Where the API is off there are none. */
static bool tells_all(const struct view *v, int http, const cJSON *reply)
{
	struct observation seen = {0};
	kind_decode_plain(v, http, reply, &seen);
	bool all = (seen.presence == PRESENT_YES && !*json_str(reply, "nextPageToken", "")) || seen.presence == PRESENT_NO;
	observation_free(&seen);
	return all;
}

/* What cannot be seen may stand in it. */
static void connection_decode_more(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	const char *other = http == 200 ? other_user(v, json_at(reply, "items")) : NULL;
	json_put(out->found, "instances", cJSON_CreateArray());
	if (other && !out->error)
		out->error = xasprintf(_("it is kept, because %s is."), other);
	if (!other && !tells_all(v, http, reply))
		other = "?";
	if (other)
		cJSON_AddItemToArray(json_at(out->found, "instances"), cJSON_CreateString(other));
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
	if (ours && is_given(v) && !has_ours(v, ours)) /* what is there is theirs */
		out->presence = PRESENT_NO;
}

static void connection_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	const cJSON *found = json_at(seen->found, "reservedPeeringRanges"), *r;
	cJSON_ArrayForEach(r, json_at(v->spec, "ranges"))
		if (!has(found, r->valuestring))
			change_add(out, "reservedPeeringRanges", found, json_at(v->spec, "ranges"));
	out->verdict = out->count ? VERDICT_UPDATE : VERDICT_KEEP;
}

static void add_ranges(const struct view *v, const struct observation *seen, struct call *out);

/* A connection that is there already takes our ranges beside its own. */
static void connection_create(const struct view *v, const struct observation *seen, struct call *out)
{
	if (seen->found) {
		add_ranges(v, seen, out);
		return;
	}
	char *link = network_link(v);
	call_set(out, DIALECT_AIP, "POST", json_make("{'network':%s,'reservedPeeringRanges':%j}", link, kind_copy(v, "ranges")),
		 BASE);
	free(link);
}

/* Only with force may a range go that the connection has: a list that is no longer whole, since somebody added one meanwhile, is refused without. */
static void set_ranges(const struct view *v, cJSON *ranges, bool drops, struct call *out)
{
	char *link = network_link(v);
	call_set(out, DIALECT_AIP, "PATCH", json_make("{'network':%s,'reservedPeeringRanges':%j}", link, ranges),
		 BASE "/-?updateMask=reservedPeeringRanges");
	if (drops)
		call_add(out, "&force=true");
	free(link);
}

/* Those found that are none of ours. */
static cJSON *theirs(const struct view *v, const struct observation *seen)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *r;
	cJSON_ArrayForEach(r, json_at(seen->found, "reservedPeeringRanges"))
		if (cJSON_IsString(r) && !has(json_at(v->spec, "ranges"), r->valuestring))
			cJSON_AddItemToArray(list, cJSON_CreateString(r->valuestring));
	return list;
}

/* A range that is left out would be dropped: those found are sent again. */
static void add_ranges(const struct view *v, const struct observation *seen, struct call *out)
{
	cJSON *ranges = kind_copy(v, "ranges"), *others = theirs(v, seen);
	while (others->child)
		cJSON_AddItemToArray(ranges, cJSON_DetachItemViaPointer(others, others->child));
	cJSON_Delete(others);
	set_ranges(v, ranges, false, out);
}

static void connection_update(const struct view *v, const struct observation *seen, const struct change *change,
			      struct call *out)
{
	(void)change;
	add_ranges(v, seen, out);
}

/* Cloud SQL holds the connection for about four days after its last instance: then the peering is removed from our side. The proper
 * way is tried first, because connections that are cut count against a limit of the project. */
static void connection_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	cJSON *others = theirs(v, seen);
	bool kept = others->child != NULL;
	if (is_given(v) && json_at(seen->found, "instances.0")) {
		cJSON_Delete(others); /* somebody stands in our range: it is left */
		return;
	}
	if (kept && is_given(v)) {
		set_ranges(v, others, true, out);
		return;
	}
	cJSON_Delete(others);
	/* What cuts our database off would cut off whoever else came to a network of others. */
	if (v->way > 0 && is_given(v))
		return;
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

/* The range of a connection that is left may have addresses of others' in it, and Google would let it go all the same. */
static bool connection_holds(const cJSON *spec)
{
	return json_at(spec, "instance") != NULL;
}

/* In a network of others their databases are looked at, and the peering is never cut. */
static char *connection_permits(const cJSON *spec, enum deed deed)
{
	static const char *const own[DEEDS] = {
	    [DEED_READ] = "servicenetworking.services.get",
	    [DEED_CREATE] = "servicenetworking.services.addPeering",
	    [DEED_UPDATE] = "servicenetworking.services.addPeering",
	    [DEED_DESTROY] =
		"servicenetworking.services.deleteConnection compute.networks.removePeering compute.globalOperations.get"};
	static const char *const given[DEEDS] = {
	    [DEED_READ] = "servicenetworking.services.get cloudsql.instances.list",
	    [DEED_CREATE] = "servicenetworking.services.addPeering",
	    [DEED_UPDATE] = "servicenetworking.services.addPeering",
	    [DEED_DESTROY] = "servicenetworking.services.deleteConnection servicenetworking.services.addPeering"};
	const char *words = (json_at(spec, "instance") ? given : own)[deed];
	return words ? xstrdup(words) : NULL;
}

static const char *connection_terraform_type(const struct view *v)
{
	return is_given(v) ? NULL : "google_service_networking_connection";
}

static cJSON *connection_terraform(const struct view *v)
{
	char *link = xasprintf("projects/%s/global/networks/%s", v->project, network(v));
	cJSON *body = json_make("{'network':%s,'service':'servicenetworking.googleapis.com','reservedPeeringRanges':%j}", link,
				kind_copy(v, "ranges"));
	free(link);
	return body;
}

static const struct kind_constraint connection_constraints[] = {
    {.name = "compute.restrictVpcPeering",
     .words = N_("private services access, which peers with Google's network"),
     .value = GOOGLE_ORGANIZATION},
    {.name = NULL},
};

const struct kind kind_connection = {
    .id = "servicenetworking.connection",
    .title = N_("Private services access"),
    .api = "servicenetworking.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "networking/networks/details/{network}",
    .permits = connection_permits,
    .usual = 45,
    .slow = 70,
    .deadline = 1200,
    .constraints = connection_constraints,
    .observe = connection_observe,
    .decode = connection_decode,
    .observe_more = connection_observe_more,
    .decode_more = connection_decode_more,
    .compare = connection_compare,
    .create = connection_create,
    .update = connection_update,
    .destroy = connection_destroy,
    .holds = connection_holds,
    .destroy_ways = 2,
    .lingers = N_("Cloud SQL holds the private connection for about four days after its last instance: run destroy again then. "
		  "It costs nothing."),
    .terraform = {.none = "In a network of others the connection is theirs: only a range of ours is in it.",
		  .type_of = connection_terraform_type,
		  .name = "",
		  .import = "projects%2F{project}%2Fglobal%2Fnetworks%2F{network}:servicenetworking.googleapis.com",
		  .body = connection_terraform},
};
