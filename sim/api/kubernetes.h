/* A cluster's own API: what Google Kubernetes Engine's files ask of it, and what its files share. */
#ifndef MS_SIM_API_KUBERNETES_H
#define MS_SIM_API_KUBERNETES_H

#include "sim/core/core.h"

/* The namespaces and service accounts that a new cluster has. */
void kubernetes_seed(struct sim *s, const struct sim_object *cluster);
/* Removes everything that the cluster held. */
void kubernetes_forget(struct sim *s, const struct sim_object *cluster);

/* Schema (kubernetes_schema.c). ------------------------------------------------------------------------------------------ */
struct kubernetes_resource {
	const char *group, *version, *plural, *kind, *singular, *short_name; /* group "" for the core; short_name may be "" */
	bool namespaced;
	bool generation;           /* spec changes are counted in metadata.generation */
	bool status;               /* has the status subresource */
	bool read_only;            /* brought along by others here: lists are empty */
	const char *type;          /* its schema; NULL: anything goes */
};
const struct kubernetes_resource *kubernetes_resource_find(const char *group, const char *version, const char *plural);
const struct kubernetes_resource *kubernetes_resource_at(size_t n); /* NULL past the last */
/* What a field of a type is. Static until the next call but seven. */
struct kubernetes_field {
	enum { KUBERNETES_ANY, KUBERNETES_STRING, KUBERNETES_INTEGER, KUBERNETES_BOOLEAN, KUBERNETES_OBJECT, KUBERNETES_MAP, KUBERNETES_LIST } what;
	bool atomic;               /* owned as a whole */
	bool set;                  /* a list of distinct scalars */
	char type[48];             /* of the object, of the map's values ("" for texts), of the list's elements */
	char keys[64];             /* of an associative list, with commas */
};
/* False when the type has no such field. An unknown type takes any field. */
bool kubernetes_field(const char *type, const char *name, struct kubernetes_field *out);
/* The first unknown or ill-typed field of the document, as strict decoding words it, for the caller to free; NULL when all is well.
 * *wrong_type tells the two apart. */
char *kubernetes_check_fields(const char *type, const cJSON *doc, bool *wrong_type);

/* Fields and their owners (kubernetes_fields.c). A set is an object of paths ("f:spec\x1f" "f:replicas") with values as text. --------- */
cJSON *kubernetes_set_of(const char *type, const cJSON *doc);
/* What an update from before (NULL: nothing) to after sets, as the owner of an Update has it. */
cJSON *kubernetes_set_changed(const char *type, const cJSON *before, const cJSON *after);
cJSON *kubernetes_set_encode(const cJSON *set);            /* FieldsV1 */
cJSON *kubernetes_set_decode(const cJSON *fields);
/* ".spec.replicas", ".spec.containers[name=\"x\"].image" into b. */
void kubernetes_path_text(const char *path, struct buf *b);
/* Removes what is at the path. */
void kubernetes_remove_path(cJSON *doc, const char *path);
/* Key of an associative list's element: {"name":"x"} as text for the caller to free; NULL when a key is missing. */
char *kubernetes_element_key(const char *keys, const cJSON *element);
cJSON *kubernetes_find_element(cJSON *list, const char *keys, const cJSON *like);

/* Writes (kubernetes_write.c): each gives the new document, or NULL after having answered. ------------------------------------------- */
struct kubernetes_call {
	struct sim_call *c;
	struct sim_object *cluster;
	const struct kubernetes_resource *r;
	char name[256], ns[256], sub[64];
	const char *manager;
};
/* Answers with a Status. causes is owned afterwards; may be NULL. */
void kubernetes_fail(struct kubernetes_call *k, int code, const char *reason, cJSON *causes, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
cJSON *kubernetes_apply(struct kubernetes_call *k, const cJSON *live, const cJSON *applied);
cJSON *kubernetes_patch(struct kubernetes_call *k, const cJSON *live);
/* Notes in after's managedFields what manager changed. */
void kubernetes_note_update(struct kubernetes_call *k, const cJSON *before, cJSON *after);
/* Defaults of the server, and its rules. False when answered. */
bool kubernetes_settle(struct kubernetes_call *k, cJSON *doc, const cJSON *before);

/* What the cluster's controllers do (kubernetes_controllers.c) after an object was made or changed, and when it goes. ----------------- */
void kubernetes_react(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
/* The object's key in the store: "CLUSTER|group/plural|ns|name", for the caller to free. */
char *kubernetes_key(const char *cluster, const struct kubernetes_resource *r, const char *ns, const char *name);
/* A new resourceVersion into the document. */
void kubernetes_touch(struct sim *s, const char *cluster, cJSON *doc);
/* Puts an object as the cluster itself does. */
struct sim_object *kubernetes_put(struct sim *s, const char *cluster, const char *group, const char *version, const char *plural, const char *ns,
				  cJSON *doc);

#endif
