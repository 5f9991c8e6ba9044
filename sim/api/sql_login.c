/* What a database client meets at a Cloud SQL instance: its reach, its password, its database. */
#include "config.h"

#include "sim/api/sql.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* The instance "P:R:I" names. */
static struct sim_object *by_connection_name(struct sim *s, const char *name)
{
	for (struct sim_object *o = sim_first(s, "sql.instances", "projects/"); o; o = sim_following(s, o, "projects/"))
		if (!strcmp(json_str(o->doc, "connectionName", ""), name))
			return o;
	return NULL;
}

/* The instance that listens at the address and can be reached from the network: a private address from its own network alone, a public one
 * only where the address ranges let everyone in. */
static struct sim_object *by_address(struct sim *s, const char *network, const char *address)
{
	for (struct sim_object *o = sim_first(s, "sql.instances", "projects/"); o; o = sim_following(s, o, "projects/")) {
		const cJSON *a, *range;
		cJSON_ArrayForEach(a, json_at(o->doc, "ipAddresses")) {
			if (strcmp(json_str(a, "ipAddress", ""), address))
				continue;
			if (!strcmp(json_str(a, "type", ""), "PRIVATE"))
				return network && !strcmp(json_str(o->doc, "settings.ipConfiguration.privateNetwork", ""), network) ? o : NULL;
			cJSON_ArrayForEach(range, json_at(o->doc, "settings.ipConfiguration.authorizedNetworks"))
				if (!strcmp(json_str(range, "value", ""), "0.0.0.0/0"))
					return o;
		}
	}
	return NULL;
}

static bool up(const struct sim_object *o)
{
	return !strcmp(json_str(o->doc, "state", ""), "RUNNABLE") && strcmp(json_str(o->doc, "settings.activationPolicy", ""), "NEVER");
}

static bool may_connect(struct sim *s, const char *principal, const struct sim_object *o)
{
	struct buf holder = {0};
	buf_printf(&holder, "//sqladmin.googleapis.com/%s", o->key);
	bool may = sim_allowed(s, principal, "cloudsql.instances.connect", json_str(o->doc, "project", ""), buf_text(&holder));
	buf_free(&holder);
	return may;
}

/* Has the instance this user, with this password? IAM's users come without one: whoever they are has been checked. */
static bool knows(struct sim *s, const struct sim_object *o, const char *user, const char *password)
{
	char *prefix = xasprintf("%s/users/", o->key);
	bool good = false;
	for (struct sim_object *u = sim_first(s, "sql.users", prefix); u && !good; u = sim_following(s, u, prefix)) {
		bool iam = text_starts(json_str(u->doc, "type", ""), "CLOUD_IAM");
		good = !strcmp(json_str(u->doc, "name", ""), user) && (iam || !strcmp(json_str(u->hidden, "password", ""), password));
	}
	free(prefix);
	return good;
}

const char *sim_sql_login(struct sim *s, const char *principal, const char *network, const char *address, const char *user,
			  const char *password, const char *database, struct buf *instance)
{
	bool connector = strchr(address, ':') != NULL;
	struct sim_object *o = connector ? by_connection_name(s, address) : by_address(s, network, address);
	if (connector && (!o || !may_connect(s, principal, o)))
		return "refused";
	if (!o || !up(o) || (!connector && !strcmp(json_str(o->doc, "settings.connectorEnforcement", ""), "REQUIRED")))
		return "unreachable";
	if (!knows(s, o, user, password))
		return "password";
	char *key = xasprintf("%s/databases/%s", o->key, database);
	bool there = sim_get(s, "sql.databases", key) != NULL;
	free(key);
	if (!there)
		return "database";
	buf_puts(instance, o->key);
	return NULL;
}
