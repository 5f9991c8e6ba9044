/* The wizard as lines, from inside: what its questions, its review and its build share. */
#ifndef MS_UI_PLAIN_PRIVATE_H
#define MS_UI_PLAIN_PRIVATE_H

#include "ui/state.h"

#include <signal.h>
#include <stdio.h>

struct plain {
	struct wizard *w;
	FILE *in, *out;
	struct lines *lines;
	char *filter; /* what lists are narrowed by */
	char *pasted; /* the text to paste elsewhere that was said last */
	bool input_ended;
};

/* How often the operator has interrupted since the last run; and were we told to end? */
extern volatile sig_atomic_t plain_interrupts;
extern volatile sig_atomic_t plain_ends;

/* What came back for a prompt. */
enum reply { REPLY_TEXT, REPLY_DEFAULT, REPLY_BACK, REPLY_HELP, REPLY_EMPTY, REPLY_QUIT };

/* plain_ask.c */
/* One line from the operator; text is freed by the caller. The end of the input is never taken for an answer. */
enum reply plain_reply(struct plain *p, char **text);
/* One turn of the session. */
void plain_turn(struct plain *p);
/* What is being waited for, said at once and then every half minute: told is when it was, at first -PLAIN_HEARTBEAT. */
enum { PLAIN_HEARTBEAT = 30 };
void plain_say_waiting(struct plain *p, const char *words, double *told);
/* Until a survey is known; and why it failed, if it did. */
void plain_wait(struct plain *p, enum survey_id id);
void plain_say_failure(struct plain *p, enum survey_id id);
/* Checks of the project that failed, each with its cure, and the line that somebody runs who may grant roles. */
void plain_say_failed_checks(struct plain *p);
/* Lists are narrowed by this text from now on. */
void plain_filter(struct plain *p, const char *text);
/* Says which page it is, and is on it from then on. */
void plain_page(struct plain *p, const char *id);
/* Asks one question until there is an answer or a way out. */
enum reply plain_ask(struct plain *p, const struct question *q);
/* Was the name of this server typed, which is asked for before data go? */
bool plain_names_server(struct plain *p);
/* All pages of questions, from the one at `at` on. False when the operator leaves. */
bool plain_ask_all(struct plain *p, int at);
/* The place of the last question that is asked. */
int plain_last(const struct plain *p);

/* plain_review.c */
/* AGAIN: answers may have changed, so the review is due anew. STAY: nothing is decided. */
enum decision { DECISION_BUILD, DECISION_BACK, DECISION_LEAVE, DECISION_AGAIN, DECISION_STAY };
enum decision plain_review(struct plain *p);
/* The secret that the build will store, where the operator types it or opens it. False when the input ended instead: nothing is built then. */
bool plain_ask_secret(struct plain *p);

/* plain_settings.c */
/* Settings, a section's or all for NULL, are changed until the operator goes back. False when they leave. */
bool plain_settings(struct plain *p, const char *section);
/* The plan's resources that hold a text are listed, narrowed and told one by one, likewise. */
bool plain_resources(struct plain *p, const char *holding);
/* What is different about a resource, what that costs those who use it, why it cannot be. */
void plain_say_particulars(struct plain *p, const cJSON *resource);

/* plain_build.c */
/* Builds until the operator leaves, and says what came of it; true when answers were changed and the review is due again. */
bool plain_build(struct plain *p);
/* An event of the run; arg is the struct plain. */
void plain_hear(void *arg, const cJSON *event);

#endif
