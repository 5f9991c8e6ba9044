/* The wizard as lines: what is said, and what each of the few keys does. */
#include "config.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/secret.h"
#include "tests/tap.h"
#include "tests/ui/fake_session.h"
#include "ui/plain.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

/* Talks with these lines of input; what was said is returned, the exit code and the answers are left for checks. */
static char *talk(const char *input, bool rehearsal, struct answers **a, int *code)
{
	char *said, *copy = xstrdup(input);
	size_t len;
	struct wizard_options o = {.file = "m.json", .rehearsal = rehearsal};
	FILE *in = fmemopen(copy, strlen(copy) ? strlen(copy) : 1, "r"), *out = open_memstream(&said, &len);
	struct session *s = fake_session(rehearsal);
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

/* Enter through all pages of questions, to the review. */
#define ALL_PAGES "\n\n\n\n\n\n\n\n\n\n\n\n\n"

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
	says("a choice that cannot be made says why", ALL_PAGES "3\n1\n2\nq\n", true, 0, "Not yet in this version.");
	says("q saves and says how to go on", "ml-research\nq\n", true, 0, "Go on:    mlflow-setup --rehearse m.json");
	says("the end of the input is no answer", "", true, EXIT_NOINPUT, "The input ended");
	says("billing that is off is said", "ml-research\nq\n", true, 0, "billing is off");
	says("nobody is consent", "\n\n\n\n\n\n12-a.apps.googleusercontent.com\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", false, 0, "[no] ");
	leads_to("text is the answer", "ml-research\nq\n", "project.id", "ml-research");
	leads_to("< goes back", "ml-research\n<\ndemo-proj\nq\n", "project.id", "demo-proj");
	leads_to("a number chooses", ALL_PAGES "6\n2\n1\nq\n", "database.version", "POSTGRES_18");
	leads_to("a list offers numbers, narrowed by a slash", "\n\n/belgium\n1\nq\n", "region", "europe-west1");
	leads_to("all settings can be narrowed and changed", ALL_PAGES "a\n/mlflow_version\n1\n3.16.0\nq\n", "image.mlflow_version", "3.16.0");
	says("the redirect URI is said", "\n\n\nq\n", false, 0, "https://mlflow-246813579012.us-central1.run.app/oauth2/callback");
	says("prices stand beside choices", ALL_PAGES "q\n", true, 0, "About $101 a month in all.");
	says("a secret is no answer", "\n\n\n12-a.apps.googleusercontent.com\nGOCSPX-very-secret\n\n\n\n\n\n\n\n\na\n/secret\nq\n", false, 0, "OAuth client secret: prompt");
	rmdir(dir);
	return tap_done();
}
