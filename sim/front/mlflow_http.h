/* MLflow's tracking server over HTTP: its walls (hosts, origins, basic auth), its REST API, its artifacts. */
#ifndef MS_SIM_FRONT_MLFLOW_HTTP_H
#define MS_SIM_FRONT_MLFLOW_HTTP_H

#include "sim/front/http.h"
#include "sim/front/mlflow_server.h"

/* One request on a running server. */
struct track {
	struct visit *v;
	const struct mlflow *m;
	const char *principal; /* the service account that the server acts as */
	cJSON *body;           /* the parameters: JSON body, or the query's */
	struct sim_reply *out;
};
/* Answers; the server runs and its database was reachable when m was loaded (m->error tells otherwise). */
void mlflow_answer(struct visit *v, const struct mlflow *m, const char *principal, struct sim_reply *out);

/* In MLflow's shape: {"error_code","message"}. */
void mlflow_fail(struct track *t, int status, const char *code, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The REST API below /api/2.0/mlflow/ (mlflow_api.c); false when there is no such method. */
bool mlflow_rest(struct track *t, const char *method);
/* /api/2.0/mlflow-artifacts/artifacts... (mlflow_artifacts.c). rest is what follows "artifacts". */
void mlflow_artifacts(struct track *t, const char *rest);
/* /get-artifact?run_uuid=...&path=...: how its own pages show a run's file, whatever the mode (mlflow_api.c); the file at an artifact URI, which the
 * server reads with its own rights (mlflow_artifacts.c). */
void mlflow_shown(struct track *t);
void mlflow_show(struct track *t, const char *uri);
/* The files of an artifact URI of this server as the API lists them; an array of {"path","is_dir","file_size"}. */
cJSON *mlflow_files(struct track *t, const char *under, const char **why);

#endif
