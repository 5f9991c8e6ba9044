#include "config.h"
#include "base/text.h"

#include "base/gettext.h"
#include "base/mem.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
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
	size_t n = p[0] < 0x80                   ? 1
		   : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
		   : (p[0] & 0xf0) == 0xe0       ? 3
		   : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
						 : 0;
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

bool text_is_utf8(const char *text, size_t len)
{
	unsigned code;
	size_t n = 1;
	for (; len && n; text += n, len -= n)
		n = *text ? text_utf8(text, len, &code) : 0;
	return n;
}

/* Characters without a look of their own: controls of both sets, and what reorders, joins, hides or breaks text (Unicode's categories Cf, Zl, Zp
 * and its noncharacters). */
bool text_hidden(unsigned code)
{
	static const struct {
		unsigned first, last;
	} ranges[] = {
	    {0x00, 0x1f},       {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},
	    {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},     {0x8e2, 0x8e2},
	    {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},
	    {0x2060, 0x206f},   {0x3164, 0x3164},   {0xfdd0, 0xfdef},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
	    {0xfff0, 0xfffb},   {0xfffe, 0xffff},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f},
	    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
	};
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return (code & 0xfffe) == 0xfffe;
}

void text_visible(struct buf *b, const char *text, size_t len, bool lines)
{
	for (size_t n; len; text += n, len -= n) {
		unsigned code = 0;
		n = text_utf8(text, len, &code);
		bool blank = code == '\t' || code == '\r' || code == '\n';
		if (n && ((lines && code == '\n') || !text_hidden(code))) {
			buf_add(b, text, n);
			continue;
		}
		if (n && blank) { /* a line end inside a sentence, of one or two characters, is a blank */
			while (n < len && strchr("\t\r\n", text[n]) && !(lines && text[n] == '\n') && text[n])
				n++;
			if (n < len && !(lines && text[n] == '\n'))
				buf_putc(b, ' ');
			continue;
		}
		n = n ? n : 1;
		for (size_t i = 0; i < n; i++)
			buf_printf(b, "\\x%02x", (unsigned char)text[i]);
	}
}

char *text_duration(double seconds, char *into)
{
	long s = lround(seconds > 0 ? seconds : 0);
	if (s < 60)
		snprintf(into, 24, _("%ld s"), s); /* TRANSLATORS: these three are times: 45 s, 3 min 05 s, 1 h 02 min */
	else if (s < 3600)
		snprintf(into, 24, _("%ld min %02ld s"), s / 60, s % 60);
	else
		snprintf(into, 24, _("%ld h %02ld min"), s / 3600 % 100000, s % 3600 / 60);
	return into;
}

/* The word, or its first character. */
static bool text_means(const char *typed, const char *word)
{
	size_t first = 1;
	while (((unsigned char)word[first] & 0xc0) == 0x80)
		first++;
	return !strcasecmp(typed, word) || (strlen(typed) == first && !strncasecmp(typed, word, first));
}

int text_yes_no(const char *typed)
{
	if (!*typed)
		return -1;
	/* The operator's own words come first: in one language "n" may begin the word for yes. */
	if (text_means(typed, _("yes")))
		return 1;
	if (text_means(typed, _("no")))
		return 0;
	return text_means(typed, "yes") ? 1 : text_means(typed, "no") ? 0 : -1;
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

char *text_query(const char *url, const char *name)
{
	size_t len = strlen(name);
	const char *p = url + strcspn(url, "?#");
	while (*p == '?' || *p == '&') {
		const char *value = p + 1, *end = value + strcspn(value, "&#");
		if (strncmp(value, name, len) || value[len] != '=') {
			p = end;
			continue;
		}
		char *out = xstrndup(value + len + 1, (size_t)(end - value) - len - 1);
		for (char *plus = out; (plus = strchr(plus, '+'));)
			*plus = ' ';
		if (text_unpercent(out))
			return out;
		free(out);
		return NULL;
	}
	return NULL;
}

char *text_snake(const char *camel)
{
	struct buf b = {0};
	for (const char *c = camel; *c; c++) {
		bool begins = c != camel && isupper((unsigned char)*c) &&
			      (islower((unsigned char)c[1]) || !isupper((unsigned char)c[-1]));
		if (begins)
			buf_putc(&b, '_');
		buf_putc(&b, (char)tolower((unsigned char)*c));
	}
	return buf_take(&b);
}

bool text_starts(const char *text, const char *part)
{
	return !strncmp(text, part, strlen(part));
}

/* Also what resolvers read as an IP address: "2130706433", "0x7f.1". */
static bool label_is_number(const char *label, size_t len)
{
	size_t digits = strspn(label, "0123456789");
	return len && (digits >= len || (len > 1 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X')));
}

/* Where the host of a URL begins: behind its scheme, and a name and password. */
static const char *url_host(const char *url)
{
	const char *host = strstr(url, "://") ? strstr(url, "://") + strlen("://") : url;
	for (size_t i = strcspn(host, "/?#"); i-- > 0;)
		if (host[i] == '@')
			return host + i + 1;
	return host;
}

bool text_is_local_url(const char *url)
{
	static const char *const local[] = {"localhost", "localdomain", "local", "internal", "lan",
					    "home",      "intranet",    "arpa",  NULL};
	const char *host = url_host(url);
	size_t len = strcspn(host, ":/?#"), at = len;
	while (at && host[at - 1] != '.')
		at--;
	const char *last = host + at;
	bool is = !at || at == len || label_is_number(last, len - at);
	for (const char *const *l = local; !is && *l; l++)
		is = strlen(*l) == len - at && !strncasecmp(*l, last, len - at);
	return is;
}

bool text_is_loopback_url(const char *url)
{
	static const char *const names[] = {"localhost", "[::1]"};
	const char *host = url_host(url);
	size_t numbers = strspn(host, "0123456789.");
	bool is = text_starts(host, "127.") && strchr(":/?#", host[numbers]);
	for (size_t i = 0; !is && i < sizeof names / sizeof *names; i++) {
		size_t len = strlen(names[i]);
		is = !strncasecmp(host, names[i], len) && strchr(":/?#", host[len]);
	}
	return is;
}

char *text_without_login(const char *text)
{
	/* a password may hold anything, and what is quoted is malformed as like as not: all goes up to the last @ */
	const char *at = strrchr(text, '@'), *scheme = strstr(text, "://"), *quote = strchr(text, '\'');
	const char *begin = scheme && scheme < at ? scheme + strlen("://") : quote && quote < at ? quote + 1 : text;
	return at ? xasprintf("%.*s...%s", (int)(begin - text), text, at) : xstrdup(text);
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
	if (sscanf(text, "%*3[A-Za-z], %d %3[A-Za-z] %d %d:%d:%d GMT%n", &tm.tm_mday, month, &tm.tm_year, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec, &end) != 6 ||
	    !end)
		return -1;
	const char *at = strstr(months, month);
	if (!at || (at - months) % 3)
		return -1;
	tm.tm_mon = (int)(at - months) / 3;
	tm.tm_year -= 1900;
	return (double)timegm(&tm);
}
