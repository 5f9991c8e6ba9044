/* U24: resource policies on disks and machines, the project's metadata, a machine's scheduling. */
#include "config.h"
#include "tests/sim/cloud.h"

#define POLICIES COMPUTE "regions/us-central1/resourcePolicies"
#define DISK COMPUTE "zones/us-central1-a/disks/d1"
#define MACHINE COMPUTE "zones/us-central1-a/instances/m1"
#define LINK "projects/demo-proj/regions/us-central1/resourcePolicies/"

static cJSON *on(const char *name)
{
	return json_make("{'resourcePolicies':[%s]}", sim_tmp(LINK "%s", name));
}

static cJSON *daily(const char *name, const char *start)
{
	return json_make("{'name':%s,'snapshotSchedulePolicy':{'schedule':{'dailySchedule':{'daysInCycle':1,'startTime':%s}},"
			 "'retentionPolicy':{'maxRetentionDays':7}}}",
			 name, start);
}

static void of_disks(void)
{
	act("POST", POLICIES, daily("nightly", "03:00"));
	cJSON *p = asks("GET", POLICIES "/nightly", NULL, 200);
	is_str(json_str(p, "status", ""), "READY", "a schedule is ready");
	is_str(json_str(p, "snapshotSchedulePolicy.schedule.dailySchedule.duration", ""), "PT14400S",
	       "its window is four hours");
	is_str(json_str(p, "snapshotSchedulePolicy.retentionPolicy.onSourceDiskDelete", ""), "KEEP_AUTO_SNAPSHOTS",
	       "snapshots are kept when their disk goes");
	asks("POST", POLICIES, daily("odd", "03:30"), 400);
	asks("POST", POLICIES, json_make("{'name':'none'}"), 400);
	act("POST", COMPUTE "zones/us-central1-a/disks", json_make("{'name':'d1','sizeGb':'10'}"));
	act("POST", DISK "/addResourcePolicies", on("nightly"));
	is_str(json_str(asks("GET", DISK, NULL, 200), "resourcePolicies.0", ""),
	       "https://www.googleapis.com/compute/v1/" LINK "nightly", "a disk has it");
	asks("POST", DISK "/addResourcePolicies", on("nightly"), 400);
	asks("POST", DISK "/addResourcePolicies", on("absent"), 404);
	is_str(json_str(asks("DELETE", POLICIES "/nightly", NULL, 400), "error.errors.0.reason", ""),
	       "resourceInUseByAnotherResource", "which keeps it");
	act("POST", DISK "/removeResourcePolicies", on("nightly"));
	ok(!json_at(asks("GET", DISK, NULL, 200), "resourcePolicies"), "it is taken off");
	act("DELETE", POLICIES "/nightly", NULL);
	asks("GET", POLICIES "/nightly", NULL, 404);
}

static cJSON *machine(const char *more)
{
	return json_make("{'name':'m2','machineType':'zones/us-central1-a/machineTypes/e2-small','disks':[%j],"
			 "'networkInterfaces':[{'network':'global/networks/default'}]}",
			 json_make(more));
}

/* What comes with a policy is held to what one is put on by. */
static void from_the_start(void)
{
#define MACHINES COMPUTE "zones/us-central1-a/instances"
	act("POST", POLICIES, daily("first", "04:00"));
	asks("POST", COMPUTE "zones/us-central1-a/disks", json_make("{'name':'d2','resourcePolicies':[%s]}", LINK "absent"),
	     404);
	asks("POST", MACHINES,
	     machine("{'boot':true,'initializeParams':{'sourceImage':'projects/cos-cloud/global/images/family/"
		     "cos-stable','resourcePolicies':['" LINK "absent']}}"),
	     404);
	asks("GET", COMPUTE "zones/us-central1-a/disks/m2", NULL, 404);
	act("POST", MACHINES,
	    machine("{'boot':true,'initializeParams':{'sourceImage':'projects/cos-cloud/global/images/family/"
		    "cos-stable','resourcePolicies':['" LINK "first']}}"));
	is_str(json_str(asks("GET", COMPUTE "zones/us-central1-a/disks/m2", NULL, 200), "resourcePolicies.0", ""),
	       "https://www.googleapis.com/compute/v1/" LINK "first", "a machine's disk comes with its schedule");
	asks("DELETE", POLICIES "/first", NULL, 400);
	cJSON *second = machine("{'boot':true,'source':'zones/us-central1-a/disks/m2'}");
	json_put_str(second, "name", "m3");
	ok(strstr(json_str(asks("POST", MACHINES, second, 400), "error.message", ""), "is already being used by"),
	   "a disk is in one machine");
	act("DELETE", MACHINES "/m2", NULL);
	act("DELETE", COMPUTE "zones/us-central1-a/disks/m2", NULL);
	act("DELETE", POLICIES "/first", NULL);
}

/* europe-west1 is no part of europe-west12. */
static void elsewhere(void)
{
#define FAR COMPUTE "zones/europe-west12-a/disks"
#define NEAR "projects/demo-proj/regions/europe-west1/resourcePolicies/near"
	act("POST", COMPUTE "regions/europe-west1/resourcePolicies", daily("near", "05:00"));
	act("POST", FAR, json_make("{'name':'d3','sizeGb':'10'}"));
	asks("POST", FAR "/d3/addResourcePolicies", json_make("{'resourcePolicies':['" NEAR "']}"), 400);
	asks("POST", FAR, json_make("{'name':'d4','resourcePolicies':['" NEAR "']}"), 400);
	asks("POST", FAR "/d3/addResourcePolicies", json_make("{'resourcePolicies':['global/networks/default']}"), 400);
	asks("POST", FAR "/d3/addResourcePolicies", json_make("{'resourcePolicies':['" NEAR "','" NEAR "']}"), 400);
	ok(!json_at(asks("GET", FAR "/d3", NULL, 200), "resourcePolicies"), "a disk has none of another region");
	act("DELETE", FAR "/d3", NULL);
	act("DELETE", COMPUTE "regions/europe-west1/resourcePolicies/near", NULL);
}

static void of_machines(void)
{
	act("POST", POLICIES,
	    json_make(
		"{'name':'hours','instanceSchedulePolicy':{'timeZone':'Europe/Berlin','vmStartSchedule':{'schedule':'0 8 * * "
		"MON-FRI'},'vmStopSchedule':{'schedule':'0 20 * * *'}}}"));
	asks("POST", POLICIES,
	     json_make("{'name':'odd','instanceSchedulePolicy':{'timeZone':'UTC','vmStopSchedule':{'schedule':'61 * * * *'}}}"),
	     400);
	act("POST", COMPUTE "zones/us-central1-a/instances",
	    json_make("{'name':'m1','machineType':'zones/us-central1-a/machineTypes/"
		      "e2-small','disks':[{'boot':true,'autoDelete':true,"
		      "'initializeParams':{'sourceImage':'projects/debian-cloud/global/images/family/debian-12'}}],"
		      "'networkInterfaces':[{'network':'global/networks/default'}]}"));
	cJSON *no = asks("POST", MACHINE "/addResourcePolicies", on("hours"), 412);
	ok(strstr(json_str(no, "error.message", ""), "needs to have [compute.instances.start,compute.instances.stop]"),
	   "Google's agent must be allowed to start and stop it");
	cJSON *policy = cJSON_Duplicate(
	    ask("POST", "cloudresourcemanager.googleapis.com/v1/projects/demo-proj:getIamPolicy", NULL), true);
	cJSON_AddItemToArray(
	    json_at(policy, "bindings"),
	    json_make("{'role':'roles/compute.instanceAdmin.v1','members':['serviceAccount:service-123456789012@compute-"
		      "system.iam.gserviceaccount.com']}"));
	asks("POST", "cloudresourcemanager.googleapis.com/v1/projects/demo-proj:setIamPolicy",
	     json_make("{'policy':%j}", policy), 200);
	sim_advance(cloud, sim_now(cloud) + 600);
	act("POST", MACHINE "/addResourcePolicies", on("hours"));
	asks("DELETE", POLICIES "/hours", NULL, 400);
	act("POST", MACHINE "/setScheduling", json_make("{'automaticRestart':false}"));
	cJSON *m = asks("GET", MACHINE, NULL, 200);
	ok(!json_bool(m, "scheduling.automaticRestart", true), "a machine's scheduling changes");
	is_str(json_str(m, "scheduling.onHostMaintenance", ""), "MIGRATE", "in what is said");
	asks("POST", MACHINE "/setScheduling", json_make("{'provisioningModel':'SPOT'}"), 400);
	cJSON *running = asks("POST", MACHINE "/setScheduling", json_make("{'preemptible':%b}", 1), 400);
	ok(strstr(json_str(running, "error.message", ""), "must be stopped"), "a machine that runs is not made preemptible");
	act("POST", MACHINE "/stop", NULL);
	act("POST", MACHINE "/setScheduling", json_make("{'preemptible':%b}", 1));
	ok(json_bool(asks("GET", MACHINE, NULL, 200), "scheduling.preemptible", false), "one that is stopped is");
	act("DELETE", MACHINE, NULL);
	act("DELETE", POLICIES "/hours", NULL);
}

static void of_the_project(void)
{
	const char *mark = json_str(asks("GET", "compute.googleapis.com/compute/v1/projects/demo-proj", NULL, 200),
				    "commonInstanceMetadata.fingerprint", "");
	cJSON *body = json_make("{'fingerprint':%s,'items':[{'key':'enable-oslogin','value':'TRUE'}]}", mark);
	cJSON *stale = cJSON_Duplicate(body, true);
	cJSON *done = act("POST", COMPUTE "setCommonInstanceMetadata", body);
	ok(text_ends(json_str(done, "targetLink", ""), "/projects/demo-proj"), "the operation names the project");
	cJSON *p = asks("GET", "compute.googleapis.com/compute/v1/projects/demo-proj", NULL, 200);
	is_str(json_str(p, "commonInstanceMetadata.items.0.key", ""), "enable-oslogin", "the project's metadata is set");
	asks("POST", COMPUTE "setCommonInstanceMetadata", stale, 412);
}

/* Each project has its own. */
static void of_another_project(void)
{
#define OTHER "compute.googleapis.com/compute/v1/projects/other-proj"
	new_cloud("{'projects':[{'id':'demo-proj'},{'id':'other-proj','number':'210987654321','services':['compute.googleapis."
		  "com']}]}");
	act("POST", OTHER "/setCommonInstanceMetadata",
	    json_make("{'fingerprint':%s,'items':[{'key':'a','value':'b'}]}",
		      json_str(asks("GET", OTHER, NULL, 200), "commonInstanceMetadata.fingerprint", "")));
	is_str(json_str(asks("GET", OTHER, NULL, 200), "commonInstanceMetadata.items.0.key", ""), "a",
	       "a second project's is set");
	ok(!json_at(asks("GET", "compute.googleapis.com/compute/v1/projects/demo-proj", NULL, 200),
		    "commonInstanceMetadata.items"),
	   "the first one's is not");
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	struct scratch own;
	scratch_begin(&own);
	of_disks();
	from_the_start();
	elsewhere();
	of_machines();
	of_the_project();
	of_another_project();
	scratch_end(&own);
	sim_free(cloud);
	return tap_done();
}
