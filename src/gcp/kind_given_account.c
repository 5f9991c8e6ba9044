/* A service account that was there before the stack and is let in: Google takes no member that does not exist, and says so only when all else stands. Who may not
 * read it cannot tell: then it is left to the cloud. spec: {"home"}: its project; the name is its address. */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* By its own project's name: of an account that is not there, "-" would say that it may not be read. */
static void given_account_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, "https://iam.googleapis.com/v1/projects/%s/serviceAccounts/%s", given_home(v),
		 v->name);
}

static void given_account_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	given_decode(v, http, reply, xasprintf(_("there is no service account %s."), v->name), out);
	if (out->presence == PRESENT_UNKNOWN && http == 403)
		out->presence = PRESENT_YES;
}

static void given_account_beforehand(const struct view *v, cJSON *world)
{
	struct call c = {0};
	char *id = xstrndup(v->name, strcspn(v->name, "@"));
	given_project(world, given_home(v));
	call_set(&c, DIALECT_NONE, "POST", json_make("{'accountId':%s}", id),
		 "https://iam.googleapis.com/v1/projects/%s/serviceAccounts", given_home(v));
	given_made(world, given_home(v), &c);
	free(id);
}

const struct kind kind_given_account = {
    .id = "iam.givenServiceAccount",
    .title = N_("Service account, given"),
    .api = "iam.googleapis.com",
    .part = PART_IDENTITIES,
    .console_page = "iam-admin/serviceaccounts",
    .permissions = {.read = "iam.serviceAccounts.get"},
    .usual = 0.5,
    .slow = 1,
    .deadline = 600,
    .observe = given_account_observe,
    .decode = given_account_decode,
    .compare = given_compare,
    .beforehand = given_account_beforehand,
    .stays = GIVEN_STAYS,
    .terraform = {.none = "It was there before the stack, which names it."},
};
