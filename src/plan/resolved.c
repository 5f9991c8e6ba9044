#include "config.h"
#include "plan/resolved.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pattern.h"
#include "base/text.h"
#include "plan/question.h"

#include <stdlib.h>
#include <string.h>

enum { CHOICES_MAX = 100 };

enum form {
	FORM_TEXT,
	FORM_TEXT_OR_NULL,
	FORM_TEXTS,  /* an object of texts */
	FORM_CHOICES /* a list of {question: choice, or the texts that were on a list} */
};

static const struct row {
	const char *key, *pattern; /* POSIX extended and ECMA-262 at once */
	enum form form;
} rows[] = {
    {"appengine_version", "^m[0-9a-f]{14}$", FORM_TEXT},
    {"backup", "^[0-9]{1,20}$", FORM_TEXT},
    {"choices", "^[-A-Za-z0-9_.:/@+=~() ]*$", FORM_CHOICES},
    {"cluster_endpoint", "^(dns|ip)$", FORM_TEXT},
    {"database_address", "^[0-9]{1,3}([.][0-9]{1,3}){3}$", FORM_TEXT},
    {"database_password", "^[-A-Za-z0-9._:/+=]+$", FORM_TEXT},
    {"image_digest", "^[-A-Za-z0-9._:/@+]+$", FORM_TEXT},
    {"machine_zone", "^[a-z]{1,20}-[a-z]{1,30}[0-9]{1,3}-[a-z]$", FORM_TEXT},
    {"oauth2_proxy_image", "^v[0-9]{1,5}[.][0-9]{1,5}[.][0-9]{1,5}@sha256:[0-9a-f]{64}$", FORM_TEXT},
    {"operator", "^[-A-Za-z0-9.!#$%&'*+/=?^_`{|}~:]+(@[-A-Za-z0-9.]+)?$", FORM_TEXT},
    {"organization", "^[0-9]{1,20}$", FORM_TEXT_OR_NULL},
    {"project_number", "^[0-9]{1,20}$", FORM_TEXT},
    {"release", "^([0-9]{1,5}[.][0-9]{1,5}[.][0-9]{1,5}|sha256-[0-9a-f]{0,12})$", FORM_TEXT},
    {"secret_versions", "^[0-9]{1,18}$", FORM_TEXTS},
    {"stack", "^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$", FORM_TEXT},
    {"suffix", "^[a-z0-9]([-a-z0-9]{0,18}[a-z0-9])?$", FORM_TEXT},
    {"url", "^https?://[-A-Za-z0-9.]+(:[0-9]{1,5})?(/[-A-Za-z0-9._~/]*)?$", FORM_TEXT},
    {0},
};
static const char name_pattern[] = "^[-A-Za-z0-9_.]+$";
/* A length in a pattern would be a state for each character. */
enum { TEXT_MAX = 500 };

static bool matches(const char *text, const char *pattern)
{
	return strlen(text) <= TEXT_MAX && pattern_matches(pattern, text);
}

static bool is_text(const cJSON *v, const char *pattern)
{
	return cJSON_IsString(v) && matches(v->valuestring, pattern);
}

static bool are_texts(const cJSON *object, const char *pattern)
{
	const cJSON *v;
	bool fine = cJSON_IsObject(object) && cJSON_GetArraySize(object) <= CHOICES_MAX;
	for (v = fine ? object->child : NULL; v && fine; v = v->next)
		fine = matches(v->string, name_pattern) && is_text(v, pattern);
	return fine;
}

/* What stood on a list: an address, a domain, a role. */
static const char listed_pattern[] = "^[-A-Za-z0-9.!#$%&'*+/=?^_`{|}~:@]+$";
enum { LISTED_MAX = 2000 };

static bool are_listed(const cJSON *list)
{
	const cJSON *one;
	bool fine = cJSON_IsArray(list) && cJSON_GetArraySize(list) <= LISTED_MAX;
	for (one = fine ? list->child : NULL; one && fine; one = one->next)
		fine = is_text(one, listed_pattern);
	return fine;
}

static bool is_choice(const cJSON *one, const char *pattern)
{
	const cJSON *v;
	bool fine = cJSON_IsObject(one) && cJSON_GetArraySize(one) <= CHOICES_MAX;
	for (v = fine ? one->child : NULL; v && fine; v = v->next)
		fine = matches(v->string, name_pattern) && (is_text(v, pattern) || are_listed(v));
	return fine;
}

/* A question or choice of an older program may be gone; the form stays. */
static bool are_choices(const cJSON *list, const char *pattern)
{
	const cJSON *one;
	bool fine = cJSON_IsArray(list) && cJSON_GetArraySize(list) <= CHOICES_MAX;
	for (one = fine ? list->child : NULL; one && fine; one = one->next)
		fine = is_choice(one, pattern);
	return fine;
}

static bool fits(const struct row *row, const cJSON *v)
{
	switch (row->form) {
	case FORM_TEXT:
		break;
	case FORM_TEXT_OR_NULL:
		return cJSON_IsNull(v) || is_text(v, row->pattern);
	case FORM_TEXTS:
		return are_texts(v, row->pattern);
	case FORM_CHOICES:
		return are_choices(v, row->pattern);
	}
	return is_text(v, row->pattern);
}

static char *unknown(const char *key)
{
	const char *keys[sizeof rows / sizeof *rows];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		keys[i] = rows[i].key;
	const char *near = text_nearest(key, keys);
	return near ? xasprintf(_("Unknown key \"%s\": did you mean \"%s\"?"), key, near)
		    : xasprintf(_("Unknown key \"%s\"."), key);
}

void resolved_check(const cJSON *resolved, void (*problem)(void *arg, const char *path, const char *sentence), void *arg)
{
	for (const cJSON *v = resolved ? resolved->child : NULL; v; v = v->next) {
		const struct row *row = rows;
		while (row->key && strcmp(row->key, v->string))
			row++;
		if (row->key && fits(row, v))
			continue;
		char *path = xasprintf("resolved.%s", v->string), *stranger = row->key ? NULL : unknown(v->string);
		char *words = xasprintf(_("%s: It is not what this program writes there."), path);
		problem(arg, path, stranger ? stranger : words);
		free(words);
		free(stranger);
		free(path);
	}
}

static cJSON *row_schema(const struct row *row)
{
	cJSON *text = json_make("{'type':'string','maxLength':%d,'pattern':%s}", TEXT_MAX, row->pattern);
	switch (row->form) {
	case FORM_TEXT:
		break;
	case FORM_TEXT_OR_NULL:
		json_put(text, "type", cJSON_Parse("[\"string\",\"null\"]"));
		break;
	case FORM_TEXTS:
		return json_make("{'type':'object','propertyNames':{'maxLength':%d,'pattern':%s},'additionalProperties':%j}",
				 TEXT_MAX, name_pattern, text);
	case FORM_CHOICES:
		return json_make("{'type':'array','items':{'type':'object','propertyNames':{'maxLength':%d,'pattern':%s},"
				 "'additionalProperties':{'anyOf':[%j,{'type':'array','items':{'type':'string','maxLength':%d,'"
				 "pattern':%s}}]}}}",
				 TEXT_MAX, name_pattern, text, TEXT_MAX, listed_pattern);
	}
	return text;
}

cJSON *resolved_schema(void)
{
	cJSON *properties = cJSON_CreateObject();
	for (const struct row *row = rows; row->key; row++)
		cJSON_AddItemToObject(properties, row->key, row_schema(row));
	return json_make("{'type':'object','additionalProperties':false,'properties':%j}", properties);
}
