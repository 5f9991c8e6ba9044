/* Compute Engine's regions, zones, machine types and projects, with their quotas. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/identity.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct region {
	const char *name, *zones; /* one letter a zone */
} regions[] = {
	{"africa-south1", "abc"},   {"asia-east1", "abc"},           {"asia-east2", "abc"},           {"asia-northeast1", "abc"},
	{"asia-northeast2", "abc"}, {"asia-northeast3", "abc"},      {"asia-south1", "abc"},          {"asia-south2", "abc"},
	{"asia-southeast1", "abc"}, {"asia-southeast2", "abc"},      {"australia-southeast1", "abc"}, {"australia-southeast2", "abc"},
	{"europe-central2", "abc"}, {"europe-north1", "abc"},        {"europe-north2", "abc"},        {"europe-southwest1", "abc"},
	{"europe-west1", "bcd"},    {"europe-west10", "abc"},        {"europe-west12", "abc"},        {"europe-west2", "abc"},
	{"europe-west3", "abc"},    {"europe-west4", "abc"},         {"europe-west6", "abc"},         {"europe-west8", "abc"},
	{"europe-west9", "abc"},    {"me-central1", "abc"},          {"me-central2", "abc"},          {"me-west1", "abc"},
	{"northamerica-northeast1", "abc"}, {"northamerica-northeast2", "abc"}, {"northamerica-south1", "abc"}, {"southamerica-east1", "abc"},
	{"southamerica-west1", "abc"}, {"us-central1", "abcf"},      {"us-east1", "bcd"},             {"us-east4", "abc"},
	{"us-east5", "abc"},        {"us-east7", "abc"},
	       {"us-south1", "abc"},            {"us-west1", "abc"},             {"us-west2", "abc"},
	{"us-west3", "abc"},        {"us-west4", "abc"},             {"us-west8", "abc"},
};
enum { REGIONS = sizeof regions / sizeof *regions };

static const struct machine {
	const char *name;
	int cpus, memory_mb;
	bool shared;
} machines[] = {
	{"c3-standard-4", 4, 16384, false},    {"c3-standard-8", 8, 32768, false},   {"e2-highcpu-2", 2, 2048, false},
	{"e2-highmem-2", 2, 16384, false},     {"e2-highmem-4", 4, 32768, false},    {"e2-medium", 2, 4096, true},
	{"e2-micro", 2, 1024, true},           {"e2-small", 2, 2048, true},          {"e2-standard-16", 16, 65536, false},
	{"e2-standard-2", 2, 8192, false},     {"e2-standard-4", 4, 16384, false},   {"e2-standard-8", 8, 32768, false},
	{"f1-micro", 1, 614, true},            {"g1-small", 1, 1740, true},          {"n1-standard-1", 1, 3840, false},
	{"n1-standard-2", 2, 7680, false},     {"n1-standard-4", 4, 15360, false},   {"n2-standard-2", 2, 8192, false},
	{"n2-standard-4", 4, 16384, false},    {"n2-standard-8", 8, 32768, false},   {"n2d-standard-2", 2, 8192, false},
	{"n2d-standard-4", 4, 16384, false},   {"n4-standard-2", 2, 8192, false},    {"t2d-standard-1", 1, 4096, false},
	{"t2d-standard-2", 2, 8192, false},
};

/* What a new project may have; the world may say otherwise: "quotas": {"us-central1/CPUS": 8, "NETWORKS": 3}. */
static const struct quota {
	const char *metric;
	double limit;
	bool regional;
	const char *plural;     /* what counts one each; NULL: counted by what uses it */
} quotas[] = {
	{"SNAPSHOTS", 1000, false, NULL},
	{"NETWORKS", 5, false, "networks"},
	{"SUBNETWORKS", 100, false, "subnetworks"},
	{"FIREWALLS", 100, false, "firewalls"},
	{"ROUTES", 200, false, "routes"},
	{"ROUTERS", 10, false, "routers"},
	{"STATIC_ADDRESSES", 8, false, "addresses"},
	{"IN_USE_ADDRESSES", 8, false, NULL},
	{"HEALTH_CHECKS", 50, false, "healthChecks"},
	{"BACKEND_SERVICES", 50, false, "backendServices"},
	{"URL_MAPS", 10, false, "urlMaps"},
	{"TARGET_HTTP_PROXIES", 10, false, "targetHttpProxies"},
	{"TARGET_HTTPS_PROXIES", 10, false, "targetHttpsProxies"},
	{"SSL_CERTIFICATES", 10, false, "sslCertificates"},
	{"FORWARDING_RULES", 15, false, "forwardingRules"},
	{"IMAGES", 100, false, NULL},
	{"CPUS_ALL_REGIONS", 32, false, NULL},
	{"CPUS", 24, true, NULL},
	{"DISKS_TOTAL_GB", 4096, true, NULL},
	{"SSD_TOTAL_GB", 500, true, NULL},
	{"STATIC_ADDRESSES", 8, true, "addresses"},
	{"IN_USE_ADDRESSES", 8, true, NULL},
	{"INSTANCES", 24, true, "instances"},
	{"INSTANCE_GROUPS", 50, true, "instanceGroups"},
	{"INSTANCE_GROUP_MANAGERS", 50, true, "instanceGroupManagers"},
	{"NETWORK_ENDPOINT_GROUPS", 100, true, "networkEndpointGroups"},
};

const char *compute_region_at(size_t n)
{
	return n < REGIONS ? regions[n].name : NULL;
}

static const struct region *find_region(const char *name)
{
	for (size_t i = 0; i < REGIONS; i++)
		if (!strcmp(regions[i].name, name))
			return &regions[i];
	return NULL;
}

bool compute_region_known(const char *region)
{
	return find_region(region) != NULL;
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
	const struct region *r = find_region(compute_zone_region(zone, name));
	return r && strlen(letter) == 2 && strchr(r->zones, letter[1]);
}

/* Quotas. ---------------------------------------------------------------------------------------------------------------- */
double compute_quota_limit(struct sim *s, const char *project, const char *metric, const char *region)
{
	const cJSON *said = sim_project_world(s, project, "quotas");
	char *own = xasprintf("%s/%s", region, metric);
	const cJSON *limit = cJSON_GetObjectItemCaseSensitive(said, own);
	free(own);
	if (!limit)
		limit = cJSON_GetObjectItemCaseSensitive(said, metric);
	if (cJSON_IsNumber(limit))
		return limit->valuedouble;
	for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++)
		if (!strcmp(quotas[i].metric, metric) && quotas[i].regional == (*region != '\0'))
			return quotas[i].limit;
	return 1e9;
}

static double count(struct sim *s, const char *project, const char *plural, const char *region)
{
	char *collection = xasprintf("compute.%s", plural), *prefix = xasprintf("projects/%s/", project), place[40];
	double n = 0;
	for (struct sim_object *o = sim_first(s, collection, prefix); o; o = sim_following(s, o, prefix)) {
		const char *scope = o->key + strlen(prefix), *name = strchr(scope, '/') + 1;
		bool global = text_starts(scope, "global/");
		snprintf(place, sizeof place, "%.*s", (int)strcspn(name, "/"), name);
		if (text_starts(scope, "zones/")) {
			char zone[40];
			memcpy(zone, place, sizeof zone);
			compute_zone_region(zone, place);
		}
		bool fits = *region ? !global && !strcmp(place, region) : true;
		/* Addresses count against the project's quota only when they are global. */
		if (!strcmp(plural, "addresses"))
			fits = fits && !strcmp(json_str(o->doc, "addressType", "EXTERNAL"), "EXTERNAL") && (*region || global);
		n += fits;
	}
	free(collection);
	free(prefix);
	return n;
}

int compute_machine_cpus(const char *type)
{
	for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
		if (!strcmp(machines[i].name, type))
			return machines[i].cpus;
	return 0;
}

int compute_machine_memory(const char *type)
{
	for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
		if (!strcmp(machines[i].name, type))
			return machines[i].memory_mb;
	return 0;
}

bool compute_stocked_out(struct sim *s, const char *zone)
{
	return sim_get(s, "compute.stockouts", zone) != NULL;
}

/* Processors of the running machines. */
static double processors(struct sim *s, const char *project, const char *region)
{
	char *prefix = xasprintf("projects/%s/zones/", project), place[40], zone[40];
	double n = 0;
	for (struct sim_object *o = sim_first(s, "compute.instances", prefix); o; o = sim_following(s, o, prefix)) {
		const char *type = strrchr(json_str(o->doc, "machineType", "/"), '/') + 1;
		snprintf(zone, sizeof zone, "%.*s", (int)strcspn(o->key + strlen(prefix), "/"), o->key + strlen(prefix));
		if (*region && strcmp(compute_zone_region(zone, place), region))
			continue;
		n += strcmp(json_str(o->doc, "status", ""), "TERMINATED") ? compute_machine_cpus(type) : 0;
	}
	free(prefix);
	return n;
}

double compute_quota_usage(struct sim *s, const char *project, const char *metric, const char *region)
{
	if (text_starts(metric, "CPUS"))
		return processors(s, project, region);
	for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++)
		if (!strcmp(quotas[i].metric, metric) && quotas[i].regional == (*region != '\0'))
			return quotas[i].plural ? count(s, project, quotas[i].plural, region) : 0;
	return 0;
}

/* Is there such a quota for a region? Others are the project's. */
static bool regional(const char *metric)
{
	for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++)
		if (!strcmp(quotas[i].metric, metric) && quotas[i].regional)
			return true;
	return false;
}

bool compute_quota(struct sim_call *c, const char *metric, const char *region, double more)
{
	if (*region && !regional(metric))
		region = "";
	double limit = compute_quota_limit(c->sim, c->project, metric, region);
	if (compute_quota_usage(c->sim, c->project, metric, region) + more <= limit)
		return true;
	sim_fail_with(c, 403, "PERMISSION_DENIED", "quotaExceeded", NULL, "Quota '%s' exceeded.  Limit: %.1f %s%s.", metric, limit,
		      *region ? "in region " : "globally", region);
	return false;
}

static cJSON *quota_list(struct sim *s, const char *project, const char *region)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++) {
		if (quotas[i].regional != (*region != '\0'))
			continue;
		cJSON *q = json_make("{'metric':%s}", quotas[i].metric);
		json_put_num(q, "limit", compute_quota_limit(s, project, quotas[i].metric, region));
		json_put_num(q, "usage", compute_quota_usage(s, project, quotas[i].metric, region));
		cJSON_AddItemToArray(list, q);
	}
	return list;
}

/* Documents that are nowhere stored. ------------------------------------------------------------------------------------- */
static void base(cJSON *doc, const char *project, const char *kind, const char *path, const char *name, unsigned id)
{
	char number[16];
	snprintf(number, sizeof number, "%u", id);
	json_put_str(doc, "kind", kind);
	json_put_str(doc, "name", name);
	json_put_str(doc, "id", number);
	char *link = xasprintf(COMPUTE_BASE "projects/%s/%s", project, path);
	json_put_str(doc, "selfLink", link);
	json_put_str(doc, "creationTimestamp", "1969-12-31T16:00:00.000-08:00");
	free(link);
}

static cJSON *zone_doc(const char *project, const struct region *r, char letter)
{
	char *name = xasprintf("%s-%c", r->name, letter), *path = xasprintf("zones/%s", name);
	char *region = xasprintf(COMPUTE_BASE "projects/%s/regions/%s", project, r->name);
	cJSON *doc = json_make("{'description':%s,'status':'UP','region':%s,'supportsPzs':false,'availableCpuPlatforms':['Intel Cascade Lake',"
			       "'Intel Ice Lake','Intel Skylake','AMD Milan','AMD Rome']}",
			       name, region);
	base(doc, project, "compute#zone", path, name, 2000 + (unsigned)(r - regions) * 10 + (unsigned)(letter - 'a'));
	free(name);
	free(path);
	free(region);
	return doc;
}

static cJSON *region_doc(struct sim *s, const char *project, const struct region *r)
{
	char *path = xasprintf("regions/%s", r->name);
	cJSON *zones = cJSON_CreateArray();
	for (const char *z = r->zones; *z; z++) {
		char *link = xasprintf(COMPUTE_BASE "projects/%s/zones/%s-%c", project, r->name, *z);
		cJSON_AddItemToArray(zones, cJSON_CreateString(link));
		free(link);
	}
	cJSON *doc = json_make("{'description':%s,'status':'UP','supportsPzs':false,'zones':%j,'quotas':%j}", r->name, zones,
			       quota_list(s, project, r->name));
	base(doc, project, "compute#region", path, r->name, 1000 + (unsigned)(r - regions));
	free(path);
	return doc;
}

static cJSON *machine_doc(const char *project, const char *zone, const struct machine *m)
{
	char *path = xasprintf("zones/%s/machineTypes/%s", zone, m->name);
	char *about = xasprintf("%d vCPU%s, %.4g GB RAM", m->cpus, m->cpus > 1 ? "s" : "", m->memory_mb / 1024.0);
	cJSON *doc = json_make("{'description':%s,'guestCpus':%d,'memoryMb':%d,'imageSpaceGb':0,'maximumPersistentDisks':%d,"
			       "'maximumPersistentDisksSizeGb':%s,'zone':%s,'isSharedCpu':%b,'architecture':'X86_64'}",
			       about, m->cpus, m->memory_mb, m->shared ? 16 : 128, m->shared ? "3072" : "263168", zone, m->shared);
	base(doc, project, "compute#machineType", path, m->name, 334000 + (unsigned)m->cpus * 1000 + (unsigned)(m - machines));
	free(path);
	free(about);
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
	char *id = xasprintf("projects/%s/%s", c->project, path), *link = compute_link(id);
	sim_ok(c, json_make("{'kind':%s,'id':%s,'selfLink':%s,'items':%j}", kind, id, link, items));
	free(id);
	free(link);
}

static void not_found(struct sim_call *c, const char *what, const char *name)
{
	sim_fail(c, "NOT_FOUND", "notFound", "The resource 'projects/%s/%s/%s' was not found", c->project, what, name);
}

static void region_get(struct sim_call *c)
{
	const struct region *r = find_region(sim_param(c, "region"));
	if (r)
		sim_ok(c, region_doc(c->sim, c->project, r));
	else
		not_found(c, "regions", sim_param(c, "region"));
}

static void region_list(struct sim_call *c)
{
	cJSON *items = cJSON_CreateArray();
	for (size_t i = 0; i < REGIONS; i++)
		cJSON_AddItemToArray(items, region_doc(c->sim, c->project, &regions[i]));
	answer_list(c, "compute#regionList", "regions", items);
}

static void zone_get(struct sim_call *c)
{
	char region[40];
	const char *zone = sim_param(c, "zone");
	if (compute_zone_known(zone))
		sim_ok(c, zone_doc(c->project, find_region(compute_zone_region(zone, region)), strrchr(zone, '-')[1]));
	else
		not_found(c, "zones", zone);
}

static void zone_list(struct sim_call *c)
{
	cJSON *items = cJSON_CreateArray();
	for (size_t i = 0; i < REGIONS; i++)
		for (const char *z = regions[i].zones; *z; z++)
			cJSON_AddItemToArray(items, zone_doc(c->project, &regions[i], *z));
	answer_list(c, "compute#zoneList", "zones", items);
}

static void machine_get(struct sim_call *c)
{
	const char *name = sim_param(c, "machineType"), *zone = sim_param(c, "zone");
	for (size_t i = 0; compute_zone_known(zone) && i < sizeof machines / sizeof *machines; i++)
		if (!strcmp(machines[i].name, name)) {
			sim_ok(c, machine_doc(c->project, zone, &machines[i]));
			return;
		}
	char *path = xasprintf("zones/%s/machineTypes", zone);
	not_found(c, path, name);
	free(path);
}

static void machine_list(struct sim_call *c)
{
	struct buf scope = {0};
	if (compute_scope(c, &scope)) {
		cJSON *items = cJSON_CreateArray();
		for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
			cJSON_AddItemToArray(items, machine_doc(c->project, sim_param(c, "zone"), &machines[i]));
		char *path = xasprintf("zones/%s/machineTypes", sim_param(c, "zone"));
		answer_list(c, "compute#machineTypeList", path, items);
		free(path);
	}
	buf_free(&scope);
}

static void machine_aggregated(struct sim_call *c)
{
	cJSON *items = cJSON_CreateObject();
	for (size_t r = 0; r < REGIONS; r++)
		for (const char *z = regions[r].zones; *z; z++) {
			char *zone = xasprintf("%s-%c", regions[r].name, *z), *scope = xasprintf("zones/%s", zone);
			cJSON *list = cJSON_CreateArray();
			for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
				bool bad = false;
				cJSON *doc = machine_doc(c->project, zone, &machines[i]);
				if (compute_filter(sim_param(c, "filter"), doc, &bad))
					cJSON_AddItemToArray(list, doc);
				else
					cJSON_Delete(doc);
			}
			cJSON_AddItemToObject(items, scope, json_make("{'machineTypes':%j}", list));
			free(zone);
			free(scope);
		}
	char *id = xasprintf("projects/%s/aggregated/machineTypes", c->project), *link = compute_link(id);
	sim_ok(c, json_make("{'kind':'compute#machineTypeAggregatedList','id':%s,'selfLink':%s,'items':%j}", id, link, items));
	free(id);
	free(link);
}

static void project_get(struct sim_call *c)
{
	const char *number = sim_project_number(c->sim, c->project);
	char *account = xasprintf("%s-compute@developer.gserviceaccount.com", number), *link = xasprintf(COMPUTE_BASE "projects/%s", c->project);
	char *key = xasprintf("projects/%s", c->project), *start = sim_time_compute(c->sim);
	struct sim_object *o = sim_get(c->sim, "compute.projects", key);
	cJSON *doc = json_make("{'kind':'compute#project','id':%s,'name':%s,'selfLink':%s,'creationTimestamp':%s,'defaultServiceAccount':%s,"
			       "'defaultNetworkTier':'PREMIUM','xpnProjectStatus':'UNSPECIFIED_XPN_PROJECT_STATUS','vmDnsSetting':"
			       "'ZONAL_ONLY','cloudArmorTier':'CA_STANDARD','commonInstanceMetadata':{'kind':'compute#metadata','fingerprint':"
			       "'AAAAAAAAAAA='},'quotas':%j}",
			       number, c->project, link, o ? json_str(o->doc, "created", start) : start, account,
			       quota_list(c->sim, c->project, ""));
	sim_ok(c, doc);
	free(account);
	free(link);
	free(key);
	free(start);
}

/* In the world's description, beside "quotas": "stockouts", zones that have no machines left. */
static void seed(struct sim *s, const cJSON *world)
{
	const cJSON *q;
	char *now = sim_time_compute(s), *key = xasprintf("projects/%s", sim_project(s));
	sim_put(s, "compute.projects", key, json_make("{'created':%s}", now));
	free(now);
	free(key);
	cJSON_ArrayForEach(q, json_at(world, "stockouts"))
		if (!sim_get(s, "compute.stockouts", q->valuestring))
			sim_put(s, "compute.stockouts", q->valuestring, cJSON_CreateObject());
}

static const struct sim_route routes[] = {
	{"compute.regions.get", region_get, "compute.regions.get", NULL},
	{"compute.regions.list", region_list, "compute.regions.list", NULL},
	{"compute.zones.get", zone_get, "compute.zones.get", NULL},
	{"compute.zones.list", zone_list, "compute.zones.list", NULL},
	{"compute.machineTypes.get", machine_get, "compute.machineTypes.get", NULL},
	{"compute.machineTypes.list", machine_list, "compute.machineTypes.list", NULL},
	{"compute.machineTypes.aggregatedList", machine_aggregated, "compute.machineTypes.list", NULL},
	{"compute.projects.get", project_get, "compute.projects.get", NULL},
	{NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_places, routes, seed);
