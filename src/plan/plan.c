/* A plan as data: its files, errands and secrets; where it begins and ends. */
#include "config.h"
#include "plan/plan.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct plan *plan_new(const struct answers *a, const char *number)
{
	struct plan *p = xcalloc(1, sizeof *p);
	p->project = xstrdup(answers_str(a, "project.id"));
	p->number = xstrdup(number);
	p->stack = xstrdup(answers_str(a, "stack.name"));
	p->region = xstrdup(answers_str(a, "region"));
	p->render = cJSON_CreateObject();
	return p;
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
	free(s->question);
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
	free(p->files);
	free(p->wall.audience);
	free(p->wall.user);
	free(p->wall.password);
	free(p->wall.sign_in);
	cJSON_Delete(p->reach.with);
	cJSON_Delete(p->render);
	free(p);
}

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

void plan_files(struct plan *p, const struct render_row *rows)
{
	for (; rows->template; rows++) {
		p->files = xgrow(p->files, p->file_count + 1, &p->file_room, sizeof *p->files);
		p->files[p->file_count++] = *rows;
		p->files[p->file_count] = (struct render_row){0};
	}
}

void plan_secret(struct plan *p, const char *name, int recipe, const char *question, const char *reference, const char *keeper)
{
	p->secrets = xgrow(p->secrets, p->secret_count, &p->secret_room, sizeof *p->secrets);
	p->secrets[p->secret_count++] = (struct plan_secret){
		.name = xstrdup(name), .recipe = recipe, .question = copy(question), .reference = copy(reference), .keeper = copy(keeper)};
}

bool plan_keeps_data(const struct resource *r)
{
	return r->kind->keeps_data && json_bool(r->spec, "data", true);
}
