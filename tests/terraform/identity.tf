# Service accounts, their keys and policies, custom roles, project policies, workload identity.
resource "google_service_account" "runtime" {
  account_id   = "tf-runtime"
  display_name = var.changed ? "MLflow, changed" : "MLflow"
  description  = "runs the tracking server"
}

resource "google_service_account" "build" {
  account_id = "tf-build"
  disabled   = var.changed
}

resource "google_service_account_key" "key" {
  service_account_id = google_service_account.runtime.name
}

resource "google_service_account_iam_member" "user" {
  service_account_id = google_service_account.runtime.name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.build.member
}

resource "google_service_account_iam_binding" "creators" {
  service_account_id = google_service_account.runtime.name
  role               = "roles/iam.serviceAccountTokenCreator"
  members            = var.changed ? ["user:operator@example.com"] : ["user:operator@example.com", google_service_account.build.member]
}

resource "google_project_iam_member" "logs" {
  project = "demo-proj"
  role    = "roles/logging.logWriter"
  member  = google_service_account.runtime.member
}

resource "google_project_iam_member" "conditional" {
  project = "demo-proj"
  role    = "roles/cloudsql.client"
  member  = google_service_account.runtime.member
  condition {
    title      = "until the year's end"
    expression = "request.time < timestamp(\"2027-01-01T00:00:00Z\")"
  }
}

resource "google_project_iam_binding" "metrics" {
  project = "demo-proj"
  role    = "roles/monitoring.metricWriter"
  members = concat([google_service_account.runtime.member], var.changed ? [google_service_account.build.member] : [])
}

resource "google_project_iam_custom_role" "reader" {
  role_id     = "tfReader"
  title       = var.changed ? "Reader, changed" : "Reader"
  permissions = var.changed ? ["storage.objects.get"] : ["storage.objects.get", "storage.objects.list"]
  stage       = "GA"
}

resource "google_project_iam_member" "reader" {
  project = "demo-proj"
  role    = google_project_iam_custom_role.reader.id
  member  = google_service_account.runtime.member
}

data "google_iam_role" "invoker" {
  name = "roles/run.invoker"
}

# What iamcredentials makes, in the account's name.
resource "google_service_account_iam_member" "me" {
  service_account_id = google_service_account.runtime.name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = "user:operator@example.com"
}

data "google_service_account_access_token" "runtime" {
  target_service_account = google_service_account.runtime.email
  scopes                 = ["cloud-platform"]
  lifetime               = "600s"
  depends_on             = [google_service_account_iam_binding.creators]
}

data "google_service_account_id_token" "runtime" {
  target_service_account = google_service_account.runtime.email
  target_audience        = "https://mlflow.example.com"
  include_email          = true
  depends_on             = [google_service_account_iam_member.me, google_service_account_iam_binding.creators]
}

data "google_service_account_jwt" "runtime" {
  target_service_account = google_service_account.runtime.email
  payload                = jsonencode({ sub = "x", iss = google_service_account.runtime.email })
  expires_in             = 600
  depends_on             = [google_service_account_iam_binding.creators]
}

data "google_service_accounts" "all" {
  depends_on = [google_service_account.build]
}

resource "google_iam_workload_identity_pool" "ci" {
  workload_identity_pool_id = "tf-pool"
  display_name              = var.changed ? "CI, changed" : "CI"
}

resource "google_iam_workload_identity_pool_provider" "github" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.ci.workload_identity_pool_id
  workload_identity_pool_provider_id = "tf-github"
  display_name                       = "GitHub"
  attribute_condition                = "assertion.repository_owner == \"example\""
  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
  }
  oidc {
    issuer_uri        = "https://token.actions.githubusercontent.com"
    allowed_audiences = var.changed ? ["https://example.com/a", "https://example.com/b"] : ["https://example.com/a"]
  }
}

resource "google_service_account_iam_member" "github" {
  service_account_id = google_service_account.build.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.ci.name}/attribute.repository/example/app"
}

data "google_service_account" "runtime" {
  account_id = google_service_account.runtime.account_id
}

data "google_project" "this" {}

data "google_client_config" "this" {}

data "google_client_openid_userinfo" "me" {}

data "google_iam_policy" "readers" {
  binding {
    role    = "roles/iam.serviceAccountUser"
    members = [google_service_account.runtime.member]
  }
}

resource "google_service_account_iam_policy" "whole" {
  service_account_id = google_service_account.third.name
  policy_data        = data.google_iam_policy.readers.policy_data
}

resource "google_service_account" "third" {
  account_id = "tf-third"
}

data "google_iam_workload_identity_pool" "ci" {
  workload_identity_pool_id = google_iam_workload_identity_pool.ci.workload_identity_pool_id
}

data "google_iam_workload_identity_pool_provider" "github" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.ci.workload_identity_pool_id
  workload_identity_pool_provider_id = google_iam_workload_identity_pool_provider.github.workload_identity_pool_provider_id
}

resource "google_iam_workload_identity_pool_provider" "aws" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.ci.workload_identity_pool_id
  workload_identity_pool_provider_id = "tf-aws"
  disabled                           = var.changed
  aws {
    account_id = "999999999999"
  }
}

data "google_service_account_key" "key" {
  name            = google_service_account_key.key.name
  public_key_type = "TYPE_X509_PEM_FILE"
}

data "google_project_iam_custom_role" "reader" {
  project = "demo-proj"
  role_id = google_project_iam_custom_role.reader.role_id
}
