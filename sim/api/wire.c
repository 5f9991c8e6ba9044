#include "config.h"
#include "sim/api/wire.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD_MOST ((size_t)64 << 10) /* as uvicorn's h11 has it, in its order of size */

struct wire_request {
	char *head; /* owned; what follows points into it */
	char *method, *target;
	bool old; /* HTTP/1.0 */
	struct sim_header *headers;
	size_t count;
	struct buf body;
	size_t used; /* bytes of the input */
};

static void wire_request_free(struct wire_request *r)
{
	free(r->head);
	free(r->headers);
	buf_free(&r->body);
}

static const char *header_of(const struct wire_request *r, const char *name)
{
	const struct sim_request q = {.headers = r->headers, .header_count = r->count};
	return sim_request_header(&q, name);
}

/* "Name: value" */
static bool header_line(struct wire_request *r, char *line, size_t *room)
{
	char *colon = strchr(line, ':');
	if (!colon || colon == line || memchr(line, ' ', (size_t)(colon - line)))
		return false;
	*colon = '\0';
	char *value = colon + 1 + strspn(colon + 1, " \t");
	for (char *end = value + strlen(value); end > value && (end[-1] == ' ' || end[-1] == '\t');)
		*--end = '\0';
	r->headers = xgrow(r->headers, r->count, room, sizeof *r->headers);
	r->headers[r->count++] = (struct sim_header){line, value};
	return true;
}

/* The request line and the headers; false when they are none. */
static bool read_request_head(struct wire_request *r)
{
	size_t room = 0;
	char *save = NULL, *line = strtok_r(r->head, "\r\n", &save), *version;
	if (!line || !(r->target = strchr(line, ' ')) || !(version = strchr(r->target + 1, ' ')))
		return false;
	r->method = line;
	*r->target++ = '\0';
	*version++ = '\0';
	r->old = !strcmp(version, "HTTP/1.0");
	if ((!r->old && strcmp(version, "HTTP/1.1")) || *r->target != '/')
		return false;
	while ((line = strtok_r(NULL, "\r\n", &save)))
		if (!header_line(r, line, &room))
			return false;
	return true;
}

/* A chunked body from at on: 1 when it is whole, 0 when more has to come, -1 when it is none. */
static int read_chunks(const struct wire *w, size_t at, struct wire_request *r)
{
	for (;;) {
		const char *start = w->in.data + at, *line = memmem(start, w->in.len - at, "\r\n", 2);
		char *end;
		if (!line)
			return w->in.len - at > 64 ? -1 : 0;
		unsigned long size = strtoul(start, &end, 16);
		if (end == start || size > BUF_MAX || (*end != '\r' && *end != ';'))
			return -1;
		at = (size_t)(line + 2 - w->in.data);
		if (w->in.len - at < size + 2)
			return 0;
		if (!buf_add(&r->body, w->in.data + at, size))
			return -1;
		at += size + 2;
		if (!size) {
			r->used = at;
			return 1;
		}
	}
}

/* The next request; as read_chunks. */
static int read_request(const struct wire *w, struct wire_request *r)
{
	const char *blank = w->in.len ? memmem(w->in.data, w->in.len, "\r\n\r\n", 4) : NULL;
	size_t head = blank ? (size_t)(blank - w->in.data) + 4 : 0;
	if (!blank)
		return w->in.len > HEAD_MOST ? -1 : 0;
	r->head = xstrndup(w->in.data, head);
	if (strlen(r->head) != head || !read_request_head(r))
		return -1;
	const char *length = header_of(r, "Content-Length"), *coding = header_of(r, "Transfer-Encoding");
	if (coding)
		return length || strcasecmp(coding, "chunked") ? -1 : read_chunks(w, head, r);
	char *end = NULL;
	unsigned long long size = length ? strtoull(length, &end, 10) : 0;
	if (length && (*end || *length < '0' || *length > '9' || size > BUF_MAX))
		return -1;
	if (w->in.len - head < size)
		return 0;
	buf_add(&r->body, w->in.data + head, (size_t)size);
	r->used = head + (size_t)size;
	return 1;
}

static void write_reply(struct wire *w, const struct wire_request *r, const struct sim_reply *reply, struct buf *out)
{
	const char *connection = header_of(r, "Connection");
	bool bare = reply->status < 200 || reply->status == 204 || reply->status == 304;
	w->over = r->old ? !connection || strcasecmp(connection, "keep-alive") : connection && !strcasecmp(connection, "close");
	buf_printf(out, "HTTP/1.1 %d %s\r\nserver: uvicorn\r\n%s", reply->status, reply->status < 400 ? "OK" : "Error",
		   reply->headers ? reply->headers : "");
	if (!bare)
		buf_printf(out, "content-length: %zu\r\n", reply->body.len);
	buf_printf(out, "%s\r\n", w->over ? "connection: close\r\n" : "");
	if (!bare && strcmp(r->method, "HEAD"))
		buf_add(out, buf_text(&reply->body), reply->body.len);
}

static void answer(struct wire *w, struct wire_request *r, wire_ask *ask, void *arg, struct buf *out)
{
	const char *host = header_of(r, "Host");
	const struct sim_request q = {.method = r->method,
				      .host = host ? host : "",
				      .target = r->target,
				      .headers = r->headers,
				      .header_count = r->count,
				      .body = r->body.data,
				      .body_len = r->body.len};
	struct sim_reply reply = {0};
	if (ask(arg, &q, &reply))
		write_reply(w, r, &reply, out);
	else
		w->over = true;
	sim_reply_free(&reply);
}

void wire_take(struct wire *w, const char *data, size_t len, wire_ask *ask, void *arg, struct buf *out)
{
	if (!buf_add(&w->in, data, len))
		w->over = true;
	for (int whole = 1; whole > 0 && !w->over;) {
		struct wire_request r = {0};
		whole = read_request(w, &r);
		if (whole > 0) {
			answer(w, &r, ask, arg, out);
			memmove(w->in.data, w->in.data + r.used, w->in.len - r.used);
			w->in.len -= r.used;
			w->continued = false;
		} else if (whole < 0) {
			buf_puts(out, "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: "
				      "close\r\n\r\nInvalid HTTP request received.");
			w->over = true;
		} else if (r.method && !w->continued && header_of(&r, "Expect")) {
			buf_puts(out, "HTTP/1.1 100 Continue\r\n\r\n");
			w->continued = true;
		}
		wire_request_free(&r);
	}
}

void wire_free(struct wire *w)
{
	buf_free(&w->in);
}
