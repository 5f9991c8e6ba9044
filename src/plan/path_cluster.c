/* Database path cluster: PostgreSQL in the cluster itself, with one volume, for a trial: nothing of Cloud SQL is planned, and nobody keeps a backup. It runs from its own
 * project's image, by digest, as that image's user, and may write to its volume and /tmp alone. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

#define USER_ID 999 /* of the image */
#define FOLDER "/var/lib/postgresql/data"
#define PASSWORD_FOLDER "/run/secrets/database"

/* Docker's official image, an index of all architectures: minor releases are those of May 2026. */
static const struct {
	const char *version, *image;
} images[] = {
    {"POSTGRES_18", /* 18.4 */
     "docker.io/library/postgres@sha256:a02db8cac496f15b094798a38254f14d6e00741f709360e5e00bb6668ea31636"},
    {"POSTGRES_17", /* 17.10 */
     "docker.io/library/postgres@sha256:7958605b474b3d264a969cb3a123d6aa00ad1e1fe9da8a69984dabb704d93317"},
    {"POSTGRES_16", /* 16.14 */
     "docker.io/library/postgres@sha256:95206741a5b214807675e14165369d05b93a9cf692223b616d07cca227e74b0b"},
};
enum { IMAGES = sizeof images / sizeof *images };

/* A folder that was begun and not finished is begun anew; a finished one gets its name last. Single-user mode takes a statement a line, and its log none of them:
 * the password stands in one. It is set at each start, so that it is what the Secret says after that was changed too. A node that mounts the
 * volume lets the group write to all of it, which PostgreSQL does not stand. */
#define SINGLE " | postgres --single -c log_min_error_statement=panic -D "
static const char script[] = "set -eu\n"
			     "umask 077\n"
			     "if [ ! -s \"$PGDATA/PG_VERSION\" ]; then\n"
			     "\trm -rf \"$PGDATA\" \"$PGDATA.new\"\n"
			     "\tinitdb -D \"$PGDATA.new\" -U postgres -A reject -E UTF8 --locale=C.UTF-8 --no-instructions\n"
			     "\tprintf 'host mlflow mlflow all scram-sha-256\\n' >\"$PGDATA.new/pg_hba.conf\"\n"
			     "\tprintf 'CREATE ROLE mlflow LOGIN\\nCREATE DATABASE mlflow OWNER mlflow\\n'" SINGLE
			     "\"$PGDATA.new\" postgres >/dev/null\n"
			     "\tmv \"$PGDATA.new\" \"$PGDATA\"\n"
			     "fi\n"
			     "chmod 700 \"$PGDATA\"\n"
			     "printf \"ALTER ROLE mlflow PASSWORD '%s'\\n\" \"$(cat " PASSWORD_FOLDER "/password)\"" SINGLE
			     "\"$PGDATA\" postgres >/dev/null\n"
			     "exec postgres -D \"$PGDATA\" -c listen_addresses='*' -c unix_socket_directories=/tmp\n";

static const char *image_of(const struct answers *a)
{
	size_t i = 0;
	while (i + 1 < IMAGES && strcmp(images[i].version, answers_str(a, "database.version")))
		i++;
	return images[i].image;
}

static void path_cluster_beside(struct design *d)
{
	struct container *c = workload_database(d->workload, "postgresql", cJSON_CreateString(image_of(d->answers)));
	workload_disk(d->workload, "database", answers_int(d->answers, "database.volume_gib"), "database.volume_gib");
	container_keep(c, "database", FOLDER);
	container_mount(c, "db-password", PASSWORD_FOLDER, "password");
	container_set(c, "PGDATA", FOLDER "/pgdata"); /* a new volume has a folder of its own in it: lost+found */
	c->user = USER_ID;
	c->port = d->axes.database->port;
	c->cpu = "500m";
	c->memory = "1Gi";
	c->command = json_make("['sh','-c',%s]", script);
	c->ready = json_make("['pg_isready','-q','-h','127.0.0.1','-d','mlflow','-U','mlflow']");
	workload_needs(d->workload, "database/server");
}

/* The name of its Service, in the namespace of both. */
static cJSON *path_cluster_address(const struct design *d)
{
	(void)d;
	return cJSON_CreateString("database");
}

static const char *path_cluster_refused(const struct answers *a)
{
	return axes_target(a)->disks ? NULL
				     : N_("Only a cluster can run a database beside the server: choose Kubernetes Engine.");
}

static void path_cluster_check(const struct answers *a, problem_fn *found, void *arg)
{
	if (strcmp(answers_str(a, "database.login"), "password"))
		found(arg, "database.path",
		      _("A database in the cluster knows no accounts of IAM: set database.login to password."));
}

/* clang-format off */
static const struct question rows[] = {
	{.id = "database.volume_gib", .page = "database", .type = TYPE_INT, .title = N_("Volume of the database"),
	 .help = N_("A persistent disk in the cluster. It can be made larger later where the cluster's storage class allows it, and never smaller."),
	 .after = "database.path", .min = 10, .max = 16384, .unit = "GiB", .preset = "10"},
	{.id = NULL},
};
/* clang-format on */

const struct database_path database_path_cluster = {
    .choice =
	{
	    .id = "cluster",
	    .title = N_("In the cluster, for a trial"),
	    .help = N_("PostgreSQL in a pod with one volume: no Cloud SQL and no cost for it, but no backup, no standby, and "
		       "no way to Cloud SQL "
		       "later. What is lost with the volume is lost."),
	    .refused = path_cluster_refused,
	    .questions = rows,
	    .check = path_cluster_check,
	},
    .beside = path_cluster_beside,
    .plain = true,
    .address = path_cluster_address,
};
