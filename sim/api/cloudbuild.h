/* A build from the inside: what its source holds, what its steps do, what its log says. */
#ifndef MS_SIM_API_CLOUDBUILD_H
#define MS_SIM_API_CLOUDBUILD_H

#include "sim/api/shared.h"

#define BUILDS "cloudbuild.builds"
#define BUILD_OPERATIONS "cloudbuild.operations"

/* Who the build runs as: "serviceAccount:EMAIL". A passing text. */
const char *build_account(struct sim *s, const cJSON *build, const char *project);
bool build_ended(const cJSON *build);
bool build_logs_to_bucket(const cJSON *build);
/* Makes a build of the call's body, where that may be; its operation, or NULL: answered. */
struct sim_object *build_made(struct sim_call *c);
/* The same, and answers with the operation. */
sim_handler build_create;
/* Its operation, by the name in its hidden part, and all that follows. */
void build_begin(struct sim *s, struct sim_object *b);
void build_cancel(struct sim *s, struct sim_object *b);
/* As sim_api's spoil. */
bool build_spoil(struct sim *s, const cJSON *arg, const cJSON *error);

/* Does Cloud Build take the request's steps and substitutions? False when answered. */
bool build_request_ok(struct sim_call *c);
/* Puts values for $KEY and ${KEY} in steps, images and tags: the build's own substitutions and those of built_in, an object of texts. */
void build_substitute(cJSON *build, const cJSON *built_in);

/* The outcome of fetching the source and running the steps. All texts are owned. */
struct build_work {
	char *log;           /* the whole log up to PUSH, as the log object has it */
	const char *failure; /* FailureInfo.type, or NULL */
	char *detail;        /* statusDetail and FailureInfo.detail */
	int failed_step;     /* index, or -1 */
	cJSON *facts;        /* content of the image that was built, by image name: {"R-docker.pkg.dev/...:tag": {...}} */
	cJSON *pushed;       /* images that a step pushed by itself: an array of names */
};
/* Fetches the source as the build's account and goes through the steps. */
void build_work(struct sim *s, const struct sim_object *build, const char *principal, struct build_work *w);
void build_work_free(struct build_work *w);

/* The files of a .tar.gz or .zip: an object of name to text (files over 256 KiB: true). NULL when it is no archive. */
cJSON *build_unpack(const void *data, size_t len);
/* What the image of a Dockerfile in this context holds: software, version, drivers, entrypoint, cmd, env, scripts. On failure NULL with
 * *why in Docker's words (owned by the caller). log gets Docker's lines. */
cJSON *build_docker(const cJSON *files, const char *dockerfile, const char *context, struct buf *log, char **why);

#endif
