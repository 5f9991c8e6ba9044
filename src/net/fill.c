/* Filling secrets into a body: measured first, then written once, into memory of the right size. */
#include "config.h"
#include "net/fill.h"

#include "base/encode.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct filling {
	struct secret *(*lookup)(void *arg, const char *name);
	void *arg;
	const char *missing; /* the name that lookup did not know */
	const char *no_text; /* the name of one that has to be text and is not */
	size_t most;         /* bytes that the secrets take at most when written */
};

/* The secret that node stands for; false when it stands for none. *s is NULL when nobody knows it. */
static bool secret_at(struct filling *f, const cJSON *node, struct secret **s)
{
	const char *name = cJSON_IsObject(node) ? cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, "$secret"))
						: NULL;
	if (!name)
		return false;
	*s = f->lookup ? f->lookup(f->arg, name) : NULL;
	f->missing = *s ? f->missing : name;
	return true;
}

/* JSON holds text only: other bytes would not arrive as they are. */
static bool is_text(struct secret *s)
{
	size_t len, n = 1;
	unsigned code;
	const char *text = secret_open(s, &len);
	for (; len && n; text += n, len -= n)
		n = text_utf8(text, len, &code);
	secret_close(s);
	return n;
}

/* Most bytes: every one of them as \u00XX, or base64, which is less; two quotes. */
static bool measure(void *arg, struct buf *b, const cJSON *node)
{
	struct filling *f = arg;
	struct secret *s;
	(void)b;
	if (!secret_at(f, node, &s))
		return false;
	f->most += s ? 6 * secret_length(s) + 16 : 0;
	if (s && !json_at(node, "as") && !is_text(s))
		f->no_text = json_str(node, "$secret", "");
	return true;
}

static void write_base64(struct buf *b, const char *text, size_t len)
{
	buf_putc(b, '"');
	sodium_bin2base64(b->data + b->len, b->room - b->len, (const unsigned char *)text, len, sodium_base64_VARIANT_ORIGINAL);
	b->len += strlen(b->data + b->len);
	buf_putc(b, '"');
}

static bool fill_in(void *arg, struct buf *b, const cJSON *node)
{
	struct secret *s;
	size_t len;
	if (!secret_at(arg, node, &s))
		return false;
	const char *as = json_str(node, "as", ""), *text = secret_open(s, &len);
	if (!strcmp(as, "base64"))
		write_base64(b, text, len);
	else if (!strcmp(as, "crc32c"))
		buf_printf(b, "\"%u\"", (unsigned)encode_crc32c(text, len));
	else
		json_write_string(b, text, len);
	secret_close(s);
	return true;
}

char *fill_body(const cJSON *body, struct secret *(*lookup)(void *arg, const char *name), void *arg, size_t *len, struct err *e)
{
	struct filling f = {.lookup = lookup, .arg = arg};
	struct buf plain = {0}, out = {0};
	json_write_with(&plain, body, -1, measure, &f);
	if (f.missing)
		err_set(e, EXIT_BUG, NULL, NULL, "the secret %s is not known", f.missing);
	else if (f.no_text)
		err_set(e, EXIT_CONFIG, f.no_text, _("Choose another value."), _("it is not text in UTF-8."));
	if (f.missing || f.no_text) {
		buf_free(&plain);
		return NULL;
	}
	buf_reserve(&out, plain.len + f.most);
	json_write_with(&out, body, -1, fill_in, &f);
	buf_free(&plain);
	*len = out.len;
	return buf_take(&out);
}

void fill_free(char *text, size_t len)
{
	if (text)
		sodium_memzero(text, len);
	free(text);
}
