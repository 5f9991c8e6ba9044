# Secrets, their versions and policies.
resource "google_secret_manager_secret" "cookie" {
  secret_id   = "tf-cookie"
  labels      = { stack = var.changed ? "b" : "a" }
  annotations = { note = "cookie" }
  replication {
    auto {}
  }
}

resource "google_secret_manager_secret" "regional" {
  secret_id           = "tf-password"
  version_destroy_ttl = var.changed ? "172800s" : null
  replication {
    user_managed {
      replicas {
        location = "us-central1"
      }
      replicas {
        location = "us-east1"
      }
    }
  }
}

resource "google_secret_manager_secret_version" "cookie" {
  secret      = google_secret_manager_secret.cookie.id
  secret_data = "correct horse battery staple"
  enabled     = !var.changed
}

resource "google_secret_manager_secret_version" "password" {
  secret      = google_secret_manager_secret.regional.id
  secret_data = "p$'\"%%{}"
}

resource "google_service_account" "reader" {
  account_id = "tf-reader"
}

resource "google_secret_manager_secret_iam_member" "reader" {
  secret_id = google_secret_manager_secret.cookie.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.reader.member
}

resource "google_secret_manager_secret_iam_binding" "viewers" {
  secret_id = google_secret_manager_secret.cookie.id
  role      = "roles/secretmanager.viewer"
  members   = ["user:operator@example.com"]
}

data "google_iam_policy" "readers" {
  binding {
    role    = "roles/secretmanager.secretAccessor"
    members = [google_service_account.reader.member]
  }
}

resource "google_secret_manager_secret_iam_policy" "whole" {
  secret_id   = google_secret_manager_secret.regional.id
  policy_data = data.google_iam_policy.readers.policy_data
}

data "google_secret_manager_secret_version" "password" {
  secret     = google_secret_manager_secret.regional.secret_id
  depends_on = [google_secret_manager_secret_version.password]
}

data "google_secret_manager_secret" "cookie" {
  secret_id = google_secret_manager_secret.cookie.secret_id
}

data "google_secret_manager_secrets" "all" {
  depends_on = [google_secret_manager_secret.regional]
}

data "google_secret_manager_secret_version_access" "password" {
  secret     = google_secret_manager_secret.regional.secret_id
  version    = "1"
  depends_on = [google_secret_manager_secret_version.password]
}
