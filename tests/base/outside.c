#include "config.h"
#include "base/encode.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/secret.h"
#include "tests/tap.h"

#include <sodium.h>
#include <stdlib.h>

static const char value[] = "Zk7'q\"&\\x+/9=VwPassword 1_2-3";

/* Does nothing of the secret stand in what came of text? Eight letters in a row are something. */
static bool held(const char *text, const char *hidden)
{
	struct buf b = {0};
	outside_text(&b, text, strlen(text), false, 0);
	bool fine = strstr(buf_text(&b), "[secret]") && strstr(buf_text(&b), "before") && strstr(buf_text(&b), "after");
	for (size_t i = 0; fine && i + 8 <= strlen(hidden); i++) {
		char part[9] = "";
		memcpy(part, hidden + i, 8);
		fine = !strstr(buf_text(&b), part);
	}
	if (!fine)
		printf("# %s\n# %s\n", text, buf_text(&b));
	buf_free(&b);
	return fine;
}

static void shown_as(const char *form, const char *name)
{
	char *text = xasprintf("before \"%s\" after", form);
	ok(held(text, form), "S6: %s", name);
	free(text);
}

static void percent(const char *start, char how, const char *end, const char *name)
{
	struct buf b = {0};
	for (const char *p = value; *p; p++) {
		char number[8];
		unsigned c = (unsigned char)*p;
		if (how == 'X')
			snprintf(number, sizeof number, "%02X", c);
		else if (how == 'd')
			snprintf(number, sizeof number, "%u", c);
		else
			snprintf(number, sizeof number, how == '4' ? "%04x" : "%02x", c);
		buf_printf(&b, "%s%s%s", start, number, end);
	}
	shown_as(buf_text(&b), name);
	buf_free(&b);
}

static void base64(int variant, size_t offset, const char *name)
{
	char raw[128] = "{\"a", out[256];
	memmove(raw + offset, value, sizeof value);
	strcat(raw, "\"}tail");
	shown_as(sodium_bin2base64(out, sizeof out, (const unsigned char *)raw, strlen(raw), variant), name);
}

static void forms(void)
{
	struct secret *s = secret_copy(value, strlen(value));
	char hex[128];
	shown_as(value, "plain");
	cJSON *node = cJSON_CreateString(value);
	char *json = json_text(node, -1), *twice;
	shown_as(json, "as JSON");
	cJSON *again = cJSON_CreateString(json);
	twice = json_text(again, -1);
	shown_as(twice, "as JSON in JSON");
	percent("%", 'X', "", "percent-encoded, every byte");
	percent("%", 'x', "", "in lower case");
	percent("%25", 'X', "", "twice");
	percent("\\u", '4', "", "as \\u");
	percent("&#", 'd', ";", "as HTML, decimal");
	percent("&#x", 'x', ";", "as HTML, hexadecimal");
	shown_as("Zk7&#39;q&quot;&amp;\\x+/9=VwPassword 1_2-3", "as HTML, by name");
	shown_as("Zk7'q%22%26%5Cx%2B%2F9%3DVwPassword%201_2-3", "percent-encoded, where it must be");
	shown_as(sodium_bin2hex(hex, sizeof hex, (const unsigned char *)value, strlen(value)), "in hex");
	for (char *p = hex; *p; p++)
		*p = (char)(*p >= 'a' ? *p - 32 : *p);
	shown_as(hex, "in upper case hex");
	for (size_t offset = 0; offset < 3; offset++) {
		base64(sodium_base64_VARIANT_ORIGINAL, offset, "base64 inside something longer");
		base64(sodium_base64_VARIANT_URLSAFE_NO_PADDING, offset, "base64url inside something longer");
	}
	char *payload = encode_base64(value, strlen(value)), *body = encode_base64(payload, strlen(payload));
	shown_as(body, "base64 of base64");
	struct buf lines = {0};
	for (size_t i = 0; payload[i]; i++)
		buf_printf(&lines, i && i % 10 == 0 ? "\n%c" : "%c", payload[i]);
	shown_as(buf_text(&lines), "base64 broken into lines");
	struct buf b = {0};
	outside_text(&b, "before Zk7'q\"&\\x+/9", 19, false, 0);
	ok(!strstr(buf_text(&b), "Zk7"), "S6: the beginning of one, cut by whoever echoed it");
	buf_clear(&b);
	char *longer = xasprintf("%.40s%s", "0123456789012345678901234567890123456789", value);
	outside_text(&b, longer, strlen(longer), false, 44);
	ok(!strstr(buf_text(&b), "Zk7"), "S6: taken out before the text is cut");
	struct err e = {0};
	err_set(&e, EXIT_GENERAL, value, value, "it said %s.", value);
	ok(!strstr(e.place, "Zk7") && !strstr(e.what, "Zk7") && !strstr(e.fix, "Zk7"), "S6: no failure says one");
	err_free(&e);
	secret_free(s);
	buf_clear(&b);
	outside_text(&b, value, strlen(value), false, 0);
	is_str(buf_text(&b), value, "what is no secret any more is shown");
	buf_free(&b);
	buf_free(&lines);
	free(longer);
	free(payload);
	free(body);
	free(json);
	free(twice);
	cJSON_Delete(node);
	cJSON_Delete(again);
}

static void door(void)
{
	struct err e = {0};
	err_set(&e, EXIT_GENERAL, "p\033[2J", "f\xc2\x9b", "Google says: %s.", "Token expired.\nHelp Token: x\xe2\x80\xae.");
	is_str(e.what, "Google says: Token expired. Help Token: x\\xe2\\x80\\xae.",
	       "S5, T8: a line end is a blank, one full stop ends it");
	is_str(e.place, "p\\x1b[2J", "S5: the place");
	is_str(e.fix, "f\\xc2\\x9b", "S5: the fix");
	err_free(&e);
	err_set(&e, EXIT_GENERAL, NULL, NULL, "wait...");
	is_str(e.what, "wait...", "three dots are meant");
	err_free(&e);
	err_set(&e, EXIT_GENERAL, NULL, NULL, "%s.", "really?");
	is_str(e.what, "really?", "T8: no full stop behind a question mark");
	err_free(&e);
	cJSON *j = json_make("{'a\033':[%s,{'b':%s}],'n':1}", "\033]0;x\007", "\xe2\x81\xa7");
	outside_json(j, false);
	char *text = json_text(j, -1);
	is_str(text, "{\"a\\\\x1b\":[\"\\\\x1b]0;x\\\\x07\",{\"b\":\"\\\\xe2\\\\x81\\\\xa7\"}],\"n\":1}",
	       "S5: every string and key of a tree");
	free(text);
	cJSON_Delete(j);
	j = cJSON_CreateString("\xe2\x80\xae\xf3\xa0\x81\x81\xc2\x9b\xff");
	text = json_text(j, -1);
	is_str(text, "\"\\u202e\\udb40\\udc41\\u009b\\ufffd\"", "S5: JSON that is printed hides nothing");
	free(text);
	cJSON_Delete(j);
}

int main(void)
{
	struct err e = {0};
	mem_install();
	if (!secret_init(&e))
		return 99;
	forms();
	door();
	return tap_done();
}
