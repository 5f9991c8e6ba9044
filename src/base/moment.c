#include "config.h"
#include "base/moment.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Seconds east of Greenwich that "Z" or "+01:00" says. */
static bool read_offset(const char *text, double *seconds)
{
	int hours = 0, minutes = 0, end = 0;
	*seconds = 0;
	if (!strcmp(text, "Z") || !strcmp(text, "z"))
		return true;
	bool fine = (*text == '+' || *text == '-') && sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &end) == 2 && end == 5 &&
		    !text[6];
	*seconds = (*text == '-' ? -1 : 1) * (hours * 60 + minutes) * 60.0;
	return fine;
}

double moment_read(const char *text)
{
	struct tm tm = {0};
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	double offset, fraction = 0;
	if (!rest)
		return -1;
	if (*rest == '.') {
		size_t digits = strspn(rest + 1, "0123456789");
		fraction = strtod(rest, NULL);
		rest += 1 + digits;
	}
	return read_offset(rest, &offset) ? (double)timegm(&tm) + fraction - offset : -1;
}
