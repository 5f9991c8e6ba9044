/* What a cluster's API server refuses as invalid, in its words: rows in its order, for each kind and the parts that kinds share. */
#include "config.h"

#include "sim/api/kubernetes_rules.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Changes that are refused. ---------------------------------------------------------------------------------------------- */
static void check_selector_kept(struct rules *r, const cJSON *v, const char *field)
{
	const cJSON *old = json_at(r->before, "spec.selector");
	if (!r->before || !v || (old && json_equal(old, v)))
		return;
	char *text = rule_selector_text(v);
	rule_broken(r, field, "FieldValueInvalid", "Invalid value: %s: field is immutable", text);
	free(text);
}

static void check_template_kept(struct rules *r, const cJSON *v, const char *field)
{
	if (r->before && !json_equal(json_at(r->before, "spec.template"), v))
		rule_broken(r, field, "FieldValueInvalid", "Invalid value: core.PodTemplateSpec{DUMP}: field is immutable");
}

static void check_completions_kept(struct rules *r, const cJSON *v, const char *field)
{
	const cJSON *old = json_at(r->before, "spec.completions");
	if (r->before && old && v && !json_equal(old, v))
		rule_invalid(r, field, v, "field is immutable");
}

static void check_mode_kept(struct rules *r, const cJSON *v, const char *field)
{
	const cJSON *old = json_at(r->before, "spec.completionMode");
	if (r->before && old && v && !json_equal(old, v))
		rule_invalid(r, field, v, "field is immutable");
}

/* Metadata. -------------------------------------------------------------------------------------------------------------- */
static void kubernetes_rules_check_name(struct rules *r, const cJSON *v, const char *field)
{
	const char *kind = r->resource->kind;
	if (!*rule_text(v))
		rule_required(r, field, "name or generateName is required");
	else if (!strcmp(kind, "Namespace"))
		rule_label(r, v, field);
	else if (!strcmp(kind, "Service"))
		rule_dns1035(r, v, field);
	else
		rule_subdomain(r, v, field);
	if (!strcmp(kind, "CronJob") && strlen(rule_text(v)) > 52)
		rule_invalid(r, field, v, "must be no more than 52 characters");
}

static void check_kept(struct rules *r, const cJSON *v, const char *field)
{
	const cJSON *old = json_at(r->before, field);
	if (old && !json_equal(old, v))
		rule_invalid(r, field, v, "field is immutable");
}

/* The rows. -------------------------------------------------------------------------------------------------------------- */
enum when { IF_THERE, ALWAYS, OTHERWISE_REQUIRED };
struct row {
	const char *scope, *path; /* from the scope's place; "[]" every element */
	enum when when;
	void (*check)(struct rules *r, const cJSON *v, const char *field);
	const char *each; /* NULL, or the scope of which each is one; or "A|B", the values that it may have */
};

static const struct row rows[] = {
    {"meta", "metadata.name", ALWAYS, kubernetes_rules_check_name, NULL},
    {"meta", "metadata.labels", IF_THERE, rule_labels, NULL},
    {"meta", "metadata.annotations", IF_THERE, rule_annotations, NULL},
    {"meta", "metadata.uid", IF_THERE, check_kept, NULL},

    {"ConfigMap", "data", IF_THERE, rule_data, NULL},
    {"ConfigMap", "binaryData", IF_THERE, rule_data, NULL},
    {"ConfigMap", "data", ALWAYS, rule_immutable_data, NULL},
    {"Secret", "type", ALWAYS, rule_secret_type, NULL},
    {"Secret", "data", IF_THERE, rule_data, NULL},
    {"Secret", "data", ALWAYS, rule_immutable_data, NULL},

    {"Service", "spec", ALWAYS, rule_service, NULL},
    {"Service", "spec.ports[]", IF_THERE, NULL, "servicePort"},
    {"Service", "spec.selector", IF_THERE, rule_labels, NULL},
    {"Service", "spec.sessionAffinity", IF_THERE, NULL, "ClientIP|None"},
    {"Service", "spec.clusterIP", IF_THERE, rule_cluster_ip, NULL},
    {"Service", "spec.type", IF_THERE, NULL, "ClusterIP|ExternalName|LoadBalancer|NodePort"},
    {"Service", "spec.ports[].nodePort", IF_THERE, rule_node_port, NULL},
    {"Service", "spec.ports", IF_THERE, rule_service_ports, NULL},
    {"Service", "spec.LoadBalancerSourceRanges[]", IF_THERE, rule_cidr, NULL},
    {"Service", "spec.externalTrafficPolicy", IF_THERE, NULL, "Cluster|Local"},
    {"Service", "spec.internalTrafficPolicy", IF_THERE, NULL, "Cluster|Local"},
    {"servicePort", "", ALWAYS, rule_service_port_name, NULL},
    {"servicePort", "port", ALWAYS, rule_port, NULL},
    {"servicePort", "protocol", IF_THERE, NULL, "SCTP|TCP|UDP"},
    {"servicePort", "targetPort", ALWAYS, rule_port_or_name, NULL},

    {"Deployment", "spec.replicas", IF_THERE, rule_not_negative, NULL},
    {"Deployment", "spec.selector", ALWAYS, rule_template_selector, NULL},
    {"Deployment", "spec.template", ALWAYS, NULL, "template"},
    {"Deployment", "spec.template.spec.restartPolicy", IF_THERE, rule_always_restart, NULL},
    {"Deployment", "spec.strategy", ALWAYS, rule_strategy, NULL},
    {"Deployment", "spec.minReadySeconds", IF_THERE, rule_not_negative, NULL},
    {"Deployment", "spec.revisionHistoryLimit", IF_THERE, rule_not_negative, NULL},
    {"Deployment", "spec.progressDeadlineSeconds", IF_THERE, rule_deadline, NULL},
    {"Deployment", "spec.selector", IF_THERE, check_selector_kept, NULL},
    {"ReplicaSet", "spec.selector", ALWAYS, rule_template_selector, NULL},
    {"ReplicaSet", "spec.template", ALWAYS, NULL, "template"},

    {"StatefulSet", "spec.podManagementPolicy", IF_THERE, rule_management, NULL},
    {"StatefulSet", "spec.replicas", IF_THERE, rule_not_negative, NULL},
    {"StatefulSet", "spec.selector", ALWAYS, rule_template_selector, NULL},
    {"StatefulSet", "spec.template.spec.restartPolicy", IF_THERE, rule_always_restart, NULL},
    {"StatefulSet", "spec", ALWAYS, rule_set_kept, NULL},
    {"PersistentVolumeClaim", "spec.accessModes", ALWAYS, rule_access_modes, NULL},
    {"PersistentVolumeClaim", "spec.resources", ALWAYS, rule_claim_size, NULL},
    {"PersistentVolumeClaim", "spec", ALWAYS, rule_claim_kept, NULL},

    {"Job", "spec", ALWAYS, NULL, "job"},
    {"Job", "spec.completions", IF_THERE, check_completions_kept, NULL},
    {"Job", "spec.selector", IF_THERE, check_selector_kept, NULL},
    {"Job", "spec.template", ALWAYS, check_template_kept, NULL},
    {"Job", "spec.completionMode", IF_THERE, check_mode_kept, NULL},
    {"job", "parallelism", IF_THERE, rule_not_negative, NULL},
    {"job", "completions", IF_THERE, rule_not_negative, NULL},
    {"job", "activeDeadlineSeconds", IF_THERE, rule_not_negative, NULL},
    {"job", "backoffLimit", IF_THERE, rule_not_negative, NULL},
    {"job", "ttlSecondsAfterFinished", IF_THERE, rule_not_negative, NULL},
    {"job", "completionMode", IF_THERE, NULL, "NonIndexed|Indexed"},
    {"job", "template", ALWAYS, NULL, "template"},
    {"job", "template.spec.restartPolicy", ALWAYS, rule_job_restart, NULL},
    {"CronJob", "spec.schedule", ALWAYS, rule_schedule, NULL},
    {"CronJob", "spec.startingDeadlineSeconds", IF_THERE, rule_not_negative, NULL},
    {"CronJob", "spec.timeZone", IF_THERE, rule_time_zone, NULL},
    {"CronJob", "spec.concurrencyPolicy", IF_THERE, NULL, "Allow|Forbid|Replace"},
    {"CronJob", "spec.jobTemplate.spec", ALWAYS, NULL, "job"},
    {"CronJob", "spec.successfulJobsHistoryLimit", IF_THERE, rule_not_negative, NULL},
    {"CronJob", "spec.failedJobsHistoryLimit", IF_THERE, rule_not_negative, NULL},

    {"Pod", "spec", ALWAYS, NULL, "pod"},
    {"template", "", ALWAYS, rule_template_meta, NULL},
    {"template", "spec", ALWAYS, NULL, "pod"},
    {"pod", "volumes[]", IF_THERE, NULL, "volume"},
    {"pod", "volumes", IF_THERE, rule_names_unique, NULL},
    {"pod", "containers", ALWAYS, rule_containers_there, NULL},
    {"pod", "containers[]", IF_THERE, NULL, "container"},
    {"pod", "containers", IF_THERE, rule_names_unique, NULL},
    {"pod", "initContainers[]", IF_THERE, NULL, "container"},
    {"pod", "initContainers", IF_THERE, rule_names_unique, NULL},
    {"pod", "restartPolicy", IF_THERE, NULL, "Always|OnFailure|Never"},
    {"pod", "dnsPolicy", IF_THERE, NULL, "ClusterFirstWithHostNet|ClusterFirst|Default|None"},
    {"pod", "nodeSelector", IF_THERE, rule_labels, NULL},
    {"pod", "serviceAccountName", IF_THERE, rule_subdomain, NULL},
    {"pod", "hostname", IF_THERE, rule_label, NULL},
    {"pod", "subdomain", IF_THERE, rule_label, NULL},
    {"volume", "name", OTHERWISE_REQUIRED, rule_label, NULL},
    {"volume", "", ALWAYS, rule_volume, NULL},
    {"container", "name", OTHERWISE_REQUIRED, rule_label, NULL},
    {"container", "image", OTHERWISE_REQUIRED, NULL, NULL},
    {"container", "terminationMessagePolicy", IF_THERE, NULL, "File|FallbackToLogsOnError"},
    {"container", "ports[]", IF_THERE, NULL, "containerPort"},
    {"container", "env[]", IF_THERE, NULL, "env"},
    {"container", "volumeMounts[]", IF_THERE, rule_mount, NULL},
    {"container", "volumeMounts", IF_THERE, rule_mounts_unique, NULL},
    {"container", "imagePullPolicy", IF_THERE, NULL, "Always|IfNotPresent|Never"},
    {"container", "resources", IF_THERE, rule_resources, NULL},
    {"container", "livenessProbe", IF_THERE, rule_probe, NULL},
    {"container", "readinessProbe", IF_THERE, rule_probe, NULL},
    {"container", "startupProbe", IF_THERE, rule_probe, NULL},
    {"containerPort", "name", IF_THERE, rule_port_name, NULL},
    {"containerPort", "containerPort", OTHERWISE_REQUIRED, rule_port, NULL},
    {"containerPort", "protocol", IF_THERE, NULL, "SCTP|TCP|UDP"},
    {"env", "name", OTHERWISE_REQUIRED, rule_env_name, NULL},
    {"env", "", ALWAYS, rule_env_source, NULL},

    {"Ingress", "spec", ALWAYS, rule_ingress, NULL},
    {"Ingress", "spec.defaultBackend", IF_THERE, rule_ingress_backend, NULL},
    {"Ingress", "spec.rules[]", IF_THERE, NULL, "ingressRule"},
    {"Ingress", "spec.tls[].hosts[]", IF_THERE, rule_host, NULL},
    {"Ingress", "spec.tls[].secretName", IF_THERE, rule_subdomain, NULL},
    {"Ingress", "spec.ingressClassName", IF_THERE, rule_subdomain, NULL},
    {"ingressRule", "host", IF_THERE, rule_host, NULL},
    {"ingressRule", "http", IF_THERE, rule_paths_there, NULL},
    {"ingressRule", "http.paths[]", IF_THERE, rule_ingress_path, NULL},

    {"ManagedCertificate", "spec.domains[]", IF_THERE, rule_managed_domain, NULL},
    {"NetworkPolicy", "spec.podSelector", IF_THERE, rule_selector, NULL},
    {"NetworkPolicy", "spec.ingress[].ports[]", IF_THERE, NULL, "policyPort"},
    {"NetworkPolicy", "spec.ingress[].from[]", IF_THERE, rule_peer, NULL},
    {"NetworkPolicy", "spec.ingress[].from[].ipBlock.cidr", IF_THERE, rule_cidr, NULL},
    {"NetworkPolicy", "spec.egress[].ports[]", IF_THERE, NULL, "policyPort"},
    {"NetworkPolicy", "spec.egress[].to[]", IF_THERE, rule_peer, NULL},
    {"NetworkPolicy", "spec.egress[].to[].ipBlock.cidr", IF_THERE, rule_cidr, NULL},
    {"NetworkPolicy", "spec.policyTypes", IF_THERE, rule_policy_types, NULL},
    {"policyPort", "protocol", IF_THERE, NULL, "SCTP|TCP|UDP"},
    {"policyPort", "port", IF_THERE, rule_port_or_name, NULL},
    {"PodDisruptionBudget", "spec", ALWAYS, rule_budget, NULL},
    {"PodDisruptionBudget", "spec.minAvailable", IF_THERE, rule_int_or_percent, NULL},
    {"PodDisruptionBudget", "spec.maxUnavailable", IF_THERE, rule_int_or_percent, NULL},
    {"PodDisruptionBudget", "spec.selector", IF_THERE, rule_selector, NULL},
};

static void walk_scope(struct rules *r, const char *scope, const cJSON *v, const char *field);

static void check_one_of(struct rules *r, const cJSON *v, const char *field, const char *values)
{
	struct buf b = {0};
	for (const char *p = values; *p; p += strcspn(p, "|"), p += *p == '|') {
		size_t len = strcspn(p, "|");
		if (strlen(rule_text(v)) == len && !strncmp(rule_text(v), p, len)) {
			buf_free(&b);
			return;
		}
		buf_printf(&b, "%s\"%.*s\"", b.len ? ", " : "", (int)len, p);
	}
	rule_broken(r, field, "FieldValueNotSupported", "Unsupported value: \"%s\": supported values: %s", rule_text(v),
		    buf_text(&b));
	buf_free(&b);
}

static void judge(struct rules *r, const struct row *row, const cJSON *v, const char *field)
{
	bool there = v && !cJSON_IsNull(v) &&
		     !(row->when == OTHERWISE_REQUIRED &&
		       ((cJSON_IsString(v) && !*v->valuestring) || (cJSON_IsNumber(v) && v->valuedouble == 0)));
	if (!there && row->when == OTHERWISE_REQUIRED)
		rule_required(r, field, "");
	if (!there && row->when != ALWAYS)
		return;
	if (row->each && strchr(row->each, '|'))
		check_one_of(r, v, field, row->each);
	else if (row->each)
		walk_scope(r, row->each, v, field);
	else if (row->check)
		row->check(r, v, field);
}

static void follow(struct rules *r, const struct row *row, const cJSON *v, const char *path, const char *field)
{
	size_t len = strcspn(path, ".[");
	if (!*path) {
		judge(r, row, v, field);
		return;
	}
	const char *name = sim_tmp("%.*s", (int)len, path), *at = sim_tmp("%s%s%s", field, *field ? "." : "", name);
	const cJSON *next = cJSON_IsObject(v) ? cJSON_GetObjectItemCaseSensitive(v, name) : NULL, *item;
	path += len;
	if (text_starts(path, "[]")) {
		int i = 0;
		cJSON_ArrayForEach(item, next)
			follow(r, row, item, path + 2 + (path[2] == '.'), sim_tmp("%s[%d]", at, i++));
	} else {
		follow(r, row, next, path + (*path == '.'), at);
	}
}

static void walk_scope(struct rules *r, const char *scope, const cJSON *v, const char *field)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(rows[i].scope, scope))
			follow(r, &rows[i], v, rows[i].path, field);
}

/* Custom resources by their schema. -------------------------------------------------------------------------------------- */
static void check_custom(struct rules *r, const struct kubernetes_type *type, const cJSON *doc, const char *field);

static void check_custom_value(struct rules *r, const struct kubernetes_shape *s, const cJSON *v, const char *field)
{
	static const char *const names[] = {
	    [KUBERNETES_STRING] = "string",   [KUBERNETES_INTEGER] = "integer", [KUBERNETES_NUMBER] = "number",
	    [KUBERNETES_BOOLEAN] = "boolean", [KUBERNETES_OBJECT] = "object",   [KUBERNETES_LIST] = "array",
	    [KUBERNETES_MAP] = "object"};
	bool fits = s->what == KUBERNETES_ANY || (s->what == KUBERNETES_STRING && cJSON_IsString(v)) ||
		    (s->what == KUBERNETES_BOOLEAN && cJSON_IsBool(v)) ||
		    (s->what == KUBERNETES_INTEGER && cJSON_IsNumber(v) &&
		     v->valuedouble == (double)(long long)v->valuedouble) ||
		    (s->what == KUBERNETES_NUMBER && cJSON_IsNumber(v)) ||
		    ((s->what == KUBERNETES_OBJECT || s->what == KUBERNETES_MAP) && cJSON_IsObject(v)) ||
		    (s->what == KUBERNETES_LIST && cJSON_IsArray(v));
	const char *is = cJSON_IsString(v)                                                          ? "string"
			 : cJSON_IsBool(v)                                                          ? "boolean"
			 : cJSON_IsArray(v)                                                         ? "array"
			 : cJSON_IsObject(v)                                                        ? "object"
			 : cJSON_IsNull(v)                                                          ? "null"
			 : cJSON_IsNumber(v) && v->valuedouble == (double)(long long)v->valuedouble ? "integer"
												    : "number";
	const cJSON *item;
	int i = 0;
	if (!fits) {
		rule_broken(r, field, "FieldValueTypeInvalid", "Invalid value: \"%s\": %s in body must be of type %s: \"%s\"",
			    is, field, names[s->what], is);
	} else if (s->what == KUBERNETES_OBJECT && s->type->custom) {
		check_custom(r, s->type, v, field);
	} else if (s->what == KUBERNETES_LIST) {
		cJSON_ArrayForEach(item, v)
			check_custom_value(r, s->of, item, sim_tmp("%s[%d]", field, i++));
	}
}

static void check_custom(struct rules *r, const struct kubernetes_type *type, const cJSON *doc, const char *field)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, doc) {
		const struct kubernetes_field *f = kubernetes_field(type, item->string);
		char *at = xasprintf("%s%s%s", field, *field ? "." : "", item->string);
		if (f && !(f->shape->type && !f->shape->type->custom))
			check_custom_value(r, f->shape, item, at);
		free(at);
	}
	for (size_t i = 0; i < type->count; i++) {
		char *at = xasprintf("%s%s%s", field, *field ? "." : "", type->fields[i].name);
		if (type->fields[i].required && !cJSON_GetObjectItemCaseSensitive(doc, type->fields[i].name))
			rule_required(r, at, "");
		free(at);
	}
}

/* "a: b" for one, "[a: b, c: d]" for several. */
static void answer(struct kubernetes_call *k, cJSON *causes, const char *name)
{
	struct buf b = {0};
	const cJSON *cause;
	bool many = cJSON_GetArraySize(causes) > 1;
	cJSON_ArrayForEach(cause, causes)
		buf_printf(&b, "%s%s: %s", cause == causes->child ? "" : ", ", json_str(cause, "field", ""),
			   json_str(cause, "message", ""));
	kubernetes_fail(k, 422, "Invalid", causes, "%s%s%s \"%s\" is invalid: %s%s%s", k->r->kind, *k->r->group ? "." : "",
			k->r->group, name, many ? "[" : "", buf_text(&b), many ? "]" : "");
	buf_free(&b);
}

bool kubernetes_valid(struct kubernetes_call *k, const cJSON *doc, const cJSON *before)
{
	struct rules r = {cJSON_CreateArray(), doc, before, k->r};
	walk_scope(&r, "meta", doc, "");
	walk_scope(&r, k->r->kind, doc, "");
	if (k->type->custom)
		check_custom(&r, k->type, doc, "");
	if (!r.causes->child) {
		cJSON_Delete(r.causes);
		return true;
	}
	answer(k, r.causes, json_str(doc, "metadata.name", ""));
	return false;
}
