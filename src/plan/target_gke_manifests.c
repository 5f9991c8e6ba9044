/* The objects of target gke as a file: one List, which kubectl applies. They are the plan's own specs. What only a run tells is filled in where an earlier one
 * recorded it, and else said in words; the Secret is left out, since its values are kept in Secret Manager and stand in no file. */
#include "config.h"
#include "plan/target_gke_cluster.h"

#include "base/json.h"
#include "base/mem.h"
#include "gcp/reference.h"

#include <stdlib.h>
#include <string.h>

/* Outputs that earlier runs recorded, as references name them: {"image":{"digest":"sha256:..."}}. The caller frees. */
static cJSON *recorded(const struct plan *p, const cJSON *resolved)
{
	cJSON *outputs = cJSON_CreateObject();
	for (size_t i = 0; i < p->count; i++) {
		const struct resource *r = &p->resources[i];
		const char *value = r->recorded_as ? json_str(resolved, r->recorded_as, NULL) : NULL;
		cJSON *of = value ? cJSON_AddObjectToObject(outputs, r->id) : NULL;
		if (of)
			cJSON_AddStringToObject(of, r->recorded_output, value);
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

void cluster_manifests(const struct plan *p, const cJSON *resolved, struct buf *out)
{
	cJSON *list = json_make("{'apiVersion':'v1','kind':'List','items':[]}"), *outputs = recorded(p, resolved);
	for (size_t i = 0; i < p->count; i++) {
		const struct resource *r = &p->resources[i];
		const cJSON *body = json_at(r->spec, "body");
		if (r->unwanted || strcmp(r->kind->id, "kubernetes.object") != 0 ||
		    !strcmp(json_str(body, "kind", ""), "Secret"))
			continue;
		cJSON *plain = cJSON_Duplicate(body, true);
		/* Which machines give pods an identity is known of a cluster that stands, and Autopilot has no others. */
		if (reference_is(json_at(plain, "spec.template.spec.nodeSelector")))
			json_drop(plain, "spec.template.spec.nodeSelector");
		cJSON_AddItemToArray(json_at(list, "items"), json_copy_with(plain, in_words, outputs));
		cJSON_Delete(plain);
	}
	json_write(out, list, 2);
	buf_putc(out, '\n');
	cJSON_Delete(outputs);
	cJSON_Delete(list);
}
