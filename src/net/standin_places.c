/* Places: what is a secret, or a person's, by what it is called. */
#include "config.h"
#include "net/standin_inside.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rendered.h"
#include "base/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Lower case, without what stands between words: "client_secret", "clientSecret" and "CLIENT-SECRET" are the same. */
static void plain_key(const char *key, char *into, size_t room)
{
	size_t n = 0;
	for (; *key; key++) {
		if (!isalnum((unsigned char)*key))
			continue;
		if (n + 1 == room) /* its end tells what it is */
			memmove(into, into + 1, --n);
		into[n++] = (char)tolower((unsigned char)*key);
	}
	into[n] = '\0';
}

/* Is what stands under such a key a secret? A key that ends in "secret" alone names one (Cloud Run, Kubernetes). */
bool standin_is_secret_key(const char *key)
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

/* Google's clients are told by a variable in which file their credentials are. */
bool standin_is_secret_variable(const char *name, const char *value)
{
	char plain[64];
	plain_key(name, plain, sizeof plain);
	if (!strcmp(name, "GOOGLE_APPLICATION_CREDENTIALS") && value && *value == '/')
		return false;
	return standin_is_secret_key(name) || text_ends(plain, "secret") || text_ends(plain, "token") ||
	       text_ends(plain, "key") || text_ends(plain, "credentials");
}

bool standin_is_host_key(const char *key)
{
	static const char *const keys[] = {"callerip",      "remoteip",      "clientip",   "sourceip",   "peerip",
					   "useripaddress", "xforwardedfor", "remoteaddr", "remotehost", "cidrblock",
					   "sourceranges",  "sourceiprange", "srcipranges"};
	char plain[64];
	plain_key(key, plain, sizeof plain);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!strcmp(plain, keys[i]))
			return true;
	return false;
}

void standin_put_text(cJSON *node, const char *text)
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
	    standin_is_text(plain, got)) {
		plain[got] = '\0';
		colon = strchr(plain, ':');
	}
	if (colon) {
		struct buf pair = {0};
		buf_printf(&pair, "%.*s:%s", (int)(colon - plain), plain, standin_word(s, colon + 1, strlen(colon + 1)));
		standin_learn_addresses(s, buf_text(&pair));
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
	standin_put_text(node, text);
	free(text);
	free(pair);
	return true;
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
	if (!cJSON_IsString(node) || !*node->valuestring || standin_is_put(s, node->valuestring) ||
	    is_time(node->valuestring) || names_secret(node->valuestring) || put_basic(s, node))
		return;
	size_t scheme = strncasecmp(node->valuestring, "Bearer ", 7) ? 0 : 7;
	const char *value = node->valuestring + scheme;
	char *text = xasprintf("%.*s%s", (int)scheme, node->valuestring, standin_word(s, value, strlen(value)));
	standin_put_text(node, text);
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
	if (well && standin_is_text(plain, got)) {
		plain[got] = '\0';
		free(standin_of(s, plain, 1));
	}
	if (well && rendered_known(plain, got)) {
		buf_add(stored, plain, got);
		standins_replace(s, stored);
	} else {
		buf_puts(stored, well ? standin_word(s, plain, got) : standin_word(s, node->valuestring, len));
	}
	char *encoded = encode_base64(buf_text(stored), stored->len);
	standin_put_text(node, encoded);
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
		standin_put_text(sum, text);
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
			standin_put_text(c, pair);
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
		standin_put_text(node, encoded);
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
		if (base64 && cJSON_IsString(c) && c->string && !strcmp(c->string, ".dockerconfigjson") && put_pull(s, c))
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
		if (standin_is_secret_variable(c->string, cJSON_GetStringValue(c)))
			put_plain(s, c);
}

/* Of a list of hosts, or of a text with one behind the other, those that are somebody's; what is a range of many stays. */
static bool put_host(struct standins *s, cJSON *node)
{
	struct buf out = {0};
	for (const char *p = node->valuestring, *end; *p; p = end) {
		size_t len = strcspn(p, "/, "), rest = strcspn(p + len, ", ");
		const char *prefix = p + len;
		bool one = !rest || (rest == 3 && !strncmp(prefix, "/32", 3)) || (rest == 4 && !strncmp(prefix, "/128", 4));
		const char *word = one ? standin_host(s, p, len) : NULL;
		if (word)
			buf_puts(&out, word);
		else
			buf_add(&out, p, len);
		/* Its own prefix: of another family it would be none. */
		buf_puts(&out, word && rest ? "/32" : "");
		buf_add(&out, prefix, word ? 0 : rest);
		end = prefix + rest;
		while (*end && strchr(", ", *end))
			buf_putc(&out, *end++);
	}
	bool changed = strcmp(buf_text(&out), node->valuestring) != 0;
	if (changed)
		standin_put_text(node, buf_text(&out));
	buf_free(&out);
	return changed;
}

static void put_hosts(struct standins *s, cJSON *node)
{
	if (cJSON_IsString(node))
		put_host(s, node);
	for (cJSON *c = node->child; c; c = c->next)
		put_hosts(s, c);
}

/* What kinds of objects say in places of their own. */
static void put_known_places(struct standins *s, cJSON *object)
{
	cJSON *value = cJSON_GetObjectItemCaseSensitive(object, "value");
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "name"));
	if (name && value && standin_is_secret_variable(name, cJSON_GetStringValue(value)))
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
	/* Who is let in to a database, and who asked App Engine: keys that are elsewhere's too. */
	if (value && !strcmp(json_str(object, "kind", ""), "sql#aclEntry"))
		put_hosts(s, value);
	if (is_text_at(object, "ip") && is_text_at(object, "userAgent"))
		put_hosts(s, cJSON_GetObjectItemCaseSensitive(object, "ip"));
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

static void put_number(cJSON *node)
{
	node->valueint = 0;
	node->valuedouble = 0;
	node->type = (node->type & ~0xff) | cJSON_String;
	node->valuestring = xstrdup("stand-in-short");
}

/* What says how a secret is, or where it is kept. */
static bool is_about(const char *key)
{
	char plain[64];
	plain_key(key, plain, sizeof plain);
	return !strcmp(plain, "type") || !strcmp(plain, "kind") || !strcmp(plain, "audience") || text_ends(plain, "ref");
}

/* All that stands under a secret's key, however deep: several, or one with its words about it. */
static void put_below(struct standins *s, cJSON *node, int depth)
{
	for (cJSON *c = node->child; c; c = c->next)
		if (c->string && is_about(c->string))
			standin_put_tree(s, c, depth);
		else if (cJSON_IsString(c))
			put_plain(s, c);
		else if (cJSON_IsNumber(c))
			put_number(c);
		else
			put_below(s, c, depth);
}

static void put_leaf(struct standins *s, cJSON *node, int depth)
{
	char *told = standin_of(s, node->valuestring, depth);
	if (told)
		standin_put_text(node, told);
	free(told);
}

static void put_member(struct standins *s, cJSON *c, int depth)
{
	bool secret = c->string && standin_is_secret_key(c->string);
	if (c->string)
		free(standin_of(s, c->string, depth + 1));
	if (c->string && standin_is_host_key(c->string))
		put_hosts(s, c);
	if (secret && cJSON_IsString(c))
		put_plain(s, c);
	else if (secret && cJSON_IsNumber(c))
		put_number(c);
	else if (secret)
		put_below(s, c, depth);
	else if (cJSON_IsString(c))
		put_leaf(s, c, depth);
	else
		standin_put_tree(s, c, depth);
}

void standin_put_tree(struct standins *s, cJSON *node, int depth)
{
	if (cJSON_IsObject(node))
		put_known_places(s, node);
	if (cJSON_IsString(node))
		put_leaf(s, node, depth);
	for (cJSON *c = node ? node->child : NULL; c; c = c->next)
		put_member(s, c, depth);
}
