/* json_make: reads its format and builds the tree directly, taking arguments as it comes to them. Nothing that an argument holds is read. */
#include "config.h"
#include "base/json.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const char *format, *p;
	va_list args;
};

__attribute__((noreturn)) static void bad(const struct reader *r)
{
	fprintf(stderr, "json_make: bad format at \"%s\" in %s\n", r->p, r->format);
	abort();
}

/* The next character that is no space. */
static char next(struct reader *r)
{
	while (isspace((unsigned char)*r->p))
		r->p++;
	return *r->p;
}

static bool take(struct reader *r, char c)
{
	if (next(r) != c)
		return false;
	r->p++;
	return true;
}

/* A quoted text, for the caller to free. Formats have no escapes. */
static char *read_text(struct reader *r)
{
	char quote = next(r);
	size_t len = quote == '\'' || quote == '"' ? strcspn(r->p + 1, (char[]){quote, '\\', '\0'}) : 0;
	if ((quote != '\'' && quote != '"') || r->p[1 + len] != quote)
		bad(r);
	char *text = xstrndup(r->p + 1, len);
	r->p += len + 2;
	return text;
}

static cJSON *or_null(cJSON *node)
{
	return node ? node : cJSON_CreateNull();
}

static cJSON *read_argument(struct reader *r)
{
	const char *s;
	switch (*++r->p) {
	case 's':
		r->p++;
		s = va_arg(r->args, const char *);
		return or_null(s ? cJSON_CreateString(s) : NULL);
	case 'd':
		r->p++;
		return cJSON_CreateNumber(va_arg(r->args, int));
	case 'b':
		r->p++;
		return cJSON_CreateBool(va_arg(r->args, int));
	case 'j':
		r->p++;
		return or_null(va_arg(r->args, cJSON *));
	default:
		bad(r);
	}
}

static char *read_key(struct reader *r)
{
	if (next(r) != '%')
		return read_text(r);
	const char *key = r->p[1] == 's' ? va_arg(r->args, const char *) : NULL;
	if (!key)
		bad(r);
	r->p += 2;
	return xstrdup(key);
}

static cJSON *read_value(struct reader *r);

static cJSON *read_members(struct reader *r, bool object)
{
	cJSON *out = object ? cJSON_CreateObject() : cJSON_CreateArray();
	char end = object ? '}' : ']';
	if (take(r, end))
		return out;
	do {
		char *key = object ? read_key(r) : NULL;
		if (object && !take(r, ':'))
			bad(r);
		if (object)
			cJSON_AddItemToObject(out, key, read_value(r));
		else
			cJSON_AddItemToArray(out, read_value(r));
		free(key);
	} while (take(r, ','));
	if (!take(r, end))
		bad(r);
	return out;
}

static cJSON *read_word(struct reader *r)
{
	size_t len = strspn(r->p, "abcdefghijklmnopqrstuvwxyz");
	cJSON *out = len == 4 && !strncmp(r->p, "true", 4)    ? cJSON_CreateTrue()
		     : len == 5 && !strncmp(r->p, "false", 5) ? cJSON_CreateFalse()
		     : len == 4 && !strncmp(r->p, "null", 4)  ? cJSON_CreateNull()
							      : NULL;
	if (!out)
		bad(r);
	r->p += len;
	return out;
}

static cJSON *read_number(struct reader *r)
{
	char *end;
	double v = strtod(r->p, &end);
	if (end == r->p)
		bad(r);
	r->p = end;
	return cJSON_CreateNumber(v);
}

static cJSON *read_value(struct reader *r)
{
	char c = next(r);
	if (c == '%')
		return read_argument(r);
	if (c == '{' || c == '[') {
		r->p++;
		return read_members(r, c == '{');
	}
	if (c == '\'' || c == '"') {
		char *text = read_text(r);
		cJSON *out = cJSON_CreateString(text);
		free(text);
		return out;
	}
	return islower((unsigned char)c) ? read_word(r) : read_number(r);
}

cJSON *json_make(const char *format, ...)
{
	struct reader r = {.format = format, .p = format};
	va_start(r.args, format);
	cJSON *root = read_value(&r);
	va_end(r.args);
	if (next(&r))
		bad(&r);
	return root;
}
