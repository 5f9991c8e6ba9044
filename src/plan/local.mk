noinst_LIBRARIES += src/plan/libplan.a
src_plan_libplan_a_SOURCES = \
	src/plan/alerts.c src/plan/alerts.h \
	src/plan/answers.c src/plan/answers.h \
	src/plan/archive.c src/plan/archive.h \
	src/plan/archival.c src/plan/archival.h \
	src/plan/cleanup.c src/plan/cleanup.h \
	src/plan/connect.c src/plan/connect.h \
	src/plan/artifacts_direct.c \
	src/plan/artifacts_proxied.c \
	src/plan/artifacts_volume.c \
	src/plan/auth_basic.c \
	src/plan/auth_iam.c \
	src/plan/auth_iap.c \
	src/plan/auth_oauth2_proxy.c \
	src/plan/axes.c src/plan/axes.h src/plan/axes.tbl \
	src/plan/answers_file.c \
	src/plan/recorded.c src/plan/recorded.h \
	src/plan/resolved.c src/plan/resolved.h \
	src/plan/checks.c src/plan/checks.h \
	src/plan/draft.c \
	src/plan/permissions.c src/plan/permissions.h \
	src/plan/labels.c src/plan/labels.h \
	src/plan/limits.c src/plan/limits.h \
	src/plan/cost.c \
	src/plan/database.c src/plan/database.h \
	src/plan/database_mysql_flags.tbl src/plan/database_postgresql_flags.tbl \
	src/plan/database_mysql.c src/plan/database_postgresql.c \
	src/plan/design.c src/plan/design.h \
	src/plan/exposure_domain.c \
	src/plan/exposure_internal.c \
	src/plan/exposure_service_url.c \
	src/plan/github.c src/plan/github.h \
	src/plan/graph.c \
	src/plan/hcl.c src/plan/hcl.h \
	src/plan/libarchive.c src/plan/libarchive.h \
	src/plan/make.c \
	src/plan/naming.c src/plan/naming.h \
	src/plan/network_default.c \
	src/plan/network_existing.c \
	src/plan/network_given.c src/plan/network_given.h \
	src/plan/network_new.c \
	src/plan/network_shared.c \
	src/plan/pages.c \
	src/plan/pairs.tbl \
	src/plan/parts.c src/plan/parts.h \
	src/plan/path_private_service_connect.c \
	src/plan/path_private_services_access.c \
	src/plan/path_cluster.c \
	src/plan/path_public.c \
	src/plan/people.c src/plan/people.h \
	src/plan/auth_oauth2_proxy_providers.c src/plan/auth_oauth2_proxy_providers.h \
	src/plan/settings.c src/plan/settings.h \
	src/plan/plan.c src/plan/plan.h \
	src/plan/question.h src/plan/questions.c \
	src/plan/regions.c src/plan/regions.h \
	src/plan/releases.c src/plan/releases.h \
	src/plan/upgrade.c src/plan/upgrade.h \
	src/plan/render.c \
	src/plan/resolve.c \
	src/plan/run_words.c src/plan/run_words.h \
	src/plan/schema.c \
	src/plan/server.c src/plan/server.h \
	src/plan/show.c src/plan/show.h \
	src/plan/suffix.c \
	src/plan/target_appengine.c \
	src/plan/target_appengine_yaml.c src/plan/target_appengine_yaml.h \
	src/plan/target_gke.c src/plan/target_gke_pods.c \
	src/plan/target_gke_cluster.c src/plan/target_gke_disks.c src/plan/target_gke_objects.h src/plan/target_gke_cluster.h \
	src/plan/target_gke_context.c src/plan/target_gke_context.h \
	src/plan/target_gke_manifests.c \
	src/plan/target_run.c \
	src/plan/target_vm.c src/plan/target_vm_units.c src/plan/target_vm_units.h \
	src/plan/terraform.c src/plan/terraform.h \
	src/plan/workload.c src/plan/workload.h

check_PROGRAMS += tests/plan/answers tests/plan/answers-tool
TESTS += tests/plan/answers tests/plan/schema.py
tests_plan_answers_SOURCES = tests/plan/answers.c tests/tap.h
tests_plan_answers_LDADD = $(LIB_PLAN)
WALKERS += tests/plan/answers-tool$(EXEEXT)
tests_plan_answers_tool_SOURCES = tests/plan/answers-tool.c
tests_plan_answers_tool_LDADD = $(LIB_PLAN)

# The templates are read back by their readers' own parsers.
check_PROGRAMS += tests/plan/render-tool
TESTS += tests/plan/templates.py
tests_plan_render_tool_SOURCES = tests/plan/render-tool.c
tests_plan_render_tool_LDADD = $(LIB_PLAN)

check_PROGRAMS += tests/plan/plan
TESTS += tests/plan/plan
tests_plan_plan_SOURCES = tests/plan/plan.c tests/tap.h
tests_plan_plan_LDADD = $(LIB_PLAN)

check_PROGRAMS += tests/plan/hcl
TESTS += tests/plan/hcl
tests_plan_hcl_SOURCES = tests/plan/hcl.c tests/tap.h
tests_plan_hcl_LDADD = $(LIB_PLAN)

check_PROGRAMS += tests/plan/target_gke
TESTS += tests/plan/target_gke
tests_plan_target_gke_SOURCES = tests/plan/target_gke.c tests/tap.h
tests_plan_target_gke_LDADD = $(LIB_PLAN)

check_PROGRAMS += tests/plan/artifacts_direct
TESTS += tests/plan/artifacts_direct
tests_plan_artifacts_direct_SOURCES = tests/plan/artifacts_direct.c tests/tap.h
tests_plan_artifacts_direct_LDADD = $(LIB_PLAN)

check_PROGRAMS += tests/plan/database_mysql
TESTS += tests/plan/database_mysql
tests_plan_database_mysql_SOURCES = tests/plan/database_mysql.c tests/tap.h
tests_plan_database_mysql_LDADD = $(LIB_PLAN)

check_PROGRAMS += tests/plan/graph
TESTS += tests/plan/graph
check_PROGRAMS += tests/plan/limits
TESTS += tests/plan/limits
tests_plan_limits_SOURCES = tests/plan/limits.c tests/tap.h
tests_plan_limits_LDADD = $(LIB_PLAN)
tests_plan_graph_SOURCES = tests/plan/graph.c tests/tap.h
tests_plan_graph_LDADD = $(LIB_PLAN)

check_PROGRAMS += tests/plan/vague
TESTS += tests/plan/vague
tests_plan_vague_SOURCES = tests/plan/vague.c tests/tap.h
tests_plan_vague_LDADD = $(LIB_PLAN)

# Which choices go together, and what stands where nothing is chosen.
check_PROGRAMS += tests/plan/axes
TESTS += tests/plan/axes
tests_plan_axes_SOURCES = tests/plan/axes.c tests/tap.h
tests_plan_axes_LDADD = $(LIB_PLAN)

# The requests, made for real in the simulated cloud.
check_PROGRAMS += tests/plan/against-sim
TESTS += tests/plan/against-sim
tests_plan_against_sim_SOURCES = tests/plan/against-sim.c tests/tap.h
tests_plan_against_sim_LDADD = $(LIB_PLAN) $(LIB_SIM) -lm

# What changed since: by the operator, by hand, by others.
WALK_TESTS += tests/cases/drift.py tests/cases/taken_back.py

# A cluster that others work in too.
WALK_TESTS += tests/cases/cluster.py
WALK_TESTS += tests/cases/existing_cluster.py tests/cases/context.py

# App Engine's own traps.
WALK_TESTS += tests/cases/appengine.py
# A virtual machine's files, by their readers' own checkers; its changes.
TESTS += tests/cases/machine_files.py
WALK_TESTS += tests/cases/machine.py
