/* A cluster's own API: owners and conflicts of server-side apply, refusals, and what its controllers do. */
#include "config.h"
#include "tests/sim/cloud.h"

#define CLUSTERS "container.googleapis.com/v1/projects/demo-proj/locations/us-central1/clusters"

static char *host;

/* Server-side apply of a document by a manager; NULL status: 200 or 201. */
static cJSON *apply(const char *path, const char *manager, const char *more, cJSON *doc)
{
	char *url = xasprintf("%s%s?fieldManager=%s%s", host, path, manager, more);
	content_type = "application/apply-patch+yaml";
	cJSON *reply = ask("PATCH", url, doc);
	content_type = "application/json";
	free(url);
	return reply;
}

static cJSON *map(const char *data)
{
	cJSON *doc = json_make("{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'m','namespace':'ns'}}");
	json_put(doc, "data", json_make(data));
	return doc;
}

static cJSON *get(const char *path, int status)
{
	char *url = xasprintf("%s%s", host, path);
	cJSON *reply = asks("GET", url, NULL, status);
	free(url);
	return reply;
}

static void begin(void)
{
	act("POST", CLUSTERS, json_make("{'cluster':{'name':'c','autopilot':{'enabled':true}}}"));
	host = xstrdup(json_str(asks("GET", CLUSTERS "/c", NULL, 200), "endpoint", ""));
	is_str(json_str(get("/apis/apps/v1", 200), "kind", ""), "APIResourceList", "a cluster says what it knows");
	apply("/api/v1/namespaces/ns", "a", "", json_make("{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'ns'}}"));
	is_int(last_status, 201, "what is new is 201");
	get("/api/v1/namespaces/ns/serviceaccounts/default", 200);
}

static void owners(void)
{
	cJSON *r = apply("/api/v1/namespaces/ns/configmaps/m", "a", "", map("{'x':'1','y':'2'}"));
	char *fields = json_text(json_at(r, "metadata.managedFields.0.fieldsV1"), -1);
	is_str(fields, "{\"f:data\":{\"f:x\":{},\"f:y\":{}}}", "who applies owns the fields");
	free(fields);
	r = apply("/api/v1/namespaces/ns/configmaps/m", "b", "", map("{'x':'3'}"));
	is_int(last_status, 409, "another value is a conflict");
	is_str(json_str(r, "message", ""), "Apply failed with 1 conflict: conflict with \"a\": .data.x",
	       "in the words of Kubernetes");
	is_str(json_str(r, "details.causes.0.reason", ""), "FieldManagerConflict", "with its cause");
	r = apply("/api/v1/namespaces/ns/configmaps/m", "b", "&force=true", map("{'x':'3'}"));
	is_str(json_str(r, "data.x", ""), "3", "force takes it");
	r = apply("/api/v1/namespaces/ns/configmaps/m", "a", "", map("{'y':'2'}"));
	is_str(json_str(r, "data.x", ""), "3", "what another owns is left alone");
	r = apply("/api/v1/namespaces/ns/configmaps/m", "b", "", map("{'z':'9'}"));
	ok(!json_at(r, "data.x") && json_at(r, "data.y") && json_at(r, "data.z"), "what its only owner leaves out goes");
	const char *version = json_str(r, "metadata.resourceVersion", "");
	char *before = xstrdup(version);
	r = apply("/api/v1/namespaces/ns/configmaps/m", "b", "", map("{'z':'9'}"));
	is_str(json_str(r, "metadata.resourceVersion", ""), before, "the same again changes nothing");
	free(before);
}

/* A watch goes on: what happens after it began is told by its stream. */
static void watches(void)
{
	char *bearer = xasprintf("Bearer %s", sim_owner_token(cloud)),
	     *all = xasprintf("%s/api/v1/namespaces/ns/configmaps", host), *one = xasprintf("%s/w", all);
	struct sim_header headers[] = {{"Authorization", bearer}};
	struct sim_request q = {
	    "GET", host, "/api/v1/namespaces/ns/configmaps?watch=1&fieldSelector=metadata.name%3Dw", headers, 1, NULL, 0};
	struct sim_reply r;
	struct buf said = {0};
	sim_handle(cloud, &q, &r);
	ok(r.status == 200 && !r.body.len && r.stream.more, "a watch begins with what is there and stays open");
	asks("POST", all, json_make("{'metadata':{'name':'w'},'data':{'a':'1'}}"), 201);
	ok(r.stream.more(cloud, r.stream.state, &said) && strstr(buf_text(&said), "\"type\":\"ADDED\""),
	   "what is made is told");
	buf_clear(&said);
	ok(r.stream.more(cloud, r.stream.state, &said) && !said.len, "once");
	asks("DELETE", one, NULL, 200);
	ok(r.stream.more(cloud, r.stream.state, &said) && strstr(buf_text(&said), "\"type\":\"DELETED\""), "and that it goes");
	buf_free(&said);
	sim_reply_free(&r);
	free(bearer);
	free(all);
	free(one);
}

/* U12: Go's clients write every text of metadata into a message, an empty namespace too. */
static void wire(void)
{
	static const char message[] = "k8s\0\n\017\n\002v1\022\tConfigMap\022\t\n\007\n\001p\022\0\032\0";
	char *bearer = xasprintf("Bearer %s", sim_owner_token(cloud));
	struct sim_header headers[] = {{"Authorization", bearer}, {"Content-Type", "application/vnd.kubernetes.protobuf"}};
	struct sim_request q = {"POST", host, "/api/v1/namespaces/ns/configmaps", headers, 2, message, sizeof message - 1};
	struct sim_reply r;
	sim_handle(cloud, &q, &r);
	is_int(r.status, 201, "U12: a message with an empty namespace is taken");
	is_str(json_str(get("/api/v1/namespaces/ns/configmaps/p", 200), "metadata.namespace", ""), "ns",
	       "U12: its namespace is the request's");
	char *all = xasprintf("%s/api/v1/namespaces/ns/configmaps", host);
	cJSON *doc = ask("POST", all, json_make("{'metadata':{'name':'q','namespace':'other'}}"));
	is_str(json_str(doc, "message", ""),
	       "the namespace of the provided object does not match the namespace sent on the request", "another one is not");
	sim_reply_free(&r);
	free(bearer);
	free(all);
}

static cJSON *deployment(const char *labels)
{
	return json_make(
	    "{'apiVersion':'apps/"
	    "v1','kind':'Deployment','metadata':{'name':'d','namespace':'ns'},'spec':{'selector':{'matchLabels':{'app':"
	    "'d'}},'template':{'metadata':{'labels':{'app':%s}},'spec':{'containers':[{'name':'c','image':'nginx:1.29','ports':"
	    "[{'containerPort':"
	    "80}]}]}}}}",
	    labels);
}

static void refusals(void)
{
	cJSON *r = apply("/apis/apps/v1/namespaces/ns/deployments/d", "a", "", deployment("other"));
	is_int(last_status, 422, "labels that the selector does not match are refused");
	is_str(json_str(r, "message", ""),
	       "Deployment.apps \"d\" is invalid: spec.template.metadata.labels: Invalid value: "
	       "map[string]string{\"app\":\"other\"}: `selector` does not "
	       "match template `labels`",
	       "in the words of Kubernetes");
	cJSON *doc = deployment("d");
	json_put_num(doc, "spec.replicaz", 1);
	r = apply("/apis/apps/v1/namespaces/ns/deployments/d", "a", "", doc);
	is_str(json_str(r, "message", ""),
	       "failed to create typed patch object (ns/d; apps/v1, Kind=Deployment): .spec.replicaz: field not declared in "
	       "schema",
	       "unknown fields too");
	apply("/apis/apps/v1/namespaces/none/deployments/d", "a", "", NULL);
	is_int(last_status, 400, "and what is no document");
	is_str(json_str(get("/apis/apps/v1/namespaces/ns/deployments/d", 404), "message", ""),
	       "deployments.apps \"d\" not found", "a missing one is 404");
}

static void controllers(void)
{
	cJSON *r = apply("/apis/apps/v1/namespaces/ns/deployments/d", "a", "", deployment("d"));
	ok(!json_at(r, "status.availableReplicas"), "a deployment is not there at once");
	is_str(json_str(r, "spec.template.spec.containers.0.ports.0.protocol", ""), "TCP", "the server fills in its defaults");
	sim_advance(cloud, sim_now(cloud) + 600);
	is_int((long long)json_num(get("/apis/apps/v1/namespaces/ns/deployments/d", 200), "status.availableReplicas", 0), 1,
	       "but comes up");
	act("POST", COMPUTE "global/addresses", json_make("{'name':'ip'}"));
	apply("/api/v1/namespaces/ns/services/s", "a", "",
	      json_make("{'apiVersion':'v1','kind':'Service','metadata':{'name':'s','namespace':'ns'},'spec':{'selector':{'app'"
			":'d'},'ports':[{'port':80}]}}"));
	cJSON *ingress = json_make("{'apiVersion':'networking.k8s.io/"
				   "v1','kind':'Ingress','metadata':{'name':'i','namespace':'ns'},'spec':{'defaultBackend':{"
				   "'service':{'name':'s','port':{'number':80}}}}}");
	json_put(ingress, "metadata.annotations", cJSON_CreateObject());
	cJSON_AddStringToObject(json_at(ingress, "metadata.annotations"), "kubernetes.io/ingress.global-static-ip-name", "ip");
	cJSON_AddStringToObject(json_at(ingress, "metadata.annotations"), "networking.gke.io/managed-certificates", "mc");
	apply("/apis/networking.k8s.io/v1/namespaces/ns/ingresses/i", "a", "", ingress);
	apply("/apis/networking.gke.io/v1/namespaces/ns/managedcertificates/mc", "a", "",
	      json_make("{'apiVersion':'networking.gke.io/"
			"v1','kind':'ManagedCertificate','metadata':{'name':'mc','namespace':'ns'},'spec':{'domains':["
			"'a.example.com']}}"));
	sim_advance(cloud, sim_now(cloud) + 1200);
	char *ip = xstrdup(json_str(asks("GET", COMPUTE "global/addresses/ip", NULL, 200), "address", ""));
	r = get("/apis/networking.k8s.io/v1/namespaces/ns/ingresses/i", 200);
	is_str(json_str(r, "status.loadBalancer.ingress.0.ip", ""), ip, "an ingress gets its reserved address");
	const cJSON *backends = cJSON_GetObjectItemCaseSensitive(json_at(r, "metadata.annotations"),
								 "ingress.kubernetes.io/backends");
	cJSON *named = cJSON_Parse(backends ? backends->valuestring : "{}");
	char *service = xasprintf(COMPUTE "global/backendServices/%s", named && named->child ? named->child->string : "none");
	asks("GET", service, NULL, 200);
	ok(last_status == 200, "and a backend service, which it names");
	const cJSON *shared = cJSON_GetObjectItemCaseSensitive(
	    json_at(get("/apis/networking.k8s.io/v1/namespaces/ns/ingresses/i", 200), "metadata.annotations"),
	    "ingress.gcp.kubernetes.io/pre-shared-cert");
	ok(shared && text_starts(shared->valuestring, "mcrt-"), "the certificates' controller shares its certificate by name");
	is_str(json_str(get("/apis/networking.k8s.io/v1/namespaces/ns/ingresses/i", 200), "metadata.finalizers.0", ""),
	       "networking.gke.io/ingress-finalizer-V2", "what stands for the ingress holds it");
	ok(cJSON_HasObjectItem(json_at(get("/api/v1/namespaces/ns/services/s", 200), "metadata.annotations"),
			       "cloud.google.com/neg-status"),
	   "the Service says its groups");
	char *events = json_text(get("/api/v1/namespaces/ns/events?fieldSelector=involvedObject.name%3Di", 200), -1);
	ok(strstr(events, "IP is now ") && strstr(events, "loadbalancer-controller"), "events tell of the address");
	free(events);
	cJSON *other = json_make("{'apiVersion':'networking.k8s.io/"
				 "v1','kind':'Ingress','metadata':{'name':'other','namespace':'ns'},'spec':{'ingressClassName':"
				 "'gce','defaultBackend':{"
				 "'service':{'name':'s','port':{'number':80}}}}}");
	apply("/apis/networking.k8s.io/v1/namespaces/ns/ingresses/other", "a", "", other);
	sim_advance(cloud, sim_now(cloud) + 1200);
	ok(!json_at(get("/apis/networking.k8s.io/v1/namespaces/ns/ingresses/other", 200), "status.loadBalancer.ingress"),
	   "a class in the field alone is somebody else's");
	sim_advance(cloud, sim_now(cloud) + 86400);
	is_str(json_str(get("/apis/networking.gke.io/v1/namespaces/ns/managedcertificates/mc", 200), "status.certificateStatus",
			""),
	       "Provisioning", "its certificate is not issued while its host leads nowhere");
	const char *domain = json_str(get("/apis/networking.gke.io/v1/namespaces/ns/managedcertificates/mc", 200),
				      "spec.domains.0", "");
	char *record = xasprintf("registrar.example/%s/A", domain);
	asks("PUT", record, json_make("{'data':[%s]}", ip), 200);
	free(record);
	sim_advance(cloud, sim_now(cloud) + 86400);
	is_str(json_str(get("/apis/networking.gke.io/v1/namespaces/ns/managedcertificates/mc", 200), "status.certificateStatus",
			""),
	       "Active", "and becomes active once it leads to the ingress");
	char *before = xstrdup(json_str(get("/apis/networking.gke.io/v1/namespaces/ns/managedcertificates/mc", 200),
					"status.certificateName", ""));
	apply("/apis/networking.gke.io/v1/namespaces/ns/managedcertificates/mc", "a", "",
	      json_make("{'apiVersion':'networking.gke.io/v1','kind':'ManagedCertificate','metadata':{'name':'mc','namespace':"
			"'ns'},'spec':{'domains':['b.example.com']}}"));
	sim_advance(cloud, sim_now(cloud) + 1200);
	r = get("/apis/networking.gke.io/v1/namespaces/ns/managedcertificates/mc", 200);
	ok(strcmp(json_str(r, "status.certificateName", ""), before) != 0, "another name takes another certificate");
	is_str(json_str(r, "status.domainStatus.0.domain", ""), "b.example.com", "which is for that name");
	free(before);
	cJSON_Delete(named);
	free(service);
	free(ip);
}

static void end(void)
{
	char *url = xasprintf("%s/api/v1/namespaces/ns", host);
	is_str(json_str(asks("DELETE", url, NULL, 200), "status.phase", ""), "Terminating", "a namespace ends");
	sim_advance(cloud, sim_now(cloud) + 60);
	get("/apis/apps/v1/namespaces/ns/deployments/d", 404);
	get("/api/v1/namespaces/ns", 404);
	ok(last_status == 404, "with all that is in it");
	free(url);
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	begin();
	owners();
	watches();
	wire();
	refusals();
	controllers();
	end();
	free(host);
	sim_free(cloud);
	return tap_done();
}
