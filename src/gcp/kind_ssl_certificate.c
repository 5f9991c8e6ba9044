/* A certificate that Google issues for a load balancer's hosts (classic, type MANAGED). It becomes ACTIVE only after the proxy that uses it, the
 * forwarding rule and the host's A record exist, so it stands once it is PROVISIONING, and whoever needs it ACTIVE looks at status.
 * spec: {"body":{"type":"MANAGED","managed":{"domains":[...]}}}. Outputs: link, status, domains (a status for each host). */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"

#include <string.h>

static const char *const fixed[] = {"type", "managed", NULL};
static const struct compute_object object = {.scope = "global", .collection = "sslCertificates", .fixed = fixed};

static void observe(const struct view *v, struct call *out)
{
	compute_object_observe(&object, v, out);
}

static void decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	compute_object_decode(&object, v, http, reply, out);
	if (!out->outputs)
		return;
	const char *status = json_str(out->found, "managed.status", "");
	const cJSON *domains = json_at(out->found, "managed.domainStatus");
	json_put_str(out->outputs, "status", status);
	json_put(out->outputs, "domains", domains ? cJSON_Duplicate(domains, 1) : cJSON_CreateObject());
	if (out->presence == PRESENT_YES && !strcmp(status, "PROVISIONING_FAILED_PERMANENTLY"))
		kind_say(out, PRESENT_FAILED, "the certificate could not be issued (%s)", status);
}

/* One that failed for good is never tried again by Google: a new one is. */
static void compare(const struct view *v, const struct observation *seen, struct change *out)
{
	compute_object_compare(&object, v, seen, out);
	if (seen->presence == PRESENT_FAILED)
		out->verdict = VERDICT_REPLACE;
}

static void create(const struct view *v, const struct observation *seen, struct call *out)
{
	compute_object_create(&object, v, seen, out);
}

static void destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	compute_object_destroy(&object, v, seen, out);
}

const struct kind kind_ssl_certificate = {
	.id = "compute.sslCertificate",
	.title = N_("Managed certificate"),
	.api = "compute.googleapis.com",
	.usual = 1.2,
	.slow = 3,
	.deadline = 1200,
	.observe = observe,
	.decode = decode,
	.compare = compare,
	.create = create,
	.destroy = destroy,
	.patience = 60,
};
