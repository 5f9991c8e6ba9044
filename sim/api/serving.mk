# The simulated APIs of this family and their tests.
sim_libsim_a_SOURCES += \
	sim/api/appengine.c sim/api/appengine.h sim/api/appengine_firewall.c sim/api/appengine_machines.c sim/api/appengine_rules.c sim/api/appengine_versions.c \
	sim/api/artifactregistry.c sim/api/artifactregistry.h \
	sim/api/artifactregistry_files.c \
	sim/api/artifactregistry_images.c \
	sim/api/cloudbuild.c sim/api/cloudbuild.h \
	sim/api/cloudbuild_docker.c \
	sim/api/cloudbuild_life.c \
	sim/api/cloudbuild_request.c \
	sim/api/cloudbuild_triggers.c \
	sim/api/cloudbuild_work.c \
	sim/api/cloudscheduler.c \
	sim/api/cron.c \
	sim/api/cron.h \
	sim/api/docker_registry.c \
	sim/api/logging.c \
	sim/api/mlflow_releases.c sim/api/mlflow_releases.h \
	sim/api/pubsub.c sim/api/pubsub.h sim/api/pubsub_messages.c \
	sim/api/run.c sim/api/run.h \
	sim/api/run_check.c \
	sim/api/run_defaults.c \
	sim/api/run_common.c \
	sim/api/run_builds.c \
	sim/api/run_domains.c \
	sim/api/run_executions.c \
	sim/api/run_jobs.c \
	sim/api/run_knative.c \
	sim/api/run_revisions.c \
	sim/api/run_rollout.c \
	sim/api/run_services.c \
	sim/api/run_translate.c sim/api/run_translate.h \
	sim/api/run_translate_spec.c \
	sim/api/serving.c sim/api/serving.h \
	sim/front/backends.c sim/front/backends.h \
	sim/front/balancer.c sim/front/balancer.h \
	sim/front/container.c sim/front/container.h \
	sim/front/front.c sim/front/front.h \
	sim/front/gate.c sim/front/gate.h \
	sim/front/gate_provider.c sim/front/gate_provider.h \
	sim/front/github.c \
	sim/front/openid.c sim/front/openid.h \
	sim/front/http.c sim/front/http.h \
	sim/front/iap.c \
	sim/front/judge.c sim/front/judge.h \
	sim/front/machine.c sim/front/machine.h \
	sim/front/machine_docker.c \
	sim/front/machine_follow.c \
	sim/front/machine_inside.h \
	sim/front/machine_metadata.c \
	sim/front/machine_shell.c \
	sim/front/machine_units.c \
	sim/front/mlflow_api.c \
	sim/front/mlflow_artifacts.c \
	sim/front/mlflow_data.h \
	sim/front/mlflow_gc.c \
	sim/front/mlflow_http.c sim/front/mlflow_http.h \
	sim/front/mlflow_database.c \
	sim/front/mlflow_server.c sim/front/mlflow_server.h \
	sim/front/script.c sim/front/script.h \
	sim/front/oauth2_proxy.c sim/front/oauth2_proxy.h \
	sim/front/oauth2_proxy_check.c \
	sim/front/pod.c sim/front/pod.h \
	sim/front/pod_template.c \
	sim/front/shell.c sim/front/shell.h \
	sim/front/postgres.c sim/front/postgres.h \
	sim/front/start.c sim/front/start.h \
	sim/front/toml.c sim/front/toml.h \
	sim/front/requests.c sim/front/requests.h \
	sim/front/walls.c sim/front/walls.h \
	sim/front/volume.c sim/front/volume.h \
	sim/front/workload.c sim/front/workload.h \
	sim/front/workloads.c sim/front/workloads.h

check_PROGRAMS += tests/sim/serving_run
TESTS += tests/sim/serving_run
tests_sim_serving_run_SOURCES = tests/sim/serving_run.c tests/sim/serving.h tests/tap.h
tests_sim_serving_run_LDADD = $(LIB_SIM)

check_PROGRAMS += tests/sim/run_builds
TESTS += tests/sim/run_builds
tests_sim_run_builds_SOURCES = tests/sim/run_builds.c tests/sim/cloud.h tests/tap.h
tests_sim_run_builds_LDADD = $(LIB_SIM) -lm
check_PROGRAMS += tests/sim/run_domains
TESTS += tests/sim/run_domains
tests_sim_run_domains_SOURCES = tests/sim/run_domains.c tests/sim/serving.h tests/tap.h
tests_sim_run_domains_LDADD = $(LIB_SIM)

check_PROGRAMS += tests/sim/serving_stack
TESTS += tests/sim/serving_stack
tests_sim_serving_stack_SOURCES = tests/sim/serving_stack.c tests/sim/serving.h tests/sim/stack.h tests/tap.h
tests_sim_serving_stack_LDADD = $(LIB_SIM)
REAL_TESTS += tests/gcloud/appengine.sh tests/gcloud/appengine_files.py tests/gcloud/serving.sh

check_PROGRAMS += tests/sim/serving_walls
TESTS += tests/sim/serving_walls
tests_sim_serving_walls_SOURCES = tests/sim/serving_walls.c tests/sim/serving.h tests/sim/stack.h tests/tap.h
tests_sim_serving_walls_LDADD = $(LIB_SIM)

# The simulated oauth2-proxy beside the real one.
check_PROGRAMS += tests/sim/gate_verdict
tests_sim_gate_verdict_SOURCES = tests/sim/gate_verdict.c
tests_sim_gate_verdict_LDADD = $(LIB_SIM)
REAL_TESTS += tests/real/gate.py

check_PROGRAMS += tests/sim/front_machines
TESTS += tests/sim/front_machines
tests_sim_front_machines_SOURCES = tests/sim/front_machines.c tests/sim/serving.h tests/sim/stack.h tests/tap.h
tests_sim_front_machines_LDADD = $(LIB_SIM)

check_PROGRAMS += tests/sim/front_pods
TESTS += tests/sim/front_pods
tests_sim_front_pods_SOURCES = tests/sim/front_pods.c tests/sim/serving.h tests/sim/stack.h tests/tap.h
tests_sim_front_pods_LDADD = $(LIB_SIM)

check_PROGRAMS += tests/sim/front_iap
TESTS += tests/sim/front_iap
tests_sim_front_iap_SOURCES = tests/sim/front_iap.c tests/sim/serving.h tests/sim/stack.h tests/tap.h
tests_sim_front_iap_LDADD = $(LIB_SIM) $(SSL_LIBS)

check_PROGRAMS += tests/sim/bites
TESTS += tests/sim/bites
tests_sim_bites_SOURCES = tests/sim/bites.c tests/sim/cloud.h tests/tap.h
tests_sim_bites_LDADD = $(LIB_SIM) -lm

check_PROGRAMS += tests/sim/refusals
TESTS += tests/sim/refusals
tests_sim_refusals_SOURCES = tests/sim/refusals.c tests/sim/cloud.h tests/tap.h
tests_sim_refusals_LDADD = $(LIB_SIM) -lm

check_PROGRAMS += tests/sim/builds
TESTS += tests/sim/builds
tests_sim_builds_SOURCES = tests/sim/builds.c tests/sim/cloud.h tests/tap.h
tests_sim_builds_LDADD = $(LIB_SIM)
