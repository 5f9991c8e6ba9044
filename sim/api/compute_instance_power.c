/* Virtual machines on and off: start, stop, reset, suspend, resume. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

static bool is_in(const struct sim_object *o, const char *status)
{
	return !strcmp(json_str(o->doc, "status", ""), status);
}

static void running(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = compute_op_object(s, arg);
	const char *code = NULL;
	char *why = o ? compute_instances_landed(s, o, &code) : NULL;
	if (why)
		json_put_str(o->doc, "status", "TERMINATED");
	compute_end(s, arg, code, why);
	free(why);
}

static void stopped(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = compute_op_object(s, arg);
	const char *now = sim_stamp_compute(s);
	if (o) {
		json_put_str(o->doc, "status", "TERMINATED");
		json_put_str(o->doc, "lastStopTimestamp", now);
	}
	compute_end(s, arg, NULL, NULL);
}

static void compute_instances_start(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	if (is_in(o, "RUNNING")) { /* it does not boot anew: there is nothing to do */
		compute_begin(c, o, "start", 0, true, NULL);
		return;
	}
	if (is_in(o, "SUSPENDED")) {
		compute_invalid(c, "instance", strrchr(o->key, '/') + 1,
				"Instance is suspended. Use resume to start it again.");
		return;
	}
	if (is_in(o, "TERMINATED"))
		json_put_str(o->doc, "status", "STAGING");
	compute_begin(c, o, "start", sim_draw(c->sim, "compute.instance.start"), false, running);
}

static void compute_instances_stop(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	if (is_in(o, "TERMINATED")) {
		compute_begin(c, o, "stop", 0, true, NULL);
		return;
	}
	json_put_str(o->doc, "status", "STOPPING");
	compute_begin(c, o, "stop", sim_draw(c->sim, "compute.instance.stop"), true, stopped);
}

static void compute_instances_reset(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	if (!is_in(o, "RUNNING"))
		sim_fail(c, "INVALID_ARGUMENT", "resourceNotReady", "The resource '%s' is not ready", o->key);
	else
		compute_begin(c, o, "reset", sim_draw(c->sim, "compute.instance.update"), false, running);
}

/* Suspended, what is in memory is kept: resumed, it goes on where it was. */
static void suspended(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = compute_op_object(s, arg);
	if (o) {
		json_put_str(o->doc, "status", "SUSPENDED");
		json_put_str(o->doc, "lastSuspendedTimestamp", sim_stamp_compute(s));
	}
	compute_end(s, arg, NULL, NULL);
}

static void compute_instances_suspend(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	if (is_in(o, "SUSPENDED")) {
		compute_begin(c, o, "suspend", 0, true, NULL);
	} else if (!is_in(o, "RUNNING")) {
		sim_fail(c, "INVALID_ARGUMENT", "resourceNotReady", "The resource '%s' is not ready", o->key);
	} else {
		json_put_str(o->doc, "status", "SUSPENDING");
		compute_begin(c, o, "suspend", sim_draw(c->sim, "compute.instance.suspend"), true, suspended);
	}
}

static void compute_instances_resume(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	if (is_in(o, "RUNNING")) {
		compute_begin(c, o, "resume", 0, true, NULL);
	} else if (!is_in(o, "SUSPENDED")) {
		compute_invalid(c, "instance", strrchr(o->key, '/') + 1, "Instance is not suspended, and cannot be resumed.");
	} else {
		json_put_str(o->doc, "status", "STAGING");
		compute_begin(c, o, "resume", sim_draw(c->sim, "compute.instance.start"), false, running);
	}
}

static const struct sim_route routes[] = {
    {"compute.instances.start", compute_instances_start, "compute.instances.start", NULL},
    {"compute.instances.stop", compute_instances_stop, "compute.instances.stop", NULL},
    {"compute.instances.reset", compute_instances_reset, "compute.instances.reset", NULL},
    {"compute.instances.suspend", compute_instances_suspend, "compute.instances.suspend", NULL},
    {"compute.instances.resume", compute_instances_resume, "compute.instances.resume", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_instance_power, routes, NULL);
