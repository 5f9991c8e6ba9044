/* Machines behind a load balancer: what their metadata make them run, what stops it, and the way from a domain to MLflow. */
#include "config.h"
#include "tests/sim/stack.h"

#include "base/text.h"

#define COMPUTE_HOST "compute.googleapis.com"
#define ZONE "zones/us-central1-a/"
#define DOMAIN "mlflow.example.com"
#define AGENT_KEY "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com"

static struct sim_reply last;
static char *database_host;

static int visit(const char *host, const char *path, const char *token)
{
	char *bearer = xasprintf("Bearer %s", token ? token : "");
	struct sim_header headers[] = {{"Host", host}, {"Authorization", bearer}};
	struct sim_request q = {"GET", host, path, headers, token ? 2 : 1, NULL, 0};
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

static cJSON *compute(const char *method, const char *path, cJSON *body)
{
	char *target = xasprintf(C "%s", path), *text = body ? json_text(body, -1) : NULL;
	cJSON *op = ask(method, COMPUTE_HOST, target, text);
	if (status != 200)
		ok(false, "%s %s: %d %s", method, path, status, json_str(op, "error.message", ""));
	cJSON_Delete(body);
	free(target);
	free(text);
	return op;
}

static void make(const char *path, cJSON *body)
{
	cJSON *op = compute("POST", path, body);
	char *link = xstrdup(json_str(op, "selfLink", ""));
	cJSON_Delete(op);
	pass(120);
	char *at = strstr(link, "/compute/v1/");
	op = at ? ask("GET", COMPUTE_HOST, at, NULL) : NULL;
	if (json_at(op, "error"))
		ok(false, "%s: %s", path, json_str(op, "error.errors.0.message", ""));
	cJSON_Delete(op);
	free(link);
}

/* What Container-Optimized OS is given to run MLflow behind oauth2-proxy; run is put before docker's image of MLflow. */
static char *user_data(const char *login, const char *gate_secret, const char *more, const char *firewall)
{
	return xasprintf(
	    "#cloud-config\n"
	    "write_files:\n"
	    "- path: /var/lib/stack/fetch.sh\n"
	    "  permissions: '0755'\n"
	    "  content: |\n"
	    "    #!/bin/sh\n"
	    "    set -eu\n"
	    "    TOKEN=$(curl -s -H 'Metadata-Flavor: Google' "
	    "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token)\n"
	    "    API=https://secretmanager.googleapis.com/v1/projects/demo-proj/secrets\n"
	    "    PASSWORD=$(curl -s -H \"Authorization: Bearer $TOKEN\" $API/password/versions/1:access | base64 -d)\n"
	    "    curl -s -H \"Authorization: Bearer $TOKEN\" $API/%s/versions/1:access | base64 -d > "
	    "/run/stack/config/gate.cfg\n"
	    "    curl -s -H \"Authorization: Bearer $TOKEN\" $API/client/versions/1:access | base64 -d > "
	    "/run/stack/client/client\n"
	    "    curl -s -H \"Authorization: Bearer $TOKEN\" $API/cookie/versions/1:access | base64 -d > "
	    "/run/stack/cookie/cookie\n"
	    "    cat > /run/stack/server.env <<EOF\n"
	    "    MLFLOW_BACKEND_STORE_URI=postgresql+psycopg2://\n"
	    "    EOF\n"
	    "    echo PGHOST=%s >> /run/stack/server.env\n"
	    "    echo PGPASSWORD=$PASSWORD >> /run/stack/server.env\n"
	    "- path: /etc/systemd/system/mlflow.service\n"
	    "  content: |\n"
	    "    [Unit]\n"
	    "    After=docker.service\n"
	    "    [Service]\n"
	    "    Environment=HOME=/home/chronos\n"
	    "    %s\n"
	    "    ExecStartPre=/bin/sh /var/lib/stack/fetch.sh\n"
	    "    ExecStart=/usr/bin/docker run --rm --name=mlflow --network=host --env-file /run/stack/server.env \\\n"
	    "      -e PGUSER=mlflow -e PGDATABASE=mlflow -e MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false \\\n"
	    "      -e MLFLOW_SERVER_ALLOWED_HOSTS=" DOMAIN " %s " IMAGE "\n"
	    "    Restart=always\n"
	    "- path: /etc/systemd/system/oauth2-proxy.service\n"
	    "  content: |\n"
	    "    [Service]\n"
	    "    ExecStart=/usr/bin/docker run --rm --name=oauth2-proxy --network=host -v /run/stack/config:/s/config:ro -v "
	    "/run/stack/client:/s/client:ro -v /run/stack/cookie:/s/cookie:ro " PROXY " --config=/s/config/gate.cfg\n"
	    "    Restart=always\n"
	    "runcmd:\n"
	    "- [systemctl, daemon-reload]\n"
	    "- systemctl start mlflow.service oauth2-proxy.service\n"
	    "%s",
	    gate_secret, database_host, login, more, firewall);
}

#define LOGIN "ExecStartPre=/usr/bin/docker-credential-gcr configure-docker --registries=us-central1-docker.pkg.dev"
#define OPEN "- iptables -A INPUT -p tcp --dport 4180 -j ACCEPT\n"

/* A new machine with this user data, some minutes later. */
static void machine(const char *key, char *value)
{
	cJSON_Delete(ask("DELETE", COMPUTE_HOST, C ZONE "instances/vm", NULL));
	pass(300);
	make(ZONE "instances",
	     json_make("{'name':'vm','machineType':'zones/us-central1-a/machineTypes/"
		       "e2-standard-2','disks':[{'boot':true,'autoDelete':true,'initializeParams':{"
		       "'sourceImage':%s}}],'networkInterfaces':[{'subnetwork':'regions/us-central1/subnetworks/sub'}],"
		       "'serviceAccounts':[{'email':'" SERVER
		       "','scopes':['https://www.googleapis.com/auth/cloud-platform']}],'tags':{'items':['mlflow']},"
		       "'metadata':{'items':[{'key':%s,'value':%s},{'key':'google-logging-enabled','value':'true'},{'key':'"
		       "enable-guest-attributes','value':"
		       "'TRUE'}]}}",
		       strcmp(key, "startup-script") ? "projects/cos-cloud/global/images/family/cos-stable"
						     : "projects/debian-cloud/global/images/family/debian-12",
		       key, value));
	free(value);
	pass(900);
}

static char *console(void)
{
	cJSON *j = compute("GET", ZONE "instances/vm/serialPort", NULL);
	char *text = xstrdup(json_str(j, "contents", ""));
	cJSON_Delete(j);
	return text;
}

static void says(const char *words, const char *name)
{
	char *text = console();
	if (!ok(strstr(text, words) != NULL, "%s", name))
		printf("# no '%s' in: %s\n", words, strstr(text, "login:") ? strstr(text, "login:") : text);
	free(text);
}

#define REPORT                                                                                                                 \
	"ExecStopPost=/usr/bin/curl -s -X PUT -H 'Metadata-Flavor: Google' --data \"$SERVICE_RESULT $EXIT_STATUS\" "           \
	"http://metadata.google.internal/computeMetadata/v1/instance/guest-attributes/units/mlflow"

/* A unit that fails tells it by the metadata server, and who may look at the machine reads it; where nothing was told there is nothing. */
static void guest_attributes(void)
{
	machine("user-data", user_data(REPORT, "gate", "", OPEN));
	cJSON *j = compute("GET", ZONE "instances/vm/getGuestAttributes?queryPath=units/", NULL);
	is_str(json_str(j, "queryValue.items.0.value", ""), "exit-code 125", "a unit that failed says how");
	is_str(json_str(j, "queryValue.items.0.key", ""), "mlflow", "by its name");
	cJSON_Delete(j);
	j = compute("GET", ZONE "instances/vm/getGuestAttributes?variableKey=units/mlflow", NULL);
	is_str(json_str(j, "variableValue", ""), "exit-code 125", "or one alone");
	cJSON_Delete(j);
	j = ask("GET", COMPUTE_HOST, C ZONE "instances/vm/getGuestAttributes?queryPath=hostkeys/", NULL);
	is_int(status, 404, "what nobody told is not there");
	ok(strstr(json_str(j, "error.message", ""), "The resource 'hostkeys/' of type 'Guest Attribute' was not found.") !=
	       NULL,
	   "in Google's words");
	cJSON_Delete(j);
}

static const char *health(void)
{
	static char state[32];
	cJSON *j = compute(
	    "POST", "global/backendServices/be/getHealth",
	    json_make("{'group':'https://www.googleapis.com/compute/v1/projects/demo-proj/" ZONE "instanceGroups/group'}"));
	snprintf(state, sizeof state, "%s", json_str(j, "healthStatus.0.healthState", "none"));
	cJSON_Delete(j);
	return state;
}

static void member(bool add)
{
	make(add ? ZONE "instanceGroups/group/addInstances" : ZONE "instanceGroups/group/removeInstances",
	     json_make("{'instances':[{'instance':'https://www.googleapis.com/compute/v1/projects/demo-proj/" ZONE
		       "instances/vm'}]}"));
}

static void again(const char *key, char *value)
{
	member(false);
	machine(key, value);
	member(true);
}

static void chain(void)
{
	make(ZONE "instanceGroups",
	     json_make("{'name':'group','network':'global/networks/net','namedPorts':[{'name':'gate','port':4180}]}"));
	make("global/healthChecks", json_make("{'name':'hc','type':'HTTP','httpHealthCheck':{'portSpecification':'USE_SERVING_"
					      "PORT','requestPath':'/ping'}}"));
	make("global/backendServices",
	     json_make("{'name':'be','loadBalancingScheme':'EXTERNAL_MANAGED','protocol':'HTTP','portName':'gate','"
		       "healthChecks':['global/healthChecks/hc'],"
		       "'backends':[{'group':'https://www.googleapis.com/compute/v1/projects/demo-proj/" ZONE
		       "instanceGroups/group'}]}"));
	make("global/urlMaps", json_make("{'name':'map','defaultService':'global/backendServices/be'}"));
	make("global/sslCertificates", json_make("{'name':'cert','type':'MANAGED','managed':{'domains':['" DOMAIN "']}}"));
	make("global/targetHttpsProxies",
	     json_make("{'name':'proxy','urlMap':'global/urlMaps/map','sslCertificates':['global/sslCertificates/cert']}"));
	make("global/addresses", json_make("{'name':'ip'}"));
	make("global/forwardingRules",
	     json_make("{'name':'rule','loadBalancingScheme':'EXTERNAL_MANAGED','portRange':'443','target':"
		       "'global/targetHttpsProxies/proxy','IPAddress':'global/addresses/ip'}"));
}

static void runs(void)
{
	machine("user-data", user_data(LOGIN, "gate", "", OPEN));
	chain();
	lead_to_ip(DOMAIN);
	member(true);
	is_str(health(), "UNHEALTHY", "behind a firewall that knows no probes a machine is unhealthy");
	for (int i = 0; i < 400 && visit(DOMAIN, "/", NULL) == 404; i++)
		pass(60); /* until DNS leads here */
	is_int(last.mischief.how, SIM_BAD_TLS, "before its certificate is there the domain has no TLS");
	for (int i = 0; i < 400 && (visit(DOMAIN, "/", NULL) == 502 || last.mischief.how == SIM_BAD_TLS); i++)
		pass(60);
	is_int(last.status, 503, "then the load balancer has nobody to ask");
	is_str(buf_text(&last.body), "no healthy upstream", "in its words");
	make("global/firewalls", json_make("{'name':'probes','network':'global/networks/net','sourceRanges':['130.211.0.0/"
					   "22','35.191.0.0/16'],'targetTags':['mlflow'],"
					   "'allowed':[{'IPProtocol':'tcp','ports':['4180']}]}"));
	is_str(health(), "HEALTHY", "with the rule it is healthy");
	is_int(visit(DOMAIN, "/", NULL), 302, "and oauth2-proxy answers for the domain");
	char *token = id_token("ann@example.com", "https://" HOST), *other = id_token("bob@elsewhere.org", "https://" HOST);
	is_int(visit(DOMAIN, "/api/2.0/mlflow/experiments/search?max_results=1", token), 200,
	       "a permitted person reaches MLflow and its database");
	is_int(visit(DOMAIN, "/api/2.0/mlflow/experiments/search?max_results=1", other), 403, "another is refused");
	free(token), free(other);
	cJSON *op = compute("POST", ZONE "instances/vm/start", NULL);
	is_str(json_str(op, "status", ""), "DONE", "to start a machine that runs is nothing");
	is_str(health(), "HEALTHY", "it does not boot anew");
	cJSON_Delete(op);
	cJSON_Delete(compute("POST", ZONE "instances/vm/stop", NULL));
	pass(300);
	is_str(health(), "UNHEALTHY", "a stopped machine is unhealthy");
	op = compute("POST", ZONE "instances/vm/stop", NULL);
	is_str(json_str(op, "status", ""), "DONE", "to stop it again is nothing");
	cJSON_Delete(op);
}

static void what_goes_wrong(void)
{
	again("user-data", user_data(LOGIN, "gate", "", ""));
	is_str(health(), "UNHEALTHY", "the image's own firewall keeps the port shut");
	again("user-data", user_data("", "gate", "", OPEN));
	says("denied: Permission \"artifactregistry.repositories.downloadArtifacts\" denied",
	     "without docker-credential-gcr the image is not had");
	is_str(health(), "UNHEALTHY", "so nothing answers");
	again("user-data", user_data(LOGIN, "typo", "", OPEN));
	says("'' has invalid keys: upstrems", "a wrong option stops oauth2-proxy");
	is_str(health(), "UNHEALTHY", "so the port is shut");
	again("user-data", user_data(LOGIN, "none", "", OPEN));
	says("NOT_FOUND: Secret [projects/demo-proj/secrets/none/versions/1] not found",
	     "a secret that is not there is told of at the console");
	again("user-data", user_data(LOGIN, "gate", "-e PGHOST=10.99.0.9", OPEN));
	says("Connection timed out", "a database out of reach too");
	char *token = id_token("ann@example.com", "https://" HOST);
	is_int(visit(DOMAIN, "/api/2.0/mlflow/experiments/search?max_results=1", token), 502,
	       "oauth2-proxy then has no upstream");
	cJSON_Delete(ask("GET", "bigquery.googleapis.com", "/bigquery/v2/projects/demo-proj/datasets", NULL));
	is_int(status, 501, "U23: a host of Google's that is not simulated is none of the load balancer's");
	free(token);
	again("user-data", user_data(LOGIN, "gate", "--memory 400m", OPEN));
	says("(container exited with code 137)", "below the memory that it needs MLflow is killed");
	cJSON *j = ask("POST", "logging.googleapis.com", "/v2/entries:list",
		       "{\"resourceNames\":[\"projects/demo-proj\"],\"filter\":\"resource.type=\\\"gce_instance\\\" AND "
		       "severity>=ERROR\",\"pageSize\":1000}");
	char *all = json_text(j, -1);
	ok(strstr(all, "invalid keys: upstrems") && strstr(all, "cos_containers"), "all that is in the log of the machine");
	free(all);
	cJSON_Delete(j);
}

static void other_ways(void)
{
	again("gce-container-declaration",
	      xasprintf("spec:\n  containers:\n    - name: mlflow\n      image: '" IMAGE
			"'\n      command: [mlflow]\n      args:\n        - server\n        - --host=0.0.0.0\n"
			"        - --port=4180\n        - --backend-store-uri=postgresql+psycopg2://mlflow:pw@%s/mlflow\n      "
			"env:\n        - name: MLFLOW_SERVER_ENABLE_JOB_EXECUTION\n"
			"          value: 'false'\n        - {name: MLFLOW_SERVER_ALLOWED_HOSTS, value: '*'}\n  restartPolicy: "
			"Always\n",
			database_host));
	is_int(visit(DOMAIN, "/health", NULL), 503, "MLflow alone does not know /ping");
	cJSON_Delete(compute("PATCH", "global/healthChecks/hc", json_make("{'httpHealthCheck':{'requestPath':'/health'}}")));
	pass(60);
	is_str(health(), "HEALTHY", "but /health");
	is_int(visit(DOMAIN, "/api/2.0/mlflow/experiments/search?max_results=1", NULL), 200, "a container declaration serves");
	again("startup-script",
	      xasprintf("#!/bin/bash\nset -eu\napt-get update\napt-get install -y docker.io # needs a way out\ngcloud auth "
			"configure-docker us-central1-docker.pkg.dev --quiet\n"
			"docker run -d --restart=always -p 4180:5000 -e MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false -e "
			"MLFLOW_SERVER_ALLOWED_HOSTS='*' " IMAGE
			" mlflow server --host 0.0.0.0 --backend-store-uri \"postgresql+psycopg2://mlflow:$(gcloud secrets "
			"versions access 1 --secret=password)@%s/mlflow\"\n",
			database_host));
	says("docker: command not found", "without a way out a package is not installed");
	is_str(health(), "UNHEALTHY", "and nothing runs");
	make("regions/us-central1/routers",
	     json_make("{'name':'nat','network':'global/networks/net','nats':[{'name':'nat','natIpAllocateOption':'AUTO_ONLY',"
		       "'sourceSubnetworkIpRangesToNat':'ALL_SUBNETWORKS_ALL_IP_RANGES'}]}"));
	cJSON_Delete(compute("POST", ZONE "instances/vm/reset", NULL));
	pass(900);
	is_str(health(), "HEALTHY", "through Cloud NAT it is, and a published port answers");
	is_int(visit(DOMAIN, "/api/2.0/mlflow/experiments/search?max_results=1", NULL), 200, "a startup script serves");
}

/* Certificate Manager's certificates, through a map. */
static void mapped(void)
{
	const char *cm = "certificatemanager.googleapis.com";
	sim_service_enable(sim, "demo-proj", cm);
#define CM "/v1/projects/demo-proj/locations/global/"
	cJSON_Delete(finished(
	    cm, "v1", expect(200, "POST", cm, CM "certificateMaps?certificateMapId=m", "{}", "a certificate map is made")));
	cJSON_Delete(finished(cm, "v1",
			      expect(200, "POST", cm, CM "certificates?certificateId=c",
				     "{\"managed\":{\"domains\":[\"" DOMAIN "\"]}}", "a certificate for it")));
	cJSON *p = compute("GET", "global/targetHttpsProxies/proxy", NULL);
	cJSON *change = json_make("{'certificateMap':'//certificatemanager.googleapis.com/projects/demo-proj/locations/global/"
				  "certificateMaps/m','sslCertificates':[],'fingerprint':%s}",
				  json_str(p, "fingerprint", ""));
	cJSON_Delete(p);
	cJSON_Delete(compute("PATCH", "global/targetHttpsProxies/proxy", change));
	pass(600);
	visit(DOMAIN, "/health", NULL);
	is_int(last.mischief.how, SIM_BAD_TLS, "a map without an entry has no certificate to show");
	cJSON_Delete(finished(cm, "v1",
			      expect(200, "POST", cm, CM "certificateMaps/m/certificateMapEntries?certificateMapEntryId=e",
				     "{\"hostname\":\"" DOMAIN
				     "\",\"certificates\":[\"projects/demo-proj/locations/global/certificates/c\"]}",
				     "an entry is made")));
	for (int i = 0; i < 200 && (visit(DOMAIN, "/health", NULL) != 200 || last.mischief.how == SIM_BAD_TLS); i++)
		pass(300);
	is_int(last.status, 200, "once its certificate is active the domain answers");
}

/* An internal load balancer in front of the same machine: its address means nothing outside of the network. */
static void inside(void)
{
	make("regions/us-central1/subnetworks", json_make("{'name':'proxies','network':'projects/demo-proj/global/networks/"
							  "net','ipCidrRange':'10.2.0.0/24','purpose':'REGIONAL_MANAGED_PROXY',"
							  "'role':'ACTIVE'}"));
	make("regions/us-central1/healthChecks",
	     json_make("{'name':'hc','type':'TCP','tcpHealthCheck':{'portSpecification':'USE_SERVING_PORT'}}"));
	make("regions/us-central1/backendServices",
	     json_make("{'name':'be','loadBalancingScheme':'INTERNAL_MANAGED','protocol':'HTTP','portName':'gate','"
		       "healthChecks':['regions/us-central1/healthChecks/hc'],"
		       "'backends':[{'group':'https://www.googleapis.com/compute/v1/projects/demo-proj/" ZONE
		       "instanceGroups/group'}]}"));
	make("regions/us-central1/urlMaps",
	     json_make("{'name':'map','defaultService':'regions/us-central1/backendServices/be'}"));
	make("regions/us-central1/targetHttpProxies", json_make("{'name':'proxy','urlMap':'regions/us-central1/urlMaps/map'}"));
	make("regions/us-central1/forwardingRules",
	     json_make("{'name':'inner','loadBalancingScheme':'INTERNAL_MANAGED','portRange':'80','IPAddress':'10.1.0.77','"
		       "target':'regions/us-central1/targetHttpProxies/proxy',"
		       "'network':'global/networks/net','subnetwork':'regions/us-central1/subnetworks/sub'}"));
	pass(900);
	is_int(visit("10.1.0.77", "/health", NULL), 404, "an internal load balancer is not reached from outside");
	ok(!last.headers || !strstr(last.headers, "Via: 1.1 google"), "no front end of Google's knows it");
}

int main(void)
{
	begin();
	database();
	accounts();
	places();
	secret("gate", GATE_CONFIG(""));
	secret("typo", GATE_CONFIG("upstrems = []\n"));
	secret("client", "GOCSPX-shh-not-a-word");
	secret("cookie", COOKIE);
	secret("password", "pw");
	pass(900);
	grant("roles/artifactregistry.reader", "serviceAccount:" SERVER);
	cJSON_Delete(ask("PATCH", COMPUTE_HOST, C "regions/us-central1/subnetworks/sub", "{\"fingerprint\":\"\"}"));
	cJSON_Delete(ask("POST", COMPUTE_HOST, C "regions/us-central1/subnetworks/sub/setPrivateIpGoogleAccess",
			 "{\"privateIpGoogleAccess\":true}"));
	ok(status == 200, "the subnet reaches Google's registries");
	struct buf good = {0};
	source(&good, DOCKERFILE);
	char *g = upload("demo-proj-art", "good.tar.gz", &good), *id = build("good.tar.gz", g);
	pass(1500);
	free(g), free(id), buf_free(&good);
	database_host = database_address();
	runs();
	what_goes_wrong();
	other_ways();
	inside();
	mapped();
	guest_attributes();
	sim_reply_free(&last);
	free(database_host);
	sim_free(sim);
	return tap_done();
}
