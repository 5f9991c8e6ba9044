/* For schema.py: prints the schema, and judges answers files, one JSON text a line on stdin, with "ok" or "no" a line. */
#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void judge(const char *line, size_t len)
{
	struct err e = {0};
	struct answers *a = answers_parse(line, len, "line", &e);
	bool fine = a && answers_check(a, "line", &e);
	puts(fine ? "ok" : "no");
	answers_free(a);
	err_free(&e);
}

int main(int argc, char **argv)
{
	mem_install();
	if (argc > 1 && !strcmp(argv[1], "schema")) {
		cJSON *schema = answers_schema();
		char *text = json_text(schema, 0);
		puts(text);
		free(text);
		cJSON_Delete(schema);
		return 0;
	}
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	while ((len = getline(&line, &room, stdin)) > 0)
		judge(line, (size_t)len);
	free(line);
	return 0;
}
