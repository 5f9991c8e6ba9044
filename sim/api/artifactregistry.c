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
const char *artifact_name(const struct sim_call *c)
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

static bool is_made(const struct sim_call *c, const struct sim_object *o)
{
	(void)c;
	return !json_bool(o->hidden, "creating", false);
}

/* What is in a repository, by its whole name. */
static struct sim_object *in_repository(struct sim_call *c, const struct sim_resource *r);

enum { REPOSITORY };
#define P "artifactregistry.projects.locations."
#define R P "repositories"
static const struct sim_resource resources[] = {
    [REPOSITORY] = {.methods = R,
		    .collection = REPOSITORIES,
		    .key = "projects/{project}/locations/{locations}/repositories/{repositories}",
		    .field = "repositories",
		    .holder = "//artifactregistry.googleapis.com/",
		    .there = is_made},
    {.methods = R ".dockerImages", .collection = "artifactregistry.dockerImages", .find = in_repository},
    {.methods = R ".packages", .collection = "artifactregistry.packages", .find = in_repository},
    {.methods = R ".packages.versions", .collection = "artifactregistry.versions", .find = in_repository},
    {.methods = R ".packages.tags", .collection = "artifactregistry.tags", .find = in_repository},
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

/* What the server says of a repository beyond what was sent. */
static void dress(struct sim *s, cJSON *doc, const char *name)
{
	char *now = sim_time(s, 6);
	size_t project = strcspn(name + 9, "/");
	const char *location = strstr(name, "/locations/") + strlen("/locations/"),
		   *owner = sim_tmp("%.*s", (int)project, name + 9);
	json_put_str(doc, "name", name);
	json_put_str(doc, "createTime", now);
	json_put_str(doc, "updateTime", now);
	const char *mode = json_str(doc, "mode", "MODE_UNSPECIFIED");
	if (!strcmp(mode, "MODE_UNSPECIFIED"))
		json_put_str(doc, "mode", "STANDARD_REPOSITORY");
	if (!strcmp(json_str(doc, "format", ""), "DOCKER")) {
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
	free(now);
}

struct sim_object *artifact_make(struct sim *s, const char *name)
{
	cJSON *doc = json_make("{'format':'DOCKER'}");
	dress(s, doc, name);
	return sim_put(s, REPOSITORIES, name, doc);
}

static void created(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, REPOSITORIES, json_str(arg, "name", ""));
	if (!o)
		return;
	json_drop(o->hidden, "creating");
	cJSON *response = sim_typed(o->doc, V1 "Repository");
	json_drop(response, "createTime");
	json_drop(response, "updateTime");
	sim_lro_done(s, OPERATIONS, json_str(arg, "operation", ""), NULL, response);
}

static bool artifactregistry_spoil(struct sim *s, const cJSON *arg, const cJSON *error)
{
	const char *operation = json_str(arg, "operation", "");
	struct sim_object *o = sim_get(s, REPOSITORIES, json_str(arg, "name", ""));
	if (!sim_get(s, OPERATIONS, operation))
		return false;
	if (o && json_at(o->hidden, "creating"))
		sim_remove(s, o);
	sim_lro_failed(s, OPERATIONS, operation, NULL, cJSON_Duplicate(error, true));
	return true;
}

static struct sim_object *operation(struct sim_call *c, const char *parent)
{
	char id[37];
	sim_uuid(c->sim, id);
	return sim_lro(c->sim, OPERATIONS, sim_tmp("%s/operations/%s", parent, id), sim_typed(NULL, V1 "OperationMetadata"));
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

static bool may_create(struct sim_call *c, const char *id, const char *format)
{
	if (!good_location(sim_part(c, 4)))
		sim_fail(c, "PERMISSION_DENIED", NULL, "Permission denied on 'locations/%s' (or it may not exist).",
			 sim_part(c, 4));
	else if (!good_id(id) && !registry_id(id, sim_part(c, 4)))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "repository ID must match pattern \"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$\"");
	else if (!*format || !strcmp(format, "FORMAT_UNSPECIFIED"))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "repository format must be specified");
	else
		return good_mode(c);
	return false;
}

static void artifactregistry_create(struct sim_call *c)
{
	const char *id = sim_param(c, *sim_param(c, "repositoryId") ? "repositoryId" : "repository_id");
	if (!may_create(c, id, json_str(c->body, "format", "")))
		return;
	const char *parent = sim_parent(c), *name = sim_tmp("%s/repositories/%s", parent, id);
	if (sim_get(c->sim, REPOSITORIES, name)) {
		sim_fail(c, "ALREADY_EXISTS", NULL, "the repository already exists");
		return;
	}
	if (sim_constraint(c->sim, c->project, "gcp.resourceLocations", sim_part(c, 4))) {
		sim_fail(c, "FAILED_PRECONDITION", NULL,
			 "%s violates constraint constraints/gcp.resourceLocations on the resource %s.", sim_part(c, 4), name);
		return;
	}
	if (!sim_cmek_ok(c, "artifactregistry.googleapis.com",
			 "google.devtools.artifactregistry.v1.ArtifactRegistry.CreateRepository",
			 json_str(c->body, "kmsKeyName", "")))
		return;
	cJSON *doc = sim_take_body(c);
	dress(c->sim, doc, name);
	struct sim_object *o = sim_put(c->sim, REPOSITORIES, name, doc);
	json_put_bool(o->hidden, "creating", true);
	struct sim_object *op = operation(c, parent);
	double seconds = sim_draw(c->sim, "artifactregistry.repository.create");
	sim_lro_due(op, seconds, sim_now(c->sim));
	sim_after(c->sim, seconds, created, json_make("{'name':%s,'operation':%s}", name, op->key));
	sim_lro_reply(c, op);
}

static void artifactregistry_patch(struct sim_call *c)
{
	struct sim_object *o = repository(c);
	if (!o)
		return;
	const cJSON *format = json_at(c->body, "format"), *mode = json_at(c->body, "mode");
	if ((format && !json_equal(format, json_at(o->doc, "format"))) ||
	    (mode && !json_equal(mode, json_at(o->doc, "mode")))) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "the format and mode of a repository cannot be changed");
		return;
	}
	const char *mask = sim_param(c, "updateMask");
	cJSON *body = sim_take_body(c);
	json_drop(body, "name");
	sim_merge(o->doc, body, mask);
	cJSON_Delete(body);
	char *now = sim_time(c->sim, 6);
	json_put_str(o->doc, "updateTime", now);
	free(now);
	sim_ok(c, cJSON_Duplicate(o->doc, 1));
}

static void forget_images(struct sim *s, const char *prefix)
{
	static const char *const collections[] = {"artifactregistry.packages", "artifactregistry.versions",
						  "artifactregistry.tags", "artifactregistry.dockerImages"};
	for (size_t i = 0; i < sizeof(collections) / sizeof(*collections); i++)
		resource_forget_below(s, collections[i], prefix);
}

static void deleted(struct sim *s, const cJSON *arg)
{
	const char *name = json_str(arg, "name", "");
	struct sim_object *o = sim_get(s, REPOSITORIES, name);
	if (o) {
		forget_images(s, sim_tmp("%s/", name));
		sim_policy_forget(s, sim_tmp("//artifactregistry.googleapis.com/%s", name));
		sim_remove(s, o);
	}
	sim_lro_done(s, OPERATIONS, json_str(arg, "operation", ""), NULL,
		     sim_typed(NULL, "type.googleapis.com/google.protobuf.Empty"));
}

static void artifactregistry_delete(struct sim_call *c)
{
	struct sim_object *o = repository(c);
	if (!o)
		return;
	struct sim_object *op = operation(c, sim_parent(c));
	double seconds = sim_draw(c->sim, "artifactregistry.repository.delete");
	sim_lro_due(op, seconds, sim_now(c->sim));
	sim_after(c->sim, seconds, deleted, json_make("{'name':%s,'operation':%s}", o->key, op->key));
	sim_lro_reply(c, op);
}

/* What is in a repository. ------------------------------------------------------------------------------------------------- */
static void list_in(struct sim_call *c, const char *collection, const char *field)
{
	if (repository(c))
		sim_list(c, collection, sim_tmp("%s/", artifact_name(c)), field, NULL, NULL);
}

static void list_images(struct sim_call *c)
{
	list_in(c, "artifactregistry.dockerImages", "dockerImages");
}

static void list_packages(struct sim_call *c)
{
	list_in(c, "artifactregistry.packages", "packages");
}

static void artifactregistry_list_versions(struct sim_call *c)
{
	list_in(c, "artifactregistry.versions", "versions");
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

static void list_tags(struct sim_call *c)
{
	if (repository(c))
		sim_list(c, "artifactregistry.tags", sim_tmp("%s/", artifact_name(c)), "tags", tag_wanted, NULL);
}

static void finish_at_once(struct sim_call *c)
{
	struct sim_object *op = operation(c, sim_parent(c));
	sim_lro_done(c->sim, OPERATIONS, op->key, NULL, sim_typed(NULL, "type.googleapis.com/google.protobuf.Empty"));
	sim_lro_reply(c, op);
}

static void forget_image_of(struct sim *s, const char *version)
{
	struct sim_object *o = sim_get(s, "artifactregistry.versions", version);
	struct sim_object *image = o ? sim_get(s, "artifactregistry.dockerImages", json_str(o->doc, "metadata.name", ""))
				     : NULL;
	if (image)
		sim_remove(s, image);
}

static void delete_package(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o)
		return;
	const char *under = sim_tmp("%s/", o->key);
	for (struct sim_object *v = sim_first(c->sim, "artifactregistry.versions", under); v;
	     v = sim_following(c->sim, v, under))
		forget_image_of(c->sim, v->key);
	forget_images(c->sim, under);
	sim_remove(c->sim, o);
	finish_at_once(c);
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

static void delete_version(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o || !free_of_tags(c, o->key))
		return;
	forget_image_of(c->sim, o->key);
	sim_remove(c->sim, o);
	finish_at_once(c);
}

static void delete_tag(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o)
		return;
	sim_remove(c->sim, o);
	sim_empty(c);
}

static void create_tag(struct sim_call *c)
{
	if (!repository(c))
		return;
	const char *name = sim_tmp("%s/%s", artifact_name(c), sim_param(c, "tagId"));
	const char *version = json_str(c->body, "version", "");
	if (!sim_get(c->sim, "artifactregistry.versions", version))
		sim_fail(c, "NOT_FOUND", NULL, "Requested entity was not found.");
	else if (sim_get(c->sim, "artifactregistry.tags", name))
		sim_fail(c, "ALREADY_EXISTS", NULL, "tag already exists");
	else
		sim_ok(c, cJSON_Duplicate(sim_put(c->sim, "artifactregistry.tags", name,
						  json_make("{'name':%s,'version':%s}", name, version))
					      ->doc,
					  1));
}

/* IAM, operations, locations. ---------------------------------------------------------------------------------------------- */
static void artifactregistry_get_operation(struct sim_call *c)
{
	sim_lro_get(c, OPERATIONS);
}

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
    {P "operations.get", artifactregistry_get_operation, NULL, NULL},
    {R ".create", artifactregistry_create, "artifactregistry.repositories.create", NULL},
    {R ".get", resource_get, "artifactregistry.repositories.get", NULL},
    {R ".list", resource_list, "artifactregistry.repositories.list", NULL},
    {R ".patch", artifactregistry_patch, "artifactregistry.repositories.update", NULL},
    {R ".delete", artifactregistry_delete, "artifactregistry.repositories.delete", NULL},
    {R ".getIamPolicy", resource_get_policy, "artifactregistry.repositories.getIamPolicy", NULL},
    {R ".setIamPolicy", resource_set_policy, "artifactregistry.repositories.setIamPolicy", NULL},
    {R ".testIamPermissions", resource_test_policy, NULL, NULL},
    {R ".dockerImages.get", resource_get, "artifactregistry.dockerimages.get", NULL},
    {R ".dockerImages.list", list_images, "artifactregistry.dockerimages.list", NULL},
    {R ".packages.get", resource_get, "artifactregistry.packages.get", NULL},
    {R ".packages.list", list_packages, "artifactregistry.packages.list", NULL},
    {R ".packages.delete", delete_package, "artifactregistry.packages.delete", NULL},
    {R ".packages.versions.get", resource_get, "artifactregistry.versions.get", NULL},
    {R ".packages.versions.list", artifactregistry_list_versions, "artifactregistry.versions.list", NULL},
    {R ".packages.versions.delete", delete_version, "artifactregistry.versions.delete", NULL},
    {R ".packages.tags.get", resource_get, "artifactregistry.tags.get", NULL},
    {R ".packages.tags.list", list_tags, "artifactregistry.tags.list", NULL},
    {R ".packages.tags.create", create_tag, "artifactregistry.tags.create", NULL},
    {R ".packages.tags.delete", delete_tag, "artifactregistry.tags.delete", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_artifactregistry = {
    .name = "artifactregistry",
    .service = "artifactregistry.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .resources = resources,
    .guard = artifact_guard,
    .spoil = artifactregistry_spoil,
};
