/* The way to a stack in a cluster: its API server's proxy to the Service. Whoever comes has to be somebody to the API server: the operator, by their own
 * access token. The reach's with: {"host","path"}, which stand in place of the stack's URL. */
#include "config.h"
#include "engine/reach.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/credentials.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct cluster_way {
	struct transport transport; /* first: the transport is cast back */
	struct run *run;
	enum who who;
	char *base;
	struct flight *flights;
	unsigned long last_id;
};

struct flight {
	struct cluster_way *way;
	struct flight *next;
	unsigned long id, sending;
	bool signing_in;
	loop_id timer;
	char *method, *url, *why;
	struct header *headers;
	struct http_request request; /* its texts are the flight's; its body is the caller's */
	http_done *done;
	void *arg;
};

static struct transport *under(const struct flight *f)
{
	return session_transport(f->way->run->session);
}

static void flight_free(struct flight *f)
{
	struct flight **at = &f->way->flights;
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	for (size_t i = 0; i < f->request.header_count; i++) {
		sodium_memzero(f->headers[i].value, strlen(f->headers[i].value));
		free(f->headers[i].name);
		free(f->headers[i].value);
	}
	free(f->headers);
	free(f->method);
	free(f->url);
	free(f->why);
	free(f);
}

static void on_reply(void *arg, struct http_reply *reply)
{
	struct flight *f = arg;
	http_done *done = f->done;
	void *to = f->arg;
	flight_free(f);
	done(to, reply);
}

static void give_up(void *arg)
{
	struct flight *f = arg;
	struct http_reply reply = {.failure = HTTP_REFUSED, .failure_text = xstrdup(f->why)};
	on_reply(f, &reply);
	http_reply_free(&reply);
}

static void add_header(struct flight *f, const char *name, char *value)
{
	f->headers[f->request.header_count++] = (struct header){xstrdup(name), value};
}

static void take_off(struct flight *f)
{
	f->sending = under(f)->send(under(f), &f->request, on_reply, f);
}

static void on_token(void *arg, const char *token, struct err *e)
{
	struct flight *f = arg;
	f->signing_in = false;
	if (token) {
		add_header(f, "Authorization", xasprintf("Bearer %s", token));
		take_off(f);
		return;
	}
	f->why = xstrdup(e->what ? e->what : _("no token came."));
	f->timer = loop_after(f->way->run->loop, 0, give_up, f);
}

/* The same request to the API server's address of it. */
static void copy_request(struct flight *f, const struct http_request *r)
{
	const char *path = strstr(r->url, "://") + strlen("://");
	path += strcspn(path, "/");
	f->method = xstrdup(r->method);
	f->url = xasprintf("%s%s", f->way->base, path);
	f->headers = xcalloc(r->header_count + 1, sizeof *f->headers);
	f->request = *r;
	f->request.method = f->method;
	f->request.url = f->url;
	f->request.headers = f->headers;
	f->request.header_count = 0;
	for (size_t i = 0; i < r->header_count; i++)
		add_header(f, r->headers[i].name, xstrdup(r->headers[i].value));
}

static unsigned long send_request(struct transport *t, const struct http_request *r, http_done *done, void *arg)
{
	struct cluster_way *w = (struct cluster_way *)t;
	struct flight *f = xcalloc(1, sizeof *f);
	*f = (struct flight){.way = w, .next = w->flights, .id = ++w->last_id, .done = done, .arg = arg};
	unsigned long id = f->id;
	w->flights = f;
	copy_request(f, r);
	if (w->who == PROVER) {
		f->signing_in = true;
		credentials_token(session_credentials(w->run->session), on_token, f);
		return id;
	}
	if (w->who == FORGER)
		add_header(f, "Authorization", xstrdup("Bearer not-a-token"));
	take_off(f);
	return id;
}

static void cancel_request(struct transport *t, unsigned long id)
{
	struct cluster_way *w = (struct cluster_way *)t;
	struct flight *f = w->flights;
	while (f && f->id != id)
		f = f->next;
	if (!f)
		return;
	if (f->signing_in)
		credentials_forget(session_credentials(w->run->session), f);
	if (f->sending)
		under(f)->cancel(under(f), f->sending);
	loop_cancel(w->run->loop, f->timer);
	flight_free(f);
}

static void free_way(struct transport *t)
{
	struct cluster_way *w = (struct cluster_way *)t;
	while (w->flights)
		cancel_request(t, w->flights->id);
	free(w->base);
	free(w);
}

static struct transport *open_way(struct run *r, const cJSON *with, enum who who, struct err *e)
{
	char *base = xasprintf("https://%s%s", json_str(with, "host", ""), json_str(with, "path", ""));
	if (!call_is_cluster(base)) {
		free(base);
		err_set(e, EXIT_BUG, json_str(with, "host", ""), NULL,
			_("nothing is sent there: it is not a host that the credentials are for."));
		return NULL;
	}
	struct cluster_way *w = xcalloc(1, sizeof *w);
	*w = (struct cluster_way){.transport = {.send = send_request, .cancel = cancel_request, .free = free_way},
				  .run = r,
				  .who = who,
				  .base = base};
	return &w->transport;
}

const struct reach_way reach_cluster = {.id = "cluster", .open = open_way, .hides_host = true};
