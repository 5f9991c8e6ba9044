/* iam.googleapis.com: keys of service accounts. They are real RSA keys: what was created here signs tokens that the token
 * endpoint checks. Private halves of user-managed keys leave in the reply to their creation and are not kept. */
#include "config.h"
#include "sim/api/iam.h"
#include "sim/api/resource.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/jwt.h"

#include <stdlib.h>
#include <string.h>

#define KEYS "iam.keys"
#define NEVER "9999-12-31T23:59:59Z"

enum { MOST_KEYS = 10, BITS = 2048 };

/* PEM. -------------------------------------------------------------------------------------------------------------------- */

static char *bio_text(BIO *b)
{
	char *data;
	long n = BIO_get_mem_data(b, &data);
	char *text = xstrndup(data, (size_t)n);
	BIO_free(b);
	return text;
}

static char *private_pem(EVP_PKEY *key)
{
	BIO *b = BIO_new(BIO_s_mem());
	PEM_write_bio_PKCS8PrivateKey(b, key, NULL, NULL, 0, NULL, NULL);
	return bio_text(b);
}

static char *public_pem(EVP_PKEY *key)
{
	BIO *b = BIO_new(BIO_s_mem());
	PEM_write_bio_PUBKEY(b, key);
	return bio_text(b);
}

static EVP_PKEY *private_from(const char *pem)
{
	BIO *b = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);
	BIO_free(b);
	return key;
}

/* The certificate that Google shows for a key: self-signed, named after the account. */
static char *certificate(EVP_PKEY *key, const char *common_name, double wall)
{
	X509 *x = X509_new();
	BIO *b = BIO_new(BIO_s_mem());
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	ASN1_TIME_set(X509_getm_notBefore(x), (time_t)wall);
	ASN1_TIME_set_string(X509_getm_notAfter(x), "99991231235959Z");
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_sign(x, key, EVP_sha256());
	PEM_write_bio_X509(b, x);
	X509_free(x);
	return bio_text(b);
}

/* The public key in an uploaded certificate, or NULL. */
static EVP_PKEY *certified(const char *base64)
{
	size_t n;
	unsigned char *pem = identity_unbase64(base64, &n);
	BIO *b = pem ? BIO_new_mem_buf(pem, (int)n) : NULL;
	X509 *x = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
	EVP_PKEY *key = x ? X509_get_pubkey(x) : NULL;
	X509_free(x);
	BIO_free(b);
	free(pem);
	return key;
}

/* The Google-managed key: made when first needed. ------------------------------------------------------------------------- */

static EVP_PKEY *system_key(struct sim *s, struct sim_object *account)
{
	const char *pem = json_str(account->hidden, "privatePem", NULL);
	if (pem)
		return private_from(pem);
	EVP_PKEY *key = EVP_RSA_gen(BITS);
	char *private = private_pem(key), *public = public_pem(key);
	char *cert = certificate(key, json_str(account->doc, "uniqueId", ""), sim_wall(s));
	json_put_str(account->hidden, "privatePem", private);
	json_put_str(account->hidden, "publicPem", public);
	json_put_str(account->hidden, "certificate", cert);
	free(private), free(public), free(cert);
	return key;
}

unsigned char *sim_account_sign(struct sim *s, const char *email, const void *data, size_t len, size_t *out_len,
				const char **key_id)
{
	struct sim_object *o = sim_account(s, email);
	EVP_PKEY *key = o ? system_key(s, o) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *out = NULL;
	*out_len = 0;
	if (key && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(ctx, NULL, out_len, data, len) == 1) {
		out = xmalloc(*out_len);
		EVP_DigestSign(ctx, out, out_len, data, len);
		*key_id = json_str(o->hidden, "systemKey", "");
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return out;
}

const char *sim_account_public_key(struct sim *s, const char *email, const char *key_id)
{
	struct sim_object *account = sim_account(s, email);
	if (!account || json_bool(account->doc, "disabled", false))
		return NULL;
	if (!strcmp(json_str(account->hidden, "systemKey", ""), key_id))
		return json_str(account->hidden, "publicPem", NULL);
	struct sim_object *o = sim_get(s, KEYS, sim_tmp("%s/keys/%s", account->key, key_id));
	return o && !json_bool(o->doc, "disabled", false) ? json_str(o->hidden, "publicPem", NULL) : NULL;
}

static bool verified(const char *pem, const char *token)
{
	EVP_PKEY *key = pem ? jwt_public_key(pem) : NULL;
	bool good = key && oidc_jwt_verify(key, token);
	EVP_PKEY_free(key);
	return good;
}

bool sim_account_signed(struct sim *s, const char *email, const char *key_id, const char *token)
{
	struct sim_object *account = sim_account(s, email);
	if (*key_id || !account || json_bool(account->doc, "disabled", false))
		return verified(sim_account_public_key(s, email, key_id), token);
	if (verified(json_str(account->hidden, "publicPem", NULL), token))
		return true;
	const char *prefix = sim_tmp("%s/keys/", account->key);
	bool good = false;
	for (struct sim_object *o = sim_first(s, KEYS, prefix); o && !good; o = sim_following(s, o, prefix))
		good = !json_bool(o->doc, "disabled", false) && verified(json_str(o->hidden, "publicPem", NULL), token);
	return good;
}

void sim_account_keys_gone(struct sim *s, const char *account_key)
{
	resource_forget_below(s, KEYS, sim_tmp("%s/", account_key));
}

/* Methods. ---------------------------------------------------------------------------------------------------------------- */

static int count_keys(struct sim *s, const char *account_key)
{
	const char *prefix = sim_tmp("%s/keys/", account_key);
	int n = 0;
	for (struct sim_object *o = sim_first(s, KEYS, prefix); o; o = sim_following(s, o, prefix))
		n++;
	return n;
}

/* Organization policy and the number of keys may forbid one more. */
static bool forbidden(struct sim_call *c, const struct sim_object *account, const char *constraint, const char *words)
{
	if (sim_constraint(c->sim, json_str(account->doc, "projectId", ""), constraint, NULL)) {
		const char *type = sim_tmp("constraints/%s", constraint),
			   *subject = sim_tmp("%s?configvalue=%s", account->key, json_str(account->doc, "email", ""));
		sim_fail_with(c, 0, "FAILED_PRECONDITION", NULL,
			      json_make("[{'@type':'type.googleapis.com/"
					"google.rpc.PreconditionFailure','violations':[{'type':%s,'subject':%s,"
					"'description':%s}]}]",
					type, subject, words),
			      "%s", words);
		return true;
	}
	if (count_keys(c->sim, account->key) < MOST_KEYS)
		return false;
	sim_fail(c, "FAILED_PRECONDITION", NULL, "Precondition check failed.");
	return true;
}

static struct sim_object *put_key(struct sim_call *c, struct sim_object *account, EVP_PKEY *key, bool google)
{
	char *id = sim_hex(c->sim, 40);
	const char *name = sim_tmp("%s/keys/%s", account->key, id), *now = sim_stamp(c->sim, 0);
	char *pem = public_pem(key);
	struct sim_object *o = sim_put(c->sim, KEYS, name,
				       json_make("{'name':%s,'validAfterTime':%s,'validBeforeTime':'" NEVER
						 "','keyAlgorithm':'KEY_ALG_RSA_2048',"
						 "'keyOrigin':%s,'keyType':'USER_MANAGED'}",
						 name, now, google ? "GOOGLE_PROVIDED" : "USER_PROVIDED"));
	json_put_str(o->hidden, "publicPem", pem);
	json_put_str(o->hidden, "id", id);
	free(id), free(pem);
	return o;
}

/* The JSON file that clients use as GOOGLE_APPLICATION_CREDENTIALS. */
static char *credentials_file(const struct sim_object *account, const struct sim_object *key, const char *pem)
{
	const char *email = json_str(account->doc, "email", "");
	struct buf encoded = {0};
	text_percent(&encoded, email, false);
	const char *cert = sim_tmp("https://www.googleapis.com/robot/v1/metadata/x509/%s", buf_text(&encoded));
	cJSON *file = json_make(
	    "{'type':'service_account','project_id':%s,'private_key_id':%s,'private_key':%s,'client_email':%s,'client_id':%"
	    "s,"
	    "'auth_uri':'https://accounts.google.com/o/oauth2/auth','token_uri':'https://oauth2.googleapis.com/token',"
	    "'auth_provider_x509_cert_url':'https://www.googleapis.com/oauth2/v1/certs','client_x509_cert_url':%s,"
	    "'universe_domain':'googleapis.com'}",
	    json_str(account->doc, "projectId", ""), json_str(key->hidden, "id", ""), pem, email,
	    json_str(account->doc, "uniqueId", ""), cert);
	char *text = json_text(file, 2), *base64 = identity_base64(text, strlen(text));
	cJSON_Delete(file);
	buf_free(&encoded);
	free(text);
	return base64;
}

static void key_create(struct sim_call *c)
{
	struct sim_object *account = sim_account_for(c, "iam.serviceAccountKeys.create");
	if (!account || forbidden(c, account, "iam.disableServiceAccountKeyCreation",
				  "Key creation is not allowed on this service account."))
		return;
	EVP_PKEY *key = EVP_RSA_gen(BITS);
	struct sim_object *o = put_key(c, account, key, true);
	char *pem = private_pem(key), *cert = certificate(key, json_str(account->doc, "uniqueId", ""), sim_wall(c->sim));
	char *file = credentials_file(account, o, pem);
	cJSON *reply = cJSON_Duplicate(o->doc, true);
	json_put_str(o->hidden, "certificate", cert);
	cJSON_AddStringToObject(reply, "privateKeyType", "TYPE_GOOGLE_CREDENTIALS_FILE");
	cJSON_AddStringToObject(reply, "privateKeyData", file);
	sim_ok(c, reply);
	EVP_PKEY_free(key);
	free(pem), free(cert), free(file);
}

static void iam_keys_upload(struct sim_call *c)
{
	struct sim_object *account = sim_account_for(c, "iam.serviceAccountKeys.create");
	if (!account ||
	    forbidden(c, account, "iam.disableServiceAccountKeyUpload", "Key upload is not allowed on this service account."))
		return;
	EVP_PKEY *key = certified(json_str(c->body, "publicKeyData", ""));
	if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		sim_ok(c, cJSON_Duplicate(put_key(c, account, key, false)->doc, true));
	else
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The public key data is not a valid X.509 certificate with an RSA key.");
	EVP_PKEY_free(key);
}

static cJSON *system_doc(struct sim *s, const struct sim_object *account)
{
	char until[40];
	const char *name = sim_tmp("%s/keys/%s", account->key, json_str(account->hidden, "systemKey", ""));
	const char *now = sim_stamp(s, 0);
	text_rfc3339(sim_wall(s) + 2 * 365 * 86400.0, 0, until);
	cJSON *doc = json_make("{'name':%s,'validAfterTime':%s,'validBeforeTime':%s,'keyAlgorithm':'KEY_ALG_RSA_2048',"
			       "'keyOrigin':'GOOGLE_PROVIDED','keyType':'SYSTEM_MANAGED'}",
			       name, json_str(account->hidden, "since", now), until);
	return doc;
}

/* keyTypes comes once or repeated; without it, all. */
static bool wants_type(const struct sim_call *c, const char *type)
{
	const cJSON *types = json_at(c->params, "keyTypes"), *t;
	if (!types || cJSON_IsString(types))
		return !types || !strcmp(types->valuestring, type);
	cJSON_ArrayForEach(t, types)
		if (cJSON_IsString(t) && !strcmp(t->valuestring, type))
			return true;
	return false;
}

static void key_list(struct sim_call *c)
{
	struct sim_object *account = sim_account_for(c, "iam.serviceAccountKeys.list");
	if (!account)
		return;
	const char *prefix = sim_tmp("%s/keys/", account->key);
	cJSON *keys = cJSON_CreateArray();
	if (wants_type(c, "USER_MANAGED"))
		for (struct sim_object *o = sim_first(c->sim, KEYS, prefix); o; o = sim_following(c->sim, o, prefix))
			cJSON_AddItemToArray(keys, cJSON_Duplicate(o->doc, true));
	if (wants_type(c, "SYSTEM_MANAGED"))
		cJSON_AddItemToArray(keys, system_doc(c->sim, account));
	cJSON *reply = cJSON_CreateObject();
	sim_put_list(reply, "keys", keys);
	sim_ok(c, reply);
}

/* Held against the permission that is called as the method is. */
static struct sim_object *iam_keys_find(struct sim_call *c, const struct sim_resource *r)
{
	struct sim_object *account = sim_account_for(c, sim_tmp("iam.serviceAccountKeys.%s", c->id + strlen(r->methods) + 1));
	if (!account)
		return NULL;
	struct sim_object *o = sim_get(c->sim, KEYS, sim_tmp("%s/keys/%s", account->key, sim_path_part(c, "keys")));
	if (!o)
		sim_fail(c, "NOT_FOUND", NULL, "Service account key %s does not exist.", sim_path_part(c, "keys"));
	return o;
}

static cJSON *iam_keys_seen(const struct sim_call *c, const struct sim_object *o)
{
	const char *type = sim_param(c, "publicKeyType");
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	if (*type && strcmp(type, "TYPE_NONE")) {
		const char *pem = json_str(o->hidden, !strcmp(type, "TYPE_RAW_PUBLIC_KEY") ? "publicPem" : "certificate", "");
		char *data = identity_base64(pem, strlen(pem));
		cJSON_AddStringToObject(doc, "publicKeyData", data);
		free(data);
	}
	return doc;
}

static void key_enable(struct sim_call *c)
{
	sim_set_disabled(c, resource_named(c), false);
}

static void key_disable(struct sim_call *c)
{
	sim_set_disabled(c, resource_named(c), true);
}

/* Anyone may read an account's certificates, to check what it signed. */
static void iam_keys_certificates(struct sim_call *c)
{
	const char *slash = strrchr(c->path, '/');
	struct sim_object *account = sim_account(c->sim, slash ? slash + 1 : "");
	if (!account) {
		sim_fail_with(c, 404, "NOT_FOUND", NULL, NULL, "Unknown service account");
		return;
	}
	EVP_PKEY_free(system_key(c->sim, account));
	cJSON *all = cJSON_CreateObject();
	cJSON_AddStringToObject(all, json_str(account->hidden, "systemKey", ""), json_str(account->hidden, "certificate", ""));
	const char *prefix = sim_tmp("%s/keys/", account->key);
	for (struct sim_object *o = sim_first(c->sim, KEYS, prefix); o; o = sim_following(c->sim, o, prefix))
		if (json_at(o->hidden, "certificate"))
			cJSON_AddStringToObject(all, json_str(o->hidden, "id", ""), json_str(o->hidden, "certificate", ""));
	char *text = json_text(all, 2);
	sim_bytes(c, 200, "application/json; charset=UTF-8", text, strlen(text));
	cJSON_Delete(all);
	free(text);
}

static const struct sim_resource resources[] = {
    {.methods = "iam.projects.serviceAccounts.keys", .collection = KEYS, .find = iam_keys_find, .seen = iam_keys_seen},
    {0},
};

static const struct sim_route routes[] = {
    {"iam.projects.serviceAccounts.keys.create", key_create, NULL, NULL},
    {"iam.projects.serviceAccounts.keys.upload", iam_keys_upload, NULL, NULL},
    {"iam.projects.serviceAccounts.keys.list", key_list, NULL, NULL},
    {"iam.projects.serviceAccounts.keys.get", resource_get, NULL, NULL},
    {"iam.projects.serviceAccounts.keys.delete", resource_delete, NULL, NULL},
    {"iam.projects.serviceAccounts.keys.enable", key_enable, NULL, NULL},
    {"iam.projects.serviceAccounts.keys.disable", key_disable, NULL, NULL},
    {0},
};

static const struct sim_route public_routes[] = {
    {"GET www.googleapis.com/robot/v1/metadata/x509/*", iam_keys_certificates, NULL, NULL},
    {"GET www.googleapis.com/service_accounts/v1/metadata/x509/*", iam_keys_certificates, NULL, NULL},
    {0},
};

const struct sim_api sim_api_iam_keys = {
    .name = "iam",
    .service = "iam.googleapis.com",
    .errors = SIM_ERRORS_BOTH,
    .routes = routes,
    .resources = resources,
};
const struct sim_api sim_api_iam_certificates = {.name = "certificates", .errors = SIM_ERRORS_AIP, .routes = public_routes};
