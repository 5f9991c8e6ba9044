/* The OAuth client of one IAP resource (iap.v1 IapSettings). spec: {"resource":"projects/N/iap_web/...","client":ID,"secret":{"$secret":NAME}}. The secret is not
 * shown again, so only the client's id tells whether it is as wanted; settings go with their resource. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

#define URL "https://iap.googleapis.com/v1/%-s:iapSettings"

static void iap_settings_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, URL, json_str(v->spec, "resource", ""));
}

static void iap_settings_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
}

static cJSON *oauth_settings(const struct view *v)
{
	const char *client = json_str(v->spec, "client", "");
	return json_make("{'clientId':%s,'programmaticClients':[%s]}", client, client);
}

static void iap_settings_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = json_make("{'accessSettings':{'oauthSettings':%j}}", oauth_settings(v));
	kind_compare_leaves(w, seen->found, NULL, out);
	cJSON_Delete(w);
}

static void iap_settings_create(const struct view *v, const struct observation *seen, struct call *out)
{
	const char *resource = json_str(v->spec, "resource", "");
	cJSON *settings = oauth_settings(v), *secret = json_at(v->spec, "secret");
	(void)seen;
	json_put(settings, "clientSecret", secret ? cJSON_Duplicate(secret, 1) : cJSON_CreateNull());
	call_set(out, DIALECT_NONE, "PATCH", json_make("{'name':%s,'accessSettings':{'oauthSettings':%j}}", resource, settings),
		 URL "?updateMask=iapSettings.accessSettings.oauthSettings", resource);
}

static void iap_settings_update(const struct view *v, const struct observation *seen, const struct change *change,
				struct call *out)
{
	(void)change;
	iap_settings_create(v, seen, out);
}

/* IAP's resources are of types: a service of a load balancer or of App Engine, or what is above it. */
static char *iap_settings_permits(const cJSON *spec, enum deed deed)
{
	const char *type = strstr(json_str(spec, "resource", ""), "/services/") ? "webServices" : "webTypes";
	if (deed == DEED_LIST || deed == DEED_DESTROY)
		return NULL;
	return xasprintf("iap.%s.%s", type, deed == DEED_READ ? "getSettings" : "updateSettings");
}

/* A role that shows the settings may change them: who plans has none. */
static bool iap_settings_hidden(const struct view *v, int http)
{
	(void)v;
	return http == 403;
}

const struct kind kind_iap_settings = {
    .id = "iap.settings",
    .title = N_("Sign-in client"),
    .api = "iap.googleapis.com",
    .part = PART_ACCESS,
    .console_page = "security/iap",
    .permits = iap_settings_permits,
    .usual = 1,
    .slow = 3,
    .deadline = 600,
    .observe = iap_settings_observe,
    .decode = iap_settings_decode,
    .hidden = iap_settings_hidden,
    .compare = iap_settings_compare,
    .create = iap_settings_create,
    .update = iap_settings_update,
    .terraform = {.type = "google_iap_settings",
		  .name = "",
		  .import = "{resource}",
		  .moves = (const char *const[]){"accessSettings.oauthSettings.clientSecret", "", NULL},
		  .comment = "The client's secret is put there by mlflow-setup: the provider would keep it in its state."},
};
