/* Projects, what is enabled in them, billing, organization policy. */
#include "config.h"
#include "tests/sim/identity.h"

#define SU "serviceusage.googleapis.com/v1/projects/" P "/services"
#define CRM "cloudresourcemanager.googleapis.com"

static void projects(void)
{
	wants(200, "GET " CRM "/v1/projects/" P, NULL, "v1 get");
	is_str(said("projectNumber"), N, "with the number");
	is_str(said("parent.type"), "organization", "and the organization");
	wants(200, "GET " CRM "/v1/projects/" N, NULL, "the number names it as well");
	wants(200, "GET " CRM "/v3/projects/" P, NULL, "v3 get");
	is_str(said("name"), "projects/" N, "is named by number");
	wants(200, "GET " CRM "/v3/projects:search?query=state:ACTIVE", NULL, "v3 search");
	is_str(said("projects.0.projectId"), P, "finds it");
	wants(200, "GET " CRM "/v1/projects?filter=lifecycleState:ACTIVE%20projectId:demo*", NULL, "v1 list");
	is_str(said("projects.0.projectId"), P, "finds it");
	wants(200, "POST " CRM "/v1/projects/" P ":getAncestry", "{}", "ancestry");
	is_str(said("ancestor.1.resourceId.type"), "organization", "goes up to the organization");
	refused(403, "GET " CRM "/v1/projects/not-mine", NULL, "The caller does not have permission",
		"a project that is not there is one that may not be seen");
	wants(200, "POST " CRM "/v1/projects/" P ":testIamPermissions",
	      "{\"permissions\":[\"run.services.create\",\"iam.serviceAccounts.getAccessToken\"]}", "permissions are tested");
	is_int(cJSON_GetArraySize(json_at(reply, "permissions")), 1, "an owner cannot mint tokens");
}

static void enabling(void)
{
	wants(403, "GET secretmanager.googleapis.com/v1/projects/" P "/secrets", NULL, "an API is off in a new project");
	is_str(said("error.details.0.reason"), "SERVICE_DISABLED", "SERVICE_DISABLED");
	is_str(said("error.details.0.metadata.consumer"), "projects/" N, "says for whom");
	wants(400, "POST " SU ":batchEnable", "{\"serviceIds\":[\"secretmanager.googleapis.com\"]}",
	      "a batch of one is an error");
	struct buf many = {0};
	buf_puts(&many, "{\"serviceIds\":[\"a\"");
	for (int i = 0; i < 20; i++)
		buf_puts(&many, ",\"a\"");
	buf_puts(&many, "]}");
	wants(400, "POST " SU ":batchEnable", buf_text(&many), "a batch of 21 is an error");
	wants(403, "POST " SU ":batchEnable", "{\"serviceIds\":[\"\",\"run.googleapis.com\"]}",
	      "a service without a name is not found");
	buf_free(&many);
	wants(200, "POST " SU "/secretmanager.googleapis.com:enable", "{}", "one is enabled by itself");
	char *poll = xasprintf("GET serviceusage.googleapis.com/v1beta1/%s", said("name"));
	ok(!strncmp(said("name"), "operations/acat.p2-" N "-", 26), "the operation is called as Google calls it");
	wants(200, poll, NULL, "it is read at v1beta1");
	ok(!json_at(reply, "done"), "at first without done");
	pass(60);
	wants(200, poll, NULL, "then");
	ok(json_bool(reply, "done", false), "it is done");
	is_str(said("response.service.state"), "ENABLED", "and the service enabled");
	free(poll);
	double until = sim_now(cloud) + 600;
	int refusals = 0;
	do {
		ask("GET secretmanager.googleapis.com/v1/projects/" P "/secrets", NULL);
		refusals += status == 403;
		pass(1);
	} while (status == 403 && sim_now(cloud) < until);
	ok(status == 200, "it can be used in the end");
	wants(200, "POST " SU "/secretmanager.googleapis.com:enable", "{}", "enabling again");
	is_str(said("name"), "operations/noop.DONE_OPERATION", "is no operation");
	wants(403, "POST " SU "/nonsense.googleapis.com:enable", "{}", "an unknown service");
	ok(!strncmp(said("error.message"), "Not found or permission denied for service(s): nonsense.googleapis.com.", 71),
	   "is named");
}

static void lag_after_enabling(void)
{
	/* Over several worlds: enabled is not yet usable. */
	int late = 0;
	begin(NULL);
	for (int i = 0; i < 8; i++) {
		static const char *const services[] = {"sqladmin", "dns", "secretmanager", "artifactregistry",
						       "compute",  "iam", "container",     "cloudbuild"};
		char *enable = xasprintf("POST " SU "/%s.googleapis.com:enable", services[i]),
		     *get = xasprintf("GET " SU "/%s.googleapis.com", services[i]);
		char *service = xasprintf("%s.googleapis.com", services[i]);
		ask(enable, "{}");
		for (int n = 0; n < 300; n++) {
			ask(get, NULL);
			if (!strcmp(said("state"), "ENABLED"))
				break;
			pass(1);
		}
		late += !sim_service_on(cloud, P, service);
		free(enable), free(get), free(service);
	}
	ok(late >= 6, "what is enabled is refused for a while longer");
}

static void listing(void)
{
	begin(NULL);
	wants(200, "GET " SU "?filter=state:ENABLED&fields=services/name,nextPageToken&pageSize=200", NULL,
	      "services are listed");
	const cJSON *s;
	bool usage = false, run = false;
	cJSON_ArrayForEach(s, json_at(reply, "services")) {
		usage |= !strcmp(json_str(s, "name", ""), "projects/" N "/services/serviceusage.googleapis.com");
		run |= !strcmp(json_str(s, "name", ""), "projects/" N "/services/run.googleapis.com");
	}
	ok(usage && !run, "those that a new project has");
	wants(200, "GET " SU "?filter=state:ENABLED&pageSize=5", NULL, "in pages");
	is_int(cJSON_GetArraySize(json_at(reply, "services")), 5, "of the size asked for");
	ok(*said("nextPageToken") != '(', "with a token for the next");
	wants(400, "GET " SU "?filter=name:run", NULL, "no other filter is known");
}

static void agents(void)
{
	begin("{\"projects\":[{\"services\":[\"run.googleapis.com\",\"compute.googleapis.com\",\"iap.googleapis.com\"]}]}");
	ok(sim_account_exists(cloud, "service-" N "@serverless-robot-prod.iam.gserviceaccount.com", true),
	   "enabling makes an agent");
	ok(sim_account_exists(cloud, N "-compute@developer.gserviceaccount.com", true), "and compute's default account");
	ok(!sim_account_exists(cloud, "service-" N "@gcp-sa-iap.iam.gserviceaccount.com", true),
	   "but IAP's agent must be asked for");
	wants(200,
	      "POST serviceusage.googleapis.com/v1beta1/projects/" P "/services/iap.googleapis.com:generateServiceIdentity",
	      NULL, "generateServiceIdentity");
	is_str(said("response.email"), "service-" N "@gcp-sa-iap.iam.gserviceaccount.com", "gives its address");
	ok(sim_account_exists(cloud, "service-" N "@gcp-sa-iap.iam.gserviceaccount.com", true), "and makes it");
}

static void disabling(void)
{
	begin("{\"projects\":[{\"services\":[\"container.googleapis.com\"]}]}");
	wants(400, "POST " SU "/compute.googleapis.com:disable", "{}", "what others need cannot be disabled");
	ok(strstr(said("error.message"), "is depended on by the following active service(s): container.googleapis.com"),
	   "and they are named");
	wants(200, "POST " SU "/compute.googleapis.com:disable", "{\"disableDependentServices\":true}", "unless they go too");
	pass(200);
	ok(!sim_service_on(cloud, P, "compute.googleapis.com") && !sim_service_on(cloud, P, "container.googleapis.com"),
	   "which they do");
}

static void without_billing(void)
{
	begin("{\"billingAccount\":null,\"projects\":[{\"services\":[\"cloudbilling.googleapis.com\"]}]}");
	wants(403, "PUT cloudbilling.googleapis.com/v1/projects/" P "/billingInfo",
	      "{\"billingAccountName\":\"billingAccounts/0X0X0X-0X0X0X-0X0X0X\"}", "a billing account of nobody's is refused");
	wants(200, "GET cloudbilling.googleapis.com/v1/projects/" P "/billingInfo", NULL, "billing info");
	ok(!json_bool(reply, "billingEnabled", true), "billing is off");
	wants(400, "POST " SU "/run.googleapis.com:enable", "{}", "nothing that costs can be enabled");
	is_str(said("error.details.1.reason"), "UREQ_PROJECT_BILLING_NOT_FOUND", "for want of billing");
	ok(!strncmp(said("error.message"),
		    "Billing account for project '" N "' is not found. Billing must be enabled for activation of service(s) "
		    "'run.googleapis.com' to proceed.",
		    140),
	   "in Google's words");
}

static void organization_policies(void)
{
	begin("{\"policies\":{\"iam.disableServiceAccountKeyCreation\":true,\"gcp.resourceLocations\":{\"allow\":[\"in:eu-"
	      "locations\"]}},"
	      "\"projects\":[{\"services\":[\"orgpolicy.googleapis.com\"]}]}");
	ok(sim_constraint(cloud, P, "gcp.resourceLocations", "us-central1"), "a place outside is forbidden");
	ok(!sim_constraint(cloud, P, "gcp.resourceLocations", "europe-west1"), "one inside is not");
	ok(sim_constraint(cloud, P, "iam.disableServiceAccountKeyCreation", NULL), "a boolean constraint is enforced");
	ok(!sim_constraint(cloud, P, "sql.restrictPublicIp", NULL), "what nobody set is not");
	wants(200, "GET orgpolicy.googleapis.com/v2/projects/" P "/policies/gcp.resourceLocations:getEffectivePolicy", NULL,
	      "it can be read");
	is_str(said("spec.rules.0.values.allowedValues.0"), "in:eu-locations", "with its values");
}

/* Resource Manager's older API tells the same, and needs no other. */
static void policies_of_elder(void)
{
	static const char ask[] = "POST " CRM "/v1/projects/" P ":getEffectiveOrgPolicy";
	begin("{\"policies\":{\"iam.disableServiceAccountKeyCreation\":true,\"gcp.resourceLocations\":{\"allow\":[\"in:eu-"
	      "locations\"]},\"compute.restrictVpcPeering\":{\"denyAll\":true}}}");
	wants(403, "GET orgpolicy.googleapis.com/v2/projects/" P "/policies/gcp.resourceLocations:getEffectivePolicy", NULL,
	      "in a new project the API of policies is off");
	wants(200, ask, "{\"constraint\":\"constraints/gcp.resourceLocations\"}", "Resource Manager tells");
	is_str(said("listPolicy.allowedValues.0"), "in:eu-locations", "a list's values");
	wants(200, ask, "{\"constraint\":\"constraints/compute.restrictVpcPeering\"}", "one that denies all");
	is_str(said("listPolicy.allValues"), "DENY", "so");
	wants(200, ask, "{\"constraint\":\"constraints/run.allowedIngress\"}", "one that nobody set");
	is_str(said("listPolicy.allValues"), "ALLOW", "allows all");
	wants(200, ask, "{\"constraint\":\"constraints/iam.disableServiceAccountKeyCreation\"}", "one that is enforced or not");
	is_str(said("constraint"), "constraints/iam.disableServiceAccountKeyCreation", "with its name");
	wants(400, ask, "{\"constraint\":\"constraints/run.managed.requireInvokerIam\"}", "managed ones are not known to it");
	wants(400, ask, "{\"constraint\":\"gcp.resourceLocations\"}", "nor a name without its beginning");
}

static void quota_project(void)
{
	begin(NULL);
	send_bytes("GET " CRM "/v1/projects/" P, "X-Goog-User-Project: " P, NULL, 0);
	is_int(status, 403, "with a quota project, that one must have the API on");
	is_str(said("error.details.0.metadata.service"), CRM, "Resource Manager's too");
}

#define SKUS "cloudbilling.googleapis.com/v1/services/9662-B51E-5089/skus"

static void price_list(void)
{
	begin(NULL);
	wants(200, "GET " SKUS "?pageSize=1", NULL, "a page of a service's price list");
	is_int(cJSON_GetArraySize(json_at(reply, "skus")), 1, "has as many SKUs as were asked for");
	is_str(said("skus.0.pricingInfo.0.pricingExpression.tieredRates.0.unitPrice.currencyCode"), "USD",
	       "with prices in dollars");
	char *first = xstrdup(said("skus.0.skuId")),
	     *next = xasprintf("GET " SKUS "?pageSize=1&pageToken=%s", said("nextPageToken"));
	wants(200, next, NULL, "the next page");
	ok(strcmp(said("skus.0.skuId"), first) != 0, "has another");
	free(first);
	free(next);
	wants(200, "GET " SKUS "?fields=skus(description,category/usageType)", NULL, "some fields");
	ok(!json_at(reply, "skus.0.skuId") && json_at(reply, "skus.0.category.usageType"), "are those that were asked for");
	wants(400, "GET " SKUS "?pageToken=none", NULL, "a token that nobody gave");
	wants(404, "GET cloudbilling.googleapis.com/v1/services/0000-0000-0000/skus", NULL, "a service that is not there");
	send_bytes("GET " SKUS, "X-Goog-User-Project: " P, NULL, 0);
	is_int(status, 403, "a quota project must have the API on");
}

int main(void)
{
	begin(NULL);
	projects();
	enabling();
	lag_after_enabling();
	listing();
	agents();
	disabling();
	without_billing();
	organization_policies();
	policies_of_elder();
	quota_project();
	price_list();
	end();
	return tap_done();
}
