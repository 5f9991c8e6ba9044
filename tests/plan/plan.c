/* The plan for examples/cloud-run.json: golden JSON, order, needs, references, times, costs, files. */
#include "config.h"
#include "tests/tap.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/archive.h"
#include "plan/axes.h"
#include "plan/naming.h"
#include "plan/plan.h"
#include "plan/regions.h"
#include "plan/show.h"

#include <stdlib.h>

static char *in_source(const char *path)
{
	const char *top = getenv("TOP_SRCDIR");
	return xasprintf("%s/%s", top ? top : ".", path);
}

static struct answers *example_of(const char *file)
{
	struct err e = {0};
	char *path = in_source(file);
	struct answers *a = answers_load(path, &e);
	free(path);
	if (!a)
		return NULL;
	json_put_str(a->resolved, "project_number", "123456789012");
	json_put_str(a->resolved, "suffix", "x7k2q");
	json_put_str(a->resolved, "operator", "operator@example.com");
	return a;
}

static struct answers *example(void)
{
	return example_of("examples/cloud-run.json");
}

static char *plan_text(const struct plan *p)
{
	cJSON *j = plan_json(p, NULL);
	char *text = json_text(j, 0);
	cJSON_Delete(j);
	return text;
}

/* The specs too, which the plan verb does not show: they are what is sent. */
static char *specs_text(const struct plan *p)
{
	cJSON *all = cJSON_CreateObject();
	for (size_t i = 0; i < p->count; i++)
		cJSON_AddItemToObject(all, p->resources[i].id, cJSON_Duplicate(p->resources[i].spec, 1));
	char *text = json_text(all, 0);
	cJSON_Delete(all);
	return text;
}

/* MLFLOW_SETUP_GOLDEN=write renews the files, to be read through before they are committed. */
static void golden(const char *file, const char *text)
{
	char *path = in_source(file);
	struct buf old = {0}, now = {0};
	struct err e = {0};
	buf_printf(&now, "%s\n", text);
	const char *mode = getenv("MLFLOW_SETUP_GOLDEN");
	if (mode && !strcmp(mode, "write"))
		file_write(path, buf_text(&now), now.len, 0644, &e);
	file_read(path, 1 << 20, &old, &e);
	ok(!strcmp(buf_text(&old), buf_text(&now)), "%s is what is planned", file);
	if (strcmp(buf_text(&old), buf_text(&now)) != 0)
		printf("# run the test with MLFLOW_SETUP_GOLDEN=write and look at the difference\n");
	buf_free(&old);
	buf_free(&now);
	err_free(&e);
	free(path);
}

static void test_order(const struct plan *p)
{
	bool ordered = true, known = true;
	for (size_t i = 0; i < p->count; i++)
		for (size_t n = 0; n < p->resources[i].need_count; n++) {
			const struct resource *need = plan_find(p, p->resources[i].needs[n]);
			known = known && need;
			ordered = ordered && need && (size_t)(need - p->resources) < i;
			if (!need || (size_t)(need - p->resources) >= i)
				printf("# %s needs %s\n", p->resources[i].id, p->resources[i].needs[n]);
		}
	ok(known, "every need is a resource");
	ok(ordered, "every resource stands after what it needs");
	for (size_t i = 1; i < p->count; i++)
		if (!p->resources[i].need_count)
			printf("# %s needs nothing\n", p->resources[i].id);
	const struct resource *service = plan_find(p, "service"), *user = plan_find(p, "user");
	bool migrated = false, waits = false;
	for (size_t n = 0; n < service->need_count; n++)
		migrated = migrated || !strcmp(service->needs[n], "migrate");
	for (size_t n = 0; n < user->need_count; n++)
		waits = waits || !strcmp(user->needs[n], "database");
	ok(migrated, "no traffic before the migration");
	ok(waits, "database and user are made one after the other");
}

static void test_tails(const struct plan *p)
{
	double *tails = plan_tails(p), longest = 0;
	bool falling = true;
	for (size_t i = 0; i < p->count; i++) {
		longest = tails[i] > longest ? tails[i] : longest;
		for (size_t n = 0; n < p->resources[i].need_count; n++) {
			const struct resource *need = plan_find(p, p->resources[i].needs[n]);
			falling = falling &&
				  tails[need - p->resources] >= tails[i] + kind_time(need->kind, need->spec).usual - 1e-9;
		}
	}
	ok(falling, "a tail is at least its own time and that of any that waits for it");
	ok(longest == tails[0], "the longest path begins with the APIs");
	/* apis, network, subnet, range, peering, sql, database, user, migrate, service, older revisions. */
	double path = 8 + 9.3 + 12 + 1.7 + 45 + 560 + 1 + 1 + 40 + 20 + 0.3;
	ok(longest > path - 0.01 && longest < path + 0.01, "it goes through the database: %.1f s", longest);
	free(tails);
}

/* The APIs are those of the plan's kinds and a few that none of them asks. */
static void test_apis(const struct plan *p)
{
	const cJSON *services = json_at(plan_find(p, "apis")->spec, "services"), *one;
	for (size_t i = 0; i < p->count; i++) {
		bool listed = !p->resources[i].kind->api;
		cJSON_ArrayForEach(one, services)
			listed = listed || !strcmp(one->valuestring, p->resources[i].kind->api);
		if (!listed)
			printf("# %s needs %s\n", p->resources[i].id, p->resources[i].kind->api);
		if (!listed || i + 1 == p->count)
			ok(listed, "the API of each resource is switched on");
	}
}

/* What the answers keep of what was made. */
static void test_records(const struct plan *p)
{
	is_str(plan_find(p, "image")->recorded_as, "image_digest", "the image's digest is kept");
	is_str(plan_find(p, "version/cookie")->recorded_as, "secret_versions.cookie", "a secret's version is kept");
	ok(!plan_find(p, "version/proxy-config")->recorded_as, "that of a rendered file is not");
	for (size_t i = 0; i < p->count; i++)
		ok(!p->resources[i].recorded_as == !p->resources[i].recorded_output, "%s: an output and a place",
		   p->resources[i].id);
}

static void test_resolve(void)
{
	struct err e = {0};
	cJSON *out = NULL,
	      *outputs = json_make("{'sql':{'ip':'10.0.0.3'},'version/x':{'version':'4'},'n':{'list':['a','b'],'count':7}}");
	cJSON *spec = json_make(
	    "{'whole':%j,'inside':{'$join':['host=',%j,':5432 v',%j]},'list':[%j],'element':{'$ref':['n','list',1]},"
	    "'plain':%s,'count':{'$join':['c',%j]}}",
	    plan_ref("sql", "ip"), plan_ref("sql", "ip"), plan_ref("version/x", "version"), plan_ref("n", "list"),
	    "${sql.ip} \001move:9999999 {\"$ref\":[\"sql\",\"ip\"]}", plan_ref("n", "count"));
	ok(plan_resolve(spec, outputs, &out, &e), "references are resolved");
	is_str(json_str(out, "whole", ""), "10.0.0.3", "a whole reference");
	is_str(json_str(out, "inside", ""), "host=10.0.0.3:5432 v4", "references inside a text");
	is_str(json_str(out, "list.0.1", ""), "b", "a whole reference keeps its type");
	is_str(json_str(out, "count", ""), "c7", "a number inside a text");
	is_str(json_str(out, "element", ""), "b", "a reference goes into lists");
	is_str(json_str(out, "plain", ""), "${sql.ip} \001move:9999999 {\"$ref\":[\"sql\",\"ip\"]}",
	       "a text is a text, whatever it looks like");
	cJSON_Delete(out);
	cJSON_Delete(spec);
	spec = json_make("{'a':[%j],'b':{'$join':['x',%j]}}", plan_ref("image", "digest"), plan_ref("image", "image"));
	ok(!plan_resolve(spec, outputs, &out, &e), "an output that is not known yet is an error");
	ok(e.what && strstr(e.what, "image.digest"), "which names it");
	is_str(json_str(out, "a.0.$ref.1", ""), "digest", "and it stays as it is written");
	cJSON *assumed = plan_assume(out, "?");
	is_str(json_str(assumed, "a.0", ""), "?", "something can be assumed for it");
	is_str(json_str(assumed, "b", ""), "?", "and for a text that it is part of");
	cJSON_Delete(assumed);
	cJSON_Delete(out);
	cJSON_Delete(spec);
	cJSON_Delete(outputs);
	err_free(&e);
}

static void test_secrets(const struct plan *p)
{
	char *specs = specs_text(p);
	ok(p->secret_count == 5, "five values never leave guarded memory but for Secret Manager");
	for (size_t i = 0; i < p->secret_count; i++) {
		const struct plan_secret *s = &p->secrets[i];
		const struct resource *keeper = plan_find(p, s->keeper);
		ok(keeper && !strcmp(keeper->kind->id, "secretmanager.version"), "%s is kept by %s", s->name, s->keeper);
		ok((s->recipe < 0) == (s->reference != NULL), "%s is drawn or referred to", s->name);
	}
	ok(!strstr(specs, "latest"), "no version is used by a name that moves");
	free(specs);
}

static void test_source(const struct plan *p)
{
	struct buf one = {0}, two = {0};
	struct err e = {0};
	char hash[ARCHIVE_HASH];
	ok(plan_render_source(p, &one, &e) && plan_render_source(p, &two, &e), "the source archive is made");
	ok(one.len > 500 && one.len == two.len && !memcmp(one.data, two.data, one.len), "twice with the same bytes");
	ok(one.len > 10 && (unsigned char)one.data[0] == 0x1f && !memcmp(one.data + 4, "\0\0\0\0", 4),
	   "gzip without a time stamp");
	ok(archive_hash(p, hash, &e) && strstr(plan_find(p, "source")->name, (hash[24] = '\0', hash)),
	   "its object is named by its content");
	buf_free(&one);
	buf_free(&two);
	err_free(&e);
}

static void test_names(void)
{
	char *b = name_bucket("demo-proj", "mlflow", "artifacts", "x7k2q");
	is_str(b, "demo-proj-mlflow-artifacts-x7k2q", "a bucket's name");
	free(b);
	b = name_bucket("a-project-with-thirty-letters-", "a-stack-twenty-chars", "artifacts", "x7k2q");
	ok(strlen(b) <= 63 && !strstr(b, "--"), "a long one is cut to 63: %s", b);
	free(b);
	b = name_bucket("google-things", "mlflow", "build", "x7k2q");
	is_str(b, "mlflow-build-x7k2q", "one must not hold goog");
	free(b);
	struct err e = {0};
	ok(name_check("demo-proj", "us-central1", "mlflow", "x7k2q", ".s.PGSQL.5432", &e), "the example's names fit");
	ok(!name_check("a-project-with-thirty-letters1", "northamerica-northeast1", "a-stack-of-forty-characters-xxxxxxxxxxxx",
		       "x7k2q", ".s.PGSQL.5432", &e),
	   "a socket path of more than 107 bytes is refused");
	err_free(&e);
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;
	for (size_t len; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		longest = len > longest ? len : longest;
	}
	return longest;
}

/* An image that is given by digest: nothing is built, and that digest runs and migrates. */
static void test_given_image(struct answers *a)
{
	static const char image[] =
	    "us-docker.pkg.dev/p/r/mlflow@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct err e = {0};
	ok(answers_set_text(a, "image.source", "digest", &e) && answers_set_text(a, "image.digest", image, &e),
	   "an image by digest");
	struct plan *p = plan_make(a, &e);
	if (!ok(p != NULL, "is planned"))
		return;
	ok(!plan_find(p, "image") && !plan_find(p, "source") && !plan_find(p, "bucket/build") && !plan_find(p, "sa/build"),
	   "nothing is built");
	const struct resource *service = plan_find(p, "service"), *migrate = plan_find(p, "migrate");
	is_str(json_str(service->spec, "body.template.containers.1.image", ""), image, "that image runs");
	is_str(json_str(migrate->spec, "once", ""), "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	       "the migration is tied to it");
	plan_free(p);
	answers_set_text(a, "image.source", "build", &e);
	err_free(&e);
}

/* Who may enter: the people and machines named, and the prover; for tokens of the client and of the service's own URL. */
static cJSON *started_service(const char *always)
{
	struct err e = {0};
	struct answers *a = example();
	ok(answers_set_text(a, "server.cpu_always", always, &e), "server.cpu_always is set");
	struct plan *p = plan_make(a, &e);
	const struct resource *r = p ? plan_find(p, "service") : NULL;
	cJSON *spec = r ? cJSON_Duplicate(r->spec, 1) : NULL;
	plan_free(p);
	answers_free(a);
	return spec;
}

/* How many containers say so and how many say otherwise. */
static void count_said(const cJSON *node, const char *path, double wanted, int *good, int *bad)
{
	const cJSON *c = cJSON_IsObject(node) ? json_at(node, path) : NULL;
	double value = cJSON_IsBool(c) ? cJSON_IsTrue(c) : c ? c->valuedouble : 0;
	if (c)
		++*(value == wanted ? good : bad);
	for (const cJSON *n = node ? node->child : NULL; n; n = n->next)
		count_said(n, path, wanted, good, bad);
}

static bool all_say(const cJSON *spec, const char *path, double wanted)
{
	int good = 0, bad = 0;
	count_said(spec, path, wanted, &good, &bad);
	return good && !bad;
}

static void test_start(void)
{
	cJSON *idle = started_service("false"), *always = started_service("true");
	ok(all_say(idle, "startupProbe.periodSeconds", 2), "T17: a start is looked at every two seconds");
	ok(all_say(idle, "resources.cpuIdle", true) && all_say(always, "resources.cpuIdle", false),
	   "T16: what works behind a reply has a processor where it is asked for");
	ok(strstr(question_find("server.cpu_always")->help, "webhooks") != NULL,
	   "T16: and who does not ask is told what may be lost");
	cJSON_Delete(idle);
	cJSON_Delete(always);
}

static void test_gate(const struct plan *p)
{
	const char *config = json_str(plan_find(p, "version/proxy-config")->spec, "text", "");
	const char *emails = json_str(plan_find(p, "version/proxy-emails")->spec, "text", "");
	ok(strstr(config, "redirect_url = \"https://mlflow-123456789012.us-central1.run.app/oauth2/callback\"") != NULL,
	   "the redirect URL");
	ok(strstr(config, "https://accounts.google.com=https://mlflow-123456789012.us-central1.run.app\"") != NULL,
	   "tokens for the service's URL");
	ok(strstr(config, "https://accounts.google.com=123456789012-example.apps.googleusercontent.com\"") != NULL,
	   "tokens for the client");
	ok(strstr(config, "email_domains = []") && !strstr(config, "32555940559"), "no domain and nobody's else client");
	ok(strstr(emails, "operator@example.com\nmlflow-prover@demo-proj.iam.gserviceaccount.com\n") != NULL,
	   "those who may enter, by name");
}

static void test_refused(struct answers *a)
{
	struct err e = {0};
	json_drop(a->resolved, "suffix");
	ok(!plan_make(a, &e) && e.exit == EXIT_BUG, "no plan without the suffix");
	err_free(&e);
}

/* What decides about a resource is a question of the table, and the one that does. */
static void test_deciders(struct plan *p)
{
	static const char *const rows[][2] = {
	    {"sql", "database.tier"},    {"service", "server.memory"},
	    {"image", "image.source"},   {"bucket/artifacts", "artifacts.location"},
	    {"network", "network.mode"},
	};
	struct err e = {0};
	for (size_t i = 0; i < p->count; i++)
		ok(p->resources[i].decided_by && question_find(p->resources[i].decided_by), "%s is decided by a question",
		   p->resources[i].id);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		is_str(plan_find(p, rows[i][0])->decided_by, rows[i][1], rows[i][0]);
	p->resources[0].decided_by = "no.question";
	ok(!plan_seal(p, &e) && strstr(e.what, "no.question"), "one that does not exist is a fault");
	err_free(&e);
	p->resources[0].decided_by = "project.id";
	free(p->fault);
	p->fault = NULL;
	ok(plan_seal(p, &e), "and without it the plan is sound again");
}

static double month_in(struct answers *a, const char *region, const char *id)
{
	struct err e = {0};
	double usd = -1;
	struct plan *p = answers_set_text(a, "region", region, &e) ? plan_make(a, &e) : NULL;
	if (p)
		usd = plan_cost(p, plan_find(p, id));
	plan_free(p);
	err_free(&e);
	return usd;
}

/* A month costs what it costs there. */
static void test_regions(struct answers *a)
{
	struct err e = {0};
	answers_set_text(a, "server.min_instances", "1", &e);
	double iowa = month_in(a, "us-central1", "sql"), zurich = month_in(a, "europe-west6", "sql");
	ok(iowa > 50 && iowa < 53 && zurich > 1.35 * iowa && zurich < 1.45 * iowa, "a database in two regions: $%.2f and $%.2f",
	   iowa, zurich);
	double tier1 = month_in(a, "europe-west1", "service"), tier2 = month_in(a, "europe-west6", "service");
	ok(tier1 > 0 && tier2 > 1.39 * tier1 && tier2 < 1.41 * tier1, "a server on Cloud Run in two: $%.2f and $%.2f", tier1,
	   tier2);
	ok(month_in(a, "us-central1", "secret/db-password") == month_in(a, "europe-west6", "secret/db-password"),
	   "a secret costs the same everywhere");
	struct buf table = {0};
	char *path = in_source("src/gcp/prices.tbl");
	ok(file_read(path, 1 << 20, &table, &e), "the table of prices can be read");
	for (const struct region *r = regions; r->id; r++) {
		char *row = xasprintf("REGION(\"%s\",", r->id);
		ok(strstr(buf_text(&table), row) != NULL, "%s has its prices", r->id);
		free(row);
	}
	buf_free(&table);
	free(path);
	err_free(&e);
}

/* A version of App Engine is refused while its subnet is not there, one that never runs as well. */
static void test_versions(void)
{
	struct err e = {0};
	struct answers *a = example_of("examples/appengine.json");
	answers_set_text(a, "appengine.service", "mlflow", &e);
	struct plan *p = plan_make(a, &e);
	size_t versions = 0;
	for (size_t i = 0; p && i < p->count; i++) {
		const struct resource *r = &p->resources[i];
		bool needs = false;
		if (!json_at(r->spec, "body.network.subnetworkName"))
			continue;
		for (size_t n = 0; n < r->need_count; n++)
			needs |= !strcmp(r->needs[n], "subnet");
		ok(needs, "%s is made once its subnet is there", r->id);
		versions++;
	}
	is_int(versions, 2, "the version, and the one before it");
	plan_free(p);
	answers_free(a);
	err_free(&e);
}

/* Names in one list of what the files are made of that the operator could set too; how many names it has is added to seen. */
static int free_names(struct answers *a, const cJSON *list, int *seen)
{
	int open = 0;
	const cJSON *item;
	cJSON_ArrayForEach(item, list) {
		struct err e = {0};
		char *pair = xasprintf("%s=x", cJSON_IsString(item) ? item->valuestring : json_str(item, "name", ""));
		bool taken = answers_set_text(a, "server.environment", pair, &e);
		if (taken)
			printf("# %s is the program's own\n", pair);
		open += taken;
		++*seen;
		free(pair);
		err_free(&e);
	}
	return open;
}

/* No variable of the program's can be set by the operator, whatever the choices. */
static void test_own_variables(void)
{
	static const char *const files[] = {"cloud-run", "cloud-run-mysql", "cloud-run-direct", "gke", "vm", "appengine"};
	static const char *const logins[] = {"password", "account"}, *const gateways[] = {"true", "false"};
	static const char *const lists[] = {"env", "secret_env", "asked"};
	int open = 0, seen = 0;
	for (size_t i = 0; i < sizeof files / sizeof *files * 4; i++) {
		struct err e = {0};
		char *path = xasprintf("examples/%s.json", files[i / 4]);
		struct answers *a = example_of(path);
		answers_set_text(a, "database.login", logins[i % 2], &e);
		answers_set_text(a, "server.gateway", gateways[i / 2 % 2], &e);
		struct plan *p = plan_make(a, &e);
		if (!p)
			ok(false, "%s is planned: %s", path, e.what);
		for (size_t l = 0; p && l < sizeof lists / sizeof *lists; l++)
			open += free_names(a, json_at(p->render, lists[l]), &seen);
		plan_free(p);
		answers_free(a);
		err_free(&e);
		free(path);
	}
	ok(seen > 200 && !open, "%d variables of the program's, none for the operator to set", seen);
}

/* The first could not be looked at, the second stands behind an API that is off, the rest stays. */
static void test_unseen(struct plan *p)
{
	struct change unknown = {.verdict = VERDICT_UNKNOWN, .reason = xstrdup("nobody answers.")}, kept = {0},
		      behind = {.verdict = VERDICT_CREATE, .hidden = true};
	const struct change **changes = xcalloc(p->count, sizeof *changes);
	struct buf table = {0};
	for (size_t i = 0; i < p->count; i++)
		changes[i] = i > 1 ? &kept : i ? &behind : &unknown;
	cJSON *j = plan_json(p, changes);
	ok(plan_json_count(j, VERDICT_UNKNOWN) == 1 && plan_json_verdict(json_at(j, "resources.0")) == VERDICT_UNKNOWN &&
	       json_bool(j, "apis_off", false),
	   "what was not looked at is counted so");
	plan_table(p, changes, 100, &table);
	const char *text = buf_text(&table);
	ok(!strncmp(text, "? unknown ", 10) && strstr(text, "\n    not looked at: nobody answers.\n"),
	   "listed so, with the cause");
	ok(strstr(text, "1 to create") && strstr(text, "is known of it: 1.") && strstr(text, "APIs are off"),
	   "and summed up, as is that APIs are off");
	buf_free(&table);
	changes[0] = changes[1] = &kept;
	plan_table(p, changes, 100, &table);
	ok(!strstr(buf_text(&table), "is known of it") && !strstr(buf_text(&table), "APIs are off"),
	   "nothing of it where all was seen");
	buf_free(&table);
	cJSON_Delete(j);
	change_free(&unknown);
	free(changes);
}

/* The draft of these answers, "QUESTION=CHOICE QUESTION=CHOICE", with one more. */
static struct plan *draft_with(const char *answers, const char *axis, const char *choice)
{
	struct answers *a = answers_new();
	struct err e = {0};
	char *words = xasprintf("%s %s=%s", answers, axis, choice), *rest = words;
	for (char *word; (word = strsep(&rest, " "));) {
		char *value = strchr(word, '=');
		*value++ = '\0';
		answers_set(a, word, cJSON_CreateString(value), &e);
	}
	struct plan *p = plan_draft(a, NULL);
	free(words);
	answers_free(a);
	err_free(&e);
	return p;
}

/* A price is wanted for each choice of an axis, beside others that it may not go with. */
static void test_drafts(void)
{
	static const char *const stacks[] = {
	    "target=gke database.path=cluster artifacts.mode=volume auth.mode=iam exposure=internal",
	    "target=vm exposure=internal auth.mode=iap network.mode=new",
	    "target=run network.mode=shared database.path=public",
	};
	for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++) {
		int made = 0, none = 0;
		for (const char *const *axis = axis_questions; *axis; axis++) {
			for (const struct choice *c = question_find(*axis)->choices; c->id; c++) {
				struct plan *p = draft_with(stacks[i], *axis, c->id);
				p ? made++ : none++;
				plan_free(p);
			}
		}
		ok(made && none, "%s: what other choices would make is planned where they go together", stacks[i]);
	}
}

int main(void)
{
	mem_install();
	struct err e = {0};
	struct answers *a = example();
	struct plan *p = a ? plan_make(a, &e) : NULL;
	if (!ok(p != NULL, "the example is planned"))
		return tap_done();
	struct plan *again = plan_make(a, &e);
	char *text = plan_text(p), *same = plan_text(again), *specs = specs_text(p), *same_specs = specs_text(again);
	ok(!strcmp(text, same) && !strcmp(specs, same_specs), "the same answers make the same bytes");
	golden("tests/plan/cloud-run.plan.json", text);
	golden("tests/plan/cloud-run.specs.json", specs);
	is_str(p->url, "https://mlflow-123456789012.us-central1.run.app", "the deterministic URL");
	is_str(json_str(plan_find(p, "oauth-client")->spec, "paste", ""),
	       "https://mlflow-123456789012.us-central1.run.app/oauth2/callback", "the redirect URI to paste");
	test_order(p);
	test_apis(p);
	test_records(p);
	test_deciders(p);
	test_tails(p);
	test_resolve();
	test_secrets(p);
	test_source(p);
	test_names();
	test_gate(p);
	test_start();
	test_regions(a);
	test_given_image(a);
	test_refused(a);
	test_versions();
	test_drafts();
	test_own_variables();
	test_unseen(p);
	struct buf table = {0};
	plan_table(p, NULL, 80, &table);
	ok(strstr(buf_text(&table), "Cloud SQL instance") && strstr(buf_text(&table), "$51."),
	   "the table shows what the database costs");
	ok(strstr(buf_text(&table), "32 MiB at most") != NULL, "T15: and what a file may have");
	ok(longest_line(buf_text(&table)) <= 80, "the table keeps to 80 columns");
	ok(strstr(buf_text(&table), "...") != NULL, "where a name is cut");
	buf_free(&table);
	plan_table(p, NULL, 0, &table);
	for (size_t i = 0; i < p->count; i++)
		ok(strstr(buf_text(&table), p->resources[i].name) != NULL, "without a width %s is whole", p->resources[i].id);
	buf_free(&table);
	free(text);
	free(same);
	free(specs);
	free(same_specs);
	plan_free(p);
	plan_free(again);
	answers_free(a);
	return tap_done();
}
