/* Artifact Registry v1: repositories, what is in them, their operations and IAM. PATCH answers the repository itself, create and delete an
 * operation; a repository is seen once its operation is done. The registry's own (Docker) API is docker_registry.c. */
#include "config.h"
#include "sim/api/artifactregistry.h"
#include "sim/api/resource.h"

#include "base/json.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define REPOSITORIES "artifactregistry.repositories"
#define OPERATIONS "artifactregistry.operations"
#define V1 "type.googleapis.com/google.devtools.artifactregistry.v1."

static const char *repository_name(const struct sim_call *c)
{
	return sim_tmp("%s/repositories/%s", sim_parent(c), sim_part(c, 6));
}

/* The whole name after the version: "projects/P/.../packages/a%2Fb/versions/sha256:x" with the project's id. A slash in a package's name
 * may come encoded once or twice; it is kept encoded. */
static const char *artifact_name(const struct sim_call *c)
{
	const char *rest = strstr(c->path, "/projects/");
	const char *after = rest ? strchr(rest + 10, '/') : NULL, *package = after ? strstr(after, "/packages/") : NULL;
	if (!package)
		return sim_tmp("projects/%s%s", c->project, after ? after : "");
	package += 10;
	const char *end = strstr(package, "/versions"), *tags = strstr(package, "/tags");
	end = end ? end : tags ? tags : package + strlen(package);
	struct buf name = {0};
	for (const char *p = package; p < end; p++)
		buf_puts(&name, *p == '/' ? "%2F" : (char[]){*p, 0});
	const char *full = sim_tmp("projects/%s%.*s%s%s", c->project, (int)(package - after), after, buf_text(&name), end);
	buf_free(&name);
	return full;
}

/* What is in a repository, by its whole name. */
static struct sim_object *in_repository(struct sim_call *c, const struct sim_resource *r);
static bool repository_placed(struct sim_call *c), repository_valid(struct sim_call *c, const char *id),
    repository_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old),
    repository_changing(struct sim_call *c, const struct sim_object *o),
    tag_wanted(const struct sim_call *c, const struct sim_object *o),
    tag_changing(struct sim_call *c, const struct sim_object *o), rule_valid(struct sim_call *c, const char *id),
    package_deleting(struct sim_call *c, struct sim_object *o),
    artifactregistry_version_deleting(struct sim_call *c, struct sim_object *o);
static struct sim_object *removed_at_once(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb);
static cJSON *repository_operation(struct sim_call *c, const char *key, const char *verb);

#define P "artifactregistry.projects.locations."
#define R P "repositories"
#define HERE "projects/{project}/locations/{locations}/"
static const struct sim_operations repository_operations = {.collection = OPERATIONS, .begun = repository_operation},
				   at_once = {.begin = removed_at_once};
enum { REPOSITORY };
static const struct sim_resource resources[] = {
    [REPOSITORY] = {.methods = R,
		    .collection = REPOSITORIES,
		    .key = HERE "repositories/{repositories}",
		    .field = "repositories",
		    .holder = "//artifactregistry.googleapis.com/",
		    .id = "repositoryId",
		    .placed = repository_placed,
		    .valid = repository_valid,
		    .taken = "the repository already exists",
		    .created = "createTime",
		    .updated = "updateTime",
		    .decimals = 6,
		    .complete = repository_complete,
		    .changing = repository_changing,
		    .below = "artifactregistry.packages artifactregistry.versions artifactregistry.tags "
			     "artifactregistry.dockerImages",
		    .operations = &repository_operations,
		    .create = "artifactregistry.repository.create",
		    .remove = "artifactregistry.repository.delete",
		    .type = V1 "Repository",
		    .unsaid = "createTime updateTime",
		    .awaited = true,
		    .lasts = true},
    {.methods = R ".dockerImages",
     .collection = "artifactregistry.dockerImages",
     .field = "dockerImages",
     .find = in_repository},
    {.methods = R ".packages",
     .collection = "artifactregistry.packages",
     .field = "packages",
     .find = in_repository,
     .updated = "updateTime",
     .decimals = 6,
     .deleting = package_deleting,
     .below = "artifactregistry.versions artifactregistry.tags",
     .operations = &at_once},
    {.methods = R ".packages.versions",
     .collection = "artifactregistry.versions",
     .field = "versions",
     .find = in_repository,
     .updated = "updateTime",
     .decimals = 6,
     .deleting = artifactregistry_version_deleting,
     .operations = &at_once},
    {.methods = R ".packages.tags",
     .collection = "artifactregistry.tags",
     .field = "tags",
     .find = in_repository,
     .shown = tag_wanted,
     .changing = tag_changing},
    {.methods = R ".rules",
     .collection = "artifactregistry.rules",
     .key = HERE "repositories/{repositories}/rules/{rules}",
     .field = "rules",
     .within = &resources[REPOSITORY],
     .nested = true,
     .id = "ruleId",
     .valid = rule_valid,
     .taken = "the rule already exists"},
    {.methods = P "operations", .collection = OPERATIONS, .key = HERE "operations/{operations}"},
    {0},
};

static struct sim_object *repository(struct sim_call *c)
{
	return resource_find(c, &resources[REPOSITORY]);
}

static struct sim_object *in_repository(struct sim_call *c, const struct sim_resource *r)
{
	if (!repository(c))
		return NULL;
	struct sim_object *o = sim_get(c->sim, r->collection, artifact_name(c));
	if (!o)
		sim_fail(c, "NOT_FOUND", NULL, "Requested entity was not found.");
	return o;
}

void artifact_guard(const struct sim_call *c, struct buf *out)
{
	const char *kind = sim_segment(c, 5);
	if (kind && !strcmp(kind, "repositories") && sim_segment(c, 6) && *sim_segment(c, 6))
		buf_printf(out, "//artifactregistry.googleapis.com/%s", repository_name(c));
	else
		buf_printf(out, "//cloudresourcemanager.googleapis.com/projects/%s", c->project ? c->project : "");
}

static bool good_id(const char *id)
{
	size_t len = strlen(id);
	if (!len || len > 63 || !islower((unsigned char)*id) || id[len - 1] == '-')
		return false;
	return strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* The repositories that stand behind Container Registry's hosts have their names, and their places. */
static bool registry_id(const char *id, const char *location)
{
	return !strcmp(location, "us")       ? !strcmp(id, "gcr.io") || !strcmp(id, "us.gcr.io")
	       : !strcmp(location, "europe") ? !strcmp(id, "eu.gcr.io")
	       : !strcmp(location, "asia")   ? !strcmp(id, "asia.gcr.io")
					     : false;
}

static bool good_location(const char *location)
{
	return sim_is_region(location) || !strcmp(location, "us") || !strcmp(location, "europe") || !strcmp(location, "asia");
}

/* What the server says of a new repository beyond what was sent. */
static void dress(struct sim *s, cJSON *doc, const char *name)
{
	size_t project = strcspn(name + 9, "/");
	const char *location = strstr(name, "/locations/") + strlen("/locations/"),
		   *owner = sim_tmp("%.*s", (int)project, name + 9);
	const char *mode = json_str(doc, "mode", "MODE_UNSPECIFIED");
	if (!strcmp(mode, "MODE_UNSPECIFIED"))
		json_put_str(doc, "mode", "STANDARD_REPOSITORY");
	if (strcmp(json_str(doc, "format", ""), "DOCKER") != 0)
		return;
	json_put_str(
	    doc, "registryUri",
	    sim_tmp("%.*s-docker.pkg.dev/%s/%s", (int)strcspn(location, "/"), location, owner, strrchr(name, '/') + 1));
	bool off = !strcmp(json_str(doc, "vulnerabilityScanningConfig.enablementConfig", ""), "DISABLED");
	bool on = !off && sim_service_on(s, owner, "containerscanning.googleapis.com");
	json_put_str(doc, "vulnerabilityScanningConfig.enablementState", on ? "SCANNING_ACTIVE" : "SCANNING_DISABLED");
	if (!on)
		json_put_str(doc, "vulnerabilityScanningConfig.enablementStateReason",
			     off ? "Scanning is disabled by repository configuration."
				 : "API containerscanning.googleapis.com is not enabled.");
}

struct sim_object *artifact_make(struct sim *s, const char *name)
{
	const char *now = sim_stamp(s, 6);
	cJSON *doc = json_make("{'format':'DOCKER','name':%s,'createTime':%s,'updateTime':%s}", name, now, now);
	dress(s, doc, name);
	return sim_put(s, REPOSITORIES, name, doc);
}

static cJSON *repository_operation(struct sim_call *c, const char *key, const char *verb)
{
	(void)key, (void)verb;
	char id[37];
	sim_uuid(c->sim, id);
	return json_make("{'name':%s,'metadata':%j}", sim_tmp("%s/operations/%s", sim_parent(c), id),
			 sim_typed(NULL, V1 "OperationMetadata"));
}

static bool repository_placed(struct sim_call *c)
{
	if (good_location(sim_part(c, 4)))
		return true;
	sim_fail(c, "PERMISSION_DENIED", NULL, "Permission denied on 'locations/%s' (or it may not exist).", sim_part(c, 4));
	return false;
}

/* Refuses a remote repository without an upstream and a standard one with it. */
static bool good_mode(struct sim_call *c)
{
	bool remote = !strcmp(json_str(c->body, "mode", ""), "REMOTE_REPOSITORY");
	const cJSON *config = json_at(c->body, "remoteRepositoryConfig");
	if (remote && !json_at(config, "commonRepository") && !json_at(config, "dockerRepository"))
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "remote repository config is required for repositories in REMOTE_REPOSITORY mode");
	else if (remote && json_at(config, "commonRepository") && !*json_str(config, "commonRepository.uri", ""))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "common repository uri is required");
	else if (!remote && config)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "remote repository config is only allowed in REMOTE_REPOSITORY mode");
	else
		return true;
	return false;
}

static bool repository_valid(struct sim_call *c, const char *id)
{
	const char *format = json_str(c->body, "format", "");
	if (!good_id(id) && !registry_id(id, sim_part(c, 4)))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "repository ID must match pattern \"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$\"");
	else if (!*format || !strcmp(format, "FORMAT_UNSPECIFIED"))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "repository format must be specified");
	else
		return good_mode(c);
	return false;
}

/* The key that its images are kept under, which its service agent uses. */
static bool key_ok(struct sim_call *c, const char *key)
{
	const char *agent = sim_tmp("service-%s@gcp-sa-artifactregistry.iam.gserviceaccount.com",
				    sim_project_number(c->sim, c->project));
	if (*key && strcmp(sim_kms_location(key), sim_part(c, 4))) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The KMS key's location %s does not match the repository's location %s.",
			 sim_kms_location(key), sim_part(c, 4));
		return false;
	}
	if (!*key || sim_kms_usable(c->sim, key, agent))
		return true;
	sim_fail(
	    c, "FAILED_PRECONDITION", NULL,
	    "Permission denied on Cloud KMS key. Please ensure your Artifact Registry service account has been authorized to "
	    "use the configured key.");
	return false;
}

static bool repository_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	if (old)
		return true;
	const char *name = json_str(doc, "name", "");
	if (sim_constraint(c->sim, c->project, "gcp.resourceLocations", sim_part(c, 4))) {
		sim_fail(c, "FAILED_PRECONDITION", NULL,
			 "%s violates constraint constraints/gcp.resourceLocations on the resource %s.", sim_part(c, 4), name);
		return false;
	}
	if (!sim_cmek_ok(c, "artifactregistry.googleapis.com",
			 "google.devtools.artifactregistry.v1.ArtifactRegistry.CreateRepository",
			 json_str(doc, "kmsKeyName", "")) ||
	    !key_ok(c, json_str(doc, "kmsKeyName", "")))
		return false;
	dress(c->sim, doc, name);
	return true;
}

static bool repository_changing(struct sim_call *c, const struct sim_object *o)
{
	static const char *const fixed[] = {"format", "mode"};
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		if (json_at(c->body, fixed[i]) && !json_equal(json_at(c->body, fixed[i]), json_at(o->doc, fixed[i]))) {
			sim_fail(c, "INVALID_ARGUMENT", NULL, "the format and mode of a repository cannot be changed");
			return false;
		}
	return true;
}

/* What is in a repository. ------------------------------------------------------------------------------------------------- */
static void list_in_repository(struct sim_call *c)
{
	const struct sim_resource *r = resource_of(c);
	if (repository(c))
		sim_list(c, r->collection, sim_tmp("%s/", artifact_name(c)), r->field, r->shown, NULL);
}

/* filter=version="projects/.../versions/sha256:x", which gcloud sends to name an image's tags. */
static bool tag_wanted(const struct sim_call *c, const struct sim_object *o)
{
	const char *filter = sim_param(c, "filter");
	const char *quote = text_starts(filter, "version=\"") ? filter + 9 : NULL;
	if (!quote)
		return true;
	const char *wanted = sim_tmp("%.*s", (int)strcspn(quote, "\""), quote);
	return !strcmp(json_str(o->doc, "version", ""), wanted);
}

static struct sim_object *removed_at_once(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb)
{
	(void)r;
	cJSON *doc = repository_operation(c, key, verb);
	struct sim_object *op = sim_put(c->sim, OPERATIONS, json_str(doc, "name", ""), doc);
	sim_lro_done(c->sim, OPERATIONS, op->key, NULL, sim_typed(NULL, "type.googleapis.com/google.protobuf.Empty"));
	return op;
}

static void forget_image_of(struct sim *s, const char *version)
{
	struct sim_object *o = sim_get(s, "artifactregistry.versions", version);
	struct sim_object *image = o ? sim_get(s, "artifactregistry.dockerImages", json_str(o->doc, "metadata.name", ""))
				     : NULL;
	if (image)
		sim_remove(s, image);
}

static bool package_deleting(struct sim_call *c, struct sim_object *o)
{
	const char *under = sim_tmp("%s/", o->key);
	for (struct sim_object *v = sim_first(c->sim, "artifactregistry.versions", under); v;
	     v = sim_following(c->sim, v, under))
		forget_image_of(c->sim, v->key);
	return true;
}

/* The tags that point at a version are deleted with force and forbid deletion without it. */
static bool free_of_tags(struct sim_call *c, const char *version)
{
	const char *package = sim_tmp("%.*s/tags/", (int)(strstr(version, "/versions/") - version), version);
	struct sim_object *tag = sim_first(c->sim, "artifactregistry.tags", package);
	while (tag) {
		struct sim_object *next = sim_following(c->sim, tag, package);
		bool ours = !strcmp(json_str(tag->doc, "version", ""), version);
		if (ours && !sim_param_bool(c, "force")) {
			sim_fail(c, "FAILED_PRECONDITION", NULL, "cannot delete version %s because it is tagged.",
				 strrchr(version, '/') + 1);
			return false;
		}
		if (ours)
			sim_remove(c->sim, tag);
		tag = next;
	}
	return true;
}

static bool artifactregistry_version_deleting(struct sim_call *c, struct sim_object *o)
{
	if (!free_of_tags(c, o->key))
		return false;
	forget_image_of(c->sim, o->key);
	return true;
}

static bool version_there(struct sim_call *c, const char *name)
{
	bool there = sim_get(c->sim, "artifactregistry.versions", name) != NULL;
	if (!there)
		sim_fail(c, "NOT_FOUND", NULL, "Requested entity was not found.");
	return there;
}

static void batch_delete(struct sim_call *c)
{
	const cJSON *names = json_at(c->body, "names"), *name;
	if (!repository(c))
		return;
	cJSON_ArrayForEach(name, names)
		if (!version_there(c, name->valuestring) || !free_of_tags(c, name->valuestring))
			return;
	cJSON_ArrayForEach(name, (json_bool(c->body, "validateOnly", false) ? NULL : names)) {
		forget_image_of(c->sim, name->valuestring);
		sim_remove(c->sim, sim_get(c->sim, "artifactregistry.versions", name->valuestring));
	}
	struct sim_object *op = removed_at_once(c, NULL, NULL, NULL);
	json_put(op->doc, "metadata", sim_typed(NULL, V1 "BatchDeleteVersionsMetadata"));
	sim_lro_reply(c, op);
}

static bool tag_changing(struct sim_call *c, const struct sim_object *o)
{
	(void)o;
	return version_there(c, json_str(c->body, "version", ""));
}

static bool rule_valid(struct sim_call *c, const char *id)
{
	if (!*id)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "rule_id is required");
	return *id;
}

static void create_tag(struct sim_call *c)
{
	if (!repository(c))
		return;
	const char *name = sim_tmp("%s/%s", artifact_name(c), sim_param(c, "tagId"));
	const char *version = json_str(c->body, "version", "");
	if (!version_there(c, version))
		return;
	if (sim_get(c->sim, "artifactregistry.tags", name))
		sim_fail(c, "ALREADY_EXISTS", NULL, "tag already exists");
	else
		sim_ok(c, cJSON_Duplicate(sim_put(c->sim, "artifactregistry.tags", name,
						  json_make("{'name':%s,'version':%s}", name, version))
					      ->doc,
					  1));
}

/* Locations. ---------------------------------------------------------------------------------------------- */
static void list_locations(struct sim_call *c)
{
	cJSON *all = sim_locations(c, sim_location);
	static const char *const wide[] = {"us", "europe", "asia"};
	for (size_t i = 0; i < 3; i++)
		cJSON_InsertItemInArray(all, 0, sim_location(c, wide[i]));
	sim_ok(c, json_make("{'locations':%j}", all));
}

static void get_location(struct sim_call *c)
{
	const char *id = sim_part(c, 4);
	if (good_location(id))
		sim_ok(c, sim_location(c, id));
	else
		sim_fail(c, "PERMISSION_DENIED", NULL, "Permission denied on 'locations/%s' (or it may not exist).", id);
}

static const struct sim_route routes[] = {
    {P "list", list_locations, "artifactregistry.locations.list", NULL},
    {P "get", get_location, "artifactregistry.locations.get", NULL},
    {P "operations.get", resource_get, NULL, NULL},
    RESOURCE_ROUTES(R, "artifactregistry.repositories"),
    RESOURCE_POLICIES(R, "artifactregistry.repositories"),
    RESOURCE_ROUTES(R ".rules", "artifactregistry.rules"),
    {R ".dockerImages.get", resource_get, "artifactregistry.dockerimages.get", NULL},
    {R ".dockerImages.list", list_in_repository, "artifactregistry.dockerimages.list", NULL},
    {R ".packages.get", resource_get, "artifactregistry.packages.get", NULL},
    {R ".packages.list", list_in_repository, "artifactregistry.packages.list", NULL},
    {R ".packages.patch", resource_patch, "artifactregistry.packages.update", NULL},
    {R ".packages.delete", resource_delete, "artifactregistry.packages.delete", NULL},
    {R ".packages.versions.get", resource_get, "artifactregistry.versions.get", NULL},
    {R ".packages.versions.list", list_in_repository, "artifactregistry.versions.list", NULL},
    {R ".packages.versions.patch", resource_patch, "artifactregistry.versions.update", NULL},
    {R ".packages.versions.batchDelete", batch_delete, "artifactregistry.versions.delete", NULL},
    {R ".packages.versions.delete", resource_delete, "artifactregistry.versions.delete", NULL},
    {R ".packages.tags.get", resource_get, "artifactregistry.tags.get", NULL},
    {R ".packages.tags.list", list_in_repository, "artifactregistry.tags.list", NULL},
    {R ".packages.tags.create", create_tag, "artifactregistry.tags.create", NULL},
    {R ".packages.tags.patch", resource_patch, "artifactregistry.tags.update", NULL},
    {R ".packages.tags.delete", resource_delete, "artifactregistry.tags.delete", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_artifactregistry = {
    .name = "artifactregistry",
    .service = "artifactregistry.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .resources = resources,
    .guard = artifact_guard,
    .spoil = resource_spoil,
};
