/* The parts of a page of questions. */
#ifndef MS_UI_FORM_PARTS_H
#define MS_UI_FORM_PARTS_H

#include "ui/state.h"

struct form {
	int focus; /* which of the page's asked questions */
	struct edit edit;
	char *filter;       /* what the suggestions are narrowed by; NULL for nothing */
	bool fresh;         /* nothing was typed into the field so far: the first character replaces it */
	cJSON *drafts;      /* question id -> text as typed that is no answer yet; NULL for none */
	const char *unsaid; /* what the chosen choice means, where the list had no room for it */
	bool typed;         /* a project was, last at this time of the session's */
	double typed_at;
};
/* The page's own state. */
struct form *form_own(const struct wizard *w);

/* The column of values, behind the titles. */
enum { FORM_LABEL = 26 };

/* form.c */
/* The n-th question that is asked on the page, from 0; NULL after the last. */
const struct question *form_asked(const struct wizard *w, int n);
int form_asked_count(const struct wizard *w);
void form_focus(struct wizard *w, const char *question);
/* Has it a field, and no choices or marks? */
bool form_is_typed(const struct question *q);
bool form_is_project(const struct question *q);
/* Why what was typed into its field is no answer, for the caller to free; NULL when it is one. */
char *form_problem(const struct wizard *w, const struct question *q);
/* Puts a text into the focused question's field, as if it had been typed. */
void form_put(struct wizard *w, const struct question *q, const char *text);

/* form_suggestions.c */
/* The suggestion delta places after the one that the field holds; without one, the first. NULL when there is no such. */
const cJSON *suggestion_beside(const struct wizard *w, const struct question *q, int delta);
/* The only one that what was typed leaves, or the only one there is where an answer is needed; NULL when the field holds one already. */
const cJSON *suggestion_meant(const struct wizard *w, const struct question *q);
/* The list under the fields: what can be chosen with the arrows instead of typing. */
void suggestions_draw(const struct wizard *w, const struct question *q, struct rect r);

/* form_draw.c */
void form_draw(struct wizard *w, struct rect r);

/* form_leave.c */
/* Goes on to the next page, or says what is in the way, with the focus where it can be mended. */
enum action form_leave(struct wizard *w);

#endif
