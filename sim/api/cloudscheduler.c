/* cloudscheduler.googleapis.com v1: jobs that call an HTTP target by a schedule. A job is run by jobs.run; that a schedule's time has come
 * sets nothing off by itself, so that a quiet world stays quiet. */
#include "config.h"
#include "sim/api/cron.h"
#include "sim/api/iam.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define JOBS "cloudscheduler.jobs"

/* Jobs. ------------------------------------------------------------------------------------------------------------------- */
/* The next time of a schedule; of days that are told in English nobody here tells it. */
static void next_time(struct sim *s, cJSON *doc)
{
	struct cron c;
	char when[40];
	json_drop(doc, "scheduleTime");
	const char *schedule = json_str(doc, "schedule", "");
	bool good = cron_english(schedule, &c) ? c.every > 0 : cron_parse(schedule, &c);
	double at = good ? cron_next(&c, sim_wall(s), json_str(doc, "timeZone", "")) : 0;
	if (at > 0 && !strcmp(json_str(doc, "state", ""), "ENABLED"))
		json_put_str(doc, "scheduleTime", text_rfc3339(at, 0, when));
}

static bool refuse(struct sim_call *c, const char *why)
{
	sim_fail(c, "INVALID_ARGUMENT", NULL, "%s", why);
	return false;
}

/* Of several fields only one may be said: the one that a change says takes the place of another. */
static bool one_only(cJSON *doc, const struct sim_object *old, const char *const *fields)
{
	int n = 0;
	for (const char *const *f = fields; *f; f++)
		n += !!json_at(doc, *f);
	for (const char *const *f = fields; n > 1 && old && *f; f++)
		if (json_at(old->doc, *f) && json_at(doc, *f)) {
			json_drop(doc, *f);
			n--;
		}
	return n <= 1;
}

static bool account_ok(struct sim_call *c, const char *email)
{
	const char *project = sim_account_project(c->sim, email);
	if (!*email || (project && strcmp(project, sim_part(c, 2)) != 0))
		return refuse(c, "The service account must be within the same project as the job.");
	if (sim_account_exists(c->sim, email, true) && sim_may_act_as(c, email))
		return true;
	sim_fail(c, "PERMISSION_DENIED", NULL,
		 "The principal (user or service account) lacks IAM permission \"iam.serviceAccounts.actAs\" for the resource "
		 "\"%s\" (or the resource may not exist).",
		 email);
	return false;
}

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(word, *words) != 0)
		words++;
	return *words != NULL;
}

/* What a request carries, with the methods that may carry it. */
static bool body_ok(struct sim_call *c, const cJSON *target, const char *const *methods)
{
	return !*json_str(target, "body", "") || is_one_of(json_str(target, "httpMethod", "POST"), methods) ||
	       refuse(c, "A request body is not allowed with the job's HTTP method.");
}

static bool http_ok(struct sim_call *c, const cJSON *http)
{
	static const char *const methods[] = {"HTTP_METHOD_UNSPECIFIED", "POST", "PUT", "PATCH", NULL}, *const tokens[] = {
													    "oauthToken",
													    "oidcToken"};
	const char *uri = json_str(http, "uri", "");
	if ((!text_starts(uri, "https://") && !text_starts(uri, "http://")) || strlen(uri) > 2083)
		return refuse(c, "HttpTarget.uri must be a valid HTTP or HTTPS URL.");
	for (int i = 0; i < 2; i++) {
		const cJSON *token = json_at(http, tokens[i]);
		if (token && !account_ok(c, json_str(token, "serviceAccountEmail", "")))
			return false;
	}
	return body_ok(c, http, methods);
}

static bool app_engine_ok(struct sim_call *c, const cJSON *target)
{
	static const char *const methods[] = {"HTTP_METHOD_UNSPECIFIED", "POST", "PUT", NULL}, *const none[] = {
												   "PATCH", "OPTIONS", NULL};
	const char *uri = json_str(target, "relativeUri", "/");
	if (is_one_of(json_str(target, "httpMethod", ""), none))
		return refuse(c, "AppEngineHttpTarget.http_method must not be PATCH or OPTIONS.");
	if (*uri != '/' || strchr(uri, ' ') || strlen(uri) > 2083)
		return refuse(c, "AppEngineHttpTarget.relative_uri must begin with \"/\" and be a valid relative URL.");
	return body_ok(c, target, methods);
}

static bool pubsub_ok(struct sim_call *c, const cJSON *target)
{
	const char *topic = json_str(target, "topicName", ""), *prefix = sim_tmp("projects/%s/topics/", sim_part(c, 2));
	const cJSON *attributes = json_at(target, "attributes");
	if (!text_starts(topic, prefix) || !topic[strlen(prefix)])
		return refuse(c, "PubsubTarget.topic_name must name a topic of the job's project.");
	return *json_str(target, "data", "") || (attributes && attributes->child) ||
	       refuse(c, "PubsubTarget must have either non-empty data or at least one attribute.");
}

static bool target_ok(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	static const char *const targets[] = {"httpTarget", "pubsubTarget", "appEngineHttpTarget", NULL},
				 *const tokens[] = {"httpTarget.oauthToken", "httpTarget.oidcToken", NULL};
	const cJSON *http, *engine, *pubsub;
	for (int i = 0; old && i < 2; i++) { /* one whose fields a change took away is none */
		const cJSON *token = json_at(doc, tokens[i]);
		if (token && !*json_str(token, "serviceAccountEmail", ""))
			json_drop(doc, tokens[i]);
	}
	if (!one_only(doc, old, targets) || !one_only(doc, old, tokens))
		return refuse(c, "Only one target, and only one token, may be set on the job.");
	http = json_at(doc, "httpTarget");
	engine = json_at(doc, "appEngineHttpTarget");
	pubsub = json_at(doc, "pubsubTarget");
	return http     ? http_ok(c, http)
	       : engine ? app_engine_ok(c, engine)
	       : pubsub ? pubsub_ok(c, pubsub)
			: refuse(c, "Exactly one target must be set on the job.");
}

/* How long a call may take, and how often it is tried again. */
static bool attempts_ok(struct sim_call *c, const cJSON *doc)
{
	double deadline = sim_seconds(json_str(doc, "attemptDeadline", ""), 180),
	       tries = json_num(doc, "retryConfig.retryCount", 0);
	double longest = json_at(doc, "appEngineHttpTarget") ? 86400 : 1800;
	if (!json_at(doc, "pubsubTarget") && (deadline < 15 || deadline > longest))
		return refuse(c, sim_tmp("Job.attempt_deadline must be between [15s, %.0fs].", longest));
	if (tries < 0 || tries > 5)
		return refuse(c, "RetryConfig.retry_count must be between 0 and 5.");
	return true;
}

static bool schedule_ok(struct sim_call *c, const cJSON *doc)
{
	struct cron cron;
	const char *schedule = json_str(doc, "schedule", "");
	if (!*schedule)
		return refuse(c, "Job.schedule is required.");
	if (strlen(json_str(doc, "description", "")) > 500)
		return refuse(c, "Job.description must not contain more than 500 characters.");
	if ((!cron_english(schedule, &cron) && (*schedule == '@' || !cron_parse(schedule, &cron))) ||
	    (*json_str(doc, "timeZone", "") && !cron_zone_there(json_str(doc, "timeZone", ""))))
		return refuse(c, "Schedule or time zone is invalid.");
	return attempts_ok(c, doc);
}

/* What a target has where nothing is said of it. A body has a type, as far as nobody told one. */
static void fill_target(cJSON *doc)
{
	cJSON *http = json_at(doc, "httpTarget"), *engine = json_at(doc, "appEngineHttpTarget");
	cJSON *token = json_at(http, "oauthToken"), *target = http ? http : engine,
	      *defaults = json_make("{'httpMethod':'POST','headers':{'User-Agent':%s}}",
				    http ? "Google-Cloud-Scheduler" : "AppEngine-Google; (+http://code.google.com/appengine)");
	if (*json_str(target, "body", ""))
		json_put_str(defaults, "headers.Content-Type", "application/octet-stream");
	if (engine)
		json_put_str(defaults, "relativeUri", "/");
	if (target)
		sim_fill(target, defaults);
	cJSON_Delete(defaults);
	if (token && !*json_str(token, "scope", ""))
		json_put_str(token, "scope", "https://www.googleapis.com/auth/cloud-platform");
	token = json_at(http, "oidcToken");
	if (token && !*json_str(token, "audience", ""))
		json_put_str(token, "audience", json_str(http, "uri", ""));
}

/* What is left out of a retry policy is told; of a job without one nothing is. */
static void fill_retries(cJSON *doc)
{
	if (!json_at(doc, "retryConfig"))
		return;
	cJSON *defaults = json_make(
	    "{'maxRetryDuration':'0s','minBackoffDuration':'5s','maxBackoffDuration':'3600s','maxDoublings':5}");
	sim_fill(json_at(doc, "retryConfig"), defaults);
	cJSON_Delete(defaults);
}

static bool job_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	if (!schedule_ok(c, doc) || !target_ok(c, doc, old))
		return false;
	if (!*json_str(doc, "timeZone", ""))
		json_put_str(doc, "timeZone", "UTC");
	fill_target(doc);
	fill_retries(doc);
	next_time(c->sim, doc);
	return true;
}

static bool job_placed(struct sim_call *c)
{
	if (sim_is_region(sim_part(c, 4)))
		return true;
	sim_fail(c, "NOT_FOUND", NULL, "Location '%s' is not a valid location.", sim_part(c, 4));
	return false;
}

static bool job_valid(struct sim_call *c, const char *id)
{
	size_t n = strlen(id);
	bool good = n && n <= 500 && strspn(id, LOWER_LETTERS UPPER_LETTERS DIGITS "_-") == n &&
		    strstr(json_str(c->body, "name", ""), "/jobs/");
	return good ||
	       refuse(c, "Job name must be formatted: \"projects/<PROJECT_ID>/locations/<LOCATION_ID>/jobs/<JOB_ID>\".");
}

#define L "cloudscheduler.projects.locations."
#define JOB "projects/{project}/locations/{locations}/jobs/{jobs}"
static const struct sim_resource resources[] = {
    {.methods = L "jobs",
     .collection = JOBS,
     .key = JOB,
     .field = "jobs",
     .missing = "Job not found.",
     .taken = "Job " JOB " already exists.",
     .placed = job_placed,
     .valid = job_valid,
     .complete = job_complete,
     .updated = "userUpdateTime",
     .defaults = "{'state':'ENABLED','attemptDeadline':'180s'}"},
    {0},
};

static void set_state(struct sim_call *c, struct sim_object *o, const char *to)
{
	json_put_str(o->doc, "state", to);
	next_time(c->sim, o->doc);
	sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static void job_pause(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (o && strcmp(json_str(o->doc, "state", ""), "ENABLED"))
		sim_fail(c, "FAILED_PRECONDITION", NULL, "Job.state must be ENABLED for PauseJob.");
	else if (o)
		set_state(c, o, "PAUSED");
}

/* One that runs is let be: Terraform's provider resumes every job that it has made. */
static void job_resume(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (o)
		set_state(c, o, "ENABLED");
}

/* The call itself, with the token that the target asks for. */
static int attempt(struct sim *s, const cJSON *http)
{
	const char *uri = json_str(http, "uri", ""), *host = strstr(uri, "://") ? strstr(uri, "://") + 3 : "",
		   *path = strchr(host, '/');
	const char *email = json_str(http, "oidcToken.serviceAccountEmail",
				     json_str(http, "oauthToken.serviceAccountEmail", ""));
	char *token = NULL, *bearer;
	const char *name = sim_tmp("%.*s", (int)strcspn(host, "/:"), host);
	if (json_at(http, "oauthToken")) {
		const char *principal = sim_tmp("serviceAccount:%s", email);
		token = sim_token_new(s, principal, 3600);
	} else if (*email) {
		cJSON *claims = json_make(
		    "{'iss':'https://accounts.google.com','aud':%s,'email':%s,'email_verified':%b,'sub':%s,'azp':%s}",
		    json_str(http, "oidcToken.audience", uri), email, 1, sim_account_id(s, email), sim_account_id(s, email));
		json_put_num(claims, "iat", sim_wall(s));
		json_put_num(claims, "exp", sim_wall(s) + 3600);
		token = sim_id_token(s, claims);
		cJSON_Delete(claims);
	}
	bearer = xasprintf("Bearer %s", token ? token : "");
	struct sim_header headers[] = {{"User-Agent", "Google-Cloud-Scheduler"},
				       {"X-CloudScheduler", "true"},
				       {"Content-Type", "application/octet-stream"},
				       {"Authorization", bearer}};
	char body[4096];
	size_t len = sim_unbase64(json_str(http, "body", ""), body, sizeof body);
	struct sim_request q = {
	    json_str(http, "httpMethod", "POST"), name, path ? path : "/", headers, token ? 4 : 3, body, len};
	struct sim_reply r;
	sim_handle(s, &q, &r);
	int status = r.status;
	sim_reply_free(&r);
	free(token);
	free(bearer);
	return status;
}

/* The same of a message to a topic. */
static int send(struct sim *s, const cJSON *target)
{
	const char *topic = json_str(target, "topicName", "");
	cJSON *message = json_make("{'data':%s}", json_str(target, "data", ""));
	if (json_at(target, "attributes"))
		json_put(message, "attributes", cJSON_Duplicate(json_at(target, "attributes"), true));
	bool there = sim_topic_there(s, topic);
	if (there)
		sim_topic_publish(s, topic, message);
	cJSON_Delete(message);
	return there ? 200 : 404;
}

static void attempted(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, JOBS, json_str(arg, "key", ""));
	const cJSON *pubsub = o ? json_at(o->doc, "pubsubTarget") : NULL;
	if (!o || (!pubsub && !json_at(o->doc, "httpTarget")))
		return;
	int status = pubsub ? send(s, pubsub) : attempt(s, json_at(o->doc, "httpTarget"));
	json_put_str(o->doc, "lastAttemptTime", sim_stamp(s, 6));
	if (status >= 200 && status < 300)
		json_put(o->doc, "status", cJSON_CreateObject());
	else
		json_put(o->doc, "status",
			 json_make("{'code':%d}", status == 401   ? 16
						  : status == 403 ? 7
						  : status == 404 ? 5
						  : status < 500  ? 3
								  : 13));
}

static void job_run(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o)
		return;
	sim_after(c->sim, 1, attempted, json_make("{'key':%s}", o->key));
	sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static void scheduler_location(struct sim_call *c)
{
	const char *id = sim_part(c, 4);
	if (job_placed(c))
		sim_ok(c, json_make("{'name':%s,'locationId':%s,'labels':{'cloud.googleapis.com/region':%s}}",
				    sim_tmp("projects/%s/locations/%s", c->project, id), id, id));
}

static const struct sim_route routes[] = {
    {L "get", scheduler_location, "cloudscheduler.locations.get", NULL},
    {L "list", sim_location_list_labelled, "cloudscheduler.locations.list", NULL},
    RESOURCE_ROUTES(L "jobs", "cloudscheduler.jobs"),
    {L "jobs.pause", job_pause, "cloudscheduler.jobs.pause", NULL},
    {L "jobs.resume", job_resume, "cloudscheduler.jobs.enable", NULL},
    {L "jobs.run", job_run, "cloudscheduler.jobs.run", NULL},
    {0},
};

const struct sim_api sim_cloudscheduler = {.name = "cloudscheduler",
					   .service = "cloudscheduler.googleapis.com",
					   .errors = SIM_ERRORS_AIP,
					   .routes = routes,
					   .resources = resources};
