/* Requests that change something: intended in the journal, sent once, looked after when their outcome is not known; and the operations that
 * they start. */
#include "config.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/moment.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONFLICTS_MAX 10
#define TAKEN_MAX 3 /* a name is taken that is not seen: not yet, or it is somebody else's */
#define UNKNOWNS_MAX 10
#define VANISHED_MAX 3
#define LONG_POLL 150.0
#define UPLOAD_TIMEOUT 900.0

/* The journal cannot be written: nothing more is changed, what is under way is followed to its end. */
static bool noted(struct step *s, bool ok, struct err *e)
{
	if (!ok)
		run_stop(s->run, e);
	err_free(e);
	return ok;
}

static void outcome(struct step *s, const char *what)
{
	struct err e = {0};
	if (s->run->journal && strcmp(s->changing.method, "GET"))
		noted(s, journal_outcome(s->run->journal, s->resource->id, what, &e), &e);
}

/* Operations ----------------------------------------------------------------------------------------------------------------- */

static void poll_operation(struct step *s);

/* How long the cloud itself says that it worked; else until it was last seen at work. */
static double worked_by(const struct step *s, const cJSON *reply)
{
	static const char *const pairs[][2] = {{"insertTime", "endTime"},
					       {"startTime", "endTime"},
					       {"createTime", "finishTime"},
					       {"metadata.createTime", "metadata.endTime"},
					       {"metadata.build.createTime", "metadata.build.finishTime"}};
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		double from = moment_read(json_str(reply, pairs[i][0], NULL)),
		       to = moment_read(json_str(reply, pairs[i][1], NULL));
		if (from >= 0 && to >= from)
			return to - from;
	}
	double until = s->operation.wait_url ? step_now(s) : s->not_done_at;
	return until > s->operation_since ? until - s->operation_since : 0;
}

/* Codes of operations that failed for a reason that passes. */
static bool passes(const struct operation *op)
{
	static const char *const codes[] = {"RESOURCE_NOT_READY", "10", "14", "ABORTED", "UNAVAILABLE", NULL};
	for (size_t i = 0; codes[i]; i++)
		if (!strcmp(op->error_code, codes[i]))
			return true;
	return strstr(op->error, "160009") && strstr(op->error, "with failed services");
}

static void operation_failed(struct step *s, const struct operation *op)
{
	bool again = passes(op) && s->conflicts++ < CONFLICTS_MAX;
	outcome(s, "failed");
	free(s->failure);
	free(s->failure_code);
	s->confirmed = false;
	s->failure = again ? NULL : xstrdup(op->error);
	s->failure_code = again ? NULL : xstrdup(op->error_code);
	if (s->intent == VERDICT_DELETE && !again)
		step_destroy_refused(s, 0, op->error_code, op->error);
	else
		step_pause(s, again ? fmin(pow(2, s->conflicts), 16) : 0, step_read);
}

static void operation_ended(struct step *s, const struct operation *op, const cJSON *reply)
{
	step_worked(s, worked_by(s, reply));
	s->changed = step_now(s);
	if (op->error) {
		operation_failed(s, op);
		return;
	}
	outcome(s, "done");
	s->confirmed = true;
	s->rereads = 0;
	step_read(s);
}

static void poll_later(struct step *s)
{
	double elapsed = step_now(s) - s->operation_since;
	if (elapsed > step_deadline(s)) {
		struct err e = {0};
		err_set(&e, EXIT_TRYAGAIN, s->resource->id,
			session_is_rehearsal(s->run->session) ? _("The next rehearsal begins anew.")
							      : _("Run apply again: it goes on watching this operation."),
			_("operation %s has not ended after %.0f minutes."), s->operation.name, elapsed / 60);
		step_fail(s, &e);
		err_free(&e);
		return;
	}
	/* A long poll comes back when there is something to say, or at once and says nothing: then it is not asked again at once. */
	bool waited = s->operation.wait_url && step_now(s) - s->polled_at >= 1;
	step_pause(s, waited ? 0 : step_interval(s, elapsed), poll_operation);
}

/* The operation is not known any more: the resource itself tells. */
static void operation_gone(struct step *s)
{
	outcome(s, "unknown");
	s->confirmed = false;
	step_read(s);
}

static void on_polled(void *arg, const struct api_result *r)
{
	struct step *s = arg;
	struct operation op;
	s->call = 0;
	bool no_wait = s->operation.wait_url && (r->http == 400 || r->http == 404 || r->http == 405 || r->http == 501);
	if (no_wait) {
		free(s->operation.wait_url);
		s->operation.wait_url = NULL;
		poll_operation(s);
	} else if (r->http == 404 && ++s->vanished < VANISHED_MAX) {
		poll_later(s);
	} else if (r->http == 404) {
		operation_gone(s);
	} else if (r->http / 100 != 2 && s->operation.wait_url) {
		free(s->operation.wait_url); /* a long poll that breaks: short ones go through */
		s->operation.wait_url = NULL;
		poll_later(s);
	} else if (r->http / 100 != 2) {
		step_fail(s, &r->err);
	} else if (!operation_decode(s->changing.dialect, s->operation.poll_url, r->reply, &op)) {
		operation_gone(s);
	} else if (op.done) {
		step_follow(s, r->reply, true);
		operation_ended(s, &op, r->reply);
		operation_free(&op);
	} else {
		s->vanished = 0;
		s->not_done_at = step_now(s);
		step_follow(s, r->reply, false);
		operation_free(&op);
		poll_later(s);
	}
}

static void poll_operation(struct step *s)
{
	struct call c = {0};
	const char *wait = s->operation.wait_url;
	cJSON *body = wait && s->changing.dialect == DIALECT_RUN ? json_make("{'timeout':'30s'}") : NULL;
	call_set_url(&c, DIALECT_NONE, wait ? "POST" : "GET", body, wait ? wait : s->operation.poll_url);
	s->polled_at = step_now(s);
	s->call = api_call(s->run->api, &c,
			   &(struct api_policy){.timeout = wait ? LONG_POLL : 0,
						.just_enabled = s->run->enabled,
						.no_retry_unknown = wait != NULL},
			   on_polled, s);
	call_free(&c);
}

static void operation_begins(struct step *s, struct operation *op, const cJSON *reply)
{
	struct err e = {0};
	operation_free(&s->operation);
	s->operation = *op;
	s->operation_since = s->not_done_at = step_now(s);
	s->vanished = 0;
	if (s->run->journal)
		noted(s, journal_operation(s->run->journal, s->resource->id, op, &e), &e);
	step_follow(s, reply, false);
	step_set_phase(s, PHASE_POLLING, NULL);
	run_wake(s->run);
	if (s->operation.wait_url)
		poll_operation(s);
	else
		poll_later(s);
}

static void make_call(struct step *s)
{
	const struct kind *k = s->resource->kind;
	call_free(&s->changing);
	if (s->back.begun)
		k->back(&s->view, &s->seen, &s->changing);
	else if (s->intent == VERDICT_DELETE)
		k->destroy(&s->view, &s->seen, &s->changing);
	else if (s->intent == VERDICT_UPDATE)
		k->update(&s->view, &s->seen, &s->change, &s->changing);
	else
		k->create(&s->view, &s->seen, &s->changing);
}

void step_resume(struct step *s, const struct journal_intent *intent)
{
	struct operation op = {0};
	s->intent = VERDICT_CREATE;
	make_call(s); /* where its operations are asked for; the journal only knows their names */
	if (!s->changing.url || !operation_locate(s->changing.dialect, s->changing.url, intent->operation, &op)) {
		step_read(s);
		return;
	}
	operation_free(&s->operation);
	s->operation = op;
	s->operation_since = s->not_done_at = step_now(s);
	s->verdict = VERDICT_CREATE;
	s->sent = true;
	step_set_phase(s, PHASE_POLLING, _("An earlier run started this; it is followed to its end."));
	poll_operation(s);
}

/* Replies -------------------------------------------------------------------------------------------------------------------- */

/* Deleted and made again is replaced; made and then completed is made. */
static void note_verdict(struct step *s)
{
	bool replaced = s->verdict == VERDICT_DELETE || s->verdict == VERDICT_REPLACE;
	if (s->intent == VERDICT_CREATE || s->verdict == VERDICT_KEEP)
		s->verdict = replaced ? VERDICT_REPLACE : s->intent;
}

static void on_withdrawn(void *arg, const struct api_result *r)
{
	struct step *s = arg;
	s->call = 0;
	outcome(s, r->http / 100 == 2 ? "done" : "refused");
	step_met_another(s);
}

/* The reply tells that another run made one too, a moment before: this one takes its own back. */
static bool withdraws(struct step *s, const struct api_result *r)
{
	const struct kind *k = s->resource->kind;
	struct observation made = {0};
	struct err e = {0};
	if (!k->overtaken || s->intent != VERDICT_CREATE || s->unknowns || s->known_before || s->back.begun)
		return false;
	k->decode(&s->view, r->http, r->reply, &made);
	bool so = k->overtaken(&s->view, &s->seen, &made);
	if (so) {
		call_free(&s->changing);
		k->withdraw(&s->view, &made, &s->changing);
		if (!s->run->journal || noted(s, journal_intend(s->run->journal, s->resource->id, &s->changing, NULL, &e), &e))
			s->call = api_call(s->run->api, &s->changing, &(struct api_policy){.just_enabled = s->run->enabled},
					   on_withdrawn, s);
		else
			step_met_another(s);
	}
	observation_free(&made);
	return so;
}

static void took_effect(struct step *s, const struct api_result *r)
{
	struct operation op;
	s->confirmed = true;
	s->changed = step_now(s);
	s->rereads = 0;
	step_lag_passed(s);
	note_verdict(s);
	if (operation_decode(s->changing.dialect, s->changing.url, r->reply, &op)) {
		if (!op.done) {
			operation_begins(s, &op, r->reply);
			return;
		}
		s->operation_since = s->not_done_at = step_now(s);
		operation_ended(s, &op, r->reply);
		operation_free(&op);
		return;
	}
	outcome(s, "done");
	if (withdraws(s, r))
		return;
	if (!s->resource->kind->reply_tells) {
		step_read(s);
		return;
	}
	step_decode(s, r);
	step_decide(s);
}

/* Another manager owns a field of a cluster's object. */
static bool conflicts(const struct api_result *r)
{
	return r->http == 409 && r->error.message && text_starts(r->error.message, "Apply failed with ");
}

/* That does not pass by itself, and nothing is taken by force. */
static void fail_for_conflict(struct step *s, const struct api_result *r)
{
	struct err e = {0};
	err_set(&e, EXIT_CONFIG, s->resource->id,
		_("The manager that is named has set this field, and mlflow-setup wants another value: take it back there, or "
		  "have that manager give the field up."),
		"%s", r->error.message);
	step_fail(s, &e);
	err_free(&e);
}

static bool fingerprint(const struct api_result *r)
{
	const char *m = r->error.message;
	if (r->error.constraint) /* Compute Engine and Cloud Storage say 412 of an organisation policy too, and that stays */
		return false;
	return r->http == 412 || r->http == 409 ||
	       (r->http == 400 && m && (strstr(m, "Invalid fingerprint") || strstr(m, "Supplied fingerprint does not match")));
}

/* Google's words for a name that is taken; a run that did not ask for it itself has met another one. */
static bool exists_already(const struct api_result *r)
{
	static const char *const reasons[] = {"alreadyExists", "instanceAlreadyExists", "conflict", NULL};
	const char *status = r->error.status ? r->error.status : "", *reason = r->error.reason ? r->error.reason : "";
	bool exists = !strcmp(status, "ALREADY_EXISTS");
	for (size_t i = 0; reasons[i]; i++)
		exists |= !strcmp(reason, reasons[i]);
	return r->http == 409 && exists;
}

static void look_first(struct step *s, double seconds)
{
	s->confirmed = false;
	step_pause(s, seconds, step_read);
}

static void look_after_lag(struct step *s)
{
	s->confirmed = false;
	step_lag_pause(s);
}

/* Asked for again it would be taken still. */
static void fail_as_taken(struct step *s, const struct api_result *r)
{
	struct err e = {0};
	err_set(&e, EXIT_CONFIG, s->resource->id,
		r->err.fix ? r->err.fix : _("Choose another name for the stack, or remove it."), "%s", r->err.what);
	step_fail(s, &e);
	err_free(&e);
}

static void on_changed(void *arg, const struct api_result *r)
{
	struct step *s = arg;
	s->call = 0;
	step_worked(s, step_now(s) - s->polled_at);
	if (r->http / 100 == 2) {
		took_effect(s, r);
		return;
	}
	if (r->unknown) {
		if (++s->unknowns > UNKNOWNS_MAX)
			step_fail(s, &r->err);
		else
			look_first(s, fmin(0.5 * pow(2, s->unknowns), 16));
		return;
	}
	outcome(s, "refused");
	s->collided = exists_already(r) && s->intent == VERDICT_CREATE && !s->unknowns && !s->known_before && !s->replacing;
	if (!r->http) {
		step_fail(s, &r->err);
	} else if (conflicts(r)) {
		fail_for_conflict(s, r);
	} else if (s->collided && s->conflicts >= TAKEN_MAX) {
		fail_as_taken(s, r);
	} else if (fingerprint(r) && s->conflicts < CONFLICTS_MAX) {
		/* Ours already, or somebody else was quicker: look again. */
		look_first(s, s->conflicts ? fmin(pow(2, s->conflicts), 16) : 0);
		s->conflicts++;
	} else if (step_lags(s, r->http, r->error.message)) {
		look_after_lag(s);
	} else {
		step_fail(s, &r->err);
	}
}

/* A kind may answer with its own read when it wants to look again before it writes. */
static void on_read_again(void *arg, const struct api_result *r)
{
	struct step *s = arg;
	s->call = 0;
	if (r->http / 100 != 2) {
		if (r->http && step_lags(s, r->http, r->error.message))
			look_after_lag(s);
		else
			step_fail(s, &r->err);
		return;
	}
	step_decode(s, r);
	s->confirmed = false;
	step_decide(s);
}

static void on_deleted(void *arg, const struct api_result *r)
{
	struct step *s = arg;
	struct operation op;
	s->call = 0;
	if (r->unknown) {
		if (++s->unknowns > UNKNOWNS_MAX)
			step_fail(s, &r->err);
		else
			look_first(s, fmin(0.5 * pow(2, s->unknowns), 16));
		return;
	}
	bool done = r->http / 100 == 2;
	if (done && operation_decode(s->changing.dialect, s->changing.url, r->reply, &op)) {
		s->verdict = VERDICT_DELETE;
		if (!op.done) {
			operation_begins(s, &op, r->reply);
			return;
		}
		operation_ended(s, &op, r->reply);
		operation_free(&op);
		return;
	}
	outcome(s, done ? "done" : "refused");
	step_destroyed(s, r);
}

/* Sending -------------------------------------------------------------------------------------------------------------------- */

static bool only_reads(const struct step *s)
{
	struct call c = {0};
	s->resource->kind->observe(&s->view, &c);
	bool same = !strcmp(s->changing.method, "GET") ||
		    (c.url && !strcmp(c.url, s->changing.url) && !strcmp(c.method, s->changing.method));
	call_free(&c);
	return same;
}

/* The same UUID for a request that an earlier run or try may have sent already: Google then does it once. */
static void choose_request_id(struct step *s)
{
	const struct journal_intent *open = s->run->journal ? journal_pending(s->run->journal, s->resource->id) : NULL;
	bool same = open && open->request_id && journal_is_same(open, &s->changing);
	s->known_before |= open != NULL && !s->sent;
	if (same)
		snprintf(s->request_id, sizeof s->request_id, "%s", open->request_id);
	else if (!s->request_id[0] || !s->unknowns)
		api_uuid(s->request_id);
}

static void send_change(void *arg, struct err *e)
{
	struct step *s = arg;
	struct run *r = s->run;
	struct err journal = {0};
	bool reads = only_reads(s), deletes = s->intent == VERDICT_DELETE;
	if (e->exit == EXIT_PERMISSION && step_permission_spreads(s)) {
		look_after_lag(s);
		return;
	}
	if (e->exit) {
		step_fail(s, e);
		return;
	}
	choose_request_id(s);
	if (!reads && r->journal &&
	    !journal_intend(r->journal, s->resource->id, &s->changing, s->changing.request_id ? s->request_id : NULL,
			    &journal)) {
		run_stop(r, &journal);
		step_fail(s, &journal);
		err_free(&journal);
		return;
	}
	struct api_policy policy = {.no_retry_unknown = !reads,
				    .just_enabled = r->enabled,
				    .request_id = s->request_id,
				    .timeout = s->changing.upload ? UPLOAD_TIMEOUT : 0};
	s->polled_at = step_now(s);
	s->sent |= !reads;
	s->call = api_call(r->api, &s->changing, &policy, deletes ? on_deleted : reads ? on_read_again : on_changed, s);
}

void step_change(struct step *s, enum verdict intent)
{
	struct run *r = s->run;
	struct err e = {0};
	if (r->stopping && !s->back.begun) {
		s->torn = intent == VERDICT_CREATE && s->change.verdict == VERDICT_REPLACE;
		err_set(
		    &s->err, EXIT_INTERRUPTED, s->resource->id, NULL,
		    s->torn
			? _("it was deleted to be made anew, and the run was stopped before it was: it is not there until the "
			    "next apply.")
			: _("the run was stopped before it was changed."));
		step_end(s, RESULT_SKIPPED);
		return;
	}
	if (intent == VERDICT_UPDATE && !s->resource->kind->update)
		err_set(&e, EXIT_GENERAL, s->resource->id, _("Change the answers, or change it back by hand."),
			_("it differs from what is wanted and cannot be changed: %s."),
			s->change.count ? s->change.differences[0].path : "");
	s->intent = intent;
	if (s->resource->kind->back && intent == VERDICT_UPDATE && !s->before && s->seen.found)
		s->view.before = s->before = cJSON_Duplicate(s->seen.found, true);
	if (!e.exit)
		make_call(s);
	if (!e.exit && s->changing.fault) {
		step_faulty(s, s->changing.fault);
		return;
	}
	if (!e.exit && !s->changing.method) { /* destroy has nothing more to do */
		step_destroyed(s, NULL);
		return;
	}
	if (e.exit) {
		step_fail(s, &e);
		err_free(&e);
		return;
	}
	s->rounds++;
	step_set_phase(s, PHASE_CHANGING, NULL);
	vault_need(r->vault, s->changing.body, send_change, s);
}
