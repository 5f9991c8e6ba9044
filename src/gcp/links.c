/* Where a resource is looked at in a browser: its page of Google's console, its log. Patterns are the kinds'; every value passes the one encoder. */
#include "config.h"
#include "gcp/kind.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* What stands for a name between braces: of a link its last segment. NULL when it is not known. */
static const char *value_of(const struct view *v, const cJSON *outputs, const char *name)
{
	if (!strcmp(name, "name"))
		return v->name;
	if (!strcmp(name, "project"))
		return v->project;
	const char *value = json_str(v->spec, name, json_str(outputs, name, ""));
	const char *last = strrchr(value, '/');
	value = last ? last + 1 : value;
	return *value ? value : NULL;
}

/* Takes the pattern apart: the text before the next brace is handed to text, the value of what is between braces to value. False when one is missing. */
static bool walk(const char *pattern, const struct view *v, const cJSON *outputs, void (*text)(void *to, const char *s),
		 void (*value)(void *to, const char *s), void *to)
{
	while (*pattern) {
		size_t plain = strcspn(pattern, "{"), len = strcspn(pattern + plain, "}");
		char *before = xstrndup(pattern, plain), *name = len ? xstrndup(pattern + plain + 1, len - 1) : NULL;
		const char *found = name ? value_of(v, outputs, name) : NULL;
		text(to, before);
		if (found)
			value(to, found);
		bool missing = name && !found;
		free(before);
		free(name);
		if (missing)
			return false;
		pattern += plain + (len ? len + 1 : 0);
	}
	return true;
}

static void url_text(void *to, const char *s)
{
	call_tail(to, s);
}

static void url_value(void *to, const char *s)
{
	call_add(to, "%s", s);
}

static char *take_url(struct call *c, bool whole)
{
	char *url = whole && c->url ? xstrdup(c->url) : NULL;
	call_free(c);
	return url;
}

/* Google's console and its log know nothing of what is somebody else's. */
static bool is_elsewhere(const struct kind *k, const struct view *v)
{
	return k->outside && k->outside(v->spec);
}

char *kind_console_link(const struct kind *k, const struct view *v, const cJSON *outputs)
{
	struct call c = {0};
	if (!k->console_page || is_elsewhere(k, v))
		return NULL;
	call_set(&c, DIALECT_NONE, "GET", NULL, "https://console.cloud.google.com/");
	bool whole = walk(k->console_page, v, outputs, url_text, url_value, &c);
	call_tail(&c, strchr(k->console_page, '?') ? "&project=" : "?project=");
	call_add(&c, "%s", json_str(v->spec, "home", v->project)); /* of what stands in another project, that one's */
	return take_url(&c, whole);
}

static void filter_text(void *to, const char *s)
{
	buf_puts(to, s);
}

/* Inside the quotes of a filter. */
static void filter_value(void *to, const char *s)
{
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_putc(to, '\\');
		buf_putc(to, *s);
	}
}

static char *filter_of(const struct kind *k, const char *pattern, const struct view *v, const cJSON *outputs)
{
	struct buf filter = {0};
	if (pattern && !is_elsewhere(k, v) && walk(pattern, v, outputs, filter_text, filter_value, &filter))
		return buf_take(&filter);
	buf_free(&filter);
	return NULL;
}

char *kind_log_filter(const struct kind *k, const struct view *v, const cJSON *outputs)
{
	return filter_of(k, k->log, v, outputs);
}

char *kind_requests_filter(const struct kind *k, const struct view *v, const cJSON *outputs)
{
	return filter_of(k, k->requests, v, outputs);
}

char *kind_log_link(const struct kind *k, const struct view *v, const cJSON *outputs)
{
	struct call c = {0};
	char *filter = kind_log_filter(k, v, outputs);
	bool whole = filter != NULL;
	if (whole)
		call_set(&c, DIALECT_NONE, "GET", NULL, "https://console.cloud.google.com/logs/query;query=%s?project=%s",
			 filter, v->project);
	free(filter);
	return take_url(&c, whole);
}
