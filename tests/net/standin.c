/* What is not written down, however it is packed: bodies as a cloud, a proxy or a person might say them. */
#include "config.h"

#include "net/standin_inside.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "tests/tap.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A body as the recorder has it: JSON or a text. The result is as it is written. */
static char *written(struct standins *s, const char *body)
{
	cJSON *tree = cJSON_ParseWithOpts(body, NULL, 1);
	if (!tree)
		tree = cJSON_CreateString(body);
	struct buf b = {0};
	standins_tree(s, tree);
	json_write(&b, tree, -1);
	standins_replace(s, &b);
	cJSON_Delete(tree);
	return buf_take(&b);
}

static char *quoted(const char *text, int times)
{
	char *now = xstrdup(text);
	while (times--) {
		struct buf b = {0};
		json_write_string(&b, now, strlen(now));
		free(now);
		now = buf_take(&b);
	}
	return now;
}

static char *in_base64(const char *text, int times)
{
	char *now = xstrdup(text);
	while (times--) {
		char *next = encode_base64(now, strlen(now));
		free(now);
		now = next;
	}
	return now;
}

/* Short ones too: what stands in a secret's place is one, however few letters it has. */
static void test_bodies(void)
{
	static const struct {
		const char *name, *body;
	} rows[] = {
	    {"a token with what is said of it", "{\"token\":{\"value\":\"hunter2\",\"type\":\"x\"}}"},
	    {"a list of objects", "{\"password\":[{\"a\":[\"hunter2\"]},{\"b\":{\"c\":\"x-hunter2-hunter2\"}}]}"},
	    {"JSON in JSON", "{\"a\":\"{\\\"password\\\":\\\"hunter2\\\"}\"}"},
	    {"JSON in JSON in JSON", "{\"a\":\"{\\\"b\\\":\\\"{\\\\\\\"password\\\\\\\":\\\\\\\"hunter2\\\\\\\"}\\\"}\"}"},
	    {"JSON behind a blank", "{\"a\":\"  {\\\"password\\\":\\\"hunter2\\\"}\"}"},
	    {"JSON amid words", "{\"message\":\"refused: {\\\"client_secret\\\":\\\"hunter2\\\"} is wrong\"}"},
	    {"JSON that was cut in its value",
	     "{\"message\":\"invalid: {\\\"user\\\":\\\"u\\\",\\\"password\\\":\\\"Xq7-hunter2-and-mo\"}"},
	    {"a body that was cut", "{\"user\":\"u\",\"password\":\"hunter2"},
	    {"a list that was cut", "{\"user\":\"u\",\"tokens\":{},\"privateKey\":[\"a-hunter2\",\"hunter2"},
	    {"a Kubernetes secret that was cut", "{\"kind\":\"Secret\",\"data\":{\"k\":\"hunter2hunter2\",\"l\":\"hunter2"},
	    {"a variable that was cut", "[{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2\"},{\"name\":"},
	    {"a number", "{\"clientSecret\":\"x\",\"message\":\"{'password': 42hunter2, 'x': 1\"}"},
	    {"Python's", "{\"message\":\"{'user': 'u', 'password': 'hunter2'}\"}"},
	    {"quoted again in words",
	     "{\"message\":\"got \\\"{\\\\\\\"password\\\\\\\": \\\\\\\"hunter2\\\\\\\"}\\\" there\"}"},
	    {"a quote within", "{\"message\":\"got {\\\"password\\\":\\\"ab\\\\\\\"hunter2\\\"} there\"}"},
	    {"a bearer amid words", "{\"message\":\"{\\\"authorization\\\":\\\"Bearer hunter2\\\"\"}"},
	    {"a person, escaped", "{\"message\":\"for o.hunter2\\\\u0040corp.example.com\"}"},
	    {"a person, escaped twice", "{\"message\":\"for o.hunter2\\\\\\\\u0040corp.example.com\"}"},
	    {"a text of percents cut within an escape", "{\"message\":\"GET /x?q%3D1%26password%3Dhunter2hunter2%2\"}"},
	    {"a key longer than most",
	     "{\"aVariableOfAnApplicationWhoseNameSaysAllThatThereIsToSayOfThePassword\":\"hunter2hunter2\"}"},
	    {"a list where a Secret's keys should be", "{\"kind\":\"Secret\",\"data\":[\"aHVudGVyMmh1bnRlcjI=\"]}"},
	    {"a person in percents twice", "{\"message\":\"x=o.hunter2%2540corp.example.com\"}"},
	    {"a part of a form", "--b1\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nhunter2\r\n--b1--\r\n"},
	    {"a file of a form",
	     "--b1\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n{\"token\":\"hunter2\"}\r\n--b1--"},
	    {"a part with line feeds",
	     "\n--b1\nContent-Disposition: form-data; name=api_key\n\nhunter2\n--b1\nX: y\n\npassword\n--b1--"},
	    {"a part without an end", "--b1\r\nContent-Disposition: form-data; name=\"id_token\"\r\n\r\nhunter2"},
	    {"a form in a text", "{\"form\":\"a=b&client_secret=Xq7-hunter2\"}"},
	    {"YAML", "{\"file\":\"users:\\n- name: u\\n  password: Xq7-hunter2\\n\"}"},
	    {"what stands behind a NUL", "{\"a\":\"{\\\"a\\\":\\\"x\\\\u0000hunter2\\\"}\"}"},
	    {"who is told of by a log",
	     "{\"textPayload\":\"INFO: 203.0.113.77:51034 - \\\"GET / HTTP/1.1\\\" 200\",\"hunter\":1}"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct standins *s = standins_new();
		char *text = written(s, rows[i].body);
		ok(!strstr(text, "hunter2") && !strstr(text, "203.0.113.77"), "%s: %s", rows[i].name, text);
		free(text);
		standins_free(s);
	}
}

/* The same packed in one another, as deep as it is looked and deeper. */
static void test_depths(void)
{
	static const char body[] = "{\"password\":\"hunter2\",\"of\":\"o.hunter2@corp.example.com\"}";
	for (int times = 1; times <= 12; times++) {
		char *json = quoted(body, times), *coded = in_base64(body, times), *end = in_base64("hunter2", 1);
		cJSON *tree = json_make("{'a':%s,'b':%s}", json, coded);
		char *whole = json_text(tree, -1);
		struct standins *s = standins_new();
		char *text = written(s, whole);
		cJSON *back = cJSON_Parse(text);
		char *left = xstrdup(json_str(back, "b", ""));
		for (int i = 0; i < times; i++) {
			char *next = decode_base64(left);
			free(left);
			left = next ? next : xstrdup("");
		}
		ok(!strstr(text, "hunter2") && !strstr(left, "hunter2"), "packed %d times", times);
		free(left);
		cJSON_Delete(back);
		free(text);
		standins_free(s);
		free(whole);
		cJSON_Delete(tree);
		free(end);
		free(coded);
		free(json);
	}
}

/* {"password":"hunter2"} by gzip, and a text without a secret. */
static void test_gzip(void)
{
	static const char secret[] = "H4sIAAAAAAACA6tWKkgsLi7PL0pRslLKKM0rUqoFALPZbSUWAAAA",
			  innocent[] = "H4sIAAAAAAACA8tIzcnJVyguScxLSSxKAQBTcb3dDgAAAA==",
			  cut[] = "H4sIAAAAAAACA6tWKkgsLi7PL0pRslLKKM0r";
	struct standins *s = standins_new();
	cJSON *body = json_make("{'a':%s,'b':%s,'c':%s}", secret, innocent, cut);
	char *said = json_text(body, -1), *text = written(s, said);
	cJSON *now = cJSON_Parse(text);
	ok(!strstr(text, "H4sIAAAAAAACA6tWKkgs"), "a secret in what gzip packed, or what cannot be unpacked: %s", text);
	is_str(json_str(now, "b", ""), innocent, "what has none in it stays");
	cJSON_Delete(now);
	free(text);
	free(said);
	cJSON_Delete(body);
	standins_free(s);
}

/* Where people come from has a stand-in of its own kind; what things are called by stays. */
static void test_hosts(void)
{
	static const struct {
		const char *body, *want;
	} rows[] = {
	    {"{\"callerIp\":\"203.0.113.77\"}", "{\"callerIp\":\"198.18.0.1\"}"},
	    {"{\"httpRequest\":{\"remoteIp\":\"2001:4860::7\"}}", "{\"httpRequest\":{\"remoteIp\":\"198.18.0.1\"}}"},
	    {"{\"message\":\"X-Forwarded-For: 203.0.113.77, 10.0.0.1\"}",
	     "{\"message\":\"X-Forwarded-For: 198.18.0.1, 10.0.0.1\"}"},
	    {"{\"message\":\"203.0.113.77 - - [x]\"}", "{\"message\":\"198.18.0.1 - - [x]\"}"},
	    {"{\"value\":\"203.0.113.77/32\"}", "{\"value\":\"198.18.0.1/32\"}"},
	    {"{\"kind\":\"sql#aclEntry\",\"value\":\"203.0.113.77\"}", "{\"kind\":\"sql#aclEntry\",\"value\":\"198.18.0.1\"}"},
	    {"{\"sourceRanges\":[\"203.0.113.77/32\",\"35.235.240.0/20\"]}",
	     "{\"sourceRanges\":[\"198.18.0.1/32\",\"35.235.240.0/20\"]}"},
	    {"{\"ip\":\"203.0.113.77\",\"userAgent\":\"x\"}", "{\"ip\":\"198.18.0.1\",\"userAgent\":\"x\"}"},
	    {"{\"ipAddress\":\"203.0.113.77\",\"ip\":\"10.1.2.3\"}", "{\"ip\":\"10.1.2.3\",\"ipAddress\":\"203.0.113.77\"}"},
	    {"{\"remoteIp\":\"10.1.2.3\",\"time\":\"12:34:56 - x\"}", "{\"remoteIp\":\"10.1.2.3\",\"time\":\"12:34:56 - x\"}"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct standins *s = standins_new();
		char *text = written(s, rows[i].body), *again = written(s, text);
		is_str(text, rows[i].want, rows[i].body);
		is_str(again, text, "and what was replaced stays");
		free(again);
		free(text);
		standins_free(s);
	}
}

/* What only looks like a secret's place is left alone. */
static void test_innocent(void)
{
	static const char *const rows[] = {
	    "{\"nextPageToken\":\"abc\",\"passwordSecretRef\":{\"name\":\"x\"}}",
	    "{\"password\":{\"valueFrom\":\"projects/p/secrets/s/versions/1\",\"type\":\"x\"}}",
	    "{\"message\":\"Invalid password: it must be longer. Token: expired, 50% of \\\\d+ at 12:00\"}",
	    "{\"a\":\"{\\\"b\\\": [1, 2.50],  \\\"c\\\":\\\"d\\\"}\"}",
	    "{\"a\":\"--b1\\r\\nX: y\\r\\n\\r\\nbody\\r\\n--b1--\\r\\n\"}",
	    "{\"cert\":\"-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n\"}"};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct standins *s = standins_new();
		char *text = written(s, rows[i]);
		cJSON *was = cJSON_Parse(rows[i]), *now = cJSON_Parse(text);
		ok(json_equal(was, now), "stays: %s", text);
		cJSON_Delete(was);
		cJSON_Delete(now);
		free(text);
		standins_free(s);
	}
}

/* What would take for ever is hidden instead. */
static void test_bombs(void)
{
	static const char *const units[] = {"%2525252525", "\\\\\\\\", "a:\\\"", "--x\n\n", "1:", "{\"a\":\""};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		struct buf b = {0};
		struct standins *s = standins_new();
		while (b.len < 256 << 10)
			buf_puts(&b, units[i]);
		clock_t began = clock();
		free(written(s, buf_text(&b)));
		double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
		ok(seconds < 20, "a quarter of a megabyte of %s: %.2f s", units[i], seconds);
		standins_free(s);
		buf_free(&b);
	}
}

/* The forms that are looked for, said otherwise; the group is the secret. In the order in which they are looked for. */
static const char *const forms[] = {
    "(eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{4,}\\.[A-Za-z0-9_-]*)",
    "(ya29\\.[A-Za-z0-9._-]{6,})",
    "(GOCSPX-[A-Za-z0-9_-]{4,})",
    "(1//0[A-Za-z0-9_-]{10,})",
    "(AIza[A-Za-z0-9_-]{20,})",
    "(gh[opsu]_[A-Za-z0-9]{30,})",
    "(github_pat_[A-Za-z0-9_]{30,})",
    "(AKIA[0-9A-Z]{16})",
    "(xox[abprs]-[A-Za-z0-9-]{20,})",
    "[?&]access_token=([A-Za-z0-9._~%+-]{8,})",
    "[Pp]assword=([A-Za-z0-9._~%+!*-]{8,})",
    "client_secret=([A-Za-z0-9._~%+-]{8,})",
    "[Aa][Pp][Ii]-[Kk]ey: *([A-Za-z0-9._~+/=-]{8,})",
    "[[:space:]]token: +([A-Za-z0-9._~+/=-]{16,})",
    "[Bb]earer +([A-Za-z0-9._~+/=-]{8,})",
    "://[^/:@[:space:]\"]+:([^/@[:space:]\"]{1,})@",
    "(-----BEGIN [A-Z ]*PRIVATE KEY-----[^\"]*-----END [A-Z ]*PRIVATE KEY-----)",
};
enum { FORMS = sizeof forms / sizeof *forms };

static void add_found(void *arg, const char *at, size_t len)
{
	buf_add(arg, at, len);
	buf_putc(arg, '\n');
}

static void add_nothing(void *arg, const char *at, size_t len)
{
	(void)at;
	*(size_t *)arg += len;
}

static char *found_by_forms(const regex_t *all, const char *text)
{
	struct buf b = {0};
	regmatch_t m[2];
	buf_puts(&b, "found: ");
	for (size_t i = 0; i < FORMS; i++)
		for (const char *p = text; *p && !regexec(&all[i], p, 2, m, 0); p += m[1].rm_eo)
			add_found(&b, p + m[1].rm_so, (size_t)(m[1].rm_eo - m[1].rm_so));
	return buf_take(&b);
}

/* What each form is made of, and what nearly is: texts drawn of these, from a seed. */
static const char *const pieces[] = {"eyJ",
				     "abcdefgh",
				     ".",
				     "abcd",
				     "-",
				     "_",
				     "ya29.",
				     "GOCSPX-",
				     "1//0",
				     "AIza",
				     "ghp_",
				     "ghx_",
				     "github_pat_",
				     "AKIA",
				     "ABCDEFGHIJ",
				     "012345",
				     "xoxb-",
				     "xoxc-",
				     "?access_token=",
				     "&access_token=",
				     "password=",
				     "Password=",
				     "client_secret=",
				     "Api-Key:",
				     "aPI-key:",
				     " ",
				     "\n",
				     "token:",
				     "\ttoken:",
				     "bearer",
				     "Bearer ",
				     "://",
				     ":",
				     "@",
				     "/",
				     "\"",
				     "-----",
				     "-----BEGIN ",
				     "PRIVATE KEY",
				     "RSA PRIVATE KEY-----",
				     "-----END ",
				     "-----END PRIVATE KEY-----",
				     "-----BEGIN PRIVATE KEY-----",
				     "[",
				     "]",
				     "%",
				     "!*",
				     "\xc3\xa9",
				     "aVeryLongWordOfThirtyLettersAndMore"};
enum { PIECES = sizeof pieces / sizeof *pieces, DRAWN = 20000 };

static void test_shapes(void)
{
	regex_t all[FORMS];
	unsigned seed = 7, bad = 0, hits = 0;
	for (size_t i = 0; i < FORMS; i++)
		ok(!regcomp(&all[i], forms[i], REG_EXTENDED), "form: %s", forms[i]);
	for (int n = 0; n < DRAWN; n++) {
		struct buf text = {0}, found = {0};
		for (int left = 12; left--;)
			buf_puts(&text, pieces[(seed = seed * 1103515245 + 12345) / 65536 % PIECES]);
		buf_puts(&found, "found: ");
		standin_shapes(buf_text(&text), add_found, &found);
		char *want = found_by_forms(all, buf_text(&text));
		hits += strlen(want) > strlen("found: ");
		if (strcmp(want, buf_text(&found)) != 0 && !bad++)
			is_str(buf_text(&found), want, buf_text(&text));
		free(want);
		buf_free(&found);
		buf_free(&text);
	}
	ok(!bad && hits > DRAWN / 20, "%u of %d texts have something, all what the forms say", hits, DRAWN);
	for (size_t i = 0; i < FORMS; i++)
		regfree(&all[i]);
}

/* Whoever replies may choose the letters: a megabyte of any of these costs no more than one of others. */
static void test_steps(void)
{
	static const char *const also[] = {"eyJabcdefgh.",
					   "eyJabcdefgh.abcd",
					   "AIzaAIzaAIzaAIza.",
					   "://a:",
					   "://a",
					   "ya29",
					   "Bearer  ",
					   "gh",
					   "AK",
					   "-----BEGIN RSA PRIVATE KEY-----\n",
					   "-----BEGIN PRIVATE KEY-----END ",
					   "-----END PRIVATE KEY",
					   "PRIVATE KEY ",
					   "Api-Key: ",
					   "password=1234567 ",
					   " token: abcdefghijklmno,",
					   "a:b@://"};
	enum { LONG = 1 << 20, EACH = 48 };
	for (size_t i = 0; i < PIECES + sizeof also / sizeof *also; i++) {
		const char *unit = i < PIECES ? pieces[i] : also[i - PIECES];
		struct buf b = {0};
		size_t found = 0;
		if (i % 2)
			buf_puts(&b, "-----BEGIN PRIVATE KEY-----eyJ://");
		while (b.len < LONG)
			buf_puts(&b, unit);
		size_t steps = standin_shapes(buf_text(&b), add_nothing, &found);
		ok(steps <= EACH * b.len && found <= FORMS * b.len, "a megabyte of %s: %zu letters looked at for each", unit,
		   steps / b.len);
		buf_free(&b);
	}
}

/* A reply made of secrets does not fill the memory, nor stop the run: what is not learnt any more is hidden all the same. */
static void test_flood(void)
{
	struct standins *s = standins_new();
	struct buf body = {0};
	buf_puts(&body, "{\"list\":[");
	for (int i = 0; i < 20000; i++)
		buf_printf(&body,
			   "%s{\"password\":\"hunter2-%d\",\"who\":\"u%d@hunter2.example.com\",\"callerIp\":\"203.%d.%d.9\"}",
			   i ? "," : "", i, i, i / 250 % 250 + 1, i % 250 + 1);
	buf_puts(&body, "]}");
	char *text = written(s, buf_text(&body)), *later = written(s, "{\"message\":\"mail to o.hunter2@corp.example.com\"}");
	ok(!strstr(text, "hunter2") && !strstr(text, "203."), "of a flood nothing is kept");
	ok(!strstr(later, "hunter2"), "nor of what comes after it: %s", later);
	ok(strstr(text, "stand-in-secret-00000001") && !strstr(text, "stand-in-secret-00001001"), "what is learnt has an end");
	free(text);
	free(later);
	buf_free(&body);
	standins_free(s);
}

int main(void)
{
	struct err e = {0};
	ok(secret_init(&e), "secrets begin");
	test_bodies();
	test_depths();
	test_gzip();
	test_hosts();
	test_innocent();
	test_bombs();
	test_shapes();
	test_steps();
	test_flood();
	return tap_done();
}
