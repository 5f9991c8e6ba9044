/* MLflow's REST API 2.0 as far as a client's first run needs it: experiments, runs with metrics, parameters and tags, artifact lists. What was
 * logged belongs to the database and outlives the server. */
#include "config.h"
#include "sim/front/mlflow_http.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"
#include "sim/front/mlflow_data.h"

#include <stdlib.h>
#include <string.h>

#define EXPERIMENTS MLFLOW_EXPERIMENTS
#define RUNS MLFLOW_RUNS

static double now_ms(const struct track *t)
{
	return (double)(long long)(sim_wall(t->v->sim) * 1000);
}

static const char *text(const struct track *t, const char *name)
{
	return json_str(t->body, name, "");
}

/* Experiments. ------------------------------------------------------------------------------------------------------------- */
static const char *experiment_key(const struct track *t, const char *id)
{
	return sim_tmp("%s/%s", t->m->database, id);
}

static const char *location(const struct track *t, const char *id)
{
	const char *root = mlflow_setting(t->m, "--default-artifact-root", "MLFLOW_DEFAULT_ARTIFACT_ROOT",
					  "mlflow-artifacts:/");
	return sim_tmp("%s%s%s", root, text_ends(root, "/") ? "" : "/", id);
}

static struct sim_object *new_experiment(struct track *t, const char *id, const char *name)
{
	cJSON *doc = json_make("{'experiment_id':%s,'name':%s,'artifact_location':%s,'lifecycle_stage':'active','tags':[]}", id,
			       name, *text(t, "artifact_location") ? text(t, "artifact_location") : location(t, id));
	json_put_num(doc, "creation_time", now_ms(t));
	json_put_num(doc, "last_update_time", now_ms(t));
	return sim_put(t->v->sim, EXPERIMENTS, experiment_key(t, id), doc);
}

/* The first start makes the experiment Default, whose artifacts keep the mode that was set then. */
static void make_default(struct track *t)
{
	if (!sim_get(t->v->sim, EXPERIMENTS, experiment_key(t, "0")))
		new_experiment(t, "0", "Default");
}

static struct sim_object *experiment(struct track *t, const char *id)
{
	struct sim_object *o = sim_get(t->v->sim, EXPERIMENTS, experiment_key(t, id));
	if (!o)
		mlflow_fail(t, 404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=%s exists", id);
	return o;
}

static struct sim_object *experiment_named(struct track *t, const char *name)
{
	const char *prefix = sim_tmp("%s/", t->m->database);
	for (struct sim_object *o = sim_first(t->v->sim, EXPERIMENTS, prefix); o; o = sim_following(t->v->sim, o, prefix))
		if (!strcmp(json_str(o->doc, "name", ""), name))
			return o;
	return NULL;
}

static void experiments_create(struct track *t)
{
	const char *name = text(t, "name");
	if (!*name) {
		mlflow_fail(t, 400, "INVALID_PARAMETER_VALUE",
			    "Missing value for required parameter 'name'. See the API docs for more information about request "
			    "parameters.");
		return;
	}
	const struct sim_object *old = experiment_named(t, name);
	if (old) {
		mlflow_fail(t, 400, "RESOURCE_ALREADY_EXISTS", "Experiment '%s' already exists%s", name,
			    strcmp(json_str(old->doc, "lifecycle_stage", ""), "active")
				? " in deleted state. You can restore the experiment, or permanently delete "
				  "the experiment to create a new one."
				: ".");
		return;
	}
	long long next = 1;
	while (sim_get(t->v->sim, EXPERIMENTS, experiment_key(t, sim_tmp("%lld", next))))
		next++;
	struct sim_object *o = new_experiment(t, sim_tmp("%lld", next), name);
	const cJSON *tags = json_at(t->body, "tags");
	if (cJSON_IsArray(tags))
		json_put(o->doc, "tags", cJSON_Duplicate(tags, 1));
	answer_json(t->out, 200, json_make("{'experiment_id':%s}", json_str(o->doc, "experiment_id", "")));
}

static void reply_experiment(struct track *t, const struct sim_object *o)
{
	answer_json(t->out, 200, json_make("{'experiment':%j}", cJSON_Duplicate(o->doc, 1)));
}

static void experiments_get(struct track *t)
{
	const struct sim_object *o = experiment(t, text(t, "experiment_id"));
	if (o)
		reply_experiment(t, o);
}

static void experiments_get_by_name(struct track *t)
{
	const struct sim_object *o = experiment_named(t, text(t, "experiment_name"));
	if (o)
		reply_experiment(t, o);
	else
		mlflow_fail(t, 404, "RESOURCE_DOES_NOT_EXIST", "Could not find experiment with name '%s'",
			    text(t, "experiment_name"));
}

/* "name = 'x'" is what clients filter by. */
static bool named_by(const char *filter, const cJSON *doc)
{
	const char *quote = strchr(filter, '\'');
	if (!quote || !strstr(filter, "name"))
		return true;
	const char *name = json_str(doc, "name", "");
	size_t len = strcspn(quote + 1, "'");
	return strlen(name) == len && !strncmp(name, quote + 1, len);
}

static bool stage_wanted(const struct track *t, const cJSON *doc, const char *path)
{
	const char *view = *text(t, "view_type")       ? text(t, "view_type")
			   : *text(t, "run_view_type") ? text(t, "run_view_type")
						       : "ACTIVE_ONLY";
	bool active = !strcmp(json_str(doc, path, ""), "active");
	return !strcmp(view, "ALL") || active == !strcmp(view, "ACTIVE_ONLY");
}

static void experiments_search(struct track *t)
{
	const char *prefix = sim_tmp("%s/", t->m->database);
	long long most = json_int64(t->body, "max_results", 0), n = 0;
	if (most < 1 || most > 50000) {
		mlflow_fail(t, 400, "INVALID_PARAMETER_VALUE",
			    "Invalid value %lld for parameter 'max_results' supplied. It must be %s", most,
			    most < 1 ? "a positive integer" : "at most 50000");
		return;
	}
	cJSON *all = cJSON_CreateArray();
	for (struct sim_object *o = sim_first(t->v->sim, EXPERIMENTS, prefix); o && n < most;
	     o = sim_following(t->v->sim, o, prefix))
		if (stage_wanted(t, o->doc, "lifecycle_stage") && named_by(text(t, "filter"), o->doc)) {
			cJSON_AddItemToArray(all, cJSON_Duplicate(o->doc, 1));
			n++;
		}
	answer_json(t->out, 200, json_make("{'experiments':%j}", all));
}

static void set_stage(struct track *t, struct sim_object *o, const char *path, const char *stage)
{
	json_put_str(o->doc, path, stage);
	json_put_num(o->hidden, "deleted", sim_wall(t->v->sim));
}

/* Its runs go with it, and come back with it. */
static void experiment_stage(struct track *t, const char *stage)
{
	const char *id = text(t, "experiment_id"), *prefix = sim_tmp("%s/", t->m->database);
	struct sim_object *o = experiment(t, id);
	if (!o)
		return;
	set_stage(t, o, "lifecycle_stage", stage);
	for (struct sim_object *r = sim_first(t->v->sim, RUNS, prefix); r; r = sim_following(t->v->sim, r, prefix))
		if (!strcmp(json_str(r->doc, "info.experiment_id", ""), id))
			set_stage(t, r, "info.lifecycle_stage", stage);
	json_put_num(o->doc, "last_update_time", now_ms(t));
	answer_json(t->out, 200, cJSON_CreateObject());
}

static void experiments_delete(struct track *t)
{
	experiment_stage(t, "deleted");
}

static void experiments_restore(struct track *t)
{
	experiment_stage(t, "active");
}

static void experiments_update(struct track *t)
{
	struct sim_object *o = experiment(t, text(t, "experiment_id"));
	if (!o)
		return;
	json_put_str(o->doc, "name", text(t, "new_name"));
	answer_json(t->out, 200, cJSON_CreateObject());
}

/* Runs. -------------------------------------------------------------------------------------------------------------------- */
static struct sim_object *run(struct track *t)
{
	const char *id = *text(t, "run_id") ? text(t, "run_id") : text(t, "run_uuid");
	struct sim_object *o = sim_get(t->v->sim, RUNS, sim_tmp("%s/%s", t->m->database, id));
	if (!o)
		mlflow_fail(t, 404, "RESOURCE_DOES_NOT_EXIST", "Run with id=%s not found", id);
	return o;
}

/* A {"key","value",...} item of a list replaces the one with its key. */
static void put_item(cJSON *list, const cJSON *item)
{
	int i = 0;
	for (const cJSON *old = list->child; old; old = old->next, i++)
		if (!strcmp(json_str(old, "key", ""), json_str(item, "key", ""))) {
			cJSON_ReplaceItemInArray(list, i, cJSON_Duplicate(item, 1));
			return;
		}
	cJSON_AddItemToArray(list, cJSON_Duplicate(item, 1));
}

static void runs_create(struct track *t)
{
	const struct sim_object *e = experiment(t, *text(t, "experiment_id") ? text(t, "experiment_id") : "0");
	if (!e)
		return;
	char *id = sim_hex(t->v->sim, 32);
	const char *name = *text(t, "run_name") ? text(t, "run_name") : sim_tmp("run-%.8s", id),
		   *own = json_str(e->doc, "experiment_id", "");
	cJSON *info = json_make(
	    "{'run_id':%s,'run_uuid':%s,'run_name':%s,'experiment_id':%s,'user_id':%s,'status':'RUNNING','artifact_uri':%s,"
	    "'lifecycle_stage':'active'}",
	    id, id, name, own, text(t, "user_id"), sim_tmp("%s/%s/artifacts", json_str(e->doc, "artifact_location", ""), id));
	json_put_num(info, "start_time", json_num(t->body, "start_time", now_ms(t)));
	cJSON *doc = json_make("{'info':%j,'data':{'metrics':[],'params':[],'tags':[]},'inputs':{}}", info);
	const cJSON *tags = json_at(t->body, "tags");
	for (const cJSON *tag = cJSON_IsArray(tags) ? tags->child : NULL; tag; tag = tag->next)
		put_item(json_at(doc, "data.tags"), tag);
	struct sim_object *o = sim_put(t->v->sim, RUNS, sim_tmp("%s/%s", t->m->database, id), doc);
	json_put(o->hidden, "history", cJSON_CreateArray());
	answer_json(t->out, 200, json_make("{'run':%j}", cJSON_Duplicate(doc, 1)));
	free(id);
}

static void runs_get(struct track *t)
{
	const struct sim_object *o = run(t);
	if (o)
		answer_json(t->out, 200, json_make("{'run':%j}", cJSON_Duplicate(o->doc, 1)));
}

static void runs_update(struct track *t)
{
	struct sim_object *o = run(t);
	if (!o)
		return;
	static const char *const names[] = {"status", "end_time", "run_name"};
	for (int i = 0; i < 3; i++)
		if (json_at(t->body, names[i]))
			json_put(json_at(o->doc, "info"), names[i], cJSON_Duplicate(json_at(t->body, names[i]), 1));
	answer_json(t->out, 200, json_make("{'run_info':%j}", cJSON_Duplicate(json_at(o->doc, "info"), 1)));
}

static void add_metric(struct track *t, struct sim_object *o, const cJSON *metric)
{
	cJSON *kept = json_make("{'key':%s}", json_str(metric, "key", ""));
	const cJSON *value = json_at(metric, "value");
	json_put(kept, "value", value ? cJSON_Duplicate(value, 1) : cJSON_CreateNumber(0));
	json_put_num(kept, "timestamp", json_num(metric, "timestamp", now_ms(t)));
	json_put_num(kept, "step", (double)json_int64(metric, "step", 0));
	put_item(json_at(o->doc, "data.metrics"), kept);
	cJSON_AddItemToArray(json_at(o->hidden, "history"), kept);
}

/* A parameter is written once. */
static bool add_param(struct track *t, struct sim_object *o, const cJSON *param)
{
	const cJSON *all = json_at(o->doc, "data.params");
	const char *key = json_str(param, "key", ""), *value = json_str(param, "value", "");
	for (const cJSON *p = all->child; p; p = p->next)
		if (!strcmp(json_str(p, "key", ""), key) && strcmp(json_str(p, "value", ""), value)) {
			mlflow_fail(
			    t, 400, "INVALID_PARAMETER_VALUE",
			    "Changing param values is not allowed. Param with key='%s' was already logged with value='%s' "
			    "for run ID='%s'. Attempted logging new value '%s'.",
			    key, json_str(p, "value", ""), json_str(o->doc, "info.run_id", ""), value);
			return false;
		}
	put_item(json_at(o->doc, "data.params"), param);
	return true;
}

static bool keyed(struct track *t)
{
	if (*text(t, "key"))
		return true;
	mlflow_fail(
	    t, 400, "INVALID_PARAMETER_VALUE",
	    "Missing value for required parameter 'key'. See the API docs for more information about request parameters.");
	return false;
}

static void runs_log_metric(struct track *t)
{
	struct sim_object *o = keyed(t) ? run(t) : NULL;
	if (!o)
		return;
	add_metric(t, o, t->body);
	answer_json(t->out, 200, cJSON_CreateObject());
}

static void runs_log_parameter(struct track *t)
{
	struct sim_object *o = keyed(t) ? run(t) : NULL;
	cJSON *param = json_make("{'key':%s,'value':%s}", text(t, "key"), text(t, "value"));
	if (o && add_param(t, o, param))
		answer_json(t->out, 200, cJSON_CreateObject());
	cJSON_Delete(param);
}

static void runs_set_tag(struct track *t)
{
	struct sim_object *o = keyed(t) ? run(t) : NULL;
	cJSON *tag = json_make("{'key':%s,'value':%s}", text(t, "key"), text(t, "value"));
	if (o) {
		put_item(json_at(o->doc, "data.tags"), tag);
		answer_json(t->out, 200, cJSON_CreateObject());
	}
	cJSON_Delete(tag);
}

static void runs_log_batch(struct track *t)
{
	struct sim_object *o = run(t);
	if (!o)
		return;
	const cJSON *metrics = json_at(t->body, "metrics"), *params = json_at(t->body, "params"),
		    *tags = json_at(t->body, "tags");
	for (const cJSON *p = params ? params->child : NULL; p; p = p->next)
		if (!add_param(t, o, p))
			return;
	for (const cJSON *m = metrics ? metrics->child : NULL; m; m = m->next)
		add_metric(t, o, m);
	for (const cJSON *tag = tags ? tags->child : NULL; tag; tag = tag->next)
		put_item(json_at(o->doc, "data.tags"), tag);
	answer_json(t->out, 200, cJSON_CreateObject());
}

static bool in_experiments(const struct track *t, const cJSON *doc)
{
	const cJSON *ids = json_at(t->body, "experiment_ids");
	for (const cJSON *i = ids ? ids->child : NULL; i; i = i->next)
		if (cJSON_IsString(i) && !strcmp(i->valuestring, json_str(doc, "info.experiment_id", "")))
			return true;
	return false;
}

static void runs_search(struct track *t)
{
	const char *prefix = sim_tmp("%s/", t->m->database);
	int most = (int)json_num(t->body, "max_results", 1000), n = 0;
	cJSON *all = cJSON_CreateArray();
	for (struct sim_object *o = sim_first(t->v->sim, RUNS, prefix); o && n < most; o = sim_following(t->v->sim, o, prefix))
		if (in_experiments(t, o->doc) && stage_wanted(t, o->doc, "info.lifecycle_stage")) {
			cJSON_AddItemToArray(all, cJSON_Duplicate(o->doc, 1));
			n++;
		}
	answer_json(t->out, 200, json_make("{'runs':%j}", all));
}

static void run_stage(struct track *t, const char *stage)
{
	struct sim_object *o = run(t);
	if (!o)
		return;
	set_stage(t, o, "info.lifecycle_stage", stage);
	answer_json(t->out, 200, cJSON_CreateObject());
}

static void runs_delete(struct track *t)
{
	run_stage(t, "deleted");
}

static void runs_restore(struct track *t)
{
	run_stage(t, "active");
}

static void metrics_history(struct track *t)
{
	const struct sim_object *o = run(t);
	if (!o)
		return;
	cJSON *metrics = cJSON_CreateArray();
	const cJSON *history = json_at(o->hidden, "history");
	for (const cJSON *m = history ? history->child : NULL; m; m = m->next)
		if (!strcmp(json_str(m, "key", ""), text(t, "metric_key")))
			cJSON_AddItemToArray(metrics, cJSON_Duplicate(m, 1));
	answer_json(t->out, 200, json_make("{'metrics':%j}", metrics));
}

static void artifacts_list(struct track *t)
{
	const struct sim_object *o = run(t);
	if (!o)
		return;
	const char *root = json_str(o->doc, "info.artifact_uri", ""), *why;
	const char *under = text_starts(root, "mlflow-artifacts:/") ? root + 18 : root, *path = text(t, "path");
	cJSON *files = mlflow_files(t, sim_tmp("%s%s%s", under, *path ? "/" : "", path), &why);
	if (!files)
		return;
	for (cJSON *f = files->child; f && *path; f = f->next)
		json_put_str(f, "path", sim_tmp("%s/%s", path, json_str(f, "path", "")));
	answer_json(t->out, 200, json_make("{'root_uri':%s,'files':%j}", root, files));
}

void mlflow_shown(struct track *t)
{
	const struct sim_object *o = run(t);
	const char *path = visit_param(t->v, "path");
	if (!o)
		return;
	if (!*path || strstr(path, ".."))
		mlflow_fail(t, 400, "INVALID_PARAMETER_VALUE", "Invalid path");
	else
		mlflow_show(t, sim_tmp("%s/%s", json_str(o->doc, "info.artifact_uri", ""), path));
}

/* Lists that a client asks for and that this database never has. */
static void nothing(struct track *t)
{
	answer_json(t->out, 200, cJSON_CreateObject());
}

bool mlflow_rest(struct track *t, const char *name)
{
	static const struct {
		const char *method, *name;
		void (*answer)(struct track *t);
	} methods[] = {
	    {"POST", "experiments/create", experiments_create},
	    {"GET", "experiments/get", experiments_get},
	    {"GET", "experiments/get-by-name", experiments_get_by_name},
	    {"POST", "experiments/search", experiments_search},
	    {"GET", "experiments/search", experiments_search},
	    {"POST", "experiments/delete", experiments_delete},
	    {"POST", "experiments/restore", experiments_restore},
	    {"POST", "experiments/update", experiments_update},
	    {"POST", "runs/create", runs_create},
	    {"GET", "runs/get", runs_get},
	    {"POST", "runs/update", runs_update},
	    {"POST", "runs/log-metric", runs_log_metric},
	    {"POST", "runs/log-parameter", runs_log_parameter},
	    {"POST", "runs/log-batch", runs_log_batch},
	    {"POST", "runs/set-tag", runs_set_tag},
	    {"POST", "runs/search", runs_search},
	    {"POST", "runs/delete", runs_delete},
	    {"POST", "runs/restore", runs_restore},
	    {"GET", "metrics/get-history", metrics_history},
	    {"GET", "artifacts/list", artifacts_list},
	    {"POST", "logged-models/search", nothing},
	    {"GET", "registered-models/search", nothing},
	    {"GET", "model-versions/search", nothing},
	};
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (!strcmp(methods[i].name, name) && !strcmp(methods[i].method, t->v->q->method)) {
			make_default(t);
			methods[i].answer(t);
			return true;
		}
	return false;
}
