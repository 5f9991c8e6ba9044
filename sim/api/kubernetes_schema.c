/* The objects of a cluster that are known here: resources, and their fields with what owning them means (lists by key, atomic parts), after
 * the API reference of Kubernetes 1.35 and the custom resources of GKE. */
#include "config.h"

#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kubernetes_resource resources[] = {
	{"", "v1", "namespaces", "Namespace", "namespace", "ns", false, false, true, false, "Namespace"},
	{"", "v1", "serviceaccounts", "ServiceAccount", "serviceaccount", "sa", true, false, false, false, "ServiceAccount"},
	{"", "v1", "secrets", "Secret", "secret", "", true, false, false, false, "Secret"},
	{"", "v1", "configmaps", "ConfigMap", "configmap", "cm", true, false, false, false, "ConfigMap"},
	{"", "v1", "services", "Service", "service", "svc", true, false, true, false, "Service"},
	{"", "v1", "pods", "Pod", "pod", "po", true, false, true, false, "Pod"},
	{"", "v1", "events", "Event", "event", "ev", true, false, false, true, NULL},
	{"", "v1", "endpoints", "Endpoints", "endpoints", "ep", true, false, false, true, NULL},
	{"", "v1", "nodes", "Node", "node", "no", false, false, true, true, NULL},
	{"", "v1", "limitranges", "LimitRange", "limitrange", "limits", true, false, false, true, NULL},
	{"", "v1", "resourcequotas", "ResourceQuota", "resourcequota", "quota", true, false, true, true, NULL},
	{"", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", "persistentvolumeclaim", "pvc", true, false, true, false, NULL},
	{"apps", "v1", "deployments", "Deployment", "deployment", "deploy", true, true, true, false, "Deployment"},
	{"apps", "v1", "replicasets", "ReplicaSet", "replicaset", "rs", true, true, true, true, NULL},
	{"batch", "v1", "jobs", "Job", "job", "", true, true, true, false, "Job"},
	{"batch", "v1", "cronjobs", "CronJob", "cronjob", "cj", true, true, true, false, "CronJob"},
	{"discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", "endpointslice", "", true, false, false, true, NULL},
	{"networking.k8s.io", "v1", "ingresses", "Ingress", "ingress", "ing", true, true, true, false, "Ingress"},
	{"networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", "networkpolicy", "netpol", true, true, false, false, "NetworkPolicy"},
	{"policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "poddisruptionbudget", "pdb", true, true, true, false, "PodDisruptionBudget"},
	{"cloud.google.com", "v1", "backendconfigs", "BackendConfig", "backendconfig", "", true, true, false, false, "BackendConfig"},
	{"networking.gke.io", "v1", "managedcertificates", "ManagedCertificate", "managedcertificate", "mcrt", true, true, true, false,
	 "ManagedCertificate"},
	{"networking.gke.io", "v1beta1", "frontendconfigs", "FrontendConfig", "frontendconfig", "", true, true, false, false, "FrontendConfig"},
};

/* s text, i integer, b truth, x anything; m map of texts; ! after an object or a map: owned as a whole; [T] list owned as a whole, [T]k,l list
 * by keys, {s} set; <T> map of T. */
static const struct {
	const char *name, *fields;
} types[] = {
	{"ObjectMeta", "name:s generateName:s namespace:s selfLink:s uid:s resourceVersion:s generation:i creationTimestamp:s deletionTimestamp:s "
		       "deletionGracePeriodSeconds:i labels:m annotations:m ownerReferences:[OwnerReference]uid finalizers:{s} managedFields:x"},
	{"OwnerReference", "apiVersion:s kind:s name:s uid:s controller:b blockOwnerDeletion:b"},
	{"Namespace", "apiVersion:s kind:s metadata:ObjectMeta spec:NamespaceSpec status:x"},
	{"NamespaceSpec", "finalizers:[s]"},
	{"ServiceAccount", "apiVersion:s kind:s metadata:ObjectMeta secrets:[ObjectReference]name imagePullSecrets:[LocalObjectReference]name "
			   "automountServiceAccountToken:b"},
	{"ObjectReference", "kind:s namespace:s name:s uid:s apiVersion:s resourceVersion:s fieldPath:s"},
	{"LocalObjectReference", "name:s"},
	{"Secret", "apiVersion:s kind:s metadata:ObjectMeta data:m stringData:m type:s immutable:b"},
	{"ConfigMap", "apiVersion:s kind:s metadata:ObjectMeta data:m binaryData:m immutable:b"},
	{"Service", "apiVersion:s kind:s metadata:ObjectMeta spec:ServiceSpec status:x"},
	{"ServiceSpec", "ports:[ServicePort]port,protocol selector:m! clusterIP:s clusterIPs:[s] type:s externalIPs:[s] sessionAffinity:s "
			"loadBalancerIP:s loadBalancerSourceRanges:[s] externalName:s externalTrafficPolicy:s healthCheckNodePort:i "
			"publishNotReadyAddresses:b sessionAffinityConfig:x ipFamilies:[s] ipFamilyPolicy:s allocateLoadBalancerNodePorts:b "
			"loadBalancerClass:s internalTrafficPolicy:s trafficDistribution:s"},
	{"ServicePort", "name:s protocol:s appProtocol:s port:i targetPort:x nodePort:i"},
	{"Deployment", "apiVersion:s kind:s metadata:ObjectMeta spec:DeploymentSpec status:x"},
	{"DeploymentSpec", "replicas:i selector:LabelSelector! template:PodTemplateSpec strategy:DeploymentStrategy minReadySeconds:i "
			   "revisionHistoryLimit:i paused:b progressDeadlineSeconds:i"},
	{"DeploymentStrategy", "type:s rollingUpdate:RollingUpdate"},
	{"RollingUpdate", "maxUnavailable:x maxSurge:x"},
	{"LabelSelector", "matchLabels:m matchExpressions:[LabelSelectorRequirement]"},
	{"LabelSelectorRequirement", "key:s operator:s values:[s]"},
	{"PodTemplateSpec", "metadata:ObjectMeta spec:PodSpec"},
	{"Pod", "apiVersion:s kind:s metadata:ObjectMeta spec:PodSpec status:x"},
	{"PodSpec", "volumes:[Volume]name initContainers:[Container]name containers:[Container]name ephemeralContainers:[Container]name "
		    "restartPolicy:s terminationGracePeriodSeconds:i activeDeadlineSeconds:i dnsPolicy:s nodeSelector:m! serviceAccountName:s "
		    "serviceAccount:s automountServiceAccountToken:b nodeName:s hostNetwork:b hostPID:b hostIPC:b shareProcessNamespace:b "
		    "securityContext:PodSecurityContext imagePullSecrets:[LocalObjectReference]name hostname:s subdomain:s affinity:x "
		    "schedulerName:s tolerations:[Toleration] hostAliases:[HostAlias]ip priorityClassName:s priority:i dnsConfig:x readinessGates:[x] "
		    "runtimeClassName:s enableServiceLinks:b preemptionPolicy:s overhead:m topologySpreadConstraints:[TopologySpreadConstraint]"
		    "topologyKey,whenUnsatisfiable setHostnameAsFQDN:b os:x hostUsers:b schedulingGates:[LocalObjectReference]name resourceClaims:[x] "
		    "resources:ResourceRequirements"},
	{"Toleration", "key:s operator:s value:s effect:s tolerationSeconds:i"},
	{"HostAlias", "ip:s hostnames:[s]"},
	{"TopologySpreadConstraint", "maxSkew:i topologyKey:s whenUnsatisfiable:s labelSelector:LabelSelector! minDomains:i nodeAffinityPolicy:s "
				     "nodeTaintsPolicy:s matchLabelKeys:[s]"},
	{"PodSecurityContext", "seLinuxOptions:x windowsOptions:x runAsUser:i runAsGroup:i runAsNonRoot:b supplementalGroups:[i] "
			       "supplementalGroupsPolicy:s fsGroup:i sysctls:[x] fsGroupChangePolicy:s seccompProfile:SeccompProfile "
			       "appArmorProfile:SeccompProfile seLinuxChangePolicy:s"},
	{"SeccompProfile", "type:s localhostProfile:s"},
	{"SecurityContext", "capabilities:Capabilities privileged:b seLinuxOptions:x windowsOptions:x runAsUser:i runAsGroup:i runAsNonRoot:b "
			    "readOnlyRootFilesystem:b allowPrivilegeEscalation:b procMount:s seccompProfile:SeccompProfile "
			    "appArmorProfile:SeccompProfile"},
	{"Capabilities", "add:[s] drop:[s]"},
	{"Container", "name:s image:s command:[s] args:[s] workingDir:s ports:[ContainerPort]containerPort,protocol envFrom:[EnvFromSource] "
		      "env:[EnvVar]name resources:ResourceRequirements resizePolicy:[x] restartPolicy:s volumeMounts:[VolumeMount]mountPath "
		      "volumeDevices:[VolumeDevice]devicePath livenessProbe:Probe readinessProbe:Probe startupProbe:Probe lifecycle:x "
		      "terminationMessagePath:s terminationMessagePolicy:s imagePullPolicy:s securityContext:SecurityContext stdin:b stdinOnce:b tty:b"},
	{"ContainerPort", "name:s hostPort:i containerPort:i protocol:s hostIP:s"},
	{"EnvFromSource", "prefix:s configMapRef:OptionalReference secretRef:OptionalReference"},
	{"OptionalReference", "name:s optional:b"},
	{"EnvVar", "name:s value:s valueFrom:EnvVarSource"},
	{"EnvVarSource", "fieldRef:FieldReference! resourceFieldRef:x configMapKeyRef:KeyReference! secretKeyRef:KeyReference!"},
	{"FieldReference", "apiVersion:s fieldPath:s"},
	{"KeyReference", "name:s key:s optional:b"},
	{"ResourceRequirements", "limits:m requests:m claims:[LocalObjectReference]name"},
	{"VolumeMount", "name:s readOnly:b recursiveReadOnly:s mountPath:s subPath:s mountPropagation:s subPathExpr:s"},
	{"VolumeDevice", "name:s devicePath:s"},
	{"Probe", "exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction grpc:GRPCAction initialDelaySeconds:i timeoutSeconds:i "
		  "periodSeconds:i successThreshold:i failureThreshold:i terminationGracePeriodSeconds:i"},
	{"ExecAction", "command:[s]"},
	{"HTTPGetAction", "path:s port:x host:s scheme:s httpHeaders:[HTTPHeader]"},
	{"HTTPHeader", "name:s value:s"},
	{"TCPSocketAction", "port:x host:s"},
	{"GRPCAction", "port:i service:s"},
	{"Volume", "name:s hostPath:x emptyDir:EmptyDir gcePersistentDisk:x secret:SecretVolume nfs:x persistentVolumeClaim:ClaimVolume downwardAPI:x "
		   "configMap:ConfigMapVolume projected:x csi:x ephemeral:x image:x"},
	{"EmptyDir", "medium:s sizeLimit:x"},
	{"SecretVolume", "secretName:s items:[KeyToPath] defaultMode:i optional:b"},
	{"ConfigMapVolume", "name:s items:[KeyToPath] defaultMode:i optional:b"},
	{"KeyToPath", "key:s path:s mode:i"},
	{"ClaimVolume", "claimName:s readOnly:b"},
	{"Job", "apiVersion:s kind:s metadata:ObjectMeta spec:JobSpec status:x"},
	{"JobSpec", "parallelism:i completions:i activeDeadlineSeconds:i podFailurePolicy:x successPolicy:x backoffLimit:i backoffLimitPerIndex:i "
		    "maxFailedIndexes:i selector:LabelSelector! manualSelector:b template:PodTemplateSpec ttlSecondsAfterFinished:i completionMode:s "
		    "suspend:b podReplacementPolicy:s managedBy:s"},
	{"CronJob", "apiVersion:s kind:s metadata:ObjectMeta spec:CronJobSpec status:x"},
	{"CronJobSpec", "schedule:s timeZone:s startingDeadlineSeconds:i concurrencyPolicy:s suspend:b jobTemplate:JobTemplateSpec "
			"successfulJobsHistoryLimit:i failedJobsHistoryLimit:i"},
	{"JobTemplateSpec", "metadata:ObjectMeta spec:JobSpec"},
	{"Ingress", "apiVersion:s kind:s metadata:ObjectMeta spec:IngressSpec status:x"},
	{"IngressSpec", "ingressClassName:s defaultBackend:IngressBackend tls:[IngressTLS] rules:[IngressRule]"},
	{"IngressBackend", "service:IngressServiceBackend resource:x"},
	{"IngressServiceBackend", "name:s port:IngressServicePort"},
	{"IngressServicePort", "name:s number:i"},
	{"IngressTLS", "hosts:[s] secretName:s"},
	{"IngressRule", "host:s http:IngressRuleValue"},
	{"IngressRuleValue", "paths:[IngressPath]"},
	{"IngressPath", "path:s pathType:s backend:IngressBackend"},
	{"NetworkPolicy", "apiVersion:s kind:s metadata:ObjectMeta spec:NetworkPolicySpec"},
	{"NetworkPolicySpec", "podSelector:LabelSelector! ingress:[NetworkPolicyRule] egress:[NetworkPolicyRule] policyTypes:[s]"},
	{"NetworkPolicyRule", "ports:[NetworkPolicyPort] from:[NetworkPolicyPeer] to:[NetworkPolicyPeer]"},
	{"NetworkPolicyPort", "protocol:s port:x endPort:i"},
	{"NetworkPolicyPeer", "podSelector:LabelSelector namespaceSelector:LabelSelector ipBlock:IPBlock"},
	{"IPBlock", "cidr:s except:[s]"},
	{"PodDisruptionBudget", "apiVersion:s kind:s metadata:ObjectMeta spec:PodDisruptionBudgetSpec status:x"},
	{"PodDisruptionBudgetSpec", "minAvailable:x selector:LabelSelector! maxUnavailable:x unhealthyPodEvictionPolicy:s"},
	{"BackendConfig", "apiVersion:s kind:s metadata:ObjectMeta spec:BackendConfigSpec status:x"},
	{"BackendConfigSpec", "iap:IAPConfig cdn:x securityPolicy:x timeoutSec:i connectionDraining:DrainingConfig sessionAffinity:x "
			      "customRequestHeaders:x customResponseHeaders:x healthCheck:HealthCheckConfig logging:x"},
	{"IAPConfig", "enabled:b oauthclientCredentials:OAuthCredentials"},
	{"OAuthCredentials", "clientID:s clientSecret:s secretName:s"},
	{"DrainingConfig", "drainingTimeoutSec:i"},
	{"HealthCheckConfig", "checkIntervalSec:i timeoutSec:i healthyThreshold:i unhealthyThreshold:i type:s port:i requestPath:s"},
	{"FrontendConfig", "apiVersion:s kind:s metadata:ObjectMeta spec:FrontendConfigSpec status:x"},
	{"FrontendConfigSpec", "sslPolicy:s redirectToHttps:RedirectConfig"},
	{"RedirectConfig", "enabled:b responseCodeName:s"},
	{"ManagedCertificate", "apiVersion:s kind:s metadata:ObjectMeta spec:ManagedCertificateSpec status:x"},
	{"ManagedCertificateSpec", "domains:[s]"},
};

const struct kubernetes_resource *kubernetes_resource_at(size_t n)
{
	return n < sizeof resources / sizeof *resources ? &resources[n] : NULL;
}

const struct kubernetes_resource *kubernetes_resource_find(const char *group, const char *version, const char *plural)
{
	for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
		if (!strcmp(resources[i].group, group) && !strcmp(resources[i].version, version) && !strcmp(resources[i].plural, plural))
			return &resources[i];
	return NULL;
}

static const char *fields_of(const char *type)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(types[i].name, type))
			return types[i].fields;
	return NULL;
}

static void read_code(const char *p, struct kubernetes_field *out)
{
	size_t len = strcspn(p, " ");
	*out = (struct kubernetes_field){0};
	if (*p == '[') {
		const char *close = memchr(p, ']', len);
		out->what = KUBERNETES_LIST;
		snprintf(out->type, sizeof out->type, "%.*s", (int)(close - p - 1), p + 1);
		snprintf(out->keys, sizeof out->keys, "%.*s", (int)(p + len - close - 1), close + 1);
		out->atomic = !*out->keys;
	} else if (*p == '{') {
		out->what = KUBERNETES_LIST;
		out->set = true;
		strcpy(out->type, "s");
	} else if (*p == 'm' && (len == 1 || p[1] == '!')) {
		out->what = KUBERNETES_MAP;
		out->atomic = len > 1;
	} else if (len == 1) {
		out->what = *p == 's' ? KUBERNETES_STRING : *p == 'i' ? KUBERNETES_INTEGER : *p == 'b' ? KUBERNETES_BOOLEAN : KUBERNETES_ANY;
		out->atomic = true;
	} else {
		out->what = KUBERNETES_OBJECT;
		out->atomic = p[len - 1] == '!';
		snprintf(out->type, sizeof out->type, "%.*s", (int)(len - out->atomic), p);
	}
}

bool kubernetes_field(const char *type, const char *name, struct kubernetes_field *out)
{
	const char *fields = type && *type ? fields_of(type) : NULL;
	size_t len = strlen(name);
	if (!fields) {
		*out = (struct kubernetes_field){.what = KUBERNETES_ANY, .atomic = true};
		return true;
	}
	for (const char *p = fields; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (!strncmp(p, name, len) && p[len] == ':') {
			read_code(p + len + 1, out);
			return true;
		}
	return false;
}

/* Checking. -------------------------------------------------------------------------------------------------------------- */
static char *check_value(const struct kubernetes_field *f, const cJSON *v, const char *path, bool *wrong);

static char *check_object(const char *type, const cJSON *doc, const char *path, bool *wrong)
{
	const cJSON *item;
	char *why = NULL;
	if (!fields_of(type))
		return NULL;
	cJSON_ArrayForEach(item, doc) {
		struct kubernetes_field f;
		char *at = xasprintf("%s%s%s", path, *path ? "." : "", item->string);
		if (!kubernetes_field(type, item->string, &f)) {
			why = xasprintf("unknown field \"%s\"", at);
			*wrong = false;
		} else if (!cJSON_IsNull(item)) {
			why = check_value(&f, item, at, wrong);
		}
		free(at);
		if (why)
			break;
	}
	return why;
}

static char *check_value(const struct kubernetes_field *f, const cJSON *v, const char *path, bool *wrong)
{
	static const char *const go[] = {"", "string", "int32", "bool", "struct", "map[string]string", "[]"};
	bool fits = f->what == KUBERNETES_ANY || (f->what == KUBERNETES_STRING && cJSON_IsString(v)) ||
		    (f->what == KUBERNETES_INTEGER && cJSON_IsNumber(v)) || (f->what == KUBERNETES_BOOLEAN && cJSON_IsBool(v)) ||
		    (f->what == KUBERNETES_OBJECT && cJSON_IsObject(v)) || (f->what == KUBERNETES_MAP && cJSON_IsObject(v)) ||
		    (f->what == KUBERNETES_LIST && cJSON_IsArray(v));
	*wrong = true;
	if (!fits)
		return xasprintf("json: cannot unmarshal %s into Go struct field .%s of type %s",
				 cJSON_IsString(v) ? "string" : cJSON_IsNumber(v) ? "number" : cJSON_IsBool(v) ? "bool" : cJSON_IsArray(v) ? "array" : "object",
				 path, go[f->what]);
	if (f->what == KUBERNETES_OBJECT)
		return check_object(f->type, v, path, wrong);
	const cJSON *list = f->what == KUBERNETES_LIST ? v : NULL, *item;
	int i = 0;
	cJSON_ArrayForEach(item, list) {
		char *at = xasprintf("%s[%d]", path, i++), *why = cJSON_IsObject(item) ? check_object(f->type, item, at, wrong) : NULL;
		free(at);
		if (why)
			return why;
	}
	return NULL;
}

char *kubernetes_check_fields(const char *type, const cJSON *doc, bool *wrong_type)
{
	return type ? check_object(type, doc, "", wrong_type) : NULL;
}
