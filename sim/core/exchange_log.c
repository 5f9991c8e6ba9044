/* Each exchange as whoever watches is told of it. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { LOGGED_BYTES = 1 << 20 };

static bool is_text(const char *text, size_t len)
{
	unsigned code;
	size_t n = 1;
	for (; len && n; text += n, len -= n)
		n = *text ? text_utf8(text, len, &code) : 0;
	return n;
}

/* A body as the log shows it: JSON, a text, or {"$base64"} of anything else. */
static cJSON *json_or_text(const char *data, size_t len)
{
	const char *end = NULL;
	cJSON *j = len ? cJSON_ParseWithLengthOpts(data, len, &end, 0) : NULL;
	if (j)
		return j;
	if (len && len <= LOGGED_BYTES && !is_text(data, len)) {
		char *text = encode_base64(data, len);
		j = json_make("{'$base64':%s}", text);
		free(text);
		return j;
	}
	struct buf b = {0};
	text_visible(&b, len ? data : "", len < 4096 ? len : 4096, true);
	j = cJSON_CreateString(buf_text(&b));
	buf_free(&b);
	return j;
}

static void add_digest(struct buf *b, const char *secret)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	if (EVP_Digest(secret, strlen(secret), digest, &len, EVP_sha256(), NULL) != 1)
		mem_out();
	buf_puts(b, "sha256:");
	for (unsigned i = 0; i < len; i++)
		buf_printf(b, "%02x", digest[i]);
}

/* Which token or password was shown, for whoever looks where it was handed out or kept: its SHA-256. */
static void log_rights(cJSON *headers, const char *value)
{
	static const char bearer[] = "Bearer ", basic[] = "Basic ";
	struct buf b = {0};
	char *pair = value && !strncasecmp(value, basic, strlen(basic)) ? decode_base64(value + strlen(basic)) : NULL;
	char *colon = pair ? strchr(pair, ':') : NULL;
	if (colon) {
		buf_printf(&b, "%s%.*s:", basic, (int)(colon - pair), pair);
		add_digest(&b, colon + 1);
	} else if (value && !strncasecmp(value, bearer, strlen(bearer))) {
		buf_puts(&b, bearer);
		add_digest(&b, value + strlen(bearer));
	}
	if (b.len)
		cJSON_AddStringToObject(headers, "Authorization", buf_text(&b));
	buf_free(&b);
	free(pair);
}

/* Credentials stay out of the log. */
void sim_log_exchange(struct sim *s, const struct sim_request *q, const struct sim_reply *r, const cJSON *notes)
{
	if (!s->watch)
		return;
	cJSON *headers = cJSON_CreateObject();
	log_rights(headers, sim_request_header(q, "Authorization"));
	for (size_t i = 0; i < q->header_count; i++)
		if (strcasecmp(q->headers[i].name, "Authorization") && strcasecmp(q->headers[i].name, "Proxy-Authorization") &&
		    strcasecmp(q->headers[i].name, "Cookie"))
			cJSON_AddStringToObject(headers, q->headers[i].name, q->headers[i].value);
	char *url = xasprintf("https://%s%s", q->host, q->target);
	cJSON *entry = json_make("{'time':0,'method':%s,'url':%s,'headers':%j,'request':%j,'reply':%j,'status':%d}", q->method,
				 url, headers, json_or_text(q->body, q->body_len), json_or_text(r->body.data, r->body.len),
				 r->status);
	json_put_num(entry, "time", sim_now(s));
	if (r->mischief.how == SIM_BAD_TLS) /* there was no exchange: the handshake failed */
		cJSON_AddTrueToObject(entry, "broken");
	for (const cJSON *n = notes ? notes->child : NULL; n; n = n->next)
		cJSON_AddItemToObject(entry, n->string, cJSON_Duplicate(n, 1));
	s->watch(s->watch_arg, entry);
	cJSON_Delete(entry);
	free(url);
}

void sim_on_exchange(struct sim *s, void (*fn)(void *arg, const cJSON *entry), void *arg)
{
	s->watch = fn;
	s->watch_arg = arg;
}
