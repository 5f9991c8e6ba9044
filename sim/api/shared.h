/* What the APIs tell one another, and the workloads above them. Those of one family share more in a header of their own. */
#ifndef MS_SIM_API_SHARED_H
#define MS_SIM_API_SHARED_H

#include "sim/core/core.h"

/* Google's regions: by name, or the n-th; NULL when there is none. sim/api/regions.c --------------------------------------- */
struct sim_region {
	const char *name;
	const char *zones; /* a letter each */
	const char *code;  /* of hash URLs; "-": not known */
	/* On offer there: Cloud Run and its neighbours; App Engine, under this name; Cloud Run's domain mappings. */
	bool serving, appengine, mapping;
};
const struct sim_region *sim_region(const char *name);
const struct sim_region *sim_region_at(size_t n);

/* Projects, IAM, services: sim/api/{resourcemanager,iam_policy,serviceusage}.c ------------------------------------------- */
/* Folds a project id or number to the id; NULL when there is none such. The number as text. */
const char *sim_project_id(struct sim *s, const char *id_or_number);
const char *sim_project_number(struct sim *s, const char *id_or_number);
/* Is the service enabled, and has that reached the serving systems? */
bool sim_service_on(struct sim *s, const char *project, const char *service);
/* Enables at once, for seeds and for APIs that enable others. */
void sim_service_enable(struct sim *s, const char *project, const char *service);
/* May this principal do it? holder is "//host/full/name" whose policy, and its project's, are looked at, with the lag of changes. */
bool sim_allowed(struct sim *s, const char *principal, const char *permission, const char *project, const char *holder);
/* getIamPolicy, setIamPolicy, testIamPermissions for any resource: read, etag check, version and member rules, write. The holder must exist
 * (the caller checks). Answers the call. */
void sim_policy_get(struct sim_call *c, const char *holder);
void sim_policy_set(struct sim_call *c, const char *holder, const cJSON *policy);
void sim_policy_test(struct sim_call *c, const char *holder);
/* Removes a policy with its resource. */
void sim_policy_forget(struct sim *s, const char *holder);
/* Does the service account exist: for reads elsewhere with a lag, or at all. */
bool sim_account_exists(struct sim *s, const char *email, bool with_lag);
/* A service account's 21-digit id, and the PEM public key of one of its keys (NULL when there is none, or it is disabled). */
const char *sim_account_id(struct sim *s, const char *email);
const char *sim_account_public_key(struct sim *s, const char *email, const char *key_id);
/* Has the account signed this JWT, with the key of this id, or ("") with any that is enabled? */
bool sim_account_signed(struct sim *s, const char *email, const char *key_id, const char *token);
/* Whom a JWT stands for that a service account has signed by itself to call this host with (google.aip.dev/auth/4111): its principal, or NULL. */
const char *sim_jwt_owner(struct sim *s, const char *token, const char *host);
/* Is an organisation policy boolean constraint enforced, or a list constraint denying the value? ("iam.allowedPolicyMemberDomains") */
bool sim_constraint(struct sim *s, const char *project, const char *constraint, const char *value);
/* Answers Resource Manager's getEffectiveOrgPolicy of the call's project, which is known. */
void sim_effective_policy_of_elder(struct sim_call *c);
/* gcp.restrictServiceUsage: may the call's project use the service, whether its API is on or not? Refused when not. */
bool sim_usage_ok(struct sim_call *c, const char *service);
/* May a resource of the service be made with this key of Cloud KMS ("": none)? Refused, in Google's words, where gcp.restrictNonCmekServices
 * names the service; rpc is the method as those words have it. */
bool sim_cmek_ok(struct sim_call *c, const char *service, const char *rpc, const char *key);
/* The version of the key ("projects/.../cryptoKeys/K", or a version of it) that a service encrypts with by its agent's address, a passing text. NULL: missing,
 * disabled and not granted are the same to it. The key's location, a passing text. sim/api/cloudkms_use.c. */
const char *sim_kms_usable(struct sim *s, const char *key, const char *agent);
const char *sim_kms_location(const char *key);
/* Pub/Sub: is there a topic of this full name? Publishes a message as its service does, to each subscription; returns its id, a passing text.
 * sim/api/pubsub*.c */
bool sim_topic_there(struct sim *s, const char *topic);
const char *sim_topic_publish(struct sim *s, const char *topic, const cJSON *message);
/* What a deployed container sees. ----------------------------------------------------------------------------------------- */
/* A secret version's payload for a service account: NULL with *why ("permission", "missing", "disabled"); the caller frees. */
char *sim_secret_read(struct sim *s, const char *principal, const char *project, const char *secret, const char *version,
		      size_t *len, const char **why);
/* Does this image (NAME@sha256:... or NAME:TAG in REGION-docker.pkg.dev) exist; its digest, or NULL. */
const char *sim_image_digest(struct sim *s, const char *image);
/* Writes a log entry (logging.entries.list finds it). labels is owned by the core afterwards. */
void sim_log_entry(struct sim *s, const char *project, const char *resource_type, cJSON *labels, const char *log,
		   const char *severity, const char *text);
/* The same of an entry with these fields (owned by the core afterwards) in place of a text; it draws nothing by chance. */
void sim_log_fields(struct sim *s, const char *project, const char *resource_type, cJSON *labels, const char *log,
		    const char *severity, cJSON *fields);
/* Objects for a principal whose IAM on the bucket is checked (sim/api/storage*.c); NULL or false with *why ("bucket": no such bucket,
 * "missing": no such object or generation, "permission"). generation NULL or "": the live one. The caller frees what is read. */
char *sim_object_read(struct sim *s, const char *principal, const char *bucket, const char *object, const char *generation,
		      size_t *len, const char **why);
bool sim_object_write(struct sim *s, const char *principal, const char *bucket, const char *object, const char *type,
		      const void *data, size_t len, const char **why);
bool sim_object_delete(struct sim *s, const char *principal, const char *bucket, const char *object, const char **why);
/* An array of {"name","size"} (size a number) of the live objects with this prefix, for the caller to delete. */
cJSON *sim_object_names(struct sim *s, const char *principal, const char *bucket, const char *prefix, const char **why);
/* What a database client meets (sim/api/sql_login.c). */
struct sim_sql_client {
	const char *principal; /* for the connector, when it needs cloudsql.instances.connect */
	const char *network;   /* "projects/P/global/networks/X" that it dials from; NULL: outside any */
	const char *address;   /* an IP address, a name that the network resolves, or "P:R:I" for the connector */
	const char *user, *password, *database;
	bool token;            /* the password is an access token of principal's */
	const char *role;      /* that its session takes, or NULL: the user's own */
	bool mysql;            /* the protocol that it speaks */
	bool encrypted;        /* it asks for TLS; a connector has its own */
	const char *authority; /* the certificate, PEM, that it checks the server's by; NULL: it does not */
	bool names;            /* ...and the server's name with it, which is the instance's and not what was dialled */
};
/* NULL when the login works, with the instance's key in the store added to instance; else "unreachable", "refused" (connector: no permission or no such
 * instance; another engine's protocol), "plain" (it must be encrypted), "certificate" (the client must show one), "authority", "name", "password" (wrong
 * user or password), "iam" (a token that does not open it: the flag, the role, the account or the encryption is missing), "role" (it may not take the role),
 * "database" (no such database). An instance with Private Service Connect alone is reached only from a network with an endpoint. */
const char *sim_sql_login(struct sim *s, const struct sim_sql_client *k, struct buf *instance);
/* May this user make tables of its own? Who was made with a password may; an account of IAM may by a role that it was given. */
bool sim_sql_makes_tables(struct sim *s, const char *instance, const char *user);
/* May the user do what the other may, being that one or a member? MySQL asks for no owner. */
bool sim_sql_member(struct sim *s, const char *instance, const char *user, const char *of);
/* Does the instance keep a binary log, and refuse triggers by others than SUPER users? */
bool sim_sql_distrusts(struct sim *s, const char *instance);
/* Does the domain lead to the address on the public Internet: by a record of a public managed zone here, or of the world (sim/api/names.c)? */
bool sim_dns_leads(struct sim *s, const char *domain, const char *ip);
/* The same of any of these (blanks between), and nowhere else: what an authority asks for that calls the domain at whatever address it has. */
bool sim_dns_leads_only(struct sim *s, const char *domain, const char *addresses);
/* Has the name a public record of this type with these data? */
bool sim_dns_says(struct sim *s, const char *name, const char *type, const char *data);
/* The address that a name has inside a VPC network ("projects/P/global/networks/X"), by the private zones that it sees; NULL when none says. */
const char *sim_dns_inside(struct sim *s, const char *network, const char *name);
/* Direct VPC egress: a service ("projects/p/locations/r/services/s") keeps an address in the subnet (a name, or any spelling of a link) from
 * its first revision on; the subnet stays in use for one to two hours after the release. Calling again changes nothing. sim/api/
 * compute_subnetworks.c. */
void sim_vpc_hold(struct sim *s, const char *project, const char *region, const char *subnetwork, const char *holder);
void sim_vpc_release(struct sim *s, const char *holder);
#endif
