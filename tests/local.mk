dist_check_SCRIPTS =
TESTS += tests/plan/values.py tests/plan/names.py tests/plan/combinations.py
WALK_TESTS += tests/cases/weaknesses.py tests/cases/settings.py tests/cases/networks.py tests/cases/groups.py tests/cases/revisions.py tests/cases/edges.py tests/cases/cleanup.py tests/cases/other_host.py
TESTS += tests/shell.py tests/docs/docs.py tests/docs/seeds.py tests/docs/ids.py tests/docs/translations.py tests/docs/promises.py
WALK_TESTS += tests/cases/permissions.py tests/cases/matrix.py tests/cases/replayed.py tests/cases/trial.py
LONG_REAL_TESTS += tests/terraform/run.py
REAL_TESTS += tests/real/database.py tests/real/auth_library.py tests/real/federation.py tests/real/clients.py tests/real/sign_in.py tests/real/providers.py tests/real/run.py tests/real/login.py tests/real/walls.py tests/real/linters.py tests/real/upgrade.py tests/terraform/rendered.py tests/kubernetes/compare.py tests/kubernetes/manifests.py tests/kubernetes/engine.py tests/kubernetes/contexts.py
check_PROGRAMS += tests/kubernetes/whoami
WALKERS += tests/kubernetes/whoami$(EXEEXT)
tests_kubernetes_whoami_SOURCES = tests/kubernetes/whoami.c
tests_kubernetes_whoami_LDADD = $(LIB_NET)
tests_kubernetes_whoami_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic

TESTS += tests/sim/docker_registry.py tests/sim/outside.py
include tests/fuzz/local.mk
# tests/attack/shim.c is built by tests/attack/kills.py, as a library to be preloaded.
