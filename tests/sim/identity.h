/* A simulated cloud to ask in tests: ask("GET host/path", body) as its owner, and what came back. */
#ifndef MS_TESTS_SIM_IDENTITY_H
#define MS_TESTS_SIM_IDENTITY_H

#include "base/json.h"
#include "base/mem.h"
#include "sim/api/shared.h"
#include "tests/sim/passing.h"
#include "tests/tap.h"

#include <stdlib.h>

static struct sim *cloud;
static int status;          /* of the last reply */
static cJSON *reply;        /* the last reply, as JSON; NULL when it was none */
static char *reply_headers; /* "Name: value" lines */
static struct buf reply_bytes;
static const char *as_token; /* whoever asks; NULL: the owner */

#define P "demo-proj"
#define N "123456789012"

__attribute__((unused)) static void begin(const char *world)
{
	static uint64_t seed = 6;
	struct err e = {0};
	cJSON *described = world ? cJSON_Parse(world) : NULL;
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	sim_free(cloud);
	cloud = sim_new(&(struct sim_options){.seed = ++seed, .world = described}, &e);
	cJSON_Delete(described);
	as_token = NULL;
}

__attribute__((unused)) static void end(void)
{
	sim_free(cloud);
	cloud = NULL;
	cJSON_Delete(reply);
	reply = NULL;
	free(reply_headers);
	reply_headers = NULL;
	buf_free(&reply_bytes);
}

/* Sends bytes; more holds further headers, "Name: value" lines parted by newlines, or NULL. */
__attribute__((unused)) static cJSON *send_bytes(const char *what, const char *more, const char *body, size_t len)
{
	char *method = xstrndup(what, strcspn(what, " ")), *host = xstrdup(what + strlen(method) + 1),
	     *target = strchr(host, '/');
	char *path = xstrdup(target), *lines = xstrdup(more ? more : ""), *save = NULL;
	char *bearer = xasprintf("Bearer %s", as_token ? as_token : sim_owner_token(cloud));
	struct sim_header headers[16] = {{"Authorization", bearer}};
	size_t count = 1;
	struct sim_reply r;

	*target = 0;
	for (char *line = strtok_r(lines, "\n", &save); line && count < 16; line = strtok_r(NULL, "\n", &save)) {
		char *colon = strchr(line, ':');
		*colon = 0;
		headers[count++] = (struct sim_header){line, colon + 2};
	}
	struct sim_request q = {method, host, path, headers, count, body, len};
	sim_handle(cloud, &q, &r);
	cJSON_Delete(reply);
	free(reply_headers);
	buf_free(&reply_bytes);
	status = r.status;
	reply = cJSON_ParseWithLength(buf_text(&r.body), r.body.len);
	reply_headers = xstrdup(r.headers ? r.headers : "");
	reply_bytes = r.body;
	r.body = (struct buf){0};
	sim_reply_free(&r);
	free(method), free(host), free(path), free(lines), free(bearer);
	return reply;
}

__attribute__((unused)) static cJSON *ask(const char *what, const char *body)
{
	return send_bytes(what, body ? "Content-Type: application/json" : NULL, body, body ? strlen(body) : 0);
}

/* The text at a path of the last reply. */
__attribute__((unused)) static const char *said(const char *path)
{
	return json_str(reply, path, "(nothing)");
}

__attribute__((unused)) static void pass(double seconds)
{
	sim_advance(cloud, sim_now(cloud) + seconds);
}

/* Asks and wants this status. */
__attribute__((unused)) static bool wants(int wanted, const char *what, const char *body, const char *name)
{
	ask(what, body);
	bool same = ok(status == wanted, "%s", name);
	if (!same)
		printf("# %s: got %d, wanted %d: %s\n", what, status, wanted, buf_text(&reply_bytes));
	return same;
}

/* Asks and wants an error: its HTTP code, its message. */
__attribute__((unused)) static void refused(int wanted, const char *what, const char *body, const char *message,
					    const char *name)
{
	wants(wanted, what, body, name);
	is_str(said("error.message"), message, "in Google's words");
}

#endif
