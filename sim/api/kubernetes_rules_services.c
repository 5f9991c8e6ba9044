/* Rules of a cluster's API server for Services, Ingresses, data and policies. */
#include "config.h"

#include "sim/api/kubernetes_rules.h"

#include "base/json.h"
#include "base/text.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

void rule_service(struct rules *r, const cJSON *spec, const char *field)
{
	const char *type = json_str(spec, "type", ""), *external = json_str(spec, "externalName", "");
	bool headless = !strcmp(json_str(spec, "clusterIP", ""), "None"), named = !strcmp(type, "ExternalName");
	(void)field;
	if (!json_at(spec, "ports.0") && !headless && !named)
		rule_required(r, "spec.ports", "");
	if (named && !*external)
		rule_required(r, "spec.externalName", "");
	else if (named)
		rule_subdomain(r, json_at(spec, "externalName"), "spec.externalName");
}

void rule_service_ports(struct rules *r, const cJSON *list, const char *field)
{
	const cJSON *p, *other;
	int i = 0;
	cJSON_ArrayForEach(p, list) {
		const char *at = sim_tmp("%s[%d]", field, i++);
		for (other = list->child; other != p; other = other->next)
			if (json_num(other, "port", 0) == json_num(p, "port", -1) &&
			    !strcmp(json_str(other, "protocol", ""), json_str(p, "protocol", "")))
				rule_broken(r, at, "FieldValueDuplicate",
					    "Duplicate value: core.ServicePort{Name:\"\", Protocol:\"%s\", "
					    "AppProtocol:(*string)(nil), Port:%d, "
					    "TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:\"\"}, NodePort:0}",
					    json_str(p, "protocol", ""), (int)json_num(p, "port", 0));
	}
}

void rule_service_port_name(struct rules *r, const cJSON *port, const char *field)
{
	const char *name = sim_tmp("%s.name", field);
	if (json_at(port, "name"))
		rule_label(r, json_at(port, "name"), name);
	else if (json_at(r->doc, "spec.ports.1"))
		rule_required(r, name, "");
}

void rule_node_port(struct rules *r, const cJSON *v, const char *field)
{
	if (!strcmp(json_str(r->doc, "spec.type", ""), "ClusterIP"))
		rule_forbidden(r, field, "may not be used when `type` is 'ClusterIP'");
	else if (rule_number(v) < 30000 || rule_number(v) > 32767)
		rule_invalid(r, field, v, "provided port is not in the valid range. The range of valid ports is 30000-32767");
}

void rule_cluster_ip(struct rules *r, const cJSON *v, const char *field)
{
	const cJSON *old = json_at(r->before, "spec.clusterIP");
	unsigned a, b, c, d;
	char more;
	(void)field;
	if (old && cJSON_IsString(v) && strcmp(rule_text(old), rule_text(v)))
		rule_broken(r, "spec.clusterIPs[0]", "FieldValueInvalid",
			    "Invalid value: []string{\"%s\"}: may not change once set", rule_text(v));
	else if (cJSON_IsString(v) && strcmp(rule_text(v), "None") &&
		 sscanf(rule_text(v), "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &more) != 4)
		rule_broken(r, "spec.clusterIPs[0]", "FieldValueInvalid",
			    "Invalid value: \"%s\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
			    rule_text(v));
}

void rule_ingress(struct rules *r, const cJSON *spec, const char *field)
{
	if (!json_at(spec, "defaultBackend") && !json_at(spec, "rules.0"))
		rule_broken(
		    r, field, "FieldValueInvalid",
		    "Invalid value: []networking.IngressRule(nil): either `defaultBackend` or `rules` must be specified");
}

void rule_ingress_backend(struct rules *r, const cJSON *b, const char *field)
{
	const cJSON *service = json_at(b, "service");
	const char *name = sim_tmp("%s.service.name", field), *number = sim_tmp("%s.service.port.number", field),
		   *port = sim_tmp("%s.service.port.name", field);
	bool has_name = *json_str(b, "service.port.name", "") != 0, has_number = json_num(b, "service.port.number", 0) != 0;
	if (service && json_at(b, "resource")) {
		rule_broken(r, field, "FieldValueInvalid",
			    "Invalid value: \"\": cannot set both resource and service backends");
	} else if (service) {
		if (!*json_str(service, "name", ""))
			rule_required(r, name, "");
		else
			rule_dns1035(r, json_at(service, "name"), name);
		if (has_name && has_number)
			rule_broken(r, field, "FieldValueInvalid",
				    "Invalid value: \"\": cannot set both port name & port number");
		else if (has_name)
			rule_port_name(r, json_at(b, "service.port.name"), port);
		else if (has_number)
			rule_port(r, json_at(b, "service.port.number"), number);
		else
			rule_required(r, field, "port name or number is required");
	} else if (!json_at(b, "resource")) {
		rule_broken(r, field, "FieldValueInvalid", "Invalid value: \"\": resource or service backend is required");
	}
}

void rule_ingress_path(struct rules *r, const cJSON *p, const char *field)
{
	static const char *const sequences[] = {"//", "/./", "/../", "%2f", "%2F"}, *const suffixes[] = {"/..", "/."};
	const char *type = json_str(p, "pathType", NULL), *path = json_str(p, "path", "");
	const char *at = sim_tmp("%s.path", field), *kind = sim_tmp("%s.pathType", field),
		   *backend = sim_tmp("%s.backend", field);
	cJSON *v = cJSON_CreateString(path);
	bool strict = type && (!strcmp(type, "Exact") || !strcmp(type, "Prefix")),
	     loose = type && !strcmp(type, "ImplementationSpecific");
	if (!type) {
		rule_required(r, kind, "pathType must be specified");
	} else {
		if ((strict || (loose && *path)) && *path != '/')
			rule_invalid(r, at, v, "must be an absolute path");
		for (size_t i = 0; strict && i < 5; i++)
			if (strstr(path, sequences[i]))
				rule_invalid(r, at, v, "must not contain '%s'", sequences[i]);
		for (size_t i = 0; strict && i < 2; i++)
			if (text_ends(path, suffixes[i]))
				rule_invalid(r, at, v, "cannot end with '%s'", suffixes[i]);
		if (!strict && !loose)
			rule_broken(
			    r, kind, "FieldValueNotSupported",
			    "Unsupported value: \"%s\": supported values: \"Exact\", \"ImplementationSpecific\", \"Prefix\"",
			    type);
		rule_ingress_backend(r, json_at(p, "backend"), backend);
	}
	cJSON_Delete(v);
}

void rule_paths_there(struct rules *r, const cJSON *http, const char *field)
{
	const char *paths = sim_tmp("%s.paths", field);
	if (!json_at(http, "paths.0"))
		rule_required(r, paths, "");
}

/* The pattern of the custom resource's schema. */
void rule_managed_domain(struct rules *r, const cJSON *v, const char *field)
{
	static const char pattern[] =
	    "^(([a-zA-Z0-9]+|[a-zA-Z0-9][-a-zA-Z0-9]*[a-zA-Z0-9])\\.)+[a-zA-Z][-a-zA-Z0-9]*[a-zA-Z0-9]\\.?$";
	regex_t compiled;
	if (!cJSON_IsString(v) || regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
		return;
	if (strlen(rule_text(v)) > 63)
		rule_broken(r, field, "FieldValueTooLong", "Too long: may not be more than 63 bytes");
	if (regexec(&compiled, rule_text(v), 0, NULL, 0))
		rule_invalid(r, field, v, "%s in body should match '%s'", field, pattern);
	regfree(&compiled);
}

void rule_data(struct rules *r, const cJSON *data, const char *field)
{
	const cJSON *d;
	cJSON_ArrayForEach(d, data) {
		size_t len = strlen(d->string);
		const char *path = sim_tmp("%s[%s]", field, d->string);
		cJSON *key = cJSON_CreateString(d->string);
		if (len > 253)
			rule_invalid(r, path, key, "must be no more than 253 characters");
		if (!len || strspn(d->string, ALNUM "-_.") != len)
			rule_invalid(
			    r, path, key,
			    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name', "
			    " or 'KEY_NAME',  or 'key-name', "
			    "regex used for validation is '[-._a-zA-Z0-9]+')");
		else if (!strcmp(d->string, ".") || !strcmp(d->string, ".."))
			rule_invalid(r, path, key, "must not be '%s'", d->string);
		cJSON_Delete(key);
	}
}

void rule_immutable_data(struct rules *r, const cJSON *v, const char *field)
{
	(void)v;
	(void)field;
	if (!json_bool(r->before, "immutable", false))
		return;
	if (!json_bool(r->doc, "immutable", false))
		rule_forbidden(r, "immutable", "field is immutable when `immutable` is set");
	const cJSON *a = json_at(r->before, "data"), *b = json_at(r->doc, "data");
	if ((a || b) && !(a && b && json_equal(a, b)))
		rule_forbidden(r, "data", "field is immutable when `immutable` is set");
}

void rule_secret_type(struct rules *r, const cJSON *v, const char *field)
{
	static const struct {
		const char *type, *keys[3];
	} kinds[] = {{"kubernetes.io/tls", {"tls.crt", "tls.key", NULL}},
		     {"kubernetes.io/dockerconfigjson", {".dockerconfigjson", NULL, NULL}},
		     {"kubernetes.io/ssh-auth", {"ssh-privatekey", NULL, NULL}}};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		for (size_t n = 0; !strcmp(kinds[i].type, rule_text(v)) && kinds[i].keys[n]; n++) {
			const char *path = sim_tmp("data[%s]", kinds[i].keys[n]);
			if (!cJSON_GetObjectItemCaseSensitive(json_at(r->doc, "data"), kinds[i].keys[n]))
				rule_required(r, path, "");
		}
	if (r->before && strcmp(json_str(r->before, "type", ""), rule_text(v)))
		rule_invalid(r, field, v, "field is immutable");
}

void rule_budget(struct rules *r, const cJSON *spec, const char *field)
{
	if (json_at(spec, "minAvailable") && json_at(spec, "maxUnavailable"))
		rule_broken(
		    r, field, "FieldValueInvalid",
		    "Invalid value: policy.PodDisruptionBudgetSpec{DUMP}: minAvailable and maxUnavailable cannot be both set");
}

void rule_policy_types(struct rules *r, const cJSON *list, const char *field)
{
	const cJSON *t;
	int i = 0;
	cJSON_ArrayForEach(t, list) {
		const char *path = sim_tmp("%s[%d]", field, i++);
		if (strcmp(rule_text(t), "Ingress") && strcmp(rule_text(t), "Egress"))
			rule_broken(r, path, "FieldValueNotSupported",
				    "Unsupported value: \"%s\": supported values: \"Ingress\", \"Egress\"", rule_text(t));
	}
}

void rule_cidr(struct rules *r, const cJSON *v, const char *field)
{
	unsigned a, b, c, d, bits;
	char more;
	if (!strchr(rule_text(v), ':') && (sscanf(rule_text(v), "%3u.%3u.%3u.%3u/%2u%c", &a, &b, &c, &d, &bits, &more) != 5 ||
					   a > 255 || b > 255 || c > 255 || d > 255 || bits > 32))
		rule_invalid(r, field, v, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
}

void rule_peer(struct rules *r, const cJSON *v, const char *field)
{
	int others = (json_at(v, "podSelector") != NULL) + (json_at(v, "namespaceSelector") != NULL);
	if (others && json_at(v, "ipBlock"))
		rule_forbidden(r, field, "may not specify both ipBlock and another peer");
	if (!others && !json_at(v, "ipBlock"))
		rule_required(r, field, "must specify a peer");
}
