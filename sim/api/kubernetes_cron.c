/* CronJobs: their schedules read as cron does, a Job at each of its times, and only so many of the ended ones kept. */
#include "config.h"
#include "sim/api/kubernetes_pods.h"

#include "sim/api/kubernetes.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define MOST_JOBS 64
#define BY "cronjob-controller"

/* Schedules. -------------------------------------------------------------------------------------------------------------------- */
struct schedule {
	uint64_t minute, hour, day, month, weekday; /* bit n: at n */
	bool any_day, any_weekday;
	double every; /* "@every 1h": seconds; 0 else */
};

static int number_of(const char *word, size_t len, const char *const *names, int first)
{
	for (int i = 0; names && names[i]; i++)
		if (len == 3 && !strncasecmp(word, names[i], 3))
			return i + first;
	return atoi(word);
}

/* "1-5/2,7" into bits. */
static uint64_t bits_of(const char *field, size_t len, int low, int high, const char *const *names)
{
	uint64_t bits = 0;
	for (const char *p = field, *end = field + len; p < end;) {
		size_t part = strcspn(p, ", ");
		const char *slash = memchr(p, '/', part), *dash = memchr(p, '-', part);
		int from = low, to = high, step = slash ? atoi(slash + 1) : 1;
		if (*p != '*' && *p != '?') {
			from = number_of(p, strcspn(p, "-/, "), names, low);
			to = dash ? number_of(dash + 1, strcspn(dash + 1, "/, "), names, low) : slash ? high : from;
		}
		for (int i = from; i <= to && i < 64 && step > 0; i += step)
			bits |= UINT64_C(1) << i;
		p += part + (p[part] == ',');
	}
	return bits;
}

static double duration(const char *text)
{
	double all = 0;
	while (isdigit((unsigned char)*text)) {
		char *unit;
		double n = strtod(text, &unit);
		all += n * (*unit == 'h' ? 3600 : *unit == 'm' ? 60 : 1);
		text = unit + (*unit != '\0');
	}
	return all;
}

static struct schedule schedule_of(const char *text)
{
	static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
					     "aug", "sep", "oct", "nov", "dec", NULL},
				 *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL},
				 *const names[][2] = {{"@yearly", "0 0 1 1 *"},  {"@annually", "0 0 1 1 *"},
						      {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
						      {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
						      {"@hourly", "0 * * * *"}};
	static const int ranges[][2] = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}};
	struct schedule c = {.every = text_starts(text, "@every ") ? duration(text + 7) : 0};
	uint64_t *const fields[] = {&c.minute, &c.hour, &c.day, &c.month, &c.weekday};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(text, names[i][0]))
			text = names[i][1];
	for (int i = 0; i < 5; i++) {
		text += strspn(text, " ");
		size_t len = strcspn(text, " ");
		*fields[i] = bits_of(text, len, ranges[i][0], ranges[i][1], i == 3 ? months : i == 4 ? days : NULL);
		if (i == 2)
			c.any_day = *text == '*' || *text == '?';
		if (i == 4)
			c.any_weekday = *text == '*' || *text == '?';
		text += len;
	}
	return c;
}

/* Where days are told both ways, one of the two is enough. */
static bool is_time(const struct schedule *c, const struct tm *t)
{
	bool day = c->day >> t->tm_mday & 1, weekday = c->weekday >> t->tm_wday & 1;
	return (c->minute >> t->tm_min & 1) && (c->hour >> t->tm_hour & 1) && (c->month >> (t->tm_mon + 1) & 1) &&
	       (c->any_day || c->any_weekday ? day && weekday : day || weekday);
}

/* The first time after this one, seconds since 1970; 0 when there is none within five years. zone: as zoneinfo names it; "" for UTC. */
static double next_time(const struct schedule *c, double after, const char *zone)
{
	char *kept = getenv("TZ") ? xstrdup(getenv("TZ")) : NULL;
	time_t t = (time_t)after, found = 0;
	if (c->every > 0)
		return after + c->every;
	setenv("TZ", *zone ? zone : "UTC", 1);
	tzset();
	t += 60 - t % 60;
	for (long i = 0; i < 5L * 366 * 24 * 60 && !found; i++, t += 60) {
		struct tm parts;
		localtime_r(&t, &parts);
		if (is_time(c, &parts))
			found = t;
		else if (!(c->hour >> parts.tm_hour & 1)) /* nothing in this hour */
			t += 60 * (59 - parts.tm_min), i += 59 - parts.tm_min;
	}
	if (kept)
		setenv("TZ", kept, 1);
	else
		unsetenv("TZ");
	tzset();
	free(kept);
	return (double)found;
}

/* Jobs. -------------------------------------------------------------------------------------------------------------------------- */
static int jobs_of(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, struct sim_object **list)
{
	const char *prefix = sim_tmp(
	    "%s", kubernetes_prefix(cluster->key, "batch", "jobs", json_str(o->doc, "metadata.namespace", "")));
	int n = 0;
	for (struct sim_object *j = sim_first(s, KUBERNETES_OBJECTS, prefix); j && n < MOST_JOBS;
	     j = sim_following(s, j, prefix))
		if (!strcmp(json_str(j->doc, "metadata.ownerReferences.0.uid", ""), kubernetes_uid(o)))
			list[n++] = j;
	return n;
}

static bool is_over(const struct sim_object *job, const char *how)
{
	return kubernetes_condition(job->doc, how) != NULL;
}

static void remove_job(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, struct sim_object *job)
{
	kubernetes_event_by(s, cluster->key, o->doc, "Normal", "SuccessfulDelete",
			    sim_tmp("Deleted job %s", json_str(job->doc, "metadata.name", "")), BY);
	json_put_bool(job->hidden, "gone", true);
	kubernetes_react(s, cluster, job);
	sim_remove(s, job);
}

/* The oldest of those that ended this way go, down to so many. */
static void forget(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, const char *how, int keep)
{
	struct sim_object *list[MOST_JOBS];
	int n = jobs_of(s, cluster, o, list), ended = 0;
	for (int i = 0; i < n; i++)
		ended += is_over(list[i], how);
	for (int i = 0; i < n && ended > keep; i++)
		if (is_over(list[i], how)) {
			remove_job(s, cluster, o, list[i]);
			ended--;
		}
}

void kubernetes_cron_job_look(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	struct sim_object *list[MOST_JOBS];
	cJSON *active = cJSON_CreateArray(), *status = cJSON_CreateObject();
	forget(s, cluster, o, "Complete", (int)json_num(o->doc, "spec.successfulJobsHistoryLimit", 3));
	forget(s, cluster, o, "Failed", (int)json_num(o->doc, "spec.failedJobsHistoryLimit", 1));
	int n = jobs_of(s, cluster, o, list);
	const char *done = json_str(o->doc, "status.lastSuccessfulTime", "");
	for (int i = 0; i < n; i++) {
		const char *time = json_str(list[i]->doc, "status.completionTime", "");
		if (strcmp(time, done) > 0)
			done = time;
		if (!is_over(list[i], "Complete") && !is_over(list[i], "Failed"))
			cJSON_AddItemToArray(
			    active,
			    json_make(
				"{'kind':'Job','namespace':%s,'name':%s,'uid':%s,'apiVersion':'batch/v1','resourceVersion':%s}",
				json_str(o->doc, "metadata.namespace", ""), json_str(list[i]->doc, "metadata.name", ""),
				kubernetes_uid(list[i]), json_str(list[i]->doc, "metadata.resourceVersion", "")));
	}
	if (active->child)
		json_put(status, "active", active);
	else
		cJSON_Delete(active);
	if (json_at(o->hidden, "last"))
		json_put_str(status, "lastScheduleTime", json_str(o->hidden, "last", ""));
	if (*done)
		json_put_str(status, "lastSuccessfulTime", done);
	if (json_equal(json_at(o->doc, "status"), status))
		cJSON_Delete(status);
	else
		kubernetes_report(s, cluster->key, o, status, "kube-controller-manager", NULL, NULL);
}

static void make_job(struct sim *s, const struct sim_object *cluster, struct sim_object *o, double when)
{
	char at[40];
	const char *name = sim_tmp("%s-%.0f", json_str(o->doc, "metadata.name", ""), when / 60),
		   *ns = json_str(o->doc, "metadata.namespace", "");
	cJSON *doc = json_make("{'metadata':{'name':%s,'labels':%j,'annotations':%j,'ownerReferences':[{'apiVersion':'batch/"
			       "v1','kind':'CronJob','name':%s,'uid':%s,'controller':true,"
			       "'blockOwnerDeletion':true}]},'spec':%j}",
			       name, cJSON_Duplicate(json_at(o->doc, "spec.jobTemplate.metadata.labels"), true),
			       cJSON_Duplicate(json_at(o->doc, "spec.jobTemplate.metadata.annotations"), true),
			       json_str(o->doc, "metadata.name", ""), kubernetes_uid(o),
			       cJSON_Duplicate(json_at(o->doc, "spec.jobTemplate.spec"), true));
	kubernetes_annotate(doc, "batch.kubernetes.io/cronjob-scheduled-timestamp", text_rfc3339(when, 0, at));
	struct sim_object *job = kubernetes_put(s, cluster->key, "batch", "v1", "jobs", ns, doc);
	json_put_str(job->hidden, "root", kubernetes_uid(o));
	json_put_str(job->hidden, "rootKey", o->key);
	json_put_str(o->hidden, "last", text_rfc3339(when, 0, at));
	kubernetes_event_by(s, cluster->key, o->doc, "Normal", "SuccessfulCreate", sim_tmp("Created job %s", name), BY);
	kubernetes_job(s, cluster, job);
}

static void wait_for_next(struct sim *s, const struct sim_object *cluster, struct sim_object *o);

static void due(struct sim *s, const cJSON *arg)
{
	const struct sim_object *cluster = sim_get(s, "container.clusters", json_str(arg, "cluster", ""));
	struct sim_object *o = sim_get(s, KUBERNETES_OBJECTS, json_str(arg, "key", "")), *list[MOST_JOBS];
	if (!cluster || !o || strcmp(kubernetes_uid(o), json_str(arg, "uid", "-")) ||
	    json_num(o->hidden, "turn", 0) != json_num(arg, "turn", -1))
		return;
	const char *policy = json_str(o->doc, "spec.concurrencyPolicy", "Allow");
	bool busy = false;
	int n = jobs_of(s, cluster, o, list);
	for (int i = 0; i < n; i++) {
		if (is_over(list[i], "Complete") || is_over(list[i], "Failed"))
			continue;
		busy = true;
		if (!strcmp(policy, "Replace"))
			remove_job(s, cluster, o, list[i]);
	}
	if (busy && !strcmp(policy, "Forbid"))
		kubernetes_event_by(s, cluster->key, o->doc, "Normal", "JobAlreadyActive",
				    "Not starting job because prior execution is running and concurrency policy is Forbid", BY);
	else
		make_job(s, cluster, o, json_num(arg, "when", 0));
	kubernetes_cron_job_look(s, cluster, o);
	wait_for_next(s, cluster, o);
}

static void wait_for_next(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	struct schedule c = schedule_of(json_str(o->doc, "spec.schedule", ""));
	double now = sim_wall(s), when = next_time(&c, now, json_str(o->doc, "spec.timeZone", ""));
	int turn = (int)json_num(o->hidden, "turn", 0) + 1;
	json_put_num(o->hidden, "turn", turn); /* an earlier wait is void */
	if (json_bool(o->doc, "spec.suspend", false) || when <= now)
		return;
	cJSON *arg = json_make("{'cluster':%s,'key':%s,'uid':%s,'turn':%d}", cluster->key, o->key, kubernetes_uid(o), turn);
	json_put_num(arg, "when", when);
	sim_after(s, when - now, due, arg);
}

void kubernetes_cron_job(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	int generation = (int)json_num(o->doc, "metadata.generation", 1);
	if ((int)json_num(o->hidden, "seen", 0) == generation)
		return;
	json_put_num(o->hidden, "seen", generation);
	wait_for_next(s, cluster, o);
}
