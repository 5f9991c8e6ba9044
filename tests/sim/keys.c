/* Cloud KMS: rings, keys, versions and their states, what is encrypted with them, and what other services keep under them. */
#include "config.h"
#include "tests/sim/cloud.h"

#define KMS "cloudkms.googleapis.com/v1/projects/demo-proj/locations/"
#define RING KMS "us-central1/keyRings/ring"
#define KEYS RING "/cryptoKeys"
#define VM COMPUTE "zones/us-central1-a/instances"
#define DISKS COMPUTE "zones/us-central1-a/disks/"
#define KEY "projects/demo-proj/locations/us-central1/keyRings/ring/cryptoKeys/k"

static void rings_and_keys(void)
{
	asks("POST", KMS "us-central1/keyRings?keyRingId=ring", NULL, 200);
	refuse("POST", KMS "us-central1/keyRings?keyRingId=ring", NULL, 409, NULL,
	       "KeyRing projects/demo-proj/locations/us-central1/keyRings/ring already exists.");
	refuse("GET", KMS "us-central1/keyRings/none", NULL, 404, NULL,
	       "KeyRing projects/demo-proj/locations/us-central1/keyRings/none not found.");
	asks("POST", KMS "us-central1/keyRings?keyRingId=not.good", NULL, 400);
	asks("POST", KMS "nowhere/keyRings?keyRingId=ring", NULL, 404);
	asks("GET", "cloudkms.googleapis.com/v1/projects/demo-proj/locations/nowhere", NULL, 404);
	is_str(json_str(asks("GET", "cloudkms.googleapis.com/v1/projects/demo-proj/locations/europe", NULL, 200), "locationId",
			""),
	       "europe", "a location that is told");
	refuse("POST", KMS "us-central1/keyRings/none/cryptoKeys?cryptoKeyId=k", json_make("{'purpose':'ENCRYPT_DECRYPT'}"),
	       404, NULL, "KeyRing projects/demo-proj/locations/us-central1/keyRings/none not found.");
	asks("POST", KEYS "?cryptoKeyId=k", json_make("{}"), 400);
	asks("POST", KEYS "?cryptoKeyId=k", json_make("{'purpose':'WRONG'}"), 400);
	refuse("PATCH", KEYS "/k", json_make("{'labels':{'a':'b'}}"), 400, NULL, "The update mask must be specified.");
	asks("POST", KEYS "?cryptoKeyId=k", json_make("{'purpose':'ASYMMETRIC_SIGN'}"), 400);
	asks("POST", KEYS "?cryptoKeyId=k",
	     json_make("{'purpose':'ENCRYPT_DECRYPT','rotationPeriod':'3600s','nextRotationTime':"
		       "'2030-01-01T00:00:00Z'}"),
	     400);
	asks("POST", KEYS "?cryptoKeyId=k",
	     json_make("{'purpose':'MAC','versionTemplate':{'algorithm':'HMAC_SHA256'},'rotationPeriod':'90000s'}"), 400);
	cJSON *key = asks("POST", KEYS "?cryptoKeyId=k", json_make("{'purpose':'ENCRYPT_DECRYPT','labels':{'a':'b'}}"), 200);
	is_str(json_str(key, "primary.name", ""), KEY "/cryptoKeyVersions/1", "a key comes with its first version");
	is_str(json_str(key, "primary.state", ""), "ENABLED", "which is enabled");
	is_str(json_str(key, "versionTemplate.algorithm", ""), "GOOGLE_SYMMETRIC_ENCRYPTION",
	       "symmetric where nothing is said");
	is_str(json_str(key, "destroyScheduledDuration", ""), "2592000s", "destroyed after thirty days");
	key = asks("POST", KEYS "?cryptoKeyId=s",
		   json_make("{'purpose':'ASYMMETRIC_SIGN','versionTemplate':{'algorithm':'EC_SIGN_P256_SHA256'}}"), 200);
	ok(!json_at(key, "primary"), "a key that signs has no primary version");
	is_int(cJSON_GetArraySize(json_at(asks("GET", KEYS, NULL, 200), "cryptoKeys")), 2, "keys are listed");
	asks("PATCH", KEYS "/k?updateMask=purpose", json_make("{'purpose':'MAC'}"), 200);
	is_str(json_str(asks("GET", KEYS "/k", NULL, 200), "purpose", ""), "ENCRYPT_DECRYPT", "a purpose is for good");
}

static void versions(void)
{
	asks("POST", KEYS "/k/cryptoKeyVersions", json_make("{}"), 200);
	cJSON *key = asks("POST", KEYS "/k:updatePrimaryVersion", json_make("{'cryptoKeyVersionId':'2'}"), 200);
	is_str(json_str(key, "primary.name", ""), KEY "/cryptoKeyVersions/2", "another version becomes the primary");
	asks("POST", KEYS "/k:updatePrimaryVersion", json_make("{'cryptoKeyVersionId':'7'}"), 404);
	asks("PATCH", KEYS "/k/cryptoKeyVersions/1?updateMask=state", json_make("{'state':'DISABLED'}"), 200);
	refuse("POST", KEYS "/k:updatePrimaryVersion", json_make("{'cryptoKeyVersionId':'1'}"), 400, NULL,
	       KEY "/cryptoKeyVersions/1 is not enabled, current state is: DISABLED.");
	asks("PATCH", KEYS "/k/cryptoKeyVersions/1?updateMask=state", json_make("{'state':'DESTROYED'}"), 400);
	cJSON *v = asks("POST", KEYS "/k/cryptoKeyVersions/1:destroy", json_make("{}"), 200);
	is_str(json_str(v, "state", ""), "DESTROY_SCHEDULED", "a version is not destroyed at once");
	asks("POST", KEYS "/k/cryptoKeyVersions/1:destroy", json_make("{}"), 400);
	asks("PATCH", KEYS "/k/cryptoKeyVersions/1?updateMask=state", json_make("{'state':'ENABLED'}"), 400);
	is_str(json_str(asks("POST", KEYS "/k/cryptoKeyVersions/1:restore", json_make("{}"), 200), "state", ""), "DISABLED",
	       "and can be had back");
	asks("POST", KEYS "/k/cryptoKeyVersions/1:restore", json_make("{}"), 400);
	asks("POST", KEYS "/k/cryptoKeyVersions/1:destroy", json_make("{}"), 200);
	sim_advance(cloud, sim_now(cloud) + 31.0 * 86400);
	is_str(json_str(asks("GET", KEYS "/k/cryptoKeyVersions/1", NULL, 200), "state", ""), "DESTROYED",
	       "until its day comes");
}

static void at_work(void)
{
	cJSON *sealed = asks("POST", KEYS "/k:encrypt", json_make("{'plaintext':'aGVsbG8='}"), 200);
	char *text = xstrdup(json_str(sealed, "ciphertext", ""));
	is_str(json_str(sealed, "name", ""), KEY "/cryptoKeyVersions/2", "the primary version encrypts");
	ok(*text && !strstr(text, "aGVsbG8"), "what comes out is not what went in");
	cJSON *open = asks("POST", KEYS "/k:decrypt", json_make("{'ciphertext':%s}", text), 200);
	is_str(json_str(open, "plaintext", ""), "aGVsbG8=", "and what went in comes back");
	refuse("POST", KEYS "/k:decrypt", json_make("{'ciphertext':%s,'additionalAuthenticatedData':'eA=='}", text), 400, NULL,
	       "Decryption failed: verify that 'name' refers to the correct CryptoKey.");
	asks("POST", KEYS "/k:decrypt", json_make("{'ciphertext':'bm90aGluZw=='}"), 400);
	asks("POST", KEYS "/k:encrypt", json_make("{'plaintext':'aGVsbG8=','plaintextCrc32c':'1'}"), 400);
	asks("POST", KEYS "/k:encrypt", json_make("{'plaintext':'aGVsbG8=','additionalAuthenticatedDataCrc32c':'1'}"), 400);
	sealed = asks(
	    "POST", KEYS "/k:encrypt",
	    json_make("{'plaintext':'aGVsbG8=','plaintextCrc32c':'2591144780','additionalAuthenticatedDataCrc32c':'0'}"), 200);
	ok(json_bool(sealed, "verifiedPlaintextCrc32c", false) &&
	       json_bool(sealed, "verifiedAdditionalAuthenticatedDataCrc32c", false),
	   "sums that were sent were looked at");
	asks("POST", KEYS "/s:encrypt", json_make("{'plaintext':'aGVsbG8='}"), 400);
	asks("PATCH", KEYS "/k/cryptoKeyVersions/2?updateMask=state", json_make("{'state':'DISABLED'}"), 200);
	refuse("POST", KEYS "/k:decrypt", json_make("{'ciphertext':%s}", text), 400, NULL,
	       KEY "/cryptoKeyVersions/2 is not enabled, current state is: DISABLED.");
	asks("PATCH", KEYS "/k/cryptoKeyVersions/2?updateMask=state", json_make("{'state':'ENABLED'}"), 200);
	free(text);
}

#define BUCKETS "storage.googleapis.com/storage/v1/b?project=demo-proj"
#define REPOSITORIES "artifactregistry.googleapis.com/v1/projects/demo-proj/locations/us-central1/repositories?repositoryId=r"
#define SECRETS "secretmanager.googleapis.com/v1/projects/demo-proj/secrets?secretId=s"

static cJSON *bucket(const char *name, const char *location, const char *key)
{
	return json_make("{'name':%s,'location':%s,'encryption':{'defaultKmsKeyName':%s}}", name, location, key);
}

static cJSON *secret(const char *location)
{
	return json_make(
	    "{'replication':{'userManaged':{'replicas':[{'location':%s,'customerManagedEncryption':{'kmsKeyName':'" KEY
	    "'}}]}}}",
	    location);
}

static cJSON *disk(void)
{
	return json_make("{'name':'kept','sizeGb':'10','diskEncryptionKey':{'kmsKeyName':'" KEY "'}}");
}

static cJSON *repository(void)
{
	return json_make("{'format':'DOCKER','kmsKeyName':'" KEY "'}");
}

static cJSON *instance(void)
{
	return json_make(
	    "{'name':'kept','region':'us-central1','databaseVersion':'POSTGRES_17','settings':{'edition':'ENTERPRISE',"
	    "'tier':'db-custom-1-3840'},'diskEncryptionConfiguration':{'kmsKeyName':'" KEY "'}}");
}

/* The role on the ring for those who keep something under its keys. */
static cJSON *granted(void)
{
	static const char *const hosts[] = {"gs-project-accounts",  "compute-system",   "gcp-sa-artifactregistry",
					    "gcp-sa-secretmanager", "gcp-sa-cloud-sql", "serverless-robot-prod"};
	cJSON *members = cJSON_CreateArray();
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		char *member = xasprintf("serviceAccount:service-123456789012@%s.iam.gserviceaccount.com", hosts[i]);
		cJSON_AddItemToArray(members, cJSON_CreateString(member));
		free(member);
	}
	return json_make("{'policy':{'bindings':[{'role':'roles/cloudkms.cryptoKeyEncrypterDecrypter','members':%j}]}}",
			 members);
}

/* Before the agents may use it nothing can be kept under it, then all of it can. */
static void kept_under_it(void)
{
	static const char denied[] =
	    "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been "
	    "authorized to use this key.";
	refuse("POST", BUCKETS, bucket("kept-7", "US-CENTRAL1", KEY), 403, "forbidden", denied);
	refuse("POST", BUCKETS, bucket("kept-7", "US-CENTRAL1", KEY "-none"), 403, "forbidden", denied);
	refuse("POST", BUCKETS, bucket("kept-7", "US", KEY), 400, "invalid",
	       "Cloud KMS region 'us-central1' not available for use with GCS region 'US'.");
	refuse("POST", COMPUTE "zones/us-central1-a/disks", disk(), 400, "kmsPermissionDenied",
	       "Cloud KMS error when using key " KEY
	       ": Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource '" KEY "' (or it may not exist).");
	asks("POST", REPOSITORIES, repository(), 400);
	asks("POST", SECRETS, secret("us-central1"), 403);
	asks("POST", SQL "instances", instance(), 403);
	asks("POST",
	     "serviceusage.googleapis.com/v1beta1/projects/demo-proj/services/sqladmin.googleapis.com:generateServiceIdentity",
	     NULL, 200);
	asks("POST",
	     "serviceusage.googleapis.com/v1beta1/projects/demo-proj/services/"
	     "secretmanager.googleapis.com:generateServiceIdentity",
	     NULL, 200);
	asks("POST",
	     "serviceusage.googleapis.com/v1beta1/projects/demo-proj/services/run.googleapis.com:generateServiceIdentity", NULL,
	     200);
	asks("GET", "storage.googleapis.com/storage/v1/projects/demo-proj/serviceAccount", NULL, 200);
	sim_advance(cloud, sim_now(cloud) + 600);
	asks("POST", RING ":setIamPolicy", granted(), 200);
	sim_advance(cloud, sim_now(cloud) + 900);
	asks("POST", BUCKETS, bucket("kept-7", "US-CENTRAL1", KEY), 200);
	act("POST", COMPUTE "zones/us-central1-a/disks", disk());
	is_str(json_str(asks("GET", COMPUTE "zones/us-central1-a/disks/kept", NULL, 200), "diskEncryptionKey.kmsKeyName", ""),
	       KEY "/cryptoKeyVersions/2", "a disk tells the version that it is under");
	asks("POST", REPOSITORIES, repository(), 200);
	asks("POST", SECRETS, secret("us-east1"), 400);
	asks("POST", SECRETS, secret("us-central1"), 200);
	act("POST", SQL "instances", instance());
	ok(true, "a role on the ring is one on its keys");
}

#define VERSIONS KEYS "/k/cryptoKeyVersions"

static cJSON *machine(void)
{
	return json_make(
	    "{'name':'vm','machineType':'zones/us-central1-a/machineTypes/e2-small','disks':[{'boot':true,'initializeParams':"
	    "{'sourceImage':'projects/debian-cloud/global/images/family/debian-12'},'diskEncryptionKey':{'kmsKeyName':'" KEY
	    "'}}],'networkInterfaces':[{'network':'global/networks/default'}]}");
}

/* What is made after a rotation is under the new primary version; what was made before stays where it was. */
static void rotated(void)
{
	asks("POST", VERSIONS, json_make("{}"), 200);
	asks("POST", KEYS "/k:updatePrimaryVersion", json_make("{'cryptoKeyVersionId':'3'}"), 200);
	act("POST", VM, machine());
	is_str(json_str(asks("GET", DISKS "vm", NULL, 200), "diskEncryptionKey.kmsKeyName", ""), KEY "/cryptoKeyVersions/3",
	       "a machine's disk is under the primary version");
	is_str(json_str(asks("GET", VM "/vm", NULL, 200), "disks.0.diskEncryptionKey.kmsKeyName", ""),
	       KEY "/cryptoKeyVersions/3", "and the machine tells it");
	is_str(json_str(asks("GET", DISKS "kept", NULL, 200), "diskEncryptionKey.kmsKeyName", ""), KEY "/cryptoKeyVersions/2",
	       "an older one where it was");
	asks("PATCH", VERSIONS "/3?updateMask=state", json_make("{'state':'DISABLED'}"), 200);
	cJSON *other = machine();
	json_put_str(other, "name", "vm-2");
	refuse("POST", VM, other, 400, "kmsPermissionDenied",
	       "Cloud KMS error when using key " KEY
	       ": Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource '" KEY "' (or it may not exist).");
	asks("POST", "storage.googleapis.com/storage/v1/b?project=demo-proj", json_make("{'name':'open-7'}"), 200);
	asks("PATCH", "storage.googleapis.com/storage/v1/b/open-7", json_make("{'encryption':{'defaultKmsKeyName':'" KEY "'}}"),
	     400);
	asks("PATCH", "storage.googleapis.com/storage/v1/b/kept-7", json_make("{'labels':{'a':'b'}}"), 200);
	ok(!json_at(asks("PATCH", "storage.googleapis.com/storage/v1/b/kept-7", json_make("{'encryption':null}"), 200),
		    "encryption"),
	   "a bucket lets go of a key that cannot be used any more");
}

#define RUN "-run.googleapis.com/apis/serving.knative.dev/v1/namespaces/demo-proj/services"

static cJSON *service(void)
{
	return json_make(
	    "{'apiVersion':'serving.knative.dev/v1','kind':'Service','metadata':{'name':'s','namespace':'demo-proj'},"
	    "'spec':{'template':{'metadata':{'annotations':{'run.googleapis.com/encryption-key':'" KEY
	    "'}},'spec':{'containers':[{'image':'us-docker.pkg.dev/cloudrun/container/hello'}]}}}}");
}

/* Cloud Run's older words name a key, too. */
static void knative(void)
{
	asks("POST", "us-east1" RUN, service(), 400);
	asks("POST", "us-central1" RUN, service(), 400);
	asks("PATCH", VERSIONS "/3?updateMask=state", json_make("{'state':'ENABLED'}"), 200);
	cJSON *made = asks("POST", "us-central1" RUN, service(), 200);
	const cJSON *annotations = json_at(made, "spec.template.metadata.annotations");
	const cJSON *key = cJSON_GetObjectItemCaseSensitive(annotations, "run.googleapis.com/encryption-key");
	is_str(cJSON_IsString(key) ? key->valuestring : "", KEY, "a revision is kept under the key of its annotation");
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	rings_and_keys();
	versions();
	at_work();
	kept_under_it();
	rotated();
	knative();
	sim_free(cloud);
	return tap_done();
}
