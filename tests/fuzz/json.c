/* Fuzzes base/json.h: what is accepted is written and read back as the same value. */
#include "config.h"
#include "base/json.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	cJSON *once = json_parse((const char *)data, size, "fuzz", &e);
	if (once) {
		struct buf text = {0};
		json_write(&text, once, 0);
		cJSON *twice = json_parse(buf_text(&text), text.len, "fuzz", &e);
		if (!twice || !json_equal(once, twice))
			abort();
		cJSON_Delete(twice);
		buf_free(&text);
	}
	cJSON_Delete(once);
	err_free(&e);
	return 0;
}
