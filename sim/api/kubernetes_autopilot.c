/* What Autopilot makes of pods' specs, and what it does not let in. */
#include "config.h"
#include "sim/api/kubernetes_admission.h"

#include "sim/api/kubernetes_pods.h"
#include "sim/api/serving.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_MILLICPUS 30000
#define MOST_MEBIBYTES (110 * 1024)
/* GiB for a processor, at least and at most. */
#define LEAST_SHARE 1.0
#define MOST_SHARE 6.5

bool kubernetes_autopilot_manages(const char *ns)
{
	return !strcmp(ns, "kube-system") || !strcmp(ns, "kube-node-lease") || !strcmp(ns, "kube-public") ||
	       text_starts(ns, "gke-managed-") || text_starts(ns, "gmp-");
}

/* Resources. ---------------------------------------------------------------------------------------------------------------------- */
static bool counts(const cJSON *c, bool early)
{
	return !early || !strcmp(json_str(c, "restartPolicy", ""), "Always");
}

/* Gives the container what it does not ask for; true when there was any such. */
static bool default_container(cJSON *c, bool daemon)
{
	const char *const rows[][2] = {{"cpu", daemon ? "50m" : "500m"},
				       {"memory", daemon ? "100Mi" : "2Gi"},
				       {"ephemeral-storage", daemon ? "100Mi" : "1Gi"}};
	bool any = false;
	if (!json_at(c, "resources.requests"))
		json_put(c, "resources.requests", cJSON_CreateObject());
	for (size_t i = 0; i < 3; i++) {
		cJSON *requests = json_at(c, "resources.requests");
		const cJSON *limit = cJSON_GetObjectItemCaseSensitive(json_at(c, "resources.limits"), rows[i][0]);
		if (cJSON_HasObjectItem(requests, rows[i][0]))
			continue;
		any = any || (!limit && i < 2);
		cJSON_AddStringToObject(requests, rows[i][0], cJSON_IsString(limit) ? limit->valuestring : rows[i][1]);
	}
	if (!json_at(c, "resources.limits"))
		json_put(c, "resources.limits", cJSON_CreateObject());
	if (!cJSON_HasObjectItem(json_at(c, "resources.limits"), "ephemeral-storage"))
		cJSON_AddStringToObject(
		    json_at(c, "resources.limits"), "ephemeral-storage",
		    cJSON_GetObjectItemCaseSensitive(json_at(c, "resources.requests"), "ephemeral-storage")->valuestring);
	return any;
}

/* As quantities are written: "1Gi", "1536Mi". */
static const char *mebibytes_text(double n)
{
	long long whole = (long long)ceil(n);
	return whole % 1024 ? sim_tmp("%lldMi", whole) : sim_tmp("%lldGi", whole / 1024);
}

static const char *cpu_text(double n)
{
	long long whole = (long long)ceil(n);
	return whole % 1000 ? sim_tmp("%lldm", whole) : sim_tmp("%lld", whole / 1000);
}

static void raise(cJSON *c, const char *resource, double more)
{
	cJSON *requests = json_at(c, "resources.requests"), *limits = json_at(c, "resources.limits");
	bool cpu = !strcmp(resource, "cpu");
	const char *had = json_str(requests, resource, "0"),
		   *now = cpu ? cpu_text(kubernetes_cpu(had) + more) : mebibytes_text(kubernetes_mebibytes(had) + more);
	const cJSON *limit = cJSON_GetObjectItemCaseSensitive(limits, resource);
	bool too_low = cJSON_IsString(limit) && (cpu ? kubernetes_cpu(limit->valuestring) < kubernetes_cpu(now)
						     : kubernetes_mebibytes(limit->valuestring) < kubernetes_mebibytes(now));
	json_put_str(requests, resource, now);
	if (too_low)
		json_put_str(limits, resource, now);
}

static cJSON *resources_of(const cJSON *spec)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *c;
	cJSON_ArrayForEach(c, json_at(spec, "containers")) {
		cJSON *one = cJSON_CreateObject();
		const cJSON *l = json_at(c, "resources.limits"), *r = json_at(c, "resources.requests");
		if (l && l->child)
			json_put(one, "limits", cJSON_Duplicate(l, true));
		if (r && r->child)
			json_put(one, "requests", cJSON_Duplicate(r, true));
		json_put_str(one, "name", json_str(c, "name", ""));
		cJSON_AddItemToArray(list, one);
	}
	return list;
}

/* Together they ask for no less than there is, and memory in proportion. True when something was raised. */
static bool proportion(cJSON *spec)
{
	double cpu, memory;
	cJSON *first = json_at(spec, "containers.0");
	kubernetes_pod_requests(spec, &cpu, &memory);
	double least_cpu = fmax(50, memory / 1024 / MOST_SHARE * 1000),
	       least_memory = fmax(52, fmax(cpu, 50) / 1000 * 1024 * LEAST_SHARE);
	if (cpu < least_cpu)
		raise(first, "cpu", least_cpu - cpu);
	if (memory < least_memory)
		raise(first, "memory", least_memory - memory);
	return cpu < least_cpu || memory < least_memory;
}

static void secure(cJSON *spec)
{
	cJSON *c, *t;
	bool tolerates = false;
	if (!json_at(spec, "securityContext"))
		json_put(spec, "securityContext", cJSON_CreateObject());
	if (!json_at(spec, "securityContext.seccompProfile"))
		json_put(spec, "securityContext.seccompProfile", json_make("{'type':'RuntimeDefault'}"));
	cJSON_ArrayForEach(c, json_at(spec, "containers"))
		if (!json_at(c, "securityContext.capabilities.drop"))
			json_put(c, "securityContext.capabilities.drop", json_make("['NET_RAW']"));
	cJSON_ArrayForEach(t, json_at(spec, "tolerations"))
		tolerates = tolerates || !strcmp(json_str(t, "key", ""), "kubernetes.io/arch");
	if (!json_at(spec, "tolerations"))
		json_put(spec, "tolerations", cJSON_CreateArray());
	if (!tolerates)
		cJSON_AddItemToArray(
		    json_at(spec, "tolerations"),
		    json_make("{'key':'kubernetes.io/arch','operator':'Equal','value':'amd64','effect':'NoSchedule'}"));
}

static const cJSON *noted(const cJSON *note, const char *side, const char *container, const char *resource)
{
	const cJSON *c;
	cJSON_ArrayForEach(c, json_at(note, sim_tmp("%s.containers", side)))
		if (!strcmp(json_str(c, "name", ""), container))
			return cJSON_GetObjectItemCaseSensitive(json_at(c, "requests"), resource);
	return NULL;
}

/* What an earlier adjustment has put in, and nobody since, is no wish: it is taken out before the next. */
static void forget(const cJSON *doc, cJSON *spec)
{
	static const char *const resources[] = {"cpu", "memory", "ephemeral-storage"};
	cJSON *note = cJSON_Parse(kubernetes_annotation(doc, "autopilot.gke.io/resource-adjustment")), *c;
	cJSON_ArrayForEach(c, json_at(spec, "containers"))
		for (size_t i = 0; note && i < 3; i++) {
			const char *name = json_str(c, "name", "");
			const cJSON *was = noted(note, "input", name, resources[i]),
				    *put = noted(note, "output", name, resources[i]);
			cJSON *requests = json_at(c, "resources.requests"),
			      *now = cJSON_GetObjectItemCaseSensitive(requests, resources[i]);
			if (!was && cJSON_IsString(put) && cJSON_IsString(now) && !strcmp(put->valuestring, now->valuestring))
				cJSON_DeleteItemFromObjectCaseSensitive(requests, resources[i]);
		}
	cJSON_Delete(note);
}

char *kubernetes_autopilot_adjust(const char *kind, cJSON *doc)
{
	static const char *const lists[] = {"initContainers", "containers"};
	cJSON *spec = kubernetes_pod_spec(kind, doc), *c;
	struct buf names = {0};
	if (!spec || !json_at(spec, "containers.0"))
		return NULL;
	forget(doc, spec);
	cJSON *input = resources_of(spec);
	bool daemon = !strcmp(kind, "DaemonSet");
	for (size_t i = 0; i < 2; i++)
		cJSON_ArrayForEach(c, json_at(spec, lists[i]))
			if (counts(c, i == 0) && default_container(c, daemon))
				buf_printf(&names, "%s%s", names.len ? ", " : "", json_str(c, "name", ""));
	bool raised = !daemon && proportion(spec);
	secure(spec);
	cJSON *output = resources_of(spec);
	const char *said =
	    names.len ? sim_tmp("defaulted unspecified resources for containers [%s] (see http://g.co/gke/autopilot-defaults).",
				buf_text(&names))
	    : raised
		? sim_tmp(
		      "adjusted resources to meet requirements for containers [%s] (see http://g.co/gke/autopilot-resources).",
		      json_str(spec, "containers.0.name", ""))
		: NULL;
	if (!json_equal(input, output)) {
		cJSON *note = json_make("{'input':{'containers':%j},'output':{'containers':%j},'modified':true}", input,
					output);
		char *text = json_text(note, -1);
		kubernetes_annotate(doc, "autopilot.gke.io/resource-adjustment", text);
		free(text);
		cJSON_Delete(note);
	} else {
		cJSON_Delete(input);
		cJSON_Delete(output);
	}
	kubernetes_annotate(doc, "autopilot.gke.io/warden-version", "33.84.0");
	buf_free(&names);
	return said ? xasprintf("autopilot-default-resources-mutator:%s %s/%s: %s", kind,
				json_str(doc, "metadata.namespace", ""), json_str(doc, "metadata.name", ""), said)
		    : NULL;
}

/* Refusals. ----------------------------------------------------------------------------------------------------------------------- */
static void deny(cJSON *all, const char *rule, const char *text)
{
	const char *key = sim_tmp("[denied by %s]", rule);
	cJSON *list = cJSON_GetObjectItemCaseSensitive(all, key);
	if (!list)
		cJSON_AddItemToObject(all, key, list = cJSON_CreateArray());
	cJSON_AddItemToArray(list, cJSON_CreateString(text));
}

static bool capability_is_fine(const char *name)
{
	static const char *const fine[] = {"AUDIT_WRITE", "CHOWN",   "DAC_OVERRIDE",     "FOWNER",     "FSETID",
					   "KILL",        "MKNOD",   "NET_BIND_SERVICE", "NET_RAW",    "SETFCAP",
					   "SETGID",      "SETPCAP", "SETUID",           "SYS_CHROOT", "SYS_PTRACE"};
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
		if (!strcmp(fine[i], name))
			return true;
	return false;
}

static void check_container(cJSON *all, const cJSON *c)
{
	const cJSON *a, *p;
	const char *name = json_str(c, "name", "");
	if (json_bool(c, "securityContext.privileged", false))
		deny(all, "autogke-disallow-privilege", sim_tmp("container %s is privileged; not allowed in Autopilot", name));
	cJSON_ArrayForEach(a, json_at(c, "securityContext.capabilities.add"))
		if (!capability_is_fine(a->valuestring))
			deny(all, "autogke-default-linux-capabilities",
			     sim_tmp("linux capability '%s' on container '%s' not allowed; Autopilot only allows the "
				     "capabilities: 'AUDIT_WRITE,CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,MKNOD,"
				     "NET_BIND_SERVICE,NET_RAW,SETFCAP,SETGID,SETPCAP,SETUID,SYS_CHROOT,SYS_PTRACE'.",
				     a->valuestring, name));
	cJSON_ArrayForEach(p, json_at(c, "ports"))
		if (json_num(p, "hostPort", 0) > 0)
			deny(all, "autogke-disallow-hostport",
			     sim_tmp("container %s specifies host ports [%d], which are disallowed in Autopilot.", name,
				     (int)json_num(p, "hostPort", 0)));
}

char *kubernetes_autopilot_violations(const cJSON *spec, const char *kind, const char *name)
{
	static const char *const lists[] = {"initContainers", "containers"}, *const namespaces[] = {"hostNetwork", "hostPID",
												    "hostIPC"};
	cJSON *all = cJSON_CreateObject();
	const cJSON *c, *v;
	double cpu, memory;
	for (size_t i = 0; i < 2; i++)
		cJSON_ArrayForEach(c, json_at(spec, lists[i]))
			check_container(all, c);
	for (size_t i = 0; i < 3; i++)
		if (json_bool(spec, namespaces[i], false))
			deny(all, "autogke-disallow-hostnamespaces",
			     sim_tmp("enabling %s is not allowed in Autopilot.", namespaces[i]));
	cJSON_ArrayForEach(v, json_at(spec, "volumes")) {
		const char *path = json_str(v, "hostPath.path", NULL);
		if (path && !text_starts(path, "/var/log"))
			deny(all, "autogke-no-write-mode-hostpath",
			     sim_tmp("hostPath volume %s uses path %s which is not allowed in Autopilot. Allowed path prefixes "
				     "for hostPath volumes are: [/var/log/].",
				     json_str(v, "name", ""), path));
	}
	kubernetes_pod_requests(spec, &cpu, &memory);
	if (cpu > MOST_MILLICPUS)
		deny(all, "autogke-pod-limit-constraints",
		     sim_tmp("workload '%s' cpu requests '%.0fm' exceeds the Autopilot maximum of '%dm'.", name, cpu,
			     MOST_MILLICPUS));
	if (memory > MOST_MEBIBYTES)
		deny(all, "autogke-pod-limit-constraints",
		     sim_tmp("workload '%s' memory requests '%.0fMi' exceeds the Autopilot maximum of '%dMi'.", name, memory,
			     MOST_MEBIBYTES));
	(void)kind;
	char *text = all->child ? json_text(all, -1) : NULL;
	cJSON_Delete(all);
	return text;
}
