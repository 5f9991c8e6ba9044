/* What stands beside the build's parts, or below them: why it failed and what mends it, what a person has to do, or the log. */
#include "config.h"
#include "ui/build_parts.h"
#include "ui/command.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { LOG_LEAST = 6 };

const cJSON *build_task(const struct wizard *w)
{
	return w->work.p.tasks ? w->work.p.tasks->child : NULL;
}

/* Drawing: what stands beside or below ------------------------------------------------------------------------------------------------ */

static void draw_pane_title(struct rect r, const char *title, const char *right)
{
	put_rule(r.y, r.x, r.w);
	putf(r.y, r.x + 2, r.w - 4, ROLE_TITLE, " %s ", title);
	if (right)
		putf(r.y, r.x + r.w - cells(right) - 4, cells(right) + 2, ROLE_DIM, " %s ", right);
}

/* A cause as texts: its words, who mends it, the line that does, and where what failed is looked at. */
struct cause_text {
	char *words, *command;
	const char *who, *link;
};

static struct cause_text cause_text(const struct wizard *w, const struct cause *c)
{
	const char *project = answers_str(w->answers, "project.id");
	struct cause_text t = {cause_words(&w->work.p, c, wizard_who(w), project),
			       cause_command(&w->work.p, c, wizard_who(w), project), NULL, cause_link(&w->work.p, c)};
	t.who = !t.command                    ? ""
		: c->kind == CAUSE_PERMISSION ? _("Somebody who may grant roles runs this (c copies it):")
					      : _("What mends it (c copies it):");
	return t;
}

static int cause_height(const struct wizard *w, const struct cause *c, int width)
{
	struct cause_text t = cause_text(w, c);
	int lines = 1 + put_wrapped(0, 0, 0, width, ROLE_TEXT, t.words) + put_wrapped(0, 0, 0, width, ROLE_TEXT, t.who);
	lines += t.command ? command_rows(t.command, width) : 0;
	lines += link_rows(t.link, width);
	free(t.words);
	free(t.command);
	return lines;
}

/* Returns the row below it, as draw_task does. */
static int draw_cause(const struct wizard *w, const struct cause *c, struct rect r)
{
	struct cause_text t = cause_text(w, c);
	const char *part = _(parts[w->work.p.steps[c->step].part].title);
	char *title = c->count > 1 ? xasprintf(ngettext("Why it failed: %s (%d alike)", "Why it failed: %s (%d alike)",
							(unsigned long)c->count),
					       part, c->count)
				   : xasprintf(_("Why it failed: %s"), part);
	int rows = t.command ? command_rows(t.command, r.w) : 0, below = t.command ? 1 + rows : 0, room = r.h - 1 - below,
	    y = r.y + 1, end = r.y + r.h;
	draw_pane_title(r, title, NULL);
	y += put_lines(y, r.x, room > 1 ? room : 1, r.w, ROLE_TEXT, t.words);
	y += put_lines(y, r.x, end - y, r.w, ROLE_TEXT, t.who);
	for (int row = 0; row < rows && y < end; row++)
		put_command_row(y++, r.x, r.w, ROLE_TITLE, t.command, row);
	for (int row = 0; row < link_rows(t.link, r.w) && y < end; row++)
		put_link_row(y++, r.x, r.w, ROLE_DIM, t.link, row);
	free(t.words);
	free(t.command);
	free(title);
	return y;
}

/* What a person has to do, with the text to paste, which can be marked as a whole, and what is seen instead. */
static int draw_task(const cJSON *task, struct rect r)
{
	int y = r.y + 1, end = r.y + r.h;
	const char *paste = json_str(task, "paste", ""), *message = json_str(task, "message", "");
	char *title = xasprintf(_("Waiting for you: %s"), json_str(task, "title", ""));
	draw_pane_title(r, title, NULL);
	y += put_lines(y, r.x, r.h > 4 ? r.h - 3 : 0, r.w, ROLE_TEXT, json_str(task, "steps", ""));
	if (*paste && y < end)
		put_link(y++, r.x, screen_columns() - r.x, ROLE_TITLE, paste);
	if (y < end)
		y += put_lines(y, r.x, end - y, r.w, ROLE_WARN, message);
	free(title);
	return y;
}

static int task_height(const cJSON *task, int width)
{
	return 2 + put_wrapped(0, 0, 0, width, ROLE_TEXT, json_str(task, "steps", "")) +
	       put_wrapped(0, 0, 0, width, ROLE_TEXT, json_str(task, "message", ""));
}

int build_pane_height(const struct wizard *w, const struct cause *c, int width)
{
	return c ? cause_height(w, c, width) : build_task(w) ? task_height(build_task(w), width) : 0;
}

static void draw_log(const struct wizard *w, int part, struct rect r)
{
	char *title = part < 0 ? xstrdup(_("Log")) : xasprintf(_("Log: %s"), _(parts[part].title));
	draw_pane_title(r, title, w->work.over ? NULL : _("following"));
	free(title);
	log_tail(w, part, (struct rect){r.y + 1, r.x, r.h - 1, r.w});
}

/* What matters most; the part's log has the room that it leaves. */
void build_draw_pane(const struct wizard *w, const struct cause *c, int part, struct rect r)
{
	int y = c ? draw_cause(w, c, r) + 1 : build_task(w) ? draw_task(build_task(w), r) + 1 : r.y, rest = r.y + r.h - y;
	if (y == r.y || rest >= LOG_LEAST)
		draw_log(w, part, (struct rect){y, r.x, rest, r.w});
}
