/* The wizard as lines. The question table, the surveys, the plan and the events are those of the screen; only the talking differs. */
#include "config.h"
#include "ui/plain.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/outside.h"
#include "base/secret.h"
#include "base/text.h"
#include "engine/lines.h"
#include "plan/show.h"
#include "ui/state.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

struct plain {
	struct wizard *w;
	FILE *in, *out;
	struct lines *lines;
	char *filter; /* what lists are narrowed by */
	char *pasted; /* the text to paste elsewhere that was said last */
	bool input_ended;
};

enum { SUGGESTIONS_SAID = 12 };

static volatile sig_atomic_t interrupts;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	interrupts++;
}

/* Asking ------------------------------------------------------------------------------------------------------------------------------ */

enum reply { REPLY_TEXT, REPLY_DEFAULT, REPLY_BACK, REPLY_HELP, REPLY_EMPTY, REPLY_QUIT };

/* One line from the operator; text is freed by the caller. The end of the input is never taken for an answer. */
static enum reply read_reply(struct plain *p, char **text)
{
	char line[4096];
	*text = NULL;
	fflush(p->out);
	if (interrupts || !fgets(line, sizeof line, p->in)) {
		p->input_ended = !interrupts;
		return REPLY_QUIT;
	}
	line[strcspn(line, "\r\n")] = '\0';
	static const struct {
		const char *word;
		enum reply reply;
	} words[] = {{"", REPLY_DEFAULT}, {"<", REPLY_BACK}, {"?", REPLY_HELP}, {"!", REPLY_EMPTY}, {"q", REPLY_QUIT}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!strcmp(line, words[i].word))
			return words[i].reply;
	}
	*text = xstrdup(line);
	return REPLY_TEXT;
}

static void turn(struct plain *p)
{
	session_turn(p->w->session, 0.25, -1);
	wizard_settle(p->w);
}

static void wait_for(struct plain *p, enum survey_id id)
{
	for (int told = 0; p->w->session && p->w->surveys[id].state <= SURVEY_CHECKING && !interrupts; turn(p)) {
		if (!told++)
			outside_print(p->out, "%s\n", _("checking..."));
		wizard_surveys_start(p->w);
	}
}

static void say_survey_failure(struct plain *p, enum survey_id id)
{
	const struct survey *s = &p->w->surveys[id];
	if (s->state == SURVEY_FAILED)
		outside_print(p->out, _("Problem: %s %s\n"), s->err.what ? s->err.what : "", s->err.fix ? s->err.fix : "");
}

static void say_project(struct plain *p)
{
	wait_for(p, SURVEY_PROJECT);
	say_survey_failure(p, SURVEY_PROJECT);
	const cJSON *r = p->w->surveys[SURVEY_PROJECT].result;
	if (!r)
		return;
	outside_print(p->out, _("Project number %s. %s\n"), json_str(r, "number", "?"),
		      !cJSON_IsBool(json_at(r, "billing")) ? _("Whether billing is on could not be asked.")
		      : json_bool(r, "billing", true)      ? _("Billing is on.")
						      : _("Problem: billing is off. Link a billing account before building."));
}

/* Questions --------------------------------------------------------------------------------------------------------------------------- */

static void say_choices(struct plain *p, const struct question *q)
{
	const struct choice *c;
	for (int i = 0; (c = question_choice(q, p->w->answers, i)); i++) {
		const char *refused = question_refuses(q, p->w->answers, c->id);
		double usd = draft_choice_month(p->w, q, c->id);
		outside_print(p->out, "  %d  %s. %s", i + 1, _(c->title), refused ? _(refused) : _(c->help));
		if (!refused && usd > 0)
			outside_print(p->out, _(" About $%.0f a month in all."), usd);
		fputc('\n', p->out);
	}
}

/* What may be chosen by its number: what the cloud or the table of regions knows, narrowed by what was typed after a slash. */
static const cJSON *suggestion(struct plain *p, const struct question *q, int n)
{
	const cJSON *item, *list = form_suggestions(p->w, q);
	cJSON_ArrayForEach(item, list) {
		const char *title = json_str(item, "title", json_str(item, "name", ""));
		if ((strcasestr(json_str(item, "id", ""), p->filter) || strcasestr(title, p->filter)) && --n == 0)
			return item;
	}
	return NULL;
}

static void say_suggestions(struct plain *p, const struct question *q)
{
	const cJSON *item;
	int n = 0;
	while ((item = suggestion(p, q, n + 1))) {
		if (++n <= SUGGESTIONS_SAID)
			outside_print(p->out, "  %d  %s. %s\n", n, json_str(item, "id", ""),
				      json_str(item, "title", json_str(item, "name", "")));
	}
	if (n > SUGGESTIONS_SAID)
		outside_print(p->out,
			      ngettext("  and %d more; /TEXT lists what holds TEXT\n",
				       "  and %d more; /TEXT lists what holds TEXT\n", (unsigned long)(n - SUGGESTIONS_SAID)),
			      n - SUGGESTIONS_SAID);
	else if (!n && *p->filter)
		outside_print(p->out, _("  nothing holds %s\n"), p->filter);
}

static void say_wrong(struct plain *p, const char *what)
{
	char *shown = with_titles(what);
	outside_print(p->out, "%s\n", shown);
	free(shown);
}

/* The text to paste elsewhere is said before the first question of the page that needs it, and once more when an answer there changes it. */
static void say_errand(struct plain *p)
{
	const struct resource *e = draft_errand(p->w);
	const char *paste = e ? draft_errand_text(e, "paste") : "";
	if (!*paste || (p->pasted && !strcmp(p->pasted, paste)))
		return;
	free(p->pasted);
	p->pasted = xstrdup(paste);
	outside_print(p->out, "\n%s\n", draft_errand_text(e, "title"));
	if (draft_errand_open(e))
		outside_print(p->out, "%s\n", draft_errand_text(e, "steps"));
	outside_print(p->out, "%s\n", paste);
}

/* What the question is, and what can be chosen: said once, not after each mistake. */
static void say_question(struct plain *p, const struct question *q)
{
	outside_print(p->out, "\n%s\n", _(q->title));
	draft_price_choices(p->w, q);
	say_suggestions(p, q);
	if (q->type == TYPE_CHOICE)
		say_choices(p, q);
	if (q->type == TYPE_LIST)
		outside_print(p->out, "%s\n", _("Several are separated by commas; ! empties the list."));
	if (q->type == TYPE_SECRET)
		outside_print(p->out, "%s\n", _("What you type here is not shown."));
}

/* After a mistake or help the list is not said again, but which question it is. */
static void say_prompt(struct plain *p, const struct question *q, bool again)
{
	char *now = setting_words(p->w, q);
	outside_print(p->out, "%s%s[%s] ", again ? _(q->title) : "", again ? " " : "", now);
	free(now);
}

static void say_help(struct plain *p, const struct question *q)
{
	outside_print(p->out, "%s\n", _(q->help));
	if (q->form)
		outside_print(p->out, _("Allowed: %s\n"), _(q->form));
	if (q->type == TYPE_INT)
		outside_print(p->out, _("Allowed: %d to %d\n"), q->min, q->max);
	outside_print(p->out, _("In the answers file, and for --set: %s\n"), q->id);
	outside_print(p->out, "%s\n", _("Enter takes what is in brackets; < goes back; q saves and quits."));
}

/* A choice, and what a list offers, may be given by its number. */
static const char *meant(struct plain *p, const struct question *q, const char *text)
{
	int n = strspn(text, "0123456789") == strlen(text) ? atoi(text) : 0;
	const cJSON *item = n > 0 && q->type == TYPE_TEXT ? suggestion(p, q, n) : NULL;
	if (item)
		return json_str(item, "id", "");
	const struct choice *c = q->type == TYPE_CHOICE && n > 0 && !choice_find(q, text)
				     ? question_choice(q, p->w->answers, n - 1)
				     : NULL;
	return c ? c->id : text;
}

static const char *bool_meant(const struct question *q, const char *text)
{
	if (q->type != TYPE_BOOL)
		return text;
	int means = text_yes_no(text);
	return means < 0 ? text : means ? "yes" : "no";
}

static bool set(struct plain *p, const struct question *q, const char *text)
{
	struct err e = {0};
	bool fine = answers_set_text(p->w->answers, q->id, bool_meant(q, meant(p, q, text)), &e);
	if (!fine)
		say_wrong(p, e.what);
	else
		form_changed(p->w, q);
	err_free(&e);
	return fine;
}

/* Waits for what Google says of the client, and says it; false when it refuses. */
static bool client_tried(struct plain *p)
{
	enum role role;
	for (turn(p); client_trying(p->w) && !interrupts;)
		turn(p);
	if (client_words(p->w, &role))
		outside_print(p->out, "%s\n", client_words(p->w, &role));
	return !client_refused(p->w);
}

/* A reference is kept as the answer; anything else is taken for the secret itself, and kept apart. */
static bool set_secret(struct plain *p, const struct question *q, char *text)
{
	struct err e = {0};
	struct answers *a = answers_copy(p->w->answers);
	bool reference = answers_set_text(a, q->id, text, &e);
	answers_free(a);
	err_free(&e);
	if (reference)
		return set(p, q, text);
	char *why = client_take(p->w, q, secret_copy(text, strlen(text)));
	explicit_bzero(text, strlen(text));
	if (why)
		outside_print(p->out, "%s\n", why);
	bool taken = !why;
	free(why);
	return taken && set(p, q, "prompt") && client_tried(p);
}

/* What stands may be taken only if it is an answer. */
static bool may_keep(struct plain *p, const struct question *q)
{
	const cJSON *v = answers_get(p->w->answers, q->id);
	struct err e = {0};
	bool empty = !q->optional && cJSON_IsString(v) && !*v->valuestring;
	if (empty)
		outside_print(p->out, "%s\n", _("An answer is needed."));
	bool fine = !empty && answers_allows(p->w->answers, q, v, &e);
	if (fine && !cJSON_HasObjectItem(p->w->answers->values,
					 q->id)) /* a default that changes later must not change what was agreed to */
		answers_set(p->w->answers, q->id, cJSON_Duplicate(v, 1), &e);
	if (e.what)
		say_wrong(p, e.what);
	err_free(&e);
	return fine;
}

static void set_echo(struct plain *p, bool shown)
{
	struct termios now;
	if (tcgetattr(fileno(p->in), &now) != 0)
		return;
	now.c_lflag = shown ? now.c_lflag | (tcflag_t)ECHO : now.c_lflag & ~(tcflag_t)ECHO;
	tcsetattr(fileno(p->in), TCSADRAIN, &now);
	if (shown)
		fputc('\n', p->out);
}

/* "/TEXT" narrows the list; false when it is no such line. */
static bool narrow(struct plain *p, const struct question *q, const char *text)
{
	if (!text || *text != '/' || !form_suggestions(p->w, q))
		return false;
	free(p->filter);
	p->filter = xstrdup(text + 1);
	say_suggestions(p, q);
	return true;
}

/* Asks until there is an answer or a way out. */
static enum reply ask(struct plain *p, const struct question *q)
{
	free(p->filter);
	p->filter = xstrdup("");
	say_question(p, q);
	for (bool again = false;; again = true) {
		char *text;
		bool secret = q->type == TYPE_SECRET;
		say_prompt(p, q, again);
		if (secret)
			set_echo(p, false);
		enum reply r = read_reply(p, &text);
		if (secret)
			set_echo(p, true);
		bool narrowed = r == REPLY_TEXT && narrow(p, q, text);
		bool settled = r == REPLY_BACK || r == REPLY_QUIT || (r == REPLY_DEFAULT && may_keep(p, q)) ||
			       (r == REPLY_TEXT && !narrowed && (secret ? set_secret(p, q, text) : set(p, q, text))) ||
			       (r == REPLY_EMPTY && set(p, q, ""));
		if (r == REPLY_HELP)
			say_help(p, q);
		free(text);
		if (settled)
			return r;
	}
}

static void say_page(struct plain *p, const char *id)
{
	size_t i = wizard_page_index(id);
	outside_print(p->out, "\n%s\n%s\n", _(wizard_pages[i].title), _(wizard_pages[i].intro));
	p->w->page = i;
}

static const struct wizard_page *page_of(const struct question *q)
{
	const struct wizard_page *page = wizard_pages;
	while (page->id && !page_holds(page, q->page))
		page++;
	return page;
}

static bool is_asked(const struct plain *p, const struct question *q)
{
	const struct wizard_page *page = page_of(q);
	return page->id && page_asks(page, p->w->answers, q);
}

static int previous_asked(const struct plain *p, int at)
{
	for (int i = at - 1; i >= 0; i--) {
		if (is_asked(p, &questions[i]))
			return i;
	}
	return at;
}

/* What holds the project's page on the screen is said, and the project asked for again. */
static bool project_holds(struct plain *p)
{
	say_project(p);
	wait_for(p, SURVEY_PREFLIGHT);
	wait_for(p, SURVEY_LIMITS);
	const cJSON *check;
	for (size_t at = 0; (check = checks_next(p->w, &at));) {
		if (!check_failed(check))
			continue;
		outside_print(p->out, _("Problem: %s: %s %s\n"), _(json_str(check, "title", "")),
			      json_str(check, "message", ""), json_str(check, "fix", ""));
	}
	if (interrupts || !checks_hold(p->w))
		return false;
	char *line = checks_command(p->w);
	if (line)
		outside_print(p->out, "%s\n%s\n", _("Somebody who may grant roles runs this:"), line);
	free(line);
	outside_print(p->out, "%s\n", _("This has to be put right first. Enter checks again."));
	wizard_surveys_again(p->w);
	return true;
}

static int next_asked(const struct plain *p, int at)
{
	while (questions[at].id && !is_asked(p, &questions[at]))
		at++;
	return at;
}

/* As on the screen no page is left behind whose answers do not go together: it is said why, and the question that is to blame is asked again. Returns
 * which is next: at, or that one. */
static int page_left(struct plain *p, const struct wizard_page *page, int at)
{
	struct err e = {0};
	const char *wrong = NULL;
	if (questions[at].id && page_of(&questions[at]) == page)
		return at;
	for (const char *const *s = page->sections; *s && !wrong; s++)
		wrong = answers_check_page(p->w->answers, *s, &e);
	const struct question *q = wrong ? question_find(wrong) : NULL;
	if (q && is_asked(p, q)) {
		say_wrong(p, e.what);
		at = (int)(q - questions);
	}
	err_free(&e);
	return at;
}

/* All pages of questions, from the one at *at on. False when the operator leaves. */
static bool ask_all(struct plain *p, int at)
{
	const struct wizard_page *page = NULL;
	while (questions[at].id) {
		const struct question *q = &questions[at];
		if (!is_asked(p, q)) {
			at++;
			continue;
		}
		if (page != page_of(q))
			say_page(p, page_of(q)->id);
		draft_settle(p->w);
		if (page_holds(page_of(q), "auth"))
			say_errand(p);
		page = page_of(q);
		enum reply r = ask(p, q);
		wizard_save(p->w);
		if (r == REPLY_QUIT)
			return false;
		if (r != REPLY_BACK && !strcmp(q->id, "project.id") && project_holds(p))
			continue;
		at = r == REPLY_BACK ? previous_asked(p, at) : page_left(p, page, next_asked(p, at + 1));
	}
	return true;
}

static int last_asked(const struct plain *p)
{
	int n = 0;
	while (questions[n].id)
		n++;
	return previous_asked(p, n);
}

/* Review ------------------------------------------------------------------------------------------------------------------------------ */

static void say_plan(struct plain *p)
{
	const cJSON *r, *plan = review_plan(p->w);
	cJSON_ArrayForEach(r, json_at(plan, "resources")) {
		const struct kind *k = kind_find(json_str(r, "kind", ""));
		double usd = json_num(r, "monthly_usd", -1);
		outside_print(p->out, "%s: %s %s", plan_verdict_word(plan_json_verdict(r)),
			      k ? _(k->title) : json_str(r, "kind", ""), json_str(r, "name", ""));
		if (json_bool(r, "billable", false) && usd >= 0.5)
			outside_print(p->out, _(", $%.0f a month"), usd);
		fputc('\n', p->out);
	}
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

static void ask_secret(struct plain *p)
{
	struct termios old, quiet;
	char line[4096]; /* what a terminal gives at once */
	const struct question *q = review_asks_secret(p->w);
	if (!client_wants(p->w, q))
		return;
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
	char *why = NULL;
	if (fgets(line, sizeof line, p->in) && *line != '\n') {
		struct secret *typed = secret_copy(line, strcspn(line, "\r\n"));
		why = sealed ? client_unseal(p->w, q, typed) : client_take(p->w, q, typed);
	}
	if (why)
		outside_print(p->out, "\n%s", why);
	free(why);
	if (is_tty)
		tcsetattr(fileno(p->in), TCSAFLUSH, &old);
	explicit_bzero(line, sizeof line);
	fputc('\n', p->out);
}

enum decision { DECISION_BUILD, DECISION_BACK, DECISION_LEAVE, DECISION_AGAIN };

/* Data go only when the server's name was typed. */
static bool may_lose(struct plain *p)
{
	char *lost = review_data_lost(p->w), *text;
	const char *name = answers_str(p->w->answers, "stack.name");
	if (!*lost) {
		free(lost);
		return true;
	}
	outside_print(p->out, _("\nThis deletes data that cannot be brought back: %s.\n"), lost);
	outside_print(p->out, _("If that is meant, type the name of this server: %s"), name);
	fputs("\n[] ", p->out);
	bool meant = read_reply(p, &text) == REPLY_TEXT && !strcmp(text, name);
	review_consent(p->w, meant);
	free(text);
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

/* Settings are changed until the operator goes back. False when they leave. */
static bool change_settings(struct plain *p, const char *section)
{
	free(p->filter);
	p->filter = xstrdup("");
	say_settings(p, section);
	for (;;) {
		char *text;
		outside_print(p->out, "%s ", _("Number to change, /TEXT to narrow, Enter to go back:"));
		enum reply r = read_reply(p, &text);
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
		if (q && !narrowed && ask(p, q) == REPLY_QUIT) {
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

/* Enter builds in a rehearsal only: otherwise the word itself is asked for. */
static enum decision decide(struct plain *p)
{
	bool rehearsal = p->w->options->rehearsal;
	if (review_changes_nothing(p->w) && !p->w->before)
		return DECISION_BUILD;
	section_at(p, 0, true);
	for (;;) {
		char *text;
		outside_print(
		    p->out, "%s\n",
		    _("A number changes that line; a lists all settings; d lists the resources; yes builds; < goes back."));
		outside_print(p->out, rehearsal ? _("Build now (rehearsal)? [yes] ") : _("Build now? [no] "));
		enum reply r = read_reply(p, &text);
		bool yes = r == REPLY_TEXT && (!strcmp(text, "yes") || !strcasecmp(text, _("yes"))),
		     all = r == REPLY_TEXT && !strcmp(text, "a");
		const char *section = r == REPLY_TEXT ? section_at(p, atoi(text), false) : NULL;
		bool details = r == REPLY_TEXT && !strcmp(text, "d");
		free(text);
		bool builds = yes || (r == REPLY_DEFAULT && rehearsal);
		if (builds && checks_hold_build(p->w)) {
			outside_print(p->out, _("Problem: %s\n"), checks_hold_build(p->w));
			wizard_surveys_again(p->w);
			continue;
		}
		if (builds)
			return DECISION_BUILD;
		if (r == REPLY_BACK)
			return DECISION_BACK;
		if (details)
			say_plan(p);
		else if (all || section)
			return change_settings(p, section) ? DECISION_AGAIN : DECISION_LEAVE;
		else if (r == REPLY_HELP)
			outside_print(p->out, "%s\n", _("Nothing has been created so far. yes creates what is listed."));
		else
			return DECISION_LEAVE;
	}
}

static enum decision review(struct plain *p)
{
	say_page(p, "review");
	review_start(p->w);
	for (int told = 0; review_planning(p->w) && !interrupts; turn(p)) {
		if (!told++)
			outside_print(p->out, "%s\n", _("looking at what is there already..."));
	}
	if (review_err(p->w)->exit) {
		char *text = err_text(review_err(p->w)), *shown = with_titles(text);
		outside_print(p->out, _("Problem:\n%s\n"), shown);
		free(shown);
		free(text);
		return p->input_ended || interrupts ? DECISION_LEAVE : DECISION_BACK;
	}
	if (interrupts)
		return DECISION_LEAVE;
	say_plan(p);
	if (plan_json_count(review_plan(p->w), VERDICT_REFUSE))
		return DECISION_BACK;
	return may_lose(p) ? decide(p) : DECISION_LEAVE;
}

/* Build ------------------------------------------------------------------------------------------------------------------------------- */

static void on_event(void *arg, const cJSON *event)
{
	struct plain *p = arg;
	lines_event(p->lines, event);
	work_event(p->w, event);
}

static bool save_of(void *arg, const struct answers *a, struct err *e)
{
	struct plain *p = arg;
	return wizard_save_run(p->w, a, e);
}

static bool secret_of(void *arg, const char *question, struct secret **out, struct err *e)
{
	struct plain *p = arg;
	return wizard_secret(p->w, question, out, e);
}

/* One run to its end, of an apply, or of what takes all away. */
static int run_once(struct plain *p, enum run_verb verb)
{
	struct err e = {0};
	struct wizard *w = p->w;
	bool undo = verb == RUN_DESTROY;
	const char **words = undo ? work_data_words() : NULL, **without = undo ? NULL : work_left_out(w);
	bool consent = review_consented(w) || undo;
	say_page(p, "build");
	work_begin(w, undo);
	lines_free(p->lines);
	p->lines = lines_new(p->out, p->out, false);
	struct run_options o = {.verb = verb,
				.answers = w->answers,
				.consent = consent,
				.delete_data = words,
				.leave_out = without,
				.file = w->options->file,
				.save = save_of,
				.event = on_event,
				.arg = p,
				.secret = secret_of};
	double started = session_now(w->session);
	struct run *run = run_start(w->session, &o, &e);
	free(words);
	free(without);
	if (!run) {
		char *text = err_text(&e);
		outside_print(p->out, "%s\n", text);
		int code = e.exit;
		free(text);
		err_free(&e);
		return code;
	}
	for (int told = 0; !run_finished(run); session_turn(w->session, 0.25, -1)) {
		lines_still(p->lines, session_now(w->session) - started);
		for (; told < interrupts; told++)
			run_interrupt(run);
	}
	int code = interrupts ? EXIT_INTERRUPTED : (int)run_exit(run);
	run_free(run);
	w->work.over = true;
	return code;
}

/* After a failure ------------------------------------------------------------------------------------------------------------------- */

enum after { AFTER_LEAVE, AFTER_RETRY, AFTER_CHANGE, AFTER_WITHOUT, AFTER_UNDO };

/* Each cause once, with how many it stopped and the line that mends it. */
static void say_causes(struct plain *p)
{
	const struct progress *progress = &p->w->work.p;
	const char *who = wizard_who(p->w), *project = answers_str(p->w->answers, "project.id");
	for (size_t i = 0; i < progress->cause_count; i++) {
		const struct cause *c = &progress->causes[i];
		char *words = cause_words(progress, c, who, project), *command = cause_command(progress, c, who, project);
		outside_print(
		    p->out, ngettext("Why it failed, %d step: %s\n", "Why it failed, %d steps: %s\n", (unsigned long)c->count),
		    c->count, words);
		if (command)
			outside_print(p->out, "%s\n%s\n", _("This line mends it:"), command);
		free(command);
		free(words);
	}
}

static bool means_to_undo(struct plain *p)
{
	char *text;
	const char *name = answers_str(p->w->answers, "stack.name");
	outside_print(p->out, "%s\n",
		      _("This takes away everything that this server consists of, experiments and models included. They cannot "
			"be brought back."));
	outside_print(p->out, _("If that is meant, type the name of this server: %s"), name);
	fputs("\n[] ", p->out);
	bool meant = read_reply(p, &text) == REPLY_TEXT && !strcmp(text, name);
	free(text);
	if (!meant)
		outside_print(p->out, "%s\n", _("That is not its name: nothing is deleted."));
	return meant;
}

/* What a line of the menu asks for; AFTER_LEAVE for what is none of it. */
static enum after choice_of(struct plain *p, const char *text)
{
	if (!strcmp(text, "k"))
		return work_may_leave_out(p->w, build_cause(p->w)) ? AFTER_WITHOUT : AFTER_LEAVE;
	if (!strcmp(text, "u"))
		return means_to_undo(p) ? AFTER_UNDO : AFTER_LEAVE;
	return !strcmp(text, "r") ? AFTER_RETRY : !strcmp(text, "e") ? AFTER_CHANGE : AFTER_LEAVE;
}

/* The menu of the screen's build page, in words. The end of the input leaves: the run's own exit code stands. */
static enum after ask_after(struct plain *p)
{
	say_causes(p);
	for (;;) {
		char *text;
		outside_print(
		    p->out, "%s\n",
		    _("r tries again: what stands is kept; e changes the answer that decided it; u undoes all; Enter leaves."));
		if (work_may_leave_out(p->w, build_cause(p->w)))
			outside_print(p->out, "%s\n", _("k goes on without what failed, this time."));
		fputs("[q] ", p->out);
		enum reply r = read_reply(p, &text);
		bool leaves = r == REPLY_QUIT || r == REPLY_DEFAULT;
		enum after after = r == REPLY_TEXT ? choice_of(p, text) : AFTER_LEAVE;
		free(text);
		p->input_ended = false;
		if (leaves || after != AFTER_LEAVE)
			return after;
	}
}

/* The settings of the section that decided about the first failure. */
static void change_cause(struct plain *p)
{
	const struct cause *c = build_cause(p->w);
	const struct question *q = c ? p->w->work.p.steps[c->step].question : NULL;
	change_settings(p, q ? q->page : NULL);
	wizard_save(p->w);
}

/* Builds until it stands or the operator leaves; true when answers were changed and the review is due again. */
static bool build(struct plain *p, int *code)
{
	work_leave_nothing_out(p->w); /* of an earlier review: what was agreed to now is whole */
	*code = run_once(p, RUN_APPLY);
	while (*code != EXIT_DONE && *code != EXIT_WAITING && !interrupts) {
		switch (ask_after(p)) {
		case AFTER_LEAVE:
			return false;
		case AFTER_CHANGE:
			change_cause(p);
			return true;
		case AFTER_UNDO:
			*code = run_once(p, RUN_DESTROY);
			return false;
		case AFTER_WITHOUT:
			work_note_left_out(p->w, build_cause(p->w));
			break;
		case AFTER_RETRY:
			break;
		}
		*code = run_once(p, RUN_APPLY);
	}
	return false;
}

/* The whole --------------------------------------------------------------------------------------------------------------------------- */

static bool welcome(struct plain *p)
{
	const struct wizard *w = p->w;
	outside_print(p->out, "%s\n%s\n", _("MLflow on Google Cloud"),
		      _("An MLflow tracking server that only your people can reach."));
	outside_print(p->out, "%s\n", _("Enter takes what is in brackets; < goes back; ? explains; q saves and quits."));
	if (w->options->rehearsal)
		outside_print(p->out, "%s\n",
			      _("This is a rehearsal on a simulated Google Cloud: no account, no network, no cost."));
	if (w->sign_in.exit)
		outside_print(p->out, _("Problem: %s %s\n"), w->sign_in.what, w->sign_in.fix ? w->sign_in.fix : "");
	wait_for(p, SURVEY_WHO);
	say_survey_failure(p, SURVEY_WHO);
	if (w->surveys[SURVEY_WHO].result)
		wait_for(p, SURVEY_PROJECTS);
	if (w->surveys[SURVEY_WHO].result)
		outside_print(p->out, _("Signed in as %s\n"), json_str(w->surveys[SURVEY_WHO].result, "email", "?"));
	return w->session != NULL;
}

static int ended(struct plain *p, int code)
{
	wizard_save(p->w);
	if (p->input_ended)
		outside_print(p->out, "\n%s\n", _("The input ended before the questions did."));
	if (interrupts)
		code = EXIT_INTERRUPTED;
	if (!p->w->result)
		wizard_farewell(p->w, p->out);
	return p->input_ended ? EXIT_NOINPUT : code;
}

/* The questions from *at on, the review; true when it is to be built. */
static bool talk_to_consent(struct plain *p, bool straight)
{
	for (int at = 0;; at = last_asked(p)) { /* < goes on from the last question */
		enum decision d;
		if (!straight && !ask_all(p, at))
			return false;
		straight = false;
		while ((d = review(p)) == DECISION_AGAIN)
			wizard_save(p->w);
		if (d != DECISION_BACK)
			return d == DECISION_BUILD;
	}
}

static int talk(struct plain *p)
{
	int code = EXIT_DONE;
	if (!welcome(p))
		return ended(p, p->w->sign_in.exit ? (int)p->w->sign_in.exit : EXIT_CONFIG);
	bool again = p->w->before != NULL;
	do {
		if (!talk_to_consent(p, again))
			return ended(p, code);
		ask_secret(p);
		again = true;
	} while (build(p, &code));
	return ended(p, code);
}

int plain_on(struct session *s, struct answers *a, const struct wizard_options *o, FILE *in, FILE *out)
{
	struct plain p = {.in = in, .out = out};
	struct err why = {0};
	struct session *opened_here = !s && o->open ? o->open(o->arg, &why) : NULL;
	p.w = wizard_new(s ? s : opened_here, a, o);
	if (why.exit)
		err_move(&p.w->sign_in, &why);
	p.lines = lines_new(out, out, false);
	int code = talk(&p);
	lines_free(p.lines);
	free(p.filter);
	free(p.pasted);
	wizard_free(p.w);
	session_free(opened_here);
	fflush(out);
	return code;
}

int plain_run(struct session *s, struct answers *a, const struct wizard_options *o)
{
	process_on_signal(SIGINT, on_interrupt, 0);
	process_on_signal(SIGTERM, on_interrupt, 0);
	process_on_signal(SIGHUP, on_interrupt, 0);
	setvbuf(stdin, NULL, _IONBF, 0); /* its buffer would keep a typed secret */
	return plain_on(s, a, o, stdin, stdout);
}
