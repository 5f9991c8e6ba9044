/* Compute Engine's regions, zones and projects. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/identity.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROJECTS "compute.projects" /* what they have of their own: their metadata */

bool compute_region_known(const char *region)
{
	return sim_region(region) != NULL;
}

const char *compute_zone_region(const char *zone, char out[static 40])
{
	const char *dash = strrchr(zone, '-');
	snprintf(out, 40, "%.*s", dash ? (int)(dash - zone) : 0, zone);
	return out;
}

bool compute_zone_known(const char *zone)
{
	char name[40];
	const char *letter = strrchr(zone, '-');
	const struct sim_region *r = sim_region(compute_zone_region(zone, name));
	return r && strlen(letter) == 2 && strchr(r->zones, letter[1]);
}

static bool compute_stocked_out(struct sim *s, const char *zone)
{
	return sim_get(s, "compute.stockouts", zone) != NULL;
}

char *compute_stockout(struct sim *s, const char *project, const char *zone)
{
	return compute_stocked_out(s, zone)
		   ? xasprintf("The zone 'projects/%s/zones/%s' does not have enough resources available to fulfill the "
			       "request.  Try a different zone, or try again later.",
			       project, zone)
		   : NULL;
}

/* Documents that are nowhere stored. ------------------------------------------------------------------------------------- */
void compute_place_doc(cJSON *doc, const char *project, const char *kind, const char *path, const char *name, unsigned id)
{
	char number[16];
	snprintf(number, sizeof number, "%u", id);
	json_put_str(doc, "kind", kind);
	json_put_str(doc, "name", name);
	json_put_str(doc, "id", number);
	json_put_str(doc, "selfLink", sim_tmp(COMPUTE_BASE "projects/%s/%s", project, path));
	json_put_str(doc, "creationTimestamp", "1969-12-31T16:00:00.000-08:00");
}

static cJSON *zone_doc(const char *project, const struct sim_region *r, char letter)
{
	const char *name = sim_tmp("%s-%c", r->name, letter), *path = sim_tmp("zones/%s", name);
	const char *region = sim_tmp(COMPUTE_BASE "projects/%s/regions/%s", project, r->name);
	cJSON *doc = json_make(
	    "{'description':%s,'status':'UP','region':%s,'supportsPzs':false,'availableCpuPlatforms':['Intel Cascade Lake',"
	    "'Intel Ice Lake','Intel Skylake','AMD Milan','AMD Rome']}",
	    name, region);
	compute_place_doc(doc, project, "compute#zone", path, name,
			  2000 + (unsigned)(r - sim_region_at(0)) * 10 + (unsigned)(letter - 'a'));
	return doc;
}

static cJSON *region_doc(struct sim *s, const char *project, const struct sim_region *r)
{
	const char *path = sim_tmp("regions/%s", r->name);
	cJSON *zones = cJSON_CreateArray();
	for (const char *z = r->zones; *z; z++)
		cJSON_AddItemToArray(zones,
				     cJSON_CreateString(sim_tmp(COMPUTE_BASE "projects/%s/zones/%s-%c", project, r->name, *z)));
	cJSON *doc = json_make("{'description':%s,'status':'UP','supportsPzs':false,'zones':%j,'quotas':%j}", r->name, zones,
			       compute_quota_list(s, project, r->name));
	compute_place_doc(doc, project, "compute#region", path, r->name, 1000 + (unsigned)(r - sim_region_at(0)));
	return doc;
}

/* Answers with all items that the filter lets through: these lists are short. */
static void answer_list(struct sim_call *c, const char *kind, const char *path, cJSON *items)
{
	cJSON *item, *next;
	for (item = items->child; item; item = next) {
		bool bad = false;
		next = item->next;
		if (!compute_filter(sim_param(c, "filter"), item, &bad))
			cJSON_Delete(cJSON_DetachItemViaPointer(items, item));
	}
	const char *id = sim_tmp("projects/%s/%s", c->project, path), *link = compute_link(id);
	sim_ok(c, json_make("{'kind':%s,'id':%s,'selfLink':%s,'items':%j}", kind, id, link, items));
}

static void not_found(struct sim_call *c, const char *what, const char *name)
{
	sim_fail(c, "NOT_FOUND", "notFound", "The resource 'projects/%s/%s/%s' was not found", c->project, what, name);
}

static void region_get(struct sim_call *c)
{
	const struct sim_region *r = sim_region(sim_param(c, "region"));
	if (r)
		sim_ok(c, region_doc(c->sim, c->project, r));
	else
		not_found(c, "regions", sim_param(c, "region"));
}

static void region_list(struct sim_call *c)
{
	cJSON *items = cJSON_CreateArray();
	for (size_t i = 0; sim_region_at(i); i++)
		cJSON_AddItemToArray(items, region_doc(c->sim, c->project, sim_region_at(i)));
	answer_list(c, "compute#regionList", "regions", items);
}

static void zone_get(struct sim_call *c)
{
	char region[40];
	const char *zone = sim_param(c, "zone");
	if (compute_zone_known(zone))
		sim_ok(c, zone_doc(c->project, sim_region(compute_zone_region(zone, region)), strrchr(zone, '-')[1]));
	else
		not_found(c, "zones", zone);
}

static void zone_list(struct sim_call *c)
{
	cJSON *items = cJSON_CreateArray();
	for (size_t i = 0; sim_region_at(i); i++)
		for (const char *z = sim_region_at(i)->zones; *z; z++)
			cJSON_AddItemToArray(items, zone_doc(c->project, sim_region_at(i), *z));
	answer_list(c, "compute#zoneList", "zones", items);
}

/* What all machines of the project have: for the caller. */
static cJSON *common_metadata(const struct sim_object *project)
{
	const cJSON *set = project ? json_at(project->doc, "metadata") : NULL;
	return set ? cJSON_Duplicate(set, true) : json_make("{'kind':'compute#metadata','fingerprint':'AAAAAAAAAAA='}");
}

static void compute_places_project_get(struct sim_call *c)
{
	const char *number = sim_project_number(c->sim, c->project);
	const char *account = sim_tmp("%s-compute@developer.gserviceaccount.com", number),
		   *link = sim_tmp(COMPUTE_BASE "projects/%s", c->project);
	const char *key = sim_tmp("projects/%s", c->project), *start = sim_stamp_compute(c->sim);
	struct sim_object *o = sim_get(c->sim, PROJECTS, key);
	cJSON *doc = json_make(
	    "{'kind':'compute#project','id':%s,'name':%s,'selfLink':%s,'creationTimestamp':%s,'defaultServiceAccount':%s,"
	    "'defaultNetworkTier':'PREMIUM','xpnProjectStatus':'UNSPECIFIED_XPN_PROJECT_STATUS','vmDnsSetting':"
	    "'ZONAL_ONLY','cloudArmorTier':'CA_STANDARD','commonInstanceMetadata':%j,'quotas':%j}",
	    number, c->project, link, o ? json_str(o->doc, "created", start) : start, account, common_metadata(o),
	    compute_quota_list(c->sim, c->project, ""));
	sim_ok(c, doc);
}

static void compute_places_set_metadata(struct sim_call *c)
{
	const char *key = sim_tmp("projects/%s", c->project);
	if (compute_repeated(c) || !compute_metadata_ok(c, c->body, "commonInstanceMetadata"))
		return;
	struct sim_object *o = sim_get(c->sim, PROJECTS, key);
	cJSON *had = common_metadata(o);
	if (compute_fingerprint(c, had, c->body, "fingerprint", true,
				"Supplied fingerprint does not match current metadata fingerprint.")) {
		o = o ? o : sim_put(c->sim, PROJECTS, key, json_make("{'created':%s}", sim_stamp_compute(c->sim)));
		json_put(o->doc, "metadata", json_make("{'kind':'compute#metadata'}"));
		if (json_at(c->body, "items.0"))
			json_put(o->doc, "metadata.items", cJSON_Duplicate(json_at(c->body, "items"), true));
		compute_touch(c->sim, o->doc, "metadata.fingerprint");
		compute_begin(c, o, "compute.projects.setCommonInstanceMetadata", sim_draw(c->sim, "compute.default.update"),
			      true, NULL);
	}
	cJSON_Delete(had);
}

/* The host project of Shared VPC that the project is attached to, as the world says; what has none gets an empty reply. */
static void compute_places_host_get(struct sim_call *c)
{
	const char *host = compute_host(c->sim, c->project);
	if (!*host)
		sim_ok(c, cJSON_CreateObject());
	else
		sim_ok(c, json_make("{'kind':'compute#project','id':%s,'name':%s,'selfLink':%s,'xpnProjectStatus':'HOST'}",
				    sim_project_number(c->sim, host), host, sim_tmp(COMPUTE_BASE "projects/%s", host)));
}

const char *compute_host(struct sim *s, const char *project)
{
	const cJSON *host = sim_project_world(s, project, "sharedVpcHost");
	return cJSON_IsString(host) && strcmp(host->valuestring, project) ? host->valuestring : "";
}

bool compute_may_use(struct sim *s, const char *project, const char *principal, const struct sim_object *subnet)
{
	const char *owner = sim_tmp("%.*s", (int)strcspn(subnet->key + 9, "/"), subnet->key + 9);
	return !strcmp(owner, project) ||
	       (!strcmp(compute_host(s, project), owner) && sim_allowed(s, principal, "compute.subnetworks.use", owner,
									sim_tmp("//compute.googleapis.com/%s", subnet->key)));
}

/* In the world's description, beside "quotas": "stockouts", zones that have no machines left. */
static void seed(struct sim *s, const cJSON *world)
{
	const cJSON *q;
	const char *now = sim_stamp_compute(s), *key = sim_tmp("projects/%s", sim_project(s));
	sim_put(s, PROJECTS, key, json_make("{'created':%s}", now));
	cJSON_ArrayForEach(q, json_at(world, "stockouts"))
		if (!sim_get(s, "compute.stockouts", q->valuestring))
			sim_put(s, "compute.stockouts", q->valuestring, cJSON_CreateObject());
}

static const struct sim_route routes[] = {
    {"compute.regions.get", region_get, "compute.regions.get", NULL},
    {"compute.regions.list", region_list, "compute.regions.list", NULL},
    {"compute.zones.get", zone_get, "compute.zones.get", NULL},
    {"compute.zones.list", zone_list, "compute.zones.list", NULL},
    {"compute.projects.get", compute_places_project_get, "compute.projects.get", NULL},
    {"compute.projects.setCommonInstanceMetadata", compute_places_set_metadata, "compute.projects.setCommonInstanceMetadata",
     NULL},
    {"compute.projects.getXpnHost", compute_places_host_get, "compute.projects.get", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_places, routes, seed);
