/* A certificate by DNS authorization. It stands once it is ACTIVE, which takes minutes after the CNAME is there. */
#include "config.h"
#include "gcp/aip_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"

#include <string.h>

static const char *const fixed[] = {"managed", NULL};
static const struct aip_object object = {.base = "https://certificatemanager.googleapis.com/v1",
					 .collection = "certificates",
					 .id_parameter = "certificateId",
					 .fixed = fixed};

AIP_OBJECT(certificate, object)

static void certificate_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	aip_decode(&object, v, http, reply, out);
	const char *state = json_str(out->found, "managed.state", "");
	if (out->presence != PRESENT_YES || !*state || !strcmp(state, "ACTIVE"))
		return;
	const char *detail = json_str(out->found, "managed.authorizationAttemptInfo.0.details",
				      json_str(out->found, "managed.provisioningIssue.details", ""));
	if (*detail)
		kind_say(out, PRESENT_PENDING, _("the certificate is %s: %s"), state, detail);
	else
		kind_say(out, PRESENT_PENDING, _("the certificate is %s"), state);
}

const struct kind kind_certificate = {
    .id = "certificatemanager.certificate",
    .title = N_("Managed certificate"),
    .api = "certificatemanager.googleapis.com",
    .part = PART_SERVER,
    .console_page = "security/ccm/list/certificates",
    .permissions = {.read = "certificatemanager.certs.get",
		    .create = "certificatemanager.certs.create certificatemanager.operations.get",
		    .update = "certificatemanager.certs.update certificatemanager.operations.get",
		    .destroy = "certificatemanager.certs.delete certificatemanager.operations.get"},
    .usual = 300,
    .slow = 1800,
    .deadline = 7200,
    .labelled = true,
    .observe = certificate_observe,
    .decode = certificate_decode,
    .compare = certificate_compare,
    .create = certificate_create,
    .update = certificate_update,
    .destroy = certificate_destroy,
    .patience = 120,
    .terraform = {.type = "google_certificate_manager_certificate",
		  .import = "projects/{project}/locations/global/certificates/{name}",
		  .ignores = TERRAFORM_LABELS,
		  .outputs = (const char *const[]){"name", "@.id", NULL}},
};
