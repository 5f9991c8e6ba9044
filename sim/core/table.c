/* Rows and fields of the tables that stand in the program. */
#include "config.h"
#include "sim/core/table.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

bool span_is(struct span s, const char *text)
{
	return strlen(text) == s.n && !memcmp(s.p, text, s.n);
}

char *span_text(struct span s)
{
	return xstrndup(s.p, s.n);
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

static const char *row_from(const char *line)
{
	while (*line == '#' || *line == '\t' || *line == '\n')
		line = next_line(line);
	return *line ? line : NULL;
}

const char *table_first(const char *table)
{
	return row_from(table);
}

const char *table_next(const char *row)
{
	return row_from(next_line(row));
}

const char *table_find(const char *table, struct span name)
{
	char *wanted = xasprintf("\n%.*s", (int)name.n, name.p);
	const char *at = strstr(table, wanted);
	while (at && at[name.n + 1] != '\t' && at[name.n + 1] != '\n')
		at = strstr(at + 1, wanted);
	free(wanted);
	return at ? at + 1 : NULL;
}

struct span table_field(const char *row, int n)
{
	size_t len = strcspn(row, "\t\n");
	for (; n > 0 && row[len] == '\t'; n--) {
		row += len + 1;
		len = strcspn(row, "\t\n");
	}
	return (struct span){row, n ? 0 : len};
}

struct span table_body(const char *row)
{
	const char *begin = next_line(row), *end = begin;
	while (*end == '\t')
		end = next_line(end);
	return (struct span){begin, (size_t)(end - begin)};
}

static void take_apart(struct table *t)
{
	size_t room = 0;
	for (const char *row = table_first(t->text); row; row = table_next(row))
		room += (size_t)t->columns;
	t->cells = xcalloc(room + 1, sizeof *t->cells);
	for (const char *row = table_first(t->text); row; row = table_next(row), t->rows++)
		for (int i = 0; i < t->columns; i++)
			t->cells[t->rows * (size_t)t->columns + (size_t)i] = span_text(table_field(row, i));
}

size_t table_rows(struct table *t)
{
	if (!t->cells)
		take_apart(t);
	return t->rows;
}

const char *table_cell(struct table *t, size_t row, int column)
{
	return row < table_rows(t) ? t->cells[row * (size_t)t->columns + (size_t)column] : "";
}

double table_number(struct table *t, size_t row, int column)
{
	return strtod(table_cell(t, row, column), NULL);
}

size_t table_row(struct table *t, const char *name)
{
	size_t row = 0;
	while (row < table_rows(t) && strcmp(table_cell(t, row, 0), name))
		row++;
	return row;
}
