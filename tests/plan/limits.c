/* What is in the way of a plan: quotas, organisation policies, APIs, as the replies tell. */
#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/limits.h"
#include "tests/tap.h"

#include <stdlib.h>
#include <string.h>

/* A plan of these answers, "ID=VALUE" each. */
static struct plan *planned(const char *const *set)
{
	struct err e = {0};
	struct answers *a = answers_new();
	answers_set_text(a, "project.id", "demo-proj", &e);
	answers_set_text(a, "region", "us-central1", &e);
	answers_set_text(a, "auth.client_id", "12-ab.apps.googleusercontent.com", &e);
	answers_set_text(a, "auth.users", "ada@example.com", &e);
	for (; *set; set++) {
		char *id = xstrndup(*set, strcspn(*set, "="));
		ok(answers_set_text(a, id, *set + strlen(id) + 1, &e), "%s", *set);
		free(id);
	}
	struct plan *p = plan_draft(a, NULL);
	answers_free(a);
	err_free(&e);
	return p;
}

/* The findings when reads whose URL ends so are answered by this reply, and the others have nothing in the way; to be freed. */
static char *found(const char *const *set, bool stands, const char *ending, int http, const char *reply)
{
	struct plan *p = planned(set);
	struct limits *l = limits_new(p, stands);
	bool asked = false;
	for (size_t i = 0; i < limits_count(l); i++) {
		struct call c = {0};
		limits_call(l, i, &c);
		const char *url = c.url;
		size_t at = strlen(url) - strlen(ending);
		bool this = strlen(url) > strlen(ending) && !strcmp(url + at, ending);
		cJSON *json = json_make(this ? reply : "{'spec':{'rules':[{'allowAll':true}]}}");
		limits_take(l, i, this ? http : 200, json, "it may not be read");
		cJSON_Delete(json);
		call_free(&c);
		asked |= this;
	}
	cJSON *list = limits_findings(l);
	char *text = asked ? json_text(list, -1) : xstrdup("not asked");
	cJSON_Delete(list);
	limits_free(l);
	plan_free(p);
	return text;
}

static void says(const char *const *set, bool stands, const char *ending, const char *reply, const char *part, const char *what)
{
	char *text = found(set, stands, ending, 200, reply);
	ok(strstr(text, part) != NULL, "%s: %s", what, text);
	free(text);
}

static const char *const none[] = {NULL}, *const machine[] = {"target=vm",
							      "exposure=domain",
							      "auth.mode=iap",
							      "domain.host=mlflow.example.com",
							      "domain.zone=example-com",
							      NULL};

static void quotas(void)
{
	static const char *const flexible[] = {"target=appengine", "auth.mode=iap", "appengine.instances=2", NULL};
	char *text = found(none, false, "nowhere", 200, "{}");
	is_str(text, "not asked", "only what the plan meets is asked for");
	free(text);
	says(none, false, "/regions/us-central1", "{'quotas':[{'metric':'CPUS','limit':0,'usage':0}]}",
	     "\"quota\",\"message\":\"enough\"", "Cloud Run needs no CPUs of Compute Engine's");
	says(none, false, "/projects/demo-proj", "{'quotas':[{'metric':'NETWORKS','limit':5,'usage':5}]}",
	     "NETWORKS: 5 of 5 are used, and 1 more", "a network too many");
	says(none, false, "/projects/demo-proj", "{'quotas':[{'metric':'NETWORKS','limit':5,'usage':5}]}",
	     "--quota-id=NETWORKS-per-project --preferred-value=6", "with the line that asks for more");
	says(none, false, "/projects/demo-proj", "{'quotas':[{'metric':'NETWORKS','limit':5,'usage':4}]}",
	     "\"message\":\"enough\"", "the last one is enough");
	says(machine, false, "/regions/us-central1", "{'quotas':[{'metric':'CPUS','limit':1,'usage':1}]}",
	     "us-central1/CPUS: 1 of 1", "a machine's CPUs");
	says(machine, false, "/regions/us-central1", "{'quotas':[{'metric':'SSD_TOTAL_GB','limit':40,'usage':20}]}",
	     "us-central1/SSD_TOTAL_GB: 20 of 40 are used, and 30 more", "its disk");
	says(machine, false, "/regions/us-central1", "{'quotas':[{'metric':'SSD_TOTAL_GB','limit':40,'usage':20}]}",
	     "--quota-id=SSD-TOTAL-GB-per-project-region --dimensions=region=us-central1 --preferred-value=50",
	     "with the line");
	says(machine, false, "/regions/us-central1", "{'quotas':[{'metric':'IN_USE_ADDRESSES','limit':0,'usage':0}]}",
	     "\"message\":\"enough\"", "a machine without an address takes none");
	says(machine, false, "/projects/demo-proj", "{'quotas':[{'metric':'STATIC_ADDRESSES','limit':8,'usage':8}]}",
	     "STATIC_ADDRESSES: 8 of 8 are used, and 1 more", "the load balancer's address");
	says(machine, false, "/regions/us-central1", "{'quotas':[{'metric':'STATIC_ADDRESSES','limit':0,'usage':0}]}",
	     "\"message\":\"enough\"", "which is none of the region's");
	says(flexible, false, "/regions/us-central1", "{'quotas':[{'metric':'CPUS','limit':1,'usage':0}]}",
	     "us-central1/CPUS: 0 of 1 are used", "CPUS of App Engine's machines");
	says(flexible, false, "/regions/us-central1", "{'quotas':[{'metric':'INSTANCES','limit':1,'usage':0}]}",
	     "us-central1/INSTANCES: 0 of 1 are used, and 2 more", "as many as there are to be");
	says(flexible, false, "/regions/us-central1", "{'quotas':[{'metric':'DISKS_TOTAL_GB','limit':30,'usage':0}]}",
	     "us-central1/DISKS_TOTAL_GB: 0 of 30 are used, and 40 more", "their disks");
	text = found(none, true, "/projects/demo-proj", 200, "{}");
	is_str(text, "not asked", "what stands has its part already");
	free(text);
}

static void policies(void)
{
	says(none, false, "gcp.resourceLocations:getEffectivePolicy",
	     "{'spec':{'rules':[{'values':{'allowedValues':['in:eu-locations']}}]}}",
	     "gcp.resourceLocations forbids resources in this region: us-central1", "a region that policy forbids");
	says(none, false, "gcp.resourceLocations:getEffectivePolicy",
	     "{'spec':{'rules':[{'values':{'allowedValues':['in:us-locations']}}]}}", "nothing in the way",
	     "one that it allows");
	says(none, false, "iam.disableServiceAccountCreation:getEffectivePolicy", "{'spec':{'rules':[{'enforce':true}]}}",
	     "org-policies disable-enforce iam.disableServiceAccountCreation --project=demo-proj",
	     "service accounts that may not be made, with the line");
	says(none, false, "gcp.restrictServiceUsage:getEffectivePolicy",
	     "{'spec':{'rules':[{'values':{'deniedValues':['sqladmin.googleapis.com']}}]}}",
	     "forbids using this API: sqladmin.googleapis.com", "an API that may not be used");
	says(none, false, "run.allowedIngress:getEffectivePolicy",
	     "{'spec':{'rules':[{'values':{'allowedValues':['internal']}}]}}", "exposure of a Cloud Run service: all",
	     "an ingress that may not be");
	says(none, false, "run.allowedIngress:getEffectivePolicy",
	     "{'spec':{'rules':[{'condition':{'expression':'x'},'denyAll':true}]}}", "nothing in the way",
	     "a rule with a condition is about others");
	says(none, false, "/services?filter=state:ENABLED&pageSize=200",
	     "{'services':[{'config':{'name':'run.googleapis.com'}}]}", "\"message\":\"1 of ", "APIs that are on");
	says(none, false, "run.managed.requireInvokerIam:getEffectivePolicy", "{'spec':{'rules':[{'enforce':true}]}}",
	     "gcloud org-policies reset run.managed.requireInvokerIam --project=demo-proj",
	     "managed constraints are not known to the older command");
	says(none, false, "compute.requireVpcFlowLogs:getEffectivePolicy",
	     "{'spec':{'rules':[{'values':{'allowedValues':['ESSENTIAL','LIGHT']}}]}}",
	     "compute.requireVpcFlowLogs forbids a subnetwork without flow logs\"", "a subnetwork that has to log");
	char *text = found(none, false, "gcp.resourceLocations:getEffectivePolicy", 403, "{}");
	ok(strstr(text, "\"state\":\"fail\"") == NULL, "what may not be read is no failure: %s", text);
	free(text);
}

static void policies_of_networks(void)
{
	says(machine, false, "compute.trustedImageProjects:getEffectivePolicy",
	     "{'spec':{'rules':[{'values':{'allowedValues':['projects/debian-cloud']}}]}}",
	     "compute.trustedImageProjects forbids machines from images of this project: projects/cos-cloud",
	     "T6: a machine's image");
	says(machine, false, "compute.trustedImageProjects:getEffectivePolicy",
	     "{'spec':{'rules':[{'values':{'allowedValues':['is:projects/cos-cloud']}}]}}", "nothing in the way",
	     "one that is trusted");
	says(machine, false, "compute.restrictCloudNATUsage:getEffectivePolicy", "{'spec':{'rules':[{'denyAll':true}]}}",
	     "gcloud org-policies reset compute.restrictCloudNATUsage --project=demo-proj", "a network that may not have NAT");
	says(machine, false, "compute.restrictCloudNATUsage:getEffectivePolicy",
	     "{'spec':{'rules':[{'values':{'allowedValues':['under:projects/demo']}}]}}", "forbids Cloud NAT",
	     "another project of a name that begins alike");
	says(machine, false, "compute.restrictCloudNATUsage:getEffectivePolicy",
	     "{'spec':{'rules':[{'values':{'allowedValues':['under:projects/demo-proj']}}]}}", "nothing in the way",
	     "the project itself");
	says(machine, false, "compute.restrictCloudNATUsage:getEffectivePolicy",
	     "{'spec':{'rules':[{'values':{'allowedValues':['under:folders/123']}}]}}", "nothing in the way",
	     "who belongs to a folder is not known here");
	says(machine, false, "compute.restrictCloudNATUsage:getEffectivePolicy",
	     "{'spec':{'rules':[{'values':{'deniedValues':['under:folders/123']}}]}}", "nothing in the way",
	     "nor who does not");
	says(machine, false, "compute.restrictLoadBalancerCreationForTypes:getEffectivePolicy",
	     "{'spec':{'rules':[{'values':{'allowedValues':['in:INTERNAL']}}]}}",
	     "this kind of load balancer: GLOBAL_EXTERNAL_MANAGED_HTTP_HTTPS", "load balancers inside only");
	says(machine, false, "compute.restrictLoadBalancerCreationForTypes:getEffectivePolicy",
	     "{'spec':{'rules':[{'values':{'allowedValues':['in:EXTERNAL']}}]}}", "nothing in the way",
	     "load balancers of all kinds");
	says(machine, false, "compute.disableGlobalLoadBalancing:getEffectivePolicy", "{'spec':{'rules':[{'enforce':true}]}}",
	     "compute.disableGlobalLoadBalancing forbids global load balancers", "no global load balancers");
}

#define OFF "{'error':{'code':403,'details':[{'reason':'SERVICE_DISABLED'}]}}"

/* T6: a project in which nothing was built yet has the API of organisation policies off. Resource Manager's older one, which is asked in its place, says so of
 * the policy that it is asked for; of all others that nothing is in the way. */
static char *found_by_elder(const char *policy, const char *reply)
{
	struct plan *p = planned(none);
	struct limits *l = limits_new(p, false);
	for (size_t i = 0; i < limits_count(l); i++) {
		struct call c = {0};
		limits_call(l, i, &c);
		bool policies = strstr(c.url, "//orgpolicy.googleapis.com/") != NULL;
		cJSON *off = json_make(policies ? OFF : "{}");
		bool again = limits_take(l, i, policies ? 403 : 200, off, "it is off");
		call_free(&c);
		c = (struct call){0};
		if (again) {
			limits_call(l, i, &c);
			ok(!strcmp(c.method, "POST") && strstr(c.url, "/v1/projects/demo-proj:getEffectiveOrgPolicy"),
			   "T6: asked elsewhere: %s %s", c.method, c.url);
			char *asked = xasprintf("constraints/%s", policy);
			bool this = !strcmp(json_str(c.body, "constraint", ""), asked);
			cJSON *told = json_make(this ? reply : "{'listPolicy':{'allValues':'ALLOW'}}");
			ok(!limits_take(l, i, 200, told, NULL), "T6: that is an answer");
			cJSON_Delete(told);
			free(asked);
		}
		call_free(&c);
		cJSON_Delete(off);
	}
	cJSON *list = limits_findings(l);
	char *text = json_text(list, -1);
	cJSON_Delete(list);
	limits_free(l);
	plan_free(p);
	return text;
}

static void policies_of_a_new_project(void)
{
	static const struct {
		const char *policy, *reply, *part;
	} rows[] = {
	    {"run.allowedIngress", "{'listPolicy':{'allowedValues':['internal']}}", "run.allowedIngress forbids"},
	    {"run.allowedIngress", "{'listPolicy':{'deniedValues':['all']}}", "run.allowedIngress forbids"},
	    {"compute.restrictVpcPeering", "{'listPolicy':{'allValues':'DENY'}}", "compute.restrictVpcPeering forbids"},
	    {"iam.disableServiceAccountCreation", "{'booleanPolicy':{'enforced':true}}",
	     "iam.disableServiceAccountCreation forbids"},
	    {"gcp.restrictServiceUsage", "{'listPolicy':{'deniedValues':['run.googleapis.com']}}",
	     "forbids using this API: run.googleapis.com"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *text = found_by_elder(rows[i].policy, rows[i].reply);
		ok(strstr(text, rows[i].part) != NULL, "T6: %s is known before its API is on: %s", rows[i].policy, text);
		free(text);
	}
	char *text = found_by_elder("run.allowedIngress", "{'listPolicy':{'allowedValues':['all']}}");
	ok(!strstr(text, "\"state\":\"fail\"") && strstr(text, "not known until its API is on"),
	   "T6: what is allowed is no failure; that managed ones are not known is said: %s", text);
	free(text);
}

int main(void)
{
	mem_install();
	policies_of_a_new_project();
	quotas();
	policies();
	policies_of_networks();
	return tap_done();
}
