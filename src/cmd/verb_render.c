/* render FILE --out DIR: the files that are sent to machines, for those who want to own them. Needs no cloud. */
#include "config.h"
#include "cmd/verbs.h"

#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/mustache.h"
#include "base/outside.h"
#include "base/templates.h"
#include "plan/axes.h"
#include "plan/terraform.h"

#include <stdlib.h>
#include <string.h>

/* Before the first apply two facts are not known; the files then hold these words in their place. */
#define NO_NUMBER "PROJECT_NUMBER"
#define NO_SUFFIX "suffix"

#define TERRAFORM "terraform"

static void fill_unknown(const struct cli *cli, struct answers *a)
{
	bool number = *json_str(a->resolved, "project_number", ""), suffix = *json_str(a->resolved, "suffix", "");
	if (!number)
		json_put_str(a->resolved, "project_number", NO_NUMBER);
	if (!suffix)
		json_put_str(a->resolved, "suffix", NO_SUFFIX);
	if (!number && !cli->quiet)
		outside_print(
		    stderr,
		    _("%s: not applied so far, so the project's number is not known: the files say %s where it belongs.\n"),
		    cli->file, NO_NUMBER);
}

/* In the folder that was named, with or without slashes at its end; the caller frees. */
static char *path_in(const struct cli *cli, const char *file)
{
	size_t len = strlen(cli->out);
	while (len && cli->out[len - 1] == '/')
		len--;
	return xasprintf("%.*s/%s", (int)len, cli->out, file);
}

static bool write_row(const struct cli *cli, const struct plan *p, const struct render_row *row, struct err *e)
{
	struct buf text = {0};
	char *path = path_in(cli, row->file), *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	bool ok = plan_render_file(p, row, &text, e) && file_make_dirs(folder, e) &&
		  file_write(path, buf_text(&text), text.len, (mode_t)row->mode, e);
	if (ok && !cli->quiet)
		outside_print(stdout, "%s\n", path);
	free(folder);
	free(path);
	buf_free(&text);
	return ok;
}

/* What the target applies that no template makes. */
static bool write_manifests(const struct cli *cli, const struct plan *p, const cJSON *resolved, struct err *e)
{
	const struct target *t = p->axes.target;
	struct buf text = {0};
	if (!t->manifests)
		return true;
	char *path = path_in(cli, t->manifests_file);
	t->manifests(p, resolved, &text);
	bool ok = file_write(path, buf_text(&text), text.len, 0644, e);
	if (ok && !cli->quiet)
		outside_print(stdout, "%s\n", path);
	free(path);
	buf_free(&text);
	return ok;
}

static bool write_text(const struct cli *cli, const char *file, const struct buf *text, struct err *e)
{
	char *within = xasprintf(TERRAFORM "/%s", file), *path = path_in(cli, within);
	bool ok = file_write(path, buf_text(text), text->len, 0644, e);
	if (ok && !cli->quiet)
		outside_print(stdout, "%s\n", path);
	free(within);
	free(path);
	return ok;
}

static bool write_page(const struct cli *cli, const struct terraform *t, const char *template, const char *file, struct err *e)
{
	struct buf text = {0};
	bool ok = mustache_render(template, template_find(template, NULL), t->data, ESCAPE_NONE, true, &text, e) &&
		  write_text(cli, file, &text, e);
	buf_free(&text);
	return ok;
}

/* The whole stack in a folder of its own, for an operator who goes on with Terraform. */
static bool write_terraform(const struct cli *cli, const struct plan *p, const cJSON *resolved, struct err *e)
{
	struct terraform t = {0};
	char *folder = path_in(cli, TERRAFORM);
	bool ok = terraform_make(p, resolved, &t, e) && file_make_dirs(folder, e) && write_text(cli, "main.tf", &t.main, e) &&
		  write_text(cli, "imports.tf", &t.imports, e) && write_text(cli, "variables.tf", &t.variables, e) &&
		  write_page(cli, &t, "terraform/versions.tf.mustache", "versions.tf", e) &&
		  write_page(cli, &t, "terraform/README.md.mustache", "README.md", e);
	free(folder);
	terraform_free(&t);
	return ok;
}

static enum exit_code verb_render_run(const struct cli *cli, struct err *e)
{
	if (!cli->out) {
		err_set(e, EXIT_USAGE, NULL, _("Add --out DIR."), _("render needs a directory to write to."));
		return e->exit;
	}
	struct answers *a = cli_answers(cli, e);
	struct plan *p = NULL;
	if (a && answers_check(a, cli->file, e)) {
		fill_unknown(cli, a);
		p = plan_make(a, e);
	}
	if (p && file_make_dirs(cli->out, e)) {
		for (const struct render_row *row = p->files; row->template && write_row(cli, p, row, e); row++)
			;
		if (!e->exit && write_manifests(cli, p, a->resolved, e))
			write_terraform(cli, p, a->resolved, e);
	}
	plan_free(p);
	answers_free(a);
	return e->exit;
}

const struct verb verb_render = {
    .name = "render",
    .title = N_("write the server's files to --out DIR"),
    .takes = "FILE",
    .run = verb_render_run,
};
