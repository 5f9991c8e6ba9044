/* A whole stack in the simulated cloud: it comes up when everything is right, says what is wrong when something is not, and its front door answers
 * as oauth2-proxy and MLflow do. */
#include "config.h"
#include "tests/sim/stack.h"

#include "base/text.h"

#define URI "postgresql+psycopg2://"

static char *database_host;

static void images(void)
{
	struct buf good = {0}, bare = {0}, odd = {0};
	source(&good, DOCKERFILE);
	source(&bare, NULL);
	source(&odd, "FROM python\nINSTALL mlflow\n");
	char *g = upload("demo-proj-art", "good.tar.gz", &good), *b = upload("demo-proj-art", "bare.tar.gz", &bare),
	     *o = upload("demo-proj-art", "odd.tar.gz", &odd);
	ok(*g, "the source is uploaded");
	char *early = build("good.tar.gz", g);
	pass(400);
	cJSON *j = built(early);
	is_str(json_str(j, "status", ""), "FAILURE", "a build before its account's grants have reached everything fails");
	cJSON_Delete(j);
	pass(900);
	char *ids[] = {build("good.tar.gz", g), build("bare.tar.gz", b), build("odd.tar.gz", o), build("absent.tar.gz", "1"),
		       build("good.tar.gz", "12345")};
	pass(900);
	static const char *const wanted[][3] = {
	    {"SUCCESS", NULL, NULL},
	    {"FAILURE", "USER_BUILD_STEP",
	     "build step 0 \"gcr.io/cloud-builders/docker\" failed: step exited with non-zero status: 1"},
	    {"FAILURE", "USER_BUILD_STEP",
	     "build step 0 \"gcr.io/cloud-builders/docker\" failed: step exited with non-zero status: 1"},
	    {"FAILURE", "FETCH_SOURCE_FAILED", NULL},
	    {"FAILURE", "FETCH_SOURCE_FAILED", NULL},
	};
	for (int i = 0; i < 5; i++) {
		j = built(ids[i]);
		is_str(json_str(j, "status", ""), wanted[i][0], "a build ends");
		if (strcmp(json_str(j, "status", ""), wanted[i][0]))
			printf("# %s: %s\n", json_str(j, "failureInfo.type", ""), json_str(j, "statusDetail", ""));
		is_str(json_str(j, "failureInfo.type", NULL), wanted[i][1], "with its kind of failure");
		if (wanted[i][2])
			is_str(json_str(j, "statusDetail", NULL), wanted[i][2], "and its words");
		if (!i)
			ok(strlen(json_str(j, "results.images.0.digest", "")) == 71, "and the image's digest");
		cJSON_Delete(j);
	}
	char *log = xasprintf("/demo-proj-art/logs/log-%s.txt", ids[1]), *bearer = xasprintf("Bearer %s", sim_owner_token(sim));
	struct sim_header headers[] = {{"Authorization", bearer}};
	struct sim_request q = {"GET", "storage.googleapis.com", log, headers, 1, NULL, 0};
	struct sim_reply r;
	sim_handle(sim, &q, &r);
	ok(r.status == 200 && strstr(buf_text(&r.body), "lstat /workspace/Dockerfile: no such file or directory"),
	   "the log object says what Docker said");
	sim_reply_free(&r);
	free(log), free(bearer), free(early), free(g), free(b), free(o);
	for (int i = 0; i < 5; i++)
		free(ids[i]);
	buf_free(&good), buf_free(&bare), buf_free(&odd);
	j = ask("GET", "cloudbuild.googleapis.com", "/v1/" PLACE "/builds?filter=tags%3D%22t%22", NULL);
	is_int(cJSON_GetArraySize(json_at(j, "builds")), 6, "builds are found by tag");
	cJSON_Delete(j);
	j = ask("GET", "artifactregistry.googleapis.com", "/v1/" PLACE "/repositories/images/dockerImages", NULL);
	is_str(json_str(j, "dockerImages.0.tags.0", ""), "t1", "the image is listed with its tag");
	cJSON_Delete(j);
}

/* What Cloud Build does not take, and what becomes of substitutions. */
static void build_requests(void)
{
	static const char *const wrong[][2] = {
	    {"{}", "invalid build: invalid .steps field: no build steps are specified"},
	    {"{\"steps\":[{\"args\":[\"x\"]}]}", "invalid build: invalid .steps field: build step 0 must specify name"},
	    {"{\"steps\":[{\"name\":\"a\",\"script\":\"x\",\"entrypoint\":\"sh\"}]}",
	     "invalid build: invalid .steps field: build step 0 both script and entrypoint provided"},
	    {"{\"steps\":[{\"name\":\"a\",\"waitFor\":[\"b\"]}]}",
	     "invalid build: invalid .steps field: build step #0 depends on \"b\", which has not been defined"},
	    {"{\"steps\":[{\"name\":\"a\",\"args\":[\"echo $HOME\"]}]}",
	     "invalid value for 'build.substitutions': key in the template \"HOME\" is not a valid built-in substitution"},
	    {"{\"steps\":[{\"name\":\"a\"}],\"substitutions\":{\"_X\":\"1\"}}",
	     "invalid build: key \"_X\" in the substitution data is not matched in the template"},
	    {"{\"steps\":[{\"name\":\"a\",\"args\":[\"${_Y}\"]}]}",
	     "invalid build: key in the template \"_Y\" is not matched in the substitution data"},
	};
	cJSON *j;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		j = ask("POST", "cloudbuild.googleapis.com", "/v1/" PLACE "/builds", wrong[i][0]);
		is_str(json_str(j, "error.message", ""), wrong[i][1], "a build is refused in Cloud Build's words");
		cJSON_Delete(j);
	}
	j = ask("POST", "cloudbuild.googleapis.com", "/v1/" PLACE "/builds",
		"{\"steps\":[{\"name\":\"a\",\"args\":[\"$PROJECT_ID ${_A}x $$HOME\"]}],\"substitutions\":{\"_A\":\"b\"}}");
	is_str(json_str(j, "metadata.build.steps.0.args.0", ""), "demo-proj bx $HOME", "substitutions are made, and $$ is a $");
	cJSON_Delete(j);
}

/* What is beside images in a repository. */
static void repository_parts(void)
{
	const char *ar = "artifactregistry.googleapis.com";
#define REPOSITORY "/v1/" PLACE "/repositories/images"
	cJSON *j = expect(200, "GET", ar, REPOSITORY "/files", NULL, "its files are listed");
	const char *file = json_str(j, "files.0.name", "");
	char *target = xasprintf("/v1/%s", file);
	ok(text_starts(file, PLACE "/repositories/images/files/sha256:") && atoll(json_str(j, "files.0.sizeBytes", "0")) > 0,
	   "with digest and size");
	cJSON_Delete(expect(200, "GET", ar, target, NULL, "one can be read"));
	cJSON_Delete(j);
	free(target);
	j = ask("GET", ar, REPOSITORY "/packages/server/versions", NULL);
	const char *version = json_str(j, "versions.0.name", "");
	target = xasprintf("/v1/%s?updateMask=annotations", version);
	cJSON_Delete(expect(200, "PATCH", ar, target, "{\"annotations\":{\"a\":\"b\"}}", "a version is annotated"));
	free(target);
	char *body = xasprintf("{\"names\":[\"%s\"]}", version);
	cJSON_Delete(expect(400, "POST", ar, REPOSITORY "/packages/server/versions:batchDelete", body,
			    "one with a tag is not deleted with others"));
	free(body);
	body = xasprintf("{\"version\":\"%s\"}", version);
	cJSON_Delete(
	    expect(200, "PATCH", ar, REPOSITORY "/packages/server/tags/t1?updateMask=version", body, "a tag is moved"));
	free(body);
	cJSON_Delete(j);
	cJSON_Delete(expect(200, "POST", ar, REPOSITORY "/rules?ruleId=r", "{\"action\":\"DENY\",\"operation\":\"DOWNLOAD\"}",
			    "a rule is made"));
	j = expect(200, "PATCH", ar, REPOSITORY "/rules/r?updateMask=action", "{\"action\":\"ALLOW\"}", "changed");
	is_str(json_str(j, "action", ""), "ALLOW", "as asked");
	cJSON_Delete(j);
	cJSON_Delete(expect(200, "DELETE", ar, REPOSITORY "/rules/r", NULL, "and deleted"));
	j = expect(200, "GET", ar, REPOSITORY "/rules", NULL, "then there is none");
	ok(!json_at(j, "rules"), "indeed");
	cJSON_Delete(j);
	cJSON_Delete(expect(200, "GET", ar, "/v1/" PLACE "/vpcscConfig", NULL, "a location has its settings"));
}

static void secrets(void)
{
	secret("good", GATE_CONFIG(""));
	secret("typo", GATE_CONFIG("upstrems = []\n"));
	secret("unit", GATE_CONFIG("cookie_refresh = \"3600\"\n"));
	secret("nobody", "client_id = \"c\"\nclient_secret = \"s\"\ncookie_secret = \"0123456789012345\"\nhttp_address = "
			 "\"0.0.0.0:4180\"\n");
	secret("loop",
	       "client_id = \"c\"\nclient_secret = \"s\"\ncookie_secret = \"0123456789012345\"\nemail_domains = [\"*\"]\n");
	secret("short", "client_id = \"c\"\nclient_secret = \"s\"\ncookie_secret = \"too short\"\nemail_domains = "
			"[\"*\"]\nhttp_address = \"0.0.0.0:4180\"\n");
	secret("client", "GOCSPX-shh-not-a-word");
	secret("cookie", COOKIE);
	secret("password", "pw");
	secret("hidden", GATE_CONFIG(""));
}

/* The log entries of the service have this text. */
static bool logged(const char *text)
{
	cJSON *j = ask("POST", "logging.googleapis.com", "/v2/entries:list",
		       "{\"resourceNames\":[\"projects/demo-proj\"],\"filter\":\"resource.type=\\\"cloud_run_revision\\\" AND "
		       "resource.labels.service_name=\\\"mlflow\\\"\","
		       "\"orderBy\":\"timestamp desc\",\"pageSize\":1000}");
	char *all = json_text(j, -1);
	bool found = strstr(all, text) != NULL;
	free(all);
	cJSON_Delete(j);
	return found;
}

static void fails(const char *config, const char *uri, const char *host, const char *memory, const char *words,
		  const char *entry, const char *name)
{
	cJSON *op = deploy("PATCH", config, uri, host, memory);
	const char *message = json_str(op, "error.message", "(none)");
	ok(strstr(message, words) != NULL, "%s: fails", name);
	if (!strstr(message, words))
		printf("# %s\n", message);
	if (entry)
		ok(logged(entry), "%s: the log says %s", name, entry);
	cJSON_Delete(op);
}

#define UNHEALTHY "The user-provided container failed the configured startup probe checks."

static void what_goes_wrong(void)
{
	fails("absent", URI, database_host, "2Gi", "Secret projects/123456789012/secrets/absent/versions/1 was not found", NULL,
	      "a missing secret");
	fails("typo", URI, database_host, "2Gi", UNHEALTHY, "has invalid keys: upstrems", "an unknown option");
	fails("unit", URI, database_host, "2Gi", UNHEALTHY, "missing unit in duration", "a duration without unit");
	fails("nobody", URI, database_host, "2Gi", UNHEALTHY, "missing setting for email validation", "nobody let in");
	fails("short", URI, database_host, "2Gi", UNHEALTHY,
	      "cookie_secret must be 16, 24, or 32 bytes to create an AES cipher, but is 9 bytes", "a short cookie secret");
	fails("loop", URI, database_host, "2Gi", UNHEALTHY, "STARTUP HTTP probe failed 3 time(s) consecutively for container",
	      "the proxy on loopback");
	fails("good", "postgresql://", database_host, "2Gi", UNHEALTHY, "No module named 'psycopg'", "no driver named");
	fails("good", URI, "10.99.0.1", "2Gi", UNHEALTHY, "SQLAlchemy database engine could not be created",
	      "a wrong database address");
	fails("good", "postgresql+psycopg2://mlflow:no@/mlflow", database_host, "2Gi", UNHEALTHY,
	      "password authentication failed for user", "a wrong password");
	fails("good", URI, database_host, "512Mi", UNHEALTHY, "Memory limit of 512 MiB exceeded with 755 MiB used.",
	      "too little memory");
}

static void runs(void)
{
	char *job = xasprintf("{\"template\":{\"template\":{\"serviceAccount\":\"" SERVER
			      "\",\"maxRetries\":1,\"vpcAccess\":{\"networkInterfaces\":[{\"network\":\"net\","
			      "\"subnetwork\":\"sub\"}]},\"containers\":[{\"image\":\"" IMAGE
			      "\",\"command\":[\"sh\"],\"args\":[\"/app/migrate.sh\"],\"resources\":{"
			      "\"limits\":{\"memory\":\"1Gi\"}},\"env\":[{\"name\":\"MLFLOW_BACKEND_STORE_URI\",\"value\":"
			      "\"postgresql+psycopg2://mlflow:pw@%s/mlflow\"}"
			      "]}]}}}",
			      database_host);
	cJSON_Delete(finished(RUN_HOST, "v2", ask("POST", RUN_HOST, "/v2/" PLACE "/jobs?jobId=migrate", job)));
	cJSON *op = finished(RUN_HOST, "v2", ask("POST", RUN_HOST, "/v2/" PLACE "/jobs/migrate:run", "{}"));
	is_int((long long)json_num(op, "response.succeededCount", 0), 1, "the migration succeeds");
	cJSON_Delete(op);
	free(job);
	op = deploy("POST", "good", URI, database_host, "2Gi");
	ok(json_at(op, "response.latestReadyRevision") != NULL, "the stack comes up");
	if (json_at(op, "error"))
		printf("# %s\n", json_str(op, "error.message", ""));
	cJSON_Delete(op);
}

/* One visit; headers alternate name and value, ended by NULL. The body is kept until the next one. */
static struct sim_reply last;
static int visit(const char *method, const char *target, const char *body, const char *const *pairs)
{
	struct sim_header headers[8] = {{"Host", HOST}};
	size_t n = 1;
	for (; pairs && *pairs; pairs += 2)
		headers[n++] = (struct sim_header){pairs[0], pairs[1]};
	if (n > 1 && !strcmp(headers[1].name, "Host"))
		headers[0] = headers[1];
	struct sim_request q = {method, HOST, target, headers, n, body, body ? strlen(body) : 0};
	sim_reply_free(&last);
	sim_handle(sim, &q, &last);
	return last.status;
}

#define WITH(...)                                                                                                              \
	(const char *const[])                                                                                                  \
	{                                                                                                                      \
		__VA_ARGS__, NULL                                                                                              \
	}

static char *id_token(const char *email, const char *audience)
{
	cJSON *claims = json_make("{'iss':'https://accounts.google.com','aud':%s,'sub':'1','email':%s,'email_verified':true}",
				  audience, email);
	json_put_num(claims, "iat", sim_wall(sim));
	json_put_num(claims, "exp", sim_wall(sim) + 3600);
	char *token = sim_id_token(sim, claims), *bearer = xasprintf("Bearer %s", token);
	cJSON_Delete(claims);
	free(token);
	return bearer;
}

static void front(void)
{
	char *good = id_token("ann@example.com", "https://" HOST), *stranger = id_token("eve@elsewhere.org", "https://" HOST);
	char *wrong = id_token("ann@example.com", "https://other"), *origin = xstrdup("https://" HOST);
	is_int(visit("GET", "/ping", NULL, NULL), 200, "/ping answers everybody");
	is_int(visit("GET", "/health", NULL, NULL), 200, "/health too");
	is_int(visit("GET", "/", NULL, NULL), 302, "a browser is sent to sign in");
	ok(last.headers &&
	       strstr(last.headers,
		      "Location: "
		      "https://accounts.google.com/o/oauth2/auth?access_type=offline&approval_prompt=force&client_id=" CLIENT),
	   "with Google");
	ok(strstr(last.headers, "code_challenge_method=S256") &&
	       strstr(last.headers, "redirect_uri=https%3A%2F%2F" HOST "%2Foauth2%2Fcallback"),
	   "with PKCE and its redirect URI");
	ok(strstr(last.headers, "__Host-mlflow_csrf=") != NULL, "and a CSRF cookie");
	is_int(visit("POST", "/api/2.0/mlflow/experiments/search", "{}", NULL), 401, "a program gets 401");
	is_str(buf_text(&last.body), "{}", "and {}");
	is_int(visit("GET", "/api/2.0/mlflow/experiments/search", NULL, WITH("Authorization", "Bearer nonsense")), 403,
	       "a bad token is 403");
	is_str(buf_text(&last.body), "Forbidden\n", "in plain text");
	is_int(visit("GET", "/health", NULL, WITH("Authorization", "Bearer nonsense")), 403, "even on /health");
	is_int(visit("GET", "/", NULL, WITH("Authorization", wrong)), 403, "so is one for another audience");
	is_int(visit("GET", "/", NULL, WITH("Authorization", stranger)), 403, "and one of a stranger");
	ok(strstr(buf_text(&last.body), "<html") != NULL, "with a page");
	is_int(visit("GET", "/version", NULL, WITH("Authorization", good)), 200, "the right one is let through");
	is_str(buf_text(&last.body), "3.17.2", "to MLflow");
	ok(strstr(last.headers, "gap-auth: ann@example.com") != NULL, "with its name in the reply");
	is_int(visit("POST", "/api/2.0/mlflow/experiments/search", "{}", WITH("Host", "evil.example", "Authorization", good)),
	       403, "a foreign Host is 403");
	is_str(buf_text(&last.body), "Invalid Host header - possible DNS rebinding attack detected", "in MLflow's words");
	is_int(visit("POST", "/ajax-api/2.0/mlflow/experiments/search", "{}",
		     WITH("Authorization", good, "Origin", "https://evil.example")),
	       403, "a foreign Origin too");
	is_str(buf_text(&last.body), "Cross-origin request blocked", "in MLflow's words");
	is_int(visit("POST", "/ajax-api/2.0/mlflow/experiments/search", "{\"max_results\":5}",
		     WITH("Authorization", good, "Origin", origin)),
	       200, "the own one passes");
	ok(strstr(buf_text(&last.body), "mlflow-artifacts:/0") != NULL, "and the first experiment is there");
	is_int(visit("POST", "/api/2.0/mlflow/experiments/create", "{\"name\":\"proof\"}", WITH("Authorization", good)), 200,
	       "an experiment is made");
	is_int(visit("POST", "/api/2.0/mlflow/experiments/create", "{\"name\":\"proof\"}", WITH("Authorization", good)), 400,
	       "once");
	is_int(visit("POST", "/api/2.0/mlflow/runs/create", "{\"experiment_id\":\"1\"}", WITH("Authorization", good)), 200,
	       "a run is made");
	cJSON *run = cJSON_Parse(buf_text(&last.body));
	const char *id = json_str(run, "run.info.run_id", "");
	char *metric = xasprintf("{\"run_id\":\"%s\",\"key\":\"m\",\"value\":0.5,\"timestamp\":1,\"step\":2}", id);
	is_int(visit("POST", "/api/2.0/mlflow/runs/log-metric", metric, WITH("Authorization", good)), 200,
	       "a metric is logged");
	char *get = xasprintf("/api/2.0/mlflow/runs/get?run_id=%s", id),
	     *file = xasprintf("/api/2.0/mlflow-artifacts/artifacts/1/%s/artifacts/a/f.txt", id);
	visit("GET", get, NULL, WITH("Authorization", good));
	cJSON *seen = cJSON_Parse(buf_text(&last.body));
	ok(json_num(seen, "run.data.metrics.0.value", 0) == 0.5, "and read back");
	cJSON_Delete(seen);
	is_int(visit("PUT", file, "artifact", WITH("Authorization", good)), 200, "an artifact is stored");
	is_int(visit("GET", file, NULL, WITH("Authorization", good)), 200, "and read");
	is_str(buf_text(&last.body), "artifact", "as it was");
	char *list = xasprintf("/api/2.0/mlflow/artifacts/list?run_id=%s&path=a", id);
	visit("GET", list, NULL, WITH("Authorization", good));
	ok(strstr(buf_text(&last.body), "\"a/f.txt\"") != NULL, "and listed");
	free(list), free(metric), free(get), free(file);
	cJSON_Delete(run);
	char *object = xasprintf("/storage/v1/b/demo-proj-art/o?prefix=artifacts/1/");
	cJSON *objects = ask("GET", "storage.googleapis.com", object, NULL);
	is_int(cJSON_GetArraySize(json_at(objects, "items")), 1, "it is in the bucket");
	cJSON_Delete(objects);
	free(object), free(good), free(stranger), free(wrong), free(origin);
}

/* The value of a header of the last reply, up to the end of the line or to one of the stops; for the caller to free. */
static char *header(const char *name, const char *stops)
{
	char *start = xasprintf("%s: ", name);
	const char *at = last.headers ? strstr(last.headers, start) : NULL;
	char *value = at ? xstrndup(at + strlen(start), strcspn(at + strlen(start), stops)) : xstrdup("");
	free(start);
	return value;
}

/* Walks a browser through the sign-in as this person; the session cookie ("" when none came) for the caller to free. */
static char *signs_in(const char *email, int *callback)
{
	visit("GET", "/?page=1", NULL, NULL);
	char *location = header("Location", "\r"), *csrf = header("Set-Cookie", ";");
	char *target = xasprintf("%s&login_hint=%s&prompt=none",
				 text_starts(location, "https://accounts.google.com") ? location + 27 : "/", email);
	struct sim_header headers[] = {{"Host", "accounts.google.com"}};
	struct sim_request q = {"GET", "accounts.google.com", target, headers, 1, NULL, 0};
	sim_reply_free(&last);
	sim_handle(sim, &q, &last);
	char *back = header("Location", "\r");
	*callback = visit("GET", text_starts(back, "https://" HOST) ? back + strlen("https://" HOST) : "/nowhere", NULL,
			  WITH("Cookie", csrf));
	const char *at = last.headers ? strstr(last.headers, "Set-Cookie: __Host-mlflow=") : NULL;
	char *session = at ? xstrndup(at + 12, strcspn(at + 12, ";")) : xstrdup("");
	free(location), free(csrf), free(target), free(back);
	return session;
}

static void browser(void)
{
	int callback;
	char *session = signs_in("ann@example.com", &callback);
	is_int(callback, 302, "the callback leads back");
	ok(last.headers && strstr(last.headers, "Location: /?page=1\r"), "to the page that was asked for");
	is_int(visit("GET", "/", NULL, WITH("Cookie", session)), 200, "with the session the UI is shown");
	is_int(visit("GET", "/oauth2/userinfo", NULL, WITH("Cookie", session)), 200, "the proxy knows who it is");
	ok(strstr(buf_text(&last.body), "ann@example.com") != NULL, "by address");
	is_int(visit("GET", "/oauth2/auth", NULL, WITH("Cookie", session)), 202, "/oauth2/auth is 202");
	is_int(visit("GET", "/", NULL, WITH("Cookie", session, "Authorization", "Bearer bad")), 403,
	       "a bad bearer beats a good cookie");
	is_int(visit("GET", "/oauth2/sign_out", NULL, WITH("Cookie", session)), 302, "signing out");
	pass(8 * 86400);
	is_int(visit("GET", "/", NULL, WITH("Cookie", session)), 302, "after a week it is over");
	free(session);
	session = signs_in("eve@elsewhere.org", &callback);
	is_int(callback, 403, "a stranger's sign-in ends in 403");
	is_str(session, "", "without a session");
	free(session);
	is_int(visit("GET", "/oauth2/callback?code=x&state=y", NULL, NULL), 403, "a callback without its cookie is 403");
}

/* MLflow's own basic auth, in one container without a proxy. */
static void basic(void)
{
	char *text[2];
	for (int i = 0; i < 2; i++)
		text[i] = xasprintf("{\"invokerIamDisabled\":true,\"template\":{\"serviceAccount\":\"" SERVER
				    "\",\"vpcAccess\":{\"networkInterfaces\":[{\"network\":"
				    "\"net\",\"subnetwork\":\"sub\"}]},\"containers\":[{\"image\":\"" IMAGE
				    "\",\"command\":[\"mlflow\"],\"args\":[\"server\","
				    "\"--host=0.0.0.0\",\"--port\",\"8080\",\"--workers\",\"1\",\"--app-name\",\"basic-auth\","
				    "\"--allowed-hosts\",\"basic-123456789012.us-central1.run.app\"],"
				    "\"env\":[{\"name\":\"MLFLOW_BACKEND_STORE_URI\",\"value\":\"postgresql+psycopg2://"
				    "mlflow:pw@%s/mlflow\"},{\"name\":"
				    "\"MLFLOW_SERVER_ENABLE_JOB_EXECUTION\",\"value\":\"false\"},{\"name\":\"MLFLOW_AUTH_ADMIN_"
				    "USERNAME\",\"value\":\"admin\"},"
				    "{\"name\":\"MLFLOW_AUTH_ADMIN_PASSWORD\",\"value\":\"long "
				    "enough\"}%s],\"resources\":{\"limits\":{\"memory\":\"1Gi\"}}}]}}",
				    database_host, i ? ",{\"name\":\"MLFLOW_FLASK_SERVER_SECRET_KEY\",\"value\":\"k\"}" : "");
	cJSON *op = finished(RUN_HOST, "v2", ask("POST", RUN_HOST, "/v2/" PLACE "/services?serviceId=basic", text[0]));
	ok(strstr(json_str(op, "error.message", ""),
		  "failed to start and listen on the port defined provided by the PORT=8080") != NULL,
	   "basic auth without Flask's key does not start");
	cJSON_Delete(op);
	op = finished(RUN_HOST, "v2", ask("PATCH", RUN_HOST, "/v2/" PLACE "/services/basic", text[1]));
	ok(json_at(op, "response.latestReadyRevision") != NULL, "with it it does");
	cJSON_Delete(op);
	static const struct {
		const char *path, *authorization;
		int status;
	} visits[] = {
	    {"/health", NULL, 200},
	    {"/health%23x", NULL, 404}, /* what begins as an open path is open, and there is nothing */
	    {"/healthz", NULL, 404},
	    {"/version", NULL, 401},
	    {"/version", "Basic YWRtaW46bG9uZyBlbm91Z2g=", 200},
	    {"/api/2.0/mlflow/experiments/get?experiment_id=0", "Bearer x", 500}, /* as the real one, that fails over it */
	    {"/version", "Basic YWRtaW46d3Jvbmc=", 401}};
	for (size_t i = 0; i < sizeof visits / sizeof *visits; i++) {
		struct sim_header headers[] = {{"Authorization", visits[i].authorization}};
		struct sim_request q = {"GET",   "basic-123456789012.us-central1.run.app", visits[i].path,
					headers, visits[i].authorization ? 1 : 0,          NULL,
					0};
		sim_reply_free(&last);
		sim_handle(sim, &q, &last);
		is_int(last.status, visits[i].status, "basic auth answers as MLflow's");
	}
	ok(last.headers && strstr(last.headers, "WWW-Authenticate: Basic realm=\"mlflow\""), "and asks for a password");
	free(text[0]), free(text[1]);
}

/* A database dropped and made again holds nothing of the old one. */
static void another_database(void)
{
	char *good = id_token("ann@example.com", "https://" HOST);
	const char *sql = "sqladmin.googleapis.com";
	is_int(visit("GET", "/api/2.0/mlflow/experiments/get-by-name?experiment_name=proof", NULL, WITH("Authorization", good)),
	       200, "the experiment is there");
	cJSON_Delete(ask("DELETE", sql, "/v1/projects/demo-proj/instances/db/databases/mlflow", NULL));
	pass(60);
	is_int(visit("GET", "/api/2.0/mlflow/experiments/get-by-name?experiment_name=proof", NULL, WITH("Authorization", good)),
	       503, "without its database MLflow is unavailable");
	is_int(visit("GET", "/health", NULL, NULL), 200, "though /health does not tell");
	cJSON_Delete(ask("POST", sql, "/v1/projects/demo-proj/instances/db/databases", "{\"name\":\"mlflow\"}"));
	pass(60);
	is_int(visit("GET", "/api/2.0/mlflow/experiments/get-by-name?experiment_name=proof", NULL, WITH("Authorization", good)),
	       404, "a new one is empty");
	free(good);
}

/* The same server as a flexible version of App Engine. */
static void flexible(void)
{
	const char *app = "appengine.googleapis.com";
#define FLEXIBLE(id, env)                                                                                                      \
	"{\"id\":\"" id                                                                                                        \
	"\",\"runtime\":\"custom\",\"env\":\"flex\",\"manualScaling\":{\"instances\":1},\"serviceAccount\":\"" SERVER          \
	"\",\"network\":{\"name\":\"net\","                                                                                    \
	"\"subnetworkName\":\"sub\"},\"resources\":{\"cpu\":1,\"memoryGb\":2},\"readinessCheck\":{\"path\":\"/"                \
	"health\"},\"deployment\":{\"container\":{\"image\":\"" IMAGE "\"}},"                                                  \
	"\"envVariables\":{" env "}}"
#define DATABASE                                                                                                               \
	"\"MLFLOW_BACKEND_STORE_URI\":\"postgresql+psycopg2://"                                                                \
	"\",\"PGUSER\":\"mlflow\",\"PGPASSWORD\":\"pw\",\"PGDATABASE\":\"mlflow\",\"MLFLOW_SERVER_ENABLE_JOB_EXECUTION\":"     \
	"\"false\""
#define IAP "{\"iap\":{\"enabled\":true,\"oauth2ClientId\":\"c\",\"oauth2ClientSecret\":\"s\"}}"
#define SECRET_SHA256 "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89" /* of "s" */
	cJSON_Delete(finished(app, "v1", ask("POST", app, "/v1/apps", "{\"id\":\"demo-proj\",\"locationId\":\"us-central\"}")));
	cJSON *op = finished(app, "v1", ask("PATCH", app, "/v1beta/apps/demo-proj?updateMask=iap", IAP)), *now;
	is_str(json_str(op, "response.iap.oauth2ClientSecretSha256", ""), SECRET_SHA256,
	       "the application is changed at v1beta too, and of a client's secret tells the hash alone");
	now = ask("GET", app, "/v1beta/apps/demo-proj", NULL);
	is_str(json_str(now, "iap.oauth2ClientSecretSha256", ""), SECRET_SHA256, "it reads there as it was set");
	ok(!json_at(now, "iap.oauth2ClientSecret"), "and never tells the secret");
	cJSON_Delete(now);
	cJSON_Delete(op);
	op = finished(app, "v1", ask("POST", app, "/v1/apps/demo-proj/services/default/versions", FLEXIBLE("crash", "")));
	ok(strstr(json_str(op, "error.message", ""), "Application startup error! Code: APP_CONTAINER_CRASHED") != NULL,
	   "a version that lacks a variable crashes");
	cJSON_Delete(op);
	char *port = xasprintf(FLEXIBLE("port", DATABASE ",\"PGHOST\":\"%s\""), database_host);
	op = finished(app, "v1", ask("POST", app, "/v1/apps/demo-proj/services/default/versions", port));
	is_str(json_str(op, "error.message", ""), "Timed out waiting for the app infrastructure to become healthy.",
	       "one that listens elsewhere than at 8080 does not become healthy");
	cJSON_Delete(op);
	free(port);
	cJSON *j = ask(
	    "POST", "logging.googleapis.com", "/v2/entries:list",
	    "{\"resourceNames\":[\"projects/demo-proj\"],\"filter\":\"resource.type=\\\"gae_app\\\"\",\"pageSize\":1000}");
	char *all = json_text(j, -1);
	ok(strstr(all, "MLFLOW_BACKEND_STORE_URI: parameter not set") != NULL, "the log of the version says what lacks");
	free(all);
	cJSON_Delete(j);
}

int main(void)
{
	begin();
	database();
	accounts();
	places();
	images();
	build_requests();
	repository_parts();
	secrets();
	pass(900);
	database_host = database_address();
	runs();
	front();
	browser();
	basic();
	what_goes_wrong();
	is_int(visit("GET", "/ping", NULL, NULL), 200, "after failed updates the old revision serves");
	another_database();
	flexible();
	sim_reply_free(&last);
	free(database_host);
	sim_free(sim);
	return tap_done();
}
