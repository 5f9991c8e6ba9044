/* storage.googleapis.com: bytes coming in: simple (media), multipart and resumable uploads
 * (cloud.google.com/storage/docs/performing-resumable-uploads). Checksums that come along are held against the bytes. */
#include "config.h"
#include "sim/api/storage.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define UPLOADS "storage.uploads"

enum { QUANTUM = 262144, WEEK = 7 * 86400 };

/* An upload of one kind or the other, when all bytes are there. ----------------------------------------------------------- */

/* Where it goes, and may it? NULL: answered. */
static struct sim_object *destination(struct sim_call *c, const char *name)
{
	struct sim_object *bucket = storage_bucket_for(c, 0, "storage.objects.create", "object");
	if (!bucket)
		return NULL;
	if (!*name || strlen(name) > 1024 || strpbrk(name, "\r\n")) {
		sim_fail(c, "INVALID_ARGUMENT", *name ? "invalid" : "required", *name ? "Invalid object name." : "Required");
		return NULL;
	}
	struct sim_object *old = storage_object(c->sim, json_str(bucket->doc, "name", ""), name, "");
	if (!storage_conditions(c, old, ""))
		return NULL;
	if (old && !storage_may(c->sim, c->principal, "storage.objects.delete", bucket)) {
		storage_denied(c, "storage.objects.delete", "object");
		return NULL;
	}
	return bucket;
}

/* Takes a part "md5=..." or "crc32c=..." of an X-Goog-Hash header as if metadata had it. */
static void hashes_of_header(struct sim_call *c, cJSON *meta)
{
	const char *header = storage_header(c, "X-Goog-Hash");
	static const char *const names[][2] = {{"md5=", "md5Hash"}, {"crc32c=", "crc32c"}};
	for (int i = 0; i < 2; i++) {
		const char *at = strstr(header, names[i][0]);
		if (!at)
			continue;
		at += strlen(names[i][0]);
		json_put_str(meta, names[i][1], sim_tmp("%.*s", (int)strcspn(at, ", "), at));
	}
}

static bool checksum_ok(struct sim_call *c, const struct sim_object *o, const cJSON *meta, const char *field, const char *name)
{
	const char *sent = json_str(meta, field, NULL), *is = json_str(o->doc, field, "");
	if (!sent || !strcmp(sent, is))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", "invalid", "Provided %s \"%s\" doesn't match calculated %s \"%s\".", name, sent, name,
		 is);
	return false;
}

/* Stores and answers; data is then owned by the store. */
static void finish(struct sim_call *c, struct sim_object *bucket, const char *name, cJSON *meta, char *data, size_t len)
{
	hashes_of_header(c, meta);
	if (!json_at(meta, "contentType"))
		json_put_str(meta, "contentType", "application/octet-stream");
	const char *encoding = storage_query(c, "contentEncoding");
	if (*encoding)
		json_put_str(meta, "contentEncoding", encoding);
	struct sim_object *o = storage_put(c->sim, bucket, name, meta, data, len);
	if (!o) {
		storage_full(c);
		return;
	}
	if (checksum_ok(c, o, meta, "md5Hash", "MD5 hash") && checksum_ok(c, o, meta, "crc32c", "CRC32C"))
		sim_ok(c, storage_show(c, o));
	else
		storage_drop(c->sim, bucket, o, true);
}

static char *bytes_of(const char *from, size_t len)
{
	char *copy = xmalloc(len + 1);
	if (len)
		memcpy(copy, from, len);
	copy[len] = 0;
	return copy;
}

/* uploadType=media -------------------------------------------------------------------------------------------------------- */

static void media(struct sim_call *c)
{
	const char *name = storage_query(c, "name"), *type = storage_header(c, "Content-Type");
	struct sim_object *bucket = destination(c, name);
	if (!bucket)
		return;
	cJSON *meta = cJSON_CreateObject();
	if (*type)
		json_put_str(meta, "contentType", type);
	finish(c, bucket, name, meta, bytes_of(c->raw, c->raw_len), c->raw_len);
	cJSON_Delete(meta);
}

/* uploadType=multipart ---------------------------------------------------------------------------------------------------- */

struct part {
	const char *type, *data;
	size_t type_len, len;
};

static const char *find_bytes(const char *in, size_t len, const char *what, size_t n)
{
	for (const char *at = in; n <= len; at++) {
		const char *hit = memchr(at, *what, len - n + 1);
		if (!hit)
			return NULL;
		len -= (size_t)(hit - at);
		at = hit;
		if (!memcmp(at, what, n))
			return at;
		len--;
	}
	return NULL;
}

/* Splits one part, which begins behind a boundary's line, into its type and its bytes. */
static bool read_part(const char *from, size_t len, struct part *out)
{
	const char *end = find_bytes(from, len, "\r\n\r\n", 4), *unix_end = find_bytes(from, len, "\n\n", 2);
	size_t gap = 4;
	if (!end || (unix_end && unix_end < end))
		end = unix_end, gap = 2;
	if (!end)
		return false;
	for (const char *at = from; at < end;
	     at = memchr(at, '\n', (size_t)(end - at)) ? (const char *)memchr(at, '\n', (size_t)(end - at)) + 1 : end)
		if (!strncasecmp(at, "content-type:", 13)) {
			out->type = at + 13 + strspn(at + 13, " ");
			out->type_len = strcspn(out->type, "\r\n");
		}
	out->data = end + gap;
	out->len = len - (size_t)(end - from) - gap;
	return true;
}

/* The two parts of a multipart/related body: metadata and bytes. */
static bool read_parts(struct sim_call *c, struct part parts[2])
{
	const char *type = storage_header(c, "Content-Type"), *at = strstr(type, "boundary=");
	if (!at || !c->raw)
		return false;
	at += strlen("boundary=");
	size_t n = *at == '"' || *at == '\'' ? strcspn(at + 1, "\"'") : strcspn(at, "; ");
	const char *mark = sim_tmp("--%.*s", (int)n, *at == '"' || *at == '\'' ? at + 1 : at);
	size_t mark_len = strlen(mark), left = c->raw_len;
	const char *from = find_bytes(c->raw, left, mark, mark_len), *next;
	int found = 0;
	while (from && found < 2) {
		from += mark_len;
		left = c->raw_len - (size_t)(from - c->raw);
		const char *line = memchr(from, '\n', left);
		if (!line)
			break;
		left -= (size_t)(line + 1 - from);
		from = line + 1;
		next = find_bytes(from, left, mark, mark_len);
		if (!next)
			break;
		size_t len = (size_t)(next - from);
		len -= len && next[-1] == '\n' ? (len > 1 && next[-2] == '\r' ? 2 : 1) : 0;
		if (!read_part(from, len, &parts[found]))
			break;
		found++;
		from = next;
	}
	return found == 2;
}

static void multipart(struct sim_call *c)
{
	struct part parts[2] = {{0}};
	struct err e = {0};
	if (!read_parts(c, parts)) {
		sim_fail(c, "INVALID_ARGUMENT", "badContent", "Malformed multipart body.");
		return;
	}
	cJSON *meta = parts[0].len ? json_parse(parts[0].data, parts[0].len, "metadata", &e) : cJSON_CreateObject();
	if (!meta) {
		sim_fail(c, "INVALID_ARGUMENT", "parseError", "Parse Error");
		err_free(&e);
		return;
	}
	const char *name = storage_query(c, "name");
	const char *wanted = sim_tmp("%s", *name ? name : json_str(meta, "name", ""));
	struct sim_object *bucket = destination(c, wanted);
	if (bucket && !json_at(meta, "contentType") && parts[1].type) {
		const char *type = sim_tmp("%.*s", (int)(parts[1].type_len), parts[1].type);
		json_put_str(meta, "contentType", type);
	}
	if (bucket)
		finish(c, bucket, wanted, meta, bytes_of(parts[1].data, parts[1].len), parts[1].len);
	cJSON_Delete(meta);
}

/* uploadType=resumable: a session that takes the bytes in chunks. --------------------------------------------------------- */

static void expire(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, UPLOADS, json_str(arg, "id", ""));
	if (o)
		sim_remove(s, o);
}

static void open_session(struct sim_call *c, const char *name, cJSON *meta)
{
	char *id = sim_hex(c->sim, 64);
	struct buf encoded = {0};
	text_percent(&encoded, name, false);
	struct sim_object *o = sim_put(c->sim, UPLOADS, id, cJSON_CreateObject());
	cJSON *content = cJSON_CreateNull();
	content->valuestring = bytes_of("", 0);
	cJSON_AddItemToObject(o->hidden, "content", content);
	cJSON_AddItemToObject(o->hidden, "metadata", cJSON_Duplicate(meta, true));
	json_put_str(o->hidden, "name", name);
	json_put_str(o->hidden, "principal", c->principal ? c->principal : "");
	const char *length = storage_header(c, "X-Upload-Content-Length");
	if (*length)
		json_put_str(o->hidden, "length", length);
	char *location = xasprintf(
	    "https://storage.googleapis.com/upload/storage/v1/b/%s/o?uploadType=resumable&name=%s&upload_id=%s",
	    storage_name(c, "b", 0), buf_text(&encoded), id);
	const char *condition = storage_query(c, "ifGenerationMatch");
	if (*condition) {
		char *longer = xasprintf("%s&ifGenerationMatch=%s", location, condition);
		free(location);
		location = longer;
	}
	sim_header(c, "Location", location);
	sim_header(c, "X-GUploader-UploadID", id);
	sim_after(c->sim, WEEK, expire, json_make("{'id':%s}", id));
	sim_bytes(c, 200, "text/plain; charset=utf-8", "", 0);
	buf_free(&encoded);
	free(id), free(location);
}

static void start(struct sim_call *c)
{
	struct err e = {0};
	cJSON *meta = c->raw_len ? json_parse(c->raw, c->raw_len, "metadata", &e) : cJSON_CreateObject();
	if (!meta) {
		sim_fail(c, "INVALID_ARGUMENT", "parseError", "Parse Error");
		err_free(&e);
		return;
	}
	const char *asked = storage_query(c, "name"), *type = storage_header(c, "X-Upload-Content-Type");
	const char *name = sim_tmp("%s", *asked ? asked : json_str(meta, "name", ""));
	if (*type && !json_at(meta, "contentType"))
		json_put_str(meta, "contentType", type);
	if (destination(c, name))
		open_session(c, name, meta);
	cJSON_Delete(meta);
}

/* 308: so many bytes are safe. As 200 to Google's Go clients, which ask for that since 308 has come to mean a redirection. */
static void resume_incomplete(struct sim_call *c, size_t have)
{
	char range[64];
	if (have) {
		snprintf(range, sizeof range, "bytes=0-%zu", have - 1);
		sim_header(c, "Range", range);
	}
	bool plainly = strcasecmp(storage_header(c, "X-GUploader-No-308"), "yes") != 0;
	if (!plainly)
		sim_header(c, "X-HTTP-Status-Code-Override", "308");
	sim_bytes(c, plainly ? 308 : 200, "text/plain; charset=utf-8", "", 0);
}

struct chunk {
	size_t first, len;
	long long total; /* -1: not known yet */
	bool query;      /* only asks how far it got */
};

/* Reads Content-Range: "bytes a-b/n", "bytes a-b/" with an asterisk, "bytes", asterisk, "/n"; none means all bytes. */
static bool read_chunk(struct sim_call *c, struct chunk *k)
{
	const char *text = storage_header(c, "Content-Range"), *slash = strchr(text, '/');
	*k = (struct chunk){.len = c->raw_len, .total = (long long)c->raw_len};
	if (!*text)
		return true;
	if (!text_starts(text, "bytes ") || !slash)
		return false;
	k->total = slash[1] == '*' ? -1 : strtoll(slash + 1, NULL, 10);
	if (text[6] == '*') {
		k->query = true;
		return true;
	}
	char *dash;
	k->first = strtoull(text + 6, &dash, 10);
	unsigned long long last = *dash == '-' ? strtoull(dash + 1, NULL, 10) : 0;
	return *dash == '-' && last >= k->first && last - k->first + 1 == c->raw_len;
}

/* Adds what is new of a chunk to the session's bytes. */
static size_t append(cJSON *content, const struct chunk *k, const char *data)
{
	size_t have = (size_t)content->valuedouble;
	if (k->first > have || k->first + k->len <= have)
		return have;
	size_t skip = have - k->first, more = k->len - skip;
	content->valuestring = xrealloc(content->valuestring, have + more + 1);
	memcpy(content->valuestring + have, data + skip, more);
	content->valuestring[have + more] = 0;
	content->valuedouble = (double)(have + more);
	return have + more;
}

static void complete(struct sim_call *c, struct sim_object *session)
{
	cJSON *content = cJSON_GetObjectItemCaseSensitive(session->hidden, "content");
	cJSON *meta = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(session->hidden, "metadata"), true);
	const char *name = sim_tmp("%s", json_str(session->hidden, "name", ""));
	struct sim_object *bucket = destination(c, name);
	if (bucket) {
		size_t len = (size_t)content->valuedouble;
		char *data = content->valuestring;
		content->valuestring = NULL;
		sim_remove(c->sim, session);
		finish(c, bucket, name, meta, data, len);
	}
	cJSON_Delete(meta);
}

static bool chunk_ok(struct sim_call *c, const struct chunk *k, size_t have)
{
	bool last = k->total >= 0 && (long long)(k->first + k->len) >= k->total;
	if (k->query || last || k->len % QUANTUM == 0)
		return k->first <= have;
	sim_fail(c, "INVALID_ARGUMENT", "invalid",
		 "Invalid request.  The number of bytes uploaded is required to be equal or greater than %d, except for the "
		 "final request (it's "
		 "recommended to be the exact multiple of %d).  The received request contained %zu bytes, which does not meet "
		 "this requirement.",
		 QUANTUM, QUANTUM, k->len);
	return false;
}

static void storage_upload_resume(struct sim_call *c)
{
	struct sim_object *session = sim_get(c->sim, UPLOADS, storage_query(c, "upload_id"));
	struct chunk k;
	if (!session) {
		sim_fail(c, "NOT_FOUND", "notFound", "Not Found");
		return;
	}
	/* Whoever has the session's address may go on: it stands for the one who opened it. */
	const char *opener = json_str(session->hidden, "principal", "");
	c->principal = *opener ? opener : NULL;
	cJSON *content = cJSON_GetObjectItemCaseSensitive(session->hidden, "content");
	size_t have = (size_t)content->valuedouble;
	if (!read_chunk(c, &k)) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Failed to parse Content-Range header.");
		return;
	}
	if (!k.query && k.first <= have && !chunk_ok(c, &k, have))
		return;
	if (!k.query)
		have = append(content, &k, c->raw);
	if (have > ((size_t)512 << 20))
		storage_full(c);
	else if (k.total >= 0 && (long long)have >= k.total)
		complete(c, session);
	else
		resume_incomplete(c, have);
}

static void storage_upload_cancel(struct sim_call *c)
{
	struct sim_object *session = sim_get(c->sim, UPLOADS, storage_query(c, "upload_id"));
	if (!session) {
		sim_fail(c, "NOT_FOUND", "notFound", "Not Found");
		return;
	}
	sim_remove(c->sim, session);
	sim_bytes(c, 499, "text/html; charset=UTF-8", "", 0);
}

static void storage_upload_post(struct sim_call *c)
{
	const char *type = storage_query(c, "uploadType");
	if (*storage_query(c, "upload_id"))
		storage_upload_resume(c);
	else if (!strcmp(type, "media"))
		media(c);
	else if (!strcmp(type, "multipart"))
		multipart(c);
	else if (!strcmp(type, "resumable"))
		start(c);
	else
		sim_fail(c, "INVALID_ARGUMENT", "invalid",
			 "Upload requests must include an uploadType URL parameter and a URL path beginning with "
			 "/upload/");
}

static const struct sim_route routes[] = {
    {"POST storage.googleapis.com/upload/storage/v1/b/*", storage_upload_post, NULL, NULL},
    {"PUT storage.googleapis.com/upload/storage/v1/b/*", storage_upload_resume, NULL, NULL},
    {"DELETE storage.googleapis.com/upload/storage/v1/b/*", storage_upload_cancel, NULL, NULL},
    {"POST storage.googleapis.com/resumable/upload/storage/v1/b/*", storage_upload_post, NULL, NULL},
    {"PUT storage.googleapis.com/resumable/upload/storage/v1/b/*", storage_upload_resume, NULL, NULL},
    {"POST www.googleapis.com/upload/storage/v1/b/*", storage_upload_post, NULL, NULL},
    {"PUT www.googleapis.com/upload/storage/v1/b/*", storage_upload_resume, NULL, NULL},
    {0},
};

const struct sim_api sim_api_storage_upload = {.name = "storage", .errors = SIM_ERRORS_LEGACY, .routes = routes};
