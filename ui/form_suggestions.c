/* What the cloud knows for a question: the list under a form's fields, narrowed by what is typed. */
#include "config.h"
#include "ui/form_parts.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* The suggestions that what was typed leaves. */
struct narrowed {
	const cJSON **items;
	int count, current; /* current: the one that the field holds, -1 for none */
};

const cJSON *form_suggestions(const struct wizard *w, const struct question *q)
{
	if (!q->suggests || q->type != TYPE_TEXT)
		return NULL;
	return wizard_survey_result(w, q->suggests);
}

static const char *id_of(const cJSON *item)
{
	return json_str(item, "id", "");
}

static const char *title_of(const cJSON *item)
{
	return json_str(item, "title", json_str(item, "name", ""));
}

static const char *filter_of(const struct wizard *w)
{
	return form_own(w)->filter ? form_own(w)->filter : "";
}

static struct narrowed narrowed_of(const struct wizard *w, const cJSON *list)
{
	struct narrowed s = {.items = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *s.items), .current = -1};
	char *text = edit_text(&form_own(w)->edit);
	const char *filter = filter_of(w);
	const cJSON *item;
	cJSON_ArrayForEach(item, list) {
		if (!strcasestr(id_of(item), filter) && !strcasestr(title_of(item), filter))
			continue;
		if (!strcmp(id_of(item), text))
			s.current = s.count;
		s.items[s.count++] = item;
	}
	free(text);
	return s;
}

const cJSON *suggestion_beside(const struct wizard *w, const struct question *q, int delta)
{
	struct narrowed s = narrowed_of(w, form_suggestions(w, q));
	int to = s.current < 0 && delta < 0 ? -1 : s.current + delta;
	const cJSON *beside = to >= 0 && to < s.count ? s.items[to] : NULL;
	free(s.items);
	return beside;
}

const cJSON *form_only_suggestion(const struct wizard *w, const struct question *q)
{
	const cJSON *list = form_suggestions(w, q);
	return cJSON_GetArraySize(list) == 1 && question_lacks(q, w->answers) ? list->child : NULL;
}

const cJSON *suggestion_meant(const struct wizard *w, const struct question *q)
{
	struct narrowed s = narrowed_of(w, form_suggestions(w, q));
	const cJSON *meant = s.current < 0 && s.count == 1 && *filter_of(w) ? s.items[0] : NULL;
	free(s.items);
	return meant || form_own(w)->edit.len ? meant : form_only_suggestion(w, q);
}

static void draw_suggestion(const cJSON *item, int y, struct rect r, bool here)
{
	if (here)
		put_glyph(y, r.x + 2, ROLE_KEY, GLYPH_MARK);
	int column = FORM_LABEL + 9; /* project ids have up to 30 characters */
	put(y, r.x + 4, column - 5, here ? ROLE_TITLE : ROLE_TEXT, id_of(item));
	put(y, r.x + column, r.w - column - 2, here ? ROLE_TITLE : ROLE_DIM, title_of(item));
}

void suggestions_draw(const struct wizard *w, const struct question *q, struct rect r)
{
	const cJSON *list = form_suggestions(w, q);
	if (!list && form_is_project(q) && wizard_survey_awaited(w, SURVEY_PROJECTS))
		put(r.y, r.x + 4, r.w - 4, ROLE_BUSY, _("Looking up your projects..."));
	if (!list || r.h < 2)
		return;
	struct narrowed s = narrowed_of(w, list);
	int room = r.h - 1, top = s.current < room ? 0 : s.current - room + 1;
	putf(r.y, r.x + 2, r.w - 2, ROLE_DIM, *filter_of(w) ? _("%d of %d match what you typed") : _("%d to choose from"),
	     s.count, cJSON_GetArraySize(list));
	for (int n = top; n < s.count && n < top + room; n++)
		draw_suggestion(s.items[n], r.y + 1 + n - top, r, n == s.current);
	if (s.count > top + room)
		put_glyph(r.y + room, r.x + r.w - 1, ROLE_KEY, GLYPH_DOWN);
	if (top > 0 && room > 1)
		put_glyph(r.y + 1, r.x + r.w - 1, ROLE_KEY, GLYPH_UP);
	free(s.items);
}
