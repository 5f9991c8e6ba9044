/* RS256 by OpenSSL's EVP. */
#include "config.h"
#include "net/jwt.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/secret.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static char *base64url(const void *data, size_t len)
{
	size_t room = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *out = xmalloc(room);
	return sodium_bin2base64(out, room, data, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* An encrypted key would make OpenSSL ask on the terminal: refuse instead. */
static int no_password(char *to, int size, int writing, void *arg)
{
	(void)to, (void)size, (void)writing, (void)arg;
	return -1;
}

static EVP_PKEY *read_key(struct secret *pem, struct err *e)
{
	size_t len;
	const char *text = secret_open(pem, &len);
	BIO *bio = BIO_new_mem_buf(text, (int)len);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
	BIO_free(bio);
	secret_close(pem);
	if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
		err_set(e, EXIT_CONFIG, "private_key", _("Download the key file again."),
			_("it is not an RSA key in PEM form."));
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

static char *sign(EVP_PKEY *key, const char *text, struct err *e)
{
	unsigned char signature[1024];
	size_t len = sizeof signature;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
		  EVP_DigestSign(md, signature, &len, (const unsigned char *)text, strlen(text)) == 1;
	EVP_MD_CTX_free(md);
	if (!ok) {
		err_set(e, EXIT_CONFIG, "private_key", NULL, _("signing with it failed."));
		return NULL;
	}
	return base64url(signature, len);
}

char *jwt_sign(struct secret *pem, const char *key_id, const cJSON *claims, struct err *e)
{
	EVP_PKEY *key = libcrypto_load(e) ? read_key(pem, e) : NULL;
	if (!key)
		return NULL;
	cJSON *header = key_id ? json_make("{'alg':'RS256','typ':'JWT','kid':%s}", key_id)
			       : json_make("{'alg':'RS256','typ':'JWT'}");
	char *header_text = json_text(header, -1), *claims_text = json_text(claims, -1);
	char *a = base64url(header_text, strlen(header_text)), *b = base64url(claims_text, strlen(claims_text));
	char *signed_part = xasprintf("%s.%s", a, b), *signature = sign(key, signed_part, e), *out = NULL;
	if (signature)
		out = xasprintf("%s.%s", signed_part, signature);
	free(signature);
	free(signed_part);
	free(a);
	free(b);
	free(header_text);
	free(claims_text);
	cJSON_Delete(header);
	EVP_PKEY_free(key);
	return out;
}
