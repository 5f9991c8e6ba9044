# A tracking server of two containers on Cloud Run, inside the network by Direct VPC egress, behind a load balancer with IAP, with a database by Private
# Service Connect, a bucket as a volume, and who may what said by bindings.
resource "google_service_account" "server" {
  account_id = "tf-front"
}

# Cloud Run keeps its addresses in the subnetwork for an hour or more, so it is one that stays.
data "google_compute_network" "network" {
  name = "default"
}

data "google_compute_subnetwork" "egress" {
  name   = "default"
  region = "us-central1"
}

resource "google_storage_bucket" "artifacts" {
  name                        = "tf-front-artifacts"
  location                    = "US-CENTRAL1"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true
  versioning {
    enabled = true
  }
  soft_delete_policy {
    retention_duration_seconds = 604800
  }
  lifecycle_rule {
    condition {
      num_newer_versions = var.changed ? 5 : 3
    }
    action {
      type = "Delete"
    }
  }
}

resource "google_storage_bucket_iam_binding" "server" {
  bucket  = google_storage_bucket.artifacts.name
  role    = "roles/storage.objectUser"
  members = [google_service_account.server.member]
}

resource "google_sql_database_instance" "db" {
  name                = "tf-front"
  database_version    = "POSTGRES_16"
  deletion_protection = false
  settings {
    tier              = "db-custom-1-3840"
    edition           = "ENTERPRISE"
    availability_type = "ZONAL"
    disk_type         = "PD_SSD"
    disk_size         = 10
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
      query_plans_per_minute = 5
    }
    password_validation_policy {
      enable_password_policy      = true
      min_length                  = 12
      complexity                  = "COMPLEXITY_DEFAULT"
      disallow_username_substring = true
    }
  }
}

resource "google_sql_user" "server" {
  name     = trimsuffix(google_service_account.server.email, ".gserviceaccount.com")
  instance = google_sql_database_instance.db.name
  type     = "CLOUD_IAM_SERVICE_ACCOUNT"
}

resource "google_compute_address" "db" {
  name         = "tf-front-db"
  subnetwork   = data.google_compute_subnetwork.egress.id
  address_type = "INTERNAL"
}

resource "google_compute_forwarding_rule" "db" {
  name                    = "tf-front-db"
  network                 = data.google_compute_network.network.id
  ip_address              = google_compute_address.db.id
  load_balancing_scheme   = ""
  target                  = google_sql_database_instance.db.psc_service_attachment_link
  allow_psc_global_access = true
}

resource "google_dns_managed_zone" "db" {
  name       = "tf-front-db"
  dns_name   = "db.internal."
  visibility = "private"
  private_visibility_config {
    networks {
      network_url = data.google_compute_network.network.id
    }
  }
}

resource "google_dns_record_set" "db" {
  managed_zone = google_dns_managed_zone.db.name
  name         = "pg.db.internal."
  type         = "A"
  ttl          = var.changed ? 60 : 300
  rrdatas      = [google_compute_address.db.address]
}

resource "google_cloud_run_v2_service" "server" {
  name                 = "tf-front"
  location             = "us-central1"
  ingress              = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  deletion_protection  = false
  invoker_iam_disabled = false
  template {
    service_account = google_service_account.server.email
    scaling {
      min_instance_count = 1
      max_instance_count = 3
    }
    vpc_access {
      network_interfaces {
        network    = data.google_compute_network.network.id
        subnetwork = data.google_compute_subnetwork.egress.id
        tags       = ["server"]
      }
      egress = var.changed ? "ALL_TRAFFIC" : "PRIVATE_RANGES_ONLY"
    }
    containers {
      name  = "gate"
      image = "us-docker.pkg.dev/cloudrun/container/hello"
      ports {
        container_port = 8080
      }
      depends_on = ["mlflow"]
      resources {
        limits   = { cpu = "1", memory = "512Mi" }
        cpu_idle = false
      }
    }
    containers {
      name  = "mlflow"
      image = "us-docker.pkg.dev/cloudrun/container/hello"
      env {
        name  = "PORT"
        value = "5000"
      }
      env {
        name  = "GUNICORN_CMD_ARGS"
        value = var.changed ? "--timeout 120" : "--timeout 60"
      }
      resources {
        limits   = { cpu = "1", memory = "2Gi" }
        cpu_idle = false
      }
      startup_probe {
        initial_delay_seconds = 5
        period_seconds        = 5
        failure_threshold     = 12
        tcp_socket {
          port = 5000
        }
      }
      volume_mounts {
        name       = "artifacts"
        mount_path = "/artifacts"
      }
    }
    volumes {
      name = "artifacts"
      gcs {
        bucket    = google_storage_bucket.artifacts.name
        read_only = false
      }
    }
  }
  traffic {
    type    = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    percent = 100
  }
  depends_on = [google_storage_bucket_iam_binding.server]
}

resource "google_compute_region_network_endpoint_group" "server" {
  name                  = "tf-front"
  region                = "us-central1"
  network_endpoint_type = "SERVERLESS"
  cloud_run {
    service = google_cloud_run_v2_service.server.name
  }
}

resource "google_compute_backend_service" "server" {
  name                  = "tf-front"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  backend {
    group = google_compute_region_network_endpoint_group.server.id
  }
  iap {
    enabled = true
  }
  log_config {
    enable      = true
    sample_rate = var.changed ? 0.5 : 1
  }
}

resource "google_iap_web_backend_service_iam_binding" "people" {
  web_backend_service = google_compute_backend_service.server.name
  role                = "roles/iap.httpsResourceAccessor"
  members             = var.changed ? ["user:ann@example.com", "user:bob@example.com"] : ["user:ann@example.com"]
}

resource "google_compute_url_map" "server" {
  name            = "tf-front"
  default_service = google_compute_backend_service.server.id
}

resource "google_certificate_manager_dns_authorization" "server" {
  name   = "tf-front"
  domain = "mlflow.example.org"
}

resource "google_certificate_manager_certificate" "server" {
  name = "tf-front"
  managed {
    domains            = ["mlflow.example.org"]
    dns_authorizations = [google_certificate_manager_dns_authorization.server.id]
  }
}

resource "google_certificate_manager_certificate_map" "server" {
  name = "tf-front"
}

resource "google_certificate_manager_certificate_map_entry" "server" {
  name         = "tf-front"
  map          = google_certificate_manager_certificate_map.server.name
  certificates = [google_certificate_manager_certificate.server.id]
  hostname     = "mlflow.example.org"
}

resource "google_compute_target_https_proxy" "server" {
  name            = "tf-front"
  url_map         = google_compute_url_map.server.id
  certificate_map = "//certificatemanager.googleapis.com/${google_certificate_manager_certificate_map.server.id}"
}

resource "google_compute_global_address" "server" {
  name = "tf-front"
}

resource "google_compute_global_forwarding_rule" "server" {
  name                  = "tf-front"
  target                = google_compute_target_https_proxy.server.id
  ip_address            = google_compute_global_address.server.address
  port_range            = "443"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}

resource "google_org_policy_policy" "locations" {
  name   = "projects/demo-proj/policies/gcp.resourceLocations"
  parent = "projects/demo-proj"
  spec {
    inherit_from_parent = true
    rules {
      values {
        allowed_values = var.changed ? ["in:us-locations", "global", "us-central1"] : ["in:us-locations", "global"]
      }
    }
  }
}
