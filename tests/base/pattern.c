#include "config.h"
#include "base/pattern.h"
#include "tests/tap.h"

#include <regex.h>
#include <stdlib.h>

static const char *const patterns[] = {
    "^[a-z]{1,3}$",
    "^v[0-9]{1,5}[.][0-9]{2,}@sha256:[0-9a-f]{64}$",
    "^([a-z0-9]([a-z0-9-]{0,3}[a-z0-9])?\\.)+[a-z]{2,}(:[0-9]+)?$",
    "^https?://[-A-Za-z0-9.]+(:[0-9]{1,5})?(/[-A-Za-z0-9._~/]*)?$",
    "^(roles/[a-z]+([.][A-Za-z]+)+|(projects|organizations)/[a-z0-9-]+/roles/[A-Za-z0-9_.]+)$",
    "^[a-z][a-z0-9_.]*=[^,\n]+$",
    "^$|^[0-9]{1,18}$",
    "/realms/[^/]+$",
    "^[]a-]+$",
    "^(a*)*b$",
    "a.c",
    "b+(ab){2}",
    "^(|a|ab)(c|bcd)(d*)$",
};

static const char *const texts[] = {
    "",
    "abc",
    "abcd",
    "42",
    "v1.23@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "v1.23@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde",
    "v1.2@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "mlflow.example.com",
    "mlflow.example.com:443",
    "-a.example.com",
    "abcdef.de",
    "http://a:80/x",
    "https://id.example.com/realms/ml",
    "https://id.example.com/realms/ml/",
    "https://",
    "roles/run.admin",
    "roles/run",
    "projects/p-1/roles/my.Role_1",
    "max_connections=100",
    "name=a,b",
    "name=a\nb",
    "name=\xc3\xa9",
    "]a-]",
    "aaab",
    "xa\nc",
    "bbababab",
    "abcd\n",
};

/* Both matchers say the same of this text. */
static bool agree(const char *pattern, const regex_t *regex, const char *text)
{
	return pattern_matches(pattern, text) == !regexec(regex, text, 0, NULL, 0);
}

static bool told(const char *pattern, const char *text)
{
	printf("# %s: %s\n", pattern, text);
	return false;
}

/* Texts of the characters that the patterns speak of, drawn from a seed. */
static bool drawn_agree(const char *pattern, const regex_t *regex)
{
	static const char letters[] = "aabbcd01f-_./:@=,]A\n";
	unsigned long seed = 1;
	for (int i = 0; i < 3000; i++) {
		char text[12] = "";
		for (size_t n = 0; n < (size_t)i % sizeof text; n++) {
			seed = (seed * 1103515245 + 12345) & 0x7fffffff;
			text[n] = letters[(seed >> 8) % strlen(letters)];
		}
		text[sizeof text - 1] = 0;
		if (!agree(pattern, regex, text))
			return told(pattern, text);
	}
	return true;
}

static void as_regexec(void)
{
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		regex_t regex;
		bool same = !regcomp(&regex, patterns[i], REG_EXTENDED | REG_NOSUB);
		for (size_t n = 0; same && n < sizeof texts / sizeof *texts; n++)
			if (!agree(patterns[i], &regex, texts[n]))
				same = told(patterns[i], texts[n]);
		ok(same && drawn_agree(patterns[i], &regex), "%s matches what regexec says", patterns[i]);
		regfree(&regex);
	}
}

static void bounds(void)
{
	ok(pattern_matches("^[^a]+$", "\xff\xfe"), "bytes that are no UTF-8 are bytes");
	char *many = calloc(1, 200001);
	memset(many, 'a', 200000);
	ok(!pattern_matches("^(a*)*(a|aa)+(a*a*)*b$", many),
	   "what would double with each character takes time in proportion to the text");
	free(many);
}

int main(void)
{
	as_regexec();
	bounds();
	return tap_done();
}
