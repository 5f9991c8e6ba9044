/* cloudscheduler.googleapis.com v1: jobs that call an HTTP target by a schedule. A job is run by jobs.run; that a schedule's time has come
 * sets nothing off by itself, so that a quiet world stays quiet. */
#include "config.h"
#include "sim/api/cron.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define JOBS "cloudscheduler.jobs"

/* Jobs. ------------------------------------------------------------------------------------------------------------------- */
static void next_time(struct sim *s, cJSON *doc)
{
	struct cron c;
	char when[40];
	json_drop(doc, "scheduleTime");
	double at = cron_parse(json_str(doc, "schedule", ""), &c) ? cron_next(&c, sim_wall(s), json_str(doc, "timeZone", ""))
								  : 0;
	if (at > 0 && !strcmp(json_str(doc, "state", ""), "ENABLED"))
		json_put_str(doc, "scheduleTime", text_rfc3339(at, 0, when));
}

static bool refuse(struct sim_call *c, const char *why)
{
	sim_fail(c, "INVALID_ARGUMENT", NULL, "%s", why);
	return false;
}

static bool target_ok(struct sim_call *c, const cJSON *doc)
{
	int targets = !!json_at(doc, "httpTarget") + !!json_at(doc, "pubsubTarget") + !!json_at(doc, "appEngineHttpTarget");
	const char *uri = json_str(doc, "httpTarget.uri", "");
	if (targets != 1)
		return refuse(c, "Exactly one target must be set on the job.");
	if (json_at(doc, "httpTarget") && !text_starts(uri, "https://") && !text_starts(uri, "http://"))
		return refuse(c, "HttpTarget.uri must be a valid HTTP or HTTPS URL.");
	static const char *const tokens[] = {"httpTarget.oidcToken.serviceAccountEmail",
					     "httpTarget.oauthToken.serviceAccountEmail"};
	for (int i = 0; i < 2; i++) {
		const char *email = json_str(doc, tokens[i], "");
		if (*email && (!sim_account_exists(c->sim, email, true) || !sim_may_act_as(c, email))) {
			sim_fail(c, "PERMISSION_DENIED", NULL,
				 "The principal (user or service account) lacks IAM permission \"iam.serviceAccounts.actAs\" "
				 "for the resource "
				 "\"%s\" (or the resource may not exist).",
				 email);
			return false;
		}
	}
	return true;
}

/* How long a call may take, and how often it is tried again. */
static bool attempts_ok(struct sim_call *c, const cJSON *doc)
{
	double deadline = sim_seconds(json_str(doc, "attemptDeadline", ""), 180),
	       tries = json_num(doc, "retryConfig.retryCount", 0);
	double longest = json_at(doc, "appEngineHttpTarget") ? 86415 : 1800;
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
	if ((!text_starts(schedule, "every ") && (*schedule == '@' || !cron_parse(schedule, &cron))) ||
	    (*json_str(doc, "timeZone", "") && !cron_zone_there(json_str(doc, "timeZone", ""))))
		return refuse(c, "Schedule or time zone is invalid.");
	return attempts_ok(c, doc) && target_ok(c, doc);
}

static bool job_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	(void)old;
	if (!schedule_ok(c, doc))
		return false;
	cJSON *http = json_at(doc, "httpTarget"),
	      *defaults = json_make("{'httpMethod':'POST','headers':{'User-Agent':'Google-Cloud-Scheduler'}}");
	if (!*json_str(doc, "timeZone", ""))
		json_put_str(doc, "timeZone", "UTC");
	if (http)
		sim_fill(http, defaults);
	cJSON_Delete(defaults);
	if (json_at(http, "oidcToken") && !json_at(http, "oidcToken.audience"))
		json_put_str(http, "oidcToken.audience", json_str(http, "uri", ""));
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
     .defaults = "{'state':'ENABLED','attemptDeadline':'180s','retryConfig':{'maxRetryDuration':'0s','minBackoffDuration':'5s',"
		 "'maxBackoffDuration':'3600s','maxDoublings':5}}"},
    {0},
};

static void set_state(struct sim_call *c, const char *from, const char *to, const char *refusal)
{
	struct sim_object *o = resource_named(c);
	if (!o)
		return;
	if (strcmp(json_str(o->doc, "state", ""), from)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "%s", refusal);
		return;
	}
	json_put_str(o->doc, "state", to);
	next_time(c->sim, o->doc);
	sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static void job_pause(struct sim_call *c)
{
	set_state(c, "ENABLED", "PAUSED", "Job.state must be ENABLED for PauseJob.");
}

static void job_resume(struct sim_call *c)
{
	set_state(c, "PAUSED", "ENABLED", "Job.state must be PAUSED for ResumeJob.");
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

static void attempted(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, JOBS, json_str(arg, "key", ""));
	if (!o || !json_at(o->doc, "httpTarget"))
		return;
	int status = attempt(s, json_at(o->doc, "httpTarget"));
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

static const struct sim_route routes[] = {
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
