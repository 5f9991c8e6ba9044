/* Who one is and what one may: reviews of access, tokens of service accounts. */
#include "config.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_access.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool kubernetes_may(const struct kubernetes_call *k, const char *group, const char *resource, const char *verb, char **permission)
{
	const char *iam = !strcmp(verb, "patch") ? "update" : !strcmp(verb, "watch") ? "list" : !strcmp(verb, "deletecollection") ? "delete" : verb;
	char *project = xstrndup(k->cluster->key + 9, strcspn(k->cluster->key + 9, "/")), *holder = xasprintf("//container.googleapis.com/%s", k->cluster->key);
	bool custom = strstr(group, ".google.com") || strstr(group, ".gke.io");
	char *needed = xasprintf("container.%s.%s", custom ? "thirdPartyObjects" : resource, iam);
	bool may = sim_allowed(k->c->sim, k->c->principal, needed, project, holder);
	if (permission)
		*permission = needed;
	else
		free(needed);
	free(project);
	free(holder);
	return may;
}

static const char *user_of(const struct kubernetes_call *k)
{
	return strchr(k->c->principal, ':') ? strchr(k->c->principal, ':') + 1 : k->c->principal;
}

static cJSON *access_review(const struct kubernetes_call *k, const cJSON *sent)
{
	const cJSON *a = json_at(sent, "spec.resourceAttributes");
	bool may = !a || kubernetes_may(k, json_str(a, "group", ""), json_str(a, "resource", ""), json_str(a, "verb", ""), NULL);
	return json_make("{'kind':'SelfSubjectAccessReview','apiVersion':'authorization.k8s.io/v1','metadata':{'creationTimestamp':%j},'spec':%j,'status':"
			 "{'allowed':%b,'reason':%s}}", cJSON_CreateNull(), cJSON_Duplicate(json_at(sent, "spec"), true), may, may ? "access granted by IAM permissions." : "");
}

static cJSON *who(const struct kubernetes_call *k)
{
	return json_make("{'kind':'SelfSubjectReview','apiVersion':'authentication.k8s.io/v1','metadata':{'creationTimestamp':%j},'status':{'userInfo':{'username':%s,"
			 "'groups':['system:authenticated']}}}", cJSON_CreateNull(), user_of(k));
}

cJSON *kubernetes_review(const struct kubernetes_call *k, const char *plural, const cJSON *sent)
{
	if (!strcmp(plural, "selfsubjectaccessreviews"))
		return access_review(k, sent);
	return !strcmp(plural, "selfsubjectreviews") ? who(k) : NULL;
}

cJSON *kubernetes_token(const struct kubernetes_call *k, const cJSON *account, const cJSON *sent)
{
	struct sim *s = k->c->sim;
	char until[40], *issuer = xasprintf("https://container.googleapis.com/v1/%s", k->cluster->key);
	char *subject = xasprintf("system:serviceaccount:%s:%s", k->ns, k->name);
	double now = floor(sim_wall(s)), seconds = json_num(sent, "spec.expirationSeconds", 3600);
	cJSON *audiences = cJSON_Duplicate(json_at(sent, "spec.audiences"), true);
	audiences = audiences ? audiences : json_make("[%s]", issuer);
	cJSON *claims = json_make("{'aud':%j,'iss':%s,'sub':%s,'kubernetes.io':{'namespace':%s,'serviceaccount':{'name':%s,'uid':%s}}}",
				  cJSON_Duplicate(audiences, true), issuer, subject, k->ns, k->name, json_str(account, "metadata.uid", ""));
	json_put_num(claims, "iat", now);
	json_put_num(claims, "nbf", now);
	json_put_num(claims, "exp", now + seconds);
	char *token = sim_id_token(s, claims);
	cJSON *reply = json_make("{'kind':'TokenRequest','apiVersion':'authentication.k8s.io/v1','metadata':{'name':%s,'namespace':%s,'creationTimestamp':%j},'spec':"
				 "{'audiences':%j,'expirationSeconds':%d,'boundObjectRef':%j},'status':{'token':%s,'expirationTimestamp':%s}}", k->name, k->ns,
				 cJSON_CreateNull(), audiences, (int)seconds, cJSON_CreateNull(), token, text_rfc3339(now + seconds, 0, until));
	cJSON_Delete(claims);
	free(token);
	free(issuer);
	free(subject);
	return reply;
}
