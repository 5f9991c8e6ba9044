/* Escapes standard input the way argv[1] says; the test beside it reads the result back with other programs' parsers.
 * Exits 3 and says why on standard output when that kind of file cannot hold the value. */
#include "config.h"
#include "base/escape.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	static const char *const names[] = {"none", "html", "toml", "yaml", "json", "shell", "ini", "dockerfile", "line"};
	static char value[1 << 16];
	size_t len = fread(value, 1, sizeof value - 1, stdin);
	value[len] = '\0';
	for (int i = 0; argc == 2 && i < (int)(sizeof names / sizeof *names); i++) {
		if (strcmp(argv[1], names[i]))
			continue;
		struct buf out = {0};
		const char *why = escape_add((enum escape)i, value, &out);
		fputs(why ? why : buf_text(&out), stdout);
		buf_free(&out);
		return why ? 3 : 0;
	}
	return 64;
}
