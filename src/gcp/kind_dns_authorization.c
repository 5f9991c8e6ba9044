/* The proof that a host is ours, for a certificate that is issued before anything answers there. Outputs: record and data, the name and the data of the
 * CNAME to be written; it is also the standing permission to renew. */
#include "config.h"
#include "gcp/aip_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"

static const char *const fixed[] = {"domain", "type", NULL};
static const struct aip_object object = {.base = "https://certificatemanager.googleapis.com/v1",
					 .collection = "dnsAuthorizations",
					 .id_parameter = "dnsAuthorizationId",
					 .fixed = fixed};

AIP_OBJECT(dns_authorization, object)

static void dns_authorization_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	aip_decode(&object, v, http, reply, out);
	if (!out->outputs)
		return;
	json_put_str(out->outputs, "record", json_str(out->found, "dnsResourceRecord.name", ""));
	json_put_str(out->outputs, "data", json_str(out->found, "dnsResourceRecord.data", ""));
}

const struct kind kind_dns_authorization = {
    .id = "certificatemanager.dnsAuthorization",
    .title = N_("DNS authorization"),
    .api = "certificatemanager.googleapis.com",
    .part = PART_SERVER,
    .console_page = "security/ccm/list/certificates",
    .permissions = {.read = "certificatemanager.dnsauthorizations.get",
		    .create = "certificatemanager.dnsauthorizations.create certificatemanager.operations.get",
		    .update = "certificatemanager.dnsauthorizations.update certificatemanager.operations.get",
		    .destroy = "certificatemanager.dnsauthorizations.delete certificatemanager.operations.get"},
    .usual = 0.3,
    .slow = 0.5,
    .deadline = 600,
    .labelled = true,
    .observe = dns_authorization_observe,
    .decode = dns_authorization_decode,
    .compare = dns_authorization_compare,
    .create = dns_authorization_create,
    .update = dns_authorization_update,
    .destroy = dns_authorization_destroy,
    .patience = 120,
    .terraform = {.type = "google_certificate_manager_dns_authorization",
		  .import = "projects/{project}/locations/global/dnsAuthorizations/{name}",
		  .ignores = TERRAFORM_LABELS,
		  .outputs = (const char *const[]){"record", "@.dns_resource_record[0].name", "data",
						   "@.dns_resource_record[0].data", "name", "@.id", NULL}},
};
