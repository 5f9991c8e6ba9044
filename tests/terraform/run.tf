# Cloud Run: services and jobs, their policies, secrets and networks.
resource "google_service_account" "runtime" {
  account_id = "tf-runtime"
}

# Its addresses stay in a subnetwork for more than an hour, so it is one that is not deleted.
data "google_compute_subnetwork" "default" {
  name = "default"
}

resource "google_secret_manager_secret" "secret" {
  secret_id = "tf-secret"
  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_version" "one" {
  secret      = google_secret_manager_secret.secret.id
  secret_data = "s3cret"
}

resource "google_secret_manager_secret_iam_member" "reader" {
  secret_id = google_secret_manager_secret.secret.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.runtime.member
}

resource "google_storage_bucket" "bucket" {
  name                        = "tf-demo-proj-mounted"
  location                    = "us-central1"
  uniform_bucket_level_access = true
}

resource "google_cloud_run_v2_service" "server" {
  name                = "tf-server"
  location            = "us-central1"
  deletion_protection = false
  description         = "tracking server"
  ingress             = var.changed ? "INGRESS_TRAFFIC_ALL" : "INGRESS_TRAFFIC_INTERNAL_ONLY"
  labels              = { stack = var.changed ? "b" : "a" }
  depends_on          = [google_secret_manager_secret_version.one, google_secret_manager_secret_iam_member.reader]
  scaling {
    min_instance_count = var.changed ? 1 : 0
  }
  template {
    service_account                  = google_service_account.runtime.email
    timeout                          = "300s"
    max_instance_request_concurrency = 40
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    session_affinity                 = true
    annotations                      = { note = "template" }
    scaling {
      min_instance_count = 0
      max_instance_count = var.changed ? 4 : 2
    }
    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network    = "default"
        subnetwork = data.google_compute_subnetwork.default.name
        tags       = ["run"]
      }
    }
    containers {
      name       = "ingress"
      image      = "us-docker.pkg.dev/cloudrun/container/hello"
      depends_on = ["proxy"]
      ports {
        container_port = 8080
      }
      env {
        name  = "WORDS"
        value = var.changed ? "changed" : "as made"
      }
      env {
        name = "SECRET"
        value_source {
          secret_key_ref {
            secret  = google_secret_manager_secret.secret.secret_id
            version = "1"
          }
        }
      }
      resources {
        limits            = { cpu = "1", memory = "512Mi" }
        cpu_idle          = true
        startup_cpu_boost = true
      }
      startup_probe {
        http_get {
          path = "/"
        }
        period_seconds    = 5
        failure_threshold = 10
      }
      volume_mounts {
        name       = "secret"
        mount_path = "/secrets"
      }
    }
    containers {
      name  = "proxy"
      image = "gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.25.3"
      args  = ["--address=0.0.0.0", "--port=5432", "demo-proj:us-central1:db"]
      env {
        name  = "WORDS"
        value = "beside"
      }
      startup_probe {
        tcp_socket {
          port = 5432
        }
      }
      volume_mounts {
        name       = "bucket"
        mount_path = "/bucket"
      }
      volume_mounts {
        name       = "scratch"
        mount_path = "/scratch"
      }
    }
    volumes {
      name = "secret"
      secret {
        secret = google_secret_manager_secret.secret.secret_id
        items {
          version = "1"
          path    = "value"
        }
      }
    }
    volumes {
      name = "bucket"
      gcs {
        bucket    = google_storage_bucket.bucket.name
        read_only = true
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
  traffic {
    type    = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    percent = 100
  }
}

resource "google_cloud_run_v2_service" "iap" {
  name                = "tf-iap"
  location            = "us-central1"
  deletion_protection = false
  iap_enabled         = !var.changed
  template {
    containers {
      image = "us-docker.pkg.dev/cloudrun/container/hello"
    }
  }
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  name     = google_cloud_run_v2_service.server.name
  location = google_cloud_run_v2_service.server.location
  role     = "roles/run.invoker"
  member   = google_service_account.runtime.member
}

resource "google_iap_web_cloud_run_service_iam_member" "people" {
  location               = google_cloud_run_v2_service.iap.location
  cloud_run_service_name = google_cloud_run_v2_service.iap.name
  role                   = "roles/iap.httpsResourceAccessor"
  member                 = "user:operator@example.com"
}

resource "google_cloud_run_v2_job" "migrate" {
  name                = "tf-migrate"
  location            = "us-central1"
  deletion_protection = false
  labels              = { stack = var.changed ? "b" : "a" }
  template {
    task_count  = 1
    parallelism = 1
    template {
      service_account = google_service_account.runtime.email
      max_retries     = var.changed ? 1 : 0
      timeout         = "600s"
      containers {
        image   = "us-docker.pkg.dev/cloudrun/container/job"
        command = ["mlflow"]
        args    = ["db", "upgrade"]
        env {
          name = "SECRET"
          value_source {
            secret_key_ref {
              secret  = google_secret_manager_secret.secret.secret_id
              version = "latest"
            }
          }
        }
        resources {
          limits = { cpu = "1", memory = "512Mi" }
        }
      }
      vpc_access {
        egress = "ALL_TRAFFIC"
        network_interfaces {
          network    = data.google_compute_subnetwork.default.network
          subnetwork = data.google_compute_subnetwork.default.id
        }
      }
    }
  }
  depends_on = [google_secret_manager_secret_version.one, google_secret_manager_secret_iam_member.reader]
}

resource "google_cloud_run_v2_job_iam_member" "invoker" {
  name     = google_cloud_run_v2_job.migrate.name
  location = google_cloud_run_v2_job.migrate.location
  role     = "roles/run.invoker"
  member   = google_service_account.runtime.member
}

resource "google_cloud_run_service" "knative" {
  name     = "tf-knative"
  location = "us-central1"
  template {
    metadata {
      annotations = { "autoscaling.knative.dev/maxScale" = var.changed ? "4" : "2" }
    }
    spec {
      service_account_name = google_service_account.runtime.email
      containers {
        image = "us-docker.pkg.dev/cloudrun/container/hello"
        env {
          name  = "WORDS"
          value = var.changed ? "changed" : "as made"
        }
      }
    }
  }
  traffic {
    percent         = 100
    latest_revision = true
  }
}

resource "google_cloud_run_service_iam_member" "everyone" {
  service  = google_cloud_run_service.knative.name
  location = google_cloud_run_service.knative.location
  role     = "roles/run.invoker"
  member   = google_service_account.runtime.member
}

data "google_cloud_run_v2_service" "server" {
  name     = google_cloud_run_v2_service.server.name
  location = "us-central1"
}

data "google_cloud_run_v2_job" "migrate" {
  name     = google_cloud_run_v2_job.migrate.name
  location = "us-central1"
}

data "google_cloud_run_service" "knative" {
  name     = google_cloud_run_service.knative.name
  location = "us-central1"
}

# Traffic divided among named revisions.
resource "google_cloud_run_v2_service" "divided" {
  name                = "tf-divided"
  location            = "us-central1"
  deletion_protection = false
  template {
    revision = var.changed ? "tf-divided-two" : "tf-divided-one"
    containers {
      image = "us-docker.pkg.dev/cloudrun/container/hello"
    }
  }
  dynamic "traffic" {
    for_each = var.changed ? { "tf-divided-one" = 80, "tf-divided-two" = 20 } : { "tf-divided-one" = 100 }
    content {
      type     = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
      revision = traffic.key
      percent  = traffic.value
      tag      = substr(traffic.key, 11, 3)
    }
  }
}
