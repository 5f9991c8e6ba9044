/* Making the plan: what the answers want, and what earlier ones wanted that may still stand. */
#include "config.h"
#include "plan/design.h"
#include "plan/labels.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool needs_api(const struct resource *r)
{
	return r->kind && r->kind->api && !(r->kind->outside && r->kind->outside(r->spec));
}

/* Each API that a kind of the plan needs, and those that are listed for another reason, once and sorted. */
static cJSON *apis_of(const struct plan *p, const cJSON *listed)
{
	const char **names = xcalloc(p->count + (size_t)cJSON_GetArraySize(listed) + 1, sizeof *names);
	size_t count = 0;
	const cJSON *name;
	cJSON_ArrayForEach(name, listed)
		names[count++] = name->valuestring;
	for (size_t i = 0; i < p->count; i++)
		if (needs_api(&p->resources[i]))
			names[count++] = p->resources[i].kind->api;
	qsort(names, count, sizeof *names, by_text);
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < count; i++)
		if (!i || strcmp(names[i], names[i - 1]))
			cJSON_AddItemToArray(list, cJSON_CreateString(names[i]));
	free(names);
	return list;
}

static void list_apis(struct plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->resources[i].kind && p->resources[i].kind->enables)
			json_put(p->resources[i].spec, "services", apis_of(p, json_at(p->resources[i].spec, "services")));
}

/* The plan of these answers alone. */
static struct plan *make_wanted(const struct answers *a, struct err *e)
{
	const char *number = json_str(a->resolved, "project_number", ""), *suffix = json_str(a->resolved, "suffix", "");
	if (!*number || !*suffix) {
		err_set(e, EXIT_BUG, NULL, NULL, _("a plan needs the project's number and the stack's suffix."));
		return NULL;
	}
	struct plan *p = plan_new(a, number);
	bool made = design_make(a, p, e);
	list_apis(p);
	if (made && plan_seal(p, e))
		return p;
	plan_free(p);
	return NULL;
}

/* What is unwanted -------------------------------------------------------------------------------------------------------- */

/* Does p want the same under another name? Then it stays. */
static bool wanted_otherwise(const struct plan *p, const struct resource *r)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->resources[i].kind == r->kind && !strcmp(p->resources[i].name, r->name) &&
		    json_equal(p->resources[i].spec, r->spec))
			return true;
	return false;
}

/* Moves to p what only the earlier plan has. What goes with its parent, and has no request of its own, is not worth a line. What both have is told
 * what it was, where its kind would leave that behind. */
static void take_unwanted(struct plan *p, struct plan *before)
{
	for (size_t i = 0; i < before->count; i++) {
		struct resource *r = &before->resources[i];
		struct resource *now = plan_find(p, r->id);
		if (now && now->kind == r->kind && r->kind->outgrow)
			r->kind->outgrow(now->spec, r->spec);
		if (now || (!r->kind->destroy && !r->kind->stays) || wanted_otherwise(p, r))
			continue;
		p->resources = xgrow(p->resources, p->count, &p->room, sizeof *p->resources);
		p->resources[p->count++] = *r;
		*r = (struct resource){.id = xstrdup(""), .kind = r->kind};
		p->resources[p->count - 1].unwanted = true;
	}
}

/* What was not moved is not needed by what was. */
static void drop_missing_needs(struct plan *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct resource *r = &p->resources[i];
		size_t kept = 0;
		for (size_t n = 0; r->unwanted && n < r->need_count; n++) {
			if (plan_find(p, r->needs[n]))
				r->needs[kept++] = r->needs[n];
			else
				free(r->needs[n]);
		}
		r->need_count = r->unwanted ? kept : r->need_count;
	}
}

/* Choices that this program does not know any more are left as they are now. */
static struct answers *with_choices(const struct answers *a, const cJSON *choices)
{
	struct answers *then = answers_copy(a);
	const cJSON *c;
	json_put_str(then->resolved, "operator", json_str(choices, "operator.0", json_str(a->resolved, "operator", "")));
	cJSON_ArrayForEach(c, choices) {
		const struct question *q = question_find(c->string);
		bool chosen = q && cJSON_IsString(c) && (q->type == TYPE_TEXT || choice_find(q, c->valuestring));
		if (!chosen && !(q && q->admits && cJSON_IsArray(c)))
			continue;
		cJSON_DeleteItemFromObjectCaseSensitive(then->values, q->id);
		cJSON_AddItemToObject(then->values, q->id, cJSON_Duplicate(c, true));
	}
	return then;
}

/* What the plan of a stack that was proven has too. */
static void note_stood(struct plan *p, const struct plan *before)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct resource *was = plan_find(before, p->resources[i].id);
		p->resources[i].stood = was && was->kind == p->resources[i].kind && !strcmp(was->name, p->resources[i].name);
	}
}

/* The earliest choices are those that stood; later ones are of runs that may have made nothing. */
static bool proven_with(const struct answers *a, const cJSON *choices)
{
	return json_at(a->resolved, "release") && choices == cJSON_GetArrayItem(json_at(a->resolved, "choices"), 0);
}

static bool add_unwanted(const struct answers *a, struct plan *p, struct err *e)
{
	cJSON *now = answers_choices(a);
	const cJSON *choices;
	bool fine = true;
	cJSON_ArrayForEach(choices, json_at(a->resolved, "choices")) {
		bool proven = proven_with(a, choices);
		if (proven && json_equal(choices, now))
			note_stood(p, p);
		if (!fine || json_equal(choices, now))
			continue;
		struct answers *then = with_choices(a, choices);
		struct plan *before = make_wanted(then, e);
		fine = before != NULL;
		if (before && proven)
			note_stood(p, before);
		if (before)
			take_unwanted(p, before);
		plan_free(before);
		answers_free(then);
	}
	drop_missing_needs(p);
	cJSON_Delete(now);
	return fine;
}

struct plan *plan_make(const struct answers *a, struct err *e)
{
	struct plan *p = make_wanted(a, e);
	if (p && add_unwanted(a, p, e) && plan_seal(p, e)) {
		labels_put(a, p);
		return p;
	}
	plan_free(p);
	return NULL;
}
