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
	for (size_t i = 0; i < p->secret_count; i++)
		free_secret(&p->secrets[i]);
	for (char **h = p->hosts; h && *h; h++)
		free(*h);
	free(p->resources);
	free(p->secrets);
	free(p->hosts);
	free(p->project);
	free(p->number);
	free(p->stack);
	free(p->region);
	free(p->url);
	free(p->prover);
	cJSON_Delete(p->newer);
	free(p->release);
	free(p->upgrades);
	err_free(&p->downgrade);
	free(p->fault);
	free(p->files);
	free(p->wall.audience);
	free(p->wall.user);
	free(p->wall.password);
	free(p->wall.sign_in);
	cJSON_Delete(p->wall.begins.at);
	free(p->wall.begins.client_id);
	free(p->wall.begins.redirect_uri);
	cJSON_Delete(p->reach.with);
	cJSON_Delete(p->render);
	free(p);
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

struct resource *plan_errand(struct plan *p, const char *id, const char *kind, const char *name, const char *title,
			     const char *steps, cJSON *paste, cJSON *spec)
{
	json_put_str(spec, "title", title);
	json_put_str(spec, "steps", steps);
	json_put(spec, "paste", paste);
	return plan_add(p, id, kind, name, spec);
}

const struct resource *plan_next_errand(const struct plan *p, size_t *at)
{
	while (*at < p->count) {
		const struct resource *r = &p->resources[(*at)++];
		if (r->kind && r->kind->by_hand && !r->unwanted)
			return r;
	}
	return NULL;
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
	p->secrets[p->secret_count++] = (struct plan_secret){.name = xstrdup(name),
							     .recipe = recipe,
							     .question = copy(question),
							     .reference = copy(reference),
							     .keeper = copy(keeper)};
}

bool plan_keeps_data(const struct resource *r)
{
	return r->kind->keeps_data && json_bool(r->spec, "data", true);
}
