/* What the kinds of Cloud Monitoring share: their names are Google's to give, so that a stack finds its own by labels in the list of the project's, page by
 * page; PATCH with updateMask, DELETE, no operations. spec: {"body":{...}}; the view's name tells several of a stack apart. Outputs: name (the
 * full one) and id (its last part). */
#ifndef MS_GCP_MONITORING_OBJECT_H
#define MS_GCP_MONITORING_OBJECT_H

#include "gcp/kind.h"

/* The functions of struct kind; collection is "alertPolicies" and the like. */
void monitoring_observe(const char *collection, const struct view *v, struct call *out);
void monitoring_decode(const char *collection, const struct view *v, int http, const cJSON *reply, struct observation *out);
void monitoring_observe_more(const char *collection, const struct view *v, const struct observation *seen, struct call *out);
void monitoring_compare(const struct view *v, const struct observation *seen, struct change *out);
void monitoring_create(const char *collection, const struct view *v, struct call *out);
void monitoring_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out);
void monitoring_destroy(const struct view *v, const struct observation *seen, struct call *out);

/* Why `render` does not spell them for Terraform. */
#define MONITORING_TERRAFORM "Google draws its id, which the answers do not keep: an import could not name it."

/* Those that know their collection, as static functions of a kind, whose word is kind: uptime_check for uptime_check_observe. */
#define MONITORING_OBJECT(kind, collection)                                                                                    \
	static void kind##_observe(const struct view *v, struct call *out)                                                     \
	{                                                                                                                      \
		monitoring_observe(collection, v, out);                                                                        \
	}                                                                                                                      \
	static void kind##_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)                 \
	{                                                                                                                      \
		monitoring_decode(collection, v, http, reply, out);                                                            \
	}                                                                                                                      \
	static void kind##_observe_page(const struct view *v, const struct observation *seen, struct call *out)                \
	{                                                                                                                      \
		monitoring_observe_more(collection, v, seen, out);                                                             \
	}                                                                                                                      \
	static void kind##_create(const struct view *v, const struct observation *seen, struct call *out)                      \
	{                                                                                                                      \
		(void)seen;                                                                                                    \
		monitoring_create(collection, v, out);                                                                         \
	}

#endif
