/* Which services are on in a project, since when they can be used, and what comes with one: the services that it needs, its agents. */
#include "config.h"
#include "sim/api/identity.h"
#include "sim/api/network.h"
#include "sim/api/serviceusage.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct sim_object *service_object(struct sim *s, const char *project, const char *service)
{
	return sim_get(s, SERVICEUSAGE_SERVICES, sim_tmp("projects/%s/services/%s", project, service));
}

bool service_enabled(const struct sim_object *o)
{
	return o && !strcmp(json_str(o->doc, "state", ""), "ENABLED");
}

bool sim_service_on(struct sim *s, const char *project, const char *service)
{
	struct sim_object *o = service_object(s, project, service);
	return service_enabled(o) && json_num(o->hidden, "usable", 0) <= sim_now(s);
}

const struct service_entry *service_entry(const char *service)
{
	for (const struct service_entry *e = service_catalogue(); e->name; e++)
		if (!strcmp(e->name, service))
			return e;
	return NULL;
}

void service_each_need(const char *needs, void (*fn)(void *arg, const char *service), void *arg)
{
	char *copy = xstrdup(needs ? needs : ""), *save = NULL;
	for (char *one = strtok_r(copy, " ", &save); one; one = strtok_r(NULL, " ", &save))
		fn(arg, one);
	free(copy);
}

static const char *agent_address(struct sim *s, const char *project, const char *pattern)
{
	struct buf b = {0};
	for (const char *at = pattern; *at; at++) {
		if (*at == 'N')
			buf_puts(&b, sim_project_number(s, project));
		else
			buf_putc(&b, *at);
	}
	return sim_keep(buf_take(&b));
}

void sim_service_agents(struct sim *s, const char *project, const char *service, bool generated)
{
	const struct service_entry *e = service_entry(service);
	const char *holder = sim_tmp("//cloudresourcemanager.googleapis.com/projects/%s", project);
	for (int i = 0; e && i < 3 && e->agents[i].address; i++) {
		const struct service_agent *a = &e->agents[i];
		const char *email = agent_address(s, project, a->address);
		const char *member = sim_tmp("serviceAccount:%s", email);
		/* Organizations made since 2024 do not make default service accounts editors. */
		bool bare = a->role && !strcmp(a->role, "roles/editor") &&
			    sim_constraint(s, project, "iam.automaticIamGrantsForDefaultServiceAccounts", NULL);
		if (generated || !a->on_request) {
			sim_agent_create(s, email);
			if (a->role && !bare)
				sim_policy_seed(s, holder, a->role, member);
		}
	}
}

const char *service_agent(struct sim *s, const char *project, const char *service)
{
	const struct service_entry *e = service_entry(service);
	return e && e->agents[0].address ? agent_address(s, project, e->agents[0].address) : NULL;
}

static void turn_on(struct sim *s, const char *project, const char *service, double usable)
{
	struct sim_object *o = service_object(s, project, service);
	if (!o || service_enabled(o))
		return;
	json_put_str(o->doc, "state", "ENABLED");
	json_put_num(o->hidden, "usable", usable);
	sim_service_agents(s, project, service, false);
	if (!strcmp(service, "compute.googleapis.com"))
		network_default(s, project);
}

struct one_project {
	struct sim *sim;
	const char *project;
	double usable;
};

static void turn_on_need(void *arg, const char *service)
{
	const struct one_project *p = arg;
	turn_on(p->sim, p->project, service, p->usable);
}

void service_turn_on(struct sim *s, const char *project, const char *service, double usable)
{
	struct one_project p = {s, project, usable};
	const struct service_entry *e = service_entry(service);
	service_each_need(e ? e->needs : NULL, turn_on_need, &p);
	turn_on(s, project, service, usable);
}

static void settle_one(void *arg, const char *service)
{
	struct sim *s = arg;
	for (struct sim_object *o = sim_first(s, SERVICEUSAGE_SERVICES, ""); o; o = sim_following(s, o, ""))
		if (!strcmp(json_str(o->doc, "config.name", ""), service) && json_num(o->hidden, "usable", 0) > sim_now(s))
			json_put_num(o->hidden, "usable", sim_now(s));
}

void sim_service_settle(struct sim *s, const char *service)
{
	const struct service_entry *e = service_entry(service);
	service_each_need(e ? e->needs : NULL, settle_one, s);
	settle_one(s, service);
}

void sim_service_enable(struct sim *s, const char *project, const char *service)
{
	service_turn_on(s, project, service, sim_now(s));
}

/* The catalogue in every project. ----------------------------------------------------------------------------------------- */

static cJSON *service_doc(const struct service_entry *e, const char *number)
{
	const char *name = sim_tmp("projects/%s/services/%s", number, e->name), *parent = sim_tmp("projects/%s", number);
	cJSON *doc = json_make(
	    "{'name':%s,'parent':%s,'config':{'name':%s,'title':%s,'documentation':{'summary':%s},'quota':{},"
	    "'authentication':{},'usage':{'requirements':['serviceusage.googleapis.com/tos/cloud']},'monitoring':{}},"
	    "'state':'DISABLED'}",
	    name, parent, e->name, e->title, e->title);
	return doc;
}

/* "*" stands for all that a deployment may need. */
static void enable_matching(struct sim *s, const char *project, const char *service)
{
	if (strcmp(service, "*")) {
		sim_service_enable(s, project, service);
		return;
	}
	for (const struct service_entry *e = service_catalogue(); e->name; e++)
		if (!(e->traits & SERVICE_OTHER))
			sim_service_enable(s, project, e->name);
}

void sim_service_catalogue(struct sim *s, const char *project)
{
	for (const struct service_entry *e = service_catalogue(); e->name; e++) {
		const char *key = sim_tmp("projects/%s/services/%s", project, e->name);
		if (!sim_get(s, SERVICEUSAGE_SERVICES, key))
			sim_put(s, SERVICEUSAGE_SERVICES, key, service_doc(e, sim_project_number(s, project)));
	}
}

static void seed_project(struct sim *s, const char *project)
{
	const cJSON *more = sim_project_world(s, project, "services"), *one;
	sim_service_catalogue(s, project);
	for (const struct service_entry *e = service_catalogue(); e->name; e++)
		if (e->traits & SERVICE_DEFAULT)
			sim_service_enable(s, project, e->name);
	cJSON_ArrayForEach(one, more)
		if (cJSON_IsString(one))
			enable_matching(s, project, one->valuestring);
}

void serviceusage_seed(struct sim *s, const cJSON *world)
{
	(void)world;
	for (struct sim_object *o = sim_first(s, "cloudresourcemanager.projects", ""); o; o = sim_following(s, o, ""))
		seed_project(s, json_str(o->doc, "projectId", ""));
}
