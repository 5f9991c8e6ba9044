/* A sample of the screens, against stored ones with the cursor: every page at 80x24, some wide, small, in ASCII and German. What holds for all of them at
 * all sizes is checked by layout.c. With REGENERATE set, the stored ones are written anew. */
#include "config.h"
#include "base/file.h"
#include "base/gettext.h"
#include "base/mem.h"
#include "base/secret.h"
#include "tests/tap.h"
#include "tests/ui/fake_session.h"
#include "ui/state.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

static struct wizard *w;
static struct session *session;
static char *file;

static void open_at(int lines, int columns, bool ascii, bool rehearsal)
{
	static struct wizard_options o;
	o = (struct wizard_options){.file = "mlflow.json", .rehearsal = rehearsal};
	if (!screen_open_nowhere(lines, columns, false, ascii)) {
		printf("Bail out! no screen\n");
		exit(99);
	}
	session = fake_session(rehearsal);
	w = wizard_new(session, answers_new(), &o);
}

static void close_it(void)
{
	struct answers *a = w->answers;
	wizard_free(w);
	answers_free(a);
	session_free(session);
	screen_close();
	unlink("mlflow.json");
}

static void turns(int n)
{
	while (n--) {
		session_turn(session, 0, -1);
		wizard_settle(w);
	}
}

/* Keys by name, separated by blanks; after each a turn. */
static void press(const char *names)
{
	char *copy = xstrdup(names), *rest;
	for (char *one = strtok_r(copy, " ", &rest); one; one = strtok_r(NULL, " ", &rest)) {
		struct key k = key_named(one);
		wizard_take(w, &k);
		turns(1);
	}
	free(copy);
}

static void type(const char *text)
{
	for (; *text; text++) {
		char name[2] = {*text, 0};
		struct key k = *text == ' ' ? key_named("Space") : key_named(name);
		wizard_take(w, &k);
	}
	turns(1);
}

static void screen_is(const char *name)
{
	struct buf got = {0}, wanted = {0};
	struct err e = {0};
	char *path = xasprintf("%s/tests/ui/golden/%s.txt", getenv("TOP_SRCDIR"), name);
	wizard_draw(w);
	screen_dump(&got);
	if (getenv("REGENERATE"))
		file_write(path, got.data, got.len, 0644, &e);
	file_read(path, 1 << 20, &wanted, &e);
	if (!ok(!strcmp(buf_text(&got), buf_text(&wanted)), "screen %s", name)) {
		char *line = buf_take(&got), *rest;
		for (char *one = strtok_r(line, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest))
			printf("# %s\n", one);
		free(line);
	}
	err_free(&e);
	buf_free(&got);
	buf_free(&wanted);
	free(path);
}

static void walk(const char *prefix, int lines, int columns, bool ascii, const char *only)
{
	open_at(lines, columns, ascii, true);
	char name[64];
	int builds = 0;
	for (int i = 0; i < 200 && !w->ended; i++) {
		bool build = wizard_on(w, "build");
		turns(build ? 4 : 2);
		snprintf(name, sizeof name, "%s-%s", prefix, wizard_page(w));
		builds += build;
		bool wanted = !only || strstr(only, wizard_page(w));
		if (wanted && (!build || builds == 4 || wizard_on(w, "done")))
			screen_is(name);
		if (!wizard_on(w, "build"))
			press("Enter");
	}
	ok(w->result != NULL && w->exit_code == 0, "%s: Enter alone leads to the end", prefix);
	close_it();
}

static void editing(void)
{
	open_at(24, 80, false, false);
	turns(2);
	press("Enter");
	type("-Xyz");
	screen_is("edit-rejected-character");
	press("C-u");
	type("9");
	screen_is("edit-invalid");
	press("Esc");
	press("Enter");
	screen_is("edit-draft-kept");
	press("C-u");
	type("ml");
	turns(2);
	screen_is("edit-filter");
	press("Down");
	turns(2);
	screen_is("edit-billing-off");
	press("?");
	screen_is("edit-help");
	press("x C-c");
	screen_is("edit-leave");
	press("n C-u");
	type("demo-proj");
	press("Enter Enter Enter Enter");
	ok(wizard_on(w, "auth"), "on the page of people");
	press("Tab Tab Tab Space");
	type("allUsers");
	press("Enter");
	screen_is("edit-list-refused");
	press("C-u");
	type("ada@example.com");
	press("Enter Enter S-Tab S-Tab S-Tab Space Down");
	screen_is("edit-choices");
	press("Enter Esc");
	screen_is("edit-people");
	press("Enter");
	screen_is("edit-needed");
	close_it();
}

static void failing(void)
{
	open_at(24, 80, false, true);
	turns(2);
	fake_fail_step(session, "network");
	press("Enter Enter Enter Enter Enter Enter Enter Enter Enter");
	turns(3);
	press("Enter");
	turns(60);
	screen_is("failed-build");
	press("Enter");
	screen_is("failed-menu");
	press("Esc Down Enter");
	screen_is("failed-done");
	is_int(w->exit_code, EXIT_PARTLY, "and the exit code says so");
	fake_fail_step(session, NULL);
	press("Esc r");
	turns(60);
	ok(wizard_on(w, "done"), "a retry goes through");
	close_it();

	open_at(24, 80, false, true);
	fake_fail_survey(session, "who", "The refresh token was revoked.", "Sign in again: gcloud auth application-default login.");
	turns(2);
	screen_is("failed-sign-in");
	close_it();
}

/* What destroys data is agreed to by typing the server's name, in a rehearsal too. */
static void losing(void)
{
	open_at(24, 80, false, true);
	turns(2);
	fake_replace(session, "sql");
	press("Enter Enter Enter Enter Enter Enter Enter Enter Enter");
	turns(3);
	screen_is("replace-review");
	press("Enter");
	screen_is("replace-consent");
	type("other");
	press("Enter");
	turns(2);
	ok(wizard_on(w, "review"), "another name is no consent");
	press("C-u");
	type("mlflow");
	press("Enter");
	turns(2);
	ok(wizard_on(w, "build") && fake_consented(session), "the server's name is");
	close_it();
}

static void interrupting(void)
{
	open_at(24, 80, false, true);
	turns(2);
	press("Enter Enter Enter Enter Enter Enter Enter Enter Enter");
	turns(3);
	press("Enter");
	turns(5);
	press("C-c");
	screen_is("interrupt-once");
	press("C-c");
	ok(w->ended && w->exit_code == EXIT_INTERRUPTED, "twice leaves");
	close_it();
}

/* From a line of the review to the page that decided it, and back; a change there is in the next plan. */
static void jumping(void)
{
	open_at(24, 80, false, true);
	turns(2);
	press("Enter Enter Enter Enter Enter Enter Enter Enter Enter");
	turns(3);
	press("Down Down e");
	ok(wizard_on(w, "artifacts"), "the bucket leads to the page of artifacts");
	screen_is("jump-page");
	press("Tab Tab C-u");
	type("30");
	press("Enter");
	turns(3);
	ok(wizard_on(w, "review") && answers_int(w->answers, "artifacts.soft_delete_days") == 30, "Enter comes back with the change");
	press("e Esc");
	ok(wizard_on(w, "review"), "so does Esc");
	turns(3);
	press("End");
	screen_is("jump-end-of-list");
	answers_drop(w->answers, "auth.users");
	press("r");
	turns(2);
	screen_is("jump-problem");
	press("Enter");
	ok(wizard_on(w, "auth"), "a problem leads to its page");
	close_it();
}

static void sizes(void)
{
	open_at(19, 59, false, true);
	turns(2);
	screen_is("small");
	press("Enter");
	ok(wizard_on(w, "welcome"), "a small window takes no answer");
	close_it();
}

static void searching(void)
{
	open_at(24, 80, false, true);
	turns(2);
	press("Enter Enter Enter Enter Enter Enter Enter Enter Enter");
	turns(3);
	press("Enter");
	turns(6);
	press("l /");
	type("accepted");
	screen_is("log-search");
	press("Enter");
	screen_is("log-found");
	close_it();
}

/* Cells, not bytes or characters: text that is two cells wide, combined, or no text at all. */
static void wide(void)
{
	open_at(24, 80, false, true);
	turns(2);
	press("Enter Enter Enter Enter Enter Enter Enter Enter Enter");
	turns(3);
	press("Enter");
	turns(2);
	press("l /");
	struct key paste = {.kind = KEY_PASTED, .text = xstrdup("\u6771\u4eac e\u0301t\u00e9 \U0001f680\nend")};
	wizard_take(w, &paste);
	free(paste.text);
	press("Left Left Left Left");
	screen_is("wide-characters");
	close_it();
}

/* The translation that is longest: every page in German, where no label may be cut. */
static void german(const char *dir)
{
	char *make = xasprintf("mkdir -p '%s/de/LC_MESSAGES' && msgfmt -o '%s/de/LC_MESSAGES/%s.mo' '%s/po/de.po'", dir, dir, PACKAGE,
			       getenv("TOP_SRCDIR"));
	char *remove = xasprintf("rm -r '%s/de'", dir);
	if (system(make)) {
		skip("screens in German", "msgfmt is not installed or failed");
	} else {
		setenv("LANGUAGE", "de", 1);
		bindtextdomain(PACKAGE, dir);
		textdomain(PACKAGE);
		walk("de", 24, 80, false, "project review done");
		bool whole = true;
		for (const struct question *q = questions; q->id; q++)
			whole &= cells(gettext(q->title)) <= 23 || !printf("# cut: %s\n", gettext(q->title));
		ok(whole, "no label is cut in German");
		ok(!system(remove), "cleaned up");
	}
	free(make);
	free(remove);
}

int main(void)
{
	char dir[] = "/tmp/screens-XXXXXX";
	struct err e = {0};
	setlocale(LC_ALL, "C.UTF-8");
	mem_install();
	secret_init(&e);
	if (!getenv("TOP_SRCDIR") || !mkdtemp(dir) || chdir(dir) != 0)
		return 99;
	walk("80x24", 24, 80, false, NULL);
	walk("132x50", 50, 132, false, "project review build done");
	walk("60x20", 20, 60, false, "project review build done");
	walk("ascii", 24, 80, true, "review build");
	editing();
	failing();
	losing();
	interrupting();
	searching();
	wide();
	jumping();
	sizes();
	german(dir);
	free(file);
	rmdir(dir);
	return tap_done();
}
