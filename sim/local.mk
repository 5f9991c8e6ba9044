noinst_LIBRARIES += sim/libsim.a
sim_libsim_a_SOURCES = \
	sim/apis.c sim/apis.h \
	sim/sim.c \
	sim/api/resource.c sim/api/resource.h \
	sim/api/resource_changes.c \
	sim/api/regions.c \
	sim/api/shared.h \
	sim/api/workloads.h \
	sim/api/metadata.c \
	sim/api/oauth.c sim/api/oauth.h \
	sim/api/signin.c \
	sim/api/sts.c sim/api/sts.h \
	sim/core/ca.c sim/core/ca.h \
	sim/core/check.c sim/core/check.h \
	sim/core/check_values.c \
	sim/core/clock.c \
	sim/core/contract.c sim/core/contract.h \
	sim/core/core.h \
	sim/core/durations.c \
	sim/core/exchange_log.c \
	sim/core/faults.c \
	sim/core/fields.c \
	sim/core/guard.c \
	sim/core/handle.c \
	sim/core/inside.h \
	sim/core/jwt.h \
	sim/core/list.c \
	sim/core/oidc.c \
	sim/core/reply.c \
	sim/core/routes.c \
	sim/core/scratch.c \
	sim/core/core.c \
	sim/core/store.c \
	sim/core/table.c sim/core/table.h \
	sim/core/token.c \
	sim/sim.h

# The contract's tables stand in the program as they are (sim/core/contract.c).
CONTRACT_TABLES = \
	sim/contract/appengine.v1.tbl sim/contract/artifactregistry.v1.tbl sim/contract/certificatemanager.v1.tbl \
	sim/contract/cloudbilling.v1.tbl sim/contract/cloudbuild.v1.tbl sim/contract/cloudresourcemanager.v1.tbl \
	sim/contract/cloudresourcemanager.v3.tbl sim/contract/compute.v1.tbl sim/contract/container.v1.tbl sim/contract/containeranalysis.v1.tbl sim/contract/dns.v1.tbl \
	sim/contract/iam.v1.tbl sim/contract/iamcredentials.v1.tbl sim/contract/iap.v1.tbl sim/contract/logging.v2.tbl \
	sim/contract/cloudkms.v1.tbl sim/contract/monitoring.v1.tbl sim/contract/monitoring.v3.tbl sim/contract/oauth2.v2.tbl sim/contract/orgpolicy.v2.tbl sim/contract/pubsub.v1.tbl sim/contract/run.v1.tbl \
	sim/contract/run.v2.tbl sim/contract/secretmanager.v1.tbl sim/contract/servicenetworking.v1.tbl sim/contract/serviceusage.v1.tbl \
	sim/contract/cloudscheduler.v1.tbl sim/contract/sqladmin.v1.tbl sim/contract/sqladmin.v1beta4.tbl sim/contract/storage.v1.tbl \
	sim/contract/sts.v1.tbl sim/contract/vpcaccess.v1.tbl
EXTRA_DIST += sim/contract/mlflow.tbl dev/distill-mlflow
KUBERNETES_TABLES = sim/contract/gke.tbl sim/contract/kubernetes.tbl
# Google's facts that no discovery document has (sim/core/table.h).
EXTRA_DIST += sim/tables/constraints.tbl sim/tables/container_defaults.tbl sim/tables/container_pool_updates.tbl sim/tables/container_updates.tbl \
	sim/tables/disk_types.tbl sim/tables/durations.tbl sim/tables/enum_types.tbl sim/tables/images.tbl sim/tables/kubernetes_columns.tbl sim/tables/kubernetes_defaults.tbl \
	sim/tables/kubernetes_seeds.tbl sim/tables/machine_series.tbl sim/tables/machines.tbl sim/tables/mlflow_flags.tbl sim/tables/oauth2_proxy_options.tbl sim/tables/quotas.tbl \
	sim/tables/regions.tbl sim/tables/role_names.tbl sim/tables/roles.tbl sim/tables/services.tbl sim/tables/skus.tbl sim/tables/sql_flags.tbl \
	sim/tables/tiers.tbl
sim/api/compute_disks.$(OBJEXT): sim/tables/disk_types.tbl
sim/api/compute_images.$(OBJEXT): sim/tables/images.tbl
sim/api/container_defaults.$(OBJEXT): sim/tables/container_defaults.tbl
sim/api/container_pools.$(OBJEXT): sim/tables/container_pool_updates.tbl
sim/api/container_updates.$(OBJEXT): sim/tables/container_updates.tbl
sim/api/kubernetes_defaults.$(OBJEXT): sim/tables/kubernetes_defaults.tbl
sim/api/kubernetes_objects.$(OBJEXT): sim/tables/kubernetes_seeds.tbl
sim/core/check_values.$(OBJEXT): sim/tables/enum_types.tbl
sim/front/mlflow_server.$(OBJEXT): sim/tables/mlflow_flags.tbl
sim/api/kubernetes_table.$(OBJEXT): sim/tables/kubernetes_columns.tbl
sim/front/oauth2_proxy.$(OBJEXT): sim/tables/oauth2_proxy_options.tbl
sim/api/compute_machines.$(OBJEXT): sim/tables/machine_series.tbl sim/tables/machines.tbl
sim/api/compute_places.$(OBJEXT): sim/tables/quotas.tbl
sim/api/orgpolicy.$(OBJEXT): sim/tables/constraints.tbl
sim/api/regions.$(OBJEXT): sim/tables/regions.tbl
sim/api/cloudbilling_skus.$(OBJEXT): sim/tables/skus.tbl
sim/api/sql_connect.$(OBJEXT): sim/tables/sql_flags.tbl sim/tables/tiers.tbl
sim/core/durations.$(OBJEXT): sim/tables/durations.tbl
sim/api/iam_roles.$(OBJEXT): sim/tables/role_names.tbl sim/tables/roles.tbl
sim/api/serviceusage_catalogue.$(OBJEXT): sim/tables/services.tbl
EXTRA_DIST += $(CONTRACT_TABLES) $(KUBERNETES_TABLES) tests/sim/server.sh
sim/core/contract.$(OBJEXT): $(CONTRACT_TABLES)
sim/api/kubernetes_schema.$(OBJEXT): $(KUBERNETES_TABLES)
sim/api/mlflow_releases.$(OBJEXT): sim/contract/mlflow.tbl

bin_PROGRAMS += mlflow-setup-sim
mlflow_setup_sim_SOURCES = \
	sim/server/front.c \
	sim/server/http.c \
	sim/server/main.c \
	sim/server/reader.c sim/server/reader.h \
	sim/server/server.c sim/server/server.h \
	sim/server/tls.c
mlflow_setup_sim_LDADD = $(LIB_SIM) $(SSL_LIBS) $(LLHTTP_LIBS)

check_PROGRAMS += tests/sim/spdy
TESTS += tests/sim/spdy
tests_sim_spdy_SOURCES = tests/sim/spdy.c tests/tap.h
tests_sim_spdy_LDADD = $(LIB_SIM)

check_PROGRAMS += tests/sim/contract tests/sim/core tests/sim/faults tests/sim/mlflow_releases tests/sim/policies tests/sim/private_endpoints tests/sim/recorded_truths tests/sim/stack_apis tests/sim/tokens
TESTS += tests/sim/contract tests/sim/core tests/sim/faults tests/sim/mlflow_releases tests/sim/policies tests/sim/private_endpoints tests/sim/recorded_truths tests/sim/stack_apis tests/sim/tokens tests/sim/server.sh tests/sim/tables.sh
tests_sim_contract_SOURCES = tests/sim/contract.c tests/tap.h
tests_sim_contract_LDADD = $(LIB_SIM)
tests_sim_faults_SOURCES = tests/sim/faults.c tests/tap.h
tests_sim_faults_LDADD = $(LIB_SIM)
tests_sim_policies_SOURCES = tests/sim/policies.c tests/sim/cloud.h tests/tap.h
tests_sim_policies_LDADD = $(LIB_SIM)
tests_sim_stack_apis_SOURCES = tests/sim/stack_apis.c tests/sim/cloud.h tests/tap.h
tests_sim_stack_apis_LDADD = $(LIB_SIM)
tests_sim_private_endpoints_SOURCES = tests/sim/private_endpoints.c tests/sim/cloud.h tests/tap.h
tests_sim_private_endpoints_LDADD = $(LIB_SIM)
tests_sim_mlflow_releases_SOURCES = tests/sim/mlflow_releases.c tests/sim/cloud.h tests/tap.h
tests_sim_mlflow_releases_LDADD = $(LIB_SIM)
tests_sim_recorded_truths_SOURCES = tests/sim/recorded_truths.c tests/sim/cloud.h tests/tap.h
tests_sim_recorded_truths_LDADD = $(LIB_SIM)
tests_sim_core_SOURCES = tests/sim/core.c tests/tap.h
tests_sim_core_LDADD = $(LIB_SIM)
tests_sim_tokens_SOURCES = tests/sim/tokens.c tests/tap.h
tests_sim_tokens_LDADD = $(LIB_SIM)

EXTRA_DIST += dev/conformance
if FUZZING
SIM_FUZZERS = tests/fuzz/sim_body tests/fuzz/sim_http tests/fuzz/sim_path tests/fuzz/sim_requests tests/fuzz/sim_tunnel
noinst_PROGRAMS += $(SIM_FUZZERS)
tests_fuzz_sim_body_SOURCES = tests/fuzz/body.c
tests_fuzz_sim_body_LDADD = $(LIB_SIM)
tests_fuzz_sim_body_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_sim_http_SOURCES = tests/fuzz/http.c sim/server/front.c sim/server/http.c sim/server/reader.c sim/server/server.c sim/server/tls.c
tests_fuzz_sim_http_LDADD = $(LIB_SIM) $(LLHTTP_LIBS)
tests_fuzz_sim_http_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_sim_path_SOURCES = tests/fuzz/path.c
tests_fuzz_sim_path_LDADD = $(LIB_SIM)
tests_fuzz_sim_path_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_sim_requests_SOURCES = tests/fuzz/requests.c
tests_fuzz_sim_requests_LDADD = $(LIB_SIM)
tests_fuzz_sim_requests_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_sim_tunnel_SOURCES = tests/fuzz/tunnel.c
tests_fuzz_sim_tunnel_LDADD = $(LIB_SIM)
tests_fuzz_sim_tunnel_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
endif

include sim/api/identity.mk
include sim/api/network.mk
include sim/api/serving.mk
include sim/api/observing.mk
