/* Exposure domain: the operator's own host name on a global external Application Load Balancer with a certificate that Google issues
 * (reference/targets-run.md 6). Where the host's zone is in Cloud DNS and ours to write, the records are written, and the certificate is issued by DNS
 * authorization, before anything answers. Where it is elsewhere a person makes the one record, which is asked for as soon as the address is reserved; the
 * certificate is then issued once the host leads to the load balancer. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "plan/naming.h"

#include <stdlib.h>
#include <string.h>

/* Questions ------------------------------------------------------------------------------------------------------------------ */

static const char *check_host(const struct answers *a, const char *value)
{
	(void)a;
	if (text_ends(value, ".run.app") || text_ends(value, ".appspot.com") || text_ends(value, ".googleapis.com"))
		return N_("This name is Google's. Name a host in a domain that you own.");
	if (strlen(value) > 64)
		return N_("A certificate's host has at most 64 characters.");
	return NULL;
}

/* clang-format off */
static const struct question questions_of_domain[] = {
	{.id = "domain.host", .page = "exposure", .type = TYPE_TEXT, .title = N_("Host name"),
	 .help = N_("The address that people will open, in a domain that you own. Everything else follows from it: certificate, redirect address, allowed hosts."),
	 .after = "exposure",
	 .pattern = "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$",
	 .form = N_("A full host name in lower case, such as mlflow.example.com."),
	 .check = check_host, .sample = "mlflow.example.com"},
	{.id = "domain.zone", .page = "exposure", .type = TYPE_TEXT, .title = N_("Cloud DNS zone"),
	 .help = N_("The name of the zone in this project that holds the host: its records are then written for you. Leave it empty when the host's zone is kept "
		    "elsewhere: you are told the one record to make there, and it is waited for."),
	 .after = "exposure", .optional = true,
	 .pattern = "^[a-z][a-z0-9-]{0,61}[a-z0-9]$",
	 .form = N_("The zone's name in Cloud DNS, such as example-com.")},
	{.id = NULL},
};
/* clang-format on */

/* The zone in Cloud DNS that is ours to write, or NULL. */
static const char *zone_of(const struct design *d)
{
	const char *zone = answers_str(d->answers, "domain.zone");
	return *zone ? zone : NULL;
}

/* Before anything else: what is wrong with it is told while nothing was made. */
static void look_for_zone(struct design *d, const char *host)
{
	d->plan->decided_by = "domain.zone";
	plan_needs(plan_add(d->plan, "given/zone", "dns.givenZone", zone_of(d), json_make("{'host':%s}", host)), "apis");
}

static bool exposure_domain_address(struct design *d, struct err *e)
{
	const char *host = answers_str(d->answers, "domain.host");
	if (!*host)
		return err_set(e, EXIT_ANSWERS, "domain.host", NULL, _("the host name is missing."));
	d->plan->hosts = xcalloc(2, sizeof *d->plan->hosts);
	d->plan->hosts[0] = xstrdup(host);
	d->plan->url = xasprintf("https://%s", host);
	/* Google: up to an hour once name and load balancer are right; by DNS authorization the certificate is there already. */
	d->plan->settles = d->axes.target->backend && zone_of(d) ? 900 : 5400;
	if (zone_of(d))
		look_for_zone(d, host);
	return true;
}

/* In the plan ---------------------------------------------------------------------------------------------------------------- */

static struct resource *add(struct design *d, const char *id, const char *kind, const char *what, cJSON *spec)
{
	char *name = name_of(d->plan->stack, what);
	struct resource *r = plan_add(d->plan, id, kind, name, spec);
	plan_needs(r, "apis");
	free(name);
	return r;
}

/* What is of one host has it in its id, and in its name: another host's stands beside it until nothing shows it any more. */
static char *id_of(const struct design *d, const char *id)
{
	return xasprintf("%s/%s", id, d->plan->hosts[0]);
}

static struct resource *add_of_host(struct design *d, const char *id, const char *kind, const char *what, cJSON *spec)
{
	char *mark = plan_suffix_new(d->plan->hosts[0], d->plan->stack), *marked = xasprintf("%s-%s", what, mark);
	struct resource *r = add(d, id, kind, marked, spec);
	free(marked);
	free(mark);
	return r;
}

/* The id of a record has its zone as well: another zone's is another record. The caller frees it. */
static char *add_record(struct design *d, const char *what, cJSON *host, const char *type, cJSON *data)
{
	char *id = xasprintf("%s/%s/%s", what, zone_of(d), d->plan->hosts[0]);
	plan_needs(plan_add(d->plan, id, "dns.resourceRecordSet", d->plan->hosts[0],
			    json_make("{'zone':%s,'host':%j,'type':%s,'ttl':300,'data':[%j]}", zone_of(d), host, type, data)),
		   "given/zone");
	return id;
}

/* Nothing is held up by it but the proof: all else is built meanwhile. */
static void ask_for_record(struct design *d)
{
	const char *host = d->plan->hosts[0];
	char *steps = xasprintf(
	    _("Where the zone of %s is kept (your registrar or DNS provider), create the A record below.\n"
	      "Let it be the host's only one: no AAAA record, and nothing between, such as a provider's proxy.\n"
	      "Google issues the certificate once the host leads to this address."),
	    host);
	char *line = xasprintf("%s. 300 IN A ", host);
	plan_errand(d->plan, "dns/address", "errand.record", host, _("Create a DNS record"), steps,
		    json_make("{'$join':[%s,%j]}", line, plan_ref("address", "ip")),
		    json_make("{'host':%s,'type':'A','data':[%j]}", host, plan_ref("address", "ip")));
	free(line);
	free(steps);
}

static void add_address(struct design *d)
{
	add(d, "address", "compute.address", "ip", json_make("{'body':{'addressType':'EXTERNAL','ipVersion':'IPV4'}}"));
	if (!zone_of(d)) {
		ask_for_record(d);
		return;
	}
	char *dotted = xasprintf("%s.", d->plan->hosts[0]);
	free(add_record(d, "dns/address", cJSON_CreateString(dotted), "A", plan_ref("address", "ip")));
	free(dotted);
}

/* The proxy's certificate: a map of Certificate Manager's, for the proxy as a whole name. */
static void certify_by_dns(struct design *d, cJSON *proxy)
{
	const char *host = d->plan->hosts[0];
	char *authorization = id_of(d, "certificate/authorization"), *certificate = id_of(d, "certificate"),
	     *entry = id_of(d, "certificate/entry");
	add_of_host(d, authorization, "certificatemanager.dnsAuthorization", "dns",
		    json_make("{'body':{'domain':%s,'type':'PER_PROJECT_RECORD'}}", host));
	char *record = add_record(d, "dns/certificate", plan_ref(authorization, "record"), "CNAME",
				  plan_ref(authorization, "data"));
	plan_needs(add_of_host(d, certificate, "certificatemanager.certificate", "cert",
			       json_make("{'body':{'managed':{'domains':[%s],'dnsAuthorizations':[%j]}}}", host,
					 plan_ref(authorization, "name"))),
		   record);
	add(d, "certificate/map", "certificatemanager.certificateMap", "certs", json_make("{'body':{}}"));
	char *map = name_of(d->plan->stack, "certs"), *parent = xasprintf("locations/global/certificateMaps/%s", map);
	plan_needs(add_of_host(d, entry, "certificatemanager.certificateMapEntry", "host",
			       json_make("{'parent':%s,'body':{'hostname':%s,'certificates':[%j]}}", parent, host,
					 plan_ref(certificate, "name"))),
		   "certificate/map");
	json_put(proxy, "certificateMap",
		 json_make("{'$join':['//certificatemanager.googleapis.com/',%j]}", plan_ref("certificate/map", "name")));
	free(parent);
	free(map);
	free(record);
	free(entry);
	free(certificate);
	free(authorization);
}

/* The proxy's certificate by the load balancer's own authorization. It is named by its host: one that a proxy shows cannot be replaced under its name. */
static void certify_by_balancer(struct design *d, cJSON *proxy)
{
	const char *host = d->plan->hosts[0];
	char *certificate = id_of(d, "certificate");
	add_of_host(d, certificate, "compute.sslCertificate", "cert",
		    json_make("{'body':{'type':'MANAGED','managed':{'domains':[%s]}}}", host));
	json_put(proxy, "sslCertificates", json_make("[%j]", plan_ref(certificate, "link")));
	free(certificate);
}

static struct resource *add_rule(struct design *d, const char *id, const char *what, const char *port, cJSON *target)
{
	return add(d, id, "compute.forwardingRule", what,
		   json_make("{'body':{'loadBalancingScheme':'EXTERNAL_MANAGED','IPProtocol':'TCP','IPAddress':%j,'portRange':%"
			     "s,'target':%j,"
			     "'networkTier':'PREMIUM'}}",
			     plan_ref("address", "link"), port, target));
}

/* What comes by HTTP is sent to HTTPS; nothing is ever answered in the clear. Whoever types the address with https does without. */
static void add_redirect(struct design *d)
{
	plan_optional(add(
	    d, "redirect-map", "compute.urlMap", "redirect",
	    json_make("{'body':{'defaultUrlRedirect':{'httpsRedirect':true,'redirectResponseCode':'MOVED_PERMANENTLY_DEFAULT','"
		      "stripQuery':false}}}")));
	plan_optional(add(d, "http-proxy", "compute.targetHttpProxy", "http",
			  json_make("{'body':{'urlMap':%j}}", plan_ref("redirect-map", "link"))));
	plan_optional(add_rule(d, "rule/80", "80", "80", plan_ref("http-proxy", "link")));
}

static void add_front(struct design *d)
{
	cJSON *proxy = cJSON_CreateObject();
	add(d, "url-map", "compute.urlMap", "map", json_make("{'body':{'defaultService':%j}}", plan_ref("backend", "link")));
	add(d, "ssl-policy", "compute.sslPolicy", "tls", json_make("{'body':{'profile':'MODERN','minTlsVersion':'TLS_1_2'}}"));
	json_put(proxy, "urlMap", plan_ref("url-map", "link"));
	json_put(proxy, "sslPolicy", plan_ref("ssl-policy", "link"));
	(zone_of(d) ? certify_by_dns : certify_by_balancer)(d, proxy);
	struct resource *r = add(d, "https-proxy", "compute.targetHttpsProxy", "https", json_make("{'body':%j}", proxy));
	if (zone_of(d)) {
		char *entry = id_of(d, "certificate/entry");
		plan_needs(r, entry);
		free(entry);
	}
	add_rule(d, "rule/443", "443", "443", plan_ref("https-proxy", "link"));
}

/* The backend is what people meet now: Identity-Aware Proxy, where it is wanted, stands there, and not at the service as well. */
static void move_front(struct design *d)
{
	char *name = name_of(d->plan->stack, "backend");
	free(d->front.id);
	free(d->front.iap.path);
	d->front.id = xstrdup("backend");
	d->front.iap = (struct gate){"iap", "roles/iap.httpsResourceAccessor",
				     xasprintf("projects/%s/iap_web/compute/services/%s", d->plan->number, name), NULL};
	free(name);
}

/* The target makes balancer and certificate; address and record are as for every other. */
static void plan_balanced(struct design *d)
{
	char *name = name_of(d->plan->stack, "ip");
	add_address(d);
	d->axes.target->balance(d, name);
	free(name);
}

static bool exposure_domain_plan(struct design *d, struct err *e)
{
	if (d->axes.target->balance) {
		plan_balanced(d);
		return true;
	}
	cJSON *body = json_make(
	    "{'loadBalancingScheme':'EXTERNAL_MANAGED','enableCDN':false,'logConfig':{'enable':true,'sampleRate':1}}");
	if (!d->axes.target->backend(d, body, e)) {
		cJSON_Delete(body);
		return false;
	}
	if (d->workload->door == DOOR_IAP)
		json_put(body, "iap", json_make("{'enabled':true}"));
	add_address(d);
	add(d, "backend", "compute.backendService", "backend", json_make("{'body':%j}", body));
	add_front(d);
	add_redirect(d);
	move_front(d);
	return true;
}

static const char *exposure_domain_refused(const struct answers *a)
{
	return axes_target(a)->backend || axes_target(a)->balance ? NULL
								  : N_("This target cannot be put behind a load balancer yet.");
}

static const char *const apis[] = {"compute", NULL}; /* what else it needs its resources' kinds say */

const struct exposure exposure_domain = {
    .choice =
	{
	    .id = "domain",
	    .title = N_("Your own domain"),
	    .help = N_("HTTPS load balancer with a managed certificate; costs a forwarding rule."),
	    .questions = questions_of_domain,
	    .refused = exposure_domain_refused,
	    .apis = apis,
	},
    .ingress = INGRESS_BALANCER,
    .address = exposure_domain_address,
    .plan = exposure_domain_plan,
    .settles = 5400,
};
