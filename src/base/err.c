#include "config.h"
#include "base/err.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/outside.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static char *through_door(const char *text, bool lines)
{
	struct buf b = {0};
	outside_text(&b, text, strlen(text), lines, 0);
	return buf_take(&b);
}

/* A sentence that quotes another has that one's full stop too. */
static void one_full_stop(char *what)
{
	size_t n = strlen(what);
	bool twice = n > 2 && what[n - 1] == '.' && strchr(".!?", what[n - 2]) && !(what[n - 2] == '.' && what[n - 3] == '.');
	if (twice)
		what[n - 1] = '\0';
}

static void set(struct err *e, enum exit_code exit, const char *place, const char *fix, const char *format, va_list args)
{
	e->exit = exit;
	e->place = place ? through_door(place, false) : NULL;
	e->fix = fix ? through_door(fix, false) : NULL;
	char *what = xvasprintf(format, args);
	e->what = through_door(what, false);
	one_full_stop(e->what);
	free(what);
}

bool err_set(struct err *e, enum exit_code exit, const char *place, const char *fix, const char *format, ...)
{
	if (!e || e->exit)
		return false;
	va_list args;
	va_start(args, format);
	set(e, exit, place, fix, format, args);
	va_end(args);
	return false;
}

void err_set_place(struct err *e, const char *place)
{
	if (!e->place)
		e->place = through_door(place, false);
}

bool err_set_lines(struct err *e, enum exit_code exit, const char *lines)
{
	if (e && !e->exit) {
		e->exit = exit;
		e->what = through_door(lines, true);
	}
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
