/* Pods of target gke: the workload's containers with their variables, files, probes and what is beside them, as a cluster has them. */
#include "config.h"
#include "plan/axes.h"

#include "base/json.h"
#include "base/mem.h"
#include "plan/target_gke_cluster.h"
#include "plan/target_gke_context.h"
#include "plan/target_gke_objects.h"

#include <stdlib.h>

#define USER_ID 10001 /* of the image */
#define PROXY_IMAGE "gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.27.0"

static cJSON *spell_variable(const struct variable *v)
{
	if (v->secret)
		return json_make("{'name':%s,'valueFrom':{'secretKeyRef':{'name':'" GKE_SECRET "','key':%s}}}", v->name,
				 v->secret);
	return json_make("{'name':%s,'value':%j}", v->name, cJSON_Duplicate(v->value, 1));
}

const struct probe *gke_answers_at(const struct container *c)
{
	return c->alive.path ? &c->alive : &c->started;
}

static cJSON *spell_command(const struct container *c, int period, int failures)
{
	return json_make("{'exec':{'command':%j},'periodSeconds':%d,'timeoutSeconds':5,'failureThreshold':%d}",
			 cJSON_Duplicate(c->ready, true), period, failures);
}

static void put_probes(const struct container *c, cJSON *j)
{
	if (c->ready) {
		json_put(j, "startupProbe", spell_command(c, 2, 150));
		json_put(j, "livenessProbe", spell_command(c, 30, 3));
		json_put(j, "readinessProbe", spell_command(c, 10, 3));
	}
	if (c->started.path)
		json_put(j, "startupProbe", probe_words(&c->started, c->port));
	if (c->alive.path)
		json_put(j, "livenessProbe", probe_words(&c->alive, c->port));
	if (gke_answers_at(c)->path)
		json_put(j, "readinessProbe", probe_words(gke_answers_at(c), c->port));
}

/* All that the pod security standard "restricted" asks of a container, and nothing to write to but /tmp. */
cJSON *gke_container(const struct container *c)
{
	cJSON *env = cJSON_CreateArray(), *mounts = json_make("[{'name':'tmp','mountPath':'/tmp'}]");
	for (size_t i = 0; i < c->variable_count; i++)
		cJSON_AddItemToArray(env, spell_variable(&c->variables[i]));
	for (size_t i = 0; i < c->mount_count; i++)
		cJSON_AddItemToArray(
		    mounts, json_make("{'name':%s,'mountPath':%s,'readOnly':true}", c->mounts[i].secret, c->mounts[i].folder));
	for (size_t i = 0; i < c->disk_count; i++)
		cJSON_AddItemToArray(mounts, json_make("{'name':%s,'mountPath':%s}", c->disks[i].disk, c->disks[i].folder));
	cJSON *j = json_make(
	    "{'name':%s,'image':%j,'env':%j,'volumeMounts':%j,'resources':{'requests':{'cpu':%s,'memory':%s},'limits':{'cpu':%"
	    "s,"
	    "'memory':%s}},'securityContext':{'allowPrivilegeEscalation':false,'capabilities':{'drop':['ALL']},"
	    "'readOnlyRootFilesystem':true}}",
	    c->name, cJSON_Duplicate(c->image, 1), env, mounts, c->cpu, c->memory, c->cpu, c->memory);
	if (c->command)
		json_put(j, "command", cJSON_Duplicate(c->command, 1));
	if (c->args)
		json_put(j, "args", cJSON_Duplicate(c->args, 1));
	if (c->port)
		json_put(j, "ports", json_make("[{'containerPort':%d,'protocol':'TCP'}]", c->port));
	put_probes(c, j);
	return j;
}

/* 288 is 0440: readable by the pod's group. */
void gke_volumes(cJSON *volumes, const struct container *c)
{
	for (size_t i = 0; i < c->mount_count; i++)
		cJSON_AddItemToArray(volumes, json_make("{'name':%s,'secret':{'secretName':'" GKE_SECRET
							"','defaultMode':288,'items':[{'key':%s,"
							"'path':%s}]}}",
							c->mounts[i].secret, c->mounts[i].secret, c->mounts[i].file));
	for (size_t i = 0; i < c->disk_count; i++)
		cJSON_AddItemToArray(volumes, json_make("{'name':%s,'persistentVolumeClaim':{'claimName':%s}}",
							c->disks[i].disk, c->disks[i].disk));
}

cJSON *gke_user(int user, bool disks)
{
	cJSON *as = json_make("{'runAsNonRoot':true,'runAsUser':%d,'runAsGroup':%d,'fsGroup':%d,'seccompProfile':{'type':'"
			      "RuntimeDefault'}}",
			      user, user, user);
	if (disks)
		json_put_str(as, "fsGroupChangePolicy", "OnRootMismatch");
	return as;
}

/* The Cloud SQL Auth Proxy as a native sidecar: it is up before the containers that want it, and lets a Job end. */
static cJSON *spell_connector(const struct design *d)
{
	char *port = xasprintf("--port=%d", d->axes.database->port);
	cJSON *args = json_make("['--structured-logs','--health-check','--http-address=0.0.0.0','--exit-zero-on-sigterm','--"
				"max-sigterm-delay=30s',%s]",
				port);
	if (d->axes.path->connector_flag)
		cJSON_AddItemToArray(args, cJSON_CreateString(d->axes.path->connector_flag));
	cJSON_AddItemToArray(args, cJSON_CreateString(d->workload->connection));
	free(port);
	return json_make("{'name':'cloud-sql-proxy','image':'" PROXY_IMAGE
			 "','restartPolicy':'Always','args':%j,'startupProbe':{'httpGet':{'path':'/startup',"
			 "'port':9090},'periodSeconds':1,'timeoutSeconds':5,'failureThreshold':60},'resources':{'requests':{'"
			 "cpu':'" GKE_CONNECTOR_CPU "','memory':'" GKE_CONNECTOR_MEMORY "'},"
			 "'limits':{'cpu':'" GKE_CONNECTOR_CPU "','memory':'" GKE_CONNECTOR_MEMORY
			 "'}},'securityContext':{'allowPrivilegeEscalation':false,'"
			 "capabilities':{'drop':['ALL']},"
			 "'readOnlyRootFilesystem':true}}",
			 args);
}

cJSON *gke_pod(const struct design *d, const struct container *const *containers, size_t count)
{
	cJSON *list = cJSON_CreateArray(), *volumes = json_make("[{'name':'tmp','emptyDir':{}}]");
	bool disks = false;
	for (size_t i = 0; i < count; i++) {
		disks |= containers[i]->disk_count > 0;
		cJSON_AddItemToArray(list, gke_container(containers[i]));
		gke_volumes(volumes, containers[i]);
	}
	cJSON *pod = json_make("{'serviceAccountName':'" GKE_ACCOUNT
			       "','automountServiceAccountToken':false,'enableServiceLinks':"
			       "false,'securityContext':%j,'containers':%j,'volumes':%j}",
			       gke_user(USER_ID, disks), list, volumes);
	if (cluster_stands(d->answers))
		json_put(pod, "nodeSelector", plan_ref(cluster_id(d->answers), "selector"));
	if (d->connected)
		json_put(pod, "initContainers", json_make("[%j]", spell_connector(d)));
	if (context_chosen(d->answers))
		context_equip(d, pod);
	return pod;
}
