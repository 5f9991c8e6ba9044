# DNS zones and record sets.
resource "google_dns_managed_zone" "public" {
  name        = "tf-public"
  dns_name    = "mlflow.example.com."
  description = var.changed ? "changed" : "as made"
  labels      = { stack = "a" }
}

resource "google_compute_network" "network" {
  name                    = "tf-network"
  auto_create_subnetworks = false
}

resource "google_dns_managed_zone" "private" {
  name       = "tf-private"
  dns_name   = "internal.example.com."
  visibility = "private"
  private_visibility_config {
    networks {
      network_url = google_compute_network.network.id
    }
  }
}

resource "google_dns_record_set" "a" {
  managed_zone = google_dns_managed_zone.public.name
  name         = "www.mlflow.example.com."
  type         = "A"
  ttl          = var.changed ? 60 : 300
  rrdatas      = var.changed ? ["203.0.113.7", "203.0.113.8"] : ["203.0.113.7"]
}

resource "google_dns_record_set" "txt" {
  managed_zone = google_dns_managed_zone.public.name
  name         = "mlflow.example.com."
  type         = "TXT"
  ttl          = 300
  rrdatas      = ["\"v=spf1 -all\"", "\"two words\""]
}

resource "google_dns_record_set" "cname" {
  managed_zone = google_dns_managed_zone.private.name
  name         = "server.internal.example.com."
  type         = "CNAME"
  ttl          = 300
  rrdatas      = ["www.mlflow.example.com."]
}

data "google_dns_record_set" "a" {
  managed_zone = google_dns_managed_zone.public.name
  name         = google_dns_record_set.a.name
  type         = "A"
}

data "google_dns_managed_zone" "public" {
  name = google_dns_managed_zone.public.name
}

data "google_dns_managed_zones" "all" {
  depends_on = [google_dns_managed_zone.private]
}

data "google_dns_record_sets" "all" {
  managed_zone = google_dns_managed_zone.public.name
  depends_on   = [google_dns_record_set.txt]
}
