/* For tests that call the inside of the simulated cloud, from outside of any request: their passing texts live as long as the test. */
#ifndef MS_TESTS_SIM_PASSING_H
#define MS_TESTS_SIM_PASSING_H

#include "sim/core/core.h"

static struct scratch passing;

__attribute__((constructor)) static void passing_begin(void)
{
	scratch_begin(&passing);
}

__attribute__((destructor)) static void passing_end(void)
{
	scratch_end(&passing);
}

#endif
