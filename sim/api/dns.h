/* What the files of Cloud DNS share: zones (dns.c), their record sets and changes (dns_records.c), what either may be (dns_rules.c). */
#ifndef MS_SIM_API_DNS_H
#define MS_SIM_API_DNS_H

#include "sim/api/identity.h"
#include "sim/api/resource.h"

#define DNS_ZONES "dns.managedZones"

/* The zone that the path names, or NULL after a 404. */
struct sim_object *dns_zone(struct sim_call *c);
/* Where its record sets are: public zones are what the world's resolvers see; private ones are kept apart. */
const char *dns_records_of(const struct sim_object *zone);
/* A record set of the zone, or NULL; names in any case. */
struct sim_object *dns_record(struct sim *s, const struct sim_object *zone, const char *name, const char *type);
/* A record set as the server shows it, data being rrdatas, which is taken. */
cJSON *dns_record_doc(const char *name, const char *type, int ttl, cJSON *data);
/* Puts it in the place of the one with its name and type; doc is taken. */
void dns_record_put(struct sim *s, struct sim_object *zone, cJSON *doc);
/* One that every zone has at its top: NS and SOA. */
bool dns_record_own(const struct sim_object *zone, const char *name, const char *type);
/* Labels of at most 63 letters, digits, dashes and underscores, each with a dot behind; "*" may be the first. */
bool dns_name_ok(const char *name);
/* May it be so? False: answered. */
bool dns_zone_ok(struct sim_call *c, const cJSON *zone);
bool dns_record_ok(struct sim_call *c, const struct sim_object *zone, const cJSON *record);
/* May it stand beside the others of its name? deletions and additions (or NULL) are those of the same change. False: answered. */
bool dns_record_alone(struct sim_call *c, const struct sim_object *zone, const cJSON *record, const cJSON *deletions,
		      const cJSON *additions);

#endif
