/* A Cloud SQL instance. spec: {"region","databaseVersion","settings":{...}[,"rootPassword"][,"leaves":FLAG]} in the words of DatabaseInstance; edition is always sent,
 * the password at its making only. A database flag that it leaves is kept as it is found: kind_sql_flagless.c takes it off later.
 * Outputs: ip (the private address), ca (the certificate of the
 * authority that signs the server's, PEM), connectionName. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/sql_shared.h"

#include "base/decimal.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define BASE "https://sqladmin.googleapis.com/v1/projects/%s/instances"

static void on_instance(const struct view *v, const char *method, cJSON *body, const char *query, struct call *out)
{
	call_set(out, *method == 'G' ? DIALECT_NONE : DIALECT_SQL, method, body, BASE "/%s", v->project, v->name);
	call_tail(out, query);
}

static void sql_instance_observe(const struct view *v, struct call *out)
{
	on_instance(v, "GET", NULL, "", out);
}

#define NETWORK "settings.ipConfiguration.privateNetwork"
#define PSC "settings.ipConfiguration.pscConfig.pscEnabled"

static void read_outputs(struct observation *out)
{
	const cJSON *ip;
	cJSON_ArrayForEach(ip, json_at(out->found, "ipAddresses"))
		if (!strcmp(json_str(ip, "type", ""), "PRIVATE"))
			json_put_str(out->outputs, "ip", json_str(ip, "ipAddress", ""));
	const char *ca = json_str(out->found, "serverCaCert.cert", NULL);
	if (ca)
		json_put_str(out->outputs, "ca", ca);
	/* By Private Service Connect: the attachment to lead to, the name with and without the dot at its end. */
	const char *dns = json_str(out->found, "dnsName", "");
	size_t len = strlen(dns);
	char *host = xstrndup(dns, len && dns[len - 1] == '.' ? len - 1 : len);
	if (json_bool(out->found, PSC, false)) {
		json_put_str(out->outputs, "attachment", json_str(out->found, "pscServiceAttachmentLink", ""));
		json_put_str(out->outputs, "dns", dns);
		json_put_str(out->outputs, "host", host);
	}
	free(host);
	json_put_str(out->outputs, "connectionName", json_str(out->found, "connectionName", ""));
}

static void read_state(struct observation *out)
{
	const char *state = json_str(out->found, "state", "");
	if (!strcmp(state, "FAILED") || !strcmp(state, "SUSPENDED"))
		kind_say(out, PRESENT_FAILED, _("Cloud SQL reports the instance as %s"), state);
	else if (strcmp(state, "RUNNABLE") != 0)
		out->presence = PRESENT_PENDING;
}

static void sql_instance_list(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?maxResults=500", v->project);
}

static void sql_instance_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	if (sql_absent(http, reply)) {
		out->presence = PRESENT_NO;
		return;
	}
	kind_decode_labels(v, http, reply, "settings.userLabels", out);
	if (out->presence == PRESENT_YES) {
		read_outputs(out);
		read_state(out);
	}
}

static cJSON *wanted(const struct view *v)
{
	cJSON *settings = kind_copy(v, "settings");
	json_put(settings, "userLabels", kind_labels(v));
	if (!json_at(settings, "edition"))
		json_put_str(settings, "edition", "ENTERPRISE");
	return json_make("{'name':%s,'region':%s,'databaseVersion':%s,'settings':%j}", v->name, json_str(v->spec, "region", ""),
			 json_str(v->spec, "databaseVersion", ""), settings);
}

/* Automatic growth raises the size behind our back, and a disk never shrinks. */
static void keep_larger_disk(cJSON *want, const cJSON *found)
{
	long long have = json_int64(found, "settings.dataDiskSizeGb", 0);
	if (have > json_int64(want, "settings.dataDiskSizeGb", 0)) {
		char text[24];
		snprintf(text, sizeof text, "%lld", have);
		json_put_str(want, "settings.dataDiskSizeGb", text);
	}
}

/* The flag stays in its place among the others, which stand in the order of their names. */
static void keep_flag(const struct view *v, cJSON *want, const cJSON *found)
{
	const char *name = json_str(v->spec, "leaves", "");
	cJSON *flags = json_at(want, "settings.databaseFlags"), *flag;
	int at = 0;
	if (!*name)
		return;
	cJSON_ArrayForEach(flag, flags)
		at += strcmp(json_str(flag, "name", ""), name) < 0;
	cJSON_ArrayForEach(flag, json_at(found, "settings.databaseFlags"))
		if (!strcmp(json_str(flag, "name", ""), name))
			cJSON_InsertItemInArray(flags, at, cJSON_Duplicate(flag, true));
}

/* By which paths an instance is reached is settled when it is made: a private address is never taken off, Private Service Connect neither joins it nor goes. */
static void compare_path(const cJSON *wanted, const cJSON *found, struct change *out)
{
	const cJSON *network = json_at(found, NETWORK);
	if (network && !json_at(wanted, NETWORK))
		change_add(out, NETWORK, network, NULL);
	bool want = json_bool(wanted, PSC, false), have = json_bool(found, PSC, false);
	cJSON *w = cJSON_CreateBool(want), *f = cJSON_CreateBool(have);
	if (want != have && !kind_changes(out, PSC))
		change_add(out, PSC, f, w);
	cJSON_Delete(w);
	cJSON_Delete(f);
}

static void sql_instance_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	static const char *const fixed[] = {"name", "region", "databaseVersion", NETWORK, PSC, NULL};
	cJSON *w = wanted(v);
	keep_larger_disk(w, seen->found);
	keep_flag(v, w, seen->found);
	kind_compare_leaves(w, seen->found, NULL, out);
	kind_compare_shed(v, seen->found, "settings.userLabels", out);
	compare_path(w, seen->found, out);
	kind_refuse_changed(out, fixed,
			    _("this cannot be changed in place; keep the old value, or make a new stack and move the data"));
	cJSON_Delete(w);
	/* Nothing brings an instance back whose making failed. */
	if (out->verdict != VERDICT_REFUSE && !strcmp(json_str(seen->found, "state", ""), "FAILED")) {
		out->verdict = VERDICT_REPLACE;
		out->reason = xstrdup(seen->error ? seen->error : "FAILED");
	}
}

static const char *sql_instance_downtime(const cJSON *spec, const struct change *c)
{
	(void)spec;
	if (kind_changes(c, "settings.tier") || kind_changes(c, "settings.edition") ||
	    kind_changes(c, "settings.availabilityType"))
		return N_("The database restarts: the server does not answer for a minute or two.");
	if (kind_changes(c, "settings.databaseFlags"))
		return sql_flags_downtime();
	return NULL;
}

static void sql_instance_create(const struct view *v, const struct observation *seen, struct call *out)
{
	cJSON *body = wanted(v), *password = kind_value(v, "rootPassword");
	(void)seen;
	if (password)
		json_put(body, "rootPassword", password);
	call_set(out, DIALECT_SQL, "POST", body, BASE, v->project);
}

/* A PATCH merges labels: one that is to go is null (as gcloud sql instances patch --remove-labels says it). */
static cJSON *labels_patch(const struct view *v, const cJSON *found)
{
	cJSON *all = kind_labels_over(v, found);
	const cJSON *l;
	cJSON_ArrayForEach(l, found)
		if (!strchr(l->string, '/') && !cJSON_GetObjectItemCaseSensitive(all, l->string))
			cJSON_AddNullToObject(all, l->string);
	return all;
}

/* PATCH replaces the other sub-objects it is sent, so all settings go; the settings' version makes a concurrent change an error. A change of
 * edition goes alone with its tier, the rest follows in the next turn. */
static void sql_instance_update(const struct view *v, const struct observation *seen, const struct change *change,
				struct call *out)
{
	(void)change;
	cJSON *w = wanted(v);
	keep_larger_disk(w, seen->found);
	keep_flag(v, w, seen->found);
	json_put(w, "settings.userLabels", labels_patch(v, json_at(seen->found, "settings.userLabels")));
	cJSON *settings = cJSON_DetachItemFromObject(w, "settings");
	if (strcmp(json_str(settings, "edition", ""), json_str(seen->found, "settings.edition", "ENTERPRISE")) != 0) {
		cJSON *alone = json_make("{'edition':%s,'tier':%s}", json_str(settings, "edition", ""),
					 json_str(settings, "tier", ""));
		cJSON_Delete(settings);
		settings = alone;
	}
	char version[24];
	snprintf(version, sizeof version, "%lld", json_int64(seen->found, "settings.settingsVersion", 1));
	json_put_str(settings, "settingsVersion", version);
	on_instance(v, "PATCH", json_make("{'settings':%j}", settings), "", out);
	cJSON_Delete(w);
}

#define FINAL_BACKUP_DAYS 30
#define FINAL_BACKUP_TEXT "30"

static void sql_instance_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	if (json_bool(seen->found, "settings.deletionProtectionEnabled", false))
		on_instance(v, "PATCH", json_make("{'settings':{'deletionProtectionEnabled':false}}"), "", out);
	else
		on_instance(v, "DELETE", NULL, "?enableFinalBackup=true&finalBackupTtlDays=" FINAL_BACKUP_TEXT, out);
}

static bool sql_instance_guarded(const struct observation *seen)
{
	return json_bool(seen->found, "settings.deletionProtectionEnabled", false);
}

/* What the disk could hold is the most that a backup of it can cost. */
static char *sql_instance_remains(const struct observation *seen)
{
	long long gb = json_int64(seen->found, "settings.dataDiskSizeGb", 10);
	double usd = price_usd(PRICES_SQL_BACKUPS, PRICE_STORAGE, json_str(seen->found, "region", ""));
	char whole[DECIMAL_SIZE], each[DECIMAL_SIZE];
	return xasprintf(_("a final backup of it is kept for %d days, then it goes: at most $%s (%lld GB at $%s a month). "
			   "gcloud sql backups list shows it, gcloud sql backups delete removes it sooner."),
			 FINAL_BACKUP_DAYS, decimal_fixed((double)gb * usd, 2, whole), gb, decimal_fixed(usd, 2, each));
}

enum { HOURS = 730 };

static enum price_group sql_instance_prices(const cJSON *spec)
{
	bool mysql = text_starts(json_str(spec, "databaseVersion", ""), "MYSQL");
	if (!strcmp(json_str(spec, "settings.availabilityType", ""), "REGIONAL"))
		return mysql ? PRICES_MYSQL_REGIONAL : PRICES_POSTGRESQL_REGIONAL;
	return mysql ? PRICES_MYSQL_ZONAL : PRICES_POSTGRESQL_ZONAL;
}

/* Enterprise: a machine's CPUs and memory by the hour, or a shared core; its SSD by the month. */
static double sql_instance_monthly(const cJSON *spec, const char *region)
{
	static const struct {
		const char *tier;
		int cpus;
		double gib;
		enum price_item shared;
	} tiers[] = {
	    {"db-f1-micro", 0, 0, PRICE_MICRO}, {"db-g1-small", 0, 0, PRICE_SMALL}, {"db-custom-1-3840", 1, 3.75, 0},
	    {"db-custom-2-7680", 2, 7.5, 0},    {"db-custom-4-15360", 4, 15, 0},
	};
	enum price_group g = sql_instance_prices(spec);
	for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++) {
		if (strcmp(tiers[i].tier, json_str(spec, "settings.tier", "")) != 0)
			continue;
		double hour = tiers[i].cpus ? tiers[i].cpus * price_usd(g, PRICE_CPU, region) +
						  tiers[i].gib * price_usd(g, PRICE_MEMORY, region)
					    : price_usd(g, tiers[i].shared, region);
		return hour * HOURS +
		       (double)json_int64(spec, "settings.dataDiskSizeGb", 10) * price_usd(g, PRICE_STORAGE, region);
	}
	return -1;
}

/* MySQL comes up sooner than PostgreSQL, a private address takes longer than none, and the smallest machines are quick. */
static struct kind_time sql_instance_takes(const cJSON *spec)
{
	const char *tier = json_str(spec, "settings.tier", "");
	bool small = !strcmp(tier, "db-f1-micro") || !strcmp(tier, "db-g1-small");
	if (text_starts(json_str(spec, "databaseVersion", ""), "MYSQL"))
		return (struct kind_time){160, 215};
	if (json_at(spec, NETWORK))
		return (struct kind_time){560, 1100};
	return small ? (struct kind_time){300, 700} : (struct kind_time){420, 900};
}

static const char *const sql_instance_moves[] = {"settings.dataDiskSizeGb",
						 "settings.diskSize",
						 "settings.dataDiskType",
						 "settings.diskType",
						 "settings.storageAutoResize",
						 "settings.diskAutoresize",
						 "rootPassword",
						 "",
						 "leaves",
						 "",
						 NULL};

static const struct kind_constraint sql_instance_constraints[] = {
    {.name = "sql.restrictPublicIp",
     .words = N_("a database with a public address"),
     .path = "settings.ipConfiguration.ipv4Enabled",
     .is = "true"},
    {.name = NULL},
};

const struct kind kind_sql_instance = {
    .id = "sqladmin.instance",
    .title = N_("Cloud SQL instance"),
    .api = "sqladmin.googleapis.com",
    .keyed = true,
    .part = PART_DATABASE,
    .console_page = "sql/instances/{name}/overview",
    .log = "resource.type=\"cloudsql_database\" resource.labels.database_id=\"{project}:{name}\"",
    .permissions = {.read = "cloudsql.instances.get",
		    .list = "cloudsql.instances.list",
		    .create = "cloudsql.instances.create",
		    .update = "cloudsql.instances.update",
		    .destroy = "cloudsql.instances.delete"},
    .usual = 560,
    .slow = 1100,
    .takes = sql_instance_takes,
    .deadline = 5400,
    .labelled = true,
    .billable = true,
    .monthly = sql_instance_monthly,
    .prices = sql_instance_prices,
    .lock = sql_lock,
    .dear = true,
    .keeps_data = true,
    .data_word = "database",
    .guarded = sql_instance_guarded,
    .remains = sql_instance_remains,
    .constraints = sql_instance_constraints,
    .observe = sql_instance_observe,
    .list = sql_instance_list,
    .items = "items",
    .decode = sql_instance_decode,
    .compare = sql_instance_compare,
    .downtime = sql_instance_downtime,
    .create = sql_instance_create,
    .update = sql_instance_update,
    .destroy = sql_instance_destroy,
    .terraform = {.type = "google_sql_database_instance",
		  .import = "projects/{project}/instances/{name}",
		  .moves = sql_instance_moves,
		  .ignores = "settings[0].disk_size",
		  .comment = "A disk that grew by itself is not made smaller.",
		  .outputs = (const char *const[]){"ip", "@.private_ip_address", "ca", "nonsensitive(@.server_ca_cert[0].cert)",
						   "connectionName", "@.connection_name", "attachment",
						   "@.psc_service_attachment_link", "dns", "@.dns_name", "host",
						   "trimsuffix(@.dns_name, \".\")", NULL}},
};
