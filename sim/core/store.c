/* The store: a skip list of objects ordered by collection and key. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { LEVELS = 20 };

struct node {
	struct sim_object object; /* first: an object is its node */
	int levels;
	struct node *next[];
};

static struct node *node_new(int levels)
{
	struct node *n = xcalloc(1, sizeof *n + (size_t)levels * sizeof(struct node *));
	n->levels = levels;
	return n;
}

void store_init(struct sim *s)
{
	s->head = node_new(LEVELS);
	s->store_random = 0x9e3779b97f4a7c15u;
}

static void node_free(struct node *n)
{
	free(n->object.collection);
	free(n->object.key);
	cJSON_Delete(n->object.doc);
	cJSON_Delete(n->object.hidden);
	free(n);
}

void store_free(struct sim *s)
{
	for (struct node *n = s->head, *next; n; n = next) {
		next = n->next[0];
		node_free(n);
	}
}

/* Half of the nodes have a second level, a quarter a third, ... */
static int draw_levels(struct sim *s)
{
	uint64_t r = s->store_random;
	r ^= r << 13;
	r ^= r >> 7;
	r ^= r << 17;
	s->store_random = r;
	int levels = 1;
	while (levels < LEVELS && (r >> levels & 1))
		levels++;
	return levels;
}

static int compare(struct sim *s, const struct sim_object *o, const char *collection, const char *key)
{
	s->store_steps++;
	int d = strcmp(o->collection, collection);
	return d ? d : strcmp(o->key, key);
}

/* The last nodes before the key at every level. */
static void find_before(struct sim *s, const char *collection, const char *key, struct node *before[static LEVELS])
{
	struct node *n = s->head;
	for (int i = LEVELS - 1; i >= 0; i--) {
		while (n->next[i] && compare(s, &n->next[i]->object, collection, key) < 0)
			n = n->next[i];
		before[i] = n;
	}
}

static struct node *at_or_after(struct sim *s, const char *collection, const char *key)
{
	struct node *before[LEVELS];
	find_before(s, collection, key, before);
	return before[0]->next[0];
}

struct sim_object *sim_put(struct sim *s, const char *collection, const char *key, cJSON *doc)
{
	struct node *before[LEVELS];
	find_before(s, collection, key, before);
	struct node *after = before[0]->next[0];
	if (after && !strcmp(after->object.collection, collection) && !strcmp(after->object.key, key)) {
		fprintf(stderr, "sim_put: %s %s is taken\n", collection, key);
		abort();
	}
	struct node *n = node_new(draw_levels(s));
	n->object = (struct sim_object){xstrdup(collection), xstrdup(key), doc, cJSON_CreateObject(), s->now};
	for (int i = 0; i < n->levels; i++) {
		n->next[i] = before[i]->next[i];
		before[i]->next[i] = n;
	}
	s->objects++;
	return &n->object;
}

struct sim_object *sim_get(struct sim *s, const char *collection, const char *key)
{
	struct node *n = at_or_after(s, collection, key);
	return n && !strcmp(n->object.collection, collection) && !strcmp(n->object.key, key) ? &n->object : NULL;
}

void sim_remove(struct sim *s, struct sim_object *o)
{
	struct node *before[LEVELS], *n = (struct node *)o;
	find_before(s, o->collection, o->key, before);
	for (int i = 0; i < n->levels; i++)
		before[i]->next[i] = n->next[i];
	s->objects--;
	node_free(n);
}

static struct sim_object *if_within(struct node *n, const char *collection, const char *prefix)
{
	return n && !strcmp(n->object.collection, collection) && text_starts(n->object.key, prefix) ? &n->object : NULL;
}

struct sim_object *sim_first(struct sim *s, const char *collection, const char *prefix)
{
	return if_within(at_or_after(s, collection, prefix), collection, prefix);
}

struct sim_object *sim_first_from(struct sim *s, const char *collection, const char *prefix, const char *key)
{
	return if_within(at_or_after(s, collection, key), collection, prefix);
}

struct sim_object *sim_following(struct sim *s, const struct sim_object *o, const char *prefix)
{
	(void)s;
	return if_within(((const struct node *)o)->next[0], o->collection, prefix);
}

cJSON *sim_dump(const struct sim *s)
{
	cJSON *all = cJSON_CreateObject(), *group = NULL;
	for (const struct node *n = s->head->next[0]; n; n = n->next[0]) {
		const struct sim_object *o = &n->object;
		if (!strcmp(o->collection, "oauth.tokens"))
			continue;
		if (!group || strcmp(group->string, o->collection) != 0)
			group = cJSON_AddObjectToObject(all, o->collection);
		cJSON *copy = cJSON_Duplicate(o->doc, 1);
		if (o->hidden->child && cJSON_IsObject(copy))
			cJSON_AddItemToObject(copy, "(hidden)", cJSON_Duplicate(o->hidden, 1));
		cJSON_AddItemToObject(group, o->key, copy ? copy : cJSON_CreateNull());
	}
	if (s->faults)
		cJSON_AddItemToObject(all, "(faults)", faults_acts(s));
	return all;
}
