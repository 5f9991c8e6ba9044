/* Standard base64 and the Castagnoli checksum, as Google's APIs want them. */
#ifndef MS_BASE_ENCODE_H
#define MS_BASE_ENCODE_H

#include <stddef.h>
#include <stdint.h>

/* Standard base64 with padding; the caller frees. */
char *encode_base64(const void *data, size_t len) __attribute__((returns_nonnull));
/* The text that standard base64 stands for; the caller frees. NULL where it is none, or holds a NUL. */
char *decode_base64(const char *text);
/* CRC-32C (RFC 3720, appendix B.4). */
uint32_t encode_crc32c(const void *data, size_t len);

#endif
