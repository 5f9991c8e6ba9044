/* MLflow's releases: the table, versions in their order, and specifiers of dependencies. */
#include "config.h"
#include "sim/api/mlflow_releases.h"

#include "base/text.h"
#include "sim/core/core.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

__asm__(".pushsection .rodata\nmlflow_table:\n.incbin \"" CONTRACT_DIR "/mlflow.tbl\"\n.byte 0\n.popsection\n");
extern const char mlflow_table[];

static const char *next_line(const char *p)
{
	p += strcspn(p, "\n");
	return *p ? p + 1 : p;
}

/* -1, 0 or 1 by the numbers between the dots; what is missing is 0. Stops at anything else. */
static int compare(const char *a, const char *b)
{
	while (isdigit((unsigned char)*a) || isdigit((unsigned char)*b)) {
		char *end_a = (char *)(uintptr_t)a, *end_b = (char *)(uintptr_t)b;
		long x = isdigit((unsigned char)*a) ? strtol(a, &end_a, 10) : 0,
		     y = isdigit((unsigned char)*b) ? strtol(b, &end_b, 10) : 0;
		if (x != y)
			return x < y ? -1 : 1;
		a = *end_a == '.' ? end_a + 1 : end_a;
		b = *end_b == '.' ? end_b + 1 : end_b;
	}
	return 0;
}

bool mlflow_exists(const char *version)
{
	size_t len = strlen(version);
	for (const char *p = mlflow_table + strlen("known"); *p == ' ';) {
		size_t n = strcspn(++p, " \n");
		if (n == len && !memcmp(p, version, n))
			return true;
		p += n;
	}
	return false;
}

void mlflow_release(const char *version, struct mlflow_release *r)
{
	*r = (struct mlflow_release){0};
	for (const char *p = next_line(mlflow_table); *p; p = next_line(p)) {
		struct mlflow_release one = {0};
		if (sscanf(p, "r %15s %15s %d %d", one.version, one.revision, &one.order, &one.since) != 4)
			continue;
		if (*r->version && compare(one.version, version) > 0)
			return;
		one.needs = next_line(p);
		*r = one;
	}
}

/* Names are alike whatever their case, and with -, _ and . between words. */
static bool same_name(const char *a, size_t len, const char *b)
{
	if (strlen(b) != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		char x = (char)tolower((unsigned char)a[i]), y = (char)tolower((unsigned char)b[i]);
		if ((x == '_' || x == '.' ? '-' : x) != (y == '_' || y == '.' ? '-' : y))
			return false;
	}
	return true;
}

/* "<47,>=43.0.0": every part must hold. */
static bool fits(const char *specifier, const char *version)
{
	for (const char *p = specifier; *p && *p != '*'; p += strcspn(p, ","), p += *p == ',') {
		int c = compare(version, p + strspn(p, "<>=!~"));
		bool or_same = p[1] == '=';
		bool good = *p == '<'   ? c < 0 || (or_same && !c)
			    : *p == '>' ? c > 0 || (or_same && !c)
			    : *p == '!' ? c != 0
			    : *p == '~' ? c >= 0
					: c == 0;
		if (!good)
			return false;
	}
	return true;
}

const char *mlflow_conflict(const struct mlflow_release *r, const char *name, const char *version)
{
	for (const char *p = r->needs; p && *p == ' '; p = next_line(p)) {
		size_t n = strcspn(p + 1, " ");
		const char *specifier = sim_tmp("%.*s", (int)strcspn(p + n + 2, "\n"), p + n + 2);
		if (!strcmp(specifier, "- -"))
			return "-";
		if (same_name(p + 1, n, name) && !fits(specifier, version))
			return specifier;
	}
	return NULL;
}
