/* Surveys: started as early as they make sense, never waited for. */
#include "config.h"
#include "ui/survey.h"

#include "base/json.h"
#include "base/mem.h"
#include "ui/state.h"

#include <stdlib.h>
#include <string.h>

/* A project is asked about once it was left alone for so long (seconds), so that not every letter is a request. */
#define SETTLED 0.4

static const struct {
	const char *name;
	bool of_project;
} surveys_of[SURVEY_COUNT] = {
    [SURVEY_WHO] = {"who", false},         [SURVEY_PROJECTS] = {"projects", false},  [SURVEY_PROJECT] = {"project", true},
    [SURVEY_REGIONS] = {"regions", true},  [SURVEY_PREFLIGHT] = {"preflight", true}, [SURVEY_LIMITS] = {"limits", true},
    [SURVEY_SIGN_IN] = {"sign-in", false}, [SURVEY_CONTEXTS] = {"contexts", false},  [SURVEY_PRICES] = {"prices", false},
};

static void done(void *arg, const cJSON *result, struct err *e)
{
	struct survey *s = arg;
	cJSON_Delete(s->result);
	s->result = result ? cJSON_Duplicate(result, 1) : NULL;
	err_free(&s->err);
	if (!result && e)
		err_move(&s->err, e);
	s->state = result ? SURVEY_KNOWN : SURVEY_FAILED;
}

/* What a survey is about: the project; for what is looked at by the plan, the answers that choose between alternatives and the region as well. The caller frees. */
static char *about(const struct wizard *w, enum survey_id id)
{
	const char *project = answers_str(w->answers, "project.id");
	const char *by = question_surveyed(w->answers, surveys_of[id].name);
	if (id == SURVEY_CONTEXTS)
		return xstrdup(by ? by : "");
	if (id < SURVEY_PREFLIGHT)
		return xstrdup(project);
	cJSON *choices = answers_choices(w->answers);
	char *text = json_text(choices, -1), *all = xasprintf("%s %s %s", project, answers_str(w->answers, "region"), text);
	free(text);
	cJSON_Delete(choices);
	return all;
}

/* Owns of. */
static void start(struct wizard *w, enum survey_id id, char *of)
{
	struct survey *s = &w->surveys[id];
	free(s->project);
	free(s->of);
	s->project = xstrdup(answers_str(w->answers, "project.id"));
	s->of = of;
	s->id = id;
	s->state = SURVEY_CHECKING;
	session_survey(w->session, surveys_of[id].name, w->answers, done, s);
}

static bool ready(const struct wizard *w, enum survey_id id, const char *of)
{
	const struct survey *s = &w->surveys[id];
	if (id == SURVEY_SIGN_IN) /* asked by the last page alone */
		return false;
	if (id == SURVEY_CONTEXTS) /* this machine's files are not read for who does not ask */
		return question_surveyed(w->answers, surveys_of[id].name) && (!s->of || strcmp(s->of, of) != 0);
	if (!surveys_of[id].of_project)
		return s->state == SURVEY_UNKNOWN;
	if (!*answers_str(w->answers, "project.id") || form_draft(w, "project.id") || form_typing_since(w) < SETTLED)
		return false;
	return s->state == SURVEY_UNKNOWN || !s->of || strcmp(s->of, of) != 0;
}

bool survey_of_project(enum survey_id id)
{
	return surveys_of[id].of_project;
}

/* What was found of the project that the answers name holds for them; another's does not. */
static void tell_organization(struct wizard *w)
{
	const struct survey *s = &w->surveys[SURVEY_PROJECT];
	bool holds = s->state == SURVEY_KNOWN && !strcmp(s->project, answers_str(w->answers, "project.id"));
	answers_found_organization(w->answers, holds ? json_at(s->result, "organization") : NULL);
}

void wizard_surveys_start(struct wizard *w)
{
	tell_organization(w);
	if (!w->session)
		return;
	for (enum survey_id id = 0; id < SURVEY_COUNT; id++) {
		char *of = about(w, id);
		if (ready(w, id, of))
			start(w, id, of);
		else
			free(of);
	}
}

void wizard_survey_ask(struct wizard *w, enum survey_id id)
{
	if (w->session && w->surveys[id].state != SURVEY_CHECKING)
		start(w, id, about(w, id));
}

void wizard_surveys_again(struct wizard *w)
{
	for (enum survey_id id = 0; id < SURVEY_COUNT; id++) {
		if (w->surveys[id].state == SURVEY_FAILED || surveys_of[id].of_project)
			w->surveys[id].state = SURVEY_UNKNOWN;
	}
	wizard_surveys_start(w);
}

const cJSON *wizard_survey_result(const struct wizard *w, const char *name)
{
	enum survey_id id = 0;
	while (id < SURVEY_COUNT && strcmp(surveys_of[id].name, name) != 0)
		id++;
	const cJSON *found = id < SURVEY_COUNT ? w->surveys[id].result : NULL;
	return id == SURVEY_REGIONS && (!found || !found->child) ? w->regions : found;
}

bool wizard_survey_awaited(const struct wizard *w, enum survey_id id)
{
	bool soon = w->session || (w->options->open && !w->sign_in.exit);
	return w->surveys[id].state == SURVEY_CHECKING || (soon && w->surveys[id].state == SURVEY_UNKNOWN);
}

bool wizard_surveys_busy(const struct wizard *w)
{
	for (enum survey_id id = 0; id < SURVEY_COUNT; id++) {
		if (id != SURVEY_PRICES && w->surveys[id].state == SURVEY_CHECKING) /* the table has prices meanwhile */
			return true;
	}
	return false;
}

void wizard_surveys_free(struct wizard *w)
{
	for (enum survey_id id = 0; id < SURVEY_COUNT; id++) {
		cJSON_Delete(w->surveys[id].result);
		err_free(&w->surveys[id].err);
		free(w->surveys[id].project);
		free(w->surveys[id].of);
	}
}
