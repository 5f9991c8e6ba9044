/* Resource policies: when disks are snapshotted and machines started and stopped, where machines stand to one another. A policy is put on disks and machines
 * of its region, and stays while one has it. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/cron.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char *const sorts[] = {"snapshotSchedulePolicy",     "instanceSchedulePolicy", "groupPlacementPolicy",
				    "diskConsistencyGroupPolicy", "workloadPolicy",         NULL};

/* A cycle starts at a whole hour, of UTC; it is four hours long. */
static bool cycle_ok(struct sim_call *c, cJSON *cycle)
{
	const char *start = json_str(cycle, "startTime", "");
	bool hour = strlen(start) == 5 && strspn(start, "0123456789:") == 5 && start[2] == ':' && !strcmp(start + 3, "00") &&
		    atoi(start) < 24;
	if (!hour)
		return compute_invalid(c, "snapshotSchedulePolicy.schedule", start,
				       "Start time must be in the format HH:MM and on the hour.");
	json_put_str(cycle, "duration", "PT14400S");
	return true;
}

static bool snapshots_ok(struct sim_call *c, cJSON *policy)
{
	cJSON *schedule = json_at(policy, "schedule"), *daily = json_at(schedule, "dailySchedule"),
	      *hourly = json_at(schedule, "hourlySchedule"), *days = json_at(schedule, "weeklySchedule.dayOfWeeks"), *d;
	if ((daily != NULL) + (hourly != NULL) + (days != NULL) != 1)
		return compute_required(c, "snapshotSchedulePolicy.schedule");
	if (daily && json_num(daily, "daysInCycle", 0) != 1)
		return compute_invalid(c, "snapshotSchedulePolicy.schedule.dailySchedule.daysInCycle", "", "Must be 1.");
	if (hourly && (json_num(hourly, "hoursInCycle", 0) < 1 || json_num(hourly, "hoursInCycle", 0) > 23))
		return compute_invalid(c, "snapshotSchedulePolicy.schedule.hourlySchedule.hoursInCycle", "",
				       "Must be between 1 and 23.");
	if ((daily && !cycle_ok(c, daily)) || (hourly && !cycle_ok(c, hourly)))
		return false;
	cJSON_ArrayForEach(d, days)
		if (!cycle_ok(c, d))
			return false;
	if (json_at(policy, "retentionPolicy") && !json_at(policy, "retentionPolicy.onSourceDiskDelete"))
		json_put_str(policy, "retentionPolicy.onSourceDiskDelete", "KEEP_AUTO_SNAPSHOTS");
	return true;
}

static bool schedule_ok(struct sim_call *c, const cJSON *policy)
{
	static const char *const times[] = {"vmStartSchedule", "vmStopSchedule"};
	bool some = false;
	struct cron read;
	for (int i = 0; i < 2; i++) {
		const char *said = json_str(json_at(policy, times[i]), "schedule", "");
		some = some || *said;
		if (*said && !cron_parse(said, &read))
			return compute_invalid(c, sim_tmp("instanceSchedulePolicy.%s.schedule", times[i]), said,
					       "Schedule must be a valid cron expression.");
	}
	if (!some)
		return compute_required(c, "instanceSchedulePolicy.vmStartSchedule");
	const char *zone = json_str(policy, "timeZone", "");
	if (!*zone)
		return compute_required(c, "instanceSchedulePolicy.timeZone");
	return cron_zone_there(zone) ||
	       compute_invalid(c, "instanceSchedulePolicy.timeZone", zone, "Time zone must be a valid IANA time zone.");
}

static bool compute_schedules_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	int given = 0;
	(void)old;
	for (int i = 0; sorts[i]; i++)
		given += json_at(doc, sorts[i]) != NULL;
	if (given > 1)
		return compute_invalid(c, "", "", "Only one policy can be specified.");
	if (!given)
		return compute_required(c, "snapshotSchedulePolicy");
	return (!json_at(doc, sorts[0]) || snapshots_ok(c, json_at(doc, sorts[0]))) &&
	       (!json_at(doc, sorts[1]) || schedule_ok(c, json_at(doc, sorts[1])));
}

/* On and off. -------------------------------------------------------------------------------------------------------------- */
/* The policy of this link; NULL: answered. */
static const struct sim_object *policy_named(struct sim_call *c, const char *link)
{
	const char *path = compute_path(c->sim, c->project, link);
	const struct sim_object *o = path ? compute_find(c->sim, path) : NULL;
	if (!path || (o && strcmp(o->collection, compute_collection(&compute_schedule_kind))))
		compute_invalid(c, "resourcePolicies[0]", link, "The URL is malformed.");
	else if (!o)
		compute_not_found(c, path);
	else
		return o;
	return NULL;
}

/* May Google's own account start and stop the machine? */
static bool agent_may(struct sim_call *c, const char *machine)
{
	static const char *const needed[] = {"compute.instances.start", "compute.instances.stop"};
	const char *agent = sim_tmp("service-%s@compute-system.iam.gserviceaccount.com",
				    sim_project_number(c->sim, c->project));
	for (int i = 0; i < 2; i++)
		if (!sim_allowed(c->sim, sim_tmp("serviceAccount:%s", agent), needed[i], c->project,
				 sim_tmp("//compute.googleapis.com/%s", machine))) {
			sim_fail_with(c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL,
				      "Compute Engine System service account %s needs to have "
				      "[compute.instances.start,compute.instances.stop] permissions applied in order to "
				      "perform this operation.",
				      agent);
			return false;
		}
	return true;
}

static bool fits(struct sim_call *c, const char *key, const struct sim_object *policy)
{
	bool machine = strstr(key, "/instances/") != NULL, snapshots = json_at(policy->doc, sorts[0]) != NULL;
	char region[40];
	const char *of = strstr(policy->key, "/regions/") + strlen("/regions/");
	if (strcmp(sim_tmp("%.*s", (int)strcspn(of, "/"), of), compute_zone_region(sim_param(c, "zone"), region)))
		return compute_invalid(c, "resourcePolicies[0]", compute_link(policy->key),
				       "The resource policy must be in the region of the resource.");
	if (machine == snapshots)
		return compute_invalid(c, "resourcePolicies[0]", compute_link(policy->key),
				       machine ? "Snapshot schedule policies cannot be attached to instances."
					       : "The resource policy cannot be attached to disks.");
	return !json_at(policy->doc, sorts[1]) || agent_may(c, key);
}

bool compute_schedules_fit(struct sim_call *c, const char *key, cJSON *links)
{
	cJSON *l;
	cJSON_ArrayForEach(l, links) {
		const struct sim_object *policy = policy_named(c, l->valuestring);
		if (!policy || !fits(c, key, policy))
			return false;
		cJSON_SetValuestring(l, compute_link(policy->key));
	}
	return true;
}

/* Puts one more into the list of those that are on, or takes one out. */
static bool put_one(struct sim_call *c, const struct sim_object *o, cJSON *now, const char *link, bool add)
{
	const struct sim_object *policy = policy_named(c, link);
	const char *full = policy ? compute_link(policy->key) : "";
	if (!policy)
		return false;
	if (json_lists(now, full) == add)
		return compute_invalid(c, "resourcePolicies[0]", full,
				       add ? "The resource policy is already attached."
					   : "The resource policy is not attached.");
	if (add && !fits(c, o->key, policy))
		return false;
	if (add) {
		cJSON_AddItemToArray(now, cJSON_CreateString(full));
		return true;
	}
	int i = 0;
	while (strcmp(cJSON_GetArrayItem(now, i)->valuestring, full))
		i++;
	cJSON_DeleteItemFromArray(now, i);
	return true;
}

static void compute_schedules_put(struct sim_call *c)
{
	bool add = strstr(c->id, ".add") != NULL;
	struct sim_object *o = compute_ready_target(c);
	const cJSON *asked = json_at(c->body, "resourcePolicies"), *one;
	if (!o)
		return;
	if (!asked || !asked->child) {
		compute_required(c, "resourcePolicies");
		return;
	}
	if (add && asked->child->next && text_starts(c->id, "compute.disks.")) {
		compute_invalid(c, "resourcePolicies", "", "You can only specify one resource policy.");
		return;
	}
	cJSON *had = json_at(o->doc, "resourcePolicies"), *now = had ? cJSON_Duplicate(had, true) : cJSON_CreateArray();
	cJSON_ArrayForEach(one, asked)
		if (!put_one(c, o, now, one->valuestring, add)) {
			cJSON_Delete(now);
			return;
		}
	json_drop(o->doc, "resourcePolicies");
	sim_put_list(o->doc, "resourcePolicies", now);
	compute_begin(c, o, add ? "addResourcePolicies" : "removeResourcePolicies", sim_draw(c->sim, "compute.default.update"),
		      true, NULL);
}

const struct compute_kind compute_schedule_kind = {
    .plural = "resourcePolicies",
    .resources = "resourcePolicies",
    .kind = "compute#resourcePolicy",
    .word = "resource_policy",
    .used_by = "disks instances",
    .output = "status resourceStatus",
    .defaults = "{'status':'READY'}",
    .insert = "compute.default.insert",
    .change = "compute.default.update",
    .remove = "compute.default.delete",
    .check = compute_schedules_check,
};

static const struct sim_route routes[] = {
    COMPUTE_BASICS("resourcePolicies", "resourcePolicies"),
    {"compute.resourcePolicies.aggregatedList", compute_aggregated, "compute.resourcePolicies.list", NULL},
    {"compute.resourcePolicies.patch", compute_patch, "compute.resourcePolicies.update", NULL},
    COMPUTE_POLICIES("resourcePolicies"),
    {"compute.instances.addResourcePolicies", compute_schedules_put, "compute.instances.addResourcePolicies", NULL},
    {"compute.instances.removeResourcePolicies", compute_schedules_put, "compute.instances.removeResourcePolicies", NULL},
    {"compute.disks.addResourcePolicies", compute_schedules_put, "compute.disks.addResourcePolicies", NULL},
    {"compute.disks.removeResourcePolicies", compute_schedules_put, "compute.disks.removeResourcePolicies", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_schedules, routes, NULL);
