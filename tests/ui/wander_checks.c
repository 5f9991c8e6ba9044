/* What holds after every key, wherever the wandering operator is. */
#include "config.h"
#include "tests/ui/wander.h"

#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LEAST_LINES = 20, LEAST_COLUMNS = 60 };

/* The screen --------------------------------------------------------------------------------------------------------------------------- */

char *wander_screen(void)
{
	struct buf screen = {0};
	wizard_draw(wander.w);
	screen_dump(&screen);
	return buf_take(&screen);
}

static bool is_small(void)
{
	return screen_lines() < LEAST_LINES || screen_columns() < LEAST_COLUMNS;
}

/* The line under the cursor holds something, and the cursor is inside. */
static bool cursor_stands(const char *screen)
{
	const char *last = strstr(screen, "\ncursor ");
	int y = -1, x = -1;
	if (!last || sscanf(last, "\ncursor %d %d", &y, &x) != 2 || y < 0 || x < 0 || y >= screen_lines() ||
	    x >= screen_columns())
		return false;
	while (y-- > 0)
		screen = strchr(screen, '\n') + 1;
	return *screen != '\n';
}

static bool way_back_shown(const char *screen)
{
	struct hints h = {.count = 0};
	const char *const keys[] = {_("Esc"), _("any other key"), _("any key"), _("Ctrl-C"), "q"};
	bool there = false;
	if (wander.w->over)
		wander.w->over->hints(wander.w, &h);
	else
		view_of(wizard_page(wander.w))->hints(wander.w, &h);
	for (size_t i = 0; i < h.count * (sizeof keys / sizeof *keys); i++) {
		const struct hint *one = &h.list[i % h.count];
		char *words = xasprintf("%s %s", one->key, one->label);
		there |= !strcmp(one->key, keys[i / h.count]) && strstr(screen, words);
		free(words);
	}
	return there;
}

/* Nothing that a terminal would take for an order, and nothing that a reader cannot see. */
static bool holds_hidden(const char *screen)
{
	unsigned code;
	for (size_t n, left = strlen(screen); left; screen += n, left -= n) {
		n = text_utf8(screen, left, &code);
		if (!n || (code != '\n' && text_hidden(code)))
			return true;
	}
	return false;
}

static void check_screen(void)
{
	screen_faults();
	char *screen = wander_screen();
	if (screen_faults())
		wander_complain("texts lie over each other or beyond the edge");
	if (!cursor_stands(screen))
		wander_complain("the cursor stands on nothing");
	if (!is_small() && !wander.w->ended && !way_back_shown(screen))
		wander_complain("the way back is not shown");
	if (holds_hidden(screen))
		wander_complain("the screen holds what cannot be seen");
	if (strstr(screen, WANDER_SECRET) || strstr(screen, strchr(WANDER_SECRET, '-') + 1))
		wander_complain("the secret is shown");
	free(screen);
}

/* Answers ------------------------------------------------------------------------------------------------------------------------------ */

/* Was it this question that the key was for? A download that is pasted for a secret brings the client's ID. */
static bool was_meant(const struct question *q)
{
	const struct question *f = wander.focused;
	return q == f || (f && f->client && !strcmp(f->client, q->id)) || wander.over == &overlay_secret || q->rehearsal;
}

static bool is_told(const struct question *q)
{
	return wander.w->message && strstr(wander.w->message, _(q->title));
}

/* It stood at its default, which may depend on another answer. */
static bool was_default(const struct question *q)
{
	cJSON *fallback = question_default(q, wander.answers);
	bool same = json_equal(fallback, answers_get(wander.answers, q->id));
	cJSON_Delete(fallback);
	return same;
}

/* An answer that was given goes only by a key for it, or it is said. */
static void check_answers(void)
{
	for (const struct question *q = questions; q->id; q++) {
		const cJSON *before = cJSON_GetObjectItemCaseSensitive(wander.answers->values, q->id),
			    *now = cJSON_GetObjectItemCaseSensitive(wander.w->answers->values, q->id);
		if (before && (!now || !json_equal(before, now)) && !was_meant(q) && !is_told(q) && !was_default(q))
			wander_complain("the answer to %s was given, is another one now, and nothing says so", q->id);
	}
}

static const struct question *focused_question(const struct wizard *w)
{
	if (w->over == &overlay_settings || w->under == &overlay_settings)
		return settings_focused(w);
	return view_of(wizard_page(w)) == &form_view ? form_focused(w) : settings_focused(w);
}

void wander_before(const struct key *k)
{
	struct wizard *w = wander.w;
	char *typed = edit_text(&w->over_edit);
	answers_free(wander.answers);
	wander.answers = answers_copy(w->answers);
	wander.over = w->over;
	wander.page = wizard_page(w);
	wander.focused = focused_question(w);
	wander.key = *k;
	wander.ended = w->work.over;
	wander.undoing = w->work.undoing;
	snprintf(wander.name, sizeof wander.name, "%s", typed);
	free(typed);
	wander.agreed &= w->over == &overlay_secret;
}

void wander_after(void)
{
	if (wander.over != &overlay_secret && wander.w->over == &overlay_secret)
		wander.agreed = wander.over == &overlay_consent || wander.over == &overlay_data;
	if (!wander.w->ended)
		check_screen();
	check_answers();
}

/* Consent ------------------------------------------------------------------------------------------------------------------------------ */

static bool is_name_typed(void)
{
	return key_is(&wander.key, L'\r') && !strcmp(wander.name, answers_str(wander.w->answers, "stack.name"));
}

static bool is_yes(void)
{
	char typed[2] = {(char)wander.key.code, 0};
	return wander.key.kind == KEY_CHARACTER && wander.key.code < 127 && text_yes_no(typed) == 1;
}

/* What failed is tried again, with the answers that were agreed to. */
static bool is_retry(void)
{
	return wander.ended && !strcmp(wander.page, "build") && (!wander.over || wander.over == &overlay_failure) &&
	       wander.built_from && cJSON_Compare(wander.built_from, wander.w->answers->values, 1);
}

static bool is_agreed(const struct run_options *o)
{
	if (o->verb == RUN_DESTROY)
		return (wander.over == &overlay_undo && is_name_typed()) || (is_retry() && wander.undoing);
	if (wander.over == &overlay_consent)
		return is_yes();
	if (wander.over == &overlay_data)
		return is_name_typed();
	if (wander.over == &overlay_secret)
		return wander.agreed;
	return is_retry() || (!wander.over && !strcmp(wander.page, "review") && wander.current &&
			      (wander.options.rehearsal || wander.nothing));
}

struct run *__real_run_start(struct session *s, const struct run_options *o, struct err *e);
struct run *__wrap_run_start(struct session *s, const struct run_options *o, struct err *e);

bool __real_work_start(struct wizard *w, bool undo);
bool __wrap_work_start(struct wizard *w, bool undo);

/* Every run that the wizard starts goes by here (ld's --wrap), while the review still has its plan. */
bool __wrap_work_start(struct wizard *w, bool undo)
{
	wander.current = !review_stale(w);
	wander.nothing = review_changes_nothing(w);
	return __real_work_start(w, undo);
}

struct run *__wrap_run_start(struct session *s, const struct run_options *o, struct err *e)
{
	if (o->verb != RUN_PLAN && wander.w) {
		if (!is_agreed(o))
			wander_complain("a run changes the cloud, and nobody agreed");
		if (o->consent && o->verb == RUN_APPLY && wander.over != &overlay_data && !wander.agreed && !is_retry())
			wander_complain("a run may delete data, and the server's name was not typed");
		cJSON_Delete(wander.built_from);
		wander.built_from = cJSON_Duplicate(o->answers->values, 1);
	}
	return __real_run_start(s, o, e);
}

/* Leaving ------------------------------------------------------------------------------------------------------------------------------ */

static void check_file(const char *path)
{
	struct buf text = {0};
	struct err e = {0};
	struct stat of;
	if (stat(path, &of) == 0 && file_read(path, 1 << 24, &text, &e) && strstr(buf_text(&text), WANDER_SECRET))
		wander_complain("%s has the secret", path);
	buf_free(&text);
	err_free(&e);
}

/* What was answered is in the file, where it was to be kept. */
static void check_kept(const struct answers *kept)
{
	const struct wizard *w = wander.w;
	for (const struct question *q = questions; q->id && (!w->before || w->keep); q++) {
		if (answers_asked(w->answers, q) && !json_equal(answers_get(w->answers, q->id), answers_get(kept, q->id)))
			wander_complain("the answer to %s is not in the file", q->id);
	}
}

void wander_left(void)
{
	char *said = NULL;
	size_t size = 0;
	struct err e = {0};
	struct stat of;
	FILE *to = open_memstream(&said, &size);
	wizard_save(wander.w);
	wizard_farewell(wander.w, to);
	fclose(to);
	if (strstr(said, WANDER_SECRET) || holds_hidden(said))
		wander_complain("what is said at the end has the secret, or what cannot be seen");
	free(said);
	check_file(WANDER_FILE);
	check_file("mlflow.log");
	if (stat(WANDER_FILE, &of) == 0) {
		struct answers *kept = answers_load(WANDER_FILE, &e);
		if (!kept || wander.w->save_failed)
			wander_complain("the file is no answers file: %s", kept ? wander.w->save_failed : e.what);
		else
			check_kept(kept);
		answers_free(kept);
	}
	err_free(&e);
}
