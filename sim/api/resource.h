/* A kind of resource as most APIs have it: an object of the store that the path names. Its row says where it is kept, what its name and body must be,
 * what is said where it is missing or taken, and how long its changes take; finding, reading, listing, creating, changing and deleting it and its IAM
 * policy are then the same as for all others. What only this kind does is a function of its row. */
#ifndef MS_SIM_API_RESOURCE_H
#define MS_SIM_API_RESOURCE_H

#include "sim/api/shared.h"

struct sim_resource;
/* How an API's long-running operations look. */
struct sim_operations {
	const char *collection;
	/* A new one with its name, for what is at key; verb is "create", "update" or "delete". Its end sets what is said below at `type`. */
	cJSON *(*begun)(struct sim_call *c, const char *key, const char *verb);
	int decimals; /* of its end's time; 0: nine */
	/* Where operations are the API's own affair, in place of all that: begins one, sees to its end, and returns it. */
	struct sim_object *(*begin)(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb);
	cJSON *(*seen)(const struct sim_call *c, const struct sim_object *op); /* NULL: as it is */
};

/* What an id may be: so many letters of these, the first of those, no dash at the end. */
struct sim_id_rule {
	const char *first, *letters;
	size_t least, most;
	const char *message; /* of the 400 */
};
#define LOWER_LETTERS "abcdefghijklmnopqrstuvwxyz"
#define UPPER_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* In its texts, {jobs} stands for what follows the segment "jobs" in the path (the new id where that has none yet), {project} for the project's id,
 * {number} for its number. All but the first three may be left out. */
struct sim_resource {
	const char *methods;    /* discovery's, without the verb: "run.projects.locations.jobs" */
	const char *collection; /* in the store */
	const char *key;        /* "projects/{project}/locations/{locations}/jobs/{jobs}" */
	const char *missing;    /* the message of the 404; NULL: "Requested entity was not found." */
	const char *reason;     /* of that in the older dialect; NULL: "notFound" */
	const char *field;      /* of a list's reply */
	const char *list;       /* the "kind" that a list's reply says it is; NULL: none */
	bool empty;             /* that field is there when nothing is listed, too */
	bool total;             /* a list's reply has "totalSize" */
	bool veiled;            /* whoever asks what he may do to a missing one is told nothing, and not that it is missing */
	const char *holder;     /* before the key, whose policy it has: "//run.googleapis.com/"; NULL: none */
	/* Makes what is there of this kind from the start, before anything is asked of it. NULL: nothing is. */
	void (*born)(struct sim_call *c);
	/* Finds it where it takes more than that; answers where there is none. NULL: by its key. */
	struct sim_object *(*find)(struct sim_call *c, const struct sim_resource *r);
	/* Which are seen: one that is not there is not found and not listed. NULL: all. */
	bool (*there)(const struct sim_call *c, const struct sim_object *o);
	/* Which a list shows of those. NULL: all. */
	bool (*shown)(const struct sim_call *c, const struct sim_object *o);
	/* How one is shown, alone and in a list: a copy for the caller. NULL: as it is. */
	cJSON *(*seen)(const struct sim_call *c, const struct sim_object *o);

	/* Created: what is looked at, in this order. */
	const char *id; /* the parameter or the body's field with its id; NULL: what is last in the body's "name" */
	const char *(*named)(struct sim_call *c); /* its id, where the server gives it; else NULL */
	bool upsert;                              /* a change with allowMissing makes what is missing */
	bool (*placed)(struct sim_call *c);       /* may it be in this location? False: answered */
	const struct sim_id_rule *ids;
	bool deep;                                         /* an id may have slashes in it: it is all the rest of the path */
	const struct sim_resource *within;                 /* what must be there */
	bool nested;                                       /* ...whenever it is read, listed, changed or deleted, too */
	bool (*valid)(struct sim_call *c, const char *id); /* what is refused whether it is there or not. False: answered */
	const char *taken;                                 /* the message of the 409; NULL: "Requested entity already exists" */
	const char *body;                                  /* the body's field that holds the resource; NULL: all of it */
	const char *name;                                  /* the document's; NULL: its key */
	const char *named_in; /* the document's field with that; NULL: "name", which is not the client's to choose then */
	const char *defaults; /* what is filled in where nothing is said, after changes too: JSON with single quotes */
	const char *created, *updated; /* its fields with these times */
	int decimals;                  /* of those */
	/* Checks and completes a new document (old is NULL), or a changed one before it replaces old. False: answered. */
	bool (*complete)(struct sim_call *c, cJSON *doc, const struct sim_object *old);
	/* Does the call only ask whether that may be, or whether what is so may go? True: answered, and nothing is done. */
	bool (*dry)(struct sim_call *c, const cJSON *doc);
	/* After it is made, or changed: a new etag and the like. */
	void (*touched)(struct sim_call *c, struct sim_object *o);

	/* Changed, deleted. */
	const char *kept; /* fields that no change reaches, beside "name" */
	bool whole;       /* a change says all of it: what that leaves out is gone */
	const char *
	    masked; /* "policy.": what clients put before each field of updateMask, which counts from the request on; or NULL */
	/* The changed document, where it is not what updateMask makes of the body; for the caller. */
	cJSON *(*changed)(struct sim_call *c, const struct sim_object *o);
	bool (*current)(struct sim_call *c, const struct sim_object *o,
			const char *etag);                                /* is this, or "", its etag? False: answered */
	bool (*changing)(struct sim_call *c, const struct sim_object *o); /* may it be changed? False: answered */
	bool (*deleting)(struct sim_call *c, struct sim_object *o);       /* may it go? False: answered */
	sim_handler *deleted;                                             /* answers when it is gone; NULL: with {} */
	const char *below; /* collections whose objects below its key go with it */

	/* Where changes are operations; NULL: they are answered with the resource itself, a deletion with nothing. */
	const struct sim_operations *operations;
	const char *only; /* what ends the methods that are ("Async"): the others are answered at once; NULL: all */
	const char *create, *change,
	    *remove;        /* how long they take: keys of durations.tbl; no change: that is answered at once */
	const char *type;   /* "type.googleapis.com/..." of the resource in a response; NULL: an operation ends without any */
	const char *unsaid; /* its fields that a response leaves out */
	bool awaited;       /* it is there when its creation's operation ends, not when that begins */
	bool lasts;         /* it goes when its deletion's operation ends, not when that begins */
	/* Whenever an operation ends (error: as a fault rule says): what becomes of it, and with which status the operation ends, owned by the caller;
	 * NULL: well. It may take away what failed. Without it a failed creation leaves nothing. */
	cJSON *(*settled)(struct sim *s, struct sim_object *o, const char *verb, const cJSON *error);
};

/* The row of the API's resources that the call's method is of; NULL. */
const struct sim_resource *resource_of(const struct sim_call *c);
/* The text with its names filled in; a passing text. */
const char *resource_text(const struct sim_call *c, const char *text);
/* The same before there is one of this id. */
const char *resource_text_of(const struct sim_call *c, const char *text, const char *id);
/* What the path names of this kind, or NULL after a 404. */
struct sim_object *resource_find(struct sim_call *c, const struct sim_resource *r);
/* The same of the kind that the method is of. */
struct sim_object *resource_named(struct sim_call *c);
/* The document as the call shows it, for the caller. */
cJSON *resource_seen(const struct sim_call *c, const struct sim_resource *r, const struct sim_object *o);
/* The policy's holder. A passing text. */
const char *resource_holder(const struct sim_resource *r, const struct sim_object *o);
/* All objects of the collection below the prefix are gone. */
void resource_forget_below(struct sim *s, const char *collection, const char *prefix);

/* Takes it out of the store, with its policy and what is below it. */
void resource_remove(struct sim *s, const struct sim_resource *r, struct sim_object *o);
/* Completes the document, which is taken, and keeps it, at key or in the place of old; NULL: answered. Its operation is not begun. */
struct sim_object *resource_put(struct sim_call *c, const struct sim_resource *r, const char *key, cJSON *doc,
				struct sim_object *old);
/* Begins an operation on what is, or was, at key, and answers with it. */
void resource_begin(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb);
/* The same where its row does not say how long that takes: a key of durations.tbl. */
void resource_begin_for(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb,
			const char *duration);
/* For sim_api's spoil: operations that resource_begin began. */
bool resource_spoil(struct sim *s, const cJSON *arg, const cJSON *error);

sim_handler resource_create, resource_get, resource_list, resource_patch, resource_delete, resource_get_policy,
    resource_set_policy, resource_test_policy;

/* The routes of a kind: methods and permissions, both without the verb. */
#define RESOURCE_READS(m, p)                                                                                                   \
	{m ".get", resource_get, p ".get", NULL},                                                                              \
	{                                                                                                                      \
		m ".list", resource_list, p ".list", NULL                                                                      \
	}
#define RESOURCE_ROUTES(m, p)                                                                                                  \
	RESOURCE_READS(m, p), {m ".create", resource_create, p ".create", NULL},                                               \
	    {m ".patch", resource_patch, p ".update", NULL},                                                                   \
	{                                                                                                                      \
		m ".delete", resource_delete, p ".delete", NULL                                                                \
	}
#define RESOURCE_POLICIES(m, p)                                                                                                \
	{m ".getIamPolicy", resource_get_policy, p ".getIamPolicy", NULL},                                                     \
	    {m ".setIamPolicy", resource_set_policy, p ".setIamPolicy", NULL},                                                 \
	{                                                                                                                      \
		m ".testIamPermissions", resource_test_policy, NULL, NULL                                                      \
	}

#endif
