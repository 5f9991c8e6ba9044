/* What a caller may do with resources of Compute Engine that have no policy of their own: testIamPermissions asks the project's. */
#include "config.h"

#include "sim/api/compute.h"

#define TEST(r)                                                                                                                \
	{                                                                                                                      \
		"compute." r ".testIamPermissions", compute_test_permissions, NULL, NULL                                       \
	}

static const struct sim_route routes[] = {
    TEST("firewalls"),        TEST("healthChecks"),          TEST("regionHealthChecks"),
    TEST("instanceGroups"),   TEST("networkEndpointGroups"), TEST("urlMaps"),
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_permissions, routes, NULL);
