#include "config.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/answers.h"
#include "tests/tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Random answers ------------------------------------------------------------------------------------------------------------------ */

static unsigned long long state;

static unsigned draw(unsigned below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)((state >> 33) % below);
}

/* A value that the question's pattern and check allow, by id where a pattern asks for it. */
static char *draw_text(const char *id)
{
	static const struct {
		const char *id, *texts[3];
	} samples[] = {
	    {"project.id", {"demo-proj", "a-b-c-1", "x23456"}},
	    {"stack.name", {"mlflow", "m", "team-a-2"}},
	    {"region", {"us-central1", "europe-west12", "asia-northeast1"}},
	    {"auth.client_id", {"12-a_b.apps.googleusercontent.com", "9-x.apps.googleusercontent.com", ""}},
	    {"auth.issuer",
	     {"https://id.example.com/realms/ml", "https://gitlab.com", "https://example.okta.com/oauth2/default"}},
	    {"auth.client_secret", {"prompt", "env:A_B", "secret:projects/p/secrets/s/versions/3"}},
	    {"appengine.service", {"default", "mlflow", "a-1"}},
	    {"auth.users", {"ada@example.com", "o'x.y+z@sub.example.org", "Bob_1@example.co.uk"}},
	    {"domain.host", {"mlflow.example.com", "a.b.example.org", "m-1.example.net"}},
	    {"domain.zone", {"a-zone", "example-com", "zone-1"}},
	    {"network.range", {"10.10.0.0/24", "192.168.4.0/24", "172.20.0.0/26"}},
	    {"network.name", {"corp", "net-1", "a"}},
	    {"network.subnet", {"apps", "apps-us-central1", "s"}},
	    {"network.connector", {"", "link", "run-1"}},
	    {"network.pods_range", {"", "pods", "pods-1"}},
	    {"network.services_range", {"", "services", "services-1"}},
	    {"network.host_project", {"net-proj", "host-project-1", "a-b-c-1"}},
	    {"database.range", {"", "10.20.0.0/20", "192.168.64.0/24"}},
	    {"github.repository", {"example/ml-platform", "Example-Org/ml.ops_2", "a/b"}},
	    {"github.repository_id", {"1296269", "7", "9007199254740993"}},
	    {"github.branch", {"main", "release/3", "v1.0"}},
	    {"vm.zone", {"", "us-central1-a", "us-central1-f"}},
	    {"gke.name", {"shared", "c", "team-a-2"}},
	    {"gke.location", {"", "us-central1", "us-central1-f"}},
	    {"gke.kubeconfig", {"", "/home/ada/.kube/config", "~/clusters/dev 1.yaml"}},
	    {"gke.context", {"kind-dev", "docker-desktop", "arn:aws:eks:eu-west-1:1:cluster/a"}},
	    {"auth.groups", {"team@example.com", "o'brien-fans@example.com", "g+x@example.org"}},
	    {"iap.client_id", {"", "1-a.apps.googleusercontent.com", "22-b_c.apps.googleusercontent.com"}},
	    {"iap.client_secret", {"", "env:A_B", "prompt"}},
	    {"auth.domains", {"example.com", "a-b.example.org", "x.dev"}},
	    {"auth.service_accounts",
	     {"ci@demo-proj.iam.gserviceaccount.com", "a-b@x.iam.gserviceaccount.com", "t@p.iam.gserviceaccount.com"}},
	    {"artifacts.location", {"EU", "us-east1", "ASIA"}},
	    {"image.mlflow_version", {"3.17.2", "3.16.1", "3.17.0"}},
	    {"image.digest", {"", "", ""}},
	    {"oauth2_proxy.version", {"7.15.5", "7.15.6", "8.0.0"}},
	    {"database.flags", {"work_mem=8192", "cloudsql.enable_pgaudit=on", "timezone=UTC"}},
	    {"image.packages", {"boto3==1.40.0", "mlflow-plugin[x,y]==0.1", "a-b.c_d==2!1.0.post1+local"}},
	    {"server.environment", {"A=", "LOG_LEVEL=debug", "_x9=a=b c"}},
	    {"server.roles", {"roles/bigquery.user", "roles/aiplatform.user", "projects/p/roles/mine"}},
	    {"server.extra_hosts", {"proxy.example.com", "a.b.example.org:8443", "m-1.example.net"}},
	    {"alerts.addresses", {"oncall@example.com", "a.b+c@ml.example.org", "x@y.dev"}},
	    {"server.gateway_providers", {"openai", "vertex_ai", "sap-ai-core"}},
	    {"stack.labels", {"team=ml", "cost-centre=", "a_b=0-9"}},
	    {"server.extra_origins", {"https://proxy.example.com", "https://a.b.example.org:8443", "https://m-1.example.net"}},
	};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		if (!strcmp(samples[i].id, id))
			return xstrdup(samples[i].texts[draw(3)]);
	}
	printf("Bail out! no sample for %s\n", id);
	exit(99);
}

static cJSON *draw_list(const struct question *q)
{
	cJSON *list = cJSON_CreateArray();
	for (unsigned n = draw(4); n; n--) {
		char *s = draw_text(q->id);
		bool there = strchr(s, '\'');
		for (const cJSON *c = list->child; c; c = c->next)
			there |= !strcmp(c->valuestring, s);
		if (!there)
			cJSON_AddItemToArray(list, cJSON_CreateString(s));
		free(s);
	}
	return list;
}

static cJSON *draw_choice(const struct question *q, const struct answers *a)
{
	size_t n = 0;
	while (q->choices[n].id)
		n++;
	const struct choice *c = &q->choices[draw((unsigned)n)];
	return c->refused && c->refused(a) ? NULL : cJSON_CreateString(c->id);
}

static cJSON *draw_value(const struct question *q, const struct answers *a)
{
	switch (q->type) {
	case TYPE_BOOL:
		return cJSON_CreateBool((int)draw(2));
	case TYPE_INT:
		return cJSON_CreateNumber(q->min + (int)draw((unsigned)(q->max - q->min + 1)));
	case TYPE_LIST:
		return draw_list(q);
	case TYPE_CHOICE:
		return draw_choice(q, a);
	case TYPE_TEXT:
	case TYPE_SECRET:
		break;
	}
	char *s = draw_text(q->id);
	cJSON *v = cJSON_CreateString(s);
	free(s);
	return v;
}

static struct answers *draw_answers(void)
{
	struct answers *a = answers_new();
	for (const struct question *q = questions; q->id; q++) {
		struct err e = {0};
		cJSON *v = draw(3) ? draw_value(q, a) : NULL;
		if (v && !answers_set(a, q->id, v, &e))
			printf("# %s: %s\n", q->id, e.what);
		err_free(&e);
	}
	if (draw(2))
		json_put_str(a->resolved, "suffix", "x7k2q");
	if (draw(2))
		json_put_str(a->resolved, "secret_versions.x", draw(2) ? "5" : "12");
	return a;
}

static bool same_values(const struct answers *a, const struct answers *b)
{
	for (const struct question *q = questions; q->id; q++) {
		if (!json_equal(answers_get(a, q->id), answers_get(b, q->id))) {
			printf("# %s differs\n", q->id);
			return false;
		}
	}
	return json_equal(a->resolved, b->resolved);
}

static void round_trip(void)
{
	int same = 0, values = 0, rounds = 1000;
	for (int i = 0; i < rounds; i++) {
		state = (unsigned)i + 1;
		struct err e = {0};
		struct answers *a = draw_answers(), *b;
		struct buf first = {0}, second = {0};
		answers_print(a, &first);
		b = answers_parse(buf_text(&first), first.len, "f", &e);
		if (b) {
			answers_print(b, &second);
			same += !strcmp(buf_text(&first), buf_text(&second));
			values += same_values(a, b);
		} else {
			printf("# seed %d: %s\n", i + 1, e.what);
		}
		err_free(&e);
		buf_free(&first);
		buf_free(&second);
		answers_free(a);
		answers_free(b);
	}
	is_int(same, rounds, "save(load(save(x))) = save(x) for 1000 random answers");
	is_int(values, rounds, "and every value is the same");
}

/* Errors -------------------------------------------------------------------------------------------------------------------------- */

/* Parses text and expects each of the parts in the error; nothing else may pass. */
static void refused(const char *name, const char *text, const char *part, const char *part2)
{
	struct err e = {0};
	struct answers *a = answers_parse(text, strlen(text), "m.json", &e);
	char *said = a ? xstrdup("(accepted)") : err_text(&e);
	bool good = !a && e.exit == EXIT_ANSWERS && strstr(said, part) && (!part2 || strstr(said, part2));
	ok(good, "refused: %s", name);
	if (!good)
		printf("# said: %s\n", said);
	free(said);
	err_free(&e);
	answers_free(a);
}

static void bad_files(void)
{
	refused("broken JSON", "{\n\"format\": 1,\n\"answers\": {", "m.json:", NULL);
	refused("a key twice", "{\"format\":1,\"answers\":{\"region\":\"us-east1\",\"region\":\"us-east1\"}}",
		"a key twice (\"region\")", NULL);
	refused("an unknown question", "{\"format\":1,\n\"answers\":{\n\"database.teir\":\"x\"}}",
		"m.json:3:", "did you mean \"database.tier\"?");
	refused("an unknown key at the top", "{\"format\":1,\n\"anwers\":{}}", "m.json:2: ", "did you mean \"answers\"?");
	refused("a newer format", "{\"format\": 2,\n\"answers\":{}}", "m.json:1: Format 2 is newer", NULL);
	refused("no format", "{\"answers\":{}}", "\"format\" is missing", NULL);
	refused("a format that is no number", "{\"format\":\"1\",\"answers\":{}}", "format: A whole number", NULL);
	refused("an array", "[]", "is a JSON object", NULL);
	refused("a text for a number", "{\"format\":1,\"answers\":{\n\"server.workers\":\"2\"}}",
		"m.json:2: server.workers:", "whole number");
	refused("a fraction", "{\"format\":1,\"answers\":{\"server.workers\":2.5}}", "whole number", NULL);
	refused("a number out of range", "{\"format\":1,\"answers\":{\"server.workers\":99}}", "99 is outside 1 to 8", NULL);
	refused("a text for a truth", "{\"format\":1,\"answers\":{\"database.deletion_protection\":\"yes\"}}", "true or false",
		NULL);
	refused("a text for a list", "{\"format\":1,\"answers\":{\"auth.users\":\"a@example.com\"}}", "list of texts", NULL);
	refused("a number in a list", "{\"format\":1,\"answers\":{\"auth.users\":[7]}}", "list of texts", NULL);
	refused("a list with doubles", "{\"format\":1,\"answers\":{\"auth.users\":[\"a@b.co\",\"a@b.co\"]}}", "listed twice",
		NULL);
	refused("an unknown choice", "{\"format\":1,\"answers\":{\"target\":\"rum\"}}", "did you mean \"run\"?", NULL);
	refused("null", "{\"format\":1,\"answers\":{\"region\":null}}", "A text is needed", NULL);
	refused("a bad region", "{\"format\":1,\"answers\":{\"region\":\"Zurich\"}}", "europe-west1", NULL);
	refused("several at once", "{\"format\":1,\"answers\":{\n\"region\":1,\n\"foo.bar\":2,\n\"target\":\"\"}}",
		"m.json:2: region", "m.json:3:");
	refused("the secret itself", "{\"format\":1,\"answers\":{\"auth.client_secret\":\"GOCSPX-abc\"}}", "the secret itself",
		NULL);
	refused("everybody", "{\"format\":1,\"answers\":{\"auth.users\":[\"allUsers\"]}}", "let everybody in", NULL);
	refused("every domain", "{\"format\":1,\"answers\":{\"auth.domains\":[\"*\"]}}", "let everybody in", NULL);
	refused("a public mail domain", "{\"format\":1,\"answers\":{\"auth.domains\":[\"gmail.com\"]}}", "Anybody can have",
		NULL);
	refused("all service accounts", "{\"format\":1,\"answers\":{\"auth.domains\":[\"gserviceaccount.com\"]}}",
		"every service account", NULL);
	refused("a bad address", "{\"format\":1,\"answers\":{\"auth.users\":[\"ada@\"]}}", "An e-mail address", NULL);
	refused("an address with two @", "{\"format\":1,\"answers\":{\"auth.users\":[\"a@b@c.de\"]}}", "one @ only", NULL);
	refused("an old oauth2-proxy", "{\"format\":1,\"answers\":{\"oauth2_proxy.version\":\"7.15.4\"}}", "known ways around",
		NULL);
	refused("T2: a release without a tried set", "{\"format\":1,\"answers\":{\"image.mlflow_version\":\"3.9.0\"}}",
		"was tried with", NULL);
	refused("T13: a group among people", "{\"format\":1,\"answers\":{\"auth.users\":[\"team@googlegroups.com\"]}}",
		"cannot sign in", NULL);
}

/* Checks -------------------------------------------------------------------------------------------------------------------------- */

static struct answers *complete(void)
{
	struct answers *a = answers_new();
	answers_set_text(a, "project.id", "demo-proj", NULL);
	answers_set_text(a, "auth.client_id", "12-ab.apps.googleusercontent.com", NULL);
	answers_set_text(a, "auth.users", "ada@example.com", NULL);
	return a;
}

static void set_and_check(const char *name, const char *id, const char *value, const char *part)
{
	struct err e = {0};
	struct answers *a = complete();
	answers_drop(a, id);
	cJSON_AddItemToObject(a->values, id, *value == '#' ? cJSON_CreateNumber(atoi(value + 1)) : cJSON_CreateString(value));
	bool fine = answers_check(a, "m.json", &e);
	bool good = part ? !fine && strstr(e.what, part) : fine;
	ok(good, "check: %s", name);
	if (!good)
		printf("# said: %s\n", e.what ? e.what : "(fine)");
	err_free(&e);
	answers_free(a);
}

static void checks(void)
{
	struct err e = {0};
	struct answers *a = complete();
	ok(answers_check(a, "m.json", &e), "complete answers pass");
	answers_free(a);
	a = answers_new();
	ok(!answers_check(a, "m.json", &e), "empty answers do not");
	ok(strstr(e.what, "project.id: An answer is needed.") && strstr(e.what, "auth.client_id:") &&
	       strstr(e.what, "Nobody could sign in"),
	   "and everything that is missing is named at once");
	err_free(&e);
	is_str(answers_check_page(a, "auth", &e), "auth.client_id", "the first problem of a page");
	err_free(&e);
	ok(!answers_check_page(a, "region", &e), "a page without a problem");
	answers_free(a);
	a = complete();
	cJSON_ReplaceItemInObject(a->values, "auth.users", cJSON_CreateArray());
	cJSON_AddItemToObject(a->values, "auth.groups", json_make("['team@example.com']"));
	cJSON_AddItemToObject(a->values, "artifacts.mode", cJSON_CreateString("direct"));
	ok(!answers_check(a, "m.json", &e) && strstr(e.what, "Nobody could sign in"),
	   "a group alone, which oauth2-proxy lets nobody in by, though a bucket would");
	err_free(&e);
	answers_free(a);
	set_and_check("MLflow's own accounts", "auth.mode", "basic", NULL);
	set_and_check("too many connections", "database.tier", "db-f1-micro", "may open 44 database connections");
	set_and_check("too little memory", "server.workers", "#4", "4 workers need 4 GiB");
	set_and_check("memory needs CPUs", "server.memory", "8Gi", "needs 2 CPUs");
	set_and_check("fewest above most", "server.min_instances", "#5", "above the most");
	set_and_check("soft delete of 3 days", "artifacts.soft_delete_days", "#3", "7 to 90 days");
	set_and_check("soft delete of 7 days", "artifacts.soft_delete_days", "#7", NULL);
}

static void setting(void)
{
	struct err e = {0};
	struct answers *a = complete();
	is_str(answers_str(a, "artifacts.location"), "us-central1", "a default that follows another answer");
	ok(answers_set_text(a, "artifacts.location", "us-central1", &e) && answers_set_text(a, "region", "europe-west1", &e),
	   "set two");
	is_str(answers_str(a, "artifacts.location"), "europe-west1", "what stood at its default follows");
	answers_set_text(a, "artifacts.location", "EU", &e);
	answers_set_text(a, "region", "europe-west4", &e);
	is_str(answers_str(a, "artifacts.location"), "EU", "what was chosen stays");
	ok(answers_set_text(a, "auth.users", " a@example.com, b@example.com ,", &e), "a list from text");
	is_int(cJSON_GetArraySize(answers_get(a, "auth.users")), 2, "has two elements");
	ok(!answers_set_text(a, "server.workers", "two", &e) && strstr(e.what, "whole number"), "a word is no number");
	err_free(&e);
	ok(!answers_set_text(a, "sever.workers", "2", &e) && strstr(e.what, "server.workers"), "a misspelt id");
	err_free(&e);
	ok(answers_set_text(a, "database.deletion_protection", "no", &e) && !answers_bool(a, "database.deletion_protection"),
	   "a truth from text");
	ok(!answers_set_text(a, "exposure", "internal", &e) && strstr(e.what, "no tunnel"),
	   "a choice that cannot be chosen says why");
	err_free(&e);
	answers_free(a);
}

static char *said_by(const char *path)
{
	struct buf text = {0};
	struct err e = {0};
	file_read(path, 1 << 20, &text, &e);
	err_free(&e);
	return buf_take(&text);
}

static void change_file(const char *path, const char *key, const char *value)
{
	struct err e = {0};
	char *text = said_by(path);
	cJSON *j = cJSON_Parse(text), *top = strchr(key, '.') ? json_at(j, "answers") : json_at(j, "resolved");
	json_put_key(top, key, cJSON_CreateString(value));
	free(text);
	text = json_text(j, 0);
	file_write(path, text, strlen(text), 0640, &e);
	cJSON_Delete(j);
	free(text);
}

/* S4: what somebody else changed in the file stays, what changed here goes in; both at once is no merge. */
static void merging(void)
{
	struct err e = {0};
	char dir[] = "/tmp/answers-XXXXXX";
	if (!mkdtemp(dir))
		exit(99);
	char *path = xasprintf("%s/m.json", dir), *beside = xasprintf("%s.run", path), *text;
	struct answers *a = complete();
	answers_save(a, path, &e);
	answers_free(a);
	a = answers_load(path, &e);
	change_file(path, "stack.name", "theirs");
	json_put_str(a->resolved, "suffix", "abc12");
	ok(answers_save(a, path, &e) && !answers_beside(a), "S4: saved into a file that was edited");
	json_put_str(a->resolved, "url", "https://x.example");
	ok(answers_save(a, path, &e), "S4: and once more");
	text = said_by(path);
	ok(strstr(text, "theirs") && strstr(text, "abc12") && strstr(text, "https://x.example"),
	   "S4: the edit stays, what was resolved stands beside it");
	free(text);
	struct stat st;
	ok(!stat(path, &st) && (st.st_mode & 07777) == 0640, "S4: with the mode that the file has");
	change_file(path, "suffix", "zzz99");
	json_put_str(a->resolved, "suffix", "yyy88");
	ok(answers_save(a, path, &e) && answers_beside(a) && !strcmp(answers_beside(a), beside),
	   "S4: changed on both sides: ours goes beside");
	text = said_by(path);
	ok(strstr(text, "zzz99") && !strstr(text, "yyy88"), "S4: and the file is left");
	free(text);
	answers_free(a);
	unlink(beside);
	unlink(path);
	rmdir(dir);
	free(path);
	free(beside);
}

static void saving(void)
{
	struct err e = {0};
	char dir[] = "/tmp/answers-XXXXXX";
	if (!mkdtemp(dir))
		exit(99);
	char *path = xasprintf("%s/m.json", dir);
	struct answers *a = complete(), *b;
	umask(0);
	ok(answers_save(a, path, &e), "saved");
	struct stat first, second;
	stat(path, &first);
	is_int(first.st_mode & 07777, 0600, "mode 0600");
	b = answers_load(path, &e);
	ok(b && answers_save(b, path, &e) && !stat(path, &second), "loaded and saved again");
	ok(first.st_ino == second.st_ino, "unchanged bytes are not written again");
	const struct question *days = question_find("artifacts.soft_delete_days");
	answers_set_text(a, days->id, "1", &e);
	char *one = answers_words(a, days);
	answers_set_text(a, days->id, "8", &e);
	char *eight = answers_words(a, days);
	ok(!strcmp(one, "1 day") && !strcmp(eight, "8 days"), "a number has the plural of its unit");
	free(one);
	free(eight);
	err_free(&e);
	ok(!answers_load("/nonexistent/x", &e) && e.exit == EXIT_NOINPUT, "a file that is not there");
	err_free(&e);
	ok(!answers_save(a, "/nonexistent/x", &e) && e.exit == EXIT_CANTWRITE, "a place that cannot be written");
	err_free(&e);
	unlink(path);
	rmdir(dir);
	free(path);
	answers_free(a);
	answers_free(b);
}

/* The shipped example is complete and canonical: a run leaves its answers part as it is. */
/* A Google client ID still stands where Entra ID was just chosen: nobody edited the file, so what is changed next is saved there too. */
static void half_way(void)
{
	char path[] = "/tmp/answers-XXXXXX";
	struct err e = {0};
	close(mkstemp(path));
	unlink(path);
	struct answers *a = answers_new();
	answers_set_text(a, "auth.client_id", "12-a.apps.googleusercontent.com", &e);
	answers_set_text(a, "auth.provider", "entra-id", &e);
	bool saved = answers_save(a, path, &e);
	answers_set_text(a, "stack.name", "other", &e);
	saved = saved && answers_save(a, path, &e);
	char *text = said_by(path);
	ok(saved && !answers_beside(a) && strstr(text, "\"other\""), "answers that do not go together yet are saved again");
	free(text);
	answers_free(a);
	err_free(&e);
	unlink(path);
}

static void example(void)
{
	struct err e = {0};
	struct buf file = {0}, printed = {0};
	char *path = xasprintf("%s/examples/cloud-run.json", getenv("TOP_SRCDIR") ? getenv("TOP_SRCDIR") : ".");
	struct answers *a = answers_load(path, &e);
	bool fine = a && answers_check(a, path, &e);
	ok(fine, "the example is complete");
	if (!fine)
		printf("# %s\n", e.what);
	if (a)
		answers_print(a, &printed);
	file_read(path, 1 << 20, &file, &e);
	is_str(buf_text(&file), buf_text(&printed), "and written as the program writes it");
	err_free(&e);
	buf_free(&file);
	buf_free(&printed);
	answers_free(a);
	free(path);
}

/* What stands keeps its version, and is told so where another one is chosen; what never got there leaves the choice. */
static void standing_version(void)
{
	struct answers *a = answers_new();
	struct err e = {0};
	ok(answers_set_text(a, "database.version", "POSTGRES_18", &e), "any version may be chosen before there is a database");
	json_put(a->resolved, "choices", json_make("[{'database.version':'POSTGRES_17'},{'database.version':'POSTGRES_18'}]"));
	ok(answers_set_text(a, "database.version", "POSTGRES_16", &e), "and after a run that did not get there");
	json_put_str(a->resolved, "release", "3.17.2");
	ok(!answers_set_text(a, "database.version", "POSTGRES_16", &e) && strstr(e.what, "stands"), "none that goes down");
	err_free(&e);
	ok(!answers_set_text(a, "database.version", "POSTGRES_18", &e), "nor up, once it stands");
	err_free(&e);
	ok(question_refuses(question_find("database.version"), a, "POSTGRES_18") != NULL, "which a list of choices knows");
	ok(answers_set_text(a, "database.version", "POSTGRES_17", &e), "the way back is open");
	ok(answers_set_text(a, "database.engine", "mysql", &e) && answers_set_text(a, "database.version", "MYSQL_8_4", &e),
	   "another engine is another database");
	err_free(&e);
	answers_free(a);
}

/* A face that names no file gets each problem as "id: sentence", also of answers that a file held: by the id it finds their place. */
static void problems_of_a_file(void)
{
	struct answers *a = answers_new();
	struct err e = {0};
	answers_set_text(a, "server.workers", "8", &e);
	a->text = xstrdup("{\n \"answers\": {\n  \"server.memory\": \"1Gi\",\n  \"server.workers\": 8\n }\n}\n");
	answers_set_text(a, "server.memory", "1Gi", &e);
	bool fine = answers_check(a, NULL, &e), named = !fine;
	for (const char *line = e.what; named && line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		char *id = xstrndup(line, strcspn(line, ":"));
		named = question_find(id) != NULL;
		free(id);
	}
	ok(named, "a problem of answers that a file held begins with its question: %s", e.what ? e.what : "none");
	err_free(&e);
	answers_free(a);
}

/* Where versions are listed those of the other engines are not, and each of an engine's own is, in the table's order. */
static void versions_listed(void)
{
	const struct question *version = question_find("database.version"), *engine = question_find("database.engine");
	struct answers *a = answers_new();
	size_t all = 0, listed = 0;
	bool own = true;
	for (const struct choice *c = version->choices; c->id; c++)
		all++;
	for (const struct choice *e = engine->choices; e->id; e++) {
		struct err ignored = {0};
		const struct choice *c;
		if (!answers_set_text(a, "database.engine", e->id, &ignored)) {
			err_free(&ignored);
			continue;
		}
		for (int i = 0; (c = question_choice(version, a, i)); i++, listed++)
			own &= !question_refuses(version, a, c->id);
	}
	ok(own && listed == all, "the versions that are listed are those of the engine that is chosen: %zu of %zu", listed,
	   all);
	int tiers = 0;
	while (question_choice(question_find("database.tier"), a, tiers))
		tiers++;
	ok(tiers > 1 && !question_find("database.tier")->choices[tiers].id,
	   "where nothing is said of that, all choices are listed");
	answers_free(a);
}

/* The table itself: every row has what the faces need. */
static void table(void)
{
	bool pages_known = true, titles_fit = true, defaults_pass = true, forms = true;
	struct answers *none = answers_new();
	for (const struct question *q = questions; q->id; q++) {
		cJSON *v = question_default(q, none);
		pages_known &= page_find(q->page) != NULL;
		titles_fit &= strlen(q->title) <= 30;
		defaults_pass &= answers_allows(none, q, v, NULL);
		forms &= !q->pattern == !q->form;
		cJSON_Delete(v);
	}
	answers_free(none);
	ok(pages_known, "every question's page exists");
	ok(titles_fit, "titles have at most 30 cells");
	ok(defaults_pass, "every default is allowed");
	ok(forms, "every pattern is said in words");
}

/* What is found about the project moves no answer and no default; it is told of a choice, and what cannot work is refused. */
static void found_organization(void)
{
	struct err e = {0};
	struct answers *a = answers_new();
	const struct question *q = question_find("auth.mode");
	const struct choice *iap = choice_find(q, "iap");
	cJSON *one = cJSON_CreateString("123"), *none = cJSON_CreateNull();
	is_str(question_says(q, a, iap), iap->help, "of a project that nobody asked about nothing is said");
	answers_found_organization(a, one);
	ok(!strncmp(question_says(q, a, iap), "Recommended", 11), "in an organization IAP is recommended");
	is_str(answers_str(a, "auth.mode"), "oauth2-proxy", "and not chosen");
	answers_set_text(a, "auth.mode", "iap", &e);
	answers_set_text(a, "auth.users", "ada@example.com", &e);
	ok(!answers_check_page(a, "auth", &e), "it can be chosen there");
	answers_found_organization(a, none);
	is_str(answers_check_page(a, "auth", &e), "iap.client_id", "in none it needs a client");
	is_str(answers_str(a, "auth.mode"), "iap", "and stays chosen");
	err_free(&e);
	struct answers *copy = answers_copy(a);
	ok(cJSON_IsNull(answers_organization(copy)), "a copy knows it");
	struct buf text = {0};
	answers_print(copy, &text);
	ok(!strstr(buf_text(&text), "organization"), "a file does not");
	answers_found_organization(a, NULL);
	json_put_str(a->resolved, "organization", "123");
	ok(!answers_check_page(a, "auth", &e), "without it what was resolved holds");
	ok(answers_asked(a, question_find("iap.client_id")), "a web address may have a client of one's own");
	answers_set_text(a, "target", "vm", &e);
	answers_set_text(a, "exposure", "internal", &e);
	ok(!answers_asked(a, question_find("iap.client_id")) && !answers_asked(a, question_find("iap.client_secret")),
	   "a tunnel's door asks for none, and nobody is asked for one");
	buf_free(&text);
	answers_free(copy);
	answers_free(a);
	cJSON_Delete(one);
	cJSON_Delete(none);
}

int main(void)
{
	mem_install();
	round_trip();
	bad_files();
	checks();
	setting();
	merging();
	saving();
	half_way();
	example();
	table();
	standing_version();
	versions_listed();
	problems_of_a_file();
	found_organization();
	return tap_done();
}
