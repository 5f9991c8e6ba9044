/* A GKE cluster that stands already and is not this stack's: looked at before anything is made, never created, changed or deleted. What keeps the stack
 * from living in it is a refusal that says the cure.
 * spec: {"location","network":PATH where the stack counts on one,"subnet":PATH of its own there where the cluster's place has one,"balanced":does Google's load balancer stand before it,
 * "cpu","memory": what a pod of the stack asks for, in CPUs and GiB,"outward":does a pod go to the internet for its database}. Outputs: name, host and ca of its API
 * server (ca "": the DNS endpoint, with Google's own certificate), endpoint ("dns", "ip": which that is), nodes (the accounts that pull images, as members of policies), selector (which nodes give
 * pods their own identity). */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"
#include "gcp/node_pools.h"
#include "gcp/way_out.h"

#include "base/encode.h"
#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDPOINTS "controlPlaneEndpointsConfig"
#define IP ENDPOINTS ".ipEndpointsConfig"

static const char *location(const struct view *v)
{
	return json_str(v->spec, "location", "");
}

/* Where it is, for a line of gcloud's, which may have another project as its own. The caller frees. */
static char *place_of(const struct view *v)
{
	return xasprintf("%s --project=%s", location(v), v->project);
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

/* The way out ---------------------------------------------------------------------------------------------------------------------- */

/* Have its machines no address of their own? */
static bool is_hidden(const cJSON *found)
{
	const cJSON *pool;
	cJSON_ArrayForEach(pool, json_at(found, "nodePools"))
		if (!json_bool(pool, "networkConfig.enablePrivateNodes", true))
			return false;
	return json_bool(found, "networkConfig.defaultEnablePrivateNodes",
			 json_bool(found, "privateClusterConfig.enablePrivateNodes", false));
}

/* "us-central1" of "us-central1-a" and of itself. */
static char *region_of(const struct view *v)
{
	const char *place = location(v), *dash = strrchr(place, '-');
	bool zone = dash && strlen(dash) == 2;
	return xstrndup(place, zone ? (size_t)(dash - place) : strlen(place));
}

/* The network and the region that its machines are in, and who has them, as far as those are names: they come to stand in lines for the shell. owner and
 * region are the caller's to free. */
static struct way_out way_of(const struct view *v, const cJSON *found, char **owner, char **region)
{
	const char *path = escape_name(json_str(found, "networkConfig.network", ""), "");
	path += text_starts(path, "projects/") ? strlen("projects/") : strlen(path);
	*owner = xstrndup(path, strcspn(path, "/"));
	*region = region_of(v);
	return (struct way_out){.project = *owner,
				.region = *region,
				.network = escape_name(json_str(found, "network", ""), ""),
				.subnet = escape_name(json_str(found, "subnetwork", ""), "")};
}

static bool goes_out(const struct view *v, const struct observation *seen)
{
	return seen->presence == PRESENT_YES && json_bool(v->spec, "outward", false) && is_hidden(seen->found);
}

/* The connector goes to the database's public address: by the machine's own, or by the way out of its network. That is looked at where one may, and no
 * permission is asked of anybody for it. */
static void existing_cluster_observe_more(const struct view *v, const struct observation *seen, struct call *out)
{
	char *owner, *region;
	if (!goes_out(v, seen))
		return;
	struct way_out w = way_of(v, seen->found, &owner, &region);
	way_out_ask(&w, seen->found, out);
	free(region);
	free(owner);
}

static void existing_cluster_decode_more(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	(void)v;
	way_out_told(http, reply, out->found);
}

static char *lacks_nat(const struct way_out *w)
{
	char *place = xasprintf("%s --project=%s", w->region, w->project);
	char *why = xasprintf(
	    _("Its machines have no address of their own, and there is no Cloud NAT for their subnet %s, so that the server "
	      "does not reach the database. Make one: gcloud compute routers create mlflow-nat --network=%s --region=%s, "
	      "then "
	      "gcloud compute routers nats create mlflow-nat --router=mlflow-nat --region=%s "
	      "--auto-allocate-nat-external-ips "
	      "--nat-all-subnet-ip-ranges. Or choose a private way in database.path."),
	    w->subnet, w->network, place, place);
	free(place);
	return why;
}

/* Why its machines do not get out, or what makes that doubtful; nothing of either where it was not looked at, or they do. */
static char *judge_way_out(const struct view *v, const struct observation *seen, char **caution)
{
	char *owner, *region;
	if (!goes_out(v, seen))
		return NULL;
	struct way_out w = way_of(v, seen->found, &owner, &region);
	enum way_out_verdict way = way_out_judge(&w, seen->found, way_out_router(&w, seen->found, "") != NULL);
	char *why = way == WAY_OUT_NONE ? lacks_nat(&w) : way == WAY_OUT_UNROUTED ? way_out_unrouted(&w) : NULL;
	*caution = way == WAY_OUT_DOUBTED ? way_out_caution(&w) : NULL;
	free(region);
	free(owner);
	return why;
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

static void put_nodes(const struct view *v, const cJSON *found, cJSON *outputs)
{
	cJSON *members = cJSON_CreateArray(), *selector = cJSON_CreateObject();
	const cJSON *pool;
	const char *later = json_str(found, "autoscaling.autoprovisioningNodePoolDefaults.serviceAccount", NULL);
	cJSON_ArrayForEach(pool, json_at(found, "nodePools"))
		add_account(v, members, json_str(pool, "config.serviceAccount", "default"));
	if (later || node_pools_grow(found))
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
	char *place = place_of(v);
	kind_say(out, PRESENT_FAILED,
		 _("GKE says that it is not in order (%s): %.*s. See all of it: gcloud container clusters describe %s "
		   "--location=%s."),
		 json_str(out->found, "status", ""), (int)(len && why[len - 1] == '.' ? len - 1 : len), why, v->name, place);
	free(place);
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
	char *place = place_of(v);
	char *why = has_door(found)
			? NULL
			: xasprintf(_("Nothing reaches its API server from outside. Open its DNS endpoint, which IAM guards: "
				      "gcloud container clusters update %s --location=%s --enable-dns-access."),
				    v->name, place);
	free(place);
	return why;
}

static char *lacks_identity(const struct view *v, const cJSON *found)
{
	const char *pool = json_str(found, "workloadIdentityConfig.workloadPool", "");
	char *wanted = xasprintf("%s.svc.id.goog", v->project), *place = place_of(v);
	bool has = !strcmp(pool, wanted);
	char *why =
	    has ? NULL
		: xasprintf(_("It has no Workload Identity, by which the server signs in without a key. Switch it on: gcloud "
			      "container clusters update %s --location=%s --workload-pool=%s.svc.id.goog, then for a node pool "
			      "--workload-metadata=GKE_METADATA."),
			    v->name, place, v->project);
	free(wanted);
	free(place);
	return why;
}

/* Sidecars that start first and let a Job end are there from 1.29 on. */
static char *too_old(const struct view *v, const cJSON *found)
{
	const char *version = json_str(found, "currentMasterVersion", "");
	char *place = place_of(v);
	char *why = node_pools_recent(version)
			? NULL
			: xasprintf(_("It runs Kubernetes %s, and 1.29 is needed at least. Upgrade it: gcloud container "
				      "clusters upgrade %s --location=%s --master."),
				    version, v->name, place);
	free(place);
	return why;
}

static char *lacks_balancer(const struct view *v, const cJSON *found)
{
	bool off = json_bool(v->spec, "balanced", false) && json_bool(found, "addonsConfig.httpLoadBalancing.disabled", false);
	char *place = place_of(v);
	char *why = !off ? NULL
			 : xasprintf(
			       _("Its HTTP load balancing is off, which makes the web address. Switch it on: gcloud container "
				 "clusters update "
				 "%s --location=%s --update-addons=HttpLoadBalancing=ENABLED."),
			       v->name, place);
	free(place);
	return why;
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
	    lacks_door, too_old, lacks_identity, node_pools_unfit, lacks_balancer, elsewhere};
	char *why = seen->presence == PRESENT_FAILED ? xstrdup(seen->error ? seen->error : _("it is broken.")) : NULL;
	for (size_t i = 0; !why && i < sizeof rules / sizeof *rules; i++)
		why = rules[i](v, seen->found);
	if (!why)
		why = judge_way_out(v, seen, &out->caution);
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
	    "'config':{'machineType':%s,'workloadMetadataConfig':{'mode':'GKE_METADATA'}}}]}",
	    v->name, true, pool, 1, node_pools_type(v->spec));
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
    .observe_more = existing_cluster_observe_more,
    .decode = existing_cluster_decode,
    .decode_more = existing_cluster_decode_more,
    .compare = existing_cluster_compare,
    .beforehand = existing_cluster_beforehand,
    .stays = N_("The cluster stays: it stood before this stack, and is not its own."),
    .terraform = {.none = "It was there before the stack."},
};
