# MLflow on a managed group of machines behind a load balancer with Cloud Armor.
resource "google_project_service" "apis" {
  for_each           = toset(["compute.googleapis.com", "iap.googleapis.com", "logging.googleapis.com"])
  service            = each.value
  disable_on_destroy = false
}
resource "google_compute_network" "vpc" {
  name                            = "ml-vpc"
  auto_create_subnetworks         = false
  routing_mode                    = "GLOBAL"
  mtu                             = 1460
  delete_default_routes_on_create = false
  depends_on                      = [google_project_service.apis]
}
resource "google_compute_subnetwork" "app" {
  name                     = "ml-app"
  network                  = google_compute_network.vpc.id
  ip_cidr_range            = "10.20.0.0/24"
  private_ip_google_access = true
  stack_type               = "IPV4_ONLY"
  log_config {
    aggregation_interval = "INTERVAL_5_MIN"
    flow_sampling        = var.changed ? 0.2 : 0.5
    metadata             = "INCLUDE_ALL_METADATA"
  }
}
resource "google_compute_router" "r" {
  name    = "ml-router"
  network = google_compute_network.vpc.id
}
resource "google_compute_router_nat" "nat" {
  name                                = "ml-nat"
  router                              = google_compute_router.r.name
  nat_ip_allocate_option              = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat  = "ALL_SUBNETWORKS_ALL_IP_RANGES"
  min_ports_per_vm                    = 64
  enable_endpoint_independent_mapping = false
  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}
resource "google_compute_firewall" "hc" {
  name          = "ml-hc"
  network       = google_compute_network.vpc.name
  direction     = "INGRESS"
  priority      = 900
  source_ranges = ["35.191.0.0/16", "130.211.0.0/22"]
  target_tags   = ["mlflow"]
  allow {
    protocol = "tcp"
    ports    = ["5000"]
  }
  log_config { metadata = "INCLUDE_ALL_METADATA" }
}
resource "google_compute_firewall" "iap" {
  name                    = "ml-iap"
  network                 = google_compute_network.vpc.name
  source_ranges           = ["35.235.240.0/20"]
  target_service_accounts = [google_service_account.vm.email]
  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
}
resource "google_service_account" "vm" {
  account_id   = "ml-machines"
  display_name = "MLflow machines"
}
resource "google_project_iam_member" "vm" {
  for_each = toset(["roles/logging.logWriter", "roles/monitoring.metricWriter"])
  project  = "demo-proj"
  role     = each.value
  member   = "serviceAccount:${google_service_account.vm.email}"
}
resource "google_compute_instance_template" "t" {
  name_prefix             = "ml-"
  machine_type            = "e2-standard-2"
  tags                    = ["mlflow"]
  labels                  = { app = "mlflow" }
  can_ip_forward          = false
  metadata_startup_script = "#!/bin/bash\necho hi\n"
  min_cpu_platform        = null
  disk {
    source_image = "debian-cloud/debian-12"
    auto_delete  = true
    boot         = true
    disk_size_gb = 30
    disk_type    = "pd-balanced"
    labels       = { d = "boot" }
  }
  disk {
    auto_delete  = true
    boot         = false
    disk_size_gb = 50
    device_name  = "data"
    type         = "PERSISTENT"
    mode         = "READ_WRITE"
  }
  network_interface {
    subnetwork = google_compute_subnetwork.app.id
    nic_type   = "GVNIC"
  }
  service_account {
    email  = google_service_account.vm.email
    scopes = ["cloud-platform"]
  }
  scheduling {
    preemptible         = false
    automatic_restart   = true
    on_host_maintenance = "MIGRATE"
  }
  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }
  lifecycle { create_before_destroy = true }
}
resource "google_compute_health_check" "hc" {
  name                = "ml-health"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = var.changed ? 3 : 2
  unhealthy_threshold = 3
  http_health_check {
    port_name          = "http"
    port_specification = "USE_NAMED_PORT"
    request_path       = "/health"
    response           = "OK"
    proxy_header       = "NONE"
  }
  log_config { enable = true }
}
resource "google_compute_region_instance_group_manager" "mig" {
  name                             = "ml-mig"
  region                           = "us-central1"
  base_instance_name               = "ml"
  distribution_policy_zones        = ["us-central1-a", "us-central1-b", "us-central1-c"]
  distribution_policy_target_shape = "EVEN"
  wait_for_instances               = false
  version {
    name              = "main"
    instance_template = google_compute_instance_template.t.self_link_unique
  }
  named_port {
    name = "http"
    port = 5000
  }
  auto_healing_policies {
    health_check      = google_compute_health_check.hc.id
    initial_delay_sec = 300
  }
  update_policy {
    type                         = "PROACTIVE"
    minimal_action               = "REPLACE"
    instance_redistribution_type = "PROACTIVE"
    max_surge_fixed              = 3
    max_unavailable_fixed        = 0
    replacement_method           = "SUBSTITUTE"
  }
}
resource "google_compute_region_autoscaler" "as" {
  name   = "ml-as"
  region = "us-central1"
  target = google_compute_region_instance_group_manager.mig.id
  autoscaling_policy {
    min_replicas    = 1
    max_replicas    = var.changed ? 5 : 3
    cooldown_period = 90
    mode            = "ON"
    cpu_utilization {
      target            = 0.65
      predictive_method = "NONE"
    }
    scale_in_control {
      time_window_sec = 300
      max_scaled_in_replicas { fixed = 1 }
    }
  }
}
resource "google_compute_security_policy" "armor" {
  name        = "ml-armor"
  description = "who may come"
  type        = "CLOUD_ARMOR"
  rule {
    action   = "deny(403)"
    priority = 1000
    match {
      expr { expression = "origin.region_code == 'XX'" }
    }
    description = "regions"
  }
  rule {
    action   = "throttle"
    priority = 1500
    match {
      versioned_expr = "SRC_IPS_V1"
      config { src_ip_ranges = ["*"] }
    }
    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"
      rate_limit_threshold {
        count        = var.changed ? 200 : 100
        interval_sec = 60
      }
    }
  }
  rule {
    action   = "allow"
    priority = 2147483647
    match {
      versioned_expr = "SRC_IPS_V1"
      config { src_ip_ranges = ["*"] }
    }
    description = "default rule"
  }
  adaptive_protection_config {
    layer_7_ddos_defense_config { enable = true }
  }
  advanced_options_config {
    json_parsing = "STANDARD"
    log_level    = "VERBOSE"
  }
}
resource "google_compute_ssl_policy" "tls" {
  name            = "ml-tls"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
}
resource "google_compute_backend_service" "b" {
  name                            = "ml-backend"
  protocol                        = "HTTP"
  port_name                       = "http"
  load_balancing_scheme           = "EXTERNAL_MANAGED"
  locality_lb_policy              = "ROUND_ROBIN"
  timeout_sec                     = 120
  connection_draining_timeout_sec = 30
  session_affinity                = "GENERATED_COOKIE"
  affinity_cookie_ttl_sec         = 3600
  health_checks                   = [google_compute_health_check.hc.id]
  security_policy                 = google_compute_security_policy.armor.id
  custom_response_headers         = ["X-Frame-Options: DENY"]
  backend {
    group           = google_compute_region_instance_group_manager.mig.instance_group
    balancing_mode  = "UTILIZATION"
    max_utilization = 0.8
    capacity_scaler = 1.0
  }
  log_config {
    enable      = true
    sample_rate = 0.5
  }
}
resource "google_compute_url_map" "m" {
  name            = "ml-map"
  default_service = google_compute_backend_service.b.id
  host_rule {
    hosts        = ["ml.example.com"]
    path_matcher = "all"
  }
  path_matcher {
    name            = "all"
    default_service = google_compute_backend_service.b.id
    path_rule {
      paths   = ["/api/*"]
      service = google_compute_backend_service.b.id
    }
  }
}
resource "google_compute_url_map" "redirect" {
  name = "ml-redirect"
  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }
}
resource "google_compute_managed_ssl_certificate" "c" {
  name = "ml-cert"
  managed { domains = ["ml.example.com"] }
}
resource "google_compute_target_https_proxy" "p" {
  name             = "ml-https"
  url_map          = google_compute_url_map.m.id
  ssl_certificates = [google_compute_managed_ssl_certificate.c.id]
  ssl_policy       = google_compute_ssl_policy.tls.id
  quic_override    = "ENABLE"
}
resource "google_compute_target_http_proxy" "p" {
  name    = "ml-http"
  url_map = google_compute_url_map.redirect.id
}
resource "google_compute_global_address" "ip" {
  name         = "ml-ip"
  address_type = "EXTERNAL"
  ip_version   = "IPV4"
  labels       = { a = var.changed ? "c" : "b" }
}
resource "google_compute_global_forwarding_rule" "https" {
  name                  = "ml-https"
  target                = google_compute_target_https_proxy.p.id
  ip_address            = google_compute_global_address.ip.address
  port_range            = "443"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  labels                = { a = var.changed ? "c" : "b" }
}
resource "google_compute_global_forwarding_rule" "http" {
  name                  = "ml-http"
  target                = google_compute_target_http_proxy.p.id
  ip_address            = google_compute_global_address.ip.id
  port_range            = "80"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}
