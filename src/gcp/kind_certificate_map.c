/* A certificate map: which certificates a load balancer's proxy shows. */
#include "config.h"
#include "gcp/aip_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"

static const struct aip_object object = {.base = "https://certificatemanager.googleapis.com/v1",
					 .collection = "certificateMaps",
					 .id_parameter = "certificateMapId"};

AIP_OBJECT(certificate_map, object)
AIP_DECODE(certificate_map, object)

const struct kind kind_certificate_map = {
    .id = "certificatemanager.certificateMap",
    .title = N_("Certificate map"),
    .api = "certificatemanager.googleapis.com",
    .part = PART_SERVER,
    .console_page = "security/ccm/list/certificates",
    .permissions = {.read = "certificatemanager.certmaps.get",
		    .create = "certificatemanager.certmaps.create certificatemanager.operations.get",
		    .update = "certificatemanager.certmaps.update certificatemanager.operations.get",
		    .destroy = "certificatemanager.certmaps.delete certificatemanager.operations.get"},
    .usual = 0.2,
    .slow = 0.3,
    .deadline = 600,
    .labelled = true,
    .observe = certificate_map_observe,
    .decode = certificate_map_decode,
    .compare = certificate_map_compare,
    .create = certificate_map_create,
    .update = certificate_map_update,
    .destroy = certificate_map_destroy,
    .patience = 120,
    .terraform = {.type = "google_certificate_manager_certificate_map",
		  .import = "projects/{project}/locations/global/certificateMaps/{name}",
		  .ignores = TERRAFORM_LABELS,
		  .outputs = (const char *const[]){"name", "@.id", NULL}},
};
