/* What the proof asks, stage by stage, and what has to come back. Requests are MLflow's REST API 2.0; what the wall answers is reference/mlflow.md
 * C7-30. */
#include "config.h"
#include "engine/proof.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A grant to the prover may take minutes to spread; a service that was just made may take a while to answer. */
#define GRANT_BUDGET 900.0
#define ANSWER_BUDGET 240.0
#define TRIES_BUDGET 60.0

#define CONTENT "mlflow-setup was here\n"

void proof_upload(struct buf *out)
{
	buf_puts(out, CONTENT);
}

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
	if (reply->status == 401 || reply->status == 403 || (proof_stage_of(p)->who == NOBODY && sent_to_sign_in(p, reply)))
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

static void root_path(struct proof *p, struct buf *out)
{
	(void)p;
	buf_putc(out, '/');
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
	bool writes = !strcmp(proof_stage_of(p)->method, "POST");
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
const struct proof_stage proof_stages[] = {
    {"anonymous", N_("a request without a login is refused"), NOBODY, "GET", search_path, .judge = proof_refused,
     .budget = ANSWER_BUDGET, .early = true},
    {"bad-token", N_("a request with a bad token is refused"), FORGER, "GET", search_path, .judge = proof_refused,
     .budget = TRIES_BUDGET},
    {"sign-in", N_("a browser is sent to the right sign-in page"), NOBODY, "GET", root_path, .judge = proof_begins,
     .budget = TRIES_BUDGET, .begins = true},
    {"disguise", N_("a disguised request is refused"), NOBODY, "GET", fragment_path, .judge = kept_outside,
     .budget = TRIES_BUDGET},
    {"disguise", NULL, NOBODY, "GET", query_path, .judge = kept_outside, .budget = TRIES_BUDGET},
    {"disguise", NULL, NOBODY, "GET", folded_path, .judge = kept_outside, .budget = TRIES_BUDGET},
    {"token", N_("a token is issued to a permitted account"), PROVER, .budget = GRANT_BUDGET},
    {"permitted", N_("a permitted request is answered"), PROVER, "GET", search_path, .judge = proof_answered,
     .budget = ANSWER_BUDGET, .early = true, .spreads = true},
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
     .judge = proof_answered, .budget = TRIES_BUDGET, .files = FILES_SERVED, .grants = GRANT_BUDGET, .file = true},
    {"artifact", NULL, PROVER, "GET", artifact_path, .judge = artifact_read, .budget = TRIES_BUDGET, .files = FILES_SERVED,
     .grants = GRANT_BUDGET, .file = true},
    {"artifact", N_("an artifact is stored and read back"), PROVER, "POST", object_path, .budget = GRANT_BUDGET,
     .files = FILES_DIRECT, .bucket = true, .file = true},
    {"artifact", NULL, PROVER, "GET", shown_path, .judge = artifact_read, .budget = TRIES_BUDGET, .files = FILES_DIRECT,
     .grants = GRANT_BUDGET},
    {"cleanup", N_("what the proof made is deleted"), PROVER, "DELETE", artifact_path, .judge = proof_answered,
     .budget = TRIES_BUDGET, .files = FILES_SERVED, .file = true},
    {"cleanup", N_("what the proof made is deleted"), PROVER, "DELETE", object_path, .budget = TRIES_BUDGET,
     .files = FILES_DIRECT, .bucket = true, .file = true},
    {"cleanup", NULL, PROVER, "POST", run_delete_path, run_delete_body, .judge = proof_answered, .budget = TRIES_BUDGET},
    {"cleanup", NULL, PROVER, "POST", experiment_delete_path, experiment_delete_body, .judge = proof_answered,
     .budget = TRIES_BUDGET},
    {0},
};
