/* A plan made from answers: what they want, and what earlier ones wanted; its errands and secrets. */
#include "config.h"
#include "plan/plan.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
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
		if (p->resources[i].kind)
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
	const struct target *t = target_find(answers_str(a, "target"));
	if (!t || !t->ready) {
		err_set(e, EXIT_ANSWERS, "target", _("Choose run."), _("the target \"%s\" is not available yet."), answers_str(a, "target"));
		return NULL;
	}
	const char *number = json_str(a->resolved, "project_number", ""), *suffix = json_str(a->resolved, "suffix", "");
	if (!*number || !*suffix) {
		err_set(e, EXIT_BUG, NULL, NULL, _("a plan needs the project's number and the stack's suffix."));
		return NULL;
	}
	struct plan *p = xcalloc(1, sizeof *p);
	p->project = xstrdup(answers_str(a, "project.id"));
	p->number = xstrdup(number);
	p->stack = xstrdup(answers_str(a, "stack.name"));
	p->region = xstrdup(answers_str(a, "region"));
	p->target = t;
	p->render = cJSON_CreateObject();
	bool built = t->build(a, p, e);
	list_apis(p);
	if (built && plan_seal(p, e))
		return p;
	plan_free(p);
	return NULL;
}

static void free_resource(struct resource *r)
{
	for (size_t i = 0; i < r->need_count; i++)
		free(r->needs[i]);
	free(r->needs);
	free(r->needed);
	free(r->opens);
	free(r->recorded_as);
	free(r->recorded_output);
	free(r->id);
	free(r->name);
	cJSON_Delete(r->spec);
}

static void free_errand(struct errand *e)
{
	free(e->title);
	free(e->steps);
	free(e->paste);
}

static void free_secret(struct plan_secret *s)
{
	free(s->name);
	free(s->reference);
	free(s->keeper);
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		free_resource(&p->resources[i]);
	for (size_t i = 0; i < p->errand_count; i++)
		free_errand(&p->errands[i]);
	for (size_t i = 0; i < p->secret_count; i++)
		free_secret(&p->secrets[i]);
	for (char **h = p->hosts; h && *h; h++)
		free(*h);
	free(p->resources);
	free(p->errands);
	free(p->secrets);
	free(p->hosts);
	free(p->project);
	free(p->number);
	free(p->stack);
	free(p->region);
	free(p->url);
	free(p->prover);
	free(p->fault);
	cJSON_Delete(p->render);
	free(p);
}

/* What is unwanted -------------------------------------------------------------------------------------------------------- */

/* Moves to p what only the earlier plan has. What goes with its parent, and has no request of its own, is not worth a line. */
static void take_unwanted(struct plan *p, struct plan *before)
{
	for (size_t i = 0; i < before->count; i++) {
		struct resource *r = &before->resources[i];
		if (plan_find(p, r->id) || (!r->kind->destroy && !r->kind->stays))
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
	cJSON_ArrayForEach(c, choices)
	{
		const struct question *q = question_find(c->string);
		if (!q || !cJSON_IsString(c) || !choice_find(q, c->valuestring))
			continue;
		cJSON_DeleteItemFromObjectCaseSensitive(then->values, q->id);
		cJSON_AddStringToObject(then->values, q->id, c->valuestring);
	}
	return then;
}

static bool add_unwanted(const struct answers *a, struct plan *p, struct err *e)
{
	cJSON *now = answers_choices(a);
	const cJSON *choices;
	bool fine = true;
	cJSON_ArrayForEach(choices, json_at(a->resolved, "choices"))
	{
		if (!fine || json_equal(choices, now))
			continue;
		struct answers *then = with_choices(a, choices);
		struct plan *before = make_wanted(then, e);
		fine = before != NULL;
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
	if (p && add_unwanted(a, p, e) && plan_seal(p, e))
		return p;
	plan_free(p);
	return NULL;
}

/* Making it ---------------------------------------------------------------------------------------------------------------- */

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

void plan_errand(struct plan *p, const char *title, const char *steps, const char *paste, bool done)
{
	p->errands = xgrow(p->errands, p->errand_count, &p->errand_room, sizeof *p->errands);
	p->errands[p->errand_count++] =
		(struct errand){.title = xstrdup(title), .steps = xstrdup(steps), .paste = copy(paste), .done = done};
}

void plan_secret(struct plan *p, const char *name, int recipe, const char *reference, const char *keeper)
{
	p->secrets = xgrow(p->secrets, p->secret_count, &p->secret_room, sizeof *p->secrets);
	p->secrets[p->secret_count++] = (struct plan_secret){
		.name = xstrdup(name), .recipe = recipe, .reference = copy(reference), .keeper = copy(keeper)};
}

bool plan_keeps_data(const struct resource *r)
{
	return r->kind->keeps_data && json_bool(r->spec, "data", true);
}
