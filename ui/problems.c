/* What is wrong with the answers, by section, and which settings cure it: they may stand in other lines of the review. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";

/* The question whose id stands at text, and the id's length; NULL for none. A word without a dot is one of the language. */
static const struct question *named_at(const char *text, size_t *len)
{
	*len = strspn(text, letters);
	while (*len && text[*len - 1] == '.')
		--*len;
	char *id = xstrndup(text, *len);
	const struct question *q = strchr(id, '.') ? question_find(id) : NULL;
	free(id);
	return q;
}

static void add_cure(cJSON *cures, const struct question *q)
{
	const cJSON *known;
	cJSON_ArrayForEach(known, cures) {
		if (!strcmp(known->valuestring, q->id))
			return;
	}
	cJSON_AddItemToArray(cures, cJSON_CreateString(q->id));
}

/* The sentence as it is shown: settings by their titles, as the pages have them. Those that it names cure it (cures may be NULL). What sets one in a
 * command stays as it is typed. */
static void take_sentence(const char *sentence, struct buf *shown, cJSON *cures)
{
	size_t len;
	for (const char *p = sentence; *p; p += len) {
		const struct question *q = named_at(p, &len);
		if (q && p[len] != '=') {
			if (cures)
				add_cure(cures, q);
			buf_printf(shown, _("\"%s\""), _(q->title));
			continue;
		}
		len = len ? len : 1;
		buf_add(shown, p, len);
	}
}

char *with_titles(const char *text)
{
	struct buf shown = {0};
	take_sentence(text, &shown, NULL);
	return buf_take(&shown);
}

void put_titles(cJSON *tree)
{
	cJSON *item;
	cJSON_ArrayForEach(item, tree) {
		const char *name = item->string ? item->string : "";
		bool told = !strcmp(name, "message") || !strcmp(name, "fix") || !strcmp(name, "steps");
		if (told && cJSON_IsString(item)) {
			char *shown = with_titles(item->valuestring);
			cJSON_SetValuestring(item, shown);
			free(shown);
		}
		put_titles(item);
	}
}

/* Each line of an error, "id: sentence", goes to the section of its question. */
static void take_line(cJSON *sections, const char *line)
{
	char *id = xstrndup(line, strcspn(line, ":"));
	const struct question *q = question_find(id);
	const char *section = q ? q->page : "project", *before;
	cJSON *found = cJSON_GetObjectItemCaseSensitive(sections, section);
	struct buf text = {0};
	if (!found)
		cJSON_AddItemToObject(sections, section, found = json_make("{'text':'','cures':[]}"));
	before = json_str(found, "text", "");
	buf_printf(&text, "%s%s%s", before, *before ? "\n" : "", q ? _(q->title) : "");
	if (q)
		add_cure(cJSON_GetObjectItem(found, "cures"), q);
	take_sentence(q ? line + strlen(id) : line, &text, cJSON_GetObjectItem(found, "cures"));
	json_put_str(found, "text", buf_text(&text));
	buf_free(&text);
	free(id);
}

void problems_find(struct wizard *w)
{
	struct err e = {0};
	cJSON_Delete(w->problems);
	w->problems = cJSON_CreateObject();
	char *what = xstrdup(answers_check(w->answers, NULL, &e) || !e.what ? "" : e.what), *rest;
	for (char *line = strtok_r(what, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		take_line(w->problems, line);
	free(what);
	err_free(&e);
}

const char *problem_of(const struct wizard *w, const char *section)
{
	return json_str(cJSON_GetObjectItemCaseSensitive(w->problems, section), "text", NULL);
}

const struct question *problem_cure(const struct wizard *w, const char *section, int n)
{
	const cJSON *cures = json_at(cJSON_GetObjectItemCaseSensitive(w->problems, section), "cures");
	const cJSON *id = cJSON_GetArraySize(cures) > 1 ? cJSON_GetArrayItem(cures, n) : NULL;
	const struct question *q = id ? question_find(id->valuestring) : NULL;
	return q && answers_asked(w->answers, q) ? q : NULL;
}

void problem_draw_cures(const struct wizard *w, const char *section, struct rect r)
{
	const struct question *q;
	int x = r.x;
	for (int n = 0; n < 9 && (q = problem_cure(w, section, n)) != NULL; n++) {
		if (x + 2 + cells(_(q->title)) > r.x + r.w)
			return;
		x += putf(r.y, x, 2, ROLE_KEY, "%d ", n + 1);
		x += put(r.y, x, r.x + r.w - x, ROLE_TEXT, _(q->title)) + 3;
	}
}
