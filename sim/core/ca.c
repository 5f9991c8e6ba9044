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

static struct authority *authority(struct sim *s)
{
	if (s->ca)
		return s->ca;
	struct authority *a = s->ca = xcalloc(1, sizeof *a);
	a->key = EVP_EC_gen("P-256");
	a->leaf_key = EVP_EC_gen("P-256");
	a->cert = certificate(a->key, "mlflow-setup simulated cloud", NULL, -1, 3650);
	add_extension(a->cert, a->cert, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(a->cert, a->cert, NID_key_usage, "critical,keyCertSign,cRLSign");
	add_extension(a->cert, a->cert, NID_subject_key_identifier, "hash");
	X509_sign(a->cert, a->key, EVP_sha256());
	BIO *b = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(b, a->cert);
	char *data;
	long n = BIO_get_mem_data(b, &data);
	a->pem = xstrndup(data, (size_t)n);
	BIO_free(b);
	return a;
}

const char *sim_ca_pem(struct sim *s)
{
	return authority(s)->pem;
}

X509 *ca_mint(struct sim *s, const char *host, bool bad)
{
	struct authority *a = authority(s);
	unsigned char address[16];
	bool ip = inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
	if (strlen(host) > 253 || host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:")])
		return NULL;
	char *name = xstrndup(host, 60), *alternative = xasprintf("%s:%s", ip ? "IP" : "DNS", host);
	X509 *x = certificate(a->leaf_key, name, a->cert, bad ? -30 : -1, bad ? -2 : 365);
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

void ca_free(struct sim *s)
{
	if (!s->ca)
		return;
	EVP_PKEY_free(s->ca->key);
	EVP_PKEY_free(s->ca->leaf_key);
	X509_free(s->ca->cert);
	free(s->ca->pem);
	free(s->ca);
}
