/* The table of simulated APIs: each row is the const struct at the end of one file in sim/api/. Worlds are seeded in this
 * order: identity comes first. */
#include "config.h"
#include "sim/apis.h"

/* sim/api/identity.mk */
extern const struct sim_api sim_cloudkms, sim_api_certificatemanager, sim_api_cloudbilling, sim_api_dns, sim_api_dns_records,
    sim_api_iam, sim_api_iam_accounts, sim_api_iam_certificates, sim_api_iam_custom_roles, sim_api_iam_federation,
    sim_api_iam_keys, sim_api_iamcredentials, sim_api_iap, sim_iap_edge, sim_iap_tunnel, sim_api_iam_permissions,
    sim_secretmanager_locations, sim_certificatemanager_locations, sim_api_orgpolicy, sim_api_resourcemanager,
    sim_api_secretmanager, sim_api_serviceusage, sim_api_storage_buckets, sim_api_storage_bucket_policies,
    sim_api_storage_download, sim_api_storage_objects, sim_api_storage_upload;
/* sim/api/network.mk */
extern const struct sim_api sim_compute_addresses, sim_compute_autoscalers, sim_compute_backend_services, sim_compute_batch,
    sim_compute_certificates, sim_compute_disks, sim_compute_firewalls, sim_compute_forwarding_rules, sim_compute_groups,
    sim_compute_health_checks, sim_compute_images, sim_compute_instances, sim_compute_instance_disks,
    sim_compute_instance_output, sim_compute_managers, sim_compute_networks, sim_compute_operations, sim_compute_permissions,
    sim_compute_places, sim_compute_policies, sim_compute_schedules, sim_compute_snapshots, sim_compute_templates,
    sim_compute_routers, sim_compute_routes, sim_compute_subnetworks, sim_compute_url_maps, sim_container_clusters,
    sim_container_operations, sim_container_pools, sim_container_updates, sim_kubernetes, sim_names, sim_servicenetworking,
    sim_sql_backups, sim_sql_certificates, sim_sql_connect, sim_sql_flags, sim_sql_copies, sim_sql_databases, sim_sql_instances,
    sim_sql_operations, sim_sql_users, sim_vpcaccess;

/* sim/api/serving.mk */
extern const struct sim_api sim_appengine, sim_appengine_versions, sim_artifactregistry, sim_artifactregistry_files,
    sim_cloudbuild, sim_cloudbuild_triggers, sim_cloudscheduler, sim_docker_registry, sim_logging, sim_run, sim_run_jobs,
    sim_run_services;

/* sim/api/observing.mk */
extern const struct sim_api sim_containeranalysis, sim_logging_config, sim_monitoring;

/* sim/local.mk */
extern const struct sim_api sim_github, sim_metadata, sim_oauth, sim_openid, sim_signin, sim_sts;

const struct sim_api *const sim_apis[] = {
    /* identity: projects before all, then what is enabled in them */
    &sim_api_resourcemanager,
    &sim_api_serviceusage,
    &sim_api_cloudbilling,
    &sim_api_iam,
    &sim_api_iam_accounts,
    &sim_api_iam_certificates,
    &sim_api_iam_custom_roles,
    &sim_api_iam_federation,
    &sim_api_iam_keys,
    &sim_api_iamcredentials,
    &sim_api_iap,
    &sim_iap_edge,
    &sim_iap_tunnel,
    &sim_api_iam_permissions,
    &sim_secretmanager_locations,
    &sim_certificatemanager_locations,
    &sim_api_certificatemanager,
    &sim_api_dns,
    &sim_cloudkms,
    &sim_api_dns_records,
    &sim_api_orgpolicy,
    &sim_api_secretmanager,
    &sim_api_storage_buckets,
    &sim_api_storage_bucket_policies,
    &sim_api_storage_download,
    &sim_api_storage_objects,
    &sim_api_storage_upload,
    /* network */
    &sim_compute_addresses,
    &sim_compute_autoscalers,
    &sim_compute_backend_services,
    &sim_compute_batch,
    &sim_compute_certificates,
    &sim_compute_disks,
    &sim_compute_firewalls,
    &sim_compute_forwarding_rules,
    &sim_compute_groups,
    &sim_compute_health_checks,
    &sim_compute_images,
    &sim_compute_instances,
    &sim_compute_instance_disks,
    &sim_compute_instance_output,
    &sim_compute_managers,
    &sim_compute_networks,
    &sim_compute_operations,
    &sim_compute_permissions,
    &sim_compute_places,
    &sim_compute_policies,
    &sim_compute_schedules,
    &sim_compute_snapshots,
    &sim_compute_templates,
    &sim_compute_routers,
    &sim_compute_routes,
    &sim_compute_subnetworks,
    &sim_compute_url_maps,
    &sim_container_clusters,
    &sim_container_operations,
    &sim_container_pools,
    &sim_container_updates,
    &sim_kubernetes,
    &sim_names,
    &sim_servicenetworking,
    &sim_sql_backups,
    &sim_sql_certificates,
    &sim_sql_connect,
    &sim_sql_copies,
    &sim_sql_databases,
    &sim_sql_flags,
    &sim_sql_instances,
    &sim_sql_operations,
    &sim_sql_users,
    &sim_vpcaccess,
    /* serving */
    &sim_appengine,
    &sim_appengine_versions,
    &sim_artifactregistry,
    &sim_artifactregistry_files,
    &sim_cloudbuild,
    &sim_cloudscheduler,
    &sim_docker_registry,
    &sim_cloudbuild_triggers,
    &sim_logging,
    &sim_run,
    &sim_run_jobs,
    &sim_run_services,
    /* observing */
    &sim_containeranalysis,
    &sim_logging_config,
    &sim_monitoring,
    /* tokens and sign-in */
    &sim_metadata,
    &sim_oauth,
    &sim_signin,
    &sim_openid,
    &sim_github,
    &sim_sts,
    NULL,
};
