/* Standard base64 and the Castagnoli checksum, as Google's APIs want them. */
#ifndef MS_BASE_ENCODE_H
#define MS_BASE_ENCODE_H

#include <stddef.h>
#include <stdint.h>

/* Standard base64 with padding; the caller frees. */
char *encode_base64(const void *data, size_t len) __attribute__((returns_nonnull));
/* CRC-32C (RFC 3720, appendix B.4). */
uint32_t encode_crc32c(const void *data, size_t len);

#endif
