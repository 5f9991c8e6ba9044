/* Of curl.c alone: what is said on a connection that libcurl made and leaves to us (CURLOPT_CONNECT_ONLY), from the request
 * that asks to go over to another protocol on. libcurl knows no such requests in the versions that are about. */
#ifndef MS_NET_CHANNEL_H
#define MS_NET_CHANNEL_H

#include "net/libcurl.h"
#include "net/transport.h"

struct channel;

/* The request is copied. */
struct channel *channel_new(const struct libcurl *lib, const struct http_request *r, const struct http_channel *to, void *arg);
void channel_free(struct channel *c);
/* easy has connected; it is whoever's who made it, and stays among its multi's handles. */
void channel_connected(struct channel *c, CURL *easy);
/* What to wait for on its socket. False while it has none. */
bool channel_waits(const struct channel *c, struct curl_waitfd *out);
/* Has it more to be told of than a turn allows? Then nobody waits before the next. */
bool channel_hurries(const struct channel *c);
/* Sends and receives what can be without waiting, up to a bound, and tells of it. False when it is over, which was told. */
bool channel_turn(struct channel *c);
/* Sends these bytes, at the next turns. */
void channel_say(struct channel *c, const void *data, size_t len);
/* Nobody is told of anything any more: it may be called from within what is told. */
void channel_mute(struct channel *c);

#endif
