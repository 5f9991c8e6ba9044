/* One line of text being edited: characters of any width, scrolled within its field. */
#ifndef MS_UI_EDIT_H
#define MS_UI_EDIT_H

#include "ui/screen.h"

enum { EDIT_MAX = 1024 };

struct edit {
	wchar_t text[EDIT_MAX + 1];
	size_t len, at; /* characters; at is where the cursor stands */
	size_t left;    /* first character shown */
};

void edit_set(struct edit *e, const char *utf8);
/* The text as UTF-8, for the caller to free. */
char *edit_text(const struct edit *e);
/* Edits by a key; true when it was one that edits or moves within the line. */
bool edit_key(struct edit *e, const struct key *k);
/* Inserts a text as one; line ends are left out. */
void edit_insert(struct edit *e, const char *utf8);
/* Draws it into width cells and puts the cursor; secret shows a dot for each character. */
void edit_draw(struct edit *e, int y, int x, int width, enum role role, bool secret);

#endif
