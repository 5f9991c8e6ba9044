# Artifact Registry: standard and remote repositories, cleanup, policies.
resource "google_artifact_registry_repository" "images" {
  location      = "us-central1"
  repository_id = "tf-images"
  format        = "DOCKER"
  description   = var.changed ? "images, changed" : "images"
  labels        = { stack = "a" }
  docker_config {
    immutable_tags = true
  }
  cleanup_policies {
    id     = "keep"
    action = "KEEP"
    most_recent_versions {
      keep_count = var.changed ? 5 : 10
    }
  }
  cleanup_policies {
    id     = "old"
    action = "DELETE"
    condition {
      tag_state  = "UNTAGGED"
      older_than = "2592000s"
    }
  }
  cleanup_policy_dry_run = true
}

resource "google_artifact_registry_repository" "quay" {
  location      = "us-central1"
  repository_id = "tf-quay"
  format        = "DOCKER"
  mode          = "REMOTE_REPOSITORY"
  description   = "quay.io"
  remote_repository_config {
    description = "quay.io"
    docker_repository {
      custom_repository {
        uri = "https://quay.io"
      }
    }
  }
}

resource "google_artifact_registry_repository" "hub" {
  location      = "us-central1"
  repository_id = "tf-hub"
  format        = "DOCKER"
  mode          = "REMOTE_REPOSITORY"
  remote_repository_config {
    docker_repository {
      public_repository = "DOCKER_HUB"
    }
  }
}

resource "google_service_account" "puller" {
  account_id = "tf-puller"
}

resource "google_artifact_registry_repository_iam_member" "puller" {
  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.puller.member
}

resource "google_artifact_registry_repository_iam_binding" "writers" {
  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.writer"
  members    = [google_service_account.puller.member]
}

resource "google_artifact_registry_repository" "virtual" {
  location      = "us-central1"
  repository_id = "tf-virtual"
  format        = "DOCKER"
  mode          = "VIRTUAL_REPOSITORY"
  virtual_repository_config {
    upstream_policies {
      id         = "images"
      repository = google_artifact_registry_repository.images.id
      priority   = var.changed ? 20 : 10
    }
  }
}

data "google_artifact_registry_repository" "images" {
  location      = google_artifact_registry_repository.images.location
  repository_id = google_artifact_registry_repository.images.repository_id
}

data "google_artifact_registry_repositories" "all" {
  location   = "us-central1"
  depends_on = [google_artifact_registry_repository.hub]
}

data "google_artifact_registry_docker_images" "none" {
  location      = "us-central1"
  repository_id = google_artifact_registry_repository.images.repository_id
}

data "google_artifact_registry_locations" "all" {}
