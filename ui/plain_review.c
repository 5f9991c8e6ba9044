/* The review as lines: what the plan does, how the checks stand, what is changed before it is built, and the operator's consent. */
#include "config.h"
#include "ui/plain_private.h"
#include "ui/review_parts.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/secret.h"
#include "base/text.h"
#include "engine/lines.h"
#include "plan/show.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>

/* What the plan does ------------------------------------------------------------------------------------------------------------------ */

/* What is more than made or kept is said at once, with why and what people notice of it. */
static void say_notable(struct plain *p)
{
	const cJSON *r;
	cJSON_ArrayForEach(r, json_at(review_plan(p->w), "resources")) {
		enum verdict verdict = plan_json_verdict(r);
		if (verdict == VERDICT_CREATE || verdict == VERDICT_KEEP)
			continue;
		char *words = resources_words(r);
		outside_print(p->out, "%s: %s\n", plan_verdict_word(verdict), words);
		free(words);
		plain_say_particulars(p, r);
	}
}

static void say_errands(struct plain *p)
{
	const cJSON *e;
	cJSON_ArrayForEach(e, json_at(review_plan(p->w), "errands")) {
		if (!json_bool(e, "done", false))
			outside_print(p->out, _("To do by hand: %s\n%s\n"), json_str(e, "title", ""), json_str(e, "paste", ""));
	}
}

static void say_plan(struct plain *p)
{
	const cJSON *version, *plan = review_plan(p->w);
	say_notable(p);
	say_errands(p);
	char *date = plan_prices_date(p->w->draft.plan), *undo = review_undo(p->w);
	outside_print(p->out,
		      _("%d to create, %d to change, %d to delete, %d stay. About $%.0f a month for what runs all the time, by "
			"list prices of %s.\n"),
		      plan_json_count(plan, VERDICT_CREATE),
		      plan_json_count(plan, VERDICT_UPDATE) + plan_json_count(plan, VERDICT_REPLACE),
		      plan_json_count(plan, VERDICT_DELETE), plan_json_count(plan, VERDICT_KEEP),
		      json_num(plan, "monthly_usd", 0), date);
	cJSON_ArrayForEach(version, json_at(plan, "newer"))
		outside_print(p->out, "%s: %s %s\n", _("Newer"), _(question_find(version->string)->title),
			      version->valuestring);
	if (*json_str(plan, "url", ""))
		outside_print(p->out, "%s: %s\n", _("Address"), json_str(plan, "url", ""));
	outside_print(p->out, "%s: %s\n", _("To undo"), undo);
	free(undo);
	free(date);
}

/* How the checks stand: what is in order in a line, what is not with its cure. */
static void say_checks(struct plain *p)
{
	const cJSON *check;
	struct buf fine = {0};
	plain_wait(p, SURVEY_PREFLIGHT);
	plain_wait(p, SURVEY_LIMITS);
	plain_say_failure(p, SURVEY_PREFLIGHT);
	for (size_t at = 0; (check = checks_next(p->w, &at));) {
		if (finding_state(check) == FINDING_OK)
			buf_printf(&fine, "%s%s", fine.len ? ", " : "", json_str(check, "title", ""));
		else if (finding_state(check) == FINDING_WARN)
			outside_print(p->out, _("Not certain: %s: %s %s\n"), json_str(check, "title", ""),
				      json_str(check, "message", ""), json_str(check, "fix", ""));
	}
	if (fine.len)
		outside_print(p->out, _("Checked and in order: %s\n"), buf_text(&fine));
	buf_free(&fine);
	plain_say_failed_checks(p);
}

/* The lines of the review, each with its problem and with what was changed. */
static void say_lines(struct plain *p)
{
	const char *section;
	enum role role;
	for (int n = 0; (section = review_section(p->w, n)); n++) {
		char *words = section_words(p->w->answers, section), *note = review_note(p->w, section, &role),
		     *changes = review_changes(p->w, section, NULL), *rest;
		outside_print(p->out, "  %d  %s: %s%s%s%s\n", n + 1, _(page_find(section)->title), words, *note ? " (" : "",
			      note, *note ? ")" : "");
		if (problem_of(p->w, section))
			outside_print(p->out, _("Problem: %s\n"), problem_of(p->w, section));
		for (char *one = strtok_r(changes, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest))
			outside_print(p->out, "    %s\n", one);
		free(changes);
		free(note);
		free(words);
	}
}

/* The secret -------------------------------------------------------------------------------------------------------------------------- */

/* One line that is not shown, and what is wrong with it; false at the end of the input. */
static bool secret_read(struct plain *p, const struct question *q, char **why)
{
	struct termios old, quiet;
	char line[4096]; /* what a terminal gives at once */
	bool sealed = client_sealed(p->w, q);
	if (sealed)
		outside_print(p->out, _("Passphrase under which %s is sealed (not shown): "), _(q->title));
	else
		outside_print(p->out, _("%s (not shown): "), _(q->title));
	fflush(p->out);
	bool is_tty = tcgetattr(fileno(p->in), &old) == 0;
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (is_tty)
		tcsetattr(fileno(p->in), TCSAFLUSH, &quiet);
	bool came = fgets(line, sizeof line, p->in) && strchr(line, '\n') && !plain_interrupts;
	*why = NULL;
	if (came && *line != '\n') {
		struct secret *typed = secret_copy(line, strcspn(line, "\r\n"));
		*why = sealed ? client_unseal(p->w, q, typed) : client_take(p->w, q, typed);
	}
	if (*why)
		outside_print(p->out, "\n%s", *why);
	if (is_tty)
		tcsetattr(fileno(p->in), TCSAFLUSH, &old);
	explicit_bzero(line, sizeof line);
	fputc('\n', p->out);
	return came;
}

bool plain_ask_secret(struct plain *p)
{
	const struct question *q = review_asks_secret(p->w);
	char *why = NULL;
	bool came = true;
	do {
		free(why);
		why = NULL;
		if (client_wants(p->w, q))
			came = secret_read(p, q, &why);
	} while (came && why);
	free(why);
	p->input_ended = !came && !plain_interrupts;
	return came;
}

/* Consent ----------------------------------------------------------------------------------------------------------------------------- */

/* Data go only when the server's name was typed. */
static bool may_lose(struct plain *p)
{
	char *lost = review_data_lost(p->w);
	bool meant = !*lost;
	if (!meant) {
		outside_print(p->out, _("\nThis deletes data that cannot be brought back: %s.\n"), lost);
		meant = plain_names_server(p);
		review_consent(p->w, meant);
		if (!meant)
			outside_print(p->out, "%s\n", _("That is not its name: nothing is deleted."));
	}
	free(lost);
	return meant;
}

static bool is_refused(const struct plain *p)
{
	return plan_json_count(review_plan(p->w), VERDICT_REFUSE) > 0;
}

/* Enter alone builds where nothing can come of it that was not there before. */
static bool enter_builds(const struct plain *p)
{
	char *lost = review_data_lost(p->w);
	bool loses = *lost;
	free(lost);
	return review_plan(p->w) && !is_refused(p) && !loses && (p->w->options->rehearsal || review_changes_nothing(p->w));
}

/* May it be built? If not, it is said why. */
static bool may_build(struct plain *p)
{
	enum role role;
	char *failed = checks_hold_build(p->w) ? check_words(checks_hold_build(p->w)) : NULL;
	const char *why = !review_plan(p->w)     ? _("This has to be put right first.")
			  : is_refused(p)        ? _("something is in the way: d shows what")
			  : failed               ? failed
			  : client_refused(p->w) ? client_words(p->w, &role)
						 : NULL;
	if (why)
		outside_print(p->out, _("Problem: %s\n"), why);
	free(failed);
	return !why && may_lose(p);
}

/* What is typed at the review. */
enum wish { WISH_BUILD, WISH_BACK, WISH_LEAVE, WISH_LINE, WISH_ALL, WISH_RESOURCES, WISH_AGAIN, WISH_HELP };

static enum wish wish_of(struct plain *p, enum reply r, const char *text)
{
	if (r != REPLY_TEXT)
		return r == REPLY_BACK                         ? WISH_BACK
		       : r == REPLY_DEFAULT && enter_builds(p) ? WISH_BUILD
		       : r == REPLY_HELP || r == REPLY_EMPTY   ? WISH_HELP
							       : WISH_LEAVE;
	if (!strcmp(text, "d") || *text == '/')
		return WISH_RESOURCES;
	if (!strcmp(text, "a") || !strcmp(text, "r"))
		return *text == 'a' ? WISH_ALL : WISH_AGAIN;
	if (atoi(text) > 0)
		return WISH_LINE;
	return text_yes_no(text) == 1 ? WISH_BUILD : text_yes_no(text) == 0 ? WISH_LEAVE : WISH_HELP;
}

/* The review is due anew where an answer was changed. */
static enum decision change(struct plain *p, const char *section)
{
	char *before = json_text(p->w->answers->values, -1);
	bool stays = plain_settings(p, section);
	char *after = json_text(p->w->answers->values, -1);
	bool same = !strcmp(before, after);
	free(after);
	free(before);
	return !stays ? DECISION_LEAVE : same ? DECISION_STAY : DECISION_AGAIN;
}

/* Does what is asked for; DECISION_STAY: the question is asked again. */
static enum decision act(struct plain *p, enum wish wish, const char *text)
{
	const char *section = wish == WISH_LINE ? review_section(p->w, atoi(text) - 1) : NULL;
	if (wish == WISH_BUILD && review_stale(p->w)) /* what was found meanwhile changed an answer */
		return DECISION_AGAIN;
	switch (wish) {
	case WISH_BUILD:
		return may_build(p) ? DECISION_BUILD : p->input_ended ? DECISION_LEAVE : DECISION_STAY;
	case WISH_BACK:
		return DECISION_BACK;
	case WISH_LEAVE:
		return DECISION_LEAVE;
	case WISH_LINE:
	case WISH_ALL:
		if (wish == WISH_LINE && !section)
			return DECISION_STAY;
		return change(p, section);
	case WISH_RESOURCES:
		if (!review_plan(p->w))
			return DECISION_STAY;
		return plain_resources(p, *text == '/' ? text + 1 : "") ? DECISION_STAY : DECISION_LEAVE;
	case WISH_AGAIN:
		wizard_surveys_again(p->w);
		return DECISION_AGAIN;
	case WISH_HELP:
		break;
	}
	outside_print(p->out, _("Nothing has been created so far. %s creates what is listed."), _("yes"));
	fputc('\n', p->out);
	return DECISION_STAY;
}

/* Enter builds in a rehearsal, and where nothing changes: otherwise the word itself is asked for. */
static enum decision decide(struct plain *p)
{
	enum decision d = DECISION_STAY;
	char *words = review_build_words(p->w);
	say_lines(p);
	outside_print(p->out, "%s: %s\n", review_deed(p->w), words);
	free(words);
	while (d == DECISION_STAY) {
		char *text;
		outside_print(
		    p->out,
		    _("A number changes that line; a lists all settings; d lists the resources, /TEXT those that hold TEXT; r "
		      "looks again; %s builds; < goes back."),
		    _("yes"));
		outside_print(p->out, "\n%s [%s] ", p->w->options->rehearsal ? _("Build now (rehearsal)?") : _("Build now?"),
			      enter_builds(p) ? _("yes") : _("no"));
		enum reply r = plain_reply(p, &text);
		d = act(p, wish_of(p, r, text), text);
		free(text);
	}
	return d;
}

static void say_title(struct plain *p)
{
	if (review_of_standing(p->w)) {
		p->w->page = wizard_page_index("review");
		outside_print(p->out, "\n%s\n", _(wizard_pages[p->w->page].title));
	} else {
		plain_page(p, "review");
	}
}

enum decision plain_review(struct plain *p)
{
	say_title(p);
	draft_settle(p->w);
	review_start(p->w);
	for (double told = -PLAIN_HEARTBEAT; review_planning(p->w) && !plain_interrupts; plain_turn(p))
		plain_say_waiting(p, _("looking at what is there already..."), &told);
	if (plain_interrupts)
		return DECISION_LEAVE;
	if (review_plan(p->w)) {
		say_plan(p);
		say_checks(p);
	} else {
		char *text = wizard_sentence(review_err(p->w)), *shown = with_titles(text);
		outside_print(p->out, _("Problem:\n%s\n"), shown);
		free(shown);
		free(text);
	}
	return plain_interrupts ? DECISION_LEAVE : decide(p);
}
