/* Answers that need not be typed: what the cloud knows of who is signed in and of their projects, and what a rehearsal makes up. */
#include "config.h"
#include "ui/prefill.h"

#include "base/json.h"
#include "plan/people.h"
#include "ui/state.h"

#include <string.h>

static bool is_empty(const struct wizard *w, const char *id)
{
	const cJSON *v = answers_get(w->answers, id);
	return !form_draft(w, id) && (cJSON_IsArray(v) ? !v->child : cJSON_IsString(v) && !*v->valuestring);
}

static void prefill(struct wizard *w, const char *id, const char *text)
{
	struct err ignored = {0};
	if (*text && is_empty(w, id) && answers_set_text(w->answers, id, text, &ignored) &&
	    page_holds(&wizard_pages[w->page], question_find(id)->page))
		form_load(w);
	err_free(&ignored);
}

void prefill_forget(struct wizard *w)
{
	for (const struct question *q = questions; q->id && !w->options->rehearsal; q++) {
		if (q->rehearsal && !strcmp(answers_str(w->answers, q->id), q->rehearsal))
			answers_drop(w->answers, q->id);
	}
}

/* What is no answer any more, since another one was changed (an OAuth client's ID is another at each provider), is asked for. */
static void prefill_rehearsal(struct wizard *w)
{
	for (const struct question *q = questions; q->id; q++) {
		if (!q->rehearsal || q->type != TYPE_TEXT || !answers_asked(w->answers, q))
			continue;
		if (!strcmp(answers_str(w->answers, q->id), q->rehearsal) && question_refuses(q, w->answers, q->rehearsal))
			answers_drop(w->answers, q->id);
		prefill(w, q->id, q->rehearsal);
	}
}

/* Who is signed in is the first who may enter, where nobody is named so far. */
static void prefill_people(struct wizard *w, const char *email)
{
	if (people_named(w->answers))
		return;
	for (const struct question *q = questions; q->id; q++) {
		if (q->type == TYPE_LIST && q->suggests && !strcmp(q->suggests, "who"))
			prefill(w, q->id, email);
	}
}

/* The project that the sign-in names, else the only one there is. */
static void prefill_project(struct wizard *w)
{
	const cJSON *who = w->surveys[SURVEY_WHO].result, *projects = w->surveys[SURVEY_PROJECTS].result;
	const char *named = json_str(who, "project", "");
	if (*named)
		prefill(w, "project.id", named);
	else if (cJSON_GetArraySize(projects) == 1)
		prefill(w, "project.id", json_str(projects, "0.id", ""));
}

void prefill_answers(struct wizard *w)
{
	const cJSON *who = w->surveys[SURVEY_WHO].result;
	if (w->options->rehearsal)
		prefill_rehearsal(w);
	if (who && !w->filled_people)
		prefill_people(w, json_str(who, "email", ""));
	w->filled_people |= who != NULL;
	bool known = who && w->surveys[SURVEY_PROJECTS].state >= SURVEY_KNOWN;
	if (known && !w->filled_project)
		prefill_project(w);
	w->filled_project |= known;
}
