/* Containers as if run: goes through what stops a real instance, in the order in which Cloud Run would meet it, and reports it as Cloud Run
 * does: images and secrets before the start, then each container after those it depends on, its probe, and the instance's memory. */
#include "config.h"
#include "sim/front/judge.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/compute.h"
#include "sim/api/network.h"
#include "sim/api/serving.h"
#include "sim/front/start.h"

#include <stdlib.h>
#include <string.h>

#define MORE "Logs for this revision might contain more information."
#define SYSTEM "run.googleapis.com/varlog/system"

struct bench {
	struct sim *sim;
	const char *project, *region;
	const cJSON *template;
	bool job;
	struct run_verdict *v;
	struct mlflow_place place;
	char *network;
	int ports[16], listening; /* what the containers that run listen on */
};

static void log_line(struct run_verdict *v, const char *log, const char *severity, const char *text)
{
	cJSON_AddItemToArray(v->log, json_make("{'log':%s,'severity':%s,'text':%s}", log, severity, text));
}

static void log_text(struct run_verdict *v, const char *text)
{
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n");
		const char *line = sim_tmp("%.*s", (int)len, p);
		log_line(v, "run.googleapis.com/stderr", strstr(line, "rror") || strstr(line, "ERROR") ? "ERROR" : "DEFAULT",
			 line);
		p += len + (p[len] == '\n');
	}
}

static bool refuse(struct bench *b, const char *reason, const char *revision_reason, double seconds, char *message)
{
	b->v->reason = reason;
	b->v->revision_reason = revision_reason;
	b->v->message = message;
	b->v->seconds = seconds;
	b->v->status = "FAILED_PRECONDITION";
	return false;
}

/* The VPC that the template asks for. ------------------------------------------------------------------------------------- */
static const char *short_name(const char *link)
{
	const char *slash = strrchr(link, '/');
	return slash ? slash + 1 : link;
}

static bool connector_there(struct bench *b)
{
	const char *name = json_str(b->template, "vpcAccess.connector", "");
	const char *full = strchr(name, '/') ? name
					     : sim_tmp("projects/%s/locations/%s/connectors/%s", b->project, b->region, name);
	/* A connector serves its own region. */
	bool here = strstr(full, sim_tmp("/locations/%s/", b->region)) != NULL;
	const struct sim_object *o = *name && here ? network_connector(b->sim, full) : NULL;
	if (*name && !o)
		return refuse(
		    b, "VPC_NETWORK_NOT_FOUND", NULL, 1,
		    xasprintf("VPC connector %s does not exist, or Cloud Run does not have permission to use it.", full));
	if (o)
		b->place.network = b->network = xstrdup(json_str(o->hidden, "network", ""));
	return true;
}

/* A network or a subnet, by its short name in the service's own project, or by its whole path. */
static const char *path_in(const struct bench *b, const char *given, const char *scope, const char *plural)
{
	const char *path = strchr(given, '/') ? compute_path(b->sim, b->project, given) : NULL;
	return path ? path : sim_tmp("projects/%s/%s%s/%s", b->project, scope, plural, short_name(given));
}

static bool network_refused(struct bench *b, char *why)
{
	return refuse(b, "VPC_NETWORK_NOT_FOUND", NULL, 1, why);
}

/* Who may use a subnet by its own policy sees the network that it is of by the project's alone. */
static bool may_see_network(const struct bench *b, const char *agent, const char *subnet)
{
	const char *owner = sim_tmp("%.*s", (int)strcspn(subnet + 9, "/"), subnet + 9);
	return !strcmp(owner, b->project) || sim_allowed(b->sim, agent, "compute.networks.get", owner, NULL);
}

/* Cloud Run's direct egress: the subnet is in the service's region, of a /26 at least; one of a host project is open to Cloud Run's agent, and so is the
 * network. */
static bool subnet_serves(struct bench *b, const struct sim_object *s, const char *key)
{
	struct ip4_range r;
	const char *agent = sim_tmp("serviceAccount:service-%s@serverless-robot-prod.iam.gserviceaccount.com",
				    sim_project_number(b->sim, b->project));
	if (!compute_may_use(b->sim, b->project, agent, s))
		return network_refused(
		    b, xasprintf("Cloud Run Service Agent %s does not have permission compute.subnetworks.use on "
				 "VPC subnetwork %s.",
				 agent + strlen("serviceAccount:"), s->key));
	if (!may_see_network(b, agent, s->key))
		return network_refused(b,
				       xasprintf("Cloud Run Service Agent %s does not have permission compute.networks.get on "
						 "VPC network %s.",
						 agent + strlen("serviceAccount:"), key));
	if (ip4_range_parse(json_str(s->doc, "ipCidrRange", ""), &r) && r.bits > 26)
		return network_refused(
		    b, xasprintf("VPC subnetwork %s is too small: Direct VPC egress needs a subnet mask of /26 or "
				 "larger.",
				 s->key));
	const struct sim_object *n = compute_find(b->sim, json_str(s->doc, "network", ""));
	return (n && !strcmp(n->key, key)) ||
	       network_refused(b, xasprintf("VPC subnetwork %s does not belong to network %s.", s->key, key));
}

static bool network_there(struct bench *b)
{
	const cJSON *nic = json_at(b->template, "vpcAccess.networkInterfaces.0");
	const char *network = json_str(nic, "network", ""), *subnet = json_str(nic, "subnetwork", "");
	if (!nic)
		return true;
	const char *subnet_key = path_in(b, *subnet ? subnet : short_name(network), sim_tmp("regions/%s/", b->region),
					 "subnetworks");
	const struct sim_object *s = sim_get(b->sim, "compute.subnetworks", subnet_key);
	if (!*network && s)
		network = json_str(s->doc, "network", "");
	const char *key = path_in(b, *network ? network : "default", "global/", "networks");
	if (!sim_get(b->sim, "compute.networks", key))
		return network_refused(b, xasprintf("VPC network %s was not found.", key));
	if (!s || !strstr(s->key, sim_tmp("/regions/%s/", b->region)))
		return network_refused(b, xasprintf("VPC subnetwork %s was not found.", subnet_key));
	if (!subnet_serves(b, s, key))
		return false;
	b->place.network = b->network = xstrdup(key);
	return true;
}

/* A Cloud SQL volume that a container mounts. */
static const char *connector(const cJSON *template, const cJSON *spec)
{
	const cJSON *mounts = json_at(spec, "volumeMounts"), *volumes = json_at(template, "volumes");
	for (const cJSON *m = mounts ? mounts->child : NULL; m; m = m->next)
		for (const cJSON *v = volumes ? volumes->child : NULL; v; v = v->next)
			if (!strcmp(json_str(v, "name", ""), json_str(m, "name", "")) && json_at(v, "cloudSqlInstance"))
				return json_str(v, "cloudSqlInstance.instances.0", NULL);
	return NULL;
}

/* Verdicts. ---------------------------------------------------------------------------------------------------------------- */
static const char *logs_url(const struct bench *b)
{
	const char *name = strrchr(json_str(b->template, "name", "/"), '/') + 1;
	return sim_tmp("https://console.cloud.google.com/logs/viewer?project=%s&resource=cloud_run_revision/service_name/%s/"
		       "revision_name/%s&advancedFilter="
		       "resource.type%%3D%%22cloud_run_revision%%22%%0Aresource.labels.service_name%%3D%%22%s%%22%%0Aresource."
		       "labels.revision_name%%3D%%22%s%%22",
		       b->project, json_str(b->template, "service", ""), name, json_str(b->template, "service", ""), name);
}

static double window(const cJSON *probe)
{
	return json_num(probe, "initialDelaySeconds", 0) +
	       json_num(probe, "periodSeconds", 10) * json_num(probe, "failureThreshold", 3);
}

static const char *probe_words(const cJSON *probe)
{
	if (json_at(probe, "httpGet"))
		return sim_tmp("HTTP probe|on port %d path \"%s\"", (int)json_num(probe, "httpGet.port", 0),
			       json_str(probe, "httpGet.path", "/"));
	return sim_tmp("TCP probe|on port %d", (int)json_num(probe, "tcpSocket.port", json_num(probe, "grpc.port", 0)));
}

static int probe_port(const cJSON *probe)
{
	return (int)json_num(probe, "httpGet.port", json_num(probe, "tcpSocket.port", json_num(probe, "grpc.port", 0)));
}

static void log_probe(struct bench *b, const struct container *k, const cJSON *probe, bool passed, bool usual)
{
	const char *words = probe_words(probe), *bar = strchr(words, '|');
	const char *text = sim_tmp(
	    "%sSTARTUP %.*s %s for container \"%s\" %s.", usual ? "Default " : "", (int)(bar - words), words,
	    passed ? "succeeded after 1 attempt"
		   : sim_tmp("failed %d time(s) consecutively", (int)json_num(probe, "failureThreshold", 3)),
	    *k->name ? k->name : "app-1", bar + 1);
	log_line(b->v, SYSTEM, passed ? "INFO" : "ERROR", text);
}

static bool container_failed(struct bench *b, const struct container *k, const struct start *r, const cJSON *probe, bool usual)
{
	double late = r->said ? r->seconds : window(probe);
	if (r->said && r->seconds < window(probe)) {
		late = r->seconds;
		log_line(b->v, SYSTEM, "WARNING", sim_tmp("Container called exit(%d).", r->exit_code));
	} else if (probe) {
		late = window(probe);
	}
	if (probe)
		log_probe(b, k, probe, false, usual);
	if (r->said)
		b->v->exit_code = r->exit_code;
	if (b->job) {
		return refuse(b, NULL, NULL, late, xstrdup("The container exited with an error."));
	}
	if (k->ingress && usual)
		return refuse(b, NULL, "HEALTH_CHECK_CONTAINER_ERROR", late,
			      xasprintf("The user-provided container failed to start and listen on the port defined provided "
					"by the PORT=%s environment "
					"variable within the allocated timeout. This can happen when the container port is "
					"misconfigured or if the timeout is "
					"too short. The health check timeout can be extended. " MORE
					"\n\nLogs URL: %s \nFor more troubleshooting guidance, see "
					"https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start",
					container_env(k, "PORT", "8080"), logs_url(b)));
	return refuse(b, NULL, "HEALTH_CHECK_CONTAINER_ERROR", late,
		      xasprintf("The user-provided container failed the configured startup probe checks. " MORE
				"\n\nLogs URL: %s",
				logs_url(b)));
}

static void log_memory(struct bench *b, const struct start *r, double limit)
{
	if (r->memory > limit)
		log_line(
		    b->v, SYSTEM, "ERROR",
		    sim_tmp("Memory limit of %.0f MiB exceeded with %d MiB used. Consider increasing the memory limit, see "
			    "https://cloud.google.com/run/docs/configuring/memory-limits",
			    limit, r->memory));
}

/* The usual probe is the one that Google fills in when none was sent. */
static bool is_usual(const cJSON *probe)
{
	return json_num(probe, "periodSeconds", 0) == 240 && json_num(probe, "timeoutSeconds", 0) == 240 &&
	       json_at(probe, "tcpSocket");
}

/* The containers of an instance have one network: a port is the first's who listens there. */
static void share_ports(struct bench *b, struct start *r)
{
	for (int i = 0; i < b->listening; i++)
		if (r->port && b->ports[i] == r->port)
			start_refused_port(r);
	if (!r->said && r->port && b->listening < 16)
		b->ports[b->listening++] = r->port;
}

static bool start_one(struct bench *b, const struct container *k)
{
	struct start r;
	double limit = start_mebibytes(json_str(k->spec, "resources.limits.memory", "512Mi"));
	b->place.connector = connector(b->template, k->spec);
	start_container(b->sim, k, &b->place, limit, &r);
	share_ports(b, &r);
	log_text(b->v, r.wrote ? r.wrote : "");
	log_text(b->v, r.said ? r.said : "");
	log_memory(b, &r, limit);
	const cJSON *probe = json_at(k->spec, "startupProbe");
	bool usual = is_usual(probe), well = !r.said;
	if (well && probe) {
		int port = probe_port(probe);
		well = r.port == port && !r.loopback && start_answers(k, json_str(probe, "httpGet.path", NULL)) &&
		       r.seconds <= window(probe);
	}
	int wanted = (int)json_num(k->spec, "ports.0.containerPort", 0);
	if (well && k->ingress && wanted && (r.port != wanted || r.loopback))
		well = false;
	if (well && probe)
		log_probe(b, k, probe, true, usual);
	if (well)
		b->v->seconds += r.seconds;
	else
		container_failed(b, k, &r, probe, usual || (k->ingress && !probe));
	start_free(&r);
	return well;
}

/* Containers start after those that they depend on. */
static bool is_after(const cJSON *spec, const bool *done, const cJSON *all)
{
	const cJSON *names = json_at(spec, "dependsOn");
	for (const cJSON *n = names ? names->child : NULL; n; n = n->next) {
		int i = 0;
		for (const cJSON *k = all->child; k; k = k->next, i++)
			if (!strcmp(json_str(k, "name", ""), n->valuestring) && !done[i])
				return false;
	}
	return true;
}

static void start_all(struct bench *b, struct container *made, int count)
{
	const cJSON *all = json_at(b->template, "containers");
	bool done[16] = {false};
	for (int round = 0; round < count; round++)
		for (int i = 0; i < count; i++)
			if (!done[i] && is_after(made[i].spec, done, all)) {
				if (!start_one(b, &made[i]))
					return;
				done[i] = true;
			}
}

void judge(struct sim *s, const char *project, const char *region, const cJSON *template, bool job, struct run_verdict *v)
{
	*v = (struct run_verdict){.log = cJSON_CreateArray(), .status = "FAILED_PRECONDITION"};
	struct bench b = {.sim = s, .project = project, .region = region, .template = template, .job = job, .v = v};
	char *principal = xasprintf("serviceAccount:%s", json_str(template, "serviceAccount", ""));
	b.place.principal = principal;
	struct container made[16] = {{0}};
	int count = 0;
	const cJSON *all = json_at(template, "containers");
	bool well = true;
	for (const cJSON *k = all ? all->child : NULL; k && well && count < 16; k = k->next) {
		struct container_fault fault = {0};
		well = container_make(s, project, template, k, job, &made[count], &fault);
		if (well)
			count += 1 + (count + 1 < 16 && container_split(&made[count], &made[count + 1]));
		else
			refuse(&b, fault.reason, NULL, 1, fault.message);
	}
	if (well && network_there(&b) && connector_there(&b))
		start_all(&b, made, count);
	if (v->message && job && !v->exit_code)
		v->exit_code = 1;
	for (int i = 0; i < count; i++)
		container_free(&made[i]);
	free(b.network);
	free(principal);
}
