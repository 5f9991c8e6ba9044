/* What Cloud SQL offers: tiers, and the engines' flags. */
#include "config.h"

#include "sim/api/sql.h"

#include "base/json.h"
#include "base/text.h"
#include "sim/core/table.h"

#include <stdlib.h>
#include <string.h>

TABLE_OF(tier_table, "tiers.tbl", 3);
TABLE_OF(flag_table, "sql_flags.tbl", 7);

static void sql_flags_tiers(struct sim_call *c)
{
	cJSON *items = cJSON_CreateArray(), *regions = cJSON_CreateArray();
	for (size_t i = 0; sim_region_at(i); i++)
		cJSON_AddItemToArray(regions, cJSON_CreateString(sim_region_at(i)->name));
	for (size_t i = 0; i < table_rows(&tier_table); i++)
		cJSON_AddItemToArray(items, json_make("{'kind':'sql#tier','tier':%s,'RAM':%s,'DiskQuota':%s,'region':%j}",
						      table_cell(&tier_table, i, 0), table_cell(&tier_table, i, 1),
						      table_cell(&tier_table, i, 2), cJSON_Duplicate(regions, true)));
	cJSON_Delete(regions);
	sql_ok(c, json_make("{'kind':'sql#tiersList','items':%j}", items));
}

static bool flag_of_postgres(size_t row)
{
	return !strcmp(table_cell(&flag_table, row, 1), "postgres");
}

/* The engine's flag of this name; table_rows where there is none. */
static size_t flag_row(const char *name, bool postgres)
{
	size_t i = 0;
	while (i < table_rows(&flag_table) && (strcmp(table_cell(&flag_table, i, 0), name) || flag_of_postgres(i) != postgres))
		i++;
	return i;
}

bool sql_flag_known(const char *name, bool postgres)
{
	return flag_row(name, postgres) < table_rows(&flag_table);
}

static bool one_of(const char *list, const char *word)
{
	size_t len = strlen(word);
	for (const char *p = list; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strcspn(p, " ") == len && !strncmp(p, word, len))
			return true;
	return false;
}

static bool number_fits(size_t row, const char *value)
{
	char *end;
	bool whole = !strcmp(table_cell(&flag_table, row, 2), "INTEGER");
	double n = strtod(value, &end);
	const char *least = table_cell(&flag_table, row, 4), *most = table_cell(&flag_table, row, 5);
	return end != value && !*end && !(whole && strpbrk(value, ".eExX")) && (!*least || n >= strtod(least, NULL)) &&
	       (!*most || n <= strtod(most, NULL));
}

bool sql_flag_takes(const char *name, bool postgres, const char *value)
{
	size_t row = flag_row(name, postgres);
	const char *type = table_cell(&flag_table, row, 2), *values = table_cell(&flag_table, row, 6);
	if (!strcmp(type, "BOOLEAN"))
		return one_of("on off", value);
	return strcmp(type, "STRING") ? number_fits(row, value) : !*values || one_of(values, value);
}

static void sql_flags_list(struct sim_call *c)
{
	static const char pg[] = "['POSTGRES_13','POSTGRES_14','POSTGRES_15','POSTGRES_16','POSTGRES_17','POSTGRES_18']";
	static const char my[] = "['MYSQL_5_7','MYSQL_8_0','MYSQL_8_4']";
	const char *version = sim_param(c, "databaseVersion");
	cJSON *items = cJSON_CreateArray();
	for (size_t i = 0; i < table_rows(&flag_table); i++) {
		bool postgres = flag_of_postgres(i);
		if (*version && postgres != text_starts(version, "POSTGRES"))
			continue;
		cJSON *f = json_make("{'kind':'sql#flag','name':%s,'type':%s,'requiresRestart':%b,'appliesTo':%j}",
				     table_cell(&flag_table, i, 0), table_cell(&flag_table, i, 2),
				     !strcmp(table_cell(&flag_table, i, 3), "restart"), json_make(postgres ? pg : my));
		static const char *const bounds[] = {"minValue", "maxValue"};
		for (size_t n = 0; n < 2; n++) { /* whole numbers; what has none has no bound */
			const char *bound = table_cell(&flag_table, i, 4 + n);
			if (*bound && !strchr(bound, '.'))
				json_put_str(f, bounds[n], bound);
		}
		cJSON_AddItemToArray(items, f);
	}
	sql_ok(c, json_make("{'kind':'sql#flagsList','items':%j}", items));
}

static const struct sim_route routes[] = {
    {"sql.tiers.list", sql_flags_tiers, NULL, NULL},
    {"sql.flags.list", sql_flags_list, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_sql_flags = {
    .name = "sqladmin", .service = "sqladmin.googleapis.com", .errors = SIM_ERRORS_LEGACY, .routes = routes};
