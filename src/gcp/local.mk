noinst_LIBRARIES += src/gcp/libgcp.a
src_gcp_libgcp_a_SOURCES = \
	src/gcp/call.c src/gcp/call.h \
	src/gcp/kind.h

check_PROGRAMS += tests/gcp/call
TESTS += tests/gcp/call
tests_gcp_call_SOURCES = tests/gcp/call.c tests/tap.h
tests_gcp_call_LDADD = $(LIB_GCP)
