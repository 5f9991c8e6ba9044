/* A run from inside: what the files of a run and of its steps share. */
#ifndef MS_ENGINE_RUN_PRIVATE_H
#define MS_ENGINE_RUN_PRIVATE_H

#include "engine/journal.h"
#include "engine/session.h"
#include "engine/vault.h"
#include "net/api.h"
#include "net/loop.h"

/* Steps ---------------------------------------------------------------------------------------------------------------------- */

/* What a step does now. */
enum step_phase {
	PHASE_WAITING, /* for what it needs */
	PHASE_READING,
	PHASE_CHANGING, /* a request that changes something is under way */
	PHASE_POLLING,  /* the cloud works on it */
	PHASE_BY_HAND,  /* a person has to do it, and was told */
	PHASE_OVER      /* see its result */
};

/* What came of it. */
enum step_result {
	RESULT_NONE,    /* it is not over */
	RESULT_LOOKED,  /* looked at before anything is changed; its turn comes */
	RESULT_DIFFERS, /* a plan: it would be changed */
	RESULT_DONE,    /* changed, and seen so */
	RESULT_KEPT,    /* it stands as it is wanted */
	RESULT_ABSENT,  /* what was to go was not there, or went with its parent */
	RESULT_LEFT,    /* what was to go stays */
	RESULT_WAITS,   /* for a person who has not done it, or for what does */
	RESULT_FAILED,
	RESULT_SKIPPED
};
enum { RESULTS = RESULT_SKIPPED + 1 };

/* How a text that grows is followed. */
struct step_log {
	char *url;
	unsigned long at; /* bytes shown */
	unsigned long call;
	double asked_at;
	struct buf rest; /* the last line, as far as it came */
};

struct step;
/* The reads that tell why it failed. */
struct step_why {
	int turn;
	cJSON *notes; /* what earlier ones told; NULL: nothing was asked */
	void (*then)(struct step *s);
};

/* The way back of one that stopped something (back.c). */
struct step_back {
	bool begun, asked, failed; /* asked: something was sent for it */
	enum step_result result;   /* what came of the step before */
	struct err err;            /* and why */
	double since;
	int turns;
};

struct step {
	struct run *run;
	const struct resource *resource;
	size_t index;
	double tail; /* seconds to the end of the plan along its longest path */
	enum step_phase phase;
	enum step_result result;
	bool gone;     /* what is to go was not there, or is not any more */
	bool spared;   /* destroy keeps it: it holds protected data, or what does needs it; the reason is in err */
	char *remains; /* what is still there after it was deleted, in words */
	bool fits;     /* the survey found it as it is wanted */
	char *told;    /* what was said of it to the person who has to do it; NULL before that */
	double told_at;
	bool left_out;  /* the operator goes on without it this time */
	bool loss_told; /* that its data are gone, at a step that needs it */
	bool vague;     /* while looking: what it refers to is not there yet */
	bool anew;      /* with vague: by what is known it will be made anew */
	cJSON *spec;
	cJSON *before; /* of a kind that has a way back: as it was found before its first change */
	struct view view;
	struct observation seen;
	struct change change; /* as first compared */
	enum verdict verdict; /* what was done so far; in a plan, what would be */

	char *lock;         /* the key that excludes others, while held */
	char *wants;        /* the key waited for */
	unsigned long call; /* the request under way */
	loop_id timer;
	void (*then)(struct step *s); /* when the timer ends */

	struct call changing; /* the request that changes something */
	enum verdict intent;  /* what it is for */
	char request_id[37];
	bool known_before;     /* the journal tells that an earlier run asked for it */
	bool collided;         /* it was not there, and was when it was to be made: somebody else makes it */
	bool sent;             /* something that changes it was sent */
	struct step_back back; /* what it stopped is let go on as before */
	int vain;              /* confirmed changes that did not last */
	size_t fewest;         /* differences that were ever seen at rest, and one more; 0 before the first */
	bool confirmed;        /* the cloud said that it did it */
	bool replacing;
	bool torn; /* deleted to be made anew, which the run did not come to */
	int rounds, conflicts, unknowns, rereads;
	int lags;
	char *lag_words;            /* what was said last, where it names what is young; NULL for none */
	bool lag_follows;           /* it pauses: another step was told the same, and asks */
	double lag_since, lag_seen; /* when a lag was first met and last seen; 0 for none */
	double held_since;          /* when it could have begun, had a grant not been so young; 0 for none */
	double after_lag;           /* what the cloud worked since it was last seen */
	double refused_since;       /* destroy: when this way was first refused */
	cJSON *last;                /* destroy: the last reply */

	struct operation operation;
	double operation_since; /* when it was started */
	double asked_at, polled_at, not_done_at;
	int vanished;                 /* polls that did not find it */
	char *failure, *failure_code; /* what an operation said */
	struct step_log log;
	struct step_why why;

	double begun, ended, changed; /* on the loop's clock; changed: when the last change was confirmed, 0 for none */
	double work;                  /* seconds that the cloud worked on it, and lags that could not be avoided */
	struct err err;
};

/* Something that carries this stack's marks. */
struct stander {
	const struct kind *kind;
	char *name;
	struct observation seen;
};

/* A kind that is being listed. */
struct look {
	struct run *run;
	const struct kind *kind;
	unsigned long call;
};

struct standing {
	struct stander *list;
	size_t count, room;
	struct look *looks;
	size_t look_count, pending;
	struct err err; /* why it cannot be told what stands */
	void (*then)(struct run *r);
};

/* What a verb does at each point of a run; a row each (mode.c). */
struct run_mode {
	const char *name;               /* as the operator says it */
	bool looks_first;               /* everything is looked at before anything is changed */
	bool changes;                   /* the cloud and the answers file; else it only looks */
	bool builds;                    /* makes what is wanted: lags are waited for, APIs come on, the stack is proven */
	bool removes;                   /* all of it goes, what needs others before them */
	void (*look)(struct step *s);   /* a step that was read when everything is looked at */
	void (*decide)(struct step *s); /* one that was read in its turn */
	void (*looked)(struct run *r);  /* everything was looked at */
	void (*ended)(struct run *r);   /* every step is over */
	enum event_outcome (*outcome)(const struct run *r);
	enum exit_code (*exit)(const struct run *r);     /* when nothing failed */
	const char *(*next)(enum event_outcome outcome); /* the verb to go on with after this outcome, or NULL */
};

struct run {
	const struct run_mode *mode;
	struct session *session;
	struct run_options options;
	char **delete_data, **leave_out; /* the lists of the options, whose owner does not keep them */
	struct loop *loop;
	struct api *api;
	struct plan *plan;
	struct step *steps;
	size_t count;
	cJSON *project; /* as Resource Manager tells of it */
	cJSON *outputs; /* id -> outputs */
	struct standing standing;
	int awaited;             /* of the operator and what stands: how many have still to be told */
	int nameless;            /* replies that did not say who is signed in */
	struct journal *journal; /* NULL in rehearsal */
	struct vault *vault;
	struct proof *proof;
	struct run_tries *tries;             /* of OAuth clients, under way */
	struct run_policies *policies;       /* that are being read */
	struct run_permissions *permissions; /* that are being tested */
	bool surveying;                      /* apply, destroy: everything is looked at before anything is changed */
	bool surveyed;                       /* and that is over: steps change what they find */
	bool enabled;      /* the project's APIs were seen or made enabled in this run: a disabled one is on its way */
	bool api_off;      /* one of them was seen to be off before the survey */
	bool unsaved;      /* something was resolved, and is not in the file yet: what builds saves it when it begins to */
	bool begun;        /* what builds may write from now on */
	bool quota_hidden; /* quotas could not be read, since their API was off */
	bool refused;      /* permissions lack that its changes need */
	bool stopping;     /* nothing is changed any more */
	bool interrupted, finished, proven;
	bool went_back;    /* what was stopped was let go on */
	bool tried_before; /* an earlier run took a backup for this upgrade, and did not get to its end */
	loop_id wake;
	unsigned long call;
	unsigned seq;
	double started, steps_ended;
	double busy_at; /* while a person is waited for: when anything else was last seen to go on */
	struct timespec real_started;
	enum exit_code exit;
	struct err err; /* the first failure */
	unsigned created, updated, deleted, kept;
};

/* step.c: its life. */
double step_now(const struct step *s);
/* Seconds after which what the cloud works on has failed. */
double step_deadline(const struct step *s);
void step_begin(struct step *s);
/* Continues with then after so many seconds. */
void step_pause(struct step *s, double seconds, void (*then)(struct step *s));
/* Ends it; the error is s->err for RESULT_FAILED. */
void step_end(struct step *s, enum step_result result);
void step_fail(struct step *s, const struct err *why);
/* The same with words of one's own; fix may be NULL. */
void step_fail_as(struct step *s, enum exit_code exit, const char *fix, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void step_set_phase(struct step *s, enum step_phase phase, const char *message);
/* Is it to go, in this run? */
bool step_goes(const struct step *s);
/* Stops what it has under way, without an event. */
void step_cancel(struct step *s);
void step_free(struct step *s);

/* read.c */
void step_read(struct step *s);
/* Has the kind read a reply, into s->seen. */
void step_decode(struct step *s, const struct api_result *r);
/* It fails: no request could be made of what is known, for this reason (struct call's fault). */
void step_faulty(struct step *s, const char *fault);

/* decide.c: what is done by what was read. */
void step_decide(struct step *s);
/* Makes it as it is wanted, or removes it: what a mode that builds does with a step that was read. */
void step_decide_apply(struct step *s);
/* What differs between what was read and what is wanted; the caller frees it. */
void step_compare(struct step *s, struct change *out);
/* It fails, and the run ends: somebody else makes this stack at the same time. */
void step_met_another(struct step *s);

/* look.c: what a mode that looks only, or has not begun to change, does with one. */
void step_look_at_destroy(struct step *s);
void step_look_at_apply(struct step *s);
void step_decide_plan(struct step *s);
/* Is there a request by which it, or more of it, would be destroyed? What stays of a kind that is destroyed in part alone has none. */
bool step_can_go(const struct step *s);
/* All that it needs was looked at: refuses what would give a standing server new, empty data, unless that was consented to. */
void step_look_for_loss(struct step *s);

/* lag.c */
/* May this refusal pass by itself, because something that the step needs was made moments ago? Keeps the time; true means: try again. */
bool step_lags(struct step *s, int http, const char *message);
/* The same of a permission that lacks while one that it needs was given so lately that it may not be known everywhere. */
bool step_permission_spreads(struct step *s);
/* What gave a permission last that this step needs, directly or not; NULL when all of them are known everywhere by now. */
const struct step *step_youngest_grant(const struct step *s);
/* Seconds until that is so. */
double step_spreads_on(const struct step *s);
/* Seconds since the youngest grant that it needs; INFINITY for none. */
double step_since_grant(const struct step *s);
/* Looks again when that may have passed. Of several that are told the same words one asks and the others follow it. */
void step_lag_pause(struct step *s);
/* What it was told while it lagged is not so any more: those who were told the same look again at once. */
void step_lag_passed(struct step *s);
/* The cloud worked so many seconds on it: what it does while a lag lasts is part of that. */
void step_worked(struct step *s, double seconds);
/* The lag is over: until it was last seen it was time that nobody could save. */
void step_lag_ends(struct step *s);

/* change.c: requests that change something, operations. */
void step_change(struct step *s, enum verdict intent);
/* Follows an operation that an earlier run started. */
void step_resume(struct step *s, const struct journal_intent *intent);

/* errand.c: what a person has to do. */
/* It is not done: tells it, and looks again after a while; ends it when it was waited for long enough. */
void step_await(struct step *s);
/* It is. */
void step_seen_done(struct step *s);
/* Ends all that waits for people. False when nothing did. */
bool run_leave(struct run *r);
/* Does the run wait for people, and for nothing else? */
bool run_only_waits(const struct run *r);
/* Did it end so? */
bool run_waited(const struct run *r);
/* What is left to do by hand: [{"id","title","steps","paste","record","message"}], for the caller to delete. */
cJSON *run_tasks(const struct run *r);

/* pace.c */
/* Seconds until what the cloud has worked on for so long is looked at again. */
double step_interval(const struct step *s, double elapsed);
/* So many seconds, or more where the whole is not late by them. */
double step_leisure(const struct step *s, double seconds);
/* Who asks whether what this step was told is still so, so that this one need not ask as well; NULL: nobody, or this step is in a hurry. */
const struct step *step_lag_scout(const struct step *s);

/* log.c: a build's log. */
/* Reads on in the log of the build that from tells of, every few seconds; at once when that is over, since its last lines say why it failed. */
void step_follow(struct step *s, const cJSON *from, bool over);
void step_unfollow(struct step *s);
/* Shows these lines as its log's. */
void step_show(struct step *s, const char *lines);
/* Asks what failed why (why.c), once: then(s) is called when all was told. False where there is nothing to ask. */
bool step_ask_why(struct step *s, void (*then)(struct step *s));

/* destroy.c */
/* Was it agreed to that the data which it holds go? True for what holds none. */
bool step_may_go(const struct step *s);
/* The flag by which that is agreed to, to be freed: "--yes", or the word of what is protected. */
char *step_consent(const struct step *s);
/* Everything was looked at: what is protected, and what that needs, is kept. */
void run_spare(struct run *r);
void step_destroy(struct step *s);
void step_destroyed(struct step *s, const struct api_result *r);
/* An operation that should have deleted it failed. */
void step_destroy_refused(struct step *s, int http, const char *code, const char *message);

/* schedule.c */
/* Looks for steps that can begin, soon; ends the phase when none is left. */
void run_wake(struct run *r);
bool step_take_lock(struct step *s, const char *url);
void step_drop_lock(struct step *s);
struct step *run_step(const struct run *r, const char *id);
/* The step of the i-th of its resource's needs; is other one of them? */
struct step *step_need(const struct step *s, size_t i);
bool step_needs(const struct step *s, const struct step *other);
/* What people call it, its kind's title and its name: "VPC network mlflow". The caller frees. */
char *step_called(const struct step *s);
/* Seconds that this step may be late by, as it looks now, without the whole being late. */
double step_slack(const struct step *s);
/* The longest path through what was worked. */
double run_critical_path(const struct run *r);

/* permissions.c: what the operator may do. */
/* Tests the permissions that the run's changes need, then goes on; refused: some lack for sure, and the first step that needs one has it in its err. What may
 * lack is told. Without changes nothing is asked. */
void run_try_permissions(struct run *r, void (*then)(struct run *r, bool refused));
/* Does not wait for them any more. */
void run_permissions_stop(struct run *r);

/* policies.c: what the organisation forbids. */
/* Reads the policies that what is to be made meets, then goes on; those that are forbidden have the reason in their steps' err. */
void run_try_policies(struct run *r, void (*then)(struct run *r, bool refused));
/* The API that tells of the quotas is on now: reads those that could not be read before, beside the steps. What would be met by one fails before it is
 * begun. */
void run_try_quotas(struct run *r);
/* Does not wait for them any more. */
void run_policies_stop(struct run *r);

/* standing.c: what carries this stack's marks. */
/* Looks for it, then goes on; r->standing.err says when it cannot be told. */
void run_look(struct run *r, void (*then)(struct run *r));
/* Does not wait for it any more. */
void run_look_stop(struct run *r);
/* Sets the suffix when the answers have none: that of the stack that stands, else a new one. False when several stand, or other data than the
 * answers speak of. */
bool run_settle_suffix(struct run *r, struct err *e);
/* Sets the release whose tables the database has, when the answers lack it and the migration that stands tells. */
void run_settle_release(struct run *r);
/* The next one, from *at on, that is no step's; NULL at the end. */
const struct stander *run_stray(const struct run *r, size_t *at);
/* Data of this stack, not among what is wanted, that this step's resource uses now; NULL when there are none. */
const struct stander *step_leaves(const struct step *s);
void standing_free(struct standing *all);

/* back.c: the way back of an apply that did not get where it was to. */
/* Lets go on what was stopped for something that did not come; true when there is such a thing, and the steps go on. */
bool run_goes_back(struct run *r);
/* Such a step was read. */
void step_decide_back(struct step *s);
/* Such a step is over: what is said of it and what came of it, by what came of it before. */
enum step_result step_back_ended(struct step *s, enum step_result result);
/* There was nothing to let go on, and all was said before. */
bool step_back_silent(const struct step *s);
/* Adds to the result the line for a shell by which what stands still goes on, if anything does. */
void run_put_restart(const struct run *r, cJSON *result);
/* Adds to the result which backup was taken before the tables changed, and the command that restores it. */
void run_put_backup(const struct run *r, cJSON *result);

/* blockers.c */
/* The survey of an apply is over: lets the steps go, or says what is in the way and stops before anything is changed. */
void run_surveyed(struct run *r);
/* Before a destroy: has the stack stood, and is an API off by which it would be seen? Then nothing is deleted: the steps' errors say what to switch on. */
bool run_hidden(struct run *r);

/* mode.c: by enum run_verb. */
extern const struct run_mode run_modes[];

/* run.c: its phases. */
/* It is known which project it is, who works and what stands: makes the plan, and lets the steps go. */
void run_go(struct run *r);
/* The steps of a mode that are over: proves the stack, or ends the run. */
void run_finish(struct run *r);
/* Ends it for a failure outside the steps, which is told as a step of its own, so that every face shows it. */
void run_give_up(struct run *r, const char *id, const char *title, const struct err *why);
/* Nothing is changed any more; the first reason wins. */
void run_stop(struct run *r, const struct err *why);
void run_begin_destroying(struct run *r);
void run_ended_apply(struct run *r);
void run_ended_plan(struct run *r);
void run_ended_destroy(struct run *r);
void run_steps_ended(struct run *r);
void run_proof_ended(struct run *r, bool proven, const char *message);

/* find.c */
/* Finds out what has to be known before there is a plan, then calls run_go or run_give_up. */
void run_find(struct run *r);

/* result.c: what came of it. */
/* Is it as it is wanted? */
bool step_stands(const struct step *s);
/* Did it change anything, or does something of the stack stand? What others made, and what a person did, is no part of it. */
bool run_left_anything(const struct run *r);
bool run_failed_any(const struct run *r);
/* Of the whole, when it is over. */
enum exit_code run_exit_code(const struct run *r);
/* Tells the faces. */
void run_send_result(struct run *r);

/* resolve.c: what the answers keep. */
/* Saves the answers. */
void run_save(struct run *r);
/* Records an output in the answers' resolved part and saves when that changed something. */
void run_resolve(struct run *r, const char *path, cJSON *value);
/* Versions of secrets and the image's digest: what a replay must use again. */
void run_resolve_outputs(struct run *r);
/* What was destroyed is not used again; the suffix and the project stay, and so does all that data which were kept are found and read by. */
void run_forget_outputs(struct run *r);
/* Writes down under which choices something may stand from now on. False when that cannot be saved; the run is then stopping. */
bool run_note_choices(struct run *r);
/* All that is wanted stands, and nothing else: earlier choices are history. */
void run_settle_choices(struct run *r);
/* The database has this release's tables, and a server that can read them was seen. */
void run_note_release(struct run *r);

/* events.c */
cJSON *run_event(struct run *r, const char *event);
/* Adds text from outside: made visible, secrets taken out. */
void event_text(struct run *r, cJSON *event, const char *field, const char *text);
/* Puts the address of the log of what runs the server, the last in the plan that has one, into an event as "log". */
void event_server_log(struct run *r, cJSON *event);
/* The step as kinds see it who make links and filters of it. */
struct view step_link_view(const struct step *s);
void run_send(struct run *r, cJSON *event);
void run_send_counts(struct run *r);
void step_send(struct step *s, const char *state, const char *message, const char *fix);

/* proof.c */
/* The upload whose bytes are the proof's file. */
#define PROOF_UPLOAD "proof.txt"
void proof_upload(struct buf *out);
void proof_begin(struct run *r);
void proof_free(struct proof *p);

/* sign_ins.c: puts the filter that finds a person's sign-in in Cloud Logging into an event as "sign_in_log", and has the session look by it. */
void event_sign_ins(struct run *r, cJSON *event);

/* session.c */
/* By which filter the survey "sign-in" looks from now on; NULL: no log tells of one. */
void session_expects_sign_in(struct session *s, const char *filter);
struct transport *session_transport(const struct session *s);
struct credentials *session_credentials(const struct session *s);
struct loop *session_loop(const struct session *s);
/* The contexts of kubeconfig files that its runs speak to. */
struct contexts *session_contexts(const struct session *s);
void session_tell(const struct session *s, const cJSON *event);
/* Something is about to be asked for these answers (session_teach). */
void session_asks_for(struct session *s, const struct answers *a, bool begins);

#endif
