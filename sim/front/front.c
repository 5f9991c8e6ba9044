/* The front door: a request for a host of a deployed service goes the way it goes at Google: ingress, IAP or the invoker check, the revision that
 * the traffic goes to, and in it the container with the port: oauth2-proxy with MLflow behind it, MLflow itself, or a sample. */
#include "config.h"
#include "sim/core/core.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/appengine.h"
#include "sim/api/identity.h"
#include "sim/api/run.h"
#include "sim/api/serving.h"
#include "sim/front/balancer.h"
#include "sim/front/gate.h"
#include "sim/front/mlflow_http.h"
#include "sim/front/walls.h"

#include <stdlib.h>
#include <string.h>

#define MOST_CONTAINERS 8

/* Hosts. ------------------------------------------------------------------------------------------------------------------- */
/* The service of a run.app host, with the tag of "TAG---HOST" in *tag. */
static struct sim_object *service_of(struct sim *s, const char *host, const char **tag)
{
	const char *dashes = strstr(host, "---");
	*tag = dashes ? sim_tmp("%.*s", (int)(dashes - host), host) : "";
	struct sim_object *name = sim_get(s, RUN_HOSTS, dashes ? dashes + 3 : host);
	return name ? sim_get(s, RUN_SERVICES, json_str(name->doc, "service", "")) : NULL;
}

/* The revision that this request goes to: by its tag, or by the shares of the traffic. */
static struct sim_object *revision_of(struct sim *s, const struct sim_object *service, const char *tag)
{
	const cJSON *statuses = json_at(service->doc, "trafficStatuses");
	int dice = (int)(sim_random(s) % 100);
	for (const cJSON *t = statuses ? statuses->child : NULL; t; t = t->next) {
		dice -= (int)json_num(t, "percent", 0);
		bool mine = *tag ? !strcmp(json_str(t, "tag", ""), tag) : dice < 0;
		const char *id = json_str(t, "revision", "");
		if (mine)
			return sim_get(s, RUN_REVISIONS, *id ? sim_tmp("%s/revisions/%s", service->key, id) : json_str(service->doc, "latestReadyRevision", ""));
	}
	return NULL;
}

/* Containers. -------------------------------------------------------------------------------------------------------------- */
struct instance {
	struct container all[MOST_CONTAINERS];
	int count;
	struct mlflow_place place;
	char *principal, *network;
};

static bool instance_make(struct sim *s, const char *project, const cJSON *template, const char *region, struct instance *i)
{
	*i = (struct instance){.principal = xasprintf("serviceAccount:%s", json_str(template, "serviceAccount", ""))};
	i->place.principal = i->principal;
	const char *network = json_str(template, "vpcAccess.networkInterfaces.0.network", NULL);
	const char *subnet = json_str(template, "vpcAccess.networkInterfaces.0.subnetwork", NULL);
	if (!network && subnet) {
		const char *last = strrchr(subnet, '/') ? strrchr(subnet, '/') + 1 : subnet;
		const struct sim_object *o = sim_get(s, "compute.subnetworks", sim_tmp("projects/%s/regions/%s/subnetworks/%s", project, region, last));
		network = o ? json_str(o->doc, "network", NULL) : NULL;
	}
	if (network)
		i->network = xasprintf("projects/%s/global/networks/%s", project, strrchr(network, '/') ? strrchr(network, '/') + 1 : network);
	i->place.network = i->network;
	const cJSON *volumes = json_at(template, "volumes"), *list = json_at(template, "containers");
	for (const cJSON *v = volumes ? volumes->child : NULL; v; v = v->next)
		if (json_at(v, "cloudSqlInstance"))
			i->place.connector = json_str(v, "cloudSqlInstance.instances.0", NULL);
	for (const cJSON *k = list ? list->child : NULL; k && i->count < MOST_CONTAINERS; k = k->next) {
		struct container_fault fault = {0};
		if (!container_make(s, project, template, k, false, &i->all[i->count], &fault)) {
			free(fault.message);
			return false;
		}
		i->count++;
	}
	return true;
}

static void instance_free(struct instance *i)
{
	for (int n = 0; n < i->count; n++)
		container_free(&i->all[n]);
	free(i->principal);
	free(i->network);
}

static const struct container *that_runs(const struct instance *i, const char *program, bool ingress)
{
	for (int n = 0; n < i->count; n++)
		if (container_runs(&i->all[n], program) && (!ingress || i->all[n].ingress))
			return &i->all[n];
	return NULL;
}

static void to_mlflow(struct visit *v, const struct instance *i, const struct container *k, struct sim_reply *out)
{
	struct mlflow m;
	mlflow_load(v->sim, k, &i->place, &m);
	mlflow_answer(v, &m, i->principal, out);
	mlflow_free(&m);
}

/* The port of "http://127.0.0.1:5000/". */
static int upstream_port(const struct gate *g)
{
	const cJSON *first = gate_list(g, "upstreams") ? gate_list(g, "upstreams")->child : NULL;
	const char *colon = first ? strrchr(first->valuestring, ':') : NULL;
	return colon ? atoi(colon + 1) : 0;
}

static void to_gate(struct visit *v, const struct instance *i, const struct container *k, struct sim_reply *out)
{
	struct gate g;
	const char *email = "";
	gate_load(k, &g);
	if (g.error) {
		wall_page(out, 503, "Server Error", "Service Unavailable");
	} else if (gate_pass(v, k, &g, &email, out)) {
		const struct container *server = that_runs(i, "mlflow", false);
		const char *port = server ? container_flag(server, "--port") : NULL;
		if (server && !port)
			port = container_env(server, "MLFLOW_PORT", "5000");
		if (*email)
			answer_header(out, "gap-auth", email);
		if (server && atoi(port) == upstream_port(&g)) {
			if (!gate_bool(&g, "pass_host_header", true))
				v->host = sim_tmp("127.0.0.1:%s", port);
			to_mlflow(v, i, server, out);
		} else {
			answer_text(out, 502, "text/html; charset=utf-8", "<!DOCTYPE html>\n<title>502 Bad Gateway</title>\n<h1>Bad Gateway</h1>\n"
									  "There was a problem connecting to the upstream server.\n");
		}
	}
	gate_free(&g);
}

static void to_containers(struct visit *v, const char *project, const char *region, const cJSON *template, struct sim_reply *out)
{
	struct instance i;
	if (!instance_make(v->sim, project, template, region, &i)) {
		wall_page(out, 503, "Server Error", "The service you requested is not available yet.<p>Please try again in 30 seconds.");
	} else {
		const struct container *gate = that_runs(&i, "oauth2-proxy", true), *server = that_runs(&i, "mlflow", true);
		if (gate)
			to_gate(v, &i, gate, out);
		else if (server)
			to_mlflow(v, &i, server, out);
		else
			answer_text(out, 200, "text/html; charset=utf-8", "<!doctype html>\n<html lang=en><title>Congratulations | Cloud Run</title><h1>It's running!</h1>\n");
	}
	instance_free(&i);
}

/* Cloud Run. ---------------------------------------------------------------------------------------------------------------- */
/* The name under which IAP keeps policy and settings of a web resource. */
static const char *iap_name(struct sim *s, const char *resource)
{
	const char *project;
	struct buf name = {0};
	bool known = sim_iap_resource(s, resource, &project, &name);
	const char *kept = sim_tmp("%s", known ? buf_text(&name) : resource);
	buf_free(&name);
	return kept;
}

static const char *iap_client(struct sim *s, const char *resource)
{
	const struct sim_object *settings = sim_get(s, "iap.settings", resource);
	return settings ? json_str(settings->doc, "accessSettings.oauthSettings.clientId", "") : "";
}

/* Who comes through IAP is let in as IAP's agent. */
static bool as_agent(struct visit *v, const struct sim_object *service, const char *project, struct sim_reply *out)
{
	const char *agent = sim_tmp("serviceAccount:service-%s@gcp-sa-iap.iam.gserviceaccount.com", sim_project_number(v->sim, project));
	if (json_bool(service->doc, "invokerIamDisabled", false) ||
	    sim_allowed(v->sim, agent, "run.routes.invoke", project, sim_tmp("//run.googleapis.com/%s", service->key)))
		return true;
	answer_header(out, "X-Goog-IAP-Generated-Response", "true");
	answer_text(out, 403, "text/html; charset=UTF-8", "The IAP service account is not provisioned. Please follow the instructions to create service account and "
							   "rectify IAP and Cloud Run setup: https://cloud.google.com/iap/docs/enabling-cloud-run");
	return false;
}

/* IAP on the service itself: the IAP agent must be an invoker, the person must have access. */
static bool through_iap(struct visit *v, const struct sim_object *service, const char *project, const char *region, struct sim_reply *out)
{
	const char *number = sim_project_number(v->sim, project), *email = "";
	const char *resource = iap_name(v->sim, sim_tmp("projects/%s/iap_web/cloud_run-%s/services/%s", number, region, strrchr(service->key, '/') + 1));
	if (!wall_iap(v, project, sim_tmp("//iap.googleapis.com/%s", resource), iap_client(v->sim, resource), &email, out))
		return false;
	return as_agent(v, service, project, out);
}

enum way { WAY_DIRECT, WAY_BALANCED, WAY_BALANCED_IAP };

static void to_service(struct visit *v, const struct sim_object *service, const char *tag, enum way way, struct sim_reply *out)
{
	const char *project = sim_tmp("%.*s", (int)strcspn(service->key + 9, "/"), service->key + 9);
	const char *region = strstr(service->key, "/locations/") + 11, *ingress = json_str(service->doc, "ingress", "INGRESS_TRAFFIC_ALL");
	region = sim_tmp("%.*s", (int)strcspn(region, "/"), region);
	bool inside = !strcmp(ingress, "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER") ? way != WAY_DIRECT : !strcmp(ingress, "INGRESS_TRAFFIC_ALL");
	const struct sim_object *revision = inside ? revision_of(v->sim, service, tag) : NULL;
	if (!revision)
		wall_page(out, 404, "Page not found", "The requested URL was not found on this server.");
	else if (v->q->body_len > (size_t)32 << 20)
		wall_page(out, 413, "Request Entity Too Large", "Your client issued a request that was too large.");
	else if (way == WAY_BALANCED_IAP			       ? as_agent(v, service, project, out)
		 : json_bool(service->doc, "iapEnabled", false) ? through_iap(v, service, project, region, out)
								: wall_invoker(v, service, out))
		to_containers(v, project, region, revision->doc, out);
}

/* App Engine: [[VERSION-dot-]SERVICE-dot-]PROJECT.REGION.r.appspot.com. ---------------------------------------------------------- */
static struct sim_object *app_of(struct sim *s, const char *host, const char **prefix)
{
	if (!text_ends(host, ".r.appspot.com"))
		return NULL;
	for (struct sim_object *a = sim_first(s, APPENGINE_APPS, "apps/"); a; a = sim_following(s, a, "apps/")) {
		const char *name = json_str(a->doc, "defaultHostname", "?");
		if (!strcmp(host, name) || text_ends(host, sim_tmp("-dot-%s", name))) {
			*prefix = sim_tmp("%.*s", (int)(strlen(host) - strlen(name)), host);
			return a;
		}
	}
	return NULL;
}

/* The version that traffic goes to, by the name's parts and the service's shares. */
static struct sim_object *version_of(struct sim *s, const struct sim_object *app, const char *prefix, const char **service)
{
	const char *first = strstr(prefix, "-dot-"), *second = first ? strstr(first + 5, "-dot-") : NULL;
	const char *one = first ? sim_tmp("%.*s", (int)(first - prefix), prefix) : "", *two = second ? sim_tmp("%.*s", (int)(second - first - 5), first + 5) : "";
	*service = *two ? two : *one && sim_get(s, APPENGINE_SERVICES, sim_tmp("%s/services/%s", app->key, one)) ? one : "default";
	const char *id = *two || (*one && strcmp(one, *service)) ? one : "";
	const struct sim_object *o = sim_get(s, APPENGINE_SERVICES, sim_tmp("%s/services/%s", app->key, *service));
	const cJSON *shares = o ? json_at(o->doc, "split.allocations") : NULL;
	double dice = (double)(sim_random(s) % 1000) / 1000;
	for (const cJSON *a = *id || !shares ? NULL : shares->child; a && !*id; a = a->next) {
		dice -= a->valuedouble;
		if (dice < 0)
			id = a->string;
	}
	return *id ? sim_get(s, APPENGINE_VERSIONS, sim_tmp("%s/services/%s/versions/%s", app->key, *service, id)) : NULL;
}

static void to_app(struct visit *v, const struct sim_object *app, const char *prefix, bool balanced, struct sim_reply *out)
{
	const char *service, *project = json_str(app->doc, "id", ""), *email = "";
	const struct sim_object *version = version_of(v->sim, app, prefix, &service);
	const struct sim_object *module = sim_get(v->sim, APPENGINE_SERVICES, sim_tmp("%s/services/%s", app->key, service));
	const char *ingress = module ? json_str(module->doc, "networkSettings.ingressTrafficAllowed", "") : "";
	bool outside = text_ends(ingress, "INTERNAL_ONLY") || (!balanced && text_ends(ingress, "INTERNAL_AND_LB"));
	const char *resource = sim_tmp("projects/%s/iap_web/appengine-%s/services/%s", sim_project_number(v->sim, project), project, service);
	const char *holder = sim_tmp("//iap.googleapis.com/%s", iap_name(v->sim, resource));
	if (!version || outside || !strcmp(json_str(app->doc, "servingStatus", ""), "USER_DISABLED"))
		wall_page(out, outside ? 403 : 404, outside ? "Forbidden" : "Not Found", "The requested URL was not found on this server.");
	else if (json_bool(app->doc, "iap.enabled", false) && !wall_iap(v, project, holder, json_str(app->doc, "iap.oauth2ClientId", ""), &email, out))
		return;
	else if (strcmp(json_str(version->doc, "servingStatus", ""), "SERVING") || json_at(version->hidden, "failure"))
		wall_page(out, 503, "Server Error", "The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.");
	else {
		cJSON *template = appengine_template(version);
		to_containers(v, project, appengine_region(json_str(app->doc, "locationId", "")), template, out);
		cJSON_Delete(template);
	}
}

/* Load balancers. ----------------------------------------------------------------------------------------------------------- */
static void to_group(struct visit *v, const struct balancer *b, const struct sim_object *group, bool iap, struct sim_reply *out)
{
	const char *run = json_str(group->doc, "cloudRun.service", ""), *region = strstr(group->key, "/regions/") ? strstr(group->key, "/regions/") + 9 : "";
	const char *key = sim_tmp("projects/%s/locations/%.*s/services/%s", b->project, (int)strcspn(region, "/"), region, run);
	const struct sim_object *service = *run ? sim_get(v->sim, RUN_SERVICES, key) : NULL;
	const struct sim_object *app = json_at(group->doc, "appEngine") ? sim_get(v->sim, APPENGINE_APPS, sim_tmp("apps/%s", b->project)) : NULL;
	const char *module = json_str(group->doc, "appEngine.service", "");
	if (service)
		to_service(v, service, json_str(group->doc, "cloudRun.tag", ""), iap ? WAY_BALANCED_IAP : WAY_BALANCED, out);
	else if (app)
		to_app(v, app, *module ? sim_tmp("%s-dot-", module) : "", true, out);
	else
		wall_page(out, 404, "Page not found", "The requested URL was not found on this server.");
}

static void to_balancer(struct visit *v, const struct balancer *b, struct sim_reply *out)
{
	const struct sim_object *group = b->backend ? balancer_serverless(v->sim, b->backend) : NULL;
	bool iap = b->backend && json_bool(b->backend->doc, "iap.enabled", false);
	const char *email = "";
	answer_header(out, "Via", "1.1 google");
	if (!b->certified) {
		/* No certificate for this name: the handshake itself fails. */
		out->mischief.how = SIM_BAD_TLS;
		answer_text(out, 503, "text/plain", "");
		return;
	}
	if (!b->serving || (b->backend && !group)) {
		wall_page(out, 502, "Server Error", "The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.");
		return;
	}
	if (!b->backend && b->redirect) {
		answer_redirect(out, 301, b->redirect);
		return;
	}
	if (!b->backend) {
		wall_page(out, 404, "Not Found", "The requested URL was not found on this server.");
		return;
	}
	const char *resource = sim_tmp("projects/%s/iap_web/compute/services/%s", sim_project_number(v->sim, b->project), json_str(b->backend->doc, "id", ""));
	const char *name = iap_name(v->sim, resource), *client = json_str(b->backend->doc, "iap.oauth2ClientId", "");
	if (!iap || wall_iap(v, b->project, sim_tmp("//iap.googleapis.com/%s", name), *client ? client : iap_client(v->sim, name), &email, out))
		to_group(v, b, group, iap, out);
}

bool sim_front_door(struct sim *s, const struct sim_request *q, struct sim_reply *out)
{
	const char *tag;
	const struct sim_object *service = service_of(s, q->host, &tag);
	const struct sim_object *app = service ? NULL : app_of(s, q->host, &tag);
	struct visit v;
	visit_begin(&v, s, q);
	struct balancer b;
	bool known = service || app || balancer_find(s, q->host, v.path, &b);
	if (service)
		to_service(&v, service, tag, WAY_DIRECT, out);
	else if (app)
		to_app(&v, app, tag, false, out);
	else if (known)
		to_balancer(&v, &b, out);
	visit_end(&v);
	return known;
}
