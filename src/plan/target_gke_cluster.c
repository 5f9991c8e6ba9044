/* The cluster of target gke, and the machines in it. */
#include "config.h"
#include "plan/target_gke_cluster.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "gcp/kubernetes_shared.h"
#include "plan/axes.h"
#include "plan/naming.h"
#include "plan/parts.h"
#include "plan/target_gke_context.h"
#include "plan/target_gke_objects.h"

#include <stdlib.h>
#include <string.h>

#define NEW "cluster"
#define STANDING "cluster/existing"

bool cluster_stands(const struct answers *a)
{
	return !strcmp(answers_str(a, "gke.cluster"), "existing");
}

const char *cluster_id(const struct answers *a)
{
	return context_chosen(a) ? CONTEXT_CLUSTER : cluster_stands(a) ? STANDING : NEW;
}

bool cluster_is_given(const struct answers *a)
{
	return cluster_stands(a) || context_chosen(a);
}

void cluster_door(const struct answers *a, cJSON *spec)
{
	if (context_chosen(a)) {
		context_door(a, spec);
		return;
	}
	json_put(spec, "host", plan_ref(cluster_id(a), "host"));
	json_put(spec, "ca", plan_ref(cluster_id(a), "ca"));
}

/* Its machines --------------------------------------------------------------------------------------------------------------- */

/* The account of the machines of a new one: it pulls the images, writes logs and metrics, and can do nothing else. */
static char *add_nodes_account(struct design *d)
{
	struct plan *p = d->plan;
	char *email = part_account(p, "nodes", "MLflow nodes"), *member = xasprintf("serviceAccount:%s", email),
	     *path = xasprintf("projects/%s", p->project);
	part_grant(p, "nodes", "project", path, "roles/container.defaultNodeServiceAccount", member, "sa/nodes");
	free(path);
	free(member);
	return email;
}

/* A repository of the stack's own may be read by the machines, whoever they run as. */
static void let_nodes_pull(struct design *d, const char *repository, const char *name)
{
	struct plan *p = d->plan;
	if (!plan_find(p, repository))
		return;
	char *path = xasprintf("projects/%s/locations/%s/repositories/%s", p->project, p->region, name),
	     *id = xasprintf("nodes-%s", name);
	char *email = name_email(p->stack, "nodes", p->project), *member = xasprintf("serviceAccount:%s", email),
	     *full = xasprintf("iam/%s", id);
	struct resource *r = part_grant(p, id, "repository", path, "roles/artifactregistry.reader", member, repository);
	if (cluster_stands(d->answers)) {
		json_put(r->spec, "bindings.0.members", plan_ref(STANDING, "nodes"));
		plan_needs(r, STANDING);
	} else {
		plan_needs(r, "sa/nodes");
	}
	workload_migration_needs(d->workload, full);
	workload_needs(d->workload, full);
	free(full);
	free(member);
	free(email);
	free(id);
	free(path);
}

/* The cluster ---------------------------------------------------------------------------------------------------------------- */

/* Private machines: Google's services and the registry are reached by Private Google Access, and nothing else is needed, but for a database that has a public
 * address alone: then they have addresses of their own. The API server is asked by name at Google's front door, which asks IAM first; its own address is
 * off. */
static void add_new(struct design *d)
{
	struct plan *p = d->plan;
	char *nodes = add_nodes_account(d);
	cJSON *pools = json_make("{'serviceAccount':%s,'oauthScopes':['https://www.googleapis.com/auth/cloud-platform']}",
				 nodes);
	cJSON *body = json_make(
	    "{'autopilot':{'enabled':true},'releaseChannel':{'channel':'REGULAR'},'network':%j,'subnetwork':%s,'"
	    "ipAllocationPolicy':{"
	    "'useIpAliases':true},'networkConfig':{'defaultEnablePrivateNodes':%b},'controlPlaneEndpointsConfig':{"
	    "'dnsEndpointConfig':{'allowExternalTraffic':true},'ipEndpointsConfig':{'enabled':false}},'autoscaling':{"
	    "'autoprovisioningNodePoolDefaults':%j}}",
	    cJSON_Duplicate(d->network.link, 1), d->network.subnet, d->axes.path->address != NULL, pools);
	if (d->network.pods && *d->network.pods) {
		json_put_str(body, "ipAllocationPolicy.clusterSecondaryRangeName", d->network.pods);
		json_put_str(body, "ipAllocationPolicy.servicesSecondaryRangeName", d->network.services);
	}
	struct resource *r = plan_add(p, NEW, "container.cluster", p->stack,
				      json_make("{'region':%s,'body':%j}", p->region, body));
	plan_needs(r, "apis");
	r->decided_by = "target";
	plan_needs(r, "iam/nodes");
	if (d->network.subnet_need)
		plan_needs(r, d->network.subnet_need);
	free(nodes);
}

static const char *location(const struct answers *a)
{
	const char *said = answers_str(a, "gke.location");
	return *said ? said : answers_str(a, "region");
}

static void add_standing(struct design *d)
{
	struct resource *r = plan_add(
	    d->plan, STANDING, "container.existingCluster", answers_str(d->answers, "gke.name"),
	    json_make("{'location':%s,'balanced':%b}", location(d->answers), d->workload->ingress == INGRESS_BALANCER));
	if (d->network.path)
		json_put_str(r->spec, "network", d->network.path);
	if (d->network.path && text_starts(location(d->answers), d->plan->region))
		json_put(r->spec, "subnet", cJSON_CreateString(d->network.subnet));
	json_put_bool(r->spec, "named", !strcmp(json_str(d->answers->resolved, "cluster_endpoint", ""), "dns"));
	plan_records(r, "endpoint", "cluster_endpoint");
	plan_needs(r, "apis");
	r->decided_by = "gke.name";
}

void cluster_add(struct design *d)
{
	struct plan *p = d->plan;
	if (context_chosen(d->answers))
		return; /* its identity and its machines are not Google's (target_gke_context.c) */
	char *quay = name_of(p->stack, "quay"), *hub = name_of(p->stack, "docker-hub");
	part_api(p, "container");
	part_api(p, "compute");
	if (cluster_stands(d->answers))
		add_standing(d);
	else
		add_new(d);
	let_nodes_pull(d, "repository", p->stack);
	let_nodes_pull(d, "repository/quay", quay);
	let_nodes_pull(d, "repository/docker-hub", hub);
	free(hub);
	free(quay);
}

/* The largest pod of the stack. */
void cluster_room(struct design *d)
{
	const struct workload *w = d->workload;
	struct resource *r = plan_find(d->plan, STANDING);
	double cpus = 0, gib = 0;
	for (size_t i = 0; i < w->count; i++) {
		cpus += kubernetes_cpus(w->containers[i]->cpu);
		gib += kubernetes_gibs(w->containers[i]->memory);
	}
	if (!r)
		return;
	json_put_num(r->spec, "cpu", cpus + (d->connected ? kubernetes_cpus(GKE_CONNECTOR_CPU) : 0));
	json_put_num(r->spec, "memory", gib + (d->connected ? kubernetes_gibs(GKE_CONNECTOR_MEMORY) : 0));
	json_put_bool(r->spec, "outward", d->connected && !d->axes.path->address);
}

cJSON *cluster_called(const struct plan *p)
{
	const struct resource *r = plan_find(p, STANDING);
	if (plan_find(p, CONTEXT_CLUSTER))
		return NULL;
	return json_make("{'name':%s,'location':%s,'dns':%b}", r ? r->name : p->stack,
			 r ? json_str(r->spec, "location", "") : p->region, !r || json_bool(r->spec, "named", false));
}

void cluster_credentials(const struct plan *p, struct buf *out)
{
	cJSON *called = cluster_called(p);
	if (called)
		buf_printf(out, "#   gcloud container clusters get-credentials %s --location=%s --project=%s%s\n",
			   json_str(called, "name", ""), json_str(called, "location", ""), p->project,
			   json_bool(called, "dns", false) ? " --dns-endpoint" : "");
	cJSON_Delete(called);
}

/* Questions ------------------------------------------------------------------------------------------------------------------ */

/* What stands in one cluster would stay behind in it, its load balancer too. */
static void check_moved(const struct answers *a, problem_fn *found, void *arg)
{
	static const char *const where[] = {"gke.cluster", "gke.name", "gke.location", "gke.context"};
	const cJSON *choices;
	cJSON_ArrayForEach(choices, json_at(a->resolved, "choices")) {
		bool other = false;
		const cJSON *target = cJSON_GetObjectItemCaseSensitive(choices, "target");
		for (size_t i = 0; i < sizeof where / sizeof *where; i++) {
			const cJSON *was = cJSON_GetObjectItemCaseSensitive(choices, where[i]);
			const char *before = cJSON_IsString(was) ? was->valuestring : i ? "" : "new";
			other |= strcmp(before, answers_str(a, where[i])) != 0;
		}
		if (other && cJSON_IsString(target) && !strcmp(target->valuestring, "gke")) {
			found(arg, "gke.cluster",
			      _("The stack stands in another cluster and does not move: destroy it first, or name that "
				"cluster."));
			return;
		}
	}
}

void cluster_check(const struct answers *a, problem_fn *found, void *arg)
{
	check_moved(a, found, arg);
	if (context_chosen(a))
		context_check(a, found, arg);
}

static const char *cluster_check_location(const struct answers *a, const char *value)
{
	const char *region = answers_str(a, "region");
	size_t len = strlen(region);
	bool within = text_starts(value, region) && (!value[len] || value[len] == '-');
	return within ? NULL : N_("The stack's region, or one of its zones: the database is not to be far from the server.");
}

static bool when_standing(const struct answers *a)
{
	return cluster_stands(a);
}

static const struct choice cluster_choices[] = {
    {.id = "new", .title = N_("A new cluster"), .help = N_("An Autopilot cluster of this stack's own, which goes with it.")},
    {.id = "existing",
     .title = N_("A cluster that stands"),
     .help = N_("One of the project's, Autopilot or Standard. Only a namespace in it is this stack's.")},
    {.id = "context",
     .title = N_("A context of a kubeconfig file"),
     .help = N_("Any cluster that kubectl reaches: another provider's, or one on this machine. It is reached by kubectl "
		"port-forward alone.")},
    {.id = NULL},
};

/* clang-format off */
const struct question cluster_questions[] = {
	{.id = "gke.cluster", .page = "target", .type = TYPE_CHOICE, .title = N_("Cluster"),
	 .help = N_("Where in Kubernetes Engine it runs. A stack does not move from one cluster to another."),
	 .after = "target", .choices = cluster_choices, .preset = "new"},
	{.id = "gke.name", .page = "target", .type = TYPE_TEXT, .title = N_("Name of the cluster"),
	 .help = N_("It needs Workload Identity, and for a web address HTTP load balancing. It is looked at before anything is made, and never changed."),
	 .after = "gke.cluster", .when = when_standing,
	 .pattern = "^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$",
	 .form = N_("1 to 40 lower-case letters, digits and hyphens, beginning with a letter.")},
	{.id = "gke.location", .page = "target", .type = TYPE_TEXT, .title = N_("Location of the cluster"), .optional = true,
	 .help = N_("A region, or the zone of a zonal cluster. Empty: the stack's region."),
	 .after = "gke.name", .when = when_standing,
	 .pattern = "^[a-z]+-[a-z]+[0-9]+(-[a-z])?$",
	 .form = N_("A region or a zone, such as us-central1 or us-central1-b."),
	 .check = cluster_check_location},
	{.id = "gke.kubeconfig", .page = "target", .type = TYPE_TEXT, .title = N_("Kubeconfig file"), .optional = true,
	 .help = N_("Empty: the files that kubectl takes, of KUBECONFIG or ~/.kube/config. What a context says of its user is shown to its cluster alone."),
	 .after = "gke.location", .when = context_chosen,
	 .pattern = "^~?/[-A-Za-z0-9._/@+=~ :]+$",
	 .form = N_("A path that begins with / or ~/, of letters, digits, blanks and . _ / @ + = ~ : -.")},
	{.id = "gke.context", .page = "target", .type = TYPE_TEXT, .title = N_("Context"),
	 .help = N_("Which cluster of the file, and as whom: kubectl config get-contexts lists them. It needs the rights of a cluster-admin, or to make a namespace and all in it."),
	 .after = "gke.kubeconfig", .when = context_chosen, .suggests = "contexts", .surveyed = "gke.kubeconfig",
	 .pattern = "^[-A-Za-z0-9._:/@+=~() ]+$",
	 .form = N_("Letters, digits, blanks and . _ : / @ + = ~ ( ) -, as kubectl config get-contexts has it.")},
	{.id = NULL},
};
/* clang-format on */
