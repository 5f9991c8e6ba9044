/* Virtual machines: insert, start, stop, reset, metadata, labels, tags, scheduling, service account, deletion protection. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/iam.h"
#include "sim/api/network.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/workloads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The subnet that an interface means: its own, or the network's one in the region. */
static struct sim_object *subnet_of(struct sim_call *c, cJSON *nic)
{
	char region[40];
	compute_zone_region(sim_param(c, "zone"), region);
	const char *network = compute_path(c->sim, c->project, json_str(nic, "network", "global/networks/default"));
	const char *prefix = sim_tmp("projects/%s/regions/%s/subnetworks/", c->project, region),
		   *link = compute_link(network ? network : "");
	struct sim_object *found = compute_find(c->sim, json_str(nic, "subnetwork", ""));
	for (struct sim_object *o = found || json_at(nic, "subnetwork") ? NULL
									: sim_first(c->sim, "compute.subnetworks", prefix);
	     o && !found; o = sim_following(c->sim, o, prefix))
		if (!strcmp(json_str(o->doc, "network", ""), link))
			found = o;
	return found;
}

static bool check_external(struct sim_call *c, cJSON *nic)
{
	cJSON *a;
	cJSON_ArrayForEach(a, json_at(nic, "accessConfigs")) {
		char text[16];
		uint64_t r = sim_random(c->sim);
		if (sim_constraint(c->sim, c->project, "compute.vmExternalIpAccess", "*")) {
			sim_fail_with(c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL,
				      "Constraint constraints/compute.vmExternalIpAccess violated for project %s. Add instance "
				      "to the constraint to use "
				      "external IP with it.",
				      sim_project_number(c->sim, c->project));
			return false;
		}
		if (!json_at(a, "natIP"))
			json_put_str(
			    a, "natIP",
			    ip4_text(34u << 24 | (64u + (uint32_t)(r % 60)) << 16 | (uint32_t)(r >> 20 & 0xffff), text));
		cJSON *defaults = json_make(
		    "{'kind':'compute#accessConfig','type':'ONE_TO_ONE_NAT','name':'External NAT','networkTier':'PREMIUM'}");
		sim_fill(a, defaults);
		cJSON_Delete(defaults);
	}
	return true;
}

/* The subnet is asked for where it is, which with a Shared VPC is another project. A group's machines are an agent of Google's to insert. */
static bool may_use(struct sim_call *c, const struct sim_object *subnet, const cJSON *nic)
{
	return strcmp(c->id, "compute.instances.insert") != 0 ||
	       (compute_asks(c, "compute.subnetworks.use", subnet->key) &&
		(!json_at(nic, "accessConfigs.0") || compute_asks(c, "compute.subnetworks.useExternalIp", subnet->key)));
}

static bool check_interfaces(struct sim_call *c, cJSON *doc)
{
	cJSON *nic;
	int i = 0;
	char text[16];
	if (!json_at(doc, "networkInterfaces.0"))
		return compute_required(c, "networkInterfaces[0]");
	cJSON_ArrayForEach(nic, json_at(doc, "networkInterfaces")) {
		struct sim_object *subnet = subnet_of(c, nic);
		struct ip4_range r;
		if (!subnet || !ip4_range_parse(json_str(subnet->doc, "ipCidrRange", ""), &r))
			return compute_invalid(
			    c, "networkInterfaces[0].subnetwork", json_str(nic, "subnetwork", ""),
			    "Network interface must specify a subnet if the network resource is in custom subnet mode.");
		if (!may_use(c, subnet, nic) || compute_busy(c, subnet) || !check_external(c, nic))
			return false;
		const char *name = sim_tmp("nic%d", i++);
		json_put_str(nic, "network", json_str(subnet->doc, "network", ""));
		json_put_str(nic, "subnetwork", json_str(subnet->doc, "selfLink", ""));
		if (!json_at(nic, "networkIP"))
			json_put_str(nic, "networkIP", ip4_text(ip4_free_host(c->sim, c->project, r, 2), text));
		cJSON *defaults = json_make("{'kind':'compute#networkInterface','name':%s,'stackType':'IPV4_ONLY'}", name);
		sim_fill(nic, defaults);
		cJSON_Delete(defaults);
		compute_touch(c->sim, nic, "fingerprint");
	}
	return true;
}

static bool check_accounts(struct sim_call *c, const cJSON *doc)
{
	const cJSON *a;
	cJSON_ArrayForEach(a, json_at(doc, "serviceAccounts")) {
		const char *email = json_str(a, "email", "default");
		if (strcmp(email, "default") && !text_ends(email, "developer.gserviceaccount.com") &&
		    !sim_account_exists(c->sim, email, true))
			return compute_invalid(
			    c, "serviceAccounts[0].email", email,
			    "The specified service account was not found or the caller has no permission on it.");
	}
	return true;
}

/* Why this principal (NULL: an agent of Google's) may not give a machine of the project the accounts in doc; NULL: it may. */
static char *account_refused(struct sim *s, const char *who, const char *project, const cJSON *doc)
{
	const char *account = json_str(doc, "serviceAccounts.0.email", "");
	if (!strcmp(account, "default"))
		account = sim_tmp("%s-compute@developer.gserviceaccount.com", sim_project_number(s, project));
	const char *its = sim_account_project(s, account) ? sim_account_project(s, account) : project;
	if (!who || !*account ||
	    sim_allowed(s, who, "iam.serviceAccounts.actAs", its,
			sim_tmp("//iam.googleapis.com/projects/%s/serviceAccounts/%s", its, account)))
		return NULL;
	return xasprintf(
	    "The user does not have access to service account '%s'.  User: '%s'.  Ask a project owner to grant you "
	    "the iam.serviceAccountUser role on the service account",
	    account, strchr(who, ':') ? strchr(who, ':') + 1 : who);
}

/* "zones/z/machineTypes/e2-small" in our zone, of a kind that is there. */
static bool check_machine(struct sim_call *c, cJSON *doc)
{
	const char *type = json_str(doc, "machineType", ""), *zone = sim_param(c, "zone");
	if (!*type)
		return compute_required(c, "machineType");
	const char *name = strrchr(type, '/');
	const char *path = sim_tmp("projects/%s/zones/%s/machineTypes/%s", c->project, zone, name ? name + 1 : type);
	bool good = name && compute_machine_cpus(name + 1) > 0 && strstr(type, zone) && compute_machine_in(name + 1, zone);
	const char *refused = good ? compute_machine_refused(name + 1) : NULL;
	if (refused)
		return compute_invalid(c, "machineType", type, refused);
	if (good) {
		const char *link = compute_link(path);
		json_put_str(doc, "machineType", link);
	} else {
		const char *why = sim_tmp("Machine type with name '%s' does not exist in zone '%s'.", name ? name + 1 : type,
					  zone);
		compute_invalid(c, "machineType", type, why);
	}
	return good;
}

/* What whoever inserts a machine must hold, by what is said of it: cloud.google.com/compute/docs/instances/create-start-instance. */
static bool may_insert(struct sim_call *c, const cJSON *doc, const char *key)
{
	static const char *const asked[][2] = {{"metadata.items.0", "compute.instances.setMetadata"},
					       {"tags.items.0", "compute.instances.setTags"},
					       {"labels", "compute.instances.setLabels"},
					       {"serviceAccounts.0", "compute.instances.setServiceAccount"}};
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		const cJSON *said = json_at(doc, asked[i][0]);
		bool none = !said || (!said->child && !strcmp(asked[i][0], "labels"));
		if (!none && !compute_asks(c, asked[i][1], key))
			return false;
	}
	return true;
}

static bool compute_instances_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	char region[40];
	if (old)
		return true;
	compute_zone_region(sim_param(c, "zone"), region);
	const char *key = sim_tmp("projects/%s/zones/%s/instances/%s", c->project, sim_param(c, "zone"),
				  json_str(doc, "name", ""));
	if (!strcmp(c->id, "compute.instances.insert") &&
	    !may_insert(c, doc, key)) /* a group's are inserted by an agent of Google's */
		return false;
	if (!check_machine(c, doc) || !compute_instance_acceptable(c, doc, region) || !check_accounts(c, doc) ||
	    !compute_quota(c, "INSTANCES", region, 1) || !check_interfaces(c, doc) ||
	    !compute_schedules_fit(c, key, json_at(doc, "resourcePolicies")) || !compute_instance_disks(c, doc))
		return false;
	cJSON *defaults = json_make(
	    "{'metadata':{'kind':'compute#metadata'},'tags':{},'scheduling':{'automaticRestart':true,'onHostMaintenance':"
	    "'MIGRATE','preemptible':false,'provisioningModel':'STANDARD'},'canIpForward':false,'deletionProtection':false,"
	    "'startRestricted':false,'cpuPlatform':'Intel Broadwell','shieldedInstanceConfig':{'enableSecureBoot':false,"
	    "'enableVtpm':true,'enableIntegrityMonitoring':true},'shieldedInstanceIntegrityPolicy':{'updateAutoLearnPolicy':"
	    "true}}");
	sim_fill(doc, defaults);
	cJSON_Delete(defaults);
	compute_touch(c->sim, doc, "metadata.fingerprint");
	compute_touch(c->sim, doc, "tags.fingerprint");
	json_put_str(doc, "status", "PROVISIONING");
	return true;
}

/* Its disks and addresses say that they are used by it, or by nobody. */
static void mark(struct sim *s, const char *key, const cJSON *doc, bool used)
{
	const cJSON *d, *nic, *a;
	const char *link = json_str(doc, "selfLink", ""), *project = sim_tmp("%.*s", (int)strcspn(key + 9, "/"), key + 9);
	cJSON_ArrayForEach(d, json_at(doc, "disks")) {
		struct sim_object *disk = compute_find(s, json_str(d, "source", ""));
		if (disk && used)
			json_put(disk->doc, "users", json_make("[%s]", link));
		else if (disk)
			json_drop(disk->doc, "users");
	}
	cJSON_ArrayForEach(nic, json_at(doc, "networkInterfaces")) {
		network_address_used(s, project, json_str(nic, "networkIP", ""), link, used);
		cJSON_ArrayForEach(a, json_at(nic, "accessConfigs"))
			network_address_used(s, project, json_str(a, "natIP", ""), link, used);
	}
}

static void use(struct sim *s, const struct sim_object *o, bool used)
{
	const cJSON *d;
	cJSON_ArrayForEach(d, json_at(o->doc, "disks")) {
		struct sim_object *disk = compute_find(s, json_str(d, "source", ""));
		if (disk && !used && json_bool(d, "autoDelete", false))
			sim_remove(s, disk);
		else if (disk)
			json_put_str(disk->doc, used ? "lastAttachTimestamp" : "lastDetachTimestamp", sim_stamp_compute(s));
	}
	mark(s, o->key, o->doc, used);
}

static void compute_instances_reverted(struct sim *s, struct sim_object *o, const cJSON *failed)
{
	mark(s, o->key, failed, false);
	mark(s, o->key, o->doc, true);
}

static void compute_instances_stored(struct sim *s, struct sim_object *o)
{
	if (!json_at(o->hidden, "used"))
		use(s, o, true);
	json_put_bool(o->hidden, "used", true);
}

static void compute_instances_removed(struct sim *s, const struct sim_object *o)
{
	use(s, o, false);
}

/* It has booted, unless it was stopped or made anew meanwhile. */
static void booted(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, "compute.instances", json_str(arg, "key", ""));
	if (o && json_num(o->hidden, "booted", -1) == json_num(arg, "at", 0) &&
	    !strcmp(json_str(o->doc, "status", ""), "RUNNING"))
		sim_workloads(s)->machine_booted(s, o);
}

static char *quota_short(struct sim *s, const char *project, const char *region)
{
	static const char *const metrics[] = {"CPUS", "IN_USE_ADDRESSES", "SSD_TOTAL_GB", "DISKS_TOTAL_GB"};
	char *why = compute_quota_short(s, project, "", "CPUS_ALL_REGIONS");
	for (size_t i = 0; !why && i < sizeof metrics / sizeof *metrics; i++)
		why = compute_quota_short(s, project, region, metrics[i]);
	return why;
}

/* The disks that were made with it are its own from now on; where it did not come up they go with it, whatever was said of their end. */
static void settle_born(struct sim *s, const struct sim_object *o, bool up)
{
	cJSON *d;
	cJSON_ArrayForEach(d, json_at(o->doc, "disks")) {
		struct sim_object *disk = compute_find(s, json_str(d, "source", ""));
		if (!disk || !json_bool(disk->hidden, "born", false))
			continue;
		json_drop(disk->hidden, "born");
		if (!up)
			json_put_bool(d, "autoDelete", true);
	}
}

/* When it comes up, unless more of its region is in use than may be, or the zone is out of machines. */
char *compute_instances_landed(struct sim *s, struct sim_object *o, const char **code)
{
	char region[40], zone[48];
	char *why = NULL;
	const char *project = sim_tmp("%.*s", (int)strcspn(o->key + 9, "/"), o->key + 9), *now = sim_stamp_compute(s);
	snprintf(zone, sizeof zone, "%.*s", (int)strcspn(strstr(o->key, "/zones/") + 7, "/"), strstr(o->key, "/zones/") + 7);
	compute_zone_region(zone, region);
	if ((why = account_refused(s, compute_inserter(s, o), project, o->doc)))
		*code = "SERVICE_ACCOUNT_ACCESS_DENIED";
	else if ((why = quota_short(s, project, region)))
		*code = "QUOTA_EXCEEDED";
	else if ((why = compute_stockout(s, project, zone)))
		*code = "ZONE_RESOURCE_POOL_EXHAUSTED";
	else {
		json_put_str(o->doc, "status", "RUNNING");
		json_put_str(o->doc, "lastStartTimestamp", now);
		double at = sim_now(s) + sim_draw(s, "compute.instance.boot");
		json_drop(o->hidden, "ready");
		json_drop(o->hidden, "serial");
		json_put_num(o->hidden, "booted", at);
		cJSON *arg = json_make("{'key':%s}", o->key);
		json_put_num(arg, "at", at);
		sim_after(s, at - sim_now(s), booted, arg);
	}
	settle_born(s, o, !why);
	return why;
}

/* Changes. --------------------------------------------------------------------------------------------------------------- */
static void set_metadata(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o || !compute_metadata_ok(c, c->body, "metadata") ||
	    !compute_fingerprint(c, json_at(o->doc, "metadata"), c->body, "fingerprint", false,
				 "Supplied fingerprint does not match current metadata fingerprint."))
		return;
	json_drop(o->doc, "metadata.items");
	if (json_at(c->body, "items.0"))
		json_put(o->doc, "metadata.items", cJSON_Duplicate(json_at(c->body, "items"), true));
	compute_touch(c->sim, o->doc, "metadata.fingerprint");
	compute_begin(c, o, "setMetadata", sim_draw(c->sim, "compute.instance.update"), true, NULL);
}

static void set_tags(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o || !compute_tags_ok(c, c->body) ||
	    !compute_fingerprint(c, json_at(o->doc, "tags"), c->body, "fingerprint", true,
				 "Supplied fingerprint does not match current tags fingerprint."))
		return;
	json_drop(o->doc, "tags.items");
	if (json_at(c->body, "items.0"))
		json_put(o->doc, "tags.items", cJSON_Duplicate(json_at(c->body, "items"), true));
	compute_touch(c->sim, o->doc, "tags.fingerprint");
	compute_begin(c, o, "setTags", sim_draw(c->sim, "compute.instance.update"), true, NULL);
}

/* Some of it can be changed of a stopped machine only. False: answered. */
static bool is_stopped(struct sim_call *c, const struct sim_object *o)
{
	if (!strcmp(json_str(o->doc, "status", ""), "TERMINATED"))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", "resourceInUseByAnotherResource",
		 "Instance is starting, running, or stopping. It must be stopped to be changed.");
	return false;
}

/* What is left out stays as it was. */
static void set_scheduling(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	cJSON *new = cJSON_Duplicate(json_at(o->doc, "scheduling"), true);
	bool spot = !strcmp(json_str(new, "provisioningModel", ""), "SPOT"),
	     asked = !strcmp(json_str(c->body, "provisioningModel", json_str(new, "provisioningModel", "")), "SPOT");
	sim_merge_patch(new, c->body);
	if (spot != asked || (json_bool(new, "preemptible", false) && json_bool(new, "automaticRestart", false))) {
		compute_invalid(c, "scheduling", "",
				spot != asked ? "The provisioning model of an instance cannot be changed."
					      : "Scheduling must have preemptible be false when AutomaticRestart is true.");
		cJSON_Delete(new);
		return;
	}
	if (json_bool(new, "preemptible", false) != json_bool(o->doc, "scheduling.preemptible", false) && !is_stopped(c, o)) {
		cJSON_Delete(new);
		return;
	}
	json_put(o->doc, "scheduling", new);
	compute_begin(c, o, "setScheduling", sim_draw(c->sim, "compute.instance.update"), true, NULL);
}

static void set_protection(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	json_put_bool(o->doc, "deletionProtection",
		      !*sim_param(c, "deletionProtection") || sim_param_bool(c, "deletionProtection"));
	compute_begin(c, o, "setDeletionProtection", 0, true, NULL);
}

static struct sim_object *stopped_one(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	return o && is_stopped(c, o) ? o : NULL;
}

static void set_machine_type(struct sim_call *c)
{
	struct sim_object *o = stopped_one(c);
	cJSON *doc = o ? json_make("{'machineType':%s}", json_str(c->body, "machineType", "")) : NULL;
	if (doc && check_machine(c, doc)) {
		json_put_str(o->doc, "machineType", json_str(doc, "machineType", ""));
		compute_begin(c, o, "setMachineType", sim_draw(c->sim, "compute.instance.update"), true, NULL);
	}
	cJSON_Delete(doc);
}

static void set_account(struct sim_call *c)
{
	struct sim_object *o = stopped_one(c);
	cJSON *doc = o ? json_make("{'serviceAccounts':[%j]}", cJSON_Duplicate(c->body, true)) : NULL;
	char *why = doc ? account_refused(c->sim, c->principal, c->project, doc) : NULL;
	if (why) {
		sim_fail(c, "INVALID_ARGUMENT", "serviceAccountAccessDenied", "%s", why);
	} else if (doc && check_accounts(c, doc)) {
		json_put(o->doc, "serviceAccounts", cJSON_Duplicate(json_at(doc, "serviceAccounts"), true));
		compute_begin(c, o, "setServiceAccount", sim_draw(c->sim, "compute.instance.update"), true, NULL);
	}
	free(why);
	cJSON_Delete(doc);
}

static void update_shielded(struct sim_call *c)
{
	struct sim_object *o = stopped_one(c);
	if (!o)
		return;
	cJSON *new = cJSON_Duplicate(json_at(o->doc, "shieldedInstanceConfig"), true);
	sim_merge_patch(new, c->body);
	bool good = json_bool(new, "enableVtpm", false) || !json_bool(new, "enableIntegrityMonitoring", false);
	if (!good) {
		compute_invalid(c, "shieldedInstanceConfig", "",
				"Integrity monitoring can only be enabled when the virtual trusted platform module is.");
		cJSON_Delete(new);
		return;
	}
	json_put(o->doc, "shieldedInstanceConfig", new);
	compute_begin(c, o, "updateShieldedInstanceConfig", sim_draw(c->sim, "compute.instance.update"), true, NULL);
}

static void set_integrity_policy(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (o) /* the baseline is taken anew; the policy stays */
		compute_begin(c, o, "setShieldedInstanceIntegrityPolicy", sim_draw(c->sim, "compute.instance.update"), true,
			      NULL);
}

static void add_access(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	cJSON *nic = o ? json_at(o->doc, "networkInterfaces.0") : NULL;
	if (!nic)
		return;
	if (json_at(nic, "accessConfigs.0")) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "At most one access config currently supported.");
		return;
	}
	json_put(nic, "accessConfigs", json_make("[%j]", cJSON_Duplicate(c->body, true)));
	if (check_external(c, nic))
		compute_begin(c, o, "addAccessConfig", sim_draw(c->sim, "compute.instance.update"), true, NULL);
	else
		json_drop(nic, "accessConfigs");
}

static void delete_access(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	json_drop(json_at(o->doc, "networkInterfaces.0"), "accessConfigs");
	compute_begin(c, o, "deleteAccessConfig", sim_draw(c->sim, "compute.instance.update"), true, NULL);
}

static void delete_instance(struct sim_call *c)
{
	struct sim_object *o = compute_target(c);
	if (!o)
		return;
	if (json_bool(o->doc, "deletionProtection", false)) {
		sim_fail_with(c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL,
			      "Invalid resource usage: 'Resource cannot be deleted if it's protected against deletion. Disable "
			      "deletion protection and try "
			      "again.'.");
		return;
	}
	bool idle = !json_at(o->hidden, "pending");
	const char *key = sim_tmp("%s", o->key);
	compute_delete(c);
	o = sim_get(c->sim, "compute.instances", key);
	if (o && idle && json_at(o->hidden, "pending"))
		json_put_str(o->doc, "status", "STOPPING");
}

/* A template names machine and disk types alone, without their zone. */
static void in_zone(cJSON *doc, const char *zone)
{
	cJSON *d;
	json_put_str(doc, "machineType", sim_tmp("zones/%s/machineTypes/%s", zone, json_str(doc, "machineType", "")));
	cJSON_ArrayForEach(d, json_at(doc, "disks")) {
		const char *type = json_str(json_at(d, "initializeParams"), "diskType", "");
		const char *full = sim_tmp("zones/%s/diskTypes/%s", zone, type);
		if (*type && !strchr(type, '/'))
			json_put_str(json_at(d, "initializeParams"), "diskType", full);
	}
}

/* What the request leaves out is as the template has it; false: answered. */
static bool from_template(struct sim_call *c, const char *link)
{
	const char *path = compute_path(c->sim, c->project, link);
	struct sim_object *o = path ? compute_find(c->sim, path) : NULL;
	if (!path || (o && strcmp(o->collection, "compute.instanceTemplates")))
		return compute_invalid(c, "sourceInstanceTemplate", link, "The URL is malformed.");
	if (!o)
		return compute_not_found(c, path), false;
	if (!compute_asks(c, "compute.instanceTemplates.useReadOnly", o->key))
		return false;
	cJSON *doc = cJSON_Duplicate(json_at(o->doc, "properties"), true), *p;
	in_zone(doc, sim_param(c, "zone"));
	for (const cJSON *said = c->body ? c->body->child : NULL; said; said = said->next)
		if (!cJSON_IsObject(said) || said->child)
			json_drop(doc, said->string);
	json_drop(doc, "metadata.fingerprint");
	json_drop(doc, "tags.fingerprint");
	if (!c->body)
		c->body = cJSON_CreateObject();
	while ((p = doc->child)) {
		cJSON_DetachItemViaPointer(doc, p);
		json_put(c->body, p->string, p);
	}
	cJSON_Delete(doc);
	return true;
}

static void insert_instance(struct sim_call *c)
{
	const char *template = sim_param(c, "sourceInstanceTemplate");
	if (!*template || from_template(c, template))
		compute_insert(c);
}

struct sim_object *compute_instance_from(struct sim_call *c, const char *zone, const char *name, const cJSON *properties)
{
	cJSON *doc = cJSON_Duplicate(properties, true), *params = (cJSON *)(uintptr_t)c->params;
	const char *had = sim_tmp("%s", sim_param(c, "zone")), *scope = sim_tmp("projects/%s/zones/%s/", c->project, zone);
	struct sim_object *o = NULL;
	const char *code = NULL;
	json_put_str(doc, "name", name);
	in_zone(doc, zone);
	json_put_str(params, "zone", zone);
	if (compute_links(c, &compute_instance_kind, doc) && compute_instances_check(c, doc, NULL)) {
		o = compute_store(c->sim, &compute_instance_kind, scope, doc);
		free(compute_instances_landed(c->sim, o, &code)); /* a group goes on trying where there is no room */
	} else {
		cJSON_Delete(doc);
	}
	if (*had)
		json_put_str(params, "zone", had);
	else
		json_drop(params, "zone");
	return o;
}

void compute_instance_drop(struct sim *s, struct sim_object *vm)
{
	compute_instances_removed(s, vm);
	sim_remove(s, vm);
}

const struct compute_kind compute_instance_kind = {
    .plural = "instances",
    .resources = "instances",
    .kind = "compute#instance",
    .word = "instance",
    .flags = COMPUTE_FINGERPRINT | COMPUTE_LABELS_KEPT,
    .links =
	"networkInterfaces.*.network networkInterfaces.*.subnetwork disks.*.source disks.*.initializeParams.sourceSnapshot "
	"resourcePolicies.*",
    .insert = "compute.instance.insert",
    .change = "compute.instance.update",
    .remove = "compute.instance.delete",
    .check = compute_instances_check,
    .stored = compute_instances_stored,
    .removed = compute_instances_removed,
    .reverted = compute_instances_reverted,
    .landed = compute_instances_landed,
};

static const struct sim_route routes[] = {
    COMPUTE_READS("instances", "instances"),
    {"compute.instances.aggregatedList", compute_aggregated, "compute.instances.list", NULL},
    {"compute.instances.insert", insert_instance, "compute.instances.create compute.disks.create", NULL},
    {"compute.instances.delete", delete_instance, "compute.instances.delete", NULL},
    {"compute.instances.setMetadata", set_metadata, "compute.instances.setMetadata", NULL},
    {"compute.instances.setTags", set_tags, "compute.instances.setTags", NULL},
    {"compute.instances.setLabels", compute_set_labels, "compute.instances.setLabels", NULL},
    {"compute.instances.setScheduling", set_scheduling, "compute.instances.setScheduling", NULL},
    {"compute.instances.setDeletionProtection", set_protection, "compute.instances.setDeletionProtection", NULL},
    {"compute.instances.setMachineType", set_machine_type, "compute.instances.setMachineType", NULL},
    {"compute.instances.setServiceAccount", set_account, "compute.instances.setServiceAccount", NULL},
    {"compute.instances.updateShieldedInstanceConfig", update_shielded, "compute.instances.updateShieldedInstanceConfig", NULL},
    {"compute.instances.setShieldedInstanceIntegrityPolicy", set_integrity_policy,
     "compute.instances.setShieldedInstanceIntegrityPolicy", NULL},
    {"compute.instances.addAccessConfig", add_access, "compute.instances.addAccessConfig", NULL},
    {"compute.instances.deleteAccessConfig", delete_access, "compute.instances.deleteAccessConfig", NULL},
    COMPUTE_POLICIES("instances"),
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_instances, routes, NULL);
