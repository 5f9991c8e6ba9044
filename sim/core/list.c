/* What most APIs' handlers need: pages of a list, merges by a field mask, parameters. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

const char *sim_param(const struct sim_call *c, const char *name)
{
	const cJSON *p = cJSON_GetObjectItemCaseSensitive(c->params, name);
	if (cJSON_IsArray(p))
		p = p->child;
	return cJSON_IsString(p) ? p->valuestring : "";
}

bool sim_param_bool(const struct sim_call *c, const char *name)
{
	const char *v = sim_param(c, name);
	return !strcasecmp(v, "true") || !strcmp(v, "1");
}

const char *sim_segment(const struct sim_call *c, int n)
{
	const char *p = c->path + (c->path[0] == '/');
	for (; n > 0 && *p; n--) {
		p += strcspn(p, "/");
		p += *p == '/';
	}
	return sim_tmp("%.*s", (int)strcspn(p, "/"), p);
}

cJSON *sim_take_body(struct sim_call *c)
{
	cJSON *body = c->body ? c->body : cJSON_CreateObject();
	c->body = NULL;
	return body;
}

/* A page's token is the key that the next page starts with, in hex behind a mark: opaque, and good after changes of the list. */
static char *token_for(const char *key)
{
	struct buf b = {0};
	buf_puts(&b, "p1");
	for (; *key; key++)
		buf_printf(&b, "%02x", (unsigned char)*key);
	return buf_take(&b);
}

static char *key_of_token(const char *token)
{
	size_t len = strlen(token);
	if (len < 4 || len % 2 || strncmp(token, "p1", 2) != 0 || strspn(token + 2, "0123456789abcdef") != len - 2)
		return NULL;
	char *key = xcalloc(len / 2, 1);
	for (size_t i = 2; i < len; i += 2)
		key[i / 2 - 1] = (char)strtol((char[]){token[i], token[i + 1], 0}, NULL, 16);
	return key;
}

/* How many a method lists where the call does not say, and at most (discovery; where that is silent, as recorded). The first that fits counts. */
static const struct page {
	const char *id; /* the beginning of the method's */
	long size, most;
} pages[] = {
    {"iam.projects.serviceAccounts.", 20, 100},
    {"iam.projects.roles.", 300, 1000},
    {"iam.projects.locations.oauthClients.", 50, 100},
    {"iam.projects.locations.workloadIdentityPools.providers.", 50, 100},
    {"iam.projects.locations.workloadIdentityPools.", 50, 1000},
    {"sql.instances.", 500, 1000},
    {"sql.", LONG_MAX, LONG_MAX},
    {"dns.", 100, 1000},
    {"storage.", 1000, 1000},
    {"logging.", 1000, 1000},
    {"compute.", 500, 500},
    {"cloudbilling.billingAccounts.", 100, 100},
    {"iap.projects.brands.", 100, 1000},
    {"certificatemanager.projects.locations.certificateMaps.certificateMapEntries.", 50, 1000},
    {"run.projects.locations.operations.", 100, 1000},
    {"", 500, 1000},
};

static long page_size(const struct sim_call *c)
{
	const char *asked = sim_param(c, "pageSize");
	asked = *asked ? asked : sim_param(c, "maxResults");
	long n = strtol(asked, NULL, 10);
	const struct page *p = pages;
	while (!text_starts(c->id ? c->id : "", p->id))
		p++;
	return n <= 0 ? p->size : n < p->most ? n : p->most;
}

void sim_put_list(cJSON *reply, const char *field, cJSON *list)
{
	if (list->child)
		json_put(reply, field, list);
	else
		cJSON_Delete(list);
}

void sim_list(struct sim_call *c, const char *collection, const char *prefix, const char *field,
	      bool (*keep)(const struct sim_call *, const struct sim_object *), cJSON *extra)
{
	sim_list_seen(c, collection, prefix, field, keep, NULL, extra);
}

void sim_list_seen(struct sim_call *c, const char *collection, const char *prefix, const char *field,
		   bool (*keep)(const struct sim_call *, const struct sim_object *),
		   cJSON *(*seen)(const struct sim_call *, const struct sim_object *), cJSON *extra)
{
	const char *token = sim_param(c, "pageToken");
	char *from = *token ? key_of_token(token) : xstrdup(prefix);
	if (!from || !text_starts(from, prefix)) {
		free(from);
		cJSON_Delete(extra);
		sim_fail(c, "INVALID_ARGUMENT", "invalid", *token ? "Invalid value for field 'pageToken': '%s'." : "%s", token);
		return;
	}
	cJSON *reply = extra ? extra : cJSON_CreateObject(), *items = cJSON_CreateArray();
	long left = page_size(c);
	struct sim_object *o = sim_first_from(c->sim, collection, prefix, from);
	char *held = xstrdup(prefix); /* keep may use up the caller's passing text */
	for (; o && left; o = sim_following(c->sim, o, held))
		if (!keep || keep(c, o)) {
			cJSON_AddItemToArray(items, seen ? seen(c, o) : cJSON_Duplicate(o->doc, 1));
			left--;
		}
	while (o && keep && !keep(c, o))
		o = sim_following(c->sim, o, held);
	free(held);
	sim_put_list(reply, field, items);
	if (o) {
		char *next = token_for(o->key);
		cJSON_AddStringToObject(reply, "nextPageToken", next);
		free(next);
	}
	free(from);
	sim_ok(c, reply);
}

/* "max_instance_count" of a mask is the document's "maxInstanceCount". */
static void camel(char *text)
{
	char *to = text;
	for (const char *p = text; *p; p++)
		*to++ = *p == '_' && p[1] >= 'a' && p[1] <= 'z' ? (char)(*++p - 'a' + 'A') : *p;
	*to = '\0';
}

static void merge_whole(cJSON *doc, const cJSON *patch)
{
	for (const cJSON *p = patch->child; p; p = p->next) {
		cJSON *old = cJSON_GetObjectItemCaseSensitive(doc, p->string);
		cJSON *copy = cJSON_Duplicate(p, 1);
		if (old)
			cJSON_ReplaceItemInObjectCaseSensitive(doc, p->string, copy);
		else
			cJSON_AddItemToObject(doc, p->string, copy);
	}
}

void sim_merge(cJSON *doc, const cJSON *patch, const char *mask)
{
	if (!mask || !*mask || !strcmp(mask, "*")) {
		merge_whole(doc, patch);
		return;
	}
	char *copy = xstrdup(mask), *save = NULL;
	for (char *path = strtok_r(copy, ", ", &save); path; path = strtok_r(NULL, ", ", &save)) {
		camel(path);
		const cJSON *value = json_at(patch, path);
		if (value)
			json_put(doc, path, cJSON_Duplicate(value, 1));
		else
			json_drop(doc, path);
	}
	free(copy);
}

void sim_merge_patch(cJSON *doc, const cJSON *patch)
{
	const cJSON *p;
	cJSON_ArrayForEach(p, patch) {
		cJSON *have = cJSON_GetObjectItemCaseSensitive(doc, p->string);
		if (cJSON_IsNull(p)) {
			cJSON_DeleteItemFromObjectCaseSensitive(doc, p->string);
		} else if (cJSON_IsObject(p)) {
			if (!cJSON_IsObject(have)) {
				cJSON_DeleteItemFromObjectCaseSensitive(doc, p->string);
				have = cJSON_AddObjectToObject(doc, p->string);
			}
			sim_merge_patch(have, p);
		} else if (have) {
			cJSON_ReplaceItemInObjectCaseSensitive(doc, p->string, cJSON_Duplicate(p, true));
		} else {
			cJSON_AddItemToObject(doc, p->string, cJSON_Duplicate(p, true));
		}
	}
}

void sim_retain(cJSON *doc, const cJSON *old, const char *fields)
{
	char *copy = xstrdup(fields ? fields : ""), *save = NULL;
	for (char *field = strtok_r(copy, " ", &save); field; field = strtok_r(NULL, " ", &save)) {
		const cJSON *was = json_at(old, field);
		if (was)
			json_put(doc, field, cJSON_Duplicate(was, true));
		else
			json_drop(doc, field);
	}
	free(copy);
}

void sim_fill(cJSON *doc, const cJSON *defaults)
{
	const cJSON *d;
	cJSON_ArrayForEach(d, defaults) {
		cJSON *have = cJSON_GetObjectItemCaseSensitive(doc, d->string);
		if (!have)
			cJSON_AddItemToObject(doc, d->string, cJSON_Duplicate(d, true));
		else if (cJSON_IsObject(have) && cJSON_IsObject(d))
			sim_fill(have, d);
	}
}
