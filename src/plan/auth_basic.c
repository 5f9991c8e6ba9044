/* Auth mode basic: MLflow's own accounts (`--app-name basic-auth`, reference/mlflow.md C5), kept in the same database under a version table of their own,
 * so that they outlive every instance. The admin's password is drawn and read at the first start only. */
#include "config.h"
#include "plan/axes.h"

#include "base/buf.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/mustache.h"
#include "base/secret.h"
#include "plan/checks.h"

#include <stdlib.h>
#include <string.h>

#define CONFIG_DIR "/secrets/auth"
#define ADMIN "admin"

static const struct choice permissions[] = {
    {.id = "READ", .title = N_("Read"), .help = N_("Everybody with an account sees everything, and changes what is his own.")},
    {.id = "EDIT",
     .title = N_("Read and change"),
     .help = N_("Everybody with an account may change everything, and delete nothing of others.")},
    {.id = "NO_PERMISSIONS",
     .title = N_("Nothing"),
     .help = N_("Each experiment is seen by its owner and by those who are let in.")},
    {.id = NULL},
};

/* clang-format off */
static const struct question questions_of_basic[] = {
	{.id = "basic.default_permission", .page = "auth", .type = TYPE_CHOICE, .title = N_("What accounts may do"),
	 .help = N_("What somebody with an account may do with experiments and models of others, until told otherwise."),
	 .after = "auth.mode", .choices = permissions, .preset = "READ"},
	{.id = NULL},
};
/* clang-format on */

static void auth_basic_check(const struct answers *a, problem_fn *found, void *arg)
{
	if (!strcmp(answers_str(a, "image.source"), "build") && older_than(answers_str(a, "image.mlflow_version"), 3, 16, 1))
		found(arg, "image.mlflow_version",
		      _("MLflow before 3.16.1 has a default password (CVE-2026-2635): choose 3.16.1 or newer for its own "
			"accounts."));
}

/* In an INI file a percent sign is written twice. */
static char *doubled(const char *text)
{
	struct buf b = {0};
	for (; *text; text++) {
		buf_putc(&b, *text);
		if (*text == '%')
			buf_putc(&b, '%');
	}
	return buf_take(&b);
}

static bool auth_basic_prepare(struct design *d, struct err *e)
{
	(void)e;
	json_put_str(d->plan->render, "default_permission", answers_str(d->answers, "basic.default_permission"));
	json_put_str(d->plan->render, "admin_user", ADMIN);
	design_line(d, "flags", "--app-name basic-auth");
	design_line(d, "migrations", "python -m mlflow.server.auth db upgrade --url \"$MLFLOW_BACKEND_STORE_URI\"");
	return true;
}

/* Accounts stand in the same database as the rest: its address for the driver is MLflow's own. */
static void put_database(struct design *d)
{
	cJSON *texts = container_texts(d->workload->containers[0]), *t;
	char *uri = NULL;
	cJSON_ArrayForEach(t, texts)
		if (!strcmp(json_str(t, "name", ""), "MLFLOW_BACKEND_STORE_URI"))
			uri = doubled(json_str(t, "value", ""));
	json_put_str(d->plan->render, "auth_database_uri", uri ? uri : "");
	free(uri);
	cJSON_Delete(texts);
}

static bool auth_basic_secrets(struct design *d, struct err *e)
{
	put_database(d);
	design_secret(d, &(struct secret_want){.name = "admin", .recipe = SECRET_PASSWORD, .opens_data = true});
	design_secret(d, &(struct secret_want){.name = "flask-key", .recipe = SECRET_FLASK});
	return design_secret_file(d, "auth-config", "basic_auth.ini", e);
}

static void auth_basic_join(struct design *d)
{
	struct container *c = d->workload->containers[0];
	container_set(c, "MLFLOW_AUTH_CONFIG_PATH", CONFIG_DIR "/basic_auth.ini");
	container_set(c, "MLFLOW_AUTH_ADMIN_USERNAME", ADMIN);
	container_set_secret(c, "MLFLOW_AUTH_ADMIN_PASSWORD", "admin");
	container_set_secret(c, "MLFLOW_FLASK_SERVER_SECRET_KEY", "flask-key");
	container_mount(c, "auth-config", CONFIG_DIR, "basic_auth.ini");
	d->workload->door = DOOR_OPEN;
}

static void auth_basic_wall(const struct design *d, struct wall *out)
{
	(void)d;
	out->shows = CREDENTIAL_PASSWORD;
	out->refuses = 401;
	out->user = xstrdup(ADMIN);
	out->password = xstrdup("admin");
	out->own = true;
}

static void auth_basic_connect(const struct plan *p, struct buf *out)
{
	(void)p;
	buf_printf(
	    out, "%s\n",
	    _("# That is the administrator. Make accounts for people at /signup, or with mlflow.server.get_app_client."));
}

static const struct render_row renders[] = {
    {"shared/basic_auth.ini.mustache", "basic_auth.ini", ESCAPE_LINE, 0644, false},
    {NULL, NULL, 0, 0, false},
};

const struct auth_mode auth_mode_basic = {
    .choice =
	{
	    .id = "basic",
	    .title = N_("MLflow's own accounts"),
	    .help = N_("User names and passwords kept by MLflow, with permissions for each experiment."),
	    .questions = questions_of_basic,
	    .check = auth_basic_check,
	},
    .renders = renders,
    .prepare = auth_basic_prepare,
    .secrets = auth_basic_secrets,
    .join = auth_basic_join,
    .wall = auth_basic_wall,
    .connect = auth_basic_connect,
};
