/* What the cloud was asked while the operator types: each survey is unknown, being checked, known or failed. */
#ifndef MS_UI_SURVEY_H
#define MS_UI_SURVEY_H

#include "base/err.h"
#include "engine/session.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

enum survey_id {
	SURVEY_WHO,
	SURVEY_PROJECTS,
	SURVEY_PROJECT,
	SURVEY_REGIONS,
	SURVEY_CONTEXTS,
	SURVEY_PREFLIGHT,
	SURVEY_LIMITS,
	SURVEY_SIGN_IN,
	SURVEY_PRICES,
	SURVEY_COUNT
};
enum survey_state { SURVEY_UNKNOWN, SURVEY_CHECKING, SURVEY_KNOWN, SURVEY_FAILED };

struct wizard;

struct survey {
	enum survey_id id;
	enum survey_state state;
	cJSON *result;  /* when known */
	struct err err; /* when failed */
	char *project;  /* the project that was asked about, "" when none */
	char *of;       /* and what else of the answers it depends on */
};

/* Is it about the project in the answers? Others are about the operator or this machine, and may never be asked. */
bool survey_of_project(enum survey_id id);
/* Asks what has not been asked so far: all that makes sense for the project in the answers. Called after each change; cheap. */
void wizard_surveys_start(struct wizard *w);
/* Asks again, for instance after a failure was mended. */
void wizard_surveys_again(struct wizard *w);
/* Asks one anew that is not asked by itself. */
void wizard_survey_ask(struct wizard *w, enum survey_id id);
/* What the survey with this name (engine/session.h) found; NULL when it is not known. */
const cJSON *wizard_survey_result(const struct wizard *w, const char *name);
/* Is an answer on its way: asked, or to be asked as soon as there is a cloud to ask? */
bool wizard_survey_awaited(const struct wizard *w, enum survey_id id);
bool wizard_surveys_busy(const struct wizard *w);
void wizard_surveys_free(struct wizard *w);

#endif
