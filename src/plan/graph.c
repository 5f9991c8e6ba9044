/* A plan's resources and what they need: adding them, sealing the plan, and the walks along its needs, each linear. */
#include "config.h"
#include "plan/plan.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "gcp/reference.h"

#include <stdlib.h>
#include <string.h>

/* Adding ------------------------------------------------------------------------------------------------------------------- */

/* A fault of ours is kept for plan_seal to report: the first one tells. */
__attribute__((format(printf, 2, 3))) static void note_fault(struct plan *p, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (!p->fault)
		p->fault = xvasprintf(format, args);
	va_end(args);
}

static void need_reference(void *arg, const cJSON *reference)
{
	const char *id = reference_id(reference);
	if (id)
		plan_needs(arg, id);
}

struct resource *plan_add(struct plan *p, const char *id, const char *kind, const char *name, cJSON *spec)
{
	const struct kind *k = kind_find(kind);
	if (!k)
		note_fault(p, _("%s is of kind %s, and there is no such kind."), id, kind);
	p->resources = xgrow(p->resources, p->count, &p->room, sizeof *p->resources);
	struct resource *r = &p->resources[p->count++];
	*r = (struct resource){.id = xstrdup(id), .kind = k, .name = xstrdup(name), .spec = spec, .decided_by = p->decided_by};
	reference_each(spec, need_reference, r);
	return r;
}

void plan_needs(struct resource *r, const char *id)
{
	for (size_t i = 0; i < r->need_count; i++)
		if (!strcmp(r->needs[i], id))
			return;
	r->needs = xgrow(r->needs, r->need_count, &r->need_room, sizeof *r->needs);
	r->needs[r->need_count++] = xstrdup(id);
}

void plan_optional(struct resource *r)
{
	r->optional = true;
}

void plan_opens(struct resource *r, const char *id)
{
	free(r->opens);
	r->opens = xstrdup(id);
}

void plan_records(struct resource *r, const char *output, const char *path)
{
	free(r->recorded_output);
	free(r->recorded_as);
	r->recorded_output = xstrdup(output);
	r->recorded_as = xstrdup(path);
}

struct resource *plan_find(const struct plan *p, const char *id)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->resources[i].id, id))
			return &p->resources[i];
	return NULL;
}

/* Sealing ------------------------------------------------------------------------------------------------------------------ */

struct entry {
	const char *id;
	size_t index;
};

enum mark { UNSEEN, OPEN, PLACED };

struct sealing {
	struct plan *p;
	struct entry *entries; /* by id */
	enum mark *marks;
	size_t *order, placed;     /* indexes, as they will stand */
	const struct resource *at; /* whose references are looked at */
};

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->id, ((const struct entry *)b)->id);
}

static const struct entry *entry_of(const struct sealing *s, const char *id)
{
	return bsearch(&(struct entry){.id = id}, s->entries, s->p->count, sizeof *s->entries, by_id);
}

static void list_ids(struct sealing *s)
{
	struct plan *p = s->p;
	for (size_t i = 0; i < p->count; i++)
		s->entries[i] = (struct entry){p->resources[i].id, i};
	qsort(s->entries, p->count, sizeof *s->entries, by_id);
	for (size_t i = 1; i < p->count; i++)
		if (!strcmp(s->entries[i - 1].id, s->entries[i].id))
			note_fault(p, _("the id %s is given twice."), s->entries[i].id);
}

static void check_reference(void *arg, const cJSON *reference)
{
	struct sealing *s = arg;
	const char *id = reference_id(reference);
	char *words = reference_words(reference);
	if (!id || !strchr(words, '.'))
		note_fault(s->p, _("a reference of %s names no output: \"%s\"."), s->at->id, words);
	else if (!s->at->unwanted && !entry_of(s, id))
		note_fault(s->p, _("%s refers to %s, and the plan has no %s."), s->at->id, words, id);
	free(words);
}

/* What is not wanted any more may have needed what has no request of its own: that is not in the plan. */
static void check_names(struct sealing *s)
{
	struct plan *p = s->p;
	for (size_t i = 0; i < p->count; i++) {
		struct resource *r = &p->resources[i];
		s->at = r;
		reference_each(r->spec, check_reference, s);
		for (size_t n = 0; n < r->need_count; n++)
			if (!entry_of(s, r->needs[n]))
				note_fault(p, _("%s needs %s, and the plan has no %s."), r->id, r->needs[n], r->needs[n]);
		if (r->decided_by && !question_find(r->decided_by))
			note_fault(p, _("%s is decided by %s, and there is no such question."), r->id, r->decided_by);
		if (r->opens && !r->unwanted && !entry_of(s, r->opens))
			note_fault(p, _("%s opens %s, and the plan has no %s."), r->id, r->opens, r->opens);
	}
	for (size_t i = 0; i < p->secret_count; i++)
		if (p->secrets[i].keeper && !entry_of(s, p->secrets[i].keeper))
			note_fault(p, _("%s keeps %s, and the plan has no %s."), p->secrets[i].keeper, p->secrets[i].name,
				   p->secrets[i].keeper);
}

/* Places what i needs, then i: in a plan that is in order already nothing moves. */
static void place(struct sealing *s, size_t i)
{
	struct plan *p = s->p;
	struct resource *r = &p->resources[i];
	s->marks[i] = OPEN;
	for (size_t n = 0; n < r->need_count && !p->fault; n++) {
		size_t need = entry_of(s, r->needs[n])->index;
		if (s->marks[need] == OPEN)
			note_fault(p, _("%s needs %s, which needs %s itself, directly or not."), r->id, r->needs[n], r->id);
		else if (p->resources[need].unwanted && !r->unwanted)
			note_fault(p, _("%s needs %s, which is not wanted any more."), r->id, r->needs[n]);
		else if (p->resources[need].optional && !r->optional && !r->unwanted)
			note_fault(p, _("%s needs %s, which may be left out."), r->id, r->needs[n]);
		else if (s->marks[need] == UNSEEN)
			place(s, need);
	}
	s->marks[i] = PLACED;
	s->order[s->placed++] = i;
}

static void put_in_order(struct sealing *s)
{
	struct plan *p = s->p;
	struct resource *sorted = xcalloc(p->count + 1, sizeof *sorted);
	for (size_t i = 0; i < p->count; i++)
		sorted[i] = p->resources[s->order[i]];
	free(p->resources);
	p->resources = sorted;
	p->room = p->count + 1;
	list_ids(s);
	for (size_t i = 0; i < p->count; i++) {
		struct resource *r = &p->resources[i];
		free(r->needed);
		r->needed = xcalloc(r->need_count + 1, sizeof *r->needed);
		for (size_t n = 0; n < r->need_count; n++)
			r->needed[n] = entry_of(s, r->needs[n])->index;
	}
}

bool plan_seal(struct plan *p, struct err *e)
{
	struct sealing s = {.p = p,
			    .entries = xcalloc(p->count + 1, sizeof *s.entries),
			    .marks = xcalloc(p->count + 1, sizeof *s.marks),
			    .order = xcalloc(p->count + 1, sizeof *s.order)};
	list_ids(&s);
	if (!p->fault)
		check_names(&s);
	for (int unwanted = 0; unwanted < 2; unwanted++)
		for (size_t i = 0; i < p->count && !p->fault; i++)
			if (s.marks[i] == UNSEEN && p->resources[i].unwanted == unwanted)
				place(&s, i);
	if (!p->fault)
		put_in_order(&s);
	free(s.entries);
	free(s.marks);
	free(s.order);
	return !p->fault || err_set(e, EXIT_BUG, NULL, NULL, _("the plan is at fault: %s"), p->fault);
}

/* Walking ------------------------------------------------------------------------------------------------------------------ */

double plan_expected(const struct plan *p, const struct change *const *changes)
{
	double *ends = xcalloc(p->count + 1, sizeof *ends), longest = 0;
	for (size_t i = 0; i < p->count; i++) {
		const struct resource *r = &p->resources[i];
		bool kept = r->unwanted || (changes && changes[i] && changes[i]->verdict == VERDICT_KEEP);
		for (size_t n = 0; n < r->need_count; n++)
			ends[i] = ends[r->needed[n]] > ends[i] ? ends[r->needed[n]] : ends[i];
		ends[i] += kept ? 0 : kind_time(r->kind, r->spec).usual;
		longest = ends[i] > longest ? ends[i] : longest;
	}
	free(ends);
	return longest;
}

double *plan_tails(const struct plan *p)
{
	double *tails = xcalloc(p->count + 1, sizeof *tails);
	for (size_t i = p->count; i-- > 0;) {
		const struct resource *r = &p->resources[i];
		if (r->unwanted)
			continue;
		tails[i] += kind_time(r->kind, r->spec).usual;
		for (size_t n = 0; n < r->need_count; n++)
			if (tails[r->needed[n]] < tails[i])
				tails[r->needed[n]] = tails[i];
	}
	return tails;
}

bool *plan_behind(const struct plan *p, size_t resource)
{
	bool *behind = xcalloc(p->count + 1, sizeof *behind);
	behind[resource] = true;
	for (size_t i = resource + 1; i-- > 0;)
		for (size_t n = 0; behind[i] && n < p->resources[i].need_count; n++)
			behind[p->resources[i].needed[n]] = true;
	behind[resource] = false;
	return behind;
}
