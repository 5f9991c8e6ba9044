/* A call's request: its body, what is shown to its host, and no other, and its headers. */
#include "config.h"
#include "net/api_private.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "net/context.h"
#include "net/credentials.h"
#include "net/fill.h"

#include <stdlib.h>
#include <string.h>

/* Is the operator's access token for whoever answers this? */
bool api_shows_token(const struct call *c)
{
	return c->audience == AUDIENCE_GOOGLE || c->audience == AUDIENCE_CLUSTER;
}

/* May another credential be got where one is refused? */
bool api_signs_in(const struct api_job *j)
{
	return api_shows_token(&j->call) || (j->context && context_renews(j->context));
}

/* Is our project charged for this call, by X-Goog-User-Project? */
bool api_charged(const struct api_job *j)
{
	return j->api->quota_project && !j->api->plain && !j->plain && j->call.audience == AUDIENCE_GOOGLE;
}

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

bool api_reads(const struct api_job *j)
{
	const char *verb = strrchr(j->call.url, ':');
	return !strcmp(j->call.method, "GET") ||
	       (verb && (text_starts(verb, ":get") || text_starts(verb, ":testIam") || text_starts(verb, ":wait") ||
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

/* A request's headers, and what they are made of. */
struct dress {
	struct header headers[5];
	size_t count;
	char *shown, range[40];
};

static void dress_add(struct dress *d, char *name, char *value)
{
	d->headers[d->count++] = (struct header){name, value};
}

static void dress(const struct api_job *j, const char *bearer, struct dress *d)
{
	static char authorization[] = "Authorization", content_type[] = "Content-Type", user_project[] = "X-Goog-User-Project",
		    gzip[] = "application/gzip", json[] = "application/json", range[] = "Range", accept[] = "Accept";
	char *type = j->call.upload ? gzip : json;
	d->shown = bearer ? xasprintf("Bearer %s", bearer) : NULL;
	snprintf(d->range, sizeof d->range, "bytes=%lu-", j->policy.range_from);
	if (d->shown)
		dress_add(d, authorization, d->shown);
	if (j->body)
		dress_add(d, content_type, j->call.content_type ? j->call.content_type : type);
	if (j->call.accept)
		dress_add(d, accept, j->call.accept);
	if (api_charged(j))
		dress_add(d, user_project, j->api->quota_project);
	if (j->policy.range_from)
		dress_add(d, range, d->range);
}

static void undress(struct dress *d)
{
	if (d->shown)
		explicit_bzero(d->shown, strlen(d->shown));
	free(d->shown);
}

static void count(struct api_job *j)
{
	struct api_counts *counts = &j->api->counts;
	j->tries++;
	counts->requests++;
	if (api_reads(j))
		counts->reads++;
	else
		counts->writes++;
}

static void send_with(struct api_job *j, const struct context_shown *shows)
{
	struct transport *transport = j->api->transport;
	struct dress d = {0};
	char *url = url_of(j);
	dress(j, shows->token, &d);
	struct http_request request = {.method = j->call.method,
				       .url = url,
				       .headers = d.headers,
				       .header_count = d.count,
				       .body = j->body,
				       .body_len = j->body_len,
				       .timeout = j->policy.timeout,
				       .ca = j->call.ca,
				       .certificate = shows->certificate,
				       .key = shows->key,
				       .fleeting = shows->certificate && !api_has_met(j->api, j->host),
				       .once = j->policy.no_retry_unknown,
				       .one_by_one = j->context || j->call.audience == AUDIENCE_CLUSTER};
	if (j->context)
		context_dress(j->context, &request);
	count(j);
	j->sending = transport->send(transport, &request, api_on_reply, j);
	undress(&d);
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
		api_finish_err(j, &e);
}

static void on_token(void *arg, const char *token, struct err *e)
{
	struct api_job *j = arg;
	struct err own = {0};
	j->waits_token = false;
	if (j->cancelled) {
		api_job_free(j);
	} else if (!token) {
		err_move(&own, e);
		api_finish_err(j, &own);
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
		api_job_free(j);
	else if (!shown || !may_show(j, &own) || !make_body(j, &own)) {
		if (!shown)
			err_move(&own, e);
		api_finish_err(j, &own);
	} else {
		send_with(j, shown);
	}
}

void api_send(struct api_job *j)
{
	if (j->context) {
		j->waits_token = true;
		context_credential(j->context, on_shown, j);
		return;
	}
	if (!api_shows_token(&j->call)) {
		send_it(j, NULL);
		return;
	}
	j->waits_token = true;
	credentials_token(j->api->credentials, on_token, j);
}
