# A tracking server on Cloud Run that reaches a private database through a connector, with a job that migrates, and a trigger that builds.
resource "google_service_account" "server" {
  account_id = "tf-connected"
}

resource "google_compute_network" "network" {
  name                    = "tf-connected"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "connector" {
  name          = "tf-connector"
  network       = google_compute_network.network.id
  ip_cidr_range = "10.8.0.0/28"
}

resource "google_vpc_access_connector" "connector" {
  name          = "tf-connector"
  machine_type  = "e2-micro"
  min_instances = 2
  max_instances = var.changed ? 4 : 3
  subnet {
    name = google_compute_subnetwork.connector.name
  }
}

resource "google_compute_global_address" "peering" {
  name          = "tf-connected"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 16
  network       = google_compute_network.network.id
}

resource "google_service_networking_connection" "private" {
  network                 = google_compute_network.network.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.peering.name]
  deletion_policy         = "ABANDON"
}

resource "google_sql_database_instance" "db" {
  name                = "tf-connected"
  database_version    = "MYSQL_8_0"
  deletion_protection = false
  depends_on          = [google_service_networking_connection.private]
  settings {
    tier              = "db-custom-2-7680"
    edition           = "ENTERPRISE"
    availability_type = "REGIONAL"
    disk_autoresize   = true
    disk_size         = 20
    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.network.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }
    backup_configuration {
      enabled            = true
      binary_log_enabled = true
      start_time         = "03:00"
    }
    maintenance_window {
      day          = 7
      hour         = 3
      update_track = "stable"
    }
    insights_config {
      query_insights_enabled  = true
      record_application_tags = var.changed
    }
    database_flags {
      name  = "long_query_time"
      value = "5"
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
  password = var.changed ? "changed-pass-1" : "first-pass-1"
}

resource "google_secret_manager_secret" "password" {
  secret_id = "tf-connected-password"
  labels    = { app = "mlflow" }
  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_version" "password" {
  secret      = google_secret_manager_secret.password.id
  secret_data = "first-pass-1"
}

resource "google_secret_manager_secret_iam_member" "server" {
  secret_id = google_secret_manager_secret.password.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.server.member
}

resource "google_project_iam_member" "server" {
  for_each = toset(["roles/cloudsql.client", "roles/logging.logWriter", "roles/cloudbuild.builds.builder"])
  project  = "demo-proj"
  role     = each.value
  member   = google_service_account.server.member
}

resource "google_cloud_run_v2_service" "server" {
  name                = "tf-connected"
  location            = "us-central1"
  ingress             = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  deletion_protection = false
  labels              = { app = "mlflow" }
  template {
    service_account                  = google_service_account.server.email
    timeout                          = "${var.changed ? 600 : 300}s"
    max_instance_request_concurrency = 40
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    session_affinity                 = true
    scaling {
      min_instance_count = 0
      max_instance_count = var.changed ? 4 : 2
    }
    vpc_access {
      connector = google_vpc_access_connector.connector.id
      egress    = "PRIVATE_RANGES_ONLY"
    }
    containers {
      image = "us-docker.pkg.dev/cloudrun/container/hello"
      ports {
        container_port = 8080
      }
      resources {
        limits            = { cpu = "2", memory = "2Gi" }
        cpu_idle          = true
        startup_cpu_boost = true
      }
      env {
        name  = "DB_HOST"
        value = google_sql_database_instance.db.private_ip_address
      }
      env {
        name = "DB_PASSWORD"
        value_source {
          secret_key_ref {
            secret  = google_secret_manager_secret.password.secret_id
            version = "latest"
          }
        }
      }
      startup_probe {
        period_seconds    = 5
        failure_threshold = 20
        tcp_socket {
          port = 8080
        }
      }
      liveness_probe {
        http_get {
          path = "/"
        }
      }
      volume_mounts {
        name       = "scratch"
        mount_path = "/scratch"
      }
    }
    volumes {
      name = "scratch"
      empty_dir {
        medium     = "MEMORY"
        size_limit = "128Mi"
      }
    }
  }
  depends_on = [google_secret_manager_secret_iam_member.server, google_secret_manager_secret_version.password]
}

resource "google_cloud_run_v2_job" "migrate" {
  name                = "tf-migrate"
  location            = "us-central1"
  deletion_protection = false
  template {
    task_count = 1
    template {
      service_account = google_service_account.server.email
      max_retries     = var.changed ? 2 : 1
      timeout         = "900s"
      containers {
        image   = "us-docker.pkg.dev/cloudrun/container/job"
        command = ["mlflow"]
        args    = ["db", "upgrade"]
      }
      vpc_access {
        network_interfaces {
          network    = google_compute_network.network.id
          subnetwork = google_compute_subnetwork.egress.id
        }
        egress = "PRIVATE_RANGES_ONLY"
      }
    }
  }
}

resource "google_compute_subnetwork" "egress" {
  name          = "tf-egress"
  network       = google_compute_network.network.id
  ip_cidr_range = "10.9.0.0/24"
}

resource "google_cloudbuild_trigger" "webhook" {
  name            = "tf-webhook"
  description     = var.changed ? "changed" : "first"
  location        = "us-central1"
  service_account = google_service_account.server.id
  webhook_config {
    secret = google_secret_manager_secret_version.password.id
  }
  substitutions = { _TAG = "v1" }
  build {
    step {
      name = "gcr.io/cloud-builders/docker"
      args = ["version"]
    }
    options {
      logging = "CLOUD_LOGGING_ONLY"
    }
  }
}

resource "google_cloudbuild_trigger" "topic" {
  name     = "tf-topic"
  disabled = var.changed
  pubsub_config {
    topic = "projects/demo-proj/topics/pushes"
  }
  build {
    timeout = "600s"
    step {
      name       = "ubuntu"
      entrypoint = "bash"
      args       = ["-c", "echo hi"]
    }
  }
}
