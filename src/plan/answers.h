/* The answers file (design.md 5): what the operator decided, and what was resolved once. */
#ifndef MS_PLAN_ANSWERS_H
#define MS_PLAN_ANSWERS_H

#include "base/buf.h"
#include "base/err.h"
#include "plan/question.h"

#include <cjson/cJSON.h>

enum { ANSWERS_FORMAT = 1 };

/* The file as it was last read or written, and the answers' own text at that moment: together they tell who changed what since. */
struct answers_file {
	char *theirs, *ours; /* NULL before there is a file */
	char *beside;        /* where ours was written when it could not be put into the file; NULL as a rule */
	unsigned users;
};
/* For answers_new, answers_copy and answers_free. */
struct answers_file *answers_file_share(struct answers_file *f);
void answers_file_drop(struct answers_file *f);

struct answers {
	cJSON *values; /* object: question id -> value, only those that were answered; ids as flat keys ("database.tier") */
	cJSON *
	    resolved; /* object: "suffix", "project_number", "stack", "organization", "image_digest", "secret_versions", "url", "choices", ... */
	cJSON *
	    organization; /* as it was found meanwhile, which is newer than what was resolved and is in no file; NULL: it was not */
	cJSON *defaults;           /* the last fallback given out per id: keeps answers_get's pointers alive */
	struct answers_file *file; /* what is known of the file on the disk; shared by copies */
	char *text;                /* the file's text as read, for line numbers; NULL when it was not read from one */
};

/* Empty answers, for the wizard. Free with answers_free. */
struct answers *answers_new(void);
void answers_free(struct answers *a);
struct answers *answers_copy(const struct answers *a);

/* Reads a file's text; name is for messages. All problems are reported, one a line in e->what: not JSON, newer format (refused),
 * unknown key with line and "did you mean", wrong type, value that its check refuses. What is incomplete, or cannot be chosen
 * together, is left to answers_check, so that the wizard can open a half-filled file. EXIT_ANSWERS. NULL on failure. */
struct answers *answers_parse(const char *text, size_t len, const char *name, struct err *e);
/* Reads a regular file. EXIT_NOINPUT when it is not there. */
struct answers *answers_load(const char *path, struct err *e);
/* The file's text: every question written out, sorted; save(load(save(x))) = save(x). */
void answers_print(const struct answers *a, struct buf *out);
/* Writes it atomically: a new file with mode 0600, an old one with its mode and owner, through a symbolic link; when the file already holds these
 * bytes it is not touched. What somebody else changed in the file since it was read stays: only what changed here is put into it. When both
 * changed the same, or the file is no answers file any more, it is left and ours is written beside it: answers_beside then says where. */
bool answers_save(const struct answers *a, const char *path, struct err *e);
const char *answers_beside(const struct answers *a);

/* The value in force: the answer, or the default. Never NULL for a known id; the pointer lives until the answers change. */
const cJSON *answers_get(const struct answers *a, const char *id);
const char *answers_str(const struct answers *a, const char *id); /* "" when it is no text */
int answers_int(const struct answers *a, const char *id);
bool answers_bool(const struct answers *a, const char *id);
/* Sets one; value is owned by the answers from then on. False when the type or the check refuses it (value is freed). Other answers that
 * stood at their default follow when that default depends on this one. */
bool answers_set(struct answers *a, const char *id, cJSON *value, struct err *e);
/* Sets from text as --set ID=VALUE does: numbers, true/false, lists separated by commas. */
bool answers_set_text(struct answers *a, const char *id, const char *text, struct err *e);
/* Is this value allowed for this question? e->what is one sentence. The rule that answers_set goes by. */
bool answers_allows(const struct answers *a, const struct question *q, const cJSON *value, struct err *e);
/* Forgets one: the default is in force again. */
void answers_drop(struct answers *a, const char *id);
/* The value in words, as the wizard and plan show it: a choice's title, "yes", a list joined by ", "; freed by the caller. */
char *answers_words(const struct answers *a, const struct question *q);
/* Whose the project is: the organization's number as a text, null for none, NULL when nobody asked so far. Borrowed. */
const cJSON *answers_organization(const struct answers *a);
/* What was found about that while the answers are made; copied. NULL: what was resolved holds again. */
void answers_found_organization(struct answers *a, const cJSON *organization);
/* The answers that decide which resources there are and who is granted what: choices between alternatives, and the texts that are asked because of one, as
 * id -> text, lists that admit as id -> [text], the operator as "operator" -> [e-mail] once it is known who that is.
 * The caller deletes it. */
cJSON *answers_choices(const struct answers *a);
/* Is the question asked with these answers? */
bool answers_asked(const struct answers *a, const struct question *q);
/* Checks everything that is asked, and the pairs (design.md 3): all problems at once, a line each in e->what. EXIT_ANSWERS. */
bool answers_check(const struct answers *a, const char *name, struct err *e);
/* The same for one page of the wizard: the id of the first question that is not right, and why in e; NULL when all are. */
const char *answers_check_page(const struct answers *a, const char *page, struct err *e);

/* The JSON Schema (draft 2020-12) of the file, from the table; the caller deletes it. */
cJSON *answers_schema(void);

#endif
