/* Prices by region. */
#include "config.h"
#include "gcp/prices.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *region;
	double machine, run;
} factors[] = {
#define REGION(id, machine, run) {id, machine, run},
#include "gcp/prices.tbl"
#undef REGION
};

#define DEARER 1.4

double price_factor(enum priced what, const char *region)
{
	for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
		if (!strcmp(factors[i].region, region))
			return what == PRICED_RUN ? factors[i].run : factors[i].machine;
	return DEARER;
}
