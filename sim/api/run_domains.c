/* Domain mappings of Cloud Run, of v1 alone: a domain of the caller's leads to a service of the region. A mapping is taken at once; a little later it says
 * which records it wants, or why it cannot be, and from then on looks again and again, ever more seldom, whether they stand; then it gets its certificate. */
#include "config.h"
#include "sim/api/run.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/identity.h"
#include "sim/api/network.h"
#include "sim/api/resource.h"
#include "sim/api/run_translate.h"
#include "sim/api/serving.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALIAS "ghs.googlehosted.com."
#define APEX_A "216.239.32.21 216.239.34.21 216.239.36.21 216.239.38.21"
#define APEX_AAAA "2001:4860:4802:32::15 2001:4860:4802:34::15 2001:4860:4802:36::15 2001:4860:4802:38::15"
#define WAITING "Waiting for certificate provisioning. You must configure your DNS records for certificate issuance to begin."
#define NOT_VISIBLE                                                                                                            \
	"Certificate issuance pending. The challenge data was not visible through the public internet. This may indicate "     \
	"that DNS is not properly configured or has not fully propagated. The system will retry."
#define UNAUTHORIZED                                                                                                           \
	"Caller is not authorized to administer the domain '%s'. If you own '%s', you can obtain authorization by verifying "  \
	"ownership of the domain, or any of its parent domains, via the Webmaster Central portal: "                            \
	"https://www.google.com/webmasters/verification/verification?domain=%s. We recommend verifying ownership of the "      \
	"largest scope you wish to use with subdomains (eg. verify 'example.com' if you wish to map 'subdomain.example.com')."
enum { LOOK_FIRST = 60, LOOK_LAST = 3600 };

/* Whose a domain is. ------------------------------------------------------------------------------------------------------- */
/* The domains that were verified for this address: as the world says; else the organization's, for the operator, who has set it up. */
static cJSON *domains_of(struct sim *s, const char *project, const char *email)
{
	const cJSON *said = sim_project_world(s, project, "verifiedDomains"), *d;
	const cJSON *who = sim_project_world(s, project, "operator");
	const char *domain = sim_project_domain(s, project);
	cJSON *all = cJSON_CreateArray();
	cJSON_ArrayForEach(d, said)
		if (json_lists(d, email))
			cJSON_AddItemToArray(all, cJSON_CreateString(d->string));
	if (!said && domain && !strcmp(email, cJSON_IsString(who) ? who->valuestring : "operator@example.com"))
		cJSON_AddItemToArray(all, cJSON_CreateString(domain));
	return all;
}

/* The one of them that it is, or is below; a passing text, or NULL. */
static const char *verified(struct sim *s, const char *project, const char *email, const char *domain)
{
	cJSON *all = domains_of(s, project, email), *d;
	const char *found = NULL;
	cJSON_ArrayForEach(d, all)
		if (!strcmp(domain, d->valuestring) || text_ends(domain, sim_tmp(".%s", d->valuestring)))
			found = sim_tmp("%s", d->valuestring);
	cJSON_Delete(all);
	return found;
}

void run_domains_authorized(struct sim_call *c)
{
	cJSON *all = domains_of(c->sim, c->project, run_email(c->principal)), *d, *listed = cJSON_CreateArray();
	cJSON_ArrayForEach(d, all)
		cJSON_AddItemToArray(listed, json_make("{'name':%s,'id':%s}",
						       sim_tmp("projects/%s/authorizedDomains/%s", c->project, d->valuestring),
						       d->valuestring));
	cJSON_Delete(all);
	cJSON *reply = cJSON_CreateObject();
	sim_put_list(reply, "domains", listed);
	sim_ok(c, reply);
}

/* Its status. --------------------------------------------------------------------------------------------------------------- */
static const char *name_of(const struct sim_object *o)
{
	return strrchr(o->key, '/') + 1;
}

/* Sets a condition; its time is that of the last change of what it says. */
static void condition(struct sim *s, struct sim_object *o, const char *type, const char *status, const char *reason,
		      const char *message)
{
	cJSON *all = json_at(o->doc, "status.conditions"), *at, *new = json_make("{'type':%s,'status':%s}", type, status);
	int i = 0;
	if (*reason)
		json_put_str(new, "reason", reason);
	if (*message)
		json_put_str(new, "message", message);
	cJSON_ArrayForEach(at, all) {
		if (!strcmp(json_str(at, "type", ""), type))
			break;
		i++;
	}
	bool same = at && !strcmp(json_str(at, "status", ""), status) && !strcmp(json_str(at, "reason", ""), reason) &&
		    !strcmp(json_str(at, "message", ""), message);
	json_put_str(new, "lastTransitionTime", same ? json_str(at, "lastTransitionTime", "") : sim_stamp(s, 6));
	if (at)
		cJSON_ReplaceItemInArray(all, i, new);
	else
		cJSON_AddItemToArray(all, new);
}

static void forget_retry(struct sim_object *o)
{
	cJSON *all = json_at(o->doc, "status.conditions");
	for (int i = cJSON_GetArraySize(all) - 1; i >= 0; i--)
		if (!strcmp(json_str(cJSON_GetArrayItem(all, i), "type", ""), "Retry"))
			cJSON_DeleteItemFromArray(all, i);
}

static const char *said(const struct sim_object *o, const char *type)
{
	const cJSON *at;
	cJSON_ArrayForEach(at, json_at(o->doc, "status.conditions"))
		if (!strcmp(json_str(at, "type", ""), type))
			return json_str(at, "status", "");
	return "";
}

static void fail(struct sim *s, struct sim_object *o, const char *reason, const char *message)
{
	condition(s, o, "Ready", "False", reason, message);
	condition(s, o, "DomainRoutable", "False", reason, message);
	json_drop(o->doc, "status.resourceRecords");
	json_drop(o->doc, "status.mappedRouteName");
}

/* The records it wants: an alias where it is below what was verified, else addresses, since an apex can have no alias. */
static cJSON *records(const char *domain, const char *apex)
{
	static const char *const wanted[][2] = {{"A", APEX_A}, {"AAAA", APEX_AAAA}};
	cJSON *all = cJSON_CreateArray();
	if (strcmp(domain, apex)) {
		size_t own = strlen(domain) - strlen(apex) - 1;
		cJSON_AddItemToArray(
		    all, json_make("{'name':%s,'type':'CNAME','rrdata':'" ALIAS "'}", sim_tmp("%.*s", (int)own, domain)));
		return all;
	}
	for (int i = 0; i < 2; i++)
		for (const char *p = wanted[i][1]; *p; p += strcspn(p, " ") + (strchr(p, ' ') != NULL))
			cJSON_AddItemToArray(
			    all, json_make("{'type':%s,'rrdata':%s}", wanted[i][0], sim_tmp("%.*s", (int)strcspn(p, " "), p)));
	return all;
}

static bool leads(struct sim *s, const char *domain)
{
	return sim_dns_says(s, domain, "CNAME", ALIAS) || sim_dns_leads_only(s, domain, APEX_A " " APEX_AAAA);
}

/* The other mapping of this domain, in another region or project, that works. */
static struct sim_object *elsewhere(struct sim *s, const struct sim_object *mine)
{
	for (struct sim_object *o = sim_first(s, RUN_DOMAINS, "projects/"); o; o = sim_following(s, o, "projects/"))
		if (o != mine && !strcmp(name_of(o), name_of(mine)) && json_at(o->doc, "status.resourceRecords"))
			return o;
	return NULL;
}

/* Routes the domain, or says why not. */
static bool route(struct sim *s, struct sim_object *o)
{
	const char *domain = name_of(o), *route = json_str(o->doc, "spec.routeName", "");
	const char *apex = verified(s, run_project(o->key), json_str(o->doc, "creator", ""), domain);
	struct sim_object *other = elsewhere(s, o);
	json_put_num(o->doc, "status.observedGeneration", 1);
	if (!sim_get(s, RUN_SERVICES, run_domain_service(o))) {
		fail(s, o, "RouteMissing", sim_tmp("Route '%s' does not exist.", route));
		return false;
	}
	if (!apex) {
		fail(s, o, "PermissionDenied", sim_tmp(UNAUTHORIZED, domain, domain, domain));
		return false;
	}
	const char *taken = sim_tmp("Domain '%s' is already mapped elsewhere.", domain);
	if (other && !json_bool(o->doc, "spec.forceOverride", false)) {
		fail(s, o, "MappingAlreadyExists", taken);
		return false;
	}
	if (other)
		fail(s, other, "MappingAlreadyExists", taken);
	if (!json_at(o->doc, "status.resourceRecords")) {
		cJSON_AddStringToObject(json_at(o->doc, "labels"), "run.googleapis.com/overrideAt", sim_stamp(s, 3));
		json_put_str(o->doc, "status.mappedRouteName", route);
		json_put(o->doc, "status.resourceRecords", records(domain, apex));
	}
	condition(s, o, "DomainRoutable", "True", "", "");
	return true;
}

static void look(struct sim *s, const cJSON *arg);

static struct sim_object *mapping_of(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, RUN_DOMAINS, json_str(arg, "key", ""));
	return o && !strcmp(json_str(o->doc, "uid", ""), json_str(arg, "uid", "")) ? o : NULL;
}

static void certify(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = mapping_of(s, arg);
	if (!o || !json_at(o->doc, "status.resourceRecords") || !leads(s, name_of(o))) {
		look(s, arg);
		return;
	}
	condition(s, o, "Ready", "True", "", "");
	condition(s, o, "CertificateProvisioned", "True", "", "");
	forget_retry(o);
}

static void again(struct sim *s, struct sim_object *o, int tries)
{
	double wait = fmin(LOOK_FIRST * pow(2, tries), LOOK_LAST);
	int seconds = (int)wait;
	cJSON *arg = json_make("{'key':%s,'uid':%s,'tries':%d}", o->key, json_str(o->doc, "uid", ""), tries + 1);
	sim_after(s, wait, look, arg);
	if (!tries)
		return;
	condition(s, o, "Retry", "True", "WaitingForOperation",
		  sim_tmp("System will retry after %d:%02d from lastTransitionTime for polling interval", seconds / 60,
			  seconds % 60));
	cJSON *at;
	cJSON_ArrayForEach(at, json_at(o->doc, "status.conditions"))
		if (!strcmp(json_str(at, "type", ""), "Retry"))
			json_put_str(at, "severity", "Info");
}

/* Looks whether it can be routed, and then whether its records stand. */
static void look(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = mapping_of(s, arg);
	int tries = (int)json_num(arg, "tries", 0);
	if (!o || !strcmp(said(o, "CertificateProvisioned"), "True"))
		return;
	if (!route(s, o)) {
		again(s, o, tries);
		return;
	}
	if (!strcmp(json_str(o->doc, "spec.certificateMode", ""), "NONE")) {
		condition(s, o, "Ready", "True", "", "");
		return;
	}
	condition(s, o, "Ready", "Unknown", "CertificatePending", WAITING);
	condition(s, o, "CertificateProvisioned", "Unknown", "CertificatePending", tries ? NOT_VISIBLE : WAITING);
	if (leads(s, name_of(o)))
		sim_after(s, sim_draw(s, "run.domainmapping.certificate"), certify, cJSON_Duplicate(arg, true));
	else
		again(s, o, tries);
}

/* The kind, as the Knative paths have it. ------------------------------------------------------------------------------------ */
cJSON *run_domain_in(struct sim *s, const cJSON *v1)
{
	(void)s;
	static const char *const kept[] = {"labels", "annotations"};
	cJSON *doc = json_make("{'spec':%j,'labels':{}}", cJSON_Duplicate(json_at(v1, "spec"), true));
	for (int i = 0; i < 2; i++)
		if (json_at(json_at(v1, "metadata"), kept[i]))
			json_put(doc, kept[i], cJSON_Duplicate(json_at(json_at(v1, "metadata"), kept[i]), true));
	if (!json_bool(doc, "spec.forceOverride", true))
		json_drop(doc, "spec.forceOverride");
	return doc;
}

bool run_domain_id(struct sim_call *c, const char *id, const char *field)
{
	size_t n = strlen(id);
	if (n && n < 254 && strchr(id, '.') && *id != '.' && *id != '-' && id[n - 1] != '.' && !strstr(id, "..") &&
	    strspn(id, LOWER_LETTERS DIGITS "-.") == n)
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "%s: '%s' is not a valid domain name.", field, id);
	return false;
}

static bool domain_ok(struct sim_call *c, const cJSON *doc)
{
	const char *region = knative_region(c);
	if (!sim_region(region)->mapping) {
		sim_fail(c, "UNIMPLEMENTED", NULL, "Creating domain mappings is not allowed in %s.", region);
		return false;
	}
	if (*json_str(doc, "spec.routeName", ""))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "spec.routeName: must not be empty.");
	return false;
}

static bool domain_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	(void)old;
	json_put(doc, "status", json_make("{'conditions':[]}"));
	return domain_ok(c, doc);
}

static void domain_touched(struct sim_call *c, struct sim_object *o)
{
	static const char *const types[] = {"Ready", "CertificateProvisioned", "DomainRoutable"};
	char operation[37];
	sim_uuid(c->sim, operation);
	json_put_str(o->doc, "operation", operation);
	run_touch(c, o);
	for (int i = 0; i < 3; i++)
		condition(c->sim, o, types[i], "Unknown", "", "");
	sim_after(c->sim, sim_draw(c->sim, "run.domainmapping.create"), look,
		  json_make("{'key':%s,'uid':%s,'tries':0}", o->key, json_str(o->doc, "uid", "")));
}

const struct sim_resource run_domains[] = {
    {.collection = RUN_DOMAINS, .complete = domain_complete, .dry = run_dry, .touched = domain_touched},
};

cJSON *run_domain_out(struct sim *s, const struct sim_object *o)
{
	cJSON *meta = translate_metadata(s, o, "domains.cloudrun.com", "domainmappings"),
	      *annotations = json_at(o->doc, "annotations") ? cJSON_Duplicate(json_at(o->doc, "annotations"), true)
							    : cJSON_CreateObject();
	static const char *const says[][2] = {{"run.googleapis.com/operation-id", "operation"},
					      {"serving.knative.dev/creator", "creator"},
					      {"serving.knative.dev/lastModifier", "lastModifier"}};
	for (int i = 0; i < 3; i++)
		cJSON_AddStringToObject(annotations, says[i][0], json_str(o->doc, says[i][1], ""));
	json_put(meta, "annotations", annotations);
	return json_make("{'apiVersion':'domains.cloudrun.com/v1','kind':'DomainMapping','metadata':%j,'spec':%j,'status':%j}",
			 meta, cJSON_Duplicate(json_at(o->doc, "spec"), true),
			 cJSON_Duplicate(json_at(o->doc, "status"), true));
}

/* What is behind it. --------------------------------------------------------------------------------------------------------- */
struct sim_object *run_domain_at(struct sim *s, const char *host)
{
	for (struct sim_object *o = sim_first(s, RUN_DOMAINS, "projects/"); o; o = sim_following(s, o, "projects/"))
		if (!strcmp(name_of(o), host) && json_at(o->doc, "status.resourceRecords") && leads(s, host))
			return o;
	return NULL;
}

bool run_domain_certified(const struct sim_object *mapping)
{
	return !strcmp(said(mapping, "CertificateProvisioned"), "True");
}

const char *run_domain_service(const struct sim_object *mapping)
{
	return sim_tmp("%.*s/services/%s", (int)(strstr(mapping->key, "/domainmappings/") - mapping->key), mapping->key,
		       json_str(mapping->doc, "spec.routeName", ""));
}
