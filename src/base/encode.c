#include "config.h"
#include "base/encode.h"

#include "base/mem.h"

char *encode_base64(const void *data, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = data;
	char *out = xmalloc((len + 2) / 3 * 4 + 1), *p = out;
	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t bits = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
		*p++ = letters[bits >> 18];
		*p++ = letters[bits >> 12 & 63];
		*p++ = left > 1 ? letters[bits >> 6 & 63] : '=';
		*p++ = left > 2 ? letters[bits & 63] : '=';
	}
	*p = '\0';
	return out;
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
