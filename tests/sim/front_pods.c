/* Pods behind GKE's ingress: what stops them and how Kubernetes tells it, and the way from a domain through IAP to MLflow. */
#include "config.h"
#include "tests/sim/stack.h"

#include "base/text.h"

#define COMPUTE_HOST "compute.googleapis.com"
#define DOMAIN "mlflow.example.com"
#define DEPLOYMENT "/apis/apps/v1/namespaces/ml/deployments/mlflow"

static struct sim_reply last;
static char *kube, *database_host;

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

static void apply(const char *path, cJSON *doc)
{
	char *bearer = xasprintf("Bearer %s", sim_owner_token(sim)), *target = xasprintf("%s?fieldManager=t&force=true", path),
	     *text = json_text(doc, -1);
	struct sim_header headers[] = {{"authorization", bearer}, {"content-type", "application/apply-patch+yaml"}};
	struct sim_request q = {"PATCH", kube, target, headers, 2, text, strlen(text)};
	struct sim_reply r;
	sim_handle(sim, &q, &r);
	if (r.status / 100 != 2)
		ok(false, "apply %s: %d %s", path, r.status, buf_text(&r.body));
	sim_reply_free(&r);
	cJSON_Delete(doc);
	free(bearer), free(target), free(text);
}

static cJSON *get(const char *path)
{
	return ask("GET", kube, path, NULL);
}

/* A Secret's or ConfigMap's key by its text. */
static void keep(const char *kind, const char *name, const char *key, const char *value)
{
	cJSON *doc = json_make("{'apiVersion':'v1','kind':%s,'metadata':{'name':%s,'namespace':'ml'}}", kind, name),
	      *data = cJSON_CreateObject();
	bool secret = !strcmp(kind, "Secret");
	cJSON_AddStringToObject(data, key, value);
	json_put(doc, secret ? "stringData" : "data", data);
	char *path = xasprintf("/api/v1/namespaces/ml/%s/%s", secret ? "secrets" : "configmaps", name);
	apply(path, doc);
	free(path);
}

/* MLflow's container of the deployment, which tests change. */
static cJSON *server(void)
{
	return json_make(
	    "{'name':'mlflow','image':'" IMAGE "','ports':[{'name':'http','containerPort':5000}],'command':['mlflow'],'args':['"
	    "server','--host=0.0.0.0','--port=5000',"
	    "'--backend-store-uri=postgresql+psycopg2://mlflow:$(PASSWORD)@$(DATABASE)/"
	    "mlflow'],'env':[{'name':'PASSWORD','valueFrom':{'secretKeyRef':{'name':"
	    "'password','key':'password'}}},{'name':'DATABASE','value':%s},{'name':'MLFLOW_SERVER_ENABLE_JOB_EXECUTION','value'"
	    ":'false'},"
	    "{'name':'MLFLOW_SERVER_ALLOWED_HOSTS','value':'*'}],'readinessProbe':{'httpGet':{'path':'/health','port':'http'}},"
	    "'resources':{'limits':{'memory':'2Gi'}}}",
	    database_host);
}

static void roll_out(cJSON *container)
{
	apply(DEPLOYMENT, json_make("{'apiVersion':'apps/"
				    "v1','kind':'Deployment','metadata':{'name':'mlflow','namespace':'ml'},'spec':{'replicas':"
				    "1,'strategy':{'type':'Recreate'},"
				    "'selector':{'matchLabels':{'app':'mlflow'}},'template':{'metadata':{'labels':{'app':'"
				    "mlflow'}},'spec':{'containers':[%j]}}}}",
				    container));
	pass(900);
}

/* The newest pod's waiting reason, or its phase. */
static const char *state(char **message)
{
	static char text[64];
	cJSON *pods = get("/api/v1/namespaces/ml/pods?labelSelector=app%3Dmlflow");
	const cJSON *status_of = json_at(pods, "items.0.status.containerStatuses.0");
	snprintf(text, sizeof text, "%s",
		 json_str(status_of, "state.waiting.reason", json_bool(status_of, "ready", false) ? "Ready" : "Running"));
	free(*message);
	*message = xstrdup(json_str(status_of, "state.waiting.message", ""));
	cJSON_Delete(pods);
	return text;
}

static bool logged(const char *text)
{
	cJSON *j = ask("POST", "logging.googleapis.com", "/v2/entries:list",
		       "{\"resourceNames\":[\"projects/"
		       "demo-proj\"],\"filter\":\"resource.type=\\\"k8s_container\\\"\",\"orderBy\":\"timestamp "
		       "desc\",\"pageSize\":1000}");
	char *all = json_text(j, -1);
	bool found = strstr(all, text) != NULL;
	free(all);
	cJSON_Delete(j);
	return found;
}

static void fails(cJSON *container, const char *wanted, const char *words, const char *entry, const char *name)
{
	char *message = NULL;
	roll_out(container);
	is_str(state(&message), wanted, name);
	if (words && !ok(strstr(message, words) != NULL, "%s: %s", name, words))
		printf("# %s\n", message);
	if (entry)
		ok(logged(entry), "%s: the log says %s", name, entry);
	cJSON *d = get(DEPLOYMENT);
	is_str(json_str(d, "status.conditions.1.reason", ""), "ProgressDeadlineExceeded",
	       "and the deployment gives up waiting");
	cJSON_Delete(d);
	free(message);
}

static void cluster(void)
{
	cJSON_Delete(
	    ask("POST", "container.googleapis.com", "/v1/" PLACE "/clusters",
		"{\"cluster\":{\"name\":\"c\",\"autopilot\":{\"enabled\":true},\"network\":\"net\",\"subnetwork\":\"sub\"}}"));
	ok(status == 200, "a cluster is ordered");
	pass(1200);
	cJSON *c = ask("GET", "container.googleapis.com", "/v1/" PLACE "/clusters/c", NULL);
	kube = xstrdup(json_str(c, "endpoint", ""));
	cJSON_Delete(c);
	apply("/api/v1/namespaces/ml", json_make("{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'ml'}}"));
}

static void runs(void)
{
	char *message = NULL;
	roll_out(server());
	is_str(state(&message), "CreateContainerConfigError", "a pod waits for a Secret that is not there");
	is_str(message, "secret \"password\" not found", "in Kubernetes' words");
	keep("Secret", "password", "password", "wrong");
	pass(600);
	is_str(state(&message), "CrashLoopBackOff", "with a wrong password MLflow ends, and is started again and again");
	ok(logged("password authentication failed for user"), "and says why in the log");
	cJSON *pods = get("/api/v1/namespaces/ml/pods"), *events = get("/api/v1/namespaces/ml/events");
	char *all = json_text(events, -1),
	     *path = xasprintf("/api/v1/namespaces/ml/pods/%s/log", json_str(pods, "items.0.metadata.name", ""));
	ok(strstr(all, "Back-off restarting failed container mlflow in pod mlflow-") != NULL, "an event tells of the back-off");
	cJSON_Delete(get(path));
	is_int(status, 200, "the pod's log can be read");
	free(all), free(path);
	cJSON_Delete(pods), cJSON_Delete(events);
	keep("Secret", "password", "password", "pw");
	pass(900);
	is_str(state(&message), "Ready", "with the right one it comes up at the next try");
	cJSON *d = get(DEPLOYMENT);
	is_int((long long)json_num(d, "status.readyReplicas", 0), 1, "and the deployment is ready");
	cJSON_Delete(d);
	free(message);
}

static cJSON *with(cJSON *container, const char *path, cJSON *value)
{
	json_put(container, path, value);
	return container;
}

static void what_goes_wrong(void)
{
	fails(with(server(), "image", cJSON_CreateString("us-central1-docker.pkg.dev/demo-proj/images/server:none")),
	      "ImagePullBackOff", "not found", NULL, "an image that is not there");
	fails(with(server(), "env.1.value", cJSON_CreateString("10.99.0.9")), "CrashLoopBackOff", NULL, "Connection timed out",
	      "a database out of reach");
	fails(with(server(), "resources", json_make("{'requests':{'cpu':'100m'},'limits':{'memory':'256Mi'}}")),
	      "CrashLoopBackOff", NULL, NULL, "too little memory");
	cJSON *pods = get("/api/v1/namespaces/ml/pods?labelSelector=app%3Dmlflow");
	is_str(json_str(pods, "items.0.status.containerStatuses.0.lastState.terminated.reason", ""), "OOMKilled",
	       "as the last state says");
	cJSON_Delete(pods);
	fails(with(server(), "args.1", cJSON_CreateString("--host=127.0.0.1")), "Running", NULL, NULL,
	      "a server that listens on loopback runs, unready");
	fails(with(server(), "args.2", cJSON_CreateString("--prot=5000")), "CrashLoopBackOff", NULL, "No such option: --prot",
	      "an unknown option");
	apply("/api/v1/namespaces/ml/services/mlflow",
	      json_make("{'apiVersion':'v1','kind':'Service','metadata':{'name':'mlflow','namespace':'ml'},'spec':{'selector':{"
			"'app':'mlflow'},"
			"'ports':[{'port':80,'targetPort':'http'}]}}"));
	cJSON *bare = server();
	cJSON_DeleteItemFromArray(json_at(bare, "args"), 2);
	fails(bare, "CrashLoopBackOff", NULL, "is not a valid integer", "a Service called mlflow sets MLFLOW_PORT");
}

/* Pods that are bound to an account that is not there get no token, and tell so; who may enter sends the request. */
static void bound_to_nobody(const char *token)
{
	cJSON
	    *account = json_make(
		"{'apiVersion':'v1','kind':'ServiceAccount','metadata':{'name':'default','namespace':'ml','annotations':{}}}"),
	    *container = server();
	cJSON_AddStringToObject(json_at(account, "metadata.annotations"), "iam.gke.io/gcp-service-account",
				"gone@demo-proj.iam.gserviceaccount.com");
	apply("/api/v1/namespaces/ml/serviceaccounts/default", account);
	cJSON_AddItemToArray(json_at(container, "args"), cJSON_CreateString("--artifacts-destination=gs://demo-proj-art"));
	roll_out(container);
	is_int(visit(DOMAIN, "/api/2.0/mlflow-artifacts/artifacts?path=1", token), 500,
	       "a server that is bound to an account that is not there cannot list its artifacts");
	ok(strstr(buf_text(&last.body), "metadata service") != NULL, "since it gets no token");
}

static void ingress(void)
{
	cJSON_Delete(ask("POST", COMPUTE_HOST, C "global/addresses", "{\"name\":\"ip\"}"));
	pass(60);
	apply("/api/v1/namespaces/ml/secrets/client", json_make("{'apiVersion':'v1','kind':'Secret','metadata':{'name':'client'"
								",'namespace':'ml'},'stringData':{'client_id':'gke-client',"
								"'client_secret':'kept'}}"));
	apply("/apis/cloud.google.com/v1/namespaces/ml/backendconfigs/be",
	      json_make("{'apiVersion':'cloud.google.com/v1','kind':'BackendConfig','metadata':{'name':'be','namespace':'ml'},"
			"'spec':{'iap':{'enabled':true,'oauthclientCredentials':{'secretName':'client'}}}}"));
	cJSON *service = json_make("{'apiVersion':'v1','kind':'Service','metadata':{'name':'mlflow','namespace':'ml','"
				   "annotations':{}},'spec':{'selector':{'app':'mlflow'},"
				   "'ports':[{'port':80,'targetPort':'http'}]}}");
	cJSON_AddStringToObject(json_at(service, "metadata.annotations"), "cloud.google.com/backend-config",
				"{\"default\":\"be\"}");
	apply("/api/v1/namespaces/ml/services/mlflow", service);
	apply("/apis/networking.gke.io/v1/namespaces/ml/managedcertificates/mc",
	      json_make("{'apiVersion':'networking.gke.io/v1','kind':'ManagedCertificate','metadata':{'name':'mc',"
			"'namespace':'ml'},'spec':{'domains':['" DOMAIN "']}}"));
	cJSON *i = json_make(
	    "{'apiVersion':'networking.k8s.io/"
	    "v1','kind':'Ingress','metadata':{'name':'i','namespace':'ml','annotations':{}},'spec':{'rules':[{'host':'" DOMAIN
	    "','http':{'paths':"
	    "[{'path':'/"
	    "*','pathType':'ImplementationSpecific','backend':{'service':{'name':'mlflow','port':{'number':80}}}}]}}]}}");
	cJSON_AddStringToObject(json_at(i, "metadata.annotations"), "kubernetes.io/ingress.global-static-ip-name", "ip");
	cJSON_AddStringToObject(json_at(i, "metadata.annotations"), "networking.gke.io/managed-certificates", "mc");
	apply("/apis/networking.k8s.io/v1/namespaces/ml/ingresses/i", i);
	pass(1200);
	cJSON *live = get("/apis/networking.k8s.io/v1/namespaces/ml/ingresses/i");
	const cJSON *note = cJSON_GetObjectItemCaseSensitive(json_at(live, "metadata.annotations"),
							     "ingress.kubernetes.io/backends");
	ok(note && strstr(note->valuestring, "Unknown"), "an ingress without ready pods does not know its backends' health: %s",
	   note ? note->valuestring : "");
	cJSON_Delete(live);
	cJSON *rules = ask("GET", COMPUTE_HOST, C "global/forwardingRules", NULL);
	is_int(cJSON_GetArraySize(json_at(rules, "items")), 2, "GKE makes forwarding rules for HTTPS and HTTP");
	cJSON_Delete(rules);
	roll_out(server());
	lead_to_ip(DOMAIN);
	for (int n = 0; n < 400 && (visit(DOMAIN, "/", NULL) != 302 || last.mischief.how == SIM_BAD_TLS); n++)
		pass(60);
	is_int(last.status, 302, "with DNS, certificate and pods the domain leads to IAP");
	ok(last.headers && strstr(last.headers, "client_id=gke-client"), "with the client of the BackendConfig's Secret");
	live = get("/apis/networking.k8s.io/v1/namespaces/ml/ingresses/i");
	note = cJSON_GetObjectItemCaseSensitive(json_at(live, "metadata.annotations"), "ingress.kubernetes.io/backends");
	cJSON *states = note ? cJSON_Parse(note->valuestring) : NULL;
	is_str(json_str(states, states && states->child ? states->child->string : "x", ""), "HEALTHY",
	       "the ingress says that its backend is healthy");
	char *be = xasprintf("/v1/projects/123456789012/iap_web/compute/services/%s:setIamPolicy",
			     states && states->child ? states->child->string : "x");
	cJSON_Delete(expect(200, "POST", "iap.googleapis.com", be,
			    "{\"policy\":{\"bindings\":[{\"role\":\"roles/"
			    "iap.httpsResourceAccessor\",\"members\":[\"user:ann@example.com\"]}]}}",
			    "access is granted on the backend service that GKE made"));
	pass(1200);
	char *token = id_token("ann@example.com", "gke-client"), *other = id_token("bob@example.com", "gke-client");
	is_int(visit(DOMAIN, "/api/2.0/mlflow/experiments/search?max_results=1", token), 200,
	       "who has access reaches MLflow in the pod");
	is_int(visit(DOMAIN, "/", other), 403, "who has none is refused");
	bound_to_nobody(token);
	free(token), free(other), free(be);
	cJSON_Delete(states);
	cJSON_Delete(live);
}

static void jobs(void)
{
	const char *path = "/apis/batch/v1/namespaces/ml/jobs/migrate";
	cJSON *k = json_make("{'name':'m','image':'" IMAGE
			     "','command':['mlflow','db','upgrade','postgresql+psycopg2://mlflow:nope@10.9.9.9/mlflow']}");
	apply(path, json_make("{'apiVersion':'batch/"
			      "v1','kind':'Job','metadata':{'name':'migrate','namespace':'ml'},'spec':{'backoffLimit':1,'"
			      "template':{'spec':{'restartPolicy':'Never',"
			      "'containers':[%j]}}}}",
			      k));
	pass(600);
	cJSON *j = get(path);
	is_str(json_str(j, "status.conditions.1.type", ""), "Failed", "a job whose migration fails is tried again and fails");
	is_str(json_str(j, "status.conditions.0.reason", ""), "BackoffLimitExceeded", "for its limit");
	is_int((long long)json_num(j, "status.failed", 0), 2, "after two pods");
	cJSON_Delete(j);
}

static void end(void)
{
	cJSON_Delete(ask("DELETE", kube, "/apis/networking.k8s.io/v1/namespaces/ml/ingresses/i", NULL));
	cJSON *going = get("/apis/networking.k8s.io/v1/namespaces/ml/ingresses/i");
	ok(json_at(going, "metadata.deletionTimestamp") != NULL, "an ingress stays while its load balancer goes");
	cJSON_Delete(going);
	pass(1200);
	cJSON *rules = ask("GET", COMPUTE_HOST, C "global/forwardingRules", NULL),
	      *maps = ask("GET", COMPUTE_HOST, C "global/urlMaps", NULL);
	ok(!json_at(rules, "items") && !json_at(maps, "items"), "with the ingress its load balancer goes");
	cJSON_Delete(rules);
	cJSON_Delete(maps);
	cJSON_Delete(expect(200, "DELETE", COMPUTE_HOST, C "global/addresses/ip", NULL, "and its address may be deleted"));
	pass(60);
	cJSON_Delete(ask("GET", COMPUTE_HOST, C "global/addresses/ip", NULL));
	is_int(status, 404, "which it is");
}

int main(void)
{
	begin();
	sim_service_enable(sim, "demo-proj", "container.googleapis.com");
	database();
	accounts();
	places();
	pass(900);
	grant("roles/artifactregistry.reader", "serviceAccount:123456789012-compute@developer.gserviceaccount.com");
	struct buf good = {0};
	source(&good, DOCKERFILE);
	char *g = upload("demo-proj-art", "good.tar.gz", &good), *id = build("good.tar.gz", g);
	pass(1500);
	free(g), free(id), buf_free(&good);
	database_host = database_address();
	cluster();
	runs();
	what_goes_wrong();
	ingress();
	jobs();
	end();
	sim_reply_free(&last);
	free(kube), free(database_host);
	sim_free(sim);
	return tap_done();
}
