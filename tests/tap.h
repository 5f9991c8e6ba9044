/* A page of TAP for C tests: ok(), is_str(), is_int(), skip(), and `return tap_done();` at the end of main. */
#ifndef MS_TESTS_TAP_H
#define MS_TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 2, 3), unused)) static bool ok(bool passed, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	fflush(stdout);
	tap_failed += !passed;
	return passed;
}

__attribute__((unused)) static bool is_str(const char *got, const char *wanted, const char *name)
{
	bool same = got && wanted ? !strcmp(got, wanted) : got == wanted;
	ok(same, "%s", name);
	if (!same)
		printf("# got:    %s\n# wanted: %s\n", got ? got : "(null)", wanted ? wanted : "(null)");
	return same;
}

__attribute__((unused)) static bool is_int(long long got, long long wanted, const char *name)
{
	bool same = ok(got == wanted, "%s", name);
	if (!same)
		printf("# got: %lld, wanted: %lld\n", got, wanted);
	return same;
}

__attribute__((unused)) static void skip(const char *name, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_count, name, why);
}

__attribute__((unused)) static int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
