/* Alerts: Google's machines ask the server's address every five minutes, as a stranger's script would, and people get mail when it is not refused as its gate
 * refuses. Redirects are followed to their end by these machines, so they ask where no gate redirects: MLflow's API, as a page's script. */
#include "config.h"
#include "plan/alerts.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/axes.h"

#include <stdlib.h>
#include <string.h>

#define QUESTION "alerts.addresses"

/* clang-format off */
const struct question alerts_questions[] = {
	{.id = QUESTION, .admits = true, .quiet = true, .page = "image", .type = TYPE_LIST, .title = N_("Alerts go to"),
	 .help = N_("Mail addresses that Google writes to when the server's address is not refused to a stranger as its gate refuses. It is asked every five minutes from "
		    "six places; oauth2-proxy and MLflow's own accounts are part of the server, which is woken by that. About 0.13 USD a month."),
	 .after = "server.cpu", .optional = true,
	 .pattern = "^[A-Za-z0-9._%+'-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z]{2,}$",
	 .form = N_("A mail address, such as oncall@example.com.")},
	{.id = NULL},
};
/* clang-format on */

void alerts_check(const struct answers *a, problem_fn *found, void *arg)
{
	if (cJSON_GetArraySize(answers_get(a, QUESTION)) && axes_of(a).exposure->ingress == INGRESS_INTERNAL)
		found(
		    arg, QUESTION,
		    _("Google's uptime checks come from the internet, and from there nothing leads to a server that is reached "
		      "by a tunnel: leave this empty."));
}

/* "WHAT STACK", to be freed: what people read in the console. */
static char *title_of(const struct plan *p, const char *what)
{
	return xasprintf("MLflow %s (%s)", p->stack, what);
}

static void add_check(struct design *d, const char *id)
{
	struct plan *p = d->plan;
	char *name = title_of(p, p->hosts[0]);
	cJSON *http = json_make("{'path':'/api/2.0/mlflow/experiments/search?max_results=1','port':443,'useSsl':true,"
				"'validateSsl':true,'requestMethod':'GET','headers':{'X-Requested-With':'XMLHttpRequest'},"
				"'acceptedResponseStatusCodes':[{'statusValue':%d}]}",
				p->wall.refuses);
	struct resource *r = plan_add(
	    p, id, "monitoring.uptimeCheckConfig", name,
	    json_make("{'body':{'monitoredResource':{'type':'uptime_url','labels':{'project_id':%s,'host':%s}},'httpCheck':%j,"
		      "'period':'300s','timeout':'60s'}}",
		      p->project, p->hosts[0], http));
	plan_needs(r, "apis");
	plan_needs(r, d->front.id);
	plan_optional(r);
	free(name);
}

/* The channels' references. */
static cJSON *add_channels(struct design *d)
{
	cJSON *all = cJSON_CreateArray();
	const cJSON *address;
	cJSON_ArrayForEach(address, answers_get(d->answers, QUESTION)) {
		char *id = xasprintf("alert/%s", address->valuestring), *name = title_of(d->plan, address->valuestring);
		struct resource *r = plan_add(
		    d->plan, id, "monitoring.notificationChannel", name,
		    json_make("{'body':{'type':'email','enabled':true,'labels':{'email_address':%s}}}", address->valuestring));
		plan_needs(r, "apis");
		plan_optional(r);
		cJSON_AddItemToArray(all, plan_ref(id, "name"));
		free(name);
		free(id);
	}
	return all;
}

/* As the console makes it: it is down where the last answer of two places or more was not the right one. */
static cJSON *condition(const char *check)
{
	cJSON *filter = json_make(
	    "{'$join':[%s,%j,%s]}",
	    "metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND metric.labels.check_id=\"",
	    plan_ref(check, "id"), "\" AND resource.type=\"uptime_url\"");
	return json_make("{'displayName':'Uptime check','conditionThreshold':{'filter':%j,'duration':'60s','comparison':"
			 "'COMPARISON_GT','thresholdValue':1,'trigger':{'count':1},'aggregations':[{'alignmentPeriod':'1200s',"
			 "'perSeriesAligner':'ALIGN_NEXT_OLDER','crossSeriesReducer':'REDUCE_COUNT_FALSE',"
			 "'groupByFields':['resource.label.project_id','resource.label.host']}]}}",
			 filter);
}

void alerts_plan(struct design *d)
{
	struct plan *p = d->plan;
	if (!cJSON_GetArraySize(answers_get(d->answers, QUESTION)) || d->axes.exposure->ingress == INGRESS_INTERNAL)
		return;
	char *check = xasprintf("uptime/%s", p->hosts[0]), *name = title_of(p, "alert");
	add_check(d, check);
	cJSON *channels = add_channels(d);
	struct resource *r = plan_add(
	    p, "alert", "monitoring.alertPolicy", name,
	    json_make("{'body':{'combiner':'OR','enabled':true,'conditions':[%j],'notificationChannels':%j}}", condition(check),
		      channels));
	plan_optional(r);
	free(name);
	free(check);
}
