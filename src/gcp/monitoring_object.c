/* What the kinds of Cloud Monitoring share. */
#include "config.h"
#include "gcp/monitoring_object.h"

#include "base/encode.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define BASE "https://monitoring.googleapis.com/v3/"

/* The marks, and which of the stack's it is. */
static cJSON *labels_over(const struct view *v, const cJSON *found)
{
	char of[12];
	cJSON *labels = kind_labels_over(v, found);
	snprintf(of, sizeof of, "%08x", encode_crc32c(v->name, strlen(v->name)));
	json_put_str(labels, "of", of);
	return labels;
}

static cJSON *labels_of(const struct view *v)
{
	return labels_over(v, NULL);
}

static cJSON *wanted_of(const struct view *v)
{
	cJSON *w = kind_copy(v, "body");
	json_put(w, "userLabels", labels_of(v));
	json_put_str(w, "displayName", v->name);
	return w;
}

void monitoring_observe(const char *collection, const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "projects/%s/%s?pageSize=100", v->project, collection);
}

static bool is_ours(const struct view *v, const cJSON *item)
{
	static const char *const marks[] = {"managed-by", "stack", "of"};
	cJSON *own = labels_of(v);
	const cJSON *labels = json_at(item, "userLabels");
	bool ours = true;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		ours = ours && json_equal(cJSON_GetObjectItemCaseSensitive(own, marks[i]),
					  cJSON_GetObjectItemCaseSensitive(labels, marks[i]));
	cJSON_Delete(own);
	return ours;
}

/* found is then what was looked for, or holds no more than the token of the next page. */
void monitoring_decode(const char *collection, const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	const cJSON *item, *found = NULL;
	cJSON_ArrayForEach(item, json_at(reply, collection))
		found = !found && is_ours(v, item) ? item : found;
	const char *next = json_str(reply, "nextPageToken", ""), *name = json_str(found, "name", ""),
		   *slash = strrchr(name, '/');
	observation_free(out);
	kind_decode_plain(v, http, reply, out);
	if (out->presence != PRESENT_YES)
		return;
	cJSON_Delete(out->found);
	out->found = found ? cJSON_Duplicate(found, true) : json_make("{'nextPageToken':%s}", next);
	if (!found && !*next)
		out->presence = PRESENT_NO;
	if (!found)
		return;
	json_put_str(out->outputs, "name", name);
	json_put_str(out->outputs, "id", slash ? slash + 1 : name);
}

void monitoring_observe_more(const char *collection, const struct view *v, const struct observation *seen, struct call *out)
{
	const char *next = json_str(seen->found, "nextPageToken", "");
	if (!*next)
		return;
	monitoring_observe(collection, v, out);
	call_add(out, "&pageToken=%s", next);
}

void monitoring_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = wanted_of(v);
	kind_compare_leaves(w, seen->found, NULL, out);
	kind_compare_shed(v, seen->found, "userLabels", out);
	cJSON_Delete(w);
}

void monitoring_create(const char *collection, const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "POST", wanted_of(v), BASE "projects/%s/%s", v->project, collection);
}

void monitoring_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	char *mask = kind_mask(change);
	cJSON *w = wanted_of(v);
	json_put(w, "userLabels", labels_over(v, json_at(seen->found, "userLabels")));
	call_set(out, DIALECT_NONE, "PATCH", w, BASE "%-s?updateMask=%s", json_str(seen->found, "name", ""), mask);
	free(mask);
}

void monitoring_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)v;
	call_set(out, DIALECT_NONE, "DELETE", NULL, BASE "%-s", json_str(seen->found, "name", ""));
}
