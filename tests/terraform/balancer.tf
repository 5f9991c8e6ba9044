# Load balancers: global with IAP before a serverless group and before machines, and a regional one.
resource "google_compute_network" "network" {
  name                    = "tf-network"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "main" {
  name          = "tf-main"
  network       = google_compute_network.network.id
  ip_cidr_range = "10.10.0.0/24"
}

resource "google_compute_subnetwork" "proxies" {
  name          = "tf-proxies"
  network       = google_compute_network.network.id
  ip_cidr_range = "10.11.0.0/24"
  purpose       = "REGIONAL_MANAGED_PROXY"
  role          = "ACTIVE"
}

resource "google_cloud_run_v2_service" "server" {
  name                = "tf-server"
  location            = "us-central1"
  deletion_protection = false
  ingress             = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  template {
    containers {
      image = "us-docker.pkg.dev/cloudrun/container/hello"
    }
  }
}

resource "google_compute_global_address" "front" {
  name = "tf-front"
}

resource "google_compute_region_network_endpoint_group" "run" {
  name                  = "tf-run"
  region                = "us-central1"
  network_endpoint_type = "SERVERLESS"
  cloud_run {
    service = google_cloud_run_v2_service.server.name
  }
}

resource "google_compute_backend_service" "run" {
  name                  = "tf-run"
  protocol              = "HTTPS"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  timeout_sec           = 30
  description           = var.changed ? "changed" : "as made"
  backend {
    group = google_compute_region_network_endpoint_group.run.id
  }
  iap {
    enabled              = true
    oauth2_client_id     = "123-abc.apps.googleusercontent.com"
    oauth2_client_secret = "GOCSPX-of-the-balancers"
  }
  log_config {
    enable      = true
    sample_rate = var.changed ? 0.5 : 1
  }
}

resource "google_iap_web_backend_service_iam_member" "people" {
  web_backend_service = google_compute_backend_service.run.name
  role                = "roles/iap.httpsResourceAccessor"
  member              = "user:operator@example.com"
}

resource "google_iap_web_iam_member" "people" {
  role   = "roles/iap.httpsResourceAccessor"
  member = "user:operator@example.com"
}

resource "google_iap_settings" "run" {
  name = "projects/123456789012/iap_web/compute/services/${google_compute_backend_service.run.generated_id}"
  access_settings {
    cors_settings {
      allow_http_options = true
    }
  }
  application_settings {
    csm_settings {
      rctoken_aud = var.changed ? "mlflow" : "before"
    }
  }
}

resource "google_compute_health_check" "http" {
  name                = "tf-http"
  check_interval_sec  = var.changed ? 15 : 10
  timeout_sec         = 5
  healthy_threshold   = 2
  unhealthy_threshold = 3
  http_health_check {
    port         = 4180
    request_path = var.changed ? "/ready" : "/ping"
  }
}

resource "google_compute_network_endpoint_group" "zonal" {
  name         = "tf-zonal"
  network      = google_compute_network.network.id
  subnetwork   = google_compute_subnetwork.main.id
  default_port = 4180
  zone         = "us-central1-a"
}

resource "google_compute_instance_group" "group" {
  name    = "tf-group"
  zone    = "us-central1-a"
  network = google_compute_network.network.id
  named_port {
    name = "http"
    port = 4180
  }
}

resource "google_compute_backend_service" "machines" {
  name                            = "tf-machines"
  protocol                        = "HTTP"
  port_name                       = "http"
  load_balancing_scheme           = "EXTERNAL_MANAGED"
  health_checks                   = [google_compute_health_check.http.id]
  session_affinity                = "GENERATED_COOKIE"
  affinity_cookie_ttl_sec         = 3600
  connection_draining_timeout_sec = var.changed ? 60 : 30
  custom_request_headers          = ["X-From: balancer"]
  backend {
    group           = google_compute_instance_group.group.id
    balancing_mode  = "UTILIZATION"
    max_utilization = 0.8
  }
}

resource "google_compute_backend_service" "endpoints" {
  name                  = "tf-endpoints"
  protocol              = "HTTP"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  health_checks         = [google_compute_health_check.http.id]
  backend {
    group                 = google_compute_network_endpoint_group.zonal.id
    balancing_mode        = "RATE"
    max_rate_per_endpoint = 100
  }
}

resource "google_compute_url_map" "https" {
  name            = "tf-https"
  default_service = google_compute_backend_service.run.id
  description     = var.changed ? "changed" : "as made"
  host_rule {
    hosts        = ["machines.example.com"]
    path_matcher = "machines"
  }
  path_matcher {
    name            = "machines"
    default_service = google_compute_backend_service.machines.id
    path_rule {
      paths   = ["/api/*"]
      service = google_compute_backend_service.endpoints.id
    }
  }
}

resource "google_compute_url_map" "redirect" {
  name = "tf-redirect"
  default_url_redirect {
    https_redirect         = true
    strip_query            = false
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
  }
}

resource "google_compute_managed_ssl_certificate" "front" {
  name = "tf-front"
  managed {
    domains = ["mlflow.example.com"]
  }
}

resource "google_compute_target_https_proxy" "front" {
  name             = "tf-front"
  url_map          = google_compute_url_map.https.id
  ssl_certificates = [google_compute_managed_ssl_certificate.front.id]
  quic_override    = var.changed ? "ENABLE" : "NONE"
}

resource "google_compute_target_http_proxy" "redirect" {
  name    = "tf-redirect"
  url_map = var.changed ? google_compute_url_map.https.id : google_compute_url_map.redirect.id
}

resource "google_compute_global_forwarding_rule" "https" {
  name                  = "tf-https"
  target                = google_compute_target_https_proxy.front.id
  ip_address            = google_compute_global_address.front.id
  port_range            = "443"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  labels                = { stack = var.changed ? "b" : "a" }
}

resource "google_compute_global_forwarding_rule" "http" {
  name                  = "tf-http"
  target                = google_compute_target_http_proxy.redirect.id
  ip_address            = google_compute_global_address.front.address
  port_range            = "80"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}

# The regional, internal one.
resource "google_compute_region_health_check" "http" {
  name   = "tf-regional"
  region = "us-central1"
  http_health_check {
    port_specification = "USE_SERVING_PORT"
    request_path       = var.changed ? "/ready" : "/ping"
  }
}

resource "google_compute_region_backend_service" "machines" {
  name                  = "tf-regional"
  region                = "us-central1"
  protocol              = "HTTP"
  port_name             = "http"
  load_balancing_scheme = "INTERNAL_MANAGED"
  health_checks         = [google_compute_region_health_check.http.id]
  timeout_sec           = var.changed ? 60 : 30
  backend {
    group           = google_compute_instance_group.group.id
    balancing_mode  = "UTILIZATION"
    capacity_scaler = 1
  }
}

resource "google_compute_region_url_map" "http" {
  name            = "tf-regional"
  region          = "us-central1"
  default_service = google_compute_region_backend_service.machines.id
  description     = var.changed ? "changed" : "as made"
}

resource "google_compute_region_target_http_proxy" "http" {
  name    = "tf-regional"
  region  = "us-central1"
  url_map = google_compute_region_url_map.http.id
}

resource "google_compute_address" "inside" {
  name         = "tf-inside"
  address_type = "INTERNAL"
  purpose      = "SHARED_LOADBALANCER_VIP"
  subnetwork   = google_compute_subnetwork.main.id
}

resource "google_compute_forwarding_rule" "http" {
  name                  = "tf-regional"
  region                = "us-central1"
  target                = google_compute_region_target_http_proxy.http.id
  ip_address            = google_compute_address.inside.id
  ip_protocol           = "TCP"
  port_range            = "80"
  load_balancing_scheme = "INTERNAL_MANAGED"
  network               = google_compute_network.network.id
  subnetwork            = google_compute_subnetwork.main.id
  labels                = { stack = var.changed ? "b" : "a" }
  depends_on            = [google_compute_subnetwork.proxies]
}

data "google_compute_backend_service" "run" {
  name = google_compute_backend_service.run.name
}

resource "google_iap_web_region_backend_service_iam_member" "people" {
  region                     = "us-central1"
  web_region_backend_service = google_compute_region_backend_service.machines.name
  role                       = "roles/iap.httpsResourceAccessor"
  member                     = "user:operator@example.com"
}

resource "google_iap_web_type_compute_iam_member" "people" {
  role   = "roles/iap.httpsResourceAccessor"
  member = "user:operator@example.com"
}

resource "google_compute_health_check" "tcp" {
  name                = "tf-tcp"
  check_interval_sec  = 10
  unhealthy_threshold = var.changed ? 4 : 3
  tcp_health_check {
    port = 5432
  }
  log_config {
    enable = true
  }
}

resource "google_compute_health_check" "https" {
  name = "tf-https"
  https_health_check {
    port_name          = "https"
    port_specification = "USE_NAMED_PORT"
    host               = "mlflow.example.com"
    request_path       = "/health"
  }
}

data "google_compute_forwarding_rule" "http" {
  name = google_compute_forwarding_rule.http.name
}

data "google_compute_global_forwarding_rule" "https" {
  name = google_compute_global_forwarding_rule.https.name
}

data "google_compute_region_backend_service" "machines" {
  name   = google_compute_region_backend_service.machines.name
  region = "us-central1"
}

data "google_compute_region_network_endpoint_group" "run" {
  name   = google_compute_region_network_endpoint_group.run.name
  region = "us-central1"
}
