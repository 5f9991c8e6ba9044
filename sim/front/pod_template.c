/* A pod as its containers find themselves: variables and files from Secrets and ConfigMaps, services' variables, whom Google takes it for. */
#include "config.h"
#include "sim/front/pod.h"

#include "sim/api/compute.h"
#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_access.h"
#include "sim/api/kubernetes_elsewhere.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define OBJECTS "kubernetes.objects"

struct pod {
	struct sim *sim;
	const struct sim_object *cluster;
	const char *ns, *project;
	const cJSON *spec;
};

static const struct sim_object *named(const struct pod *p, const char *plural, const char *name)
{
	char *key = kubernetes_key(p->cluster->key, kubernetes_resource_find("", "v1", plural), p->ns, name);
	const struct sim_object *o = sim_get(p->sim, OBJECTS, key);
	free(key);
	return o;
}

/* A key of a Secret or ConfigMap, for the caller to free. */
static char *value_in(const struct sim_object *o, bool secret, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(json_at(o->doc, "data"), key);
	if (!cJSON_IsString(v))
		return NULL;
	if (!secret)
		return xstrdup(v->valuestring);
	char *plain = xcalloc(1, strlen(v->valuestring) + 1);
	plain[sim_unbase64(v->valuestring, plain, strlen(v->valuestring))] = '\0';
	return plain;
}

static void broken(cJSON *out, const char *reason, const char *why)
{
	if (json_at(out, "broken"))
		return;
	json_put_str(out, "broken", why);
	json_put_str(out, "brokenReason", reason);
}

/* Environment. -------------------------------------------------------------------------------------------------------------- */
static const char *known(const cJSON *env, const char *name)
{
	const char *found = NULL;
	for (const cJSON *e = env->child; e; e = e->next)
		if (!strcmp(json_str(e, "name", ""), name))
			found = json_str(e, "value", "");
	return found;
}

/* $(NAME) of what stands before it; $$ is a dollar; an unknown one stays as it is. */
static const char *expanded(const cJSON *env, const char *text)
{
	struct buf b = {0};
	while (*text) {
		const char *end = text[0] == '$' && text[1] == '(' ? strchr(text, ')') : NULL;
		const char *value = end ? known(env, sim_tmp("%.*s", (int)(end - text - 2), text + 2)) : NULL;
		if (value) {
			buf_puts(&b, value);
			text = end + 1;
			continue;
		}
		text += text[0] == '$' && text[1] == '$';
		buf_putc(&b, *text++);
	}
	const char *kept = sim_tmp("%s", buf_text(&b));
	buf_free(&b);
	return kept;
}

static void add(cJSON *env, const char *name, const char *value)
{
	cJSON_AddItemToArray(env, json_make("{'name':%s,'value':%s}", name, value));
}

/* Of every service of the namespace, unless enableServiceLinks is off: MLFLOW_PORT=tcp://... for one that is called mlflow. */
static void service_links(const struct pod *p, cJSON *env)
{
	char *prefix = kubernetes_key(p->cluster->key, kubernetes_resource_find("", "v1", "services"), p->ns, "");
	for (struct sim_object *o = sim_first(p->sim, OBJECTS, prefix); o; o = sim_following(p->sim, o, prefix)) {
		const char *ip = json_str(o->doc, "spec.clusterIP", "");
		char *name = xstrdup(json_str(o->doc, "metadata.name", ""));
		for (char *c = name; *c; c++)
			*c = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
		int port = (int)json_num(o->doc, "spec.ports.0.port", 0);
		if (strcmp(ip, "None") && port) {
			ip = *ip ? ip : "34.118.224.10";
			add(env, sim_tmp("%s_SERVICE_HOST", name), ip);
			add(env, sim_tmp("%s_SERVICE_PORT", name), sim_tmp("%d", port));
			add(env, sim_tmp("%s_PORT", name), sim_tmp("tcp://%s:%d", ip, port));
		}
		free(name);
	}
	free(prefix);
}

static void from_whole(const struct pod *p, const cJSON *from, cJSON *env, cJSON *out)
{
	bool secret = json_at(from, "secretRef") != NULL;
	const cJSON *ref = json_at(from, secret ? "secretRef" : "configMapRef");
	const struct sim_object *o = named(p, secret ? "secrets" : "configmaps", json_str(ref, "name", ""));
	if (!o && !json_bool(ref, "optional", false))
		broken(out, "CreateContainerConfigError",
		       sim_tmp("%s \"%s\" not found", secret ? "secret" : "configmap", json_str(ref, "name", "")));
	const cJSON *data = o ? json_at(o->doc, "data") : NULL;
	for (const cJSON *d = data ? data->child : NULL; d; d = d->next) {
		char *value = value_in(o, secret, d->string);
		add(env, sim_tmp("%s%s", json_str(from, "prefix", ""), d->string), value);
		free(value);
	}
}

static void from_key(const struct pod *p, const cJSON *e, cJSON *env, cJSON *out)
{
	bool secret = json_at(e, "valueFrom.secretKeyRef") != NULL;
	const cJSON *ref = json_at(e, secret ? "valueFrom.secretKeyRef" : "valueFrom.configMapKeyRef");
	const char *name = json_str(ref, "name", ""), *key = json_str(ref, "key", "");
	const struct sim_object *o = ref ? named(p, secret ? "secrets" : "configmaps", name) : NULL;
	char *value = o ? value_in(o, secret, key) : NULL;
	if (value)
		add(env, json_str(e, "name", ""), value);
	else if (ref && !json_bool(ref, "optional", false))
		broken(out, "CreateContainerConfigError",
		       o ? sim_tmp("couldn't find key %s in %s %s/%s", key, secret ? "Secret" : "ConfigMap", p->ns, name)
			 : sim_tmp("%s \"%s\" not found", secret ? "secret" : "configmap", name));
	free(value);
}

static void environment(const struct pod *p, const cJSON *k, cJSON *out)
{
	cJSON *env = cJSON_CreateArray();
	const cJSON *from, *e;
	if (json_bool(p->spec, "enableServiceLinks", true))
		service_links(p, env);
	cJSON_ArrayForEach(from, json_at(k, "envFrom"))
		from_whole(p, from, env, out);
	cJSON_ArrayForEach(e, json_at(k, "env")) {
		if (json_at(e, "valueFrom"))
			from_key(p, e, env, out);
		else
			add(env, json_str(e, "name", ""), expanded(env, json_str(e, "value", "")));
	}
	json_put(out, "env", env);
}

/* Volumes. ------------------------------------------------------------------------------------------------------------------ */
static cJSON *files_of(const struct pod *p, const cJSON *source, bool secret, const char *name, const char *volume, cJSON *out)
{
	const struct sim_object *o = named(p, secret ? "secrets" : "configmaps", name);
	const cJSON *items = json_at(source, "items"), *data = o ? json_at(o->doc, "data") : NULL, *i;
	cJSON *files = cJSON_CreateObject();
	if (!o && !json_bool(source, "optional", false))
		broken(out, "ContainerCreating",
		       sim_tmp("MountVolume.SetUp failed for volume \"%s\" : %s \"%s\" not found", volume,
			       secret ? "secret" : "configmap", name));
	for (const cJSON *d = items || !data ? NULL : data->child; d; d = d->next) {
		char *value = value_in(o, secret, d->string);
		cJSON_AddStringToObject(files, d->string, value);
		free(value);
	}
	cJSON_ArrayForEach(i, (o ? items : NULL)) {
		char *value = value_in(o, secret, json_str(i, "key", ""));
		if (value)
			cJSON_AddStringToObject(files, json_str(i, "path", ""), value);
		else
			broken(out, "ContainerCreating",
			       sim_tmp("MountVolume.SetUp failed for volume \"%s\" : references non-existent %s key: %s",
				       volume, secret ? "secret" : "config", json_str(i, "key", "")));
		free(value);
	}
	return files;
}

/* A token of the pod's service account, as a projected volume has it. */
static void put_token(const struct pod *p, const cJSON *source, cJSON *files)
{
	const struct sim_object *account = named(p, "serviceaccounts", json_str(p->spec, "serviceAccountName", "default"));
	cJSON *audiences = json_make("[%s]", json_str(source, "audience", ""));
	char *token = account ? kubernetes_account_token(p->sim, p->cluster, account->doc, audiences,
							 json_num(source, "expirationSeconds", 3600))
			      : NULL;
	if (token)
		cJSON_AddStringToObject(files, json_str(source, "path", ""), token);
	cJSON_Delete(audiences);
	free(token);
}

static cJSON *projected(const struct pod *p, const cJSON *v, cJSON *out)
{
	cJSON *files = cJSON_CreateObject(), *some, *one;
	const cJSON *source;
	cJSON_ArrayForEach(source, json_at(v, "projected.sources")) {
		const cJSON *map = json_at(source, "configMap"), *secret = json_at(source, "secret");
		if (json_at(source, "serviceAccountToken"))
			put_token(p, json_at(source, "serviceAccountToken"), files);
		if (!map && !secret)
			continue;
		some = files_of(p, map ? map : secret, !map, json_str(map ? map : secret, "name", ""), json_str(v, "name", ""),
				out);
		while ((one = some->child)) {
			cJSON_DetachItemViaPointer(some, one);
			cJSON_AddItemToObject(files, one->string, one);
		}
		cJSON_Delete(some);
	}
	return files;
}

static cJSON *volumes(const struct pod *p, cJSON *out)
{
	cJSON *all = cJSON_CreateArray();
	const cJSON *v;
	cJSON_ArrayForEach(v, json_at(p->spec, "volumes")) {
		cJSON *files = NULL;
		if (json_at(v, "secret"))
			files = files_of(p, json_at(v, "secret"), true, json_str(v, "secret.secretName", ""),
					 json_str(v, "name", ""), out);
		else if (json_at(v, "configMap"))
			files = files_of(p, json_at(v, "configMap"), false, json_str(v, "configMap.name", ""),
					 json_str(v, "name", ""), out);
		else if (json_at(v, "projected"))
			files = projected(p, v, out);
		cJSON *volume = json_make("{'name':%s,'files':%j}", json_str(v, "name", ""),
					  files ? files : cJSON_CreateObject());
		const struct sim_object *claim = named(p, "persistentvolumeclaims",
						       json_str(v, "persistentVolumeClaim.claimName", ""));
		if (claim) /* it is another volume when it was made anew under the same name */
			json_put_str(volume, "claim", kubernetes_uid(claim));
		cJSON_AddItemToArray(all, volume);
	}
	return all;
}

/* Identity. ----------------------------------------------------------------------------------------------------------------- */
static const char *node_account(const struct pod *p)
{
	const char *email = json_str(
	    p->cluster->doc, "nodePools.0.config.serviceAccount",
	    json_str(p->cluster->doc, "autoscaling.autoprovisioningNodePoolDefaults.serviceAccount", "default"));
	if (!strcmp(email, "default"))
		email = sim_tmp("%s-compute@developer.gserviceaccount.com", sim_project_number(p->sim, p->project));
	return sim_tmp("serviceAccount:%s", email);
}

/* Whom Google takes the pod for: its node's account, or by workload identity its own name or the account that it may impersonate. */
static const char *identity(const struct pod *p)
{
	const char *pool = json_str(p->cluster->doc, "workloadIdentityConfig.workloadPool", ""),
		   *ksa = json_str(p->spec, "serviceAccountName", "default");
	if (!*pool)
		return node_account(p);
	const struct sim_object *account = named(p, "serviceaccounts", ksa);
	const cJSON *gsa = cJSON_GetObjectItemCaseSensitive(account ? json_at(account->doc, "metadata.annotations") : NULL,
							    "iam.gke.io/gcp-service-account");
	if (!cJSON_IsString(gsa))
		return sim_tmp(
		    "principal://iam.googleapis.com/projects/%s/locations/global/workloadIdentityPools/%s/subject/ns/%s/sa/%s",
		    sim_project_number(p->sim, p->project), pool, p->ns, ksa);
	const char *at = strchr(gsa->valuestring, '@'),
		   *owner = at ? sim_tmp("%.*s", (int)strcspn(at + 1, "."), at + 1) : p->project;
	const char *holder = sim_tmp("//iam.googleapis.com/projects/%s/serviceAccounts/%s", owner, gsa->valuestring);
	bool may = sim_allowed(p->sim, sim_tmp("serviceAccount:%s[%s/%s]", pool, p->ns, ksa),
			       "iam.serviceAccounts.getAccessToken", owner, holder);
	return may ? sim_tmp("serviceAccount:%s", gsa->valuestring) : "";
}

/* Containers. --------------------------------------------------------------------------------------------------------------- */
static cJSON *texts(const cJSON *list, const cJSON *env)
{
	cJSON *all = cJSON_CreateArray();
	const cJSON *i;
	cJSON_ArrayForEach(i, list)
		cJSON_AddItemToArray(all, cJSON_CreateString(expanded(env, cJSON_IsString(i) ? i->valuestring : "")));
	return all;
}

static cJSON *container(const struct pod *p, const cJSON *k, const cJSON *whole)
{
	static const char *const kept[] = {"name",         "image",         "ports",          "volumeMounts",
					   "startupProbe", "livenessProbe", "readinessProbe", "restartPolicy"};
	cJSON *out = cJSON_CreateObject();
	if (json_at(whole, "broken"))
		broken(out, json_str(whole, "brokenReason", ""), json_str(whole, "broken", ""));
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (json_at(k, kept[i]))
			json_put(out, kept[i], cJSON_Duplicate(json_at(k, kept[i]), true));
	environment(p, k, out);
	if (json_at(k, "command"))
		json_put(out, "command", texts(json_at(k, "command"), json_at(out, "env")));
	if (json_at(k, "args"))
		json_put(out, "args", texts(json_at(k, "args"), json_at(out, "env")));
	if (json_at(k, "resources.limits.memory"))
		json_put_str(out, "resources.limits.memory", json_str(k, "resources.limits.memory", "0"));
	return out;
}

static bool has_way_out(const struct pod *p)
{
	bool private_nodes = json_bool(p->cluster->doc, "networkConfig.defaultEnablePrivateNodes",
				       json_bool(p->cluster->doc, "privateClusterConfig.enablePrivateNodes", false));
	return !private_nodes || compute_way_out(p->sim, json_str(p->cluster->doc, "networkConfig.network", ""),
						 json_str(p->cluster->doc, "networkConfig.subnetwork", ""));
}

/* Whom a registry takes a machine for that is not Google's: the account of the token in the pod's pull secret. */
static const char *secret_puller(const struct pod *p)
{
	const char *who = "";
	const cJSON *ref, *one;
	cJSON_ArrayForEach(ref, json_at(p->spec, "imagePullSecrets")) {
		const struct sim_object *o = named(p, "secrets", json_str(ref, "name", ""));
		char *text = o ? value_in(o, true, ".dockerconfigjson") : NULL;
		cJSON *config = text ? cJSON_Parse(text) : NULL;
		cJSON_ArrayForEach(one, json_at(config, "auths")) {
			const char *coded = json_str(one, "auth", "");
			char *plain = xcalloc(1, strlen(coded) + 1);
			plain[sim_unbase64(coded, plain, strlen(coded))] = '\0';
			const char *token = text_starts(plain, "oauth2accesstoken:") ? strchr(plain, ':') + 1 : "",
				   *owner = *token ? sim_token_owner(p->sim, token) : NULL;
			if (owner)
				who = sim_tmp("%s", owner);
			free(plain);
		}
		cJSON_Delete(config);
		free(text);
	}
	return who;
}

cJSON *pod_template(struct sim *s, const struct sim_object *cluster, const struct sim_object *pod)
{
	const char *ns = json_str(pod->doc, "metadata.namespace", "");
	const cJSON *spec = json_at(pod->doc, "spec");
	struct pod p = {s, cluster, ns, sim_tmp("%.*s", (int)strcspn(cluster->key + 9, "/"), cluster->key + 9), spec};
	cJSON *whole = cJSON_CreateObject(), *all = cJSON_CreateArray(), *mounted = volumes(&p, whole);
	const cJSON *k;
	cJSON_ArrayForEach(k, json_at(spec, "initContainers"))
		cJSON_AddItemToArray(all, container(&p, k, whole));
	int first = cJSON_GetArraySize(all);
	cJSON_ArrayForEach(k, json_at(spec, "containers"))
		cJSON_AddItemToArray(all, container(&p, k, whole));
	cJSON_Delete(whole);
	const char *network = json_str(cluster->doc, "networkConfig.network", "");
	bool elsewhere = elsewhere_is(cluster);
	const char *who = elsewhere ? elsewhere_identity(s, all, mounted) : identity(&p),
		   *puller = elsewhere ? secret_puller(&p) : node_account(&p);
	return json_make("{'platform':'pod','cluster':%s,'pod':%s,'principal':%s,'puller':%s,'network':%s,'reaches':{'google':"
			 "true,'internet':%b},'"
			 "inits':%d,'volumes':%j,'containers':%j}",
			 cluster->key, pod->key, who, puller, network, has_way_out(&p), first, mounted, all);
}
