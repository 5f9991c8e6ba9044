/* MLflow's server as far as a client or an operator meets it: which settings it takes, whether it starts on its database and in its
 * memory, and where its data are. */
#ifndef MS_SIM_FRONT_MLFLOW_SERVER_H
#define MS_SIM_FRONT_MLFLOW_SERVER_H

#include "sim/front/container.h"

struct mlflow {
	const struct container *k;
	char *error;    /* what it writes before it ends; NULL when it runs. Owned */
	double seconds; /* until it listens, or until it ends with the error */
	int exit_code;
	int port;
	const char *host;
	char *database;  /* what tells its database from others: the key of instance and database; owned */
	bool mysql;      /* ...which is MySQL's */
	bool distrusted; /* ...and lets it make no triggers */
	char *instance;  /* ...the instance alone; owned */
	char *acts_as;   /* ...and the user, or the role, as whom it works there; owned */
};
/* How the instance reaches its surroundings. */
struct mlflow_place {
	const char *principal;     /* the service account */
	const char *network;       /* "projects/P/global/networks/X" of its VPC access, or NULL */
	const char *connector;     /* "P:R:I" when a Cloud SQL volume is mounted, or NULL */
	const char *cluster, *pod; /* keys of the pod that it is in and of its cluster, or NULL */
	const char *beside;        /* "P:R:I" when a cloud-sql-proxy listens at 127.0.0.1 beside it, or NULL */
	bool cut_off;              /* ...which goes by the instance's public address, and nothing leads there from here */
};
/* Reads the settings of `mlflow server` and tries its database; changes nothing. */
void mlflow_load(struct sim *s, const struct container *k, const struct mlflow_place *place, struct mlflow *m);
/* `mlflow db upgrade URI`: tries the database; on success the schema is this version's. */
void mlflow_upgrade(struct sim *s, const struct container *k, const struct mlflow_place *place, struct mlflow *m);
/* What every command of MLflow's does first: opens the database at this URI, whose schema must be its own. */
void mlflow_open(struct sim *s, const struct container *k, const struct mlflow_place *place, const char *uri, struct mlflow *m);
/* `mlflow gc`: writes what it deleted (mlflow_gc.c). */
void mlflow_gc(struct sim *s, const struct container *k, const struct mlflow_place *place, struct mlflow *m, struct buf *wrote);
/* Ends it with these last words, which it then owns; the first that end it count. */
void mlflow_stop(struct mlflow *m, int code, double seconds, char *text);
/* Logs in to the database of this URI, by what the driver of its scheme reads of variables and files. */
void mlflow_connect(struct sim *s, struct mlflow *m, const struct mlflow_place *place, const char *uri);
/* Makes or migrates the tables as a starting server does; after mlflow_load without an error. */
void mlflow_start(struct sim *s, struct mlflow *m);
void mlflow_free(struct mlflow *m);
/* A setting by its flag, else its variable, else the fallback: ("--allowed-hosts", "MLFLOW_SERVER_ALLOWED_HOSTS", NULL). */
const char *mlflow_setting(const struct mlflow *m, const char *flag, const char *variable, const char *fallback);
/* MB that it needs at rest. */
int mlflow_memory(const struct mlflow *m);

#endif
