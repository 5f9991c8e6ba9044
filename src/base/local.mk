noinst_LIBRARIES += src/base/libbase.a
src_base_libbase_a_SOURCES = \
	src/base/buf.c src/base/buf.h \
	src/base/decimal.c src/base/decimal.h \
	src/base/encode.c src/base/encode.h \
	src/base/err.c src/base/err.h \
	src/base/escape.c src/base/escape.h \
	src/base/gettext.h \
	src/base/file.c src/base/file.h \
	src/base/json.c src/base/json.h \
	src/base/json_make.c \
	src/base/libcrypto.c src/base/libcrypto.h src/base/library.c src/base/library.h \
	src/base/mem.c src/base/mem.h \
	src/base/moment.c src/base/moment.h \
	src/base/outside.c src/base/outside.h \
	src/base/rendered.c src/base/rendered.h \
	src/base/mustache.c src/base/mustache.h \
	src/base/pattern.c src/base/pattern.h \
	src/base/process.c src/base/process.h \
	src/base/sealed.c src/base/sealed.h \
	src/base/secret.c src/base/secret.h \
	src/base/text.c src/base/text.h \
	src/base/yaml.c src/base/yaml.h

check_PROGRAMS += tests/base/json
TESTS += tests/base/json
tests_base_json_SOURCES = tests/base/json.c tests/tap.h
tests_base_json_LDADD = $(LIB_BASE)

check_PROGRAMS += tests/base/mustache
TESTS += tests/base/mustache
tests_base_mustache_SOURCES = tests/base/mustache.c tests/tap.h
tests_base_mustache_LDADD = $(LIB_BASE)

check_PROGRAMS += tests/base/outside
TESTS += tests/base/outside
tests_base_outside_SOURCES = tests/base/outside.c tests/tap.h
tests_base_outside_LDADD = $(LIB_BASE)

check_PROGRAMS += tests/base/secret
TESTS += tests/base/secret
tests_base_secret_SOURCES = tests/base/secret.c tests/tap.h
tests_base_secret_LDADD = $(LIB_BASE)

# The escapes are read back by Python's and the shell's own parsers.
check_PROGRAMS += tests/base/escape
TESTS += tests/base/escape.py
tests_base_escape_SOURCES = tests/base/escape.c
tests_base_escape_LDADD = $(LIB_BASE)

check_PROGRAMS += tests/base/text
TESTS += tests/base/text
tests_base_text_SOURCES = tests/base/text.c tests/tap.h
tests_base_text_LDADD = $(LIB_BASE)

check_PROGRAMS += tests/base/decimal
TESTS += tests/base/decimal
tests_base_decimal_SOURCES = tests/base/decimal.c tests/tap.h
tests_base_decimal_LDADD = $(LIB_BASE)

check_PROGRAMS += tests/base/library
TESTS += tests/base/library
tests_base_library_SOURCES = tests/base/library.c tests/tap.h
tests_base_library_LDADD = $(LIB_BASE)

check_PROGRAMS += tests/base/pattern
TESTS += tests/base/pattern
tests_base_pattern_SOURCES = tests/base/pattern.c tests/tap.h
tests_base_pattern_LDADD = $(LIB_BASE)

check_PROGRAMS += tests/base/encode
TESTS += tests/base/encode
tests_base_encode_SOURCES = tests/base/encode.c tests/tap.h
tests_base_encode_LDADD = $(LIB_BASE)

check_PROGRAMS += tests/base/yaml
TESTS += tests/base/yaml
tests_base_yaml_SOURCES = tests/base/yaml.c tests/tap.h
tests_base_yaml_LDADD = $(LIB_BASE)
