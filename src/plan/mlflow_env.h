/* The environment that an MLflow server runs with, the same on every target. */
#ifndef MS_PLAN_MLFLOW_ENV_H
#define MS_PLAN_MLFLOW_ENV_H

#include <cjson/cJSON.h>

/* A list of {name, value} from the data of the templates: hosts and origins (texts, commas between), workers (number), bucket, prefix
 * ("artifacts"), database.host (an address or a socket's folder), .port, .name, .user, .sslmode (each of the four may be absent).
 * No secret is among them: PGPASSWORD and the keys come from Secret Manager. The caller owns the result. */
cJSON *mlflow_env(const cJSON *data);

#endif
