# Projects, their billing, organisation policies, audit.
data "google_organization" "here" {
  domain = "example.com"
}

data "google_billing_account" "here" {
  open         = true
  display_name = "My Billing Account"
}

resource "google_project" "second" {
  name            = var.changed ? "Second changed" : "Second"
  project_id      = "tf-second-proj"
  org_id          = data.google_organization.here.org_id
  billing_account = data.google_billing_account.here.id
  labels          = { stack = var.changed ? "b" : "a" }
  deletion_policy = "DELETE"
}

resource "google_project_service" "second" {
  project = google_project.second.project_id
  service = "secretmanager.googleapis.com"
}

resource "google_project_iam_member" "owner" {
  project = google_project.second.project_id
  role    = "roles/viewer"
  member  = "user:operator@example.com"
}

resource "google_project_iam_audit_config" "all" {
  project = google_project.second.project_id
  service = "allServices"
  audit_log_config {
    log_type = "ADMIN_READ"
  }
  audit_log_config {
    log_type         = "DATA_READ"
    exempted_members = var.changed ? ["user:operator@example.com"] : []
  }
}

data "google_project_iam_policy" "demo" {
  project = "demo-proj"
}

data "google_project_ancestry" "demo" {
  project = "demo-proj"
}

data "google_project_service" "storage" {
  service = "storage.googleapis.com"
}

resource "google_org_policy_policy" "invokers" {
  name   = "projects/demo-proj/policies/iam.allowedPolicyMemberDomains"
  parent = "projects/demo-proj"
  spec {
    inherit_from_parent = false
    rules {
      allow_all = var.changed ? null : "TRUE"
      deny_all  = var.changed ? "TRUE" : null
    }
  }
}

data "google_projects" "all" {
  filter = "lifecycleState:ACTIVE"
}
