/* cloudkms.googleapis.com v1: key rings, keys and their versions. A ring and a key can never be deleted, a version only be destroyed, some weeks after
 * that was asked for. Encrypting is real as far as clients see: what was encrypted comes back, and nothing else does. */
#include "config.h"
#include "sim/api/cloudkms.h"
#include "sim/api/identity.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define RINGS "cloudkms.keyRings"
#define KMS_RING_PATH "projects/{project}/locations/{locations}/keyRings/{keyRings}"
#define KMS_KEY_PATH KMS_RING_PATH "/cryptoKeys/{cryptoKeys}"
#define KMS_VERSION_PATH KMS_KEY_PATH "/cryptoKeyVersions/{cryptoKeyVersions}"
#define HOLDER "//cloudkms.googleapis.com/"

enum { DAY = 86400, LONGEST_DAYS = 36500 };

static bool refuse(struct sim_call *c, const char *why)
{
	sim_fail(c, "INVALID_ARGUMENT", NULL, "%s", why);
	return false;
}

/* Locations. -------------------------------------------------------------------------------------------------------------- */
static bool kms_location(const char *name)
{
	static const char *const wide[] = {"global", "us",   "europe", "asia", "ca",   "in",   "au",   "de",   "it",   "eur3",
					   "eur4",   "eur5", "eur6",   "nam3", "nam4", "nam6", "nam7", "nam8", "nam9", "asia1"};
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (!strcmp(wide[i], name))
			return true;
	return sim_region(name) != NULL;
}

static bool kms_placed(struct sim_call *c)
{
	const char *where = sim_part(c, 4);
	if (kms_location(where))
		return true;
	sim_fail_with(
	    c, 404, "NOT_FOUND", NULL,
	    json_make("[{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':'KMS_RESOURCE_NOT_FOUND_IN_LOCATION',"
		      "'domain':'cloudkms.googleapis.com'}]"),
	    "The request concerns location '%s' but was sent to location 'global'. Either Cloud KMS is not available in '%s' "
	    "or the request was misrouted. gRPC clients must ensure that 'x-goog-request-params' is specified in request "
	    "metadata. See https://cloud.google.com/kms/docs/grpc for more information.",
	    where, where);
	return false;
}

static cJSON *one_location(const struct sim_call *c, const char *id)
{
	return json_make(
	    "{'name':%s,'locationId':%s,'metadata':{'@type':'type.googleapis.com/google.cloud.kms.v1.LocationMetadata',"
	    "'hsmAvailable':%b,'ekmAvailable':%b}}",
	    sim_tmp("projects/%s/locations/%s", c->project, id), id, 1, 1);
}

static void kms_locations(struct sim_call *c)
{
	cJSON *all = sim_locations(c, one_location);
	cJSON_AddItemToArray(all, one_location(c, "global"));
	cJSON_AddItemToArray(all, one_location(c, "us"));
	cJSON_AddItemToArray(all, one_location(c, "europe"));
	sim_ok(c, json_make("{'locations':%j}", all));
}

static void kms_one_location(struct sim_call *c)
{
	if (kms_placed(c))
		sim_ok(c, one_location(c, sim_part(c, 4)));
}

/* Versions. --------------------------------------------------------------------------------------------------------------- */
/* The day that a version is destroyed comes whether somebody looks or not. */
static void kms_age(struct sim *s, struct sim_object *o)
{
	const char *due = json_str(o->doc, "destroyTime", "");
	if (strcmp(json_str(o->doc, "state", ""), "DESTROY_SCHEDULED") || strcmp(due, sim_stamp(s, 9)) > 0)
		return;
	json_put_str(o->doc, "state", "DESTROYED");
	json_put_str(o->doc, "destroyEventTime", due);
	json_drop(o->doc, "destroyTime");
}

static bool kms_version_there(const struct sim_call *c, const struct sim_object *o)
{
	kms_age(c->sim, sim_get(c->sim, KMS_VERSIONS, o->key));
	return true;
}

static struct sim_object *version_of(struct sim *s, const struct sim_object *key, int n)
{
	struct sim_object *o = sim_get(s, KMS_VERSIONS, sim_tmp("%s/cryptoKeyVersions/%d", key->key, n));
	if (o)
		kms_age(s, o);
	return o;
}

/* As a new one of the key is. */
static void fill_version(struct sim *s, const struct sim_object *key, cJSON *doc)
{
	cJSON *defaults = json_make("{'state':'ENABLED','protectionLevel':%s,'algorithm':%s,'createTime':%s,'generateTime':%s}",
				    json_str(key->doc, "versionTemplate.protectionLevel", "SOFTWARE"),
				    json_str(key->doc, "versionTemplate.algorithm", ""), sim_stamp(s, 9), sim_stamp(s, 9));
	sim_fill(doc, defaults);
	cJSON_Delete(defaults);
}

static int next_number(struct sim_object *key)
{
	int n = (int)json_num(key->hidden, "versions", 0) + 1;
	json_put_num(key->hidden, "versions", n);
	return n;
}

static const char *version_named(struct sim_call *c)
{
	struct sim_object *key = sim_get(c->sim, KMS_KEYS, resource_text(c, KMS_KEY_PATH));
	return sim_tmp("%d", key ? next_number(key) : 0);
}

static bool version_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const struct sim_object *key = sim_get(c->sim, KMS_KEYS, resource_text(c, KMS_KEY_PATH));
	const char *state = json_str(doc, "state", "ENABLED"), *was = old ? json_str(old->doc, "state", "") : "ENABLED";
	bool usual = !strcmp(state, "ENABLED") || !strcmp(state, "DISABLED");
	if (!usual && strcmp(state, was))
		return refuse(c, sim_tmp("The CryptoKeyVersion state cannot be set to %s.", state));
	if (strcmp(state, was) && strcmp(was, "ENABLED") && strcmp(was, "DISABLED")) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "%s cannot be changed to %s, current state is: %s.", old->key, state,
			 was);
		return false;
	}
	if (!old)
		fill_version(c->sim, key, doc);
	return true;
}

static void version_destroy(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	const struct sim_object *key = o ? sim_get(c->sim, KMS_KEYS, resource_text(c, KMS_KEY_PATH)) : NULL;
	char when[40];
	if (!o)
		return;
	const char *state = json_str(o->doc, "state", "");
	if (!strcmp(state, "DESTROYED") || !strcmp(state, "DESTROY_SCHEDULED")) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "%s cannot be destroyed, current state is: %s.", o->key, state);
		return;
	}
	double wait = sim_seconds(json_str(key->doc, "destroyScheduledDuration", ""), 30.0 * DAY);
	json_put_str(o->doc, "state", "DESTROY_SCHEDULED");
	json_put_str(o->doc, "destroyTime", text_rfc3339(sim_wall(c->sim) + wait, 9, when));
	sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static void version_restore(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o)
		return;
	if (strcmp(json_str(o->doc, "state", ""), "DESTROY_SCHEDULED")) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "%s cannot be restored, current state is: %s.", o->key,
			 json_str(o->doc, "state", ""));
		return;
	}
	json_put_str(o->doc, "state", "DISABLED");
	json_drop(o->doc, "destroyTime");
	sim_ok(c, cJSON_Duplicate(o->doc, true));
}

/* Keys. ------------------------------------------------------------------------------------------------------------------- */
static const struct {
	const char *purpose, *algorithms[5];
} purposes[] = {
    {"ENCRYPT_DECRYPT", {"GOOGLE_SYMMETRIC_ENCRYPTION", "EXTERNAL_SYMMETRIC_ENCRYPTION"}},
    {"ASYMMETRIC_SIGN", {"RSA_SIGN_", "EC_SIGN_", "PQ_SIGN_"}},
    {"ASYMMETRIC_DECRYPT", {"RSA_DECRYPT_"}},
    {"RAW_ENCRYPT_DECRYPT", {"AES_128_GCM", "AES_256_GCM", "AES_128_C", "AES_256_C"}},
    {"MAC", {"HMAC_"}},
    {"KEY_ENCAPSULATION", {"ML_KEM_", "KEM_"}},
    {"AES_WRAPPING", {"AES_256_KWP"}},
};

static bool algorithm_ok(struct sim_call *c, const cJSON *doc)
{
	const char *purpose = json_str(doc, "purpose", ""), *algorithm = json_str(doc, "versionTemplate.algorithm", "");
	for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++)
		for (size_t a = 0; !strcmp(purposes[i].purpose, purpose) && a < 5 && purposes[i].algorithms[a]; a++)
			if (text_starts(algorithm, purposes[i].algorithms[a]))
				return true;
	return refuse(c, *algorithm ? sim_tmp("The CryptoKeyVersion algorithm %s is not valid for CryptoKey purpose %s.",
					      algorithm, purpose)
				    : sim_tmp("version_template.algorithm is required for CryptoKey purpose %s.", purpose));
}

static bool rotation_ok(struct sim_call *c, const cJSON *doc)
{
	bool symmetric = !strcmp(json_str(doc, "purpose", ""), "ENCRYPT_DECRYPT"), period = json_at(doc, "rotationPeriod"),
	     next = json_at(doc, "nextRotationTime");
	double seconds = sim_seconds(json_str(doc, "rotationPeriod", ""), DAY);
	if ((period || next) && !symmetric)
		return refuse(c, "Automatic rotation is only supported for CryptoKeys with purpose ENCRYPT_DECRYPT.");
	if (seconds < DAY || seconds > (double)LONGEST_DAYS * DAY)
		return refuse(c, "The rotation_period must be at least 24 hours and at most 876,000 hours.");
	if (period && !next)
		return refuse(c, "If rotation_period is set, next_rotation_time must also be set.");
	return true;
}

static bool key_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *purpose = json_str(doc, "purpose", "");
	double wait = sim_seconds(json_str(doc, "destroyScheduledDuration", ""), 30.0 * DAY);
	bool symmetric = !strcmp(purpose, "ENCRYPT_DECRYPT");
	if (!old && (!*purpose || !strcmp(purpose, "CRYPTO_KEY_PURPOSE_UNSPECIFIED")))
		return refuse(c, "CryptoKey.purpose must be set.");
	if (symmetric && !*json_str(doc, "versionTemplate.algorithm", ""))
		json_put_str(doc, "versionTemplate.algorithm", "GOOGLE_SYMMETRIC_ENCRYPTION");
	if (!*json_str(doc, "versionTemplate.protectionLevel", ""))
		json_put_str(doc, "versionTemplate.protectionLevel", "SOFTWARE");
	bool imported = json_bool(doc, "importOnly", false);
	if ((wait < DAY && !imported) || wait > 120.0 * DAY)
		return refuse(c, "destroy_scheduled_duration must be between 24 hours and 120 days.");
	if (!algorithm_ok(c, doc) || !rotation_ok(c, doc))
		return false;
	json_put_str(doc, "destroyScheduledDuration", sim_tmp("%.0fs", wait));
	return true;
}

/* The first version comes with it. */
static void key_touched(struct sim_call *c, struct sim_object *o)
{
	if (json_num(o->hidden, "versions", 0) || sim_param_bool(c, "skipInitialVersionCreation") ||
	    json_bool(o->doc, "importOnly", false))
		return;
	cJSON *doc = json_make("{'name':%s}", sim_tmp("%s/cryptoKeyVersions/%d", o->key, next_number(o)));
	fill_version(c->sim, o, doc);
	sim_put(c->sim, KMS_VERSIONS, json_str(doc, "name", ""), doc);
	json_put_num(o->hidden, "primary", 1);
}

static cJSON *key_seen(const struct sim_call *c, const struct sim_object *o)
{
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	const struct sim_object *primary = version_of(c->sim, o, (int)json_num(o->hidden, "primary", 0));
	if (primary && !strcmp(json_str(doc, "purpose", ""), "ENCRYPT_DECRYPT"))
		json_put(doc, "primary", cJSON_Duplicate(primary->doc, true));
	return doc;
}

static void key_set_primary(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	const char *id = json_str(c->body, "cryptoKeyVersionId", "");
	const struct sim_object *v = o ? version_of(c->sim, o, atoi(id)) : NULL;
	if (!o)
		return;
	if (strcmp(json_str(o->doc, "purpose", ""), "ENCRYPT_DECRYPT")) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Only CryptoKeys with purpose ENCRYPT_DECRYPT have a primary version.");
	} else if (!v) {
		sim_fail(c, "NOT_FOUND", NULL, "CryptoKeyVersion %s/cryptoKeyVersions/%s not found.", o->key, id);
	} else if (strcmp(json_str(v->doc, "state", ""), "ENABLED")) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "%s is not enabled, current state is: %s.", v->key,
			 json_str(v->doc, "state", ""));
	} else {
		json_put_num(o->hidden, "primary", atoi(id));
		sim_ok(c, key_seen(c, o));
	}
}

/* Google's discovery document calls the mask required; the words are ours. */
static void kms_patch(struct sim_call *c)
{
	if (*sim_param(c, "updateMask"))
		resource_patch(c);
	else
		refuse(c, "The update mask must be specified.");
}

/* The rows. --------------------------------------------------------------------------------------------------------------- */
#define L "cloudkms.projects.locations."
#define R L "keyRings"
#define K R ".cryptoKeys"
#define V K ".cryptoKeyVersions"
static const struct sim_id_rule kms_ids = {NULL, LOWER_LETTERS UPPER_LETTERS DIGITS "_-", 1, 63,
					   "Resource ID must match the regular expression [a-zA-Z0-9_-]{1,63}."};
enum { KMS_RING, KMS_KEY, KMS_VERSION };
static const struct sim_resource resources[] = {
    [KMS_RING] = {.methods = R,
		  .collection = RINGS,
		  .key = KMS_RING_PATH,
		  .missing = "KeyRing " KMS_RING_PATH " not found.",
		  .taken = "KeyRing " KMS_RING_PATH " already exists.",
		  .field = "keyRings",
		  .total = true,
		  .holder = HOLDER,
		  .veiled = true,
		  .id = "keyRingId",
		  .ids = &kms_ids,
		  .placed = kms_placed,
		  .created = "createTime",
		  .decimals = 9},
    [KMS_KEY] = {.methods = K,
		 .collection = KMS_KEYS,
		 .key = KMS_KEY_PATH,
		 .missing = "CryptoKey " KMS_KEY_PATH " not found.",
		 .taken = "CryptoKey " KMS_KEY_PATH " already exists.",
		 .field = "cryptoKeys",
		 .total = true,
		 .holder = HOLDER,
		 .veiled = true,
		 .id = "cryptoKeyId",
		 .ids = &kms_ids,
		 .placed = kms_placed,
		 .within = &resources[KMS_RING],
		 .nested = true,
		 .created = "createTime",
		 .decimals = 9,
		 .complete = key_complete,
		 .touched = key_touched,
		 .seen = key_seen,
		 .kept =
		     "purpose createTime destroyScheduledDuration importOnly cryptoKeyBackend versionTemplate.protectionLevel"},
    [KMS_VERSION] = {.methods = V,
		     .collection = KMS_VERSIONS,
		     .key = KMS_VERSION_PATH,
		     .missing = "CryptoKeyVersion " KMS_VERSION_PATH " not found.",
		     .field = "cryptoKeyVersions",
		     .total = true,
		     .within = &resources[KMS_KEY],
		     .nested = true,
		     .named = version_named,
		     .there = kms_version_there,
		     .complete = version_complete},
    {0},
};

/* A version has no policy of its own. */
static void kms_guard(const struct sim_call *c, struct buf *out)
{
	const char *ring = sim_path_part(c, "keyRings"), *key = sim_path_part(c, "cryptoKeys");
	if (*ring)
		buf_printf(out, HOLDER "%s", resource_text(c, *key ? KMS_KEY_PATH : KMS_RING_PATH));
	else
		buf_printf(out, "//cloudresourcemanager.googleapis.com/projects/%s", c->project ? c->project : "");
}

static const struct sim_route routes[] = {
    {L "list", kms_locations, NULL, NULL},
    {L "get", kms_one_location, NULL, NULL},
    RESOURCE_READS(R, "cloudkms.keyRings"),
    {R ".create", resource_create, "cloudkms.keyRings.create", NULL},
    RESOURCE_POLICIES(R, "cloudkms.keyRings"),
    RESOURCE_READS(K, "cloudkms.cryptoKeys"),
    {K ".create", resource_create, "cloudkms.cryptoKeys.create", NULL},
    {K ".patch", kms_patch, "cloudkms.cryptoKeys.update", NULL},
    {K ".updatePrimaryVersion", key_set_primary, "cloudkms.cryptoKeys.update", NULL},
    {K ".encrypt", kms_encrypt, "cloudkms.cryptoKeyVersions.useToEncrypt", NULL},
    {K ".decrypt", kms_decrypt, "cloudkms.cryptoKeyVersions.useToDecrypt", NULL},
    RESOURCE_POLICIES(K, "cloudkms.cryptoKeys"),
    RESOURCE_READS(V, "cloudkms.cryptoKeyVersions"),
    {V ".create", resource_create, "cloudkms.cryptoKeyVersions.create", NULL},
    {V ".patch", kms_patch, "cloudkms.cryptoKeyVersions.update", NULL},
    {V ".destroy", version_destroy, "cloudkms.cryptoKeyVersions.destroy", NULL},
    {V ".restore", version_restore, "cloudkms.cryptoKeyVersions.restore", NULL},
    {0},
};

const struct sim_api sim_cloudkms = {
    .name = "cloudkms",
    .service = "cloudkms.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .guard = kms_guard,
    .resources = resources,
};
