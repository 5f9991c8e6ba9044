dist_check_SCRIPTS =
