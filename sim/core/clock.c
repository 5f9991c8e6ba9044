/* Time and chance: the virtual clock, timers, seeded draws, ids and time texts. */
#include "config.h"
#include "sim/core/inside.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct timer {
	double due;
	uint64_t order;
	void (*fn)(struct sim *s, const cJSON *arg);
	cJSON *arg;
};

static uint64_t splitmix(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void clock_init(struct sim *s, const struct sim_options *o)
{
	uint64_t seed = o && o->seed ? o->seed : 1;
	for (int i = 0; i < 4; i++)
		s->random[i] = splitmix(&seed);
	s->start = o && o->start > 0 ? o->start : 1767258000; /* 2026-01-01T09:00:00Z */
	s->pessimistic = o && o->pessimistic;
	s->serial = 1000000000000000000 + (long long)(sim_random(s) % 8000000000000000000u);
}

void clock_free(struct sim *s)
{
	for (size_t i = 0; i < s->timer_count; i++)
		cJSON_Delete(s->timers[i].arg);
	free(s->timers);
}

static bool sooner(const struct timer *a, const struct timer *b)
{
	return a->due < b->due || (a->due == b->due && a->order < b->order);
}

static void swap(struct timer *a, struct timer *b)
{
	struct timer t = *a;
	*a = *b;
	*b = t;
}

static void sift_down(struct timer *heap, size_t count)
{
	for (size_t i = 0;;) {
		size_t least = i, left = 2 * i + 1;
		for (size_t k = left; k < left + 2 && k < count; k++)
			if (sooner(&heap[k], &heap[least]))
				least = k;
		if (least == i)
			return;
		swap(&heap[i], &heap[least]);
		i = least;
	}
}

void sim_after(struct sim *s, double seconds, void (*fn)(struct sim *s, const cJSON *arg), cJSON *arg)
{
	if (!isfinite(seconds)) { /* a fault rule said: never */
		cJSON_Delete(arg);
		return;
	}
	s->timers = xgrow(s->timers, s->timer_count, &s->timer_room, sizeof *s->timers);
	size_t i = s->timer_count++;
	s->timers[i] = (struct timer){s->now + (seconds > 0 ? seconds : 0), s->timer_order++, fn, arg};
	for (; i && sooner(&s->timers[i], &s->timers[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&s->timers[i], &s->timers[(i - 1) / 2]);
}

static int by_time(const void *a, const void *b)
{
	return sooner(a, b) ? -1 : 1;
}

cJSON *clock_cancel(struct sim *s, const char *operation)
{
	cJSON *args = cJSON_CreateArray();
	size_t kept = 0;
	for (size_t i = 0; i < s->timer_count; i++) {
		const char *op = json_str(s->timers[i].arg, "op", json_str(s->timers[i].arg, "operation", ""));
		if (text_ends(op, operation))
			cJSON_AddItemToArray(args, s->timers[i].arg);
		else
			s->timers[kept++] = s->timers[i];
	}
	s->timer_count = kept;
	qsort(s->timers, kept, sizeof *s->timers, by_time); /* what is in order is a heap */
	return args;
}

void sim_advance(struct sim *s, double now)
{
	while (s->timer_count && s->timers[0].due <= now) {
		struct timer t = s->timers[0];
		s->timers[0] = s->timers[--s->timer_count];
		sift_down(s->timers, s->timer_count);
		if (t.due > s->now)
			s->now = t.due;
		struct scratch own;
		scratch_begin(&own);
		t.fn(s, t.arg);
		scratch_end(&own);
		cJSON_Delete(t.arg);
	}
	if (now > s->now)
		s->now = now;
}

double sim_next(const struct sim *s)
{
	return s->timer_count ? s->timers[0].due : INFINITY;
}

double sim_now(const struct sim *s)
{
	return s->now;
}

double sim_wall(const struct sim *s)
{
	return s->start + s->now;
}

static uint64_t rotate(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

uint64_t sim_random(struct sim *s) /* xoshiro256** */
{
	uint64_t *r = s->random, result = rotate(r[1] * 5, 7) * 9, t = r[1] << 17;
	r[2] ^= r[0];
	r[3] ^= r[1];
	r[1] ^= r[2];
	r[0] ^= r[3];
	r[2] ^= t;
	r[3] = rotate(r[3], 45);
	return result;
}

static double uniform(struct sim *s)
{
	return ((double)(sim_random(s) >> 11) + 0.5) * 0x1p-53;
}

/* The end of what is drawn: of a grant, some 13 minutes. Nobody reports longer ones; what is to take longer is a fault. */
#define LONGEST 2.5

static double draw(struct sim *s, const struct duration *d)
{
	double second = uniform(s), radius = sqrt(-2 * log(uniform(s)));
	double normal = fmin(radius * cos(6.283185307179586 * uniform(s)), LONGEST);
	double median = d->other > 0 && second < d->share ? d->other : d->median;
	if (median <= 0)
		return 0;
	/* With two humps the spread of each is small: p95 is that of the slower one. */
	double slow = d->other > d->median ? d->other : d->median;
	double sigma = d->p95 > slow ? log(d->p95 / slow) / 1.645 : 0;
	return s->pessimistic ? d->p95 * exp(0.1 * normal) : median * exp(sigma * normal);
}

double sim_draw(struct sim *s, const char *key)
{
	const struct duration *d = duration_find(key);
	if (!d) {
		fprintf(stderr, "sim_draw: durations.c has no row for %s\n", key);
		abort();
	}
	return faults_duration(s, key, draw(s, d));
}

double clock_draw_latency(struct sim *s, const char *key, const char *service, const char *method)
{
	char name[80];
	const struct duration *d = key ? duration_find(key) : NULL;
	if (!d && service) {
		snprintf(name, sizeof name, "latency.%.*s.%s", (int)strcspn(service, "."), service, method);
		d = duration_find(name);
	}
	if (!d) {
		snprintf(name, sizeof name, "latency.%s", method);
		d = duration_find(name);
	}
	return d ? draw(s, d) : 0.1;
}

/* "2026-01-01T01:00:00.123-08:00" */
static char *sim_time_compute(const struct sim *s)
{
	char text[40];
	text_rfc3339(sim_wall(s) - 8 * 3600, 3, text);
	return xasprintf("%.*s-08:00", (int)strlen(text) - 1, text);
}

const char *sim_stamp(const struct sim *s, int decimals)
{
	return sim_keep(sim_time(s, decimals));
}

const char *sim_stamp_compute(const struct sim *s)
{
	return sim_keep(sim_time_compute(s));
}

char *sim_time(const struct sim *s, int decimals)
{
	char text[40];
	return xstrdup(text_rfc3339(sim_wall(s), decimals, text));
}

char *sim_hex(struct sim *s, int digits)
{
	char *out = xmalloc((size_t)digits + 1);
	for (int i = 0; i < digits; i++)
		out[i] = "0123456789abcdef"[sim_random(s) >> 60];
	out[digits] = '\0';
	return out;
}

void sim_uuid(struct sim *s, char into[static 37])
{
	uint64_t a = sim_random(s), b = sim_random(s);
	snprintf(into, 37, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff),
		 (unsigned)(a & 0xfff), (unsigned)(0x8000 | (b >> 48 & 0x3fff)), (unsigned long long)(b & 0xffffffffffff));
}

long long sim_serial(struct sim *s)
{
	return s->serial += 1 + (long long)(sim_random(s) % 1000);
}
