/* monitoring.googleapis.com v3: uptime checks, alerting policies, notification channels. They are kept as Google keeps them;
 * nothing is measured here, so no check ever runs and no alert ever fires. */
#include "config.h"
#include "sim/api/filter.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CHECKS "monitoring.uptimeCheckConfigs"
#define POLICIES "monitoring.alertPolicies"
#define CHANNELS "monitoring.notificationChannels"

static bool refuse(struct sim_call *c, const char *format, const char *what)
{
	const char *why = sim_tmp("%s%s", format, what);
	sim_fail(c, "INVALID_ARGUMENT", NULL, "%s", why);
	return false;
}

/* Who changed it and when. */
static cJSON *mutation(struct sim_call *c)
{
	char *now = sim_time(c->sim, 9);
	cJSON *r = json_make("{'mutateTime':%s,'mutatedBy':%s}", now,
			     c->principal && strchr(c->principal, ':') ? strchr(c->principal, ':') + 1 : "");
	free(now);
	return r;
}

/* Uptime checks. ---------------------------------------------------------------------------------------------------------- */
static bool target_ok(struct sim_call *c, const cJSON *doc)
{
	static const char *const types[] = {"uptime_url",
					    "gce_instance",
					    "gae_app",
					    "aws_ec2_instance",
					    "aws_elb_load_balancer",
					    "k8s_service",
					    "servicedirectory_service",
					    "cloud_run_revision",
					    NULL};
	const char *type = json_str(doc, "monitoredResource.type", "");
	int targets = !!json_at(doc, "monitoredResource") + !!json_at(doc, "resourceGroup") +
		      !!json_at(doc, "syntheticMonitor");
	int ways = !!json_at(doc, "httpCheck") + !!json_at(doc, "tcpCheck");
	bool known = !*type;
	for (int i = 0; types[i]; i++)
		known = known || !strcmp(types[i], type);
	if (targets != 1)
		return refuse(c, "Exactly one of monitored_resource, resource_group, or synthetic_monitor must be set.", "");
	if (!json_at(doc, "syntheticMonitor") && ways != 1)
		return refuse(c, "Exactly one of http_check or tcp_check must be set.", "");
	if (!known)
		return refuse(c, "Unsupported monitored resource type: ", type);
	if (!strcmp(type, "uptime_url") && !*json_str(doc, "monitoredResource.labels.host", ""))
		return refuse(c, "The monitored resource is missing the label 'host'.", "");
	if (json_at(doc, "tcpCheck") && json_num(doc, "tcpCheck.port", 0) < 1)
		return refuse(c, "tcp_check.port is required.", "");
	return true;
}

static bool check_ok(struct sim_call *c, const cJSON *doc)
{
	double period = sim_seconds(json_str(doc, "period", "60s"), 60),
	       timeout = sim_seconds(json_str(doc, "timeout", "10s"), 10);
	int regions = cJSON_GetArraySize(json_at(doc, "selectedRegions"));
	const char *path = json_str(doc, "httpCheck.path", "/");
	if (!*json_str(doc, "displayName", ""))
		return refuse(c, "display_name must not be empty.", "");
	if (period != 60 && period != 300 && period != 600 && period != 900)
		return refuse(c, "period must be one of 60s, 300s, 600s, 900s.", "");
	if (timeout < 1 || timeout > 60)
		return refuse(c, "timeout must be between 1 and 60 seconds.", "");
	if (regions && regions < 3)
		return refuse(c, "At least three regions must be selected.", "");
	if (json_num(doc, "httpCheck.port", 80) < 1 || json_num(doc, "httpCheck.port", 80) > 65535)
		return refuse(c, "http_check.port must be between 1 and 65535.", "");
	if (strchr(path, ' '))
		return refuse(c, "http_check.path is invalid: ", path);
	return target_ok(c, doc);
}

/* What Google fills in. */
static void fill_check(const struct sim_call *c, cJSON *doc)
{
	cJSON *http = json_at(doc, "httpCheck");
	if (json_at(doc, "monitoredResource") && !json_at(doc, "monitoredResource.labels.project_id"))
		json_put_str(doc, "monitoredResource.labels.project_id", c->project);
	if (!http)
		return;
	if (!json_at(http, "path"))
		json_put_str(http, "path", "/");
	else if (*json_str(http, "path", "/") != '/')
		json_put_str(http, "path", sim_tmp("/%s", json_str(http, "path", "")));
	if (!json_at(http, "port"))
		json_put_num(http, "port", json_bool(http, "useSsl", false) ? 443 : 80);
	if (!json_at(http, "requestMethod"))
		json_put_str(http, "requestMethod", "GET");
}

/* An id made of the name: "My check" becomes "my-check-" and eleven hexadecimal digits. */
static const char *check_named(struct sim_call *c)
{
	struct buf b = {0};
	for (const char *p = json_str(c->body, "displayName", ""); *p && b.len < 50; p++) {
		if (isalnum((unsigned char)*p))
			buf_putc(&b, (char)tolower((unsigned char)*p));
		else if (b.len && buf_text(&b)[b.len - 1] != '-')
			buf_putc(&b, '-');
	}
	char *tail = sim_hex(c->sim, 11);
	const char *id = sim_tmp("%s-%s", b.len ? buf_text(&b) : "check", tail);
	free(tail);
	buf_free(&b);
	return id;
}

static bool check_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	if (!check_ok(c, doc))
		return false;
	fill_check(c, doc);
	return !old || !strcmp(json_str(doc, "monitoredResource.type", ""), json_str(old->doc, "monitoredResource.type", "")) ||
	       refuse(c, "The monitored resource type of a check cannot be changed.", "");
}

/* Does a policy name this text in one of its conditions' filters, or this channel? */
static const char *named_by(struct sim_call *c, const char *text, bool channel)
{
	const char *prefix = sim_tmp("projects/%s/alertPolicies/", c->project), *user = NULL;
	for (struct sim_object *o = sim_first(c->sim, POLICIES, prefix); o && !user; o = sim_following(c->sim, o, prefix)) {
		char *whole = json_text(json_at(o->doc, channel ? "notificationChannels" : "conditions"), -1);
		if (whole && strstr(whole, text))
			user = o->key;
		free(whole);
	}
	return user;
}

static bool check_deleting(struct sim_call *c, struct sim_object *o)
{
	return !named_by(c, strrchr(o->key, '/') + 1, false) ||
	       refuse(
		   c, "Cannot delete check ",
		   sim_tmp("%s. One or more alerting policies is using it. Delete all alerting policies before deleting this "
			   "check.",
			   strrchr(o->key, '/') + 1));
}

/* The addresses that checks come from; of documentation's ranges, for no check runs here. */
static void check_ips(struct sim_call *c)
{
	static const char *const from[][3] = {{"USA_VIRGINIA", "Virginia", "192.0.2.10"},
					      {"USA_OREGON", "Oregon", "192.0.2.20"},
					      {"USA_IOWA", "Iowa", "192.0.2.30"},
					      {"EUROPE", "Belgium", "198.51.100.10"},
					      {"ASIA_PACIFIC", "Singapore", "198.51.100.20"},
					      {"SOUTH_AMERICA", "Sao Paulo", "203.0.113.10"}};
	cJSON *all = cJSON_CreateArray();
	for (size_t i = 0; i < sizeof from / sizeof *from; i++)
		cJSON_AddItemToArray(
		    all, json_make("{'region':%s,'location':%s,'ipAddress':%s}", from[i][0], from[i][1], from[i][2]));
	sim_ok(c, json_make("{'uptimeCheckIps':%j}", all));
}

/* Notification channels. --------------------------------------------------------------------------------------------------- */
static const struct {
	const char *type, *label;
} channel_types[] = {
    {"email", "email_address"},   {"sms", "number"},
    {"slack", "channel_name"},    {"pagerduty", "service_key"},
    {"webhook_tokenauth", "url"}, {"webhook_basicauth", "url"},
    {"pubsub", "topic"},          {"google_chat", "space"},
    {"campfire", "room"},         {"hipchat", "room"},
};

static bool channel_ok(struct sim_call *c, const cJSON *doc)
{
	const char *type = json_str(doc, "type", ""), *label = NULL;
	for (size_t i = 0; i < sizeof channel_types / sizeof *channel_types; i++)
		label = strcmp(channel_types[i].type, type) ? label : channel_types[i].label;
	if (!label)
		return refuse(c, "Field \"notification_channel.type\" has an invalid value of ",
			      sim_tmp("\"%s\": unrecognized channel type.", type));
	const char *value = json_str(doc, sim_tmp("labels.%s", label), "");
	if (!*value && strcmp(type, "pagerduty"))
		return refuse(c, "Field \"notification_channel.labels['",
			      sim_tmp("%s']\" is required for channels of type \"%s\".", label, type));
	if (!strcmp(type, "email") && !strchr(value, '@'))
		return refuse(c, "Field \"notification_channel.labels['email_address']\" has an invalid value of ",
			      sim_tmp("\"%s\".", value));
	return true;
}

static bool channel_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	if (!channel_ok(c, doc))
		return false;
	if (!old) {
		json_drop(doc, "verificationStatus");
		json_put(doc, "creationRecord", mutation(c));
		json_put(doc, "mutationRecords", cJSON_CreateArray());
	}
	cJSON_AddItemToArray(json_at(doc, "mutationRecords"), mutation(c));
	return true;
}

static bool channel_deleting(struct sim_call *c, struct sim_object *o)
{
	const char *user = named_by(c, o->key, true);
	if (!user || sim_param_bool(c, "force"))
		return true;
	sim_fail(c, "FAILED_PRECONDITION", NULL, "Cannot delete notification channel '%s': it is used by alerting policy '%s'.",
		 o->key, user);
	return false;
}

/* Alerting policies. -------------------------------------------------------------------------------------------------------- */
static bool condition_ok(struct sim_call *c, const cJSON *condition)
{
	static const char *const kinds[] = {"conditionThreshold",
					    "conditionAbsent",
					    "conditionMatchedLog",
					    "conditionMonitoringQueryLanguage",
					    "conditionPrometheusQueryLanguage",
					    "conditionSql"};
	int n = 0;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		n += json_at(condition, kinds[i]) != NULL;
	if (n != 1)
		return refuse(c,
			      "Field alert_policy.conditions had an invalid value: each condition must have exactly one kind "
			      "of condition.",
			      "");
	if (!*json_str(condition, "displayName", ""))
		return refuse(c, "Field alert_policy.conditions.display_name had an invalid value: a display name is required.",
			      "");
	const cJSON *metric = json_at(condition, "conditionThreshold") ? json_at(condition, "conditionThreshold")
								       : json_at(condition, "conditionAbsent");
	if (!metric)
		return true;
	const char *filter = json_str(metric, "filter", "");
	double seconds = sim_seconds(json_str(metric, "duration", "0s"), -1);
	if (!strstr(filter, "metric.type") || !strstr(filter, "resource.type"))
		return refuse(
		    c, "Field alert_policy.conditions[0].condition_threshold.filter had an invalid value of ",
		    sim_tmp("\"%s\": must specify a restriction on \"resource.type\" in the filter; see "
			    "\"https://cloud.google.com/monitoring/api/resources\" for a list of available resource types.",
			    filter));
	if (seconds < 0 || (int)seconds % 60)
		return refuse(
		    c, "Field alert_policy.conditions[0].duration had an invalid value: must be a multiple of a minute.", "");
	return true;
}

static bool policy_ok(struct sim_call *c, const cJSON *doc)
{
	const cJSON *conditions = json_at(doc, "conditions"), *item;
	int n = cJSON_GetArraySize(conditions);
	if (!*json_str(doc, "displayName", ""))
		return refuse(c, "Field alert_policy.display_name had an invalid value of \"\": a display name is required.",
			      "");
	if (n < 1 || n > 6)
		return refuse(c, "Field alert_policy.conditions had an invalid value: must have between 1 and 6 conditions.",
			      "");
	if (!*json_str(doc, "combiner", "") || !strcmp(json_str(doc, "combiner", ""), "COMBINE_UNSPECIFIED"))
		return refuse(c, "Field alert_policy.combiner had an invalid value: a combiner is required.", "");
	cJSON_ArrayForEach(item, conditions)
		if (!condition_ok(c, item))
			return false;
	cJSON_ArrayForEach(item, json_at(doc, "notificationChannels")) {
		const char *name = cJSON_IsString(item) ? item->valuestring : "", *id = strstr(name, "/notificationChannels/");
		if (!id || !sim_get(c->sim, CHANNELS, sim_tmp("projects/%s%s", c->project, id))) {
			sim_fail(c, "NOT_FOUND", NULL, "Cannot find channel with name: %s", name);
			return false;
		}
	}
	return true;
}

/* Conditions have names of their own below the policy's. */
static bool policy_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *name = json_str(doc, "name", "");
	cJSON *condition;
	if (!policy_ok(c, doc))
		return false;
	cJSON_ArrayForEach(condition, json_at(doc, "conditions"))
		if (!text_starts(json_str(condition, "name", ""), sim_tmp("%s/", name)))
			json_put_str(condition, "name", sim_tmp("%s/conditions/%lld", name, sim_serial(c->sim)));
	if (json_at(doc, "documentation.content") && !json_at(doc, "documentation.mimeType"))
		json_put_str(doc, "documentation.mimeType", "text/markdown");
	json_put(doc, "mutationRecord", mutation(c));
	if (!old)
		json_put(doc, "creationRecord", cJSON_Duplicate(json_at(doc, "mutationRecord"), true));
	return true;
}

static const char *monitoring_named(struct sim_call *c)
{
	return sim_tmp("%lld", sim_serial(c->sim));
}

static bool monitoring_fits(const struct sim_call *c, const struct sim_object *o)
{
	bool bad;
	return filter_fits(sim_param(c, "filter"), o->doc, &bad) && !bad;
}

/* Nothing is measured. */
static void monitoring_series(struct sim_call *c)
{
	if (!strstr(sim_param(c, "filter"), "metric.type"))
		refuse(c, "Field filter had an invalid value of ",
		       sim_tmp("\"%s\": The supplied filter does not specify a single metric type.", sim_param(c, "filter")));
	else
		sim_empty(c);
}

#define M "monitoring.projects."
static const struct sim_resource resources[] = {
    {.methods = M "uptimeCheckConfigs",
     .collection = CHECKS,
     .key = "projects/{project}/uptimeCheckConfigs/{uptimeCheckConfigs}",
     .missing = "Cannot find uptime check with name: projects/{project}/uptimeCheckConfigs/{uptimeCheckConfigs}",
     .field = "uptimeCheckConfigs",
     .total = true,
     .named = check_named,
     .defaults = "{'period':'60s','timeout':'10s','checkerType':'STATIC_IP_CHECKERS'}",
     .complete = check_complete,
     .deleting = check_deleting},
    {.methods = M "alertPolicies",
     .collection = POLICIES,
     .key = "projects/{project}/alertPolicies/{alertPolicies}",
     .missing = "The alert policy with name projects/{project}/alertPolicies/{alertPolicies} does not exist.",
     .field = "alertPolicies",
     .shown = monitoring_fits,
     .named = monitoring_named,
     .defaults = "{'enabled':true}",
     .complete = policy_complete,
     .kept = "creationRecord"},
    {.methods = M "notificationChannels",
     .collection = CHANNELS,
     .key = "projects/{project}/notificationChannels/{notificationChannels}",
     .missing = "Cannot find channel with name: projects/{project}/notificationChannels/{notificationChannels}",
     .field = "notificationChannels",
     .shown = monitoring_fits,
     .named = monitoring_named,
     .defaults = "{'enabled':true}",
     .complete = channel_complete,
     .kept = "creationRecord mutationRecords verificationStatus",
     .deleting = channel_deleting},
    {.methods = NULL},
};

static const struct sim_route routes[] = {
    RESOURCE_ROUTES(M "uptimeCheckConfigs", "monitoring.uptimeCheckConfigs"),
    {"monitoring.uptimeCheckIps.list", check_ips, NULL, NULL},
    RESOURCE_ROUTES(M "alertPolicies", "monitoring.alertPolicies"),
    RESOURCE_ROUTES(M "notificationChannels", "monitoring.notificationChannels"),
    {M "timeSeries.list", monitoring_series, "monitoring.timeSeries.list", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_monitoring = {.name = "monitoring",
				       .service = "monitoring.googleapis.com",
				       .errors = SIM_ERRORS_AIP,
				       .routes = routes,
				       .resources = resources};
