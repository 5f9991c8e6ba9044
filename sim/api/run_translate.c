/* v1 (Knative) documents from v2 ones and back; their templates are run_translate_spec.c's. */
#include "config.h"
#include "sim/api/run_translate.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void traffic_in(const cJSON *v1, cJSON *v2)
{
	cJSON *list = cJSON_CreateArray();
	for (const cJSON *t = v1 ? v1->child : NULL; t; t = t->next) {
		const char *revision = json_str(t, "revisionName", ""), *tag = json_str(t, "tag", "");
		cJSON *target = json_make("{'type':%s}", *revision ? "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
								   : "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST");
		if (*revision)
			json_put_str(target, "revision", revision);
		if (json_num(t, "percent", 0) > 0)
			json_put_num(target, "percent", json_num(t, "percent", 0));
		if (*tag)
			json_put_str(target, "tag", tag);
		cJSON_AddItemToArray(list, target);
	}
	json_put(v2, "traffic", list);
}

static cJSON *traffic_out(const cJSON *v2, const char *latest, bool status)
{
	cJSON *list = cJSON_CreateArray();
	for (const cJSON *t = v2 ? v2->child : NULL; t; t = t->next) {
		const char *revision = json_str(t, "revision", "");
		cJSON *target = cJSON_CreateObject();
		if (json_num(t, "percent", 0) > 0)
			json_put_num(target, "percent", json_num(t, "percent", 0));
		if (*revision)
			json_put_str(target, "revisionName", revision);
		else
			json_put_bool(target, "latestRevision", true);
		if (status && !*revision && *latest)
			json_put_str(target, "revisionName", latest);
		if (*json_str(t, "tag", ""))
			json_put_str(target, "tag", json_str(t, "tag", ""));
		if (status && *json_str(t, "uri", ""))
			json_put_str(target, "url", json_str(t, "uri", ""));
		cJSON_AddItemToArray(list, target);
	}
	return list;
}

cJSON *translate_service_in(struct sim *s, const cJSON *v1)
{
	(void)s;
	cJSON *v2 = json_make("{'template':{}}"), *template = json_at(v2, "template");
	const cJSON *inner = json_at(v1, "spec.template"), *annotations = json_at(inner, "metadata.annotations");
	translate_annotations_in(false, json_at(v1, "metadata.annotations"), v2);
	translate_labels_in(json_at(v1, "metadata.labels"), v2);
	translate_annotations_in(true, annotations, template);
	translate_labels_in(json_at(inner, "metadata.labels"), template);
	if (*json_str(inner, "metadata.name", ""))
		json_put_str(template, "revision", json_str(inner, "metadata.name", ""));
	translate_spec_in(json_at(inner, "spec"), annotations, template, false);
	if (json_at(v1, "spec.traffic"))
		traffic_in(json_at(v1, "spec.traffic"), v2);
	return v2;
}

cJSON *translate_job_in(struct sim *s, const cJSON *v1)
{
	(void)s;
	cJSON *v2 = json_make("{'template':{'template':{}}}"), *task = json_at(v2, "template.template");
	const cJSON *outer = json_at(v1, "spec.template"), *annotations = json_at(outer, "metadata.annotations");
	translate_annotations_in(false, json_at(v1, "metadata.annotations"), v2);
	translate_labels_in(json_at(v1, "metadata.labels"), v2);
	translate_annotations_in(true, annotations, task);
	translate_labels_in(json_at(outer, "metadata.labels"), json_at(v2, "template"));
	static const char *const moved[] = {"annotations", "client",
					    "clientVersion"}; /* these belong to the execution's template */
	for (int i = 0; i < 3; i++)
		translate_move(task, moved[i], json_at(v2, "template"), moved[i]);
	const cJSON *spec = json_at(outer, "spec");
	if (json_at(spec, "taskCount"))
		json_put_num(v2, "template.taskCount", json_num(spec, "taskCount", 1));
	if (json_at(spec, "parallelism"))
		json_put_num(v2, "template.parallelism", json_num(spec, "parallelism", 1));
	translate_spec_in(json_at(spec, "template.spec"), annotations, task, true);
	static const char *const tokens[] = {"runExecutionToken", "startExecutionToken"};
	for (int i = 0; i < 2; i++)
		if (*json_str(json_at(v1, "spec"), tokens[i], ""))
			json_put_str(v2, tokens[i], json_str(json_at(v1, "spec"), tokens[i], ""));
	return v2;
}

cJSON *translate_overrides_in(const cJSON *v1)
{
	cJSON *v2 = v1 ? cJSON_Duplicate(v1, 1) : cJSON_CreateObject();
	cJSON *list = json_at(v2, "containerOverrides");
	for (cJSON *o = list ? list->child : NULL; o; o = o->next)
		translate_env_in(json_at(o, "env"));
	if (json_at(v2, "timeoutSeconds"))
		json_put_str(v2, "timeout", sim_tmp("%llds", json_int64(v2, "timeoutSeconds", 0)));
	json_drop(v2, "timeoutSeconds");
	return v2;
}

/* Out. ---------------------------------------------------------------------------------------------------------------------- */
const char *translate_version(const cJSON *doc)
{
	const char *etag = json_str(doc, "etag", "");
	etag += *etag == '"';
	return sim_tmp("%.*s", (int)strcspn(etag, "\""), etag);
}

/* "HEALTH_CHECK_CONTAINER_ERROR" as "HealthCheckContainerError". */
static const char *camel(const char *upper)
{
	struct buf b = {0};
	bool first = true;
	for (const char *p = upper; *p; p++) {
		if (*p != '_')
			buf_putc(&b, first ? *p : (char)tolower((unsigned char)*p));
		first = *p == '_';
	}
	const char *text = sim_tmp("%s", buf_text(&b));
	buf_free(&b);
	return text;
}

static cJSON *condition_out(const cJSON *c)
{
	const char *state = json_str(c, "state", "");
	const char *status = !strcmp(state, "CONDITION_SUCCEEDED") ? "True"
			     : !strcmp(state, "CONDITION_FAILED")  ? "False"
								   : "Unknown";
	cJSON *v1 = json_make("{'type':%s,'status':%s}", json_str(c, "type", "Ready"), status);
	static const char *const reasons[] = {"reason", "revisionReason", "executionReason"};
	for (int i = 0; i < 3; i++)
		if (*json_str(c, reasons[i], ""))
			json_put_str(v1, "reason", camel(json_str(c, reasons[i], "")));
	static const char *const same[] = {"message", "lastTransitionTime"};
	for (int i = 0; i < 2; i++)
		if (*json_str(c, same[i], ""))
			json_put_str(v1, same[i], json_str(c, same[i], ""));
	return v1;
}

static cJSON *conditions_out(const cJSON *doc, bool terminal)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *own = json_at(doc, "conditions");
	if (terminal && json_at(doc, "terminalCondition"))
		cJSON_AddItemToArray(list, condition_out(json_at(doc, "terminalCondition")));
	for (const cJSON *c = own ? own->child : NULL; c; c = c->next)
		cJSON_AddItemToArray(list, condition_out(c));
	return list;
}

cJSON *translate_metadata(struct sim *s, const struct sim_object *o, const char *group, const char *plural)
{
	const char *id = strrchr(o->key, '/') + 1, *number = sim_project_number(s, run_project(o->key));
	cJSON *labels = json_at(o->doc, "labels") ? cJSON_Duplicate(json_at(o->doc, "labels"), 1) : cJSON_CreateObject();
	cJSON_DeleteItemFromObjectCaseSensitive(labels, "cloud.googleapis.com/location");
	cJSON_AddStringToObject(labels, "cloud.googleapis.com/location", run_region(o->key));
	cJSON *m = json_make("{'name':%s,'namespace':%s,'selfLink':%s,'uid':%s,'resourceVersion':%s,'creationTimestamp':%s,'"
			     "labels':%j,'annotations':{}}",
			     id, number, sim_tmp("/apis/%s/v1/namespaces/%s/%s/%s", group, number, plural, id),
			     json_str(o->doc, "uid", ""), translate_version(o->doc), json_str(o->doc, "createTime", ""),
			     labels);
	json_put_num(m, "generation", (double)json_int64(o->doc, "generation", 1));
	if (*json_str(o->doc, "deleteTime", ""))
		json_put_str(m, "deletionTimestamp", json_str(o->doc, "deleteTime", ""));
	return m;
}

static cJSON *template_out(const cJSON *template)
{
	cJSON *annotations = cJSON_CreateObject(), *inner = cJSON_CreateObject();
	translate_annotations_out(true, template, annotations);
	cJSON *spec = translate_spec_out(template, annotations, false);
	if (*json_str(template, "revision", ""))
		json_put_str(inner, "name", json_str(template, "revision", ""));
	if (json_at(template, "labels"))
		json_put(inner, "labels", cJSON_Duplicate(json_at(template, "labels"), 1));
	json_put(inner, "annotations", annotations);
	return json_make("{'metadata':%j,'spec':%j}", inner, spec);
}

static const char *last_part(const char *name)
{
	const char *slash = strrchr(name, '/');
	return slash ? slash + 1 : name;
}

static cJSON *route_status(const struct sim_object *o)
{
	const char *url = json_str(o->doc, "uri", ""), *ready = last_part(json_str(o->doc, "latestReadyRevision", ""));
	cJSON *status = json_make("{'conditions':%j}", conditions_out(o->doc, true));
	json_put_num(status, "observedGeneration", (double)json_int64(o->doc, "observedGeneration", 0));
	if (*ready)
		json_put(status, "traffic", traffic_out(json_at(o->doc, "trafficStatuses"), ready, true));
	if (*url) {
		json_put_str(status, "url", url);
		json_put_str(status, "address.url", url);
	}
	return status;
}

cJSON *translate_service(struct sim *s, const struct sim_object *o)
{
	cJSON *meta = translate_metadata(s, o, "serving.knative.dev", "services"), *annotations = json_at(meta, "annotations");
	translate_annotations_out(false, o->doc, annotations);
	cJSON_AddStringToObject(annotations, "serving.knative.dev/creator", json_str(o->doc, "creator", ""));
	cJSON_AddStringToObject(annotations, "serving.knative.dev/lastModifier", json_str(o->doc, "lastModifier", ""));
	cJSON_AddStringToObject(annotations, "run.googleapis.com/ingress-status",
				translate_member_text(annotations, "run.googleapis.com/ingress", "all"));
	const cJSON *urls = json_at(o->doc, "urls");
	if (urls) {
		char *text = json_text(urls, -1);
		cJSON_AddStringToObject(annotations, "run.googleapis.com/urls", text);
		free(text);
	}
	cJSON *status = route_status(o);
	const char *created = last_part(json_str(o->doc, "latestCreatedRevision", "")),
		   *ready = last_part(json_str(o->doc, "latestReadyRevision", ""));
	if (*created)
		json_put_str(status, "latestCreatedRevisionName", created);
	if (*ready)
		json_put_str(status, "latestReadyRevisionName", ready);
	return json_make("{'apiVersion':'serving.knative.dev/"
			 "v1','kind':'Service','metadata':%j,'spec':{'template':%j,'traffic':%j},'status':%j}",
			 meta, template_out(json_at(o->doc, "template")), traffic_out(json_at(o->doc, "traffic"), "", false),
			 status);
}

cJSON *translate_route(struct sim *s, const struct sim_object *o)
{
	cJSON *meta = translate_metadata(s, o, "serving.knative.dev", "routes");
	json_put_str(json_at(meta, "annotations"), "creator", json_str(o->doc, "creator", ""));
	return json_make(
	    "{'apiVersion':'serving.knative.dev/v1','kind':'Route','metadata':%j,'spec':{'traffic':%j},'status':%j}", meta,
	    traffic_out(json_at(o->doc, "traffic"), "", false), route_status(o));
}

cJSON *translate_configuration(struct sim *s, const struct sim_object *o)
{
	cJSON *status = json_make("{'conditions':%j}", conditions_out(o->doc, true));
	json_put_num(status, "observedGeneration", (double)json_int64(o->doc, "observedGeneration", 0));
	json_put_str(status, "latestCreatedRevisionName", last_part(json_str(o->doc, "latestCreatedRevision", "")));
	json_put_str(status, "latestReadyRevisionName", last_part(json_str(o->doc, "latestReadyRevision", "")));
	return json_make(
	    "{'apiVersion':'serving.knative.dev/v1','kind':'Configuration','metadata':%j,'spec':{'template':%j},'status':%j}",
	    translate_metadata(s, o, "serving.knative.dev", "configurations"), template_out(json_at(o->doc, "template")),
	    status);
}

cJSON *translate_revision(struct sim *s, const struct sim_object *o)
{
	cJSON *meta = translate_metadata(s, o, "serving.knative.dev", "revisions"), *labels = json_at(meta, "labels"),
	      *annotations = json_at(meta, "annotations");
	const char *service = json_str(o->doc, "service", "");
	cJSON_AddStringToObject(labels, "serving.knative.dev/service", service);
	cJSON_AddStringToObject(labels, "serving.knative.dev/configuration", service);
	cJSON_AddStringToObject(labels, "serving.knative.dev/configurationGeneration", json_str(o->doc, "generation", "1"));
	cJSON_AddStringToObject(annotations, "serving.knative.dev/creator", json_str(o->doc, "creator", ""));
	translate_annotations_out(true, o->doc, annotations);
	cJSON *spec = translate_spec_out(o->doc, annotations, false);
	cJSON *status = json_make("{'conditions':%j,'serviceName':%s,'logUrl':%s}", conditions_out(o->doc, false), service,
				  json_str(o->doc, "logUri", ""));
	json_put_num(status, "observedGeneration", (double)json_int64(o->doc, "observedGeneration", 0));
	const char *image = json_str(o->doc, "containers.0.image", "");
	if (strchr(image, '@'))
		json_put_str(status, "imageDigest", image);
	return json_make("{'apiVersion':'serving.knative.dev/v1','kind':'Revision','metadata':%j,'spec':%j,'status':%j}", meta,
			 spec, status);
}

static cJSON *task_template_out(const cJSON *task, cJSON *annotations)
{
	return json_make("{'spec':%j}", translate_spec_out(task, annotations, true));
}

cJSON *translate_job(struct sim *s, const struct sim_object *o)
{
	cJSON *meta = translate_metadata(s, o, "run.googleapis.com", "jobs"), *annotations = json_at(meta, "annotations"),
	      *inner = cJSON_CreateObject();
	translate_annotations_out(false, o->doc, annotations);
	cJSON_AddStringToObject(annotations, "run.googleapis.com/creator", json_str(o->doc, "creator", ""));
	cJSON_AddStringToObject(annotations, "run.googleapis.com/lastModifier", json_str(o->doc, "lastModifier", ""));
	const cJSON *task = json_at(o->doc, "template.template");
	translate_annotations_out(true, task, inner);
	cJSON *template = task_template_out(task, inner), *spec = json_make("{'template':%j}", template);
	json_put_num(spec, "taskCount", json_num(o->doc, "template.taskCount", 1));
	if (json_at(o->doc, "template.parallelism"))
		json_put_num(spec, "parallelism", json_num(o->doc, "template.parallelism", 1));
	cJSON *status = json_make("{'conditions':%j}", conditions_out(o->doc, true));
	json_put_num(status, "observedGeneration", (double)json_int64(o->doc, "observedGeneration", 0));
	json_put_num(status, "executionCount", json_num(o->doc, "executionCount", 0));
	const cJSON *latest = json_at(o->doc, "latestCreatedExecution");
	if (*json_str(latest, "name", "")) {
		cJSON *reference = json_make("{'name':%s,'creationTimestamp':%s}", json_str(latest, "name", ""),
					     json_str(latest, "createTime", ""));
		static const char *const pairs[][2] = {{"completionTime", "completionTimestamp"},
						       {"completionStatus", "completionStatus"}};
		for (int i = 0; i < 2; i++)
			if (*json_str(latest, pairs[i][0], ""))
				json_put_str(reference, pairs[i][1], json_str(latest, pairs[i][0], ""));
		json_put(status, "latestCreatedExecution", reference);
	}
	return json_make("{'apiVersion':'run.googleapis.com/"
			 "v1','kind':'Job','metadata':%j,'spec':{'template':{'metadata':{'annotations':%j},'spec':%j}},"
			 "'status':%j}",
			 meta, inner, spec, status);
}

static void counts_out(const cJSON *doc, cJSON *status)
{
	static const char *const same[] = {"startTime",      "completionTime", "logUri",         "runningCount",
					   "succeededCount", "failedCount",    "cancelledCount", "retriedCount"};
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		if (json_at(doc, same[i]))
			json_put(status, same[i], cJSON_Duplicate(json_at(doc, same[i]), 1));
}

cJSON *translate_execution(struct sim *s, const struct sim_object *o)
{
	cJSON *meta = translate_metadata(s, o, "run.googleapis.com", "executions"), *annotations = json_at(meta, "annotations");
	cJSON_AddStringToObject(json_at(meta, "labels"), "run.googleapis.com/job", json_str(o->doc, "job", ""));
	cJSON_AddStringToObject(annotations, "run.googleapis.com/creator", json_str(o->doc, "creator", ""));
	const cJSON *task = json_at(o->doc, "template");
	translate_annotations_out(true, task, annotations);
	cJSON *spec = json_make("{'template':%j}", task_template_out(task, annotations));
	json_put_num(spec, "taskCount", json_num(o->doc, "taskCount", 1));
	json_put_num(spec, "parallelism", json_num(o->doc, "parallelism", 1));
	cJSON *status = json_make("{'conditions':%j}", conditions_out(o->doc, false));
	json_put_num(status, "observedGeneration", 1);
	counts_out(o->doc, status);
	return json_make("{'apiVersion':'run.googleapis.com/v1','kind':'Execution','metadata':%j,'spec':%j,'status':%j}", meta,
			 spec, status);
}

cJSON *translate_task(struct sim *s, const struct sim_object *o)
{
	cJSON *meta = translate_metadata(s, o, "run.googleapis.com", "tasks"), *unused = cJSON_CreateObject();
	cJSON_AddStringToObject(json_at(meta, "labels"), "run.googleapis.com/job", json_str(o->doc, "job", ""));
	cJSON_AddStringToObject(json_at(meta, "labels"), "run.googleapis.com/execution", json_str(o->doc, "execution", ""));
	cJSON *spec = translate_spec_out(o->doc, unused, true),
	      *status = json_make("{'conditions':%j}", conditions_out(o->doc, false));
	cJSON_Delete(unused);
	json_put_num(status, "observedGeneration", 1);
	static const char *const same[] = {"startTime", "completionTime", "logUri", "retried", "index", "lastAttemptResult"};
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		if (json_at(o->doc, same[i]))
			json_put(status, same[i], cJSON_Duplicate(json_at(o->doc, same[i]), 1));
	return json_make("{'apiVersion':'run.googleapis.com/v1','kind':'Task','metadata':%j,'spec':%j,'status':%j}", meta, spec,
			 status);
}
