/* APIs, quotas and organisation policies that a plan would meet. */
#include "config.h"
#include "plan/limits.h"

#include "base/buf.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum read_of { READ_APIS, READ_REGION, READ_PROJECT, READ_POLICY };

struct reading {
	enum read_of of;
	char *url;
	const struct kind_constraint *policy;
	bool elder;     /* asked of Resource Manager's API, since the one of organisation policies is off */
	char *value;    /* that the policy has to let pass; NULL where it is one that is enforced or not */
	char *resource; /* the id of the one that meets it; NULL for any */
};

struct limits {
	char *project, *region;
	cJSON *services; /* that have to be on */
	cJSON *used;     /* API that is used -> the id of the first resource that does */
	cJSON *keyed;    /* the same of those that can keep what is made under a key of one's own */
	cJSON *needs;    /* metric -> how much more of it; regional ones begin with the region and a slash */
	cJSON *takers;   /* metric -> the id of the first resource that takes of it */
	struct reading *reads;
	size_t count, room;
	cJSON *broken;                           /* findings of state fail */
	int apis_on;                             /* of services; negative when that is not known */
	bool quota_read, quota_off, policy_read; /* quota_off: its API is off */
	char *apis_why, *quota_why, *policy_why; /* why it could not be read, or NULL */
};

/* Policies ------------------------------------------------------------------------------------------------------------------ */

/* What every stack meets, whatever its kinds. */
static const struct kind_constraint places = {.name = "gcp.resourceLocations", .words = N_("resources in this region")};
static const struct kind_constraint usage = {.name = "gcp.restrictServiceUsage", .words = N_("using this API")};
static const struct kind_constraint cmek = {.name = "gcp.restrictNonCmekServices",
					    .words = N_("this service without an encryption key of yours")};

/* Does what is specified so meet it? */
static bool meets(const struct kind_constraint *c, const cJSON *spec)
{
	const cJSON *at = c->path ? json_at(spec, c->path) : NULL;
	const char *text = cJSON_IsString(at) ? at->valuestring : cJSON_IsTrue(at) ? "true" : "";
	return !c->path || (at && (!c->is || !strcmp(c->is, text)));
}

/* A group of locations holds the regions that begin with its word: "in:us-locations", "in:us-central1-locations"; the European
 * Union is no more than a guess here, and is taken to hold what begins with europe-. */
static bool in_group(const char *group, const char *value, bool denied)
{
	/* Besides continents, and regions each of its own, there are groups of countries and of what is done there, which only Google can look into. */
	static const char *const parts[] = {"africa", "asia", "australia", "eu", "europe", "me", "southamerica", "us", NULL};
	size_t n = strlen(group) - strlen("-locations");
	bool known = memchr(group, '-', n) && group[n - 1] >= '0' && group[n - 1] <= '9'; /* "us-central1" */
	for (const char *const *part = parts; *part; part++)
		known |= strlen(*part) == n && !strncmp(group, *part, n);
	if (!known)
		return !denied;
	if (!strncmp(group, "eu", n) && n == 2)
		return text_starts(value, "europe-");
	return !strncmp(value, group, n) && (!value[n] || value[n] == '-');
}

static bool under_project(const char *project, const char *value)
{
	return text_starts(value, project) && value[strlen(project)] == '/';
}

/* What a pattern stands for that this machine cannot look into (who belongs to a folder) is taken to be what harms nobody: it lets pass. */
static bool matches(const char *pattern, const char *value, bool denied)
{
	static const char internal[] = "in:INTERNAL", external[] = "in:EXTERNAL";
	if (!strcasecmp(pattern, internal) || !strcasecmp(pattern, external)) /* kinds of load balancers */
		return strstr(value, pattern + strlen("in:")) != NULL;
	if (text_starts(pattern, "under:") && text_starts(value, "projects/"))
		return text_starts(pattern, "under:projects/") ? under_project(pattern + strlen("under:"), value) : !denied;
	if (text_starts(pattern, "in:") && text_ends(pattern, "-locations"))
		return in_group(pattern + strlen("in:"), value, denied);
	return !strcasecmp(text_starts(pattern, "is:") ? pattern + strlen("is:") : pattern, value);
}

static bool any_matches(const cJSON *list, const char *value, bool denied)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, list)
		if (cJSON_IsString(one) && matches(one->valuestring, value, denied))
			return true;
	return false;
}

/* Do the rules forbid the value (NULL: is it enforced)? Rules with a condition hold for other resources than we can tell: they
 * are passed over. */
static bool forbids(const cJSON *rules, const char *value)
{
	const cJSON *r;
	cJSON_ArrayForEach(r, rules) {
		const cJSON *allowed = json_at(r, "values.allowedValues"), *denied = json_at(r, "values.deniedValues");
		if (json_at(r, "condition"))
			continue;
		if (json_bool(r, "enforce", false) || json_bool(r, "denyAll", false))
			return true;
		if (value && !json_bool(r, "allowAll", false) &&
		    (any_matches(denied, value, true) || (cJSON_GetArraySize(allowed) && !any_matches(allowed, value, false))))
			return true;
	}
	return false;
}

/* Reads --------------------------------------------------------------------------------------------------------------------- */

static void add_read(struct limits *l, enum read_of of, const struct kind_constraint *policy, const char *value,
		     const char *resource, char *url)
{
	l->reads = xgrow(l->reads, l->count, &l->room, sizeof *l->reads);
	l->reads[l->count++] = (struct reading){.of = of,
						.url = url,
						.policy = policy,
						.value = value ? xstrdup(value) : NULL,
						.resource = resource ? xstrdup(resource) : NULL};
}

static void add_policy(struct limits *l, const struct kind_constraint *policy, const char *value, const char *resource)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->reads[i].policy == policy)
			return;
	add_read(l, READ_POLICY, policy, value, resource,
		 xasprintf("https://orgpolicy.googleapis.com/v2/projects/%s/policies/%s:getEffectivePolicy", l->project,
			   policy->name));
}

static void add_policies(struct limits *l, const struct plan *p, const struct resource *r)
{
	struct view v = {.project = p->project, .stack = p->stack, .id = r->id, .name = r->name, .spec = r->spec};
	for (const struct kind_constraint *c = r->kind->constraints; c && c->name; c++) {
		if (!meets(c, r->spec))
			continue;
		char *value = c->value ? xstrdup(c->value) : c->value_of ? c->value_of(&v) : NULL;
		add_policy(l, c, value, r->id);
		free(value);
	}
}

static void add_quotas(struct limits *l, const struct resource *r)
{
	for (const struct kind_quota *q = r->kind->quotas; q && q->metric; q++) {
		int amount = q->amount ? q->amount(r->spec) : 1;
		if (amount <= 0)
			continue;
		char *key = q->regional ? xasprintf("%s/%s", l->region, q->metric) : xstrdup(q->metric);
		cJSON *need = cJSON_GetObjectItemCaseSensitive(l->needs, key);
		if (need)
			cJSON_SetNumberValue(need, need->valuedouble + amount);
		else
			cJSON_AddNumberToObject(l->needs, key, amount);
		if (!need)
			cJSON_AddStringToObject(l->takers, key, r->id);
		free(key);
	}
}

static void add_api(cJSON *list, const char *api, const char *id)
{
	if (!cJSON_GetObjectItemCaseSensitive(list, api))
		cJSON_AddStringToObject(list, api, id);
}

/* The API by which it is made is used, and keeps what it makes. */
static void add_apis(struct limits *l, const struct resource *r)
{
	const struct kind *k = r->kind;
	if (k->api && !k->enables)
		add_api(l->used, k->api, r->id);
	if (k->api && k->keyed)
		add_api(l->keyed, k->api, r->id);
}

static bool is_placed(const struct limits *l, const cJSON *spec)
{
	return !strcmp(json_str(spec, "region", ""), l->region) || !strcmp(json_str(spec, "location", ""), l->region);
}

/* What stands in the region is judged by where it stands; placed is the id of the first of it, or NULL. */
static void add_common_policies(struct limits *l, const char *placed)
{
	if (placed)
		add_policy(l, &places, l->region, placed);
	if (l->used->child)
		add_policy(l, &usage, NULL, NULL);
	if (l->keyed->child)
		add_policy(l, &cmek, NULL, NULL);
}

static const char *first_placed(const struct limits *l, const struct plan *p, const bool *made)
{
	for (size_t i = 0; i < p->count; i++)
		if ((!made || made[i]) && is_placed(l, p->resources[i].spec))
			return p->resources[i].id;
	return NULL;
}

static void take_plan(struct limits *l, const struct plan *p, bool stands)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct resource *r = &p->resources[i];
		if (r->unwanted)
			continue;
		if (r->kind->enables && !l->services)
			l->services = cJSON_Duplicate(json_at(r->spec, "services"), 1);
		add_policies(l, p, r);
		add_apis(l, r);
		if (!stands) /* what stands has its part of the quota already */
			add_quotas(l, r);
	}
}

static struct limits *limits_empty(const struct plan *p)
{
	struct limits *l = xcalloc(1, sizeof *l);
	*l = (struct limits){.project = xstrdup(p->project ? p->project : ""),
			     .region = xstrdup(p->region ? p->region : ""),
			     .needs = cJSON_CreateObject(),
			     .takers = cJSON_CreateObject(),
			     .broken = cJSON_CreateArray(),
			     .used = cJSON_CreateObject(),
			     .keyed = cJSON_CreateObject(),
			     .apis_on = -1};
	return l;
}

/* Nothing is read where nothing is taken. */
static void read_quotas(struct limits *l)
{
	if (!l->needs->child)
		return;
	add_read(l, READ_REGION, NULL, NULL, NULL,
		 xasprintf("https://compute.googleapis.com/compute/v1/projects/%s/regions/%s", l->project, l->region));
	add_read(l, READ_PROJECT, NULL, NULL, NULL,
		 xasprintf("https://compute.googleapis.com/compute/v1/projects/%s", l->project));
}

struct limits *limits_of_made(const struct plan *p, const bool *made, bool policies)
{
	struct limits *l = limits_empty(p);
	for (size_t i = 0; i < p->count; i++) {
		const struct resource *r = &p->resources[i];
		if (!made[i])
			continue;
		if (policies) {
			add_policies(l, p, r);
			add_apis(l, r);
		}
		add_quotas(l, r);
	}
	add_common_policies(l, policies ? first_placed(l, p, made) : NULL);
	read_quotas(l);
	return l;
}

struct limits *limits_new(const struct plan *p, bool stands)
{
	struct limits *l = limits_empty(p);
	take_plan(l, p, stands);
	add_read(l, READ_APIS, NULL, NULL, NULL,
		 xasprintf("https://serviceusage.googleapis.com/v1/projects/%s/services?filter=state:ENABLED&pageSize=200",
			   l->project));
	read_quotas(l);
	add_common_policies(l, first_placed(l, p, NULL));
	return l;
}

void limits_free(struct limits *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++) {
		free(l->reads[i].url);
		free(l->reads[i].value);
		free(l->reads[i].resource);
	}
	free(l->reads);
	cJSON_Delete(l->services);
	cJSON_Delete(l->used);
	cJSON_Delete(l->keyed);
	cJSON_Delete(l->needs);
	cJSON_Delete(l->takers);
	cJSON_Delete(l->broken);
	free(l->apis_why);
	free(l->quota_why);
	free(l->policy_why);
	free(l->project);
	free(l->region);
	free(l);
}

size_t limits_count(const struct limits *l)
{
	return l->count;
}

void limits_call(const struct limits *l, size_t i, struct call *c)
{
	const struct reading *r = &l->reads[i];
	if (!r->elder) {
		call_set_url(c, DIALECT_NONE, "GET", NULL, r->url);
		return;
	}
	char *name = xasprintf("constraints/%s", r->policy->name);
	call_set(c, DIALECT_NONE, "POST", json_make("{'constraint':%s}", name),
		 "https://cloudresourcemanager.googleapis.com/v1/projects/%s", l->project);
	call_tail(c, ":getEffectiveOrgPolicy");
	free(name);
}

/* Replies ------------------------------------------------------------------------------------------------------------------- */

/* elsewhere: other answers than project and region may cure it. */
static cJSON *add_broken(struct limits *l, const char *id, const char *title, bool elsewhere, char *message, const char *fix,
			 char *command)
{
	cJSON *finding = json_make("{'id':%s,'title':%s,'state':'fail','message':%s,'fix':%s,'command':%s,'elsewhere':%b}", id,
				   title, message, fix, command, elsewhere);
	cJSON_AddItemToArray(l->broken, finding);
	free(message);
	free(command);
	return finding;
}

static void take_apis(struct limits *l, const cJSON *reply)
{
	const cJSON *service, *wanted;
	l->apis_on = 0;
	cJSON_ArrayForEach(wanted, l->services) {
		bool on = false;
		cJSON_ArrayForEach(service, json_at(reply, "services"))
			on |= cJSON_IsString(wanted) && !strcmp(json_str(service, "config.name", ""), wanted->valuestring);
		l->apis_on += on;
	}
}

/* Google's name of a quota, as the Cloud Quotas API has it: "CPUS-per-project-region". */
static char *quota_command(const struct limits *l, const char *metric, bool regional, double want)
{
	char *name = xstrdup(metric);
	for (char *p = name; (p = strchr(p, '_'));)
		*p = '-';
	char *line = regional ? xasprintf("gcloud beta quotas preferences create --service=compute.googleapis.com --project=%s "
					  "--quota-id=%s-per-project-region --dimensions=region=%s --preferred-value=%.0f",
					  l->project, name, l->region, want)
			      : xasprintf("gcloud beta quotas preferences create --service=compute.googleapis.com --project=%s "
					  "--quota-id=%s-per-project --preferred-value=%.0f",
					  l->project, name, want);
	free(name);
	return line;
}

static void short_of(struct limits *l, const char *metric, const char *key, bool regional, double used, double limit)
{
	double need = json_num(l->needs, key, 0);
	cJSON *finding = add_broken(
	    l, "quota", _("Quota"), true,
	    xasprintf(_("%s: %.0f of %.0f are used, and %.0f more are needed"), key, used, limit, need),
	    regional ? _("Ask for more (roles/servicemanagement.quotaAdmin may), or choose another region.")
		     : _("Ask for more (roles/servicemanagement.quotaAdmin may), or remove what is not used."),
	    quota_command(l, metric, regional, used + need));
	json_put_str(finding, "resource", cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(l->takers, key)));
}

static void take_quotas(struct limits *l, const cJSON *reply, bool regional)
{
	const cJSON *q;
	l->quota_read = true;
	cJSON_ArrayForEach(q, json_at(reply, "quotas")) {
		const char *metric = json_str(q, "metric", "");
		char *key = regional ? xasprintf("%s/%s", l->region, metric) : xstrdup(metric);
		const cJSON *need = cJSON_GetObjectItemCaseSensitive(l->needs, key);
		double limit = json_num(q, "limit", 0), used = json_num(q, "usage", 0);
		if (need && used + need->valuedouble > limit)
			short_of(l, metric, key, regional, used, limit);
		free(key);
	}
}

static bool is_managed(const struct kind_constraint *p)
{
	return strstr(p->name, ".managed.") != NULL;
}

static void forbidden(struct limits *l, const struct kind_constraint *p, const char *value, const char *resource)
{
	/* What has no name of its own in the policy is let pass by the project's own policy, which takes Google's default. */
	bool named = value && !p->bare, managed = is_managed(p);
	/* To allow one of a project's APIs by itself would forbid all the others. */
	bool alone = named && p != &usage && p != &cmek;
	char *message = named ? xasprintf(_("%s forbids %s: %s"), p->name, _(p->words), value)
			      : xasprintf(_("%s forbids %s"), p->name, _(p->words));
	char *command = alone ? xasprintf("gcloud resource-manager org-policies allow %s %s --project=%s", p->name, value,
					  l->project)
			: managed || value ? xasprintf("gcloud org-policies reset %s --project=%s", p->name, l->project)
					   : xasprintf("gcloud resource-manager org-policies disable-enforce %s --project=%s",
						       p->name, l->project);
	cJSON *finding = add_broken(
	    l, "policy", _("Organisation policy"), p != &places && !p->every, message,
	    _("Choose otherwise, or ask for an exception for this project (roles/orgpolicy.policyAdmin may)."), command);
	if (resource)
		json_put_str(finding, "resource", resource);
}

/* Resource Manager's way to say a policy, in the words of the Organization Policy API; a new list. */
static cJSON *rules_of_elder(const cJSON *reply)
{
	const char *all = json_str(reply, "listPolicy.allValues", "");
	const cJSON *allowed = json_at(reply, "listPolicy.allowedValues"), *denied = json_at(reply, "listPolicy.deniedValues");
	return json_make("[{'enforce':%b,'denyAll':%b,'allowAll':%b,'values':{'allowedValues':%j,'deniedValues':%j}}]",
			 json_bool(reply, "booleanPolicy.enforced", false), !strcmp(all, "DENY"), !strcmp(all, "ALLOW"),
			 allowed ? cJSON_Duplicate(allowed, 1) : cJSON_CreateArray(),
			 denied ? cJSON_Duplicate(denied, 1) : cJSON_CreateArray());
}

static void take_rules(struct limits *l, const struct reading *r, const cJSON *rules)
{
	const cJSON *service, *judged = r->policy == &cmek ? l->keyed : l->used;
	l->policy_read = true;
	if (r->policy != &usage && r->policy != &cmek) {
		if (forbids(rules, r->value))
			forbidden(l, r->policy, r->value, r->resource);
		return;
	}
	cJSON_ArrayForEach(service, judged)
		if (forbids(rules, service->string))
			forbidden(l, r->policy, service->string, service->valuestring);
}

static void take_policy(struct limits *l, const struct reading *r, const cJSON *reply)
{
	cJSON *elder = r->elder ? rules_of_elder(reply) : NULL;
	take_rules(l, r, elder ? elder : json_at(reply, "spec.rules"));
	cJSON_Delete(elder);
}

static void note(char **why, const char *text)
{
	if (!*why)
		*why = xstrdup(text ? text : "");
}

/* The stack turns on the API that could tell; until then nothing is wrong. */
static bool api_is_off(const cJSON *reply)
{
	const cJSON *detail;
	cJSON_ArrayForEach(detail, json_at(reply, "error.details"))
		if (!strcmp(json_str(detail, "reason", ""), "SERVICE_DISABLED"))
			return true;
	return false;
}

/* A project in which nothing was built yet has the API of organisation policies off. Resource Manager's, by which the project itself was read, tells of
 * all but the managed ones, though not of conditions. */
static bool ask_elder(struct reading *r)
{
	bool may = r->of == READ_POLICY && !r->elder && !is_managed(r->policy);
	r->elder |= may;
	return may;
}

bool limits_take(struct limits *l, size_t i, int http, const cJSON *reply, const char *why)
{
	struct reading *r = &l->reads[i];
	if (http != 200) {
		bool off = r->of != READ_APIS && api_is_off(reply);
		if (off && ask_elder(r))
			return true;
		l->quota_off |= off && r->of != READ_POLICY;
		if (off)
			why = _("not known until its API is on");
		note(r->of == READ_APIS ? &l->apis_why : r->of == READ_POLICY ? &l->policy_why : &l->quota_why, why);
		return false;
	}
	switch (r->of) {
	case READ_APIS:
		take_apis(l, reply);
		break;
	case READ_REGION:
	case READ_PROJECT:
		take_quotas(l, reply, r->of == READ_REGION);
		break;
	case READ_POLICY:
		take_policy(l, r, reply);
		break;
	}
	return false;
}

bool limits_quota_hidden(const struct limits *l)
{
	return l->quota_off && !l->quota_read;
}

static bool is_broken(const struct limits *l, const char *id)
{
	const cJSON *f;
	cJSON_ArrayForEach(f, l->broken)
		if (!strcmp(json_str(f, "id", ""), id))
			return true;
	return false;
}

/* What is not in the way: it was read and is in order, or it could not be read. */
static void add_rest(const struct limits *l, cJSON *list, const char *id, const char *title, bool read, const char *good,
		     const char *why)
{
	if (is_broken(l, id))
		return;
	cJSON_AddItemToArray(list,
			     json_make("{'id':%s,'title':%s,'state':%s,'message':%s,'fix':%s}", id, title, read ? "ok" : "warn",
				       read  ? good
				       : why ? why
					     : "",
				       NULL));
}

cJSON *limits_findings(struct limits *l)
{
	cJSON *list = cJSON_Duplicate(l->broken, 1);
	int all = cJSON_GetArraySize(l->services);
	char *apis = xasprintf(_("%d of %d are on, the others are turned on"), l->apis_on < 0 ? 0 : l->apis_on, all);
	add_rest(l, list, "apis", _("APIs"), l->apis_on >= 0, apis, l->apis_why);
	if (l->needs->child)
		add_rest(l, list, "quota", _("Quota"), l->quota_read, _("enough"), l->quota_why);
	add_rest(l, list, "policy", _("Organisation policy"), l->policy_read && !l->policy_why, _("nothing in the way"),
		 l->policy_why);
	free(apis);
	return list;
}
