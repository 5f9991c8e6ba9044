/* A cluster's own API: what Google Kubernetes Engine's files ask of it, and what its files share. */
#ifndef MS_SIM_API_KUBERNETES_H
#define MS_SIM_API_KUBERNETES_H

#include "sim/api/shared.h"

/* The namespaces and service accounts that a new cluster has. */
void kubernetes_seed(struct sim *s, const struct sim_object *cluster);
/* Removes everything that the cluster held. */
void kubernetes_forget(struct sim *s, const struct sim_object *cluster);

/* Schema (kubernetes_schema.c). ------------------------------------------------------------------------------------------ */
struct kubernetes_resource {
	const char *group, *version, *plural, *kind, *singular, *short_name; /* group "" for the core; short_name may be "" */
	bool namespaced;
	bool generation;  /* spec changes are counted in metadata.generation */
	bool status;      /* has the status subresource */
	const char *type; /* its schema */
};
const struct kubernetes_resource *kubernetes_resource_find(const char *group, const char *version, const char *plural);
const struct kubernetes_resource *kubernetes_resource_at(size_t n); /* NULL past the last */
enum kubernetes_what {
	KUBERNETES_ANY,
	KUBERNETES_STRING,
	KUBERNETES_INTEGER,
	KUBERNETES_NUMBER,
	KUBERNETES_BOOLEAN,
	KUBERNETES_TIME,
	KUBERNETES_QUANTITY,
	KUBERNETES_INT_OR_STRING,
	KUBERNETES_BYTES,
	KUBERNETES_OBJECT,
	KUBERNETES_MAP,
	KUBERNETES_LIST
};
struct kubernetes_type;
struct kubernetes_shape {
	enum kubernetes_what what;
	const char *go;                     /* Go's name for it: "int32", "v1.Protocol", "[]v1.Container" */
	const struct kubernetes_type *type; /* of an object */
	const struct kubernetes_shape *of;  /* a map's or list's elements */
	bool pointer;
	bool atomic;      /* owned as a whole; scalars are */
	bool set;         /* a list of distinct scalars */
	const char *keys; /* of a list by keys: "port+protocol"; NULL otherwise */
};
struct kubernetes_field {
	const char *name;
	struct kubernetes_shape *shape;
	bool omit_empty, required;
	bool merges;             /* a strategic patch adds to it: a list of scalars */
	const char *merge_key;   /* of a list that a strategic patch merges */
	const char *key_default; /* of a key that is left out */
	unsigned char number[3]; /* in protocol buffers, of the messages on the way; 0 after the last */
};
struct kubernetes_type {
	const char *name;
	bool atomic, custom; /* custom: of a custom resource, not of Go */
	struct kubernetes_field *fields;
	size_t count, room;
};
/* NULL when there is none such. Static. */
const struct kubernetes_type *kubernetes_type_find(const char *name);
const struct kubernetes_field *kubernetes_field(const struct kubernetes_type *type, const char *name);

/* Decoding (kubernetes_decode.c). ---------------------------------------------------------------------------------------- */
/* The document as the server holds it: what Go's structs have no place for or leave out is gone, what they always have is there. *wrong is
 * then the first value of a wrong type in the decoder's words, for the caller to free, or NULL; strict gets "unknown field \"spec.x\"", one
 * text for each. */
cJSON *kubernetes_decode(const struct kubernetes_type *type, const cJSON *doc, char **wrong, cJSON *strict);

/* Why a text is no JSON, in the words of Go's parser, for the caller to free. */
char *kubernetes_json_complaint(const char *text, size_t len);
/* The document in a body of Kubernetes' protocol buffers, its type found by the kind that it names; NULL when it is none. */
cJSON *kubernetes_from_protobuf(const char *body, size_t len);

/* Fields and their owners (kubernetes_fields.c). ------------------------------------------------------------------------- */
/* A set of paths, "f:spec\x1f" "f:replicas", sorted. */
struct kubernetes_set {
	char **paths;
	size_t count, room;
};
void kubernetes_set_free(struct kubernetes_set *set);
bool kubernetes_set_has(const struct kubernetes_set *set, const char *path);
void kubernetes_set_add(struct kubernetes_set *set, const char *path);
/* a = a without b; a = a with b; a = what both have. */
void kubernetes_set_subtract(struct kubernetes_set *a, const struct kubernetes_set *b);
void kubernetes_set_unite(struct kubernetes_set *a, const struct kubernetes_set *b);
void kubernetes_set_intersect(struct kubernetes_set *a, const struct kubernetes_set *b);
struct kubernetes_set kubernetes_set_copy(const struct kubernetes_set *set);
cJSON *kubernetes_set_encode(const struct kubernetes_set *set); /* FieldsV1 */
struct kubernetes_set kubernetes_set_decode(const cJSON *fields);
/* ".spec.replicas", ".spec.containers[name=\"x\"].image" into b; and the order in which conflicts name paths. */
void kubernetes_path_text(const char *path, struct buf *b);
int kubernetes_path_order(const char *a, const char *b);
/* What the document as an applied configuration owns. */
struct kubernetes_set kubernetes_set_of(const struct kubernetes_type *type, const cJSON *doc);
/* The same with named fields that have something below them. */
void kubernetes_set_named(const struct kubernetes_type *type, struct kubernetes_set *set);
/* What is different from a to b. */
struct kubernetes_comparison {
	struct kubernetes_set added, modified, removed;
};
struct kubernetes_comparison kubernetes_compare(const struct kubernetes_type *type, const cJSON *a, const cJSON *b);
void kubernetes_comparison_free(struct kubernetes_comparison *c);
cJSON *kubernetes_merged(const struct kubernetes_type *type, const cJSON *live, const cJSON *applied);
cJSON *kubernetes_without(const struct kubernetes_type *type, const cJSON *doc, const struct kubernetes_set *gone);
/* The first place where an applied configuration is not of the type, as structured merging words it (".spec.x: field not declared in schema"), for
 * the caller to free; NULL when there is none. */
char *kubernetes_untyped(const struct kubernetes_type *type, const cJSON *doc);

struct kubernetes_call {
	struct sim_call *c;
	struct sim_object *cluster;
	const struct kubernetes_resource *r;
	const struct kubernetes_type *type;
	char name[256], ns[256], sub[64];
	const char *manager;
	const char *user;                         /* who asks */
	const char *failing_kind, *failing_group; /* of the Status's details where it is not the resource's; NULL */
};
/* Answers with a Status. causes is owned afterwards; may be NULL. */
void kubernetes_fail(struct kubernetes_call *k, int code, const char *reason, cJSON *causes, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Answers with a document (owned afterwards), as a Table when that was asked for. */
void kubernetes_answer(struct kubernetes_call *k, int code, cJSON *body);
void kubernetes_not_found(struct kubernetes_call *k);
/* The object that the request names, or NULL. */
struct sim_object *kubernetes_target(struct kubernetes_call *k);
/* The keys' prefix of the list that it names, for the caller to free; does the selectors' choice have the document? */
char *kubernetes_list_prefix(const struct kubernetes_call *k);
/* May the caller do this ("create") to the object or collection of the call? False: answered. */
bool kubernetes_allowed(struct kubernetes_call *k, const char *verb);
bool kubernetes_listed(const struct kubernetes_call *k, const cJSON *doc);
void kubernetes_list(struct kubernetes_call *k);
/* "deployments.apps", for the caller to free. */
char *kubernetes_plural_group(const struct kubernetes_resource *r);

/* Answers with a container's log (kubernetes_logs.c). */
void kubernetes_log(struct kubernetes_call *k, const struct sim_object *pod);
/* From where clients come: somewhere in the internet. */
#define KUBERNETES_CALLER "203.0.113.5"

/* Takes a port-forward to a pod (kubernetes_forward.c); false when it is none. */
bool kubernetes_forwarded(struct kubernetes_call *k);
/* Hands a request to a Service on (kubernetes_proxy.c); false when it is none. */
bool kubernetes_proxied(struct kubernetes_call *k);
/* Answers what is asked of metrics.k8s.io (kubernetes_metrics.c); false when that is nothing. */
bool kubernetes_metrics(struct kubernetes_call *k);

/* Writes (kubernetes_write.c, kubernetes_delete.c), each answered. ------------------------------------------------------------------------- */
void kubernetes_create(struct kubernetes_call *k);
void kubernetes_replace(struct kubernetes_call *k);
void kubernetes_patch_object(struct kubernetes_call *k);
void kubernetes_rescale(struct kubernetes_call *k);
void kubernetes_delete(struct kubernetes_call *k);
/* Is nothing to be kept of what the request does? */
bool kubernetes_dry(const struct kubernetes_call *k);
/* Takes it away at once; who minds it learns of it. */
void kubernetes_remove(struct kubernetes_call *k, struct sim_object *o);
void kubernetes_delete_all(struct kubernetes_call *k);

/* Owners (kubernetes_owners.c). ------------------------------------------------------------------------------------------ */
/* Notes in after's managedFields what manager changed since before (NULL: it is new). */
void kubernetes_note_update(struct kubernetes_call *k, const cJSON *before, cJSON *after);
/* The new document, not yet decoded or defaulted, or NULL after having answered. live is NULL for a new object. */
cJSON *kubernetes_apply(struct kubernetes_call *k, const cJSON *live, const cJSON *applied);

/* Patches (kubernetes_patch.c): the new document, or NULL after having answered. ------------------------------------------- */
cJSON *kubernetes_patch(struct kubernetes_call *k, const cJSON *live);

/* Selectors (kubernetes_select.c): does it match? *why, for the caller to free, when the selector cannot be read. */
bool kubernetes_labels_match(const cJSON *labels, const char *selector, char **why);
bool kubernetes_fields_match(const char *kind, const cJSON *doc, const char *selector, char **why);

/* Answers with what becomes of the objects whose keys have the prefix (kubernetes_watch.c). */
void kubernetes_watch(struct kubernetes_call *k, const char *prefix);

/* Has the kind a Scale (kubernetes_scale.c)? The Scale of an object of such a kind; and the document with what a Scale asks for. */
bool kubernetes_scales(const char *kind);
cJSON *kubernetes_scale_of(const cJSON *doc);
cJSON *kubernetes_scaled(const cJSON *doc, const cJSON *scale);

/* Fills in what the server does (kubernetes_defaults.c): with decoding, and when the object is stored. */
void kubernetes_default(const char *kind, cJSON *doc);
void kubernetes_prepare(struct kubernetes_call *k, cJSON *doc, const cJSON *before);
/* The pod's spec in an object of a kind that has one, or NULL. */
cJSON *kubernetes_pod_spec(const char *kind, const cJSON *doc);
/* Its rules (kubernetes_rules.c). False when answered. */
bool kubernetes_valid(struct kubernetes_call *k, const cJSON *doc, const cJSON *before);

/* A cell of kubectl's columns: what of the document is at path, printed as the word `how` of kubernetes_columns.tbl says (kubernetes_cells.c). */
void kubernetes_print(struct sim *s, const char *how, const char *path, const cJSON *doc, struct buf *out);
/* The document or the list as a Table for kubectl's columns (kubernetes_table.c). */
cJSON *kubernetes_table(struct sim *s, const struct kubernetes_resource *r, const cJSON *answer, const char *include);

/* What the cluster's controllers do (kubernetes_controllers.c) after an object was made or changed, and when it goes. ----------------- */
void kubernetes_react(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
/* The object's key in the store: "CLUSTER|group/plural|ns|name", for the caller to free. */
char *kubernetes_key(const char *cluster, const struct kubernetes_resource *r, const char *ns, const char *name);
/* A new resourceVersion into the document. */
void kubernetes_touch(struct sim *s, const char *cluster, cJSON *doc);
/* What a new object has from the server: uid, time, generation, version. */
void kubernetes_birth(struct sim *s, const char *cluster, const struct kubernetes_resource *r, cJSON *doc);
/* A controller sets an object's status (owned afterwards), and an annotation with it (NULL: none). */
void kubernetes_report(struct sim *s, const char *cluster, struct sim_object *o, cJSON *status, const char *manager,
		       const char *annotation, const char *value);
/* Puts an object as the cluster itself does. */
struct sim_object *kubernetes_put(struct sim *s, const char *cluster, const char *group, const char *version,
				  const char *plural, const char *ns, cJSON *doc);

#endif
