# Keys of Cloud KMS, and what is kept under them: a bucket, an image repository, a disk, a database.
data "google_project" "here" {}
data "google_storage_project_service_account" "storage" {}

locals {
  agents = {
    storage  = data.google_storage_project_service_account.storage.email_address
    database = "service-${data.google_project.here.number}@gcp-sa-cloud-sql.iam.gserviceaccount.com"
    registry = "service-${data.google_project.here.number}@gcp-sa-artifactregistry.iam.gserviceaccount.com"
    compute  = "service-${data.google_project.here.number}@compute-system.iam.gserviceaccount.com"
  }
}

resource "google_kms_key_ring" "ring" {
  name     = "tf-ring"
  location = "us-central1"
}

resource "google_kms_crypto_key" "key" {
  name            = "tf-key"
  key_ring        = google_kms_key_ring.ring.id
  rotation_period = var.changed ? "5184000s" : "7776000s"
  labels          = { stack = var.changed ? "b" : "a" }
}

resource "google_kms_crypto_key" "signing" {
  name     = "tf-signing"
  key_ring = google_kms_key_ring.ring.id
  purpose  = "ASYMMETRIC_SIGN"
  version_template {
    algorithm = "EC_SIGN_P256_SHA256"
  }
}

resource "google_kms_crypto_key_iam_member" "agents" {
  for_each      = local.agents
  crypto_key_id = google_kms_crypto_key.key.id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:${each.value}"
}

resource "google_kms_key_ring_iam_member" "viewer" {
  key_ring_id = google_kms_key_ring.ring.id
  role        = "roles/cloudkms.viewer"
  member      = "user:ann@example.com"
}

resource "google_storage_bucket" "artifacts" {
  name                        = "tf-kms-artifacts"
  location                    = "us-central1"
  uniform_bucket_level_access = true
  encryption {
    default_kms_key_name = google_kms_crypto_key.key.id
  }
  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_artifact_registry_repository" "images" {
  repository_id = "tf-kms-images"
  format        = "DOCKER"
  location      = "us-central1"
  kms_key_name  = google_kms_crypto_key.key.id
  depends_on    = [google_kms_crypto_key_iam_member.agents]
}

resource "google_compute_disk" "data" {
  name = "tf-kms-data"
  zone = "us-central1-a"
  size = 10
  disk_encryption_key {
    kms_key_self_link = google_kms_crypto_key.key.id
  }
  depends_on = [google_kms_crypto_key_iam_member.agents]
}

resource "google_sql_database_instance" "db" {
  name                = "tf-kms"
  database_version    = "POSTGRES_17"
  encryption_key_name = google_kms_crypto_key.key.id
  deletion_protection = false
  settings {
    tier    = "db-custom-1-3840"
    edition = "ENTERPRISE"
    ip_configuration {
      ipv4_enabled = true
    }
    user_labels = { stack = var.changed ? "b" : "a" }
  }
  depends_on = [google_kms_crypto_key_iam_member.agents]
}
