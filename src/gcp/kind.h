/* Kinds of cloud resources: pure encoders and decoders, no I/O. A kind is one file that ends in one const struct, listed in
 * kinds.c. The engine works every resource the same way: observe, ask the kind what that state needs, do it, observe again. */
#ifndef MS_GCP_KIND_H
#define MS_GCP_KIND_H

#include "base/err.h"
#include "gcp/call.h"
#include "gcp/catalog.h"
#include "gcp/limits.h"
#include "gcp/terraform.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Where a resource stands in the cloud. */
enum presence {
	PRESENT_UNKNOWN, /* the reply does not tell (an error that is not about it) */
	PRESENT_NO,      /* not there */
	PRESENT_PENDING, /* there, and changing by itself: look again after a while */
	PRESENT_YES,     /* there, at rest */
	PRESENT_FAILED,  /* there, and broken: error says how */
	PRESENT_STRANGER /* there, and not ours: no label or mark of this stack */
};

/* What the cloud says it has. Owned by whoever declared it; free with observation_free. */
struct observation {
	enum presence presence;
	bool off;       /* with PRESENT_NO: its API is off in the project, so whether it stands cannot be seen */
	cJSON *found;   /* Google's object, or NULL */
	cJSON *outputs; /* what others may refer to: {"ip":"10.0.0.3"}; see struct resource.spec */
	char *error;    /* for FAILED and UNKNOWN */
};
void observation_free(struct observation *o);

/* UNKNOWN: a plan could not look at it. */
enum verdict { VERDICT_KEEP, VERDICT_CREATE, VERDICT_UPDATE, VERDICT_REPLACE, VERDICT_DELETE, VERDICT_REFUSE, VERDICT_UNKNOWN };

/* One field that differs. */
struct difference {
	char *path;           /* "settings.tier" */
	char *found, *wanted; /* as JSON text on one line; NULL when absent */
	char *waits;          /* id of a resource that has to be made before wanted is known; else NULL */
};
/* Wanted held against observed. */
struct change {
	enum verdict verdict;
	struct difference *differences;
	size_t count, room;
	bool hidden;   /* with CREATE: its API is off in the project, so that it may stand already */
	char *reason;  /* for REPLACE, REFUSE and UNKNOWN */
	char *caution; /* what has to be known of what was found though it is kept: a sentence; or NULL */
};
void change_free(struct change *c);
void change_add(struct change *c, const char *path, const cJSON *found, const cJSON *wanted);

/* A resource as a kind sees it: references in spec are resolved. */
struct view {
	const char *project; /* project id */
	const char *number;  /* project number as text; NULL before it is known */
	const char *stack;   /* for ownership marks: labels managed-by=mlflow-setup, stack=NAME */
	const char *id;      /* the resource's id in the plan */
	const char *name;    /* its name in the cloud */
	const cJSON *spec;   /* kind-specific; see each kind's file comment */
	const cJSON
	    *before; /* as it was found before this run changed it; NULL: it did not, or was not there. For back and restart */
	/* Only while destroying: */
	bool consent; /* the operator agreed that data goes */
	int way;      /* how many of the kind's ways (destroy_ways) were refused in this run */
	const cJSON
	    *last; /* the reply to this run's last destroy request of this resource; NULL before the first and for none */
};

/* What a request is sent for, for the permissions that it needs. */
enum deed { DEED_READ, DEED_LIST, DEED_CREATE, DEED_UPDATE, DEED_DESTROY };
#define DEEDS ((int)DEED_DESTROY + 1)

/* The IAM permissions that the requests of each deed need, the polls of their operations too; blanks between them, NULL for none. */
struct permissions {
	const char *read, *list, *create, *update, *destroy;
};

/* A permission on what the spec refers to, that making or changing it needs besides. */
struct kind_use {
	const char *path;       /* where it stands in the spec, if it does */
	const char *value;      /* and is this text; NULL: is there, whatever it is; "": is not there */
	const char *permission; /* NULL ends a list */
};

/* The parts of a stack in an operator's words, in the order in which they are shown. */
enum part {
	PART_UNSAID,
	PART_APIS,
	PART_NETWORK,
	PART_IDENTITIES,
	PART_STORAGE,
	PART_SECRETS,
	PART_DATABASE,
	PART_IMAGE,
	PART_ACCESS,
	PART_SERVER,
	PART_PROOF, /* of no kind: the checks at the end */
	PARTS
};

/* Seconds to make one: the median and 95 % (reference/engine.md 1.2). */
struct kind_time {
	double usual, slow;
};

struct kind {
	const char *id;    /* "compute.network": discovery's API and its collection in the singular */
	const char *title; /* N_("VPC network") */
	const char *api;   /* the service that must be enabled: "compute.googleapis.com" */
	bool keyed;     /* that service could keep it under a key of one's own: gcp.restrictNonCmekServices may ask for one */
	enum part part; /* of the stack, that it belongs to */
	/* Its page of Google's console, behind the host and before the project: "sql/instances/{name}/overview". Between braces stand name, project, a path
	 * in the spec or one of its outputs; of a link the last segment is taken. */
	const char *console_page;
	const char *
	    log; /* which entries of Cloud Logging are its own: a filter with the same braces, between quotes; NULL: it has no log */
	const char *
	    requests; /* the same of the requests that reach it, which Google's front ends write down; NULL: it is reached by none, or none is written */
	struct permissions permissions;
	/* Where they depend on the spec: the same in its place, with blanks between them, to be freed; NULL for none. May be a NULL function. */
	char *(*permits)(const cJSON *spec, enum deed deed);
	const struct kind_use *uses; /* of what its spec refers to; NULL: nothing that Google asks about */
	double usual, slow; /* seconds to create, median and 95 % (reference/engine.md 1.2): for the plan and the scheduler */
	struct kind_time (*takes)(const cJSON *spec); /* the same, where they depend on the spec; NULL where they do not */
	double deadline;                              /* seconds after which creating has failed */
	bool
	    labelled; /* it carries the operator's labels: spec has {"labels":{NAME:TEXT},"shed":[names of earlier ones]} where there are any */
	bool billable; /* costs money while it stands */
	/* US dollars a month in the region, by the spec, at the catalog's prices (gcp/catalog.h) or list prices of kind_prices_date; negative when it
	 * depends on use. NULL with billable: by what is kept in it. */
	double (*monthly)(const cJSON *spec, const char *region);
	/* Is what is specified so asked of somebody else's server? Then it needs neither the API nor its permissions. NULL: never. */
	bool (*outside)(const cJSON *spec);
	/* Which of the catalog's prices monthly goes by. NULL: the table's alone. */
	enum price_group (*prices)(const cJSON *spec);
	const struct kind_quota *quotas; /* what one takes of Compute Engine's, ended by one without a metric; NULL: nothing */
	const struct kind_constraint
	    *constraints; /* the organisation policies that judge one, ended likewise; NULL: none of its own */
	bool enables;     /* switches APIs on: its spec's "services" is filled with what the plan's kinds need */
	bool spreads;     /* what it makes is not known everywhere at once (accounts, permissions) */
	bool grants;      /* it gives permissions; want of one that it gave may pass by itself */
	int turns;        /* so many changes of one a run makes at most, and leaves the rest to the next; 0: all */
	/* What must not be changed by two at a time, as a text that the caller frees. NULL: the object whose URL is read. */
	char *(*lock)(const struct view *v);
	bool
	    dear; /* slow to make and dear to have made in vain: made once all before it in the plan is made, or is being made (gate) */
	bool
	    gate; /* its request may be refused for reasons that nobody sees before; once it was taken, the dear go on beside it */
	/* The cure for a refusal with these words of Google's: N_("a sentence"), or NULL for the usual one. May be a NULL function. */
	const char *(*cure)(const char *message);
	/* A person makes it, and no request of ours: it stands once it is seen done. Its spec has "title", "steps" (lines) and "paste" for them to read.
	 * It is asked for whatever happens: decode gets http 0 where nothing was had. create, update and destroy are NULL, and so may api be. */
	bool by_hand;
	bool
	    page; /* what observe asks is no API: decode's reply is {"location","text","sha256"}, the header, the body and its hash of whatever came. With create: it is made by being asked for */
	bool keeps_data; /* destroying it destroys data: destroy needs consent, the plan says so */
	const char *
	    data_word; /* by which an operator asks for these data to be deleted: "database"; NULL where they go with a parent's */
	/* Is it protected in the cloud, so that consent to destroying is not enough and the word has to be said? NULL: never. */
	bool (*guarded)(const struct observation *seen);
	/* What is still there, and paid for, after it was deleted: a sentence to be freed, or NULL. May be a NULL function. */
	char *(*remains)(const struct observation *seen);
	/* The read request; for kinds that have no object of their own (an IAM binding, a build) what tells its state. One that leaves out->method
	 * NULL refuses the spec: it is an internal error, and nothing is sent. */
	void (*observe)(const struct view *v, struct call *out);
	/* Lists those of the project, of the region in spec where there are regions, a page at a time ("pageToken", "nextPageToken"); items is where
	 * they are in the reply. What carries this stack's marks there (decode tells) is found however it is called. NULL: not looked for. */
	void (*list)(const struct view *v, struct call *out);
	const char *items;
	/* Reads the reply (reply is NULL when the body was no JSON or empty). Fills out, whose fields are zero before. */
	void (*decode)(const struct view *v, int http, const cJSON *reply, struct observation *out);
	/* Where one read does not tell all: asks for more, by what was seen so far; a call without a method: that was all. decode_more adds the reply to out. Both NULL:
	 * one read tells. */
	void (*observe_more)(const struct view *v, const struct observation *seen, struct call *out);
	void (*decode_more)(const struct view *v, int http, const cJSON *reply, struct observation *out);
	/* Is this reply what those get who may look at the stack and not at this (a Secret of a cluster)? Then a run that changes nothing passes it over: what it
	 * holds shows at what uses it. May be a NULL function. */
	bool (*hidden)(const struct view *v, int http);
	/* Compares and fills out->differences and verdict KEEP, UPDATE, REPLACE, REFUSE, or CREATE (it failed and is simply made again, nothing
	 * has to be removed first); called for PRESENT_YES, PENDING, FAILED. A verdict for FAILED is for one found so: one that failed after
	 * this run's own request is an error, unless passing says otherwise. */
	void (*compare)(const struct view *v, const struct observation *seen, struct change *out);
	/* Where compare leaves what it does not know alone: adds to spec what an earlier spec of the same resource asked for and this one does not, so that it
	 * goes. May be a NULL function. */
	void (*outgrow)(cJSON *spec, const cJSON *before);
	/* What people notice while it is changed so: N_("a sentence"), or NULL when they notice nothing. May be a NULL function. */
	const char *(*downtime)(const cJSON *spec, const struct change *c);
	/* What an operator has to know of it before it is made or changed: N_("a sentence"), or NULL. May be a NULL function. */
	const char *(*caution)(const cJSON *spec);
	/* Requests. All see the observation and may need several turns: after each the engine observes and compares again (deletion
	 * protection off, then delete). NULL update means that a difference is a REPLACE or REFUSE. NULL destroy means that it goes with
	 * its parent or is left (then stays says why). A destroy that leaves out->method NULL has nothing (more) to do: it is left. */
	/* create NULL, of what is not by_hand: it was there before the stack (gcp/given.h) and is only looked at; decode never says PRESENT_NO then. */
	void (*create)(const struct view *v, const struct observation *seen, struct call *out);
	void (*update)(const struct view *v, const struct observation *seen, const struct change *change, struct call *out);
	void (*destroy)(const struct view *v, const struct observation *seen, struct call *out);
	/* Does what it needs stay with it when destroy leaves it, though the cloud would let that go? NULL: no. */
	bool (*holds)(const cJSON *spec);
	/* What this stopped goes on as before, after a run that did not get to what needed it, or in the midst of whose change it failed; a request whose method
	 * is NULL: it does. NULL: it stops nothing. */
	void (*back)(const struct view *v, const struct observation *seen, struct call *out);
	/* The line for a shell that lets it go on where that failed; seen is NULL where it is not known whether it is stopped. NULL: it goes on. Where there is back. */
	char *(*restart)(const struct view *v, const struct observation *seen);
	/* Does what was read tell that a run stopped it, this one or an earlier? NULL: nothing tells. */
	bool (*stopped)(const struct observation *seen);
	/* The line for a shell that puts back what this saved, each value one word of it, for the caller to free; seen says that it stands. NULL: it saves
	 * nothing. */
	char *(*restore)(const struct view *v, const struct observation *seen);
	/* The URL of a text object that grows while this is being made (a build's log), from the operation or the object last read; freed by
	 * the caller; NULL when it is not known yet. May be a NULL function. */
	char *(*log_url)(const struct view *v, const cJSON *operation_or_object);
	/* What tells why it failed, beyond its own state, asked one after the other. ask_why fills the read of a turn, counted from 0, by what earlier turns
	 * kept in notes, an object; it leaves out->method NULL when that was all. told_why gives the lines of a reply that say something, for the caller to
	 * free, or NULL; text is the reply as it came. Both NULL: nothing tells. */
	void (*ask_why)(const struct view *v, const cJSON *notes, int turn, struct call *out);
	char *(*told_why)(const struct view *v, cJSON *notes, int turn, const cJSON *reply, const char *text);
	/* What it wrote while it came up (a machine's console, its units' reports), asked for when what runs on it does not answer: the request of a turn,
	 * counted from 0, out->method NULL when that was all; and the lines of its reply that tell what failed, for the caller to free. Both NULL: it has no
	 * console. */
	void (*console)(const struct view *v, int turn, struct call *out);
	char *(*console_lines)(int turn, const cJSON *reply);
	/* A 2xx reply to create or update tells what a read would, and tells it sooner: the engine gives it to decode and does not read. */
	bool reply_tells;
	/* What has no name before it is made can be made by two at once. Was one made by somebody else between the look (before) and this run's own create, as its
	 * reply (made) tells? Then withdraw takes back what this run made, and the run leaves. Both NULL: a name that is taken tells. */
	bool (*overtaken)(const struct view *v, const struct observation *before, const struct observation *made);
	void (*withdraw)(const struct view *v, const struct observation *made, struct call *out);
	/* An update makes a new one beside the old (a version): what others refer to is not known before it is done. */
	bool renews;
	/* The same, where only some changes do so. NULL: all. */
	bool (*renewed_by)(const struct change *c);
	/* Its label "release", with dashes for dots, says which release of MLflow the tables are of, once it stands. */
	bool tells_release;
	/* While what its spec refers to is not known, compare tells all the same whether it will be changed. */
	bool foresees;
	/* The same of whether it will be replaced: what is made anew never stands in it under the name it had. */
	bool foresees_replacement;
	/* Where in its spec the secret stands that a comparison reads back: whoever only looks needs the right to read it. NULL: none does. */
	const char *opens;
	/* Where in its spec the object stands that kubectl would apply. NULL: it is none of a cluster's. */
	const char *manifest;
	/* What was set cannot be read back (a password): after this run's own confirmed request it is as wanted, whatever compare says. */
	bool blind;
	/* Did it fail (PRESENT_FAILED) for a reason that passes by itself, such as a permission that has not spread yet? Then the engine makes
	 * it again after a pause, a few times within the deadline. NULL: never. */
	bool (*passing)(const struct view *v, const struct observation *seen);
	/* Of what was there before the stack: tells a rehearsal's world of it (given_project, given_made, given_granted), as it has to be for this stack. What a world
	 * has by itself has none: NULL. */
	void (*beforehand)(const struct view *v, cJSON *world);
	const char *stays; /* N_("why destroy leaves it"), or NULL */
	int destroy_ways;  /* ways to destroy it, tried in turn as each is refused (view.way counts); 0 means one */
	/* N_("why Google may refuse to delete it for a while, and what to do"), or NULL. When all ways were refused because it is in use or
	 * not empty (HTTP 400, 409, an operation's FAILED_PRECONDITION or RESOURCE_IN_USE_BY_ANOTHER_RESOURCE), destroy reports it as left
	 * behind with these words, not as a failure. */
	const char *lingers; /* "%s", which may stand in it once, is the resource's name */
	double patience; /* seconds to go on asking before lingers is said: 0 where what holds it is known to hold for hours */
	struct kind_terraform terraform; /* how `render` spells it for Terraform */
};

/* Does the change have a difference whose path begins with this? */
bool kind_changes(const struct change *c, const char *path);

/* The month in which the prices were looked up: "2026-05". */
extern const char kind_prices_date[];

/* Every kind, NULL-terminated, in no order that matters. */
extern const struct kind *const kinds[];
/* The kind with this id, or NULL. */
const struct kind *kind_find(const char *id);

/* Helpers for kinds. --------------------------------------------------------------------------------------------------- */

/* Is what is specified so asked of somebody else's server? (kind.outside) */
bool kind_is_outside(const struct kind *k, const cJSON *spec);
/* The permissions that one deed with a resource of this spec needs, blanks between them; the caller frees. */
char *kind_permissions(const struct kind *k, const cJSON *spec, enum deed deed);
/* How long it takes to make one that is specified so (values that are not known yet may stand in it as references). */
struct kind_time kind_time(const struct kind *k, const cJSON *spec);
/* The addresses of its page in Google's console and of its log there. outputs may be NULL. NULL where it has none, or what the address needs is not known; the
 * caller frees. */
char *kind_console_link(const struct kind *k, const struct view *v, const cJSON *outputs);
char *kind_log_link(const struct kind *k, const struct view *v, const cJSON *outputs);
/* The same as filters of Cloud Logging: of what it writes (kind.log), of requests that it is reached by (kind.requests). */
char *kind_log_filter(const struct kind *k, const struct view *v, const cJSON *outputs);
char *kind_requests_filter(const struct kind *k, const struct view *v, const cJSON *outputs);
/* The ownership labels {"managed-by":"mlflow-setup","stack":STACK} and the operator's; the caller owns the object. */
cJSON *kind_labels(const struct view *v);
/* The same over those that somebody else put there (an object, or NULL), for requests that replace all labels. Names that only Google may set are left out:
 * they are refused when they are sent. */
cJSON *kind_labels_over(const struct view *v, const cJSON *found);
/* Adds to a comparison the operator's earlier labels that are still in the labels at path of found, where they are wanted no more. */
void kind_compare_shed(const struct view *v, const cJSON *found, const char *path, struct change *out);
/* The mark for kinds that have only a description: "managed-by=mlflow-setup stack=NAME". The caller frees. */
char *kind_mark(const struct view *v);
/* The updateMask of a change: the top field of every difference, once. The caller frees. */
char *kind_mask(const struct change *change);
/* The ordinary decode: 2xx PRESENT_YES with found (a copy), 404 PRESENT_NO, so is 403 because the service is not enabled in this project
 * (nothing can exist there yet); anything else PRESENT_UNKNOWN with Google's message in error. */
void kind_decode_plain(const struct view *v, int http, const cJSON *reply, struct observation *out);
/* The same, then PRESENT_STRANGER unless labels (a path in found) or the description there is ours. */
void kind_decode_labels(const struct view *v, int http, const cJSON *reply, const char *path, struct observation *out);
void kind_decode_mark(const struct view *v, int http, const cJSON *reply, struct observation *out);
/* Sets FAILED, PENDING, UNKNOWN or STRANGER with its words. */
void kind_say(struct observation *out, enum presence presence, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A copy of the object at path in spec, or an empty object. */
cJSON *kind_copy(const struct view *v, const char *path);
/* A copy of what stands at path in spec, which while a plan is looked at may be a reference that is not resolved; NULL when there is nothing. */
cJSON *kind_value(const struct view *v, const char *path);
/* Makes the verdict REFUSE (with reason, a sentence) when one of paths (NULL-terminated) is among the differences; reason is a format for
 * the path. Call it last. */
void kind_refuse_changed(struct change *c, const char *const *paths, const char *reason);
/* The ordinary compare: every leaf of wanted must be in found with the same value; arrays compare element by element,
 * those of objects with a key (name, key, mountPath, containerPort) by that, in whatever order; int64 as
 * text or number are equal; resource links are equal when one ends in the other from "projects/" or is a suffix at a slash; a wanted default
 * (false, 0, "", [], {}) equals an absent field; what only found has is ignored; a reference that is not resolved equals nothing. Paths in
 * skip (NULL-terminated, NULL for none) are not compared. Adds differences, sets UPDATE or KEEP. */
void kind_compare_leaves(const cJSON *wanted, const cJSON *found, const char *const *skip, struct change *out);

#endif
