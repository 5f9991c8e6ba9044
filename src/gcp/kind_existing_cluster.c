/* A GKE cluster that stands already and is not this stack's: looked at before anything is made, never created, changed or deleted. What keeps the stack
 * from living in it is a refusal that says the cure.
 * spec: {"location","network":PATH where the stack counts on one,"subnet":PATH of its own there where the cluster's place has one,"balanced":does Google's load balancer stand before it}. Outputs: name, host and ca of its API
 * server (ca "": the DNS endpoint, with Google's own certificate), endpoint ("dns", "ip": which that is), nodes (the accounts that pull images, as members of policies), selector (which nodes give
 * pods their own identity). */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"

#include "base/encode.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDPOINTS "controlPlaneEndpointsConfig"
#define IP ENDPOINTS ".ipEndpointsConfig"
#define SERVER "GKE_METADATA"

static const char *location(const struct view *v)
{
	return json_str(v->spec, "location", "");
}

static void existing_cluster_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, "https://container.googleapis.com/v1/projects/%s/locations/%s/clusters/%s",
		 v->project, location(v), v->name);
}

/* Its API server ----------------------------------------------------------------------------------------------------------------- */

/* By field and not by looks: where IP endpoints are off, the older field holds the DNS name. */
static void put_server(const cJSON *found, cJSON *outputs)
{
	bool named = json_bool(found, ENDPOINTS ".dnsEndpointConfig.allowExternalTraffic", false),
	     outside = json_bool(found, IP ".enablePublicEndpoint", true);
	const char *older = json_str(found, "endpoint", ""),
		   *ip = json_str(found, outside ? IP ".publicEndpoint" : IP ".privateEndpoint", older);
	const char *coded = named ? "" : json_str(found, "masterAuth.clusterCaCertificate", "");
	char *ca = decode_base64(coded);
	json_put_str(outputs, "host", named ? json_str(found, ENDPOINTS ".dnsEndpointConfig.endpoint", "") : ip);
	json_put_str(outputs, "endpoint", named ? "dns" : "ip");
	json_put_str(outputs, "ca", ca ? ca : "");
	free(ca);
}

/* Can this machine be let in at all? */
static bool has_door(const cJSON *found)
{
	return json_bool(found, ENDPOINTS ".dnsEndpointConfig.allowExternalTraffic", false) ||
	       json_bool(found, IP ".enabled", true);
}

/* Its machines ------------------------------------------------------------------------------------------------------------------- */

static void add_account(const struct view *v, cJSON *members, const char *account)
{
	char *email = !strcmp(account, "default") || !*account
			  ? xasprintf("%s-compute@developer.gserviceaccount.com", v->number)
			  : xstrdup(account),
	     *member = xasprintf("serviceAccount:%s", email);
	const cJSON *m;
	bool there = false;
	cJSON_ArrayForEach(m, members)
		there |= !strcmp(m->valuestring, member);
	if (!there)
		cJSON_AddItemToArray(members, cJSON_CreateString(member));
	free(member);
	free(email);
}

/* Does it make machines by itself? */
static bool makes_nodes(const cJSON *found)
{
	return json_bool(found, "autopilot.enabled", false) ||
	       json_bool(found, "autoscaling.enableNodeAutoprovisioning", false);
}

static void put_nodes(const struct view *v, const cJSON *found, cJSON *outputs)
{
	cJSON *members = cJSON_CreateArray(), *selector = cJSON_CreateObject();
	const cJSON *pool;
	const char *later = json_str(found, "autoscaling.autoprovisioningNodePoolDefaults.serviceAccount", NULL);
	cJSON_ArrayForEach(pool, json_at(found, "nodePools"))
		add_account(v, members, json_str(pool, "config.serviceAccount", "default"));
	if (later || makes_nodes(found))
		add_account(v, members, later ? later : "default");
	/* Autopilot refuses this selector, since all of its nodes are so. */
	if (!json_bool(found, "autopilot.enabled", false))
		cJSON_AddStringToObject(selector, "iam.gke.io/gke-metadata-server-enabled", "true");
	json_put(outputs, "nodes", members);
	json_put(outputs, "selector", selector);
}

/* What GKE says of a cluster that does not work, or not as it should. */
static void say_broken(const struct view *v, struct observation *out)
{
	const char *why = json_str(out->found, "conditions.0.message", json_str(out->found, "statusMessage", ""));
	size_t len = strlen(why);
	kind_say(out, PRESENT_FAILED,
		 _("GKE says that it is not in order (%s): %.*s. See all of it: gcloud container clusters describe %s "
		   "--location=%s."),
		 json_str(out->found, "status", ""), (int)(len && why[len - 1] == '.' ? len - 1 : len), why, v->name,
		 location(v));
}

/* RECONCILING is one that works while something is changed in it. */
static void read_status(const struct view *v, struct observation *out)
{
	const char *status = json_str(out->found, "status", "");
	if (!strcmp(status, "STOPPING"))
		kind_say(out, PRESENT_FAILED, _("The cluster %s is being deleted. Name another one by gke.name."), v->name);
	else if (!strcmp(status, "ERROR") || !strcmp(status, "DEGRADED"))
		say_broken(v, out);
	else if (!strcmp(status, "PROVISIONING"))
		out->presence = PRESENT_PENDING;
}

/* One that is not there is not made: that is refused like one that does not fit. */
static void existing_cluster_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
	if (out->presence == PRESENT_NO)
		kind_say(out, PRESENT_FAILED,
			 _("There is no cluster %s in %s. Its name and location are told by: gcloud container clusters list "
			   "--project=%s."),
			 v->name, location(v), v->project);
	if (out->presence != PRESENT_YES)
		return;
	json_put_str(out->outputs, "name", v->name);
	put_server(out->found, out->outputs);
	put_nodes(v, out->found, out->outputs);
	read_status(v, out);
}

/* Does it fit? ------------------------------------------------------------------------------------------------------------------- */

static char *lacks_door(const struct view *v, const cJSON *found)
{
	return has_door(found)
		   ? NULL
		   : xasprintf(_("Nothing reaches its API server from outside. Open its DNS endpoint, which IAM guards: "
				 "gcloud container clusters update %s --location=%s --enable-dns-access."),
			       v->name, location(v));
}

static char *lacks_identity(const struct view *v, const cJSON *found)
{
	const char *pool = json_str(found, "workloadIdentityConfig.workloadPool", "");
	char *wanted = xasprintf("%s.svc.id.goog", v->project);
	bool has = !strcmp(pool, wanted);
	free(wanted);
	return has ? NULL
		   : xasprintf(
			 _("It has no Workload Identity, by which the server signs in without a key. Switch it on: gcloud "
			   "container clusters update %s --location=%s --workload-pool=%s.svc.id.goog, then for a node pool "
			   "--workload-metadata=GKE_METADATA."),
			 v->name, location(v), v->project);
}

/* Is it 1.29 at least? Sidecars that start first and let a Job end are there from then on. A version that is not told is taken for one. */
static bool has_sidecars(const char *version)
{
	int major = 0, minor = 0;
	return sscanf(version, "%d.%d", &major, &minor) != 2 || major > 1 || (major == 1 && minor >= 29);
}

/* Why no pod of the stack comes onto a node pool; a later one is nearer to fitting. */
enum pool_fault {
	POOL_ANONYMOUS,
	POOL_OTHER, /* another kind of machine than the image is for */
	POOL_TAINTED,
	POOL_OLD,
	POOL_BLIND, /* its machines may not read the registry */
	POOL_EMPTY,
	POOL_BROKEN,
	POOL_FITS
};

static bool is_other_machine(const cJSON *pool)
{
	static const char *const arm[] = {"t2a-", "c4a-", "n4a-", "a4x-"};
	const char *type = json_str(pool, "config.machineType", "");
	bool other = text_starts(json_str(pool, "config.imageType", ""), "WINDOWS");
	for (size_t i = 0; i < sizeof arm / sizeof *arm; i++)
		other |= text_starts(type, arm[i]);
	return other;
}

static bool is_tainted(const cJSON *pool)
{
	const cJSON *taint;
	cJSON_ArrayForEach(taint, json_at(pool, "config.taints"))
		if (strcmp(json_str(taint, "effect", ""), "PREFER_NO_SCHEDULE") != 0)
			return true;
	return false;
}

static bool reads_registry(const cJSON *pool)
{
	const cJSON *scope, *scopes = json_at(pool, "config.oauthScopes");
	cJSON_ArrayForEach(scope, scopes) {
		const char *name = cJSON_IsString(scope) ? scope->valuestring : "";
		if (text_ends(name, "/cloud-platform") || strstr(name, "/devstorage."))
			return true;
	}
	return !cJSON_GetArraySize(scopes);
}

/* How many machines a pool has is told for all pools together alone. */
static bool is_empty(const cJSON *found, const cJSON *pool)
{
	return !json_num(pool, "initialNodeCount", 0) && !json_bool(pool, "autoscaling.enabled", false) &&
	       !json_num(found, "currentNodeCount", 0);
}

static enum pool_fault pool_fault(const cJSON *found, const cJSON *pool)
{
	const char *status = json_str(pool, "status", "");
	return strcmp(json_str(pool, "config.workloadMetadataConfig.mode", ""), SERVER) != 0 ? POOL_ANONYMOUS
	       : is_other_machine(pool)                                                      ? POOL_OTHER
	       : is_tainted(pool)                                                            ? POOL_TAINTED
	       : !has_sidecars(json_str(pool, "version", ""))                                ? POOL_OLD
	       : !reads_registry(pool)                                                       ? POOL_BLIND
	       : is_empty(found, pool)                                                       ? POOL_EMPTY
	       : !strcmp(status, "ERROR") || !strcmp(status, "STOPPING")                     ? POOL_BROKEN
											     : POOL_FITS;
}

/* What is wrong with the pool that is nearest to fitting, and the cure. */
static char *pool_words(enum pool_fault fault, const char *pool, const char *cluster, const char *where)
{
	switch (fault) {
	case POOL_OTHER:
		return xasprintf(
		    _("The machines of its node pool %s are no x86 machines with Linux, for which the image is made. Add "
		      "others: gcloud container node-pools create x86 --cluster=%s --location=%s "
		      "--workload-metadata=GKE_METADATA."),
		    pool, cluster, where);
	case POOL_TAINTED:
		return xasprintf(
		    _("Its node pool %s keeps pods away by a taint. Take the taint off, or add a pool without one: gcloud "
		      "container node-pools create mlflow --cluster=%s --location=%s "
		      "--workload-metadata=GKE_METADATA."),
		    pool, cluster, where);
	case POOL_OLD:
		return xasprintf(
		    _("The machines of its node pool %s run an older Kubernetes than 1.29, which is needed at least. "
		      "Upgrade them: gcloud container clusters upgrade %s --location=%s --node-pool=%s."),
		    pool, cluster, where, pool);
	case POOL_BLIND:
		return xasprintf(
		    _("The machines of its node pool %s may not read images, by their access scopes, which stay as they "
		      "are. Add a pool: gcloud container node-pools create mlflow --cluster=%s --location=%s "
		      "--scopes=cloud-platform --workload-metadata=GKE_METADATA."),
		    pool, cluster, where);
	case POOL_EMPTY:
		return xasprintf(
		    _("Its node pool %s has no machines. Give it some: gcloud container clusters resize %s --location=%s "
		      "--node-pool=%s --num-nodes=2."),
		    pool, cluster, where, pool);
	case POOL_BROKEN:
		return xasprintf(
		    _("Its node pool %s is broken, or being deleted. See why: gcloud container node-pools describe %s "
		      "--cluster=%s --location=%s."),
		    pool, pool, cluster, where);
	default:
		return xasprintf(
		    _("None of its node pools gives pods their own identity. Switch it on for one: gcloud container "
		      "node-pools update %s --cluster=%s --location=%s --workload-metadata=GKE_METADATA."),
		    pool, cluster, where);
	}
}

/* The node pools, of which one has to fit; a cluster that makes machines by itself makes one. */
static char *lacks_machines(const struct view *v, const cJSON *found)
{
	const cJSON *pool, *nearest = NULL;
	enum pool_fault best = POOL_ANONYMOUS;
	bool fits = makes_nodes(found);
	cJSON_ArrayForEach(pool, json_at(found, "nodePools")) {
		enum pool_fault fault = pool_fault(found, pool);
		fits |= fault == POOL_FITS;
		if (!nearest || fault > best) {
			nearest = pool;
			best = fault;
		}
	}
	return fits ? NULL : pool_words(best, nearest ? json_str(nearest, "name", "POOL") : "POOL", v->name, location(v));
}

/* Sidecars that start first and let a Job end are there from 1.29 on. */
static char *too_old(const struct view *v, const cJSON *found)
{
	const char *version = json_str(found, "currentMasterVersion", "");
	return has_sidecars(version)
		   ? NULL
		   : xasprintf(_("It runs Kubernetes %s, and 1.29 is needed at least. Upgrade it: gcloud container "
				 "clusters upgrade %s --location=%s --master."),
			       version, v->name, location(v));
}

static char *lacks_balancer(const struct view *v, const cJSON *found)
{
	bool off = json_bool(v->spec, "balanced", false) && json_bool(found, "addonsConfig.httpLoadBalancing.disabled", false);
	return !off ? NULL
		    : xasprintf(_("Its HTTP load balancing is off, which makes the web address. Switch it on: gcloud container "
				  "clusters update "
				  "%s --location=%s --update-addons=HttpLoadBalancing=ENABLED."),
				v->name, location(v));
}

static char *elsewhere(const struct view *v, const cJSON *found)
{
	const char *wanted = json_str(v->spec, "network", ""), *stands = json_str(found, "networkConfig.network", "");
	bool other = *wanted && *stands && strcmp(wanted, stands) != 0;
	return !other ? NULL
		      : xasprintf(_("It stands in %s, and the database would be reached in %s. Name the cluster's network, or "
				    "let connectors "
				    "alone reach the database."),
				  stands, wanted);
}

static void existing_cluster_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	static char *(*const rules[])(const struct view *v, const cJSON *found) = {
	    lacks_door, too_old, lacks_identity, lacks_machines, lacks_balancer, elsewhere};
	char *why = seen->presence == PRESENT_FAILED ? xstrdup(seen->error ? seen->error : _("it is broken.")) : NULL;
	for (size_t i = 0; !why && i < sizeof rules / sizeof *rules; i++)
		why = rules[i](v, seen->found);
	out->verdict = why ? VERDICT_REFUSE : VERDICT_KEEP;
	out->reason = why;
}

/* A Standard one with Workload Identity and a DNS endpoint. */
static void existing_cluster_beforehand(const struct view *v, cJSON *world)
{
	struct call c = {0};
	char *pool = xasprintf("%s.svc.id.goog", v->project);
	const char *network = json_str(v->spec, "network", ""), *subnet = json_str(v->spec, "subnet", "");
	cJSON *cluster = json_make(
	    "{'name':%s,'controlPlaneEndpointsConfig':{'dnsEndpointConfig':{'allowExternalTraffic':%b}},"
	    "'workloadIdentityConfig':{'workloadPool':%s},'nodePools':[{'name':'pool','initialNodeCount':%d,"
	    "'config':{'machineType':'e2-standard-4','workloadMetadataConfig':{'mode':'GKE_METADATA'}}}]}",
	    v->name, true, pool, 1);
	if (*network)
		json_put_str(cluster, "network", network);
	if (*subnet)
		json_put_str(cluster, "subnetwork", subnet);
	call_set(&c, DIALECT_NONE, "POST", json_make("{'cluster':%j}", cluster),
		 "https://container.googleapis.com/v1/projects/%s/locations/%s/clusters", v->project, location(v));
	given_made(world, v->project, &c);
	free(pool);
}

const struct kind kind_existing_cluster = {
    .id = "container.existingCluster",
    .title = N_("GKE cluster"),
    .api = "container.googleapis.com",
    .part = PART_SERVER,
    .console_page = "kubernetes/clusters/details/{location}/{name}/details",
    .log = "resource.type=\"k8s_cluster\" resource.labels.cluster_name=\"{name}\"",
    .permissions = {.read = "container.clusters.get"},
    .observe = existing_cluster_observe,
    .decode = existing_cluster_decode,
    .compare = existing_cluster_compare,
    .beforehand = existing_cluster_beforehand,
    .stays = N_("The cluster stays: it stood before this stack, and is not its own."),
    .terraform = {.none = "It was there before the stack."},
};
