noinst_LIBRARIES += src/engine/libengine.a
src_engine_libengine_a_SOURCES = \
	src/engine/event.h \
	src/engine/lines.c src/engine/lines.h \
	src/engine/session.h

check_PROGRAMS += tests/engine/lines
TESTS += tests/engine/lines
tests_engine_lines_SOURCES = tests/engine/lines.c tests/tap.h
tests_engine_lines_LDADD = src/engine/libengine.a $(LIB_BASE)
