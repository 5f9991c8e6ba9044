/* Artifact mode volume: files pass the server, which keeps them on a volume of the cluster, for a trial: there is no bucket, and nobody keeps a backup. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"

#define FOLDER "/var/lib/mlflow/artifacts"

static void artifacts_volume_plan(struct design *d)
{
	design_ask(d, "needed", "MLFLOW_ARTIFACTS_DESTINATION");
	workload_disk(d->workload, "artifacts", answers_int(d->answers, "artifacts.volume_gib"), "artifacts.volume_gib");
}

static void artifacts_volume_server(const struct design *d, struct container *c)
{
	(void)d;
	container_set(c, "MLFLOW_ARTIFACTS_DESTINATION", FOLDER);
	container_keep(c, "artifacts", FOLDER);
}

static const char *artifacts_volume_refused(const struct answers *a)
{
	return axes_target(a)->disks ? NULL : N_("Only a cluster has volumes for files: choose Kubernetes Engine.");
}

/* clang-format off */
static const struct question rows[] = {
	{.id = "artifacts.volume_gib", .page = "artifacts", .type = TYPE_INT, .title = N_("Volume of the files"),
	 .help = N_("A persistent disk in the cluster. When it is full, no file is taken any more. It can be made larger later where the cluster's storage class allows it, and never "
		    "smaller."),
	 .after = "artifacts.mode", .min = 10, .max = 16384, .unit = "GiB", .preset = "20"},
	{.id = NULL},
};
/* clang-format on */

const struct artifact_mode artifact_mode_volume = {
    .choice =
	{
	    .id = "volume",
	    .title = N_("A volume, for a trial"),
	    .help = N_("Through the server, on one disk in the cluster: no bucket, but no backup, no older versions, and no "
		       "way to a bucket later."),
	    .refused = artifacts_volume_refused,
	    .questions = rows,
	},
    .served = true,
    .kept_by_target = true,
    .plan = artifacts_volume_plan,
    .server = artifacts_volume_server,
};
