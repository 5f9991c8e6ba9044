/* Which certificate authorities are trusted. */
#ifndef MS_NET_TRUST_H
#define MS_NET_TRUST_H

#include "base/err.h"

#include <stdbool.h>

/* The file of the only authorities that are trusted, in *file for the caller to free: the option's (may be NULL), else what CURL_CA_BUNDLE,
 * SSL_CERT_FILE or gcloud's core/custom_ca_certs_file names; NULL for the system's own. False, with EXIT_CONFIG, when the one that was named
 * cannot be read or holds no certificate. */
bool trust_file(const char *option, char **file, struct err *e);

#endif
