/* An Artifact Registry repository. spec: {"region","body":{...} in the words of Repository}. Outputs: uri ("R-docker.pkg.dev/P/NAME"), made. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

#define BASE "https://artifactregistry.googleapis.com/v1/projects/%s/locations/%s/repositories"

static const char *region(const struct view *v)
{
	return json_str(v->spec, "region", "");
}

static void repository_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "/%s", v->project, region(v), v->name);
}

static void repository_list(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?pageSize=500", v->project, json_str(v->spec, "region", ""));
}

static void repository_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_labels(v, http, reply, "labels", out);
	if (!out->outputs)
		return;
	char *uri = xasprintf("%s-docker.pkg.dev/%s/%s", region(v), v->project, v->name);
	json_put_str(out->outputs, "uri", uri);
	json_put_str(out->outputs, "made", json_str(out->found, "createTime", ""));
	free(uri);
}

static cJSON *wanted(const struct view *v)
{
	cJSON *w = kind_copy(v, "body");
	json_put(w, "labels", kind_labels(v));
	return w;
}

static void repository_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	static const char *const fixed[] = {"format", "mode", "remoteRepositoryConfig", NULL};
	/* The upstream comes back under the one or the other of its two spellings. */
	static const char *const skip[] = {"remoteRepositoryConfig.dockerRepository", NULL};
	cJSON *w = wanted(v);
	kind_compare_leaves(w, seen->found, skip, out);
	kind_compare_shed(v, seen->found, "labels", out);
	kind_refuse_changed(out, fixed, _("a repository keeps what it was made for; remove it, or choose another stack name"));
	cJSON_Delete(w);
}

static void repository_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_AIP, "POST", wanted(v), BASE "?repositoryId=%s", v->project, region(v), v->name);
}

/* PATCH answers the repository itself, not an operation. */
static void repository_update(const struct view *v, const struct observation *seen, const struct change *change,
			      struct call *out)
{
	(void)change;
	cJSON *w = wanted(v);
	json_put(w, "labels", kind_labels_over(v, json_at(seen->found, "labels")));
	json_drop(w, "format");
	json_drop(w, "mode");
	json_drop(w, "remoteRepositoryConfig");
	struct buf mask = {0};
	for (const cJSON *c = w->child; c; c = c->next)
		buf_printf(&mask, "%s%s", mask.len ? "," : "", c->string);
	call_set(out, DIALECT_NONE, "PATCH", w, BASE "/%s?updateMask=%s", v->project, region(v), v->name, buf_text(&mask));
	buf_free(&mask);
}

static void repository_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_AIP, "DELETE", NULL, BASE "/%s", v->project, region(v), v->name);
}

/* Google has the policies by their names, Terraform a block for each. */
static cJSON *repository_terraform(const struct view *v)
{
	cJSON *w = wanted(v), *policies = cJSON_CreateArray();
	const cJSON *policy;
	cJSON_ArrayForEach(policy, json_at(w, "cleanupPolicies"))
		cJSON_AddItemToArray(policies, cJSON_Duplicate(policy, true));
	json_put(w, "cleanupPolicies", policies);
	return w;
}

const struct kind kind_repository = {
    .id = "artifactregistry.repository",
    .title = N_("Image repository"),
    .api = "artifactregistry.googleapis.com",
    .keyed = true,
    .part = PART_IMAGE,
    .console_page = "artifacts/docker/{project}/{region}/{name}",
    .permissions = {.read = "artifactregistry.repositories.get",
		    .list = "artifactregistry.repositories.list",
		    .create = "artifactregistry.repositories.create",
		    .update = "artifactregistry.repositories.update",
		    .destroy = "artifactregistry.repositories.delete"},
    .usual = 3,
    .slow = 12,
    .deadline = 1200,
    .labelled = true,
    .billable = true,
    .observe = repository_observe,
    .list = repository_list,
    .items = "repositories",
    .decode = repository_decode,
    .compare = repository_compare,
    .create = repository_create,
    .update = repository_update,
    .destroy = repository_destroy,
    .terraform = {.type = "google_artifact_registry_repository",
		  .name = "repository_id",
		  .place = "location",
		  .import = "projects/{project}/locations/{region}/repositories/{name}",
		  .body = repository_terraform,
		  .ignores = TERRAFORM_LABELS},
};
