/* A record set in a zone of Cloud DNS (dns.v1 resourceRecordSets). spec: {"zone","host" ("mlflow.example.com."),"type","ttl","data":[...]}. Record
 * sets have no labels: one with our data is ours, and one with other data is somebody's and is never overwritten. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void ask(const struct view *v, const char *method, cJSON *body, bool one, struct call *out)
{
	call_set(out, DIALECT_NONE, method, body, "https://dns.googleapis.com/dns/v1/projects/%s/managedZones/%s/rrsets",
		 v->project, json_str(v->spec, "zone", ""));
	if (one)
		call_add(out, "/%s/%s", json_str(v->spec, "host", ""), json_str(v->spec, "type", ""));
}

static void dns_record_observe(const struct view *v, struct call *out)
{
	ask(v, "GET", NULL, true, out);
}

static void dns_record_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
	if (out->presence != PRESENT_YES || json_equal(json_at(out->found, "rrdatas"), json_at(v->spec, "data")))
		return;
	char *data = json_text(json_at(out->found, "rrdatas"), -1);
	kind_say(out, PRESENT_STRANGER, _("the record %s %s has other data (%s): remove it, or choose another host"),
		 json_str(v->spec, "host", ""), json_str(v->spec, "type", ""), data);
	free(data);
}

static cJSON *wanted(const struct view *v)
{
	const cJSON *data = json_at(v->spec, "data");
	return json_make("{'name':%s,'type':%s,'ttl':%d,'rrdatas':%j}", json_str(v->spec, "host", ""),
			 json_str(v->spec, "type", ""), (int)json_num(v->spec, "ttl", 300),
			 data ? cJSON_Duplicate(data, 1) : cJSON_CreateArray());
}

static void dns_record_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = wanted(v);
	kind_compare_leaves(w, seen->found, NULL, out);
	cJSON_Delete(w);
}

static void dns_record_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	ask(v, "POST", wanted(v), false, out);
}

static void dns_record_update(const struct view *v, const struct observation *seen, const struct change *change,
			      struct call *out)
{
	(void)seen, (void)change;
	ask(v, "PATCH", wanted(v), true, out);
}

static void dns_record_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	ask(v, "DELETE", NULL, true, out);
}

const struct kind kind_dns_record = {
    .id = "dns.resourceRecordSet",
    .title = N_("DNS record"),
    .api = "dns.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "net-services/dns/zones/{zone}/details",
    .permissions = {.read = "dns.resourceRecordSets.get",
		    .create = "dns.resourceRecordSets.create",
		    .update = "dns.resourceRecordSets.update",
		    .destroy = "dns.resourceRecordSets.delete"},
    .usual = 1,
    .slow = 3,
    .deadline = 300,
    .observe = dns_record_observe,
    .decode = dns_record_decode,
    .compare = dns_record_compare,
    .create = dns_record_create,
    .update = dns_record_update,
    .destroy = dns_record_destroy,
    .terraform = {.type = "google_dns_record_set",
		  .name = "",
		  .import = "projects/{project}/managedZones/{zone}/rrsets/{host}/{type}",
		  .takes = (const char *const[]){"zone", "managedZone", "host", "name", NULL}},
};
