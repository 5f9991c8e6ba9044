#include "config.h"
#include "base/encode.h"

#include "base/mem.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

char *encode_base64(const void *data, size_t len)
{
	size_t room = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
	return sodium_bin2base64(xmalloc(room), room, data, len, sodium_base64_VARIANT_ORIGINAL);
}

char *decode_base64(const char *text)
{
	size_t len = strlen(text), bytes = 0;
	char *out = xmalloc(len + 1);
	bool fine = !sodium_base642bin((unsigned char *)out, len, text, len, " \r\n", &bytes, NULL,
				       sodium_base64_VARIANT_ORIGINAL);
	out[fine ? bytes : 0] = '\0';
	if (fine && strlen(out) == bytes)
		return out;
	free(out);
	return NULL;
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
