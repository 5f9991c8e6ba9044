/* One const struct a kind; each is defined at the end of its own file, kind_NAME.c. */
#ifndef MS_GCP_KINDS_H
#define MS_GCP_KINDS_H

#include "gcp/kind.h"

extern const struct kind kind_services, kind_service_account, kind_policy;
extern const struct kind kind_network, kind_subnetwork, kind_global_address, kind_connection;
extern const struct kind kind_sql_instance, kind_sql_database, kind_sql_user;
extern const struct kind kind_bucket, kind_object, kind_repository, kind_image;
extern const struct kind kind_secret, kind_secret_version;
extern const struct kind kind_run_job, kind_run_service;

#endif
