/* What the kinds of APIs in the plain style of https://google.aip.dev share: POST PARENT/COLLECTION?ID_PARAMETER=NAME, GET, PATCH with updateMask,
 * DELETE, labels, AIP operations. spec: {"parent":"locations/global" (what follows the project), "body":{...}}. Outputs: name (the full one) and all
 * fields of the object. */
#ifndef MS_GCP_AIP_OBJECT_H
#define MS_GCP_AIP_OBJECT_H

#include "gcp/kind.h"

struct aip_object {
	const char *base;         /* "https://certificatemanager.googleapis.com/v1" */
	const char *collection;   /* "certificates" */
	const char *id_parameter; /* "certificateId" */
	const char *const *fixed; /* paths that cannot be changed: a difference means REPLACE; NULL-terminated, NULL for none */
	bool unlabelled;          /* the object has no labels: whose it is is told by its parent or its name */
	bool described;           /* it has none, and is marked in its description */
	bool revived; /* what was deleted keeps its name for a while (state DELETED), and is made by bringing it back */
};

/* The functions of struct kind. */
void aip_observe(const struct aip_object *o, const struct view *v, struct call *out);
void aip_decode(const struct aip_object *o, const struct view *v, int http, const cJSON *reply, struct observation *out);
void aip_compare(const struct aip_object *o, const struct view *v, const struct observation *seen, struct change *out);
void aip_create(const struct aip_object *o, const struct view *v, const struct observation *seen, struct call *out);
void aip_update(const struct aip_object *o, const struct view *v, const struct observation *seen, const struct change *change,
		struct call *out);
void aip_destroy(const struct aip_object *o, const struct view *v, const struct observation *seen, struct call *out);

/* The static functions of a kind that is such an object, all but decode; kind is its word: certificate for certificate_observe. */
#define AIP_OBJECT(kind, object)                                                                                               \
	static void kind##_observe(const struct view *v, struct call *out)                                                     \
	{                                                                                                                      \
		aip_observe(&(object), v, out);                                                                                \
	}                                                                                                                      \
	static void kind##_compare(const struct view *v, const struct observation *seen, struct change *out)                   \
	{                                                                                                                      \
		aip_compare(&(object), v, seen, out);                                                                          \
	}                                                                                                                      \
	static void kind##_create(const struct view *v, const struct observation *seen, struct call *out)                      \
	{                                                                                                                      \
		aip_create(&(object), v, seen, out);                                                                           \
	}                                                                                                                      \
	static void kind##_update(const struct view *v, const struct observation *seen, const struct change *change,           \
				  struct call *out)                                                                            \
	{                                                                                                                      \
		aip_update(&(object), v, seen, change, out);                                                                   \
	}                                                                                                                      \
	static void kind##_destroy(const struct view *v, const struct observation *seen, struct call *out)                     \
	{                                                                                                                      \
		aip_destroy(&(object), v, seen, out);                                                                          \
	}
/* And decode, where a reply needs no more reading. */
#define AIP_DECODE(kind, object)                                                                                               \
	static void kind##_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)                 \
	{                                                                                                                      \
		aip_decode(&(object), v, http, reply, out);                                                                    \
	}

#endif
