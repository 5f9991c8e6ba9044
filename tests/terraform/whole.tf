# A tracking server as one would write it down: a new project's APIs, accounts, database, bucket, image repository, secrets, migration,
# service, and the load balancer with IAP before it.
locals {
  apis = ["compute", "run", "sqladmin", "servicenetworking", "secretmanager", "artifactregistry", "storage", "iam", "iap", "dns", "cloudbuild"]
  host = "mlflow.example.com"
  tags = { managed-by = "terraform", stack = "mlflow" }
}

resource "google_project_service" "api" {
  for_each           = toset(local.apis)
  service            = "${each.value}.googleapis.com"
  disable_on_destroy = false
}

resource "google_service_account" "runtime" {
  account_id   = "mlflow-runtime"
  display_name = "MLflow"
  depends_on   = [google_project_service.api]
}

data "google_compute_network" "default" {
  name       = "default"
  depends_on = [google_project_service.api]
}

resource "google_compute_global_address" "peering" {
  name          = "mlflow-peering"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 24
  network       = data.google_compute_network.default.id
}

resource "google_service_networking_connection" "private" {
  network                 = data.google_compute_network.default.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.peering.name]
  deletion_policy         = "ABANDON"
}

resource "google_sql_database_instance" "db" {
  name                = "mlflow-db"
  database_version    = "POSTGRES_17"
  deletion_protection = false
  depends_on          = [google_service_networking_connection.private]
  settings {
    tier        = "db-custom-1-3840"
    edition     = "ENTERPRISE"
    user_labels = local.tags
    ip_configuration {
      ipv4_enabled    = false
      private_network = data.google_compute_network.default.id
    }
    backup_configuration {
      enabled = true
    }
  }
}

resource "google_sql_database" "mlflow" {
  name     = "mlflow"
  instance = google_sql_database_instance.db.name
}

resource "google_sql_user" "mlflow" {
  name     = "mlflow"
  instance = google_sql_database_instance.db.name
  password = "dev-password"
}

resource "google_storage_bucket" "artifacts" {
  name                        = "demo-proj-mlflow-artifacts"
  location                    = "us-central1"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  labels                      = local.tags
  depends_on                  = [google_project_service.api]
  versioning {
    enabled = true
  }
}

resource "google_storage_bucket_iam_member" "runtime" {
  bucket = google_storage_bucket.artifacts.name
  role   = "roles/storage.objectUser"
  member = google_service_account.runtime.member
}

resource "google_artifact_registry_repository" "images" {
  location      = "us-central1"
  repository_id = "mlflow"
  format        = "DOCKER"
  labels        = local.tags
  depends_on    = [google_project_service.api]
}

resource "google_secret_manager_secret" "uri" {
  secret_id  = "mlflow-database-uri"
  labels     = local.tags
  depends_on = [google_project_service.api]
  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_version" "uri" {
  secret = google_secret_manager_secret.uri.id
  secret_data = join("", ["postgresql://", google_sql_user.mlflow.name, ":dev-password@", google_sql_database_instance.db.private_ip_address,
  "/", google_sql_database.mlflow.name])
}

resource "google_secret_manager_secret_iam_member" "runtime" {
  secret_id = google_secret_manager_secret.uri.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.runtime.member
}

resource "google_cloud_run_v2_job" "migrate" {
  name                = "mlflow-migrate"
  location            = "us-central1"
  deletion_protection = false
  template {
    template {
      service_account = google_service_account.runtime.email
      containers {
        image = "us-docker.pkg.dev/cloudrun/container/job"
        env {
          name = "MLFLOW_BACKEND_STORE_URI"
          value_source {
            secret_key_ref {
              secret  = google_secret_manager_secret.uri.secret_id
              version = google_secret_manager_secret_version.uri.version
            }
          }
        }
      }
    }
  }
  depends_on = [google_secret_manager_secret_iam_member.runtime]
}

resource "google_cloud_run_v2_service" "server" {
  name                = "mlflow"
  location            = "us-central1"
  ingress             = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  deletion_protection = false
  labels              = local.tags
  template {
    service_account = google_service_account.runtime.email
    scaling {
      max_instance_count = var.changed ? 4 : 2
    }
    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network = "default"
      }
    }
    containers {
      image = "us-docker.pkg.dev/cloudrun/container/hello"
      resources {
        limits = { cpu = "1", memory = var.changed ? "2Gi" : "1Gi" }
      }
      env {
        name = "MLFLOW_BACKEND_STORE_URI"
        value_source {
          secret_key_ref {
            secret  = google_secret_manager_secret.uri.secret_id
            version = google_secret_manager_secret_version.uri.version
          }
        }
      }
    }
  }
  depends_on = [google_secret_manager_secret_iam_member.runtime, google_cloud_run_v2_job.migrate]
}

resource "google_cloud_run_v2_service_iam_member" "iap" {
  name     = google_cloud_run_v2_service.server.name
  location = google_cloud_run_v2_service.server.location
  role     = "roles/run.invoker"
  member   = google_service_account.runtime.member
}

resource "google_compute_global_address" "front" {
  name       = "mlflow-front"
  depends_on = [google_project_service.api]
}

resource "google_dns_managed_zone" "zone" {
  name       = "example"
  dns_name   = "example.com."
  depends_on = [google_project_service.api]
}

resource "google_dns_record_set" "front" {
  managed_zone = google_dns_managed_zone.zone.name
  name         = "${local.host}."
  type         = "A"
  ttl          = 300
  rrdatas      = [google_compute_global_address.front.address]
}

resource "google_compute_region_network_endpoint_group" "server" {
  name                  = "mlflow"
  region                = "us-central1"
  network_endpoint_type = "SERVERLESS"
  cloud_run {
    service = google_cloud_run_v2_service.server.name
  }
}

resource "google_compute_backend_service" "server" {
  name                  = "mlflow"
  protocol              = "HTTPS"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  backend {
    group = google_compute_region_network_endpoint_group.server.id
  }
  iap {
    enabled = true
  }
  log_config {
    enable = var.changed
  }
}

resource "google_iap_web_backend_service_iam_binding" "people" {
  web_backend_service = google_compute_backend_service.server.name
  role                = "roles/iap.httpsResourceAccessor"
  members             = var.changed ? ["user:operator@example.com", "domain:example.com"] : ["user:operator@example.com"]
}

resource "google_compute_managed_ssl_certificate" "front" {
  name       = "mlflow"
  depends_on = [google_project_service.api]
  managed {
    domains = [local.host]
  }
}

resource "google_compute_url_map" "server" {
  name            = "mlflow"
  default_service = google_compute_backend_service.server.id
}

resource "google_compute_target_https_proxy" "front" {
  name             = "mlflow"
  url_map          = google_compute_url_map.server.id
  ssl_certificates = [google_compute_managed_ssl_certificate.front.id]
}

resource "google_compute_global_forwarding_rule" "front" {
  name                  = "mlflow"
  target                = google_compute_target_https_proxy.front.id
  ip_address            = google_compute_global_address.front.id
  port_range            = "443"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}

output "url" {
  value = "https://${local.host}"
}
