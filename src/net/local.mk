noinst_LIBRARIES += src/net/libnet.a
src_net_libnet_a_SOURCES = \
	src/net/api.h \
	src/net/credentials.h \
	src/net/loop.h \
	src/net/transport.h
