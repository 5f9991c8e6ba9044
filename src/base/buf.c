#include "config.h"
#include "base/buf.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_reserve(struct buf *b, size_t bytes)
{
	size_t room = b->room ? b->room : 64;
	while (room < b->len + bytes + 1)
		room *= 2;
	if (room > b->room) {
		b->data = xrealloc(b->data, room);
		b->room = room;
		b->data[b->len] = '\0';
	}
}

bool buf_add(struct buf *b, const void *data, size_t len)
{
	size_t max = b->max ? b->max : BUF_MAX;
	if (len > max || b->len > max - len) {
		b->full = true;
		return false;
	}
	buf_reserve(b, len);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return true;
}

bool buf_puts(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

bool buf_putc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

bool buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	bool ok = buf_puts(b, text);
	free(text);
	return ok;
}

const char *buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_take(struct buf *b)
{
	char *text = b->data ? b->data : xstrdup("");
	*b = (struct buf){.max = b->max};
	return text;
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->full = false;
	if (b->data)
		b->data[0] = '\0';
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){.max = b->max};
}
