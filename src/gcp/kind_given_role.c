/* A role that was there before the stack and is granted: Google grants none that does not exist, and says so only when a good part of the stack stands. Who may not
 * read a custom one cannot tell: then it is left to the cloud. spec: {"custom": it is no role of Google's}; the name is the role's whole name:
 * "roles/bigquery.user", "projects/P/roles/NAME". */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

static void given_role_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, "https://iam.googleapis.com/v1/%-s", v->name);
}

/* A deleted one is told of for some time. */
static void given_role_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	given_decode(v, http, reply, xasprintf(_("there is no role %s."), v->name), out);
	if (out->presence == PRESENT_YES && json_bool(out->found, "deleted", false))
		kind_say(out, PRESENT_FAILED, _("there is no role %s."), v->name);
	if (out->presence == PRESENT_UNKNOWN && http == 403)
		out->presence = PRESENT_YES;
}

/* Google's own everybody may read. */
static char *given_role_permits(const cJSON *spec, enum deed deed)
{
	return deed == DEED_READ && json_bool(spec, "custom", false) ? xstrdup("iam.roles.get") : NULL;
}

static void given_role_beforehand(const struct view *v, cJSON *world)
{
	struct call c = {0};
	const char *id = strstr(v->name, "/roles/");
	if (!id)
		return;
	id += strlen("/roles/");
	call_set(
	    &c, DIALECT_NONE, "POST",
	    json_make("{'roleId':%s,'role':{'title':%s,'stage':'GA','includedPermissions':['storage.buckets.get']}}", id, id),
	    "https://iam.googleapis.com/v1/projects/%s/roles", v->project);
	given_made(world, v->project, &c);
}

const struct kind kind_given_role = {
    .id = "iam.givenRole",
    .title = N_("Role, given"),
    .api = "iam.googleapis.com",
    .part = PART_IDENTITIES,
    .console_page = "iam-admin/roles",
    .permits = given_role_permits,
    .usual = 0.5,
    .slow = 1,
    .deadline = 600,
    .observe = given_role_observe,
    .decode = given_role_decode,
    .compare = given_compare,
    .beforehand = given_role_beforehand,
    .stays = GIVEN_STAYS,
    .terraform = {.none = "It was there before the stack, which names it."},
};
