# Fuzzers, built by `./configure --enable-fuzzing CC=clang` and run by dev/fuzz; those of the simulated cloud stand in sim/local.mk.
if FUZZING
noinst_PROGRAMS += tests/fuzz/json tests/fuzz/mustache tests/fuzz/websocket
tests_fuzz_json_SOURCES = tests/fuzz/json.c
tests_fuzz_json_LDADD = $(LIB_BASE)
tests_fuzz_json_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_mustache_SOURCES = tests/fuzz/mustache.c
tests_fuzz_mustache_LDADD = $(LIB_BASE)
tests_fuzz_mustache_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_websocket_SOURCES = tests/fuzz/websocket.c
tests_fuzz_websocket_LDADD = $(LIB_NET)
tests_fuzz_websocket_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
endif
