/* A session: loop, transport, credentials together. */
#include "config.h"
#include "engine/run_private.h"
#include "engine/survey.h"

#include "base/mem.h"
#include "net/context.h"
#include "net/credentials.h"
#include "net/transport.h"

#include <stdlib.h>

struct session {
	struct loop *loop;
	struct transport *transport;
	struct credentials *credentials;
	struct contexts *contexts;
	struct surveys *surveys;
	bool rehearsal;
	event_fn *watcher;
	void *watcher_arg;
	session_learns *learns;
	void *learner;
};

struct session *session_new(struct loop *loop, struct transport *transport, struct credentials *credentials, bool rehearsal)
{
	struct session *s = xcalloc(1, sizeof *s);
	*s = (struct session){.loop = loop, .transport = transport, .credentials = credentials, .rehearsal = rehearsal};
	s->contexts = contexts_new(loop);
	s->surveys = surveys_new(loop, transport, credentials, s->contexts);
	if (rehearsal)
		surveys_simulated(s->surveys);
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	surveys_free(s->surveys);
	contexts_free(s->contexts);
	credentials_free(s->credentials);
	s->transport->free(s->transport);
	loop_free(s->loop);
	free(s);
}

bool session_is_rehearsal(const struct session *s)
{
	return s->rehearsal;
}

void session_watch(struct session *s, event_fn *watcher, void *arg)
{
	s->watcher = watcher;
	s->watcher_arg = arg;
}

void session_tell(const struct session *s, const cJSON *event)
{
	if (s->watcher)
		s->watcher(s->watcher_arg, event);
}

void session_teach(struct session *s, session_learns *learns, void *arg)
{
	s->learns = learns;
	s->learner = arg;
}

void session_asks_for(struct session *s, const struct answers *a, bool begins)
{
	if (s->learns && a)
		s->learns(s->learner, a, begins);
}

void session_set_speed(struct session *s, double speed)
{
	loop_set_speed(s->loop, speed);
}

void session_hasten(struct session *s, double times)
{
	loop_hasten(s->loop, times);
	surveys_simulated(s->surveys);
}

bool session_turn(struct session *s, double max_seconds, int keyboard_fd)
{
	return loop_turn(s->loop, max_seconds, keyboard_fd);
}

double session_now(const struct session *s)
{
	return loop_now(s->loop);
}

void session_survey(struct session *s, const char *what, const struct answers *a, survey_done *done, void *arg)
{
	session_asks_for(s, a, false);
	survey_begin(s->surveys, what, a, done, arg);
}

void session_expects_sign_in(struct session *s, const char *filter)
{
	surveys_expect_sign_in(s->surveys, filter);
}

struct transport *session_transport(const struct session *s)
{
	return s->transport;
}

struct credentials *session_credentials(const struct session *s)
{
	return s->credentials;
}

struct contexts *session_contexts(const struct session *s)
{
	return s->contexts;
}

void session_play_context(struct session *s, const char *server, const char *token)
{
	contexts_play(s->contexts, server, token);
}

struct loop *session_loop(const struct session *s)
{
	return s->loop;
}
