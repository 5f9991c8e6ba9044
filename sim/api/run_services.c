/* Cloud Run services, v2: the kind, its URLs and its rules. What becomes of a change is run_rollout.c. */
#include "config.h"
#include "sim/api/run.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/identity.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

/* URLs. -------------------------------------------------------------------------------------------------------------------- */
const char *run_url(struct sim *s, const char *key, int which)
{
	const char *id = strrchr(key, '/') + 1, *region = run_region(key), *number = sim_project_number(s, run_project(key));
	if (!which)
		return sim_tmp("https://%s-%s.%s.run.app", id, number, region);
	return sim_tmp("https://%s-%.10s-%s.a.run.app", id, sim_sha256(number, strlen(number)) + 7, sim_region_code(region));
}

static void set_host(struct sim *s, const char *url, const char *key)
{
	const char *host = url + 8;
	if (!sim_get(s, RUN_HOSTS, host))
		sim_put(s, RUN_HOSTS, host, json_make("{'service':%s}", key));
}

static void set_urls(struct sim *s, struct sim_object *o)
{
	if (json_bool(o->doc, "defaultUriDisabled", false)) {
		json_drop(o->doc, "urls");
		json_drop(o->doc, "uri");
		return;
	}
	const char *first = run_url(s, o->key, 0), *second = run_url(s, o->key, 1);
	bool fits = strcspn(first + 8, ".") <= 63;
	json_put(o->doc, "urls", fits ? json_make("[%s,%s]", first, second) : json_make("[%s]", second));
	json_put_str(o->doc, "uri", second);
	set_host(s, first, o->key);
	set_host(s, second, o->key);
}

static void drop_hosts(struct sim *s, const char *key)
{
	for (int i = 0; i < 2; i++) {
		struct sim_object *host = sim_get(s, RUN_HOSTS, run_url(s, key, i) + 8);
		if (host)
			sim_remove(s, host);
	}
}

/* Names. ------------------------------------------------------------------------------------------------------------------- */
/* A deleted name stays taken for a little while for those who create (not for those who upsert). */
#define GRAVES "run.graves"

bool run_service_buried(struct sim *s, const char *key)
{
	const struct sim_object *grave = sim_get(s, GRAVES, key);
	return grave && json_num(grave->hidden, "until", 0) > sim_now(s);
}

void run_service_gone(struct sim *s, struct sim_object *o)
{
	struct sim_object *grave = sim_get(s, GRAVES, o->key);
	if (!grave)
		grave = sim_put(s, GRAVES, o->key, cJSON_CreateObject());
	drop_hosts(s, o->key);
	sim_vpc_release(s, o->key);
	json_put_num(grave->hidden, "until", sim_now(s) + sim_draw(s, "lag.run.name"));
	resource_remove(s, run_services, o);
}

/* What may be. ---------------------------------------------------------------------------------------------------------------- */
static bool ingress_ok(struct sim_call *c, const cJSON *body)
{
	const char *ingress = json_str(body, "ingress", "INGRESS_TRAFFIC_ALL");
	const char *word = !strcmp(ingress, "INGRESS_TRAFFIC_INTERNAL_ONLY")            ? "internal"
			   : !strcmp(ingress, "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER") ? "internal-and-cloud-load-balancing"
											: "all";
	if (sim_constraint(c->sim, c->project, "run.allowedIngress", word)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL,
			 "Constraint constraints/run.allowedIngress violated for projects/%s: ingress %s is not allowed.",
			 c->project, word);
		return false;
	}
	return true;
}

/* Opening a service to callers without IAM needs the right to set its policy, and an organisation may forbid it. */
static bool invoker_ok(struct sim_call *c, const cJSON *body, const struct sim_object *old)
{
	bool open = json_bool(body, "invokerIamDisabled", false),
	     before = old && json_bool(old->doc, "invokerIamDisabled", false);
	if (!open || before)
		return true;
	if (sim_constraint(c->sim, c->project, "run.managed.requireInvokerIam", NULL)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "invoker_iam_disabled is not currently available");
		return false;
	}
	if (!sim_allowed(c->sim, c->principal, "run.services.setIamPolicy", c->project, old ? run_holder(old->key) : "")) {
		sim_fail(c, "PERMISSION_DENIED", NULL,
			 "Permission 'run.services.setIamPolicy' denied to disable the invoker IAM check");
		return false;
	}
	return true;
}

static bool traffic_ok(struct sim_call *c, const cJSON *body)
{
	const cJSON *traffic = json_at(body, "traffic");
	double sum = 0;
	for (const cJSON *t = traffic ? traffic->child : NULL; t; t = t->next)
		sum += json_num(t, "percent", 0);
	if (!traffic || !traffic->child || sum == 100)
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "traffic: Traffic target percentages must add up to 100.");
	return false;
}

/* A revision that is named must begin with the service's name, and a name is for one configuration. */
static bool revision_name_ok(struct sim_call *c, const cJSON *template, const char *id, const struct sim_object *old)
{
	const char *name = json_str(template, "revision", "");
	if (!*name)
		return true;
	if (!text_starts(name, sim_tmp("%s-", id))) {
		sim_fail(
		    c, "INVALID_ARGUMENT", NULL,
		    "template.revision: Revision name must be prefixed by the name of the enclosing Service or Configuration "
		    "with a trailing -");
		return false;
	}
	if (!old || !sim_get(c->sim, RUN_REVISIONS, sim_tmp("%s/revisions/%s", old->key, name)))
		return true;
	cJSON *filled = cJSON_Duplicate(template, 1);
	run_defaults(c->sim, c->project, filled, false);
	bool same = json_equal(filled, json_at(old->doc, "template"));
	cJSON_Delete(filled);
	if (!same)
		sim_fail(c, "ALREADY_EXISTS", NULL, "Revision named '%s' with different configuration already exists.", name);
	return same;
}

static bool traffic_there(struct sim_call *c, const cJSON *body, const struct sim_object *old)
{
	const cJSON *traffic = json_at(body, "traffic");
	for (const cJSON *t = traffic ? traffic->child : NULL; t; t = t->next) {
		const char *name = json_str(t, "revision", "");
		if (!*name || !strcmp(name, json_str(body, "template.revision", "")))
			continue;
		if (!old || !sim_get(c->sim, RUN_REVISIONS, sim_tmp("%s/revisions/%s", old->key, name))) {
			sim_fail(c, "INVALID_ARGUMENT", NULL, "traffic: Revision '%s' is not found.", name);
			return false;
		}
	}
	return true;
}

static bool service_ok(struct sim_call *c, const cJSON *body, const char *id, const struct sim_object *old)
{
	const cJSON *template = json_at(body, "template");
	return run_check_labels(c, body, "") && run_check_labels(c, template, "template") &&
	       run_check_template(c, template, "template", false) && traffic_ok(c, body) && traffic_there(c, body, old) &&
	       revision_name_ok(c, template, id, old) && ingress_ok(c, body) && invoker_ok(c, body, old) &&
	       run_check_account(c, template);
}

static bool service_free(struct sim_call *c, const char *id)
{
	bool buried = run_service_buried(c->sim, resource_text_of(c, run_services->key, id));
	if (buried)
		sim_fail(c, "ALREADY_EXISTS", NULL, "Resource '%s' already exists.", id);
	return !buried;
}

static bool service_valid(struct sim_call *c, const char *id)
{
	if (strcmp(c->method, "POST"))
		return run_check_id(c, id, "service.name") && run_check_permission(c, "run.services.create");
	return run_check_id(c, id, "service_id") && service_free(c, id);
}

/* What is so. -------------------------------------------------------------------------------------------------------------- */
static void defaults(struct sim *s, const char *project, cJSON *doc)
{
	const char *ingress = json_str(doc, "ingress", "INGRESS_TRAFFIC_UNSPECIFIED");
	if (!strcmp(ingress, "INGRESS_TRAFFIC_UNSPECIFIED"))
		json_put_str(doc, "ingress", "INGRESS_TRAFFIC_ALL");
	if (!json_at(doc, "launchStage"))
		json_put_str(doc, "launchStage", "GA");
	if (cJSON_GetArraySize(json_at(doc, "traffic")) == 0)
		json_put(doc, "traffic", json_make("[{'type':'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST','percent':100}]"));
	static const char *const flags[] = {"invokerIamDisabled", "iapEnabled", "defaultUriDisabled", "sshEnabled"};
	for (size_t i = 0; i < 4; i++)
		if (json_at(doc, flags[i]) && !json_bool(doc, flags[i], false))
			json_drop(doc, flags[i]);
	run_defaults(s, project, json_at(doc, "template"), false);
}

/* Same wishes, though the server's own fields differ? */
static bool same_wishes(const cJSON *a, const cJSON *b)
{
	static const char *const wishes[] = {"description",        "labels",          "annotations", "client",
					     "clientVersion",      "ingress",         "launchStage", "binaryAuthorization",
					     "template",           "traffic",         "scaling",     "invokerIamDisabled",
					     "defaultUriDisabled", "customAudiences", "iapEnabled",  "multiRegionSettings",
					     "buildConfig",        "sshEnabled"};
	for (size_t i = 0; i < sizeof(wishes) / sizeof(*wishes); i++) {
		const cJSON *x = json_at(a, wishes[i]), *y = json_at(b, wishes[i]);
		if (x && y ? !json_equal(x, y) : x != y)
			return false;
	}
	return true;
}

static bool service_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *name = json_str(doc, "name", "");
	if (!service_ok(c, doc, strrchr(name, '/') + 1, old))
		return false;
	defaults(c->sim, run_project(name), doc);
	bool force = sim_param_bool(c, "forceNewRevision");
	if (old) {
		json_put_bool(old->hidden, "changed", force || !same_wishes(doc, old->doc));
		json_put_bool(old->hidden, "redeploy",
			      force || !json_equal(json_at(doc, "template"), json_at(old->doc, "template")));
		json_put(old->hidden, "before", cJSON_Duplicate(old->doc, true));
	}
	return true;
}

static void service_touched(struct sim_call *c, struct sim_object *o)
{
	bool changed = json_bool(o->hidden, "changed", true);
	if (changed)
		run_touch(c, o);
	if (json_bool(o->doc, "iapEnabled", false)) /* its agent comes with the first service that wants it, and lags */
		sim_service_agents(c->sim, run_project(o->key), "iap.googleapis.com", true);
	set_urls(c->sim, o);
	if (!changed)
		return;
	json_put_bool(o->doc, "reconciling", true);
	run_service_conditions(c->sim, o->doc, "CONDITION_RECONCILING");
}

static const struct sim_operations operations = {.begin = run_service_begin};
const struct sim_resource run_services[] = {
    {RUN_KIND("run.projects.locations.services", RUN_SERVICES, "services", "services", "SERVICE"), RUN_WRITES("service"),
     .type = RUN_TYPE "Service", .valid = service_valid, .complete = service_complete, .touched = service_touched,
     .kept = "uid generation createTime creator latestReadyRevision latestCreatedRevision trafficStatuses observedGeneration "
	     "terminalCondition conditions urls uri etag updateTime lastModifier",
     .changing = run_not_leaving, .below = RUN_REVISIONS, .operations = &operations, .change = "run.service.update"},
    {0},
};

static const struct sim_route routes[] = {
    RESOURCE_ROUTES("run.projects.locations.services", "run.services"),
    RESOURCE_POLICIES("run.projects.locations.services", "run.services"),
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_run_services = {
    .name = "run",
    .service = "run.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .resources = run_services,
    .guard = run_guard,
    .spoil = run_service_spoil,
};
