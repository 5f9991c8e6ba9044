/* SSL policies of target proxies, and security policies (Cloud Armor) of backend services. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* SSL policies. ---------------------------------------------------------------------------------------------------------- */
/* TLS 1.3 has suites of its own, which every profile allows and none shows. */
#define RESTRICTED_ECDSA "'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384','TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'"
#define RESTRICTED_RSA "'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384','TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'"
#define RESTRICTED_FEATURES                                                                                                    \
	"'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'," RESTRICTED_ECDSA ",'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'"               \
	"," RESTRICTED_RSA
#define MODERN_FEATURES                                                                                                        \
	"'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA','TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256','TLS_ECDHE_ECDSA_WITH_AES_256_CBC_"  \
	"SHA'," RESTRICTED_ECDSA ",'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA','TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256','TLS_ECDHE_"   \
	"RSA_WITH_AES_256_CBC_SHA'," RESTRICTED_RSA
#define OLDEST_FEATURES                                                                                                        \
	"'TLS_RSA_WITH_3DES_EDE_CBC_SHA','TLS_RSA_WITH_AES_128_CBC_SHA','TLS_RSA_WITH_AES_128_GCM_SHA256','TLS_RSA_WITH_AES_"  \
	"256_CBC_SHA',"                                                                                                        \
	"'TLS_RSA_WITH_AES_256_GCM_SHA384'"

static const char *features(const char *profile)
{
	return !strcmp(profile, "MODERN")       ? "[" MODERN_FEATURES "]"
	       : !strcmp(profile, "COMPATIBLE") ? "[" MODERN_FEATURES "," OLDEST_FEATURES "]"
						: "[" RESTRICTED_FEATURES "]";
}

static bool check_ssl(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *profile = json_str(doc, "profile", "COMPATIBLE"), *least = json_str(doc, "minTlsVersion", "TLS_1_0");
	bool custom = !strcmp(profile, "CUSTOM"), own = json_at(doc, "customFeatures.0") != NULL;
	(void)old;
	if (custom && !own)
		return compute_invalid(c, "customFeatures", "", "Custom features must be set when the profile is CUSTOM.");
	if (!custom && own)
		return compute_invalid(c, "customFeatures", json_str(doc, "customFeatures.0", ""),
				       "Custom features can only be set when the profile is CUSTOM.");
	if (!strcmp(least, "TLS_1_3") && strcmp(profile, "RESTRICTED"))
		return compute_invalid(c, "minTlsVersion", least,
				       "TLS 1.3 can only be the minimum with the RESTRICTED profile.");
	json_put(doc, "enabledFeatures",
		 custom ? cJSON_Duplicate(json_at(doc, "customFeatures"), true) : json_make(features(profile)));
	if (!json_at(doc, "profile"))
		json_put_str(doc, "profile", profile);
	if (!json_at(doc, "minTlsVersion"))
		json_put_str(doc, "minTlsVersion", least);
	return true;
}

static void compute_policies_available(struct sim_call *c)
{
	sim_ok(c, json_make("{'features':[" MODERN_FEATURES "," OLDEST_FEATURES "]}"));
}

/* Security policies: rules by priority, the last of which is for everybody. ---------------------------------------------- */
enum { LAST = 2147483647 };

static cJSON *rule_of(cJSON *policy, int priority)
{
	cJSON *r;
	cJSON_ArrayForEach(r, json_at(policy, "rules"))
		if ((int)json_num(r, "priority", -1) == priority)
			return r;
	return NULL;
}

static bool rule_ok(struct sim_call *c, cJSON *rule)
{
	const char *action = json_str(rule, "action", "");
	static const char *const actions[] = {"allow",     "deny",     "deny(403)",      "deny(404)",
					      "deny(502)", "throttle", "rate_based_ban", "redirect"};
	bool known = false;
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		known = known || !strcmp(actions[i], action);
	if (!known)
		return compute_invalid(c, "rules[0].action", action, "Invalid action.");
	if (!json_at(rule, "priority"))
		return compute_required(c, "rules[0].priority");
	if (json_num(rule, "priority", -1) < 0)
		return compute_invalid(c, "rules[0].priority", "", "Must be between 0 and 2147483647.");
	bool ranges = json_at(rule, "match.config.srcIpRanges.0") != NULL,
	     expression = *json_str(rule, "match.expr.expression", "");
	if (ranges && strcmp(json_str(rule, "match.versionedExpr", ""), "SRC_IPS_V1"))
		return compute_invalid(c, "rules[0].match", "", "versionedExpr must be SRC_IPS_V1 when config is set.");
	if (!ranges && !expression)
		return compute_required(c, "rules[0].match");
	if ((!strcmp(action, "throttle") || !strcmp(action, "rate_based_ban")) && !json_at(rule, "rateLimitOptions"))
		return compute_required(c, "rules[0].rateLimitOptions");
	cJSON *defaults = json_make("{'kind':'compute#securityPolicyRule','preview':false,'description':''}");
	sim_fill(rule, defaults);
	cJSON_Delete(defaults);
	return true;
}

static bool check_security(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	cJSON *r;
	if (!json_at(doc, "rules"))
		json_put(doc, "rules", old ? cJSON_Duplicate(json_at(old->doc, "rules"), true) : cJSON_CreateArray());
	cJSON_ArrayForEach(r, json_at(doc, "rules"))
		if (!rule_ok(c, r))
			return false;
	if (!rule_of(doc, LAST) && cJSON_GetArraySize(json_at(doc, "rules")))
		return compute_invalid(c, "rules", "", "The default rule (priority 2147483647) must be given with the others.");
	if (!rule_of(doc, LAST)) {
		cJSON *all = json_make("{'kind':'compute#securityPolicyRule','action':'allow','description':'default "
				       "rule','preview':false,'match':{'versionedExpr':"
				       "'SRC_IPS_V1','config':{'srcIpRanges':['*']}}}");
		json_put_num(all, "priority", LAST);
		cJSON_AddItemToArray(json_at(doc, "rules"), all);
	}
	return true;
}

static struct sim_object *with_rule(struct sim_call *c, cJSON **rule)
{
	struct sim_object *o = compute_ready_target(c);
	*rule = o ? rule_of(o->doc, atoi(sim_param(c, "priority"))) : NULL;
	if (o && !*rule)
		sim_fail(c, "INVALID_ARGUMENT", "invalid",
			 "Invalid value for field 'priority': '%s'. The priority %s does not exist.", sim_param(c, "priority"),
			 sim_param(c, "priority"));
	return *rule ? o : NULL;
}

static void compute_policies_get_rule(struct sim_call *c)
{
	cJSON *rule;
	if (with_rule(c, &rule))
		sim_ok(c, cJSON_Duplicate(rule, true));
}

static void changed(struct sim_call *c, struct sim_object *o, const char *type)
{
	compute_touch(c->sim, o->doc, "fingerprint");
	compute_begin(c, o, type, sim_draw(c->sim, "compute.default.update"), true, NULL);
}

static void add_rule(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o || !rule_ok(c, c->body))
		return;
	if (rule_of(o->doc, (int)json_num(c->body, "priority", 0))) {
		compute_invalid(c, "priority", "", "Cannot have rules with the same priorities.");
		return;
	}
	cJSON_AddItemToArray(json_at(o->doc, "rules"), sim_take_body(c));
	changed(c, o, "compute.securityPolicies.addRule");
}

static void compute_policies_patch_rule(struct sim_call *c)
{
	cJSON *rule;
	struct sim_object *o = with_rule(c, &rule);
	if (!o)
		return;
	cJSON *new = cJSON_Duplicate(rule, true);
	sim_merge_patch(new, c->body);
	if (!rule_ok(c, new)) {
		cJSON_Delete(new);
		return;
	}
	cJSON_ReplaceItemViaPointer(json_at(o->doc, "rules"), rule, new);
	changed(c, o, "compute.securityPolicies.patchRule");
}

static void remove_rule(struct sim_call *c)
{
	cJSON *rule;
	struct sim_object *o = with_rule(c, &rule);
	if (!o)
		return;
	if ((int)json_num(rule, "priority", 0) == LAST) {
		compute_invalid(c, "priority", "2147483647", "The default rule cannot be removed.");
		return;
	}
	cJSON_Delete(cJSON_DetachItemViaPointer(json_at(o->doc, "rules"), rule));
	changed(c, o, "compute.securityPolicies.removeRule");
}

const struct compute_kind compute_ssl_policy_kind = {
    .plural = "sslPolicies",
    .resources = "sslPolicies",
    .kind = "compute#sslPolicy",
    .word = "ssl_policy",
    .flags = COMPUTE_FINGERPRINT | COMPUTE_NEEDS_FINGERPRINT,
    .used_by = "targetHttpsProxies",
    .output = "enabledFeatures",
    .quota = "SSL_POLICIES",
    .insert = "compute.default.insert",
    .change = "compute.default.update",
    .remove = "compute.default.delete",
    .check = check_ssl,
};

const struct compute_kind compute_security_policy_kind = {
    .plural = "securityPolicies",
    .resources = "securityPolicies",
    .kind = "compute#securityPolicy",
    .word = "security_policy",
    .flags = COMPUTE_FINGERPRINT | COMPUTE_LABELS,
    .used_by = "backendServices",
    .defaults = "{'type':'CLOUD_ARMOR','description':''}",
    .quota = "SECURITY_POLICIES",
    .insert = "compute.default.insert",
    .change = "compute.default.update",
    .remove = "compute.default.delete",
    .check = check_security,
};

static const struct sim_route routes[] = {
    COMPUTE_BASICS("sslPolicies", "sslPolicies"),
    {"compute.sslPolicies.aggregatedList", compute_aggregated, "compute.sslPolicies.list", NULL},
    {"compute.sslPolicies.patch", compute_patch, "compute.sslPolicies.update", NULL},
    {"compute.sslPolicies.listAvailableFeatures", compute_policies_available, "compute.sslPolicies.listAvailableFeatures",
     NULL},
    COMPUTE_BASICS("securityPolicies", "securityPolicies"),
    {"compute.securityPolicies.aggregatedList", compute_aggregated, "compute.securityPolicies.list", NULL},
    {"compute.securityPolicies.patch", compute_patch, "compute.securityPolicies.update", NULL},
    {"compute.securityPolicies.setLabels", compute_set_labels, "compute.securityPolicies.setLabels", NULL},
    {"compute.securityPolicies.getRule", compute_policies_get_rule, "compute.securityPolicies.get", NULL},
    {"compute.securityPolicies.addRule", add_rule, "compute.securityPolicies.update", NULL},
    {"compute.securityPolicies.patchRule", compute_policies_patch_rule, "compute.securityPolicies.update", NULL},
    {"compute.securityPolicies.removeRule", remove_rule, "compute.securityPolicies.update", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_policies, routes, NULL);
