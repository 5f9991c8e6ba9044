/* The review as lines: what the plan does, what is changed before it is built, and the operator's consent. */
#include "config.h"
#include "ui/plain_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/secret.h"
#include "base/text.h"
#include "plan/show.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>

/* What is different, what that costs those who use it, why it cannot be. */
static void say_particulars(struct plain *p, const cJSON *resource)
{
	static const char *const words[] = {"downtime", "caution", "reason"};
	const cJSON *one;
	cJSON_ArrayForEach(one, json_at(resource, "differences")) {
		char *text = resources_difference(p->w, one, "->");
		outside_print(p->out, "    %s\n", text);
		free(text);
	}
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (*json_str(resource, words[i], ""))
			outside_print(p->out, "    %s\n", json_str(resource, words[i], ""));
}

static void say_resource(struct plain *p, const cJSON *r)
{
	const struct kind *k = kind_find(json_str(r, "kind", ""));
	double usd = json_num(r, "monthly_usd", -1);
	outside_print(p->out, "%s: %s %s", plan_verdict_word(plan_json_verdict(r)), k ? _(k->title) : json_str(r, "kind", ""),
		      json_str(r, "name", ""));
	if (json_bool(r, "billable", false) && usd >= 0.5)
		outside_print(p->out, _(", $%.0f a month"), usd);
	fputc('\n', p->out);
	say_particulars(p, r);
}

/* The plan, or only its resources of which a word or the name holds a text. */
static void say_resources(struct plain *p, const char *holding)
{
	const cJSON *r;
	int count = 0;
	cJSON_ArrayForEach(r, json_at(review_plan(p->w), "resources")) {
		const struct kind *k = kind_find(json_str(r, "kind", ""));
		if (!strcasestr(json_str(r, "name", ""), holding) && !strcasestr(k ? _(k->title) : "", holding) &&
		    !strcasestr(plan_verdict_word(plan_json_verdict(r)), holding))
			continue;
		say_resource(p, r);
		count++;
	}
	if (!count)
		outside_print(p->out, _("  nothing holds %s\n"), holding);
}

static void say_plan(struct plain *p)
{
	const cJSON *r, *plan = review_plan(p->w);
	say_resources(p, "");
	cJSON_ArrayForEach(r, json_at(plan, "errands")) {
		if (!json_bool(r, "done", false))
			outside_print(p->out, _("To do by hand: %s\n%s\n"), json_str(r, "title", ""), json_str(r, "paste", ""));
	}
	char *date = plan_prices_date(p->w->draft.plan);
	outside_print(p->out,
		      _("%d to create, %d to change, %d to delete, %d stay. About $%.0f a month for what runs all the time, by "
			"list prices of %s.\n"),
		      plan_json_count(plan, VERDICT_CREATE),
		      plan_json_count(plan, VERDICT_UPDATE) + plan_json_count(plan, VERDICT_REPLACE),
		      plan_json_count(plan, VERDICT_DELETE), plan_json_count(plan, VERDICT_KEEP),
		      json_num(plan, "monthly_usd", 0), date);
	free(date);
}

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
	bool came = fgets(line, sizeof line, p->in) && !plain_interrupts;
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

/* Data go only when the server's name was typed. */
static bool may_lose(struct plain *p)
{
	char *lost = review_data_lost(p->w);
	if (!*lost) {
		free(lost);
		return true;
	}
	outside_print(p->out, _("\nThis deletes data that cannot be brought back: %s.\n"), lost);
	bool meant = plain_names_server(p);
	review_consent(p->w, meant);
	free(lost);
	return meant;
}

/* The settings that are changed by their number: a section's, or all (section NULL), with filter. */
static const struct question *setting(struct plain *p, const char *section, int n)
{
	for (const struct page *s = pages; s->id; s++) {
		for (const struct question *q = questions; q->id; q++) {
			bool here = !strcmp(q->page, s->id) && (!section || !strcmp(section, s->id)) &&
				    answers_asked(p->w->answers, q);
			if (here && (strcasestr(_(q->title), p->filter) || strcasestr(q->id, p->filter)) && --n == 0)
				return q;
		}
	}
	return NULL;
}

static void say_settings(struct plain *p, const char *section)
{
	const struct question *q;
	for (int n = 1; (q = setting(p, section, n)); n++) {
		char *now = answers_words(p->w->answers, q);
		outside_print(p->out, "  %d  %s: %s\n", n, _(q->title), now);
		free(now);
	}
}

bool plain_settings(struct plain *p, const char *section)
{
	free(p->filter);
	p->filter = xstrdup("");
	say_settings(p, section);
	for (;;) {
		char *text;
		outside_print(p->out, "%s ", _("Number to change, /TEXT to narrow, Enter to go back:"));
		enum reply r = plain_reply(p, &text);
		const struct question *q = r == REPLY_TEXT ? setting(p, section, atoi(text)) : NULL;
		bool narrowed = r == REPLY_TEXT && *text == '/';
		if (narrowed) {
			free(p->filter);
			p->filter = xstrdup(text + 1);
		}
		free(text);
		if (r == REPLY_QUIT)
			return false;
		if (r == REPLY_DEFAULT || r == REPLY_BACK)
			return true;
		char *filter = xstrdup(p->filter);
		if (q && !narrowed && plain_ask(p, q) == REPLY_QUIT) {
			free(filter);
			return false;
		}
		free(p->filter);
		p->filter = filter;
		say_settings(p, section);
	}
}

/* The sections of the answers in a line each, as the review on the screen has them. */
static const char *section_at(struct plain *p, int n, bool say)
{
	int count = 0;
	for (const struct page *s = pages; s->id; s++) {
		char *words = section_words(p->w->answers, s->id);
		bool any = *words;
		if (any && ++count && say)
			outside_print(p->out, "  %d  %s: %s\n", count, _(s->title), words);
		free(words);
		if (any && count == n)
			return s->id;
	}
	return NULL;
}

static bool is_refused(const struct plain *p)
{
	return plan_json_count(review_plan(p->w), VERDICT_REFUSE) > 0;
}

/* What is typed at the review. */
enum wish { WISH_BUILD, WISH_BACK, WISH_LEAVE, WISH_SETTINGS, WISH_RESOURCES, WISH_UNKNOWN };

static enum wish wish_of(enum reply r, const char *text, bool enter_builds)
{
	if (r != REPLY_TEXT)
		return r == REPLY_BACK                      ? WISH_BACK
		       : r == REPLY_DEFAULT && enter_builds ? WISH_BUILD
		       : r == REPLY_HELP                    ? WISH_UNKNOWN
							    : WISH_LEAVE;
	if (!strcmp(text, "yes") || !strcasecmp(text, _("yes")))
		return WISH_BUILD;
	if (!strcmp(text, "d") || *text == '/')
		return WISH_RESOURCES;
	return !strcmp(text, "a") || atoi(text) ? WISH_SETTINGS : text_yes_no(text) == 0 ? WISH_LEAVE : WISH_UNKNOWN;
}

/* May it be built? If not, it is said why, and what was in the way is looked at anew. */
static bool may_build(struct plain *p)
{
	const char *why = is_refused(p) ? _("something is in the way: d shows what") : checks_hold_build(p->w);
	if (!why)
		return true;
	outside_print(p->out, _("Problem: %s\n"), why);
	wizard_surveys_again(p->w);
	return false;
}

/* Enter builds in a rehearsal only: otherwise the word itself is asked for. */
static enum decision decide(struct plain *p)
{
	bool enter_builds = p->w->options->rehearsal && !is_refused(p);
	if (review_changes_nothing(p->w) && !p->w->before)
		return DECISION_BUILD;
	section_at(p, 0, true);
	for (;;) {
		char *text;
		outside_print(
		    p->out, "%s\n",
		    _("A number changes that line; a lists all settings; d lists the resources, /TEXT those that hold "
		      "TEXT; yes builds; < goes back."));
		outside_print(p->out, enter_builds ? _("Build now (rehearsal)? [yes] ") : _("Build now? [no] "));
		enum reply r = plain_reply(p, &text);
		enum wish wish = wish_of(r, text, enter_builds);
		const char *section = text ? section_at(p, atoi(text), false) : NULL;
		bool known = wish != WISH_SETTINGS || section || !strcmp(text, "a");
		if (wish == WISH_RESOURCES && *text == '/')
			say_resources(p, text + 1);
		else if (wish == WISH_RESOURCES)
			say_plan(p);
		free(text);
		if (wish == WISH_BUILD && may_build(p))
			return DECISION_BUILD;
		if (wish == WISH_BUILD && is_refused(p))
			return DECISION_AGAIN;
		if (wish == WISH_BACK)
			return DECISION_BACK;
		if (wish == WISH_LEAVE)
			return DECISION_LEAVE;
		if (wish == WISH_SETTINGS && known)
			return plain_settings(p, section) ? DECISION_AGAIN : DECISION_LEAVE;
		if (wish == WISH_UNKNOWN)
			outside_print(p->out, "%s\n", _("Nothing has been created so far. yes creates what is listed."));
	}
}

enum decision plain_review(struct plain *p)
{
	plain_page(p, "review");
	review_start(p->w);
	for (double told = -PLAIN_HEARTBEAT; review_planning(p->w) && !plain_interrupts; plain_turn(p))
		plain_say_waiting(p, _("looking at what is there already..."), &told);
	if (review_err(p->w)->exit) {
		char *text = err_text(review_err(p->w)), *shown = with_titles(text);
		outside_print(p->out, _("Problem:\n%s\n"), shown);
		free(shown);
		free(text);
		return p->input_ended || plain_interrupts ? DECISION_LEAVE : DECISION_BACK;
	}
	if (plain_interrupts)
		return DECISION_LEAVE;
	say_plan(p);
	return is_refused(p) || may_lose(p) ? decide(p) : DECISION_LEAVE;
}
