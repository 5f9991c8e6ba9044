# Buckets, their policies and objects.
resource "google_storage_bucket" "artifacts" {
  name                        = "tf-demo-proj-artifacts"
  location                    = "us-central1"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true
  labels                      = { "managed-by" = "mlflow-setup", stack = var.changed ? "b" : "a" }
  versioning {
    enabled = true
  }
  soft_delete_policy {
    retention_duration_seconds = var.changed ? 1209600 : 604800
  }
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      num_newer_versions = var.changed ? 5 : 3
      with_state         = "ARCHIVED"
    }
  }
  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }
    condition {
      age            = 30
      matches_prefix = ["models/"]
    }
  }
  cors {
    origin          = ["https://mlflow.example.com"]
    method          = ["GET", "PUT"]
    response_header = ["Content-Type"]
    max_age_seconds = 3600
  }
}

resource "google_storage_bucket" "plain" {
  name          = "tf-demo-proj-plain"
  location      = "US"
  storage_class = var.changed ? "NEARLINE" : "STANDARD"
}

resource "google_storage_bucket_object" "source" {
  name          = "source/source.txt"
  bucket        = google_storage_bucket.artifacts.name
  content       = "what the build reads"
  content_type  = "text/plain"
  metadata      = { stack = "a" }
  cache_control = "no-store"

  event_based_hold = !var.changed
}

resource "google_storage_bucket_object" "folder" {
  name    = "a folder/with spaces & ünicode+plus.txt"
  bucket  = google_storage_bucket.artifacts.name
  content = "x"
}

resource "google_service_account" "reader" {
  account_id = "tf-reader"
}

resource "google_storage_bucket_iam_member" "user" {
  bucket = google_storage_bucket.artifacts.name
  role   = "roles/storage.objectUser"
  member = google_service_account.reader.member
}

resource "google_storage_bucket_iam_binding" "viewers" {
  bucket  = google_storage_bucket.artifacts.name
  role    = "roles/storage.objectViewer"
  members = var.changed ? ["user:operator@example.com"] : ["user:operator@example.com", google_service_account.reader.member]
}

resource "google_storage_bucket_iam_member" "conditional" {
  bucket = google_storage_bucket.artifacts.name
  role   = "roles/storage.legacyBucketReader"
  member = google_service_account.reader.member
  condition {
    title      = "models"
    expression = "resource.name.startsWith(\"projects/_/buckets/tf-demo-proj-artifacts/objects/models/\")"
  }
}

data "google_storage_bucket" "artifacts" {
  name = google_storage_bucket.artifacts.name
}

data "google_storage_bucket_object_content" "source" {
  name   = google_storage_bucket_object.source.name
  bucket = google_storage_bucket.artifacts.name
}

data "google_storage_project_service_account" "agent" {}

output "content" {
  value = data.google_storage_bucket_object_content.source.content
}

# More than one piece of a resumable upload.
resource "google_storage_bucket_object" "large" {
  name   = "large.bin"
  bucket = google_storage_bucket.artifacts.name
  source = "large.bin"
}

data "google_storage_bucket_object" "large" {
  name   = google_storage_bucket_object.large.name
  bucket = google_storage_bucket.artifacts.name
}

data "google_storage_bucket_objects" "all" {
  bucket     = google_storage_bucket.artifacts.name
  prefix     = "source/"
  depends_on = [google_storage_bucket_object.source]
}

data "google_storage_buckets" "all" {
  depends_on = [google_storage_bucket.plain]
}

data "google_iam_policy" "owners" {
  binding {
    role    = "roles/storage.admin"
    members = ["user:operator@example.com"]
  }
  binding {
    role    = "roles/storage.objectViewer"
    members = concat([google_service_account.reader.member], var.changed ? ["user:operator@example.com"] : [])
  }
}

resource "google_storage_bucket" "policed" {
  name                        = "tf-demo-proj-policed"
  location                    = "europe-west1"
  uniform_bucket_level_access = true
  default_event_based_hold    = false
  requester_pays              = false
  autoclass {
    enabled = true
  }
  retention_policy {
    retention_period = var.changed ? 7200 : 3600
  }
  logging {
    log_bucket = google_storage_bucket.artifacts.name
  }
  website {
    main_page_suffix = "index.html"
  }
}

resource "google_storage_bucket_iam_policy" "whole" {
  bucket      = google_storage_bucket.policed.name
  policy_data = data.google_iam_policy.owners.policy_data
}
