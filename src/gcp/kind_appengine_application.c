/* The App Engine application of a project: made once, in a place that is never changed. spec: {"location":"us-central","body":{...}}, in the words of
 * Application: what of it can be changed. Outputs: all of its fields. */
#include "config.h"
#include "gcp/appengine_shared.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

static void appengine_application_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, APPENGINE, v->project);
}

static void appengine_application_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
	if (out->presence != PRESENT_YES)
		return;
	cJSON_Delete(out->outputs);
	out->outputs = cJSON_Duplicate(out->found, 1);
}

static void refuse(struct change *out, char *reason)
{
	out->verdict = VERDICT_REFUSE;
	out->reason = reason;
}

static void appengine_application_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	const char *wanted = json_str(v->spec, "location", ""), *found = json_str(seen->found, "locationId", "");
	const char *serving = json_str(seen->found, "servingStatus", "SERVING");
	cJSON *w = kind_copy(v, "body");
	kind_compare_leaves(w, seen->found, NULL, out);
	bool guarded = json_bool(seen->found, "iap.enabled", false), guard = json_bool(w, "iap.enabled", false);
	cJSON_Delete(w);
	if (strcmp(wanted, found) != 0)
		refuse(out, xasprintf(_("project %s has its App Engine application in %s, and an application can never be "
					"moved to %s: choose that region, or a "
					"project of its own"),
				      v->project, found, wanted));
	else if (!strcmp(serving, "USER_DISABLED"))
		refuse(out, xasprintf(_("the App Engine application of project %s was disabled by somebody: enable it first, "
					"in the console under App Engine, "
					"Settings"),
				      v->project));
	else if (guarded && !guard) /* it may guard others' services: to open them is not ours */
		refuse(out,
		       xasprintf(
			   _("Identity-Aware Proxy is on for the App Engine application of project %s, and stands before "
			     "every service of it: choose it as "
			     "the way to sign in at the service's own address, or switch it off in the console under Security, "
			     "Identity-Aware Proxy"),
			   v->project));
	else if (!strcmp(serving, "SYSTEM_DISABLED"))
		refuse(out, xasprintf(_("Google has disabled the App Engine application of project %s: see its billing"),
				      v->project));
}

/* Its features come by an update: what creating takes is little. */
static void appengine_application_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_AIP, "POST",
		 json_make("{'id':%s,'locationId':%s,'sslPolicy':'MODERN'}", v->project, json_str(v->spec, "location", "")),
		 "https://appengine.googleapis.com/v1/apps");
}

static void appengine_application_update(const struct view *v, const struct observation *seen, const struct change *change,
					 struct call *out)
{
	(void)seen;
	(void)change;
	call_set(out, DIALECT_AIP, "PATCH", kind_copy(v, "body"), APPENGINE "?updateMask=iap", v->project);
}

static const char *appengine_application_cure(const char *message)
{
	return strstr(message, "already exists")
		   ? N_("A project has one application, for ever, and this one's is not to be had: choose another project.")
		   : NULL;
}

const struct kind kind_appengine_application = {
    .id = "appengine.application",
    .title = N_("App Engine application"),
    .api = "appengine.googleapis.com",
    .part = PART_SERVER,
    .console_page = "appengine",
    .permissions = {.read = "appengine.applications.get",
		    .create = "appengine.applications.create appengine.operations.get",
		    .update = "appengine.applications.update appengine.operations.get"},
    .usual = 40,
    .slow = 120,
    .deadline = 3600,
    .lock = appengine_lock,
    .observe = appengine_application_observe,
    .decode = appengine_application_decode,
    .compare = appengine_application_compare,
    .cure = appengine_application_cure,
    .create = appengine_application_create,
    .update = appengine_application_update,
    .stays = N_("The App Engine application stays, in its region: Google cannot delete or move it. It costs nothing while "
		"nothing runs in it."),
    .terraform =
	{.none =
	     "A project has one, for all services in it and for ever: Terraform could neither make another nor take it away."},
};
