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

/* What arguments hold is never read as a part of the format. */
static void making(void)
{
	const char *hostile[] = {"\001move:9999999",        "\001move:0", "%s%j", "${HOME}", "'},'x':{'", "\",\\",
				 "{\"$ref\":[\"a\",\"b\"]}"};
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		cJSON *j = json_make("{%s:%s,'list':[%s,%j,{'deep':%s}]}", hostile[i], hostile[i], hostile[i],
				     cJSON_CreateString(hostile[i]), hostile[i]);
		const cJSON *list = json_at(j, "list");
		is_str(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(j, hostile[i])), hostile[i],
		       "a hostile text is a text, as key and value");
		ok(!strcmp(json_str(list, "0", ""), hostile[i]) && !strcmp(json_str(list, "1", ""), hostile[i]) &&
		       !strcmp(json_str(list, "2.deep", ""), hostile[i]) && cJSON_GetArraySize(j) == 2,
		   "and in lists, moved and nested");
		cJSON_Delete(j);
	}
	cJSON *j = json_make(" [ -1.5e2 , null,%j, true,{ } ,[],'',%s , %d] ", NULL, NULL, -7);
	char *text = json_text(j, -1);
	is_str(text, "[-150,null,null,true,{},[],\"\",null,-7]", "every type of value");
	free(text);
	cJSON_Delete(j);
	j = json_make("[]");
	for (int i = 0; i < 100; i++)
		cJSON_AddItemToArray(j, cJSON_CreateNumber(i));
	cJSON *many = json_make(
	    "[%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j,%j]", NULL,
	    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, j);
	is_int(json_int64(many, "33.99", 0), 99, "as many arguments as there are");
	cJSON_Delete(many);
}

static bool shout(void *arg, struct buf *b, const cJSON *node)
{
	if (!cJSON_IsString(node) || strcmp(node->valuestring, arg) != 0)
		return false;
	buf_puts(b, "!");
	return true;
}

static cJSON *swap(void *arg, const cJSON *node)
{
	return cJSON_IsString(node) && !strcmp(node->valuestring, arg) ? json_make("{'was':%s}", node->valuestring) : NULL;
}

/* Writing and copying with something else in the place of some nodes. */
static void replacing(void)
{
	char x[] = "x";
	struct buf b = {0};
	cJSON *j = json_make("{'b':'x','a':['y','x',{'c':'x'}],'n':1}"), *copy = json_copy_with(j, swap, x);
	json_write_with(&b, j, -1, shout, x);
	is_str(buf_text(&b), "{\"a\":[\"y\",!,{\"c\":!}],\"b\":!,\"n\":1}", "a leaf is written by another hand");
	buf_clear(&b);
	json_write(&b, copy, -1);
	is_str(buf_text(&b), "{\"a\":[\"y\",{\"was\":\"x\"},{\"c\":{\"was\":\"x\"}}],\"b\":{\"was\":\"x\"},\"n\":1}",
	       "a node is swapped in a copy");
	buf_clear(&b);
	cJSON *beyond = cJSON_Parse("[1e999,-1e999,0.5]");
	json_write(&b, beyond, -1);
	is_str(buf_text(&b), "[1e999,-1e999,0.5]", "what is beyond a double is a number of JSON's all the same");
	buf_clear(&b);
	cJSON_Delete(beyond);
	json_write_string(&b, "a\0\x1f\x7f\n\"", 6);
	is_str(buf_text(&b), "\"a\\u0000\\u001f\\u007f\\n\\\"\"", "a string of any bytes");
	buf_free(&b);
	cJSON_Delete(copy);
	cJSON_Delete(j);
}

int main(void)
{
	mem_install();
	paths();
	making();
	replacing();
	parsing();
	return tap_done();
}
