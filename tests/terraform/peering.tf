# Private services access without anything behind it, which can be undone at once.
resource "google_compute_network" "network" {
  name                    = "tf-network"
  auto_create_subnetworks = false
}

resource "google_compute_global_address" "ranges" {
  count         = 2
  name          = "tf-range-${count.index}"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
  network       = google_compute_network.network.id
}

resource "google_service_networking_connection" "private" {
  network                 = google_compute_network.network.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = slice(google_compute_global_address.ranges[*].name, 0, var.changed ? 2 : 1)
}

resource "google_compute_network_peering_routes_config" "routes" {
  network              = google_compute_network.network.name
  peering              = google_service_networking_connection.private.peering
  import_custom_routes = false
  export_custom_routes = var.changed
}
