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

#define PATIENCE 20.0 /* seconds: they are worth no more */

struct policy_read {
	struct run *run;
	unsigned long call;
};

struct run_policies {
	struct limits *limits;
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

static void judge(struct run *r)
{
	void (*then)(struct run * r, bool refused) = r->policies->then;
	cJSON *findings = limits_findings(r->policies->limits);
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
	if (limits_take(r->policies->limits, (size_t)(read - r->policies->reads), result->http, result->reply,
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
	read->call = api_call(r->api, &c, &(struct api_policy){.budget = PATIENCE}, on_policy, read);
	call_free(&c);
}

/* Those that are met by what this run makes; NULL for none. Where nobody is above the project nobody could forbid anything. */
static struct limits *limits_met(const struct run *r)
{
	bool *made = xcalloc(r->count + 1, sizeof *made);
	for (size_t i = 0; i < r->count; i++) {
		const struct step *s = &r->steps[i];
		made[i] = s->change.verdict == VERDICT_CREATE && !s->resource->unwanted && !s->left_out;
	}
	struct limits *l = limits_of_made(r->plan, made, json_at(r->project, "parent") != NULL);
	free(made);
	if (limits_count(l))
		return l;
	limits_free(l);
	return NULL;
}

void run_try_policies(struct run *r, void (*then)(struct run *r, bool refused))
{
	struct limits *l = limits_met(r);
	if (!l) {
		then(r, false);
		return;
	}
	size_t n = limits_count(l);
	struct run_policies *p = r->policies = xcalloc(1, sizeof *p);
	*p = (struct run_policies){.limits = l, .reads = xcalloc(n, sizeof *p->reads), .left = n, .then = then};
	for (size_t i = 0; i < n; i++) {
		p->reads[i].run = r;
		ask_policy(&p->reads[i]);
	}
}
