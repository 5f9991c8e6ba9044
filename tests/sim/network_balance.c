/* Load balancing, machines and clusters: what bites. */
#include "config.h"
#include "tests/sim/cloud.h"

static const char base[] = "https://www.googleapis.com/compute/v1/projects/demo-proj/";

static void chain(void)
{
	act("POST", COMPUTE "global/addresses", json_make("{'name':'ip'}"));
	act("POST", COMPUTE "global/healthChecks", json_make("{'name':'hc','type':'HTTP','httpHealthCheck':{'port':8080}}"));
	act("POST", COMPUTE "regions/us-central1/networkEndpointGroups",
	    json_make("{'name':'neg','networkEndpointType':'SERVERLESS','cloudRun':{'service':'s'}}"));
	char *group = xasprintf("%sregions/us-central1/networkEndpointGroups/neg", base);
	refuse("POST", COMPUTE "global/backendServices",
	       json_make("{'name':'be','loadBalancingScheme':'EXTERNAL_MANAGED','healthChecks':['global/healthChecks/"
			 "hc'],'backends':[{'group':%s}]}",
			 group),
	       400, "invalid",
	       "Invalid value for field 'resource.healthChecks': "
	       "'https://www.googleapis.com/compute/v1/projects/demo-proj/global/healthChecks/hc'. A backend "
	       "service cannot have a healthcheck with Serverless network endpoint group backends.");
	refuse("POST", COMPUTE "global/backendServices",
	       json_make("{'name':'be','backends':[{'group':'regions/us-central1/networkEndpointGroups/neg'}]}"), 400,
	       "invalid",
	       "Invalid value for field 'resource.backends[0].group': 'regions/us-central1/networkEndpointGroups/neg'. The URL "
	       "is malformed.");
	refuse("POST", COMPUTE "global/backendServices",
	       json_make("{'name':'be','loadBalancingScheme':'EXTERNAL_MANAGED','portName':'mlflow','backends':[{'group':%s}]}",
			 group),
	       400, "invalid",
	       "Invalid value for field 'resource.portName': 'mlflow'. Port name is not supported for a backend service with "
	       "Serverless network endpoint groups.");
	refuse(
	    "POST", COMPUTE "global/backendServices",
	    json_make("{'name':'be','loadBalancingScheme':'EXTERNAL_MANAGED','protocol':'HTTPS','portName':'https','backends':["
		      "{'group':%s}]}",
		      group),
	    400, "invalid",
	    "Invalid value for field 'resource.portName': 'https'. Port name is not supported for a backend service with "
	    "Serverless network endpoint groups.");
	act("POST", COMPUTE "global/backendServices",
	    json_make("{'name':'tls','loadBalancingScheme':'EXTERNAL_MANAGED','protocol':'HTTPS','backends':[{'group':%s}]}",
		      group));
	act("PATCH", COMPUTE "global/backendServices/tls", json_make("{'description':'new','portName':'https'}"));
	act("DELETE", COMPUTE "global/backendServices/tls", NULL);
	act("POST", COMPUTE "global/backendServices",
	    json_make("{'name':'be','loadBalancingScheme':'EXTERNAL_MANAGED','backends':[{'group':%s}],'iap':{'enabled':true,'"
		      "oauth2ClientId':'c',"
		      "'oauth2ClientSecret':'s'}}",
		      group));
	cJSON *b = asks("GET", COMPUTE "global/backendServices/be", NULL, 200);
	is_str(json_str(b, "iap.oauth2ClientSecretSha256", ""),
	       "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89",
	       "a client secret comes back as its hash alone");
	ok(!json_at(b, "iap.oauth2ClientSecret"), "and not in clear");
	act("POST", COMPUTE "global/urlMaps", json_make("{'name':'um','defaultService':'global/backendServices/be'}"));
	is_str(json_str(asks("GET", COMPUTE "global/backendServices/be", NULL, 200), "usedBy.0.reference", ""),
	       "https://www.googleapis.com/compute/v1/projects/demo-proj/global/urlMaps/um",
	       "a backend service says who uses it");
	act("POST", COMPUTE "global/sslCertificates",
	    json_make("{'name':'cert','type':'MANAGED','managed':{'domains':['app.example.com']}}"));
	act("POST", COMPUTE "global/targetHttpsProxies",
	    json_make("{'name':'tp','urlMap':'global/urlMaps/um','sslCertificates':['global/sslCertificates/cert']}"));
	free(group);
}

static void in_use_at_once(void)
{
	act("POST", COMPUTE "global/healthChecks", json_make("{'name':'hc2','type':'TCP'}"));
	act("POST", COMPUTE "global/backendServices", json_make("{'name':'be2','healthChecks':['global/healthChecks/hc2']}"));
	refuse("DELETE", COMPUTE "global/healthChecks/hc2", NULL, 400, "resourceInUseByAnotherResource",
	       "The health_check resource 'GLOBAL:global/PROJECT:123456789012/HEALTH_CHECK:hc2' is already being used by "
	       "'GLOBAL:global/PROJECT:123456789012/BACKEND_SERVICE:be2'");
	refuse("DELETE", COMPUTE "global/backendServices/be", NULL, 400, "resourceInUseByAnotherResource",
	       "The backend_service resource 'projects/demo-proj/global/backendServices/be' is already being used by "
	       "'projects/demo-proj/global/urlMaps/um'");
	refuse("PATCH", COMPUTE "global/targetHttpsProxies/tp", json_make("{'quicOverride':'ENABLE'}"), 400, "required",
	       "Required field 'resource.fingerprint' not specified");
}

static void certificate(void)
{
	sim_advance(cloud, sim_now(cloud) + 4 * 3600);
	is_str(json_str(asks("GET", COMPUTE "global/sslCertificates/cert", NULL, 200), "managed.status", ""), "PROVISIONING",
	       "a managed certificate waits for a forwarding rule, however long");
	act("POST", COMPUTE "global/forwardingRules",
	    json_make("{'name':'fr','IPAddress':'global/addresses/ip','target':'global/targetHttpsProxies/"
		      "tp','portRange':'443','loadBalancingScheme':"
		      "'EXTERNAL_MANAGED'}"));
	is_int(
	    (long long)json_num(asks("GET", COMPUTE "global/urlMaps/um", NULL, 200), "status.quotaUsage.forwardingRules", -1),
	    1, "a URL map counts the rules that lead to it");
	sim_advance(cloud, sim_now(cloud) + 4 * 3600);
	cJSON *c = asks("GET", COMPUTE "global/sslCertificates/cert", NULL, 200);
	char *text = json_text(json_at(c, "managed"), -1);
	ok(strstr(text, "\"app.example.com\":\"FAILED_NOT_VISIBLE\"") && strstr(text, "\"status\":\"PROVISIONING\""),
	   "and then for DNS: %s", text);
	free(text);
	cJSON *a = asks("GET", COMPUTE "global/addresses/ip", NULL, 200);
	is_str(json_str(a, "status", ""), "IN_USE", "the address is in use");
	char *clash = xasprintf("Invalid value for field 'resource.IPAddress': '%s'. Specified IP address is in-use and would "
				"result in a conflict.",
				json_str(a, "address", ""));
	refuse("DELETE", COMPUTE "global/addresses/ip", NULL, 400, "resourceInUseByAnotherResource",
	       "The address resource 'projects/demo-proj/global/addresses/ip' is already being used by "
	       "'projects/demo-proj/global/forwardingRules/fr'");
	refuse("POST", COMPUTE "global/forwardingRules",
	       json_make("{'name':'fr2','IPAddress':'global/addresses/ip','target':'global/targetHttpsProxies/"
			 "tp','portRange':'443-443'}"),
	       400, "invalid", clash);
	free(clash);
}

/* The state of the certificate's domain, until the next call. */
static const char *certificate_of(const char *domain)
{
	const cJSON *states = json_at(asks("GET", COMPUTE "global/sslCertificates/cert", NULL, 200), "managed.domainStatus");
	const cJSON *state = cJSON_GetObjectItemCaseSensitive(states, domain);
	return state ? state->valuestring : "none";
}

static void set_record(const char *record, cJSON *data)
{
	char *url = xasprintf("registrar.example/%s", record);
	asks("PUT", url, json_make("{'data':%j}", data), 200);
	free(url);
}

/* Google Public DNS: answers by type, aliases on the way, and what it says where there is nothing. */
static void names_resolve(const char *ip)
{
	cJSON *r = asks("GET", "dns.google/resolve?name=APP.example.com.&type=A", NULL, 200);
	ok(json_num(r, "Status", -1) == 0 && json_num(r, "Answer.0.type", 0) == 1 &&
	       !strcmp(json_str(r, "Answer.0.data", ""), ip) && !strcmp(json_str(r, "Answer.0.name", ""), "app.example.com."),
	   "a name resolves, in whatever letters");
	set_record("www.example.com/CNAME", json_make("['app.example.com.']"));
	r = asks("GET", "dns.google/resolve?name=www.example.com", NULL, 200);
	ok(json_num(r, "Answer.0.type", 0) == 5 && !strcmp(json_str(r, "Answer.1.data", ""), ip),
	   "an alias is followed to the address");
	r = asks("GET", "dns.google/resolve?name=app.example.com&type=28", NULL, 200);
	ok(json_num(r, "Status", -1) == 0 && !json_at(r, "Answer"), "a name without such a record has no answer");
	r = asks("GET", "dns.google/resolve?name=none.example.com&type=A", NULL, 200);
	ok(json_num(r, "Status", -1) == 3 && !json_at(r, "Answer"), "and one that is not there is NXDOMAIN");
	ask("GET", "dns.google/resolve?name=app..example.com&type=A", NULL);
	is_int(last_status, 400, "what is no name is refused");
}

/* A certificate's domain with the root's dot, and an endpoint for all of Google's APIs. */
static void spelled(void)
{
	new_cloud(NULL);
	act("POST", COMPUTE "global/sslCertificates",
	    json_make("{'name':'dot','type':'MANAGED','managed':{'domains':['dot.example.com.']}}"));
	is_str(json_str(asks("GET", COMPUTE "global/sslCertificates/dot", NULL, 200), "managed.domains.0", ""),
	       "dot.example.com", "the root's dot is not kept");
	asks("POST", COMPUTE "global/sslCertificates", json_make("{'name':'d','type':'MANAGED','managed':{'domains':['.']}}"),
	     400);
	act("POST", COMPUTE "global/addresses",
	    json_make("{'name':'apis','purpose':'PRIVATE_SERVICE_CONNECT','addressType':'INTERNAL','address':'10.255.255.5',"
		      "'network':'global/networks/default'}"));
	static const char *const odd[] = {"'name':'with-dash','network':'global/networks/default'", "'name':'apis'",
					  "'name':'apis','network':'global/networks/default','loadBalancingScheme':'INTERNAL'"};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		char *body = xasprintf("{%s,'target':'all-apis','IPAddress':'global/addresses/apis'}", odd[i]);
		asks("POST", COMPUTE "global/forwardingRules", json_make(body), 400);
		free(body);
	}
	act("POST", COMPUTE "global/forwardingRules",
	    json_make(
		"{'name':'apis','network':'global/networks/default','target':'all-apis','IPAddress':'global/addresses/apis'}"));
	cJSON *rule = asks("GET", COMPUTE "global/forwardingRules/apis", NULL, 200);
	is_str(json_str(rule, "target", ""), "all-apis", "a bundle's name stays as it is");
	is_str(json_str(rule, "pscConnectionStatus", ""), "ACCEPTED", "its endpoint is connected");
	is_str(json_str(rule, "IPAddress", ""), "10.255.255.5", "at the address");
}

static void visible(void)
{
	new_cloud(NULL);
	chain();
	act("POST", COMPUTE "global/forwardingRules",
	    json_make("{'name':'fr','IPAddress':'global/addresses/ip','target':'global/targetHttpsProxies/"
		      "tp','portRange':'443','loadBalancingScheme':"
		      "'EXTERNAL_MANAGED'}"));
	sim_advance(cloud, sim_now(cloud) + 24 * 3600);
	is_str(certificate_of("app.example.com"), "FAILED_NOT_VISIBLE", "nobody sets the record: it never becomes active");
	char *ip = xstrdup(json_str(asks("GET", COMPUTE "global/addresses/ip", NULL, 200), "address", ""));
	set_record("app.example.com/A", json_make("['203.0.113.9']"));
	sim_advance(cloud, sim_now(cloud) + 4 * 3600);
	is_str(certificate_of("app.example.com"), "FAILED_NOT_VISIBLE", "nor where it leads elsewhere");
	set_record("app.example.com/A", json_make("['203.0.113.9',%s]", ip));
	sim_advance(cloud, sim_now(cloud) + 4 * 3600);
	is_str(certificate_of("app.example.com"), "FAILED_NOT_VISIBLE", "nor where it leads elsewhere as well");
	set_record("app.example.com/A", json_make("[%s]", ip));
	set_record("app.example.com/AAAA", json_make("['2001:db8::9']"));
	sim_advance(cloud, sim_now(cloud) + 4 * 3600);
	is_str(certificate_of("app.example.com"), "FAILED_NOT_VISIBLE", "nor where an address of IPv6 leads elsewhere");
	ask("DELETE", "registrar.example/app.example.com/AAAA", NULL);
	sim_advance(cloud, sim_now(cloud) + 4 * 3600);
	is_str(certificate_of("app.example.com"), "ACTIVE", "once its only address is the rule's it does");
	names_resolve(ip);
	free(ip);
	static const char *const order[] = {"forwardingRules/fr", "targetHttpsProxies/tp", "sslCertificates/cert", "urlMaps/um",
					    "backendServices/be", "healthChecks/hc",       "addresses/ip"};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		char *url = xasprintf(COMPUTE "global/%s", order[i]);
		act("DELETE", url, NULL);
		free(url);
	}
	ok(true, "all of it goes in the reverse order");
}

static cJSON *machine(const char *name)
{
	return json_make(
	    "{'name':%s,'machineType':'zones/us-central1-a/machineTypes/e2-standard-2','disks':[{'boot':true,'autoDelete':true,"
	    "'initializeParams':{'sourceImage':'projects/cos-cloud/global/images/family/cos-stable','diskSizeGb':'30'}}],"
	    "'networkInterfaces':[{'network':'global/networks/default'}],'tags':{'items':['mlflow']},'labels':{'a':'b'}}",
	    name);
}

static void machines(void)
{
	act("POST", COMPUTE "zones/us-central1-a/instances", machine("vm"));
	cJSON *vm = asks("GET", COMPUTE "zones/us-central1-a/instances/vm", NULL, 200);
	is_str(json_str(vm, "status", ""), "RUNNING", "a machine runs");
	ok(*json_str(vm, "metadata.fingerprint", "") != 0, "with a fingerprint of its metadata");
	is_str(json_str(asks("GET", COMPUTE "zones/us-central1-a/disks/vm", NULL, 200), "sizeGb", ""), "30", "and its disk");
	refuse("POST", COMPUTE "zones/us-central1-a/instances/vm/setMetadata",
	       json_make("{'items':[],'fingerprint':'AAAAAAAAAAA='}"), 412, "conditionNotMet",
	       "Supplied fingerprint does not match current metadata fingerprint.");
	act("POST", COMPUTE "zones/us-central1-a/instances/vm/setDeletionProtection?deletionProtection=true", NULL);
	refuse("DELETE", COMPUTE "zones/us-central1-a/instances/vm", NULL, 412, "conditionNotMet",
	       "Invalid resource usage: 'Resource cannot be deleted if it's protected against deletion. Disable deletion "
	       "protection and try again.'.");
	act("POST", COMPUTE "zones/us-central1-a/instances/vm/setDeletionProtection?deletionProtection=false", NULL);
	act("DELETE", COMPUTE "zones/us-central1-a/instances/vm", NULL);
	refuse("GET", COMPUTE "zones/us-central1-a/disks/vm", NULL, 404, "notFound",
	       "The resource 'projects/demo-proj/zones/us-central1-a/disks/vm' was not found");
}

static void shortage(void)
{
	new_cloud("{'stockouts':['us-central1-a'],'quotas':{'us-east1/CPUS':1}}");
	cJSON *op = asks("POST", COMPUTE "zones/us-central1-a/instances", machine("vm"), 200);
	char *link = xstrdup(json_str(op, "selfLink", ""));
	op = finish(link);
	is_str(json_str(op, "error.errors.0.code", ""), "ZONE_RESOURCE_POOL_EXHAUSTED", "a zone can be out of machines");
	refuse("GET", COMPUTE "zones/us-central1-a/instances/vm", NULL, 404, "notFound",
	       "The resource 'projects/demo-proj/zones/us-central1-a/instances/vm' was not found");
	free(link);
	cJSON *created = asks("POST", "container.googleapis.com/v1/projects/demo-proj/locations/us-central1-a/clusters",
			      json_make("{'cluster':{'name':'c','initialNodeCount':1}}"), 200);
	link = xstrdup(json_str(created, "selfLink", ""));
	ok(text_starts(link, "https://container.googleapis.com/v1/projects/123456789012/zones/us-central1-a/operations/"),
	   "a zonal cluster's operation is linked by number and zone");
	op = finish(link);
	ok(strstr(json_str(op, "statusMessage", ""), "does not have enough resources available") != NULL, "a cluster too");
	cJSON *c = asks("GET", "container.googleapis.com/v1/projects/demo-proj/locations/us-central1-a/clusters/c", NULL, 200);
	is_str(json_str(c, "status", ""), "ERROR", "and stays behind in ERROR");
	is_str(json_str(c, "conditions.0.code", ""), "GCE_STOCKOUT", "with the condition");
	free(link);
}

static void clusters(void)
{
#define CONTAINER "container.googleapis.com/v1/projects/demo-proj/locations/"
	new_cloud(NULL);
	refuse("GET", CONTAINER "us-central1/clusters/c", NULL, 404, "notFound",
	       "Not found: projects/demo-proj/locations/us-central1/clusters/c.");
	refuse("POST", CONTAINER "us-central1-a/clusters", json_make("{'cluster':{'name':'c','autopilot':{'enabled':true}}}"),
	       400, "badRequest", "Autopilot clusters must be regional clusters.");
	act("POST", CONTAINER "us-central1/clusters",
	    json_make("{'cluster':{'name':'ap','autopilot':{'enabled':true},'releaseChannel':{'channel':'REGULAR'}}}"));
	cJSON *c = asks("GET", CONTAINER "us-central1/clusters/ap", NULL, 200);
	is_str(json_str(c, "workloadIdentityConfig.workloadPool", ""), "demo-proj.svc.id.goog",
	       "Autopilot has workload identity");
	ok(json_at(c, "legacyAbac") && json_at(c, "networkConfig"), "what strict clients demand is there");
	act("POST", CONTAINER "us-central1-a/clusters", json_make("{'cluster':{'name':'std','initialNodeCount':1}}"));
	c = asks("GET", CONTAINER "us-central1-a/clusters/std", NULL, 200);
	char *group = xasprintf("compute.googleapis.com/compute%s",
				strstr(json_str(c, "nodePools.0.instanceGroupUrls.0", "/v1"), "/v1"));
	is_int((long long)json_num(asks("GET", group, NULL, 200), "targetSize", 0), 1,
	       "a pool's instance group manager can be read");
	free(group);
	cJSON *op = asks("DELETE", CONTAINER "us-central1-a/clusters/std/nodePools/default-pool", NULL, 200);
	char *link = xstrdup(json_str(op, "selfLink", ""));
	char *busy = xasprintf("Cluster is running incompatible operation %s.", json_str(op, "name", ""));
	refuse("DELETE", CONTAINER "us-central1-a/clusters/std", NULL, 400, "failedPrecondition", busy);
	finish(link);
	ok(!json_at(asks("GET", CONTAINER "us-central1-a/clusters/std", NULL, 200), "nodePools"), "the default pool can go");
	act("DELETE", CONTAINER "us-central1-a/clusters/std", NULL);
	free(link);
	free(busy);
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud("{'dns':{'app.example.com':'203.0.113.9'}}");
	chain();
	in_use_at_once();
	certificate();
	visible();
	spelled();
	machines();
	shortage();
	clusters();
	sim_free(cloud);
	return tap_done();
}
