/* connect FILE: what a client needs, as lines to paste or evaluate. */
#include "config.h"
#include "cmd/verbs.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "plan/connect.h"

#include <stdlib.h>

static bool verb_connect_unknown(const char *form, struct err *e)
{
	struct buf words = {0};
	for (const struct client_form *f = client_forms; f->id; f++)
		buf_printf(&words, "%s%s", words.len ? ", " : "", f->id);
	char *fix = xasprintf(_("It takes one of: %s."), buf_text(&words));
	err_set(e, EXIT_USAGE, NULL, fix, _("--%s does not take \"%s\"."), "for", form);
	free(fix);
	buf_free(&words);
	return false;
}

static void verb_connect_print(const struct client_form *form, const struct plan *p)
{
	struct buf lines = {0};
	form->print(p, &lines);
	fputs(buf_text(&lines), stdout);
	buf_free(&lines);
}

static enum exit_code verb_connect_run(const struct cli *cli, struct err *e)
{
	const struct client_form *form = client_form_find(cli->form);
	struct answers *a = NULL;
	struct plan *p = form || verb_connect_unknown(cli->form, e) ? cli_applied(cli, &a, e) : NULL;
	if (p)
		verb_connect_print(form, p);
	plan_free(p);
	answers_free(a);
	return e->exit;
}

const struct verb verb_connect = {
    .name = "connect",
    .title = N_("print what a client needs, as lines to paste"),
    .takes = "FILE",
    .run = verb_connect_run,
};
