/* Policies, service accounts, keys, tokens for them. */
#include "config.h"
#include "tests/sim/identity.h"

#include "sim/api/iam_condition.h"

#define CRM "cloudresourcemanager.googleapis.com/v1/projects/" P
#define IAM "iam.googleapis.com/v1/projects/" P
#define SA "app-sa@" P ".iam.gserviceaccount.com"
#define WORLD                                                                                                                  \
	"{\"projects\":[{\"services\":[\"iam.googleapis.com\",\"iamcredentials.googleapis.com\",\"secretmanager.googleapis."   \
	"com\"]}]}"

static void make_account(void)
{
	ask("POST " IAM "/serviceAccounts", "{\"accountId\":\"app-sa\",\"serviceAccount\":{\"displayName\":\"App\"}}");
}

/* Adds a member to the project's policy the way clients do. */
static void bind(const char *role, const char *member)
{
	ask("POST " CRM ":getIamPolicy", "{\"options\":{\"requestedPolicyVersion\":3}}");
	cJSON *policy = cJSON_Duplicate(reply, true);
	if (!json_at(policy, "bindings"))
		cJSON_AddArrayToObject(policy, "bindings");
	cJSON_AddItemToArray(json_at(policy, "bindings"), json_make("{'role':%s,'members':[%s]}", role, member));
	json_put_num(policy, "version", 3);
	cJSON *body = json_make("{'policy':%j}", policy);
	char *text = json_text(body, -1);
	ask("POST " CRM ":setIamPolicy", text);
	free(text);
	cJSON_Delete(body);
}

static void accounts(void)
{
	begin(WORLD);
	refused(404, "GET " IAM "/serviceAccounts/" SA, NULL, "Unknown service account", "before it was made");
	is_str(said("error.errors.0.reason"), "notFound", "both dialects at once");
	refused(400, "POST " IAM "/serviceAccounts", "{\"accountId\":\"short\"}",
		"The account ID \"short\" does not have a length between 6 and 30.", "a short id");
	make_account();
	is_str(said("email"), SA, "it is made");
	int found = 0, missing = 0;
	for (int i = 0; i < 40; i++) {
		ask("GET " IAM "/serviceAccounts/" SA, NULL);
		found += status == 200;
		missing += status == 404;
	}
	ok(found && missing, "a fresh one is there for one read and not for the next");
	pass(600);
	wants(200, "GET " IAM "/serviceAccounts/" SA, NULL, "later it is there");
	wants(200, "GET iam.googleapis.com/v1/projects/-/serviceAccounts/" SA, NULL, "under any project too");
	wants(409, "POST " IAM "/serviceAccounts", "{\"accountId\":\"app-sa\"}", "a second one of that name is refused");
	wants(200, "PATCH " IAM "/serviceAccounts/" SA,
	      "{\"serviceAccount\":{\"displayName\":\"New\"},\"updateMask\":\"display_name\"}", "a patch");
	ok(!json_at(reply, "email"), "answers with what it changed");
}

static void fresh_member(void)
{
	begin(WORLD);
	make_account();
	int refusals = 0;
	bind("roles/run.admin", "serviceAccount:" SA);
	for (; status == 400 && refusals < 300; refusals++) {
		if (!refusals)
			is_str(said("error.message"), "Service account " SA " does not exist.",
			       "a fresh account cannot be a member yet");
		pass(1);
		bind("roles/run.admin", "serviceAccount:" SA);
	}
	ok(refusals > 0 && status == 200, "later it can");
	bind("roles/run.admin", "serviceAccount:nobody@" P ".iam.gserviceaccount.com");
	is_int(status, 400, "one that never was cannot");
	bind("roles/run.admin", "allUsers");
	is_int(status, 400, "allUsers cannot have a role on a project");
	bind("roles/run.admin", "somebody");
	is_str(said("error.message"),
	       "The member somebody is of an unknown type. Please set a valid type prefix for the member.",
	       "members have types");
}

static void etags(void)
{
	begin(WORLD);
	ask("POST " CRM ":getIamPolicy", "{}");
	char *stale = xasprintf("{\"policy\":{\"etag\":\"%s\",\"bindings\":[{\"role\":\"roles/"
				"owner\",\"members\":[\"user:operator@example.com\"]}]}}",
				said("etag"));
	bind("roles/viewer", "user:ann@example.com");
	is_int(status, 200, "somebody else writes");
	wants(409, "POST " CRM ":setIamPolicy", stale, "a stale etag is refused");
	is_str(said("error.status"), "ABORTED", "as ABORTED");
	ok(!strncmp(said("error.message"), "There were concurrent policy changes.", 37), "in Google's words");
	free(stale);
}

static bool may(const char *permission)
{
	return sim_allowed(cloud, "user:ann@example.com", permission, P, NULL);
}

static void propagation(void)
{
	double granted = 0, revoked = 0, start;
	for (int i = 0; i < 12; i++) {
		begin(WORLD);
		bind("roles/secretmanager.viewer", "user:ann@example.com");
		for (start = sim_now(cloud); !may("secretmanager.secrets.get") && sim_now(cloud) < start + 3600; pass(5))
			continue;
		granted += sim_now(cloud) - start;
		ask("POST " CRM ":setIamPolicy",
		    "{\"policy\":{\"bindings\":[{\"role\":\"roles/owner\",\"members\":[\"user:operator@example.com\"]}]}}");
		for (start = sim_now(cloud); may("secretmanager.secrets.get") && sim_now(cloud) < start + 3600; pass(5))
			continue;
		revoked += sim_now(cloud) - start;
	}
	ok(granted / 12 > 60 && granted / 12 < 400, "a grant takes minutes to work");
	ok(revoked / 12 > 60 && revoked / 12 < 400, "so does a revocation");
}

#define SET                                                                                                                    \
	"{\"policy\":{\"version\":%d,\"bindings\":[{\"role\":\"roles/owner\",\"members\":[\"user:operator@example.com\"]},"    \
	"{\"role\":\"roles/run.admin\",\"members\":[\"user:ann@example.com\"],\"condition\":{\"title\":\"t\",\"expression\":"  \
	"\"request.time < timestamp(\\\"2030-01-01T00:00:00Z\\\")\"}}]}}"

static void conditions(void)
{
	begin(WORLD);
	char body[512];
	snprintf(body, sizeof body, SET, 1);
	wants(400, "POST " CRM ":setIamPolicy", body, "conditions need version 3");
	snprintf(body, sizeof body, SET, 3);
	wants(200, "POST " CRM ":setIamPolicy", body, "with it they are taken");
	ask("POST " CRM ":getIamPolicy", "{\"options\":{\"requestedPolicyVersion\":3}}");
	ok(json_at(reply, "bindings.1.condition") && json_num(reply, "version", 0) == 3,
	   "and given back to who asks for version 3");
	ask("POST " CRM ":getIamPolicy", "{}");
	ok(strstr(said("bindings.1.role"), "_withcond_") && !json_at(reply, "bindings.1.condition"),
	   "others see a made-up role");
	pass(3600);
	ok(may("run.services.create"), "the condition holds");
	pass(86400 * 366 * 5.0);
	ok(!may("run.services.create"), "and ends");
}

/* Expressions of the attribute reference, on a Secret at noon of a Thursday. */
static void expressions(void)
{
	static const struct {
		const char *expression;
		bool holds;
	} cases[] = {
	    {"request.time < timestamp(\"2030-01-01T00:00:00Z\")", true},
	    {"request.time.getFullYear() == 2026 && request.time.getMonth() == 0 && request.time.getDate() == 1", true},
	    {"request.time.getDayOfWeek(\"UTC\") >= 1 && request.time.getDayOfWeek(\"UTC\") <= 5", true},
	    {"request.time.getHours(\"+02:00\") == 14", true},
	    {"request.time.getHours(\"Europe/Berlin\") == 13", true},
	    {"request.time > timestamp(\"2026-01-01T11:00:00Z\") + duration(\"2h\")", false},
	    {"request.time < date(\"2026-02-01\")", true},
	    {"resource.type == \"secretmanager.googleapis.com/Secret\"", true},
	    {"resource.service == 'secretmanager.googleapis.com' && resource.type != 'storage.googleapis.com/Bucket'", true},
	    {"resource.name == \"projects/123456789012/secrets/db\"", true},
	    {"resource.name.startsWith(\"projects/123456789012/secrets/\") && resource.name.endsWith(\"db\")", true},
	    {"resource.name.extract(\"/secrets/{name}\") == \"db\"", true},
	    {"resource.name.extract(\"projects/{project}/\") in [\"1\", \"123456789012\"]", true},
	    {"resource.name.extract(\"/buckets/{name}/\") == \"\"", true},
	    {"resource.name.matches(\"secrets/[a-c]b\") || resource.name.contains(\"/db\")", true},
	    {"!(resource.type == \"storage.googleapis.com/Object\")", true},
	    {"(resource.service == \"x\" || true) && !false", true},
	    {"api.getAttribute(\"iam.googleapis.com/modifiedGrantsByRole\", []).hasOnly([\"roles/viewer\"])", true},
	    {"request.path.startsWith(\"/\") || resource.name.size() > 3", true},
	    {"resource.name", false},
	    {"resource.name == 3", false},
	    {"request.time <", false},
	    {"\"open", false},
	    {"((((((((((((((((((((((((((((((((((((((((((((((((((true))))))))))))))))))))))))))))))))))))))))))))))))))", false},
	};
	begin(WORLD);
	char service[64], type[96], name[512];
	condition_resource(cloud, "//secretmanager.googleapis.com/projects/demo-proj/secrets/db", service, type, name);
	struct condition_place place = {1767268800, service, type, name, NULL}; /* 2026-01-01T12:00:00Z */
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_int(condition_holds(cases[i].expression, &place, NULL), cases[i].holds, cases[i].expression);
}

static void linted(void)
{
	begin(WORLD);
	wants(200, "POST iam.googleapis.com/v1/permissions:queryTestablePermissions",
	      "{\"fullResourceName\":\"//cloudresourcemanager.googleapis.com/projects/" P "\",\"pageSize\":20}",
	      "testable permissions are listed");
	ok(cJSON_GetArraySize(json_at(reply, "permissions")) == 20 && json_at(reply, "nextPageToken"), "by pages");
	wants(200, "POST iam.googleapis.com/v1/iamPolicies:lintPolicy", "{\"condition\":{\"expression\":\"resource.name ==\"}}",
	      "a condition is linted");
	is_str(said("lintResults.0.severity"), "ERROR", "and found wrong");
	wants(200, "POST iam.googleapis.com/v1/iamPolicies:lintPolicy",
	      "{\"condition\":{\"expression\":\"resource.name == 'x'\"}}", "a good one");
	ok(!json_at(reply, "lintResults"), "is not");
}

#define DELEGATED                                                                                                              \
	"{\"policy\":{\"version\":3,\"bindings\":[{\"role\":\"roles/owner\",\"members\":[\"user:operator@example.com\"]},"     \
	"{\"role\":\"roles/"                                                                                                   \
	"resourcemanager.projectIamAdmin\",\"members\":[\"user:ann@example.com\"],\"condition\":{\"title\":\"t\","             \
	"\"expression\":"                                                                                                      \
	"\"api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/run.invoker'])\"}}%s]}}"

static void wants_as(const char *principal, int wanted, const char *what, const char *body, const char *name)
{
	char *token = sim_token_new(cloud, principal, 3600);
	as_token = token;
	wants(wanted, what, body, name);
	as_token = NULL;
	free(token);
}

/* Ann may give out one role and no other. */
static void delegation(void)
{
	begin(WORLD);
	char *body = xasprintf(DELEGATED, ""),
	     *allowed = xasprintf(DELEGATED, ",{\"role\":\"roles/run.invoker\",\"members\":[\"user:bob@example.com\"]}"),
	     *more = xasprintf(DELEGATED, ",{\"role\":\"roles/run.admin\",\"members\":[\"user:bob@example.com\"]}");
	wants(200, "POST " CRM ":setIamPolicy", body, "a role is given on condition that it changes one role only");
	pass(3600);
	wants_as("user:ann@example.com", 403, "POST " CRM ":setIamPolicy", more, "who has it cannot give another role");
	wants_as("user:ann@example.com", 200, "POST " CRM ":setIamPolicy", allowed, "but that one");
	wants(400, "POST " CRM ":setIamPolicy",
	      "{\"policy\":{\"version\":3,\"bindings\":[{\"role\":\"roles/"
	      "owner\",\"members\":[\"user:operator@example.com\"]},{\"role\":\"roles/run.admin\",\"members\":"
	      "[\"user:bob@example.com\"],\"condition\":{\"title\":\"t\",\"expression\":\"resource.name == (\"}}]}}",
	      "an expression that is none is refused");
#define ON(expression)                                                                                                         \
	"{\"policy\":{\"version\":3,\"bindings\":[{\"role\":\"roles/"                                                          \
	"owner\",\"members\":[\"user:operator@example.com\"]},{\"role\":"                                                      \
	"\"roles/"                                                                                                             \
	"run.admin\",\"members\":[\"user:bob@example.com\"],\"condition\":{\"title\":\"t\",\"expression\":\"" expression       \
	"\"}}]}}"
	wants(400, "POST " CRM ":setIamPolicy", ON("resource.nam == 'x'"), "so is a misspelt attribute");
	wants(400, "POST " CRM ":setIamPolicy", ON("resource.name.begins('x')"), "a method that no text has");
	wants(400, "POST " CRM ":setIamPolicy", ON("resource.name"), "and what is no truth");
	wants(200, "POST " CRM ":setIamPolicy", ON("request.path.startsWith('/x') || resource.matchTag('1/env', 'prod')"),
	      "attributes without a value here are Google's all the same");
	free(body), free(allowed), free(more);
}

static void deleted_members(void)
{
	begin(WORLD);
	make_account();
	pass(600);
	bind("roles/cloudsql.client", "serviceAccount:" SA);
	pass(600);
	ok(sim_allowed(cloud, "serviceAccount:" SA, "cloudsql.instances.connect", P, NULL), "it may");
	wants(200, "DELETE " IAM "/serviceAccounts/" SA, NULL, "it is deleted");
	refused(404, "GET " IAM "/serviceAccounts/" SA, NULL,
		"Service account projects/" P "/serviceAccounts/" SA " does not exist.", "afterwards");
	ask("POST " CRM ":getIamPolicy", "{}");
	const char *member = said("bindings.0.members.0");
	ok(!strncmp(member, "deleted:serviceAccount:" SA "?uid=1", strlen(SA) + 29), "its member stays as a deleted one");
	make_account();
	is_int(status, 200, "another of the same name is made");
	pass(600);
	ok(!sim_allowed(cloud, "serviceAccount:" SA, "cloudsql.instances.connect", P, NULL),
	   "which has none of the old one's roles");
}

static void domains(void)
{
	begin("{\"policies\":{\"iam.allowedPolicyMemberDomains\":{\"allow\":[\"C0example1\"]}},\"projects\":[{\"services\":["
	      "\"iam.googleapis.com\"]}]}");
	bind("roles/viewer", "user:eve@elsewhere.com");
	is_int(status, 400, "strangers are kept out by organization policy");
	is_str(said("error.message"),
	       "One or more users named in the policy do not belong to a permitted customer,  perhaps due to an organization "
	       "policy.",
	       "in Google's words");
	is_str(said("error.status"), "FAILED_PRECONDITION", "as a failed precondition");
	bind("roles/viewer", "user:ann@example.com");
	is_int(status, 200, "the domain's own are not");
}

static void last_owner(void)
{
	begin("{\"organization\":null}");
	wants(400, "POST " CRM ":setIamPolicy", "{\"policy\":{\"bindings\":[]}}", "without organization the last owner stays");
}

static void tokens(void)
{
	static const char *const generate = "POST iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" SA
					    ":generateAccessToken";
	static const char *const scope = "{\"scope\":[\"https://www.googleapis.com/auth/cloud-platform\"]}";
	begin(WORLD);
	make_account();
	pass(600);
	refused(403, generate, scope,
		"Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
		"an owner cannot act as an account");
	is_str(said("error.details.0.reason"), "IAM_PERMISSION_DENIED", "for want of a permission");
	ask("POST " IAM "/serviceAccounts/" SA ":setIamPolicy",
	    "{\"policy\":{\"bindings\":[{\"role\":\"roles/iam.serviceAccountTokenCreator\","
	    "\"members\":[\"user:operator@example.com\"]}]}}");
	is_int(status, 200, "the role is given on the account");
	pass(3600);
	wants(200, generate, scope, "then a token is made");
	is_str(sim_token_owner(cloud, said("accessToken")), "serviceAccount:" SA, "and is the account's");
	wants(200, "POST iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" SA ":generateIdToken",
	      "{\"audience\":\"https://x.run.app\",\"includeEmail\":true}", "an identity token");
	const char *why;
	cJSON *claims = sim_id_token_check(cloud, said("token"), &why);
	is_str(json_str(claims, "aud", ""), "https://x.run.app", "is for its audience");
	is_str(json_str(claims, "email", ""), SA, "and says who");
	cJSON_Delete(claims);
}

static void keys(void)
{
	begin(WORLD);
	make_account();
	pass(600);
	wants(200, "POST " IAM "/serviceAccounts/" SA "/keys", "{}", "a key is made");
	ok(*said("privateKeyData") != '(', "with its private half");
	char *name = xstrdup(said("name"));
	wants(200, "GET " IAM "/serviceAccounts/" SA "/keys?keyTypes=USER_MANAGED", NULL, "keys are listed");
	is_str(said("keys.0.name"), name, "that one");
	ok(!json_at(reply, "keys.0.privateKeyData"), "without it");
	wants(200, "GET " IAM "/serviceAccounts/" SA "/keys", NULL, "all keys");
	is_int(cJSON_GetArraySize(json_at(reply, "keys")), 2, "are that one and Google's own");
	free(name);
	begin("{\"policies\":{\"iam.disableServiceAccountKeyCreation\":true},\"projects\":[{\"services\":[\"iam.googleapis."
	      "com\"]}]}");
	make_account();
	refused(400, "POST " IAM "/serviceAccounts/" SA "/keys", "{}", "Key creation is not allowed on this service account.",
		"organization policy can forbid keys");
	is_str(said("error.details.0.violations.0.type"), "constraints/iam.disableServiceAccountKeyCreation", "and is named");
}

static void pools(void)
{
	begin(WORLD);
	wants(200, "POST " IAM "/locations/global/workloadIdentityPools?workloadIdentityPoolId=github",
	      "{\"displayName\":\"GitHub\"}", "a pool");
	char *poll = xasprintf("GET iam.googleapis.com/v1/%s", said("name"));
	pass(60);
	wants(200, poll, NULL, "its operation");
	ok(json_bool(reply, "done", false), "is done");
	free(poll);
	wants(400,
	      "POST " IAM "/locations/global/workloadIdentityPools/github/providers?workloadIdentityPoolProviderId=actions",
	      "{\"oidc\":{\"issuerUri\":\"https://"
	      "token.actions.githubusercontent.com\"},\"attributeMapping\":{\"google.subject\":\"assertion.sub\"}}",
	      "a provider for all of GitHub is refused");
	wants(200,
	      "POST " IAM "/locations/global/workloadIdentityPools/github/providers?workloadIdentityPoolProviderId=actions",
	      "{\"oidc\":{\"issuerUri\":\"https://"
	      "token.actions.githubusercontent.com\"},\"attributeMapping\":{\"google.subject\":\"assertion.sub\"},"
	      "\"attributeCondition\":\"assertion.repository=='a/b'\"}",
	      "one with a condition is made");
	wants(200, "DELETE " IAM "/locations/global/workloadIdentityPools/github", NULL, "the pool is deleted");
	wants(409, "POST " IAM "/locations/global/workloadIdentityPools?workloadIdentityPoolId=github", "{}",
	      "its name stays taken");
	wants(200, "POST " IAM "/locations/global/workloadIdentityPools/github:undelete", "{}", "until it is back");
}

#define POOL "//iam.googleapis.com/projects/" N "/locations/global/workloadIdentityPools/github"

/* Exchanges a token of an outside identity with these claims; the access token is for the caller to free, NULL when it was
 * refused. */
static char *exchange(const char *repository, const char *owner)
{
	cJSON *claims = json_make("{'iss':'https://accounts.google.com','aud':'https:" POOL
				  "/providers/actions','sub':%s,'repository':%s,"
				  "'repository_owner':%s}",
				  repository, repository, owner);
	cJSON_AddNumberToObject(claims, "iat", sim_wall(cloud));
	cJSON_AddNumberToObject(claims, "exp", sim_wall(cloud) + 300);
	char *token = sim_id_token(cloud, claims);
	cJSON *form = json_make("{'grantType':'urn:ietf:params:oauth:grant-type:token-exchange','audience':'" POOL
				"/providers/actions',"
				"'subjectTokenType':'urn:ietf:params:oauth:token-type:jwt','subjectToken':%s,"
				"'requestedTokenType':'urn:ietf:params:oauth:token-type:access_token',"
				"'scope':'https://www.googleapis.com/auth/cloud-platform'}",
				token);
	char *text = json_text(form, -1);
	ask("POST sts.googleapis.com/v1/token", text);
	cJSON_Delete(claims);
	cJSON_Delete(form);
	free(token), free(text);
	return status == 200 ? xstrdup(said("access_token")) : NULL;
}

static void federation(void)
{
	begin(WORLD);
	make_account();
	ask("POST " IAM "/locations/global/workloadIdentityPools?workloadIdentityPoolId=github", "{}");
	wants(200,
	      "POST " IAM "/locations/global/workloadIdentityPools/github/providers?workloadIdentityPoolProviderId=actions",
	      "{\"oidc\":{\"issuerUri\":\"https://"
	      "accounts.google.com\"},\"attributeMapping\":{\"google.subject\":\"assertion.sub\","
	      "\"attribute.repository\":\"assertion.repository\"},\"attributeCondition\":\"assertion.repository_owner == 'me' "
	      "&& "
	      "attribute.repository.startsWith('me/')\"}",
	      "a provider with a condition");
	pass(600);
	char *token = exchange("you/app", "you");
	ok(!token && status == 401, "who does not meet the condition is refused");
	is_str(said("error_description"), "The given credential is rejected by the attribute condition.", "in Google's words");
	wants(200, "POST " IAM "/serviceAccounts/" SA ":setIamPolicy",
	      "{\"policy\":{\"bindings\":[{\"role\":\"roles/iam.workloadIdentityUser\",\"members\":[\"principalSet:" POOL
	      "/attribute.repository/me/app\"]}]}}",
	      "a repository may act as the account");
	pass(3600);
	static const char *const generate = "POST iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" SA
					    ":generateAccessToken";
	static const char *const scope = "{\"scope\":[\"https://www.googleapis.com/auth/cloud-platform\"]}";
	as_token = token = exchange("me/app", "me");
	ok(token != NULL, "who does is let in");
	wants(200, generate, scope, "and gets a token of the account");
	as_token = NULL;
	free(token);
	as_token = token = exchange("me/other", "me");
	wants(403, generate, scope, "another repository does not");
	as_token = NULL;
	free(token);
	ask("DELETE " IAM "/locations/global/workloadIdentityPools/github", NULL);
	ok(!exchange("me/app", "me"), "nobody comes through a pool that was deleted");
	is_str(said("error"), "invalid_target", "it is no target any more");
}

/* Twenty where nobody says how many, a hundred at most: the second page begins where the first ends. */
static void account_pages(void)
{
	begin("{\"services\":[\"*\"]}");
	for (int i = 0; i < 21; i++)
		ask("POST " IAM "/serviceAccounts", sim_tmp("{\"accountId\":\"robot-%02d\"}", i));
	pass(600);
	wants(200, "GET " IAM "/serviceAccounts", NULL, "accounts are listed");
	is_int(cJSON_GetArraySize(json_at(reply, "accounts")), 20, "twenty of them");
	char *next = xasprintf("GET " IAM "/serviceAccounts?pageSize=1000&pageToken=%s", said("nextPageToken"));
	int all = 20;
	wants(200, next, NULL, "then the others");
	all += cJSON_GetArraySize(json_at(reply, "accounts"));
	ok(all >= 21 && !json_at(reply, "nextPageToken"), "to the last");
	free(next);
}

int main(void)
{
	accounts();
	account_pages();
	fresh_member();
	etags();
	propagation();
	conditions();
	expressions();
	delegation();
	linted();
	deleted_members();
	domains();
	last_owner();
	tokens();
	keys();
	pools();
	federation();
	end();
	return tap_done();
}
