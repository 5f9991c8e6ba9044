/* Our members in the IAM policy of one resource. The policy is read, changed and written back with its etag (version 3, so that conditions
 * survive); members that we did not add are never touched.
 * What Google itself put there and must not stay is named by "without": a beginning of members, of one role or of any. It is not put back.
 * What an earlier plan of this stack put there, and this one does not want, is in "gone", and goes too.
 * spec: {"holder":TYPE (see holders),"resource":PATH,"bindings":[{"role","members":[...]}],["without":[{["role"],"member":BEGINNING}]],
 * ["gone":[{"role","member"}]]}. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/policy.h"
#include "gcp/reference.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* The verbs differ from API to API (reference: IAM policy read-modify-write). %s is the resource's path. */
static const struct holder {
	const char *id;
	const char *get_method, *get_url;
	bool get_body; /* the version asked for goes in a body */
	const char *set_method, *set_url;
	bool bare;        /* the policy is the whole body */
	const char *type; /* as permissions name it, before ".getIamPolicy" */
} holders[] = {
    {"project", "POST", "https://cloudresourcemanager.googleapis.com/v1/%s:getIamPolicy", true, "POST",
     "https://cloudresourcemanager.googleapis.com/v1/%s:setIamPolicy", false, "resourcemanager.projects"},
    {"serviceAccount", "POST", "https://iam.googleapis.com/v1/%s:getIamPolicy?options.requestedPolicyVersion=3", false, "POST",
     "https://iam.googleapis.com/v1/%s:setIamPolicy", false, "iam.serviceAccounts"},
    {"secret", "GET", "https://secretmanager.googleapis.com/v1/%s:getIamPolicy?options.requestedPolicyVersion=3", false, "POST",
     "https://secretmanager.googleapis.com/v1/%s:setIamPolicy", false, "secretmanager.secrets"},
    {"repository", "GET", "https://artifactregistry.googleapis.com/v1/%s:getIamPolicy?options.requestedPolicyVersion=3", false,
     "POST", "https://artifactregistry.googleapis.com/v1/%s:setIamPolicy", false, "artifactregistry.repositories"},
    {"service", "GET", "https://run.googleapis.com/v2/%s:getIamPolicy?options.requestedPolicyVersion=3", false, "POST",
     "https://run.googleapis.com/v2/%s:setIamPolicy", false, "run.services"},
    {"job", "GET", "https://run.googleapis.com/v2/%s:getIamPolicy?options.requestedPolicyVersion=3", false, "POST",
     "https://run.googleapis.com/v2/%s:setIamPolicy", false, "run.jobs"},
    {"bucket", "GET", "https://storage.googleapis.com/storage/v1/%s/iam?optionsRequestedPolicyVersion=3", false, "PUT",
     "https://storage.googleapis.com/storage/v1/%s/iam", true, "storage.buckets"},
    {"instance", "GET", "https://compute.googleapis.com/compute/v1/%s/getIamPolicy?optionsRequestedPolicyVersion=3", false,
     "POST", "https://compute.googleapis.com/compute/v1/%s/setIamPolicy", false, "compute.instances"},
    {"iap", "POST", "https://iap.googleapis.com/v1/%s:getIamPolicy", true, "POST",
     "https://iap.googleapis.com/v1/%s:setIamPolicy", false, "iap.webServices"},
    {"tunnel", "POST", "https://iap.googleapis.com/v1/%s:getIamPolicy", true, "POST",
     "https://iap.googleapis.com/v1/%s:setIamPolicy", false, "iap.tunnelInstances"},
};

static const struct holder *holder_of(const cJSON *spec)
{
	const char *id = json_str(spec, "holder", "");
	for (size_t i = 0; i < sizeof holders / sizeof *holders; i++)
		if (!strcmp(holders[i].id, id))
			return &holders[i];
	return NULL;
}

/* Fills %s by hand: the table's formats are not literals of the call. */
static void on_holder(const struct view *v, const char *method, cJSON *body, const char *url, struct call *out)
{
	const char *hole = strstr(url, "%s");
	char *before = xstrndup(url, (size_t)(hole - url));
	call_set_url(out, DIALECT_NONE, method, body, before);
	call_add(out, "%-s", json_str(v->spec, "resource", ""));
	call_tail(out, hole + 2);
	free(before);
}

/* A holder that is not in the table makes no request: nobody else's policy is touched in its place. */
void policy_read(const struct view *v, struct call *out)
{
	const struct holder *h = holder_of(v->spec);
	if (!h)
		return;
	on_holder(v, h->get_method, h->get_body ? json_make("{'options':{'requestedPolicyVersion':3}}") : NULL, h->get_url,
		  out);
}

/* The unconditional binding of a role in a policy, or NULL. */
static cJSON *binding_of(const cJSON *policy, const char *role)
{
	cJSON *b;
	cJSON_ArrayForEach(b, json_at(policy, "bindings"))
		if (!strcmp(json_str(b, "role", ""), role) && !json_at(b, "condition"))
			return b;
	return NULL;
}

/* Where it is among the binding's; -1 when it is not, or not known yet (NULL). */
static int member_index(const cJSON *binding, const char *member)
{
	int i = 0;
	const cJSON *m;
	cJSON_ArrayForEach(m, json_at(binding, "members")) {
		if (member && cJSON_IsString(m) && !strcmp(m->valuestring, member))
			return i;
		i++;
	}
	return -1;
}

/* While what they refer to is not there, all of them may be one reference. */
static int wanted_count(const struct view *v)
{
	int n = 0;
	const cJSON *b;
	cJSON_ArrayForEach(b, json_at(v->spec, "bindings"))
		n += reference_is(json_at(b, "members")) ? 1 : cJSON_GetArraySize(json_at(b, "members"));
	return n;
}

/* Reports each wanted member that the policy lacks. */
static void find_missing(const struct view *v, const cJSON *policy, struct change *out)
{
	const cJSON *b, *m;
	cJSON_ArrayForEach(b, json_at(v->spec, "bindings")) {
		const char *role = json_str(b, "role", "");
		if (reference_is(json_at(b, "members"))) {
			change_add(out, role, NULL, json_at(b, "members"));
			continue;
		}
		cJSON_ArrayForEach(m, json_at(b, "members"))
			if (member_index(binding_of(policy, role), cJSON_GetStringValue(m)) < 0)
				change_add(out, role, NULL, m);
	}
}

/* Is this member of this binding one of ours that went? A binding with a condition is somebody else's. */
static bool gone(const struct view *v, const cJSON *binding, const cJSON *member)
{
	const cJSON *g, *list = json_at(v->spec, "gone");
	if (json_at(binding, "condition") || !cJSON_IsString(member))
		return false;
	cJSON_ArrayForEach(g, list)
		if (!strcmp(json_str(g, "role", ""), json_str(binding, "role", "")) &&
		    !strcmp(json_str(g, "member", ""), member->valuestring))
			return true;
	return false;
}

static bool unwanted(const struct view *v, const cJSON *binding, const cJSON *member)
{
	const char *role = json_str(binding, "role", "");
	const cJSON *w;
	if (gone(v, binding, member))
		return true;
	cJSON_ArrayForEach(w, json_at(v->spec, "without")) {
		const char *of = json_str(w, "role", role);
		if (cJSON_IsString(member) && !strcmp(of, role) && text_starts(member->valuestring, json_str(w, "member", "?")))
			return true;
	}
	return false;
}

/* Reports each member that must not be there. */
static void find_unwanted(const struct view *v, const cJSON *policy, struct change *out)
{
	const cJSON *b, *m;
	cJSON_ArrayForEach(b, json_at(policy, "bindings"))
		cJSON_ArrayForEach(m, json_at(b, "members"))
			if (unwanted(v, b, m))
				change_add(out, json_str(b, "role", ""), m, NULL);
}

static void drop_unwanted(const struct view *v, cJSON *policy)
{
	for (cJSON *b = json_at(policy, "bindings") ? json_at(policy, "bindings")->child : NULL, *next; b; b = next) {
		next = b->next;
		for (cJSON *m = json_at(b, "members") ? json_at(b, "members")->child : NULL, *after; m; m = after) {
			after = m->next;
			if (unwanted(v, b, m))
				cJSON_Delete(cJSON_DetachItemViaPointer(json_at(b, "members"), m));
		}
		if (!cJSON_GetArraySize(json_at(b, "members")))
			cJSON_Delete(cJSON_DetachItemViaPointer(json_at(policy, "bindings"), b));
	}
}

/* What is no policy is not written back as one. */
static bool well_formed(const cJSON *policy)
{
	const cJSON *bindings = json_at(policy, "bindings"), *b;
	bool well = !bindings || cJSON_IsArray(bindings);
	for (b = well && bindings ? bindings->child : NULL; b && well; b = b->next)
		well = cJSON_IsObject(b) && (!json_at(b, "members") || cJSON_IsArray(json_at(b, "members")));
	return well;
}

static void policy_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
	if (out->presence == PRESENT_YES && !well_formed(out->found))
		out->presence = PRESENT_UNKNOWN;
	if (out->presence != PRESENT_YES)
		return;
	struct change lack = {0};
	find_missing(v, out->found, &lack);
	if ((int)lack.count == wanted_count(v))
		out->presence = PRESENT_NO;
	change_free(&lack);
}

static void policy_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	find_missing(v, seen->found, out);
	find_unwanted(v, seen->found, out);
	out->verdict = out->count ? VERDICT_UPDATE : VERDICT_KEEP;
}

/* Is this member wanted in this role? */
static bool asks_for(const cJSON *spec, const char *role, const char *member)
{
	const cJSON *b, *m;
	cJSON_ArrayForEach(b, json_at(spec, "bindings"))
		cJSON_ArrayForEach(m, json_at(b, "members"))
			if (!strcmp(json_str(b, "role", ""), role) && cJSON_IsString(m) && !strcmp(m->valuestring, member))
				return true;
	return false;
}

/* What was granted on something else is not looked for here. */
static void policy_outgrow(cJSON *spec, const cJSON *before)
{
	const cJSON *b, *m;
	if (strcmp(json_str(spec, "holder", ""), json_str(before, "holder", "")) ||
	    !json_equal(json_at(spec, "resource"), json_at(before, "resource")))
		return;
	if (!json_at(spec, "gone"))
		json_put(spec, "gone", cJSON_CreateArray());
	cJSON_ArrayForEach(b, json_at(before, "bindings"))
		cJSON_ArrayForEach(m, json_at(b, "members"))
			if (cJSON_IsString(m) && !asks_for(spec, json_str(b, "role", ""), m->valuestring))
				cJSON_AddItemToArray(json_at(spec, "gone"), json_make("{'role':%s,'member':%s}",
										      json_str(b, "role", ""), m->valuestring));
	if (!cJSON_GetArraySize(json_at(spec, "gone")))
		json_drop(spec, "gone");
}

static void write_back(const struct view *v, cJSON *policy, struct call *out)
{
	const struct holder *h = holder_of(v->spec);
	json_put_num(policy, "version", 3);
	on_holder(v, h->set_method, h->bare ? policy : json_make("{'policy':%j}", policy), h->set_url, out);
}

static void add_members(cJSON *policy, const cJSON *wanted)
{
	const char *role = json_str(wanted, "role", "");
	cJSON *binding = binding_of(policy, role);
	if (!binding) {
		if (!json_at(policy, "bindings"))
			cJSON_AddItemToObject(policy, "bindings", cJSON_CreateArray());
		binding = json_make("{'role':%s,'members':[]}", role);
		cJSON_AddItemToArray(json_at(policy, "bindings"), binding);
	}
	const cJSON *m;
	cJSON_ArrayForEach(m, json_at(wanted, "members"))
		if (member_index(binding, m->valuestring) < 0)
			cJSON_AddItemToArray(json_at(binding, "members"), cJSON_CreateString(m->valuestring));
}

/* Without a policy in hand (its holder was not to be seen yet) it is read again: to write one without its etag would wipe what others put. */
static void policy_create(const struct view *v, const struct observation *seen, struct call *out)
{
	if (!seen->found) {
		policy_read(v, out);
		return;
	}
	cJSON *policy = cJSON_Duplicate(seen->found, 1);
	const cJSON *b;
	cJSON_ArrayForEach(b, json_at(v->spec, "bindings"))
		add_members(policy, b);
	drop_unwanted(v, policy);
	write_back(v, policy, out);
}

static void policy_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	(void)change;
	policy_create(v, seen, out);
}

static void drop_members(cJSON *policy, const cJSON *unwanted)
{
	cJSON *binding = binding_of(policy, json_str(unwanted, "role", ""));
	const cJSON *m;
	cJSON_ArrayForEach(m, json_at(unwanted, "members")) {
		int i = member_index(binding, cJSON_GetStringValue(m));
		if (i >= 0)
			cJSON_DeleteItemFromArray(json_at(binding, "members"), i);
	}
	if (binding && !cJSON_GetArraySize(json_at(binding, "members")))
		cJSON_Delete(cJSON_DetachItemViaPointer(json_at(policy, "bindings"), binding));
}

static void policy_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	cJSON *policy = cJSON_Duplicate(seen->found, 1);
	const cJSON *b;
	cJSON_ArrayForEach(b, json_at(v->spec, "bindings"))
		drop_members(policy, b);
	write_back(v, policy, out);
}

static char *policy_permits(const cJSON *spec, enum deed deed)
{
	const struct holder *h = holder_of(spec);
	if (!h || deed == DEED_LIST)
		return NULL;
	return xasprintf("%s.%s", h->type, deed == DEED_READ ? "getIamPolicy" : "setIamPolicy");
}

const struct kind kind_policy = {
    .id = "iam.policy",
    .title = N_("Permissions"),
    .api = "iam.googleapis.com",
    .part = PART_ACCESS,
    .console_page = "iam-admin/iam",
    .permits = policy_permits,
    .spreads = true,
    .grants = true,
    .usual = 0.5,
    .slow = 1.7,
    .deadline = 600,
    .observe = policy_read,
    .decode = policy_decode,
    .compare = policy_compare,
    .outgrow = policy_outgrow,
    .create = policy_create,
    .update = policy_update,
    .destroy = policy_destroy,
    .reply_tells = true,
    .terraform = {.none = "Whose permissions these are is known only once it stands.",
		  .type_of = policy_terraform_type,
		  .name = "",
		  .import_of = policy_import,
		  .body = policy_terraform,
		  .each = policy_each},
};
