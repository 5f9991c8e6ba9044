/* Volumes of a cluster: claims that a StorageClass serves with persistent disks of Compute Engine, when who wants them is known, or at once. */
#include "config.h"
#include "sim/api/kubernetes_pods.h"

#include "sim/api/compute.h"
#include "sim/api/kubernetes.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DRIVER "pd.csi.storage.gke.io"
#define PROVISIONER DRIVER "_gke-simulated"

static const struct sim_object *class_of(struct sim *s, const struct sim_object *cluster, const struct sim_object *claim)
{
	return kubernetes_named(s, cluster->key, "storage.k8s.io", "storageclasses", "",
				json_str(claim->doc, "spec.storageClassName", ""));
}

static bool waits_for_consumer(const struct sim_object *class)
{
	return !strcmp(json_str(class->doc, "volumeBindingMode", ""), "WaitForFirstConsumer");
}

/* Provisioning. ----------------------------------------------------------------------------------------------------------------- */
static void make_disk(struct sim *s, const struct sim_object *cluster, const struct sim_object *class, const char *name,
		      const char *zone, double gigabytes)
{
	const char *project = sim_tmp("%.*s", (int)strcspn(cluster->key + 9, "/"), cluster->key + 9),
		   *scope = sim_tmp("projects/%s/zones/%s/", project, zone);
	const char *type = json_str(class->doc, "parameters.type", "pd-standard");
	compute_store(
	    s, &compute_disk_kind, scope,
	    json_make(
		"{'name':%s,'sizeGb':%s,'status':'READY','type':%s,'description':%s,'labels':{'goog-gke-volume':''},'"
		"physicalBlockSizeBytes':'4096'}",
		name, sim_tmp("%.0f", gigabytes), sim_tmp(COMPUTE_BASE "%sdiskTypes/%s", scope, type),
		sim_tmp("{\"kubernetes.io/created-for/pv/name\":\"%s\",\"storage.gke.io/created-by\":\"" DRIVER "\"}", name)));
}

/* The volume is there: claim and volume are bound to each other. */
static void provisioned(struct sim *s, const cJSON *arg)
{
	const struct sim_object *cluster = sim_get(s, "container.clusters", json_str(arg, "cluster", ""));
	struct sim_object *claim = sim_get(s, KUBERNETES_OBJECTS, json_str(arg, "key", ""));
	const struct sim_object *class = cluster && claim ? class_of(s, cluster, claim) : NULL;
	if (!class || strcmp(kubernetes_uid(claim), json_str(arg, "uid", "-")) || json_at(claim->doc, "spec.volumeName"))
		return;
	const char *zone = json_str(arg, "zone", ""), *name = sim_tmp("pvc-%s", kubernetes_uid(claim)),
		   *ns = json_str(claim->doc, "metadata.namespace", "");
	double gigabytes = fmax(
	    1, ceil(kubernetes_mebibytes(json_str(claim->doc, "spec.resources.requests.storage", "1Gi")) / 1024));
	make_disk(s, cluster, class, name, zone, gigabytes);
	const char *project = sim_tmp("%.*s", (int)strcspn(cluster->key + 9, "/"), cluster->key + 9),
		   *size = sim_tmp("%.0fGi", gigabytes);
	struct sim_object *volume = kubernetes_put(
	    s, cluster->key, "", "v1", "persistentvolumes", "",
	    json_make("{'metadata':{'name':%s,'finalizers':['kubernetes.io/"
		      "pv-protection']},'spec':{'capacity':{'storage':%s},'accessModes':%j,'persistentVolumeReclaimPolicy':%s,"
		      "'storageClassName':%s,'volumeMode':'Filesystem','csi':{'driver':'" DRIVER
		      "','volumeHandle':%s,'fsType':'ext4'},'claimRef':{'apiVersion':'v1','kind':"
		      "'PersistentVolumeClaim','namespace':%s,'name':%s,'uid':%s},'nodeAffinity':{'required':{'"
		      "nodeSelectorTerms':[{'matchExpressions':[{'key':"
		      "'topology.gke.io/zone','operator':'In','values':[%s]}]}]}}},'status':{'phase':'Bound'}}",
		      name, size, cJSON_Duplicate(json_at(claim->doc, "spec.accessModes"), true),
		      json_str(class->doc, "reclaimPolicy", "Delete"), json_str(class->doc, "metadata.name", ""),
		      sim_tmp("projects/%s/zones/%s/disks/%s", project, zone, name), ns,
		      json_str(claim->doc, "metadata.name", ""), kubernetes_uid(claim), zone));
	kubernetes_annotate(volume->doc, "pv.kubernetes.io/provisioned-by", DRIVER);
	json_put_str(volume->hidden, "zone", zone);
	json_put_str(claim->doc, "spec.volumeName", name);
	kubernetes_annotate(claim->doc, "pv.kubernetes.io/bind-completed", "yes");
	kubernetes_annotate(claim->doc, "pv.kubernetes.io/bound-by-controller", "yes");
	json_put(claim->doc, "status",
		 json_make("{'phase':'Bound','accessModes':%j,'capacity':{'storage':%s}}",
			   cJSON_Duplicate(json_at(claim->doc, "spec.accessModes"), true), size));
	kubernetes_touch(s, cluster->key, claim->doc);
	kubernetes_event_by(s, cluster->key, claim->doc, "Normal", "ProvisioningSucceeded",
			    sim_tmp("Successfully provisioned volume %s", name), PROVISIONER);
}

static void provision(struct sim *s, const struct sim_object *cluster, struct sim_object *claim, const char *zone)
{
	if (json_at(claim->hidden, "zone"))
		return;
	json_put_str(claim->hidden, "zone", zone);
	kubernetes_annotate(claim->doc, "volume.kubernetes.io/storage-provisioner", DRIVER);
	kubernetes_touch(s, cluster->key, claim->doc);
	kubernetes_event_by(s, cluster->key, claim->doc, "Normal", "Provisioning",
			    sim_tmp("External provisioner is provisioning volume for claim \"%s/%s\"",
				    json_str(claim->doc, "metadata.namespace", ""), json_str(claim->doc, "metadata.name", "")),
			    PROVISIONER);
	sim_after(
	    s, sim_draw(s, "compute.disk.insert"), provisioned,
	    json_make("{'cluster':%s,'key':%s,'uid':%s,'zone':%s}", cluster->key, claim->key, kubernetes_uid(claim), zone));
}

/* Growing. ---------------------------------------------------------------------------------------------------------------------- */
static double asked(const struct sim_object *claim)
{
	return ceil(kubernetes_mebibytes(json_str(claim->doc, "spec.resources.requests.storage", "0")) / 1024);
}

/* The disk is larger, and the file system on it. */
static void grown(struct sim *s, const cJSON *arg)
{
	struct sim_object *claim = sim_get(s, KUBERNETES_OBJECTS, json_str(arg, "key", ""));
	if (!claim || strcmp(kubernetes_uid(claim), json_str(arg, "uid", "-")))
		return;
	const char *cluster = json_str(arg, "cluster", ""), *size = sim_tmp("%.0fGi", asked(claim));
	struct sim_object *volume = kubernetes_named(s, cluster, "", "persistentvolumes", "",
						     json_str(claim->doc, "spec.volumeName", "")),
			  *disk = volume ? sim_get(s, "compute.disks", json_str(volume->doc, "spec.csi.volumeHandle", ""))
					 : NULL;
	json_put_bool(claim->hidden, "growing", false);
	if (!volume)
		return;
	json_put_str(volume->doc, "spec.capacity.storage", size);
	kubernetes_touch(s, cluster, volume->doc);
	if (disk)
		json_put_str(disk->doc, "sizeGb", sim_tmp("%.0f", asked(claim)));
	json_put_str(claim->doc, "status.capacity.storage", size);
	kubernetes_touch(s, cluster, claim->doc);
	kubernetes_event_by(s, cluster, claim->doc, "Normal", "FileSystemResizeSuccessful",
			    "MountVolume.NodeExpandVolume succeeded for volume", "kubelet");
}

static void grow(struct sim *s, const struct sim_object *cluster, struct sim_object *claim)
{
	double has = ceil(kubernetes_mebibytes(json_str(claim->doc, "status.capacity.storage", "0")) / 1024);
	if (has <= 0 || asked(claim) <= has || json_bool(claim->hidden, "growing", false))
		return;
	json_put_bool(claim->hidden, "growing", true);
	kubernetes_event_by(s, cluster->key, claim->doc, "Normal", "Resizing",
			    sim_tmp("External resizer is resizing volume %s", json_str(claim->doc, "spec.volumeName", "")),
			    "external-resizer " DRIVER);
	sim_after(s, sim_draw(s, "compute.disk.insert"), grown,
		  json_make("{'cluster':%s,'key':%s,'uid':%s}", cluster->key, claim->key, kubernetes_uid(claim)));
}

void kubernetes_claim(struct sim *s, const struct sim_object *cluster, struct sim_object *claim)
{
	const struct sim_object *class = class_of(s, cluster, claim);
	if (!json_at(claim->doc, "status.phase"))
		json_put_str(claim->doc, "status.phase", "Pending");
	if (json_at(claim->doc, "spec.volumeName") || json_at(claim->hidden, "zone")) {
		grow(s, cluster, claim);
		return;
	}
	if (!class) {
		const char *name = json_str(claim->doc, "spec.storageClassName", "");
		kubernetes_event_by(s, cluster->key, claim->doc, *name ? "Warning" : "Normal",
				    *name ? "ProvisioningFailed" : "FailedBinding",
				    *name ? sim_tmp("storageclass.storage.k8s.io \"%s\" not found", name)
					  : "no persistent volumes available for this claim and no storage class is set",
				    "persistentvolume-controller");
	} else if (waits_for_consumer(class)) {
		kubernetes_event_by(s, cluster->key, claim->doc, "Normal", "WaitForFirstConsumer",
				    "waiting for first consumer to be created before binding", "persistentvolume-controller");
	} else {
		const char *zone = json_str(cluster->doc, "locations.0", "");
		provision(s, cluster, claim, zone);
	}
}

/* The provisioner deletes the disk, then the volume; it is the cluster's, and does nothing any more when that is gone. */
static void reclaimed(struct sim *s, const cJSON *arg)
{
	struct sim_object *volume = kubernetes_named(s, json_str(arg, "cluster", ""), "", "persistentvolumes", "",
						     json_str(arg, "volume", ""));
	struct sim_object *disk = volume ? sim_get(s, "compute.disks", json_str(volume->doc, "spec.csi.volumeHandle", ""))
					 : NULL;
	if (disk)
		sim_remove(s, disk);
	if (volume)
		sim_remove(s, volume);
}

void kubernetes_claim_gone(struct sim *s, const struct sim_object *cluster, const struct sim_object *claim)
{
	struct sim_object *volume = kubernetes_named(s, cluster->key, "", "persistentvolumes", "",
						     json_str(claim->doc, "spec.volumeName", ""));
	if (!volume)
		return;
	json_put_str(volume->doc, "status.phase", "Released");
	kubernetes_touch(s, cluster->key, volume->doc);
	if (!strcmp(json_str(volume->doc, "spec.persistentVolumeReclaimPolicy", "Delete"), "Delete"))
		sim_after(s, sim_draw(s, "compute.disk.delete"), reclaimed,
			  json_make("{'cluster':%s,'volume':%s}", cluster->key, json_str(volume->doc, "metadata.name", "")));
}

/* A claim that is to go stays while a pod has it. */
bool kubernetes_claim_used(struct sim *s, const struct sim_object *cluster, const struct sim_object *claim)
{
	const char *prefix = sim_tmp(
	    "%s", kubernetes_prefix(cluster->key, "", "pods", json_str(claim->doc, "metadata.namespace", "")));
	bool used = false;
	const cJSON *v;
	for (struct sim_object *pod = sim_first(s, KUBERNETES_OBJECTS, prefix); pod && !used;
	     pod = sim_following(s, pod, prefix)) {
		const char *phase = json_str(pod->doc, "status.phase", "");
		cJSON_ArrayForEach(v, json_at(pod->doc, "spec.volumes"))
			used = used || (!strcmp(json_str(v, "persistentVolumeClaim.claimName", ""),
						json_str(claim->doc, "metadata.name", "-")) &&
					strcmp(phase, "Succeeded") && strcmp(phase, "Failed"));
	}
	return used;
}

void kubernetes_claims_sweep(struct sim *s, const struct sim_object *cluster, const char *ns)
{
	const char *prefix = sim_tmp("%s", kubernetes_prefix(cluster->key, "", "persistentvolumeclaims", ns));
	struct sim_object *next;
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = next) {
		next = sim_following(s, o, prefix);
		if (!json_at(o->doc, "metadata.deletionTimestamp") || kubernetes_claim_used(s, cluster, o))
			continue;
		kubernetes_claim_gone(s, cluster, o);
		sim_remove(s, o);
	}
}

static const struct sim_object *claimed(struct sim *s, const struct sim_object *cluster, const struct sim_object *pod,
					const cJSON *volume)
{
	const char *name = json_str(volume, "persistentVolumeClaim.claimName", NULL);
	return name ? kubernetes_named(s, cluster->key, "", "persistentvolumeclaims",
				       json_str(pod->doc, "metadata.namespace", ""), name)
		    : NULL;
}

const char *kubernetes_claims_zone(struct sim *s, const struct sim_object *cluster, const struct sim_object *pod)
{
	const cJSON *v;
	cJSON_ArrayForEach(v, json_at(pod->doc, "spec.volumes")) {
		const struct sim_object *claim = claimed(s, cluster, pod, v);
		if (claim && *json_str(claim->hidden, "zone", ""))
			return json_str(claim->hidden, "zone", "");
	}
	return "";
}

/* For the scheduler. ------------------------------------------------------------------------------------------------------------ */
const char *kubernetes_claims_missing(struct sim *s, const struct sim_object *cluster, const struct sim_object *pod,
				      const char *zone)
{
	const cJSON *v;
	const char *waits = NULL;
	cJSON_ArrayForEach(v, json_at(pod->doc, "spec.volumes")) {
		const char *name = json_str(v, "persistentVolumeClaim.claimName", NULL);
		struct sim_object *claim = name ? kubernetes_named(s, cluster->key, "", "persistentvolumeclaims",
								   json_str(pod->doc, "metadata.namespace", ""), name)
						: NULL;
		if (!name)
			continue;
		if (!claim)
			return sim_tmp("persistentvolumeclaim \"%s\" not found", name);
		const struct sim_object *class = class_of(s, cluster, claim), *volume;
		volume = kubernetes_named(s, cluster->key, "", "persistentvolumes", "",
					  json_str(claim->doc, "spec.volumeName", ""));
		if (!*zone) {
			if (!volume && (!class || !waits_for_consumer(class)))
				return "pod has unbound immediate PersistentVolumeClaims. preemption: 0/1 nodes are available: "
				       "1 Preemption is not helpful for scheduling.";
		} else if (volume && json_at(volume->hidden, "zone") && strcmp(json_str(volume->hidden, "zone", ""), zone)) {
			return "node(s) had volume node affinity conflict";
		} else if (!volume) {
			if (class)
				provision(s, cluster, claim, zone);
			waits = strcmp(json_str(claim->hidden, "zone", zone), zone)
				    ? "node(s) had volume node affinity conflict"
				    : "node(s) wait for volumes";
		}
	}
	return waits;
}
