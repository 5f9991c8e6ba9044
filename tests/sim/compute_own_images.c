/* Images of a project's own: what they are made of, families, those out of use, and what is made of them. */
#include "config.h"
#include "tests/sim/cloud.h"

#define ZONE COMPUTE "zones/us-central1-a/"
#define IMAGES COMPUTE "global/images"
#define LINK "https://www.googleapis.com/compute/v1/projects/demo-proj/global/images/"

static void machine(const char *name, const char *image)
{
	act("POST", ZONE "instances",
	    json_make("{'name':%s,'machineType':'zones/us-central1-a/machineTypes/e2-small','disks':[{'boot':true,"
		      "'initializeParams':{'sourceImage':%s}}],'networkInterfaces':[{'network':'global/networks/default'}]}",
		      name, image));
}

static void made(void)
{
	machine("m1", "projects/debian-cloud/global/images/family/debian-12");
	refuse("POST", IMAGES, json_make("{'name':'i1','sourceDisk':'zones/us-central1-a/disks/m1'}"), 400,
	       "resourceInUseByAnotherResource",
	       "The disk resource 'projects/demo-proj/zones/us-central1-a/disks/m1' is already being used by "
	       "'projects/demo-proj/zones/us-central1-a/instances/m1'");
	act("POST", IMAGES "?forceCreate=true",
	    json_make("{'name':'i1','family':'mlflow','sourceDisk':'zones/us-central1-a/disks/m1','labels':{'a':'b'}}"));
	act("POST", ZONE "instances/m1/stop", NULL);
	act("POST", IMAGES, json_make("{'name':'i2','family':'mlflow','sourceDisk':'zones/us-central1-a/disks/m1'}"));
	cJSON *i = asks("GET", IMAGES "/i1", NULL, 200);
	is_str(json_str(i, "status", ""), "READY", "an image is ready in the end");
	is_str(json_str(i, "diskSizeGb", ""), "10", "as large as its disk");
	is_str(json_str(i, "labels.a", ""), "b", "with its labels");
	ok(json_at(i, "licenses.0") && *json_str(i, "sourceDiskId", ""), "it tells what it is made of");
	act("POST", IMAGES, json_make("{'name':'i3','sourceImage':'global/images/family/mlflow'}"));
	is_str(json_str(asks("GET", IMAGES "/i3", NULL, 200), "sourceImage", ""), LINK "i2", "an image of an image");
	act("POST", ZONE "disks/m1/createSnapshot", json_make("{'name':'s1'}"));
	act("POST", IMAGES, json_make("{'name':'i4','sourceSnapshot':'global/snapshots/s1'}"));
	act("POST", IMAGES,
	    json_make("{'name':'i5','rawDisk':{'source':'https://storage.googleapis.com/some-bucket/disk.tar.gz'}}"));
	is_int(cJSON_GetArraySize(json_at(asks("GET", IMAGES, NULL, 200), "items")), 5, "all are listed");
}

static void used(void)
{
	is_str(json_str(asks("GET", IMAGES "/family/mlflow", NULL, 200), "name", ""), "i2", "the newest of the family");
	machine("m2", "global/images/family/mlflow");
	is_str(json_str(asks("GET", ZONE "disks/m2", NULL, 200), "sourceImage", ""), LINK "i2", "a machine is made of it");
	act("POST", ZONE "disks", json_make("{'name':'d1','sourceImage':'projects/demo-proj/global/images/i1'}"));
	is_str(json_str(asks("GET", ZONE "disks/d1", NULL, 200), "sourceImage", ""), LINK "i1", "so is a disk");
	act("POST", IMAGES "/i2/deprecate", json_make("{'state':'DEPRECATED'}"));
	is_str(json_str(asks("GET", IMAGES "/family/mlflow", NULL, 200), "name", ""), "i1", "without those out of use");
	act("POST", ZONE "disks", json_make("{'name':'d2','sourceImage':'global/images/i2'}"));
	act("POST", IMAGES "/i2/deprecate", json_make("{'state':'OBSOLETE'}"));
	asks("POST", ZONE "disks", json_make("{'name':'d3','sourceImage':'global/images/i2'}"), 400);
	act("POST", IMAGES "/i2/deprecate", json_make("{'state':'ACTIVE'}"));
	ok(!json_at(asks("GET", IMAGES "/i2", NULL, 200), "deprecated"), "it is in use again");
	act("PATCH", IMAGES "/i2", json_make("{'family':'other'}"));
	is_str(json_str(asks("GET", IMAGES "/family/other", NULL, 200), "name", ""), "i2", "of another family");
	act("DELETE", IMAGES "/i1", NULL);
	asks("GET", IMAGES "/i1", NULL, 404);
	asks("GET", IMAGES "/family/mlflow", NULL, 404);
}

static void refused(void)
{
	asks("POST", IMAGES, json_make("{'name':'x'}"), 400);
	asks("POST", IMAGES,
	     json_make("{'name':'x','sourceImage':'global/images/i2','sourceDisk':'zones/us-central1-a/disks/m1'}"), 400);
	asks("POST", IMAGES, json_make("{'name':'x','sourceDisk':'zones/us-central1-a/disks/none'}"), 404);
	refuse("POST", IMAGES, json_make("{'name':'x','sourceImage':'global/images/none'}"), 400, "invalid",
	       "Invalid value for field 'resource.sourceImage': 'global/images/none'. The referenced image resource cannot be "
	       "found.");
	refuse(
	    "POST", IMAGES, json_make("{'name':'X','sourceImage':'global/images/i2'}"), 400, "invalid",
	    "Invalid value for field 'resource.name': 'X'. Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'");
	refuse("POST", IMAGES, json_make("{'name':'i2','sourceImage':'global/images/i2'}"), 409, "alreadyExists",
	       "The resource 'projects/demo-proj/global/images/i2' already exists");
	asks("DELETE", IMAGES "/none", NULL, 404);
	refuse("GET", "compute.googleapis.com/compute/v1/projects/no-such-project/global/images", NULL, 404, "notFound",
	       "The resource 'projects/no-such-project' was not found");
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	struct scratch own;
	scratch_begin(&own);
	made();
	used();
	refused();
	scratch_end(&own);
	sim_free(cloud);
	return tap_done();
}
