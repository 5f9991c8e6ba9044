/* Artifact Registry beside its images: files, download rules, annotations, tags that move, several versions deleted at once, and a location's settings. */
#include "config.h"
#include "sim/api/artifactregistry.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

#define RULES "artifactregistry.rules"

static const char *repository_key(const struct sim_call *c)
{
	return sim_tmp("%s/repositories/%s", sim_parent(c), sim_part(c, 6));
}

static bool repository_there(struct sim_call *c)
{
	const struct sim_object *o = sim_get(c->sim, "artifactregistry.repositories", repository_key(c));
	if (o && !json_bool(o->hidden, "creating", false))
		return true;
	sim_fail(c, "NOT_FOUND", NULL, "Repository '%s' not found", sim_part(c, 6));
	return false;
}

/* The object of a collection that the path names; NULL after a 404. */
static struct sim_object *named(struct sim_call *c, const char *collection)
{
	struct sim_object *o = repository_there(c) ? sim_get(c->sim, collection, artifact_name(c)) : NULL;
	if (!o && c->reply->status == 0)
		sim_fail(c, "NOT_FOUND", NULL, "Requested entity was not found.");
	return o;
}

static void patch(struct sim_call *c, const char *collection)
{
	struct sim_object *o = named(c, collection);
	if (!o)
		return;
	char *now = sim_time(c->sim, 6);
	sim_merge(o->doc, c->body, sim_param(c, "updateMask"));
	if (json_at(o->doc, "updateTime"))
		json_put_str(o->doc, "updateTime", now);
	free(now);
	sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static void patch_package(struct sim_call *c)
{
	patch(c, "artifactregistry.packages");
}

static void patch_version(struct sim_call *c)
{
	patch(c, "artifactregistry.versions");
}

/* A tag moves to another version. */
static void patch_tag(struct sim_call *c)
{
	if (!sim_get(c->sim, "artifactregistry.versions", json_str(c->body, "version", "")))
		sim_fail(c, "NOT_FOUND", NULL, "Requested entity was not found.");
	else
		patch(c, "artifactregistry.tags");
}

static bool tagged(struct sim *s, const char *version)
{
	const char *prefix = sim_tmp("%.*s/tags/", (int)(strstr(version, "/versions/") - version), version);
	for (struct sim_object *t = sim_first(s, "artifactregistry.tags", prefix); t; t = sim_following(s, t, prefix))
		if (!strcmp(json_str(t->doc, "version", ""), version))
			return true;
	return false;
}

static void remove_version(struct sim *s, const char *key)
{
	struct sim_object *o = sim_get(s, "artifactregistry.versions", key);
	struct sim_object *image = o ? sim_get(s, "artifactregistry.dockerImages", json_str(o->doc, "metadata.name", ""))
				     : NULL;
	if (image)
		sim_remove(s, image);
	if (o)
		sim_remove(s, o);
}

static void batch_delete(struct sim_call *c)
{
	const cJSON *name;
	if (!repository_there(c))
		return;
	cJSON_ArrayForEach(name, json_at(c->body, "names"))
		if (!sim_get(c->sim, "artifactregistry.versions", name->valuestring)) {
			sim_fail(c, "NOT_FOUND", NULL, "Requested entity was not found.");
			return;
		} else if (tagged(c->sim, name->valuestring)) {
			sim_fail(c, "FAILED_PRECONDITION", NULL, "cannot delete version %s because it is tagged.",
				 strrchr(name->valuestring, '/') + 1);
			return;
		}
	cJSON_ArrayForEach(name, (json_bool(c->body, "validateOnly", false) ? NULL : json_at(c->body, "names")))
		remove_version(c->sim, name->valuestring);
	char uuid[37];
	sim_uuid(c->sim, uuid);
	struct sim_object *op = sim_lro(
	    c->sim, "artifactregistry.operations", sim_tmp("%s/operations/%s", sim_parent(c), uuid),
	    sim_typed(NULL, "type.googleapis.com/google.devtools.artifactregistry.v1.BatchDeleteVersionsMetadata"));
	sim_lro_done(c->sim, "artifactregistry.operations", op->key, NULL,
		     sim_typed(NULL, "type.googleapis.com/google.protobuf.Empty"));
	sim_lro_reply(c, op);
}

/* Files: an image's manifest, configuration and layers, each once. ------------------------------------------------------------- */
static void add_file(const struct sim_call *c, cJSON *all, const struct sim_object *version, const char *digest, long long size)
{
	const char *name = sim_tmp("%s/files/%s", repository_key(c), digest);
	unsigned char raw[32];
	if (cJSON_HasObjectItem(all, name) || !text_starts(digest, "sha256:") || strlen(digest) != 71)
		return;
	for (int i = 0; i < 32; i++)
		raw[i] = (unsigned char)strtoul(sim_tmp("%.2s", digest + 7 + 2 * i), NULL, 16);
	const char *made = json_str(version->doc, "createTime", "");
	cJSON_AddItemToObject(
	    all, name,
	    json_make(
		"{'name':%s,'sizeBytes':%s,'hashes':[{'type':'SHA256','value':%s}],'createTime':%s,'updateTime':%s,'owner':%s}",
		name, sim_tmp("%lld", size), sim_base64(raw, 32, false), made, made, version->key));
}

/* By name, as an object; the caller deletes it. */
static cJSON *files(const struct sim_call *c)
{
	cJSON *all = cJSON_CreateObject();
	const char *prefix = sim_tmp("%s/packages/", repository_key(c));
	for (struct sim_object *v = sim_first(c->sim, "artifactregistry.versions", prefix); v;
	     v = sim_following(c->sim, v, prefix)) {
		const char *text = json_str(v->hidden, "manifest", "");
		cJSON *manifest = cJSON_Parse(text);
		const cJSON *layer;
		add_file(c, all, v, strstr(v->key, "/versions/") + 10, (long long)strlen(text));
		add_file(c, all, v, json_str(manifest, "config.digest", ""), json_int64(manifest, "config.size", 0));
		cJSON_ArrayForEach(layer, json_at(manifest, "layers"))
			add_file(c, all, v, json_str(layer, "digest", ""), json_int64(layer, "size", 0));
		cJSON_Delete(manifest);
	}
	return all;
}

/* filter: name="..." and owner="..." are what gcloud sends. */
static bool wanted(const struct sim_call *c, const cJSON *file)
{
	static const char *const fields[] = {"name", "owner"};
	for (size_t i = 0; i < 2; i++) {
		const char *at = strstr(sim_param(c, "filter"), sim_tmp("%s=\"", fields[i]));
		const char *value = at ? at + strlen(fields[i]) + 2 : NULL;
		if (value && strcmp(sim_tmp("%.*s", (int)strcspn(value, "\""), value), json_str(file, fields[i], "")))
			return false;
	}
	return true;
}

static void list_files(struct sim_call *c)
{
	if (!repository_there(c))
		return;
	cJSON *all = files(c), *kept = cJSON_CreateArray();
	for (const cJSON *f = all->child; f; f = f->next)
		if (wanted(c, f))
			cJSON_AddItemToArray(kept, cJSON_Duplicate(f, true));
	sim_ok(c, kept->child ? json_make("{'files':%j}", kept) : (cJSON_Delete(kept), cJSON_CreateObject()));
	cJSON_Delete(all);
}

static void get_file(struct sim_call *c)
{
	if (!repository_there(c))
		return;
	const char *at = strstr(c->path, "/files/");
	cJSON *all = files(c);
	const cJSON *f = at ? cJSON_GetObjectItemCaseSensitive(all, sim_tmp("%s%s", repository_key(c), at)) : NULL;
	if (f)
		sim_ok(c, cJSON_Duplicate(f, true));
	else
		sim_fail(c, "NOT_FOUND", NULL, "Requested entity was not found.");
	cJSON_Delete(all);
}

/* Rules. -------------------------------------------------------------------------------------------------------------------- */
static void create_rule(struct sim_call *c)
{
	if (!repository_there(c))
		return;
	const char *id = sim_param(c, "ruleId"), *key = sim_tmp("%s/rules/%s", repository_key(c), id);
	if (!*id)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "rule_id is required");
	else if (sim_get(c->sim, RULES, key))
		sim_fail(c, "ALREADY_EXISTS", NULL, "the rule already exists");
	else {
		cJSON *doc = sim_take_body(c);
		json_put_str(doc, "name", key);
		sim_ok(c, cJSON_Duplicate(sim_put(c->sim, RULES, key, doc)->doc, true));
	}
}

static void artifactregistry_files_get_rule(struct sim_call *c)
{
	struct sim_object *o = named(c, RULES);
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static void list_rules(struct sim_call *c)
{
	if (repository_there(c))
		sim_list(c, RULES, sim_tmp("%s/rules/", repository_key(c)), "rules", NULL, NULL);
}

static void artifactregistry_files_patch_rule(struct sim_call *c)
{
	patch(c, RULES);
}

static void delete_rule(struct sim_call *c)
{
	struct sim_object *o = named(c, RULES);
	if (!o)
		return;
	sim_remove(c->sim, o);
	sim_empty(c);
}

/* The rest. ----------------------------------------------------------------------------------------------------------------- */
static void list_attachments(struct sim_call *c)
{
	if (repository_there(c))
		sim_ok(c, cJSON_CreateObject()); /* nothing here attaches any */
}

static void project_config(struct sim_call *c)
{
	sim_ok(c, json_make("{'name':%s}", sim_tmp("%s/projectConfig", sim_parent(c))));
}

static void vpcsc_config(struct sim_call *c)
{
	sim_ok(c, json_make("{'name':%s,'vpcscPolicy':'ALLOW'}", sim_tmp("%s/vpcscConfig", sim_parent(c))));
}

#define L "artifactregistry.projects.locations."
#define R L "repositories."
static const struct sim_route routes[] = {
    {R "files.list", list_files, "artifactregistry.files.list", NULL},
    {R "files.get", get_file, "artifactregistry.files.get", NULL},
    {R "rules.create", create_rule, "artifactregistry.rules.create", NULL},
    {R "rules.get", artifactregistry_files_get_rule, "artifactregistry.rules.get", NULL},
    {R "rules.list", list_rules, "artifactregistry.rules.list", NULL},
    {R "rules.patch", artifactregistry_files_patch_rule, "artifactregistry.rules.update", NULL},
    {R "rules.delete", delete_rule, "artifactregistry.rules.delete", NULL},
    {R "packages.patch", patch_package, "artifactregistry.packages.update", NULL},
    {R "packages.versions.patch", patch_version, "artifactregistry.versions.update", NULL},
    {R "packages.versions.batchDelete", batch_delete, "artifactregistry.versions.delete", NULL},
    {R "packages.tags.patch", patch_tag, "artifactregistry.tags.update", NULL},
    {R "attachments.list", list_attachments, "artifactregistry.attachments.list", NULL},
    {L "getProjectConfig", project_config, "artifactregistry.projectconfigs.get", NULL},
    {L "getVpcscConfig", vpcsc_config, "artifactregistry.vpcscconfigs.get", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_artifactregistry_files = {
    .name = "artifactregistry",
    .service = "artifactregistry.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .guard = artifact_guard,
};
