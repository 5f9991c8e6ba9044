/* Autoscalers of managed instance groups, zonal and regional. Nothing puts load on a group here, so that an autoscaler keeps it between its
 * smallest and largest size, and moves it no further. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Whose group is this already? */
static bool taken(struct sim *s, const cJSON *doc)
{
	const char *target = json_str(doc, "target", "");
	bool taken = false;
	for (struct sim_object *o = sim_first(s, "compute.autoscalers", "projects/"); o && !taken;
	     o = sim_following(s, o, "projects/"))
		taken = !strcmp(json_str(o->doc, "target", ""), target) &&
			strcmp(json_str(o->doc, "name", ""), json_str(doc, "name", ""));
	return taken;
}

static bool policy_ok(struct sim_call *c, const cJSON *policy)
{
	double least = json_num(policy, "minNumReplicas", 2), most = json_num(policy, "maxNumReplicas", 0);
	double cpu = json_num(policy, "cpuUtilization.utilizationTarget", 0.6),
	       load = json_num(policy, "loadBalancingUtilization.utilizationTarget", 0.8);
	if (!json_at(policy, "maxNumReplicas"))
		return compute_required(c, "autoscalingPolicy.maxNumReplicas");
	if (least < 0)
		return compute_invalid(c, "autoscalingPolicy.minNumReplicas", "", "Must be greater than or equal to 0.");
	if (most < least || most < 1)
		return compute_invalid(c, "autoscalingPolicy.maxNumReplicas", "",
				       "Max number of replicas must not be less than the min number of replicas.");
	if (cpu <= 0 || cpu > 1)
		return compute_invalid(c, "autoscalingPolicy.cpuUtilization.utilizationTarget", "",
				       "Must be greater than 0 and at most 1.");
	if (load <= 0)
		return compute_invalid(c, "autoscalingPolicy.loadBalancingUtilization.utilizationTarget", "",
				       "Must be greater than 0.");
	return true;
}

static bool compute_autoscalers_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	(void)old;
	cJSON *policy = json_at(doc, "autoscalingPolicy");
	if (!*json_str(doc, "target", ""))
		return compute_required(c, "target");
	if (!strstr(json_str(doc, "target", ""), "/instanceGroupManagers/"))
		return compute_invalid(c, "target", json_str(doc, "target", ""), "The URL is malformed.");
	if (!policy)
		return compute_required(c, "autoscalingPolicy");
	if (!policy_ok(c, policy))
		return false;
	if (taken(c->sim, doc)) {
		sim_fail(c, "INVALID_ARGUMENT", "resourceInUse", "The managed instance group '%s' is already being autoscaled.",
			 json_str(doc, "target", ""));
		return false;
	}
	bool signals = json_at(policy, "cpuUtilization") || json_at(policy, "loadBalancingUtilization") ||
		       json_at(policy, "customMetricUtilizations.0") || json_at(policy, "scalingSchedules");
	cJSON *defaults = json_make(
	    signals ? "{'minNumReplicas':2,'coolDownPeriodSec':60,'mode':'ON'}"
		    : "{'minNumReplicas':2,'coolDownPeriodSec':60,'mode':'ON','cpuUtilization':{'utilizationTarget':0.6}}");
	sim_fill(policy, defaults);
	cJSON_Delete(defaults);
	if (json_at(policy, "cpuUtilization") && !json_at(policy, "cpuUtilization.predictiveMethod"))
		json_put_str(policy, "cpuUtilization.predictiveMethod", "NONE");
	json_put_str(doc, "status", "ACTIVE");
	return true;
}

/* The group is as large as its autoscaler wants. False when that answered the call. */
static bool apply(struct sim_call *c, cJSON *doc)
{
	struct sim_object *group = compute_find(c->sim, json_str(doc, "target", ""));
	int least = (int)json_num(doc, "autoscalingPolicy.minNumReplicas", 2),
	    most = (int)json_num(doc, "autoscalingPolicy.maxNumReplicas", 2);
	int size = group ? (int)json_num(group->doc, "targetSize", 0) : 0, wanted = size < least  ? least
										    : size > most ? most
												  : size;
	json_put_num(doc, "recommendedSize", wanted);
	if (!group || wanted == size || strcmp(json_str(doc, "autoscalingPolicy.mode", "ON"), "ON"))
		return true;
	json_put_num(group->doc, "targetSize", wanted);
	return compute_manager_fit(c, group);
}

/* The name stands in the query, or in the body. */
static const char *name_of(const struct sim_call *c)
{
	return sim_tmp("%s", *sim_param(c, "autoscaler") ? sim_param(c, "autoscaler") : json_str(c->body, "name", ""));
}

static struct sim_object *written(struct sim_call *c, const char *name)
{
	struct buf path = {0};
	struct sim_object *o = NULL;
	if (compute_scope(c, &path)) {
		buf_printf(&path, "autoscalers/%s", name);
		o = sim_get(c->sim, "compute.autoscalers", buf_text(&path));
		if (!o)
			sim_fail(c, "NOT_FOUND", "notFound", "The resource '%s' was not found", buf_text(&path));
	}
	buf_free(&path);
	return o;
}

static void autoscaler_insert(struct sim_call *c)
{
	const char *name = name_of(c);
	compute_insert(c);
	struct sim_object *o = c->reply->status < 400 ? written(c, name) : NULL;
	if (o)
		apply(c, o->doc);
}

static void change(struct sim_call *c, bool whole)
{
	struct sim_object *o = compute_repeated(c) ? NULL : written(c, name_of(c));
	if (!o || compute_busy(c, o))
		return;
	cJSON *doc = cJSON_Duplicate(o->doc, true), *body = sim_take_body(c);
	if (whole)
		json_drop(doc, "autoscalingPolicy");
	json_drop(body, "name");
	sim_merge_patch(doc, body);
	cJSON_Delete(body);
	if (!compute_links(c, &compute_autoscaler_kind, doc) || !compute_autoscalers_check(c, doc, o) || !apply(c, doc)) {
		cJSON_Delete(doc);
		return;
	}
	cJSON_Delete(o->doc);
	o->doc = doc;
	compute_begin(c, o, whole ? "update" : "patch", sim_draw(c->sim, "compute.default.update"), true, NULL);
}

static void autoscaler_patch(struct sim_call *c)
{
	change(c, false);
}

static void autoscaler_update(struct sim_call *c)
{
	change(c, true);
}

const struct compute_kind compute_autoscaler_kind = {
    .plural = "autoscalers",
    .resources = "autoscalers regionAutoscalers",
    .kind = "compute#autoscaler",
    .word = "autoscaler",
    .links = "target",
    .output = "status recommendedSize",
    .insert = "compute.default.update",
    .change = "compute.default.update",
    .remove = "compute.default.update",
    .check = compute_autoscalers_check,
};

#define AUTOSCALERS(r)                                                                                                         \
	{"compute." r ".get", compute_get, "compute.autoscalers.get", NULL},                                                   \
	    {"compute." r ".list", compute_list, "compute.autoscalers.list", NULL},                                            \
	    {"compute." r ".insert", autoscaler_insert, "compute.autoscalers.create", NULL},                                   \
	    {"compute." r ".patch", autoscaler_patch, "compute.autoscalers.update", NULL},                                     \
	    {"compute." r ".update", autoscaler_update, "compute.autoscalers.update", NULL},                                   \
	{                                                                                                                      \
		"compute." r ".delete", compute_delete, "compute.autoscalers.delete", NULL                                     \
	}

static const struct sim_route routes[] = {
    AUTOSCALERS("autoscalers"),
    {"compute.autoscalers.aggregatedList", compute_aggregated, "compute.autoscalers.list", NULL},
    AUTOSCALERS("regionAutoscalers"),
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_autoscalers, routes, NULL);
