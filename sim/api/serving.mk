# The simulated APIs of this family and their tests.
sim_libsim_a_SOURCES += \
	sim/api/artifactregistry.c sim/api/artifactregistry.h \
	sim/api/artifactregistry_images.c \
	sim/api/cloudbuild.c sim/api/cloudbuild.h \
	sim/api/cloudbuild_docker.c \
	sim/api/cloudbuild_work.c \
	sim/api/serving.c sim/api/serving.h
