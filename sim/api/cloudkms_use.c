/* Keys of Cloud KMS at work: encrypting and decrypting, and the services that keep what is theirs under a customer's key. A ciphertext names the version that
 * made it, and is that version's alone. */
#include "config.h"
#include "sim/api/cloudkms.h"
#include "sim/api/identity.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 65536, TAG = 32, HEAD = 4 };

/* Which version is meant, and may it work? False: answered. */
static struct sim_object *version_at_work(struct sim_call *c, const struct sim_object *key, int n)
{
	struct sim_object *v = sim_get(c->sim, KMS_VERSIONS, sim_tmp("%s/cryptoKeyVersions/%d", key->key, n));
	const char *state = v ? json_str(v->doc, "state", "") : "";
	if (!v)
		sim_fail(c, "FAILED_PRECONDITION", NULL, "CryptoKey %s has no primary version.", key->key);
	else if (strcmp(state, "ENABLED"))
		sim_fail(c, "FAILED_PRECONDITION", NULL, "%s is not enabled, current state is: %s.", v->key, state);
	else
		return v;
	return NULL;
}

/* A stream of bytes that only who knows the version's name and the additional data has, laid over the data. */
static void lay_over(unsigned char *data, size_t len, const char *secret)
{
	const char *block = "";
	for (size_t i = 0; i < len; i++) {
		if (i % 64 == 0) {
			const char *seed = sim_tmp("%s %zu", secret, i / 64);
			block = sim_sha256(seed, strlen(seed)) + strlen("sha256:");
		}
		data[i] ^= (unsigned char)block[i % 64];
	}
}

static const char *tag_of(const char *secret, const unsigned char *data, size_t len)
{
	const char *seed = sim_tmp("%s %s", secret, sim_sha256(data, len));
	return sim_sha256(seed, strlen(seed)) + strlen("sha256:");
}

static const char *secret_of(const struct sim_object *version, const struct sim_call *c)
{
	return sim_tmp("%s %s %s", version->key, json_str(version->doc, "createTime", ""),
		       json_str(c->body, "additionalAuthenticatedData", ""));
}

static bool crc_ok(struct sim_call *c, const char *field, const void *data, size_t len)
{
	long long said = json_int64(c->body, field, -1);
	if (said < 0 || said == (long long)sim_crc32c(data, len))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "The checksum in field %s did not match the data in the request.", field);
	return false;
}

static bool additional_ok(struct sim_call *c)
{
	size_t len = 0;
	unsigned char *data = identity_unbase64(json_str(c->body, "additionalAuthenticatedData", ""), &len);
	bool good = data && len <= MOST_BYTES && crc_ok(c, "additionalAuthenticatedDataCrc32c", data, len);
	if (!data || len > MOST_BYTES)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The additional authenticated data must be no larger than 64KiB.");
	free(data);
	return good;
}

static struct sim_object *key_for(struct sim_call *c, const char *purpose)
{
	struct sim_object *o = resource_named(c);
	if (!o || !strcmp(json_str(o->doc, "purpose", ""), purpose))
		return o;
	sim_fail(c, "FAILED_PRECONDITION", NULL, "%s has purpose %s, which does not permit this operation.", o->key,
		 json_str(o->doc, "purpose", ""));
	return NULL;
}

void kms_encrypt(struct sim_call *c)
{
	const struct sim_object *key = key_for(c, "ENCRYPT_DECRYPT"), *v;
	const char *named = sim_path_part(c, "cryptoKeyVersions");
	int n = !key ? 0 : *named ? atoi(named) : (int)json_num(key->hidden, "primary", 0);
	size_t len = 0;
	if (!key || !(v = version_at_work(c, key, n)))
		return;
	unsigned char *plain = identity_unbase64(json_str(c->body, "plaintext", ""), &len);
	if (!plain || len > MOST_BYTES) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The plaintext must be no larger than 64KiB.");
	} else if (crc_ok(c, "plaintextCrc32c", plain, len) && additional_ok(c)) {
		unsigned char *out = xmalloc(len + HEAD + TAG);
		memcpy(out, sim_tmp("%04d", n), HEAD);
		memcpy(out + HEAD, tag_of(secret_of(v, c), plain, len), TAG);
		memcpy(out + HEAD + TAG, plain, len);
		lay_over(out + HEAD + TAG, len, secret_of(v, c));
		cJSON *reply = json_make("{'name':%s,'ciphertext':%s,'ciphertextCrc32c':%s,'protectionLevel':%s}", v->key,
					 sim_base64(out, len + HEAD + TAG, false),
					 sim_tmp("%u", sim_crc32c(out, len + HEAD + TAG)),
					 json_str(v->doc, "protectionLevel", ""));
		if (json_at(c->body, "plaintextCrc32c"))
			json_put_bool(reply, "verifiedPlaintextCrc32c", true);
		if (json_at(c->body, "additionalAuthenticatedDataCrc32c"))
			json_put_bool(reply, "verifiedAdditionalAuthenticatedDataCrc32c", true);
		sim_ok(c, reply);
		free(out);
	}
	free(plain);
}

void kms_decrypt(struct sim_call *c)
{
	const struct sim_object *key = key_for(c, "ENCRYPT_DECRYPT"), *v = NULL;
	size_t len = 0;
	unsigned char *in = key ? identity_unbase64(json_str(c->body, "ciphertext", ""), &len) : NULL;
	bool whole = in && len >= HEAD + TAG;
	if (!key || (in && !crc_ok(c, "ciphertextCrc32c", in, len))) {
		free(in);
		return;
	}
	int n = whole ? atoi(sim_tmp("%.4s", (const char *)in)) : 0;
	if (n && sim_get(c->sim, KMS_VERSIONS, sim_tmp("%s/cryptoKeyVersions/%d", key->key, n)) &&
	    !(v = version_at_work(c, key, n))) {
		free(in);
		return;
	}
	if (v)
		lay_over(in + HEAD + TAG, len - HEAD - TAG, secret_of(v, c));
	if (v && !memcmp(in + HEAD, tag_of(secret_of(v, c), in + HEAD + TAG, len - HEAD - TAG), TAG))
		sim_ok(c, json_make("{'plaintext':%s,'plaintextCrc32c':%s,'usedPrimary':%b,'protectionLevel':%s}",
				    sim_base64(in + HEAD + TAG, len - HEAD - TAG, false),
				    sim_tmp("%u", sim_crc32c(in + HEAD + TAG, len - HEAD - TAG)),
				    n == (int)json_num(key->hidden, "primary", 0), json_str(v->doc, "protectionLevel", "")));
	else
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Decryption failed: verify that 'name' refers to the correct CryptoKey.");
	free(in);
}

/* For the services that keep things under it. ----------------------------------------------------------------------------- */
const char *sim_kms_location(const char *key)
{
	const char *at = strstr(key, "/locations/");
	at = at ? at + strlen("/locations/") : "";
	return sim_tmp("%.*s", (int)strcspn(at, "/"), at);
}

const char *sim_kms_usable(struct sim *s, const char *key, const char *agent)
{
	size_t n = text_starts(key, "projects/") ? strcspn(key + 9, "/") : 0;
	const char *project = n ? sim_project_id(s, sim_tmp("%.*s", (int)n, key + 9)) : NULL;
	if (!project)
		return NULL;
	const char *version = strstr(key, "/cryptoKeyVersions/"), *path = sim_tmp("projects/%s%s", project, key + 9 + n),
		   *whole = version ? sim_tmp("%.*s", (int)(strstr(path, "/cryptoKeyVersions/") - path), path) : path;
	const struct sim_object *o = sim_get(s, KMS_KEYS, whole);
	int number = o && !version ? (int)json_num(o->hidden, "primary", 0) : version ? atoi(strrchr(version, '/') + 1) : 0;
	const struct sim_object *v = o ? sim_get(s, KMS_VERSIONS, sim_tmp("%s/cryptoKeyVersions/%d", whole, number)) : NULL;
	bool works = v && !strcmp(json_str(v->doc, "state", ""), "ENABLED") &&
		     sim_allowed(s, sim_tmp("serviceAccount:%s", agent), "cloudkms.cryptoKeyVersions.useToEncrypt", project,
				 sim_tmp("//cloudkms.googleapis.com/%s", whole));
	return !works ? NULL : version ? sim_tmp("%s", key) : sim_tmp("%s/cryptoKeyVersions/%d", key, number);
}
