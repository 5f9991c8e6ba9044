/* Names on the public Internet: what stands in the public zones of Cloud DNS here, and what the world's own name servers say of
 * all others; and Google Public DNS (dns.google), which answers by it. A record elsewhere is there once somebody sets it: in
 * the world, or at the simulated registrar
 *
 *   PUT https://registrar.example/NAME/TYPE   {"data":["203.0.113.7"]}          DELETE https://registrar.example/NAME/TYPE
 *
 * which is nobody's but this simulation's: where an operator would open their provider's page. */
#include "config.h"

#include "sim/api/network.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RECORDS "world.dns"

enum { ALIASES_MAX = 8, NXDOMAIN = 3 };

static const struct {
	const char *name;
	int number;
} types[] = {{"A", 1}, {"NS", 2}, {"CNAME", 5}, {"SOA", 6}, {"MX", 15}, {"TXT", 16}, {"AAAA", 28}, {"CAA", 257}};
enum { TYPES = sizeof types / sizeof *types };

/* A name as it is looked up: small letters, no dot at the end. */
static char *plain(const char *name)
{
	size_t n = strlen(name);
	char *copy = xstrndup(name, n && name[n - 1] == '.' ? n - 1 : n);
	for (char *p = copy; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

/* The data of the records of a name (plain) and type; NULL when there are none. */
static const cJSON *data_of(struct sim *s, const char *name, const char *type)
{
	for (struct sim_object *o = sim_first(s, "dns.rrsets", "projects/"); o; o = sim_following(s, o, "projects/")) {
		char *its = plain(json_str(o->doc, "name", ""));
		bool same = !strcmp(its, name) && !strcmp(json_str(o->doc, "type", ""), type);
		free(its);
		if (same)
			return json_at(o->doc, "rrdatas");
	}
	char *key = xasprintf("%s %s", name, type);
	struct sim_object *o = sim_get(s, RECORDS, key);
	free(key);
	return o ? json_at(o->doc, "data") : NULL;
}

/* Records of that type, behind aliases too: answers gets {"name","type","TTL","data"} of each on the way. */
static void look_up(struct sim *s, const char *asked, int type, cJSON *answers)
{
	char *name = plain(asked);
	for (int i = 0; i < ALIASES_MAX && name; i++) {
		const cJSON *found = data_of(s, name, types[type].name), *alias = found ? NULL : data_of(s, name, "CNAME"), *d;
		cJSON_ArrayForEach(d, (found ? found : alias)) {
			char *dotted = xasprintf("%s.", name);
			cJSON_AddItemToArray(answers, json_make("{'name':%s,'type':%d,'TTL':300,'data':%s}", dotted,
								found ? types[type].number : 5, d->valuestring));
			free(dotted);
		}
		const char *next = alias ? json_str(alias, "0", NULL) : NULL;
		free(name);
		name = next ? plain(next) : NULL;
	}
	free(name);
}

static int type_named(const char *text)
{
	for (int i = 0; i < TYPES; i++)
		if (!strcasecmp(text, types[i].name) || atoi(text) == types[i].number)
			return i;
	return -1;
}

static cJSON *looked_up(struct sim *s, const char *name, const char *type)
{
	cJSON *answers = cJSON_CreateArray();
	look_up(s, name, type_named(type), answers);
	return answers;
}

bool sim_dns_leads(struct sim *s, const char *domain, const char *ip)
{
	cJSON *answers = looked_up(s, domain, "A");
	const cJSON *a;
	bool leads = false;
	cJSON_ArrayForEach(a, answers)
		leads = leads || !strcmp(json_str(a, "data", ""), ip);
	cJSON_Delete(answers);
	return leads;
}

static bool among(const char *address, const char *addresses)
{
	size_t n = strlen(address);
	for (const char *p = addresses; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strcspn(p, " ") == n && !strncasecmp(p, address, n))
			return true;
	return false;
}

/* Every address counts, those of IPv6 too: the authority may ask any of them. */
bool sim_dns_leads_only(struct sim *s, const char *domain, const char *addresses)
{
	static const char *const families[] = {"A", "AAAA"};
	bool some = false, others = false;
	for (int i = 0; i < 2; i++) {
		cJSON *answers = looked_up(s, domain, families[i]), *a;
		cJSON_ArrayForEach(a, answers) {
			bool address = json_num(a, "type", 0) != 5, here = among(json_str(a, "data", ""), addresses);
			some = some || (address && here);
			others = others || (address && !here);
		}
		cJSON_Delete(answers);
	}
	return some && !others;
}

bool sim_dns_says(struct sim *s, const char *name, const char *type, const char *data)
{
	char *key = plain(name), *wanted = plain(data);
	const cJSON *d;
	bool says = false;
	cJSON_ArrayForEach(d, data_of(s, key, type)) {
		char *its = plain(d->valuestring);
		says = says || !strcmp(its, wanted);
		free(its);
	}
	free(key);
	free(wanted);
	return says;
}

/* Google Public DNS, the JSON API (developers.google.com/speed/public-dns/docs/doh/json). ----------------------------------- */

static bool name_ok(const char *name)
{
	size_t n = strlen(name), label = 0;
	for (const char *p = name; *p; p++) {
		label = *p == '.' ? 0 : label + 1;
		if (label > 63 || (*p == '.' && (p == name || p[1] == '.')))
			return false;
	}
	return n && n <= 254;
}

static bool known(struct sim *s, const char *name)
{
	char *key = plain(name);
	bool any = false;
	for (int i = 0; i < TYPES && !any; i++)
		any = data_of(s, key, types[i].name) != NULL;
	free(key);
	return any;
}

static void names_resolve(struct sim_call *c)
{
	const char *name = sim_param(c, "name"), *type = sim_param(c, "type");
	int t = *type ? type_named(type) : type_named("A");
	if (!name_ok(name) || t < 0) {
		static const char page[] =
		    "<!DOCTYPE html><title>Error 400 (Bad Request)!!1</title><p><b>400.</b> That's an error.<p>Invalid query.";
		sim_bytes(c, 400, "text/html; charset=UTF-8", page, strlen(page));
		return;
	}
	cJSON *answers = cJSON_CreateArray();
	char *key = plain(name), *dotted = xasprintf("%s.", key);
	look_up(c->sim, name, t, answers);
	cJSON *reply = json_make("{'Status':%d,'TC':%b,'RD':%b,'RA':%b,'AD':%b,'CD':%b,'Question':[{'name':%s,'type':%d}]}",
				 known(c->sim, name) ? 0 : NXDOMAIN, 0, 1, 1, 0, 0, dotted, types[t].number);
	if (cJSON_GetArraySize(answers))
		cJSON_AddItemToObject(reply, "Answer", answers);
	else
		cJSON_Delete(answers);
	char *text = json_text(reply, -1);
	sim_bytes(c, 200, "application/json; charset=UTF-8", text, strlen(text));
	cJSON_Delete(reply);
	free(text);
	free(dotted);
	free(key);
}

/* The registrar. ------------------------------------------------------------------------------------------------------------ */

static void set(struct sim *s, const char *name, const char *type, cJSON *data)
{
	char *host = plain(name), *key = xasprintf("%s %s", host, type);
	struct sim_object *old = sim_get(s, RECORDS, key);
	if (old)
		sim_remove(s, old);
	if (data)
		sim_put(s, RECORDS, key, json_make("{'data':%j}", data));
	free(key);
	free(host);
}

static void names_registrar(struct sim_call *c)
{
	const char *slash = *c->path ? strrchr(c->path + 1, '/') : NULL;
	cJSON *body = c->raw_len ? cJSON_ParseWithLength(c->raw, c->raw_len) : NULL,
	      *data = cJSON_DetachItemFromObjectCaseSensitive(body, "data");
	bool puts = !strcmp(c->method, "PUT"),
	     fine = slash && type_named(slash + 1) >= 0 && (puts ? cJSON_GetArraySize(data) > 0 : !strcmp(c->method, "DELETE"));
	if (fine) {
		char *name = xstrndup(c->path + 1, (size_t)(slash - c->path - 1));
		set(c->sim, name, types[type_named(slash + 1)].name, puts ? data : NULL);
		free(name);
	}
	if (!fine || !puts)
		cJSON_Delete(data);
	cJSON_Delete(body);
	sim_bytes(c, fine ? 200 : 400, "application/json", fine ? "{}" : "{\"error\":\"what record?\"}", fine ? 2 : 24);
}

/* "dns": {"mlflow.example.com": "203.0.113.7", "www.example.com": {"CNAME": ["mlflow.example.com."]}} */
static void names_seed(struct sim *s, const cJSON *world)
{
	const cJSON *dns = json_at(world, "dns"), *d, *t;
	for (d = cJSON_IsObject(dns) ? dns->child : NULL; d; d = d->next) {
		if (cJSON_IsString(d))
			set(s, d->string, "A", json_make("[%s]", d->valuestring));
		for (t = cJSON_IsObject(d) ? d->child : NULL; t; t = t->next)
			set(s, d->string, t->string, cJSON_Duplicate(t, true));
	}
}

static const struct sim_route routes[] = {
    {"GET dns.google/resolve", names_resolve, NULL, NULL},
    {"* registrar.example/*", names_registrar, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_names = {.name = "names", .errors = SIM_ERRORS_AIP, .routes = routes, .seed = names_seed};
