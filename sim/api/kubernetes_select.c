/* Selectors of lists: labels with =, !=, in, notin, and whether a key is there; fields as far as each kind has them. */
#include "config.h"

#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Labels. ---------------------------------------------------------------------------------------------------------------- */
static const char *blanks(const char *p)
{
	return p + strspn(p, " ");
}

/* A word that is no sign; advances *p behind it. */
static char *word(const char **p)
{
	size_t len = strcspn(*p, " ,()=!<>");
	char *text = xstrndup(*p, len);
	*p = blanks(*p + len);
	return text;
}

/* One requirement, against a document's labels; *why when it cannot be read. */
static bool requirement(const char **p, const cJSON *labels, char **why)
{
	bool absent = **p == '!', good = false;
	*p = blanks(*p + absent);
	char *key = word(p);
	const cJSON *have = cJSON_GetObjectItemCaseSensitive(labels, key);
	const char *value = cJSON_IsString(have) ? have->valuestring : NULL;
	if (!*key) {
		*why = **p ? xasprintf("unable to parse requirement: found '%c', expected: !, identifier, or 'end of string'",
				       **p)
			   : xstrdup("unable to parse requirement: found '', expected: identifier");
	} else if (absent) {
		good = !value;
	} else if (!**p || **p == ',') {
		good = value != NULL;
	} else if (**p == '=' || text_starts(*p, "!=")) {
		bool differ = **p == '!';
		*p = blanks(*p + 1 + (differ || (*p)[1] == '='));
		if (**p && strchr("=!(", **p))
			*why = xasprintf("unable to parse requirement: found '%c', expected: identifier", **p);
		char *wanted = word(p);
		good = differ ? !value || strcmp(value, wanted) != 0 : value && !strcmp(value, wanted);
		free(wanted);
	} else {
		char *op = word(p);
		bool in = !strcmp(op, "in"), member = false;
		if ((!in && strcmp(op, "notin")) || **p != '(')
			*why = xasprintf("unable to parse requirement: found '%s', expected: in, notin, =, ==, !=, gt, lt",
					 *op ? op : *p);
		for (*p += **p == '('; !*why && **p && **p != ')'; *p = blanks(*p + (**p == ','))) {
			char *one = (*p = blanks(*p), word(p));
			member = member || (value && !strcmp(value, one));
			free(one);
		}
		*p = blanks(*p + (**p == ')'));
		good = in ? member : !member;
		free(op);
	}
	free(key);
	return good;
}

bool kubernetes_labels_match(const cJSON *labels, const char *selector, char **why)
{
	bool all = true;
	*why = NULL;
	for (const char *p = blanks(selector); *p && !*why; p = blanks(p)) {
		all = requirement(&p, labels, why) && all;
		if (!*why && *p && *p != ',')
			*why = xasprintf("unable to parse requirement: found '%c', expected: ',' or 'end of string'", *p);
		p += *p == ',';
	}
	return all && !*why;
}

/* Fields. ---------------------------------------------------------------------------------------------------------------- */
static const struct {
	const char *kind, *fields; /* besides name and namespace */
} selectable[] = {
    {"Pod", "spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName spec.hostNetwork status.phase "
	    "status.podIP status.nominatedNodeName"},
    {"Event", "involvedObject.kind involvedObject.namespace involvedObject.name involvedObject.uid involvedObject.apiVersion "
	      "involvedObject.resourceVersion involvedObject.fieldPath reason reportingComponent source type"},
    {"Namespace", "status.phase"},
    {"Secret", "type"},
    {"Service", "spec.clusterIP spec.type"},
    {"Job", "status.successful"},
    {"ReplicaSet", "status.replicas"},
    {"Node", "spec.unschedulable"},
};

static bool is_selectable(const char *kind, const char *field)
{
	size_t len = strlen(field);
	if (!strcmp(field, "metadata.name") || !strcmp(field, "metadata.namespace"))
		return true;
	for (size_t i = 0; i < sizeof selectable / sizeof *selectable; i++)
		for (const char *p = selectable[i].fields; !strcmp(selectable[i].kind, kind) && *p;
		     p += strcspn(p, " "), p += *p == ' ')
			if (strcspn(p, " ") == len && !strncmp(p, field, len))
				return true;
	return false;
}

static bool has_more(const char *kind)
{
	for (size_t i = 0; i < sizeof selectable / sizeof *selectable; i++)
		if (!strcmp(selectable[i].kind, kind))
			return true;
	return false;
}

bool kubernetes_fields_match(const char *kind, const cJSON *doc, const char *selector, char **why)
{
	bool all = true;
	*why = NULL;
	for (const char *p = selector; *p && !*why; p += strcspn(p, ","), p += *p == ',') {
		const char *term = sim_tmp("%.*s", (int)strcspn(p, ","), p);
		char *equals = strchr(term, '=');
		bool differ = equals && equals > term && equals[-1] == '!';
		const char *value = equals ? equals + 1 + (equals[1] == '=') : "";
		if (equals)
			*(differ ? equals - 1 : equals) = '\0';
		if (!equals) {
			*why = xasprintf("invalid selector: '%s'; can't understand '%s'", selector, term);
		} else if (!is_selectable(kind, term)) {
			*why = has_more(kind)
				   ? xasprintf("field label not supported: %s", term)
				   : xasprintf(
					 "\"%s\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
					 term);
		} else {
			const cJSON *have = json_at(doc, !strcmp(term, "source") ? "source.component" : term);
			bool same = !strcmp(cJSON_IsString(have) ? have->valuestring : "", value);
			all = all && same != differ;
		}
	}
	return all && !*why;
}
