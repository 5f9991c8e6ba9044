/* certificatemanager.googleapis.com v1: certificates, DNS authorizations, certificate maps and their entries. All changes are
 * operations. A managed certificate is provisioned when the record of its DNS authorization leads where it must; what is used
 * cannot be deleted. */
#include "config.h"
#include "sim/api/identity.h"
#include "sim/api/resource.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OPERATIONS "certificatemanager.operations"
#define TYPE "type.googleapis.com/google.cloud.certificatemanager.v1."

enum { RETRY = 600, CHECKS = 500 };

static struct sim_object *find(struct sim_call *c, const struct sim_resource *r);

#define L "certificatemanager.projects.locations."
#define KIND(methods_, name, where, segment)                                                                                                           \
	{.methods = L methods_, .collection = "certificatemanager." name, .key = "projects/{project}/locations/{locations}/" where "{" segment "}",      \
	 .field = segment, .find = find}
enum { CERTIFICATE, MAP, ENTRY, AUTHORIZATION };
static const struct sim_resource resources[] = {
	[CERTIFICATE] = KIND("certificates", "certificates", "certificates/", "certificates"),
	[MAP] = KIND("certificateMaps", "certificateMaps", "certificateMaps/", "certificateMaps"),
	[ENTRY] = KIND("certificateMaps.certificateMapEntries", "certificateMapEntries", "certificateMaps/{certificateMaps}/certificateMapEntries/",
		       "certificateMapEntries"),
	[AUTHORIZATION] = KIND("dnsAuthorizations", "dnsAuthorizations", "dnsAuthorizations/", "dnsAuthorizations"),
	{0},
};
static const struct sim_resource *const certificates = &resources[CERTIFICATE], *const maps = &resources[MAP], *const entries = &resources[ENTRY],
				 *const authorizations = &resources[AUTHORIZATION];
static const struct kind {
	const char *id_param, *type, *word;
} kinds[] = {
	[CERTIFICATE] = {"certificateId", TYPE "Certificate", "certificate"},
	[MAP] = {"certificateMapId", TYPE "CertificateMap", "certificateMap"},
	[ENTRY] = {"certificateMapEntryId", TYPE "CertificateMapEntry", "certificateMapEntry"},
	[AUTHORIZATION] = {"dnsAuthorizationId", TYPE "DnsAuthorization", "dnsAuthorization"},
};

static const struct kind *kind_of(const struct sim_resource *r)
{
	return &kinds[r - resources];
}

/* Names. ------------------------------------------------------------------------------------------------------------------ */

static struct sim_object *find(struct sim_call *c, const struct sim_resource *r)
{
	const char *key = resource_text(c, r->key);
	struct sim_object *o = sim_get(c->sim, r->collection, key);
	if (!o && !strcmp(sim_path_part(c, "locations"), "global"))
		sim_fail(c, "NOT_FOUND", NULL, "Resource '%s' was not found", key);
	else if (!o)
		sim_fail(c, "NOT_FOUND", NULL, "%s \"%s\" not found", kind_of(r)->word, key);
	return o;
}

/* A reference to a resource by id or number, as a key. */
static char *by_id(struct sim *s, const char *name)
{
	size_t skip = strlen("projects/"), n = text_starts(name, "projects/") ? strcspn(name + skip, "/") : 0;
	char *project = xstrndup(name + (n ? skip : 0), n);
	const char *id = n ? sim_project_id(s, project) : NULL;
	char *key = id ? xasprintf("projects/%s%s", id, name + skip + n) : xstrdup(name);
	free(project);
	return key;
}

/* Google shows references with the project's number. */
static void number_list(struct sim *s, cJSON *doc, const char *path)
{
	cJSON *one;
	cJSON_ArrayForEach(one, json_at(doc, path)) {
		bool named = cJSON_IsString(one) && text_starts(one->valuestring, "projects/");
		char *key = named ? by_id(s, one->valuestring) : NULL;
		size_t n = key ? strcspn(key + strlen("projects/"), "/") : 0;
		char *project = key ? xstrndup(key + strlen("projects/"), n) : NULL;
		const char *number = project ? sim_project_number(s, project) : NULL;
		if (number) {
			char *shown = xasprintf("projects/%s%s", number, key + strlen("projects/") + n);
			cJSON_SetValuestring(one, shown);
			free(shown);
		}
		free(key), free(project);
	}
}

/* Operations. ------------------------------------------------------------------------------------------------------------- */

static void finished(struct sim *s, const cJSON *arg)
{
	struct sim_object *op = sim_get(s, OPERATIONS, json_str(arg, "operation", ""));
	const char *type = json_str(arg, "type", NULL);
	struct sim_object *o = sim_get(s, json_str(arg, "collection", ""), json_str(arg, "key", ""));
	char *now = sim_time(s, 9);
	if (op) {
		cJSON *response = type && o ? cJSON_Duplicate(o->doc, true) : cJSON_CreateObject();
		cJSON_AddStringToObject(response, "@type", type && o ? type : "type.googleapis.com/google.protobuf.Empty");
		/* Operations of maps and authorizations leave labels out; those of certificates and entries do not. */
		if (type && (!strcmp(type, kinds[MAP].type) || !strcmp(type, kinds[AUTHORIZATION].type)))
			json_drop(response, "labels");
		json_put_str(op->doc, "metadata.endTime", now);
		json_put_bool(op->doc, "done", true);
		cJSON_AddItemToObject(op->doc, "response", response);
	}
	free(now);
}

static bool spoil(struct sim *s, const cJSON *arg, const cJSON *error)
{
	struct sim_object *op = sim_get(s, OPERATIONS, json_str(arg, "operation", ""));
	struct sim_object *o = sim_get(s, json_str(arg, "collection", ""), json_str(arg, "key", ""));
	if (!op)
		return false;
	if (o && !strcmp(json_str(op->doc, "metadata.verb", ""), "create"))
		sim_remove(s, o);
	json_put_bool(op->doc, "done", true);
	json_put(op->doc, "error", cJSON_Duplicate(error, true));
	return true;
}

static void answer(struct sim_call *c, const char *key, const char *verb)
{
	const struct sim_resource *r = resource_of(c);
	char uuid[37], *now = sim_time(c->sim, 9);
	sim_uuid(c->sim, uuid);
	char *name = xasprintf("projects/%s/locations/%s/operations/operation-%lld-%.13s-%.8s-%.8s", c->project,
			       sim_path_part(c, "locations"), (long long)(sim_wall(c->sim) * 1000), uuid + 23, uuid, uuid + 28);
	bool gone = !strcmp(verb, "delete");
	struct sim_object *op = sim_put(c->sim, OPERATIONS, name,
					json_make("{'name':%s,'metadata':{'@type':'" TYPE
						  "OperationMetadata','createTime':%s,'target':%s,'verb':%s,"
						  "'requestedCancellation':%b,'apiVersion':'v1'},'done':%b}",
						  name, now, key, verb, 0, 0));
	char *duration = xasprintf("certificatemanager.%s", verb);
	sim_after(c->sim, sim_draw(c->sim, duration), finished,
		  json_make("{'operation':%s,'collection':%s,'key':%s,'type':%s}", name, r->collection, key,
			    gone ? NULL : kind_of(r)->type));
	sim_ok(c, cJSON_Duplicate(op->doc, true));
	free(now), free(name), free(duration);
}

static void get_operation(struct sim_call *c)
{
	char *key = xasprintf("projects/%s/locations/%s/operations/%s", c->project, sim_path_part(c, "locations"),
			      sim_path_part(c, "operations"));
	struct sim_object *o = sim_get(c->sim, OPERATIONS, key);
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, true));
	else
		sim_fail(c, "NOT_FOUND", NULL, "Resource '%s' was not found", key);
	free(key);
}

/* Certificates. ----------------------------------------------------------------------------------------------------------- */

static void add_names(X509 *x, cJSON *names)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	char common[256];
	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);
		if (g->type == GEN_DNS)
			cJSON_AddItemToArray(names, cJSON_CreateString((const char *)ASN1_STRING_get0_data(g->d.dNSName)));
	}
	GENERAL_NAMES_free(all);
	if (!cJSON_GetArraySize(names) &&
	    X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, common, sizeof common) > 0)
		cJSON_AddItemToArray(names, cJSON_CreateString(common));
}

/* Reads an uploaded certificate: names and end go to the resource, the private key nowhere. */
static bool take_certificate(struct sim_call *c, cJSON *doc)
{
	const char *pem = json_str(doc, "selfManaged.pemCertificate", "");
	BIO *b = BIO_new_mem_buf(pem, -1);
	X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);
	struct tm tm;
	char end[40];
	BIO_free(b);
	if (!x) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Could not parse the certificate: the PEM data is not valid.");
		return false;
	}
	ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm);
	strftime(end, sizeof end, "%Y-%m-%dT%H:%M:%SZ", &tm);
	cJSON *names = cJSON_CreateArray();
	add_names(x, names);
	X509_free(x);
	json_put_str(doc, "pemCertificate", pem);
	json_put_str(doc, "expireTime", end);
	json_put(doc, "sanDnsnames", names);
	json_put(doc, "selfManaged", cJSON_CreateObject());
	return true;
}

/* Does the world's DNS hold the record that the authorization asks for? */
static bool authorized(struct sim *s, const struct sim_object *authorization)
{
	const char *name = json_str(authorization->doc, "dnsResourceRecord.name", ""),
		   *data = json_str(authorization->doc, "dnsResourceRecord.data", "");
	for (struct sim_object *o = sim_first(s, "dns.rrsets", "projects/"); o; o = sim_following(s, o, "projects/"))
		if (!strcmp(json_str(o->doc, "name", ""), name) && !strcmp(json_str(o->doc, "rrdatas.0", ""), data))
			return true;
	return false;
}

/* Does a rule whose proxy uses the map stand where the domain leads? */
static bool leads_to_map(struct sim *s, const char *map, const char *domain)
{
	for (struct sim_object *r = sim_first(s, "compute.forwardingRules", "projects/"); r; r = sim_following(s, r, "projects/")) {
		const char *target = json_str(r->doc, "target", ""), *at = strstr(target, "projects/");
		const struct sim_object *proxy = at ? sim_get(s, "compute.targetHttpsProxies", at) : NULL;
		const char *its = proxy ? strstr(json_str(proxy->doc, "certificateMap", ""), "projects/") : NULL;
		char *key = its ? by_id(s, its) : NULL;
		bool same = key && !strcmp(key, map);
		free(key);
		if (same && sim_dns_leads(s, domain, json_str(r->doc, "IPAddress", "")))
			return true;
	}
	return false;
}

/* Without DNS authorizations it is the load balancer that authorizes: the domain leads to one that serves the certificate by an entry of its map. */
static bool balanced(struct sim *s, const struct sim_object *certificate)
{
	const cJSON *d, *one;
	cJSON_ArrayForEach(d, json_at(certificate->doc, "managed.domains")) {
		bool found = false;
		for (struct sim_object *e = sim_first(s, entries->collection, "projects/"); e && !found; e = sim_following(s, e, "projects/")) {
			char *map = xstrndup(e->key, (size_t)(strstr(e->key, "/certificateMapEntries/") - e->key));
			cJSON_ArrayForEach(one, json_at(e->doc, "certificates")) {
				char *its = by_id(s, one->valuestring);
				found = found || (its && !strcmp(its, certificate->key) && leads_to_map(s, map, d->valuestring));
				free(its);
			}
			free(map);
		}
		if (!found)
			return false;
	}
	return true;
}

static bool all_authorized(struct sim *s, const struct sim_object *certificate)
{
	const cJSON *a, *doc = certificate->doc;
	int n = 0;
	if (!json_at(doc, "managed.dnsAuthorizations.0"))
		return balanced(s, certificate);
	cJSON_ArrayForEach(a, json_at(doc, "managed.dnsAuthorizations")) {
		char *key = by_id(s, cJSON_IsString(a) ? a->valuestring : "");
		struct sim_object *o = sim_get(s, authorizations->collection, key);
		free(key);
		if (!o || !authorized(s, o))
			return false;
		n++;
	}
	return n > 0;
}

static void attempts(struct sim *s, cJSON *doc, const char *state)
{
	cJSON *all = cJSON_CreateArray();
	const cJSON *d;
	char *now = sim_time(s, 9);
	cJSON_ArrayForEach(d, json_at(doc, "managed.domains")) {
		cJSON *one = json_make("{'domain':%s,'state':%s,'attemptTime':%s}", d->valuestring, state, now);
		if (!strcmp(state, "FAILED"))
			cJSON_AddStringToObject(one, "failureReason", "CONFIG");
		cJSON_AddItemToArray(all, one);
	}
	json_put(doc, "managed.authorizationAttemptInfo", all);
	free(now);
}

static void provision(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, certificates->collection, json_str(arg, "key", ""));
	int left = (int)json_num(arg, "left", 0);
	char until[40];
	if (!o || !json_at(o->doc, "managed") || !left)
		return;
	if (all_authorized(s, o)) {
		json_put_str(o->doc, "managed.state", "ACTIVE");
		json_drop(o->doc, "managed.provisioningIssue");
		attempts(s, o->doc, "AUTHORIZED");
		json_put_str(o->doc, "expireTime", text_rfc3339(sim_wall(s) + 90 * 86400.0, 0, until));
		json_put(o->doc, "sanDnsnames", cJSON_Duplicate(json_at(o->doc, "managed.domains"), true));
		return;
	}
	json_put_str(o->doc, "managed.provisioningIssue.reason", "AUTHORIZATION_ISSUE");
	attempts(s, o->doc, "FAILED");
	sim_after(s, RETRY, provision, json_make("{'key':%s,'left':%d}", json_str(arg, "key", ""), left - 1));
}

static bool certificate_ok(struct sim_call *c, cJSON *doc, const char *key)
{
	if (json_at(doc, "selfManaged"))
		return take_certificate(c, doc);
	if (!cJSON_GetArraySize(json_at(doc, "managed.domains"))) {
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "A certificate must be self-managed or managed with at least one domain.");
		return false;
	}
	json_put_str(doc, "managed.state", "PROVISIONING");
	number_list(c->sim, doc, "managed.dnsAuthorizations");
	attempts(c->sim, doc, "AUTHORIZING");
	sim_after(c->sim, sim_draw(c->sim, "compute.sslCertificate.provision"), provision,
		  json_make("{'key':%s,'left':%d}", key, CHECKS));
	return true;
}

static bool complete_authorization(struct sim_call *c, cJSON *doc)
{
	if (!*json_str(doc, "domain", "")) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Domain must be specified.");
		return false;
	}
	char uuid[37], *name = xasprintf("_acme-challenge.%s.", json_str(doc, "domain", ""));
	sim_uuid(c->sim, uuid);
	char *data = xasprintf("%s.%d.authorize.certificatemanager.goog.", uuid, (int)(sim_random(c->sim) % 20));
	if (!json_at(doc, "type"))
		json_put_str(doc, "type", "FIXED_RECORD");
	json_put(doc, "dnsResourceRecord", json_make("{'name':%s,'type':'CNAME','data':%s}", name, data));
	free(name), free(data);
	return true;
}

/* What each kind needs before it is stored; false: answered. */
static bool complete(struct sim_call *c, const struct sim_resource *r, cJSON *doc, const char *key)
{
	if (r == certificates)
		return certificate_ok(c, doc, key);
	if (r == authorizations)
		return complete_authorization(c, doc);
	if (r == entries) {
		number_list(c->sim, doc, "certificates");
		json_put_str(doc, "state", "PENDING");
	}
	return true;
}

/* Methods. ---------------------------------------------------------------------------------------------------------------- */

static void create(struct sim_call *c)
{
	const struct sim_resource *r = resource_of(c);
	const char *key = sim_tmp("%s%s", resource_prefix(c, r), sim_param(c, kind_of(r)->id_param));
	if (r == entries && !find(c, maps))
		return;
	if (sim_get(c->sim, r->collection, key)) {
		sim_fail(c, "ALREADY_EXISTS", NULL, "Resource '%s' already exists", key);
		return;
	}
	char *now = sim_time(c->sim, 9);
	cJSON *doc = sim_take_body(c);
	json_put_str(doc, "name", key);
	json_put_str(doc, "createTime", now);
	json_put_str(doc, "updateTime", now);
	if (complete(c, r, doc, key)) {
		sim_put(c->sim, r->collection, key, doc);
		answer(c, key, "create");
	} else {
		cJSON_Delete(doc);
	}
	free(now);
}

static void patch(struct sim_call *c)
{
	const struct sim_resource *r = resource_of(c);
	struct sim_object *o = find(c, r);
	char *now;
	if (!o)
		return;
	sim_merge(o->doc, c->body, sim_param(c, "updateMask"));
	json_put_str(o->doc, "name", o->key);
	if (r == entries)
		number_list(c->sim, o->doc, "certificates");
	if (r == certificates && json_at(o->doc, "selfManaged.pemCertificate") && !take_certificate(c, o->doc))
		return;
	now = sim_time(c->sim, 9);
	json_put_str(o->doc, "updateTime", now);
	answer(c, o->key, "update");
	free(now);
}

static bool lists(struct sim *s, const cJSON *names, const char *key)
{
	const cJSON *one;
	bool yes = false;
	cJSON_ArrayForEach(one, names) {
		char *its = cJSON_IsString(one) ? by_id(s, one->valuestring) : NULL;
		yes = yes || (its && !strcmp(its, key));
		free(its);
	}
	return yes;
}

static bool referred(struct sim *s, const struct sim_resource *by, const char *path, const char *key)
{
	for (struct sim_object *o = sim_first(s, by->collection, "projects/"); o; o = sim_following(s, o, "projects/"))
		if (lists(s, json_at(o->doc, path), key))
			return true;
	return false;
}

/* A target proxy with this map. */
static bool served(struct sim *s, const char *key)
{
	for (struct sim_object *o = sim_first(s, "compute.targetHttpsProxies", "projects/"); o;
	     o = sim_following(s, o, "projects/")) {
		const char *map = json_str(o->doc, "certificateMap", ""), *at = strstr(map, "projects/");
		char *its = at ? by_id(s, at) : NULL;
		bool same = its && !strcmp(its, key);
		free(its);
		if (same)
			return true;
	}
	return false;
}

static bool in_use(struct sim *s, const struct sim_resource *r, const char *key)
{
	if (r == certificates)
		return referred(s, entries, "certificates", key);
	if (r == authorizations)
		return referred(s, certificates, "managed.dnsAuthorizations", key);
	if (r != maps)
		return false;
	char *prefix = xasprintf("%s/certificateMapEntries/", key);
	bool used = sim_first(s, entries->collection, prefix) || served(s, key);
	free(prefix);
	return used;
}

static void delete(struct sim_call *c)
{
	const struct sim_resource *r = resource_of(c);
	struct sim_object *o = find(c, r);
	if (!o)
		return;
	if (in_use(c->sim, r, o->key)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "can't delete %s that is referenced by a %s", kind_of(r)->word,
			 r == certificates ? "CertificateMapEntry or other resources"
			 : r == maps       ? "CertificateMapEntry or TargetHttpsProxy"
					    : "Certificate");
		return;
	}
	char *key = xstrdup(o->key);
	sim_remove(c->sim, o);
	answer(c, key, "delete");
	free(key);
}

#define ROUTES(path, permission)                                                                                                                       \
	{L path ".create", create, "certificatemanager." permission ".create", NULL},                                                                     \
		{L path ".get", resource_get, "certificatemanager." permission ".get", NULL},                                                               \
		{L path ".list", resource_list, "certificatemanager." permission ".list", NULL},                                                            \
		{L path ".patch", patch, "certificatemanager." permission ".update", NULL},                                                                 \
	{                                                                                                                                              \
		L path ".delete", delete, "certificatemanager." permission ".delete", NULL                                                                  \
	}
static const struct sim_route routes[] = {
	ROUTES("certificates", "certs"),
	ROUTES("certificateMaps", "certmaps"),
	ROUTES("certificateMaps.certificateMapEntries", "certmapentries"),
	ROUTES("dnsAuthorizations", "dnsauthorizations"),
	{L "operations.get", get_operation, "certificatemanager.operations.get", NULL},
	{0},
};

const struct sim_api sim_api_certificatemanager = {
	.name = "certificatemanager",
	.service = "certificatemanager.googleapis.com",
	.errors = SIM_ERRORS_AIP,
	.routes = routes,
	.resources = resources,
	.spoil = spoil,
};
