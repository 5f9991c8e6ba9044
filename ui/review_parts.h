/* The parts of the review. */
#ifndef MS_UI_REVIEW_PARTS_H
#define MS_UI_REVIEW_PARTS_H

#include "ui/state.h"

struct review {
	struct run *run;
	cJSON *plan; /* plan/show.h's JSON, once known */
	struct err err;
	char *failure; /* the last thing that failed while planning */
	char *of;      /* the answers that it looked with, as text */
	int focus, top;
	bool agreed; /* the operator agreed to exactly this plan */
	const struct question
	    *asks_secret; /* whose answer, a secret that the operator types or opens, is to be stored; or NULL */
	bool consent;     /* the operator typed the server's name: the data that the plan deletes may go */
};
/* The page's own state. */
struct review *review_own(const struct wizard *w);

/* Lines of the pane below the list. */
enum { REVIEW_PANE = 5 };

/* review.c */
/* What the line that builds does, in a word or two: build, apply, or prove again. */
const char *review_deed(const struct wizard *w);
/* What is to be said of that: how long it takes and what it costs, or why it cannot be done yet; freed by the caller. */
char *review_build_words(const struct wizard *w);
/* The section of the n-th line, from 0; NULL after the last. The word at its right end, freed by the caller: its price, that it was changed, that it has to be put
 * right. */
const char *review_section(const struct wizard *w, int n);
char *review_note(const struct wizard *w, const char *section, enum role *role);
/* Is it a second run, of a stack that stands for the most part? */
bool review_of_standing(const struct wizard *w);
/* How many lines the words of a section take that stand in a list of this width. */
int review_lines_of(const struct wizard *w, const char *section, struct rect list);

/* review_plan.c */
void review_forget(struct wizard *w);
/* What went wrong while reading, for when no plan comes of it. */
void review_event(struct wizard *w, const cJSON *event);
/* How many resources of the plan have this verdict. */
int review_planned(const struct wizard *w, enum verdict verdict);
/* What a resource of the plan's JSON is, in words. */
const char *review_kind(const cJSON *resource);
/* What the operator changed in a section since the file was read, a line each, as difference_words has it; "" for nothing; freed by the caller. */
char *review_changes(const struct wizard *w, const char *section, const char *to);
/* The question that decided about a resource of the plan, by its id, or NULL. */
const struct question *review_decides(const struct wizard *w, const char *resource);

/* review_pane.c */
/* The width of the column of titles. */
int review_title_width(struct rect r);
/* What the plan does, how the checks stand, the address, how to undo it: how many lines; and they, from y to end. */
int review_facts(const struct wizard *w);
void review_draw_facts(const struct wizard *w, int y, int end, struct rect r);
/* What the focused line means, a section's or the one that builds (NULL): its problem, what was changed, or its sentence. */
void review_draw_pane(const struct wizard *w, const char *section, struct rect r);

#endif
