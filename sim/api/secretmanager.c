/* secretmanager.googleapis.com v1: secrets and their versions. Names carry the project's number. A payload comes with a CRC-32C
 * that is checked when it is sent and always returned. Replication never changes; a destroyed version never comes back. */
#include "config.h"
#include "sim/api/identity.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define SECRETS "secretmanager.secrets"
#define VERSIONS "secretmanager.versions"

enum { MOST_BYTES = 65536 };

/* Names. ------------------------------------------------------------------------------------------------------------------ */

static char *secret_key(const char *project, const char *secret)
{
	return xasprintf("projects/%s/secrets/%s", project, secret);
}

static struct sim_object *secret_of(struct sim *s, const char *project, const char *secret)
{
	char *key = secret_key(project, secret);
	struct sim_object *o = sim_get(s, SECRETS, key);
	free(key);
	return o;
}

/* Versions sort by number: their keys have it with leading zeros. */
static char *version_key(const char *secret, long n)
{
	return xasprintf("%s/versions/%09ld", secret, n);
}

static struct sim_object *version_of(struct sim *s, const struct sim_object *secret, const char *version)
{
	const cJSON *aliases = json_at(secret->doc, "versionAliases");
	long n = !strcmp(version, "latest") ? (long)json_num(secret->hidden, "count", 0) : strtol(version, NULL, 10);
	if (n <= 0 && aliases)
		n = (long)json_int64(aliases, version, 0);
	char *key = version_key(secret->key, n);
	struct sim_object *o = sim_get(s, VERSIONS, key);
	free(key);
	return o;
}

static void secretmanager_holder_of(const struct sim_call *c, struct buf *out)
{
	const char *secret = sim_path_part(c, "secrets");
	if (*secret && c->project)
		buf_printf(out, "//secretmanager.googleapis.com/projects/%s/secrets/%s", c->project, secret);
	else
		buf_printf(out, "//cloudresourcemanager.googleapis.com/projects/%s", c->project ? c->project : "");
}

static struct sim_object *find_version(struct sim_call *c, const struct sim_resource *r);
static bool secret_shown(const struct sim_call *c, const struct sim_object *o),
    secret_valid(struct sim_call *c, const char *id), secret_changing(struct sim_call *c, const struct sim_object *o),
    secret_current(struct sim_call *c, const struct sim_object *o, const char *etag);
static void secret_touched(struct sim_call *c, struct sim_object *o);

enum { SECRET, SECRET_VERSION };
#define S "secretmanager.projects.secrets"
static const struct sim_resource resources[] = {
    [SECRET] =
	{.methods = S,
	 .collection = SECRETS,
	 .key = "projects/{project}/secrets/{secrets}",
	 .missing = "Secret [projects/{number}/secrets/{secrets}] not found.",
	 .field = "secrets",
	 .total = true,
	 .shown = secret_shown,
	 .holder = "//secretmanager.googleapis.com/",
	 .veiled = true,
	 .id = "secretId",
	 .ids =
	     &(const struct sim_id_rule){
		 NULL, LOWER_LETTERS UPPER_LETTERS DIGITS "-_", 1, 255,
		 "The provided Secret ID [{secrets}] does not match the expected format [[a-zA-Z_0-9]+]. It must be at most "
		 "255 characters."},
	 .taken = "Secret [projects/{number}/secrets/{secrets}] already exists.",
	 .name = "projects/{number}/secrets/{secrets}",
	 .created = "createTime",
	 .decimals = 6,
	 .valid = secret_valid,
	 .touched = secret_touched,
	 .current = secret_current,
	 .changing = secret_changing,
	 .below = VERSIONS},
    [SECRET_VERSION] = {.methods = S ".versions",
			.collection = VERSIONS,
			.find = find_version,
			.missing = "Secret Version [projects/{number}/secrets/{secrets}/versions/{versions}] not found."},
    {0},
};

static struct sim_object *secret_for(struct sim_call *c)
{
	return resource_find(c, &resources[SECRET]);
}

static struct sim_object *find_version(struct sim_call *c, const struct sim_resource *r)
{
	struct sim_object *secret = secret_for(c),
			  *o = secret ? version_of(c->sim, secret, sim_path_part(c, "versions")) : NULL;
	bool none = secret && !strcmp(sim_path_part(c, "versions"), "latest") && !json_num(secret->hidden, "count", 0);
	if (none)
		sim_fail(c, "NOT_FOUND", NULL, "Secret [projects/%s/secrets/%s] not found or has no versions.",
			 sim_project_number(c->sim, c->project), sim_path_part(c, "secrets"));
	else if (secret && !o)
		sim_fail(c, "NOT_FOUND", NULL, "%s", resource_text(c, r->missing));
	return o;
}

static bool secret_current(struct sim_call *c, const struct sim_object *o, const char *etag)
{
	if (!*etag || !strcmp(etag, json_str(o->doc, "etag", "")))
		return true;
	sim_fail(c, "FAILED_PRECONDITION", NULL, "The etag provided does not match the current etag of the resource.");
	return false;
}

/* The time of the change in microseconds, in hexadecimal behind a 1, in quotes. */
static void new_etag(struct sim_call *c, struct sim_object *o)
{
	char etag[32];
	unsigned long long micros = (unsigned long long)(sim_wall(c->sim) * 1e6);
	do
		snprintf(etag, sizeof etag, "\"1%013llx\"", micros++);
	while (!strcmp(etag, json_str(o->doc, "etag", "")));
	json_put_str(o->doc, "etag", etag);
}

/* Secrets. ---------------------------------------------------------------------------------------------------------------- */

/* Where it may be kept: organization policy counts "automatic" as the location global. */
static void place_refused(struct sim_call *c, const char *place)
{
	const char *subject = sim_tmp("orgpolicy:projects/%s", sim_project_number(c->sim, c->project));
	const char *words = sim_tmp("Constraint constraints/gcp.resourceLocations violated for [%s] attempting to create a "
				    "secret in [%s]. For more information, see "
				    "https://cloud.google.com/resource-manager/docs/organization-policy/defining-locations.",
				    subject, place);
	sim_fail_with(c, 0, "FAILED_PRECONDITION", NULL,
		      json_make("[{'@type':'type.googleapis.com/"
				"google.rpc.PreconditionFailure','violations':[{'type':'constraints/gcp.resourceLocations',"
				"'subject':%s,'description':%s}]}]",
				subject, words),
		      "%s", words);
}

/* When it ends: at least a minute from now. */
static bool end_ok(struct sim_call *c)
{
	const char *ttl = json_str(c->body, "ttl", "");
	if (!*ttl || sim_seconds(ttl, 0) >= 60)
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "ttl: The expiration must be at least 60s in the future.");
	return false;
}

static bool key_ok(struct sim_call *c, const char *key, const char *location)
{
	const char *agent = sim_tmp("service-%s@gcp-sa-secretmanager.iam.gserviceaccount.com",
				    sim_project_number(c->sim, c->project));
	if (*key && strcmp(sim_kms_location(key), location)) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The location of the KMS key [%s] must be [%s].", key, location);
		return false;
	}
	if (!*key || sim_kms_usable(c->sim, key, agent))
		return true;
	sim_fail(c, "PERMISSION_DENIED", NULL,
		 "Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource '%s' (or it may not exist).", key);
	return false;
}

/* The keys that its versions are kept under, each in the location of what it keeps. */
static bool keys_ok(struct sim_call *c, const cJSON *replicas)
{
	const cJSON *r;
	cJSON_ArrayForEach(r, replicas)
		if (!key_ok(c, json_str(r, "customerManagedEncryption.kmsKeyName", ""), json_str(r, "location", "")))
			return false;
	return key_ok(c, json_str(c->body, "replication.automatic.customerManagedEncryption.kmsKeyName", ""), "global");
}

static bool secret_valid(struct sim_call *c, const char *id)
{
	(void)id;
	const cJSON *replicas = json_at(c->body, "replication.userManaged.replicas"), *r;
	if (!end_ok(c))
		return false;
	if (!json_at(c->body, "replication.automatic") && !cJSON_GetArraySize(replicas)) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "replication: The replication field must be set.");
		return false;
	}
	cJSON_ArrayForEach(r, replicas)
		if (!*json_str(r, "location", "")) {
			sim_fail(c, "INVALID_ARGUMENT", NULL,
				 "replication.user_managed.replicas: The location field must be set.");
			return false;
		} else if (!sim_region(json_str(r, "location", ""))) {
			sim_fail(c, "INVALID_ARGUMENT", NULL, "The provided location ID [%s] is invalid or unsupported.",
				 json_str(r, "location", ""));
			return false;
		}
	bool forbidden = !replicas && sim_constraint(c->sim, c->project, "gcp.resourceLocations", "global");
	cJSON_ArrayForEach(r, replicas)
		forbidden = forbidden ||
			    sim_constraint(c->sim, c->project, "gcp.resourceLocations", json_str(r, "location", ""));
	if (forbidden)
		place_refused(c, replicas ? json_str(replicas, "0.location", "") : "global");
	bool all = *json_str(c->body, "replication.automatic.customerManagedEncryption.kmsKeyName", "");
	cJSON_ArrayForEach(r, replicas)
		all = *json_str(r, "customerManagedEncryption.kmsKeyName", "") && (r == replicas->child || all);
	return !forbidden &&
	       sim_cmek_ok(c, "secretmanager.googleapis.com", "google.cloud.secretmanager.v1.SecretManagerService.CreateSecret",
			   all ? "all" : "") &&
	       keys_ok(c, replicas);
}

static void expired(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, SECRETS, json_str(arg, "key", ""));
	if (!o || strcmp(json_str(o->doc, "expireTime", ""), json_str(arg, "at", "-")))
		return;
	resource_remove(s, &resources[SECRET], o);
}

/* A ttl is for input; what is shown is when it ends. */
static void start_ttl(struct sim_call *c, struct sim_object *o)
{
	double ttl = strtod(json_str(o->doc, "ttl", "0"), NULL);
	char at[40];
	if (ttl <= 0)
		return;
	json_drop(o->doc, "ttl");
	json_put_str(o->doc, "expireTime", text_rfc3339(sim_wall(c->sim) + ttl, 9, at));
	sim_after(c->sim, ttl, expired, json_make("{'key':%s,'at':%s}", o->key, at));
}

static void secret_touched(struct sim_call *c, struct sim_object *o)
{
	new_etag(c, o);
	start_ttl(c, o);
}

/* "name:x", "labels.k=v", a bare word; AND between them. */
static bool term_met(const cJSON *doc, const char *term)
{
	size_t k = strcspn(term, ":=");
	const char *value = term[k] ? term + k + 1 : term, *has = json_str(doc, sim_tmp("%.*s", (int)k, term), "");
	const char *slash = strrchr(has, '/');
	bool yes = !term[k]         ? strstr(json_str(doc, "name", ""), term) != NULL
		   : term[k] == ':' ? strstr(has, value) != NULL
				    : !strcmp(slash ? slash + 1 : has, value) || !strcmp(has, value);
	return yes;
}

static bool secret_shown(const struct sim_call *c, const struct sim_object *o)
{
	char *copy = xstrdup(sim_param(c, "filter")), *save = NULL;
	bool yes = true;
	for (char *t = strtok_r(copy, " ()", &save); t && yes; t = strtok_r(NULL, " ()", &save))
		yes = !strcmp(t, "AND") || term_met(o->doc, t);
	free(copy);
	return yes;
}

static bool secret_changing(struct sim_call *c, const struct sim_object *o)
{
	const char *mask = sim_param(c, "updateMask");
	if (!*mask)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "update_mask: The update mask must not be empty.");
	else if (strstr(mask, "replication") && !json_equal(json_at(o->doc, "replication"), json_at(c->body, "replication")))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Replication is immutable and cannot be updated.");
	else
		return true;
	return false;
}

/* Versions. --------------------------------------------------------------------------------------------------------------- */

static cJSON *replication_status(const cJSON *replication)
{
	cJSON *replicas = cJSON_CreateArray();
	const cJSON *r;
	if (json_at(replication, "automatic")) {
		cJSON_Delete(replicas);
		return json_make("{'automatic':{}}");
	}
	cJSON_ArrayForEach(r, json_at(replication, "userManaged.replicas"))
		cJSON_AddItemToArray(replicas, json_make("{'location':%s}", json_str(r, "location", "")));
	return json_make("{'userManaged':{'replicas':%j}}", replicas);
}

static bool payload_ok(struct sim_call *c, const unsigned char *data, size_t len)
{
	const cJSON *sent = json_at(c->body, "payload.dataCrc32c");
	if (!data) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid value at 'payload.data' (TYPE_BYTES), Base64 decoding failed.");
		return false;
	}
	if (!len) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Secret Payload cannot be empty.");
		return false;
	}
	if (len > MOST_BYTES) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The payload of a secret version must be at most %d bytes.", MOST_BYTES);
		return false;
	}
	if (!sent || json_int64(c->body, "payload.dataCrc32c", -1) == (long long)sim_crc32c(data, len))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL,
		 "The checksum provided in SecretPayload.data_crc32c does not match the data received.");
	return false;
}

static struct sim_object *put_version(struct sim_call *c, struct sim_object *secret, const char *payload, uint32_t crc)
{
	long n = (long)json_num(secret->hidden, "count", 0) + 1;
	char *key = version_key(secret->key, n);
	const char *name = sim_tmp("%s/versions/%ld", json_str(secret->doc, "name", ""), n);
	const char *now = sim_stamp(c->sim, 6);
	struct sim_object *o = sim_put(c->sim, VERSIONS, key,
				       json_make("{'name':%s,'createTime':%s,'state':'ENABLED','replicationStatus':%j}", name,
						 now, replication_status(json_at(secret->doc, "replication"))));
	if (json_at(c->body, "payload.dataCrc32c"))
		cJSON_AddTrueToObject(o->doc, "clientSpecifiedPayloadChecksum");
	json_put_num(secret->hidden, "count", (double)n);
	json_put_str(o->hidden, "data", payload);
	json_put_num(o->hidden, "crc", crc);
	new_etag(c, o);
	free(key);
	return o;
}

static void add_version(struct sim_call *c)
{
	struct sim_object *secret = secret_for(c);
	size_t len = 0;
	if (!secret)
		return;
	unsigned char *data = identity_unbase64(json_str(c->body, "payload.data", ""), &len);
	if (payload_ok(c, data, len)) {
		char *canonical = identity_base64(data, len);
		sim_ok(c, cJSON_Duplicate(put_version(c, secret, canonical, sim_crc32c(data, len))->doc, true));
		free(canonical);
	}
	free(data);
}

static bool newest_first(const struct sim_call *c, const struct sim_object *o)
{
	const char *filter = sim_param(c, "filter");
	return !*filter || strstr(filter, json_str(o->doc, "state", "")) || !strstr(filter, "state");
}

/* Newest first, unlike the store: a page is the tail of what is left. */
static void secretmanager_list_versions(struct sim_call *c)
{
	struct sim_object *secret = secret_for(c);
	long size = strtol(sim_param(c, "pageSize"), NULL, 10), from = strtol(sim_param(c, "pageToken"), NULL, 10);
	if (!secret)
		return;
	cJSON *versions = cJSON_CreateArray(), *reply = cJSON_CreateObject();
	int total = 0;
	size = size > 0 && size < 25000 ? size : 25000;
	long newest = (long)json_num(secret->hidden, "count", 0), left = 0;
	for (long n = newest; n > 0; n--) {
		char *key = version_key(secret->key, n);
		struct sim_object *o = sim_get(c->sim, VERSIONS, key);
		free(key);
		if (!o || !newest_first(c, o))
			continue;
		total++;
		if (from && n > from)
			continue;
		if (cJSON_GetArraySize(versions) < size)
			cJSON_AddItemToArray(versions, cJSON_Duplicate(o->doc, true));
		else if (!left)
			left = n;
	}
	if (cJSON_GetArraySize(versions))
		cJSON_AddItemToObject(reply, "versions", versions);
	else
		cJSON_Delete(versions);
	if (left) {
		char token[24];
		snprintf(token, sizeof token, "%ld", left);
		cJSON_AddStringToObject(reply, "nextPageToken", token);
	}
	if (total)
		cJSON_AddNumberToObject(reply, "totalSize", total);
	sim_ok(c, reply);
}

static bool enabled(const struct sim_object *o)
{
	return !strcmp(json_str(o->doc, "state", ""), "ENABLED");
}

static void access_version(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	char crc[16];
	if (!o)
		return;
	if (!enabled(o)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "Secret Version [%s] is in %s state.", json_str(o->doc, "name", ""),
			 json_str(o->doc, "state", ""));
		return;
	}
	snprintf(crc, sizeof crc, "%.0f", json_num(o->hidden, "crc", 0));
	sim_ok(c, json_make("{'name':%s,'payload':{'data':%s,'dataCrc32c':%s}}", json_str(o->doc, "name", ""),
			    json_str(o->hidden, "data", ""), crc));
}

static void set_state(struct sim_call *c, const char *state)
{
	struct sim_object *o = resource_named(c);
	if (!o || !secret_current(c, o, json_str(c->body, "etag", "")))
		return;
	if (!strcmp(json_str(o->doc, "state", ""), "DESTROYED")) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "Secret Version [%s] is in DESTROYED state.",
			 json_str(o->doc, "name", ""));
		return;
	}
	json_put_str(o->doc, "state", state);
	if (!strcmp(state, "DESTROYED")) {
		json_put_str(o->doc, "destroyTime", sim_stamp(c->sim, 6));
		json_drop(o->hidden, "data");
		json_drop(o->doc, "clientSpecifiedPayloadChecksum");
	}
	new_etag(c, o);
	sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static void enable_version(struct sim_call *c)
{
	set_state(c, "ENABLED");
}

static void disable_version(struct sim_call *c)
{
	set_state(c, "DISABLED");
}

static void destroy_version(struct sim_call *c)
{
	set_state(c, "DESTROYED");
}

/* For what runs in the cloud. --------------------------------------------------------------------------------------------- */

char *sim_secret_read(struct sim *s, const char *principal, const char *project, const char *secret, const char *version,
		      size_t *len, const char **why)
{
	const char *id = sim_project_id(s, project);
	const char *holder = sim_tmp("//secretmanager.googleapis.com/projects/%s/secrets/%s", id ? id : "", secret);
	bool may = id && sim_allowed(s, principal, "secretmanager.versions.access", id, holder);
	struct sim_object *o = id ? secret_of(s, id, secret) : NULL, *v = o ? version_of(s, o, version) : NULL;
	char *data = NULL;

	*len = 0;
	*why = NULL;
	if (!may)
		*why = "permission";
	else if (!v)
		*why = "missing";
	else if (!enabled(v))
		*why = "disabled";
	else
		data = (char *)identity_unbase64(json_str(v->hidden, "data", ""), len);
	return data;
}

static const struct sim_route routes[] = {
    RESOURCE_ROUTES(S, "secretmanager.secrets"),
    {S ".addVersion", add_version, "secretmanager.versions.add", NULL},
    RESOURCE_POLICIES(S, "secretmanager.secrets"),
    {S ".versions.get", resource_get, "secretmanager.versions.get", NULL},
    {S ".versions.list", secretmanager_list_versions, "secretmanager.versions.list", NULL},
    {S ".versions.access", access_version, "secretmanager.versions.access", NULL},
    {S ".versions.enable", enable_version, "secretmanager.versions.enable", NULL},
    {S ".versions.disable", disable_version, "secretmanager.versions.disable", NULL},
    {S ".versions.destroy", destroy_version, "secretmanager.versions.destroy", NULL},
    {0},
};

const struct sim_api sim_api_secretmanager = {
    .name = "secretmanager",
    .service = "secretmanager.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .resources = resources,
    .guard = secretmanager_holder_of,
};
