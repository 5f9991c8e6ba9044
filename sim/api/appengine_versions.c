/* App Engine v1's versions and their instances. A flexible version's container is judged as Cloud Run's are (sim/front/judge.c), and fails as
 * App Engine reports it. */
#include "config.h"
#include "sim/api/appengine.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/resource.h"
#include "sim/api/run.h"
#include "sim/api/serving.h"
#include "sim/api/workloads.h"

#include <stdlib.h>
#include <string.h>

/* The basic view leaves out what was deployed. */
static cJSON *version_shown(const struct sim_call *c, const struct sim_object *o)
{
	static const char *const full[] = {"handlers",      "errorHandlers",     "libraries",    "apiConfig",
					   "envVariables",  "defaultExpiration", "healthCheck",  "readinessCheck",
					   "livenessCheck", "deployment",        "betaSettings", "entrypoint"};
	cJSON *doc = cJSON_Duplicate(o->doc, 1);
	for (size_t i = 0; strcmp(sim_param(c, "view"), "FULL") && i < sizeof(full) / sizeof(*full); i++)
		json_drop(doc, full[i]);
	return doc;
}

static void defaults(struct sim *s, const struct sim_object *owner, const char *principal, const char *key, cJSON *doc)
{
	const char *now = sim_stamp(s, 0);
	const char *id = strrchr(key, '/') + 1, *module = strstr(key, "/services/") + 10,
		   *host = json_str(owner->doc, "defaultHostname", "");
	const char *service_id = sim_tmp("%.*s", (int)strcspn(module, "/"), module);
	json_put_str(doc, "name", key);
	json_put_str(doc, "id", id);
	json_put_str(doc, "createTime", now);
	json_put_str(doc, "createdBy", run_email(principal));
	json_put_str(doc, "servingStatus", json_str(doc, "servingStatus", "SERVING"));
	json_put_str(doc, "versionUrl",
		     !strcmp(service_id, "default") ? sim_tmp("https://%s-dot-%s", id, host)
						    : sim_tmp("https://%s-dot-%s-dot-%s", id, service_id, host));
	if (!json_at(doc, "serviceAccount"))
		json_put_str(doc, "serviceAccount", json_str(owner->doc, "serviceAccount", ""));
	if (appengine_is_flexible(doc)) {
		json_put_str(doc, "env", "flexible");
		json_put_bool(doc, "vm", true);
		if (!json_at(doc, "automaticScaling") && !json_at(doc, "manualScaling"))
			json_put(doc, "automaticScaling",
				 json_make("{'coolDownPeriod':'120s','minTotalInstances':2,'maxTotalInstances':20,"
					   "'cpuUtilization':{'targetUtilization':0.5}}"));
	} else {
		json_put_str(doc, "env", "standard");
		if (!json_at(doc, "instanceClass"))
			json_put_str(doc, "instanceClass", "F1");
	}
}

/* What becomes of one. ------------------------------------------------------------------------------------------------------ */
/* The version as a template of one container that Cloud Run would run: what would stop it there stops it here. */
cJSON *appengine_template(const struct sim_object *o)
{
	cJSON *env = cJSON_CreateArray();
	const cJSON *own = json_at(o->doc, "envVariables");
	for (const cJSON *e = own ? own->child : NULL; e; e = e->next)
		cJSON_AddItemToArray(env,
				     json_make("{'name':%s,'value':%s}", e->string, cJSON_IsString(e) ? e->valuestring : ""));
	double memory = json_num(o->doc, "resources.memoryGb", 0.6);
	cJSON *k = json_make("{'image':%s,'env':%j,'ports':[{'containerPort':8080}],'resources':{'limits':{'memory':%s}},"
			     "'startupProbe':{'periodSeconds':5,'failureThreshold':60,'timeoutSeconds':4}}",
			     json_str(o->doc, "deployment.container.image", ""), env, sim_tmp("%.0fMi", memory * 1024));
	const char *path = json_str(o->doc, "readinessCheck.path", "");
	if (*path)
		json_put(k, "startupProbe.httpGet", json_make("{'path':%s,'port':8080}", path));
	else
		json_put(k, "startupProbe.tcpSocket", json_make("{'port':8080}"));
	cJSON *template = json_make("{'serviceAccount':%s,'containers':[%j]}", json_str(o->doc, "serviceAccount", ""), k);
	const char *network = json_str(o->doc, "network.name", ""), *subnet = json_str(o->doc, "network.subnetworkName", "");
	if (*network || *subnet)
		json_put(template, "vpcAccess",
			 json_make("{'networkInterfaces':[{'network':%s,'subnetwork':%s}]}", *network ? network : "default",
				   *subnet ? subnet : network));
	const char *sql = json_str(o->doc, "betaSettings.cloud_sql_instances", "");
	if (*sql) {
		const char *instance = sim_tmp("%.*s", (int)strcspn(sql, "=,"), sql);
		json_put(template, "volumes",
			 json_make("[{'name':'cloudsql','cloudSqlInstance':{'instances':[%s]}}]", instance));
		json_put(json_at(template, "containers.0"), "volumeMounts",
			 json_make("[{'name':'cloudsql','mountPath':'/cloudsql'}]"));
	}
	return template;
}

static const char *owner_of(const char *key)
{
	return sim_tmp("%.*s", (int)strcspn(key + 5, "/"), key + 5);
}

static void write_logs(struct sim *s, const struct sim_object *o, const cJSON *lines)
{
	const char *project = owner_of(o->key), *module = strstr(o->key, "/services/") + 10;
	for (const cJSON *l = lines ? lines->child : NULL; l; l = l->next) {
		cJSON *labels = json_make("{'project_id':%s,'module_id':%s,'version_id':%s}", project,
					  sim_tmp("%.*s", (int)strcspn(module, "/"), module), strrchr(o->key, '/') + 1);
		sim_log_entry(s, project, "gae_app", labels, "appengine.googleapis.com/stderr",
			      json_str(l, "severity", "DEFAULT"), json_str(l, "text", ""));
	}
}

/* The first version of a service makes the service and takes all of its traffic. */
static void join_service(struct sim *s, const struct sim_object *o)
{
	const char *key = sim_tmp("%.*s", (int)(strstr(o->key, "/versions/") - o->key), o->key), *id = strrchr(o->key, '/') + 1;
	if (sim_get(s, APPENGINE_SERVICES, key))
		return;
	cJSON *allocations = cJSON_CreateObject();
	cJSON_AddNumberToObject(allocations, id, 1);
	sim_put(s, APPENGINE_SERVICES, key,
		json_make("{'name':%s,'id':%s,'split':{'allocations':%j}}", key, strrchr(key, '/') + 1, allocations));
}

/* The last line that the container itself wrote. */
static const char *last_words(const cJSON *log)
{
	const char *last = "";
	const cJSON *l;
	cJSON_ArrayForEach(l, log)
		if (text_ends(json_str(l, "log", ""), "/stderr"))
			last = json_str(l, "text", "");
	return last;
}

/* How the container fares; why it does not run, for the operation, or NULL. */
static cJSON *judged(struct sim *s, struct sim_object *o)
{
	struct run_verdict v = {0};
	const char *project = owner_of(o->key);
	const struct sim_object *owner = sim_get(s, APPENGINE_APPS, sim_tmp("apps/%s", project));
	const char *region = appengine_region(json_str(owner->doc, "locationId", ""));
	cJSON *template = NULL, *status = appengine_no_machines(s, project, region);
	if (status) {
		json_put_str(o->hidden, "failure", json_str(status, "message", ""));
		return status;
	}
	template = appengine_template(o);
	sim_workloads(s)->judge(s, project, region, template, false, &v);
	cJSON_Delete(template);
	write_logs(s, o, v.log);
	if (v.message) {
		/* A failed version stays, and costs. */
		json_put_str(o->hidden, "failure", v.message);
		status = v.reason ? sim_rpc_status("FAILED_PRECONDITION", "%s", v.message)
			 : v.exit_code
			     ? sim_rpc_status("FAILED_PRECONDITION",
					      "Application startup error! Code: APP_CONTAINER_CRASHED\n%s", last_words(v.log))
			     : sim_rpc_status("DEADLINE_EXCEEDED",
					      "Timed out waiting for the app infrastructure to become healthy.");
	}
	run_verdict_free(&v);
	return status;
}

/* A version whose making failed stays, and cannot serve. */
static cJSON *version_settled(struct sim *s, struct sim_object *o, const char *verb, const cJSON *error)
{
	if (error && json_at(o->hidden, "creating")) {
		json_drop(o->hidden, "creating");
		json_put_str(o->hidden, "failure", json_str(error, "message", "Internal error"));
	}
	if (error || strcmp(verb, "create"))
		return NULL;
	join_service(s, o);
	/* "Only the versions with a SERVING status create instances": what has none cannot fail to start. */
	return appengine_is_flexible(o->doc) && *json_str(o->doc, "deployment.container.image", "") &&
		       !strcmp(json_str(o->doc, "servingStatus", ""), "SERVING")
		   ? judged(s, o)
		   : NULL;
}

static bool version_changing(struct sim_call *c, const struct sim_object *o)
{
	return appengine_free(c) && appengine_version_mask_ok(c) && (!appengine_is_flexible(o->doc) || appengine_scaling_ok(c));
}

static bool version_deleting(struct sim_call *c, struct sim_object *o)
{
	const char *module = sim_tmp("%.*s", (int)(strstr(o->key, "/versions/") - o->key), o->key);
	const cJSON *share = cJSON_GetObjectItemCaseSensitive(
	    json_at(sim_get(c->sim, APPENGINE_SERVICES, module)->doc, "split.allocations"), sim_part(c, 6));
	if (!appengine_free(c))
		return false;
	if (!cJSON_IsNumber(share) || share->valuedouble <= 0)
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL,
		 "Version '%s' of service '%s' cannot be deleted because it has a traffic split of %g.", sim_part(c, 6),
		 sim_part(c, 4), share->valuedouble);
	return false;
}

#define V "appengine.apps.services.versions"
static const struct sim_resource resources[] = {
    {.methods = V,
     .collection = APPENGINE_VERSIONS,
     .key = "apps/{project}/services/{services}/versions/{versions}",
     .missing = "Version '{versions}' of service '{services}' not found.",
     .field = "versions",
     .seen = version_shown,
     .within = &appengine_resources[1],
     .nested = true,
     .kept = "id",
     .changing = version_changing,
     .deleting = version_deleting,
     .settled = version_settled,
     .operations = &appengine_operations,
     .change = "appengine.version.update",
     .remove = "appengine.version.delete",
     .type = APPENGINE_V1 "Version",
     .awaited = true,
     .lasts = true},
    {0},
};

/* The same id again redeploys it in place; the first of a service comes before that. */
static void version_create(struct sim_call *c)
{
	struct sim_object *owner = resource_find(c, &appengine_resources[0]);
	const char *service_id = sim_part(c, 4), *id = json_str(c->body, "id", "");
	if (!owner || !appengine_free(c) || !appengine_version_ok(c, service_id, id))
		return;
	const char *key = sim_tmp("%s/services/%s/versions/%s", owner->key, service_id, id);
	struct sim_object *o = sim_get(c->sim, APPENGINE_VERSIONS, key);
	bool flexible = appengine_is_flexible(c->body);
	cJSON *doc = sim_take_body(c);
	defaults(c->sim, owner, c->principal, key, doc);
	if (o) {
		cJSON_Delete(o->doc);
		o->doc = doc;
		json_drop(o->hidden, "failure");
	} else {
		o = sim_put(c->sim, APPENGINE_VERSIONS, key, doc);
		json_put_bool(o->hidden, "creating", true);
	}
	resource_begin_for(c, resources, key, "create", flexible ? "appengine.version.create" : "appengine.version.update");
}

static void instance_list(struct sim_call *c)
{
	struct sim_object *o = resource_find(c, resources);
	if (!o)
		return;
	bool runs = appengine_is_flexible(o->doc) && !strcmp(json_str(o->doc, "servingStatus", ""), "SERVING") &&
		    !json_at(o->hidden, "failure");
	int count = !runs ? 0
			  : (int)json_num(o->doc, "manualScaling.instances",
					  json_num(o->doc, "automaticScaling.minTotalInstances", 1));
	cJSON *all = cJSON_CreateArray();
	for (int i = 0; i < count; i++) {
		const char *id = sim_tmp("aef-%s-%s-%04d", sim_part(c, 4), sim_part(c, 6), i);
		cJSON_AddItemToArray(all, json_make("{'name':%s,'id':%s,'availability':'DYNAMIC','startTime':%s,'vmName':%s,'"
						    "vmStatus':'RUNNING','vmLiveness':'HEALTHY'}",
						    sim_tmp("%s/instances/%s", o->key, id), id,
						    json_str(o->doc, "createTime", ""), id));
	}
	sim_ok(c, count ? json_make("{'instances':%j}", all) : (cJSON_Delete(all), cJSON_CreateObject()));
}

static const struct sim_route routes[] = {
    RESOURCE_READS(V, "appengine.versions"),
    {V ".create", version_create, "appengine.versions.create", NULL},
    {V ".patch", resource_patch, "appengine.versions.update", NULL},
    {V ".delete", resource_delete, "appengine.versions.delete", NULL},
    {V ".instances.list", instance_list, "appengine.instances.list", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_appengine_versions = {
    .name = "appengine",
    .service = "appengine.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .resources = resources,
    .spoil = resource_spoil,
};
