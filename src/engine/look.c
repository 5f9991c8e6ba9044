/* Looking only: what would be done to a resource, for a plan and for the survey before something is changed. */
#include "config.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

bool step_can_go(const struct step *s)
{
	struct call c = {0};
	struct view v = s->view;
	v.consent = true;
	if (s->resource->kind->destroy)
		s->resource->kind->destroy(&v, &s->seen, &c);
	bool goes = c.method || c.fault;
	call_free(&c);
	return goes;
}

/* What would be done to something that is not wanted any more. A stranger of that name is none of our business; what cannot be deleted stays, and that was
 * said before it was made. */
static void look_at_unwanted(struct step *s)
{
	s->gone = s->seen.presence == PRESENT_NO || s->seen.presence == PRESENT_STRANGER;
	s->change.verdict = s->gone || !step_can_go(s) ? VERDICT_KEEP : VERDICT_DELETE;
}

/* A wanted value that refers to what has still to be made, in words. */
static void say_unknown(struct difference *d)
{
	if (!d->waits)
		return;
	char *words = xasprintf(_("(known once %s is made)"), d->waits);
	cJSON *text = cJSON_CreateString(words);
	free(d->wanted);
	d->wanted = json_text(text, -1);
	cJSON_Delete(text);
	free(words);
}

/* It stands already, and what it refers to has still to be made: it will be changed, by more than can be said now. What cannot be changed (a
 * build) is made anew then. */
static void look_vaguely(struct step *s)
{
	if (!s->resource->kind->update) {
		s->anew = true;
		s->change.verdict = VERDICT_CREATE;
		return;
	}
	step_compare(s, &s->change);
	s->anew = s->change.verdict != VERDICT_UPDATE && s->change.verdict != VERDICT_KEEP;
	if (s->resource->kind->foresees)
		return;
	bool replaced = s->change.verdict == VERDICT_REPLACE && s->resource->kind->foresees_replacement;
	if (s->change.verdict != VERDICT_UPDATE && !replaced)
		change_free(&s->change);
	if (!replaced)
		s->change.verdict = VERDICT_UPDATE;
	for (size_t i = 0; i < s->change.count; i++)
		say_unknown(&s->change.differences[i]);
}

/* What uses this stack's data is not moved to other data unasked: those would be empty. */
static void look_for_move(struct step *s)
{
	const struct stander *from = s->run->options.consent ? NULL : step_leaves(s);
	if (!from)
		return;
	s->change.verdict = VERDICT_REFUSE;
	free(s->change.reason);
	s->change.reason = xasprintf(_("it uses %s %s, which is not what these answers name: it would be moved to other data. "
				       "Set resolved.suffix to the "
				       "ending of that name, or add --yes if that is meant."),
				     _(from->kind->title), from->name);
}

/* Data, or a key of them, that are not there; where the API is off, nothing is known of them. What goes with its parent is told only of a stack that had
 * it: a new one is made in what stands. */
static bool is_lost(const struct step *s)
{
	const struct resource *r = s->resource;
	bool keeps = (plan_keeps_data(r) && (r->kind->data_word || r->stood)) || r->lasting;
	return keeps && s->seen.presence == PRESENT_NO && !s->seen.off;
}

/* What is lost of what a step needs, directly or not. */
struct loss {
	const char *title; /* NULL: nothing is */
	bool news;         /* nobody was told of one of them yet */
	bool key;          /* keys of data that are there */
	struct buf names;  /* the first's, and what else is, with its title */
};

static void note_loss(struct loss *l, struct step *lost)
{
	const struct resource *r = lost->resource;
	const char *title = _(r->kind->title);
	l->news |= !lost->loss_told;
	lost->loss_told = true;
	l->key = r->lasting;
	buf_printf(&l->names, "%s%s%s%s", l->title ? ", " : "", l->title ? title : "", l->title ? " " : "", r->name);
	l->title = l->title ? l->title : title;
}

/* Data first: keys are told where none are lost. What goes with its parent is not told beside it. */
static struct loss losses(const struct step *s, bool proven)
{
	bool *behind = plan_behind(s->run->plan, s->index);
	struct loss l = {0};
	for (int keys = 0; keys < 2 && !l.title; keys++) {
		for (size_t i = 0; i < s->index; i++) {
			const struct resource *r = s->run->steps[i].resource;
			if (behind[i] && is_lost(&s->run->steps[i]) && r->lasting == (bool)keys && (r->stood || !proven) &&
			    (!l.title || r->lasting || r->kind->data_word))
				note_loss(&l, &s->run->steps[i]);
		}
	}
	free(behind);
	return l;
}

static char *loss_of_standing(const struct loss *l)
{
	return l->key ? xasprintf(_("it stands, and a key of its data is gone: %s %s was deleted or disabled. Enable "
				    "it again, if it can be. With --yes a "
				    "new one is drawn, and what the old one closed in the database is lost."),
				  l->title, buf_text(&l->names))
		      : xasprintf(_("it stands, and its data are gone: there is no %s %s any more. Look first whether "
				    "that can be restored; Google "
				    "keeps deleted buckets, and backups of deleted databases, for some days. With "
				    "--yes a new, empty one is made."),
				  l->title, buf_text(&l->names));
}

static char *loss_of_proven(const struct loss *l)
{
	return l->key
		   ? xasprintf(_("this stack was proven before, and a key of its data is gone: %s %s was deleted or disabled. "
				 "Enable it again, if it can be. With --yes a new one is drawn, and what the old one closed "
				 "in the database is lost."),
			       l->title, buf_text(&l->names))
		   : xasprintf(_("this stack was proven before, and its data are gone: there is no %s %s any more. Look first "
				 "whether that can be restored; Google keeps deleted buckets, and backups of deleted "
				 "databases, for some days. With --yes a new, empty one is made."),
			       l->title, buf_text(&l->names));
}

/* A server that stands, or stood when its stack was proven, had all that it needs when it was made. What of its data is gone went by somebody else's hand: it
 * may be got back, but not any more once there is something new and empty of that name, with which the server would go on as if nothing were. It is told
 * once, at the first that needs it. Before a rehearsal nothing stood. */
void step_look_for_loss(struct step *s)
{
	const struct kind *k = s->resource->kind;
	bool serves = k->part == PART_SERVER && k->create && k->destroy && !s->resource->unwanted;
	if (!serves || s->change.verdict == VERDICT_REFUSE || s->run->options.consent)
		return;
	bool stands = s->seen.presence == PRESENT_YES && s->seen.found && s->seen.found->child,
	     absent = s->seen.presence == PRESENT_NO && !session_is_rehearsal(s->run->session);
	struct loss l = {0};
	if (stands || absent)
		l = losses(s, absent);
	if (l.news) {
		s->change.verdict = VERDICT_REFUSE;
		free(s->change.reason);
		s->change.reason = stands ? loss_of_standing(&l) : loss_of_proven(&l);
	}
	buf_free(&l.names);
}

/* Looking only: what would be done. */
static void look(struct step *s)
{
	struct change *c = &s->change;
	change_free(c);
	if (s->resource->unwanted) {
		look_at_unwanted(s);
	} else if (s->seen.presence == PRESENT_NO) {
		c->verdict = VERDICT_CREATE;
		/* before a rehearsal nothing stood there */
		c->hidden = s->seen.off && !session_is_rehearsal(s->run->session);
		c->reason = s->resource->kind->by_hand && s->seen.error ? xstrdup(s->seen.error) : NULL;
	} else if (s->seen.presence == PRESENT_STRANGER) {
		c->verdict = VERDICT_REFUSE;
		c->reason = xstrdup(s->seen.error ? s->seen.error : _("it exists and is not ours."));
	} else if (s->vague) {
		look_vaguely(s);
	} else {
		step_compare(s, c);
	}
	if (c->verdict == VERDICT_UPDATE || c->verdict == VERDICT_REPLACE)
		look_for_move(s);
}

void step_decide_plan(struct step *s)
{
	look(s);
	step_look_for_loss(s); /* what it needs was looked at before it */
	s->verdict = s->change.verdict;
	step_end(s, s->verdict != VERDICT_KEEP ? RESULT_DIFFERS : s->gone ? RESULT_ABSENT : RESULT_KEPT);
}

/* What an apply would lack is told, and changes nothing in a plan: who only looks may lack all of it. */
static void end_plan(struct run *r, bool refused)
{
	(void)refused;
	run_finish(r);
}

/* Of what failed, or was not come to, nothing is known: it is not told as what stays. */
void run_ended_plan(struct run *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct step *s = &r->steps[i];
		if (s->result != RESULT_FAILED && s->result != RESULT_SKIPPED)
			continue;
		change_free(&s->change);
		s->change.verdict = VERDICT_UNKNOWN;
		s->change.reason = s->err.what ? xstrdup(s->err.what) : NULL;
	}
	if (r->stopping)
		run_finish(r);
	else
		run_try_permissions(r, end_plan);
}

/* What is still changing, or does not tell, is looked at again when its turn comes: nothing can be said of it now. */
void step_look_at_apply(struct step *s)
{
	bool tells = s->seen.presence != PRESENT_UNKNOWN && s->seen.presence != PRESENT_PENDING;
	if (tells || s->resource->unwanted) {
		look(s);
	} else {
		change_free(&s->change);
		s->change.verdict = VERDICT_UPDATE;
	}
	s->fits = tells && s->change.verdict == VERDICT_KEEP && !s->resource->unwanted && !s->vague;
	step_end(s, RESULT_LOOKED);
}

void step_look_at_destroy(struct step *s)
{
	s->gone = s->seen.presence == PRESENT_NO;
	step_end(s, RESULT_LOOKED);
}
