/* The question table. To ask something new, add a row (and a page, if it fits on none). The order here is the order of asking. What only one choice
 * of an axis asks stands in that choice's file, and is joined in behind the question that its row names. */
#include "config.h"
#include "plan/question.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pattern.h"
#include "base/text.h"
#include "plan/alerts.h"
#include "plan/answers.h"
#include "plan/archival.h"
#include "plan/axes.h"
#include "plan/cleanup.h"
#include "plan/checks.h"
#include "plan/network_given.h"
#include "plan/github.h"
#include "plan/labels.h"
#include "plan/people.h"
#include "plan/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Defaults that depend, and when asked ---------------------------------------------------------------------------------------------- */

static cJSON *default_location(const struct answers *a)
{
	return cJSON_CreateString(answers_str(a, "region"));
}

static cJSON *default_version(const struct answers *a)
{
	return cJSON_CreateString(axes_of(a).database->version);
}

static bool is_version(const struct choice *v, const char *id)
{
	while (v->id && strcmp(v->id, id) != 0)
		v++;
	return v->id != NULL;
}

static bool version_of_engine(const struct answers *a, const char *id)
{
	return is_version(axes_of(a).database->versions, id);
}

/* A version goes with its own engine, and stays once a release's tables are in it. The earliest choices are those that stand: later ones are of runs that
 * did not get there. */
static const char *check_version(const struct answers *a, const char *value)
{
	const struct choice *versions = axes_of(a).database->versions;
	if (!is_version(versions, value))
		return N_("A version of another engine.");
	const cJSON *first = cJSON_GetArrayItem(json_at(a->resolved, "choices"), 0),
		    *stands = cJSON_GetObjectItemCaseSensitive(first, "database.version");
	if (!json_at(a->resolved, "release") || !cJSON_IsString(stands) || !is_version(versions, stands->valuestring) ||
	    !strcmp(stands->valuestring, value))
		return NULL;
	return N_("The database stands with another version, and keeps it: a new stack is made with this one, and the data are "
		  "moved.");
}

static bool questions_when_built(const struct answers *a)
{
	return !strcmp(answers_str(a, "image.source"), "build");
}

static bool when_given(const struct answers *a)
{
	return !strcmp(answers_str(a, "image.source"), "digest");
}

/* Choices that are no axis ------------------------------------------------------------------------------------------------------------ */

static const struct choice tier_choices[] = {
    {.id = "db-f1-micro",
     .title = N_("Shared core, 0.6 GB"),
     .help = N_("To try things out: no service level, room for 15 connections.")},
    {.id = "db-g1-small",
     .title = N_("Shared core, 1.7 GB"),
     .help = N_("A few people: no service level, room for 30 connections.")},
    {.id = "db-custom-1-3840",
     .title = N_("1 CPU, 3.75 GB"),
     .help = N_("A team. The largest part of the monthly cost, since it runs day and night.")},
    {.id = "db-custom-2-7680", .title = N_("2 CPUs, 7.5 GB"), .help = N_("Several teams, or much logging of metrics.")},
    {.id = "db-custom-4-15360", .title = N_("4 CPUs, 15 GB"), .help = N_("Heavy use.")},
    {.id = NULL},
};

static const struct choice availability_choices[] = {
    {.id = "zonal",
     .title = N_("One zone"),
     .help = N_("A zone's failure stops the server until it is back; backups are kept either way.")},
    {.id = "regional",
     .title = N_("Two zones"),
     .help = N_("A standby takes over by itself. Doubles the cost of the database.")},
    {.id = NULL},
};

static const struct choice source_choices[] = {
    {.id = "build",
     .title = N_("Build it"),
     .help = N_("Cloud Build makes the image in your project from our template, pinned by digest.")},
    {.id = "digest", .title = N_("Use an image of mine"), .help = N_("One that you built from our template, given by digest.")},
    {.id = NULL},
};

static const struct choice memory_choices[] = {
    {.id = "1Gi", .title = N_("1 GiB"), .help = N_("One worker.")},
    {.id = "2Gi", .title = N_("2 GiB"), .help = N_("Two workers.")},
    {.id = "4Gi", .title = N_("4 GiB"), .help = N_("Four workers.")},
    {.id = "8Gi", .title = N_("8 GiB"), .help = N_("Eight workers; needs 2 CPUs.")},
    {.id = NULL},
};

static const struct choice cpu_choices[] = {
    {.id = "1", .title = N_("1 CPU"), .help = N_("Enough for a team.")},
    {.id = "2", .title = N_("2 CPUs"), .help = N_("Starts faster; needed above 4 GiB.")},
    {.id = "4", .title = N_("4 CPUs"), .help = N_("Heavy use.")},
    {.id = NULL},
};

/* The table ----------------------------------------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct question own[] = {
	{.id = "project.id", .page = "project", .type = TYPE_TEXT, .title = N_("Project"),
	 .help = N_("The project's id, not its name. It needs billing. Everything made here carries the label managed-by=mlflow-setup; what others made is not "
		    "touched."),
	 .suggests = "projects",
	 .pattern = "^[a-z][a-z0-9-]{4,28}[a-z0-9]$",
	 .form = N_("6 to 30 lower-case letters, digits and hyphens, beginning with a letter.")},
	{.id = "stack.name", .page = "project", .type = TYPE_TEXT, .title = N_("Name of this server"),
	 .help = N_("All resources are named after it, so that a project can hold several servers. It cannot be changed later."),
	 .preset = "mlflow",
	 .pattern = "^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$",
	 .form = N_("1 to 20 lower-case letters, digits and hyphens, beginning with a letter.")},
	{.id = "region", .page = "region", .type = TYPE_TEXT, .title = N_("Region"),
	 .help = N_("The server, the database and the bucket are made here. It cannot be changed later without moving the data. The default has the lowest "
		    "prices."),
	 .preset = "us-central1", .suggests = "regions",
	 .pattern = "^[a-z]+-[a-z]+[0-9]+$",
	 .form = N_("A region's id, such as europe-west1.")},
	{.id = "target", .page = "target", .type = TYPE_CHOICE, .title = N_("Where it runs"),
	 .help = N_("The service that runs MLflow. The answers file can be changed to another one later."),
	 .nth = axis_target},
	{.id = "exposure", .page = "exposure", .type = TYPE_CHOICE, .title = N_("How people reach it"),
	 .help = N_("Where the server's address comes from."),
	 .nth = axis_exposure},
	{.id = "auth.mode", .page = "auth", .type = TYPE_CHOICE, .title = N_("Who lets people in"),
	 .help = N_("The gate in front of MLflow. There is no choice without one."),
	 .nth = axis_auth_mode},
	{.id = "database.engine", .basic = true, .page = "database", .type = TYPE_CHOICE, .title = N_("Engine"),
	 .help = N_("The kind of database. It cannot be changed later without moving the data."),
	 .nth = axis_database},
	{.id = "database.version", .page = "database", .type = TYPE_CHOICE, .title = N_("Version"),
	 .help = N_("The engine's version. It is settled when the database is made."),
	 .nth = axis_version, .fallback = default_version, .check = check_version, .belongs = version_of_engine},
	{.id = "database.tier", .shared = true, .basic = true, .page = "database", .type = TYPE_CHOICE, .title = N_("Size"),
	 .help = N_("Memory sets how many connections there are. It can be changed later with a restart."),
	 .choices = tier_choices, .preset = "db-custom-1-3840"},
	{.id = "database.availability", .shared = true, .basic = true, .page = "database", .type = TYPE_CHOICE, .title = N_("Availability"),
	 .help = N_("Whether a second zone stands by. It can be changed later."),
	 .choices = availability_choices, .preset = "zonal"},
	{.id = "database.disk_gb", .shared = true, .page = "database", .type = TYPE_INT, .title = N_("Disk"),
	 .help = N_("It grows by itself when it fills up, and never shrinks. 10 GB hold millions of metrics."),
	 .min = 10, .max = 65536, .unit = "GB", .preset = "10"},
	{.id = "database.deletion_protection", .page = "database", .type = TYPE_BOOL, .title = N_("Deletion protection"),
	 .help = N_("The cloud refuses to delete the database until this is off. destroy keeps it unless you ask otherwise."),
	 .preset = "true"},
	{.id = "database.path", .page = "database", .type = TYPE_CHOICE, .title = N_("How it is reached"),
	 .help = N_("The way between server and database. No choice opens it to the internet. It cannot be changed later without moving the data."),
	 .nth = axis_database_path},
	{.id = "network.mode", .page = "database", .type = TYPE_CHOICE, .title = N_("Network"),
	 .help = N_("The VPC network that joins server and database."),
	 .nth = axis_network_mode, .when = network_wanted},
	{.id = "artifacts.mode", .basic = true, .page = "artifacts", .type = TYPE_CHOICE, .title = N_("How files travel"),
	 .help = N_("It is fixed for each experiment when that is made, so choose before the first run."),
	 .nth = axis_artifact_mode},
	{.id = "artifacts.location", .shared = true, .page = "artifacts", .type = TYPE_TEXT, .title = N_("Where the bucket stands"),
	 .help = N_("The server's region by default: closest, and no charge for traffic between them. A bucket cannot be moved later."),
	 .fallback = default_location,
	 .pattern = "^([a-z]+-[a-z]+[0-9]+|[a-z]+[0-9]*|[A-Z]+[0-9]*)$",
	 .form = N_("A region such as europe-west1, or EU, US or ASIA.")},
	{.id = "artifacts.soft_delete_days", .shared = true, .page = "artifacts", .type = TYPE_INT, .title = N_("Keep deleted files for"),
	 .help = N_("Deleted files can be brought back for so long: 7 to 90 days, or 0 for not at all. They are paid for meanwhile."),
	 .min = 0, .max = 90, .unit = N_("days"), .counted = count_days, .preset = "7"},
	{.id = "image.source", .page = "image", .type = TYPE_CHOICE, .title = N_("Image"),
	 .help = N_("Where MLflow's image comes from. It always runs by digest, never by tag, and so does oauth2-proxy; the Auth Proxy runs by its release."),
	 .choices = source_choices, .preset = "build"},
	{.id = "image.mlflow_version", .page = "image", .type = TYPE_TEXT, .title = N_("MLflow version"), .product = "MLflow",
	 .help = N_("A released version. A newer one may change the database: plan says so; a backup is taken before, but of a database in the cluster, which has none. There is no way to an older one."),
	 .when = questions_when_built, .preset = "3.17.2",
	 .pattern = "^[0-9]+\\.[0-9]+\\.[0-9]+$",
	 .form = N_("Three numbers, such as 3.17.2."),
	 .check = check_mlflow_version},
	{.id = "image.digest", .page = "image", .type = TYPE_TEXT, .title = N_("Image, by digest"),
	 .help = N_("HOST/PATH@sha256:... as `docker buildx imagetools inspect` prints it. The project's runtime service account must be able to read it."),
	 .when = when_given,
	 .pattern = "^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}$",
	 .form = N_("HOST/PATH@sha256: and 64 hexadecimal digits.")},
	{.id = "server.workers", .page = "image", .type = TYPE_INT, .title = N_("Workers"),
	 .help = N_("Processes of each instance; each takes about 250 MB and up to 10 database connections."),
	 .min = 1, .max = 8, .preset = "2"},
	{.id = "server.memory", .basic = true, .page = "image", .type = TYPE_CHOICE, .title = N_("Memory"),
	 .help = N_("For MLflow in each instance; oauth2-proxy has its own small share."),
	 .choices = memory_choices, .preset = "2Gi"},
	{.id = "server.cpu", .page = "image", .type = TYPE_CHOICE, .title = N_("CPU"),
	 .help = N_("For MLflow in each instance."),
	 .choices = cpu_choices, .preset = "1"},
	{.id = NULL},
};
/* clang-format on */

/* Joining ---------------------------------------------------------------------------------------------------------------------------- */

/* Rows and choices in all, those that are not written yet among them. */
enum { ROOM = 192, CHOICE_ROOM = 128 };

static struct question joined[ROOM];
static struct choice joined_choices[CHOICE_ROOM];
static size_t joined_count, joined_choice_count;

const struct question *const questions = joined;

__attribute__((noreturn)) static void no_row(const char *id, const char *why)
{
	fprintf(stderr, "questions: %s: %s\n", id, why);
	abort();
}

static size_t place_of(const char *id)
{
	size_t i = 0;
	while (i < joined_count && strcmp(joined[i].id, id) != 0)
		i++;
	return i;
}

/* Does this row stand where it stands because of the row named id, straight or by others between? */
static bool follows(const struct question *q, const char *id)
{
	while (q->after && strcmp(q->after, id) != 0)
		q = &joined[place_of(q->after)];
	return q->after != NULL;
}

/* Puts a row behind the one that it names and behind those that came there before. False when that one is not there so far. */
static bool place(const struct question *q, const struct choice *owner)
{
	size_t at = q->after ? place_of(q->after) + 1 : joined_count;
	if (at > joined_count)
		return false;
	while (q->after && at < joined_count && follows(&joined[at], q->after))
		at++;
	if (joined_count + 1 >= ROOM)
		no_row(q->id, "there is no room for it");
	memmove(&joined[at + 1], &joined[at], (joined_count - at) * sizeof *joined);
	joined[at] = *q;
	joined[at].owner = owner;
	joined_count++;
	return true;
}

static size_t join_table(const struct question *table, const struct choice *owner)
{
	size_t missing = 0;
	for (const struct question *q = table; q && q->id; q++)
		missing += place_of(q->id) == joined_count && !place(q, owner);
	return missing;
}

/* Rows may stand behind rows of tables that come later: as often as it takes. */
static void join_tables(void)
{
	size_t missing, before = 0;
	do {
		before = joined_count;
		missing = join_table(own, NULL);
		for (size_t i = 0; axis_questions[i]; i++) {
			const struct choice *c;
			const struct question *q = &joined[place_of(axis_questions[i])];
			const struct choice *(*nth)(size_t n) = q->nth;
			for (size_t n = 0; (c = nth(n)); n++)
				missing += join_table(c->questions, c);
		}
		missing += join_table(people_questions, NULL);
		missing += join_table(settings_questions, NULL);
		missing += join_table(alerts_questions, NULL);
		missing += join_table(cleanup_questions, NULL);
		missing += join_table(archival_questions, NULL);
		missing += join_table(labels_questions, NULL);
		missing += join_table(github_questions, NULL);
	} while (missing && joined_count > before);
	if (missing)
		no_row("a row", "it stands behind a question that there is not");
}

/* Choices that another table holds, as an array like any other's. */
static void join_choices(struct question *q)
{
	const struct choice *c;
	q->choices = &joined_choices[joined_choice_count];
	for (size_t i = 0; (c = q->nth(i)); i++) {
		if (joined_choice_count + 2 >= CHOICE_ROOM)
			no_row(q->id, "there is no room for its choices");
		joined_choices[joined_choice_count++] = *c;
	}
	joined_choice_count++;
}

__attribute__((constructor)) static void join(void)
{
	join_tables();
	for (size_t i = 0; i < joined_count; i++)
		if (joined[i].nth)
			join_choices(&joined[i]);
}

/* Looking up ------------------------------------------------------------------------------------------------------------------------- */

const struct question *question_find(const char *id)
{
	for (const struct question *q = questions; q->id; q++) {
		if (!strcmp(q->id, id))
			return q;
	}
	return NULL;
}

const struct choice *choice_find(const struct question *q, const char *id)
{
	for (const struct choice *c = q->choices; c && c->id; c++) {
		if (!strcmp(c->id, id))
			return c;
	}
	return NULL;
}

const char *question_surveyed(const struct answers *a, const char *survey)
{
	for (const struct question *q = questions; q->id; q++)
		if (q->surveyed && !strcmp(q->suggests, survey) && answers_asked(a, q))
			return answers_str(a, q->surveyed);
	return NULL;
}

const char *question_nearest(const char *id)
{
	const char *ids[ROOM];
	for (size_t i = 0; i <= joined_count; i++)
		ids[i] = questions[i].id;
	return text_nearest(id, ids);
}

/* Values ----------------------------------------------------------------------------------------------------------------------------- */

static cJSON *list_from_text(const char *text)
{
	cJSON *list = cJSON_CreateArray();
	while (*text) {
		text += strspn(text, " \t\n,");
		size_t len = strcspn(text, ",\n");
		const char *next = text + len;
		while (len && strchr(" \t", text[len - 1]))
			len--;
		if (len) {
			char *one = xstrndup(text, len);
			cJSON_AddItemToArray(list, cJSON_CreateString(one));
			free(one);
		}
		text = next;
	}
	return list;
}

static cJSON *bool_from_text(const char *text)
{
	static const char *const yes[] = {"true", "yes", "on", "1"}, *const no[] = {"false", "no", "off", "0"};
	for (size_t i = 0; i < 4; i++) {
		if (!strcmp(text, yes[i]))
			return cJSON_CreateTrue();
		if (!strcmp(text, no[i]))
			return cJSON_CreateFalse();
	}
	return cJSON_CreateString(text);
}

static cJSON *int_from_text(const char *text)
{
	char *end;
	errno = 0;
	long n = strtol(text, &end, 10);
	if (!*text || *end || errno || n != (int)n)
		return cJSON_CreateString(text);
	return cJSON_CreateNumber((double)n);
}

cJSON *question_value(const struct question *q, const char *text)
{
	switch (q->type) {
	case TYPE_LIST:
		return list_from_text(text);
	case TYPE_BOOL:
		return bool_from_text(text);
	case TYPE_INT:
		return int_from_text(text);
	case TYPE_TEXT:
	case TYPE_CHOICE:
	case TYPE_SECRET:
		break;
	}
	return cJSON_CreateString(text);
}

cJSON *question_default(const struct question *q, const struct answers *a)
{
	if (q->fallback)
		return q->fallback(a);
	if (q->nth)
		return cJSON_CreateString(axis_default(q, a)->id);
	return question_value(q, q->preset ? q->preset : "");
}

const struct choice *question_choice(const struct question *q, const struct answers *a, int n)
{
	for (const struct choice *c = q->choices; c->id; c++) {
		if ((!q->belongs || q->belongs(a, c->id)) && n-- == 0)
			return c;
	}
	return NULL;
}

const char *question_refuses(const struct question *q, const struct answers *a, const char *value)
{
	if (q->type == TYPE_CHOICE && !choice_find(q, value))
		return N_("This is none of the choices.");
	if (!*value)
		return NULL;
	const char *why = q->nth ? axis_refuses(q, a, value) : NULL;
	if (!why && q->check)
		why = q->check(a, value);
	return why ? why : q->pattern && !pattern_matches(q->pattern, value) ? q->form : NULL;
}

const char *question_says(const struct question *q, const struct answers *a, const struct choice *c)
{
	const char *refused = question_refuses(q, a, c->id), *remark = c->remark ? c->remark(a) : NULL;
	return refused ? refused : remark ? remark : c->help;
}
