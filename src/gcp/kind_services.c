/* The APIs of a project, switched on together.
 * spec: {"services":["run.googleapis.com",...]}, at most 30 (services.batchGet's limit). */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define HOST "https://serviceusage.googleapis.com"
enum { BATCH_MAX = 20 };

static void services_observe(const struct view *v, struct call *out)
{
	const char *project = v->number ? v->number : v->project;
	call_set(out, DIALECT_NONE, "GET", NULL, HOST "/v1/projects/%s/services:batchGet", project);
	const char *join = "?";
	const cJSON *s;
	cJSON_ArrayForEach(s, json_at(v->spec, "services")) {
		call_tail(out, join);
		call_add(out, "names=projects%%2F%s%%2Fservices%%2F%s", project, s->valuestring);
		join = "&";
	}
}

static bool enabled(const cJSON *found, const char *service)
{
	const cJSON *s;
	cJSON_ArrayForEach(s, json_at(found, "services")) {
		const char *name = strrchr(json_str(s, "name", ""), '/');
		if (name && !strcmp(name + 1, service))
			return !strcmp(json_str(s, "state", ""), "ENABLED");
	}
	return false;
}

/* The services still to be switched on. */
static cJSON *missing(const struct view *v, const cJSON *found)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *s;
	cJSON_ArrayForEach(s, json_at(v->spec, "services"))
		if (!enabled(found, s->valuestring))
			cJSON_AddItemToArray(list, cJSON_CreateString(s->valuestring));
	return list;
}

static void services_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
	if (out->presence != PRESENT_YES)
		return;
	cJSON *left = missing(v, out->found);
	if (cJSON_GetArraySize(left) == cJSON_GetArraySize(json_at(v->spec, "services")))
		out->presence = PRESENT_NO;
	cJSON_Delete(left);
}

static void services_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *left = missing(v, seen->found), *on = cJSON_CreateString("ENABLED"), *off = cJSON_CreateString("DISABLED");
	const cJSON *s;
	cJSON_ArrayForEach(s, left)
		change_add(out, s->valuestring, off, on);
	out->verdict = out->count ? VERDICT_UPDATE : VERDICT_KEEP;
	cJSON_Delete(left);
	cJSON_Delete(on);
	cJSON_Delete(off);
}

/* At most 20 a call, all or nothing; a batch of one is an error (reference: Service Usage, services.batchEnable). */
static void services_create(const struct view *v, const struct observation *seen, struct call *out)
{
	cJSON *left = missing(v, seen->found);
	while (cJSON_GetArraySize(left) > BATCH_MAX)
		cJSON_DeleteItemFromArray(left, BATCH_MAX);
	if (cJSON_GetArraySize(left) == 1) {
		call_set(out, DIALECT_AIP, "POST", cJSON_CreateObject(), HOST "/v1/projects/%s/services/%s:enable", v->project,
			 left->child->valuestring);
		cJSON_Delete(left);
		return;
	}
	call_set(out, DIALECT_AIP, "POST", json_make("{'serviceIds':%j}", left), HOST "/v1/projects/%s/services:batchEnable",
		 v->project);
}

static void services_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	(void)change;
	services_create(v, seen, out);
}

static cJSON *services_terraform(const struct view *v)
{
	(void)v;
	return json_make("{'service':{'$hcl':'each.key'},'disableOnDestroy':false}");
}

static cJSON *services_each(const struct view *v)
{
	return kind_value(v, "services");
}

const struct kind kind_services = {
    .id = "serviceusage.services",
    .title = N_("APIs"),
    .api = "serviceusage.googleapis.com",
    .part = PART_APIS,
    .console_page = "apis/dashboard",
    .permissions = {.read = "serviceusage.services.get",
		    .create = "serviceusage.services.enable",
		    .update = "serviceusage.services.enable"},
    .enables = true,
    .usual = 8,
    .slow = 40,
    .deadline = 1200,
    .observe = services_observe,
    .decode = services_decode,
    .compare = services_compare,
    .create = services_create,
    .update = services_update,
    .stays = N_("APIs stay on: others in the project may use them."),
    .terraform = {.type = "google_project_service",
		  .name = "",
		  .import = "{project}/{key}",
		  .body = services_terraform,
		  .each = services_each},
};
