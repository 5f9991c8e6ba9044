/* Machine types: the predefined ones of each zone, and custom ones, which are named by what they have ("n2-custom-4-8192"). */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/text.h"
#include "sim/core/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TABLE_OF(machines, "machines.tbl", 5);
TABLE_OF(series, "machine_series.tbl", 8);
enum { SERIES_MOST = 1, SERIES_STEPS, SERIES_LOW, SERIES_HIGH, SERIES_GIB, SERIES_EXTENDED, SERIES_ZONES };

struct machine {
	size_t row; /* of the table of predefined ones; past its end: a custom one */
	size_t series;
	int cpus, memory; /* MiB */
	bool extended, shared;
};

/* Custom types. ----------------------------------------------------------------------------------------------------------- */
/* E2's shared ones, two processors of which a part is theirs. */
static bool shared_custom(const char *size, int memory, struct machine *m)
{
	static const struct {
		const char *size;
		int low, high;
	} sizes[] = {{"micro", 1024, 2048}, {"small", 2048, 4096}, {"medium", 4096, 8192}};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		if (!strcmp(sizes[i].size, size) && memory >= sizes[i].low && memory <= sizes[i].high) {
			m->cpus = 2;
			m->memory = memory;
			m->shared = true;
			return true;
		}
	return false;
}

/* "custom-2-4096", "e2-custom-small-3072", "n2-custom-4-65536-ext". False when it is not spelled so, or the series has none. */
static bool custom_named(const char *type, struct machine *m)
{
	char size[16], end[8] = "";
	const char *at = text_starts(type, "custom-") ? type : strstr(type, "-custom-");
	const char *name = at == type || !at ? "n1" : sim_tmp("%.*s", (int)(at - type), type);
	int memory = 0,
	    parts = at ? sscanf(strstr(at, "custom-") + strlen("custom-"), "%15[a-z0-9]-%d%7s", size, &memory, end) : 0;
	*m = (struct machine){.row = table_rows(&machines), .series = table_row(&series, name)};
	if (parts < 2 || m->series == table_rows(&series) || !table_number(&series, m->series, SERIES_MOST))
		return false;
	if (!strcmp(name, "e2") && strspn(size, "0123456789") != strlen(size))
		return shared_custom(size, memory, m);
	m->cpus = atoi(size);
	m->memory = memory;
	m->extended = !strcmp(end, "-ext");
	return m->cpus > 0 && (parts == 2 || (m->extended && !strcmp(table_cell(&series, m->series, SERIES_EXTENDED), "ext")));
}

/* By how many the processors of a type with so many go up. */
static int step_at(const char *steps, int cpus)
{
	int step = atoi(steps);
	for (const char *next = strchr(steps, ','); next; next = strchr(next + 1, ','))
		if (strchr(next, '@') && cpus > atoi(strchr(next, '@') + 1))
			step = atoi(next + 1);
	return step;
}

/* Why Google has no such custom type; NULL: it has. */
static const char *custom_refused(const struct machine *m)
{
	const char *name = table_cell(&series, m->series, 0);
	int most = (int)table_number(&series, m->series, SERIES_MOST), low = (int)table_number(&series, m->series, SERIES_LOW),
	    high = (int)table_number(&series, m->series, SERIES_HIGH), gib = (int)table_number(&series, m->series, SERIES_GIB);
	int step = step_at(table_cell(&series, m->series, SERIES_STEPS), m->cpus);
	bool single = m->cpus == 1 && !strcmp(name, "n1");
	if (m->memory % 256)
		return sim_tmp("Memory should be a multiple of 256MiB, while %dMiB is requested", m->memory);
	if (m->shared)
		return NULL;
	if (m->cpus > most || (m->cpus % step && !single))
		return sim_tmp("Number of CPUs should be a multiple of %d and at most %d, while %d is requested", step, most,
			       m->cpus);
	if (m->memory < low * m->cpus)
		return sim_tmp("Memory per CPU should be at least %.1fGiB, while %.2fGiB is requested", low / 1024.0,
			       m->memory / 1024.0 / m->cpus);
	if (m->memory > high * m->cpus && !m->extended)
		return sim_tmp("Memory per CPU should be at most %.1fGiB, while %.2fGiB is requested", high / 1024.0,
			       m->memory / 1024.0 / m->cpus);
	if (m->memory > gib * 1024)
		return sim_tmp("Memory should be at most %dGiB, while %.2fGiB is requested", gib, m->memory / 1024.0);
	return NULL;
}

/* What is where. ---------------------------------------------------------------------------------------------------------- */
static bool machine_named(const char *type, struct machine *m)
{
	size_t row = table_row(&machines, type);
	if (row == table_rows(&machines))
		return custom_named(type, m);
	*m = (struct machine){.row = row,
			      .series = table_row(&series, sim_tmp("%.*s", (int)strcspn(type, "-"), type)),
			      .cpus = (int)table_number(&machines, row, 1),
			      .memory = (int)table_number(&machines, row, 2),
			      .shared = !strcmp(table_cell(&machines, row, 3), "shared")};
	return true;
}

/* Has the zone machines of the series? */
static bool series_in(size_t row, const char *zone)
{
	const char *zones = row < table_rows(&series) ? table_cell(&series, row, SERIES_ZONES) : "*";
	char region[40];
	const char *at = zones, *name = compute_zone_region(zone, region);
	size_t n = strlen(name);
	if (!strcmp(zones, "*"))
		return true;
	while (at && (strncmp(at, name, n) || at[n] != ':'))
		at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
	at = at ? at + n + 1 : "";
	return strlen(zone) == n + 2 && memchr(at, zone[n + 1], strcspn(at, " "));
}

int compute_machine_cpus(const char *type)
{
	struct machine m;
	return machine_named(type, &m) ? m.cpus : 0;
}

int compute_machine_memory(const char *type)
{
	struct machine m;
	return machine_named(type, &m) ? m.memory : 0;
}

const char *compute_machine_refused(const char *type)
{
	struct machine m;
	return !machine_named(type, &m) || m.row < table_rows(&machines) ? NULL : custom_refused(&m);
}

bool compute_machine_in(const char *type, const char *zone)
{
	struct machine m;
	return machine_named(type, &m) && series_in(m.series, zone);
}

/* The API. ---------------------------------------------------------------------------------------------------------------- */
static cJSON *accelerators_of(const struct machine *m)
{
	const char *said = m->row < table_rows(&machines) ? table_cell(&machines, m->row, 4) : "-", *colon = strchr(said, ':');
	if (!colon)
		return NULL;
	return json_make("[{'guestAcceleratorType':%s,'guestAcceleratorCount':%d}]", sim_tmp("%.*s", (int)(colon - said), said),
			 atoi(colon + 1));
}

static cJSON *machine_doc(const char *project, const char *zone, const char *name, const struct machine *m)
{
	bool custom = m->row == table_rows(&machines);
	const char *path = sim_tmp("zones/%s/machineTypes/%s", zone, name);
	const char *about = custom ? sim_tmp("Custom created machine type.")
				   : sim_tmp("%d vCPU%s, %.4g GB RAM", m->cpus, m->cpus > 1 ? "s" : "", m->memory / 1024.0);
	cJSON *doc = json_make("{'description':%s,'guestCpus':%d,'memoryMb':%d,'imageSpaceGb':0,'maximumPersistentDisks':%d,"
			       "'maximumPersistentDisksSizeGb':%s,'zone':%s,'isSharedCpu':%b,'architecture':%s}",
			       about, m->cpus, m->memory, m->shared ? 16 : 128, m->shared ? "3072" : "263168", zone, m->shared,
			       text_starts(name, "t2a-") ? "ARM64" : "X86_64");
	cJSON *accelerators = accelerators_of(m);
	if (accelerators)
		json_put(doc, "accelerators", accelerators);
	compute_place_doc(doc, project, "compute#machineType", path, name,
			  334000 + (unsigned)m->cpus * 1000 + (unsigned)m->row);
	return doc;
}

static void machine_get(struct sim_call *c)
{
	const char *name = sim_param(c, "machineType"), *zone = sim_param(c, "zone"), *why = compute_machine_refused(name);
	struct machine m;
	if (!compute_zone_known(zone) || !machine_named(name, &m) || !series_in(m.series, zone))
		sim_fail(c, "NOT_FOUND", "notFound", "The resource 'projects/%s/zones/%s/machineTypes/%s' was not found",
			 c->project, zone, name);
	else if (why)
		compute_invalid(c, "machineType", name, why);
	else
		sim_ok(c, machine_doc(c->project, zone, name, &m));
}

/* The predefined ones of the zone that the filter lets through. */
static cJSON *machines_in(const struct sim_call *c, const char *zone)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < table_rows(&machines); i++) {
		struct machine m;
		bool bad = false;
		if (!machine_named(table_cell(&machines, i, 0), &m) || !series_in(m.series, zone))
			continue;
		cJSON *doc = machine_doc(c->project, zone, table_cell(&machines, i, 0), &m);
		if (compute_filter(sim_param(c, "filter"), doc, &bad))
			cJSON_AddItemToArray(list, doc);
		else
			cJSON_Delete(doc);
	}
	return list;
}

static void machine_list(struct sim_call *c)
{
	struct buf scope = {0};
	const char *id = sim_tmp("projects/%s/zones/%s/machineTypes", c->project, sim_param(c, "zone"));
	if (compute_scope(c, &scope))
		sim_ok(c, json_make("{'kind':'compute#machineTypeList','id':%s,'selfLink':%s,'items':%j}", id, compute_link(id),
				    machines_in(c, sim_param(c, "zone"))));
	buf_free(&scope);
}

static void machine_aggregated(struct sim_call *c)
{
	cJSON *items = cJSON_CreateObject();
	for (size_t r = 0; sim_region_at(r); r++)
		for (const char *z = sim_region_at(r)->zones; *z; z++) {
			const char *zone = sim_tmp("%s-%c", sim_region_at(r)->name, *z), *scope = sim_tmp("zones/%s", zone);
			cJSON_AddItemToObject(items, scope, json_make("{'machineTypes':%j}", machines_in(c, zone)));
		}
	const char *id = sim_tmp("projects/%s/aggregated/machineTypes", c->project);
	sim_ok(c, json_make("{'kind':'compute#machineTypeAggregatedList','id':%s,'selfLink':%s,'items':%j}", id,
			    compute_link(id), items));
}

static const struct sim_route routes[] = {
    {"compute.machineTypes.get", machine_get, "compute.machineTypes.get", NULL},
    {"compute.machineTypes.list", machine_list, "compute.machineTypes.list", NULL},
    {"compute.machineTypes.aggregatedList", machine_aggregated, "compute.machineTypes.list", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_machines, routes, NULL);
