/* A cluster that is not Google's knows no Workload Identity. Its pods are somebody for Google all the same, without a key: the cluster signs a token for each
 * service account, and a workload identity pool takes it by the cluster's own keys, which are written down there, so that nobody has to reach the cluster. */
#include "config.h"
#include "plan/target_gke_context.h"

#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/naming.h"
#include "plan/parts.h"
#include "plan/people.h"

#include <stdlib.h>
#include <string.h>

#define PROVIDER "kubernetes"
#define FOLDER "/var/run/secrets/google"
#define CREDENTIALS "credentials.json"

bool context_chosen(const struct answers *a)
{
	return !strcmp(answers_str(a, "gke.cluster"), "context");
}

void context_door(const struct answers *a, cJSON *spec)
{
	json_put_str(spec, "kubeconfig", answers_str(a, "gke.kubeconfig"));
	json_put_str(spec, "context", answers_str(a, "gke.context"));
}

/* Who the pods are ------------------------------------------------------------------------------------------------------------ */

/* The suffix keeps it apart from that of a stack which was deleted: a pool's name is taken for 30 days. */
static char *pool_of(const struct design *d)
{
	return name_of(d->plan->stack, d->suffix);
}

/* "//iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/NAME" */
static char *pool_path(const struct design *d)
{
	char *name = pool_of(d), *path = xasprintf("//iam.googleapis.com/projects/%s/locations/global/workloadIdentityPools/%s",
						   d->plan->number, name);
	free(name);
	return path;
}

char *context_member(const struct design *d, const char *subject)
{
	char *pool = pool_path(d), *member = xasprintf("principal:%s/subject/%s", pool, subject);
	free(pool);
	return member;
}

/* Only this one account's tokens are taken: whoever else has an account in the cluster is nobody for Google. */
static void add_pool(struct design *d, const char *subject)
{
	struct plan *p = d->plan;
	char *name = pool_of(d), *parent = xasprintf("locations/global/workloadIdentityPools/%s", name),
	     *condition = xasprintf("assertion.sub == '%s'", subject);
	plan_needs(plan_add(p, "federation/pool", "iam.workloadIdentityPool", name,
			    json_make("{'body':{'displayName':'Kubernetes'}}")),
		   "apis");
	plan_needs(
	    plan_add(p, CONTEXT_IDENTIFIED, "iam.workloadIdentityPoolProvider", PROVIDER,
		     json_make("{'parent':%s,'body':{'displayName':'Kubernetes','oidc':{'issuerUri':%j,'jwksJson':%j},"
			       "'attributeCondition':%s,'attributeMapping':{'google.subject':'assertion.sub'}}}",
			       parent, plan_ref(CONTEXT_CLUSTER, "issuer"), plan_ref(CONTEXT_CLUSTER, "jwks"), condition)),
	    "federation/pool");
	part_api(p, "sts");
	free(condition);
	free(parent);
	free(name);
}

void context_add(struct design *d, const char *subject)
{
	const char *name = answers_str(d->answers, "gke.context");
	cJSON *spec = cJSON_CreateObject();
	context_door(d->answers, spec);
	struct resource *r = plan_add(d->plan, CONTEXT_CLUSTER, "kubernetes.context", *name ? name : "current-context", spec);
	r->decided_by = "gke.context";
	add_pool(d, subject);
}

/* What a pod has of it -------------------------------------------------------------------------------------------------------- */

cJSON *context_credentials(const struct design *d)
{
	char *pool = pool_path(d), *audience = xasprintf("%s/providers/" PROVIDER, pool);
	cJSON *file = json_make(
	    "{'type':'external_account','audience':%s,'subject_token_type':'urn:ietf:params:oauth:token-type:"
	    "jwt','token_url':'https://sts.googleapis.com/v1/token','credential_source':{'file':'" FOLDER "/token'}}",
	    audience);
	if (d->account) {
		char *url = xasprintf(
		    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/%s:generateAccessToken", d->account);
		json_put_str(file, "service_account_impersonation_url", url);
		free(url);
	}
	char *text = json_text(file, 0);
	cJSON *data = cJSON_CreateObject();
	cJSON_AddStringToObject(data, CREDENTIALS, text);
	cJSON_Delete(file);
	free(text);
	free(audience);
	free(pool);
	return data;
}

static void equip(const struct design *d, cJSON *containers)
{
	cJSON *c;
	cJSON_ArrayForEach(c, containers) {
		if (!json_at(c, "env"))
			json_put(c, "env", cJSON_CreateArray());
		if (!json_at(c, "volumeMounts"))
			json_put(c, "volumeMounts", cJSON_CreateArray());
		cJSON_AddItemToArray(json_at(c, "env"), json_make("{'name':'GOOGLE_APPLICATION_CREDENTIALS','value':'" FOLDER
								  "/" CREDENTIALS "'}"));
		cJSON_AddItemToArray(json_at(c, "env"),
				     json_make("{'name':'GOOGLE_CLOUD_PROJECT','value':%s}", d->plan->project));
		cJSON_AddItemToArray(json_at(c, "volumeMounts"),
				     json_make("{'name':'google','mountPath':'" FOLDER "','readOnly':true}"));
	}
}

void context_equip(const struct design *d, cJSON *pod)
{
	char *pool = pool_path(d), *audience = xasprintf("https:%s/providers/" PROVIDER, pool);
	equip(d, json_at(pod, "containers"));
	equip(d, json_at(pod, "initContainers"));
	if (plan_find(d->plan, "pull-secret"))
		json_put(pod, "imagePullSecrets", json_make("[{'name':'pull'}]"));
	cJSON_AddItemToArray(
	    json_at(pod, "volumes"),
	    json_make("{'name':'google','projected':{'defaultMode':288,'sources':[{'serviceAccountToken':{'audience':%s,"
		      "'expirationSeconds':3600,'path':'token'}},{'configMap':{'name':'google','items':[{'key':'" CREDENTIALS
		      "','path':'" CREDENTIALS "'}]}}]}}",
		      audience));
	free(audience);
	free(pool);
}

/* Its machines ---------------------------------------------------------------------------------------------------------------- */

/* The machines are nobody for Google: what they pull by is a token of an account that can do nothing else. It holds an hour, which is enough for those that
 * pull now; a new image has a new one. */
cJSON *context_pull(struct design *d)
{
	struct plan *p = d->plan;
	if (!plan_find(p, "image"))
		return NULL;
	char *email = part_account(p, "puller", "MLflow image pull"), *member = xasprintf("serviceAccount:%s", email),
	     *path = xasprintf("projects/%s/serviceAccounts/%s", p->project, email),
	     *repository = xasprintf("projects/%s/locations/%s/repositories/%s", p->project, p->region, p->stack),
	     *reference = xasprintf("pull:%s-docker.pkg.dev/%s", p->region, email);
	plan_needs(
	    part_grant(p, "puller-repository", "repository", repository, "roles/artifactregistry.reader", member, "repository"),
	    "sa/puller");
	part_grants(p, "puller", "serviceAccount", path, "roles/iam.serviceAccountTokenCreator",
		    people_token_makers(d->answers), "sa/puller");
	plan_secret(p, "pull", -1, NULL, reference, NULL);
	cJSON *notes = cJSON_CreateObject(), *data = cJSON_CreateObject();
	cJSON_AddItemToObject(notes, "mlflow-setup/of", plan_ref("image", "digest"));
	cJSON_AddItemToObject(data, ".dockerconfigjson", json_make("{'$secret':'pull','as':'base64'}"));
	free(reference);
	free(repository);
	free(path);
	free(member);
	free(email);
	return json_make("{'type':'kubernetes.io/dockerconfigjson','metadata':{'annotations':%j},'data':%j}", notes, data);
}

/* For people ------------------------------------------------------------------------------------------------------------------ */

static void option(struct buf *out, const char *name, const char *value)
{
	if (!*value)
		return;
	buf_puts(out, name);
	/* A shell opens "~/" only where it is not quoted. */
	if (value[0] == '~' && value[1] == '/') {
		buf_puts(out, "~/");
		value += 2;
	}
	escape_word(value, out);
	buf_putc(out, ' ');
}

void context_options(const struct plan *p, struct buf *out)
{
	const struct resource *r = plan_find(p, CONTEXT_CLUSTER);
	if (!r)
		return;
	option(out, "--kubeconfig ", json_str(r->spec, "kubeconfig", ""));
	option(out, "--context ", json_str(r->spec, "context", ""));
}

void context_check(const struct answers *a, problem_fn *found, void *arg)
{
	if (!strcmp(answers_str(a, "ci.service"), "github"))
		found(arg, "ci.service",
		      _("A workflow has no kubeconfig file: a stack in a cluster elsewhere is planned and applied by hand."));
}
