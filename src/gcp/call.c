/* Calls: who is asked, and how their URLs are made. */
#include "config.h"
#include "gcp/call.h"

#include "base/buf.h"
#include "base/gettext.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void call_free(struct call *c)
{
	free(c->method);
	free(c->url);
	free(c->upload);
	free(c->content_type);
	free(c->accept);
	free(c->ca);
	free(c->certificate);
	free(c->key);
	free(c->bearer);
	free(c->kubeconfig);
	free(c->context);
	free(c->fault);
	cJSON_Delete(c->body);
	*c = (struct call){0};
}

static char *copy_text(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

struct call call_copy(const struct call *c)
{
	struct call copy = *c;
	copy.method = copy_text(c->method);
	copy.url = copy_text(c->url);
	copy.upload = copy_text(c->upload);
	copy.content_type = copy_text(c->content_type);
	copy.accept = copy_text(c->accept);
	copy.ca = copy_text(c->ca);
	copy.certificate = copy_text(c->certificate);
	copy.key = copy_text(c->key);
	copy.bearer = copy_text(c->bearer);
	copy.kubeconfig = copy_text(c->kubeconfig);
	copy.context = copy_text(c->context);
	copy.fault = copy_text(c->fault);
	copy.body = cJSON_Duplicate(c->body, true);
	return copy;
}

/* Is the URL's host, reached by TLS and without a user part or a port, this domain or one below it? */
static bool host_within(const char *url, const char *domain, bool below)
{
	const char *host = url + strlen("https://");
	if (!text_starts(url, "https://"))
		return false;
	char *name = xstrndup(host, strcspn(host, "/?#"));
	size_t n = strlen(name), m = strlen(domain);
	bool within = n >= m && !strcasecmp(name + n - m, domain) && (n == m || (below && name[n - m - 1] == '.')) &&
		      strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == n;
	free(name);
	return within;
}

/* Cloud Run's, App Engine's and the like are names that anybody can have: they are not here. */
bool call_is_google(const char *url)
{
	return host_within(url, "googleapis.com", true) || host_within(url, "tunnel.cloudproxy.app", false) ||
	       host_within(url, "pkg.dev", true);
}

bool call_is_cluster(const char *url)
{
	return host_within(url, "gke.goog", true);
}

/* Making URLs -------------------------------------------------------------------------------------------------------------- */

void call_refuse(struct call *c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *fault = c->fault ? NULL : xvasprintf(format, args);
	va_end(args);
	if (!fault)
		return;
	call_free(c);
	c->fault = fault;
}

/* Unreserved characters stay (RFC 3986), and two that Google's names have and no server reads anything into. */
static void put_encoded(struct buf *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (isalnum((unsigned char)text[i]) || strchr("-._~@,", text[i]))
			buf_putc(b, text[i]);
		else
			buf_printf(b, "%%%02X", (unsigned char)text[i]);
}

/* The word of the URL before its end, for words about what follows: "instances/" of ".../p/instances/". */
static char *word_before(const char *url)
{
	size_t end = strlen(url), at = end;
	while (at && strchr("/?&=:", url[at - 1]))
		at--;
	while (at && !strchr("/?&", url[at - 1]))
		at--;
	return xstrndup(url + at, end - at);
}

/* One segment; false when it would lead elsewhere, or nowhere. */
static bool put_segment(struct buf *b, const char *text, size_t len)
{
	bool climbs = (len == 1 && text[0] == '.') || (len == 2 && text[0] == '.' && text[1] == '.');
	if (!len || climbs)
		return false;
	put_encoded(b, text, len);
	return true;
}

static bool put_segments(struct buf *b, const char *text)
{
	bool fine = true, more = true;
	while (fine && more) {
		size_t len = strcspn(text, "/");
		fine = put_segment(b, text, len);
		more = text[len] == '/';
		if (more)
			buf_putc(b, '/');
		text += len + more;
	}
	return fine;
}

static void put_value(struct call *c, struct buf *url, const char *value, bool several)
{
	bool query = strchr(buf_text(url), '?') != NULL, fine = value != NULL;
	size_t mark = url->len;
	if (query && value)
		put_encoded(url, value, strlen(value));
	else if (value)
		fine = several ? put_segments(url, value) : put_segment(url, value, strlen(value));
	if (fine)
		return;
	char *so_far = xstrndup(buf_text(url), mark), *word = word_before(so_far);
	if (!value || !*value)
		call_refuse(c, _("the value after \"%s\" is missing"), word);
	else
		call_refuse(c, _("the value after \"%s\" cannot stand in an address: \"%s\""), word, value);
	free(word);
	free(so_far);
}

static void add(struct call *c, struct buf *url, const char *format, va_list args)
{
	for (const char *p = format; *p && !c->fault; p++) {
		if (*p != '%') {
			buf_putc(url, *p);
		} else if (p[1] == '%') {
			buf_putc(url, *++p);
		} else if (p[1] == 'l') {
			buf_printf(url, "%lld", va_arg(args, long long));
			p += strlen("lld");
		} else {
			bool several = p[1] == '-';
			put_value(c, url, va_arg(args, const char *), several);
			p += 1 + several;
		}
	}
}

static void take_url(struct call *c, struct buf *url)
{
	if (c->fault) {
		buf_free(url);
		return;
	}
	free(c->url);
	c->url = buf_take(url);
}

void call_set(struct call *c, enum dialect dialect, const char *method, cJSON *body, const char *url_format, ...)
{
	struct buf url = {0};
	va_list args;
	call_free(c);
	c->method = xstrdup(method);
	c->body = body;
	c->dialect = dialect;
	if (strncmp(url_format, "http", strlen("http")) != 0) /* a URL is no value: call_set_url */
		call_refuse(c, _("the address begins with no host: \"%s\""), url_format);
	va_start(args, url_format);
	add(c, &url, url_format, args);
	va_end(args);
	take_url(c, &url);
}

void call_add(struct call *c, const char *format, ...)
{
	struct buf url = {0};
	va_list args;
	if (c->fault)
		return;
	buf_puts(&url, c->url ? c->url : "");
	va_start(args, format);
	add(c, &url, format, args);
	va_end(args);
	take_url(c, &url);
}

void call_tail(struct call *c, const char *text)
{
	char *longer = c->url ? xasprintf("%s%s", c->url, text) : NULL;
	if (!longer)
		return;
	free(c->url);
	c->url = longer;
}

void call_set_url(struct call *c, enum dialect dialect, const char *method, cJSON *body, const char *url)
{
	call_free(c);
	c->method = xstrdup(method);
	c->body = body;
	c->dialect = dialect;
	c->url = xstrdup(url);
}
