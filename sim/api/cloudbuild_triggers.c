/* Cloud Build's triggers, global and regional. What comes from a repository needs that to be connected, which only a person can do: those
 * that the world names in "repositories" ("OWNER/NAME") are. Nothing sets a trigger off but triggers.run. */
#include "config.h"
#include "sim/api/cloudbuild.h"
#include "sim/api/identity.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

#define TRIGGERS "cloudbuild.triggers"
#define REPOSITORIES "cloudbuild.repositories"

static bool refuse(struct sim_call *c, const char *why)
{
	sim_fail(c, "INVALID_ARGUMENT", NULL, "%s", why);
	return false;
}

static int said(const cJSON *doc, const char *const *fields)
{
	int n = 0;
	for (const char *const *f = fields; *f; f++)
		n += json_at(doc, *f) != NULL;
	return n;
}

/* What sets it off, and what is built then: one of each. */
static bool shape_ok(struct sim_call *c, const cJSON *doc)
{
	static const char *const events[] = {"triggerTemplate",
					     "github",
					     "pubsubConfig",
					     "webhookConfig",
					     "bitbucketServerTriggerConfig",
					     "repositoryEventConfig",
					     "developerConnectEventConfig",
					     NULL},
				 *const builds[] = {"build", "filename", "gitFileSource", "autodetect", NULL};
	int n = said(doc, events);
	if (n > 1)
		return refuse(c, "trigger must have exactly one event source configured");
	if (!n && !json_at(doc, "sourceToBuild") && !json_at(doc, "gitFileSource") && !json_at(doc, "build"))
		return refuse(
		    c, "trigger must specify a source: one of trigger_template, github, pubsub_config, webhook_config or "
		       "source_to_build");
	if (said(doc, builds) != 1)
		return refuse(c, "trigger must specify exactly one of build, filename, git_file_source or autodetect");
	if (json_at(doc, "github") && !said(json_at(doc, "github"), (const char *const[]){"push", "pullRequest", NULL}))
		return refuse(c, "github trigger must specify either push or pull_request");
	return true;
}

static bool name_ok(struct sim_call *c, const cJSON *doc)
{
	const char *name = json_str(doc, "name", "");
	size_t n = strlen(name);
	return (n && n <= 64 && strspn(name, LOWER_LETTERS UPPER_LETTERS DIGITS "-") == n && *name != '-' &&
		name[n - 1] != '-') ||
	       refuse(
		   c,
		   sim_tmp("trigger name \"%s\" must match ^[a-zA-Z0-9](?:-?[a-zA-Z0-9]+)*$ and be at most 64 characters long",
			   name));
}

/* Is this repository of GitHub's ("https://github.com/OWNER/NAME", or OWNER/NAME) connected to the project? */
static bool connected(struct sim_call *c, const char *repository)
{
	const char *at = strstr(repository, "github.com/");
	const char *name = at ? at + strlen("github.com/") : repository;
	if (sim_get(c->sim, REPOSITORIES, sim_tmp("%.*s", (int)(strlen(name) - (text_ends(name, ".git") ? 4 : 0)), name)))
		return true;
	sim_fail(
	    c, "FAILED_PRECONDITION", NULL,
	    "Repository mapping does not exist. Please visit https://console.cloud.google.com/cloud-build/triggers;region=%s/"
	    "connect?project=%s to connect a repository to your project",
	    !strcmp(sim_part(c, 3), "locations") ? sim_part(c, 4) : "global", sim_project_number(c->sim, c->project));
	return false;
}

static bool sources_ok(struct sim_call *c, const cJSON *doc)
{
	static const char *const sources[] = {"sourceToBuild", "gitFileSource"};
	const cJSON *github = json_at(doc, "github");
	if (github && !connected(c, sim_tmp("%s/%s", json_str(github, "owner", ""), json_str(github, "name", ""))))
		return false;
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		const cJSON *source = json_at(doc, sources[i]);
		if (source && !strcmp(json_str(source, "repoType", ""), "GITHUB") && !*json_str(source, "repository", "") &&
		    !connected(c, json_str(source, "uri", "")))
			return false;
	}
	return true;
}

static bool secret_ok(struct sim_call *c, const cJSON *doc)
{
	const char *name = json_str(doc, "webhookConfig.secret", "");
	if (!json_at(doc, "webhookConfig"))
		return true;
	return (text_starts(name, "projects/") && strstr(name, "/secrets/") && strstr(name, "/versions/")) ||
	       refuse(c, "webhook_config.secret must be of the form projects/*/secrets/*/versions/*");
}

static bool account_ok(struct sim_call *c, const cJSON *doc)
{
	const char *name = json_str(doc, "serviceAccount", ""), *email = strstr(name, "/serviceAccounts/");
	if (!*name)
		return true;
	if (!email)
		return refuse(c, "invalid value for 'service_account': service account must be of the form "
				 "'projects/{PROJECT_ID}/serviceAccounts/{ACCOUNT}'");
	if (sim_account_exists(c->sim, email + strlen("/serviceAccounts/"), true) &&
	    sim_may_act_as(c, email + strlen("/serviceAccounts/")))
		return true;
	sim_fail(c, "PERMISSION_DENIED", NULL, "caller does not have permission to act as service account %s", name);
	return false;
}

static const struct sim_object *named_so(struct sim_call *c, const char *prefix, const char *name)
{
	for (struct sim_object *o = sim_first(c->sim, TRIGGERS, prefix); o; o = sim_following(c->sim, o, prefix))
		if (!strcmp(json_str(o->doc, "name", ""), name))
			return o;
	return NULL;
}

static const char *triggers_prefix(const struct sim_call *c)
{
	bool regional = !strcmp(sim_part(c, 3), "locations");
	return sim_tmp("projects/%s/locations/%s/triggers/", c->project, regional ? sim_part(c, 4) : "global");
}

static bool trigger_placed(struct sim_call *c)
{
	bool regional = !strcmp(sim_part(c, 3), "locations");
	if (!regional || !strcmp(sim_part(c, 4), "global") || sim_is_region(sim_part(c, 4)))
		return true;
	sim_fail(c, "PERMISSION_DENIED", NULL, "Permission denied on 'locations/%s' (or it may not exist).", sim_part(c, 4));
	return false;
}

static const char *trigger_named(struct sim_call *c)
{
	char id[37];
	sim_uuid(c->sim, id);
	return sim_tmp("%s", id);
}

static bool trigger_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *path = json_str(doc, "resourceName", "");
	if (!*json_str(doc, "name", "") && !old)
		json_put_str(doc, "name", sim_tmp("trigger-%.8s", strrchr(path, '/') + 1));
	const struct sim_object *other = named_so(c, triggers_prefix(c), json_str(doc, "name", ""));
	if (!name_ok(c, doc) || !shape_ok(c, doc) || !sources_ok(c, doc) || !secret_ok(c, doc) || !account_ok(c, doc))
		return false;
	if (other && other != old) {
		sim_fail(c, "ALREADY_EXISTS", NULL, "Trigger \"%s\" already exists", json_str(doc, "name", ""));
		return false;
	}
	json_put_str(doc, "id", strrchr(path, '/') + 1);
	if (json_at(doc, "pubsubConfig"))
		json_put_str(doc, "pubsubConfig.subscription",
			     sim_tmp("projects/%s/subscriptions/gcb-%s", c->project, json_str(doc, "name", "")));
	return true;
}

/* By its id or by its name. */
static struct sim_object *find_trigger(struct sim_call *c, const struct sim_resource *r)
{
	const char *id = sim_path_part(c, "triggers"), *key = sim_tmp("%s%s", triggers_prefix(c), id);
	struct sim_object *o = sim_get(c->sim, r->collection, key);
	const struct sim_object *named = o ? NULL : named_so(c, triggers_prefix(c), id);
	o = named ? sim_get(c->sim, r->collection, named->key) : o;
	if (!o)
		sim_fail(c, "NOT_FOUND", NULL, "%s", "Requested entity was not found.");
	return o;
}

/* Its build, as if somebody had asked for it. What would be read from a repository is out of reach here. */
static void trigger_run(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o)
		return;
	if (!json_at(o->doc, "build") || json_at(o->doc, "sourceToBuild") || json_at(o->doc, "triggerTemplate")) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "Couldn't read commit");
		return;
	}
	cJSON *build = cJSON_Duplicate(json_at(o->doc, "build"), true), *own = json_at(build, "substitutions"), *one;
	const cJSON *given[] = {json_at(o->doc, "substitutions"), json_at(c->body, "source.substitutions"),
				json_at(c->body, "substitutions")};
	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		cJSON_ArrayForEach(one, given[i]) {
			own = own ? own : cJSON_AddObjectToObject(build, "substitutions");
			cJSON_DeleteItemFromObjectCaseSensitive(own, one->string);
			cJSON_AddItemToObject(own, one->string, cJSON_Duplicate(one, true));
		}
	if (*json_str(o->doc, "serviceAccount", ""))
		json_put_str(build, "serviceAccount", json_str(o->doc, "serviceAccount", ""));
	json_put_str(build, "buildTriggerId", json_str(o->doc, "id", ""));
	cJSON_Delete(sim_take_body(c));
	c->body = build;
	build_create(c);
}

static void triggers_seed(struct sim *s, const cJSON *world)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, json_at(world, "repositories"))
		if (cJSON_IsString(one) && !sim_get(s, REPOSITORIES, one->valuestring))
			sim_put(s, REPOSITORIES, one->valuestring, cJSON_CreateObject());
}

#define P "cloudbuild.projects."
#define L P "locations."
#define TRIGGER(path)                                                                                                          \
	.collection = TRIGGERS, .key = path, .named_in = "resourceName", .find = find_trigger, .field = "triggers",            \
	.placed = trigger_placed, .named = trigger_named, .created = "createTime", .decimals = 9,                              \
	.complete = trigger_complete, .kept = "id createTime", .whole = true
static const struct sim_resource resources[] = {
    {.methods = P "triggers", TRIGGER("projects/{project}/locations/global/triggers/{triggers}")},
    {.methods = L "triggers", TRIGGER("projects/{project}/locations/{locations}/triggers/{triggers}")},
    {0},
};

#define TRIGGER_ROUTES(m)                                                                                                      \
	{m ".create", resource_create, "cloudbuild.builds.create", NULL},                                                      \
	    {m ".get", resource_get, "cloudbuild.builds.get", NULL},                                                           \
	    {m ".list", resource_list, "cloudbuild.builds.list", NULL},                                                        \
	    {m ".patch", resource_patch, "cloudbuild.builds.update", NULL},                                                    \
	    {m ".delete", resource_delete, "cloudbuild.builds.update", NULL},                                                  \
	{                                                                                                                      \
		m ".run", trigger_run, "cloudbuild.builds.create", NULL                                                        \
	}
static const struct sim_route routes[] = {
    TRIGGER_ROUTES(P "triggers"),
    TRIGGER_ROUTES(L "triggers"),
    {0},
};

const struct sim_api sim_cloudbuild_triggers = {
    .name = "cloudbuild",
    .service = "cloudbuild.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .seed = triggers_seed,
    .resources = resources,
};
