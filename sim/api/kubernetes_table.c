/* The columns of `kubectl get`: documents as a Table, the columns of each kind. */
#include "config.h"

#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"
#include "sim/core/table.h"

#include <stdlib.h>
#include <string.h>

TABLE_OF(columns, "kubernetes_columns.tbl", 5);
enum { KIND, NAME, WIDE, HOW, PATH };

/* The table's row of the kind's n-th column; table_rows past the last. */
static size_t column_of(const char *kind, size_t n)
{
	size_t first = table_row(&columns, kind);
	if (first == table_rows(&columns))
		first = table_row(&columns, kind = "*");
	return strcmp(table_cell(&columns, first + n, KIND), kind) ? table_rows(&columns) : first + n;
}

/* The object with its kind, which those of a list are without. */
static cJSON *whole(const struct kubernetes_resource *r, const cJSON *doc)
{
	cJSON *object = cJSON_Duplicate(doc, true);
	char *gv = *r->group ? xasprintf("%s/%s", r->group, r->version) : xstrdup(r->version);
	json_put_str(object, "kind", r->kind);
	json_put_str(object, "apiVersion", gv);
	free(gv);
	return object;
}

static cJSON *row_of(struct sim *s, const struct kubernetes_resource *r, const cJSON *doc, const char *include)
{
	cJSON *cells = cJSON_CreateArray();
	size_t column;
	for (size_t n = 0; (column = column_of(r->kind, n)) < table_rows(&columns); n++) {
		struct buf b = {0};
		kubernetes_print(s, table_cell(&columns, column, HOW), table_cell(&columns, column, PATH), doc, &b);
		cJSON_AddItemToArray(cells, cJSON_CreateString(buf_text(&b)));
		buf_free(&b);
	}
	cJSON *object = !strcmp(include, "None") ? NULL
			: !strcmp(include, "Object")
			    ? whole(r, doc)
			    : json_make("{'kind':'PartialObjectMetadata','apiVersion':'meta.k8s.io/v1','metadata':%j}",
					cJSON_Duplicate(json_at(doc, "metadata"), true));
	return json_make("{'cells':%j,'object':%j}", cells, object);
}

cJSON *kubernetes_table(struct sim *s, const struct kubernetes_resource *r, const cJSON *answer, const char *include)
{
	cJSON *definitions = cJSON_CreateArray(), *rows = cJSON_CreateArray();
	const cJSON *items = json_at(answer, "items"), *item;
	size_t column;
	for (size_t n = 0; (column = column_of(r->kind, n)) < table_rows(&columns); n++) {
		const char *name = table_cell(&columns, column, NAME);
		cJSON_AddItemToArray(definitions,
				     json_make("{'name':%s,'type':'string','format':%s,'description':'','priority':%d}", name,
					       !strcmp(name, "Name") ? "name" : "",
					       (int)!strcmp(table_cell(&columns, column, WIDE), "wide")));
	}
	if (cJSON_IsArray(items)) {
		cJSON_ArrayForEach(item, items)
			cJSON_AddItemToArray(rows, row_of(s, r, item, include));
	} else {
		cJSON_AddItemToArray(rows, row_of(s, r, answer, include));
	}
	static const char *const kept[] = {"continue", "remainingItemCount"};
	cJSON *table = json_make("{'kind':'Table','apiVersion':'meta.k8s.io/"
				 "v1','metadata':{'resourceVersion':%s},'columnDefinitions':%j,'rows':%j}",
				 json_str(answer, "metadata.resourceVersion", ""), definitions, rows),
	      *metadata = json_at(table, "metadata");
	for (size_t i = 0; i < 2 && cJSON_IsArray(items); i++)
		if (cJSON_GetObjectItemCaseSensitive(json_at(answer, "metadata"), kept[i]))
			json_put(metadata, kept[i],
				 cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(json_at(answer, "metadata"), kept[i]), true));
	return table;
}
