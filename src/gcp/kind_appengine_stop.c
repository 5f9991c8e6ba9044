/* That no version of the stack with another image runs in an App Engine service: nobody writes while what it writes to is changed. Stopping one leaves its
 * share of the traffic where it is: who comes meanwhile is told that there is nothing. spec: {"service","image","serving": the id of the version that the
 * last run left serving, where it is known}. */
#include "config.h"
#include "gcp/appengine_shared.h"
#include "gcp/kinds.h"

#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A service that is not there does not run. */
static void appengine_stop_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
	if (out->presence == PRESENT_NO)
		out->presence = PRESENT_YES;
}

static bool is_status(const cJSON *version, const char *status)
{
	return !strcmp(json_str(version, "servingStatus", ""), status);
}

/* Does it run another image than the one that is wanted? Before that is known, each does. */
static bool is_older(const struct view *v, const cJSON *version)
{
	const cJSON *image = json_at(v->spec, "image");
	return appengine_ours(v, json_str(version, "id", "")) && !json_at(version, "envVariables." APPENGINE_PLACEHOLDER) &&
	       (!cJSON_IsString(image) || strcmp(json_str(version, "deployment.container.image", ""), image->valuestring) != 0);
}

static void appengine_stop_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	const cJSON *one;
	cJSON *stopped = cJSON_CreateString("STOPPED");
	cJSON_ArrayForEach(one, json_at(seen->found, "versions")) {
		char *path = xasprintf("%s.servingStatus", json_str(one, "id", ""));
		if (is_older(v, one) && is_status(one, "SERVING"))
			change_add(out, path, json_at(one, "servingStatus"), stopped);
		free(path);
	}
	out->verdict = out->count ? VERDICT_UPDATE : VERDICT_KEEP;
	cJSON_Delete(stopped);
}

static const char *appengine_stop_downtime(const cJSON *spec, const struct change *c)
{
	(void)spec, (void)c;
	return N_("The server does not answer from here on until the new version has started: ten to twenty minutes.");
}

/* One a turn. */
static void appengine_stop_update(const struct view *v, const struct observation *seen, const struct change *change,
				  struct call *out)
{
	const char *path = change->differences[0].path;
	char *id = xstrndup(path, strcspn(path, "."));
	(void)seen;
	appengine_set_status(v, id, "STOPPED", out);
	free(id);
}

/* There is nothing to stop where there is no service: it is looked at again. */
static void appengine_stop_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	appengine_list_versions(v, out);
}

/* What served before: the version that is noted, else the youngest of them; NULL where there is none. */
static const cJSON *served(const struct view *v, const cJSON *found)
{
	const cJSON *one, *last = NULL;
	cJSON_ArrayForEach(one, json_at(found, "versions")) {
		if (!is_older(v, one))
			continue;
		if (!last || !strcmp(json_str(one, "id", ""), json_str(v->spec, "serving", "")) ||
		    (strcmp(json_str(last, "id", ""), json_str(v->spec, "serving", "")) != 0 &&
		     strcmp(json_str(one, "createTime", ""), json_str(last, "createTime", "")) > 0))
			last = one;
	}
	return last;
}

static void appengine_stop_back(const struct view *v, const struct observation *seen, struct call *out)
{
	const cJSON *last = served(v, seen->found);
	if (last && is_status(last, "STOPPED"))
		appengine_set_status(v, json_str(last, "id", ""), "SERVING", out);
}

static char *appengine_stop_restart(const struct view *v, const struct observation *seen)
{
	const cJSON *last = served(v, seen ? seen->found : v->before);
	if (!last || (seen && !is_status(last, "STOPPED")))
		return NULL;
	struct buf b = {0};
	buf_puts(&b, "gcloud app versions start ");
	escape_word(json_str(last, "id", ""), &b);
	buf_puts(&b, " --service=");
	escape_word(json_str(v->spec, "service", ""), &b);
	buf_puts(&b, " --project=");
	escape_word(v->project, &b);
	return buf_take(&b);
}

const struct kind kind_appengine_stop = {
    .id = "appengine.serviceStop",
    .title = N_("Stop of the App Engine service"),
    .api = "appengine.googleapis.com",
    .part = PART_SERVER,
    .console_page = "appengine/versions?serviceId={service}",
    .permissions = {.read = "appengine.versions.list", .update = "appengine.versions.update appengine.operations.get"},
    .usual = 20,
    .slow = 60,
    .deadline = 1800,
    .foresees = true,
    .lock = appengine_lock,
    .observe = appengine_list_versions,
    .decode = appengine_stop_decode,
    .compare = appengine_stop_compare,
    .downtime = appengine_stop_downtime,
    .create = appengine_stop_create,
    .update = appengine_stop_update,
    .back = appengine_stop_back,
    .restart = appengine_stop_restart,
    .terraform = {.none = "A server is stopped for an upgrade only."},
};
