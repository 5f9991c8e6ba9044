/* One thread, one loop: timers, file descriptors and requests wait together. Time is cloud time: real, virtual (jumps from
 * event to event) or paced (virtual, slowed down to be watched: it passes while the loop waits, never while it works). */
#ifndef MS_NET_LOOP_H
#define MS_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct loop;

enum loop_mode { LOOP_REAL, LOOP_VIRTUAL, LOOP_PACED };

/* speed is for LOOP_PACED: seconds of cloud time a second. */
struct loop *loop_new(enum loop_mode mode, double speed);
void loop_free(struct loop *l);

/* Seconds since the loop was made, never going back. */
double loop_now(const struct loop *l);
/* Seconds since 1970 for timestamps and token expiry; in virtual time a fixed start plus loop_now. */
double loop_wall(const struct loop *l);
void loop_set_speed(struct loop *l, double speed);
/* LOOP_REAL before a simulated cloud, which is so many times as fast as Google's: pauses in which nothing is under way pass so much sooner, and what is under
 * way takes its own time. */
void loop_hasten(struct loop *l, double times);
/* Seconds of this machine's own time since the loop was made: for what no cloud hastens, such as a program that was started. */
double loop_machine_time(const struct loop *l);

/* Calls fn(arg) once, after that many seconds. The id (never 0) cancels it; cancelling a fired or unknown id does nothing. */
typedef uint64_t loop_id;
loop_id loop_after(struct loop *l, double seconds, void (*fn)(void *arg), void *arg);
void loop_cancel(struct loop *l, loop_id id);

/* Something else that waits on sockets (libcurl multi): asked for its poll descriptors and deadline each turn. */
struct loop_source {
	/* Blocks at most timeout_ms, on its own descriptors and on extra_fd (-1 for none), then runs its callbacks. Returns true when
	 * extra_fd is readable. */
	bool (*wait)(void *self, int timeout_ms, int extra_fd);
	/* Requests under way. */
	int (*busy)(const void *self);
	void *self;
};
void loop_set_source(struct loop *l, struct loop_source source);

/* One turn: waits until a timer is due, a request moved, extra_fd (the keyboard; -1 for none) is readable, or max_seconds of real time
 * passed; runs what is due. Returns true when extra_fd is readable. In LOOP_VIRTUAL it never sleeps while anything is scheduled. */
bool loop_turn(struct loop *l, double max_seconds, int extra_fd);
/* Nothing is scheduled and no request under way. */
bool loop_idle(const struct loop *l);

#endif
