/* The front door: a request for a host of a deployed service goes the way it goes at Google: ingress, IAP or the invoker check, the revision that
 * the traffic goes to, and in it the container with the port: oauth2-proxy with MLflow behind it, MLflow itself, or a sample. */
#include "config.h"
#include "sim/front/front.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/appengine.h"
#include "sim/api/identity.h"
#include "sim/api/run.h"
#include "sim/api/serving.h"
#include "sim/front/backends.h"
#include "sim/front/balancer.h"
#include "sim/front/openid.h"
#include "sim/front/requests.h"
#include "sim/front/walls.h"

#include <stdlib.h>
#include <string.h>

#define TRY_AGAIN                                                                                                              \
	"The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds."

/* What Cloud Run and App Engine take in a request that comes by HTTP/1. */
#define REQUEST_MOST ((size_t)32 << 20)

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
			return sim_get(s, RUN_REVISIONS,
				       *id ? sim_tmp("%s/revisions/%s", service->key, id)
					   : json_str(service->doc, "latestReadyRevision", ""));
	}
	return NULL;
}

static void to_containers(struct visit *v, const char *project, const char *region, cJSON *template, struct sim_reply *out)
{
	struct workload w;
	if (workload_open(v->sim, project, region, template, &w))
		workload_answer_ingress(v, &w, out);
	else
		wall_page(out, 503, "Server Error",
			  "The service you requested is not available yet.<p>Please try again in 30 seconds.");
	workload_close(&w);
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

/* Who comes through IAP is let in as IAP's agent. */
static bool as_agent(struct visit *v, const struct sim_object *service, const char *project, struct sim_reply *out)
{
	const char *agent = sim_tmp("serviceAccount:service-%s@gcp-sa-iap.iam.gserviceaccount.com",
				    sim_project_number(v->sim, project));
	if (json_bool(service->doc, "invokerIamDisabled", false) ||
	    sim_allowed(v->sim, agent, "run.routes.invoke", project, sim_tmp("//run.googleapis.com/%s", service->key)))
		return true;
	answer_header(out, "X-Goog-IAP-Generated-Response", "true");
	answer_text(out, 403, "text/html; charset=UTF-8",
		    "The IAP service account is not provisioned. Please follow the instructions to create service account and "
		    "rectify IAP and Cloud Run setup: https://cloud.google.com/iap/docs/enabling-cloud-run");
	return false;
}

/* IAP on the service itself: the IAP agent must be an invoker, the person must have access. */
static bool through_iap(struct visit *v, const struct sim_object *service, const char *project, const char *region,
			struct sim_reply *out)
{
	const char *number = sim_project_number(v->sim, project), *email = "";
	const char *resource = iap_name(
	    v->sim, sim_tmp("projects/%s/iap_web/cloud_run-%s/services/%s", number, region, strrchr(service->key, '/') + 1));
	if (!wall_iap(v, project, sim_tmp("//iap.googleapis.com/%s", resource), "", &email, out))
		return false;
	return as_agent(v, service, project, out);
}

enum way { WAY_DIRECT, WAY_BALANCED, WAY_BALANCED_IAP };

/* Scaled to no instance by hand: what has no tag is disabled. */
static bool disabled(const struct sim_object *service, const char *tag)
{
	bool by_hand = !strcmp(json_str(service->doc, "scaling.scalingMode", ""), "MANUAL");
	return by_hand && !*tag && json_num(service->doc, "scaling.manualInstanceCount", 0) == 0;
}

static void ask_service(struct visit *v, const struct sim_object *service, const char *tag, enum way way, struct sim_reply *out,
			const struct sim_object **revision)
{
	const char *project = sim_tmp("%.*s", (int)strcspn(service->key + 9, "/"), service->key + 9);
	const char *region = strstr(service->key, "/locations/") + 11,
		   *ingress = json_str(service->doc, "ingress", "INGRESS_TRAFFIC_ALL");
	region = sim_tmp("%.*s", (int)strcspn(region, "/"), region);
	bool inside = !strcmp(ingress, "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER") ? way != WAY_DIRECT
										 : !strcmp(ingress, "INGRESS_TRAFFIC_ALL");
	*revision = inside ? revision_of(v->sim, service, tag) : NULL;
	if (!*revision)
		wall_page(out, 404, "Page not found", "The requested URL was not found on this server.");
	else if (v->q->body_len > REQUEST_MOST)
		wall_page(out, 413, "Request Entity Too Large", "Your client issued a request that was too large.");
	else if (disabled(service, tag))
		wall_page(out, 503, "Service Unavailable", "Service Unavailable");
	else if (way == WAY_BALANCED_IAP                        ? as_agent(v, service, project, out)
		 : json_bool(service->doc, "iapEnabled", false) ? through_iap(v, service, project, region, out)
								: wall_invoker(v, service, out)) {
		request_written_by_service(v, *revision);
		to_containers(v, project, region, cJSON_Duplicate((*revision)->doc, true), out);
	}
}

static void to_service(struct visit *v, const struct sim_object *service, const char *tag, enum way way, struct sim_reply *out)
{
	const struct sim_object *revision;
	ask_service(v, service, tag, way, out, &revision);
	request_of_service(v, service, revision, out);
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
	const char *one = first ? sim_tmp("%.*s", (int)(first - prefix), prefix) : "",
		   *two = second ? sim_tmp("%.*s", (int)(second - first - 5), first + 5) : "";
	*service = *two                                                                               ? two
		   : *one && sim_get(s, APPENGINE_SERVICES, sim_tmp("%s/services/%s", app->key, one)) ? one
												      : "default";
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
	const char *resource = sim_tmp("projects/%s/iap_web/appengine-%s/services/%s", sim_project_number(v->sim, project),
				       project, service);
	const char *holder = sim_tmp("//iap.googleapis.com/%s", iap_name(v->sim, resource));
	if (!version || outside || !strcmp(json_str(app->doc, "servingStatus", ""), "USER_DISABLED"))
		wall_page(out, outside ? 403 : 404, outside ? "Forbidden" : "Not Found",
			  "The requested URL was not found on this server.");
	else if (!appengine_admits(v->sim, app, VISIT_ADDRESS))
		wall_page(out, 403, "Forbidden", "Your client does not have permission to get this URL from this server.");
	else if (v->q->body_len > REQUEST_MOST)
		wall_page(out, 413, "Request Entity Too Large", "Your client issued a request that was too large.");
	else if (json_bool(app->doc, "iap.enabled", false) &&
		 !wall_iap(v, project, holder, json_str(app->doc, "iap.oauth2ClientId", ""), &email, out))
		return;
	else if (strcmp(json_str(version->doc, "servingStatus", ""), "SERVING") || json_at(version->hidden, "failure"))
		wall_page(out, 503, "Server Error", TRY_AGAIN);
	else {
		request_written_by_version(v, app, service, version);
		to_containers(v, project, appengine_region(json_str(app->doc, "locationId", "")), appengine_template(version),
			      out);
		request_of_version(v, app, service, version, out);
	}
}

/* Load balancers. ----------------------------------------------------------------------------------------------------------- */
static void to_group(struct visit *v, const struct balancer *b, const struct sim_object *group, bool iap, struct sim_reply *out)
{
	const char *run = json_str(group->doc, "cloudRun.service", ""),
		   *region = strstr(group->key, "/regions/") ? strstr(group->key, "/regions/") + 9 : "";
	const char *key = sim_tmp("projects/%s/locations/%.*s/services/%s", b->project, (int)strcspn(region, "/"), region, run);
	const struct sim_object *service = *run ? sim_get(v->sim, RUN_SERVICES, key) : NULL;
	const struct sim_object *app = json_at(group->doc, "appEngine")
					   ? sim_get(v->sim, APPENGINE_APPS, sim_tmp("apps/%s", b->project))
					   : NULL;
	const char *module = json_str(group->doc, "appEngine.service", "");
	if (service)
		to_service(v, service, json_str(group->doc, "cloudRun.tag", ""), iap ? WAY_BALANCED_IAP : WAY_BALANCED, out);
	else if (app)
		to_app(v, app, *module ? sim_tmp("%s-dot-", module) : "", true, out);
	else
		wall_page(out, 404, "Page not found", "The requested URL was not found on this server.");
}

/* Machines and pods, of which a healthy one is asked; none is an error of the kind of load balancer it is. */
static void to_backends(struct visit *v, const struct sim_object *backend, struct sim_reply *out)
{
	struct workload w;
	const struct workload_part *part;
	if (backend_pick(v, backend, &w, &part)) {
		workload_answer(v, &w, part, out);
		workload_close(&w);
	} else if (!strcmp(json_str(backend->doc, "loadBalancingScheme", ""), "EXTERNAL_MANAGED")) {
		answer_text(out, 503, "text/plain", "no healthy upstream");
	} else {
		wall_page(out, 502, "Server Error", TRY_AGAIN);
	}
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
	if (!b->serving) {
		wall_page(out, 502, "Server Error", TRY_AGAIN);
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
	const char *resource = sim_tmp("projects/%s/iap_web/compute/services/%s", sim_project_number(v->sim, b->project),
				       json_str(b->backend->doc, "id", ""));
	const char *name = iap_name(v->sim, resource), *client = json_str(b->backend->doc, "iap.oauth2ClientId", "");
	bool pass = !iap || wall_iap(v, b->project, sim_tmp("//iap.googleapis.com/%s", name), client, &email, out);
	if (pass)
		group ? to_group(v, b, group, iap, out) : to_backends(v, b->backend, out);
	request_of_balancer(v, b, pass, out);
}

/* A domain that is mapped to a service of Cloud Run. */
static void to_mapped(struct visit *v, const struct sim_object *mapping, struct sim_reply *out)
{
	const struct sim_object *service = sim_get(v->sim, RUN_SERVICES, run_domain_service(mapping));
	if (!run_domain_certified(mapping)) {
		out->mischief.how = SIM_BAD_TLS;
		answer_text(out, 503, "text/plain", "");
	} else if (service)
		to_service(v, service, "", WAY_DIRECT, out);
	else
		wall_page(out, 404, "Page not found", "The requested URL was not found on this server.");
}

bool sim_front_door(struct sim *s, const struct sim_request *q, struct sim_reply *out)
{
	const char *tag;
	const struct sim_object *service = service_of(s, q->host, &tag);
	const struct sim_object *app = service ? NULL : app_of(s, q->host, &tag);
	struct visit v;
	visit_begin(&v, s, q);
	struct balancer b;
	const struct sim_object *mapping = service || app ? NULL : run_domain_at(s, q->host);
	bool known = service || app || mapping || balancer_find(s, q->host, v.path, &b);
	if (service)
		to_service(&v, service, tag, WAY_DIRECT, out);
	else if (app)
		to_app(&v, app, tag, false, out);
	else if (mapping)
		to_mapped(&v, mapping, out);
	else if (known)
		to_balancer(&v, &b, out);
	else
		known = github_answer(&v, out) || openid_answer(&v, out);
	visit_end(&v);
	return known;
}
