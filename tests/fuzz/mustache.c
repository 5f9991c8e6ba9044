/* Fuzzes base/mustache.h: the input is an escape's number, a template, a NUL, and JSON for its data. */
#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/mustache.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *itself(const void *from, const char *name)
{
	return *name ? from : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	char *text = xstrndup((const char *)data + 1, size - 1);
	const char *json = memchr(data + 1, 0, size - 1);
	struct err e = {0};
	struct buf out = {.max = 1 << 20};
	cJSON *values = json ? json_parse(json + 1, (size_t)((const char *)data + size - json - 1), "fuzz", &e) : NULL;
	err_free(&e);
	e = (struct err){0};
	if (!mustache_render_parts("fuzz", text, itself, "{{a}}", values, data[0] % (ESCAPE_LINE + 1), data[0] & 0x80, &out,
				   &e) &&
	    !e.exit)
		abort();
	err_free(&e);
	cJSON_Delete(values);
	buf_free(&out);
	free(text);
	return 0;
}
