/* schema: the JSON Schema of the answers file on stdout. */
#include "config.h"
#include "cmd/verbs.h"

#include "base/gettext.h"
#include "base/json.h"

#include <stdlib.h>

static enum exit_code verb_schema_run(const struct cli *cli, struct err *e)
{
	(void)cli;
	(void)e;
	cJSON *schema = answers_schema();
	char *text = json_text(schema, 0);
	puts(text);
	free(text);
	cJSON_Delete(schema);
	return EXIT_DONE;
}

const struct verb verb_schema = {
    .name = "schema",
    .title = N_("print the JSON Schema of the answers file"),
    .takes = "",
    .run = verb_schema_run,
};
