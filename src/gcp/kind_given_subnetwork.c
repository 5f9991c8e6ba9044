/* A subnet that was there before the stack. spec: {["home",]"region","network"[,"born":true][,"largest"][,"google":true][,"ranges":[NAMES]]}: the project it is in, the
 * network's name, the longest prefix that has room for the target, whether machines in it must reach Google's services, secondary ranges that it must have. */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char *region(const struct view *v)
{
	return json_str(v->spec, "region", "");
}

static void given_subnetwork_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL,
		 "https://compute.googleapis.com/compute/v1/projects/%s/regions/%s/subnetworks/%s", given_home(v), region(v),
		 v->name);
}

/* The name of the first secondary range that is wanted and not there; NULL when all are. */
static const char *missing_range(const struct view *v, const cJSON *subnet)
{
	const cJSON *wanted, *one;
	cJSON_ArrayForEach(wanted, json_at(v->spec, "ranges")) {
		bool there = false;
		cJSON_ArrayForEach(one, json_at(subnet, "secondaryIpRanges"))
			there |= !strcmp(json_str(one, "rangeName", ""), wanted->valuestring);
		if (!there)
			return wanted->valuestring;
	}
	return NULL;
}

static void check(const struct view *v, struct observation *out)
{
	const cJSON *s = out->found;
	const char *network = json_str(v->spec, "network", ""), *range = json_str(s, "ipCidrRange", ""),
		   *slash = strchr(range, '/');
	const char *missing = missing_range(v, s);
	const char *link = json_str(s, "network", ""), *last = strrchr(link, '/'), *of = last ? last + 1 : link;
	const char *purpose = json_str(s, "purpose", "PRIVATE");
	int largest = (int)json_num(v->spec, "largest", 32);
	if (strcmp(of, network) != 0)
		kind_say(out, PRESENT_FAILED, _("subnet %s is of network %s, not of %s."), v->name, of, network);
	else if (strcmp(purpose, "PRIVATE") != 0 && strcmp(purpose, "PRIVATE_RFC_1918") != 0) /* two words for one thing */
		kind_say(out, PRESENT_FAILED, _("subnet %s is kept for %s: no server can stand in it."), v->name, purpose);
	else if (slash && atoi(slash + 1) > largest)
		kind_say(out, PRESENT_FAILED,
			 _("subnet %s has the range %s, which is too small: it takes a /%d or a larger one."), v->name, range,
			 largest);
	else if (json_bool(v->spec, "google", false) && !json_bool(s, "privateIpGoogleAccess", false))
		kind_say(
		    out, PRESENT_FAILED,
		    _("machines in subnet %s do not reach Google's services: turn Private Google Access on, by gcloud compute "
		      "networks subnets update %s --project=%s --region=%s --enable-private-ip-google-access."),
		    v->name, v->name, given_home(v), region(v));
	else if (missing)
		kind_say(out, PRESENT_FAILED, _("subnet %s has no secondary range %s."), v->name, missing);
}

static void given_subnetwork_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	given_decode(v, http, reply,
		     xasprintf(_("there is no subnet %s in region %s of project %s."), v->name, region(v), given_home(v)), out);
	if (out->presence == PRESENT_YES)
		check(v, out);
}

/* Of ranges that few answers name. */
static cJSON *given_subnetwork_body(const struct view *v, const char *path)
{
	cJSON *ranges = cJSON_CreateArray();
	const cJSON *name;
	int next = 113;
	cJSON_ArrayForEach(name, json_at(v->spec, "ranges")) {
		char *block = xasprintf("100.%d.0.0/16", next++);
		cJSON_AddItemToArray(ranges, json_make("{'rangeName':%s,'ipCidrRange':%s}", name->valuestring, block));
		free(block);
	}
	return json_make(
	    "{'name':%s,'network':%s,'ipCidrRange':'100.112.0.0/20','privateIpGoogleAccess':%b,'secondaryIpRanges':%j}",
	    v->name, path, true, ranges);
}

/* One that comes with the API is there by itself: then it is Private Google Access alone that somebody turned on. */
static void given_subnetwork_beforehand(const struct view *v, cJSON *world)
{
	struct call c = {0};
	const char *network = json_str(v->spec, "network", ""), *home = given_home(v);
	char *path = xasprintf("projects/%s/global/networks/%s", home, network);
	bool born = json_bool(v->spec, "born", false);
	call_set(&c, DIALECT_NONE, "POST",
		 born ? json_make("{'privateIpGoogleAccess':%b}", true) : given_subnetwork_body(v, path),
		 "https://compute.googleapis.com/compute/v1/projects/%s/regions/%s/subnetworks", home, region(v));
	if (born)
		call_add(&c, "/%s/setPrivateIpGoogleAccess", v->name);
	if (!born || json_bool(v->spec, "google", false))
		given_made(world, home, &c);
	else
		call_free(&c);
	free(path);
}

const struct kind kind_given_subnetwork = {
    .id = "compute.givenSubnetwork",
    .title = N_("Subnet, given"),
    .api = "compute.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "networking/subnetworks/details/{region}/{name}",
    .permissions = {.read = "compute.subnetworks.get"},
    .usual = 1,
    .slow = 2,
    .deadline = 600,
    .observe = given_subnetwork_observe,
    .decode = given_subnetwork_decode,
    .compare = given_compare,
    .beforehand = given_subnetwork_beforehand,
    .stays = GIVEN_STAYS,
    .terraform = {.type = "google_compute_subnetwork",
		  .data = true,
		  .place = "region",
		  .takes = (const char *const[]){"home", "project", NULL},
		  .comment = "It was there before the stack.",
		  .outputs = (const char *const[]){"link", "@.id", NULL}},
};
