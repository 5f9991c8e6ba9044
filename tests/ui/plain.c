/* The wizard as lines: what is said, and what each of the few keys does. */
#include "config.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/gettext.h"
#include "base/mem.h"
#include "base/secret.h"
#include "tests/tap.h"
#include "tests/ui/fake_session.h"
#include "tests/ui/translation.h"
#include "ui/pages.h"
#include "ui/plain.h"
#include "ui/state.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

static const char *failing;   /* the step that fails, an optional one; NULL for none */
static const char *finding;   /* what the checks find, as JSON; NULL for nothing */
static const char *replacing; /* the resource that the plan replaces; NULL for none */
static bool consented;        /* did the last run have consent to what destroys data? */

/* Talks with these lines of input; what was said is returned, the exit code and the answers are left for checks. */
static char *talk(const char *input, bool rehearsal, struct answers **a, int *code)
{
	char *said, *copy = xstrdup(input);
	size_t len;
	struct wizard_options o = {.file = "m.json", .rehearsal = rehearsal};
	FILE *in = fmemopen(copy, strlen(copy) ? strlen(copy) : 1, "r"), *out = open_memstream(&said, &len);
	struct session *s = fake_session(rehearsal);
	fake_fail_step(s, failing);
	fake_optional(s, failing != NULL);
	fake_replace(s, replacing);
	if (finding)
		fake_findings(s, cJSON_Parse(finding));
	struct err none = {0};
	*a = access("m.json", F_OK) == 0 ? answers_load("m.json", &none) : answers_new();
	*code = plain_on(s, *a, &o, in, out);
	consented = fake_consented(s);
	session_free(s);
	fclose(in);
	fclose(out);
	free(copy);
	return said;
}

static void says(const char *name, const char *input, bool rehearsal, int wanted, const char *part)
{
	struct answers *a;
	int code;
	char *said = talk(input, rehearsal, &a, &code);
	bool good = code == wanted && strstr(said, part);
	ok(good, "%s", name);
	if (!good)
		printf("# code %d; the end: %s\n", code, strlen(said) > 300 ? said + strlen(said) - 300 : said);
	free(said);
	answers_free(a);
	unlink("m.json");
}

static void leads_to(const char *name, const char *input, const char *id, const char *value)
{
	struct answers *a;
	int code;
	free(talk(input, true, &a, &code));
	is_str(answers_str(a, id), value, name);
	answers_free(a);
	unlink("m.json");
}

/* Enter through all pages of questions, but for one that gets a text; stops after it when stop is set. Then tail. To be freed. */
static char *pages_with(const char *id, const char *text, bool stop, const char *tail)
{
	struct buf b = {0};
	struct err e = {0};
	struct answers *a = answers_new();
	answers_set_text(a, "project.id", "demo-proj", &e);
	answers_set_text(a, "auth.users", "operator@example.com", &e);
	answers_set_text(a, "auth.client_id", "12-a.apps.googleusercontent.com", &e);
	for (const struct wizard_page *page = wizard_pages; page->id; page++) {
		for (const struct question *q = questions; q->id; q++) {
			if (!page_asks(page, a, q))
				continue;
			bool here = id && !strcmp(q->id, id);
			buf_printf(&b, "%s\n", here ? text : "");
			if (here && stop)
				goto out;
		}
	}
out:
	buf_puts(&b, tail);
	answers_free(a);
	return buf_take(&b);
}

/* The number of a setting in its section, as the screen counts it too. */
static int number_in_section(const char *id)
{
	const struct question *list[SETTINGS_MOST];
	struct wizard w = {.answers = answers_new()};
	int count = settings_list(&w, question_find(id)->page, "", list), n = 0;
	while (n < count && strcmp(list[n]->id, id) != 0)
		n++;
	answers_free(w.answers);
	return n + 1;
}

static void says_after_pages(const char *name, const char *id, const char *text, bool stop, const char *tail, bool rehearsal,
			     const char *part)
{
	char *input = pages_with(id, text, stop, tail);
	says(name, input, rehearsal, 0, part);
	free(input);
}

static void leads_after_pages(const char *name, const char *tail, const char *id, const char *value)
{
	char *input = pages_with(NULL, NULL, false, tail);
	leads_to(name, input, id, value);
	free(input);
}

static void at_the_review(void)
{
	char *tail = xasprintf("6\n%d\n1\nq\n", number_in_section("database.version"));
	leads_after_pages("a number chooses", tail, "database.version", "POSTGRES_18");
	free(tail);
	leads_after_pages("all settings can be narrowed and changed", "a\n/mlflow_version\n1\n3.16.1\nq\n",
			  "image.mlflow_version", "3.16.1");
	char *later = xasprintf("4\n%d\n3\nq\n", number_in_section("exposure"));
	says_after_pages("a choice that cannot be made says why", NULL, NULL, false, later, true, "reached by its web address");
	free(later);
	says_after_pages("resources have numbers, by their part", NULL, NULL, false, "d\n\nq\n", true,
			 "Database (3)\n  9  create: Cloud SQL instance mlflow-k3x9, $51 a month\n");
	says_after_pages("a number tells all of one", NULL, NULL, false, "/sql\n1\n\nq\n", true,
			 "create: Cloud SQL instance mlflow-k3x9, $51 a month\n    The answer that decides about it: Size\n");
	says_after_pages("resources are narrowed by a slash", NULL, NULL, false, "/no such thing\nq\n", true,
			 "nothing holds no such thing");
	says_after_pages("a word that means nothing neither builds nor leaves", "auth.client_id",
			 "12-a.apps.googleusercontent.com", false, "perhaps\nq\n", false, "Nothing has been created so far");
	says_after_pages("prices stand beside choices", NULL, NULL, false, "q\n", true, "About $101 a month in all.");
	says_after_pages("nobody is consent", "auth.client_id", "12-a.apps.googleusercontent.com", false, "\n", false, "[no] ");
	says_after_pages("the redirect URI is said", "auth.client_id", "q", true, "", false,
			 "https://mlflow-246813579012.us-central1.run.app/oauth2/callback");
	says_after_pages("and where the client is known already", NULL, NULL, false, "q\n", true,
			 "https://mlflow-246813579012.us-central1.run.app/oauth2/callback");
}

/* What is typed for a secret is kept apart; the answers say that it was typed. */
static void secret(void)
{
	struct answers *a;
	int code;
	char *one = pages_with("auth.client_id", "12-a.apps.googleusercontent.com", true, "GOCSPX-very-secret-indeed\nq\n"),
	     *said = talk(one, false, &a, &code);
	ok(strstr(said, "OAuth client secret") && !strstr(said, "very-secret"), "a secret is asked for and not said again");
	is_str(answers_str(a, "auth.client_secret"), "prompt", "and is no answer");
	free(one);
	free(said);
	answers_free(a);
	unlink("m.json");
}

/* Consent was given, but the secret that the build needs never came. */
static void input_ends_at_secret(void)
{
	char *input = pages_with("auth.client_id", "12-a.apps.googleusercontent.com", false, "yes\n");
	says("the end of the input at the secret is no consent", input, false, EXIT_NOINPUT, "The input ended");
	free(input);
}

static void whole(void)
{
	struct answers *a;
	struct buf wanted = {0};
	struct err e = {0};
	int code;
	char enters[64] = "", *path = xasprintf("%s/tests/ui/golden/plain.txt", getenv("TOP_SRCDIR"));
	memset(enters, '\n', 40);
	char *said = talk(enters, true, &a, &code);
	if (getenv("REGENERATE"))
		file_write(path, said, strlen(said), 0644, &e);
	file_read(path, 1 << 20, &wanted, &e);
	is_int(code, 0, "Enter alone leads to the end");
	ok(!strcmp(said, buf_text(&wanted)), "and says what is stored in golden/plain.txt");
	ok(!strpbrk(said, "\033\t\b\r"), "in plain lines");
	free(said);
	free(path);
	buf_free(&wanted);
	answers_free(a);
	unlink("m.json");
}

static void failures(void)
{
	char *once = pages_with(NULL, NULL, false, "\n"), *again = pages_with(NULL, NULL, false, "\nr\n"),
	     *without = pages_with(NULL, NULL, false, "\nk\n"), *undo = pages_with(NULL, NULL, false, "\nu\nmlflow\n");
	failing = "range";
	says("after a failure its cause is said, and the end of the input leaves with the run's code", once, true, EXIT_PARTLY,
	     "failed: Address range mlflow-services: Quota");
	says("r tries again", again, true, EXIT_PARTLY, "  k  Go on without it this time");
	says("k goes on without an optional resource", without, true, EXIT_DONE, "[q]");
	says("u takes all away once the server's name was typed", undo, true, EXIT_CHANGES, "type the name of this server");
	char *log = pages_with(NULL, NULL, false, "\n/operation\nw\n");
	says("the log is searched", log, true, EXIT_PARTLY, "VPC network mlflow: POST accepted, operation-1234 is RUNNING");
	says("and saved", log, true, EXIT_PARTLY, "The log is in m.log.");
	unlink("m.log");
	free(log);
	failing = NULL;
	free(once);
	free(again);
	free(without);
	free(undo);
}

/* On a second run: the file of the first is opened at the review. */
static void again(void)
{
	struct buf before = {0}, after = {0};
	struct err e = {0};
	struct answers *a;
	int code, number = number_in_section("server.max_instances");
	char *first = pages_with(NULL, NULL, false, "q\n"), *change = xasprintf("8\n%d\n5\n\nq\n", number), *said;
	free(talk(first, true, &a, &code));
	answers_free(a);
	file_read("m.json", 1 << 20, &before, &e);
	const struct {
		const char *name, *tail, *part;
		bool kept;
	} rows[] = {
	    {"what was changed is said in words", "", "    Most instances: 5 instead of 2\n", false},
	    {"leaving asks whether to keep it", "no\n", "Keep these changes in the file? [yes/no] ", false},
	    {"the end of the input keeps nothing", "", "The input ended", false},
	    {"what is neither yes nor no is asked again", "\nperhaps\n", "Keep these changes in the file? [yes/no] You changed",
	     false},
	    {"< stays", "<\nq\nno\n", "Keep these changes in the file? [yes/no] \nReview", false},
	    {"yes keeps them", "yes\n", "Keep these changes in the file? [yes/no] ", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *input = xasprintf("%s%s", change, rows[i].tail);
		said = talk(input, true, &a, &code);
		file_read("m.json", 1 << 20, &after, &e);
		ok(strstr(said, rows[i].part) && !strcmp(buf_text(&before), buf_text(&after)) == !rows[i].kept, "again: %s",
		   rows[i].name);
		if (!strstr(said, rows[i].part))
			printf("# %s\n", said);
		buf_free(&after);
		answers_free(a);
		free(said);
		free(input);
	}
	unlink("m.json");
	buf_free(&before);
	free(change);
	free(first);
}

/* What is wrong across lines is said at the review, with the settings that cure it, and each can be changed there. */
static void cures(void)
{
	char *tail = xasprintf("8\n%d\n3\n\n8\n1\n3\n\nq\n", number_in_section("server.workers"));
	says_after_pages(
	    "a problem is said at its line, with what cures it first", NULL, NULL, false, tail, true,
	    "Problem: Memory: 3 workers need 3 GiB of memory: give more, or lower \"Workers\".\n  1  Memory: 2 GiB\n"
	    "  2  Workers: 3\n  3  Image: Build it\n");
	leads_after_pages("where it is cured", tail, "server.memory", "4Gi");
	free(tail);
}

/* How the checks stand is said: each that is not in order with its cure, and the line for whoever may grant roles. */
static void checks(void)
{
	finding = "[{\"id\":\"a\",\"title\":\"Sign-in\",\"state\":\"ok\",\"message\":\"\"},"
		  "{\"id\":\"b\",\"title\":\"Quota\",\"state\":\"warn\",\"message\":\"not known.\",\"fix\":\"Ask.\"}]";
	says_after_pages("what the checks found is said", NULL, NULL, false, "q\n", true,
			 "Not certain: Quota: not known. Ask.\nChecked and in order: Sign-in\n");
	finding = "[{\"id\":\"b\",\"title\":\"Permissions\",\"state\":\"fail\",\"elsewhere\":true,"
		  "\"message\":\"lacks run.services.create\",\"fix\":\"Have them granted.\"}]";
	says_after_pages("what holds the build is said with the line that mends it", NULL, NULL, false, "yes\nq\n", true,
			 "gcloud projects add-iam-policy-binding demo-proj --member=user:operator@example.com");
	says_after_pages("and holds it", NULL, NULL, false, "yes\nq\n", true,
			 "Problem: Permissions: lacks run.services.create\n");
	finding = NULL;
}

/* Data go when their server's name was typed, at the moment of consent. */
static void losing(void)
{
	replacing = "sql";
	says_after_pages("what would be lost is named at consent", NULL, NULL, false, "yes\nanother\nq\n", true,
			 "That is not its name: nothing is deleted.");
	ok(!consented, "another name is no consent");
	says_after_pages("Enter alone does not build what loses data", NULL, NULL, false, "\n", true, "[no] ");
	char *input = pages_with(NULL, NULL, false, "yes\nmlflow");
	says("a line that was cut off is none", input, true, EXIT_NOINPUT, "The input ended");
	ok(!consented, "nor consent");
	free(input);
	input = pages_with(NULL, NULL, false, "yes\nmlflow\n");
	says("the server's name is", input, true, 0, "type the name of this server");
	ok(consented, "and the run has it");
	free(input);
	replacing = NULL;
}

/* In each language the words for yes and no stand in the prompts, are answers as they are said, and the end of the input is none. */
static void languages(const char *dir)
{
	static const char *const all[] = {"de", "fr", "es", "pt_BR", "ja", "zh_CN", "ko", "pl"};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (!translation_load(dir, all[i], "cp \"$TOP_SRCDIR/po/$language.po\" \"$dir/words.po\"")) {
			skip("words of other languages", "msgfmt or the locales' sources are not installed");
			return;
		}
		char *prompt = xasprintf(" [%s] ", _("no")),
		     *asks_secret = xasprintf(_("%s (not shown): "), _(question_find("auth.client_secret")->title)),
		     *yes = xasprintf("%s\n", _("yes")), *no = xasprintf("%s\n", _("no")),
		     *secret = pages_with("auth.client_id", "12-a.apps.googleusercontent.com", false, yes),
		     *refused = pages_with("auth.client_id", "12-a.apps.googleusercontent.com", false, no),
		     *ended = pages_with("auth.client_id", "12-a.apps.googleusercontent.com", false, "");
		struct answers *a;
		int code;
		char *said = talk(secret, false, &a, &code);
		ok(code == EXIT_NOINPUT && strstr(said, prompt) && strstr(said, asks_secret),
		   "%s: the prompt has the language's word, and yes is consent", all[i]);
		free(said);
		answers_free(a);
		unlink("m.json");
		free(talk(refused, false, &a, &code));
		is_int(code, 0, "and the one for no leaves");
		answers_free(a);
		unlink("m.json");
		free(talk(ended, false, &a, &code));
		is_int(code, EXIT_NOINPUT, "and the end of the input neither");
		answers_free(a);
		unlink("m.json");
		free(ended), free(refused), free(secret), free(no), free(yes), free(asks_secret), free(prompt);
	}
}

/* Whose a project is, is known when it is asked who lets people in: it is said there, moves no answer, and holds the page where IAP cannot work. */
static void whose_project(void)
{
	says_after_pages("in an organisation IAP is recommended", "project.id", "demo-proj", false, "q\n", true,
			 "Recommended here: Google lets in");
	says_after_pages("in none it is said what IAP needs", "project.id", "lone-proj", false, "q\n", true,
			 "The project belongs to no organisation: this needs");
	leads_after_pages("what is recommended is no answer", "q\n", "auth.mode", "oauth2-proxy");
	char *input = pages_with("auth.mode", "2", true, "\n\n\n\n\n\n\nq\n"), *lone = xasprintf("lone-proj%s", input);
	says("IAP without a client is refused where the project is in no organisation", lone, true, 0,
	     "IAP then needs an OAuth client of yours, or choose oauth2-proxy.");
	leads_to("and stays chosen", lone, "auth.mode", "iap");
	free(lone);
	free(input);
}

int main(void)
{
	char dir[] = "/tmp/plain-XXXXXX";
	struct err e = {0};
	setlocale(LC_ALL, "C.UTF-8");
	mem_install();
	secret_init(&e);
	if (!getenv("TOP_SRCDIR") || !mkdtemp(dir) || chdir(dir) != 0)
		return 99;
	whole();
	says("? explains", "?\nq\n", true, 0, "for --set: project.id");
	says("what is not allowed is refused with the reason", "Bad Name\nq\n", true, 0, "6 to 30 lower-case letters");
	says("q saves and says how to go on", "ml-research\nq\n", true, 0, "Go on:    mlflow-setup --rehearse m.json");
	says("the end of the input is no answer", "", true, EXIT_NOINPUT, "The input ended");
	says("billing that is off is said", "ml-research\nq\n", true, 0, "billing is off");
	leads_to("text is the answer", "ml-research\nq\n", "project.id", "ml-research");
	says("a page whose answers do not go together is not left", "\n\n\nappengine\n\n\n\nq\n", true, 0,
	     "An application of App Engine can never be moved nor deleted");
	leads_to("< goes back", "ml-research\n<\ndemo-proj\nq\n", "project.id", "demo-proj");
	leads_to("a list offers numbers, narrowed by a slash", "\n\n/belgium\n1\nq\n", "region", "europe-west1");
	says("choices are narrowed by a slash", "\n\n\n/no such thing\nq\n", true, 0, "nothing holds no such thing");
	whose_project();
	at_the_review();
	secret();
	input_ends_at_secret();
	failures();
	again();
	cures();
	checks();
	losing();
	languages(dir);
	char *remove = xasprintf("rm -rf '%s'", dir);
	ok(!system(remove), "cleaned up");
	free(remove);
	return tap_done();
}
