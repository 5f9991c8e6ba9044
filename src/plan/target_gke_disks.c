/* Disks of target gke: a PersistentVolumeClaim for each, of the cluster's own storage class; and the database that has one, a StatefulSet of one pod behind a
 * Service without an address. Nobody but the server's pods and the Job that migrates gets in to it, and it gets out to nobody. */
#include "config.h"
#include "plan/axes.h"
#include "plan/target_gke_objects.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "gcp/kinds.h"
#include "gcp/kubernetes_shared.h"
#include "plan/parts.h"

#include <stdlib.h>
#include <string.h>

static const struct type claim_type = {"PersistentVolumeClaim", "v1", "persistentvolumeclaim", "persistentvolumeclaims"},
			 set_type = {"StatefulSet", "apps/v1", "statefulset", "statefulsets"},
			 service_type = {"Service", "v1", "service", "services"},
			 policy_type = {"NetworkPolicy", "networking.k8s.io/v1", "networkpolicy", "networkpolicies"};

/* As the API server writes it: whole TiB are said in those. */
static char *size_of(int gib)
{
	return gib % 1024 ? xasprintf("%dGi", gib) : xasprintf("%dTi", gib / 1024);
}

static void add_disk(struct design *d, const struct disk *disk)
{
	char *id = xasprintf("volume/%s", disk->name), *size = size_of(disk->gib);
	cJSON *notes = cJSON_CreateObject();
	cJSON_AddStringToObject(notes, KUBERNETES_PROTECTED,
				answers_bool(d->answers, "database.deletion_protection") ? "true" : "false");
	struct resource *r = gke_object(
	    d, id, &claim_type, disk->name,
	    json_make("{'metadata':{'annotations':%j},'spec':{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'"
		      "storage':%s}}}}",
		      notes, size));
	r->kind = &kind_kubernetes_volume;
	r->decided_by = disk->question;
	free(size);
	free(id);
}

void gke_add_disks(struct design *d)
{
	for (size_t i = 0; i < d->workload->disk_count; i++)
		add_disk(d, &d->workload->disks[i]);
}

/* The database ---------------------------------------------------------------------------------------------------------------- */

/* Machines without a way to the internet pull by the registry: what is Docker Hub's, from a repository that fetches it there. */
static cJSON *pulled(const struct design *d, const cJSON *image)
{
	static const char hub[] = "docker.io/";
	const struct plan *p = d->plan;
	const struct resource *mirror = plan_find(p, "repository/docker-hub");
	const char *text = image->valuestring;
	char *own = mirror ? xasprintf("%s-docker.pkg.dev/%s/%s/%s", p->region, p->project, mirror->name, text + strlen(hub))
			   : xstrdup(text);
	cJSON *j = cJSON_CreateString(own);
	free(own);
	return j;
}

static cJSON *pod(const struct design *d, const struct container *c)
{
	cJSON *volumes = json_make("[{'name':'tmp','emptyDir':{}}]"), *container = gke_container(c);
	gke_volumes(volumes, c);
	json_put(container, "image", pulled(d, c->image));
	return json_make("{'automountServiceAccountToken':false,'enableServiceLinks':false,'terminationGracePeriodSeconds':60,"
			 "'securityContext':%j,'containers':[%j],'volumes':%j}",
			 gke_user(c->user, true), container, volumes);
}

/* A pod that does not come up is replaced by the next template's, which one managed in order would hold up for ever. */
static void add_set(struct design *d)
{
	const struct container *c = d->workload->database;
	cJSON *spec = json_make("{'replicas':1,'serviceName':'" GKE_DATABASE
				"','podManagementPolicy':'Parallel','selector':{'matchLabels':{'app':'" GKE_DATABASE
				"'}},'template':{'metadata':{'labels':{'app':'" GKE_DATABASE "'},'annotations':%j},'spec':%j}}",
				gke_secret_versions(d->workload, c->mounts[0].secret), pod(d, c));
	struct resource *r = gke_object(d, "database/server", &set_type, GKE_DATABASE, json_make("{'spec':%j}", spec));
	static const char *const needs[] = {"volume/database", "database/service", "database/policy", "secret",
					    "iam/nodes-docker-hub"};
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		if (plan_find(d->plan, needs[i]))
			plan_needs(r, needs[i]);
}

void gke_add_database(struct design *d)
{
	const struct container *c = d->workload->database;
	if (!c)
		return;
	const char *before = d->plan->decided_by;
	d->plan->decided_by = "database.path";
	gke_object(d, "database/service", &service_type, GKE_DATABASE,
		   json_make("{'spec':{'clusterIP':'None','selector':{'app':'" GKE_DATABASE
			     "'},'ports':[{'name':'database','port':%d,'targetPort':%d,'protocol':'TCP'}]}}",
			     c->port, c->port));
	gke_object(d, "database/policy", &policy_type, GKE_DATABASE,
		   json_make("{'spec':{'podSelector':{'matchLabels':{'app':'" GKE_DATABASE
			     "'}},'policyTypes':['Ingress','Egress'],'ingress':[{'from':[{'podSelector':{'matchExpressions':[{"
			     "'key':'app','operator':'In','values':['" GKE_SERVER "','" GKE_MIGRATE
			     "']}]}}],'ports':[{'port':%d,'protocol':'TCP'}]}]}}",
			     c->port));
	add_set(d);
	d->plan->decided_by = before;
}

cJSON *gke_pods_but_database(const struct design *d)
{
	return d->workload->database
		   ? json_make("{'matchExpressions':[{'key':'app','operator':'NotIn','values':['" GKE_DATABASE "']}]}")
		   : cJSON_CreateObject();
}

cJSON *gke_way_to_database(const struct design *d)
{
	return json_make("{'to':[{'podSelector':{'matchLabels':{'app':'" GKE_DATABASE
			 "'}}}],'ports':[{'port':%d,'protocol':'TCP'}]}",
			 d->workload->database->port);
}
