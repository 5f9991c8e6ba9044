/* A cluster's nodes: Node objects of its pools' machines, what GKE runs on each, and the scheduler that finds pods a place; Autopilot's clusters grow
 * when there is none. */
#include "config.h"
#include "sim/api/kubernetes_pods.h"

#include "sim/api/compute.h"
#include "sim/api/container.h"
#include "sim/api/kubernetes.h"
#include "sim/api/network.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Quantities. ----------------------------------------------------------------------------------------------------------------- */
double kubernetes_cpu(const char *quantity)
{
	char *end;
	double n = strtod(quantity, &end);
	return *end == 'm' ? n : n * 1000;
}

double kubernetes_mebibytes(const char *quantity)
{
	static const struct {
		const char *suffix;
		double bytes;
	} units[] = {{"Ki", 1024}, {"Mi", 1048576}, {"Gi", 1073741824}, {"Ti", 1099511627776},
		     {"k", 1e3},   {"M", 1e6},      {"G", 1e9},         {"T", 1e12}};
	char *end;
	double n = strtod(quantity, &end);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (!strcmp(end, units[i].suffix))
			n *= units[i].bytes;
	return n / 1048576;
}

static void add_requests(const cJSON *k, double *cpu, double *memory)
{
	*cpu += kubernetes_cpu(json_str(k, "resources.requests.cpu", "0"));
	*memory += kubernetes_mebibytes(json_str(k, "resources.requests.memory", "0"));
}

void kubernetes_pod_requests(const cJSON *spec, double *cpu, double *memory)
{
	double early_cpu = 0, early_memory = 0;
	const cJSON *k;
	*cpu = *memory = 0;
	cJSON_ArrayForEach(k, json_at(spec, "containers"))
		add_requests(k, cpu, memory);
	cJSON_ArrayForEach(k, json_at(spec, "initContainers")) {
		double c = 0, m = 0;
		add_requests(k, &c, &m);
		if (!strcmp(json_str(k, "restartPolicy", ""), "Always")) {
			*cpu += c;
			*memory += m;
		} else {
			early_cpu = fmax(early_cpu, c);
			early_memory = fmax(early_memory, m);
		}
	}
	*cpu = fmax(*cpu, early_cpu);
	*memory = fmax(*memory, early_memory);
}

/* What GKE leaves of a machine for pods: milli-CPUs, MiB. */
static double allocatable_cpu(const char *type, int cpus)
{
	double kept = 60;
	if (!strcmp(type, "e2-micro") || !strcmp(type, "e2-small") || !strcmp(type, "e2-medium"))
		return cpus * 1000 - 1060;
	for (int i = 2; i <= cpus; i++)
		kept += i == 2 ? 10 : i <= 4 ? 5 : 2.5;
	return cpus * 1000 - kept;
}

static double allocatable_memory(double mb)
{
	static const double steps[][2] = {{4096, 0.25}, {4096, 0.2}, {8192, 0.1}, {114688, 0.06}};
	double kept = 100, left = mb * 0.98; /* what the kernel leaves */
	double all = left;
	for (size_t i = 0; i < 4 && left > 0; i++) {
		kept += fmin(left, steps[i][0]) * steps[i][1];
		left -= steps[i][0];
	}
	return floor(all - kept - fmax(left, 0) * 0.02);
}

/* Nodes. ---------------------------------------------------------------------------------------------------------------------- */
static cJSON *node_condition(const char *now, const char *type, bool on, const char *reason, const char *message)
{
	return json_make("{'type':%s,'status':%s,'lastHeartbeatTime':%s,'lastTransitionTime':%s,'reason':%s,'message':%s}",
			 type, on ? "True" : "False", now, now, reason, message);
}

static cJSON *labels_of(const struct sim_object *cluster, const cJSON *pool, const char *name, const char *zone)
{
	char region[40];
	const char *type = json_str(pool, "config.machineType", "e2-medium");
	const char *const pairs[][2] = {{"beta.kubernetes.io/arch", "amd64"},
					{"beta.kubernetes.io/os", "linux"},
					{"cloud.google.com/gke-nodepool", json_str(pool, "name", "")},
					{"cloud.google.com/gke-container-runtime", "containerd"},
					{"cloud.google.com/gke-os-distribution", "cos"},
					{"cloud.google.com/machine-family", sim_tmp("%.*s", (int)strcspn(type, "-"), type)},
					{"kubernetes.io/arch", "amd64"},
					{"kubernetes.io/hostname", name},
					{"kubernetes.io/os", "linux"},
					{"node.kubernetes.io/instance-type", type},
					{"topology.gke.io/zone", zone},
					{"topology.kubernetes.io/region", compute_zone_region(zone, region)},
					{"topology.kubernetes.io/zone", zone}};
	cJSON *labels = cJSON_CreateObject();
	const cJSON *l;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		cJSON_AddStringToObject(labels, pairs[i][0], pairs[i][1]);
	bool autopilot = json_bool(cluster->doc, "autopilot.enabled", false);
	if (autopilot || !strcmp(json_str(pool, "config.workloadMetadataConfig.mode", ""), "GKE_METADATA"))
		cJSON_AddStringToObject(labels, "iam.gke.io/gke-metadata-server-enabled", "true");
	cJSON_ArrayForEach(l, json_at(pool, "config.labels"))
		if (cJSON_IsString(l) && !cJSON_HasObjectItem(labels, l->string))
			cJSON_AddStringToObject(labels, l->string, l->valuestring);
	return labels;
}

static cJSON *taints_of(const cJSON *pool)
{
	static const char *const effects[][2] = {
	    {"NO_SCHEDULE", "NoSchedule"}, {"PREFER_NO_SCHEDULE", "PreferNoSchedule"}, {"NO_EXECUTE", "NoExecute"}};
	cJSON *all = cJSON_CreateArray();
	const cJSON *t;
	cJSON_ArrayForEach(t, json_at(pool, "config.taints"))
		for (size_t i = 0; i < 3; i++)
			if (!strcmp(json_str(t, "effect", ""), effects[i][0]))
				cJSON_AddItemToArray(all, json_make("{'key':%s,'value':%s,'effect':%s}", json_str(t, "key", ""),
								    json_str(t, "value", ""), effects[i][1]));
	return all;
}

static cJSON *node_doc(struct sim *s, const struct sim_object *cluster, const cJSON *pool, const struct sim_object *machine,
		       const char *zone)
{
	const char *type = json_str(pool, "config.machineType", "e2-medium"), *name = json_str(machine->doc, "name", "");
	int cpus = compute_machine_cpus(type), memory = compute_machine_memory(type);
	const char *now = sim_stamp(s, 0);
	cJSON *doc = json_make(
	    "{'metadata':{'name':%s,'labels':%j,'annotations':{}},'spec':{'providerID':%s,'taints':%j},'status':{'capacity':{'"
	    "cpu':%s,'memory':%s,'pods':%s,'ephemeral-storage':"
	    "'98831908Ki'},'allocatable':{'cpu':%s,'memory':%s,'pods':%s,'ephemeral-storage':'47060071478'},'conditions':[%j,%"
	    "j,%j,%j,%j],'addresses':[{'type':'InternalIP',"
	    "'address':%s},{'type':'Hostname','address':%s}],'daemonEndpoints':{'kubeletEndpoint':{'Port':10250}},'nodeInfo':{'"
	    "machineID':%s,'systemUUID':%s,'bootID':%s,"
	    "'kernelVersion':'6.12.46+','osImage':'Container-Optimized OS from "
	    "Google','containerRuntimeVersion':'containerd://2.1.4','kubeletVersion':%s,'kubeProxyVersion':%s,"
	    "'operatingSystem':'linux','architecture':'amd64'}}}",
	    name, labels_of(cluster, pool, name, zone),
	    sim_tmp("gce://%.*s/%s/%s", (int)strcspn(cluster->key + 9, "/"), cluster->key + 9, zone, name), taints_of(pool),
	    sim_tmp("%d", cpus), sim_tmp("%dKi", (int)(memory * 1024 * 0.98)),
	    json_str(pool, "maxPodsConstraint.maxPodsPerNode", "110"), sim_tmp("%.0fm", allocatable_cpu(type, cpus)),
	    sim_tmp("%.0fKi", allocatable_memory(memory) * 1024), json_str(pool, "maxPodsConstraint.maxPodsPerNode", "110"),
	    node_condition(now, "NetworkUnavailable", false, "RouteCreated", "NodeController create implicit route"),
	    node_condition(now, "MemoryPressure", false, "KubeletHasSufficientMemory",
			   "kubelet has sufficient memory available"),
	    node_condition(now, "DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
	    node_condition(now, "PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
	    node_condition(now, "Ready", true, "KubeletReady", "kubelet is posting ready status"),
	    json_str(machine->doc, "networkInterfaces.0.networkIP", ""), name, json_str(machine->doc, "id", ""),
	    json_str(machine->doc, "id", ""), json_str(machine->doc, "id", ""), sim_tmp("v%s", json_str(pool, "version", "")),
	    sim_tmp("v%s", json_str(pool, "version", "")));
	const char *outer = json_str(machine->doc, "networkInterfaces.0.accessConfigs.0.natIP", NULL);
	if (outer)
		cJSON_AddItemToArray(json_at(doc, "status.addresses"), json_make("{'type':'ExternalIP','address':%s}", outer));
	if (!json_at(doc, "spec.taints.0"))
		json_drop(doc, "spec.taints");
	return doc;
}

/* What GKE runs: on every node, or once in a cluster. */
static const struct {
	const char *name, *image, *cpu, *memory;
	bool once, standard; /* standard: not on Autopilot, which has its own */
} system_pods[] = {
    {"anetd", "gke.gcr.io/cilium/cilium:v1.15.16-gke.7", "100m", "230Mi", false, false},
    {"fluentbit-gke", "gke.gcr.io/fluent-bit:v1.8.12-gke.60", "100m", "200Mi", false, false},
    {"gke-metrics-agent", "gke.gcr.io/gke-metrics-agent:1.15.6-gke.0", "8m", "110Mi", false, false},
    {"gke-metadata-server", "gke.gcr.io/gke-metadata-server:gke_metadata_server_20260612.00_p0", "100m", "100Mi", false, false},
    {"netd", "gke.gcr.io/netd:v0.9.12-gke.1", "2m", "30Mi", false, false},
    {"node-local-dns", "gke.gcr.io/k8s-dns-node-cache:1.24.1-gke.9", "25m", "20Mi", false, false},
    {"pdcsi-node", "gke.gcr.io/gcp-compute-persistent-disk-csi-driver:v1.19.8-gke.0", "10m", "20Mi", false, false},
    {"event-exporter-gke", "gke.gcr.io/event-exporter:v0.5.6-gke.4", "10m", "30Mi", true, true},
    {"konnectivity-agent", "gke.gcr.io/proxy-agent:v0.32.1-gke.0", "11m", "30Mi", true, false},
    {"kube-dns", "gke.gcr.io/k8s-dns-kube-dns:1.24.1-gke.9", "260m", "110Mi", true, true},
    {"l7-default-backend", "gke.gcr.io/ingress-gce-404-server-with-metrics:v1.33.4", "10m", "20Mi", true, true},
    {"metrics-server-v1.35.1", "gke.gcr.io/metrics-server:v0.8.0-gke.5", "48m", "105Mi", true, false},
};

static void put_system_pod(struct sim *s, const struct sim_object *cluster, size_t n, const struct sim_object *node)
{
	const char *now = sim_stamp(s, 0);
	const char *app = system_pods[n].name, *name = sim_tmp("%s-%s", app, kubernetes_drawn(s)),
		   *ip = json_str(node->doc, "status.addresses.0.address", "");
	cJSON *doc = json_make(
	    "{'metadata':{'name':%s,'labels':{'k8s-app':%s}},'spec':{'nodeName':%s,'hostNetwork':true,'priorityClassName':'"
	    "system-node-critical','priority':2000001000,"
	    "'serviceAccountName':%s,'tolerations':[{'operator':'Exists'}],'containers':[{'name':%s,'image':%s,'resources':{'"
	    "requests':{'cpu':%s,'memory':%s}}}]},"
	    "'status':{'phase':'Running','startTime':%s,'hostIP':%s,'podIP':%s,'podIPs':[{'ip':%s}],'qosClass':'Burstable','"
	    "containerStatuses':[{'name':%s,'image':%s,"
	    "'imageID':%s,'ready':true,'started':true,'restartCount':0,'state':{'running':{'startedAt':%s}}}]}}",
	    name, app, json_str(node->doc, "metadata.name", ""), app, app, system_pods[n].image, system_pods[n].cpu,
	    system_pods[n].memory, now, ip, ip, ip, app, system_pods[n].image, system_pods[n].image, now);
	static const char *const types[] = {"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady",
					    "PodScheduled"};
	for (size_t i = 0; i < 5; i++)
		kubernetes_set_condition(s, json_at(doc, "status"), types[i], true, "", "");
	struct sim_object *pod = kubernetes_put(s, cluster->key, "", "v1", "pods", "kube-system", doc);
	json_put_bool(pod->hidden, "begun", true);
	json_put_bool(pod->hidden, "system", true);
}

static void furnish(struct sim *s, const struct sim_object *cluster, const struct sim_object *node, bool first)
{
	bool autopilot = json_bool(cluster->doc, "autopilot.enabled", false);
	for (size_t i = 0; i < sizeof system_pods / sizeof *system_pods; i++)
		if ((!system_pods[i].once || first) && !(autopilot && system_pods[i].standard))
			put_system_pod(s, cluster, i, node);
}

/* Everything on a node that is gone goes, and whoever made it is told. */
static void clear_node(struct sim *s, const struct sim_object *cluster, const char *name)
{
	const char *prefix = sim_tmp("%s", kubernetes_prefix(cluster->key, "", "pods", ""));
	struct sim_object *next;
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = next) {
		next = sim_following(s, o, prefix);
		if (strcmp(json_str(o->doc, "spec.nodeName", ""), name))
			continue;
		const char *key = sim_tmp("%s", json_str(o->hidden, "rootKey", "")),
			   *uid = sim_tmp("%s", json_str(o->hidden, "root", ""));
		sim_remove(s, o);
		kubernetes_look(s, cluster->key, key, uid);
		next = sim_first(s, KUBERNETES_OBJECTS, prefix); /* others may have come or gone */
	}
}

static void add_nodes(struct sim *s, const struct sim_object *cluster, const cJSON *pool, cJSON *wanted, bool *first)
{
	const cJSON *g;
	cJSON_ArrayForEach(g, json_at(pool, "instanceGroupUrls")) {
		const struct sim_object *manager = compute_find(s, g->valuestring);
		char *name;
		for (int i = 0; manager && (name = network_manager_machine(manager, i)); i++) {
			const char *scope = sim_tmp(
			    "%.*s", (int)(strstr(manager->key, "instanceGroupManagers/") - manager->key), manager->key);
			const struct sim_object *machine = sim_get(s, "compute.instances",
								   sim_tmp("%sinstances/%s", scope, name));
			const char *zone = sim_tmp("%.*s", (int)strcspn(strstr(scope, "/zones/") + 7, "/"),
						   strstr(scope, "/zones/") + 7);
			cJSON_AddTrueToObject(wanted, name);
			if (machine && !kubernetes_named(s, cluster->key, "", "nodes", "", name)) {
				struct sim_object *node = kubernetes_put(s, cluster->key, "", "v1", "nodes", "",
									 node_doc(s, cluster, pool, machine, zone));
				json_put_str(node->hidden, "zone", zone);
				furnish(s, cluster, node, *first);
				*first = false;
			}
			free(name);
		}
	}
}

static void look_at_daemons(struct sim *s, const struct sim_object *cluster)
{
	const char *prefix = sim_tmp("%s", kubernetes_prefix(cluster->key, "apps", "daemonsets", ""));
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = sim_following(s, o, prefix))
		kubernetes_daemon_set(s, cluster, o);
}

void kubernetes_nodes_sync(struct sim *s, struct sim_object *cluster)
{
	const char *prefix = sim_tmp("%s", kubernetes_prefix(cluster->key, "", "nodes", ""));
	bool first = !sim_first(s, KUBERNETES_OBJECTS, prefix);
	cJSON *wanted = cJSON_CreateObject();
	const cJSON *pool;
	cJSON_ArrayForEach(pool, json_at(cluster->doc, "nodePools"))
		add_nodes(s, cluster, pool, wanted, &first);
	struct sim_object *next;
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = next) {
		next = sim_following(s, o, prefix);
		if (cJSON_HasObjectItem(wanted, json_str(o->doc, "metadata.name", "")))
			continue;
		const char *name = sim_tmp("%s", json_str(o->doc, "metadata.name", ""));
		sim_remove(s, o);
		clear_node(s, cluster, name);
	}
	look_at_daemons(s, cluster);
	cJSON_Delete(wanted);
}

/* Scheduling. ------------------------------------------------------------------------------------------------------------------ */
static bool tolerates(const cJSON *spec, const cJSON *taint)
{
	const cJSON *t;
	cJSON_ArrayForEach(t, json_at(spec, "tolerations")) {
		const char *key = json_str(t, "key", ""), *effect = json_str(t, "effect", "");
		bool exists = !strcmp(json_str(t, "operator", "Equal"), "Exists");
		if ((!*key || !strcmp(key, json_str(taint, "key", ""))) &&
		    (!*effect || !strcmp(effect, json_str(taint, "effect", ""))) &&
		    (exists || !strcmp(json_str(t, "value", ""), json_str(taint, "value", ""))))
			return true;
	}
	return false;
}

static void used_of(struct sim *s, const struct sim_object *cluster, const char *node, double *cpu, double *memory, int *count)
{
	const char *prefix = sim_tmp("%s", kubernetes_prefix(cluster->key, "", "pods", ""));
	*cpu = *memory = 0;
	*count = 0;
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = sim_following(s, o, prefix)) {
		double c, m;
		const char *phase = json_str(o->doc, "status.phase", "");
		if (strcmp(json_str(o->doc, "spec.nodeName", ""), node) || !strcmp(phase, "Succeeded") ||
		    !strcmp(phase, "Failed"))
			continue;
		kubernetes_pod_requests(json_at(o->doc, "spec"), &c, &m);
		*cpu += c;
		*memory += m;
		++*count;
	}
}

/* Why the pod cannot be on the node; NULL when it can. */
static const char *unfit(struct sim *s, const struct sim_object *cluster, const struct sim_object *pod,
			 const struct sim_object *node)
{
	const cJSON *spec = json_at(pod->doc, "spec"), *selector = json_at(spec, "nodeSelector"), *t;
	double cpu, memory, used_cpu, used_memory;
	int count;
	cJSON_ArrayForEach(t, json_at(node->doc, "spec.taints"))
		if (strcmp(json_str(t, "effect", ""), "PreferNoSchedule") && !tolerates(spec, t))
			return sim_tmp("node(s) had untolerated taint {%s: %s}", json_str(t, "key", ""),
				       json_str(t, "value", ""));
	if (json_bool(node->doc, "spec.unschedulable", false))
		return "node(s) were unschedulable";
	if (selector && selector->child && !kubernetes_selects(selector, json_at(node->doc, "metadata.labels")))
		return "node(s) didn't match Pod's node affinity/selector";
	kubernetes_pod_requests(spec, &cpu, &memory);
	used_of(s, cluster, json_str(node->doc, "metadata.name", ""), &used_cpu, &used_memory, &count);
	if (used_cpu + cpu > kubernetes_cpu(json_str(node->doc, "status.allocatable.cpu", "0")))
		return "Insufficient cpu";
	if (used_memory + memory > kubernetes_mebibytes(json_str(node->doc, "status.allocatable.memory", "0")))
		return "Insufficient memory";
	if (count >= atoi(json_str(node->doc, "status.allocatable.pods", "110")))
		return "Too many pods";
	const char *volumes = kubernetes_claims_missing(s, cluster, pod, json_str(node->hidden, "zone", ""));
	return volumes ? volumes : NULL;
}

static void unschedulable(struct sim *s, const struct sim_object *cluster, struct sim_object *pod, const char *message)
{
	const cJSON *c = kubernetes_condition(pod->doc, "PodScheduled");
	if (!c || strcmp(json_str(c, "message", ""), message)) {
		if (!json_at(pod->doc, "status"))
			json_put(pod->doc, "status", json_make("{'phase':'Pending'}"));
		kubernetes_set_condition(s, json_at(pod->doc, "status"), "PodScheduled", false, "Unschedulable", message);
		kubernetes_touch(s, cluster->key, pod->doc);
	}
	kubernetes_event_by(s, cluster->key, pod->doc, "Warning", "FailedScheduling", message, "default-scheduler");
}

static void bind(struct sim *s, const struct sim_object *cluster, struct sim_object *pod, const struct sim_object *node)
{
	const char *name = json_str(node->doc, "metadata.name", ""),
		   *ip = json_str(node->doc, "status.addresses.0.address", "");
	const char *now = sim_stamp(s, 0);
	json_put_str(pod->doc, "spec.nodeName", name);
	json_put_str(pod->hidden, "zone", json_str(node->hidden, "zone", ""));
	json_put_str(pod->doc, "status.hostIP", ip);
	json_put(pod->doc, "status.hostIPs", json_make("[{'ip':%s}]", ip));
	json_put_str(pod->doc, "status.startTime", now);
	cJSON *status = json_at(pod->doc, "status");
	kubernetes_set_condition(s, status, "PodScheduled", true, "", "");
	cJSON *early = cJSON_CreateArray(), *waiting = cJSON_CreateArray();
	const cJSON *k;
	bool inits = json_at(pod->doc, "spec.initContainers.0") != NULL;
	cJSON_ArrayForEach(k, json_at(pod->doc, "spec.initContainers"))
		cJSON_AddItemToArray(early, json_make("{'name':%s,'image':%s,'imageID':'','ready':false,'started':false,'"
						      "restartCount':0,'state':{'waiting':{'reason':'PodInitializing'}}}",
						      json_str(k, "name", ""), json_str(k, "image", "")));
	cJSON_ArrayForEach(k, json_at(pod->doc, "spec.containers"))
		cJSON_AddItemToArray(waiting, json_make("{'name':%s,'image':%s,'imageID':'','ready':false,'started':false,'"
							"restartCount':0,'state':{'waiting':{'reason':%s}}}",
							json_str(k, "name", ""), json_str(k, "image", ""),
							inits ? "PodInitializing" : "ContainerCreating"));
	json_put(status, "containerStatuses", waiting);
	if (inits)
		json_put(status, "initContainerStatuses", early);
	else
		cJSON_Delete(early);
	kubernetes_touch(s, cluster->key, pod->doc);
	kubernetes_event_by(s, cluster->key, pod->doc, "Normal", "Scheduled",
			    sim_tmp("Successfully assigned %s/%s to %s", json_str(pod->doc, "metadata.namespace", ""),
				    json_str(pod->doc, "metadata.name", ""), name),
			    "default-scheduler");
}

/* Growing. -------------------------------------------------------------------------------------------------------------------- */
static void grown(struct sim *s, const cJSON *arg)
{
	struct sim_object *cluster = sim_get(s, "container.clusters", json_str(arg, "cluster", ""));
	cJSON *pool = cluster ? container_find_pool(cluster->doc, json_str(arg, "pool", "")) : NULL;
	const char *code = NULL;
	if (!cluster || !pool)
		return;
	json_drop(cluster->hidden, "growing");
	char *why = json_at(pool, "instanceGroupUrls.0") ? NULL : container_provision(s, cluster, pool, &code);
	if (why) {
		cJSON_Delete(cJSON_DetachItemViaPointer(json_at(cluster->doc, "nodePools"), pool));
		json_put_str(cluster->hidden, "shortage", why);
		free(why);
		return;
	}
	const struct sim_object *manager = compute_find(s, json_str(pool, "instanceGroupUrls.0", ""));
	if (json_bool(arg, "resize", false) && manager)
		network_manager_resize(s, manager->key, (int)json_num(manager->doc, "targetSize", 0) + 1);
	container_sum(cluster->doc);
	kubernetes_nodes_sync(s, cluster);
}

/* The smallest machine of Autopilot's that holds the pod beside what GKE runs; NULL when none does. */
static const char *machine_for(const struct sim_object *cluster, const struct sim_object *pod)
{
	static const char *const plain[] = {"e2-standard-2", "e2-standard-4", "e2-standard-8", "e2-standard-16", NULL},
				 *const confidential[] = {"n2d-standard-2", "n2d-standard-4", NULL};
	const char *const *types = json_bool(cluster->doc, "confidentialNodes.enabled", false) ? confidential : plain;
	double cpu, memory;
	kubernetes_pod_requests(json_at(pod->doc, "spec"), &cpu, &memory);
	for (; *types; types++)
		if (cpu + 450 <= allocatable_cpu(*types, compute_machine_cpus(*types)) &&
		    memory + 900 <= allocatable_memory(compute_machine_memory(*types)))
			return *types;
	return NULL;
}

static void triggered(struct sim *s, const struct sim_object *cluster, const struct sim_object *pod, const char *zone,
		      const char *group, int now)
{
	kubernetes_event_by(
	    s, cluster->key, pod->doc, "Normal", "TriggeredScaleUp",
	    sim_tmp("pod triggered scale-up: [{https://www.googleapis.com/compute/v1/projects/%.*s/zones/%s/instanceGroups/%s "
		    "%d->%d (max: 1000)}]",
		    (int)strcspn(cluster->key + 9, "/"), cluster->key + 9, zone, group, now, now + 1),
	    "cluster-autoscaler");
}

/* A pool of its own for a kind of machine, as node auto-provisioning makes one. */
static cJSON *new_pool(struct sim *s, struct sim_object *cluster, const struct sim_object *pod, const char *type,
		       const char *wanted)
{
	const cJSON *zones = json_at(cluster->doc, "locations"), *l;
	const cJSON *any = cJSON_GetArrayItem(zones, (int)(sim_random(s) % (uint64_t)cJSON_GetArraySize(zones)));
	const char *zone = *wanted ? wanted : any->valuestring;
	cJSON *pool = cJSON_Duplicate(json_at(cluster->doc, "nodePools.0"), true);
	json_put_str(pool, "name", sim_tmp("pool-%d", cJSON_GetArraySize(json_at(cluster->doc, "nodePools"))));
	json_put_str(pool, "config.machineType", type);
	json_drop(pool, "config.taints");
	json_drop(pool, "instanceGroupUrls");
	json_put(pool, "locations", json_make("[%s]", zone));
	json_put_num(pool, "initialNodeCount", 1);
	cJSON_ArrayForEach(l, json_at(pod->doc, "spec.nodeSelector"))
		if (text_starts(l->string, "cloud.google.com/")) {
			if (!json_at(pool, "config.labels"))
				json_put(pool, "config.labels", cJSON_CreateObject());
			cJSON_AddStringToObject(json_at(pool, "config.labels"), l->string, l->valuestring);
		}
	container_settle_nodes(cluster->doc, pool);
	json_put_str(pool, "selfLink",
		     sim_tmp("%s/nodePools/%s", json_str(cluster->doc, "selfLink", ""), json_str(pool, "name", "")));
	json_put_str(pool, "status", "PROVISIONING");
	cJSON_AddItemToArray(json_at(cluster->doc, "nodePools"), pool);
	return pool;
}

static void grow(struct sim *s, struct sim_object *cluster, struct sim_object *pod)
{
	const char *type = machine_for(cluster, pod), *name = json_str(cluster->doc, "name", "");
	cJSON *pool, *found = NULL;
	const char *shortage = json_str(cluster->hidden, "shortage", NULL);
	if (shortage)
		kubernetes_event_by(
		    s, cluster->key, pod->doc, "Warning", "FailedScaleUp",
		    sim_tmp("Node scale up in zones associated with this pod failed: %s Pod is at risk of not being scheduled.",
			    strstr(shortage, "Quota") ? "GCE quota exceeded." : "GCE out of resources."),
		    "cluster-autoscaler");
	json_drop(cluster->hidden, "shortage");
	if (json_at(cluster->hidden, "growing"))
		return;
	if (!type) {
		kubernetes_event_by(s, cluster->key, pod->doc, "Normal", "NotTriggerScaleUp",
				    "pod didn't trigger scale-up: 1 Insufficient cpu, 1 Insufficient memory",
				    "cluster-autoscaler");
		return;
	}
	/* Where its disk is. */
	const char *zone = kubernetes_claims_zone(s, cluster, pod), *there = sim_tmp("/zones/%s/", zone);
	cJSON_ArrayForEach(pool, json_at(cluster->doc, "nodePools"))
		if ((!*zone || strstr(json_str(pool, "instanceGroupUrls.0", ""), there)) &&
		    !strcmp(json_str(pool, "config.machineType", ""), type) && !json_at(pool, "config.taints.0") &&
		    (!json_at(pod->doc, "spec.nodeSelector") ||
		     kubernetes_selects(json_at(pod->doc, "spec.nodeSelector"), json_at(pool, "config.labels"))))
			found = pool;
	const struct sim_object *manager = found ? compute_find(s, json_str(found, "instanceGroupUrls.0", "")) : NULL;
	int size = manager ? (int)json_num(manager->doc, "targetSize", 0) : 0;
	pool = found ? found : new_pool(s, cluster, pod, type, zone);
	json_put_bool(cluster->hidden, "growing", true);
	triggered(s, cluster, pod, json_str(pool, "locations.0", ""),
		  manager ? json_str(manager->doc, "name", "") : sim_tmp("gke-%.16s-%s-grp", name, json_str(pool, "name", "")),
		  size);
	sim_after(s, sim_draw(s, "kubernetes.node.start"), grown,
		  json_make("{'cluster':%s,'pool':%s,'resize':%b}", cluster->key, json_str(pool, "name", ""), found != NULL));
}

bool kubernetes_schedule(struct sim *s, struct sim_object *cluster, struct sim_object *pod)
{
	const char *prefix = sim_tmp("%s", kubernetes_prefix(cluster->key, "", "nodes", ""));
	cJSON *reasons = cJSON_CreateObject(), *r;
	struct buf b = {0};
	bool bound = false, helps = false, waits = false;
	int n = 0;
	const char *claims = kubernetes_claims_missing(s, cluster, pod, "");
	for (struct sim_object *node = claims ? NULL : sim_first(s, KUBERNETES_OBJECTS, prefix); node && !bound;
	     node = sim_following(s, node, prefix), n++) {
		const char *why = unfit(s, cluster, pod, node);
		if (!why) {
			bind(s, cluster, pod, node);
			bound = true;
			break;
		}
		waits = waits || strstr(why, "wait for volumes");
		helps = helps || text_starts(why, "Insufficient") || text_starts(why, "Too many");
		r = cJSON_GetObjectItemCaseSensitive(reasons, why);
		if (r)
			cJSON_SetNumberValue(r, r->valuedouble + 1);
		else
			cJSON_AddNumberToObject(reasons, why, 1);
	}
	cJSON_ArrayForEach(r, reasons)
		buf_printf(&b, "%s%.0f %s", b.len ? ", " : "", r->valuedouble, r->string);
	if (claims)
		unschedulable(s, cluster, pod, claims);
	else if (!bound && !waits)
		unschedulable(s, cluster, pod,
			      n ? sim_tmp("0/%d nodes are available: %s. preemption: 0/%d nodes are available: %d %s.", n,
					  buf_text(&b), n, n,
					  helps ? "No preemption victims found for incoming pod"
						: "Preemption is not helpful for scheduling")
				: "no nodes available to schedule pods");
	if (!bound && !claims && !waits && json_bool(cluster->doc, "autopilot.enabled", false))
		grow(s, cluster, pod);
	cJSON_Delete(reasons);
	buf_free(&b);
	return bound;
}
