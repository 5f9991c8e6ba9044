/* TLS ended here, with a certificate minted for each host. Bytes come and go through memory, so the loop owns the sockets. */
#include "config.h"
#include "sim/server/server.h"

#include "base/mem.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

struct tls_host {
	char *host;
	SSL_CTX *ctx;
};

/* HTTP/1.1 is all that is spoken here. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned inlen,
			   void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	(void)ssl, (void)arg;
	unsigned char *chosen;
	if (SSL_select_next_proto(&chosen, outlen, ours, sizeof ours - 1, in, inlen) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* As an API server: whoever has a certificate shows it, and whose is not vouched for is nobody. */
static int take_any(int good, X509_STORE_CTX *store)
{
	(void)good, (void)store;
	return 1;
}

static void ask_certificate(struct sim *s, SSL_CTX *ctx)
{
	X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca_elsewhere_certificate(s));
	SSL_CTX_add_client_CA(ctx, ca_elsewhere_certificate(s));
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"elsewhere", 9);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, take_any);
}

const char *tls_certified(const struct connection *c, char *into, int room)
{
	X509 *shown = c->ssl ? SSL_get1_peer_certificate(c->ssl) : NULL;
	bool good = shown && SSL_get_verify_result(c->ssl) == X509_V_OK &&
		    X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, into, room) > 0;
	X509_free(shown);
	return good ? into : NULL;
}

static SSL_CTX *context_new(struct sim *s, const char *host, bool bad)
{
	X509 *cert = ca_mint(s, host, bad);
	if (!cert)
		return NULL;
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, ca_leaf_key(s));
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	if (ca_is_elsewhere(host))
		ask_certificate(s, ctx);
	X509_free(cert);
	return ctx;
}

static void forget_hosts(struct server *v)
{
	for (size_t i = 0; i < v->host_count; i++) {
		SSL_CTX_free(v->hosts[i].ctx);
		free(v->hosts[i].host);
	}
	v->host_count = 0;
}

static SSL_CTX *context_for(struct server *v, const char *host)
{
	for (size_t i = 0; i < v->host_count; i++)
		if (!strcmp(v->hosts[i].host, host))
			return v->hosts[i].ctx;
	SSL_CTX *ctx = context_new(v->sim, host, false);
	if (!ctx)
		return NULL;
	if (v->host_count == HOSTS_MAX)
		forget_hosts(v);
	if (!v->hosts)
		v->hosts = xcalloc(HOSTS_MAX, sizeof *v->hosts);
	v->hosts[v->host_count++] = (struct tls_host){xstrdup(host), ctx};
	return ctx;
}

bool tls_start(struct connection *c)
{
	bool bad = faults_bad_tls(c->server->sim, c->host);
	SSL_CTX *ctx = bad ? context_new(c->server->sim, c->host, true) : context_for(c->server, c->host);
	if (!ctx)
		return false;
	c->ssl = SSL_new(ctx);
	if (bad)
		SSL_CTX_free(ctx);
	SSL_set_bio(c->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(c->ssl);
	return true;
}

/* What TLS wants on the wire. */
static void drain(struct connection *c)
{
	char bytes[16 << 10];
	int n;
	while ((n = BIO_read(SSL_get_wbio(c->ssl), bytes, sizeof bytes)) > 0)
		buf_add(&c->out, bytes, (size_t)n);
}

static bool read_plain(struct connection *c)
{
	char bytes[16 << 10];
	for (;;) {
		ERR_clear_error();
		int n = SSL_read(c->ssl, bytes, sizeof bytes);
		if (n <= 0) {
			drain(c);
			int why = SSL_get_error(c->ssl, n);
			return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
		}
		if (!buf_add(&c->in, bytes, (size_t)n))
			return false;
	}
}

bool tls_take(struct connection *c, const void *data, size_t len)
{
	const char *p = data;
	while (len) {
		int n = BIO_write(SSL_get_rbio(c->ssl), p, len > READ_SIZE ? READ_SIZE : (int)len);
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
		if (!read_plain(c))
			return false;
	}
	return true;
}

void tls_send(struct connection *c, const void *data, size_t len)
{
	const char *p = data;
	while (len) {
		ERR_clear_error();
		int n = SSL_write(c->ssl, p, len > READ_SIZE ? READ_SIZE : (int)len);
		if (n <= 0) {
			c->reset = true;
			return;
		}
		p += n;
		len -= (size_t)n;
		drain(c);
	}
}

void tls_free(struct server *v)
{
	forget_hosts(v);
	free(v->hosts);
}
