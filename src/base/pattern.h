/* Patterns of the program's own, without regexec's table of 256 pointers for each state: half a megabyte for sixty-four hexadecimal digits. */
#ifndef MS_BASE_PATTERN_H
#define MS_BASE_PATTERN_H

#include <stdbool.h>

/* Does text match this pattern? It is what POSIX extended expressions and ECMA-262 have in common, in bytes whatever the locale: characters, '\' before one that
 * stands for itself, [sets] with ranges, (groups), '|', '*', '+', '?', {n}, {n,}, {n,m}, '^' and '$'. It takes time in proportion to the text, and a few
 * kilobytes until it returns. A pattern that is wrong ends the program. */
bool pattern_matches(const char *pattern, const char *text);

#endif
