noinst_LIBRARIES += src/engine/libengine.a
src_engine_libengine_a_SOURCES = \
	src/engine/ancestry.c src/engine/ancestry.h \
	src/engine/blockers.c \
	src/engine/catalog_read.c src/engine/catalog_read.h \
	src/engine/credential.c src/engine/credential.h \
	src/engine/change.c \
	src/engine/destroy.c \
	src/engine/errand.c \
	src/engine/pace.c \
	src/engine/permissions.c \
	src/engine/policies.c \
	src/engine/event.c \
	src/engine/event.h \
	src/engine/events.c \
	src/engine/exchange.c src/engine/exchange.h \
	src/engine/journal.c src/engine/journal.h \
	src/engine/lines.c src/engine/lines.h \
	src/engine/log.c \
	src/engine/mode.c src/engine/back.c \
	src/engine/oauth_client.c src/engine/oauth_client.h src/engine/oauth_try.c \
	src/engine/passage.c src/engine/passage.h \
	src/engine/proof.c src/engine/proof.h src/engine/proof_sign_in.c src/engine/proof_stages.c \
	src/engine/reach.c src/engine/reach.h src/engine/reaches.tbl \
	src/engine/reach_cluster.c \
	src/engine/reach_tunnel.c \
	src/engine/run.c src/engine/run_private.h src/engine/find.c src/engine/resolve.c src/engine/result.c \
	src/engine/schedule.c \
	src/engine/session.c src/engine/session.h src/engine/sign_ins.c \
	src/engine/socket_passage.c src/engine/socket_passage.h \
	src/engine/standing.c \
	src/engine/step.c src/engine/read.c src/engine/decide.c src/engine/look.c src/engine/lag.c \
	src/engine/token.c \
	src/engine/survey.c src/engine/survey.h src/engine/survey_preflight.c src/engine/survey_private.h \
	src/engine/vault.c src/engine/vault.h \
	src/engine/why.c

check_PROGRAMS += tests/engine/journal tests/engine/lines tests/engine/oauth_client tests/engine/run tests/engine/survey
TESTS += tests/engine/journal tests/engine/lines tests/engine/oauth_client tests/engine/run tests/engine/survey
tests_engine_run_SOURCES = tests/engine/run.c tests/engine/toy.h tests/tap.h
tests_engine_run_LDADD = $(LIB_ENGINE)
tests_engine_survey_SOURCES = tests/engine/survey.c tests/net/script.h tests/tap.h
tests_engine_survey_LDADD = $(LIB_ENGINE)
tests_engine_oauth_client_SOURCES = tests/engine/oauth_client.c tests/tap.h
tests_engine_oauth_client_LDADD = $(LIB_ENGINE)
tests_engine_journal_SOURCES = tests/engine/journal.c tests/tap.h
tests_engine_journal_LDADD = $(LIB_ENGINE)
tests_engine_lines_SOURCES = tests/engine/lines.c tests/tap.h
tests_engine_lines_LDADD = src/engine/libengine.a $(LIB_BASE)

# Runs of the whole program against the served simulated cloud.
LONG_TESTS += tests/cases/kill9.py tests/cases/sign_ins_seen.py
WALK_TESTS += tests/cases/faults.py tests/cases/oauth_client.py tests/cases/providers.py tests/cases/sign_in.py tests/cases/sign_ins_seen.py
