/* Predefined roles: what they permit (sim/tables/roles.tbl), and the names of all others (sim/tables/role_names.tbl). */
#include "config.h"
#include "sim/api/identity.h"

#include "base/mem.h"
#include "base/text.h"
#include "sim/core/table.h"

#include <stdlib.h>
#include <string.h>

TABLE(tbl_roles, "roles.tbl");
TABLE(tbl_role_names, "role_names.tbl");

/* Does one pattern cover the permission? '*' stands for any text. */
static bool covers(const char *pattern, size_t n, const char *permission)
{
	const char *star = memchr(pattern, '*', n);
	if (!star)
		return strlen(permission) == n && !memcmp(pattern, permission, n);
	size_t head = (size_t)(star - pattern), tail = n - head - 1, len = strlen(permission);
	return len >= head + tail && !memcmp(pattern, permission, head) && !memcmp(star + 1, permission + len - tail, tail);
}

static const char *find(const char *role)
{
	return text_starts(role, "roles/") ? table_find(tbl_roles, (struct span){role, strlen(role)}) : NULL;
}

/* Calls fn for each pattern of a row, those behind a $NAME too, until it returns false. False when it did. */
static bool each_pattern(const char *row, bool (*fn)(void *arg, const char *pattern, size_t n), void *arg)
{
	struct span body = table_body(row);
	for (const char *at = body.p, *end = body.p + body.n; at < end;) {
		size_t n = strcspn(at, " \t\n");
		if (n && !(*at == '$' ? each_pattern(table_find(tbl_roles, (struct span){at, n}), fn, arg) : fn(arg, at, n)))
			return false;
		at += n + strspn(at + n, " \t\n");
	}
	return true;
}

struct question {
	const char *permission;
	bool yes;
};

/* What is taken out decides, wherever it stands. */
static bool ask_pattern(void *arg, const char *pattern, size_t n)
{
	struct question *q = arg;
	bool out = *pattern == '-';
	if (!covers(pattern + out, n - out, q->permission))
		return true;
	q->yes = !out;
	return !out;
}

static bool permits(const char *row, const char *permission)
{
	struct question q = {permission, false};
	each_pattern(row, ask_pattern, &q);
	return q.yes;
}

bool sim_role_has(const char *role, const char *permission)
{
	const char *row = find(role);
	return row && permits(row, permission);
}

/* The row of either table. */
static const char *named(const char *role)
{
	const char *row = find(role);
	return row ? row : table_find(tbl_role_names, (struct span){role, strlen(role)});
}

bool sim_role_known(const char *role)
{
	return named(role) != NULL;
}

/* Services with permissions and no predefined role that is called after them (cloud.google.com/iam/docs/permissions-reference). */
static const char *const unnamed[] = {"cloudiottoken",
				      "cloudmessaging",
				      "cloudnotifications",
				      "cloudtoolresults",
				      "commerceprice",
				      "earlyaccesscenter",
				      "fcmdata",
				      "firebaseanalytics",
				      "firebasepredictions",
				      "riscconfigurationservice",
				      "threatdetection",
				      "workspacemarketplace"};

struct service {
	const char *name;
	size_t n;
	bool found;
};

static bool of_service(void *arg, const char *pattern, size_t n)
{
	struct service *s = arg;
	size_t out = *pattern == '-';
	s->found = n > s->n + out && !memcmp(pattern + out, s->name, s->n) && pattern[out + s->n] == '.';
	return !s->found;
}

/* Is a predefined role, or one of their permissions, called after the service? */
static bool service_known(const char *name, size_t n)
{
	const char *const tables[] = {tbl_roles, tbl_role_names};
	struct service s = {name, n, false};
	for (size_t i = 0; i < sizeof unnamed / sizeof *unnamed; i++)
		if (span_is((struct span){name, n}, unnamed[i]))
			return true;
	for (size_t t = 0; t < 2; t++)
		for (const char *row = table_first(tables[t]); row && !s.found; row = table_next(row))
			if (text_starts(row, "roles/") && !strncmp(row + 6, name, n) && row[6 + n] == '.')
				return true;
			else if (tables[t] == tbl_roles)
				each_pattern(row, of_service, &s);
	return s.found;
}

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
/* "storage.objects.get", or with the domain of a service before a slash: "iam.googleapis.com/workforcePools.get". */
bool sim_permission_plausible(const char *permission)
{
	const char *slash = strchr(permission, '/');
	size_t service = slash ? (size_t)(slash - permission) : strcspn(permission, ".");
	if (!service || !permission[service] || (slash && !memchr(permission, '.', service)))
		return false;
	if (strspn(permission, slash ? WORD "." : WORD) < service)
		return false;
	const char *resource = permission + service + 1;
	size_t n = strspn(resource, WORD);
	if (!n || resource[n] != '.' || !resource[n + 1] || resource[n + 1 + strspn(resource + n + 1, WORD)])
		return false;
	return slash || service_known(permission, service);
}

struct spelling {
	const char *row;
	cJSON *seen, *list;
};

static bool spell(void *arg, const char *pattern, size_t n)
{
	struct spelling *sp = arg;
	const char *one = sim_tmp("%.*s", (int)n, pattern);
	if (*one != '-' && !strchr(one, '*') && permits(sp->row, one) && !cJSON_GetObjectItemCaseSensitive(sp->seen, one)) {
		cJSON_AddTrueToObject(sp->seen, one);
		cJSON_AddItemToArray(sp->list, cJSON_CreateString(one));
	}
	return true;
}

static const char *next_role(const char *row)
{
	while (row && *row == '$')
		row = table_next(row);
	return row;
}

/* The permissions that the table names in full and this role holds; the table is the catalogue that patterns are spelt out from. */
static cJSON *spelt_out(const char *role)
{
	struct spelling sp = {role, cJSON_CreateObject(), cJSON_CreateArray()};
	for (const char *row = next_role(table_first(tbl_roles)); row; row = table_next(row))
		each_pattern(row, spell, &sp);
	cJSON_Delete(sp.seen);
	return sp.list;
}

static cJSON *role_doc(const char *row, bool full)
{
	char *name = span_text(table_field(row, 0)), *title = span_text(table_field(row, 1)),
	     *stage = span_text(table_field(row, 2));
	cJSON *doc = cJSON_CreateObject();
	cJSON_AddStringToObject(doc, "name", name);
	cJSON_AddStringToObject(doc, "title", title);
	cJSON_AddStringToObject(doc, "stage", *stage ? stage : "GA");
	cJSON_AddStringToObject(doc, "etag", "AA==");
	if (full && table_body(row).n)
		cJSON_AddItemToObject(doc, "includedPermissions", spelt_out(row));
	free(name);
	free(title);
	free(stage);
	return doc;
}

cJSON *sim_role_doc(int n, bool full)
{
	const char *row = n < 0 ? NULL : next_role(table_first(tbl_roles));
	for (; row && n; n--)
		row = table_next(row);
	for (row = row || n < 0 ? row : table_first(tbl_role_names); row && n; n--)
		row = table_next(row);
	return row ? role_doc(row, full) : NULL;
}

cJSON *sim_role_named(const char *role)
{
	const char *row = named(role);
	return row ? role_doc(row, true) : NULL;
}
