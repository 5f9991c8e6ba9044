/* The wizard's pages: few, each of several sections of the question table (plan/question.h's pages). */
#ifndef MS_UI_PAGES_H
#define MS_UI_PAGES_H

#include "plan/answers.h"

struct wizard_page {
	const char *id, *title, *intro; /* N_() */
	const char *sections[6];        /* whose questions stand here; ended by NULL */
	bool basics;                    /* only the basic questions are shown, and what has no answer so far; else all */
};

/* Ended by a NULL id. */
extern const struct wizard_page wizard_pages[];

/* Is the question on this page, with these answers? One that has a single choice is not: it stands among all settings. */
bool page_asks(const struct wizard_page *p, const struct answers *a, const struct question *q);
/* Is there anything on it? */
bool page_has_questions(const struct wizard_page *p, const struct answers *a);
/* Does the page hold this section? */
bool page_holds(const struct wizard_page *p, const char *section);
/* A section's answers in a line of words, what has its own title first; freed by the caller. */
char *section_words(const struct answers *a, const char *section);
/* Does q have to have an answer, and has none? */
bool question_lacks(const struct question *q, const struct answers *a);

#endif
