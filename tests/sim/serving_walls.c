/* Google's own walls in the simulated cloud: Cloud Run's invoker check, IAP on a service and on App Engine; and App Engine's rules. */
#include "config.h"
#include "tests/sim/stack.h"

#define HELLO "us-docker.pkg.dev/cloudrun/container/hello"
#define APP "/v1/apps/demo-proj"
#define APP_HOST "appengine.googleapis.com"

static struct sim_reply last;

static int visit(const char *host, const char *token)
{
	char *bearer = xasprintf("Bearer %s", token ? token : "");
	struct sim_header headers[] = {{"Host", host}, {"Authorization", bearer}};
	struct sim_request q = {"GET", host, "/", headers, token ? 2 : 1, NULL, 0};
	sim_reply_free(&last);
	sim_handle(sim, &q, &last);
	free(bearer);
	return last.status;
}

static char *id_token(const char *email, const char *audience)
{
	cJSON *claims = json_make("{'iss':'https://accounts.google.com','aud':%s,'sub':'1','email':%s,'email_verified':true}",
				  audience, email);
	json_put_num(claims, "iat", sim_wall(sim));
	json_put_num(claims, "exp", sim_wall(sim) + 3600);
	char *token = sim_id_token(sim, claims);
	cJSON_Delete(claims);
	return token;
}

static void bind(const char *host, const char *resource, const char *role, const char *member)
{
	char *target = xasprintf("/%s:setIamPolicy", resource),
	     *body = xasprintf("{\"policy\":{\"bindings\":[{\"role\":\"%s\",\"members\":[\"%s\"]}]}}", role, member);
	cJSON *j = expect(200, "POST", host, target, body, "a binding is made");
	cJSON_Delete(j);
	free(target);
	free(body);
}

#define WEB "web-123456789012.us-central1.run.app"
static void invoker(void)
{
	cJSON_Delete(finished(RUN_HOST, "v2",
			      ask("POST", RUN_HOST, "/v2/" PLACE "/services?serviceId=web",
				  "{\"template\":{\"containers\":[{\"image\":\"" HELLO "\"}]}}")));
	is_int(visit(WEB, NULL), 403, "nobody without a token gets in");
	ok(strstr(buf_text(&last.body), "Your client does not have permission to get URL <code>/</code> from this server.") !=
	       NULL,
	   "in Google's words");
	is_int(visit(WEB, "nonsense"), 401, "a bad token is 401");
	char *token = id_token("ann@example.com", "https://" WEB), *other = id_token("ann@example.com", "https://elsewhere");
	is_int(visit(WEB, token), 403, "who is no invoker gets 403");
	bind(RUN_HOST, "v2/" PLACE "/services/web", "roles/run.invoker", "user:ann@example.com");
	is_int(visit(WEB, token), 403, "also right after the binding");
	free(token);
	pass(1200);
	token = id_token("ann@example.com", "https://" WEB);
	is_int(visit(WEB, token), 200, "but not some minutes later");
	is_int(visit(WEB, other), 401, "a token for another audience is 401");
	free(token), free(other);
	cJSON_Delete(finished(RUN_HOST, "v2",
			      ask("PATCH", RUN_HOST, "/v2/" PLACE "/services/web?updateMask=invokerIamDisabled",
				  "{\"invokerIamDisabled\":true}")));
	is_int(visit(WEB, NULL), 200, "without the check everybody gets in");
	cJSON_Delete(finished(RUN_HOST, "v2",
			      ask("PATCH", RUN_HOST, "/v2/" PLACE "/services/web?updateMask=ingress",
				  "{\"ingress\":\"INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER\"}")));
	is_int(visit(WEB, NULL), 404, "with internal ingress nobody from outside");
}

#define GUARDED "guarded-123456789012.us-central1.run.app"
static void iap(void)
{
	cJSON_Delete(ask("POST", "serviceusage.googleapis.com",
			 "/v1beta1/projects/demo-proj/services/iap.googleapis.com:generateServiceIdentity", "{}"));
	cJSON_Delete(finished(RUN_HOST, "v2",
			      ask("POST", RUN_HOST, "/v2/" PLACE "/services?serviceId=guarded",
				  "{\"iapEnabled\":true,\"template\":{\"containers\":[{\"image\":\"" HELLO "\"}]}}")));
	is_int(visit(GUARDED, NULL), 302, "IAP sends a browser to sign in");
	ok(last.headers && strstr(last.headers, "https://accounts.google.com/o/oauth2/v2/auth?client_id=") &&
	       strstr(last.headers, "X-Goog-IAP-Generated-Response: true"),
	   "with Google, and says that it is IAP");
	bind("iap.googleapis.com", "v1/projects/123456789012/iap_web/cloud_run-us-central1/services/guarded",
	     "roles/iap.httpsResourceAccessor", "user:ann@example.com");
	pass(1200);
	char *token = sim_token_new(sim, "user:ann@example.com", 3600), *eve = sim_token_new(sim, "user:eve@example.com", 3600);
	is_int(visit(GUARDED, token), 403, "without the agent as invoker it cannot pass anybody on");
	ok(strstr(buf_text(&last.body), "The IAP service account is not provisioned.") != NULL, "and says so");
	pass(300);
	bind(RUN_HOST, "v2/" PLACE "/services/guarded", "roles/run.invoker",
	     "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com");
	pass(1200);
	free(token);
	token = sim_token_new(sim, "user:ann@example.com", 3600);
	is_int(visit(GUARDED, token), 200, "then who has access gets in");
	free(eve);
	eve = sim_token_new(sim, "user:eve@example.com", 3600);
	is_int(visit(GUARDED, eve), 403, "and nobody else");
	free(token), free(eve);
}

/* The first rule that an address meets decides, the last one for whoever no other is for. */
static void app_firewall(void)
{
#define RULES APP "/firewall/ingressRules"
	cJSON_Delete(expect(200, "PATCH", APP_HOST, RULES "/2147483647?updateMask=action", "{\"action\":\"DENY\"}",
			    "its firewall is closed"));
	is_int(visit("demo-proj.uc.r.appspot.com", NULL), 403, "to everybody");
	cJSON_Delete(expect(200, "POST", APP_HOST, RULES,
			    "{\"priority\":1000,\"action\":\"ALLOW\",\"sourceRange\":\"203.0.113.0/24\"}", "but for a range"));
	is_int(visit("demo-proj.uc.r.appspot.com", NULL), 200, "from where it serves");
	cJSON_Delete(expect(200, "POST", APP_HOST, RULES,
			    "{\"priority\":20,\"action\":\"DENY\",\"sourceRange\":\"203.0.113.7\"}", "less one address of it"));
	is_int(visit("demo-proj.uc.r.appspot.com", NULL), 403, "the rule of the smaller number comes first");
	cJSON_Delete(expect(200, "DELETE", APP_HOST, RULES "/20", NULL, "which is taken back"));
	is_int(visit("demo-proj.uc.r.appspot.com", NULL), 200, "and all is as before");
}

static void app_engine(void)
{
	cJSON *j = expect(404, "GET", APP_HOST, APP, NULL, "a new project has no application");
	cJSON_Delete(j);
	cJSON_Delete(finished(
	    APP_HOST, "v1",
	    expect(200, "POST", APP_HOST, "/v1/apps", "{\"id\":\"demo-proj\",\"locationId\":\"us-central\"}", "one is made")));
	cJSON_Delete(expect(409, "POST", APP_HOST, "/v1/apps", "{\"id\":\"demo-proj\",\"locationId\":\"europe-west\"}",
			    "and never again"));
	cJSON_Delete(
	    expect(400, "PATCH", APP_HOST, APP "?updateMask=locationId", "{\"locationId\":\"europe-west\"}", "nor moved"));
#define FLEX(id, more)                                                                                                         \
	"{\"id\":\"" id "\",\"runtime\":\"custom\",\"env\":\"flex\",\"manualScaling\":{\"instances\":1},\"deployment\":{"      \
	"\"container\":{\"image\":\"" HELLO "\"}}" more "}"
	j = expect(400, "POST", APP_HOST, APP "/services/mlflow/versions", FLEX("v1", ""), "the first service must be default");
	ok(strstr(json_str(j, "error.message", ""),
		  "The first service (module) you upload to a new application must be the 'default' service") != NULL,
	   "in Google's words");
	cJSON_Delete(j);
	cJSON_Delete(expect(400, "POST", APP_HOST, APP "/services/default/versions", FLEX("v1", ",\"healthCheck\":{}"),
			    "legacy health checks are refused"));
	cJSON_Delete(expect(400, "POST", APP_HOST, APP "/services/default/versions", FLEX("v1", ",\"automaticScaling\":{}"),
			    "two ways of scaling too"));
	cJSON *op = expect(200, "POST", APP_HOST, APP "/services/default/versions", FLEX("v1", ""),
			   "a flexible version is made");
	cJSON_Delete(expect(409, "POST", APP_HOST, APP "/services/default/versions", FLEX("v2", ""), "one change at a time"));
	double began = sim_now(sim);
	op = finished(APP_HOST, "v1", op);
	ok(json_at(op, "response") && sim_now(sim) - began > 60, "which takes minutes");
	cJSON_Delete(op);
	is_int(visit("demo-proj.uc.r.appspot.com", NULL), 200, "and serves");
	app_firewall();
	cJSON_Delete(
	    expect(400, "DELETE", APP_HOST, APP "/services/default/versions/v1", NULL, "a version with traffic stays"));
	cJSON_Delete(expect(400, "DELETE", APP_HOST, APP "/services/default", NULL, "the default service stays"));
	op = finished(APP_HOST, "v1",
		      expect(200, "POST", APP_HOST, APP "/services/default/versions",
			     "{\"id\":\"bad\",\"runtime\":\"custom\",\"env\":\"flex\",\"deployment\":{\"container\":{\"image\":"
			     "\"us-docker.pkg.dev/demo-proj/x/y:1\"}}}",
			     "a version of a missing image"));
	is_int((long long)json_num(op, "error.code", 0), 9, "fails");
	cJSON_Delete(op);
	cJSON_Delete(expect(200, "GET", APP_HOST, APP "/services/default/versions/bad", NULL, "and stays"));
	cJSON_Delete(finished(APP_HOST, "v1",
			      expect(200, "PATCH", APP_HOST, APP "?updateMask=iap",
				     "{\"iap\":{\"enabled\":true,\"oauth2ClientId\":\"c\",\"oauth2ClientSecret\":\"s\"}}",
				     "IAP is switched on")));
	j = ask("GET", APP_HOST, APP, NULL);
	ok(json_at(j, "iap.oauth2ClientSecretSha256") && !json_at(j, "iap.oauth2ClientSecret"),
	   "the secret is shown by its hash");
	cJSON_Delete(j);
	is_int(visit("demo-proj.uc.r.appspot.com", NULL), 302, "and guards");
}

#define COMPUTE_HOST "compute.googleapis.com"
#define GLOBAL "/compute/v1/projects/demo-proj/global/"
#define LINK(kind, name) "projects/demo-proj/global/" kind "/" name
#define DOMAIN "mlflow.example.com"

static void make(const char *target, const char *body)
{
	done_compute(expect(200, "POST", COMPUTE_HOST, target, body, "a part of the load balancer is made"));
}

static void balancer(void)
{
	cJSON_Delete(finished(
	    RUN_HOST, "v2",
	    ask("POST", RUN_HOST, "/v2/" PLACE "/services?serviceId=inner",
		"{\"ingress\":\"INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER\",\"template\":{\"containers\":[{\"image\":\"" HELLO
		"\"}]}}")));
	make("/compute/v1/projects/demo-proj/regions/us-central1/networkEndpointGroups",
	     "{\"name\":\"neg\",\"networkEndpointType\":\"SERVERLESS\",\"cloudRun\":{\"service\":\"inner\"}}");
	make(GLOBAL "backendServices",
	     "{\"name\":\"be\",\"loadBalancingScheme\":\"EXTERNAL_MANAGED\",\"protocol\":\"HTTPS\",\"iap\":{\"enabled\":true,"
	     "\"oauth2ClientId\":\"lb-client\",\"oauth2ClientSecret\":\"s\"},\"backends\":[{\"group\":"
	     "\"https://www.googleapis.com/compute/v1/projects/demo-proj/regions/us-central1/networkEndpointGroups/neg\"}]}");
	make(GLOBAL "urlMaps", "{\"name\":\"map\",\"defaultService\":\"" LINK("backendServices", "be") "\"}");
	make(GLOBAL "sslCertificates", "{\"name\":\"cert\",\"type\":\"MANAGED\",\"managed\":{\"domains\":[\"" DOMAIN "\"]}}");
	make(GLOBAL "targetHttpsProxies",
	     "{\"name\":\"proxy\",\"urlMap\":\"" LINK("urlMaps", "map") "\",\"sslCertificates\":[\"" LINK("sslCertificates",
													  "cert") "\"]}");
	make(GLOBAL "addresses", "{\"name\":\"ip\"}");
	make(GLOBAL "forwardingRules",
	     "{\"name\":\"rule\",\"loadBalancingScheme\":\"EXTERNAL_MANAGED\",\"portRange\":\"443\",\"target\":\"" LINK(
		 "targetHttpsProxies", "proxy") "\",\"IPAddress\":\"" LINK("addresses", "ip") "\"}");
	lead_to_ip(DOMAIN);
	for (int i = 0; i < 400 && visit(DOMAIN, NULL) != 302; i++)
		pass(60);
	is_int(last.status, 302, "after DNS, certificate and edge are ready IAP answers for the domain");
	ok(last.headers && strstr(last.headers, "client_id=lb-client") && strstr(last.headers, "Via: 1.1 google"),
	   "with the backend's OAuth client, through Google's edge");
	cJSON *be = ask("GET", COMPUTE_HOST, GLOBAL "backendServices/be", NULL);
	char *resource = xasprintf("v1/projects/123456789012/iap_web/compute/services/%s", json_str(be, "id", ""));
	bind("iap.googleapis.com", resource, "roles/iap.httpsResourceAccessor", "user:ann@example.com");
	bind(RUN_HOST, "v2/" PLACE "/services/inner", "roles/run.invoker",
	     "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com");
	pass(1200);
	char *token = id_token("ann@example.com", "lb-client"), *other = id_token("ann@example.com", "someone-else");
	is_int(visit(DOMAIN, token), 200, "who has access reaches the service behind it");
	is_int(visit(DOMAIN, other), 401, "a token for another client is refused");
	ok(strstr(buf_text(&last.body), "JWT audience doesn't match this application") != NULL, "in IAP's words");
	is_int(visit("inner-123456789012.us-central1.run.app", token), 404, "the run.app name stays closed");
	free(token), free(other), free(resource);
	cJSON_Delete(be);
}

/* A tag resolved to a digest at the registry itself, through a remote repository. */
static void registry(void)
{
	const char *ar = "artifactregistry.googleapis.com", *docker = "us-central1-docker.pkg.dev";
	cJSON_Delete(finished(ar, "v1",
			      ask("POST", ar, "/v1/" PLACE "/repositories?repositoryId=quay",
				  "{\"format\":\"DOCKER\",\"mode\":\"REMOTE_REPOSITORY\",\"remoteRepositoryConfig\":{"
				  "\"commonRepository\":{\"uri\":\"https://quay.io\"}}}")));
	cJSON *m = expect(200, "GET", docker, "/v2/demo-proj/quay/oauth2-proxy/oauth2-proxy/manifests/v7.15.3", NULL,
			  "a manifest is served by its tag");
	is_int((long long)json_num(m, "schemaVersion", 0), 2, "as Docker's schema 2");
	cJSON_Delete(m);
	const char *digest = sim_image_digest(sim, PROXY);
	char *target = xasprintf("/v2/demo-proj/quay/oauth2-proxy/oauth2-proxy/manifests/%s", digest ? digest : "?");
	cJSON_Delete(expect(200, "GET", docker, target, NULL, "and by its digest"));
	free(target);
	cJSON_Delete(expect(200, "GET", docker, "/v2/", NULL, "the API's version is answered"));
	m = expect(404, "GET", docker, "/v2/demo-proj/quay/oauth2-proxy/oauth2-proxy/manifests/v0.0.1", NULL,
		   "an unknown tag is 404");
	is_str(json_str(m, "errors.0.code", ""), "MANIFEST_UNKNOWN", "in Docker's words");
	cJSON_Delete(m);
	m = expect(404, "GET", docker, "/v2/demo-proj/absent/x/manifests/latest", NULL, "so is an unknown repository");
	cJSON_Delete(m);
	struct sim_request q = {"GET", docker, "/v2/demo-proj/quay/oauth2-proxy/oauth2-proxy/manifests/v7.15.3", NULL, 0,
				NULL,  0};
	sim_reply_free(&last);
	sim_handle(sim, &q, &last);
	is_int(last.status, 401, "without credentials it is 401");
	ok(last.headers && strstr(last.headers, "Bearer realm=\"https://us-central1-docker.pkg.dev/v2/token\""),
	   "which says where tokens come from");
}

int main(void)
{
	begin();
	registry();
	invoker();
	iap();
	balancer();
	app_engine();
	sim_reply_free(&last);
	sim_free(sim);
	return tap_done();
}
