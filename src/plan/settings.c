/* Settings that have a good default. The rows, what they refuse, and what they make of the plan where that is the same on every
 * target. */
#include "config.h"
#include "plan/settings.h"

#include "base/buf.h"
#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/templates.h"
#include "base/text.h"
#include "plan/axes.h"
#include "plan/checks.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* When asked ---------------------------------------------------------------------------------------------------------------- */

static bool when_window(const struct answers *a)
{
	return strcmp(answers_str(a, "database.maintenance_day"), "any") != 0;
}

/* Something with a limit of its own stands before the server: Cloud Run, or a load balancer. */
static bool when_timed(const struct answers *a)
{
	struct axes x = axes_of(a);
	return x.target->host || x.exposure->ingress == INGRESS_BALANCER;
}

static bool settings_when_built(const struct answers *a)
{
	return !strcmp(answers_str(a, "image.source"), "build");
}

/* NAME=VALUE ---------------------------------------------------------------------------------------------------------------- */

/* Do both texts have the same before their equals signs? */
static bool same_name(const char *one, const char *other)
{
	size_t len = strcspn(one, "=");
	return len == strcspn(other, "=") && !strncmp(one, other, len);
}

/* Is a name given more than once? The pair that is the second, or NULL. */
static const char *twice(const cJSON *pairs)
{
	const cJSON *one, *two;
	cJSON_ArrayForEach(one, pairs)
		for (two = one->next; two; two = two->next) {
			if (same_name(two->valuestring, one->valuestring))
				return two->valuestring;
		}
	return NULL;
}

static bool among(const char *const *list, const char *pair)
{
	for (; list && *list; list++)
		if (same_name(pair, *list))
			return true;
	return false;
}

/* Database ------------------------------------------------------------------------------------------------------------------ */

static bool is_word_of(const char *list, const char *word)
{
	size_t len = strlen(word);
	for (const char *p = list; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strcspn(p, " ") == len && !strncmp(p, word, len))
			return true;
	return false;
}

static const char *check_flag_number(const struct database_flag *flag, const char *value)
{
	char *end;
	double n = strtod(value, &end);
	bool plain = strspn(value, flag->type == FLAG_INT ? "-0123456789" : "-+.0123456789eE") == strlen(value);
	if (*end || end == value || !plain)
		return flag->type == FLAG_INT ? N_("This flag takes a whole number, in the flag's own unit.")
					      : N_("This flag takes a number, in the flag's own unit.");
	return n < flag->least || n > flag->most ? N_("This number is outside what Cloud SQL takes for this flag.") : NULL;
}

static const char *check_flag_value(const struct database_flag *flag, const char *value)
{
	switch (flag->type) {
	case FLAG_BOOL:
		return is_word_of("on off", value) ? NULL : N_("This flag is on or off.");
	case FLAG_INT:
	case FLAG_FLOAT:
		return check_flag_number(flag, value);
	case FLAG_TEXT:
		break;
	}
	return !*flag->values || is_word_of(flag->values, value)
		   ? NULL
		   : N_("This is none of the values that Cloud SQL takes for this flag.");
}

static const char *check_flag(const struct answers *a, const char *value)
{
	const struct database *engine = axes_of(a).database;
	if (!strchr(value, '='))
		return NULL;
	if (among(engine->own_flags, value))
		return N_("This flag follows from other answers: it cannot be given here.");
	const struct database_flag *flag = engine->flags;
	while (flag->name && !same_name(value, flag->name))
		flag++;
	return flag->name ? check_flag_value(flag, strchr(value, '=') + 1)
			  : N_("This is no flag that Cloud SQL has for this engine.");
}

static const struct choice day_choices[] = {
    {.id = "any", .title = N_("Any"), .help = N_("When Google likes.")},
    {.id = "monday", .title = N_("Monday"), .help = N_("In UTC.")},
    {.id = "tuesday", .title = N_("Tuesday"), .help = N_("In UTC.")},
    {.id = "wednesday", .title = N_("Wednesday"), .help = N_("In UTC.")},
    {.id = "thursday", .title = N_("Thursday"), .help = N_("In UTC.")},
    {.id = "friday", .title = N_("Friday"), .help = N_("In UTC.")},
    {.id = "saturday", .title = N_("Saturday"), .help = N_("In UTC.")},
    {.id = "sunday", .title = N_("Sunday"), .help = N_("In UTC.")},
    {.id = NULL},
};

static const struct choice track_choices[] = {
    {.id = "canary",
     .title = N_("Week 1"),
     .help = N_("As soon as an update is there: for servers on which others are tried.")},
    {.id = "stable", .title = N_("Week 2"), .help = N_("A week after the first.")},
    {.id = "week5", .title = N_("Week 5"), .help = N_("As late as Google allows.")},
    {.id = NULL},
};

/* Google counts from Monday; an absent window is null, so that one which was there goes. */
static cJSON *window(const struct answers *a)
{
	const char *day = answers_str(a, "database.maintenance_day");
	int n = 0;
	while (day_choices[n].id && strcmp(day_choices[n].id, day) != 0)
		n++;
	if (!n)
		return cJSON_CreateNull();
	return json_make("{'day':%d,'hour':%d,'updateTrack':%s}", n, answers_int(a, "database.maintenance_hour"),
			 answers_str(a, "database.maintenance_track"));
}

static void put_flag(cJSON *flags, const char *pair)
{
	size_t len = strcspn(pair, "=");
	char *name = xstrndup(pair, len);
	cJSON_AddItemToArray(flags, json_make("{'name':%s,'value':%s}", name, pair + len + (pair[len] == '=')));
	free(name);
}

static int by_name(const cJSON *a, const cJSON *b)
{
	return strcmp(json_str(a, "name", ""), json_str(b, "name", ""));
}

/* Always in the same order, and an empty list where there are none: then flags that were set before go. */
static cJSON *flags(const struct answers *a, cJSON *list)
{
	const struct database *engine = axes_of(a).database;
	int slow = answers_int(a, "database.slow_query_ms");
	const cJSON *pair;
	list = list ? list : cJSON_CreateArray();
	if (slow && engine->slow_queries)
		engine->slow_queries(list, slow);
	cJSON_ArrayForEach(pair, answers_get(a, "database.flags"))
		put_flag(list, pair->valuestring);
	cJSON *sorted = cJSON_CreateArray();
	while (list->child) {
		cJSON *least = list->child;
		for (cJSON *f = least->next; f; f = f->next)
			least = by_name(f, least) < 0 ? f : least;
		cJSON_AddItemToArray(sorted, cJSON_DetachItemViaPointer(list, least));
	}
	cJSON_Delete(list);
	return sorted;
}

void settings_of_database(const struct answers *a, cJSON *settings)
{
	char hour[8];
	snprintf(hour, sizeof hour, "%02d:00", answers_int(a, "database.backup_hour") % 24);
	json_put_str(settings, "backupConfiguration.startTime", hour);
	json_put_num(settings, "backupConfiguration.transactionLogRetentionDays", answers_int(a, "database.log_days"));
	json_put_num(settings, "backupConfiguration.backupRetentionSettings.retainedBackups",
		     answers_int(a, "database.backups_kept"));
	json_put(settings, "maintenanceWindow", window(a));
	json_put(settings, "databaseFlags", flags(a, cJSON_DetachItemFromObject(settings, "databaseFlags")));
	json_put_bool(settings, "insightsConfig.queryInsightsEnabled", answers_bool(a, "database.insights"));
}

/* Bucket -------------------------------------------------------------------------------------------------------------------- */

static const struct choice class_choices[] = {
    {.id = "standard", .title = N_("Standard"), .help = N_("No charge for reading, and none for deleting early.")},
    {.id = "nearline",
     .title = N_("Nearline"),
     .help = N_("Half the price to keep, and a charge for each reading; 30 days are paid for at the least.")},
    {.id = "coldline",
     .title = N_("Coldline"),
     .help = N_("A fifth of the price to keep, and a larger charge for reading; 90 days are paid for at the least.")},
    {.id = NULL},
};

const char *settings_storage_class(const struct answers *a)
{
	const char *id = answers_str(a, "artifacts.storage_class");
	return !strcmp(id, "nearline") ? "NEARLINE" : !strcmp(id, "coldline") ? "COLDLINE" : "STANDARD";
}

cJSON *settings_lifecycle(const struct answers *a)
{
	int cold = answers_int(a, "artifacts.cold_after_days");
	cJSON *rules = json_make(
	    "[{'action':{'type':'Delete'},'condition':{'daysSinceNoncurrentTime':%d,'numNewerVersions':%d}}]",
	    answers_int(a, "artifacts.versions_days"), answers_int(a, "artifacts.versions_kept"));
	if (cold)
		cJSON_AddItemToArray(
		    rules, json_make("{'action':{'type':'SetStorageClass','storageClass':'COLDLINE'},'condition':{'age':%d,"
				     "'matchesStorageClass':['STANDARD','NEARLINE']}}",
				     cold));
	return rules;
}

/* Image --------------------------------------------------------------------------------------------------------------------- */

/* pip takes "a_b", "A.B" and "a-b" for one name. */
static bool same_package(const char *a, size_t len, const char *b, size_t blen)
{
	if (len != blen)
		return false;
	for (size_t i = 0; i < len; i++) {
		char x = (char)tolower((unsigned char)a[i]), y = (char)tolower((unsigned char)b[i]);
		x = x == '_' || x == '.' ? '-' : x;
		y = y == '_' || y == '.' ? '-' : y;
		if (x != y)
			return false;
	}
	return true;
}

/* Does a line of this template name the package? */
static bool pinned_in(const char *template, const char *package)
{
	size_t len = strcspn(package, "=[");
	for (const char *line = template_find(template, NULL); line && *line;
	     line += strcspn(line, "\n") + (line[strcspn(line, "\n")] != '\0'))
		if (same_package(package, len, line, strcspn(line, "=[\n;")))
			return true;
	return false;
}

static const char *check_package(const struct answers *a, const char *value)
{
	(void)a;
	static const char why[] = N_("The image has this package already, in a version that goes with MLflow.");
	return pinned_in("shared/requirements.txt.mustache", value) || pinned_in("shared/constraints.txt.mustache", value)
		   ? why
		   : NULL;
}

/* Server -------------------------------------------------------------------------------------------------------------------- */

/* Names that the plan sets, that the platform sets, or with which a variable could get around the gate; a name that ends in an
 * underscore stands for all that begin so. */
static const char *const reserved[] = {"MLFLOW_BACKEND_STORE_URI",
				       "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE",
				       "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW",
				       "MLFLOW_SQLALCHEMYSTORE_POOL_RECYCLE",
				       "MLFLOW_SERVER_",
				       "MLFLOW_WORKERS",
				       "MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX",
				       "MLFLOW_DISABLE_TELEMETRY",
				       "DO_NOT_TRACK",
				       "MLFLOW_ARTIFACTS_DESTINATION",
				       "MLFLOW_DEFAULT_ARTIFACT_ROOT",
				       "MLFLOW_SERVE_ARTIFACTS",
				       "MLFLOW_CRYPTO_",
				       "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY",
				       "MLFLOW_ENABLE_AI_GATEWAY",
				       "MLFLOW_GATEWAY_ALLOWED_PROVIDERS",
				       "MLFLOW_FLASK_",
				       "MLFLOW_AUTH_",
				       "MLFLOW_HOST",
				       "MLFLOW_PORT",
				       "MLFLOW_APP_NAME",
				       "MLFLOW_REGISTRY_STORE_URI",
				       "MLFLOW_TRACKING_URI",
				       "DATABASE_CA",
				       "PGHOST",
				       "PGPORT",
				       "PGDATABASE",
				       "PGUSER",
				       "PGPASSWORD",
				       "PGSSLMODE",
				       "PGSSLROOTCERT",
				       "PGCONNECT_TIMEOUT",
				       "PGOPTIONS",
				       "PGHOSTADDR",
				       "PGSERVICE",
				       "PGSERVICEFILE",
				       "PGPASSFILE",
				       "MYSQL_",
				       "SERVER_",
				       "SECRET_",
				       "PORT",
				       "HOST",
				       "HOME",
				       "PATH",
				       "PYTHONPATH",
				       "PYTHONHOME",
				       "LD_",
				       "K_",
				       "CLOUD_RUN_",
				       "GAE_",
				       "KUBERNETES_",
				       "GOOGLE_APPLICATION_CREDENTIALS",
				       "GOOGLE_CLOUD_PROJECT",
				       NULL};

static bool when_gateway(const struct answers *a)
{
	return answers_bool(a, "server.gateway");
}

static bool is_reserved(const char *pair)
{
	size_t len = strcspn(pair, "=");
	for (const char *const *r = reserved; *r; r++) {
		size_t n = strlen(*r);
		if ((*r)[n - 1] == '_' ? len >= n && !strncmp(pair, *r, n) : same_name(pair, *r))
			return true;
	}
	return false;
}

/* A value here is in the answers file, in the plan and in the platform's console. */
static bool is_secret(const char *pair)
{
	static const char *const words[] = {"PASSWORD",    "PASSWD",     "SECRET",     "TOKEN",      "API_KEY", "APIKEY",
					    "PRIVATE_KEY", "ACCESS_KEY", "CREDENTIAL", "PASSPHRASE", NULL};
	char *name = xstrndup(pair, strcspn(pair, "="));
	bool found = false;
	for (const char *const *w = words; *w; w++)
		found |= strcasestr(name, *w) != NULL;
	free(name);
	return found;
}

/* As the strictest reader of variables wants it: a machine's file of them is lines in a block of YAML. */
static bool is_line(const char *value)
{
	struct buf line = {0};
	bool fine = !escape_add(ESCAPE_LINE, value, &line);
	buf_free(&line);
	return fine;
}

static const char *check_variable(const struct answers *a, const char *value)
{
	(void)a;
	if (!strchr(value, '='))
		return NULL;
	if (is_reserved(value))
		return N_("This variable is set by the program or by the platform.");
	if (!is_line(strchr(value, '=') + 1))
		return N_("A value is one line without control characters, and with no blank at its ends.");
	if (is_secret(value))
		return N_("This looks like a secret, and the answers file holds none. Read it in your code from Secret "
			  "Manager, with a role for it in server.roles.");
	return NULL;
}

/* With these the server could let anybody in, itself first, or read what others keep. */
static const char *check_role(const struct answers *a, const char *value)
{
	static const char *const families[] = {"roles/iam.",
					       "roles/resourcemanager.",
					       "roles/secretmanager.",
					       "roles/iap.",
					       "roles/serviceusage.",
					       "roles/cloudsql.",
					       "roles/run.",
					       "roles/container.",
					       "roles/appengine.",
					       "roles/compute.",
					       NULL};
	(void)a;
	if (!strcmp(value, "roles/owner") || !strcmp(value, "roles/editor") || !strcmp(value, "roles/viewer"))
		return N_("This role is for everything in the project. Name the ones that are needed.");
	for (const char *const *f = families; *f; f++)
		if (text_starts(value, *f))
			return N_("With this role the server could change who may do what, or what it runs on. Grant it by "
				  "hand where that is meant.");
	return NULL;
}

void settings_variables(const struct answers *a, struct container *c)
{
	const cJSON *pair;
	cJSON_ArrayForEach(pair, answers_get(a, "server.environment")) {
		size_t len = strcspn(pair->valuestring, "=");
		char *name = xstrndup(pair->valuestring, len);
		container_set(c, name, pair->valuestring + len + 1);
		free(name);
	}
}

static const char *check_origin(const struct answers *a, const char *value)
{
	(void)a;
	return text_ends(value, ":443") ? N_("A browser leaves the port 443 out of an origin: so must this.") : NULL;
}

/* Several together ---------------------------------------------------------------------------------------------------------- */

static void check_twice(const struct answers *a, const char *id, problem_fn *found, void *arg)
{
	const char *pair = twice(answers_get(a, id));
	if (!pair)
		return;
	char *s = xasprintf(_("%.*s is given twice."), (int)strcspn(pair, "="), pair);
	found(arg, id, s);
	free(s);
}

/* As MLflow has it where nothing is said: on, and any provider. */
void settings_gateway(const struct answers *a, struct container *c)
{
	struct buf names = {0};
	const cJSON *name;
	if (!when_gateway(a)) {
		container_set(c, "MLFLOW_ENABLE_AI_GATEWAY", "false");
		return;
	}
	cJSON_ArrayForEach(name, answers_get(a, "server.gateway_providers"))
		buf_printf(&names, "%s%s", names.len ? "," : "", name->valuestring);
	if (names.len)
		container_set(c, "MLFLOW_GATEWAY_ALLOWED_PROVIDERS", buf_text(&names));
	buf_free(&names);
}

/* A runner and seven workers, close to 2 GiB. */
static void check_jobs(const struct answers *a, problem_fn *found, void *arg)
{
	if (!answers_bool(a, "server.jobs"))
		return;
	if (atoi(answers_str(a, "server.memory")) < answers_int(a, "server.workers") + 2)
		found(arg, "server.jobs",
		      _("Background jobs take 2 GiB beside the workers: choose more server.memory, or fewer workers."));
}

/* Before, nothing switches it off. */
static void check_gateway(const struct answers *a, problem_fn *found, void *arg)
{
	if (!when_gateway(a) && settings_when_built(a) && older_than(answers_str(a, "image.mlflow_version"), 3, 17, 0))
		found(arg, "server.gateway",
		      _("MLflow before 3.17.0 has no switch for its gateway: leave it on, or choose a newer "
			"image.mlflow_version."));
}

/* Google grants a custom role in the project or the organization that it is defined in, and nowhere else. */
static void check_homes(const struct answers *a, problem_fn *found, void *arg)
{
	const char *project = answers_str(a, "project.id");
	const cJSON *organization = answers_organization(a), *role;
	char *own = xasprintf("projects/%s/", project),
	     *above = cJSON_IsString(organization) ? xasprintf("organizations/%s/", organization->valuestring) : NULL;
	cJSON_ArrayForEach(role, answers_get(a, "server.roles")) {
		const char *name = role->valuestring;
		bool custom = text_starts(name, "projects/"), shared = text_starts(name, "organizations/");
		if (*project && custom && !text_starts(name, own))
			found(arg, "server.roles",
			      _("A custom role is granted in its own project alone: define it in this one too."));
		else if (organization && shared && !(above && text_starts(name, above)))
			found(arg, "server.roles",
			      _("This custom role is another organisation's, and cannot be granted in the project."));
	}
	free(above);
	free(own);
}

void settings_check(const struct answers *a, problem_fn *found, void *arg)
{
	if (answers_int(a, "database.backups_kept") < answers_int(a, "database.log_days"))
		found(arg, "database.log_days",
		      _("The log goes back no further than the backups do: keep as many backups as days of it."));
	if (answers_int(a, "artifacts.cold_after_days") && !strcmp(settings_storage_class(a), "COLDLINE"))
		found(arg, "artifacts.cold_after_days", _("Files are in Coldline from the start: leave this at 0."));
	if (answers_int(a, "database.slow_query_ms") && !axes_of(a).database->slow_queries)
		found(arg, "database.slow_query_ms", _("This engine has no log of slow queries."));
	check_jobs(a, found, arg);
	check_gateway(a, found, arg);
	check_twice(a, "database.flags", found, arg);
	check_twice(a, "server.environment", found, arg);
	check_twice(a, "image.packages", found, arg);
	check_twice(a, "server.roles", found, arg);
	check_homes(a, found, arg);
}

/* The rows ------------------------------------------------------------------------------------------------------------------ */

static const struct choice login_choices[] = {
    {.id = "password", .title = N_("With a password"), .help = N_("Drawn by the installer and kept in Secret Manager.")},
    {.id = "account",
     .title = N_("As its account"),
     .help = N_("IAM database authentication: each connection shows a token of the server's account, and there is no password "
		"to keep.")},
    {.id = NULL},
};

/* clang-format off */
const struct question settings_questions[] = {
	{.id = "database.login", .shared = true, .quiet = true, .page = "database", .type = TYPE_CHOICE, .title = N_("How the server logs in"),
	 .help = N_("With a password, or as the server's account by IAM. It can be changed later: the tables stay where they are. MySQL restarts for it, which takes "
		    "about a minute."),
	 .after = "database.deletion_protection", .choices = login_choices, .preset = "password"},
	{.id = "database.maintenance_day", .shared = true, .quiet = true, .page = "database", .type = TYPE_CHOICE, .title = N_("Maintenance day"),
	 .help = N_("When Google may update the database, which then does not answer for about a minute. Changing it costs nothing."),
	 .after = "database.deletion_protection", .choices = day_choices, .preset = "any"},
	{.id = "database.maintenance_hour", .shared = true, .quiet = true, .page = "database", .type = TYPE_INT, .title = N_("Maintenance hour"),
	 .help = N_("The hour of that day in which it may begin, in UTC."),
	 .after = "database.deletion_protection", .when = when_window, .min = 0, .max = 23, .unit = N_("o'clock UTC"), .counted = count_oclock, .preset = "3"},
	{.id = "database.maintenance_track", .shared = true, .quiet = true, .page = "database", .type = TYPE_CHOICE, .title = N_("Maintenance track"),
	 .help = N_("How soon after an update is there."),
	 .after = "database.deletion_protection", .when = when_window, .choices = track_choices, .preset = "stable"},
	{.id = "database.backup_hour", .shared = true, .quiet = true, .page = "database", .type = TYPE_INT, .title = N_("Backup hour"),
	 .help = N_("The hour in which the daily backup begins, in UTC. The server answers meanwhile."),
	 .after = "database.deletion_protection", .min = 0, .max = 23, .unit = N_("o'clock UTC"), .counted = count_oclock, .preset = "3"},
	{.id = "database.backups_kept", .shared = true, .quiet = true, .page = "database", .type = TYPE_INT, .title = N_("Backups kept"),
	 .help = N_("Daily backups; the oldest goes when a new one is there."),
	 .after = "database.deletion_protection", .min = 1, .max = 365, .preset = "7"},
	{.id = "database.log_days", .shared = true, .quiet = true, .page = "database", .type = TYPE_INT, .title = N_("Transaction log"),
	 .help = N_("The database can be brought back to any moment of so many days."),
	 .after = "database.deletion_protection", .min = 1, .max = 7, .unit = N_("days"), .counted = count_days, .preset = "7"},
	{.id = "database.slow_query_ms", .shared = true, .quiet = true, .page = "database", .type = TYPE_INT, .title = N_("Log queries slower than"),
	 .help = N_("Queries that took longer are written to the database's log. 0 writes none."),
	 .after = "database.deletion_protection", .min = 0, .max = 3600000, .unit = "ms", .preset = "0"},
	{.id = "database.insights", .shared = true, .quiet = true, .page = "database", .type = TYPE_BOOL, .title = N_("Query insights"),
	 .help = N_("Google's console then shows which queries take the time. It keeps a week of them at no charge."),
	 .after = "database.deletion_protection", .preset = "false"},
	{.id = "database.flags", .shared = true, .quiet = true, .page = "database", .type = TYPE_LIST, .title = N_("Database flags"),
	 .help = N_("NAME=VALUE each, as Cloud SQL knows them. Some restart the database, which takes about a minute."),
	 .after = "database.deletion_protection", .optional = true,
	 .pattern = "^[a-z][a-z0-9_.]*=[^,\n]+$",
	 .form = N_("NAME=VALUE, such as work_mem=8192."),
	 .check = check_flag},
	{.id = "artifacts.storage_class", .shared = true, .quiet = true, .page = "artifacts", .type = TYPE_CHOICE, .title = N_("Storage class"),
	 .help = N_("Of new files. Those that are there stay in theirs."),
	 .after = "artifacts.soft_delete_days", .choices = class_choices, .preset = "standard"},
	{.id = "artifacts.cold_after_days", .shared = true, .quiet = true, .page = "artifacts", .type = TYPE_INT, .title = N_("Move to Coldline after"),
	 .help = N_("Files of that age cost a fifth to keep and are charged for when they are read. 0 moves none."),
	 .after = "artifacts.soft_delete_days", .min = 0, .max = 3650, .unit = N_("days"), .counted = count_days, .preset = "0"},
	{.id = "artifacts.versions_days", .shared = true, .quiet = true, .page = "artifacts", .type = TYPE_INT, .title = N_("Keep replaced files for"),
	 .help = N_("A file that was overwritten or deleted stays for so long as an older version, and is paid for."),
	 .after = "artifacts.soft_delete_days", .min = 1, .max = 3650, .unit = N_("days"), .counted = count_days, .preset = "30"},
	{.id = "artifacts.versions_kept", .shared = true, .quiet = true, .page = "artifacts", .type = TYPE_INT, .title = N_("Replaced versions kept"),
	 .help = N_("So many of a file's versions stay in any case, however old they are."),
	 .after = "artifacts.soft_delete_days", .min = 1, .max = 100, .preset = "3"},
	{.id = "image.packages", .quiet = true, .page = "image", .type = TYPE_LIST, .title = N_("More Python packages"),
	 .help = N_("NAME==VERSION each, installed into the image beside MLflow: for plugins of the server. They must have wheels."),
	 .after = "image.mlflow_version", .optional = true, .when = settings_when_built,
	 .pattern = "^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(\\[[A-Za-z0-9._-]+(,[A-Za-z0-9._-]+)*\\])?==[0-9][A-Za-z0-9.!+_-]*$",
	 .form = N_("A package and its version: NAME==1.2.3."),
	 .check = check_package},
	{.id = "server.environment", .quiet = true, .page = "image", .type = TYPE_LIST, .title = N_("More variables"),
	 .help = N_("NAME=VALUE each, set for MLflow. They are no secrets: they stand in this file and in the console."),
	 .after = "server.cpu", .optional = true,
	 .pattern = "^[A-Za-z_][A-Za-z0-9_]*=[^\n]*$",
	 .form = N_("NAME=VALUE; a name has letters, digits and underscores."),
	 .check = check_variable},
	{.id = "server.timeout", .quiet = true, .page = "image", .type = TYPE_INT, .title = N_("Longest request"),
	 .help = N_("A request that takes longer is cut off, an upload too."),
	 .after = "server.cpu", .shared = true, .when = when_timed, .min = 30, .max = 3600, .unit = "s", .preset = "3600"},
	{.id = "server.jobs", .quiet = true, .page = "image", .type = TYPE_BOOL, .title = N_("Background jobs"),
	 .help = N_("MLflow's own jobs, such as judging traces as they come: eight more processes, which take 2 GiB. On Cloud Run they need CPU always and an instance "
		    "that stays."),
	 .after = "server.cpu", .preset = "false"},
	{.id = "server.gateway", .quiet = true, .page = "image", .type = TYPE_BOOL, .title = N_("AI gateway"),
	 .help = N_("MLflow's endpoints that call providers of language models with keys that are kept in the database, encrypted. It runs within the workers. Whoever may "
		    "enter may use them, at the cost of those keys; off, they answer that they are off, and what was set up stays."),
	 .after = "server.cpu", .preset = "true"},
	{.id = "server.gateway_providers", .quiet = true, .page = "image", .type = TYPE_LIST, .title = N_("AI gateway's providers"),
	 .help = N_("Those that the gateway may call, as MLflow names them: openai, anthropic, gemini, vertex_ai. It refuses all others. Empty: it may call any."),
	 .after = "server.cpu", .optional = true, .when = when_gateway,
	 .pattern = "^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$",
	 .form = N_("A provider's name in lower case, such as openai.")},
	{.id = "server.roles", .admits = true, .quiet = true, .page = "image", .type = TYPE_LIST, .title = N_("More roles"),
	 .help = N_("Roles that the server's identity gets in the project, for plugins that use other services. One that is taken off this list is taken away from it."),
	 .after = "server.cpu", .optional = true,
	 .pattern = "^(roles/[a-z]+([.][A-Za-z]+)+|(projects|organizations)/[a-z0-9-]+/roles/[A-Za-z0-9_.]+)$",
	 .form = N_("A role's whole name, such as roles/bigquery.user."),
	 .check = check_role},
	{.id = "server.extra_hosts", .quiet = true, .page = "image", .type = TYPE_LIST, .title = N_("More host names"),
	 .help = N_("Names beside the server's own under which requests may arrive, such as a proxy's of yours. MLflow refuses others."),
	 .after = "server.cpu", .optional = true,
	 .pattern = "^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}(:[0-9]+)?$",
	 .form = N_("A host name in lower case, with a port or without: proxy.example.com:8443.")},
	{.id = "server.extra_origins", .quiet = true, .page = "image", .type = TYPE_LIST, .title = N_("More origins"),
	 .help = N_("Addresses of pages, beside the server's own, whose scripts may send requests in a browser. MLflow refuses others."),
	 .after = "server.cpu", .optional = true,
	 .pattern = "^https://([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}(:[0-9]+)?$",
	 .form = N_("https:// and a host name in lower case, with nothing behind it."),
	 .check = check_origin},
	{.id = NULL},
};
/* clang-format on */
