/* Partial replies: the `fields` parameter, "items(id,name),nextPageToken" or "a/b". */
#include "config.h"
#include "sim/core/inside.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH = 16 };

static bool is_end(char c)
{
	return c == '\0' || c == ',' || c == ')';
}

/* Marks what one mask, from *p to its end or closing bracket, selects of node into kept. */
static bool select_into(const cJSON *node, cJSON *kept, const char **p, int depth);

static bool skip_selection(const char **p, int depth)
{
	cJSON *nothing = cJSON_CreateObject(), *into = cJSON_CreateObject();
	bool well = select_into(nothing, into, p, depth);
	cJSON_Delete(nothing);
	cJSON_Delete(into);
	return well;
}

/* Copies the elements of an array through the same sub-mask each; the mask is then behind *p. */
static bool select_each(const cJSON *from, cJSON *to, const char **p, int depth)
{
	const char *start = *p;
	int i = 0;
	if (!from->child)
		return skip_selection(p, depth);
	for (const cJSON *e = from->child; e; e = e->next, i++) {
		cJSON *into = cJSON_GetArrayItem(to, i);
		if (!into)
			cJSON_AddItemToArray(to, into = cJSON_CreateObject());
		*p = start;
		if (!select_into(e, into, p, depth))
			return false;
	}
	return true;
}

static bool select_below(const cJSON *child, cJSON *kept, const char *name, const char **p, int depth)
{
	if (!child || !(cJSON_IsObject(child) || cJSON_IsArray(child)))
		return skip_selection(p, depth);
	cJSON *into = cJSON_GetObjectItemCaseSensitive(kept, name);
	if (!into)
		cJSON_AddItemToObject(kept, name, into = cJSON_IsArray(child) ? cJSON_CreateArray() : cJSON_CreateObject());
	return cJSON_IsArray(child) ? select_each(child, into, p, depth) : select_into(child, into, p, depth);
}

static void keep_whole(const cJSON *child, cJSON *kept)
{
	if (!child)
		return;
	cJSON_DeleteItemFromObjectCaseSensitive(kept, child->string);
	cJSON_AddItemToObject(kept, child->string, cJSON_Duplicate(child, 1));
}

/* One name and what follows it: end, "/..." or "(...)". */
static bool select_name(const cJSON *node, cJSON *kept, const char **p, int depth)
{
	size_t n = strcspn(*p, ",()/");
	if (!n || depth > DEPTH)
		return false;
	char *name = xstrndup(*p, n);
	bool all = !strcmp(name, "*"), well = true;
	*p += n;
	const char *rest = *p;
	for (const cJSON *c = cJSON_IsObject(node) ? node->child : NULL; c && well; c = c->next) {
		if (!all && strcmp(c->string, name) != 0)
			continue;
		*p = rest;
		if (is_end(*rest)) {
			keep_whole(c, kept);
			continue;
		}
		++*p;
		well = select_below(c, kept, c->string, p, *rest == '(' ? depth + 1 : -depth - 1);
		if (well && *rest == '(')
			well = *(*p)++ == ')';
	}
	if (well && *p == rest && !is_end(*rest)) {
		++*p;
		well = skip_selection(p, *rest == '(' ? depth + 1 : -depth - 1) && (*rest != '(' || *(*p)++ == ')');
	}
	free(name);
	return well;
}

static bool select_into(const cJSON *node, cJSON *kept, const char **p, int depth)
{
	bool one = depth < 0; /* behind a slash: one name, no commas */
	depth = one ? -depth : depth;
	for (;;) {
		if (!select_name(node, kept, p, depth))
			return false;
		if (one || **p != ',')
			return is_end(**p);
		++*p;
	}
}

bool fields_select(cJSON *body, const char *mask)
{
	if (!*mask)
		return true;
	cJSON *kept = cJSON_CreateObject();
	const char *p = mask;
	bool well = select_into(body, kept, &p, 1) && !*p;
	if (well) {
		cJSON *old = body->child;
		body->child = kept->child;
		kept->child = old;
	}
	cJSON_Delete(kept);
	return well;
}
