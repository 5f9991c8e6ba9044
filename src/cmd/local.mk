noinst_LIBRARIES += src/cmd/libcmd.a
src_cmd_libcmd_a_SOURCES = \
	src/cmd/cli.c src/cmd/cli.h \
	src/cmd/luck.c src/cmd/luck.h \
	src/cmd/open.c src/cmd/open.h \
	src/cmd/rehearsal.c src/cmd/rehearsal.h \
	src/cmd/runner.c src/cmd/runner.h \
	src/cmd/verb_apply.c \
	src/cmd/verb_connect.c \
	src/cmd/verb_destroy.c \
	src/cmd/verb_plan.c \
	src/cmd/verb_questions.c \
	src/cmd/verb_render.c \
	src/cmd/verb_schema.c \
	src/cmd/verb_validate.c \
	src/cmd/verbs.c src/cmd/verbs.h

bin_PROGRAMS += mlflow-setup
mlflow_setup_SOURCES = src/main.c
mlflow_setup_LDADD = src/cmd/libcmd.a $(LIB_UI) $(LIB_SIM)

TESTS += dev/check-tables tests/cases/whole_way.py tests/cases/bad_input.py
REAL_TESTS += tests/gcloud/read_back.py
