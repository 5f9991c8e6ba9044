/* The question table. To ask something new, add a row (and a page, if it fits on none). The order here is the order of asking. */
#include "config.h"
#include "plan/question.h"

#include "base/gettext.h"
#include "base/text.h"
#include "plan/answers.h"
#include "plan/checks.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* Defaults ------------------------------------------------------------------------------------------------------------------------ */

#define DEFAULT(name, value)                                                                                                           \
	static cJSON *default_##name(const struct answers *a)                                                                          \
	{                                                                                                                              \
		(void)a;                                                                                                               \
		return value;                                                                                                          \
	}
DEFAULT(stack, cJSON_CreateString("mlflow"))
DEFAULT(empty, cJSON_CreateString(""))
DEFAULT(none, cJSON_CreateArray())
DEFAULT(region, cJSON_CreateString("us-central1"))
DEFAULT(target, cJSON_CreateString("run"))
DEFAULT(exposure, cJSON_CreateString("service-url"))
DEFAULT(mode, cJSON_CreateString("oauth2-proxy"))
DEFAULT(secret, cJSON_CreateString("prompt"))
DEFAULT(engine, cJSON_CreateString("postgresql"))
DEFAULT(version, cJSON_CreateString("POSTGRES_17"))
DEFAULT(tier, cJSON_CreateString("db-custom-1-3840"))
DEFAULT(availability, cJSON_CreateString("zonal"))
DEFAULT(disk, cJSON_CreateNumber(10))
DEFAULT(path, cJSON_CreateString("private-services-access"))
DEFAULT(yes, cJSON_CreateTrue())
DEFAULT(artifacts, cJSON_CreateString("proxied"))
DEFAULT(soft_delete, cJSON_CreateNumber(7))
DEFAULT(source, cJSON_CreateString("build"))
DEFAULT(mlflow, cJSON_CreateString("3.17.2"))
DEFAULT(proxy, cJSON_CreateString("7.15.6"))
DEFAULT(workers, cJSON_CreateNumber(2))
DEFAULT(memory, cJSON_CreateString("2Gi"))
DEFAULT(cpu, cJSON_CreateString("1"))
DEFAULT(min_instances, cJSON_CreateNumber(0))
DEFAULT(max_instances, cJSON_CreateNumber(2))
DEFAULT(network, cJSON_CreateString("new"))

static cJSON *default_location(const struct answers *a)
{
	return cJSON_CreateString(answers_str(a, "region"));
}

/* When asked ---------------------------------------------------------------------------------------------------------------------- */

static bool when_oauth2_proxy(const struct answers *a)
{
	return !strcmp(answers_str(a, "auth.mode"), "oauth2-proxy");
}

static bool when_built(const struct answers *a)
{
	return !strcmp(answers_str(a, "image.source"), "build");
}

static bool when_given(const struct answers *a)
{
	return !strcmp(answers_str(a, "image.source"), "digest");
}

/* Choices, and why some cannot be chosen ------------------------------------------------------------------------------------------ */

static const char *not_yet(const struct answers *a)
{
	(void)a;
	return N_("Not yet in this version.");
}

static const struct choice target_choices[] = {
	{"run", N_("Cloud Run"), N_("No machine to look after, and close to no cost while nobody uses it. The usual choice."), NULL},
	{"gke", N_("Kubernetes Engine"), N_("A cluster, for large uploads and for teams that live in Kubernetes."), not_yet},
	{"appengine", N_("App Engine flexible"), N_("One machine or more, with Identity-Aware Proxy built in."), not_yet},
	{"vm", N_("Virtual machine"), N_("One machine that you can sign in to, behind a load balancer or a tunnel."), not_yet},
	{NULL, NULL, NULL, NULL},
};

static const char *exposure_refused(const struct answers *a, const char *exposure)
{
	const char *why = pair_refused(answers_str(a, "target"), exposure, NULL);
	return why ? why : strcmp(exposure, "service-url") ? not_yet(a) : NULL;
}

static const char *service_url_refused(const struct answers *a)
{
	return exposure_refused(a, "service-url");
}

static const char *domain_refused(const struct answers *a)
{
	return exposure_refused(a, "domain");
}

static const char *internal_refused(const struct answers *a)
{
	return exposure_refused(a, "internal");
}

static const struct choice exposure_choices[] = {
	{"service-url", N_("The service's own URL"), N_("HTTPS at a run.app address that Google gives; nothing to register."), service_url_refused},
	{"domain", N_("Your own domain"), N_("HTTPS load balancer with a managed certificate; costs a forwarding rule."), domain_refused},
	{"internal", N_("Internal only"), N_("Reached through a tunnel or from inside the network."), internal_refused},
	{NULL, NULL, NULL, NULL},
};

static const char *mode_refused(const struct answers *a, const char *mode)
{
	const char *why = pair_refused(answers_str(a, "target"), answers_str(a, "exposure"), mode);
	return why ? why : strcmp(mode, "oauth2-proxy") ? not_yet(a) : NULL;
}

static const char *oauth2_proxy_refused(const struct answers *a)
{
	return mode_refused(a, "oauth2-proxy");
}

static const char *iap_refused(const struct answers *a)
{
	return mode_refused(a, "iap");
}

static const char *basic_refused(const struct answers *a)
{
	return mode_refused(a, "basic");
}

static const char *iam_refused(const struct answers *a)
{
	return mode_refused(a, "iam");
}

static const struct choice mode_choices[] = {
	{"oauth2-proxy", N_("oauth2-proxy"), N_("Sign in with Google, checked by oauth2-proxy in front of MLflow. Works without an organisation."),
	 oauth2_proxy_refused},
	{"iap", N_("Identity-Aware Proxy"), N_("Sign in with Google, checked by Google before a request arrives. Best in an organisation."),
	 iap_refused},
	{"basic", N_("MLflow's own accounts"), N_("User names and passwords kept by MLflow, with permissions for each experiment."), basic_refused},
	{"iam", N_("IAM"), N_("Only who may invoke the service; meant for machines and tunnels, not for browsers."), iam_refused},
	{NULL, NULL, NULL, NULL},
};

static const struct choice engine_choices[] = {
	{"postgresql", N_("PostgreSQL"), N_("What MLflow is tested with most."), NULL},
	{"mysql", N_("MySQL"), N_("Needs a database flag for MLflow's triggers."), not_yet},
	{NULL, NULL, NULL, NULL},
};

static const struct choice version_choices[] = {
	{"POSTGRES_18", N_("PostgreSQL 18"), N_("The newest."), NULL},
	{"POSTGRES_17", N_("PostgreSQL 17"), N_("Well tried."), NULL},
	{"POSTGRES_16", N_("PostgreSQL 16"), N_("For those who must stay there."), NULL},
	{NULL, NULL, NULL, NULL},
};

static const struct choice tier_choices[] = {
	{"db-f1-micro", N_("Shared core, 0.6 GB"), N_("To try things out: no service level, room for 15 connections."), NULL},
	{"db-g1-small", N_("Shared core, 1.7 GB"), N_("A few people: no service level, room for 30 connections."), NULL},
	{"db-custom-1-3840", N_("1 CPU, 3.75 GB"), N_("A team. The largest part of the monthly cost, since it runs day and night."), NULL},
	{"db-custom-2-7680", N_("2 CPUs, 7.5 GB"), N_("Several teams, or much logging of metrics."), NULL},
	{"db-custom-4-15360", N_("4 CPUs, 15 GB"), N_("Heavy use."), NULL},
	{NULL, NULL, NULL, NULL},
};

static const struct choice availability_choices[] = {
	{"zonal", N_("One zone"), N_("A zone's failure stops the server until it is back; backups are kept either way."), NULL},
	{"regional", N_("Two zones"), N_("A standby takes over by itself. Doubles the cost of the database."), NULL},
	{NULL, NULL, NULL, NULL},
};

static const struct choice path_choices[] = {
	{"private-services-access", N_("Private services access"), N_("A private address in your network, by peering with Google's."), NULL},
	{"private-service-connect", N_("Private Service Connect"), N_("A private endpoint; for networks that must not peer."), not_yet},
	{"public", N_("Public address, connectors only"), N_("No network to plan; only Google's connectors may enter."), not_yet},
	{NULL, NULL, NULL, NULL},
};

static const struct choice network_choices[] = {
	{"new", N_("A new network"), N_("A VPC network of this stack's own, with one subnetwork."), NULL},
	{"default", N_("The default network"), N_("The project's network called default."), not_yet},
	{"existing", N_("Another network"), N_("One that you name."), not_yet},
	{NULL, NULL, NULL, NULL},
};

static const struct choice artifact_choices[] = {
	{"proxied", N_("Through the server"), N_("Clients need no rights on the bucket; on Cloud Run one file may have up to 32 MiB per request."), NULL},
	{"direct", N_("Straight to the bucket"), N_("No limit of size; every client needs rights on the bucket."), not_yet},
	{NULL, NULL, NULL, NULL},
};

static const struct choice source_choices[] = {
	{"build", N_("Build it"), N_("Cloud Build makes the image in your project from our template, pinned by digest."), NULL},
	{"digest", N_("Use an image of mine"), N_("One that you built from our template, given by digest."), NULL},
	{NULL, NULL, NULL, NULL},
};

static const struct choice memory_choices[] = {
	{"1Gi", N_("1 GiB"), N_("One worker."), NULL},
	{"2Gi", N_("2 GiB"), N_("Two workers."), NULL},
	{"4Gi", N_("4 GiB"), N_("Four workers."), NULL},
	{"8Gi", N_("8 GiB"), N_("Eight workers; needs 2 CPUs."), NULL},
	{NULL, NULL, NULL, NULL},
};

static const struct choice cpu_choices[] = {
	{"1", N_("1 CPU"), N_("Enough for a team."), NULL},
	{"2", N_("2 CPUs"), N_("Starts faster; needed above 4 GiB."), NULL},
	{"4", N_("4 CPUs"), N_("Heavy use."), NULL},
	{NULL, NULL, NULL, NULL},
};

/* The table ----------------------------------------------------------------------------------------------------------------------- */

/* clang-format off */
const struct question questions[] = {
	{"project.id", "project", TYPE_TEXT, N_("Project"),
	 N_("The project's id, not its name. It needs billing. Everything made here carries the label managed-by=mlflow-setup; what others made is not "
	    "touched."),
	 NULL, 0, 0, NULL, true, NULL, default_empty,
	 "^[a-z][a-z0-9-]{4,28}[a-z0-9]$", N_("6 to 30 lower-case letters, digits and hyphens, beginning with a letter."), NULL, 1},
	{"stack.name", "project", TYPE_TEXT, N_("Name of this server"),
	 N_("All resources are named after it, so that a project can hold several servers. It cannot be changed later."),
	 NULL, 0, 0, NULL, true, NULL, default_stack,
	 "^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$", N_("1 to 20 lower-case letters, digits and hyphens, beginning with a letter."), NULL, 1},
	{"region", "region", TYPE_TEXT, N_("Region"),
	 N_("The server, the database and the bucket are made here. It cannot be changed later without moving the data. The default has the lowest "
	    "prices."),
	 NULL, 0, 0, NULL, true, NULL, default_region,
	 "^[a-z]+-[a-z]+[0-9]+$", N_("A region's id, such as europe-west1."), NULL, 1},
	{"target", "target", TYPE_CHOICE, N_("Where it runs"), N_("The service that runs MLflow. The answers file can be changed to another one later."),
	 target_choices, 0, 0, NULL, true, NULL, default_target, NULL, NULL, NULL, 1},
	{"exposure", "exposure", TYPE_CHOICE, N_("How people reach it"), N_("Where the server's address comes from."),
	 exposure_choices, 0, 0, NULL, true, NULL, default_exposure, NULL, NULL, NULL, 1},
	{"auth.mode", "auth", TYPE_CHOICE, N_("Who lets people in"), N_("The gate in front of MLflow. There is no choice without one."),
	 mode_choices, 0, 0, NULL, true, NULL, default_mode, NULL, NULL, NULL, 1},
	{"auth.client_id", "auth", TYPE_TEXT, N_("OAuth client ID"),
	 N_("Google does not let programs make this: in the console, APIs & Services, Credentials, create an OAuth client ID of type Web application "
	    "with the redirect URI shown here, then paste its ID."),
	 NULL, 0, 0, NULL, true, when_oauth2_proxy, default_empty,
	 "^[0-9]+-[a-z0-9_]+\\.apps\\.googleusercontent\\.com$", N_("It ends in .apps.googleusercontent.com."), NULL, 1},
	{"auth.client_secret", "auth", TYPE_SECRET, N_("OAuth client secret"),
	 N_("Where the secret is found; never the secret itself. prompt: you are asked before building. env:NAME: a variable. file:PATH: a file that only "
	    "you can read. secret:projects/P/secrets/N/versions/5: Secret Manager."),
	 NULL, 0, 0, NULL, true, when_oauth2_proxy, default_secret,
	 "^(prompt|env:[A-Za-z_][A-Za-z0-9_]*|file:[^\n]+|secret:projects/[a-z0-9-]+/secrets/[A-Za-z0-9_-]+/versions/[0-9]+)$",
	 N_("prompt, env:NAME, file:PATH or secret:projects/PROJECT/secrets/NAME/versions/NUMBER."), check_reference, 1},
	{"auth.users", "auth", TYPE_LIST, N_("People"),
	 N_("E-mail addresses of Google accounts that may enter. Anybody else is turned away, whoever vouches for them."),
	 NULL, 0, 0, NULL, false, when_oauth2_proxy, default_none,
	 "^[A-Za-z0-9._%+-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z]{2,}$", N_("An e-mail address, such as ada@example.com."), check_person, 1},
	{"auth.domains", "auth", TYPE_LIST, N_("Domains"),
	 N_("Everybody with a Google account of these domains may enter. Name only domains that your organisation owns."),
	 NULL, 0, 0, NULL, false, when_oauth2_proxy, default_none,
	 "^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", N_("A domain in lower case, such as example.com."), check_domain, 1},
	{"auth.service_accounts", "auth", TYPE_LIST, N_("Service accounts"),
	 N_("Machines that may enter with an ID token: training jobs, CI. Each is listed by name."),
	 NULL, 0, 0, NULL, false, when_oauth2_proxy, default_none,
	 "^[a-z0-9]([a-z0-9-]*[a-z0-9])?@[a-z0-9.-]+\\.gserviceaccount\\.com$",
	 N_("A service account's address: NAME@PROJECT.iam.gserviceaccount.com."), check_service_account, 1},
	{"database.engine", "database", TYPE_CHOICE, N_("Engine"), N_("The kind of database."),
	 engine_choices, 0, 0, NULL, true, NULL, default_engine, NULL, NULL, NULL, 1},
	{"database.version", "database", TYPE_CHOICE, N_("Version"), N_("The engine's version. Going up later is possible, going down is not."),
	 version_choices, 0, 0, NULL, true, NULL, default_version, NULL, NULL, NULL, 1},
	{"database.tier", "database", TYPE_CHOICE, N_("Size"), N_("Memory sets how many connections there are. It can be changed later with a restart."),
	 tier_choices, 0, 0, NULL, true, NULL, default_tier, NULL, NULL, NULL, 1},
	{"database.availability", "database", TYPE_CHOICE, N_("Availability"), N_("Whether a second zone stands by. It can be changed later."),
	 availability_choices, 0, 0, NULL, true, NULL, default_availability, NULL, NULL, NULL, 1},
	{"database.disk_gb", "database", TYPE_INT, N_("Disk"), N_("It grows by itself when it fills up, and never shrinks. 10 GB hold millions of metrics."),
	 NULL, 10, 65536, "GB", true, NULL, default_disk, NULL, NULL, NULL, 1},
	{"database.deletion_protection", "database", TYPE_BOOL, N_("Deletion protection"),
	 N_("The cloud refuses to delete the database until this is off. destroy keeps it unless you ask otherwise."),
	 NULL, 0, 0, NULL, true, NULL, default_yes, NULL, NULL, NULL, 1},
	{"database.path", "database", TYPE_CHOICE, N_("How it is reached"), N_("The way between server and database. No choice opens it to the internet."),
	 path_choices, 0, 0, NULL, true, NULL, default_path, NULL, NULL, NULL, 1},
	{"network.mode", "database", TYPE_CHOICE, N_("Network"), N_("The VPC network that joins server and database."),
	 network_choices, 0, 0, NULL, true, NULL, default_network, NULL, NULL, NULL, 1},
	{"artifacts.mode", "artifacts", TYPE_CHOICE, N_("How files travel"),
	 N_("It is fixed for each experiment when that is made, so choose before the first run."),
	 artifact_choices, 0, 0, NULL, true, NULL, default_artifacts, NULL, NULL, NULL, 1},
	{"artifacts.location", "artifacts", TYPE_TEXT, N_("Where the bucket stands"),
	 N_("The server's region by default: closest, and no charge for traffic between them. A bucket cannot be moved later."),
	 NULL, 0, 0, NULL, true, NULL, default_location,
	 "^([a-z]+-[a-z]+[0-9]+|[a-z]+[0-9]*|[A-Z]+[0-9]*)$", N_("A region such as europe-west1, or EU, US or ASIA."), NULL, 1},
	{"artifacts.soft_delete_days", "artifacts", TYPE_INT, N_("Keep deleted files for"),
	 N_("Deleted files can be brought back for so long: 7 to 90 days, or 0 for not at all. They are paid for meanwhile."),
	 NULL, 0, 90, N_("days"), true, NULL, default_soft_delete, NULL, NULL, NULL, 1},
	{"image.source", "image", TYPE_CHOICE, N_("Image"), N_("Where the container image comes from. It always runs by digest, never by tag."),
	 source_choices, 0, 0, NULL, true, NULL, default_source, NULL, NULL, NULL, 1},
	{"image.mlflow_version", "image", TYPE_TEXT, N_("MLflow version"),
	 N_("A released version. A newer one later migrates the database, after a backup."),
	 NULL, 0, 0, NULL, true, when_built, default_mlflow,
	 "^[0-9]+\\.[0-9]+\\.[0-9]+$", N_("Three numbers, such as 3.17.2."), check_mlflow_version, 1},
	{"image.digest", "image", TYPE_TEXT, N_("Image, by digest"),
	 N_("HOST/PATH@sha256:... as `docker buildx imagetools inspect` prints it. The project's runtime service account must be able to read it."),
	 NULL, 0, 0, NULL, true, when_given, default_empty,
	 "^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}$", N_("HOST/PATH@sha256: and 64 hexadecimal digits."), NULL, 1},
	{"oauth2_proxy.version", "image", TYPE_TEXT, N_("oauth2-proxy version"), N_("A released version; versions with known holes are refused."),
	 NULL, 0, 0, NULL, true, when_oauth2_proxy, default_proxy,
	 "^[0-9]+\\.[0-9]+\\.[0-9]+$", N_("Three numbers, such as 7.15.6."), check_proxy_version, 1},
	{"server.workers", "image", TYPE_INT, N_("Workers"), N_("Processes of each instance; each takes about 250 MB and up to 10 database connections."),
	 NULL, 1, 8, NULL, true, NULL, default_workers, NULL, NULL, NULL, 1},
	{"server.memory", "image", TYPE_CHOICE, N_("Memory"), N_("For MLflow in each instance; oauth2-proxy has its own small share."),
	 memory_choices, 0, 0, NULL, true, NULL, default_memory, NULL, NULL, NULL, 1},
	{"server.cpu", "image", TYPE_CHOICE, N_("CPU"), N_("For MLflow in each instance."),
	 cpu_choices, 0, 0, NULL, true, NULL, default_cpu, NULL, NULL, NULL, 1},
	{"server.min_instances", "image", TYPE_INT, N_("Instances, least"),
	 N_("With 0 nothing runs while nobody uses it, and the first request waits about 15 seconds. 1 answers at once and is billed all day."),
	 NULL, 0, 10, NULL, true, NULL, default_min_instances, NULL, NULL, NULL, 1},
	{"server.max_instances", "image", TYPE_INT, N_("Instances, most"), N_("A ceiling for cost and for database connections."),
	 NULL, 1, 10, NULL, true, NULL, default_max_instances, NULL, NULL, NULL, 1},
	{NULL, NULL, TYPE_TEXT, NULL, NULL, NULL, 0, 0, NULL, false, NULL, NULL, NULL, NULL, NULL, 0},
};
/* clang-format on */

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

const char *question_nearest(const char *id)
{
	const char *ids[sizeof questions / sizeof *questions];
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
		ids[i] = questions[i].id;
	return text_nearest(id, ids);
}

static bool matches(const char *pattern, const char *value)
{
	regex_t re;
	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		abort(); /* a row of ours is wrong */
	bool match = !regexec(&re, value, 0, NULL, 0);
	regfree(&re);
	return match;
}

const char *question_refuses(const struct question *q, const struct answers *a, const char *value)
{
	if (q->type == TYPE_CHOICE) {
		const struct choice *c = choice_find(q, value);
		return !c ? N_("This is none of the choices.") : c->refused ? c->refused(a) : NULL;
	}
	if (!*value)
		return NULL;
	const char *why = q->check ? q->check(a, value) : NULL;
	return why ? why : q->pattern && !matches(q->pattern, value) ? q->form : NULL;
}
