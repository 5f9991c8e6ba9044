#include "config.h"
#include "base/text.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	size_t *row = xcalloc(m + 1, sizeof *row);
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	size_t d = row[m];
	free(row);
	return d;
}

const char *text_nearest(const char *word, const char *const *list)
{
	size_t len = strlen(word), best = (len > 64 ? 0 : len / 3) + 1;
	const char *found = NULL;
	for (; *list; list++) {
		if (strlen(*list) > len + best)
			continue;
		size_t d = distance(word, *list);
		if (d < best || (d == best && !found && d <= len / 3)) {
			best = d;
			found = *list;
		}
	}
	return found;
}

size_t text_utf8(const char *text, size_t left, unsigned *code)
{
	const unsigned char *p = (const unsigned char *)text;
	if (!left)
		return 0;
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
	if (!n || n > left)
		return 0;
	unsigned c = n == 1 ? p[0] : p[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fU);
	}
	if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) || (n == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	*code = c;
	return n;
}

void text_visible(struct buf *b, const char *text, size_t len, bool lines)
{
	while (len) {
		unsigned code = 0;
		size_t n = text_utf8(text, len, &code);
		bool control = n && (code < 0x20 || (code >= 0x7f && code < 0xa0)) && !(lines && code == '\n');
		if (!n || control) {
			n = n ? n : 1;
			for (size_t i = 0; i < n; i++)
				buf_printf(b, "\\x%02x", (unsigned char)text[i]);
		} else {
			buf_add(b, text, n);
		}
		text += n;
		len -= n;
	}
}

char *text_duration(double seconds, char *into)
{
	long s = lround(seconds > 0 ? seconds : 0);
	if (s < 60)
		snprintf(into, 24, "%ld s", s);
	else if (s < 3600)
		snprintf(into, 24, "%ld min %02ld s", s / 60, s % 60);
	else
		snprintf(into, 24, "%ld h %02ld min", s / 3600 % 100000, s % 3600 / 60);
	return into;
}

void text_percent(struct buf *b, const char *text, bool keep_slash)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	for (; *text; text++)
		if (strchr(unreserved, *text) || (keep_slash && *text == '/'))
			buf_putc(b, *text);
		else
			buf_printf(b, "%%%02X", (unsigned char)*text);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool text_unpercent(char *text)
{
	char *to = text;
	for (const char *p = text; *p; p++) {
		if (*p != '%') {
			*to++ = *p;
			continue;
		}
		int hi = hex_digit(p[1]), lo = hi < 0 ? -1 : hex_digit(p[2]);
		if (lo < 0 || hi * 16 + lo == 0)
			return false;
		*to++ = (char)(hi * 16 + lo);
		p += 2;
	}
	*to = '\0';
	return true;
}

bool text_starts(const char *text, const char *part)
{
	return !strncmp(text, part, strlen(part));
}

bool text_ends(const char *text, const char *part)
{
	size_t n = strlen(text), m = strlen(part);
	return n >= m && !strcmp(text + n - m, part);
}

char *text_rfc3339(double when, int decimals, char *into)
{
	double scale = pow(10, decimals);
	long long units = llround(when * scale);
	time_t whole = (time_t)(units / (long long)scale);
	long long fraction = units % (long long)scale;
	struct tm tm;
	gmtime_r(&whole, &tm);
	size_t n = strftime(into, 40, "%Y-%m-%dT%H:%M:%S", &tm);
	if (decimals)
		n += (size_t)snprintf(into + n, 40 - n, ".%0*lld", decimals, fraction);
	snprintf(into + n, 40 - n, "Z");
	return into;
}

/* strptime is of no use here: it reads the names of months in the operator's language. */
double text_http_date(const char *text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char month[4];
	struct tm tm = {0};
	int end = 0;
	if (sscanf(text, "%*3[A-Za-z], %d %3[A-Za-z] %d %d:%d:%d GMT%n", &tm.tm_mday, month, &tm.tm_year, &tm.tm_hour, &tm.tm_min,
		   &tm.tm_sec, &end) != 6 || !end)
		return -1;
	const char *at = strstr(months, month);
	if (!at || (at - months) % 3)
		return -1;
	tm.tm_mon = (int)(at - months) / 3;
	tm.tm_year -= 1900;
	return (double)timegm(&tm);
}
