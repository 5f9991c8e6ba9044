/* What helps against refusals that Google words without a cure, by what its words have in common. */
#include "config.h"
#include "net/cures.h"

#include "base/gettext.h"

#include <stddef.h>
#include <string.h>

#define BILLING                                                                                                                \
	N_("Give the project a billing account that is open: gcloud billing projects link PROJECT "                            \
	   "--billing-account=ACCOUNT. It takes some minutes to spread.")

#define PASSWORD_POLICY                                                                                                        \
	N_("Somebody gave the instance a password policy that a drawn password does not meet. A drawn password has 32 "        \
	   "characters and all classes: ask for no more than that in the console, under the database's users.")

/* The first whose words all stand in the message. Most special first. */
static const struct {
	const char *words[2];
	const char *cure;
} cures[] = {
    {{"vpcServiceControlsUniqueIdentifier"},
     N_("VPC Service Controls refuse it: give the identifier above to the administrator of the perimeter.")},
    {{"illing account", "project"}, BILLING},
    {{"requires billing to be enabled"}, BILLING},
    {{"Billing must be enabled"}, BILLING},
    {{"SUSPENDED"}, BILLING}, /* the state of a Cloud SQL instance whose project owes */
    {{"Terms of Service"},
     N_("Sign in to https://console.cloud.google.com once as the same person, and accept the terms of service there.")},
    {{"has been suspended"}, N_("The project is suspended: its owner can appeal in the console, or choose another project.")},
    {{"Cannot modify allocated ranges in CreateConnection"},
     N_("The network has a private connection already, with other ranges. Add this one to them: gcloud services vpc-peerings "
	"update "
	"--network=NETWORK --ranges=ALL,OF,THEM --force.")},
    {{"allocated IP range", "not found in network"},
     N_("The private connection names a range that somebody deleted: gcloud services vpc-peerings update --network=NETWORK "
	"--ranges=THOSE,THAT,ARE --force.")},
    {{"create Service Networking connection"},
     N_("The private connection names a range that somebody deleted: gcloud services vpc-peerings update --network=NETWORK "
	"--ranges=THOSE,THAT,ARE --force.")},
    {{"free blocks in allocated IP ranges"},
     N_("The network's ranges for private services are used up: allocate another, and add it by gcloud services vpc-peerings "
	"update.")},
    {{"SERVICE_NETWORKING_NOT_ENABLED"},
     N_("Switch it on in the project that owns the network: gcloud services enable servicenetworking.googleapis.com.")},
    {{"conflicts with existing"}, N_("Another subnet has these addresses: choose another range (network.range).")},
    {{"reached the max", "instance"}, /* "the project has reached the max instance per project limit" */
     N_("Delete a Cloud SQL instance that nobody needs, or ask for more: https://console.cloud.google.com/iam-admin/quotas.")},
    {{"Maximum number of service accounts"},
     N_("Delete a service account that nobody uses, or ask for more: https://console.cloud.google.com/iam-admin/quotas.")},
    {{"INVALID_PASSWORD"}, PASSWORD_POLICY},
    {{"assword", "policy compliant"}, PASSWORD_POLICY},
    {{"number of members in the policy"},
     N_("A policy takes 1500 members: take out those that are not needed, the deleted ones first, or let people in by a group "
	"(auth.groups).")},
    {{"Value requested is not valid"}, /* of Cloud SQL's flags, which it does not name */
     N_("A database flag has a value that Cloud SQL does not take at this size: correct it (database.flags), then run apply "
	"again.")},
    {{"Service Agent", "must have permission to read the image"},
     N_("Somebody took the agent's role: gcloud projects add-iam-policy-binding PROJECT --member=serviceAccount:AGENT "
	"--role=roles/run.serviceAgent.")},
    {{"insufficient free IP addresses"},
     N_("The subnet is full: ask for fewer instances (server.max_instances), or give it more addresses: gcloud compute "
	"networks subnets "
	"expand-ip-range SUBNET --region=REGION --prefix-length=LENGTH.")},
    {{"enied by", "admission rule"}, /* "Image ... denied by Binary Authorization default admission rule" */
     N_("The project's policy of Binary Authorization lets no such image run: its administrator can exempt the image "
	"repository.")},
    {{"User ", "does not exist"},
     N_("Google knows nobody by this address: correct it in the answers (auth.users), then run apply again.")},
    {{"Group ", "does not exist"},
     N_("Google knows no group by this address: correct it in the answers (auth.groups), then run apply again.")},
    {{"permission to act as service account"},
     N_("Ask for the role Service Account User (roles/iam.serviceAccountUser) on that account.")},
    {{"uota", "per minute"}, N_("Google was asked too often: try again in some minutes.")},
    {{"uota violated", "nstances"}, /* Cloud Run's: "Quota violated: MaxInstancesLimitPerRegion requested: 10 allowed: 5" */
     N_("Ask for fewer instances (server.max_instances) or smaller ones (server.cpu), or ask Google for more: "
	"https://console.cloud.google.com/iam-admin/quotas. Then try again.")},
    {{"Insufficient", "quota to satisfy"}, /* GKE's: "Insufficient regional quota to satisfy request: resource \"CPUS\"" */
     N_("Delete what nobody needs, or ask for more: https://console.cloud.google.com/iam-admin/quotas. Then try again.")},
    {{"uota", "exceeded"},
     N_("Delete what nobody needs, or ask for more: https://console.cloud.google.com/iam-admin/quotas. Then try again.")},
};

const char *cure_of(const char *message)
{
	for (size_t i = 0; message && i < sizeof cures / sizeof *cures; i++) {
		const char *more = cures[i].words[1];
		if (strstr(message, cures[i].words[0]) && (!more || strstr(message, more)))
			return _(cures[i].cure);
	}
	return NULL;
}
