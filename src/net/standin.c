#include "config.h"
#include "net/standin.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/rendered.h"
#include "base/secret.h"
#include "base/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <regex.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* A shorter value is replaced where it stands and looked for nowhere else: it would be found in innocent words. */
enum { LEARN_SHORTEST = 8, ADDRESS_SHORTEST = 6, BASE64_SHORTEST = 16, DEPTH = 4 };

struct standin {
	struct secret *value;
	char *word, *base64;
};

struct standins {
	struct standin *list;
	size_t count, room;
	unsigned secrets, people;
	regex_t *shapes;
};

/* What gives a secret away by its form; the group is the secret. */
static const char *const shapes[] = {
    "(eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{4,}\\.[A-Za-z0-9_-]*)",
    "(ya29\\.[A-Za-z0-9._-]{6,})",
    "(GOCSPX-[A-Za-z0-9_-]{4,})",
    "(1//0[A-Za-z0-9_-]{10,})",
    "(AIza[A-Za-z0-9_-]{20,})",
    "(gh[opsu]_[A-Za-z0-9]{30,})",
    "(github_pat_[A-Za-z0-9_]{30,})",
    "(AKIA[0-9A-Z]{16})",
    "(xox[abprs]-[A-Za-z0-9-]{20,})",
    "[?&]access_token=([A-Za-z0-9._~%+-]{8,})",
    "[Pp]assword=([A-Za-z0-9._~%+!*-]{8,})",
    "client_secret=([A-Za-z0-9._~%+-]{8,})",
    "[Aa][Pp][Ii]-[Kk]ey: *([A-Za-z0-9._~+/=-]{8,})",
    "[[:space:]]token: +([A-Za-z0-9._~+/=-]{16,})",
    "://[^/:@[:space:]\"]+:([^/@[:space:]\"]{1,})@",
    "[Bb]earer +([A-Za-z0-9._~+/=-]{8,})",
    "(-----BEGIN [A-Z ]*PRIVATE KEY-----[^\"]*-----END [A-Z ]*PRIVATE KEY-----)",
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

struct standins *standins_new(void)
{
	struct standins *s = xcalloc(1, sizeof *s);
	s->shapes = xcalloc(SHAPES, sizeof *s->shapes);
	for (size_t i = 0; i < SHAPES; i++)
		if (regcomp(&s->shapes[i], shapes[i], REG_EXTENDED))
			abort(); /* a constant of ours */
	return s;
}

void standins_free(struct standins *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SHAPES; i++)
		regfree(&s->shapes[i]);
	for (size_t i = 0; i < s->count; i++) {
		secret_free(s->list[i].value);
		free(s->list[i].word);
		free(s->list[i].base64);
	}
	free(s->shapes);
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

/* Takes over value. */
static const struct standin *learn(struct standins *s, struct secret *value, bool person)
{
	const struct standin *known = find_standin(s, value);
	if (known) {
		secret_free(value);
		return known;
	}
	size_t len;
	const char *text = secret_open(value, &len);
	char *word = person ? xasprintf("person-%u@example.org", ++s->people)
			    : xasprintf("%sstand-in-secret-%08u", mark_of(text, len), ++s->secrets);
	secret_close(value);
	s->list = xgrow(s->list, s->count, &s->room, sizeof *s->list);
	s->list[s->count] = (struct standin){value, word, encode_base64(word, strlen(word))};
	return &s->list[s->count++];
}

/* The stand-in of a value that is replaced whole; a short one is not looked for elsewhere, so it only has its kind's word. */
static const char *word_for(struct standins *s, const char *text, size_t len)
{
	if (len < LEARN_SHORTEST)
		return "stand-in-short";
	return learn(s, secret_copy(text, len), false)->word;
}

static const char *word_of(void *arg, struct secret *value, bool base64)
{
	size_t len;
	struct standins *s = arg;
	const struct standin *known = find_standin(s, value);
	if (!known) {
		const char *text = secret_open(value, &len);
		known = learn(s, secret_copy(text, len), false);
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

static void learn_addresses(struct standins *s, const char *text)
{
	for (const char *at = strchr(text, '@'); at; at = strchr(at + 1, '@')) {
		const char *start = at, *end = at + 1;
		while (start > text && in_local_part((unsigned char)start[-1]))
			start--;
		while (in_domain((unsigned char)*end))
			end++;
		while (end > at + 1 && (end[-1] == '.' || end[-1] == '-'))
			end--;
		if (start < at && end - start >= ADDRESS_SHORTEST && is_person(start, at + 1, end))
			learn(s, secret_copy(start, (size_t)(end - start)), true);
	}
}

/* Is this one of our own words? What was replaced is met again where it stands. */
static bool is_standin(const char *text, size_t len)
{
	static const char word[] = "stand-in-";
	return memmem(text, len, word, sizeof word - 1) != NULL;
}

static void learn_shapes(struct standins *s, const char *text)
{
	for (size_t i = 0; i < SHAPES; i++) {
		regmatch_t m[2];
		for (const char *p = text; *p && !regexec(&s->shapes[i], p, 2, m, 0); p += m[1].rm_eo)
			if (!is_standin(p + m[1].rm_so, (size_t)(m[1].rm_eo - m[1].rm_so)))
				word_for(s, p + m[1].rm_so, (size_t)(m[1].rm_eo - m[1].rm_so));
	}
}

static void learn_text(struct standins *s, const char *text, int depth);

static bool base64_letter(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("+/-_", c));
}

static bool is_text(const char *text, size_t len)
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

/* Runs of base64 letters that hold a text. */
static void learn_base64(struct standins *s, const char *text, int depth)
{
	for (const char *p = text, *end; *p; p = *end ? end + 1 : end) {
		for (end = p; base64_letter(*end);)
			end++;
		size_t len = (size_t)(end - p), got = 0;
		if (len < BASE64_SHORTEST)
			continue;
		char *plain = xmalloc(len + 1);
		int variant = memchr(p, '-', len) || memchr(p, '_', len) ? sodium_base64_VARIANT_URLSAFE_NO_PADDING
									 : sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
		if (!sodium_base642bin((unsigned char *)plain, len, p, len, NULL, &got, NULL, variant) && is_text(plain, got)) {
			plain[got] = '\0';
			learn_text(s, plain, depth + 1);
		}
		sodium_memzero(plain, len);
		free(plain);
	}
}

static void learn_json(struct standins *s, const char *text, int depth);

static void learn_text(struct standins *s, const char *text, int depth)
{
	learn_addresses(s, text);
	learn_shapes(s, text);
	if (depth >= DEPTH)
		return;
	learn_base64(s, text, depth);
	if (*text == '{' || *text == '[') {
		learn_json(s, text, depth);
	} else if (strchr(text, '%')) {
		char *plain = xstrdup(text);
		if (text_unpercent(plain))
			learn_text(s, plain, depth + 1);
		sodium_memzero(plain, strlen(plain));
		free(plain);
	}
}

/* Places -------------------------------------------------------------------------------------------------------------------- */

/* Lower case, without what stands between words: "client_secret", "clientSecret" and "CLIENT-SECRET" are the same. */
static void plain_key(const char *key, char *into, size_t room)
{
	size_t n = 0;
	for (; *key && n + 1 < room; key++)
		if (isalnum((unsigned char)*key))
			into[n++] = (char)tolower((unsigned char)*key);
	into[n] = '\0';
}

/* Is what stands under such a key a secret? A key that ends in "secret" alone names one (Cloud Run, Kubernetes). */
static bool is_secret_key(const char *key)
{
	static const char *const ends[] = {
	    "password",    "passwd",    "passphrase",   "clientsecret", "clientsecretsha256", "privatekey",  "privatekeydata",
	    "accesstoken", "idtoken",   "refreshtoken", "subjecttoken", "bearertoken",        "apikey",      "keystring",
	    "clientkey",   "assertion", "signedjwt",    "signedblob",   "secretkey",          "secretvalue", "authorization"};
	char plain[64];
	plain_key(key, plain, sizeof plain);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (text_ends(plain, ends[i]))
			return true;
	/* A person's address of another kind. */
	return !strcmp(plain, "token") || !strcmp(plain, "signature") || !strcmp(plain, "callerip");
}

/* A variable of a process: SECRET, TOKEN and KEY are secrets there too. Google's clients are told by one of them in which file their credentials are. */
static bool is_secret_variable(const char *name, const cJSON *value)
{
	char plain[64];
	plain_key(name, plain, sizeof plain);
	if (!strcmp(name, "GOOGLE_APPLICATION_CREDENTIALS") && cJSON_IsString(value) && *value->valuestring == '/')
		return false;
	return is_secret_key(name) || text_ends(plain, "secret") || text_ends(plain, "token") || text_ends(plain, "key") ||
	       text_ends(plain, "credentials");
}

static void put_text(cJSON *node, const char *text)
{
	sodium_memzero(node->valuestring, strlen(node->valuestring));
	free(node->valuestring);
	node->valuestring = xstrdup(text);
}

/* base64 of a name and a password stays that; NULL where it is none. The caller frees. */
static char *pair_for(struct standins *s, const char *coded)
{
	size_t len = strlen(coded), got = 0;
	char *plain = xmalloc(len + 1), *colon = NULL, *encoded = NULL;
	if (!sodium_base642bin((unsigned char *)plain, len, coded, len, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) &&
	    is_text(plain, got)) {
		plain[got] = '\0';
		colon = strchr(plain, ':');
	}
	if (colon) {
		struct buf pair = {0};
		buf_printf(&pair, "%.*s:%s", (int)(colon - plain), plain, word_for(s, colon + 1, strlen(colon + 1)));
		learn_addresses(s, buf_text(&pair));
		standins_replace(s, &pair);
		encoded = encode_base64(buf_text(&pair), pair.len);
		buf_free(&pair);
	}
	sodium_memzero(plain, len + 1);
	free(plain);
	return encoded;
}

static bool put_basic(struct standins *s, cJSON *node)
{
	char *pair = strncasecmp(node->valuestring, "Basic ", 6) ? NULL : pair_for(s, node->valuestring + 6);
	if (!pair)
		return false;
	char *text = xasprintf("Basic %s", pair);
	put_text(node, text);
	free(text);
	free(pair);
	return true;
}

/* What was put here before, by the place, needs no second stand-in by its key: whoever plays the recording looks for the first. */
static bool is_put(const struct standins *s, const char *text)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(text, s->list[i].word) || !strcmp(text, s->list[i].base64))
			return true;
	return false;
}

/* When a password was last changed, under a key that ends in "password". */
static bool is_time(const char *text)
{
	return strspn(text, "0123456789-T:.Z") == strlen(text) && strlen(text) >= 20 && text[4] == '-' && text[10] == 'T' &&
	       text_ends(text, "Z");
}

/* Where a secret is kept, which a server looks up when it starts: no secret. */
static bool names_secret(const char *text)
{
	static const char *const kept[] = {"sm://", "projects/", "secret:projects/"};
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (text_starts(text, kept[i]) && (i == 0 || strstr(text, "/secrets/")))
			return true;
	return false;
}

/* "Bearer TOKEN" stays a bearer's: the same token has the same word wherever it was handed out. */
static void put_plain(struct standins *s, cJSON *node)
{
	if (!cJSON_IsString(node) || !*node->valuestring || is_put(s, node->valuestring) || is_time(node->valuestring) ||
	    names_secret(node->valuestring) || put_basic(s, node))
		return;
	size_t scheme = strncasecmp(node->valuestring, "Bearer ", 7) ? 0 : 7;
	const char *value = node->valuestring + scheme;
	char *text = xasprintf("%.*s%s", (int)scheme, node->valuestring, word_for(s, value, strlen(value)));
	put_text(node, text);
	free(text);
}

/* base64 stays base64. What it holds now is put into *stored. */
static void put_base64(struct standins *s, cJSON *node, struct buf *stored)
{
	size_t len = strlen(node->valuestring), got = 0;
	char *plain = xmalloc(len + 1);
	bool well = !sodium_base642bin((unsigned char *)plain, len + 1, node->valuestring, len, "\r\n", &got, NULL,
				       sodium_base64_VARIANT_ORIGINAL) ||
		    !sodium_base642bin((unsigned char *)plain, len + 1, node->valuestring, len, "\r\n", &got, NULL,
				       sodium_base64_VARIANT_URLSAFE);
	if (well && is_text(plain, got)) {
		plain[got] = '\0';
		learn_text(s, plain, 1);
	}
	if (well && rendered_known(plain, got)) {
		buf_add(stored, plain, got);
		standins_replace(s, stored);
	} else {
		buf_puts(stored, well ? word_for(s, plain, got) : word_for(s, node->valuestring, len));
	}
	char *encoded = encode_base64(buf_text(stored), stored->len);
	put_text(node, encoded);
	sodium_memzero(plain, len + 1);
	free(plain);
	free(encoded);
}

static bool is_text_at(const cJSON *object, const char *key)
{
	return cJSON_IsString(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* Secret Manager's payload: the checksum would tell of the secret, so it becomes that of the stand-in. */
static void put_payload(struct standins *s, cJSON *payload)
{
	cJSON *data = cJSON_GetObjectItemCaseSensitive(payload, "data"),
	      *sum = cJSON_GetObjectItemCaseSensitive(payload, "dataCrc32c");
	if (!cJSON_IsString(data))
		return;
	struct buf stored = {0};
	put_base64(s, data, &stored);
	uint32_t crc = encode_crc32c(buf_text(&stored), stored.len);
	buf_free(&stored);
	char text[16];
	snprintf(text, sizeof text, "%" PRIu32, crc);
	if (cJSON_IsString(sum))
		put_text(sum, text);
	else if (sum)
		cJSON_SetNumberValue(sum, (double)crc);
}

/* Who one registry takes a puller for; the name stays. */
static void put_registry(struct standins *s, cJSON *registry)
{
	for (cJSON *c = registry->child; c; c = c->next) {
		bool is_pair = cJSON_IsString(c) && !strcmp(c->string, "auth"), names = !strcmp(c->string, "username");
		char *pair = is_pair ? pair_for(s, c->valuestring) : NULL;
		if (pair)
			put_text(c, pair);
		else if (!names)
			put_plain(s, c);
		free(pair);
	}
}

/* Registries by name, each with texts alone: whatever else is in a pull secret could be anything, and is hidden whole. */
static bool are_registries(const cJSON *registries)
{
	const cJSON *registry, *member;
	cJSON_ArrayForEach(registry, registries) {
		if (!cJSON_IsObject(registry))
			return false;
		cJSON_ArrayForEach(member, registry)
			if (!cJSON_IsString(member))
				return false;
	}
	return cJSON_IsObject(registries);
}

/* What pods pull images by stays what a registry's client keeps: whoever plays the recording takes it apart. False where it is none. */
static bool put_pull(struct standins *s, cJSON *node)
{
	size_t len = strlen(node->valuestring), got = 0;
	char *plain = xmalloc(len + 1);
	cJSON *config = sodium_base642bin((unsigned char *)plain, len, node->valuestring, len, NULL, &got, NULL,
					  sodium_base64_VARIANT_ORIGINAL)
			    ? NULL
			    : cJSON_ParseWithLength(plain, got);
	cJSON *registries = cJSON_GetObjectItemCaseSensitive(config, "auths");
	bool taken = are_registries(registries) && cJSON_GetArraySize(config) == 1;
	for (cJSON *c = taken ? registries->child : NULL; c; c = c->next)
		put_registry(s, c);
	if (taken) {
		char *text = json_text(config, -1), *encoded = encode_base64(text, strlen(text));
		put_text(node, encoded);
		free(encoded);
		free(text);
	}
	secret_wipe_tree(config);
	cJSON_Delete(config);
	sodium_memzero(plain, len + 1);
	free(plain);
	return taken;
}

static void put_all(struct standins *s, cJSON *map, bool base64)
{
	for (cJSON *c = map ? map->child : NULL; c; c = c->next) {
		struct buf stored = {0};
		if (base64 && cJSON_IsString(c) && !strcmp(c->string, ".dockerconfigjson") && put_pull(s, c))
			continue;
		if (base64 && cJSON_IsString(c) && *c->valuestring)
			put_base64(s, c, &stored);
		else
			put_plain(s, c);
		buf_free(&stored);
	}
}

static void put_kubernetes(struct standins *s, cJSON *secret)
{
	put_all(s, cJSON_GetObjectItemCaseSensitive(secret, "data"), true);
	put_all(s, cJSON_GetObjectItemCaseSensitive(secret, "stringData"), false);
}

static void put_variables(struct standins *s, cJSON *map)
{
	for (cJSON *c = map->child; c; c = c->next)
		if (is_secret_variable(c->string, c))
			put_plain(s, c);
}

/* What kinds of objects say in places of their own. */
static void put_known_places(struct standins *s, cJSON *object)
{
	cJSON *value = cJSON_GetObjectItemCaseSensitive(object, "value");
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "name"));
	if (name && value && is_secret_variable(name, value))
		put_plain(s, value);
	if (cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(object, "payload")))
		put_payload(s, cJSON_GetObjectItemCaseSensitive(object, "payload"));
	if (!strcmp(json_str(object, "kind", ""), "Secret"))
		put_kubernetes(s, object);
	const cJSON *secrets = !strcmp(json_str(object, "kind", ""), "SecretList")
				   ? cJSON_GetObjectItemCaseSensitive(object, "items")
				   : NULL;
	for (cJSON *c = secrets ? secrets->child : NULL; c; c = c->next)
		put_kubernetes(s, c);
	if (cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(object, "envVariables")))
		put_variables(s, cJSON_GetObjectItemCaseSensitive(object, "envVariables"));
	static const char *const personal[] = {"given_name", "family_name", "picture", "sub"};
	if (!is_text_at(object, "email"))
		return;
	for (size_t i = 0; i < sizeof personal / sizeof *personal; i++)
		put_plain(s, cJSON_GetObjectItemCaseSensitive(object, personal[i]));
	if (is_text_at(object, "given_name") || is_text_at(object, "sub"))
		put_plain(s, cJSON_GetObjectItemCaseSensitive(object, "name"));
}

static void put_tree(struct standins *s, cJSON *node, int depth);

/* Several secrets under one key. */
static void put_list(struct standins *s, cJSON *list, int depth)
{
	for (cJSON *c = list->child; c; c = c->next)
		if (cJSON_IsString(c))
			put_plain(s, c);
		else
			put_tree(s, c, depth);
}

static void put_tree(struct standins *s, cJSON *node, int depth)
{
	if (cJSON_IsObject(node))
		put_known_places(s, node);
	for (cJSON *c = node ? node->child : NULL; c; c = c->next) {
		if (c->string)
			learn_text(s, c->string, depth + 1);
		if (cJSON_IsString(c) && c->string && is_secret_key(c->string))
			put_plain(s, c);
		else if (cJSON_IsArray(c) && c->string && is_secret_key(c->string))
			put_list(s, c, depth);
		else if (cJSON_IsString(c))
			learn_text(s, c->valuestring, depth);
		else
			put_tree(s, c, depth);
	}
}

static void learn_json(struct standins *s, const char *text, int depth)
{
	cJSON *tree = cJSON_Parse(text);
	put_tree(s, tree, depth + 1);
	secret_wipe_tree(tree);
	cJSON_Delete(tree);
}

void standins_tree(struct standins *s, cJSON *tree)
{
	if (!cJSON_IsString(tree)) {
		put_tree(s, tree, 0);
		return;
	}
	char *text = standins_text(s, tree->valuestring);
	put_text(tree, text);
	free(text);
}

/* Forms and URLs ------------------------------------------------------------------------------------------------------------ */

/* One "name=value", the value replaced when its name says that it is a secret; "code" is what a sign-in at Google ends with. */
static void add_pair(struct standins *s, struct buf *out, const char *pair, size_t len)
{
	const char *equals = memchr(pair, '=', len);
	char *name = xstrndup(pair, equals ? (size_t)(equals - pair) : len);
	bool secret = equals && equals + 1 < pair + len && (is_secret_key(name) || !strcmp(name, "code"));
	free(name);
	if (!secret) {
		buf_add(out, pair, len);
		return;
	}
	char *value = xstrndup(equals + 1, (size_t)(pair + len - equals - 1));
	text_unpercent(value);
	buf_add(out, pair, (size_t)(equals + 1 - pair));
	text_percent(out, word_for(s, value, strlen(value)), false);
	sodium_memzero(value, strlen(value));
	free(value);
}

char *standins_text(struct standins *s, const char *text)
{
	struct buf out = {0};
	learn_text(s, text, 0);
	while (*text) {
		size_t len = strcspn(text, "&?# \t\r\n");
		add_pair(s, &out, text, len);
		text += len;
		if (*text)
			buf_putc(&out, *text++);
	}
	return buf_take(&out);
}
