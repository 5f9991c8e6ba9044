#include "config.h"
#include "net/standin_inside.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/text.h"
#include "net/unpacked.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* A shorter value is replaced where it stands and looked for nowhere else: it would be found in innocent words. */
enum { LEARN_SHORTEST = 8, ADDRESS_SHORTEST = 6, BASE64_SHORTEST = 16 };
/* What is packed deeper, or is more when it is unpacked, is hidden whole. */
enum { DEPTH = 8, UNPACKED_MAX = 8 << 20, GZIP_MAX = 1 << 20 };

/* Each is kept apart and looked for in whatever comes later. Where there are so many, a reply was made of them, and no text is kept any more. */
enum { LEARNT_MAX = 1000 };
static const char unread[] = "stand-in-short", unread_base64[] = "c3RhbmQtaW4tc2hvcnQ=";

struct standin {
	struct secret *value;
	char *word, *base64;
};

struct standins {
	struct standin *list;
	size_t count, room;
	unsigned secrets, people, hosts;
	size_t unpacked; /* bytes of what is looked through */
};

struct standins *standins_new(void)
{
	return xcalloc(1, sizeof(struct standins));
}

void standins_free(struct standins *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		secret_free(s->list[i].value);
		free(s->list[i].word);
		free(s->list[i].base64);
	}
	free(s->list);
	free(s);
}

/* Words --------------------------------------------------------------------------------------------------------------------- */

/* What is issued with a mark of its kind keeps it, so that whoever checks the form goes on; all are of 24 bytes without it, which
 * does for a cookie's key as well. */
static const char *mark_of(const char *text, size_t len)
{
	static const char *const marks[] = {"GOCSPX-", "ya29."};
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (len > strlen(marks[i]) && !strncmp(text, marks[i], strlen(marks[i])))
			return marks[i];
	return "";
}

static const struct standin *find_standin(const struct standins *s, struct secret *value)
{
	for (size_t i = 0; i < s->count; i++)
		if (secret_equal(s->list[i].value, value))
			return &s->list[i];
	return NULL;
}

enum what { SECRET, PERSON, HOST };

/* Addresses for benchmarks (RFC 2544): nobody has one. */
static char *new_word(struct standins *s, enum what what, const char *mark)
{
	if (what == SECRET)
		return xasprintf("%sstand-in-secret-%08u", mark, ++s->secrets);
	if (what == PERSON)
		return xasprintf("person-%u@example.org", ++s->people);
	unsigned n = ++s->hosts;
	return xasprintf("198.%u.%u.%u", 18 + (n >> 16) % 2, (n >> 8) % 256, n % 256);
}

/* Takes over value. */
static const struct standin *learn(struct standins *s, struct secret *value, enum what what)
{
	const struct standin *known = find_standin(s, value);
	if (known) {
		secret_free(value);
		return known;
	}
	size_t len;
	const char *text = secret_open(value, &len);
	char *word = new_word(s, what, mark_of(text, len));
	secret_close(value);
	s->list = xgrow(s->list, s->count, &s->room, sizeof *s->list);
	s->list[s->count] = (struct standin){value, word, encode_base64(word, strlen(word))};
	return &s->list[s->count++];
}

static bool is_flooded(const struct standins *s)
{
	return s->count >= LEARNT_MAX;
}

const char *standin_word(struct standins *s, const char *text, size_t len)
{
	if (len < LEARN_SHORTEST || is_flooded(s))
		return unread;
	return learn(s, secret_copy(text, len), SECRET)->word;
}

static const char *word_of(void *arg, struct secret *value, bool base64)
{
	size_t len;
	struct standins *s = arg;
	const struct standin *known = find_standin(s, value);
	if (!known && is_flooded(s))
		return base64 ? unread_base64 : unread;
	if (!known) {
		const char *text = secret_open(value, &len);
		known = learn(s, secret_copy(text, len), SECRET);
		secret_close(value);
	}
	return base64 ? known->base64 : known->word;
}

void standins_replace(struct standins *s, struct buf *text)
{
	outside_replace(text, word_of, s);
}

/* Learning from texts ------------------------------------------------------------------------------------------------------- */

static bool in_local_part(unsigned char c)
{
	return isalnum(c) || c >= 0x80 || (c && strchr("._+'-!#$*~", c));
}

static bool in_domain(unsigned char c)
{
	return isalnum(c) || c >= 0x80 || c == '-' || c == '.';
}

static bool ends_domain(const char *start, const char *end, const char *with)
{
	size_t n = strlen(with);
	return (size_t)(end - start) >= n && !strncasecmp(end - n, with, n);
}

/* Addresses of service accounts name things, not people; ours stay as they are, as do stand-ins that are met again. */
static bool is_person(const char *start, const char *domain, const char *end)
{
	bool ours = !strncmp(start, "person-", strlen("person-")) && end - domain == (ptrdiff_t)strlen("example.org") &&
		    ends_domain(domain, end, "example.org");
	return memchr(domain, '.', (size_t)(end - domain)) && !ends_domain(domain, end, "gserviceaccount.com") && !ours;
}

void standin_learn_addresses(struct standins *s, const char *text)
{
	for (const char *at = strchr(text, '@'); at && !is_flooded(s); at = strchr(at + 1, '@')) {
		const char *start = at, *end = at + 1;
		while (start > text && in_local_part((unsigned char)start[-1]))
			start--;
		while (in_domain((unsigned char)*end))
			end++;
		while (end > at + 1 && (end[-1] == '.' || end[-1] == '-'))
			end--;
		if (start < at && end - start >= ADDRESS_SHORTEST && is_person(start, at + 1, end))
			learn(s, secret_copy(start, (size_t)(end - start)), PERSON);
	}
}

/* Is this one of our own words? What was replaced is met again where it stands. */
static bool is_standin(const char *text, size_t len)
{
	static const char word[] = "stand-in-";
	return memmem(text, len, word, sizeof word - 1) != NULL;
}

static void learn_shape(void *arg, const char *at, size_t len)
{
	if (!is_standin(at, len))
		standin_word(arg, at, len);
}

/* What was put here before, by the place, needs no second stand-in by its key: whoever plays the recording looks for the first. */
bool standin_is_put(const struct standins *s, const char *text)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(text, s->list[i].word) || !strcmp(text, s->list[i].base64))
			return true;
	return false;
}

/* Hosts --------------------------------------------------------------------------------------------------------------------- */

/* Is it an IP address of the internet? A private one, or a machine's own, tells of nobody. */
static bool is_public(const char *text)
{
	unsigned char a[4];
	struct in6_addr six;
	if (inet_pton(AF_INET, text, a) == 1)
		return a[0] && a[0] != 10 && a[0] != 127 && a[0] < 224 && !(a[0] == 169 && a[1] == 254) &&
		       !(a[0] == 172 && a[1] / 16 == 1) && !(a[0] == 192 && a[1] == 168);
	return inet_pton(AF_INET6, text, &six) == 1 && !IN6_IS_ADDR_LOOPBACK(&six) && !IN6_IS_ADDR_UNSPECIFIED(&six) &&
	       !IN6_IS_ADDR_LINKLOCAL(&six) && six.s6_addr[0] / 2 != 0xfc / 2;
}

const char *standin_host(struct standins *s, const char *text, size_t len)
{
	char host[INET6_ADDRSTRLEN + 1];
	if (len >= sizeof host)
		return NULL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (!is_public(host) || standin_is_put(s, host))
		return NULL;
	return is_flooded(s) ? "198.18.0.0" : learn(s, secret_copy(host, len), HOST)->word;
}

/* Does what stands before an address say that somebody came from there: "X-Forwarded-For: ", "client=", "remote_addr":" ? */
static bool is_from(const char *text, const char *p)
{
	while (p > text && strchr(" \":=[", p[-1]))
		p--;
	const char *end = p;
	while (p > text && (isalpha((unsigned char)p[-1]) || strchr("-_", p[-1])) && end - p < 24)
		p--;
	size_t len = (size_t)(end - p);
	return (len >= 13 && !strncasecmp(end - 13, "forwarded-for", 13)) || (len >= 6 && !strncasecmp(p, "client", 6)) ||
	       (len >= 6 && !strncasecmp(p, "remote", 6));
}

/* Behind an address: its port, and what a server logs; or the prefix of one address in a list of who is let in. */
static bool is_told_of(const char *p)
{
	p += *p == ']';
	if (*p == ':')
		p += 1 + strspn(p + 1, "0123456789");
	return !strncmp(p, " - ", 3) || !strncmp(p, "/32", 3) || !strncmp(p, "/128", 4);
}

static void learn_hosts(struct standins *s, const char *text)
{
	static const char letters[] = "0123456789abcdefABCDEF.:";
	for (const char *p = text; *(p += strcspn(p, letters));) {
		p += *p == ':' && p[1] != ':';
		size_t whole = strspn(p, letters), four = strspn(p, "0123456789.");
		size_t len = p[four] == ':' && memchr(p, '.', four) ? four : whole;
		bool apart = p == text || !isalnum((unsigned char)p[-1]);
		if (apart && len >= 7 && len < INET6_ADDRSTRLEN && (is_told_of(p + len) || is_from(text, p)))
			standin_host(s, p, len);
		p += whole;
	}
}

/* Packings ------------------------------------------------------------------------------------------------------------------ */

static bool base64_letter(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("+/-_", c));
}

bool standin_is_text(const char *text, size_t len)
{
	unsigned code;
	size_t n = 1;
	for (; len && n; text += n, len -= n) {
		n = text_utf8(text, len, &code);
		if (code < 0x20 && !strchr("\t\r\n", (int)code))
			n = 0;
	}
	return n;
}

/* What was unpacked, as it may be written down, for the caller to free; NULL when it may be as it is. Here, too, what was learnt is looked for: a reader of
 * the whole could not, deep inside. */
static char *of_unpacked(struct standins *s, const char *plain, int depth)
{
	char *told = standin_of(s, plain, depth + 1);
	struct buf b = {0};
	buf_puts(&b, told ? told : plain);
	standins_replace(s, &b);
	bool same = !strcmp(buf_text(&b), plain);
	free(told);
	if (!same)
		return buf_take(&b);
	sodium_memzero(b.data, b.len);
	buf_free(&b);
	return NULL;
}

static void wipe(char *text, size_t len)
{
	sodium_memzero(text, len);
	free(text);
}

/* JSON in a text: objects, lists and texts. *is: it is whole. */
static char *of_json(struct standins *s, const char *text, int depth, bool *is)
{
	const char *start = text + strspn(text, " \t\r\n");
	cJSON *tree = *start && strchr("{[\"", *start) ? cJSON_ParseWithOpts(start, NULL, 1) : NULL;
	*is = tree != NULL;
	if (!tree)
		return NULL;
	char *was = json_text(tree, -1);
	standin_put_tree(s, tree, depth + 1);
	struct buf now = {0};
	json_write(&now, tree, -1);
	standins_replace(s, &now);
	/* What stands behind a NUL was not looked at. */
	bool same = !strcmp(was, buf_text(&now)) && !strstr(text, "u0000");
	wipe(was, strlen(was));
	secret_wipe_tree(tree);
	cJSON_Delete(tree);
	if (!same)
		return buf_take(&now);
	sodium_memzero(now.data, now.len);
	buf_free(&now);
	return NULL;
}

static char *of_gzip(struct standins *s, const char *data, size_t len, int depth)
{
	char *plain = unpacked_text(data, len, GZIP_MAX), *told = plain ? of_unpacked(s, plain, depth) : NULL;
	bool hidden = !plain || told;
	if (plain)
		wipe(plain, strlen(plain));
	free(told);
	return hidden ? xstrdup(standin_word(s, data, len)) : NULL;
}

/* Appends a run of base64 letters as it may be written down. What it holds stays base64 of the same alphabet. */
static void add_run(struct standins *s, struct buf *out, const char *run, size_t len, bool padded, int depth)
{
	size_t got = 0;
	bool url = memchr(run, '-', len) || memchr(run, '_', len);
	int variant = url ? sodium_base64_VARIANT_URLSAFE : sodium_base64_VARIANT_ORIGINAL, bare = variant | 2;
	char *plain = xmalloc(len + 1), *told = NULL;
	if (len >= BASE64_SHORTEST && !sodium_base642bin((unsigned char *)plain, len, run, len, NULL, &got, NULL, bare)) {
		plain[got] = '\0';
		if (got > 2 && !memcmp(plain, "\x1f\x8b", 2))
			told = of_gzip(s, plain, got, depth);
		else if (got && standin_is_text(plain, got))
			told = of_unpacked(s, plain, depth);
	}
	wipe(plain, len);
	if (!told) {
		buf_add(out, run, len);
		return;
	}
	size_t room = sodium_base64_encoded_len(strlen(told), padded ? variant : bare);
	char *coded = xmalloc(room);
	sodium_bin2base64(coded, room, (unsigned char *)told, strlen(told), padded ? variant : bare);
	buf_puts(out, coded);
	free(coded);
	free(told);
}

static char *changed(struct buf *out, const char *text)
{
	if (strcmp(buf_text(out), text) != 0)
		return buf_take(out);
	sodium_memzero(out->data, out->len);
	buf_free(out);
	return NULL;
}

static char *of_base64(struct standins *s, const char *text, int depth)
{
	struct buf out = {0};
	for (const char *p = text, *end; *p; p = end) {
		for (end = p; base64_letter(*end);)
			end++;
		size_t before = out.len;
		add_run(s, &out, p, (size_t)(end - p), *end == '=', depth);
		bool same = out.len - before == (size_t)(end - p) && !memcmp(out.data + before, p, out.len - before);
		while (!same && *end == '=')
			end++;
		if (*end)
			buf_putc(&out, *end++);
	}
	return changed(&out, text);
}

static bool percent_letter(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("%._~+-", c));
}

/* As far as there are escapes: one that is broken, or cut, stays as it is. */
static char *unpercented(const char *p, const char *end)
{
	struct buf out = {0};
	for (; p < end; p++) {
		bool is = *p == '%' && end - p > 2 && isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2]);
		char hex[3] = {is ? p[1] : '\0', is ? p[2] : '\0', '\0'};
		int c = is ? (int)strtol(hex, NULL, 16) : (unsigned char)*p;
		buf_putc(&out, (char)(c ? c : ' '));
		p += is ? 2 : 0;
	}
	return buf_take(&out);
}

static char *of_percent(struct standins *s, const char *text, int depth)
{
	struct buf out = {0};
	if (!strchr(text, '%'))
		return NULL;
	for (const char *p = text, *end; *p; p = end) {
		for (end = p; percent_letter(*end);)
			end++;
		char *plain = unpercented(p, end), *told = NULL;
		if (strlen(plain) < (size_t)(end - p)) /* there was one */
			told = of_unpacked(s, plain, depth);
		if (told)
			text_percent(&out, told, false);
		else
			buf_add(&out, p, (size_t)(end - p));
		wipe(plain, strlen(plain));
		free(told);
		if (*end)
			buf_putc(&out, *end++);
	}
	return changed(&out, text);
}

/* A text with backslashes that is no JSON, since it was cut or is a language's own: as JSON's escapes alone. */
static char *of_escapes(struct standins *s, const char *text, int depth)
{
	struct buf quoted = {0}, out = {0};
	if (!strchr(text, '\\'))
		return NULL;
	char *plain = standin_unescaped(text), *told = strcmp(plain, text) ? of_unpacked(s, plain, depth) : NULL;
	wipe(plain, strlen(plain));
	if (!told)
		return NULL;
	json_write_string(&quoted, told, strlen(told));
	buf_add(&out, buf_text(&quoted) + 1, quoted.len - 2);
	buf_free(&quoted);
	free(told);
	return buf_take(&out);
}

/* One packing after the other, each of what the one before left. */
static char *of_text(struct standins *s, const char *text, int depth)
{
	static char *(*const packings[])(struct standins * s, const char *text,
					 int depth) = {standin_parts, standin_members, of_base64, of_percent, of_escapes};
	char *told = NULL;
	for (size_t i = 0; i < sizeof packings / sizeof *packings; i++) {
		char *next = packings[i](s, told ? told : text, depth);
		if (next) {
			free(told);
			told = next;
		}
	}
	return told;
}

char *standin_of(struct standins *s, const char *text, int depth)
{
	bool json = false;
	s->unpacked += depth ? strlen(text) : 0;
	if (depth > DEPTH || s->unpacked > UNPACKED_MAX || is_flooded(s))
		return xstrdup(unread); /* not learnt: it may be any word */
	standin_learn_addresses(s, text);
	standin_shapes(text, learn_shape, s);
	learn_hosts(s, text);
	if (is_flooded(s))
		return xstrdup(unread);
	char *told = of_json(s, text, depth, &json);
	return json ? told : of_text(s, text, depth);
}

void standins_tree(struct standins *s, cJSON *tree)
{
	s->unpacked = 0;
	if (!cJSON_IsString(tree)) {
		standin_put_tree(s, tree, 0);
		return;
	}
	char *text = standins_text(s, tree->valuestring);
	standin_put_text(tree, text);
	free(text);
}

/* Forms and URLs ------------------------------------------------------------------------------------------------------------ */

/* One "name=value", the value replaced when its name says that it is a secret; "code" is what a sign-in at Google ends with. */
static void add_pair(struct standins *s, struct buf *out, const char *pair, size_t len)
{
	const char *equals = memchr(pair, '=', len);
	char *name = xstrndup(pair, equals ? (size_t)(equals - pair) : len);
	bool secret = equals && equals + 1 < pair + len && (standin_is_secret_key(name) || !strcmp(name, "code"));
	free(name);
	if (!secret) {
		buf_add(out, pair, len);
		return;
	}
	char *value = xstrndup(equals + 1, (size_t)(pair + len - equals - 1));
	text_unpercent(value);
	buf_add(out, pair, (size_t)(equals + 1 - pair));
	text_percent(out, standin_word(s, value, strlen(value)), false);
	sodium_memzero(value, strlen(value));
	free(value);
}

char *standins_text(struct standins *s, const char *text)
{
	struct buf out = {0};
	s->unpacked = 0;
	char *told = standin_of(s, text, 0);
	text = told ? told : text;
	while (*text) {
		size_t len = strcspn(text, "&?# \t\r\n");
		add_pair(s, &out, text, len);
		text += len;
		if (*text)
			buf_putc(&out, *text++);
	}
	free(told);
	return buf_take(&out);
}
