/* What both transports share: replies. */
#include "config.h"
#include "net/transport.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *http_header(const struct http_reply *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (!strcasecmp(r->headers[i].name, name))
			return r->headers[i].value;
	return NULL;
}

void http_reply_free(struct http_reply *r)
{
	for (size_t i = 0; i < r->header_count; i++) {
		free(r->headers[i].name);
		free(r->headers[i].value);
	}
	free(r->headers);
	free(r->failure_text);
	buf_free(&r->body);
	*r = (struct http_reply){0};
}

bool http_refuses_certificate(const char *words)
{
	static const char *const told[] = {"certificate", "unknown ca", "access denied"};
	bool refuses = false;
	for (size_t i = 0; strstr(words, " alert ") && i < sizeof told / sizeof *told; i++)
		refuses |= strstr(words, told[i]) != NULL;
	return refuses;
}

static bool status_line(const char *line, size_t len, struct http_reply *r)
{
	if (len < strlen("HTTP/1.1 200") || strncmp(line, "HTTP/1.", 7) || line[8] != ' ')
		return false;
	for (const char *p = line + 9; p < line + 12; p++) {
		if (*p < '0' || *p > '9')
			return false;
		r->status = r->status * 10 + *p - '0';
	}
	return len == 12 || line[12] == ' ';
}

size_t http_reply_head(const char *text, size_t len, struct http_reply *r)
{
	const char *end = len ? memmem(text, len, "\r\n\r\n", 4) : NULL;
	size_t room = 0;
	if (!end)
		return 0;
	const char *line = text, *next = memmem(line, len, "\r\n", 2);
	if (!status_line(line, (size_t)(next - line), r))
		return SIZE_MAX;
	while (next < end) {
		line = next + 2;
		next = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
		const char *colon = memchr(line, ':', (size_t)(next - line)), *value = colon ? colon + 1 : NULL;
		while (value && value < next && (*value == ' ' || *value == '\t'))
			value++;
		if (!colon || colon == line) {
			http_reply_free(r);
			return SIZE_MAX;
		}
		r->headers = xgrow(r->headers, r->header_count, &room, sizeof *r->headers);
		r->headers[r->header_count++] = (struct header){xstrndup(line, (size_t)(colon - line)),
								xstrndup(value, (size_t)(next - value))};
	}
	return (size_t)(end + 4 - text);
}

static bool only(const char *text, bool (*allowed)(unsigned char c))
{
	while (*text && allowed((unsigned char)*text))
		text++;
	return !*text;
}

static bool in_url(unsigned char c)
{
	return c > 0x20 && c < 0x7f && !strchr("\"<>\\^`{|}", c);
}

static bool in_value(unsigned char c)
{
	return (c >= 0x20 && c != 0x7f) || c == '\t';
}

static bool in_name(unsigned char c)
{
	return c > 0x20 && c < 0x7f && !strchr("\"(),/:;<=>?@[\\]{}", c);
}

static bool in_method(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

const char *http_request_fault(const struct http_request *r)
{
	const char *host = strstr(r->url, "://");
	if ((!text_starts(r->url, "https://") && !text_starts(r->url, "http://")) || !only(r->url, in_url))
		return N_("the address is malformed");
	if (strcspn(host + 3, "/?#") == 0 || memchr(host + 3, '@', strcspn(host + 3, "/?#")))
		return N_("the address has no host, or a user in it");
	if (!*r->method || !only(r->method, in_method))
		return N_("the method is malformed");
	for (size_t i = 0; i < r->header_count; i++)
		if (!*r->headers[i].name || !only(r->headers[i].name, in_name) || !only(r->headers[i].value, in_value))
			return N_("a header has a line end or a control character");
	return NULL;
}
