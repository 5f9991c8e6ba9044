#include "config.h"
#include "cmd/cli.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/rehearsal.h"
#include "gcp/kind.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const struct flag flags[] = {
    {"rehearse", 0, NULL, N_("use the simulated cloud: no account, no network, no cost")},
    {"json", 0, NULL, N_("print events or results as JSON, a line each")},
    {"yes", 'y', NULL, N_("consent to what destroys data")},
    {"wait", 0, "MINUTES",
     N_("apply: how long it waits for what you have to do by hand, once all else is done; 15 if not given")},
    {"delete-data", 0, "WHAT", N_("delete the database, or the artifacts, though protected; may be repeated")},
    {"leave-out", 0, "RESOURCE",
     N_("apply: go on without this optional resource, once; destroy: take this cluster elsewhere for gone; may be repeated")},
    {"set", 's', "ID=VALUE", N_("answer a question; may be repeated")},
    {"out", 'o', "DIR", N_("render: write the files there")},
    {"for", 0, "CLIENT", N_("connect: lines for a shell, python, a notebook, curl or ci")},
    {"plain", 0, NULL, N_("ask line by line, without a full screen")},
    {"ascii", 0, NULL, N_("draw with ASCII only")},
    {"color", 0, "WHEN", N_("always, never or auto")},
    {"quiet", 'q', NULL, N_("print results and failures only")},
    {"speed", 0, "N", N_("rehearsal on the screen: seconds of cloud time a second")},
    {"seed", 0, "N", N_("rehearsal: draw other durations and lags")},
    {"world", 0, "FILE", N_("rehearsal: start from this world")},
    {"faults", 0, "FILE", N_("rehearsal: make these faults happen")},
    {"cloud-proxy", 0, "URL", N_("send every request through this proxy")},
    {"cloud-ca", 0, "FILE", N_("trust this certificate authority, and no other")},
    {"record", 0, "FILE", N_("write every exchange with the cloud there, without secrets and people's addresses")},
    {"help", 'h', NULL, N_("print this help")},
    {"version", 'V', NULL, N_("print the version")},
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
	fputs(_("\nExit status: 0 done, 2 plan found changes, 3 partly done, 64 usage, 65 answers invalid, 66 file missing,\n"
		"69 cloud unreachable, 70 internal fault, 73 cannot write, 75 try again, 77 permission, 78 configuration,\n"
		"130 interrupted. See mlflow-setup(1).\n"),
	      to);
}

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

/* Takes one option; true unless its value is refused. */
static bool take(struct cli *cli, const char *name, const char *value, struct err *e)
{
	double n;
	const struct {
		const char *name;
		bool *on;
		const char **text;
	} simple[] = {
	    {"rehearse", &cli->rehearse, NULL}, {"json", &cli->json, NULL},         {"yes", &cli->yes, NULL},
	    {"plain", &cli->plain, NULL},       {"ascii", &cli->ascii, NULL},       {"quiet", &cli->quiet, NULL},
	    {"out", NULL, &cli->out},           {"for", NULL, &cli->form},          {"world", NULL, &cli->world},
	    {"faults", NULL, &cli->faults},     {"cloud-ca", NULL, &cli->cloud_ca}, {"cloud-proxy", NULL, &cli->cloud_proxy},
	    {"record", NULL, &cli->record},
	};
	if (!strcmp(name, "rehearse") && !rehearsal_there(e))
		return false;
	for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
		if (strcmp(simple[i].name, name) != 0)
			continue;
		if (simple[i].on)
			*simple[i].on = true;
		else
			*simple[i].text = value;
		return true;
	}
	if (!strcmp(name, "wait"))
		return minutes(name, value, &cli->wait, e);
	if (!strcmp(name, "speed"))
		return number(name, value, &cli->speed, e);
	if (!strcmp(name, "seed")) {
		bool ok = number(name, value, &n, e);
		cli->seed = ok ? (uint64_t)n : 0;
		return ok;
	}
	if (!strcmp(name, "color")) {
		cli->color = value;
		return color_ok(value, e);
	}
	if (!strcmp(name, "delete-data")) {
		cli->delete_data = xgrow(cli->delete_data, cli->delete_count + 1, &cli->delete_room, sizeof *cli->delete_data);
		cli->delete_data[cli->delete_count++] = value;
		cli->delete_data[cli->delete_count] = NULL;
		return data_word_ok(value, e);
	}
	if (!strcmp(name, "leave-out")) {
		cli->leave_out = xgrow(cli->leave_out, cli->leave_out_count + 1, &cli->leave_out_room, sizeof *cli->leave_out);
		cli->leave_out[cli->leave_out_count++] = value;
		cli->leave_out[cli->leave_out_count] = NULL;
		return true;
	}
	cli->set = xgrow(cli->set, cli->set_count, &cli->set_room, sizeof *cli->set);
	cli->set[cli->set_count++] = value;
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
		if (!take(cli, flags[row].name, optarg, e))
			return false;
	}
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
static bool settle_all(const struct cli *cli, struct answers *a, struct err *e)
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
	if (a && !settle_all(cli, a, e)) {
		answers_free(a);
		a = NULL;
	}
	return a;
}

struct plan *cli_applied(const struct cli *cli, struct answers **a, struct err *e)
{
	*a = cli_answers(cli, e);
	if (*a && answers_check(*a, cli->file, e) && !*json_str((*a)->resolved, "project_number", ""))
		err_set(e, EXIT_ANSWERS, cli->file, _("Run mlflow-setup apply first."),
			_("these answers were not applied so far."));
	return *a && !e->exit ? plan_make(*a, e) : NULL;
}
