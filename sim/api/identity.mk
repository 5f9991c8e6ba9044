# The simulated APIs of this family and their tests.
sim_libsim_a_SOURCES += \
	sim/api/cel.c \
	sim/api/cel.h \
	sim/api/certificatemanager.c \
	sim/api/cloudkms.c sim/api/cloudkms.h sim/api/cloudkms_use.c \
	sim/api/cloudbilling.c sim/api/cloudbilling.h sim/api/cloudbilling_skus.c \
	sim/api/dns.c \
	sim/api/dns.h \
	sim/api/dns_records.c \
	sim/api/dns_rules.c \
	sim/api/iam.c \
	sim/api/iam.h \
	sim/api/iam_accounts.c \
	sim/api/iam_allowed.c \
	sim/api/iam_condition.c \
	sim/api/iam_condition.h \
	sim/api/iam_federation.c \
	sim/api/iam_custom_roles.c \
	sim/api/iam_keys.c \
	sim/api/iam_permissions.c \
	sim/api/iam_policy.c \
	sim/api/iam_policy.h \
	sim/api/iam_policy_rules.c \
	sim/api/iam_roles.c \
	sim/api/iamcredentials.c \
	sim/api/iap.c \
	sim/api/iap_tunnel.c \
	sim/api/identity.c \
	sim/api/identity.h \
	sim/api/locations.c \
	sim/api/orgpolicy.c sim/api/orgpolicy.h \
	sim/api/orgpolicy_legacy.c \
	sim/api/resourcemanager.c \
	sim/api/secretmanager.c \
	sim/api/serviceusage.c \
	sim/api/serviceusage.h \
	sim/api/serviceusage_catalogue.c \
	sim/api/serviceusage_state.c \
	sim/api/storage.h \
	sim/api/storage_bucket_fields.c \
	sim/api/storage_bucket_rules.c \
	sim/api/storage_bucket_policies.c \
	sim/api/storage_buckets.c \
	sim/api/storage_bytes.c \
	sim/api/storage_download.c \
	sim/api/storage_hmac.c \
	sim/api/storage_names.c \
	sim/api/storage_objects.c \
	sim/api/storage_upload.c \
	sim/api/websocket.c sim/api/websocket.h \
	sim/api/wire.c sim/api/wire.h \
	sim/api/world.c

IDENTITY_TESTS = tests/sim/identity_edge tests/sim/identity_iam tests/sim/identity_secrets tests/sim/identity_services tests/sim/identity_storage
check_PROGRAMS += $(IDENTITY_TESTS)
TESTS += $(IDENTITY_TESTS)
tests_sim_identity_edge_SOURCES = tests/sim/identity_edge.c tests/sim/identity.h tests/tap.h
tests_sim_identity_edge_LDADD = $(LIB_SIM)
tests_sim_identity_iam_SOURCES = tests/sim/identity_iam.c tests/sim/identity.h tests/tap.h
tests_sim_identity_iam_LDADD = $(LIB_SIM)
tests_sim_identity_secrets_SOURCES = tests/sim/identity_secrets.c tests/sim/identity.h tests/tap.h
tests_sim_identity_secrets_LDADD = $(LIB_SIM)
tests_sim_identity_services_SOURCES = tests/sim/identity_services.c tests/sim/identity.h tests/tap.h
tests_sim_identity_services_LDADD = $(LIB_SIM)
tests_sim_identity_storage_SOURCES = tests/sim/identity_storage.c tests/sim/identity.h tests/tap.h
tests_sim_identity_storage_LDADD = $(LIB_SIM)

REAL_TESTS += tests/gcloud/edge.sh tests/gcloud/identity.sh tests/gcloud/wider.sh tests/real/storage_client.py

check_PROGRAMS += tests/sim/iap_tunnel
TESTS += tests/sim/iap_tunnel
tests_sim_iap_tunnel_SOURCES = tests/sim/iap_tunnel.c tests/sim/cloud.h tests/tap.h
tests_sim_iap_tunnel_LDADD = $(LIB_SIM) -lm

check_PROGRAMS += tests/sim/keys
TESTS += tests/sim/keys
tests_sim_keys_SOURCES = tests/sim/keys.c tests/sim/cloud.h tests/tap.h
tests_sim_keys_LDADD = $(LIB_SIM)

check_PROGRAMS += tests/sim/messages
TESTS += tests/sim/messages
tests_sim_messages_SOURCES = tests/sim/messages.c tests/sim/cloud.h tests/tap.h
tests_sim_messages_LDADD = $(LIB_SIM)
