/* Several containers together: who reaches whom, and who answers at which port. */
#include "config.h"
#include "sim/front/workload.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/compute.h"
#include "sim/api/network.h"
#include "sim/api/serving.h"
#include "sim/front/gate.h"
#include "sim/front/mlflow_http.h"
#include "sim/front/walls.h"

#include <stdlib.h>
#include <string.h>

/* Making. ------------------------------------------------------------------------------------------------------------------ */
static const char *short_name(const char *link)
{
	return strrchr(link, '/') ? strrchr(link, '/') + 1 : link;
}

/* The VPC network that the instance is in, or NULL. */
static char *network_of(struct sim *s, const char *project, const char *region, const cJSON *template)
{
	const char *network = json_str(template, "vpcAccess.networkInterfaces.0.network", NULL);
	const char *subnet = json_str(template, "vpcAccess.networkInterfaces.0.subnetwork", NULL),
		   *whole = json_str(template, "network", "");
	const char *connector = json_str(template, "vpcAccess.connector", "");
	if (*whole)
		return xstrdup(whole);
	if (*connector) {
		const char *full = strchr(connector, '/')
				       ? connector
				       : sim_tmp("projects/%s/locations/%s/connectors/%s", project, region, connector);
		const struct sim_object *o = network_connector(s, full);
		return o ? xstrdup(json_str(o->hidden, "network", "")) : NULL;
	}
	if (!network && subnet) {
		const char *given = strchr(subnet, '/') ? compute_path(s, project, subnet) : NULL;
		const struct sim_object *o = sim_get(
		    s, "compute.subnetworks",
		    given ? given : sim_tmp("projects/%s/regions/%s/subnetworks/%s", project, region, subnet));
		network = o ? json_str(o->doc, "network", NULL) : NULL;
	}
	const char *path = network && strchr(network, '/') ? compute_path(s, project, network) : NULL;
	return path      ? xstrdup(path)
	       : network ? xasprintf("projects/%s/global/networks/%s", project, short_name(network))
			 : NULL;
}

/* Do two containers share the loopback interface? All of a pod or an instance do. */
static bool together(const struct workload *w, const struct container *a, const struct container *b)
{
	const char *one = json_str(a->spec, "network", ""), *other = json_str(b->spec, "network", "");
	if (a == b || strcmp(json_str(w->template, "platform", ""), "machine"))
		return true;
	return (!strcmp(one, "host") && !strcmp(other, "host")) ||
	       (text_starts(one, "container:") && !strcmp(one + 10, b->name)) ||
	       (text_starts(other, "container:") && !strcmp(other + 10, a->name));
}

bool workload_open(struct sim *s, const char *project, const char *region, cJSON *template, struct workload *w)
{
	*w = (struct workload){
	    .sim = s, .project = project, .template = template, .network = network_of(s, project, region, template)};
	const char *principal = json_str(template, "principal", NULL), *account = json_str(template, "serviceAccount", "");
	w->principal = principal ? xstrdup(principal) : xasprintf("serviceAccount:%s", account);
	w->place = (struct mlflow_place){.principal = w->principal,
					 .network = w->network,
					 .cluster = json_str(template, "cluster", NULL),
					 .pod = json_str(template, "pod", NULL)};
	const cJSON *volumes = json_at(template, "volumes"), *list = json_at(template, "containers");
	for (const cJSON *v = volumes ? volumes->child : NULL; v; v = v->next)
		if (json_at(v, "cloudSqlInstance"))
			w->place.connector = json_str(v, "cloudSqlInstance.instances.0", NULL);
	bool all = true;
	for (const cJSON *k = list ? list->child : NULL; k && w->count < WORKLOAD_MOST; k = k->next) {
		struct workload_part *part = &w->parts[w->count++];
		struct container_fault fault = {0};
		if (!container_make(s, project, template, k, false, &part->k, &fault)) {
			part->fault = fault.message;
			part->reason = fault.reason;
			all = false;
		} else if (w->count < WORKLOAD_MOST && container_split(&part->k, &w->parts[w->count].k)) {
			w->count++;
		}
	}
	return all;
}

/* The place as one container sees it: a cloud-sql-proxy beside it makes an instance local. */
static struct mlflow_place place_of(const struct workload *w, const struct container *k)
{
	struct mlflow_place place = w->place;
	for (int i = 0; i < w->count; i++) {
		const struct workload_part *part = &w->parts[i];
		const char *instance = part->fault || !part->k.argv || &part->k == k ? NULL : container_sql_proxy(&part->k);
		if (!instance || part->r.said)
			continue;
		if (container_flag(&part->k, "--unix-socket"))
			place.connector = instance;
		else if (together(w, k, &part->k))
			place.beside = instance;
		place.cut_off = !json_bool(w->template, "reaches.internet", true) &&
				!container_flag(&part->k, "--private-ip") && !container_flag(&part->k, "--psc");
	}
	return place;
}

static bool runs(const struct workload_part *part)
{
	return !part->fault && !part->r.said && !part->r.ends;
}

/* A pod's init containers run to their end before the others start, but for those that are sidecars. */
static bool is_init(const struct workload *w, int i)
{
	return i < (int)json_num(w->template, "inits", 0) &&
	       strcmp(json_str(w->template, sim_tmp("containers.%d.restartPolicy", i), ""), "Always");
}

void workload_start(struct workload *w)
{
	bool held = false;
	for (int i = 0; i < w->count; i++) {
		struct workload_part *part = &w->parts[i];
		if (held && !part->fault) {
			part->fault = xstrdup("");
			part->reason = "PodInitializing";
		}
		double limit = start_mebibytes(json_str(part->fault ? NULL : part->k.spec, "resources.limits.memory", "0"));
		struct mlflow_place place = place_of(w, &part->k);
		if (!part->fault)
			start_container(w->sim, &part->k, &place, limit, &part->r);
		for (int j = 0; j < i && part->r.port; j++)
			if (runs(&w->parts[j]) && w->parts[j].r.port == part->r.port && together(w, &part->k, &w->parts[j].k))
				start_refused_port(&part->r);
		/* An init container that serves never ends, and what follows waits for ever. */
		bool early = i < (int)json_num(w->template, "inits", 0),
		     serves = part->r.port && !part->r.said && !part->r.ends;
		held = held || (early && (part->fault || part->r.said)) || (is_init(w, i) && serves);
		part->r.ends = part->r.ends || (is_init(w, i) && !part->r.said && !serves);
	}
}

void workload_close(struct workload *w)
{
	for (int i = 0; i < w->count; i++) {
		container_free(&w->parts[i].k);
		start_free(&w->parts[i].r);
		free(w->parts[i].fault);
	}
	cJSON_Delete(w->template);
	free(w->principal);
	free(w->network);
	*w = (struct workload){0};
}

/* Ports. ------------------------------------------------------------------------------------------------------------------- */
const struct workload_part *workload_at(const struct workload *w, int port)
{
	for (int i = 0; i < w->count; i++) {
		const struct workload_part *part = &w->parts[i];
		if (runs(part) && part->r.port == port && !part->r.loopback)
			return part;
	}
	return NULL;
}

static bool is_open(const struct workload *w, int port, const char *from)
{
	const cJSON *open;
	cJSON_ArrayForEach(open, json_at(w->template, "open")) {
		const char *source = strchr(open->valuestring, ' ');
		if ((*open->valuestring == '*' || atoi(open->valuestring) == port) && (!source || ip4_within(from, source + 1)))
			return true;
	}
	return false;
}

const struct workload_part *workload_at_host(const struct workload *w, int port, const char *from)
{
	for (int i = 0; i < w->count; i++) {
		const struct workload_part *part = &w->parts[i];
		const cJSON *p;
		if (!runs(part) || part->r.loopback)
			continue;
		if (!strcmp(json_str(part->k.spec, "network", ""), "host")) {
			if (part->r.port == port && is_open(w, port, from))
				return part;
			continue;
		}
		cJSON_ArrayForEach(p, json_at(part->k.spec, "publish")) /* docker's forwarding passes the host's firewall */
			if ((int)json_num(p, "host", 0) == port && (int)json_num(p, "container", 0) == part->r.port)
				return part;
	}
	return NULL;
}

/* Requests. ---------------------------------------------------------------------------------------------------------------- */
#define BEHIND "front.behind"

void sim_behind(struct sim *s, const char *host)
{
	sim_put(s, BEHIND, host, cJSON_CreateObject());
}

static bool is_hop(const char *name)
{
	static const char *const hops[] = {"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization"};
	for (size_t i = 0; i < sizeof hops / sizeof *hops; i++)
		if (!strcasecmp(hops[i], name))
			return true;
	return false;
}

/* The request as the walls leave it, for the real server. */
static void let_through(const struct visit *v, struct sim_reply *out)
{
	struct buf lines = {0};
	const cJSON *told;
	for (size_t i = 0; i < v->q->header_count; i++)
		if (!is_hop(v->q->headers[i].name) && !cJSON_GetObjectItem(v->told, v->q->headers[i].name))
			buf_printf(&lines, "%s: %s\r\n", v->q->headers[i].name, v->q->headers[i].value);
	cJSON_ArrayForEach(told, v->told)
		if (*told->valuestring)
			buf_printf(&lines, "%s: %s\r\n", told->string, told->valuestring);
	free(out->headers);
	out->headers = buf_take(&lines);
	out->through = true;
}

static void to_mlflow(struct visit *v, const struct workload *w, const struct container *k, struct sim_reply *out)
{
	struct mlflow m;
	struct mlflow_place place = place_of(w, k);
	mlflow_load(v->sim, k, &place, &m);
	if (!m.error && sim_get(v->sim, BEHIND, v->q->host))
		let_through(v, out);
	else
		mlflow_answer(v, &m, w->principal, out);
	mlflow_free(&m);
}

/* The container at "http://HOST:PORT/", as oauth2-proxy's container reaches it; NULL. */
static const struct container *upstream_of(const struct workload *w, const struct container *gate, const struct gate *g,
					   int *port)
{
	const cJSON *first = gate_list(g, "upstreams") ? gate_list(g, "upstreams")->child : NULL;
	const char *url = first ? first->valuestring : "", *host = strstr(url, "://") ? strstr(url, "://") + 3 : url,
		   *colon = strrchr(url, ':');
	const char *name = sim_tmp("%.*s", (int)strcspn(host, ":/"), host);
	bool local = text_starts(name, "127.") || !strcmp(name, "localhost");
	*port = colon ? atoi(colon + 1) : 0;
	for (int i = 0; i < w->count; i++) {
		const struct workload_part *part = &w->parts[i];
		if (!runs(part) || !container_runs(&part->k, "mlflow"))
			continue;
		const char *own = container_flag(&part->k, "--port");
		int listens = part->r.port ? part->r.port : atoi(own ? own : container_env(&part->k, "MLFLOW_PORT", "5000"));
		if (listens == *port &&
		    (local ? together(w, gate, &part->k) : !strcmp(name, part->k.name) && !part->r.loopback))
			return &part->k;
	}
	return NULL;
}

static void to_gate(struct visit *v, const struct workload *w, const struct container *k, struct sim_reply *out)
{
	struct gate g;
	const char *email = "";
	int port;
	gate_load(k, &g);
	if (g.error) {
		wall_page(out, 503, "Server Error", "Service Unavailable");
	} else if (gate_pass(v, k, &g, &email, out)) {
		const struct container *server = upstream_of(w, k, &g, &port);
		if (*email)
			answer_header(out, "gap-auth", email);
		if (server) {
			if (!gate_bool(&g, "pass_host_header", true))
				v->host = sim_tmp("127.0.0.1:%d", port);
			to_mlflow(v, w, server, out);
		} else {
			answer_text(out, 502, "text/html; charset=utf-8",
				    "<!DOCTYPE html>\n<title>502 Bad Gateway</title>\n<h1>Bad Gateway</h1>\n"
				    "There was a problem connecting to the upstream server.\n");
		}
	}
	gate_free(&g);
}

/* The request as it came here, with what Google's front ends have put into it. */
static void echo(struct visit *v, struct sim_reply *out)
{
	cJSON *headers = cJSON_CreateObject();
	for (size_t i = 0; i < v->q->header_count; i++)
		if (visit_header(v, v->q->headers[i].name) && !cJSON_HasObjectItem(headers, v->q->headers[i].name))
			cJSON_AddStringToObject(headers, v->q->headers[i].name, visit_header(v, v->q->headers[i].name));
	for (const cJSON *t = v->told ? v->told->child : NULL; t; t = t->next)
		if (*t->valuestring && !cJSON_HasObjectItem(headers, t->string))
			cJSON_AddStringToObject(headers, t->string, t->valuestring);
	answer_json(out, 200,
		    json_make("{'path':%s,'method':%s,'hostname':%s,'headers':%j}", v->path, v->q->method, v->host, headers));
}

void workload_answer(struct visit *v, const struct workload *w, const struct workload_part *part, struct sim_reply *out)
{
	if (container_runs(&part->k, "oauth2-proxy"))
		to_gate(v, w, &part->k, out);
	else if (container_runs(&part->k, "mlflow"))
		to_mlflow(v, w, &part->k, out);
	else if (!strcmp(part->k.software, "echo"))
		echo(v, out);
	else
		answer_text(
		    out, 200, "text/html; charset=utf-8",
		    "<!doctype html>\n<html lang=en><title>Congratulations | Cloud Run</title><h1>It's running!</h1>\n");
}

void workload_answer_ingress(struct visit *v, const struct workload *w, struct sim_reply *out)
{
	for (int i = 0; i < w->count; i++)
		if (w->parts[i].k.ingress) {
			workload_answer(v, w, &w->parts[i], out);
			return;
		}
	wall_page(out, 503, "Server Error",
		  "The service you requested is not available yet.<p>Please try again in 30 seconds.");
}

void workload_visited(const struct workload *w, const struct workload_part *part, const struct sim_request *q,
		      struct sim_reply *out)
{
	struct visit v;
	if (!part || !q)
		return;
	visit_begin(&v, w->sim, q);
	workload_answer(&v, w, part, out);
	visit_end(&v);
}

bool workload_healthy(const struct workload *w, const struct workload_part *part, const char *path)
{
	if (!part || !path)
		return part != NULL;
	struct sim_request q = {.method = "GET", .host = "10.0.0.1", .target = path};
	struct sim_reply r = {0};
	workload_visited(w, part, &q, &r);
	int status = r.status;
	sim_reply_free(&r);
	return status == 200;
}
