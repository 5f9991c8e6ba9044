/* Renders the template argv[1] with escape number argv[2] over the JSON of standard input. */
#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/mustache.h"
#include "base/templates.h"

#include <stdio.h>
#include <stdlib.h>

static cJSON *read_data(struct err *e)
{
	struct buf text = {0};
	char part[4096];
	for (size_t n; (n = fread(part, 1, sizeof part, stdin)) > 0;)
		buf_add(&text, part, n);
	cJSON *data = json_parse(buf_text(&text), text.len, "data", e);
	buf_free(&text);
	return data;
}

int main(int argc, char **argv)
{
	mem_install();
	struct err e = {0};
	struct buf out = {0};
	const char *text = argc == 3 ? template_find(argv[1], NULL) : NULL;
	if (!text)
		return EXIT_USAGE;
	cJSON *data = read_data(&e);
	bool done = data && mustache_render(argv[1], text, data, (enum escape)atoi(argv[2]), true, &out, &e);
	if (done)
		fwrite(buf_text(&out), 1, out.len, stdout);
	char *why = err_text(&e);
	if (!done)
		fprintf(stderr, "%s\n", why);
	free(why);
	cJSON_Delete(data);
	buf_free(&out);
	err_free(&e);
	return done ? 0 : EXIT_GENERAL;
}
