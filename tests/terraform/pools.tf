# A Standard cluster as Google's own modules make it: private, with pools of its own, Workload Identity and keys for its secrets.
resource "google_compute_network" "network" {
  name                    = "tf-pools"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "main" {
  name          = "tf-pools"
  network       = google_compute_network.network.id
  ip_cidr_range = "10.30.0.0/20"
  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = "10.64.0.0/14"
  }
  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = "10.68.0.0/20"
  }
  lifecycle {
    ignore_changes = [private_ip_google_access]
  }
}

resource "google_service_account" "nodes" {
  account_id = "tf-pools"
}

resource "google_project_iam_member" "nodes" {
  for_each = toset(["roles/logging.logWriter", "roles/monitoring.metricWriter", "roles/artifactregistry.reader", "roles/container.defaultNodeServiceAccount"])
  project  = "demo-proj"
  role     = each.value
  member   = google_service_account.nodes.member
}

resource "google_container_cluster" "cluster" {
  name                     = "tf-pools"
  location                 = "us-central1"
  node_locations           = ["us-central1-a", "us-central1-b"]
  network                  = google_compute_network.network.id
  subnetwork               = google_compute_subnetwork.main.id
  remove_default_node_pool = true
  initial_node_count       = 1
  deletion_protection      = false
  enable_shielded_nodes    = true
  networking_mode          = "VPC_NATIVE"
  datapath_provider        = "ADVANCED_DATAPATH"
  resource_labels          = { stack = var.changed ? "b" : "a" }
  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }
  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = false
    master_ipv4_cidr_block  = "172.16.0.0/28"
  }
  master_authorized_networks_config {
    cidr_blocks {
      cidr_block   = var.changed ? "198.51.100.0/24" : "203.0.113.0/24"
      display_name = "office"
    }
  }
  workload_identity_config {
    workload_pool = "demo-proj.svc.id.goog"
  }
  release_channel {
    channel = "REGULAR"
  }
  addons_config {
    http_load_balancing {
      disabled = false
    }
    horizontal_pod_autoscaling {
      disabled = false
    }
    gcs_fuse_csi_driver_config {
      enabled = var.changed
    }
  }
  maintenance_policy {
    recurring_window {
      start_time = "2026-01-01T03:00:00Z"
      end_time   = "2026-01-01T07:00:00Z"
      recurrence = "FREQ=WEEKLY;BYDAY=SA,SU"
    }
  }
  logging_config {
    enable_components = ["SYSTEM_COMPONENTS", "WORKLOADS"]
  }
  monitoring_config {
    enable_components = ["SYSTEM_COMPONENTS"]
    managed_prometheus {
      enabled = true
    }
  }
  gateway_api_config {
    channel = "CHANNEL_STANDARD"
  }
  cost_management_config {
    enabled = true
  }
}

resource "google_container_node_pool" "main" {
  name       = "main"
  cluster    = google_container_cluster.cluster.id
  node_count = var.changed ? 2 : 1
  management {
    auto_repair  = true
    auto_upgrade = true
  }
  upgrade_settings {
    max_surge       = 1
    max_unavailable = 0
  }
  node_config {
    machine_type    = "e2-custom-4-8192"
    disk_size_gb    = 50
    disk_type       = "pd-balanced"
    image_type      = "COS_CONTAINERD"
    service_account = google_service_account.nodes.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    labels          = { pool = "main" }
    tags            = ["mlflow"]
    workload_metadata_config {
      mode = "GKE_METADATA"
    }
    shielded_instance_config {
      enable_secure_boot = true
    }
    metadata = { disable-legacy-endpoints = "true" }
  }
}

resource "google_container_node_pool" "spot" {
  name               = "spot"
  cluster            = google_container_cluster.cluster.id
  initial_node_count = 0
  autoscaling {
    min_node_count  = 0
    max_node_count  = var.changed ? 5 : 3
    location_policy = "ANY"
  }
  node_config {
    machine_type    = "n2-standard-4"
    spot            = true
    service_account = google_service_account.nodes.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    taint {
      key    = "work"
      value  = "batch"
      effect = "NO_SCHEDULE"
    }
    kubelet_config {
      cpu_manager_policy = "none"
    }
  }
}

resource "google_service_account" "workload" {
  account_id = "tf-workload"
}

resource "google_service_account_iam_member" "workload" {
  service_account_id = google_service_account.workload.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:demo-proj.svc.id.goog[mlflow/server]"
  depends_on         = [google_container_cluster.cluster]
}
