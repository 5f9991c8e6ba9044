/* certificatemanager.googleapis.com v1: certificates, DNS authorizations, certificate maps and their entries. All changes are
 * operations. A managed certificate is provisioned when the record of its DNS authorization leads where it must; what is used
 * cannot be deleted. */
#include "config.h"
#include "sim/api/dns.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TYPE "type.googleapis.com/google.cloud.certificatemanager.v1."

enum { RETRY = 600, CHECKS = 500, MOST_CERTIFICATES = 4 };

static struct sim_object *certificate_find(struct sim_call *c, const struct sim_resource *r);
static bool certificate_deleting(struct sim_call *c, struct sim_object *o),
    certificate_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old),
    certificate_entry_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old),
    certificate_authorization_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old);
static cJSON *certificate_operation(struct sim_call *c, const char *key, const char *verb);

#define OPERATIONS "certificatemanager.operations"
static const struct sim_operations certificate_operations = {.collection = OPERATIONS, .begun = certificate_operation};

#define L "certificatemanager.projects.locations."
#define HERE "projects/{project}/locations/{locations}/"
#define KIND(methods_, where, segment, id_, type_)                                                                             \
	.methods = L methods_, .collection = "certificatemanager." segment, .key = HERE where segment "/{" segment "}",        \
	.field = segment, .taken = "Resource '" HERE where segment "/{" segment "}' already exists", .id = id_,                \
	.type = TYPE type_, .find = certificate_find, .deleting = certificate_deleting, .created = "createTime",               \
	.updated = "updateTime", .decimals = 9, .operations = &certificate_operations, .create = "certificatemanager.create",  \
	.change = "certificatemanager.update", .remove = "certificatemanager.delete"
enum { CERTIFICATE, MAP, ENTRY, AUTHORIZATION };
static const struct sim_resource resources[] = {
    [CERTIFICATE] = {KIND("certificates", "", "certificates", "certificateId", "Certificate"),
		     .complete = certificate_complete},
    /* Operations of maps and authorizations leave labels out; those of certificates and entries do not. */
    [MAP] = {KIND("certificateMaps", "", "certificateMaps", "certificateMapId", "CertificateMap"), .unsaid = "labels"},
    [ENTRY] = {KIND("certificateMaps.certificateMapEntries", "certificateMaps/{certificateMaps}/", "certificateMapEntries",
		    "certificateMapEntryId", "CertificateMapEntry"),
	       .within = &resources[MAP], .complete = certificate_entry_complete, .defaults = "{'state':'PENDING'}"},
    [AUTHORIZATION] = {KIND("dnsAuthorizations", "", "dnsAuthorizations", "dnsAuthorizationId", "DnsAuthorization"),
		       .complete = certificate_authorization_complete, .defaults = "{'type':'FIXED_RECORD'}",
		       .unsaid = "labels"},
    {.methods = L "operations",
     .collection = OPERATIONS,
     .key = HERE "operations/{operations}",
     .field = "operations",
     .missing = "Resource '" HERE "operations/{operations}' was not found"},
    {0},
};
static const struct sim_resource *const certificates = &resources[CERTIFICATE], *const maps = &resources[MAP],
					*const entries = &resources[ENTRY], *const authorizations = &resources[AUTHORIZATION];

/* Names. ------------------------------------------------------------------------------------------------------------------ */

static const char *certificate_word(const struct sim_resource *r)
{
	return r == certificates ? "certificate"
	       : r == maps       ? "certificateMap"
	       : r == entries    ? "certificateMapEntry"
				 : "dnsAuthorization";
}

static struct sim_object *certificate_find(struct sim_call *c, const struct sim_resource *r)
{
	const char *key = resource_text(c, r->key);
	struct sim_object *o = sim_get(c->sim, r->collection, key);
	if (!o && !strcmp(sim_path_part(c, "locations"), "global"))
		sim_fail(c, "NOT_FOUND", NULL, "Resource '%s' was not found", key);
	else if (!o)
		sim_fail(c, "NOT_FOUND", NULL, "%s \"%s\" not found", certificate_word(r), key);
	return o;
}

/* A reference to a resource by id or number, as a key. */
static char *by_id(struct sim *s, const char *name)
{
	size_t skip = strlen("projects/"), n = text_starts(name, "projects/") ? strcspn(name + skip, "/") : 0;
	const char *id = n ? sim_project_id(s, sim_tmp("%.*s", (int)n, name + (n ? skip : 0))) : NULL;
	return id ? xasprintf("projects/%s%s", id, name + skip + n) : xstrdup(name);
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
		if (number)
			cJSON_SetValuestring(one, sim_tmp("projects/%s%s", number, key + strlen("projects/") + n));
		free(key), free(project);
	}
}

/* Operations. ------------------------------------------------------------------------------------------------------------- */

static cJSON *certificate_operation(struct sim_call *c, const char *key, const char *verb)
{
	char uuid[37];
	const char *now = sim_stamp(c->sim, 9);
	sim_uuid(c->sim, uuid);
	cJSON *doc = json_make("{'name':%s,'metadata':{'@type':'" TYPE
			       "OperationMetadata','createTime':%s,'target':%s,'verb':%s,'requestedCancellation':%b,"
			       "'apiVersion':'v1'},'done':%b}",
			       sim_tmp("projects/%s/locations/%s/operations/operation-%lld-%.13s-%.8s-%.8s", c->project,
				       sim_path_part(c, "locations"), (long long)(sim_wall(c->sim) * 1000), uuid + 23, uuid,
				       uuid + 28),
			       now, key, verb, 0, 0);
	return doc;
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
	const cJSON *r = json_at(authorization->doc, "dnsResourceRecord");
	return sim_dns_says(s, json_str(r, "name", ""), json_str(r, "type", "CNAME"), json_str(r, "data", ""));
}

/* Does a rule whose proxy uses the map stand where the domain leads? */
static bool leads_to_map(struct sim *s, const char *map, const char *domain)
{
	for (struct sim_object *r = sim_first(s, "compute.forwardingRules", "projects/"); r;
	     r = sim_following(s, r, "projects/")) {
		const char *target = json_str(r->doc, "target", ""), *at = strstr(target, "projects/");
		const struct sim_object *proxy = at ? sim_get(s, "compute.targetHttpsProxies", at) : NULL;
		const char *its = proxy ? strstr(json_str(proxy->doc, "certificateMap", ""), "projects/") : NULL;
		char *key = its ? by_id(s, its) : NULL;
		bool same = key && !strcmp(key, map);
		free(key);
		if (same && sim_dns_leads_only(s, domain, json_str(r->doc, "IPAddress", "")))
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
		for (struct sim_object *e = sim_first(s, entries->collection, "projects/"); e && !found;
		     e = sim_following(s, e, "projects/")) {
			const char *map = sim_tmp("%.*s", (int)(strstr(e->key, "/certificateMapEntries/") - e->key), e->key);
			cJSON_ArrayForEach(one, json_at(e->doc, "certificates")) {
				char *its = by_id(s, one->valuestring);
				found = found ||
					(its && !strcmp(its, certificate->key) && leads_to_map(s, map, d->valuestring));
				free(its);
			}
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
	const char *now = sim_stamp(s, 9);
	cJSON_ArrayForEach(d, json_at(doc, "managed.domains")) {
		cJSON *one = json_make("{'domain':%s,'state':%s,'attemptTime':%s}", d->valuestring, state, now);
		if (!strcmp(state, "FAILED"))
			cJSON_AddStringToObject(one, "failureReason", "CONFIG");
		cJSON_AddItemToArray(all, one);
	}
	json_put(doc, "managed.authorizationAttemptInfo", all);
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

/* What may be. ------------------------------------------------------------------------------------------------------------ */

static bool invalid(struct sim_call *c, const char *field, const char *why)
{
	sim_fail_with(c, 0, "INVALID_ARGUMENT", NULL,
		      json_make("[{'@type':'type.googleapis.com/google.rpc.BadRequest','fieldViolations':[{'field':%s,"
				"'description':%s}]}]",
				field, why),
		      "Validation failed");
	return false;
}

static bool domain_ok(const char *domain)
{
	return strchr(domain, '.') && !strchr(domain, '_') && dns_name_ok(sim_tmp("%s.", domain));
}

/* The resource of this kind that a reference names by its whole name; NULL: answered. */
static struct sim_object *referred_to(struct sim_call *c, const struct sim_resource *r, const cJSON *reference,
				      const char *field)
{
	const char *name = cJSON_IsString(reference) ? reference->valuestring : "", *segment = sim_tmp("/%s/", r->field);
	char *key = by_id(c->sim, name);
	struct sim_object *o = sim_get(c->sim, r->collection, key);
	free(key);
	if (!text_starts(name, "projects/") || !strstr(name, segment))
		invalid(c, field, "invalid name");
	else if (!o)
		sim_fail(c, "NOT_FOUND", NULL, "Resource '%s' was not found", name);
	return o;
}

/* An authorization is for its domain and all names right below it. */
static bool covers(struct sim *s, const cJSON *authorizing, const char *domain)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, authorizing) {
		char *key = by_id(s, one->valuestring);
		const struct sim_object *o = sim_get(s, authorizations->collection, key);
		free(key);
		if (o && !strcasecmp(json_str(o->doc, "domain", ""), domain + (text_starts(domain, "*.") ? 2 : 0)))
			return true;
	}
	return false;
}

static bool managed_ok(struct sim_call *c, const cJSON *doc)
{
	const cJSON *authorizing = json_at(doc, "managed.dnsAuthorizations"), *one;
	bool issued = *json_str(doc, "managed.issuanceConfig", "");
	int i = 0;
	cJSON_ArrayForEach(one, authorizing)
		if (!referred_to(c, authorizations, one, sim_tmp("managed.dns_authorizations[%d]", i++)))
			return false;
	i = 0;
	cJSON_ArrayForEach(one, json_at(doc, "managed.domains")) {
		const char *field = sim_tmp("managed.domains[%d]", i++), *domain = cJSON_IsString(one) ? one->valuestring : "";
		if (!domain_ok(domain))
			return invalid(c, field, "invalid domain");
		if (authorizing && authorizing->child && !covers(c->sim, authorizing, domain))
			return invalid(c, field, "no DNS authorization for the domain");
		if (!issued && *domain == '*' && !(authorizing && authorizing->child))
			return invalid(c, field, "a wildcard domain needs a DNS authorization");
	}
	return true;
}

/* Another entry of the map for the same names. */
static bool entry_taken(struct sim_call *c, const cJSON *doc)
{
	const char *name = json_str(doc, "name", ""), *hostname = json_str(doc, "hostname", ""),
		   *matcher = json_str(doc, "matcher", ""),
		   *prefix = sim_tmp("%.*s", (int)(strrchr(name, '/') + 1 - name), name);
	for (struct sim_object *o = sim_first(c->sim, entries->collection, prefix); o; o = sim_following(c->sim, o, prefix))
		if (strcmp(o->key, name) && !strcasecmp(json_str(o->doc, "hostname", ""), hostname) &&
		    !strcmp(json_str(o->doc, "matcher", ""), matcher)) {
			sim_fail(c, "ALREADY_EXISTS", NULL, "certificate map entry for \"%s\" already exists: '%s'",
				 *hostname ? hostname : matcher, o->key);
			return true;
		}
	return false;
}

static bool certificate_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	if (json_at(doc, old ? "selfManaged.pemCertificate" : "selfManaged"))
		return take_certificate(c, doc);
	if (old)
		return true;
	if (!cJSON_GetArraySize(json_at(doc, "managed.domains"))) {
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "A certificate must be self-managed or managed with at least one domain.");
		return false;
	}
	if (!managed_ok(c, doc))
		return false;
	json_put_str(doc, "managed.state", "PROVISIONING");
	number_list(c->sim, doc, "managed.dnsAuthorizations");
	attempts(c->sim, doc, "AUTHORIZING");
	sim_after(c->sim, sim_draw(c->sim, "compute.sslCertificate.provision"), provision,
		  json_make("{'key':%s,'left':%d}", json_str(doc, "name", ""), CHECKS));
	return true;
}

static bool certificate_authorization_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *domain = json_str(doc, "domain", "");
	char uuid[37];
	if (old)
		return true;
	if (!*domain) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Domain must be specified.");
		return false;
	}
	if (*domain == '*' || !domain_ok(domain))
		return invalid(c, "domain", "invalid domain");
	sim_uuid(c->sim, uuid);
	json_put(doc, "dnsResourceRecord",
		 json_make("{'name':%s,'type':'CNAME','data':%s}", sim_tmp("_acme-challenge.%s.", domain),
			   sim_tmp("%s.%d.authorize.certificatemanager.goog.", uuid, (int)(sim_random(c->sim) % 20))));
	return true;
}

static bool certificate_entry_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const cJSON *all = json_at(doc, "certificates"), *one;
	const char *hostname = json_str(doc, "hostname", "");
	int i = 0;
	if (!old && !*hostname == !*json_str(doc, "matcher", ""))
		return invalid(c, "match", "exactly one of hostname and matcher must be set");
	if (*hostname && !domain_ok(hostname))
		return invalid(c, "hostname", "invalid hostname");
	if (!cJSON_GetArraySize(all) || cJSON_GetArraySize(all) > MOST_CERTIFICATES)
		return invalid(c, "certificates", "there must be between 1 and 4 certificates");
	cJSON_ArrayForEach(one, all)
		if (!referred_to(c, certificates, one, sim_tmp("certificates[%d]", i++)))
			return false;
	if (entry_taken(c, doc))
		return false;
	number_list(c->sim, doc, "certificates");
	return true;
}

/* Used by others. --------------------------------------------------------------------------------------------------------- */

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
	return sim_first(s, entries->collection, sim_tmp("%s/certificateMapEntries/", key)) || served(s, key);
}

static bool certificate_deleting(struct sim_call *c, struct sim_object *o)
{
	const struct sim_resource *r = resource_of(c);
	if (!in_use(c->sim, r, o->key))
		return true;
	sim_fail(c, "FAILED_PRECONDITION", NULL, "can't delete %s that is referenced by a %s", certificate_word(r),
		 r == certificates ? "CertificateMapEntry or other resources"
		 : r == maps       ? "CertificateMapEntry or TargetHttpsProxy"
				   : "Certificate");
	return false;
}

static const struct sim_route routes[] = {
    RESOURCE_ROUTES(L "certificates", "certificatemanager.certs"),
    RESOURCE_ROUTES(L "certificateMaps", "certificatemanager.certmaps"),
    RESOURCE_ROUTES(L "certificateMaps.certificateMapEntries", "certificatemanager.certmapentries"),
    RESOURCE_ROUTES(L "dnsAuthorizations", "certificatemanager.dnsauthorizations"),
    RESOURCE_READS(L "operations", "certificatemanager.operations"),
    {0},
};

const struct sim_api sim_api_certificatemanager = {
    .name = "certificatemanager",
    .service = "certificatemanager.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .resources = resources,
    .spoil = resource_spoil,
};
