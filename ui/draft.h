/* The plan as the answers stand, made here without asking the cloud: for prices beside choices and for what a human has to do. It is made anew when
 * answers changed, never while drawing. */
#ifndef MS_UI_DRAFT_H
#define MS_UI_DRAFT_H

#include "plan/plan.h"

struct wizard;

struct draft_price {
	char *key; /* "question=choice" */
	double usd;
};
struct draft {
	char *of;          /* the answers that it was made from, as text */
	struct plan *plan; /* NULL while they make none */
	double monthly;
	struct draft_price *prices;
	size_t count, room;
};

/* Makes it anew when the answers changed; cheap otherwise. */
void draft_settle(struct wizard *w);
void draft_free(struct draft *d);
/* US dollars a month of what runs all the time; of one section of the questions. 0 when not known. */
double draft_month(const struct wizard *w);
double draft_section_month(const struct wizard *w, const char *section);
/* Finds the price of each choice of q, so that draft_choice_month knows it. */
void draft_price_choices(struct wizard *w, const struct question *q);
/* The same if this choice of q were taken; negative when that is not known. */
double draft_choice_month(const struct wizard *w, const struct question *q, const char *choice);
/* Do the choices of q that can be taken differ in price, so that it is worth saying beside them? */
bool draft_prices_differ(const struct wizard *w, const struct question *q);
/* What a person has to do before anything can be built, with a text to paste that is known already; or NULL. Its "title", "steps" and "paste", owned by it.
 * Open: the answers do not hold its result. */
const struct resource *draft_errand(const struct wizard *w);
const char *draft_errand_text(const struct resource *errand, const char *what);
bool draft_errand_open(const struct resource *errand);

#endif
