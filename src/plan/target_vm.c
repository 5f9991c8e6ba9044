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
#include "plan/upgrade.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CLEANUP "mlflow-cleanup"

/* From where Google's load balancers and health checks come. */
static const char *const balancers[] = {"130.211.0.0/22", "35.191.0.0/16", NULL};
/* From where Identity-Aware Proxy's tunnels come. */
static const char *const tunnels[] = {"35.235.240.0/20", NULL};

/* Who gets to the port that is the stack's front. */
static const char *const *callers(const struct design *d)
{
	return d->workload->ingress == INGRESS_INTERNAL ? tunnels : balancers;
}

static char *zone_of(const struct answers *a)
{
	const char *zone = answers_str(a, "vm.zone");
	return *zone ? xstrdup(zone) : xasprintf("%s-b", answers_str(a, "region"));
}

/* What the units are told when it is known ------------------------------------------------------------------------------------- */

/* "oauth2-proxy" and "IMAGE" make OAUTH2_PROXY_IMAGE; the caller frees. */
static char *variable_of(const char *name, const char *what)
{
	char *v = xasprintf("%s_%s", name, what);
	for (char *c = v; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return v;
}

static cJSON *version_ref(const char *secret, const char *output)
{
	char *id = xasprintf("version/%s", secret);
	cJSON *ref = plan_ref(id, output);
	free(id);
	return ref;
}

/* A line "    NAME=VALUE" of the last file of the user data, as parts of a text that may refer. */
static void add_value(cJSON *parts, const char *name, cJSON *value)
{
	char *start = xasprintf("    %s=", name);
	cJSON_AddItemToArray(parts, cJSON_CreateString(start));
	cJSON_AddItemToArray(parts, value);
	cJSON_AddItemToArray(parts, cJSON_CreateString("\n"));
	free(start);
}

/* When each drawn secret's version was made: one that is made anew may get the number of the old one, and the machine holds the old value; then these
 * differ, and it starts again. */
static cJSON *values(const struct design *d)
{
	const struct workload *w = d->workload;
	cJSON *parts = cJSON_CreateArray();
	for (size_t i = 0; i < w->count; i++) {
		char *image = variable_of(w->containers[i]->name, "IMAGE");
		add_value(parts, image, cJSON_Duplicate(w->containers[i]->image, 1));
		free(image);
	}
	for (size_t i = 0; i < w->secret_count; i++) {
		char *version = variable_of(w->secrets[i].name, "VERSION"), *made = variable_of(w->secrets[i].name, "MADE");
		add_value(parts, version, version_ref(w->secrets[i].name, "version"));
		if (!w->secrets[i].text)
			add_value(parts, made, version_ref(w->secrets[i].name, "made"));
		free(version);
		free(made);
	}
	return parts;
}

/* The templates' data ---------------------------------------------------------------------------------------------------------- */

static void add_text(cJSON *list, char *text)
{
	cJSON_AddItemToArray(list, cJSON_CreateString(text));
	free(text);
}

/* Options of `docker run` that are this container's own. "2Gi" is 2g for docker. */
static cJSON *options_of(const struct container *c)
{
	cJSON *list = cJSON_CreateArray();
	int mib = atoi(c->memory) * (strstr(c->memory, "Gi") ? 1024 : 1);
	add_text(list, xasprintf("--memory=%dm", mib));
	add_text(list, xasprintf("--cpus=%s", c->cpu));
	for (size_t i = 0; i < c->variable_count; i++)
		if (c->variables[i].value && !cJSON_IsString(c->variables[i].value))
			add_text(list, xasprintf("--env=%s", c->variables[i].name));
	for (size_t i = 0; i < c->mount_count; i++)
		add_text(list, xasprintf("--volume=/run/mlflow/%s:%s:ro", c->mounts[i].secret, c->mounts[i].folder));
	if (c->command)
		add_text(list, xasprintf("--entrypoint=%s", json_str(c->command, "0", "")));
	return list;
}

/* Variables that are known later (the database's address, its certificate) and may have several lines: attributes of the machine by their names. */
static cJSON *attributes_of(const struct container *c)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < c->variable_count; i++)
		if (c->variables[i].value && !cJSON_IsString(c->variables[i].value))
			cJSON_AddItemToArray(list, cJSON_CreateString(c->variables[i].name));
	return list;
}

static cJSON *arguments_of(const struct container *c)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *word;
	for (word = c->command && c->command->child ? c->command->child->next : NULL; word; word = word->next)
		cJSON_AddItemToArray(list, cJSON_Duplicate(word, 1));
	cJSON_ArrayForEach(word, c->args)
		cJSON_AddItemToArray(list, cJSON_Duplicate(word, 1));
	return list;
}

/* Units that have to have done their work before this container starts. */
static cJSON *before(const struct design *d, const struct container *c)
{
	cJSON *list = json_make("['mlflow-secrets']");
	if (c == d->workload->containers[0] || c == d->workload->cleanup)
		cJSON_AddItemToArray(list, cJSON_CreateString("mlflow-migrate"));
	return list;
}

static cJSON *secret_variables(const struct container *c)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < c->variable_count; i++)
		if (c->variables[i].secret)
			cJSON_AddItemToArray(
			    list, json_make("{'variable':%s,'secret':%s}", c->variables[i].name, c->variables[i].secret));
	return list;
}

static cJSON *mounts(const struct container *c)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < c->mount_count; i++)
		cJSON_AddItemToArray(list, json_make("{'secret':%s,'file':%s}", c->mounts[i].secret, c->mounts[i].file));
	return list;
}

/* How a unit goes: on and on, once for each boot, or each time a timer says so. */
enum pace { PACE_STEADY, PACE_ONCE, PACE_TIMED };

/* A container's unit; the migration and the clean-up run the server's image. */
static cJSON *unit(const struct design *d, const struct container *c, const char *name, const char *image_of, enum pace pace)
{
	char *variable = variable_of(image_of, "IMAGE"), *image = xasprintf("${%s}", variable);
	cJSON *u = json_make("{'name':%s,'steady':%b,'once':%b,'timed':%b,'limit':%d,'image':%s,'env':%j,'options':%j,'"
			     "arguments':%j,'before':%j,'secret_"
			     "variables':%j,'mounts':%j,'attributes':%j}",
			     name, pace == PACE_STEADY, pace == PACE_ONCE, pace == PACE_TIMED, pace == PACE_TIMED ? 21600 : 900,
			     image, container_texts(c), options_of(c), arguments_of(c), before(d, c), secret_variables(c),
			     mounts(c), attributes_of(c));
	free(image);
	free(variable);
	return u;
}

static cJSON *secrets(const struct design *d)
{
	const struct workload *w = d->workload;
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < w->secret_count; i++) {
		char *variable = variable_of(w->secrets[i].name, "VERSION"), *shell = xasprintf("${%s}", variable);
		char *secret = name_of(d->plan->stack, w->secrets[i].name);
		cJSON_AddItemToArray(list,
				     json_make("{'name':%s,'secret':%s,'variable':%s}", w->secrets[i].name, secret, shell));
		free(secret);
		free(shell);
		free(variable);
	}
	return list;
}

/* The clean-up's unit, and the timer that starts it. */
static void add_cleanup(const struct design *d, cJSON *units, cJSON *timers)
{
	const struct workload *w = d->workload;
	char *calendar = cleanup_calendar(d->answers);
	cJSON_AddItemToArray(units, unit(d, w->cleanup, CLEANUP, w->containers[0]->name, PACE_TIMED));
	cJSON_AddItemToArray(timers, json_make("{'name':'" CLEANUP "','calendar':%s}", calendar));
	free(calendar);
}

static void put_data(struct design *d)
{
	const struct workload *w = d->workload;
	cJSON *units = json_make("[%j]", unit(d, w->migration, "mlflow-migrate", w->containers[0]->name, PACE_ONCE)),
	      *services = cJSON_CreateArray();
	cJSON *sources = cJSON_CreateArray(), *timers = cJSON_CreateArray();
	char *registry = xasprintf("%s-docker.pkg.dev", d->plan->region);
	for (size_t i = 0; i < w->count; i++) {
		cJSON_AddItemToArray(units,
				     unit(d, w->containers[i], w->containers[i]->name, w->containers[i]->name, PACE_STEADY));
		cJSON_AddItemToArray(services, cJSON_CreateString(w->containers[i]->name));
	}
	for (const char *const *s = callers(d); *s; s++)
		cJSON_AddItemToArray(sources, cJSON_CreateString(*s));
	if (w->cleanup)
		add_cleanup(d, units, timers);
	json_put(
	    d->plan->render, "vm",
	    json_make("{'project':%s,'registry':%s,'port':%d,'sources':%j,'services':%j,'timers':%j,'secrets':%j,'units':%j,'"
		      "attributes':%j,'values':[]}",
		      d->plan->project, registry, workload_find(w, w->front)->port, sources, services, timers, secrets(d),
		      units, attributes_of(w->containers[0])));
	free(registry);
}

static const struct render_row machine_file = {"vm/user-data.mustache", "user-data", ESCAPE_LINE, 0644, false};

/* The file for people shows where a value will stand. */
static void show_values(struct design *d, const cJSON *parts)
{
	cJSON *lines = cJSON_CreateArray();
	for (const cJSON *p = parts->child; p; p = p->next->next->next) {
		const char *name = p->valuestring + strspn(p->valuestring, " ");
		add_text(lines, xasprintf("%s%s", name, cJSON_IsString(p->next) ? p->next->valuestring : ""));
	}
	json_put(d->plan->render, "vm.values", lines);
}

/* The user data: the file as it is rendered, and behind it what is known later. */
static cJSON *user_data(struct design *d, struct err *e)
{
	struct buf text = {0};
	cJSON *parts = values(d), *all = NULL, *p;
	put_data(d);
	if (plan_render_file(d->plan, &machine_file, &text, e)) {
		all = json_make("{'$join':[%s]}", buf_text(&text));
		cJSON_ArrayForEach(p, parts)
			cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(all, "$join"), cJSON_Duplicate(p, 1));
		show_values(d, parts);
	}
	buf_free(&text);
	cJSON_Delete(parts);
	return all;
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

static cJSON *metadata(const struct design *d, cJSON *user_data)
{
	const struct container *server = d->workload->containers[0];
	cJSON *m = json_make(
	    "{'items':[{'key':'user-data','value':%j},{'key':'google-logging-enabled','value':'true'},{'key':'enable-oslogin','"
	    "value':'TRUE'},{'key':'enable-guest-attributes','value':'TRUE'},"
	    "{'key':'block-project-ssh-keys','value':'TRUE'},{'key':'cos-update-strategy','value':'update_disabled'}]}",
	    user_data);
	for (size_t i = 0; i < server->variable_count; i++) {
		const struct variable *v = &server->variables[i];
		if (v->value && !cJSON_IsString(v->value))
			cJSON_AddItemToArray(json_at(m, "items"),
					     json_make("{'key':%s,'value':%j}", v->name, cJSON_Duplicate(v->value, 1)));
	}
	return m;
}

static cJSON *machine(const struct design *d, const char *zone, cJSON *user_data)
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
	    type, disk, cJSON_Duplicate(d->network.link, 1), subnet, d->account, p->stack, metadata(d, user_data));
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
	for (const char *const *s = callers(d); *s; s++)
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

static bool target_vm_spell(struct design *d, struct err *e)
{
	const struct workload *w = d->workload;
	struct plan *p = d->plan;
	/* Where nothing stands before MLflow on the machine, who comes asks it itself. */
	if (!strcmp(w->front, w->containers[0]->name))
		container_set(w->containers[0], "SERVER_ADDRESS", "0.0.0.0");
	add_network(d);
	if (w->ingress == INGRESS_INTERNAL)
		add_firewall(d, "tunnel", workload_find(w, w->front)->port);
	may_pull(d, "pull", p->stack, "repository");
	char *quay = name_of(p->stack, "quay"), *zone = zone_of(d->answers);
	may_pull(d, "pull-quay", quay, "repository/quay");
	cJSON *data = user_data(d, e);
	if (data) {
		/* The machine migrates when it boots, before the new server starts. */
		const char *stop = upgrade_stop(
		    d, "compute.instanceStop", p->stack,
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
		d->front = (struct front){.id = xstrdup("machine")};
		if (w->ingress == INGRESS_INTERNAL) {
			part_api(p, "iap");
			d->front.invoked = xstrdup("machine");
			d->front.invoke = (struct gate){
			    "tunnel", "roles/iap.tunnelResourceAccessor",
			    xasprintf("projects/%s/iap_tunnel/zones/%s/instances/%s", p->number, zone, p->stack), NULL};
		}
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
    {"shared/requirements.txt.mustache", "requirements.txt", ESCAPE_LINE, 0644, true},
    {"shared/constraints.txt.mustache", "constraints.txt", ESCAPE_LINE, 0644, true},
    {"shared/start.sh.mustache", "start.sh", ESCAPE_SHELL, 0755, true},
    {"shared/migrate.sh.mustache", "migrate.sh", ESCAPE_SHELL, 0755, true},
    {"shared/gc.sh.mustache", "gc.sh", ESCAPE_SHELL, 0755, true},
    {"shared/login.py.mustache", "login.py", ESCAPE_LINE, 0644, true},
    {"shared/login.txt.mustache", "login.txt", ESCAPE_LINE, 0644, true},
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
