/* The renderer of base/mustache.h: it walks the template once for each time a section's content is wanted. */
#include "config.h"
#include "base/mustache.h"

#include "base/json.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING_MAX = 32, DELIMITER_MAX = 16 };

struct delimiters {
	char open[DELIMITER_MAX], close[DELIMITER_MAX];
};

/* What is being walked: the template, or a partial of it. */
struct source {
	const char *name, *template, *at;
	struct delimiters d;
};

struct renderer {
	struct source s;
	mustache_find *find;
	const void *from;
	const cJSON *contexts[NESTING_MAX + 1]; /* innermost last */
	int depth;                              /* contexts in use */
	int nesting;                            /* sections and partials open */
	bool quiet;                             /* inside a section that is not shown */
	enum escape escape;
	bool strict;
	struct buf *out;
	struct err *e;
};

struct tag {
	char sigil;        /* one of "#^/&{!=>" or 0 */
	const char *start; /* where it begins in the template */
	size_t indent;     /* blanks before one that is alone on its line */
	char *name;        /* what is in it, without blanks around */
};

static bool fail(struct renderer *r, const char *where, const char *what, const char *name)
{
	int line = 1;
	for (const char *p = r->s.template; p < where; p++)
		line += *p == '\n';
	char *place = xasprintf("%s:%d", r->s.name, line);
	if (name)
		err_set(r->e, EXIT_BUG, place, NULL, "\"%s\" %s.", name, what);
	else
		err_set(r->e, EXIT_BUG, place, NULL, "%s.", what);
	free(place);
	return false;
}

/* Lookup ---------------------------------------------------------------------------------------------------------------------- */

static const cJSON *member(const cJSON *object, const char *name, size_t len)
{
	for (const cJSON *c = cJSON_IsObject(object) ? object->child : NULL; c; c = c->next)
		if (strlen(c->string) == len && !memcmp(c->string, name, len))
			return c;
	return NULL;
}

/* The first part of a dotted name is looked for from the inside out; the others only in what was found. */
static const cJSON *look_up(const struct renderer *r, const char *name)
{
	if (!strcmp(name, "."))
		return r->contexts[r->depth - 1];
	size_t len = strcspn(name, ".");
	const cJSON *found = NULL;
	for (int i = r->depth - 1; i >= 0 && !found; i--)
		found = member(r->contexts[i], name, len);
	while (found && name[len]) {
		name += len + 1;
		len = strcspn(name, ".");
		found = member(found, name, len);
	}
	return found;
}

static bool is_true(const cJSON *value)
{
	if (cJSON_IsArray(value))
		return value->child != NULL;
	if (cJSON_IsString(value))
		return *value->valuestring;
	return value && !cJSON_IsNull(value) && !cJSON_IsFalse(value);
}

static bool known(struct renderer *r, const struct tag *tag, const cJSON *value)
{
	return value || !r->strict || r->quiet || fail(r, tag->start, "is not in the data", tag->name);
}

/* Tags ------------------------------------------------------------------------------------------------------------------------ */

static char *trimmed(const char *start, const char *end)
{
	while (start < end && isspace((unsigned char)*start))
		start++;
	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	return xstrndup(start, (size_t)(end - start));
}

/* A tag that makes no text and is alone on its line takes the line with it. Returns where the text before it ends. */
static const char *swallow_line(struct renderer *r, const char *text, struct tag *tag)
{
	if (!tag->sigil || !strchr("#^/!=>", tag->sigil))
		return tag->start;
	const char *start = tag->start, *end = r->s.at;
	while (start > text && (start[-1] == ' ' || start[-1] == '\t'))
		start--;
	if (start > r->s.template && start[-1] != '\n')
		return tag->start;
	end += strspn(end, " \t");
	if (*end == '\r' && end[1] == '\n')
		end++;
	if (*end && *end != '\n')
		return tag->start;
	r->s.at = *end ? end + 1 : end;
	tag->indent = (size_t)(tag->start - start);
	return start;
}

/* Reads the next tag and writes the text before it. tag->start is NULL at the end of the template. */
static bool next_tag(struct renderer *r, struct tag *tag)
{
	const char *text = r->s.at, *start = strstr(text, r->s.d.open);
	*tag = (struct tag){.start = start};
	if (!start) {
		if (!r->quiet)
			buf_puts(r->out, text);
		r->s.at += strlen(r->s.at);
		return true;
	}
	const char *p = start + strlen(r->s.d.open);
	p += strspn(p, " \t");
	if (*p && strchr("#^/&{!=>", *p))
		tag->sigil = *p++;
	const char *closer = r->s.d.close;
	char special[DELIMITER_MAX + 2];
	if (tag->sigil == '{' || tag->sigil == '=') {
		special[0] = tag->sigil == '{' ? '}' : '=';
		strcpy(special + 1, r->s.d.close);
		closer = special;
	}
	const char *end = strstr(p, closer);
	if (!end)
		return fail(r, start, "a tag is not closed", NULL);
	tag->name = trimmed(p, end);
	r->s.at = end + strlen(closer);
	const char *text_end = swallow_line(r, text, tag);
	if (!r->quiet)
		buf_add(r->out, text, (size_t)(text_end - text));
	return true;
}

static bool set_delimiters(struct renderer *r, const struct tag *tag)
{
	size_t open = strcspn(tag->name, " \t\r\n");
	const char *close = tag->name + open + strspn(tag->name + open, " \t\r\n");
	if (!open || open >= DELIMITER_MAX || !*close || strlen(close) >= DELIMITER_MAX || strpbrk(close, " \t\r\n=") ||
	    memchr(tag->name, '=', open))
		return fail(r, tag->start, "is no pair of delimiters", tag->name);
	memcpy(r->s.d.open, tag->name, open);
	r->s.d.open[open] = '\0';
	strcpy(r->s.d.close, close);
	return true;
}

static bool interpolate(struct renderer *r, const struct tag *tag)
{
	const cJSON *value = look_up(r, tag->name);
	if (!known(r, tag, value))
		return false;
	if (r->quiet || !value || cJSON_IsNull(value))
		return true;
	if (cJSON_IsObject(value) || cJSON_IsArray(value))
		return fail(r, tag->start, "is a list or an object, not a text", tag->name);
	enum escape escape = tag->sigil ? ESCAPE_NONE : r->escape;
	if (cJSON_IsString(value)) {
		const char *why = escape_add(escape, value->valuestring, r->out);
		return !why || fail(r, tag->start, why, tag->name);
	}
	char *text = json_text(value, -1);
	escape_add(escape, text, r->out);
	free(text);
	return true;
}

/* Sections -------------------------------------------------------------------------------------------------------------------- */

static bool block(struct renderer *r, const struct tag *section);

/* The section's content, over one more context, or unseen when context is NULL. */
static bool content(struct renderer *r, const struct tag *section, const cJSON *context)
{
	bool quiet = r->quiet;
	if (context)
		r->contexts[r->depth++] = context;
	else
		r->quiet = true;
	bool done = block(r, section);
	r->quiet = quiet;
	r->depth -= context != NULL;
	return done;
}

static bool section(struct renderer *r, const struct tag *tag)
{
	const cJSON *value = look_up(r, tag->name), *self = r->contexts[r->depth - 1];
	if (!known(r, tag, value))
		return false;
	if (r->nesting == NESTING_MAX)
		return fail(r, tag->start, "is nested too deeply", tag->name);
	r->nesting++;
	bool done;
	if (r->quiet || (tag->sigil == '^') == is_true(value)) {
		done = content(r, tag, NULL);
	} else if (tag->sigil == '^') {
		done = content(r, tag, self);
	} else if (!cJSON_IsArray(value)) {
		done = content(r, tag, value);
	} else {
		const char *start = r->s.at;
		struct delimiters d = r->s.d;
		done = true;
		for (const cJSON *item = value->child; item && done; item = item->next) {
			r->s.at = start;
			r->s.d = d;
			done = content(r, tag, item);
		}
	}
	r->nesting--;
	return done;
}

/* A copy of a partial with each line moved in by as many blanks as stood before its tag. */
static char *indented(const char *text, const char *blanks, size_t count)
{
	struct buf b = {0};
	while (*text) {
		size_t line = strcspn(text, "\n");
		line += text[line] == '\n';
		buf_add(&b, blanks, count);
		buf_add(&b, text, line);
		text += line;
	}
	return buf_take(&b);
}

static bool partial(struct renderer *r, const struct tag *tag)
{
	const char *text = r->find ? r->find(r->from, tag->name) : NULL;
	if (r->quiet || (!text && !r->strict))
		return true;
	if (!text)
		return fail(r, tag->start, "is not one of the templates", tag->name);
	if (r->nesting == NESTING_MAX)
		return fail(r, tag->start, "is nested too deeply", tag->name);
	r->nesting++;
	struct source outer = r->s;
	char *copy = indented(text, tag->start - tag->indent, tag->indent);
	r->s = (struct source){.name = tag->name, .template = copy, .at = copy, .d = {"{{", "}}"}};
	bool done = block(r, NULL);
	free(copy);
	r->s = outer;
	r->nesting--;
	return done;
}

static bool one_tag(struct renderer *r, const struct tag *tag)
{
	switch (tag->sigil) {
	case '!':
		return true;
	case '=':
		return set_delimiters(r, tag);
	case '#':
	case '^':
		return section(r, tag);
	case '>':
		return partial(r, tag);
	default:
		return interpolate(r, tag);
	}
}

/* Everything up to the end of this section, or of the template when section is NULL. */
static bool block(struct renderer *r, const struct tag *section)
{
	for (;;) {
		struct tag tag;
		if (!next_tag(r, &tag))
			return false;
		if (!tag.start)
			return !section || fail(r, section->start, "is a section that is not closed", section->name);
		bool ends = tag.sigil == '/', done;
		if (ends)
			done = (section && !strcmp(section->name, tag.name)) ||
			       fail(r, tag.start, "closes a section that is not open here", tag.name);
		else
			done = one_tag(r, &tag);
		free(tag.name);
		if (ends || !done)
			return done;
	}
}

bool mustache_render_parts(const char *name, const char *template, mustache_find *find, const void *from, const cJSON *data,
			   enum escape escape, bool strict, struct buf *out, struct err *e)
{
	struct renderer r = {.s = {.name = name, .template = template, .at = template, .d = {"{{", "}}"}},
			     .find = find,
			     .from = from,
			     .contexts = {data},
			     .depth = 1,
			     .escape = escape,
			     .strict = strict,
			     .out = out,
			     .e = e};
	return block(&r, NULL);
}

bool mustache_render(const char *name, const char *template, const cJSON *data, enum escape escape, bool strict,
		     struct buf *out, struct err *e)
{
	return mustache_render_parts(name, template, NULL, NULL, data, escape, strict, out, e);
}
