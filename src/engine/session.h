/* A session: the cloud (real, proxied or rehearsed) as the two faces use it. The wizard includes this, never net/ or sim/. */
#ifndef MS_ENGINE_SESSION_H
#define MS_ENGINE_SESSION_H

#include "base/err.h"
#include "engine/event.h"
#include "plan/answers.h"
#include "plan/plan.h"

struct session;
struct loop;
struct transport;
struct credentials;
struct secret;

/* Takes over the three parts (credentials may be NULL when signing in failed: sign_in then says why) and frees them with itself. */
struct session *session_new(struct loop *loop, struct transport *transport, struct credentials *credentials, bool rehearsal);
void session_free(struct session *s);
bool session_is_rehearsal(const struct session *s);
/* Who sees the events of its runs besides the face, and before it: the operator's hand in a rehearsal. */
void session_watch(struct session *s, event_fn *watcher, void *arg);
/* In rehearsal: every context of a kubeconfig file is this server's, which takes this token. */
void session_play_context(struct session *s, const char *server, const char *token);
/* In rehearsal: learns answers before the cloud is asked anything for them, so that there is what they count on; begins: a run that changes something is
 * about to ask. */
typedef void session_learns(void *arg, const struct answers *a, bool begins);
void session_teach(struct session *s, session_learns *learns, void *arg);
/* In rehearsal: seconds of cloud time a second of watching. */
void session_set_speed(struct session *s, double speed);

/* The cloud that answers is simulated, and so many times as fast as Google's: every pause passes so much sooner (loop_hasten). */
void session_hasten(struct session *s, double times);

/* One turn of the loop (net/loop.h): at most max_seconds, true when keyboard_fd is readable. */
bool session_turn(struct session *s, double max_seconds, int keyboard_fd);
double session_now(const struct session *s);

/* Surveys: questions to the cloud that help answering. done is called from session_turn; result is a JSON value valid during the call, or NULL
 * with e set. A new survey of the same kind cancels the old one.
 *  "who"       -> {"email","describe","project"}                    who is signed in, the default project
 *  "projects"  -> [{"id","name","number"}...]                        at most 500
 *  "project"   -> {"id","number","organization" or null, left out where it is not told,"billing":bool,"state"} for the project in answers
 *  "regions"   -> [{"id","title"}...]                                 for the project in answers
 *  "contexts"  -> [{"id","title"}...]                                 of the kubeconfig file in answers, the current one first
 *  "sign-in"   -> {"seen":bool}                                       has a log a person who signed in since this session began, as the last
 *                 run that proved its stack says ("sign_in_log" of its result)?
 *  "limits"    -> findings as those of preflight, some with "command", a line for a shell that mends it: APIs, quota, organisation policy, as the plan
 *                 of the answers meets them
 *  "prices"    -> [names of services]                                 whose prices are the Cloud Billing catalog's from now on (gcp/catalog.h)
 *  "preflight" -> [{"id","title","state": ok|warn|fail,"message","fix"}...]  sign-in, project, billing, permissions                            */
typedef void survey_done(void *arg, const cJSON *result, struct err *e);
void session_survey(struct session *s, const char *what, const struct answers *a, survey_done *done, void *arg);

/* A fresh token for a client at this plan's wall, which has to show one (CREDENTIAL_ID_TOKEN, CREDENTIAL_JWT). It turns the loop until it is there; NULL
 * with e on failure. The caller frees it. */
struct secret *session_token(struct session *s, const struct plan *p, struct err *e);

/* Runs. The answers' resolved part is completed (project number, suffix) before the plan is made and as results come in; save is called
 * whenever it changed, and must write the file. One run at a time. */
enum run_verb { RUN_PLAN, RUN_APPLY, RUN_DESTROY };
struct run_options {
	enum run_verb verb;
	struct answers *answers; /* borrowed for the run; resolved is written */
	bool given;              /* some answers are not the file's: they are saved before the first change, and that is said */
	bool consent;            /* --yes: data may be destroyed (replace, destroy), unless they are protected */
	const char *const
	    *delete_data; /* data words (kind.h) that were said: those go, protected or not; NULL-terminated, or NULL */
	const char *const
	    *leave_out;   /* ids of resources that this run goes on without: of optional ones alone; NULL-terminated, or NULL */
	double wait;      /* seconds that people are waited for once nothing else goes on; negative: as long as it takes */
	const char *file; /* the answers file's path, for messages and the journal's name */
	bool (*save)(void *arg, const struct answers *a, struct err *e);
	event_fn *event;
	void *arg; /* for save and event */
	/* Answers references that need a person ("prompt", "sealed:NAME"): what is the answer to this question? May be NULL. */
	bool (*secret)(void *arg, const char *question, struct secret **out, struct err *e);
};
struct run;
/* Starts, with copies of the lists in o; events tell the rest, the last is "result". NULL with e when it cannot start (another run holds the lock: EXIT_TRYAGAIN). */
struct run *run_start(struct session *s, const struct run_options *o, struct err *e);
bool run_finished(const struct run *r);
enum exit_code run_exit(const struct run *r);
/* First time: no new request that changes anything, what is in flight is finished. Second time: leave now. */
void run_interrupt(struct run *r);
/* The plan, once it is made, and the change of each resource once observed (VERDICT_KEEP before that; VERDICT_UNKNOWN when a plan ended without having
 * looked at it). NULL until then. */
const struct plan *run_plan(const struct run *r);
const struct change *run_change(const struct run *r, size_t resource);
void run_free(struct run *r);

#endif
