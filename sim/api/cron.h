/* Schedules as cron has them, for Cloud Scheduler and CronJobs. */
#ifndef MS_SIM_API_CRON_H
#define MS_SIM_API_CRON_H

#include <stdbool.h>
#include <stdint.h>

struct cron {
	uint64_t minute, hour, day, month, weekday; /* bit n: at n */
	bool any_day, any_weekday;
	double every; /* "@every 1h": seconds; 0 else */
};

/* Reads five fields, or "@daily" and its like. False: it is no schedule. */
bool cron_parse(const char *text, struct cron *c);
/* Is it a schedule in App Engine's English ("every 24 hours", "2nd mon,thursday of sep 17:00")? An interval is told in c->every; of days only that they are
 * well said. */
bool cron_english(const char *text, struct cron *c);
/* The first time after this one, seconds since 1970; 0 when there is none within five years. zone: as zoneinfo names it; "" for UTC. */
double cron_next(const struct cron *c, double after, const char *zone);
/* Is there such a time zone? */
bool cron_zone_there(const char *zone);

#endif
