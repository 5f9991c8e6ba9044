/* A public zone of Cloud DNS that was there before the stack: the one in which its host's records are written. spec: {"host"}, without a dot at the end. */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static void given_zone_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, "https://dns.googleapis.com/dns/v1/projects/%s/managedZones/%s", v->project,
		 v->name);
}

/* Is the host the zone's own name, or one below it? */
static bool holds(const char *origin, const char *host)
{
	char *dotted = xasprintf(".%s.", host), *below = xasprintf(".%s", origin);
	bool so = text_ends(dotted, below);
	free(below);
	free(dotted);
	return so;
}

static void given_zone_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	given_decode(v, http, reply, xasprintf(_("there is no zone %s in Cloud DNS of project %s."), v->name, v->project), out);
	if (out->presence != PRESENT_YES)
		return;
	const char *host = json_str(v->spec, "host", ""), *origin = json_str(out->found, "dnsName", "");
	if (!strcmp(json_str(out->found, "visibility", ""), "private"))
		kind_say(out, PRESENT_FAILED, _("zone %s is private: nobody outside its networks finds a host in it."),
			 v->name);
	else if (!holds(origin, host))
		kind_say(out, PRESENT_FAILED, _("zone %s holds the names below %s, and %s is none of them."), v->name, origin,
			 host);
}

/* That of the domain in which the host is. */
static void given_zone_beforehand(const struct view *v, cJSON *world)
{
	struct call c = {0};
	const char *parent = strchr(json_str(v->spec, "host", ""), '.');
	if (!parent)
		return;
	char *origin = xasprintf("%s.", parent + 1);
	call_set(&c, DIALECT_NONE, "POST",
		 json_make("{'name':%s,'dnsName':%s,'description':%s,'visibility':'public'}", v->name, origin, v->name),
		 "https://dns.googleapis.com/dns/v1/projects/%s/managedZones", v->project);
	given_made(world, v->project, &c);
	free(origin);
}

const struct kind kind_given_zone = {
    .id = "dns.givenZone",
    .title = N_("DNS zone, given"),
    .api = "dns.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "net-services/dns/zones/{name}/details",
    .permissions = {.read = "dns.managedZones.get"},
    .usual = 1,
    .slow = 2,
    .deadline = 600,
    .observe = given_zone_observe,
    .decode = given_zone_decode,
    .compare = given_compare,
    .beforehand = given_zone_beforehand,
    .stays = GIVEN_STAYS,
    .terraform = {.type = "google_dns_managed_zone", .data = true, .comment = "It was there before the stack."},
};
