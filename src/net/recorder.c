/* A transport around a transport. A line is written at once, whole, when its exchange is over. */
#include "config.h"
#include "net/recorder.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "net/standin.h"
#include "net/unpacked.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#define FILE_MAX ((size_t)64 << 20)
#define BODY_MAX ((size_t)512 << 10)
#define LAST_LINE 128 /* room that is kept for saying why it stops */

/* Shared with the process that the wizard's screen runs in: whoever began the program tells at its end. */
struct tally {
	unsigned long count;
	const char *stopped; /* a constant: why nothing more is recorded, or NULL */
};

struct recorder {
	int fd;
	size_t written, max;
	struct tally *tally;
	struct standins *standins;
};

struct flight {
	struct recording *owner;
	struct flight *next;
	unsigned long id;
	char *asked; /* the request's part of the line */
	http_done *done;
	const struct http_channel *to;
	struct http_channel channel;
	void *arg;
	double began; /* seconds on the loop */
};

struct recording {
	struct transport transport; /* first: the transport is cast back */
	struct transport *inner;
	struct loop *loop;
	struct recorder *recorder;
	struct flight *flying;
};

struct recorder *recorder_open(const char *path, size_t max, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		bool there = errno == EEXIST;
		err_set(e, EXIT_CANTWRITE, path,
			there ? _("Name a new file: a recording is never written over another file.") : NULL,
			there ? _("it is there already.") : _("it cannot be made: %s."), strerror(errno));
		return NULL;
	}
	struct recorder *r = xcalloc(1, sizeof *r);
	*r = (struct recorder){.fd = fd, .max = max ? max : FILE_MAX, .standins = standins_new()};
	r->tally = mmap(NULL, sizeof *r->tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->tally == MAP_FAILED)
		mem_out();
	return r;
}

unsigned long recorder_count(const struct recorder *r, const char **why)
{
	*why = r->tally->stopped;
	return r->tally->count;
}

void recorder_close(struct recorder *r)
{
	if (!r)
		return;
	close(r->fd);
	munmap(r->tally, sizeof *r->tally);
	standins_free(r->standins);
	free(r);
}

/* Lines --------------------------------------------------------------------------------------------------------------------- */

static bool write_whole(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static void stop(struct recorder *r, const char *why)
{
	static const char line[] = "{\"stopped\":\"the recording has reached its size\"}\n";
	r->tally->stopped = why;
	if (r->written + sizeof line <= r->max)
		write_whole(r->fd, line, sizeof line - 1);
}

static void write_line(struct recorder *r, const struct buf *line)
{
	if (r->tally->stopped)
		return;
	if (r->written + line->len + LAST_LINE > r->max) {
		stop(r, N_("it has reached its size"));
		return;
	}
	if (!write_whole(r->fd, buf_text(line), line->len)) {
		r->tally->stopped = N_("it cannot be written on");
		return;
	}
	r->written += line->len;
	r->tally->count++;
}

/* A tree with its stand-ins, as text without the braces around it. Wipes and deletes it. */
static char *part_of(struct recorder *r, cJSON *part)
{
	struct buf text = {0};
	for (cJSON *c = part->child; c; c = c->next)
		if (strcmp(c->string, "url") != 0)
			standins_tree(r->standins, c);
	json_write(&text, part, -1);
	secret_wipe_tree(part);
	cJSON_Delete(part);
	standins_replace(r->standins, &text);
	char *inside = xstrndup(buf_text(&text) + 1, text.len - 2);
	sodium_memzero(text.data, text.len);
	buf_free(&text);
	return inside;
}

/* What was sent or came: JSON, a text, the files of an archive, or how much it was: what cannot be looked through is not kept.
 */
static cJSON *body_of(const char *data, size_t len)
{
	if (!len)
		return cJSON_CreateString("");
	if (len > BODY_MAX || !text_is_utf8(data, len)) {
		cJSON *files = len > BODY_MAX ? NULL : unpacked(data, len, BODY_MAX);
		if (files)
			return json_make("{'$archive':%j}", files);
		cJSON *size = cJSON_CreateObject();
		cJSON_AddNumberToObject(size, len > BODY_MAX ? "$cut" : "$bytes", (double)len);
		return size;
	}
	char *text = xstrndup(data, len);
	const char *end = NULL;
	cJSON *j = cJSON_ParseWithOpts(text, &end, 1);
	if (!j)
		j = cJSON_CreateString(text);
	sodium_memzero(text, len);
	free(text);
	return j;
}

/* Headers that say something of the exchange and nothing of whoever is behind it. Authorization is replaced like any secret. */
static cJSON *headers_of(const struct http_request *request)
{
	static const char *const kept[] = {"Accept",
					   "Authorization",
					   "Connection",
					   "Content-Range",
					   "Content-Type",
					   "Host",
					   "If-Match",
					   "Origin",
					   "Range",
					   "Sec-WebSocket-Protocol",
					   "Sec-WebSocket-Version",
					   "Upgrade",
					   "User-Agent",
					   "X-Goog-User-Project"};
	cJSON *headers = cJSON_CreateObject();
	for (size_t i = 0; i < request->header_count; i++) {
		const struct header *h = &request->headers[i];
		for (size_t k = 0; k < sizeof kept / sizeof *kept; k++)
			if (!strcasecmp(h->name, kept[k]))
				cJSON_AddStringToObject(headers, kept[k], h->value);
	}
	return headers;
}

static char *request_part(struct recorder *r, const struct http_request *request)
{
	char *url = standins_text(r->standins, request->url);
	cJSON *part = json_make("{'method':%s,'url':%s,'headers':%j,'request':%j}", request->method, url, headers_of(request),
				body_of(request->body, request->body_len));
	free(url);
	return part_of(r, part);
}

static char *reply_part(struct recorder *r, const struct http_reply *reply)
{
	bool broken = reply->failure != HTTP_OK;
	cJSON *part = json_make("{'reply':%j,'status':%d}",
				body_of(broken ? NULL : reply->body.data, broken ? 0 : reply->body.len),
				broken ? 0 : reply->status);
	const char *type = http_header(reply, "Content-Type"), *date = http_header(reply, "Date"),
		   *location = http_header(reply, "Location");
	if (!broken && location) {
		char *url = standins_text(r->standins, location);
		json_put_str(part, "location", url);
		free(url);
	}
	if (!broken && date)
		json_put_str(part, "date", date);
	if (!broken && type)
		json_put_str(part, "type", type);
	if (broken)
		json_put_str(part, "failure", reply->failure_text ? reply->failure_text : "no whole reply");
	return part_of(r, part);
}

static void record(struct flight *f, const struct http_reply *reply)
{
	struct recorder *r = f->owner->recorder;
	struct buf line = {0};
	if (r->tally->stopped)
		return;
	char *answered = reply_part(r, reply);
	buf_printf(&line, "{%s,%s,\"time\":%.3f}\n", f->asked, answered, f->began);
	write_line(r, &line);
	buf_free(&line);
	free(answered);
}

/* The transport ------------------------------------------------------------------------------------------------------------- */

static struct flight *new_flight(struct recording *r, const struct http_request *request, void *arg)
{
	struct flight *f = xcalloc(1, sizeof *f);
	*f = (struct flight){.owner = r,
			     .next = r->flying,
			     .arg = arg,
			     .began = loop_now(r->loop),
			     .asked = r->recorder->tally->stopped ? NULL : request_part(r->recorder, request)};
	r->flying = f;
	return f;
}

static void flight_free(struct flight *f)
{
	struct flight **p = &f->owner->flying;
	while (*p != f)
		p = &(*p)->next;
	*p = f->next;
	free(f->asked);
	free(f);
}

static void on_done(void *arg, struct http_reply *reply)
{
	struct flight *f = arg;
	http_done *done = f->done;
	void *to = f->arg;
	record(f, reply);
	flight_free(f);
	done(to, reply);
}

static unsigned long recorder_send(struct transport *t, const struct http_request *request, http_done *done, void *arg)
{
	struct recording *r = (struct recording *)t;
	struct flight *f = new_flight(r, request, arg);
	f->done = done;
	f->id = r->inner->send(r->inner, request, on_done, f);
	return f->id;
}

static void recorder_cancel(struct transport *t, unsigned long id)
{
	struct recording *r = (struct recording *)t;
	struct flight *f = r->flying;
	while (f && f->id != id)
		f = f->next;
	r->inner->cancel(r->inner, id);
	if (!f)
		return;
	static char words[] = "given up by whoever asked";
	if (f->asked)
		record(f, &(struct http_reply){.failure = HTTP_CANCELLED, .failure_text = words});
	flight_free(f);
}

/* Of what goes over to another protocol the request and its answer are recorded, and nothing that is said there. */
static void on_answered(void *arg, struct http_reply *reply)
{
	struct flight *f = arg;
	const struct http_channel *to = f->to;
	void *whose = f->arg;
	bool over = reply->failure != HTTP_OK || reply->status != 101;
	record(f, reply);
	free(f->asked);
	f->asked = NULL;
	if (over)
		flight_free(f);
	to->answered(whose, reply);
}

static void on_heard(void *arg, const char *data, size_t len)
{
	struct flight *f = arg;
	f->to->heard(f->arg, data, len);
}

static void on_ended(void *arg, const char *why)
{
	struct flight *f = arg;
	const struct http_channel *to = f->to;
	void *whose = f->arg;
	flight_free(f);
	to->ended(whose, why);
}

static unsigned long recorder_upgrade(struct transport *t, const struct http_request *request, const struct http_channel *to,
				      void *arg)
{
	struct recording *r = (struct recording *)t;
	struct flight *f = new_flight(r, request, arg);
	f->to = to;
	f->channel = (struct http_channel){.answered = on_answered, .heard = on_heard, .ended = on_ended};
	f->id = r->inner->upgrade(r->inner, request, &f->channel, f);
	return f->id;
}

static void recorder_say(struct transport *t, unsigned long id, const void *data, size_t len)
{
	struct recording *r = (struct recording *)t;
	r->inner->say(r->inner, id, data, len);
}

static void recorder_free(struct transport *t)
{
	struct recording *r = (struct recording *)t;
	while (r->flying)
		recorder_cancel(t, r->flying->id);
	r->inner->free(r->inner);
	free(r);
}

struct transport *recorder_transport(struct recorder *recorder, struct transport *inner, struct loop *loop)
{
	struct recording *r = xcalloc(1, sizeof *r);
	r->transport = (struct transport){.send = recorder_send,
					  .cancel = recorder_cancel,
					  .upgrade = inner->upgrade ? recorder_upgrade : NULL,
					  .say = inner->say ? recorder_say : NULL,
					  .free = recorder_free};
	r->inner = inner;
	r->loop = loop;
	r->recorder = recorder;
	return &r->transport;
}
