/* A sample of the screens, against stored ones with the cursor: every page at 80x24, some wide, small, in ASCII and German. What holds for all of them at
 * all sizes is checked by layout.c. With REGENERATE set, the stored ones are written anew. */
#include "config.h"
#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sealed.h"
#include "tests/tap.h"
#include "tests/ui/translation.h"
#include "tests/ui/fake_session.h"
#include "tests/ui/hand.h"
#include "ui/state.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

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

static void open_again(int lines, int columns)
{
	static struct wizard_options o;
	struct err e = {0};
	o = (struct wizard_options){.file = "mlflow.json", .rehearsal = true};
	screen_open_nowhere(lines, columns, false, false);
	session = fake_session(true);
	w = wizard_new(session, answers_load("mlflow.json", &e), &o);
}

static void to_review(void)
{
	for (int i = 0; i < 20 && !wizard_on(w, "review"); i++) {
		press("Enter");
		turns(3);
	}
}

static void paste(const char *text)
{
	struct key k = {.kind = KEY_PASTED, .text = xstrdup(text)};
	wizard_take(w, &k);
	free(k.text);
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

static void to_field(const char *id)
{
	for (int i = 0; i < 20 && form_focused(w) && strcmp(form_focused(w)->id, id) != 0; i++)
		press("Tab");
}

static void editing(void)
{
	open_at(24, 80, false, false);
	turns(2);
	type("-Xyz");
	screen_is("edit-rejected-character");
	press("C-u");
	type("9");
	screen_is("edit-invalid");
	press("Enter Resize");
	ok(wizard_on(w, "project") && w->message,
	   "what is no answer holds its page, and another size of the window leaves what was said of it");
	press("C-u");
	type("ml");
	turns(2);
	screen_is("edit-filter");
	press("Enter");
	turns(3);
	screen_is("edit-billing-off");
	ok(wizard_on(w, "project") && !strcmp(answers_str(w->answers, "project.id"), "ml-research"),
	   "Enter takes the single match, and a project without billing holds its page");
	press("?");
	press("Resize");
	screen_is("edit-help");
	press("x C-c Resize");
	screen_is("edit-leave");
	press("n C-u");
	type("demo-proj");
	turns(3);
	for (int i = 0; i < 5 && !wizard_on(w, "access"); i++) {
		press("Enter");
		turns(2);
	}
	ok(wizard_on(w, "access"), "on the page of people");
	press("Enter");
	screen_is("edit-needed");
	press("?");
	screen_is("edit-needed-help");
	press("x");
	to_field("auth.client_secret");
	press("Space");
	type("yes");
	press("Enter");
	ok(w->over && !w->secret && w->message && strstr(w->message, "cannot be the secret"),
	   "what is no client's secret is not taken");
	type("GOCSPX-of-some-other-client");
	screen_is("edit-secret");
	press("Enter");
	to_field("auth.client_id");
	fake_refuse_client(session, true);
	paste("{\"web\":{\"client_id\":\"12-ab.apps.googleusercontent.com\",\"client_secret\":\"GOCSPX-not-the-right-one\"}}");
	is_str(answers_str(w->answers, "auth.client_id"), "12-ab.apps.googleusercontent.com",
	       "a pasted download gives the client's ID");
	turns(2);
	press("Enter");
	ok(wizard_on(w, "access") && w->message && strstr(w->message, "does not take this secret"),
	   "a client that Google refuses holds its page");
	screen_is("edit-client-refused");
	fake_refuse_client(session, false);
	press("Space");
	type("GOCSPX-the-right-one-here");
	press("Enter");
	turns(2);
	screen_is("edit-client-fits");
	ok(w->secret != NULL && !strcmp(answers_str(w->answers, "auth.client_secret"), "prompt"),
	   "a typed secret is kept apart from the answers");
	to_field("auth.users");
	press("Space");
	type("allUsers");
	press("Enter");
	screen_is("edit-list-refused");
	press("C-u");
	type("ada@example.com");
	press("Enter Enter");
	screen_is("edit-people");
	close_it();
}

static void sealed(void)
{
	static const char *const given[][2] = {{"project.id", "demo-proj"},
					       {"auth.client_id", "12-ab.apps.googleusercontent.com"},
					       {"auth.users", "ada@example.com"},
					       {"auth.client_secret", "sealed:mlflow.sealed"}};
	struct err e = {0};
	struct secret *value = secret_copy("GOCSPX-the-right-one-here", 25), *key = secret_copy("correct horse battery", 21);
	ok(sealed_write("mlflow.sealed", "auth.client_secret", value, key, &e), "a secret is sealed");
	open_at(24, 80, false, false);
	turns(2);
	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		answers_set_text(w->answers, given[i][0], given[i][1], &e);
	wizard_go(w, wizard_page_index("review"));
	turns(5);
	press("b y");
	screen_is("sealed-passphrase");
	type("correct horse pattery");
	press("Enter");
	ok(w->over && !w->secret && w->message && strstr(w->message, "does not open"), "another passphrase opens nothing");
	type("correct horse battery");
	press("Enter");
	ok(wizard_on(w, "build") && w->secret && secret_equal(w->secret, value), "a passphrase opens what was sealed");
	secret_free(value);
	secret_free(key);
	close_it();
	unlink("mlflow.sealed");
}

static void failing(void)
{
	open_at(24, 80, false, true);
	turns(2);
	fake_fail_step(session, "network");
	to_review();
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
	size_t steps = w->work.p.count, lines = w->work.p.line_count;
	press("Esc Esc r");
	turns(5);
	ok(wizard_on(w, "review") && w->work.p.count == steps && w->work.p.line_count == lines && work_ended_well(w),
	   "what a later review reads is not told of the run that is over");
	close_it();

	open_at(24, 80, false, true);
	turns(2);
	fake_fail_step(session, "range");
	to_review();
	press("Enter");
	turns(60);
	ok(!work_may_leave_out(w, build_cause(w)), "what the server needs is not offered to be left out");
	close_it();

	open_at(24, 80, false, true);
	turns(2);
	fake_fail_step(session, "range");
	fake_optional(session, true);
	to_review();
	press("Enter");
	turns(60);
	press("Enter");
	screen_is("failed-optional");
	press("k");
	turns(60);
	ok(wizard_on(w, "done"), "k goes on without an optional resource");
	close_it();

	open_at(24, 80, false, true);
	turns(2);
	fake_fail_step(session, "network");
	to_review();
	press("Enter");
	turns(60);
	press("e");
	ok(wizard_on(w, "review") && settings_focused(w) && !strcmp(settings_focused(w)->id, "network.mode"),
	   "from a failure one gets to the question that decides about what failed");
	close_it();

	open_at(24, 80, false, true);
	turns(2);
	fake_fail_step(session, "network");
	to_review();
	press("Enter");
	turns(60);
	w->work.p.steps[build_cause(w)->step].question = NULL;
	press("Enter");
	wizard_draw(w);
	struct buf drawn = {0};
	screen_dump(&drawn);
	ok(w->over == &overlay_failure && !strstr(buf_text(&drawn), "Change the answer"),
	   "where no answer decided it, none is offered");
	buf_free(&drawn);
	press("e");
	ok(wizard_on(w, "review") && w->over == &overlay_settings && settings_focused(w) == question_find("project.id"),
	   "and e opens all settings");
	close_it();

	open_at(24, 80, false, true);
	fake_fail_survey(session, "who", "The refresh token was revoked.",
			 "Sign in again: gcloud auth application-default login.");
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
	to_review();
	screen_is("replace-review");
	press("b");
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
	to_review();
	press("Enter");
	turns(5);
	press("C-c");
	screen_is("interrupt-once");
	press("C-c");
	ok(w->ended && w->exit_code == EXIT_INTERRUPTED, "twice leaves");
	close_it();
}

/* A line of the review is changed in place, and the plan follows. */
static void hub(void)
{
	open_at(24, 80, false, true);
	turns(2);
	to_review();
	ok(cJSON_HasObjectItem(w->answers->values, "exposure") && cJSON_HasObjectItem(w->answers->values, "database.tier"),
	   "what a page showed and was left as it was is an answer");
	press("Home Down Down Down Down Down Enter");
	screen_is("hub-section");
	press("Down Down Enter");
	screen_is("hub-choices");
	press("Esc Up Enter");
	ok(settings_focused(w) && !strcmp(settings_focused(w)->id, "database.version") &&
	       choice_count(w, settings_focused(w)) == 3,
	   "only the versions of the engine that was chosen are listed");
	press("Esc Down Enter Down Enter Esc");
	turns(3);
	screen_is("hub-changed");
	ok(wizard_on(w, "review") && !strcmp(answers_str(w->answers, "database.tier"), "db-custom-2-7680"),
	   "Enter changed it, and came back");
	press("a");
	screen_is("hub-all");
	type("worker");
	screen_is("hub-filtered");
	press("Enter");
	type("3");
	press("Enter Esc Esc");
	is_int(answers_int(w->answers, "server.workers"), 3, "the first character replaces what stood there");
	press("d");
	turns(3);
	screen_is("hub-resources");
	press("Esc End Up");
	screen_is("hub-cures");
	press("2");
	ok(settings_focused(w) && !strcmp(settings_focused(w)->id, "server.workers"), "a number leads to what cures a problem");
	press("Esc");
	ok(wizard_on(w, "review") && !w->over, "and Esc back to it");
	answers_drop(w->answers, "auth.users");
	turns(3);
	press("b");
	screen_is("hub-problem");
	ok(wizard_on(w, "review") && !w->work.run, "what is wrong is not built");
	close_it();
}

/* One setting of what stands: a slash and so many letters as single it out, Enter, the value, Enter, b. */
static void one_change(void)
{
	open_at(24, 80, false, true);
	turns(2);
	to_review();
	close_keeping();
	open_again(24, 80);
	turns(4);
	press("/");
	type("max");
	press("Enter");
	type("5");
	press("Enter");
	ok(!w->over && answers_int(w->answers, "server.max_instances") == 5,
	   "a number: typed over what stood there, and it is the review again");
	press("/");
	type("tier");
	press("Enter Down Enter");
	ok(!w->over && !strcmp(answers_str(w->answers, "database.tier"), "db-custom-2-7680"),
	   "a choice: marked and taken, and it is the review again");
	press("/");
	type("deletion");
	press("Enter");
	ok(!w->over && !answers_bool(w->answers, "database.deletion_protection"),
	   "what is on or off: turned by Enter, and it is the review again");
	press("Enter Enter");
	ok(!w->over && answers_bool(w->answers, "database.deletion_protection"), "whose line leads back to it");
	press("/");
	type("people");
	press("Enter");
	type("ann@example.com");
	press("Enter Enter");
	char *people = answers_words(w->answers, question_find("auth.users"));
	ok(!w->over && strstr(people, "ann@example.com"), "a person more: the address on a line, and it is the review again");
	free(people);
	turns(4);
	press("b");
	ok(wizard_on(w, "build"), "and b applies all of it, in a rehearsal without another question");
	close_it();
}

/* The same by the digits before the lines: line, setting, choice. */
static void one_change_by_digits(void)
{
	open_at(24, 80, false, true);
	turns(2);
	to_review();
	close_keeping();
	open_again(24, 80);
	turns(4);
	press("6 3 4");
	ok(!w->over && !strcmp(answers_str(w->answers, "database.tier"), "db-custom-2-7680"),
	   "a choice is three keys: the line, the setting, the choice");
	press("8 8");
	type("5");
	press("Enter");
	ok(!w->over && answers_int(w->answers, "server.max_instances") == 5, "a number is two, and itself");
	press("6 6");
	ok(!w->over && !answers_bool(w->answers, "database.deletion_protection"), "what is on or off is two");
	press("5 4");
	type("ann@example.com");
	press("Tab");
	char *people = answers_words(w->answers, question_find("auth.users"));
	ok(!w->over && strstr(people, "ann@example.com"), "a person more is two, and the address");
	free(people);
	press("4 2");
	ok(settings_focused(w) && !strcmp(settings_focused(w)->id, "domain.host") && settings_changing(w),
	   "what a choice asks for besides is opened next");
	type("mlflow.example.com");
	press("Enter");
	ok(!w->over && !strcmp(answers_str(w->answers, "domain.host"), "mlflow.example.com"),
	   "and then it is the review again");
	press("9");
	ok(!w->over && wizard_on(w, "review"), "a digit without a line does nothing");
	press("/ /");
	type("lasts");
	press("Enter Enter");
	ok(!w->over && answers_int(w->answers, "auth.session_hours") == 168,
	   "Enter takes a number as it stands, whatever its unit");
	close_it();
}

/* Beside the list of a wide review the settings stand in the order in which their digits count them. */
static void pane_in_order(void)
{
	struct buf screen = {0};
	const struct question *list[SETTINGS_MOST];
	open_at(50, 132, false, true);
	turns(2);
	to_review();
	press("Home Down Down Down Down Down");
	wizard_draw(w);
	screen_dump(&screen);
	int count = settings_list(w, "database", "", list), shown = 0;
	const char *last = buf_text(&screen);
	bool in_order = true;
	for (int i = 0; i < count; i++) {
		char *row = xasprintf("%s  ", _(list[i]->title));
		const char *at = strstr(buf_text(&screen), row);
		in_order &= !at || at > last || !printf("# %s\n", row);
		last = at ? at : last;
		shown += at != NULL;
		free(row);
	}
	ok(shown > 6 && in_order, "the pane has the settings in the order of their digits");
	buf_free(&screen);
	close_it();
}

/* Checks that find no room beside each other are counted; what failed comes before what is well. */
static void checks_counted(void)
{
	struct buf screen = {0};
	open_at(24, 80, false, true);
	turns(2);
	to_review();
	struct survey *s = &w->surveys[SURVEY_PREFLIGHT];
	cJSON_Delete(s->result);
	s->result = json_make(
	    "[{'id':'a','title':'Identity','state':'ok'},{'id':'b','title':'Permissions','state':'ok'},"
	    "{'id':'c','title':'Organisation policies','state':'ok'},{'id':'d','title':'Billing','state':'warn'}]");
	s->state = SURVEY_KNOWN;
	wizard_draw(w);
	screen_dump(&screen);
	const char *line = strstr(buf_text(&screen), "Ready"), *first = line ? strstr(line, "Billing") : NULL,
		   *more = line ? strstr(line, "and 1 more") : NULL, *end = line ? strchr(line, '\n') : NULL;
	ok(first && more && end && first < more && more < end, "of the checks that find no room it is said how many there are");
	buf_free(&screen);
	cJSON_Delete(s->result);
	s->result = json_make("[{'id':'billing','title':'Billing','state':'fail','message':'off'}]");
	press("b");
	ok(wizard_on(w, "review") && screen_says("Billing: off"), "what holds the build is said with what it is about");
	close_it();
}

/* A second run opens on the review; the file is written when its owner says so. */
static void again(void)
{
	struct err e = {0};
	struct buf before = {0}, after = {0};
	open_at(24, 80, false, true);
	turns(2);
	to_review();
	close_keeping();
	file_read("mlflow.json", 1 << 20, &before, &e);
	open_again(24, 80);
	turns(4);
	screen_is("again-review");
	press("Home Down Down Down Down Down Enter Down Down Down Enter Down Enter");
	turns(3);
	screen_is("again-changed");
	press("/ /");
	type("worker");
	press("Enter");
	type("1");
	press("Enter");
	ok(!w->over && answers_int(w->answers, "server.workers") == 1, "what is taken leads back to the review of what stands");
	press("Up");
	press("Down Enter");
	ok(settings_focused(w) && !strcmp(settings_focused(w)->id, "server.workers"),
	   "to its line, which opens where it was left");
	press("Enter");
	type("2");
	press("Enter");
	is_int(answers_int(w->answers, "server.workers"), 2, "so three keys change it again");
	review_focus_section(w, "database");
	turns(3);
	screen_is("again-changed");
	press("Esc");
	screen_is("again-leave");
	press("n");
	ok(w->ended, "n leaves");
	wizard_save(w);
	file_read("mlflow.json", 1 << 20, &after, &e);
	ok(!strcmp(buf_text(&before), buf_text(&after)), "and the file is as it was");
	w->ended = false;
	press("Esc y");
	wizard_save(w);
	buf_clear(&after);
	file_read("mlflow.json", 1 << 20, &after, &e);
	ok(w->ended && strstr(buf_text(&after), "\"database.availability\": \"regional\""), "y keeps the changes");
	buf_free(&before);
	buf_free(&after);
	close_it();
}

/* A first run that was left half way goes on from its file: the field shows the answer that it holds. */
static void half_way(void)
{
	struct err e = {0};
	struct buf drawn = {0};
	open_at(24, 80, false, true);
	turns(2);
	answers_set_text(w->answers, "target", "gke", &e);
	press("Enter");
	turns(3);
	ok(wizard_on(w, "where"), "what asks for a host name is not complete");
	close_keeping();
	open_again(24, 80);
	turns(3);
	wizard_draw(w);
	screen_dump(&drawn);
	ok(wizard_on(w, "project") && strstr(buf_text(&drawn), "Project                 demo-proj"),
	   "the project of the file stands in its field");
	buf_free(&drawn);
	err_free(&e);
	close_it();
}

static void sizes(void)
{
	open_at(19, 59, false, true);
	turns(2);
	screen_is("small");
	press("Enter");
	ok(wizard_on(w, "project"), "a small window takes no answer");
	close_it();
}

/* The only context of the kubeconfig file is what Enter means where one is needed; a value that is optional says so when there is none. */
static void only_suggestion(void)
{
	struct err e = {0};
	open_at(24, 80, false, true);
	turns(2);
	answers_set_text(w->answers, "target", "gke", &e);
	answers_set_text(w->answers, "gke.cluster", "context", &e);
	press("Enter");
	turns(3);
	screen_is("where-context");
	press("Enter");
	turns(3);
	is_str(answers_str(w->answers, "gke.context"), "kind-lab", "Enter takes the only suggestion where an answer is needed");
	ok(!wizard_on(w, "where"), "and goes on");
	err_free(&e);
	close_it();
}

/* A rehearsal makes up an OAuth client; one that the identity provider would not have is none. */
static void made_up(void)
{
	struct err e = {0};
	open_at(24, 80, false, true);
	turns(2);
	answers_set_text(w->answers, "auth.provider", "entra-id", &e);
	turns(2);
	is_str(answers_str(w->answers, "auth.client_id"), "", "a client of Google's is none of Entra ID's, in a rehearsal too");
	answers_set_text(w->answers, "auth.provider", "keycloak", &e);
	turns(2);
	is_str(answers_str(w->answers, "auth.client_id"), "", "nor of a Keycloak, which takes any other ID");
	answers_set_text(w->answers, "auth.provider", "google", &e);
	turns(2);
	is_str(answers_str(w->answers, "auth.client_id"), question_find("auth.client_id")->rehearsal, "and is made up again");
	err_free(&e);
	close_it();
}

/* Beside a form there is little room: a choice's title has all of the line where no price stands at its end. */
static void titles_beside(void)
{
	struct buf shown = {0};
	open_at(50, 132, false, true);
	turns(2);
	for (int i = 0; i < 3 && strcmp(form_focused(w) ? form_focused(w)->page : "", "auth") != 0; i++)
		press("Enter");
	to_field("auth.provider");
	wizard_draw(w);
	screen_dump(&shown);
	ok(strstr(buf_text(&shown), gettext("Another OpenID Connect issuer")), "the longest title of a provider is whole");
	buf_free(&shown);
	close_it();
}

static void searching(void)
{
	open_at(24, 80, false, true);
	turns(2);
	to_review();
	press("Enter");
	turns(6);
	press("l /");
	type("accepted");
	screen_is("log-search");
	press("Enter");
	screen_is("log-found");
	close_it();
}

/* The whole log is cut where it is not wrapped, and moved aside no further than there is text. */
static void log_aside(void)
{
	open_at(24, 80, false, true);
	turns(2);
	to_review();
	press("Enter");
	turns(6);
	press("l");
	ok(screen_says("following") && screen_says("\n                        projects/demo-proj/secrets/mlflow-cookie"),
	   "the log follows, wrapped");
	press("Home t Right");
	ok(!screen_says("following") && !screen_says("creating Bucket"), "Home stands still, t cuts, Right moves it aside");
	press("Right Right Right Right Right Right Right Right");
	ok(screen_says("17.2"), "but never beyond its longest line");
	for (int i = 0; i < 40; i++) {
		cJSON *e = json_make("{'event':'log','id':'bucket','line':'short'}");
		wizard_event(w, e);
		cJSON_Delete(e);
	}
	press("End");
	ok(!screen_says("short"), "lines that end before that are not seen then");
	press("Left Left Left Left Left Left Left Left Left");
	ok(screen_says("short"), "and Left comes back to them");
	press("Right Right Right Right Right Right Right Right");
	press("p");
	ok(screen_says("following") && screen_says("creating"), "and a part of it is read from its beginning");
	close_it();
}

/* Back with all that was answered, from a page that lacks an answer too. */
static void going_back(void)
{
	open_at(24, 80, false, false);
	turns(2);
	press("Enter");
	turns(2);
	press("Tab Right Enter");
	turns(2);
	const char *exposure = answers_str(w->answers, "exposure");
	ok(wizard_on(w, "where") && !strcmp(exposure, "domain"), "a choice that asks for more holds its page");
	type("mlflow.example.com");
	press("Enter");
	turns(2);
	ok(wizard_on(w, "access"), "until it has it");
	press("Enter");
	turns(2);
	ok(wizard_on(w, "access") && w->message, "a page that lacks an answer holds as well");
	press("Esc");
	ok(wizard_on(w, "where") && screen_says("mlflow.example.com"), "Esc goes back from it, and the answers are kept");
	press("Esc");
	ok(wizard_on(w, "project") && screen_says("Project                 demo-proj"), "page by page");
	press("Enter");
	turns(2);
	press("Enter");
	turns(2);
	ok(wizard_on(w, "access") && !strcmp(answers_str(w->answers, "domain.host"), "mlflow.example.com"),
	   "and forward again");
	close_it();
}

/* Help that is longer than the window is read on; else any key closes it. */
static void long_help(void)
{
	open_at(20, 60, false, false);
	turns(2);
	for (int i = 0; i < 5 && !wizard_on(w, "access"); i++) {
		press("Enter");
		turns(2);
	}
	to_field("auth.client_id");
	press("?");
	bool cut = !screen_says("second address");
	press("Down Down Down Down Down Down Down Down Down");
	ok(cut && w->over == &overlay_help && screen_says("second address"), "help goes on below the window");
	press("x");
	ok(!w->over, "and is closed by any other key");
	close_it();
	open_at(50, 132, false, true);
	turns(2);
	press("? Down");
	ok(!w->over, "where all of it is there an arrow closes it");
	close_it();
}

/* At the smallest usual size the form of another provider leaves three rows: where to go, and what to paste there. */
static void other_provider(void)
{
	struct err e = {0};
	open_at(24, 80, false, true);
	turns(2);
	for (int i = 0; i < 5 && !wizard_on(w, "access"); i++) {
		press("Enter");
		turns(2);
	}
	answers_set_text(w->answers, "auth.provider", "entra-id", &e);
	turns(2);
	to_field("auth.issuer");
	ok(screen_says("https://entra.microsoft.com") && screen_says("/oauth2/callback"),
	   "the console's address and the one to paste stand there");
	to_field("auth.provider");
	press("Space End");
	int last = choice_count(w, form_focused(w)) - 1;
	ok(w->over == &overlay_choice && w->over_focus == last, "End goes to the last choice");
	press("Home");
	is_int(w->over_focus, 0, "Home to the first");
	err_free(&e);
	close_it();
}

/* What was said while the plan was waited for is not said any more once it is there. */
static void soon_ready(void)
{
	struct err e = {0};
	open_at(24, 80, false, false);
	turns(2);
	answers_set_text(w->answers, "project.id", "demo-proj", &e);
	answers_set_text(w->answers, "auth.client_id", "12-ab.apps.googleusercontent.com", &e);
	answers_set_text(w->answers, "auth.users", "ada@example.com", &e);
	wizard_go(w, wizard_page_index("review"));
	struct key b = key_named("b");
	wizard_take(w, &b);
	ok(w->message && !w->over, "b is heard before the plan is there");
	turns(6);
	ok(w->over == &overlay_consent && !w->message, "and asks for consent once it is, without the words of the wait");
	err_free(&e);
	close_it();
}

/* Whoever agrees to a change is told of the minutes in which nobody is answered, in the box where it is agreed to. */
static void noticed(int lines, int columns, const char *screen)
{
	struct err e = {0};
	open_at(lines, columns, false, false);
	turns(2);
	fake_resize(session, "sql");
	answers_set_text(w->answers, "project.id", "demo-proj", &e);
	answers_set_text(w->answers, "auth.client_id", "12-ab.apps.googleusercontent.com", &e);
	answers_set_text(w->answers, "auth.users", "ada@example.com", &e);
	wizard_go(w, wizard_page_index("review"));
	turns(6);
	press("b");
	screen_is(screen);
	press("Esc");
	press("d");
	screen_is(columns > 60 ? "stays-resources" : "stays-resources-narrow");
	err_free(&e);
	close_it();
}

/* Beside the parts there is room for more than why it failed: the part's log. */
static void failing_wide(void)
{
	open_at(50, 132, false, true);
	turns(2);
	fake_fail_step(session, "network");
	to_review();
	press("Enter");
	turns(60);
	screen_is("failed-wide");
	close_it();
}

/* Cells, not bytes or characters: text that is two cells wide, combined, or no text at all. */
static void wide(void)
{
	open_at(24, 80, false, true);
	turns(2);
	to_review();
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

/* A text is broken at blanks, and between ideographs; a closing mark never begins a line, nor does an opening one end it. */
static void breaking(void)
{
	static const struct {
		const char *text, *line, *rest;
		int width;
	} cases[] = {
	    {"one two", "one", "two", 6},
	    {"MLflow \u5c06\u5b9e\u9a8c\u4fdd\u5b58", "MLflow \u5c06\u5b9e", "\u9a8c\u4fdd\u5b58", 12},
	    {"\u5b9e\u9a8c\u4fdd\u3002\u5b58", "\u5b9e\u9a8c", "\u4fdd\u3002\u5b58", 6},
	    {"\u5b9e\u9a8c (\u4fdd\u5b58)", "\u5b9e\u9a8c", "(\u4fdd\u5b58)", 6},
	    {"\u30c7\u30fc\u30bf", "\u30c7\u30fc", "\u30bf", 5},
	    {"\ud504\ub85c \uc81d\ud2b8", "\ud504\ub85c", "\uc81d\ud2b8", 7},
	    {"\u5b9e\u9a8cabc", "\u5b9e\u9a8c", "abc", 6},
	    {"Ernst: mlflow-setup mlflow.json", "Ernst:", "mlflow-setup mlflow.json", 24},
	    {"Undo: mlflow-setup destroy mlflow.json.", "Undo:", "mlflow-setup destroy mlflow.json.", 36},
	    {"\u5b9f\u884c: gcloud auth login \u3067\u3059", "\u5b9f\u884c:", "gcloud auth login \u3067\u3059", 18},
	    {"Run: gcloud auth login --update-adc", "Run: gcloud", "auth login --update-adc", 14},
	    {"It costs 1 $. gcloud sql backups list shows it", "It costs 1 $.", "gcloud sql backups list shows it", 28},
	    {"Stop; mlflow-setup goes on later", "Stop; mlflow-setup", "goes on later", 20},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *next;
		size_t len = break_line(cases[i].text, cases[i].width, &next);
		ok(len == strlen(cases[i].line) && !strncmp(cases[i].text, cases[i].line, len) && !strcmp(next, cases[i].rest),
		   "line %zu breaks: %.*s|%s", i, (int)len, cases[i].text, next);
	}
}

static void to_done(void)
{
	open_at(24, 80, false, true);
	for (int i = 0; i < 200 && !wizard_on(w, "done"); i++) {
		turns(wizard_on(w, "build") ? 4 : 2);
		if (!wizard_on(w, "build"))
			press("Enter");
	}
}

/* The last page tells what its result and its run say, and nothing else: where nobody listens at the address before something runs here nobody signs in
 * either; of what was taken away what is left, and the command for it. */
static void results(void)
{
	to_done();
	free(w->work.way);
	w->work.way = xstrdup("# In another terminal, as long as it is used:\n"
			      "#   gcloud container clusters get-credentials mlflow --location=us-central1 --project=demo-proj "
			      "--dns-endpoint\n");
	screen_is("done-way");
	cJSON_Delete(w->result);
	w->result = json_make("{'outcome':'destroyed','left':['Subnet mlflow: run destroy again later.'],"
			      "'next':'mlflow-setup destroy mlflow.json','deleted':9,'seconds':4}");
	size_t steps = w->work.p.count;
	w->work.p.count = 0; /* nothing was proven by it */
	w->work.monthly = 0;
	screen_is("done-destroyed");
	w->work.p.count = steps;
	close_it();
}

/* T3: that a person can sign in is not claimed before the server's log shows one. */
static void watching(void)
{
	to_done();
	struct wizard_options real = *w->options;
	real.rehearsal = false;
	w->options = &real;
	cJSON_DeleteItemFromObject(w->result, "real_seconds");
	ok(wizard_on(w, "done") && !w->surveys[SURVEY_SIGN_IN].result, "nobody was seen when the page appears");
	screen_is("watch-untried");
	turns(3);
	screen_is("watch-signed-in");
	close_it();
}

/* Labels that are wider than the English ones: what belongs to them stands under each other all the same. */
static void japanese(const char *dir)
{
	char *remove = xasprintf("rm -rf '%s/ja' '%s/words.UTF-8'", dir, dir);
	if (translation_load(dir, "ja", "cp \"$TOP_SRCDIR/po/ja.po\" \"$dir/words.po\""))
		walk("ja", 50, 132, false, "done");
	else
		skip("screens in Japanese", "msgfmt or the locales' sources are not installed");
	ok(!system(remove), "cleaned up");
	free(remove);
}

/* The translation that is longest: every page in German, where no label may be cut. */
static void german(const char *dir)
{
	char *remove = xasprintf("rm -rf '%s/de' '%s/words.UTF-8'", dir, dir);
	if (!translation_load(dir, "de", "cp \"$TOP_SRCDIR/po/de.po\" \"$dir/words.po\"")) {
		skip("screens in German", "msgfmt or the locales' sources are not installed");
	} else {
		walk("de", 24, 80, false, "project review done");
		titles_beside();
		bool whole = true;
		for (const struct question *q = questions; q->id; q++)
			whole &= cells(gettext(q->title)) <= 23 || !printf("# cut: %s\n", gettext(q->title));
		ok(whole, "no label is cut in German");
		ok(!system(remove), "cleaned up");
	}
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
	sealed();
	failing();
	losing();
	interrupting();
	failing_wide();
	searching();
	log_aside();
	going_back();
	long_help();
	other_provider();
	soon_ready();
	noticed(24, 80, "consent-outage");
	noticed(20, 60, "consent-outage-narrow");
	wide();
	breaking();
	hub();
	again();
	one_change();
	one_change_by_digits();
	checks_counted();
	pane_in_order();
	results();
	watching();
	half_way();
	sizes();
	only_suggestion();
	made_up();
	german(dir);
	japanese(dir);
	free(file);
	rmdir(dir);
	return tap_done();
}
