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
#define TYPE "type.googleapis.com/google.iam.v1."

static bool shown(const struct sim_call *c, const struct sim_object *o);

/* Pools and providers differ by little: how they are called, and by what a body must have. */
enum { POOL, PROVIDER };
#define POOLS "iam.projects.locations.workloadIdentityPools"
#define POOL_KEY "projects/{project}/locations/global/workloadIdentityPools/{workloadIdentityPools}"
static const struct sim_resource resources[] = {
	[POOL] = {.methods = POOLS, .collection = "iam.workloadIdentityPools", .key = POOL_KEY, .field = "workloadIdentityPools", .shown = shown},
	[PROVIDER] = {.methods = POOLS ".providers", .collection = "iam.workloadIdentityPoolProviders", .key = POOL_KEY "/providers/{providers}",
		      .field = "workloadIdentityPoolProviders", .shown = shown},
	{0},
};
static const struct kind {
	const char *id_param, *type, *metadata;
} kinds[] = {
	[POOL] = {"workloadIdentityPoolId", TYPE "WorkloadIdentityPool", TYPE "WorkloadIdentityPoolOperationMetadata"},
	[PROVIDER] = {"workloadIdentityPoolProviderId", TYPE "WorkloadIdentityPoolProvider", TYPE "WorkloadIdentityPoolProviderOperationMetadata"},
};

static char *public_name(struct sim_call *c, const char *key)
{
	const char *rest = strchr(key + strlen("projects/"), '/');
	return xasprintf("projects/%s%s", sim_project_number(c->sim, c->project), rest);
}

static bool gone(const struct sim_object *o)
{
	return !strcmp(json_str(o->doc, "state", ""), "DELETED");
}

static void finished(struct sim *s, const cJSON *arg)
{
	struct sim_object *op = sim_get(s, OPERATIONS, json_str(arg, "operation", ""));
	if (op)
		cJSON_AddTrueToObject(op->doc, "done"); /* and nothing else: neither metadata nor response */
}

static void answer_operation(struct sim_call *c, const struct sim_object *o)
{
	const struct kind *k = &kinds[resource_of(c) - resources];
	char *id = sim_hex(c->sim, 26), *name = xasprintf("%s/operations/%s", json_str(o->doc, "name", ""), id);
	struct sim_object *op =
		sim_put(c->sim, OPERATIONS, name, json_make("{'name':%s}", name));
	sim_after(c->sim, sim_draw(c->sim, "iam.pool.create"), finished,
		  json_make("{'operation':%s,'collection':%s,'key':%s,'type':%s}", name, o->collection, o->key, k->type));
	sim_ok(c, cJSON_Duplicate(op->doc, true));
	free(id), free(name);
}

static bool id_ok(struct sim_call *c, const char *id)
{
	size_t n = strlen(id);
	if (n >= 4 && n <= 32 && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == n && !text_starts(id, "gcp-"))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL,
		 "The ID \"%s\" must be 4-32 characters long, contain only lowercase letters, digits and dashes, and "
		 "must not start with gcp-.",
		 id);
	return false;
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
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The %s must be set.", json_at(c->body, "oidc") ? "issuer URI" : "account ID");
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

static void create(struct sim_call *c)
{
	const struct sim_resource *r = resource_of(c);
	bool provider = r == &resources[PROVIDER];
	const char *id = sim_param(c, kinds[r - resources].id_param);
	if (!id_ok(c, id) || (provider && (!resource_find(c, &resources[POOL]) || !provider_ok(c))))
		return;
	const char *key = sim_tmp("%s%s", resource_prefix(c, r), id);
	if (sim_get(c->sim, r->collection, key)) {
		sim_fail(c, "ALREADY_EXISTS", NULL, "Requested entity already exists");
		return;
	}
	char *name = public_name(c, key);
	cJSON *doc = sim_take_body(c);
	json_put_str(doc, "name", name);
	json_put_str(doc, "state", "ACTIVE");
	if (!json_bool(doc, "disabled", false))
		json_drop(doc, "disabled");
	answer_operation(c, sim_put(c->sim, r->collection, key, doc));
	free(name);
}

static bool shown(const struct sim_call *c, const struct sim_object *o)
{
	return !gone(o) || sim_param_bool(c, "showDeleted");
}

static void patch(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o)
		return;
	if (gone(o)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "Precondition check failed.");
		return;
	}
	sim_merge(o->doc, c->body, sim_param(c, "updateMask"));
	answer_operation(c, o);
}

static void expire(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, json_str(arg, "collection", ""), json_str(arg, "key", ""));
	if (o && gone(o))
		sim_remove(s, o);
}

static void delete(struct sim_call *c)
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
	answer_operation(c, o);
}

static void undelete(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o)
		return;
	json_put_str(o->doc, "state", "ACTIVE");
	json_drop(o->doc, "expireTime");
	answer_operation(c, o);
}

static void get_operation(struct sim_call *c)
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

static const struct sim_route routes[] = {
	{POOLS ".create", create, "iam.workloadIdentityPools.create", NULL},
	{POOLS ".get", resource_get, "iam.workloadIdentityPools.get", NULL},
	{POOLS ".list", resource_list, "iam.workloadIdentityPools.list", NULL},
	{POOLS ".patch", patch, "iam.workloadIdentityPools.update", NULL},
	{POOLS ".delete", delete, "iam.workloadIdentityPools.delete", NULL},
	{POOLS ".undelete", undelete, "iam.workloadIdentityPools.undelete", NULL},
	{POOLS ".listAttestationRules", attestation_rules, "iam.workloadIdentityPools.get", NULL},
	{POOLS ".operations.get", get_operation, "iam.workloadIdentityPools.get", NULL},
	{POOLS ".providers.create", create, "iam.workloadIdentityPoolProviders.create", NULL},
	{POOLS ".providers.get", resource_get, "iam.workloadIdentityPoolProviders.get", NULL},
	{POOLS ".providers.list", resource_list, "iam.workloadIdentityPoolProviders.list", NULL},
	{POOLS ".providers.patch", patch, "iam.workloadIdentityPoolProviders.update", NULL},
	{POOLS ".providers.delete", delete, "iam.workloadIdentityPoolProviders.delete", NULL},
	{POOLS ".providers.undelete", undelete, "iam.workloadIdentityPoolProviders.undelete", NULL},
	{POOLS ".providers.operations.get", get_operation, "iam.workloadIdentityPoolProviders.get", NULL},
	{0},
};

const struct sim_api sim_api_iam_federation = {
	.name = "iam",
	.service = "iam.googleapis.com",
	.errors = SIM_ERRORS_BOTH,
	.routes = routes,
	.resources = resources,
};
