/* A log that grows while a build runs, shown line by line (gcloud's way: the object's new bytes, reference/gcp-api.md 7). */
#include "config.h"
#include "engine/run_private.h"

#include "base/json.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOG_SOONEST 3.0
#define LOG_SHARE 0.05 /* of the time since it was begun */
#define LOG_LATEST 10.0

static void send_line(struct step *s, const char *line)
{
	cJSON *e = run_event(s->run, "log");
	json_put_str(e, "id", s->resource->id);
	event_text(s->run, e, "line", line);
	run_send(s->run, e);
}

static void show(struct step *s, const char *text, size_t len)
{
	struct step_log *log = &s->log;
	log->at += len;
	buf_add(&log->rest, text, len);
	char *line = log->rest.data, *end;
	while (line && (end = strchr(line, '\n'))) {
		*end = '\0';
		send_line(s, line);
		line = end + 1;
	}
	if (line) {
		char *rest = xstrdup(line);
		buf_clear(&log->rest);
		buf_puts(&log->rest, rest);
		free(rest);
	}
}

/* 404 before it begins, 416 while there is nothing new; 200 to a request for a range is the whole text again. */
static void on_text(void *arg, const struct api_result *r)
{
	struct step *s = arg;
	s->log.call = 0;
	if (r->http == 206)
		show(s, r->text, r->text_len);
	else if (r->http == 200 && r->text_len > s->log.at)
		show(s, r->text + s->log.at, r->text_len - s->log.at);
	if (s->phase == PHASE_OVER)
		step_unfollow(s);
}

void step_show(struct step *s, const char *lines)
{
	show(s, lines, strlen(lines));
	step_unfollow(s);
}

/* Seconds between two looks: who watches a long build can wait longer for its next lines. */
static double pace_of_log(const struct step *s)
{
	return fmin(fmax(LOG_SOONEST, (step_now(s) - s->begun) * LOG_SHARE), LOG_LATEST);
}

/* Another build has a log of its own, which begins anew. */
static void aim(struct step *s, char *url)
{
	struct step_log *log = &s->log;
	if (!url || (log->url && !strcmp(url, log->url))) {
		free(url);
		return;
	}
	api_cancel(s->run->api, log->call);
	step_unfollow(s);
	free(log->url);
	log->url = url;
	log->call = 0;
	log->at = 0;
	log->asked_at = 0;
}

static void ask_text(struct step *s)
{
	struct call c = {0};
	api_cancel(s->run->api, s->log.call); /* what it would have brought is asked for again */
	call_set_url(&c, DIALECT_NONE, "GET", NULL, s->log.url);
	s->log.asked_at = step_now(s);
	s->log.call = api_call(s->run->api, &c, &(struct api_policy){.once = true, .range_from = s->log.at}, on_text, s);
	call_free(&c);
}

void step_follow(struct step *s, const cJSON *from, bool over)
{
	const struct kind *k = s->resource->kind;
	if (!k->log_url || !from)
		return;
	aim(s, k->log_url(&s->view, from));
	bool asked_lately = s->log.asked_at > 0 && step_now(s) - s->log.asked_at < pace_of_log(s);
	if (s->log.url && (over || (!s->log.call && !asked_lately)))
		ask_text(s);
}

void step_unfollow(struct step *s)
{
	if (s->log.rest.len)
		send_line(s, buf_text(&s->log.rest));
	buf_clear(&s->log.rest);
}
