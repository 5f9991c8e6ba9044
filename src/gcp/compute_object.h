/* What the kinds of Compute Engine share (compute.v1 discovery): an object with a name in a collection, the mark of its stack in the description,
 * and a body in Google's words. spec: {"region" or "zone" (where the collection has one), "body":{...}}. Outputs: link (projects/...), id. */
#ifndef MS_GCP_COMPUTE_OBJECT_H
#define MS_GCP_COMPUTE_OBJECT_H

#include "gcp/kind.h"

struct compute_object {
	const char *scope;      /* "global", "regions" or "zones": the last two are followed by the spec's region or zone */
	const char *collection; /* "backendServices" */
	const char *const *
	    fixed; /* paths that cannot be changed once it stands, NULL-terminated: a difference means REPLACE; NULL for none */
	const char *const *skip; /* paths that are not compared, NULL-terminated; NULL for none */
	/* What its top fields go back to that a plan may say, and this one does not: JSON with single quotes, or NULL. A PATCH would leave them as they are. */
	const char *unsaid;
};

/* The functions of struct kind, for kinds whose requests are the ordinary ones. PATCH carries the fingerprint that was read, if any. */
void compute_object_observe(const struct compute_object *o, const struct view *v, struct call *out);
void compute_object_decode(const struct compute_object *o, const struct view *v, int http, const cJSON *reply,
			   struct observation *out);
void compute_object_compare(const struct compute_object *o, const struct view *v, const struct observation *seen,
			    struct change *out);
void compute_object_create(const struct compute_object *o, const struct view *v, const struct observation *seen,
			   struct call *out);
void compute_object_update(const struct compute_object *o, const struct view *v, const struct observation *seen,
			   struct call *out);
void compute_object_destroy(const struct compute_object *o, const struct view *v, const struct observation *seen,
			    struct call *out);
/* A POST to a method of the object's own ("setTarget"); body is owned by the call from then on. */
void compute_object_method(const struct compute_object *o, const struct view *v, const char *method, cJSON *body,
			   struct call *out);
/* Labels that the operator wants, for kinds whose insert drops those that it is sent: adds what differs to a comparison, and sets them by a request. */
void compute_object_compare_labels(const struct view *v, const cJSON *found, struct change *out);
void compute_object_label(const struct compute_object *o, const struct view *v, const cJSON *found, struct call *out);
/* The permissions of a deed with an object of these resources of discovery's ("globalAddresses"), its operations' too; change is the verb of its update.
 * Labels are set on what stands, after it was made. The caller frees. */
char *compute_object_permits(const char *resources, const char *change, const cJSON *spec, enum deed deed);
/* The object as it is wanted: body, name and description. The caller deletes it. */
cJSON *compute_object_wanted(const struct view *v);

/* The static functions of a kind that is no more than such an object: kind is its word, url_map for url_map_observe. */
#define COMPUTE_OBJECT(kind, object)                                                                                           \
	static void kind##_observe(const struct view *v, struct call *out)                                                     \
	{                                                                                                                      \
		compute_object_observe(&(object), v, out);                                                                     \
	}                                                                                                                      \
	static void kind##_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)                 \
	{                                                                                                                      \
		compute_object_decode(&(object), v, http, reply, out);                                                         \
	}                                                                                                                      \
	static void kind##_compare(const struct view *v, const struct observation *seen, struct change *out)                   \
	{                                                                                                                      \
		compute_object_compare(&(object), v, seen, out);                                                               \
	}                                                                                                                      \
	static void kind##_create(const struct view *v, const struct observation *seen, struct call *out)                      \
	{                                                                                                                      \
		compute_object_create(&(object), v, seen, out);                                                                \
	}                                                                                                                      \
	static void kind##_destroy(const struct view *v, const struct observation *seen, struct call *out)                     \
	{                                                                                                                      \
		compute_object_destroy(&(object), v, seen, out);                                                               \
	}
/* And its update by PATCH. */
#define COMPUTE_UPDATE(kind, object)                                                                                           \
	static void kind##_update(const struct view *v, const struct observation *seen, const struct change *change,           \
				  struct call *out)                                                                            \
	{                                                                                                                      \
		(void)change;                                                                                                  \
		compute_object_update(&(object), v, seen, out);                                                                \
	}

/* As a kind's restart, of a virtual machine in the spec's zone. */
char *compute_instance_restart(const struct view *v, const struct observation *seen);

#endif
