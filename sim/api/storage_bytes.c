/* The objects of Cloud Storage and their bytes, in memory and bounded: generations, checksums, noncurrent and soft-deleted
 * ones; and what other simulated services read and write. */
#include "config.h"
#include "sim/api/storage.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Between a name and its generation in a key: sorts before every character that a name may have. */
#define MARK "\x01"

static const size_t most_bytes = (size_t)1 << 30;

/* Bytes. They hang on a JSON null of the hidden part: cJSON frees a node's text whatever its type, and prints null for it.
 * -------------- */

static void attach(struct sim_object *o, char *data, size_t len)
{
	cJSON *node = cJSON_CreateNull();
	node->valuestring = data;
	node->valuedouble = (double)len;
	cJSON_AddItemToObject(o->hidden, "content", node);
}

const char *storage_data(const struct sim_object *o, size_t *len)
{
	const cJSON *node = cJSON_GetObjectItemCaseSensitive(o->hidden, "content");
	*len = node ? (size_t)node->valuedouble : 0;
	return node && node->valuestring ? node->valuestring : "";
}

static cJSON *account(struct sim *s)
{
	struct sim_object *o = sim_get(s, "storage.usage", "bytes");
	if (!o)
		o = sim_put(s, "storage.usage", "bytes", cJSON_CreateObject());
	return o->hidden;
}

static void count_bytes(struct sim *s, double more)
{
	cJSON *hidden = account(s);
	json_put_num(hidden, "used", json_num(hidden, "used", 0) + more);
}

static void away(struct sim *s, struct sim_object *o)
{
	size_t len;
	storage_data(o, &len);
	count_bytes(s, -(double)len);
	sim_remove(s, o);
}

/* Room for so many bytes; what was soft-deleted goes first. */
static bool room_for(struct sim *s, size_t len)
{
	struct sim_object *o;
	while (json_num(account(s), "used", 0) + (double)len > (double)most_bytes && (o = sim_first(s, STORAGE_SOFT, "")))
		away(s, o);
	return json_num(account(s), "used", 0) + (double)len <= (double)most_bytes;
}

/* Names and numbers. ------------------------------------------------------------------------------------------------------ */

char *storage_key(const char *bucket, const char *object, long long generation)
{
	return generation ? xasprintf("%s/%s" MARK "%020lld", bucket, object, generation)
			  : xasprintf("%s/%s" MARK, bucket, object);
}

static size_t varint(unsigned char *into, unsigned long long n)
{
	size_t len = 0;
	do {
		into[len++] = (unsigned char)((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
	} while (n >>= 7);
	return len;
}

const char *storage_etag(long long generation, long long metageneration)
{
	unsigned char raw[24];
	size_t n = 0;
	if (generation) {
		raw[n++] = 0x08;
		n += varint(raw + n, (unsigned long long)generation);
	}
	raw[n++] = generation ? 0x10 : 0x08;
	n += varint(raw + n, (unsigned long long)metageneration);
	return sim_keep(identity_base64(raw, n));
}

struct sim_object *storage_object(struct sim *s, const char *bucket, const char *object, const char *generation)
{
	char *prefix = storage_key(bucket, object, *generation ? strtoll(generation, NULL, 10) : 0);
	struct sim_object *o = sim_first(s, STORAGE_OBJECTS, prefix), *live = NULL;
	for (; o && !live; o = sim_following(s, o, prefix))
		if (*generation || !json_at(o->doc, "timeDeleted"))
			live = o;
	free(prefix);
	return live;
}

bool storage_has_objects(struct sim *s, const char *bucket)
{
	return sim_first(s, STORAGE_OBJECTS, sim_tmp("%s/", bucket)) != NULL;
}

/* Making an object. ------------------------------------------------------------------------------------------------------- */

static char *md5_of(const void *data, size_t len)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	EVP_Digest(data, len, digest, &n, EVP_md5(), NULL);
	return identity_base64(digest, n);
}

static char *crc_of(const void *data, size_t len)
{
	uint32_t crc = sim_crc32c(data, len);
	unsigned char raw[4] = {(unsigned char)(crc >> 24), (unsigned char)(crc >> 16), (unsigned char)(crc >> 8),
				(unsigned char)crc};
	return identity_base64(raw, 4);
}

static void links(cJSON *doc, const char *bucket, const char *object, long long generation)
{
	struct buf name = {0};
	text_percent(&name, object, false);
	const char *self = sim_tmp("https://www.googleapis.com/storage/v1/b/%s/o/%s", bucket, buf_text(&name));
	const char *media = sim_tmp("https://storage.googleapis.com/download/storage/v1/b/%s/o/%s?generation=%lld&alt=media",
				    bucket, buf_text(&name), generation);
	const char *id = sim_tmp("%s/%s/%lld", bucket, object, generation);
	json_put_str(doc, "selfLink", self);
	json_put_str(doc, "mediaLink", media);
	json_put_str(doc, "id", id);
	buf_free(&name);
}

static void take_meta(cJSON *doc, const cJSON *meta)
{
	static const char *const settable[] = {"contentType",   "contentEncoding", "contentDisposition", "contentLanguage",
					       "cacheControl",  "customTime",      "metadata",           "storageClass",
					       "temporaryHold", "eventBasedHold"};
	for (size_t i = 0; i < sizeof settable / sizeof *settable; i++) {
		const cJSON *value = meta ? cJSON_GetObjectItemCaseSensitive(meta, settable[i]) : NULL;
		if (value && !cJSON_IsNull(value))
			json_put(doc, settable[i], cJSON_Duplicate(value, true));
	}
}

static long long new_generation(struct sim *s)
{
	cJSON *hidden = account(s);
	long long now = (long long)(sim_wall(s) * 1e6), last = (long long)json_num(hidden, "generation", 0);
	now = now > last ? now : last + 1;
	json_put_num(hidden, "generation", (double)now);
	return now;
}

static cJSON *object_doc(struct sim *s, const struct sim_object *bucket, const char *object, const cJSON *meta,
			 const char *data, size_t len, long long generation)
{
	const char *name = json_str(bucket->doc, "name", "");
	char *md5 = md5_of(data, len), *crc = crc_of(data, len);
	const char *etag = storage_etag(generation, 1);
	const char *now = sim_stamp(s, 3);
	char number[32], size[32];
	snprintf(number, sizeof number, "%lld", generation);
	snprintf(size, sizeof size, "%zu", len);
	cJSON *doc = json_make("{'kind':'storage#object','name':%s,'bucket':%s,'generation':%s,'metageneration':'1','"
			       "storageClass':%s,'size':%s,"
			       "'md5Hash':%s,'crc32c':%s,'etag':%s,'timeCreated':%s,'updated':%s,'timeStorageClassUpdated':%s,'"
			       "timeFinalized':%s}",
			       object, name, number, json_str(bucket->doc, "storageClass", "STANDARD"), size, md5, crc, etag,
			       now, now, now, now);
	links(doc, name, object, generation);
	take_meta(doc, meta);
	free(md5), free(crc);
	return doc;
}

struct sim_object *storage_put(struct sim *s, struct sim_object *bucket, const char *object, const cJSON *meta, char *data,
			       size_t len)
{
	const char *name = json_str(bucket->doc, "name", "");
	struct sim_object *old = storage_object(s, name, object, "");
	if (!room_for(s, len)) {
		free(data);
		return NULL;
	}
	if (old)
		storage_drop(s, bucket, old, false);
	long long generation = new_generation(s);
	char *key = storage_key(name, object, generation);
	struct sim_object *o = sim_put(s, STORAGE_OBJECTS, key, object_doc(s, bucket, object, meta, data, len, generation));
	attach(o, data, len);
	count_bytes(s, (double)len);
	free(key);
	return o;
}

/* Taking one away. -------------------------------------------------------------------------------------------------------- */

static void hard_deleted(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, STORAGE_SOFT, json_str(arg, "key", ""));
	if (o)
		away(s, o);
}

static void soft_delete(struct sim *s, struct sim_object *o, double retention)
{
	char until[40];
	const char *now = sim_stamp(s, 3);
	cJSON *doc = cJSON_Duplicate(o->doc, true), *content = cJSON_DetachItemFromObjectCaseSensitive(o->hidden, "content");
	json_put_str(doc, "softDeleteTime", now);
	json_put_str(doc, "hardDeleteTime", text_rfc3339(sim_wall(s) + retention, 3, until));
	struct sim_object *soft = sim_put(s, STORAGE_SOFT, o->key, doc);
	if (content)
		cJSON_AddItemToObject(soft->hidden, "content", content);
	sim_after(s, retention, hard_deleted, json_make("{'key':%s}", o->key));
	sim_remove(s, o);
}

void storage_drop(struct sim *s, struct sim_object *bucket, struct sim_object *o, bool for_good)
{
	double retention = (double)json_int64(bucket->doc, "softDeletePolicy.retentionDurationSeconds", 0);
	if (json_bool(bucket->doc, "versioning.enabled", false) && !for_good) {
		json_put_str(o->doc, "timeDeleted", sim_stamp(s, 3));
	} else if (retention > 0) {
		soft_delete(s, o, retention);
	} else {
		away(s, o);
	}
}

/* For other services. ----------------------------------------------------------------------------------------------------- */

static struct sim_object *allowed_bucket(struct sim *s, const char *principal, const char *bucket, const char *permission,
					 const char **why)
{
	struct sim_object *b = storage_bucket(s, bucket);
	*why = !b ? "bucket" : !storage_may(s, principal, permission, b) ? "permission" : NULL;
	return *why ? NULL : b;
}

char *sim_object_read(struct sim *s, const char *principal, const char *bucket, const char *object, const char *generation,
		      size_t *len, const char **why)
{
	struct sim_object *b = allowed_bucket(s, principal, bucket, "storage.objects.get", why);
	struct sim_object *o = b ? storage_object(s, bucket, object, generation ? generation : "") : NULL;
	*len = 0;
	if (b && !o)
		*why = "missing";
	if (!o)
		return NULL;
	const char *data = storage_data(o, len);
	char *copy = xmalloc(*len + 1);
	memcpy(copy, data, *len);
	copy[*len] = 0;
	return copy;
}

bool sim_object_write(struct sim *s, const char *principal, const char *bucket, const char *object, const char *type,
		      const void *data, size_t len, const char **why)
{
	struct sim_object *b = allowed_bucket(s, principal, bucket, "storage.objects.create", why);
	if (b && storage_object(s, bucket, object, "") && !storage_may(s, principal, "storage.objects.delete", b)) {
		*why = "permission";
		b = NULL;
	}
	if (!b)
		return false;
	char *copy = xmalloc(len + 1);
	memcpy(copy, data, len);
	copy[len] = 0;
	cJSON *meta = json_make("{'contentType':%s}", type ? type : "application/octet-stream");
	struct sim_object *o = storage_put(s, b, object, meta, copy, len);
	cJSON_Delete(meta);
	*why = o ? NULL : "full";
	return o != NULL;
}

bool sim_object_delete(struct sim *s, const char *principal, const char *bucket, const char *object, const char **why)
{
	struct sim_object *b = allowed_bucket(s, principal, bucket, "storage.objects.delete", why);
	struct sim_object *o = b ? storage_object(s, bucket, object, "") : NULL;
	if (b && !o)
		*why = "missing";
	if (o)
		storage_drop(s, b, o, false);
	return o != NULL;
}

cJSON *sim_object_names(struct sim *s, const char *principal, const char *bucket, const char *prefix, const char **why)
{
	if (!allowed_bucket(s, principal, bucket, "storage.objects.list", why))
		return NULL;
	const char *from = sim_tmp("%s/%s", bucket, prefix);
	cJSON *names = cJSON_CreateArray();
	for (struct sim_object *o = sim_first(s, STORAGE_OBJECTS, from); o; o = sim_following(s, o, from)) {
		if (json_at(o->doc, "timeDeleted"))
			continue;
		cJSON *one = json_make("{'name':%s}", json_str(o->doc, "name", ""));
		cJSON_AddNumberToObject(one, "size", (double)json_int64(o->doc, "size", 0));
		cJSON_AddItemToArray(names, one);
	}
	return names;
}
