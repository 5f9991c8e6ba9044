/* Leaving a page of questions: what holds it, and what the operator saw on it becomes their answer. */
#include "config.h"
#include "ui/form_parts.h"

#include "base/gettext.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

/* A default that the cloud is being asked for right now may be the very answer that is missing. */
static bool worth_waiting(const struct wizard *w)
{
	return wizard_survey_awaited(w, SURVEY_WHO) || wizard_survey_awaited(w, SURVEY_PROJECTS);
}

/* Is it still being found out how the project stands? */
static bool is_checking(const struct wizard *w)
{
	const char *project = answers_str(w->answers, "project.id");
	for (enum survey_id id = SURVEY_PROJECT; id < SURVEY_COUNT; id++) {
		const struct survey *s = &w->surveys[id];
		if (id != SURVEY_REGIONS && survey_of_project(id) &&
		    (s->state <= SURVEY_CHECKING || !s->project || strcmp(s->project, project) != 0))
			return true;
	}
	return false;
}

/* A project that is not in order is not left behind; one that is being looked at is waited for. */
static bool held(struct wizard *w)
{
	if (!page_holds(&wizard_pages[w->page], "project") || !w->session || w->sign_in.exit)
		return false;
	if (is_checking(w)) {
		w->want_next = true;
		wizard_say(w, ROLE_BUSY, _("One moment: the project is being checked."));
		return true;
	}
	if (!checks_hold(w))
		return false;
	wizard_say(w, ROLE_BAD, _("This has to be put right first. Ctrl-R checks again."));
	return true;
}

/* Nor a client that its identity provider refuses, on the page that asks for it. */
static bool held_by_client(struct wizard *w)
{
	enum role role;
	for (int i = 0; client_refused(w) && form_asked(w, i); i++) {
		if (!form_asked(w, i)->client)
			continue;
		form_focus(w, form_asked(w, i)->id);
		wizard_say(w, ROLE_BAD, client_words(w, &role));
		return true;
	}
	return false;
}

static const char *first_wrong(const struct wizard *w, struct err *e)
{
	for (const char *const *s = wizard_pages[w->page].sections; *s; s++) {
		const char *wrong = answers_check_page(w->answers, *s, e);
		if (wrong)
			return wrong;
	}
	return NULL;
}

/* What was shown on the page and left as it was is the operator's answer: a default that changes later must not change it behind their back. */
static void pin_answers(struct wizard *w)
{
	struct err ignored = {0};
	for (int i = 0; form_asked(w, i); i++) {
		const struct question *q = form_asked(w, i);
		if (!cJSON_HasObjectItem(w->answers->values, q->id) && !question_lacks(q, w->answers))
			answers_set(w->answers, q->id, cJSON_Duplicate(answers_get(w->answers, q->id), 1), &ignored);
	}
	err_free(&ignored);
}

enum action form_leave(struct wizard *w)
{
	struct err e = {0};
	const struct question *q = form_focused(w);
	const cJSON *meant = q ? suggestion_meant(w, q) : NULL;
	if (meant)
		form_put(w, q, json_str(meant, "id", ""));
	for (int i = 0; form_asked(w, i); i++) {
		char *problem = form_problem(w, form_asked(w, i));
		if (!problem)
			continue;
		form_focus(w, form_asked(w, i)->id);
		wizard_say(w, ROLE_BAD, problem);
		free(problem);
		return ACTION_NONE;
	}
	const char *wrong = first_wrong(w, &e);
	if (wrong) {
		form_focus(w, wrong);
		w->want_next = worth_waiting(w);
		wizard_say(w, w->want_next ? ROLE_BUSY : ROLE_BAD, w->want_next ? _("One moment: looking it up...") : e.what);
	}
	err_free(&e);
	if (wrong || held(w) || held_by_client(w))
		return ACTION_NONE;
	pin_answers(w);
	return ACTION_NEXT;
}
