/* The workload in the words of Cloud Run, and the job that migrates its database. */
#include "config.h"
#include "plan/run_words.h"

#include "base/json.h"
#include "base/mem.h"
#include "plan/axes.h"
#include "plan/naming.h"

#include <stdlib.h>
#include <string.h>

cJSON *run_version(const char *secret, const char *output)
{
	char *id = xasprintf("version/%s", secret);
	cJSON *ref = plan_ref(id, output);
	free(id);
	return ref;
}

/* A secret is named by its version's number. */
static cJSON *spell_variable(const struct plan *p, const struct variable *v)
{
	if (!v->secret)
		return json_make("{'name':%s,'value':%j}", v->name, cJSON_Duplicate(v->value, 1));
	char *name = name_of(p->stack, v->secret);
	cJSON *j = json_make("{'name':%s,'valueSource':{'secretKeyRef':{'secret':%s,'version':%j}}}", v->name, name,
			     run_version(v->secret, "version"));
	free(name);
	return j;
}

/* A volume of one file; 292 is 0444: volumes are for one container each, and its image may run as a user of its own. */
cJSON *run_volume(const struct plan *p, const struct mount *m)
{
	char *name = name_of(p->stack, m->secret);
	cJSON *v = json_make("{'name':%s,'secret':{'secret':%s,'defaultMode':292,'items':[{'version':%j,'path':%s}]}}",
			     m->secret, name, run_version(m->secret, "version"), m->file);
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
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < c->mount_count; i++)
		cJSON_AddItemToArray(list, json_make("{'name':%s,'mountPath':%s}", c->mounts[i].secret, c->mounts[i].folder));
	/* Google's connector: a folder with a socket for each instance. */
	if (d->connected && (c == d->workload->containers[0] || c == d->workload->migration))
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

void run_migration(struct design *d, const char *after)
{
	const struct workload *w = d->workload;
	struct plan *p = d->plan;
	char *name = name_of(p->stack, "migrate");
	cJSON *task = json_make("{'containers':[%j],'maxRetries':1,'timeout':'900s','serviceAccount':%s,"
				"'executionEnvironment':'EXECUTION_ENVIRONMENT_GEN2'}",
				run_container(d, w->migration), d->account);
	run_put_network(d, task);
	if (d->connected)
		json_put(task, "volumes", json_make("[%j]", run_connector_volume(d)));
	struct resource *r = plan_add(
	    p, "migrate", "run.job", name,
	    json_make("{'region':%s,'release':%s,'once':%j,'body':{'template':{'taskCount':1,'template':%j}}}", p->region,
		      p->release, cJSON_Duplicate(w->migration_once, 1), task));
	run_needs(r, w->migration_needs);
	if (after)
		plan_needs(r, after);
	free(name);
}
