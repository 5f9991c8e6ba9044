# Machines, disks, groups and the tunnel to them.
resource "google_service_account" "runtime" {
  account_id = "tf-runtime"
}

resource "google_compute_network" "network" {
  name                    = "tf-network"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "main" {
  name          = "tf-main"
  network       = google_compute_network.network.id
  ip_cidr_range = "10.10.0.0/24"
}

data "google_compute_image" "cos" {
  family  = "cos-stable"
  project = "cos-cloud"
}

resource "google_compute_disk" "data" {
  name   = "tf-data"
  type   = "pd-balanced"
  zone   = "us-central1-a"
  size   = var.changed ? 20 : 10
  labels = { stack = var.changed ? "b" : "a" }
}

resource "google_compute_disk" "spare" {
  name  = "tf-spare"
  type  = "pd-ssd"
  size  = 10
  image = data.google_compute_image.cos.self_link
}

resource "google_compute_instance" "server" {
  name                      = "tf-server"
  machine_type              = var.changed ? "e2-standard-2" : "e2-medium"
  zone                      = "us-central1-a"
  tags                      = ["mlflow"]
  allow_stopping_for_update = true
  deletion_protection       = false
  description               = "tracking server"
  labels                    = { stack = var.changed ? "b" : "a" }
  metadata = {
    "google-logging-enabled" = "true"
    "enable-oslogin"         = "TRUE"
    "user-data"              = var.changed ? "#cloud-config\n# changed\n" : "#cloud-config\n"
  }
  boot_disk {
    initialize_params {
      image = data.google_compute_image.cos.self_link
      size  = 20
      type  = "pd-balanced"
    }
  }
  attached_disk {
    source      = google_compute_disk.data.id
    device_name = "data"
  }
  network_interface {
    subnetwork = google_compute_subnetwork.main.id
  }
  service_account {
    email  = google_service_account.runtime.email
    scopes = ["cloud-platform"]
  }
  shielded_instance_config {
    enable_secure_boot = true
  }
  scheduling {
    on_host_maintenance = "MIGRATE"
    automatic_restart   = true
  }
}

resource "google_compute_instance" "outside" {
  name         = "tf-outside"
  machine_type = "e2-small"
  zone         = "us-central1-b"
  boot_disk {
    initialize_params {
      image = "debian-cloud/debian-12"
    }
  }
  network_interface {
    subnetwork = google_compute_subnetwork.main.id
    access_config {}
  }
  lifecycle {
    ignore_changes = [attached_disk]
  }
}

resource "google_compute_disk" "later" {
  name = "tf-later"
  zone = "us-central1-b"
  size = 10
}

resource "google_compute_attached_disk" "later" {
  disk     = google_compute_disk.later.id
  instance = google_compute_instance.outside.id
}

resource "google_compute_instance_group" "group" {
  name      = "tf-group"
  zone      = "us-central1-a"
  instances = [google_compute_instance.server.self_link]
  named_port {
    name = "http"
    port = var.changed ? 4180 : 8080
  }
}

resource "google_compute_instance_iam_member" "login" {
  zone          = "us-central1-a"
  instance_name = google_compute_instance.server.name
  role          = "roles/compute.osLogin"
  member        = "user:operator@example.com"
}

resource "google_iap_tunnel_instance_iam_member" "tunnel" {
  zone     = "us-central1-a"
  instance = google_compute_instance.server.name
  role     = "roles/iap.tunnelResourceAccessor"
  member   = "user:operator@example.com"
}

resource "google_compute_network_endpoint_group" "zonal" {
  name         = "tf-zonal"
  network      = google_compute_network.network.id
  subnetwork   = google_compute_subnetwork.main.id
  default_port = 4180
  zone         = "us-central1-a"
}

resource "google_compute_network_endpoint" "server" {
  network_endpoint_group = google_compute_network_endpoint_group.zonal.name
  zone                   = "us-central1-a"
  instance               = google_compute_instance.server.name
  port                   = 4180
  ip_address             = google_compute_instance.server.network_interface[0].network_ip
}

data "google_compute_instance_serial_port" "server" {
  instance = google_compute_instance.server.name
  zone     = "us-central1-a"
  port     = 1
}

data "google_compute_instance_group" "group" {
  name       = google_compute_instance_group.group.name
  zone       = "us-central1-a"
  depends_on = [google_compute_instance.server]
}

data "google_compute_instance" "server" {
  name = google_compute_instance.server.name
  zone = "us-central1-a"
}

data "google_compute_disk" "data" {
  name = google_compute_disk.data.name
  zone = "us-central1-a"
}

data "google_compute_images" "cos" {
  project = "cos-cloud"
}

data "google_compute_network_endpoint_group" "zonal" {
  name = google_compute_network_endpoint_group.zonal.name
  zone = "us-central1-a"
}

data "google_compute_default_service_account" "default" {}
