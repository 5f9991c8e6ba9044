# Certificate Manager: authorizations, certificates, maps and their entries.
resource "google_certificate_manager_dns_authorization" "domain" {
  name        = "tf-domain"
  domain      = "mlflow.example.com"
  description = var.changed ? "changed" : "as made"
}

resource "google_certificate_manager_certificate" "domain" {
  name        = "tf-certificate"
  description = var.changed ? "changed" : "as made"
  labels      = { stack = var.changed ? "b" : "a" }
  managed {
    domains            = ["mlflow.example.com"]
    dns_authorizations = [google_certificate_manager_dns_authorization.domain.id]
  }
}

resource "google_certificate_manager_certificate_map" "map" {
  name        = "tf-map"
  description = var.changed ? "changed" : "as made"
}

resource "google_certificate_manager_certificate_map_entry" "host" {
  name         = "tf-host"
  map          = google_certificate_manager_certificate_map.map.name
  certificates = [google_certificate_manager_certificate.domain.id]
  hostname     = "mlflow.example.com"
  description  = var.changed ? "changed" : "as made"
}

resource "google_certificate_manager_certificate_map_entry" "primary" {
  name         = "tf-primary"
  map          = google_certificate_manager_certificate_map.map.name
  certificates = [google_certificate_manager_certificate.domain.id]
  matcher      = "PRIMARY"
}

# One's own certificate, here and as Compute Engine's, global and regional.
locals {
  key  = file("key.pem")
  cert = file("cert.pem")
}

resource "google_certificate_manager_certificate" "own" {
  name     = "tf-own"
  location = "us-central1"
  self_managed {
    pem_certificate = local.cert
    pem_private_key = local.key
  }
}

resource "google_compute_ssl_certificate" "own" {
  name        = "tf-own"
  private_key = local.key
  certificate = local.cert
}

resource "google_compute_region_ssl_certificate" "own" {
  name        = "tf-own"
  region      = "us-central1"
  private_key = local.key
  certificate = local.cert
}

resource "google_compute_region_url_map" "redirect" {
  name   = "tf-redirect"
  region = "us-central1"
  default_url_redirect {
    https_redirect = true
    strip_query    = false
  }
}

resource "google_compute_region_target_https_proxy" "own" {
  name             = "tf-own"
  region           = "us-central1"
  url_map          = google_compute_region_url_map.redirect.id
  ssl_certificates = [google_compute_region_ssl_certificate.own.id]
}

resource "google_compute_url_map" "redirect" {
  name = "tf-redirect"
  default_url_redirect {
    https_redirect = true
    strip_query    = false
  }
}

resource "google_compute_target_https_proxy" "front" {
  name            = "tf-front"
  url_map         = google_compute_url_map.redirect.id
  certificate_map = "//certificatemanager.googleapis.com/${google_certificate_manager_certificate_map.map.id}"
}

data "google_certificate_manager_certificates" "all" {
  depends_on = [google_certificate_manager_certificate.domain]
}

data "google_certificate_manager_certificate_map" "map" {
  name = google_certificate_manager_certificate_map.map.name
}

data "google_certificate_manager_dns_authorization" "domain" {
  name     = google_certificate_manager_dns_authorization.domain.name
  domain   = google_certificate_manager_dns_authorization.domain.domain
  location = "global"
}

data "google_compute_ssl_certificate" "own" {
  name = google_compute_ssl_certificate.own.name
}
