/* The command line: verbs and options as two tables, from which --help, the completions and the manual's lists come. */
#ifndef MS_CMD_CLI_H
#define MS_CMD_CLI_H

#include "base/err.h"
#include "plan/answers.h"
#include "plan/plan.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct recorder;

/* What the options said. Strings belong to argv. */
struct cli {
	const char *file;          /* the answers file, or NULL */
	bool rehearse;             /* against the simulated cloud, in process */
	const char *cloud_proxy;   /* URL of a proxy that all requests go through */
	const char *cloud_ca;      /* file of the only CA that is then trusted */
	double speed;              /* rehearsal in the wizard: cloud seconds a second; 0 when not given */
	uint64_t seed;             /* rehearsal: which world's luck; 0 when not given */
	const char *world;         /* rehearsal: a file that describes the starting world */
	const char *faults;        /* rehearsal: a file of fault rules */
	const char *record;        /* a new file that every exchange is written to; NULL for none */
	struct recorder *recorder; /* its recorder, while main has one open */
	bool json;                 /* events or results as JSON lines */
	double wait;               /* minutes that a person's task is waited for; negative when not given */
	bool yes;                  /* consent to what destroys data */
	const char **delete_data;  /* words of data that go though they are protected, NULL-terminated; NULL for none */
	size_t delete_count, delete_room;
	const char **leave_out; /* ids of optional resources that an apply goes on without, NULL-terminated; NULL for none */
	size_t leave_out_count, leave_out_room;
	bool plain, ascii; /* wizard: no screen; no glyphs outside ASCII */
	const char *color; /* "auto", "always", "never" */
	bool quiet;
	const char *out;  /* render: a directory */
	const char *form; /* connect: for which kind of client, or NULL */
	const char **set; /* ID=VALUE, set_count of them */
	size_t set_count, set_room;
};

struct verb {
	const char *name;  /* "apply" */
	const char *title; /* N_(): one line for --help */
	const char *takes; /* "FILE", or "" */
	/* Does it; messages go to stderr, data to stdout. Failures are left in e for main to print. */
	enum exit_code (*run)(const struct cli *cli, struct err *e);
};
extern const struct verb *const verbs[];
/* Where a flag has no meaning it is refused: who names a world and not --rehearse would be given the real cloud. 0: it has one anywhere. */
enum flag_scope { SCOPE_REHEARSAL = 1, SCOPE_NETWORK };
struct flag {
	const char *name;  /* "cloud-proxy" */
	char letter;       /* 'h', or 0 */
	const char *takes; /* "URL", or NULL */
	const char *help;  /* N_() */
	size_t at; /* the member of struct cli that it turns on or, where it takes something, that holds what it was given */
	bool (*take)(struct cli *cli, const char *value,
		     struct err *e); /* what else it does: false where the value is refused; NULL */
	enum flag_scope scope;
};
extern const struct flag flags[]; /* ended by a NULL name */

/* Parses argv. *verb is NULL when none was given (the wizard). --help and --version print on stdout and set *done. EXIT_USAGE on failure,
 * with "did you mean". The caller frees cli->set, cli->delete_data and cli->leave_out. */
bool cli_parse(int argc, char **argv, struct cli *cli, const struct verb **verb, bool *done, struct err *e);

/* Applies --set to a. False with e on failure. */
bool cli_settle(const struct cli *cli, struct answers *a, struct err *e);
/* Loads cli->file and applies --set. Failures as answers_load; EXIT_USAGE when no file was named. */
struct answers *cli_answers(const struct cli *cli, struct err *e);
/* The same, checked, with what they plan, for what is said of a stack that was applied (else EXIT_ANSWERS). The caller frees both, the plan first;
 * NULL with e on failure. */
struct plan *cli_applied(const struct cli *cli, struct answers **a, struct err *e);

#endif
