/* What Cloud Run fills into a template. */
#include "config.h"
#include "sim/api/run.h"

#include "base/json.h"

#include <string.h>

static void set_missing(cJSON *doc, const char *path, cJSON *value)
{
	if (json_at(doc, path))
		cJSON_Delete(value);
	else
		json_put(doc, path, value);
}

static void probe_defaults(cJSON *probe, int port)
{
	if (!probe)
		return;
	set_missing(probe, "timeoutSeconds", cJSON_CreateNumber(1));
	set_missing(probe, "periodSeconds", cJSON_CreateNumber(10));
	set_missing(probe, "failureThreshold", cJSON_CreateNumber(3));
	static const char *const kinds[] = {"httpGet", "tcpSocket", "grpc"};
	for (int i = 0; i < 3; i++) {
		cJSON *kind = json_at(probe, kinds[i]);
		if (kind)
			set_missing(kind, "port", cJSON_CreateNumber(port));
		if (kind && !i)
			set_missing(kind, "path", cJSON_CreateString("/"));
	}
}

static void container_defaults(cJSON *k, bool job, bool only)
{
	bool sent = json_at(k, "resources") != NULL;
	bool ingress = !job && (only || cJSON_GetArraySize(json_at(k, "ports")));
	set_missing(k, "resources.limits.cpu", cJSON_CreateString("1000m"));
	set_missing(k, "resources.limits.memory", cJSON_CreateString(only || ingress ? "512Mi" : "256Mi"));
	if (!job && !sent)
		json_put_bool(k, "resources.cpuIdle", true);
	if (ingress) {
		set_missing(k, "ports", json_make("[{}]"));
		set_missing(json_at(k, "ports.0"), "name", cJSON_CreateString("http1"));
		set_missing(json_at(k, "ports.0"), "containerPort", cJSON_CreateNumber(8080));
		int port = (int)json_num(k, "ports.0.containerPort", 8080);
		set_missing(
		    k, "startupProbe",
		    json_make("{'timeoutSeconds':240,'periodSeconds':240,'failureThreshold':1,'tcpSocket':{'port':%d}}", port));
	}
	int port = (int)json_num(k, "ports.0.containerPort", 8080);
	probe_defaults(json_at(k, "startupProbe"), port);
	probe_defaults(json_at(k, "livenessProbe"), port);
	probe_defaults(json_at(k, "readinessProbe"), port);
}

/* Where the sockets of Cloud SQL are is Google's to say, whatever a job asks for. */
static void mount_sql(const cJSON *template, cJSON *container)
{
	cJSON *mounts = json_at(container, "volumeMounts");
	for (cJSON *m = mounts ? mounts->child : NULL; m; m = m->next)
		if (json_at(run_template_volume(template, json_str(m, "name", "")), "cloudSqlInstance"))
			json_put_str(m, "mountPath", "/cloudsql");
}

void run_defaults(struct sim *s, const char *project, cJSON *template, bool job)
{
	const char *number = sim_project_number(s, project);
	set_missing(template, "serviceAccount",
		    cJSON_CreateString(sim_tmp("%s-compute@developer.gserviceaccount.com", number)));
	cJSON *all = json_at(template, "containers");
	double cpu = run_cpus(json_str(all, "0.resources.limits.cpu", "1"));
	if (job) {
		set_missing(template, "maxRetries", cJSON_CreateNumber(3));
		set_missing(template, "timeout", cJSON_CreateString("600s"));
		set_missing(template, "executionEnvironment", cJSON_CreateString("EXECUTION_ENVIRONMENT_GEN2"));
	} else {
		set_missing(template, "timeout", cJSON_CreateString("300s"));
		if (json_num(template, "maxInstanceRequestConcurrency", 0) == 0)
			json_put_num(template, "maxInstanceRequestConcurrency", cpu < 1 ? 1 : 80);
		set_missing(template, "scaling.maxInstanceCount", cJSON_CreateNumber(100));
	}
	for (cJSON *k = all ? all->child : NULL; k; k = k->next)
		container_defaults(k, job, cJSON_GetArraySize(all) == 1);
	for (cJSON *k = all ? all->child : NULL; k; k = k->next)
		mount_sql(template, k);
}
