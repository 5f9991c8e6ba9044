/* Images between the APIs: what Cloud Build pushes, what Cloud Run, App Engine and the registry's own API pull. */
#ifndef MS_SIM_API_ARTIFACTREGISTRY_H
#define MS_SIM_API_ARTIFACTREGISTRY_H

#include "sim/api/shared.h"

/* The policy holder of a call: its repository. */
void artifact_guard(const struct sim_call *c, struct buf *out);

/* An image reference taken apart. */
struct image_ref {
	char host[128], project[128], repository[128], name[256], tag[160], digest[80], location[64];
};
bool image_parse(const char *image, struct image_ref *r);
/* Can this principal pull the image? NULL and the digest in *digest when it can; else "registry" (a registry Google does not pull from),
 * "permission", "missing". facts (may be NULL) gets what is known of its content, owned by the store. */
const char *image_pull(struct sim *s, const char *principal, const char *image, const char **digest, const cJSON **facts);
/* The same for a node or a machine, which pulls from other registries too. principal "" is nobody. */
const char *image_pull_anywhere(struct sim *s, const char *principal, const char *image, const char **digest,
				const cJSON **facts);
/* Does it stand in one of Google's registries, which are reached without a way to the Internet? */
bool image_of_google(const char *image);
/* In Artifact Registry, where nobody pulls without credentials? */
bool image_of_own(const char *image);
/* The manifest of an image that image_pull found, owned by the store; NULL when there is none. */
const char *image_manifest(struct sim *s, const char *image, const char *digest);
/* Pushes an image NAME:TAG with these facts as its content. NULL when done with *digest set; else "permission", "missing"
 * (no such repository), "unmade" (one of gcr.io's, and the principal may not make it), "immutable" (tag exists and may not move). facts is borrowed. */
const char *image_push(struct sim *s, const char *principal, const char *image, const cJSON *facts, const char **digest);

/* A standard repository for Docker of this name, as the first push to a host of gcr.io makes it. */
struct sim_object *artifact_make(struct sim *s, const char *name);

#endif
