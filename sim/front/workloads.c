/* The workloads, as hooks for the APIs. */
#include "config.h"
#include "sim/front/workloads.h"

#include "sim/front/backends.h"
#include "sim/front/judge.h"
#include "sim/front/machine.h"
#include "sim/front/pod.h"

const struct sim_workloads sim_front_workloads = {
    .judge = judge,
    .machine_booted = machine_booted,
    .machine_asked = machine_asked,
    .pod_tried = pod_tried,
    .pod_asked = pod_asked,
    .healthy = backend_healthy,
};
