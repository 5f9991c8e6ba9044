/* The loop: a heap of timers ordered by (due, id), one source of sockets, the keyboard. Ids grow, so that timers due at the same moment run
 * in the order in which they were asked for: a run in virtual time is the same run each time. */
#include "config.h"
#include "net/loop.h"

#include "base/mem.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>

/* Virtual time starts at 2026-01-01T09:00:00Z, as the simulated cloud's does: a rehearsal prints the same times whenever it runs. */
#define VIRTUAL_START 1767258000.0

struct timer {
	double due;
	loop_id id;
	void (*fn)(void *arg);
	void *arg;
};

struct loop {
	enum loop_mode mode;
	double speed, haste;
	double origin;  /* real: the boot clock when the loop was made */
	double skipped; /* real, and hastened: cloud time that passed without being waited for */
	double now;     /* virtual and paced: cloud time reached */
	double credit;  /* paced: cloud time that was waited for and has not passed yet */
	loop_id last_id;
	struct timer *heap;
	size_t count, room;
	struct loop_source source;
};

/* Seconds that go on while the machine sleeps, so that a token does not outlive a suspend. */
static double boot_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_BOOTTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct loop *loop_new(enum loop_mode mode, double speed)
{
	struct loop *l = xcalloc(1, sizeof *l);
	l->mode = mode;
	l->speed = speed > 0 ? speed : 1;
	l->haste = 1;
	l->origin = boot_clock();
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	free(l->heap);
	free(l);
}

double loop_machine_time(const struct loop *l)
{
	return boot_clock() - l->origin;
}

double loop_now(const struct loop *l)
{
	return l->mode == LOOP_REAL ? loop_machine_time(l) + l->skipped : l->now;
}

double loop_wall(const struct loop *l)
{
	if (l->mode != LOOP_REAL)
		return VIRTUAL_START + loop_now(l);
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void loop_set_speed(struct loop *l, double speed)
{
	if (speed > 0)
		l->speed = speed;
}

void loop_hasten(struct loop *l, double times)
{
	if (times > 1)
		l->haste = times;
}

/* Heap --------------------------------------------------------------------------------------------------------------------- */

static bool before(const struct timer *a, const struct timer *b)
{
	return a->due < b->due || (a->due == b->due && a->id < b->id);
}

static void swap(struct timer *a, struct timer *b)
{
	struct timer t = *a;
	*a = *b;
	*b = t;
}

static void sift_up(struct loop *l, size_t i)
{
	while (i && before(&l->heap[i], &l->heap[(i - 1) / 2])) {
		swap(&l->heap[i], &l->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

static void sift_down(struct loop *l, size_t i)
{
	for (;;) {
		size_t least = i, left = 2 * i + 1;
		for (size_t child = left; child < left + 2 && child < l->count; child++)
			if (before(&l->heap[child], &l->heap[least]))
				least = child;
		if (least == i)
			return;
		swap(&l->heap[i], &l->heap[least]);
		i = least;
	}
}

static void heap_remove(struct loop *l, size_t i)
{
	l->heap[i] = l->heap[--l->count];
	if (i < l->count) {
		sift_down(l, i);
		sift_up(l, i);
	}
}

loop_id loop_after(struct loop *l, double seconds, void (*fn)(void *arg), void *arg)
{
	l->heap = xgrow(l->heap, l->count, &l->room, sizeof *l->heap);
	struct timer *t = &l->heap[l->count];
	*t = (struct timer){.due = loop_now(l) + (seconds > 0 ? seconds : 0), .id = ++l->last_id, .fn = fn, .arg = arg};
	sift_up(l, l->count++);
	return l->last_id;
}

void loop_cancel(struct loop *l, loop_id id)
{
	for (size_t i = 0; id && i < l->count; i++) {
		if (l->heap[i].id == id) {
			heap_remove(l, i);
			return;
		}
	}
}

void loop_set_source(struct loop *l, struct loop_source source)
{
	l->source = source;
}

static bool source_busy(const struct loop *l)
{
	return l->source.busy && l->source.busy(l->source.self) > 0;
}

/* Turns -------------------------------------------------------------------------------------------------------------------- */

/* How many seconds of cloud time are waited for in one: what is under way is never hastened. */
static double pace(const struct loop *l)
{
	if (l->mode == LOOP_PACED)
		return l->speed;
	return l->mode == LOOP_REAL && !source_busy(l) ? l->haste : 1;
}

/* Milliseconds of real time to wait: up to the next timer, at most max_seconds; rounded up so that the timer is due on waking. */
static int wait_ms(const struct loop *l, double max_seconds)
{
	double seconds = max_seconds > 0 ? max_seconds : 0;
	if (l->count && l->mode == LOOP_VIRTUAL)
		return 0;
	if (l->count) {
		double left = (l->heap[0].due - loop_now(l) - l->credit) / pace(l);
		seconds = fmin(seconds, fmax(left, 0));
	}
	return (int)ceil(fmin(seconds, 3600) * 1000);
}

static bool wait_for(struct loop *l, int ms, int extra_fd)
{
	if (l->source.wait)
		return l->source.wait(l->source.self, ms, extra_fd);
	struct pollfd p = {.fd = extra_fd, .events = POLLIN};
	return poll(&p, extra_fd >= 0 ? 1 : 0, ms) > 0;
}

/* Brings virtual time to the next timer; paced time only as far as was waited for. */
static void advance(struct loop *l)
{
	double ahead = l->count ? l->heap[0].due - l->now : INFINITY;
	if (l->mode == LOOP_PACED)
		ahead = fmin(ahead, l->credit);
	else if (l->mode == LOOP_REAL || !l->count || source_busy(l))
		return;
	l->now += fmax(ahead, 0);
	l->credit -= l->mode == LOOP_PACED ? fmax(ahead, 0) : 0;
}

/* Runs the timers that are due and were asked for before this turn: one that asks again for "now" waits for the next turn. */
static void run_due(struct loop *l)
{
	loop_id newest = l->last_id;
	advance(l);
	double now = loop_now(l);
	while (l->count && l->heap[0].due <= now && l->heap[0].id <= newest) {
		struct timer t = l->heap[0];
		heap_remove(l, 0);
		t.fn(t.arg);
	}
}

/* Paced time passes while the loop waits, never while it works: what this machine needs for its own work is not multiplied by the speed, and each
 * timer runs at its own time, however late it is woken. */
bool loop_turn(struct loop *l, double max_seconds, int extra_fd)
{
	int ms = wait_ms(l, max_seconds);
	double before = boot_clock(), times = pace(l);
	bool key = wait_for(l, ms, extra_fd);
	double waited = fmin(boot_clock() - before, ms / 1000.0);
	if (l->mode == LOOP_PACED)
		l->credit += waited * times;
	else
		l->skipped += waited * (times - 1);
	run_due(l);
	return key;
}

bool loop_idle(const struct loop *l)
{
	return !l->count && !source_busy(l);
}
