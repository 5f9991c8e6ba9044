/* Revisions: a copy of the service's template under a name of its own, made by each change of it. */
#include "config.h"
#include "sim/api/run.h"

#include "base/json.h"
#include "base/mem.h"
#include "sim/api/artifactregistry.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

static const char *revision_id(struct sim *s, const struct sim_object *service)
{
	const char *wanted = json_str(service->doc, "template.revision", "");
	if (*wanted && !sim_get(s, RUN_REVISIONS, sim_tmp("%s/revisions/%s", service->key, wanted)))
		return wanted;
	static const char letters[] = "bcdfghjklmnpqrstvwxz";
	char tail[4] = "";
	for (int i = 0; i < 3; i++)
		tail[i] = letters[sim_random(s) % (sizeof(letters) - 1)];
	long long n = json_int64(service->hidden, "revisions", 0) + 1;
	json_put_num(service->hidden, "revisions", (double)n);
	return sim_tmp("%s-%05lld-%s", strrchr(service->key, '/') + 1, n, tail);
}

/* Direct VPC egress takes addresses of the subnet, which stays in use for a while after the service is gone. */
static void hold_subnet(struct sim *s, const struct sim_object *service)
{
	const cJSON *nic = json_at(service->doc, "template.vpcAccess.networkInterfaces.0");
	const char *subnet = json_str(nic, "subnetwork", json_str(nic, "network", "")), *key = service->key;
	if (!nic || !*subnet)
		return;
	sim_vpc_hold(s, run_project(key), run_region(key), strchr(subnet, '/') ? strrchr(subnet, '/') + 1 : subnet, key);
}

struct sim_object *run_revision_new(struct sim *s, struct sim_object *service)
{
	const char *id = revision_id(s, service), *name = sim_tmp("%s/revisions/%s", service->key, id);
	cJSON *doc = cJSON_Duplicate(json_at(service->doc, "template"), 1);
	json_drop(doc, "revision");
	json_put_str(doc, "name", name);
	json_put_str(doc, "service", strrchr(service->key, '/') + 1);
	json_put_str(doc, "launchStage", json_str(service->doc, "launchStage", "GA"));
	run_stamp(s, json_str(service->hidden, "principal", "user:?"), doc);
	json_drop(doc, "lastModifier");
	json_put_bool(doc, "reconciling", true);
	static const char *const types[] = {"Ready", "ContainerHealthy", "ContainerReady", "ResourcesAvailable"};
	cJSON *conditions = cJSON_CreateArray();
	for (size_t i = 0; i < 4; i++)
		cJSON_AddItemToArray(conditions, run_condition(s, types[i], "CONDITION_PENDING"));
	json_put(doc, "conditions", conditions);
	const char *project = run_project(name);
	json_put_str(
	    doc, "logUri",
	    sim_tmp("https://console.cloud.google.com/logs/viewer?project=%s&resource=cloud_run_revision/service_name/%s/"
		    "revision_name/%s&advancedFilter=resource.type%%3D%%22cloud_run_revision%%22",
		    project, json_str(doc, "service", ""), id));
	cJSON *containers = json_at(doc, "containers");
	for (cJSON *k = containers ? containers->child : NULL; k; k = k->next) {
		const char *image = json_str(k, "image", ""), *digest = sim_image_digest(s, image);
		if (digest && !strchr(image, '@')) {
			const char *colon = strrchr(image, ':'), *slash = strrchr(image, '/');
			size_t len = colon && colon > slash ? (size_t)(colon - image) : strlen(image);
			json_put_str(k, "image", sim_tmp("%.*s@%s", (int)len, image, digest));
		}
	}
	hold_subnet(s, service);
	return sim_put(s, RUN_REVISIONS, name, doc);
}

/* A revision that serves, by traffic, tag or as the latest, stays. */
static bool in_use(struct sim *s, const struct sim_object *revision)
{
	const char *cut = strstr(revision->key, "/revisions/"), *id = strrchr(revision->key, '/') + 1;
	struct sim_object *service = sim_get(s, RUN_SERVICES, sim_tmp("%.*s", (int)(cut - revision->key), revision->key));
	if (!service)
		return false;
	if (!strcmp(json_str(service->doc, "latestCreatedRevision", ""), revision->key))
		return true;
	const cJSON *statuses = json_at(service->doc, "trafficStatuses");
	for (const cJSON *t = statuses ? statuses->child : NULL; t; t = t->next)
		if (!strcmp(json_str(t, "revision", ""), id) && (json_num(t, "percent", 0) > 0 || *json_str(t, "tag", "")))
			return true;
	return false;
}

bool run_revision_deleting(struct sim_call *c, struct sim_object *o)
{
	if (!in_use(c->sim, o))
		return true;
	sim_fail(c, "FAILED_PRECONDITION", NULL,
		 "Revision '%s' cannot be deleted because it is the latest created revision or serves traffic.",
		 strrchr(o->key, '/') + 1);
	return false;
}
