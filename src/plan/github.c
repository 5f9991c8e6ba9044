/* A GitHub repository whose workflows plan and apply the stack. GitHub's tokens are exchanged for Google's: those of any workflow of the repository for an
 * account that reads (a plan of a pull request), those of a push to one branch for an account that changes. There is no key to be stolen. */
#include "config.h"
#include "plan/github.h"

#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "gcp/roles.h"
#include "plan/naming.h"
#include "plan/parts.h"
#include "plan/permissions.h"

#include <stdlib.h>
#include <string.h>

#define ISSUER "https://token.actions.githubusercontent.com"
#define PROVIDER "github"
#define SUBJECT_MAX 127 /* Google's, of google.subject */

static const struct choice services[] = {
    {.id = "none", .title = N_("Nobody"), .help = N_("The stack is planned and applied by hand.")},
    {.id = "github",
     .title = N_("GitHub Actions"),
     .help = N_("Workflows of one repository: pull requests are planned, one branch is applied. No key is made.")},
    {.id = NULL},
};

static bool by_github(const struct answers *a)
{
	return !strcmp(answers_str(a, "ci.service"), "github");
}

/* What GitHub's token of a push to a branch has as its subject: Google takes no longer one. It is not gone by: GitHub puts numbers into those of newer
 * repositories, and their owners may choose another form. */
static char *subject_of(const char *repository, const char *branch)
{
	return xasprintf("repo:%s:ref:refs/heads/%s", repository, branch);
}

#define REPOSITORY_FORM N_("OWNER/REPOSITORY, with capitals as GitHub has them.")
#define BRANCH_FORM N_("A branch's name, such as main.")

/* What git takes for the name of a branch, as far as the pattern does not tell; refs/heads/main is how main is written in full. */
static bool is_branch(const char *name)
{
	static const char *const never[] = {"..", "//", "/.", ".lock/", NULL};
	bool good = !text_ends(name, "/") && !text_ends(name, ".") && !text_ends(name, ".lock") && !text_starts(name, "refs/");
	for (const char *const *n = never; *n; n++)
		good &= !strstr(name, *n);
	return good;
}

/* The address with .git behind is where git finds it. */
static const char *check_repository(const struct answers *a, const char *value)
{
	(void)a;
	const char *slash = strchr(value, '/'), *name = slash ? slash + 1 : value;
	bool good = !text_ends(name, ".git") && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
	return good ? NULL : REPOSITORY_FORM;
}

static const char *check_branch(const struct answers *a, const char *value)
{
	if (!is_branch(value))
		return BRANCH_FORM;
	char *subject = subject_of(answers_str(a, "github.repository"), value);
	bool fits = strlen(subject) <= SUBJECT_MAX;
	free(subject);
	return fits ? NULL : N_("Repository and branch together are longer than Google takes: give the branch a shorter name.");
}

/* clang-format off */
const struct question github_questions[] = {
	{.id = "ci.service", .quiet = true, .page = "image", .type = TYPE_CHOICE, .title = N_("Who else applies it"),
	 .help = N_("A service that keeps the stack as the answers file in a repository says, without a key. Whoever may push to its branch may then change "
		    "everything of the stack, and grant rights in the project."),
	 .after = "image.digest", .choices = services, .preset = "none"},
	{.id = "github.repository", .page = "image", .type = TYPE_TEXT, .title = N_("GitHub repository"),
	 .help = N_("The repository that holds the answers file, as GitHub writes it. render writes the workflow for it."),
	 .after = "ci.service", .when = by_github,
	 .pattern = "^[A-Za-z0-9]([A-Za-z0-9-]{0,37}[A-Za-z0-9])?/[A-Za-z0-9._-]{1,100}$",
	 .form = REPOSITORY_FORM,
	 .check = check_repository},
	{.id = "github.repository_id", .page = "image", .type = TYPE_TEXT, .title = N_("Its number at GitHub"),
	 .help = N_("A name can be taken by somebody else once a repository is renamed or deleted; its number cannot. Shown by: gh api repos/OWNER/REPOSITORY --jq .id"),
	 .after = "github.repository", .when = by_github,
	 .pattern = "^[1-9][0-9]{0,18}$",
	 .form = N_("The number alone, such as 1296269.")},
	{.id = "github.branch", .page = "image", .type = TYPE_TEXT, .title = N_("Branch that is applied"),
	 .help = N_("Only workflows of this branch may change anything. Those of others, and of pull requests, only look at what a plan looks at."),
	 .after = "github.repository_id", .when = by_github, .preset = "main",
	 .pattern = "^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$",
	 .form = BRANCH_FORM,
	 .check = check_branch},
	{.id = NULL},
};
/* clang-format on */

/* The e-mail of the account for what. */
static char *email_of(const struct answers *a, const char *what)
{
	return name_email(answers_str(a, "stack.name"), what, answers_str(a, "project.id"));
}

char *github_deployer(const struct answers *a)
{
	if (!by_github(a))
		return NULL;
	char *email = email_of(a, "deployer"), *member = xasprintf("serviceAccount:%s", email);
	free(email);
	return member;
}

bool github_is_workflow(const struct answers *a, const char *email)
{
	char *planner = email_of(a, "planner"), *deployer = email_of(a, "deployer");
	bool is = !strcmp(planner, email) || !strcmp(deployer, email);
	free(planner);
	free(deployer);
	return is;
}

/* "projects/NUMBER/locations/global/workloadIdentityPools/NAME", as members and audiences name it. */
static char *pool_path(const struct plan *p)
{
	char *name = name_of(p->stack, "github"),
	     *path = xasprintf("projects/%s/locations/global/workloadIdentityPools/%s", p->number, name);
	free(name);
	return path;
}

/* Members are known by the repository's number, which nobody else can take. What started a workflow is part of it: on the branch run those that anybody starts by a comment, or by a pull request from a fork
 * (pull_request_target), too. */
#define STARTED "assertion.repository_id + ':' + assertion.event_name + ':' + assertion.ref"

/* What the provider makes of a push to the branch, as a member of policies. */
static char *pushed_to(const char *pool, const char *number, const char *branch)
{
	return xasprintf("principalSet://iam.googleapis.com/%s/attribute.started/%s:push:refs/heads/%s", pool, number, branch);
}

/* The condition keeps every other repository of the world out: the issuer is everybody's. */
static void add_pool(struct plan *p, const char *repository, const char *number)
{
	char *name = name_of(p->stack, "github"), *parent = xasprintf("locations/global/workloadIdentityPools/%s", name);
	char *condition = xasprintf("assertion.repository_id == '%s' && assertion.repository == '%s'", number, repository);
	plan_needs(plan_add(p, "github/pool", "iam.workloadIdentityPool", name,
			    json_make("{'body':{'displayName':'GitHub Actions'}}")),
		   "apis");
	plan_needs(plan_add(p, "github/provider", "iam.workloadIdentityPoolProvider", PROVIDER,
			    json_make("{'parent':%s,'body':{'displayName':'GitHub Actions','oidc':{'issuerUri':'" ISSUER
				      "'},'attributeCondition':%s,'attributeMapping':{'google.subject':'assertion.sub',"
				      "'attribute.repository_id':'assertion.repository_id','attribute.started':%s}}}",
				      parent, condition, STARTED)),
		   "github/pool");
	free(condition);
	free(parent);
	free(name);
}

/* An account that these members of the pool may become; returns its e-mail. */
static char *add_identity(struct plan *p, const char *what, const char *title, const char *who)
{
	char *email = part_account(p, what, title), *id = xasprintf("github-%s", what), *account = xasprintf("sa/%s", what);
	char *path = xasprintf("projects/%s/serviceAccounts/%s", p->project, email);
	plan_needs(part_grant(p, id, "serviceAccount", path, "roles/iam.workloadIdentityUser", who, account), "github/pool");
	free(path);
	free(account);
	free(id);
	return email;
}

static void add_role(cJSON *bindings, const char *role, const char *member)
{
	const cJSON *b;
	cJSON_ArrayForEach(b, bindings)
		if (!strcmp(json_str(b, "role", ""), role))
			return;
	cJSON_AddItemToArray(bindings, json_make("{'role':%s,'members':[%s]}", role, member));
}

static void grant_roles(struct plan *p, const char *id, const char *what, cJSON *bindings)
{
	char *path = xasprintf("projects/%s", p->project), *account = xasprintf("sa/%s", what);
	plan_needs(
	    plan_add(p, id, "iam.policy", what, json_make("{'holder':'project','resource':%s,'bindings':%j}", path, bindings)),
	    account);
	free(account);
	free(path);
}

/* For each permission of the deeds the role that holds it. */
static void add_roles(const struct plan *p, unsigned deeds, const char *(*holding)(const char *permission), cJSON *bindings,
		      const char *member)
{
	cJSON *permissions = plan_permissions(p, deeds);
	const cJSON *permission;
	cJSON_ArrayForEach(permission, permissions) {
		const char *role = holding(permission->valuestring);
		if (role)
			add_role(bindings, role, member);
	}
	cJSON_Delete(permissions);
}

/* For each permission that applying this plan asks for, the role that an operator is told to get for it. What carries the stack's marks is looked for
 * among kinds that are not planned too, by a reviewer's eyes. */
static void let_deploy(struct plan *p, const char *email)
{
	char *member = xasprintf("serviceAccount:%s", email);
	cJSON *bindings = cJSON_CreateArray();
	add_roles(p, DEEDS_OF_APPLY | DEED_BIT(DEED_DESTROY), role_holding, bindings, member);
	add_roles(p, DEED_BIT(DEED_LIST), role_reading, bindings, member);
	add_role(bindings, "roles/resourcemanager.projectIamAdmin", member);
	grant_roles(p, "iam/deployer", "deployer", bindings);
	free(member);
}

/* A file that was rendered and is kept as a secret is read back to be compared, which no viewer may. What was drawn or typed is not read. */
static void let_compare(struct plan *p, const char *member)
{
	size_t count = p->count;
	for (size_t i = 0; i < count; i++) {
		const struct resource *r = &p->resources[i];
		if (!r->kind->opens || !json_at(r->spec, r->kind->opens))
			continue;
		char *id = xasprintf("planner-%s", r->name), *path = xasprintf("projects/%s/secrets/%s", p->project, r->name);
		char *version = xstrdup(r->id);
		plan_needs(part_grant(p, id, "secret", path, "roles/secretmanager.secretAccessor", member, version),
			   "sa/planner");
		free(version);
		free(path);
		free(id);
	}
}

/* Roles that show what a plan looks at and nothing that the stack or others keep; of objects only the image's source is looked at. */
static void let_read(struct plan *p, const char *email)
{
	char *member = xasprintf("serviceAccount:%s", email);
	const struct resource *build = plan_find(p, "bucket/build");
	char *path = build ? xasprintf("b/%s", build->name) : NULL;
	cJSON *bindings = cJSON_CreateArray();
	add_roles(p, DEED_BIT(DEED_READ) | DEED_BIT(DEED_LIST), role_reading, bindings, member);
	grant_roles(p, "iam/planner", "planner", bindings);
	let_compare(p, member);
	if (path)
		plan_needs(part_grant(p, "planner-build", "bucket", path, "roles/storage.objectViewer", member, "bucket/build"),
			   "sa/planner");
	free(path);
	free(member);
}

static const struct render_row files[] = {
    {"github/mlflow.yml.mustache", ".github/workflows/mlflow.yml", ESCAPE_YAML, 0644, false},
    {NULL, NULL, 0, 0, false},
};

static void add_workflow(struct design *d, const char *pool, const char *planner, const char *deployer)
{
	struct plan *p = d->plan;
	char *provider = xasprintf("%s/providers/" PROVIDER, pool);
	json_put(p->render, "github",
		 json_make("{'branch':%s,'provider':%s,'planner':%s,'deployer':%s,'shows':%b}",
			   answers_str(d->answers, "github.branch"), provider, planner, deployer,
			   p->wall.shows != CREDENTIAL_CHANNEL));
	plan_files(p, files);
	free(provider);
}

void github_plan(struct design *d)
{
	struct plan *p = d->plan;
	if (!by_github(d->answers))
		return;
	const char *number = answers_str(d->answers, "github.repository_id");
	char *pool = pool_path(p), *branch = pushed_to(pool, number, answers_str(d->answers, "github.branch"));
	char *all = xasprintf("principalSet://iam.googleapis.com/%s/attribute.repository_id/%s", pool, number);
	add_pool(p, answers_str(d->answers, "github.repository"), number);
	char *planner = add_identity(p, "planner", "MLflow plans", all),
	     *deployer = add_identity(p, "deployer", "MLflow deployment", branch);
	let_read(p, planner);
	let_deploy(p, deployer);
	add_workflow(d, pool, planner, deployer);
	free(planner);
	free(deployer);
	free(all);
	free(branch);
	free(pool);
}
