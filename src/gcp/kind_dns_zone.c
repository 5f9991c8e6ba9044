/* A private zone of Cloud DNS (dns.v1 managedZones), such as that of a Private Service Connect endpoint. spec: {"body":{...}}: dnsName, visibility,
 * privateVisibilityConfig. Outputs: name. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

#define BASE "https://dns.googleapis.com/dns/v1/projects/%s/managedZones"

static void dns_zone_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "/%s", v->project, v->name);
}

static void dns_zone_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_labels(v, http, reply, "labels", out);
	if (out->outputs)
		json_put_str(out->outputs, "name", v->name);
}

static cJSON *wanted(const struct view *v)
{
	cJSON *w = kind_copy(v, "body");
	char *mark = kind_mark(v);
	json_put_str(w, "name", v->name);
	json_put_str(w, "description", mark);
	json_put(w, "labels", kind_labels(v));
	free(mark);
	return w;
}

static void dns_zone_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	static const char *const fixed[] = {"dnsName", "visibility", NULL};
	cJSON *w = wanted(v);
	kind_compare_leaves(w, seen->found, NULL, out);
	kind_compare_shed(v, seen->found, "labels", out);
	kind_refuse_changed(out, fixed, _("a zone cannot be moved; remove it, or choose another stack name"));
	cJSON_Delete(w);
}

static void dns_zone_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_NONE, "POST", wanted(v), BASE, v->project);
}

static void dns_zone_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	(void)change;
	cJSON *w = wanted(v);
	json_put(w, "labels", kind_labels_over(v, json_at(seen->found, "labels")));
	call_set(out, DIALECT_NONE, "PATCH", w, BASE "/%s", v->project, v->name);
}

static void dns_zone_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_NONE, "DELETE", NULL, BASE "/%s", v->project, v->name);
}

const struct kind kind_dns_zone = {
    .id = "dns.managedZone",
    .title = N_("DNS zone"),
    .api = "dns.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "net-services/dns/zones/{name}/details",
    .permissions = {.read = "dns.managedZones.get",
		    .create = "dns.managedZones.create",
		    .update = "dns.managedZones.update",
		    .destroy = "dns.managedZones.delete"},
    .usual = 1,
    .slow = 3,
    .deadline = 300,
    .labelled = true,
    .billable = true,
    .observe = dns_zone_observe,
    .decode = dns_zone_decode,
    .compare = dns_zone_compare,
    .create = dns_zone_create,
    .update = dns_zone_update,
    .destroy = dns_zone_destroy,
    .lingers = N_("The zone still holds records that this program did not write: remove them, then run destroy again."),
    .terraform = {.type = "google_dns_managed_zone",
		  .import = "projects/{project}/managedZones/{name}",
		  .ignores = TERRAFORM_LABELS,
		  .outputs = (const char *const[]){"name", "@.name", NULL}},
};
