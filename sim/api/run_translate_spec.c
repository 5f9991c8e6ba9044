/* What v1 (Knative) has in the template of a service, a job or an execution, from v2 and back: annotations, containers, volumes. What v2 has as
 * fields, v1 has as annotations; the tables below pair them. */
#include "config.h"
#include "sim/api/run_translate.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

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
    {"run.googleapis.com/encryption-key", "encryptionKey", PAIR_TEXT, NULL},
    {"run.googleapis.com/sessionAffinity", "sessionAffinity", PAIR_TRUE, NULL},
    {"run.googleapis.com/client-name", "client", PAIR_TEXT, NULL},
    {"run.googleapis.com/client-version", "clientVersion", PAIR_TEXT, NULL},
    {NULL, NULL, PAIR_TEXT, NULL},
};

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

const char *translate_member_text(const cJSON *object, const char *name, const char *fallback)
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

void translate_annotations_in(bool template, const cJSON *annotations, cJSON *v2)
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
		const struct pair *p = template ? template_pairs : service_pairs;
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

void translate_annotations_out(bool template, const cJSON *v2, cJSON *annotations)
{
	const cJSON *own = json_at(v2, "annotations");
	for (const cJSON *a = own ? own->child : NULL; a; a = a->next)
		cJSON_AddStringToObject(annotations, a->string, a->valuestring);
	for (const struct pair *p = template ? template_pairs : service_pairs; p->annotation; p++) {
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

void translate_labels_in(const cJSON *labels, cJSON *v2)
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
void translate_move(cJSON *from, const char *old, cJSON *to, const char *name)
{
	cJSON *node = cJSON_DetachItemFromObjectCaseSensitive(from, old);
	if (node)
		cJSON_AddItemToObject(to, name, node);
}

/* How one of the versions says that a variable's value is a secret's. */
struct env_words {
	const char *source, *secret, *version;
};
static const struct env_words env_v1 = {"valueFrom", "name", "key"}, env_v2 = {"valueSource", "secret", "version"};

static void translate_env(cJSON *env, const struct env_words *from, const struct env_words *to)
{
	for (cJSON *e = env ? env->child : NULL; e; e = e->next) {
		const cJSON *ref = json_at(json_at(e, from->source), "secretKeyRef");
		if (ref) {
			cJSON *said = cJSON_CreateObject();
			json_put_str(said, to->secret, json_str(ref, from->secret, ""));
			json_put_str(said, to->version, json_str(ref, from->version, "latest"));
			json_put(e, to->source, json_make("{'secretKeyRef':%j}", said));
		}
		json_drop(e, from->source);
	}
}

void translate_env_in(cJSON *env)
{
	translate_env(env, &env_v1, &env_v2);
}

static void env_out(cJSON *env)
{
	translate_env(env, &env_v2, &env_v1);
}

static void volume_in(cJSON *v)
{
	cJSON *secret = json_at(v, "secret"), *items = json_at(secret, "items");
	if (secret)
		translate_move(secret, "secretName", secret, "secret");
	json_drop(v, "secret.optional");
	for (cJSON *i = items ? items->child : NULL; i; i = i->next)
		translate_move(i, "key", i, "version");
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
		translate_move(secret, "secret", secret, "secretName");
	for (cJSON *i = items ? items->child : NULL; i; i = i->next)
		translate_move(i, "version", i, "key");
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
	/* gcloud writes True and False. */
	bool idle = strcasecmp(translate_member_text(annotations, "run.googleapis.com/cpu-throttling", "true"), "false") != 0;
	bool boost = !strcasecmp(translate_member_text(annotations, "run.googleapis.com/startup-cpu-boost", "false"), "true");
	cJSON *depends = cJSON_Parse(translate_member_text(annotations, "run.googleapis.com/container-dependencies", "{}"));
	for (cJSON *k = containers ? containers->child : NULL; k; k = k->next) {
		translate_env_in(json_at(k, "env"));
		if (!*json_str(k, "name", ""))
			json_drop(k, "name");
		json_drop(k, "terminationMessagePath");
		json_drop(k, "terminationMessagePolicy");
		json_drop(k, "imagePullPolicy");
		json_drop(k, "resources.requests");
		static const char *const probes[] = {"startupProbe.successThreshold", "livenessProbe.successThreshold",
						     "readinessProbe.successThreshold"};
		for (int i = 0; i < 3; i++)
			json_drop(k, probes[i]);
		if (!job) {
			json_put_bool(k, "resources.cpuIdle", idle);
			if (boost)
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
	const char *list = translate_member_text(annotations, "run.googleapis.com/cloudsql-instances", "");
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

/* The whole. ---------------------------------------------------------------------------------------------------------------- */
void translate_spec_in(const cJSON *v1, const cJSON *annotations, cJSON *v2, bool job)
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
		json_put_str(v2, "serviceAccount", translate_member_text(v1, "serviceAccountName", ""));
	if (member(v1, "containerConcurrency"))
		json_put_num(v2, "maxInstanceRequestConcurrency", json_num(v1, "containerConcurrency", 0));
	if (member(v1, "timeoutSeconds"))
		json_put_str(v2, "timeout", sim_tmp("%llds", json_int64(v1, "timeoutSeconds", 300)));
}

cJSON *translate_spec_out(const cJSON *v2, cJSON *annotations, bool job)
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
