bin_PROGRAMS += mlflow-setup
mlflow_setup_SOURCES = src/cmd/main.c
mlflow_setup_LDADD = $(LIB_BASE)
