/* For scripts: prints the schema; the ids of the questions that an answers file on stdin asks; or judges answers files, one JSON text a line on stdin, with
 * "ok" or "no" a line. */
#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/answers.h"
#include "plan/question.h"

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

/* Those of the one on stdin, a line each. */
static int tell_asked(void)
{
	struct err e = {0};
	char *line = NULL;
	size_t room = 0;
	ssize_t len = getline(&line, &room, stdin);
	struct answers *a = len > 0 ? answers_parse(line, (size_t)len, "line", &e) : NULL;
	for (const struct question *q = questions; a && q->id; q++)
		if (answers_asked(a, q))
			puts(q->id);
	answers_free(a);
	err_free(&e);
	free(line);
	return a ? 0 : 1;
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
	if (argc > 1 && !strcmp(argv[1], "asked"))
		return tell_asked();
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	while ((len = getline(&line, &room, stdin)) > 0)
		judge(line, (size_t)len);
	free(line);
	return 0;
}
