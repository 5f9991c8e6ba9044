# Logs, metrics and what is known of images; and their tests.
sim_libsim_a_SOURCES += \
	sim/api/containeranalysis.c \
	sim/api/filter.c sim/api/filter.h \
	sim/api/logging_config.c \
	sim/api/monitoring.c \
	sim/api/monitoring_dashboards.c

check_PROGRAMS += tests/sim/observing
TESTS += tests/sim/observing
tests_sim_observing_SOURCES = tests/sim/observing.c tests/sim/cloud.h tests/tap.h
tests_sim_observing_LDADD = $(LIB_SIM)

check_PROGRAMS += tests/sim/public_images
TESTS += tests/sim/public_images
tests_sim_public_images_SOURCES = tests/sim/public_images.c tests/sim/cloud.h tests/tap.h
tests_sim_public_images_LDADD = $(LIB_SIM)
