#include "config.h"
#include "plan/recorded.h"

#include "base/json.h"
#include "base/mem.h"
#include "gcp/reference.h"

#include <stdlib.h>
#include <string.h>

/* An image that was built is named by where it was pushed and its digest. */
static void put_image(cJSON *of, const cJSON *spec)
{
	const char *image = json_str(spec, "image", NULL), *digest = json_str(of, "digest", NULL);
	const char *tag = image ? strrchr(image, ':') : NULL;
	if (!tag || !digest)
		return;
	char *name = xasprintf("%.*s@%s", (int)(tag - image), image, digest);
	cJSON_AddStringToObject(of, "image", name);
	free(name);
}

/* Outputs that earlier runs recorded, as references name them: {"image":{"digest":"sha256:..."}}. The caller deletes. */
static cJSON *recorded_outputs(const struct plan *p, const cJSON *resolved)
{
	cJSON *outputs = cJSON_CreateObject();
	for (size_t i = 0; i < p->count; i++) {
		const struct resource *r = &p->resources[i];
		const char *value = r->recorded_as ? json_str(resolved, r->recorded_as, NULL) : NULL;
		cJSON *of = value ? cJSON_AddObjectToObject(outputs, r->id) : NULL;
		if (of) {
			cJSON_AddStringToObject(of, r->recorded_output, value);
			put_image(of, r->spec);
		}
	}
	return outputs;
}

static void put_word(struct buf *b, const cJSON *node, const cJSON *outputs)
{
	const cJSON *value = reference_is(node) ? reference_value(node, outputs) : node;
	char *words = value ? NULL : reference_words(node);
	buf_puts(b, cJSON_IsString(value) ? value->valuestring : words ? words : "");
	free(words);
}

static cJSON *in_words(void *arg, const cJSON *node)
{
	const cJSON *parts = cJSON_GetObjectItemCaseSensitive(node, "$join"), *part;
	struct buf b = {0};
	if (!reference_is(node))
		return NULL;
	if (parts)
		cJSON_ArrayForEach(part, parts)
			put_word(&b, part, arg);
	else
		put_word(&b, node, arg);
	cJSON *text = cJSON_CreateString(buf_text(&b));
	buf_free(&b);
	return text;
}

cJSON *recorded_copy(const struct plan *p, const cJSON *resolved, const cJSON *node)
{
	cJSON *outputs = recorded_outputs(p, resolved), *copy = json_copy_with(node, in_words, outputs);
	cJSON_Delete(outputs);
	return copy;
}
