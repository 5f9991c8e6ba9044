/* Target gke: the workload as objects of a cluster (target_gke_cluster.c): a namespace with the restricted pod security, a Job that migrates, a Deployment
 * behind a Service. Who the server is for Google is its Kubernetes service account itself (Workload Identity): there is no key, and no account but where the database wants one. */
#include "config.h"
#include "plan/axes.h"

#include "base/encode.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/mustache.h"
#include "plan/cleanup.h"
#include "plan/naming.h"
#include "plan/parts.h"
#include "plan/target_gke_cluster.h"
#include "plan/target_gke_context.h"
#include "plan/target_gke_objects.h"
#include "plan/upgrade.h"

#include <stdlib.h>
#include <string.h>

#define SERVICE GKE_SERVER

/* The same namespace and account in another cluster of the project would be the same identity: the suffix keeps them apart. */
static char *namespace_of(const struct design *d)
{
	return name_of(d->plan->stack, d->suffix);
}

/* Objects ------------------------------------------------------------------------------------------------------------------ */

static const struct type namespace_type = {"Namespace", "v1", "namespace", "namespaces"},
			 account_type = {"ServiceAccount", "v1", "serviceaccount", "serviceaccounts"},
			 config_type = {"ConfigMap", "v1", "configmap", "configmaps"},
			 secret_type = {"Secret", "v1", "secret", "secrets"},
			 service_type = {"Service", "v1", "service", "services"}, job_type = {"Job", "batch/v1", "job", "jobs"},
			 cron_job_type = {"CronJob", "batch/v1", "cronjob", "cronjobs"},
			 deployment_type = {"Deployment", "apps/v1", "deployment", "deployments"},
			 budget_type = {"PodDisruptionBudget", "policy/v1", "poddisruptionbudget", "poddisruptionbudgets"},
			 policy_type = {"NetworkPolicy", "networking.k8s.io/v1", "networkpolicy", "networkpolicies"},
			 backend_type = {"BackendConfig", "cloud.google.com/v1", "backendconfig", "backendconfigs"},
			 frontend_type = {"FrontendConfig", "networking.gke.io/v1beta1", "frontendconfig", "frontendconfigs"},
			 certificate_type = {"ManagedCertificate", "networking.gke.io/v1", "managedcertificate",
					     "managedcertificates"},
			 ingress_type = {"Ingress", "networking.k8s.io/v1", "ingress", "ingresses"},
			 role_type = {"Role", "rbac.authorization.k8s.io/v1", "role", "roles"},
			 binding_type = {"RoleBinding", "rbac.authorization.k8s.io/v1", "rolebinding", "rolebindings"};

static const char *path_of(const struct type *t)
{
	return strchr(t->api, '/') ? "apis" : "api";
}

/* Plans an object; body is what its kind has beside apiVersion, kind and names, with metadata of its own if any. */
struct resource *gke_object(struct design *d, const char *id, const struct type *t, const char *name, cJSON *body)
{
	bool global = t == &namespace_type;
	char *ns = namespace_of(d), *spoken = xasprintf("%s/%s", t->singular, name);
	char *collection = global ? xasprintf("/%s/%s/%s", path_of(t), t->api, t->plural)
				  : xasprintf("/%s/%s/namespaces/%s/%s", path_of(t), t->api, ns, t->plural);
	json_put_str(body, "apiVersion", t->api);
	json_put_str(body, "kind", t->kind);
	json_put_str(body, "metadata.name", name);
	if (!global)
		json_put_str(body, "metadata.namespace", ns);
	cJSON *spec = json_make("{'collection':%s,'body':%j}", collection, body);
	cluster_door(d->answers, spec);
	struct resource *r = plan_add(d->plan, id, "kubernetes.object", spoken, spec);
	plan_needs(r, cluster_id(d->answers));
	if (!global)
		plan_needs(r, "namespace");
	free(collection);
	free(spoken);
	free(ns);
	return r;
}

/* Of which version each secret is, or one: when these differ, the Secret is set again, and new pods start. */
cJSON *gke_secret_versions(const struct workload *w, const char *only)
{
	cJSON *list = cJSON_CreateObject();
	for (size_t i = 0; i < w->secret_count; i++) {
		if (only && strcmp(only, w->secrets[i].name))
			continue;
		char *key = xasprintf("mlflow-setup/%s", w->secrets[i].name);
		cJSON_AddItemToObject(list, key, part_version(w->secrets[i].name, w->secrets[i].text ? "name" : "made"));
		free(key);
	}
	return list;
}

/* Pods --------------------------------------------------------------------------------------------------------------------- */

static cJSON *target_gke_connector(struct design *d)
{
	(void)d;
	return cJSON_CreateString("127.0.0.1");
}

/* What pods of a container ask for. Autopilot gives them other amounts, so this tells when it is to be asked for anew. */
static cJSON *asked_for(const struct container *c)
{
	char *text = xasprintf("%s CPU, %s", c->cpu, c->memory);
	cJSON *j = cJSON_CreateString(text);
	free(text);
	return j;
}

/* Who it is ----------------------------------------------------------------------------------------------------------------- */

/* The service account, as the cluster's tokens name it. */
static char *subject_of(const struct design *d)
{
	char *ns = namespace_of(d), *subject = xasprintf("system:serviceaccount:%s:" GKE_ACCOUNT, ns);
	free(ns);
	return subject;
}

/* The same of a cluster elsewhere. */
static void identify_by_context(struct design *d)
{
	char *subject = subject_of(d);
	d->identity = context_member(d, subject);
	d->identified = xstrdup(CONTEXT_IDENTIFIED);
	free(subject);
}

/* The service account in its namespace, as Google's policies name it; the pool is there once the project has a cluster that has it. */
static void target_gke_identity(struct design *d)
{
	if (context_chosen(d->answers)) {
		identify_by_context(d);
		return;
	}
	char *ns = namespace_of(d);
	d->identity = xasprintf("principal://iam.googleapis.com/projects/%s/locations/global/workloadIdentityPools/"
				"%s.svc.id.goog/subject/ns/%s/sa/" GKE_ACCOUNT,
				d->plan->number, d->plan->project, ns);
	d->identified = xstrdup(cluster_id(d->answers));
	free(ns);
}

/* In the cluster ------------------------------------------------------------------------------------------------------------- */

static void need_all(struct resource *r, const cJSON *ids)
{
	const cJSON *id;
	cJSON_ArrayForEach(id, ids)
		plan_needs(r, id->valuestring);
}

/* Its pods are taken for the server's account, where there is one. */
static void link_account(struct design *d, cJSON *body)
{
	bool elsewhere = context_chosen(d->answers);
	char *ns = namespace_of(d), *path = xasprintf("projects/%s/serviceAccounts/%s", d->plan->project, d->account),
	     *subject = subject_of(d);
	char *pods = elsewhere ? context_member(d, subject)
			       : xasprintf("serviceAccount:%s.svc.id.goog[%s/" GKE_ACCOUNT "]", d->plan->project, ns);
	cJSON *annotations = cJSON_CreateObject();
	cJSON_AddStringToObject(annotations, "iam.gke.io/gcp-service-account", d->account);
	if (elsewhere)
		cJSON_Delete(annotations);
	else
		json_put(body, "metadata", json_make("{'annotations':%j}", annotations));
	plan_needs(part_grant(d->plan, "workload", "serviceAccount", path, "roles/iam.workloadIdentityUser", pods, "sa/server"),
		   elsewhere ? CONTEXT_IDENTIFIED : cluster_id(d->answers));
	workload_needs(d->workload, "iam/workload");
	workload_migration_needs(d->workload, "iam/workload");
	free(subject);
	free(pods);
	free(path);
	free(ns);
}

/* What pods of a cluster elsewhere need to be somebody for Google, and its machines to pull the image. */
static void add_elsewhere(struct design *d)
{
	gke_object(d, "credentials", &config_type, "google", json_make("{'data':%j}", context_credentials(d)));
	cJSON *pull = context_pull(d);
	if (!pull)
		return;
	struct resource *r = gke_object(d, "pull-secret", &secret_type, "pull", pull);
	plan_needs(r, "iam/puller");
	plan_needs(r, "iam/puller-repository");
}

static void add_place(struct design *d)
{
	char *ns = namespace_of(d);
	cJSON *labels = cJSON_CreateObject();
	cJSON_AddStringToObject(labels, "pod-security.kubernetes.io/enforce", "restricted");
	cJSON_AddStringToObject(labels, "pod-security.kubernetes.io/enforce-version", "latest");
	gke_object(d, "namespace", &namespace_type, ns, json_make("{'metadata':{'labels':%j}}", labels));
	cJSON *account = json_make("{'automountServiceAccountToken':false}");
	if (d->account)
		link_account(d, account);
	gke_object(d, "account", &account_type, GKE_ACCOUNT, account);
	if (context_chosen(d->answers))
		add_elsewhere(d);
	free(ns);
}

/* One Secret with a key for each; what is drawn or typed is filled in at the last moment. */
static void add_secret(struct design *d)
{
	const struct workload *w = d->workload;
	cJSON *data = cJSON_CreateObject();
	for (size_t i = 0; i < w->secret_count; i++) {
		const struct workload_secret *s = &w->secrets[i];
		char *text = s->text ? encode_base64(s->text, strlen(s->text)) : NULL;
		cJSON_AddItemToObject(data, s->name,
				      text ? cJSON_CreateString(text) : json_make("{'$secret':%s,'as':'base64'}", s->name));
		free(text);
	}
	gke_object(d, "secret", &secret_type, GKE_SECRET,
		   json_make("{'type':'Opaque','metadata':{'annotations':%j},'data':%j}", gke_secret_versions(w, NULL), data));
}

static void add_job(struct design *d)
{
	const struct workload *w = d->workload;
	const struct container *containers[] = {w->migration};
	char *ns = namespace_of(d), *collection = xasprintf("/apis/apps/v1/namespaces/%s/deployments", ns);
	cJSON *stopped = json_make("{'collection':%s,'body':{'kind':'Deployment'},'container':%s,'image':%j}", collection,
				   w->containers[0]->name, cJSON_Duplicate(w->containers[0]->image, 1));
	cluster_door(d->answers, stopped);
	cJSON *called = cluster_called(d->plan);
	if (called)
		json_put(stopped, "cluster", called);
	const char *stop = upgrade_stop(d, "kubernetes.stop", "deployment/" SERVICE, stopped);
	free(collection);
	free(ns);
	cJSON *pod = gke_pod(d, containers, 1), *notes = cJSON_CreateObject();
	json_put_str(pod, "restartPolicy", "Never");
	cJSON_AddItemToObject(notes, "mlflow-setup/once", cJSON_Duplicate(w->migration_once, 1));
	struct resource *r = gke_object(
	    d, "migrate", &job_type, "migrate",
	    json_make("{'metadata':{'annotations':%j},'spec':{'backoffLimit':1,'activeDeadlineSeconds':"
		      "900,'template':{'metadata':{'labels':{"
		      "'app':'migrate'}},'spec':%j}}}",
		      notes, pod));
	need_all(r, w->migration_needs);
	if (stop)
		plan_needs(r, stop);
	plan_needs(r, "account");
	plan_needs(r, "secret");
	plan_needs(r, "policy");
	if (context_chosen(d->answers))
		plan_needs(r, "credentials");
	if (plan_find(d->plan, "pull-secret"))
		plan_needs(r, "pull-secret");
}

static void need_disk(struct resource *r, const char *disk)
{
	char *id = xasprintf("volume/%s", disk);
	plan_needs(r, id);
	free(id);
}

/* One at a time; the Auth Proxy beside it ends when it has ended. */
static void add_cleanup(struct design *d)
{
	const struct container *containers[] = {d->workload->cleanup};
	if (!containers[0])
		return;
	const char *decided = d->plan->decided_by;
	d->plan->decided_by = "cleanup.schedule";
	char *cron = cleanup_cron(d->answers);
	cJSON *pod = gke_pod(d, containers, 1), *notes = cJSON_CreateObject();
	json_put_str(pod, "restartPolicy", "Never");
	cJSON_AddItemToObject(notes, "mlflow-setup/cleanup-asks", asked_for(containers[0]));
	cJSON *job = json_make(
	    "{'spec':{'backoffLimit':1,'activeDeadlineSeconds':21600,'template':{'metadata':{'labels':{'app':"
	    "'cleanup'}},'spec':%j}}}",
	    pod);
	struct resource *r = gke_object(
	    d, "cleanup", &cron_job_type, "cleanup",
	    json_make("{'metadata':{'annotations':%j},'spec':{'schedule':%s,'timeZone':'Etc/UTC','"
		      "concurrencyPolicy':'Forbid','startingDeadlineSeconds':3600,'jobTemplate':%j}}",
		      notes, cron, job));
	need_all(r, d->workload->needs);
	plan_needs(r, "migrate");
	plan_needs(r, "account");
	plan_needs(r, "secret");
	plan_needs(r, "policy");
	plan_optional(r);
	d->plan->decided_by = decided;
	free(cron);
}

/* No old pod runs beside a new one: its tables may be those of another MLflow. */
static void add_deployment(struct design *d)
{
	const struct workload *w = d->workload;
	cJSON *notes = cJSON_CreateObject();
	for (size_t i = 0; i < w->count; i++) {
		char *key = xasprintf("mlflow-setup/%s-asks", w->containers[i]->name);
		cJSON_AddItemToObject(notes, key, asked_for(w->containers[i]));
		free(key);
	}
	struct resource *r = gke_object(
	    d, "deployment", &deployment_type, SERVICE,
	    json_make("{'metadata':{'annotations':%j},'spec':{'replicas':1,'strategy':{'type':'Recreate'},'"
		      "progressDeadlineSeconds':900,"
		      "'selector':{'matchLabels':{'app':'" SERVICE "'}},'template':{'metadata':{'labels':{'app':'" SERVICE "'},"
		      "'annotations':%j},'spec':%j}}}",
		      notes, gke_secret_versions(w, NULL),
		      gke_pod(d, (const struct container *const *)w->containers, w->count)));
	need_all(r, w->needs);
	for (size_t i = 0; i < w->count; i++)
		for (size_t k = 0; k < w->containers[i]->disk_count; k++)
			need_disk(r, w->containers[i]->disks[k].disk);
	plan_needs(r, "migrate");
	plan_needs(r, "account");
	plan_needs(r, "secret");
	plan_needs(r, "service");
}

static void add_service(struct design *d)
{
	const struct container *front = workload_find(d->workload, d->workload->front);
	cJSON *body = json_make("{'spec':{'type':'ClusterIP','selector':{'app':'" SERVICE
				"'},'ports':[{'name':'http','port':80,'targetPort':%d,"
				"'protocol':'TCP'}]}}",
				front->port);
	if (d->workload->ingress == INGRESS_BALANCER) {
		cJSON *notes = cJSON_CreateObject();
		cJSON_AddStringToObject(notes, "cloud.google.com/neg", "{\"ingress\":true}");
		cJSON_AddStringToObject(notes, "cloud.google.com/backend-config", "{\"default\":\"" SERVICE "\"}");
		json_put(body, "metadata.annotations", notes);
	}
	gke_object(d, "service", &service_type, SERVICE, body);
	gke_object(d, "budget", &budget_type, SERVICE,
		   json_make("{'spec':{'maxUnavailable':1,'selector':{'matchLabels':{'app':'" SERVICE "'}}}}"));
}

static cJSON *ports(int port, bool udp)
{
	cJSON *list = json_make("[{'port':%d,'protocol':'TCP'}]", port);
	if (udp)
		cJSON_AddItemToArray(list, json_make("{'port':%d,'protocol':'UDP'}", port));
	return list;
}

static cJSON *to_address(const char *block, int port)
{
	return json_make("{'to':[{'ipBlock':{'cidr':%s}}],'ports':%j}", block, ports(port, false));
}

/* Who may come: a load balancer and its health checks, by the addresses that Google says, to the front container alone; without one the API server, by its
 * agents in kube-system. A port-forward comes by the node, which is always let in. */
static cJSON *callers(const struct design *d)
{
	if (d->workload->ingress == INGRESS_BALANCER)
		return json_make("[{'ipBlock':{'cidr':'130.211.0.0/22'}},{'ipBlock':{'cidr':'35.191.0.0/16'}}]");
	cJSON *agents = json_make(
	    "[{'namespaceSelector':{'matchLabels':{}},'podSelector':{'matchLabels':{'k8s-app':'konnectivity-agent'}}}]");
	cJSON_AddStringToObject(json_at(agents, "0.namespaceSelector.matchLabels"), "kubernetes.io/metadata.name",
				"kube-system");
	return agents;
}

/* Out: names, the metadata server, Google's APIs, the database. */
static void add_policy(struct design *d)
{
	const struct container *front = workload_find(d->workload, d->workload->front);
	cJSON *out = json_make("[{'ports':%j}]", ports(53, true));
	if (!context_chosen(
		d->answers)) { /* elsewhere the metadata server is another provider's, and nothing of the server's */
		cJSON_AddItemToArray(out, to_address("169.254.169.254/32", 80));
		cJSON_AddItemToArray(out, to_address("169.254.169.252/32", 988));
	}
	cJSON_AddItemToArray(out, json_make("{'ports':%j}", ports(443, false)));
	if (d->workload->database)
		cJSON_AddItemToArray(out, gke_way_to_database(d));
	else if (d->connected)
		cJSON_AddItemToArray(out, json_make("{'ports':%j}", ports(3307, false)));
	else /* by an address of the network's, or by a name of one */
		cJSON_AddItemToArray(out,
				     json_make("{'to':[{'ipBlock':{'cidr':'10.0.0.0/8'}},{'ipBlock':{'cidr':'172.16.0.0/12'}},"
					       "{'ipBlock':{'cidr':'192.168.0.0/16'}}],'ports':%j}",
					       ports(d->axes.database->port, false)));
	struct resource *r = gke_object(
	    d, "policy", &policy_type, SERVICE,
	    json_make(
		"{'spec':{'podSelector':%j,'policyTypes':['Ingress','Egress'],'ingress':[{'from':%j,'ports':%j}],'egress':%j}}",
		gke_pods_but_database(d), callers(d), ports(front->port, false), out));
	if (cluster_is_given(d->answers)) /* a new one of Autopilot's enforces it */
		json_put_bool(r->spec, "unenforced", true);
}

static bool target_gke_spell(struct design *d, struct err *e)
{
	(void)e;
	char *subject = subject_of(d);
	if (d->workload->database && !context_chosen(d->answers)) /* machines elsewhere reach Docker Hub themselves */
		part_docker_hub(d->plan);
	cluster_add(d);
	if (context_chosen(d->answers))
		context_add(d, subject);
	free(subject);
	add_place(d);
	add_secret(d);
	gke_add_disks(d);
	gke_add_database(d);
	add_policy(d);
	add_service(d);
	add_job(d);
	add_deployment(d);
	add_cleanup(d);
	cluster_room(d);
	/* To find the cluster and to be let through to its API server, and no more; what one may do there its own roles say. */
	d->front = (struct front){
	    .id = xstrdup("deployment"),
	    .invoked = xstrdup("deployment"),
	};
	if (!context_chosen(d->answers))
		d->front.invoke = (struct gate){"project", "roles/container.clusterViewer",
						xasprintf("projects/%s", d->plan->project), NULL};
	return true;
}

/* The load balancer ------------------------------------------------------------------------------------------------------------ */

/* What GKE's controller makes of the Ingress goes by these; a health check is always said, since "/" is answered by a sign-in. */
static void add_configs(struct design *d)
{
	const struct container *front = workload_find(d->workload, d->workload->front);
	/* IAP is switched off by saying so: left out, it would stay on. */
	gke_object(
	    d, "backend-config", &backend_type, SERVICE,
	    json_make("{'spec':{'healthCheck':{'type':'HTTP','requestPath':%s,'port':%d,'checkIntervalSec':15,'timeoutSec':5},'"
		      "timeoutSec':%d,"
		      "'connectionDraining':{'drainingTimeoutSec':60},'logging':{'enable':true,'sampleRate':1},'iap':{'enabled'"
		      ":%b}}}",
		      gke_answers_at(front)->path, front->port, answers_int(d->answers, "server.timeout"),
		      d->workload->door == DOOR_IAP));
	gke_object(d, "frontend-config", &frontend_type, SERVICE,
		   json_make("{'spec':{'redirectToHttps':{'enabled':true,'responseCodeName':'MOVED_PERMANENTLY_DEFAULT'}}}"));
	gke_object(d, "managed-certificate", &certificate_type, SERVICE,
		   json_make("{'spec':{'domains':[%s]}}", d->plan->hosts[0]));
}

/* The class is an annotation: the controller takes an Ingress with spec.ingressClassName for somebody else's. */
static void target_gke_balance(struct design *d, const char *address)
{
	static const char *const needs[] = {"address",        "deployment",      "service",
					    "backend-config", "frontend-config", "managed-certificate"};
	cJSON *notes = cJSON_CreateObject();
	add_configs(d);
	cJSON_AddStringToObject(notes, "kubernetes.io/ingress.class", "gce");
	cJSON_AddStringToObject(notes, "kubernetes.io/ingress.global-static-ip-name", address);
	cJSON_AddStringToObject(notes, "networking.gke.io/managed-certificates", SERVICE);
	cJSON_AddStringToObject(notes, "networking.gke.io/v1beta1.FrontendConfig", SERVICE);
	cJSON *backend = json_make("{'service':{'name':'" SERVICE "','port':{'number':80}}}");
	struct resource *r = gke_object(
	    d, "ingress", &ingress_type, SERVICE,
	    json_make("{'metadata':{'annotations':%j},'spec':{'defaultBackend':%j}}", notes, backend));
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		plan_needs(r, needs[i]);
	free(d->front.id);
	free(d->front.invoke.path);
	d->front.id = xstrdup("ingress");
	d->front.invoke = (struct gate){0};
	/* The controller names the backend service; what it is called is known once it stands. */
	char *services = xasprintf("projects/%s/iap_web/compute/services/", d->plan->number);
	d->front.iap = (struct gate){"iap", "roles/iap.httpsResourceAccessor", NULL,
				     json_make("{'$join':[%s,%j]}", services, plan_ref("ingress", "backend"))};
	free(services);
}

/* The door ------------------------------------------------------------------------------------------------------------------- */

/* A port-forward to a pod, as kubectl's: what goes through is whole, its Host and its Authorization too. */
static void target_gke_reach(const struct design *d, struct reach *out)
{
	char *ns = namespace_of(d);
	out->way = "cluster";
	out->with = json_make("{'namespace':%s,'app':'" SERVICE "','port':%d}", ns,
			      workload_find(d->workload, d->workload->front)->port);
	cluster_door(d->answers, out->with);
	if (!context_chosen(d->answers))
		out->permissions = "container.pods.list container.pods.portForward";
	free(ns);
}

static void target_gke_tunnel(const struct plan *p, struct buf *out)
{
	const struct resource *ns = plan_find(p, "namespace");
	buf_printf(out, "%s\n", _("# In another terminal, as long as it is used:"));
	cluster_credentials(p, out);
	buf_puts(out, "#   kubectl ");
	context_options(p, out);
	buf_printf(out, "--namespace=%s port-forward service/" SERVICE " 5000:80\n", ns ? strchr(ns->name, '/') + 1 : "");
}

/* A Role that lets through to the pods of this namespace, and whom. The cluster knows people and service accounts by their address. */
static void target_gke_admit(struct design *d, cJSON *members)
{
	cJSON *subjects = cJSON_CreateArray();
	const cJSON *m;
	cJSON_ArrayForEach(m, members)
		cJSON_AddItemToArray(subjects, json_make("{'kind':'User','name':%s,'apiGroup':'rbac.authorization.k8s.io'}",
							 strchr(m->valuestring, ':') + 1));
	cJSON *rules = json_make("[{'apiGroups':[''],'resources':['services','pods'],'verbs':['get','list']},"
				 "{'apiGroups':[''],'resources':['pods/portforward'],'verbs':['create','get']}]");
	gke_object(d, "role", &role_type, "port-forward", json_make("{'rules':%j}", rules));
	plan_needs(
	    gke_object(
		d, "role-binding", &binding_type, "port-forward",
		json_make(
		    "{'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'Role','name':'port-forward'},'subjects':%j}",
		    subjects)),
	    "role");
	cJSON_Delete(members);
}

/* Questions ------------------------------------------------------------------------------------------------------------------ */

static void target_gke_check(const struct answers *a, problem_fn *found, void *arg)
{
	static const char *const unknown[] = {"auth.groups", "auth.domains"};
	bool by_role = axes_of(a).auth->door == DOOR_IAM;
	cluster_check(a, found, arg);
	for (size_t i = 0; by_role && i < sizeof unknown / sizeof *unknown; i++)
		if (cJSON_GetArraySize(answers_get(a, unknown[i])))
			found(arg, unknown[i], _("A cluster's own roles know addresses alone: list people one by one."));
}

static const struct render_row renders[] = {
    {"run/Dockerfile.mustache", "Dockerfile", ESCAPE_DOCKERFILE, 0644, true},
    RENDERS_OF_IMAGE,
    {NULL, NULL, 0, 0, false},
};

static const char *const asks[] = {"server.timeout", NULL};

const struct target target_gke = {
    .choice =
	{
	    .id = "gke",
	    .title = N_("Kubernetes Engine"),
	    .help = N_("A cluster, for large uploads and for teams that live in Kubernetes."),
	    .questions = cluster_questions,
	    .asks = asks,
	    .check = target_gke_check,
	},
    .renders = renders,
    .manifests_file = "manifests.json",
    .manifests = cluster_manifests,
    .listens = "0.0.0.0",
    .networked = true,
    .housed = cluster_is_given,
    .ranged = true,
    .disks = true,
    .keeps_secrets = true,
    .identity = target_gke_identity,
    .connector = target_gke_connector,
    .spell = target_gke_spell,
    .balance = target_gke_balance,
    .reach = target_gke_reach,
    .tunnel = target_gke_tunnel,
    .admit = target_gke_admit,
};
