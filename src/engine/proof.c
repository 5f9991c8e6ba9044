/* The proof that ends every apply (design 7): strangers are refused, foreign hosts and origins too, and one who is permitted can use MLflow as a
 * browser and a client do. It speaks to whatever answers at the URL, and leaves nothing behind but a deleted experiment.
 *
 * What the wall answers is reference/mlflow.md C7-30; requests are MLflow's REST API 2.0. */
#include "config.h"
#include "engine/credential.h"
#include "engine/reach.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/text.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* A grant to the prover may take minutes to spread; a service that was just made may take a while to answer. */
#define GRANT_BUDGET 900.0
#define ANSWER_BUDGET 240.0
#define TRIES_BUDGET 60.0

#define STRANGER "stranger.example"
#define CONTENT "mlflow-setup was here\n"

struct proof;

/* Which stacks a stage is for, by how files travel. */
enum files { FILES_ANY, FILES_SERVED, FILES_DIRECT };

struct stage {
	const char *check, *title; /* stages of one check stand together; the title stands at the first */
	enum who who;
	const char *method;
	void (*path)(struct proof *p, struct buf *out);
	cJSON *(*body)(struct proof *p); /* NULL for none */
	const char *text;                /* a body that is no JSON, or NULL */
	const char *host, *origin;       /* foreign ones; NULL for the stack's own */
	/* NULL when this is as it should be, else what is wrong; freed by the caller. */
	char *(*judge)(struct proof *p, const struct http_reply *reply, const cJSON *json);
	double budget; /* seconds during which an answer that may pass is asked for again */
	enum files files;
	bool bucket; /* a request to the bucket with the operator's own rights: path is of its object, method says what to do */
};

struct proof {
	struct run *run;
	size_t at;
	struct credential *credential;
	const struct reach_way *way;
	struct transport *ways[PROVER + 1]; /* opened so far */
	struct transport *sender;           /* of the request under way */
	bool settled;                       /* the name has answered with its own certificate */
	char *name, *experiment, *run_id, *artifact, *sent;
	unsigned long sending, call;
	loop_id timer;
	double since; /* when this stage was first tried */
	int tries;
	char *failed;         /* what is wrong, once it is over; the console is asked why */
	struct step *console; /* whose that is */
	int console_turn;
};

static const struct stage *stage_of(const struct proof *p);

/* Judging -------------------------------------------------------------------------------------------------------------------- */

/* Was somebody who shows nothing sent to the wall's sign-in page? */
static bool sent_to_sign_in(const struct proof *p, const struct http_reply *reply)
{
	const char *sign_in = p->run->plan->wall.sign_in, *to = http_header(reply, "Location");
	return reply->status / 100 == 3 && sign_in && to && text_starts(to, sign_in);
}

static char *proof_refused(struct proof *p, const struct http_reply *reply, const cJSON *json)
{
	(void)json;
	if (reply->status == 401 || reply->status == 403 || (stage_of(p)->who == NOBODY && sent_to_sign_in(p, reply)))
		return NULL;
	if (reply->status / 100 == 3)
		return xasprintf(_("it was sent elsewhere (HTTP %d) instead of being refused: clients would take the sign-in "
				   "page for an answer."),
				 reply->status);
	return xasprintf(_("it was answered with HTTP %d; 401 or 403 was due."), reply->status);
}

static char *turned_away(struct proof *p, const struct http_reply *reply, const cJSON *json)
{
	(void)json;
	if (reply->status / 100 == 4 || sent_to_sign_in(p, reply))
		return NULL;
	return xasprintf(_("it was answered with HTTP %d; a refusal was due."), reply->status);
}

/* A path that a gate may read in one way and the server behind it in another: whatever refuses or asks for a sign-in is right, and any answer
 * of the server's own, a 404 too, is wrong; unless the server is its own gate, which opens paths by their beginning (/health) and has no such page. */
static char *kept_outside(struct proof *p, const struct http_reply *reply, const cJSON *json)
{
	(void)json;
	if (reply->status / 100 == 3 || reply->status == 400 || reply->status == 401 || reply->status == 403 ||
	    (reply->status == 404 && p->run->plan->wall.own))
		return NULL;
	return xasprintf(_("it was answered with HTTP %d: the gate can be gone around."), reply->status);
}

static char *proof_answered(struct proof *p, const struct http_reply *reply, const cJSON *json)
{
	(void)p;
	struct buf words = {0};
	if (reply->status == 200)
		return NULL;
	const char *text = json_str(json, "message", buf_text(&reply->body));
	outside_text(&words, text, strlen(text), false, 200);
	char *out = xasprintf(_("HTTP %d: %s"), reply->status, buf_text(&words));
	buf_free(&words);
	return out;
}

static char *keep(char **to, const cJSON *json, const char *path)
{
	const char *text = json_str(json, path, NULL);
	free(*to);
	*to = text ? xstrdup(text) : NULL;
	return text ? NULL : xasprintf(_("the answer lacks %s."), path);
}

static char *experiment_made(struct proof *p, const struct http_reply *reply, const cJSON *json)
{
	char *wrong = proof_answered(p, reply, json);
	return wrong ? wrong : keep(&p->experiment, json, "experiment_id");
}

static char *run_made(struct proof *p, const struct http_reply *reply, const cJSON *json)
{
	char *wrong = proof_answered(p, reply, json);
	if (!wrong)
		wrong = keep(&p->run_id, json, "run.info.run_id");
	return wrong ? wrong : keep(&p->artifact, json, "run.info.artifact_uri");
}

static char *metric_read(struct proof *p, const struct http_reply *reply, const cJSON *json)
{
	char *wrong = proof_answered(p, reply, json);
	if (wrong)
		return wrong;
	const cJSON *m;
	cJSON_ArrayForEach(m, json_at(json, "run.data.metrics"))
		if (!strcmp(json_str(m, "key", ""), "proof") && json_num(m, "value", 0) == 0.5)
			return NULL;
	return xstrdup(_("the metric that was logged is not there."));
}

static char *artifact_read(struct proof *p, const struct http_reply *reply, const cJSON *json)
{
	char *wrong = proof_answered(p, reply, json);
	bool same = reply->body.len == strlen(CONTENT) && !memcmp(reply->body.data, CONTENT, strlen(CONTENT));
	return wrong ? wrong : same ? NULL : xstrdup(_("the artifact that is read is not the one that was written."));
}

/* Requests ------------------------------------------------------------------------------------------------------------------- */

static void search_path(struct proof *p, struct buf *out)
{
	(void)p;
	buf_puts(out, "/api/2.0/mlflow/experiments/search?max_results=1");
}

/* What GHSA-63jm-59jj-478j and its like let through: a path that looks open until it is decoded, cut or folded. */
static void fragment_path(struct proof *p, struct buf *out)
{
	(void)p;
	buf_puts(out, "/health%23x");
}

static void query_path(struct proof *p, struct buf *out)
{
	(void)p;
	buf_puts(out, "/health%3Fx");
}

static void folded_path(struct proof *p, struct buf *out)
{
	(void)p;
	buf_puts(out, "/ping/..%2Fapi/2.0/mlflow/experiments/search?max_results=1");
}

static void page_search_path(struct proof *p, struct buf *out)
{
	(void)p;
	buf_puts(out, "/ajax-api/2.0/mlflow/experiments/search");
}

static cJSON *page_search_body(struct proof *p)
{
	(void)p;
	return json_make("{'max_results':1}");
}

static void experiment_path(struct proof *p, struct buf *out)
{
	(void)p;
	buf_puts(out, "/api/2.0/mlflow/experiments/create");
}

/* A name for each try: whether an unanswered one was taken is not known. */
static cJSON *experiment_body(struct proof *p)
{
	char uuid[37];
	free(p->name);
	p->name = xasprintf("mlflow-setup-proof-%.8s", api_uuid(uuid));
	return json_make("{'name':%s}", p->name);
}

static cJSON *with_time(struct proof *p, cJSON *body, const char *field)
{
	json_put_num(body, field, floor(loop_wall(p->run->loop) * 1000));
	return body;
}

static void run_path(struct proof *p, struct buf *out)
{
	(void)p;
	buf_puts(out, "/api/2.0/mlflow/runs/create");
}

static cJSON *run_body(struct proof *p)
{
	return with_time(p, json_make("{'experiment_id':%s,'run_name':'proof'}", p->experiment), "start_time");
}

static void metric_path(struct proof *p, struct buf *out)
{
	(void)p;
	buf_puts(out, "/api/2.0/mlflow/runs/log-metric");
}

static cJSON *metric_body(struct proof *p)
{
	cJSON *body = json_make("{'run_id':%s,'key':'proof','step':0}", p->run_id);
	json_put_num(body, "value", 0.5);
	return with_time(p, body, "timestamp");
}

static void run_get_path(struct proof *p, struct buf *out)
{
	buf_puts(out, "/api/2.0/mlflow/runs/get?run_id=");
	text_percent(out, p->run_id, false);
}

/* "mlflow-artifacts:/1/abc/artifacts", with or without a host, is where the server keeps them. */
static void artifact_path(struct proof *p, struct buf *out)
{
	const char *rest = p->artifact + strlen("mlflow-artifacts:");
	if (text_starts(rest, "//"))
		rest += 2 + strcspn(rest + 2, "/");
	buf_puts(out, "/api/2.0/mlflow-artifacts/artifacts/");
	text_percent(out, rest + strspn(rest, "/"), true);
	buf_puts(out, "/proof.txt");
}

/* The same file when clients keep it in the bucket themselves: "gs://BUCKET/PATH", and how the server's own pages show it. */
static void object_path(struct proof *p, struct buf *out)
{
	const char *rest = p->artifact + strlen("gs://");
	size_t len = strcspn(rest, "/");
	char *name = xasprintf("%s/proof.txt", rest + len + strspn(rest + len, "/")), *bucket = xstrndup(rest, len);
	bool writes = !strcmp(stage_of(p)->method, "POST");
	buf_printf(out,
		   writes ? "https://storage.googleapis.com/upload/storage/v1/b/%s/o?uploadType=media&name="
			  : "https://storage.googleapis.com/storage/v1/b/%s/o/",
		   bucket);
	text_percent(out, name, false);
	free(bucket);
	free(name);
}

static void shown_path(struct proof *p, struct buf *out)
{
	buf_puts(out, "/get-artifact?path=proof.txt&run_uuid=");
	text_percent(out, p->run_id, false);
}

static void run_delete_path(struct proof *p, struct buf *out)
{
	(void)p;
	buf_puts(out, "/api/2.0/mlflow/runs/delete");
}

static cJSON *run_delete_body(struct proof *p)
{
	return json_make("{'run_id':%s}", p->run_id);
}

static void experiment_delete_path(struct proof *p, struct buf *out)
{
	(void)p;
	buf_puts(out, "/api/2.0/mlflow/experiments/delete");
}

static cJSON *experiment_delete_body(struct proof *p)
{
	return json_make("{'experiment_id':%s}", p->experiment);
}

/* The checks, in order. The one with no method gets the token. */
static const struct stage stages[] = {
    {"anonymous", N_("a request without a login is refused"), NOBODY, "GET", search_path, .judge = proof_refused,
     .budget = ANSWER_BUDGET},
    {"bad-token", N_("a request with a bad token is refused"), FORGER, "GET", search_path, .judge = proof_refused,
     .budget = TRIES_BUDGET},
    {"disguise", N_("a disguised request is refused"), NOBODY, "GET", fragment_path, .judge = kept_outside,
     .budget = TRIES_BUDGET},
    {"disguise", NULL, NOBODY, "GET", query_path, .judge = kept_outside, .budget = TRIES_BUDGET},
    {"disguise", NULL, NOBODY, "GET", folded_path, .judge = kept_outside, .budget = TRIES_BUDGET},
    {"token", N_("a token is issued to a permitted account"), PROVER, .budget = GRANT_BUDGET},
    {"permitted", N_("a permitted request is answered"), PROVER, "GET", search_path, .judge = proof_answered,
     .budget = ANSWER_BUDGET},
    {"foreign-host", N_("a request for a foreign host is refused"), PROVER, "GET", search_path, .host = STRANGER,
     .judge = turned_away, .budget = TRIES_BUDGET},
    {"foreign-origin", N_("a request from a foreign page is refused"), PROVER, "POST", page_search_path, page_search_body,
     .origin = "https://" STRANGER, .judge = turned_away, .budget = TRIES_BUDGET},
    {"page", N_("a request from the stack's own page is answered"), PROVER, "POST", page_search_path, page_search_body,
     .judge = proof_answered, .budget = TRIES_BUDGET},
    {"experiment", N_("an experiment is created"), PROVER, "POST", experiment_path, experiment_body, .judge = experiment_made,
     .budget = TRIES_BUDGET},
    {"run", N_("a run is logged"), PROVER, "POST", run_path, run_body, .judge = run_made, .budget = TRIES_BUDGET},
    {"metric", N_("a metric is logged and read back"), PROVER, "POST", metric_path, metric_body, .judge = proof_answered,
     .budget = TRIES_BUDGET},
    {"metric", NULL, PROVER, "GET", run_get_path, .judge = metric_read, .budget = TRIES_BUDGET},
    {"artifact", N_("an artifact is stored and read back"), PROVER, "PUT", artifact_path, .text = CONTENT,
     .judge = proof_answered, .budget = TRIES_BUDGET, .files = FILES_SERVED},
    {"artifact", NULL, PROVER, "GET", artifact_path, .judge = artifact_read, .budget = TRIES_BUDGET, .files = FILES_SERVED},
    {"artifact", N_("an artifact is stored and read back"), PROVER, "POST", object_path, .budget = GRANT_BUDGET,
     .files = FILES_DIRECT, .bucket = true},
    {"artifact", NULL, PROVER, "GET", shown_path, .judge = artifact_read, .budget = TRIES_BUDGET, .files = FILES_DIRECT},
    {"cleanup", N_("what the proof made is deleted"), PROVER, "DELETE", artifact_path, .judge = proof_answered,
     .budget = TRIES_BUDGET, .files = FILES_SERVED},
    {"cleanup", N_("what the proof made is deleted"), PROVER, "DELETE", object_path, .budget = TRIES_BUDGET,
     .files = FILES_DIRECT, .bucket = true},
    {"cleanup", NULL, PROVER, "POST", run_delete_path, run_delete_body, .judge = proof_answered, .budget = TRIES_BUDGET},
    {"cleanup", NULL, PROVER, "POST", experiment_delete_path, experiment_delete_body, .judge = proof_answered,
     .budget = TRIES_BUDGET},
    {0},
};

/* Going on ------------------------------------------------------------------------------------------------------------------- */

static const struct stage *stage_of(const struct proof *p)
{
	return &stages[p->at];
}

/* Is the stage for this stack's files? */
static bool applies(const struct proof *p, const struct stage *s)
{
	return s->files == FILES_ANY || (s->files == FILES_SERVED) == p->run->plan->artifacts_served;
}

static void begin_stage(struct proof *p);

static void tell(struct proof *p, const struct stage *s, const char *state, const char *message)
{
	const struct stage *titled = s;
	while (!titled->title)
		titled--;
	cJSON *e = run_event(p->run, "proof");
	json_put_str(e, "id", s->check);
	json_put_str(e, "title", titled->title);
	json_put_str(e, "state", state);
	event_text(p->run, e, "message", message);
	run_send(p->run, e);
}

static void skip_rest(struct proof *p, size_t from)
{
	for (size_t i = from; stages[i].check; i++)
		if (stages[i].title && applies(p, &stages[i]))
			tell(p, &stages[i], "skipped", NULL);
}

static void end_failed(struct proof *p)
{
	char *words = p->failed;
	p->failed = NULL;
	run_proof_ended(p->run, false, words); /* frees p */
	free(words);
}

static void console_ask(struct proof *p);

static void on_console(void *arg, const struct api_result *r)
{
	struct proof *p = arg;
	struct step *s = p->console;
	char *lines = r->http == 200 && r->reply ? s->resource->kind->console_lines(p->console_turn, r->reply) : NULL;
	p->call = 0;
	if (lines)
		step_show(s, lines);
	free(lines);
	p->console_turn++;
	console_ask(p);
}

static void console_ask(struct proof *p)
{
	struct call c = {0};
	p->console->resource->kind->console(&p->console->view, p->console_turn, &c);
	if (c.method)
		p->call = api_call(p->run->api, &c, &(struct api_policy){.budget = 30}, on_console, p);
	else
		end_failed(p);
	call_free(&c);
}

/* What the machine says of itself goes to its step's log before the run ends. False where nothing has a console. */
static bool ask_console(struct proof *p)
{
	for (size_t i = 0; i < p->run->count && !p->console; i++)
		if (p->run->steps[i].resource->kind->console)
			p->console = &p->run->steps[i];
	if (!p->console)
		return false;
	console_ask(p);
	return true;
}

static void fail(struct proof *p, const char *message)
{
	const struct stage *s = &stages[p->at];
	tell(p, s, "failed", message);
	skip_rest(p, p->at + 1);
	p->failed = xasprintf("%s: %s", s->check, message);
	if (!ask_console(p))
		end_failed(p);
}

static void pass(struct proof *p)
{
	const struct stage *s = &stages[p->at];
	p->tries = 0;
	do
		p->at++;
	while (stages[p->at].check && !applies(p, &stages[p->at]));
	if (!stages[p->at].check || stages[p->at].title)
		tell(p, s, "passed", NULL);
	while (stages[p->at].check && !applies(p, &stages[p->at]))
		p->at++;
	if (stages[p->at].check)
		begin_stage(p);
	else
		run_proof_ended(p->run, true, NULL);
}

static void on_timer(void *arg)
{
	struct proof *p = arg;
	p->timer = 0;
	begin_stage(p);
}

static bool again(struct proof *p, double budget)
{
	struct loop *l = p->run->loop;
	if (loop_now(l) - p->since > budget)
		return false;
	p->timer = loop_after(l, fmin(0.5 * pow(1.5, p->tries++), 4), on_timer, p);
	return true;
}

/* May the name still be on its way, with its certificate? */
static bool settling(const struct proof *p)
{
	return !p->settled && p->run->plan->settles > 0;
}

static bool is_wall(const struct http_reply *reply)
{
	return reply->status == 401 || reply->status == 403;
}

/* Answers of something that is not up yet, or of a network that failed; what the wall says is final, but where grants still spread. */
static bool may_pass(const struct proof *p, const struct http_reply *reply)
{
	const struct stage *s = stage_of(p);
	if (reply->failure != HTTP_OK)
		return (reply->failure != HTTP_TLS || settling(p)) && reply->failure != HTTP_TOO_LARGE;
	if (!strcmp(s->check, "permitted") && is_wall(reply) && p->run->plan->wall.spreads > 0)
		return true;
	if (reply->status == 200 && s->who == PROVER && !s->host && !s->origin) /* let in, and the answer is garbled */
		return true;
	return reply->status == 429 || reply->status >= 500 || (reply->status == 404 && s->budget == ANSWER_BUDGET);
}

/* In Google's words, of which a long name of an account may leave only the beginning. */
static bool says_not_permitted(const char *wrong)
{
	return strcasestr(wrong, "permission") || strcasestr(wrong, "does not have storage.");
}

/* The server may not have its bucket yet: grants take minutes to spread, a quarter of an hour at worst. */
static double patience(const struct proof *p, const struct http_reply *reply, const char *wrong)
{
	const struct stage *s = stage_of(p);
	if (settling(p))
		return fmax(s->budget, p->run->plan->settles);
	if (!strcmp(s->check, "permitted") && is_wall(reply))
		return fmax(s->budget, p->run->plan->wall.spreads);
	return !strcmp(s->check, "artifact") && says_not_permitted(wrong) ? GRANT_BUDGET : s->budget;
}

static void on_reply(void *arg, struct http_reply *reply)
{
	struct proof *p = arg;
	const struct stage *s = &stages[p->at];
	p->sending = 0;
	cJSON *json = cJSON_ParseWithLength(buf_text(&reply->body), reply->body.len);
	char *wrong = reply->failure == HTTP_OK
			  ? s->judge(p, reply, json)
			  : xasprintf(_("no answer: %s."), reply->failure_text ? reply->failure_text : "");
	cJSON_Delete(json);
	p->settled |= !wrong;
	if (!wrong)
		pass(p);
	else if (!may_pass(p, reply) || !again(p, patience(p, reply, wrong)))
		fail(p, wrong);
	free(wrong);
}

static size_t make_headers(struct proof *p, const struct stage *s, struct header *h, char **authorization, char **origin)
{
	static char authorization_name[] = "Authorization", origin_name[] = "Origin", host_name[] = "Host",
		    type_name[] = "Content-Type", json[] = "application/json", text[] = "text/plain", stranger[] = STRANGER;
	size_t n = 0;
	*authorization = s->who == NOBODY ? NULL : credential_header(p->credential, s->who == FORGER);
	if (*authorization)
		h[n++] = (struct header){authorization_name, *authorization};
	*origin = xstrdup(s->origin ? s->origin : p->run->plan->url);
	char *host = strstr(*origin, "://") + strlen("://");
	host[strcspn(host, "/")] = '\0';
	if (strcmp(s->method, "GET"))
		h[n++] = (struct header){origin_name, *origin};
	if (s->host)
		h[n++] = (struct header){host_name, stranger};
	if (s->body || s->text)
		h[n++] = (struct header){type_name, s->body ? json : text};
	return n;
}

static void send_stage(struct proof *p, struct transport *t)
{
	const struct stage *s = &stages[p->at];
	struct header headers[4];
	struct buf url = {0};
	char *authorization = NULL, *origin = NULL;
	buf_puts(&url, p->run->plan->url);
	while (url.len && url.data[url.len - 1] == '/')
		url.data[--url.len] = '\0';
	s->path(p, &url);
	cJSON *body = s->body ? s->body(p) : NULL;
	char *text = body ? json_text(body, -1) : s->text ? xstrdup(s->text) : NULL;
	struct http_request r = {.method = s->method,
				 .url = buf_text(&url),
				 .headers = headers,
				 .body = text,
				 .body_len = text ? strlen(text) : 0,
				 .timeout = 60,
				 .max_reply = 4 << 20,
				 .anonymous = s->who == NOBODY};
	r.header_count = make_headers(p, s, headers, &authorization, &origin);
	p->sender = t;
	p->sending = t->send(t, &r, on_reply, p);
	if (authorization)
		sodium_memzero(authorization, strlen(authorization));
	free(authorization);
	free(origin);
	free(p->sent);
	p->sent = text; /* the transport wants it until the reply is there */
	cJSON_Delete(body);
	buf_free(&url);
}

/* Other ways ----------------------------------------------------------------------------------------------------------------- */

static void on_credential(void *arg, const struct err *why, bool passing)
{
	struct proof *p = arg;
	if (!why)
		pass(p);
	else if (!passing || !again(p, stage_of(p)->budget))
		fail(p, why->what);
}

static void on_bucket(void *arg, const struct api_result *r)
{
	struct proof *p = arg;
	p->call = 0;
	if (r->http / 100 == 2)
		pass(p);
	else if (r->http != 403 || !again(p, stage_of(p)->budget))
		fail(p, r->err.what ? r->err.what : _("the bucket did not answer."));
}

static void ask_bucket(struct proof *p)
{
	const struct stage *s = stage_of(p);
	struct call c = {0};
	struct buf url = {0};
	s->path(p, &url);
	call_set_url(&c, DIALECT_NONE, s->method, NULL, buf_text(&url));
	if (!strcmp(s->method, "POST"))
		c.upload = xstrdup(PROOF_UPLOAD);
	p->call = api_call(p->run->api, &c, &(struct api_policy){.budget = 60}, on_bucket, p);
	call_free(&c);
	buf_free(&url);
}

/* The transport by which this caller comes; NULL, with e set, when there is no way. */
static struct transport *way_of(struct proof *p, enum who who, struct err *e)
{
	const cJSON *spec = p->run->plan->reach.with;
	cJSON *with = NULL;
	if (p->ways[who])
		return p->ways[who];
	if (!spec || plan_resolve(spec, p->run->outputs, &with, e))
		p->ways[who] = p->way->open(p->run, with, who, e);
	cJSON_Delete(with);
	return p->ways[who];
}

/* The stack says where a run's files go; it has to be where the answers want them. */
static bool strays(const struct proof *p)
{
	const struct stage *s = stage_of(p);
	bool file = s->path == artifact_path || s->path == object_path;
	return file && !text_starts(p->artifact, p->run->plan->artifacts_served ? "mlflow-artifacts:" : "gs://");
}

static void begin_stage(struct proof *p)
{
	const struct stage *s = &stages[p->at];
	if (!p->tries) {
		p->since = loop_now(p->run->loop);
		if (s->title)
			tell(p, s, "running", NULL);
	}
	struct err e = {0};
	struct transport *t = s->method && !s->bucket ? way_of(p, s->who, &e) : NULL;
	if (strays(p))
		fail(p, p->run->plan->artifacts_served ? _("the server does not hand out artifacts itself.")
						       : _("the server does not leave artifacts to its clients."));
	else if (e.exit)
		fail(p, e.what);
	else if (t)
		send_stage(p, t);
	else if (s->bucket)
		ask_bucket(p);
	else
		credential_get(p->credential, on_credential, p);
	err_free(&e);
}

void proof_upload(struct buf *out)
{
	buf_puts(out, CONTENT);
}

void proof_begin(struct run *r)
{
	if (!r->plan->url) {
		run_proof_ended(r, false, _("the plan names no URL."));
		return;
	}
	const struct reach_way *way = reach_find(r->plan->reach.way);
	if (!way) {
		run_proof_ended(r, false, _("the plan names no way to it."));
		return;
	}
	r->proof = xcalloc(1, sizeof *r->proof);
	*r->proof = (struct proof){.run = r, .way = way};
	r->proof->credential = credential_new(
	    &(struct credential_means){.plan = r->plan, .api = r->api, .loop = r->loop, .vault = r->vault});
	begin_stage(r->proof);
}

void proof_free(struct proof *p)
{
	if (!p)
		return;
	if (p->sending)
		p->sender->cancel(p->sender, p->sending);
	for (size_t i = 0; !p->way->borrowed && i < sizeof p->ways / sizeof *p->ways; i++)
		if (p->ways[i])
			p->ways[i]->free(p->ways[i]);
	api_cancel(p->run->api, p->call);
	loop_cancel(p->run->loop, p->timer);
	credential_free(p->credential);
	free(p->failed);
	free(p->name);
	free(p->experiment);
	free(p->run_id);
	free(p->artifact);
	free(p->sent);
	free(p);
}
