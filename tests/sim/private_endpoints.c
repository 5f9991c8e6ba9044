/* Cloud SQL behind Private Service Connect: the service attachment, the endpoint in the operator's network, its name, and who gets through. */
#include "config.h"
#include "sim/api/shared.h"
#include "tests/sim/cloud.h"

#define DNS "dns.googleapis.com/dns/v1/projects/demo-proj/"
#define REGION COMPUTE "regions/us-central1/"

static const char *login(const char *network, const char *host)
{
	struct buf instance = {0};
	const char *why = sim_sql_login(cloud,
					&(struct sim_sql_client){.principal = "user:operator@example.com",
								 .network = network,
								 .address = host,
								 .user = "mlflow",
								 .password = "pw",
								 .database = "mlflow",
								 .encrypted = true},
					&instance);
	buf_free(&instance);
	return why ? why : "in";
}

static void instance(const char *name, const char *allowed)
{
	cJSON *doc = json_make(
	    "{'name':%s,'region':'us-central1','databaseVersion':'POSTGRES_17','settings':{'edition':'ENTERPRISE','tier':'db-"
	    "custom-1-3840',"
	    "'ipConfiguration':{'ipv4Enabled':false,'pscConfig':{'pscEnabled':true,'allowedConsumerProjects':[%s]}}}}",
	    name, allowed);
	act("POST", SQL "instances", doc);
}

static cJSON *rule(const char *name, const char *address, const char *attachment)
{
	return json_make("{'name':%s,'IPAddress':%s,'network':'global/networks/n1','target':%s,'loadBalancingScheme':''}", name,
			 address, attachment);
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	act("POST", COMPUTE "global/networks", json_make("{'name':'n1','autoCreateSubnetworks':false}"));
	act("POST", COMPUTE "global/networks", json_make("{'name':'n2','autoCreateSubnetworks':false}"));
	act("POST", REGION "subnetworks",
	    json_make("{'name':'s1','network':'global/networks/n1','ipCidrRange':'10.1.0.0/24'}"));
	instance("db", "demo-proj");
	instance("closed", "other-proj");
	act("POST", SQL "instances/db/databases", json_make("{'name':'mlflow'}"));
	act("POST", SQL "instances/db/users", json_make("{'name':'mlflow','password':'pw'}"));
	cJSON *db = asks("GET", SQL "instances/db", NULL, 200);
	ok(!json_at(db, "ipAddresses.0"), "an instance behind Private Service Connect has no address");
	char *attachment = xstrdup(json_str(db, "pscServiceAttachmentLink", "")), *name = xstrdup(json_str(db, "dnsName", ""));
	char *other = xstrdup(json_str(asks("GET", SQL "instances/closed", NULL, 200), "pscServiceAttachmentLink", ""));
	is_str(login("projects/demo-proj/global/networks/n1", "demo-proj:us-central1:db"), "unreachable",
	       "a connector does not reach it without an endpoint");
	act("POST", REGION "addresses",
	    json_make("{'name':'e1','addressType':'INTERNAL','subnetwork':'regions/us-central1/subnetworks/"
		      "s1','purpose':'GCE_ENDPOINT'}"));
	asks("POST", REGION "forwardingRules",
	     rule("r0", "regions/us-central1/addresses/e1", "projects/x-tp/regions/us-central1/serviceAttachments/none"), 400);
	asks("POST", COMPUTE "regions/us-east1/forwardingRules", rule("r0", "10.9.9.9", attachment), 400);
	act("POST", REGION "forwardingRules", rule("r1", "regions/us-central1/addresses/e1", attachment));
	cJSON *r = asks("GET", REGION "forwardingRules/r1", NULL, 200);
	is_str(json_str(r, "pscConnectionStatus", ""), "ACCEPTED", "an allowed project's endpoint is accepted at once");
	is_str(json_str(r, "serviceDirectoryRegistrations.0.namespace", ""), "goog-psc-default", "and registered");
	char *ip = xstrdup(json_str(r, "IPAddress", ""));
	act("POST", REGION "addresses",
	    json_make("{'name':'e2','addressType':'INTERNAL','subnetwork':'regions/us-central1/subnetworks/"
		      "s1','purpose':'GCE_ENDPOINT'}"));
	act("POST", REGION "forwardingRules", rule("r2", "regions/us-central1/addresses/e2", other));
	is_str(json_str(asks("GET", REGION "forwardingRules/r2", NULL, 200), "pscConnectionStatus", ""), "PENDING",
	       "another's waits");
	is_str(login("projects/demo-proj/global/networks/n1", ip), "in", "the endpoint's address leads to the database");
	is_str(login("projects/demo-proj/global/networks/n2", ip), "unreachable", "not from another network");
	is_str(login(NULL, ip), "unreachable", "nor from outside");
	is_str(login("projects/demo-proj/global/networks/n1", name), "unreachable", "its name leads nowhere without a record");
	asks("POST", DNS "managedZones",
	     json_make(
		 "{'name':'sql','dnsName':'us-central1.sql.goog.','visibility':'private','privateVisibilityConfig':{'networks':"
		 "[{'networkUrl':'https://www.googleapis.com/compute/v1/projects/demo-proj/global/networks/n1'}]}}"),
	     200);
	asks("POST", DNS "managedZones/sql/rrsets", json_make("{'name':%s,'type':'A','ttl':300,'rrdatas':[%s]}", name, ip),
	     200);
	is_str(login("projects/demo-proj/global/networks/n1", name), "in", "with one it does");
	is_str(login("projects/demo-proj/global/networks/n1", "demo-proj:us-central1:db"), "in", "and so does a connector");
	is_str(login("projects/demo-proj/global/networks/n2", name), "unreachable", "where the zone is seen");
	free(attachment);
	free(other);
	free(name);
	free(ip);
	sim_free(cloud);
	return tap_done();
}
