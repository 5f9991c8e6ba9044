/* References between resources: ${ID.path} in a spec becomes an output of the resource ID. */
#include "config.h"
#include "plan/plan.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* The output that "ID.path" (len bytes) names, or NULL with e set. Ids have slashes and no dots. */
static const cJSON *output_at(const cJSON *outputs, const char *reference, size_t len, struct err *e)
{
	char *id = xstrndup(reference, len), *dot = strchr(id, '.');
	if (dot)
		*dot = '\0';
	const cJSON *of = cJSON_GetObjectItemCaseSensitive(outputs, id), *value = of && dot ? json_at(of, dot + 1) : NULL;
	if (!value && !e->exit)
		err_set(e, EXIT_BUG, NULL, NULL, _("nothing is known of %.*s yet."), (int)len, reference);
	free(id);
	return value;
}

/* Replaces the references inside a longer text; NULL when one is not known. */
static cJSON *resolve_text(const char *text, const cJSON *outputs, struct err *e)
{
	struct buf b = {0};
	for (const char *at; (at = strstr(text, "${")); text = at + 2 + strcspn(at + 2, "}") + 1) {
		buf_add(&b, text, (size_t)(at - text));
		const cJSON *value = output_at(outputs, at + 2, strcspn(at + 2, "}"), e);
		if (!value) {
			buf_free(&b);
			return NULL;
		}
		if (cJSON_IsString(value))
			buf_puts(&b, value->valuestring);
		else
			json_write(&b, value, -1);
	}
	buf_puts(&b, text);
	cJSON *out = cJSON_CreateString(buf_text(&b));
	buf_free(&b);
	return out;
}

static cJSON *resolve_string(const char *text, const cJSON *outputs, struct err *e)
{
	size_t len = strlen(text);
	bool whole = len > 3 && !strncmp(text, "${", 2) && strcspn(text, "}") == len - 1;
	if (!whole)
		return resolve_text(text, outputs, e);
	const cJSON *value = output_at(outputs, text + 2, len - 3, e);
	return value ? cJSON_Duplicate(value, 1) : NULL;
}

/* What is not known stays as it is written. */
static cJSON *resolve_node(const cJSON *node, const cJSON *outputs, struct err *e)
{
	cJSON *known = cJSON_IsString(node) && strstr(node->valuestring, "${") ? resolve_string(node->valuestring, outputs, e) : NULL;
	if (known)
		return known;
	if (!cJSON_IsObject(node) && !cJSON_IsArray(node))
		return cJSON_Duplicate(node, 1);
	cJSON *out = cJSON_IsObject(node) ? cJSON_CreateObject() : cJSON_CreateArray();
	for (const cJSON *c = node->child; c; c = c->next) {
		cJSON *value = resolve_node(c, outputs, e);
		if (cJSON_IsObject(node))
			cJSON_AddItemToObject(out, c->string, value);
		else
			cJSON_AddItemToArray(out, value);
	}
	return out;
}

bool plan_resolve(const cJSON *spec, const cJSON *outputs, cJSON **out, struct err *e)
{
	*out = resolve_node(spec, outputs, e);
	return e->exit == EXIT_DONE;
}
