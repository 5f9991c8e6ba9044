#include "config.h"
#include "base/encode.h"

#include "base/mem.h"

#include <sodium.h>

char *encode_base64(const void *data, size_t len)
{
	size_t room = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
	return sodium_bin2base64(xmalloc(room), room, data, len, sodium_base64_VARIANT_ORIGINAL);
}

uint32_t encode_crc32c(const void *data, size_t len)
{
	const unsigned char *in = data;
	uint32_t crc = 0xffffffffU;
	for (size_t i = 0; i < len; i++) {
		crc ^= in[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
	}
	return ~crc;
}
