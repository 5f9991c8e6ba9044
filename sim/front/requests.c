/* What Google's front ends write down of a request, and the lines of the container that answered it: Cloud Run's "requests", App Engine's "nginx.request", a
 * load balancer's where its backend service asks for it. The one way that these entries come about, whoever asked. */
#include "config.h"
#include "sim/front/requests.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/appengine.h"
#include "sim/api/compute.h"
#include "sim/api/run.h"

#include <string.h>

/* Of what a server behind the simulated one answers (--behind) nothing is known here, and nothing written. */
static bool is_answered(const struct sim_reply *out)
{
	return !out->through && out->status > 0 && out->mischief.how != SIM_BAD_TLS;
}

static cJSON *described(const struct visit *v, const struct sim_reply *out, const char *url)
{
	const char *agent = visit_header(v, "User-Agent"), *referer = visit_header(v, "Referer");
	cJSON *http = json_make("{'requestMethod':%s,'requestUrl':%s,'requestSize':%s,'status':%d,'responseSize':%s,'remoteIp':"
				"%s,'protocol':'HTTP/1.1','latency':'0.012s'}",
				v->q->method, url, sim_tmp("%zu", v->q->body_len), out->status, sim_tmp("%zu", out->body.len),
				VISIT_ADDRESS);
	if (agent)
		json_put_str(http, "userAgent", agent);
	if (referer)
		json_put_str(http, "referer", referer);
	return http;
}

static const char *severity_of(int status)
{
	return status >= 500 ? "ERROR" : status >= 400 ? "WARNING" : "INFO";
}

static const char *whole_url(const struct visit *v)
{
	return sim_tmp("https://%s%s", v->q->host, v->q->target);
}

void request_of_service(const struct visit *v, const struct sim_object *service, const struct sim_object *revision,
			const struct sim_reply *out)
{
	const char *name = strrchr(service->key, '/') + 1, *project = run_project(service->key);
	if (is_answered(out))
		sim_log_fields(
		    v->sim, project, "cloud_run_revision",
		    json_make("{'project_id':%s,'location':%s,'service_name':%s,'configuration_name':%s,'revision_name':%s}",
			      project, run_region(service->key), name, name, revision ? strrchr(revision->key, '/') + 1 : ""),
		    "run.googleapis.com/requests", severity_of(out->status),
		    json_make("{'httpRequest':%j}", described(v, out, whole_url(v))));
}

void request_of_version(const struct visit *v, const struct sim_object *app, const char *service,
			const struct sim_object *version, const struct sim_reply *out)
{
	const char *project = json_str(app->doc, "id", "");
	if (is_answered(out)) /* nginx stands on the machine, and knows no host */
		sim_log_fields(v->sim, project, "gae_app",
			       json_make("{'project_id':%s,'module_id':%s,'version_id':%s,'zone':''}", project, service,
					 strrchr(version->key, '/') + 1),
			       "appengine.googleapis.com/nginx.request", "INFO",
			       json_make("{'httpRequest':%j}", described(v, out, v->q->target)));
}

void request_of_balancer(const struct visit *v, const struct balancer *b, bool backend, const struct sim_reply *out)
{
	if (!json_bool(b->backend->doc, "logConfig.enable", false) || !is_answered(out))
		return;
	/* Only what may be written draws: the choices of everything else are not to depend on it. */
	double rate = json_num(b->backend->doc, "logConfig.sampleRate", 1);
	if (rate < 1 && (rate <= 0 || (double)(sim_random(v->sim) % 1000) >= 1000 * rate))
		return;
	cJSON *labels = json_make("{'project_id':%s,'backend_service_name':%s,'forwarding_rule_name':%s,'target_proxy_name':%s,"
				  "'url_map_name':%s,'zone':'global'}",
				  b->project, json_str(b->backend->doc, "name", ""), json_str(b->rule->doc, "name", ""),
				  json_str(b->proxy->doc, "name", ""),
				  strrchr(json_str(b->proxy->doc, "urlMap", "/"), '/') + 1);
	sim_log_fields(v->sim, b->project, "http_load_balancer", labels, "requests", severity_of(out->status),
		       json_make("{'httpRequest':%j,'jsonPayload':{'@type':'type.googleapis.com/"
				 "google.cloud.loadbalancing.type.LoadBalancerLogEntry',"
				 "'statusDetails':%s}}",
				 described(v, out, whole_url(v)),
				 backend ? "response_sent_by_backend" : "handled_by_identity_aware_proxy"));
}

void request_written_by_service(struct visit *v, const struct sim_object *revision)
{
	const char *project = run_project(revision->key), *service = json_str(revision->doc, "service", "");
	visit_writes(v, project, "cloud_run_revision",
		     json_make("{'project_id':%s,'location':%s,'service_name':%s,'configuration_name':%s,'revision_name':%s}",
			       project, run_region(revision->key), service, service, strrchr(revision->key, '/') + 1),
		     "run.googleapis.com/stdout", false);
}

void request_written_by_version(struct visit *v, const struct sim_object *app, const char *service,
				const struct sim_object *version)
{
	const char *project = json_str(app->doc, "id", "");
	visit_writes(
	    v, project, "gae_app",
	    json_make("{'project_id':%s,'module_id':%s,'version_id':%s}", project, service, strrchr(version->key, '/') + 1),
	    "appengine.googleapis.com/stdout", false);
}
