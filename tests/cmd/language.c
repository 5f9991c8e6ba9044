/* The operator's language, with locales that no system has. Real translations are read. */
#include "config.h"

#include "cmd/language.h"

#include "tests/tap.h"

#include <libintl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS "Check the path and its permissions."

/* In a child, as LANGUAGE and the locale stay changed: bit 0, the words are translated, or it is said that they cannot be; bit 1, the characters are UTF-8's. */
static int begun_with(const char *dir, const char *name, const char *value, const char *language)
{
	pid_t child = fork();
	if (!child) {
		unsetenv("LANGUAGE");
		if (language)
			setenv("LANGUAGE", language, 1);
		unsetenv("LC_ALL");
		unsetenv("LC_MESSAGES");
		unsetenv("LC_CTYPE");
		unsetenv("LANG");
		setenv(name, value, 1);
		const char *missing = language_begin(dir);
		_exit((missing ? !strcmp(missing, value) : strcmp(gettext(WORDS), WORDS) != 0) | (MB_CUR_MAX > 1) << 1);
	}
	int status = 0;
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int begun(const char *dir, const char *name, const char *value)
{
	return begun_with(dir, name, value, NULL);
}

int main(void)
{
	char dir[] = "/tmp/language-XXXXXX";
	if (!getenv("TOP_SRCDIR") || !mkdtemp(dir))
		return 99;
	char command[4096];
	snprintf(command, sizeof command, "mkdir -p '%s/de/LC_MESSAGES' && msgfmt -o '%s/de/LC_MESSAGES/%s.mo' '%s/po/de.po'",
		 dir, dir, PACKAGE, getenv("TOP_SRCDIR"));
	if (system(command)) {
		skip("a language whose locale is not there", "msgfmt is not installed or failed");
	} else {
		is_int(begun(dir, "LANG", "de_XX.UTF-8"), 3,
		       "T18: a locale that this system has not: the words are translated all the same");
		is_int(begun(dir, "LC_ALL", "de_XX.utf8@euro"), 3, "also where LC_ALL says so");
		is_int(begun_with(dir, "LANG", "de_XX.UTF-8", ""), 3, "and where LANGUAGE is set to nothing");
		is_int(begun(dir, "LANG", "de_XX"), 1, "a locale that does not say UTF-8 gets no such characters");
		is_int(begun(dir, "LANG", "xx_XX.UTF-8"), 2, "of a language that has no translation nothing is said");
		is_int(begun(dir, "LANG", "C"), 0, "C is English and bytes");
		is_int(begun(dir, "LANG", "C.UTF-8"), 2, "C.UTF-8 is English");
		is_int(begun(dir, "LANG", "/etc/passwd"), 0, "what is no locale is English");
	}
	snprintf(command, sizeof command, "rm -r '%s'", dir);
	is_int(system(command), 0, "cleaned up");
	return tap_done();
}
