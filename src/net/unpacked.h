/* What gzip packed, looked into. */
#ifndef MS_NET_UNPACKED_H
#define MS_NET_UNPACKED_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* {"PATH":"TEXT",...} of the regular files in a tar archive packed by gzip; NULL when it is none, when a file in it is no text,
 * or when they hold more than max bytes together. The caller deletes it. */
cJSON *unpacked(const char *data, size_t len, size_t max);

/* A text packed by gzip, for the caller to free; NULL when it is none, or max bytes or more. */
char *unpacked_text(const char *data, size_t len, size_t max);

#endif
