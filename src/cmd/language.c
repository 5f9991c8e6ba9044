#include "config.h"

#include "cmd/language.h"

#include <libintl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What the environment says of a category, as setlocale reads it; never NULL. */
static const char *asked(const char *category)
{
	const char *names[] = {"LC_ALL", category, "LANG"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return value;
	}
	return "";
}

static void characters(void)
{
	const char *codeset = strchr(asked("LC_CTYPE"), '.');
	if (!setlocale(LC_CTYPE, "") && codeset && (!strncasecmp(codeset, ".utf8", 5) || !strncasecmp(codeset, ".utf-8", 6)))
		setlocale(LC_CTYPE, "C.UTF-8");
}

/* gettext asks LANGUAGE in every locale but "C" itself. */
static void words(void)
{
	if (setlocale(LC_MESSAGES, "") || !setlocale(LC_MESSAGES, "C.UTF-8"))
		return;
	char name[32] = "";
	const char *wanted = asked("LC_MESSAGES");
	size_t length = strcspn(wanted, ".@");
	if (length < sizeof name && !getenv("LANGUAGE"))
		setenv("LANGUAGE", memcpy(name, wanted, length), 1);
}

void language_begin(void)
{
	characters();
	words();
	bindtextdomain(PACKAGE, LOCALEDIR);
	textdomain(PACKAGE);
}
