/* Rules of a cluster's API server for pods and for what makes them. */
#include "config.h"

#include "sim/api/kubernetes_rules.h"
#include "sim/api/cron.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Whole parts that rows cannot say. --------------------------------------------------------------------------------------- */

/* As Go writes a label selector. */
char *rule_selector_text(const cJSON *s)
{
	const cJSON *labels = json_at(s, "matchLabels");
	char *text = labels ? json_text(labels, -1) : NULL;
	char *out = xasprintf(
	    "v1.LabelSelector{MatchLabels:map[string]string%s, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}",
	    text ? text : "(nil)");
	free(text);
	return out;
}

void rule_selector(struct rules *r, const cJSON *s, const char *field)
{
	const cJSON *e;
	const char *labels = sim_tmp("%s.matchLabels", field);
	int i = 0;
	rule_labels(r, json_at(s, "matchLabels"), labels);
	cJSON_ArrayForEach(e, json_at(s, "matchExpressions")) {
		const char *op = json_str(e, "operator", "");
		bool in = !strcmp(op, "In") || !strcmp(op, "NotIn"),
		     exists = !strcmp(op, "Exists") || !strcmp(op, "DoesNotExist");
		const char *values = sim_tmp("%s.matchExpressions[%d].values", field, i),
			   *operator= sim_tmp("%s.matchExpressions[%d].operator", field, i);
		i++;
		if (in && !json_at(e, "values.0"))
			rule_required(r, values, "must be specified when `operator` is 'In' or 'NotIn'");
		else if (exists && json_at(e, "values.0"))
			rule_forbidden(r, values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
		else if (!in && !exists)
			rule_invalid(r, operator, json_at(e, "operator"), "not a valid selector operator");
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
void rule_template_selector(struct rules *r, const cJSON *v, const char *field)
{
	const cJSON *labels = json_at(r->doc, "spec.template.metadata.labels");
	v = cJSON_IsNull(v) ? NULL : v;
	if (!v) {
		rule_required(r, field, "");
	} else {
		rule_selector(r, v, field);
		if (!json_at(v, "matchLabels") && !json_at(v, "matchExpressions.0")) {
			char *text = rule_selector_text(v);
			rule_broken(r, field, "FieldValueInvalid",
				    "Invalid value: %s: empty selector is invalid for deployment", text);
			free(text);
		}
	}
	if (labels && (!v || !v->child || !selects(v, labels)) && !(v && !v->child))
		rule_invalid(r, "spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
	else if (!labels && !(cJSON_IsObject(v) && !v->child))
		rule_broken(r, "spec.template.metadata.labels", "FieldValueInvalid",
			    "Invalid value: map[string]string(nil): `selector` does not match template `labels`");
}

void rule_names_unique(struct rules *r, const cJSON *list, const char *field)
{
	const cJSON *c, *other;
	int i = 0;
	cJSON_ArrayForEach(c, list) {
		const char *name = sim_tmp("%s[%d].name", field, i++);
		for (other = list->child; other != c; other = other->next)
			if (*json_str(c, "name", "") && !strcmp(json_str(other, "name", ""), json_str(c, "name", "-"))) {
				rule_broken(r, name, "FieldValueDuplicate", "Duplicate value: \"%s\"", json_str(c, "name", ""));
				break;
			}
	}
}

void rule_containers_there(struct rules *r, const cJSON *v, const char *field)
{
	if (!cJSON_IsArray(v) || !v->child)
		rule_required(r, field, "");
}

static const cJSON *pod_of(const struct rules *r)
{
	return kubernetes_pod_spec(r->resource->kind, r->doc);
}

void rule_mount(struct rules *r, const cJSON *mount, const char *field)
{
	const cJSON *v;
	bool found = false;
	cJSON_ArrayForEach(v, json_at(pod_of(r), "volumes"))
		found = found || !strcmp(json_str(v, "name", ""), json_str(mount, "name", "-"));
	const char *name = sim_tmp("%s.name", field), *path = sim_tmp("%s.mountPath", field);
	if (!*json_str(mount, "name", ""))
		rule_required(r, name, "");
	if (!found)
		rule_broken(r, name, "FieldValueNotFound", "Not found: \"%s\"", json_str(mount, "name", ""));
	if (!*json_str(mount, "mountPath", ""))
		rule_required(r, path, "");
}

void rule_mounts_unique(struct rules *r, const cJSON *list, const char *field)
{
	const cJSON *m, *other;
	int i = 0;
	cJSON_ArrayForEach(m, list) {
		const char *path = sim_tmp("%s[%d].mountPath", field, i++);
		for (other = list->child; other != m; other = other->next)
			if (!strcmp(json_str(other, "mountPath", ""), json_str(m, "mountPath", "-"))) {
				rule_invalid(r, path, json_at(m, "mountPath"), "must be unique");
				break;
			}
	}
}

/* Any printable name, as of 1.32. */
void rule_env_name(struct rules *r, const cJSON *v, const char *field)
{
	bool good = !strchr(rule_text(v), '=');
	for (const char *p = rule_text(v); *p; p++)
		good = good && *p >= ' ' && *p < 0x7f;
	if (!good)
		rule_invalid(
		    r, field, v,
		    "a valid environment variable name must consist only of printable ASCII characters other than '='");
}

void rule_env_source(struct rules *r, const cJSON *v, const char *field)
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
			rule_required(r, name, "");
		if (ref && !*json_str(ref, "key", ""))
			rule_required(r, key, "");
	}
	if (from && !count)
		rule_broken(r, path, "FieldValueInvalid",
			    "Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or "
			    "`secretKeyRef`");
	else if (from && *json_str(v, "value", ""))
		rule_broken(r, path, "FieldValueInvalid",
			    "Invalid value: \"\": may not be specified when `value` is not empty");
	else if (from && count > 1)
		rule_broken(r, path, "FieldValueInvalid",
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

void rule_resources(struct rules *r, const cJSON *v, const char *field)
{
	const cJSON *q;
	cJSON_ArrayForEach(q, json_at(v, "requests")) {
		const cJSON *limit = cJSON_GetObjectItemCaseSensitive(json_at(v, "limits"), q->string);
		const char *path = sim_tmp("%s.requests", field), *at = sim_tmp("%s.requests[%s]", field, q->string);
		if (quantity(rule_text(q)) < 0)
			rule_invalid(r, at, q, "must be greater than or equal to 0");
		if (limit && quantity(rule_text(q)) > quantity(rule_text(limit)))
			rule_invalid(r, path, q, "must be less than or equal to %s limit of %s", q->string, rule_text(limit));
	}
}

void rule_probe(struct rules *r, const cJSON *v, const char *field)
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
		rule_required(r, field, "must specify a handler type");
	else if (json_at(v, "httpGet"))
		rule_port_or_name(r, json_at(v, "httpGet.port"), port);
	for (size_t i = 0; i < 5; i++) {
		char *path = xasprintf("%s.%s", field, counts[i]);
		if (json_at(v, counts[i]))
			rule_not_negative(r, json_at(v, counts[i]), path);
		free(path);
	}
	if (json_num(v, "successThreshold", 1) != 1 && !text_ends(field, "readinessProbe")) {
		char *path = xasprintf("%s.successThreshold", field);
		rule_invalid(r, path, json_at(v, "successThreshold"), "must be 1");
		free(path);
	}
}

void rule_volume(struct rules *r, const cJSON *v, const char *field)
{
	int count = 0;
	for (const cJSON *s = v->child; s; s = s->next)
		count += strcmp(s->string, "name") != 0;
	if (!count)
		rule_required(r, field, "must specify a volume type");
	const char *secret = sim_tmp("%s.secret.secretName", field), *map = sim_tmp("%s.configMap.name", field);
	if (json_at(v, "secret") && !*json_str(v, "secret.secretName", ""))
		rule_required(r, secret, "");
	if (json_at(v, "configMap") && !*json_str(v, "configMap.name", ""))
		rule_required(r, map, "");
}

void rule_job_restart(struct rules *r, const cJSON *v, const char *field)
{
	const char *policy = rule_text(v);
	if (!*policy || !strcmp(policy, "Always"))
		rule_required(r, field, "valid values: \"OnFailure\", \"Never\"");
	else if (strcmp(policy, "Never") && strcmp(policy, "OnFailure"))
		rule_broken(r, field, "FieldValueNotSupported",
			    "Unsupported value: \"%s\": supported values: \"OnFailure\", \"Never\"", policy);
}

void rule_always_restart(struct rules *r, const cJSON *v, const char *field)
{
	if (strcmp(rule_text(v), "Always"))
		rule_broken(r, field, "FieldValueNotSupported", "Unsupported value: \"%s\": supported values: \"Always\"",
			    rule_text(v));
}

static bool is_zero(const cJSON *v)
{
	return v && (cJSON_IsString(v) ? atoi(v->valuestring) == 0 : v->valuedouble == 0);
}

/* Said of the template as if it had no metadata between. */
void rule_template_meta(struct rules *r, const cJSON *v, const char *field)
{
	const char *labels = sim_tmp("%s.labels", field), *annotations = sim_tmp("%s.annotations", field);
	rule_labels(r, json_at(v, "metadata.labels"), labels);
	rule_annotations(r, json_at(v, "metadata.annotations"), annotations);
}

void rule_int_or_percent(struct rules *r, const cJSON *v, const char *field)
{
	const char *t = rule_text(v);
	size_t digits = strspn(t, "0123456789");
	if (cJSON_IsString(v) && (!digits || strcmp(t + digits, "%")))
		rule_broken(
		    r, field, "FieldValueInvalid",
		    "Invalid value: intstr.IntOrString{Type:1, IntVal:0, StrVal:\"%s\"}: a valid percent string must be a "
		    "numeric "
		    "string followed by an ending '%%' (e.g. '1%%',  or '93%%', regex used for validation is '[0-9]+%%')",
		    t);
	else if (!cJSON_IsString(v))
		rule_not_negative(r, v, field);
}

void rule_strategy(struct rules *r, const cJSON *v, const char *field)
{
	const char *type = json_str(v, "type", "");
	const char *rolling = sim_tmp("%s.rollingUpdate", field), *unavailable = sim_tmp("%s.maxUnavailable", rolling),
		   *surge = sim_tmp("%s.maxSurge", rolling);
	if (!strcmp(type, "Recreate") && json_at(v, "rollingUpdate"))
		rule_forbidden(r, rolling, "may not be specified when strategy `type` is 'Recreate'");
	if (!strcmp(type, "RollingUpdate")) {
		rule_int_or_percent(r, json_at(v, "rollingUpdate.maxUnavailable"), unavailable);
		rule_int_or_percent(r, json_at(v, "rollingUpdate.maxSurge"), surge);
		if (is_zero(json_at(v, "rollingUpdate.maxUnavailable")) && is_zero(json_at(v, "rollingUpdate.maxSurge"))) {
			const cJSON *n = json_at(v, "rollingUpdate.maxUnavailable");
			rule_broken(r, unavailable, "FieldValueInvalid",
				    "Invalid value: intstr.IntOrString{Type:%d, IntVal:%d, StrVal:\"%s\"}: may not be 0 when "
				    "`maxSurge` is 0",
				    cJSON_IsString(n), (int)rule_number(n), rule_text(n));
		}
	} else if (strcmp(type, "Recreate")) {
		rule_broken(r, field, "FieldValueNotSupported",
			    "Unsupported value: apps.DeploymentStrategy{Type:\"%s\", "
			    "RollingUpdate:(*apps.RollingUpdateDeployment)(nil)}: "
			    "supported values: \"Recreate\", \"RollingUpdate\"",
			    type);
	}
}

void rule_deadline(struct rules *r, const cJSON *v, const char *field)
{
	rule_not_negative(r, v, field);
	if (rule_number(v) <= json_num(r->doc, "spec.minReadySeconds", 0))
		rule_invalid(r, field, v, "must be greater than minReadySeconds");
}

/* The next field of a cron line behind this one. */
static const char *next_field(const char *p)
{
	p += strcspn(p, " ");
	return p + strspn(p, " ");
}

/* Five fields are wanted; false when there are others. */
static bool has_five(struct rules *r, const cJSON *v, const char *field)
{
	struct buf list = {0};
	const char *t = rule_text(v);
	int n = 0;
	for (const char *p = t + strspn(t, " "); *p; p = next_field(p), n++)
		buf_printf(&list, "%s%.*s", n ? " " : "", (int)strcspn(p, " "), p);
	if (n != 5)
		rule_invalid(r, field, v, "expected exactly 5 fields, found %d: [%s]", n, buf_text(&list));
	buf_free(&list);
	return n == 5;
}

/* The first word of the n-th field. */
static void rule_cron_field(struct rules *r, const cJSON *v, const char *field, const char *word, int n)
{
	static const struct {
		const char *name;
		int low, high;
	} parts[] = {{"minute", 0, 59}, {"hour", 0, 23}, {"day", 1, 31}, {"month", 1, 12}, {"weekday", 0, 6}};
	bool number = *word && !word[strspn(word, "0123456789")];
	if (number && atoi(word) > parts[n].high)
		rule_invalid(r, field, v, "end of range (%s) above maximum (%d): %s", word, parts[n].high, word);
	else if (number && atoi(word) < parts[n].low)
		rule_invalid(r, field, v, "beginning of range (%s) below minimum (%d): %s", word, parts[n].low, word);
	else if (!number && strcmp(word, "*") && strcmp(word, "?") && n < 3)
		rule_invalid(r, field, v, "failed to parse int from %s: strconv.Atoi: parsing \"%s\": invalid syntax", word,
			     word);
}

/* A standard cron line: five fields, or one of the names. */
void rule_schedule(struct rules *r, const cJSON *v, const char *field)
{
	static const char *const names[] = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"};
	const char *t = rule_text(v);
	if (!*t) {
		rule_required(r, field, "");
		return;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(t, names[i]))
			return;
	if (text_starts(t, "@every "))
		return;
	if (*t == '@') {
		rule_invalid(r, field, v, "unrecognized descriptor: %s", t);
		return;
	}
	if (!has_five(r, v, field))
		return;
	int n = 0;
	for (const char *p = t + strspn(t, " "); *p && (!n || !r->causes->child); p = next_field(p), n++)
		rule_cron_field(r, v, field, sim_tmp("%.*s", (int)strcspn(p, " ,-/"), p), n);
}

void rule_time_zone(struct rules *r, const cJSON *v, const char *field)
{
	if (!strcasecmp(rule_text(v), "Local"))
		rule_invalid(r, field, v,
			     "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
	else if (!cron_zone_there(rule_text(v)))
		rule_invalid(r, field, v, "unknown time zone %s", rule_text(v));
}
