/* Settings as lines, and the resources of the plan: lists that are numbered and narrowed by what is typed. */
#include "config.h"
#include "ui/plain_private.h"
#include "ui/review_parts.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "plan/show.h"

#include <stdlib.h>
#include <string.h>

/* Settings ---------------------------------------------------------------------------------------------------------------------------- */

/* What cures the section's problem comes first, in whichever section it stands. */
static int list_settings(struct plain *p, const char *section, const struct question *into[SETTINGS_MOST])
{
	const struct question *own[SETTINGS_MOST], *q;
	int n = 0, cures, count = settings_list(p->w, section, p->filter, own);
	for (; section && n < SETTINGS_MOST && (q = problem_cure(p->w, section, n)); n++)
		into[n] = q;
	cures = n;
	for (int i = 0; i < count && n < SETTINGS_MOST; i++) {
		bool listed = false;
		for (int c = 0; c < cures; c++)
			listed |= into[c] == own[i];
		if (!listed)
			into[n++] = own[i];
	}
	return n;
}

static void say_setting(struct plain *p, int n, const struct question *q)
{
	char *now = setting_words(p->w, q);
	const char *words = question_lacks(q, p->w->answers) ? _("needed") : *now ? now : _("none");
	outside_print(p->out, "  %d  %s: %s\n", n, _(q->title), words);
	free(now);
}

static void say_settings(struct plain *p, const char *section)
{
	const struct question *list[SETTINGS_MOST];
	draft_settle(p->w);
	int count = list_settings(p, section, list);
	if (section && problem_of(p->w, section))
		outside_print(p->out, _("Problem: %s\n"), problem_of(p->w, section));
	for (int i = 0; i < count; i++) {
		bool heading = !section && (!i || strcmp(list[i]->page, list[i - 1]->page) != 0);
		if (heading)
			outside_print(p->out, "%s\n", _(page_find(list[i]->page)->title));
		say_setting(p, i + 1, list[i]);
	}
	if (!count)
		outside_print(p->out, _("  nothing holds %s\n"), p->filter);
}

/* The setting of that number, asked for with a filter of its own. */
static enum reply ask_setting(struct plain *p, const struct question *q)
{
	char *filter = xstrdup(p->filter);
	enum reply r = plain_ask(p, q);
	plain_filter(p, filter);
	free(filter);
	draft_settle(p->w);
	return r;
}

static bool same(const struct question *const *list, int count, const struct question *const *other, int others)
{
	return count == others && !memcmp(list, other, (size_t)count * sizeof(*list));
}

/* The n-th setting is asked for, and its line said; all of the list only where others are asked now. */
static enum reply change_setting(struct plain *p, const char *section, int n)
{
	const struct question *list[SETTINGS_MOST], *after[SETTINGS_MOST];
	int count = list_settings(p, section, list);
	if (n < 1 || n > count)
		return REPLY_TEXT;
	enum reply r = ask_setting(p, list[n - 1]);
	int now = list_settings(p, section, after);
	if (r == REPLY_QUIT)
		return r;
	if (same(list, count, after, now) && !(section && problem_of(p->w, section)))
		say_setting(p, n, list[n - 1]);
	else
		say_settings(p, section);
	return r;
}

bool plain_settings(struct plain *p, const char *section)
{
	plain_filter(p, "");
	say_settings(p, section);
	for (;;) {
		char *text;
		outside_print(p->out, "%s ", _("Number to change, /TEXT to narrow, ? for the list again, Enter to go back:"));
		enum reply r = plain_reply(p, &text);
		bool narrows = r == REPLY_TEXT && *text == '/';
		if (narrows)
			plain_filter(p, text + 1);
		if (narrows || r == REPLY_HELP)
			say_settings(p, section);
		else if (r == REPLY_TEXT)
			r = change_setting(p, section, atoi(text)) == REPLY_QUIT ? REPLY_QUIT : r;
		free(text);
		if (r == REPLY_QUIT || r == REPLY_DEFAULT || r == REPLY_BACK)
			return r != REPLY_QUIT;
	}
}

/* Resources ------------------------------------------------------------------------------------------------------------------------- */

void plain_say_particulars(struct plain *p, const cJSON *resource)
{
	static const char *const words[] = {"downtime", "caution", "reason"};
	const cJSON *one;
	cJSON_ArrayForEach(one, json_at(resource, "differences")) {
		char *text = resources_difference(p->w, one, NULL);
		outside_print(p->out, "    %s\n", text);
		free(text);
	}
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (*json_str(resource, words[i], ""))
			outside_print(p->out, "    %s\n", json_str(resource, words[i], ""));
}

static void say_all_of(struct plain *p, const cJSON *resource)
{
	const struct question *q = review_decides(p->w, json_str(resource, "id", ""));
	char *words = resources_words(resource);
	outside_print(p->out, "%s: %s\n", plan_verdict_word(plan_json_verdict(resource)), words);
	free(words);
	if (*json_str(resource, "grants", ""))
		outside_print(p->out, "    %s\n", json_str(resource, "grants", ""));
	plain_say_particulars(p, resource);
	if (q)
		outside_print(p->out, _("    The answer that decides about it: %s\n"), _(q->title));
}

static bool holds(const cJSON *resource, const char *words, const char *text)
{
	return strcasestr(words, text) || strcasestr(plan_verdict_word(plan_json_verdict(resource)), text);
}

/* Those of which a word, the name or what is done with it holds the filter, by the part that they belong to; when n is not 0, all that is known of the n-th. */
static void say_resources(struct plain *p, int n)
{
	struct resource_group g;
	int count = 0;
	for (int at = 0; resources_group(p->w, at, &g); at++) {
		bool headed = n;
		for (int i = 0; i < g.count; i++) {
			char *words = resources_words(g.list[i]);
			bool fits = holds(g.list[i], words, p->filter);
			if (fits && !headed)
				outside_print(p->out, "%s\n", g.heading);
			headed |= fits;
			count += fits;
			if (fits && !n)
				outside_print(p->out, "  %d  %s: %s\n", count, plan_verdict_word(plan_json_verdict(g.list[i])),
					      words);
			else if (fits && n == count)
				say_all_of(p, g.list[i]);
			free(words);
		}
		resource_group_free(&g);
	}
	if (!count)
		outside_print(p->out, _("  nothing holds %s\n"), p->filter);
}

bool plain_resources(struct plain *p, const char *holding)
{
	plain_filter(p, holding);
	say_resources(p, 0);
	for (;;) {
		char *text;
		outside_print(p->out, "%s ",
			      _("Number for all of one, /TEXT to narrow, ? for the list again, Enter to go back:"));
		enum reply r = plain_reply(p, &text);
		if (r == REPLY_TEXT && *text == '/')
			plain_filter(p, text + 1);
		if (r == REPLY_TEXT || r == REPLY_HELP)
			say_resources(p, !text || *text == '/' ? 0 : atoi(text));
		free(text);
		if (r == REPLY_QUIT || r == REPLY_DEFAULT || r == REPLY_BACK)
			return r != REPLY_QUIT;
	}
}
