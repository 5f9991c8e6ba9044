/* seal FILE: the secret that the answers need goes into a file beside them, which a passphrase opens, and they refer to it from now on. */
#include "config.h"
#include "cmd/verbs.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/sealed.h"
#include "base/text.h"
#include "cmd/ask.h"
#include "engine/oauth_client.h"

#include <stdlib.h>
#include <string.h>

/* The question for a secret that these answers ask, or NULL. */
static const struct question *verb_seal_asked(const struct answers *a)
{
	for (const struct question *q = questions; q->id; q++) {
		if (q->type == TYPE_SECRET && answers_asked(a, q) && *answers_str(a, q->id))
			return q;
	}
	return NULL;
}

/* The secret as it is got now, taken apart where it is a download. */
static struct secret *verb_seal_value(const struct answers *a, const struct question *q, struct err *e)
{
	const char *reference = answers_str(a, q->id);
	bool typed = !strcmp(reference, "prompt");
	struct secret *value = NULL;
	if (sealed_is(reference) || text_starts(reference, "secret:"))
		err_set(e, EXIT_CONFIG, q->id, _("To seal another one, add --set ID=prompt."), _("%s keeps it already."),
			reference);
	else
		value = typed ? ask_hidden(_(q->title), q->id, _("Refer to it by env:NAME or file:PATH."), e)
			      : secret_from_reference(reference, e);
	if (value && !oauth_client_settle(q, a, typed, &value, e)) {
		secret_free(value);
		value = NULL;
	}
	return value;
}

/* A new one is typed twice. */
static struct secret *verb_seal_passphrase(const char *path, struct err *e)
{
	struct secret *given = sealed_passphrase_given();
	if (given)
		return given;
	const char *fix = _("Set MLFLOW_SETUP_PASSPHRASE.");
	char *title = xasprintf(_("New passphrase of %s"), path);
	struct secret *first = ask_hidden(title, path, fix, e),
		      *again = first ? ask_hidden(_("The same again"), path, fix, e) : NULL;
	free(title);
	if (again && !secret_equal(first, again)) {
		err_set(e, EXIT_CONFIG, path, NULL, _("the two are not the same."));
		secret_free(first);
		first = NULL;
	} else if (!again) {
		secret_free(first);
		first = NULL;
	}
	secret_free(again);
	return first;
}

static bool verb_seal_do(const struct cli *cli, struct answers *a, const struct question *q, struct err *e)
{
	char *name = sealed_name(cli->file), *reference = xasprintf("sealed:%s", name),
	     *path = sealed_path(cli->file, reference);
	struct secret *value = verb_seal_value(a, q, e), *passphrase = value ? verb_seal_passphrase(path, e) : NULL;
	bool done = passphrase && sealed_write(path, q->id, value, passphrase, e) && answers_set_text(a, q->id, reference, e) &&
		    answers_save(a, cli->file, e);
	if (done && !cli->quiet)
		outside_print(stderr, _("%s holds the secret now, and %s refers to it.\n"), path, cli->file);
	secret_free(passphrase);
	secret_free(value);
	free(path);
	free(reference);
	free(name);
	return done;
}

static enum exit_code verb_seal_run(const struct cli *cli, struct err *e)
{
	struct answers *a = cli_answers(cli, e);
	const struct question *q = a ? verb_seal_asked(a) : NULL;
	if (q)
		verb_seal_do(cli, a, q, e);
	else if (a)
		err_set(e, EXIT_CONFIG, cli->file, NULL, _("these answers need no secret of yours."));
	answers_free(a);
	return e->exit;
}

const struct verb verb_seal = {
    .name = "seal",
    .title = N_("keep your OAuth client's secret in a file that a passphrase opens"),
    .takes = "FILE",
    .run = verb_seal_run,
};
