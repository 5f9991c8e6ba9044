/* The API server's proxy to Services (https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/): a request to
 * /api/v1/namespaces/NS/services/[SCHEME:]NAME[:PORT]/proxy/PATH is handed on to one of the Service's ready pods, as it is but for its Authorization. */
#include "config.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_access.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/workloads.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct way {
	char ns[256], service[256], port[64];
	bool tls;
	const char *rest; /* of the target: from the slash after "proxy", or "" */
};

/* SCHEME:NAME:PORT, :NAME:PORT, NAME:PORT or NAME. */
static bool read_name(const char *text, struct way *w)
{
	char a[256] = "", b[256] = "", c[64] = "";
	int parts = 1;
	for (const char *p = text; *p; p++)
		parts += *p == ':';
	if (parts == 3) {
		size_t scheme = strcspn(text, ":");
		snprintf(a, sizeof a, "%.*s", (int)scheme, text);
		sscanf(text + scheme + 1, "%255[^:]:%63[^:]", b, c);
	} else {
		sscanf(text, "%255[^:]:%63[^:]", b, c);
	}
	snprintf(w->service, sizeof w->service, "%s", b);
	snprintf(w->port, sizeof w->port, "%s", c);
	w->tls = !strcmp(a, "https");
	return parts <= 3 && *b && (!*a || !strcmp(a, "http") || w->tls);
}

/* The target is read as it was sent: what follows "proxy" is not ours to decode. */
static bool read_way(const char *target, struct way *w)
{
	char name[512] = "";
	int end = 0;
	if (sscanf(target, "/api/v1/namespaces/%255[^/]/services/%511[^/?]/proxy%n", w->ns, name, &end) != 2 || !end ||
	    !strchr("/?", target[end]))
		return false;
	text_unpercent(name);
	w->rest = target + end;
	return read_name(name, w);
}

static const char *verb_of(const char *method)
{
	return !strcmp(method, "GET") || !strcmp(method, "HEAD") ? "get"
	       : !strcmp(method, "POST")                         ? "create"
	       : !strcmp(method, "PUT")                          ? "update"
	       : !strcmp(method, "PATCH")                        ? "patch"
								 : "delete";
}

/* The pod's answer is the API server's. */
static void pass_back(struct sim_call *c, const struct sim_reply *r)
{
	sim_bytes(c, r->status, NULL, buf_text(&r->body), r->body.len);
	for (const char *line = r->headers; line && *line; line += strcspn(line, "\r\n"), line += strspn(line, "\r\n")) {
		size_t len = strcspn(line, "\r\n"), name = strcspn(line, ":");
		if (name < len)
			sim_header(c, sim_tmp("%.*s", (int)name, line),
				   sim_tmp("%.*s", (int)(len - name - 1 - strspn(line + name + 1, " ")),
					   line + name + 1 + strspn(line + name + 1, " ")));
	}
}

/* Hands the request on, without the Authorization that was the API server's. */
static void hand_on(struct kubernetes_call *k, const struct way *w, const cJSON *endpoint)
{
	const struct sim_request *q = k->c->request;
	struct sim_header *headers = xcalloc(q->header_count + 2, sizeof *headers);
	struct sim_request on = *q;
	size_t n = 0;
	for (size_t i = 0; i < q->header_count; i++)
		if (strcasecmp(q->headers[i].name, "Authorization") && strcasecmp(q->headers[i].name, "X-Forwarded-For"))
			headers[n++] = q->headers[i];
	headers[n++] = (struct sim_header){"X-Forwarded-For", KUBERNETES_CALLER};
	on.headers = headers;
	on.header_count = n;
	on.target = *w->rest == '/' ? w->rest : sim_tmp("/%s", w->rest);
	struct sim_reply r = {0};
	if (sim_workloads(k->c->sim)->pod_asked(k->c->sim, k->cluster, json_str(endpoint, "ipAddress", ""),
						(int)json_num(endpoint, "port", 0), &on, &r))
		pass_back(k->c, &r);
	else
		kubernetes_fail(k, 503, "ServiceUnavailable", NULL,
				"error trying to reach service: dial tcp %s:%d: connect: connection refused",
				json_str(endpoint, "ipAddress", ""), (int)json_num(endpoint, "port", 0));
	sim_reply_free(&r);
	free(headers);
}

bool kubernetes_proxied(struct kubernetes_call *k)
{
	struct way w = {0};
	char *permission = NULL;
	if (!read_way(k->c->request->target, &w))
		return false;
	struct kubernetes_wish wish = {verb_of(k->c->method), "", "services", "proxy", w.ns, w.service};
	cJSON *ends = NULL;
	if (!kubernetes_may(k, &wish, &permission))
		kubernetes_fail(
		    k, 403, "Forbidden", NULL,
		    "services \"%s\" is forbidden: User \"%s\" cannot %s resource \"services/proxy\" in API group \"\" in the "
		    "namespace \"%s\"",
		    w.service, k->user, wish.verb, w.ns);
	else if (!kubernetes_named(k->c->sim, k->cluster->key, "", "services", w.ns, w.service))
		kubernetes_fail(k, 404, "NotFound", NULL, "services \"%s\" not found", w.service);
	else if (!cJSON_GetArraySize(ends = kubernetes_endpoints(k->c->sim, k->cluster->key, w.ns, w.service, w.port)))
		kubernetes_fail(k, 503, "ServiceUnavailable", NULL, "no endpoints available for service \"%s\"", w.service);
	else
		hand_on(k, &w, cJSON_GetArrayItem(ends, 0));
	cJSON_Delete(ends);
	free(permission);
	return true;
}
