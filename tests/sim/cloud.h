/* Asking the simulated cloud in a test: requests by its owner, replies as JSON, operations waited for by moving time on. */
#ifndef MS_TESTS_SIM_CLOUD_H
#define MS_TESTS_SIM_CLOUD_H

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/shared.h"
#include "tests/sim/passing.h"
#include "tests/tap.h"

#include <math.h>
#include <stdlib.h>

static struct sim *cloud;
static int last_status;
static const char *as_token; /* whose calls they are; NULL: the owner's */
static const char *content_type = "application/json";

/* The reply's body, until the next call; body is taken. url is host and target: "compute.googleapis.com/compute/v1/...". */
__attribute__((unused)) static cJSON *ask(const char *method, const char *url, cJSON *body)
{
	static cJSON *last;
	const char *slash = strchr(url, '/');
	char *host = xstrndup(url, (size_t)(slash - url)),
	     *bearer = xasprintf("Bearer %s", as_token ? as_token : sim_owner_token(cloud));
	char *text = body ? json_text(body, -1) : NULL;
	struct sim_header headers[] = {{"Authorization", bearer}, {"Content-Type", content_type}};
	struct sim_request q = {method, host, slash, headers, 2, text, text ? strlen(text) : 0};
	struct sim_reply r;
	sim_handle(cloud, &q, &r);
	last_status = r.status;
	cJSON_Delete(last);
	last = cJSON_ParseWithLength(buf_text(&r.body), r.body.len);
	if (!last)
		last = cJSON_CreateObject();
	sim_advance(cloud, sim_now(cloud) + r.latency);
	sim_reply_free(&r);
	cJSON_Delete(body);
	free(text);
	free(host);
	free(bearer);
	return last;
}

/* The same, whose status must be this one. */
__attribute__((unused)) static cJSON *asks(const char *method, const char *url, cJSON *body, int status)
{
	cJSON *reply = ask(method, url, body);
	if (last_status != status) {
		char *text = json_text(reply, -1);
		ok(false, "%s %s is %d, wanted %d: %s", method, url, last_status, status, text);
		free(text);
	}
	return reply;
}

#define COMPUTE "compute.googleapis.com/compute/v1/projects/demo-proj/"
#define SQL "sqladmin.googleapis.com/v1/projects/demo-proj/"

/* Moves time on until the operation behind the link says DONE; returns it, until the next call. */
__attribute__((unused)) static cJSON *finish(const char *link)
{
	char *url = xstrdup(text_starts(link, "https://") ? link + 8 : link);
	if (text_starts(url, "www.googleapis.com/")) {
		char *other = xasprintf("compute.googleapis.com/%s", url + 19);
		free(url);
		url = other;
	}
	cJSON *op = asks("GET", url, NULL, 200);
	for (int i = 0; i < 400 && strcmp(json_str(op, "status", ""), "DONE") && !json_bool(op, "done", false); i++) {
		sim_advance(cloud, fmin(sim_next(cloud), sim_now(cloud) + 600));
		op = asks("GET", url, NULL, 200);
	}
	free(url);
	return op;
}

/* A request that begins an operation which must end well; returns the operation. */
__attribute__((unused)) static cJSON *act(const char *method, const char *url, cJSON *body)
{
	cJSON *op = asks(method, url, body, 200);
	char *link = xstrdup(json_str(op, "selfLink", ""));
	if (!*link) {
		free(link);
		ok(false, "%s %s gives an operation", method, url);
		return op;
	}
	op = finish(link);
	if (json_at(op, "error")) {
		char *text = json_text(json_at(op, "error"), -1);
		ok(false, "%s %s ends well: %s", method, url, text);
		free(text);
	}
	free(link);
	return op;
}

/* A request that is refused with this status, reason and message. */
__attribute__((unused)) static void refuse(const char *method, const char *url, cJSON *body, int status, const char *reason,
					   const char *message)
{
	cJSON *reply = ask(method, url, body);
	const char *got = json_str(reply, "error.message", "");
	bool good = last_status == status && (!reason || !strcmp(json_str(reply, "error.errors.0.reason", ""), reason)) &&
		    !strcmp(got, message);
	ok(good, "%d %s: %s", status, reason ? reason : "", message);
	if (!good)
		printf("# %s %s\n# got %d %s: %s\n", method, url, last_status, json_str(reply, "error.errors.0.reason", ""),
		       got);
}

__attribute__((unused)) static void new_cloud(const char *world)
{
	struct err e = {0};
	cJSON *w = json_make(world ? world : "{}");
	if (!cJSON_GetObjectItemCaseSensitive(w, "services"))
		cJSON_AddItemToObject(w, "services", json_make("['*']"));
	if (cloud)
		sim_free(cloud);
	cloud = sim_new(&(struct sim_options){.world = w}, &e);
	if (!cloud)
		printf("Bail out! %s\n", e.what);
	static const char *const services[] = {"compute", "container", "servicenetworking", "sqladmin"};
	for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
		char *name = xasprintf("%s.googleapis.com", services[i]);
		sim_service_enable(cloud, "demo-proj", name);
		free(name);
	}
	cJSON_Delete(w);
	err_free(&e);
}

#endif
