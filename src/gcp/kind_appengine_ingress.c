/* From where requests may come to an App Engine service, said before a version runs in it: an address that a load balancer is to guard would be open until
 * then. spec: {"service","ingress": in the words of NetworkSettings}. */
#include "config.h"
#include "gcp/appengine_shared.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"

static void appengine_ingress_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, APPENGINE "/services/%s", v->project, json_str(v->spec, "service", ""));
}

static cJSON *wanted(const struct view *v)
{
	return json_make("{'networkSettings':{'ingressTrafficAllowed':%s}}", json_str(v->spec, "ingress", ""));
}

static void appengine_ingress_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = wanted(v);
	kind_compare_leaves(w, seen->found, NULL, out);
	cJSON_Delete(w);
}

static void appengine_ingress_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_AIP, "PATCH", wanted(v), APPENGINE "/services/%s?updateMask=networkSettings", v->project,
		 json_str(v->spec, "service", ""));
}

static void appengine_ingress_update(const struct view *v, const struct observation *seen, const struct change *change,
				     struct call *out)
{
	(void)change;
	appengine_ingress_create(v, seen, out);
}

const struct kind kind_appengine_ingress = {
    .id = "appengine.ingress",
    .title = N_("Door of the App Engine service"),
    .api = "appengine.googleapis.com",
    .part = PART_SERVER,
    .console_page = "appengine/services",
    .permissions = {.read = "appengine.services.get",
		    .create = "appengine.services.update appengine.operations.get",
		    .update = "appengine.services.update appengine.operations.get"},
    .usual = 5,
    .slow = 20,
    .deadline = 900,
    .lock = appengine_lock,
    .observe = appengine_ingress_observe,
    .decode = kind_decode_plain,
    .compare = appengine_ingress_compare,
    .create = appengine_ingress_create,
    .update = appengine_ingress_update,
    .terraform = {.none = "It is set before the service's first version, and goes with the service."},
};
