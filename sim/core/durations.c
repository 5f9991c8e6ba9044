/* How long things take: sim/tables/durations.tbl. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/mem.h"
#include "sim/core/table.h"

#include <stdlib.h>
#include <string.h>

TABLE_OF(durations, "durations.tbl", 5);
static struct duration *rows;

const struct duration *duration_at(size_t n)
{
	size_t count = table_rows(&durations);
	if (!rows) {
		rows = xcalloc(count + 1, sizeof *rows);
		for (size_t i = 0; i < count; i++)
			rows[i] = (struct duration){table_cell(&durations, i, 0), table_number(&durations, i, 1),
						    table_number(&durations, i, 2), table_number(&durations, i, 3),
						    table_number(&durations, i, 4)};
	}
	return n < count ? &rows[n] : NULL;
}

static int by_key(const void *key, const void *row)
{
	return strcmp(key, ((const struct duration *)row)->key);
}

const struct duration *duration_find(const char *key)
{
	const struct duration *first = duration_at(0);
	return first ? bsearch(key, first, table_rows(&durations), sizeof *first, by_key) : NULL;
}
