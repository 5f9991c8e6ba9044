#include "config.h"
#include "base/err.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdlib.h>

bool err_set(struct err *e, enum exit_code exit, const char *place, const char *fix, const char *format, ...)
{
	if (!e || e->exit)
		return false;
	e->exit = exit;
	e->place = place ? xstrdup(place) : NULL;
	e->fix = fix ? xstrdup(fix) : NULL;
	va_list args;
	va_start(args, format);
	e->what = xvasprintf(format, args);
	va_end(args);
	return false;
}

char *err_text(const struct err *e)
{
	struct buf b = {0};
	if (e->place)
		buf_printf(&b, "%s: ", e->place);
	buf_puts(&b, e->what ? e->what : "");
	if (e->fix)
		buf_printf(&b, " %s", e->fix);
	return buf_take(&b);
}

void err_move(struct err *to, struct err *from)
{
	*to = *from;
	*from = (struct err){0};
}

void err_free(struct err *e)
{
	free(e->place);
	free(e->what);
	free(e->fix);
	*e = (struct err){0};
}
