/* Every kind: the requests it makes are those of Google's REST reference, and it reads the replies: absent, ours, a stranger's, in motion,
 * failed, changed. */
#include "config.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "gcp/kind.h"

#include <stdlib.h>

#define MARK "managed-by=mlflow-setup stack=mlflow"
#define LABELS "\"labels\":{\"managed-by\":\"mlflow-setup\",\"stack\":\"mlflow\"}"

static cJSON *parse(const char *text)
{
	cJSON *j = cJSON_Parse(text);
	if (!j)
		printf("# bad JSON in the test: %s\n", text);
	return j;
}

static struct view view_of(const char *name, const cJSON *spec)
{
	return (struct view){.project = "demo", .number = "42", .stack = "mlflow", .id = "x", .name = name, .spec = spec};
}

/* "METHOD URL BODY" of a call, which is emptied; the host's ".googleapis.com" is cut out to keep the lines short. */
static char *spell(struct call *c)
{
	char *body = c->body ? json_text(c->body, -1) : xstrdup("");
	char *text = xasprintf("%s %s%s%s", c->method ? c->method : "-", c->url ? c->url : "", *body ? " " : "", body);
	char *cut = strstr(text, ".googleapis.com");
	if (cut)
		memmove(cut, cut + strlen(".googleapis.com"), strlen(cut + strlen(".googleapis.com")) + 1);
	free(body);
	call_free(c);
	return text;
}

static void is_call(struct call *c, const char *wanted, const char *kind, const char *what)
{
	char *text = spell(c), *name = xasprintf("%s %s", kind, what);
	is_str(text, wanted, name);
	free(name);
	free(text);
}

static const struct row {
	const char *kind, *name, *spec;
	const char *observe, *create;
	const char *destroy; /* with an observation of `reply`; NULL when the kind has none */
	const char *reply;   /* what Google answers when it stands as it should */
	const char *changed; /* the same, changed by somebody; NULL when nothing can be */
	const char *update;  /* the request that mends it; NULL when the change is refused */
} rows[] = {
    {"serviceusage.services", "APIs", "{\"services\":[\"run.googleapis.com\",\"iam.googleapis.com\"]}",
     "GET https://serviceusage/v1/projects/42/services:batchGet?names=projects%2F42%2Fservices%2Frun.googleapis.com&"
     "names=projects%2F42%2Fservices%2Fiam.googleapis.com",
     "POST https://serviceusage/v1/projects/demo/services:batchEnable "
     "{\"serviceIds\":[\"run.googleapis.com\",\"iam.googleapis.com\"]}",
     NULL,
     "{\"services\":[{\"name\":\"projects/42/services/run.googleapis.com\",\"state\":\"ENABLED\"},"
     "{\"name\":\"projects/42/services/iam.googleapis.com\",\"state\":\"ENABLED\"}]}",
     "{\"services\":[{\"name\":\"projects/42/services/run.googleapis.com\",\"state\":\"DISABLED\"},"
     "{\"name\":\"projects/42/services/iam.googleapis.com\",\"state\":\"ENABLED\"}]}",
     "POST https://serviceusage/v1/projects/demo/services/run.googleapis.com:enable {}"},
    {"iam.serviceAccount", "mlflow-server", "{\"displayName\":\"MLflow server\"}",
     "GET https://iam/v1/projects/demo/serviceAccounts/mlflow-server@demo.iam.gserviceaccount.com",
     "POST https://iam/v1/projects/demo/serviceAccounts "
     "{\"accountId\":\"mlflow-server\",\"serviceAccount\":{\"description\":\"" MARK "\",\"displayName\":\"MLflow server\"}}",
     "DELETE https://iam/v1/projects/demo/serviceAccounts/mlflow-server@demo.iam.gserviceaccount.com",
     "{\"name\":\"projects/demo/serviceAccounts/"
     "mlflow-server@demo.iam.gserviceaccount.com\",\"uniqueId\":\"1\",\"description\":\"" MARK
     "\",\"displayName\":\"MLflow server\"}",
     "{\"uniqueId\":\"1\",\"description\":\"" MARK "\",\"displayName\":\"Other\"}",
     "PATCH https://iam/v1/projects/demo/serviceAccounts/mlflow-server@demo.iam.gserviceaccount.com "
     "{\"serviceAccount\":{\"description\":\"" MARK
     "\",\"displayName\":\"MLflow server\"},\"updateMask\":\"displayName,description\"}"},
    {"compute.network", "mlflow", "{}", "GET https://compute/compute/v1/projects/demo/global/networks/mlflow",
     "POST https://compute/compute/v1/projects/demo/global/networks {\"autoCreateSubnetworks\":false,\"description\":\"" MARK
     "\",\"name\":\"mlflow\",\"routingConfig\":{\"routingMode\":\"REGIONAL\"}}",
     "DELETE https://compute/compute/v1/projects/demo/global/networks/mlflow",
     "{\"name\":\"mlflow\",\"description\":\"" MARK
     "\",\"autoCreateSubnetworks\":false,\"routingConfig\":{\"routingMode\":\"REGIONAL\","
     "\"bgpBestPathSelectionMode\":\"LEGACY\"},\"selfLink\":\"https://www.googleapis.com/compute/v1/projects/demo/global/"
     "networks/mlflow\"}",
     "{\"name\":\"mlflow\",\"description\":\"" MARK
     "\",\"autoCreateSubnetworks\":false,\"routingConfig\":{\"routingMode\":\"GLOBAL\"}}",
     "PATCH https://compute/compute/v1/projects/demo/global/networks/mlflow "
     "{\"routingConfig\":{\"routingMode\":\"REGIONAL\"}}"},
    {"compute.subnetwork", "mlflow-r1",
     "{\"region\":\"r1\",\"network\":\"projects/demo/global/networks/mlflow\",\"ipCidrRange\":\"10.10.0.0/24\"}",
     "GET https://compute/compute/v1/projects/demo/regions/r1/subnetworks/mlflow-r1",
     "POST https://compute/compute/v1/projects/demo/regions/r1/subnetworks {\"description\":\"" MARK
     "\",\"ipCidrRange\":\"10.10.0.0/24\",\"name\":\"mlflow-r1\",\"network\":\"projects/demo/global/networks/mlflow\","
     "\"privateIpGoogleAccess\":true}",
     "DELETE https://compute/compute/v1/projects/demo/regions/r1/subnetworks/mlflow-r1",
     "{\"name\":\"mlflow-r1\",\"description\":\"" MARK "\",\"ipCidrRange\":\"10.10.0.0/24\",\"privateIpGoogleAccess\":true,"
     "\"network\":\"https://www.googleapis.com/compute/v1/projects/demo/global/networks/mlflow\",\"purpose\":\"PRIVATE\"}",
     "{\"name\":\"mlflow-r1\",\"description\":\"" MARK "\",\"ipCidrRange\":\"10.10.0.0/24\",\"privateIpGoogleAccess\":false,"
     "\"network\":\"https://www.googleapis.com/compute/v1/projects/demo/global/networks/mlflow\"}",
     "POST https://compute/compute/v1/projects/demo/regions/r1/subnetworks/mlflow-r1/setPrivateIpGoogleAccess "
     "{\"privateIpGoogleAccess\":true}"},
    {"compute.globalAddress", "mlflow-services", "{\"network\":\"projects/demo/global/networks/mlflow\",\"prefixLength\":20}",
     "GET https://compute/compute/v1/projects/demo/global/addresses/mlflow-services",
     "POST https://compute/compute/v1/projects/demo/global/addresses {\"addressType\":\"INTERNAL\",\"description\":\"" MARK
     "\",\"name\":\"mlflow-services\",\"network\":\"projects/demo/global/networks/"
     "mlflow\",\"prefixLength\":20,\"purpose\":\"VPC_PEERING\"}",
     "DELETE https://compute/compute/v1/projects/demo/global/addresses/mlflow-services",
     "{\"name\":\"mlflow-services\",\"description\":\"" MARK
     "\",\"addressType\":\"INTERNAL\",\"purpose\":\"VPC_PEERING\",\"prefixLength\":20,"
     "\"address\":\"10.59.0.0\",\"network\":\"https://www.googleapis.com/compute/v1/projects/demo/global/networks/mlflow\"}",
     "{\"name\":\"mlflow-services\",\"description\":\"" MARK
     "\",\"addressType\":\"INTERNAL\",\"purpose\":\"VPC_PEERING\",\"prefixLength\":24,"
     "\"network\":\"https://www.googleapis.com/compute/v1/projects/demo/global/networks/mlflow\"}",
     NULL},
    {"servicenetworking.connection", "servicenetworking-googleapis-com",
     "{\"network\":\"mlflow\",\"ranges\":[\"mlflow-services\"]}",
     "GET "
     "https://servicenetworking/v1/services/servicenetworking.googleapis.com/"
     "connections?network=projects%2F42%2Fglobal%2Fnetworks%2Fmlflow",
     "POST https://servicenetworking/v1/services/servicenetworking.googleapis.com/connections "
     "{\"network\":\"projects/42/global/networks/mlflow\",\"reservedPeeringRanges\":[\"mlflow-services\"]}",
     "POST https://servicenetworking/v1/services/servicenetworking.googleapis.com/connections/servicenetworking-googleapis-com "
     "{\"consumerNetwork\":\"projects/42/global/networks/mlflow\"}",
     "{\"connections\":[{\"network\":\"projects/42/global/networks/mlflow\",\"peering\":\"servicenetworking-googleapis-com\","
     "\"reservedPeeringRanges\":[\"other\",\"mlflow-services\"],\"service\":\"services/servicenetworking.googleapis.com\"}]}",
     "{\"connections\":[{\"network\":\"projects/42/global/networks/mlflow\",\"peering\":\"servicenetworking-googleapis-com\","
     "\"reservedPeeringRanges\":[\"other\"]}]}",
     "PATCH "
     "https://servicenetworking/v1/services/servicenetworking.googleapis.com/connections/"
     "-?updateMask=reservedPeeringRanges "
     "{\"network\":\"projects/42/global/networks/mlflow\",\"reservedPeeringRanges\":[\"mlflow-services\",\"other\"]}"},
    {"sqladmin.instance", "mlflow-x",
     "{\"region\":\"r1\",\"databaseVersion\":\"POSTGRES_17\",\"settings\":{\"tier\":\"db-f1-micro\",\"dataDiskSizeGb\":\"10\"}"
     "}",
     "GET https://sqladmin/v1/projects/demo/instances/mlflow-x",
     "POST https://sqladmin/v1/projects/demo/instances "
     "{\"databaseVersion\":\"POSTGRES_17\",\"name\":\"mlflow-x\",\"region\":\"r1\",\"settings\":"
     "{\"dataDiskSizeGb\":\"10\",\"edition\":\"ENTERPRISE\",\"tier\":\"db-f1-micro\",\"userLabels\":{\"managed-by\":\"mlflow-"
     "setup\","
     "\"stack\":\"mlflow\"}}}",
     "DELETE https://sqladmin/v1/projects/demo/instances/mlflow-x?enableFinalBackup=true&finalBackupTtlDays=30",
     "{\"name\":\"mlflow-x\",\"region\":\"r1\",\"databaseVersion\":\"POSTGRES_17\",\"state\":\"RUNNABLE\",\"connectionName\":"
     "\"demo:r1:mlflow-x\","
     "\"ipAddresses\":[{\"type\":\"PRIVATE\",\"ipAddress\":\"10.59.0.3\"}],\"settings\":{\"tier\":\"db-f1-micro\","
     "\"dataDiskSizeGb\":\"27\","
     "\"edition\":\"ENTERPRISE\",\"settingsVersion\":\"3\",\"userLabels\":{\"managed-by\":\"mlflow-setup\",\"stack\":"
     "\"mlflow\"}}}",
     "{\"name\":\"mlflow-x\",\"region\":\"r1\",\"databaseVersion\":\"POSTGRES_17\",\"state\":\"RUNNABLE\",\"settings\":{"
     "\"tier\":\"db-g1-small\","
     "\"dataDiskSizeGb\":\"27\",\"edition\":\"ENTERPRISE\",\"settingsVersion\":\"3\",\"userLabels\":{\"managed-by\":\"mlflow-"
     "setup\","
     "\"stack\":\"mlflow\"}}}",
     "PATCH https://sqladmin/v1/projects/demo/instances/mlflow-x "
     "{\"settings\":{\"dataDiskSizeGb\":\"27\",\"edition\":\"ENTERPRISE\","
     "\"settingsVersion\":\"3\",\"tier\":\"db-f1-micro\",\"userLabels\":{\"managed-by\":\"mlflow-setup\",\"stack\":\"mlflow\"}}"
     "}"},
    {"sqladmin.database", "mlflow", "{\"instance\":\"mlflow-x\",\"charset\":\"UTF8\",\"collation\":\"en_US.UTF8\"}",
     "GET https://sqladmin/v1/projects/demo/instances/mlflow-x/databases/mlflow",
     "POST https://sqladmin/v1/projects/demo/instances/mlflow-x/databases "
     "{\"charset\":\"UTF8\",\"collation\":\"en_US.UTF8\",\"name\":\"mlflow\"}",
     NULL, "{\"name\":\"mlflow\",\"charset\":\"UTF8\",\"collation\":\"en_US.UTF8\",\"instance\":\"mlflow-x\"}",
     "{\"name\":\"mlflow\",\"charset\":\"LATIN1\",\"collation\":\"C\"}", NULL},
    {"sqladmin.user", "mlflow", "{\"instance\":\"mlflow-x\",\"password\":{\"$secret\":\"db-password\"}}",
     "GET https://sqladmin/v1/projects/demo/instances/mlflow-x/users",
     "POST https://sqladmin/v1/projects/demo/instances/mlflow-x/users "
     "{\"name\":\"mlflow\",\"password\":{\"$secret\":\"db-password\"},\"type\":\"BUILT_IN\"}",
     NULL, "{\"items\":[{\"name\":\"postgres\"},{\"name\":\"mlflow\",\"type\":\"BUILT_IN\"}]}", NULL, NULL},
    {"sqladmin.iamUser", "mlflow-server@demo.iam",
     "{\"instance\":\"mlflow-x\",\"as\":\"mlflow-server@demo.iam\",\"roles\":[\"mlflow\"]}",
     "GET https://sqladmin/v1/projects/demo/instances/mlflow-x/users",
     "POST https://sqladmin/v1/projects/demo/instances/mlflow-x/users "
     "{\"databaseRoles\":[\"mlflow\"],\"name\":\"mlflow-server@demo.iam\",\"type\":\"CLOUD_IAM_SERVICE_ACCOUNT\"}",
     NULL,
     "{\"items\":[{\"name\":\"mlflow\"},{\"name\":\"mlflow-server@demo.iam\",\"type\":\"CLOUD_IAM_SERVICE_ACCOUNT\","
     "\"databaseRoles\":[\"mlflow\"]}]}",
     "{\"items\":[{\"name\":\"mlflow-server@demo.iam\",\"type\":\"CLOUD_IAM_SERVICE_ACCOUNT\",\"databaseRoles\":[\"other\"]}]}",
     "PUT https://sqladmin/v1/projects/demo/instances/mlflow-x/users?name=mlflow-server@demo.iam&databaseRoles=mlflow "
     "{\"name\":\"mlflow-server@demo.iam\",\"type\":\"CLOUD_IAM_SERVICE_ACCOUNT\"}"},
    {"sqladmin.userAbsence", "root", "{\"instance\":\"mlflow-x\"}",
     "GET https://sqladmin/v1/projects/demo/instances/mlflow-x/users",
     "DELETE https://sqladmin/v1/projects/demo/instances/mlflow-x/users?name=root&host=%25", NULL,
     "{\"items\":[{\"name\":\"root\",\"host\":\"127.0.0.1\"},{\"name\":\"mlflow\",\"host\":\"%\"}]}", NULL, NULL},
    {"sqladmin.flagAbsence", "f", "{\"instance\":\"mlflow-x\"}", "GET https://sqladmin/v1/projects/demo/instances/mlflow-x",
     "PATCH https://sqladmin/v1/projects/demo/instances/mlflow-x "
     "{\"settings\":{\"databaseFlags\":[],\"settingsVersion\":\"1\"}}",
     NULL, "{\"settings\":{\"databaseFlags\":[{\"name\":\"g\"}]}}",
     "{\"settings\":{\"settingsVersion\":\"7\",\"databaseFlags\":[{\"name\":\"e\"},{\"name\":\"f\"},{\"name\":\"g\"}]}}",
     "PATCH https://sqladmin/v1/projects/demo/instances/mlflow-x "
     "{\"settings\":{\"databaseFlags\":[{\"name\":\"e\"},{\"name\":\"g\"}],\"settingsVersion\":\"7\"}}"},
    {"storage.bucket", "demo-b", "{\"body\":{\"location\":\"R1\",\"versioning\":{\"enabled\":true}}}",
     "GET https://storage/storage/v1/b/demo-b",
     "POST https://storage/storage/v1/b?project=demo {\"iamConfiguration\":{\"publicAccessPrevention\":\"enforced\","
     "\"uniformBucketLevelAccess\":{\"enabled\":true}}," LABELS
     ",\"location\":\"R1\",\"name\":\"demo-b\",\"versioning\":{\"enabled\":true}}",
     "GET https://storage/storage/v1/b/demo-b/o?versions=true&maxResults=100&fields=kind,items(name,generation,timeDeleted)",
     "{\"name\":\"demo-b\",\"location\":\"R1\",\"projectNumber\":\"42\",\"metageneration\":\"2\",\"versioning\":{\"enabled\":"
     "true}," LABELS ",\"iamConfiguration\":{\"publicAccessPrevention\":\"enforced\",\"bucketPolicyOnly\":{\"enabled\":true},"
     "\"uniformBucketLevelAccess\":{\"enabled\":true,\"lockedTime\":\"2027-01-01T00:00:00.000Z\"}}}",
     "{\"name\":\"demo-b\",\"location\":\"R1\",\"projectNumber\":\"42\",\"metageneration\":\"2\"," LABELS
     ",\"iamConfiguration\":{\"publicAccessPrevention\":\"inherited\",\"uniformBucketLevelAccess\":{\"enabled\":true}}}",
     "PATCH https://storage/storage/v1/b/demo-b?ifMetagenerationMatch=2 "
     "{\"iamConfiguration\":{\"publicAccessPrevention\":\"enforced\","
     "\"uniformBucketLevelAccess\":{\"enabled\":true}}," LABELS ",\"versioning\":{\"enabled\":true}}"},
    {"storage.object", "source/ab c.tar.gz", "{\"bucket\":\"demo-b\",\"upload\":\"source.tar.gz\"}",
     "GET https://storage/storage/v1/b/demo-b/o/source%2Fab%20c.tar.gz",
     "POST https://storage/upload/storage/v1/b/demo-b/o?uploadType=media&name=source%2Fab%20c.tar.gz&ifGenerationMatch=0", NULL,
     "{\"name\":\"source/ab c.tar.gz\",\"generation\":\"1700\"}", NULL, NULL},
    {"artifactregistry.repository", "mlflow",
     "{\"region\":\"r1\",\"body\":{\"format\":\"DOCKER\",\"mode\":\"STANDARD_REPOSITORY\"}}",
     "GET https://artifactregistry/v1/projects/demo/locations/r1/repositories/mlflow",
     "POST https://artifactregistry/v1/projects/demo/locations/r1/repositories?repositoryId=mlflow "
     "{\"format\":\"DOCKER\"," LABELS ",\"mode\":\"STANDARD_REPOSITORY\"}",
     "DELETE https://artifactregistry/v1/projects/demo/locations/r1/repositories/mlflow",
     "{\"name\":\"projects/demo/locations/r1/repositories/"
     "mlflow\",\"format\":\"DOCKER\",\"mode\":\"STANDARD_REPOSITORY\"," LABELS
     ",\"createTime\":\"2026-11-22T10:00:00.5Z\",\"sizeBytes\":\"0\"}",
     "{\"format\":\"MAVEN\",\"mode\":\"STANDARD_REPOSITORY\"," LABELS "}", NULL},
    {"secretmanager.secret", "mlflow-cookie", "{}", "GET https://secretmanager/v1/projects/demo/secrets/mlflow-cookie",
     "POST https://secretmanager/v1/projects/demo/secrets?secretId=mlflow-cookie {" LABELS
     ",\"replication\":{\"automatic\":{}}}",
     "DELETE https://secretmanager/v1/projects/demo/secrets/mlflow-cookie",
     "{\"name\":\"projects/42/secrets/mlflow-cookie\",\"replication\":{\"automatic\":{}}," LABELS "}", NULL, NULL},
    {"secretmanager.version", "mlflow-cookie", "{\"secret\":\"mlflow-cookie\",\"payload\":{\"$secret\":\"cookie\"}}",
     "GET https://secretmanager/v1/projects/demo/secrets/mlflow-cookie/versions?pageSize=25000",
     "POST https://secretmanager/v1/projects/demo/secrets/mlflow-cookie:addVersion "
     "{\"payload\":{\"data\":{\"$secret\":\"cookie\",\"as\":\"base64\"},"
     "\"dataCrc32c\":{\"$secret\":\"cookie\",\"as\":\"crc32c\"}}}",
     NULL, "{\"versions\":[{\"name\":\"projects/42/secrets/mlflow-cookie/versions/1\",\"state\":\"ENABLED\"}],\"totalSize\":1}",
     NULL, NULL},
    {"iam.policy", "b/demo-b",
     "{\"holder\":\"bucket\",\"resource\":\"b/demo-b\",\"bindings\":[{\"role\":\"roles/"
     "storage.objectUser\",\"members\":[\"serviceAccount:s@x\"]}]}",
     "GET https://storage/storage/v1/b/demo-b/iam?optionsRequestedPolicyVersion=3",
     "GET https://storage/storage/v1/b/demo-b/iam?optionsRequestedPolicyVersion=3",
     "PUT https://storage/storage/v1/b/demo-b/iam "
     "{\"bindings\":[{\"members\":[\"user:a@x\"],\"role\":\"roles/storage.objectUser\"}],"
     "\"etag\":\"E\",\"version\":3}",
     "{\"version\":1,\"etag\":\"E\",\"bindings\":[{\"role\":\"roles/"
     "storage.objectUser\",\"members\":[\"user:a@x\",\"serviceAccount:s@x\"]}]}",
     NULL, NULL},
    {"run.job", "mlflow-migrate",
     "{\"region\":\"r1\",\"once\":\"sha256:0123456789abcdef\",\"body\":{\"template\":{\"taskCount\":1,\"template\":{"
     "\"maxRetries\":0,"
     "\"containers\":[{\"image\":\"i\",\"resources\":{\"limits\":{\"cpu\":\"1\"}}}]}}}}",
     "GET https://run/v2/projects/demo/locations/r1/jobs/mlflow-migrate",
     "PATCH https://run/v2/projects/demo/locations/r1/jobs/mlflow-migrate?allowMissing=true "
     "{\"labels\":{\"execution\":\"m0123456789ab\","
     "\"managed-by\":\"mlflow-setup\",\"stack\":\"mlflow\"},\"runExecutionToken\":\"m0123456789ab\",\"template\":{"
     "\"taskCount\":1,\"template\":{"
     "\"containers\":[{\"image\":\"i\",\"resources\":{\"limits\":{\"cpu\":\"1\"}}}],\"maxRetries\":0}}}",
     "DELETE https://run/v2/projects/demo/locations/r1/jobs/mlflow-migrate",
     "{\"labels\":{\"execution\":\"m0123456789ab\",\"managed-by\":\"mlflow-setup\",\"stack\":\"mlflow\"},\"generation\":\"1\","
     "\"executionCount\":1,"
     "\"template\":{\"taskCount\":1,\"template\":{\"containers\":[{\"image\":\"i\",\"resources\":{\"limits\":{\"cpu\":"
     "\"1000m\","
     "\"memory\":\"512Mi\"}}}],\"timeout\":\"600s\"}},\"terminalCondition\":{\"type\":\"Ready\",\"state\":\"CONDITION_"
     "SUCCEEDED\"}}",
     "{\"labels\":{\"execution\":\"mffffffffffff\",\"managed-by\":\"mlflow-setup\",\"stack\":\"mlflow\"},\"generation\":\"1\","
     "\"executionCount\":1,"
     "\"template\":{\"taskCount\":1,\"template\":{\"containers\":[{\"image\":\"i\",\"resources\":{\"limits\":{\"cpu\":\"1\"}}}]"
     "}},"
     "\"terminalCondition\":{\"type\":\"Ready\",\"state\":\"CONDITION_SUCCEEDED\"}}",
     "PATCH https://run/v2/projects/demo/locations/r1/jobs/mlflow-migrate?allowMissing=true "
     "{\"labels\":{\"execution\":\"m0123456789ab\","
     "\"managed-by\":\"mlflow-setup\",\"stack\":\"mlflow\"},\"runExecutionToken\":\"m0123456789ab-1\",\"template\":{"
     "\"taskCount\":1,\"template\":{"
     "\"containers\":[{\"image\":\"i\",\"resources\":{\"limits\":{\"cpu\":\"1\"}}}],\"maxRetries\":0}}}"},
    {"run.service", "mlflow",
     "{\"region\":\"r1\",\"body\":{\"invokerIamDisabled\":true,\"scaling\":{\"minInstanceCount\":0,\"maxInstanceCount\":2},"
     "\"template\":{\"containers\":[{\"name\":\"a\",\"image\":\"i\"}]}}}",
     "GET https://run/v2/projects/demo/locations/r1/services/mlflow",
     "PATCH https://run/v2/projects/demo/locations/r1/services/mlflow?allowMissing=true {\"invokerIamDisabled\":true," LABELS
     ",\"scaling\":{\"maxInstanceCount\":2,\"minInstanceCount\":0},\"template\":{\"containers\":[{\"image\":\"i\",\"name\":"
     "\"a\"}]}}",
     "DELETE https://run/v2/projects/demo/locations/r1/services/mlflow",
     "{" LABELS
     ",\"invokerIamDisabled\":true,\"scaling\":{\"maxInstanceCount\":2},\"generation\":\"4\",\"observedGeneration\":\"4\","
     "\"template\":{\"containers\":[{\"name\":\"a\",\"image\":\"i\"}],\"timeout\":\"300s\"},"
     "\"terminalCondition\":{\"type\":\"Ready\",\"state\":\"CONDITION_SUCCEEDED\"},\"uri\":\"https://"
     "mlflow-abcdefghij-uc.a.run.app\","
     "\"urls\":[\"https://mlflow-42.r1.run.app\",\"https://mlflow-abcdefghij-uc.a.run.app\"]}",
     "{" LABELS ",\"scaling\":{\"maxInstanceCount\":2},\"generation\":\"4\",\"observedGeneration\":\"4\","
     "\"template\":{\"containers\":[{\"name\":\"a\",\"image\":\"i\"},{\"name\":\"b\",\"image\":\"i\"}]},"
     "\"terminalCondition\":{\"type\":\"Ready\",\"state\":\"CONDITION_SUCCEEDED\"}}",
     "PATCH https://run/v2/projects/demo/locations/r1/services/mlflow?allowMissing=true {\"invokerIamDisabled\":true," LABELS
     ",\"scaling\":{\"maxInstanceCount\":2,\"minInstanceCount\":0},\"template\":{\"containers\":[{\"image\":\"i\",\"name\":"
     "\"a\"}]}}"},
};

/* Observes a reply and compares. */
static enum verdict judge(const struct kind *k, const struct view *v, int http, const char *reply, struct observation *seen)
{
	cJSON *j = reply ? parse(reply) : NULL;
	struct change change = {0};
	k->decode(v, http, j, seen);
	enum verdict verdict = VERDICT_CREATE;
	if (seen->presence != PRESENT_NO && seen->presence != PRESENT_UNKNOWN && seen->presence != PRESENT_STRANGER) {
		k->compare(v, seen, &change);
		verdict = change.verdict;
	}
	for (size_t i = 0; verdict != VERDICT_CREATE && i < change.count; i++)
		printf("# %s: %s -> %s\n", change.differences[i].path, change.differences[i].found,
		       change.differences[i].wanted);
	change_free(&change);
	cJSON_Delete(j);
	return verdict;
}

static void test_requests(const struct row *r, const struct kind *k, const struct view *v)
{
	struct observation none = {0}, seen = {0};
	struct call c = {0};
	k->observe(v, &c);
	is_call(&c, r->observe, r->kind, "is read");
	k->create(v, &none, &c);
	is_call(&c, r->create, r->kind, "is created");
	ok(judge(k, v, 200, r->reply, &seen) == VERDICT_KEEP && seen.presence == PRESENT_YES, "%s as it should be is kept",
	   r->kind);
	ok((k->destroy != NULL) == (r->destroy != NULL), "%s %s", r->kind,
	   r->destroy ? "is destroyed" : "goes with its parent or stays");
	if (k->destroy) {
		k->destroy(v, &seen, &c);
		is_call(&c, r->destroy, r->kind, "is destroyed by");
	}
	observation_free(&seen);
}

static void test_change(const struct row *r, const struct kind *k, const struct view *v)
{
	struct observation seen = {0};
	struct change change = {0};
	struct call c = {0};
	enum verdict verdict = judge(k, v, 200, r->changed, &seen);
	ok(verdict == (r->update ? VERDICT_UPDATE : VERDICT_REFUSE), "%s changed by somebody is %s", r->kind,
	   r->update ? "mended" : "refused");
	if (r->update) {
		k->compare(v, &seen, &change);
		k->update(v, &seen, &change, &c);
		is_call(&c, r->update, r->kind, "is mended by");
	}
	change_free(&change);
	observation_free(&seen);
}

static void test_absence(const struct kind *k, const struct view *v)
{
	struct observation seen = {0};
	k->decode(v, 404, NULL, &seen);
	ok(seen.presence == PRESENT_NO, "%s: 404 is not there", k->id);
	observation_free(&seen);
	cJSON *j = parse(
	    "{\"error\":{\"code\":403,\"message\":\"disabled\",\"details\":[{\"reason\":\"SERVICE_DISABLED\",\"metadata\":"
	    "{\"consumer\":\"projects/42\"}}]}}");
	k->decode(v, 403, j, &seen);
	ok(seen.presence == PRESENT_NO, "%s: nothing is there while its API is off", k->id);
	observation_free(&seen);
	json_put_str(j, "error.details.0.metadata.consumer", "projects/764086051850");
	k->decode(v, 403, j, &seen);
	ok(seen.presence != PRESENT_NO && seen.error, "%s: an API that is off elsewhere tells nothing", k->id);
	observation_free(&seen);
	k->decode(v, 503, NULL, &seen);
	ok(seen.presence == PRESENT_UNKNOWN && seen.error, "%s: 503 tells nothing", k->id);
	observation_free(&seen);
	cJSON_Delete(j);
}

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		const struct kind *k = kind_find(r->kind);
		if (!ok(k != NULL, "%s is a kind", r->kind))
			continue;
		cJSON *spec = parse(r->spec);
		struct view v = view_of(r->name, spec);
		test_requests(r, k, &v);
		if (r->changed)
			test_change(r, k, &v);
		test_absence(k, &v);
		cJSON_Delete(spec);
	}
}

/* What stands without our mark is a stranger's, and another stack's is one too. */
static void test_strangers(void)
{
	static const char *const found[][2] = {
	    {"iam.serviceAccount", "{\"description\":\"hand made\"}"},
	    {"compute.network", "{\"name\":\"x\",\"description\":\"managed-by=mlflow-setup stack=mlflow2\"}"},
	    {"compute.subnetwork", "{\"name\":\"x\"}"},
	    {"compute.globalAddress", "{\"name\":\"x\",\"description\":\"\"}"},
	    {"sqladmin.instance", "{\"state\":\"RUNNABLE\",\"settings\":{\"userLabels\":{\"managed-by\":\"terraform\"}}}"},
	    {"storage.bucket", "{\"projectNumber\":\"42\"}"},
	    {"storage.bucket", "{\"projectNumber\":\"43\"," LABELS "}"},
	    {"artifactregistry.repository",
	     "{\"format\":\"DOCKER\",\"labels\":{\"managed-by\":\"mlflow-setup\",\"stack\":\"other\"}}"},
	    {"secretmanager.secret", "{\"name\":\"projects/42/secrets/s\"}"},
	    {"run.job", "{\"generation\":\"1\"}"},
	    {"run.service", "{\"generation\":\"1\"}"},
	};
	cJSON *spec = cJSON_CreateObject();
	struct view v = view_of("x", spec);
	for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
		struct observation seen = {0};
		judge(kind_find(found[i][0]), &v, 200, found[i][1], &seen);
		ok(seen.presence == PRESENT_STRANGER && seen.error, "%s: %s is a stranger's", found[i][0], found[i][1]);
		observation_free(&seen);
	}
	cJSON_Delete(spec);
}

static void is_presence(const char *kind, const char *spec, int http, const char *reply, enum presence wanted, const char *name)
{
	cJSON *s = parse(spec);
	struct view v = view_of("x", s);
	struct observation seen = {0};
	judge(kind_find(kind), &v, http, reply, &seen);
	is_int(seen.presence, wanted, name);
	observation_free(&seen);
	cJSON_Delete(s);
}

/* Only an instance whose making failed is to be replaced: one that is suspended comes back when the project's bill is paid. */
static void test_broken_instance(void)
{
	static const struct {
		const char *state;
		enum verdict verdict;
	} cases[] = {{"FAILED", VERDICT_REPLACE}, {"SUSPENDED", VERDICT_KEEP}, {"RUNNABLE", VERDICT_KEEP}};
	cJSON *s = json_make("{'region':'us-central1','databaseVersion':'POSTGRES_17','settings':{}}");
	struct view v = view_of("x", s);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct observation seen = {0};
		char *reply = xasprintf(
		    "{\"name\":\"x\",\"state\":\"%s\",\"region\":\"us-central1\",\"databaseVersion\":\"POSTGRES_17\","
		    "\"settings\":{"
		    "\"edition\":\"ENTERPRISE\",\"userLabels\":{\"managed-by\":\"mlflow-setup\",\"stack\":\"mlflow\"}}}",
		    cases[i].state);
		ok(judge(kind_find("sqladmin.instance"), &v, 200, reply, &seen) == cases[i].verdict, "an instance that is %s",
		   cases[i].state);
		free(reply);
		observation_free(&seen);
	}
	cJSON_Delete(s);
}

static void test_states(void)
{
	is_presence("sqladmin.instance", "{}", 200,
		    "{\"state\":\"PENDING_CREATE\",\"settings\":{\"userLabels\":{\"managed-by\":\"mlflow-setup\",\"stack\":"
		    "\"mlflow\"}}}",
		    PRESENT_PENDING, "an instance being made is pending");
	is_presence(
	    "sqladmin.instance", "{}", 200,
	    "{\"state\":\"FAILED\",\"settings\":{\"userLabels\":{\"managed-by\":\"mlflow-setup\",\"stack\":\"mlflow\"}}}",
	    PRESENT_FAILED, "an instance that failed has failed");
	is_presence("sqladmin.instance", "{}", 403,
		    "{\"error\":{\"code\":403,\"message\":\"no\",\"errors\":[{\"reason\":\"notAuthorized\"}]}}", PRESENT_NO,
		    "a missing instance may be answered with 403");
	is_presence("sqladmin.database", "{\"instance\":\"i\"}", 403,
		    "{\"error\":{\"code\":403,\"message\":\"no\",\"errors\":[{\"reason\":\"notAuthorized\"}]}}", PRESENT_NO,
		    "so may a database of it");
	is_presence("sqladmin.user", "{\"instance\":\"i\"}", 403,
		    "{\"error\":{\"code\":403,\"message\":\"no\",\"errors\":[{\"reason\":\"notAuthorized\"}]}}", PRESENT_NO,
		    "and a user");
	is_presence("iam.serviceAccount", "{}", 403,
		    "{\"error\":{\"code\":403,\"message\":\"Permission 'iam.serviceAccounts.get' denied on resource (or it may "
		    "not exist).\"}}",
		    PRESENT_NO, "a new service account may be answered with 403");
	is_presence("storage.bucket", "{}", 403,
		    "{\"error\":{\"code\":403,\"message\":\"o@x does not have storage.buckets.get access to the Google Cloud "
		    "Storage bucket.\"}}",
		    PRESENT_STRANGER, "somebody else's bucket is a stranger's");
	is_presence("servicenetworking.connection", "{\"network\":\"n\",\"ranges\":[\"r\"]}", 200, "{}", PRESENT_NO,
		    "a list of no connection");
	is_presence("sqladmin.user", "{\"instance\":\"i\"}", 200, "{\"items\":[{\"name\":\"postgres\"}]}", PRESENT_NO,
		    "a list without our user");
	is_presence("sqladmin.user", "{\"instance\":\"i\",\"host\":\"%\"}", 200,
		    "{\"items\":[{\"name\":\"x\",\"host\":\"10.0.0.1\"}]}", PRESENT_NO,
		    "a user who comes from elsewhere is another");
	is_presence("sqladmin.iamUser", "{\"instance\":\"i\"}", 200,
		    "{\"items\":[{\"name\":\"x\",\"type\":\"BUILT_IN\"},{\"name\":\"x\"}]}", PRESENT_NO,
		    "a user of the account's name who has a password is another");
	is_presence("sqladmin.userAbsence", "{\"instance\":\"i\"}", 200, "{\"items\":[{\"name\":\"x\",\"host\":\"%\"}]}",
		    PRESENT_NO, "a list with the user who is to go");
	is_presence("secretmanager.version", "{\"secret\":\"s\",\"payload\":{\"$secret\":\"a\"}}", 200, "{}", PRESENT_NO,
		    "a secret without a version");
	is_presence(
	    "run.service", "{}", 200,
	    "{" LABELS
	    ",\"generation\":\"2\",\"observedGeneration\":\"1\",\"terminalCondition\":{\"state\":\"CONDITION_SUCCEEDED\"}}",
	    PRESENT_PENDING, "a service that is ready for an older generation is pending");
	is_presence("run.service", "{}", 200,
		    "{" LABELS ",\"generation\":\"2\",\"terminalCondition\":{\"state\":\"CONDITION_RECONCILING\"}}",
		    PRESENT_PENDING, "a service being rolled out is pending");
}

/* A first create that failed leaves the service: the next request forces a revision, and a fresh grant is waited for. */
static void test_failed_service(void)
{
	static const char reply[] =
	    "{" LABELS
	    ",\"generation\":\"1\",\"observedGeneration\":\"1\",\"terminalCondition\":{\"state\":\"CONDITION_FAILED\","
	    "\"message\":\"denied on secret\",\"reason\":\"SECRETS_ACCESS_CHECK_FAILED\"}}";
	const struct kind *k = kind_find("run.service");
	cJSON *spec = parse("{\"region\":\"r1\",\"body\":{}}");
	struct view v = view_of("mlflow", spec);
	struct observation seen = {0};
	struct call c = {0};
	ok(judge(k, &v, 200, reply, &seen) == VERDICT_UPDATE, "a failed service is updated, not made again");
	is_str(seen.error, "denied on secret", "in Google's words");
	ok(k->passing(&v, &seen), "a secret that cannot be read yet passes");
	k->create(&v, &seen, &c);
	ok(strstr(c.url, "forceNewRevision=true") != NULL, "the next revision is forced");
	call_free(&c);
	observation_free(&seen);
	cJSON_Delete(spec);
}

static void test_outputs(void)
{
	const struct row *r = rows;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++, r++) {
		cJSON *spec = parse(r->spec);
		struct view v = view_of(r->name, spec);
		struct observation seen = {0};
		judge(kind_find(r->kind), &v, 200, r->reply, &seen);
		if (!strcmp(r->kind, "run.service"))
			is_str(json_str(seen.outputs, "url", ""), "https://mlflow-42.r1.run.app",
			       "the URL with the project's number is the one");
		if (!strcmp(r->kind, "sqladmin.instance"))
			is_str(json_str(seen.outputs, "ip", ""), "10.59.0.3", "the private address");
		if (!strcmp(r->kind, "secretmanager.version"))
			is_str(json_str(seen.outputs, "name", ""), "projects/demo/secrets/mlflow-cookie/versions/1",
			       "a version's name");
		if (!strcmp(r->kind, "storage.object"))
			is_str(json_str(seen.outputs, "generation", ""), "1700", "an object's generation");
		if (!strcmp(r->kind, "artifactregistry.repository"))
			is_str(json_str(seen.outputs, "uri", ""), "r1-docker.pkg.dev/demo/mlflow", "a repository's address");
		observation_free(&seen);
		cJSON_Delete(spec);
	}
}

/* An image from elsewhere is named by the hash of what came, whatever the registry says of it. */
static void test_docker_image(void)
{
	const struct kind *k = kind_find("artifactregistry.dockerImage");
	static const char *const replies[][3] = {
	    {"{\"schemaVersion\":2,\"manifests\":[]}", "sha256:aa", "an index"},
	    {"{\"schemaVersion\":2,\"layers\":[]}", "sha256:aa", "an image"},
	    {"{\"schemaVersion\":1,\"fsLayers\":[]}", "", "a manifest of the old form has no digest of its own"},
	    {"<html>", "", "a page is no manifest"},
	    {"", "", "nothing is no manifest"},
	};
	cJSON *spec = json_make("{'region':'r1','repository':'q','image':'o/p','tag':'v7.15.6'}");
	struct view v = view_of("v7.15.6", spec);
	struct call c = {0};
	k->observe(&v, &c);
	is_str(c.url, "https://r1-docker.pkg.dev/v2/demo/q/o/p/manifests/v7.15.6", "S13: a release is asked for by its tag");
	ok(call_is_google(c.url) && c.accept && strstr(c.accept, "image.index"), "S13: at Google's registry, of any platform");
	call_free(&c);
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		struct observation seen = {0};
		cJSON *reply = json_make("{'text':%s,'sha256':'aa'}", replies[i][0]);
		k->decode(&v, 200, reply, &seen);
		is_str(json_str(seen.outputs, "digest", ""), replies[i][1], replies[i][2]);
		observation_free(&seen);
		cJSON_Delete(reply);
	}
	cJSON_Delete(spec);
	spec = json_make("{'region':'r1','repository':'q','image':'o/p','tag':'v7.15.6','digest':'sha256:aa'}");
	v = view_of("v7.15.6", spec);
	k->observe(&v, &c);
	ok(c.url && text_ends(c.url, "/manifests/sha256:aa"), "T14: what was found once is asked for by its digest");
	call_free(&c);
	for (int i = 0; i < 2; i++) {
		struct observation seen = {0};
		cJSON *reply = json_make("{'text':%s,'sha256':%s}", "{\"schemaVersion\":2,\"layers\":[]}", i ? "aa" : "bb");
		k->decode(&v, 200, reply, &seen);
		ok(seen.presence == (i ? PRESENT_YES : PRESENT_FAILED), "T14: and nothing else is taken for it");
		observation_free(&seen);
		cJSON_Delete(reply);
	}
	cJSON_Delete(spec);
}

/* Only what is ours is added, what others put stays, conditions and all; the etag goes back. */
static void test_policy(void)
{
	const struct kind *k = kind_find("iam.policy");
	cJSON *spec = parse("{\"holder\":\"project\",\"resource\":\"projects/demo\",\"bindings\":[{\"role\":\"roles/"
			    "a\",\"members\":[\"user:me@x\"]},"
			    "{\"role\":\"roles/b\",\"members\":[\"user:me@x\",\"user:you@x\"]}]}");
	static const char policy[] =
	    "{\"version\":3,\"etag\":\"E=\",\"bindings\":[{\"role\":\"roles/a\",\"members\":[\"user:me@x\"],\"condition\":"
	    "{\"expression\":\"false\"}},{\"role\":\"roles/b\",\"members\":[\"user:you@x\",\"deleted:user:z@x?uid=1\"]}]}";
	struct view v = view_of("projects/demo", spec);
	struct observation seen = {0};
	struct change change = {0};
	struct call c = {0};
	ok(judge(k, &v, 200, policy, &seen) == VERDICT_UPDATE, "a binding with a condition is another binding");
	k->compare(&v, &seen, &change);
	is_int((int)change.count, 2, "two members are missing");
	k->update(&v, &seen, &change, &c);
	is_call(&c,
		"POST https://cloudresourcemanager/v1/projects/demo:setIamPolicy "
		"{\"policy\":{\"bindings\":[{\"condition\":{\"expression\":\"false\"},"
		"\"members\":[\"user:me@x\"],\"role\":\"roles/"
		"a\"},{\"members\":[\"user:you@x\",\"deleted:user:z@x?uid=1\",\"user:me@x\"],"
		"\"role\":\"roles/b\"},{\"members\":[\"user:me@x\"],\"role\":\"roles/a\"}],\"etag\":\"E=\",\"version\":3}}",
		"iam.policy", "is completed");
	change_free(&change);
	observation_free(&seen);
	judge(k, &v, 200, "{\"bindings\":{\"role\":\"roles/a\"}}", &seen);
	ok(seen.presence == PRESENT_UNKNOWN, "one whose bindings are no list is not understood");
	observation_free(&seen);
	judge(k, &v, 200, "{\"bindings\":[{\"role\":\"roles/a\",\"members\":{\"x\":\"user:me@x\"}}]}", &seen);
	ok(seen.presence == PRESENT_UNKNOWN, "nor one whose members are none");
	observation_free(&seen);
	judge(k, &v, 200, "{\"etag\":\"ACAB\"}", &seen);
	ok(seen.presence == PRESENT_NO && seen.found, "an empty policy has none of ours, and is at hand");
	k->create(&v, &seen, &c);
	ok(!strcmp(c.method, "POST") && strstr(c.url, ":setIamPolicy") && strstr(json_str(c.body, "policy.etag", ""), "ACAB"),
	   "so it is written at once");
	call_free(&c);
	observation_free(&seen);
	json_put(spec, "without", json_make("[{'member':'projectViewer:'},{'role':'roles/o','member':'projectOwner:'}]"));
	judge(
	    k, &v, 200,
	    "{\"bindings\":[{\"role\":\"roles/a\",\"members\":[\"user:me@x\"]},{\"role\":\"roles/"
	    "b\",\"members\":[\"user:me@x\",\"user:you@x\","
	    "\"projectOwner:p\"]},{\"role\":\"roles/l\",\"members\":[\"projectViewer:p\"]},{\"role\":\"roles/o\",\"members\":["
	    "\"projectOwner:p\",\"user:z@x\"]}]}",
	    &seen);
	k->compare(&v, &seen, &change);
	is_int((int)change.count, 2, "S14: members that must not stay are differences");
	k->update(&v, &seen, &change, &c);
	char *written = json_text(json_at(c.body, "policy.bindings"), -1);
	is_str(written,
	       "[{\"members\":[\"user:me@x\"],\"role\":\"roles/"
	       "a\"},{\"members\":[\"user:me@x\",\"user:you@x\",\"projectOwner:p\"],\"role\":\"roles/b\"},"
	       "{\"members\":[\"user:z@x\"],\"role\":\"roles/o\"}]",
	       "S14: and are taken out, others stay");
	free(written);
	call_free(&c);
	change_free(&change);
	observation_free(&seen);
	json_put_str(spec, "holder", "projekt");
	k->observe(&v, &c);
	ok(!c.method, "S15: a holder that is not known makes no request");
	call_free(&c);
	cJSON_Delete(spec);
}

/* While what it refers to is not there, members are not known: they are missing, and of those that are taken away they are none. */
static void test_vague_policy(void)
{
	static const char *const members[] = {"{\"$ref\":[\"cluster\",\"nodes\"]}", "[{\"$ref\":[\"account\",\"member\"]}]"};
	const struct kind *k = kind_find("iam.policy");
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		cJSON *spec = json_make("{'holder':'bucket','resource':'b/demo-b','bindings':[{'role':'roles/a','members':%j},"
					"{'role':'roles/b','members':['user:me@x']}]}",
					parse(members[i]));
		struct view v = view_of("b/demo-b", spec);
		struct observation seen = {0};
		struct change change = {0};
		struct call c = {0};
		judge(k, &v, 200,
		      "{\"bindings\":[{\"role\":\"roles/a\",\"members\":[\"user:a@x\"]},{\"role\":\"roles/"
		      "b\",\"members\":[\"user:me@x\"]}]}",
		      &seen);
		k->compare(&v, &seen, &change);
		ok(seen.presence == PRESENT_YES && change.verdict == VERDICT_UPDATE && change.count == 1,
		   "what is not known is missing: %s", members[i]);
		k->destroy(&v, &seen, &c);
		char *written = json_text(json_at(c.body, "bindings"), -1);
		is_str(written, "[{\"members\":[\"user:a@x\"],\"role\":\"roles/a\"}]", "and what is known goes");
		free(written);
		call_free(&c);
		change_free(&change);
		observation_free(&seen);
		cJSON_Delete(spec);
	}
}

/* Builds are told apart by their tag; a success counts, one in flight is waited for, an older repository's do not count. */
#define OURS                                                                                                                   \
	"\"images\":[\"r1-docker.pkg.dev/demo/mlflow/server:abc\"],\"serviceAccount\":\"projects/demo/serviceAccounts/"        \
	"b@x\",\"logsBucket\":\"gs://b/logs\""
static void test_image(void)
{
	static const char spec_text[] =
	    "{\"region\":\"r1\",\"bucket\":\"b\",\"object\":\"o\",\"generation\":\"7\",\"image\":\"r1-docker.pkg.dev/demo/"
	    "mlflow/server:abc\","
	    "\"serviceAccount\":\"b@x\",\"logs\":\"b/logs\",\"tag\":\"source-abc\",\"after\":\"2026-11-22T10:00:00.9Z\"}";
	static const char success[] = "{\"builds\":[{" OURS
				      ",\"id\":\"2\",\"status\":\"FAILURE\",\"createTime\":\"2026-11-22T11:00:00Z\"},{" OURS
				      ",\"id\":\"1\",\"status\":"
				      "\"SUCCESS\",\"createTime\":\"2026-11-22T10:30:00Z\",\"results\":{\"images\":[{\"name\":"
				      "\"n\",\"digest\":\"sha256:d\"}]}}]}";
	static const char old[] =
	    "{\"builds\":[{" OURS
	    ",\"id\":\"1\",\"status\":\"SUCCESS\",\"createTime\":\"2026-11-21T10:30:00Z\",\"results\":{\"images\":[{"
	    "\"digest\":\"sha256:d\"}]}}]}";
	static const char failed[] =
	    "{\"builds\":[{\"id\":\"3\",\"status\":\"FAILURE\",\"createTime\":\"2026-11-22T11:00:00Z\"," OURS ","
	    "\"failureInfo\":{\"type\":\"PUSH_NOT_AUTHORIZED\",\"detail\":\"denied\"}}]}";
	static const char *const whose[] = {"image", "account", "bucket of logs"};
	static const char *const foreign[] = {
	    "{\"builds\":[{\"status\":\"SUCCESS\",\"createTime\":\"2026-11-22T11:00:00Z\",\"images\":[\"r1-docker.pkg.dev/demo/"
	    "other/server:abc\"],"
	    "\"serviceAccount\":\"projects/demo/serviceAccounts/b@x\",\"logsBucket\":\"gs://b/logs\"}]}",
	    "{\"builds\":[{\"status\":\"SUCCESS\",\"createTime\":\"2026-11-22T11:00:00Z\",\"images\":[\"r1-docker.pkg.dev/demo/"
	    "mlflow/server:abc\"],"
	    "\"serviceAccount\":\"projects/demo/serviceAccounts/other-b@x\",\"logsBucket\":\"gs://b/logs\"}]}",
	    "{\"builds\":[{\"status\":\"SUCCESS\",\"createTime\":\"2026-11-22T11:00:00Z\",\"images\":[\"r1-docker.pkg.dev/demo/"
	    "mlflow/server:abc\"],"
	    "\"serviceAccount\":\"projects/demo/serviceAccounts/b@x\",\"logsBucket\":\"gs://c/logs\"}]}"};
	const struct kind *k = kind_find("cloudbuild.image");
	cJSON *spec = parse(spec_text);
	struct view v = view_of("server", spec);
	struct observation seen = {0};
	struct call c = {0};
	k->observe(&v, &c);
	is_call(&c,
		"GET "
		"https://cloudbuild/v1/projects/demo/locations/r1/"
		"builds?projectId=demo&filter=tags%3D%22source-abc%22%20AND%20tags%3D%22stack-mlflow%22&pageSize=20",
		"cloudbuild.image", "is looked up by its tag and the stack's");
	k->create(&v, &seen, &c);
	is_call(
	    &c,
	    "POST https://cloudbuild/v1/projects/demo/locations/r1/builds?projectId=demo "
	    "{\"images\":[\"r1-docker.pkg.dev/demo/mlflow/server:abc\"],"
	    "\"logsBucket\":\"gs://b/"
	    "logs\",\"options\":{\"logStreamingOption\":\"STREAM_ON\",\"logging\":\"GCS_ONLY\"},\"queueTtl\":\"1800s\","
	    "\"serviceAccount\":\"projects/demo/serviceAccounts/"
	    "b@x\",\"source\":{\"storageSource\":{\"bucket\":\"b\",\"generation\":\"7\","
	    "\"object\":\"o\"}},\"steps\":[{\"args\":[\"build\",\"--tag\",\"r1-docker.pkg.dev/demo/mlflow/server:abc\",\".\"],"
	    "\"name\":\"gcr.io/cloud-builders/"
	    "docker\"}],\"tags\":[\"mlflow-setup\",\"source-abc\",\"stack-mlflow\"],\"timeout\":\"1800s\"}",
	    "cloudbuild.image", "is built");
	ok(judge(k, &v, 200, success, &seen) == VERDICT_KEEP && seen.presence == PRESENT_YES,
	   "a success is kept, whatever came after");
	is_str(json_str(seen.outputs, "image", ""), "r1-docker.pkg.dev/demo/mlflow/server@sha256:d", "by its digest");
	observation_free(&seen);
	judge(k, &v, 200, old, &seen);
	ok(seen.presence == PRESENT_NO, "an image of an earlier repository is gone");
	observation_free(&seen);
	judge(k, &v, 200,
	      "{\"builds\":[{" OURS ",\"id\":\"1\",\"status\":\"QUEUED\",\"createTime\":\"2026-11-22T10:30:00Z\"}]}", &seen);
	ok(seen.presence == PRESENT_PENDING, "a build in flight is waited for");
	observation_free(&seen);
	ok(judge(k, &v, 200, failed, &seen) == VERDICT_CREATE && seen.presence == PRESENT_FAILED,
	   "a failed build is made again");
	ok(k->passing(&v, &seen), "for want of a fresh grant it passes");
	char *url = k->log_url(&v, seen.found);
	is_str(url, "https://storage.googleapis.com/b/logs/log-3.txt", "where its log grows");
	free(url);
	observation_free(&seen);
	judge(k, &v, 200, "{}", &seen);
	ok(seen.presence == PRESENT_NO, "no build, no image");
	observation_free(&seen);
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
		judge(k, &v, 200, foreign[i], &seen);
		ok(seen.presence == PRESENT_NO, "S1: a build of another %s is not ours", whose[i]);
		observation_free(&seen);
	}
	cJSON_Delete(spec);
}

/* A rendered file gets a new version when its text differs; a recorded number stays in use. */
static void test_versions(void)
{
	const struct kind *k = kind_find("secretmanager.version");
	cJSON *spec = parse("{\"secret\":\"s\",\"text\":\"hello\\n\"}");
	struct view v = view_of("s", spec);
	struct observation seen = {0};
	struct call c = {0};
	k->observe(&v, &c);
	ok(strstr(c.url, "/versions/latest:access") != NULL, "a rendered file is read back");
	ok(judge(k, &v, 200, "{\"name\":\"projects/42/secrets/s/versions/3\",\"payload\":{\"data\":\"aGVsbG8K\"}}", &seen) ==
	       VERDICT_KEEP,
	   "the same text is kept");
	is_str(json_str(seen.outputs, "version", ""), "3", "by its number");
	observation_free(&seen);
	ok(judge(k, &v, 200, "{\"name\":\"projects/42/secrets/s/versions/3\",\"payload\":{\"data\":\"b2xk\"}}", &seen) ==
	       VERDICT_UPDATE,
	   "another text gets a new version");
	observation_free(&seen);
	k->create(&v, &seen, &c);
	is_call(&c,
		"POST https://secretmanager/v1/projects/demo/secrets/s:addVersion "
		"{\"payload\":{\"data\":\"aGVsbG8K\",\"dataCrc32c\":\"893245630\"}}",
		"secretmanager.version", "is added with its checksum");
	ok(judge(k, &v, 200, "{\"name\":\"projects/42/secrets/s/versions/4\",\"state\":\"ENABLED\"}", &seen) == VERDICT_KEEP,
	   "the reply to it tells");
	is_str(json_str(seen.outputs, "version", ""), "4", "the new number");
	observation_free(&seen);
	cJSON_Delete(spec);
	spec = parse("{\"secret\":\"s\",\"payload\":{\"$secret\":\"a\"},\"version\":\"2\"}");
	v = view_of("s", spec);
	judge(k, &v, 200,
	      "{\"versions\":[{\"name\":\"projects/42/secrets/s/versions/3\",\"state\":\"ENABLED\"},"
	      "{\"name\":\"projects/42/secrets/s/versions/2\",\"state\":\"ENABLED\"}]}",
	      &seen);
	is_str(json_str(seen.outputs, "version", ""), "2", "the recorded version stays in use");
	observation_free(&seen);
	cJSON_Delete(spec);
}

/* Deletion protection first; then the instance, with a last backup. */
static void test_destroy_sql(void)
{
	const struct kind *k = kind_find("sqladmin.instance");
	cJSON *spec = cJSON_CreateObject();
	struct view v = view_of("i", spec);
	struct observation seen = {.presence = PRESENT_YES,
				   .found = parse("{\"settings\":{\"deletionProtectionEnabled\":true}}")};
	struct call c = {0};
	k->destroy(&v, &seen, &c);
	is_call(&c, "PATCH https://sqladmin/v1/projects/demo/instances/i {\"settings\":{\"deletionProtectionEnabled\":false}}",
		k->id, "is unlocked first");
	observation_free(&seen);
	cJSON_Delete(spec);
}

static void is_bucket_turn(const char *spec, bool consent, const char *last, const char *wanted, const char *what)
{
	const struct kind *k = kind_find("storage.bucket");
	cJSON *s = parse(spec), *l = last ? parse(last) : NULL;
	struct view v = view_of("b", s);
	struct observation seen = {0};
	struct call c = {0};
	v.consent = consent;
	v.last = l;
	k->destroy(&v, &seen, &c);
	is_call(&c, wanted, k->id, what);
	cJSON_Delete(l);
	cJSON_Delete(s);
}

static void test_destroy_bucket(void)
{
	static const char live[] = "{\"kind\":\"storage#objects\",\"items\":[{\"name\":\"a/b\",\"generation\":\"5\"}]}";
	static const char dead[] = "{\"kind\":\"storage#objects\",\"items\":[{\"name\":\"a/"
				   "b\",\"generation\":\"5\",\"timeDeleted\":\"2026-11-22T10:00:00Z\"}]}";
	is_bucket_turn("{\"data\":false}", false, live, "DELETE https://storage/storage/v1/b/b/o/a%2Fb?generation=5",
		       "of ours is emptied");
	is_bucket_turn("{}", false, "{\"kind\":\"storage#objects\"}", "DELETE https://storage/storage/v1/b/b",
		       "empty, is deleted");
	is_bucket_turn("{}", false, live, "- ", "with users' data stays without consent");
	is_bucket_turn("{}", true, live, "DELETE https://storage/storage/v1/b/b/o/a%2Fb?generation=5",
		       "with users' data goes with it");
	is_bucket_turn("{}", false, dead, "DELETE https://storage/storage/v1/b/b/o/a%2Fb?generation=5",
		       "with old versions only is emptied");
}

/* The connection's second way. */
static void test_destroy_connection(void)
{
	const struct kind *k = kind_find("servicenetworking.connection");
	cJSON *spec = parse("{\"network\":\"mlflow\"}");
	struct view v = view_of("servicenetworking-googleapis-com", spec);
	struct observation seen = {0};
	struct call c = {0};
	v.way = 1;
	k->destroy(&v, &seen, &c);
	ok(k->destroy_ways == 2 && k->lingers, "a connection has two ways to go, and may linger");
	is_call(&c,
		"POST https://compute/compute/v1/projects/demo/global/networks/mlflow/removePeering "
		"{\"name\":\"servicenetworking-googleapis-com\"}",
		k->id, "held by Cloud SQL is cut from our side");
	cJSON_Delete(spec);
}

static void is_same(const char *wanted, const char *found, int differences)
{
	cJSON *w = parse(wanted), *f = parse(found);
	struct change c = {0};
	kind_compare_leaves(w, f, NULL, &c);
	ok((int)c.count == differences, "%s against %s: %d differences", wanted, found, differences);
	change_free(&c);
	cJSON_Delete(w);
	cJSON_Delete(f);
}

static void test_leaves(void)
{
	is_same("{\"a\":1}", "{\"a\":1,\"b\":2}", 0);
	is_same("{\"a\":1}", "{\"b\":2}", 1);
	is_same("{\"a\":\"20\",\"b\":7}", "{\"a\":20,\"b\":\"7\"}", 0);
	is_same("{\"a\":\"20\"}", "{\"a\":21}", 1);
	is_same("{\"a\":false,\"b\":0,\"c\":\"\",\"d\":[],\"e\":{\"f\":false},\"g\":null}", "{}", 0);
	is_same("{\"a\":true}", "{}", 1);
	is_same("{\"e\":{\"f\":true}}", "{}", 1);
	is_same("{\"a\":[1,2]}", "{\"a\":[1,2]}", 0);
	is_same("{\"a\":[1,2]}", "{\"a\":[1,2,3]}", 1);
	is_same("{\"a\":[{\"x\":1}]}", "{\"a\":[{\"x\":1,\"y\":2}]}", 0);
	is_same("{\"a\":[{}]}", "{}", 1);
	is_same("{\"n\":\"projects/p/global/networks/m\"}",
		"{\"n\":\"https://www.googleapis.com/compute/v1/projects/p/global/networks/m\"}", 0);
	is_same("{\"n\":\"m\"}", "{\"n\":\"projects/p/global/networks/m\"}", 0);
	is_same("{\"n\":\"m\"}", "{\"n\":\"projects/p/global/networks/xm\"}", 1);
	is_same("{\"n\":\"projects/p/global/networks/m\"}", "{\"n\":\"projects/q/global/networks/m\"}", 1);
	is_same("{\"n\":\"projects/p/locations/global/x/m\"}", "{\"n\":\"projects/42/locations/global/x/m\"}", 0);
	is_same("{\"n\":\"projects/p/locations/global/x/m\"}", "{\"n\":\"projects/42/locations/global/x/n\"}", 1);
	is_same("{\"n\":\"projects/41/x/m\"}", "{\"n\":\"projects/42/x/m\"}", 1);
	is_same("{\"n\":\"b\"}", "{\"n\":\"a/b\"}", 1);
	is_same("{\"n\":\"\"}", "{\"n\":\"projects/p/x\"}", 1);
}

/* What is not known yet is never the same as what stands, and the difference says what it waits for. */
static void test_waits(void)
{
	cJSON *wanted = parse("{\"a\":{\"$ref\":[\"sql\",\"ip\"]},\"b\":[{\"$join\":[\"x\",{\"$ref\":[\"image\",\"digest\"]}]}]"
			      ",\"c\":\"${sql.ip}\"}");
	cJSON *found = parse("{\"a\":{\"$ref\":[\"sql\",\"ip\"]},\"b\":[\"x\"],\"c\":\"\"}");
	struct change c = {0};
	kind_compare_leaves(wanted, found, NULL, &c);
	is_int((long long)c.count, 3, "a reference, a text of parts and another text differ");
	is_str(c.count ? c.differences[0].path : "", "a", "a reference is one leaf");
	is_str(c.count ? c.differences[0].waits : "", "sql", "it waits for the resource that it refers to");
	is_str(c.count > 1 ? c.differences[1].waits : "", "image", "so does a text made of parts");
	ok(c.count > 2 && !c.differences[2].waits, "a text that looks like one waits for nothing");
	change_free(&c);
	cJSON_Delete(wanted);
	cJSON_Delete(found);
}

static void is_lock(const struct kind *k, const char *name, const char *spec, const char *wanted)
{
	cJSON *s = parse(spec);
	char *lock = k->lock(&(struct view){.project = "demo", .name = name, .spec = s});
	is_str(lock, wanted, k->id);
	free(lock);
	cJSON_Delete(s);
}

/* One change at a time for each instance, whichever of its kinds makes it. */
static void test_locks(void)
{
	is_lock(kind_find("sqladmin.instance"), "mlflow-x", "{}", "sql/mlflow-x");
	is_lock(kind_find("sqladmin.database"), "mlflow", "{\"instance\":\"mlflow-x\"}", "sql/mlflow-x");
	is_lock(kind_find("sqladmin.user"), "mlflow", "{\"instance\":\"mlflow-x\"}", "sql/mlflow-x");
	is_lock(kind_find("sqladmin.iamUser"), "mlflow@demo.iam", "{\"instance\":\"mlflow-x\"}", "sql/mlflow-x");
}

int main(void)
{
	mem_install();
	test_waits();
	test_locks();
	test_rows();
	test_strangers();
	test_states();
	test_broken_instance();
	test_failed_service();
	test_outputs();
	test_docker_image();
	test_policy();
	test_vague_policy();
	test_image();
	test_versions();
	test_destroy_sql();
	test_destroy_bucket();
	test_destroy_connection();
	test_leaves();
	for (const struct kind *const *k = kinds; *k; k++)
		if ((*k)->by_hand || (!(*k)->create && (*k)->stays)) /* only looked at */
			ok((*k)->observe && (*k)->decode && (*k)->compare && !(*k)->create && !(*k)->update && !(*k)->destroy &&
			       (*k)->title,
			   "%s is complete", (*k)->id);
		else
			ok((*k)->observe && (*k)->decode && (*k)->compare && (*k)->create && (*k)->usual > 0 &&
			       (*k)->slow >= (*k)->usual && (*k)->deadline > (*k)->slow && (*k)->api && (*k)->title,
			   "%s is complete", (*k)->id);
	return tap_done();
}
