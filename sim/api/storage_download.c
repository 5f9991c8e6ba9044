/* storage.googleapis.com: bytes going out: alt=media, the download host path, and the XML API's plain GET and HEAD of
 * BUCKET/OBJECT, with ranges. */
#include "config.h"
#include "sim/api/storage.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void copy_header(struct sim_call *c, const struct sim_object *o, const char *header, const char *field)
{
	const char *value = json_str(o->doc, field, NULL);
	if (value)
		sim_header(c, header, value);
}

static void http_date(struct sim_call *c, double wall)
{
	char text[64];
	time_t when = (time_t)wall;
	struct tm tm;
	strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&when, &tm));
	sim_header(c, "Last-Modified", text);
}

static void describe(struct sim_call *c, const struct sim_object *o)
{
	struct buf hash = {0};
	const char *etag = sim_tmp("\"%s\"", json_str(o->doc, "etag", ""));
	buf_printf(&hash, "crc32c=%s", json_str(o->doc, "crc32c", ""));
	if (json_at(o->doc, "md5Hash"))
		buf_printf(&hash, ",md5=%s", json_str(o->doc, "md5Hash", ""));
	copy_header(c, o, "X-Goog-Generation", "generation");
	copy_header(c, o, "X-Goog-Metageneration", "metageneration");
	copy_header(c, o, "X-Goog-Storage-Class", "storageClass");
	copy_header(c, o, "X-Goog-Stored-Content-Length", "size");
	copy_header(c, o, "Content-Encoding", "contentEncoding");
	copy_header(c, o, "Content-Disposition", "contentDisposition");
	copy_header(c, o, "Content-Language", "contentLanguage");
	copy_header(c, o, "Cache-Control", "cacheControl");
	sim_header(c, "X-Goog-Stored-Content-Encoding", json_str(o->doc, "contentEncoding", "identity"));
	sim_header(c, "X-Goog-Hash", buf_text(&hash));
	sim_header(c, "ETag", etag);
	sim_header(c, "Accept-Ranges", "bytes");
	http_date(c, o->created + sim_wall(c->sim) - sim_now(c->sim));
	buf_free(&hash);
}

/* Reads "bytes=a-b", "bytes=a-" or "bytes=-n"; false when the header is none of these. last is inclusive. */
static bool parse_range(const char *text, size_t len, size_t *first, size_t *last)
{
	char *end;
	if (!text_starts(text, "bytes=") || strchr(text, ','))
		return false;
	text += strlen("bytes=");
	if (*text == '-') {
		size_t n = strtoull(text + 1, &end, 10);
		*first = n < len ? len - n : 0;
		*last = len ? len - 1 : 0;
		return !*end && end != text + 1;
	}
	*first = strtoull(text, &end, 10);
	if (end == text || *end != '-')
		return false;
	*last = end[1] ? strtoull(end + 1, NULL, 10) : len - 1;
	if (*last >= len)
		*last = len ? len - 1 : 0;
	return true;
}

void storage_send(struct sim_call *c, const struct sim_object *o)
{
	size_t len, first, last;
	const char *data = storage_data(o, &len), *type = json_str(o->doc, "contentType", "application/octet-stream");
	char range[96];
	bool part = parse_range(storage_header(c, "Range"), len, &first, &last);

	if (part && (first >= len || first > last)) {
		static const char words[] = "The requested range cannot be satisfied.";
		snprintf(range, sizeof range, "bytes */%zu", len);
		sim_header(c, "Content-Range", range);
		sim_bytes(c, 416, "text/html; charset=UTF-8", words, sizeof words - 1);
		return;
	}
	describe(c, o);
	if (part) {
		snprintf(range, sizeof range, "bytes %zu-%zu/%zu", first, last, len);
		sim_header(c, "Content-Range", range);
		sim_bytes(c, 206, type, data + first, last - first + 1);
	} else {
		sim_bytes(c, 200, type, data, len);
	}
}

/* GET /download/storage/v1/b/B/o/O: what mediaLink names. */
static void storage_download(struct sim_call *c)
{
	struct sim_object *o = storage_object_for(c, 0, "storage.objects.get");
	if (o)
		storage_send(c, o);
}

/* The XML API. ------------------------------------------------------------------------------------------------------------ */

static void xml_error(struct sim_call *c, int status, const char *code, const char *message, const char *details)
{
	const char *text = sim_tmp("<?xml version='1.0' "
				   "encoding='UTF-8'?><Error><Code>%s</Code><Message>%s</Message><Details>%s</Details></Error>",
				   code, message, details);
	sim_bytes(c, status, "application/xml; charset=UTF-8", text, strlen(text));
}

static void xml_denied(struct sim_call *c)
{
	const char *who = c->principal ? strchr(c->principal, ':') + 1 : "Anonymous caller";
	const char *details = sim_tmp(
	    "%s does not have storage.objects.get access to the Google Cloud Storage object. Permission "
	    "&apos;storage.objects.get&apos; denied on resource (or it may not exist).",
	    who);
	xml_error(c, c->principal ? 403 : 401, c->principal ? "AccessDenied" : "AuthenticationRequired",
		  c->principal ? "Access denied." : "Authentication required.", details);
}

/* "/BUCKET/OBJECT", percent-encoded; whatever the JSON API's paths do not take. */
static void xml_get(struct sim_call *c)
{
	const char *path = c->request->target + 1;
	char *bucket = xstrndup(path, strcspn(path, "/?")), *object;
	const char *rest = path + strlen(bucket);
	object = *rest == '/' ? xstrndup(rest + 1, strcspn(rest + 1, "?")) : xstrdup("");
	text_unpercent(bucket);
	text_unpercent(object);
	struct sim_object *b = storage_bucket(c->sim, bucket);
	struct sim_object *o = b ? storage_object(c->sim, bucket, object, storage_query(c, "generation")) : NULL;
	if (!b) {
		xml_error(c, 404, "NoSuchBucket", "The specified bucket does not exist.", "");
	} else if (!storage_may(c->sim, c->principal, "storage.objects.get", b)) {
		xml_denied(c);
	} else if (!o) {
		xml_error(c, 404, "NoSuchKey", "The specified key does not exist.",
			  sim_tmp("No such object: %s/%s", bucket, object));
	} else {
		storage_send(c, o);
	}
	free(bucket), free(object);
}

static const struct sim_route routes[] = {
    {"GET storage.googleapis.com/download/storage/v1/b/*", storage_download, NULL, NULL},
    {"GET www.googleapis.com/download/storage/v1/b/*", storage_download, NULL, NULL},
    /* A host with a wildcard is looked at after the contract's methods. */
    {"GET storage.googleapis.com*/*", xml_get, NULL, NULL},
    {"HEAD storage.googleapis.com*/*", xml_get, NULL, NULL},
    {0},
};

const struct sim_api sim_api_storage_download = {.name = "storage", .errors = SIM_ERRORS_LEGACY, .routes = routes};
