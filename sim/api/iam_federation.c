/* iam.googleapis.com: workload identity pools and their OIDC providers. Creating, changing and deleting are operations; what is
 * deleted keeps its name for 30 days and can come back. */
#include "config.h"
#include "sim/api/identity.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define OPERATIONS "iam.federationOperations"
#define TYPE "type.googleapis.com/google.iam.v1."

/* Pools and providers differ by little: how they are called, and by what a body must have. */
struct kind {
	const char *collection, *segment, *id_param, *type, *metadata, *field;
};
static const struct kind pools = {"iam.workloadIdentityPools",
				  "workloadIdentityPools",
				  "workloadIdentityPoolId",
				  TYPE "WorkloadIdentityPool",
				  TYPE "WorkloadIdentityPoolOperationMetadata",
				  "workloadIdentityPools"};
static const struct kind providers = {"iam.workloadIdentityPoolProviders",
				      "providers",
				      "workloadIdentityPoolProviderId",
				      TYPE "WorkloadIdentityPoolProvider",
				      TYPE "WorkloadIdentityPoolProviderOperationMetadata",
				      "workloadIdentityPoolProviders"};

/* "projects/ID/locations/global/workloadIdentityPools[/POOL[/providers[/X]]]" with the project id, from the path; without verb.
 */
static char *key_of(const struct sim_call *c, const struct kind *k, const char *id)
{
	const char *pool = sim_path_part(c, "workloadIdentityPools");
	char *parent = xasprintf("projects/%s/locations/global/workloadIdentityPools", c->project), *key;
	if (k == &pools)
		key = xasprintf("%s/%s", parent, id ? id : pool);
	else
		key = xasprintf("%s/%s/providers/%s", parent, pool, id ? id : sim_path_part(c, "providers"));
	free(parent);
	return key;
}

static char *public_name(struct sim_call *c, const char *key)
{
	const char *rest = strchr(key + strlen("projects/"), '/');
	return xasprintf("projects/%s%s", sim_project_number(c->sim, c->project), rest);
}

static bool gone(const struct sim_object *o)
{
	return !strcmp(json_str(o->doc, "state", ""), "DELETED");
}

static struct sim_object *find(struct sim_call *c, const struct kind *k)
{
	char *key = key_of(c, k, NULL);
	struct sim_object *o = sim_get(c->sim, k->collection, key);
	if (!o)
		sim_fail(c, "NOT_FOUND", NULL, "Requested entity was not found.");
	free(key);
	return o;
}

static void finished(struct sim *s, const cJSON *arg)
{
	struct sim_object *op = sim_get(s, OPERATIONS, json_str(arg, "operation", ""));
	struct sim_object *o = sim_get(s, json_str(arg, "collection", ""), json_str(arg, "key", ""));
	cJSON *response = o ? cJSON_Duplicate(o->doc, true) : cJSON_CreateObject();
	cJSON_AddStringToObject(response, "@type", json_str(arg, "type", ""));
	if (!op) {
		cJSON_Delete(response);
		return;
	}
	cJSON_AddTrueToObject(op->doc, "done");
	cJSON_AddItemToObject(op->doc, "response", response);
}

static void answer_operation(struct sim_call *c, const struct kind *k, const struct sim_object *o)
{
	char *id = sim_hex(c->sim, 26), *name = xasprintf("%s/operations/%s", json_str(o->doc, "name", ""), id);
	struct sim_object *op =
		sim_put(c->sim, OPERATIONS, name, json_make("{'name':%s,'metadata':{'@type':%s}}", name, k->metadata));
	sim_after(c->sim, sim_draw(c->sim, "iam.pool.create"), finished,
		  json_make("{'operation':%s,'collection':%s,'key':%s,'type':%s}", name, k->collection, o->key, k->type));
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

static void create(struct sim_call *c, const struct kind *k)
{
	const char *id = sim_param(c, k->id_param);
	if (!id_ok(c, id) || (k == &providers && (!find(c, &pools) || !provider_ok(c))))
		return;
	char *key = key_of(c, k, id), *name = public_name(c, key);
	if (sim_get(c->sim, k->collection, key)) {
		sim_fail(c, "ALREADY_EXISTS", NULL, "Requested entity already exists");
	} else {
		cJSON *doc = sim_take_body(c);
		json_put_str(doc, "name", name);
		json_put_str(doc, "state", "ACTIVE");
		answer_operation(c, k, sim_put(c->sim, k->collection, key, doc));
	}
	free(key), free(name);
}

static void get(struct sim_call *c, const struct kind *k)
{
	struct sim_object *o = find(c, k);
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static bool shown(const struct sim_call *c, const struct sim_object *o)
{
	return !gone(o) || sim_param_bool(c, "showDeleted");
}

static void list(struct sim_call *c, const struct kind *k)
{
	char *prefix = key_of(c, k, "");
	sim_list(c, k->collection, prefix, k->field, shown, NULL);
	free(prefix);
}

static void patch(struct sim_call *c, const struct kind *k)
{
	struct sim_object *o = find(c, k);
	if (!o)
		return;
	if (gone(o)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "Precondition check failed.");
		return;
	}
	sim_merge(o->doc, c->body, sim_param(c, "updateMask"));
	answer_operation(c, k, o);
}

static void expire(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, json_str(arg, "collection", ""), json_str(arg, "key", ""));
	if (o && gone(o))
		sim_remove(s, o);
}

static void delete (struct sim_call *c, const struct kind *k)
{
	struct sim_object *o = find(c, k);
	char until[40];
	if (!o)
		return;
	if (gone(o)) {
		sim_fail(c, "NOT_FOUND", NULL, "Requested entity was not found.");
		return;
	}
	json_put_str(o->doc, "state", "DELETED");
	json_put_str(o->doc, "expireTime", text_rfc3339(sim_wall(c->sim) + 30 * 86400.0, 0, until));
	sim_after(c->sim, 30 * 86400.0, expire, json_make("{'collection':%s,'key':%s}", k->collection, o->key));
	answer_operation(c, k, o);
}

static void undelete(struct sim_call *c, const struct kind *k)
{
	struct sim_object *o = find(c, k);
	if (!o)
		return;
	json_put_str(o->doc, "state", "ACTIVE");
	json_drop(o->doc, "expireTime");
	answer_operation(c, k, o);
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
	if (find(c, &pools))
		sim_empty(c);
}

#define BOTH(method)                                                                                                           \
	static void method##_pool(struct sim_call *c)                                                                          \
	{                                                                                                                      \
		method(c, &pools);                                                                                             \
	}                                                                                                                      \
	static void method##_provider(struct sim_call *c)                                                                      \
	{                                                                                                                      \
		method(c, &providers);                                                                                         \
	}
BOTH(create)
BOTH(get)
BOTH(list)
BOTH(patch)
BOTH(delete)
BOTH(undelete)

#define POOLS "iam.projects.locations.workloadIdentityPools."
static const struct sim_route routes[] = {
	{POOLS "create", create_pool, "iam.workloadIdentityPools.create", NULL},
	{POOLS "get", get_pool, "iam.workloadIdentityPools.get", NULL},
	{POOLS "list", list_pool, "iam.workloadIdentityPools.list", NULL},
	{POOLS "patch", patch_pool, "iam.workloadIdentityPools.update", NULL},
	{POOLS "delete", delete_pool, "iam.workloadIdentityPools.delete", NULL},
	{POOLS "undelete", undelete_pool, "iam.workloadIdentityPools.undelete", NULL},
	{POOLS "listAttestationRules", attestation_rules, "iam.workloadIdentityPools.get", NULL},
	{POOLS "operations.get", get_operation, "iam.workloadIdentityPools.get", NULL},
	{POOLS "providers.create", create_provider, "iam.workloadIdentityPoolProviders.create", NULL},
	{POOLS "providers.get", get_provider, "iam.workloadIdentityPoolProviders.get", NULL},
	{POOLS "providers.list", list_provider, "iam.workloadIdentityPoolProviders.list", NULL},
	{POOLS "providers.patch", patch_provider, "iam.workloadIdentityPoolProviders.update", NULL},
	{POOLS "providers.delete", delete_provider, "iam.workloadIdentityPoolProviders.delete", NULL},
	{POOLS "providers.undelete", undelete_provider, "iam.workloadIdentityPoolProviders.undelete", NULL},
	{POOLS "providers.operations.get", get_operation, "iam.workloadIdentityPoolProviders.get", NULL},
	{0},
};

const struct sim_api sim_api_iam_federation = {
	.name = "iam",
	.service = "iam.googleapis.com",
	.errors = SIM_ERRORS_BOTH,
	.routes = routes,
};
