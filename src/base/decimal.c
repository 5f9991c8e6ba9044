#include "config.h"
#include "base/decimal.h"

#include "base/gettext.h"

#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name of the locale in whose form numbers are asked for, as setlocale reads it; never NULL. */
static const char *asked(void)
{
	static const char *const names[] = {"LC_ALL", "LC_NUMERIC", "LANG"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return value;
	}
	return "C";
}

/* A locale without a country says nothing of it, and one that is not installed cannot: then it is that of the language which is spoken. The program's own
 * LC_NUMERIC stays C, since all that reads and writes files goes by it. */
static char sign(void)
{
	const char *name = asked();
	size_t length = strcspn(name, ".@");
	bool plain = !strncmp(name, "C", length) || !strncmp(name, "POSIX", length);
	locale_t own = plain ? (locale_t)0 : newlocale(LC_NUMERIC_MASK, name, (locale_t)0);
	/* TRANSLATORS: one and a half, written as your language does; only the sign between the digits is used */
	const char *words = _("1.5");
	char found = own ? *nl_langinfo_l(RADIXCHAR, own) : strchr(words, ',') ? ',' : '.';
	if (own)
		freelocale(own);
	return found == ',' ? ',' : '.';
}

static char *signed_so(char *number)
{
	char *point = strchr(number, '.');
	if (point)
		*point = sign();
	return number;
}

char *decimal_fixed(double value, int digits, char *into)
{
	snprintf(into, DECIMAL_SIZE, "%.*f", digits, value);
	return signed_so(into);
}

char *decimal_short(double value, char *into)
{
	snprintf(into, DECIMAL_SIZE, "%g", value);
	return signed_so(into);
}
