#include "config.h"
#include "base/mem.h"
#include "net/loop.h"
#include "tests/tap.h"

#include <unistd.h>

static char order[64];

static void note(void *arg)
{
	strcat(order, arg);
}

static struct loop *the_loop;

static void again(void *arg)
{
	(void)arg;
	strcat(order, "+");
	if (strlen(order) < 4)
		loop_after(the_loop, 0, again, NULL);
}

static void virtual_time(void)
{
	struct loop *l = loop_new(LOOP_VIRTUAL, 1);
	order[0] = '\0';
	loop_after(l, 100, note, (char[]){"d"});
	loop_after(l, 5, note, (char[]){"a"});
	loop_id dropped = loop_after(l, 6, note, (char[]){"x"});
	loop_after(l, 7, note, (char[]){"b"});
	loop_after(l, 7, note, (char[]){"c"});
	loop_cancel(l, dropped);
	loop_cancel(l, 12345);
	double wall = loop_wall(l);
	int turns = 0;
	while (!loop_idle(l) && turns++ < 20)
		loop_turn(l, 1, -1);
	is_str(order, "abcd", "timers run in the order of time, then of asking");
	is_int(turns, 3, "one turn jumps to the next event");
	ok(loop_now(l) == 100 && loop_wall(l) == wall + 100, "time is where the last event was");
	loop_free(l);
}

static void fairness(void)
{
	the_loop = loop_new(LOOP_VIRTUAL, 1);
	order[0] = '\0';
	loop_after(the_loop, 0, again, NULL);
	loop_turn(the_loop, 0, -1);
	is_str(order, "+", "a timer that asks again for now waits for the next turn");
	loop_turn(the_loop, 0, -1);
	is_str(order, "++", "and runs then");
	loop_free(the_loop);
}

static void real_time(void)
{
	struct loop *l = loop_new(LOOP_REAL, 1);
	int fds[2];
	order[0] = '\0';
	loop_after(l, 0.02, note, (char[]){"t"});
	double start = loop_now(l);
	while (!loop_idle(l) && loop_now(l) < start + 5)
		loop_turn(l, 1, -1);
	is_str(order, "t", "a real timer fires");
	ok(loop_now(l) - start >= 0.02, "not early");
	ok(pipe(fds) == 0 && write(fds[1], "k", 1) == 1, "a key is pressed");
	ok(loop_turn(l, 1, fds[0]), "the turn tells of it");
	close(fds[0]);
	close(fds[1]);
	loop_free(l);
	l = loop_new(LOOP_PACED, 100);
	order[0] = '\0';
	loop_after(l, 3, note, (char[]){"p"});
	while (!loop_idle(l) && loop_now(l) < 500)
		loop_turn(l, 1, -1);
	ok(!strcmp(order, "p") && loop_now(l) >= 3 && loop_now(l) < 60, "paced time is fast but not at once");
	loop_free(l);
}

/* Works for a while of real time before it asks again. */
static void toil(void *arg)
{
	struct loop *l = arg, *real = loop_new(LOOP_REAL, 1);
	while (loop_now(real) < 0.02)
		continue;
	loop_free(real);
	order[0]++;
	if (order[0] < 'c')
		loop_after(l, 1, toil, l);
}

static void paced_work(void)
{
	struct loop *l = loop_new(LOOP_PACED, 400);
	strcpy(order, "`");
	loop_after(l, 1, toil, l);
	while (!loop_idle(l) && loop_now(l) < 500)
		loop_turn(l, 1, -1);
	ok(order[0] == 'c' && loop_now(l) >= 3 && loop_now(l) < 3.001, "paced time does not count what this machine works");
	loop_free(l);
}

static int under_way;

static int is_under_way(const void *self)
{
	(void)self;
	return under_way;
}

/* Before a quick cloud pauses are short; what is under way has its own time, and so has this machine. */
static void hastened(void)
{
	struct loop *l = loop_new(LOOP_REAL, 1);
	loop_set_source(l, (struct loop_source){.busy = is_under_way});
	loop_hasten(l, 100);
	order[0] = '\0';
	loop_after(l, 10, note, (char[]){"h"});
	while (!loop_idle(l) && loop_machine_time(l) < 5)
		loop_turn(l, 1, -1);
	ok(!strcmp(order, "h") && loop_now(l) >= 10 && loop_machine_time(l) < 5, "a pause before a quick cloud is short");
	under_way = 1;
	double cloud = loop_now(l), machine = loop_machine_time(l);
	loop_after(l, 0.1, note, (char[]){"w"});
	while (!strchr(order, 'w') && loop_machine_time(l) < machine + 5)
		loop_turn(l, 1, -1);
	ok(loop_machine_time(l) - machine >= 0.1 && loop_now(l) - cloud < 5, "but not while something is under way");
	under_way = 0;
	loop_free(l);
}

int main(void)
{
	mem_install();
	virtual_time();
	fairness();
	real_time();
	paced_work();
	hastened();
	return tap_done();
}
