/* SSL certificates: one's own, and managed ones, which stay PROVISIONING until a forwarding rule uses them and their domains' DNS leads to
 * it. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool check_own(struct sim_call *c, cJSON *doc)
{
	BIO *in = BIO_new_mem_buf(json_str(doc, "certificate", ""), -1);
	X509 *x = PEM_read_bio_X509(in, NULL, NULL, NULL);
	struct tm until;
	char text[40];
	BIO_free(in);
	if (!x)
		return compute_invalid(c, "certificate", "", "The certificate could not be parsed.");
	if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &until))
		json_put_str(doc, "expireTime", text_rfc3339((double)timegm(&until), 3, text));
	X509_free(x);
	if (!*json_str(doc, "privateKey", "") && !*json_str(doc, "selfManaged.privateKey", ""))
		return compute_required(c, "privateKey");
	json_drop(doc, "privateKey");
	json_put_str(doc, "type", "SELF_MANAGED");
	json_put(doc, "selfManaged", json_make("{'certificate':%s}", json_str(doc, "certificate", "")));
	return true;
}

/* A name may be said with the root's dot, which is not kept. */
static bool settle_domain(cJSON *domain)
{
	size_t len = strlen(domain->valuestring);
	if (len > 1 && domain->valuestring[len - 1] == '.')
		domain->valuestring[--len] = '\0';
	const char *d = domain->valuestring;
	return len && len < 64 && strchr(d, '.') && !strchr(d, '*') && d[0] != '.' && d[len - 1] != '.' &&
	       strspn(d, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == len;
}

static bool compute_certificates_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	cJSON *d;
	(void)old;
	bool managed = !strcmp(json_str(doc, "type", ""), "MANAGED") ||
		       (json_at(doc, "managed") && !json_at(doc, "certificate"));
	if (!managed) {
		if (!json_at(doc, "certificate") && json_at(doc, "selfManaged.certificate"))
			json_put_str(doc, "certificate", json_str(doc, "selfManaged.certificate", ""));
		return *json_str(doc, "certificate", "") ? check_own(c, doc) : compute_required(c, "certificate");
	}
	if (*sim_param(c, "region"))
		return compute_invalid(c, "type", "MANAGED", "Managed certificates must be global.");
	if (!json_at(doc, "managed.domains.0"))
		return compute_required(c, "managed.domains");
	cJSON_ArrayForEach(d, json_at(doc, "managed.domains"))
		if (!settle_domain(d))
			return compute_invalid(c, "managed.domains[0]", d->valuestring,
					       "Must be a valid domain name of at most 63 characters.");
	json_put_str(doc, "type", "MANAGED");
	return true;
}

/* Does an HTTPS forwarding rule use the certificate? Its address into ip. */
static bool served(struct sim *s, const struct sim_object *o, char ip[static 16])
{
	const char *prefix = sim_tmp("%.*s/", (int)(strcspn(o->key + 9, "/") + 9), o->key);
	const char *link = json_str(o->doc, "selfLink", "");
	bool found = false;
	for (struct sim_object *f = sim_first(s, "compute.forwardingRules", prefix); f && !found;
	     f = sim_following(s, f, prefix)) {
		struct sim_object *proxy = compute_find(s, json_str(f->doc, "target", ""));
		if (proxy && !strcmp(proxy->collection, "compute.targetHttpsProxies") &&
		    compute_holds(&compute_https_proxy_kind, proxy->doc, link) && !json_at(f->hidden, "pending")) {
			snprintf(ip, 16, "%s", json_str(f->doc, "IPAddress", ""));
			found = true;
		}
	}
	return found;
}

static void set_states(struct sim_object *o, const char *whole, const char *each)
{
	const cJSON *d;
	cJSON *states = cJSON_CreateObject();
	cJSON_ArrayForEach(d, json_at(o->doc, "managed.domains"))
		cJSON_AddStringToObject(states, d->valuestring, each);
	json_put_str(o->doc, "managed.status", whole);
	json_put(o->doc, "managed.domainStatus", states);
}

static void issue(struct sim *s, const cJSON *arg);

/* Google looks again and again: every few minutes; once DNS and the rule are right it takes its time. */
static void probe(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, "compute.sslCertificates", json_str(arg, "key", ""));
	const cJSON *d;
	char ip[16] = "";
	if (!o || strcmp(json_str(o->doc, "id", ""), json_str(arg, "id", "")))
		return;
	bool rule = served(s, o, ip), visible = rule;
	cJSON_ArrayForEach(d, json_at(o->doc, "managed.domains"))
		visible = visible && sim_dns_leads_only(s, d->valuestring, ip);
	if (visible) {
		set_states(o, "PROVISIONING", "PROVISIONING");
		sim_after(s, sim_draw(s, "compute.sslCertificate.provision"), issue, cJSON_Duplicate(arg, true));
		return;
	}
	set_states(o, "PROVISIONING", rule ? "FAILED_NOT_VISIBLE" : "PROVISIONING");
	sim_after(s, 300, probe, cJSON_Duplicate(arg, true));
}

static void issue(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, "compute.sslCertificates", json_str(arg, "key", ""));
	char ip[16], text[40];
	if (!o || strcmp(json_str(o->doc, "id", ""), json_str(arg, "id", "")))
		return;
	const cJSON *d;
	bool visible = served(s, o, ip);
	cJSON_ArrayForEach(d, json_at(o->doc, "managed.domains"))
		visible = visible && sim_dns_leads_only(s, d->valuestring, ip);
	if (!visible) {
		probe(s, arg);
		return;
	}
	set_states(o, "ACTIVE", "ACTIVE");
	json_put_str(o->doc, "expireTime", text_rfc3339(sim_wall(s) + 90 * 86400, 3, text));
	json_put(o->doc, "subjectAlternativeNames", cJSON_Duplicate(json_at(o->doc, "managed.domains"), true));
}

static void compute_certificates_stored(struct sim *s, struct sim_object *o)
{
	if (strcmp(json_str(o->doc, "type", ""), "MANAGED"))
		return;
	set_states(o, "PROVISIONING", "PROVISIONING");
	sim_after(s, 60, probe, json_make("{'key':%s,'id':%s}", o->key, json_str(o->doc, "id", "")));
}

const struct compute_kind compute_certificate_kind = {
    .plural = "sslCertificates",
    .resources = "sslCertificates regionSslCertificates",
    .kind = "compute#sslCertificate",
    .word = "ssl_certificate",
    .used_by = "targetHttpsProxies",
    .quota = "SSL_CERTIFICATES",
    .insert = "compute.sslCertificate.insert",
    .change = "compute.sslCertificate.insert",
    .remove = "compute.sslCertificate.delete",
    .check = compute_certificates_check,
    .stored = compute_certificates_stored,
};

static const struct sim_route routes[] = {
    COMPUTE_BASICS("sslCertificates", "sslCertificates"),
    {"compute.sslCertificates.aggregatedList", compute_aggregated, "compute.sslCertificates.list", NULL},
    COMPUTE_BASICS("regionSslCertificates", "regionSslCertificates"),
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_certificates, routes, NULL);
