/* The pages that are more than a form of questions. A new one is a file that ends in a struct page_view, and a row here. */
#include "config.h"
#include "ui/state.h"

#include "base/mem.h"

#include <stdlib.h>

const struct page_view *const page_views[] = {&review_view, &build_view, &done_view, NULL};

enum { VIEWS = sizeof page_views / sizeof *page_views };
_Static_assert((int)VIEWS <= (int)VIEWS_MOST, "each page has its place");

/* What lies over a page and keeps a state of its own between keys. */
static const struct overlay *const overlays[] = {&overlay_log, &overlay_settings, &overlay_list, &overlay_secret};

enum { OVERLAYS = sizeof overlays / sizeof *overlays };
_Static_assert((int)OVERLAYS <= (int)OVERLAYS_MOST, "each has its place");

/* The form, which stands in no row, has the last place. */
static const struct page_view *nth(size_t i)
{
	return page_views[i] ? page_views[i] : &form_view;
}

void *view_own(const struct wizard *w, const struct page_view *v)
{
	size_t i = 0;
	while (nth(i) != v)
		i++;
	return w->own[i];
}

void *overlay_own(const struct wizard *w, const struct overlay *o)
{
	size_t i = 0;
	while (overlays[i] != o)
		i++;
	return w->over_own[i];
}

void views_open(struct wizard *w)
{
	for (size_t i = 0; i < OVERLAYS; i++)
		w->over_own[i] = xcalloc(1, overlays[i]->size);
	for (size_t i = 0; i < VIEWS; i++)
		w->own[i] = xcalloc(1, nth(i)->size + 1);
}

void views_free(struct wizard *w)
{
	for (size_t i = 0; i < OVERLAYS; i++) {
		if (overlays[i]->forget)
			overlays[i]->forget(w);
		free(w->over_own[i]);
	}
	for (size_t i = 0; i < VIEWS; i++) {
		if (nth(i)->forget)
			nth(i)->forget(w);
		free(w->own[i]);
	}
}
