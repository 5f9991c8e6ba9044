/* Target vm: the workload as systemd units on one Container-Optimized OS machine (reference/targets-vm.md): written by cloud-init at every boot,
 * containers from Artifact Registry, secrets fetched at boot into memory, no address of its own. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/mustache.h"
#include "base/text.h"
#include "gcp/kinds.h"
#include "plan/cleanup.h"
#include "plan/naming.h"
#include "plan/parts.h"
#include "plan/target_vm_units.h"
#include "plan/upgrade.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* From where Google's load balancers and health checks come. */
static const char *const balancers[] = {"130.211.0.0/22", "35.191.0.0/16", NULL};

/* From where Identity-Aware Proxy's tunnels come. */
static const char *const tunnels[] = {"35.235.240.0/20", NULL};

const char *const *target_vm_callers(const struct design *d)
{
	return d->workload->ingress == INGRESS_INTERNAL ? tunnels : balancers;
}

static char *zone_of(const struct answers *a)
{
	const char *zone = answers_str(a, "vm.zone");
	return *zone ? xstrdup(zone) : xasprintf("%s-b", answers_str(a, "region"));
}

/* In the plan ------------------------------------------------------------------------------------------------------------------ */

static void add_needs(struct resource *r, const cJSON *ids)
{
	const cJSON *id;
	cJSON_ArrayForEach(id, ids)
		plan_needs(r, id->valuestring);
}

/* The machine pulls by its own account. */
static void may_pull(struct design *d, const char *id, const char *repository, const char *resource)
{
	char *path = xasprintf("projects/%s/locations/%s/repositories/%s", d->plan->project, d->plan->region, repository);
	if (plan_find(d->plan, resource))
		design_grant(d, id, "repository", path, "roles/artifactregistry.reader", resource);
	free(path);
}

/* "projects/P/regions/R/subnetworks/NAME", to be freed. */
static char *subnet_link(const struct design *d)
{
	const char *subnet = d->network.subnet;
	return strchr(subnet, '/')
		   ? xstrdup(subnet)
		   : xasprintf("projects/%s/regions/%s/subnetworks/%s", d->plan->project, d->plan->region, subnet);
}

static void add_network(struct design *d)
{
	struct plan *p = d->plan;
	if (d->network.routed)
		return;
	char *router = name_of(p->stack, "router");
	cJSON *nat = json_make("{'name':'nat','natIpAllocateOption':'AUTO_ONLY','sourceSubnetworkIpRangesToNat':%s}",
			       d->network.given ? "LIST_OF_SUBNETWORKS" : "ALL_SUBNETWORKS_ALL_IP_RANGES");
	if (d->network.given) {
		char *subnet = subnet_link(d);
		json_put(nat, "subnetworks", json_make("[{'name':%s,'sourceIpRangesToNat':['ALL_IP_RANGES']}]", subnet));
		free(subnet);
	}
	struct resource *r = plan_add(
	    p, "router", "compute.router", router,
	    json_make("{'region':%s,'body':{'network':%j,'nats':[%j]}}", p->region, cJSON_Duplicate(d->network.link, 1), nat));
	if (d->network.subnet_need && d->network.given)
		plan_needs(r, "given/nat");
	else if (d->network.need)
		plan_needs(r, d->network.need);
	workload_needs(d->workload, "router");
	free(router);
}

static cJSON *metadata(const struct design *d, cJSON *target_vm_user_data)
{
	const struct container *server = d->workload->containers[0];
	cJSON *m = json_make(
	    "{'items':[{'key':'user-data','value':%j},{'key':'google-logging-enabled','value':'true'},{'key':'enable-oslogin','"
	    "value':'TRUE'},{'key':'enable-guest-attributes','value':'TRUE'},"
	    "{'key':'block-project-ssh-keys','value':'TRUE'},{'key':'cos-update-strategy','value':'update_disabled'}]}",
	    target_vm_user_data);
	for (size_t i = 0; i < server->variable_count; i++) {
		const struct variable *v = &server->variables[i];
		if (v->value && !cJSON_IsString(v->value))
			cJSON_AddItemToArray(json_at(m, "items"),
					     json_make("{'key':%s,'value':%j}", v->name, cJSON_Duplicate(v->value, 1)));
	}
	return m;
}

static cJSON *machine(const struct design *d, const char *zone, cJSON *target_vm_user_data)
{
	const struct plan *p = d->plan;
	char *type = xasprintf("zones/%s/machineTypes/%s", zone, answers_str(d->answers, "vm.machine_type"));
	char *disk = xasprintf("zones/%s/diskTypes/pd-balanced", zone);
	char *subnet = subnet_link(d);
	cJSON *body = json_make(
	    "{'machineType':%s,'disks':[{'boot':true,'autoDelete':true,'initializeParams':{'sourceImage':"
	    "'projects/cos-cloud/global/images/family/cos-stable','diskSizeGb':'30','diskType':%s}}],"
	    "'networkInterfaces':[{'network':%j,'subnetwork':%s}],"
	    "'serviceAccounts':[{'email':%s,'scopes':['https://www.googleapis.com/auth/cloud-platform']}],"
	    "'shieldedInstanceConfig':{'enableSecureBoot':true,'enableVtpm':true,'enableIntegrityMonitoring':true},"
	    "'scheduling':{'automaticRestart':true,'onHostMaintenance':'MIGRATE'},'tags':{'items':[%s]},'metadata':%j}",
	    type, disk, cJSON_Duplicate(d->network.link, 1), subnet, d->account, p->stack, metadata(d, target_vm_user_data));
	free(subnet);
	free(disk);
	free(type);
	return body;
}

/* Only the callers' ranges get to the port, and only of this machine. */
static void add_firewall(struct design *d, const char *what, int port)
{
	char *name = name_of(d->plan->stack, what), *text = xasprintf("%d", port);
	cJSON *ranges = cJSON_CreateArray();
	for (const char *const *s = target_vm_callers(d); *s; s++)
		cJSON_AddItemToArray(ranges, cJSON_CreateString(*s));
	struct resource *r = plan_add(
	    d->plan, "firewall", "compute.firewall", name,
	    json_make("{'body':{'network':%j,'direction':'INGRESS','sourceRanges':%j,'targetTags':[%s],"
		      "'allowed':[{'IPProtocol':'tcp','ports':[%s]}]}}",
		      cJSON_Duplicate(d->network.link, 1), ranges, d->plan->stack, text));
	if (d->network.need)
		plan_needs(r, d->network.need);
	free(text);
	free(name);
}

/* It migrates when it boots, before the new server starts. */
static void add_machine(struct design *d, const char *zone, cJSON *data)
{
	const struct workload *w = d->workload;
	struct plan *p = d->plan;
	const char *stop = upgrade_stop(d, "compute.instanceStop", p->stack,
					json_make("{'zone':%s,'image':%j}", zone, cJSON_Duplicate(w->containers[0]->image, 1)));
	struct resource *r = plan_add(p, "machine", "compute.instance", p->stack,
				      json_make("{'zone':%s,'body':%j}", zone, machine(d, zone, data)));
	r->decided_by = "vm.machine_type";
	plan_records(r, "zone", "machine_zone");
	add_needs(r, w->needs);
	add_needs(r, w->migration_needs);
	if (stop)
		plan_needs(r, stop);
	for (size_t i = 0; i < w->count; i++)
		if (w->containers[i]->source)
			plan_needs(r, w->containers[i]->source);
}

/* Who comes through IAP's tunnel is asked at the machine. */
static void set_front(struct design *d, const char *zone)
{
	struct plan *p = d->plan;
	d->front = (struct front){.id = xstrdup("machine")};
	if (d->workload->ingress != INGRESS_INTERNAL)
		return;
	part_api(p, "iap");
	d->front.invoked = xstrdup("machine");
	d->front.invoke = (struct gate){"tunnel", "roles/iap.tunnelResourceAccessor",
					xasprintf("projects/%s/iap_tunnel/zones/%s/instances/%s", p->number, zone, p->stack),
					NULL};
}

static bool target_vm_spell(struct design *d, struct err *e)
{
	const struct workload *w = d->workload;
	/* Where nothing stands before MLflow on the machine, who comes asks it itself. */
	if (!strcmp(w->front, w->containers[0]->name))
		container_set(w->containers[0], "SERVER_ADDRESS", "0.0.0.0");
	add_network(d);
	if (w->ingress == INGRESS_INTERNAL)
		add_firewall(d, "tunnel", workload_find(w, w->front)->port);
	may_pull(d, "pull", d->plan->stack, "repository");
	char *quay = name_of(d->plan->stack, "quay"), *zone = zone_of(d->answers);
	may_pull(d, "pull-quay", quay, "repository/quay");
	cJSON *data = target_vm_user_data(d, e);
	if (data) {
		add_machine(d, zone, data);
		set_front(d, zone);
	}
	free(zone);
	free(quay);
	return data != NULL;
}

/* The group finds the machine, the port has a name, and the check asks what the wall answers to anybody. */
static bool target_vm_backend(struct design *d, cJSON *body, struct err *e)
{
	struct plan *p = d->plan;
	const struct container *front = workload_find(d->workload, d->workload->front);
	char *group = name_of(p->stack, "group"), *health = name_of(p->stack, "health"), *zone = zone_of(d->answers);
	(void)e;
	add_firewall(d, "balancer", front->port);
	plan_add(p, "group", "compute.instanceGroup", group,
		 json_make("{'zone':%s,'instances':[%j],'body':{'network':%j,'namedPorts':[{'name':'http','port':%d}]}}", zone,
			   plan_ref("machine", "link"), cJSON_Duplicate(d->network.link, 1), front->port));
	plan_needs(
	    plan_add(
		p, "health", "compute.healthCheck", health,
		json_make(
		    "{'body':{'type':'HTTP','checkIntervalSec':10,'timeoutSec':5,'healthyThreshold':2,'unhealthyThreshold':3,"
		    "'httpHealthCheck':{'port':%d,'requestPath':%s}}}",
		    front->port, front->started.path)),
	    "apis");
	json_put_str(body, "protocol", "HTTP");
	json_put_str(body, "portName", "http");
	json_put_num(body, "timeoutSec", answers_int(d->answers, "server.timeout"));
	json_put(body, "healthChecks", json_make("[%j]", plan_ref("health", "link")));
	json_put(body, "backends", json_make("[{'group':%j,'balancingMode':'UTILIZATION'}]", plan_ref("group", "link")));
	free(zone);
	free(health);
	free(group);
	return true;
}

/* The tunnel ----------------------------------------------------------------------------------------------------------------------- */

static void target_vm_reach(const struct design *d, struct reach *out)
{
	char *zone = zone_of(d->answers);
	out->way = "tunnel";
	out->with = json_make("{'project':%s,'zone':%s,'instance':%s,'port':%d}", d->plan->project, zone, d->plan->stack,
			      workload_find(d->workload, d->workload->front)->port);
	free(zone);
}

static void target_vm_tunnel(const struct plan *p, struct buf *out)
{
	buf_printf(out, "%s\n", _("# In another terminal, as long as it is used:"));
	buf_printf(out, "#   gcloud compute start-iap-tunnel %s %d --local-host-port=localhost:5000 --zone=%s --project=%s\n",
		   p->stack, (int)json_num(p->reach.with, "port", 0), json_str(p->reach.with, "zone", ""), p->project);
	buf_printf(out, "%s\n", _("# Then a browser finds MLflow at http://localhost:5000."));
}

/* gcloud looks the machine up before it goes through. */
static void target_vm_admit(struct design *d, cJSON *members)
{
	char *zone = zone_of(d->answers),
	     *path = xasprintf("projects/%s/zones/%s/instances/%s", d->plan->project, zone, d->plan->stack);
	plan_needs(
	    plan_add(d->plan, "iam/viewers", "iam.policy", _("who may look up the machine"),
		     json_make("{'holder':'instance','resource':%s,'bindings':[{'role':'roles/compute.viewer','members':%j}]}",
			       path, members)),
	    "machine");
	free(path);
	free(zone);
}

/* What a machine remembers ------------------------------------------------------------------------------------------------------- */

/* Lines NAME_VERSION and DB_PASSWORD_MADE of the values file, which ends the user data. */
static void recall_line(const char *line, cJSON *resolved)
{
	static const char version[] = "_VERSION=", made[] = "DB_PASSWORD_MADE=";
	const char *at = strstr(line, version);
	if (text_starts(line, made))
		json_put_str(resolved, "database_password", line + strlen(made));
	if (!at)
		return;
	char *path = xasprintf("secret_versions.%.*s", (int)(at - line), line);
	for (char *c = strchr(path, '.'); *c; c++)
		*c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
	json_put_str(resolved, path, at + strlen(version));
	free(path);
}

static void target_vm_recall(const cJSON *found, cJSON *resolved)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, json_at(found, "metadata.items")) {
		const char *text = strcmp(json_str(item, "key", ""), "user-data")
				       ? NULL
				       : strstr(json_str(item, "value", ""), "/etc/mlflow/values\n  permissions");
		char *copy = text ? xstrdup(text) : NULL, *rest;
		for (char *line = copy ? strtok_r(copy, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest))
			recall_line(line + strspn(line, " "), resolved);
		free(copy);
	}
}

/* Questions ---------------------------------------------------------------------------------------------------------------------- */

static const struct {
	int cpus, gib;
	const char *id;
} sizes[] = {{2, 4, "e2-medium"}, {2, 8, "e2-standard-2"}, {4, 16, "e2-standard-4"}, {8, 32, "e2-standard-8"}};

/* A machine in another zone would be a second one, and the first would stay. */
static void check_moved(const struct answers *a, problem_fn *found, void *arg)
{
	const char *stands = json_str(a->resolved, "machine_zone", NULL);
	char *zone = zone_of(a);
	if (stands && strcmp(stands, zone) != 0) {
		char *s = xasprintf(
		    _("The machine stands in zone %s and does not move: destroy the stack first, or name that zone."), stands);
		found(arg, "vm.zone", s);
		free(s);
	}
	free(zone);
}

/* The system and the gate take a GiB, the clean-up two while it works. */
static void target_vm_check(const struct answers *a, problem_fn *found, void *arg)
{
	int gib = atoi(answers_str(a, "server.memory")), cpu = atoi(answers_str(a, "server.cpu"));
	check_moved(a, found, arg);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		if (strcmp(sizes[i].id, answers_str(a, "vm.machine_type")) != 0)
			continue;
		if (cleanup_wanted(a) && gib + 1 <= sizes[i].gib && gib + 3 > sizes[i].gib)
			found(arg, "cleanup.schedule",
			      _("The clean-up takes 2 GiB beside the server while it works: choose a larger machine, or give "
				"MLflow less."));
		if (gib + 1 > sizes[i].gib)
			found(arg, "server.memory",
			      _("The machine has not that much memory: choose a larger machine, or give MLflow less."));
		if (cpu > sizes[i].cpus)
			found(arg, "server.cpu",
			      _("The machine has not that many CPUs: choose a larger machine, or give MLflow fewer."));
	}
}

static const char *check_zone(const struct answers *a, const char *value)
{
	const char *region = answers_str(a, "region");
	bool within = text_starts(value, region) && value[strlen(region)] == '-';
	return within ? NULL : N_("The zone is one of the stack's region: its name begins with the region's.");
}

static const struct choice machine_types[] = {
    {.id = "e2-medium", .title = N_("e2-medium"), .help = N_("2 shared CPUs, 4 GB: for a few people.")},
    {.id = "e2-standard-2", .title = N_("e2-standard-2"), .help = N_("2 CPUs, 8 GB.")},
    {.id = "e2-standard-4", .title = N_("e2-standard-4"), .help = N_("4 CPUs, 16 GB.")},
    {.id = "e2-standard-8", .title = N_("e2-standard-8"), .help = N_("8 CPUs, 32 GB.")},
    {.id = NULL},
};

/* clang-format off */
static const struct question questions_of_vm[] = {
	{.id = "vm.machine_type", .page = "image", .type = TYPE_CHOICE, .title = N_("Machine type"),
	 .help = N_("A change stops the machine for two to three minutes."),
	 .after = "server.cpu", .choices = machine_types, .preset = "e2-standard-2"},
	{.id = "vm.zone", .page = "image", .type = TYPE_TEXT, .title = N_("Zone"), .optional = true,
	 .help = N_("Where in the region the machine stands. Empty: zone b. Chosen before the first run: a machine that stands does not move."),
	 .after = "server.cpu",
	 .pattern = "^[a-z]+-[a-z]+[0-9]+-[a-z]$",
	 .form = N_("A zone's name, such as us-central1-b."),
	 .check = check_zone},
	{.id = NULL},
};

/* clang-format on */

static const struct render_row renders[] = {
    {"run/Dockerfile.mustache", "Dockerfile", ESCAPE_DOCKERFILE, 0644, true},
    RENDERS_OF_IMAGE,
    {"vm/user-data.mustache", "user-data", ESCAPE_LINE, 0644, false},
    {NULL, NULL, 0, 0, false},
};

static const char *const apis[] = {"compute", NULL};
static const char *const asks[] = {"server.timeout", NULL};

const struct target target_vm = {
    .choice =
	{
	    .id = "vm",
	    .title = N_("Virtual machine"),
	    .help = N_("One machine that you can sign in to, by domain or tunnel."),
	    .questions = questions_of_vm,
	    .asks = asks,
	    .check = target_vm_check,
	    .apis = apis,
	},
    .renders = renders,
    .networked = true,
    .routed = true,
    .remembers = &kind_instance,
    .recall = target_vm_recall,
    .spell = target_vm_spell,
    .backend = target_vm_backend,
    .reach = target_vm_reach,
    .tunnel = target_vm_tunnel,
    .admit = target_vm_admit,
};
