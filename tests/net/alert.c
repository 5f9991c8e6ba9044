#include "config.h"
#include "net/alert.h"
#include "tests/tap.h"

static int set;
static curl_sslbackend backend;

static CURLcode counted(CURL *easy, CURLoption option, ...)
{
	(void)easy;
	set += option == CURLOPT_SSL_CTX_FUNCTION || option == CURLOPT_SSL_CTX_DATA;
	return CURLE_OK;
}

static CURLcode told(CURL *easy, CURLINFO info, ...)
{
	static struct curl_tlssessioninfo session;
	va_list args;
	(void)easy;
	session.backend = backend;
	va_start(args, info);
	*va_arg(args, struct curl_tlssessioninfo **) = &session;
	va_end(args);
	return info == CURLINFO_TLS_SSL_PTR ? CURLE_OK : CURLE_BAD_FUNCTION_ARGUMENT;
}

static int listened(const struct libcurl *lib, CURL *easy)
{
	set = 0;
	struct alert *a = alert_listen(lib, easy);
	ok(!alert_refusal(a), "nothing was heard yet");
	alert_free(a);
	return set;
}

int main(void)
{
	struct err e = {0};
	const struct libcurl *real = libcurl_load(&e);
	if (!ok(real != NULL, "libcurl is here"))
		return tap_done();
	struct libcurl lib = *real;
	CURL *easy = lib.easy_init();
	lib.easy_setopt = counted;
	struct curl_tlssessioninfo *session = NULL;
	if (real->easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK && session->backend == CURLSSLBACKEND_OPENSSL)
		ok(listened(&lib, easy) == 2, "a connection of OpenSSL's is listened on, as libcurl tells before there is one");
	lib.easy_getinfo = told;
	backend = CURLSSLBACKEND_MBEDTLS;
	ok(listened(&lib, easy) == 0, "OpenSSL's functions are not given another library's context, where both are loaded");
	lib.easy_cleanup(easy);
	return tap_done();
}
