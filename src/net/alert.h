/* What the other side says by TLS as it ends a connection. By TLS 1.3 a certificate of ours is refused after the handshake: whoever is about to send then
 * hears of a connection that was reset, and the refusal waits behind it. libcurl reads it as it closes the connection, and keeps it to itself. */
#ifndef MS_NET_ALERT_H
#define MS_NET_ALERT_H

#include "net/libcurl.h"

struct alert;

/* Listens on the connection that easy will make; for alert_free. It hears nothing where libcurl's TLS is not OpenSSL's. */
struct alert *alert_listen(const struct libcurl *lib, CURL *easy);
/* The refusal of our certificate that was heard, as OpenSSL words one in its errors ("tls alert unknown ca"); NULL for none. A constant. */
const char *alert_refusal(const struct alert *a);
void alert_free(struct alert *a);

#endif
