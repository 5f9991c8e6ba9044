/* Every page and what lies over it, at five sizes, in each language, in colour, mono and ASCII: no text lies over another or beyond the edge, and
 * the cursor stands on something. Nothing is stored: the properties hold for whatever is drawn. */
#include "config.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "tests/tap.h"
#include "tests/ui/translation.h"
#include "tests/ui/fake_session.h"
#include "tests/ui/hand.h"
#include "ui/state.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

static int wrong, seen, shown;

static void complain(const char *where, const char *what, const struct buf *screen)
{
	wrong++;
	printf("# %s: %s\n", where, what);
	if (shown++ > 300)
		return;
	char *copy = xstrdup(buf_text(screen)), *rest;
	for (char *one = strtok_r(copy, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest))
		printf("#   %s\n", one);
	free(copy);
}

/* The line of the dump under the cursor holds something, and the cursor is inside. */
static bool cursor_stands(const struct buf *screen)
{
	const char *last = strstr(buf_text(screen), "\ncursor "), *line = buf_text(screen);
	int y = -1, x = -1;
	if (!last || sscanf(last, "\ncursor %d %d", &y, &x) != 2 || y < 0 || x < 0 || y >= screen_lines() ||
	    x >= screen_columns())
		return false;
	while (y-- > 0)
		line = strchr(line, '\n') + 1;
	return *line != '\n';
}

/* The way back, where there is one, is on the last row at every width and in every language. */
static bool way_back_shown(const struct buf *screen)
{
	struct hints h = {.count = 0};
	if (w->over)
		w->over->hints(w, &h);
	else
		view_of(wizard_page(w))->hints(w, &h);
	bool there = true;
	for (size_t i = 0; i < h.count; i++) {
		char *hint = xasprintf("%s %s", h.list[i].key, h.list[i].label);
		there &= strcmp(h.list[i].key, _("Esc")) != 0 || strstr(buf_text(screen), hint);
		free(hint);
	}
	return there;
}

/* Settings are named by their titles; a field's help says besides what --set and the file call it, also where something lies over half of that. */
static bool names_ids(const struct buf *screen)
{
	const struct overlay *over = w->over;
	char *titled = with_titles(buf_text(screen));
	bool differ = !strstr(buf_text(screen), "--set") && strcmp(titled, buf_text(screen)) != 0;
	free(titled);
	if (differ && over) {
		struct buf below = {0};
		w->over = NULL;
		wizard_draw(w);
		screen_dump(&below);
		w->over = over;
		wizard_draw(w);
		differ = !strstr(buf_text(&below), "--set");
		buf_free(&below);
	}
	return differ;
}

static void check(const char *where)
{
	struct buf screen = {0};
	screen_faults();
	wizard_draw(w);
	int faults = screen_faults();
	screen_dump(&screen);
	seen++;
	if (faults)
		complain(where, "texts lie over each other or beyond the edge", &screen);
	if (!cursor_stands(&screen))
		complain(where, "the cursor stands on nothing", &screen);
	if (!way_back_shown(&screen))
		complain(where, "the way back is not shown", &screen);
	if (names_ids(&screen))
		complain(where, "a setting is named by its id", &screen);
	buf_free(&screen);
}

static void open_wizard(int lines, int columns, bool color, bool ascii, bool rehearsal)
{
	static struct wizard_options o;
	o = (struct wizard_options){.file = "mlflow.json", .rehearsal = rehearsal};
	if (!screen_open_nowhere(lines, columns, color, ascii)) {
		printf("Bail out! no screen\n");
		exit(99);
	}
	session = fake_session(rehearsal);
	w = wizard_new(session, answers_new(), &o);
	check("before anything is known");
	turns(3);
}

/* Each field of a page: with help, with its list, with something wrong in it. */
static void fields(const char *page)
{
	const struct question *first = form_focused(w), *q = first;
	for (int i = 0; i < 16 && q && (!i || q != first); i++, press("Tab"), q = form_focused(w)) {
		check(q->id);
		press("?");
		check("help of a field");
		press("x Space");
		check("a field, after Space");
		if (w->over)
			press("Down");
		check(page);
		if (w->over)
			press("Esc");
		form_changed(w, q);
	}
	form_load(w);
}

static void pages_of_questions(bool rehearsal)
{
	struct err e = {0};
	for (int i = 0; i < 30 && !wizard_on(w, "review"); i++) {
		const char *page = wizard_page(w);
		check(page);
		if (!rehearsal)
			fields(page);
		press("Enter");
		turns(2);
		if (wizard_on(w, page)) { /* something is needed */
			check(page);
			answers_set_text(w->answers, "auth.client_id", "12-ab.apps.googleusercontent.com", &e);
			press("Enter");
		}
	}
	ok(wizard_on(w, "review"), "the review is reached");
}

/* A setting of each type is opened and left, in its section or among all. */
static void settings(void)
{
	for (int i = 0; i < 14; i++) {
		check("a setting");
		press("Enter");
		check("a setting, open");
		press("Down");
		check("a setting, open, moved");
		if (w->over != &overlay_settings || settings_changing(w))
			press("Esc");
		press("Down Down");
	}
	press("Esc");
}

static void review(void)
{
	check("review");
	turns(3);
	press("Home");
	for (int i = 0; i < 10; i++) {
		check("review, a line");
		press("Down");
	}
	press("?");
	check("review, help");
	press("x d");
	check("resources");
	press("PgDn End");
	check("resources, the end");
	press("Esc a");
	check("all settings");
	type("mem");
	check("all settings, filtered");
	type("xxx");
	check("all settings, nothing left");
	press("Esc");
	settings();
	press("Home C-c");
	check("leaving");
	press("n");
	w->over = NULL;
}

static void log_view(void)
{
	press("l");
	check("log");
	press("t PgUp PgUp Up");
	check("log, wrapped");
	press("t Right Right Down");
	check("log, sideways");
	press("/");
	check("log, search");
	type("Google");
	press("Enter");
	check("log, found");
	press("n N p");
	check("log, a part");
	press("Esc");
}

static void build(void)
{
	for (int i = 0; i < 30 && !w->work.over; i++) {
		check("build");
		press(i % 3 ? "Right Down" : "Down");
		if (i == 5)
			log_view();
	}
	check("build, over");
}

static void start_build(void)
{
	review_agree(w, true);
	wizard_go(w, wizard_page_index("build"));
}

static const struct {
	const char *ids, *message, *fix;
	enum cause_kind kind;
	const char *menu; /* its keys in their order, what mends it first */
} failures[] = {
    {"secret", "Permission 'secretmanager.secrets.create' denied on resource 'projects/demo-proj' (or it may not exist).",
     "Ask for the permission secretmanager.secrets.create, then try again.", CAUSE_PERMISSION, "crsluq"},
    {"sql", "Quota 'CPUS' exceeded. Limit: 8.0 in region us-central1.", "", CAUSE_QUOTA, "ersluq"},
    {"secret",
     "Constraint constraints/gcp.resourceLocations violated for [projects/demo-proj] attempting to create a secret in "
     "[global].",
     "The organization policy constraints/gcp.resourceLocations forbids it: ask its administrator.", CAUSE_POLICY, "ersluq"},
    {"network", "The credentials are no longer valid.", "Sign in again: gcloud auth application-default login.", CAUSE_SIGN_IN,
     "crslq"},
    {"image", "no connection: Could not resolve host.", "Check the network, then try again.", CAUSE_UNREACHABLE, "rsluq"},
    {"repository", "The API is off.", "Enable it: gcloud services enable artifactregistry.googleapis.com.", CAUSE_API_OFF,
     "crsluq"},
    {"service",
     "Something that nobody thought of went wrong, and it is described in a sentence that goes on and on until it is longer "
     "than most lines of most "
     "terminals, \u65e5\u672c\u8a9e included.",
     "", CAUSE_OTHER, "relsuq"},
    {"anonymous", "it was answered with HTTP 200; 401 or 403 was due.", "", CAUSE_PROOF, "rlsuq"},
};

/* The keys of the menu that is open stand in its box, each before its words. */
static void menu_is(const char *keys, size_t i)
{
	struct buf screen = {0};
	char listed[32] = "";
	size_t n = 0;
	screen_dump(&screen);
	char *copy = xstrdup(buf_text(&screen)), *rest, *mark = xasprintf("%s ", glyph(GLYPH_MARK));
	for (char *one = strtok_r(copy, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest)) {
		const char *edge = strstr(one, glyph(GLYPH_BAR)), *p = edge ? edge + strlen(glyph(GLYPH_BAR)) + 1 : "";
		p += text_starts(p, mark) ? strlen(mark) : text_starts(p, "  ") ? 2 : strlen(p);
		if (*p > ' ' && text_starts(p + 1, "  ") && n + 1 < sizeof listed)
			listed[n++] = *p;
	}
	ok(!strcmp(listed, keys), "failure %zu: the menu has the keys of its kind, what mends it first: %s", i, listed);
	free(mark);
	free(copy);
	buf_free(&screen);
}

static void failing(size_t i)
{
	fake_stream_fail(session, failures[i].ids, failures[i].message, failures[i].fix);
	start_build();
	for (int n = 0; n < 60 && !w->work.over; n++)
		turns(1);
	check("failed");
	ok(w->work.over && w->work.p.cause_count == 1 && w->work.p.causes[0].kind == failures[i].kind,
	   "failure %zu is one cause of its kind", i);
	press("Enter");
	check("failed, menu");
	menu_is(failures[i].menu, i);
	press("Down Down Up Esc u");
	check("failed, undo");
	press("Esc Down Right Right End");
	check("failed, other row");
	press("Enter");
	check("failed, last page");
	press("Down Down p End");
	check("failed, last page, moved");
	w->over = NULL;
}

static void tour(int lines, int columns, bool color, bool ascii)
{
	char *path = xasprintf("%s/tests/ui/streams/apply.jsonl", getenv("TOP_SRCDIR"));
	open_wizard(lines, columns, color, ascii, false);
	pages_of_questions(false);
	review();
	turns(3);
	press("b");
	check("consent");
	press("y");
	check("secret");
	close_it();
	open_wizard(lines, columns, color, ascii, true);
	pages_of_questions(true);
	review();
	fake_stream(session, fake_stream_read(path), 25);
	start_build();
	build();
	ok(wizard_on(w, "done"), "the recorded run leads to the last page");
	check("done");
	ok(screen_says("mlflow-setup mlflow.json"), "the command for a real run stands in one row");
	press("p Down Down End ?");
	check("done, help");
	press("x l");
	check("done, log");
	press("Esc");
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		failing(i);
	fake_stream_fail(session, NULL, NULL, NULL);
	start_build();
	turns(4);
	press("C-c");
	check("interrupted");
	turns(4);
	check("interrupted, over");
	close_it();
	free(path);
}

/* Without MLFLOW_SETUP_ALL mono and ASCII are shown in English, and all but the longest language and English at the two smallest sizes, only. */
static void all_sizes(const char *language)
{
	bool all = getenv("MLFLOW_SETUP_ALL") != NULL,
	     large = all || !strcmp(language, "en") || !strcmp(language, "pseudo-language");
	static const int sizes[][2] = {{24, 80}, {20, 60}, {30, 100}, {50, 132}, {60, 200}};
	static const struct {
		const char *name;
		bool color, ascii;
	} modes[] = {{"colour", true, false}, {"mono", false, false}, {"ascii", false, true}};
	for (size_t i = 0; i < (large ? sizeof sizes / sizeof *sizes : 2); i++) {
		for (size_t m = 0; m < (all || (!strcmp(language, "en") && i < 2) ? sizeof modes / sizeof *modes : 1); m++) {
			wrong = seen = 0;
			tour(sizes[i][0], sizes[i][1], modes[m].color, modes[m].ascii);
			ok(!wrong && seen > 60, "%s, %dx%d, %s: %d screens, %d faults", language, sizes[i][1], sizes[i][0],
			   modes[m].name, seen, wrong);
		}
	}
}

/* A form leaves 23 cells to the title of a question. */
static void labels(const char *language)
{
	bool whole = true;
	for (const struct question *q = questions; q->id; q++)
		whole &= cells(gettext(q->title)) <= 23 || !printf("# cut: %s\n", gettext(q->title));
	ok(whole, "%s: the title of no question is cut", language);
}

/* Each of po/LINGUAS, and the longest made longer still, and wide. */
static void languages(const char *dir)
{
	char *list = xasprintf("%s/po/LINGUAS", getenv("TOP_SRCDIR")), line[64];
	FILE *file = fopen(list, "r");
	while (file && fgets(line, sizeof line, file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		if (!translation_load(dir, line, "cp \"$TOP_SRCDIR/po/$language.po\" \"$dir/words.po\"")) {
			skip("a language", "msgfmt or the locales' sources are not installed");
			continue;
		}
		labels(line);
		all_sizes(line);
	}
	if (file)
		fclose(file);
	if (translation_load(dir, "xx",
			     "msgfilter -i \"$TOP_SRCDIR/po/de.po\" --keep-header sed -e 's/.*[^ ]$/\u6771\u4eac &/' "
			     "2>/dev/null >\"$dir/words.po\""))
		all_sizes("pseudo-language");
	else
		skip("the pseudo-language", "msgfilter or the locales' sources are not installed");
	char *clean = xasprintf("rm -r '%s'", dir);
	ok(!system(clean), "cleaned up");
	free(clean);
	free(list);
}

int main(void)
{
	char dir[] = "/tmp/layout-XXXXXX";
	struct err e = {0};
	setlocale(LC_ALL, "C.UTF-8");
	mem_install();
	secret_init(&e);
	if (!getenv("TOP_SRCDIR") || !mkdtemp(dir) || chdir(dir) != 0)
		return 99;
	all_sizes("en");
	languages(dir);
	return tap_done();
}
