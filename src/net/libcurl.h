/* libcurl's functions, looked up at the first use (base/library.h says why). */
#ifndef MS_NET_LIBCURL_H
#define MS_NET_LIBCURL_H

#include "base/err.h"

#include <curl/curl.h>

struct libcurl {
	CURLcode (*global_init)(long flags);
	CURL *(*easy_init)(void);
	CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
	CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
	const char *(*easy_strerror)(CURLcode code);
	void (*easy_cleanup)(CURL *easy);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
	void (*slist_free_all)(struct curl_slist *list);
	CURLcode (*easy_send)(CURL *easy, const void *data, size_t len, size_t *sent);
	CURLcode (*easy_recv)(CURL *easy, void *into, size_t room, size_t *received);
	CURLM *(*multi_init)(void);
	CURLMcode (*multi_setopt)(CURLM *multi, CURLMoption option, ...);
	CURLMcode (*multi_add_handle)(CURLM *multi, CURL *easy);
	CURLMcode (*multi_remove_handle)(CURLM *multi, CURL *easy);
	CURLMcode (*multi_perform)(CURLM *multi, int *running);
	CURLMcode (*multi_poll)(CURLM *multi, struct curl_waitfd *extra, unsigned int count, int timeout_ms, int *moved);
	CURLMsg *(*multi_info_read)(CURLM *multi, int *left);
	CURLMcode (*multi_cleanup)(CURLM *multi);
};

/* The loaded and initialised library, which stays for the life of the program; NULL with EXIT_CONFIG when it is not on this machine. */
const struct libcurl *libcurl_load(struct err *e);

/* A function of libcurl's own TLS library, once libcurl is loaded; NULL where it has none of that name. */
void (*libcurl_find(const char *name))(void);

#endif
