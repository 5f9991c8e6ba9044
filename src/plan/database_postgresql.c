/* Database engine postgresql. The driver is named, since SQLAlchemy's default is another one; libpq's variables carry the rest, so no password is
 * in a URI. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>

/* Cloud SQL's table by memory. */
static int database_postgresql_connections(const char *tier)
{
	int cpus, mb;
	if (!strcmp(tier, "db-f1-micro"))
		return 25;
	if (!strcmp(tier, "db-g1-small"))
		return 50;
	if (sscanf(tier, "db-custom-%d-%d", &cpus, &mb) != 2)
		return 100;
	return mb < 6144 ? 100 : mb < 7680 ? 200 : mb < 15360 ? 400 : 500;
}

static void database_postgresql_settings(const struct answers *a, cJSON *settings)
{
	(void)a;
	json_put_bool(settings, "backupConfiguration.pointInTimeRecoveryEnabled", true);
}

/* A connector ends the encryption itself: there is none between it and the server. */
static void database_postgresql_server(const struct design *d, struct container *c)
{
	container_set(c, "MLFLOW_BACKEND_STORE_URI", "postgresql+psycopg2://");
	container_set(c, "PGPORT", "5432");
	container_set(c, "PGDATABASE", "mlflow");
	container_set(c, "PGUSER", "mlflow");
	if (!d->connected)
		container_set(
		    c, "PGSSLMODE",
		    "verify-ca"); /* names are not checked: the certificate names the instance, the server asks for an address */
	container_set(c, "PGCONNECT_TIMEOUT", "10");
}

/* The authority of the instance's certificate is known once that stands, as its address is; the scripts make a file of it. */
static void database_postgresql_address(struct container *c, cJSON *host)
{
	if (cJSON_IsObject(host))
		container_set_value(c, "DATABASE_CA", plan_ref("sql", "ca"));
	container_set_value(c, "PGHOST", host);
}

/* libpq wants the authority's certificate as a file. */
static const char *const before[] = {
    "# The authority of the database's certificate comes as a text, since it is known once the database stands; libpq wants a "
    "file. It is public.",
    "if [ -n \"${DATABASE_CA:-}\" ]; then",
    "\tPGSSLROOTCERT=$(mktemp)",
    "\tprintf '%s\\n' \"$DATABASE_CA\" >\"$PGSSLROOTCERT\"",
    "\texport PGSSLROOTCERT",
    "fi",
    NULL,
};

static const char *const variables[] = {"PGHOST", "PGDATABASE", "PGUSER", "PGPASSWORD", NULL};

/* Cloud SQL's list of flags for PostgreSQL. */
static const char *const flags[] = {"autovacuum",
				    "autovacuum_analyze_scale_factor",
				    "autovacuum_analyze_threshold",
				    "autovacuum_freeze_max_age",
				    "autovacuum_max_workers",
				    "autovacuum_naptime",
				    "autovacuum_vacuum_cost_delay",
				    "autovacuum_vacuum_cost_limit",
				    "autovacuum_vacuum_insert_scale_factor",
				    "autovacuum_vacuum_insert_threshold",
				    "autovacuum_vacuum_scale_factor",
				    "autovacuum_vacuum_threshold",
				    "autovacuum_work_mem",
				    "bgwriter_delay",
				    "bgwriter_lru_maxpages",
				    "bgwriter_lru_multiplier",
				    "checkpoint_completion_target",
				    "checkpoint_timeout",
				    "checkpoint_warning",
				    "cloudsql.enable_auto_explain",
				    "cloudsql.enable_pg_cron",
				    "cloudsql.enable_pg_hint_plan",
				    "cloudsql.enable_pgaudit",
				    "cloudsql.iam_authentication",
				    "cloudsql.logical_decoding",
				    "constraint_exclusion",
				    "cpu_index_tuple_cost",
				    "cpu_operator_cost",
				    "cpu_tuple_cost",
				    "cursor_tuple_fraction",
				    "deadlock_timeout",
				    "default_statistics_target",
				    "default_transaction_isolation",
				    "effective_cache_size",
				    "effective_io_concurrency",
				    "enable_bitmapscan",
				    "enable_hashagg",
				    "enable_hashjoin",
				    "enable_indexonlyscan",
				    "enable_indexscan",
				    "enable_material",
				    "enable_mergejoin",
				    "enable_nestloop",
				    "enable_seqscan",
				    "enable_sort",
				    "enable_tidscan",
				    "from_collapse_limit",
				    "geqo",
				    "geqo_threshold",
				    "hash_mem_multiplier",
				    "hot_standby_feedback",
				    "huge_pages",
				    "idle_in_transaction_session_timeout",
				    "idle_session_timeout",
				    "jit",
				    "jit_above_cost",
				    "join_collapse_limit",
				    "lock_timeout",
				    "log_autovacuum_min_duration",
				    "log_checkpoints",
				    "log_connections",
				    "log_disconnections",
				    "log_duration",
				    "log_error_verbosity",
				    "log_executor_stats",
				    "log_hostname",
				    "log_line_prefix",
				    "log_lock_waits",
				    "log_min_duration_statement",
				    "log_min_error_statement",
				    "log_min_messages",
				    "log_parser_stats",
				    "log_planner_stats",
				    "log_recovery_conflict_waits",
				    "log_statement",
				    "log_statement_stats",
				    "log_temp_files",
				    "logical_decoding_work_mem",
				    "maintenance_work_mem",
				    "max_connections",
				    "max_files_per_process",
				    "max_locks_per_transaction",
				    "max_logical_replication_workers",
				    "max_parallel_maintenance_workers",
				    "max_parallel_workers",
				    "max_parallel_workers_per_gather",
				    "max_pred_locks_per_transaction",
				    "max_prepared_transactions",
				    "max_replication_slots",
				    "max_stack_depth",
				    "max_standby_archive_delay",
				    "max_standby_streaming_delay",
				    "max_sync_workers_per_subscription",
				    "max_wal_senders",
				    "max_wal_size",
				    "max_worker_processes",
				    "min_wal_size",
				    "parallel_setup_cost",
				    "parallel_tuple_cost",
				    "password_encryption",
				    "pg_stat_statements.max",
				    "pg_stat_statements.save",
				    "pg_stat_statements.track",
				    "pg_stat_statements.track_utility",
				    "pgaudit.log",
				    "pgaudit.log_catalog",
				    "pgaudit.log_client",
				    "pgaudit.log_level",
				    "pgaudit.log_parameter",
				    "pgaudit.log_relation",
				    "pgaudit.log_rows",
				    "pgaudit.log_statement",
				    "pgaudit.log_statement_once",
				    "pgaudit.role",
				    "random_page_cost",
				    "seq_page_cost",
				    "shared_buffers",
				    "ssl_max_protocol_version",
				    "ssl_min_protocol_version",
				    "statement_timeout",
				    "synchronous_commit",
				    "tcp_keepalives_count",
				    "tcp_keepalives_idle",
				    "tcp_keepalives_interval",
				    "temp_buffers",
				    "temp_file_limit",
				    "timezone",
				    "track_activity_query_size",
				    "track_commit_timestamp",
				    "track_functions",
				    "track_io_timing",
				    "vacuum_cost_delay",
				    "vacuum_cost_limit",
				    "vacuum_freeze_min_age",
				    "vacuum_freeze_table_age",
				    "wal_buffers",
				    "wal_compression",
				    "wal_receiver_timeout",
				    "wal_sender_timeout",
				    "work_mem",
				    NULL};
static const char *const own_flags[] = {"log_min_duration_statement", "cloudsql.iam_authentication", NULL};

static void database_postgresql_slow_queries(cJSON *list, int ms)
{
	char text[16];
	snprintf(text, sizeof text, "%d", ms);
	cJSON_AddItemToArray(list, json_make("{'name':'log_min_duration_statement','value':%s}", text));
}

static const struct choice versions[] = {
    {.id = "POSTGRES_18", .title = N_("PostgreSQL 18"), .help = N_("The newest.")},
    {.id = "POSTGRES_17", .title = N_("PostgreSQL 17"), .help = N_("Well tried.")},
    {.id = "POSTGRES_16", .title = N_("PostgreSQL 16"), .help = N_("For those who must stay there.")},
    {.id = NULL},
};

const struct database database_postgresql = {
    .choice =
	{
	    .id = "postgresql",
	    .title = N_("PostgreSQL"),
	    .help = N_("What MLflow is tested with most."),
	},
    .versions = versions,
    .version = "POSTGRES_17",
    .driver = "psycopg2-binary==2.9.13",
    .port = 5432,
    .socket = ".s.PGSQL.5432",
    .charset = "UTF8",
    .collation = "en_US.UTF8",
    .host_variable = "PGHOST",
    .password_variable = "PGPASSWORD",
    .before = before,
    .variables = variables,
    .connections = database_postgresql_connections,
    .flags = flags,
    .own_flags = own_flags,
    .slow_queries = database_postgresql_slow_queries,
    .settings = database_postgresql_settings,
    .server = database_postgresql_server,
    .address = database_postgresql_address,
};
