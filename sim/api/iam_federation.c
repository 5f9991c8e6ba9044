/* iam.googleapis.com: workload identity pools and their OIDC providers. Creating, changing and deleting are operations; what is
 * deleted keeps its name for 30 days and can come back. */
#include "config.h"
#include "sim/api/identity.h"
#include "sim/api/resource.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define OPERATIONS "iam.federationOperations"

/* Pools and providers differ by little: how they are called, and by what a body must have. */
static bool federation_shown(const struct sim_call *c, const struct sim_object *o),
    federation_valid(struct sim_call *c, const char *id),
    federation_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old),
    federation_changing(struct sim_call *c, const struct sim_object *o);

static char *public_name(struct sim_call *c, const char *key)
{
	const char *rest = strchr(key + strlen("projects/"), '/');
	return xasprintf("projects/%s%s", sim_project_number(c->sim, c->project), rest);
}

static cJSON *federation_operation(struct sim_call *c, const char *key, const char *verb)
{
	char *id = sim_hex(c->sim, 26), *name = public_name(c, key);
	cJSON *doc = json_make("{'name':%s}", sim_tmp("%s/operations/%s", name, id));
	(void)verb;
	free(id), free(name);
	return doc;
}

#define LETTERS LOWER_LETTERS DIGITS "-"
#define ID_MESSAGE(id)                                                                                                         \
	"The ID \"" id                                                                                                         \
	"\" must be 4-32 characters long, contain only lowercase letters, digits and dashes, and must not start with gcp-."
static const struct sim_id_rule pool_ids = {NULL, LETTERS, 4, 32, ID_MESSAGE("{workloadIdentityPools}")},
				provider_ids = {NULL, LETTERS, 4, 32, ID_MESSAGE("{providers}")};
/* An operation ends with neither metadata nor response. */
static const struct sim_operations federation_operations = {.collection = OPERATIONS, .begun = federation_operation};

enum { POOL, PROVIDER };
#define POOLS "iam.projects.locations.workloadIdentityPools"
#define POOL_NAME "/locations/global/workloadIdentityPools/{workloadIdentityPools}"
#define KIND(kind, methods_, name_, id_, ids_)                                                                                 \
	.methods = methods_, .collection = "iam." kind, .key = "projects/{project}" name_, .name = "projects/{number}" name_,  \
	.field = kind, .id = id_, .ids = &ids_, .shown = federation_shown, .valid = federation_valid,                          \
	.defaults = "{'state':'ACTIVE'}", .complete = federation_complete, .changing = federation_changing,                    \
	.operations = &federation_operations, .create = "iam.pool.create", .change = "iam.pool.create",                        \
	.remove = "iam.pool.create"
static const struct sim_resource resources[] = {
    [POOL] = {KIND("workloadIdentityPools", POOLS, POOL_NAME, "workloadIdentityPoolId", pool_ids)},
    [PROVIDER] = {KIND("workloadIdentityPoolProviders", POOLS ".providers", POOL_NAME "/providers/{providers}",
		       "workloadIdentityPoolProviderId", provider_ids),
		  .within = &resources[POOL]},
    {0},
};

static bool gone(const struct sim_object *o)
{
	return !strcmp(json_str(o->doc, "state", ""), "DELETED");
}

/* Google refuses a provider that would let in everyone of a shared issuer. */
static bool provider_ok(struct sim_call *c)
{
	const char *issuer = json_str(c->body, "oidc.issuerUri", ""), *condition = json_str(c->body, "attributeCondition", "");
	if (!json_at(c->body, "oidc") && !json_at(c->body, "aws") && !json_at(c->body, "saml") && !json_at(c->body, "x509")) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "A provider_config must be set.");
		return false;
	}
	if ((json_at(c->body, "oidc") && !*issuer) || (json_at(c->body, "aws") && !*json_str(c->body, "aws.accountId", ""))) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The %s must be set.",
			 json_at(c->body, "oidc") ? "issuer URI" : "account ID");
		return false;
	}
	const cJSON *mapping = cJSON_GetObjectItemCaseSensitive(c->body, "attributeMapping");
	if (json_at(c->body, "oidc") && !(mapping && cJSON_GetObjectItemCaseSensitive(mapping, "google.subject"))) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The attribute mapping must map google.subject.");
		return false;
	}
	if (json_at(c->body, "oidc") && !text_starts(issuer, "https://")) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The issuer URI must use https.");
		return false;
	}
	if (text_starts(issuer, "https://token.actions.githubusercontent.com") && !*condition) {
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "The attribute condition must reference one of the provider's claims. For more information, see "
			 "https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines#conditions");
		return false;
	}
	return true;
}

static bool federation_valid(struct sim_call *c, const char *id)
{
	if (!text_starts(id, "gcp-"))
		return resource_of(c) != &resources[PROVIDER] || provider_ok(c);
	sim_fail(c, "INVALID_ARGUMENT", NULL, "%s", resource_text_of(c, resource_of(c)->ids->message, id));
	return false;
}

static bool federation_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	(void)c;
	if (!old && !json_bool(doc, "disabled", false))
		json_drop(doc, "disabled");
	return true;
}

static bool federation_shown(const struct sim_call *c, const struct sim_object *o)
{
	return !gone(o) || sim_param_bool(c, "showDeleted");
}

static bool federation_changing(struct sim_call *c, const struct sim_object *o)
{
	if (!gone(o))
		return true;
	sim_fail(c, "FAILED_PRECONDITION", NULL, "Precondition check failed.");
	return false;
}

static void expire(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, json_str(arg, "collection", ""), json_str(arg, "key", ""));
	if (o && gone(o))
		sim_remove(s, o);
}

static void federation_delete(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	char until[40];
	if (!o)
		return;
	if (gone(o)) {
		sim_fail(c, "NOT_FOUND", NULL, "Requested entity was not found.");
		return;
	}
	json_put_str(o->doc, "state", "DELETED");
	json_put_str(o->doc, "expireTime", text_rfc3339(sim_wall(c->sim) + 30 * 86400.0, 0, until));
	sim_after(c->sim, 30 * 86400.0, expire, json_make("{'collection':%s,'key':%s}", o->collection, o->key));
	resource_begin(c, resource_of(c), o->key, "delete");
}

static void federation_undelete(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o)
		return;
	json_put_str(o->doc, "state", "ACTIVE");
	json_drop(o->doc, "expireTime");
	resource_begin(c, resource_of(c), o->key, "undelete");
}

static void federation_operation_get(struct sim_call *c)
{
	struct sim_object *o = sim_get(c->sim, OPERATIONS, c->path + strlen("/v1/"));
	if (!o && c->project) {
		char *name = public_name(c, c->path + strlen("/v1/"));
		o = sim_get(c->sim, OPERATIONS, name);
		free(name);
	}
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, true));
	else
		sim_fail(c, "NOT_FOUND", NULL, "Requested entity was not found.");
}

static void attestation_rules(struct sim_call *c)
{
	if (resource_named(c))
		sim_empty(c);
}

#define ROUTES(m, p)                                                                                                           \
	RESOURCE_READS(m, p), {m ".create", resource_create, p ".create", NULL},                                               \
	    {m ".patch", resource_patch, p ".update", NULL}, {m ".delete", federation_delete, p ".delete", NULL},              \
	    {m ".undelete", federation_undelete, p ".undelete", NULL},                                                         \
	{                                                                                                                      \
		m ".operations.get", federation_operation_get, p ".get", NULL                                                  \
	}
static const struct sim_route routes[] = {
    ROUTES(POOLS, "iam.workloadIdentityPools"),
    {POOLS ".listAttestationRules", attestation_rules, "iam.workloadIdentityPools.get", NULL},
    ROUTES(POOLS ".providers", "iam.workloadIdentityPoolProviders"),
    {0},
};

const struct sim_api sim_api_iam_federation = {
    .name = "iam",
    .service = "iam.googleapis.com",
    .errors = SIM_ERRORS_BOTH,
    .routes = routes,
    .resources = resources,
};
