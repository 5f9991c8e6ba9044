#include "config.h"
#include "base/moment.h"
#include "base/text.h"
#include "tests/tap.h"

#include <stdlib.h>

static void dates(void)
{
	char at[40];
	is_int((long long)text_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777, "an HTTP date");
	ok(text_http_date("06 Nov 1994") < 0 && text_http_date("Sun, 06 Nev 1994 08:49:37 GMT") < 0, "what is none");
	is_str(text_rfc3339(784111777.25, 3, at), "1994-11-06T08:49:37.250Z", "RFC 3339");
	ok(moment_read("1994-11-06T08:49:37.250Z") == 784111777.25 && moment_read("1994-11-06T09:49:37+01:00") == 784111777 &&
	       moment_read("1994-11-06T03:19:37-05:30") == 784111777,
	   "read again, with an offset to either side");
	ok(moment_read(NULL) < 0 && moment_read("1994-11-06T08:49:37") < 0 && moment_read("1994-11-06T08:49:37+1:00") < 0 &&
	       moment_read("1994-11-06T08:49:37Zz") < 0 && moment_read("soon") < 0,
	   "what is no such time");
	ok(text_yes_no("yes") == 1 && text_yes_no("Y") == 1 && text_yes_no("NO") == 0 && text_yes_no("n") == 0 &&
	       text_yes_no("") < 0 && text_yes_no("yesterday") < 0,
	   "yes and no, whole or by their letter");
	is_str(text_duration(125, at), "2 min 05 s", "a duration");
}

static void words(void)
{
	const char *const list[] = {"region", "target", "apply", NULL};
	is_str(text_nearest("regoin", list), "region", "letters swapped");
	is_str(text_nearest("aply", list), "apply", "one missing");
	ok(!text_nearest("zzzzzz", list), "nothing near");
	struct buf b = {0};
	text_visible(&b, "a\x1b[31m\xff\xc3\xa9\n", 10, false);
	is_str(buf_text(&b), "a\\x1b[31m\\xff\xc3\xa9", "escapes and broken UTF-8 are made visible");
	buf_clear(&b);
	static const char tricks[] = "a\xc2\x9b\x32J\xe2\x80\xae\xe2\x81\xa6x\xef\xbb\xbf\xf3\xa0\x81\x81\r\nToken\tb";
	text_visible(&b, tricks, strlen(tricks), false);
	is_str(buf_text(&b), "a\\xc2\\x9b2J\\xe2\\x80\\xae\\xe2\\x81\\xa6x\\xef\\xbb\\xbf\\xf3\\xa0\\x81\\x81 Token b",
	       "S5: C1, bidi, isolates, the byte order mark and tags are made visible, line ends and tabs are blanks");
	buf_clear(&b);
	text_visible(&b, "a\r\nb\n\n\tc", 8, true);
	is_str(buf_text(&b), "a\nb\n\n c", "S5: where lines are meant, they stay");
	buf_clear(&b);
	text_percent(&b, "a b/c%", true);
	is_str(buf_text(&b), "a%20b/c%25", "percent-encoded");
	char back[] = "a%20b%2Fc";
	ok(text_unpercent(back) && !strcmp(back, "a b/c"), "and decoded");
	char bad[] = "a%2", nul[] = "%00";
	ok(!text_unpercent(bad) && !text_unpercent(nul), "malformed sequences and NUL are refused");
	buf_free(&b);
}

static void snakes(void)
{
	static const char *const names[][2] = {{"ipv4Enabled", "ipv4_enabled"},
					       {"enableCDN", "enable_cdn"},
					       {"IPProtocol", "ip_protocol"},
					       {"name", "name"},
					       {"", ""}};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *snake = text_snake(names[i][0]);
		is_str(snake, names[i][1], "a name in camel case in small letters");
		free(snake);
	}
}

static void queries(void)
{
	static const struct {
		const char *url, *value;
	} rows[] = {
	    {"https://id.example/auth?a=1", "1"},
	    {"https://id.example/auth?xa=2&a=1&a=3", "1"},
	    {"https://id.example/auth?ab=2&a=b%20c+d", "b c d"},
	    {"https://id.example/auth?a=", ""},
	    {"https://id.example/auth?a", NULL},
	    {"https://id.example/auth?b=1#a=1", NULL},
	    {"https://id.example/a=1", NULL},
	    {"https://id.example/auth?a=%zz", NULL},
	    {"?a=1#x", "1"},
	    {"", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *value = text_query(rows[i].url, "a");
		ok(rows[i].value ? value && !strcmp(value, rows[i].value) : !value, "%s: %s", rows[i].url,
		   value ? value : "none");
		free(value);
	}
}

static void urls(void)
{
	static const struct {
		const char *url;
		bool local, loopback;
	} rows[] = {
	    {"https://id.example.com/realms/ml", false, false},
	    {"https://127.example.com/", false, false},
	    {"https://localhost.example.com:8443", false, false},
	    {"https://example.com/@localhost", false, false},
	    {"http://localhost:8080/x", true, true},
	    {"https://LOCALHOST", true, true},
	    {"https://127.0.0.1:6443", true, true},
	    {"https://127.8.9.1?x", true, true},
	    {"https://[::1]:6443/api", true, true},
	    {"https://10.0.0.1/", true, false},
	    {"https://2130706433/", true, false},
	    {"https://a.0x7f/", true, false},
	    {"https://metadata.google.internal/", true, false},
	    {"https://keycloak/", true, false},
	    {"https://id.example.com:x@169.254.169.254/token", true, false},
	    {"https://id.example.com@localhost/token", true, true},
	    {"https:///token", true, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ok(text_is_local_url(rows[i].url) == rows[i].local && text_is_loopback_url(rows[i].url) == rows[i].loopback,
		   "%s: %s", rows[i].url,
		   rows[i].loopback ? "this machine"
		   : rows[i].local  ? "near"
				    : "public");
}

static void logins(void)
{
	static const char *const rows[][2] = {
	    {"Unsupported proxy syntax in 'http://ann:s3cr:t/@x@host:abc'",
	     "Unsupported proxy syntax in 'http://...@host:abc'"},
	    {"Unsupported proxy syntax in 'ann:it's@host:abc'", "Unsupported proxy syntax in '...@host:abc'"},
	    {"ann:s3cret@host", "...@host"},
	    {"Could not resolve proxy: host", "Could not resolve proxy: host"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *text = text_without_login(rows[i][0]);
		ok(!strcmp(text, rows[i][1]), "who signs in to a proxy is not said: %s", text);
		free(text);
	}
}

int main(void)
{
	dates();
	words();
	snakes();
	queries();
	urls();
	logins();
	return tap_done();
}
