/* Surveys: questions to the cloud that help answering (engine/session.h says what each one answers). */
#ifndef MS_ENGINE_SURVEY_H
#define MS_ENGINE_SURVEY_H

#include "engine/session.h"

struct surveys;

struct contexts;
/* The parts are borrowed; credentials may be NULL: then every survey fails and says so, but that of contexts. */
struct surveys *surveys_new(struct loop *loop, struct transport *transport, struct credentials *credentials,
			    struct contexts *contexts);
/* The cloud that answers is simulated: its prices are not kept for other runs. */
void surveys_simulated(struct surveys *s);
/* The filter of Cloud Logging that finds a person's sign-in; NULL: there is none, and nobody is seen. */
void surveys_expect_sign_in(struct surveys *s, const char *filter);
void surveys_free(struct surveys *s);
void survey_begin(struct surveys *s, const char *what, const struct answers *a, survey_done *done, void *arg);

#endif
