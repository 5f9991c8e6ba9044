/* base/mustache.h against the public specification's cases, and what is ours: strictness, errors with their line.
 * The cases are JSON files of the specification's repository, in $MLFLOW_SETUP_CONTRACT/mustache or beside the repository. */
#include "config.h"
#include "base/mustache.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "tests/tap.h"

#include <stdlib.h>
#include <unistd.h>

static char *cases_folder(void)
{
	const char *contract = getenv("MLFLOW_SETUP_CONTRACT"), *top = getenv("TOP_SRCDIR");
	char *folder = contract ? xasprintf("%s/mustache", contract)
				: xasprintf("%s/../shared/contract/mustache", top ? top : ".");
	if (!access(folder, R_OK))
		return folder;
	free(folder);
	return NULL;
}

static const char *find_part(const void *from, const char *name)
{
	return json_str(from, name, NULL);
}

static void one_case(const char *file, const cJSON *c)
{
	struct buf out = {0};
	struct err e = {0};
	bool done = mustache_render_parts(file, json_str(c, "template", ""), find_part, json_at(c, "partials"),
					  json_at(c, "data"), ESCAPE_HTML, false, &out, &e);
	char *name = xasprintf("%s: %s", file, json_str(c, "name", "?"));
	is_str(done ? buf_text(&out) : e.what, json_str(c, "expected", NULL), name);
	free(name);
	err_free(&e);
	buf_free(&out);
}

static void specification(const char *folder, const char *file)
{
	if (!folder) {
		skip(file, "the Mustache specification's cases are not here: set MLFLOW_SETUP_CONTRACT");
		return;
	}
	char *path = xasprintf("%s/%s.json", folder, file);
	struct buf text = {0};
	struct err e = {0};
	cJSON *root = file_read(path, 1 << 20, &text, &e) ? json_parse(text.data, text.len, path, &e) : NULL;
	ok(cJSON_GetArraySize(json_at(root, "tests")) > 5, "%s: cases are there", file);
	for (const cJSON *c = root ? json_at(root, "tests")->child : NULL; c; c = c->next)
		one_case(file, c);
	cJSON_Delete(root);
	err_free(&e);
	buf_free(&text);
	free(path);
}

static void is_rendered(const char *template, enum escape escape, const char *data, const char *wanted, const char *name)
{
	cJSON *values = json_make(data);
	struct buf out = {0};
	struct err e = {0};
	bool done = mustache_render("t", template, values, escape, true, &out, &e);
	is_str(done ? buf_text(&out) : e.what, wanted, name);
	err_free(&e);
	buf_free(&out);
	cJSON_Delete(values);
}

static void is_refused(const char *template, enum escape escape, const char *data, const char *place, const char *what)
{
	cJSON *values = json_make(data);
	struct buf out = {0};
	struct err e = {0};
	bool done = mustache_render("t", template, values, escape, true, &out, &e);
	ok(!done && e.exit == EXIT_BUG, "refused: %s", what);
	is_str(e.place, place, "  at its place");
	is_str(e.what, what, "  and says why");
	err_free(&e);
	buf_free(&out);
	cJSON_Delete(values);
}

static void ours(void)
{
	is_rendered("a={{a}}", ESCAPE_NONE, "{'a':'{{b}} {{{b}}}'}", "a={{b}} {{{b}}}", "a value is not a template");
	is_rendered("[{{#l}}\"{{.}}\", {{/l}}]", ESCAPE_TOML, "{'l':['a\"','b']}", "[\"a\\\"\", \"b\", ]", "a list of texts");
	is_rendered("{{#l}}x{{/l}}{{^l}}none{{/l}}", ESCAPE_NONE, "{'l':''}", "none", "an empty text is false");
	is_rendered("{{#n}}{{n}}{{/n}}", ESCAPE_NONE, "{'n':0}", "0", "zero is a value");
	is_rendered("{{^a}}{{b}}{{/a}}.", ESCAPE_NONE, "{'a':true}", ".", "what is not shown may name what is not there");
	is_refused("\n\n{{a}} {{b}}", ESCAPE_NONE, "{'a':1}", "t:3", "\"b\" is not in the data.");
	is_refused("{{#b}}{{/b}}", ESCAPE_NONE, "{'a':1}", "t:1", "\"b\" is not in the data.");
	is_refused("{{a.b}}", ESCAPE_NONE, "{'a':{}}", "t:1", "\"a.b\" is not in the data.");
	is_refused("{{a}}", ESCAPE_NONE, "{'a':[1]}", "t:1", "\"a\" is a list or an object, not a text.");
	is_refused("{{#a}}\n{{^b}}{{/a}}", ESCAPE_NONE, "{'a':1,'b':0}", "t:2",
		   "\"a\" closes a section that is not open here.");
	is_refused("\n{{#a}}\n", ESCAPE_NONE, "{'a':1}", "t:2", "\"a\" is a section that is not closed.");
	is_refused("{{/a}}", ESCAPE_NONE, "{}", "t:1", "\"a\" closes a section that is not open here.");
	is_refused("x {{a", ESCAPE_NONE, "{'a':1}", "t:1", "a tag is not closed.");
	is_refused("{{=a b c=}}", ESCAPE_NONE, "{}", "t:1", "\"a b c\" is no pair of delimiters.");
	is_refused("{{=01234567890123456 b=}}", ESCAPE_NONE, "{}", "t:1", "\"01234567890123456 b\" is no pair of delimiters.");
	is_refused("{{>a}}", ESCAPE_NONE, "{}", "t:1", "\"a\" is not one of the templates.");
	is_refused("a\nb={{a}}", ESCAPE_INI, "{'a':'x\ny'}", "t:2", "\"a\" has a line end.");
	is_refused("{{a}}", ESCAPE_LINE, "{'a':'x\xe2\x80\xa8y'}", "t:1", "\"a\" has a line end.");
	is_refused("{{a}}", ESCAPE_LINE, "{'a':'x\xc2\x85y'}", "t:1", "\"a\" has a line end.");
	is_refused("{{a}}", ESCAPE_LINE, "{'a':'x\xef\xbf\xbfy'}", "t:1", "\"a\" has a control character.");
}

static const char *find_self(const void *from, const char *name)
{
	(void)name;
	return from;
}

static void endless(void)
{
	struct buf out = {0};
	struct err e = {0};
	bool done = mustache_render_parts("t", "{{>a}}", find_self, "\n{{>a}}", NULL, ESCAPE_NONE, false, &out, &e);
	ok(!done, "refused: a partial that names itself for ever");
	is_str(e.place, "a:2", "  at its place");
	err_free(&e);
	buf_free(&out);
}

static void deep(void)
{
	struct buf template = {0};
	for (int i = 0; i < 40; i++)
		buf_puts(&template, "{{#a}}");
	for (int i = 0; i < 40; i++)
		buf_puts(&template, "{{/a}}");
	is_refused(buf_text(&template), ESCAPE_NONE, "{'a':1}", "t:1", "\"a\" is nested too deeply.");
	buf_free(&template);
}

int main(void)
{
	static const char *const files[] = {"interpolation", "sections", "inverted", "comments", "delimiters", "partials"};
	mem_install();
	char *folder = cases_folder();
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		specification(folder, files[i]);
	free(folder);
	ours();
	deep();
	endless();
	return tap_done();
}
