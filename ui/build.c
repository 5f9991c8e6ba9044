/* The build: parts that unfold into steps, and the keys that work on them. */
#include "config.h"
#include "ui/build_parts.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

enum { BESIDE_FROM = 112, LIST_WIDTH = 78, PANE_LEAST = 4 };

/* What only this page knows. */
struct build {
	char *focus;          /* "part/ID" or a step's id; NULL follows what matters most */
	bool unfolded[PARTS]; /* by part */
	int top;              /* first row shown */
};

static struct build *build_of(const struct wizard *w)
{
	return view_own(w, &build_view);
}

static void build_forget(struct wizard *w)
{
	free(build_of(w)->focus);
	*build_of(w) = (struct build){0};
}

/* The run ---------------------------------------------------------------------------------------------------------------------------- */

void build_start(struct wizard *w, bool undo)
{
	build_forget(w);
	work_start(w, undo);
}

void build_leave_out(struct wizard *w)
{
	if (!work_may_leave_out(w, build_cause(w)))
		return;
	work_note_left_out(w, build_cause(w));
	build_start(w, false);
}

void build_settle(struct wizard *w)
{
	if (work_settle(w) && work_ended_well(w) && wizard_on(w, "build"))
		wizard_go(w, wizard_page_index("done"));
}

/* Rows ------------------------------------------------------------------------------------------------------------------------------- */

struct row {
	int part, step; /* step is -1 in the part's own row */
};

struct rows {
	struct row list[512];
	int count;
};

static void add_row(struct rows *rows, int part, int step)
{
	if (rows->count < (int)(sizeof rows->list / sizeof *rows->list))
		rows->list[rows->count++] = (struct row){part, step};
}

static void add_part(const struct wizard *w, struct rows *rows, int part)
{
	const struct work *b = &w->work;
	add_row(rows, part, -1);
	for (enum phase phase = 0; build_of(w)->unfolded[part] && phase < PHASE_COUNT; phase++) {
		for (size_t i = 0; i < b->p.count; i++) {
			if (b->p.steps[i].part == part && b->p.steps[i].phase == phase)
				add_row(rows, part, (int)i);
		}
	}
}

/* Failures stand on top, then what runs, what is done, what waits; within these the parts keep their order. */
static struct rows *make_rows(const struct wizard *w)
{
	const struct work *b = &w->work;
	struct rows *rows = xcalloc(1, sizeof *rows);
	for (enum phase phase = 0; phase < PHASE_COUNT; phase++) {
		for (int part = PART_APIS; part < PARTS; part++) {
			if (progress_part_count(&b->p, part, PHASE_COUNT) && progress_part_phase(&b->p, part) == phase)
				add_part(w, rows, part);
		}
	}
	return rows;
}

static char *row_id(const struct work *b, struct row row)
{
	return row.step < 0 ? xasprintf("part/%s", parts[row.part].id) : xstrdup(b->p.steps[row.step].id);
}

/* Without a choice of the operator's: the first failure, else what decides the time, else the first row. */
static int focused_row(const struct wizard *w, const struct rows *rows)
{
	const struct work *b = &w->work;
	const char *focus = build_of(w)->focus;
	int decides = progress_deciding(&b->p);
	for (int i = 0; i < rows->count && focus; i++) {
		char *id = row_id(b, rows->list[i]);
		bool same = !strcmp(id, focus);
		free(id);
		if (same)
			return i;
	}
	for (int i = 0; i < rows->count && decides >= 0 && !b->p.cause_count; i++) {
		if (rows->list[i].part == b->p.steps[decides].part)
			return i;
	}
	return 0;
}

static struct row focused(const struct wizard *w)
{
	struct rows *rows = make_rows(w);
	struct row row = rows->count ? rows->list[focused_row(w, rows)] : (struct row){-1, -1};
	free(rows);
	return row;
}

int build_focused_part(const struct wizard *w)
{
	return focused(w).part;
}

/* The first failed step of a row, or -1. */
static int failed_step(const struct work *b, struct row row)
{
	for (size_t i = 0; i < b->p.count && row.part >= 0; i++) {
		if (b->p.steps[i].phase == PHASE_FAILED && (row.step < 0 ? b->p.steps[i].part == row.part : row.step == (int)i))
			return (int)i;
	}
	return -1;
}

static void focus_on(struct wizard *w, struct row row)
{
	free(build_of(w)->focus);
	build_of(w)->focus = row_id(&w->work, row);
}

void build_focus_cause(struct wizard *w, size_t n)
{
	const struct work *b = &w->work;
	if (n >= b->p.cause_count)
		return;
	int step = b->p.causes[n].step, part = b->p.steps[step].part;
	build_of(w)->unfolded[part] = true;
	focus_on(w, (struct row){part, step});
}

const struct cause *build_cause(const struct wizard *w)
{
	const struct work *b = &w->work;
	const struct cause *c = progress_cause(&b->p, failed_step(b, focused(w)));
	return c ? c : b->p.cause_count ? &b->p.causes[0] : NULL;
}

/* Drawing ------------------------------------------------------------------------------------------------------------------ */

static void put_mark(int y, int x, enum phase phase)
{
	static const struct {
		enum role role;
		enum glyph mark;
	} marks[PHASE_COUNT] = {
	    [PHASE_FAILED] = {ROLE_BAD, GLYPH_CROSS},  [PHASE_YOURS] = {ROLE_WARN, GLYPH_WARN},
	    [PHASE_RUNNING] = {ROLE_BUSY, GLYPH_RUN},  [PHASE_DONE] = {ROLE_GOOD, GLYPH_CHECK},
	    [PHASE_SKIPPED] = {ROLE_WARN, GLYPH_WARN}, [PHASE_WAITING] = {ROLE_DIM, GLYPH_WAIT},
	};
	put_glyph(y, x, marks[phase].role, marks[phase].mark);
}

char *build_time(double seconds, double usual)
{
	char took[32], about[32];
	clock_text(seconds, took);
	if (usual < 20)
		return xstrdup(took);
	/* TRANSLATORS: "3:21, usually about 1 min" and "0:31 of about 3 min" */
	return seconds > usual ? xasprintf(_("%s, usually %s"), took, about_text(usual, about))
			       : xasprintf(_("%s of %s"), took, about_text(usual, about));
}

/* "0:31 of about 3 min" while it runs, "1:23" when it is over. Returns the cells that it takes from the right. */
static int put_time(int y, struct rect r, enum phase phase, double seconds, double usual)
{
	if (phase == PHASE_WAITING || phase == PHASE_SKIPPED || (seconds < 1 && phase != PHASE_RUNNING))
		return 0;
	char *text = build_time(seconds, phase == PHASE_RUNNING && r.w > 64 ? usual : 0);
	int width = cells(text) < 30 ? cells(text) : 30;
	put_right(y, r.x + r.w - width, width, phase == PHASE_RUNNING ? ROLE_BUSY : ROLE_DIM, text);
	free(text);
	return width + 1;
}

/* "APIs" is the name of itself. */
static bool is_named(const struct step *s)
{
	return *s->name && strcmp(s->name, s->title) != 0;
}

/* What runs, or why it failed. */
static void put_part_words(const struct work *b, int part, enum phase phase, int y, int x, int width)
{
	int at = phase == PHASE_RUNNING  ? progress_part_deciding(&b->p, part)
		 : phase == PHASE_FAILED ? failed_step(b, (struct row){part, -1})
					 : -1;
	const struct cause *c = progress_cause(&b->p, at);
	if (c) {
		char *words = cause_short(&b->p, c);
		put(y, x, width, ROLE_BAD, words);
		free(words);
	} else if (at >= 0) {
		const struct step *s = &b->p.steps[at];
		int used = put(y, x, width, ROLE_TEXT, *s->title ? _(s->title) : s->id) + 1;
		if (is_named(s) && used < width - 3)
			put_tail(y, x + used, width - used, ROLE_DIM, s->name);
	}
}

static void draw_part(const struct work *b, int part, int y, struct rect r, bool here)
{
	enum phase phase = progress_part_phase(&b->p, part);
	int deciding = progress_part_deciding(&b->p, part), name = 13, count = 7, x = r.x + 4,
	    all = progress_part_count(&b->p, part, PHASE_COUNT);
	double seconds = deciding >= 0 ? step_seconds(&b->p, &b->p.steps[deciding]) : progress_part_elapsed(&b->p, part);
	int right = phase == PHASE_FAILED && here
			? 0 /* its words need the room, and the pane tells the rest */
			: put_time(y, r, phase, seconds, deciding >= 0 ? step_compared(&b->p.steps[deciding]) : 0);
	char *done = xasprintf("%d/%d", progress_part_count(&b->p, part, PHASE_DONE), all);
	put_mark(y, r.x + 2, phase);
	put(y, x, name,
	    here                                            ? ROLE_FOCUS
	    : phase == PHASE_WAITING || phase == PHASE_DONE ? ROLE_TEXT
							    : ROLE_TITLE,
	    _(parts[part].title));
	put_right(y, x + name, count - 1, ROLE_DIM, done);
	put_part_words(b, part, phase, y, x + name + count + 1, r.w - 4 - name - count - 1 - right);
	free(done);
}

static void draw_step(const struct work *b, const struct step *s, int y, struct rect r, bool here)
{
	int x = r.x + 8, right = put_time(y, r, s->phase, step_seconds(&b->p, s), step_compared(s)), width = r.w - 8 - right;
	put_mark(y, r.x + 6, s->phase);
	int used = put(y, x, width, here ? ROLE_FOCUS : ROLE_TEXT, *s->title ? _(s->title) : s->id) + 1;
	if (is_named(s))
		used += put_tail(y, x + used, width - used, ROLE_DIM, s->name) + 1;
	if (s->phase == PHASE_FAILED && *s->message)
		put(y, x + used, width - used, ROLE_BAD, s->message);
}

static void draw_row(const struct work *b, struct row row, int y, struct rect r, bool here)
{
	if (here)
		put_glyph(y, r.x, ROLE_KEY, GLYPH_MARK);
	if (row.step < 0)
		draw_part(b, row.part, y, r, here);
	else
		draw_step(b, &b->p.steps[row.step], y, r, here);
	if (here)
		screen_cursor(y, r.x + (row.step < 0 ? 4 : 8));
}

static void draw_list(struct wizard *w, struct rect r)
{
	struct build *b = build_of(w);
	struct rows *rows = make_rows(w);
	int at = focused_row(w, rows), last = rows->count - r.h;
	if (at < b->top)
		b->top = at;
	if (at >= b->top + r.h)
		b->top = at - r.h + 1;
	if (b->top > last)
		b->top = last > 0 ? last : 0;
	for (int i = 0; i < r.h && b->top + i < rows->count; i++) {
		screen_target(r.y + i, r.x, r.w, b->top + i);
		draw_row(&w->work, rows->list[b->top + i], r.y + i, r, b->top + i == at);
	}
	if (b->top > 0)
		put_glyph(r.y, r.x - 1, ROLE_KEY, GLYPH_UP);
	if (b->top + r.h < rows->count)
		put_glyph(r.y + r.h - 1, r.x - 1, ROLE_KEY, GLYPH_DOWN);
	free(rows);
}

static int row_count(const struct wizard *w)
{
	struct rows *rows = make_rows(w);
	int n = rows->count;
	free(rows);
	return n;
}

static void build_draw(struct wizard *w, struct rect r)
{
	screen_cursor(r.y, r.x);
	build_draw_status(w, r.y, r);
	build_draw_sentence(w, r.y + 1, r);
	struct rect rest = {r.y + 3, r.x, r.h - 3, r.w}, list = rest, pane = rest;
	struct row row = focused(w);
	const struct cause *c = progress_cause(&w->work.p, failed_step(&w->work, row));
	if (r.w >= BESIDE_FROM) {
		int left = r.w - LIST_WIDTH > 60 ? LIST_WIDTH : r.w / 2;
		list.w = left - 2;
		pane = (struct rect){rest.y, rest.x + left, rest.h, rest.w - left};
	} else {
		int least = rest.h / 3 > PANE_LEAST ? rest.h / 3 : PANE_LEAST, rows = row_count(w),
		    wanted = build_pane_height(w, c, rest.w);
		least = wanted < rest.h - 3 ? (wanted > least ? wanted : least) : rest.h - 3;
		list.h = rows < rest.h - least ? rows : rest.h - least;
		pane = (struct rect){rest.y + list.h, rest.x, rest.h - list.h, rest.w};
	}
	draw_list(w, list);
	build_draw_pane(w, c, row.part, pane);
}

/* Keys ------------------------------------------------------------------------------------------------------------------------------ */

static void focus_row(struct wizard *w, int at)
{
	struct rows *rows = make_rows(w);
	if (at >= rows->count)
		at = rows->count - 1;
	if (at >= 0) {
		focus_on(w, rows->list[at]);
	}
	free(rows);
}

static void move_by(struct wizard *w, int delta)
{
	struct rows *rows = make_rows(w);
	int to = focused_row(w, rows) + delta;
	free(rows);
	focus_row(w, to < 0 ? 0 : to);
}

static void unfold(struct wizard *w, bool open)
{
	struct row row = focused(w);
	if (row.part < 0)
		return;
	build_of(w)->unfolded[row.part] = open;
	focus_on(w, (struct row){row.part, open ? row.step : -1});
}

static enum action function_key(struct wizard *w, wint_t code)
{
	switch (code) {
	case KEY_UP:
	case KEY_DOWN:
		move_by(w, code == KEY_UP ? -1 : 1);
		break;
	case KEY_HOME:
		move_by(w, -10000);
		break;
	case KEY_END:
		move_by(w, 10000);
		break;
	case KEY_LEFT:
	case KEY_RIGHT:
		unfold(w, code == KEY_RIGHT);
		break;
	case KEY_PPAGE:
		log_open(w, build_focused_part(w), false);
		w->over->key(w, &(struct key){.kind = KEY_FUNCTION, .code = KEY_PPAGE}, &(enum action){ACTION_NONE});
		break;
	}
	return ACTION_NONE;
}

static enum action enter_key(struct wizard *w)
{
	struct work *b = &w->work;
	struct row row = focused(w);
	if (failed_step(b, row) >= 0)
		w->over = &overlay_failure;
	else if (b->over)
		return ACTION_NEXT;
	else if (row.part >= 0)
		unfold(w, !build_of(w)->unfolded[row.part]);
	w->over_focus = 0;
	return ACTION_NONE;
}

static void copy_task(struct wizard *w)
{
	bool copied = screen_copy(json_str(build_task(w), "paste", ""));
	wizard_say(w, copied ? ROLE_GOOD : ROLE_WARN,
		   copied ? _("Copied. If your terminal does not allow that, mark the line instead.")
			  : _("It cannot be copied here: mark the line instead."));
}

static enum action character_key(struct wizard *w, wint_t c)
{
	struct work *b = &w->work;
	enum action action = ACTION_NONE;
	switch (c) {
	case L'\r':
		return enter_key(w);
	case 27:
		if (b->over)
			return ACTION_BACK;
		wizard_say(w, ROLE_TEXT, _("It is being built. Ctrl-C stops it in an orderly way."));
		break;
	case L'f':
		free(build_of(w)->focus);
		build_of(w)->focus = NULL;
		break;
	case L'l':
		log_open(w, -1, false);
		break;
	case L'/':
		log_open(w, -1, true);
		break;
	case L'w':
		log_save(w);
		break;
	case L'?':
		w->over = &overlay_help;
		break;
	default: /* the failure menu's keys work on the page itself */
		if (c == L'c' && build_task(w) && failed_step(b, focused(w)) < 0)
			copy_task(w);
		else if (b->over || c == L'c')
			overlay_failure.key(w, &(struct key){.kind = KEY_CHARACTER, .code = c}, &action);
	}
	return action;
}

static enum action build_key(struct wizard *w, const struct key *k)
{
	if (k->kind == KEY_TARGET)
		focus_row(w, (int)k->code);
	if (k->kind == KEY_FUNCTION)
		return function_key(w, k->code);
	return k->kind == KEY_CHARACTER ? character_key(w, k->code) : ACTION_NONE;
}

static void build_enter(struct wizard *w)
{
	w->jump_to = NULL;
	if (!review_agreed(w) || !w->session)
		return;
	work_leave_nothing_out(w);
	build_start(w, false);
}

static void build_hints(struct wizard *w, struct hints *h)
{
	struct work *b = &w->work;
	bool failed = failed_step(b, focused(w)) >= 0;
	if (b->over || focused(w).part >= 0)
		hint(h, _("Enter"), failed ? _("mend it") : b->over ? _("what stands") : _("open"));
	if (build_ended_badly(w)) {
		hint(h, "r", b->interrupts ? _("go on") : _("try again"));
		hint(h, "e", _("change answers"));
		hint(h, "s", _("shell"));
		hint(h, "u", _("undo"));
	}
	if (build_task(w) && !failed)
		hint(h, "c", _("copy"));
	hint(h, "l", _("whole log"));
	hint(h, "/", _("search"));
	hint(h, "w", _("save log"));
	if (build_of(w)->focus && !b->over)
		hint(h, "f", _("follow"));
	if (work_running(w))
		hint(h, _("Ctrl-C"), b->interrupts ? _("leave now") : _("stop"));
	else
		hint(h, "q", _("leave"));
	hint(h, "?", _("help"));
}

const struct page_view build_view = {
    .id = "build",
    .enter = build_enter,
    .draw = build_draw,
    .key = build_key,
    .hints = build_hints,
    .size = sizeof(struct build),
    .forget = build_forget,
    .event = work_event,
    .help = N_("Each line is a part of the server; Right and Enter unfold it into its steps, Left folds it again. Below or "
	       "beside stands its log, or why it "
	       "failed and what mends it. The first Ctrl-C lets what is in flight finish and begins nothing new; the second "
	       "leaves at once. Either way the "
	       "next run goes on from what stands; a rehearsal begins anew."),
};
