#include "config.h"
#include "cmd/cli.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/rehearsal.h"
#include "gcp/kind.h"

#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool number(const char *flag, const char *text, double *out, struct err *e)
{
	char *end;
	*out = strtod(text, &end);
	if (*text && !*end && *out > 0)
		return true;
	return err_set(e, EXIT_USAGE, NULL, _("Give a number above 0."), _("--%s does not take \"%s\"."), flag, text);
}

static bool minutes(const char *flag, const char *text, double *out, struct err *e)
{
	char *end;
	*out = strtod(text, &end);
	if (*text && !*end && *out >= 0 && *out <= 1e6)
		return true;
	return err_set(e, EXIT_USAGE, NULL, _("Give a number of minutes; 0 does not wait."), _("--%s does not take \"%s\"."),
		       flag, text);
}

static bool color_ok(const char *when, struct err *e)
{
	if (!strcmp(when, "auto") || !strcmp(when, "always") || !strcmp(when, "never"))
		return true;
	return err_set(e, EXIT_USAGE, NULL, _("Give always, never or auto."), _("--color does not take \"%s\"."), when);
}

/* The words by which kinds' data are told to go. */
static bool data_word_ok(const char *word, struct err *e)
{
	struct buf words = {0};
	bool known = false;
	for (const struct kind *const *k = kinds; *k; k++) {
		if (!(*k)->data_word)
			continue;
		known |= !strcmp((*k)->data_word, word);
		buf_printf(&words, "%s%s", words.len ? ", " : "", (*k)->data_word);
	}
	if (!known) {
		char *fix = xasprintf(_("It takes one of: %s."), buf_text(&words));
		err_set(e, EXIT_USAGE, NULL, fix, _("--%s does not take \"%s\"."), "delete-data", word);
		free(fix);
	}
	buf_free(&words);
	return known;
}

/* What options do -------------------------------------------------------------------------------------------------------------- */

static void add_word(const char ***list, size_t *count, size_t *room, const char *word)
{
	*list = xgrow(*list, *count + 1, room, sizeof **list);
	(*list)[(*count)++] = word;
	(*list)[*count] = NULL;
}

static bool take_rehearse(struct cli *cli, const char *value, struct err *e)
{
	(void)value;
	cli->rehearse = true;
	return rehearsal_there(e);
}

static bool take_wait(struct cli *cli, const char *value, struct err *e)
{
	return minutes("wait", value, &cli->wait, e);
}

static bool take_speed(struct cli *cli, const char *value, struct err *e)
{
	return number("speed", value, &cli->speed, e);
}

static bool take_seed(struct cli *cli, const char *value, struct err *e)
{
	double n;
	bool ok = number("seed", value, &n, e);
	cli->seed = ok ? (uint64_t)n : 0;
	return ok;
}

static bool take_color(struct cli *cli, const char *value, struct err *e)
{
	cli->color = value;
	return color_ok(value, e);
}

static bool take_delete_data(struct cli *cli, const char *value, struct err *e)
{
	add_word(&cli->delete_data, &cli->delete_count, &cli->delete_room, value);
	return data_word_ok(value, e);
}

static bool take_leave_out(struct cli *cli, const char *value, struct err *e)
{
	(void)e;
	add_word(&cli->leave_out, &cli->leave_out_count, &cli->leave_out_room, value);
	return true;
}

static bool take_set(struct cli *cli, const char *value, struct err *e)
{
	(void)e;
	add_word(&cli->set, &cli->set_count, &cli->set_room, value);
	return true;
}

const struct flag flags[] = {
    {"rehearse", 0, NULL, N_("use the simulated cloud: no account, no network, no cost"), .take = take_rehearse},
    {"json", 0, NULL, N_("print events or results as JSON, a line each"), .at = offsetof(struct cli, json)},
    {"yes", 'y', NULL, N_("consent to what destroys data"), .at = offsetof(struct cli, yes)},
    {"wait", 0, "MINUTES",
     N_("apply: how long it waits for what you have to do by hand, once all else is done; 15 if not given"), .take = take_wait},
    {"delete-data", 0, "WHAT", N_("delete the database, or the artifacts, though protected; may be repeated"),
     .take = take_delete_data},
    {"leave-out", 0, "RESOURCE",
     N_("apply: go on without this optional resource, once; destroy: take this cluster elsewhere for gone; may be repeated"),
     .take = take_leave_out},
    {"set", 's', "ID=VALUE", N_("answer a question; may be repeated"), .take = take_set},
    {"out", 'o', "DIR", N_("render: write the files there"), .at = offsetof(struct cli, out)},
    {"for", 0, "CLIENT", N_("connect: lines for a shell, python, a notebook, curl or ci"), .at = offsetof(struct cli, form)},
    {"plain", 0, NULL, N_("ask line by line, without a full screen"), .at = offsetof(struct cli, plain)},
    {"ascii", 0, NULL, N_("draw with ASCII only"), .at = offsetof(struct cli, ascii)},
    {"color", 0, "WHEN", N_("always, never or auto"), .take = take_color},
    {"quiet", 'q', NULL, N_("print results and failures only"), .at = offsetof(struct cli, quiet)},
    {"speed", 0, "N", N_("rehearsal on the screen: seconds of cloud time a second"), .take = take_speed},
    {"seed", 0, "N", N_("rehearsal: draw other durations and lags"), .take = take_seed, .scope = SCOPE_REHEARSAL},
    {"world", 0, "FILE", N_("rehearsal: start from this world"), .at = offsetof(struct cli, world), .scope = SCOPE_REHEARSAL},
    {"faults", 0, "FILE", N_("rehearsal: make these faults happen"), .at = offsetof(struct cli, faults),
     .scope = SCOPE_REHEARSAL},
    {"cloud-proxy", 0, "URL", N_("send every request through this proxy"), .at = offsetof(struct cli, cloud_proxy),
     .scope = SCOPE_NETWORK},
    {"cloud-ca", 0, "FILE", N_("trust this certificate authority, and no other"), .at = offsetof(struct cli, cloud_ca),
     .scope = SCOPE_NETWORK},
    {"record", 0, "FILE", N_("write every exchange with the cloud there, without secrets and people's addresses"),
     .at = offsetof(struct cli, record)},
    {"help", 'h', NULL, N_("print this help"), .take = NULL},
    {"version", 'V', NULL, N_("print the version"), .take = NULL},
    {0},
};
enum { FLAG_COUNT = sizeof flags / sizeof *flags - 1 };

/* ended by NULL */
static const struct verb *verb_find(const char *name)
{
	for (const struct verb *const *v = verbs; *v; v++)
		if (!strcmp((*v)->name, name))
			return *v;
	return NULL;
}

static void cli_help(FILE *to)
{
	fputs(_("Usage: mlflow-setup [OPTION]... [VERB FILE]\n"
		"Sets up an MLflow tracking server on Google Cloud that nobody outside the chosen people can reach.\n"
		"Without a verb it asks the questions one page after another; FILE then is where the answers are kept.\n\n"
		"Examples:\n"
		"  mlflow-setup --rehearse               try everything without an account\n"
		"  mlflow-setup                          answer the questions and build\n"
		"  mlflow-setup plan mlflow.json         what would change\n"
		"  mlflow-setup apply mlflow.json        build it again from the saved answers\n\n"
		"Verbs:\n"),
	      to);
	for (const struct verb *const *v = verbs; *v; v++)
		fprintf(to, "  %-9s %-5s %s\n", (*v)->name, (*v)->takes, _((*v)->title));
	fputs(_("\nOptions:\n"), to);
	for (const struct flag *f = flags; f->name; f++) {
		char *name = xasprintf("--%s%s%s", f->name, f->takes ? "=" : "", f->takes ? f->takes : "");
		fprintf(to, f->letter ? "  -%c, %-20s %s\n" : "  %c   %-20s %s\n", f->letter ? f->letter : ' ', name,
			_(f->help));
		free(name);
	}
	fputs(_("\nExit status: 0 done, 1 failed, 2 plan found changes, 3 partly done, 4 waits for you, 64 usage, 65 answers "
		"invalid,\n"
		"66 file missing, 69 cloud unreachable, 70 internal fault, 73 cannot write, 75 try again, 77 permission,\n"
		"78 configuration, 130 interrupted. See mlflow-setup(1).\n"),
	      to);
}

/* False where its value is refused. */
static bool take(struct cli *cli, const struct flag *f, const char *value, struct err *e)
{
	void *at = (char *)cli + f->at;
	if (f->take)
		return f->take(cli, value, e);
	if (f->takes)
		*(const char **)at = value;
	else
		*(bool *)at = true;
	return true;
}

static bool unknown_flag(const char *word, struct err *e)
{
	const char *names[FLAG_COUNT + 1] = {0};
	for (size_t i = 0; i < FLAG_COUNT; i++)
		names[i] = flags[i].name;
	const char *bare = word ? word + strspn(word, "-") : "";
	char *stem = xstrndup(bare, strcspn(bare, "="));
	const char *near = text_nearest(stem, names);
	free(stem);
	char *fix = near ? xasprintf(_("Did you mean --%s?"), near) : xstrdup(_("See mlflow-setup --help."));
	err_set(e, EXIT_USAGE, NULL, fix, _("the option \"%s\" is unknown or lacks its value."), word ? word : "");
	free(fix);
	return false;
}

static bool unknown_verb(const char *word, struct err *e)
{
	const char *names[32] = {0};
	for (size_t i = 0; verbs[i] && i < 31; i++)
		names[i] = verbs[i]->name;
	const char *near = text_nearest(word, names);
	char *fix = near ? xasprintf(_("Did you mean \"%s\"?"), near) : xstrdup(_("See mlflow-setup --help."));
	err_set(e, EXIT_USAGE, NULL, fix, _("there is no verb \"%s\"."), word);
	free(fix);
	return false;
}

static bool has_place(const struct cli *cli, const struct flag *f, struct err *e)
{
	if (f->scope == SCOPE_REHEARSAL && !cli->rehearse)
		return err_set(e, EXIT_USAGE, NULL, _("Add --rehearse, or leave it out."), _("--%s is for rehearsals alone."),
			       f->name);
	if (f->scope == SCOPE_NETWORK && cli->rehearse)
		return err_set(e, EXIT_USAGE, NULL, _("Leave out one of them."),
			       _("--%s and --rehearse do not go together: a rehearsal sends nothing."), f->name);
	return true;
}

/* The words that are no options: a verb and a file, or the wizard's file. */
static bool words(int count, char **word, struct cli *cli, const struct verb **verb, struct err *e)
{
	if (count > 0) {
		*verb = verb_find(word[0]);
		bool file = strchr(word[0], '.') || strchr(word[0], '/');
		if (!*verb && !file)
			return unknown_verb(word[0], e);
		if (*verb) {
			word++;
			count--;
		}
	}
	if (count > 0)
		cli->file = word[0];
	if (count > 1)
		return err_set(e, EXIT_USAGE, NULL, _("Name one answers file."), _("there is one word too many: \"%s\"."),
			       word[1]);
	if (cli->file && *verb && !*(*verb)->takes)
		return err_set(e, EXIT_USAGE, NULL, NULL, _("%s takes no file."), (*verb)->name);
	if (!cli->file && *verb && *(*verb)->takes)
		return err_set(e, EXIT_USAGE, NULL, _("Name the answers file, such as mlflow.json."), _("%s needs a file."),
			       (*verb)->name);
	return true;
}

bool cli_parse(int argc, char **argv, struct cli *cli, const struct verb **verb, bool *done, struct err *e)
{
	struct option longs[FLAG_COUNT + 1] = {0};
	char shorts[2 * FLAG_COUNT + 2] = "";
	size_t n = 0;
	for (int i = 0; i < FLAG_COUNT; i++) {
		longs[i] = (struct option){
		    .name = flags[i].name, .has_arg = flags[i].takes ? required_argument : no_argument, .val = 256 + i};
		if (flags[i].letter) {
			shorts[n++] = flags[i].letter;
			if (flags[i].takes)
				shorts[n++] = ':';
		}
	}
	*cli = (struct cli){.color = "auto", .wait = -1};
	*verb = NULL;
	*done = false;
	bool given[FLAG_COUNT] = {false};
	opterr = 0;
	for (int c; (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
		int row = c - 256;
		for (int i = 0; c < 256 && i < FLAG_COUNT; i++)
			if (flags[i].letter == c)
				row = i;
		if (row < 0 || c == '?')
			return unknown_flag(argv[optind - 1], e);
		if (!strcmp(flags[row].name, "help") || !strcmp(flags[row].name, "version")) {
			*done = true;
			if (*flags[row].name == 'h')
				cli_help(stdout);
			else
				puts("mlflow-setup " PACKAGE_VERSION "\nLicense Apache-2.0");
			return true;
		}
		if (!take(cli, &flags[row], optarg, e))
			return false;
		given[row] = true;
	}
	for (int i = 0; i < FLAG_COUNT; i++)
		if (given[i] && !has_place(cli, &flags[i], e))
			return false;
	return words(argc - optind, argv + optind, cli, verb, e);
}

/* Makes an answer what the i-th --set says, and notes where it was not so. False: it cannot be, with the others as they are. */
static bool settle(const struct cli *cli, size_t i, struct answers *a, bool *moved, struct err *e)
{
	const char *set = cli->set[i], *eq = strchr(set, '=');
	if (!eq)
		return err_set(e, EXIT_USAGE, NULL, _("Write --set ID=VALUE."), _("--set lacks a value: \"%s\"."), set);
	char *id = xstrndup(set, (size_t)(eq - set));
	const struct question *q = question_find(id);
	cJSON *wanted = q ? question_value(q, eq + 1) : NULL;
	bool stands = q && cJSON_Compare(wanted, answers_get(a, id), 1);
	*moved |= !stands;
	bool ok = stands ? answers_allows(a, q, wanted, e) : answers_set_text(a, id, eq + 1, e);
	if (!ok && q && !e->place)
		err_set_place(e, id);
	cJSON_Delete(wanted);
	free(id);
	return ok;
}

/* Does a later --set answer the same question? */
static bool overruled(const struct cli *cli, size_t i)
{
	size_t len = strcspn(cli->set[i], "=") + 1;
	for (size_t later = i + 1; later < cli->set_count; later++)
		if (!strncmp(cli->set[i], cli->set[later], len))
			return true;
	return false;
}

static bool settle_each(const struct cli *cli, struct answers *a, struct err *e)
{
	bool moved = false;
	for (size_t i = 0; i < cli->set_count; i++) {
		struct err refused = {0};
		if (!overruled(cli, i) && !settle(cli, i, a, &moved, &refused) && !e->exit)
			err_move(e, &refused);
		err_free(&refused);
	}
	return moved;
}

/* One answer may allow another, and move one that only repeats its default. The order on the command line does not matter: they are gone over until all
 * stand as they were given, which each round brings about for one more at least. */
bool cli_settle(const struct cli *cli, struct answers *a, struct err *e)
{
	bool moved = true;
	for (size_t round = 0; moved && round <= cli->set_count; round++) {
		err_free(e);
		moved = settle_each(cli, a, e);
	}
	return !e->exit;
}

struct answers *cli_answers(const struct cli *cli, struct err *e)
{
	struct answers *a = answers_load(cli->file, e);
	if (a && !cli_settle(cli, a, e)) {
		answers_free(a);
		a = NULL;
	}
	return a;
}

struct plan *cli_applied(const struct cli *cli, struct answers **a, struct err *e)
{
	*a = cli_answers(cli, e);
	if (*a && answers_check(*a, cli->file, e) && !*json_str((*a)->resolved, "url", ""))
		err_set(
		    e, EXIT_ANSWERS, cli->file,
		    _("Run mlflow-setup apply with this file: it makes the stack, or finds by its labels the one that stands, "
		      "and writes into the file what it found."),
		    _("the file does not say that its stack was made."));
	return *a && !e->exit ? plan_make(*a, e) : NULL;
}
