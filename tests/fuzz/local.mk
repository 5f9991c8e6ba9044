# Fuzzers, built by `./configure --enable-fuzzing CC=clang`; each runs for as long as it is told: tests/fuzz/json -max_total_time=600
if FUZZING
noinst_PROGRAMS += tests/fuzz/json tests/fuzz/mustache
tests_fuzz_json_SOURCES = tests/fuzz/json.c
tests_fuzz_json_LDADD = $(LIB_BASE)
tests_fuzz_json_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_mustache_SOURCES = tests/fuzz/mustache.c
tests_fuzz_mustache_LDADD = $(LIB_BASE)
tests_fuzz_mustache_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
endif
