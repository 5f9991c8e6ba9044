/* The wizard as lines: what is said, and what each of the few keys does. */
#include "config.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/secret.h"
#include "tests/tap.h"
#include "tests/ui/fake_session.h"
#include "ui/pages.h"
#include "ui/plain.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

static const char *failing; /* the step that fails, an optional one; NULL for none */

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
	*a = answers_new();
	*code = plain_on(s, *a, &o, in, out);
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

/* The number of a setting in its section, and of its section in the review. */
static int number_in_section(const char *id)
{
	struct answers *a = answers_new();
	int n = 0;
	for (const struct question *q = questions; q->id; q++) {
		n += !strcmp(q->page, question_find(id)->page) && answers_asked(a, q);
		if (!strcmp(q->id, id))
			break;
	}
	answers_free(a);
	return n;
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
	     "Why it failed, 1 step: Address range mlflow-services: Quota");
	says("r tries again", again, true, EXIT_PARTLY, "k goes on without what failed");
	says("k goes on without an optional resource", without, true, EXIT_DONE, "[q]");
	says("u takes all away once the server's name was typed", undo, true, EXIT_CHANGES, "type the name of this server");
	failing = NULL;
	free(once);
	free(again);
	free(without);
	free(undo);
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
	rmdir(dir);
	failures();
	return tap_done();
}
