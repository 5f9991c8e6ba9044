/* Small things that the identity APIs share: parts of paths, etags, base64. */
#include "config.h"
#include "sim/api/identity.h"

#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

const char *sim_path_part(const struct sim_call *c, const char *collection)
{
	size_t n = strlen(collection);
	for (const char *at = c->path; (at = strstr(at, collection)); at += n) {
		if (at == c->path || at[-1] != '/' || at[n] != '/')
			continue;
		const char *part = at + n + 1;
		size_t len = strcspn(part, "/");
		return sim_tmp("%.*s", (int)(part[len] ? len : strcspn(part, ":")), part);
	}
	return "";
}

const char *sim_domain_of(const char *email)
{
	const char *at = strrchr(email, '@');
	return at ? at + 1 : "";
}

char *identity_base64(const void *data, size_t len)
{
	char *out = xmalloc((len + 2) / 3 * 4 + 1);
	EVP_EncodeBlock((unsigned char *)out, data, (int)len);
	return out;
}

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

unsigned char *identity_unbase64(const char *text, size_t *len)
{
	size_t n = strlen(text);
	while (n && text[n - 1] == '=')
		n--;
	unsigned char *out = xmalloc(n + 1);
	unsigned bits = 0, held = 0;

	*len = 0;
	for (size_t i = 0; i < n; i++) {
		int six = sextet(text[i]);
		if (six < 0 || n % 4 == 1) {
			free(out);
			return NULL;
		}
		held = held << 6 | (unsigned)six;
		if ((bits += 6) >= 8)
			out[(*len)++] = (unsigned char)(held >> (bits -= 8));
	}
	out[*len] = 0;
	return out;
}

uint32_t sim_crc32c(const void *data, size_t len)
{
	static uint32_t table[256];
	const unsigned char *at = data;
	uint32_t crc = 0xffffffff;
	for (unsigned i = 0; !table[255] && i < 256; i++) {
		uint32_t r = i;
		for (int k = 0; k < 8; k++)
			r = r >> 1 ^ (r & 1 ? 0x82f63b78 : 0);
		table[i] = r;
	}
	while (len--)
		crc = crc >> 8 ^ table[(crc ^ *at++) & 0xff];
	return ~crc;
}

const char *identity_etag(struct sim *s)
{
	unsigned char raw[8] = {7, 6};
	uint64_t random = sim_random(s);
	memcpy(raw + 2, &random, 6);
	return sim_keep(identity_base64(raw, sizeof raw));
}

static void nothing(struct sim *s, const cJSON *arg)
{
	(void)s, (void)arg;
}

bool identity_same_etag(const char *a, const char *b)
{
	size_t n = 0, m = 0;
	unsigned char *x = identity_unbase64(a, &n), *y = identity_unbase64(b, &m);
	bool same = x && y ? n == m && !memcmp(x, y, n) : !strcmp(a, b);
	free(x), free(y);
	return same;
}

void sim_milestone(struct sim *s, double seconds)
{
	sim_after(s, seconds, nothing, cJSON_CreateObject());
}

const struct sim_identity sim_identity = {
    .project_id = sim_project_id,
    .project_number = sim_project_number,
    .service_on = sim_service_on,
    .allowed = sim_allowed,
    .usage_ok = sim_usage_ok,
    .jwt_owner = sim_jwt_owner,
};
