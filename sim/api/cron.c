/* Schedules as cron has them: five fields, each a set of numbers. */
#include "config.h"
#include "sim/api/cron.h"
#include "sim/api/shared.h"

#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define ZONES "/usr/share/zoneinfo"

static double duration(const char *text)
{
	double all = 0;
	while (isdigit((unsigned char)*text)) {
		char *unit;
		double n = strtod(text, &unit);
		all += n * (*unit == 'h' ? 3600 : *unit == 'm' ? 60 : 1);
		text = unit + (*unit != '\0');
	}
	return all;
}

/* The number of a month or day that is told by its name, whose first three letters count; -1: it is none. */
static int named(const char *text, const char *names, int low)
{
	for (int i = 0; names && names[3 * i]; i++)
		if (!strncasecmp(text, names + 3 * i, 3))
			return low + i;
	return -1;
}

/* A number or a name, and what stands behind it; -1: neither. */
static int value(const char *text, const char *names, int low, const char **end)
{
	int n = named(text, names, low);
	char *behind;
	*end = text + 3;
	if (n >= 0 || !isdigit((unsigned char)*text))
		return n;
	n = (int)strtol(text, &behind, 10);
	*end = behind;
	return n;
}

/* "1-5", "*", with "/2" behind, apart by commas; names of months and days. */
static bool field(const char *text, uint64_t *into, int low, int high, const char *names)
{
	for (;; text++) {
		int from = low, to = high, step = 1;
		const char *end = text + 1;
		char *behind;
		if (*text != '*' && *text != '?')
			from = to = value(text, names, low, &end);
		if (from < low)
			return false;
		if (*end == '-')
			to = value(end + 1, names, low, &end);
		if (to >= low && *end == '/') {
			step = (int)strtol(end + 1, &behind, 10);
			end = behind;
			to = from == to ? high : to;
		}
		if (to > high || from > to || step < 1 || (*end && *end != ','))
			return false;
		for (int i = from; i <= to; i += step)
			*into |= UINT64_C(1) << i;
		if (!*end)
			return true;
		text = end;
	}
}

static const char *standing_for(const char *text)
{
	static const char *const names[][2] = {{"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
					       {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
					       {"@hourly", "0 * * * *"}};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(text, names[i][0]))
			return names[i][1];
	return text;
}

bool cron_parse(const char *text, struct cron *c)
{
	char parts[5][80], rest[2];
	*c = (struct cron){.every = text_starts(text, "@every ") ? duration(text + 7) : 0};
	if (c->every > 0)
		return true;
	if (sscanf(standing_for(text), "%79s %79s %79s %79s %79s %1s", parts[0], parts[1], parts[2], parts[3], parts[4],
		   rest) != 5)
		return false;
	c->any_day = strchr("*?", *parts[2]) != NULL;
	c->any_weekday = strchr("*?", *parts[4]) != NULL;
	bool good = field(parts[0], &c->minute, 0, 59, NULL) && field(parts[1], &c->hour, 0, 23, NULL) &&
		    field(parts[2], &c->day, 1, 31, NULL) &&
		    field(parts[3], &c->month, 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec") &&
		    field(parts[4], &c->weekday, 0, 7, "sunmontuewedthufrisat");
	c->weekday |= c->weekday >> 7; /* Sunday is 0 and 7 */
	return good;
}

/* The grammar of App Engine's cron.yaml. */
#define CLOCK_TIME "([01]?[0-9]|2[0-3]):[0-5][0-9]"
#define ORDINAL "(1st|2nd|3rd|4th|5th|first|second|third|fourth|fifth)"
#define WEEKDAY "(mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
#define MONTH                                                                                                                  \
	"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|january|february|march|april|june|july|august|september|october|"    \
	"november|december)"
#define OF_MONTH " of (month|quarter|" MONTH "(," MONTH ")*)"
#define MONTHDAY "([1-9]|[12][0-9]|3[01])"

static bool matches(const char *text, const char *pattern)
{
	regex_t r;
	if (regcomp(&r, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB))
		return false;
	bool good = !regexec(&r, text, 0, NULL, 0);
	regfree(&r);
	return good;
}

bool cron_english(const char *text, struct cron *c)
{
	*c = (struct cron){.every = 0};
	if (matches(text,
		    "^every [1-9][0-9]* (hours?|mins?|minutes?)( synchronized| from " CLOCK_TIME " to " CLOCK_TIME ")?$")) {
		char *unit;
		double n = strtod(text + 6, &unit);
		c->every = n * (unit[1] == 'h' || unit[1] == 'H' ? 3600 : 60);
		return true;
	}
	return matches(text,
		       "^(every|" ORDINAL "(," ORDINAL ")*) (day|" WEEKDAY "(," WEEKDAY ")*)(" OF_MONTH ")? " CLOCK_TIME "$") ||
	       matches(text, "^" MONTHDAY "(," MONTHDAY ")*" OF_MONTH " " CLOCK_TIME "$");
}

/* Where days are told both ways, one of the two is enough. */
static bool is_time(const struct cron *c, const struct tm *t)
{
	bool day = c->day >> t->tm_mday & 1, weekday = c->weekday >> t->tm_wday & 1;
	return (c->minute >> t->tm_min & 1) && (c->hour >> t->tm_hour & 1) && (c->month >> (t->tm_mon + 1) & 1) &&
	       (c->any_day || c->any_weekday ? day && weekday : day || weekday);
}

double cron_next(const struct cron *c, double after, const char *zone)
{
	if (c->every > 0)
		return after + c->every;
	char *kept = getenv("TZ") ? xstrdup(getenv("TZ")) : NULL;
	time_t t = (time_t)after, found = 0;
	setenv("TZ", *zone ? zone : "UTC", 1);
	tzset();
	t += 60 - t % 60;
	for (long i = 0; i < 5L * 366 * 24 * 60 && !found; i++, t += 60) {
		struct tm parts;
		localtime_r(&t, &parts);
		if (is_time(c, &parts))
			found = t;
		else if (!(c->hour >> parts.tm_hour & 1)) /* nothing in this hour */
			t += 60 * (59 - parts.tm_min), i += 59 - parts.tm_min;
	}
	if (kept)
		setenv("TZ", kept, 1);
	else
		unsetenv("TZ");
	tzset();
	free(kept);
	return (double)found;
}

bool cron_zone_there(const char *zone)
{
	if (!strcasecmp(zone, "UTC") || !strcmp(zone, "Etc/UTC")) /* whether this machine has a table of zones or not */
		return true;
	char magic[4] = "";
	FILE *f = *zone && !strstr(zone, "..") ? fopen(sim_tmp(ZONES "/%s", zone), "rb") : NULL;
	bool there = f && fread(magic, 1, 4, f) == 4 && !memcmp(magic, "TZif", 4); /* a folder opens as well */
	if (f)
		fclose(f);
	return there || (strchr(zone, '/') && access(ZONES "/UTC", R_OK) != 0); /* without tables any may be one */
}
