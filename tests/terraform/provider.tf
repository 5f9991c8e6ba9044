# What every stack shares: the provider, unmodified, and whether the stack is to be as it was made or as it was changed.
terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}

provider "google" {
  project = "demo-proj"
  region  = "us-central1"
  zone    = "us-central1-a"
}

variable "changed" {
  type    = bool
  default = false
}
