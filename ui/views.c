/* The pages that are more than a form of questions. A new one is a file that ends in a struct page_view, and a row here. */
#include "config.h"
#include "ui/state.h"

const struct page_view *const page_views[] = {&review_view, &build_view, &done_view, NULL};
