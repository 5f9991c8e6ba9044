/* The batch endpoints of Compute Engine and Cloud Storage: several requests in one multipart/mixed body, each an application/http part. gcloud
 * sends what concerns several resources so, and the storage libraries what is done to several objects. */
#include "config.h"

#include "sim/api/shared.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_PARTS = 1000 };

/* The end of a header block: past the blank line, or the end. */
static const char *past_headers(const char *p, const char *end)
{
	for (; p < end; p++) {
		if (end - p >= 4 && !memcmp(p, "\r\n\r\n", 4))
			return p + 4;
		if (end - p >= 2 && !memcmp(p, "\n\n", 2))
			return p + 2;
	}
	return end;
}

/* The value of a header within a block, for the caller to free; NULL. */
static char *header(const char *p, const char *end, const char *name)
{
	size_t len = strlen(name);
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		if (!eol)
			eol = end;
		if ((size_t)(eol - p) > len && !strncasecmp(p, name, len) && p[len] == ':') {
			const char *v = p + len + 1;
			while (v < eol && *v == ' ')
				v++;
			size_t n = (size_t)(eol - v);
			return xstrndup(v, n && v[n - 1] == '\r' ? n - 1 : n);
		}
		p = eol + 1;
	}
	return NULL;
}

/* Asks what the inner request asks and adds the answer's part. */
static void one(struct sim_call *c, const char *p, const char *end, const char *id, const char *boundary, struct buf *out)
{
	const char *body = past_headers(p, end), *space = memchr(p, ' ', (size_t)(end - p));
	char *type = header(p, body, "Content-Type"), *target = NULL;
	const char *method = sim_tmp("%.*s", (int)(space ? (size_t)(space - p) : 0), p);
	if (space)
		target = xstrndup(space + 1, strcspn(space + 1, " \r\n"));
	const char *host = target ? strstr(target, "://") : NULL, *path = host ? strchr(host + 3, '/') : target;
	struct sim_header headers[] = {{"Authorization", sim_request_header(c->request, "Authorization")},
				       {"Content-Type", type ? type : ""}};
	size_t len = (size_t)(end - body);
	while (len && (body[len - 1] == '\n' || body[len - 1] == '\r'))
		len--;
	struct sim_request q = {method, c->host, path ? path : "/", headers, 2, len ? body : NULL, len};
	struct sim_reply r;
	sim_handle(c->sim, &q, &r);
	buf_printf(out, "--%s\r\nContent-Type: application/http\r\nContent-ID: <response-%.*s>\r\n\r\nHTTP/1.1 %d %s\r\n%s",
		   boundary, (int)strcspn(id, ">"), id, r.status, r.status < 300 ? "OK" : "Error", r.headers ? r.headers : "");
	buf_printf(out, "Content-Length: %zu\r\n\r\n", r.body.len);
	buf_add(out, buf_text(&r.body), r.body.len);
	buf_puts(out, "\r\n");
	if (r.latency > c->reply->latency)
		c->reply->latency = r.latency;
	sim_reply_free(&r);
	free(type);
	free(target);
}

static void compute_batch(struct sim_call *c)
{
	const char *type = sim_request_header(c->request, "Content-Type"), *at = type ? strstr(type, "boundary=") : NULL;
	struct buf out = {0};
	if (!at || !c->raw) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest",
			 "Failed to parse batch request, error: Missing boundary in Content-Type header.");
		return;
	}
	at += 9 + (at[9] == '"');
	const char *mark = sim_tmp("--%.*s", (int)strcspn(at, "\"; "), at);
	const char *p = c->raw, *end = c->raw + c->raw_len;
	static const char boundary[] = "batch_mlflow-setup-sim";
	for (int parts = 0; parts < MOST_PARTS; parts++) {
		p = memmem(p, (size_t)(end - p), mark, strlen(mark));
		if (!p || end - p < (ptrdiff_t)strlen(mark) + 2 || !memcmp(p + strlen(mark), "--", 2))
			break;
		p += strlen(mark);
		p += strspn(p, "\r\n");
		const char *inner = past_headers(p, end), *next = memmem(inner, (size_t)(end - inner), mark, strlen(mark));
		char *id = header(p, inner, "Content-ID");
		one(c, inner, next ? next : end, id ? id + (*id == '<') : "1", boundary, &out);
		free(id);
		p = next ? next : end;
	}
	buf_printf(&out, "--%s--\r\n", boundary);
	sim_bytes(c, 200, sim_tmp("multipart/mixed; boundary=%s", boundary), buf_text(&out), out.len);
	buf_free(&out);
}

static const struct sim_route routes[] = {
    {"POST compute.googleapis.com/batch/compute/v1*", compute_batch, NULL, NULL},
    {"POST www.googleapis.com/batch/compute/v1*", compute_batch, NULL, NULL},
    {"POST storage.googleapis.com/batch/storage/v1*", compute_batch, NULL, NULL},
    {"POST www.googleapis.com/batch/storage/v1*", compute_batch, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_compute_batch = {.name = "compute", .errors = SIM_ERRORS_LEGACY, .routes = routes};
