/* questions: the question table, for reading or (--json) for programs. */
#include "config.h"
#include "cmd/verbs.h"

#include "base/gettext.h"
#include "base/json.h"

#include <stdlib.h>

static const char *const type_names[] = {
    [TYPE_TEXT] = "text", [TYPE_CHOICE] = "choice", [TYPE_BOOL] = "bool",
    [TYPE_INT] = "int",   [TYPE_LIST] = "list",     [TYPE_SECRET] = "secret",
};

static cJSON *choices_of(const struct question *q)
{
	cJSON *list = cJSON_CreateArray();
	for (const struct choice *c = q->choices; c && c->id; c++)
		cJSON_AddItemToArray(
		    list, json_make("{'id':%s,'title':%s,'help':%s}", c->id, _(c->title), c->help ? _(c->help) : ""));
	return list;
}

static cJSON *row_of(const struct question *q, const struct answers *a)
{
	cJSON *row = json_make("{'id':%s,'page':%s,'type':%s,'title':%s,'help':%s,'default':%j,'choices':%j}", q->id, q->page,
			       type_names[q->type], _(q->title), q->help ? _(q->help) : "", question_default(q, a),
			       choices_of(q));
	if (!q->choices)
		json_drop(row, "choices");
	if (q->type == TYPE_INT) {
		json_put_num(row, "min", q->min);
		json_put_num(row, "max", q->max);
	}
	if (q->unit)
		json_put_str(row, "unit", q->unit);
	return row;
}

static void print_row(const struct question *q, const cJSON *row)
{
	char *fallback = json_text(json_at(row, "default"), -1);
	printf("%s  %s\n    ", q->id, _(q->title));
	printf(_("%s, default %s\n"), type_names[q->type], fallback);
	for (const struct choice *c = q->choices; c && c->id; c++)
		printf("    %s: %s\n", c->id, _(c->title));
	if (q->help)
		printf("    %s\n", _(q->help));
	free(fallback);
}

static enum exit_code verb_questions_run(const struct cli *cli, struct err *e)
{
	(void)e;
	struct answers *a = answers_new();
	for (const struct question *q = questions; q->id; q++) {
		cJSON *row = row_of(q, a);
		if (cli->json) {
			char *text = json_text(row, -1);
			puts(text);
			free(text);
		} else {
			print_row(q, row);
		}
		cJSON_Delete(row);
	}
	answers_free(a);
	return EXIT_DONE;
}

const struct verb verb_questions = {
    .name = "questions",
    .title = N_("list every question, its default and its choices"),
    .takes = "",
    .run = verb_questions_run,
};
