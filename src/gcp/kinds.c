/* The table of kinds: a row each. */
#include "config.h"
#include "gcp/kinds.h"

#include <string.h>

const char kind_prices_date[] = "2026-05";

const struct kind *const kinds[] = {
    &kind_services,
    &kind_service_account,
    &kind_policy,
    &kind_network,
    &kind_given_network,
    &kind_given_subnetwork,
    &kind_given_nat,
    &kind_given_connector,
    &kind_free_range,
    &kind_shared_vpc,
    &kind_network_users,
    &kind_subnetwork,
    &kind_global_address,
    &kind_connection,
    &kind_sql_instance,
    &kind_sql_database,
    &kind_sql_user,
    &kind_sql_iam_user,
    &kind_sql_rootless,
    &kind_sql_flagless,
    &kind_sql_backup,
    &kind_bucket,
    &kind_object,
    &kind_repository,
    &kind_docker_image,
    &kind_image,
    &kind_secret,
    &kind_secret_version,
    &kind_run_job,
    &kind_run_service,
    &kind_run_revisions,
    &kind_run_stop,
    &kind_address,
    &kind_forwarding_rule,
    &kind_target_http_proxy,
    &kind_target_https_proxy,
    &kind_url_map,
    &kind_backend_service,
    &kind_network_endpoint_group,
    &kind_health_check,
    &kind_ssl_policy,
    &kind_ssl_certificate,
    &kind_firewall,
    &kind_router,
    &kind_instance,
    &kind_instance_group,
    &kind_dns_authorization,
    &kind_uptime_check,
    &kind_notification_channel,
    &kind_alert_policy,
    &kind_certificate,
    &kind_certificate_map,
    &kind_certificate_map_entry,
    &kind_dns_record,
    &kind_dns_zone,
    &kind_errand_record,
    &kind_errand_redirect,
    &kind_cluster,
    &kind_existing_cluster,
    &kind_kubernetes_object,
    &kind_service_identity,
    &kind_iap_settings,
    &kind_appengine_application,
    &kind_appengine_placeholder,
    &kind_appengine_ingress,
    &kind_appengine_version,
    &kind_appengine_service,
    &kind_appengine_versions,
    &kind_appengine_stop,
    &kind_instance_stop,
    &kind_kubernetes_stop,
    &kind_workload_identity_pool,
    &kind_workload_identity_provider,
    NULL,
};

const struct kind *kind_find(const char *id)
{
	for (const struct kind *const *k = kinds; *k; k++)
		if (!strcmp((*k)->id, id))
			return *k;
	return NULL;
}
