/* The throw-away certificate authority: made when first asked for, it vouches for every host that the simulated cloud answers as. */
#include "config.h"
#include "sim/core/ca.h"

#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct authority {
	EVP_PKEY *key, *leaf_key; /* one key for all hosts: only the name differs */
	X509 *cert;
	char *pem;
};

static void add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (e)
		X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

static X509 *certificate(EVP_PKEY *key, const char *name, X509 *issuer, long from_day, long to_day)
{
	X509 *x = X509_new();
	unsigned char serial[8];
	RAND_bytes(serial, sizeof serial);
	serial[0] &= 0x7f;
	BIGNUM *n = BN_bin2bn(serial, sizeof serial, NULL);
	X509_set_version(x, 2);
	BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	X509_gmtime_adj(X509_getm_notBefore(x), from_day * 86400);
	X509_gmtime_adj(X509_getm_notAfter(x), to_day * 86400);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : X509_get_subject_name(x));
	return x;
}

static char *pem_of(void *what, int (*write)(BIO *b, const void *what))
{
	BIO *b = BIO_new(BIO_s_mem());
	char *data;
	write(b, what);
	long n = BIO_get_mem_data(b, &data);
	char *pem = xstrndup(data, (size_t)n);
	BIO_free(b);
	return pem;
}

static int write_certificate(BIO *b, const void *what)
{
	return PEM_write_bio_X509(b, what);
}

static int write_key(BIO *b, const void *what)
{
	return PEM_write_bio_PrivateKey(b, what, NULL, NULL, 0, NULL, NULL);
}

static struct authority *authority_new(const char *name)
{
	struct authority *a = xcalloc(1, sizeof *a);
	a->key = EVP_EC_gen("P-256");
	a->leaf_key = EVP_EC_gen("P-256");
	a->cert = certificate(a->key, name, NULL, -1, 3650);
	add_extension(a->cert, a->cert, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(a->cert, a->cert, NID_key_usage, "critical,keyCertSign,cRLSign");
	add_extension(a->cert, a->cert, NID_subject_key_identifier, "hash");
	X509_sign(a->cert, a->key, EVP_sha256());
	a->pem = pem_of(a->cert, write_certificate);
	return a;
}

static struct authority *authority(struct sim *s)
{
	if (!s->ca)
		s->ca = authority_new("mlflow-setup simulated cloud");
	return s->ca;
}

static struct authority *elsewhere(struct sim *s)
{
	if (!s->elsewhere_ca)
		s->elsewhere_ca = authority_new("kubernetes");
	return s->elsewhere_ca;
}

bool ca_is_elsewhere(const char *host)
{
	return !strcmp(host, "127.0.0.1") || !strcmp(host, SIM_ELSEWHERE_HOST);
}

X509 *ca_elsewhere_certificate(struct sim *s)
{
	return elsewhere(s)->cert;
}

const char *ca_elsewhere_pem(struct sim *s)
{
	return elsewhere(s)->pem;
}

char *ca_elsewhere_client(struct sim *s, const char *user, char **key)
{
	struct authority *a = elsewhere(s);
	X509 *x = certificate(a->leaf_key, user, a->cert, -1, 365);
	add_extension(x, a->cert, NID_basic_constraints, "critical,CA:FALSE");
	add_extension(x, a->cert, NID_key_usage, "critical,digitalSignature");
	add_extension(x, a->cert, NID_ext_key_usage, "clientAuth");
	X509_sign(x, a->key, EVP_sha256());
	char *pem = pem_of(x, write_certificate);
	*key = pem_of(a->leaf_key, write_key);
	X509_free(x);
	return pem;
}

const char *sim_ca_pem(struct sim *s)
{
	return authority(s)->pem;
}

X509 *ca_mint(struct sim *s, const char *host, bool bad)
{
	struct authority *a = ca_is_elsewhere(host) ? elsewhere(s) : authority(s);
	EVP_PKEY *leaf_key = ca_leaf_key(s);
	unsigned char address[16];
	bool ip = inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
	if (strlen(host) > 253 || host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:")])
		return NULL;
	char *name = xstrndup(host, 60), *alternative = ca_is_elsewhere(host)
							    ? xstrdup("IP:127.0.0.1,DNS:kubernetes,DNS:" SIM_ELSEWHERE_HOST)
							    : xasprintf("%s:%s", ip ? "IP" : "DNS", host);
	X509 *x = certificate(leaf_key, name, a->cert, bad ? -30 : -1, bad ? -2 : 365);
	add_extension(x, a->cert, NID_subject_alt_name, alternative);
	add_extension(x, a->cert, NID_basic_constraints, "critical,CA:FALSE");
	add_extension(x, a->cert, NID_key_usage, "critical,digitalSignature");
	add_extension(x, a->cert, NID_ext_key_usage, "serverAuth");
	add_extension(x, a->cert, NID_authority_key_identifier, "keyid");
	X509_sign(x, a->key, EVP_sha256());
	free(name);
	free(alternative);
	return x;
}

EVP_PKEY *ca_leaf_key(struct sim *s)
{
	return authority(s)->leaf_key;
}

static void authority_free(struct authority *a)
{
	if (!a)
		return;
	EVP_PKEY_free(a->key);
	EVP_PKEY_free(a->leaf_key);
	X509_free(a->cert);
	free(a->pem);
	free(a);
}

void ca_free(struct sim *s)
{
	authority_free(s->ca);
	authority_free(s->elsewhere_ca);
}
