/* A secret of Secret Manager: the shell around its versions. spec: {["locations":[REGIONS]]}: replicated automatically unless given, for where
 * an organisation restricts locations. Outputs: name ("projects/P/secrets/NAME"). */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

#define BASE "https://secretmanager.googleapis.com/v1/projects/%s/secrets"

static void secret_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "/%s", v->project, v->name);
}

static void secret_list(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?pageSize=500", v->project);
}

static void secret_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_labels(v, http, reply, "labels", out);
	if (!out->outputs)
		return;
	char *name = xasprintf("projects/%s/secrets/%s", v->project, v->name);
	json_put_str(out->outputs, "name", name);
	free(name);
}

static cJSON *replication(const struct view *v)
{
	cJSON *replicas = NULL;
	const cJSON *l;
	cJSON_ArrayForEach(l, json_at(v->spec, "locations")) {
		if (!replicas)
			replicas = cJSON_CreateArray();
		cJSON_AddItemToArray(replicas, json_make("{'location':%s}", l->valuestring));
	}
	return replicas ? json_make("{'userManaged':{'replicas':%j}}", replicas) : json_make("{'automatic':{}}");
}

/* Where it is replicated is fixed for ever and no difference to act on. */
static void secret_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = json_make("{'labels':%j}", kind_labels(v));
	kind_compare_leaves(w, seen->found, NULL, out);
	kind_compare_shed(v, seen->found, "labels", out);
	cJSON_Delete(w);
}

static void secret_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_NONE, "POST", json_make("{'replication':%j,'labels':%j}", replication(v), kind_labels(v)),
		 BASE "?secretId=%s", v->project, v->name);
}

static void secret_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	(void)change;
	call_set(out, DIALECT_NONE, "PATCH", json_make("{'labels':%j}", kind_labels_over(v, json_at(seen->found, "labels"))),
		 BASE "/%s?updateMask=labels", v->project, v->name);
}

static void secret_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_NONE, "DELETE", NULL, BASE "/%s", v->project, v->name);
}

/* One active version. */
static double secret_monthly(const cJSON *spec, const char *region)
{
	(void)spec, (void)region;
	return 0.06;
}

const struct kind kind_secret = {
    .id = "secretmanager.secret",
    .title = N_("Secret"),
    .api = "secretmanager.googleapis.com",
    .keyed = true,
    .part = PART_SECRETS,
    .console_page = "security/secret-manager/secret/{name}/versions",
    .permissions = {.read = "secretmanager.secrets.get",
		    .list = "secretmanager.secrets.list",
		    .create = "secretmanager.secrets.create",
		    .update = "secretmanager.secrets.update",
		    .destroy = "secretmanager.secrets.delete"},
    .usual = 0.4,
    .slow = 0.8,
    .deadline = 600,
    .labelled = true,
    .billable = true,
    .monthly = secret_monthly,
    .observe = secret_observe,
    .list = secret_list,
    .items = "secrets",
    .decode = secret_decode,
    .compare = secret_compare,
    .create = secret_create,
    .update = secret_update,
    .destroy = secret_destroy,
    .reply_tells = true,
    .terraform = {.type = "google_secret_manager_secret",
		  .name = "secret_id",
		  .import = "projects/{project}/secrets/{name}",
		  .moves = (const char *const[]){"replication.automatic", "replication.auto", NULL},
		  .ignores = TERRAFORM_LABELS},
};
