/* The operator's own labels: for bills, searches, and policies that ask for them. Ours are never overridden, those that others put there stay. */
#include "config.h"
#include "plan/labels.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define QUESTION "stack.labels"
/* A resource has room for 64, a managed cluster's machines for fewer beside Google's own. */
enum { LABELS_MOST = 32 };

/* The name of NAME=VALUE; the caller frees. */
static char *name_of(const char *pair)
{
	return xstrndup(pair, strcspn(pair, "="));
}

static const char *check_label(const struct answers *a, const char *value)
{
	static const char *const ours[] = {"managed-by", "stack", "execution", "release", "of", NULL};
	char *name = name_of(value);
	bool taken = text_starts(name, "goog");
	(void)a;
	for (const char *const *o = ours; *o; o++)
		taken |= !strcmp(name, *o);
	free(name);
	return taken ? N_("This label is set by the program or by Google.") : NULL;
}

/* clang-format off */
const struct question labels_questions[] = {
	{.id = QUESTION, .admits = true, .quiet = true, .page = "image", .type = TYPE_LIST, .title = N_("Labels"),
	 .help = N_("NAME=VALUE each, put on every resource of the stack that can carry labels, beside managed-by and stack: for bills and searches. Labels of others stay. "
		    "A machine's boot disk and App Engine's service get none."),
	 .after = "server.cpu", .optional = true,
	 .pattern = "^[a-z]([a-z0-9_-]{0,61}[a-z0-9])?=([a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?)?$",
	 .form = N_("NAME=VALUE, each up to 63 lower-case letters, digits, hyphens and underscores, such as team=ml."),
	 .check = check_label},
	{.id = NULL},
};
/* clang-format on */

/* {NAME: VALUE}. */
static cJSON *labels_of(const cJSON *pairs)
{
	cJSON *labels = cJSON_CreateObject();
	const cJSON *pair;
	cJSON_ArrayForEach(pair, pairs) {
		if (!cJSON_IsString(pair) || !strchr(pair->valuestring, '='))
			continue;
		char *name = name_of(pair->valuestring);
		if (!cJSON_HasObjectItem(labels, name))
			cJSON_AddStringToObject(labels, name, strchr(pair->valuestring, '=') + 1);
		free(name);
	}
	return labels;
}

void labels_check(const struct answers *a, problem_fn *found, void *arg)
{
	const cJSON *pairs = answers_get(a, QUESTION);
	cJSON *labels = labels_of(pairs);
	if (cJSON_GetArraySize(labels) < cJSON_GetArraySize(pairs))
		found(arg, QUESTION, _("A label is given twice."));
	if (cJSON_GetArraySize(pairs) > LABELS_MOST)
		found(arg, QUESTION, _("These are more than 32 labels: not every resource has room for so many."));
	cJSON_Delete(labels);
}

/* Names that earlier answers had and these have not. */
static cJSON *shed_by(const struct answers *a, const cJSON *now)
{
	cJSON *shed = cJSON_CreateArray(), *seen = cJSON_CreateObject();
	const cJSON *choices, *l;
	cJSON_ArrayForEach(choices, json_at(a->resolved, "choices")) {
		cJSON *then = labels_of(cJSON_GetObjectItemCaseSensitive(choices, QUESTION));
		cJSON_ArrayForEach(l, then) {
			if (cJSON_HasObjectItem(now, l->string) || cJSON_HasObjectItem(seen, l->string))
				continue;
			cJSON_AddTrueToObject(seen, l->string);
			cJSON_AddItemToArray(shed, cJSON_CreateString(l->string));
		}
		cJSON_Delete(then);
	}
	cJSON_Delete(seen);
	return shed;
}

void labels_put(const struct answers *a, struct plan *p)
{
	cJSON *now = labels_of(answers_get(a, QUESTION)), *shed = shed_by(a, now);
	for (size_t i = 0; i < p->count; i++) {
		struct resource *r = &p->resources[i];
		if (!r->kind || !r->kind->labelled || r->unwanted)
			continue;
		if (now->child)
			json_put(r->spec, "labels", cJSON_Duplicate(now, true));
		if (shed->child)
			json_put(r->spec, "shed", cJSON_Duplicate(shed, true));
	}
	cJSON_Delete(shed);
	cJSON_Delete(now);
}
