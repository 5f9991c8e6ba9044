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
	return tap_done();
}
