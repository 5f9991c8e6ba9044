#include "config.h"

#include "cmd/language.h"

#include "base/mem.h"

#include <libintl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

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

static bool translated(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s/LC_MESSAGES/%s.mo", dir, name, PACKAGE);
	bool there = !access(path, R_OK);
	free(path);
	return there;
}

/* The header of a translation is the text of "", which itself has none. */
static bool words_are_found(void)
{
	return *gettext("");
}

/* The locale de_AT is asked for as "de_AT" and "de". */
static const char *words_of(const char *wanted, const char *dir)
{
	char name[32] = "";
	size_t length = strcspn(wanted, ".@");
	if (length >= sizeof name || !setlocale(LC_MESSAGES, "C.UTF-8"))
		return NULL;
	memcpy(name, wanted, length);
	const char *before = getenv("LANGUAGE");
	setenv("LANGUAGE", name, !before || !*before); /* an empty one says nothing */
	bool ours = translated(dir, name);
	name[strcspn(name, "_")] = '\0';
	ours |= translated(dir, name);
	return ours && !words_are_found() ? wanted : NULL;
}

const char *language_begin(const char *dir)
{
	characters();
	bindtextdomain(PACKAGE, dir);
	textdomain(PACKAGE);
	return setlocale(LC_MESSAGES, "") ? NULL : words_of(asked("LC_MESSAGES"), dir);
}
