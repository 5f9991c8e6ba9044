/* Lags: what was made or granted moments ago and is not known everywhere yet. A refusal that may be one is waited for, as long as words, ages and budgets
 * allow. */
#include "config.h"
#include "engine/run_private.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/moment.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LAG_BUDGET 900.0
#define FORBIDDEN_LAG_BUDGET 120.0
/* A grant is known everywhere within seven minutes as a rule, and is given twice that: who then still lacks a permission lacks it for another reason. */
#define SPREADS_WITHIN 900.0
/* Accounts that Google makes with an API are there within minutes after that was enabled; one that is not then was deleted, or never made. */
#define GOOGLES_ACCOUNT_BUDGET 300.0
#define LAG_PAUSE_MOST 4.0      /* or, where it lasts long, */
#define LAG_SHARE 0.05          /* of how long it lasts already */
#define LAG_FOLLOWER_PAUSE 16.0 /* at least; not for ever: what is known in one place need not be in another */
#define LAG_KNOWN_FOR 1200.0

/* Since it was made, by the cloud's own clock; INFINITY for what has no such time (service accounts, policies). */
static double age_by_cloud(const struct step *s)
{
	static const char *const fields[] = {"createTime", "creationTimestamp", "timeCreated", NULL};
	for (size_t i = 0; fields[i]; i++) {
		double made = moment_read(json_str(s->seen.found, fields[i], NULL));
		if (made > 0)
			return fmax(loop_wall(s->run->loop) - made, 0);
	}
	return INFINITY;
}

/* What stood and has no time of its own is taken to be as old as the youngest thing that stood: they were made together. */
static double age_of_stack(const struct run *r)
{
	double youngest = INFINITY;
	for (size_t i = 0; i < r->count; i++)
		if (!r->steps[i].sent)
			youngest = fmin(youngest, age_by_cloud(&r->steps[i]));
	return youngest;
}

/* Seconds since its resource was made or changed, as far as this run, the journal or the cloud tell: whoever did it. INFINITY when nobody tells. */
static double step_age(const struct step *s)
{
	const struct run *r = s->run;
	double noted = r->journal ? journal_changed(r->journal, s->resource->id) : 0, cloud = age_by_cloud(s);
	if (s->changed > 0)
		return step_now(s) - s->changed;
	if (noted > 0)
		return fmax(loop_wall(r->loop) - noted, 0);
	if (cloud < INFINITY)
		return cloud;
	return s->seen.found ? age_of_stack(r) : INFINITY;
}

static bool changed_lately(const struct step *s)
{
	return step_age(s) < LAG_KNOWN_FOR;
}

/* Was something that this step needs, directly or not, changed a moment ago? One of those that words name, when words are given. */
static bool fresh(const struct step *s, const char *words)
{
	bool *behind = plan_behind(s->run->plan, s->index), found = false;
	for (size_t i = 0; i < s->index && !found; i++) {
		const struct step *need = &s->run->steps[i];
		found = behind[i] && changed_lately(need) && (!words || strstr(words, need->resource->name));
	}
	free(behind);
	return found;
}

static bool says(const char *message, const char *part)
{
	return message && strcasestr(message, part);
}

/* An account that no step made came with its API: is it that young? */
static bool came_lately(const struct step *s)
{
	bool *behind = plan_behind(s->run->plan, s->index), found = false;
	for (size_t i = 0; i < s->index && !found; i++) {
		const struct step *need = &s->run->steps[i];
		found = behind[i] && need->resource->kind->enables && step_age(need) < GOOGLES_ACCOUNT_BUDGET;
	}
	free(behind);
	return found;
}

static bool says_no_account(const char *message)
{
	return says(message, "service account") && says(message, "does not exist");
}

/* One of ours by its name; one of Google's, an agent or a default account, has none of ours. */
static bool account_is_young(const struct step *s, const char *message)
{
	return fresh(s, strchr(message, '@') ? message : NULL) || came_lately(s);
}

/* People and groups are nobody's that a run makes; an account of IAM's, such as a database knows, may be. */
static bool names_person(const char *message)
{
	return message && (text_starts(message, "User ") || text_starts(message, "Group ")) && strchr(message, '@') &&
	       !strstr(message, ".iam");
}

/* Google's words for things that were made moments ago and are not known everywhere (reference/gcp-api.md 1.4, 3). What is not known must be
 * something that was made: the words, or the URL that was asked, name it. */
static bool words_of_lag(const struct step *s, int http, const char *message)
{
	bool named = fresh(s, message ? message : "") || (s->changing.url && fresh(s, s->changing.url));
	if (says(message, "invalid authentication credentials")) /* a service agent that is being made */
		return http != 401 || fresh(s, NULL);
	if (says(message, "Precondition check failed"))
		return fresh(s, NULL);
	if (http == 404)
		return named;
	if (http == 403 && says(message, "Service Agent") && says(message, "must have permission"))
		return came_lately(s); /* an agent that is there and has not got its role */
	if (http == 403)
		return named && says(message, "may not exist");
	if (http != 400 && http != 412)
		return false;
	if (names_person(message))
		return false;
	if (says_no_account(message))
		return account_is_young(s, message);
	return named && (says(message, "does not exist") || says(message, "not found") || says(message, "not ready") ||
			 says(message, "representation of deleted member")); /* one of this name was deleted before */
}

static void keep_words(char **to, const char *text)
{
	char *copy = text ? xstrdup(text) : NULL;
	free(*to);
	*to = copy;
}

/* A lag was met, first or again. */
static void goes_on(struct step *s)
{
	if (s->lag_since <= 0) /* what fails now would have failed all the while */
		s->lag_since = s->held_since > 0 ? s->held_since : step_now(s);
	s->lag_seen = step_now(s);
	s->after_lag = 0;
	run_wake(s->run);
}

bool step_lags(struct step *s, int http, const char *message)
{
	if (!words_of_lag(s, http, message))
		return false;
	goes_on(s);
	keep_words(&s->lag_words, message && fresh(s, message) ? message : NULL);
	/* A 403 may as well be a refusal, and what is made elsewhere may not exist: it is not asked for as long. */
	const struct kind *k = s->resource->kind;
	double budget = http == 403 ? FORBIDDEN_LAG_BUDGET : k->page && k->deadline > 0 ? k->deadline : LAG_BUDGET;
	return step_now(s) - s->lag_since < budget;
}

/* From here on it has a request of its own under way, and nobody calls it to look. */
static void look_again(struct step *s)
{
	s->lag_follows = false;
	step_read(s);
}

void step_lag_pause(struct step *s)
{
	double lasts = step_now(s) - s->lag_since;
	double hurried = fmin(pow(1.3, s->lags++), fmax(LAG_PAUSE_MOST, lasts * LAG_SHARE));
	s->lag_follows = step_lag_scout(s) != NULL;
	double follower = fmax(LAG_FOLLOWER_PAUSE, fmin(lasts, step_slack(s) / 2));
	step_pause(s, s->lag_follows ? follower : step_leisure(s, hurried), look_again);
}

/* While a lag lasts, what was done in vain is part of it. */
void step_worked(struct step *s, double seconds)
{
	if (seconds <= 0)
		return;
	if (s->lag_since > 0)
		s->after_lag += seconds;
	else
		s->work += seconds;
}

void step_lag_passed(struct step *s)
{
	for (size_t i = 0; s->lag_words && i < s->run->count; i++) {
		struct step *other = &s->run->steps[i];
		if (!other->lag_follows || strcmp(other->lag_words, s->lag_words))
			continue;
		step_pause(other, 0, look_again);
	}
	keep_words(&s->lag_words, NULL);
}

void step_lag_ends(struct step *s)
{
	if (s->lag_since > 0)
		s->work += s->lag_seen - s->lag_since + s->after_lag;
	s->lag_since = 0;
	s->lags = 0;
	step_lag_passed(s);
}

double step_since_grant(const struct step *s)
{
	double least = INFINITY;
	for (size_t i = 0; i < s->resource->need_count; i++) {
		const struct step *need = step_need(s, i);
		if (need->resource->kind->spreads)
			least = fmin(least, step_age(need));
	}
	return least;
}

/* What gave a permission to what this step needs: a grant, or the enabling of an API, whose agents get theirs with it. */
static double age_of_grant(const struct step *need)
{
	const struct kind *k = need->resource->kind;
	return k->grants || k->enables ? step_age(need) : INFINITY;
}

const struct step *step_youngest_grant(const struct step *s)
{
	bool *behind = plan_behind(s->run->plan, s->index);
	const struct step *youngest = NULL;
	double least = SPREADS_WITHIN;
	for (size_t i = 0; i < s->index; i++) {
		const struct step *need = &s->run->steps[i];
		if (behind[i] && age_of_grant(need) < least) {
			youngest = need;
			least = age_of_grant(need);
		}
	}
	free(behind);
	return youngest;
}

double step_spreads_on(const struct step *s)
{
	const struct step *grant = step_youngest_grant(s);
	return grant ? SPREADS_WITHIN - age_of_grant(grant) : 0;
}

bool step_permission_spreads(struct step *s)
{
	if (!step_youngest_grant(s))
		return false;
	goes_on(s);
	return true;
}
