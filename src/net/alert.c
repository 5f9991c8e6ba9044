#include "config.h"
#include "net/alert.h"

#include "base/mem.h"

#include <openssl/ssl.h>
#include <stdlib.h>

/* The request holds it, and each connection that it had made: one that is kept outlives it. */
struct alert {
	int holders;
	const char *refusal;
};

static const struct {
	int code;
	const char *words;
} refusals[] = {
    {SSL_AD_BAD_CERTIFICATE, "tls alert bad certificate"},
    {SSL_AD_UNSUPPORTED_CERTIFICATE, "tls alert unsupported certificate"},
    {SSL_AD_CERTIFICATE_REVOKED, "tls alert certificate revoked"},
    {SSL_AD_CERTIFICATE_EXPIRED, "tls alert certificate expired"},
    {SSL_AD_CERTIFICATE_UNKNOWN, "tls alert certificate unknown"},
    {SSL_AD_UNKNOWN_CA, "tls alert unknown ca"},
    {SSL_AD_ACCESS_DENIED, "tls alert access denied"},
    {SSL_AD_CERTIFICATE_REQUIRED, "tls alert certificate required"},
};

/* OpenSSL's functions come from where libcurl has them. */
#define TLS(name) ((__typeof__(&name))libcurl_find(#name))

static int slot = -1; /* of a context of TLS: the alert that its connection tells */

static void let_go(void *parent, void *held, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
	(void)parent, (void)data, (void)index, (void)argl, (void)argp;
	alert_free(held);
}

static void on_state(const SSL *ssl, int where, int value)
{
	struct alert *a = TLS(SSL_CTX_get_ex_data)(TLS(SSL_get_SSL_CTX)(ssl), slot);
	for (size_t i = 0; where == SSL_CB_READ_ALERT && a && i < sizeof refusals / sizeof *refusals; i++)
		if (refusals[i].code == (value & 0xff))
			a->refusal = refusals[i].words;
}

static CURLcode on_connection(CURL *easy, void *context, void *arg)
{
	struct alert *a = arg;
	(void)easy;
	if (TLS(SSL_CTX_set_ex_data)(context, slot, a)) {
		a->holders++;
		TLS(SSL_CTX_set_info_callback)(context, on_state);
	}
	return CURLE_OK;
}

/* OpenSSL's functions may be there for somebody else's sake: another library's contexts are none of theirs. */
static bool is_openssl(const struct libcurl *lib, CURL *easy)
{
	const struct curl_tlssessioninfo *session = NULL;
	return lib->easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK && session &&
	       session->backend == CURLSSLBACKEND_OPENSSL;
}

struct alert *alert_listen(const struct libcurl *lib, CURL *easy)
{
	struct alert *a = xcalloc(1, sizeof *a);
	a->holders = 1;
	if (!is_openssl(lib, easy))
		return a;
	if (slot < 0 && TLS(SSL_CTX_set_info_callback))
		slot = TLS(CRYPTO_get_ex_new_index)(CRYPTO_EX_INDEX_SSL_CTX, 0, NULL, NULL, NULL, let_go);
	if (slot >= 0) {
		lib->easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_connection);
		lib->easy_setopt(easy, CURLOPT_SSL_CTX_DATA, a);
	}
	return a;
}

const char *alert_refusal(const struct alert *a)
{
	return a ? a->refusal : NULL;
}

void alert_free(struct alert *a)
{
	if (a && !--a->holders)
		free(a);
}
