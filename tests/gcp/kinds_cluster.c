/* Clusters and the objects in them: the requests are those of Google's and Kubernetes' references; who holds what, and what is waited for. */
#include "config.h"
#include "tests/gcp/seeing.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"
#include "gcp/kind.h"

#include <stdlib.h>
#include <string.h>

#define LABELS "'labels':{'managed-by':'mlflow-setup','stack':'mlflow'}"
#define DEPLOYMENTS "'host':'gke-1.r1.gke.goog','collection':'/apis/apps/v1/namespaces/ml/deployments'"

#define CLUSTER                                                                                                                \
	"'resourceLabels':{'managed-by':'mlflow-setup','stack':'mlflow'},'name':'mlflow','autopilot':{'enabled':true},'"       \
	"network':'mlflow'"

static void cluster(void)
{
	static const char id[] = "container.cluster";
	cJSON *spec = parse("{'region':'r1','body':{'autopilot':{'enabled':true},'network':'projects/demo/global/networks/"
			    "mlflow','controlPlaneEndpointsConfig':"
			    "{'dnsEndpointConfig':{'allowExternalTraffic':true}}}}");
	struct view v = view_of("mlflow", spec);
	const struct kind *k = kind_find(id);
	struct call c = {0};
	k->create(&v, NULL, &c);
	is_str(c.url, "https://container.googleapis.com/v1/projects/demo/locations/r1/clusters",
	       "a cluster is asked for in its region");
	is_str(json_str(c.body, "cluster.resourceLabels.stack", ""), "mlflow", "with the stack's labels");
	ok(c.dialect == DIALECT_CONTAINER, "an operation is followed");
	call_free(&c);
	is_int(presence(id, &v, 200, "{" CLUSTER ",'status':'PROVISIONING'}"), PRESENT_PENDING,
	       "while it is made it is waited for");
	is_int(presence(id, &v, 200, "{" CLUSTER ",'status':'DEGRADED','conditions':[{'message':'no room'}]}"), PRESENT_FAILED,
	       "a broken one has failed");
	is_int(presence(id, &v, 200, "{'name':'mlflow','status':'RUNNING'}"), PRESENT_STRANGER,
	       "one without the labels is a stranger's");
	is_int(verdict(id, &v,
		       "{" CLUSTER
		       ",'status':'RUNNING','controlPlaneEndpointsConfig':{'dnsEndpointConfig':{'endpoint':'gke-1.r1.gke.goog',"
		       "'allowExternalTraffic':true}}}",
		       NULL),
	       VERDICT_KEEP, "one as it should be is kept, its network told by a short name");
	is_int(
	    verdict(id, &v,
		    "{" CLUSTER
		    ",'status':'RUNNING','controlPlaneEndpointsConfig':{'dnsEndpointConfig':{'endpoint':'gke-1.r1.gke.goog'}}}",
		    NULL),
	    VERDICT_UPDATE, "a door that was shut is opened");
	char *reason = NULL;
	is_int(verdict(id, &v,
		       "{'resourceLabels':{'managed-by':'mlflow-setup','stack':'mlflow'},'name':'mlflow','status':'RUNNING','"
		       "network':'mlflow'}",
		       &reason),
	       VERDICT_REFUSE, "one that is no Autopilot cluster is refused");
	ok(reason && strstr(reason, "autopilot") != NULL, "and the field is named");
	free(reason);
	cJSON_Delete(spec);
}

#define FITS                                                                                                                   \
	"'name':'shared','status':'RUNNING','currentMasterVersion':'1.33.4-gke.1','workloadIdentityConfig':{'workloadPool':"   \
	"'demo.svc.id.goog'},'endpoint':'34.1.2.3','masterAuth':{'clusterCaCertificate':'UEVN'},'networkConfig':{'network':'"  \
	"projects/demo/global/networks/"                                                                                       \
	"theirs'},'nodePools':[{'config':{'serviceAccount':'a@b'}},{'name':'p','initialNodeCount':1,'config':{'"               \
	"serviceAccount':'a@b','workloadMetadataConfig':{'mode':'GKE_METADATA'}}}]"

/* What is refused of a cluster that fits but for this, or the fields that say how it is reached. */
static void stands(const struct view *v, const char *but, const char *words, const char *what)
{
	char *reason = NULL, *reply = xasprintf("{" FITS ",%s}", but);
	is_int(verdict("container.existingCluster", v, reply, &reason), words ? VERDICT_REFUSE : VERDICT_KEEP, what);
	ok(!words || (reason && strstr(reason, words)), "and the cure is said: %s", reason ? reason : "");
	free(reason);
	free(reply);
}

static void reached(const struct view *v, const char *but, const char *host, const char *ca, const char *what)
{
	struct observation seen = {0};
	char *text = xasprintf("{" FITS ",%s}", but);
	cJSON *reply = parse(text);
	kind_find("container.existingCluster")->decode(v, 200, reply, &seen);
	is_str(json_str(seen.outputs, "host", ""), host, what);
	is_str(json_str(seen.outputs, "ca", "-"), ca, "and who vouches for it");
	is_int(cJSON_GetArraySize(json_at(seen.outputs, "nodes")), 1, "its machines are one account, named once");
	observation_free(&seen);
	cJSON_Delete(reply);
	free(text);
}

/* What will pull the images. */
static void pulled(const struct view *v, const char *reply, const char *member, const char *what)
{
	struct observation seen = {0};
	cJSON *found = parse(reply);
	kind_find("container.existingCluster")->decode(v, 200, found, &seen);
	is_int(cJSON_GetArraySize(json_at(seen.outputs, "nodes")), 1, what);
	is_str(json_str(seen.outputs, "nodes.0", ""), member, "and that is its account");
	observation_free(&seen);
	cJSON_Delete(found);
}

/* A cluster that fits but for its one pool, which gives pods an identity and is otherwise so. */
static void one_pool(const struct view *v, const char *pool, const char *config, const char *words)
{
	char *reason = NULL,
	     *reply = xasprintf(
		 "{'name':'shared','status':'RUNNING','currentMasterVersion':'1.33.4-gke.1','endpoint':'34.1.2.3',"
		 "'workloadIdentityConfig':{'workloadPool':'demo.svc.id.goog'},'nodePools':[{'name':'plain'},{'name':'p'%s,"
		 "'config':{'workloadMetadataConfig':{'mode':'GKE_METADATA'}%s}}]}",
		 pool, config);
	ok(verdict("container.existingCluster", v, reply, &reason) == (words ? VERDICT_REFUSE : VERDICT_KEEP),
	   "its one pool: %s%s", pool, config);
	ok(!words || (reason && strstr(reason, words) && strstr(reason, "gcloud container") && strstr(reason, "pool p ")),
	   "and the cure is said: %s", reason ? reason : "");
	free(reason);
	free(reply);
}

static void pools(const struct view *v)
{
	static const char one[] = ",'initialNodeCount':1";
	static const struct {
		const char *pool, *config, *words;
	} rows[] = {
	    {one, "", NULL},
	    {one, ",'taints':[{'key':'a','effect':'NO_SCHEDULE'}]", "taint"},
	    {one, ",'taints':[{'key':'a','effect':'NO_EXECUTE'}]", "taint"},
	    {one, ",'taints':[{'key':'a','effect':'PREFER_NO_SCHEDULE'}]", NULL},
	    {one, ",'machineType':'t2a-standard-4'", "x86"},
	    {one, ",'machineType':'c4a-highcpu-4'", "x86"},
	    {one, ",'machineType':'t2d-standard-4'", NULL},
	    {one, ",'imageType':'WINDOWS_LTSC_CONTAINERD'", "x86"},
	    {one, ",'oauthScopes':['https://www.googleapis.com/auth/logging.write']", "--scopes=cloud-platform"},
	    {one, ",'oauthScopes':[7]", "--scopes=cloud-platform"},
	    {one, ",'oauthScopes':['https://www.googleapis.com/auth/devstorage.read_only']", NULL},
	    {one, ",'oauthScopes':['https://www.googleapis.com/auth/cloud-platform']", NULL},
	    {",'initialNodeCount':1,'version':'1.28.15-gke.1'", "", "--node-pool=p"},
	    {",'initialNodeCount':1,'version':'1.29.1-gke.1'", "", NULL},
	    {one, ",'machineType':'e2-medium'", "too small: the server asks for 1.25 CPUs and 2.5 GiB"},
	    {one, ",'machineType':'e2-standard-2'", NULL},
	    {one, ",'machineType':'n1-standard-1'", "--machine-type=e2-standard-4"},
	    {one, ",'machineType':'n2-highcpu-2'", NULL},
	    {one, ",'machineType':'custom-2-3072'", "too small"},
	    {one, ",'machineType':'n2-custom-2-8192'", NULL},
	    {one, ",'machineType':'ct5lp-hightpu-1t'", NULL},
	    {"", "", "--num-nodes"},
	    {",'autoscaling':{'enabled':true,'maxNodeCount':3}", "", NULL},
	    {",'initialNodeCount':1,'status':'ERROR'", "", "node-pools describe p"},
	    {",'initialNodeCount':1,'status':'RECONCILING'", "", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		one_pool(v, rows[i].pool, rows[i].config, rows[i].words);
}

/* A name from outside is a word in a line for the shell, or not in it. */
static void named(const struct view *v, const char *name, const char *line)
{
	char *reason = NULL,
	     *reply = xasprintf("{'name':'shared','status':'RUNNING','endpoint':'34.1.2.3',"
				"'workloadIdentityConfig':{'workloadPool':'demo.svc.id.goog'},'nodePools':[{'name':'%s',"
				"'config':{'workloadMetadataConfig':{'mode':'GKE_METADATA'}}}]}",
				name);
	ok(verdict("container.existingCluster", v, reply, &reason) == VERDICT_REFUSE, "a pool without machines");
	ok(reason && strstr(reason, line), "in its line it is called %s: %s", line, reason ? reason : "");
	free(reason);
	free(reply);
}

static void names(const struct view *v)
{
	named(v, "pool-1", "--node-pool=pool-1 ");
	named(v, "p;sh", "--node-pool=POOL ");
	named(v, "p|sh", "--node-pool=POOL ");
	named(v, "$(sh)", "--node-pool=POOL ");
	named(v, "`sh`", "--node-pool=POOL ");
	named(v, "a b", "--node-pool=POOL ");
	named(v, "--quiet", "--node-pool=POOL ");
	named(v, "", "--node-pool=POOL ");
}

#define DNS "'dnsEndpointConfig':{'endpoint':'gke-1.r1.gke.goog','allowExternalTraffic':"

static void existing_cluster(void)
{
	cJSON *spec = parse("{'location':'r1','network':'projects/demo/global/networks/theirs','balanced':true,'cpu':1.25,"
			    "'memory':2.5}");
	struct view v = view_of("shared", spec);
	stands(&v, "'a':1", NULL, "a cluster that fits is kept");
	pools(&v);
	names(&v);
	stands(&v, "'addonsConfig':{'httpLoadBalancing':{'disabled':true}}", "HttpLoadBalancing=ENABLED",
	       "one without HTTP load balancing has no web address");
	stands(&v, "'controlPlaneEndpointsConfig':{'ipEndpointsConfig':{'enabled':false}}", "--enable-dns-access",
	       "one without a door is refused");
	reached(&v, "'a':1", "34.1.2.3", "PEM", "an older reply tells its address alone");
	reached(&v, "'controlPlaneEndpointsConfig':{" DNS "true}}", "gke-1.r1.gke.goog", "",
		"an open DNS endpoint is preferred");
	reached(&v,
		"'controlPlaneEndpointsConfig':{" DNS
		"false},'ipEndpointsConfig':{'enabled':true,'publicEndpoint':'34.9.9.9'}}",
		"34.9.9.9", "PEM", "a shut one is not used");
	reached(&v,
		"'controlPlaneEndpointsConfig':{" DNS
		"false},'ipEndpointsConfig':{'enabled':true,'enablePublicEndpoint':false,'privateEndpoint':'10.0.0.2'}}",
		"10.0.0.2", "PEM", "and where there is no public address, the private one");
	pulled(&v, "{'name':'shared','status':'RUNNING','autopilot':{'enabled':true}}",
	       "serviceAccount:42-compute@developer.gserviceaccount.com", "Autopilot has machines before it has any");
	pulled(&v, "{'name':'shared','status':'RUNNING','nodePools':[{'name':'p','config':{'serviceAccount':'own@demo'}}]}",
	       "serviceAccount:own@demo", "one that makes none has those of its pools");
	json_put_str(spec, "network", "projects/demo/global/networks/ours");
	stands(&v, "'a':1", "networks/theirs", "one in another network than the database is refused");
	json_drop(spec, "network");
	char *reason = NULL;
	is_int(verdict("container.existingCluster", &v,
		       "{'name':'shared','status':'RUNNING','currentMasterVersion':'1.28.9-gke.1'}", &reason),
	       VERDICT_REFUSE, "an old one is refused");
	ok(reason && strstr(reason, "1.29") && strstr(reason, "upgrade"), "and the cure is said: %s", reason ? reason : "");
	free(reason);
	cJSON_Delete(spec);
}

/* A context's three replies: the version, who issues tokens, and by which keys. A refusal's words; NULL: it is kept. */
static void context_row(const char *version, const char *issuer, int http, const char *words, const char *what)
{
	cJSON *spec = parse("{'kubeconfig':'','context':'kind'}"), *reply = json_make("{'gitVersion':%s}", version),
	      *found = json_make("{'issuer':%s}", issuer), *keys = parse("{'keys':[{'kid':'a'}]}");
	struct view v = view_of("kind", spec);
	const struct kind *k = kind_find("kubernetes.context");
	struct observation seen = {0};
	struct change c = {0};
	struct call first = {0}, second = {0}, third = {0}, none = {0};
	k->observe(&v, &first);
	k->decode(&v, 200, reply, &seen);
	k->observe_more(&v, &seen, &second);
	k->decode_more(&v, http, found, &seen);
	k->observe_more(&v, &seen, &third);
	if (http == 200)
		k->decode_more(&v, 200, keys, &seen);
	k->observe_more(&v, &seen, &none);
	ok(first.audience == AUDIENCE_CONTEXT && !strcmp(first.context, "kind") &&
	       !strcmp(first.url, CALL_CONTEXT_SERVER "/version"),
	   "%s: the context's server is asked", what);
	ok(second.url && strstr(second.url, "/.well-known/openid-configuration") && !none.method, "and who issues its tokens");
	if (http == 200)
		ok(third.url && strstr(third.url, "/openid/v1/jwks") &&
		       !strcmp(json_str(seen.outputs, "jwks", ""), "{\"keys\":[{\"kid\":\"a\"}]}"),
		   "and its keys are kept as they are");
	k->compare(&v, &seen, &c);
	ok(words ? c.verdict == VERDICT_REFUSE && c.reason && strstr(c.reason, words) : c.verdict == VERDICT_KEEP, "%s: %s",
	   what, c.reason ? c.reason : "kept");
	change_free(&c);
	observation_free(&seen);
	call_free(&first);
	call_free(&second);
	call_free(&third);
	call_free(&none);
	cJSON_Delete(reply);
	cJSON_Delete(found);
	cJSON_Delete(keys);
	cJSON_Delete(spec);
}

static void context(void)
{
	static const char plain[] = "https://kubernetes.default.svc.cluster.local";
	context_row("v1.34.1", plain, 200, NULL, "a cluster on a laptop");
	context_row("v1.28.9+k3s1", plain, 200, "1.29 is needed", "an old one");
	context_row("v1.34.1", "kubernetes/serviceaccount", 200, "begins with https://", "an issuer of old");
	context_row("v1.34.1", plain, 403, "system:service-account-issuer-discovery", "a user who may not see it");
	context_row("v1.35.1-gke.1", "https://container.googleapis.com/v1/projects/demo/locations/r1/clusters/shared", 200,
		    "gke.cluster=existing, gke.name=shared, gke.location=r1", "a cluster of the project's own");
	context_row("v1.35.1-gke.1", "https://container.googleapis.com/v1/projects/other/locations/r1/clusters/shared", 200,
		    NULL, "one of another project");
	cJSON *spec = parse(
	    "{'kubeconfig':'/k','context':'','collection':'/api/v1/namespaces/ml/secrets','body':{'kind':'Secret'}}");
	struct view v = view_of("secret/mlflow", spec);
	struct call c = {0};
	is_int(presence("kubernetes.context", &v, 404, "{}"), PRESENT_UNKNOWN,
	       "a server that knows no version is no sign that the cluster is gone");
	const struct kind *k = kind_find("kubernetes.object");
	k->observe(&v, &c);
	ok(c.audience == AUDIENCE_CONTEXT && !strcmp(c.kubeconfig, "/k") &&
	       !strcmp(c.url, CALL_CONTEXT_SERVER "/api/v1/namespaces/ml/secrets/mlflow"),
	   "an object of it is asked for there");
	char *permissions = kind_permissions(k, spec, DEED_CREATE);
	is_str(permissions, "", "and needs no permission of Google's");
	free(permissions);
	call_free(&c);
	cJSON_Delete(spec);
}

static void apply(void)
{
	cJSON *spec = parse(
	    "{" DEPLOYMENTS
	    ",'body':{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'namespace':'ml'},'spec':{'replicas':1}}}");
	struct view v = view_of("deployment/mlflow", spec);
	const struct kind *k = kind_find("kubernetes.object");
	struct observation none = {0};
	struct call c = {0};
	k->create(&v, &none, &c);
	is_str(c.method, "PATCH", "an object is applied");
	is_str(c.url, "https://gke-1.r1.gke.goog/apis/apps/v1/namespaces/ml/deployments/mlflow?fieldManager=mlflow-setup",
	       "in our name, and without force");
	is_str(c.content_type, "application/apply-patch+yaml", "as an applied configuration");
	is_str(json_str(c.body, "metadata.name", ""), "mlflow", "under its name");
	is_str(json_str(c.body, "metadata.labels.managed-by", ""), "mlflow-setup", "with the stack's labels");
	ok(c.audience == AUDIENCE_CLUSTER, "to the cluster alone");
	k->destroy(&v, &none, &c);
	ok(!strcmp(c.method, "DELETE") && strstr(c.url, "propagationPolicy=Foreground"), "it is gone when what it owns is");
	call_free(&c);
	cJSON_Delete(spec);
}

#define STANDS                                                                                                                 \
	"{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'mlflow','namespace':'ml','generation':2," LABELS      \
	"},'spec':{'replicas':1,'template':{'spec':"
#define AS_ASKED STANDS "{'containers':[{'name':'m','image':'i','resources':{'requests':{'cpu':'250m'}}}]}}}"
#define UP ",'status':{'observedGeneration':2,'replicas':1,'updatedReplicas':1,'readyReplicas':1}}"

static void rollout(void)
{
	static const char id[] = "kubernetes.object";
	cJSON *spec = parse("{" DEPLOYMENTS ",'body':{'apiVersion':'apps/"
			    "v1','kind':'Deployment','metadata':{'namespace':'ml'},'spec':{'replicas':1,'template':{'spec':"
			    "{'containers':[{'name':'m','image':'i','resources':{'requests':{'cpu':'1'}}}]}}}}}");
	struct view v = view_of("deployment/mlflow", spec);
	is_int(presence(id, &v, 200, AS_ASKED UP), PRESENT_YES, "a Deployment whose pods are up stands");
	is_int(presence(id, &v, 200,
			AS_ASKED ",'status':{'observedGeneration':1,'replicas':1,'updatedReplicas':1,'readyReplicas':1}}"),
	       PRESENT_PENDING, "not when that was said of an older generation");
	is_int(presence(id, &v, 200,
			AS_ASKED ",'status':{'observedGeneration':2,'replicas':2,'updatedReplicas':1,'readyReplicas':2}}"),
	       PRESENT_PENDING, "nor while an old pod is left");
	is_int(presence(id, &v, 200,
			AS_ASKED
			",'status':{'observedGeneration':2,'conditions':[{'type':'Progressing','status':'False','reason':"
			"'ProgressDeadlineExceeded','message':'timed out'}]}}"),
	       PRESENT_FAILED, "one that gave up has failed");
	is_int(presence(id, &v, 404, "{'kind':'Status','code':404,'reason':'NotFound','message':'not found'}"), PRESENT_NO,
	       "one that is not there is not");
	is_int(presence(id, &v, 200, "{'kind':'Deployment','metadata':{'name':'mlflow'},'spec':{}}"), PRESENT_STRANGER,
	       "without our labels it is a stranger's");
	is_int(verdict(id, &v, AS_ASKED UP, NULL), VERDICT_KEEP, "what Autopilot makes of the resources is no difference");
	is_int(verdict(id, &v, STANDS "{'containers':[{'name':'m','image':'other'}]}}}" UP, NULL), VERDICT_UPDATE,
	       "another image is");
	cJSON_Delete(spec);
}

static void ingress(void)
{
	static const char id[] = "kubernetes.object";
	cJSON *spec = parse("{'host':'h.gke.goog','collection':'/apis/networking.k8s.io/v1/namespaces/ml/"
			    "ingresses','body':{'kind':'Ingress'}}");
	struct view v = view_of("ingress/mlflow", spec);
	is_int(presence(id, &v, 200, "{'kind':'Ingress','metadata':{" LABELS "},'status':{}}"), PRESENT_PENDING,
	       "an Ingress without an address is waited for");
	struct change change;
	cJSON *found = parse("{'kind':'Ingress','metadata':{" LABELS
			     ",'annotations':{}},'status':{'loadBalancer':{'ingress':[{'ip':'203.0.113.9'}]}}}");
	cJSON_AddStringToObject(json_at(found, "metadata.annotations"), "ingress.kubernetes.io/backends",
				"{\"k8s1-ml-mlflow-80\":\"Unknown\"}");
	char *text = json_text(found, -1);
	is_int(presence(id, &v, 200, text), PRESENT_PENDING, "and while its backend is not well");
	cJSON_ReplaceItemInObject(json_at(found, "metadata.annotations"), "ingress.kubernetes.io/backends",
				  cJSON_CreateString("{\"k8s1-ml-mlflow-80\":\"HEALTHY\"}"));
	free(text);
	text = json_text(found, -1);
	struct observation seen = see(id, &v, 200, text, &change);
	is_int(seen.presence, PRESENT_YES, "then it stands");
	is_str(json_str(seen.outputs, "backend", ""), "k8s1-ml-mlflow-80", "and tells what its backend service is called");
	observation_free(&seen);
	change_free(&change);
	free(text);
	cJSON_Delete(found);
	cJSON_Delete(spec);
}

#define JOB                                                                                                                    \
	"{'apiVersion':'batch/v1','kind':'Job','metadata':{'name':'migrate','namespace':'ml'," LABELS ",'annotations':{'once'" \
	":"

static void job(void)
{
	static const char id[] = "kubernetes.object";
	cJSON *spec = parse("{'host':'h.gke.goog','collection':'/apis/batch/v1/namespaces/ml/jobs','body':{'apiVersion':'batch/"
			    "v1','kind':'Job','metadata':{'namespace':"
			    "'ml','annotations':{'once':'a'}},'spec':{'backoffLimit':1}}}");
	struct view v = view_of("job/migrate", spec);
	static const char done[] = "},'spec':{'backoffLimit':1},'status':{'conditions':[{'type':'Complete','status':'True'}]}}";
	is_int(presence(id, &v, 200, JOB "'a'}},'spec':{'backoffLimit':1}}"), PRESENT_PENDING, "a Job at work is waited for");
	char *text = xasprintf("%s%s", JOB "'a'}", done), *other = xasprintf("%s%s", JOB "'b'}", done);
	is_int(verdict(id, &v, text, NULL), VERDICT_KEEP, "one that has done this work is kept");
	is_int(verdict(id, &v, other, NULL), VERDICT_REPLACE, "another work is another Job");
	is_int(
	    verdict(
		id, &v,
		JOB
		"'a'}},'spec':{'backoffLimit':1},'status':{'conditions':[{'type':'Failed','status':'True','message':'no'}]}}",
		NULL),
	    VERDICT_REPLACE, "one that failed is made again");
	free(text);
	free(other);
	cJSON_Delete(spec);
}

/* How a ServiceAccount with an annotation that is not asked for compares, when that is the field of this owner's. */
static enum verdict left_by(const char *manager, const char *operation, const char *annotation, struct change *change)
{
	static const char id[] = "kubernetes.object";
	cJSON *spec = parse(
	    "{'host':'h.gke.goog','collection':'/api/v1/namespaces/ml/serviceaccounts','body':{'apiVersion':'v1',"
	    "'kind':'ServiceAccount','automountServiceAccountToken':false}}");
	struct view v = view_of("account/server", spec);
	cJSON *found = parse(
	    "{'apiVersion':'v1','kind':'ServiceAccount','automountServiceAccountToken':false,'metadata':{'name':"
	    "'server'," LABELS ",'annotations':{},'managedFields':[{'fieldsV1':{'f:automountServiceAccountToken'"
	    ":{},'f:metadata':{'f:annotations':{},'f:labels':{'f:stack':{}}}}}]}}");
	char *owned = xasprintf("f:%s", annotation);
	cJSON *entry = json_at(found, "metadata.managedFields.0");
	cJSON_AddStringToObject(json_at(found, "metadata.annotations"), annotation, "x");
	cJSON_AddItemToObject(json_at(entry, "fieldsV1.f:metadata.f:annotations"), owned, cJSON_CreateObject());
	json_put_str(entry, "manager", manager);
	json_put_str(entry, "operation", operation);
	char *text = json_text(found, -1);
	struct observation seen = see(id, &v, 200, text, change);
	observation_free(&seen);
	free(text);
	free(owned);
	cJSON_Delete(found);
	cJSON_Delete(spec);
	return change->verdict;
}

static void left_behind(void)
{
	static const struct {
		const char *manager, *operation, *annotation;
		enum verdict verdict;
		const char *what;
	} rows[] = {
	    {"mlflow-setup", "Apply", "a.io/b.c", VERDICT_UPDATE, "what we applied and want no more is taken off"},
	    {"kubectl", "Apply", "a.io/b.c", VERDICT_KEEP, "not what another applied"},
	    {"mlflow-setup", "Update", "a.io/b.c", VERDICT_KEEP, "nor what we did not apply"},
	    {"mlflow-setup", "Apply", "mlflow-setup/again-after", VERDICT_KEEP, "nor what a rollout was begun anew with"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct change change;
		bool is = left_by(rows[i].manager, rows[i].operation, rows[i].annotation, &change) == rows[i].verdict;
		bool told = change.count == (rows[i].verdict == VERDICT_UPDATE) &&
			    (!change.count || !strcmp(change.differences[0].path, "metadata.annotations.a.io/b.c"));
		ok(is && told, "%s", rows[i].what);
		change_free(&change);
	}
}

static void secret(void)
{
	static const char id[] = "kubernetes.object";
	cJSON *spec = parse("{'host':'h.gke.goog','collection':'/api/v1/namespaces/ml/"
			    "secrets','body':{'apiVersion':'v1','kind':'Secret','metadata':{'annotations':"
			    "{'of':'2'}},'data':{'p':{'$secret':'db-password','as':'base64'}}}}");
	struct view v = view_of("secret/mlflow", spec);
	struct change change;
	struct call c = {0};
	struct observation seen = see(id, &v, 200,
				      "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'mlflow'," LABELS
				      ",'annotations':{'of':'2'}},'data':{'p':'c2VjcmV0'}}",
				      &change);
	is_int(change.verdict, VERDICT_KEEP, "of a Secret the version is compared");
	char *text = json_text(seen.found, -1);
	ok(!strstr(text, "c2VjcmV0"), "and its values are forgotten at once");
	free(text);
	call_free(&c);
	observation_free(&seen);
	change_free(&change);
	is_int(verdict(id, &v,
		       "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'mlflow'," LABELS
		       ",'annotations':{'of':'1'}},'data':{'p':'c2VjcmV0'}}",
		       NULL),
	       VERDICT_UPDATE, "an older version is set anew");
	is_int(verdict(id, &v,
		       "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'mlflow'," LABELS ",'annotations':{'of':'2'}}}",
		       NULL),
	       VERDICT_UPDATE, "and so is one that somebody emptied");
	json_put(spec, "body.data.f", cJSON_CreateString("ZmlsZQ=="));
	is_int(verdict(id, &v,
		       "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'mlflow'," LABELS
		       ",'annotations':{'of':'2'}},'data':{'p':'eA==','f':'eA=='}}",
		       NULL),
	       VERDICT_KEEP, "a file in it is compared by its version too");
	is_int(verdict(id, &v,
		       "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'mlflow'," LABELS
		       ",'annotations':{'of':'2'}},'data':{'p':'eA=='}}",
		       NULL),
	       VERDICT_UPDATE, "and is set when it is not there");
	cJSON_Delete(spec);
}

static size_t differences(const char *wanted, const char *found)
{
	cJSON *w = parse(wanted), *f = parse(found);
	struct change c = {0};
	kind_compare_leaves(w, f, NULL, &c);
	size_t n = c.count;
	change_free(&c);
	cJSON_Delete(w);
	cJSON_Delete(f);
	return n;
}

static void keyed_lists(void)
{
	const char *wanted = "{'containers':[{'name':'a','env':[{'name':'X','value':'1'},{'name':'Y','value':'2'}]},{'name':'b'"
			     ",'ports':[{'containerPort':1},{'containerPort':2}]}]}";
	is_int((int)differences(wanted, "{'containers':[{'name':'b','ports':[{'containerPort':2},{'containerPort':1}]},{'name':"
					"'a','env':[{'name':'Y','value':'2'},"
					"{'name':'X','value':'1'}]}]}"),
	       0, "the order of what has keys is no difference");
	is_int((int)differences("{'env':[{'name':'X','value':'1'},{'name':'Y','value':'2'}]}",
				"{'env':[{'name':'Y','value':'2'},{'name':'X','value':'3'}]}"),
	       1, "a value is compared with that of its key");
	is_int((int)differences("{'env':[{'name':'X','value':'1'},{'name':'Y'}]}",
				"{'env':[{'name':'Z','value':'1'},{'name':'Y'}]}"),
	       1, "a key that is not there is one difference");
	is_int((int)differences("{'initContainers':[{'name':'a'},{'name':'b'}]}",
				"{'initContainers':[{'name':'b'},{'name':'a'}]}"),
	       2, "what runs one after the other keeps its order");
	is_int((int)differences("{'args':['a','b']}", "{'args':['b','a']}"), 2, "as do plain values");
}

/* A volume is looked at by its size and its protection: it becomes larger, never smaller, and the unit that a size is said in is no difference. */
static void volume(void)
{
	cJSON *spec = parse("{'host':'gke-1.r1.gke.goog','collection':'/api/v1/namespaces/ml/persistentvolumeclaims','body':{"
			    "'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'namespace':'ml','annotations':{"
			    "'mlflow-setup/deletion-protection':'true'}},'spec':{'accessModes':['ReadWriteOnce'],'resources':{"
			    "'requests':{'storage':'20Gi'}}}}}");
	struct view v = view_of("persistentvolumeclaim/database", spec);
	const struct kind *k = kind_find("kubernetes.volume");
#define OWN                                                                                                                    \
	"'metadata':{'name':'database','namespace':'ml','labels':{'managed-by':'mlflow-setup','stack':'mlflow'},'annotations'" \
	":{"                                                                                                                   \
	"'mlflow-setup/deletion-protection':'%s'}},'apiVersion':'v1','kind':'PersistentVolumeClaim'"
	static const struct {
		const char *protected, *size, *has;
		enum presence presence;
		enum verdict verdict;
		const char *what;
	} rows[] = {
	    {"true", "20Gi", "", PRESENT_YES, VERDICT_KEEP, "one that no pod has wanted yet stands"},
	    {"true", "20Gi", "20Gi", PRESENT_YES, VERDICT_KEEP, "one as wanted is kept"},
	    {"false", "20Gi", "20Gi", PRESENT_YES, VERDICT_UPDATE, "one without its protection gets it"},
	    {"true", "10Gi", "10Gi", PRESENT_YES, VERDICT_UPDATE, "a smaller one is made larger"},
	    {"true", "40Gi", "40Gi", PRESENT_YES, VERDICT_REFUSE, "a larger one is not made smaller"},
	    {"true", "1Ti", "1Ti", PRESENT_YES, VERDICT_REFUSE, "in whatever unit it is said"},
	    {"true", "20Gi", "10Gi", PRESENT_PENDING, VERDICT_KEEP, "one whose file system has not grown yet is waited for"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *reply = xasprintf("{" OWN
					",'spec':{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'%s'}}},"
					"'status':{'phase':'Bound'%s%s%s}}",
					rows[i].protected, rows[i].size, *rows[i].has ? ",'capacity':{'storage':'" : "",
					rows[i].has, *rows[i].has ? "'}" : "");
		struct change change;
		struct observation seen = see("kubernetes.volume", &v, 200, reply, &change);
		ok(seen.presence == rows[i].presence && change.verdict == rows[i].verdict, "%s (%d, %d)", rows[i].what,
		   (int)seen.presence, (int)change.verdict);
		ok(k->guarded(&seen) == !strcmp(rows[i].protected, "true"), "its annotation protects it, or not");
		observation_free(&seen);
		change_free(&change);
		free(reply);
	}
	is_int(presence("kubernetes.volume", &v, 200,
			"{'metadata':{'labels':{'managed-by':'mlflow-setup','stack':'mlflow'}},'status':{'phase':'Lost'}}"),
	       PRESENT_FAILED, "one whose disk is gone is not taken for whole");
	ok(k->monthly(spec, "us-central1") > 1.9 && k->monthly(spec, "us-central1") < 2.1, "20 GiB cost 2 dollars a month");
	char *permits = k->permits(spec, DEED_DESTROY);
	is_str(permits, "container.persistentVolumeClaims.delete container.persistentVolumes.get",
	       "its permissions are spelled as IAM spells them");
	free(permits);
	cJSON_Delete(spec);
#undef OWN
}

/* Where a claim that this run deleted is gone, its volume is looked at: that goes later, and the disk with it. */
static void claim_gone(const struct kind *k, struct view v, const char *last, const char *url, const char *volume, int http,
		       enum presence then)
{
	cJSON *told = parse(last), *reply = parse("{'kind':'Status','code':404}"), *behind = parse(volume);
	struct observation seen = {0};
	struct call more = {0};
	v.last = told;
	k->decode(&v, 404, reply, &seen);
	k->observe_more(&v, &seen, &more);
	is_str(more.url, url, "what was behind the claim is asked for");
	k->decode_more(&v, http, behind, &seen);
	is_int(seen.presence, then, "and waited for where it goes");
	call_free(&more);
	observation_free(&seen);
	cJSON_Delete(behind);
	cJSON_Delete(reply);
	cJSON_Delete(told);
}

static void volume_gone(void)
{
	static const char at[] = "https://gke-1.r1.gke.goog/api/v1/persistentvolumes/pvc-7";
	cJSON *spec = parse("{'host':'gke-1.r1.gke.goog','collection':'/api/v1/namespaces/ml/persistentvolumeclaims','body':{"
			    "'kind':'PersistentVolumeClaim'}}");
	struct view v = view_of("persistentvolumeclaim/database", spec);
	const struct kind *k = kind_find("kubernetes.volume");
	static const char claim[] = "{'kind':'PersistentVolumeClaim','spec':{'volumeName':'pvc-7'}}";
	claim_gone(k, v, claim, at, "{'spec':{'persistentVolumeReclaimPolicy':'Delete'}}", 200, PRESENT_PENDING);
	claim_gone(k, v, "{'kind':'Status','details':{'uid':'7'}}", at, "{'spec':{'persistentVolumeReclaimPolicy':'Retain'}}",
		   200, PRESENT_NO);
	claim_gone(k, v, claim, at, "{'kind':'Status','code':404}", 404, PRESENT_NO);
	claim_gone(k, v, claim, at, "{'kind':'Status','code':403}", 403, PRESENT_NO);
	is_int(presence("kubernetes.volume", &v, 404, "{'kind':'Status','code':404}"), PRESENT_NO,
	       "one that this run did not delete is not there");
	cJSON_Delete(spec);
}

static void stateful(void)
{
	cJSON *spec = parse(
	    "{'host':'gke-1.r1.gke.goog','collection':'/apis/apps/v1/namespaces/ml/statefulsets','body':{'kind':"
	    "'StatefulSet','metadata':{'namespace':'ml'},'spec':{'replicas':1}}}");
	struct view v = view_of("statefulset/database", spec);
#define SET                                                                                                                    \
	"{'metadata':{'generation':2,'labels':{'managed-by':'mlflow-setup','stack':'mlflow'}},'kind':'StatefulSet','spec':{'"  \
	"replicas':1},'status':{"
	is_int(presence("kubernetes.object", &v, 200,
			SET
			"'observedGeneration':2,'replicas':1,'readyReplicas':1,'currentRevision':'b','updateRevision':'b'}}"),
	       PRESENT_YES, "a StatefulSet stands when its pod is ready");
	is_int(presence("kubernetes.object", &v, 200,
			SET
			"'observedGeneration':1,'replicas':1,'readyReplicas':1,'currentRevision':'a','updateRevision':'a'}}"),
	       PRESENT_PENDING, "not while its controller has not seen what was asked for last");
	is_int(presence("kubernetes.object", &v, 200,
			SET
			"'observedGeneration':2,'replicas':1,'readyReplicas':1,'currentRevision':'a','updateRevision':'b'}}"),
	       PRESENT_PENDING, "nor while the pod is of the template before");
	is_int(presence("kubernetes.object", &v, 200,
			SET "'observedGeneration':2,'replicas':1,'currentRevision':'b','updateRevision':'b'}}"),
	       PRESENT_PENDING, "nor while it is not ready");
#undef SET
	cJSON_Delete(spec);
}

static void hosts(void)
{
	ok(call_is_cluster("https://gke-0123.us-central1.gke.goog/api"), "a DNS endpoint is a cluster's");
	ok(!call_is_cluster("https://gke.goog.example.com/api") && !call_is_cluster("http://gke-1.r.gke.goog/") &&
	       !call_is_cluster("https://u@gke-1.r.gke.goog/") && !call_is_cluster("https://xgke.goog/"),
	   "nothing that only looks so");
	ok(!call_is_google("https://gke-0123.us-central1.gke.goog/api"), "and it is not an API of Google's");
}

/* The lines of a turn's reply; url gets what was asked, both for the caller to free. */
static char *told(const struct view *v, cJSON *notes, int turn, const char *json, char **url)
{
	const struct kind *k = kind_find("kubernetes.object");
	struct call c = {0};
	cJSON *reply = *json == '{' ? parse(json) : NULL;
	k->ask_why(v, notes, turn, &c);
	*url = xstrdup(c.url ? c.url : "");
	char *lines = k->told_why(v, notes, turn, reply, json);
	call_free(&c);
	cJSON_Delete(reply);
	return lines ? lines : xstrdup("");
}

/* What is asked of a workload that does not come up, and what of the replies is said. */
static void trouble(void)
{
	static const char pods[] = "{'items':[{'metadata':{'name':'migrate-2'},'status':{'containerStatuses':[{'name':'x','"
				   "state':{'waiting':{'reason':'"
				   "Unwell'}}}]}},{'metadata':{'name':'mlflow-7-a'},'status':{'initContainerStatuses':[{'name':"
				   "'proxy','ready':true,'state'"
				   ":{'running':{}}}],'containerStatuses':[{'name':'mlflow','ready':false,'state':{'waiting':{'"
				   "reason':'CrashLoopBackOff',"
				   "'message':'back-off'}},'lastState':{'terminated':{'exitCode':3,'reason':'Error'}}}]}}]}";
	static const char events[] =
	    "{'items':[{'type':'Warning','reason':'Old','message':'said twice','involvedObject':{'name':'mlflow-7-a'}},"
	    "{'type':'Normal','reason':'Pulled','message':'fine','involvedObject':{'name':'mlflow-7-a'}},"
	    "{'type':'Warning','reason':'Old','message':'said twice','involvedObject':{'name':'mlflow-7-a'}},"
	    "{'type':'Warning','reason':'Theirs','message':'no','involvedObject':{'name':'mlflowing'}}]}";
	cJSON *spec = parse("{" DEPLOYMENTS ",'ca':'PEM','body':{'kind':'Deployment','metadata':{'namespace':'ml'}}}"),
	      *notes = cJSON_CreateObject();
	struct view v = view_of("deployment/mlflow", spec);
	char *url, *lines = told(&v, notes, 0, pods, &url);
	is_str(url, "https://gke-1.r1.gke.goog/api/v1/namespaces/ml/pods", "pods are asked for first");
	is_str(lines, "Pod mlflow-7-a, container mlflow: ended with status 3 (Error)\n",
	       "its own that is not well is named, and why");
	free(url), free(lines);
	lines = told(&v, notes, 1, events, &url);
	is_str(lines, "Old: said twice\n", "of the events its own warnings are said, once");
	free(url), free(lines);
	lines = told(&v, notes, 2, "Traceback\nboom", &url);
	is_str(url,
	       "https://gke-1.r1.gke.goog/api/v1/namespaces/ml/pods/mlflow-7-a/log?container=mlflow&tailLines=40&previous=true",
	       "the log is of the time before it is started again");
	is_str(lines, "Traceback\nboom\n", "and is shown as it is");
	free(url), free(lines);
	lines = told(&v, notes, 3, "", &url);
	is_str(url, "", "then no more is asked");
	free(url), free(lines);
	json_put_str(spec, "body.kind", "Service");
	lines = told(&v, notes, 0, "{}", &url);
	is_str(url, "", "what runs no pods is not asked");
	free(url), free(lines);
	cJSON_Delete(notes);
	cJSON_Delete(spec);
}

int main(void)
{
	mem_install();
	cluster();
	existing_cluster();
	context();
	trouble();
	apply();
	rollout();
	stateful();
	volume();
	volume_gone();
	job();
	ingress();
	left_behind();
	secret();
	keyed_lists();
	hosts();
	return tap_done();
}
