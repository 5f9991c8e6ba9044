# Networks, subnetworks, addresses, firewalls, routes, routers and NAT, places.
resource "google_compute_network" "network" {
  name                    = "tf-network"
  auto_create_subnetworks = false
  routing_mode            = var.changed ? "GLOBAL" : "REGIONAL"
  mtu                     = 1500
  description             = "a network"
}

resource "google_compute_network" "automatic" {
  name                    = "tf-automatic"
  auto_create_subnetworks = true
}

resource "google_compute_subnetwork" "main" {
  name                     = "tf-main"
  network                  = google_compute_network.network.id
  region                   = "us-central1"
  ip_cidr_range            = var.changed ? "10.10.0.0/20" : "10.10.0.0/24"
  private_ip_google_access = var.changed
  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = "10.20.0.0/16"
  }
  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = "10.30.0.0/20"
  }
  log_config {
    aggregation_interval = "INTERVAL_5_SEC"
    flow_sampling        = 0.5
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

resource "google_compute_subnetwork" "proxies" {
  name          = "tf-proxies"
  network       = google_compute_network.network.id
  ip_cidr_range = "10.11.0.0/24"
  purpose       = "REGIONAL_MANAGED_PROXY"
  role          = "ACTIVE"
}

resource "google_compute_subnetwork_iam_member" "user" {
  subnetwork = google_compute_subnetwork.main.name
  role       = "roles/compute.networkUser"
  member     = "user:operator@example.com"
}

resource "google_compute_address" "external" {
  name   = "tf-external"
  labels = { stack = var.changed ? "b" : "a" }
}

resource "google_compute_address" "internal" {
  name         = "tf-internal"
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.main.id
  address      = "10.10.0.42"
  purpose      = "GCE_ENDPOINT"
}

resource "google_compute_global_address" "front" {
  name = "tf-front"
}

resource "google_compute_global_address" "peering" {
  name          = "tf-peering"
  address       = "10.200.0.0" # one that is drawn may be where the subnetwork comes to stand
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
  network       = google_compute_network.network.id
}

resource "google_compute_firewall" "checks" {
  name          = "tf-checks"
  network       = google_compute_network.network.name
  description   = "health checks"
  source_ranges = ["130.211.0.0/22", "35.191.0.0/16"]
  target_tags   = ["mlflow"]
  priority      = 900
  disabled      = var.changed
  allow {
    protocol = "tcp"
    ports    = var.changed ? ["4180", "8080-8090"] : ["4180"]
  }
  log_config {
    metadata = "EXCLUDE_ALL_METADATA"
  }
}

resource "google_compute_firewall" "out" {
  name               = "tf-out"
  network            = google_compute_network.network.name
  direction          = "EGRESS"
  destination_ranges = ["0.0.0.0/0"]
  deny {
    protocol = "all"
  }
}

resource "google_compute_route" "out" {
  name             = "tf-route"
  network          = google_compute_network.network.name
  dest_range       = "199.36.153.8/30"
  next_hop_gateway = "default-internet-gateway"
  priority         = 800
}

resource "google_compute_router" "router" {
  name    = "tf-router"
  network = google_compute_network.network.id
  region  = "us-central1"
  bgp {
    asn               = var.changed ? 64515 : 64514
    advertise_mode    = "CUSTOM"
    advertised_groups = ["ALL_SUBNETS"]
  }
}

resource "google_compute_router_nat" "nat" {
  name                               = "tf-nat"
  router                             = google_compute_router.router.name
  region                             = google_compute_router.router.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"
  min_ports_per_vm                   = var.changed ? 128 : 64
  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

resource "google_compute_router_nat" "listed" {
  name                               = "tf-nat-listed"
  router                             = google_compute_router.second.name
  region                             = google_compute_router.second.region
  nat_ip_allocate_option             = "MANUAL_ONLY"
  nat_ips                            = [google_compute_address.external.self_link]
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"
  subnetwork {
    name                    = google_compute_subnetwork.other.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }
}

resource "google_compute_network" "other" {
  name                    = "tf-other"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "other" {
  name          = "tf-other"
  network       = google_compute_network.other.id
  ip_cidr_range = "10.50.0.0/24"
}

resource "google_compute_router" "second" {
  name    = "tf-second"
  network = google_compute_network.other.name
}

resource "google_compute_network_peering" "there" {
  name         = "tf-there"
  network      = google_compute_network.network.self_link
  peer_network = google_compute_network.other.self_link
}

resource "google_compute_network_peering" "back" {
  name                 = "tf-back"
  network              = google_compute_network.other.self_link
  peer_network         = google_compute_network.network.self_link
  export_custom_routes = var.changed
  depends_on           = [google_compute_network_peering.there]
}

data "google_compute_zones" "here" {}

data "google_compute_regions" "all" {}

data "google_compute_network" "network" {
  name = google_compute_network.network.name
}

data "google_compute_subnetwork" "main" {
  name = google_compute_subnetwork.main.name
}

data "google_compute_addresses" "all" {
  depends_on = [google_compute_address.external]
}

data "google_compute_machine_types" "here" {
  zone   = "us-central1-a"
  filter = "name = \"e2-medium\""
}

data "google_netblock_ip_ranges" "checks" {
  range_type = "health-checkers"
}

data "google_compute_networks" "all" {
  depends_on = [google_compute_network.other]
}

data "google_compute_subnetworks" "all" {
  region     = "us-central1"
  depends_on = [google_compute_subnetwork.other]
}

data "google_compute_router" "router" {
  name    = google_compute_router.router.name
  network = google_compute_network.network.id
}

data "google_compute_router_nat" "nat" {
  name   = google_compute_router_nat.nat.name
  router = google_compute_router.router.name
}

data "google_compute_router_status" "router" {
  name       = google_compute_router.router.name
  region     = "us-central1"
  depends_on = [google_compute_router_nat.nat]
}

data "google_compute_address" "external" {
  name = google_compute_address.external.name
}

data "google_compute_global_address" "front" {
  name = google_compute_global_address.front.name
}

data "google_compute_lb_ip_ranges" "all" {}
