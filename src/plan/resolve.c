/* References between resources: a node {"$ref":[ID,...]} in a spec becomes an output of the resource ID, {"$join":[...]} a text. */
#include "config.h"
#include "plan/plan.h"

#include "base/gettext.h"
#include "base/json.h"
#include "gcp/reference.h"

#include <stdlib.h>

cJSON *plan_ref(const char *id, const char *output)
{
	return json_make("{'$ref':[%s,%s]}", id, output);
}

struct resolving {
	const cJSON *outputs;
	struct err *e;
};

static void say_unknown(struct resolving *r, const cJSON *reference)
{
	char *words = reference_words(reference);
	if (!r->e->exit)
		err_set(r->e, EXIT_BUG, NULL, NULL, _("nothing is known of %s yet."), words);
	free(words);
}

static void note_unknown(void *arg, const cJSON *reference)
{
	struct resolving *r = arg;
	if (!reference_value(reference, r->outputs))
		say_unknown(r, reference);
}

static void add_part(struct buf *b, const cJSON *part)
{
	if (cJSON_IsString(part))
		buf_puts(b, part->valuestring);
	else
		json_write(b, part, -1);
}

/* The text that the parts make; NULL when one is not known. */
static cJSON *join(struct resolving *r, const cJSON *parts)
{
	struct buf b = {0};
	const cJSON *part;
	bool known = true;
	cJSON_ArrayForEach(part, parts) {
		const cJSON *value = reference_is(part) ? reference_value(part, r->outputs) : part;
		known = known && value;
		if (known)
			add_part(&b, value);
	}
	cJSON *out = known ? cJSON_CreateString(buf_text(&b)) : NULL;
	buf_free(&b);
	return out;
}

/* What is not known stays as it is written. */
static cJSON *resolve(void *arg, const cJSON *node)
{
	struct resolving *r = arg;
	if (!reference_is(node))
		return NULL;
	const cJSON *parts = cJSON_GetObjectItemCaseSensitive(node, "$join"),
		    *value = parts ? NULL : reference_value(node, r->outputs);
	cJSON *known = parts ? join(r, parts) : value ? cJSON_Duplicate(value, true) : NULL;
	if (known)
		return known;
	reference_each(node, note_unknown, r);
	return cJSON_Duplicate(node, true);
}

bool plan_resolve(const cJSON *spec, const cJSON *outputs, cJSON **out, struct err *e)
{
	*out = json_copy_with(spec, resolve, &(struct resolving){outputs, e});
	return e->exit == EXIT_DONE;
}

struct assumption {
	const char *text;
};

static cJSON *assume(void *arg, const cJSON *node)
{
	const struct assumption *a = arg;
	return reference_is(node) ? cJSON_CreateString(a->text) : NULL;
}

cJSON *plan_assume(const cJSON *spec, const char *text)
{
	return json_copy_with(spec, assume, &(struct assumption){text});
}
