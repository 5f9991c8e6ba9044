/* What Cloud SQL's connectors ask: connection settings and short-lived client certificates; the instances' certificate authorities; tiers and
 * flags. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/sql.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/table.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Certificates. ---------------------------------------------------------------------------------------------------------- */

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

/* Connectors. ------------------------------------------------------------------------------------------------------------ */
static void sql_connect_settings(struct sim_call *c)
{
	struct sim_object *o = sql_instance(c, false);
	if (!o)
		return;
	static const char *const shown[] = {"serverCaCert",    "ipAddresses",    "region",
					    "databaseVersion", "backendType",    "dnsName",
					    "dnsNames",        "connectionName", NULL};
	cJSON *doc = json_make("{'kind':'sql#connectSettings','serverCaMode':'GOOGLE_MANAGED_INTERNAL_CA','pscEnabled':%b}",
			       json_bool(o->doc, "settings.ipConfiguration.pscConfig.pscEnabled", false));
	for (const char *const *f = shown; *f; f++)
		if (json_at(o->doc, *f))
			json_put(doc, *f, cJSON_Duplicate(json_at(o->doc, *f), true));
	sql_ok(c, doc);
}

static void sql_connect_ephemeral(struct sim_call *c)
{
	struct sim_object *o = sql_running(c);
	if (!o)
		return;
	cJSON *cert = sql_certificate(c->sim, json_str(o->doc, "name", ""), "Google Cloud SQL Client",
				      json_str(c->body, "public_key", ""), 3600);
	if (!cert)
		sql_invalid(c, "Invalid public key.");
	else if (!strcmp(c->id, "sql.connect.generateEphemeral"))
		sql_ok(c, json_make("{'ephemeralCert':%j}", cert));
	else
		sql_ok(c, cert);
}

/* Client certificates. --------------------------------------------------------------------------------------------------- */
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

/* Tiers and flags. ------------------------------------------------------------------------------------------------------- */
TABLE_OF(tier_table, "tiers.tbl", 3);
TABLE_OF(flag_table, "sql_flags.tbl", 7);

static void sql_connect_tiers(struct sim_call *c)
{
	cJSON *items = cJSON_CreateArray(), *regions = cJSON_CreateArray();
	for (size_t i = 0; sim_region_at(i); i++)
		cJSON_AddItemToArray(regions, cJSON_CreateString(sim_region_at(i)->name));
	for (size_t i = 0; i < table_rows(&tier_table); i++)
		cJSON_AddItemToArray(items, json_make("{'kind':'sql#tier','tier':%s,'RAM':%s,'DiskQuota':%s,'region':%j}",
						      table_cell(&tier_table, i, 0), table_cell(&tier_table, i, 1),
						      table_cell(&tier_table, i, 2), cJSON_Duplicate(regions, true)));
	cJSON_Delete(regions);
	sql_ok(c, json_make("{'kind':'sql#tiersList','items':%j}", items));
}

static bool flag_of_postgres(size_t row)
{
	return !strcmp(table_cell(&flag_table, row, 1), "postgres");
}

/* The engine's flag of this name; table_rows where there is none. */
static size_t flag_row(const char *name, bool postgres)
{
	size_t i = 0;
	while (i < table_rows(&flag_table) && (strcmp(table_cell(&flag_table, i, 0), name) || flag_of_postgres(i) != postgres))
		i++;
	return i;
}

bool sql_flag_known(const char *name, bool postgres)
{
	return flag_row(name, postgres) < table_rows(&flag_table);
}

static bool one_of(const char *list, const char *word)
{
	size_t len = strlen(word);
	for (const char *p = list; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strcspn(p, " ") == len && !strncmp(p, word, len))
			return true;
	return false;
}

static bool number_fits(size_t row, const char *value)
{
	char *end;
	bool whole = !strcmp(table_cell(&flag_table, row, 2), "INTEGER");
	double n = strtod(value, &end);
	const char *least = table_cell(&flag_table, row, 4), *most = table_cell(&flag_table, row, 5);
	return end != value && !*end && !(whole && strpbrk(value, ".eExX")) && (!*least || n >= strtod(least, NULL)) &&
	       (!*most || n <= strtod(most, NULL));
}

bool sql_flag_takes(const char *name, bool postgres, const char *value)
{
	size_t row = flag_row(name, postgres);
	const char *type = table_cell(&flag_table, row, 2), *values = table_cell(&flag_table, row, 6);
	if (!strcmp(type, "BOOLEAN"))
		return one_of("on off", value);
	return strcmp(type, "STRING") ? number_fits(row, value) : !*values || one_of(values, value);
}

static void sql_connect_flags(struct sim_call *c)
{
	static const char pg[] = "['POSTGRES_13','POSTGRES_14','POSTGRES_15','POSTGRES_16','POSTGRES_17','POSTGRES_18']";
	static const char my[] = "['MYSQL_5_7','MYSQL_8_0','MYSQL_8_4']";
	const char *version = sim_param(c, "databaseVersion");
	cJSON *items = cJSON_CreateArray();
	for (size_t i = 0; i < table_rows(&flag_table); i++) {
		bool postgres = flag_of_postgres(i);
		if (*version && postgres != text_starts(version, "POSTGRES"))
			continue;
		cJSON *f = json_make("{'kind':'sql#flag','name':%s,'type':%s,'requiresRestart':%b,'appliesTo':%j}",
				     table_cell(&flag_table, i, 0), table_cell(&flag_table, i, 2),
				     !strcmp(table_cell(&flag_table, i, 3), "restart"), json_make(postgres ? pg : my));
		static const char *const bounds[] = {"minValue", "maxValue"};
		for (size_t n = 0; n < 2; n++) { /* whole numbers; what has none has no bound */
			const char *bound = table_cell(&flag_table, i, 4 + n);
			if (*bound && !strchr(bound, '.'))
				json_put_str(f, bounds[n], bound);
		}
		cJSON_AddItemToArray(items, f);
	}
	sql_ok(c, json_make("{'kind':'sql#flagsList','items':%j}", items));
}

static const struct sim_route routes[] = {
    {"sql.connect.get", sql_connect_settings, "cloudsql.instances.connect", NULL},
    {"sql.connect.generateEphemeral", sql_connect_ephemeral, "cloudsql.instances.connect", NULL},
    {"sql.sslCerts.createEphemeral", sql_connect_ephemeral, "cloudsql.sslCerts.createEphemeral", NULL},
    RESOURCE_READS("sql.sslCerts", "cloudsql.sslCerts"),
    {"sql.sslCerts.delete", delete_cert, "cloudsql.sslCerts.delete", NULL},
    {"sql.tiers.list", sql_connect_tiers, NULL, NULL},
    {"sql.flags.list", sql_connect_flags, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_sql_connect = {.name = "sqladmin",
					.service = "sqladmin.googleapis.com",
					.errors = SIM_ERRORS_LEGACY,
					.routes = routes,
					.resources = resources};
