/* Who may enter: the questions that every wall made of Google accounts asks. An auth mode lists among its asks those that it heeds. */
#include "config.h"
#include "plan/people.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "plan/axes.h"
#include "plan/github.h"
#include "plan/auth_oauth2_proxy_providers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_everybody(const char *value)
{
	return !strcasecmp(value, "allUsers") || !strcasecmp(value, "allAuthenticatedUsers") || !strcmp(value, "*");
}

static const char *check_person(const struct answers *a, const char *value)
{
	(void)a;
	if (is_everybody(value))
		return N_("This would let everybody in. Name people, or a domain that you own.");
	for (const char *const *p = (const char *const[]){"user:", "group:", "serviceAccount:", "domain:", NULL}; *p; p++) {
		if (text_starts(value, *p))
			return N_("Write the address alone, without a prefix such as user: or group:.");
	}
	if (text_ends(value, "gserviceaccount.com"))
		return N_("This is a service account: list it under auth.service_accounts.");
	if (text_ends(value, "@googlegroups.com"))
		return N_(
		    "This is a group, which cannot sign in: name its members, or choose a way to sign in that knows groups.");
	const char *at = strchr(value, '@');
	if (at && strchr(at + 1, '@'))
		return N_("An e-mail address has one @ only.");
	return NULL;
}

/* oauth2-proxy admits whoever proves an address of a listed domain; anyone can get one of these (MLflow sheet C7-12, F3-09). */
static const char *check_domain(const struct answers *a, const char *value)
{
	static const char *const open[] = {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com",
					   "yahoo.com", "icloud.com",     NULL};
	if (is_everybody(value))
		return N_("This would let everybody in. Name a domain that you own.");
	if (text_ends(value, "gserviceaccount.com"))
		return N_(
		    "This would let every service account of the world in. List single ones under auth.service_accounts.");
	if (strchr(value, '@'))
		return N_("This is an address: list it under auth.users. A domain is what follows the @.");
	for (const char *const *o = open; *o; o++) {
		if (!strcasecmp(value, *o))
			return N_("Anybody can have an address there. List single addresses under auth.users.");
	}
	return provider_domain_wrong(a, value);
}

static const char *check_service_account(const struct answers *a, const char *value)
{
	(void)a;
	if (is_everybody(value))
		return N_("This would let everybody in. Name single service accounts.");
	if (text_ends(value, "@developer.gserviceaccount.com") || text_ends(value, "@appspot.gserviceaccount.com"))
		return N_("This is a default service account that much else shares. Make one for the client.");
	return NULL;
}

static const char *check_group(const struct answers *a, const char *value)
{
	const char *why = text_ends(value, "@googlegroups.com") ? NULL : check_person(a, value);
	if (!why && text_ends(value, "@gmail.com"))
		return N_("This is a person's address: list it under auth.users.");
	return why;
}

static const struct choice makers[] = {
    {.id = "listed",
     .title = N_("Whoever is let in"),
     .help = N_("Everybody whom the answers name, as far as the account is Google's: a laptop then needs no key, only its "
		"owner's sign-in.")},
    {.id = "operator", .title = N_("The operator"), .help = N_("Only who runs the installer; others sign in with a browser.")},
    {.id = NULL},
};

/* Through a tunnel nobody shows a token. */
static bool tokens_are_shown(const struct answers *a)
{
	return !axes_of(a).exposure->reach;
}

static bool mode_asks(const struct answers *a, const char *id)
{
	const char *const *asks = axes_of(a).auth->choice.asks;
	while (asks && *asks && strcmp(*asks, id) != 0)
		asks++;
	return asks && *asks;
}

/* Where people are let in by a list of addresses nobody knows a group's members: it would be let in to the bucket (direct artifacts) and nowhere else. */
static bool groups_are_known(const struct answers *a)
{
	return mode_asks(a, "auth.groups") || !mode_asks(a, "auth.users");
}

/* clang-format off */
const struct question people_questions[] = {
	{.id = "auth.users", .page = "auth", .type = TYPE_LIST, .admits = true, .title = N_("People"),
	 .help = N_("E-mail addresses of those who may enter, as whoever signs them in knows them. Anybody else is turned away, whoever vouches for them."),
	 .after = "auth.mode", .optional = true, .shared = true, .suggests = "who",
	 .pattern = "^[A-Za-z0-9._%+'-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z]{2,}$",
	 .form = N_("An e-mail address, such as ada@example.com."),
	 .check = check_person},
	{.id = "auth.groups", .page = "auth", .type = TYPE_LIST, .admits = true, .title = N_("Groups"),
	 .help = N_("Google groups whose members may enter. Who is in a group is decided there, and takes effect within minutes."),
	 .after = "auth.mode", .optional = true, .shared = true, .when = groups_are_known,
	 .pattern = "^[A-Za-z0-9._%+'-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z]{2,}$",
	 .form = N_("A group's address, such as ml-team@example.com."),
	 .check = check_group},
	{.id = "auth.domains", .page = "auth", .type = TYPE_LIST, .admits = true, .title = N_("Domains"),
	 .help = N_("Everybody who signs in with an address of these domains may enter. Name only domains that your organisation owns."),
	 .after = "auth.mode", .optional = true, .shared = true,
	 .pattern = "^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$",
	 .form = N_("A domain in lower case, such as example.com."),
	 .check = check_domain},
	{.id = "auth.service_accounts", .page = "auth", .type = TYPE_LIST, .admits = true, .title = N_("Service accounts"),
	 .help = N_("Machines that may enter with an ID token: training jobs, CI. Each is listed by name."),
	 .after = "auth.mode", .optional = true, .shared = true,
	 .pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?@[a-z0-9.-]+\\.gserviceaccount\\.com$",
	 .form = N_("A service account's address: NAME@PROJECT.iam.gserviceaccount.com."),
	 .check = check_service_account},
	{.id = "auth.tokens", .quiet = true, .page = "auth", .type = TYPE_CHOICE, .title = N_("Who may make tokens"),
	 .help = N_("Programs show a token of an account that the stack keeps for them, which has no key and no other right. Who may have one made by Google; needed to "
		    "log runs from a laptop. Where an organisation shares with its own members only, outsiders cannot be let do that."),
	 .after = "auth.mode", .shared = true, .when = tokens_are_shown, .choices = makers, .preset = "listed"},
	{.id = NULL},
};
/* clang-format on */

bool people_named(const struct answers *a)
{
	return cJSON_GetArraySize(answers_get(a, "auth.users")) || cJSON_GetArraySize(answers_get(a, "auth.domains"));
}

void people_check(const struct answers *a, problem_fn *found, void *arg)
{
	const struct question *groups = question_find("auth.groups");
	int named = cJSON_GetArraySize(answers_get(a, "auth.users")) + cJSON_GetArraySize(answers_get(a, "auth.domains"));
	if (answers_asked(a, groups))
		named += cJSON_GetArraySize(answers_get(a, groups->id));
	if (!named)
		found(arg, "auth.users", _("Nobody could sign in: name at least one person or one domain."));
}

static void add_members(cJSON *list, const cJSON *addresses, const char *prefix)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, addresses) {
		char *member = xasprintf("%s:%s", prefix, one->valuestring);
		cJSON_AddItemToArray(list, cJSON_CreateString(member));
		free(member);
	}
}

cJSON *people_members(const struct answers *a)
{
	cJSON *list = cJSON_CreateArray();
	bool google = provider_of(a)->google;
	if (google)
		add_members(list, answers_get(a, "auth.users"), "user");
	if (google && answers_asked(a, question_find("auth.groups")))
		add_members(list, answers_get(a, "auth.groups"), "group");
	if (google)
		add_members(list, answers_get(a, "auth.domains"), "domain");
	add_members(list, answers_get(a, "auth.service_accounts"), "serviceAccount");
	return list;
}

static void add_once(cJSON *members, const char *member)
{
	const cJSON *m;
	cJSON_ArrayForEach(m, members)
		if (!strcmp(m->valuestring, member))
			return;
	cJSON_AddItemToArray(members, cJSON_CreateString(member));
}

void people_add_operators(const struct answers *a, cJSON *members)
{
	const char *operator= json_str(a->resolved, "operator", "");
	char *member = xasprintf("%s:%s", text_ends(operator, ".gserviceaccount.com") ? "serviceAccount" : "user", operator);
	char *deployer = github_deployer(a);
	if (*operator&& !github_is_workflow(a, operator))
		add_once(members, member);
	if (deployer)
		add_once(members, deployer);
	free(deployer);
	free(member);
}

cJSON *people_token_makers(const struct answers *a)
{
	bool listed = !strcmp(answers_str(a, "auth.tokens"), "listed");
	cJSON *members = listed ? people_members(a) : cJSON_CreateArray();
	people_add_operators(a, members);
	return members;
}

cJSON *gate_path(const struct gate *gate)
{
	return gate->refers ? cJSON_Duplicate(gate->refers, 1) : cJSON_CreateString(gate->path);
}

#define ACCOUNTS ".iam.gserviceaccount.com"

/* Google's own (default accounts, agents) are not looked for, nor those of a project that is scoped by a domain: their addresses do not tell the project. Those
 * of the stack are made by it. */
static bool is_given(const struct plan *p, const char *email)
{
	bool own = text_starts(email, p->stack) && email[strlen(p->stack)] == '-';
	const char *project = strchr(email, '@') + 1; /* the question's pattern has one */
	return !strcmp(project + strcspn(project, "."), ACCOUNTS) && !own;
}

void people_look(struct design *d)
{
	struct plan *p = d->plan;
	const char *before = p->decided_by;
	const cJSON *one;
	if (!answers_asked(d->answers, question_find("auth.service_accounts")))
		return;
	p->decided_by = "auth.service_accounts";
	cJSON_ArrayForEach(one, answers_get(d->answers, p->decided_by)) {
		char *id = xasprintf("given/%s", one->valuestring);
		const char *at = strchr(one->valuestring, '@');
		char *home = xstrndup(at + 1, strcspn(at + 1, "."));
		if (is_given(p, one->valuestring))
			plan_needs(plan_add(p, id, "iam.givenServiceAccount", one->valuestring, json_make("{'home':%s}", home)),
				   "apis");
		free(home);
		free(id);
	}
	p->decided_by = before;
}

/* Is "serviceAccount:EMAIL" a member of one of the bindings? */
static bool names_member(const cJSON *bindings, const char *email)
{
	char *member = xasprintf("serviceAccount:%s", email);
	const cJSON *binding, *one;
	bool found = false;
	cJSON_ArrayForEach(binding, bindings)
		cJSON_ArrayForEach(one, json_at(binding, "members"))
			found |= cJSON_IsString(one) && !strcmp(one->valuestring, member);
	free(member);
	return found;
}

void people_wait(struct design *d)
{
	struct plan *p = d->plan;
	const cJSON *one;
	cJSON_ArrayForEach(one, answers_get(d->answers, "auth.service_accounts")) {
		char *id = xasprintf("given/%s", one->valuestring);
		for (size_t i = 0; plan_find(p, id) && i < p->count; i++)
			if (names_member(json_at(p->resources[i].spec, "bindings"), one->valuestring))
				plan_needs(&p->resources[i], id);
		free(id);
	}
}

void people_let_in(struct design *d, const struct gate *gate, const char *after)
{
	struct plan *p = d->plan;
	cJSON *members = people_members(d->answers);
	if (p->prover) {
		char *prover = xasprintf("serviceAccount:%s", p->prover);
		cJSON_AddItemToArray(members, cJSON_CreateString(prover));
		free(prover);
	}
	struct resource *r = plan_add(p, "iam/people", "iam.policy", _("who may enter"),
				      json_make("{'holder':%s,'resource':%j,'bindings':[{'role':%s,'members':%j}]}",
						gate->holder, gate_path(gate), gate->role, members));
	plan_needs(r, after);
	if (p->prover)
		plan_needs(r, "sa/prover");
}
