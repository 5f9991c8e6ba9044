/* What zones and record sets of Cloud DNS may be, in Google's words. */
#include "config.h"
#include "sim/api/dns.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Names. ------------------------------------------------------------------------------------------------------------------ */

bool dns_name_ok(const char *name)
{
	if (strlen(name) > 254 || !*name)
		return false;
	for (const char *at = name; *at;) {
		size_t n = strcspn(at, ".");
		bool star = at == name && n == 1 && *at == '*' && at[2];
		if (!n || n > 63 || at[n] != '.' || *at == '-' || at[n - 1] == '-')
			return false;
		for (size_t i = 0; i < n && !star; i++)
			if (!isalnum((unsigned char)at[i]) && at[i] != '-' && at[i] != '_')
				return false;
		at += n + 1;
	}
	return true;
}

/* Is it the origin itself, or below it? */
static bool below(const char *name, const char *origin)
{
	size_t n = strlen(name), most = strlen(origin);
	return !strcmp(origin, ".") ||
	       (n >= most && !strcasecmp(name + n - most, origin) && (n == most || name[n - most - 1] == '.'));
}

/* Zones. ------------------------------------------------------------------------------------------------------------------ */

static bool invalid(struct sim_call *c, const char *field, const char *value)
{
	sim_fail(c, "INVALID_ARGUMENT", "invalid", "Invalid value for 'entity.%s': '%s'", field, value);
	return false;
}

/* Another private zone of this name that the network sees. */
static bool bound(struct sim *s, const char *project, const char *name, const char *origin, const char *network)
{
	const char *prefix = sim_tmp("projects/%s/managedZones/", project);
	const cJSON *seen;
	for (struct sim_object *z = sim_first(s, DNS_ZONES, prefix); z; z = sim_following(s, z, prefix)) {
		if (strcasecmp(json_str(z->doc, "dnsName", ""), origin) != 0 || !strcmp(json_str(z->doc, "name", ""), name))
			continue;
		cJSON_ArrayForEach(seen, json_at(z->doc, "privateVisibilityConfig.networks"))
			if (text_ends(json_str(seen, "networkUrl", ""), network))
				return true;
	}
	return false;
}

/* Networks are told by their whole URL, and are there. */
static bool networks_ok(struct sim_call *c, const cJSON *zone)
{
	const cJSON *one;
	int i = 0;
	cJSON_ArrayForEach(one, json_at(zone, "privateVisibilityConfig.networks")) {
		const char *url = json_str(one, "networkUrl", ""), *path = strstr(url, "/projects/");
		const char *field = sim_tmp("managedZone.privateVisibilityConfig.networks[%d].networkUrl", i++);
		if (!text_starts(url, "https://") || !path || !sim_get(c->sim, "compute.networks", path + 1))
			return invalid(c, field, url);
		if (bound(c->sim, c->project, json_str(zone, "name", ""), json_str(zone, "dnsName", ""), path)) {
			sim_fail(c, "ALREADY_EXISTS", "alreadyExists",
				 "The network '%s' is already bound to a private zone with the DNS name '%s'.", url,
				 json_str(zone, "dnsName", ""));
			return false;
		}
	}
	return true;
}

bool dns_zone_ok(struct sim_call *c, const cJSON *zone)
{
	const char *name = json_str(zone, "name", ""), *origin = json_str(zone, "dnsName", "");
	static const char *const needed[] = {"name", "dnsName"};
	size_t n = strlen(name);
	for (int i = 0; i < 2; i++)
		if (!json_at(zone, needed[i])) {
			sim_fail(c, "INVALID_ARGUMENT", "required",
				 "The 'entity.managedZone.%s' parameter is required but was missing.", needed[i]);
			return false;
		}
	if (!n || n > 63 || !islower((unsigned char)*name) || strspn(name, LOWER_LETTERS DIGITS "-") != n || name[n - 1] == '-')
		return invalid(c, "managedZone.name", name);
	if (*origin == '*' || (strcmp(origin, ".") != 0 && !dns_name_ok(origin)))
		return invalid(c, "managedZone.dnsName", origin);
	return networks_ok(c, zone);
}

/* Record sets. ------------------------------------------------------------------------------------------------------------ */

static const char *const types[] = {"A",     "AAAA", "ALIAS", "CAA", "CNAME", "DNSKEY", "DS",    "HTTPS", "IPSECKEY", "MX",
				    "NAPTR", "NS",   "PTR",   "SOA", "SPF",   "SRV",    "SSHFP", "SVCB",  "TLSA",     "TXT"};

/* So many whole numbers up to most, then a name with a dot behind. */
static bool numbers_and_name(const char *data, int numbers, long most)
{
	char *end;
	while (numbers-- > 0) {
		long n = strtol(data, &end, 10);
		if (end == data || n < 0 || n > most || *end != ' ')
			return false;
		data = end + strspn(end, " ");
	}
	return !strcmp(data, ".") || dns_name_ok(data);
}

/* Strings of at most 255 characters, quoted where they have blanks. */
static bool strings_ok(const char *data)
{
	while (*data) {
		bool quoted = *data == '"';
		size_t n = 0;
		for (data += quoted; *data && (quoted ? *data != '"' : *data != ' '); data++, n++)
			data += *data == '\\' && data[1];
		if (n > 255 || (quoted && *data != '"'))
			return false;
		data += quoted;
		data += strspn(data, " ");
	}
	return true;
}

static bool authority_ok(const char *data)
{
	char *end;
	long flags = strtol(data, &end, 10);
	if (end == data || flags < 0 || flags > 255 || *end != ' ')
		return false;
	const char *tag = end + strspn(end, " "), *value = tag + strspn(tag, LOWER_LETTERS UPPER_LETTERS DIGITS);
	return value > tag && *value == ' ' && value[1];
}

static bool data_ok(const char *type, const char *data)
{
	unsigned char address[16];
	static const struct {
		const char *type;
		int numbers;
	} named[] = {{"CNAME", 0}, {"ALIAS", 0}, {"NS", 0}, {"PTR", 0}, {"MX", 1}, {"SRV", 3}};
	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		if (!strcmp(named[i].type, type))
			return numbers_and_name(data, named[i].numbers, 65535);
	if (!strcmp(type, "A") || !strcmp(type, "AAAA"))
		return inet_pton(type[1] ? AF_INET6 : AF_INET, data, address) == 1;
	if (!strcmp(type, "TXT") || !strcmp(type, "SPF"))
		return strings_ok(data);
	return strcmp(type, "CAA") != 0 || authority_ok(data);
}

static bool all_data_ok(struct sim_call *c, const char *where, const char *type, const cJSON *data)
{
	const cJSON *one;
	int i = 0;
	cJSON_ArrayForEach(one, data) {
		const char *text = cJSON_IsString(one) ? one->valuestring : "";
		if (!*text || !data_ok(type, text))
			return invalid(c, sim_tmp("%s.rrdata[%d]", where, i), text);
		i++;
	}
	return true;
}

bool dns_record_ok(struct sim_call *c, const struct sim_object *zone, const cJSON *r)
{
	const char *name = json_str(r, "name", ""), *type = json_str(r, "type", ""),
		   *where = sim_tmp("change.additions[%s][%s]", name, type);
	double ttl = json_num(r, "ttl", 300);
	int count = cJSON_GetArraySize(json_at(r, "rrdatas"));
	size_t known = 0;
	while (known < sizeof types / sizeof *types && strcmp(types[known], type))
		known++;
	if (!dns_name_ok(name) || !below(name, json_str(zone->doc, "dnsName", "")))
		return invalid(c, sim_tmp("%s.name", where), name);
	if (known == sizeof types / sizeof *types)
		return invalid(c, sim_tmp("%s.type", where), type);
	if (ttl < 0 || ttl > 2147483647)
		return invalid(c, sim_tmp("%s.ttl", where), sim_tmp("%.0f", ttl));
	if (!count && !json_at(r, "routingPolicy")) {
		sim_fail(c, "INVALID_ARGUMENT", "required", "The 'entity.%s.rrdata' parameter is required but was missing.",
			 where);
		return false;
	}
	if (count > 1 && !strcmp(type, "CNAME")) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid",
			 "The resource record set 'entity.%s' is invalid because a CNAME resource record set may have only one "
			 "resource record.",
			 where);
		return false;
	}
	return all_data_ok(c, where, type, json_at(r, "rrdatas"));
}

/* Another type than CNAME beside one, told by type; NULL: none. */
static const char *beside(const char *name, const char *type, const char *other_name, const char *other)
{
	bool clash = !strcasecmp(name, other_name) && strcmp(type, other) &&
		     (!strcmp(type, "CNAME") || !strcmp(other, "CNAME"));
	return clash ? other : NULL;
}

static bool goes(const cJSON *deletions, const cJSON *record)
{
	const cJSON *d;
	cJSON_ArrayForEach(d, deletions)
		if (!strcasecmp(json_str(d, "name", ""), json_str(record, "name", "")) &&
		    !strcmp(json_str(d, "type", ""), json_str(record, "type", "")))
			return true;
	return false;
}

bool dns_record_alone(struct sim_call *c, const struct sim_object *zone, const cJSON *record, const cJSON *deletions,
		      const cJSON *additions)
{
	const char *name = json_str(record, "name", ""), *type = json_str(record, "type", ""), *other = NULL;
	const char *prefix = sim_tmp("%s/rrsets/", zone->key);
	const cJSON *a;
	for (struct sim_object *o = sim_first(c->sim, dns_records_of(zone), prefix); o && !other;
	     o = sim_following(c->sim, o, prefix))
		if (!goes(deletions, o->doc))
			other = beside(name, type, json_str(o->doc, "name", ""), json_str(o->doc, "type", ""));
	cJSON_ArrayForEach(a, additions)
		other = other ? other : beside(name, type, json_str(a, "name", ""), json_str(a, "type", ""));
	if (!other)
		return true;
	sim_fail(
	    c, "INVALID_ARGUMENT", "cnameResourceRecordSetConflict",
	    "The resource record set 'entity.change.additions[%s][%s]' is invalid because the DNS name '%s' has a resource "
	    "record "
	    "set of the type '%s'. A DNS name may have either one CNAME resource record set or resource record sets of other "
	    "types, but not both.",
	    name, type, name, other);
	return false;
}
