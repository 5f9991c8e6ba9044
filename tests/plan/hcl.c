/* Texts in Terraform's language: whatever is in them, nothing of it is an expression. */
#include "config.h"
#include "base/json.h"
#include "plan/hcl.h"
#include "tests/tap.h"

#include <stdlib.h>

static void alone(const char *text, const char *expected)
{
	struct buf b = {0};
	hcl_text(&b, text);
	is_str(buf_text(&b), expected, "a text alone");
	buf_free(&b);
}

/* Pieces in turns: a text, what is inserted after it, a text, ... until NULL. */
static void pieces(const char *const *list, const char *expected)
{
	struct buf b = {0};
	for (size_t i = 0; list[i]; i++)
		(i % 2 ? hcl_insert : hcl_escape)(&b, list[i]);
	is_str(buf_text(&b), expected, "a text of pieces");
	buf_free(&b);
}

static void keys_and_lists(void)
{
	struct buf b = {0};
	cJSON *map = cJSON_CreateObject(), *j = json_make("{'list':[%s,%s]}", "${a}", "\"");
	cJSON_AddStringToObject(map, "k${x}", "%{if b}");
	json_put(j, "labels", json_make("{'$map':%j}", map));
	hcl_body(&b, j, 0);
	is_str(buf_text(&b), "list = [\"$${a}\", \"\\\"\"]\nlabels = {\n  \"k$${x}\" = \"%%{if b}\"\n}\n",
	       "lists, maps and their keys");
	buf_free(&b);
	cJSON_Delete(j);
}

int main(void)
{
	alone("a\"b\\c", "\"a\\\"b\\\\c\"");
	alone("${x}%{if y}$${z}$", "\"$${x}%%{if y}$$${z}$\"");
	alone("a\nb\r\tc\x01\x7f", "\"a\\nb\\r\\tc\\u0001\\u007f\"");
	alone("Zo\xc3\xab \xe2\x80\xa8", "\"Zo\xc3\xab \xe2\x80\xa8\"");
	pieces((const char *const[]){"a", "x", "b", NULL}, "a${x}b");
	pieces((const char *const[]){"$", "x", "", NULL}, "${\"$\"}${x}");
	pieces((const char *const[]){"a$$", "x", "%", "y", "{", NULL}, "a${\"$$\"}${x}%${y}{");
	pieces((const char *const[]){"", "x", "{", "y", NULL}, "${x}{${y}");
	struct buf b = {0};
	hcl_escape(&b, "a$");
	hcl_escape(&b, "{x}");
	is_str(buf_text(&b), "a$${x}", "two texts make no expression");
	buf_free(&b);
	keys_and_lists();
	return tap_done();
}
