/* Identity-Aware Proxy, DNS zones, Certificate Manager. */
#include "config.h"
#include "tests/sim/identity.h"

#define IAP "iap.googleapis.com/v1/projects/" P
#define DNS "dns.googleapis.com/dns/v1/projects/" P "/managedZones"
#define CM "certificatemanager.googleapis.com/v1/projects/" P "/locations/global"
#define ALL "{\"services\":[\"*\"]}"

static void proxy_policies(void)
{
	begin(ALL);
	wants(404, "POST " IAP "/iap_web/compute/services/none:getIamPolicy", "{}", "no such backend service");
	wants(200, "POST " IAP "/iap_web:setIamPolicy",
	      "{\"policy\":{\"bindings\":[{\"role\":\"roles/"
	      "iap.httpsResourceAccessor\",\"members\":[\"user:ann@example.com\"]}]}}",
	      "a policy for all of it");
	wants(200, "POST iap.googleapis.com/v1/projects/" N "/iap_web:getIamPolicy",
	      "{\"options\":{\"requestedPolicyVersion\":3}}", "read by number");
	is_str(said("bindings.0.members.0"), "user:ann@example.com", "is the same");
	static const char *const below = "//iap.googleapis.com/projects/" N "/iap_web/cloud_run-us-central1/services/mlflow";
	ok(!sim_allowed(cloud, "user:ann@example.com", "iap.webServiceVersions.accessViaIAP", P, below), "it takes minutes");
	pass(3600);
	ok(sim_allowed(cloud, "user:ann@example.com", "iap.webServiceVersions.accessViaIAP", P, below),
	   "then it holds for what lies below");
	ok(!sim_allowed(cloud, "user:operator@example.com", "iap.webServiceVersions.accessViaIAP", P, below),
	   "an owner is not let through by that");
}

static void proxy_settings(void)
{
	begin(ALL);
	wants(200, "GET " IAP ":iapSettings", NULL, "settings nobody set");
	is_str(said("name"), "projects/" N, "are named by number");
	wants(200, "PATCH " IAP ":iapSettings?updateMask=iapSettings.applicationSettings.cookieDomain",
	      "{\"applicationSettings\":{\"cookieDomain\":\".example.com\"},\"accessSettings\":{\"corsSettings\":{"
	      "\"allowHttpOptions\":true}}}",
	      "by mask");
	is_str(said("applicationSettings.cookieDomain"), ".example.com", "what it names");
	ok(!json_at(reply, "accessSettings"), "and no more");
	wants(200, "PATCH " IAP ":iapSettings",
	      "{\"accessSettings\":{\"oauthSettings\":{\"clientId\":\"c\",\"clientSecret\":\"s\"}}}", "without mask");
	ok(!json_at(reply, "applicationSettings"), "everything is replaced");
	ok(!json_at(reply, "accessSettings.oauthSettings.clientSecret"), "a secret does not come back");
	is_str(said("accessSettings.oauthSettings.clientSecretSha256"),
	       "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", "only its digest");
	wants(400, "PATCH " IAP ":iapSettings?updateMask=nonsense", "{}", "a mask for what is not there");
}

static void zones(void)
{
	begin(ALL);
	wants(200, "POST " DNS, "{\"name\":\"z1\",\"dnsName\":\"example.net.\",\"privateVisibilityConfig\":{\"networks\":[]}}",
	      "a zone");
	ok(!json_at(reply, "privateVisibilityConfig"), "an empty list of networks is left out");
	wants(200, "GET " DNS "/z1/rrsets", NULL, "its records");
	is_int(cJSON_GetArraySize(json_at(reply, "rrsets")), 2, "are NS and SOA");
	wants(200, "GET " DNS "/z1/rrsets?name=a.example.net.", NULL, "none of a name");
	ok(cJSON_IsArray(json_at(reply, "rrsets")), "is an empty list");
	static const char *const add =
	    "{\"additions\":[{\"name\":\"a.example.net.\",\"type\":\"A\",\"ttl\":300,\"rrdatas\":[\"203.0.113.7\"]}]}";
	wants(200, "POST " DNS "/z1/changes", add, "a change");
	is_str(said("status"), "pending", "is pending");
	is_str(said("id"), "1", "and counted");
	pass(600);
	wants(200, "GET " DNS "/z1/changes/1", NULL, "later");
	is_str(said("status"), "done", "it is done");
	refused(409, "POST " DNS "/z1/changes", add,
		"The resource 'entity.change.additions[0]' named 'a.example.net. (A)' already exists", "twice");
	wants(400, "POST " DNS "/z1/rrsets",
	      "{\"name\":\"b.example.net.\",\"type\":\"A\",\"ttl\":300,\"rrdatas\":[\"not an address\"]}", "bad data");
	wants(412, "POST " DNS "/z1/changes",
	      "{\"deletions\":[{\"name\":\"a.example.net.\",\"type\":\"A\",\"ttl\":300,\"rrdatas\":[\"203.0.113.8\"]}]}",
	      "a deletion of what is not so");
	wants(400, "DELETE " DNS "/z1", NULL, "a zone with records cannot be deleted");
	wants(200, "DELETE " DNS "/z1/rrsets/a.example.net./A", NULL, "a record can");
	wants(204, "DELETE " DNS "/z1", NULL, "then the zone");
}

static void certificates(void)
{
	begin(ALL);
	refused(404, "GET " CM "/certificateMaps/m1", NULL,
		"Resource 'projects/" P "/locations/global/certificateMaps/m1' was not found", "before it was made");
	wants(200, "POST " CM "/dnsAuthorizations?dnsAuthorizationId=a1", "{\"domain\":\"a.example.net\"}", "an authorization");
	ok(json_at(reply, "done") && !json_bool(reply, "done", true), "is an operation, and says that it is not done");
	char *poll = xasprintf("GET certificatemanager.googleapis.com/v1/%s", said("name"));
	pass(10);
	wants(200, poll, NULL, "which ends");
	is_str(said("response.dnsResourceRecord.name"), "_acme-challenge.a.example.net.", "and says what record it wants");
	char *record = xasprintf(
	    "{\"name\":\"_acme-challenge.a.example.net.\",\"type\":\"CNAME\",\"ttl\":300,\"rrdatas\":[\"%s\"]}",
	    said("response.dnsResourceRecord.data"));
	wants(200, "POST " CM "/certificates?certificateId=c1",
	      "{\"managed\":{\"domains\":[\"a.example.net\"],\"dnsAuthorizations\":[\"projects/" P
	      "/locations/global/dnsAuthorizations/a1\"]}}",
	      "a certificate");
	pass(7200);
	wants(200, "GET " CM "/certificates/c1", NULL, "without the record");
	is_str(said("managed.state"), "PROVISIONING", "it waits");
	is_str(said("managed.provisioningIssue.reason"), "AUTHORIZATION_ISSUE", "and says why");
	ask("POST " DNS, "{\"name\":\"z1\",\"dnsName\":\"example.net.\"}");
	wants(200, "POST " DNS "/z1/rrsets", record, "the record is set");
	pass(3600);
	wants(200, "GET " CM "/certificates/c1", NULL, "then");
	is_str(said("managed.state"), "ACTIVE", "it is there");
	ask("POST " CM "/certificateMaps?certificateMapId=m1", "{}");
	wants(200, "POST " CM "/certificateMaps/m1/certificateMapEntries?certificateMapEntryId=e1",
	      "{\"certificates\":[\"projects/" P "/locations/global/certificates/c1\"],\"matcher\":\"PRIMARY\"}",
	      "an entry of a map");
	wants(200, "GET " CM "/certificateMaps/m1/certificateMapEntries/e1", NULL, "names certificates");
	is_str(said("certificates.0"), "projects/" N "/locations/global/certificates/c1", "by the project's number");
	wants(400, "DELETE " CM "/certificates/c1", NULL, "what is used cannot be deleted");
	wants(400, "DELETE " CM "/certificateMaps/m1", NULL, "nor a map with entries");
	wants(200, "DELETE " CM "/certificateMaps/m1/certificateMapEntries/e1", NULL, "an entry can");
	wants(200, "DELETE " CM "/certificates/c1", NULL, "then the certificate");
	free(poll), free(record);
}

int main(void)
{
	proxy_policies();
	proxy_settings();
	zones();
	certificates();
	end();
	return tap_done();
}
