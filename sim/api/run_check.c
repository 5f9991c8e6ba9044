/* The rules that Cloud Run holds a template to before it takes it. Field names in messages follow the API that was
 * asked: v2's, or spec.template.spec... on the Knative paths. */
#include "config.h"
#include "sim/api/run.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

static void fail_field(struct sim_call *c, const char *field, const char *why)
{
	cJSON *details = json_make(
	    "[{'@type':'type.googleapis.com/google.rpc.BadRequest','fieldViolations':[{'field':%s,'description':%s}]}]", field,
	    why);
	sim_fail_with(c, 0, "INVALID_ARGUMENT", NULL, details, "%s: %s", field, why);
}

static void refuse(struct sim_call *c, const char *field, const char *why)
{
	if (text_starts(c->path, "/apis/"))
		field = text_starts(field, "template.template") ? sim_tmp("spec.template.spec.template.spec%s", field + 17)
			: text_starts(field, "template")        ? sim_tmp("spec.template.spec%s", field + 8)
								: field;
	fail_field(c, field, why);
}

/* What is held against the messages themselves: what must be there, and how it is written. Knative's paths have no such words. */
static void violate(struct sim_call *c, const char *field, const char *why)
{
	if (text_starts(c->path, "/apis/")) {
		refuse(c, field, why);
		return;
	}
	bool job = strstr(c->path, "/jobs") != NULL;
	fail_field(c,
		   sim_tmp("Violation in %s%sRequest.%s.%s", strcmp(c->method, "POST") ? "Update" : "Create",
			   job ? "Job" : "Service", job ? "job" : "service", field),
		   why);
}

/* Is the text at name there? */
static bool required(struct sim_call *c, const cJSON *object, const char *name, const char *at, const char *field)
{
	if (*json_str(object, name, ""))
		return true;
	violate(c, sim_tmp("%s.%s", at, field), "required field not present.");
	return false;
}

bool run_check_permission(struct sim_call *c, const char *permission)
{
	const char *holder = sim_tmp("//cloudresourcemanager.googleapis.com/projects/%s", c->project);
	bool yes = sim_allowed(c->sim, c->principal, permission, c->project, holder);
	if (!yes)
		sim_fail_with(c, 403, "PERMISSION_DENIED", NULL,
			      json_make("[{'@type':'type.googleapis.com/"
					"google.rpc.ErrorInfo','reason':'IAM_PERMISSION_DENIED','domain':'run.googleapis.com',"
					"'metadata':{'permission':%s}}]",
					permission),
			      "Permission '%s' denied on resource '%s' (or resource may not exist).", permission,
			      strchr(c->path + 1, '/') + 1);
	return yes;
}

bool run_check_location(struct sim_call *c, const char *region)
{
	bool forbidden = text_ends(c->id, ".create") && sim_constraint(c->sim, c->project, "gcp.resourceLocations", region);
	if (sim_is_region(region) && !forbidden)
		return true;
	if (forbidden)
		sim_fail(c, "FAILED_PRECONDITION", NULL,
			 "%s violates constraint constraints/gcp.resourceLocations on the resource projects/%s.", region,
			 c->project);
	else
		sim_fail(c, "PERMISSION_DENIED", NULL, "Permission denied on 'locations/%s' (or it may not exist).", region);
	return false;
}

bool run_check_id(struct sim_call *c, const char *id, const char *field)
{
	size_t len = strlen(id);
	bool good = len > 0 && len < 50 && *id >= 'a' && *id <= 'z' && id[len - 1] != '-' &&
		    strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
	if (!good)
		refuse(c, field,
		       "must use only lowercase alphanumeric characters and dashes; must begin with a letter, cannot begin or "
		       "end with a "
		       "dash, and must be less than 50 characters");
	return good;
}

bool run_check_labels(struct sim_call *c, const cJSON *resource, const char *where)
{
	static const char *const reserved[] = {"run.googleapis.com/", "cloud.googleapis.com/", "serving.knative.dev/",
					       "autoscaling.knative.dev/"};
	static const char *const maps[] = {"labels", "annotations"};
	if (text_starts(c->path, "/apis/"))
		return true;
	for (int m = 0; m < 2; m++) {
		const cJSON *map = json_at(resource, maps[m]);
		for (const cJSON *l = map ? map->child : NULL; l; l = l->next)
			for (size_t r = 0; r < sizeof(reserved) / sizeof(*reserved); r++)
				if (text_starts(l->string, reserved[r])) {
					refuse(c, sim_tmp("%s%s%s", where, *where ? "." : "", maps[m]),
					       sim_tmp("System %s '%s' may not be set: it has a corresponding field in v2",
						       maps[m], l->string));
					return false;
				}
	}
	return true;
}

bool run_check_account(struct sim_call *c, const cJSON *template)
{
	const char *email = json_str(template, "serviceAccount", "");
	if (!*email)
		return true;
	if (!strchr(email, '@')) {
		refuse(c, "template.service_account", "must be an e-mail address of a service account");
		return false;
	}
	if (sim_account_exists(c->sim, email, true) && sim_may_act_as(c, email))
		return true;
	sim_fail(c, "PERMISSION_DENIED", NULL,
		 "Permission 'iam.serviceaccounts.actAs' denied on service account %s (or it may not exist).", email);
	return false;
}

/* Quantities: "512Mi" in MiB, "1000m" in CPUs. */
static double mebibytes(const char *text)
{
	char *end;
	double n = strtod(text, &end);
	static const struct {
		const char *unit;
		double mib;
	} units[] = {{"Mi", 1},
		     {"Gi", 1024},
		     {"Ki", 1.0 / 1024},
		     {"M", 1e6 / 1048576},
		     {"G", 1e9 / 1048576},
		     {"k", 1e3 / 1048576},
		     {"", 1.0 / 1048576}};
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (end != text && !strcmp(end, units[i].unit))
			return n * units[i].mib;
	return -1;
}

double run_cpus(const char *text)
{
	char *end;
	double n = strtod(text, &end);
	return end == text ? -1 : !strcmp(end, "m") ? n / 1000 : *end ? -1 : n;
}

struct limits {
	double cpu, least, most; /* MiB */
};

static bool check_resources(struct sim_call *c, const cJSON *container, const char *at, const cJSON *template)
{
	static const struct limits table[] = {{0.5, 128, 512},  {1, 128, 4096},   {2, 128, 8192},
					      {4, 2048, 16384}, {6, 4096, 24576}, {8, 4096, 32768}};
	const cJSON *limits = json_at(container, "resources.limits");
	for (const cJSON *l = limits ? limits->child : NULL; l; l = l->next)
		if (strcmp(l->string, "cpu") && strcmp(l->string, "memory") && strcmp(l->string, "nvidia.com/gpu")) {
			refuse(c, sim_tmp("%s.resources.limits", at),
			       "only 'memory', 'cpu' and 'nvidia.com/gpu' are supported");
			return false;
		}
	const char *cpu_text = json_str(limits, "cpu", "1"), *memory_text = json_str(limits, "memory", NULL);
	double cpu = run_cpus(cpu_text), memory = memory_text ? mebibytes(memory_text) : -1;
	bool whole = cpu == 1 || cpu == 2 || cpu == 4 || cpu == 6 || cpu == 8;
	if (!whole && (cpu < 0.08 || cpu > 1))
		refuse(c, sim_tmp("%s.resources.limits.cpu", at),
		       "Invalid value specified for cpu. Must be equal to one of [.08-1], 1.0, 2.0, 4.0, 6.0, 8.0");
	else if (cpu < 1 && json_num(template, "maxInstanceRequestConcurrency", 1) > 1)
		refuse(c, "template.max_instance_request_concurrency", "must be 1 when cpu is less than 1");
	else if (memory_text && memory < 0)
		refuse(c, sim_tmp("%s.resources.limits.memory", at),
		       sim_tmp("Invalid value specified for memory: '%s'", memory_text));
	else
		whole = true;
	if (c->reply->status >= 400)
		return false;
	const struct limits *l = table;
	while (l->cpu < cpu && l < table + 5)
		l++;
	if (memory_text && (memory < l->least || memory > l->most)) {
		refuse(c, sim_tmp("%s.resources.limits.memory", at),
		       sim_tmp("Invalid value specified for container memory. For %s CPU, memory must be between %gMi and %gMi "
			       "inclusive.",
			       cpu_text, l->least, l->most));
		return false;
	}
	return whole;
}

static bool check_probe(struct sim_call *c, const cJSON *probe, const char *at, bool startup)
{
	if (!probe)
		return true;
	int kinds = !!json_at(probe, "httpGet") + !!json_at(probe, "tcpSocket") + !!json_at(probe, "grpc");
	double period = json_num(probe, "periodSeconds", 10), timeout = json_num(probe, "timeoutSeconds", 1);
	double delay = json_num(probe, "initialDelaySeconds", 0), failures = json_num(probe, "failureThreshold", 3);
	double most = startup ? 240 : 3600;
	const cJSON *headers = json_at(probe, "httpGet.httpHeaders");
	int i = 0;
	for (const cJSON *h = headers ? headers->child : NULL; h; h = h->next)
		if (!required(c, h, "name", sim_tmp("%s.http_get.http_headers[%d]", at, i++), "name"))
			return false;
	if (kinds != 1)
		refuse(c, at, "exactly one of http_get, tcp_socket or grpc must be specified");
	else if (period < 1 || period > most)
		refuse(c, sim_tmp("%s.period_seconds", at), sim_tmp("must be between 1 and %g", most));
	else if (timeout < 1 || timeout > most)
		refuse(c, sim_tmp("%s.timeout_seconds", at), sim_tmp("must be between 1 and %g", most));
	else if (timeout > period)
		refuse(c, sim_tmp("%s.timeout_seconds", at), "must not be greater than period_seconds");
	else if (delay < 0 || delay > (startup ? 240 : 3600))
		refuse(c, sim_tmp("%s.initial_delay_seconds", at), sim_tmp("must be between 0 and %g", most));
	else if (failures < 1)
		refuse(c, sim_tmp("%s.failure_threshold", at), "must be at least 1");
	else if (startup && period * failures > 240)
		refuse(c, at, "failure_threshold * period_seconds must not be greater than 240");
	else
		return true;
	return false;
}

static bool check_image(struct sim_call *c, const cJSON *container, const char *at)
{
	const char *image = json_str(container, "image", ""), *slash = strchr(image, '/');
	size_t host = slash ? (size_t)(slash - image) : 0;
	const char *name = sim_tmp("%.*s", (int)host, image);
	bool named = strchr(name, '.') || strchr(name, ':');
	bool good = !named || !strcmp(name, "docker.io") || !strcmp(name, "index.docker.io") ||
		    !strcmp(name, "mirror.gcr.io") || !strcmp(name, "gcr.io") || text_ends(name, ".gcr.io") ||
		    text_ends(name, "docker.pkg.dev");
	bool path = !image[strcspn(image, " \t<>\"'{}$\\")];
	if (!*image)
		violate(c, sim_tmp("%s.image", at), "required field not present.");
	else if (!path)
		violate(c, sim_tmp("%s.image", at),
			"must be a container image path in the form [hostname/]repo-path[:tag and/or @digest]");
	else if (!good)
		refuse(c, sim_tmp("%s.image", at),
		       sim_tmp("Expected an image path like [host/]repo-path[:tag and/or @digest], where host is one of "
			       "[region.]gcr.io, "
			       "[region-]docker.pkg.dev or docker.io but obtained %s. To deploy container images from other "
			       "public or private "
			       "registries, set up an Artifact Registry remote repository. See "
			       "https://cloud.google.com/artifact-registry/docs/repositories/remote-repo.",
			       image));
	return *image && path && good;
}

/* PORT is only given to the container that requests come to: one beside it listens where its own says. */
static bool check_env(struct sim_call *c, const cJSON *template, const cJSON *container, const char *at, bool job)
{
	static const char *const own[] = {"K_SERVICE", "K_REVISION", "K_CONFIGURATION", "PORT"};
	bool beside = cJSON_GetArraySize(json_at(template, "containers")) > 1 && !json_at(container, "ports.0");
	const cJSON *env = json_at(container, "env");
	int i = 0;
	for (const cJSON *e = env ? env->child : NULL; e; e = e->next, i++) {
		const char *name = json_str(e, "name", ""), *field = sim_tmp("%s.env[%d].name", at, i);
		if (!required(c, e, "name", sim_tmp("%s.env[%d]", at, i), "name") ||
		    (json_at(e, "valueSource.secretKeyRef") &&
		     !required(c, e, "valueSource.secretKeyRef.secret",
			       sim_tmp("%s.env[%d].value_source.secret_key_ref", at, i), "secret")))
			return false;
		if (strchr(name, '=')) {
			refuse(c, field, "must be a non-empty name without '='");
			return false;
		}
		for (size_t r = 0; !job && r < (beside ? 3 : 4); r++)
			if (!strcmp(name, own[r])) {
				refuse(c, sim_tmp("%s.env", at),
				       sim_tmp("The following reserved env names were provided: %s. These values are "
					       "automatically set by the system.",
					       name));
				return false;
			}
		for (const cJSON *f = env->child; f != e; f = f->next)
			if (!strcmp(json_str(f, "name", ""), name)) {
				refuse(c, field, sim_tmp("Duplicate environment variable name '%s'", name));
				return false;
			}
		if (json_at(e, "value") && json_at(e, "valueSource")) {
			refuse(c, sim_tmp("%s.env[%d]", at, i), "only one of value and value_source may be set");
			return false;
		}
	}
	return true;
}

const cJSON *run_template_volume(const cJSON *template, const char *name)
{
	const cJSON *volumes = json_at(template, "volumes");
	for (const cJSON *v = volumes ? volumes->child : NULL; v; v = v->next)
		if (!strcmp(json_str(v, "name", ""), name))
			return v;
	return NULL;
}

static bool check_mounts(struct sim_call *c, const cJSON *template, const cJSON *container, const char *at, bool job)
{
	const cJSON *mounts = json_at(container, "volumeMounts");
	int i = 0;
	for (const cJSON *m = mounts ? mounts->child : NULL; m; m = m->next, i++) {
		const char *field = sim_tmp("%s.volume_mounts[%d]", at, i), *path = json_str(m, "mountPath", "");
		const cJSON *v = run_template_volume(template, json_str(m, "name", ""));
		if (!required(c, m, "name", field, "name"))
			return false;
		if (!v) {
			refuse(c, sim_tmp("%s.name", field),
			       sim_tmp("Volume with name '%s' not found", json_str(m, "name", "")));
			return false;
		}
		bool sql = json_at(v, "cloudSqlInstance") != NULL;
		if (!sql && !required(c, m, "mountPath", field, "mount_path"))
			return false;
		if (*path != '/' && !(sql && !*path)) {
			refuse(c, sim_tmp("%s.mount_path", field), "must be a valid absolute path");
			return false;
		}
		if (sql && !job && *path && strcmp(path, "/cloudsql")) { /* jobs were seen to take any */
			refuse(c, sim_tmp("%s.mount_path", field), "must be empty or /cloudsql for a Cloud SQL volume");
			return false;
		}
		if (json_at(v, "secret") && *json_str(m, "subPath", "")) {
			refuse(c, sim_tmp("%s.sub_path", field), "is not supported for secret volumes");
			return false;
		}
		for (const cJSON *o = mounts->child; o != m; o = o->next)
			if (!strcmp(json_str(o, "mountPath", ""), path)) {
				refuse(c, sim_tmp("%s.mount_path", field), sim_tmp("Duplicate mount path '%s'", path));
				return false;
			}
	}
	return true;
}

static bool check_volumes(struct sim_call *c, const cJSON *template, const char *where)
{
	const cJSON *volumes = json_at(template, "volumes");
	int i = 0;
	for (const cJSON *v = volumes ? volumes->child : NULL; v; v = v->next, i++) {
		const char *at = sim_tmp("%s.volumes[%d]", where, i);
		if (!required(c, v, "name", at, "name"))
			return false;
		if (run_template_volume(template, json_str(v, "name", "")) != v) {
			refuse(c, sim_tmp("%s.name", at), sim_tmp("Duplicate volume name '%s'", json_str(v, "name", "")));
			return false;
		}
		const cJSON *items = json_at(v, "secret.items");
		int n = 0;
		if (json_at(v, "secret") && !required(c, v, "secret.secret", sim_tmp("%s.secret", at), "secret"))
			return false;
		for (const cJSON *item = items ? items->child : NULL; item; item = item->next, n++)
			if (!required(c, item, "path", sim_tmp("%s.secret.items[%d]", at, n), "path") ||
			    !required(c, item, "version", sim_tmp("%s.secret.items[%d]", at, n), "version"))
				return false;
	}
	return true;
}

static const cJSON *container_named(const cJSON *template, const char *name)
{
	const cJSON *all = json_at(template, "containers");
	for (const cJSON *k = all ? all->child : NULL; k; k = k->next)
		if (!strcmp(json_str(k, "name", ""), name))
			return k;
	return NULL;
}

static bool depends_on_itself(const cJSON *template, const cJSON *from, const cJSON *on, int depth)
{
	const cJSON *names = json_at(on, "dependsOn");
	for (const cJSON *n = names ? names->child : NULL; n && depth < 20; n = n->next) {
		const cJSON *next = container_named(template, n->valuestring);
		if (next && (next == from || depends_on_itself(template, from, next, depth + 1)))
			return true;
	}
	return false;
}

static bool check_depends(struct sim_call *c, const cJSON *template, const cJSON *container, const char *at)
{
	const cJSON *names = json_at(container, "dependsOn");
	for (const cJSON *n = names ? names->child : NULL; n; n = n->next) {
		const cJSON *on = container_named(template, n->valuestring);
		const char *field = sim_tmp("%s.depends_on", at);
		if (!on)
			refuse(c, field, sim_tmp("container '%s' does not exist", n->valuestring));
		else if (!json_at(on, "startupProbe"))
			refuse(c, field,
			       sim_tmp("container '%s' must have a startup probe, because container '%s' depends on it",
				       n->valuestring, json_str(container, "name", "")));
		else if (depends_on_itself(template, container, container, 0))
			refuse(c, field, "containers depend on each other in a circle");
		else
			continue;
		return false;
	}
	return true;
}

static bool check_ports(struct sim_call *c, const cJSON *template, const char *where, bool job)
{
	const cJSON *all = json_at(template, "containers");
	int with = 0, count = cJSON_GetArraySize(all), i = 0;
	for (const cJSON *k = all->child; k; k = k->next, i++) {
		const cJSON *ports = json_at(k, "ports");
		with += cJSON_GetArraySize(ports) > 0;
		double port = json_num(ports, "0.containerPort", 8080);
		const char *name = json_str(ports, "0.name", "http1"), *at = sim_tmp("%s.containers[%d].ports", where, i);
		if (cJSON_GetArraySize(ports) > 1)
			violate(c, at, "ports should contain 0 or 1 port.");
		else if (port < 1 || port > 65535)
			refuse(c, sim_tmp("%s[0].container_port", at), "must be in the range 1-65535");
		else if (strcmp(name, "http1") && strcmp(name, "h2c"))
			refuse(c, sim_tmp("%s[0].name", at), "must be either 'http1' or 'h2c'");
		else if (count > 1 && !*json_str(k, "name", ""))
			refuse(c, sim_tmp("%s.containers[%d].name", where, i),
			       "is required when there is more than one container");
		else
			continue;
		return false;
	}
	if (!job && count > 1 && with != 1) {
		refuse(c, sim_tmp("%s.containers", where),
		       "Revision template should contain exactly one container with an exposed port.");
		return false;
	}
	return true;
}

static bool check_container(struct sim_call *c, const cJSON *template, const cJSON *k, const char *at, bool job)
{
	if (container_named(template, json_str(k, "name", "")) != k && *json_str(k, "name", "")) {
		refuse(c, sim_tmp("%s.name", at), sim_tmp("Duplicate container name '%s'", json_str(k, "name", "")));
		return false;
	}
	return check_image(c, k, at) && check_env(c, template, k, at, job) && check_resources(c, k, at, template) &&
	       check_mounts(c, template, k, at, job) &&
	       check_probe(c, json_at(k, "startupProbe"), sim_tmp("%s.startup_probe", at), true) &&
	       check_probe(c, json_at(k, "livenessProbe"), sim_tmp("%s.liveness_probe", at), false) &&
	       check_depends(c, template, k, at);
}

static bool check_scale(struct sim_call *c, const cJSON *template, const char *where, bool job)
{
	const cJSON *vpc = json_at(template, "vpcAccess");
	double low = json_num(template, "scaling.minInstanceCount", 0),
	       high = json_num(template, "scaling.maxInstanceCount", 1e9);
	double timeout = sim_seconds(json_str(template, "timeout", "300s"), -1),
	       at_once = json_num(template, "maxInstanceRequestConcurrency", 1);
	if (*json_str(vpc, "connector", "") && cJSON_GetArraySize(json_at(vpc, "networkInterfaces")))
		refuse(c, sim_tmp("%s.vpc_access", where), "connector and network_interfaces may not both be set");
	else if (cJSON_GetArraySize(json_at(vpc, "networkInterfaces")) > 1)
		refuse(c, sim_tmp("%s.vpc_access.network_interfaces", where), "only one network interface is supported");
	else if (high > 0 && low > high)
		violate(c, sim_tmp("%s.scaling.max_instance_count", where),
			"Must be greater or equal than min_instance_count.");
	else if (timeout < 0 || (!job && timeout > 3600))
		violate(c, sim_tmp("%s.timeout", where), "maximum allowed time is one hour.");
	else if (at_once < 0 || at_once > 1000)
		refuse(c, sim_tmp("%s.max_instance_request_concurrency", where), "must be between 1 and 1000.");
	else
		return true;
	return false;
}

/* With run.allowedVPCEgress everything must leave through a network, in one of the ways that are allowed. */
static bool check_egress(struct sim_call *c, const cJSON *template)
{
	const cJSON *vpc = json_at(template, "vpcAccess");
	bool all = !strcmp(json_str(vpc, "egress", ""), "ALL_TRAFFIC"),
	     in = *json_str(vpc, "connector", "") || json_at(vpc, "networkInterfaces");
	const char *word = !in ? "" : all ? "all-traffic" : "private-ranges-only";
	if (!sim_constraint(c->sim, c->project, "run.allowedVPCEgress", word))
		return true;
	sim_fail(c, "FAILED_PRECONDITION", NULL,
		 "Constraint constraints/run.allowedVPCEgress violated for projects/%s: %s%s%s.", c->project,
		 in ? "VPC egress " : "", in ? word : "a VPC network or connector is required", in ? " is not allowed" : "");
	return false;
}

/* The key that the revision's image is kept under. */
static bool check_key(struct sim_call *c, const char *key)
{
	const char *agent = sim_tmp("service-%s@serverless-robot-prod.iam.gserviceaccount.com",
				    sim_project_number(c->sim, c->project));
	if (!*key || (sim_kms_usable(c->sim, key, agent) && !strcmp(sim_kms_location(key), knative_region(c))))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL,
		 "Permission denied on Cloud KMS key %s: it must be in the region of the service, and the Cloud Run Service "
		 "Agent %s "
		 "must have the Cloud KMS CryptoKey Encrypter/Decrypter role on it.",
		 key, agent);
	return false;
}

bool run_check_template(struct sim_call *c, const cJSON *template, const char *where, bool job)
{
	const cJSON *all = json_at(template, "containers");
	if (cJSON_GetArraySize(all) == 0) {
		bool upper = job && !json_at(c->body, "template");
		violate(c,
			upper      ? "template"
			: template ? sim_tmp("%s.containers", where)
				   : where,
			"required field not present.");
		return false;
	}
	if (!check_volumes(c, template, where) || !check_ports(c, template, where, job) ||
	    !check_scale(c, template, where, job) || !check_egress(c, template))
		return false;
	if (!sim_cmek_ok(c, "run.googleapis.com",
			 job ? "google.cloud.run.v2.Jobs.CreateJob" : "google.cloud.run.v2.Services.CreateService",
			 json_str(template, "encryptionKey", "")) ||
	    !check_key(c, json_str(template, "encryptionKey", "")))
		return false;
	int i = 0;
	for (const cJSON *k = all->child; k; k = k->next, i++)
		if (!check_container(c, template, k, sim_tmp("%s.containers[%d]", where, i), job))
			return false;
	return true;
}
