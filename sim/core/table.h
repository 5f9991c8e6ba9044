/* Tables that stand in the program as they are: .tbl files. A line that begins with # says what the table is; a row begins at the margin, and the lines
 * behind it that begin with a tab are its body; fields are apart by tabs. */
#ifndef MS_SIM_TABLE_H
#define MS_SIM_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* A piece of a table's text; not terminated. n is 0 when there is none. */
struct span {
	const char *p;
	size_t n;
};
bool span_is(struct span s, const char *text);
char *span_text(struct span s); /* a copy for the caller to free */

/* A file of sim/tables/ as a text, ended by a zero. */
#define TABLE(symbol, file)                                                                                                    \
	__asm__(".pushsection .rodata\n" #symbol ":\n.incbin \"" TABLES_DIR "/" file "\"\n.byte 0\n.popsection\n");            \
	extern const char symbol[]

/* The table's first row, and the one behind a row; NULL at the end. */
const char *table_first(const char *table);
const char *table_next(const char *row);
/* The row whose first field is this; NULL. */
const char *table_find(const char *table, struct span name);
/* The n-th field of a row, or of a line of a body, from 0. */
struct span table_field(const char *row, int n);
/* The lines behind a row, each with its tab. */
struct span table_body(const char *row);

/* A table whose rows are of one kind, taken apart when it is first asked for. */
struct table {
	const char *text;
	int columns;
	const char **cells;
	size_t rows;
};
#define TABLE_OF(name, file, columns)                                                                                          \
	TABLE(tbl_##name, file);                                                                                               \
	static struct table name = {tbl_##name, columns, NULL, 0}
size_t table_rows(struct table *t);
/* A cell's text, "" where the row ends before it, and as a number. There must be such a row and column. */
const char *table_cell(struct table *t, size_t row, int column);
double table_number(struct table *t, size_t row, int column);
/* Which row has this in its first column: table_rows where none has. */
size_t table_row(struct table *t, const char *name);

#endif
