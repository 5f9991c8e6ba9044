/* Database path private-services-access: a private address in the stack's network, by a peering with Google's. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "gcp/ip_range.h"
#include "plan/naming.h"
#include "plan/settings.h"

#include <stdlib.h>
#include <string.h>

static void need(struct resource *r, const char *id)
{
	if (id)
		plan_needs(r, id);
}

/* The range of Google's side: where the operator said it, or anywhere free. */
static void add_range(struct design *d, const char *name)
{
	struct plan *p = d->plan;
	const char *said = answers_str(d->answers, "database.range");
	struct ip_range r = {.bits = 20};
	cJSON *spec = json_make("{'network':%j}", cJSON_Duplicate(d->network.link, 1));
	if (ip_range_parse(said, &r)) {
		char *base = xstrndup(said, strcspn(said, "/"));
		json_put_str(spec, "address", base);
		free(base);
	}
	json_put_num(spec, "prefixLength", r.bits);
	struct resource *range = plan_add(p, "range", "compute.globalAddress", name, spec);
	need(range, d->network.need);
	if (!*said) /* what Google picks is free of what is there by then */
		need(range, d->network.subnet_need);
	if (!*said || !d->network.given)
		return;
	plan_needs(range, "range/free");
	need(plan_add(p, "range/free", "compute.freeRange", said, json_make("{'network':%s,'own':%s}", d->network.name, name)),
	     d->network.need);
}

/* Of a host project's network the connection is there, and its range is the host project's choice. */
static cJSON *settings_abroad(const struct design *d, const char **after)
{
	*after = d->network.need;
	return json_make("{'ipv4Enabled':false,'privateNetwork':%s,'sslMode':'ENCRYPTED_ONLY',"
			 "'enablePrivatePathForGoogleCloudServices':false}",
			 d->network.path);
}

static cJSON *path_private_services_access_settings(struct design *d, const char **after)
{
	struct plan *p = d->plan;
	if (d->network.foreign)
		return settings_abroad(d, after);
	char *range = name_of(p->stack, "services");
	add_range(d, range);
	cJSON *spec = json_make("{'network':%s,'ranges':[%s]}", d->network.name, range);
	if (d->network.given)
		json_put_str(spec, "instance", d->instance);
	struct resource *peering = plan_add(p, "peering", "servicenetworking.connection", "servicenetworking-googleapis-com",
					    spec);
	need(peering, d->network.need);
	need(peering, "range");
	cJSON *ip = json_make("{'ipv4Enabled':false,'privateNetwork':%s,'allocatedIpRange':%s,'sslMode':'ENCRYPTED_ONLY',"
			      "'enablePrivatePathForGoogleCloudServices':false}",
			      d->network.path, range);
	*after = "peering";
	free(range);
	return ip;
}

/* A file that is rendered for another tool names the address itself. */
static void path_private_services_access_plan(struct design *d)
{
	plan_records(plan_find(d->plan, "sql"), "ip", "database_address");
}

static cJSON *path_private_services_access_address(const struct design *d)
{
	(void)d;
	return plan_ref("sql", "ip");
}

/* Cloud SQL takes a /24 of it for each region. */
static const char *path_private_services_access_check_range(const struct answers *a, const char *value)
{
	struct ip_range r;
	(void)a;
	if (!ip_range_parse(value, &r))
		return N_("A range of addresses that begins at a boundary of its size, such as 10.20.0.0/20.");
	if (ip_range_refused(r))
		return ip_range_refused(r);
	return r.bits <= 24 && r.bits >= 8 ? NULL : N_("From /8 to /24: Cloud SQL takes a /24 of it.");
}

static bool path_private_services_access_when_own(const struct answers *a)
{
	return !axes_of(a).network->foreign;
}

/* clang-format off */
static const struct question rows[] = {
	{.id = "database.range", .quiet = true, .page = "database", .type = TYPE_TEXT, .title = N_("Range for the database"),
	 .help = N_("A range of the network for Google's side of the connection, /24 or larger. Empty: Google picks a free one. It cannot be changed later."),
	 .after = "network.mode", .when = path_private_services_access_when_own, .optional = true,
	 .check = path_private_services_access_check_range},
	{.id = NULL},
};
/* clang-format on */

static const char *const apis[] = {"compute", "servicenetworking", NULL};

static const char *const asks[] = {SETTINGS_OF_INSTANCE, NULL};

const struct database_path database_path_private_services_access = {
    .choice =
	{
	    .id = "private-services-access",
	    .title = N_("Private services access"),
	    .help = N_("A private address in your network, by peering with Google's."),
	    .questions = rows,
	    .asks = asks,
	    .apis = apis,
	},
    .networked = true,
    .peers = true,
    .range = "database.range",
    .connector_flag = "--private-ip",
    .settings = path_private_services_access_settings,
    .plan = path_private_services_access_plan,
    .address = path_private_services_access_address,
};
