/* A version of somebody else's secret that an answer refers to: it is read only when the database is under way, and is looked for before. Who may not see it cannot
 * tell: then it is left to the cloud. spec: {}; the name is its whole name: "projects/P/secrets/S/versions/5". What it holds is not read here. */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"

#include "base/encode.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static void given_version_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, "https://secretmanager.googleapis.com/v1/%-s", v->name);
}

static void given_version_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	given_decode(v, http, reply, xasprintf(_("there is no %s in Secret Manager."), v->name), out);
	if (out->presence == PRESENT_YES && strcmp(json_str(out->found, "state", "ENABLED"), "ENABLED") != 0)
		kind_say(out, PRESENT_FAILED, _("%s is disabled or destroyed: name a version that can be read."), v->name);
	if (out->presence == PRESENT_UNKNOWN && http == 403)
		out->presence = PRESENT_YES;
}

enum { VERSIONS_MAX = 100 };
/* What may be the secret of an OAuth client, which not every text can be. */
#define REHEARSED "GOCSPX-rehearsed-rehearsed-0000"

/* "projects/P/secrets/S/versions/5" is the fifth that was added; "latest" any. */
static void given_version_beforehand(const struct view *v, cJSON *world)
{
	const char *secret = strstr(v->name, "/secrets/"), *number = strstr(v->name, "/versions/");
	if (!text_starts(v->name, "projects/") || !secret || !number)
		return;
	struct call c = {0};
	char *home = xstrndup(v->name + strlen("projects/"), (size_t)(secret - v->name) - strlen("projects/"));
	char *name = xstrndup(secret + strlen("/secrets/"), (size_t)(number - secret) - strlen("/secrets/"));
	char *payload = encode_base64(REHEARSED, strlen(REHEARSED));
	given_project(world, home);
	call_set(&c, DIALECT_NONE, "POST", json_make("{'replication':{'automatic':{}}}"),
		 "https://secretmanager.googleapis.com/v1/projects/%s/secrets?secretId=%s", home, name);
	given_made(world, home, &c);
	int last = atoi(number + strlen("/versions/"));
	for (int i = 0; i < (last < 1 ? 1 : last > VERSIONS_MAX ? VERSIONS_MAX : last); i++) {
		call_set(&c, DIALECT_NONE, "POST", json_make("{'payload':{'data':%s}}", payload),
			 "https://secretmanager.googleapis.com/v1/projects/%s/secrets/%s:addVersion", home, name);
		given_made(world, home, &c);
	}
	free(payload);
	free(name);
	free(home);
}

const struct kind kind_given_version = {
    .id = "secretmanager.givenVersion",
    .title = N_("Secret version, given"),
    .api = "secretmanager.googleapis.com",
    .part = PART_SECRETS,
    .console_page = "security/secret-manager",
    .permissions = {.read = "secretmanager.versions.get"},
    .usual = 0.4,
    .slow = 0.8,
    .deadline = 600,
    .observe = given_version_observe,
    .decode = given_version_decode,
    .compare = given_compare,
    .beforehand = given_version_beforehand,
    .stays = GIVEN_STAYS,
    .terraform = {.none = "It was there before the stack, which names it."},
};
