# Jobs of Cloud Scheduler.
resource "google_service_account" "caller" {
  account_id = "tf-caller"
}

resource "google_cloud_scheduler_job" "task" {
  name             = "tf-task"
  region           = "us-central1"
  schedule         = var.changed ? "every 24 hours" : "0 4 * * *"
  time_zone        = "Europe/Berlin"
  attempt_deadline = "320s"
  retry_config {
    retry_count = var.changed ? 2 : 3
  }
  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/projects/demo-proj/locations/us-central1/jobs/none:run"
    body        = base64encode("{}")
    oauth_token {
      service_account_email = google_service_account.caller.email
    }
  }
}
