/* monitoring.googleapis.com v1: dashboards. They are kept as they are sent: a dashboard's layout is one of four, a widget shows one thing. */
#include "config.h"
#include "sim/api/identity.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define DASHBOARDS "monitoring.dashboards"

enum { MOST_WIDGETS = 100, MOST_COLUMNS = 48 };

static bool refuse(struct sim_call *c, const char *field, const char *why)
{
	sim_fail(c, "INVALID_ARGUMENT", NULL, "Field %s has an invalid value: %s", field, why);
	return false;
}

/* Of these fields one is said; how many are. */
static int how_many(const cJSON *doc, const char *const *fields)
{
	int n = 0;
	for (const char *const *f = fields; *f; f++)
		n += json_at(doc, *f) != NULL;
	return n;
}

static bool query_ok(struct sim_call *c, const cJSON *query, const char *where)
{
	static const char *const kinds[] = {"timeSeriesFilter",
					    "timeSeriesFilterRatio",
					    "timeSeriesQueryLanguage",
					    "prometheusQuery",
					    "opsAnalyticsQuery",
					    "traceQuery",
					    NULL};
	if (how_many(query, kinds) != 1)
		return refuse(c, sim_tmp("%s.timeSeriesQuery", where), "Exactly one query must be specified.");
	const char *filter = json_str(query, "timeSeriesFilter.filter", "metric.type");
	bool of_objective = text_starts(filter, "select_slo_"); /* select_slo_health("projects/...") is a whole filter */
	return of_objective || strstr(filter, "metric.type") ||
	       refuse(c, sim_tmp("%s.timeSeriesQuery.timeSeriesFilter.filter", where),
		      "The filter must specify a metric type.");
}

static bool widget_ok(struct sim_call *c, const cJSON *widget, const char *where)
{
	static const char *const contents[] = {
	    "xyChart",          "scorecard",       "text",          "blank",    "alertChart", "timeSeriesTable",
	    "collapsibleGroup", "logsPanel",       "incidentList",  "pieChart", "treemap",    "errorReportingPanel",
	    "sectionHeader",    "singleViewGroup", "filterControl", NULL};
	const cJSON *set;
	int i = 0;
	if (how_many(widget, contents) > 1)
		return refuse(c, where, "A widget has exactly one content.");
	const cJSON *chart = json_at(widget, "xyChart");
	if (chart && !cJSON_GetArraySize(json_at(chart, "dataSets")))
		return refuse(c, sim_tmp("%s.xyChart.dataSets", where), "At least one data set is required.");
	cJSON_ArrayForEach(set, json_at(chart, "dataSets"))
		if (!query_ok(c, json_at(set, "timeSeriesQuery"), sim_tmp("%s.xyChart.dataSets[%d]", where, i++)))
			return false;
	return !json_at(widget, "scorecard") ||
	       query_ok(c, json_at(widget, "scorecard.timeSeriesQuery"), sim_tmp("%s.scorecard", where));
}

/* A list of widgets, or (inside) of what has one or more; false: answered. */
static bool widgets_ok(struct sim_call *c, const cJSON *list, const char *where, const char *inside, int *n)
{
	const cJSON *one;
	int i = 0;
	cJSON_ArrayForEach(one, list) {
		const char *here = sim_tmp("%s[%d]", where, i++);
		const cJSON *below = inside ? json_at(one, inside) : one;
		if (cJSON_IsArray(below) ? !widgets_ok(c, below, sim_tmp("%s.%s", here, inside), NULL, n)
					 : (++*n, below && !widget_ok(c, below, here)))
			return false;
	}
	return *n <= MOST_WIDGETS || refuse(c, where, sim_tmp("A dashboard has at most %d widgets.", MOST_WIDGETS));
}

static bool tiles_ok(struct sim_call *c, const cJSON *mosaic)
{
	const cJSON *tile;
	int columns = (int)json_num(mosaic, "columns", 0), i = 0;
	if (mosaic && (columns < 1 || columns > MOST_COLUMNS))
		return refuse(c, "dashboard.mosaicLayout.columns", "must be between 1 and 48.");
	cJSON_ArrayForEach(tile, json_at(mosaic, "tiles")) {
		const char *where = sim_tmp("dashboard.mosaicLayout.tiles[%d]", i++);
		int width = (int)json_num(tile, "width", 0), height = (int)json_num(tile, "height", 0);
		if (width < 1 || height < 1)
			return refuse(c, where, "width and height must be positive.");
		if ((int)json_num(tile, "xPos", 0) + width > columns)
			return refuse(c, where, "The tile does not fit into the layout's columns.");
	}
	return true;
}

static bool dashboard_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	static const char *const layouts[] = {"gridLayout", "mosaicLayout", "rowLayout", "columnLayout", NULL};
	int n = 0;
	(void)old;
	if (!*json_str(doc, "displayName", ""))
		return refuse(c, "dashboard.displayName", "A display name is required.");
	if (how_many(doc, layouts) > 1)
		return refuse(c, "dashboard", "At most one layout may be specified.");
	return widgets_ok(c, json_at(doc, "gridLayout.widgets"), "dashboard.gridLayout.widgets", NULL, &n) &&
	       widgets_ok(c, json_at(doc, "mosaicLayout.tiles"), "dashboard.mosaicLayout.tiles", "widget", &n) &&
	       widgets_ok(c, json_at(doc, "rowLayout.rows"), "dashboard.rowLayout.rows", "widgets", &n) &&
	       widgets_ok(c, json_at(doc, "columnLayout.columns"), "dashboard.columnLayout.columns", "widgets", &n) &&
	       tiles_ok(c, json_at(doc, "mosaicLayout"));
}

static bool dashboard_dry(struct sim_call *c, const cJSON *doc)
{
	if (!sim_param_bool(c, "validateOnly"))
		return false;
	sim_ok(c, cJSON_Duplicate(doc, true));
	return true;
}

static void dashboard_touched(struct sim_call *c, struct sim_object *o)
{
	char *etag = sim_hex(c->sim, 32);
	json_put_str(o->doc, "etag", etag);
	free(etag);
}

static bool dashboard_current(struct sim_call *c, const struct sim_object *o, const char *etag)
{
	if (!*etag || !strcmp(etag, json_str(o->doc, "etag", "")))
		return true;
	sim_fail(c, "ABORTED", NULL, "The dashboard was changed by another request: etag '%s' is not current.", etag);
	return false;
}

/* The one that was asked for, or a new one of the server's. */
static const char *dashboard_named(struct sim_call *c)
{
	const char *name = json_str(c->body, "name", ""), *last = strrchr(name, '/');
	char uuid[37];
	sim_uuid(c->sim, uuid);
	return last ? sim_tmp("%s", last + 1) : sim_tmp("%s", *name ? name : uuid);
}

#define D "monitoring.projects.dashboards"
static const struct sim_resource resources[] = {
    {.methods = D,
     .collection = DASHBOARDS,
     .key = "projects/{project}/dashboards/{dashboards}",
     .name = "projects/{number}/dashboards/{dashboards}",
     .missing = "Requested entity was not found.",
     .field = "dashboards",
     .named = dashboard_named,
     .ids = &(const struct sim_id_rule){NULL, LOWER_LETTERS UPPER_LETTERS DIGITS "-_", 1, 64,
					"Field dashboard.name has an invalid value: the id '{dashboards}' is not valid."},
     .whole = true,
     .complete = dashboard_complete,
     .dry = dashboard_dry,
     .touched = dashboard_touched,
     .current = dashboard_current},
    {0},
};

static const struct sim_route routes[] = {
    RESOURCE_ROUTES(D, "monitoring.dashboards"),
    {0},
};

const struct sim_api sim_monitoring_dashboards = {
    .name = "monitoring",
    .service = "monitoring.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .resources = resources,
};
