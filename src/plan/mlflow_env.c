/* The settings of MLflow 3.17 that a server behind a gate needs, each with its reason. */
#include "config.h"
#include "plan/mlflow_env.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

static void put(cJSON *env, const char *name, const char *value)
{
	cJSON_AddItemToArray(env, json_make("{'name':%s,'value':%s}", name, value));
}

static void put_if(cJSON *env, const char *name, const cJSON *data, const char *path)
{
	const cJSON *node = json_at(data, path);
	if (cJSON_IsString(node))
		put(env, name, node->valuestring);
	if (!cJSON_IsNumber(node))
		return;
	char *text = json_text(node, -1);
	put(env, name, text);
	free(text);
}

cJSON *mlflow_env(const cJSON *data)
{
	cJSON *env = cJSON_CreateArray();
	/* The driver is named, since SQLAlchemy's default is another one; libpq's variables carry the rest, so no password is in a URI. */
	put(env, "MLFLOW_BACKEND_STORE_URI", "postgresql+psycopg2://");
	put_if(env, "PGHOST", data, "database.host");
	put_if(env, "PGPORT", data, "database.port");
	put_if(env, "PGDATABASE", data, "database.name");
	put_if(env, "PGUSER", data, "database.user");
	put_if(env, "PGSSLMODE", data, "database.sslmode");
	put(env, "PGCONNECT_TIMEOUT", "10");
	/* Instances x workers x 2 engines x (2 + 3) connections at the peak; an overflow of 0 would be taken as 10. */
	put(env, "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE", "2");
	put(env, "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW", "3");
	put(env, "MLFLOW_SQLALCHEMYSTORE_POOL_RECYCLE", "1800");
	char *destination = xasprintf("gs://%s/%s", json_str(data, "bucket", ""), json_str(data, "prefix", ""));
	put(env, "MLFLOW_ARTIFACTS_DESTINATION", destination);
	free(destination);
	/* Both lists are needed on a public name: the first for every request, the second for what a browser posts. */
	put_if(env, "MLFLOW_SERVER_ALLOWED_HOSTS", data, "hosts");
	put_if(env, "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS", data, "origins");
	put_if(env, "MLFLOW_WORKERS", data, "workers");
	/* Jobs start eight more processes, close to 2 GB. */
	put(env, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false");
	/* Sources outside the server's own artifacts are refused; models:/ is how MLflow 3 registers what a run has logged. */
	put(env, "MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX",
	    "^(mlflow-artifacts:/|models:/|(dummy-source|prompt-template)$)");
	put(env, "MLFLOW_DISABLE_TELEMETRY", "true");
	put(env, "DO_NOT_TRACK", "true");
	return env;
}
