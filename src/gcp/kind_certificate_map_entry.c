/* The certificates of one host in a map. The spec's parent is locations/global/certificateMaps/NAME. */
#include "config.h"
#include "gcp/aip_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"

static const char *const fixed[] = {"hostname", "matcher", NULL};
static const struct aip_object object = {.base = "https://certificatemanager.googleapis.com/v1",
					 .collection = "certificateMapEntries",
					 .id_parameter = "certificateMapEntryId",
					 .fixed = fixed};

AIP_OBJECT(certificate_map_entry, object)
AIP_DECODE(certificate_map_entry, object)

const struct kind kind_certificate_map_entry = {
    .id = "certificatemanager.certificateMapEntry",
    .title = N_("Certificate map entry"),
    .api = "certificatemanager.googleapis.com",
    .part = PART_SERVER,
    .console_page = "security/ccm/list/certificates",
    .permissions = {.read = "certificatemanager.certmapentries.get",
		    .create = "certificatemanager.certmapentries.create certificatemanager.operations.get",
		    .update = "certificatemanager.certmapentries.update certificatemanager.operations.get",
		    .destroy = "certificatemanager.certmapentries.delete certificatemanager.operations.get"},
    .usual = 0.3,
    .slow = 0.4,
    .deadline = 600,
    .labelled = true,
    .observe = certificate_map_entry_observe,
    .decode = certificate_map_entry_decode,
    .compare = certificate_map_entry_compare,
    .create = certificate_map_entry_create,
    .update = certificate_map_entry_update,
    .destroy = certificate_map_entry_destroy,
    .patience = 120,
    .terraform = {.type = "google_certificate_manager_certificate_map_entry",
		  .import = "projects/{project}/{parent}/certificateMapEntries/{name}",
		  .takes = (const char *const[]){"parent", "map", NULL},
		  .ignores = TERRAFORM_LABELS},
};
