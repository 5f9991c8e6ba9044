/* What an App Engine service begins with: a version that is stopped. A service is made by its first version, which gets all of its traffic at once; so
 * what has to stand before that (the application's first service, which must be called default; a closed door) is made with this one. A service that is
 * there already, whoever's, has no need of it. spec: {"service","body":{...}} in the words of Version, without id; its envVariables have
 * APPENGINE_PLACEHOLDER, by which the image answers "not found" and does nothing else, should App Engine start it all the same. */
#include "config.h"
#include "gcp/appengine_shared.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"

#include <string.h>

/* The stack's own placeholder, if it runs. */
static const cJSON *running(const struct view *v, const cJSON *found)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, json_at(found, "versions"))
		if (appengine_ours(v, json_str(one, "id", "")) && json_at(one, "envVariables." APPENGINE_PLACEHOLDER) &&
		    !strcmp(json_str(one, "servingStatus", ""), "SERVING"))
			return one;
	return NULL;
}

static void appengine_placeholder_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	const cJSON *one = running(v, seen->found);
	if (one) {
		cJSON *stopped = cJSON_CreateString("STOPPED");
		change_add(out, "servingStatus", json_at(one, "servingStatus"), stopped);
		cJSON_Delete(stopped);
	}
	out->verdict = one ? VERDICT_UPDATE : VERDICT_KEEP;
}

static void appengine_placeholder_update(const struct view *v, const struct observation *seen, const struct change *change,
					 struct call *out)
{
	(void)change;
	appengine_set_status(v, json_str(running(v, seen->found), "id", ""), "STOPPED", out);
}

const struct kind kind_appengine_placeholder = {
    .id = "appengine.placeholder",
    .title = N_("First version of an App Engine service"),
    .api = "appengineflex.googleapis.com",
    .part = PART_SERVER,
    .console_page = "appengine/versions?serviceId={service}",
    .permissions = {.read = "appengine.versions.list",
		    .create = "appengine.versions.create appengine.operations.get iam.serviceAccounts.actAs",
		    .update = "appengine.versions.update appengine.operations.get"},
    .usual = 60,
    .slow = 600,
    .deadline = 3600,
    .lock = appengine_lock,
    .observe = appengine_list_versions,
    .decode = kind_decode_plain,
    .compare = appengine_placeholder_compare,
    .create = appengine_create,
    .update = appengine_placeholder_update,
    .stays = N_("It goes with its service. The service default is one that App Engine never deletes: a version that this stack "
		"made there stays, never ran, "
		"and costs nothing."),
    .terraform =
	{.none =
	     "App Engine wants a first version before the service has a real one: mlflow-setup makes it once, and stops it."},
};
