/* Where names on the public Internet lead, as the world has it. */
#include "config.h"

#include "sim/api/network.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* A record of a public zone of Cloud DNS here: 1 it leads there, 0 elsewhere, -1 there is none. */
static int by_zone(struct sim *s, const char *domain, const char *ip)
{
	const char *name = sim_tmp("%s.", domain);
	int result = -1;
	for (struct sim_object *o = sim_first(s, "dns.rrsets", "projects/"); o && result < 1; o = sim_following(s, o, "projects/")) {
		const cJSON *r;
		if (strcmp(json_str(o->doc, "name", ""), name) || strcmp(json_str(o->doc, "type", ""), "A"))
			continue;
		result = 0;
		cJSON_ArrayForEach(r, json_at(o->doc, "rrdatas"))
			result = !strcmp(r->valuestring, ip) ? 1 : result;
	}
	return result;
}

bool sim_dns_leads(struct sim *s, const char *domain, const char *ip)
{
	int here = by_zone(s, domain, ip);
	struct sim_object *said = sim_get(s, "world.dns", domain), *nobody = sim_get(s, "world.dns", "*");
	if (here >= 0)
		return here;
	if (said)
		return !strcmp(json_str(said->doc, "address", ""), ip);
	if (nobody)
		return false;
	/* The operator goes to the registrar once the address is known, and that takes its time. */
	const char *key = sim_tmp("%s %s", domain, ip);
	struct sim_object *o = sim_get(s, "world.registrar", key);
	if (!o) {
		o = sim_put(s, "world.registrar", key, cJSON_CreateObject());
		json_put_num(o->doc, "from", sim_now(s) + sim_draw(s, "lag.registrar"));
	}
	return sim_now(s) >= json_num(o->doc, "from", 0);
}

/* "dns": {"mlflow.example.com": "203.0.113.7"}, or "dns": "nobody" for names that nobody sets. */
static void seed(struct sim *s, const cJSON *world)
{
	const cJSON *dns = json_at(world, "dns"), *d;
	if (cJSON_IsString(dns))
		sim_put(s, "world.dns", "*", cJSON_CreateObject());
	if (cJSON_IsObject(dns))
		cJSON_ArrayForEach(d, dns)
			sim_put(s, "world.dns", d->string, json_make("{'address':%s}", d->valuestring));
}

static const struct sim_route routes[] = {{NULL, NULL, NULL, NULL}};

const struct sim_api sim_names = {.name = "names", .errors = SIM_ERRORS_AIP, .routes = routes, .seed = seed};
