/* OpenSSL's libcrypto, looked up at the first use (base/library.h says why): relocating it takes a third of the time to the first frame.
 * Included instead of OpenSSL's own headers: each function below is reached through the library loaded here. A file that calls another one
 * gives it its line here; without it the program is linked with libcrypto again, which tests/ui/rehearsal.py notices. */
#ifndef MS_BASE_LIBCRYPTO_H
#define MS_BASE_LIBCRYPTO_H

#include "base/err.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdbool.h>

/* Loads the library, which stays for the life of the program; false with EXIT_CONFIG when it is not on this machine. Who can still say
 * so calls this first: what comes upon a missing library later than that ends the program. */
bool libcrypto_load(struct err *e);

/* The function of this name, from the library, which is loaded if need be. A look-up takes less than a microsecond. */
void (*libcrypto_find(const char *name))(void);

#define LIBCRYPTO(name) ((__typeof__(&name))libcrypto_find(#name))

#define ASN1_INTEGER_set LIBCRYPTO(ASN1_INTEGER_set)
#define ASN1_INTEGER_set_uint64 LIBCRYPTO(ASN1_INTEGER_set_uint64)
#define ASN1_INTEGER_to_BN LIBCRYPTO(ASN1_INTEGER_to_BN)
#define ASN1_STRING_get0_data LIBCRYPTO(ASN1_STRING_get0_data)
#define ASN1_TIME_set LIBCRYPTO(ASN1_TIME_set)
#define ASN1_TIME_set_string LIBCRYPTO(ASN1_TIME_set_string)
#define ASN1_TIME_to_tm LIBCRYPTO(ASN1_TIME_to_tm)
#define BIO_ctrl LIBCRYPTO(BIO_ctrl)
#define BIO_free LIBCRYPTO(BIO_free)
#define BIO_new LIBCRYPTO(BIO_new)
#define BIO_new_mem_buf LIBCRYPTO(BIO_new_mem_buf)
#define BIO_s_mem LIBCRYPTO(BIO_s_mem)
#define BN_bin2bn LIBCRYPTO(BN_bin2bn)
#define BN_bn2bin LIBCRYPTO(BN_bn2bin)
#define BN_bn2binpad LIBCRYPTO(BN_bn2binpad)
#define BN_bn2dec LIBCRYPTO(BN_bn2dec)
#define BN_free LIBCRYPTO(BN_free)
#define BN_num_bits LIBCRYPTO(BN_num_bits)
#define BN_to_ASN1_INTEGER LIBCRYPTO(BN_to_ASN1_INTEGER)
#define CRYPTO_free LIBCRYPTO(CRYPTO_free)
#define ECDSA_SIG_free LIBCRYPTO(ECDSA_SIG_free)
#define ECDSA_SIG_get0_r LIBCRYPTO(ECDSA_SIG_get0_r)
#define ECDSA_SIG_get0_s LIBCRYPTO(ECDSA_SIG_get0_s)
#define EVP_DecodeBlock LIBCRYPTO(EVP_DecodeBlock)
#define EVP_Digest LIBCRYPTO(EVP_Digest)
#define EVP_DigestSign LIBCRYPTO(EVP_DigestSign)
#define EVP_DigestSignInit LIBCRYPTO(EVP_DigestSignInit)
#define EVP_DigestVerify LIBCRYPTO(EVP_DigestVerify)
#define EVP_DigestVerifyInit LIBCRYPTO(EVP_DigestVerifyInit)
#define EVP_EncodeBlock LIBCRYPTO(EVP_EncodeBlock)
#define EVP_MD_CTX_free LIBCRYPTO(EVP_MD_CTX_free)
#define EVP_MD_CTX_new LIBCRYPTO(EVP_MD_CTX_new)
#define EVP_PKEY_CTX_free LIBCRYPTO(EVP_PKEY_CTX_free)
#define EVP_PKEY_CTX_new_from_name LIBCRYPTO(EVP_PKEY_CTX_new_from_name)
#define EVP_PKEY_Q_keygen LIBCRYPTO(EVP_PKEY_Q_keygen)
#define EVP_PKEY_free LIBCRYPTO(EVP_PKEY_free)
#define EVP_PKEY_fromdata LIBCRYPTO(EVP_PKEY_fromdata)
#define EVP_PKEY_fromdata_init LIBCRYPTO(EVP_PKEY_fromdata_init)
#define EVP_PKEY_get_base_id LIBCRYPTO(EVP_PKEY_get_base_id)
#define EVP_PKEY_get_bn_param LIBCRYPTO(EVP_PKEY_get_bn_param)
#define EVP_PKEY_get_octet_string_param LIBCRYPTO(EVP_PKEY_get_octet_string_param)
#define EVP_PKEY_new_raw_private_key LIBCRYPTO(EVP_PKEY_new_raw_private_key)
#define EVP_md5 LIBCRYPTO(EVP_md5)
#define EVP_sha1 LIBCRYPTO(EVP_sha1)
#define EVP_sha256 LIBCRYPTO(EVP_sha256)
#define GENERAL_NAMES_free LIBCRYPTO(GENERAL_NAMES_free)
#define HMAC LIBCRYPTO(HMAC)
#define OPENSSL_cleanse LIBCRYPTO(OPENSSL_cleanse)
#define OPENSSL_sk_num LIBCRYPTO(OPENSSL_sk_num)
#define OPENSSL_sk_value LIBCRYPTO(OPENSSL_sk_value)
#define OSSL_PARAM_BLD_free LIBCRYPTO(OSSL_PARAM_BLD_free)
#define OSSL_PARAM_BLD_new LIBCRYPTO(OSSL_PARAM_BLD_new)
#define OSSL_PARAM_BLD_push_BN LIBCRYPTO(OSSL_PARAM_BLD_push_BN)
#define OSSL_PARAM_BLD_to_param LIBCRYPTO(OSSL_PARAM_BLD_to_param)
#define OSSL_PARAM_free LIBCRYPTO(OSSL_PARAM_free)
#define PEM_read_bio_PUBKEY LIBCRYPTO(PEM_read_bio_PUBKEY)
#define PEM_read_bio_PrivateKey LIBCRYPTO(PEM_read_bio_PrivateKey)
#define PEM_read_bio_X509 LIBCRYPTO(PEM_read_bio_X509)
#define PEM_write_bio_PKCS8PrivateKey LIBCRYPTO(PEM_write_bio_PKCS8PrivateKey)
#define PEM_write_bio_PUBKEY LIBCRYPTO(PEM_write_bio_PUBKEY)
#define PEM_write_bio_PrivateKey LIBCRYPTO(PEM_write_bio_PrivateKey)
#define PEM_write_bio_X509 LIBCRYPTO(PEM_write_bio_X509)
#define RAND_bytes LIBCRYPTO(RAND_bytes)
#define SHA256 LIBCRYPTO(SHA256)
#define X509V3_EXT_conf_nid LIBCRYPTO(X509V3_EXT_conf_nid)
#define X509V3_set_ctx LIBCRYPTO(X509V3_set_ctx)
#define X509_EXTENSION_free LIBCRYPTO(X509_EXTENSION_free)
#define X509_NAME_add_entry_by_txt LIBCRYPTO(X509_NAME_add_entry_by_txt)
#define X509_NAME_get_text_by_NID LIBCRYPTO(X509_NAME_get_text_by_NID)
#define X509_add_ext LIBCRYPTO(X509_add_ext)
#define X509_cmp_current_time LIBCRYPTO(X509_cmp_current_time)
#define X509_digest LIBCRYPTO(X509_digest)
#define X509_free LIBCRYPTO(X509_free)
#define X509_get0_notAfter LIBCRYPTO(X509_get0_notAfter)
#define X509_get_ext_d2i LIBCRYPTO(X509_get_ext_d2i)
#define X509_get_issuer_name LIBCRYPTO(X509_get_issuer_name)
#define X509_get_pubkey LIBCRYPTO(X509_get_pubkey)
#define X509_get_serialNumber LIBCRYPTO(X509_get_serialNumber)
#define X509_get_subject_name LIBCRYPTO(X509_get_subject_name)
#define X509_getm_notAfter LIBCRYPTO(X509_getm_notAfter)
#define X509_getm_notBefore LIBCRYPTO(X509_getm_notBefore)
#define X509_gmtime_adj LIBCRYPTO(X509_gmtime_adj)
#define X509_new LIBCRYPTO(X509_new)
#define X509_set_issuer_name LIBCRYPTO(X509_set_issuer_name)
#define X509_set_pubkey LIBCRYPTO(X509_set_pubkey)
#define X509_set_version LIBCRYPTO(X509_set_version)
#define X509_sign LIBCRYPTO(X509_sign)
#define X509_time_adj_ex LIBCRYPTO(X509_time_adj_ex)
#define d2i_ECDSA_SIG LIBCRYPTO(d2i_ECDSA_SIG)

#endif
