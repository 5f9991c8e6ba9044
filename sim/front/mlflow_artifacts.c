/* Proxied artifacts: the server reads and writes the bucket as its own service account, or a folder of its own. */
#include "config.h"
#include "sim/front/mlflow_http.h"
#include "sim/front/volume.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

/* The bucket and the object below the destination, or the folder of a volume and the file below it; false, answered, when artifacts are not served from either. */
static bool place(struct track *t, const char *path, const char **bucket, const char **object)
{
	const char *where = mlflow_setting(t->m, "--artifacts-destination", "MLFLOW_ARTIFACTS_DESTINATION", "");
	bool off = container_has(t->m->k, "--no-serve-artifacts") ||
		   !strcmp(container_env(t->m->k, "MLFLOW_SERVE_ARTIFACTS", "true"), "false");
	if (off) {
		answer_text(t->out, 503, "text/plain",
			    "Endpoint: /api/2.0/mlflow-artifacts/artifacts disabled due to the mlflow server running in "
			    "`--no-serve-artifacts` mode.");
		return false;
	}
	if (volume_holds(t->m->k, where)) {
		*bucket = sim_tmp("/%s", container_kept(t->m->k, where));
		*object = path;
		return true;
	}
	if (!text_starts(where, "gs://")) {
		mlflow_fail(t, 500, "INTERNAL_ERROR", "Artifacts are kept in the container: %s",
			    *where ? where : "./mlartifacts");
		return false;
	}
	where += 5;
	size_t len = strcspn(where, "/");
	const char *folder = where[len] ? where + len + 1 : "";
	size_t end = strlen(folder);
	while (end && folder[end - 1] == '/')
		end--;
	*bucket = sim_tmp("%.*s", (int)len, where);
	*object = sim_tmp("%.*s%s%s", (int)end, folder, end && *path ? "/" : "", path);
	return true;
}

static void storage_failed(struct track *t, const char *why, const char *bucket, const char *object, const char *what)
{
	const char *colon = strchr(t->principal, ':'), *email = colon ? colon + 1 : "";
	if (!colon) /* bound to an account that is gone, or that it may not become */
		mlflow_fail(
		    t, 500, "INTERNAL_ERROR",
		    "Failed to retrieve a token from the Google Compute Engine metadata service: the service account is "
		    "not there, or may not be impersonated.");
	else if (!strcmp(why, "permission"))
		mlflow_fail(t, 500, "INTERNAL_ERROR",
			    "403 %s does not have storage.objects.%s access to the Google Cloud Storage object. Permission "
			    "'storage.objects.%s' denied on resource (or it may not exist).",
			    email, what, what);
	else if (!strcmp(why, "bucket"))
		mlflow_fail(t, 500, "INTERNAL_ERROR", "404 The specified bucket does not exist: %s", bucket);
	else
		mlflow_fail(t, 404, "RESOURCE_DOES_NOT_EXIST", "No such object: %s/%s", bucket, object);
}

/* In a bucket, or on a volume, whose name begins with a slash. -------------------------------------------------------------------- */

static cJSON *names_of(struct track *t, const char *bucket, const char *prefix, const char **why)
{
	return *bucket == '/' ? volume_names(t->v->sim, bucket + 1, prefix)
			      : sim_object_names(t->v->sim, t->principal, bucket, prefix, why);
}

static char *bytes_of(struct track *t, const char *bucket, const char *object, size_t *len, const char **why)
{
	if (*bucket != '/')
		return sim_object_read(t->v->sim, t->principal, bucket, object, NULL, len, why);
	*why = "missing";
	return volume_read(t->v->sim, sim_tmp("%s/%s", bucket + 1, object), len);
}

static bool keep_bytes(struct track *t, const char *bucket, const char *object, const char **why)
{
	const struct sim_request *q = t->v->q;
	const char *data = q->body ? q->body : "";
	if (*bucket != '/')
		return sim_object_write(t->v->sim, t->principal, bucket, object, "application/octet-stream", data, q->body_len,
					why);
	volume_write(t->v->sim, sim_tmp("%s/%s", bucket + 1, object), data, q->body_len);
	return true;
}

static bool drop_bytes(struct track *t, const char *bucket, const char *object, const char **why)
{
	if (*bucket != '/')
		return sim_object_delete(t->v->sim, t->principal, bucket, object, why);
	*why = "missing";
	return volume_delete(t->v->sim, sim_tmp("%s/%s", bucket + 1, object));
}

cJSON *mlflow_files(struct track *t, const char *under, const char **why)
{
	const char *bucket, *object;
	*why = NULL;
	if (text_starts(under, "gs://")) {
		size_t len = strcspn(under + 5, "/");
		bucket = sim_tmp("%.*s", (int)len, under + 5);
		object = under + 5 + len + (under[5 + len] == '/');
	} else if (!place(t, under, &bucket, &object)) {
		return NULL;
	}
	char *prefix = xasprintf("%s%s", object, *object ? "/" : "");
	cJSON *names = names_of(t, bucket, prefix, why), *files = names ? cJSON_CreateArray() : NULL;
	if (!names)
		storage_failed(t, *why ? *why : "bucket", bucket, prefix, "list");
	const char *last = "";
	for (const cJSON *n = names ? names->child : NULL; n; n = n->next) {
		const char *rest = json_str(n, "name", "") + strlen(prefix), *slash = strchr(rest, '/');
		const char *path = slash ? sim_tmp("%.*s", (int)(slash - rest), rest) : rest;
		if (!*path || (slash && !strcmp(path, last)))
			continue;
		last = path;
		cJSON *file = json_make("{'path':%s,'is_dir':%b}", path, slash != NULL);
		if (!slash)
			json_put_num(file, "file_size", json_num(n, "size", 0));
		cJSON_AddItemToArray(files, file);
	}
	cJSON_Delete(names);
	free(prefix);
	return files;
}

static void list(struct track *t)
{
	const char *why;
	cJSON *files = mlflow_files(t, visit_param(t->v, "path"), &why);
	if (files)
		answer_json(t->out, 200, json_make("{'files':%j}", files));
}

static void get(struct track *t, const char *bucket, const char *object)
{
	size_t len = 0;
	const char *why = NULL;
	char *data = bytes_of(t, bucket, object, &len, &why);
	if (data)
		answer_set(t->out, 200, "application/octet-stream", data, len);
	else
		storage_failed(t, why, bucket, object, "get");
	free(data);
}

static void put(struct track *t, const char *bucket, const char *object)
{
	const char *why = NULL;
	if (keep_bytes(t, bucket, object, &why))
		answer_json(t->out, 200, cJSON_CreateObject());
	else
		storage_failed(t, why, bucket, object, "create");
}

/* DELETE removes the object, or everything below it. */
static void artifact_delete(struct track *t, const char *bucket, const char *object)
{
	const char *why = NULL;
	char *prefix = xasprintf("%s/", object);
	cJSON *names = names_of(t, bucket, prefix, &why);
	for (const cJSON *n = names ? names->child : NULL; n; n = n->next)
		drop_bytes(t, bucket, json_str(n, "name", ""), &why);
	bool some = names && names->child;
	cJSON_Delete(names);
	free(prefix);
	if (drop_bytes(t, bucket, object, &why) || some)
		answer_json(t->out, 200, cJSON_CreateObject());
	else
		storage_failed(t, why, bucket, object, "delete");
}

void mlflow_show(struct track *t, const char *uri)
{
	const char *bucket, *object;
	if (text_starts(uri, "gs://")) {
		size_t len = strcspn(uri + 5, "/");
		get(t, sim_tmp("%.*s", (int)len, uri + 5), uri + 5 + len + (uri[5 + len] == '/'));
	} else if (!text_starts(uri, "mlflow-artifacts:/")) {
		mlflow_fail(t, 500, "INTERNAL_ERROR", "Artifacts are kept in the container: %s", uri);
	} else if (place(t, uri + 18, &bucket, &object)) {
		get(t, bucket, object);
	}
}

void mlflow_artifacts(struct track *t, const char *rest)
{
	const char *method = t->v->q->method, *bucket, *object;
	if (!*rest) {
		list(t);
		return;
	}
	if (strstr(rest, "..")) {
		mlflow_fail(t, 400, "INVALID_PARAMETER_VALUE", "Invalid path");
		return;
	}
	if (!place(t, rest + 1, &bucket, &object))
		return;
	if (!strcmp(method, "GET"))
		get(t, bucket, object);
	else if (!strcmp(method, "PUT"))
		put(t, bucket, object);
	else if (!strcmp(method, "DELETE"))
		artifact_delete(t, bucket, object);
	else
		answer_text(t->out, 405, "text/html; charset=utf-8",
			    "<!doctype html>\n<title>405 Method Not Allowed</title>\n");
}
