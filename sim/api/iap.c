/* iap.googleapis.com: who may pass Identity-Aware Proxy, and how it behaves, for web resources and for TCP tunnels. Resources
 * are named by the project's number, and a backend service by its number, however they were asked for. Policies are looked at
 * from the resource up to the project's iap_web. */
#include "config.h"
#include "sim/api/identity.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define SETTINGS "iap.settings"
#define HOST "//iap.googleapis.com/"

/* Names. ------------------------------------------------------------------------------------------------------------------ */

/* A backend service of this name or number in a scope's folder ("projects/P/global/backendServices/"). */
static struct sim_object *backend(struct sim *s, const char *folder, const char *wanted)
{
	for (struct sim_object *o = sim_first(s, "compute.backendServices", folder); o; o = sim_following(s, o, folder))
		if (!strcmp(json_str(o->doc, "name", ""), wanted) || !strcmp(json_str(o->doc, "id", ""), wanted))
			return o;
	return NULL;
}

/* Writes "iap_web/compute[-REGION]/services/NUMBER"; false when there is no such backend service. */
static bool add_backend(struct sim *s, const char *project, const char *rest, struct buf *out)
{
	const char *services = strstr(rest, "/services/");
	const char *place = rest + strlen("iap_web/compute");
	size_t n = (size_t)(services - place);
	const char *folder = *place == '-'
				 ? sim_tmp("projects/%s/regions/%.*s/backendServices/", project, (int)n - 1, place + 1)
				 : sim_tmp("projects/%s/global/backendServices/", project);
	struct sim_object *o = backend(s, folder, services + strlen("/services/"));
	if (o)
		buf_printf(out, "%.*s/services/%s", (int)(services - rest), rest, json_str(o->doc, "id", ""));
	return o != NULL;
}

static bool run_service_there(struct sim *s, const char *project, const char *rest)
{
	const char *region = rest + strlen("iap_web/cloud_run-"), *services = strstr(rest, "/services/");
	if (!services)
		return true;
	const char *key = sim_tmp("projects/%s/locations/%.*s/services/%s", project, (int)(services - region), region,
				  services + strlen("/services/"));
	return sim_get(s, "run.services", key) != NULL;
}

bool sim_iap_resource(struct sim *s, const char *named, const char **project, struct buf *out)
{
	size_t from = strlen("projects/"), n = text_starts(named, "projects/") ? strcspn(named + from, "/") : 0;
	const char *id = sim_tmp("%.*s", (int)n, named + (n ? from : 0));
	const char *rest = n && named[from + n] ? named + from + n + 1 : "";
	bool there = true;

	*project = n ? sim_project_id(s, id) : NULL;
	if (!*project) {
		buf_puts(out, named);
		return !n;
	}
	buf_printf(out, "projects/%s%s", sim_project_number(s, *project), *rest ? "/" : "");
	if (text_starts(rest, "iap_web/compute") && strstr(rest, "/services/"))
		return add_backend(s, *project, rest, out);
	if (text_starts(rest, "iap_web/cloud_run-"))
		there = run_service_there(s, *project, rest);
	if (text_starts(rest, "iap_web/appengine-"))
		there = sim_first(s, "appengine.apps", "apps/") != NULL;
	buf_puts(out, rest);
	return there;
}

/* What IAM calls the kind of resource. */
static const char *family(const char *resource)
{
	if (strstr(resource, "/iap_tunnel"))
		return strstr(resource, "/instances/")    ? "tunnelInstances"
		       : strstr(resource, "/zones/")      ? "tunnelZones"
		       : strstr(resource, "/destGroups/") ? "tunnelDestGroups"
		       : strstr(resource, "/locations/")  ? "tunnelLocations"
							  : "tunnel";
	if (strstr(resource, "/versions/"))
		return "webServiceVersions";
	if (strstr(resource, "/services/"))
		return "webServices";
	const char *web = strstr(resource, "/iap_web");
	return web && web[strlen("/iap_web")] ? "webTypes" : web ? "web" : "projects";
}

/* The call's resource, when it is there and the caller may do this to it; false: answered. */
static bool resource_for(struct sim_call *c, const char *verb, struct buf *name)
{
	const char *named = sim_tmp("%s", c->path + strlen("/v1/"));
	char *colon = strrchr(named, ':');
	const char *project;
	if (text_starts(named, "folders/") || text_starts(named, "organizations/")) {
		sim_fail(c, "UNIMPLEMENTED", NULL, "The method %s is not simulated for folders and organizations.", c->id);
		return false;
	}
	if (colon)
		*colon = 0;
	bool there = sim_iap_resource(c->sim, named, &project, name);
	c->project = project;
	const char *permission = sim_tmp("iap.%s.%s", family(buf_text(name)), verb),
		   *holder = sim_tmp(HOST "%s", buf_text(name));
	bool may = !*verb || sim_allowed(c->sim, c->principal, permission, project, holder);
	if (!may)
		sim_fail_with(c, 0, "PERMISSION_DENIED", NULL,
			      json_make("[{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':'IAM_PERMISSION_DENIED',"
					"'domain':'iap.googleapis.com','metadata':{'permission':%s,'resource':%s}}]",
					permission, buf_text(name)),
			      "Permission '%s' denied on resource '%s' (or it may not exist).", permission, buf_text(name));
	else if (!there)
		sim_fail(c, "NOT_FOUND", NULL, "Requested entity was not found.");
	return may && there;
}

/* Policies. --------------------------------------------------------------------------------------------------------------- */

static void policy_call(struct sim_call *c, const char *verb, void (*answer)(struct sim_call *, const char *))
{
	struct buf name = {0};
	if (resource_for(c, verb, &name))
		answer(c, sim_tmp(HOST "%s", buf_text(&name)));
	buf_free(&name);
}

static void write_policy(struct sim_call *c, const char *holder)
{
	sim_policy_set(c, holder, json_at(c->body, "policy"));
}

static void iap_get_policy(struct sim_call *c)
{
	policy_call(c, "getIamPolicy", sim_policy_get);
}

static void iap_set_policy(struct sim_call *c)
{
	policy_call(c, "setIamPolicy", write_policy);
}

static void iap_test_permissions(struct sim_call *c)
{
	policy_call(c, "", sim_policy_test);
}

/* Settings. --------------------------------------------------------------------------------------------------------------- */

static struct sim_object *settings_of(struct sim *s, const char *name)
{
	struct sim_object *o = sim_get(s, SETTINGS, name);
	return o ? o : sim_put(s, SETTINGS, name, json_make("{'name':%s}", name));
}

static void get_settings(struct sim_call *c)
{
	struct buf name = {0};
	if (resource_for(c, "getSettings", &name)) {
		struct sim_object *o = sim_get(c->sim, SETTINGS, buf_text(&name));
		sim_ok(c, o ? cJSON_Duplicate(o->doc, true) : json_make("{'name':%s}", buf_text(&name)));
	}
	buf_free(&name);
}

/* An OAuth client's secret goes in and only its digest comes out. */
static void hide_secret(cJSON *doc)
{
	const char *secret = json_str(doc, "accessSettings.oauthSettings.clientSecret", NULL);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	if (!secret)
		return;
	EVP_Digest(secret, strlen(secret), digest, &n, EVP_sha256(), NULL);
	for (unsigned i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	json_drop(doc, "accessSettings.oauthSettings.clientSecret");
	json_put_str(doc, "accessSettings.oauthSettings.clientSecretSha256", hex);
}

static bool settings_ok(struct sim_call *c, const cJSON *doc)
{
	const cJSON *r = json_at(doc, "accessSettings.reauthSettings");
	if (r && (!json_at(r, "method") || !json_at(r, "maxAge") || !json_at(r, "policyType"))) {
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "All reauth settings (method, max_age, policy_type) must be set together.");
		return false;
	}
	const char *scheme = json_str(doc, "accessSettings.gcipSettings.loginPageUri", "https://");
	if (!text_starts(scheme, "https://")) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Request contains an invalid argument.");
		return false;
	}
	return true;
}

/* The mask's paths are of the request: "iapSettings.accessSettings...."; NULL when one is not. */
static char *inner_mask(const char *mask)
{
	char *copy = xstrdup(mask), *save = NULL;
	struct buf b = {0};
	bool well = true;
	for (char *p = strtok_r(copy, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		size_t skip = text_starts(p, "iapSettings.")    ? strlen("iapSettings.")
			      : text_starts(p, "iap_settings.") ? strlen("iap_settings.")
								: 0;
		well = well && (skip || text_starts(p, "accessSettings") || text_starts(p, "applicationSettings") ||
				text_starts(p, "access_settings") || text_starts(p, "application_settings"));
		buf_printf(&b, "%s%s", b.len ? "," : "", p + skip);
	}
	free(copy);
	if (well)
		return buf_take(&b);
	buf_free(&b);
	return NULL;
}

static void store_settings(struct sim_call *c, const char *name, const char *mask)
{
	struct sim_object *o = settings_of(c->sim, name);
	cJSON *new = *mask ? cJSON_Duplicate(o->doc, true) : cJSON_CreateObject();
	sim_merge(new, c->body, mask);
	json_put_str(new, "name", name);
	if (!settings_ok(c, new)) {
		cJSON_Delete(new);
		return;
	}
	hide_secret(new);
	cJSON_Delete(o->doc);
	o->doc = new;
	sim_ok(c, cJSON_Duplicate(new, true));
}

static void update_settings(struct sim_call *c)
{
	struct buf name = {0};
	char *mask = inner_mask(sim_param(c, "updateMask"));
	if (!mask)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Request contains an invalid argument.");
	else if (resource_for(c, "updateSettings", &name))
		store_settings(c, buf_text(&name), mask);
	buf_free(&name);
	free(mask);
}

static void validate_expression(struct sim_call *c)
{
	const char *expression = sim_param(c, "expression");
	int depth = 0;
	for (const char *at = expression; *at && depth >= 0; at++)
		depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
	if (*expression && !depth)
		sim_empty(c);
	else
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The attribute expression is not valid.");
}

/* The project stands in a resource name that is any path, so handlers check permissions themselves. */
/* OAuth brands and clients are still in the document; the API behind them is gone since 19 March 2026. */
static void iap_gone(struct sim_call *c)
{
	sim_fail(c, "FAILED_PRECONDITION", NULL,
		 "The IAP OAuth Admin APIs have been permanently shut down. Access to this feature is no longer available.");
}

static const struct sim_route routes[] = {
    {"iap.projects.brands.create", iap_gone, NULL, NULL},
    {"iap.projects.brands.get", iap_gone, NULL, NULL},
    {"iap.projects.brands.list", iap_gone, NULL, NULL},
    {"iap.projects.brands.identityAwareProxyClients.create", iap_gone, NULL, NULL},
    {"iap.projects.brands.identityAwareProxyClients.get", iap_gone, NULL, NULL},
    {"iap.projects.brands.identityAwareProxyClients.list", iap_gone, NULL, NULL},
    {"iap.projects.brands.identityAwareProxyClients.delete", iap_gone, NULL, NULL},
    {"iap.projects.brands.identityAwareProxyClients.resetSecret", iap_gone, NULL, NULL},
    {"iap.getIamPolicy", iap_get_policy, NULL, NULL},
    {"iap.setIamPolicy", iap_set_policy, NULL, NULL},
    {"iap.testIamPermissions", iap_test_permissions, NULL, NULL},
    {"iap.getIapSettings", get_settings, NULL, NULL},
    {"iap.updateIapSettings", update_settings, NULL, NULL},
    {"iap.validateAttributeExpression", validate_expression, NULL, NULL},
    {0},
};

const struct sim_api sim_api_iap = {.name = "iap", .service = "iap.googleapis.com", .errors = SIM_ERRORS_AIP, .routes = routes};
