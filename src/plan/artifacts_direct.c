/* Artifact mode direct: clients read and write the bucket themselves, as whoever they are for Google; the server only shows what is there
 * (reference/mlflow.md C3-02, targets-run.md 8). The files' size has no limit then. */
#include "config.h"
#include "plan/archival.h"
#include "plan/axes.h"
#include "plan/cleanup.h"

#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/people.h"
#include "plan/settings.h"

#include <stdlib.h>
#include <string.h>

/* Those who are let in, and who applies, whose own rights the proof writes with. */
static void let_clients_write(struct design *d, const char *path)
{
	cJSON *members = people_members(d->answers);
	people_add_operators(d->answers, members);
	if (cJSON_GetArraySize(members))
		plan_needs(
		    plan_add(
			d->plan, "iam/artifact-clients", "iam.policy", _("who keeps files"),
			json_make(
			    "{'holder':'bucket','resource':%s,'bindings':[{'role':'roles/storage.objectUser','members':%j}]}",
			    path, cJSON_Duplicate(members, 1))),
		    "bucket/artifacts");
	cJSON_Delete(members);
}

static void artifacts_direct_plan(struct design *d)
{
	design_bucket(d);
	char *path = xasprintf("b/%s", d->bucket);
	design_ask(d, "needed", "MLFLOW_DEFAULT_ARTIFACT_ROOT");
	design_line(d, "flags", "--no-serve-artifacts --default-artifact-root \"$MLFLOW_DEFAULT_ARTIFACT_ROOT\"");
	/* The server only shows what is there; the clean-up deletes and the archive of traces is written, as the same account. */
	design_grant(d, "artifacts", "bucket", path,
		     cleanup_wanted(d->answers) || archival_wanted(d->answers) ? "roles/storage.objectUser"
									       : "roles/storage.objectViewer",
		     "bucket/artifacts");
	let_clients_write(d, path);
	free(path);
}

static void artifacts_direct_server(const struct design *d, struct container *c)
{
	char *root = xasprintf("gs://%s/artifacts", d->bucket);
	container_set(c, "MLFLOW_DEFAULT_ARTIFACT_ROOT", root);
	free(root);
}

/* A model version may come from the stack's own bucket, and from no other. A dot stands for itself. */
static char *artifacts_direct_sources(const struct design *d)
{
	struct buf b = {0};
	buf_puts(&b, "gs://");
	for (const char *p = d->bucket; *p; p++) {
		if (*p == '.')
			buf_putc(&b, '\\');
		buf_putc(&b, *p);
	}
	buf_putc(&b, '/');
	return buf_take(&b);
}

static void artifacts_direct_connect(const struct plan *p, struct buf *out)
{
	const struct resource *bucket = plan_find(p, "bucket/artifacts");
	buf_printf(out, "%s\n",
		   _("# Files go straight to the bucket, as whoever a client is for Google, who needs Storage Object User on "
		     "it. Google's accounts that are let in have it, others are given it so:"));
	buf_puts(out, "#   pip install google-cloud-storage\n#   gcloud auth application-default login\n");
	buf_puts(out, "#   gcloud storage buckets add-iam-policy-binding gs://");
	escape_word(bucket ? bucket->name : "", out);
	buf_puts(out, " --role=roles/storage.objectUser --member=...\n");
}

/* Who is let in by a password is nobody for the bucket: the addresses are asked for. */
static const char *const asks[] = {"auth.users",       "auth.groups", "auth.domains", "auth.service_accounts",
				   SETTINGS_OF_BUCKET, NULL};

const struct artifact_mode artifact_mode_direct = {
    .choice =
	{
	    .id = "direct",
	    .title = N_("Straight to the bucket"),
	    .help = N_("No limit of size. Every client signs in to Google by itself and may read and change all files of the "
		       "bucket: whoever is let in with a Google account "
		       "gets that right; give it to others on the bucket."),
	    .asks = asks,
	},
    .plan = artifacts_direct_plan,
    .server = artifacts_direct_server,
    .sources = artifacts_direct_sources,
    .connect = artifacts_direct_connect,
};
