/* How far a build is: a word, a bar, the time, and a sentence that says what it waits for or what came of it. */
#include "config.h"
#include "ui/build_parts.h"

#include "base/gettext.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

bool build_ended_badly(const struct wizard *w)
{
	return w->work.over && !work_ended_well(w);
}

/* Drawing: how far it is ------------------------------------------------------------------------------------------------------------- */

/* Does it wait for the operator, and for nothing else? */
static bool only_yours(const struct work *b)
{
	return !b->over && progress_count(&b->p, PHASE_YOURS) && !progress_count(&b->p, PHASE_RUNNING);
}

/* All of it only once the run has said how it ended. */
static double share_done(struct wizard *w)
{
	if (work_ended_well(w))
		return 1; /* also where something was left out */
	return fmin(progress_share(&w->work.p), w->work.over ? 1 : 0.99);
}

static void draw_bar(struct wizard *w, int y, int x, int width)
{
	const struct work *b = &w->work;
	double share = share_done(w);
	int full = (int)(width * share),
	    busy = b->over || !b->p.running ? 0 : (width - full) * b->p.running / (b->p.running + b->p.left + 1);
	for (int i = 0; i < width; i++)
		put_glyph(y, x + i,
			  i < full          ? ROLE_GOOD
			  : i < full + busy ? ROLE_BUSY
					    : ROLE_RULE,
			  i < full          ? GLYPH_FULL
			  : i < full + busy ? GLYPH_PART
					    : GLYPH_LINE);
}

static const char *status_word(const struct wizard *w)
{
	const struct work *b = &w->work;
	if (work_outcome(w, OUTCOME_WAITING) || only_yours(b))
		return _("Waiting");
	if (!b->over)
		return b->undoing ? _("Undoing") : _("Building");
	if (work_ended_well(w))
		return b->undoing ? _("Undone") : _("Built");
	return b->interrupts ? _("Stopped") : _("Failed");
}

void build_draw_status(struct wizard *w, int y, struct rect r)
{
	struct work *b = &w->work;
	char took[32], about[32];
	double left = progress_left(&b->p), whole = b->p.now - b->p.started + left;
	int x = r.x + put(y, r.x, r.w, ROLE_TITLE, status_word(w)) + 2;
	x += putf(y, x, 6, ROLE_TEXT, "%3d %%", (int)(share_done(w) * 100)) + 2;
	clock_text(b->p.now - b->p.started, took);
	bool known = b->p.surveyed && !b->over && left >= 10;
	char *time = known ? xasprintf(_("%s of %s"), took, about_text(whole, about)) : xstrdup(took);
	int width = r.x + r.w - x - cells(time) - 2;
	if (width >= 8)
		draw_bar(w, y, x, width);
	put_right(y, r.x + r.w - cells(time), cells(time), ROLE_TEXT, time);
	free(time);
}

const char *build_alone_words(const struct wizard *w)
{
	return w->options->rehearsal ? _("All else is done. It goes on by itself once this is seen; Ctrl-C ends the rehearsal.")
				     : _("All else is done. It goes on by itself once this is seen; Ctrl-C leaves, and the "
					 "same command goes on.");
}

void build_draw_sentence(const struct wizard *w, int y, struct rect r)
{
	const struct work *b = &w->work;
	const struct progress *p = &b->p;
	int decides = progress_deciding(p), failed = progress_count(p, PHASE_FAILED), done = progress_count(p, PHASE_DONE);
	int rest = progress_count(p, PHASE_WAITING) + progress_count(p, PHASE_SKIPPED);
	char *text;
	if (!b->over && !p->surveyed)
		text = xstrdup(_("Looking at what is there before anything is changed."));
	else if (!b->over && failed)
		text = xasprintf(ngettext("%d failed; what does not need it goes on.",
					  "%d failed; what does not need them goes on.", (unsigned long)failed),
				 failed);
	else if (only_yours(b))
		text = xstrdup(build_alone_words(w));
	else if (work_outcome(w, OUTCOME_WAITING))
		text = xstrdup(_("What could be made stands, and waits for you. Do what is named here; r goes on."));
	else if (!b->over && decides >= 0)
		/* TRANSLATORS: %s is a part: "Database", "Image" */
		text = xasprintf(w->options->rehearsal
				     ? _("It waits for: %s. Leaving ends the rehearsal.")
				     : _("It waits for: %s. You may leave; the same command goes on from here."),
				 _(parts[p->steps[decides].part].title));
	else if (!b->over)
		text = xstrdup(_("Almost there."));
	else if (work_ended_well(w))
		text = xasprintf(ngettext("%d is done.", "All %d are done.", (unsigned long)done), done);
	else
		text = xasprintf(_("%d done, %d failed, %d not begun. What stands is kept; r goes on from here."), done, failed,
				 rest);
	put_lines(y, r.x, 2, r.w, build_ended_badly(w) ? ROLE_WARN : ROLE_TEXT, text);
	free(text);
}
