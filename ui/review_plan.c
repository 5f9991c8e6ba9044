/* What the review knows: the plan, which is made beside it, and what the operator changed since the file was read. */
#include "config.h"
#include "ui/review_parts.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sealed.h"
#include "engine/lines.h"
#include "plan/show.h"

#include <stdlib.h>
#include <string.h>

struct review *review_own(const struct wizard *w)
{
	return view_own(w, &review_view);
}

const char *review_kind(const cJSON *r)
{
	const struct kind *k = kind_find(json_str(r, "kind", ""));
	return k ? _(k->title) : json_str(r, "kind", "");
}

/* Making the plan -------------------------------------------------------------------------------------------------------------------- */

const cJSON *review_plan(const struct wizard *w)
{
	return review_own(w)->plan;
}

const struct err *review_err(const struct wizard *w)
{
	return &review_own(w)->err;
}

bool review_planning(const struct wizard *w)
{
	const struct review *v = review_own(w);
	return v->run && !v->plan && !v->err.exit;
}

void review_agree(struct wizard *w, bool agreed)
{
	review_own(w)->agreed = agreed;
}

bool review_agreed(const struct wizard *w)
{
	return review_own(w)->agreed;
}

void review_consent(struct wizard *w, bool given)
{
	review_own(w)->consent = given;
}

bool review_consented(const struct wizard *w)
{
	return review_own(w)->consent;
}

const struct question *review_asks_secret(const struct wizard *w)
{
	return review_own(w)->asks_secret;
}

void review_stop(struct wizard *w)
{
	struct review *v = review_own(w);
	if (v->run)
		run_free(v->run);
	v->run = NULL;
	cJSON_Delete(v->plan);
	v->plan = NULL;
	err_free(&v->err);
	free(v->failure);
	v->failure = NULL;
	v->agreed = false;
	v->asks_secret = NULL;
}

void review_forget(struct wizard *w)
{
	review_stop(w);
	free(review_own(w)->of);
}

void review_start(struct wizard *w)
{
	struct review *v = review_own(w);
	review_stop(w);
	w->work.active = false; /* what comes now is the plan's */
	v->consent = false;
	free(v->of);
	v->of = json_text(w->answers->values, -1);
	if (!answers_check(w->answers, NULL, &v->err))
		return;
	if (!w->session) {
		err_set(&v->err, w->sign_in.exit ? w->sign_in.exit : EXIT_CONFIG, NULL, w->sign_in.fix, "%s",
			w->sign_in.what ? w->sign_in.what : _("There is no connection to the cloud."));
		return;
	}
	struct run_options o = {.verb = RUN_PLAN,
				.answers = w->answers,
				.file = w->options->file,
				.save = wizard_save_run,
				.event = wizard_event,
				.arg = w,
				.secret = wizard_secret};
	v->run = run_start(w->session, &o, &v->err);
}

/* Which secret that the operator types is about to be stored? One that stands is kept, and not asked for again. */
static const struct question *typed_secret(const struct plan *p, const struct change *const *changes)
{
	for (size_t i = 0; i < p->secret_count; i++) {
		const struct plan_secret *s = &p->secrets[i];
		const struct resource *keeper = s->keeper ? plan_find(p, s->keeper) : NULL;
		bool by_hand = s->reference && (!strcmp(s->reference, "prompt") || sealed_is(s->reference));
		if (!by_hand || !keeper)
			continue;
		const struct change *c = changes[keeper - p->resources];
		if (!c || c->verdict != VERDICT_KEEP)
			return question_find(s->question);
	}
	return NULL;
}

int review_planned(const struct wizard *w, enum verdict verdict)
{
	return plan_json_count(review_own(w)->plan, verdict);
}

bool review_changes_nothing(const struct wizard *w)
{
	static const enum verdict writes[] = {VERDICT_CREATE, VERDICT_UPDATE, VERDICT_REPLACE, VERDICT_DELETE};
	int sum = 0;
	for (size_t i = 0; i < sizeof writes / sizeof *writes; i++)
		sum += review_planned(w, writes[i]);
	/* what is in the way keeps a change from being made, and of what was not looked at none is known */
	return review_own(w)->plan && !sum && !review_planned(w, VERDICT_REFUSE) && !review_planned(w, VERDICT_UNKNOWN);
}

char *review_data_lost(const struct wizard *w)
{
	struct buf names = {0};
	const cJSON *r;
	cJSON_ArrayForEach(r, json_at(review_own(w)->plan, "resources")) {
		enum verdict verdict = plan_json_verdict(r);
		if (json_bool(r, "keeps_data", false) && (verdict == VERDICT_DELETE || verdict == VERDICT_REPLACE))
			buf_printf(&names, "%s%s %s", names.len ? ", " : "", review_kind(r), json_str(r, "name", ""));
	}
	char *text = xstrdup(buf_text(&names));
	buf_free(&names);
	return text;
}

static void take_plan(struct review *v)
{
	const struct plan *p = run_plan(v->run);
	if (!p)
		return;
	const struct change **changes = xcalloc(p->count + 1, sizeof *changes);
	for (size_t i = 0; i < p->count; i++)
		changes[i] = run_change(v->run, i);
	v->plan = plan_json(p, changes);
	put_titles(v->plan);
	v->asks_secret = typed_secret(p, changes);
	free(changes);
}

void review_event(struct wizard *w, const cJSON *e)
{
	const char *message = json_str(e, "message", "");
	if (!*message || (event_state(e) != STATE_FAILED && event_name(e) != EVENT_RESULT))
		return;
	free(review_own(w)->failure);
	review_own(w)->failure = xstrdup(message);
}

bool review_stale(const struct wizard *w)
{
	char *now = json_text(w->answers->values, -1);
	bool stale = review_own(w)->of && strcmp(review_own(w)->of, now) != 0;
	free(now);
	return stale;
}

bool review_waits(struct wizard *w, bool stale)
{
	if (stale) {
		review_agree(w, false);
		wizard_say(w, ROLE_WARN, _("One moment: the plan is not ready."));
	}
	return stale;
}

void review_settle(struct wizard *w)
{
	struct review *v = review_own(w);
	if (wizard_on(w, "review") && !w->over && review_stale(w))
		review_start(w);
	if (!v->run || v->plan || v->err.exit || !run_finished(v->run))
		return;
	enum exit_code code = run_exit(v->run);
	if (code == EXIT_DONE || code == EXIT_CHANGES)
		take_plan(v);
	if (!v->plan)
		err_set(&v->err, code ? code : EXIT_GENERAL, NULL, _("r looks again."), "%s",
			v->failure ? v->failure : _("The project could not be read: check the sign-in and the project."));
}

/* Differences ------------------------------------------------------------------------------------------------------------------------- */

const struct question *review_decides(const struct wizard *w, const char *resource)
{
	const struct plan *p = review_own(w)->run ? run_plan(review_own(w)->run) : NULL;
	const struct resource *of = p ? plan_find(p, resource) : NULL;
	return of && of->decided_by ? question_find(of->decided_by) : NULL;
}

/* What people notice of the change of what a section decides about, as the plan knows it: "The database restarts...". */
static void add_downtime(const struct wizard *w, const char *section, struct buf *b)
{
	const cJSON *r;
	cJSON_ArrayForEach(r, json_at(review_own(w)->plan, "resources")) {
		const struct question *q = review_decides(w, json_str(r, "id", ""));
		const char *notice = json_str(r, "downtime", "");
		if (*notice && q && !strcmp(q->page, section))
			buf_printf(b, "%s%s", b->len ? "\n" : "", notice);
	}
}

char *review_undo(const struct wizard *w)
{
	return w->options->rehearsal ? xstrdup(_("not needed: all of it ends with the rehearsal"))
				     : lines_command("destroy", false, w->options->file);
}

char *review_downtime(const struct wizard *w)
{
	const cJSON *r;
	struct buf b = {0};
	cJSON_ArrayForEach(r, json_at(review_own(w)->plan, "resources")) {
		const char *notice = json_str(r, "downtime", "");
		if (*notice && !strstr(buf_text(&b), notice))
			buf_printf(&b, "%s%s", b.len ? "\n" : "", notice);
	}
	char *text = xstrdup(buf_text(&b));
	buf_free(&b);
	return text;
}

char *review_changes(const struct wizard *w, const char *section, const char *to)
{
	struct buf b = {0};
	for (const struct question *q = questions; w->before && q->id; q++) {
		if (strcmp(q->page, section) != 0 || json_equal(answers_get(w->before, q->id), answers_get(w->answers, q->id)))
			continue;
		char *was = answers_words(w->before, q), *now = answers_words(w->answers, q);
		char *text = difference_words(_(q->title), *was ? was : _("none"), *now ? now : _("none"), to);
		buf_printf(&b, "%s%s", b.len ? "\n" : "", text);
		free(text);
		free(was);
		free(now);
	}
	if (b.len)
		add_downtime(w, section, &b);
	return buf_take(&b);
}

bool review_has_changes(const struct wizard *w)
{
	bool any = false;
	for (const struct page *p = pages; p->id && !any; p++) {
		char *changes = review_changes(w, p->id, NULL);
		any = *changes;
		free(changes);
	}
	return any;
}
