/* What a cluster's API server refuses as invalid, in its words: rows in its order, for each kind and the parts that kinds share. */
#include "config.h"

#include "sim/api/cron.h"
#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789"

/* Complaints: "spec.selector: Required value" and the like. */
struct rules {
	cJSON *causes;
	const cJSON *doc, *before;
	const struct kubernetes_resource *resource;
};

__attribute__((format(printf, 4, 5))) static void complain(struct rules *r, const char *field, const char *reason,
							   const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *message = xvasprintf(format, args);
	va_end(args);
	cJSON_AddItemToArray(r->causes, json_make("{'reason':%s,'message':%s,'field':%s}", reason, message, field));
	free(message);
}

__attribute__((format(printf, 4, 5))) static void invalid(struct rules *r, const char *field, const cJSON *value,
							  const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *why = xvasprintf(format, args), *text = value ? json_text(value, -1) : xstrdup("null");
	va_end(args);
	complain(r, field, "FieldValueInvalid", "Invalid value: %s%s: %s", cJSON_IsObject(value) ? "map[string]string" : "",
		 text, why);
	free(why);
	free(text);
}

static void required(struct rules *r, const char *field, const char *more)
{
	complain(r, field, "FieldValueRequired", "Required value%s%s", more && *more ? ": " : "", more ? more : "");
}

static void forbidden(struct rules *r, const char *field, const char *why)
{
	complain(r, field, "FieldValueForbidden", "Forbidden: %s", why);
}

static const char *text_of(const cJSON *v)
{
	return cJSON_IsString(v) ? v->valuestring : "";
}

static double number_of(const cJSON *v)
{
	return cJSON_IsNumber(v) ? v->valuedouble : 0;
}

/* Names. ----------------------------------------------------------------------------------------------------------------- */
static bool ends_well(const char *t, size_t len, const char *letters)
{
	return len && memchr(letters, t[0], strlen(letters)) && memchr(letters, t[len - 1], strlen(letters));
}

static bool is_label(const char *t, size_t len)
{
	return ends_well(t, len, LOWER) && strspn(t, LOWER "-") >= len;
}

static bool is_subdomain(const char *t)
{
	bool good = *t != '\0';
	for (const char *p = t; good && *p; p += strcspn(p, "."), p += *p == '.') {
		size_t len = strcspn(p, ".");
		good = is_label(p, len) && (!p[len] || p[len + 1]);
	}
	return good;
}

static void too_long(struct rules *r, const char *field, const cJSON *v, size_t most)
{
	if (strlen(text_of(v)) > most)
		invalid(r, field, v, "must be no more than %zu characters", most);
}

static void check_label(struct rules *r, const cJSON *v, const char *field)
{
	too_long(r, field, v, 63);
	if (!is_label(text_of(v), strlen(text_of(v))) && is_subdomain(text_of(v)))
		invalid(r, field, v, "must not contain dots");
	else if (!is_label(text_of(v), strlen(text_of(v))))
		invalid(r, field, v,
			"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
			"and end with an "
			"alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
			"'[a-z0-9]([-a-z0-9]*[a-z0-9])?')");
}

static void check_subdomain(struct rules *r, const cJSON *v, const char *field)
{
	too_long(r, field, v, 253);
	if (!is_subdomain(text_of(v)))
		invalid(r, field, v,
			"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
			"must start and end with an "
			"alphanumeric character (e.g. 'example.com', regex used for validation is "
			"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
}

static void check_dns1035(struct rules *r, const cJSON *v, const char *field)
{
	const char *t = text_of(v);
	too_long(r, field, v, 63);
	if (!is_label(t, strlen(t)) || (*t >= '0' && *t <= '9'))
		invalid(r, field, v,
			"a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
			"character, and end with an "
			"alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
			"'[a-z]([-a-z0-9]*[a-z0-9])?')");
}

static void check_host(struct rules *r, const cJSON *v, const char *field)
{
	const char *t = text_of(v);
	if (*t && strspn(t, "0123456789.") == strlen(t))
		invalid(r, field, v, "must be a DNS name, not an IP address");
	if (!strchr(t, '*'))
		check_subdomain(r, v, field);
	else if (!text_starts(t, "*.") || !is_subdomain(t + 2))
		invalid(r, field, v,
			"a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must "
			"consist of lower case "
			"alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', "
			"regex used for validation is "
			"'\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
}

static void check_port_name(struct rules *r, const cJSON *v, const char *field)
{
	const char *t = text_of(v);
	size_t len = strlen(t);
	if (len > 15)
		invalid(r, field, v, "must be no more than 15 characters");
	if (strspn(t, LOWER "-") != len)
		invalid(r, field, v, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
	else if (strspn(t, "0123456789-") == len)
		invalid(r, field, v, "must contain at least one letter (a-z)");
	else if (strstr(t, "--"))
		invalid(r, field, v, "must not contain consecutive hyphens");
	else if (*t == '-' || t[len - 1] == '-')
		invalid(r, field, v, "must not begin or end with a hyphen");
}

static void check_port(struct rules *r, const cJSON *v, const char *field)
{
	if (number_of(v) < 1 || number_of(v) > 65535)
		invalid(r, field, v, "must be between 1 and 65535, inclusive");
}

static void check_port_or_name(struct rules *r, const cJSON *v, const char *field)
{
	if (cJSON_IsString(v))
		check_port_name(r, v, field);
	else
		check_port(r, v, field);
}

static void check_not_negative(struct rules *r, const cJSON *v, const char *field)
{
	if (number_of(v) < 0)
		invalid(r, field, v, "must be greater than or equal to 0");
}

static void check_key(struct rules *r, const char *key, const char *field)
{
	const char *slash = strchr(key, '/'), *name = slash ? slash + 1 : key;
	size_t len = strlen(name);
	cJSON *v = cJSON_CreateString(key);
	if (slash) {
		const char *prefix = sim_tmp("%.*s", (int)(slash - key), key);
		if (!*prefix)
			invalid(r, field, v, "prefix part must be non-empty");
		else if (!is_subdomain(prefix))
			invalid(r, field, v,
				"prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
				"characters, '-' or '.', and must start and "
				"end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
				"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
	}
	if (!len)
		invalid(r, field, v, "name part must be non-empty");
	else if (len > 63)
		invalid(r, field, v, "name part must be no more than 63 characters");
	if (!ends_well(name, len, ALNUM) || strspn(name, ALNUM "-_.") != len)
		invalid(r, field, v,
			"name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
			"alphanumeric character (e.g. "
			"'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
			"'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')");
	cJSON_Delete(v);
}

static void check_labels(struct rules *r, const cJSON *labels, const char *field)
{
	const cJSON *l;
	cJSON_ArrayForEach(l, labels) {
		const char *t = text_of(l);
		size_t len = strlen(t);
		check_key(r, l->string, field);
		if (len > 63)
			invalid(r, field, l, "must be no more than 63 characters");
		if (len && (!ends_well(t, len, ALNUM) || strspn(t, ALNUM "-_.") != len))
			invalid(
			    r, field, l,
			    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
			    "must start and end with an "
			    "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
			    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')");
	}
}

static void check_annotations(struct rules *r, const cJSON *annotations, const char *field)
{
	const cJSON *a;
	size_t total = 0;
	cJSON_ArrayForEach(a, annotations) {
		char *lower = xstrdup(a->string);
		for (char *p = lower; *p; p++)
			*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
		check_key(r, lower, field);
		total += strlen(a->string) + strlen(text_of(a));
		free(lower);
	}
	if (total > 262144)
		complain(r, field, "FieldValueTooLong", "Too long: may not be more than 262144 bytes");
}

/* Whole parts that rows cannot say. --------------------------------------------------------------------------------------- */

/* As Go writes a label selector. */
static char *selector_text(const cJSON *s)
{
	const cJSON *labels = json_at(s, "matchLabels");
	char *text = labels ? json_text(labels, -1) : NULL;
	char *out = xasprintf(
	    "v1.LabelSelector{MatchLabels:map[string]string%s, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}",
	    text ? text : "(nil)");
	free(text);
	return out;
}

static void check_selector(struct rules *r, const cJSON *s, const char *field)
{
	const cJSON *e;
	const char *labels = sim_tmp("%s.matchLabels", field);
	int i = 0;
	check_labels(r, json_at(s, "matchLabels"), labels);
	cJSON_ArrayForEach(e, json_at(s, "matchExpressions")) {
		const char *op = json_str(e, "operator", "");
		bool in = !strcmp(op, "In") || !strcmp(op, "NotIn"),
		     exists = !strcmp(op, "Exists") || !strcmp(op, "DoesNotExist");
		const char *values = sim_tmp("%s.matchExpressions[%d].values", field, i),
			   *operator= sim_tmp("%s.matchExpressions[%d].operator", field, i);
		i++;
		if (in && !json_at(e, "values.0"))
			required(r, values, "must be specified when `operator` is 'In' or 'NotIn'");
		else if (exists && json_at(e, "values.0"))
			forbidden(r, values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
		else if (!in && !exists)
			invalid(r, operator, json_at(e, "operator"), "not a valid selector operator");
	}
}

static bool selects(const cJSON *selector, const cJSON *labels)
{
	const cJSON *want;
	cJSON_ArrayForEach(want, json_at(selector, "matchLabels")) {
		const cJSON *have = cJSON_GetObjectItemCaseSensitive(labels, want->string);
		if (!have || !json_equal(have, want))
			return false;
	}
	return true;
}

/* The selector of a Deployment or ReplicaSet, and its template against it. */
static void check_template_selector(struct rules *r, const cJSON *v, const char *field)
{
	const cJSON *labels = json_at(r->doc, "spec.template.metadata.labels");
	v = cJSON_IsNull(v) ? NULL : v;
	if (!v) {
		required(r, field, "");
	} else {
		check_selector(r, v, field);
		if (!json_at(v, "matchLabels") && !json_at(v, "matchExpressions.0")) {
			char *text = selector_text(v);
			complain(r, field, "FieldValueInvalid", "Invalid value: %s: empty selector is invalid for deployment",
				 text);
			free(text);
		}
	}
	if (labels && (!v || !v->child || !selects(v, labels)) && !(v && !v->child))
		invalid(r, "spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
	else if (!labels && !(cJSON_IsObject(v) && !v->child))
		complain(r, "spec.template.metadata.labels", "FieldValueInvalid",
			 "Invalid value: map[string]string(nil): `selector` does not match template `labels`");
}

static void check_names_unique(struct rules *r, const cJSON *list, const char *field)
{
	const cJSON *c, *other;
	int i = 0;
	cJSON_ArrayForEach(c, list) {
		const char *name = sim_tmp("%s[%d].name", field, i++);
		for (other = list->child; other != c; other = other->next)
			if (*json_str(c, "name", "") && !strcmp(json_str(other, "name", ""), json_str(c, "name", "-"))) {
				complain(r, name, "FieldValueDuplicate", "Duplicate value: \"%s\"", json_str(c, "name", ""));
				break;
			}
	}
}

static void check_containers_there(struct rules *r, const cJSON *v, const char *field)
{
	if (!cJSON_IsArray(v) || !v->child)
		required(r, field, "");
}

static const cJSON *pod_of(const struct rules *r)
{
	return kubernetes_pod_spec(r->resource->kind, r->doc);
}

static void check_mount(struct rules *r, const cJSON *mount, const char *field)
{
	const cJSON *v;
	bool found = false;
	cJSON_ArrayForEach(v, json_at(pod_of(r), "volumes"))
		found = found || !strcmp(json_str(v, "name", ""), json_str(mount, "name", "-"));
	const char *name = sim_tmp("%s.name", field), *path = sim_tmp("%s.mountPath", field);
	if (!*json_str(mount, "name", ""))
		required(r, name, "");
	if (!found)
		complain(r, name, "FieldValueNotFound", "Not found: \"%s\"", json_str(mount, "name", ""));
	if (!*json_str(mount, "mountPath", ""))
		required(r, path, "");
}

static void check_mounts_unique(struct rules *r, const cJSON *list, const char *field)
{
	const cJSON *m, *other;
	int i = 0;
	cJSON_ArrayForEach(m, list) {
		const char *path = sim_tmp("%s[%d].mountPath", field, i++);
		for (other = list->child; other != m; other = other->next)
			if (!strcmp(json_str(other, "mountPath", ""), json_str(m, "mountPath", "-"))) {
				invalid(r, path, json_at(m, "mountPath"), "must be unique");
				break;
			}
	}
}

/* Any printable name, as of 1.32. */
static void check_env_name(struct rules *r, const cJSON *v, const char *field)
{
	bool good = !strchr(text_of(v), '=');
	for (const char *p = text_of(v); *p; p++)
		good = good && *p >= ' ' && *p < 0x7f;
	if (!good)
		invalid(r, field, v,
			"a valid environment variable name must consist only of printable ASCII characters other than '='");
}

static void check_env_source(struct rules *r, const cJSON *v, const char *field)
{
	static const char *const references[] = {"configMapKeyRef", "secretKeyRef"};
	const cJSON *from = json_at(v, "valueFrom");
	const char *path = sim_tmp("%s.valueFrom", field);
	int count = 0;
	for (const cJSON *s = from ? from->child : NULL; s; s = s->next)
		count++;
	for (size_t i = 0; from && i < 2; i++) {
		const cJSON *ref = json_at(from, references[i]);
		const char *key = sim_tmp("%s.%s.key", path, references[i]), *name = sim_tmp("%s.%s.name", path, references[i]);
		if (ref && !*json_str(ref, "name", ""))
			required(r, name, "");
		if (ref && !*json_str(ref, "key", ""))
			required(r, key, "");
	}
	if (from && !count)
		complain(r, path, "FieldValueInvalid",
			 "Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or "
			 "`secretKeyRef`");
	else if (from && *json_str(v, "value", ""))
		complain(r, path, "FieldValueInvalid", "Invalid value: \"\": may not be specified when `value` is not empty");
	else if (from && count > 1)
		complain(r, path, "FieldValueInvalid",
			 "Invalid value: \"\": may not have more than one field specified at a time");
}

static double quantity(const char *text)
{
	static const char suffixes[] = "numkMGTPE";
	static const double decimal[] = {1e-9, 1e-6, 1e-3, 1e3, 1e6, 1e9, 1e12, 1e15, 1e18};
	char *end;
	double v = strtod(text, &end);
	if (*end && end[1] == 'i') {
		for (const char *p = "KMGTPE"; *p; p++) {
			v *= 1024;
			if (*p == *end)
				return v;
		}
	}
	const char *s = *end ? strchr(suffixes, *end) : NULL;
	return s ? v * decimal[s - suffixes] : v;
}

static void kubernetes_rules_check_resources(struct rules *r, const cJSON *v, const char *field)
{
	const cJSON *q;
	cJSON_ArrayForEach(q, json_at(v, "requests")) {
		const cJSON *limit = cJSON_GetObjectItemCaseSensitive(json_at(v, "limits"), q->string);
		const char *path = sim_tmp("%s.requests", field), *at = sim_tmp("%s.requests[%s]", field, q->string);
		if (quantity(text_of(q)) < 0)
			invalid(r, at, q, "must be greater than or equal to 0");
		if (limit && quantity(text_of(q)) > quantity(text_of(limit)))
			invalid(r, path, q, "must be less than or equal to %s limit of %s", q->string, text_of(limit));
	}
}

static void kubernetes_rules_check_probe(struct rules *r, const cJSON *v, const char *field)
{
	static const char *const ways[] = {"exec", "httpGet", "tcpSocket", "grpc"}, *const counts[] = {
											"initialDelaySeconds", "timeoutSeconds",
											"periodSeconds", "successThreshold",
											"failureThreshold"};
	int count = 0;
	for (size_t i = 0; i < 4; i++)
		count += json_at(v, ways[i]) != NULL;
	const char *port = sim_tmp("%s.httpGet.port", field);
	if (!count)
		required(r, field, "must specify a handler type");
	else if (json_at(v, "httpGet"))
		check_port_or_name(r, json_at(v, "httpGet.port"), port);
	for (size_t i = 0; i < 5; i++) {
		char *path = xasprintf("%s.%s", field, counts[i]);
		if (json_at(v, counts[i]))
			check_not_negative(r, json_at(v, counts[i]), path);
		free(path);
	}
	if (json_num(v, "successThreshold", 1) != 1 && !text_ends(field, "readinessProbe")) {
		char *path = xasprintf("%s.successThreshold", field);
		invalid(r, path, json_at(v, "successThreshold"), "must be 1");
		free(path);
	}
}

static void check_volume(struct rules *r, const cJSON *v, const char *field)
{
	int count = 0;
	for (const cJSON *s = v->child; s; s = s->next)
		count += strcmp(s->string, "name") != 0;
	if (!count)
		required(r, field, "must specify a volume type");
	const char *secret = sim_tmp("%s.secret.secretName", field), *map = sim_tmp("%s.configMap.name", field);
	if (json_at(v, "secret") && !*json_str(v, "secret.secretName", ""))
		required(r, secret, "");
	if (json_at(v, "configMap") && !*json_str(v, "configMap.name", ""))
		required(r, map, "");
}

static void check_job_restart(struct rules *r, const cJSON *v, const char *field)
{
	const char *policy = text_of(v);
	if (!*policy || !strcmp(policy, "Always"))
		required(r, field, "valid values: \"OnFailure\", \"Never\"");
	else if (strcmp(policy, "Never") && strcmp(policy, "OnFailure"))
		complain(r, field, "FieldValueNotSupported",
			 "Unsupported value: \"%s\": supported values: \"OnFailure\", \"Never\"", policy);
}

static void check_always_restart(struct rules *r, const cJSON *v, const char *field)
{
	if (strcmp(text_of(v), "Always"))
		complain(r, field, "FieldValueNotSupported", "Unsupported value: \"%s\": supported values: \"Always\"",
			 text_of(v));
}

static bool is_zero(const cJSON *v)
{
	return v && (cJSON_IsString(v) ? atoi(v->valuestring) == 0 : v->valuedouble == 0);
}

/* Said of the template as if it had no metadata between. */
static void check_template_meta(struct rules *r, const cJSON *v, const char *field)
{
	const char *labels = sim_tmp("%s.labels", field), *annotations = sim_tmp("%s.annotations", field);
	check_labels(r, json_at(v, "metadata.labels"), labels);
	check_annotations(r, json_at(v, "metadata.annotations"), annotations);
}

static void check_int_or_percent(struct rules *r, const cJSON *v, const char *field)
{
	const char *t = text_of(v);
	size_t digits = strspn(t, "0123456789");
	if (cJSON_IsString(v) && (!digits || strcmp(t + digits, "%")))
		complain(r, field, "FieldValueInvalid",
			 "Invalid value: intstr.IntOrString{Type:1, IntVal:0, StrVal:\"%s\"}: a valid percent string must be a "
			 "numeric "
			 "string followed by an ending '%%' (e.g. '1%%',  or '93%%', regex used for validation is '[0-9]+%%')",
			 t);
	else if (!cJSON_IsString(v))
		check_not_negative(r, v, field);
}

static void check_strategy(struct rules *r, const cJSON *v, const char *field)
{
	const char *type = json_str(v, "type", "");
	const char *rolling = sim_tmp("%s.rollingUpdate", field), *unavailable = sim_tmp("%s.maxUnavailable", rolling),
		   *surge = sim_tmp("%s.maxSurge", rolling);
	if (!strcmp(type, "Recreate") && json_at(v, "rollingUpdate"))
		forbidden(r, rolling, "may not be specified when strategy `type` is 'Recreate'");
	if (!strcmp(type, "RollingUpdate")) {
		check_int_or_percent(r, json_at(v, "rollingUpdate.maxUnavailable"), unavailable);
		check_int_or_percent(r, json_at(v, "rollingUpdate.maxSurge"), surge);
		if (is_zero(json_at(v, "rollingUpdate.maxUnavailable")) && is_zero(json_at(v, "rollingUpdate.maxSurge"))) {
			const cJSON *n = json_at(v, "rollingUpdate.maxUnavailable");
			complain(r, unavailable, "FieldValueInvalid",
				 "Invalid value: intstr.IntOrString{Type:%d, IntVal:%d, StrVal:\"%s\"}: may not be 0 when "
				 "`maxSurge` is 0",
				 cJSON_IsString(n), (int)number_of(n), text_of(n));
		}
	} else if (strcmp(type, "Recreate")) {
		complain(r, field, "FieldValueNotSupported",
			 "Unsupported value: apps.DeploymentStrategy{Type:\"%s\", "
			 "RollingUpdate:(*apps.RollingUpdateDeployment)(nil)}: "
			 "supported values: \"Recreate\", \"RollingUpdate\"",
			 type);
	}
}

static void check_deadline(struct rules *r, const cJSON *v, const char *field)
{
	check_not_negative(r, v, field);
	if (number_of(v) <= json_num(r->doc, "spec.minReadySeconds", 0))
		invalid(r, field, v, "must be greater than minReadySeconds");
}

/* A standard cron line: five fields, or one of the names. */
static void check_schedule(struct rules *r, const cJSON *v, const char *field)
{
	static const char *const names[] = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"};
	static const struct {
		const char *name;
		int low, high;
	} parts[] = {{"minute", 0, 59}, {"hour", 0, 23}, {"day", 1, 31}, {"month", 1, 12}, {"weekday", 0, 6}};
	const char *t = text_of(v);
	int n = 0;
	if (!*t) {
		required(r, field, "");
		return;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(t, names[i]))
			return;
	if (text_starts(t, "@every "))
		return;
	if (*t == '@') {
		invalid(r, field, v, "unrecognized descriptor: %s", t);
		return;
	}
	for (const char *p = t + strspn(t, " "); *p; p += strcspn(p, " "), p += strspn(p, " "))
		n++;
	if (n != 5) {
		char *list = xstrdup("");
		for (const char *p = t + strspn(t, " "); *p; p += strcspn(p, " "), p += strspn(p, " ")) {
			char *more = xasprintf("%s%s%.*s", list, *list ? " " : "", (int)strcspn(p, " "), p);
			free(list);
			list = more;
		}
		invalid(r, field, v, "expected exactly 5 fields, found %d: [%s]", n, list);
		free(list);
		return;
	}
	n = 0;
	for (const char *p = t + strspn(t, " "); *p && n < 5; p += strcspn(p, " "), p += strspn(p, " "), n++) {
		size_t len = strcspn(p, " ,-/");
		const char *word = sim_tmp("%.*s", (int)len, p);
		bool number = len && strspn(word, "0123456789") == len;
		if (number && atoi(word) > parts[n].high)
			invalid(r, field, v, "end of range (%s) above maximum (%d): %s", word, parts[n].high, word);
		else if (number && atoi(word) < parts[n].low)
			invalid(r, field, v, "beginning of range (%s) below minimum (%d): %s", word, parts[n].low, word);
		else if (!number && strcmp(word, "*") && strcmp(word, "?") && n < 3)
			invalid(r, field, v, "failed to parse int from %s: strconv.Atoi: parsing \"%s\": invalid syntax", word,
				word);
		bool bad = r->causes->child != NULL;
		if (bad)
			return;
	}
}

static void check_time_zone(struct rules *r, const cJSON *v, const char *field)
{
	if (!strcasecmp(text_of(v), "Local"))
		invalid(r, field, v, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
	else if (!cron_zone_there(text_of(v)))
		invalid(r, field, v, "unknown time zone %s", text_of(v));
}

static void check_service(struct rules *r, const cJSON *spec, const char *field)
{
	const char *type = json_str(spec, "type", ""), *external = json_str(spec, "externalName", "");
	bool headless = !strcmp(json_str(spec, "clusterIP", ""), "None"), named = !strcmp(type, "ExternalName");
	(void)field;
	if (!json_at(spec, "ports.0") && !headless && !named)
		required(r, "spec.ports", "");
	if (named && !*external)
		required(r, "spec.externalName", "");
	else if (named)
		check_subdomain(r, json_at(spec, "externalName"), "spec.externalName");
}

static void check_service_ports(struct rules *r, const cJSON *list, const char *field)
{
	const cJSON *p, *other;
	int i = 0;
	cJSON_ArrayForEach(p, list) {
		const char *at = sim_tmp("%s[%d]", field, i++);
		for (other = list->child; other != p; other = other->next)
			if (json_num(other, "port", 0) == json_num(p, "port", -1) &&
			    !strcmp(json_str(other, "protocol", ""), json_str(p, "protocol", "")))
				complain(r, at, "FieldValueDuplicate",
					 "Duplicate value: core.ServicePort{Name:\"\", Protocol:\"%s\", "
					 "AppProtocol:(*string)(nil), Port:%d, "
					 "TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:\"\"}, NodePort:0}",
					 json_str(p, "protocol", ""), (int)json_num(p, "port", 0));
	}
}

static void check_service_port_name(struct rules *r, const cJSON *port, const char *field)
{
	const char *name = sim_tmp("%s.name", field);
	if (json_at(port, "name"))
		check_label(r, json_at(port, "name"), name);
	else if (json_at(r->doc, "spec.ports.1"))
		required(r, name, "");
}

static void check_node_port(struct rules *r, const cJSON *v, const char *field)
{
	if (!strcmp(json_str(r->doc, "spec.type", ""), "ClusterIP"))
		forbidden(r, field, "may not be used when `type` is 'ClusterIP'");
	else if (number_of(v) < 30000 || number_of(v) > 32767)
		invalid(r, field, v, "provided port is not in the valid range. The range of valid ports is 30000-32767");
}

static void check_cluster_ip(struct rules *r, const cJSON *v, const char *field)
{
	const cJSON *old = json_at(r->before, "spec.clusterIP");
	unsigned a, b, c, d;
	char more;
	(void)field;
	if (old && cJSON_IsString(v) && strcmp(text_of(old), text_of(v)))
		complain(r, "spec.clusterIPs[0]", "FieldValueInvalid",
			 "Invalid value: []string{\"%s\"}: may not change once set", text_of(v));
	else if (cJSON_IsString(v) && strcmp(text_of(v), "None") &&
		 sscanf(text_of(v), "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &more) != 4)
		complain(r, "spec.clusterIPs[0]", "FieldValueInvalid",
			 "Invalid value: \"%s\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)", text_of(v));
}

static void check_ingress(struct rules *r, const cJSON *spec, const char *field)
{
	if (!json_at(spec, "defaultBackend") && !json_at(spec, "rules.0"))
		complain(r, field, "FieldValueInvalid",
			 "Invalid value: []networking.IngressRule(nil): either `defaultBackend` or `rules` must be specified");
}

static void check_ingress_backend(struct rules *r, const cJSON *b, const char *field)
{
	const cJSON *service = json_at(b, "service");
	const char *name = sim_tmp("%s.service.name", field), *number = sim_tmp("%s.service.port.number", field),
		   *port = sim_tmp("%s.service.port.name", field);
	bool has_name = *json_str(b, "service.port.name", "") != 0, has_number = json_num(b, "service.port.number", 0) != 0;
	if (service && json_at(b, "resource")) {
		complain(r, field, "FieldValueInvalid", "Invalid value: \"\": cannot set both resource and service backends");
	} else if (service) {
		if (!*json_str(service, "name", ""))
			required(r, name, "");
		else
			check_dns1035(r, json_at(service, "name"), name);
		if (has_name && has_number)
			complain(r, field, "FieldValueInvalid", "Invalid value: \"\": cannot set both port name & port number");
		else if (has_name)
			check_port_name(r, json_at(b, "service.port.name"), port);
		else if (has_number)
			check_port(r, json_at(b, "service.port.number"), number);
		else
			required(r, field, "port name or number is required");
	} else if (!json_at(b, "resource")) {
		complain(r, field, "FieldValueInvalid", "Invalid value: \"\": resource or service backend is required");
	}
}

static void check_ingress_path(struct rules *r, const cJSON *p, const char *field)
{
	static const char *const sequences[] = {"//", "/./", "/../", "%2f", "%2F"}, *const suffixes[] = {"/..", "/."};
	const char *type = json_str(p, "pathType", NULL), *path = json_str(p, "path", "");
	const char *at = sim_tmp("%s.path", field), *kind = sim_tmp("%s.pathType", field),
		   *backend = sim_tmp("%s.backend", field);
	cJSON *v = cJSON_CreateString(path);
	bool strict = type && (!strcmp(type, "Exact") || !strcmp(type, "Prefix")),
	     loose = type && !strcmp(type, "ImplementationSpecific");
	if (!type) {
		required(r, kind, "pathType must be specified");
	} else {
		if ((strict || (loose && *path)) && *path != '/')
			invalid(r, at, v, "must be an absolute path");
		for (size_t i = 0; strict && i < 5; i++)
			if (strstr(path, sequences[i]))
				invalid(r, at, v, "must not contain '%s'", sequences[i]);
		for (size_t i = 0; strict && i < 2; i++)
			if (text_ends(path, suffixes[i]))
				invalid(r, at, v, "cannot end with '%s'", suffixes[i]);
		if (!strict && !loose)
			complain(
			    r, kind, "FieldValueNotSupported",
			    "Unsupported value: \"%s\": supported values: \"Exact\", \"ImplementationSpecific\", \"Prefix\"",
			    type);
		check_ingress_backend(r, json_at(p, "backend"), backend);
	}
	cJSON_Delete(v);
}

static void check_paths_there(struct rules *r, const cJSON *http, const char *field)
{
	const char *paths = sim_tmp("%s.paths", field);
	if (!json_at(http, "paths.0"))
		required(r, paths, "");
}

/* The pattern of the custom resource's schema. */
static void check_managed_domain(struct rules *r, const cJSON *v, const char *field)
{
	static const char pattern[] =
	    "^(([a-zA-Z0-9]+|[a-zA-Z0-9][-a-zA-Z0-9]*[a-zA-Z0-9])\\.)+[a-zA-Z][-a-zA-Z0-9]*[a-zA-Z0-9]\\.?$";
	regex_t compiled;
	if (!cJSON_IsString(v) || regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
		return;
	if (strlen(text_of(v)) > 63)
		complain(r, field, "FieldValueTooLong", "Too long: may not be more than 63 bytes");
	if (regexec(&compiled, text_of(v), 0, NULL, 0))
		invalid(r, field, v, "%s in body should match '%s'", field, pattern);
	regfree(&compiled);
}

static void check_data(struct rules *r, const cJSON *data, const char *field)
{
	const cJSON *d;
	cJSON_ArrayForEach(d, data) {
		size_t len = strlen(d->string);
		const char *path = sim_tmp("%s[%s]", field, d->string);
		cJSON *key = cJSON_CreateString(d->string);
		if (len > 253)
			invalid(r, path, key, "must be no more than 253 characters");
		if (!len || strspn(d->string, ALNUM "-_.") != len)
			invalid(r, path, key,
				"a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name', "
				" or 'KEY_NAME',  or 'key-name', "
				"regex used for validation is '[-._a-zA-Z0-9]+')");
		else if (!strcmp(d->string, ".") || !strcmp(d->string, ".."))
			invalid(r, path, key, "must not be '%s'", d->string);
		cJSON_Delete(key);
	}
}

static void check_immutable_data(struct rules *r, const cJSON *v, const char *field)
{
	(void)v;
	(void)field;
	if (!json_bool(r->before, "immutable", false))
		return;
	if (!json_bool(r->doc, "immutable", false))
		forbidden(r, "immutable", "field is immutable when `immutable` is set");
	const cJSON *a = json_at(r->before, "data"), *b = json_at(r->doc, "data");
	if ((a || b) && !(a && b && json_equal(a, b)))
		forbidden(r, "data", "field is immutable when `immutable` is set");
}

static void check_secret_type(struct rules *r, const cJSON *v, const char *field)
{
	static const struct {
		const char *type, *keys[3];
	} kinds[] = {{"kubernetes.io/tls", {"tls.crt", "tls.key", NULL}},
		     {"kubernetes.io/dockerconfigjson", {".dockerconfigjson", NULL, NULL}},
		     {"kubernetes.io/ssh-auth", {"ssh-privatekey", NULL, NULL}}};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		for (size_t n = 0; !strcmp(kinds[i].type, text_of(v)) && kinds[i].keys[n]; n++) {
			const char *path = sim_tmp("data[%s]", kinds[i].keys[n]);
			if (!cJSON_GetObjectItemCaseSensitive(json_at(r->doc, "data"), kinds[i].keys[n]))
				required(r, path, "");
		}
	if (r->before && strcmp(json_str(r->before, "type", ""), text_of(v)))
		invalid(r, field, v, "field is immutable");
}

static void check_budget(struct rules *r, const cJSON *spec, const char *field)
{
	if (json_at(spec, "minAvailable") && json_at(spec, "maxUnavailable"))
		complain(
		    r, field, "FieldValueInvalid",
		    "Invalid value: policy.PodDisruptionBudgetSpec{DUMP}: minAvailable and maxUnavailable cannot be both set");
}

static void check_policy_types(struct rules *r, const cJSON *list, const char *field)
{
	const cJSON *t;
	int i = 0;
	cJSON_ArrayForEach(t, list) {
		const char *path = sim_tmp("%s[%d]", field, i++);
		if (strcmp(text_of(t), "Ingress") && strcmp(text_of(t), "Egress"))
			complain(r, path, "FieldValueNotSupported",
				 "Unsupported value: \"%s\": supported values: \"Ingress\", \"Egress\"", text_of(t));
	}
}

static void check_cidr(struct rules *r, const cJSON *v, const char *field)
{
	unsigned a, b, c, d, bits;
	char more;
	if (!strchr(text_of(v), ':') && (sscanf(text_of(v), "%3u.%3u.%3u.%3u/%2u%c", &a, &b, &c, &d, &bits, &more) != 5 ||
					 a > 255 || b > 255 || c > 255 || d > 255 || bits > 32))
		invalid(r, field, v, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
}

static void check_peer(struct rules *r, const cJSON *v, const char *field)
{
	int others = (json_at(v, "podSelector") != NULL) + (json_at(v, "namespaceSelector") != NULL);
	if (others && json_at(v, "ipBlock"))
		forbidden(r, field, "may not specify both ipBlock and another peer");
	if (!others && !json_at(v, "ipBlock"))
		required(r, field, "must specify a peer");
}

/* Changes that are refused. ---------------------------------------------------------------------------------------------- */
static void check_selector_kept(struct rules *r, const cJSON *v, const char *field)
{
	const cJSON *old = json_at(r->before, "spec.selector");
	if (!r->before || !v || (old && json_equal(old, v)))
		return;
	char *text = selector_text(v);
	complain(r, field, "FieldValueInvalid", "Invalid value: %s: field is immutable", text);
	free(text);
}

static void check_template_kept(struct rules *r, const cJSON *v, const char *field)
{
	if (r->before && !json_equal(json_at(r->before, "spec.template"), v))
		complain(r, field, "FieldValueInvalid", "Invalid value: core.PodTemplateSpec{DUMP}: field is immutable");
}

static void check_completions_kept(struct rules *r, const cJSON *v, const char *field)
{
	const cJSON *old = json_at(r->before, "spec.completions");
	if (r->before && old && v && !json_equal(old, v))
		invalid(r, field, v, "field is immutable");
}

static void check_mode_kept(struct rules *r, const cJSON *v, const char *field)
{
	const cJSON *old = json_at(r->before, "spec.completionMode");
	if (r->before && old && v && !json_equal(old, v))
		invalid(r, field, v, "field is immutable");
}

/* Metadata. -------------------------------------------------------------------------------------------------------------- */
static void kubernetes_rules_check_name(struct rules *r, const cJSON *v, const char *field)
{
	const char *kind = r->resource->kind;
	if (!*text_of(v))
		required(r, field, "name or generateName is required");
	else if (!strcmp(kind, "Namespace"))
		check_label(r, v, field);
	else if (!strcmp(kind, "Service"))
		check_dns1035(r, v, field);
	else
		check_subdomain(r, v, field);
	if (!strcmp(kind, "CronJob") && strlen(text_of(v)) > 52)
		invalid(r, field, v, "must be no more than 52 characters");
}

static void check_kept(struct rules *r, const cJSON *v, const char *field)
{
	const cJSON *old = json_at(r->before, field);
	if (old && !json_equal(old, v))
		invalid(r, field, v, "field is immutable");
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
    {"meta", "metadata.labels", IF_THERE, check_labels, NULL},
    {"meta", "metadata.annotations", IF_THERE, check_annotations, NULL},
    {"meta", "metadata.uid", IF_THERE, check_kept, NULL},

    {"ConfigMap", "data", IF_THERE, check_data, NULL},
    {"ConfigMap", "binaryData", IF_THERE, check_data, NULL},
    {"ConfigMap", "data", ALWAYS, check_immutable_data, NULL},
    {"Secret", "type", ALWAYS, check_secret_type, NULL},
    {"Secret", "data", IF_THERE, check_data, NULL},
    {"Secret", "data", ALWAYS, check_immutable_data, NULL},

    {"Service", "spec", ALWAYS, check_service, NULL},
    {"Service", "spec.ports[]", IF_THERE, NULL, "servicePort"},
    {"Service", "spec.selector", IF_THERE, check_labels, NULL},
    {"Service", "spec.sessionAffinity", IF_THERE, NULL, "ClientIP|None"},
    {"Service", "spec.clusterIP", IF_THERE, check_cluster_ip, NULL},
    {"Service", "spec.type", IF_THERE, NULL, "ClusterIP|ExternalName|LoadBalancer|NodePort"},
    {"Service", "spec.ports[].nodePort", IF_THERE, check_node_port, NULL},
    {"Service", "spec.ports", IF_THERE, check_service_ports, NULL},
    {"Service", "spec.LoadBalancerSourceRanges[]", IF_THERE, check_cidr, NULL},
    {"Service", "spec.externalTrafficPolicy", IF_THERE, NULL, "Cluster|Local"},
    {"Service", "spec.internalTrafficPolicy", IF_THERE, NULL, "Cluster|Local"},
    {"servicePort", "", ALWAYS, check_service_port_name, NULL},
    {"servicePort", "port", ALWAYS, check_port, NULL},
    {"servicePort", "protocol", IF_THERE, NULL, "SCTP|TCP|UDP"},
    {"servicePort", "targetPort", ALWAYS, check_port_or_name, NULL},

    {"Deployment", "spec.replicas", IF_THERE, check_not_negative, NULL},
    {"Deployment", "spec.selector", ALWAYS, check_template_selector, NULL},
    {"Deployment", "spec.template", ALWAYS, NULL, "template"},
    {"Deployment", "spec.template.spec.restartPolicy", IF_THERE, check_always_restart, NULL},
    {"Deployment", "spec.strategy", ALWAYS, check_strategy, NULL},
    {"Deployment", "spec.minReadySeconds", IF_THERE, check_not_negative, NULL},
    {"Deployment", "spec.revisionHistoryLimit", IF_THERE, check_not_negative, NULL},
    {"Deployment", "spec.progressDeadlineSeconds", IF_THERE, check_deadline, NULL},
    {"Deployment", "spec.selector", IF_THERE, check_selector_kept, NULL},
    {"ReplicaSet", "spec.selector", ALWAYS, check_template_selector, NULL},
    {"ReplicaSet", "spec.template", ALWAYS, NULL, "template"},

    {"Job", "spec", ALWAYS, NULL, "job"},
    {"Job", "spec.completions", IF_THERE, check_completions_kept, NULL},
    {"Job", "spec.selector", IF_THERE, check_selector_kept, NULL},
    {"Job", "spec.template", ALWAYS, check_template_kept, NULL},
    {"Job", "spec.completionMode", IF_THERE, check_mode_kept, NULL},
    {"job", "parallelism", IF_THERE, check_not_negative, NULL},
    {"job", "completions", IF_THERE, check_not_negative, NULL},
    {"job", "activeDeadlineSeconds", IF_THERE, check_not_negative, NULL},
    {"job", "backoffLimit", IF_THERE, check_not_negative, NULL},
    {"job", "ttlSecondsAfterFinished", IF_THERE, check_not_negative, NULL},
    {"job", "completionMode", IF_THERE, NULL, "NonIndexed|Indexed"},
    {"job", "template", ALWAYS, NULL, "template"},
    {"job", "template.spec.restartPolicy", ALWAYS, check_job_restart, NULL},
    {"CronJob", "spec.schedule", ALWAYS, check_schedule, NULL},
    {"CronJob", "spec.startingDeadlineSeconds", IF_THERE, check_not_negative, NULL},
    {"CronJob", "spec.timeZone", IF_THERE, check_time_zone, NULL},
    {"CronJob", "spec.concurrencyPolicy", IF_THERE, NULL, "Allow|Forbid|Replace"},
    {"CronJob", "spec.jobTemplate.spec", ALWAYS, NULL, "job"},
    {"CronJob", "spec.successfulJobsHistoryLimit", IF_THERE, check_not_negative, NULL},
    {"CronJob", "spec.failedJobsHistoryLimit", IF_THERE, check_not_negative, NULL},

    {"Pod", "spec", ALWAYS, NULL, "pod"},
    {"template", "", ALWAYS, check_template_meta, NULL},
    {"template", "spec", ALWAYS, NULL, "pod"},
    {"pod", "volumes[]", IF_THERE, NULL, "volume"},
    {"pod", "volumes", IF_THERE, check_names_unique, NULL},
    {"pod", "containers", ALWAYS, check_containers_there, NULL},
    {"pod", "containers[]", IF_THERE, NULL, "container"},
    {"pod", "containers", IF_THERE, check_names_unique, NULL},
    {"pod", "initContainers[]", IF_THERE, NULL, "container"},
    {"pod", "initContainers", IF_THERE, check_names_unique, NULL},
    {"pod", "restartPolicy", IF_THERE, NULL, "Always|OnFailure|Never"},
    {"pod", "dnsPolicy", IF_THERE, NULL, "ClusterFirstWithHostNet|ClusterFirst|Default|None"},
    {"pod", "nodeSelector", IF_THERE, check_labels, NULL},
    {"pod", "serviceAccountName", IF_THERE, check_subdomain, NULL},
    {"pod", "hostname", IF_THERE, check_label, NULL},
    {"pod", "subdomain", IF_THERE, check_label, NULL},
    {"volume", "name", OTHERWISE_REQUIRED, check_label, NULL},
    {"volume", "", ALWAYS, check_volume, NULL},
    {"container", "name", OTHERWISE_REQUIRED, check_label, NULL},
    {"container", "image", OTHERWISE_REQUIRED, NULL, NULL},
    {"container", "terminationMessagePolicy", IF_THERE, NULL, "File|FallbackToLogsOnError"},
    {"container", "ports[]", IF_THERE, NULL, "containerPort"},
    {"container", "env[]", IF_THERE, NULL, "env"},
    {"container", "volumeMounts[]", IF_THERE, check_mount, NULL},
    {"container", "volumeMounts", IF_THERE, check_mounts_unique, NULL},
    {"container", "imagePullPolicy", IF_THERE, NULL, "Always|IfNotPresent|Never"},
    {"container", "resources", IF_THERE, kubernetes_rules_check_resources, NULL},
    {"container", "livenessProbe", IF_THERE, kubernetes_rules_check_probe, NULL},
    {"container", "readinessProbe", IF_THERE, kubernetes_rules_check_probe, NULL},
    {"container", "startupProbe", IF_THERE, kubernetes_rules_check_probe, NULL},
    {"containerPort", "name", IF_THERE, check_port_name, NULL},
    {"containerPort", "containerPort", OTHERWISE_REQUIRED, check_port, NULL},
    {"containerPort", "protocol", IF_THERE, NULL, "SCTP|TCP|UDP"},
    {"env", "name", OTHERWISE_REQUIRED, check_env_name, NULL},
    {"env", "", ALWAYS, check_env_source, NULL},

    {"Ingress", "spec", ALWAYS, check_ingress, NULL},
    {"Ingress", "spec.defaultBackend", IF_THERE, check_ingress_backend, NULL},
    {"Ingress", "spec.rules[]", IF_THERE, NULL, "ingressRule"},
    {"Ingress", "spec.tls[].hosts[]", IF_THERE, check_host, NULL},
    {"Ingress", "spec.tls[].secretName", IF_THERE, check_subdomain, NULL},
    {"Ingress", "spec.ingressClassName", IF_THERE, check_subdomain, NULL},
    {"ingressRule", "host", IF_THERE, check_host, NULL},
    {"ingressRule", "http", IF_THERE, check_paths_there, NULL},
    {"ingressRule", "http.paths[]", IF_THERE, check_ingress_path, NULL},

    {"ManagedCertificate", "spec.domains[]", IF_THERE, check_managed_domain, NULL},
    {"NetworkPolicy", "spec.podSelector", IF_THERE, check_selector, NULL},
    {"NetworkPolicy", "spec.ingress[].ports[]", IF_THERE, NULL, "policyPort"},
    {"NetworkPolicy", "spec.ingress[].from[]", IF_THERE, check_peer, NULL},
    {"NetworkPolicy", "spec.ingress[].from[].ipBlock.cidr", IF_THERE, check_cidr, NULL},
    {"NetworkPolicy", "spec.egress[].ports[]", IF_THERE, NULL, "policyPort"},
    {"NetworkPolicy", "spec.egress[].to[]", IF_THERE, check_peer, NULL},
    {"NetworkPolicy", "spec.egress[].to[].ipBlock.cidr", IF_THERE, check_cidr, NULL},
    {"NetworkPolicy", "spec.policyTypes", IF_THERE, check_policy_types, NULL},
    {"policyPort", "protocol", IF_THERE, NULL, "SCTP|TCP|UDP"},
    {"policyPort", "port", IF_THERE, check_port_or_name, NULL},
    {"PodDisruptionBudget", "spec", ALWAYS, check_budget, NULL},
    {"PodDisruptionBudget", "spec.minAvailable", IF_THERE, check_int_or_percent, NULL},
    {"PodDisruptionBudget", "spec.maxUnavailable", IF_THERE, check_int_or_percent, NULL},
    {"PodDisruptionBudget", "spec.selector", IF_THERE, check_selector, NULL},
};

static void walk_scope(struct rules *r, const char *scope, const cJSON *v, const char *field);

static void check_one_of(struct rules *r, const cJSON *v, const char *field, const char *values)
{
	struct buf b = {0};
	for (const char *p = values; *p; p += strcspn(p, "|"), p += *p == '|') {
		size_t len = strcspn(p, "|");
		if (strlen(text_of(v)) == len && !strncmp(text_of(v), p, len)) {
			buf_free(&b);
			return;
		}
		buf_printf(&b, "%s\"%.*s\"", b.len ? ", " : "", (int)len, p);
	}
	complain(r, field, "FieldValueNotSupported", "Unsupported value: \"%s\": supported values: %s", text_of(v),
		 buf_text(&b));
	buf_free(&b);
}

static void judge(struct rules *r, const struct row *row, const cJSON *v, const char *field)
{
	bool there = v && !cJSON_IsNull(v) &&
		     !(row->when == OTHERWISE_REQUIRED &&
		       ((cJSON_IsString(v) && !*v->valuestring) || (cJSON_IsNumber(v) && v->valuedouble == 0)));
	if (!there && row->when == OTHERWISE_REQUIRED)
		required(r, field, "");
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
		complain(r, field, "FieldValueTypeInvalid", "Invalid value: \"%s\": %s in body must be of type %s: \"%s\"", is,
			 field, names[s->what], is);
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
			required(r, at, "");
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
