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
				return network &&
					       !strcmp(json_str(o->doc, "settings.ipConfiguration.privateNetwork", ""), network)
					   ? o
					   : NULL;
			cJSON_ArrayForEach(range, json_at(o->doc, "settings.ipConfiguration.authorizedNetworks"))
				if (!strcmp(json_str(range, "value", ""), "0.0.0.0/0"))
					return o;
		}
	}
	return NULL;
}

struct sim_object *sql_behind(struct sim *s, const char *attachment)
{
	const char *path = strstr(attachment, "projects/");
	for (struct sim_object *o = path ? sim_first(s, "sql.instances", "projects/") : NULL; o;
	     o = sim_following(s, o, "projects/"))
		if (!strcmp(json_str(o->doc, "pscServiceAttachmentLink", "-"), path))
			return o;
	return NULL;
}

/* The instance behind the Private Service Connect endpoint that the network has at this address, if the producer has accepted it. */
static struct sim_object *by_endpoint(struct sim *s, const char *network, const char *address)
{
	for (struct sim_object *r = sim_first(s, "compute.forwardingRules", "projects/"); r;
	     r = sim_following(s, r, "projects/"))
		if (!strcmp(json_str(r->doc, "IPAddress", ""), address) &&
		    text_ends(json_str(r->doc, "network", ""), network) &&
		    !strcmp(json_str(r->doc, "pscConnectionStatus", ""), "ACCEPTED"))
			return sql_behind(s, json_str(r->doc, "target", ""));
	return NULL;
}

/* By an address, or a name that the network's private zones know. */
static struct sim_object *reached(struct sim *s, const char *network, const char *host)
{
	const char *address = network && strspn(host, "0123456789.") != strlen(host) ? sim_dns_inside(s, network, host) : host;
	struct sim_object *o = address ? by_address(s, network, address) : NULL;
	return o || !network || !address ? o : by_endpoint(s, network, address);
}

/* An instance with nothing but Private Service Connect is reached by its own name, from a network where that leads to an endpoint. */
static bool only_by_endpoint(const struct sim_object *o)
{
	return json_at(o->doc, "pscServiceAttachmentLink") && !json_at(o->doc, "ipAddresses.0");
}

static bool up(const struct sim_object *o)
{
	return !strcmp(json_str(o->doc, "state", ""), "RUNNABLE") &&
	       strcmp(json_str(o->doc, "settings.activationPolicy", ""), "NEVER");
}

static bool may_connect(struct sim *s, const char *principal, const struct sim_object *o)
{
	const char *holder = sim_tmp("//sqladmin.googleapis.com/%s", o->key);
	return sim_allowed(s, principal, "cloudsql.instances.connect", json_str(o->doc, "project", ""), holder);
}

static const struct sim_object *user_of(struct sim *s, const char *instance, const char *name)
{
	const char *prefix = sim_tmp("%s/users/", instance);
	for (struct sim_object *u = sim_first(s, "sql.users", prefix); u; u = sim_following(s, u, prefix))
		if (!strcmp(json_str(u->doc, "name", ""), name))
			return u;
	return NULL;
}

static bool is_iam(const struct sim_object *user)
{
	return user && text_starts(json_str(user->doc, "type", ""), "CLOUD_IAM");
}

/* Has the instance a user of this name with this password? One name may be a user from several hosts. */
static bool knows(struct sim *s, const struct sim_object *o, const char *user, const char *password)
{
	const char *prefix = sim_tmp("%s/users/", o->key);
	bool good = false;
	for (struct sim_object *u = sim_first(s, "sql.users", prefix); u && !good; u = sim_following(s, u, prefix))
		good = !is_iam(u) && !strcmp(json_str(u->doc, "name", ""), user) &&
		       !strcmp(json_str(u->hidden, "password", ""), password);
	return good;
}

static bool flag_on(const struct sim_object *o, const char *name)
{
	const cJSON *f;
	cJSON_ArrayForEach(f, json_at(o->doc, "settings.databaseFlags"))
		if (!strcmp(json_str(f, "name", ""), name))
			return !strcmp(json_str(f, "value", ""), "on");
	return false;
}

/* A user of IAM shows a token of the very account that the user is, who must have the right to log in; nothing goes without encryption. */
static bool opens(struct sim *s, const struct sim_object *o, const struct sim_object *user, const struct sim_sql_client *k,
		  bool connector)
{
	bool mysql = sql_is_mysql(o);
	const char *email = k->principal && text_starts(k->principal, "serviceAccount:") ? k->principal + 15 : "";
	const char *is = mysql ? json_str(user->doc, "iamEmail", "")
			       : sim_tmp("%s.gserviceaccount.com", json_str(user->doc, "name", ""));
	return k->token && (connector || k->encrypted) &&
	       flag_on(o, mysql ? "cloudsql_iam_authentication" : "cloudsql.iam_authentication") && *email &&
	       !strcmp(is, email) &&
	       sim_allowed(s, k->principal, "cloudsql.instances.login", json_str(o->doc, "project", ""),
			   sim_tmp("//sqladmin.googleapis.com/%s", o->key));
}

bool sim_sql_member(struct sim *s, const char *instance, const char *user, const char *of)
{
	const struct sim_object *u = user_of(s, instance, user), *o = sim_get(s, "sql.instances", instance);
	const cJSON *role;
	if (!strcmp(user, of) || (o && sql_is_mysql(o)) || (!is_iam(u) && !strcmp(of, "cloudsqlsuperuser")))
		return true;
	cJSON_ArrayForEach(role, json_at(u ? u->doc : NULL, "databaseRoles"))
		if (!strcmp(role->valuestring, of))
			return true;
	return false;
}

bool sim_sql_makes_tables(struct sim *s, const char *instance, const char *user)
{
	const struct sim_object *u = user_of(s, instance, user);
	const cJSON *role;
	if (!is_iam(u))
		return true;
	cJSON_ArrayForEach(role, json_at(u->doc, "databaseRoles"))
		if (!strcmp(role->valuestring, "cloudsqlsuperuser") ||
		    (user_of(s, instance, role->valuestring) && sim_sql_makes_tables(s, instance, role->valuestring)))
			return true;
	return false;
}

/* The same certificate, whatever blanks stand at the end of the file. */
static bool same_certificate(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	while (la && strchr(" \t\r\n", a[la - 1]))
		la--;
	while (lb && strchr(" \t\r\n", b[lb - 1]))
		lb--;
	return la == lb && !memcmp(a, b, la);
}

/* What a client that dials the instance itself meets before it may say who it is. */
static const char *handshake(const struct sim_object *o, const struct sim_sql_client *k)
{
	const char *mode = json_str(o->doc, "settings.ipConfiguration.sslMode", "");
	if (!k->encrypted && strcmp(mode, "ALLOW_UNENCRYPTED_AND_ENCRYPTED"))
		return "plain";
	if (k->authority && !same_certificate(k->authority, json_str(o->doc, "serverCaCert.cert", "")))
		return "authority";
	if (k->authority && k->names)
		return "name";
	return !strcmp(mode, "TRUSTED_CLIENT_CERTIFICATE_REQUIRED") ? "certificate" : NULL;
}

const char *sim_sql_login(struct sim *s, const struct sim_sql_client *k, struct buf *instance)
{
	bool connector = strchr(k->address, ':') != NULL;
	struct sim_object *o = connector ? by_connection_name(s, k->address) : reached(s, k->network, k->address);
	if (connector && (!o || !may_connect(s, k->principal, o)))
		return "refused";
	if (connector && only_by_endpoint(o) && (!k->network || reached(s, k->network, json_str(o->doc, "dnsName", "")) != o))
		return "unreachable";
	if (!o || !up(o) || (!connector && !strcmp(json_str(o->doc, "settings.connectorEnforcement", ""), "REQUIRED")))
		return "unreachable";
	if (sql_is_mysql(o) != k->mysql)
		return "refused";
	const char *why = connector ? NULL : handshake(o, k);
	if (why)
		return why;
	const struct sim_object *user = user_of(s, o->key, k->user);
	if (is_iam(user) ? !opens(s, o, user, k, connector) : k->token || !knows(s, o, k->user, k->password))
		return is_iam(user) ? "iam" : "password";
	if (k->role && !sim_sql_member(s, o->key, k->user, k->role))
		return "role";
	const char *key = sim_tmp("%s/databases/%s", o->key, k->database);
	bool there = sim_get(s, "sql.databases", key) != NULL;
	if (!there)
		return "database";
	buf_puts(instance, o->key);
	return NULL;
}

bool sim_sql_distrusts(struct sim *s, const char *instance)
{
	const struct sim_object *o = sim_get(s, "sql.instances", instance);
	if (!o || !sql_is_mysql(o) || !json_bool(o->doc, "settings.backupConfiguration.binaryLogEnabled", false))
		return false;
	return !flag_on(o, "log_bin_trust_function_creators");
}
