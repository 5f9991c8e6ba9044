/* JSON Web Tokens by RS256, base64url, and the simulated Google's signing key. */
#ifndef MS_SIM_JWT_H
#define MS_SIM_JWT_H

#include "sim/core/inside.h"

/* base64url without padding; decoding takes padding and plain base64 too. The caller frees; *len without the ending NUL. */
char *oidc_jwt_encode(const void *data, size_t len);
unsigned char *oidc_jwt_decode(const char *text, size_t text_len, size_t *len);

/* The parts of a token: header and claims parsed, or NULL when it is none; both owned by the caller. */
bool oidc_jwt_parts(const char *token, cJSON **header, cJSON **claims);
bool oidc_jwt_verify(EVP_PKEY *key, const char *token);
EVP_PKEY *jwt_public_key(const char *pem);

/* The key of accounts.google.com, made when first asked for; its key id. */
EVP_PKEY *oidc_key(struct sim *s);
const char *oidc_kid(struct sim *s);
/* Its public half as a JSON Web Key. The caller deletes. */
cJSON *oidc_jwk(struct sim *s);

/* The same for the cluster elsewhere, which signs its service accounts' tokens by a key of its own. */
EVP_PKEY *jwt_elsewhere_key(struct sim *s);
cJSON *jwt_elsewhere_jwk(struct sim *s);
char *jwt_elsewhere_sign(struct sim *s, const cJSON *claims);

#endif
