/* A transport whose replies a test wrote beforehand: each request takes the first unused line whose method and URL part match, and gets its
 * reply after `seconds`. What was sent is kept for the test to look at. */
#ifndef MS_TESTS_NET_SCRIPT_H
#define MS_TESTS_NET_SCRIPT_H

#include "base/mem.h"
#include "net/transport.h"

#include <stdlib.h>
#include <string.h>

struct script_line {
	const char *method, *url; /* url: a part of it */
	int status;               /* 0: failure says how */
	enum http_failure failure;
	const char *headers; /* "Name: value" or NULL */
	const char *body;
	double seconds;
	bool stays; /* answers any number of requests */
	int used;
};

struct script_sent {
	char *method, *url, *body, *token, *user_project;
	double at;
};

struct script {
	struct transport base;
	struct loop *loop;
	struct script_line *lines; /* ended by one without method */
	struct script_sent sent[400];
	int count, unexpected;
	unsigned long last_id;
	struct script_flight *flights;
};

struct script_flight {
	struct script *script;
	struct script_flight *next;
	unsigned long id;
	const struct script_line *line;
	http_done *done;
	void *arg;
	loop_id timer;
};

__attribute__((unused)) static void script_land(void *arg)
{
	struct script_flight *f = arg;
	struct script_flight **p = &f->script->flights;
	while (*p != f)
		p = &(*p)->next;
	*p = f->next;
	static char json_name[] = "Content-Type", json_value[] = "application/json; charset=UTF-8";
	struct http_reply r = {.status = f->line->status, .failure = f->line->failure};
	struct header headers[2] = {{json_name, json_value}};
	size_t count = 1;
	char *extra = f->line->headers ? xstrdup(f->line->headers) : NULL;
	if (extra) {
		char *colon = strchr(extra, ':');
		*colon = '\0';
		headers[count++] = (struct header){extra, colon + 2};
	}
	if (f->line->failure)
		r.failure_text = xstrdup("scripted");
	r.headers = headers;
	r.header_count = count;
	buf_puts(&r.body, f->line->body ? f->line->body : "{}");
	f->done(f->arg, &r);
	buf_free(&r.body);
	free(r.failure_text);
	free(extra);
	free(f);
}

__attribute__((unused)) static unsigned long script_send(struct transport *t, const struct http_request *r, http_done *done,
							 void *arg)
{
	static const struct script_line nothing = {.status = 599,
						   .body = "{\"error\":{\"code\":599,\"message\":\"not in the script\"}}"};
	struct script *s = (struct script *)t;
	struct script_sent *sent = &s->sent[s->count < 399 ? s->count++ : 399];
	*sent = (struct script_sent){.method = xstrdup(r->method), .url = xstrdup(r->url), .at = loop_now(s->loop)};
	sent->body = r->body ? xstrndup(r->body, r->body_len) : NULL;
	for (size_t i = 0; i < r->header_count; i++) {
		if (!strcmp(r->headers[i].name, "Authorization"))
			sent->token = xstrdup(r->headers[i].value);
		if (!strcmp(r->headers[i].name, "X-Goog-User-Project"))
			sent->user_project = xstrdup(r->headers[i].value);
	}
	struct script_line *line = s->lines;
	while (line->method && ((line->used && !line->stays) || strcmp(line->method, r->method) || !strstr(r->url, line->url)))
		line++;
	if (!line->method) {
		printf("# not in the script: %s %s\n", r->method, r->url);
		s->unexpected++;
	}
	line->used += line->method != NULL;
	struct script_flight *f = xcalloc(1, sizeof *f);
	*f = (struct script_flight){s, s->flights, ++s->last_id, line->method ? line : &nothing, done, arg, 0};
	s->flights = f;
	f->timer = loop_after(s->loop, line->method ? line->seconds : 0, script_land, f);
	return f->id;
}

__attribute__((unused)) static void script_cancel(struct transport *t, unsigned long id)
{
	struct script *s = (struct script *)t;
	for (struct script_flight **p = &s->flights; *p; p = &(*p)->next) {
		struct script_flight *f = *p;
		if (f->id != id)
			continue;
		loop_cancel(s->loop, f->timer);
		*p = f->next;
		free(f);
		return;
	}
}

__attribute__((unused)) static void script_free(struct transport *t)
{
	struct script *s = (struct script *)t;
	while (s->flights)
		script_cancel(t, s->flights->id);
	for (int i = 0; i < s->count; i++) {
		free(s->sent[i].method);
		free(s->sent[i].url);
		free(s->sent[i].body);
		free(s->sent[i].token);
		free(s->sent[i].user_project);
	}
	free(s);
}

__attribute__((unused)) static struct script *script_new(struct loop *loop, struct script_line *lines)
{
	struct script *s = xcalloc(1, sizeof *s);
	s->base = (struct transport){.send = script_send, .cancel = script_cancel, .free = script_free};
	s->loop = loop;
	s->lines = lines;
	return s;
}

#endif
