# App Engine: the application, which stays; flexible versions, traffic, IAP.
resource "google_app_engine_application" "app" {
  location_id    = "us-central"
  auth_domain    = "gmail.com"
  serving_status = "SERVING"
}

resource "google_project_iam_member" "runtime" {
  project    = "demo-proj"
  role       = "roles/storage.objectViewer"
  member     = "serviceAccount:demo-proj@appspot.gserviceaccount.com"
  depends_on = [google_app_engine_application.app]
}

resource "google_app_engine_flexible_app_version" "one" {
  version_id      = "one"
  service         = "default"
  runtime         = "custom"
  noop_on_destroy = true
  deployment {
    container {
      image = "us-docker.pkg.dev/cloudrun/container/hello"
    }
  }
  liveness_check {
    path = "/"
  }
  readiness_check {
    path = "/"
  }
  env_variables = { PORT = "8080", WORDS = var.changed ? "changed" : "as made" }
  resources {
    cpu       = 1
    memory_gb = 2
  }
  manual_scaling {
    instances = 1
  }
  depends_on = [google_project_iam_member.runtime]
}

# A service beside the default one goes with its last version.
resource "google_app_engine_flexible_app_version" "beside" {
  version_id                = "first"
  service                   = "beside"
  runtime                   = "custom"
  delete_service_on_destroy = true
  deployment {
    container {
      image = "us-docker.pkg.dev/cloudrun/container/hello"
    }
  }
  liveness_check {
    path          = "/alive"
    initial_delay = "300s"
  }
  readiness_check {
    path              = "/ready"
    app_start_timeout = "300s"
  }
  network {
    name = "default"
  }
  automatic_scaling {
    min_total_instances = 1
    max_total_instances = var.changed ? 4 : 2
    cool_down_period    = "120s"
    cpu_utilization {
      target_utilization = 0.6
    }
  }
  depends_on = [google_app_engine_flexible_app_version.one]
}

resource "google_app_engine_service_split_traffic" "beside" {
  service         = google_app_engine_flexible_app_version.beside.service
  migrate_traffic = false
  split {
    shard_by    = var.changed ? "RANDOM" : "COOKIE"
    allocations = { (google_app_engine_flexible_app_version.beside.version_id) = 1 }
  }
}

resource "google_app_engine_service_network_settings" "beside" {
  service = google_app_engine_flexible_app_version.beside.service
  network_settings {
    ingress_traffic_allowed = var.changed ? "INGRESS_TRAFFIC_ALLOWED_ALL" : "INGRESS_TRAFFIC_ALLOWED_INTERNAL_AND_LB"
  }
}

resource "google_iap_web_type_app_engine_iam_member" "people" {
  app_id = google_app_engine_application.app.app_id
  role   = "roles/iap.httpsResourceAccessor"
  member = "user:operator@example.com"
}

resource "google_iap_app_engine_service_iam_member" "people" {
  app_id  = google_app_engine_application.app.app_id
  service = google_app_engine_flexible_app_version.beside.service
  role    = "roles/iap.httpsResourceAccessor"
  member  = "user:operator@example.com"
}

resource "google_iap_app_engine_version_iam_member" "people" {
  app_id     = google_app_engine_application.app.app_id
  service    = google_app_engine_flexible_app_version.beside.service
  version_id = google_app_engine_flexible_app_version.beside.version_id
  role       = "roles/iap.httpsResourceAccessor"
  member     = "user:operator@example.com"
}

data "google_app_engine_default_service_account" "default" {
  depends_on = [google_app_engine_application.app]
}
