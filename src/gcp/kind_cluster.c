/* A GKE Autopilot cluster. spec: {"region","body":{...} in the words of Cluster}. Outputs: name, host (of its API server's DNS endpoint: Google's own
 * certificate, IAM before anything else). Google changes much of it by itself; what is compared is what was asked for. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define BASE "https://container.googleapis.com/v1/projects/%s/locations/%s/clusters"
#define ENDPOINTS "controlPlaneEndpointsConfig"

static const char *region(const struct view *v)
{
	return json_str(v->spec, "region", "");
}

static void cluster_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "/%s", v->project, region(v), v->name);
}

static void cluster_list(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE, v->project, region(v));
}

static void read_status(struct observation *out)
{
	const char *status = json_str(out->found, "status", "");
	if (!strcmp(status, "ERROR") || !strcmp(status, "DEGRADED"))
		kind_say(out, PRESENT_FAILED, "%s",
			 json_str(out->found, "conditions.0.message", json_str(out->found, "statusMessage", status)));
	else if (strcmp(status, "RUNNING") != 0)
		out->presence = PRESENT_PENDING;
}

static void cluster_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_labels(v, http, reply, "resourceLabels", out);
	if (out->outputs) {
		json_put_str(out->outputs, "name", v->name);
		json_put_str(out->outputs, "host", json_str(out->found, ENDPOINTS ".dnsEndpointConfig.endpoint", ""));
		json_put_str(out->outputs, "ca", ""); /* Google's own vouch for it */
	}
	if (out->presence == PRESENT_YES)
		read_status(out);
}

static cJSON *wanted(const struct view *v)
{
	cJSON *w = kind_copy(v, "body");
	json_put_str(w, "name", v->name);
	json_put(w, "resourceLabels", kind_labels(v));
	return w;
}

/* Of how node machines are made, Google tells in one place what was given in another; it is fixed when the cluster is made. */
static void cluster_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	static const char *const untold[] = {"autoscaling", NULL};
	static const char *const fixed[] = {"autopilot",          "network", "subnetwork", "networkConfig",
					    "ipAllocationPolicy", "name",    NULL};
	cJSON *w = wanted(v);
	kind_compare_leaves(w, seen->found, untold, out);
	kind_compare_shed(v, seen->found, "resourceLabels", out);
	kind_refuse_changed(out, fixed,
			    _("a cluster cannot be moved or change its mode; remove it, or choose another stack name"));
	cJSON_Delete(w);
}

static void cluster_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_CONTAINER, "POST", json_make("{'cluster':%j}", wanted(v)), BASE, v->project, region(v));
}

static bool differs_in(const struct change *change, const char *field)
{
	for (size_t i = 0; i < change->count; i++)
		if (text_starts(change->differences[i].path, field))
			return true;
	return false;
}

/* One field at a time is what the API takes; the next is asked for when this one is seen. */
static void cluster_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	bool channel = differs_in(change, "releaseChannel");
	if (differs_in(change, "resourceLabels")) {
		cJSON *labels = kind_labels_over(v, json_at(seen->found, "resourceLabels"));
		call_set(out, DIALECT_CONTAINER, "POST",
			 json_make("{'labelFingerprint':%s,'resourceLabels':%j}", json_str(seen->found, "labelFingerprint", ""),
				   labels),
			 BASE "/%s", v->project, region(v), v->name);
		call_tail(out, ":setResourceLabels");
		return;
	}
	cJSON *update = cJSON_CreateObject();
	json_put(update, channel ? "desiredReleaseChannel" : "desiredControlPlaneEndpointsConfig",
		 kind_copy(v, channel ? "body.releaseChannel" : "body." ENDPOINTS));
	call_set(out, DIALECT_CONTAINER, "PUT", json_make("{'update':%j}", update), BASE "/%s", v->project, region(v), v->name);
}

static void cluster_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_CONTAINER, "DELETE", NULL, BASE "/%s", v->project, region(v), v->name);
}

/* The fee of 0.10 dollars an hour; one cluster of a billing account is free of it, which is not known here. */
static double cluster_monthly(const cJSON *spec, const char *region)
{
	(void)spec, (void)region;
	return 0.10 * 730;
}

static const char *const cluster_moves[] = {"autopilot.enabled",
					    "enableAutopilot",
					    "autopilot",
					    "",
					    "ipAllocationPolicy.useIpAliases",
					    "",
					    "networkConfig.defaultEnablePrivateNodes",
					    "privateClusterConfig.enablePrivateNodes",
					    "networkConfig",
					    "",
					    "autoscaling.autoprovisioningNodePoolDefaults",
					    "clusterAutoscaling.autoProvisioningDefaults",
					    "autoscaling",
					    "",
					    NULL};

static cJSON *cluster_terraform(const struct view *v)
{
	return wanted(v);
}

const struct kind kind_cluster = {
    .id = "container.cluster",
    .title = N_("GKE cluster"),
    .api = "container.googleapis.com",
    .keyed = true,
    .part = PART_SERVER,
    .console_page = "kubernetes/clusters/details/{region}/{name}/details",
    .log = "resource.type=\"k8s_cluster\" resource.labels.cluster_name=\"{name}\"",
    .permissions = {.read = "container.clusters.get",
		    .list = "container.clusters.list",
		    .create = "container.clusters.create container.operations.get iam.serviceAccounts.actAs",
		    .update = "container.clusters.update container.operations.get",
		    .destroy = "container.clusters.delete container.operations.get"},
    .usual = 420,
    .slow = 600,
    .deadline = 2700,
    .labelled = true,
    .gate = true,
    .billable = true,
    .monthly = cluster_monthly,
    .observe = cluster_observe,
    .list = cluster_list,
    .items = "clusters",
    .decode = cluster_decode,
    .compare = cluster_compare,
    .create = cluster_create,
    .update = cluster_update,
    .destroy = cluster_destroy,
    .terraform =
	{.type = "google_container_cluster",
	 .place = "location",
	 .import = "projects/{project}/locations/{region}/clusters/{name}",
	 .body = cluster_terraform,
	 .moves = cluster_moves,
	 .ignores = "resource_labels",
	 .comment =
	     "What stands in it is not here: its objects are files beside this folder, for kubectl apply --server-side."},
};
