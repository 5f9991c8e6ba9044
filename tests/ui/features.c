/* Features of a guided installer that one example cannot show: each line of the review leads to its settings, no question takes what is no answer to it, and no page
 * is lost by a window that is too small. */
#include "config.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/secret.h"
#include "plan/question.h"
#include "tests/tap.h"
#include "tests/ui/fake_session.h"
#include "tests/ui/hand.h"
#include "ui/review_parts.h"
#include "ui/screen_private.h"

#include <locale.h>

static void open_first(void)
{
	static struct wizard_options o = {.file = "mlflow.json"};
	struct err e = {0};
	screen_open_nowhere(24, 80, false, false);
	session = fake_session(false);
	struct answers *a = answers_new();
	answers_set_text(a, "auth.client_id", "12-ab.apps.googleusercontent.com", &e);
	w = wizard_new(session, a, &o);
	turns(4);
}

static void to_review(void)
{
	for (int i = 0; i < 20 && !wizard_on(w, "review"); i++) {
		keys("Enter", 0);
		turns(4);
	}
	turns(6);
}

/* Each line of the review opens what belongs to it, and Esc comes back to the line. */
static void each_line(void)
{
	int lines = 0, led = 0;
	open_first();
	to_review();
	for (; review_section(w, lines); lines++) {
		const char *section = review_section(w, lines);
		press("Home");
		for (int i = 0; i < lines; i++)
			press("Down");
		press("Enter");
		const struct question *q = settings_focused(w);
		bool opened = w->over && q && !strcmp(q->page, section);
		for (int i = 0; i < 3 && w->over; i++) /* the one setting of a line is open to be changed at once */
			press("Esc");
		bool back = !w->over && wizard_on(w, "review") && review_own(w)->focus == lines;
		led += opened && back;
		if (!opened || !back)
			printf("# %s: %s, %s\n", section, q ? q->id : "nothing", back ? "and back" : "not back");
	}
	ok(lines > 5 && led == lines, "each line of the review leads to its settings, and back: %d of %d", led, lines);
	close_it();
}

/* What is no answer to it; NULL where every text is one. */
static const char *no_answer_to(const struct question *q, const struct answers *a)
{
	static const char *const texts[] = {"?", "-", "0", "a b", "99999999999", "@", NULL};
	for (size_t i = 0; texts[i]; i++) {
		struct answers *copy = answers_copy(a);
		struct err e = {0};
		bool taken = answers_set_text(copy, q->id, texts[i], &e);
		err_free(&e);
		answers_free(copy);
		if (!taken)
			return texts[i];
	}
	return NULL;
}

static bool is_typed(const struct question *q)
{
	return q->type == TYPE_TEXT || q->type == TYPE_INT;
}

/* Typed and taken by Enter, it is refused with words, and the answer is as before. */
static bool refuses(const struct question *q, const char *text)
{
	char *before = xstrdup(answers_str(w->answers, q->id));
	settings_focus(w, q);
	keys("Enter C-u", 0);
	type_ahead(text);
	bool words = w->message != NULL;
	keys("Enter", 0);
	words |= w->message != NULL;
	bool kept = !strcmp(before, answers_str(w->answers, q->id));
	keys("Esc", 0);
	free(before);
	return words && kept;
}

static void each_question(void)
{
	int tried = 0, refused = 0;
	open_first();
	to_review();
	settings_open(w, NULL);
	for (size_t i = 0; questions[i].id; i++) {
		const struct question *q = &questions[i];
		const char *text = is_typed(q) && answers_asked(w->answers, q) ? no_answer_to(q, w->answers) : NULL;
		if (!text)
			continue;
		tried++;
		bool well = refuses(q, text);
		refused += well;
		if (!well)
			printf("# %s takes '%s', or says nothing of it\n", q->id, text);
	}
	ok(tried > 10 && refused == tried, "what is no answer is refused with words where it is typed: %d of %d questions",
	   refused, tried);
	close_it();
}

/* An answer that is changed and changed back is in the file again. */
static void back_again(void)
{
	struct buf start = {0}, first = {0}, last = {0};
	struct err e = {0};
	open_first();
	free(w->original);
	answers_print(w->answers, &start); /* nothing was found out meanwhile */
	w->original = buf_take(&start);
	char *was = xstrdup(answers_str(w->answers, "stack.name"));
	wizard_save(w);
	answers_set_text(w->answers, "stack.name", "another", &e);
	wizard_save(w);
	bool other = file_read("mlflow.json", 1 << 20, &first, &e) && strstr(buf_text(&first), "\"another\"");
	answers_set_text(w->answers, "stack.name", was, &e);
	wizard_save(w);
	bool back = file_read("mlflow.json", 1 << 20, &last, &e) && !strstr(buf_text(&last), "\"another\"");
	ok(other && back, "an answer that is changed back is in the file again");
	buf_free(&first);
	buf_free(&last);
	free(was);
	close_it();
}

static char *drawn(void)
{
	struct buf b = {0};
	wizard_draw(w);
	screen_dump(&b);
	return buf_take(&b);
}

/* Too small a window hides the page behind a notice that takes no key, and brings it back as it was. */
static bool survives(int rows, int columns)
{
	char *before = drawn();
	resize_term(rows, columns);
	press("Resize");
	bool notice = screen_says("make the window larger");
	press("Down x Enter");
	resize_term(24, 80);
	press("Resize");
	char *after = drawn();
	bool same = !strcmp(before, after);
	free(before);
	free(after);
	return notice && same;
}

static void each_page(void)
{
	size_t seen = 0, held = 0;
	open_first();
	for (size_t last = (size_t)-1; seen < 20 && w->page != last; seen++) {
		last = w->page;
		bool well = survives(19, 80) && survives(24, 59);
		held += well;
		if (!well)
			printf("# page %zu\n", w->page);
		if (!wizard_on(w, "review"))
			keys("Enter", 0);
		turns(6);
	}
	ok(wizard_on(w, "review") && seen > 4 && held == seen, "a window that is too small loses no page: %zu of %zu", held,
	   seen);
	close_it();
}

/* What was said in two rows lies over no help where the page has room above it. */
static void said_at_length(void)
{
	open_first();
	press("Enter");
	turns(3);
	press("Right Right Tab Enter");
	ok(wizard_covered(w) == 1 && screen_says("or choose another target") && screen_says("a project\n  of its own is best."),
	   "the help moves up from under what is said in two rows");
	close_it();
}

int main(void)
{
	char dir[] = "/tmp/features-XXXXXX";
	struct err e = {0};
	setlocale(LC_ALL, "C.UTF-8");
	mem_install();
	secret_init(&e);
	if (!mkdtemp(dir) || chdir(dir) != 0)
		return 99;
	each_line();
	each_question();
	back_again();
	each_page();
	said_at_length();
	ok(rmdir(dir) == 0, "cleaned up");
	return tap_done();
}
