noinst_LIBRARIES += src/gcp/libgcp.a
src_gcp_libgcp_a_SOURCES = \
	src/gcp/call.h \
	src/gcp/kind.h
