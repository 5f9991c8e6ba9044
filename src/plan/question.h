/* The questions: one table. The wizard, plain mode, --set, validation, the schema, completions and the manual all come from it. */
#ifndef MS_PLAN_QUESTION_H
#define MS_PLAN_QUESTION_H

#include "base/err.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct answers;

enum question_type {
	TYPE_TEXT,   /* one line */
	TYPE_CHOICE, /* one of choices */
	TYPE_BOOL,
	TYPE_INT,   /* within min..max, with unit */
	TYPE_LIST,  /* texts, each checked by check */
	TYPE_SECRET /* a reference to a secret: never the value */
};

struct question;

/* Told of each problem: the id to blame and a sentence (translated, borrowed). */
typedef void problem_fn(void *arg, const char *id, const char *sentence);

struct choice {
	const char *id;    /* stable, what the file holds */
	const char *title; /* N_() */
	const char *help;  /* N_(), one or two sentences */

	/* For choices of an axis (plan/axes.h); all may be absent. */
	bool later; /* named already, and not in this version yet */
	/* Why it cannot be chosen with these answers, beside what pairs.tbl says: N_() text, or NULL when it can. */
	const char *(*refused)(const struct answers *a);
	/* What has to be known of it in this project, which is said in place of its help: N_() text, or NULL. It changes no default. */
	const char *(*remark)(const struct answers *a);
	bool (*advised)(const struct answers *a);     /* true: the faces mark it; its remark says why */
	bool (*recommended)(const struct answers *a); /* true: it is the default, whatever stands before it */
	const struct question *questions;             /* that it brings: asked while it is chosen; ended by a NULL id */
	const char *const *asks;                      /* ids of questions of others that are asked as well; ended by NULL */
	/* What is wrong with several answers together, while it is chosen. */
	void (*check)(const struct answers *a, problem_fn *found, void *arg);
	const char *const *apis; /* services that must be on, without ".googleapis.com"; ended by NULL */
};

struct question {
	const char *id;   /* "database.tier": stable, dotted, lower case */
	const char *page; /* id of the wizard page that asks it */
	enum question_type type;
	const char *title;            /* N_(): the label, at most 30 cells in English */
	const char *help;             /* N_(): why it is asked, what the default does, what it costs */
	const struct choice *choices; /* for TYPE_CHOICE, ended by a NULL id */
	const struct choice *(*nth)(
	    size_t i);    /* the same where another table holds them: the i-th, NULL after the last; choices is made of it */
	int min, max;     /* for TYPE_INT */
	const char *unit; /* "GiB", or NULL */
	const char *(*counted)(
	    unsigned long n); /* so many of it, where that is a word: the translated form of "%d days"; or NULL */
	bool optional;        /* an empty text or list is an answer too */
	bool shared;          /* asked only while a choice has it among its asks */
	/* Is it asked with these answers? NULL: always. An unasked question keeps its default in the file. */
	bool (*when)(const struct answers *a);
	/* The default: a text as --set takes it (NULL: empty), or a function of earlier answers and what was resolved, which gives a new value. */
	const char *preset;
	cJSON *(*fallback)(const struct answers *a);
	/* The form of a text, a secret reference or an element of a list: an extended regular expression that ECMA 262 reads the same way
	 * (it goes into the schema), and the N_() sentence that says it in words. Both or neither. */
	const char *pattern, *form;
	/* What pattern and choices cannot say: NULL when fine, else a sentence N_() that says what is allowed. Called before the pattern. */
	const char *(*check)(const struct answers *a, const char *value);
	/* Is the choice value one of these answers at all? One that is not is neither named nor counted where they are listed. NULL: all are. */
	bool (*belongs)(const struct answers *a, const char *value);
	const char *suggests;  /* the survey (engine/session.h) whose list can be chosen from instead of typing, or NULL */
	const char *surveyed;  /* the question whose answer that survey goes by, or NULL */
	const char *rehearsal; /* what a rehearsal puts where only a human can get the answer, or NULL */
	const char *sample;    /* what stands for it in a price that is told before there is an answer, or NULL */
	const char *typed;     /* N_(): what is said where a secret is typed; for TYPE_SECRET */
	const char *
	    client; /* for TYPE_SECRET: it is the secret of the OAuth client whose ID is the answer to this question; or NULL */
	bool admits; /* of a list: who or what is on it gets a grant or a thing of its own, which goes when it goes off it */
	const char *
	    product; /* of a version: what it is the version of, said before it where the title does not stand beside; or NULL */
	bool quiet;  /* a line that sums its page up names it only when it is not at its default */
	bool basic;  /* of a page that shows few questions it is one */
	const char *after;          /* of a table that is joined in: the question behind which it stands */
	const struct choice *owner; /* set by the joining: the choice that brought it, or NULL */
};

struct page {
	const char *id, *title, *intro; /* N_() */
};

/* The tables, each ended by an entry whose id is NULL. questions is joined before main begins: of this table's own rows, of those that the axes'
 * choices bring, and of people.c. */
extern const struct question *const questions;
extern const struct page pages[];

/* The question, the page with this id, or NULL. */
const struct question *question_find(const char *id);
const struct page *page_find(const char *id);
/* The choice of q with this id, or NULL. */
const struct choice *choice_find(const struct question *q, const char *id);
/* The n-th of q's choices, from 0, that belong to these answers, refused or not; NULL after the last. */
const struct choice *question_choice(const struct question *q, const struct answers *a, int n);
/* What this survey goes by: the answer to the question that the one which it is for names; NULL while nobody asks that one. */
const char *question_surveyed(const struct answers *a, const char *survey);
/* Its default with these answers: a new value for the caller. */
cJSON *question_default(const struct question *q, const struct answers *a);
/* text as a value of q's type, as --set reads it: where it is no number or truth, a text, which answers_set refuses in its words. */
cJSON *question_value(const struct question *q, const char *text);
/* The id that was probably meant, or NULL. */
const char *question_nearest(const char *id);

/* Why one text (an element of a list, a choice's id, a reference) cannot be q's value with these answers: an N_() sentence, or NULL when
 * it can. An empty text is fine here; whether one is needed is answers_check's business. */
const char *question_refuses(const struct question *q, const struct answers *a, const char *value);
/* What is said under a choice of it: why it cannot be chosen, else what is known of it with these answers, else what it means. N_() text. */
const char *question_says(const struct question *q, const struct answers *a, const struct choice *c);

/* For struct question's counted. */
const char *count_days(unsigned long n);
const char *count_hours(unsigned long n);
const char *count_oclock(unsigned long n);

#endif
