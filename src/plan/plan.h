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
	char *id;                   /* unique in the plan, readable: "network", "sql", "secret/cookie", "iam/bucket" */
	const struct kind *kind;
	char *name;                 /* in the cloud */
	cJSON *spec;
	char **needs;               /* ids, count of them */
	size_t need_count, need_room;
	size_t *needed;             /* once the plan is sealed: the same as indexes among its resources, each before its own */
	char *opens;                /* id of the resource whose data cannot be read without this (keys); as long as those are kept, so is it; or NULL */
	char *recorded_as;          /* where the answers' resolved values keep its output recorded_output ("image_digest"); or NULL */
	char *recorded_output;
	bool unwanted;              /* earlier answers wanted it, these do not: apply deletes it after all that is wanted stands */
};

/* Something a human must do: an OAuth client, DNS. */
struct errand {
	char *title;                /* "Create an OAuth client" */
	char *steps;                /* lines: where, what to press */
	char *paste;                /* the exact text to paste (a redirect URI a line), or NULL */
	bool done;                  /* the answers already hold its result */
};

/* A value that calls name as {"$secret":NAME} and that never leaves guarded memory but for Secret Manager. */
struct plan_secret {
	char *name;                 /* "db-password" */
	int recipe;                 /* enum secret_recipe when it is drawn; negative when the operator refers to it */
	char *reference;            /* the operator's reference ("env:NAME", "prompt", ...), or NULL when it is drawn */
	char *keeper;               /* id of the secretmanager.version that keeps it: when that stands, its payload (outputs.name + ":access")
	                               is the value, and none is drawn */
};

struct target;
struct plan {
	char *project, *number, *stack, *region;
	struct resource *resources;
	size_t count, room;
	struct errand *errands;
	size_t errand_count, errand_room;
	struct plan_secret *secrets;
	size_t secret_count, secret_room;
	char *url;                  /* the deterministic URL of the service */
	char **hosts;               /* NULL-terminated: all public names */
	char *prover;               /* e-mail of the service account whose ID token (audience: url) the proof and `token` use */
	const struct target *target;
	cJSON *render;              /* the data that the templates get (templates/README.md) */
	char *fault;                /* what is wrong with it by a fault of ours, for plan_seal; or NULL */
};

/* A target turns answers into resources; one file a target, listed in targets.c. */
struct target {
	const char *id;             /* "run" */
	const char *title;          /* N_() */
	bool ready;                 /* false: listed as not yet available */
	bool (*build)(const struct answers *a, struct plan *p, struct err *e);
	/* The kind whose object remembers what an earlier run resolved, and the reading of it into an answers' resolved part: for a file that lost it. */
	const char *remembers;
	void (*recall)(const cJSON *found, cJSON *resolved);
	/* Files that `render` writes: template name, file name, escape; ended by NULL. */
	const struct render_row *renders;
};
extern const struct target *const targets[];
const struct target *target_find(const char *id);

struct render_row {
	const char *template;       /* "run/Dockerfile.mustache" */
	const char *file;           /* "Dockerfile" */
	int escape;                 /* enum escape */
	int mode;                   /* 0644 or 0755 */
	bool source;                /* the image is built from it: it goes into the source archive */
};

/* Makes the plan. Needs resolved project_number and suffix (the survey finds one and draws the other). resolved.choices, a list of what
 * answers_choices gave in earlier runs, tells which resources may stand that these answers do not want any more: they come last. NULL with
 * e on failure. */
struct plan *plan_make(const struct answers *a, struct err *e);
void plan_free(struct plan *p);

/* For targets: appends a resource (spec is then owned by it), valid until the next one is added. A kind that does not exist, or an id that is
 * taken, is kept as the plan's fault. Needs are added by plan_needs; what spec refers to is needed. */
struct resource *plan_add(struct plan *p, const char *id, const char *kind, const char *name, cJSON *spec);
void plan_needs(struct resource *r, const char *id);
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

/* For targets: appends an errand, a secret; texts are copied, NULL stays NULL. */
void plan_errand(struct plan *p, const char *title, const char *steps, const char *paste, bool done);
void plan_secret(struct plan *p, const char *name, int recipe, const char *reference, const char *keeper);

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

/* A line of what it costs a month, in US dollars; negative when not known. The kinds hold the prices, of kind_prices_date. */
double plan_cost(const struct resource *r);

/* Renders one of the target's files, or those that the image is built from as a .tar.gz for Cloud Build (upload name "source.tar.gz"):
 * the same bytes for the same answers. */
bool plan_render_file(const struct plan *p, const struct render_row *row, struct buf *out, struct err *e);
bool plan_render_source(const struct plan *p, struct buf *out, struct err *e);

#endif
