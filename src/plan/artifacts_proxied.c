/* Artifact mode proxied: files pass the server, which alone has rights on the bucket. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "plan/settings.h"

#include <stdlib.h>

static void artifacts_proxied_plan(struct design *d)
{
	design_bucket(d);
	char *path = xasprintf("b/%s", d->bucket);
	design_ask(d, "needed", "MLFLOW_ARTIFACTS_DESTINATION");
	design_grant(d, "artifacts", "bucket", path, "roles/storage.objectUser", "bucket/artifacts");
	free(path);
}

/* The root of new experiments is left to MLflow: a root in the bucket beside a serving server would send clients there. */
static void artifacts_proxied_server(const struct design *d, struct container *c)
{
	char *destination = xasprintf("gs://%s/artifacts", d->bucket);
	container_set(c, "MLFLOW_ARTIFACTS_DESTINATION", destination);
	free(destination);
}

static void artifacts_proxied_connect(const struct plan *p, struct buf *out)
{
	int most = p->axes.target->request_mib;
	if (most)
		buf_printf(out, _("# A file of more than %d MiB does not pass: %s hands on no larger requests.\n"), most,
			   _(p->axes.target->choice.title));
}

static const char *const asks[] = {SETTINGS_OF_BUCKET, NULL};

const struct artifact_mode artifact_mode_proxied = {
    .choice =
	{
	    .id = "proxied",
	    .title = N_("Through the server"),
	    .help = N_("Clients need no rights on the bucket. On Cloud Run and App Engine a file may have 32 MiB at most: "
		       "larger ones want the other way."),
	    .asks = asks,
	},
    .served = true,
    .plan = artifacts_proxied_plan,
    .server = artifacts_proxied_server,
    .connect = artifacts_proxied_connect,
};
