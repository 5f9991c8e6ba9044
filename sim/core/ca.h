/* Certificates of the throw-away authority, for whoever ends TLS. */
#ifndef MS_SIM_CA_H
#define MS_SIM_CA_H

#include "sim/core/inside.h"
#include "base/libcrypto.h"

/* A certificate for a host name or address, for the caller to free; bad: one that has expired. NULL when the name is impossible. */
X509 *ca_mint(struct sim *s, const char *host, bool bad);
/* The key of all minted certificates; owned by the authority. */
EVP_PKEY *ca_leaf_key(struct sim *s);

/* The cluster elsewhere has an authority of its own, which vouches for these hosts in place of the other. */
bool ca_is_elsewhere(const char *host);
X509 *ca_elsewhere_certificate(struct sim *s);
const char *ca_elsewhere_pem(struct sim *s);
/* A certificate by which this user signs in there, and its key, both PEM and the caller's. */
char *ca_elsewhere_client(struct sim *s, const char *user, char **key);

#endif
