# Clusters, Autopilot and standard, and node pools.
resource "google_compute_network" "network" {
  name                    = "tf-network"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "main" {
  name          = "tf-main"
  network       = google_compute_network.network.id
  ip_cidr_range = "10.10.0.0/20"
  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = "10.20.0.0/16"
  }
  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = "10.30.0.0/20"
  }
}

resource "google_service_account" "nodes" {
  account_id = "tf-nodes"
}

resource "google_container_cluster" "autopilot" {
  name                = "tf-autopilot"
  location            = "us-central1"
  enable_autopilot    = true
  deletion_protection = false
  resource_labels     = { stack = var.changed ? "b" : "a" }
  release_channel {
    channel = "REGULAR"
  }
}

resource "google_container_cluster" "standard" {
  name                     = "tf-standard"
  location                 = "us-central1-a"
  deletion_protection      = false
  remove_default_node_pool = true
  initial_node_count       = 1
  network                  = google_compute_network.network.id
  subnetwork               = google_compute_subnetwork.main.id
  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }
  workload_identity_config {
    workload_pool = "demo-proj.svc.id.goog"
  }
  private_cluster_config {
    enable_private_nodes = true
  }
  master_authorized_networks_config {
    cidr_blocks {
      cidr_block   = var.changed ? "203.0.113.0/24" : "198.51.100.0/24"
      display_name = "office"
    }
  }
  logging_service    = "logging.googleapis.com/kubernetes"
  monitoring_service = "monitoring.googleapis.com/kubernetes"
}

resource "google_container_node_pool" "pool" {
  name       = "tf-pool"
  cluster    = google_container_cluster.standard.id
  node_count = var.changed ? 2 : 1
  node_config {
    machine_type    = "e2-standard-2"
    disk_size_gb    = 50
    disk_type       = "pd-balanced"
    service_account = google_service_account.nodes.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    labels          = { pool = "mlflow" }
    tags            = ["mlflow"]
    metadata        = { "disable-legacy-endpoints" = "true" }
    workload_metadata_config {
      mode = "GKE_METADATA"
    }
    shielded_instance_config {
      enable_secure_boot = true
    }
  }
  management {
    auto_repair  = true
    auto_upgrade = true
  }
}

resource "google_container_node_pool" "scaled" {
  name               = "tf-scaled"
  cluster            = google_container_cluster.standard.id
  initial_node_count = 1
  autoscaling {
    min_node_count = 1
    max_node_count = var.changed ? 5 : 3
  }
  node_config {
    machine_type = "e2-medium"
    spot         = true
    taint {
      key    = "spot"
      value  = "true"
      effect = "NO_SCHEDULE"
    }
  }
}

data "google_container_engine_versions" "here" {
  location = "us-central1"
}

data "google_container_cluster" "autopilot" {
  name     = google_container_cluster.autopilot.name
  location = "us-central1"
}
