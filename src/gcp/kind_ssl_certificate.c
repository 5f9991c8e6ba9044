/* A certificate that Google issues once the host leads to the load balancer that shows it, and not before. It stands as soon as
 * it was asked for: whether it is issued is seen at the host itself. Its host cannot be changed, and while a proxy shows it it
 * does not go, so another host wants another name. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"

#include <string.h>

static const char *const fixed[] = {"type", "managed", NULL};
static const struct compute_object object = {.scope = "global", .collection = "sslCertificates", .fixed = fixed};

static void ssl_certificate_observe(const struct view *v, struct call *out)
{
	compute_object_observe(&object, v, out);
}

static void ssl_certificate_list(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL,
		 "https://compute.googleapis.com/compute/v1/projects/%s/global/sslCertificates?maxResults=500", v->project);
}

static void ssl_certificate_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	compute_object_decode(&object, v, http, reply, out);
	if (out->presence == PRESENT_YES &&
	    !strcmp(json_str(out->found, "managed.status", ""), "PROVISIONING_FAILED_PERMANENTLY"))
		kind_say(out, PRESENT_FAILED, "%s",
			 _("Google does not try to issue this certificate any more: choose another host, or remove the "
			   "certificate."));
}

static void ssl_certificate_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	compute_object_compare(&object, v, seen, out);
}

static void ssl_certificate_create(const struct view *v, const struct observation *seen, struct call *out)
{
	compute_object_create(&object, v, seen, out);
}

static void ssl_certificate_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	compute_object_destroy(&object, v, seen, out);
}

const struct kind kind_ssl_certificate = {
    .id = "compute.sslCertificate",
    .title = N_("Managed certificate"),
    .api = "compute.googleapis.com",
    .part = PART_SERVER,
    .console_page = "security/ccm/list/lbCertificates",
    .permissions = {.read = "compute.sslCertificates.get",
		    .list = "compute.sslCertificates.list",
		    .create = "compute.sslCertificates.create compute.globalOperations.get",
		    .destroy = "compute.sslCertificates.delete compute.globalOperations.get"},
    .usual = 1,
    .slow = 2,
    .deadline = 1200,
    .observe = ssl_certificate_observe,
    .list = ssl_certificate_list,
    .items = "items",
    .decode = ssl_certificate_decode,
    .compare = ssl_certificate_compare,
    .create = ssl_certificate_create,
    .destroy = ssl_certificate_destroy,
    .patience = 120,
    .terraform = {.type = "google_compute_managed_ssl_certificate",
		  .import = "projects/{project}/global/sslCertificates/{name}",
		  .outputs = (const char *const[]){"link", "@.id", NULL}},
};
