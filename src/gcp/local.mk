noinst_LIBRARIES += src/gcp/libgcp.a
src_gcp_libgcp_a_SOURCES = \
	src/gcp/aip_object.c src/gcp/aip_object.h \
	src/gcp/call.c src/gcp/call.h src/gcp/operation.c src/gcp/api_error.c \
	src/gcp/cloud_log.c src/gcp/cloud_log.h \
	src/gcp/compute_object.c src/gcp/compute_object.h \
	src/gcp/kind.c src/gcp/kind.h \
	src/gcp/kind_address.c \
	src/gcp/appengine_shared.c src/gcp/appengine_shared.h \
	src/gcp/kind_appengine_application.c \
	src/gcp/kind_appengine_stop.c src/gcp/kind_instance_stop.c src/gcp/kind_kubernetes_stop.c src/gcp/kind_kubernetes_volume.c src/gcp/kubernetes_shared.h \
	src/gcp/kind_appengine_placeholder.c src/gcp/kind_appengine_ingress.c \
	src/gcp/kind_appengine_service.c \
	src/gcp/kind_appengine_version.c \
	src/gcp/kind_appengine_versions.c \
	src/gcp/kind_backend_service.c \
	src/gcp/kind_bucket.c \
	src/gcp/kind_certificate.c \
	src/gcp/kind_certificate_map.c \
	src/gcp/kind_certificate_map_entry.c \
	src/gcp/kind_cluster.c \
	src/gcp/kind_connection.c \
	src/gcp/kind_dns_authorization.c \
	src/gcp/kind_alert_policy.c \
	src/gcp/kind_notification_channel.c \
	src/gcp/kind_uptime_check.c \
	src/gcp/monitoring_object.c src/gcp/monitoring_object.h \
	src/gcp/node_pools.c src/gcp/node_pools.h \
	src/gcp/nat.c src/gcp/nat.h src/gcp/way_out.c src/gcp/way_out.h \
	src/gcp/kind_workload_identity_pool.c \
	src/gcp/kind_workload_identity_provider.c \
	src/gcp/kind_dns_record.c \
	src/gcp/kind_dns_zone.c \
	src/gcp/kind_docker_image.c \
	src/gcp/kind_scheduler_job.c \
	src/gcp/kind_errand_record.c \
	src/gcp/kind_errand_redirect.c \
	src/gcp/kind_context.c \
	src/gcp/kind_existing_cluster.c \
	src/gcp/kind_firewall.c \
	src/gcp/kind_forwarding_rule.c \
	src/gcp/docker_manifests.h \
	src/gcp/given.c src/gcp/given.h \
	src/gcp/ip_range.c src/gcp/ip_range.h \
	src/gcp/kind_free_range.c \
	src/gcp/kind_given_account.c \
	src/gcp/kind_given_connector.c \
	src/gcp/kind_given_image.c \
	src/gcp/kind_given_nat.c \
	src/gcp/kind_given_network.c \
	src/gcp/kind_given_role.c \
	src/gcp/kind_given_subnetwork.c \
	src/gcp/kind_given_version.c \
	src/gcp/kind_given_zone.c \
	src/gcp/kind_issuer.c \
	src/gcp/kind_global_address.c \
	src/gcp/kind_network_users.c \
	src/gcp/kind_shared_vpc.c \
	src/gcp/kind_health_check.c \
	src/gcp/kind_iap_settings.c \
	src/gcp/kind_image.c \
	src/gcp/kind_kubernetes_object.c \
	src/gcp/kind_instance.c \
	src/gcp/kind_instance_group.c \
	src/gcp/kind_network.c \
	src/gcp/kind_network_endpoint_group.c \
	src/gcp/kind_object.c \
	src/gcp/kind_policy.c \
	src/gcp/kind_repository.c \
	src/gcp/kind_router.c \
	src/gcp/kind_run_job.c \
	src/gcp/kind_run_service.c src/gcp/kind_run_revisions.c src/gcp/kind_run_stop.c \
	src/gcp/kind_secret.c \
	src/gcp/kind_secret_version.c \
	src/gcp/kind_service_account.c \
	src/gcp/kind_service_identity.c \
	src/gcp/kind_services.c \
	src/gcp/kind_sql_database.c \
	src/gcp/kind_sql_instance.c \
	src/gcp/kind_sql_flagless.c \
	src/gcp/kind_sql_rootless.c src/gcp/kind_sql_backup.c \
	src/gcp/kind_sql_iam_user.c \
	src/gcp/kind_sql_user.c \
	src/gcp/kind_ssl_certificate.c \
	src/gcp/kind_ssl_policy.c \
	src/gcp/kind_subnetwork.c \
	src/gcp/kind_target_http_proxy.c \
	src/gcp/kind_target_https_proxy.c \
	src/gcp/kind_url_map.c \
	src/gcp/kubernetes_trouble.c src/gcp/kubernetes_trouble.h \
	src/gcp/kinds.c src/gcp/kinds.h \
	src/gcp/reference.c src/gcp/reference.h \
	src/gcp/roles.c src/gcp/roles.h \
	src/gcp/links.c \
	src/gcp/limits.h src/gcp/terraform.h \
	src/gcp/catalog.c src/gcp/catalog.h src/gcp/catalog.tbl \
	src/gcp/prices.c src/gcp/prices.h src/gcp/prices.tbl \
	src/gcp/policy.h src/gcp/policy_terraform.c \
	src/gcp/run_state.c src/gcp/run_state.h \
	src/gcp/sql_shared.c src/gcp/sql_shared.h

check_PROGRAMS += tests/gcp/call
TESTS += tests/gcp/call
tests_gcp_call_SOURCES = tests/gcp/call.c tests/tap.h
tests_gcp_call_LDADD = $(LIB_GCP)

check_PROGRAMS += tests/gcp/catalog
TESTS += tests/gcp/catalog
tests_gcp_catalog_SOURCES = tests/gcp/catalog.c tests/tap.h
tests_gcp_catalog_LDADD = $(LIB_GCP) -lm

check_PROGRAMS += tests/gcp/kinds
TESTS += tests/gcp/kinds
tests_gcp_kinds_SOURCES = tests/gcp/kinds.c tests/tap.h
tests_gcp_kinds_LDADD = $(LIB_GCP)

check_PROGRAMS += tests/gcp/recorded
TESTS += tests/gcp/recorded
tests_gcp_recorded_SOURCES = tests/gcp/recorded.c tests/tap.h
tests_gcp_recorded_LDADD = $(LIB_GCP)

check_PROGRAMS += tests/gcp/kinds_errand
TESTS += tests/gcp/kinds_errand
tests_gcp_kinds_errand_SOURCES = tests/gcp/kinds_errand.c tests/tap.h
tests_gcp_kinds_errand_LDADD = $(LIB_GCP)
check_PROGRAMS += tests/gcp/kinds_balancer
TESTS += tests/gcp/kinds_balancer
tests_gcp_kinds_balancer_SOURCES = tests/gcp/kinds_balancer.c tests/tap.h
tests_gcp_kinds_balancer_LDADD = $(LIB_GCP)

check_PROGRAMS += tests/gcp/kinds_monitoring
TESTS += tests/gcp/kinds_monitoring
tests_gcp_kinds_monitoring_SOURCES = tests/gcp/kinds_monitoring.c tests/tap.h
tests_gcp_kinds_monitoring_LDADD = $(LIB_GCP)

check_PROGRAMS += tests/gcp/kinds_instance
TESTS += tests/gcp/kinds_instance
tests_gcp_kinds_instance_SOURCES = tests/gcp/kinds_instance.c tests/gcp/seeing.h tests/tap.h
tests_gcp_kinds_instance_LDADD = $(LIB_GCP)
check_PROGRAMS += tests/gcp/kinds_appengine
TESTS += tests/gcp/kinds_appengine
tests_gcp_kinds_appengine_SOURCES = tests/gcp/kinds_appengine.c tests/gcp/seeing.h tests/tap.h
tests_gcp_kinds_appengine_LDADD = $(LIB_GCP)

check_PROGRAMS += tests/gcp/kinds_cluster
TESTS += tests/gcp/kinds_cluster
tests_gcp_kinds_cluster_SOURCES = tests/gcp/kinds_cluster.c tests/gcp/seeing.h tests/tap.h
tests_gcp_kinds_cluster_LDADD = $(LIB_GCP)
check_PROGRAMS += tests/gcp/kinds_run
TESTS += tests/gcp/kinds_run
tests_gcp_kinds_run_SOURCES = tests/gcp/kinds_run.c tests/tap.h
tests_gcp_kinds_run_LDADD = $(LIB_GCP)

check_PROGRAMS += tests/gcp/urls
TESTS += tests/gcp/urls
tests_gcp_urls_SOURCES = tests/gcp/urls.c tests/tap.h
tests_gcp_urls_LDADD = $(LIB_GCP)

check_PROGRAMS += tests/gcp/way_out
TESTS += tests/gcp/way_out
tests_gcp_way_out_SOURCES = tests/gcp/way_out.c tests/gcp/seeing.h tests/tap.h
tests_gcp_way_out_LDADD = $(LIB_GCP)
check_PROGRAMS += tests/gcp/kinds_given
TESTS += tests/gcp/kinds_given
tests_gcp_kinds_given_SOURCES = tests/gcp/kinds_given.c tests/tap.h
tests_gcp_kinds_given_LDADD = $(LIB_GCP)
