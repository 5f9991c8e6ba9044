/* Questions as lines: what is asked, what may be chosen, what was meant, and what is wrong with it. */
#include "config.h"
#include "ui/plain_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/secret.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>

enum { SUGGESTIONS_SAID = 12 };

/* Asking ------------------------------------------------------------------------------------------------------------------------------ */

enum reply plain_reply(struct plain *p, char **text)
{
	char line[4096];
	*text = NULL;
	fflush(p->out);
	if (plain_interrupts || !fgets(line, sizeof line, p->in) || !strchr(line, '\n')) { /* nor is a line that was cut off */
		p->input_ended = !plain_interrupts;
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
	explicit_bzero(line, sizeof line); /* it may be a secret */
	return REPLY_TEXT;
}

bool plain_names_server(struct plain *p)
{
	char *text;
	const char *name = answers_str(p->w->answers, "stack.name");
	outside_print(p->out, _("If that is meant, type the name of this server: %s"), name);
	fputs("\n[] ", p->out);
	bool same = plain_reply(p, &text) == REPLY_TEXT && !strcmp(text, name);
	free(text);
	return same;
}

void plain_turn(struct plain *p)
{
	session_turn(p->w->session, 0.25, -1);
	wizard_settle(p->w);
}

void plain_say_waiting(struct plain *p, const char *words, double *told)
{
	double now = session_now(p->w->session);
	if (now - *told < PLAIN_HEARTBEAT)
		return;
	*told = now;
	outside_print(p->out, "%s\n", words);
	fflush(p->out);
}

/* What is being waited for, so that a pause is not a riddle. */
static const char *awaited_words(enum survey_id id)
{
	static const char *const words[SURVEY_COUNT] = {
	    [SURVEY_WHO] = N_("Looking up who is signed in..."),
	    [SURVEY_PROJECTS] = N_("Looking up your projects..."),
	    [SURVEY_PROJECT] = N_("Looking up the project..."),
	    [SURVEY_CONTEXTS] = N_("Looking up the kubeconfig file's contexts..."),
	    [SURVEY_PREFLIGHT] = N_("Checking whether all is ready to be built..."),
	    [SURVEY_LIMITS] = N_("Checking quotas and organisation policies..."),
	};
	return words[id] ? _(words[id]) : _("One moment: looking it up...");
}

void plain_wait(struct plain *p, enum survey_id id)
{
	double told = -PLAIN_HEARTBEAT;
	while (p->w->session && p->w->surveys[id].state <= SURVEY_CHECKING && !plain_interrupts) {
		plain_say_waiting(p, awaited_words(id), &told);
		wizard_surveys_start(p->w);
		plain_turn(p);
	}
}

void plain_say_failure(struct plain *p, enum survey_id id)
{
	const struct survey *s = &p->w->surveys[id];
	if (s->state == SURVEY_FAILED)
		outside_print(p->out, _("Problem: %s %s\n"), s->err.what ? s->err.what : "", s->err.fix ? s->err.fix : "");
}

static void say_project(struct plain *p)
{
	plain_wait(p, SURVEY_PROJECT);
	plain_say_failure(p, SURVEY_PROJECT);
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
	bool priced = draft_prices_differ(p->w, q), any = false;
	for (int i = 0; (c = question_choice(q, p->w->answers, i)); i++) {
		if (!strcasestr(c->id, p->filter) && !strcasestr(_(c->title), p->filter)) /* the numbers stay */
			continue;
		any = true;
		bool refused = question_refuses(q, p->w->answers, c->id);
		double usd = draft_choice_month(p->w, q, c->id);
		outside_print(p->out, "  %d  %s. %s", i + 1, _(c->title), _(question_says(q, p->w->answers, c)));
		if (!refused && priced && usd > 0)
			outside_print(p->out, _(" About $%.0f a month in all."), usd);
		fputc('\n', p->out);
	}
	if (!any)
		outside_print(p->out, _("  nothing holds %s\n"), p->filter);
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
	const cJSON *only = form_only_suggestion(p->w, q);
	char *now = only ? xstrdup(json_str(only, "id", "")) : setting_words(p->w, q);
	outside_print(p->out, "%s%s[%s] ", again ? _(q->title) : "", again ? " " : "",
		      *now          ? now
		      : q->optional ? _("none")
				    : _("needed"));
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

/* Waits for what its identity provider says of the client, and says it; false when it refuses. */
static bool client_tried(struct plain *p)
{
	enum role role;
	for (plain_turn(p); client_trying(p->w) && !plain_interrupts;)
		plain_turn(p);
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

/* What stands in brackets may be taken only if it is an answer. */
static bool may_keep(struct plain *p, const struct question *q)
{
	const cJSON *only = form_only_suggestion(p->w, q), *v;
	struct err e = {0};
	if (only && !set(p, q, json_str(only, "id", "")))
		return false;
	v = answers_get(p->w->answers, q->id);
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

void plain_filter(struct plain *p, const char *text)
{
	char *filter = xstrdup(text);
	free(p->filter);
	p->filter = filter;
}

/* "/TEXT" narrows the list; false when it is no such line. */
static bool narrow(struct plain *p, const struct question *q, const char *text)
{
	if (!text || *text != '/' || (q->type != TYPE_CHOICE && !form_suggestions(p->w, q)))
		return false;
	plain_filter(p, text + 1);
	if (q->type == TYPE_CHOICE)
		say_choices(p, q);
	else
		say_suggestions(p, q);
	return true;
}

enum reply plain_ask(struct plain *p, const struct question *q)
{
	plain_filter(p, "");
	if (q->suggests && !strcmp(q->suggests, "contexts")) /* asked for only now that the file is named */
		plain_wait(p, SURVEY_CONTEXTS);
	say_question(p, q);
	for (bool again = false;; again = true) {
		char *text;
		bool secret = q->type == TYPE_SECRET;
		say_prompt(p, q, again);
		if (secret)
			set_echo(p, false);
		enum reply r = plain_reply(p, &text);
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

void plain_page(struct plain *p, const char *id)
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

void plain_say_failed_checks(struct plain *p)
{
	const cJSON *check;
	for (size_t at = 0; (check = checks_next(p->w, &at));) {
		if (check_failed(check))
			outside_print(p->out, _("Problem: %s: %s %s\n"), _(json_str(check, "title", "")),
				      json_str(check, "message", ""), json_str(check, "fix", ""));
	}
	char *line = checks_hold(p->w) || checks_hold_build(p->w) ? checks_command(p->w) : NULL;
	if (line)
		outside_print(p->out, "%s\n%s\n", _("Somebody who may grant roles runs this:"), line);
	free(line);
}

/* What holds the project's page on the screen is said, and the project asked for again. */
static bool project_holds(struct plain *p)
{
	say_project(p);
	plain_wait(p, SURVEY_PREFLIGHT);
	plain_wait(p, SURVEY_LIMITS);
	plain_say_failed_checks(p);
	if (plain_interrupts || !checks_hold(p->w))
		return false;
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

bool plain_ask_all(struct plain *p, int at)
{
	const struct wizard_page *page = NULL;
	while (questions[at].id) {
		const struct question *q = &questions[at];
		if (!is_asked(p, q)) {
			at++;
			continue;
		}
		if (page != page_of(q))
			plain_page(p, page_of(q)->id);
		draft_settle(p->w);
		if (page_holds(page_of(q), "auth"))
			say_errand(p);
		page = page_of(q);
		enum reply r = plain_ask(p, q);
		wizard_save(p->w);
		if (r == REPLY_QUIT)
			return false;
		if (r != REPLY_BACK && !strcmp(q->id, "project.id") && project_holds(p))
			continue;
		at = r == REPLY_BACK ? previous_asked(p, at) : page_left(p, page, next_asked(p, at + 1));
	}
	return true;
}

int plain_last(const struct plain *p)
{
	int n = 0;
	while (questions[n].id)
		n++;
	return previous_asked(p, n);
}
