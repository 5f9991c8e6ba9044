/* Redaction works on readings of the text: as it is, and with its escapes undone once and twice. A reading remembers where each
 * of its characters came from, so that what is found in it can be taken out of the text itself. */
#include "config.h"
#include "base/outside.h"

#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A shorter secret would be found everywhere; a shorter rest of a secret tells nothing. */
enum { SHORTEST = 6, REST_SHORTEST = 8, READINGS = 8 };

/* How a pattern may differ from what is found: not at all, by base64's alphabet, by case. */
enum fold { FOLD_NONE, FOLD_BASE64, FOLD_CASE, FOLDS };

struct reading {
	char *text, *folded[FOLDS]; /* folded[FOLD_NONE] is the text */
	size_t *from, *to;          /* of each character: its bytes in the text are [from, to) */
	size_t len;
};

/* What was found of which secret, a byte of the text each. */
struct hits {
	struct hit {
		struct secret *of; /* NULL: nothing */
		bool base64;
	} * at;
	struct secret *looked_for;
	bool encoded; /* it is looked for in its base64 */
};

/* Undoing escapes ----------------------------------------------------------------------------------------------------------- */

static int hex_of(const char *p, size_t left, size_t digits)
{
	int value = 0;
	if (left < digits)
		return -1;
	for (size_t i = 0; i < digits; i++) {
		const char *at = p[i] ? strchr("0123456789abcdef", p[i] | 0x20) : NULL;
		if (!at)
			return -1;
		value = value * 16 + (int)(at - "0123456789abcdef");
	}
	return value;
}

static size_t undo_backslash(const char *p, size_t left, int *c)
{
	static const char names[] = "\"\\/'bfnrt", letters[] = "\"\\/'\b\f\n\r\t";
	if (left > 1 && p[1] == 'u')
		*c = hex_of(p + 2, left - 2, 4);
	if (left > 1 && p[1] == 'x')
		*c = hex_of(p + 2, left - 2, 2);
	if (*c >= 0)
		return p[1] == 'u' ? 6 : 4;
	const char *at = left > 1 && p[1] ? strchr(names, p[1]) : NULL;
	*c = at ? letters[at - names] : -1;
	return at ? 2 : 0;
}

static size_t undo_entity(const char *p, size_t left, int *c)
{
	static const struct {
		const char *name;
		char is;
	} names[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t n = strlen(names[i].name);
		if (left < n || strncasecmp(p, names[i].name, n))
			continue;
		*c = names[i].is;
		return n;
	}
	if (left < 4 || p[1] != '#')
		return 0;
	bool hex = (p[2] | 0x20) == 'x';
	size_t at = hex ? 3 : 2, start = at;
	for (*c = 0; at < left && at < start + 7 && hex_of(p + at, 1, 1) >= 0; at++)
		*c = *c * (hex ? 16 : 10) + hex_of(p + at, 1, 1);
	return at < left && at > start && p[at] == ';' ? at + 1 : 0;
}

/* The character that an escape at p stands for, and the escape's bytes; 0 when there is none of those that begin with one of
 * signs. */
static size_t undo(const char *p, size_t left, const char *signs, int *c)
{
	size_t n = 0;
	*c = -1;
	if (!*p || !strchr(signs, *p))
		return 0;
	if (*p == '%' && (*c = hex_of(p + 1, left - 1, 2)) >= 0)
		n = 3;
	else if (*p == '\\')
		n = undo_backslash(p, left, c);
	else if (*p == '&')
		n = undo_entity(p, left, c);
	return *c >= 0 && *c < 0x80 ? n : 0;
}

static bool line_end(char c)
{
	return c == '\r' || c == '\n';
}

static struct reading new_reading(size_t room)
{
	return (struct reading){
	    .text = xmalloc(room + 1), .from = xcalloc(room + 1, sizeof(size_t)), .to = xcalloc(room + 1, sizeof(size_t))};
}

static void reading_free(struct reading *r)
{
	for (size_t fold = 0; fold < FOLDS; fold++) {
		sodium_memzero(r->folded[fold], r->len);
		free(r->folded[fold]);
	}
	free(r->from);
	free(r->to);
}

/* Line ends are left out: base64 and keys are broken into lines at will. */
static void add_character(struct reading *r, char c, size_t from, size_t to)
{
	if (line_end(c))
		return;
	r->text[r->len] = c;
	r->from[r->len] = from;
	r->to[r->len++] = to;
}

static char folded(char c, enum fold fold)
{
	if (fold == FOLD_BASE64)
		return c == '-' ? '+' : c == '_' ? '/' : c;
	return fold == FOLD_CASE && c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* A reading is searched hundreds of times, so it is folded once. */
static void fold_reading(struct reading *r)
{
	r->folded[FOLD_NONE] = r->text;
	for (enum fold fold = FOLD_BASE64; fold < FOLDS; fold++) {
		r->folded[fold] = xmalloc(r->len + 1);
		for (size_t i = 0; i < r->len; i++)
			r->folded[fold][i] = folded(r->text[i], fold);
	}
}

static struct reading read_plain(const struct buf *text)
{
	struct reading r = new_reading(text->len);
	for (size_t i = 0; i < text->len; i++)
		add_character(&r, text->data[i], i, i + 1);
	fold_reading(&r);
	return r;
}

static struct reading read_undone(const struct reading *of, const char *signs)
{
	struct reading r = new_reading(of->len);
	for (size_t i = 0, n; i < of->len; i += n) {
		int c;
		n = undo(of->text + i, of->len - i, signs, &c);
		if (n)
			add_character(&r, (char)c, of->from[i], of->to[i + n - 1]);
		n = n ? n : 1;
		if (n == 1)
			add_character(&r, of->text[i], of->from[i], of->to[i]);
	}
	fold_reading(&r);
	return r;
}

/* Room in guarded memory for what is made of a secret while it is looked for: mapped once and wiped after each use, since every
 * text passes here. */
enum scratch { SCRATCH_VALUE, SCRATCH_SHIFTED, SCRATCH_BASE64, SCRATCH_HEX, SCRATCHES };

static void *scratch(enum scratch which, size_t size)
{
	static struct {
		void *data;
		size_t room;
	} kept[SCRATCHES];
	if (kept[which].room < size) {
		sodium_free(kept[which].data);
		kept[which].room = size < 1024 ? 1024 : 2 * size;
		kept[which].data = sodium_malloc(kept[which].room);
		if (!kept[which].data)
			mem_out();
	}
	return kept[which].data;
}

/* Finding ------------------------------------------------------------------------------------------------------------------- */

static bool base64_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("+/-_=", c));
}

static void mark(const struct reading *r, size_t start, size_t end, enum fold fold, struct hits *hits)
{
	while (fold == FOLD_BASE64 && start && base64_letter(r->text[start - 1]))
		start--;
	while (fold == FOLD_BASE64 && end < r->len && base64_letter(r->text[end]))
		end++;
	for (size_t i = r->from[start]; i < r->to[end - 1]; i++)
		hits->at[i] = (struct hit){hits->looked_for, hits->encoded || fold == FOLD_BASE64};
}

/* pattern is folded. What is left of it where the text was cut counts too. */
static void find(const struct reading *r, const char *pattern, size_t len, enum fold fold, struct hits *hits)
{
	const char *text = r->folded[fold], *end = text + r->len, *p = text;
	while ((p = memmem(p, (size_t)(end - p), pattern, len)) != NULL) {
		mark(r, (size_t)(p - text), (size_t)(p - text) + len, fold, hits);
		p++;
	}
	for (size_t n = len - 1; n >= REST_SHORTEST && n < len; n--)
		if (n <= r->len && !memcmp(end - n, pattern, n))
			mark(r, r->len - n, r->len, fold, hits);
}

/* The letters of base64 that a value gives wherever it stands in something longer: they depend on its offset modulo 3. */
static void find_base64(const struct reading *r, const char *value, size_t len, struct hits *hits)
{
	size_t room = sodium_base64_ENCODED_LEN(len + 2, sodium_base64_VARIANT_ORIGINAL);
	unsigned char *shifted = scratch(SCRATCH_SHIFTED, len + 2);
	char *text = scratch(SCRATCH_BASE64, room);
	for (size_t offset = 0; offset < 3; offset++) {
		memset(shifted, 0, 2);
		memcpy(shifted + offset, value, len);
		sodium_bin2base64(text, room, shifted, len + offset, sodium_base64_VARIANT_ORIGINAL);
		size_t start = (8 * offset + 5) / 6, end = 8 * (offset + len) / 6;
		find(r, text + start, end - start, FOLD_BASE64, hits);
	}
	sodium_memzero(shifted, len + 2);
	sodium_memzero(text, room);
}

static void find_forms(const struct reading *r, const char *value, size_t len, struct hits *hits)
{
	size_t room = 2 * len + 1;
	char *hex = scratch(SCRATCH_HEX, room);
	find(r, value, len, FOLD_NONE, hits);
	find_base64(r, value, len, hits);
	find(r, sodium_bin2hex(hex, room, (const unsigned char *)value, len), 2 * len, FOLD_CASE, hits);
	sodium_memzero(hex, room);
}

struct search {
	struct reading readings[READINGS];
	size_t readings_made;
	struct hits hits;
};

static void find_everywhere(struct search *s, const char *value, size_t len)
{
	for (size_t i = 0; i < s->readings_made; i++)
		if (s->readings[i].len)
			find_forms(&s->readings[i], value, len, &s->hits);
}

static size_t without_line_ends(char *to, const char *text, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		if (!line_end(text[i]))
			to[n++] = text[i];
	return n;
}

/* As itself, and as the base64 in which a payload carries it: what is echoed may be encoded once more. */
static void find_secret(void *arg, struct secret *secret)
{
	struct search *s = arg;
	size_t len;
	if (secret_length(secret) < SHORTEST)
		return;
	s->hits.looked_for = secret;
	const char *bytes = secret_open(secret, &len);
	size_t room = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
	char *value = scratch(SCRATCH_VALUE, len + room);
	char *encoded = value + len;
	size_t n = without_line_ends(value, bytes, len);
	if (n >= SHORTEST)
		find_everywhere(s, value, n);
	sodium_bin2base64(encoded, room, (const unsigned char *)bytes, len, sodium_base64_VARIANT_ORIGINAL);
	s->hits.encoded = true;
	find_everywhere(s, encoded, strcspn(encoded, "="));
	s->hits.encoded = false;
	secret_close(secret);
	sodium_memzero(value, len + room);
}

static void take_out(struct buf *text, const struct hit *hit, outside_word *word, void *arg)
{
	struct buf out = {.max = text->max ? text->max * 2 : 0};
	for (size_t i = 0; i < text->len; i++) {
		if (!hit[i].of)
			buf_putc(&out, text->data[i]);
		else if (!i || hit[i].of != hit[i - 1].of)
			buf_puts(&out, word(arg, hit[i].of, hit[i].base64));
	}
	sodium_memzero(text->data, text->len);
	buf_free(text);
	out.max = text->max;
	*text = out;
}

static bool any_hit(const struct hit *hit, size_t len)
{
	size_t i = 0;
	while (i < len && !hit[i].of)
		i++;
	return i < len;
}

/* A secret may itself hold what looks like an escape of another kind, so each kind is also undone alone; each once and twice.
 */
static void read_all(struct search *s, const struct buf *text)
{
	static const char *const kinds[] = {"%\\&", "\\", "%", NULL};
	s->readings[s->readings_made++] = read_plain(text);
	for (const char *const *signs = kinds; *signs; signs++) {
		bool alone = !(*signs)[1];
		if (alone ? !memchr(text->data, **signs, text->len) : !strpbrk(buf_text(text), *signs))
			continue;
		s->readings[s->readings_made] = read_undone(&s->readings[0], *signs);
		s->readings[s->readings_made + 1] = read_undone(&s->readings[s->readings_made], *signs);
		s->readings_made += 2;
	}
}

void outside_replace(struct buf *text, outside_word *word, void *arg)
{
	if (text->len < SHORTEST || !secret_any())
		return;
	struct search s = {.hits.at = xcalloc(text->len + 1, sizeof *s.hits.at)};
	read_all(&s, text);
	secret_each(find_secret, &s);
	if (any_hit(s.hits.at, text->len))
		take_out(text, s.hits.at, word, arg);
	for (size_t i = 0; i < s.readings_made; i++)
		reading_free(&s.readings[i]);
	free(s.hits.at);
}

static const char *no_name(void *arg, struct secret *s, bool base64)
{
	(void)arg, (void)s, (void)base64;
	return "[secret]";
}

/* Replaces each of this process's secrets by "[secret]": plain, as base64 of either alphabet at any offset (and what that stands in), in hex,
 * percent-encoded, JSON- or HTML-escaped, each once or twice, and what is left of one that was cut at the text's end. */
static void outside_redact(struct buf *text)
{
	outside_replace(text, no_name, NULL);
}

/* The door ------------------------------------------------------------------------------------------------------------------ */

/* Where text may be cut so that at most max bytes stay and no character is broken. */
static size_t cut_at(const char *text, size_t max)
{
	while (max && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

void outside_text(struct buf *out, const char *text, size_t len, bool lines, size_t max)
{
	struct buf clean = {0}, shown = {0};
	buf_add(&clean, text, len);
	outside_redact(&clean);
	text_visible(&shown, buf_text(&clean), clean.len, lines);
	bool cut = max && shown.len > max;
	buf_add(out, buf_text(&shown), cut ? cut_at(buf_text(&shown), max) : shown.len);
	if (cut)
		buf_puts(out, "...");
	buf_free(&clean);
	buf_free(&shown);
}

static char *through(const char *text, bool lines)
{
	struct buf b = {0};
	outside_text(&b, text, strlen(text), lines, 0);
	return buf_take(&b);
}

void outside_json(cJSON *tree, bool lines)
{
	if (cJSON_IsString(tree)) {
		char *shown = through(tree->valuestring, lines);
		free(tree->valuestring);
		tree->valuestring = shown;
	}
	for (cJSON *c = tree ? tree->child : NULL; c; c = c->next) {
		char *key = c->string && !(c->type & cJSON_StringIsConst) ? through(c->string, false) : NULL;
		if (key) {
			free(c->string);
			c->string = key;
		}
		outside_json(c, lines);
	}
}

void outside_print(FILE *to, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args), *shown = through(text, true);
	va_end(args);
	fputs(shown, to);
	free(shown);
	free(text);
}
