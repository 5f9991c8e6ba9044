/* Loads a translation of po/ in a test, whatever locales the system has. */
#ifndef MS_TESTS_UI_TRANSLATION_H
#define MS_TESTS_UI_TRANSLATION_H

#include <libintl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static bool translation_command(const char *format, const char *dir, const char *language)
{
	char command[4096];
	snprintf(command, sizeof command, "dir='%s' language='%s'; %s", dir, language, format);
	return !system(command);
}

/* From glibc 2.37 on no words are translated in C.UTF-8: a locale of another name is made of the same rules. */
static bool translation_found(const char *dir)
{
	if (*gettext("") ||
	    !translation_command(
		"localedef -c -i POSIX -f UTF-8 \"$dir/words.UTF-8\" 2>/dev/null; test -d \"$dir/words.UTF-8\"", dir, ""))
		return *gettext("");
	setenv("LOCPATH", dir, 1);
	setlocale(LC_MESSAGES, "words.UTF-8");
	return *gettext("");
}

/* The rest of this process speaks language, from dir/LANGUAGE/LC_MESSAGES; make is a shell command that writes po/LANGUAGE.po of the sources, or what
 * is made of it, to $dir/words.po. False where the tools for it, or the system's locales, are not there. */
__attribute__((unused)) static bool translation_load(const char *dir, const char *language, const char *make)
{
	if (!translation_command(make, dir, language) ||
	    !translation_command("mkdir -p \"$dir/$language/LC_MESSAGES\" && msgfmt -o \"$dir/$language/LC_MESSAGES/" PACKAGE
				 ".mo\" \"$dir/words.po\" && rm \"$dir/words.po\"",
				 dir, language))
		return false;
	setenv("LANGUAGE", language, 1);
	bindtextdomain(PACKAGE, dir);
	textdomain(PACKAGE);
	return translation_found(dir);
}

#endif
