/* Complaints of a cluster's API server, and its rules for names, ports and metadata. */
#include "config.h"

#include "sim/api/kubernetes_rules.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789"

void rule_broken(struct rules *r, const char *field, const char *reason, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *message = xvasprintf(format, args);
	va_end(args);
	cJSON_AddItemToArray(r->causes, json_make("{'reason':%s,'message':%s,'field':%s}", reason, message, field));
	free(message);
}

void rule_invalid(struct rules *r, const char *field, const cJSON *value, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *why = xvasprintf(format, args), *text = value ? json_text(value, -1) : xstrdup("null");
	va_end(args);
	rule_broken(r, field, "FieldValueInvalid", "Invalid value: %s%s: %s", cJSON_IsObject(value) ? "map[string]string" : "",
		    text, why);
	free(why);
	free(text);
}

void rule_required(struct rules *r, const char *field, const char *more)
{
	rule_broken(r, field, "FieldValueRequired", "Required value%s%s", more && *more ? ": " : "", more ? more : "");
}

void rule_forbidden(struct rules *r, const char *field, const char *why)
{
	rule_broken(r, field, "FieldValueForbidden", "Forbidden: %s", why);
}

const char *rule_text(const cJSON *v)
{
	return cJSON_IsString(v) ? v->valuestring : "";
}

double rule_number(const cJSON *v)
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
	if (strlen(rule_text(v)) > most)
		rule_invalid(r, field, v, "must be no more than %zu characters", most);
}

void rule_label(struct rules *r, const cJSON *v, const char *field)
{
	too_long(r, field, v, 63);
	if (!is_label(rule_text(v), strlen(rule_text(v))) && is_subdomain(rule_text(v)))
		rule_invalid(r, field, v, "must not contain dots");
	else if (!is_label(rule_text(v), strlen(rule_text(v))))
		rule_invalid(
		    r, field, v,
		    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
		    "and end with an "
		    "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
		    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')");
}

void rule_subdomain(struct rules *r, const cJSON *v, const char *field)
{
	too_long(r, field, v, 253);
	if (!is_subdomain(rule_text(v)))
		rule_invalid(
		    r, field, v,
		    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
		    "must start and end with an "
		    "alphanumeric character (e.g. 'example.com', regex used for validation is "
		    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
}

void rule_dns1035(struct rules *r, const cJSON *v, const char *field)
{
	const char *t = rule_text(v);
	too_long(r, field, v, 63);
	if (!is_label(t, strlen(t)) || (*t >= '0' && *t <= '9'))
		rule_invalid(
		    r, field, v,
		    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
		    "character, and end with an "
		    "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
		    "'[a-z]([-a-z0-9]*[a-z0-9])?')");
}

void rule_host(struct rules *r, const cJSON *v, const char *field)
{
	const char *t = rule_text(v);
	if (*t && strspn(t, "0123456789.") == strlen(t))
		rule_invalid(r, field, v, "must be a DNS name, not an IP address");
	if (!strchr(t, '*'))
		rule_subdomain(r, v, field);
	else if (!text_starts(t, "*.") || !is_subdomain(t + 2))
		rule_invalid(
		    r, field, v,
		    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must "
		    "consist of lower case "
		    "alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', "
		    "regex used for validation is "
		    "'\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
}

void rule_port_name(struct rules *r, const cJSON *v, const char *field)
{
	const char *t = rule_text(v);
	size_t len = strlen(t);
	if (len > 15)
		rule_invalid(r, field, v, "must be no more than 15 characters");
	if (strspn(t, LOWER "-") != len)
		rule_invalid(r, field, v, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
	else if (strspn(t, "0123456789-") == len)
		rule_invalid(r, field, v, "must contain at least one letter (a-z)");
	else if (strstr(t, "--"))
		rule_invalid(r, field, v, "must not contain consecutive hyphens");
	else if (*t == '-' || t[len - 1] == '-')
		rule_invalid(r, field, v, "must not begin or end with a hyphen");
}

void rule_port(struct rules *r, const cJSON *v, const char *field)
{
	if (rule_number(v) < 1 || rule_number(v) > 65535)
		rule_invalid(r, field, v, "must be between 1 and 65535, inclusive");
}

void rule_port_or_name(struct rules *r, const cJSON *v, const char *field)
{
	if (cJSON_IsString(v))
		rule_port_name(r, v, field);
	else
		rule_port(r, v, field);
}

void rule_not_negative(struct rules *r, const cJSON *v, const char *field)
{
	if (rule_number(v) < 0)
		rule_invalid(r, field, v, "must be greater than or equal to 0");
}

static void check_key(struct rules *r, const char *key, const char *field)
{
	const char *slash = strchr(key, '/'), *name = slash ? slash + 1 : key;
	size_t len = strlen(name);
	cJSON *v = cJSON_CreateString(key);
	if (slash) {
		const char *prefix = sim_tmp("%.*s", (int)(slash - key), key);
		if (!*prefix)
			rule_invalid(r, field, v, "prefix part must be non-empty");
		else if (!is_subdomain(prefix))
			rule_invalid(r, field, v,
				     "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
				     "characters, '-' or '.', and must start and "
				     "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
				     "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
	}
	if (!len)
		rule_invalid(r, field, v, "name part must be non-empty");
	else if (len > 63)
		rule_invalid(r, field, v, "name part must be no more than 63 characters");
	if (!ends_well(name, len, ALNUM) || strspn(name, ALNUM "-_.") != len)
		rule_invalid(
		    r, field, v,
		    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
		    "alphanumeric character (e.g. "
		    "'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
		    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')");
	cJSON_Delete(v);
}

void rule_labels(struct rules *r, const cJSON *labels, const char *field)
{
	const cJSON *l;
	cJSON_ArrayForEach(l, labels) {
		const char *t = rule_text(l);
		size_t len = strlen(t);
		check_key(r, l->string, field);
		if (len > 63)
			rule_invalid(r, field, l, "must be no more than 63 characters");
		if (len && (!ends_well(t, len, ALNUM) || strspn(t, ALNUM "-_.") != len))
			rule_invalid(
			    r, field, l,
			    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
			    "must start and end with an "
			    "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
			    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')");
	}
}

void rule_annotations(struct rules *r, const cJSON *annotations, const char *field)
{
	const cJSON *a;
	size_t total = 0;
	cJSON_ArrayForEach(a, annotations) {
		char *lower = xstrdup(a->string);
		for (char *p = lower; *p; p++)
			*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
		check_key(r, lower, field);
		total += strlen(a->string) + strlen(rule_text(a));
		free(lower);
	}
	if (total > 262144)
		rule_broken(r, field, "FieldValueTooLong", "Too long: may not be more than 262144 bytes");
}
