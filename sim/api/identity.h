/* What the identity APIs (projects, services, IAM, secrets, buckets) share beyond sim/api/shared.h. */
#ifndef MS_SIM_API_IDENTITY_H
#define MS_SIM_API_IDENTITY_H

#include "sim/api/shared.h"

/* The segment of the call's path that follows a collection's name, without a custom verb: for
 * "/v1/projects/p/secrets/s:addVersion", "secrets" gives "s". "" when there is none; a passing text. */
const char *sim_path_part(const struct sim_call *c, const char *collection);
/* The part of an address after its '@', or "". */
const char *sim_domain_of(const char *email);
/* An opaque etag as Google spells them: base64 of eight bytes; a passing text. */
const char *identity_etag(struct sim *s);
/* Are two etags the same bytes, in either alphabet of base64? */
bool identity_same_etag(const char *a, const char *b);
/* Base64 of bytes; the caller frees. */
char *identity_base64(const void *data, size_t len);
/* Decodes base64 or its URL-safe form; NULL when it is neither. The caller frees; the result is NUL-terminated. */
unsigned char *identity_unbase64(const char *text, size_t *len);
/* CRC-32C (Castagnoli), as Secret Manager and Cloud Storage use it. */
uint32_t sim_crc32c(const void *data, size_t len);
/* Does so many seconds from now count as an event of the world, so that a clock that leaps does not leap over it. */
void sim_milestone(struct sim *s, double seconds);

/* Projects. The directory customer id of the organization that holds the project, or NULL without organization; its domain. */
const char *sim_project_customer(struct sim *s, const char *project);
const char *sim_project_domain(struct sim *s, const char *project);
/* "organizations/123", or NULL. */
const char *sim_project_parent(struct sim *s, const char *project);
bool sim_project_billing(struct sim *s, const char *project);
/* What the world says about a project under a key ("quotas", "policies"), from the project or else the world; NULL when
 * nothing. */
const cJSON *sim_project_world(struct sim *s, const char *project, const char *key);

/* Builds the world's projects, organization and groups; see sim/api/world.c. Comes before every other seed. */
void sim_world_seed(struct sim *s, const cJSON *world);

/* Policies. Adds a member to a role at once, without lag: what a resource or a service agent has from the beginning. */
void sim_policy_seed(struct sim *s, const char *holder, const char *role, const char *member);
/* The policy as a reader who asked for this version sees it; the caller deletes. */
cJSON *sim_policy_view(struct sim *s, const char *holder, int version);
/* Checks and writes a policy; false when the call was answered with an error. */
bool sim_policy_write(struct sim_call *c, const char *holder, const cJSON *policy);
/* What was last said of who may use what has a name that ends so is in force now: sim_settle. */
void sim_policy_settle(struct sim *s, const char *name);
/* A service account was deleted: its members become "deleted:serviceAccount:EMAIL?uid=ID"; or the other way when it is back. */
void sim_policy_account(struct sim *s, const char *email, const char *uid, bool gone);

/* Roles: sim/api/iam_roles.c. Does a predefined or basic role hold the permission? */
bool sim_role_has(const char *role, const char *permission);
/* The same for "projects/P/roles/ID", and whether there is such a role: sim/api/iam_custom_roles.c. */
bool sim_custom_role_has(struct sim *s, const char *role, const char *permission);
bool sim_custom_role_there(struct sim *s, const char *role);
/* Is it a predefined or basic role? */
bool sim_role_known(const char *role);
/* May there be such a permission? Only what is malformed, or is of no service that Google has, is told for certain: a service's own are not known whole. */
bool sim_permission_plausible(const char *permission);
/* The n-th role as an iam.v1 Role, with permissions when full and known; NULL after the last. The caller deletes. */
cJSON *sim_role_doc(int n, bool full);
cJSON *sim_role_named(const char *role);

/* Service accounts. Google's own agents come into being at once; the same twice is fine. */
void sim_agent_create(struct sim *s, const char *email);
/* The agent of one thing goes with it; nothing where there is none. */
void sim_agent_delete(struct sim *s, const char *email);
/* It is seen everywhere from now on. */
void sim_account_settle(struct sim *s, const char *email);
/* An account's 21-digit id, or NULL when there is no such account. */
const char *sim_account_id(struct sim *s, const char *email);
/* The PEM public key of a service account's key, by key id; NULL when there is none, or it or its account is disabled. */
const char *sim_account_public_key(struct sim *s, const char *email, const char *key_id);
/* Signs with the account's Google-managed key (RS256); *key_id is then set. The caller frees. */
unsigned char *sim_account_sign(struct sim *s, const char *email, const void *data, size_t len, size_t *out_len,
				const char **key_id);

/* What can be enabled in a project, all of it off: for a project that was just made through the API. */
void sim_service_catalogue(struct sim *s, const char *project);
/* Where it is enabled, it can be used from now on, and so can what came with it. */
void sim_service_settle(struct sim *s, const char *service);
/* The service agents that come with a service, and the roles on the project that they start with. */
void sim_service_agents(struct sim *s, const char *project, const char *service, bool generated);

/* Google's spelling of an IAP resource ("projects/p/iap_web/compute/services/NAME"): with the project's number and a backend
 * service's own; false when it is not there. *project is then the id, or NULL. sim/api/iap.c. */
bool sim_iap_resource(struct sim *s, const char *named, const char **project, struct buf *out);

/* What the core asks of all this. */
extern const struct sim_identity sim_identity;

#endif
