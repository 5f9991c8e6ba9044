/* The plan: the resources wanted, in dependency order. Pure data made from answers; no I/O. */
#ifndef MS_PLAN_PLAN_H
#define MS_PLAN_PLAN_H

#include "base/err.h"
#include "gcp/kind.h"
#include "plan/answers.h"

#include <cjson/cJSON.h>

/* spec may refer to another resource's outputs by nodes (gcp/reference.h): {"$ref":[ID,OUTPUT]} is replaced by that output once ID is done, and
 * {"$join":[...]} by the text of its parts. ID is then among needs. */
struct resource {
	char *id; /* unique in the plan, readable: "network", "sql", "secret/cookie", "iam/bucket" */
	const struct kind *kind;
	char *name; /* in the cloud */
	cJSON *spec;
	char **needs; /* ids, count of them */
	size_t need_count, need_room;
	size_t *needed; /* once the plan is sealed: the same as indexes among its resources, each before its own */
	char *
	    opens; /* id of the resource whose data cannot be read without this (keys); as long as those are kept, so is it; or NULL */
	bool lasting;      /* and no other opens them: it is drawn once, for good */
	char *recorded_as; /* where the answers' resolved values keep its output recorded_output ("image_digest"); or NULL */
	char *recorded_output;
	const char *decided_by; /* id of the question whose answer decides what it is like; of the table's own */
	bool optional;          /* the stack runs, is safe and can be proven without it: nothing else may need it */
	bool unwanted;          /* earlier answers wanted it, these do not: apply deletes it after all that is wanted stands */
	bool stood;             /* the stack was proven with it: where it is not there, somebody took it away */
};

/* A value that calls name as {"$secret":NAME} and that never leaves guarded memory but for Secret Manager. */
struct plan_secret {
	char *name; /* "db-password" */
	int recipe; /* enum secret_recipe when it is drawn; negative when the operator refers to it */
	char *
	    reference; /* the operator's reference ("env:NAME", "prompt", ...), "pull:HOST/EMAIL" for a registry's token of that account, or NULL when it is drawn */
	char *question; /* id of the question whose answer that is; NULL when it is drawn */
	char *keeper; /* id of the secretmanager.version that keeps it: when that stands, its payload (outputs.name + ":access")
	                               is the value, and none is drawn */
};

struct target;
struct exposure;
struct auth_mode;
struct database;
struct database_path;
struct network_mode;
struct artifact_mode;

/* One choice on each axis (plan/axes.h); none is NULL. */
struct axes {
	const struct target *target;
	const struct exposure *exposure;
	const struct auth_mode *auth;
	const struct database *database;
	const struct database_path *path;
	const struct network_mode *network;
	const struct artifact_mode *artifacts;
};

/* What a program shows to be let in. */
enum shown {
	CREDENTIAL_ID_TOKEN, /* Google's ID token of the prover for the audience, as a bearer */
	CREDENTIAL_JWT,      /* a JWT that the prover signs itself (claims iss, sub, aud, iat, exp), as a bearer */
	CREDENTIAL_PASSWORD, /* user and password */
	CREDENTIAL_CHANNEL   /* nothing: the way there asked already */
};

/* The page on which people sign in, and what brings a browser there that shows nothing. */
struct begins {
	cJSON *at; /* its address: a text or a reference; what ends in "/" may go on. NULL: nobody is sent anywhere */
	char *client_id, *redirect_uri; /* that the browser has to bring; NULL: whichever */
	const char *client_from;        /* the question whose answer client_id is */
};

/* What the wall of a stack does: the proof and the clients' texts are written against it. A 401 or 403 is always a refusal. */
struct wall {
	enum shown shows;
	char *audience;        /* of the token or JWT; NULL for the others */
	char *user, *password; /* the user's name, the name of the plan's secret; NULL but for CREDENTIAL_PASSWORD */
	double spreads; /* seconds during which somebody who is permitted may still be refused, as grants spread; 0: none */
	int refuses;    /* the status by which the API tells a script that shows nothing, as a page's scripts ask
			 * (X-Requested-With), that it has to: 401 or 403 */
	/* MLflow itself asks who comes, and no gate stands before it: that a path which it leaves open has nothing (404) is no way around it. */
	bool own;
	bool people; /* people sign in on a page of their identity provider's, which no program can try */
	/* By what Cloud Logging tells that one did, as conditions of a filter: on what the stack writes, on requests that reach it. NULL: by neither. */
	const char *sign_in_line, *sign_in_request;
	struct begins begins;
	char *
	    sign_in; /* a redirect of somebody who shows nothing to an address that begins so is a refusal too; NULL: none is */
};

/* How requests of this machine get to the stack. */
struct reach {
	const char *way; /* a row of engine/reaches.tbl: "straight" */
	cJSON *with;     /* what the way has to know, with references; NULL for nothing */
	const char
	    *permissions; /* that the operator needs for it, and the plan grants nobody; blanks between them, NULL for none */
};

struct plan {
	char *project, *number, *stack, *region;
	struct resource *resources;
	size_t count, room;
	struct plan_secret *secrets;
	size_t secret_count, secret_room;
	struct axes axes;
	char *url;    /* the deterministic URL of the service */
	char **hosts; /* NULL-terminated: all public names, the one that is used first */
	char *prover; /* e-mail of the service account that the proof and `token` speak as, or NULL */
	struct wall wall;
	struct reach reach;
	double settles;        /* seconds until the name answers with its own certificate, once everything stands; 0: at once */
	bool artifacts_served; /* files pass the server; else they go straight to the bucket */
	struct render_row *files; /* what `render` writes; ended by a NULL template */
	size_t file_count, file_room;
	cJSON *render;          /* the data that the templates get (templates/README.md) */
	const char *decided_by; /* while it is made: of what is added now */
	cJSON
	    *newer; /* {QUESTION: VERSION}: releases that this program knows and that are newer than what the answers ask for */
	char *release;        /* what the server's image holds: "3.17.2", or "sha256-" and the beginning of a digest */
	char *upgrades;       /* the release whose tables the database has, when they will be changed for this one; else NULL */
	struct err downgrade; /* why they cannot be: then nothing is to be built */
	char *fault;          /* what is wrong with it by a fault of ours, for plan_seal; or NULL */
};

struct render_row {
	const char *template; /* "run/Dockerfile.mustache" */
	const char *file;     /* "Dockerfile" */
	int escape;           /* enum escape */
	int mode;             /* 0644 or 0755 */
	bool source;          /* the image is built from it: it goes into the source archive */
};

/* Makes the plan. Needs resolved project_number and suffix (the survey finds one and draws the other). resolved.choices, a list of what
 * answers_choices gave in earlier runs, tells which resources may stand that these answers do not want any more: they come last. NULL with
 * e on failure. */
struct plan *plan_make(const struct answers *a, struct err *e);
/* The same of answers that are not complete, to see what it would be (prices, permissions): what only the cloud gives is made up where it is not
 * known. number is the project's, or NULL. NULL when the answers make no plan yet. */
struct plan *plan_draft(const struct answers *a, const char *number);
void plan_free(struct plan *p);
/* An empty plan with the answers' names. */
struct plan *plan_new(const struct answers *a, const char *number);

/* For the axes: appends a resource (spec is then owned by it), valid until the next one is added. A kind that does not exist, or an id that is
 * taken, is kept as the plan's fault. Needs are added by plan_needs; what spec refers to is needed. */
struct resource *plan_add(struct plan *p, const char *id, const char *kind, const char *name, cJSON *spec);
void plan_needs(struct resource *r, const char *id);
/* The stack is whole enough without r, so that an operator may leave it out for once. */
void plan_optional(struct resource *r);
/* The data of the resource with this id cannot be read without r. */
void plan_opens(struct resource *r, const char *id);
/* Once it stands, its output (a text) is kept among the resolved values, as path. */
void plan_records(struct resource *r, const char *output, const char *path);
struct resource *plan_find(const struct plan *p, const char *id);
/* Ends the making: resources stand after what they need, what is unwanted last, and know their needs as indexes. False with EXIT_BUG in e, naming
 * both ends, when a reference or a need leads nowhere, needs go round, or an id or a kind was wrong. plan_make does it; a plan that is added to is
 * sealed again. What follows below is for sealed plans. */
bool plan_seal(struct plan *p, struct err *e);
/* For each resource: does this one need it, directly or not? Array of plan->count, freed by the caller. */
bool *plan_behind(const struct plan *p, size_t resource);

/* What a person has to do, as a resource of a kind that says so (by_hand): its title ("Create an OAuth client"), lines that say where and what to press,
 * and the exact text to paste, a reference or a text made of them too (owned by the plan from then on). spec gets these. */
struct resource *plan_errand(struct plan *p, const char *id, const char *kind, const char *name, const char *title,
			     const char *steps, cJSON *paste, cJSON *spec);
/* The next one that is to be done and is wanted, from *at on; NULL at the end. */
const struct resource *plan_next_errand(const struct plan *p, size_t *at);
/* For the axes: appends a secret; texts are copied, NULL stays NULL. */
void plan_secret(struct plan *p, const char *name, int recipe, const char *question, const char *reference, const char *keeper);

/* The node that stands for an output of the resource id, for json_make's %j: json_make("{'value':%j}", plan_ref("sql", "ip")). In a longer text:
 * json_make("{'value':{'$join':['host=',%j,':5432']}}", plan_ref("sql", "ip")). */
cJSON *plan_ref(const char *id, const char *output);
/* A copy of spec with every reference replaced from outputs, an object ID -> outputs. False, naming it in e, when one is missing; out then
 * still has its node. The caller deletes out in any case. */
bool plan_resolve(const cJSON *spec, const cJSON *outputs, cJSON **out, struct err *e);
/* A copy of spec, for the caller to delete, in which text stands for whatever is not known. */
cJSON *plan_assume(const cJSON *spec, const char *text);

/* Does destroying it destroy what users put there? */
bool plan_keeps_data(const struct resource *r);

/* Seconds from the start of each resource to the end of the plan along its longest path, by the kinds' usual times; array of
 * plan->count, freed by the caller; 0 for what is unwanted. */
double *plan_tails(const struct plan *p);
/* Seconds that carrying out these changes (one a resource; NULL for creating all) usually takes: what is kept takes none. */
double plan_expected(const struct plan *p, const struct change *const *changes);

/* The suffix that a new stack of this name gets in the project with this number; freed by the caller. */
char *plan_suffix_new(const char *number, const char *stack);
/* The suffix with which these answers would have a resource of this kind and name that keeps data; NULL when none has it. Needs a resolved
 * project_number. Freed by the caller. */
char *plan_suffix_of(const struct answers *a, const struct kind *kind, const char *name);

/* What it costs a month in the plan's region, in US dollars; negative when not known. The kinds hold the prices, of plan_prices_date. */
double plan_cost(const struct plan *p, const struct resource *r);
/* Which of the plan's prices are the Cloud Billing catalog's, and of which day: {"Cloud SQL":"2026-11-30"}, for the caller to delete; other: are there
 * prices of the table besides? */
cJSON *plan_catalog(const struct plan *p, bool *other);
/* The date of its prices for the operator, who reads "list prices of" before it: the catalog's day where it told, and the table's. p may be NULL: the
 * table's. The caller frees. */
char *plan_prices_date(const struct plan *p);

/* Appends rows, ended by a NULL template, to the plan's files. */
void plan_files(struct plan *p, const struct render_row *rows);
/* Renders one of the plan's files, or those that the image is built from as a .tar.gz for Cloud Build (upload name "source.tar.gz"):
 * the same bytes for the same answers. */
bool plan_render_file(const struct plan *p, const struct render_row *row, struct buf *out, struct err *e);
bool plan_render_source(const struct plan *p, struct buf *out, struct err *e);

#endif
