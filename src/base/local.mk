noinst_LIBRARIES += src/base/libbase.a
src_base_libbase_a_SOURCES = \
	src/base/buf.c src/base/buf.h \
	src/base/err.c src/base/err.h \
	src/base/gettext.h \
	src/base/file.c src/base/file.h \
	src/base/json.c src/base/json.h \
	src/base/mem.c src/base/mem.h \
	src/base/text.c src/base/text.h

check_PROGRAMS += tests/base/json
TESTS += tests/base/json
tests_base_json_SOURCES = tests/base/json.c tests/tap.h
tests_base_json_LDADD = $(LIB_BASE)
