/* Keys that come before the screen could follow, and a window that is too small for it: consent is for the plan of the answers as they are, and whoever
 * wants out gets out. */
#include "config.h"
#include "base/mem.h"
#include "base/secret.h"
#include "tests/tap.h"
#include "tests/ui/fake_session.h"
#include "tests/ui/hand.h"
#include "ui/screen_private.h"
#include "ui/state.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

#define SECRET "GOCSPX-abcdefghijklmnopqrstuvwxyz12"

static void open_at_review(void)
{
	static struct wizard_options o = {.file = "mlflow.json"};
	struct err e = {0};
	screen_open_nowhere(24, 80, false, false);
	session = fake_session(false);
	w = wizard_new(session, answers_new(), &o);
	answers_set_text(w->answers, "auth.client_id", "12-ab.apps.googleusercontent.com", &e);
	for (int i = 0; i < 20 && !wizard_on(w, "review"); i++) {
		turns(4);
		keys("Enter", 0);
	}
	turns(6);
}

static void consent(void)
{
	open_at_review();
	keys("b", 0);
	ok(w->over == &overlay_consent, "b asks for consent to the plan that is shown");
	keys("n", 0);
	struct err e = {0};
	answers_set_text(w->answers, "server.workers", "1", &e);
	keys("b", 0);
	ok(w->over != &overlay_consent, "consent to the plan of an answer that was changed just before is not even asked for");
	keys("y", 0);
	ok(!review_agreed(w) && wizard_on(w, "review") && w->over != &overlay_secret,
	   "a plan that was made before an answer changed is agreed to by no key that follows at once");
	turns(4);
	keys("b", 0);
	ok(w->over == &overlay_consent, "b asks for consent to the plan of the answers as they are");
	answers_set_text(w->answers, "server.workers", "2", &e);
	keys("y", 0);
	ok(!w->over && !review_agreed(w) && wizard_on(w, "review"), "nor while it is asked for");
	turns(4);
	keys("b y", 0);
	ok(w->over == &overlay_secret, "and then it is");
	answers_set_text(w->answers, "server.workers", "1", &e);
	type_ahead(SECRET);
	keys("Enter", 0);
	ok(!w->over && !review_agreed(w) && wizard_on(w, "review"), "nor while the secret is asked for");
	turns(4);
	keys("b y", 0);
	turns(2);
	ok(work_running(w), "the secret is kept, and what is agreed to then is built");
	close_it();
}

/* Whoever leaves after a run that could not begin is told no success. */
static void cannot_begin(void)
{
	open_at_review();
	fake_lock(session, true);
	keys("b y", 0);
	type_ahead(SECRET);
	keys("Enter", 0);
	ok(!work_running(w) && w->exit_code == EXIT_TRYAGAIN, "a run that cannot begin leaves its exit code (%d)",
	   w->exit_code);
	close_it();
}

static void small(void)
{
	open_at_review();
	resize_term(10, 40);
	ok(screen_says("make the window larger"), "a window that is too small says so");
	keys("C-c", 0);
	ok(screen_says("Leave now? [y/n]"), "Ctrl-C asks there too");
	keys("x", 0);
	ok(screen_says("make the window larger") && !w->ended, "any other key stays");
	keys("C-c y", 0);
	ok(w->ended, "y leaves");
	close_it();
	open_at_review();
	keys("b y", 0);
	type_ahead(SECRET);
	keys("Enter", 0);
	turns(2);
	ok(work_running(w), "a build runs");
	resize_term(10, 40);
	keys("C-c", 0);
	ok(screen_says("Finishing what is in flight"), "Ctrl-C says there what it stops");
	keys("C-c", 0);
	ok(w->ended, "and the second one leaves");
	close_it();
}

/* What is needed is not emptied by Enter, and an empty list names no key for its lines. */
static void settings(void)
{
	open_at_review();
	settings_open(w, NULL);
	settings_focus(w, question_find("stack.name"));
	keys("Enter C-u Enter", 0);
	ok(settings_changing(w) && screen_says("An answer is needed.") && *answers_str(w->answers, "stack.name"),
	   "an answer that is needed is not emptied by Enter");
	keys("Esc", 0);
	type_ahead("zzz");
	ok(screen_says("No setting matches") && !screen_says("Enter change"),
	   "where nothing matches, nothing is to be changed");
	close_it();
}

int main(void)
{
	char dir[] = "/tmp/ahead-XXXXXX";
	struct err e = {0};
	setlocale(LC_ALL, "C.UTF-8");
	mem_install();
	secret_init(&e);
	if (!mkdtemp(dir) || chdir(dir) != 0)
		return 99;
	consent();
	cannot_begin();
	small();
	settings();
	ok(rmdir(dir) == 0, "cleaned up");
	return tap_done();
}
