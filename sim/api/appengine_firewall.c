/* appengine.googleapis.com v1: the firewall of an application: rules by priority, the last of which is always there and is for whoever no other is. */
#include "config.h"
#include "sim/api/appengine.h"
#include "sim/api/compute.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define RULES "appengine.firewall"
#define RULE "apps/{project}/firewall/ingressRules/{rule}"
enum { LAST = 2147483647 };

static bool refuse(struct sim_call *c, const char *why)
{
	sim_fail(c, "INVALID_ARGUMENT", NULL, "%s", why);
	return false;
}

/* Keys are in the order of priorities. */
static const char *rule_key(const struct sim_call *c, const char *priority)
{
	return resource_text_of(c, RULE, sim_tmp("%010lld", atoll(priority)));
}

static void rule_born(struct sim_call *c)
{
	const char *key = rule_key(c, "2147483647");
	if (!sim_get(c->sim, RULES, key))
		sim_put(c->sim, RULES, key,
			json_make(
			    "{'priority':2147483647,'action':'ALLOW','sourceRange':'*','description':'The default action.'}"));
}

static struct sim_object *rule_find(struct sim_call *c, const struct sim_resource *r)
{
	const char *priority = sim_part(c, 5);
	struct sim_object *o = NULL;
	if (!resource_find(c, r->within))
		return NULL;
	if (*priority && strspn(priority, DIGITS) == strlen(priority))
		o = sim_get(c->sim, RULES, rule_key(c, priority));
	if (!o)
		sim_fail(c, "NOT_FOUND", NULL, "Firewall rule with priority %s not found.", priority);
	return o;
}

static const char *rule_named(struct sim_call *c)
{
	return sim_tmp("%010.0f", json_num(c->body, "priority", 0));
}

static bool range_good(const char *range)
{
	struct ip4_range r;
	return !strcmp(range, "*") || strchr(range, ':') ||
	       ip4_range_parse(strchr(range, '/') ? range : sim_tmp("%s/32", range), &r);
}

static bool rule_ok(struct sim_call *c, const cJSON *doc)
{
	double priority = json_num(doc, "priority", 0);
	const char *range = json_str(doc, "sourceRange", "");
	if (priority < 1 || priority > LAST)
		return refuse(c, "Priority must be an integer between 1 and 2147483647.");
	if (!*json_str(doc, "action", "") || !strcmp(json_str(doc, "action", ""), "UNSPECIFIED_ACTION"))
		return refuse(c, "The action must be ALLOW or DENY.");
	if (strlen(json_str(doc, "description", "")) > 100)
		return refuse(c, "Description must not be longer than 100 characters.");
	if (priority == LAST && strcmp(range, "*") != 0)
		return refuse(c, "The source range of the default rule cannot be changed.");
	return range_good(range) || refuse(c, sim_tmp("Invalid source range '%s'.", range));
}

static bool rule_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	if (!old)
		json_put_num(doc, "priority", atof(json_str(doc, "priority", "0")));
	return rule_ok(c, doc);
}

static bool rule_deleting(struct sim_call *c, struct sim_object *o)
{
	return json_num(o->doc, "priority", 0) < LAST || refuse(c, "The default firewall rule cannot be deleted.");
}

static bool meets(const struct sim_object *rule, const char *address)
{
	const char *range = json_str(rule->doc, "sourceRange", "");
	return !strcmp(range, "*") || !strcmp(range, address) ||
	       ip4_within(sim_tmp("%s/32", address), strchr(range, '/') ? range : sim_tmp("%s/32", range));
}

/* Those that an address meets, where a list is asked for these. */
static bool rule_shown(const struct sim_call *c, const struct sim_object *o)
{
	const char *address = sim_param(c, "matchingAddress");
	return !*address || meets(o, address);
}

bool appengine_admits(struct sim *s, const struct sim_object *app, const char *address)
{
	const char *below = sim_tmp("%s/", app->key);
	for (const struct sim_object *o = sim_first(s, RULES, below); o; o = sim_following(s, o, below))
		if (meets(o, address))
			return strcmp(json_str(o->doc, "action", ""), "DENY") != 0;
	return true;
}

/* All rules at once; the last may not be missing. */
static void rules_replace(struct sim_call *c)
{
	const cJSON *rules = json_at(c->body, "ingressRules"), *r;
	bool last = false;
	if (!resource_find(c, &appengine_resources[0]))
		return;
	cJSON_ArrayForEach(r, rules) {
		if (!rule_ok(c, r))
			return;
		last = last || json_num(r, "priority", 0) == LAST;
	}
	if (!last) {
		refuse(c, "The default firewall rule, with priority 2147483647, must be among the rules.");
		return;
	}
	resource_forget_below(c->sim, RULES, resource_text(c, "apps/{project}/"));
	cJSON_ArrayForEach(r, rules) {
		const char *key = rule_key(c, sim_tmp("%.0f", json_num(r, "priority", 0)));
		if (!sim_get(c->sim, RULES, key))
			sim_put(c->sim, RULES, key, cJSON_Duplicate(r, true));
	}
	sim_ok(c, json_make("{'ingressRules':%j}", cJSON_Duplicate(rules, true)));
}

#define F "appengine.apps.firewall.ingressRules"
static const struct sim_resource resources[] = {
    {.methods = F,
     .collection = RULES,
     .key = RULE,
     .field = "ingressRules",
     .within = &appengine_resources[0],
     .nested = true,
     .born = rule_born,
     .find = rule_find,
     .shown = rule_shown,
     .named = rule_named,
     .named_in = "priority",
     .name = "{rule}",
     .taken = "A firewall rule with this priority already exists.",
     .complete = rule_complete,
     .deleting = rule_deleting},
    {0},
};

static const struct sim_route routes[] = {
    {F ".get", resource_get, "appengine.applications.get", NULL},
    {F ".list", resource_list, "appengine.applications.get", NULL},
    {F ".create", resource_create, "appengine.applications.update", NULL},
    {F ".patch", resource_patch, "appengine.applications.update", NULL},
    {F ".delete", resource_delete, "appengine.applications.update", NULL},
    {F ".batchUpdate", rules_replace, "appengine.applications.update", NULL},
    {0},
};

const struct sim_api sim_appengine_firewall = {.name = "appengine",
					       .service = "appengine.googleapis.com",
					       .errors = SIM_ERRORS_AIP,
					       .routes = routes,
					       .resources = resources};
