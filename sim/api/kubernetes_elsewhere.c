/* A cluster that is not Google's. It runs the same objects by the same rules; what is its own is who is let in, and by what its tokens are signed. */
#include "config.h"
#include "sim/api/kubernetes_elsewhere.h"

#include "sim/api/identity.h"
#include "sim/api/kubernetes.h"
#include "sim/api/sts.h"
#include "sim/core/ca.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define KEY "projects/(elsewhere)/clusters/demo"

bool elsewhere_answers(const char *host)
{
	return ca_is_elsewhere(host);
}

bool elsewhere_is(const struct sim_object *cluster)
{
	return !strcmp(cluster->key, KEY);
}

/* One machine, as a cluster on a laptop has it. */
static void add_node(struct sim *s)
{
	const char *now = sim_stamp(s, 0);
	kubernetes_put(
	    s, KEY, "", "v1", "nodes", "",
	    json_make(
		"{'metadata':{'name':'elsewhere-control-plane','labels':{'kubernetes.io/hostname':'elsewhere-control-plane',"
		"'kubernetes.io/os':'linux','kubernetes.io/arch':'amd64'}},'spec':{'providerID':"
		"'kind://docker/elsewhere/elsewhere-control-plane'},'status':{'capacity':{'cpu':'8','memory':'16277768Ki',"
		"'pods':'110'},'allocatable':{'cpu':'8','memory':'16277768Ki','pods':'110'},'conditions':[{'type':'Ready',"
		"'status':'True','lastHeartbeatTime':%s,'lastTransitionTime':%s,'reason':'KubeletReady','message':"
		"'kubelet is posting ready status'}],'addresses':[{'type':'InternalIP','address':'172.18.0.2'},{'type':"
		"'Hostname','address':'elsewhere-control-plane'}],'daemonEndpoints':{'kubeletEndpoint':{'Port':10250}},"
		"'nodeInfo':{'machineID':'5f1e','systemUUID':'5f1e','bootID':'5f1e','kernelVersion':'6.1.0','osImage':"
		"'Debian GNU/Linux 12 (bookworm)','containerRuntimeVersion':'containerd://2.0.2','kubeletVersion':'v1.34.1',"
		"'kubeProxyVersion':'v1.34.1','operatingSystem':'linux','architecture':'amd64'}}}",
		now, now));
}

struct sim_object *elsewhere_cluster(struct sim *s)
{
	struct sim_object *o = sim_get(s, "container.clusters", KEY);
	if (o)
		return o;
	char *token = sim_hex(s, 40);
	o = sim_put(s, "container.clusters", KEY,
		    json_make("{'name':'demo','status':'RUNNING','endpoint':'" SIM_ELSEWHERE_HOST
			      "','clusterIpv4Cidr':'10.244.0.0/16'}"));
	cJSON_AddStringToObject(o->hidden, "token", token);
	free(token);
	kubernetes_seed(s, o);
	add_node(s);
	return o;
}

const char *elsewhere_user(struct sim *s, const char *token, const char *certified)
{
	if (token && !strcmp(token, json_str(elsewhere_cluster(s)->hidden, "token", "")))
		return ELSEWHERE_ADMIN;
	return token ? NULL : certified;
}

/* The way to it --------------------------------------------------------------------------------------------------------------- */

static void add_coded(cJSON *into, const char *name, const char *pem)
{
	char *coded = encode_base64(pem, strlen(pem));
	cJSON_AddStringToObject(into, name, coded);
	free(coded);
}

cJSON *sim_kubeconfig(struct sim *s, const char *server)
{
	char *key, *certificate = ca_elsewhere_client(s, ELSEWHERE_ADMIN, &key);
	struct scratch own;
	scratch_begin(&own); /* it is asked for by no request */
	cJSON *cluster = json_make("{'server':%s}", server), *user = cJSON_CreateObject();
	add_coded(cluster, "certificate-authority-data", ca_elsewhere_pem(s));
	add_coded(user, "client-certificate-data", certificate);
	add_coded(user, "client-key-data", key);
	cJSON *all = json_make(
	    "{'apiVersion':'v1','kind':'Config','current-context':'elsewhere','clusters':[{'name':'elsewhere','cluster':%j}],"
	    "'users':[{'name':'token','user':{'token':%s}},{'name':'certificate','user':%j}],'contexts':[{'name':'elsewhere',"
	    "'context':{'cluster':'elsewhere','user':'token'}},{'name':'elsewhere-certificate','context':{'cluster':'elsewhere'"
	    ","
	    "'user':'certificate'}}]}",
	    cluster, json_str(elsewhere_cluster(s)->hidden, "token", ""), user);
	scratch_end(&own);
	free(key);
	free(certificate);
	return all;
}

/* Who its pods are for Google ------------------------------------------------------------------------------------------------- */

/* What a container reads at this path, or NULL. */
static const char *file_at(const cJSON *container, const cJSON *volumes, const char *path)
{
	const cJSON *m, *v;
	cJSON_ArrayForEach(m, json_at(container, "volumeMounts")) {
		const char *folder = json_str(m, "mountPath", "");
		size_t len = strlen(folder);
		if (!*folder || strncmp(path, folder, len) != 0 || path[len] != '/')
			continue;
		cJSON_ArrayForEach(v, volumes)
			if (!strcmp(json_str(v, "name", ""), json_str(m, "name", ""))) {
				const cJSON *file = cJSON_GetObjectItemCaseSensitive(json_at(v, "files"), path + len + 1);
				return cJSON_IsString(file) ? file->valuestring : NULL;
			}
	}
	return NULL;
}

static const char *variable(const cJSON *container, const char *name)
{
	const cJSON *e;
	const char *value = NULL;
	cJSON_ArrayForEach(e, json_at(container, "env"))
		if (!strcmp(json_str(e, "name", ""), name))
			value = json_str(e, "value", "");
	return value;
}

/* The account that the file wants to become, where the principal may. */
static const char *impersonated(struct sim *s, const char *principal, const char *url)
{
	const char *email = strstr(url, "/serviceAccounts/");
	email = email ? email + strlen("/serviceAccounts/") : "";
	const char *named = sim_tmp("%.*s", (int)strcspn(email, ":"), email), *at = strchr(named, '@'),
		   *owner = at ? sim_tmp("%.*s", (int)strcspn(at + 1, "."), at + 1) : "";
	bool may = sim_allowed(s, principal, "iam.serviceAccounts.getAccessToken", owner,
			       sim_tmp("//iam.googleapis.com/projects/%s/serviceAccounts/%s", owner, named));
	return may ? sim_tmp("serviceAccount:%s", named) : "";
}

const char *elsewhere_identity(struct sim *s, const cJSON *containers, const cJSON *volumes)
{
	const cJSON *c;
	const char *path = NULL, *text = NULL, *token = NULL, *who = "";
	cJSON_ArrayForEach(c, containers) {
		path = variable(c, "GOOGLE_APPLICATION_CREDENTIALS");
		if (path && (text = file_at(c, volumes, path)))
			break;
	}
	cJSON *file = text ? cJSON_Parse(text) : NULL;
	if (file && !strcmp(json_str(file, "type", ""), "external_account"))
		token = file_at(c, volumes, json_str(file, "credential_source.file", ""));
	char *principal = token ? sts_exchanged(s, json_str(file, "audience", ""), token) : NULL;
	const char *url = json_str(file, "service_account_impersonation_url", NULL);
	if (principal)
		who = url ? impersonated(s, principal, url) : sim_tmp("%s", principal);
	free(principal);
	cJSON_Delete(file);
	return who;
}
