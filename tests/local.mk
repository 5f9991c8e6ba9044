dist_check_SCRIPTS =
TESTS += tests/shell.py tests/docs/docs.py

TESTS += tests/sim/docker_registry.py
include tests/fuzz/local.mk
