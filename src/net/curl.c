/* The real network: libcurl multi behind struct transport. TLS is always checked, redirects are never followed (the Authorization header
 * would go along), sizes and times are bounded, gzip is decoded before it is counted. */
#include "config.h"
#include "net/transport.h"

#include "base/file.h"
#include "base/gettext.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/alert.h"
#include "net/channel.h"
#include "net/libcurl.h"

#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PARALLEL 8
#define DEFAULT_TIMEOUT 60.0
#define DEFAULT_MAX_REPLY ((size_t)32 << 20)
#define MAX_HEADERS ((size_t)256 << 10)
/* By HTTP/2 a host needs one. Where a proxy speaks HTTP/1 alone, each costs a tenth of a megabyte. */
#define HOST_CONNECTIONS 6L
#define IDLE_CONNECTIONS 12L
#define CONNECT_TIMEOUT_MS 20000L
#define CA_MAX ((size_t)4 << 20)

static const struct libcurl *lib; /* NULL until something is sent */

struct curl_job {
	unsigned long id;
	CURL *easy;
	struct curl_slist *headers, *connect_to;
	struct http_reply reply;
	size_t room, header_bytes;
	bool started;
	const char *fault; /* it is not sent: why */
	char error[CURL_ERROR_SIZE];
	struct alert *alert; /* of one that shows a certificate; else NULL */
	http_done *done;
	void *arg;
	struct channel *channel; /* of one that asks to go over to another protocol; else NULL */
	bool turning, forgotten; /* it is telling; it was cancelled meanwhile */
	struct curl_job *next;
};

struct curl_transport {
	struct transport base;
	CURLM *multi;  /* NULL until something is sent, and when libcurl cannot be had */
	char *missing; /* then: why */
	char *proxy, *fallback, *ca;
	int parallel, running;
	bool passed_over; /* the last turn was the keyboard's alone */
	unsigned long last_id;
	struct curl_job *jobs; /* in the order of sending; the first `parallel` are started */
};

/* Receiving ---------------------------------------------------------------------------------------------------------------- */

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct curl_job *j = arg;
	return buf_add(&j->reply.body, data, size * count) ? size * count : 0;
}

static void forget_headers(struct curl_job *j)
{
	for (size_t i = 0; i < j->reply.header_count; i++) {
		free(j->reply.headers[i].name);
		free(j->reply.headers[i].value);
	}
	j->reply.header_count = 0;
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
	struct curl_job *j = arg;
	size_t len = size * count;
	j->header_bytes += len;
	if (j->header_bytes > MAX_HEADERS) {
		j->reply.body.full = true;
		return 0;
	}
	if (len > 5 && !memcmp(data, "HTTP/", 5)) { /* the reply after CONNECT's or after 100 Continue */
		forget_headers(j);
		return len;
	}
	const char *colon = memchr(data, ':', len);
	if (!colon)
		return len;
	const char *value = colon + 1, *end = data + len;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
		end--;
	j->reply.headers = xgrow(j->reply.headers, j->reply.header_count, &j->room, sizeof *j->reply.headers);
	j->reply.headers[j->reply.header_count++] = (struct header){xstrndup(data, (size_t)(colon - data)),
								    xstrndup(value, (size_t)(end - value))};
	return len;
}

/* A reset during the handshake is a network that failed, not a peer that lied. */
static bool handshake_cut(const struct curl_job *j)
{
	return strstr(j->error, "SSL_ERROR_SYSCALL") || strstr(j->error, "eset by peer") ||
	       strstr(j->error, "unexpected eof") || strstr(j->error, "Connection refused");
}

/* A failure of the proxy or before the first byte of the request left means that nothing was sent. */
static bool nothing_sent(CURL *easy)
{
	curl_off_t pretransfer = 0;
	long sent = 0, connect_code = 0;
	lib->easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &pretransfer);
	lib->easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
	lib->easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &connect_code);
	return pretransfer == 0 || (connect_code && connect_code / 100 != 2);
}

/* What a proxy answers to CONNECT stands until somebody changes something: only its own failures pass. */
static bool proxy_refuses(CURL *easy)
{
	long code = 0;
	lib->easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &code);
	return code / 100 == 4 && code != 408 && code != 429;
}

/* libcurl tells a proxy's malformed URL by several codes that stand for passing failures too. */
static bool proxy_malformed(const struct curl_job *j, CURLcode code)
{
	return code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT ||
	       (code != CURLE_OK && (strstr(j->error, "nsupported proxy") || strstr(j->error, "roxy scheme")));
}

static const char *fix_of(const struct curl_job *j, CURLcode code)
{
	long connect_code = 0;
	lib->easy_getinfo(j->easy, CURLINFO_HTTP_CONNECTCODE, &connect_code);
	if (code == CURLE_OK || code == CURLE_OPERATION_TIMEDOUT)
		return NULL;
	if (connect_code == 407)
		return N_("The proxy wants a name and a password: write them into its URL "
			  "(https_proxy=http://NAME:PASSWORD@HOST:PORT).");
	if (proxy_refuses(j->easy))
		return N_("Ask whoever runs the proxy to let this host through.");
	if (code == CURLE_COULDNT_RESOLVE_PROXY && !proxy_malformed(j, code))
		return N_("Check the proxy's name in https_proxy or --cloud-proxy.");
	if (proxy_malformed(j, code))
		return N_("Check https_proxy, all_proxy and --cloud-proxy: they are URLs such as http://HOST:PORT.");
	return NULL;
}

/* libcurl's words, unless the refusal that it kept to itself says more: it tells what failed first. A proxy's URL that it refuses it quotes whole. To be
 * freed. */
static char *words_of(const struct curl_job *j, CURLcode code)
{
	if (alert_refusal(j->alert) && !http_refuses_certificate(j->error))
		return xstrdup(alert_refusal(j->alert));
	return text_without_login(j->error[0] ? j->error : lib->easy_strerror(code));
}

/* Nobody is let in, and it does not matter what the rest would have said: what breaks off after such a head is a reply all the same. */
static bool is_turned_away(const struct curl_job *j, CURLcode code)
{
	long status = 0;
	lib->easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &status);
	return status == 401 && (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
				 code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM);
}

static enum http_failure failure_of(const struct curl_job *j, CURLcode code)
{
	if (code != CURLE_OK && (proxy_refuses(j->easy) || proxy_malformed(j, code)))
		return HTTP_REFUSED;
	if (code != CURLE_OK && alert_refusal(j->alert))
		return HTTP_TLS;
	if ((code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) && http_refuses_certificate(j->error))
		return HTTP_TLS;
	if (is_turned_away(j, code))
		return HTTP_OK;
	switch (code) {
	case CURLE_OK:
		return HTTP_OK;
	case CURLE_SSL_CONNECT_ERROR:
		return handshake_cut(j) ? HTTP_UNREACHABLE : HTTP_TLS;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_USE_SSL_FAILED:
		return HTTP_TLS;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_BAD_FUNCTION_ARGUMENT:
		return HTTP_REFUSED;
	case CURLE_FILESIZE_EXCEEDED:
		return HTTP_TOO_LARGE;
	case CURLE_WRITE_ERROR:
		return j->reply.body.full ? HTTP_TOO_LARGE : HTTP_BROKEN;
	case CURLE_OPERATION_TIMEDOUT:
		return nothing_sent(j->easy) ? HTTP_UNREACHABLE : HTTP_TIMEOUT;
	default:
		return nothing_sent(j->easy) ? HTTP_UNREACHABLE : HTTP_BROKEN;
	}
}

/* Jobs --------------------------------------------------------------------------------------------------------------------- */

static void job_free(struct curl_job *j)
{
	if (j->easy) {
		lib->easy_cleanup(j->easy);
		lib->slist_free_all(j->headers);
		lib->slist_free_all(j->connect_to);
	}
	alert_free(j->alert);
	http_reply_free(&j->reply);
	channel_free(j->channel);
	free(j);
}

static void unlink_job(struct curl_transport *t, struct curl_job *j)
{
	struct curl_job **p = &t->jobs;
	while (*p && *p != j)
		p = &(*p)->next;
	if (*p)
		*p = j->next;
	if (j->started) {
		lib->multi_remove_handle(t->multi, j->easy);
		t->running--;
	}
}

static void start_jobs(struct curl_transport *t)
{
	for (struct curl_job *j = t->jobs; j && t->running < t->parallel; j = j->next) {
		if (j->started || j->fault)
			continue;
		j->started = true;
		t->running++;
		lib->multi_add_handle(t->multi, j->easy);
	}
}

static void finish(struct curl_transport *t, struct curl_job *j, CURLcode code)
{
	long status = 0;
	if (j->channel && code == CURLE_OK) {
		channel_connected(j->channel, j->easy);
		return;
	}
	lib->easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &status);
	j->reply.failure = failure_of(j, code);
	j->reply.status = j->reply.failure == HTTP_OK ? (int)status : 0;
	j->reply.failure_fix = fix_of(j, code);
	if (j->reply.failure != HTTP_OK)
		j->reply.failure_text = words_of(j, code);
	unlink_job(t, j);
	start_jobs(t);
	j->done(j->arg, &j->reply);
	job_free(j);
}

/* Without libcurl every request fails, from the loop as always. */
static bool wait_without(struct curl_transport *t, int timeout_ms, int extra_fd)
{
	struct pollfd keyboard = {.fd = extra_fd, .events = POLLIN};
	poll(&keyboard, extra_fd >= 0, t->jobs ? 0 : timeout_ms);
	for (struct curl_job *j; (j = t->jobs);) {
		t->jobs = j->next;
		j->reply.failure = HTTP_UNREACHABLE;
		j->reply.failure_text = xstrdup(t->missing);
		j->done(j->arg, &j->reply);
		job_free(j);
	}
	return extra_fd >= 0 && keyboard.revents != 0;
}

/* Those that cannot be sent end from the loop as well. */
static bool end_faulty(struct curl_transport *t)
{
	struct curl_job *j = t->jobs;
	while (j && !j->fault)
		j = j->next;
	if (!j)
		return false;
	unlink_job(t, j);
	j->reply.failure = HTTP_REFUSED;
	j->reply.failure_text = xstrdup(_(j->fault));
	j->done(j->arg, &j->reply);
	job_free(j);
	return true;
}

/* Channels that have something to send or to tell, one after the other: each may cancel any. */
static void turn_channels(struct curl_transport *t)
{
	for (struct curl_job *j = t->jobs, *next; j; j = next) {
		if (!j->channel) {
			next = j->next;
			continue;
		}
		j->turning = true;
		bool on = channel_turn(j->channel);
		j->turning = false;
		next = j->next;
		if (on && !j->forgotten)
			continue;
		unlink_job(t, j);
		job_free(j);
		start_jobs(t);
	}
}

static bool channels_hurry(const struct curl_transport *t)
{
	const struct curl_job *j = t->jobs;
	while (j && !(j->channel && channel_hurries(j->channel)))
		j = j->next;
	return j;
}

/* The keyboard first, then the channels' sockets; how many. */
static unsigned int sockets(const struct curl_transport *t, int extra_fd, struct curl_waitfd *into, unsigned int room)
{
	unsigned int n = 0;
	into[n++] = (struct curl_waitfd){.fd = extra_fd, .events = CURL_WAIT_POLLIN};
	for (const struct curl_job *j = t->jobs; j && n < room; j = j->next)
		if (j->channel && channel_waits(j->channel, &into[n]))
			n++;
	return n;
}

static bool curl_wait(void *self, int timeout_ms, int extra_fd)
{
	struct curl_transport *t = self;
	while (end_faulty(t))
		timeout_ms = 0;
	if (!t->multi)
		return wait_without(t, timeout_ms, extra_fd);
	int running = 0, moved = 0, left = 0;
	struct curl_waitfd waits[DEFAULT_PARALLEL * 4];
	unsigned int count = sockets(t, extra_fd, waits, sizeof waits / sizeof *waits), skip = extra_fd < 0;
	CURLMsg *m;
	/* What was added is due at once. Who performs before this wait may end a request, and then tells of it only after the wait. */
	lib->multi_poll(t->multi, waits + skip, count - skip, channels_hurry(t) ? 0 : timeout_ms, &moved);
	/* A key goes before whatever else came with it, but not twice in a row: a paste without end must not keep the network waiting. */
	t->passed_over = extra_fd >= 0 && waits[0].revents != 0 && !t->passed_over;
	if (t->passed_over)
		return true;
	turn_channels(t);
	lib->multi_perform(t->multi, &running);
	while ((m = lib->multi_info_read(t->multi, &left)))
		if (m->msg == CURLMSG_DONE) {
			struct curl_job *j = NULL;
			lib->easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&j);
			finish(t, j, m->data.result);
		}
	return extra_fd >= 0 && waits[0].revents != 0;
}

static int curl_busy(const void *self)
{
	const struct curl_transport *t = self;
	return t->jobs != NULL;
}

/* Sending ------------------------------------------------------------------------------------------------------------------ */

static void limit_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	lib->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	lib->easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* A reply that trickles is given up after 30 s; a long poll (a long timeout and nothing to send) may be silent that long. */
static void limit_time(CURL *easy, const struct http_request *r)
{
	double timeout = r->timeout > 0 ? r->timeout : DEFAULT_TIMEOUT;
	lib->easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(timeout * 1000));
	lib->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	if (timeout <= DEFAULT_TIMEOUT || r->body_len > 4096) {
		lib->easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 16L);
		lib->easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, 30L);
	}
}

static void set_method(CURL *easy, const struct http_request *r)
{
	if (r->body || !strcmp(r->method, "POST")) {
		lib->easy_setopt(easy, CURLOPT_POSTFIELDS, r->body ? r->body : "");
		lib->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
	}
	if (!strcmp(r->method, "HEAD"))
		lib->easy_setopt(easy, CURLOPT_NOBODY, 1L);
	lib->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
}

static void set_headers(struct curl_job *j, const struct http_request *r)
{
	for (size_t i = 0; i < r->header_count; i++) {
		char *line = xasprintf("%s: %s", r->headers[i].name, r->headers[i].value);
		j->headers = lib->slist_append(j->headers, line);
		explicit_bzero(line, strlen(line));
		free(line);
	}
	j->headers = lib->slist_append(j->headers, "Expect:"); /* no wait for 100 Continue */
	lib->easy_setopt(j->easy, CURLOPT_HTTPHEADER, j->headers);
}

static void set_blob(CURL *easy, CURLoption option, const char *text, size_t len)
{
	struct curl_blob blob = {.data = (void *)(uintptr_t)text, .len = len, .flags = CURL_BLOB_COPY};
	lib->easy_setopt(easy, option, &blob);
}

/* Whom to believe: the host's own authorities when it has some, together with the transport's: a proxy that looks into TLS has that one. */
static void set_trust(struct curl_transport *t, struct curl_job *j, const struct http_request *r)
{
	CURL *easy = j->easy;
	struct buf pem = {0};
	struct err ignored = {0};
	if (t->ca)
		lib->easy_setopt(easy, CURLOPT_CAINFO, t->ca);
	if (r->ca) {
		buf_printf(&pem, "%s\n", r->ca);
		if (t->ca)
			file_read(t->ca, CA_MAX, &pem, &ignored);
		lib->easy_setopt(easy, CURLOPT_CAINFO, NULL);
		lib->easy_setopt(easy, CURLOPT_CAPATH, NULL);
		set_blob(easy, CURLOPT_CAINFO_BLOB, pem.data, pem.len);
	}
	if (r->certificate && r->key) {
		set_blob(easy, CURLOPT_SSLCERT_BLOB, r->certificate, strlen(r->certificate));
		set_blob(easy, CURLOPT_SSLKEY_BLOB, r->key, strlen(r->key));
		j->alert = alert_listen(lib, easy);
	}
	err_free(&ignored);
	buf_free(&pem);
}

static void set_network(struct curl_transport *t, struct curl_job *j, const struct http_request *r)
{
	CURL *easy = j->easy;
	if (r->direct) {
		lib->easy_setopt(easy, CURLOPT_PROXY, "");
		lib->easy_setopt(easy, CURLOPT_NOPROXY, "*");
	} else if (r->proxy) {
		lib->easy_setopt(easy, CURLOPT_PROXY, r->proxy);
		lib->easy_setopt(easy, CURLOPT_NOPROXY, "");
	} else if (t->proxy) {
		lib->easy_setopt(easy, CURLOPT_PROXY, t->proxy);
		lib->easy_setopt(easy, CURLOPT_NOPROXY, "");
	} else if (text_is_loopback_url(r->url)) { /* as with kubectl, no proxy of the environment's leads there */
		lib->easy_setopt(easy, CURLOPT_NOPROXY, "*");
	} else if (t->fallback && !r->elsewhere) {
		lib->easy_setopt(easy, CURLOPT_PROXY, t->fallback);
	}
	set_trust(t, j, r);
	lib->easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	lib->easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 r->one_by_one ? (long)CURL_HTTP_VERSION_1_1 : (long)CURL_HTTP_VERSION_2TLS);
	lib->easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	/* When a connection that was used before drops without an answer, libcurl sends a request again by itself, a POST too. */
	lib->easy_setopt(easy, CURLOPT_FRESH_CONNECT, r->once ? 1L : 0L);
	lib->easy_setopt(easy, CURLOPT_FORBID_REUSE, r->fleeting ? 1L : 0L);
	lib->easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	lib->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A request that ends while its host's name is being looked up waits for that otherwise, with the keyboard and the program's end. The thread that looks
	 * it up cleans up after itself. */
	lib->easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	lib->easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE,
			 16384L); /* the least; 64 KB otherwise for every body, and most are small */
	lib->easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	lib->easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	limit_protocols(easy);
}

/* Another name for TLS than the host's: libcurl is told the one, and to connect to the other, which is still whom the request names. */
static void set_host(struct curl_job *j, const struct http_request *r)
{
	if (!r->server_name) {
		lib->easy_setopt(j->easy, CURLOPT_URL, r->url);
		return;
	}
	const char *host = r->url + strlen("https://"), *path = host + strcspn(host, "/?#");
	const char *bracket = *host == '[' ? strchr(host, ']') : NULL;
	const char *port = memchr(bracket ? bracket : host, ':', (size_t)(path - (bracket ? bracket : host)));
	int name_len = (int)((port ? port : path) - host), port_len = port ? (int)(path - port) : 0;
	char *url = xasprintf("https://%s%.*s%s", r->server_name, port_len, port ? port : "", path);
	char *to = xasprintf("::%.*s:%.*s", name_len, host, port ? port_len - 1 : 3, port ? port + 1 : "443");
	char *header = xasprintf("Host: %.*s", (int)(path - host), host);
	j->connect_to = lib->slist_append(NULL, to);
	j->headers = lib->slist_append(j->headers, header);
	lib->easy_setopt(j->easy, CURLOPT_URL, url);
	lib->easy_setopt(j->easy, CURLOPT_CONNECT_TO, j->connect_to);
	free(header);
	free(to);
	free(url);
}

static void make_easy(struct curl_transport *t, struct curl_job *j, const struct http_request *r)
{
	j->easy = lib->easy_init();
	set_host(j, r);
	lib->easy_setopt(j->easy, CURLOPT_PRIVATE, (char *)j);
	lib->easy_setopt(j->easy, CURLOPT_ERRORBUFFER, j->error);
	lib->easy_setopt(j->easy, CURLOPT_USERAGENT, "mlflow-setup/" PACKAGE_VERSION);
	lib->easy_setopt(j->easy, CURLOPT_WRITEFUNCTION, on_body);
	lib->easy_setopt(j->easy, CURLOPT_WRITEDATA, (void *)j);
	lib->easy_setopt(j->easy, CURLOPT_HEADERFUNCTION, on_header);
	lib->easy_setopt(j->easy, CURLOPT_HEADERDATA, (void *)j);
	set_network(t, j, r);
	limit_time(j->easy, r);
	set_method(j->easy, r);
	set_headers(j, r);
}

static bool load(struct curl_transport *t)
{
	struct err e = {0};
	if (!t->multi && !t->missing && (lib = libcurl_load(&e))) {
		t->multi = lib->multi_init();
		lib->multi_setopt(t->multi, CURLMOPT_MAX_HOST_CONNECTIONS, HOST_CONNECTIONS);
		lib->multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS);
	}
	if (e.exit)
		t->missing = err_text(&e);
	err_free(&e);
	return t->multi;
}

/* libcurl connects, and no more: HTTP/1 is the only version that has such requests on a connection of their own. */
static void connect_only(struct curl_job *j, const struct http_request *r, const struct http_channel *to)
{
	j->channel = channel_new(lib, r, to, j->arg);
	lib->easy_setopt(j->easy, CURLOPT_CONNECT_ONLY, 1L);
	lib->easy_setopt(j->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	lib->easy_setopt(j->easy, CURLOPT_FRESH_CONNECT, 1L);
}

static unsigned long begin_job(struct curl_transport *t, const struct http_request *r, http_done *done,
			       const struct http_channel *to, void *arg)
{
	struct curl_job *j = xcalloc(1, sizeof *j);
	*j = (struct curl_job){.id = ++t->last_id, .done = done, .arg = arg};
	j->reply.body.max = r->max_reply ? r->max_reply : DEFAULT_MAX_REPLY;
	j->fault = http_request_fault(r);
	if (load(t) && !j->fault)
		make_easy(t, j, r);
	if (to && j->easy)
		connect_only(j, r, to);
	struct curl_job **p = &t->jobs;
	while (*p)
		p = &(*p)->next;
	*p = j;
	if (t->multi)
		start_jobs(t);
	return j->id;
}

static unsigned long curl_send(struct transport *base, const struct http_request *r, http_done *done, void *arg)
{
	return begin_job((struct curl_transport *)base, r, done, NULL, arg);
}

static unsigned long curl_upgrade(struct transport *base, const struct http_request *r, const struct http_channel *to,
				  void *arg)
{
	return begin_job((struct curl_transport *)base, r, to->answered, to, arg);
}

static void curl_say(struct transport *base, unsigned long id, const void *data, size_t len)
{
	for (struct curl_job *j = ((struct curl_transport *)base)->jobs; j; j = j->next)
		if (j->id == id && j->channel)
			channel_say(j->channel, data, len);
}

static void curl_cancel(struct transport *base, unsigned long id)
{
	struct curl_transport *t = (struct curl_transport *)base;
	for (struct curl_job *j = t->jobs; j; j = j->next) {
		if (j->id == id && j->turning) {
			channel_mute(j->channel);
			j->forgotten = true;
			return;
		}
		if (j->id == id) {
			unlink_job(t, j);
			job_free(j);
			if (t->multi)
				start_jobs(t);
			return;
		}
	}
}

static void curl_free_transport(struct transport *base)
{
	struct curl_transport *t = (struct curl_transport *)base;
	while (t->jobs) {
		struct curl_job *j = t->jobs;
		unlink_job(t, j);
		job_free(j);
	}
	if (t->multi)
		lib->multi_cleanup(t->multi);
	free(t->missing);
	free(t->proxy);
	free(t->fallback);
	free(t->ca);
	free(t);
}

struct transport *transport_curl(struct loop *loop, const char *proxy, const char *ca, int parallel)
{
	struct curl_transport *t = xcalloc(1, sizeof *t);
	t->base = (struct transport){
	    .send = curl_send, .cancel = curl_cancel, .upgrade = curl_upgrade, .say = curl_say, .free = curl_free_transport};
	t->proxy = proxy ? xstrdup(proxy) : NULL;
	t->ca = ca ? xstrdup(ca) : NULL;
	t->parallel = parallel > 0 ? parallel : DEFAULT_PARALLEL;
	loop_set_source(loop, (struct loop_source){.wait = curl_wait, .busy = curl_busy, .self = t});
	return &t->base;
}

void transport_curl_fallback(struct transport *base, const char *proxy)
{
	struct curl_transport *t = (struct curl_transport *)base;
	free(t->fallback);
	t->fallback = xstrdup(proxy);
}
