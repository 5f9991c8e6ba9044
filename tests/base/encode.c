/* base64 (RFC 4648, section 10) and CRC-32C (RFC 3720, appendix B.4). */
#include "config.h"
#include "tests/tap.h"

#include "base/encode.h"

#include <stdlib.h>

int main(void)
{
	static const char *const words[][2] = {{"", ""},
					       {"f", "Zg=="},
					       {"fo", "Zm8="},
					       {"foo", "Zm9v"},
					       {"foob", "Zm9vYg=="},
					       {"fooba", "Zm9vYmE="},
					       {"foobar", "Zm9vYmFy"},
					       {"\xff\xfe", "//4="}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		char *text = encode_base64(words[i][0], strlen(words[i][0]));
		is_str(text, words[i][1], "base64");
		free(text);
	}
	unsigned char zeros[32] = {0}, ones[32];
	memset(ones, 0xff, sizeof ones);
	ok(encode_crc32c("123456789", 9) == 0xe3069283U, "the usual check value");
	ok(encode_crc32c(zeros, sizeof zeros) == 0x8a9136aaU, "32 bytes of zeros");
	ok(encode_crc32c(ones, sizeof ones) == 0x62a8ab43U, "32 bytes of ones");
	ok(encode_crc32c("", 0) == 0, "nothing");
	return tap_done();
}
