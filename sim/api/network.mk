# The simulated APIs of this family and their tests.
sim_libsim_a_SOURCES += \
	sim/api/compute.c \
	sim/api/compute.h \
	sim/api/compute_addresses.c \
	sim/api/compute_autoscalers.c \
	sim/api/compute_backend_services.c \
	sim/api/compute_batch.c \
	sim/api/compute_certificates.c \
	sim/api/compute_changes.c \
	sim/api/compute_forwarding_rules.c \
	sim/api/compute_groups.c \
	sim/api/compute_health_checks.c \
	sim/api/compute_url_maps.c \
	sim/api/compute_instance_disks.c \
	sim/api/compute_instance_output.c \
	sim/api/compute_instances.c \
	sim/api/compute_instance_power.c \
	sim/api/compute_machines.c \
	sim/api/compute_links.c \
	sim/api/compute_images.c \
	sim/api/compute_disks.c \
	sim/api/compute_endpoints.c \
	sim/api/compute_filter.c \
	sim/api/compute_firewalls.c \
	sim/api/compute_managers.c \
	sim/api/compute_networks.c \
	sim/api/compute_operations.c \
	sim/api/compute_own_images.c \
	sim/api/compute_permissions.c \
	sim/api/compute_places.c \
	sim/api/compute_quotas.c \
	sim/api/compute_instance_rules.c \
	sim/api/compute_metadata.c \
	sim/api/compute_policies.c \
	sim/api/compute_schedules.c \
	sim/api/compute_snapshots.c \
	sim/api/compute_templates.c \
	sim/api/compute_routers.c sim/api/compute_routes.c sim/api/compute_uses.c \
	sim/api/compute_subnetworks.c \
	sim/api/container.h \
	sim/api/container_clusters.c \
	sim/api/container_defaults.c \
	sim/api/container_endpoints.c \
	sim/api/container_features.c \
	sim/api/container_network.c \
	sim/api/container_nodes.c \
	sim/api/container_operations.c \
	sim/api/container_pools.c \
	sim/api/container_rules.c \
	sim/api/container_updates.c \
	sim/api/ip4.c \
	sim/api/kubernetes.c \
	sim/api/kubernetes.h \
	sim/api/kubernetes_access.c sim/api/kubernetes_access.h \
	sim/api/kubernetes_elsewhere.c sim/api/kubernetes_elsewhere.h \
	sim/api/kubernetes_admission.c sim/api/kubernetes_admission.h \
	sim/api/kubernetes_autopilot.c \
	sim/api/kubernetes_balance.c sim/api/kubernetes_balance.h \
	sim/api/kubernetes_certificates.c \
	sim/api/kubernetes_controllers.c \
	sim/api/kubernetes_cron.c \
	sim/api/kubernetes_decode.c \
	sim/api/kubernetes_defaults.c \
	sim/api/kubernetes_delete.c \
	sim/api/kubernetes_deployments.c \
	sim/api/kubernetes_discovery.c \
	sim/api/kubernetes_discovery.h \
	sim/api/kubernetes_endpoints.c \
	sim/api/kubernetes_events.c \
	sim/api/kubernetes_fields.c \
	sim/api/kubernetes_ingress.c \
	sim/api/kubernetes_ingress.h \
	sim/api/kubernetes_jobs.c \
	sim/api/kubernetes_kubelet.c \
	sim/api/kubernetes_logs.c \
	sim/api/kubernetes_metrics.c \
	sim/api/kubernetes_nodes.c \
	sim/api/kubernetes_objects.c \
	sim/api/kubernetes_openapi.c \
	sim/api/kubernetes_owners.c \
	sim/api/kubernetes_patch.c \
	sim/api/kubernetes_forward.c \
	sim/api/kubernetes_tunnel.c sim/api/kubernetes_tunnel.h \
	sim/api/inflate.c sim/api/spdy.c sim/api/spdy.h \
	sim/api/kubernetes_proxy.c \
	sim/api/kubernetes_pods.c \
	sim/api/kubernetes_pods.h \
	sim/api/kubernetes_protobuf.c \
	sim/api/kubernetes_rbac.c \
	sim/api/kubernetes_rules.c \
	sim/api/kubernetes_rules.h \
	sim/api/kubernetes_rules_names.c \
	sim/api/kubernetes_rules_pods.c \
	sim/api/kubernetes_rules_services.c \
	sim/api/kubernetes_scale.c \
	sim/api/kubernetes_scaling.c \
	sim/api/kubernetes_schema.c \
	sim/api/kubernetes_security.c \
	sim/api/kubernetes_select.c \
	sim/api/kubernetes_sets.c \
	sim/api/kubernetes_policies.c \
	sim/api/kubernetes_rules_volumes.c \
	sim/api/kubernetes_storage.c \
	sim/api/kubernetes_cells.c \
	sim/api/kubernetes_table.c \
	sim/api/kubernetes_watch.c \
	sim/api/kubernetes_write.c \
	sim/api/names.c \
	sim/api/network.h \
	sim/api/vpcaccess.c \
	sim/api/servicenetworking.c \
	sim/api/sql.h \
	sim/api/sql_backups.c \
	sim/api/sql_certificates.c \
	sim/api/sql_connect.c \
	sim/api/sql_copies.c \
	sim/api/sql_databases.c \
	sim/api/sql_flags.c \
	sim/api/sql_instances.c \
	sim/api/sql_login.c \
	sim/api/sql_operations.c \
	sim/api/sql_settings.c \
	sim/api/sql_users.c

EXTRA_DIST += tests/sim/cloud.h tests/sim/passing.h
check_PROGRAMS += tests/sim/compute_schedules
TESTS += tests/sim/compute_schedules
tests_sim_compute_schedules_SOURCES = tests/sim/compute_schedules.c tests/sim/cloud.h tests/tap.h
tests_sim_compute_schedules_LDADD = $(LIB_SIM) -lm

check_PROGRAMS += tests/sim/compute_own_images
TESTS += tests/sim/compute_own_images
tests_sim_compute_own_images_SOURCES = tests/sim/compute_own_images.c tests/sim/cloud.h tests/tap.h
tests_sim_compute_own_images_LDADD = $(LIB_SIM) -lm
check_PROGRAMS += tests/sim/compute_snapshots
TESTS += tests/sim/compute_snapshots
tests_sim_compute_snapshots_SOURCES = tests/sim/compute_snapshots.c tests/sim/cloud.h tests/tap.h
tests_sim_compute_snapshots_LDADD = $(LIB_SIM) -lm

check_PROGRAMS += tests/sim/network_compute
TESTS += tests/sim/network_compute
tests_sim_network_compute_SOURCES = tests/sim/network_compute.c tests/sim/cloud.h tests/tap.h
tests_sim_network_compute_LDADD = $(LIB_SIM) -lm
check_PROGRAMS += tests/sim/network_sql
TESTS += tests/sim/network_sql
tests_sim_network_sql_SOURCES = tests/sim/network_sql.c tests/sim/cloud.h tests/tap.h
tests_sim_network_sql_LDADD = $(LIB_SIM) -lm
check_PROGRAMS += tests/sim/network_balance
TESTS += tests/sim/network_balance
tests_sim_network_balance_SOURCES = tests/sim/network_balance.c tests/sim/cloud.h tests/tap.h
tests_sim_network_balance_LDADD = $(LIB_SIM) -lm
REAL_TESTS += tests/gcloud/kubectl.py tests/gcloud/network.py tests/gcloud/stacks.py tests/gcloud/tunnel.py tests/gcloud/relay.py
check_PROGRAMS += tests/sim/provider
TESTS += tests/sim/provider
tests_sim_provider_SOURCES = tests/sim/provider.c tests/sim/cloud.h tests/tap.h
tests_sim_provider_LDADD = $(LIB_SIM) -lm
check_PROGRAMS += tests/sim/network_clusters
TESTS += tests/sim/network_clusters
tests_sim_network_clusters_SOURCES = tests/sim/network_clusters.c tests/sim/cloud.h tests/tap.h
tests_sim_network_clusters_LDADD = $(LIB_SIM) -lm
check_PROGRAMS += tests/sim/network_kubernetes
TESTS += tests/sim/network_kubernetes
tests_sim_network_kubernetes_SOURCES = tests/sim/network_kubernetes.c tests/sim/cloud.h tests/tap.h
tests_sim_network_kubernetes_LDADD = $(LIB_SIM) -lm
check_PROGRAMS += tests/sim/network_pods
TESTS += tests/sim/network_pods
tests_sim_network_pods_SOURCES = tests/sim/network_pods.c tests/sim/cloud.h tests/tap.h
tests_sim_network_pods_LDADD = $(LIB_SIM) -lm

check_PROGRAMS += tests/sim/machines
TESTS += tests/sim/machines
tests_sim_machines_SOURCES = tests/sim/machines.c tests/sim/cloud.h tests/tap.h
tests_sim_machines_LDADD = $(LIB_SIM)
