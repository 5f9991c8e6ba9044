/* Requests held to the contract, in Google's words; partial replies; the store's order and its lists; drawn times. */
#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/inside.h"
#include "tests/tap.h"

#include <math.h>
#include <stdlib.h>

static struct sim *sim;

static cJSON *ask(const char *method, const char *host, const char *target, const char *body, int *status)
{
	char *bearer = xasprintf("Bearer %s", sim_owner_token(sim));
	struct sim_header headers[] = {{"Authorization", bearer}};
	struct sim_request q = {method, host, target, headers, 1, body, body ? strlen(body) : 0};
	struct sim_reply r;
	sim_handle(sim, &q, &r);
	*status = r.status;
	cJSON *j = cJSON_ParseWithLength(buf_text(&r.body), r.body.len);
	sim_reply_free(&r);
	free(bearer);
	return j;
}

#define RUN "/v2/projects/demo-proj/locations/us-central1/services?serviceId=s"
#define NETWORKS "/compute/v1/projects/demo-proj/global/networks"

/* A body that is refused with this text somewhere in the message. */
static void refused(const char *host, const char *target, const char *body, const char *words)
{
	int status;
	cJSON *j = ask("POST", host, target, body, &status);
	const char *message = json_str(j, "error.message", "");
	bool well = ok(status == 400 && strstr(message, words), "%s", words);
	if (!well)
		printf("# %d %s\n", status, message);
	cJSON_Delete(j);
}

#define SQL "sqladmin.googleapis.com", "/sql/v1beta4/projects/demo-proj/instances"

static void words(void)
{
	static const char run[] = "run.googleapis.com";
	refused(run, RUN, "{\"foo\":1}",
		"Invalid JSON payload received. Unknown name \"foo\" at 'service': Cannot find field.");
	refused(run, RUN, "{\"template\":{\"containers\":[{},{\"imag\":\"x\"}]}}",
		"Unknown name \"imag\" at 'service.template.containers[1]': Cannot find field.");
	refused(run, RUN, "{\"ingress\":\"FOO\"}", "Invalid value at 'service.ingress'");
	refused(run, RUN, "{\"template\":{\"timeout\":\"5\"}}",
		"Invalid value at 'service.template.timeout' (type.googleapis.com/google.protobuf.Duration), Field 'timeout', "
		"Illegal duration format; duration must "
		"end with 's'");
	refused(run, RUN, "{\"template\":{\"maxInstanceRequestConcurrency\":\"many\"}}",
		"Invalid value at 'service.template.max_instance_request_concurrency' (TYPE_INT32), \"many\"");
	refused(run, RUN, "{\"description\":5}", "Invalid value at 'service.description' (TYPE_STRING), 5");
	refused(run, RUN, "{\"iapEnabled\":\"maybe\"}", "(TYPE_BOOL), \"maybe\"");
	refused(run, RUN, "{\"template\":[]}",
		"Unknown name \"template\" at 'service': Proto field is not repeating, cannot start list.");
	refused(run, RUN, "{\"template\":{\"volumes\":{\"name\":\"v\"}}}", "Invalid value at 'service.template.volumes'");
	refused(run, RUN, "{\"labels\":{\"a\":1}}", "(TYPE_STRING), 1");
	refused(run, RUN, "[]", "Root element must be a message.");
	refused(run, RUN, "{\"a\":", "Invalid JSON payload received. Unexpected token.");
	refused(run, RUN "&nonsense=1", "{}", "Unknown name \"nonsense\": Cannot bind query parameter.");
	refused("secretmanager.googleapis.com", "/v1/projects/demo-proj/secrets/s:addVersion",
		"{\"payload\":{\"data\":\"%%%\"}}", "(TYPE_BYTES), Base64 decoding failed");
	refused("secretmanager.googleapis.com", "/v1/projects/demo-proj/secrets?secretId=s", "{\"expireTime\":\"tomorrow\"}",
		"Illegal timestamp format");
	refused("compute.googleapis.com", NETWORKS, "{\"nam\":\"x\"}",
		"Unknown name \"nam\" at 'resource': Cannot find field.");
	refused("compute.googleapis.com", NETWORKS, "{\"name\":\"x\",\"mtu\":\"big\"}",
		"Invalid value for: Expected a signed integer, got 'big' (class java.lang.String)");
	refused(SQL, "{}", "Invalid request: Missing parameter: Instance.");
	refused(SQL, "{\"aaa\":\"aaa\"}", "Invalid request: instance name ().");
	refused(SQL, "{\"name\":\"foo\"}", "Missing parameter: Tier.");
	refused(SQL, "{\"name\":\"foo\",\"settings\":{\"tier\":\"aaaaaa\"}}",
		"Invalid request: Invalid Tier (aaaaaa) for (ENTERPRISE) Edition.");
	refused(SQL, "{\"databaseVersion\":\"POSTGRES_POSTGRES_16\"}",
		"Invalid value at 'body.database_version' (type.googleapis.com/google.cloud.sql.v1beta4.SqlDatabaseVersion), "
		"\"POSTGRES_POSTGRES_16\"");
	refused("compute.googleapis.com", NETWORKS, "{}", "Required field 'resource' not specified");
	refused("storage.googleapis.com", "/storage/v1/b", "{\"name\":\"x\"}", "Required parameter: project");
}

static void dropped(void)
{
	int status;
	cJSON_Delete(ask("POST", "compute.googleapis.com", NETWORKS,
			 "{\"name\":\"plain\",\"auto_create_subnetworks\":false,\"id\":\"5\",\"selfLink\":\"x\","
			 "\"description\":null,\"mtu\":\"1460\"}",
			 &status));
	is_int(status, 200, "read-only fields and null are dropped; proto names and texts for numbers are taken");
	sim_advance(sim, sim_now(sim) + 60);
	cJSON *j = ask("GET", "www.googleapis.com",
		       "/compute/v1/projects/123456789012/global/networks/plain?fields=name,mtu,routingConfig/"
		       "routingMode&prettyPrint=false",
		       NULL, &status);
	is_str(json_str(j, "name", NULL), "plain", "either host, the project by number");
	ok(cJSON_GetArraySize(j) == 3 && cJSON_GetArraySize(json_at(j, "routingConfig")) == 1,
	   "only the fields that were asked for");
	cJSON_Delete(j);
	j = ask("GET", "compute.googleapis.com", NETWORKS "?fields=items(name", NULL, &status);
	is_int(status, 400, "a broken selection is refused");
	cJSON_Delete(j);
	j = ask("GET", "compute.googleapis.com", NETWORKS "?fields=items(name),kind", NULL, &status);
	ok(json_at(j, "items.0.name") && !json_at(j, "items.0.id") && json_at(j, "kind"), "a selection with brackets");
	cJSON_Delete(j);
}

static void paths(void)
{
	struct contract_method m;
	bool known;
	cJSON *params = cJSON_CreateObject();
	ok(contract_find("us-central1-run.googleapis.com", "GET",
			 "/apis/serving.knative.dev/v1/namespaces/demo-proj/services/s", &m, params, &known) &&
	       span_is(m.id, "run.namespaces.services.get"),
	   "Knative paths at a regional host");
	is_str(json_str(params, "name", NULL), "namespaces/demo-proj/services/s", "with the name as one parameter");
	cJSON_Delete(params);
	params = cJSON_CreateObject();
	ok(contract_find("iap.googleapis.com", "POST", "/v1/projects/1/iap_web/compute/services/5:getIamPolicy", &m, params,
			 &known) &&
	       span_is(m.id, "iap.getIamPolicy"),
	   "a name of any depth before a verb");
	is_str(json_str(params, "resource", NULL), "projects/1/iap_web/compute/services/5", "without the verb");
	cJSON_Delete(params);
	params = cJSON_CreateObject();
	ok(contract_find("storage.googleapis.com", "GET", "/storage/v1/b/b1/o/a%2Fb%20c", &m, params, &known) &&
	       span_is(m.id, "storage.objects.get"),
	   "an object's name with an encoded slash");
	is_str(json_str(params, "object", NULL), "a/b c", "decoded");
	cJSON_Delete(params);
	params = cJSON_CreateObject();
	ok(contract_find("container.googleapis.com", "GET", "/v1beta1/projects/p/locations/l/clusters/c", &m, params, &known) &&
	       m.lenient,
	   "a beta path");
	ok(!contract_find("run.googleapis.com", "GET", "/v2/projects/p/locations", &m, params, &known) && known,
	   "an unknown path of a known host");
	ok(!contract_find("example.com", "GET", "/", &m, params, &known) && !known, "an unknown host");
	ok(!contract_find("evilrun.googleapis.com", "GET", "/v2/projects/p/locations/l/services", &m, params, &known),
	   "a host that only ends like one of ours");
	cJSON_Delete(params);
}

static bool all(const struct sim_call *c, const struct sim_object *o)
{
	(void)c, (void)o;
	return true;
}

static size_t page_cost(const char *collection)
{
	struct buf body = {0};
	struct sim_reply reply = {0};
	struct exchange x = {.query = cJSON_CreateObject()}, *outer = sim->current;
	x.call = (struct sim_call){
	    .sim = sim, .host = "h", .path = "/", .params = json_make("{'pageSize':'50'}"), .reply = &reply};
	sim->current = &x;
	size_t before = sim->store_steps;
	sim_list(&x.call, collection, "k/", "items", all, NULL);
	sim->current = outer;
	size_t cost = sim->store_steps - before;
	cJSON *j = cJSON_Parse(buf_text(&reply.body));
	ok(cJSON_GetArraySize(json_at(j, "items")) == 50 && json_at(j, "nextPageToken"), "a page of %s", collection);
	cJSON_Delete(j);
	cJSON_Delete(x.query);
	cJSON_Delete((cJSON *)(uintptr_t)x.call.params);
	sim_reply_free(&reply);
	buf_free(&body);
	return cost;
}

static void lists(void)
{
	for (int i = 0; i < 10100; i++) {
		char *key = xasprintf("k/%05d", i * 7919 % 10100);
		sim_put(sim, i < 10000 ? "big" : "few", key, json_make("{'name':%s}", key));
		free(key);
	}
	size_t few = page_cost("few"), big = page_cost("big");
	ok(big < few + 200, "a page of 10,000 costs about as many comparisons as one of 100 (%zu, %zu)", big, few);
	int seen = 0, ordered = 1;
	const char *last = "";
	for (struct sim_object *o = sim_first(sim, "big", "k/"); o; o = sim_following(sim, o, "k/")) {
		ordered &= strcmp(last, o->key) < 0;
		last = o->key;
		seen++;
	}
	ok(seen == 10000 && ordered, "in order, each once");
	for (struct sim_object *o = sim_first(sim, "big", "k/"), *next; o; o = next) {
		next = sim_following(sim, o, "k/");
		sim_remove(sim, o);
	}
	ok(!sim_first(sim, "big", "") && sim_first(sim, "few", ""), "removed while walking");
	ok(sim->objects < 5000, "and gone");
}

/* Drawn times have the table's medians and 95th percentiles. */
static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void durations(void)
{
	enum { DRAWS = 4000 };
	static double v[DRAWS];
	int wrong = 0;
	const struct duration *d, *before = NULL;
	for (size_t n = 0; (d = duration_at(n)); before = d, n++) {
		wrong += before && strcmp(before->key, d->key) >= 0;
		if (d->median <= 0 || d->other > 0)
			continue;
		for (int i = 0; i < DRAWS; i++)
			v[i] = sim_draw(sim, d->key);
		qsort(v, DRAWS, sizeof *v, by_value);
		double median = v[DRAWS / 2] / d->median, tail = v[DRAWS * 95 / 100] / d->p95;
		bool well = fabs(log(median)) < 0.12 * (1 + log(d->p95 / d->median)) &&
			    fabs(log(tail)) < 0.12 * (1 + log(d->p95 / d->median));
		wrong += !well;
		if (!well)
			printf("# %s: median %.2f, p95 %.2f of the table's\n", d->key, median, tail);
	}
	is_int(wrong, 0, "drawn times are the table's, and its rows are sorted");
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	struct err e = {0};
	cJSON *world = json_make("{'projects':[{'id':'demo-proj','number':'123456789012','services':['*']}]}");
	sim = sim_new(&(struct sim_options){.world = world}, &e);
	words();
	dropped();
	paths();
	lists();
	durations();
	ok(contract_memory() < 600 << 10, "the contract's indices are small: %zu bytes", contract_memory());
	sim_free(sim);
	cJSON_Delete(world);
	return tap_done();
}
