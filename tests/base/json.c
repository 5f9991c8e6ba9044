#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "tests/tap.h"

#include <stdlib.h>

static void paths(void)
{
	cJSON *j = json_make("{'b':{'c':[1,%d]},'a':%s,'t':%b,'n':%j}", 7, "x\"y\n", 1, cJSON_CreateString("moved"));
	is_int((long long)json_num(j, "b.c.1", 0), 7, "a number in an array");
	is_str(json_str(j, "a", ""), "x\"y\n", "a text with quotes and newline");
	is_str(json_str(j, "n", ""), "moved", "a moved node keeps its key");
	ok(json_bool(j, "t", false), "a truth");
	ok(!json_at(j, "b.c.9") && !json_at(j, "b.x.y"), "absent paths are NULL");
	ok(json_equal(NULL, NULL) && !json_equal(j, NULL) && json_equal(j, j), "two absent values are equal");
	json_put_str(j, "b.d.e", "new");
	json_put_num(j, "b.c.0", 5);
	json_drop(j, "t");
	char *text = json_text(j, -1);
	is_str(text, "{\"a\":\"x\\\"y\\n\",\"b\":{\"c\":[5,7],\"d\":{\"e\":\"new\"}},\"n\":\"moved\"}", "sorted, on one line");
	free(text);
	cJSON_Delete(j);
}

static void parsing(void)
{
	struct err e = {0};
	const char *broken = "{\n \"a\": 1,\n \"b\": }\n";
	ok(!json_parse(broken, strlen(broken), "f.json", &e), "broken JSON is refused");
	is_str(e.place, "f.json:3", "with its line");
	err_free(&e);
	ok(!json_parse("{\"a\":1,\"a\":2}", 13, "f", &e) && e.exit == EXIT_ANSWERS, "a key twice is refused");
	err_free(&e);
	ok(!json_parse("{} x", 4, "f", &e), "trailing text is refused");
	err_free(&e);
	ok(!json_parse("[1e999]", 7, "f", &e) && e.exit == EXIT_ANSWERS, "a number beyond a double is refused");
	err_free(&e);
	const char *text = "{\n\"x\": {\"y\": [1,\n {\"z\": \"q,}\"}]},\n\"k.m\": 2}";
	is_int(json_line(text, "x.y.1.z"), 3, "line of a nested key");
	is_int(json_line(text, "k.m"), 4, "line of a key with a dot");
	is_int(json_line(text, "nope"), 0, "no line for what is not there");
}

int main(void)
{
	mem_install();
	paths();
	parsing();
	return tap_done();
}
