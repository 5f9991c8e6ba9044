/* What a request is held against before its handler: who asks, which project pays, what the caller may. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const struct sim_identity *identity(const struct sim *s)
{
	return s->floors->identity;
}

static char *rpc_method(const struct exchange *x)
{
	char *id = span_text(x->method.id), *method = xasprintf("%s.%s", x->method.api->package, id);
	free(id);
	return method;
}

static void unauthenticated(struct exchange *x, bool bad)
{
	static const char missing[] =
	    "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other "
	    "valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";
	static const char invalid[] =
	    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
	    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";
	char *method = rpc_method(x);
	cJSON *details = json_make("[{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':%s,'domain':'googleapis.com',"
				   "'metadata':{'method':%s,'service':%s}}]",
				   bad ? "ACCESS_TOKEN_TYPE_UNSUPPORTED" : "CREDENTIALS_MISSING", method,
				   x->method.api->service);
	free(method);
	sim_header(&x->call, "WWW-Authenticate",
		   bad ? "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\""
		       : "Bearer realm=\"https://accounts.google.com/\"");
	if (x->errors == SIM_ERRORS_LEGACY) {
		cJSON_Delete(details);
		details = NULL;
	}
	sim_fail_with(&x->call, 401, "UNAUTHENTICATED", bad ? "authError" : "required", details, "%s", bad ? invalid : missing);
}

/* Fills the caller in; false, answered, when there is none and the API wants one. */
bool guard_caller(struct exchange *x)
{
	struct sim_call *c = &x->call;
	const char *bearer = sim_request_header(c->request, "Authorization");
	bool given = bearer && !strncasecmp(bearer, "Bearer ", 7);
	const char *token = given ? bearer + 7 : json_str(x->query, "access_token", json_str(x->query, "oauth_token", NULL));
	c->principal = token ? sim_token_owner(c->sim, token) : NULL;
	if (token && !c->principal)
		c->principal = identity(c->sim)->jwt_owner(c->sim, token, c->host);
	bool open = !x->has_method || x->method.api->anonymous ||
		    (x->routed && x->routed->api->service == NULL && !x->routed->route->permission &&
		     !strcmp(x->routed->api->name, "open"));
	if (open || c->principal)
		return true;
	unauthenticated(x, token || bearer);
	return false;
}

static void api_disabled(struct exchange *x, const char *consumer)
{
	const struct contract_api *a = x->method.api;
	const char *number = identity(x->call.sim)->project_number(x->call.sim, consumer);
	char *url = xasprintf("https://console.developers.google.com/apis/api/%s/overview?project=%s", a->service,
			      number ? number : consumer);
	char *named = xasprintf("projects/%s", number ? number : consumer);
	char *message = xasprintf(
	    "%s has not been used in project %s before or it is disabled. Enable it by visiting %s then retry. If you enabled "
	    "this API recently, wait a few minutes for the action to propagate to our systems and retry.",
	    a->title, number ? number : consumer, url);
	cJSON *details = json_make(
	    "[{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':'SERVICE_DISABLED','domain':'googleapis.com',"
	    "'metadata':{'activationUrl':%s,'consumer':%s,'containerInfo':%s,'service':%s,'serviceTitle':%s}},"
	    "{'@type':'type.googleapis.com/google.rpc.LocalizedMessage','locale':'en-US','message':%s},"
	    "{'@type':'type.googleapis.com/google.rpc.Help','links':[{'description':'Google developers console API activation',"
	    "'url':%s}]}]",
	    url, named, number ? number : consumer, a->service, a->title, message, url);
	enum sim_error_dialect own = x->errors;
	x->errors = own == SIM_ERRORS_AIP ? own : SIM_ERRORS_BOTH;
	sim_fail_with(&x->call, 403, "PERMISSION_DENIED", "accessNotConfigured", details, "%s", message);
	x->errors = own;
	free(url);
	free(named);
	free(message);
}

static bool unknown_project(struct exchange *x, const char *named)
{
	if (!strcmp(x->method.api->name, "compute")) {
		if (strstr(x->call.path, "/global/images") || strstr(x->call.path, "/licenses"))
			return true; /* of Google's public image projects */
		sim_fail(&x->call, "NOT_FOUND", NULL, "The resource 'projects/%s' was not found", named);
		return false;
	}
	char *consumer = xasprintf("projects/%s", named);
	cJSON *details = json_make(
	    "[{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':'CONSUMER_INVALID','domain':'googleapis.com',"
	    "'metadata':{'consumer':%s,'service':%s}}]",
	    consumer, x->method.api->service);
	free(consumer);
	sim_fail_with(&x->call, 403, "PERMISSION_DENIED", NULL,
		      x->errors == SIM_ERRORS_LEGACY ? (cJSON_Delete(details), NULL) : details,
		      "Permission denied on resource project %s.", named);
	return false;
}

/* The project that pays for the call: the header's, the resource's, or the caller's. */
bool guard_consumer(struct exchange *x, const char *named)
{
	struct sim_call *c = &x->call;
	const char *service = x->routed ? x->routed->api->service : NULL,
		   *asked = sim_request_header(c->request, "X-Goog-User-Project");
	if (x->routed && !x->method.api->anonymous && c->project && !identity(c->sim)->usage_ok(c, x->method.api->service))
		return false;
	if (!service || x->method.api->anonymous)
		return true;
	bool manager = !strcmp(x->method.api->name, "cloudresourcemanager") || !strcmp(x->method.api->name, "cloudbilling") ||
		       !strcmp(x->method.api->name, "serviceusage");
	if (named && strcmp(named, "-") && !c->project && !manager)
		return unknown_project(x, named);
	/* Without that header the managers of projects are paid for by the client's own project, which has them enabled. */
	if (manager && !asked)
		return true;
	const char *quota = asked ? identity(c->sim)->project_id(c->sim, asked) : NULL;
	if (asked && (!quota || !identity(c->sim)->allowed(c->sim, c->principal, "serviceusage.services.use", quota, ""))) {
		cJSON *details = json_make(
		    "[{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':'USER_PROJECT_DENIED',"
		    "'domain':'googleapis.com','metadata':{'service':%s}}]",
		    service);
		sim_fail_with(c, 403, "PERMISSION_DENIED", NULL, details,
			      "Caller does not have required permission to use project %s. Grant the caller the "
			      "roles/serviceusage.serviceUsageConsumer "
			      "role, or a custom role with the serviceusage.services.use permission, by visiting "
			      "https://console.developers.google.com/iam-admin/iam/project?project=%s and then retry. "
			      "Propagation of the new "
			      "permission may take a few minutes.",
			      asked, asked);
		return false;
	}
	const char *consumer = quota ? quota : c->project ? c->project : sim_project(c->sim);
	if (identity(c->sim)->service_on(c->sim, consumer, service))
		return true;
	api_disabled(x, consumer);
	return false;
}

static void denied(struct exchange *x, const char *permission, const char *holder)
{
	struct sim_call *c = &x->call;
	const char *slash = text_starts(holder, "//") ? strchr(holder + 2, '/') : NULL;
	const char *resource = slash ? slash + 1 : holder;
	if (!strcmp(x->method.api->name, "storage")) {
		const char *who = c->principal ? strchr(c->principal, ':') : NULL;
		sim_fail(c, "PERMISSION_DENIED", "forbidden",
			 "%s does not have %s access to the Google Cloud Storage %s. Permission '%s' denied on resource (or it "
			 "may not exist).",
			 who ? who + 1 : "Anonymous caller", permission, strstr(permission, ".objects.") ? "object" : "bucket",
			 permission);
		return;
	}
	if (!strcmp(x->method.api->name, "pubsub")) {
		sim_fail(c, "PERMISSION_DENIED", NULL, "User not authorized to perform this action.");
		return;
	}
	if (!strcmp(x->method.api->name, "compute")) {
		sim_fail(c, "PERMISSION_DENIED", "forbidden", "Required '%s' permission for '%s'", permission, resource);
		return;
	}
	cJSON *details =
	    x->errors == SIM_ERRORS_LEGACY
		? NULL
		: json_make("[{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':'IAM_PERMISSION_DENIED','domain':%s,"
			    "'metadata':{'permission':%s,'resource':%s}}]",
			    x->method.api->service, permission, resource);
	sim_fail_with(c, 403, "PERMISSION_DENIED", x->errors == SIM_ERRORS_LEGACY ? "notAuthorized" : NULL, details,
		      "Permission '%s' denied on resource '%s' (or it may not exist).", permission,
		      !strcmp(x->method.api->name, "cloudkms") ? resource : holder);
}

bool guard_permission(struct exchange *x)
{
	struct sim_call *c = &x->call;
	const char *permission = x->routed->route->permission;
	if (!permission || (!c->project && !x->routed->api->guard))
		return true;
	struct buf holder = {0};
	if (x->routed->api->guard)
		x->routed->api->guard(c, &holder);
	else
		buf_printf(&holder, "//cloudresourcemanager.googleapis.com/projects/%s", c->project);
	bool allowed = true;
	for (size_t n; allowed && *permission; permission += n + (permission[n] == ' ')) {
		n = strcspn(permission, " ");
		const char *one = sim_tmp("%.*s", (int)n, permission);
		allowed = identity(c->sim)->allowed(c->sim, c->principal, one, c->project, buf_text(&holder));
		if (!allowed)
			denied(x, one, buf_text(&holder));
	}
	buf_free(&holder);
	return allowed;
}
