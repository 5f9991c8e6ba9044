/* Database path public: a public address that no network may enter; only Google's connectors get in, by IAM and their own certificates
 * (reference/targets-run.md 7). Nothing of a network is planned. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "plan/settings.h"

static cJSON *path_public_settings(struct design *d, const char **after)
{
	(void)d, (void)after;
	return json_make("{'ipv4Enabled':true,'sslMode':'ENCRYPTED_ONLY','authorizedNetworks':[]}");
}

static const char *path_public_refused(const struct answers *a)
{
	return axes_target(a)->connector
		   ? NULL
		   : N_("This target has no connector of Google's: choose a private way to the database.");
}

/* Whatever network the server is in. */
static bool path_public_recommended(const struct answers *a)
{
	const struct target *t = axes_target(a);
	return t->housed && t->housed(a);
}

static const char *const asks[] = {SETTINGS_OF_INSTANCE, NULL};

const struct database_path database_path_public = {
    .choice =
	{
	    .id = "public",
	    .title = N_("Public address, connectors only"),
	    .help = N_("No network to plan; only Google's connectors may enter."),
	    .asks = asks,
	    .refused = path_public_refused,
	    .recommended = path_public_recommended,
	},
    .settings = path_public_settings,
};
