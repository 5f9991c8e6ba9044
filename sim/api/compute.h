/* What the files of Compute Engine share. A kind of resource is one const struct compute_kind in a file of its own, with a row in
 * compute_kinds (compute.c); get, list, insert, patch, update, delete and setLabels (compute_changes.c) then work alike for all of them. */
#ifndef MS_SIM_API_COMPUTE_H
#define MS_SIM_API_COMPUTE_H

#include "sim/api/shared.h"

#define COMPUTE_BASE "https://www.googleapis.com/compute/v1/"

enum {
	COMPUTE_FINGERPRINT = 1,       /* carries a fingerprint that changes with every change */
	COMPUTE_NEEDS_FINGERPRINT = 2, /* a patch or update without it is refused: 400 "required" */
	COMPUTE_LABELS = 4,            /* labelFingerprint and setLabels; labels sent with insert are dropped */
	COMPUTE_LATE = 8,              /* in use: the delete is accepted and its operation fails; else 400 at once */
	COMPUTE_LABELS_KEPT = 16,      /* labels sent with insert are kept */
	COMPUTE_LONG_TYPES = 64,       /* operationType is the method's id: "compute.regionNetworkEndpointGroups.insert" */
	COMPUTE_SHOUTING = 32          /* named in messages as 'GLOBAL:global/PROJECT:p/HEALTH_CHECK:x' */
};

struct compute_kind {
	const char *plural;    /* in paths: "networks" */
	const char *resources; /* discovery's resources that serve it: "addresses globalAddresses" */
	const char *kind;      /* "compute#network" */
	const char *word;      /* in messages: "network" */
	unsigned flags;
	const char *links;    /* fields that hold links, with * for an array's elements: "network backends.*.group" */
	const char *used_by;  /* plurals of the kinds that may hold a link to it */
	const char *output;   /* fields that the server keeps through an update */
	const char *defaults; /* what the server fills in where absent: JSON with single quotes; NULL */
	const char *quota;    /* metric that counts one each: "NETWORKS"; NULL */
	const char *insert, *change, *remove; /* keys of durations.c */
	/* Checks and completes a new document before it is stored (old is NULL), or a changed one before it replaces old. False when it
	 * answered the call. All but the last may be NULL. */
	bool (*check)(struct sim_call *c, cJSON *doc, const struct sim_object *old);
	/* After it was stored, and when it was removed. */
	void (*stored)(struct sim *s, struct sim_object *o);
	void (*removed)(struct sim *s, const struct sim_object *o);
	/* When an operation failed and its document is again what it was before; failed is what the operation had made of it. */
	void (*reverted)(struct sim *s, struct sim_object *o, const cJSON *failed);
	/* Who else holds it: a path for the caller to free, or NULL. */
	char *(*held)(struct sim *s, const struct sim_object *o);
	/* When its insert comes to an end: NULL, or the message (freed by the caller) with which the operation fails and *code. */
	char *(*landed)(struct sim *s, struct sim_object *o, const char **code);
};

/* The handlers of every kind. */
sim_handler compute_get, compute_list, compute_aggregated, compute_insert, compute_patch, compute_update, compute_delete,
    compute_set_labels, compute_policy, compute_test_permissions;

#define COMPUTE_API(variable, list, seeds)                                                                                     \
	const struct sim_api variable = {.name = "compute",                                                                    \
					 .service = "compute.googleapis.com",                                                  \
					 .errors = SIM_ERRORS_LEGACY,                                                          \
					 .routes = list,                                                                       \
					 .seed = seeds}

#define COMPUTE_READS(r, p)                                                                                                    \
	{"compute." r ".get", compute_get, "compute." p ".get", NULL},                                                         \
	{                                                                                                                      \
		"compute." r ".list", compute_list, "compute." p ".list", NULL                                                 \
	}
#define COMPUTE_BASICS(r, p)                                                                                                   \
	COMPUTE_READS(r, p), {"compute." r ".insert", compute_insert, "compute." p ".create", NULL},                           \
	{                                                                                                                      \
		"compute." r ".delete", compute_delete, "compute." p ".delete", NULL                                           \
	}
#define COMPUTE_POLICIES(r)                                                                                                    \
	{"compute." r ".getIamPolicy", compute_policy, "compute." r ".getIamPolicy", NULL},                                    \
	    {"compute." r ".setIamPolicy", compute_policy, "compute." r ".setIamPolicy", NULL},                                \
	{                                                                                                                      \
		"compute." r ".testIamPermissions", compute_test_permissions, NULL, NULL                                       \
	}

/* The kind that serves a method ("compute.globalAddresses.insert"), or that a plural names; NULL. */
const struct compute_kind *compute_kind_of(const char *method_id);
const struct compute_kind *compute_kind_named(const char *plural);

/* The store's collection of a kind: a passing text. */
const char *compute_collection(const struct compute_kind *k);
/* Is it a name as RFC 1035 has them? */
bool compute_is_name(const char *name);
/* 404: what the path names is not there. */
void compute_not_found(struct sim_call *c, const char *path);

/* "projects/P/regions/R/" and so on from the call's parameters, into out. False, answered, when the region or zone is unknown. */
bool compute_scope(struct sim_call *c, struct buf *out);
/* The object that the call names, or NULL after a 404. */
struct sim_object *compute_target(struct sim_call *c);
/* The same for a change: NULL also where it was answered as a repeated one, or refused as resourceNotReady while an operation works on it. */
struct sim_object *compute_ready_target(struct sim_call *c);
/* Keeps how it is now, for an operation that is about to begin and may fail; compute_ready_target has done so. */
void compute_keep(struct sim_object *o);
bool compute_busy(struct sim_call *c, const struct sim_object *o);

/* "projects/P/global/networks/x" from any spelling of a link, a passing text; NULL when malformed. */
const char *compute_path(struct sim *s, const char *project, const char *link);
/* What of this kind is at the path, whose last part is its name or its numeric id; NULL. */
struct sim_object *compute_at(struct sim *s, const struct compute_kind *k, const char *path);
/* The object behind a path or link; NULL. */
struct sim_object *compute_find(struct sim *s, const char *link);
/* Is it a bundle of Google's APIs, which a forwarding rule names like a target? */
bool compute_is_bundle(const char *target);
/* The full link of a path, a passing text. */
const char *compute_link(const char *path);
/* Makes the links of doc full, checks that what they name exists and is ready. False when answered. */
bool compute_links(struct sim_call *c, const struct compute_kind *k, cJSON *doc);
/* Does the document of kind k hold this link? */
bool compute_holds(const struct compute_kind *k, const cJSON *doc, const char *link);
/* May the caller refer to what the links of a request's document name, each in the project in which it is? What is not there is for compute_links to
 * say. False: answered. */
bool compute_refers(struct sim_call *c, const struct compute_kind *k, cJSON *said);
/* Does the caller hold a permission on what is at this path ("projects/P...")? False: answered. */
bool compute_asks(struct sim_call *c, const char *permission, const char *key);
/* May the caller refer to this object of a kind by something of kind by? False: answered. */
bool compute_may_refer(struct sim_call *c, const struct compute_kind *by, const struct compute_kind *to,
		       const struct sim_object *o);
/* The path of something that uses the object, freed by the caller; NULL when it is free. */
char *compute_user(struct sim *s, const struct compute_kind *k, const struct sim_object *o);
/* Counts the forwarding rules that lead to a URL map again: the map's link, or a proxy's that uses it. */
void compute_count_rules(struct sim *s, const char *link);
/* Stores a document as insert does (kind, id, creationTimestamp, selfLink, region or zone, fingerprints), at once. scope ends in '/'. */
struct sim_object *compute_store(struct sim *s, const struct compute_kind *k, const char *scope, cJSON *doc);
/* The same of a document that a client sent, which is taken, after it was checked and completed; NULL: answered. Its operation is not begun. */
struct sim_object *compute_made(struct sim_call *c, const struct compute_kind *k, const char *scope, cJSON *doc);
/* A new fingerprint into doc's field. */
void compute_touch(struct sim *s, cJSON *doc, const char *field);
/* 400 "Invalid value for field 'resource.X': 'V'. why"; false. */
bool compute_invalid(struct sim_call *c, const char *field, const char *value, const char *why);
bool compute_required(struct sim_call *c, const char *field);
/* Checks the fingerprint of a body against a document's. False when answered. */
bool compute_fingerprint(struct sim_call *c, const cJSON *doc, const cJSON *body, const char *field, bool needed,
			 const char *message);
/* Are these metadata, network tags, labels as Google takes them? field says where they stand in the request. False: answered. */
bool compute_metadata_ok(struct sim_call *c, const cJSON *metadata, const char *field);
bool compute_tags_ok(struct sim_call *c, const cJSON *tags);
bool compute_labels_ok(struct sim_call *c, const cJSON *labels);
/* Is what is asked for a machine that Google takes, as far as its own words tell? False: answered. */
bool compute_instance_acceptable(struct sim_call *c, const cJSON *doc, const char *region);
/* Counts toward quotas: may `more` of the metric be had in region ("" for the project)? False after 403 quotaExceeded. */
bool compute_quota(struct sim_call *c, const char *metric, const char *region, double more);
double compute_quota_limit(struct sim *s, const char *project, const char *metric, const char *region);
double compute_quota_usage(struct sim *s, const char *project, const char *metric, const char *region);
/* Why there is already more of it than may be, in the words of an operation, for the caller to free; NULL where there is not. */
char *compute_quota_short(struct sim *s, const char *project, const char *region, const char *metric);
/* The quotas of a region, or of the project ("") with limits and usage; the caller's. */
cJSON *compute_quota_list(struct sim *s, const char *project, const char *region);
#define COMPUTE_LOCAL_SSD "local-ssd" /* the type of disks that are their machine's, and come and go with it */
/* By name or link: is there such a type of disk, and of which quota does it take ("" for one of its own)? */
bool compute_disk_type_known(const char *type);
const char *compute_disk_quota(const char *type);
/* Why no machine of the zone can be had, as the world says ("stockouts": ["us-central1-a"]), for the caller to free; NULL where one can. */
char *compute_stockout(struct sim *s, const char *project, const char *zone);
/* Is such a region, zone there; the region of a zone into out (at least 40 bytes). */
bool compute_region_known(const char *region);
bool compute_zone_known(const char *zone);
const char *compute_zone_region(const char *zone, char out[static 40]);
/* Does the filter of a list call let the document through? A filter that cannot be read lets everything through and sets *bad. */
bool compute_filter(const char *filter, const cJSON *doc, bool *bad);

/* Behind a backend service (compute_endpoints.c). ------------------------------------------------------------------------- */
struct compute_endpoint {
	const struct sim_object *group; /* an instance group, or a zonal network endpoint group */
	const struct sim_object *vm;    /* of an instance group or a GCE_VM_IP_PORT endpoint; NULL for a pod's address */
	const char *address;
	int port; /* that requests are sent to */
};
/* The endpoints of one group of the backend service; how many. */
size_t compute_endpoints(struct sim *s, const struct sim_object *service, const struct sim_object *group,
			 struct compute_endpoint *list, size_t most);
/* What a zonal network endpoint group holds ([{"instance","ipAddress","port"}]); of one that a cluster keeps, its ready pods. For the caller. */
cJSON *compute_endpoints_listed(struct sim *s, const struct sim_object *group);
/* The port that a group has under a name, or the other. */
int compute_named_port(const struct sim_object *group, const char *name, int otherwise);

/* Operations. ------------------------------------------------------------------------------------------------------------ */
/* Begins an operation of this type on o for so many seconds, and answers the call with it; 0 seconds is DONE at once. While it runs o is
 * not ready. Then finish is called with {"op","collection","key"} (NULL: nothing but the end); it calls compute_end. sure: the outcome is
 * known to be good, so that wait may tell it. */
void compute_begin(struct sim_call *c, struct sim_object *o, const char *type, double seconds, bool sure,
		   void (*finish)(struct sim *s, const cJSON *arg));
/* Who has asked for it, while its insert runs; NULL then no more. */
const char *compute_inserter(struct sim *s, const struct sim_object *o);
/* Ends it; message NULL for success; else code "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE". */
void compute_end(struct sim *s, const cJSON *arg, const char *code, const char *message);
struct sim_object *compute_op_object(struct sim *s, const cJSON *arg);
/* An operation with the same requestId was begun before: answers with it and returns true. */
bool compute_repeated(struct sim_call *c);
extern const struct compute_kind compute_network_kind, compute_subnetwork_kind, compute_firewall_kind, compute_router_kind,
    compute_address_kind, compute_route_kind, compute_health_check_kind, compute_instance_group_kind, compute_neg_kind,
    compute_backend_service_kind, compute_url_map_kind, compute_http_proxy_kind, compute_https_proxy_kind,
    compute_certificate_kind, compute_forwarding_rule_kind, compute_instance_kind, compute_disk_kind, compute_manager_kind,
    compute_ssl_policy_kind, compute_security_policy_kind, compute_template_kind, compute_autoscaler_kind,
    compute_schedule_kind, compute_snapshot_kind, compute_image_kind;
/* A managed group makes or drops machines until it has as many as it wants; false when that answered the call. */
bool compute_manager_fit(struct sim_call *c, struct sim_object *o);
/* What a disk or an image shows of the image that it is made from, by the image's or its family's link, and the image's size; false when there is none
 * such. */
bool compute_image_fill(struct sim_call *c, cJSON *doc, const char *link, int *gigabytes);
/* May something be made of what is named so ("" is nothing): is it there, ready, trusted, and the caller's to use? False: answered, of that field. */
bool compute_image_ok(struct sim_call *c, const char *link, const char *field);
/* An image of a project of ours by its name, or the newest of a family that is not out of use; NULL. */
struct sim_object *compute_own_image(struct sim *s, const char *project, const char *name, bool family);
/* Can it be made something of? False: answered. */
bool compute_own_image_ready(struct sim_call *c, const struct sim_object *o, const char *field);
/* The same of a snapshot; false when there is none such, or it is not ready. */
bool compute_snapshot_fill(struct sim *s, cJSON *disk, const char *link, int *gigabytes);
/* The processors of a machine type; 0 when there is none such. */
int compute_machine_cpus(const char *type);
/* Its memory in MiB. */
int compute_machine_memory(const char *type);
/* Has the zone machines of the type? Why there is no such custom type, a passing text, or NULL. */
bool compute_machine_in(const char *type, const char *zone);
const char *compute_machine_refused(const char *type);
/* Kind, name, id and link of what is nowhere stored. */
void compute_place_doc(cJSON *doc, const char *project, const char *kind, const char *path, const char *name, unsigned id);
/* A new machine comes up, or one that was off: why it does not, owned by the caller, with its code; or NULL. */
char *compute_instances_landed(struct sim *s, struct sim_object *o, const char **code);
/* A machine in the zone as an instance template's properties describe it, begun at once; NULL, answered, when it cannot be. */
struct sim_object *compute_instance_from(struct sim_call *c, const char *zone, const char *name, const cJSON *properties);
/* May the disk ("projects/.../disks/NAME") be encrypted with the key of its document, which then tells the version? False: answered. */
bool compute_disk_key_ok(struct sim_call *c, cJSON *doc, const char *disk);
/* Makes the disks of a new machine's document, or finds those that are there; false: answered. */
bool compute_instance_disks(struct sim_call *c, cJSON *doc);
/* May the disk or machine at key have the resource policies of these links, which are then told in full? False: answered. */
bool compute_schedules_fit(struct sim_call *c, const char *key, cJSON *links);
/* Takes a machine away with its disks and addresses, whatever it does. */
void compute_instance_drop(struct sim *s, struct sim_object *vm);

/* A route that the network has of itself, to a range of its own (peering NULL) or of a peer's; the same one once. */
void network_route(struct sim *s, const char *network_path, const char *range, const char *peering);
/* Takes such a route away, or all by the peering where range is NULL. */
void network_route_drop(struct sim *s, const char *network_path, const char *range, const char *peering);

/* The path of a route in the network that somebody made, for the caller to free; NULL for none. */
char *compute_route_made(struct sim *s, const struct sim_object *network);
/* Do machines without an address of their own reach the internet from the subnet (links or paths): by a Cloud NAT, or by a default route to something of its
 * owner's? */
bool compute_way_out(struct sim *s, const char *network, const char *subnet);

/* The host project of Shared VPC that the project is attached to; "" for none. */
const char *compute_host(struct sim *s, const char *project);
/* May this principal put something of the project into the subnet: its own, or one of its host project that it was given? */
bool compute_may_use(struct sim *s, const char *project, const char *principal, const struct sim_object *subnet);

/* The router whose NAT uses the address, by their keys; NULL: none. A passing text. */
const char *compute_router_using(struct sim *s, const char *address);

/* IPv4. ------------------------------------------------------------------------------------------------------------------ */
struct ip4_range {
	uint32_t base;
	int bits;
};
bool ip4_parse(const char *text, uint32_t *out);
bool ip4_range_parse(const char *text, struct ip4_range *out);
bool ip4_overlap(struct ip4_range a, struct ip4_range b);
/* Is the range ("35.191.0.0/16") within the other? False when either is none. */
bool ip4_within(const char *range, const char *outer);
/* "10.0.0.1" into a buffer of 16. */
char *ip4_text(uint32_t a, char into[static 16]);
/* A range of this size in 10.0.0.0/8 that no subnet and no peering range of the network touches. */
struct ip4_range ip4_free_range(struct sim *s, const char *network_path, int bits);
/* What of the network touches the range: a subnet's range or secondary range, a reserved range, a subnet of a peered network. Its name, for a message; NULL
 * when nothing does. but is the link of what does not count, or NULL. */
const char *ip4_taken(struct sim *s, const char *network_path, struct ip4_range r, const char *but);
/* A host address of the range that no address, instance, rule of the project uses; the first from the n-th on. */
uint32_t ip4_free_host(struct sim *s, const char *project, struct ip4_range r, uint32_t from);

#endif
