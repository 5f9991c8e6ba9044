/* Signing JSON web tokens (RFC 7515) with a service account's key. */
#ifndef MS_NET_JWT_H
#define MS_NET_JWT_H

#include "base/err.h"

#include <cjson/cJSON.h>

struct secret;

/* "HEADER.CLAIMS.SIGNATURE" with RS256 by the PEM private key (PKCS#8 or PKCS#1, not encrypted); the caller wipes and frees it.
 * NULL with EXIT_CONFIG when the key cannot be read or is not RSA. */
char *jwt_sign(struct secret *pem, const char *key_id, const cJSON *claims, struct err *e);

#endif
