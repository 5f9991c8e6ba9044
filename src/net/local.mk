noinst_LIBRARIES += src/net/libnet.a
src_net_libnet_a_SOURCES = \
	src/net/alert.c src/net/alert.h \
	src/net/api.c src/net/api_send.c src/net/api_words.c src/net/api.h src/net/api_private.h \
	src/net/cures.c src/net/cures.h \
	src/net/credentials.c src/net/credentials.h \
	src/net/credentials_external.c \
	src/net/credentials_find.c src/net/credentials_private.h \
	src/net/channel.c src/net/channel.h \
	src/net/context.c src/net/context.h \
	src/net/curl.c \
	src/net/fill.c src/net/fill.h \
	src/net/gcloud.c src/net/gcloud.h \
	src/net/jwt.c src/net/jwt.h \
	src/net/kubeconfig.c src/net/kubeconfig.h \
	src/net/libcurl.c src/net/libcurl.h \
	src/net/loop.c src/net/loop.h \
	src/net/plugin.c src/net/plugin.h \
	src/net/recorder.c src/net/recorder.h \
	src/net/relay.c src/net/relay.h \
	src/net/retry.c src/net/retry.h \
	src/net/standin.c src/net/standin.h src/net/standin_inside.h src/net/standin_places.c src/net/standin_scan.c src/net/standin_shapes.c \
	src/net/transport.c src/net/transport.h \
	src/net/trust.c src/net/trust.h \
	src/net/unpacked.c src/net/unpacked.h \
	src/net/websocket.c src/net/websocket.h

check_PROGRAMS += tests/net/alert tests/net/api tests/net/credentials tests/net/curl tests/net/kubeconfig tests/net/loop tests/net/recorder tests/net/retry tests/net/standin tests/net/websocket
TESTS += tests/net/alert tests/net/api tests/net/credentials tests/net/curl tests/net/kubeconfig tests/net/loop tests/net/recorder tests/net/retry tests/net/standin tests/net/websocket
tests_net_alert_SOURCES = tests/net/alert.c tests/tap.h
tests_net_alert_LDADD = $(LIB_NET)
tests_net_api_SOURCES = tests/net/api.c tests/net/script.h tests/tap.h
tests_net_api_LDADD = $(LIB_NET)
tests_net_credentials_SOURCES = tests/net/credentials.c tests/net/script.h tests/tap.h
tests_net_credentials_LDADD = $(LIB_NET) $(SSL_LIBS)
tests_net_curl_SOURCES = tests/net/curl.c tests/tap.h
tests_net_curl_LDADD = $(LIB_NET)
tests_net_kubeconfig_SOURCES = tests/net/kubeconfig.c tests/tap.h
tests_net_kubeconfig_LDADD = $(LIB_NET)
tests_net_loop_SOURCES = tests/net/loop.c tests/tap.h
tests_net_loop_LDADD = $(LIB_NET)
tests_net_recorder_SOURCES = tests/net/recorder.c tests/net/script.h tests/tap.h
tests_net_recorder_LDADD = $(LIB_NET)
tests_net_retry_SOURCES = tests/net/retry.c tests/tap.h
tests_net_retry_LDADD = $(LIB_NET)
tests_net_standin_SOURCES = tests/net/standin.c tests/tap.h
tests_net_standin_LDADD = $(LIB_NET)
tests_net_websocket_SOURCES = tests/net/websocket.c tests/tap.h
tests_net_websocket_LDADD = $(LIB_NET)
