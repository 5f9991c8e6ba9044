/* The objects of a cluster that are known here: resources, and their types from the tables (dev/distill-kubernetes; gke.tbl has GKE's custom
 * resources, as they are documented). */
#include "config.h"

#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kubernetes_resource resources[] = {
    {"", "v1", "namespaces", "Namespace", "namespace", "ns", false, false, true, "Namespace"},
    {"", "v1", "serviceaccounts", "ServiceAccount", "serviceaccount", "sa", true, false, false, "ServiceAccount"},
    {"", "v1", "secrets", "Secret", "secret", "", true, false, false, "Secret"},
    {"", "v1", "configmaps", "ConfigMap", "configmap", "cm", true, false, false, "ConfigMap"},
    {"", "v1", "services", "Service", "service", "svc", true, false, true, "Service"},
    {"", "v1", "pods", "Pod", "pod", "po", true, false, true, "Pod"},
    {"", "v1", "events", "Event", "event", "ev", true, false, false, "Event"},
    {"", "v1", "endpoints", "Endpoints", "endpoints", "ep", true, false, false, "Endpoints"},
    {"", "v1", "nodes", "Node", "node", "no", false, false, true, "Node"},
    {"", "v1", "limitranges", "LimitRange", "limitrange", "limits", true, false, false, "LimitRange"},
    {"", "v1", "resourcequotas", "ResourceQuota", "resourcequota", "quota", true, false, true, "ResourceQuota"},
    {"", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", "persistentvolumeclaim", "pvc", true, false, true,
     "PersistentVolumeClaim"},
    {"", "v1", "persistentvolumes", "PersistentVolume", "persistentvolume", "pv", false, false, true, "PersistentVolume"},
    {"apps", "v1", "controllerrevisions", "ControllerRevision", "controllerrevision", "", true, false, false,
     "ControllerRevision"},
    {"apps", "v1", "daemonsets", "DaemonSet", "daemonset", "ds", true, true, true, "DaemonSet"},
    {"apps", "v1", "deployments", "Deployment", "deployment", "deploy", true, true, true, "Deployment"},
    {"apps", "v1", "replicasets", "ReplicaSet", "replicaset", "rs", true, true, true, "ReplicaSet"},
    {"apps", "v1", "statefulsets", "StatefulSet", "statefulset", "sts", true, true, true, "StatefulSet"},
    {"autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "horizontalpodautoscaler", "hpa", true, false,
     true, "HorizontalPodAutoscaler"},
    {"batch", "v1", "cronjobs", "CronJob", "cronjob", "cj", true, true, true, "CronJob"},
    {"batch", "v1", "jobs", "Job", "job", "", true, true, true, "Job"},
    {"coordination.k8s.io", "v1", "leases", "Lease", "lease", "", true, false, false, "Lease"},
    {"discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", "endpointslice", "", true, true, false, "EndpointSlice"},
    {"networking.k8s.io", "v1", "ingressclasses", "IngressClass", "ingressclass", "", false, true, false, "IngressClass"},
    {"networking.k8s.io", "v1", "ingresses", "Ingress", "ingress", "ing", true, true, true, "Ingress"},
    {"networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", "networkpolicy", "netpol", true, true, false,
     "NetworkPolicy"},
    {"policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "poddisruptionbudget", "pdb", true, true, true,
     "PodDisruptionBudget"},
    {"rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", "clusterrolebinding", "", false, false,
     false, "ClusterRoleBinding"},
    {"rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", "clusterrole", "", false, false, false, "ClusterRole"},
    {"rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", "rolebinding", "", true, false, false, "RoleBinding"},
    {"rbac.authorization.k8s.io", "v1", "roles", "Role", "role", "", true, false, false, "Role"},
    {"scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", "priorityclass", "pc", false, true, false, "PriorityClass"},
    {"storage.k8s.io", "v1", "csidrivers", "CSIDriver", "csidriver", "", false, false, false, "CSIDriver"},
    {"storage.k8s.io", "v1", "storageclasses", "StorageClass", "storageclass", "sc", false, false, false, "StorageClass"},
    {"storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", "volumeattachment", "", false, false, true,
     "VolumeAttachment"},
    {"cloud.google.com", "v1", "backendconfigs", "BackendConfig", "backendconfig", "bc", true, true, false, "BackendConfig"},
    {"gateway.networking.k8s.io", "v1", "gatewayclasses", "GatewayClass", "gatewayclass", "gc", false, true, true,
     "GatewayClass"},
    {"gateway.networking.k8s.io", "v1", "gateways", "Gateway", "gateway", "gtw", true, true, true, "Gateway"},
    {"gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute", "httproute", "", true, true, true, "HTTPRoute"},
    {"monitoring.googleapis.com", "v1", "podmonitorings", "PodMonitoring", "podmonitoring", "pmon", true, true, true,
     "PodMonitoring"},
    {"networking.gke.io", "v1", "gcpbackendpolicies", "GCPBackendPolicy", "gcpbackendpolicy", "", true, true, true,
     "GCPBackendPolicy"},
    {"networking.gke.io", "v1", "gcpgatewaypolicies", "GCPGatewayPolicy", "gcpgatewaypolicy", "", true, true, true,
     "GCPGatewayPolicy"},
    {"networking.gke.io", "v1", "healthcheckpolicies", "HealthCheckPolicy", "healthcheckpolicy", "", true, true, true,
     "HealthCheckPolicy"},
    {"networking.gke.io", "v1", "managedcertificates", "ManagedCertificate", "managedcertificate", "mcrt", true, true, false,
     "ManagedCertificate"},
    {"networking.gke.io", "v1beta1", "frontendconfigs", "FrontendConfig", "frontendconfig", "", true, true, false,
     "FrontendConfig"},
    {"networking.gke.io", "v1beta1", "servicenetworkendpointgroups", "ServiceNetworkEndpointGroup",
     "servicenetworkendpointgroup", "svcneg", true, true, true, "ServiceNetworkEndpointGroup"},
    {"secrets-store.csi.x-k8s.io", "v1", "secretproviderclasses", "SecretProviderClass", "secretproviderclass", "", true, true,
     false, "SecretProviderClass"},
};

/* The tables stand in the program as they are, and are taken apart once. */
#define TABLE(symbol, file)                                                                                                    \
	__asm__(".pushsection .rodata\n" #symbol ":\n.incbin \"" CONTRACT_DIR "/" file "\"\n.byte 0\n" #symbol                 \
		"_end:\n.popsection\n");                                                                                       \
	extern const char symbol[]

TABLE(tbl_kubernetes, "kubernetes.tbl");
TABLE(tbl_gke, "gke.tbl");

static struct {
	struct kubernetes_type *types;
	size_t count, room;
	bool loaded;
} schema;

const struct kubernetes_resource *kubernetes_resource_at(size_t n)
{
	return n < sizeof resources / sizeof *resources ? &resources[n] : NULL;
}

const struct kubernetes_resource *kubernetes_resource_find(const char *group, const char *version, const char *plural)
{
	for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
		if (!strcmp(resources[i].group, group) && (!version || !strcmp(resources[i].version, version)) &&
		    !strcmp(resources[i].plural, plural))
			return &resources[i];
	return NULL;
}

static struct kubernetes_type *find_type(const char *name)
{
	for (size_t i = 0; i < schema.count; i++)
		if (!strcmp(schema.types[i].name, name))
			return &schema.types[i];
	return NULL;
}

/* "*[@Container" into a shape; the types it names are all known by then. */
static struct kubernetes_shape *read_shape(const char *code)
{
	static const struct {
		const char *code, *go;
		enum kubernetes_what what;
	} plain[] = {{"s", "string", KUBERNETES_STRING},
		     {"b", "bool", KUBERNETES_BOOLEAN},
		     {"i32", "int32", KUBERNETES_INTEGER},
		     {"i64", "int64", KUBERNETES_INTEGER},
		     {"f64", "float64", KUBERNETES_NUMBER},
		     {"time", "string", KUBERNETES_TIME},
		     {"microtime", "string", KUBERNETES_TIME},
		     {"quantity", "string", KUBERNETES_QUANTITY},
		     {"intstr", "int32", KUBERNETES_INT_OR_STRING},
		     {"bytes", "[]uint8", KUBERNETES_BYTES},
		     {"any", "interface", KUBERNETES_ANY}};
	struct kubernetes_shape *s = xcalloc(1, sizeof *s);
	s->pointer = *code == '*';
	code += s->pointer;
	if (*code == '[' || *code == '{') {
		s->of = read_shape(code + 1);
		s->what = *code == '[' ? KUBERNETES_LIST : KUBERNETES_MAP;
		s->go = xasprintf("%s%s", *code == '[' ? "[]" : "map[string]", s->of->go);
		return s;
	}
	if (*code == '@') {
		s->what = KUBERNETES_OBJECT;
		s->type = find_type(code + 1);
		s->go = xasprintf("v1.%s", strchr(code, '.') ? strchr(code, '.') + 1 : code + 1);
		s->atomic = s->type->atomic;
		return s;
	}
	const char *equals = strchr(code, '='), *kind = equals ? equals + 1 : code;
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (!strcmp(plain[i].code, kind)) {
			s->what = plain[i].what;
			s->go = equals ? xstrndup(code, (size_t)(equals - code)) : plain[i].go;
		}
	s->atomic = true;
	return s;
}

static void read_flags(struct kubernetes_field *f, const char *flags)
{
	for (const char *p = flags; *p; p += strcspn(p, ","), p += *p == ',') {
		const char *one = sim_tmp("%.*s", (int)strcspn(p, ","), p);
		if (!strcmp(one, "o"))
			f->omit_empty = true;
		else if (!strcmp(one, "!"))
			f->required = true;
		else if (!strcmp(one, "a"))
			f->shape->atomic = true;
		else if (!strcmp(one, "set"))
			f->shape->set = true;
		else if (text_starts(one, "k="))
			f->shape->keys = xstrdup(one + 2);
		else if (text_starts(one, "m="))
			f->merge_key = xstrdup(one + 2);
		else if (!strcmp(one, "m"))
			f->merges = true;
		else if (*one == '#')
			sscanf(one, "#%hhu.%hhu", &f->number[0], &f->number[1]);
		else if (text_starts(one, "d="))
			f->key_default = xstrdup(one + 2);
	}
}

/* Calls each line's parts; pass 0 makes the types, pass 1 their fields, so that a shape finds every type. */
static void read_table(const char *text, int pass)
{
	struct kubernetes_type *type = NULL;
	char name[64], code[80], flags[80];
	for (const char *p = strchr(text, '\n') + 1; *p; p = strchr(p, '\n') + 1) {
		if (*p == 's' && sscanf(p, "s %63s %79s", name, flags) == 2) {
			type = find_type(name);
			if (type)
				continue;
			schema.types = xgrow(schema.types, schema.count, &schema.room, sizeof *schema.types);
			schema.types[schema.count++] = (struct kubernetes_type){
			    .name = xstrdup(name), .atomic = *flags == 'a', .custom = *flags == 'c'};
		} else if (pass && sscanf(p, " %63s %79s %79s", name, code, flags) == 3) {
			type->fields = xgrow(type->fields, type->count, &type->room, sizeof *type->fields);
			struct kubernetes_field *f = &type->fields[type->count++];
			*f = (struct kubernetes_field){.name = xstrdup(name), .shape = read_shape(code)};
			read_flags(f, flags);
		}
	}
}

const struct kubernetes_type *kubernetes_type_find(const char *name)
{
	for (int pass = 0; !schema.loaded && pass < 2; pass++) {
		read_table(tbl_kubernetes, pass);
		read_table(tbl_gke, pass);
	}
	schema.loaded = true;
	return find_type(name);
}

const struct kubernetes_field *kubernetes_field(const struct kubernetes_type *type, const char *name)
{
	for (size_t i = 0; i < type->count; i++)
		if (!strcmp(type->fields[i].name, name))
			return &type->fields[i];
	return NULL;
}
