noinst_LIBRARIES += src/cmd/libcmd.a
src_cmd_libcmd_a_SOURCES = \
	src/cmd/ask.c src/cmd/ask.h \
	src/cmd/cli.c src/cmd/cli.h \
	src/cmd/language.c src/cmd/language.h \
	src/cmd/luck.c src/cmd/luck.h \
	src/cmd/open.c src/cmd/open.h \
	src/cmd/rehearsal.h \
	src/cmd/runner.c src/cmd/runner.h \
	src/cmd/verb_apply.c \
	src/cmd/verb_connect.c \
	src/cmd/verb_destroy.c \
	src/cmd/verb_plan.c \
	src/cmd/verb_questions.c \
	src/cmd/verb_render.c \
	src/cmd/verb_schema.c \
	src/cmd/verb_seal.c \
	src/cmd/verb_token.c \
	src/cmd/verb_validate.c \
	src/cmd/verbs.c src/cmd/verbs.h

# The simulated cloud may be left out of the program, and with it the tests that rehearse.
bin_PROGRAMS += mlflow-setup
if REHEARSAL
mlflow_setup_SOURCES = src/main.c \
	src/cmd/rehearsal.c src/cmd/rehearsal_cloud.c src/cmd/rehearsal_hand.c src/cmd/rehearsal_past.c src/cmd/rehearsal_private.h
mlflow_setup_LDADD = src/cmd/libcmd.a $(LIB_UI) $(LIB_SIM)
LONG_TESTS += tests/attack/attack.py tests/cases/adding.py tests/cases/no_rehearsal.sh tests/cases/safety.py tests/cases/safety_engine.py
TESTS += tests/cases/bad_input.py tests/cases/lags.py tests/cases/rehearsed.py tests/cases/said.py tests/ui/rehearsal.py
WALK_TESTS += tests/cases/clients.py tests/cases/github.py tests/cases/record.py tests/cases/tunnel.py tests/cases/upgrade.py tests/cases/waiting.py
else
mlflow_setup_SOURCES = src/main.c src/cmd/no_rehearsal.c
mlflow_setup_LDADD = src/cmd/libcmd.a $(LIB_UI)
endif

# The program without it is made either way, so that it goes on being possible.
check_PROGRAMS += tests/cases/unrehearsed
tests_cases_unrehearsed_SOURCES = src/main.c src/cmd/no_rehearsal.c
tests_cases_unrehearsed_LDADD = src/cmd/libcmd.a $(LIB_UI)

check_PROGRAMS += tests/cmd/language
TESTS += tests/cmd/language
tests_cmd_language_SOURCES = tests/cmd/language.c tests/tap.h
tests_cmd_language_LDADD = src/cmd/libcmd.a $(LIB_BASE)

TESTS += dev/check-tables tests/cases/whole_way.py
REAL_TESTS += tests/gcloud/read_back.py tests/gcloud/lines.py
