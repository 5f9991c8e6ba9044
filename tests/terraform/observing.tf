# What watches a tracking server: a dashboard, alerts on metrics, logs and an absent signal, an uptime check, a metric made of logs.
resource "google_monitoring_dashboard" "server" {
  dashboard_json = jsonencode({
    displayName = var.changed ? "MLflow, watched" : "MLflow"
    mosaicLayout = {
      columns = 12
      tiles = [
        {
          width = 6, height = 4
          widget = {
            title = "Requests"
            xyChart = {
              dataSets = [{
                plotType = "LINE"
                timeSeriesQuery = {
                  timeSeriesFilter = {
                    filter = "metric.type=\"run.googleapis.com/request_count\" resource.type=\"cloud_run_revision\""
                    aggregation = {
                      alignmentPeriod  = "60s"
                      perSeriesAligner = "ALIGN_RATE"
                    }
                  }
                }
              }]
            }
          }
        },
        { xPos = 6, width = 6, height = 4, widget = { title = "About", text = { content = "MLflow's server", format = "MARKDOWN" } } },
      ]
    }
  })
}

resource "google_logging_metric" "failures" {
  name   = "tf-failures"
  filter = "resource.type=\"cloud_run_revision\" AND severity>=ERROR"
  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    labels {
      key        = "revision"
      value_type = "STRING"
    }
  }
  label_extractors = { revision = "EXTRACT(resource.labels.revision_name)" }
}

resource "google_monitoring_uptime_check_config" "health" {
  display_name = "tf-health"
  timeout      = var.changed ? "20s" : "10s"
  period       = "300s"
  http_check {
    path         = "/health"
    port         = 443
    use_ssl      = true
    validate_ssl = true
    accepted_response_status_codes {
      status_class = "STATUS_CLASS_2XX"
    }
  }
  monitored_resource {
    type   = "uptime_url"
    labels = { host = "mlflow.example.com" }
  }
  content_matchers {
    content = "OK"
    matcher = "CONTAINS_STRING"
  }
}

resource "google_monitoring_notification_channel" "mail" {
  display_name = "On call"
  type         = "email"
  labels       = { email_address = "oncall@example.com" }
}

resource "google_monitoring_alert_policy" "latency" {
  display_name = "tf-latency"
  combiner     = "OR"
  severity     = var.changed ? "CRITICAL" : "WARNING"
  conditions {
    display_name = "p95"
    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_latencies\""
      comparison      = "COMPARISON_GT"
      threshold_value = 2000
      duration        = "300s"
      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_PERCENTILE_95"
        cross_series_reducer = "REDUCE_MEAN"
        group_by_fields      = ["resource.label.service_name"]
      }
      trigger {
        count = 1
      }
    }
  }
  conditions {
    display_name = "up"
    condition_threshold {
      filter          = "resource.type = \"uptime_url\" AND metric.type = \"monitoring.googleapis.com/uptime_check/check_passed\" AND metric.labels.check_id = \"${google_monitoring_uptime_check_config.health.uptime_check_id}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 1
      duration        = "60s"
      aggregations {
        alignment_period     = "1200s"
        per_series_aligner   = "ALIGN_NEXT_OLDER"
        cross_series_reducer = "REDUCE_COUNT_FALSE"
      }
    }
  }
  notification_channels = [google_monitoring_notification_channel.mail.name]
  documentation {
    content = "See the runbook."
  }
  alert_strategy {
    auto_close = "604800s"
  }
}

resource "google_monitoring_alert_policy" "errors" {
  display_name = "tf-errors"
  combiner     = "OR"
  conditions {
    display_name = "a server that fails"
    condition_matched_log {
      filter = "resource.type=\"cloud_run_revision\" AND severity=CRITICAL"
    }
  }
  alert_strategy {
    notification_rate_limit {
      period = "300s"
    }
  }
  notification_channels = [google_monitoring_notification_channel.mail.name]
}

resource "google_logging_project_bucket_config" "default" {
  project        = "demo-proj"
  location       = "global"
  bucket_id      = "tf-logs"
  retention_days = var.changed ? 60 : 30
}
