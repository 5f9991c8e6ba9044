/* How Cloud Logging tells that a person signed in: the auth mode says by what, the kinds of the plan where. */
#include "config.h"
#include "engine/run_private.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

typedef char *filter_fn(const struct kind *k, const struct view *v, const cJSON *outputs);

/* Filters of the steps that have one, each once. */
static cJSON *filters(const struct run *r, filter_fn *filter)
{
	cJSON *all = cJSON_CreateArray();
	for (size_t i = 0; i < r->count; i++) {
		const struct step *s = &r->steps[i];
		struct view v = step_link_view(s);
		bool runs = s->resource->kind->part == PART_SERVER && !s->resource->unwanted;
		char *one = runs ? filter(s->resource->kind, &v, s->seen.outputs) : NULL;
		if (one && !json_lists(all, one))
			cJSON_AddItemToArray(all, cJSON_CreateString(one));
		free(one);
	}
	return all;
}

/* "(WHAT) AND ((A) OR (B))", after " OR " where something stands before. OR binds before AND there, so every part has its parentheses. */
static void add(struct buf *out, const struct run *r, const char *what, filter_fn *filter)
{
	cJSON *list = what ? filters(r, filter) : NULL;
	const cJSON *f;
	if (list && list->child)
		buf_printf(out, "%s((%s) AND (", out->len ? " OR " : "", what);
	cJSON_ArrayForEach(f, list)
		buf_printf(out, "%s(%s)%s", f == list->child ? "" : " OR ", f->valuestring, f->next ? "" : "))");
	cJSON_Delete(list);
}

void event_sign_ins(struct run *r, cJSON *event)
{
	struct buf filter = {0};
	add(&filter, r, r->plan->wall.sign_in_line, kind_log_filter);
	add(&filter, r, r->plan->wall.sign_in_request, kind_requests_filter);
	if (filter.len)
		json_put_str(event, "sign_in_log", buf_text(&filter));
	session_expects_sign_in(r->session, filter.len ? buf_text(&filter) : NULL);
	buf_free(&filter);
}
