/* Machine types by zone, custom ones, machines that are suspended; and what an update keeps of a backend service. */
#include "config.h"
#include "tests/sim/cloud.h"

#define TYPE(zone, name) COMPUTE "zones/" zone "/machineTypes/" name
#define VM COMPUTE "zones/us-central1-a/instances"
#define REFUSED(name, why) "Invalid value for field 'resource.machineType': '" name "'. " why

static void types(void)
{
	cJSON *t = asks("GET", TYPE("us-central1-a", "e2-custom-2-4096"), NULL, 200);
	ok(json_num(t, "guestCpus", 0) == 2 && json_num(t, "memoryMb", 0) == 4096, "a custom type has what its name says");
	t = asks("GET", TYPE("us-central1-a", "e2-custom-small-3072"), NULL, 200);
	ok(json_bool(t, "isSharedCpu", false) && json_num(t, "memoryMb", 0) == 3072, "a shared one too");
	asks("GET", TYPE("us-central1-a", "custom-1-3840"), NULL, 200);
	asks("GET", TYPE("us-central1-a", "n2-custom-4-65536-ext"), NULL, 200);
	refuse("GET", TYPE("us-central1-a", "n1-custom-1-921"), NULL, 400, "invalid",
	       REFUSED("n1-custom-1-921", "Memory should be a multiple of 256MiB, while 921MiB is requested"));
	asks("GET", TYPE("us-central1-a", "n2-custom-4-65536"), NULL, 400);
	asks("GET", TYPE("us-central1-a", "e2-custom-3-4096"), NULL, 400);
	asks("GET", TYPE("us-central1-a", "e2-custom-64-65536"), NULL, 400);
	asks("GET", TYPE("us-central1-a", "n2-custom-2-512"), NULL, 400);
	asks("GET", TYPE("us-central1-a", "n2d-custom-6-8192"), NULL, 400);
	asks("GET", TYPE("us-central1-a", "n2d-custom-12-16384"), NULL, 400);
	asks("GET", TYPE("us-central1-a", "n2d-custom-8-16384"), NULL, 200);
	asks("GET", TYPE("us-central1-a", "n2d-custom-16-16384"), NULL, 200);
	asks("GET", TYPE("us-central1-a", "n2d-custom-8-16384x"), NULL, 404);
	asks("GET", TYPE("us-central1-a", "n2-custom-4-65536-extra"), NULL, 404);
	asks("GET", TYPE("us-central1-a", "e2-custom-4-65536-ext"), NULL, 404);
	asks("GET", TYPE("us-central1-a", "c2-custom-4-8192"), NULL, 404);
	asks("GET", TYPE("us-central1-a", "e2-custom-2"), NULL, 404);
	asks("GET", TYPE("us-central1-a", "z9-standard-2"), NULL, 404);
	t = asks("GET", TYPE("us-central1-a", "g2-standard-4"), NULL, 200);
	is_str(json_str(t, "accelerators.0.guestAcceleratorType", ""), "nvidia-l4", "a type tells its accelerators");
	asks("GET", TYPE("us-central1-f", "g2-standard-4"), NULL, 404);
	asks("GET", TYPE("africa-south1-a", "a2-highgpu-1g"), NULL, 404);
	is_str(json_str(asks("GET", TYPE("us-central1-b", "t2a-standard-1"), NULL, 200), "architecture", ""), "ARM64",
	       "a type tells its architecture");
	t = asks("GET", COMPUTE "zones/africa-south1-a/machineTypes?filter=name%3Da2-highgpu-1g", NULL, 200);
	ok(!json_at(t, "items.0"), "a zone lists what it has");
}

static cJSON *machine(const char *type)
{
	return json_make("{'name':'vm','machineType':%s,'disks':[{'boot':true,'initializeParams':{'sourceImage':"
			 "'projects/debian-cloud/global/images/family/debian-12'}}],'networkInterfaces':[{'network':"
			 "'global/networks/default'}]}",
			 type);
}

static const char *status(void)
{
	return json_str(asks("GET", VM "/vm", NULL, 200), "status", "");
}

static void suspended(void)
{
	asks("POST", VM, machine("zones/us-central1-a/machineTypes/e2-custom-3-4096"), 400);
	asks("POST", COMPUTE "zones/us-central1-f/instances", machine("zones/us-central1-f/machineTypes/g2-standard-4"), 400);
	act("POST", VM, machine("zones/us-central1-a/machineTypes/e2-custom-2-4096"));
	cJSON *op = act("POST", VM "/vm/suspend", NULL);
	is_str(json_str(op, "operationType", ""), "suspend", "suspending is an operation of its own");
	is_str(status(), "SUSPENDED", "a machine is suspended");
	asks("POST", VM "/vm/start", NULL, 400);
	act("POST", VM "/vm/resume", NULL);
	is_str(status(), "RUNNING", "and resumed");
	act("POST", VM "/vm/suspend", NULL);
	act("POST", VM "/vm/stop", NULL);
	is_str(status(), "TERMINATED", "a suspended machine can be stopped");
	asks("POST", VM "/vm/resume", NULL, 400);
	asks("POST", VM "/vm/suspend", NULL, 400);
}

static void spoiled(const char *url, cJSON *body)
{
	asks("POST", url, body, 200);
	sim_advance(cloud, sim_now(cloud) + 600);
}

/* An operation that fails leaves the machine as it was. */
static void unmoved(void)
{
	struct err e = {0};
	cJSON *rules = cJSON_Parse(
	    "[{\"path\":\"*/vm/start\",\"count\":1,\"operation\":{\"error\":{\"code\":\"INTERNAL_ERROR\",\"message\":\"no\"}}},"
	    "{\"path\":\"*/vm/stop\",\"count\":1,\"operation\":{\"error\":{\"code\":\"INTERNAL_ERROR\",\"message\":\"no\"}}},"
	    "{\"path\":\"*/vm/setMachineType\",\"count\":1,\"operation\":{\"error\":{\"code\":\"INTERNAL_ERROR\",\"message\":"
	    "\"no\"}}}]");
	static const char type[] = "{\"machineType\":\"zones/us-central1-a/machineTypes/e2-medium\"}";
	sim_faults(cloud, rules, &e);
	spoiled(VM "/vm/start", NULL);
	is_str(status(), "TERMINATED", "a machine whose start fails stays stopped");
	act("POST", VM "/vm/start", NULL);
	spoiled(VM "/vm/stop", NULL);
	is_str(status(), "RUNNING", "one whose stop fails runs");
	act("POST", VM "/vm/stop", NULL);
	spoiled(VM "/vm/setMachineType", cJSON_Parse(type));
	ok(text_ends(json_str(asks("GET", VM "/vm", NULL, 200), "machineType", ""), "/e2-custom-2-4096"),
	   "one whose change fails is as it was");
	act("POST", VM "/vm/setMachineType", cJSON_Parse(type));
	ok(text_ends(json_str(asks("GET", VM "/vm", NULL, 200), "machineType", ""), "/e2-medium"), "and can be changed again");
	sim_faults(cloud, NULL, &e);
	cJSON_Delete(rules);
	err_free(&e);
}

#define DISK COMPUTE "zones/us-central1-a/disks/more"
#define SPOILT(path) "[{'path':'*/" path "','count':1,'operation':{'error':{'code':'INTERNAL_ERROR','message':'no'}}}]"
static void with_rules(const char *text)
{
	struct err e = {0};
	cJSON *rules = json_make(text);
	ok(sim_faults(cloud, rules, &e), "rules: %s", text);
	cJSON_Delete(rules);
	err_free(&e);
}

/* Nor is a disk used by a machine that it did not come to, or free of one that it did not leave. */
static void disks_unmoved(void)
{
	static const char source[] = "{'source':'zones/us-central1-a/disks/more','deviceName':'more'}";
	act("POST", COMPUTE "zones/us-central1-a/disks", json_make("{'name':'more','sizeGb':10}"));
	with_rules(SPOILT("attachDisk"));
	spoiled(VM "/vm/attachDisk", json_make(source));
	ok(!json_at(asks("GET", DISK, NULL, 200), "users"), "a disk that could not be attached is free");
	ok(!json_at(asks("GET", VM "/vm", NULL, 200), "disks.1"), "and no machine's");
	ok(json_at(asks("GET", COMPUTE "zones/us-central1-a/disks/vm", NULL, 200), "users.0"), "the others are as they were");
	act("POST", VM "/vm/attachDisk", json_make(source));
	with_rules(SPOILT("detachDisk"));
	spoiled(VM "/vm/detachDisk?deviceName=more", NULL);
	ok(text_ends(json_str(asks("GET", DISK, NULL, 200), "users.0", ""), "/instances/vm"),
	   "one that could not be detached is the machine's");
	act("POST", VM "/vm/detachDisk?deviceName=more", NULL);
	ok(!json_at(asks("GET", DISK, NULL, 200), "users"), "until it is");
	with_rules(SPOILT("setDeletionProtection"));
	spoiled(VM "/vm/setDeletionProtection?deletionProtection=true", NULL);
	ok(!json_bool(asks("GET", VM "/vm", NULL, 200), "deletionProtection", false), "nor does what takes no time stay done");
	act("POST", VM "/vm/setDeletionProtection?deletionProtection=true", NULL);
	ok(json_bool(asks("GET", VM "/vm", NULL, 200), "deletionProtection", false), "unless it succeeds");
	with_rules(SPOILT("setLabels"));
	char *print = xstrdup(json_str(asks("GET", VM "/vm", NULL, 200), "labelFingerprint", ""));
	spoiled(VM "/vm/setLabels", json_make("{'labels':{'a':'b'},'labelFingerprint':%s}", print));
	ok(!json_at(asks("GET", VM "/vm", NULL, 200), "labels.a"), "labels that were not set are not there");
	act("POST", VM "/vm/setLabels", json_make("{'labels':{'a':'b'},'labelFingerprint':%s}", print));
	is_str(json_str(asks("GET", VM "/vm", NULL, 200), "labels.a", NULL), "b", "and are set by the fingerprint of before");
	free(print);
	with_rules("[]");
}

static void kept(void)
{
	act("POST", COMPUTE "global/securityPolicies", json_make("{'name':'armor'}"));
	act("POST", COMPUTE "global/backendServices", json_make("{'name':'b1','loadBalancingScheme':'EXTERNAL_MANAGED'}"));
	act("POST", COMPUTE "global/backendServices/b1/setSecurityPolicy",
	    json_make("{'securityPolicy':'global/securityPolicies/armor'}"));
	char *print = xstrdup(json_str(asks("GET", COMPUTE "global/backendServices/b1", NULL, 200), "fingerprint", ""));
	act("PUT", COMPUTE "global/backendServices/b1",
	    json_make("{'name':'b1','loadBalancingScheme':'EXTERNAL_MANAGED','timeoutSec':60,'fingerprint':%s}", print));
	ok(text_ends(json_str(asks("GET", COMPUTE "global/backendServices/b1", NULL, 200), "securityPolicy", ""), "/armor"),
	   "an update leaves the security policy, which has a method of its own");
	free(print);
}

static void from_template(void)
{
	act("POST", COMPUTE "regions/us-central1/instanceTemplates",
	    json_make(
		"{'name':'t','properties':{'machineType':'e2-small','labels':{'a':'b'},'tags':{'items':['x']},'metadata':{"
		"'items':[{'key':'k','value':'v'}]},'disks':[{'boot':true,'initializeParams':{'diskType':'pd-ssd',"
		"'sourceImage':'projects/ubuntu-os-cloud/global/images/family/ubuntu-2204-lts'}}],"
		"'networkInterfaces':[{'network':'global/networks/default'}]}}"));
	asks("POST", VM "?sourceInstanceTemplate=regions/us-central1/instanceTemplates/none", json_make("{'name':'ft'}"), 404);
	asks("POST", VM "?sourceInstanceTemplate=global/networks/default", json_make("{'name':'ft'}"), 400);
	act("POST", VM "?sourceInstanceTemplate=projects/demo-proj/regions/us-central1/instanceTemplates/t",
	    json_make("{'name':'ft','labels':{'c':'d'},'tags':{}}"));
	cJSON *vm = asks("GET", VM "/ft", NULL, 200);
	ok(text_ends(json_str(vm, "machineType", ""), "zones/us-central1-a/machineTypes/e2-small"),
	   "a machine is as its template");
	is_str(json_str(vm, "tags.items.0", ""), "x", "where the request says nothing");
	is_str(json_str(vm, "metadata.items.0.value", ""), "v", "with its metadata");
	ok(json_at(vm, "labels.c") && !json_at(vm, "labels.a"), "what it says is instead of the template's");
}

static void shielded(void)
{
	asks("PATCH", VM "/ft/updateShieldedInstanceConfig", json_make("{'enableSecureBoot':true}"), 400);
	act("POST", VM "/ft/stop", NULL);
	asks("PATCH", VM "/ft/updateShieldedInstanceConfig", json_make("{'enableVtpm':%b}", 0), 400);
	act("PATCH", VM "/ft/updateShieldedInstanceConfig", json_make("{'enableSecureBoot':true}"));
	cJSON *c = json_at(asks("GET", VM "/ft", NULL, 200), "shieldedInstanceConfig");
	ok(json_bool(c, "enableSecureBoot", false) && json_bool(c, "enableVtpm", false),
	   "a stopped machine's shield can be changed");
	act("PATCH", VM "/ft/setShieldedInstanceIntegrityPolicy", json_make("{'updateAutoLearnPolicy':true}"));
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	types();
	suspended();
	unmoved();
	disks_unmoved();
	kept();
	from_template();
	shielded();
	sim_free(cloud);
	return tap_done();
}
