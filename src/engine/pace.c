/* How soon what the cloud works on is looked at again: seldom while it can hardly be over, often while it may be. */
#include "config.h"
#include "engine/run_private.h"

#include <math.h>
#include <string.h>

#define REQUEST_WORTH 0.035 /* seconds of delay that are as dear as a request */
#define FIRST_LOOK 1.0      /* what is refused is often refused at once */
#define LEAST 0.4
#define MOST 30.0        /* the times that are known may be wrong */
#define UNKNOWN_MOST 4.0 /* where none is known */
#define UNKNOWN_SHARE 0.03
#define SLACK_SHARE 0.2 /* of what it may be late by, */
#define LAZIEST 10.0    /* for somebody watches */

/* How likely it is to end in the second that follows, having lasted so long: durations are spread log-normally about the usual one. */
static double hazard(const struct kind_time *t, double elapsed)
{
	double width = log(t->slow / t->usual) / 1.645, z = log(elapsed / t->usual) / width;
	double density = exp(-z * z / 2) / (elapsed * width * sqrt(2 * M_PI)), left = erfc(z / sqrt(2)) / 2;
	return left > 1e-6 ? density / left : 1 / elapsed; /* far beyond all experience */
}

/* The interval that costs least: looking every d seconds costs a request each, and d/2 seconds of delay when it ends. The hazard is taken where the interval
 * ends, so that no look is far off while the end comes near. */
static double between_looks(const struct kind_time *t, double elapsed)
{
	double d = LEAST;
	while (d < MOST && d * d * hazard(t, elapsed + d) < 2 * REQUEST_WORTH)
		d *= 1.1;
	return d;
}

/* The usual times are those of making it. */
static bool has_usual_time(const struct step *s, const struct kind_time *t)
{
	bool makes = s->intent == VERDICT_CREATE || s->resource->kind->enables;
	return makes && !s->back.begun && t->usual > 0 && t->slow > t->usual;
}

double step_leisure(const struct step *s, double seconds)
{
	bool known = s->run->mode->builds && !s->run->surveying;
	return known ? fmax(seconds, fmin(step_slack(s) * SLACK_SHARE, LAZIEST)) : seconds;
}

double step_interval(const struct step *s, double elapsed)
{
	struct kind_time t = kind_time(s->resource->kind, s->resource->spec);
	if (!has_usual_time(s, &t))
		return fmin(fmax(LEAST, elapsed * UNKNOWN_SHARE), UNKNOWN_MOST);
	double next = step_leisure(s, between_looks(&t, elapsed));
	return elapsed <= 0 ? fmin(next, FIRST_LOOK) : next;
}

const struct step *step_lag_scout(const struct step *s)
{
	const struct run *r = s->run;
	bool hurried = step_slack(s) <= 0;
	for (size_t i = 0; s->lag_words && !hurried && i < r->count; i++) {
		const struct step *other = &r->steps[i];
		if (other != s && other->lag_words && !other->lag_follows && !strcmp(other->lag_words, s->lag_words))
			return other;
	}
	return NULL;
}
