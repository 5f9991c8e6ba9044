/* The services a project can enable, which of them a new project has on, what they depend on, and the agents that come with
 * them: sim/tables/services.tbl, taken apart once. */
#include "config.h"
#include "sim/api/serviceusage.h"

#include "base/buf.h"
#include "base/mem.h"
#include "sim/core/table.h"

#include <stdlib.h>
#include <string.h>

TABLE(tbl_services, "services.tbl");

static char *full_name(const char *name, size_t n)
{
	return xasprintf("%.*s.googleapis.com", (int)n, name);
}

static int traits_of(struct span words)
{
	static const struct {
		const char *word;
		int trait;
	} traits[] = {{"default", SERVICE_DEFAULT}, {"billed", SERVICE_BILLED}, {"other", SERVICE_OTHER}};
	char *text = span_text(words), *save = NULL;
	int all = 0;
	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
		for (size_t i = 0; i < sizeof traits / sizeof *traits; i++)
			if (!strcmp(w, traits[i].word))
				all |= traits[i].trait;
	free(text);
	return all;
}

static char *needs_of(struct span names)
{
	struct buf all = {0};
	for (const char *at = names.p, *end = at + names.n; at < end;) {
		size_t n = strcspn(at, " \t\n");
		buf_printf(&all, "%s%.*s.googleapis.com", all.len ? " " : "", (int)n, at);
		at += n + (at + n < end);
	}
	return names.n ? buf_take(&all) : NULL;
}

static void read_agents(struct service_entry *e, struct span body)
{
	size_t most = sizeof e->agents / sizeof *e->agents, n = 0;
	for (const char *line = body.p; line < body.p + body.n && n < most; line += strcspn(line, "\n") + 1) {
		struct span role = table_field(line, 2);
		e->agents[n++] = (struct service_agent){span_text(table_field(line, 1)),
							span_is(role, "-") ? NULL : span_text(role),
							span_is(table_field(line, 3), "on-request")};
	}
}

const struct service_entry *service_catalogue(void)
{
	static struct service_entry *all;
	size_t count = 1, n = 0;
	if (all)
		return all;
	for (const char *row = table_first(tbl_services); row; row = table_next(row))
		count++;
	all = xcalloc(count, sizeof *all);
	for (const char *row = table_first(tbl_services); row; row = table_next(row)) {
		struct service_entry *e = &all[n++];
		struct span name = table_field(row, 0);
		e->name = full_name(name.p, name.n);
		e->title = span_text(table_field(row, 1));
		e->traits = traits_of(table_field(row, 2));
		e->needs = needs_of(table_field(row, 3));
		read_agents(e, table_body(row));
	}
	return all;
}
