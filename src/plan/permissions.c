/* Which permissions a plan needs: what its kinds say, put together. */
#include "config.h"
#include "plan/permissions.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Of every run: the project is read, and its quota is used. */
#define EVERY_RUN "resourcemanager.projects.get serviceusage.services.use"

struct words {
	char **list;
	size_t count, room;
};

/* Takes text, and frees it. */
static void add_words(struct words *w, char *text)
{
	char *rest = NULL;
	for (const char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		w->list = xgrow(w->list, w->count, &w->room, sizeof *w->list);
		w->list[w->count++] = xstrdup(word);
	}
	free(text);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Looking for what carries the stack's marks asks for every kind that can be listed, whatever is planned. */
static void add_deed(struct words *w, const struct plan *p, enum deed deed)
{
	if (deed == DEED_READ)
		add_words(w, xstrdup(EVERY_RUN));
	for (const struct kind *const *k = kinds; deed == DEED_LIST && *k; k++)
		add_words(w, kind_permissions(*k, NULL, deed));
	if (deed == DEED_CREATE && p->reach.permissions) /* an apply ends by knocking */
		add_words(w, xstrdup(p->reach.permissions));
	for (size_t i = 0; deed != DEED_LIST && i < p->count; i++)
		add_words(w, kind_permissions(p->resources[i].kind, p->resources[i].spec, deed));
}

/* Each once, sorted; takes the words. */
static cJSON *listed(struct words *w)
{
	cJSON *all = cJSON_CreateArray();
	if (w->count)
		qsort(w->list, w->count, sizeof *w->list, by_name);
	for (size_t i = 0; i < w->count; i++)
		if (!i || strcmp(w->list[i], w->list[i - 1]) != 0)
			cJSON_AddItemToArray(all, cJSON_CreateString(w->list[i]));
	for (size_t i = 0; i < w->count; i++)
		free(w->list[i]);
	free(w->list);
	return all;
}

cJSON *plan_permissions(const struct plan *p, unsigned deeds)
{
	struct words w = {0};
	for (enum deed d = DEED_READ; (int)d < DEEDS; d++)
		if (deeds & DEED_BIT(d))
			add_deed(&w, p, d);
	return listed(&w);
}

/* Is it a part of the network of this project, which is not the stack's? Who may not see other things of others goes on without. */
static bool is_abroad(const struct plan *p, const struct resource *r, const char *project)
{
	const char *home = json_str(r->spec, "home", p->project);
	return r->kind->part == PART_NETWORK && strcmp(home, p->project) != 0 && (!project || !strcmp(home, project));
}

/* What policies say there is asked for, and not needed. */
static void drop_policies(cJSON *permissions)
{
	for (cJSON *one = permissions->child, *next; one; one = next) {
		next = one->next;
		if (text_ends(one->valuestring, ".getIamPolicy"))
			cJSON_Delete(cJSON_DetachItemViaPointer(permissions, one));
	}
}

cJSON *plan_permissions_abroad(const struct plan *p)
{
	cJSON *all = cJSON_CreateObject();
	for (size_t i = 0; i < p->count; i++) {
		const char *home = json_str(p->resources[i].spec, "home", "");
		struct words w = {0};
		if (!is_abroad(p, &p->resources[i], NULL) || cJSON_HasObjectItem(all, home))
			continue;
		for (size_t j = 0; j < p->count; j++)
			if (is_abroad(p, &p->resources[j], home))
				add_words(&w, kind_permissions(p->resources[j].kind, p->resources[j].spec, DEED_READ));
		cJSON *needed = listed(&w);
		drop_policies(needed);
		cJSON_AddItemToObject(all, home, needed);
	}
	return all;
}

cJSON *plan_permissions_json(const struct plan *p)
{
	static const char *const names[DEEDS] = {[DEED_READ] = "read",
						 [DEED_LIST] = "list",
						 [DEED_CREATE] = "create",
						 [DEED_UPDATE] = "update",
						 [DEED_DESTROY] = "destroy"};
	cJSON *all = cJSON_CreateObject();
	for (enum deed d = DEED_READ; (int)d < DEEDS; d++)
		cJSON_AddItemToObject(all, names[d], plan_permissions(p, DEED_BIT(d)));
	return all;
}
