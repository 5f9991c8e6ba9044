# Cloud SQL: PostgreSQL on a private address through private services access, MySQL on a public one, databases and users.
resource "google_compute_network" "network" {
  name                    = "tf-network"
  auto_create_subnetworks = false
}

resource "google_compute_global_address" "peering" {
  name          = "tf-peering"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
  network       = google_compute_network.network.id
}

resource "google_service_networking_connection" "private" {
  network                 = google_compute_network.network.id
  service                 = "servicenetworking.googleapis.com"
  deletion_policy         = "REMOVE_PEERING" # the producer holds the connection for days
  reserved_peering_ranges = [google_compute_global_address.peering.name]
}

resource "google_sql_database_instance" "postgres" {
  name                = "tf-postgres"
  database_version    = "POSTGRES_17"
  region              = "us-central1"
  deletion_protection = false
  depends_on          = [google_service_networking_connection.private]
  settings {
    tier                        = var.changed ? "db-custom-2-7680" : "db-custom-1-3840"
    edition                     = "ENTERPRISE"
    availability_type           = "ZONAL"
    disk_size                   = var.changed ? 20 : 10
    disk_type                   = "PD_SSD"
    deletion_protection_enabled = false
    user_labels                 = { stack = "a" }
    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.network.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }
    backup_configuration {
      enabled                        = true
      start_time                     = "03:00"
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7
      backup_retention_settings {
        retained_backups = var.changed ? 14 : 7
      }
    }
    database_flags {
      name  = "cloudsql.iam_authentication"
      value = "on"
    }
    insights_config {
      query_insights_enabled = true
    }
    maintenance_window {
      day  = 7
      hour = 4
    }
  }
}

resource "google_sql_database" "mlflow" {
  name     = "mlflow"
  instance = google_sql_database_instance.postgres.name
}

resource "google_sql_user" "mlflow" {
  name            = "mlflow"
  instance        = google_sql_database_instance.postgres.name
  password        = var.changed ? "another password" : "a password"
  deletion_policy = "DELETE"
}

resource "google_service_account" "runtime" {
  account_id = "tf-runtime"
}

resource "google_sql_user" "account" {
  name     = trimsuffix(google_service_account.runtime.email, ".gserviceaccount.com")
  instance = google_sql_database_instance.postgres.name
  type     = "CLOUD_IAM_SERVICE_ACCOUNT"
}

resource "google_sql_database_instance" "mysql" {
  name                = "tf-mysql"
  database_version    = "MYSQL_8_4"
  region              = "us-central1"
  deletion_protection = false
  root_password       = "the root password"
  settings {
    tier    = "db-f1-micro"
    edition = "ENTERPRISE"
    ip_configuration {
      authorized_networks {
        name  = "office"
        value = var.changed ? "203.0.113.0/24" : "198.51.100.0/24"
      }
    }
  }
}

resource "google_sql_database" "charset" {
  name      = "mlflow"
  instance  = google_sql_database_instance.mysql.name
  charset   = "utf8mb4"
  collation = var.changed ? "utf8mb4_bin" : "utf8mb4_general_ci"
}

resource "google_sql_user" "host" {
  name     = "mlflow"
  instance = google_sql_database_instance.mysql.name
  host     = "%"
  password = var.changed ? "another password" : "a password"
}

# Through Private Service Connect.
resource "google_sql_database_instance" "psc" {
  name                = "tf-psc"
  database_version    = "POSTGRES_17"
  region              = "us-central1"
  deletion_protection = false
  settings {
    tier              = "db-perf-optimized-N-2"
    edition           = "ENTERPRISE_PLUS"
    availability_type = var.changed ? "REGIONAL" : "ZONAL"
    ip_configuration {
      ipv4_enabled = false
      psc_config {
        psc_enabled               = true
        allowed_consumer_projects = ["demo-proj"]
      }
    }
    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
    }
    data_cache_config {
      data_cache_enabled = true
    }
  }
}

resource "google_compute_address" "psc" {
  name         = "tf-psc"
  address_type = "INTERNAL"
  subnetwork   = "default"
}

resource "google_compute_forwarding_rule" "psc" {
  name                  = "tf-psc"
  network               = "default"
  ip_address            = google_compute_address.psc.id
  load_balancing_scheme = ""
  target                = google_sql_database_instance.psc.psc_service_attachment_link
}

data "google_sql_tiers" "all" {}

data "google_sql_database_instance" "postgres" {
  name = google_sql_database_instance.postgres.name
}

data "google_sql_databases" "mysql" {
  instance   = google_sql_database_instance.mysql.name
  depends_on = [google_sql_database.charset]
}

data "google_sql_ca_certs" "postgres" {
  instance = google_sql_database_instance.postgres.name
}

data "google_sql_database_instances" "all" {
  depends_on = [google_sql_database_instance.mysql]
}

data "google_sql_database" "mlflow" {
  name     = google_sql_database.mlflow.name
  instance = google_sql_database_instance.postgres.name
}
