/* Certificates of Cloud SQL: the instances' authorities, and clients', which are handed out once. */
#include "config.h"

#include "sim/api/sql.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Issued. ---------------------------------------------------------------------------------------------------------- */

/* Keys of Ed25519 come from a seed, so that the same world makes the same certificates. */
static EVP_PKEY *seeded_key(uint64_t seed)
{
	unsigned char raw[32];
	for (size_t i = 0; i < sizeof raw; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		raw[i] = (unsigned char)(seed >> 56);
	}
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw, sizeof raw);
}

/* The authority's key of an instance: a number that its name gives. */
static EVP_PKEY *authority_key(const char *instance)
{
	uint64_t h = 1469598103934665603u;
	for (const char *p = instance; *p; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	return seeded_key(h);
}

static EVP_PKEY *read_public(const char *pem)
{
	BIO *in = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = in ? PEM_read_bio_PUBKEY(in, NULL, NULL, NULL) : NULL;
	BIO_free(in);
	return key;
}

static void name(X509_NAME *n, const char *common_name)
{
	X509_NAME_add_entry_by_txt(n, "C", MBSTRING_ASC, (const unsigned char *)"US", -1, -1, 0);
	X509_NAME_add_entry_by_txt(n, "O", MBSTRING_ASC, (const unsigned char *)"Google, Inc", -1, -1, 0);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0);
}

static X509 *issue(struct sim *s, EVP_PKEY *subject_key, const char *subject, EVP_PKEY *issuer_key, double seconds,
		   bool authority)
{
	X509 *x = X509_new();
	time_t now = (time_t)sim_wall(s);
	if (!x)
		return NULL;
	X509_set_version(x, 2);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), authority ? 0 : sim_random(s) >> 2);
	X509_time_adj_ex(X509_getm_notBefore(x), 0, 0, &now);
	X509_time_adj_ex(X509_getm_notAfter(x), (int)(seconds / 86400), (long)seconds % 86400, &now);
	name(X509_get_subject_name(x), subject);
	name(X509_get_issuer_name(x), "Google Cloud SQL Server CA");
	X509_set_pubkey(x, subject_key);
	X509_EXTENSION *basic = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
						    authority ? "critical,CA:TRUE" : "CA:FALSE");
	if (basic)
		X509_add_ext(x, basic, -1);
	X509_EXTENSION_free(basic);
	X509_sign(x, issuer_key, NULL);
	return x;
}

static cJSON *describe(struct sim *s, X509 *x, const char *instance, const char *common_name, double seconds)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	char *text = NULL, hex[2 * EVP_MAX_MD_SIZE + 1] = "", created[40], expires[40];
	BIO *out = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(out, x);
	long size = BIO_get_mem_data(out, &text);
	const char *pem = sim_tmp("%.*s", (int)(size > 0 ? size : 0), text);
	BIO_free(out);
	X509_digest(x, EVP_sha1(), digest, &len);
	for (unsigned i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get_serialNumber(x), NULL);
	char *serial = BN_bn2dec(number);
	cJSON *doc = json_make(
	    "{'kind':'sql#sslCert','certSerialNumber':%s,'cert':%s,'createTime':%s,'commonName':%s,'expirationTime':%s,"
	    "'sha1Fingerprint':%s,'instance':%s}",
	    serial, pem, text_rfc3339(sim_wall(s), 3, created), common_name, text_rfc3339(sim_wall(s) + seconds, 3, expires),
	    hex, instance);
	OPENSSL_free(serial);
	BN_free(number);
	return doc;
}

cJSON *sql_certificate(struct sim *s, const char *instance, const char *common_name, const char *public_key, double seconds)
{
	EVP_PKEY *authority = authority_key(instance), *key = public_key ? read_public(public_key) : NULL;
	cJSON *doc = NULL;
	if (authority && (key || !public_key)) {
		X509 *x = issue(s, public_key ? key : authority, common_name, authority, seconds, !public_key);
		doc = x ? describe(s, x, instance, common_name, seconds) : NULL;
		X509_free(x);
	}
	EVP_PKEY_free(authority);
	EVP_PKEY_free(key);
	return doc;
}

/* Of clients. ------------------------------------------------------------------------------------------------------------------------ */
static char *pem_of(EVP_PKEY *key, bool private)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long n = 0;
	if (bio &&
	    (private ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) : PEM_write_bio_PUBKEY(bio, key)) == 1)
		n = BIO_get_mem_data(bio, &data);
	char *text = n > 0 ? xstrndup(data, (size_t)n) : xstrdup("");
	BIO_free(bio);
	return text;
}

static bool name_free(struct sim_call *c, const struct sim_object *o, const char *name)
{
	const char *prefix = sim_tmp("%s/", o->key);
	bool taken = false;
	for (struct sim_object *x = sim_first(c->sim, "sql.sslCerts", prefix); x && !taken;
	     x = sim_following(c->sim, x, prefix))
		taken = !strcmp(json_str(x->doc, "commonName", ""), name);
	if (taken)
		sim_fail(c, "ALREADY_EXISTS", "sslCertAlreadyExists", "The SSL certificate already exists.");
	return !taken;
}

/* The private key is shown here and never again. */
static void insert_cert(struct sim_call *c)
{
	struct sim_object *o = sql_running(c);
	const char *name = json_str(c->body, "commonName", "");
	if (!o || sql_busy(c, o))
		return;
	if (!*name || strlen(name) > 64) {
		sql_invalid(c, "The common name of a certificate must have between 1 and 64 characters.");
		return;
	}
	if (!name_free(c, o, name))
		return;
	EVP_PKEY *key = EVP_RSA_gen(2048);
	char *public = pem_of(key, false), *private = pem_of(key, true);
	cJSON *cert = sql_certificate(c->sim, strrchr(o->key, '/') + 1, name, public, 10 * 365 * 86400.0);
	const char *print = sim_tmp("%s", json_str(cert, "sha1Fingerprint", ""));
	json_put_str(cert, "selfLink", sim_tmp(SQL_BASE "%s/sslCerts/%s", o->key, print));
	sim_put(c->sim, "sql.sslCerts", sim_tmp("%s/%s", o->key, print), cJSON_Duplicate(cert, true));
	struct sim_object *op = sql_operation(c, o->key, "UPDATE", "", sim_draw(c->sim, "sql.update"), NULL);
	sql_ok(c, json_make("{'kind':'sql#sslCertsInsert','clientCert':{'certInfo':%j,'certPrivateKey':%s},'serverCaCert':%j,'"
			    "operation':%j}",
			    cert, private, cJSON_Duplicate(json_at(o->doc, "serverCaCert"), true),
			    cJSON_Duplicate(op->doc, true)));
	EVP_PKEY_free(key);
	OPENSSL_cleanse(private, strlen(private));
	free(public);
	free(private);
}

static const struct sim_resource resources[] = {
    {.methods = "sql.sslCerts",
     .collection = "sql.sslCerts",
     .key = SQL_INSTANCE "/{sslCerts}",
     .missing = "The SSL certificate does not exist.",
     .reason = "sslCertDoesNotExist",
     .field = "items",
     .list = "sql#sslCertsList",
     .within = &sql_there,
     .nested = true,
     .seen = sql_seen},
    {0},
};

static void delete_cert(struct sim_call *c)
{
	struct sim_object *x = resource_named(c);
	if (!x)
		return;
	sim_remove(c->sim, x);
	sql_begin(c, resource_text(c, SQL_INSTANCE), "UPDATE", "", sim_draw(c->sim, "sql.update"), NULL);
}

static const struct sim_route routes[] = {
    {"sql.sslCerts.insert", insert_cert, "cloudsql.sslCerts.create", NULL},
    RESOURCE_READS("sql.sslCerts", "cloudsql.sslCerts"),
    {"sql.sslCerts.delete", delete_cert, "cloudsql.sslCerts.delete", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_sql_certificates = {.name = "sqladmin",
					     .service = "sqladmin.googleapis.com",
					     .errors = SIM_ERRORS_LEGACY,
					     .routes = routes,
					     .resources = resources};
