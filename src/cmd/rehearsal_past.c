/* What was in a rehearsal's world before: all that the answers count on, as others made it. */
#include "config.h"
#include "cmd/rehearsal_private.h"

#include "base/json.h"
#include "base/mem.h"
#include "gcp/given.h"
#include "gcp/kind.h"
#include "plan/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The project that a world has by itself, and its number. */
#define PROJECT "demo-proj"
#define PROJECT_NUMBER "123456789012"

/* What others made took them these seconds at the most, each thing until it was taken. */
enum { DEED_SECONDS = 900, PAUSE_SECONDS = 5 };

static void tell_of(const struct plan *p, const struct resource *r, cJSON *world)
{
	struct view v = {
	    .project = p->project, .number = p->number, .stack = p->stack, .id = r->id, .name = r->name, .spec = r->spec};
	r->kind->beforehand(&v, world);
	if (r->kind->api)
		cJSON_AddItemToArray(json_at(world, "projects.0.services"), cJSON_CreateString(r->kind->api));
}

/* What the plan's resources only look at is told to the world that they look for it in; networks first, since others stand in them. */
static void tell_beforehand(const struct plan *p, cJSON *world)
{
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < p->count; i++) {
			const struct resource *r = &p->resources[i];
			if (r->kind->beforehand && !r->unwanted && (r->kind->part == PART_NETWORK) == !round)
				tell_of(p, r, world);
		}
}

cJSON *rehearsal_world(const struct answers *a, const char *home)
{
	const char *named = a ? answers_str(a, "project.id") : "", *id = *named ? named : home ? home : PROJECT;
	const char *number = a ? json_str(a->resolved, "project_number", "") : "";
	cJSON *world = json_make("{'projects':[{'id':%s,'number':%s,'services':[]}]}", id, *number ? number : PROJECT_NUMBER);
	struct plan *p = *named ? plan_draft(a, PROJECT_NUMBER) : NULL;
	if (p)
		tell_beforehand(p, world);
	if (home)
		given_project(world, home);
	plan_free(p);
	return world;
}

/* What the world's owner gets for a request of a deed, now: the reply's JSON, or NULL where it was refused. What is there already is there. */
static cJSON *ask_as_owner(struct sim *sim, const cJSON *deed, const char *tail, const cJSON *body)
{
	char *url = xasprintf("%s%s", json_str(deed, "url", ""), tail), *text = json_text(body, -1);
	char *shown = xasprintf("Bearer %s", sim_owner_token(sim));
	struct sim_header headers[] = {{"Authorization", shown},
				       {"Content-Type", "application/json"},
				       {"X-Goog-User-Project", json_str(deed, "project", "")}};
	struct sim_request q = {.method = "POST",
				.headers = headers,
				.header_count = sizeof headers / sizeof *headers,
				.body = text,
				.body_len = strlen(text)};
	char *host = rehearsal_host(url, &q.target);
	q.host = host;
	struct sim_reply reply = {0};
	sim_handle(sim, &q, &reply);
	cJSON *said = reply.status / 100 == 2 || reply.status == 409 ? cJSON_Parse(buf_text(&reply.body)) : NULL;
	sim_reply_free(&reply);
	free(host);
	free(shown);
	free(text);
	free(url);
	return said;
}

/* The policy of what a deed grants on, with its members in it; NULL where that cannot be read now. */
static cJSON *policy_with(struct sim *sim, const cJSON *deed)
{
	cJSON *none = cJSON_CreateObject(), *policy = ask_as_owner(sim, deed, ":getIamPolicy", none);
	cJSON_Delete(none);
	if (!policy)
		return NULL;
	if (!json_at(policy, "bindings"))
		cJSON_AddArrayToObject(policy, "bindings");
	cJSON_AddItemToArray(json_at(policy, "bindings"), json_make("{'role':%s,'members':%j}", json_str(deed, "role", ""),
								    cJSON_Duplicate(json_at(deed, "members"), true)));
	return json_make("{'policy':%j}", policy);
}

static bool do_deed(struct sim *sim, const cJSON *deed)
{
	bool grants = json_at(deed, "role");
	cJSON *body = grants ? policy_with(sim, deed) : cJSON_Duplicate(json_at(deed, "body"), true);
	cJSON *said = body ? ask_as_owner(sim, deed, grants ? ":setIamPolicy" : "", body) : NULL;
	bool done = said != NULL;
	cJSON_Delete(said);
	cJSON_Delete(body);
	return done;
}

/* One after another, each asked for until it is taken, since what it stands in may be under way; what is never taken is not there, and the stack is
 * refused for that. Never for longer than all have, since the world's time does not go back. */
void rehearsal_past(struct sim *sim, const cJSON *deeds)
{
	double now = 0;
	const cJSON *deed;
	cJSON_ArrayForEach(deed, deeds)
		for (double until = fmin(now + DEED_SECONDS, REHEARSAL_PAST); now < until && !do_deed(sim, deed);
		     now += PAUSE_SECONDS)
			sim_advance(sim, now + PAUSE_SECONDS);
	sim_advance(sim, REHEARSAL_PAST);
}
