/* TOML, as much as a flat configuration has: strings, numbers, booleans, arrays, comments. */
#include "config.h"
#include "sim/front/toml.h"

#include "base/buf.h"
#include "sim/core/core.h"

#include <stdlib.h>
#include <string.h>

void toml_blank(struct toml *t, bool lines)
{
	for (;; t->p++) {
		if (*t->p == '#')
			while (t->p[1] && t->p[1] != '\n')
				t->p++;
		else if (*t->p == '\n' && lines)
			t->line++;
		else if (*t->p != ' ' && *t->p != '\t' && *t->p != '\r')
			return;
	}
}

static void add_utf8(struct buf *b, unsigned long code)
{
	if (code < 0x80)
		buf_putc(b, (char)code);
	else if (code < 0x800)
		buf_printf(b, "%c%c", (char)(0xc0 | code >> 6), (char)(0x80 | (code & 0x3f)));
	else
		buf_printf(b, "%c%c%c", (char)(0xe0 | (code >> 12 & 0xf)), (char)(0x80 | (code >> 6 & 0x3f)),
			   (char)(0x80 | (code & 0x3f)));
}

/* What a backslash in a basic string stands for; false when it is nothing. */
static bool toml_escape(struct toml *t, struct buf *b)
{
	static const char from[] = "bntfr\"\\", to[] = "\b\n\t\f\r\"\\";
	const char *known = t->p[1] ? strchr(from, t->p[1]) : NULL;
	if (known) {
		buf_putc(b, to[known - from]);
		t->p += 2;
		return true;
	}
	size_t digits = t->p[1] == 'u' ? 4 : t->p[1] == 'U' ? 8 : 0;
	if (!digits || strspn(t->p + 2, "0123456789abcdefABCDEF") < digits)
		return false;
	add_utf8(b, strtoul(sim_tmp("%.*s", (int)digits, t->p + 2), NULL, 16));
	t->p += 2 + digits;
	return true;
}

/* Basic and literal strings, on one line or between triple quotes. */
static cJSON *toml_string(struct toml *t)
{
	char quote = *t->p;
	bool many = t->p[1] == quote && t->p[2] == quote;
	size_t width = many ? 3 : 1;
	const char close[4] = {quote, many ? quote : '\0', quote, '\0'};
	struct buf b = {0};
	bool good = true;
	for (t->p += width, t->p += many && *t->p == '\n'; good && *t->p && strncmp(t->p, close, width);) {
		if (*t->p == '\n' && !many)
			break;
		t->line += *t->p == '\n';
		if (quote == '"' && *t->p == '\\')
			good = toml_escape(t, &b);
		else
			buf_putc(&b, *t->p++);
	}
	cJSON *node = good && !strncmp(t->p, close, width) ? cJSON_CreateString(buf_text(&b)) : NULL;
	t->p += node ? width : 0;
	buf_free(&b);
	return node;
}

cJSON *toml_value(struct toml *t)
{
	if (*t->p == '"' || *t->p == '\'')
		return toml_string(t);
	if (*t->p == '[') {
		cJSON *array = cJSON_CreateArray();
		t->p++;
		for (toml_blank(t, true); *t->p && *t->p != ']'; toml_blank(t, true)) {
			cJSON *item = *t->p == '[' ? NULL : toml_value(t);
			if (!item)
				break;
			cJSON_AddItemToArray(array, item);
			toml_blank(t, true);
			if (*t->p == ',')
				t->p++;
			else if (*t->p != ']')
				break;
		}
		if (*t->p == ']') {
			t->p++;
			return array;
		}
		cJSON_Delete(array);
		return NULL;
	}
	size_t len = strcspn(t->p, " \t\r\n#,]");
	const char *word = sim_tmp("%.*s", (int)len, t->p);
	char *end;
	double n = strtod(word, &end);
	bool truth = !strcmp(word, "true") || !strcmp(word, "false");
	if (!truth && (end == word || *end))
		return NULL;
	t->p += len;
	return truth ? cJSON_CreateBool(*word == 't') : cJSON_CreateNumber(n);
}
