#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "sim/core/core.h"
#include "tests/tap.h"

#include <stdlib.h>

static struct sim *sim;

static cJSON *ask(const char *method, const char *host, const char *target, const char *token, const char *body, int *status)
{
	char *bearer = xasprintf("Bearer %s", token ? token : "");
	struct sim_header headers[] = {{"authorization", bearer}};
	struct sim_request q = {method, host, target, headers, token ? 1 : 0, body, body ? strlen(body) : 0};
	struct sim_reply r;
	sim_handle(sim, &q, &r);
	*status = r.status;
	cJSON *j = cJSON_ParseWithLength(buf_text(&r.body), r.body.len);
	sim_reply_free(&r);
	free(bearer);
	return j;
}

static void refuses(const char *method, const char *host, const char *target, const char *body, int wanted, const char *path,
		    const char *text)
{
	int status;
	cJSON *j = ask(method, host, target, sim_owner_token(sim), body, &status);
	ok(status == wanted, "%s %s%s is %d", method, host, target, wanted);
	if (text)
		is_str(json_str(j, path, NULL), text, "in Google's words");
	cJSON_Delete(j);
}

static void dialects(void)
{
	int status;
	cJSON *j = ask("GET", "run.googleapis.com", "/v2/projects/demo-proj/locations/us-central1/services", NULL, NULL,
		       &status);
	ok(status == 401, "no credentials: 401");
	is_str(json_str(j, "error.status", ""), "UNAUTHENTICATED", "with its status");
	cJSON_Delete(j);
	refuses("GET", "run.googleapis.com", "/v2/nonsense", NULL, 404, "", NULL);
	refuses("POST", "compute.googleapis.com", "/compute/v1/projects/demo-proj/global/targetTcpProxies", "{}", 501,
		"error.message", "The method compute.targetTcpProxies.insert is not simulated.");
	refuses("GET", "pubsub.googleapis.com", "/v1/projects/demo-proj/schemas", NULL, 501, "error.status", "UNIMPLEMENTED");
}

/* Every simulated API asks for credentials before it looks at anything else. */
static void credentials(void)
{
	static const struct {
		const char *api, *path;
	} lists[] = {
	    {"appengine", "/v1/apps/demo-proj"},
	    {"artifactregistry", "/v1/projects/demo-proj/locations/us-central1/repositories"},
	    {"certificatemanager", "/v1/projects/demo-proj/locations/global/certificates"},
	    {"cloudbilling", "/v1/projects/demo-proj/billingInfo"},
	    {"cloudbuild", "/v1/projects/demo-proj/locations/us-central1/builds"},
	    {"cloudresourcemanager", "/v1/projects/demo-proj"},
	    {"compute", "/compute/v1/projects/demo-proj/zones"},
	    {"container", "/v1/projects/demo-proj/locations/-/clusters"},
	    {"dns", "/dns/v1/projects/demo-proj/managedZones"},
	    {"iam", "/v1/projects/demo-proj/serviceAccounts"},
	    {"logging", "/v2/projects/demo-proj/logs"},
	    {"orgpolicy", "/v2/projects/demo-proj/policies"},
	    {"run", "/v2/projects/demo-proj/locations/us-central1/services"},
	    {"secretmanager", "/v1/projects/demo-proj/secrets"},
	    {"servicenetworking", "/v1/services/servicenetworking.googleapis.com/connections"},
	    {"serviceusage", "/v1/projects/demo-proj/services"},
	    {"sqladmin", "/sql/v1beta4/projects/demo-proj/instances"},
	    {"storage", "/storage/v1/b"},
	};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		char *host = xasprintf("%s.googleapis.com", lists[i].api);
		int status;
		cJSON *j = ask("GET", host, lists[i].path, "nonsense", NULL, &status);
		ok(status == 401 && json_num(j, "error.code", 0) == 401, "%s wants credentials", lists[i].api);
		cJSON_Delete(j);
		free(host);
	}
}

/* A passing text stays what it is while others are made, and what a request brings about does not end it. */
static bool still_there;
static void many_texts(struct sim *s, const cJSON *arg)
{
	int status;
	const char *first = sim_tmp("%s", json_str(arg, "text", ""));
	for (int i = 0; i < 5000; i++)
		sim_tmp("%d", i);
	cJSON_Delete(
	    ask("GET", "compute.googleapis.com", "/compute/v1/projects/demo-proj/zones", sim_owner_token(s), NULL, &status));
	still_there = !strcmp(first, "the first") && status == 200;
}

static void passing_texts(void)
{
	sim_after(sim, 1, many_texts, json_make("{'text':'the first'}"));
	sim_advance(sim, 2);
	ok(still_there, "a passing text outlives 5,000 others and a request");
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	struct err e = {0};
	cJSON *world = json_make("{'services':['*']}");
	sim = sim_new(&(struct sim_options){.world = world}, &e);
	cJSON_Delete(world);
	dialects();
	credentials();
	passing_texts();
	sim_free(sim);
	return tap_done();
}
