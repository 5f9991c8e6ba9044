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
#define OTHER "other-project-1"
	wants(200, "POST cloudresourcemanager.googleapis.com/v1/projects", "{\"projectId\":\"" OTHER "\",\"name\":\"Other\"}",
	      "another project");
	pass(600);
	wants(200, "PUT cloudbilling.googleapis.com/v1/projects/" OTHER "/billingInfo",
	      "{\"billingAccountName\":\"billingAccounts/012345-6789AB-CDEF01\"}", "with billing");
	pass(600);
	wants(200, "POST serviceusage.googleapis.com/v1/projects/" OTHER "/services/dns.googleapis.com:enable", "{}",
	      "and Cloud DNS");
	pass(1800);
	wants(404, "GET dns.googleapis.com/dns/v1/projects/" OTHER "/managedZones/z1", NULL, "has not this zone");
	wants(400, "DELETE " DNS "/z1", NULL, "a zone with records cannot be deleted");
	wants(200, "DELETE " DNS "/z1/rrsets/a.example.net./A", NULL, "a record can");
	wants(204, "DELETE " DNS "/z1", NULL, "then the zone");
}

/* A body's quotes are single ones here. */
static void sends(int code, const char *what, const char *body, const char *name)
{
	cJSON *doc = json_make(body);
	char *text = json_text(doc, 0);
	wants(code, what, text, name);
	cJSON_Delete(doc);
	free(text);
}

#define RECORD(name, type, data) "{'name':'" name "','type':'" type "','ttl':60,'rrdatas':[" data "]}"
static void records(void)
{
	static const struct {
		int status;
		const char *record, *name;
	} tried[] = {
	    {200, RECORD("a.example.net.", "A", "'203.0.113.7','203.0.113.8'"), "two addresses"},
	    {200, RECORD("c.example.net.", "CNAME", "'a.example.net.'"), "a name for another"},
	    {200, RECORD("_dmarc.example.net.", "TXT", "'\"v=DMARC1; p=none\"'"), "a text"},
	    {200, RECORD("*.m.example.net.", "MX", "'10 a.example.net.'"), "mail, for all below"},
	    {200, RECORD("_s._tcp.example.net.", "SRV", "'1 2 443 a.example.net.'"), "a service"},
	    {200, RECORD("example.net.", "CAA", "'0 issue \"pki.goog\"'"), "an authority at the apex"},
	    {200,
	     "{'name':'w.example.net.','type':'A','ttl':60,'routingPolicy':{'wrr':{'items':[{'weight':1,'rrdatas':['203.0.113."
	     "9']}]}}}",
	     "a routing policy"},
	    {400, RECORD("c.example.net.", "TXT", "'x'"), "beside a CNAME there is nothing"},
	    {400, RECORD("a.example.net.", "CNAME", "'c.example.net.'"), "nor a CNAME beside others"},
	    {400, RECORD("example.net.", "CNAME", "'a.example.org.'"), "nor at the apex"},
	    {400, RECORD("d.example.net.", "CNAME", "'a.example.net.','c.example.net.'"), "a CNAME has one value"},
	    {400, RECORD("other-example.net.", "A", "'203.0.113.7'"), "a name that only ends like the zone's"},
	    {400, RECORD("a..example.net.", "A", "'203.0.113.7'"), "an empty label"},
	    {400, RECORD("b.example.net.", "A", "'203.0.113.256'"), "no address"},
	    {400, RECORD("b.example.net.", "AAAA", "'203.0.113.7'"), "an address of the other kind"},
	    {400, RECORD("b.example.net.", "MX", "'a.example.net.'"), "mail without a preference"},
	    {400, RECORD("b.example.net.", "PIGEON", "'x'"), "an unknown type"},
	    {400, RECORD("b.example.net.", "A", ""), "no data"},
	    {400, "{'name':'b.example.net.','type':'A','ttl':-1,'rrdatas':['203.0.113.7']}", "a negative lifetime"},
	};
	begin(ALL);
	sends(400, "POST " DNS, "{'name':'z2','dnsName':'example..net.'}", "a zone's name is one");
	sends(
	    400, "POST " DNS,
	    "{'name':'z2','dnsName':'example.net.','visibility':'private','privateVisibilityConfig':{'networks':[{'networkUrl':"
	    "'https://www.googleapis.com/compute/v1/projects/" P "/global/networks/none'}]}}",
	    "a private zone's network is there");
	sends(200, "POST " DNS, "{'name':'z1','dnsName':'example.net.'}", "a zone");
	for (size_t i = 0; i < sizeof tried / sizeof *tried; i++)
		sends(tried[i].status, "POST " DNS "/z1/rrsets", tried[i].record, tried[i].name);
	wants(200, "GET " DNS "/z1/rrsets/w.example.net./A", NULL, "the policy");
	ok(json_at(reply, "routingPolicy.wrr.items.0.weight") != NULL, "is kept");
	sends(400, "POST " DNS "/z1/changes", "{'additions':[" RECORD("c.example.net.", "A", "'203.0.113.7'") "]}",
	      "a change asks the same");
	sends(200, "POST " DNS "/z1/changes",
	      "{'deletions':[" RECORD("c.example.net.", "CNAME",
				      "'a.example.net.'") "],'additions':[" RECORD("c.example.net.", "A", "'203.0.113.7'") "]}",
	      "but for what it takes away");
	sends(200, "POST " DNS "/z1/rrsets", RECORD("two.example.net.", "A", "'203.0.113.7','203.0.113.8'"), "two addresses");
	sends(412, "POST " DNS "/z1/changes",
	      "{'deletions':[" RECORD("two.example.net.", "A", "'203.0.113.7','203.0.113.7'") "]}", "are not one, said twice");
	sends(200, "POST " DNS "/z1/changes",
	      "{'deletions':[" RECORD("two.example.net.", "A", "'203.0.113.8','203.0.113.7'") "]}", "in any order");
	sends(200, "POST " DNS, "{'name':'all','dnsName':'.','visibility':'private','privateVisibilityConfig':{'networks':[]}}",
	      "a private zone of all names");
	sends(200, "POST " DNS "/all/rrsets", RECORD("a.example.net.", "A", "'203.0.113.7'"), "has records of any");
	wants(200, "GET " DNS "/z1/rrsets/example.net./NS", NULL, "the zone's own servers");
	cJSON *change = json_make("{'deletions':[%j]}", cJSON_Duplicate(reply, true));
	char *text = json_text(change, 0);
	wants(400, "POST " DNS "/z1/changes", text, "are not taken away");
	cJSON_Delete(change);
	free(text);
}

#define AUTHORIZED(name) "'projects/" P "/locations/global/dnsAuthorizations/" name "'"
#define CERTIFICATE "'certificates':['projects/" P "/locations/global/certificates/"
static void refused_certificates(void)
{
	static const struct {
		int status;
		const char *what, *body, *name;
	} tried[] = {
	    {400, "dnsAuthorizations?dnsAuthorizationId=w", "{'domain':'*.example.net'}", "an authorization is for a domain"},
	    {400, "dnsAuthorizations?dnsAuthorizationId=w", "{'domain':'no_name'}", "which is one"},
	    {200, "dnsAuthorizations?dnsAuthorizationId=a1", "{'domain':'a.example.net'}", "like this"},
	    {404, "certificates?certificateId=c",
	     "{'managed':{'domains':['a.example.net'],'dnsAuthorizations':[" AUTHORIZED("none") "]}}",
	     "an authorization that is not there"},
	    {400, "certificates?certificateId=c", "{'managed':{'domains':['a.example.net'],'dnsAuthorizations':['a1']}}",
	     "a name that is not whole"},
	    {400, "certificates?certificateId=c",
	     "{'managed':{'domains':['b.example.net'],'dnsAuthorizations':[" AUTHORIZED("a1") "]}}", "one of another domain"},
	    {400, "certificates?certificateId=c", "{'managed':{'domains':['*.b.example.net']}}",
	     "all below a domain, without an authorization"},
	    {200, "certificates?certificateId=c",
	     "{'managed':{'domains':['a.example.net','*.a.example.net'],'dnsAuthorizations':[" AUTHORIZED("a1") "]}}",
	     "with one"},
	    {200, "certificateMaps?certificateMapId=m", "{}", "a map"},
	    {404, "certificateMaps/m/certificateMapEntries?certificateMapEntryId=e",
	     "{'hostname':'a.example.net'," CERTIFICATE "none']}", "an entry for a certificate that is not there"},
	    {400, "certificateMaps/m/certificateMapEntries?certificateMapEntryId=e", "{" CERTIFICATE "c']}",
	     "an entry for no name"},
	    {400, "certificateMaps/m/certificateMapEntries?certificateMapEntryId=e", "{'hostname':'a.example.net'}",
	     "an entry without a certificate"},
	    {200, "certificateMaps/m/certificateMapEntries?certificateMapEntryId=e",
	     "{'hostname':'a.example.net'," CERTIFICATE "c']}", "an entry"},
	    {409, "certificateMaps/m/certificateMapEntries?certificateMapEntryId=e2",
	     "{'hostname':'A.example.net'," CERTIFICATE "c']}", "and another for its name"},
	};
	begin(ALL);
	for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
		char *what = xasprintf("POST " CM "/%s", tried[i].what);
		sends(tried[i].status, what, tried[i].body, tried[i].name);
		free(what);
	}
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
	records();
	certificates();
	refused_certificates();
	end();
	return tap_done();
}
