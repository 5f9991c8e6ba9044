# A machine for notebooks that stops at night, its disk's snapshots, what watches it.
data "google_project" "p" {}
resource "google_project_iam_member" "agent" {
  project = "demo-proj"
  role    = "roles/compute.instanceAdmin.v1"
  member  = "serviceAccount:service-${data.google_project.p.number}@compute-system.iam.gserviceaccount.com"
}
resource "google_compute_project_metadata_item" "login" {
  key   = "enable-oslogin"
  value = var.changed ? "FALSE" : "TRUE"
}
resource "google_compute_resource_policy" "night" {
  name        = "nb-night"
  region      = "us-central1"
  description = "office hours"
  instance_schedule_policy {
    vm_start_schedule { schedule = "0 8 * * MON-FRI" }
    vm_stop_schedule { schedule = "0 20 * * *" }
    time_zone = "Europe/Berlin"
  }
}
resource "google_compute_resource_policy" "snapshots" {
  name   = "nb-snapshots"
  region = "us-central1"
  snapshot_schedule_policy {
    schedule {
      daily_schedule {
        days_in_cycle = 1
        start_time    = "04:00"
      }
    }
    retention_policy {
      max_retention_days    = 10
      on_source_disk_delete = "KEEP_AUTO_SNAPSHOTS"
    }
    snapshot_properties {
      labels            = { by = "schedule" }
      storage_locations = ["us"]
      guest_flush       = false
    }
  }
}
resource "google_compute_disk" "data" {
  name                      = "nb-data"
  type                      = "pd-ssd"
  size                      = var.changed ? 200 : 100
  zone                      = "us-central1-a"
  physical_block_size_bytes = 4096
}
resource "google_compute_disk_resource_policy_attachment" "data" {
  name = google_compute_resource_policy.snapshots.name
  disk = google_compute_disk.data.name
  zone = "us-central1-a"
}
resource "google_service_account" "nb" {
  account_id = "nb-runtime"
}
resource "google_compute_instance" "nb" {
  name                      = "nb-1"
  machine_type              = "n1-standard-4"
  zone                      = "us-central1-a"
  resource_policies         = [google_compute_resource_policy.night.id]
  enable_display            = false
  labels                    = { team = var.changed ? "b" : "a" }
  allow_stopping_for_update = true
  metadata = {
    "block-project-ssh-keys" = "true"
    "proxy-mode"             = "service_account"
    "framework"              = "PyTorch"
  }
  boot_disk {
    auto_delete = true
    initialize_params {
      image  = "debian-cloud/debian-12"
      size   = 60
      type   = "pd-balanced"
      labels = { b = "c" }
    }
  }
  attached_disk {
    source = google_compute_disk.data.self_link
    mode   = "READ_WRITE"
  }
  network_interface {
    network = "default"
    access_config { network_tier = "PREMIUM" }
  }
  scheduling {
    automatic_restart   = var.changed ? false : true
    on_host_maintenance = "MIGRATE"
  }
  service_account {
    email  = google_service_account.nb.email
    scopes = ["cloud-platform", "userinfo-email"]
  }
  depends_on = [google_project_iam_member.agent]
}
resource "google_logging_metric" "errors" {
  name        = "nb/errors"
  description = var.changed ? "errors seen" : "errors"
  filter      = "resource.type=gce_instance AND severity>=ERROR"
  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
    labels {
      key         = "instance"
      value_type  = "STRING"
      description = "which"
    }
    display_name = "Errors"
  }
  label_extractors = { instance = "EXTRACT(resource.labels.instance_id)" }
}
resource "google_logging_metric" "latency" {
  name            = "nb-latency"
  filter          = "resource.type=\"cloud_run_revision\""
  value_extractor = "EXTRACT(jsonPayload.ms)"
  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "ms"
  }
  bucket_options {
    exponential_buckets {
      num_finite_buckets = 64
      growth_factor      = 2
      scale              = 0.01
    }
  }
}
resource "google_monitoring_notification_channel" "mail" {
  display_name = "on call"
  type         = "email"
  labels       = { email_address = "ops@example.com" }
  user_labels  = { team = var.changed ? "b" : "a" }
  force_delete = false
}
resource "google_monitoring_uptime_check_config" "up" {
  display_name     = "mlflow health"
  timeout          = var.changed ? "5s" : "10s"
  period           = "300s"
  selected_regions = ["USA", "EUROPE", "ASIA_PACIFIC"]
  checker_type     = "STATIC_IP_CHECKERS"
  http_check {
    path           = "/health"
    port           = 443
    use_ssl        = true
    validate_ssl   = true
    request_method = "GET"
    headers        = { "X-From" = "uptime" }
    mask_headers   = false
    accepted_response_status_codes { status_class = "STATUS_CLASS_2XX" }
  }
  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = "demo-proj", host = "ml.example.com" }
  }
  content_matchers {
    content = "OK"
    matcher = "CONTAINS_STRING"
  }
}
resource "google_monitoring_alert_policy" "down" {
  display_name          = "mlflow is down"
  combiner              = "OR"
  enabled               = true
  severity              = "CRITICAL"
  notification_channels = [google_monitoring_notification_channel.mail.id]
  user_labels           = { app = "mlflow" }
  conditions {
    display_name = "uptime"
    condition_threshold {
      filter          = "metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND metric.label.check_id=\"${google_monitoring_uptime_check_config.up.uptime_check_id}\" AND resource.type=\"uptime_url\""
      duration        = "60s"
      comparison      = "COMPARISON_GT"
      threshold_value = 1
      aggregations {
        alignment_period     = "1200s"
        per_series_aligner   = "ALIGN_NEXT_OLDER"
        cross_series_reducer = "REDUCE_COUNT_FALSE"
        group_by_fields      = ["resource.label.host"]
      }
      trigger { count = 1 }
    }
  }
  conditions {
    display_name = "errors"
    condition_threshold {
      filter          = "metric.type=\"logging.googleapis.com/user/${google_logging_metric.errors.name}\" AND resource.type=\"gce_instance\""
      comparison      = "COMPARISON_GT"
      threshold_value = var.changed ? 10 : 5
      duration        = "300s"
      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_RATE"
      }
    }
  }
  alert_strategy {
    auto_close = "604800s"
  }
  documentation {
    content   = "look at it"
    mime_type = "text/markdown"
    subject   = "MLflow"
  }
}
resource "google_logging_project_sink" "sink" {
  name                   = "nb-sink"
  destination            = "storage.googleapis.com/${google_storage_bucket.logs.name}"
  filter                 = var.changed ? "severity>=WARNING" : "severity>=ERROR"
  unique_writer_identity = true
  exclusions {
    name   = "noise"
    filter = "severity<DEFAULT"
  }
}
resource "google_storage_bucket" "logs" {
  name                        = "demo-proj-nb-logs"
  location                    = "US"
  storage_class               = "STANDARD"
  force_destroy               = true
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  soft_delete_policy { retention_duration_seconds = 0 }
  autoclass {
    enabled = true
  }
  lifecycle_rule {
    condition {
      age        = 30
      with_state = "ANY"
    }
    action { type = "Delete" }
  }
}
resource "google_storage_bucket_iam_member" "sink" {
  bucket = google_storage_bucket.logs.name
  role   = "roles/storage.objectCreator"
  member = google_logging_project_sink.sink.writer_identity
}
