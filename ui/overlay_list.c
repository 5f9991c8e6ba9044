/* A list of texts that is edited, over a page. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/mem.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_ROOM = 10 };

struct list {
	const struct question *of;
	cJSON *texts; /* as edited so far */
};

static struct list *list_own(const struct wizard *w)
{
	return overlay_own(w, &overlay_list);
}

static void list_forget(struct wizard *w)
{
	cJSON_Delete(list_own(w)->texts);
}

static void list_draw(struct wizard *w)
{
	const struct list *l = list_own(w);
	const struct question *q = l->of;
	int count = cJSON_GetArraySize(l->texts), lines = count + 1 < LIST_ROOM ? count + 1 : LIST_ROOM;
	struct rect r = put_box(middle(lines + 5, 70), _(q->title));
	if (w->over_focus < w->over_top)
		w->over_top = w->over_focus;
	if (w->over_focus >= w->over_top + lines)
		w->over_top = w->over_focus - lines + 1;
	for (int i = 0; i < lines; i++) {
		int n = w->over_top + i;
		const cJSON *item = cJSON_GetArrayItem(l->texts, n);
		putf(r.y + i, r.x, 4, ROLE_DIM, "%2d", n + 1);
		if (n == w->over_focus)
			put_glyph(r.y + i, r.x + 3, ROLE_KEY, GLYPH_MARK);
		else if (item)
			put(r.y + i, r.x + 5, r.w - 5, ROLE_TEXT, item->valuestring);
	}
	put_rule(r.y + lines, r.x, r.w);
	put_wrapped(r.y + lines + 1, r.x, 2, r.w, w->message ? w->message_role : ROLE_DIM,
		    w->message ? w->message : _("One on each line. Enter on an empty line ends the list."));
	edit_draw(&w->over_edit, r.y + w->over_focus - w->over_top, r.x + 5, r.w - 5, ROLE_FIELD, false);
}

void list_open(struct wizard *w, const struct question *q)
{
	struct list *l = list_own(w);
	cJSON_Delete(l->texts);
	l->of = q;
	l->texts = cJSON_Duplicate(answers_get(w->answers, q->id), 1);
	w->over_focus = cJSON_GetArraySize(l->texts);
	w->over_top = 0;
	edit_set(&w->over_edit, "");
	w->under = w->over;
	w->over = &overlay_list;
}

static void list_load(struct wizard *w, int to)
{
	const struct list *l = list_own(w);
	const cJSON *item = cJSON_GetArrayItem(l->texts, to);
	w->over_focus = to;
	edit_set(&w->over_edit, item ? item->valuestring : "");
}

/* The edited line goes into the list: changed, added, or taken out when it is empty. False when it is no valid element. */
static bool list_commit(struct wizard *w)
{
	struct list *l = list_own(w);
	const struct question *q = l->of;
	char *text = edit_text(&w->over_edit);
	const char *why = question_refuses(q, w->answers, text);
	bool exists = w->over_focus < cJSON_GetArraySize(l->texts);
	if (why) {
		wizard_say(w, ROLE_BAD, _(why));
	} else if (!*text && exists) {
		cJSON_DeleteItemFromArray(l->texts, w->over_focus);
	} else if (*text && exists) {
		cJSON_ReplaceItemInArray(l->texts, w->over_focus, cJSON_CreateString(text));
	} else if (*text) {
		cJSON_AddItemToArray(l->texts, cJSON_CreateString(text));
	}
	free(text);
	return !why;
}

static bool list_end(struct wizard *w)
{
	const struct list *l = list_own(w);
	if (!form_set(w, l->of, cJSON_Duplicate(l->texts, 1)))
		return true;
	if (settings_over(w, l->of))
		w->under = NULL;
	return false;
}

/* A pasted text may hold several, separated by commas, blanks or line ends. */
static void list_paste(struct wizard *w, const char *text)
{
	char *copy = xstrdup(text), *rest;
	for (char *one = strtok_r(copy, ", \t\r\n;", &rest); one; one = strtok_r(NULL, ", \t\r\n;", &rest)) {
		edit_insert(&w->over_edit, one);
		if (!list_commit(w))
			break;
		list_load(w, cJSON_GetArraySize(list_own(w)->texts));
	}
	free(copy);
}

static bool list_enter(struct wizard *w)
{
	bool empty = !w->over_edit.len;
	if (!list_commit(w))
		return true;
	if (empty)
		return list_end(w);
	list_load(w, w->over_focus + 1);
	return true;
}

static bool list_key(struct wizard *w, const struct key *k, enum action *action)
{
	(void)action;
	int count = cJSON_GetArraySize(list_own(w)->texts);
	if (key_is(k, 27))
		return false;
	if (key_is(k, L'\r'))
		return list_enter(w);
	if (k->kind == KEY_PASTED) {
		list_paste(w, k->text);
	} else if (key_is(k, L'\t')) {
		return list_commit(w) ? list_end(w) : true;
	} else if (key_does(k, KEY_UP) || key_does(k, KEY_DOWN)) {
		int to = w->over_focus + (k->code == KEY_DOWN ? 1 : -1);
		if (to >= 0 && to <= count && list_commit(w)) {
			count = cJSON_GetArraySize(list_own(w)->texts);
			list_load(w, to < count ? to : count);
		}
	} else if (!key_is(k, L' ')) {
		edit_key(&w->over_edit, k);
	}
	return true;
}

static void list_hints(struct wizard *w, struct hints *h)
{
	hint(h, _("Enter"), w->over_edit.len ? _("next line") : _("done"));
	hint(h, _("Tab"), _("done"));
	hint(h, _("Up/Down"), _("other line"));
	hint(h, _("Ctrl-U"), _("empty the line"));
	hint(h, _("Esc"), _("leave it as it was"));
}

const struct overlay overlay_list = {
    .size = sizeof(struct list), .forget = list_forget, .draw = list_draw, .key = list_key, .hints = list_hints};
