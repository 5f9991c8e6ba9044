/* Snapshots: taken of a disk by either call, kept when the disk goes, and what disks and machines are made from. */
#include "config.h"
#include "tests/sim/cloud.h"

#define ZONE COMPUTE "zones/us-central1-a/"
#define SNAPSHOTS COMPUTE "global/snapshots"

static void taken(void)
{
	act("POST", ZONE "disks",
	    json_make("{'name':'d1','sizeGb':'20','sourceImage':'projects/cos-cloud/global/images/family/cos-stable'}"));
	asks("POST", ZONE "disks/d1/createSnapshot", json_make("{'name':'s1','zonal':'x'}"), 400);
	cJSON *op = asks("POST", ZONE "disks/d1/createSnapshot",
			 json_make("{'name':'s1','labels':{'a':'b'},'zone':'projects/demo-proj/global/zones/us-central1-a'}"),
			 200);
	is_str(json_str(op, "operationType", ""), "createSnapshot", "a disk is asked for a snapshot");
	ok(text_ends(json_str(op, "targetLink", ""), "/disks/d1"), "the operation is one of the disk");
	char *link = xstrdup(json_str(op, "selfLink", ""));
	is_str(json_str(asks("GET", SNAPSHOTS "/s1", NULL, 200), "status", ""), "CREATING", "it takes its time");
	refuse("POST", ZONE "disks", json_make("{'name':'early','sourceSnapshot':'global/snapshots/s1'}"), 400, "invalid",
	       "Invalid value for field 'resource.sourceSnapshot': "
	       "'https://www.googleapis.com/compute/v1/projects/demo-proj/global/snapshots/s1'. The referenced snapshot "
	       "resource is not ready.");
	ok(!json_at(finish(link), "error"), "it ends well");
	free(link);
	cJSON *s = asks("GET", SNAPSHOTS "/s1", NULL, 200);
	is_str(json_str(s, "status", ""), "READY", "then it is ready");
	is_str(json_str(s, "diskSizeGb", ""), "20", "as large as its disk");
	is_str(json_str(s, "labels.a", ""), "b", "with its labels");
	is_str(json_str(s, "storageLocations.0", ""), "us", "kept near by");
	ok(!json_at(s, "snapshotType"), "its type is told where it was said");
	ok(text_ends(json_str(s, "sourceDisk", ""), "zones/us-central1-a/disks/d1"), "it tells its disk");
	ok(json_at(s, "licenses.0") && json_at(s, "guestOsFeatures.0"), "and has what the image had");
	act("POST", SNAPSHOTS,
	    json_make(
		"{'name':'s2','sourceDisk':'projects/demo-proj/zones/us-central1-a/disks/d1','storageLocations':['eu']}"));
	s = asks("GET", SNAPSHOTS "/s2", NULL, 200);
	is_str(json_str(s, "status", ""), "READY", "one that is inserted is the same");
	is_str(json_str(s, "storageLocations.0", ""), "eu", "where it was asked for");
	is_int(cJSON_GetArraySize(json_at(asks("GET", SNAPSHOTS, NULL, 200), "items")), 2, "both are listed");
}

static void refused(void)
{
	asks("POST", SNAPSHOTS, json_make("{'name':'s3','sourceDisk':'zones/us-central1-a/disks/none'}"), 404);
	refuse("POST", SNAPSHOTS, json_make("{'name':'s3'}"), 400, "required",
	       "Required field 'resource.sourceDisk' not specified");
	refuse("POST", SNAPSHOTS, json_make("{'name':'s1','sourceDisk':'zones/us-central1-a/disks/d1'}"), 409, "alreadyExists",
	       "The resource 'projects/demo-proj/global/snapshots/s1' already exists");
	refuse("POST", ZONE "disks/d1/createSnapshot", json_make("{'name':'s1'}"), 409, "alreadyExists",
	       "The resource 'projects/demo-proj/global/snapshots/s1' already exists");
	refuse("POST", ZONE "disks/d1/createSnapshot", json_make("{}"), 400, "required",
	       "Required field 'resource.name' not specified");
	refuse("POST", ZONE "disks/d1/createSnapshot", json_make("{'name':'Bad'}"), 400, "invalid",
	       "Invalid value for field 'resource.name': 'Bad'. Must be a match of regex "
	       "'(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'");
	asks("POST", ZONE "disks/none/createSnapshot", json_make("{'name':'s3'}"), 404);
	asks("POST", ZONE "disks", json_make("{'name':'d2','sourceSnapshot':'global/snapshots/none'}"), 404);
	refuse("POST", ZONE "disks", json_make("{'name':'d2','sizeGb':'10','sourceSnapshot':'global/snapshots/s1'}"), 400,
	       "invalid",
	       "Invalid value for field 'resource.sizeGb': '10'. Requested disk size cannot be smaller than the snapshot size "
	       "(20 GB)");
	refuse("POST", ZONE "disks", json_make("{'name':'d2','type':'zones/us-central1-a/diskTypes/pd-quick'}"), 404,
	       "notFound", "The resource 'projects/demo-proj/zones/us-central1-a/diskTypes/pd-quick' was not found");
}

/* A machine's disk is made from one as well; the first disk may be gone by then. */
static void restored(void)
{
	act("DELETE", ZONE "disks/d1", NULL);
	act("POST", ZONE "disks", json_make("{'name':'d2','sourceSnapshot':'global/snapshots/s1'}"));
	cJSON *d = asks("GET", ZONE "disks/d2", NULL, 200);
	is_str(json_str(d, "sizeGb", ""), "20", "a disk of a snapshot is as large");
	ok(*json_str(d, "sourceSnapshotId", "") && text_ends(json_str(d, "sourceSnapshot", ""), "/global/snapshots/s1"),
	   "and tells it");
	act("POST", ZONE "instances",
	    json_make("{'name':'m1','machineType':'zones/us-central1-a/machineTypes/e2-small','disks':[{'boot':true,"
		      "'initializeParams':{'sourceSnapshot':'global/snapshots/s1'}}],'networkInterfaces':[{'network':'global/"
		      "networks/default'}]}"));
	ok(text_ends(json_str(asks("GET", ZONE "disks/m1", NULL, 200), "sourceSnapshot", ""), "/global/snapshots/s1"),
	   "so is a machine's");
	char *print = xstrdup(json_str(asks("GET", SNAPSHOTS "/s1", NULL, 200), "labelFingerprint", ""));
	act("POST", SNAPSHOTS "/s1/setLabels", json_make("{'labels':{'c':'d'},'labelFingerprint':%s}", print));
	free(print);
	is_str(json_str(asks("GET", SNAPSHOTS "/s1", NULL, 200), "labels.c", ""), "d", "its labels are changed");
	act("DELETE", SNAPSHOTS "/s1", NULL);
	asks("GET", SNAPSHOTS "/s1", NULL, 404);
}

/* A disk that belongs to its machine is no resource of its own. */
static void local(void)
{
#define LOCAL(kind)                                                                                                            \
	"{'name':'m2','machineType':'zones/us-central1-a/machineTypes/" kind                                                   \
	"','disks':[{'boot':true,'initializeParams':{'sourceImage':'projects/cos-cloud/global/images/family/cos-stable'}},"    \
	"{'type':'SCRATCH','autoDelete':true,'interface':'NVME','initializeParams':{'diskType':'zones/us-central1-a/diskTypes" \
	"/local-ssd'}}],'networkInterfaces':[{'network':'global/networks/default'}]}"
	asks("POST", ZONE "instances", json_make(LOCAL("e2-small")), 400);
	act("POST", ZONE "instances", json_make(LOCAL("n1-standard-1")));
	cJSON *m = asks("GET", ZONE "instances/m2", NULL, 200);
	is_str(json_str(m, "disks.1.type", ""), "SCRATCH", "a local disk");
	ok(!json_at(m, "disks.1.source"), "is none of the zone's");
	is_str(json_str(m, "disks.1.diskSizeGb", ""), "375", "of its one size");
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	struct scratch own;
	scratch_begin(&own);
	taken();
	refused();
	restored();
	local();
	scratch_end(&own);
	new_cloud("{'quotas':{'SNAPSHOTS':0}}");
	act("POST", ZONE "disks", json_make("{'name':'d1'}"));
	refuse("POST", ZONE "disks/d1/createSnapshot", json_make("{'name':'s1'}"), 403, "quotaExceeded",
	       "Quota 'SNAPSHOTS' exceeded.  Limit: 0.0 globally.");
	sim_free(cloud);
	return tap_done();
}
