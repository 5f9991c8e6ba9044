/* Where the traffic of an App Engine service goes: all of it to one version, which serves already. A service is made by its first version.
 * spec: {"service","version","ingress": from where requests may come, in the words of NetworkSettings; absent: from everywhere}.
 * Outputs: serving, the version that has the traffic. */
#include "config.h"
#include "gcp/appengine_shared.h"
#include "gcp/kinds.h"
#include "gcp/reference.h"

#include "base/gettext.h"
#include "base/json.h"

#include <string.h>

#define INGRESS "networkSettings.ingressTrafficAllowed"
#define EVERYWHERE "INGRESS_TRAFFIC_ALLOWED_ALL"

static void appengine_service_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, APPENGINE "/services/%s", v->project, appengine_service(v));
}

/* A service is ours when what it serves is. */
static void appengine_service_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	const cJSON *share;
	kind_decode_plain(v, http, reply, out);
	if (out->presence != PRESENT_YES)
		return;
	cJSON_ArrayForEach(share, json_at(out->found, "split.allocations"))
		if (out->presence == PRESENT_YES && !appengine_ours(v, share->string))
			kind_say(
			    out, PRESENT_STRANGER,
			    _("App Engine's service %s serves a version of somebody else, %s: name a service of its own in "
			      "appengine.service"),
			    appengine_service(v), share->string);
		else if (share->valuedouble > 0)
			json_put_str(out->outputs, "serving", share->string);
}

static cJSON *split(const cJSON *version)
{
	if (reference_is(version))
		return cJSON_Duplicate(version, 1);
	cJSON *shares = cJSON_CreateObject();
	cJSON_AddNumberToObject(shares, cJSON_IsString(version) ? version->valuestring : "", 1);
	return json_make("{'allocations':%j}", shares);
}

static cJSON *wanted(const struct view *v)
{
	return json_make("{'split':%j,'networkSettings':{'ingressTrafficAllowed':%s}}", split(json_at(v->spec, "version")),
			 json_str(v->spec, "ingress", EVERYWHERE));
}

/* What is not told is the default. */
static cJSON *told(const struct observation *seen)
{
	cJSON *found = cJSON_Duplicate(seen->found, 1);
	const char *ingress = json_str(found, INGRESS, "INGRESS_TRAFFIC_ALLOWED_UNSPECIFIED");
	if (!strcmp(ingress, "INGRESS_TRAFFIC_ALLOWED_UNSPECIFIED"))
		json_put_str(found, INGRESS, EVERYWHERE);
	return found;
}

static void appengine_service_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = wanted(v), *found = told(seen);
	kind_compare_leaves(w, found, NULL, out);
	cJSON_Delete(found);
	cJSON_Delete(w);
}

/* The door first: traffic comes by it. */
static void appengine_service_update(const struct view *v, const struct observation *seen, const struct change *change,
				     struct call *out)
{
	const char *mask = "split";
	(void)seen;
	for (size_t i = 0; change && i < change->count; i++)
		if (!strcmp(change->differences[i].path, INGRESS))
			mask = "networkSettings";
	call_set(out, DIALECT_AIP, "PATCH", wanted(v), APPENGINE "/services/%s?updateMask=%s", v->project, appengine_service(v),
		 mask);
}

static void appengine_service_create(const struct view *v, const struct observation *seen, struct call *out)
{
	appengine_service_update(v, seen, NULL, out);
}

const struct kind kind_appengine_service = {
    .id = "appengine.service",
    .title = N_("App Engine service"),
    .api = "appengine.googleapis.com",
    .part = PART_SERVER,
    .console_page = "appengine/services",
    .log = "resource.type=\"gae_app\" resource.labels.module_id=\"{service}\"",
    .permissions = {.read = "appengine.services.get",
		    .create = "appengine.services.update appengine.operations.get",
		    .update = "appengine.services.update appengine.operations.get"},
    .usual = 10,
    .slow = 40,
    .deadline = 900,
    .lock = appengine_lock,
    .observe = appengine_service_observe,
    .decode = appengine_service_decode,
    .compare = appengine_service_compare,
    .create = appengine_service_create,
    .update = appengine_service_update,
    .terraform = {.none = "It is deployed anew, under a name made of its content, whenever that changes, and gets the traffic "
			  "then: mlflow-setup apply does it."},
};
