/* App Engine v1: the application (one a project, never moved, never deleted), its services and versions, operations, locations. A flexible
 * version's container is judged as Cloud Run's are (sim/front/judge.c), and fails as App Engine reports it. */
#include "config.h"
#include "sim/api/appengine.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/identity.h"
#include "sim/api/run.h"
#include "sim/api/serving.h"
#include "sim/api/workloads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OPERATIONS "appengine.operations"
#define V1 "type.googleapis.com/google.appengine.v1."

/* Locations: most are regions; two are older than regions' digits. */
static const char *const old_locations[][2] = {{"us-central", "us-central1"}, {"europe-west", "europe-west1"}};

const char *appengine_region(const char *location)
{
	for (size_t i = 0; i < 2; i++)
		if (!strcmp(old_locations[i][0], location))
			return old_locations[i][1];
	return sim_region(location) && sim_region(location)->appengine ? location : NULL;
}

static const char *app_id(const struct sim_call *c)
{
	const char *project = sim_project_id(c->sim, sim_part(c, 2));
	return project ? project : sim_part(c, 2);
}

static const char *app_key(const struct sim_call *c)
{
	return sim_tmp("apps/%s", app_id(c));
}

static struct sim_object *app(struct sim_call *c)
{
	struct sim_object *o = sim_get(c->sim, APPENGINE_APPS, app_key(c));
	if (o && !json_bool(o->hidden, "creating", false))
		return o;
	sim_fail(c, "NOT_FOUND", NULL, "Could not find Application \"%s\".", app_id(c));
	return NULL;
}

/* Operations. -------------------------------------------------------------------------------------------------------------- */
static struct sim_object *operation(struct sim_call *c, const char *app_name, const char *method, const char *target)
{
	char id[37];
	const char *now = sim_stamp(c->sim, 3);
	sim_uuid(c->sim, id);
	cJSON *metadata = json_make("{'@type':'" V1 "OperationMetadataV1','method':%s,'insertTime':%s,'user':%s,'target':%s}",
				    sim_tmp("google.appengine.v1.%s", method), now, run_email(c->principal), target);
	return sim_lro(c->sim, OPERATIONS, sim_tmp("%s/operations/%s", app_name, id), metadata);
}

/* Ends an operation well, or with a status; both are taken. */
static void end(struct sim *s, const char *name, cJSON *response, cJSON *status)
{
	struct sim_object *op = sim_get(s, OPERATIONS, name);
	const char *now = sim_stamp(s, 3);
	if (op)
		json_put_str(op->doc, "metadata.endTime", now);
	if (status)
		sim_lro_failed(s, OPERATIONS, name, NULL, status);
	else
		sim_lro_done(s, OPERATIONS, name, NULL, response);
}

/* Only one change of an application at a time. */
static bool is_free(struct sim_call *c, struct sim_object *o)
{
	const char *busy = json_str(o->hidden, "busy", "");
	const struct sim_object *op = *busy ? sim_get(c->sim, OPERATIONS, busy) : NULL;
	if (!op || json_bool(op->doc, "done", false))
		return true;
	sim_fail(c, "ABORTED", NULL, "Cannot operate on %s because an operation is already in progress for %s by %s.", o->key,
		 o->key, strrchr(busy, '/') + 1);
	return false;
}

static void busy_with(struct sim_object *o, const struct sim_object *op)
{
	json_put_str(o->hidden, "busy", op->key);
}

/* A change that takes a while: then runs when it is over, with {"key","operation"}. */
static void change(struct sim_call *c, const char *method, const char *target, const char *duration,
		   void (*then)(struct sim *s, const cJSON *arg))
{
	struct sim_object *o = sim_get(c->sim, APPENGINE_APPS, app_key(c)), *op = operation(c, app_key(c), method, target);
	if (o)
		busy_with(o, op);
	cJSON *arg = json_make("{'key':%s,'operation':%s}", target, op->key);
	sim_after(c->sim, sim_draw(c->sim, duration), then, arg);
	sim_lro_reply(c, op);
}

/* The application. --------------------------------------------------------------------------------------------------------- */
static void app_created(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, APPENGINE_APPS, json_str(arg, "key", ""));
	if (!o)
		return;
	json_drop(o->hidden, "creating");
	sim_agent_create(s, sim_tmp("%s@appspot.gserviceaccount.com", json_str(o->doc, "id", "")));
	const char *name = json_str(arg, "operation", "");
	end(s, name, sim_typed(o->doc, V1 "Application"), NULL);
}

/* The secret of IAP's client comes back only as its hash: that, or NULL where none was sent. */
static const char *hide_secret(cJSON *doc)
{
	const char *secret = json_str(doc, "iap.oauth2ClientSecret", ""),
		   *hash = *secret ? sim_sha256(secret, strlen(secret)) + 7 : NULL;
	if (hash)
		json_put_str(doc, "iap.oauth2ClientSecretSha256", hash);
	json_drop(doc, "iap.oauth2ClientSecret");
	return hash;
}

static void app_create(struct sim_call *c)
{
	const char *id = json_str(c->body, "id", ""), *location = json_str(c->body, "locationId", ""),
		   *region = appengine_region(location);
	const char *project = sim_project_id(c->sim, id), *key = sim_tmp("apps/%s", project ? project : id);
	if (!project) {
		sim_fail(c, "PERMISSION_DENIED", NULL, "The caller does not have permission");
		return;
	}
	if (!sim_allowed(c->sim, c->principal, "appengine.applications.create", project, "")) {
		sim_fail(c, "PERMISSION_DENIED", NULL,
			 "You do not have permission to create the App Engine application for project %s.", project);
		return;
	}
	if (sim_get(c->sim, APPENGINE_APPS, key)) {
		sim_fail(c, "ALREADY_EXISTS", NULL, "This application already exists and cannot be re-created.");
		return;
	}
	if (!region) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid location ID '%s'.", location);
		return;
	}
	cJSON *doc = sim_take_body(c);
	hide_secret(doc);
	const char *code = sim_region_code(region), *continent = text_starts(region, "europe") ? "eu"
								 : text_starts(region, "asia") ? "asia"
											       : "us";
	json_put_str(doc, "name", key);
	json_put_str(doc, "id", project);
	json_put_str(doc, "codeBucket", sim_tmp("staging.%s.appspot.com", project));
	json_put_str(doc, "defaultBucket", sim_tmp("%s.appspot.com", project));
	json_put_str(doc, "defaultHostname", sim_tmp("%s.%s.r.appspot.com", project, code));
	json_put_str(doc, "gcrDomain", sim_tmp("%s.gcr.io", continent));
	json_put_str(doc, "servingStatus", "SERVING");
	static const char *const usual[][2] = {
	    {"authDomain", "gmail.com"}, {"databaseType", "CLOUD_DATASTORE_COMPATIBILITY"}, {"sslPolicy", "DEFAULT"}};
	for (int i = 0; i < 3; i++)
		if (!json_at(doc, usual[i][0]))
			json_put_str(doc, usual[i][0], usual[i][1]);
	if (!json_at(doc, "serviceAccount"))
		json_put_str(doc, "serviceAccount", sim_tmp("%s@appspot.gserviceaccount.com", project));
	json_put(doc, "featureSettings", json_make("{'splitHealthChecks':true,'useContainerOptimizedOs':true}"));
	struct sim_object *o = sim_put(c->sim, APPENGINE_APPS, key, doc),
			  *op = operation(c, key, "Applications.CreateApplication", key);
	json_put_bool(o->hidden, "creating", true);
	sim_after(c->sim, sim_draw(c->sim, "appengine.app.create"), app_created,
		  json_make("{'key':%s,'operation':%s}", key, op->key));
	sim_lro_reply(c, op);
}

static void app_get(struct sim_call *c)
{
	struct sim_object *o = app(c);
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, 1));
}

static void app_patched(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, APPENGINE_APPS, json_str(arg, "key", ""));
	const char *name = json_str(arg, "operation", "");
	if (o)
		end(s, name, sim_typed(o->doc, V1 "Application"), NULL);
}

static void app_patch(struct sim_call *c)
{
	struct sim_object *o = app(c);
	if (!o || !is_free(c, o))
		return;
	const char *mask = sim_param(c, "updateMask"), *location = json_str(c->body, "locationId", NULL);
	if (strstr(mask, "locationId") || strstr(mask, "location_id") ||
	    (!*mask && location && strcmp(location, json_str(o->doc, "locationId", "")))) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The location of an application cannot be changed.");
		return;
	}
	cJSON *body = sim_take_body(c);
	const char *hash = hide_secret(body);
	static const char *const fixed[] = {"name",     "id", "locationId", "codeBucket", "defaultBucket", "defaultHostname",
					    "gcrDomain"};
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		json_drop(body, fixed[i]);
	sim_merge(o->doc, body, mask);
	if (hash && json_at(o->doc, "iap"))
		json_put_str(o->doc, "iap.oauth2ClientSecretSha256", hash);
	cJSON_Delete(body);
	change(c, "Applications.UpdateApplication", o->key, "appengine.app.update", app_patched);
}

/* gcloud's `app update` asks at v1beta, for which there is no contract here: the same application. */
static bool beta(struct sim_call *c, const char *permission)
{
	const char *project = sim_project_id(c->sim, sim_part(c, 2));
	if (project && c->principal && sim_allowed(c->sim, c->principal, permission, project, ""))
		return true;
	sim_fail(c, c->principal ? "PERMISSION_DENIED" : "UNAUTHENTICATED", NULL, "The caller does not have permission");
	return false;
}

static void app_patch_beta(struct sim_call *c)
{
	c->body = cJSON_ParseWithLength(c->raw ? c->raw : "", c->raw_len);
	if (!cJSON_IsObject(c->body))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid JSON payload received.");
	else if (beta(c, "appengine.applications.update"))
		app_patch(c);
}

static void app_get_beta(struct sim_call *c)
{
	if (beta(c, "appengine.applications.get"))
		app_get(c);
}

static void operation_get_beta(struct sim_call *c)
{
	if (beta(c, "appengine.operations.get"))
		sim_lro_get(c, OPERATIONS);
}

/* Services. ---------------------------------------------------------------------------------------------------------------- */
static struct sim_object *service(struct sim_call *c)
{
	if (!app(c))
		return NULL;
	struct sim_object *o = sim_get(c->sim, APPENGINE_SERVICES, sim_tmp("%s/services/%s", app_key(c), sim_part(c, 4)));
	if (!o)
		sim_fail(c, "NOT_FOUND", NULL, "Service '%s' not found.", sim_part(c, 4));
	return o;
}

static void appengine_service_get(struct sim_call *c)
{
	struct sim_object *o = service(c);
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, 1));
}

static void appengine_service_list(struct sim_call *c)
{
	if (app(c))
		sim_list(c, APPENGINE_SERVICES, sim_tmp("%s/services/", app_key(c)), "services", NULL, NULL);
}

static void service_patched(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, APPENGINE_SERVICES, json_str(arg, "key", ""));
	const char *name = json_str(arg, "operation", "");
	if (o)
		end(s, name, sim_typed(o->doc, V1 "Service"), NULL);
}

/* Shares must name versions that are there and add up to one. */
static bool split_ok(struct sim_call *c, const cJSON *body)
{
	const cJSON *shares = json_at(body, "split.allocations");
	double sum = 0;
	for (const cJSON *a = shares ? shares->child : NULL; a; a = a->next) {
		sum += a->valuedouble;
		const char *key = sim_tmp("%s/services/%s/versions/%s", app_key(c), sim_part(c, 4), a->string);
		const struct sim_object *v = sim_get(c->sim, APPENGINE_VERSIONS, key);
		if (!v || json_bool(v->hidden, "creating", false)) {
			sim_fail(c, "NOT_FOUND", NULL, "Version '%s' of service '%s' not found.", a->string, sim_part(c, 4));
			return false;
		}
	}
	if (!shares || fabs(sum - 1) < 0.001)
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "Traffic allocations must sum to 1.0.");
	return false;
}

static void appengine_service_patch(struct sim_call *c)
{
	struct sim_object *o = service(c), *owner = o ? app(c) : NULL;
	if (!owner || !is_free(c, owner) || !split_ok(c, c->body))
		return;
	const char *mask = sim_param(c, "updateMask");
	cJSON *body = sim_take_body(c);
	if (json_at(body, "split") && (!*mask || strstr(mask, "split")))
		json_drop(o->doc, "split.allocations"); /* shares are replaced as a whole */
	sim_merge(o->doc, body, mask);
	cJSON_Delete(body);
	change(c, "Services.UpdateService", o->key, "appengine.service.update", service_patched);
}

static void forget_under(struct sim *s, const char *collection, const char *prefix)
{
	struct sim_object *o = sim_first(s, collection, prefix);
	while (o) {
		struct sim_object *next = sim_following(s, o, prefix);
		sim_remove(s, o);
		o = next;
	}
}

static void removed(struct sim *s, const cJSON *arg)
{
	const char *key = json_str(arg, "key", ""), *name = json_str(arg, "operation", "");
	struct sim_object *o = sim_get(s, strstr(key, "/versions/") ? APPENGINE_VERSIONS : APPENGINE_SERVICES, key);
	if (o)
		sim_remove(s, o);
	forget_under(s, APPENGINE_VERSIONS, sim_tmp("%s/", key));
	end(s, name, sim_typed(NULL, "type.googleapis.com/google.protobuf.Empty"), NULL);
}

static void service_delete(struct sim_call *c)
{
	struct sim_object *o = service(c), *owner = o ? app(c) : NULL;
	if (!owner || !is_free(c, owner))
		return;
	if (!strcmp(sim_part(c, 4), "default"))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Cannot delete the default service (module).");
	else
		change(c, "Services.DeleteService", o->key, "appengine.service.delete", removed);
}

/* Versions. ---------------------------------------------------------------------------------------------------------------- */
static bool is_flexible(const cJSON *version)
{
	const char *env = json_str(version, "env", "");
	return !strcmp(env, "flex") || !strcmp(env, "flexible") || !strcmp(env, "2") || json_bool(version, "vm", false);
}

static struct sim_object *version(struct sim_call *c)
{
	if (!service(c))
		return NULL;
	struct sim_object *o = sim_get(c->sim, APPENGINE_VERSIONS,
				       sim_tmp("%s/services/%s/versions/%s", app_key(c), sim_part(c, 4), sim_part(c, 6)));
	if (o && !json_bool(o->hidden, "creating", false))
		return o;
	sim_fail(c, "NOT_FOUND", NULL, "Version '%s' of service '%s' not found.", sim_part(c, 6), sim_part(c, 4));
	return NULL;
}

/* The basic view leaves out what was deployed. */
static cJSON *shown(const struct sim_call *c, const struct sim_object *o)
{
	static const char *const full[] = {"handlers",      "errorHandlers",     "libraries",    "apiConfig",
					   "envVariables",  "defaultExpiration", "healthCheck",  "readinessCheck",
					   "livenessCheck", "deployment",        "betaSettings", "entrypoint"};
	cJSON *doc = cJSON_Duplicate(o->doc, 1);
	for (size_t i = 0; strcmp(sim_param(c, "view"), "FULL") && i < sizeof(full) / sizeof(*full); i++)
		json_drop(doc, full[i]);
	return doc;
}

static void version_get(struct sim_call *c)
{
	struct sim_object *o = version(c);
	if (o)
		sim_ok(c, shown(c, o));
}

static void version_list(struct sim_call *c)
{
	struct sim_object *owner = service(c);
	if (!owner)
		return;
	cJSON *all = cJSON_CreateArray();
	const char *prefix = sim_tmp("%s/versions/", owner->key);
	for (struct sim_object *o = sim_first(c->sim, APPENGINE_VERSIONS, prefix); o; o = sim_following(c->sim, o, prefix))
		if (!json_bool(o->hidden, "creating", false))
			cJSON_AddItemToArray(all, shown(c, o));
	sim_ok(c, all->child ? json_make("{'versions':%j}", all) : (cJSON_Delete(all), cJSON_CreateObject()));
}

static bool image_ok(struct sim_call *c, const char *image)
{
	const char *host = sim_tmp("%.*s", (int)strcspn(image, "/"), image);
	if (!*image || !strcmp(host, "gcr.io") || text_ends(host, ".gcr.io") || text_ends(host, "-docker.pkg.dev"))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "Deployment container image '%s' must be in gcr.io or docker.pkg.dev.", image);
	return false;
}

static bool flexible_ok(struct sim_call *c)
{
	bool scaling[] = {json_at(c->body, "automaticScaling") != NULL, json_at(c->body, "manualScaling") != NULL,
			  json_at(c->body, "basicScaling") != NULL};
	if (!sim_service_on(c->sim, app_id(c), "appengineflex.googleapis.com"))
		sim_fail(
		    c, "FAILED_PRECONDITION", NULL,
		    "The App Engine Flexible Environment API (appengineflex.googleapis.com) has not been used in project %s "
		    "before or it is disabled.",
		    app_id(c));
	else if (json_at(c->body, "healthCheck"))
		sim_fail(
		    c, "INVALID_ARGUMENT", NULL,
		    "Legacy health checks are no longer supported for the App Engine Flexible environment. Please remove the "
		    "'health_check' section from your app.yaml and configure updated health checks.");
	else if (scaling[0] + scaling[1] + scaling[2] > 1)
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "Only one of automatic_scaling, manual_scaling and basic_scaling may be specified.");
	else if (!json_at(c->body, "deployment.container.image") && !json_at(c->body, "deployment.zip") &&
		 !json_at(c->body, "deployment.files"))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The deployment must name a container image, files or a zip.");
	else
		return image_ok(c, json_str(c->body, "deployment.container.image", ""));
	return false;
}

static bool account_ok(struct sim_call *c, const char *email)
{
	if (!*email || text_ends(email, "@appspot.gserviceaccount.com"))
		return true;
	if (sim_account_exists(c->sim, email, true) &&
	    sim_allowed(c->sim, c->principal, "iam.serviceAccounts.actAs", app_id(c),
			sim_tmp("//iam.googleapis.com/projects/%s/serviceAccounts/%s", app_id(c), email)))
		return true;
	sim_fail(c, "PERMISSION_DENIED", NULL,
		 "You do not have permission to act as '%s'. Please contact your administrator to grant you the "
		 "'iam.serviceAccounts.actAs' permission or it may not exist.",
		 email);
	return false;
}

static bool version_ok(struct sim_call *c, const char *service_id, const char *id)
{
	bool first = sim_first(c->sim, APPENGINE_SERVICES, sim_tmp("%s/services/", app_key(c))) == NULL;
	size_t name = strlen(id) + strlen(service_id) + strlen(app_id(c)) + 10; /* "-dot-" twice */
	if (first && strcmp(service_id, "default"))
		sim_fail(
		    c, "INVALID_ARGUMENT", NULL,
		    "The first service (module) you upload to a new application must be the 'default' service (module). Please "
		    "upload a version of the 'default' service (module) before uploading a version for the '%s' service "
		    "(module).",
		    service_id);
	else if (!*id || strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(id) || strlen(id) > 63)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid version ID '%s'.", id);
	else if (name > 63)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The name %s-dot-%s-dot-%s is longer than 63 characters.", id, service_id,
			 app_id(c));
	else if (!*json_str(c->body, "runtime", ""))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "runtime must be specified");
	else
		return account_ok(c, json_str(c->body, "serviceAccount", "")) && (!is_flexible(c->body) || flexible_ok(c));
	return false;
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
	if (is_flexible(doc)) {
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

static void version_ended(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, APPENGINE_VERSIONS, json_str(arg, "key", ""));
	const char *name = json_str(arg, "operation", "");
	if (!o)
		return;
	json_drop(o->hidden, "creating");
	join_service(s, o);
	struct run_verdict v = {0};
	/* "Only the versions with a SERVING status create instances": what has none cannot fail to start. */
	if (is_flexible(o->doc) && *json_str(o->doc, "deployment.container.image", "") &&
	    !strcmp(json_str(o->doc, "servingStatus", ""), "SERVING")) {
		const struct sim_object *owner = sim_get(s, APPENGINE_APPS, sim_tmp("apps/%s", owner_of(o->key)));
		cJSON *template = appengine_template(o);
		sim_workloads(s)->judge(s, owner_of(o->key), appengine_region(json_str(owner->doc, "locationId", "")), template,
					false, &v);
		cJSON_Delete(template);
		write_logs(s, o, v.log);
	}
	if (!v.message) {
		end(s, name, sim_typed(o->doc, V1 "Version"), NULL);
	} else {
		/* A failed version stays, and costs. */
		json_put_str(o->hidden, "failure", v.message);
		const char *last = last_words(v.log);
		cJSON *status = v.reason ? sim_rpc_status("FAILED_PRECONDITION", "%s", v.message)
				: v.exit_code
				    ? sim_rpc_status("FAILED_PRECONDITION",
						     "Application startup error! Code: APP_CONTAINER_CRASHED\n%s", last)
				    : sim_rpc_status("DEADLINE_EXCEEDED",
						     "Timed out waiting for the app infrastructure to become healthy.");
		end(s, name, NULL, status);
	}
	run_verdict_free(&v);
}

/* A version whose making failed stays, and cannot serve. */
static bool appengine_spoil(struct sim *s, const cJSON *arg, const cJSON *error)
{
	const char *name = json_str(arg, "operation", "");
	struct sim_object *o = sim_get(s, APPENGINE_VERSIONS, json_str(arg, "key", ""));
	if (!sim_get(s, OPERATIONS, name))
		return false;
	if (o && json_at(o->hidden, "creating")) {
		json_drop(o->hidden, "creating");
		json_put_str(o->hidden, "failure", json_str(error, "message", "Internal error"));
	}
	end(s, name, NULL, cJSON_Duplicate(error, 1));
	return true;
}

static void version_create(struct sim_call *c)
{
	struct sim_object *owner = app(c);
	const char *service_id = sim_part(c, 4), *id = json_str(c->body, "id", "");
	if (!owner || !is_free(c, owner) || !version_ok(c, service_id, id))
		return;
	const char *key = sim_tmp("%s/services/%s/versions/%s", owner->key, service_id, id);
	struct sim_object *o = sim_get(c->sim, APPENGINE_VERSIONS, key);
	bool flexible = is_flexible(c->body);
	cJSON *doc = sim_take_body(c);
	defaults(c->sim, owner, c->principal, key, doc);
	if (o) { /* the same id again redeploys it in place */
		cJSON_Delete(o->doc);
		o->doc = doc;
		json_drop(o->hidden, "failure");
	} else {
		o = sim_put(c->sim, APPENGINE_VERSIONS, key, doc);
		json_put_bool(o->hidden, "creating", true);
	}
	change(c, "Versions.CreateVersion", key, flexible ? "appengine.version.create" : "appengine.version.update",
	       version_ended);
}

static void version_patched(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, APPENGINE_VERSIONS, json_str(arg, "key", ""));
	const char *name = json_str(arg, "operation", "");
	if (o)
		end(s, name, sim_typed(o->doc, V1 "Version"), NULL);
}

static void version_patch(struct sim_call *c)
{
	struct sim_object *o = version(c), *owner = o ? app(c) : NULL;
	if (!owner || !is_free(c, owner))
		return;
	if (json_at(c->body, "deployment")) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The deployment of a version cannot be changed; create a new version.");
		return;
	}
	cJSON *body = sim_take_body(c);
	sim_merge(o->doc, body, sim_param(c, "updateMask"));
	cJSON_Delete(body);
	change(c, "Versions.UpdateVersion", o->key, "appengine.version.update", version_patched);
}

static void version_delete(struct sim_call *c)
{
	struct sim_object *o = version(c), *owner = o ? app(c) : NULL, *module = owner ? service(c) : NULL;
	if (!module || !is_free(c, owner))
		return;
	const cJSON *share = cJSON_GetObjectItemCaseSensitive(json_at(module->doc, "split.allocations"), sim_part(c, 6));
	if (cJSON_IsNumber(share) && share->valuedouble > 0)
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "Version '%s' of service '%s' cannot be deleted because it has a traffic split of %g.", sim_part(c, 6),
			 sim_part(c, 4), share->valuedouble);
	else
		change(c, "Versions.DeleteVersion", o->key, "appengine.version.delete", removed);
}

static void instance_list(struct sim_call *c)
{
	struct sim_object *o = version(c);
	if (!o)
		return;
	bool runs = is_flexible(o->doc) && !strcmp(json_str(o->doc, "servingStatus", ""), "SERVING") &&
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

/* Operations and locations. ------------------------------------------------------------------------------------------------ */
static void appengine_operation_get(struct sim_call *c)
{
	sim_lro_get(c, OPERATIONS);
}

static void appengine_operation_list(struct sim_call *c)
{
	sim_list(c, OPERATIONS, sim_tmp("%s/operations/", app_key(c)), "operations", NULL, NULL);
}

static cJSON *location(const struct sim_call *c, const char *id)
{
	cJSON *labels = cJSON_CreateObject();
	cJSON_AddStringToObject(labels, "cloud.googleapis.com/region", id);
	return json_make("{'name':%s,'locationId':%s,'labels':%j,'metadata':{'@type':'" V1
			 "LocationMetadata','standardEnvironmentAvailable':true,"
			 "'flexibleEnvironmentAvailable':true,'searchApiAvailable':true}}",
			 sim_tmp("%s/locations/%s", app_key(c), id), id, labels);
}

static void location_list(struct sim_call *c)
{
	cJSON *all = cJSON_CreateArray();
	for (size_t i = 0; i < 2; i++)
		cJSON_AddItemToArray(all, location(c, old_locations[i][0]));
	for (size_t i = 0; sim_region_at(i); i++)
		if (sim_region_at(i)->appengine)
			cJSON_AddItemToArray(all, location(c, sim_region_at(i)->name));
	sim_ok(c, json_make("{'locations':%j}", all));
}

static void location_get(struct sim_call *c)
{
	if (appengine_region(sim_part(c, 4)))
		sim_ok(c, location(c, sim_part(c, 4)));
	else
		sim_fail(c, "NOT_FOUND", NULL, "Location '%s' not found.", sim_part(c, 4));
}

#define A "appengine.apps."
#define S A "services."
#define V S "versions."
static const struct sim_route routes[] = {
    {A "create", app_create, NULL, NULL},
    {A "get", app_get, "appengine.applications.get", NULL},
    {A "patch", app_patch, "appengine.applications.update", NULL},
    {A "operations.get", appengine_operation_get, "appengine.operations.get", NULL},
    {A "operations.list", appengine_operation_list, "appengine.operations.list", NULL},
    {A "locations.get", location_get, NULL, NULL},
    {A "locations.list", location_list, NULL, NULL},
    {S "get", appengine_service_get, "appengine.services.get", NULL},
    {S "list", appengine_service_list, "appengine.services.list", NULL},
    {S "patch", appengine_service_patch, "appengine.services.update", NULL},
    {S "delete", service_delete, "appengine.services.delete", NULL},
    {V "create", version_create, "appengine.versions.create", NULL},
    {V "get", version_get, "appengine.versions.get", NULL},
    {V "list", version_list, "appengine.versions.list", NULL},
    {V "patch", version_patch, "appengine.versions.update", NULL},
    {V "delete", version_delete, "appengine.versions.delete", NULL},
    {"PATCH appengine.googleapis.com/v1beta/apps/*", app_patch_beta, NULL, NULL},
    {"GET appengine.googleapis.com/v1beta/apps/*", app_get_beta, NULL, NULL},
    {"GET appengine.googleapis.com/v1beta/apps/*/operations/*", operation_get_beta, NULL, NULL},
    {V "instances.list", instance_list, "appengine.instances.list", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_appengine = {
    .name = "appengine",
    .service = "appengine.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .spoil = appengine_spoil,
};
