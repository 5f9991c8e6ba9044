/* Who one is and what one may: reviews of access, tokens of service accounts. */
#include "config.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_access.h"
#include "sim/api/kubernetes_elsewhere.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/core/jwt.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* IAM's words for a resource: "configMaps" of "configmaps". */
static const char *iam_resource(const char *resource)
{
	static const char *const names[] = {"clusterRoleBindings",
					    "clusterRoles",
					    "configMaps",
					    "controllerRevisions",
					    "cronJobs",
					    "csiDrivers",
					    "daemonSets",
					    "endpointSlices",
					    "horizontalPodAutoscalers",
					    "limitRanges",
					    "networkPolicies",
					    "persistentVolumeClaims",
					    "persistentVolumes",
					    "podDisruptionBudgets",
					    "priorityClasses",
					    "replicaSets",
					    "resourceQuotas",
					    "roleBindings",
					    "serviceAccounts",
					    "statefulSets",
					    "storageClasses",
					    "volumeAttachments"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcasecmp(names[i], resource))
			return names[i];
	return resource;
}

/* And for what is done with it. */
static const char *iam_verb(const struct kubernetes_wish *w)
{
	static const char *const subs[][2] = {{"log", "getLogs"},   {"portforward", "portForward"}, {"exec", "exec"},
					      {"attach", "attach"}, {"eviction", "evict"},          {"token", "createToken"},
					      {"proxy", "proxy"}};
	const char *verb = !strcmp(w->verb, "patch")              ? "update"
			   : !strcmp(w->verb, "watch")            ? "list"
			   : !strcmp(w->verb, "deletecollection") ? "delete"
								  : w->verb;
	for (size_t i = 0; i < sizeof subs / sizeof *subs; i++)
		if (!strcmp(w->sub, subs[i][0]))
			return subs[i][1];
	if (!strcmp(w->sub, "scale"))
		return !strcmp(verb, "get") ? "getScale" : "updateScale";
	if (!strcmp(w->sub, "status"))
		return !strcmp(verb, "get") ? "getStatus" : "updateStatus";
	return verb;
}

bool kubernetes_may(const struct kubernetes_call *k, const struct kubernetes_wish *w, char **permission)
{
	const struct kubernetes_resource *r = kubernetes_resource_find(w->group, NULL, w->resource);
	const char *project = sim_tmp("%.*s", (int)strcspn(k->cluster->key + 9, "/"), k->cluster->key + 9),
		   *holder = sim_tmp("//container.googleapis.com/%s", k->cluster->key);
	bool custom = r ? kubernetes_type_find(r->type)->custom : strchr(w->group, '.') && !strstr(w->group, ".k8s.io");
	char *needed = xasprintf("container.%s.%s", custom ? "thirdPartyObjects" : iam_resource(w->resource), iam_verb(w));
	bool may = (elsewhere_is(k->cluster) && !strcmp(k->user, ELSEWHERE_ADMIN)) ||
		   (k->c->principal && sim_allowed(k->c->sim, k->c->principal, needed, project, holder)) ||
		   kubernetes_bound(k->c->sim, k->cluster->key, k->user, w);
	if (permission)
		*permission = needed;
	else
		free(needed);
	return may;
}

/* Who asks. ----------------------------------------------------------------------------------------------------------------- */
static char *issuer_of(const struct sim_object *cluster)
{
	return elsewhere_is(cluster) ? xstrdup(ELSEWHERE_ISSUER)
				     : xasprintf("https://container.googleapis.com/v1/%s", cluster->key);
}

static EVP_PKEY *key_of(struct sim *s, const struct sim_object *cluster)
{
	return elsewhere_is(cluster) ? jwt_elsewhere_key(s) : oidc_key(s);
}

/* The claims of a token that this cluster has signed and that still holds, or NULL. */
static cJSON *claims_of(struct sim *s, const struct sim_object *cluster, const char *token)
{
	cJSON *header = NULL, *claims = NULL;
	char *issuer = issuer_of(cluster);
	bool good = oidc_jwt_parts(token, &header, &claims) && oidc_jwt_verify(key_of(s, cluster), token) &&
		    !strcmp(json_str(claims, "iss", ""), issuer) && json_num(claims, "exp", 0) > sim_wall(s) &&
		    !strcmp(json_str(claims, "aud.0", ""), issuer);
	free(issuer);
	cJSON_Delete(header);
	if (good)
		return claims;
	cJSON_Delete(claims);
	return NULL;
}

const char *kubernetes_user(struct sim_call *c, const struct sim_object *cluster)
{
	const char *bearer = sim_request_header(c->request, "Authorization"), *user = NULL;
	bool shows = bearer && !strncasecmp(bearer, "Bearer ", 7);
	if (elsewhere_is(cluster)) {
		user = elsewhere_user(c->sim, shows ? bearer + 7 : NULL, sim_request_header(c->request, SIM_CERTIFIED));
		if (user)
			return sim_tmp("%s", user);
	}
	if (c->principal)
		return strchr(c->principal, ':') ? strchr(c->principal, ':') + 1 : c->principal;
	cJSON *claims = shows ? claims_of(c->sim, cluster, bearer + 7) : NULL;
	const cJSON *own = cJSON_GetObjectItemCaseSensitive(claims, "kubernetes.io");
	const char *ns = json_str(own, "namespace", "");
	const struct sim_object *account = *ns ? kubernetes_named(c->sim, cluster->key, "", "serviceaccounts", ns,
								  json_str(own, "serviceaccount.name", ""))
					       : NULL;
	/* A token does not outlive its account. */
	if (account && !strcmp(kubernetes_uid(account), json_str(own, "serviceaccount.uid", "")))
		user = sim_tmp("%s", json_str(claims, "sub", ""));
	cJSON_Delete(claims);
	return user;
}

bool kubernetes_issuer(struct kubernetes_call *k)
{
	char *issuer = issuer_of(k->cluster);
	bool elsewhere = elsewhere_is(k->cluster);
	const char *keys = elsewhere ? "https://172.18.0.2:6443/openid/v1/jwks" : sim_tmp("%s/jwks", issuer);
	bool about = !strcmp(k->c->path, "/.well-known/openid-configuration"), of_keys = !strcmp(k->c->path, "/openid/v1/jwks");
	k->r = NULL;
	/* Kubernetes' own role for it is bound to service accounts alone; all users of GKE have it. */
	bool may = !elsewhere || !strcmp(k->user, ELSEWHERE_ADMIN) || text_starts(k->user, "system:serviceaccount:");
	if ((about || of_keys) && !may)
		kubernetes_fail(k, 403, "Forbidden", NULL, "forbidden: User \"%s\" cannot get path \"%s\"", k->user,
				k->c->path);
	else if (about)
		kubernetes_answer(k, 200,
				  json_make("{'issuer':%s,'jwks_uri':%s,'response_types_supported':['id_token'],'subject_types_"
					    "supported':['public'],"
					    "'id_token_signing_alg_values_supported':['RS256']}",
					    issuer, keys));
	else if (of_keys)
		kubernetes_answer(k, 200,
				  json_make("{'keys':[%j]}", elsewhere ? jwt_elsewhere_jwk(k->c->sim) : oidc_jwk(k->c->sim)));
	free(issuer);
	return about || of_keys;
}

/* Reviews. ------------------------------------------------------------------------------------------------------------------ */
static cJSON *access_review(const struct kubernetes_call *k, const cJSON *sent)
{
	const cJSON *a = json_at(sent, "spec.resourceAttributes");
	struct kubernetes_wish w = {json_str(a, "verb", ""),        json_str(a, "group", ""),     json_str(a, "resource", ""),
				    json_str(a, "subresource", ""), json_str(a, "namespace", ""), json_str(a, "name", "")};
	bool may = !a || kubernetes_may(k, &w, NULL);
	return json_make("{'kind':'SelfSubjectAccessReview','apiVersion':'authorization.k8s.io/"
			 "v1','metadata':{'creationTimestamp':%j},'spec':%j,'status':"
			 "{'allowed':%b,'reason':%s}}",
			 cJSON_CreateNull(), cJSON_Duplicate(json_at(sent, "spec"), true), may,
			 may ? "access granted by IAM permissions." : "");
}

static cJSON *who(const struct kubernetes_call *k)
{
	return json_make("{'kind':'SelfSubjectReview','apiVersion':'authentication.k8s.io/"
			 "v1','metadata':{'creationTimestamp':%j},'status':{'userInfo':{'username':%s,"
			 "'groups':['system:authenticated']}}}",
			 cJSON_CreateNull(), k->user);
}

cJSON *kubernetes_review(const struct kubernetes_call *k, const char *plural, const cJSON *sent)
{
	if (!strcmp(plural, "selfsubjectaccessreviews"))
		return access_review(k, sent);
	return !strcmp(plural, "selfsubjectreviews") ? who(k) : NULL;
}

char *kubernetes_account_token(struct sim *s, const struct sim_object *cluster, const cJSON *account, const cJSON *audiences,
			       double seconds)
{
	const char *ns = json_str(account, "metadata.namespace", ""), *name = json_str(account, "metadata.name", ""),
		   *subject = sim_tmp("system:serviceaccount:%s:%s", ns, name);
	char *issuer = issuer_of(cluster);
	double now = floor(sim_wall(s));
	cJSON *claims = json_make(
	    "{'aud':%j,'iss':%s,'sub':%s,'kubernetes.io':{'namespace':%s,'serviceaccount':{'name':%s,'uid':%s}}}",
	    cJSON_Duplicate(audiences, true), issuer, subject, ns, name, json_str(account, "metadata.uid", ""));
	json_put_num(claims, "iat", now);
	json_put_num(claims, "nbf", now);
	json_put_num(claims, "exp", now + seconds);
	char *token = elsewhere_is(cluster) ? jwt_elsewhere_sign(s, claims) : sim_id_token(s, claims);
	cJSON_Delete(claims);
	free(issuer);
	return token;
}

cJSON *kubernetes_token(const struct kubernetes_call *k, const cJSON *account, const cJSON *sent)
{
	struct sim *s = k->c->sim;
	char until[40], *issuer = issuer_of(k->cluster);
	double now = floor(sim_wall(s)), seconds = json_num(sent, "spec.expirationSeconds", 3600);
	cJSON *audiences = cJSON_Duplicate(json_at(sent, "spec.audiences"), true);
	audiences = audiences ? audiences : json_make("[%s]", issuer);
	char *token = kubernetes_account_token(s, k->cluster, account, audiences, seconds);
	cJSON *reply = json_make(
	    "{'kind':'TokenRequest','apiVersion':'authentication.k8s.io/"
	    "v1','metadata':{'name':%s,'namespace':%s,'creationTimestamp':%j},'spec':"
	    "{'audiences':%j,'expirationSeconds':%d,'boundObjectRef':%j},'status':{'token':%s,'expirationTimestamp':%s}}",
	    k->name, k->ns, cJSON_CreateNull(), audiences, (int)seconds, cJSON_CreateNull(), token,
	    text_rfc3339(now + seconds, 0, until));
	free(token);
	free(issuer);
	return reply;
}
