/* Calls to Google's APIs. A job goes: token, request, reply, verdict of retry.c, and again or done. */
#include "config.h"
#include "net/api_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/context.h"
#include "net/credentials.h"
#include "net/fill.h"
#include "net/retry.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_BUDGET 300.0
#define STRANGER_BUDGET 10.0 /* an address that never answered in this run: most likely it is the wrong one, or out of reach */
#define FAILING_BUDGET                                                                                                         \
	30.0 /* one that never answered but by failures: it may be starting, or something on the way answers for it */
#define GIVEN_UP_FOR 60.0 /* so long nobody waits again for a host that was given up: one try tells whether it came back */

struct api *api_new(struct loop *loop, struct transport *transport, struct credentials *credentials, const char *quota_project)
{
	struct api *a = xcalloc(1, sizeof *a);
	a->loop = loop;
	a->transport = transport;
	a->credentials = credentials;
	a->quota_project = quota_project ? xstrdup(quota_project) : NULL;
	return a;
}

struct api_counts api_counted(const struct api *a)
{
	return a->counts;
}

void api_set_secrets(struct api *a, struct secret *(*lookup)(void *arg, const char *name), void *arg)
{
	a->secrets = lookup;
	a->secrets_arg = arg;
}

void api_set_contexts(struct api *a, struct contexts *contexts)
{
	a->contexts = contexts;
}

void api_set_uploads(struct api *a, bool (*lookup)(void *arg, const char *name, struct buf *out), void *arg)
{
	a->uploads = lookup;
	a->uploads_arg = arg;
}

char *api_uuid(char *into)
{
	unsigned char b[16];
	char hex[33];
	randombytes_buf(b, sizeof b);
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	sodium_bin2hex(hex, sizeof hex, b, sizeof b);
	snprintf(into, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
	return into;
}

char *api_host(const char *url)
{
	const char *host = strstr(url, "://");
	host = host ? host + 3 : url;
	return xstrndup(host, strcspn(host, "/?"));
}

/* Jobs --------------------------------------------------------------------------------------------------------------------- */

void api_job_free(struct api_job *j)
{
	struct api_job **p = &j->api->jobs;
	while (*p && *p != j)
		p = &(*p)->next;
	if (*p)
		*p = j->next;
	fill_free(j->body, j->body_len);
	call_free(&j->call);
	free(j->host);
	free(j);
}

static void on_timer(void *arg);

/* The service answers, or its scout gives up: all who wait for it ask again. */
static void unpark(struct api_job *scout)
{
	if (!scout->scout)
		return;
	scout->scout = false;
	for (struct api_job *j = scout->api->jobs; j; j = j->next) {
		if (!j->parked || strcmp(j->host, scout->host))
			continue;
		j->parked = false;
		j->timer = loop_after(j->api->loop, 0, on_timer, j);
	}
}

/* True when another job asks already whether this service is up: this one waits for it. */
static bool park(struct api_job *job)
{
	for (struct api_job *j = job->api->jobs; j && !job->scout; j = j->next) {
		if (j != job && j->scout && !strcmp(j->host, job->host)) {
			job->parked = true;
			return true;
		}
	}
	job->scout = true;
	return false;
}

static void finish(struct api_job *j, struct api_result *result)
{
	result->tries = j->tries;
	unpark(j);
	if (!j->cancelled)
		j->done(j->arg, result);
	api_error_free(&result->error);
	err_free(&result->err);
	api_job_free(j);
}

void api_finish_err(struct api_job *j, struct err *e)
{
	struct api_result result = {.error.retry_after = -1};
	err_move(&result.err, e);
	finish(j, &result);
}

/* Puts the server's address into the URL of a call for a context. */
static bool find_context(struct api_job *j, struct err *e)
{
	struct call *c = &j->call;
	if (c->audience != AUDIENCE_CONTEXT || j->context)
		return true;
	if (!j->api->contexts || !text_starts(c->url, CALL_CONTEXT_SERVER "/"))
		return err_set(e, EXIT_BUG, c->url, NULL, "no context is known here");
	if (!(j->context = contexts_find(j->api->contexts, c->kubeconfig, c->context, e)))
		return false;
	char *url = xasprintf("%s%s", context_server(j->context), c->url + strlen(CALL_CONTEXT_SERVER));
	free(c->url);
	free(j->host);
	c->url = url;
	j->host = api_host(url);
	return true;
}

static void on_timer(void *arg)
{
	struct api_job *j = arg;
	struct err e = {0};
	j->timer = 0;
	if (j->call.fault) {
		err_set(&e, EXIT_BUG, NULL, NULL, _("no request can be made: %s."), j->call.fault);
		api_finish_err(j, &e);
		return;
	}
	if (find_context(j, &e))
		api_send(j);
	else
		api_finish_err(j, &e);
}

/* Hosts --------------------------------------------------------------------------------------------------------------------- */

static struct api_host *known(const struct api *a, const char *host)
{
	for (size_t i = 0; i < a->host_count; i++)
		if (!strcmp(a->hosts[i].name, host))
			return &a->hosts[i];
	return NULL;
}

static struct api_host *remember(struct api *a, const char *host)
{
	struct api_host *h = known(a, host);
	if (h)
		return h;
	a->hosts = xgrow(a->hosts, a->host_count, &a->host_room, sizeof *a->hosts);
	a->hosts[a->host_count] = (struct api_host){.name = xstrdup(host), .given_up = -1};
	return &a->hosts[a->host_count++];
}

bool api_has_met(const struct api *a, const char *host)
{
	const struct api_host *h = known(a, host);
	return h && h->met;
}

/* Is it a host that stood before this run, and has given no good answer in it? What the run itself made may take its time to be there: a stack's address,
 * the DNS endpoint of a cluster. */
static bool is_stranger(const struct api_job *j)
{
	enum audience to = j->call.audience;
	return (to == AUDIENCE_GOOGLE || to == AUDIENCE_CONTEXT || (to == AUDIENCE_CLUSTER && j->call.ca)) &&
	       !api_has_met(j->api, j->host);
}

/* Did nothing at all come from it? A reply that broke off is one. */
static bool is_silent(enum http_failure failure)
{
	return failure == HTTP_UNREACHABLE || failure == HTTP_TLS || failure == HTTP_TIMEOUT;
}

/* Is it no answer to what was asked, but a failure of the host or of what stands on the way to it? */
static bool is_failing(const struct http_reply *reply)
{
	return reply->failure != HTTP_OK || (reply->status >= 500 && reply->status != 501 && reply->status != 505);
}

/* Until when a failure is met by another try. The first Retry-After is waited for however long it is: the host said when. */
static double patience(const struct api_job *j, const struct http_reply *reply)
{
	const struct api_host *h = known(j->api, j->host);
	if (!is_failing(reply) || !is_stranger(j))
		return j->deadline;
	if (h && h->given_up >= 0 && j->began < h->given_up + GIVEN_UP_FOR)
		return j->began;
	if (j->tries == 1 && http_header(reply, "Retry-After"))
		return j->deadline;
	return fmin(j->deadline, j->began + (is_silent(reply->failure) ? STRANGER_BUDGET : FAILING_BUDGET));
}

/* What one was told of a stranger after all its tries holds for all who wait for the same host: each would wait as long again. */
static void give_up_host(struct api *a, const char *host, const struct err *e)
{
	unsigned long last = a->last_id;
	remember(a, host)->given_up = loop_now(a->loop);
	for (struct api_job *j = a->jobs; j;) {
		if (j->id > last || j->cancelled || strcmp(j->host, host) != 0 || (!j->sending && !j->timer) ||
		    !is_stranger(j)) {
			j = j->next;
			continue;
		}
		struct api_result result = {.error.retry_after = -1, .unknown = j->sending && !api_reads(j)};
		if (j->sending)
			a->transport->cancel(a->transport, j->sending);
		loop_cancel(a->loop, j->timer);
		err_set(&result.err, e->exit, e->place, e->fix, "%s", e->what);
		finish(j, &result);
		j = a->jobs; /* whoever was told may have ended others */
	}
}

/* Replies ------------------------------------------------------------------------------------------------------------------ */

/* A 2xx that claims JSON and is none, or is no object or array, is no whole reply. */
static bool parse_reply(struct http_reply *reply, cJSON **out)
{
	struct err e = {0};
	const char *type = http_header(reply, "Content-Type");
	bool json = type && strcasestr(type, "json");
	*out = json && reply->body.len ? json_parse(buf_text(&reply->body), reply->body.len, "reply", &e) : NULL;
	err_free(&e);
	if (!json || (!reply->body.len && reply->status == 204))
		return true;
	return cJSON_IsObject(*out) || cJSON_IsArray(*out);
}

/* Did a refusal begin as JSON and lose its end? What it would have said decides whether to ask again, so it is asked again. */
static bool is_cut_short(const struct http_reply *reply)
{
	return reply->status != 401 && reply->body.len && *buf_text(&reply->body) == '{';
}

static void begin_retry(struct api_job *j, const struct retry *r, const struct api_result *result)
{
	struct api *a = j->api;
	a->counts.retries++;
	switch (r->class) {
	case RETRY_SIGN_IN:
		j->signed_in_again = true;
		if (j->context)
			context_reject(j->context);
		else
			credentials_reject(a->credentials);
		api_send(j);
		return;
	case RETRY_PLAIN:
		j->plain = true;
		if (result->error.reason && !strcmp(result->error.reason, "USER_PROJECT_DENIED"))
			a->plain = true;
		api_send(j);
		return;
	default:
		if (r->coming_up && park(j))
			return;
		if (!r->coming_up)
			unpark(j);
		j->timer = loop_after(a->loop, r->delay, on_timer, j);
	}
}

static struct retry verdict_on(const struct api_job *j, const struct http_reply *reply, const struct api_result *result)
{
	struct retry_facts f = {
	    .failure = reply->failure,
	    .error = reply->failure == HTTP_OK ? &result->error : NULL,
	    .retry_after = http_header(reply, "Retry-After"),
	    .wall = loop_wall(j->api->loop),
	    .tries = j->tries,
	    .chance = randombytes_uniform(1000) / 1000.0,
	    .look_first = j->policy.no_retry_unknown,
	    .just_enabled = j->policy.just_enabled,
	    .signed_in_again = j->signed_in_again || !api_signs_in(j),
	    .quota_project = api_charged(j),
	};
	bool good = reply->failure == HTTP_OK && reply->status / 100 == 2;
	return good ? (struct retry){RETRY_NEVER, 0, "answered", false} : retry_decide(&f);
}

static bool is_tried_again(const struct api_job *j, const struct http_reply *reply, const struct retry *r)
{
	if (j->cancelled)
		return false;
	return r->class == RETRY_SIGN_IN || r->class == RETRY_PLAIN ||
	       (r->class == RETRY_LATER && !j->policy.once && loop_now(j->api->loop) + r->delay < patience(j, reply));
}

/* Did patience with the host end, and not only with this call? One whose policy is to hear of failures at once says nothing of the host, nor does one failure
 * of what may not be sent twice. */
static bool gives_up(const struct api_job *j, const struct http_reply *reply)
{
	bool looks = j->policy.no_retry_unknown && !is_silent(reply->failure);
	return is_failing(reply) && reply->failure != HTTP_REFUSED && reply->failure != HTTP_TOO_LARGE && !looks &&
	       !j->policy.once && !j->cancelled && is_stranger(j);
}

/* The last reply: it is told, to all who wait for the same host where it is one that nothing good comes from. */
static void conclude(struct api_job *j, const struct http_reply *reply, struct api_result *result)
{
	struct api *a = j->api;
	struct err why = {0};
	bool stranger = is_stranger(j);
	char *failing = gives_up(j, reply) ? xstrdup(j->host) : NULL;
	if (reply->failure != HTTP_OK)
		api_word_failure(&j->call, j->context, stranger, reply, &result->err);
	else if (reply->status / 100 != 2)
		api_word_error(&j->call, j->context, stranger, &result->error, &result->err);
	if (failing)
		err_set(&why, result->err.exit, result->err.place, result->err.fix, "%s", result->err.what);
	finish(j, result);
	if (failing)
		give_up_host(a, failing, &why);
	free(failing);
	err_free(&why);
}

static void judge(struct api_job *j, const struct http_reply *reply, struct api_result *result)
{
	struct retry r = verdict_on(j, reply, result);
	if (is_tried_again(j, reply, &r)) {
		begin_retry(j, &r, result);
		api_error_free(&result->error);
		return;
	}
	result->unknown = r.class == RETRY_UNKNOWN || reply->failure == HTTP_BROKEN || reply->failure == HTTP_TIMEOUT;
	conclude(j, reply, result);
}

void api_on_reply(void *arg, struct http_reply *reply)
{
	struct api_job *j = arg;
	j->sending = 0;
	fill_free(j->body, j->body_len);
	j->body = NULL;
	cJSON *json = NULL;
	bool whole = reply->failure != HTTP_OK || parse_reply(reply, &json);
	if (!whole && (reply->status / 100 == 2 || is_cut_short(reply))) {
		reply->failure = HTTP_BROKEN;
		free(reply->failure_text);
		reply->failure_text = xstrdup(_("it is not the JSON that it says it is"));
		cJSON_Delete(json);
		json = NULL;
	}
	if (!is_failing(reply))
		remember(j->api, j->host)->met = true;
	struct api_result result = {.reply = json, .text = buf_text(&reply->body), .text_len = reply->body.len, .raw = reply};
	result.error.retry_after = -1;
	result.http = reply->failure == HTTP_OK ? reply->status : 0;
	if (result.http && result.http / 100 != 2)
		api_error_decode(result.http, json, result.text, &result.error);
	judge(j, reply, &result);
	cJSON_Delete(json);
}

/* Calls -------------------------------------------------------------------------------------------------------------------- */

unsigned long api_call(struct api *a, const struct call *call, const struct api_policy *policy, api_done *done, void *arg)
{
	struct api_job *j = xcalloc(1, sizeof *j);
	*j = (struct api_job){.api = a, .next = a->jobs, .id = ++a->last_id, .done = done, .arg = arg};
	a->jobs = j;
	if (policy)
		j->policy = *policy;
	j->call = call_copy(call);
	j->host = api_host(call->url ? call->url : "");
	if (j->policy.request_id)
		snprintf(j->uuid, sizeof j->uuid, "%s", j->policy.request_id);
	else
		api_uuid(j->uuid);
	j->began = loop_now(a->loop);
	j->deadline = j->began + (j->policy.budget > 0 ? j->policy.budget : DEFAULT_BUDGET);
	j->timer = loop_after(a->loop, 0, on_timer, j);
	return j->id;
}

void api_cancel(struct api *a, unsigned long id)
{
	struct api_job *j = a->jobs;
	while (j && j->id != id)
		j = j->next;
	if (!j)
		return;
	j->cancelled = true;
	loop_cancel(a->loop, j->timer);
	if (j->sending)
		a->transport->cancel(a->transport, j->sending);
	unpark(j);
	bool told = j->waits_token && !(j->context ? context_forget(j->context, j) : credentials_forget(a->credentials, j));
	if (!told)
		api_job_free(j); /* else its token is being handed out, and it goes when it gets it */
}

void api_free(struct api *a)
{
	if (!a)
		return;
	for (struct api_job *j = a->jobs, *next; j; j = next) {
		next = j->next;
		api_cancel(a, j->id);
	}
	for (size_t i = 0; i < a->host_count; i++)
		free(a->hosts[i].name);
	free(a->hosts);
	free(a->quota_project);
	free(a);
}
