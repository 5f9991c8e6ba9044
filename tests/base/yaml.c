/* YAML as machines' documents have it. */
#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "tests/tap.h"

#include <stdlib.h>

static void reads(const char *what, const char *text, const char *wanted)
{
	int line = 0;
	cJSON *v = yaml_parse(text, &line);
	char *got = v ? cJSON_PrintUnformatted(v) : NULL;
	is_str(got, wanted, what);
	free(got);
	cJSON_Delete(v);
}

static void types(const char *what, const char *text, const char *wanted)
{
	int line = 0;
	cJSON *v = yaml_parse_typed(text, &line);
	char *got = v ? cJSON_PrintUnformatted(v) : NULL;
	is_str(got, wanted, what);
	free(got);
	cJSON_Delete(v);
}

static void refuses(const char *what, const char *text, int wanted)
{
	int line = 0;
	cJSON *v = yaml_parse(text, &line);
	ok(!v && line == wanted, "%s: line %d (%d)", what, wanted, line);
	cJSON_Delete(v);
}

int main(void)
{
	mem_install();
	reads("a cloud-init document",
	      "#cloud-config\nwrite_files:\n- path: /etc/x\n  permissions: 0644\n  content: |\n    a: b\n      c\nruncmd:\n  - "
	      "[ls, -l]\n",
	      "{\"write_files\":[{\"path\":\"/etc/x\",\"permissions\":\"0644\",\"content\":\"a: b\\n  "
	      "c\\n\"}],\"runcmd\":[[\"ls\",\"-l\"]]}");
	reads("folded, quoted and empty scalars", "a: >-\n  one\n  two\nb: \"x\\ty\"\nc: 'it''s'\nd:\n",
	      "{\"a\":\"one two\",\"b\":\"x\\ty\",\"c\":\"it's\",\"d\":\"\"}");
	reads("a flow over several lines", "a: {b: [1,\n  2], c: d}\n", "{\"a\":{\"b\":[\"1\",\"2\"],\"c\":\"d\"}}");
	reads("anchors", "a: &x [1]\nb: *x\n", "{\"a\":[\"1\"],\"b\":[\"1\"]}");
	reads("of a key that stands twice the last", "a: 1\na: 2\n", "{\"a\":\"2\"}");
	reads("nothing but a comment", "# nothing\n", "null");
	reads("a document's mark", "--- \na: b\n", "{\"a\":\"b\"}");
	refuses("a tab for indentation", "a:\n\tb: c\n", 2);
	refuses("an open bracket", "a: [1, 2\nb: c\n", 2);
	refuses("a tag that is no plain data", "a: 1\nb: !!python/object:os.system [x]\n", 2);
	refuses("two documents", "a: 1\n---\nb: 2\n", 2);
	refuses("a document that holds itself", "a: &x\n  b: *x\n", 1);
	types("what is written plain is more than text",
	      "[0, 1, -2, 0x1f, 017, 0b11, 1_000, 0.5, .5, 1e3, yes, Off, true, ~, null, ]",
	      "[0,1,-2,31,15,3,1000,0.5,0.5,1000,true,false,true,null,null]");
	types("and else is text", "['1', \"true\", 1.2.3, 0x, 0b, 0b2, 0o8, -, ., 2020-01-01, 1e, yEs, 'null']",
	      "[\"1\",\"true\",\"1.2.3\",\"0x\",\"0b\",\"0b2\",\"0o8\",\"-\",\".\",\"2020-01-01\",\"1e\",\"yEs\",\"null\"]");
	types("a merge fills up", "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {z: 0, <<: [{x: 5}, *a]}\n",
	      "{\"a\":{\"x\":1,\"y\":2},\"b\":{\"y\":3,\"x\":1},\"c\":{\"z\":0,\"x\":5,\"y\":2}}");
	types("of two documents the first", "a: b\n---\nc: d\n", "{\"a\":\"b\"}");
	return tap_done();
}
