/* Whether machines without addresses reach the internet: what two kinds make of routers, default routes and the network, of machines in somebody's subnet and of
 * a cluster whose database has a public address. Refused is what surely has no way out; what cannot be told is kept, with what has to be known. */
#include "config.h"
#include "tests/gcp/seeing.h"
#include "tests/tap.h"

#include "base/json.h"
#include "gcp/kind.h"

#include <string.h>

#define LINK(path) "'https://www.googleapis.com/compute/v1/projects/demo/" path "'"
#define ROUTERS(region, router) "{'items':{'regions/" region "':{'routers':[" router "]},'regions/empty':{'warning':{}}}}"
#define NAT(network, subnets)                                                                                                  \
	"{'name':'theirs','network':" LINK("global/networks/" network) ",'nats':[{'sourceSubnetworkIpRangesToNat':" subnets    \
								       "}]}"
#define PEER(network) "{'name':'edge','network':" LINK("global/networks/" network) ",'bgpPeers':[{'name':'onprem'}]}"
#define ALL "'ALL_SUBNETWORKS_ALL_IP_RANGES'"
#define LISTED(name, more)                                                                                                     \
	"'LIST_OF_SUBNETWORKS','subnetworks':[{'name':'projects/demo/regions/r1/subnetworks/" name "'" more "}]"
#define NO_ROUTERS "{'items':{'regions/r1':{'warning':{}}}}"

#define ROUTE(network, range, priority, hop)                                                                                   \
	"{'network':" LINK("global/networks/" network) ",'destRange':'" range "','priority':" priority "," hop "}"
#define GATEWAY "'nextHopGateway':" LINK("global/gateways/default-internet-gateway")
#define APPLIANCE "'nextHopIlb':'10.0.0.9'"
#define BORN ROUTE("corp", "0.0.0.0/0", "1000", GATEWAY)
#define ROUTES(list) "{'items':[" list "]}"

#define NETWORK "{'name':'corp','routingConfig':{'routingMode':'REGIONAL'}}"
#define DENIED "{'error':{'code':403}}"

enum { MADE = 1, CLUSTER = 2, BOTH = 3 }; /* which kinds are asked: machines in a given subnet, a cluster's */
#define NONE "no Cloud NAT for"
#define UNROUTED "has no default route"
#define DOUBT "cannot be seen whether they reach the internet"

static const struct row {
	const char *what, *routers, *routes, *network;
	int kinds;
	const char *refusal, *caution;
} rows[] = {
    {"no NAT and no other route", NO_ROUTERS, ROUTES(BORN), NETWORK, BOTH, NONE, NULL},
    {"a NAT for all of the network", ROUTERS("r1", NAT("corp", ALL)), ROUTES(BORN), NETWORK, BOTH, NULL, NULL},
    {"a NAT for the subnet", ROUTERS("r1", NAT("corp", LISTED("s", ""))), ROUTES(BORN), NETWORK, BOTH, NULL, NULL},
    {"a NAT for another subnet", ROUTERS("r1", NAT("corp", LISTED("other", ""))), ROUTES(BORN), NETWORK, BOTH, NONE, NULL},
    {"a NAT for pods' addresses alone",
     ROUTERS("r1", NAT("corp", LISTED("s", ",'sourceIpRangesToNat':['LIST_OF_SECONDARY_IP_RANGES']"))), ROUTES(BORN), NETWORK,
     MADE, NONE, NULL},
    {"which serves pods", ROUTERS("r1", NAT("corp", LISTED("s", ",'sourceIpRangesToNat':['LIST_OF_SECONDARY_IP_RANGES']"))),
     ROUTES(BORN), NETWORK, CLUSTER, NULL, NULL},
    {"a NAT of another network", ROUTERS("r1", NAT("default", ALL)), ROUTES(BORN), NETWORK, BOTH, NONE, NULL},
    {"a NAT of another region", ROUTERS("r2", NAT("corp", ALL)), ROUTES(BORN), NETWORK, BOTH, NONE, NULL},
    {"a NAT without a default route", ROUTERS("r1", NAT("corp", ALL)), "{}", NETWORK, BOTH, UNROUTED, NULL},
    {"whose default route is another network's", ROUTERS("r1", NAT("corp", ALL)),
     ROUTES(ROUTE("default", "0.0.0.0/0", "1000", GATEWAY)), NETWORK, BOTH, UNROUTED, NULL},
    {"an appliance in the gateway's place", NO_ROUTERS, ROUTES(ROUTE("corp", "0.0.0.0/0", "1000", APPLIANCE)), NETWORK, BOTH,
     NULL, DOUBT},
    {"an appliance that is preferred", NO_ROUTERS, ROUTES(BORN "," ROUTE("corp", "0.0.0.0/0", "900", APPLIANCE)), NETWORK, BOTH,
     NULL, DOUBT},
    {"an appliance that is overruled", NO_ROUTERS, ROUTES(BORN "," ROUTE("corp", "0.0.0.0/0", "1100", APPLIANCE)), NETWORK,
     BOTH, NONE, NULL},
    {"an appliance by halves", NO_ROUTERS,
     ROUTES(BORN "," ROUTE("corp", "0.0.0.0/1", "1100", APPLIANCE) "," ROUTE("corp", "128.0.0.0/1", "1100", APPLIANCE)),
     NETWORK, BOTH, NULL, DOUBT},
    {"an appliance of another network", NO_ROUTERS, ROUTES(BORN "," ROUTE("default", "0.0.0.0/0", "900", APPLIANCE)), NETWORK,
     BOTH, NONE, NULL},
    {"a gateway for some machines alone", NO_ROUTERS, ROUTES(ROUTE("corp", "0.0.0.0/0", "900", GATEWAY ",'tags':['out']")),
     NETWORK, BOTH, NULL, DOUBT},
    {"a session of BGP", ROUTERS("r1", PEER("corp")), "{}", NETWORK, BOTH, NULL, DOUBT},
    {"one of another region", ROUTERS("r2", PEER("corp")), "{}", NETWORK, BOTH, NONE, NULL},
    {"whose routes go everywhere", ROUTERS("r2", PEER("corp")), "{}", "{'routingConfig':{'routingMode':'GLOBAL'}}", BOTH, NULL,
     DOUBT},
    {"a peer that hands on its routes", NO_ROUTERS, "{}", "{'peerings':[{'name':'hub','importCustomRoutes':true}]}", BOTH, NULL,
     DOUBT},
    {"a peer that does not", NO_ROUTERS, ROUTES(BORN), "{'peerings':[{'name':'hub','importCustomRoutes':false}]}", BOTH, NONE,
     NULL},
    {"whoever may not see routes is not kept out", NO_ROUTERS, DENIED, DENIED, BOTH, NULL, DOUBT},
    {"nor who sees a part of them", NO_ROUTERS, "{'nextPageToken':'x'}", NETWORK, BOTH, NULL, DOUBT},
};

static int status_of(const cJSON *reply)
{
	return (int)json_num(reply, "error.code", 200);
}

/* All reads that are asked for, one after the other. */
static void read_all(const struct kind *k, const struct view *v, const struct row *row, struct observation *seen)
{
	const char *const texts[] = {row->routers, row->routes, row->network};
	for (int i = seen->found && json_at(seen->found, "wayOut") ? 1 : 0; i < 3; i++) {
		struct call c = {0};
		cJSON *reply = parse(texts[i]);
		k->observe_more(v, seen, &c);
		ok(c.url && strstr(c.url, i == 0   ? "/aggregated/routers?"
					  : i == 1 ? "/global/routes?filter="
						   : "/global/networks/corp"),
		   "%s: read %d is %s", row->what, i + 1, c.url ? c.url : "none");
		k->decode_more(v, status_of(reply), reply, seen);
		cJSON_Delete(reply);
		call_free(&c);
	}
}

static void judge(const char *kind, const char *spec, const char *first, const struct row *row)
{
	const struct kind *k = kind_find(kind);
	cJSON *s = parse(spec), *reply = parse(first);
	struct view v = view_of("s", s);
	struct observation seen = {0};
	struct change c = {0};
	struct call none = {0};
	k->decode(&v, 200, reply, &seen);
	read_all(k, &v, row, &seen);
	k->observe_more(&v, &seen, &none);
	k->compare(&v, &seen, &c);
	ok(!none.method && c.verdict == (row->refusal ? VERDICT_REFUSE : VERDICT_KEEP) &&
	       (!row->refusal || strstr(c.reason, row->refusal)),
	   "%s: %s: %s", kind, row->what, c.reason ? c.reason : "kept");
	ok(row->caution ? c.caution && strstr(c.caution, row->caution) : !c.caution, "and what has to be known of it: %s",
	   c.caution ? c.caution : "nothing");
	call_free(&none);
	change_free(&c);
	observation_free(&seen);
	cJSON_Delete(reply);
	cJSON_Delete(s);
}

/* The stack's own Cloud NAT, that will be made. */
static void made(const char *what, const char *routers, const char *routes, const char *refusal)
{
	struct row row = {what, routers, routes, NETWORK, MADE, refusal, NULL};
	judge("compute.givenNat", "{'region':'r1','network':'corp','wanted':false,'router':'own'}", routers, &row);
}

int main(void)
{
	mem_install();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].kinds & MADE)
			judge("compute.givenNat", "{'region':'r1','network':'corp','wanted':true,'router':'own'}",
			      rows[i].routers, &rows[i]);
		if (rows[i].kinds & CLUSTER)
			judge("container.existingCluster", "{'location':'r1-a','outward':true}",
			      "{'name':'shared','status':'RUNNING','currentMasterVersion':'1.33.2','network':'corp','"
			      "subnetwork':'s','networkConfig':{"
			      "'network':'projects/demo/global/networks/"
			      "corp','defaultEnablePrivateNodes':true},'autopilot':{'enabled':true},"
			      "'workloadIdentityConfig':{'workloadPool':'demo.svc.id.goog'},'controlPlaneEndpointsConfig':{'"
			      "dnsEndpointConfig':{"
			      "'allowExternalTraffic':true}}}",
			      &rows[i]);
	}
	made("a NAT is made where there is none", NO_ROUTERS, ROUTES(BORN), NULL);
	made("one that is there takes no second", ROUTERS("r1", NAT("corp", ALL)), ROUTES(BORN),
	     "has a Cloud NAT already, in router theirs");
	made("the stack's own is none",
	     ROUTERS("r1", "{'name':'own','network':" LINK(
			       "global/networks/corp") ",'nats':[{'sourceSubnetworkIpRangesToNat':" ALL "}]}"),
	     ROUTES(BORN), NULL);
	made("it would be of no use", NO_ROUTERS, "{}", UNROUTED);
	return tap_done();
}
