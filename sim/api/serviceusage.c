/* serviceusage.googleapis.com: which APIs are enabled in a project. Enabling is an operation; after it the API's own servers
 * refuse calls for a while longer (SERVICE_DISABLED), as they learn of it late. Operations are read at v1 and, by Terraform and
 * Config Connector, at v1beta1, which also has generateServiceIdentity. */
#include "config.h"
#include "sim/api/identity.h"
#include "sim/api/serviceusage.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define OPERATIONS "serviceusage.operations"
#define DONE_OPERATION "operations/noop.DONE_OPERATION"

enum { MOST_ENABLED = 20, MOST_READ = 30, PAGE = 50, MOST_LISTED = 200 };

/* Refusals. --------------------------------------------------------------------------------------------------------------- */

static cJSON *precondition(const char *type, const char *subject, const char *domain, const char *reason, const char *services,
			   const char *project)
{
	cJSON *info = json_make(
	    "{'@type':'type.googleapis.com/google.rpc.ErrorInfo','domain':%s,'reason':%s,'metadata':{'services':%s}}", domain,
	    reason, services);
	if (project)
		json_put_str(info, "metadata.project", project);
	return json_make(
	    "[{'@type':'type.googleapis.com/google.rpc.PreconditionFailure','violations':[{'subject':%s,'type':%s}]},%j]",
	    subject, type, info);
}

static const char *help_token(struct sim *s)
{
	return sim_tmp("AW%s", sim_keep(sim_hex(s, 40)));
}

static void fail_unknown(struct sim_call *c, const char *services)
{
	const char *token = help_token(c->sim);
	const char *subject = sim_tmp("?error_code=220002&services=%s", services);
	sim_fail_with(c, 0, "PERMISSION_DENIED", NULL,
		      precondition("googleapis.com", subject, "serviceusage.googleapis.com",
				   "SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED", services, NULL),
		      "Not found or permission denied for service(s): %s.\nHelp Token: %s", services, token);
}

static void fail_billing(struct sim_call *c, const char *services)
{
	const char *number = sim_project_number(c->sim, c->project);
	const char *token = help_token(c->sim);
	const char *subject = sim_tmp("?error_code=390001&project=%s&services=%s", number, services);
	sim_fail_with(c, 0, "FAILED_PRECONDITION", NULL,
		      precondition("googleapis.com/billing-enabled", subject, "serviceusage.googleapis.com/billing-enabled",
				   "UREQ_PROJECT_BILLING_NOT_FOUND", services, number),
		      "Billing account for project '%s' is not found. Billing must be enabled for activation of service(s) "
		      "'%s' to proceed.\n"
		      "Help Token: %s",
		      number, services, token);
}

/* Joins the names of ids that meet a test; whether there is one (its name may be empty). */
static bool join_if(struct sim_call *c, const cJSON *ids, bool (*test)(struct sim_call *, const char *), struct buf *out)
{
	bool any = false;
	const cJSON *id;
	cJSON_ArrayForEach(id, ids) {
		if (!cJSON_IsString(id) || !test(c, id->valuestring))
			continue;
		buf_printf(out, "%s%s", any ? "," : "", id->valuestring);
		any = true;
	}
	return any;
}

static bool unknown(struct sim_call *c, const char *service)
{
	(void)c;
	return !service_entry(service);
}

static bool unpaid(struct sim_call *c, const char *service)
{
	return service_entry(service)->traits & SERVICE_BILLED && !sim_project_billing(c->sim, c->project);
}

/* Answers the call when these cannot be enabled. */
static bool refused(struct sim_call *c, const cJSON *ids)
{
	struct buf names = {0};
	bool any = true;
	if (join_if(c, ids, unknown, &names))
		fail_unknown(c, buf_text(&names));
	else if (join_if(c, ids, unpaid, &names))
		fail_billing(c, buf_text(&names));
	else
		any = false;
	buf_free(&names);
	return any;
}

/* Enabling. --------------------------------------------------------------------------------------------------------------- */

static void finish(struct sim *s, const char *operation, cJSON *response)
{
	struct sim_object *op = sim_get(s, OPERATIONS, operation);
	if (!op) {
		cJSON_Delete(response);
		return;
	}
	cJSON_AddTrueToObject(op->doc, "done");
	cJSON_AddItemToObject(op->doc, "response", response);
}

static bool serviceusage_spoil(struct sim *s, const cJSON *arg, const cJSON *error)
{
	struct sim_object *op = sim_get(s, OPERATIONS, json_str(arg, "operation", ""));
	if (!op)
		return false;
	json_put_bool(op->doc, "done", true);
	json_put(op->doc, "error", cJSON_Duplicate(error, true));
	return true;
}

static void activated(struct sim *s, const cJSON *arg)
{
	const char *project = json_str(arg, "project", "");
	const cJSON *id, *ids = json_at(arg, "ids");
	bool batch = json_bool(arg, "batch", false);
	cJSON *response = json_make("{'@type':%s}",
				    batch ? "type.googleapis.com/google.api.serviceusage.v1.BatchEnableServicesResponse"
					  : "type.googleapis.com/google.api.serviceusage.v1.EnableServiceResponse");
	double lag = sim_draw(s, "lag.service");

	if (batch)
		cJSON_AddArrayToObject(response, "services");
	cJSON_ArrayForEach(id, ids) {
		service_turn_on(s, project, id->valuestring, sim_now(s) + lag);
		struct sim_object *o = service_object(s, project, id->valuestring);
		cJSON *doc = o ? cJSON_Duplicate(o->doc, true) : cJSON_CreateObject();
		if (batch)
			cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(response, "services"), doc);
		else
			cJSON_AddItemToObject(response, "service", doc);
	}
	sim_milestone(s, lag);
	finish(s, json_str(arg, "operation", ""), response);
}

/* Names of operations say what they do: p2 enables, p17 disables. */
static void start(struct sim_call *c, const char *duration, int kind, void (*fn)(struct sim *, const cJSON *), cJSON *arg)
{
	char uuid[37];
	sim_uuid(c->sim, uuid);
	const char *name = sim_tmp("operations/acat.p%d-%s-%s", kind, sim_project_number(c->sim, c->project), uuid);
	sim_put(c->sim, OPERATIONS, name,
		json_make("{'name':%s,'metadata':{'@type':'type.googleapis.com/google.protobuf.Empty'}}", name));
	json_put_str(arg, "operation", name);
	json_put_str(arg, "project", c->project);
	sim_after(c->sim, sim_draw(c->sim, duration), fn, arg);
	sim_ok(c, json_make("{'name':%s}", name));
}

static bool all_enabled(struct sim_call *c, const cJSON *ids)
{
	const cJSON *id;
	cJSON_ArrayForEach(id, ids)
		if (!service_enabled(service_object(c->sim, c->project, id->valuestring)))
			return false;
	return true;
}

static void activate(struct sim_call *c, cJSON *ids, bool batch)
{
	if (refused(c, ids)) {
		cJSON_Delete(ids);
	} else if (all_enabled(c, ids)) {
		cJSON_Delete(ids);
		sim_ok(c, json_make("{'name':'" DONE_OPERATION "','done':%b}", 1));
	} else {
		start(c, "serviceusage.enable", 2, activated, json_make("{'ids':%j,'batch':%b}", ids, batch));
	}
}

static void service_enable(struct sim_call *c)
{
	activate(c, json_make("[%s]", sim_path_part(c, "services")), false);
}

static void batch_enable(struct sim_call *c)
{
	const cJSON *ids = json_at(c->body, "serviceIds");
	int n = cJSON_GetArraySize(ids);
	if (n < 2)
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "Request must specify two or more services to enable. To enable a single service, use the "
			 "EnableService method instead.");
	else if (n > MOST_ENABLED)
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "A single request can enable a maximum of %d services at a time; %d were specified.", MOST_ENABLED, n);
	else
		activate(c, cJSON_Duplicate(ids, true), true);
}

/* Disabling. -------------------------------------------------------------------------------------------------------------- */

struct dependents {
	struct sim_call *call;
	const char *service, *by; /* by: the service whose needs are walked */
	struct buf names;
};

static void note_dependent(void *arg, const char *need)
{
	struct dependents *d = arg;
	if (!strcmp(need, d->service) && service_enabled(service_object(d->call->sim, d->call->project, d->by)))
		buf_printf(&d->names, "%s%s", d->names.len ? "," : "", d->by);
}

static void deactivated(struct sim *s, const cJSON *arg)
{
	const char *project = json_str(arg, "project", "");
	char *copy = xstrdup(json_str(arg, "services", "")), *save = NULL;
	for (char *one = strtok_r(copy, ",", &save); one; one = strtok_r(NULL, ",", &save)) {
		struct sim_object *o = service_object(s, project, one);
		if (o)
			json_put_str(o->doc, "state", "DISABLED");
	}
	free(copy);
	struct sim_object *o = service_object(s, project, json_str(arg, "service", ""));
	finish(s, json_str(arg, "operation", ""),
	       json_make("{'@type':'type.googleapis.com/google.api.serviceusage.v1.DisableServiceResponse','service':%j}",
			 o ? cJSON_Duplicate(o->doc, true) : NULL));
}

static void refuse_dependents(struct sim_call *c, const char *service, const char *names)
{
	const char *token = help_token(c->sim);
	const char *subject = sim_tmp("?error_code=100001&service_name=%s&services=%s", service, names);
	sim_fail_with(c, 0, "FAILED_PRECONDITION", NULL,
		      precondition("googleapis.com", subject, "serviceusage.googleapis.com",
				   "COMMON_SU_SERVICE_HAS_DEPENDENT_SERVICES", names, NULL),
		      "The service %s is depended on by the following active service(s): %s; Please specify "
		      "disable_dependent_services=true if you "
		      "want to proceed with disabling all services.\nHelp Token: %s",
		      service, names, token);
}

static void service_disable(struct sim_call *c)
{
	const char *service = sim_path_part(c, "services");
	cJSON *one = json_make("[%s]", service);
	struct dependents d = {.call = c, .service = service};
	if (!service_entry(service)) {
		fail_unknown(c, service);
		cJSON_Delete(one);
		return;
	}
	for (const struct service_entry *e = service_catalogue(); e->name; e++) {
		d.by = e->name;
		service_each_need(e->needs, note_dependent, &d);
	}
	if (!all_enabled(c, one)) {
		sim_ok(c, json_make("{'name':'" DONE_OPERATION "','done':%b}", 1));
	} else if (d.names.len && !json_bool(c->body, "disableDependentServices", false)) {
		refuse_dependents(c, service, buf_text(&d.names));
	} else {
		buf_printf(&d.names, "%s%s", d.names.len ? "," : "", service);
		start(c, "serviceusage.disable", 17, deactivated,
		      json_make("{'service':%s,'services':%s}", service, buf_text(&d.names)));
	}
	cJSON_Delete(one);
	buf_free(&d.names);
}

/* Reading. ---------------------------------------------------------------------------------------------------------------- */

static void serviceusage_service_get(struct sim_call *c)
{
	struct sim_object *o = service_object(c->sim, c->project, sim_path_part(c, "services"));
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, true));
	else
		fail_unknown(c, sim_path_part(c, "services"));
}

static void batch_get(struct sim_call *c)
{
	const cJSON *names = json_at(c->params, "names"), *n;
	cJSON *only = cJSON_IsString(names) ? json_make("[%s]", names->valuestring) : NULL, *found = cJSON_CreateArray();
	const cJSON *all = only ? only : names;
	if (cJSON_GetArraySize(all) > MOST_READ) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "A single request can get a maximum of %d services at a time.",
			 MOST_READ);
		cJSON_Delete(found);
		return;
	}
	cJSON_ArrayForEach(n, all) {
		const char *slash = strrchr(n->valuestring, '/');
		struct sim_object *o = service_object(c->sim, c->project, slash ? slash + 1 : n->valuestring);
		if (o)
			cJSON_AddItemToArray(found, cJSON_Duplicate(o->doc, true));
	}
	cJSON_Delete(only);
	sim_ok(c, json_make("{'services':%j}", found));
}

static bool wanted(const struct sim_call *c, const struct sim_object *o)
{
	const char *filter = sim_param(c, "filter");
	return !*filter || (text_ends(filter, "ENABLED")    ? service_enabled(o)
			    : text_ends(filter, "DISABLED") ? !service_enabled(o)
							    : true);
}

/* A page's token is a message with the name of the last service before it. */
static char *token_after(const char *service)
{
	size_t n = strlen(service);
	struct buf b = {0};
	buf_printf(&b, "r%c\n%cB%c%s", (int)n + 4, (int)n + 2, (int)n, service);
	char *token = identity_base64(b.data, b.len);
	buf_free(&b);
	return token;
}

/* The service that a token names; NULL when it is none of ours. */
static char *token_service(const char *token)
{
	size_t n;
	unsigned char *raw = identity_unbase64(token, &n);
	bool well = raw && n > 6 && raw[0] == 'r' && raw[2] == '\n' && raw[4] == 'B' && raw[5] == n - 6;
	char *service = well ? xstrdup((char *)raw + 6) : NULL;
	free(raw);
	return service;
}

static void answer_page(struct sim_call *c, const char *prefix, const char *after)
{
	long size = strtol(sim_param(c, "pageSize"), NULL, 10);
	char *from = after ? xasprintf("%s%s\x01", prefix, after) : xstrdup(prefix);
	cJSON *page = cJSON_CreateArray(), *reply = cJSON_CreateObject();
	const char *last = "";
	size = size > 0 ? (size < MOST_LISTED ? size : MOST_LISTED) : PAGE;
	for (struct sim_object *o = sim_first_from(c->sim, SERVICEUSAGE_SERVICES, prefix, from); o;
	     o = sim_following(c->sim, o, prefix)) {
		if (!wanted(c, o))
			continue;
		if (cJSON_GetArraySize(page) == size) {
			char *token = token_after(last);
			cJSON_AddStringToObject(reply, "nextPageToken", token);
			free(token);
			break;
		}
		last = o->key + strlen(prefix);
		cJSON_AddItemToArray(page, cJSON_Duplicate(o->doc, true));
	}
	sim_put_list(reply, "services", page);
	sim_ok(c, reply);
	free(from);
}

static void serviceusage_service_list(struct sim_call *c)
{
	const char *filter = sim_param(c, "filter"), *token = sim_param(c, "pageToken");
	char *after = *token ? token_service(token) : NULL;
	if (*filter && strcmp(filter, "state:ENABLED") && strcmp(filter, "state:DISABLED")) {
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "Invalid filter: %s. Allowed filter strings are state:ENABLED and state:DISABLED.", filter);
	} else if (*token && !after) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid page token.");
	} else {
		answer_page(c, sim_tmp("projects/%s/services/", c->project), after);
	}
	free(after);
}

static void serviceusage_get_operation(struct sim_call *c)
{
	const char *name = strstr(c->path, "operations/");
	struct sim_object *o = name ? sim_get(c->sim, OPERATIONS, name) : NULL;
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, true));
	else if (name && !strcmp(name, DONE_OPERATION))
		sim_ok(c, json_make("{'name':%s,'done':%b}", name, 1));
	else
		sim_fail(c, "NOT_FOUND", NULL, "Operation not found: %s", name ? name : "");
}

/* v1beta1 is not in the discovery document; only what clients still use of it is here. -------------------------------------- */

static void generate_identity(struct sim_call *c)
{
	const char *service = sim_path_part(c, "services"), *project = sim_project_id(c->sim, sim_path_part(c, "projects"));
	char uuid[37];

	if (!project || !sim_allowed(c->sim, c->principal, "serviceusage.services.enable", project, NULL)) {
		sim_fail(c, "PERMISSION_DENIED", NULL, "The caller does not have permission");
		return;
	}
	if (!service_entry(service)) {
		fail_unknown(c, service);
		return;
	}
	sim_uuid(c->sim, uuid);
	sim_service_agents(c->sim, project, service, true);
	const char *name = sim_tmp("operations/finished.DONE_OPERATION.%s", uuid),
		   *email = service_agent(c->sim, project, service);
	cJSON *identity = json_make("{'@type':'type.googleapis.com/google.api.serviceusage.v1beta1.ServiceIdentity'}");
	if (email) {
		json_put_str(identity, "email", email);
		json_put_str(identity, "uniqueId", sim_account_id(c->sim, email));
	}
	sim_ok(c, json_make("{'name':%s,'done':%b,'response':%j}", name, 1, identity));
}

static void beta_post(struct sim_call *c)
{
	if (text_ends(c->path, ":generateServiceIdentity"))
		generate_identity(c);
	else
		sim_fail(c, "NOT_FOUND", NULL, "Method not found.");
}

static const struct sim_route routes[] = {
    {"serviceusage.services.list", serviceusage_service_list, "serviceusage.services.list", NULL},
    {"serviceusage.services.get", serviceusage_service_get, "serviceusage.services.get", NULL},
    {"serviceusage.services.batchGet", batch_get, "serviceusage.services.get", NULL},
    {"serviceusage.services.enable", service_enable, "serviceusage.services.enable", NULL},
    {"serviceusage.services.batchEnable", batch_enable, "serviceusage.services.enable", NULL},
    {"serviceusage.services.disable", service_disable, "serviceusage.services.disable", NULL},
    {"serviceusage.operations.get", serviceusage_get_operation, NULL, NULL},
    {"GET serviceusage.googleapis.com/v1beta1/operations/*", serviceusage_get_operation, NULL, NULL},
    {"POST serviceusage.googleapis.com/v1beta1/projects/*", beta_post, NULL, NULL},
    {0},
};

const struct sim_api sim_api_serviceusage = {
    .name = "serviceusage",
    .service = "serviceusage.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .seed = serviceusage_seed,
    .spoil = serviceusage_spoil,
};
