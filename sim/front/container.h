/* A container of a deployed template, as it finds itself: command, environment, files. Read from the image's content, the template and
 * Secret Manager; what it would do with them is for oauth2_proxy.c and mlflow_server.c. */
#ifndef MS_SIM_FRONT_CONTAINER_H
#define MS_SIM_FRONT_CONTAINER_H

#include "sim/api/shared.h"

struct container {
	const char *name;     /* of the template, or "" */
	const cJSON *spec;    /* the container in the template */
	const cJSON *facts;   /* what the image holds; owned by the store */
	const char *software; /* "mlflow", "oauth2-proxy", "hello", "other"... */
	cJSON *argv;          /* the program and its arguments, scripts looked through; owned */
	cJSON *env;           /* name: value; owned */
	cJSON *files;         /* path: content of mounted secrets; owned */
	cJSON *ran;           /* commands of its scripts before the program: [{"argv","input": what was piped in}]; owned */
	cJSON *kept;          /* path of a folder that outlives it: what that is known by; owned */
	const char *instance; /* the pod that it is of, or "" */
	cJSON *part;          /* the spec of a program that is not the container's front, where spec is that; owned */
	cJSON *beside;        /* programs that a script left running before it: their words, a list each; NULL: none. Owned */
	char *error;          /* what the shell says when a script stops early; owned */
	bool ingress;
};

/* Says what is wrong with an image or a secret of the template, before anything starts. */
struct container_fault {
	const char *reason; /* Condition.reason */
	char *message;      /* owned */
};

/* Builds the container. A template is Cloud Run's RevisionTemplate; one for a pod or a machine has besides "puller" (who pulls images: a principal,
 * "" for nobody), "reaches" {"google","internet"} and volumes {"name","files":{PATH:CONTENT}}; an image that cannot be had is then "ErrImagePull" with
 * "permission", "missing" or "unreachable" as its message. Project and account are the service's. False with a fault when the image or a secret cannot be had. */
bool container_make(struct sim *s, const char *project, const cJSON *template, const cJSON *spec, bool job, struct container *k,
		    struct container_fault *fault);
/* Does a script of the image run two programs in the container, `python3 SCRIPT SERVER... -- GATE...`? Then k becomes the first, which nobody outside reaches
 * and nobody probes, and other the second, which has k's place before. False with other as it was when there is one program. */
bool container_split(struct container *k, struct container *other);
void container_free(struct container *k);
/* What stands in the file of this path (may be NULL), of those that are known of; NULL. */
const char *container_file(const struct container *k, const char *path);
const char *container_env(const struct container *k, const char *name, const char *fallback);
/* Is the program (the last part of argv[0]) this? */
bool container_runs(const struct container *k, const char *program);
/* The value of --name VALUE or --name=VALUE among the arguments, or NULL. */
const char *container_flag(const struct container *k, const char *name);
/* The instance ("P:R:I") that this container, a cloud-sql-proxy, leads to; NULL when it is none or names none. */
const char *container_sql_proxy(const struct container *k);
/* What a path in it is known by for good: on a volume the volume's own and the rest of the path; else the instance's, which goes with it. A text of sim_tmp. */
const char *container_kept(const struct container *k, const char *path);
bool container_has(const struct container *k, const char *argument);

#endif
