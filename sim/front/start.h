/* What becomes of one container that is started, wherever it runs: on Cloud Run, App Engine, in a pod, on a machine. */
#ifndef MS_SIM_FRONT_START_H
#define MS_SIM_FRONT_START_H

#include "sim/front/mlflow_server.h"

struct start {
	char *said;     /* its last words; NULL while it runs. Owned */
	char *wrote;    /* what it wrote on the way, one that runs or ended well too; or NULL. Owned */
	double seconds; /* until it listens, or until it ended */
	int exit_code;
	int port;      /* it listens here; 0: nowhere */
	bool loopback; /* ...on 127.0.0.1 only */
	bool ends;     /* it is done by itself, and well: a migration */
	int memory;    /* MB in use */
};

/* Starts the container in its place. limit is its memory in MiB, or 0: over it the container is killed, with exit code 137. */
void start_container(struct sim *s, const struct container *k, const struct mlflow_place *place, double limit, struct start *r);
/* Its port is another's of the same network already: it ends. */
void start_refused_port(struct start *r);
void start_free(struct start *r);
/* Does the program that runs in the container answer a GET of this path with 200, without credentials? NULL asks for any path. */
bool start_answers(const struct container *k, const char *path);
/* MiB of a Kubernetes quantity ("512Mi", "1Gi", "2G"), or of docker's ("512m", "1g"). */
double start_mebibytes(const char *text);

#endif
