/* Secrets in texts that are no whole JSON: what was cut, what stands amid words, what was quoted again and again, the parts of a form. */
#include "config.h"
#include "net/standin_inside.h"

#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Undoing escapes ----------------------------------------------------------------------------------------------------------- */

static int hex_of(const char *p, size_t digits)
{
	int value = 0;
	for (size_t i = 0; i < digits; i++) {
		if (!isxdigit((unsigned char)p[i]))
			return -1;
		value = value * 16 + (isdigit((unsigned char)p[i]) ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	}
	return value;
}

static void add_code(struct buf *out, unsigned code)
{
	if (code < 0x80) {
		buf_putc(out, (char)(code ? code : ' '));
	} else if (code < 0x800) {
		buf_putc(out, (char)(0xc0 | code >> 6));
		buf_putc(out, (char)(0x80 | (code & 0x3f)));
	} else {
		buf_putc(out, (char)(0xe0 | code >> 12));
		buf_putc(out, (char)(0x80 | (code >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (code & 0x3f)));
	}
}

/* The bytes of the escape at p, whose character is appended; 0 when it is none. */
static size_t undo(struct buf *out, const char *p)
{
	static const char names[] = "\"\\/'bfnrt", letters[] = "\"\\/'\b\f\n\r\t";
	size_t digits = p[1] == 'u' ? 4 : p[1] == 'x' ? 2 : 0;
	int code = digits ? hex_of(p + 2, digits) : -1;
	const char *at = p[1] ? strchr(names, p[1]) : NULL;
	if (code >= 0) /* half of a pair is no character of its own */
		add_code(out, code >= 0xd800 && code < 0xe000 ? '?' : (unsigned)code);
	else if (at)
		buf_putc(out, letters[at - names]);
	return code >= 0 ? 2 + digits : at ? 2 : 0;
}

char *standin_unescaped(const char *text)
{
	struct buf out = {0};
	for (size_t n; *text; text += n) {
		n = *text == '\\' ? undo(&out, text) : 0;
		if (!n)
			buf_putc(&out, *text);
		n = n ? n : 1;
	}
	return buf_take(&out);
}

/* Members of objects -------------------------------------------------------------------------------------------------------- */

struct quoted {
	const char *start, *end, *after; /* what stands between the quotes, and behind them */
};

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

/* A text in quotes, which are themselves escaped so often as the first; it may have been cut. */
static bool read_quoted(const char *p, struct quoted *out)
{
	size_t slashes = strspn(p, "\\");
	char quote = p[slashes];
	if (!is_quote(quote))
		return false;
	out->start = p + slashes + 1;
	size_t met = 0;
	for (p = out->start; *p; p++) {
		if (*p == quote && met == slashes) {
			out->end = p - slashes;
			out->after = p + 1;
			return true;
		}
		met = *p == '\\' ? met + 1 : 0;
	}
	out->end = out->after = p;
	return true;
}

struct scan {
	struct standins *standins;
	struct buf out;
	const char *copied; /* up to where the text has been taken over */
	bool variable;      /* the last "name" was that of a secret */
	bool config_map;
};

static void put(struct scan *c, const char *start, const char *end)
{
	char *value = xstrndup(start, (size_t)(end - start)), *plain = standin_unescaped(value);
	bool kept = !*value || standin_is_put(c->standins, plain) || text_starts(value, "stand-in-") ||
		    (text_starts(value, "projects/") && strstr(value, "/secrets/")) || text_starts(value, "sm://");
	if (!kept) {
		size_t scheme = strncasecmp(plain, "Bearer ", 7) ? 0 : 7;
		buf_add(&c->out, c->copied, (size_t)(start - c->copied));
		buf_printf(&c->out, "%.*s%s", (int)scheme, plain,
			   standin_word(c->standins, plain + scheme, strlen(plain + scheme)));
		c->copied = end;
	}
	free(plain);
	free(value);
}

/* The key that ends before the colon at p; false when there is none. *quoted: with quotes around it. */
static bool key_before(const char *text, const char *p, char *key, size_t room, bool *quoted)
{
	while (p > text && strchr(" \t", p[-1]))
		p--;
	const char *end = p;
	*quoted = p > text && is_quote(p[-1]);
	for (end -= *quoted; *quoted && end > text && end[-1] == '\\';)
		end--;
	for (p = end; p > text && (isalnum((unsigned char)p[-1]) || strchr("_.-", p[-1]));)
		p--;
	if (p == end || (size_t)(end - p) >= room || (*quoted && (p == text || !is_quote(p[-1]))))
		return false;
	memcpy(key, p, (size_t)(end - p));
	key[end - p] = '\0';
	return true;
}

/* Replaces every text within the brackets at p that is no key; returns what stands behind them. */
static const char *put_within(struct scan *c, const char *p)
{
	int depth = 0;
	for (struct quoted q; *p;) {
		if (*p == '{' || *p == '[')
			depth++;
		if ((*p == '}' || *p == ']') && --depth <= 0)
			return p + 1;
		if (!read_quoted(p, &q)) {
			p++;
			continue;
		}
		if (q.after[strspn(q.after, " \t\r\n")] != ':')
			put(c, q.start, q.end);
		p = q.after;
	}
	return p;
}

/* A bare value: a number, or YAML's. */
static const char *put_bare(struct scan *c, const char *p, bool quoted_key)
{
	size_t len = strcspn(p, quoted_key ? ",}] \t\r\n" : " \t\r\n");
	bool rest = !quoted_key && p[len] && !strchr("\r\n", p[len]);
	bool word = len == 4 ? !strncmp(p, "null", 4) || !strncmp(p, "true", 4) : len == 5 && !strncmp(p, "false", 5);
	if (len && !word && !rest && (quoted_key || len >= 8))
		put(c, p, p + len);
	return p + len;
}

static bool holds_secrets(const struct scan *c, const char *key, char next)
{
	bool brackets = next == '{';
	return standin_is_secret_key(key) || (c->variable && !strcmp(key, "value")) || !strcmp(key, "given_name") ||
	       !strcmp(key, "family_name") ||
	       (brackets &&
		(!strcmp(key, "payload") || !strcmp(key, "stringData") || (!strcmp(key, "data") && !c->config_map)));
}

/* One member whose colon is at p; returns where to go on. */
static const char *member(struct scan *c, const char *text, const char *p)
{
	char key[64];
	bool quoted;
	struct quoted q;
	const char *value = p + 1 + strspn(p + 1, " \t\r\n");
	if (!key_before(text, p, key, sizeof key, &quoted))
		return p + 1;
	bool is_text = read_quoted(value, &q);
	if (!strcmp(key, "name") && is_text) {
		char *name = xstrndup(q.start, (size_t)(q.end - q.start));
		c->variable = standin_is_secret_variable(name, NULL);
		free(name);
	}
	if (is_text && standin_is_host_key(key)) {
		const char *word = standin_host(c->standins, q.start, (size_t)(q.end - q.start));
		buf_add(&c->out, c->copied, word ? (size_t)(q.start - c->copied) : 0);
		buf_puts(&c->out, word ? word : "");
		c->copied = word ? q.end : c->copied;
		if (word)
			return q.after;
	}
	if (!holds_secrets(c, key, *value))
		return p + 1;
	c->variable = false;
	if (is_text) {
		put(c, q.start, q.end);
		return q.after;
	}
	return *value == '{' || *value == '[' ? put_within(c, value)
	       : value == p + 1 && !quoted    ? p + 1
					      : put_bare(c, value, quoted);
}

char *standin_members(struct standins *s, const char *text, int depth)
{
	(void)depth;
	struct scan c = {.standins = s, .copied = text, .config_map = strstr(text, "ConfigMap")};
	for (const char *p = strchr(text, ':'); p; p = strchr(p, ':'))
		p = member(&c, text, p);
	if (c.copied == text) {
		buf_free(&c.out);
		return NULL;
	}
	buf_puts(&c.out, c.copied);
	return buf_take(&c.out);
}

/* Parts of a form ----------------------------------------------------------------------------------------------------------- */

/* Is the part a secret's, by its name in Content-Disposition? */
static bool is_secret_part(const char *head)
{
	char *copy = xstrdup(head), *name = NULL;
	for (char *p = copy; !name && (p = strcasestr(p, "name=")); p++)
		if (p > copy && strchr("; \t", p[-1]))
			name = p + 5;
	if (name && *name == '"')
		name++;
	if (name)
		name[strcspn(name, "\"; \r\n")] = '\0';
	bool secret = name && standin_is_secret_variable(name, NULL);
	free(copy);
	return secret;
}

/* One part, from behind its boundary's line. */
static void add_part(struct standins *s, struct buf *out, const char *part, size_t len, int depth)
{
	char *whole = xstrndup(part, len);
	const char *crlf = strstr(whole, "\r\n\r\n"), *lf = strstr(whole, "\n\n");
	const char *body = crlf && (!lf || crlf < lf) ? crlf + 4 : lf ? lf + 2 : whole;
	char *head = xstrndup(whole, (size_t)(body - whole));
	bool secret = is_secret_part(head);
	char *told = secret ? xstrdup(*body ? standin_word(s, body, strlen(body)) : "") : standin_of(s, body, depth + 1);
	buf_puts(out, head);
	buf_puts(out, told ? told : body);
	free(told);
	free(head);
	free(whole);
}

char *standin_parts(struct standins *s, const char *text, int depth)
{
	const char *start = text + strspn(text, "\r\n");
	size_t line = strcspn(start, "\r\n");
	if (strncmp(start, "--", 2) || line < 3 || line > 80 || !start[line])
		return NULL;
	struct buf out = {0};
	char *boundary = xasprintf("\n%.*s", (int)line, start);
	const char *p = start + line, *next;
	buf_add(&out, text, (size_t)(p - text));
	for (; *p; p = next) {
		size_t gap = strspn(p, "-\r");
		gap += p[gap] == '\n';
		buf_add(&out, p, gap);
		p += gap;
		const char *end = strstr(p, boundary);
		size_t len = end ? (size_t)(end - p) - (end > p && end[-1] == '\r') : strlen(p);
		add_part(s, &out, p, len, depth);
		next = end ? end + strlen(boundary) : p + len;
		buf_add(&out, p + len, (size_t)(next - p) - len);
	}
	free(boundary);
	bool same = !strcmp(buf_text(&out), text);
	if (!same)
		return buf_take(&out);
	buf_free(&out);
	return NULL;
}
