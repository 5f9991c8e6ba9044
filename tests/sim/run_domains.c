/* U24: domain mappings of Cloud Run: whose domain it is, which records it wants, when it has its certificate, what refuses it. */
#include "config.h"
#include "tests/sim/serving.h"

#define REGIONAL "us-central1-run.googleapis.com"
#define MAPPINGS "/apis/domains.cloudrun.com/v1/namespaces/demo-proj/domainmappings"
#define SERVICE                                                                                                                \
	"{\"template\":{\"containers\":[{\"image\":\"us-docker.pkg.dev/cloudrun/container/"                                    \
	"hello\"}]},\"invokerIamDisabled\":true}"

static cJSON *map_at(int wanted, const char *host, const char *domain, const char *route, const char *more, const char *what)
{
	char *body = xasprintf(
	    "{\"apiVersion\":\"domains.cloudrun.com/v1\",\"kind\":\"DomainMapping\",\"metadata\":{\"name\":\"%s\","
	    "\"namespace\":\"demo-proj\"},\"spec\":{\"routeName\":\"%s\"%s}}",
	    domain, route, more);
	cJSON *reply = expect(wanted, "POST", host, MAPPINGS, body, what);
	free(body);
	return reply;
}

static cJSON *seen(const char *domain)
{
	char *target = xasprintf(MAPPINGS "/%s", domain);
	cJSON *reply = ask("GET", REGIONAL, target, NULL);
	free(target);
	return reply;
}

/* "STATUS REASON" of a condition. */
static void says(const cJSON *mapping, const char *type, const char *wanted)
{
	const cJSON *c, *conditions = json_at(mapping, "status.conditions");
	char *got = NULL;
	cJSON_ArrayForEach(c, conditions)
		if (!got && !strcmp(json_str(c, "type", ""), type))
			got = xasprintf("%s %s", json_str(c, "status", ""), json_str(c, "reason", ""));
	ok(got && !strcmp(got, wanted), "%s: %s, got %s", type, wanted, got ? got : "nothing");
	free(got);
}

static void record(const char *name, const char *type, const char *data)
{
	char *target = xasprintf("/%s/%s", name, type), *body = xasprintf("{\"data\":%s}", data);
	cJSON_Delete(ask("PUT", "registrar.example", target, body));
	free(target);
	free(body);
}

static int visited(const char *host)
{
	struct sim_request q = {"GET", host, "/", NULL, 0, NULL, 0};
	struct sim_reply r;
	sim_handle(sim, &q, &r);
	int got = r.mischief.how == SIM_BAD_TLS ? -1 : r.status;
	sim_reply_free(&r);
	return got;
}

static void below_an_apex(void)
{
	cJSON *o = map_at(200, REGIONAL, "ml.example.com", "web", "", "a domain is mapped");
	says(o, "Ready", "Unknown ");
	ok(!json_at(o, "status.resourceRecords"), "which wants no records yet");
	cJSON_Delete(o);
	cJSON_Delete(map_at(409, REGIONAL, "ml.example.com", "web", "", "it can be mapped once in a region"));
	pass(40);
	o = seen("ml.example.com");
	says(o, "Ready", "Unknown CertificatePending");
	says(o, "CertificateProvisioned", "Unknown CertificatePending");
	says(o, "DomainRoutable", "True ");
	is_str(json_str(o, "status.resourceRecords.0.name", ""), "ml", "its record is relative to what was verified");
	is_str(json_str(o, "status.resourceRecords.0.rrdata", ""), "ghs.googlehosted.com.", "an alias");
	is_str(json_str(o, "metadata.namespace", ""), "123456789012", "its namespace is the project's number");
	cJSON_Delete(o);
	pass(4000);
	o = seen("ml.example.com");
	says(o, "CertificateProvisioned", "Unknown CertificatePending");
	says(o, "Retry", "True WaitingForOperation");
	cJSON_Delete(o);
	is_int(visited("ml.example.com"), 404, "without its record nobody comes there");
	record("ml.example.com", "CNAME", "[\"ghs.googlehosted.com.\"]");
	is_int(visited("ml.example.com"), -1, "with it, and without a certificate, the handshake fails");
	pass(3 * 3600);
	o = seen("ml.example.com");
	says(o, "Ready", "True ");
	says(o, "CertificateProvisioned", "True ");
	cJSON_Delete(o);
	is_int(visited("ml.example.com"), 200, "then the service answers there");
	cJSON_Delete(expect(200, "DELETE", REGIONAL, MAPPINGS "/ml.example.com", NULL, "it is deleted"));
	o = expect(404, "GET", REGIONAL, MAPPINGS "/ml.example.com", NULL, "and gone");
	is_str(
	    json_str(o, "error.message", ""),
	    "Resource 'ml.example.com' of kind 'DOMAIN_MAPPING' in region 'us-central1' in project 'demo-proj' does not exist.",
	    "in Google's words");
	cJSON_Delete(o);
	is_int(visited("ml.example.com"), 404, "and nobody answers there");
}

static void an_apex(void)
{
	cJSON_Delete(map_at(200, REGIONAL, "example.com", "web", ",\"certificateMode\":\"AUTOMATIC\"", "an apex is mapped"));
	pass(40);
	cJSON *o = seen("example.com");
	is_int(cJSON_GetArraySize(json_at(o, "status.resourceRecords")), 8, "it wants four addresses of each family");
	ok(!json_at(o, "status.resourceRecords.0.name"), "for no name");
	cJSON_Delete(o);
	record("example.com", "A", "[\"216.239.32.21\",\"203.0.113.9\"]");
	pass(4 * 3600);
	o = seen("example.com");
	says(o, "Ready", "Unknown CertificatePending");
	cJSON_Delete(o);
	record("example.com", "A", "[\"216.239.32.21\",\"216.239.34.21\"]");
	pass(4 * 3600);
	o = seen("example.com");
	says(o, "Ready", "True ");
	cJSON_Delete(o);
}

static void refusals(void)
{
	cJSON *o = map_at(200, REGIONAL, "a.example.com", "absent", "", "a mapping to no service is taken");
	cJSON_Delete(o);
	cJSON_Delete(map_at(200, REGIONAL, "elsewhere.example.net", "web", "", "as is a domain of somebody else"));
	pass(40);
	o = seen("a.example.com");
	says(o, "Ready", "False RouteMissing");
	cJSON_Delete(o);
	o = seen("elsewhere.example.net");
	says(o, "Ready", "False PermissionDenied");
	says(o, "DomainRoutable", "False PermissionDenied");
	ok(strstr(json_str(o, "status.conditions.0.message", ""),
		  "Caller is not authorized to administer the domain 'elsewhere.example.net'."),
	   "in Google's words");
	cJSON_Delete(o);
	o = map_at(501, "europe-west2-run.googleapis.com", "b.example.com", "web", "", "not every region has mappings");
	is_str(json_str(o, "error.message", ""), "Creating domain mappings is not allowed in europe-west2.",
	       "in Google's words");
	cJSON_Delete(o);
	cJSON_Delete(map_at(400, REGIONAL, "Not A Name", "web", "", "a name is a domain"));
	cJSON_Delete(map_at(400, REGIONAL, "b.example.com", "", "", "and leads to a service"));
	o = expect(200, "GET", RUN_HOST, "/v1/projects/demo-proj/authorizeddomains", NULL, "the caller's domains are listed");
	is_str(json_str(o, "domains.0.id", ""), "example.com", "the organization's");
	cJSON_Delete(o);
}

static void conflicts(void)
{
#define EAST "us-east1-run.googleapis.com"
	cJSON_Delete(
	    finished(RUN_HOST, "v2",
		     ask("POST", RUN_HOST, "/v2/projects/demo-proj/locations/us-east1/services?serviceId=web", SERVICE)));
	cJSON_Delete(map_at(200, EAST, "example.com", "web", "", "a domain is mapped in another region"));
	pass(40);
	cJSON *o = ask("GET", EAST, MAPPINGS "/example.com", NULL);
	says(o, "Ready", "False MappingAlreadyExists");
	ok(!json_at(o, "status.resourceRecords"), "which stays without records");
	cJSON_Delete(o);
	cJSON_Delete(expect(200, "DELETE", EAST, MAPPINGS "/example.com", NULL, "it is deleted"));
	cJSON_Delete(map_at(200, EAST, "example.com", "web", ",\"forceOverride\":true", "and mapped by force"));
	pass(4 * 3600);
	o = ask("GET", EAST, MAPPINGS "/example.com", NULL);
	says(o, "Ready", "True ");
	cJSON_Delete(o);
	o = seen("example.com");
	says(o, "Ready", "False MappingAlreadyExists");
	cJSON_Delete(o);
}

int main(void)
{
	begin();
	cJSON_Delete(finished(RUN_HOST, "v2", ask("POST", RUN_HOST, "/v2/" PLACE "/services?serviceId=web", SERVICE)));
	below_an_apex();
	an_apex();
	conflicts();
	refusals();
	sim_free(sim);
	return tap_done();
}
