/* What went wrong, where, why, and what to do next. The lowest floor that knows the rule words it; only a face prints it. */
#ifndef MS_BASE_ERR_H
#define MS_BASE_ERR_H

#include <stdbool.h>
#include <stdio.h>

/* Exit codes: an interface, listed in mlflow-setup(1). The names of sysexits.h are kept where they fit. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_GENERAL = 1,
	EXIT_CHANGES = 2, /* plan: something would change */
	EXIT_PARTLY = 3,  /* some of it stands; running apply again goes on from there */
	EXIT_WAITING =
	    4, /* all that could be made stands, and a person has to do something; running apply again goes on from there */
	EXIT_USAGE = 64,       /* unknown verb, flag or argument */
	EXIT_ANSWERS = 65,     /* the answers file is invalid */
	EXIT_NOINPUT = 66,     /* a file that was named is not there */
	EXIT_UNAVAILABLE = 69, /* the cloud cannot be reached */
	EXIT_BUG = 70,         /* a fault of this program */
	EXIT_CANTWRITE = 73,   /* a file cannot be written */
	EXIT_TRYAGAIN = 75,    /* quota, propagation, a lock: the same command may work later */
	EXIT_PERMISSION = 77,  /* the cloud refused: permission or sign-in */
	EXIT_CONFIG = 78,      /* credentials, terminal or environment unusable; something is in the way */
	EXIT_INTERRUPTED = 130 /* Ctrl-C; what was under way can be resumed */
};

struct err {
	enum exit_code exit; /* 0 while nothing is wrong */
	char *place;         /* file:line, a question's id, a URL; NULL when there is none */
	char *what;          /* one sentence: what failed and why */
	char *fix;           /* what to do next; NULL when nothing is known */
};

/* Records a failure; the first one wins, later ones are dropped. place and fix are copied and may be NULL. All three go through the door for
 * texts from outside (base/outside.h): a line end becomes a blank. Returns false, so that a function can end in `return err_set(...)`. */
bool err_set(struct err *e, enum exit_code exit, const char *place, const char *fix, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The same for several sentences of ours, a line each. */
bool err_set_lines(struct err *e, enum exit_code exit, const char *lines);
/* Gives a failure that has none its place, through the same door. */
void err_set_place(struct err *e, const char *place);
/* "place: what. Fix." on one line, freed by the caller. */
char *err_text(const struct err *e);
/* Moves from into to (to must be empty or freed). */
void err_move(struct err *to, struct err *from);
void err_free(struct err *e);

#endif
