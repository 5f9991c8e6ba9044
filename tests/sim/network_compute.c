/* Networks, subnets, firewalls, routers and addresses of the simulated Compute Engine: what bites. */
#include "config.h"
#include "tests/sim/cloud.h"

static void in_use_late(void)
{
	act("POST", COMPUTE "global/networks", json_make("{'name':'n1','autoCreateSubnetworks':false}"));
	act("POST", COMPUTE "regions/us-central1/subnetworks",
	    json_make(
		"{'name':'s1','network':'global/networks/n1','ipCidrRange':'10.10.0.0/24','privateIpGoogleAccess':true}"));
	act("POST", COMPUTE "global/firewalls",
	    json_make("{'name':'f1','network':'https://compute.googleapis.com/compute/v1/projects/demo-proj/global/networks/"
		      "n1','allowed':"
		      "[{'IPProtocol':'tcp','ports':['4180']}],'sourceRanges':['35.191.0.0/16']}"));
	cJSON *op = asks("DELETE", COMPUTE "global/networks/n1", NULL, 200);
	char *link = xstrdup(json_str(op, "selfLink", ""));
	op = finish(link);
	is_str(json_str(op, "error.errors.0.code", ""), "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE",
	       "a network in use fails later, in the operation");
	is_str(json_str(op, "error.errors.0.message", ""),
	       "The network resource 'projects/demo-proj/global/networks/n1' is already being used by "
	       "'projects/demo-proj/global/firewalls/f1'",
	       "in Google's words");
	is_int((long long)json_num(op, "httpErrorStatusCode", 0), 400, "with the status");
	is_str(json_str(asks("GET", COMPUTE "global/networks/n1", NULL, 200), "subnetworks.0", ""),
	       "https://www.googleapis.com/compute/v1/projects/demo-proj/regions/us-central1/subnetworks/s1",
	       "and the network stays, with its subnet");
	free(link);
}

static void not_ready(void)
{
	asks("POST", COMPUTE "global/networks", json_make("{'name':'n2','autoCreateSubnetworks':false}"), 200);
	refuse("POST", COMPUTE "regions/us-central1/subnetworks",
	       json_make("{'name':'s2','network':'global/networks/n2','ipCidrRange':'10.0.0.0/24'}"), 400, "resourceNotReady",
	       "The resource 'projects/demo-proj/global/networks/n2' is not ready");
	refuse("DELETE", COMPUTE "global/networks/n2", NULL, 400, "resourceNotReady",
	       "The resource 'projects/demo-proj/global/networks/n2' is not ready");
	sim_advance(cloud, sim_now(cloud) + 60);
	act("DELETE", COMPUTE "global/networks/n2", NULL);
	refuse("GET", COMPUTE "global/networks/n2", NULL, 404, "notFound",
	       "The resource 'projects/demo-proj/global/networks/n2' was not found");
}

static void operations(void)
{
	cJSON *op = asks("POST", COMPUTE "global/addresses?requestId=8b1f0d3c-6f5e-4f6e-9c3a-1d2e3f405162",
			 json_make("{'name':'a1','labels':{'x':'y'}}"), 200);
	char *name = xstrdup(json_str(op, "name", "")), *url = xasprintf(COMPUTE "global/operations/%s/wait", name);
	is_str(json_str(op, "operationType", ""), "insert", "an operation has its type");
	is_str(json_str(op, "targetLink", ""), "https://www.googleapis.com/compute/v1/projects/demo-proj/global/addresses/a1",
	       "and its target");
	op = asks("POST", COMPUTE "global/addresses?requestId=8b1f0d3c-6f5e-4f6e-9c3a-1d2e3f405162", json_make("{'name':'a1'}"),
		  200);
	is_str(json_str(op, "name", ""), name, "the same requestId gives the same operation");
	double before = sim_now(cloud);
	op = asks("POST", url, NULL, 200);
	is_str(json_str(op, "status", ""), "DONE", "wait answers when it is done");
	ok(sim_now(cloud) > before + 0.3, "and takes its time");
	refuse("POST", COMPUTE "global/addresses?requestId=00000000-0000-0000-0000-000000000000", json_make("{'name':'a2'}"),
	       400, "invalid",
	       "Invalid value for field 'requestId': '00000000-0000-0000-0000-000000000000'. The zero UUID is not supported.");
	refuse("POST", COMPUTE "global/addresses", json_make("{'name':'a1'}"), 409, "alreadyExists",
	       "The resource 'projects/demo-proj/global/addresses/a1' already exists");
	free(name);
	free(url);
}

static void labels(void)
{
	cJSON *a = asks("GET", COMPUTE "global/addresses/a1", NULL, 200);
	ok(!json_at(a, "labels"), "labels sent with insert are dropped");
	char *print = xstrdup(json_str(a, "labelFingerprint", ""));
	refuse("POST", COMPUTE "global/addresses/a1/setLabels",
	       json_make("{'labels':{'a':'b'},'labelFingerprint':'AAAAAAAAAAA='}"), 412, "conditionNotMet",
	       "Labels fingerprint either invalid or resource labels have changed");
	cJSON *op = asks("POST", COMPUTE "global/addresses/a1/setLabels",
			 json_make("{'labels':{'a':'b'},'labelFingerprint':%s}", print), 200);
	is_str(json_str(op, "status", ""), "DONE", "setLabels is done at once");
	is_str(json_str(asks("GET", COMPUTE "global/addresses/a1", NULL, 200), "labels.a", ""), "b", "and kept");
	free(print);
}

static void fingerprints(void)
{
	refuse("PATCH", COMPUTE "regions/us-central1/subnetworks/s1", json_make("{'privateIpGoogleAccess':false}"), 400,
	       "required", "Required field 'resource.fingerprint' not specified");
	refuse("PATCH", COMPUTE "regions/us-central1/subnetworks/s1",
	       json_make("{'privateIpGoogleAccess':false,'fingerprint':'AAAAAAAAAAA='}"), 412, "conditionNotMet",
	       "Invalid fingerprint.");
	char *print = xstrdup(
	    json_str(asks("GET", COMPUTE "regions/us-central1/subnetworks/s1", NULL, 200), "fingerprint", ""));
	act("PATCH", COMPUTE "regions/us-central1/subnetworks/s1",
	    json_make("{'privateIpGoogleAccess':false,'fingerprint':%s}", print));
	cJSON *s = asks("GET", COMPUTE "regions/us-central1/subnetworks/s1", NULL, 200);
	ok(!json_bool(s, "privateIpGoogleAccess", true) && strcmp(json_str(s, "fingerprint", ""), print),
	   "a change changes the fingerprint");
	free(print);
}

static void bad_rules(void)
{
	static const char *const rules[] = {
	    "'allowed':[{'IPProtocol':'tcp','ports':['99999']}]",
	    "'allowed':[{'IPProtocol':'tcp','ports':['90-80']}]",
	    "'allowed':[{'IPProtocol':'tcp','ports':['http']}]",
	    "'allowed':[{'IPProtocol':'icmp','ports':['80']}]",
	    "'denied':[{'IPProtocol':'pigeon'}]",
	    "'allowed':[{'IPProtocol':'tcp'}],'sourceTags':['a'],'targetServiceAccounts':['a@demo-proj.iam.gserviceaccount.com'"
	    "]",
	    "'allowed':[{'IPProtocol':'tcp'}],'direction':'EGRESS','sourceServiceAccounts':['a@demo-proj.iam.gserviceaccount."
	    "com']",
	};
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		char *body = xasprintf("{'name':'odd','network':'global/networks/n1',%s}", rules[i]);
		asks("POST", COMPUTE "global/firewalls", json_make(body), 400);
		free(body);
	}
	asks("POST", COMPUTE "global/networks/n1/switchToCustomMode", NULL, 400);
	act("PUT", COMPUTE "global/firewalls/f1",
	    json_make(
		"{'name':'f1','network':'global/networks/n1','allowed':[{'IPProtocol':'6','ports':['22','5000-5010']}]}"));
	is_str(json_str(asks("GET", COMPUTE "global/firewalls/f1", NULL, 200), "allowed.0.ports.1", ""), "5000-5010",
	       "a firewall rule is replaced");
}

/* What is seldom sent, and right. */
static void good_rules(void)
{
	static const char *const rules[] = {
	    "'allowed':[{'IPProtocol':'TCP','ports':['0-65535']}]",
	    "'allowed':[{'IPProtocol':'132','ports':['7']},{'IPProtocol':'112'}],'sourceRanges':['::/0']",
	    "'denied':[{'IPProtocol':'all'}],'direction':'EGRESS','sourceRanges':['10.10.0.0/"
	    "24'],'destinationRanges':['0.0.0.0/0']",
	    "'allowed':[{'IPProtocol':'tcp'}],'destinationRanges':['10.10.0.0/24'],'sourceTags':['a'],'targetTags':['b']",
	};
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		char *body = xasprintf("{'name':'fine-%zu','network':'global/networks/n1',%s}", i, rules[i]),
		     *at = xasprintf(COMPUTE "global/firewalls/fine-%zu", i);
		act("POST", COMPUTE "global/firewalls", json_make(body));
		act("DELETE", at, NULL);
		free(at);
		free(body);
	}
}

#define INTERNAL(name, address)                                                                                                \
	json_make("{'name':'" name "','addressType':'INTERNAL','subnetwork':'regions/us-central1/subnetworks/s1','address':'"  \
		  "10.10.0." address "'}")
static void internal_addresses(void)
{
	static const char at[] = COMPUTE "regions/us-central1/addresses";
	asks("POST", at, INTERNAL("i0", "0"), 400);
	asks("POST", at, INTERNAL("i0", "1"), 400);
	asks("POST", at, INTERNAL("i0", "254"), 400);
	asks("POST", at, INTERNAL("i0", "255"), 400);
	act("POST", at, INTERNAL("i1", "2"));
	act("POST", at, INTERNAL("i2", "253"));
	refuse("POST", at, INTERNAL("i3", "2"), 400, "invalid",
	       "Invalid value for field 'resource.address': '10.10.0.2'. Specified IP address is already reserved.");
	act("DELETE", COMPUTE "regions/us-central1/addresses/i1", NULL);
	act("POST", at, INTERNAL("i3", "2"));
	act("DELETE", COMPUTE "regions/us-central1/addresses/i2", NULL);
	act("DELETE", COMPUTE "regions/us-central1/addresses/i3", NULL);
}

#define PROXIES(name, range, more)                                                                                             \
	json_make("{'name':'" name "','network':'global/networks/n1','ipCidrRange':'" range                                    \
		  "','purpose':'REGIONAL_MANAGED_PROXY'" more "}")
static void proxies(void)
{
	static const char at[] = COMPUTE "regions/us-central1/subnetworks";
	asks("POST", at, PROXIES("p0", "10.20.0.0/24", ""), 400);
	asks("POST", at, PROXIES("p0", "10.20.0.0/28", ",'role':'ACTIVE'"), 400);
	asks("POST", at, PROXIES("p0", "10.20.0.0/24", ",'role':'ACTIVE','privateIpGoogleAccess':true"), 400);
	act("POST", at, PROXIES("p1", "10.20.0.0/24", ",'role':'ACTIVE'"));
	asks("POST", at, PROXIES("p2", "10.20.1.0/24", ",'role':'ACTIVE'"), 400);
	act("POST", at, PROXIES("p2", "10.20.1.0/24", ",'role':'BACKUP'"));
	is_str(json_str(asks("GET", COMPUTE "regions/us-central1/subnetworks/p2", NULL, 200), "role", ""), "BACKUP",
	       "one subnet for proxies is at work in a region, one stands behind it");
}

static void bad_values(void)
{
	refuse("POST", COMPUTE "global/networks", json_make("{'name':'Bad_Name','autoCreateSubnetworks':false}"), 400,
	       "invalid",
	       "Invalid value for field 'resource.name': 'Bad_Name'. Must be a match of regex "
	       "'(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'");
	refuse("POST", COMPUTE "regions/us-central1/subnetworks",
	       json_make("{'name':'s9','network':'global/networks/none','ipCidrRange':'10.0.0.0/24'}"), 400, "invalid",
	       "Invalid value for field 'resource.network': 'projects/demo-proj/global/networks/none'. The referenced network "
	       "resource cannot be found.");
	refuse("POST", COMPUTE "regions/us-central1/subnetworks",
	       json_make("{'name':'s9','network':'global/networks/n1','ipCidrRange':'10.10.0.0/25'}"), 400, "invalid",
	       "Invalid IPCidrRange: 10.10.0.0/25 conflicts with existing subnetwork 's1' in region 'us-central1'.");
	refuse("POST", COMPUTE "regions/nowhere1/routers", json_make("{'name':'r1','network':'global/networks/n1'}"), 400,
	       "invalid", "Invalid value for field 'region': 'nowhere1'. Unknown region.");
}

/* A peering that fails was never there, for either side. */
static void unpeered(void)
{
	struct err e = {0};
	cJSON *rules = json_make(
	    "[{'path':'*/addPeering','count':1,'operation':{'error':{'code':'INTERNAL_ERROR','message':'no'}}}]");
	cJSON *r;
	int peer = 0;
	sim_faults(cloud, rules, &e);
	asks("POST", COMPUTE "global/networks/pa/addPeering",
	     json_make("{'networkPeering':{'name':'ab','network':'projects/demo-proj/global/networks/"
		       "pb','exchangeSubnetRoutes':true}}"),
	     200);
	sim_advance(cloud, sim_now(cloud) + 600);
	ok(!json_at(asks("GET", COMPUTE "global/networks/pa", NULL, 200), "peerings.0"), "a peering that failed is not there");
	is_str(json_str(asks("GET", COMPUTE "global/networks/pb", NULL, 200), "peerings.0.state", ""), "INACTIVE",
	       "its other side waits");
	cJSON_ArrayForEach(r, json_at(asks("GET", COMPUTE "global/routes", NULL, 200), "items"))
		peer += json_at(r, "nextHopPeering") != NULL;
	ok(!peer, "and no route leads through it");
	sim_faults(cloud, NULL, &e);
	cJSON_Delete(rules);
	err_free(&e);
}

/* Ranges of a network touch none of its subnets, of its reserved ranges and of its peers. */
static void ranges(void)
{
	act("POST", COMPUTE "global/networks", json_make("{'name':'pa','autoCreateSubnetworks':false}"));
	act("POST", COMPUTE "global/networks", json_make("{'name':'pb','autoCreateSubnetworks':false}"));
	act("POST", COMPUTE "regions/us-central1/subnetworks",
	    json_make("{'name':'pa1','network':'global/networks/pa','ipCidrRange':'10.40.0.0/24'}"));
	act("POST", COMPUTE "regions/us-central1/subnetworks",
	    json_make("{'name':'pb1','network':'global/networks/pb','ipCidrRange':'10.50.0.0/24'}"));
	act("POST", COMPUTE "global/addresses",
	    json_make("{'name':'psa','purpose':'VPC_PEERING','addressType':'INTERNAL','network':'global/networks/"
		      "pa','address':'10.60.0.0','"
		      "prefixLength':20}"));
	refuse("POST", COMPUTE "global/addresses",
	       json_make("{'name':'psb','purpose':'VPC_PEERING','addressType':'INTERNAL','network':'global/networks/"
			 "pa','address':'10.40.0.0','"
			 "prefixLength':20}"),
	       400, "invalid",
	       "Invalid value for field 'resource.address': '10.40.0.0/20'. Requested range conflicts with other resources: "
	       "'pa1' of the "
	       "network.");
	refuse("POST", COMPUTE "regions/us-central1/subnetworks",
	       json_make("{'name':'pa2','network':'global/networks/pa','ipCidrRange':'10.60.1.0/24'}"), 400, "invalid",
	       "Invalid IPCidrRange: 10.60.1.0/24 conflicts with 'psa', which the network or a peer has allocated.");
	act("POST", COMPUTE "global/networks/pa/addPeering",
	    json_make("{'networkPeering':{'name':'ab','network':'projects/demo-proj/global/networks/"
		      "pb','exchangeSubnetRoutes':true}}"));
	act("POST", COMPUTE "global/networks/pb/addPeering",
	    json_make("{'networkPeering':{'name':'ba','network':'projects/demo-proj/global/networks/"
		      "pa','exchangeSubnetRoutes':true}}"));
	refuse("POST", COMPUTE "regions/us-central1/subnetworks",
	       json_make("{'name':'pa3','network':'global/networks/pa','ipCidrRange':'10.50.0.0/26'}"), 400, "invalid",
	       "Invalid IPCidrRange: 10.50.0.0/26 conflicts with 'pb1', which the network or a peer has allocated.");
	cJSON *r, *routes = asks("GET", COMPUTE "global/routes", NULL, 200);
	int peer = 0, own = 0;
	cJSON_ArrayForEach(r, json_at(routes, "items")) {
		peer += !strcmp(json_str(r, "destRange", ""), "10.50.0.0/24") &&
			!strcmp(json_str(r, "nextHopPeering", ""), "ab");
		own += !strcmp(json_str(r, "destRange", ""), "10.40.0.0/24") && json_at(r, "nextHopNetwork");
	}
	ok(peer == 1 && own == 1, "a network has a route to its subnets and to its peer's");
	act("POST", COMPUTE "global/networks/pa/removePeering", json_make("{'name':'ab'}"));
	routes = asks("GET", COMPUTE "global/routes", NULL, 200);
	peer = 0;
	cJSON_ArrayForEach(r, json_at(routes, "items"))
		peer += json_at(r, "nextHopPeering") != NULL;
	ok(!peer, "and none to a peer that is gone");
	unpeered();
}

#define ROUTE(name, range, hop)                                                                                                \
	json_make("{'name':'" name "','network':'global/networks/routed','destRange':'" range "'" hop "}")
#define INTERNET ",'nextHopGateway':'global/gateways/default-internet-gateway'"
static void routes_made(void)
{
	act("POST", COMPUTE "global/networks", json_make("{'name':'routed','autoCreateSubnetworks':false}"));
	asks("POST", COMPUTE "global/routes", ROUTE("none", "10.9.0.0/16", ""), 400);
	asks("POST", COMPUTE "global/routes", ROUTE("two", "10.9.0.0/16", INTERNET ",'nextHopIp':'10.0.0.1'"), 400);
	asks("POST", COMPUTE "global/routes", ROUTE("odd", "fd20::/129", INTERNET), 400);
	asks("POST", COMPUTE "global/routes", ROUTE("odd", "everywhere", INTERNET), 400);
	act("POST", COMPUTE "global/routes", ROUTE("six", "::/0", INTERNET));
	act("DELETE", COMPUTE "global/routes/six", NULL);
	act("POST", COMPUTE "global/routes", ROUTE("default-route-own", "0.0.0.0/0", INTERNET));
	char *link = xstrdup(json_str(asks("DELETE", COMPUTE "global/networks/routed", NULL, 200), "selfLink", ""));
	is_str(json_str(finish(link), "error.errors.0.message", ""),
	       "The network resource 'projects/demo-proj/global/networks/routed' is already being used by "
	       "'projects/demo-proj/global/routes/default-route-own'",
	       "a route that somebody made holds its network, by whatever name");
	free(link);
	act("DELETE", COMPUTE "global/routes/default-route-own", NULL);
	act("DELETE", COMPUTE "global/networks/routed", NULL);
}

#define NAT_ALL(name)                                                                                                          \
	"{'name':'" name "','natIpAllocateOption':'AUTO_ONLY','sourceSubnetworkIpRangesToNat':'ALL_SUBNETWORKS_ALL_IP_RANGES'" \
	"}"
#define NAT_LIST(name, ranges)                                                                                                 \
	"{'name':'" name                                                                                                       \
	"','natIpAllocateOption':'AUTO_ONLY','sourceSubnetworkIpRangesToNat':'LIST_OF_SUBNETWORKS','subnetworks'"              \
	":[{'name':'regions/us-central1/subnetworks/s1','sourceIpRangesToNat':[" ranges "]}]}"
static void routers(void)
{
	act("POST", COMPUTE "regions/us-central1/routers",
	    json_make("{'name':'r1','network':'global/networks/n1','nats':[{'name':'nat','natIpAllocateOption':'AUTO_ONLY',"
		      "'sourceSubnetworkIpRangesToNat':'ALL_SUBNETWORKS_ALL_IP_RANGES'}]}"));
	cJSON *r = asks("GET", COMPUTE "regions/us-central1/routers/r1", NULL, 200);
	is_str(json_str(r, "nats.0.type", ""), "PUBLIC", "a NAT is public by default");
	refuse("POST", COMPUTE "regions/us-central1/routers",
	       json_make("{'name':'r2','network':'global/networks/n1','nats':[{'name':'nat','natIpAllocateOption':'AUTO_ONLY',"
			 "'sourceSubnetworkIpRangesToNat':'LIST_OF_SUBNETWORKS','subnetworks':[{'name':'regions/us-central1/"
			 "subnetworks/s1',"
			 "'sourceIpRangesToNat':['ALL_IP_RANGES']}]}]}"),
	       400, "invalid",
	       "Invalid value for field 'resource.nats[0].sourceSubnetworkIpRangesToNat': 'LIST_OF_SUBNETWORKS'. A subnetwork "
	       "is already "
	       "served by NAT 'nat' of router 'r1'.");
	asks("PATCH", COMPUTE "regions/us-central1/routers/r1",
	     json_make("{'nats':[" NAT_ALL("one") "," NAT_LIST("two", "'ALL_IP_RANGES'") "]}"), 400);
	asks("PATCH", COMPUTE "regions/us-central1/routers/r1",
	     json_make("{'nats':[" NAT_LIST("one", "'PRIMARY_IP_RANGE'") "," NAT_LIST("two", "'ALL_IP_RANGES'") "]}"), 400);
	act("PATCH", COMPUTE "regions/us-central1/routers/r1",
	    json_make("{'nats':[" NAT_LIST("one", "'PRIMARY_IP_RANGE'") "," NAT_LIST(
		"two", "'LIST_OF_SECONDARY_IP_RANGES'],'secondaryIpRangeNames':['pods'") "]}"));
	act("PATCH", COMPUTE "regions/us-central1/routers/r1", json_make("{'nats':[]}"));
	ok(!json_at(asks("GET", COMPUTE "regions/us-central1/routers/r1", NULL, 200), "nats"), "a patch replaces all NATs");
	act("DELETE", COMPUTE "regions/us-central1/routers/r1", NULL);
}

static void quotas(void)
{
	new_cloud("{'quotas':{'NETWORKS':2,'us-central1/STATIC_ADDRESSES':1}}");
	act("POST", COMPUTE "global/networks", json_make("{'name':'q1','autoCreateSubnetworks':false}"));
	refuse("POST", COMPUTE "global/networks", json_make("{'name':'q2','autoCreateSubnetworks':false}"), 403,
	       "quotaExceeded", "Quota 'NETWORKS' exceeded.  Limit: 2.0 globally.");
	act("POST", COMPUTE "regions/us-central1/addresses", json_make("{'name':'q1'}"));
	refuse("POST", COMPUTE "regions/us-central1/addresses", json_make("{'name':'q2'}"), 403, "quotaExceeded",
	       "Quota 'STATIC_ADDRESSES' exceeded.  Limit: 1.0 in region us-central1.");
	act("POST", COMPUTE "regions/us-east1/addresses", json_make("{'name':'q2'}"));
	cJSON *q;
	bool found = false;
	cJSON_ArrayForEach(q, json_at(asks("GET", COMPUTE "regions/us-central1", NULL, 200), "quotas"))
		found = found || (!strcmp(json_str(q, "metric", ""), "STATIC_ADDRESSES") && json_num(q, "usage", 0) == 1 &&
				  json_num(q, "limit", 0) == 1);
	ok(found, "the region shows limit and usage");
}

static void lists(void)
{
	cJSON *l = asks("GET", COMPUTE "global/networks?filter=name%20eq%20%22q.%22", NULL, 200);
	is_int(cJSON_GetArraySize(json_at(l, "items")), 1, "a filter with a regular expression");
	l = asks("GET", COMPUTE "global/networks?filter=name%3Ddefault", NULL, 200);
	is_str(json_str(l, "items.0.name", ""), "default", "a filter by value");
	l = asks("GET", COMPUTE "aggregated/addresses", NULL, 200);
	char *text = json_text(l, -1);
	ok(strstr(text, "\"regions/us-east1\":{\"addresses\":[") != NULL, "an aggregated list has the scopes");
	free(text);
	l = asks("GET", COMPUTE "zones?filter=name%3Dus-central1-f", NULL, 200);
	is_int(cJSON_GetArraySize(json_at(l, "items")), 1, "zones are filtered");
	is_int((long long)json_num(asks("GET", COMPUTE "zones/us-central1-a/machineTypes/e2-standard-2", NULL, 200),
				   "guestCpus", 0),
	       2, "machine types");
}

static void egress(void)
{
	sim_vpc_hold(cloud, "demo-proj", "us-central1", "default", "run/s");
	sim_vpc_hold(cloud, "demo-proj", "us-central1", "default", "run/s");
	cJSON *l = asks("GET", COMPUTE "regions/us-central1/addresses?filter=purpose%3DSERVERLESS", NULL, 200);
	is_int(cJSON_GetArraySize(json_at(l, "items")), 1, "direct VPC egress keeps an address, once");
	sim_vpc_release(cloud, "run/s");
	sim_advance(cloud, sim_now(cloud) + 1800);
	cJSON *op = asks("DELETE", COMPUTE "regions/us-central1/subnetworks/default", NULL, 200);
	char *link = xstrdup(json_str(op, "selfLink", ""));
	op = finish(link);
	ok(strstr(json_str(op, "error.errors.0.message", ""), "/regions/us-central1/addresses/serverless-ipv4-") != NULL,
	   "half an hour after the release the subnet is still in use");
	free(link);
	sim_advance(cloud, sim_now(cloud) + 3 * 3600);
	act("DELETE", COMPUTE "regions/us-central1/subnetworks/default", NULL);
	ok(true, "hours later it can be deleted");
}

static void disks(void)
{
	act("POST", COMPUTE "zones/us-central1-a/disks",
	    json_make("{'name':'d1','sourceImage':'projects/debian-cloud/global/images/family/debian-12','sizeGb':'20'}"));
	char *id = xstrdup(json_str(asks("GET", COMPUTE "zones/us-central1-a/disks/d1", NULL, 200), "id", ""));
	act("POST", COMPUTE "zones/us-central1-a/disks",
	    json_make("{'name':'d2','sourceDisk':'zones/us-central1-a/disks/d1'}"));
	cJSON *d = asks("GET", COMPUTE "zones/us-central1-a/disks/d2", NULL, 200);
	is_str(json_str(d, "sourceDiskId", ""), id, "a clone knows the disk that it was made from");
	is_str(json_str(d, "sizeGb", ""), "20", "and is as large");
	is_str(json_str(d, "licenses.0", ""),
	       "https://www.googleapis.com/compute/v1/projects/debian-cloud/global/licenses/debian-12-bookworm",
	       "with the licenses of the image behind it");
	refuse("POST", COMPUTE "zones/us-central1-a/disks",
	       json_make("{'name':'d3','sourceDisk':'zones/us-central1-a/disks/d1','sizeGb':'10'}"), 400, "invalid",
	       "Invalid value for field 'resource.sizeGb': '10'. Requested disk size cannot be smaller than the source disk "
	       "size (20 GB)");
	refuse("GET", COMPUTE "zones/us-central1-a/disks/D_1", NULL, 400, "invalid",
	       "Invalid value for field 'disk': 'D_1'. Must be a match of regex "
	       "'[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?|[1-9][0-9]{0,19}'");
	free(id);
}

/* What Google does of itself when Compute Engine is first enabled in a project. */
static void new_project(void)
{
	static const char other[] = "compute.googleapis.com/compute/v1/projects/other-proj/global/";
	char *network = xasprintf("%snetworks/default", other), *rule = xasprintf("%sfirewalls/default-allow-ssh", other);
	asks("POST", "cloudresourcemanager.googleapis.com/v1/projects", json_make("{'projectId':'other-proj','name':'Other'}"),
	     200);
	sim_advance(cloud, sim_now(cloud) + 600);
	asks("PUT", "cloudbilling.googleapis.com/v1/projects/other-proj/billingInfo",
	     json_make("{'billingAccountName':'billingAccounts/012345-6789AB-CDEF01'}"), 200);
	sim_advance(cloud, sim_now(cloud) + 600);
	asks("POST", "serviceusage.googleapis.com/v1/projects/other-proj/services/compute.googleapis.com:enable",
	     json_make("{}"), 200);
	sim_advance(cloud, sim_now(cloud) + 1800);
	is_str(json_str(asks("GET", network, NULL, 200), "description", ""), "Default network for the project",
	       "a new project has a default network");
	is_str(json_str(asks("GET", rule, NULL, 200), "allowed.0.ports.0", ""), "22", "and its rules");
	free(network);
	free(rule);
}

/* A field names things of its own kind alone. */
static void kinds_of_links(void)
{
#define NETWORK "projects/demo-proj/global/networks/default"
#define MALFORMED(field) "Invalid value for field 'resource." field "': '" NETWORK "'. The URL is malformed."
	refuse("POST", COMPUTE "global/backendServices", json_make("{'name':'b','healthChecks':['" NETWORK "']}"), 400,
	       "invalid", MALFORMED("healthChecks"));
	refuse("POST", COMPUTE "global/urlMaps", json_make("{'name':'u','defaultService':'" NETWORK "'}"), 400, "invalid",
	       MALFORMED("defaultService"));
	refuse("POST", COMPUTE "zones/us-central1-a/instanceGroupManagers",
	       json_make("{'name':'g','targetSize':1,'instanceTemplate':'" NETWORK "'}"), 400, "invalid",
	       MALFORMED("instanceTemplate"));
	asks(
	    "POST", COMPUTE "zones/us-central1-a/instances",
	    json_make(
		"{'name':'m','machineType':'zones/us-central1-a/machineTypes/e2-small','disks':[{'boot':true,'source':'" NETWORK
		"'}],'networkInterfaces':[{'network':'global/networks/default'}]}"),
	    400);
}

/* Whoever makes a machine must be allowed to act as its service account. */
static void acting(void)
{
#define ACCOUNT "server@demo-proj.iam.gserviceaccount.com"
	new_cloud("{'projects':[{'id':'demo-proj','number':'123456789012','roles':['roles/compute.admin',"
		  "'roles/iam.serviceAccountCreator']}]}");
	asks("POST", "iam.googleapis.com/v1/projects/demo-proj/serviceAccounts", json_make("{'accountId':'server'}"), 200);
	sim_advance(cloud, sim_now(cloud) + 600);
	for (int i = 0; i < 2; i++) {
		cJSON *body = json_make(
		    "{'name':'m','machineType':'zones/us-central1-a/machineTypes/e2-small','disks':[{'boot':true,'autoDelete':"
		    "true,'initializeParams':{'sourceImage':'projects/cos-cloud/global/images/family/"
		    "cos-stable'}}],'networkInterfaces':[{'network':'global/networks/default'}]}");
		if (!i)
			json_put(body, "serviceAccounts", json_make("[{'email':%s}]", ACCOUNT));
		cJSON *op = finish(json_str(asks("POST", COMPUTE "zones/us-central1-a/instances", body, 200), "selfLink", ""));
		is_str(json_str(op, "error.errors.0.code", ""), i ? "" : "SERVICE_ACCOUNT_ACCESS_DENIED",
		       i ? "without one nobody is asked" : "an account is not had by the making of a machine");
		if (!i)
			is_str(json_str(op, "error.errors.0.message", ""),
			       "The user does not have access to service account '" ACCOUNT
			       "'.  User: 'operator@example.com'.  Ask a project owner to grant you the "
			       "iam.serviceAccountUser role on the service account",
			       "in Google's words");
		asks("GET", COMPUTE "zones/us-central1-a/instances/m", NULL, i ? 200 : 404);
	}
	act("POST", COMPUTE "zones/us-central1-a/instances/m/stop", NULL);
	ask("POST", COMPUTE "zones/us-central1-a/instances/m/setServiceAccount", json_make("{'email':%s}", ACCOUNT));
	ok(last_status == 400, "nor by giving it to one");
}

/* Of what a request refers to, Google asks whether the caller may use it. */
static void referring(void)
{
	static const struct {
		const char *url, *body, *permission;
	} rows[] = {
	    {"regions/us-central1/routers", "{'name':'r','network':'global/networks/default'}", "compute.routers.create"},
	    {"global/addresses",
	     "{'name':'a','addressType':'INTERNAL','purpose':'VPC_PEERING','prefixLength':20,'network':'global/"
	     "networks/default'}",
	     "compute.globalAddresses.createInternal"},
	    {"global/addresses", "{'name':'b'}", "compute.globalAddresses.create"},
	};
	new_cloud("{'projects':[{'id':'demo-proj','number':'123456789012','roles':['roles/compute.instanceAdmin.v1']}]}");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *url = xasprintf(COMPUTE "%s", rows[i].url),
		     *words = xasprintf("Required '%s' permission", rows[i].permission);
		cJSON *r = asks("POST", url, json_make(rows[i].body), 403);
		ok(strstr(json_str(r, "error.message", ""), words) != NULL, "%s: %s", rows[i].permission,
		   json_str(r, "error.message", ""));
		free(words);
		free(url);
	}
	new_cloud("{'projects':[{'id':'demo-proj','number':'123456789012','roles':['roles/compute.loadBalancerAdmin']}]}");
	act("POST", COMPUTE "global/healthChecks", json_make("{'name':'hc','type':'HTTP','httpHealthCheck':{'port':80}}"));
	act("POST", COMPUTE "global/backendServices", json_make("{'name':'be','healthChecks':['global/healthChecks/hc']}"));
	ok(last_status == 200, "a role of load balancers has what they refer to");
	cJSON *r = asks("POST", COMPUTE "regions/us-central1/subnetworks",
			json_make("{'name':'s','network':'global/networks/default','ipCidrRange':'10.9.0.0/24'}"), 403);
	ok(strstr(json_str(r, "error.message", ""), "compute.subnetworks.create") != NULL, "and not what networks need");
}

/* A service project and its host, with a network in it; then the operator has these roles in each. */
static void new_shared_cloud(const char *ours, const char *hosts)
{
#define HOST_COMPUTE "compute.googleapis.com/compute/v1/projects/net-proj/"
	char *world = xasprintf(
	    "{'projects':[{'id':'demo-proj','number':'123456789012','sharedVpcHost':'net-proj','roles':[%s]},"
	    "{'id':'net-proj','number':'210987654321','services':['compute.googleapis.com']}]}",
	    ours);
	new_cloud(world);
	free(world);
	act("POST", HOST_COMPUTE "global/networks", json_make("{'name':'hub','autoCreateSubnetworks':false}"));
	act("POST", HOST_COMPUTE "regions/us-central1/subnetworks",
	    json_make("{'name':'apps','network':'global/networks/hub','ipCidrRange':'10.7.0.0/24'}"));
	cJSON *policy = json_make("{'policy':{'bindings':[{'role':'roles/owner','members':['user:ann@example.com']}]}}");
	cJSON *roles = json_make(hosts), *role;
	cJSON_ArrayForEach(role, roles)
		cJSON_AddItemToArray(json_at(policy, "policy.bindings"),
				     json_make("{'role':%s,'members':['user:operator@example.com']}", role->valuestring));
	cJSON_Delete(roles);
	asks("POST", "cloudresourcemanager.googleapis.com/v1/projects/net-proj:setIamPolicy", policy, 200);
	sim_advance(cloud, sim_now(cloud) + 900);
}

/* The operator's own role, which has no more than this. */
#define MAKER "'roles/iam.roleAdmin','projects/demo-proj/roles/maker'"
static void may_make(const char *permissions)
{
	static const char roles[] = "iam.googleapis.com/v1/projects/demo-proj/roles";
	char *role = xasprintf("{'title':'Maker','includedPermissions':[%s,'compute.globalOperations.get',"
			       "'compute.regionOperations.get','compute.zoneOperations.get']}",
			       permissions),
	     *url = xasprintf("%s/maker", roles);
	bool there = (ask("GET", url, NULL), last_status == 200);
	asks(there ? "PATCH" : "POST", there ? url : roles,
	     there ? json_make(role) : json_make("{'roleId':'maker','role':%j}", json_make(role)), 200);
	sim_advance(cloud, sim_now(cloud) + 900);
	free(url);
	free(role);
}

#define SUBNET "projects/net-proj/regions/us-central1/subnetworks/apps"
#define HOST_NETWORK "projects/net-proj/global/networks/hub"

static void of_a_host(const char *collection, const char *body, const char *permission, const char *key)
{
	char *url = xasprintf(COMPUTE "%s", collection),
	     *words = xasprintf("Required '%s' permission for '%s'", permission, key);
	if (*permission)
		refuse("POST", url, json_make(body), 403, "forbidden", words);
	else
		act("POST", url, json_make(body));
	free(words);
	free(url);
}

/* What lies in the host project of a Shared VPC is asked for there, whatever one may in one's own: by a role on the project, or on the subnet alone. */
static void of_another_project(void)
{
	static const char machine[] =
	    "{'name':'m','machineType':'zones/us-central1-a/machineTypes/e2-small','disks':[{'boot':true,'initializeParams':"
	    "{'sourceImage':'projects/cos-cloud/global/images/family/cos-stable'}}],'networkInterfaces':[{'subnetwork':"
	    "'" SUBNET "','accessConfigs':[{}]}]}",
			  range[] = "{'name':'r','addressType':'INTERNAL','purpose':'VPC_PEERING','prefixLength':20,'network':"
				    "'" HOST_NETWORK "'}",
			  address[] = "{'name':'a','addressType':'INTERNAL','subnetwork':'" SUBNET "'}",
			  certificates[] = "{'name':'p','urlMap':'global/urlMaps/none','certificateMap':'//"
					   "certificatemanager.googleapis.com/projects/210987654321/locations/global/"
					   "certificateMaps/m'}";
	new_shared_cloud("'roles/owner'", "['roles/browser']");
	of_a_host("regions/us-central1/addresses", address, "compute.subnetworks.use", SUBNET);
	of_a_host("global/addresses", range, "compute.networks.use", HOST_NETWORK);
	of_a_host("zones/us-central1-a/instances", machine, "compute.subnetworks.use", SUBNET);
	of_a_host("global/targetHttpsProxies", certificates, "certificatemanager.certmaps.use", "projects/net-proj");

	new_shared_cloud(MAKER, "['roles/compute.networkUser']");
	may_make("'compute.addresses.createInternal','compute.globalAddresses.createInternal','compute.disks.create',"
		 "'compute.instances.create'");
	of_a_host("regions/us-central1/addresses", address, "", "");
	of_a_host("global/addresses", range, "", "");
	of_a_host("zones/us-central1-a/instances", machine, "", "");

	new_shared_cloud("'roles/owner'", "['roles/iam.securityAdmin']");
	of_a_host("regions/us-central1/addresses", address, "compute.subnetworks.use", SUBNET);
	asks(
	    "POST", "compute.googleapis.com/compute/v1/" SUBNET "/setIamPolicy",
	    json_make("{'policy':{'bindings':[{'role':'roles/compute.networkUser','members':['user:operator@example.com']}]}}"),
	    200);
	sim_advance(cloud, sim_now(cloud) + 600);
	of_a_host("regions/us-central1/addresses", address, "", "");
	of_a_host("global/addresses", range, "compute.networks.use", HOST_NETWORK);
}

/* A change is asked for what it names, and not for what was there before. */
static void changing(void)
{
	static const char router[] = COMPUTE "regions/us-central1/routers/r";
	new_cloud("{'projects':[{'id':'demo-proj','number':'123456789012','roles':[" MAKER "]}]}");
	may_make("'compute.routers.create','compute.networks.updatePolicy'");
	act("POST", COMPUTE "regions/us-central1/routers", json_make("{'name':'r','network':'global/networks/default'}"));
	may_make("'compute.routers.get','compute.routers.update'");
	act("PATCH", router, json_make("{'description':'d'}"));
	refuse("PATCH", router, json_make("{'network':'global/networks/default'}"), 403, "forbidden",
	       "Required 'compute.networks.updatePolicy' permission for 'projects/demo-proj/global/networks/default'");
}

/* What is said of a new machine is asked for as it is by itself. */
static void what_is_said(void)
{
	static const char *const said[][2] = {
	    {"'metadata':{'items':[{'key':'a','value':'b'}]}", "compute.instances.setMetadata"},
	    {"'tags':{'items':['t']}", "compute.instances.setTags"},
	    {"'labels':{'a':'b'}", "compute.instances.setLabels"},
	    {"'serviceAccounts':[{'email':'default'}]", "compute.instances.setServiceAccount"}};
	new_cloud("{'projects':[{'id':'demo-proj','number':'123456789012','roles':['roles/iam.roleAdmin',"
		  "'projects/demo-proj/roles/maker']}]}");
	asks("POST", "iam.googleapis.com/v1/projects/demo-proj/roles",
	     json_make("{'roleId':'maker','role':{'title':'Maker','includedPermissions':['compute.instances.create',"
		       "'compute.disks.create','compute.subnetworks.use','compute.zoneOperations.get']}}"),
	     200);
	for (size_t i = 0; i <= sizeof said / sizeof *said; i++) {
		bool bare = i == sizeof said / sizeof *said;
		char *body = xasprintf(
			 "{'name':'m','machineType':'zones/us-central1-a/machineTypes/e2-small','disks':[{'boot':true,"
			 "'initializeParams':{'sourceImage':'projects/cos-cloud/global/images/family/"
			 "cos-stable'}}],'networkInterfaces':[{'network':'global/networks/default'}],%s}",
			 bare ? "'labels':{}" : said[i][0]),
		     *why = bare
				? NULL
				: xasprintf("Required '%s' permission for 'projects/demo-proj/zones/us-central1-a/instances/m'",
					    said[i][1]);
		if (bare)
			act("POST", COMPUTE "zones/us-central1-a/instances", json_make(body));
		else
			refuse("POST", COMPUTE "zones/us-central1-a/instances", json_make(body), 403, "forbidden", why);
		free(body);
		free(why);
	}
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	in_use_late();
	not_ready();
	operations();
	labels();
	fingerprints();
	bad_values();
	bad_rules();
	good_rules();
	internal_addresses();
	proxies();
	routers();
	routes_made();
	ranges();
	quotas();
	lists();
	egress();
	disks();
	new_project();
	kinds_of_links();
	referring();
	of_another_project();
	changing();
	acting();
	what_is_said();
	sim_free(cloud);
	return tap_done();
}
