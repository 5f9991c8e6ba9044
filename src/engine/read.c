/* Reading: where a resource stands, by as many reads as its kind needs. */
#include "config.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CLOSED_BUDGET 45.0  /* an address of a cluster's own may be closed to this machine: it would stay so */
#define BY_HAND_BUDGET 20.0 /* what a person does is asked for again anyway */

/* Destroying goes on past what cannot be read when its parent is gone already. */
static bool parent_gone(const struct step *s)
{
	bool goes = step_goes(s);
	for (size_t i = 0; goes && i < s->resource->need_count; i++)
		if (step_need(s, i)->gone)
			return true;
	return false;
}

/* SHA-256 in hexadecimal digits, to be freed. */
static char *hash_of(const char *bytes, size_t len)
{
	unsigned char sum[crypto_hash_sha256_BYTES];
	char *hex = xcalloc(1, 2 * sizeof sum + 1);
	crypto_hash_sha256(sum, (const unsigned char *)(bytes ? bytes : ""), bytes ? len : 0);
	return sodium_bin2hex(hex, 2 * sizeof sum + 1, sum, sizeof sum);
}

void step_decode(struct step *s, const struct api_result *r)
{
	observation_free(&s->seen);
	const struct kind *k = s->resource->kind;
	const char *to = r->raw && k->page ? http_header(r->raw, "Location") : NULL;
	char *sum = k->page ? hash_of(r->text, r->text_len) : NULL;
	cJSON *page = k->page ? json_make("{'location':%s,'text':%s,'sha256':%s}", to ? to : "", r->text ? r->text : "", sum)
			      : NULL;
	k->decode(&s->view, r->http, page ? page : r->reply, &s->seen);
	cJSON_Delete(page);
	free(sum);
}

static void decide_by(struct step *s, const struct api_result *r);

static void on_seen_more(void *arg, const struct api_result *r)
{
	struct step *s = arg;
	s->call = 0;
	if (!r->http) {
		step_fail(s, &r->err);
		return;
	}
	s->resource->kind->decode_more(&s->view, r->http, r->reply, &s->seen);
	decide_by(s, r);
}

/* Is there more to read of what is there? Then it is asked for. */
static bool reads_more(struct step *s)
{
	const struct kind *k = s->resource->kind;
	struct call c = {0};
	if (k->observe_more && s->seen.presence == PRESENT_YES)
		k->observe_more(&s->view, &s->seen, &c);
	bool more = c.method || c.fault;
	if (c.fault)
		step_faulty(s, c.fault);
	else if (more)
		s->call = api_call(s->run->api, &c, &(struct api_policy){.just_enabled = s->run->enabled}, on_seen_more, s);
	call_free(&c);
	return more;
}

static void on_seen(void *arg, const struct api_result *r)
{
	struct step *s = arg;
	s->call = 0;
	if (r->tries > 1 && s->lag_since <= 0) /* the cloud made it wait: an API that was coming up, a rate limit */
		s->work += step_now(s) - s->asked_at;
	if (!r->http && !s->resource->kind->by_hand) {
		step_fail(s, &r->err);
		return;
	}
	step_decode(s, r);
	decide_by(s, r);
}

/* It is taken to stand where all that it needs does. */
static void pass_over(struct step *s)
{
	for (size_t i = 0; i < s->resource->need_count; i++)
		if (step_need(s, i)->change.verdict == VERDICT_CREATE)
			s->verdict = s->change.verdict = VERDICT_CREATE;
	step_end(s, s->verdict == VERDICT_CREATE ? RESULT_DIFFERS : RESULT_KEPT);
}

static bool hidden(const struct step *s, int http)
{
	const struct kind *k = s->resource->kind;
	return !s->run->mode->changes && k->hidden && k->hidden(&s->view, http);
}

/* What was read, the last reply of it being r. */
static void decide_by(struct step *s, const struct api_result *r)
{
	if (reads_more(s))
		return;
	if (s->vague && s->seen.presence == PRESENT_UNKNOWN)
		s->seen.presence = PRESENT_NO;
	if (s->seen.presence != PRESENT_UNKNOWN) {
		step_decide(s);
	} else if (parent_gone(s)) {
		s->seen.presence = PRESENT_NO;
		step_decide(s);
	} else if (s->run->mode->builds && step_lags(s, r->http, r->error.message)) {
		step_lag_pause(s);
	} else if (hidden(s, r->http)) {
		pass_over(s);
	} else if (r->err.exit) {
		step_fail(s, &r->err);
	} else {
		step_decide(s);
	}
}

void step_faulty(struct step *s, const char *fault)
{
	step_fail_as(s, EXIT_BUG, NULL, _("no request can be made for %s (%s): %s."), s->resource->id, s->resource->kind->id,
		     fault);
}

/* Did the one that enables APIs see that the one this URL leads to is off? Where its own is off it saw nothing. */
static bool seen_off(const struct step *enabler, const char *url)
{
	const struct change *c = &enabler->change;
	const cJSON *service, *services = enabler->seen.off ? NULL : json_at(enabler->resource->spec, "services");
	cJSON_ArrayForEach(service, services) {
		bool off = c->verdict == VERDICT_CREATE; /* none of them is on */
		for (size_t i = 0; i < c->count; i++)
			off |= c->verdict == VERDICT_UPDATE && !strcmp(c->differences[i].path, service->valuestring);
		char *root = xasprintf("https://%s/", service->valuestring);
		bool leads = !strncmp(url, root, strlen(root));
		free(root);
		if (leads)
			return off;
	}
	return false;
}

/* An API that is off says nothing of what it has: the survey need not ask it for each. */
static bool api_is_off(const struct step *s, const struct call *c)
{
	const struct run *r = s->run;
	const struct kind *k = s->resource->kind;
	bool asks = r->surveying && r->mode->builds && (k->create || k->update) && !k->enables, off = false;
	for (size_t i = 0; i < r->count && asks; i++) {
		const struct step *other = &r->steps[i];
		off |= other->resource->kind->enables && other->phase == PHASE_OVER && seen_off(other, c->url);
	}
	return off;
}

void step_read(struct step *s)
{
	struct call c = {0};
	s->resource->kind->observe(&s->view, &c);
	if (c.fault) {
		step_faulty(s, c.fault);
		call_free(&c);
		return;
	}
	if (!c.method) {
		step_fail_as(s, EXIT_BUG, NULL,
			     _("%s cannot be asked for: its kind %s does not know what the plan says of it."), s->resource->id,
			     s->resource->kind->id);
		return;
	}
	if (api_is_off(s, &c)) {
		call_free(&c);
		s->seen.presence = PRESENT_NO;
		s->seen.off = true;
		step_decide(s);
		return;
	}
	s->asked_at = step_now(s);
	double budget = s->resource->kind->by_hand               ? BY_HAND_BUDGET
			: c.audience == AUDIENCE_CLUSTER && c.ca ? CLOSED_BUDGET
								 : 0;
	struct api_policy policy = {.just_enabled = s->run->enabled, .budget = budget};
	if (step_take_lock(s, c.url))
		s->call = api_call(s->run->api, &c, &policy, on_seen, s);
	call_free(&c);
}
