/* Numbers with a fraction, in the operator's form. */
#include "config.h"
#include "base/decimal.h"
#include "tests/tap.h"
#include "tests/ui/translation.h"

#include <unistd.h>

#define GERMAN                                                                                                                 \
	"printf '%s\\n' 'msgid \"\"' 'msgstr \"Content-Type: text/plain; charset=UTF-8\\n\"' '' 'msgid \"1.5\"' 'msgstr "      \
	"\"1,5\"' "                                                                                                            \
	">\"$dir/words.po\""
/* A locale as the system's of Germany, and one as Switzerland's. */
#define LOCALE(name, sign)                                                                                                     \
	"printf '%s\\n' LC_CTYPE 'copy \"POSIX\"' 'END LC_CTYPE' LC_NUMERIC 'decimal_point \"" sign                            \
	"\"' 'thousands_sep \"\"' 'grouping -1' 'END LC_NUMERIC' >\"$dir/" name ".src\"; localedef -c -i \"$dir/" name         \
	".src\" -f UTF-8 \"$dir/" name ".UTF-8\" 2>/dev/null; test -d \"$dir/" name ".UTF-8\""

/* glibc's newlocale (2.36) does not free its copy of LOCPATH, which only this test sets. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:__argz_add_sep\n";
}

static const char *price(double value)
{
	static char into[DECIMAL_SIZE];
	return decimal_fixed(value, 2, into);
}

int main(void)
{
	char into[DECIMAL_SIZE], dir[] = "/tmp/decimal.XXXXXX";
	setenv("LC_ALL", "C.UTF-8", 1);
	setlocale(LC_ALL, "C");
	is_str(price(0.8), "0.80", "a price in English");
	is_str(decimal_short(2, into), "2", "a whole number has no sign");
	if (!mkdtemp(dir))
		return 1;
	bool spoken = translation_load(dir, "xx", GERMAN);
	if (!spoken)
		skip("the sign of the language", "no msgfmt, or no locale that words are translated in");
	else
		is_str(price(51.385), "51,38", "the sign is the language's where the locale says none");
	setenv("LC_ALL", "xx_YY.UTF-8", 1);
	if (spoken)
		is_str(decimal_short(0.5, into), "0,5", "and where it is not installed");
	setenv("LOCPATH", dir, 1);
	if (!translation_command(LOCALE("comma", ","), dir, "") || !translation_command(LOCALE("point", "."), dir, "")) {
		skip("the sign of the locale", "localedef makes none");
	} else {
		setenv("LC_ALL", "point.UTF-8", 1);
		is_str(price(0.8), "0.80", "a locale's own sign outweighs the language's");
		setenv("LC_ALL", "", 1);
		setenv("LC_NUMERIC", "comma.UTF-8", 1);
		is_str(price(0.8), "0,80", "it is LC_NUMERIC's");
	}
	snprintf(into, sizeof into, "%.1f", 1.5);
	is_str(into, "1.5", "what the program writes elsewhere keeps its point");
	translation_command("rm -r \"$dir\"", dir, "");
	return tap_done();
}
