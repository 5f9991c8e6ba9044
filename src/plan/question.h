/* The questions: one table. The wizard, plain mode, --set, validation, the schema, completions and the manual all come from it. */
#ifndef MS_PLAN_QUESTION_H
#define MS_PLAN_QUESTION_H

#include "base/err.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct answers;

enum question_type {
	TYPE_TEXT,    /* one line */
	TYPE_CHOICE,  /* one of choices */
	TYPE_BOOL,
	TYPE_INT,     /* within min..max, with unit */
	TYPE_LIST,    /* texts, each checked by check */
	TYPE_SECRET   /* a reference to a secret: never the value */
};

struct choice {
	const char *id;                                 /* stable, what the file holds */
	const char *title;                              /* N_() */
	const char *help;                               /* N_(), one or two sentences */
	/* Why it cannot be chosen with these answers: N_() text, or NULL when it can. NULL function means always possible. */
	const char *(*refused)(const struct answers *a);
};

struct question {
	const char *id;                                 /* "database.tier": stable, dotted, lower case */
	const char *page;                               /* id of the wizard page that asks it */
	enum question_type type;
	const char *title;                              /* N_(): the label, at most 30 cells in English */
	const char *help;                               /* N_(): why it is asked, what the default does, what it costs */
	const struct choice *choices;                   /* for TYPE_CHOICE, ended by a NULL id */
	int min, max;                                   /* for TYPE_INT */
	const char *unit;                               /* "GiB", or NULL */
	bool required;                                  /* an empty text or list is an error */
	/* Is it asked with these answers? NULL: always. An unasked question keeps its default in the file. */
	bool (*when)(const struct answers *a);
	/* The default, from earlier answers and what was resolved: a new cJSON value. Never NULL as a function. */
	cJSON *(*fallback)(const struct answers *a);
	/* The form of a text, a secret reference or an element of a list: an extended regular expression that ECMA 262 reads the same way
	 * (it goes into the schema), and the N_() sentence that says it in words. Both or neither. */
	const char *pattern, *form;
	/* What the pattern cannot say: NULL when fine, else a sentence N_() that says what is allowed. Called before the pattern. */
	const char *(*check)(const struct answers *a, const char *value);
	int since;                                      /* the format that introduced it */
};

struct page {
	const char *id, *title, *intro;                 /* N_() */
};

/* The tables, each ended by an entry whose id is NULL. */
extern const struct question questions[];
extern const struct page pages[];

/* The question, the page with this id, or NULL. */
const struct question *question_find(const char *id);
const struct page *page_find(const char *id);
/* The choice of q with this id, or NULL. */
const struct choice *choice_find(const struct question *q, const char *id);
/* The id that was probably meant, or NULL. */
const char *question_nearest(const char *id);

/* Why one text (an element of a list, a choice's id, a reference) cannot be q's value with these answers: an N_() sentence, or NULL when
 * it can. An empty text is fine here; whether one is needed is answers_check's business. */
const char *question_refuses(const struct question *q, const struct answers *a, const char *value);

#endif
