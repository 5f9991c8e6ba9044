noinst_LIBRARIES += sim/libsim.a
sim_libsim_a_SOURCES = \
	sim/core/core.h \
	sim/sim.h

include sim/api/identity.mk
include sim/api/network.mk
include sim/api/serving.mk
