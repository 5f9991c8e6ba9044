/* For tests of the serving APIs: a world with the APIs on, requests as the owner, time that jumps. */
#ifndef MS_TESTS_SIM_SERVING_H
#define MS_TESTS_SIM_SERVING_H

#include "base/json.h"
#include "base/mem.h"
#include "sim/api/shared.h"
#include "tests/sim/passing.h"
#include "tests/tap.h"

#include <stdlib.h>

#define RUN_HOST "run.googleapis.com"
#define PLACE "projects/demo-proj/locations/us-central1"

static struct sim *sim;
static int status; /* of the last reply */

/* Asks as the owner (as nobody when the host is none of Google's) and parses the reply; the caller deletes it. */
__attribute__((unused)) static cJSON *ask(const char *method, const char *host, const char *target, const char *body)
{
	char *bearer = xasprintf("Bearer %s", sim_owner_token(sim));
	struct sim_header headers[] = {{"authorization", bearer}, {"content-type", "application/json"}};
	struct sim_request q = {method, host, target, headers, 2, body, body ? strlen(body) : 0};
	struct sim_reply r;
	sim_handle(sim, &q, &r);
	status = r.status;
	cJSON *j = cJSON_ParseWithLength(buf_text(&r.body), r.body.len);
	sim_reply_free(&r);
	free(bearer);
	return j;
}

/* Moves time until the next quiet moment at most so many seconds away. */
__attribute__((unused)) static void pass(double seconds)
{
	sim_advance(sim, sim_now(sim) + seconds);
}

/* Asks, expects a status, says what was wrong; the caller deletes the reply. */
__attribute__((unused)) static cJSON *expect(int wanted, const char *method, const char *host, const char *target,
					     const char *body, const char *name)
{
	cJSON *j = ask(method, host, target, body);
	if (!ok(status == wanted, "%s", name)) {
		char *text = json_text(j, -1);
		printf("# %d instead of %d: %s\n", status, wanted, text);
		free(text);
	}
	return j;
}

/* Polls an operation until it is done; the caller deletes it and the operation that was given. */
__attribute__((unused)) static cJSON *finished(const char *host, const char *version, cJSON *operation)
{
	char *target = xasprintf("/%s/%s", version, json_str(operation, "name", "?"));
	cJSON *op = ask("GET", host, target, NULL);
	for (int i = 0; i < 200 && status == 200 && !json_bool(op, "done", false); i++) {
		cJSON_Delete(op);
		pass(10);
		op = ask("GET", host, target, NULL);
	}
	free(target);
	cJSON_Delete(operation);
	return op;
}

__attribute__((unused)) static void begin(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	struct err e = {0};
	sim = sim_new(&(struct sim_options){0}, &e);
	static const char *const services[] = {"run",
					       "artifactregistry",
					       "cloudbuild",
					       "logging",
					       "secretmanager",
					       "storage",
					       "compute",
					       "iam",
					       "appengine",
					       "appengineflex",
					       "sqladmin",
					       "iap",
					       "servicenetworking",
					       "cloudresourcemanager"};
	for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
		char *name = xasprintf("%s.googleapis.com", services[i]);
		sim_service_enable(sim, "demo-proj", name);
		free(name);
	}
}

#endif
