/* Every request that the kinds make for the example's plan is one that the simulated cloud's contract accepts, and leads where it should: made one
 * after the other, everything stands; looked at again, nothing is to be done; destroyed backwards, it is gone or left for a reason.
 * The driver here is as plain as can be (no retries by class, nothing in parallel): the engine has its own tests. */
#include "config.h"
#include "tests/tap.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "plan/plan.h"
#include "sim/sim.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>

enum { TURNS_MAX = 400 };

static struct sim *cloud;
static double now;
static cJSON *outputs;
static const struct plan *plan;
static unsigned long requests, refusals;

static void wait_for(double seconds)
{
	now += seconds;
	sim_advance(cloud, now);
}

/* $secret leaves become a fixed text, in the shape that is asked for. */
static void fill_secrets(cJSON *node)
{
	for (cJSON *c = node ? node->child : NULL, *next; c; c = next) {
		next = c->next;
		if (!json_at(c, "$secret")) {
			fill_secrets(c);
			continue;
		}
		const char *as = json_str(c, "as", "");
		const char *text = !strcmp(as, "base64") ? "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
							 : "0123456789abcdef0123456789abcdef";
		/* The checksum is optional: left out here, so that this test does not repeat the arithmetic that others check. */
		if (!strcmp(as, "crc32c"))
			cJSON_Delete(cJSON_DetachItemViaPointer(node, c));
		else
			cJSON_ReplaceItemInObjectCaseSensitive(node, c->string, cJSON_CreateString(text));
	}
}

static struct buf body_of(const struct call *c, const char **type)
{
	struct buf b = {0};
	struct err e = {0};
	*type = "application/json";
	if (c->upload) {
		*type = "application/gzip";
		plan_render_source(plan, &b, &e);
	} else if (c->body) {
		fill_secrets(c->body);
		json_write(&b, c->body, -1);
	}
	err_free(&e);
	return b;
}

/* Some APIs let pass what they do not know; we must not send it. */
static void watch(void *arg, const cJSON *exchange)
{
	(void)arg;
	if (!json_at(exchange, "ignored"))
		return;
	refusals++;
	printf("# %s %s: field %s is not known\n", json_str(exchange, "method", ""), json_str(exchange, "url", ""),
	       json_str(exchange, "ignored.0", ""));
}

/* What the engine makes of a page: its text, and the digest of its bytes. */
static cJSON *page_of(const struct sim_reply *r)
{
	unsigned char sum[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof sum + 1];
	crypto_hash_sha256(sum, (const unsigned char *)r->body.data, r->body.len);
	sodium_bin2hex(hex, sizeof hex, sum, sizeof sum);
	return json_make("{'location':'','text':%s,'sha256':%s}", buf_text(&r->body), hex);
}

static bool reads_page; /* of the step that sends */

/* Sends a call and frees it; the reply is the caller's. What Google would refuse for its form fails the test. */
static int send_call(struct call *c, const char *who, cJSON **reply)
{
	const char *type, *host = c->url + strlen("https://"), *path = strchr(host, '/');
	struct buf body = body_of(c, &type);
	char *only_host = xstrndup(host, (size_t)(path - host)), *bearer = xasprintf("Bearer %s", sim_owner_token(cloud));
	struct sim_header headers[] = {
	    {"Authorization", bearer}, {"Content-Type", type}, {"Host", only_host}, {"Accept", c->accept ? c->accept : "*/*"}};
	struct sim_request q = {.method = c->method,
				.host = only_host,
				.target = path,
				.headers = headers,
				.header_count = 4,
				.body = buf_text(&body),
				.body_len = body.len};
	struct sim_reply r = {0};
	sim_handle(cloud, &q, &r);
	requests++;
	int status = r.status;
	*reply = reads_page ? page_of(&r) : r.body.len ? cJSON_ParseWithLength(r.body.data, r.body.len) : NULL;
	const char *message = json_str(*reply, "error.message", "");
	bool form = status == 400 &&
		    (strstr(message, "Invalid JSON") || strstr(message, "Unknown name") || strstr(message, "Invalid value at"));
	bool nowhere = status == 404 && !*reply;
	if (form || nowhere || status == 405 || status == 501) {
		refusals++;
		if (refusals > 20)
			exit(1);
		printf("# %s: %s %s\n#   %d %s\n", who, c->method, c->url, status, *message ? message : buf_text(&r.body));
	}
	wait_for(fmin(fmax(r.latency, 0), 5));
	sim_reply_free(&r);
	buf_free(&body);
	free(bearer);
	free(only_host);
	call_free(c);
	return status;
}

/* Follows an operation to its end. Returns Google's message when it failed (to be freed). */
static char *follow(struct operation *op, enum dialect dialect, const char *who)
{
	char *failed = NULL;
	for (int i = 0; !op->done && i < 5000; i++) {
		wait_for(2);
		struct call c = {0};
		cJSON *reply = NULL;
		struct operation next = {0};
		call_set_url(&c, DIALECT_NONE, "GET", NULL, op->poll_url);
		char *url = xstrdup(op->poll_url);
		int status = send_call(&c, who, &reply);
		if (status == 200 && operation_decode(dialect, url, reply, &next)) {
			operation_free(op);
			*op = next;
		}
		free(url);
		cJSON_Delete(reply);
	}
	if (op->error)
		failed = xstrdup(op->error);
	else if (!op->done)
		failed = xstrdup("the operation does not end");
	operation_free(op);
	return failed;
}

struct step {
	const struct resource *r;
	struct view view;
	cJSON *spec, *last;
	struct observation seen;
	int reads, writes;
	char *trouble; /* the last refusal */
};

static void say_trouble(struct step *s, const char *text)
{
	free(s->trouble);
	s->trouble = xstrdup(text);
}

static bool begin(struct step *s, const struct resource *r)
{
	struct err e = {0};
	*s = (struct step){.r = r};
	if (!plan_resolve(r->spec, outputs, &s->spec, &e)) {
		say_trouble(s, e.what);
		cJSON_Delete(s->spec);
		s->spec = NULL;
		err_free(&e);
		return false;
	}
	const char *password = json_str(cJSON_GetObjectItemCaseSensitive(outputs, r->id), "password", NULL);
	if (password) /* as the answers keep it */
		json_put_str(s->spec, "set", password);
	s->view = (struct view){.project = plan->project,
				.number = plan->number,
				.stack = plan->stack,
				.id = r->id,
				.name = r->name,
				.spec = s->spec};
	return true;
}

static void end(struct step *s)
{
	cJSON_Delete(s->spec);
	cJSON_Delete(s->last);
	observation_free(&s->seen);
	free(s->trouble);
}

static void look(struct step *s)
{
	struct call c = {0};
	cJSON *reply = NULL;
	s->r->kind->observe(&s->view, &c);
	reads_page = s->r->kind->page;
	int status = send_call(&c, s->r->id, &reply);
	reads_page = false;
	observation_free(&s->seen);
	s->r->kind->decode(&s->view, status, reply, &s->seen);
	s->reads++;
	cJSON_Delete(reply);
}

/* Sends one change and follows it. Returns false when it was refused. */
static bool act(struct step *s, struct call *c, bool tells)
{
	enum dialect dialect = c->dialect;
	char *url = xstrdup(c->url);
	cJSON *reply = NULL;
	struct operation op = {0};
	s->writes++;
	int status = send_call(c, s->r->id, &reply);
	bool fine = status >= 200 && status < 300;
	if (!fine)
		say_trouble(s, json_str(reply, "error.message", "refused without words"));
	if (fine && operation_decode(dialect, url, reply, &op)) {
		char *failed = follow(&op, dialect, s->r->id);
		if (failed)
			say_trouble(s, failed);
		fine = !failed;
		free(failed);
	} else if (fine && tells) {
		observation_free(&s->seen);
		s->r->kind->decode(&s->view, status, reply, &s->seen);
	}
	cJSON_Delete(s->last);
	s->last = reply;
	free(url);
	return fine;
}

static void publish(struct step *s)
{
	cJSON_DeleteItemFromObjectCaseSensitive(outputs, s->r->id);
	cJSON_AddItemToObject(outputs, s->r->id, s->seen.outputs ? cJSON_Duplicate(s->seen.outputs, 1) : cJSON_CreateObject());
}

/* One turn after a look: what is to be done, done. True when nothing is. */
static bool turn(struct step *s)
{
	const struct kind *k = s->r->kind;
	struct change change = {0};
	struct call c = {0};
	enum verdict verdict = VERDICT_CREATE;
	if (s->seen.presence == PRESENT_PENDING || s->seen.presence == PRESENT_UNKNOWN) {
		wait_for(5);
		return false;
	}
	if (s->seen.presence != PRESENT_NO) {
		k->compare(&s->view, &s->seen, &change);
		verdict = change.verdict;
	}
	if (k->blind && s->writes && !s->trouble)
		verdict = VERDICT_KEEP;
	if (verdict == VERDICT_UPDATE)
		k->update(&s->view, &s->seen, &change, &c);
	else if (verdict == VERDICT_CREATE)
		k->create(&s->view, &s->seen, &c);
	else if (verdict != VERDICT_KEEP)
		say_trouble(s, change.reason ? change.reason : "it is refused");
	change_free(&change);
	bool tells = k->reply_tells;
	if (c.method && !act(s, &c, tells))
		wait_for(10);
	else if (verdict != VERDICT_KEEP && tells && s->seen.presence == PRESENT_YES)
		return true;
	return verdict == VERDICT_KEEP;
}

static bool stand(const struct resource *r)
{
	struct step s;
	bool done = false;
	if (begin(&s, r))
		for (int i = 0; !done && i < TURNS_MAX && s.seen.presence != PRESENT_STRANGER; i++) {
			look(&s);
			done = turn(&s);
		}
	if (done)
		publish(&s);
	ok(done, "%s stands (%d reads, %d writes)", r->id, s.reads, s.writes);
	if (!done)
		printf("# %s: %s\n# seen: %d %s\n", r->id, s.trouble ? s.trouble : "", s.seen.presence,
		       s.seen.error ? s.seen.error : "");
	else if (s.trouble)
		printf("# %s, at first: %s\n", r->id, s.trouble);
	end(&s);
	return done;
}

static void keep(const struct resource *r)
{
	struct step s;
	struct change change = {0};
	bool kept = begin(&s, r);
	if (kept) {
		look(&s);
		kept = s.seen.presence == PRESENT_YES;
		if (kept)
			r->kind->compare(&s.view, &s.seen, &change);
	}
	ok(kept && change.verdict == VERDICT_KEEP && s.reads == 1, "%s is kept after one look", r->id);
	for (size_t i = 0; i < change.count; i++)
		printf("# %s: %s -> %s\n", change.differences[i].path, change.differences[i].found,
		       change.differences[i].wanted);
	change_free(&change);
	end(&s);
}

static bool remove_one(struct step *s)
{
	struct call c = {0};
	look(s);
	if (s->seen.presence == PRESENT_NO)
		return true;
	s->view.last = s->last;
	s->r->kind->destroy(&s->view, &s->seen, &c);
	if (c.method && !act(s, &c, false)) {
		if (s->writes > 12 && s->view.way + 1 < s->r->kind->destroy_ways)
			s->view.way++;
		wait_for(10);
	}
	return false;
}

static void go(const struct resource *r)
{
	struct step s;
	bool gone = false;
	if (!begin(&s, r) || !r->kind->destroy) {
		end(&s);
		return;
	}
	s.view.consent = true;
	for (int i = 0; !gone && i < 60; i++)
		gone = remove_one(&s);
	ok(gone || r->kind->lingers, "%s %s", r->id, gone ? "is gone" : "lingers");
	if (!gone)
		printf("# %s: %s\n", r->id, s.trouble ? s.trouble : "");
	end(&s);
}

static struct answers *example(void)
{
	struct err e = {0};
	const char *top = getenv("TOP_SRCDIR");
	char *path = xasprintf("%s/examples/cloud-run.json", top ? top : ".");
	struct answers *a = answers_load(path, &e);
	free(path);
	return a;
}

/* A new project has this API off: the refusal names the project's number as well. */
static const char *number_in(const cJSON *reply)
{
	const char *consumer = json_str(reply, "error.details.0.metadata.consumer", ""), *slash = strchr(consumer, '/');
	return json_str(reply, "projectNumber", slash ? slash + 1 : "1");
}

static void complete(struct answers *a)
{
	struct call c = {0};
	cJSON *reply = NULL;
	call_set(&c, DIALECT_NONE, "GET", NULL, "https://cloudresourcemanager.googleapis.com/v1/projects/%s",
		 sim_project(cloud));
	send_call(&c, "survey", &reply);
	json_put_str(a->resolved, "project_number", number_in(reply));
	json_put_str(a->resolved, "suffix", "x7k2q");
	json_put_str(a->resolved, "operator", "operator@example.com");
	cJSON_Delete(reply);
}

/* Answers far from the example's: whatever the questions allow has to be what Google takes. */
static void go_far(struct answers *a)
{
	static const char *const far[][2] = {
	    {"stack.name", "a-stack-of-twenty-ch"},
	    {"artifacts.location", "EU"},
	    {"artifacts.soft_delete_days", "0"},
	    {"database.availability", "regional"},
	    {"database.disk_gb", "250"},
	    {"database.tier", "db-custom-4-15360"},
	    {"database.version", "POSTGRES_18"},
	    {"server.memory", "8Gi"},
	    {"server.cpu", "4"},
	    {"server.min_instances", "1"},
	    {"server.max_instances", "1"},
	    {"server.workers", "8"},
	    {"auth.domains", "example.com"},
	    {"database.deletion_protection", "false"},
	    {"auth.service_accounts", "trainer@demo-proj.iam.gserviceaccount.com"},
	};
	struct err e = {0};
	for (size_t i = 0; i < sizeof far / sizeof *far; i++)
		ok(answers_set_text(a, far[i][0], far[i][1], &e), "%s is %s", far[i][0], far[i][1]);
	err_free(&e);
}

static int post(const char *url, cJSON *body)
{
	struct call c = {0};
	cJSON *reply = NULL;
	call_set_url(&c, DIALECT_NONE, "POST", body, url);
	int status = send_call(&c, "somebody else", &reply);
	cJSON_Delete(reply);
	return status;
}

/* Whom go_far() lets in is there before. */
static void make_others_account(void)
{
	int status = post("https://serviceusage.googleapis.com/v1/projects/demo-proj/services/iam.googleapis.com:enable", NULL);
	for (int i = 0; i < 100 && status != 409; i++) {
		status = post("https://iam.googleapis.com/v1/projects/demo-proj/serviceAccounts",
			      json_make("{'accountId':'trainer'}"));
		wait_for(5);
	}
	ok(status == 409, "somebody's account is there");
}

/* The whole way in a new cloud. */
static void live(struct answers *a, uint64_t seed)
{
	struct err e = {0};
	now = 0;
	requests = 0;
	cloud = sim_new(&(struct sim_options){.seed = seed}, &e);
	sim_on_exchange(cloud, watch, NULL);
	complete(a);
	make_others_account();
	struct plan *p = plan_make(a, &e);
	plan = p;
	outputs = cJSON_CreateObject();
	bool all = p != NULL;
	for (size_t i = 0; all && i < p->count; i++)
		all = stand(&p->resources[i]);
	printf("# after %.0f s and %lu requests\n", now, requests);
	for (size_t i = 0; all && i < p->count; i++)
		keep(&p->resources[i]);
	for (size_t i = p ? p->count : 0; all && i-- > 0;)
		go(&p->resources[i]);
	ok(refusals == 0, "every request is Google's in form");
	cJSON_Delete(outputs);
	plan_free(p);
	sim_free(cloud);
	err_free(&e);
}

int main(void)
{
	mem_install();
	struct answers *a = example();
	if (!ok(a != NULL, "the example is read"))
		return tap_done();
	live(a, 7);
	go_far(a);
	live(a, 8);
	answers_free(a);
	return tap_done();
}
