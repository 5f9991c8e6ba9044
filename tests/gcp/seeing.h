/* What tests of single kinds share: JSON with single quotes, a view, and what a kind makes of a reply. */
#ifndef MS_TESTS_GCP_SEEING_H
#define MS_TESTS_GCP_SEEING_H

#include "base/mem.h"
#include "gcp/kind.h"

#include <stdio.h>
#include <stdlib.h>

/* Single quotes stand for double ones; the caller deletes it. */
static inline cJSON *parse(const char *text)
{
	char *copy = xstrdup(text);
	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	cJSON *j = cJSON_Parse(copy);
	if (!j)
		printf("# bad JSON in the test: %s\n", text);
	free(copy);
	return j;
}

static inline struct view view_of(const char *name, const cJSON *spec)
{
	return (struct view){.project = "demo", .number = "42", .stack = "mlflow", .id = "x", .name = name, .spec = spec};
}

/* What is seen in a reply, with what compare says of it; the caller frees both. */
static inline struct observation see(const char *kind, const struct view *v, int http, const char *reply, struct change *change)
{
	struct observation seen = {0};
	const struct kind *k = kind_find(kind);
	cJSON *r = parse(reply);
	*change = (struct change){0};
	k->decode(v, http, r, &seen);
	if (seen.found)
		k->compare(v, &seen, change);
	cJSON_Delete(r);
	return seen;
}

static inline enum presence presence(const char *kind, const struct view *v, int http, const char *reply)
{
	struct change change;
	struct observation seen = see(kind, v, http, reply, &change);
	enum presence p = seen.presence;
	observation_free(&seen);
	change_free(&change);
	return p;
}

static inline enum verdict verdict(const char *kind, const struct view *v, const char *reply, char **reason)
{
	struct change change;
	struct observation seen = see(kind, v, 200, reply, &change);
	enum verdict verdict = change.verdict;
	if (reason)
		*reason = change.reason ? xstrdup(change.reason) : NULL;
	observation_free(&seen);
	change_free(&change);
	return verdict;
}

#endif
