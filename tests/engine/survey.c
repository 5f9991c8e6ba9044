/* Surveys against scripted replies. */
#include "config.h"
#include "base/json.h"
#include "base/secret.h"
#include "engine/run_private.h"
#include "engine/session.h"
#include "gcp/catalog.h"
#include "net/credentials.h"
#include "tests/net/script.h"
#include "tests/tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char got[4000], why[300];
static int answers_had;

static void on_answer(void *arg, const cJSON *result, struct err *e)
{
	(void)arg;
	answers_had++;
	char *text = result ? json_text(result, -1) : xstrdup("");
	snprintf(got, sizeof got, "%s", text);
	snprintf(why, sizeof why, "%d %s", e->exit, e->what ? e->what : "");
	free(text);
}

#define TOKEN                                                                                                                  \
	{                                                                                                                      \
		.method = "POST", .url = "oauth2.googleapis.com/token", .status = 200, .stays = true,                          \
		.body = "{\"access_token\":\"t\",\"expires_in\":3600}"                                                         \
	}

/* Answers of a stack in a network of a host project, when it is set. */
static bool shared;
static bool rehearsed = true;

static void share(struct answers *a)
{
	static const char *const said[][2] = {{"network.mode", "shared"},
					      {"network.host_project", "net-proj"},
					      {"network.name", "corp"},
					      {"network.subnet", "apps"}};
	struct err e = {0};
	for (size_t i = 0; i < sizeof said / sizeof *said; i++)
		answers_set(a, said[i][0], cJSON_CreateString(said[i][1]), &e);
	err_free(&e);
}

/* What the survey "sign-in" is to look by. */
static const char *sign_in_log;

static const char *ask(struct script_line *lines, bool signed_in, const char *what)
{
	struct err e = {0};
	struct loop *l = loop_new(LOOP_VIRTUAL, 1);
	struct script *s = script_new(l, lines);
	cJSON *file = json_make("{'type':'authorized_user','client_id':'i','client_secret':'s','refresh_token':'r'}");
	struct credentials *c = signed_in ? credentials_from_json(l, &s->base, file, "the test", &e) : NULL;
	struct session *session = session_new(l, &s->base, c, rehearsed);
	struct answers *a = answers_new();
	answers_set(a, "project.id", cJSON_CreateString("demo-proj"), &e);
	if (shared)
		share(a);
	session_expects_sign_in(session, sign_in_log);
	answers_had = 0;
	session_survey(session, what, a, on_answer, NULL);
	session_survey(session, what, a, on_answer, NULL);
	while (!loop_idle(l))
		session_turn(session, 0, -1);
	cJSON_Delete(file);
	answers_free(a);
	session_free(session);
	return got;
}

#define SKU(description, unit, nanos)                                                                                          \
	"{\"description\":\"" description "\",\"category\":{\"usageType\":\"OnDemand\"},\"serviceRegions\":[\"us-central1\"]," \
	"\"pricingInfo\":[{\"effectiveTime\":\"2026-11-30T01:02:03Z\",\"pricingExpression\":{\"usageUnit\":\"" unit            \
	"\",\"tieredRates\":[{\"unitPrice\":{\"currencyCode\":\"USD\",\"units\":\"0\",\"nanos\":" nanos "}}]}}]}"
#define RUN_SKUS                                                                                                               \
	{                                                                                                                      \
		.method = "GET", .url = "152E-C115-5142/skus", .status = 200,                                                  \
		.body = "{\"skus\":[" SKU("Services CPU (Instance-based billing) in us-central1", "s", "20000") "]}"           \
	}

/* Two pages of one service, one of the other. */
static void prices(void)
{
	struct script_line listed[] = {
	    TOKEN,
	    {.method = "GET",
	     .url = "pageToken=next",
	     .status = 200,
	     .body = "{\"skus\":[" SKU("Cloud SQL: Backups in Iowa", "GiBy.mo", "90000000") "]}"},
	    {.method = "GET", .url = "9662-B51E-5089/skus", .status = 200, .body = "{\"skus\":[],\"nextPageToken\":\"next\"}"},
	    RUN_SKUS,
	    {0},
	};
	is_str(ask(listed, true, "prices"), "[\"Cloud SQL\",\"Cloud Run\"]", "the Cloud Billing catalog is read, page by page");
	is_str(price_day(PRICES_SQL_BACKUPS, "us-central1"), "2026-11-30", "a price of the second page is known");
	ok(price_usd(PRICES_SQL_BACKUPS, PRICE_STORAGE, "us-central1") > 0.089, "and is the catalog's");
	struct script_line broken[] = {
	    TOKEN,
	    {.method = "GET", .url = "pageToken=next", .status = 403, .body = "{}"},
	    {.method = "GET",
	     .url = "9662-B51E-5089/skus",
	     .status = 200,
	     .body = "{\"skus\":[" SKU("Cloud SQL: Backups in Iowa", "GiBy.mo", "90000000") "],\"nextPageToken\":\"next\"}"},
	    RUN_SKUS,
	    {0},
	};
	is_str(ask(broken, true, "prices"), "[\"Cloud Run\"]", "half a list is none, the other service's stands");
	ok(!price_day(PRICES_SQL_BACKUPS, "us-central1"), "the table's price is said");
	struct script_line off[] = {TOKEN, {.method = "GET", .url = "/skus", .status = 403, .body = "{}", .stays = true}, {0}};
	ask(off, true, "prices");
	ok(!strncmp(why, "77 ", 3), "a catalog that may not be read: 77, and the table's prices");
	catalog_forget();
}

/* What was read is kept for a day, for this user alone; what others could have written there is not read. */
static void prices_kept(void)
{
	char dir[] = "/tmp/mlflow-setup-prices.XXXXXX";
	struct stat seen;
	struct script_line listed[] = {
	    TOKEN,
	    {.method = "GET",
	     .url = "9662-B51E-5089/skus",
	     .status = 200,
	     .body = "{\"skus\":[" SKU("Cloud SQL: Backups in Iowa", "GiBy.mo", "90000000") "]}"},
	    RUN_SKUS,
	    {0},
	};
	struct script_line offline[] = {
	    TOKEN, {.method = "GET", .url = "/skus", .status = 503, .body = "{}", .stays = true}, {0}};
	if (!ok(mkdtemp(dir) != NULL, "a directory"))
		return;
	setenv("XDG_CACHE_HOME", dir, 1);
	char *file = xasprintf("%s/mlflow-setup/prices-9662-B51E-5089.json", dir);
	ask(listed, true, "prices");
	ok(stat(file, &seen) != 0, "a simulated cloud's prices are not kept");
	rehearsed = false;
	for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
		listed[i].used = 0;
	ask(listed, true, "prices");
	ok(!stat(file, &seen) && (seen.st_mode & 0777) == 0600, "Google's are, for this user alone");
	is_str(ask(offline, true, "prices"), "[\"Cloud SQL\",\"Cloud Run\"]", "and are known when the catalog is out of reach");
	chmod(file, 0666);
	is_str(ask(offline, true, "prices"), "[\"Cloud Run\"]", "what others may write is not read");
	chmod(file, 0600);
	FILE *f = fopen(file, "w");
	fputs("{\"read\":1e300,\"effective\":\"2026-11-30\",\"regions\":[[]]}", f);
	fclose(f);
	is_str(ask(offline, true, "prices"), "[\"Cloud Run\"]", "nor is nonsense");
	catalog_forget();
	rehearsed = true;
	char *clean = xasprintf("rm -rf %s", dir);
	ok(system(clean) == 0, "cleaned up");
	free(clean);
	free(file);
}

static void who_and_where(void)
{
	struct script_line who[] = {
	    TOKEN, {.method = "GET", .url = "userinfo", .status = 200, .body = "{\"email\":\"a@b.c\"}"}, {0}};
	is_str(ask(who, true, "who"), "{\"describe\":\"the test\",\"email\":\"a@b.c\",\"project\":null}", "who is signed in");
	is_int(answers_had, 1, "a new survey of the same kind takes the place of the old one");
	ask(who, false, "who");
	ok(strstr(why, "nobody is signed in") != NULL, "or that nobody is");
	struct script_line projects[] = {
	    TOKEN,
	    {.method = "GET",
	     .url = "projects:search",
	     .status = 200,
	     .body = "{\"projects\":[{\"name\":\"projects/12\",\"projectId\":\"p\",\"displayName\":\"P\"}]}"},
	    {0},
	};
	is_str(ask(projects, true, "projects"), "[{\"id\":\"p\",\"name\":\"P\",\"number\":\"12\"}]", "projects");
	struct script_line project[] = {
	    TOKEN,
	    {.method = "GET",
	     .url = "v1/projects/demo-proj",
	     .status = 200,
	     .body = "{\"projectNumber\":\"12\",\"lifecycleState\":\"ACTIVE\",\"parent\":{\"type\":\"organization\",\"id\":"
		     "\"7\"}}"},
	    {.method = "GET", .url = "billingInfo", .status = 403, .body = "{}"},
	    {0},
	};
	is_str(ask(project, true, "project"),
	       "{\"billing\":null,\"id\":\"demo-proj\",\"number\":\"12\",\"organization\":\"7\",\"state\":\"ACTIVE\"}",
	       "a project; whether it is billed may not be known");
	struct script_line gone[] = {TOKEN, {.method = "GET", .url = "v1/projects", .status = 403, .body = "{}"}, {0}};
	ask(gone, true, "project");
	ok(!strncmp(why, "77 ", 3), "one that may not be read: 77");
}

static void preflight(void)
{
	struct script_line flight[] = {
	    TOKEN,
	    {.method = "GET",
	     .url = "v1/projects/demo-proj",
	     .status = 200,
	     .body = "{\"projectNumber\":\"12\",\"lifecycleState\":\"ACTIVE\"}"},
	    {.method = "GET", .url = "billingInfo", .status = 200, .body = "{}"},
	    {.method = "POST",
	     .url = ":testIamPermissions",
	     .status = 400,
	     .body = "{\"error\":{\"code\":400,\"message\":\"Permission artifactregistry.repositories.create is not valid for "
		     "this resource.\",\"status\":\"INVALID_ARGUMENT\"}}"},
	    {.method = "POST",
	     .url = ":testIamPermissions",
	     .status = 200,
	     .body = "{\"permissions\":[\"run.services.create\"]}",
	     .stays = true},
	    {0},
	};
	const char *found = ask(flight, true, "preflight");
	ok(strstr(found, "\"id\":\"billing\"") && strstr(found, "\"state\":\"fail\""), "preflight: billing that is off");
	ok(strstr(found, "cloudsql.instances.create") && !strstr(found, "run.services.create"),
	   "and the permissions that lack");
	ok(!strstr(found, "container.clusters.create") && !strstr(found, "artifactregistry.repositories.create"),
	   "not those of another target, nor one that cannot be tested on a project");
	ok(!strstr(found, "cloudsql.instances.delete"), "what only destroying needs does not stop an apply");
}

static void preflight_of_the_host(void)
{
	shared = true;
	struct script_line abroad[] = {
	    TOKEN,
	    {.method = "GET",
	     .url = "v1/projects/demo-proj",
	     .status = 200,
	     .body = "{\"projectNumber\":\"12\",\"lifecycleState\":\"ACTIVE\"}"},
	    {.method = "GET", .url = "billingInfo", .status = 200, .body = "{\"billingEnabled\":true}"},
	    {.method = "POST", .url = "demo-proj:testIamPermissions", .status = 200, .body = "{}"},
	    {.method = "POST",
	     .url = "net-proj:testIamPermissions",
	     .status = 200,
	     .body = "{\"permissions\":[\"compute.networks.get\"]}"},
	    {0},
	};
	const char *found = ask(abroad, true, "preflight");
	ok(strstr(found, "missing in project net-proj, whose network is used: compute.subnetworks.get\"") &&
	       strstr(found, "roles/compute.networkViewer"),
	   "what lacks on the host project, and the role that helps");
	shared = false;
}

static void signed_in(void)
{
	is_str(ask((struct script_line[]){{0}}, true, "sign-in"), "{\"seen\":false}",
	       "where no log tells of one, none is read");
	sign_in_log = "resource.type=\"gce_instance\"";
	struct script_line log[] = {
	    TOKEN,
	    {.method = "POST",
	     .url = "entries:list",
	     .status = 200,
	     .body = "{\"entries\":[{\"textPayload\":\"ada@example.com [AuthSuccess] Authenticated via OAuth2\"}]}"},
	    {0},
	};
	is_str(ask(log, true, "sign-in"), "{\"seen\":true}", "somebody who signed in is seen in the server's log");
	struct script_line quiet[] = {TOKEN, {.method = "POST", .url = "entries:list", .status = 200, .body = "{}"}, {0}};
	is_str(ask(quiet, true, "sign-in"), "{\"seen\":false}", "or nobody so far");
}

int main(void)
{
	struct err e = {0};
	mem_install();
	if (!secret_init(&e))
		return 99;
	who_and_where();
	preflight();
	preflight_of_the_host();
	signed_in();
	prices();
	prices_kept();
	return tap_done();
}
