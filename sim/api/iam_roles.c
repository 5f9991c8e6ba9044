/* Predefined roles and what they permit: the roles that the four targets need, and their neighbours. A pattern that ends in *
 * stands for every permission that begins so. Basic roles are patterns with exceptions, as Google documents them: an owner
 * cannot mint tokens for a service account, and is let through IAP only with a role of IAP's own. */
#include "config.h"
#include "sim/api/identity.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct role {
	const char *name, *title, *permissions; /* blanks between permissions; -x takes x out again */
};

#define TOKENS                                                                                                                 \
	" -iam.serviceAccounts.getAccessToken -iam.serviceAccounts.getOpenIdToken -iam.serviceAccounts.signBlob"               \
	" -iam.serviceAccounts.signJwt -iam.serviceAccounts.implicitDelegation -iam.serviceAccounts.getOpenIdTokenAs"
#define OBJECTS                                                                                                                \
	" -storage.objects.* -storage.multipartUploads.* -storage.buckets.get* -storage.buckets.setIamPolicy "                 \
	"-storage.buckets.update"
#define WEB " -iap.webServiceVersions.accessViaIAP"
#define PROJECT " resourcemanager.projects.get"
#define PROJECTS " resourcemanager.projects.get resourcemanager.projects.list"

static const struct role roles[] = {
	{"roles/owner", "Owner", "*" TOKENS OBJECTS WEB},
	{"roles/editor", "Editor",
	 "*" TOKENS OBJECTS WEB
	 " -*.setIamPolicy -secretmanager.versions.access -resourcemanager.projects.delete -resourcemanager.projects.update"
	 " -iap.tunnelInstances.accessViaIAP -appengine.applications.create -orgpolicy.* -iam.workloadIdentityPools.create"
	 " -iam.workloadIdentityPools.delete -iam.workloadIdentityPools.update -iam.workloadIdentityPoolProviders.create"
	 " -iam.workloadIdentityPoolProviders.update -iam.workloadIdentityPoolProviders.delete -iam.roles.create "
	 "-iam.roles.update"
	 " -iam.roles.delete -servicenetworking.services.addPeering -billing.*"},
	{"roles/viewer", "Viewer",
	 "*.get *.list *.getIamPolicy *.listTagBindings resourcemanager.projects.get serviceusage.services.get "
	 "cloudbuild.builds.get"
	 " compute.regions.get logging.logEntries.list" OBJECTS " -secretmanager.versions.access"},
	{"roles/browser", "Browser",
	 "resourcemanager.folders.get resourcemanager.folders.list resourcemanager.organizations.get"
	 " resourcemanager.projects.get resourcemanager.projects.getIamPolicy resourcemanager.projects.list"},
	{"roles/appengine.appAdmin", "App Engine Admin",
	 "appengine.applications.get appengine.applications.update appengine.instances.*"
	 " appengine.memcache.* appengine.operations.* appengine.runtimes.actAsAdmin appengine.services.* "
	 "appengine.versions.create"
	 " appengine.versions.delete appengine.versions.get appengine.versions.list appengine.versions.update" PROJECTS},
	{"roles/appengine.appCreator", "App Engine Creator", "appengine.applications.create" PROJECTS},
	{"roles/appengine.appViewer", "App Engine Viewer",
	 "appengine.applications.get appengine.instances.get appengine.instances.list"
	 " appengine.operations.* appengine.services.get appengine.services.list appengine.versions.get "
	 "appengine.versions.list" PROJECTS},
	{"roles/appengine.deployer", "App Engine Deployer",
	 "appengine.applications.get appengine.instances.get appengine.instances.list"
	 " appengine.operations.* appengine.services.get appengine.services.list appengine.versions.create "
	 "appengine.versions.delete"
	 " appengine.versions.get appengine.versions.list" PROJECTS},
	{"roles/appengine.serviceAdmin", "App Engine Service Admin",
	 "appengine.applications.get appengine.instances.*"
	 " appengine.operations.* appengine.services.* appengine.versions.delete appengine.versions.get appengine.versions.list"
	 " appengine.versions.update" PROJECTS},
	{"roles/artifactregistry.admin", "Artifact Registry Administrator", "artifactregistry.*"},
	{"roles/artifactregistry.createOnPushWriter", "Artifact Registry Create-on-Push Writer",
	 "artifactregistry.dockerimages.* artifactregistry.files.* artifactregistry.packages.get artifactregistry.packages.list"
	 " artifactregistry.repositories.createOnPush artifactregistry.repositories.downloadArtifacts "
	 "artifactregistry.repositories.get"
	 " artifactregistry.repositories.list artifactregistry.repositories.uploadArtifacts artifactregistry.tags.*"
	 " artifactregistry.versions.get artifactregistry.versions.list"},
	{"roles/artifactregistry.reader", "Artifact Registry Reader",
	 "artifactregistry.dockerimages.get artifactregistry.dockerimages.list"
	 " artifactregistry.files.download artifactregistry.files.get artifactregistry.files.list "
	 "artifactregistry.locations.get"
	 " artifactregistry.locations.list artifactregistry.packages.get artifactregistry.packages.list"
	 " artifactregistry.repositories.downloadArtifacts artifactregistry.repositories.get artifactregistry.repositories.list"
	 " artifactregistry.tags.get artifactregistry.tags.list artifactregistry.versions.get artifactregistry.versions.list"},
	{"roles/artifactregistry.repoAdmin", "Artifact Registry Repository Administrator",
	 "artifactregistry.dockerimages.* artifactregistry.files.* artifactregistry.packages.* "
	 "artifactregistry.repositories.deleteArtifacts"
	 " artifactregistry.repositories.downloadArtifacts artifactregistry.repositories.get artifactregistry.repositories.list"
	 " artifactregistry.repositories.uploadArtifacts artifactregistry.tags.* artifactregistry.versions.*"},
	{"roles/artifactregistry.writer", "Artifact Registry Writer",
	 "artifactregistry.dockerimages.get artifactregistry.dockerimages.list"
	 " artifactregistry.files.download artifactregistry.files.get artifactregistry.files.list artifactregistry.files.upload"
	 " artifactregistry.locations.get artifactregistry.locations.list artifactregistry.packages.get "
	 "artifactregistry.packages.list"
	 " artifactregistry.repositories.downloadArtifacts artifactregistry.repositories.get artifactregistry.repositories.list"
	 " artifactregistry.repositories.uploadArtifacts artifactregistry.tags.create artifactregistry.tags.get "
	 "artifactregistry.tags.list"
	 " artifactregistry.tags.update artifactregistry.versions.get artifactregistry.versions.list"},
	{"roles/certificatemanager.owner", "Certificate Manager Owner", "certificatemanager.*" PROJECTS},
	{"roles/certificatemanager.editor", "Certificate Manager Editor", "certificatemanager.*" PROJECTS},
	{"roles/certificatemanager.viewer", "Certificate Manager Viewer",
	 "certificatemanager.*.get certificatemanager.*.list" PROJECTS},
	{"roles/cloudbuild.builds.builder", "Cloud Build Service Account",
	 "artifactregistry.dockerimages.get artifactregistry.dockerimages.list artifactregistry.repositories.downloadArtifacts"
	 " artifactregistry.repositories.get artifactregistry.repositories.list artifactregistry.repositories.uploadArtifacts"
	 " artifactregistry.tags.create artifactregistry.tags.get artifactregistry.tags.list artifactregistry.tags.update"
	 " artifactregistry.versions.get artifactregistry.versions.list cloudbuild.builds.create cloudbuild.builds.get "
	 "cloudbuild.builds.list"
	 " cloudbuild.builds.update logging.logEntries.create storage.buckets.create storage.buckets.get storage.buckets.list"
	 " storage.objects.create storage.objects.delete storage.objects.get storage.objects.list "
	 "storage.objects.update" PROJECTS},
	{"roles/cloudbuild.builds.editor", "Cloud Build Editor",
	 "cloudbuild.builds.create cloudbuild.builds.get cloudbuild.builds.list"
	 " cloudbuild.builds.update cloudbuild.locations.get cloudbuild.locations.list cloudbuild.operations.get "
	 "cloudbuild.operations.list"
	 " remotebuildexecution.blobs.get" PROJECTS},
	{"roles/cloudbuild.builds.viewer", "Cloud Build Viewer",
	 "cloudbuild.builds.get cloudbuild.builds.list cloudbuild.operations.get"
	 " cloudbuild.operations.list" PROJECTS},
	{"roles/cloudbuild.serviceAgent", "Cloud Build Service Agent",
	 "cloudbuild.* storage.objects.* storage.buckets.get"
	 " storage.buckets.create storage.buckets.list logging.logEntries.create artifactregistry.* "
	 "iam.serviceAccounts.getAccessToken"
	 " iam.serviceAccounts.actAs" PROJECTS},
	{"roles/cloudsql.admin", "Cloud SQL Admin",
	 "cloudsql.* recommender.cloudsqlInstanceConfigs.get" PROJECTS
	 " serviceusage.quotas.get serviceusage.services.get serviceusage.services.list"},
	{"roles/cloudsql.client", "Cloud SQL Client", "cloudsql.instances.connect cloudsql.instances.get"},
	{"roles/cloudsql.editor", "Cloud SQL Editor",
	 "cloudsql.backupRuns.create cloudsql.backupRuns.get cloudsql.backupRuns.list"
	 " cloudsql.databases.* cloudsql.instances.connect cloudsql.instances.export cloudsql.instances.get "
	 "cloudsql.instances.list"
	 " cloudsql.instances.restart cloudsql.instances.update cloudsql.users.get cloudsql.users.list" PROJECTS},
	{"roles/cloudsql.instanceUser", "Cloud SQL Instance User", "cloudsql.instances.get cloudsql.instances.login"},
	{"roles/cloudsql.viewer", "Cloud SQL Viewer",
	 "cloudsql.backupRuns.get cloudsql.backupRuns.list cloudsql.databases.get"
	 " cloudsql.databases.list cloudsql.instances.get cloudsql.instances.list cloudsql.users.get "
	 "cloudsql.users.list" PROJECTS},
	{"roles/compute.admin", "Compute Admin",
	 "compute.*" PROJECTS " serviceusage.quotas.get serviceusage.services.get"
	 " serviceusage.services.list"},
	{"roles/compute.instanceAdmin.v1", "Compute Instance Admin (v1)",
	 "compute.acceleratorTypes.* compute.addresses.get"
	 " compute.addresses.list compute.addresses.use compute.disks.* compute.globalOperations.get "
	 "compute.globalOperations.list"
	 " compute.images.* compute.instanceGroupManagers.* compute.instanceGroups.* compute.instanceTemplates.* "
	 "compute.instances.*"
	 " compute.licenses.* compute.machineTypes.* compute.networks.get compute.networks.list compute.networks.use"
	 " compute.networks.useExternalIp compute.projects.get compute.projects.setCommonInstanceMetadata "
	 "compute.regionOperations.get"
	 " compute.regionOperations.list compute.regions.* compute.snapshots.* compute.subnetworks.get compute.subnetworks.list"
	 " compute.subnetworks.use compute.subnetworks.useExternalIp compute.zoneOperations.get compute.zoneOperations.list "
	 "compute.zones.*" PROJECTS " serviceusage.quotas.get serviceusage.services.get serviceusage.services.list"},
	{"roles/compute.loadBalancerAdmin", "Compute Load Balancer Admin",
	 "certificatemanager.certmaps.use compute.addresses.*"
	 " compute.backendBuckets.* compute.backendServices.* compute.forwardingRules.* compute.globalAddresses.*"
	 " compute.globalForwardingRules.* compute.globalNetworkEndpointGroups.* compute.healthChecks.* "
	 "compute.httpHealthChecks.*"
	 " compute.instanceGroups.* compute.instances.get compute.instances.list compute.instances.use "
	 "compute.networkEndpointGroups.*"
	 " compute.networks.get compute.networks.list compute.networks.use compute.projects.get compute.regionBackendServices.*"
	 " compute.regionHealthChecks.* compute.regionNetworkEndpointGroups.* compute.regionTargetHttpsProxies.* "
	 "compute.regionUrlMaps.*"
	 " compute.securityPolicies.get compute.securityPolicies.use compute.sslCertificates.* compute.sslPolicies.* "
	 "compute.subnetworks.get"
	 " compute.subnetworks.list compute.subnetworks.use compute.targetHttpProxies.* compute.targetHttpsProxies.* "
	 "compute.targetPools.*"
	 " compute.urlMaps.* compute.globalOperations.get compute.regionOperations.get compute.zoneOperations.get" PROJECTS},
	{"roles/compute.networkAdmin", "Compute Network Admin",
	 "compute.addresses.* compute.backendServices.* compute.externalVpnGateways.*"
	 " compute.firewalls.get compute.firewalls.list compute.forwardingRules.* compute.globalAddresses.* "
	 "compute.globalForwardingRules.*"
	 " compute.globalNetworkEndpointGroups.* compute.healthChecks.* compute.instanceGroups.get compute.instanceGroups.list"
	 " compute.instances.get compute.instances.list compute.instances.use compute.networkEndpointGroups.* "
	 "compute.networks.*"
	 " compute.projects.get compute.regionBackendServices.* compute.regionHealthChecks.* "
	 "compute.regionNetworkEndpointGroups.*"
	 " compute.regions.* compute.routers.* compute.routes.* compute.sslCertificates.get compute.sslCertificates.list"
	 " compute.sslPolicies.* compute.subnetworks.* compute.targetHttpProxies.* compute.targetHttpsProxies.* "
	 "compute.urlMaps.*"
	 " compute.zones.* compute.globalOperations.get compute.globalOperations.list compute.regionOperations.get"
	 " compute.regionOperations.list compute.zoneOperations.get servicenetworking.operations.get "
	 "servicenetworking.services.addPeering"
	 " servicenetworking.services.get servicenetworking.services.deleteConnection "
	 "servicenetworking.services.listPeeredDnsDomains"
	 " servicenetworking.services.createPeeredDnsDomain servicenetworking.services.deletePeeredDnsDomain networksecurity.*"
	 " networkservices.*" PROJECTS " serviceusage.quotas.get serviceusage.services.get serviceusage.services.list"},
	{"roles/compute.networkUser", "Compute Network User",
	 "compute.addresses.get compute.addresses.list compute.addresses.use"
	 " compute.networks.get compute.networks.list compute.networks.use compute.networks.useExternalIp "
	 "compute.subnetworks.get"
	 " compute.subnetworks.list compute.subnetworks.use compute.subnetworks.useExternalIp compute.firewalls.get "
	 "compute.firewalls.list" PROJECTS},
	{"roles/compute.networkViewer", "Compute Network Viewer", "compute.*.get compute.*.list" PROJECTS},
	{"roles/compute.osAdminLogin", "Compute OS Admin Login",
	 "compute.instances.get compute.instances.list compute.instances.osAdminLogin"
	 " compute.instances.osLogin compute.projects.get" PROJECTS},
	{"roles/compute.osLogin", "Compute OS Login",
	 "compute.instances.get compute.instances.list compute.instances.osLogin"
	 " compute.projects.get" PROJECTS},
	{"roles/compute.securityAdmin", "Compute Security Admin",
	 "compute.firewallPolicies.* compute.firewalls.* compute.securityPolicies.*"
	 " compute.sslCertificates.* compute.sslPolicies.* compute.networks.get compute.networks.list "
	 "compute.networks.updatePolicy"
	 " compute.backendServices.get compute.backendServices.list compute.globalOperations.get compute.globalOperations.list"
	 " compute.projects.get compute.regionOperations.get compute.regions.* compute.routes.get compute.routes.list "
	 "compute.subnetworks.get"
	 " compute.subnetworks.list compute.zoneOperations.get compute.zones.*" PROJECTS},
	{"roles/compute.serviceAgent", "Compute Engine Service Agent",
	 "compute.* iam.serviceAccounts.actAs"
	 " iam.serviceAccounts.getAccessToken" PROJECTS},
	{"roles/compute.viewer", "Compute Viewer", "compute.*.get compute.*.list compute.*.getIamPolicy" PROJECTS},
	{"roles/container.admin", "Kubernetes Engine Admin", "container.*" PROJECTS},
	{"roles/container.clusterAdmin", "Kubernetes Engine Cluster Admin",
	 "container.clusters.create container.clusters.delete"
	 " container.clusters.get container.clusters.list container.clusters.update container.operations.*" PROJECTS},
	{"roles/container.clusterViewer", "Kubernetes Engine Cluster Viewer",
	 "container.clusters.connect container.clusters.get"
	 " container.clusters.list" PROJECTS},
	{"roles/container.defaultNodeServiceAccount", "Kubernetes Engine Default Node Service Account",
	 "autoscaling.sites.writeMetrics logging.logEntries.create monitoring.metricDescriptors.create "
	 "monitoring.metricDescriptors.list"
	 " monitoring.timeSeries.create monitoring.timeSeries.list" PROJECT},
	{"roles/container.developer", "Kubernetes Engine Developer",
	 "container.*"
	 " -container.clusters.create -container.clusters.delete"
	 " -container.clusters.update" PROJECTS},
	{"roles/container.nodeServiceAccount", "Kubernetes Engine Node Service Account",
	 "autoscaling.sites.writeMetrics"
	 " logging.logEntries.create monitoring.metricDescriptors.create monitoring.timeSeries.create "
	 "artifactregistry.repositories.downloadArtifacts"
	 " storage.objects.get storage.objects.list" PROJECT},
	{"roles/container.serviceAgent", "Kubernetes Engine Service Agent",
	 "container.* compute.* iam.serviceAccounts.actAs"
	 " iam.serviceAccounts.getAccessToken storage.buckets.get storage.objects.get" PROJECTS},
	{"roles/container.viewer", "Kubernetes Engine Viewer", "container.*.get container.*.list" PROJECTS},
	{"roles/dns.admin", "DNS Administrator", "dns.*" PROJECTS},
	{"roles/dns.reader", "DNS Reader",
	 "dns.changes.get dns.changes.list dns.managedZones.get dns.managedZones.list"
	 " dns.resourceRecordSets.get dns.resourceRecordSets.list" PROJECTS},
	{"roles/iam.roleAdmin", "Role Administrator", "iam.roles.*" PROJECTS " resourcemanager.projects.getIamPolicy"},
	{"roles/iam.securityAdmin", "Security Admin",
	 "*.getIamPolicy *.setIamPolicy iam.roles.get iam.roles.list iam.serviceAccounts.get"
	 " iam.serviceAccounts.list" PROJECTS},
	{"roles/iam.securityReviewer", "Security Reviewer", "*.list *.getIamPolicy" PROJECTS},
	{"roles/iam.serviceAccountAdmin", "Service Account Admin",
	 "iam.serviceAccountApiKeyBindings.* iam.serviceAccounts.create"
	 " iam.serviceAccounts.delete iam.serviceAccounts.disable iam.serviceAccounts.enable iam.serviceAccounts.get"
	 " iam.serviceAccounts.getIamPolicy iam.serviceAccounts.list iam.serviceAccounts.setIamPolicy "
	 "iam.serviceAccounts.undelete"
	 " iam.serviceAccounts.update" PROJECTS},
	{"roles/iam.serviceAccountCreator", "Create Service Accounts",
	 "iam.serviceAccounts.create iam.serviceAccounts.get"
	 " iam.serviceAccounts.list" PROJECTS},
	{"roles/iam.serviceAccountDeleter", "Delete Service Accounts",
	 "iam.serviceAccounts.delete iam.serviceAccounts.get"
	 " iam.serviceAccounts.list" PROJECTS},
	{"roles/iam.serviceAccountKeyAdmin", "Service Account Key Admin",
	 "iam.serviceAccountKeys.* iam.serviceAccounts.get"
	 " iam.serviceAccounts.list" PROJECTS},
	{"roles/iam.serviceAccountOpenIdTokenCreator", "Service Account OpenID Connect Identity Token Creator",
	 "iam.serviceAccounts.getOpenIdToken"},
	{"roles/iam.serviceAccountTokenCreator", "Service Account Token Creator",
	 "iam.serviceAccounts.get iam.serviceAccounts.getAccessToken"
	 " iam.serviceAccounts.getOpenIdToken iam.serviceAccounts.implicitDelegation iam.serviceAccounts.list "
	 "iam.serviceAccounts.signBlob"
	 " iam.serviceAccounts.signJwt" PROJECTS},
	{"roles/iam.serviceAccountUser", "Service Account User",
	 "iam.serviceAccounts.actAs iam.serviceAccounts.get"
	 " iam.serviceAccounts.list" PROJECTS},
	{"roles/iam.serviceAccountViewer", "View Service Accounts",
	 "iam.serviceAccountKeys.get iam.serviceAccountKeys.list"
	 " iam.serviceAccounts.get iam.serviceAccounts.getIamPolicy iam.serviceAccounts.list" PROJECTS},
	{"roles/iam.workloadIdentityPoolAdmin", "IAM Workload Identity Pool Admin",
	 "iam.workloadIdentityPoolProviderKeys.*"
	 " iam.workloadIdentityPoolProviders.* iam.workloadIdentityPools.*" PROJECTS},
	{"roles/iam.workloadIdentityPoolViewer", "IAM Workload Identity Pool Viewer",
	 "iam.workloadIdentityPoolProviders.get"
	 " iam.workloadIdentityPoolProviders.list iam.workloadIdentityPools.get iam.workloadIdentityPools.list" PROJECTS},
	{"roles/iam.workloadIdentityUser", "Workload Identity User",
	 "iam.serviceAccounts.get iam.serviceAccounts.getAccessToken"
	 " iam.serviceAccounts.getOpenIdToken iam.serviceAccounts.list"},
	{"roles/iap.admin", "IAP Policy Admin",
	 "iap.tunnel.* iap.tunnelDestGroups.* iap.tunnelInstances.getIamPolicy"
	 " iap.tunnelInstances.setIamPolicy iap.tunnelLocations.* iap.tunnelZones.* iap.web.* "
	 "iap.webServiceVersions.getIamPolicy"
	 " iap.webServiceVersions.setIamPolicy iap.webServiceVersions.getSettings iap.webServiceVersions.updateSettings "
	 "iap.webServices.*"
	 " iap.webTypes.*" PROJECT},
	{"roles/iap.httpsResourceAccessor", "IAP-secured Web App User", "iap.webServiceVersions.accessViaIAP"},
	{"roles/iap.settingsAdmin", "IAP Settings Admin",
	 "iap.organizations.getSettings iap.organizations.updateSettings"
	 " iap.projects.getSettings iap.projects.updateSettings iap.web.getSettings iap.web.updateSettings "
	 "iap.webServiceVersions.getSettings"
	 " iap.webServiceVersions.updateSettings iap.webServices.getSettings iap.webServices.updateSettings "
	 "iap.webTypes.getSettings"
	 " iap.webTypes.updateSettings"},
	{"roles/iap.tunnelResourceAccessor", "IAP-secured Tunnel User",
	 "iap.tunnelDestGroups.accessViaIAP iap.tunnelInstances.accessViaIAP"},
	{"roles/logging.admin", "Logging Admin", "logging.*" PROJECTS},
	{"roles/logging.configWriter", "Logs Configuration Writer",
	 "logging.buckets.* logging.exclusions.* logging.logs.list logging.sinks.*" PROJECTS},
	{"roles/logging.logWriter", "Logs Writer", "logging.logEntries.create logging.logEntries.route"},
	{"roles/logging.viewer", "Logs Viewer",
	 "logging.buckets.get logging.buckets.list logging.logEntries.list logging.logs.list"
	 " logging.operations.get logging.operations.list logging.sinks.get logging.sinks.list" PROJECT},
	{"roles/monitoring.admin", "Monitoring Admin", "monitoring.*" PROJECTS},
	{"roles/monitoring.editor", "Monitoring Editor", "monitoring.*" PROJECTS},
	{"roles/monitoring.metricWriter", "Monitoring Metric Writer",
	 "monitoring.metricDescriptors.create monitoring.metricDescriptors.get"
	 " monitoring.metricDescriptors.list monitoring.monitoredResourceDescriptors.get "
	 "monitoring.monitoredResourceDescriptors.list"
	 " monitoring.timeSeries.create"},
	{"roles/monitoring.viewer", "Monitoring Viewer", "monitoring.*.get monitoring.*.list" PROJECTS},
	{"roles/oauthconfig.editor", "OAuth Config Editor", "clientauthconfig.* oauthconfig.*" PROJECT},
	{"roles/orgpolicy.policyAdmin", "Organization Policy Administrator", "orgpolicy.*"},
	{"roles/orgpolicy.policyViewer", "Organization Policy Viewer",
	 "orgpolicy.constraints.list orgpolicy.policies.list"
	 " orgpolicy.policy.get"},
	{"roles/resourcemanager.organizationAdmin", "Organization Administrator",
	 "resourcemanager.folders.* resourcemanager.organizations.*"
	 " resourcemanager.projects.get resourcemanager.projects.getIamPolicy resourcemanager.projects.list"
	 " resourcemanager.projects.setIamPolicy orgpolicy.*"},
	{"roles/resourcemanager.organizationViewer", "Organization Viewer", "resourcemanager.organizations.get"},
	{"roles/resourcemanager.projectCreator", "Project Creator",
	 "resourcemanager.organizations.get resourcemanager.projects.create"},
	{"roles/resourcemanager.projectIamAdmin", "Project IAM Admin",
	 "resourcemanager.projects.get resourcemanager.projects.getIamPolicy"
	 " resourcemanager.projects.setIamPolicy iam.policybindings.get iam.policybindings.list"},
	{"roles/run.admin", "Cloud Run Admin", "recommender.locations.* run.*" PROJECTS},
	{"roles/run.developer", "Cloud Run Developer",
	 "run.*"
	 " -run.*.setIamPolicy" PROJECTS},
	{"roles/run.invoker", "Cloud Run Invoker", "run.jobs.run run.routes.invoke"},
	{"roles/run.serviceAgent", "Cloud Run Service Agent",
	 "artifactregistry.repositories.downloadArtifacts"
	 " artifactregistry.repositories.get artifactregistry.dockerimages.get clientauthconfig.clients.list "
	 "cloudbuild.builds.create"
	 " cloudbuild.builds.get compute.addresses.create compute.addresses.createInternal compute.addresses.delete"
	 " compute.addresses.deleteInternal compute.addresses.get compute.addresses.list compute.networks.access "
	 "compute.networks.get"
	 " compute.subnetworks.get compute.subnetworks.use compute.globalOperations.get compute.regionOperations.get"
	 " iam.serviceAccounts.actAs iam.serviceAccounts.getAccessToken iam.serviceAccounts.getOpenIdToken "
	 "iam.serviceAccounts.signBlob"
	 " run.routes.invoke serviceusage.services.use storage.objects.get storage.objects.list vpcaccess.connectors.get"
	 " vpcaccess.connectors.use" PROJECTS},
	{"roles/run.viewer", "Cloud Run Viewer", "run.*.get run.*.list run.*.getIamPolicy" PROJECTS},
	{"roles/secretmanager.admin", "Secret Manager Admin", "secretmanager.*" PROJECTS},
	{"roles/secretmanager.secretAccessor", "Secret Manager Secret Accessor", "secretmanager.versions.access" PROJECTS},
	{"roles/secretmanager.secretVersionAdder", "Secret Manager Secret Version Adder",
	 "secretmanager.versions.add" PROJECTS},
	{"roles/secretmanager.secretVersionManager", "Secret Manager Secret Version Manager",
	 "secretmanager.versions.add"
	 " secretmanager.versions.destroy secretmanager.versions.disable secretmanager.versions.enable "
	 "secretmanager.versions.get"
	 " secretmanager.versions.list" PROJECTS},
	{"roles/secretmanager.viewer", "Secret Manager Viewer",
	 "secretmanager.locations.* secretmanager.secrets.get"
	 " secretmanager.secrets.getIamPolicy secretmanager.secrets.list secretmanager.versions.get "
	 "secretmanager.versions.list" PROJECTS},
	{"roles/servicenetworking.networksAdmin", "Service Networking Admin", "servicenetworking.*"},
	{"roles/servicenetworking.serviceAgent", "Service Networking Service Agent",
	 "compute.networks.* compute.routes.*"
	 " compute.globalAddresses.get compute.globalAddresses.list compute.globalOperations.get servicenetworking.*" PROJECTS},
	{"roles/serviceusage.apiKeysAdmin", "API Keys Admin", "apikeys.* serviceusage.apiKeys.*" PROJECTS},
	{"roles/serviceusage.serviceUsageAdmin", "Service Usage Admin",
	 "monitoring.timeSeries.list serviceusage.operations.*"
	 " serviceusage.quotas.* serviceusage.services.*"},
	{"roles/serviceusage.serviceUsageConsumer", "Service Usage Consumer",
	 "monitoring.timeSeries.list serviceusage.operations.get"
	 " serviceusage.operations.list serviceusage.quotas.get serviceusage.services.get serviceusage.services.list "
	 "serviceusage.services.use"},
	{"roles/serviceusage.serviceUsageViewer", "Service Usage Viewer",
	 "monitoring.timeSeries.list serviceusage.operations.get"
	 " serviceusage.operations.list serviceusage.quotas.get serviceusage.services.get serviceusage.services.list"},
	{"roles/storage.admin", "Storage Admin", "storage.*" PROJECTS},
	{"roles/storage.bucketViewer", "Storage Bucket Viewer", "storage.buckets.get storage.buckets.list"},
	{"roles/storage.legacyBucketOwner", "Storage Legacy Bucket Owner",
	 "storage.buckets.enableObjectRetention storage.buckets.get"
	 " storage.buckets.getIamPolicy storage.buckets.setIamPolicy storage.buckets.update storage.multipartUploads.* "
	 "storage.objects.create"
	 " storage.objects.delete storage.objects.list storage.objects.restore storage.managedFolders.*"},
	{"roles/storage.legacyBucketReader", "Storage Legacy Bucket Reader",
	 "storage.buckets.get storage.multipartUploads.list"
	 " storage.objects.list"},
	{"roles/storage.legacyBucketWriter", "Storage Legacy Bucket Writer",
	 "storage.buckets.get storage.multipartUploads.*"
	 " storage.objects.create storage.objects.delete storage.objects.list storage.objects.restore"},
	{"roles/storage.legacyObjectOwner", "Storage Legacy Object Owner",
	 "storage.objects.get storage.objects.getIamPolicy"
	 " storage.objects.overrideUnlockedRetention storage.objects.setIamPolicy storage.objects.setRetention "
	 "storage.objects.update"},
	{"roles/storage.legacyObjectReader", "Storage Legacy Object Reader", "storage.objects.get"},
	{"roles/storage.objectAdmin", "Storage Object Admin",
	 "storage.folders.* storage.managedFolders.* storage.multipartUploads.*"
	 " storage.objects.*" PROJECTS},
	{"roles/storage.objectCreator", "Storage Object Creator",
	 "storage.folders.create storage.managedFolders.create"
	 " storage.multipartUploads.abort storage.multipartUploads.create storage.multipartUploads.listParts "
	 "storage.objects.create" PROJECTS},
	{"roles/storage.objectUser", "Storage Object User",
	 "storage.folders.* storage.managedFolders.create storage.managedFolders.delete"
	 " storage.managedFolders.get storage.managedFolders.list storage.multipartUploads.* storage.objects.create "
	 "storage.objects.createContext"
	 " storage.objects.delete storage.objects.get storage.objects.list storage.objects.move storage.objects.restore "
	 "storage.objects.update" PROJECTS},
	{"roles/storage.objectViewer", "Storage Object Viewer",
	 "storage.folders.get storage.folders.list storage.managedFolders.get"
	 " storage.managedFolders.list storage.objects.get storage.objects.list" PROJECTS},
	{"roles/vpcaccess.user", "Serverless VPC Access User",
	 "vpcaccess.connectors.get vpcaccess.connectors.list vpcaccess.connectors.use"
	 " vpcaccess.locations.list" PROJECTS},
};

/* Does one pattern cover the permission? '*' stands for any text. */
static bool covers(const char *pattern, size_t n, const char *permission)
{
	const char *star = memchr(pattern, '*', n);
	if (!star)
		return strlen(permission) == n && !memcmp(pattern, permission, n);
	size_t head = (size_t)(star - pattern), tail = n - head - 1, len = strlen(permission);
	return len >= head + tail && !memcmp(pattern, permission, head) && !memcmp(star + 1, permission + len - tail, tail);
}

static bool listed(const char *patterns, const char *permission)
{
	bool yes = false;
	for (const char *at = patterns; *at;) {
		size_t n = strcspn(at, " ");
		bool out = n && *at == '-';
		if (n && covers(at + out, n - out, permission)) {
			if (out)
				return false;
			yes = true;
		}
		at += n + strspn(at + n, " ");
	}
	return yes;
}

static const struct role *find(const char *name)
{
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (!strcmp(roles[i].name, name))
			return &roles[i];
	return NULL;
}

bool sim_role_has(const char *role, const char *permission)
{
	const struct role *r = find(role);
	return r && listed(r->permissions, permission);
}

bool sim_role_known(const char *role)
{
	if (find(role))
		return true;
	/* Google has some 2,000 roles: one that is not in the table permits nothing here, but its name is good. */
	return text_starts(role, "roles/") && strchr(role, '.') &&
	       strspn(role + 6, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._") == strlen(role + 6);
}

/* Adds the permissions that the table names in full and this role holds; the table is the catalogue that patterns are spelt out
 * from. */
static cJSON *spelt_out(const struct role *r)
{
	cJSON *seen = cJSON_CreateObject(), *list = cJSON_CreateArray();
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		for (const char *at = roles[i].permissions; *at;) {
			size_t n = strcspn(at, " ");
			char *one = xstrndup(at, n);
			if (*one && *one != '-' && !strchr(one, '*') && listed(r->permissions, one) &&
			    !cJSON_GetObjectItemCaseSensitive(seen, one)) {
				cJSON_AddTrueToObject(seen, one);
				cJSON_AddItemToArray(list, cJSON_CreateString(one));
			}
			free(one);
			at += n + strspn(at + n, " ");
		}
	cJSON_Delete(seen);
	return list;
}

cJSON *sim_role_doc(int n, bool full)
{
	if (n < 0 || (size_t)n >= sizeof roles / sizeof *roles)
		return NULL;
	const struct role *r = &roles[n];
	cJSON *doc = cJSON_CreateObject();
	cJSON_AddStringToObject(doc, "name", r->name);
	cJSON_AddStringToObject(doc, "title", r->title);
	cJSON_AddStringToObject(doc, "stage", "GA");
	cJSON_AddStringToObject(doc, "etag", "AA==");
	if (full)
		cJSON_AddItemToObject(doc, "includedPermissions", spelt_out(r));
	return doc;
}

cJSON *sim_role_named(const char *role)
{
	const struct role *r = find(role);
	return r ? sim_role_doc((int)(r - roles), true) : NULL;
}
