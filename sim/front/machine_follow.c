/* A virtual machine's metadata, followed as its image would: the container declaration of Container-Optimized OS, cloud-init's files, units and commands,
 * and the startup script, in which `docker run` and the programs that we know are what counts. */
#include "config.h"
#include "sim/front/machine_inside.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/yaml.h"
#include "sim/api/compute.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

/* cloud-init. --------------------------------------------------------------------------------------------------------------- */
static void write_files(struct machine *m, const cJSON *list)
{
	for (const cJSON *f = list ? list->child : NULL; f; f = f->next) {
		const char *content = json_str(f, "content", ""), *encoding = json_str(f, "encoding", "");
		char *plain = NULL;
		if (strstr(encoding, "b64") || strstr(encoding, "base64")) {
			plain = xcalloc(1, strlen(content) + 1);
			plain[sim_unbase64(content, plain, strlen(content))] = '\0';
		}
		machine_put(m->files, json_str(f, "path", ""), plain ? plain : content);
		free(plain);
	}
}

static void run_list(struct machine *m, const cJSON *list)
{
	for (const cJSON *c = list ? list->child : NULL; c; c = c->next) {
		if (cJSON_IsString(c))
			machine_script(m, c->valuestring);
		else if (cJSON_IsArray(c))
			free(machine_commands(m, c));
	}
}

static void cloud_config(struct machine *m, const char *text)
{
	int line = 0;
	cJSON *config = yaml_parse(text, &line);
	if (!config) {
		machine_say(m, "Failed loading yaml blob. Invalid format at line %d", line);
		return;
	}
	run_list(m, json_at(config, "bootcmd"));
	write_files(m, json_at(config, "write_files"));
	const cJSON *packages = json_at(config, "packages");
	if (packages && !m->cos)
		machine_packages(m, packages);
	run_list(m, json_at(config, "runcmd"));
	cJSON_Delete(config);
}

static void user_data(struct machine *m, const char *text)
{
	m->who = "cloud-init";
	if (text_starts(text, "#cloud-config"))
		cloud_config(m, text);
	else if (text_starts(text, "#!"))
		machine_script(m, text);
}

/* The declaration that the container start-up agent follows; it pulls as the machine's account, on the machine's own network. */
static void declaration(struct machine *m, const char *text)
{
	int line = 0;
	cJSON *d = yaml_parse(text, &line);
	m->who = "konlet-startup";
	if (!d)
		machine_say(m, "Error: Failed to parse container declaration: yaml: line %d", line);
	const cJSON *list = json_at(d, "spec.containers");
	for (const cJSON *k = list ? list->child : NULL; k; k = k->next) {
		cJSON *spec = machine_spec(m);
		static const char *const kept[] = {"name", "image", "command", "args", "env"};
		for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
			if (json_at(k, kept[i]))
				json_put(spec, kept[i], cJSON_Duplicate(json_at(k, kept[i]), true));
		const char *policy = json_str(d, "spec.restartPolicy", "Always");
		json_put_str(spec, "restart",
			     !strcmp(policy, "Never")       ? "no"
			     : !strcmp(policy, "OnFailure") ? "on-failure"
							    : "always");
		json_put_str(spec, "network", "host");
		machine_keep(m, spec);
	}
	if (list)
		cJSON_AddItemToArray(m->open, cJSON_CreateString("*")); /* the agent opens the firewall */
	cJSON_Delete(d);
}

static bool scope_of(const struct sim_object *vm, const char *wanted)
{
	const cJSON *scope;
	cJSON_ArrayForEach(scope, json_at(vm->doc, "serviceAccounts.0.scopes"))
		if (strstr(scope->valuestring, "/cloud-platform") || strstr(scope->valuestring, wanted))
			return true;
	return false;
}

static void survey(struct machine *m)
{
	const struct sim_object *vm = m->vm,
				*subnet = compute_find(m->sim, json_str(vm->doc, "networkInterfaces.0.subnetwork", ""));
	const struct sim_object *disk = compute_find(m->sim, json_str(vm->doc, "disks.0.source", ""));
	const char *email = json_str(vm->doc, "serviceAccounts.0.email", "");
	m->project = sim_tmp("%.*s", (int)strcspn(vm->key + 9, "/"), vm->key + 9);
	if (!strcmp(email, "default"))
		email = sim_tmp("%s-compute@developer.gserviceaccount.com", sim_project_number(m->sim, m->project));
	m->principal = *email ? sim_tmp("serviceAccount:%s", email) : "";
	m->cos = disk && strstr(json_str(disk->doc, "sourceImage", ""), "/cos-cloud/");
	m->docker = m->cos;
	m->all_scopes = scope_of(vm, "/cloud-platform");
	m->internet = json_at(vm->doc, "networkInterfaces.0.accessConfigs.0") ||
		      compute_way_out(m->sim, json_str(vm->doc, "networkInterfaces.0.network", ""),
				      json_str(vm->doc, "networkInterfaces.0.subnetwork", ""));
	m->google = m->internet || (subnet && json_bool(subnet->doc, "privateIpGoogleAccess", false));
}

void machine_follow(struct machine *m, struct sim *s, const struct sim_object *vm, struct sim_object *told, struct buf *serial)
{
	*m = (struct machine){.sim = s,
			      .vm = vm,
			      .told = told,
			      .serial = serial,
			      .env = cJSON_CreateObject(),
			      .files = cJSON_CreateObject(),
			      .containers = cJSON_CreateArray(),
			      .open = cJSON_CreateArray(),
			      .facts = cJSON_CreateObject(),
			      .started = cJSON_CreateObject()};
	survey(m);
	const char *declared = machine_metadata(vm, "gce-container-declaration"), *data = machine_metadata(vm, "user-data"),
		   *startup = machine_metadata(vm, "startup-script");
	if (declared && m->cos)
		declaration(m, declared);
	if (data)
		user_data(m, data);
	m->who = "startup-script";
	if (startup)
		machine_script(m, startup);
}

void machine_forget(struct machine *m)
{
	cJSON_Delete(m->env);
	cJSON_Delete(m->files);
	cJSON_Delete(m->facts);
	cJSON_Delete(m->started);
}

cJSON *machine_template(struct sim *s, const struct sim_object *vm, struct sim_object *told, struct buf *serial)
{
	struct machine m;
	machine_follow(&m, s, vm, told, serial);
	if (!m.cos) /* other images' firewalls let everything in */
		cJSON_AddItemToArray(m.open, cJSON_CreateString("*"));
	const char *network = json_str(vm->doc, "networkInterfaces.0.network", "");
	const char *path = strstr(network, "projects/");
	cJSON *template = json_make("{'platform':'machine','principal':%s,'puller':%s,'network':%s,'reaches':{'google':%b,'"
				    "internet':%b},'open':%j,'containers':%j}",
				    m.all_scopes ? m.principal : "",
				    scope_of(vm, "/devstorage.") || m.all_scopes ? m.principal : "", path ? path : "", m.google,
				    m.internet, m.open, m.containers);
	machine_forget(&m);
	return template;
}
