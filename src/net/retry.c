/* Retries by class. Each row of the tables is a condition seen in production and documented in reference/gcp-api.md 1.4. */
#include "config.h"
#include "net/retry.h"

#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

double retry_backoff(int tries, double base, double cap, double chance)
{
	double delay = base * pow(2, tries > 1 ? fmin(tries - 1, 20) : 0);
	return fmin(delay, cap) * (0.75 + 0.5 * chance);
}

double retry_after_seconds(const char *value, double wall)
{
	if (!value)
		return -1;
	while (*value == ' ')
		value++;
	double seconds;
	if (isdigit((unsigned char)*value)) {
		char *end;
		seconds = strtod(value, &end);
		if (*end && *end != ' ')
			return -1;
	} else {
		double when = text_http_date(value);
		if (when < 0)
			return -1;
		seconds = fmax(when - wall, 0);
	}
	return fmin(seconds, RETRY_AFTER_CAP);
}

static bool has(const char *text, const char *part)
{
	return text && strcasestr(text, part) != NULL;
}

static bool is(const char *text, const char *wanted)
{
	return text && !strcmp(text, wanted);
}

/* The service is off in our own project, as opposed to: the caller's own client project was charged (reference/gcp-api.md 1.2). */
static bool service_off(const struct api_error *e)
{
	return (is(e->reason, "SERVICE_DISABLED") || is(e->reason, "accessNotConfigured")) &&
	       !is(e->consumer, "projects/764086051850");
}

/* Failures that pass by themselves, whatever the method. http 0 matches any. */
static const struct passing {
	int http;
	const char *reason, *message; /* either may be NULL */
	double base, cap;
	const char *why;
} passing[] = {
    {429, NULL, NULL, 1, 30, "rate limit"},
    {403, NULL, "Quota exceeded for quota metric", 15, 60, "rate limit"},
    {403, "rateLimitExceeded", NULL, 1, 30, "rate limit"},
    {403, "userRateLimitExceeded", NULL, 1, 30, "rate limit"},
    {403, "RATE_LIMIT_EXCEEDED", NULL, 5, 60, "rate limit"},
    {403, "CONCURRENT_OPERATIONS_QUOTA_EXCEEDED", NULL, 3, 30, "too many operations at once"},
    {409, "operationInProgress", NULL, 1, 5, "another operation is under way"},
    {409, NULL, "operationInProgress", 1, 5, "another operation is under way"},
    {409, NULL, "operation is already in progress", 1, 5, "another operation is under way"},
    {400, "resourceNotReady", NULL, 1, 5, "a resource is not ready yet"},
    {400, NULL, "peering operation in progress", 2, 10, "a peering operation is under way"},
    {400, NULL, "Another activation or deactivation is in progress", 2, 10, "another activation is under way"},
    {404, NULL, "unable to retrieve p4sa", 2, 10, "a service agent is being made"},
};

static const struct passing *passing_row(const struct api_error *e)
{
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
		const struct passing *p = &passing[i];
		if (p->http == e->http && (!p->reason || is(e->reason, p->reason)) &&
		    (!p->message || has(e->message, p->message)))
			return p;
	}
	return NULL;
}

static struct retry later(const struct retry_facts *f, double base, double cap, const char *why)
{
	double delay = retry_backoff(f->tries, base, cap, f->chance), told = retry_after_seconds(f->retry_after, f->wall);
	if (f->error && f->error->retry_after >= 0)
		told = fmax(told, fmin(f->error->retry_after, RETRY_AFTER_CAP));
	if (told >= 0)
		delay = fmax(told, 0.25) + (told > 0 ? f->chance : 0.25 * f->chance);
	return (struct retry){RETRY_LATER, delay, why, false};
}

static struct retry never(const char *why)
{
	return (struct retry){RETRY_NEVER, 0, why, false};
}

/* No status: nothing was sent, or nobody knows what became of it. */
static struct retry decide_failure(const struct retry_facts *f)
{
	switch (f->failure) {
	case HTTP_UNREACHABLE:
		return later(f, 0.5, 15, "no connection");
	case HTTP_BROKEN:
	case HTTP_TIMEOUT:
		if (f->look_first)
			return (struct retry){RETRY_UNKNOWN, 0, "no whole reply", false};
		return later(f, 0.5, 15, "no whole reply");
	case HTTP_TLS:
		return never("TLS failed");
	case HTTP_REFUSED:
		return never("it cannot be sent");
	case HTTP_TOO_LARGE:
		return never("the reply is too large");
	case HTTP_CANCELLED:
	case HTTP_OK:
		break;
	}
	return never("given up");
}

static struct retry coming_up(const struct retry_facts *f)
{
	struct retry r = later(f, 1, 3, "the service was enabled just now");
	r.coming_up = true;
	return r;
}

static struct retry decide_forbidden(const struct retry_facts *f)
{
	const struct api_error *e = f->error;
	if (f->quota_project && (is(e->reason, "USER_PROJECT_DENIED") || has(e->message, "serviceusage.services.use")))
		return (struct retry){RETRY_PLAIN, 0, "the quota project is denied", false};
	/* The two that enable the others may be off in the project that is charged, and on where the caller's client lives. */
	if (f->quota_project && service_off(e) &&
	    (is(e->service, "serviceusage.googleapis.com") || is(e->service, "cloudresourcemanager.googleapis.com")))
		return (struct retry){RETRY_PLAIN, 0, "the service is off in the quota project", false};
	if (service_off(e) && f->just_enabled)
		return coming_up(f);
	/* "It might take a few minutes to propagate", in many wordings; a service that is off says so too, and stays off. */
	if (!service_off(e) && has(e->message, "propagat") && has(e->message, "minute"))
		return later(f, 5, 30, "a permission spreads");
	const struct passing *p = passing_row(e);
	return p ? later(f, p->base, p->cap, p->why) : never("refused");
}

struct retry retry_decide(const struct retry_facts *f)
{
	if (f->failure != HTTP_OK)
		return decide_failure(f);
	const struct api_error *e = f->error;
	if (!e)
		return never("answered");
	if (e->http == 401)
		return f->signed_in_again ? never("not signed in")
					  : (struct retry){RETRY_SIGN_IN, 0, "the token was refused", false};
	if (e->http == 403)
		return decide_forbidden(f);
	if (e->http >= 500) {
		if (e->http == 501 || e->http == 505)
			return never("not supported");
		if (f->look_first)
			return (struct retry){RETRY_UNKNOWN, 0, "the server failed", false};
		return later(f, 1, 20, "the server failed");
	}
	if (e->http == 408)
		return f->look_first ? (struct retry){RETRY_UNKNOWN, 0, "timed out", false} : later(f, 0.5, 15, "timed out");
	if (e->http == 429 && has(e->message, "Maximum number of")) /* how many there may be, not how often one may ask */
		return never("a limit");
	const struct passing *p = passing_row(e);
	return p ? later(f, p->base, p->cap, p->why) : never("refused");
}
