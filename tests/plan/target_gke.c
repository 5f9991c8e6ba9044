/* The plan of a stack in a cluster: who the server is, what its pods may do, what stands in the manifests and what never does. */
#include "config.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"
#include "plan/axes.h"
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

#define PRINCIPAL                                                                                                              \
	"principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/demo-proj.svc.id.goog/"   \
	"subject/ns/mlflow-x7k2q/sa/"                                                                                          \
	"server"

static struct answers *answers(void)
{
	const char *top = getenv("TOP_SRCDIR");
	struct err e = {0};
	char *path = xasprintf("%s/examples/gke.json", top ? top : ".");
	struct answers *a = answers_load(path, &e);
	free(path);
	if (!a)
		return NULL;
	json_put_str(a->resolved, "project_number", "123456789012");
	json_put_str(a->resolved, "suffix", "x7k2q");
	json_put_str(a->resolved, "operator", "operator@example.com");
	return a;
}

static const cJSON *body(const struct plan *p, const char *id)
{
	const struct resource *r = plan_find(p, id);
	return r ? json_at(r->spec, "body") : NULL;
}

static void identity(const struct plan *p)
{
	bool direct = true, accessor = false;
	int grants = 0;
	for (size_t i = 0; i < p->count; i++) {
		char *text = json_text(p->resources[i].spec, -1);
		if (!strcmp(p->resources[i].kind->id, "iam.policy") && strstr(text, "principal://")) {
			grants++;
			direct &= strstr(text, "\"" PRINCIPAL "\"") != NULL;
		}
		accessor |= strstr(text, "secretmanager.secretAccessor") != NULL;
		free(text);
	}
	ok(grants >= 2 && direct, "the server is its Kubernetes service account itself, the project by its number in the path "
				  "and by its id in the pool");
	ok(!plan_find(p, "sa/server") && !plan_find(p, "sa/prover"),
	   "there is no account, and none to prove with: the operator comes by the cluster");
	ok(!accessor, "the server reads no secret where they are kept");
	bool waits = false;
	const struct resource *r = plan_find(p, "iam/artifacts");
	for (size_t i = 0; r && i < r->need_count; i++)
		waits |= !strcmp(r->needs[i], "cluster");
	ok(!r || waits, "what names it waits for the cluster, which makes the pool");
}

/* Every container of every pod, by the standard "restricted". */
static void restricted(const struct plan *p)
{
	static const char *const pods[] = {"deployment", "migrate"};
	const cJSON *label = cJSON_GetObjectItemCaseSensitive(json_at(body(p, "namespace"), "metadata.labels"),
							      "pod-security.kubernetes.io/enforce");
	is_str(cJSON_IsString(label) ? label->valuestring : "", "restricted", "the namespace enforces it");
	for (size_t i = 0; i < 2; i++) {
		const cJSON *pod = json_at(body(p, pods[i]), "spec.template.spec"), *c;
		ok(json_bool(pod, "securityContext.runAsNonRoot", false) &&
		       !strcmp(json_str(pod, "securityContext.seccompProfile.type", ""), "RuntimeDefault"),
		   "%s runs as somebody, and confined", pods[i]);
		ok(!json_bool(pod, "automountServiceAccountToken", true) && !json_bool(pod, "enableServiceLinks", true),
		   "%s gets neither a token of the cluster nor MLFLOW_PORT", pods[i]);
		cJSON_ArrayForEach(c, json_at(pod, "containers"))
			ok(!json_bool(c, "securityContext.allowPrivilegeEscalation", true) &&
			       json_bool(c, "securityContext.readOnlyRootFilesystem", false) &&
			       !strcmp(json_str(c, "securityContext.capabilities.drop.0", ""), "ALL"),
			   "%s: %s may do nothing more", pods[i], json_str(c, "name", ""));
	}
}

static void secrets(const struct plan *p)
{
	const cJSON *value, *data = json_at(body(p, "secret"), "data");
	bool all = cJSON_GetArraySize(data) >= 3;
	cJSON_ArrayForEach(value, data)
		all &= json_str(value, "$secret", NULL) && !strcmp(json_str(value, "as", ""), "base64");
	ok(all, "secrets stand in the manifests by their names alone");
}

/* What render writes: all objects but the Secret, nothing that only this program understands. */
static void manifests(const struct plan *p)
{
	struct buf text = {0};
	cJSON *resolved = cJSON_CreateObject();
	p->axes.target->manifests(p, resolved, &text);
	cJSON *list = cJSON_Parse(buf_text(&text));
	size_t objects = 0;
	for (size_t i = 0; i < p->count; i++)
		objects += !strcmp(p->resources[i].kind->id, "kubernetes.object");
	is_int(cJSON_GetArraySize(json_at(list, "items")), (long long)objects - 1, "all objects but one are written");
	ok(!strstr(buf_text(&text), "\"Secret\"") && !strstr(buf_text(&text), "\"$"),
	   "which is the Secret, and no reference is left");
	is_str(json_str(list, "items.0.kind", ""), "Namespace", "the namespace stands first");
	buf_free(&text);
	cJSON_Delete(resolved);
	cJSON_Delete(list);
}

static void door(const struct plan *p)
{
	struct buf lines = {0};
	is_str(p->url, "http://localhost:5000", "clients come to this machine");
	is_str(p->reach.way, "cluster", "the proof goes through the cluster's API server");
	is_str(json_str(p->reach.with, "namespace", ""), "mlflow-x7k2q", "to a pod of its namespace");
	is_int((long long)json_num(p->reach.with, "port", 0), 5000, "at the port of the front container");
	ok(p->wall.shows == CREDENTIAL_CHANNEL, "where the door itself asks who it is");
	p->axes.exposure->connect(p, &lines);
	ok(strstr(buf_text(&lines), "kubectl --namespace=mlflow-x7k2q port-forward service/mlflow 5000:80") != NULL,
	   "connect says how to get there");
	is_str(json_str(body(p, "role-binding"), "subjects.0.name", ""), "operator@example.com",
	       "who may, is let through by a role of the namespace");
	is_str(json_str(plan_find(p, "iam/people")->spec, "bindings.0.role", ""), "roles/container.clusterViewer",
	       "and may find the cluster, and no more");
	buf_free(&lines);
}

/* IAP stands on the backend service that the controller makes: its name is known once the Ingress stands. */
static void proxied(struct answers *a)
{
	struct err e = {0};
	struct plan *p = answers_set_text(a, "auth.mode", "iap", &e) ? plan_make(a, &e) : NULL;
	if (!ok(p != NULL, "a stack behind IAP is planned: %s", e.what ? e.what : ""))
		return;
	const cJSON *people = plan_find(p, "iam/people")->spec;
	ok(json_bool(body(p, "backend-config"), "spec.iap.enabled", false), "the balancer asks IAP");
	is_str(json_str(people, "resource.$join.0", ""), "projects/123456789012/iap_web/compute/services/",
	       "who may enter is said at the backend service");
	is_str(json_str(people, "resource.$join.1.$ref.0", ""), "ingress", "that the Ingress names");
	ok(!plan_find(p, "iam/iap") && !plan_find(p, "iap/agent"), "IAP itself needs no right in the cluster");
	plan_free(p);
}

/* A database that only connectors may enter: the proxy starts before the server, lets the Job end, and is reached on the pod's own loopback. */
static void connected(struct answers *a)
{
	static const char *const pods[] = {"deployment", "migrate"};
	struct err e = {0};
	struct plan *p = answers_set_text(a, "database.path", "public", &e) ? plan_make(a, &e) : NULL;
	if (!ok(p != NULL, "a stack with a connector is planned: %s", e.what ? e.what : ""))
		return;
	for (size_t i = 0; i < 2; i++) {
		const cJSON *proxy = json_at(body(p, pods[i]), "spec.template.spec.initContainers.0");
		is_str(json_str(proxy, "restartPolicy", ""), "Always", "the proxy is a sidecar");
		ok(json_bool(proxy, "securityContext.readOnlyRootFilesystem", false) &&
		       json_str(proxy, "startupProbe.httpGet.path", NULL),
		   "confined, and waited for");
	}
	is_str(json_str(plan_find(p, "iam/sql-client")->spec, "bindings.0.role", ""), "roles/cloudsql.client",
	       "the server may connect");
	ok(!json_bool(body(p, "cluster"), "networkConfig.defaultEnablePrivateNodes", true),
	   "and its machines reach a public address");
	plan_free(p);
}

/* In somebody's cluster all that is asked of its API server goes there, in an upgrade too, under the authority that it tells. */
static void standing(struct answers *a)
{
	struct err e = {0};
	bool set = answers_set_text(a, "gke.cluster", "existing", &e) && answers_set_text(a, "gke.name", "shared", &e);
	json_put_str(a->resolved, "release", "2.0.0");
	struct plan *p = set ? plan_make(a, &e) : NULL;
	if (!ok(p != NULL, "an upgrade in a cluster that stands is planned: %s", e.what ? e.what : ""))
		return;
	size_t asked = 0, there = 0;
	for (size_t i = 0; i < p->count; i++) {
		const struct resource *r = &p->resources[i];
		if (strncmp(r->kind->id, "kubernetes.", strlen("kubernetes.")) != 0)
			continue;
		asked++;
		there += !strcmp(json_str(r->spec, "host.$ref.0", ""), "cluster/existing") &&
			 !strcmp(json_str(r->spec, "ca.$ref.0", ""), "cluster/existing");
	}
	ok(plan_find(p, "stop") && asked > 8, "the old server is stopped first");
	is_int((long long)there, (long long)asked, "each object is of that cluster, which says who vouches for it");
	plan_free(p);
}

static void refused(struct answers *a)
{
	struct err e = {0};
	ok(!answers_set_text(a, "exposure", "service-url", &e), "a cluster has no address of its own");
	err_free(&e);
	ok(!answers_set_text(a, "auth.mode", "iap", &e) && !answers_set_text(a, "auth.mode", "oauth2-proxy", &e),
	   "behind a port-forward there is no second login");
	err_free(&e);
	ok(answers_set_text(a, "auth.domains", "example.com", &e), "a domain is an answer");
	err_free(&e);
	ok(!answers_check(a, "gke.json", &e) && e.what && strstr(e.what, "list people one by one"),
	   "that a cluster's roles cannot heed");
	err_free(&e);
}

static const char *note(const cJSON *object, const char *name)
{
	const cJSON *text = cJSON_GetObjectItemCaseSensitive(json_at(object, "metadata.annotations"), name);
	return cJSON_IsString(text) ? text->valuestring : "";
}

/* By the controller's own sources: the class is an annotation, a ClusterIP Service needs the groups, "/" is not asked whether it is well. */
static void balanced(struct answers *a)
{
	struct err e = {0};
	bool set = answers_set_text(a, "exposure", "domain", &e) && answers_set_text(a, "auth.mode", "oauth2-proxy", &e) &&
		   answers_set_text(a, "domain.host", "mlflow.example.com", &e) &&
		   answers_set_text(a, "auth.client_id", "123-x.apps.googleusercontent.com", &e) &&
		   answers_set_text(a, "auth.client_secret", "env:X", &e);
	struct plan *p = set ? plan_make(a, &e) : NULL;
	if (!ok(p != NULL, "a stack on a domain is planned: %s", e.what ? e.what : ""))
		return;
	const cJSON *ingress = body(p, "ingress"), *backend = body(p, "backend-config");
	is_str(note(ingress, "kubernetes.io/ingress.class"), "gce", "the controller is called by its annotation");
	ok(!json_at(ingress, "spec.ingressClassName"), "and by no class that it would not heed");
	is_str(note(ingress, "kubernetes.io/ingress.global-static-ip-name"), "mlflow-ip",
	       "the address is the one that is planned");
	is_str(note(body(p, "service"), "cloud.google.com/neg"), "{\"ingress\":true}", "requests go to the pods themselves");
	is_str(json_str(backend, "spec.healthCheck.requestPath", ""), "/ping", "oauth2-proxy is asked whether it is well");
	is_int((long long)json_num(backend, "spec.healthCheck.port", 0), 4180, "at its port");
	is_str(json_str(body(p, "managed-certificate"), "spec.domains.0", ""), "mlflow.example.com",
	       "the certificate is for the host");
	is_str(json_str(body(p, "policy"), "spec.ingress.0.from.1.ipBlock.cidr", ""), "35.191.0.0/16",
	       "Google's front ends are let in, and nobody else");
	ok(json_bool(body(p, "frontend-config"), "spec.redirectToHttps.enabled", false), "nothing is answered in the clear");
	ok(!plan_find(p, "role") && !plan_find(p, "backend"),
	   "nobody needs a way into the cluster, and nothing balances twice");
	plan_free(p);
}

/* Of a cluster that stands, connect says the endpoint by which it was reached. */
static void told(struct answers *a, const char *endpoint, bool named)
{
	struct err e = {0};
	struct buf lines = {0};
	if (endpoint)
		json_put_str(a->resolved, "cluster_endpoint", endpoint);
	bool set = answers_set_text(a, "gke.cluster", "existing", &e) && answers_set_text(a, "gke.name", "shared", &e);
	struct plan *p = set ? plan_make(a, &e) : NULL;
	if (!ok(p != NULL, "a stack in a cluster that stands is planned: %s", e.what ? e.what : ""))
		return;
	p->axes.exposure->connect(p, &lines);
	ok(strstr(buf_text(&lines), "get-credentials shared --location=us-central1") != NULL, "connect names the cluster");
	ok(named == (strstr(buf_text(&lines), "--dns-endpoint") != NULL), "and its DNS endpoint where that is open (%s)",
	   endpoint ? endpoint : "not seen yet");
	buf_free(&lines);
	plan_free(p);
}

/* A trial: the database is a pod, confined as the others are, whose volume and secret its password and data stand on; nothing of Cloud SQL or of a bucket. */
static void trial(struct answers *a)
{
	struct err e = {0};
	bool set = answers_set_text(a, "database.path", "cluster", &e) && answers_set_text(a, "artifacts.mode", "volume", &e) &&
		   answers_set_text(a, "database.volume_gib", "2048", &e);
	struct plan *p = set ? plan_make(a, &e) : NULL;
	if (!ok(p != NULL, "a trial is planned: %s", e.what ? e.what : ""))
		return;
	ok(!plan_find(p, "sql") && !plan_find(p, "bucket/artifacts") && !plan_find(p, "iam/sql-client"),
	   "without Cloud SQL, and without a bucket");
	const cJSON *pod = json_at(body(p, "database/server"), "spec.template.spec"), *c = json_at(pod, "containers.0");
	ok(json_bool(pod, "securityContext.runAsNonRoot", false) && json_num(pod, "securityContext.runAsUser", 0) == 999 &&
	       !strcmp(json_str(pod, "securityContext.seccompProfile.type", ""), "RuntimeDefault") &&
	       json_bool(c, "securityContext.readOnlyRootFilesystem", false),
	   "its pod is restricted, as the image's own user");
	ok(strstr(json_str(c, "image", ""), "/library/postgres@sha256:") && plan_find(p, "repository/docker-hub"),
	   "its image goes by digest, through the stack's registry");
	char *text = json_text(c, -1);
	ok(!strstr(text, "secretKeyRef") && json_at(c, "readinessProbe.exec.command"),
	   "its password is in a file alone, and it is asked whether it is ready");
	free(text);
	is_str(json_str(body(p, "volume/database"), "spec.resources.requests.storage", ""), "2Ti",
	       "a size is written as the API server writes it");
	is_str(note(body(p, "volume/artifacts"), "mlflow-setup/deletion-protection"), "true",
	       "the volumes are protected by the answer");
	ok(plan_keeps_data(plan_find(p, "volume/database")) && plan_keeps_data(plan_find(p, "volume/artifacts")),
	   "and hold data");
	is_str(plan_find(p, "secret/db-password")->opens, "volume/database", "which what opens them stays with");
	is_str(json_str(body(p, "database/policy"), "spec.ingress.0.from.0.podSelector.matchExpressions.0.values.1", ""),
	       "migrate", "the server and the migration are let in");
	ok(!json_at(body(p, "database/policy"), "spec.egress") &&
	       !strcmp(json_str(body(p, "policy"), "spec.podSelector.matchExpressions.0.operator", ""), "NotIn"),
	   "and the database gets out to nobody");
	plan_free(p);
	json_put(a->resolved, "choices", json_make("[%j]", answers_choices(a)));
	json_put_str(a->resolved, "release", "3.17.2");
	ok(answers_set_text(a, "database.path", "public", &e) && !answers_check(a, "gke.json", &e) && e.what &&
	       strstr(e.what, "does not move"),
	   "a trial does not become Cloud SQL: %s", e.what ? e.what : "");
	err_free(&e);
}

int main(void)
{
	mem_install();
	struct err e = {0};
	struct answers *a = answers();
	struct plan *p = a ? plan_make(a, &e) : NULL;
	if (!ok(p != NULL, "examples/gke.json is planned: %s", e.what ? e.what : ""))
		return tap_done();
	identity(p);
	restricted(p);
	secrets(p);
	door(p);
	manifests(p);
	plan_free(p);
	balanced(a);
	proxied(a);
	answers_free(a);
	a = answers();
	connected(a);
	refused(a);
	answers_free(a);
	a = answers();
	told(a, NULL, false);
	told(a, "dns", true);
	told(a, "ip", false);
	answers_free(a);
	a = answers();
	trial(a);
	answers_free(a);
	a = answers();
	standing(a);
	answers_free(a);
	return tap_done();
}
