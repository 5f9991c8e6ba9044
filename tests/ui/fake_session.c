#include "config.h"
#include "tests/ui/fake_session.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/oauth_client.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct asked {
	char *what, *project;
	survey_done *done;
	void *arg;
};

struct session {
	bool rehearsal, hold;
	double now;
	struct asked asked[12];
	size_t asked_count;
	char *bad_survey, *bad_words, *bad_fix, *bad_step, *replaced, *resized;
	cJSON *findings;
	cJSON *stream; /* the events that a run plays, instead of walking a plan */
	char *fails, *fail_words, *fail_fix;
	bool optional;
	int pace;          /* events a turn */
	double flood_rate; /* lines a second; 0: no flood */
	int flood_lines;
	bool consented, refuses_client, locked;
	struct oauth_try *try;
	struct run *run;
	bool (*wait)(void *arg, double seconds, int keyboard_fd); /* instead of poll, or NULL */
	void *wait_arg;
};

struct run {
	struct session *session;
	struct run_options o;
	struct plan *plan;
	size_t done, begun;
	bool finished, proven;
	bool left_out;     /* the step that fails */
	const cJSON *next; /* of the stream */
	cJSON *failed;     /* ids of steps that failed in the stream */
	int interrupts, seq;
	double flood_began; /* 0: not yet */
	int flooded;
	enum exit_code code;
};

struct session *fake_session(bool rehearsal)
{
	struct session *s = xcalloc(1, sizeof *s);
	s->rehearsal = rehearsal;
	return s;
}

static void set_text(char **at, const char *text)
{
	free(*at);
	*at = text ? xstrdup(text) : NULL;
}

void fake_fail_survey(struct session *s, const char *what, const char *sentence, const char *fix)
{
	set_text(&s->bad_survey, what);
	set_text(&s->bad_words, sentence);
	set_text(&s->bad_fix, fix);
}

void fake_findings(struct session *s, cJSON *findings)
{
	cJSON_Delete(s->findings);
	s->findings = findings;
}

void fake_fail_step(struct session *s, const char *id)
{
	set_text(&s->bad_step, id);
}

void fake_replace(struct session *s, const char *id)
{
	set_text(&s->replaced, id);
}

void fake_resize(struct session *s, const char *id)
{
	set_text(&s->resized, id);
}

bool fake_consented(const struct session *s)
{
	return s->consented;
}

void fake_flood(struct session *s, double lines_a_second, int lines)
{
	s->flood_rate = lines_a_second;
	s->flood_lines = lines;
}

void fake_wait(struct session *s, bool (*wait)(void *arg, double seconds, int keyboard_fd), void *arg)
{
	s->wait = wait;
	s->wait_arg = arg;
}

void fake_hold(struct session *s, bool hold)
{
	s->hold = hold;
}

void fake_stream(struct session *s, cJSON *events, int pace)
{
	cJSON_Delete(s->stream);
	s->stream = events;
	s->pace = pace;
}

void fake_optional(struct session *s, bool optional)
{
	s->optional = optional;
}

void fake_stream_fail(struct session *s, const char *ids, const char *message, const char *fix)
{
	set_text(&s->fails, ids);
	set_text(&s->fail_words, message);
	set_text(&s->fail_fix, fix);
}

cJSON *fake_stream_read(const char *path)
{
	struct buf text = {0};
	struct err e = {0};
	cJSON *list = cJSON_CreateArray();
	if (!file_read(path, 1 << 22, &text, &e)) {
		printf("Bail out! %s\n", e.what);
		exit(99);
	}
	char *rest, *all = buf_take(&text);
	for (char *line = strtok_r(all, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		cJSON_AddItemToArray(list, cJSON_Parse(line));
	free(all);
	return list;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->asked_count; i++) {
		free(s->asked[i].what);
		free(s->asked[i].project);
	}
	free(s->bad_survey);
	free(s->bad_words);
	free(s->bad_fix);
	free(s->bad_step);
	free(s->replaced);
	free(s->resized);
	free(s->fails);
	free(s->fail_words);
	free(s->fail_fix);
	cJSON_Delete(s->stream);
	cJSON_Delete(s->findings);
	free(s);
}

/* OAuth clients -------------------------------------------------------------------------------------------------------------------- */

struct oauth_try {
	struct session *session;
	oauth_done *done;
	void *arg;
};

void fake_refuse_client(struct session *s, bool refuse)
{
	s->refuses_client = refuse;
}

struct oauth_try *oauth_try_begin(struct session *s, const struct answers *a, const struct question *q, struct secret *secret,
				  oauth_done *done, void *arg)
{
	(void)a, (void)q, (void)secret;
	s->try = xcalloc(1, sizeof *s->try);
	*s->try = (struct oauth_try){s, done, arg};
	return s->try;
}

void oauth_try_free(struct oauth_try *t)
{
	if (t && t->session->try == t)
		t->session->try = NULL;
	free(t);
}

static void answer_try(struct session *s)
{
	struct oauth_try *t = s->try;
	struct err e = {0};
	if (s->refuses_client)
		err_set(&e, EXIT_CONFIG, NULL, "Copy the secret again.",
			"Google does not take this secret for the OAuth client.");
	s->try = NULL;
	if (t)
		t->done(t->arg, s->refuses_client ? OAUTH_REFUSED : OAUTH_FITS, &e);
	err_free(&e);
}

bool session_is_rehearsal(const struct session *s)
{
	return s->rehearsal;
}

void session_set_speed(struct session *s, double speed)
{
	(void)s, (void)speed;
}

double session_now(const struct session *s)
{
	return s->now;
}

/* Surveys -------------------------------------------------------------------------------------------------------------------------- */

void session_survey(struct session *s, const char *what, const struct answers *a, survey_done *done, void *arg)
{
	size_t i = 0;
	while (i < s->asked_count && strcmp(s->asked[i].what, what) != 0)
		i++;
	if (i == s->asked_count)
		s->asked[s->asked_count++] = (struct asked){.what = xstrdup(what)};
	set_text(&s->asked[i].project, answers_str(a, "project.id"));
	s->asked[i].done = done;
	s->asked[i].arg = arg;
}

static cJSON *regions(void)
{
	static const char *const rows[][2] = {
	    {"asia-east1", "Changhua County, Taiwan"}, {"asia-northeast1", "Tokyo, Japan"},
	    {"asia-south1", "Mumbai, India"},          {"australia-southeast1", "Sydney"},
	    {"europe-north1", "Hamina, Finland"},      {"europe-west1", "St. Ghislain, Belgium"},
	    {"europe-west3", "Frankfurt, Germany"},    {"europe-west4", "Eemshaven, Netherlands"},
	    {"europe-west6", "Zurich, Switzerland"},   {"southamerica-east1", "Sao Paulo, Brazil"},
	    {"us-central1", "Council Bluffs, Iowa"},   {"us-east1", "Moncks Corner, South Carolina"},
	    {"us-east4", "Ashburn, Virginia"},         {"us-west1", "The Dalles, Oregon"},
	};
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cJSON_AddItemToArray(list, json_make("{'id':%s,'title':%s}", rows[i][0], rows[i][1]));
	return list;
}

static cJSON *answer(const char *what, const char *project)
{
	if (!strcmp(what, "who"))
		return json_make("{'email':'operator@example.com','describe':%s,'project':'demo-proj'}",
				 "the rehearsal's owner");
	if (!strcmp(what, "projects"))
		return json_make("[{'id':'demo-proj','name':'Demo','number':'246813579012'},{'id':'ml-research','name':'"
				 "Machine learning research',"
				 "'number':'998877665544'}]");
	if (!strcmp(what, "project"))
		return json_make("{'id':%s,'number':'246813579012','organization':%j,'billing':%b,'state':'ACTIVE'}", project,
				 strcmp(project, "lone-proj") != 0 ? cJSON_CreateString("example.com") : cJSON_CreateNull(),
				 strcmp(project, "ml-research") != 0);
	if (!strcmp(what, "sign-in"))
		return json_make("{'seen':%b}", 1);
	if (!strcmp(what, "regions"))
		return regions();
	if (!strcmp(what, "contexts"))
		return json_make("[{'id':'kind-lab','title':'https://127.0.0.1:6443'}]");
	return cJSON_CreateArray();
}

static void answer_surveys(struct session *s)
{
	size_t n = s->asked_count;
	s->asked_count = 0;
	for (size_t i = 0; i < n; i++) {
		struct asked one = s->asked[i];
		struct err e = {0};
		bool bad = s->bad_survey && !strcmp(s->bad_survey, one.what);
		bool checks = s->findings && !strcmp(one.what, "preflight");
		cJSON *result = bad ? NULL : checks ? cJSON_Duplicate(s->findings, 1) : answer(one.what, one.project);
		if (bad)
			err_set(&e, EXIT_PERMISSION, NULL, s->bad_fix, "%s", s->bad_words);
		one.done(one.arg, result, &e);
		cJSON_Delete(result);
		err_free(&e);
		free(one.what);
		free(one.project);
	}
}

/* Runs ------------------------------------------------------------------------------------------------------------------------------ */

static void emit(struct run *r, cJSON *event)
{
	json_put_num(event, "v", EVENT_VERSION);
	json_put_num(event, "seq", ++r->seq);
	json_put_num(event, "at", r->session->now);
	r->o.event(r->o.arg, event);
	cJSON_Delete(event);
}

static void emit_step(struct run *r, size_t i, const char *state, double elapsed)
{
	const struct resource *of = &r->plan->resources[i];
	bool failed = !strcmp(state, "failed");
	cJSON *e = json_make("{'event':'step','id':%s,'title':%s,'kind':%s,'name':%s,'state':%s,'verdict':'create'}", of->id,
			     of->kind->title, of->kind->id, of->name, state);
	json_put_num(e, "elapsed", elapsed);
	json_put_num(e, "usual", of->kind->usual);
	if (of->decided_by)
		json_put_str(e, "question", of->decided_by);
	if (failed) {
		if (r->session->optional)
			json_put(e, "optional", cJSON_CreateTrue());
		json_put_str(e, "console",
			     "https://console.cloud.google.com/networking/networks/details/mlflow?project=demo-proj");
		json_put_str(e, "message", "Quota 'CPUS' exceeded. Limit: 8.0 in region us-central1.");
		json_put_str(e, "fix",
			     "Ask for more at https://console.cloud.google.com/iam-admin/quotas, or choose another region.");
	}
	emit(r, e);
}

static void emit_counts(struct run *r)
{
	emit(r, json_make("{'event':'counts','done':%d,'running':%d,'left':%d}", (int)r->done, (int)(r->begun - r->done),
			  (int)(r->plan->count - r->begun)));
}

static double fifty_one(const cJSON *spec, const char *region)
{
	(void)spec, (void)region;
	return 51;
}

static const char *resizing(const cJSON *spec, const struct change *c)
{
	(void)spec;
	return kind_changes(c, "settings.tier") ? "The database restarts: the server does not answer for a minute or two."
						: NULL;
}

/* A plan of our own, so that stored screens do not move when a target does. */
static const struct {
	const char *id, *name;
	struct kind kind;
} rows[] = {
    {"apis", "14 APIs", {.id = "serviceusage.services", .title = "APIs", .usual = 16}},
    {"sa/server", "mlflow-server", {.id = "iam.serviceAccount", .title = "Service account", .usual = 5}},
    {"bucket", "demo-proj-mlflow-artifacts-k3x9", {.id = "storage.bucket", .title = "Bucket", .usual = 2, .billable = true}},
    {"iam/bucket", "b/demo-proj-mlflow-artifacts-k3x9", {.id = "iam.policy", .title = "Permissions", .usual = 1}},
    {"secret/cookie", "mlflow-cookie", {.id = "secretmanager.secret", .title = "Secret", .usual = 1, .billable = true}},
    {"iam/cookie", "projects/demo-proj/secrets/mlflow-cookie", {.id = "iam.policy", .title = "Permissions", .usual = 1}},
    {"repository", "mlflow", {.id = "artifactregistry.repository", .title = "Image repository", .usual = 3, .billable = true}},
    {"image",
     "us-central1-docker.pkg.dev/demo-proj/mlflow/mlflow-server:3.17.2",
     {.id = "cloudbuild.image", .title = "Container image", .usual = 90}},
    {"network", "mlflow", {.id = "compute.network", .title = "VPC network", .usual = 19}},
    {"subnet", "mlflow-us-central1", {.id = "compute.subnetwork", .title = "Subnet", .usual = 12}},
    {"range", "mlflow-services", {.id = "compute.globalAddress", .title = "Address range", .usual = 2}},
    {"peering",
     "servicenetworking.googleapis.com",
     {.id = "servicenetworking.connection", .title = "Private services access", .usual = 45}},
    {"sql",
     "mlflow-k3x9",
     {.id = "sqladmin.instance",
      .title = "Cloud SQL instance",
      .usual = 560,
      .billable = true,
      .monthly = fifty_one,
      .downtime = resizing,
      .keeps_data = true}},
    {"database", "mlflow", {.id = "sqladmin.database", .title = "Database", .usual = 1}},
    {"user", "mlflow", {.id = "sqladmin.user", .title = "Database user", .usual = 1}},
    {"migrate", "mlflow-migrate", {.id = "run.job", .title = "Cloud Run job", .usual = 40}},
    {"service", "mlflow", {.id = "run.service", .title = "Cloud Run service", .usual = 20, .billable = true}},
};
enum { ROWS = sizeof rows / sizeof *rows };

static struct plan *fake_plan(const struct answers *a)
{
	struct plan *p = xcalloc(1, sizeof *p);
	p->project = xstrdup(answers_str(a, "project.id"));
	p->number = xstrdup("246813579012");
	p->stack = xstrdup(answers_str(a, "stack.name"));
	p->region = xstrdup(answers_str(a, "region"));
	p->url = xstrdup("https://mlflow-246813579012.us-central1.run.app");
	p->resources = xcalloc(ROWS, sizeof *p->resources);
	p->room = ROWS;
	for (p->count = 0; p->count < ROWS; p->count++)
		p->resources[p->count] = (struct resource){.id = xstrdup(rows[p->count].id),
							   .kind = &rows[p->count].kind,
							   .name = xstrdup(rows[p->count].name),
							   .spec = json_make("{'settings':{'tier':'db-custom-1-3840'}}"),
							   .decided_by = rows[p->count].kind.monthly ? "database.tier"
												     : "network.mode"};
	struct err e = {0};
	plan_secret(p, "oauth-client", -1, "auth.client_secret", answers_str(a, "auth.client_secret"), "secret/cookie");
	if (!text_ends(answers_str(a, "auth.client_id"), "rehearsal.apps.googleusercontent.com"))
		plan_errand(p, "oauth-client", "errand.redirect", "-", "Create an OAuth client", "In the console.",
			    cJSON_CreateString("https://mlflow-246813579012.us-central1.run.app/oauth2/callback"),
			    cJSON_CreateObject());
	if (!plan_seal(p, &e))
		exit(1);
	return p;
}

static bool is_left_out(const struct run_options *o, const char *step)
{
	for (const char *const *id = o->leave_out; id && *id; id++)
		if (!strcmp(*id, step))
			return true;
	return false;
}

void fake_lock(struct session *s, bool locked)
{
	s->locked = locked;
}

struct run *run_start(struct session *s, const struct run_options *o, struct err *e)
{
	if (s->locked && o->verb != RUN_PLAN) {
		err_set(e, EXIT_TRYAGAIN, NULL, NULL, "another run is under way.");
		return NULL;
	}
	struct run *r = xcalloc(1, sizeof *r);
	json_put_str(o->answers->resolved, "project_number", "246813579012");
	if (!json_at(o->answers->resolved, "suffix"))
		json_put_str(o->answers->resolved, "suffix", "k3x9");
	*r = (struct run){.session = s, .o = *o, .plan = fake_plan(o->answers)};
	s->run = r;
	s->consented = o->consent;
	r->left_out = s->bad_step && is_left_out(o, s->bad_step);
	r->o.leave_out = NULL; /* theirs to free */
	if (o->verb == RUN_PLAN)
		return r;
	if (s->stream) {
		r->next = s->stream->child;
		r->failed = cJSON_CreateObject();
		return r;
	}
	emit(r, json_make("{'event':'run','state':'started','verb':'apply','stack':'mlflow','project':'demo-proj','total':%d}",
			  (int)r->plan->count));
	emit(r, json_make("{'event':'run','state':'surveyed','total':%d,'changes':%d,'expected':760}", (int)r->plan->count,
			  (int)r->plan->count));
	for (size_t i = 0; i < r->plan->count; i++)
		emit_step(r, i, "waiting", 0);
	return r;
}

static void finish(struct run *r, const char *outcome, enum exit_code code)
{
	cJSON *e = json_make(
	    "{'event':'result','outcome':%s,'exit':%d,'next':'mlflow-setup connect mlflow.json','undo':'mlflow-setup destroy "
	    "mlflow.json',"
	    "'created':%d,'updated':0,'deleted':0,'kept':0,'sign_in_untried':true,'sign_in_log':'x','seconds':742}",
	    outcome, code, (int)r->done);
	if (session_is_rehearsal(r->session))
		json_put_num(e, "real_seconds", 742);
	if (!strcmp(outcome, "proven"))
		json_put_str(e, "url", r->plan->url);
	emit(r, e);
	r->finished = true;
	r->code = code;
}

static void prove(struct run *r)
{
	static const char *const titles[] = {"a request without a login is refused", "a request with a bad token is refused",
					     "a run is logged and read back"};
	for (int i = 0; i < 3; i++) {
		char id[2] = {(char)('a' + i), 0};
		emit(r, json_make("{'event':'proof','id':%s,'title':%s,'state':'running'}", id, titles[i]));
		emit(r, json_make("{'event':'proof','id':%s,'title':%s,'state':'passed'}", id, titles[i]));
	}
	finish(r, "proven", EXIT_DONE);
}

/* A step whose id begins so fails at its first change, and is not heard of again. */
static void play_one(struct run *r, const cJSON *event)
{
	const struct session *s = r->session;
	const char *id = json_str(event, "id", ""), *state = json_str(event, "state", ""), *name = json_str(event, "event", "");
	bool step = !strcmp(name, "step") || !strcmp(name, "proof"), hit = step && s->fails && text_starts(id, s->fails);
	if (hit && cJSON_HasObjectItem(r->failed, id))
		return;
	if (cJSON_GetArraySize(r->failed) && (!strcmp(name, "proof") || !strcmp(name, "result")))
		return;
	cJSON *e = cJSON_Duplicate(event, 1);
	if (hit && (!strcmp(state, "creating") || !strcmp(state, "running"))) {
		json_put_str(e, "state", "failed");
		json_put_str(e, "message", s->fail_words);
		json_put_str(e, "fix", s->fail_fix);
		json_put_str(e, "question", "region");
		cJSON_AddBoolToObject(r->failed, id, 1);
	}
	if (!strcmp(name, "result"))
		r->finished = true;
	emit(r, e);
}

/* Interrupted or at the end with failures: what was not begun is skipped, and the result says so. */
static void end_stream(struct run *r)
{
	int failed = cJSON_GetArraySize(r->failed);
	emit(r, json_make("{'event':'counts','done':20,'running':0,'left':0,'failed':%d,'skipped':%d}", failed, 5));
	r->code = r->interrupts ? EXIT_INTERRUPTED : EXIT_PARTLY;
	finish(r, "partly", r->code);
}

static void play(struct run *r)
{
	for (int n = 0; n < r->session->pace && r->next && !r->finished; n++) {
		r->session->now = json_num(r->next, "at", 0) + 100;
		play_one(r, r->next);
		r->next = r->next->next;
	}
	if (!r->finished && (r->interrupts || !r->next))
		end_stream(r);
}

/* A turn ends the oldest step and begins new ones, three at a time. */
static void advance(struct run *r)
{
	if (r->o.verb != RUN_APPLY) {
		emit(r, json_make("{'event':'result','outcome':'','exit':2}"));
		r->finished = true;
		r->code = EXIT_CHANGES;
		return;
	}
	if (r->done < r->begun) {
		const struct resource *of = &r->plan->resources[r->done];
		emit(r, json_make("{'event':'log','id':%s,'line':%s}", of->id, "POST accepted, operation-1234 is RUNNING"));
		if (r->session->bad_step && !strcmp(r->session->bad_step, of->id) && r->left_out) {
			emit_step(r, r->done++, "skipped", 0);
		} else if (r->session->bad_step && !strcmp(r->session->bad_step, of->id)) {
			emit_step(r, r->done, "failed", 7);
			finish(r, "partly", EXIT_PARTLY);
			return;
		} else {
			emit_step(r, r->done++, "done", 2.0 * of->kind->usual);
		}
	}
	while (!r->interrupts && r->begun < r->plan->count && r->begun < r->done + 3)
		emit_step(r, r->begun++, "creating", 0);
	emit_counts(r);
	if (r->done == r->plan->count)
		prove(r);
	else if (r->done == r->begun)
		finish(r, "partly", EXIT_INTERRUPTED);
}

static double clock_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool floods(const struct run *r)
{
	return r && !r->finished && r->o.verb == RUN_APPLY && !r->interrupts && r->flooded < r->session->flood_lines;
}

/* 200 steps that the cloud works on, each in a state that may be told again at any time. */
static void begin_flood(struct run *r)
{
	char id[32];
	for (int i = 0; i < 200; i++) {
		snprintf(id, sizeof id, "flood/%d", i);
		emit(r,
		     json_make(
			 "{'event':'step','id':%s,'title':'Secret','kind':'secretmanager.secret','name':%s,'state':'polling',"
			 "'verdict':'create','usual':600,'elapsed':1}",
			 id, id));
	}
}

/* As many lines as are due by the clock, so that the rate does not depend on how quick the face is; every hundredth is a step's news. */
static void flood(struct run *r)
{
	char line[96], id[32];
	if (r->flood_began <= 0) {
		r->flood_began = clock_seconds();
		begin_flood(r);
	}
	double due = (clock_seconds() - r->flood_began) * r->session->flood_rate;
	for (; r->flooded < due && floods(r); r->flooded++) {
		snprintf(line, sizeof line, "flood line %07d of what a build says: Collecting numpy==2.3.4 (from mlflow)",
			 r->flooded);
		emit(r, json_make("{'event':'log','id':'flood/0','line':%s}", line));
		if (r->flooded % 100)
			continue;
		snprintf(id, sizeof id, "flood/%d", r->flooded / 100 % 200);
		emit(r,
		     json_make(
			 "{'event':'step','id':%s,'title':'Secret','kind':'secretmanager.secret','name':%s,'state':'polling',"
			 "'verdict':'create','usual':600,'elapsed':2}",
			 id, id));
	}
}

/* With a keyboard the fake is watched: turns take a while, and end when a key comes. */
static bool wait_for_key(const struct session *s, double max_seconds, int keyboard_fd)
{
	bool moving = s->asked_count || (s->run && !s->run->finished);
	struct pollfd p = {.fd = keyboard_fd, .events = POLLIN};
	double turn = floods(s->run) ? 0.005 : 0.1;
	double seconds = moving && max_seconds > turn ? turn : max_seconds;
	return s->wait ? s->wait(s->wait_arg, seconds, keyboard_fd) : poll(&p, 1, (int)(seconds * 1000)) > 0;
}

bool session_turn(struct session *s, double max_seconds, int keyboard_fd)
{
	if (keyboard_fd >= 0 && wait_for_key(s, max_seconds, keyboard_fd))
		return true;
	bool flooding = floods(s->run);
	s->now += flooding ? 0.005 : 5;
	if (!s->hold)
		answer_surveys(s);
	answer_try(s);
	if (flooding)
		flood(s->run);
	else if (s->run && !s->run->finished && s->run->next)
		play(s->run);
	else if (s->run && !s->run->finished)
		advance(s->run);
	return false;
}

bool run_finished(const struct run *r)
{
	return r->finished;
}

enum exit_code run_exit(const struct run *r)
{
	return r->code;
}

void run_interrupt(struct run *r)
{
	r->interrupts++;
}

const struct plan *run_plan(const struct run *r)
{
	return r->plan;
}

const struct change *run_change(const struct run *r, size_t resource)
{
	static char path[] = "databaseVersion", found[] = "\"POSTGRES_18\"", wanted[] = "\"POSTGRES_17\"",
		    reason[] = "It cannot go back.";
	static struct difference differences[] = {{.path = path, .found = found, .wanted = wanted}};
	static const struct change kept = {.verdict = VERDICT_KEEP},
				   replaced = {
				       .verdict = VERDICT_REPLACE, .differences = differences, .count = 1, .reason = reason};
	static char tier[] = "settings.tier", small[] = "\"db-custom-1-3840\"", large[] = "\"db-custom-2-7680\"";
	static struct difference sizes[] = {{.path = tier, .found = small, .wanted = large}};
	static const struct change resized = {.verdict = VERDICT_UPDATE, .differences = sizes, .count = 1};
	if (r->session->resized)
		return !strcmp(r->plan->resources[resource].id, r->session->resized) ? &resized : &kept;
	if (!r->session->replaced)
		return NULL;
	return !strcmp(r->plan->resources[resource].id, r->session->replaced) ? &replaced : &kept;
}

void run_free(struct run *r)
{
	r->session->run = NULL;
	cJSON_Delete(r->failed);
	plan_free(r->plan);
	free(r);
}
