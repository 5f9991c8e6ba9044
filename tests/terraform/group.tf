# A group of machines of a custom type behind a load balancer with IAP, patched by Google, reached by nobody from outside.
resource "google_service_account" "server" {
  account_id = "tf-group"
}

resource "google_project_iam_member" "logs" {
  project = "demo-proj"
  role    = "roles/logging.logWriter"
  member  = google_service_account.server.member
}

resource "google_compute_network" "network" {
  name                    = "tf-group"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "main" {
  name                     = "tf-group"
  network                  = google_compute_network.network.id
  ip_cidr_range            = "10.20.0.0/24"
  private_ip_google_access = true
  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = var.changed ? 0.25 : 0.5
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

resource "google_compute_router" "router" {
  name    = "tf-group"
  network = google_compute_network.network.id
}

resource "google_compute_router_nat" "nat" {
  name                               = "tf-group"
  router                             = google_compute_router.router.name
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"
  subnetwork {
    name                    = google_compute_subnetwork.main.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }
  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

resource "google_compute_instance_template" "server" {
  name_prefix  = "tf-group-"
  machine_type = "e2-custom-2-4096"
  tags         = ["mlflow"]
  labels       = { app = "mlflow" }
  disk {
    source_image = "projects/cos-cloud/global/images/family/cos-stable"
    disk_size_gb = 20
    disk_type    = "pd-balanced"
    boot         = true
  }
  network_interface {
    subnetwork = google_compute_subnetwork.main.id
  }
  service_account {
    email  = google_service_account.server.email
    scopes = ["cloud-platform"]
  }
  metadata = { enable-oslogin = "TRUE", startup-script = "#! /bin/sh\necho up\n" }
  shielded_instance_config {
    enable_secure_boot = true
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_health_check" "server" {
  name               = "tf-group"
  check_interval_sec = var.changed ? 15 : 10
  http_health_check {
    port         = 5000
    request_path = "/health"
  }
}

resource "google_compute_region_instance_group_manager" "server" {
  name               = "tf-group"
  base_instance_name = "mlflow"
  region             = "us-central1"
  target_size        = var.changed ? 2 : 1
  version {
    instance_template = google_compute_instance_template.server.self_link_unique
  }
  named_port {
    name = "http"
    port = 5000
  }
  auto_healing_policies {
    health_check      = google_compute_health_check.server.id
    initial_delay_sec = 300
  }
  update_policy {
    type                         = "PROACTIVE"
    minimal_action               = "REPLACE"
    max_surge_fixed              = 4
    max_unavailable_fixed        = 0
    instance_redistribution_type = "PROACTIVE"
  }
}

resource "google_compute_firewall" "checks" {
  name          = "tf-group-checks"
  network       = google_compute_network.network.name
  source_ranges = ["35.191.0.0/16", "130.211.0.0/22"]
  target_tags   = ["mlflow"]
  allow {
    protocol = "tcp"
    ports    = ["5000"]
  }
  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

resource "google_compute_backend_service" "server" {
  name                  = "tf-group"
  protocol              = "HTTP"
  port_name             = "http"
  timeout_sec           = var.changed ? 600 : 300
  load_balancing_scheme = "EXTERNAL_MANAGED"
  health_checks         = [google_compute_health_check.server.id]
  security_policy       = google_compute_security_policy.limits.id
  backend {
    group           = google_compute_region_instance_group_manager.server.instance_group
    balancing_mode  = "UTILIZATION"
    capacity_scaler = 1.0
  }
  log_config {
    enable      = true
    sample_rate = 1.0
  }
  iap {
    enabled = true
  }
}

resource "google_compute_security_policy" "limits" {
  name = "tf-group"
  rule {
    action   = "throttle"
    priority = 1000
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"
      rate_limit_threshold {
        count        = var.changed ? 600 : 300
        interval_sec = 60
      }
    }
  }
  rule {
    action   = "allow"
    priority = 2147483647
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }
}

resource "google_compute_url_map" "server" {
  name            = "tf-group"
  default_service = google_compute_backend_service.server.id
  host_rule {
    hosts        = ["mlflow.example.com"]
    path_matcher = "all"
  }
  path_matcher {
    name            = "all"
    default_service = google_compute_backend_service.server.id
    path_rule {
      paths   = ["/ajax-api/*", "/api/*"]
      service = google_compute_backend_service.server.id
    }
  }
}

resource "google_compute_managed_ssl_certificate" "server" {
  name = "tf-group"
  managed {
    domains = ["mlflow.example.com"]
  }
}

resource "google_compute_target_https_proxy" "server" {
  name             = "tf-group"
  url_map          = google_compute_url_map.server.id
  ssl_certificates = [google_compute_managed_ssl_certificate.server.id]
}

resource "google_compute_global_address" "server" {
  name = "tf-group"
}

resource "google_compute_global_forwarding_rule" "server" {
  name                  = "tf-group"
  target                = google_compute_target_https_proxy.server.id
  port_range            = "443"
  ip_address            = google_compute_global_address.server.id
  load_balancing_scheme = "EXTERNAL_MANAGED"
}

resource "google_compute_url_map" "redirect" {
  name = "tf-group-redirect"
  default_url_redirect {
    https_redirect         = true
    strip_query            = false
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
  }
}
