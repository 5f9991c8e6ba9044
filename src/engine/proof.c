/* The proof that ends every apply (design 7): strangers are refused, foreign hosts and origins too, and one who is permitted can use MLflow as a
 * browser and a client do. It speaks to whatever answers at the URL, and leaves nothing behind but a deleted experiment. */
#include "config.h"
#include "engine/proof.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Going on ------------------------------------------------------------------------------------------------------------------- */

const struct proof_stage *proof_stage_of(const struct proof *p)
{
	return &proof_stages[p->at];
}

/* Is the stage for this stack's wall, and its files? */
static bool applies(const struct proof *p, const struct proof_stage *s)
{
	if (s->begins && !p->run->plan->wall.begins.at)
		return false;
	return s->files == FILES_ANY || (s->files == FILES_SERVED) == p->run->plan->artifacts_served;
}

static void begin_stage(struct proof *p);

static void tell(struct proof *p, const struct proof_stage *s, const char *state, const char *message)
{
	const struct proof_stage *titled = s;
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
	for (size_t i = from; proof_stages[i].check; i++)
		if (proof_stages[i].title && applies(p, &proof_stages[i]))
			tell(p, &proof_stages[i], "skipped", NULL);
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
	const struct proof_stage *s = &proof_stages[p->at];
	tell(p, s, "failed", message);
	skip_rest(p, p->at + 1);
	p->failed = xasprintf("%s: %s", s->check, message);
	if (!ask_console(p))
		end_failed(p);
}

static void pass(struct proof *p)
{
	const struct proof_stage *s = &proof_stages[p->at];
	p->tries = 0;
	do
		p->at++;
	while (proof_stages[p->at].check && !applies(p, &proof_stages[p->at]));
	if (!proof_stages[p->at].check || proof_stages[p->at].title)
		tell(p, s, "passed", NULL);
	while (proof_stages[p->at].check && !applies(p, &proof_stages[p->at]))
		p->at++;
	if (proof_stages[p->at].check)
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
	const struct proof_stage *s = proof_stage_of(p);
	if (reply->failure != HTTP_OK)
		return (reply->failure != HTTP_TLS || settling(p)) && reply->failure != HTTP_TOO_LARGE;
	if (s->spreads && is_wall(reply) && p->run->plan->wall.spreads > 0)
		return true;
	if (reply->status == 200 && s->who == PROVER && !s->host && !s->origin) /* let in, and the answer is garbled */
		return true;
	if (s->begins && (p->run->created || p->run->updated)) /* what stood there before may still answer */
		return true;
	return reply->status == 429 || reply->status >= 500 || (reply->status == 404 && s->early);
}

/* In Google's words, of which a long name of an account may leave only the beginning. */
static bool says_not_permitted(const char *wrong)
{
	return strcasestr(wrong, "permission") || strcasestr(wrong, "does not have storage.");
}

/* The server may not have its bucket yet: grants take minutes to spread, a quarter of an hour at worst. */
static double patience(const struct proof *p, const struct http_reply *reply, const char *wrong)
{
	const struct proof_stage *s = proof_stage_of(p);
	if (settling(p))
		return fmax(s->budget, p->run->plan->settles);
	if ((s->spreads && is_wall(reply)) || (s->begins && reply->status / 100 == 3))
		return fmax(s->budget, p->run->plan->wall.spreads);
	return s->grants > 0 && says_not_permitted(wrong) ? s->grants : s->budget;
}

static void on_reply(void *arg, struct http_reply *reply)
{
	struct proof *p = arg;
	const struct proof_stage *s = &proof_stages[p->at];
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

static size_t make_headers(struct proof *p, const struct proof_stage *s, struct header *h, char **authorization, char **origin)
{
	static char authorization_name[] = "Authorization", origin_name[] = "Origin", host_name[] = "Host",
		    type_name[] = "Content-Type", accept_name[] = "Accept", json[] = "application/json", text[] = "text/plain",
		    html[] = "text/html", stranger[] = STRANGER;
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
	if (s->begins)
		h[n++] = (struct header){accept_name, html};
	return n;
}

static void send_stage(struct proof *p, struct transport *t)
{
	const struct proof_stage *s = &proof_stages[p->at];
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
	else if (!passing || !again(p, proof_stage_of(p)->budget))
		fail(p, why->what);
}

static void on_bucket(void *arg, const struct api_result *r)
{
	struct proof *p = arg;
	p->call = 0;
	if (r->http / 100 == 2)
		pass(p);
	else if (r->http != 403 || !again(p, proof_stage_of(p)->budget))
		fail(p, r->err.what ? r->err.what : _("the bucket did not answer."));
}

static void ask_bucket(struct proof *p)
{
	const struct proof_stage *s = proof_stage_of(p);
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
	const struct proof_stage *s = proof_stage_of(p);
	return s->file && !text_starts(p->artifact, p->run->plan->artifacts_served ? "mlflow-artifacts:" : "gs://");
}

static void begin_stage(struct proof *p)
{
	const struct proof_stage *s = &proof_stages[p->at];
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
