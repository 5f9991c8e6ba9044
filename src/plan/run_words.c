/* The workload in the words of Cloud Run, the job that migrates its database, and the one that cleans up. */
#include "config.h"
#include "plan/run_words.h"

#include "base/json.h"
#include "base/mem.h"
#include "plan/axes.h"
#include "plan/cleanup.h"
#include "plan/naming.h"
#include "plan/parts.h"

#include <stdlib.h>
#include <string.h>

/* A secret is named by its version's number. */
static cJSON *spell_variable(const struct plan *p, const struct variable *v)
{
	if (!v->secret)
		return json_make("{'name':%s,'value':%j}", v->name, cJSON_Duplicate(v->value, 1));
	char *name = name_of(p->stack, v->secret);
	cJSON *j = json_make("{'name':%s,'valueSource':{'secretKeyRef':{'secret':%s,'version':%j}}}", v->name, name,
			     part_version(v->secret, "version"));
	free(name);
	return j;
}

/* A volume of one file; 292 is 0444: volumes are for one container each, and its image may run as a user of its own. */
cJSON *run_volume(const struct plan *p, const struct mount *m)
{
	char *name = name_of(p->stack, m->secret);
	cJSON *v = json_make("{'name':%s,'secret':{'secret':%s,'defaultMode':292,'items':[{'version':%j,'path':%s}]}}",
			     m->secret, name, part_version(m->secret, "version"), m->file);
	free(name);
	return v;
}

static cJSON *spell_variables(const struct plan *p, const struct container *c)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < c->variable_count; i++)
		cJSON_AddItemToArray(list, spell_variable(p, &c->variables[i]));
	return list;
}

static cJSON *spell_mounts(const struct design *d, const struct container *c)
{
	const struct workload *w = d->workload;
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < c->mount_count; i++)
		cJSON_AddItemToArray(list, json_make("{'name':%s,'mountPath':%s}", c->mounts[i].secret, c->mounts[i].folder));
	/* Google's connector: a folder with a socket for each instance. */
	if (d->connected && (c == w->containers[0] || c == w->migration || c == w->cleanup))
		cJSON_AddItemToArray(list, json_make("{'name':'cloudsql','mountPath':'/cloudsql'}"));
	return list;
}

cJSON *run_container(const struct design *d, const struct container *c)
{
	cJSON *j = json_make("{'name':%s,'image':%j,'resources':{'limits':{'cpu':%s,'memory':%s}}}", c->name,
			     cJSON_Duplicate(c->image, 1), c->cpu, c->memory);
	cJSON *mounts = spell_mounts(d, c);
	if (c->variable_count)
		json_put(j, "env", spell_variables(d->plan, c));
	if (c->command)
		json_put(j, "command", cJSON_Duplicate(c->command, 1));
	if (c->args)
		json_put(j, "args", cJSON_Duplicate(c->args, 1));
	if (cJSON_GetArraySize(mounts))
		json_put(j, "volumeMounts", mounts);
	else
		cJSON_Delete(mounts);
	return j;
}

cJSON *run_connector_volume(const struct design *d)
{
	return json_make("{'name':'cloudsql','cloudSqlInstance':{'instances':[%s]}}", d->workload->connection);
}

void run_put_network(const struct design *d, cJSON *template)
{
	if (d->network.connector && *d->network.connector) {
		char *path = xasprintf("projects/%s/locations/%s/connectors/%s", d->plan->project, d->plan->region,
				       d->network.connector);
		json_put(template, "vpcAccess", json_make("{'egress':'PRIVATE_RANGES_ONLY','connector':%s}", path));
		free(path);
		return;
	}
	if (d->network.name)
		json_put(template, "vpcAccess",
			 json_make("{'egress':'PRIVATE_RANGES_ONLY','networkInterfaces':[{'network':%s,'subnetwork':%s}]}",
				   d->network.name, d->network.subnet));
}

void run_needs(struct resource *r, const cJSON *ids)
{
	const cJSON *id;
	cJSON_ArrayForEach(id, ids)
		plan_needs(r, id->valuestring);
}

/* A job's task of one container, tried so often again when it fails. */
static cJSON *run_task(const struct design *d, const struct container *c, const char *timeout)
{
	cJSON *task = json_make("{'containers':[%j],'maxRetries':1,'timeout':%s,'serviceAccount':%s,"
				"'executionEnvironment':'EXECUTION_ENVIRONMENT_GEN2'}",
				run_container(d, c), timeout, d->account);
	run_put_network(d, task);
	if (d->connected)
		json_put(task, "volumes", json_make("[%j]", run_connector_volume(d)));
	return json_make("{'template':{'taskCount':1,'template':%j}}", task);
}

void run_migration(struct design *d, const char *after)
{
	const struct workload *w = d->workload;
	struct plan *p = d->plan;
	char *name = name_of(p->stack, "migrate");
	struct resource *r = plan_add(p, "migrate", "run.job", name,
				      json_make("{'region':%s,'release':%s,'once':%j,'body':%j}", p->region, p->release,
						cJSON_Duplicate(w->migration_once, 1), run_task(d, w->migration, "900s")));
	run_needs(r, w->migration_needs);
	if (after)
		plan_needs(r, after);
	free(name);
}

/* Cloud Scheduler asks Cloud Run to run the job, as an account that may do nothing else. */
static void run_schedule(struct design *d, const char *job)
{
	struct plan *p = d->plan;
	char *account = part_account(p, "cleanup", "MLflow clean-up"), *member = xasprintf("serviceAccount:%s", account);
	char *path = xasprintf("projects/%s/locations/%s/jobs/%s", p->project, p->region, job);
	char *uri = xasprintf("https://run.googleapis.com/v2/%s:run", path), *cron = cleanup_cron(d->answers);
	struct resource *grant = part_grant(p, "cleanup", "job", path, "roles/run.invoker", member, "cleanup");
	plan_needs(grant, "sa/cleanup");
	plan_optional(grant);
	cJSON *token = json_make("{'serviceAccountEmail':%s,'scope':'https://www.googleapis.com/auth/cloud-platform'}",
				 account);
	struct resource *r = plan_add(
	    p, "cleanup/schedule", "cloudscheduler.job", job,
	    json_make("{'region':%s,'body':{'schedule':%s,'timeZone':'Etc/UTC','attemptDeadline':'180s','retryConfig':{"
		      "'retryCount':3},'httpTarget':{'httpMethod':'POST','uri':%s,'oauthToken':%j}}}",
		      p->region, cron, uri, token));
	plan_needs(r, "iam/cleanup");
	plan_needs(r, "sa/cleanup");
	plan_optional(r);
	free(cron);
	free(uri);
	free(path);
	free(member);
	free(account);
}

void run_cleanup(struct design *d)
{
	const struct workload *w = d->workload;
	struct plan *p = d->plan;
	if (!w->cleanup)
		return;
	const char *decided = p->decided_by;
	p->decided_by = "cleanup.schedule";
	char *name = name_of(p->stack, "cleanup");
	struct resource *r = plan_add(p, "cleanup", "run.job", name,
				      json_make("{'region':%s,'body':%j}", p->region, run_task(d, w->cleanup, "21600s")));
	plan_needs(r, "migrate");
	run_needs(r, w->needs);
	plan_optional(r);
	run_schedule(d, name);
	p->decided_by = decided;
	free(name);
}
