/* Secrets in files. */
#include "config.h"
#include "base/sealed.h"

#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REFERENCE "sealed:"

/* What a file may ask of the machine that opens it. */
enum { FILE_MAX = 1 << 20, OPS_MAX = 16, TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES };
#define MEMORY_MAX ((double)(1 << 30))

/* What stands in the file besides the sealed bytes. */
struct header {
	unsigned char salt[crypto_pwhash_SALTBYTES], nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
	unsigned long long ops;
	size_t memory;
};

bool sealed_is(const char *reference)
{
	return reference && text_starts(reference, REFERENCE);
}

char *sealed_path(const char *answers_file, const char *reference)
{
	const char *name = reference + strlen(REFERENCE), *slash = strrchr(answers_file, '/');
	if (*name == '/' || !slash)
		return xstrdup(name);
	return xasprintf("%.*s/%s", (int)(slash - answers_file), answers_file, name);
}

char *sealed_name(const char *answers_file)
{
	const char *slash = strrchr(answers_file, '/'), *name = slash ? slash + 1 : answers_file;
	size_t stem = strlen(name) - (text_ends(name, ".json") ? strlen(".json") : 0);
	return xasprintf("%.*s.sealed", (int)stem, name);
}

struct secret *sealed_passphrase_given(void)
{
	const char *given = getenv(SEALED_PASSPHRASE);
	return given && *given ? secret_copy(given, strlen(given)) : NULL;
}

/* The key, in guarded memory to be freed; NULL where the machine has not enough memory. */
static unsigned char *derive(const struct header *h, struct secret *passphrase)
{
	unsigned char *key = sodium_malloc(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
	size_t len;
	if (!key)
		mem_out();
	const char *typed = secret_open(passphrase, &len);
	bool made = crypto_pwhash(key, crypto_aead_xchacha20poly1305_ietf_KEYBYTES, typed, len, h->salt, h->ops, h->memory,
				  crypto_pwhash_ALG_ARGON2ID13) == 0;
	secret_close(passphrase);
	if (made)
		return key;
	sodium_free(key);
	return NULL;
}

static bool no_memory(const char *path, struct err *e)
{
	return err_set(e, EXIT_CONFIG, path, NULL, _("this machine has not enough memory to make the key."));
}

/* What is sealed is bound to its purpose. */
static char *bound_to(const char *purpose)
{
	return xasprintf("mlflow-setup sealed 1 %s", purpose);
}

/* Writing ------------------------------------------------------------------------------------------------------------------- */

static char *base64(const unsigned char *bytes, size_t len)
{
	size_t room = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
	return sodium_bin2base64(xmalloc(room), room, bytes, len, sodium_base64_VARIANT_ORIGINAL);
}

static cJSON *file_json(const struct header *h, const char *purpose, const unsigned char *sealed, size_t len)
{
	char *salt = base64(h->salt, sizeof h->salt), *nonce = base64(h->nonce, sizeof h->nonce), *text = base64(sealed, len);
	cJSON *j = json_make("{'format':1,'for':%s,'kdf':'argon2id13','operations':%d,'memory':%d,'salt':%s,"
			     "'cipher':'xchacha20poly1305-ietf','nonce':%s,'sealed':%s}",
			     purpose, (int)h->ops, (int)h->memory, salt, nonce, text);
	free(salt);
	free(nonce);
	free(text);
	return j;
}

/* value, sealed, as the file's JSON; NULL when there is no key. */
static cJSON *seal(const char *purpose, struct secret *value, struct secret *passphrase)
{
	struct header h = {.ops = crypto_pwhash_OPSLIMIT_MODERATE, .memory = crypto_pwhash_MEMLIMIT_MODERATE};
	randombytes_buf(h.salt, sizeof h.salt);
	randombytes_buf(h.nonce, sizeof h.nonce);
	unsigned char *key = derive(&h, passphrase);
	if (!key)
		return NULL;
	size_t len;
	const char *bytes = secret_open(value, &len);
	char *bound = bound_to(purpose);
	unsigned char *sealed = xmalloc(len + TAG);
	unsigned long long sealed_len;
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, &sealed_len, (const unsigned char *)bytes, len,
						   (const unsigned char *)bound, strlen(bound), NULL, h.nonce, key);
	secret_close(value);
	sodium_free(key);
	cJSON *j = file_json(&h, purpose, sealed, (size_t)sealed_len);
	free(sealed);
	free(bound);
	return j;
}

/* The file as JSON, or NULL with e; said of what is something else, too. */
static cJSON *read_json(const char *path, struct err *e)
{
	struct buf text = {0};
	cJSON *j = NULL;
	if (file_read(path, FILE_MAX, &text, e)) {
		j = cJSON_ParseWithLength(buf_text(&text), text.len);
		bool ours = json_num(j, "format", 0) == 1 && !strcmp(json_str(j, "kdf", ""), "argon2id13") &&
			    !strcmp(json_str(j, "cipher", ""), "xchacha20poly1305-ietf");
		if (!ours) {
			cJSON_Delete(j);
			j = NULL;
			err_set(e, EXIT_CONFIG, path, _("mlflow-setup seal makes one."), _("this is no sealed secret."));
		}
	}
	buf_free(&text);
	return j;
}

bool sealed_write(const char *path, const char *purpose, struct secret *value, struct secret *passphrase, struct err *e)
{
	if (secret_length(passphrase) < PASSPHRASE_LEAST)
		return err_set(e, EXIT_CONFIG, path, NULL, _("a passphrase has %d characters at least."), PASSPHRASE_LEAST);
	struct err other = {0};
	cJSON *old = access(path, F_OK) == 0 ? read_json(path, &other) : NULL;
	bool foreign = other.exit;
	cJSON_Delete(old);
	err_free(&other);
	if (foreign)
		return err_set(e, EXIT_CANTWRITE, path, _("Move it away."),
			       _("another file stands there, which is no sealed secret."));
	cJSON *j = seal(purpose, value, passphrase);
	if (!j)
		return no_memory(path, e);
	char *text = json_text(j, 0), *line = xasprintf("%s\n", text);
	bool written = file_write(path, line, strlen(line), 0600, e);
	free(line);
	free(text);
	cJSON_Delete(j);
	return written;
}

/* Reading ------------------------------------------------------------------------------------------------------------------- */

/* Exactly len bytes of base64. */
static bool bytes_of(const cJSON *j, const char *field, unsigned char *into, size_t len)
{
	const char *text = json_str(j, field, "");
	size_t n = 0;
	return sodium_base642bin(into, len, text, strlen(text), NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       n == len;
}

static bool header_of(const cJSON *j, struct header *h)
{
	double ops = json_num(j, "operations", 0), memory = json_num(j, "memory", 0);
	if (!(ops >= crypto_pwhash_OPSLIMIT_MIN && ops <= OPS_MAX && memory >= crypto_pwhash_MEMLIMIT_MIN &&
	      memory <= MEMORY_MAX))
		return false;
	h->ops = (unsigned long long)ops;
	h->memory = (size_t)memory;
	return bytes_of(j, "salt", h->salt, sizeof h->salt) && bytes_of(j, "nonce", h->nonce, sizeof h->nonce);
}

/* NULL when key and purpose do not open it. */
static struct secret *unseal(const struct header *h, const char *purpose, const unsigned char *sealed, size_t len,
			     const unsigned char *key)
{
	char *bound = bound_to(purpose);
	unsigned char *bytes = sodium_malloc(len);
	unsigned long long n;
	if (!bytes)
		mem_out();
	bool fits = crypto_aead_xchacha20poly1305_ietf_decrypt(bytes, &n, NULL, sealed, len, (const unsigned char *)bound,
							       strlen(bound), h->nonce, key) == 0;
	struct secret *s = fits ? secret_copy(bytes, (size_t)n) : NULL;
	sodium_free(bytes);
	free(bound);
	return s;
}

struct secret *sealed_read(const char *path, const char *purpose, struct secret *passphrase, struct err *e)
{
	struct header h;
	cJSON *j = read_json(path, e);
	const char *text = json_str(j, "sealed", "");
	size_t room = strlen(text), len = 0;
	unsigned char *sealed = xmalloc(room + 1), *key = NULL;
	struct secret *value = NULL;
	bool sound = j && header_of(j, &h) && room &&
		     sodium_base642bin(sealed, room, text, room, NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
		     len >= TAG;
	if (sound)
		key = derive(&h, passphrase);
	if (key)
		value = unseal(&h, purpose, sealed, len, key);
	if (sound && !key)
		no_memory(path, e);
	else if (sound && !value)
		err_set(
		    e, EXIT_CONFIG, path, NULL,
		    _("it does not open: the passphrase is another one, or the file was changed or is for another answer."));
	else if (j && !sound)
		err_set(e, EXIT_CONFIG, path, _("mlflow-setup seal makes it anew."), _("it is damaged."));
	sodium_free(key);
	free(sealed);
	cJSON_Delete(j);
	return value;
}
