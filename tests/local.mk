dist_check_SCRIPTS =
TESTS += tests/shell.py
