/* v1 (Knative) documents from v2 ones and back. What v2 has as fields, v1 has as annotations; the tables below pair them. */
#include "config.h"
#include "sim/api/run_translate.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum pair_type { PAIR_TEXT, PAIR_TRUE, PAIR_NUMBER, PAIR_ENUM, PAIR_JSON };

struct pair {
	const char *annotation, *field;
	enum pair_type type;
	const char *words; /* PAIR_ENUM: "v1=v2 v1=v2" */
};

static const struct pair service_pairs[] = {
    {"run.googleapis.com/ingress", "ingress", PAIR_ENUM,
     "all=INGRESS_TRAFFIC_ALL internal=INGRESS_TRAFFIC_INTERNAL_ONLY "
     "internal-and-cloud-load-balancing=INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER "
     "none=INGRESS_TRAFFIC_NONE"},
    {"run.googleapis.com/invoker-iam-disabled", "invokerIamDisabled", PAIR_TRUE, NULL},
    {"run.googleapis.com/iap-enabled", "iapEnabled", PAIR_TRUE, NULL},
    {"run.googleapis.com/default-url-disabled", "defaultUriDisabled", PAIR_TRUE, NULL},
    {"run.googleapis.com/launch-stage", "launchStage", PAIR_TEXT, NULL},
    {"run.googleapis.com/description", "description", PAIR_TEXT, NULL},
    {"run.googleapis.com/client-name", "client", PAIR_TEXT, NULL},
    {"run.googleapis.com/client-version", "clientVersion", PAIR_TEXT, NULL},
    {"run.googleapis.com/minScale", "scaling.minInstanceCount", PAIR_NUMBER, NULL},
    {"run.googleapis.com/maxScale", "scaling.maxInstanceCount", PAIR_NUMBER, NULL},
    {"run.googleapis.com/manualInstanceCount", "scaling.manualInstanceCount", PAIR_NUMBER, NULL},
    {"run.googleapis.com/scalingMode", "scaling.scalingMode", PAIR_ENUM, "automatic=AUTOMATIC manual=MANUAL"},
    {"run.googleapis.com/custom-audiences", "customAudiences", PAIR_JSON, NULL},
    {NULL, NULL, PAIR_TEXT, NULL},
};

static const struct pair template_pairs[] = {
    {"autoscaling.knative.dev/minScale", "scaling.minInstanceCount", PAIR_NUMBER, NULL},
    {"autoscaling.knative.dev/maxScale", "scaling.maxInstanceCount", PAIR_NUMBER, NULL},
    {"run.googleapis.com/execution-environment", "executionEnvironment", PAIR_ENUM,
     "gen1=EXECUTION_ENVIRONMENT_GEN1 gen2=EXECUTION_ENVIRONMENT_GEN2"},
    {"run.googleapis.com/vpc-access-connector", "vpcAccess.connector", PAIR_TEXT, NULL},
    {"run.googleapis.com/vpc-access-egress", "vpcAccess.egress", PAIR_ENUM,
     "all-traffic=ALL_TRAFFIC all=ALL_TRAFFIC private-ranges-only=PRIVATE_RANGES_ONLY"},
    {"run.googleapis.com/network-interfaces", "vpcAccess.networkInterfaces", PAIR_JSON, NULL},
    {"run.googleapis.com/sessionAffinity", "sessionAffinity", PAIR_TRUE, NULL},
    {"run.googleapis.com/client-name", "client", PAIR_TEXT, NULL},
    {"run.googleapis.com/client-version", "clientVersion", PAIR_TEXT, NULL},
    {NULL, NULL, PAIR_TEXT, NULL},
};

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *member_text(const cJSON *object, const char *name, const char *fallback)
{
	const cJSON *node = member(object, name);
	return cJSON_IsString(node) ? node->valuestring : fallback;
}

/* The other word of "v1=v2 v1=v2"; the word itself when there is none. */
static const char *other_word(const char *words, const char *word, bool from_v1)
{
	for (const char *p = words; *p;) {
		size_t len = strcspn(p, " "), first = strcspn(p, "=");
		const char *a = sim_tmp("%.*s", (int)first, p), *b = sim_tmp("%.*s", (int)(len - first - 1), p + first + 1);
		if (!strcmp(word, from_v1 ? a : b))
			return from_v1 ? b : a;
		p += len + (p[len] == ' ');
	}
	return word;
}

static cJSON *value_in(const struct pair *p, const char *text)
{
	cJSON *parsed;
	switch (p->type) {
	case PAIR_TRUE:
		return cJSON_CreateBool(!strcasecmp(text, "true")); /* gcloud writes True */
	case PAIR_NUMBER:
		return cJSON_CreateNumber(atof(text));
	case PAIR_ENUM:
		return cJSON_CreateString(other_word(p->words, text, true));
	case PAIR_JSON:
		parsed = cJSON_Parse(text);
		return parsed ? parsed : cJSON_CreateArray();
	case PAIR_TEXT:
		break;
	}
	return cJSON_CreateString(text);
}

/* Annotations into fields; those that v2 does not know stay annotations. */
static void annotations_in(const struct pair *pairs, const cJSON *annotations, cJSON *v2)
{
	static const char *const dropped[] = {"run.googleapis.com/operation-id",
					      "run.googleapis.com/urls",
					      "run.googleapis.com/ingress-status",
					      "serving.knative.dev/creator",
					      "serving.knative.dev/lastModifier",
					      "run.googleapis.com/cpu-throttling",
					      "run.googleapis.com/startup-cpu-boost",
					      "run.googleapis.com/cloudsql-instances",
					      "run.googleapis.com/container-dependencies",
					      "run.googleapis.com/creator",
					      "run.googleapis.com/lastModifier"};
	for (const cJSON *a = annotations ? annotations->child : NULL; a; a = a->next) {
		const struct pair *p = pairs;
		while (p->annotation && strcmp(p->annotation, a->string))
			p++;
		bool drop = false;
		for (size_t i = 0; i < sizeof(dropped) / sizeof(*dropped); i++)
			drop |= !strcmp(dropped[i], a->string);
		if (p->annotation) {
			json_put(v2, p->field, value_in(p, a->valuestring));
		} else if (!drop) {
			if (!json_at(v2, "annotations"))
				json_put(v2, "annotations", cJSON_CreateObject());
			cJSON_AddStringToObject(json_at(v2, "annotations"), a->string, a->valuestring);
		}
	}
}

static void annotations_out(const struct pair *pairs, const cJSON *v2, cJSON *annotations)
{
	const cJSON *own = json_at(v2, "annotations");
	for (const cJSON *a = own ? own->child : NULL; a; a = a->next)
		cJSON_AddStringToObject(annotations, a->string, a->valuestring);
	for (const struct pair *p = pairs; p->annotation; p++) {
		const cJSON *node = json_at(v2, p->field);
		if (!node || member(annotations, p->annotation))
			continue;
		char *text = p->type == PAIR_JSON ? json_text(node, -1) : NULL;
		const char *value = text                     ? text
				    : p->type == PAIR_TRUE   ? (cJSON_IsTrue(node) ? "true" : "false")
				    : p->type == PAIR_NUMBER ? sim_tmp("%d", node->valueint)
				    : p->type == PAIR_ENUM   ? other_word(p->words, node->valuestring, false)
							     : node->valuestring;
		bool shown = strcmp(p->field, "launchStage") || strcmp(value, "GA");
		if (shown)
			cJSON_AddStringToObject(annotations, p->annotation, value);
		free(text);
	}
}

static void labels_in(const cJSON *labels, cJSON *v2)
{
	static const char *const dropped[] = {"cloud.googleapis.com/location", "run.googleapis.com/lastUpdatedTime"};
	for (const cJSON *l = labels ? labels->child : NULL; l; l = l->next) {
		if (!strcmp(l->string, dropped[0]) || !strcmp(l->string, dropped[1]))
			continue;
		if (!json_at(v2, "labels"))
			json_put(v2, "labels", cJSON_CreateObject());
		cJSON_AddStringToObject(json_at(v2, "labels"), l->string, l->valuestring);
	}
}

/* Containers and volumes. -------------------------------------------------------------------------------------------------- */
static void move(cJSON *from, const char *old, cJSON *to, const char *name)
{
	cJSON *node = cJSON_DetachItemFromObjectCaseSensitive(from, old);
	if (node)
		cJSON_AddItemToObject(to, name, node);
}

static void env_in(cJSON *env)
{
	for (cJSON *e = env ? env->child : NULL; e; e = e->next) {
		const cJSON *ref = json_at(e, "valueFrom.secretKeyRef");
		if (ref)
			json_put(e, "valueSource",
				 json_make("{'secretKeyRef':{'secret':%s,'version':%s}}", json_str(ref, "name", ""),
					   json_str(ref, "key", "latest")));
		json_drop(e, "valueFrom");
	}
}

static void env_out(cJSON *env)
{
	for (cJSON *e = env ? env->child : NULL; e; e = e->next) {
		const cJSON *ref = json_at(e, "valueSource.secretKeyRef");
		if (ref)
			json_put(e, "valueFrom",
				 json_make("{'secretKeyRef':{'name':%s,'key':%s}}", json_str(ref, "secret", ""),
					   json_str(ref, "version", "latest")));
		json_drop(e, "valueSource");
	}
}

static void volume_in(cJSON *v)
{
	cJSON *secret = json_at(v, "secret"), *items = json_at(secret, "items");
	if (secret)
		move(secret, "secretName", secret, "secret");
	json_drop(v, "secret.optional");
	for (cJSON *i = items ? items->child : NULL; i; i = i->next)
		move(i, "key", i, "version");
	if (!strcmp(json_str(v, "emptyDir.medium", ""), "Memory"))
		json_put_str(v, "emptyDir.medium", "MEMORY");
	const cJSON *csi = json_at(v, "csi");
	if (csi) {
		const char *bucket = json_str(csi, "volumeAttributes.bucketName", "");
		json_put(v, "gcs", json_make("{'bucket':%s,'readOnly':%b}", bucket, json_bool(csi, "readOnly", false)));
		json_drop(v, "csi");
	}
}

static void volume_out(cJSON *v)
{
	cJSON *secret = json_at(v, "secret"), *items = json_at(secret, "items");
	if (secret)
		move(secret, "secret", secret, "secretName");
	for (cJSON *i = items ? items->child : NULL; i; i = i->next)
		move(i, "version", i, "key");
	if (!strcmp(json_str(v, "emptyDir.medium", ""), "MEMORY"))
		json_put_str(v, "emptyDir.medium", "Memory");
	const cJSON *gcs = json_at(v, "gcs");
	if (gcs) {
		json_put(v, "csi",
			 json_make("{'driver':'gcsfuse.run.googleapis.com','readOnly':%b,'volumeAttributes':{'bucketName':%s}}",
				   json_bool(gcs, "readOnly", false), json_str(gcs, "bucket", "")));
		json_drop(v, "gcs");
	}
}

/* What v1 has as annotations of the template and v2 in each container. */
static void containers_in(const cJSON *annotations, cJSON *containers, bool job)
{
	const char *throttling = member_text(annotations, "run.googleapis.com/cpu-throttling", "true");
	const char *boost = member_text(annotations, "run.googleapis.com/startup-cpu-boost", "false");
	cJSON *depends = cJSON_Parse(member_text(annotations, "run.googleapis.com/container-dependencies", "{}"));
	for (cJSON *k = containers ? containers->child : NULL; k; k = k->next) {
		env_in(json_at(k, "env"));
		json_drop(k, "terminationMessagePath");
		json_drop(k, "terminationMessagePolicy");
		json_drop(k, "imagePullPolicy");
		json_drop(k, "resources.requests");
		static const char *const probes[] = {"startupProbe.successThreshold", "livenessProbe.successThreshold",
						     "readinessProbe.successThreshold"};
		for (int i = 0; i < 3; i++)
			json_drop(k, probes[i]);
		if (!job) {
			json_put_bool(k, "resources.cpuIdle", strcmp(throttling, "false") != 0);
			if (!strcmp(boost, "true"))
				json_put_bool(k, "resources.startupCpuBoost", true);
		}
		const cJSON *names = depends ? member(depends, json_str(k, "name", "")) : NULL;
		if (names)
			json_put(k, "dependsOn", cJSON_Duplicate(names, 1));
	}
	cJSON_Delete(depends);
}

static void containers_out(cJSON *containers, cJSON *annotations, bool job)
{
	cJSON *depends = cJSON_CreateObject();
	bool idle = true, boost = false;
	for (cJSON *k = containers ? containers->child : NULL; k; k = k->next) {
		env_out(json_at(k, "env"));
		idle = json_bool(k, "resources.cpuIdle", false);
		boost |= json_bool(k, "resources.startupCpuBoost", false);
		json_drop(k, "resources.cpuIdle");
		json_drop(k, "resources.startupCpuBoost");
		cJSON *names = cJSON_DetachItemFromObjectCaseSensitive(k, "dependsOn");
		if (names)
			cJSON_AddItemToObject(depends, json_str(k, "name", ""), names);
	}
	if (depends->child) {
		char *text = json_text(depends, -1);
		cJSON_AddStringToObject(annotations, "run.googleapis.com/container-dependencies", text);
		free(text);
	}
	if (!job && !idle)
		cJSON_AddStringToObject(annotations, "run.googleapis.com/cpu-throttling", "false");
	if (boost)
		cJSON_AddStringToObject(annotations, "run.googleapis.com/startup-cpu-boost", "true");
	cJSON_Delete(depends);
}

/* Cloud SQL: an annotation there, a volume mounted at /cloudsql here. */
static void cloudsql_in(const cJSON *annotations, cJSON *v2)
{
	const char *list = member_text(annotations, "run.googleapis.com/cloudsql-instances", "");
	if (!*list)
		return;
	cJSON *instances = cJSON_CreateArray(), *containers = json_at(v2, "containers");
	for (const char *p = list; *p;) {
		size_t len = strcspn(p, ",");
		cJSON_AddItemToArray(instances, cJSON_CreateString(sim_tmp("%.*s", (int)len, p)));
		p += len + (p[len] == ',');
	}
	if (!json_at(v2, "volumes"))
		json_put(v2, "volumes", cJSON_CreateArray());
	cJSON_AddItemToArray(json_at(v2, "volumes"),
			     json_make("{'name':'cloudsql','cloudSqlInstance':{'instances':%j}}", instances));
	for (cJSON *k = containers ? containers->child : NULL; k; k = k->next) {
		if (!json_at(k, "volumeMounts"))
			json_put(k, "volumeMounts", cJSON_CreateArray());
		cJSON_AddItemToArray(json_at(k, "volumeMounts"), json_make("{'name':'cloudsql','mountPath':'/cloudsql'}"));
	}
}

static void drop_mounts(cJSON *containers, const char *name)
{
	for (cJSON *k = containers ? containers->child : NULL; k; k = k->next) {
		cJSON *mounts = json_at(k, "volumeMounts");
		for (int i = cJSON_GetArraySize(mounts) - 1; i >= 0; i--)
			if (!strcmp(json_str(cJSON_GetArrayItem(mounts, i), "name", ""), name))
				cJSON_DeleteItemFromArray(mounts, i);
		if (mounts && !mounts->child)
			json_drop(k, "volumeMounts");
	}
}

static void volumes_out(cJSON *volumes, cJSON *containers, cJSON *annotations)
{
	for (int i = cJSON_GetArraySize(volumes) - 1; i >= 0; i--) {
		cJSON *v = cJSON_GetArrayItem(volumes, i);
		const cJSON *instances = json_at(v, "cloudSqlInstance.instances");
		if (!json_at(v, "cloudSqlInstance")) {
			volume_out(v);
			continue;
		}
		struct buf list = {0};
		for (const cJSON *n = instances ? instances->child : NULL; n; n = n->next)
			buf_printf(&list, "%s%s", list.len ? "," : "", n->valuestring);
		cJSON_AddStringToObject(annotations, "run.googleapis.com/cloudsql-instances", buf_text(&list));
		buf_free(&list);
		drop_mounts(containers, json_str(v, "name", ""));
		cJSON_DeleteItemFromArray(volumes, i);
	}
}

/* A template's spec, both ways. ---------------------------------------------------------------------------------------- */
static void spec_in(const cJSON *v1, const cJSON *annotations, cJSON *v2, bool job)
{
	static const char *const same[] = {"containers", "volumes", "maxRetries"};
	for (int i = 0; i < 3; i++)
		if (member(v1, same[i]))
			json_put(v2, same[i], cJSON_Duplicate(member(v1, same[i]), 1));
	containers_in(annotations, json_at(v2, "containers"), job);
	cJSON *volumes = json_at(v2, "volumes");
	for (cJSON *v = volumes ? volumes->child : NULL; v; v = v->next)
		volume_in(v);
	cloudsql_in(annotations, v2);
	if (member(v1, "serviceAccountName"))
		json_put_str(v2, "serviceAccount", member_text(v1, "serviceAccountName", ""));
	if (member(v1, "containerConcurrency"))
		json_put_num(v2, "maxInstanceRequestConcurrency", json_num(v1, "containerConcurrency", 0));
	if (member(v1, "timeoutSeconds"))
		json_put_str(v2, "timeout", sim_tmp("%llds", json_int64(v1, "timeoutSeconds", 300)));
}

static cJSON *spec_out(const cJSON *v2, cJSON *annotations, bool job)
{
	cJSON *spec = cJSON_CreateObject();
	static const char *const same[] = {"containers", "volumes", "maxRetries"};
	for (int i = 0; i < 3; i++)
		if (json_at(v2, same[i]))
			json_put(spec, same[i], cJSON_Duplicate(json_at(v2, same[i]), 1));
	containers_out(json_at(spec, "containers"), annotations, job);
	volumes_out(json_at(spec, "volumes"), json_at(spec, "containers"), annotations);
	if (json_at(spec, "volumes") && !json_at(spec, "volumes")->child)
		json_drop(spec, "volumes");
	json_put_str(spec, "serviceAccountName", json_str(v2, "serviceAccount", ""));
	double timeout = sim_seconds(json_str(v2, "timeout", ""), 300);
	if (job)
		json_put_str(spec, "timeoutSeconds", sim_tmp("%.0f", timeout));
	else
		json_put_num(spec, "timeoutSeconds", timeout);
	if (!job)
		json_put_num(spec, "containerConcurrency", json_num(v2, "maxInstanceRequestConcurrency", 80));
	return spec;
}

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
	annotations_in(service_pairs, json_at(v1, "metadata.annotations"), v2);
	labels_in(json_at(v1, "metadata.labels"), v2);
	annotations_in(template_pairs, annotations, template);
	labels_in(json_at(inner, "metadata.labels"), template);
	if (*json_str(inner, "metadata.name", ""))
		json_put_str(template, "revision", json_str(inner, "metadata.name", ""));
	spec_in(json_at(inner, "spec"), annotations, template, false);
	if (json_at(v1, "spec.traffic"))
		traffic_in(json_at(v1, "spec.traffic"), v2);
	return v2;
}

cJSON *translate_job_in(struct sim *s, const cJSON *v1)
{
	(void)s;
	cJSON *v2 = json_make("{'template':{'template':{}}}"), *task = json_at(v2, "template.template");
	const cJSON *outer = json_at(v1, "spec.template"), *annotations = json_at(outer, "metadata.annotations");
	annotations_in(service_pairs, json_at(v1, "metadata.annotations"), v2);
	labels_in(json_at(v1, "metadata.labels"), v2);
	annotations_in(template_pairs, annotations, task);
	labels_in(json_at(outer, "metadata.labels"), json_at(v2, "template"));
	static const char *const moved[] = {"annotations", "client",
					    "clientVersion"}; /* these belong to the execution's template */
	for (int i = 0; i < 3; i++)
		move(task, moved[i], json_at(v2, "template"), moved[i]);
	const cJSON *spec = json_at(outer, "spec");
	if (json_at(spec, "taskCount"))
		json_put_num(v2, "template.taskCount", json_num(spec, "taskCount", 1));
	if (json_at(spec, "parallelism"))
		json_put_num(v2, "template.parallelism", json_num(spec, "parallelism", 1));
	spec_in(json_at(spec, "template.spec"), annotations, task, true);
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
		env_in(json_at(o, "env"));
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

static const char *project_of(const char *key)
{
	return sim_tmp("%.*s", (int)strcspn(key + 9, "/"), key + 9);
}

static const char *region_of(const char *key)
{
	const char *region = strstr(key, "/locations/") + 11;
	return sim_tmp("%.*s", (int)strcspn(region, "/"), region);
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

static cJSON *metadata(struct sim *s, const struct sim_object *o, const char *group, const char *plural)
{
	const char *id = strrchr(o->key, '/') + 1, *number = sim_project_number(s, project_of(o->key));
	cJSON *labels = json_at(o->doc, "labels") ? cJSON_Duplicate(json_at(o->doc, "labels"), 1) : cJSON_CreateObject();
	cJSON_DeleteItemFromObjectCaseSensitive(labels, "cloud.googleapis.com/location");
	cJSON_AddStringToObject(labels, "cloud.googleapis.com/location", region_of(o->key));
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
	annotations_out(template_pairs, template, annotations);
	cJSON *spec = spec_out(template, annotations, false);
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
	cJSON *meta = metadata(s, o, "serving.knative.dev", "services"), *annotations = json_at(meta, "annotations");
	annotations_out(service_pairs, o->doc, annotations);
	cJSON_AddStringToObject(annotations, "serving.knative.dev/creator", json_str(o->doc, "creator", ""));
	cJSON_AddStringToObject(annotations, "serving.knative.dev/lastModifier", json_str(o->doc, "lastModifier", ""));
	cJSON_AddStringToObject(annotations, "run.googleapis.com/ingress-status",
				member_text(annotations, "run.googleapis.com/ingress", "all"));
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
	cJSON *meta = metadata(s, o, "serving.knative.dev", "routes");
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
	    metadata(s, o, "serving.knative.dev", "configurations"), template_out(json_at(o->doc, "template")), status);
}

cJSON *translate_revision(struct sim *s, const struct sim_object *o)
{
	cJSON *meta = metadata(s, o, "serving.knative.dev", "revisions"), *labels = json_at(meta, "labels"),
	      *annotations = json_at(meta, "annotations");
	const char *service = json_str(o->doc, "service", "");
	cJSON_AddStringToObject(labels, "serving.knative.dev/service", service);
	cJSON_AddStringToObject(labels, "serving.knative.dev/configuration", service);
	cJSON_AddStringToObject(labels, "serving.knative.dev/configurationGeneration", json_str(o->doc, "generation", "1"));
	cJSON_AddStringToObject(annotations, "serving.knative.dev/creator", json_str(o->doc, "creator", ""));
	annotations_out(template_pairs, o->doc, annotations);
	cJSON *spec = spec_out(o->doc, annotations, false);
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
	return json_make("{'spec':%j}", spec_out(task, annotations, true));
}

cJSON *translate_job(struct sim *s, const struct sim_object *o)
{
	cJSON *meta = metadata(s, o, "run.googleapis.com", "jobs"), *annotations = json_at(meta, "annotations"),
	      *inner = cJSON_CreateObject();
	annotations_out(service_pairs, o->doc, annotations);
	cJSON_AddStringToObject(annotations, "run.googleapis.com/creator", json_str(o->doc, "creator", ""));
	cJSON_AddStringToObject(annotations, "run.googleapis.com/lastModifier", json_str(o->doc, "lastModifier", ""));
	const cJSON *task = json_at(o->doc, "template.template");
	annotations_out(template_pairs, task, inner);
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
	cJSON *meta = metadata(s, o, "run.googleapis.com", "executions"), *annotations = json_at(meta, "annotations");
	cJSON_AddStringToObject(json_at(meta, "labels"), "run.googleapis.com/job", json_str(o->doc, "job", ""));
	cJSON_AddStringToObject(annotations, "run.googleapis.com/creator", json_str(o->doc, "creator", ""));
	const cJSON *task = json_at(o->doc, "template");
	annotations_out(template_pairs, task, annotations);
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
	cJSON *meta = metadata(s, o, "run.googleapis.com", "tasks"), *unused = cJSON_CreateObject();
	cJSON_AddStringToObject(json_at(meta, "labels"), "run.googleapis.com/job", json_str(o->doc, "job", ""));
	cJSON_AddStringToObject(json_at(meta, "labels"), "run.googleapis.com/execution", json_str(o->doc, "execution", ""));
	cJSON *spec = spec_out(o->doc, unused, true), *status = json_make("{'conditions':%j}", conditions_out(o->doc, false));
	cJSON_Delete(unused);
	json_put_num(status, "observedGeneration", 1);
	static const char *const same[] = {"startTime", "completionTime", "logUri", "retried", "index", "lastAttemptResult"};
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		if (json_at(o->doc, same[i]))
			json_put(status, same[i], cJSON_Duplicate(json_at(o->doc, same[i]), 1));
	return json_make("{'apiVersion':'run.googleapis.com/v1','kind':'Task','metadata':%j,'spec':%j,'status':%j}", meta, spec,
			 status);
}
