/* A text of lines with roles that is wrapped, scrolled and printed: for pages that tell something. */
#ifndef MS_UI_DOC_H
#define MS_UI_DOC_H

#include "ui/screen.h"

#include <stdio.h>

struct doc_line {
	enum role role;
	int indent;
	int hang;        /* and so much more for the rows after the first: what belongs to a label stands under each other */
	enum glyph mark; /* before the text, or GLYPH_COUNT for none */
	bool whole;      /* an address: never wrapped, from the first column of its rectangle */
	bool command;    /* a shell command: broken at blanks, with a backslash */
	size_t
	    taken; /* the byte at which the command or path begins that it ends in, or 0: in a row of its own where the first does not hold it,
	                  * broken as a command where that does not either, and never wrapped where it is printed */
	char *text;
};
struct doc {
	struct doc_line *list;
	size_t count, room;
};

/* Appends a line; text is copied, "" is an empty line. */
struct doc_line *doc_add(struct doc *d, enum role role, int indent, const char *text);
/* The same with a sign before it, which is named by a word where there are no signs. */
void doc_mark(struct doc *d, enum role role, enum glyph mark, int indent, const char *text);
/* The same for what must be taken as one: an address, and a shell command. */
void doc_whole(struct doc *d, const char *text);
void doc_command(struct doc *d, const char *text);
/* The last line ends in this command or path, which is to be taken from there. */
void doc_taken(struct doc *d, const char *end);
void doc_free(struct doc *d);

/* Rows that it takes at a width. */
int doc_height(const struct doc *d, int width);
/* Draws rows from top on; the cursor goes to the first one. Returns the top that was possible. */
int doc_draw(const struct doc *d, struct rect r, int top);
/* Prints it as plain lines of at most width cells (0: not wrapped). */
void doc_print(const struct doc *d, FILE *to, int width);

#endif
