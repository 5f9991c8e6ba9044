/* The account that a Google service acts as in a project (serviceusage.v1beta1 services.generateServiceIdentity): made on demand, and there is no method
 * that reads it. So it is looked for where it is to be let in: in the policy that spec's holder and resource name (kind iam.policy); once it stands
 * there it was made. spec: {"service":"iap.googleapis.com","holder","resource","member"}. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/policy.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

static void service_identity_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
}

static bool is_member(const cJSON *policy, const char *member)
{
	const cJSON *b;
	cJSON_ArrayForEach(b, json_at(policy, "bindings"))
		if (json_lists(json_at(b, "members"), member))
			return true;
	return false;
}

static void service_identity_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	const char *member = json_str(v->spec, "member", "");
	out->verdict = VERDICT_KEEP;
	if (is_member(seen->found, member))
		return;
	cJSON *wanted = cJSON_CreateString(member);
	change_add(out, "member", NULL, wanted);
	out->verdict = VERDICT_UPDATE;
	cJSON_Delete(wanted);
}

static void service_identity_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_AIP, "POST", cJSON_CreateObject(),
		 "https://serviceusage.googleapis.com/v1beta1/projects/%s/services/%s:generateServiceIdentity", v->project,
		 json_str(v->spec, "service", ""));
}

static void service_identity_update(const struct view *v, const struct observation *seen, const struct change *change,
				    struct call *out)
{
	(void)change;
	service_identity_create(v, seen, out);
}

const struct kind kind_service_identity = {
    .id = "serviceusage.identity",
    .title = N_("Google's own account"),
    .api = "serviceusage.googleapis.com",
    .part = PART_ACCESS,
    .console_page = "iam-admin/iam",
    .permissions = {.create = "serviceusage.services.enable", .update = "serviceusage.services.enable"},
    .usual = 2,
    .slow = 10,
    .deadline = 600,
    .observe = policy_read,
    .decode = service_identity_decode,
    .compare = service_identity_compare,
    .create = service_identity_create,
    .update = service_identity_update,
    .blind = true,
    .terraform = {.none = "Google makes it when it is asked for, and nothing reads it."},
};
