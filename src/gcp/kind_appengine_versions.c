/* The other versions of the stack in an App Engine service: they are stopped, and the oldest are deleted. Destroying it ends all of them.
 * spec: {"service","version": the one that serves,"keep": how many others}. */
#include "config.h"
#include "gcp/appengine_shared.h"
#include "gcp/kinds.h"
#include "gcp/reference.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define STATUS ".servingStatus"

static bool other(const struct view *v, const cJSON *version)
{
	const char *id = json_str(version, "id", "");
	return appengine_ours(v, id) && strcmp(id, json_str(v->spec, "version", "")) != 0;
}

static bool serves(const cJSON *version)
{
	return !strcmp(json_str(version, "servingStatus", ""), "SERVING");
}

/* How many of the others are younger. */
static int younger(const struct view *v, const cJSON *all, const cJSON *than)
{
	int n = 0;
	const cJSON *one;
	cJSON_ArrayForEach(one, all)
		n += other(v, one) && strcmp(json_str(one, "createTime", ""), json_str(than, "createTime", "")) > 0;
	return n;
}

static void stop_it(struct change *out, const cJSON *version)
{
	char *path = xasprintf("%s" STATUS, json_str(version, "id", ""));
	cJSON *stopped = cJSON_CreateString("STOPPED");
	change_add(out, path, json_at(version, "servingStatus"), stopped);
	cJSON_Delete(stopped);
	free(path);
}

static void appengine_versions_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	const cJSON *all = json_at(seen->found, "versions"), *one;
	bool known = !reference_is(json_at(v->spec, "version"));
	if (known)
		cJSON_ArrayForEach(one, all) {
			if (other(v, one) && younger(v, all, one) >= (int)json_num(v->spec, "keep", 0))
				change_add(out, json_str(one, "id", ""), json_at(one, "createTime"), NULL);
			else if (other(v, one) && serves(one))
				stop_it(out, one);
		}
	out->verdict = out->count ? VERDICT_UPDATE : VERDICT_KEEP;
}

static void on_version(const struct view *v, const char *id, bool stop, struct call *out)
{
	if (stop)
		appengine_set_status(v, id, "STOPPED", out);
	else
		call_set(out, DIALECT_AIP, "DELETE", NULL, APPENGINE_VERSIONS "/%s", v->project, appengine_service(v), id);
}

/* They come with the service's first version: nothing is made, they are looked at again. */
static void appengine_versions_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	appengine_list_versions(v, out);
}

/* One a turn. */
static void appengine_versions_update(const struct view *v, const struct observation *seen, const struct change *change,
				      struct call *out)
{
	const char *path = change->differences[0].path;
	char *id = xstrndup(path, strcspn(path, "."));
	(void)seen;
	on_version(v, id, text_ends(path, STATUS), out);
	free(id);
}

/* A version that is alone in its service has all of its traffic: of the service called default it is the last one, which stays. */
static bool is_last(const struct view *v, const cJSON *versions)
{
	return cJSON_GetArraySize(versions) == 1 && !strcmp(appengine_service(v), "default");
}

/* A service is deleted with all of its versions, but for the one called default: there the one that has the traffic can only be stopped. That is not the
 * one that was to have it where an earlier run broke off: then deleting it is refused, which is the second way. */
static void appengine_versions_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	const cJSON *versions = json_at(seen->found, "versions"), *one;
	bool deletes = !v->way && !is_last(v, versions);
	cJSON_ArrayForEach(one, versions) {
		const char *id = json_str(one, "id", "");
		if (out->method || !appengine_ours(v, id))
			continue;
		if (deletes && other(v, one))
			on_version(v, id, false, out);
		else if (serves(one))
			on_version(v, id, true, out);
	}
	if (!out->method && strcmp(appengine_service(v), "default") != 0)
		call_set(out, DIALECT_AIP, "DELETE", NULL, APPENGINE "/services/%s", v->project, appengine_service(v));
}

/* The service called default is never deleted. */
static char *appengine_versions_permits(const cJSON *spec, enum deed deed)
{
	bool goes = deed == DEED_DESTROY && strcmp(json_str(spec, "service", ""), "default") != 0;
	if (deed == DEED_READ)
		return xstrdup("appengine.versions.list");
	if (deed != DEED_UPDATE && deed != DEED_DESTROY)
		return NULL;
	return xasprintf("appengine.versions.update appengine.versions.delete appengine.operations.get%s",
			 goes ? " appengine.services.delete" : "");
}

const struct kind kind_appengine_versions = {
    .id = "appengine.versions",
    .title = N_("App Engine's older versions"),
    .api = "appengine.googleapis.com",
    .part = PART_SERVER,
    .console_page = "appengine/versions?serviceId={service}",
    .permits = appengine_versions_permits,
    .usual = 1,
    .slow = 20,
    .deadline = 1800,
    .lock = appengine_lock,
    .observe = appengine_list_versions,
    .decode = kind_decode_plain,
    .compare = appengine_versions_compare,
    .create = appengine_versions_create,
    .update = appengine_versions_update,
    .destroy = appengine_versions_destroy,
    .destroy_ways = 2,
    .stays = N_("App Engine's service default cannot be deleted: its last version stays, stopped, and costs nothing."),
    .terraform = {.none = "Other versions are stopped and deleted one by one, which is an act and no state."},
};
