/* Permissions and the roles that hold them, by the beginning of the permission: the most special first (cloud.google.com/iam/docs/understanding-roles). */
#include "config.h"
#include "gcp/roles.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct role_row {
	const char *beginning, *role;
};

static const struct role_row holders[] = {
    {"iam.serviceAccounts.actAs", "roles/iam.serviceAccountUser"},
    {"iam.serviceAccounts.getAccessToken", "roles/iam.serviceAccountTokenCreator"},
    {"iam.serviceAccounts.getOpenIdToken", "roles/iam.serviceAccountTokenCreator"},
    {"iam.serviceAccounts.signBlob", "roles/iam.serviceAccountTokenCreator"},
    {"iam.serviceAccounts.", "roles/iam.serviceAccountAdmin"},
    {"iam.roles.", "roles/iam.roleViewer"},
    {"iam.workloadIdentityPool", "roles/iam.workloadIdentityPoolAdmin"},
    {"resourcemanager.projects.setIamPolicy", "roles/resourcemanager.projectIamAdmin"},
    {"resourcemanager.projects.getIamPolicy", "roles/resourcemanager.projectIamAdmin"},
    {"resourcemanager.projects.", "roles/browser"},
    {"serviceusage.services.use", "roles/serviceusage.serviceUsageConsumer"},
    {"serviceusage.", "roles/serviceusage.serviceUsageAdmin"},
    {"servicenetworking.", "roles/servicenetworking.networksAdmin"},
    {"compute.instances.", "roles/compute.instanceAdmin.v1"},
    {"compute.disks.", "roles/compute.instanceAdmin.v1"},
    {"compute.instanceTemplates.", "roles/compute.instanceAdmin.v1"},
    {"compute.instanceGroup", "roles/compute.instanceAdmin.v1"},
    {"compute.firewalls.", "roles/compute.securityAdmin"},
    {"compute.sslCertificates.", "roles/compute.securityAdmin"},
    {"compute.securityPolicies.", "roles/compute.securityAdmin"},
    {"compute.networks.", "roles/compute.networkAdmin"},
    {"compute.subnetworks.", "roles/compute.networkAdmin"},
    {"compute.globalAddresses.", "roles/compute.networkAdmin"},
    {"compute.addresses.", "roles/compute.networkAdmin"},
    {"compute.", "roles/compute.admin"},
    {"storage.", "roles/storage.admin"},
    {"secretmanager.versions.access", "roles/secretmanager.secretAccessor"},
    {"secretmanager.", "roles/secretmanager.admin"},
    {"artifactregistry.", "roles/artifactregistry.admin"},
    {"cloudbuild.", "roles/cloudbuild.builds.editor"},
    {"cloudsql.", "roles/cloudsql.admin"},
    {"run.", "roles/run.admin"},
    {"cloudscheduler.", "roles/cloudscheduler.admin"},
    {"container.", "roles/container.admin"},
    {"appengine.applications.create", "roles/appengine.appCreator"},
    {"appengine.", "roles/appengine.appAdmin"},
    {"iap.", "roles/iap.admin"},
    {"certificatemanager.", "roles/certificatemanager.owner"},
    {"dns.", "roles/dns.admin"},
    {"billing.resourceAssociations.", "roles/billing.user"},
    {"cloudresourcemanager.", "roles/resourcemanager.projectIamAdmin"},
    {"logging.", "roles/logging.viewer"},
    {"monitoring.", "roles/monitoring.editor"},
};

/* The same for who only looks. What policies are, and lists, are a reviewer's to see. */
static const struct role_row readers[] = {
    {"secretmanager.versions.access", NULL}, /* of single secrets alone */
    {"storage.objects.", NULL},              /* of single buckets */
    {"iam.roles.", "roles/iam.roleViewer"},
    {"iam.serviceAccounts.", "roles/iam.serviceAccountViewer"},
    {"iam.workloadIdentityPool", "roles/iam.workloadIdentityPoolViewer"},
    {"resourcemanager.projects.", "roles/browser"},
    {"serviceusage.services.use", "roles/serviceusage.serviceUsageConsumer"},
    {"serviceusage.", "roles/serviceusage.serviceUsageViewer"},
    {"servicenetworking.", "roles/compute.networkViewer"},
    {"compute.", "roles/compute.viewer"},
    {"storage.", "roles/storage.bucketViewer"},
    {"secretmanager.", "roles/secretmanager.viewer"},
    {"artifactregistry.", "roles/artifactregistry.reader"},
    {"cloudbuild.", "roles/cloudbuild.builds.viewer"},
    {"cloudsql.", "roles/cloudsql.viewer"},
    {"run.", "roles/run.viewer"},
    {"container.clusters.connect", "roles/container.clusterViewer"},
    {"container.", "roles/container.viewer"},
    {"appengine.", "roles/appengine.appViewer"},
    {"iap.", NULL}, /* whatever shows the settings may change them */
    {"certificatemanager.", "roles/certificatemanager.viewer"},
    {"dns.", "roles/dns.reader"},
    {"vpcaccess.", "roles/vpcaccess.viewer"},
    {"logging.", "roles/logging.viewer"},
    {"monitoring.", "roles/monitoring.viewer"},
};

static const char *role_in(const struct role_row *rows, size_t count, const char *permission)
{
	for (size_t i = 0; i < count; i++) {
		if (text_starts(permission, rows[i].beginning))
			return rows[i].role;
	}
	return NULL;
}

const char *role_holding(const char *permission)
{
	return role_in(holders, sizeof holders / sizeof *holders, permission);
}

const char *role_reading(const char *permission)
{
	if (text_ends(permission, ".list") || text_ends(permission, ".getIamPolicy"))
		return "roles/iam.securityReviewer";
	return role_in(readers, sizeof readers / sizeof *readers, permission);
}

/* What has policies of its own decides about what is made in it; in a cluster its own roles do (RBAC). */
static const char *const made_elsewhere[] = {"storage.objects.", "dns.resourceRecordSets.",
					     "iam.workloadIdentityPoolProviders.", "container."};
/* No making, and yet a project's own affair: neither networks nor peerings have policies. */
static const char *const of_project[] = {"resourcemanager.projects.setIamPolicy", "serviceusage.services.enable",
					 "servicenetworking.services.addPeering", "compute.networks.updatePolicy",
					 "container.clusters.create"};

bool permission_is_of_project(const char *permission)
{
	const char *verb = strrchr(permission, '.');
	for (size_t i = 0; i < sizeof of_project / sizeof *of_project; i++)
		if (!strcmp(permission, of_project[i]))
			return true;
	for (size_t i = 0; i < sizeof made_elsewhere / sizeof *made_elsewhere; i++)
		if (text_starts(permission, made_elsewhere[i]))
			return false;
	return verb && text_starts(verb, ".create");
}

bool permission_given_by_bucket(const char *permission)
{
	return text_starts(permission, "storage.objects.") ||
	       (text_starts(permission, "storage.buckets.") && !text_ends(permission, ".create") &&
		!text_ends(permission, ".list"));
}

void roles_add(struct buf *roles, const char *permission)
{
	const char *role = role_holding(permission), *at = role ? strstr(buf_text(roles), role) : NULL;
	size_t len = role ? strlen(role) : 0;
	while (at && at[len] && at[len] != ' ')
		at = strstr(at + len, role);
	if (role && !at)
		buf_printf(roles, "%s%s", roles->len ? " " : "", role);
}

char *roles_command(const char *roles, const char *project, const char *who)
{
	const char *kind = who && strstr(who, ".gserviceaccount.com") ? "serviceAccount" : "user",
		   *member = who && *who ? who : "EMAIL";
	return strchr(roles, ' ')
		   ? xasprintf("for r in %s; do gcloud projects add-iam-policy-binding %s --member=%s:%s --role=$r; done",
			       roles, project, kind, member)
		   : xasprintf("gcloud projects add-iam-policy-binding %s --member=%s:%s --role=%s", project, kind, member,
			       roles);
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Domains of which a message may speak; a permission's last word is a verb. */
static bool is_host(const char *word)
{
	static const char *const ends[] = {".com", ".app", ".dev", ".org", ".net", ".google", ".io", ".internal"};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		if (text_ends(word, ends[i]))
			return true;
	}
	return false;
}

char *permission_named(const char *text)
{
	for (const char *p = text; *p;) {
		if (!(*p >= 'a' && *p <= 'z') || (p > text && (is_word(p[-1]) || strchr("./-_@", p[-1])))) {
			p++;
			continue;
		}
		size_t len = 0, dots = 0;
		while (is_word(p[len]) || (p[len] == '.' && is_word(p[len + 1])))
			dots += p[len++] == '.';
		char *word = xstrndup(p, len);
		if (dots >= 2 && !is_host(word) && !strchr("/-_@:", p[len] ? p[len] : ' '))
			return word;
		free(word);
		p += len ? len : 1;
	}
	return NULL;
}

void roles_add_named(struct buf *roles, const char *text)
{
	char *permission;
	while ((permission = permission_named(text))) {
		roles_add(roles, permission);
		text = strstr(text, permission) + strlen(permission);
		free(permission);
	}
}
