# The APIs of a project that has none on yet; one that is off refuses, so a bucket and an address wait for theirs.
resource "google_project_service" "on" {
  for_each                   = toset(["compute.googleapis.com", "secretmanager.googleapis.com", "storage.googleapis.com", "run.googleapis.com"])
  service                    = each.value
  disable_on_destroy         = true
  disable_dependent_services = var.changed
}

resource "google_project_service" "kept" {
  service            = "iam.googleapis.com"
  disable_on_destroy = false
}

resource "google_compute_address" "address" {
  name       = "tf-waits"
  depends_on = [google_project_service.on]
}

resource "google_secret_manager_secret" "secret" {
  secret_id  = "tf-waits"
  depends_on = [google_project_service.on]
  replication {
    auto {}
  }
}

data "google_project" "this" {}

data "google_compute_default_service_account" "default" {
  depends_on = [google_project_service.on]
}
