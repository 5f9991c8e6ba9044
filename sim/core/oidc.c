/* ID tokens of accounts.google.com, and what JSON Web Tokens need. */
#include "config.h"
#include "sim/core/jwt.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

char *oidc_jwt_encode(const void *data, size_t len)
{
	unsigned char *text = xmalloc(4 * (len / 3 + 1) + 1);
	EVP_EncodeBlock(text, data, (int)len);
	char *p = (char *)text;
	for (; *p && *p != '='; p++)
		*p = (char)(*p == '+' ? '-' : *p == '/' ? '_' : *p);
	*p = '\0';
	return (char *)text;
}

unsigned char *oidc_jwt_decode(const char *text, size_t text_len, size_t *len)
{
	char *plain = xmalloc(text_len + 5);
	size_t n = 0;
	for (size_t i = 0; i < text_len && text[i] != '='; i++)
		plain[n++] = (char)(text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i]);
	size_t pad = (4 - n % 4) % 4;
	memset(plain + n, '=', pad);
	unsigned char *out = xmalloc(n + 4);
	int got = n ? EVP_DecodeBlock(out, (unsigned char *)plain, (int)(n + pad)) : 0;
	free(plain);
	if (got < 0 || pad == 3) {
		free(out);
		return NULL;
	}
	*len = (size_t)got - (n ? pad : 0);
	out[*len] = '\0';
	return out;
}

static cJSON *part_json(const char *p, size_t n)
{
	size_t len;
	unsigned char *text = oidc_jwt_decode(p, n, &len);
	cJSON *j = text ? cJSON_ParseWithLength((char *)text, len) : NULL;
	free(text);
	if (cJSON_IsObject(j))
		return j;
	cJSON_Delete(j);
	return NULL;
}

bool oidc_jwt_parts(const char *token, cJSON **header, cJSON **claims)
{
	const char *dot = strchr(token, '.'), *second = dot ? strchr(dot + 1, '.') : NULL;
	*header = *claims = NULL;
	if (!second || strchr(second + 1, '.'))
		return false;
	*header = part_json(token, (size_t)(dot - token));
	*claims = part_json(dot + 1, (size_t)(second - dot - 1));
	if (*header && *claims)
		return true;
	cJSON_Delete(*header);
	cJSON_Delete(*claims);
	*header = *claims = NULL;
	return false;
}

static char *oidc_jwt_sign(EVP_PKEY *key, const char *kid, const cJSON *claims)
{
	cJSON *header = json_make("{'alg':'RS256','kid':%s,'typ':'JWT'}", kid);
	char *h = json_text(header, -1), *c = json_text(claims, -1), *h64 = oidc_jwt_encode(h, strlen(h)),
	     *c64 = oidc_jwt_encode(c, strlen(c));
	char *signed_part = xasprintf("%s.%s", h64, c64), *token = NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = 0;
	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(ctx, NULL, &n, (unsigned char *)signed_part, strlen(signed_part)) == 1) {
		unsigned char *sig = xmalloc(n);
		if (EVP_DigestSign(ctx, sig, &n, (unsigned char *)signed_part, strlen(signed_part)) == 1) {
			char *s64 = oidc_jwt_encode(sig, n);
			token = xasprintf("%s.%s", signed_part, s64);
			free(s64);
		}
		free(sig);
	}
	EVP_MD_CTX_free(ctx);
	cJSON_Delete(header);
	free(h), free(c), free(h64), free(c64), free(signed_part);
	return token;
}

bool oidc_jwt_verify(EVP_PKEY *key, const char *token)
{
	const char *last = strrchr(token, '.');
	size_t n = 0;
	unsigned char *sig = last ? oidc_jwt_decode(last + 1, strlen(last + 1), &n) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = sig && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, sig, n, (const unsigned char *)token, (size_t)(last - token)) == 1;
	EVP_MD_CTX_free(ctx);
	free(sig);
	return good;
}

EVP_PKEY *jwt_public_key(const char *pem)
{
	BIO *b = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(b, NULL, NULL, NULL);
	BIO_free(b);
	return key;
}

EVP_PKEY *oidc_key(struct sim *s)
{
	if (!s->oidc_key) {
		s->oidc_key = EVP_RSA_gen(2048);
		s->oidc_kid = sim_hex(s, 40);
	}
	return s->oidc_key;
}

const char *oidc_kid(struct sim *s)
{
	oidc_key(s);
	return s->oidc_kid;
}

void oidc_free(struct sim *s)
{
	EVP_PKEY_free(s->oidc_key);
	EVP_PKEY_free(s->elsewhere_key);
	free(s->oidc_kid);
}

static char *number64(EVP_PKEY *key, const char *name)
{
	BIGNUM *n = NULL;
	EVP_PKEY_get_bn_param(key, name, &n);
	unsigned char *bytes = xmalloc((size_t)BN_num_bytes(n) + 1);
	int len = BN_bn2bin(n, bytes);
	char *text = oidc_jwt_encode(bytes, (size_t)len);
	BN_free(n);
	free(bytes);
	return text;
}

static cJSON *jwk(EVP_PKEY *key, const char *kid)
{
	char *n = number64(key, OSSL_PKEY_PARAM_RSA_N), *e = number64(key, OSSL_PKEY_PARAM_RSA_E);
	cJSON *j = json_make("{'kty':'RSA','alg':'RS256','use':'sig','kid':%s,'n':%s,'e':%s}", kid, n, e);
	free(n), free(e);
	return j;
}

cJSON *oidc_jwk(struct sim *s)
{
	return jwk(oidc_key(s), oidc_kid(s));
}

#define ELSEWHERE_KID "TDnDnFcZcvcZ0e1rd4Bbq0PzQxXlBNGXhyrBv4xDN2k"

EVP_PKEY *jwt_elsewhere_key(struct sim *s)
{
	if (!s->elsewhere_key)
		s->elsewhere_key = EVP_RSA_gen(2048);
	return s->elsewhere_key;
}

cJSON *jwt_elsewhere_jwk(struct sim *s)
{
	return jwk(jwt_elsewhere_key(s), ELSEWHERE_KID);
}

char *jwt_elsewhere_sign(struct sim *s, const cJSON *claims)
{
	return oidc_jwt_sign(jwt_elsewhere_key(s), ELSEWHERE_KID, claims);
}

char *sim_id_token(struct sim *s, const cJSON *claims)
{
	return oidc_jwt_sign(oidc_key(s), oidc_kid(s), claims);
}

cJSON *sim_id_token_check(struct sim *s, const char *token, const char **why)
{
	cJSON *header, *claims;
	*why = "malformed";
	if (!oidc_jwt_parts(token, &header, &claims))
		return NULL;
	double now = token_wall(s);
	const char *issuer = json_str(claims, "iss", "");
	*why = strcmp(json_str(header, "alg", ""), "RS256") || strcmp(json_str(header, "kid", ""), oidc_kid(s)) ||
		       !oidc_jwt_verify(oidc_key(s), token)
		   ? "signature"
	       : strcmp(issuer, "https://accounts.google.com") && strcmp(issuer, "accounts.google.com") ? "issuer"
	       : json_num(claims, "exp", 0) <= now                                                      ? "expired"
	       : json_num(claims, "iat", now) > now + 300                                               ? "from the future"
													: NULL;
	cJSON_Delete(header);
	if (!*why)
		return claims;
	cJSON_Delete(claims);
	return NULL;
}
