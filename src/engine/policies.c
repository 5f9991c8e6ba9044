/* Quotas and organisation policies are looked at before anything is made: some are met only when the database stands and is paid for. Who may not read
 * the policies is told so. */
#include "config.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/limits.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE 20.0       /* seconds: they are worth no more */
#define LATE_PATIENCE 120.0 /* the same while an API comes on: nobody waits for them */

struct policy_read {
	struct run *run;
	unsigned long call;
};

struct run_policies {
	struct limits *limits; /* of what is to be made; late: that says what to read alone */
	bool late;             /* the steps go on meanwhile */
	struct policy_read *reads;
	size_t left;
	void (*then)(struct run *r, bool refused);
};

void run_policies_stop(struct run *r)
{
	struct run_policies *p = r->policies;
	if (!p)
		return;
	for (size_t i = 0; i < limits_count(p->limits); i++)
		api_cancel(r->api, p->reads[i].call);
	limits_free(p->limits);
	free(p->reads);
	free(p);
	r->policies = NULL;
}

/* At the step that would be refused, with whatever else is in its way; true when there is one. */
static bool refuse(struct run *r, const cJSON *finding)
{
	struct step *s = run_step(r, json_str(finding, "resource", ""));
	if (!s || s->left_out)
		return false;
	bool more = s->err.exit != EXIT_DONE;
	char *what = more ? xasprintf("%s; %s", s->err.what, json_str(finding, "message", ""))
			  : xstrdup(json_str(finding, "message", "")),
	     *fix = more ? xasprintf("%s; %s", s->err.fix ? s->err.fix : "", json_str(finding, "command", ""))
			 : xasprintf("%s %s", json_str(finding, "fix", ""), json_str(finding, "command", ""));
	err_free(&s->err);
	err_set(&s->err, EXIT_CONFIG, s->resource->id, fix, "%s", what);
	free(what);
	free(fix);
	return true;
}

static void tell_unread(struct run *r, const char *why)
{
	char *line = xasprintf(_("Whether an organisation policy forbids any of this cannot be told before it is made: %s"),
			       why);
	cJSON *e = run_event(r, "log");
	json_put_str(e, "id", "policies");
	event_text(r, e, "line", line);
	run_send(r, e);
	free(line);
}

/* What waits for its turn and would be met by a quota fails now. Without it the stack cannot stand: nothing more is begun, least of all what is dear. */
static void fail_early(struct run *r, const cJSON *findings)
{
	const cJSON *one;
	bool stops = false;
	for (int told = 0; told < 2; told++)
		cJSON_ArrayForEach(one, findings) {
			struct step *s = run_step(r, json_str(one, "resource", ""));
			if (strcmp(json_str(one, "state", ""), "fail") != 0 || !s || s->phase != PHASE_WAITING)
				continue;
			if (told && s->err.exit) {
				step_end(s, RESULT_FAILED);
				stops |= !s->resource->optional;
			} else if (!told) {
				refuse(r, one);
			}
		}
	r->stopping |= stops;
	run_wake(r);
}

/* Those that this run makes; late: and that were not begun. */
static bool *made_by(const struct run *r, bool late)
{
	bool *made = xcalloc(r->count + 1, sizeof *made);
	for (size_t i = 0; i < r->count; i++) {
		const struct step *s = &r->steps[i];
		made[i] = s->change.verdict == VERDICT_CREATE && !s->resource->unwanted && !s->left_out &&
			  (!late || s->phase == PHASE_WAITING);
	}
	return made;
}

/* What was begun since the request may be part of what is used, and is not needed any more. */
static void take_late(struct run *r, size_t i, const struct api_result *result)
{
	bool *made = made_by(r, true);
	struct limits *l = limits_of_made(r->plan, made, false);
	if (i < limits_count(l)) {
		limits_take(l, i, result->http, result->reply, result->err.what);
		cJSON *findings = limits_findings(l);
		fail_early(r, findings);
		cJSON_Delete(findings);
	}
	limits_free(l);
	free(made);
}

static void judge(struct run *r)
{
	void (*then)(struct run * r, bool refused) = r->policies->then;
	cJSON *findings = limits_findings(r->policies->limits);
	r->quota_hidden = limits_quota_hidden(r->policies->limits);
	const cJSON *one;
	bool refused = false;
	cJSON_ArrayForEach(one, findings) {
		const char *state = json_str(one, "state", ""), *id = json_str(one, "id", "");
		if (!strcmp(state, "fail"))
			refused |= refuse(r, one);
		else if (!strcmp(state, "warn") && !strcmp(id, "policy"))
			tell_unread(r, json_str(one, "message", ""));
	}
	cJSON_Delete(findings);
	run_policies_stop(r);
	then(r, refused);
}

static void ask_policy(struct policy_read *read);

static void on_policy(void *arg, const struct api_result *result)
{
	struct policy_read *read = arg;
	struct run *r = read->run;
	read->call = 0;
	if (r->policies->late) {
		size_t i = (size_t)(read - r->policies->reads);
		if (!--r->policies->left)
			run_policies_stop(r);
		take_late(r, i, result);
	} else if (limits_take(r->policies->limits, (size_t)(read - r->policies->reads), result->http, result->reply,
			       result->err.what))
		ask_policy(read);
	else if (!--r->policies->left)
		judge(r);
}

static void ask_policy(struct policy_read *read)
{
	struct run *r = read->run;
	struct call c = {0};
	limits_call(r->policies->limits, (size_t)(read - r->policies->reads), &c);
	bool late = r->policies->late;
	read->call = api_call(r->api, &c, &(struct api_policy){.budget = late ? LATE_PATIENCE : PATIENCE, .just_enabled = late},
			      on_policy, read);
	call_free(&c);
}

/* Those that are met by what this run makes; NULL for none. Where nobody is above the project nobody could forbid anything. */
static struct limits *limits_met(const struct run *r)
{
	bool *made = made_by(r, false);
	struct limits *l = limits_of_made(r->plan, made, json_at(r->project, "parent") != NULL);
	free(made);
	if (limits_count(l))
		return l;
	limits_free(l);
	return NULL;
}

static void begin(struct run *r, struct limits *l, bool late, void (*then)(struct run *r, bool refused))
{
	size_t n = limits_count(l);
	struct run_policies *p = r->policies = xcalloc(1, sizeof *p);
	*p = (struct run_policies){.limits = l, .late = late, .reads = xcalloc(n, sizeof *p->reads), .left = n, .then = then};
	for (size_t i = 0; i < n; i++) {
		p->reads[i].run = r;
		ask_policy(&p->reads[i]);
	}
}

void run_try_policies(struct run *r, void (*then)(struct run *r, bool refused))
{
	struct limits *l = limits_met(r);
	if (l)
		begin(r, l, false, then);
	else
		then(r, false);
}

void run_try_quotas(struct run *r)
{
	bool stood = json_at(r->options.answers->resolved, "release"); /* what stands behind the API has its part already */
	if (!r->quota_hidden || r->stopping || stood)
		return;
	r->quota_hidden = false;
	bool *made = made_by(r, true);
	struct limits *l = limits_of_made(r->plan, made, false);
	if (limits_count(l))
		begin(r, l, true, NULL);
	else
		limits_free(l);
	free(made);
}
