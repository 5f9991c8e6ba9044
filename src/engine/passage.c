/* A request that waits for its credential, travels, and ends once: the life that is the same whichever way it goes. */
#include "config.h"
#include "engine/passage.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "net/credentials.h"

#include <stdlib.h>

struct transport *passage_under(const struct passage *p)
{
	return session_transport(p->way->run->session);
}

static void passage_free(struct passage *p)
{
	struct passage **at = &p->way->first;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (p->signing_in && p->way->context)
		context_forget(p->way->context, p);
	else if (p->signing_in)
		credentials_forget(session_credentials(p->way->run->session), p);
	if (p->below)
		passage_under(p)->cancel(passage_under(p), p->below);
	loop_cancel(p->way->run->loop, p->timer);
	p->way->kind->drop(p);
	free(p->why);
	free(p);
}

void passage_end(struct passage *p, struct http_reply *reply)
{
	http_done *done = p->done;
	void *to = p->arg;
	passage_free(p);
	done(to, reply);
}

void passage_fail(struct passage *p, enum http_failure failure, const char *why)
{
	struct http_reply reply = {.failure = failure, .failure_text = xstrdup(why)};
	passage_end(p, &reply);
	http_reply_free(&reply);
}

void passage_refuse(struct passage *p, int status)
{
	struct http_reply reply = {.status = status};
	passage_end(p, &reply);
	http_reply_free(&reply);
}

void passage_patience(struct passage *p, double seconds, void (*late)(void *passage))
{
	loop_cancel(p->way->run->loop, p->timer);
	p->timer = loop_after(p->way->run->loop, seconds, late, p);
}

/* Never set out ------------------------------------------------------------------------------------------------------------- */

static void passage_unsent(void *arg)
{
	struct passage *p = arg;
	p->timer = 0;
	passage_fail(p, HTTP_REFUSED, p->why);
}

static void passage_give_up(struct passage *p, const char *why)
{
	p->why = xstrdup(why);
	passage_patience(p, 0, passage_unsent);
}

/* Setting out --------------------------------------------------------------------------------------------------------------- */

static void passage_shown(void *arg, const struct context_shown *shown, struct err *e)
{
	struct passage *p = arg;
	p->signing_in = false;
	if (shown)
		p->way->kind->go(p, shown);
	else
		passage_give_up(p, e->what ? e->what : _("no token came."));
}

static void passage_token(void *arg, const char *token, struct err *e)
{
	struct context_shown shown = {.token = token};
	passage_shown(arg, token ? &shown : NULL, e);
}

static void passage_sign_in(struct passage *p)
{
	p->signing_in = true;
	if (p->way->context)
		context_credential(p->way->context, passage_shown, p);
	else
		credentials_token(session_credentials(p->way->run->session), passage_token, p);
}

static unsigned long passage_send(struct transport *t, const struct http_request *r, http_done *done, void *arg)
{
	struct passages *w = (struct passages *)t;
	struct passage *p = xcalloc(1, w->kind->size);
	*p = (struct passage){.way = w, .next = w->first, .id = ++w->last_id, .done = done, .arg = arg};
	w->first = p;
	if (http_request_fault(r)) {
		passage_give_up(p, _("the request is malformed"));
		return p->id;
	}
	w->kind->take(p, r);
	struct context_shown other = {.token = w->who == FORGER ? "not-a-token" : NULL};
	if (w->who == PROVER)
		passage_sign_in(p);
	else
		w->kind->go(p, &other);
	return p->id;
}

static void passage_cancel(struct transport *t, unsigned long id)
{
	struct passage *p = ((struct passages *)t)->first;
	while (p && p->id != id)
		p = p->next;
	if (p)
		passage_free(p);
}

static void passages_free(struct transport *t)
{
	struct passages *w = (struct passages *)t;
	while (w->first)
		passage_free(w->first);
	w->kind->close(w);
	free(w);
}

struct passages *passages_open(const struct passage_kind *kind, size_t size, struct run *r, enum who who)
{
	struct passages *w = xcalloc(1, size);
	*w = (struct passages){.transport = {.send = passage_send, .cancel = passage_cancel, .free = passages_free},
			       .kind = kind,
			       .run = r,
			       .who = who};
	return w;
}
