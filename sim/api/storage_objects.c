/* storage.googleapis.com: objects' metadata: reading, listing, changing, deleting, copying, composing, restoring. */
#include "config.h"
#include "sim/api/storage.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_COMPOSED = 32, MOST_LISTED = 1000 };

cJSON *storage_show(const struct sim_call *c, const struct sim_object *o)
{
	(void)c;
	return cJSON_Duplicate(o->doc, true);
}

/* Finding. ---------------------------------------------------------------------------------------------------------------- */

static bool holds(struct sim_call *c, const char *source, const char *what, const char *now)
{
	const char *is = sim_tmp("if%s%sMatch", source, what), *is_not = sim_tmp("if%s%sNotMatch", source, what);
	const char *want = storage_query(c, is), *avoid = storage_query(c, is_not);
	return (!*want || !strcmp(want, now)) && (!*avoid || strcmp(avoid, now));
}

bool storage_conditions(struct sim_call *c, const struct sim_object *o, const char *source)
{
	/* An object that is not there has generation 0. */
	if (holds(c, source, "Generation", o ? json_str(o->doc, "generation", "0") : "0") &&
	    holds(c, source, "Metageneration", o ? json_str(o->doc, "metageneration", "0") : "0"))
		return true;
	storage_unmet(c);
	return false;
}

struct sim_object *storage_object_for(struct sim_call *c, int nth, const char *permission)
{
	struct sim_object *bucket = storage_bucket_for(c, nth, permission, "object");
	const char *name = storage_name(c, "o", nth);
	struct sim_object *o = bucket ? storage_object(c->sim, json_str(bucket->doc, "name", ""), name,
						       storage_query(c, "generation"))
				      : NULL;
	if (!bucket)
		return NULL;
	if (!o) {
		storage_no_object(c, json_str(bucket->doc, "name", ""), name);
		return NULL;
	}
	return storage_conditions(c, o, "") ? o : NULL;
}

static struct sim_object *soft_for(struct sim_call *c, struct sim_object **bucket)
{
	const char *name = storage_name(c, "o", 0);
	*bucket = storage_bucket_for(c, 0, "storage.objects.get", "object");
	if (!*bucket)
		return NULL;
	char *key = storage_key(json_str((*bucket)->doc, "name", ""), name, strtoll(storage_query(c, "generation"), NULL, 10));
	struct sim_object *o = sim_get(c->sim, STORAGE_SOFT, key);
	if (!o)
		storage_no_object(c, json_str((*bucket)->doc, "name", ""), name);
	free(key);
	return o;
}

static void storage_objects_get(struct sim_call *c)
{
	struct sim_object *bucket, *o;
	if (storage_query_bool(c, "softDeleted")) {
		if ((o = soft_for(c, &bucket)))
			sim_ok(c, storage_show(c, o));
		return;
	}
	o = storage_object_for(c, 0, "storage.objects.get");
	if (o && !strcmp(storage_query(c, "alt"), "media"))
		storage_send(c, o);
	else if (o)
		sim_ok(c, storage_show(c, o));
}

/* Listing. ---------------------------------------------------------------------------------------------------------------- */

/* A glob as Cloud Storage has it: * stops at slashes, ** does not, ? is one character. */
static bool glob(const char *pattern, const char *text)
{
	for (; *pattern; pattern++, text++) {
		if (*pattern == '*') {
			bool any = pattern[1] == '*';
			pattern += any ? 2 : 1;
			for (; *text; text++) {
				if (glob(pattern, text))
					return true;
				if (!any && *text == '/')
					return false;
			}
			return !*pattern;
		}
		if (*pattern != *text && (*pattern != '?' || !*text || *text == '/'))
			return false;
	}
	return !*text;
}

struct listing {
	struct sim_call *call;
	const char *bucket, *prefix, *delimiter, *collection, *end, *pattern;
	bool versions, soft, trailing;
	cJSON *items, *prefixes;
	char *next; /* the key that the next page begins with */
	long left;
};

/* The folder that a name is in, below the prefix: up to and with the delimiter; NULL when it is in none. */
static char *folder_of(const struct listing *l, const char *name)
{
	const char *at = *l->delimiter ? strstr(name + strlen(l->prefix), l->delimiter) : NULL;
	return at ? xstrndup(name, (size_t)(at - name) + strlen(l->delimiter)) : NULL;
}

static bool wanted(const struct listing *l, const struct sim_object *o)
{
	bool live = !json_at(o->doc, "timeDeleted");
	return (live || l->versions || l->soft) && (!*l->pattern || glob(l->pattern, json_str(o->doc, "name", "")));
}

/* Takes one object, or the folder that stands for it; gives the object to go on with. */
static struct sim_object *take(struct listing *l, struct sim_object *o, const char *from)
{
	struct sim *s = l->call->sim;
	const char *name = json_str(o->doc, "name", "");
	char *folder = folder_of(l, name);
	if (!folder || (l->trailing && !strcmp(folder, name))) {
		cJSON_AddItemToArray(l->items, storage_show(l->call, o));
		l->left--;
	}
	if (!folder)
		return sim_following(s, o, from);
	int n = cJSON_GetArraySize(l->prefixes);
	const cJSON *last = n ? cJSON_GetArrayItem(l->prefixes, n - 1) : NULL;
	if (!last || strcmp(last->valuestring, folder)) {
		cJSON_AddItemToArray(l->prefixes, cJSON_CreateString(folder));
		l->left--;
	}
	/* On behind the folder; but its own placeholder was one object only. */
	const char *behind = sim_tmp("%s/%s\xff", l->bucket, folder);
	struct sim_object *next = sim_first_from(s, l->collection, from, behind);
	free(folder);
	return next;
}

static void walk(struct listing *l, const char *start)
{
	struct sim *s = l->call->sim;
	const char *from = sim_tmp("%s/%s", l->bucket, l->prefix);
	struct sim_object *o = sim_first_from(s, l->collection, from, strcmp(start, from) > 0 ? start : from);
	while (o) {
		const char *name = json_str(o->doc, "name", "");
		if (*l->end && strcmp(name, l->end) >= 0)
			break;
		if (!wanted(l, o)) {
			o = sim_following(s, o, from);
			continue;
		}
		if (!l->left) {
			l->next = xstrdup(o->key);
			break;
		}
		o = take(l, o, from);
	}
}

static char *start_of(struct sim_call *c, const char *bucket)
{
	const char *token = storage_query(c, "pageToken");
	size_t n;
	char *key = *token ? (char *)identity_unbase64(token, &n) : NULL;
	return key ? key : xasprintf("%s/%s", bucket, storage_query(c, "startOffset"));
}

static void answer_list(struct listing *l)
{
	cJSON *reply = json_make("{'kind':'storage#objects'}");
	if (cJSON_GetArraySize(l->items))
		cJSON_AddItemToObject(reply, "items", l->items);
	else
		cJSON_Delete(l->items);
	if (cJSON_GetArraySize(l->prefixes))
		cJSON_AddItemToObject(reply, "prefixes", l->prefixes);
	else
		cJSON_Delete(l->prefixes);
	if (l->next) {
		char *token = identity_base64(l->next, strlen(l->next));
		cJSON_AddStringToObject(reply, "nextPageToken", token);
		free(token);
	}
	sim_ok(l->call, reply);
}

static void storage_objects_list(struct sim_call *c)
{
	struct sim_object *bucket = storage_bucket_for(c, 0, "storage.objects.list", "bucket");
	long most = strtol(storage_query(c, "maxResults"), NULL, 10);
	if (!bucket)
		return;
	struct listing l = {
	    .call = c,
	    .bucket = json_str(bucket->doc, "name", ""),
	    .prefix = storage_query(c, "prefix"),
	    .delimiter = storage_query(c, "delimiter"),
	    .end = storage_query(c, "endOffset"),
	    .pattern = storage_query(c, "matchGlob"),
	    .soft = storage_query_bool(c, "softDeleted"),
	    .versions = storage_query_bool(c, "versions"),
	    .trailing = storage_query_bool(c, "includeTrailingDelimiter"),
	    .items = cJSON_CreateArray(),
	    .prefixes = cJSON_CreateArray(),
	    .left = most > 0 && most < MOST_LISTED ? most : MOST_LISTED,
	};
	l.collection = l.soft ? STORAGE_SOFT : STORAGE_OBJECTS;
	char *start = start_of(c, l.bucket);
	walk(&l, start);
	answer_list(&l);
	free(start), free(l.next);
}

/* Changing. --------------------------------------------------------------------------------------------------------------- */

static const char *const settable[] = {"contentType",     "contentEncoding", "contentDisposition",
				       "contentLanguage", "cacheControl",    "customTime",
				       "metadata",        "temporaryHold",   "eventBasedHold"};

static void changed(struct sim_call *c, struct sim_object *o)
{
	long long n = json_int64(o->doc, "metageneration", 0) + 1;
	char text[24];
	const char *etag = storage_etag(json_int64(o->doc, "generation", 0), n);
	const char *now = sim_stamp(c->sim, 3);
	snprintf(text, sizeof text, "%lld", n);
	json_put_str(o->doc, "metageneration", text);
	json_put_str(o->doc, "etag", etag);
	json_put_str(o->doc, "updated", now);
	sim_ok(c, storage_show(c, o));
}

static cJSON *sent(struct sim_call *c)
{
	struct err e = {0};
	cJSON *body = c->raw && c->raw_len ? json_parse(c->raw, c->raw_len, "body", &e) : NULL;
	err_free(&e);
	return body ? body : cJSON_CreateObject();
}

/* The user's own metadata is merged key by key; null takes a key away. */
static void merge_metadata(cJSON *doc, const cJSON *from)
{
	const cJSON *m;
	if (cJSON_IsNull(from)) {
		json_drop(doc, "metadata");
		return;
	}
	if (!json_at(doc, "metadata"))
		cJSON_AddObjectToObject(doc, "metadata");
	cJSON *into = cJSON_GetObjectItemCaseSensitive(doc, "metadata");
	cJSON_ArrayForEach(m, from) {
		cJSON_DeleteItemFromObjectCaseSensitive(into, m->string);
		if (!cJSON_IsNull(m))
			cJSON_AddItemToObject(into, m->string, cJSON_Duplicate(m, true));
	}
	if (!into->child)
		json_drop(doc, "metadata");
}

static void change(struct sim_call *c, bool whole)
{
	struct sim_object *o = storage_object_for(c, 0, "storage.objects.update");
	if (!o)
		return;
	cJSON *body = sent(c);
	for (size_t i = 0; i < sizeof settable / sizeof *settable; i++) {
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(body, settable[i]);
		if (whole || (value && strcmp(settable[i], "metadata")))
			json_drop(o->doc, settable[i]);
		if (value && !strcmp(settable[i], "metadata"))
			merge_metadata(o->doc, value);
		else if (value && !cJSON_IsNull(value))
			cJSON_AddItemToObject(o->doc, settable[i], cJSON_Duplicate(value, true));
	}
	cJSON_Delete(body);
	changed(c, o);
}

static void storage_objects_patch(struct sim_call *c)
{
	change(c, false);
}

static void storage_objects_update(struct sim_call *c)
{
	change(c, true);
}

static void delete (struct sim_call *c)
{
	struct sim_object *o = storage_object_for(c, 0, "storage.objects.delete");
	struct sim_object *bucket = o ? storage_bucket(c->sim, json_str(o->doc, "bucket", "")) : NULL;
	if (!bucket)
		return;
	storage_drop(c->sim, bucket, o, *storage_query(c, "generation"));
	sim_no_content(c);
}

static void storage_objects_restore(struct sim_call *c)
{
	struct sim_object *bucket, *soft = soft_for(c, &bucket);
	size_t len;
	if (!soft)
		return;
	if (!storage_may(c->sim, c->principal, "storage.objects.restore", bucket)) {
		storage_denied(c, "storage.objects.restore", "object");
		return;
	}
	const char *data = storage_data(soft, &len);
	char *copy = xmalloc(len + 1);
	memcpy(copy, data, len);
	copy[len] = 0;
	struct sim_object *o = storage_put(c->sim, bucket, json_str(soft->doc, "name", ""), soft->doc, copy, len);
	if (o)
		sim_ok(c, storage_show(c, o));
	else
		storage_full(c);
}

/* Copying. ---------------------------------------------------------------------------------------------------------------- */

/* Where the bytes go: the second bucket and object of the path. */
static struct sim_object *target(struct sim_call *c, const char **name)
{
	struct sim_object *bucket = storage_bucket_for(c, 1, "storage.objects.create", "object");
	*name = storage_name(c, "o", 1);
	if (!bucket)
		return NULL;
	struct sim_object *old = storage_object(c->sim, json_str(bucket->doc, "name", ""), *name, "");
	return storage_conditions(c, old, "") ? bucket : NULL;
}

static struct sim_object *source(struct sim_call *c)
{
	struct sim_object *bucket = storage_bucket_for(c, 0, "storage.objects.get", "object");
	const char *name = storage_name(c, "o", 0);
	struct sim_object *o = bucket ? storage_object(c->sim, json_str(bucket->doc, "name", ""), name,
						       storage_query(c, "sourceGeneration"))
				      : NULL;
	if (bucket && !o)
		storage_no_object(c, json_str(bucket->doc, "name", ""), name);
	return o && storage_conditions(c, o, "Source") ? o : NULL;
}

static struct sim_object *copied(struct sim_call *c)
{
	struct sim_object *from = source(c), *bucket;
	const char *name;
	size_t len;
	if (!from || !(bucket = target(c, &name)))
		return NULL;
	const char *data = storage_data(from, &len);
	char *copy = xmalloc(len + 1);
	memcpy(copy, data, len);
	copy[len] = 0;
	/* Metadata comes along unless the request brings its own. */
	bool own = cJSON_GetArraySize(c->body) > 0;
	cJSON *meta = cJSON_Duplicate(own ? c->body : from->doc, true);
	if (own && !json_at(meta, "contentType") && json_at(from->doc, "contentType"))
		json_put_str(meta, "contentType", json_str(from->doc, "contentType", ""));
	struct sim_object *o = storage_put(c->sim, bucket, name, meta, copy, len);
	cJSON_Delete(meta);
	if (!o)
		storage_full(c);
	return o;
}

static void storage_objects_copy(struct sim_call *c)
{
	struct sim_object *o = copied(c);
	if (o)
		sim_ok(c, storage_show(c, o));
}

static void storage_objects_rewrite(struct sim_call *c)
{
	struct sim_object *o = copied(c);
	if (o)
		sim_ok(c, json_make("{'kind':'storage#rewriteResponse','totalBytesRewritten':%s,'objectSize':%s,'done':%b,'"
				    "resource':%j}",
				    json_str(o->doc, "size", "0"), json_str(o->doc, "size", "0"), 1, storage_show(c, o)));
}

/* Composing. -------------------------------------------------------------------------------------------------------------- */

static bool gather(struct sim_call *c, const char *bucket, const cJSON *sources, struct buf *bytes, int *components)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, sources) {
		const char *name = json_str(one, "name", ""), *generation = json_str(one, "generation", "");
		struct sim_object *o = storage_object(c->sim, bucket, name, generation);
		size_t len;
		if (!o) {
			sim_fail(c, "NOT_FOUND", "notFound", "Object %s (generation: %s) not found.", name,
				 *generation ? generation : "0");
			return false;
		}
		const char *data = storage_data(o, &len);
		buf_add(bytes, data, len);
		*components += (int)json_num(o->doc, "componentCount", 1);
	}
	return true;
}

static void storage_objects_compose(struct sim_call *c)
{
	struct sim_object *bucket = storage_bucket_for(c, 0, "storage.objects.create", "object");
	const cJSON *sources = json_at(c->body, "sourceObjects");
	int n = cJSON_GetArraySize(sources), components = 0;
	const char *object = storage_name(c, "o", 0);
	struct buf bytes = {.max = (size_t)512 << 20};
	if (!bucket)
		return;
	const char *name = json_str(bucket->doc, "name", "");
	if (n < 1 || n > MOST_COMPOSED) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid",
			 n ? "The number of source components provided (%d) exceeds the maximum (%d)"
			   : "You must provide at least one source component.%.0d%.0d",
			 n, MOST_COMPOSED);
		return;
	}
	if (!storage_conditions(c, storage_object(c->sim, name, object, ""), "") ||
	    !gather(c, name, sources, &bytes, &components)) {
		buf_free(&bytes);
		return;
	}
	size_t len = bytes.len;
	struct sim_object *o = storage_put(c->sim, bucket, object, json_at(c->body, "destination"), buf_take(&bytes), len);
	if (!o) {
		storage_full(c);
		return;
	}
	json_drop(o->doc, "md5Hash");
	json_put_num(o->doc, "componentCount", components);
	sim_ok(c, storage_show(c, o));
}

static void storage_objects_move(struct sim_call *c)
{
	struct sim_object *from = storage_object_for(c, 0, "storage.objects.move");
	const char *to = storage_name(c, "o", 1);
	size_t len;
	if (!from)
		return;
	struct sim_object *bucket = storage_bucket(c->sim, json_str(from->doc, "bucket", ""));
	const char *data = storage_data(from, &len);
	char *copy_of = xmalloc(len + 1);
	memcpy(copy_of, data, len);
	copy_of[len] = 0;
	struct sim_object *o = storage_put(c->sim, bucket, to, from->doc, copy_of, len);
	if (!o) {
		storage_full(c);
		return;
	}
	storage_drop(c->sim, bucket, from, true);
	sim_ok(c, storage_show(c, o));
}

static const struct sim_route routes[] = {
    {"storage.objects.get", storage_objects_get, NULL, NULL},
    {"storage.objects.list", storage_objects_list, NULL, NULL},
    {"storage.objects.patch", storage_objects_patch, NULL, NULL},
    {"storage.objects.update", storage_objects_update, NULL, NULL},
    {"storage.objects.delete", delete, NULL, NULL},
    {"storage.objects.restore", storage_objects_restore, NULL, NULL},
    {"storage.objects.copy", storage_objects_copy, NULL, NULL},
    {"storage.objects.rewrite", storage_objects_rewrite, NULL, NULL},
    {"storage.objects.compose", storage_objects_compose, NULL, NULL},
    {"storage.objects.move", storage_objects_move, NULL, NULL},
    {0},
};

const struct sim_api sim_api_storage_objects = {.name = "storage", .errors = SIM_ERRORS_LEGACY, .routes = routes};
