/* One const struct a kind; each is defined at the end of its own file, kind_NAME.c. */
#ifndef MS_GCP_KINDS_H
#define MS_GCP_KINDS_H

#include "gcp/kind.h"

extern const struct kind kind_services, kind_service_account, kind_policy;
extern const struct kind kind_network, kind_subnetwork, kind_global_address, kind_connection;
extern const struct kind kind_given_network, kind_given_subnetwork, kind_given_nat, kind_given_connector, kind_given_account,
    kind_given_image, kind_given_zone, kind_issuer, kind_given_role, kind_given_version, kind_free_range, kind_shared_vpc,
    kind_network_users;
extern const struct kind kind_sql_instance, kind_sql_database, kind_sql_user, kind_sql_iam_user, kind_sql_rootless,
    kind_sql_flagless, kind_sql_backup;
extern const struct kind kind_bucket, kind_object, kind_repository, kind_image, kind_docker_image;
extern const struct kind kind_secret, kind_secret_version;
extern const struct kind kind_run_job, kind_run_service, kind_run_revisions, kind_run_stop;
extern const struct kind kind_address, kind_forwarding_rule, kind_target_http_proxy, kind_target_https_proxy, kind_url_map;
extern const struct kind kind_backend_service, kind_network_endpoint_group, kind_health_check, kind_ssl_policy,
    kind_ssl_certificate, kind_firewall;
extern const struct kind kind_instance, kind_instance_group, kind_router;
extern const struct kind kind_workload_identity_pool, kind_workload_identity_provider;
extern const struct kind kind_dns_authorization, kind_certificate, kind_certificate_map, kind_certificate_map_entry;
extern const struct kind kind_dns_record, kind_dns_zone;
extern const struct kind kind_scheduler_job, kind_uptime_check, kind_notification_channel, kind_alert_policy;
extern const struct kind kind_errand_record, kind_errand_redirect;
extern const struct kind kind_cluster, kind_existing_cluster, kind_context, kind_kubernetes_object;
extern const struct kind kind_service_identity, kind_iap_settings;
extern const struct kind kind_appengine_application, kind_appengine_placeholder, kind_appengine_ingress, kind_appengine_version;
extern const struct kind kind_appengine_service, kind_appengine_versions, kind_appengine_stop;
extern const struct kind kind_instance_stop, kind_kubernetes_stop, kind_kubernetes_volume;

#endif
