/* Artifact Registry beside its repositories: files, attachments, and a location's settings. */
#include "config.h"
#include "sim/api/artifactregistry.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

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
