/* Operations and errors, in the shapes that Google sends. */
#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "gcp/call.h"
#include "tests/tap.h"

#include <stdlib.h>

static bool decode(enum dialect d, const char *url, const char *text, struct operation *o)
{
	struct err e = {0};
	char *copy = xstrdup(text);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	cJSON *j = json_parse(copy, strlen(copy), "t", &e);
	bool is = operation_decode(d, url, j, o);
	cJSON_Delete(j);
	err_free(&e);
	free(copy);
	return is;
}

static const struct {
	enum dialect dialect;
	const char *url, *reply, *poll, *wait, *code;
	bool is, done;
} rows[] = {
    {DIALECT_AIP, "https://serviceusage.googleapis.com/v1/projects/p/services:batchEnable",
     "{'name':'operations/acat.p2-123-uuid'}", "https://serviceusage.googleapis.com/v1/operations/acat.p2-123-uuid", NULL, NULL,
     true, false},
    {DIALECT_AIP, "https://serviceusage.googleapis.com/v1beta1/projects/p/services/iap.googleapis.com:generateServiceIdentity",
     "{'name':'operations/finished.DONE_OPERATION','done':true,'response':{}}",
     "https://serviceusage.googleapis.com/v1beta1/operations/finished.DONE_OPERATION", NULL, NULL, true, true},
    {DIALECT_AIP, "https://artifactregistry.googleapis.com/v1/projects/p/locations/r/repositories?repositoryId=x",
     "{'name':'projects/p/locations/r/operations/u','done':true,'error':{'code':9,'message':'no'}}",
     "https://artifactregistry.googleapis.com/v1/projects/p/locations/r/operations/u", NULL, "9", true, true},
    {DIALECT_AIP, "https://x.googleapis.com/v1/y", "{'name':'../../evil/operations/x'}", NULL, NULL, NULL, false, false},
    {DIALECT_AIP, "https://x.googleapis.com/v1/y", "{'name':'projects/p/secrets/s'}", NULL, NULL, NULL, false, false},
    {DIALECT_RUN, "https://run.googleapis.com/v2/projects/p/locations/r/services/s?allowMissing=true",
     "{'name':'projects/p/locations/r/operations/u','metadata':{'@type':'x'}}",
     "https://run.googleapis.com/v2/projects/p/locations/r/operations/u",
     "https://run.googleapis.com/v2/projects/p/locations/r/operations/u:wait", NULL, true, false},
    {DIALECT_COMPUTE, "https://compute.googleapis.com/compute/v1/projects/p/global/networks",
     "{'kind':'compute#operation','name':'operation-1','operationType':'insert','status':'RUNNING','progress':50,"
     "'selfLink':'https://evil.example/x'}",
     "https://compute.googleapis.com/compute/v1/projects/p/global/operations/operation-1",
     "https://compute.googleapis.com/compute/v1/projects/p/global/operations/operation-1/wait", NULL, true, false},
    {DIALECT_COMPUTE, "https://compute.googleapis.com/compute/v1/projects/p/regions/r/subnetworks",
     "{'kind':'compute#operation','name':'operation-2','operationType':'insert','status':'DONE','error':{'errors':[{'code':"
     "'QUOTA_EXCEEDED','message':'Quota'},{'code':'X','message':'more'}]}}",
     "https://compute.googleapis.com/compute/v1/projects/p/regions/r/operations/operation-2",
     "https://compute.googleapis.com/compute/v1/projects/p/regions/r/operations/operation-2/wait", "QUOTA_EXCEEDED", true,
     true},
    {DIALECT_COMPUTE, "https://compute.googleapis.com/compute/v1/projects/p/zones/z/operations/operation-3/wait",
     "{'name':'operation-3','operationType':'insert','status':'PENDING'}",
     "https://compute.googleapis.com/compute/v1/projects/p/zones/z/operations/operation-3",
     "https://compute.googleapis.com/compute/v1/projects/p/zones/z/operations/operation-3/wait", NULL, true, false},
    {DIALECT_SQL, "https://sqladmin.googleapis.com/v1/projects/p/instances/i/users",
     "{'kind':'sql#operation','name':'0a-1b','status':'PENDING','operationType':'CREATE_USER','error':{'errors':[{'code':'X'}]}"
     "}",
     "https://sqladmin.googleapis.com/v1/projects/p/operations/0a-1b", NULL, NULL, true, false},
    {DIALECT_SQL, "https://sqladmin.googleapis.com/sql/v1beta4/projects/p/instances",
     "{'kind':'sql#instance','name':'i','state':'RUNNABLE'}", NULL, NULL, NULL, false, false},
    {DIALECT_CONTAINER, "https://container.googleapis.com/v1/projects/p/locations/r/clusters",
     "{'name':'operation-9','operationType':'CREATE_CLUSTER','status':'DONE','statusMessage':'stockout'}",
     "https://container.googleapis.com/v1/projects/p/locations/r/operations/operation-9", NULL, "UNKNOWN", true, true},
    {DIALECT_BUILD, "https://cloudbuild.googleapis.com/v1/projects/p/locations/r/builds",
     "{'name':'projects/p/locations/r/operations/YWJj','metadata':{'build':{'id':'u-1','status':'QUEUED'}}}",
     "https://cloudbuild.googleapis.com/v1/projects/p/locations/r/builds/u-1", NULL, NULL, true, false},
    {DIALECT_BUILD, "https://cloudbuild.googleapis.com/v1/projects/p/locations/r/builds/u-1",
     "{'id':'u-1','status':'FAILURE','failureInfo':{'type':'PUSH_NOT_AUTHORIZED','detail':'d'}}",
     "https://cloudbuild.googleapis.com/v1/projects/p/locations/r/builds/u-1", NULL, "PUSH_NOT_AUTHORIZED", true, true},
};

static void operations(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct operation o;
		printf("# row %zu\n", i);
		is_int(decode(rows[i].dialect, rows[i].url, rows[i].reply, &o), rows[i].is, "is it an operation?");
		is_str(o.poll_url, rows[i].poll, "where it is polled");
		is_str(o.wait_url, rows[i].wait, "where it is waited for");
		is_str(o.error_code, rows[i].code, "how it failed");
		is_int(o.done, rows[i].done, "is it done?");
		operation_free(&o);
	}
}

static void error_of(int http, const char *text, struct api_error *out)
{
	struct err e = {0};
	char *copy = xstrdup(text);
	for (char *p = copy; *p; p++)
		if (*p == '`')
			*p = '"';
	cJSON *j = json_parse(copy, strlen(copy), "t", &e);
	api_error_decode(http, j, copy, out);
	cJSON_Delete(j);
	err_free(&e);
	free(copy);
}

static void errors(void)
{
	struct api_error e;
	error_of(404,
		 "{`error`:{`code`:404,`message`:`gone`,`errors`:[{`domain`:`global`,`reason`:`notFound`,`message`:`gone`}]}}",
		 &e);
	is_str(e.reason, "notFound", "errors[].reason");
	is_str(e.status, NULL, "which has no status");
	api_error_free(&e);
	error_of(403,
		 "{`error`:{`code`:403,`message`:`m`,`status`:`PERMISSION_DENIED`,`details`:[{`@type`:`type.googleapis.com/"
		 "google.rpc.Help`},"
		 "{`@type`:`type.googleapis.com/"
		 "google.rpc.ErrorInfo`,`reason`:`SERVICE_DISABLED`,`metadata`:{`service`:`run.googleapis.com`,"
		 "`consumer`:`projects/12`}},{`@type`:`type.googleapis.com/google.rpc.RetryInfo`,`retryDelay`:`7.5s`}]}}",
		 &e);
	is_str(e.status, "PERMISSION_DENIED", "status");
	is_str(e.reason, "SERVICE_DISABLED", "ErrorInfo.reason");
	is_str(e.service, "run.googleapis.com", "its service");
	is_str(e.consumer, "projects/12", "its consumer");
	ok(e.retry_after == 7.5, "RetryInfo");
	api_error_free(&e);
	error_of(400, "{`error`:`invalid_grant`,`error_description`:`Bad Request`}", &e);
	is_str(e.reason, "invalid_grant", "the token endpoint's reason");
	is_str(e.message, "Bad Request", "and words");
	api_error_free(&e);
	error_of(403, "{`error`:{`message`:`Permission 'iam.serviceAccounts.get' denied on resource (or it may not exist).`}}",
		 &e);
	is_str(e.permission, "iam.serviceAccounts.get", "the permission in a message");
	api_error_free(&e);
	error_of(412, "{`error`:{`message`:`Constraint constraints/iam.allowedPolicyMemberDomains violated for projects/p`}}",
		 &e);
	is_str(e.constraint, "constraints/iam.allowedPolicyMemberDomains", "the constraint in a message");
	api_error_free(&e);
	error_of(403,
		 "{`error`:{`message`:`Operation denied by custom org policy: ['customConstraints/custom.noIngress': 'Ask "
		 "us.']`}}",
		 &e);
	is_str(e.constraint, "customConstraints/custom.noIngress", "an organization's own constraint in a message");
	ok(!api_error_is_plain_denial(&e), "which is no lacking permission");
	api_error_free(&e);
	error_of(403,
		 "{`error`:{`message`:`Operation denied by org policy on resource 'projects/p': "
		 "['constraints/iam.managed.allowedPolicyMembers': 'x']`}}",
		 &e);
	is_str(e.constraint, "constraints/iam.managed.allowedPolicyMembers", "a managed one");
	api_error_free(&e);
	error_of(
	    400,
	    "{`error`:{`message`:`One or more users named in the policy do not belong to a permitted customer,  perhaps due "
	    "to an organization policy.`}}",
	    &e);
	is_str(e.constraint, "constraints/iam.allowedPolicyMemberDomains", "one that Cloud Run does not name");
	api_error_free(&e);
	error_of(400, "{`error`:{`message`:`invoker_iam_disabled is not currently available`}}", &e);
	is_str(e.constraint, "constraints/run.managed.requireInvokerIam", "another one");
	api_error_free(&e);
	error_of(400, "{`error`:{`message`:`Request violates constraint 'constraints/storage.uniformBucketLevelAccess'`}}", &e);
	is_str(e.constraint, "constraints/storage.uniformBucketLevelAccess", "one in quotes");
	api_error_free(&e);
	error_of(502, "<!DOCTYPE html><html>\x1b[31m", &e);
	is_str(e.message, "HTTP status 502 without an explanation", "HTML is not shown");
	api_error_free(&e);
	error_of(500, "plain \x1b[31m words", &e);
	ok(!strchr(e.message, '\x1b'), "nor are control characters");
	api_error_free(&e);
	error_of(400, "[1]", &e);
	ok(e.message != NULL, "an array is no error object, and still has words");
	api_error_free(&e);
}

/* What else than a lacking permission stands behind a 403, and where the name of a policy is. */
static void refusals(void)
{
	struct api_error e;
	error_of(400,
		 "{`error`:{`code`:400,`message`:`no`,`status`:`FAILED_PRECONDITION`,`details`:[{`@type`:`type.googleapis.com/"
		 "google.rpc.PreconditionFailure`,"
		 "`violations`:[{`type`:`constraints/gcp.resourceLocations`,`subject`:`orgpolicy:projects/1`}]}]}}",
		 &e);
	is_str(e.constraint, "constraints/gcp.resourceLocations", "T8: a policy's name is in the violation's type");
	api_error_free(&e);
	error_of(403,
		 "{`error`:{`code`:403,`message`:`no`,`status`:`PERMISSION_DENIED`,`details`:[{`@type`:`type.googleapis.com/"
		 "google.rpc.ErrorInfo`,"
		 "`reason`:`ACCESS_TOKEN_SCOPE_INSUFFICIENT`}]}}",
		 &e);
	ok(!api_error_is_plain_denial(&e), "T8: a token's scopes are no lacking permission");
	api_error_free(&e);
	error_of(403, "{`error`:{`code`:403,`message`:`The caller does not have permission`,`status`:`PERMISSION_DENIED`}}",
		 &e);
	ok(api_error_is_plain_denial(&e), "a lacking permission is one");
	api_error_free(&e);
	error_of(403,
		 "{`error`:{`code`:403,`message`:`no`,`status`:`PERMISSION_DENIED`,`details`:[{`@type`:`type.googleapis.com/"
		 "google.rpc.ErrorInfo`,`metadata`:{`permission`:`run.services.get: gcloud a --b`}}]}}",
		 &e);
	is_str(e.permission, "run.services.get:", "of what is called a permission no more than a word is taken");
	api_error_free(&e);
	error_of(403,
		 "{`error`:{`code`:403,`message`:`no`,`status`:`PERMISSION_DENIED`,`details`:[{`@type`:`type.googleapis.com/"
		 "google.rpc.ErrorInfo`,`metadata`:{`constraint`:`constraints/a.b$(sh)`}}]}}",
		 &e);
	is_str(e.constraint, "constraints/a.b", "nor of a policy");
	api_error_free(&e);
}

int main(void)
{
	mem_install();
	operations();
	errors();
	refusals();
	return tap_done();
}
