/* Calls to Google's APIs. A job goes: token, request, reply, verdict of retry.c, and again or done. */
#include "config.h"
#include "net/api.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/secret.h"
#include "base/text.h"
#include "net/context.h"
#include "net/credentials.h"
#include "net/cures.h"
#include "net/fill.h"
#include "net/retry.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_BUDGET 300.0
#define STRANGER_BUDGET 10.0 /* an address that never answered in this run: most likely it is the wrong one, or out of reach */

struct api_job {
	struct api *api;
	struct api_job *next;
	unsigned long id, sending; /* sending: the transport's id while a request is under way */
	loop_id timer;
	struct call call;
	struct context *context; /* of a call that is for one */
	struct api_policy policy;
	char uuid[37];
	double began, deadline;
	int tries;
	bool signed_in_again, plain; /* plain: without the quota project */
	bool waits_token, cancelled;
	char *host;
	bool scout, parked; /* of a service that comes up: one asks, the others wait for it */
	char *body;         /* what is being sent; wiped when the reply is there */
	size_t body_len;
	api_done *done;
	void *arg;
};

struct api {
	struct loop *loop;
	struct transport *transport;
	struct credentials *credentials;
	struct contexts *contexts;
	char *quota_project;
	bool plain; /* it was denied: it is not sent any more */
	struct secret *(*secrets)(void *arg, const char *name);
	void *secrets_arg;
	bool (*uploads)(void *arg, const char *name, struct buf *out);
	void *uploads_arg;
	struct api_job *jobs;
	unsigned long last_id;
	struct api_counts counts;
	char **met; /* the hosts that answered */
	size_t met_count, met_room;
};

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

/* Jobs --------------------------------------------------------------------------------------------------------------------- */

static void job_free(struct api_job *j)
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
	job_free(j);
}

static void finish_err(struct api_job *j, struct err *e)
{
	struct api_result result = {.error.retry_after = -1};
	err_move(&result.err, e);
	finish(j, &result);
}

static char *host_of(const char *url);
static void get_token(struct api_job *j);

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
	j->host = host_of(url);
	return true;
}

static void on_timer(void *arg)
{
	struct api_job *j = arg;
	struct err e = {0};
	j->timer = 0;
	if (j->call.fault) {
		err_set(&e, EXIT_BUG, NULL, NULL, _("no request can be made: %s."), j->call.fault);
		finish_err(j, &e);
		return;
	}
	if (find_context(j, &e))
		get_token(j);
	else
		finish_err(j, &e);
}

/* Hosts --------------------------------------------------------------------------------------------------------------------- */

static bool has_met(const struct api *a, const char *host)
{
	for (size_t i = 0; i < a->met_count; i++)
		if (!strcmp(a->met[i], host))
			return true;
	return false;
}

static void meet(struct api *a, const char *host)
{
	if (has_met(a, host))
		return;
	a->met = xgrow(a->met, a->met_count, &a->met_room, sizeof *a->met);
	a->met[a->met_count++] = xstrdup(host);
}

/* Is it a host that stood before this run, and has not answered in it? What the run itself made may take its time to be there: a stack's address, the DNS
 * endpoint of a cluster. */
static bool is_stranger(const struct api_job *j)
{
	enum audience to = j->call.audience;
	return (to == AUDIENCE_GOOGLE || to == AUDIENCE_CONTEXT || (to == AUDIENCE_CLUSTER && j->call.ca)) &&
	       !has_met(j->api, j->host);
}

/* Did nothing at all come from it? A reply that broke off is one. */
static bool is_silent(enum http_failure failure)
{
	return failure == HTTP_UNREACHABLE || failure == HTTP_TLS || failure == HTTP_TIMEOUT;
}

/* Until when a failure is met by another try. */
static double patience(const struct api_job *j, const struct http_reply *reply)
{
	return is_silent(reply->failure) && is_stranger(j) ? fmin(j->deadline, j->began + STRANGER_BUDGET) : j->deadline;
}

static bool reads(const struct api_job *j);

/* What one was told of a stranger after all its tries holds for all who wait for the same host: each would wait as long again. */
static void give_up_host(struct api *a, const char *host, const struct err *e)
{
	unsigned long last = a->last_id;
	for (struct api_job *j = a->jobs; j;) {
		if (j->id > last || j->cancelled || strcmp(j->host, host) != 0 || (!j->sending && !j->timer) ||
		    !is_stranger(j)) {
			j = j->next;
			continue;
		}
		struct api_result result = {.error.retry_after = -1, .unknown = j->sending && !reads(j)};
		if (j->sending)
			a->transport->cancel(a->transport, j->sending);
		loop_cancel(a->loop, j->timer);
		err_set(&result.err, e->exit, e->place, e->fix, "%s", e->what);
		finish(j, &result);
		j = a->jobs; /* whoever was told may have ended others */
	}
}

/* Words -------------------------------------------------------------------------------------------------------------------- */

/* Is the operator's access token for whoever answers this? */
static bool shows_token(const struct api_job *j)
{
	return j->call.audience == AUDIENCE_GOOGLE || j->call.audience == AUDIENCE_CLUSTER;
}

/* May another credential be got where one is refused? */
static bool signs_in(const struct api_job *j)
{
	return shows_token(j) || j->context;
}

static char *host_of(const char *url)
{
	const char *host = strstr(url, "://");
	host = host ? host + 3 : url;
	return xstrndup(host, strcspn(host, "/?"));
}

const char *api_tls_fix(void)
{
	return _("Check the clock of this machine. An authority of your own, such as that of a proxy that looks into TLS, is "
		 "named by --cloud-ca FILE, "
		 "SSL_CERT_FILE or CURL_CA_BUNDLE.");
}

/* A cluster's API server at an address of its own may be closed to this machine by where it stands, or by its authorized networks. */
static bool is_closed(const struct api_job *j)
{
	return j->call.audience == AUDIENCE_CLUSTER && j->call.ca;
}

static const char *unreached_fix(const struct api_job *j)
{
	if (j->context)
		return _("Does the cluster run, and is it reached from here? kubectl with this context shows the same.");
	return is_closed(j)
		   ? _("Is the cluster's API server closed to this machine? Open its DNS endpoint, which IAM guards: gcloud "
		       "container "
		       "clusters update CLUSTER --location=LOCATION --enable-dns-access. Or run this within its network.")
		   : _("Check the network, then run the same command again.");
}

static void word_failure(const struct api_job *j, const struct http_reply *reply, struct err *e)
{
	char *host = host_of(j->call.url);
	const char *text = reply->failure_text ? reply->failure_text : "",
		   *fix = reply->failure_fix ? _(reply->failure_fix) : NULL;
	switch (reply->failure) {
	case HTTP_TLS:
		err_set(e, j->context ? EXIT_CONFIG : EXIT_UNAVAILABLE, host,
			j->context && http_refuses_certificate(text) ? _("The server takes no client certificate such as the "
									 "context's: let the tool of the cluster's provider "
									 "write the context again.")
			: j->context
			    ? _("Does the context name the cluster's own authority (certificate-authority-data)? kubectl with "
				"this context shows the same.")
			    : api_tls_fix(),
			_("the connection is not safe: %s."), text);
		break;
	case HTTP_REFUSED:
		err_set(e, EXIT_CONFIG, host, fix || !j->context ? fix : unreached_fix(j), _("it cannot be asked: %s."), text);
		break;
	case HTTP_TOO_LARGE:
		err_set(e, EXIT_UNAVAILABLE, host, NULL, _("the reply is larger than any that is expected."));
		break;
	case HTTP_UNREACHABLE:
		err_set(e, is_closed(j) || j->context ? EXIT_CONFIG : EXIT_UNAVAILABLE, host, fix ? fix : unreached_fix(j),
			_("no connection: %s."), text);
		break;
	default:
		err_set(e, EXIT_UNAVAILABLE, host,
			j->context && is_stranger(j)
			    ? unreached_fix(j)
			    : _("Run the same command again: it looks before it sends anything twice."),
			_("no whole reply came: %s."), text);
	}
	free(host);
}

static enum exit_code exit_of(const struct api_error *error)
{
	bool quota = error->http == 429 ||
		     (error->message && strcasestr(error->message, "quota") && strcasestr(error->message, "exceeded"));
	if (error->http >= 500)
		return EXIT_UNAVAILABLE;
	if (quota || error->http == 408)
		return EXIT_TRYAGAIN;
	return error->http == 401 || error->http == 403 ? EXIT_PERMISSION : EXIT_GENERAL;
}

char *api_policy_fix(const char *constraint)
{
	return xasprintf(_("The organization policy %s forbids it: ask its administrator."), constraint);
}

static void word_error(const struct api_job *j, const struct api_error *error, struct err *e)
{
	char *host = host_of(j->call.url), *fix = NULL;
	char *expired = error->http == 401 && j->context ? context_expired(j->context) : NULL;
	struct buf message = {0};
	outside_text(&message, error->message, strlen(error->message), false, 1000);
	if (error->http == 401 && shows_token(j))
		fix = xstrdup(_("Sign in again: gcloud auth application-default login."));
	else if (error->http == 401 && expired)
		fix = xasprintf(
		    _("The context's client certificate held until %s: let the tool of the cluster's provider write the "
		      "context again."),
		    expired);
	else if (error->http == 401 && j->context)
		fix = xasprintf(_("Sign in to the cluster again, in its provider's own way. Whether it lets you in is told by: "
				  "kubectl --context=%s auth whoami"),
				context_name(j->context));
	else if (error->http == 404 && j->context && !error->reason) /* an API server gives one */
		fix = xstrdup(_("Is this the address of the cluster's API server? kubectl with this context shows the same."));
	else if (error->constraint && strcasestr(error->constraint, "constraints/"))
		fix = api_policy_fix(error->constraint);
	else if (error->reason && !strcmp(error->reason, "SERVICE_DISABLED") && error->service)
		fix = xasprintf(_("Enable it: gcloud services enable %s."), error->service);
	else if (error->reason && !strcmp(error->reason, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"))
		fix = xstrdup(_("Sign in with the scope cloud-platform: gcloud auth application-default login."));
	else if (error->http == 403 && error->permission)
		fix = xasprintf(_("Ask for the permission %s, then run the same command again."), error->permission);
	else if (cure_of(error->message))
		fix = xstrdup(cure_of(error->message));
	size_t len = message.len;
	bool stop = len && strchr(".!?", message.data[len - 1]);
	err_set(e, exit_of(error), host, fix, "%s%s", buf_text(&message), stop ? "" : ".");
	buf_free(&message);
	free(expired);
	free(fix);
	free(host);
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

/* Is our project charged for this call, by X-Goog-User-Project? */
static bool charged(const struct api_job *j)
{
	return j->api->quota_project && !j->api->plain && !j->plain && j->call.audience == AUDIENCE_GOOGLE;
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
		get_token(j);
		return;
	case RETRY_PLAIN:
		j->plain = true;
		if (result->error.reason && !strcmp(result->error.reason, "USER_PROJECT_DENIED"))
			a->plain = true;
		get_token(j);
		return;
	default:
		if (r->coming_up && park(j))
			return;
		if (!r->coming_up)
			unpark(j);
		j->timer = loop_after(a->loop, r->delay, on_timer, j);
	}
}

static void judge(struct api_job *j, struct http_reply *reply, struct api_result *result)
{
	struct api *a = j->api;
	bool bad = reply->failure != HTTP_OK || reply->status / 100 != 2;
	struct retry_facts f = {
	    .failure = reply->failure,
	    .error = reply->failure == HTTP_OK && bad ? &result->error : NULL,
	    .retry_after = http_header(reply, "Retry-After"),
	    .wall = loop_wall(a->loop),
	    .tries = j->tries,
	    .chance = randombytes_uniform(1000) / 1000.0,
	    .look_first = j->policy.no_retry_unknown,
	    .just_enabled = j->policy.just_enabled,
	    .signed_in_again = j->signed_in_again || !signs_in(j),
	    .quota_project = charged(j),
	};
	struct retry r = bad ? retry_decide(&f) : (struct retry){RETRY_NEVER, 0, "answered", false};
	bool again = r.class == RETRY_SIGN_IN || r.class == RETRY_PLAIN ||
		     (r.class == RETRY_LATER && !j->policy.once && loop_now(a->loop) + r.delay < patience(j, reply));
	if (again && !j->cancelled) {
		begin_retry(j, &r, result);
		api_error_free(&result->error);
		return;
	}
	result->unknown = r.class == RETRY_UNKNOWN || reply->failure == HTTP_BROKEN || reply->failure == HTTP_TIMEOUT;
	bool strange = is_silent(reply->failure) && !j->policy.once && !j->cancelled && is_stranger(j);
	struct err why = {0};
	char *host = strange ? xstrdup(j->host) : NULL;
	if (reply->failure != HTTP_OK)
		word_failure(j, reply, &result->err);
	else if (bad)
		word_error(j, &result->error, &result->err);
	if (strange)
		err_set(&why, result->err.exit, result->err.place, result->err.fix, "%s", result->err.what);
	finish(j, result);
	if (strange)
		give_up_host(a, host, &why);
	free(host);
	err_free(&why);
}

static void on_reply(void *arg, struct http_reply *reply)
{
	struct api_job *j = arg;
	j->sending = 0;
	fill_free(j->body, j->body_len);
	j->body = NULL;
	if (reply->failure == HTTP_OK)
		meet(j->api, j->host);
	cJSON *json = NULL;
	bool whole = reply->failure != HTTP_OK || parse_reply(reply, &json);
	if (!whole && (reply->status / 100 == 2 || is_cut_short(reply))) {
		reply->failure = HTTP_BROKEN;
		free(reply->failure_text);
		reply->failure_text = xstrdup(_("it is not the JSON that it says it is"));
		cJSON_Delete(json);
		json = NULL;
	}
	struct api_result result = {.reply = json, .text = buf_text(&reply->body), .text_len = reply->body.len, .raw = reply};
	result.error.retry_after = -1;
	result.http = reply->failure == HTTP_OK ? reply->status : 0;
	if (result.http && result.http / 100 != 2)
		api_error_decode(result.http, json, result.text, &result.error);
	judge(j, reply, &result);
	cJSON_Delete(json);
}

/* Requests ----------------------------------------------------------------------------------------------------------------- */

static char *url_of(struct api_job *j)
{
	if (!j->call.request_id)
		return xstrdup(j->call.url);
	return xasprintf("%s%crequestId=%s", j->call.url, strchr(j->call.url, '?') ? '&' : '?', j->uuid);
}

static bool make_body(struct api_job *j, struct err *e)
{
	struct api *a = j->api;
	j->body_len = 0;
	if (j->call.upload) {
		struct buf bytes = {0};
		if (!a->uploads || !a->uploads(a->uploads_arg, j->call.upload, &bytes)) {
			buf_free(&bytes);
			return err_set(e, EXIT_BUG, NULL, NULL, "the upload %s is not known", j->call.upload);
		}
		j->body_len = bytes.len;
		j->body = buf_take(&bytes);
		return true;
	}
	j->body = j->call.body ? fill_body(j->call.body, a->secrets, a->secrets_arg, &j->body_len, e) : NULL;
	return j->body || !j->call.body;
}

static bool reads(const struct api_job *j)
{
	const char *verb = strrchr(j->call.url, ':');
	return !strcmp(j->call.method, "GET") ||
	       (verb && (text_starts(verb, ":getIamPolicy") || text_starts(verb, ":testIam") || text_starts(verb, ":wait") ||
			 text_starts(verb, ":generate"))) ||
	       text_ends(j->call.url, "/wait");
}

/* The token goes where it is meant to go, whatever URL was put together. */
static bool may_show(const struct api_job *j, struct err *e)
{
	const char *url = j->call.url;
	bool fine = j->call.audience == AUDIENCE_NOBODY || (j->call.audience == AUDIENCE_OWN && text_starts(url, "https://")) ||
		    (j->call.audience == AUDIENCE_CONTEXT && j->context && text_starts(url, "https://")) ||
		    (j->call.audience == AUDIENCE_GOOGLE && call_is_google(url)) ||
		    (j->call.audience == AUDIENCE_CLUSTER &&
		     (j->call.ca ? text_starts(url, "https://") : call_is_cluster(url)));
	return fine ||
	       err_set(e, EXIT_BUG, j->host, NULL, _("nothing is sent there: it is not a host that the credentials are for."));
}

/* A secret that the call names, opened; NULL when it names none. False with e when there is no such secret. */
static bool open_named(struct api_job *j, const char *name, struct secret **s, const char **text, struct err *e)
{
	const struct api *a = j->api;
	*s = name && a->secrets ? a->secrets(a->secrets_arg, name) : NULL;
	*text = *s ? secret_open(*s, NULL) : NULL;
	return *s || !name || err_set(e, EXIT_BUG, NULL, NULL, "the secret %s is not known", name);
}

static void close_named(struct secret *s)
{
	if (s)
		secret_close(s);
}

static void send_with(struct api_job *j, const struct context_shown *shows)
{
	const char *bearer = shows->token;
	struct api *a = j->api;
	static char authorization[] = "Authorization", content_type[] = "Content-Type", user_project[] = "X-Goog-User-Project",
		    gzip[] = "application/gzip", json[] = "application/json", range_name[] = "Range", accept_name[] = "Accept";
	char range[40];
	struct header headers[5];
	size_t count = 0;
	char *shown = bearer ? xasprintf("Bearer %s", bearer) : NULL, *url = url_of(j), *type = j->call.upload ? gzip : json;
	if (shown)
		headers[count++] = (struct header){authorization, shown};
	if (j->body)
		headers[count++] = (struct header){content_type, j->call.content_type ? j->call.content_type : type};
	if (j->call.accept)
		headers[count++] = (struct header){accept_name, j->call.accept};
	if (charged(j))
		headers[count++] = (struct header){user_project, a->quota_project};
	snprintf(range, sizeof range, "bytes=%lu-", j->policy.range_from);
	if (j->policy.range_from)
		headers[count++] = (struct header){range_name, range};
	struct http_request request = {.method = j->call.method,
				       .url = url,
				       .headers = headers,
				       .header_count = count,
				       .body = j->body,
				       .body_len = j->body_len,
				       .timeout = j->policy.timeout,
				       .ca = j->call.ca,
				       .certificate = shows->certificate,
				       .key = shows->key,
				       .fleeting = shows->certificate && !has_met(a, j->host),
				       .once = j->policy.no_retry_unknown};
	if (j->context)
		context_dress(j->context, &request);
	j->tries++;
	a->counts.requests++;
	if (reads(j))
		a->counts.reads++;
	else
		a->counts.writes++;
	j->sending = a->transport->send(a->transport, &request, on_reply, j);
	if (shown)
		explicit_bzero(shown, strlen(shown));
	free(shown);
	free(url);
}

static void send_it(struct api_job *j, const char *token)
{
	struct secret *bearer = NULL, *key = NULL;
	struct context_shown shows = {.certificate = j->call.certificate};
	struct err e = {0};
	if (may_show(j, &e) && make_body(j, &e) && open_named(j, j->call.bearer, &bearer, &shows.token, &e) &&
	    open_named(j, j->call.key, &key, &shows.key, &e)) {
		shows.token = token ? token : shows.token;
		send_with(j, &shows);
	}
	close_named(bearer);
	close_named(key);
	if (e.exit)
		finish_err(j, &e);
}

static void on_token(void *arg, const char *token, struct err *e)
{
	struct api_job *j = arg;
	struct err own = {0};
	j->waits_token = false;
	if (j->cancelled) {
		job_free(j);
	} else if (!token) {
		err_move(&own, e);
		finish_err(j, &own);
	} else {
		send_it(j, token);
	}
}

static void on_shown(void *arg, const struct context_shown *shown, struct err *e)
{
	struct api_job *j = arg;
	struct err own = {0};
	j->waits_token = false;
	if (j->cancelled)
		job_free(j);
	else if (!shown || !may_show(j, &own) || !make_body(j, &own)) {
		if (!shown)
			err_move(&own, e);
		finish_err(j, &own);
	} else {
		send_with(j, shown);
	}
}

static void get_token(struct api_job *j)
{
	if (j->context) {
		j->waits_token = true;
		context_credential(j->context, on_shown, j);
		return;
	}
	if (!shows_token(j)) {
		send_it(j, NULL);
		return;
	}
	j->waits_token = true;
	credentials_token(j->api->credentials, on_token, j);
}

unsigned long api_call(struct api *a, const struct call *call, const struct api_policy *policy, api_done *done, void *arg)
{
	struct api_job *j = xcalloc(1, sizeof *j);
	*j = (struct api_job){.api = a, .next = a->jobs, .id = ++a->last_id, .done = done, .arg = arg};
	a->jobs = j;
	if (policy)
		j->policy = *policy;
	j->call = call_copy(call);
	j->host = host_of(call->url ? call->url : "");
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
		job_free(j); /* else its token is being handed out, and it goes when it gets it */
}

void api_free(struct api *a)
{
	if (!a)
		return;
	for (struct api_job *j = a->jobs, *next; j; j = next) {
		next = j->next;
		api_cancel(a, j->id);
	}
	for (size_t i = 0; i < a->met_count; i++)
		free(a->met[i]);
	free(a->met);
	free(a->quota_project);
	free(a);
}
