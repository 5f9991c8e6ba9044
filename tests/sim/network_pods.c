/* A cluster's pods and what makes them: nodes and their machines, bare pods, init containers, images that are not there; sets, volumes, cron jobs, budgets and
 * autoscalers; what Autopilot and Pod Security make of them or refuse. */
#include "config.h"
#include "tests/sim/cloud.h"

#define CLUSTERS "container.googleapis.com/v1/projects/demo-proj/locations/us-central1/clusters"
#define CORE "/api/v1/namespaces/ns/"
#define APPS "/apis/apps/v1/namespaces/ns/"

static char *host;

/* A formatted text that is good for some more calls. */
__attribute__((format(printf, 1, 2))) static const char *form(const char *format, ...)
{
	static char texts[16][512];
	static int n;
	va_list args;
	n = (n + 1) % 16;
	va_start(args, format);
	vsnprintf(texts[n], sizeof texts[n], format, args);
	va_end(args);
	return texts[n];
}

static cJSON *get(const char *path)
{
	return asks("GET", form("%s%s", host, path), NULL, 200);
}

static cJSON *post(const char *path, const char *doc)
{
	return asks("POST", form("%s%s", host, path), json_make(doc), 201);
}

static void drop(const char *path)
{
	asks("DELETE", form("%s%s", host, path), NULL, 200);
}

static void pass(double seconds)
{
	sim_advance(cloud, sim_now(cloud) + seconds);
}

static void is_text(const cJSON *doc, const char *path, const char *wanted)
{
	is_str(json_str(doc, path, "-"), wanted, path);
}

/* Has an object an event of the reason; how often was it told (0: never). */
static int told(const char *name, const char *reason)
{
	const cJSON *e;
	int n = 0;
	cJSON_ArrayForEach(e, json_at(get("/api/v1/namespaces/ns/events"), "items"))
		if (!strcmp(json_str(e, "involvedObject.name", ""), name) && !strcmp(json_str(e, "reason", ""), reason))
			n += (int)json_num(e, "count", 0);
	return n;
}

/* What kubectl's columns say of a pod: "READY STATUS RESTARTS". */
static const char *row(const char *pod)
{
	char *bearer = xasprintf("Bearer %s", sim_owner_token(cloud)), *target = xasprintf(CORE "pods/%s", pod);
	struct sim_header headers[] = {{"Authorization", bearer}, {"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}};
	struct sim_request q = {"GET", host, target, headers, 2, NULL, 0};
	struct sim_reply r;
	sim_handle(cloud, &q, &r);
	cJSON *table = cJSON_ParseWithLength(buf_text(&r.body), r.body.len);
	const char *text = form("%s %s %.1s", json_str(table, "rows.0.cells.1", ""), json_str(table, "rows.0.cells.2", ""),
				json_str(table, "rows.0.cells.3", ""));
	cJSON_Delete(table);
	sim_reply_free(&r);
	free(bearer), free(target);
	return text;
}

static void nodes(void)
{
	cJSON *all = get("/api/v1/nodes");
	char *name = xstrdup(json_str(all, "items.0.metadata.name", "")), *zone = xstrdup("");
	is_int(cJSON_GetArraySize(json_at(all, "items")), 1, "U18: a new Autopilot cluster has a node");
	is_str(json_str(all, "items.0.status.conditions.4.type", ""), "Ready", "U18: which is ready");
	const cJSON *label = cJSON_GetObjectItemCaseSensitive(json_at(all, "items.0.metadata.labels"),
							      "topology.kubernetes.io/zone");
	free(zone);
	zone = xstrdup(label ? label->valuestring : "");
	cJSON *machine = asks("GET", form(COMPUTE "zones/%s/instances/%s", zone, name), NULL, 200);
	is_str(json_str(machine, "status", ""), "RUNNING", "U18: on a machine of its name");
	ok(cJSON_GetArraySize(json_at(get("/api/v1/namespaces/kube-system/pods"), "items")) > 5,
	   "U18: where what GKE brings along runs");
	ok(json_num(get("/apis/metrics.k8s.io/v1beta1/nodes"), "items.0.usage", -1) == -1 && last_status == 200,
	   "metrics of nodes are served");
	free(name), free(zone);
}

static void bare(void)
{
	cJSON *pod = post(CORE "pods",
			  "{'metadata':{'name':'bare'},'spec':{'containers':[{'name':'c','image':'nginx:1.27'}]}}");
	is_text(pod, "status.phase", "Pending");
	is_str(json_str(pod, "spec.serviceAccountName", ""), "default", "a pod has a service account");
	pass(600);
	pod = get(CORE "pods/bare");
	is_str(json_str(pod, "status.phase", ""), "Running", "U18: a bare pod runs");
	ok(*json_str(pod, "spec.nodeName", ""), "U18: on a node");
	ok(told("bare", "FailedScheduling") >= 1 && told("bare", "TriggeredScaleUp") == 1 && told("bare", "Scheduled") == 1 &&
	       told("bare", "Started") == 1,
	   "U18: its events tell how it came there");
	ok(cJSON_GetArraySize(json_at(get("/api/v1/nodes"), "items")) == 2, "Autopilot has made a node for it");
	is_str(row("bare"), "1/1 Running 0", "U18: in kubectl's columns");
	drop(CORE "pods/bare");
	pod = post(CORE "pods", "{'metadata':{'name':'none'},'spec':{'containers':[{'name':'c','image':'us-central1-docker.pkg."
				"dev/demo-proj/none/none:1'}]}}");
	pass(900);
	is_str(row("none"), "0/1 ImagePullBackOff 0", "U18: an image that is not there is no restart");
	ok(told("none", "BackOff") >= 2 && told("none", "Failed") >= 3, "U18: and is told of again and again");
	int events = 0;
	const cJSON *e;
	cJSON_ArrayForEach(e, json_at(get("/api/v1/namespaces/ns/events"), "items"))
		events += !strcmp(json_str(e, "involvedObject.name", ""), "none") &&
			  !strcmp(json_str(e, "reason", ""), "BackOff");
	is_int(events, 1, "U18: in one event that counts");
	drop(CORE "pods/none");
}

static void early(void)
{
	post(CORE "pods", "{'metadata':{'name':'early'},'spec':{'initContainers':[{'name':'a','image':'busybox'},{'name':'b','"
			  "image':'nginx:1.27'}],'containers':[{'name':'c','image':"
			  "'nginx:1.27'}]}}");
	pass(600);
	cJSON *pod = get(CORE "pods/early");
	is_str(row("early"), "0/1 Init:1/2 0", "U18: an init container that serves holds what follows");
	is_str(json_str(pod, "status.phase", ""), "Pending", "the pod is pending");
	is_str(json_str(pod, "status.containerStatuses.0.state.waiting.reason", ""), "PodInitializing",
	       "and its container waits");
	drop(CORE "pods/early");
	post(CORE "pods", "{'metadata':{'name':'side'},'spec':{'restartPolicy':'Never','initContainers':[{'name':'a','image':'"
			  "nginx:1.27','restartPolicy':'Always'}],'containers':[{'name':'c',"
			  "'image':'busybox'}]}}");
	pass(600);
	is_str(json_str(get(CORE "pods/side"), "status.phase", ""), "Succeeded",
	       "a sidecar that runs does not hold a pod that is done");
	drop(CORE "pods/side");
}

static void sets(void)
{
	post("/apis/apps/v1/namespaces/ns/statefulsets",
	     "{'metadata':{'name':'db'},'spec':{'serviceName':'db','replicas':2,'selector':{'matchLabels':{'app':'db'}},'"
	     "template':{'metadata':{'labels':{'app':'db'}},'spec':{'containers':[{'name':"
	     "'c','image':'nginx:1.27','volumeMounts':[{'name':'data','mountPath':'/"
	     "data'}]}]}},'volumeClaimTemplates':[{'metadata':{'name':'data'},'spec':{'accessModes':['ReadWriteOnce'],"
	     "'resources':{'requests':{'storage':'10Gi'}}}}]}}");
	pass(10);
	ok(json_at(get(CORE "pods"), "items.0") && !json_at(get(CORE "pods"), "items.1"),
	   "U19: a StatefulSet makes one pod at a time");
	pass(1200);
	is_int((long long)json_num(get(APPS "statefulsets/db"), "status.readyReplicas", 0), 2,
	       "U19: and has them both in the end");
	cJSON *claim = get(CORE "persistentvolumeclaims/data-db-1");
	is_str(json_str(claim, "status.phase", ""), "Bound", "U19: each with a volume of its own");
	is_str(json_str(claim, "spec.storageClassName", ""), "standard-rwo", "of the default class");
	cJSON *volume = get(form("/api/v1/persistentvolumes/%s", json_str(claim, "spec.volumeName", "")));
	const char *disk = form("compute.googleapis.com/compute/v1/%s", json_str(volume, "spec.csi.volumeHandle", ""));
	is_str(json_str(asks("GET", disk, NULL, 200), "sizeGb", ""), "10", "which is a disk of Compute Engine");
	drop(APPS "statefulsets/db");
	pass(60);
	is_str(json_str(get(CORE "persistentvolumeclaims/data-db-1"), "status.phase", ""), "Bound", "a claim outlives its set");
	drop(CORE "persistentvolumeclaims/data-db-1");
	asks("GET", disk, NULL, 200);
	ok(last_status == 200, "its disk outlives it for a moment");
	pass(60);
	asks("GET", disk, NULL, 404);
	ok(last_status == 404, "and goes then");
	post("/apis/apps/v1/namespaces/ns/daemonsets", "{'metadata':{'name':'each'},'spec':{'selector':{'matchLabels':{'app':'"
						       "each'}},'template':{'metadata':{'labels':{'app':'each'}},'spec':"
						       "{'containers':[{'name':'c','image':'nginx:1.27'}]}}}}");
	pass(300);
	int n = cJSON_GetArraySize(json_at(get("/api/v1/nodes"), "items"));
	is_int((long long)json_num(get(APPS "daemonsets/each"), "status.numberReady", 0), n,
	       "U19: a DaemonSet has a pod on every node");
	drop(APPS "daemonsets/each");
}

static void kinds(void)
{
	post("/apis/batch/v1/namespaces/ns/cronjobs",
	     "{'metadata':{'name':'tick'},'spec':{'schedule':'*/30 * * * "
	     "*','successfulJobsHistoryLimit':2,'jobTemplate':{'spec':{'template':{'spec':"
	     "{'restartPolicy':'Never','containers':[{'name':'c','image':'busybox'}]}}}}}}");
	pass(3 * 3600);
	ok(*json_str(get("/apis/batch/v1/namespaces/ns/cronjobs/tick"), "status.lastSuccessfulTime", ""), "a cron job has run");
	is_int(cJSON_GetArraySize(json_at(get("/apis/batch/v1/namespaces/ns/jobs"), "items")), 2,
	       "and keeps as many jobs as it should");
	drop("/apis/batch/v1/namespaces/ns/cronjobs/tick");
	pass(5);
	ok(!json_at(get("/apis/batch/v1/namespaces/ns/jobs"), "items.0"), "they go with it");
	post(APPS "deployments", "{'metadata':{'name':'web'},'spec':{'replicas':2,'selector':{'matchLabels':{'app':'web'}},'"
				 "template':{'metadata':{'labels':{'app':'web'}},'spec':{'containers':["
				 "{'name':'c','image':'nginx:1.27'}]}}}}");
	post("/apis/policy/v1/namespaces/ns/poddisruptionbudgets",
	     "{'metadata':{'name':'pdb'},'spec':{'maxUnavailable':1,'selector':{'matchLabels':{'app':'web'}}}}");
	post("/apis/autoscaling/v2/namespaces/ns/horizontalpodautoscalers",
	     "{'metadata':{'name':'hpa'},'spec':{'scaleTargetRef':{'apiVersion':'apps/"
	     "v1','kind':'Deployment','name':'web'},'minReplicas':3,'maxReplicas':5}}");
	post(CORE "services", "{'metadata':{'name':'web'},'spec':{'selector':{'app':'web'},'ports':[{'port':80}]}}");
	pass(900);
	is_int((long long)json_num(get(APPS "deployments/web"), "status.readyReplicas", 0), 3,
	       "U19: an autoscaler sees to the least number");
	cJSON *pdb = get("/apis/policy/v1/namespaces/ns/poddisruptionbudgets/pdb");
	ok(json_num(pdb, "status.disruptionsAllowed", 0) == 1 && json_num(pdb, "status.currentHealthy", 0) == 3,
	   "a budget counts its pods");
	is_text(pdb, "status.conditions.0.reason", "SufficientPods");
	is_text(get("/apis/autoscaling/v2/namespaces/ns/horizontalpodautoscalers/hpa"), "status.conditions.0.type",
		"AbleToScale");
	ok(cJSON_HasObjectItem(json_at(get(CORE "endpoints/web"), "metadata.labels"), "endpoints.kubernetes.io/managed-by"),
	   "whose controller labels them");
	is_int(cJSON_GetArraySize(json_at(get(CORE "endpoints/web"), "subsets.0.addresses")), 3,
	       "a Service has their addresses as Endpoints");
	cJSON *slices = get("/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices");
	is_int(cJSON_GetArraySize(json_at(slices, "items.0.endpoints")), 3, "and as a slice");
	static const char *const others[] = {
	    "/apis/rbac.authorization.k8s.io/v1/clusterroles/view", "/apis/storage.k8s.io/v1/storageclasses/premium-rwo",
	    "/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical",
	    "/apis/gateway.networking.k8s.io/v1/gatewayclasses/gke-l7-rilb",
	    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/httproutes.gateway.networking.k8s.io"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ok(*json_str(get(others[i]), "metadata.name", ""), "U19: %s is there", others[i]);
	static const char *const made[][3] = {
	    {"/apis/rbac.authorization.k8s.io/v1/namespaces/ns/roles", "Role",
	     "{'metadata':{'name':'r'},'rules':[{'verbs':['get'],'apiGroups':[''],'resources':['pods']}]}"},
	    {"/apis/networking.gke.io/v1/namespaces/ns/gcpbackendpolicies", "GCPBackendPolicy",
	     "{'metadata':{'name':'p'},'spec':{'default':{'iap':{'enabled':true}},'targetRef':{'group':'','kind':'Service','"
	     "name':'web'}}}"},
	    {"/apis/networking.gke.io/v1/namespaces/ns/healthcheckpolicies", "HealthCheckPolicy",
	     "{'metadata':{'name':'p'},'spec':{'default':{'config':{'type':'HTTP','httpHealthCheck':{'requestPath':'/"
	     "health'}}},'targetRef':{'group':'','kind':'Service','name':'web'}}}"},
	    {"/apis/gateway.networking.k8s.io/v1/namespaces/ns/httproutes", "HTTPRoute",
	     "{'metadata':{'name':'h'},'spec':{'parentRefs':[{'name':'g'}],'rules':[{'backendRefs':[{'name':'web','port':80}]}]"
	     "}}"},
	    {"/apis/secrets-store.csi.x-k8s.io/v1/namespaces/ns/secretproviderclasses", "SecretProviderClass",
	     "{'metadata':{'name':'s'},'spec':{'provider':'gke','parameters':{'a':'b'}}}"}};
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		is_str(json_str(post(made[i][0], made[i][2]), "kind", ""), made[i][1], "U19: is taken");
	drop(APPS "deployments/web");
	pass(5);
	ok(!json_at(get(CORE "pods"), "items.0"), "a deployment's pods go with it");
}

static void admission(void)
{
	cJSON *d = post(APPS "deployments", "{'metadata':{'name':'a'},'spec':{'selector':{'matchLabels':{'app':'a'}},'template'"
					    ":{'metadata':{'labels':{'app':'a'}},'spec':{'containers':[{'name':'c',"
					    "'image':'nginx:1.27','resources':{'requests':{'cpu':'1','memory':'512Mi'}}}]}}}}");
	is_str(json_str(d, "spec.template.spec.containers.0.resources.requests.memory", ""), "1Gi",
	       "Autopilot raises memory to its share of processors");
	ok(cJSON_HasObjectItem(json_at(d, "metadata.annotations"), "autopilot.gke.io/resource-adjustment"), "and notes it");
	cJSON *r = asks("POST", form("%s" CORE "pods", host),
			json_make("{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'nginx','securityContext'"
				  ":{'privileged':true}}]}}"),
			400);
	ok(strstr(json_str(r, "message", ""), "container c is privileged; not allowed in Autopilot") != NULL,
	   "Autopilot lets no privileged container in");
	r = asks(
	    "POST", form("%s" CORE "pods", host),
	    json_make(
		"{'metadata':{'name':'p'},'spec':{'serviceAccountName':'no','containers':[{'name':'c','image':'nginx'}]}}"),
	    403);
	is_text(r, "message",
		"pods \"p\" is forbidden: error looking up service account ns/no: serviceaccount \"no\" not found");
	cJSON *strict = json_make("{'metadata':{'name':'strict','labels':{}}}");
	cJSON_AddStringToObject(json_at(strict, "metadata.labels"), "pod-security.kubernetes.io/enforce", "restricted");
	asks("POST", form("%s/api/v1/namespaces", host), strict, 201);
	r = asks("POST", form("%s/api/v1/namespaces/strict/pods", host),
		 json_make("{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'nginx'}]}}"), 403);
	is_text(r, "message",
		"pods \"p\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false "
		"(container \"c\" must set "
		"securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container \"c\" must set "
		"securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != "
		"true (pod or container \"c\" must set securityContext.runAsNonRoot=true)");
	post("/apis/apps/v1/namespaces/strict/deployments",
	     "{'metadata':{'name':'a'},'spec':{'selector':{'matchLabels':{'app':'a'}},'template':{'metadata':{'labels':{'app':'"
	     "a'}},'spec':{'containers':"
	     "[{'name':'c','image':'nginx:1.27'}]}}}}");
	const cJSON *c, *conditions = json_at(get("/apis/apps/v1/namespaces/strict/deployments/a"), "status.conditions");
	bool failure = false;
	cJSON_ArrayForEach(c, conditions)
		failure = failure || (!strcmp(json_str(c, "type", ""), "ReplicaFailure") &&
				      strstr(json_str(c, "message", ""), "violates PodSecurity"));
	ok(failure, "a deployment says why it has no pods");
}

/* As somebody with this token. */
static cJSON *as(const char *token, const char *method, const char *path, int *status)
{
	char *bearer = xasprintf("Bearer %s", token);
	struct sim_header headers[] = {{"Authorization", bearer}, {"Content-Type", "application/json"}};
	struct sim_request q = {method, host, path, headers, 2, NULL, 0};
	struct sim_reply r;
	sim_handle(cloud, &q, &r);
	cJSON *reply = cJSON_ParseWithLength(buf_text(&r.body), r.body.len);
	*status = r.status;
	sim_reply_free(&r);
	free(bearer);
	return reply;
}

/* An account of the cluster's own may what the roles bound to it say, and no more. */
static void roles(void)
{
	int status;
	cJSON *made = post(CORE "serviceaccounts/default/token", "{'spec':{'expirationSeconds':3600}}"), *r;
	char *token = xstrdup(json_str(made, "status.token", ""));
	r = as(token, "GET", CORE "pods", &status);
	is_int(status, 403, "an account may nothing at first");
	is_text(r, "message",
		"pods is forbidden: User \"system:serviceaccount:ns:default\" cannot list resource \"pods\" in API group \"\" "
		"in the namespace \"ns\"");
	cJSON_Delete(r);
	post("/apis/rbac.authorization.k8s.io/v1/namespaces/ns/rolebindings",
	     "{'metadata':{'name':'view'},'roleRef':{'kind':'ClusterRole','name':'view'},'subjects':[{'kind':'ServiceAccount','"
	     "name':'default','namespace':'ns'}]}");
	cJSON_Delete(as(token, "GET", CORE "pods", &status));
	is_int(status, 200, "a binding gives it what the role says");
	cJSON_Delete(as(token, "GET", CORE "secrets", &status));
	is_int(status, 403, "and no more");
	cJSON_Delete(as(token, "GET", "/api/v1/namespaces/kube-system/pods", &status));
	is_int(status, 403, "in its namespace only");
	cJSON_Delete(as("nonsense", "GET", CORE "pods", &status));
	is_int(status, 401, "who is nobody is told so");
	is_text(get("/.well-known/openid-configuration"), "issuer",
		"https://container.googleapis.com/v1/projects/demo-proj/locations/us-central1/clusters/c");
	is_text(get("/openid/v1/jwks"), "keys.0.kty", "RSA");
	r = asks("POST", form("%s/api/v1/namespaces/kube-system/configmaps", host), json_make("{'metadata':{'name':'x'}}"),
		 403);
	ok(strstr(json_str(r, "message", ""), "the namespace \"kube-system\" is managed") != NULL,
	   "nobody writes where Autopilot manages");
	free(token);
}

/* The endpoint with a name: closed at first; the cluster's own tokens are not for it. */
static void named_endpoint(void)
{
	int status;
	cJSON *made = post(CORE "serviceaccounts/default/token", "{'spec':{}}");
	char *token = xstrdup(json_str(made, "status.token", "")), *address = host;
	host = xstrdup(
	    json_str(asks("GET", CLUSTERS "/c", NULL, 200), "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint", ""));
	asks("GET", form("%s/api/v1/nodes", host), NULL, 403);
	ok(last_status == 403, "the DNS endpoint is closed to the outside");
	act("PUT", CLUSTERS "/c",
	    json_make("{'update':{'desiredControlPlaneEndpointsConfig':{'dnsEndpointConfig':{'allowExternalTraffic':true}}}}"));
	ok(json_at(get("/api/v1/nodes"), "items.0") != NULL, "until it is opened");
	cJSON_Delete(as(token, "GET", CORE "pods", &status));
	is_int(status, 401, "a token of the cluster's own does not pass there");
	free(host);
	host = address;
	cJSON_Delete(as(token, "GET", CORE "pods", &status));
	is_int(status, 200, "but at its address");
	free(token);
}

static void pages(void)
{
	cJSON *first = get("/api/v1/namespaces/kube-system/pods?limit=3");
	char *next = xstrdup(json_str(first, "metadata.continue", "")),
	     *last = xstrdup(json_str(first, "items.2.metadata.name", "-"));
	int left = (int)json_num(first, "metadata.remainingItemCount", 0),
	    all = cJSON_GetArraySize(json_at(get("/api/v1/namespaces/kube-system/pods"), "items"));
	ok(*next && left == all - 3, "a list of so many says how many are left");
	cJSON *second = get(form("/api/v1/namespaces/kube-system/pods?limit=500&continue=%s", next));
	ok(cJSON_GetArraySize(json_at(second, "items")) == left &&
	       strcmp(json_str(second, "items.0.metadata.name", ""), last) > 0,
	   "and goes on where it ended");
	asks("GET", form("%s/api/v1/pods?continue=nonsense", host), NULL, 400);
	ok(last_status == 400, "at no place that is none");
	free(next), free(last);
}

static const char *log_of(const char *path, int *status)
{
	static char text[512];
	char *bearer = xasprintf("Bearer %s", sim_owner_token(cloud));
	struct sim_header headers[] = {{"Authorization", bearer}};
	struct sim_request q = {"GET", host, path, headers, 1, NULL, 0};
	struct sim_reply r;
	sim_handle(cloud, &q, &r);
	*status = r.status;
	snprintf(text, sizeof text, "%.500s", buf_text(&r.body));
	sim_reply_free(&r);
	free(bearer);
	return text;
}

static void logs(void)
{
	int status;
	const char *said;
	post(CORE "pods", "{'metadata':{'name':'says'},'spec':{'restartPolicy':'Never','containers':[{'name':'c','image':'"
			  "busybox','command':['mlflow','server']},{'name':'d','image':"
			  "'us-central1-docker.pkg.dev/demo-proj/none/none:1'}]}}");
	pass(600);
	said = log_of(CORE "pods/says/log", &status);
	ok(status == 400 && strstr(said, "a container name must be specified for pod says, choose one of: [c d]"),
	   "a log is one container's");
	said = log_of(CORE "pods/says/log?container=x", &status);
	ok(status == 400 && strstr(said, "container x is not valid for pod says"), "of the pod's");
	said = log_of(CORE "pods/says/log?container=d", &status);
	ok(status == 400 && strstr(said, "is waiting to start: trying and failing to pull image"), "that has been started");
	said = log_of(CORE "pods/says/log?container=c&tailLines=1&timestamps=true", &status);
	ok(status == 200 && strstr(said, "executable file not found in $PATH\n") && strstr(said, "Z exec:"),
	   "with its lines and times");
	said = log_of(CORE "pods/says/log?container=c&previous=true", &status);
	ok(status == 400 && strstr(said, "previous terminated container"), "one that was not started twice has no earlier one");
	drop(CORE "pods/says");
}

static void orphans(void)
{
	pass(300);
	char *set = xstrdup(json_str(get(APPS "replicasets"), "items.0.metadata.name", ""));
	asks("DELETE", form("%s" APPS "deployments/a", host), json_make("{'propagationPolicy':'Orphan'}"), 200);
	pass(60);
	cJSON *rs = get(form(APPS "replicasets/%s", set));
	ok(!json_at(rs, "metadata.ownerReferences") && json_at(get(CORE "pods"), "items.0"), "what is orphaned stays");
	drop(form(CORE "pods/%s", json_str(get(CORE "pods"), "items.0.metadata.name", "")));
	pass(300);
	is_str(json_str(get(CORE "pods"), "items.0.status.phase", ""), "Running", "and keeps up its pods by itself");
	free(set);
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	act("POST", CLUSTERS, json_make("{'cluster':{'name':'c','autopilot':{'enabled':true}}}"));
	host = xstrdup(json_str(asks("GET", CLUSTERS "/c", NULL, 200), "endpoint", ""));
	asks("POST", form("%s/api/v1/namespaces", host), json_make("{'metadata':{'name':'ns'}}"), 201);
	nodes();
	bare();
	early();
	sets();
	kinds();
	admission();
	roles();
	named_endpoint();
	pages();
	logs();
	orphans();
	act("DELETE", CLUSTERS "/c", NULL);
	free(host);
	sim_free(cloud);
	return tap_done();
}
