/* The screen as text, for tests. */
#include "config.h"
#include "ui/screen_private.h"

#include <limits.h>
#include <stdlib.h>

static void dump_line(struct buf *out, int y)
{
	size_t kept = out->len;
	for (int x = 0; x < COLS;) {
		cchar_t cell;
		wchar_t c[CCHARW_MAX + 1] = {0};
		attr_t attrs;
		short pair;
		char bytes[MB_LEN_MAX * CCHARW_MAX];
		mvin_wch(y, x, &cell);
		getcchar(&cell, c, &attrs, &pair, NULL);
		size_t n = wcstombs(bytes, c, sizeof bytes);
		buf_add(out, bytes, n == (size_t)-1 ? 0 : n);
		if (c[0] != L' ')
			kept = out->len;
		int w = wcwidth(c[0]);
		x += w > 0 ? w : 1;
	}
	out->len = kept;
	if (out->data)
		out->data[kept] = '\0';
	buf_putc(out, '\n');
}

void screen_dump(struct buf *out)
{
	for (int y = 0; y < LINES; y++)
		dump_line(out, y);
	buf_printf(out, "cursor %d %d\n", screen.cursor_y, screen.cursor_x);
}
