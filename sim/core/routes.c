/* Which handler a request goes to: by the contract's method, or by host and path. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b)
{
	const struct routed *x = a, *y = b;
	return strcmp(x->route->id, y->route->id);
}

static bool is_raw(const struct sim_route *r)
{
	return strchr(r->id, ' ') != NULL;
}

void routes_init(struct sim *s)
{
	size_t count = 0, raw = 0;
	for (const struct sim_api *const *a = s->floors->apis; *a; a++)
		for (const struct sim_route *r = (*a)->routes; r && r->id; r++, count++)
			raw += is_raw(r);
	struct routed *all = xcalloc(count + 1, sizeof *all);
	s->raw = xcalloc(raw + 1, sizeof *s->raw);
	for (const struct sim_api *const *a = s->floors->apis; *a; a++)
		for (const struct sim_route *r = (*a)->routes; r && r->id; r++)
			all[s->route_count++] = (struct routed){r, *a};
	qsort(all, s->route_count, sizeof *all, by_id);
	s->routes = all;
	for (size_t i = 0; i < s->route_count; i++)
		if (is_raw(all[i].route))
			s->raw[s->raw_count++] = &all[i];
}

void routes_free(struct sim *s)
{
	free((void *)(uintptr_t)s->routes);
	free(s->raw);
}

static const struct routed *route_by_id(const struct sim *s, const char *id)
{
	struct sim_route key = {.id = id};
	struct routed wanted = {.route = &key};
	return bsearch(&wanted, s->routes, s->route_count, sizeof wanted, by_id);
}

const struct routed *route_by_contract(const struct sim *s, const struct contract_method *m)
{
	char *id = span_text(m->id), *versioned = xasprintf("%s@%s", id, m->api->version);
	const struct routed *r = route_by_id(s, versioned);
	char *at = strchr(id, '@');
	if (!r)
		r = route_by_id(s, id);
	if (!r && at) {
		*at = '\0';
		r = route_by_id(s, id);
	}
	free(id);
	free(versioned);
	return r;
}

void sim_outside(const struct sim *s, struct buf *out)
{
	size_t count = 0;
	const struct contract_method *m;
	for (size_t api = 0; (m = contract_methods(api, &count)); api++)
		for (size_t i = 0; i < count; i++)
			if (!route_by_contract(s, &m[i]))
				buf_printf(out, "%.*s %.*s https://%s/%.*s\n", (int)m[i].id.n, m[i].id.p, (int)m[i].verb.n,
					   m[i].verb.p, m[i].api->hosts[0], (int)m[i].template.n, m[i].template.p);
}

/* '*' stands for any text. */
static bool glob(const char *pattern, const char *patend, const char *text)
{
	const char *star = NULL, *mark = NULL;
	while (*text) {
		if (pattern < patend && *pattern == '*') {
			star = ++pattern;
			mark = text;
		} else if (pattern < patend && *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++mark;
		} else {
			return false;
		}
	}
	while (pattern < patend && *pattern == '*')
		pattern++;
	return pattern == patend;
}

bool sim_glob(const char *pattern, const char *text)
{
	return glob(pattern, pattern + strlen(pattern), text);
}

static bool raw_fits(const char *id, const char *method, const char *host, const char *path, bool literal)
{
	size_t verb = strcspn(id, " ");
	const char *h = id + verb + 1, *slash = h + strcspn(h, "/");
	bool wild = memchr(h, '*', (size_t)(slash - h)) != NULL;
	return wild != literal && glob(id, id + verb, method) && glob(h, slash, host) &&
	       glob(slash, slash + strlen(slash), path);
}

const struct routed *route_raw(const struct sim *s, const char *method, const char *host, const char *path, bool literal)
{
	const struct routed *best = NULL;
	for (size_t i = 0; i < s->raw_count; i++)
		if (raw_fits(s->raw[i]->route->id, method, host, path, literal) &&
		    (!best || strlen(s->raw[i]->route->id) > strlen(best->route->id)))
			best = s->raw[i];
	return best;
}
