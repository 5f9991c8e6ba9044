#include "config.h"
#include "gcp/cloud_log.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { LINES_MOST = 40 };

void cloud_log_ask(const char *project, const char *filter, struct call *out)
{
	char *name = xasprintf("projects/%s", project);
	call_set(
	    out, DIALECT_NONE, "POST",
	    json_make("{'resourceNames':[%s],'filter':%s,'orderBy':'timestamp desc','pageSize':%d}", name, filter, LINES_MOST),
	    "https://logging.googleapis.com/v2/entries:list");
	free(name);
}

/* Entries of requests have no text: they tell of who asked, not of the server. */
static const char *text_of(const cJSON *entry)
{
	return json_str(entry, "textPayload", json_str(entry, "jsonPayload.message", ""));
}

char *cloud_log_told(const struct view *v, cJSON *notes, int turn, const cJSON *reply, const char *whole)
{
	(void)v;
	(void)notes;
	(void)turn;
	(void)whole;
	const cJSON *entries = json_at(reply, "entries");
	struct buf out = {0};
	for (int i = cJSON_GetArraySize(entries) - 1; i >= 0; i--) {
		const char *text = text_of(cJSON_GetArrayItem(entries, i));
		size_t len = strlen(text);
		while (len && text[len - 1] == '\n')
			len--;
		if (len)
			buf_printf(&out, "%.*s\n", (int)len, text);
	}
	return out.len ? buf_take(&out) : NULL;
}
