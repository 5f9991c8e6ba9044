/* An object of a cluster, of any of Kubernetes' kinds: set by server-side apply in our name, so what others own in it stays theirs, and what they own
 * and we want is a conflict that the API server words. Namespaces, Jobs, Deployments and Ingresses are waited for.
 * spec: {"host": the API server's,"ca": PEM of the only ones that vouch for it, or "", or in place of both "kubeconfig","context": of a file, "" where
 * kubectl's own choice counts, "collection":"/apis/apps/v1/namespaces/NS/deployments","body":{"apiVersion","kind",...}}; name is
 * kubectl's way to say it: "deployment/mlflow".
 * Secrets stand in body.data as {"$secret":NAME,"as":"base64"}. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/kubernetes_trouble.h"
#include "gcp/kubernetes_shared.h"
#include "gcp/prices.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define HOST_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]"

static const char *kind_of(const struct view *v)
{
	return json_str(v->spec, "body.kind", "");
}

static bool is(const struct view *v, const char *kind)
{
	return !strcmp(kind_of(v), kind);
}

static const char *name_of(const struct view *v)
{
	const char *slash = strchr(v->name, '/');
	return slash ? slash + 1 : v->name;
}

static void ask_host(const struct view *v, const char *method, cJSON *body, struct call *out)
{
	const char *host = json_str(v->spec, "host", ""), *ca = json_str(v->spec, "ca", "");
	char *base = xasprintf("https://%s", host);
	call_set_url(out, DIALECT_NONE, method, body, base);
	if (!*host || host[strspn(host, HOST_CHARACTERS)])
		call_refuse(out, _("\"%s\" is no host of a cluster"), host);
	free(base);
	out->audience = AUDIENCE_CLUSTER;
	out->ca = *ca && !out->fault ? xstrdup(ca) : NULL;
}

void kubernetes_begin_context(const struct view *v, const char *method, cJSON *body, struct call *out)
{
	call_set_url(out, DIALECT_NONE, method, body, CALL_CONTEXT_SERVER);
	out->audience = AUDIENCE_CONTEXT;
	out->kubeconfig = xstrdup(json_str(v->spec, "kubeconfig", ""));
	out->context = xstrdup(json_str(v->spec, "context", ""));
}

static void ask_server(const struct view *v, const char *method, cJSON *body, struct call *out)
{
	if (json_at(v->spec, "context"))
		kubernetes_begin_context(v, method, body, out);
	else
		ask_host(v, method, body, out);
}

void kubernetes_ask(const struct view *v, const char *method, cJSON *body, const char *query, struct call *out)
{
	const char *collection = json_str(v->spec, "collection", "");
	ask_server(v, method, body, out);
	call_add(out, "/%-s/%s", collection + (*collection == '/'), name_of(v));
	call_tail(out, query);
}

bool kubernetes_outside(const cJSON *spec)
{
	return json_at(spec, "context") != NULL;
}

static void kubernetes_object_observe(const struct view *v, struct call *out)
{
	kubernetes_ask(v, "GET", NULL, "", out);
}

/* Where it stands ------------------------------------------------------------------------------------------------------------ */

static const cJSON *condition(const cJSON *found, const char *type)
{
	const cJSON *c;
	cJSON_ArrayForEach(c, json_at(found, "status.conditions"))
		if (!strcmp(json_str(c, "type", ""), type))
			return c;
	return NULL;
}

static bool holds(const cJSON *found, const char *type)
{
	return !strcmp(json_str(condition(found, type), "status", ""), "True");
}

static void read_job(struct observation *out)
{
	if (holds(out->found, "Failed"))
		kind_say(out, PRESENT_FAILED, "%s", json_str(condition(out->found, "Failed"), "message", _("the Job failed")));
	else if (!holds(out->found, "Complete"))
		out->presence = PRESENT_PENDING;
}

/* Ready when the pods of the generation last asked for are up, and none of an older one is left. */
static void read_deployment(struct observation *out)
{
	const cJSON *f = out->found, *progress = condition(f, "Progressing");
	int wanted = (int)json_num(f, "spec.replicas", 1);
	bool current = json_num(f, "status.observedGeneration", -1) >= json_num(f, "metadata.generation", 0);
	bool up = json_num(f, "status.updatedReplicas", 0) == wanted && json_num(f, "status.readyReplicas", 0) == wanted &&
		  json_num(f, "status.replicas", 0) == wanted;
	if (current && up)
		return;
	if (current && !strcmp(json_str(progress, "reason", ""), "ProgressDeadlineExceeded"))
		kind_say(out, PRESENT_FAILED, "%s", json_str(progress, "message", _("the pods do not come up")));
	else
		out->presence = PRESENT_PENDING;
}

/* The same, whose pods keep their names; nothing tells that they will not come up. */
static void read_stateful_set(struct observation *out)
{
	const cJSON *f = out->found;
	int wanted = (int)json_num(f, "spec.replicas", 1);
	bool current = json_num(f, "status.observedGeneration", -1) >= json_num(f, "metadata.generation", 0) &&
		       !strcmp(json_str(f, "status.currentRevision", ""), json_str(f, "status.updateRevision", ""));
	if (!current || json_num(f, "status.readyReplicas", 0) != wanted || json_num(f, "status.replicas", 0) != wanted)
		out->presence = PRESENT_PENDING;
}

/* Of a GKE Ingress with one backend: its name and whether it is well stand in an annotation of the controller's, {"k8s1-...":"HEALTHY"}. */
static void read_ingress(struct observation *out)
{
	const cJSON *note = cJSON_GetObjectItemCaseSensitive(json_at(out->found, "metadata.annotations"),
							     "ingress.kubernetes.io/backends");
	cJSON *backends = cJSON_IsString(note) ? cJSON_Parse(note->valuestring) : NULL;
	const cJSON *backend = backends ? backends->child : NULL;
	const char *ip = json_str(out->found, "status.loadBalancer.ingress.0.ip", "");
	bool well = cJSON_IsString(backend) && !strcmp(backend->valuestring, "HEALTHY");
	json_put_str(out->outputs, "ip", ip);
	json_put_str(out->outputs, "backend", backend ? backend->string : "");
	cJSON_Delete(backends);
	if (!*ip || !well)
		out->presence = PRESENT_PENDING;
}

static const struct {
	const char *kind;
	void (*read)(struct observation *out);
} readers[] = {
    {"Job", read_job},
    {"Deployment", read_deployment},
    {"StatefulSet", read_stateful_set},
    {"Ingress", read_ingress},
};

/* What a Secret holds is not kept a moment longer than it takes to see that it is there. */
static void forget_data(const struct view *v, struct observation *out)
{
	cJSON *value;
	if (is(v, "Secret"))
		cJSON_ArrayForEach(value, json_at(out->found, "data"))
			if (cJSON_IsString(value)) {
				explicit_bzero(value->valuestring, strlen(value->valuestring));
				cJSON_SetValuestring(value, "");
			}
}

static void kubernetes_object_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_labels(v, http, reply, "metadata.labels", out);
	if (out->presence == PRESENT_UNKNOWN && json_str(reply, "message", NULL))
		kind_say(out, PRESENT_UNKNOWN, "%s", json_str(reply, "message", ""));
	if (out->found)
		forget_data(v, out);
	if (out->outputs)
		json_put_str(out->outputs, "name", name_of(v));
	if (out->presence != PRESENT_YES)
		return;
	if (json_at(out->found, "metadata.deletionTimestamp"))
		out->presence = PRESENT_PENDING;
	for (size_t i = 0; i < sizeof readers / sizeof *readers && out->presence == PRESENT_YES; i++)
		if (is(v, readers[i].kind))
			readers[i].read(out);
}

/* Who plans sees no Secret; the versions that it holds stand in the annotations of the pods that use it. */
static bool kubernetes_object_hidden(const struct view *v, int http)
{
	return http == 403 && is(v, "Secret");
}

/* What is wanted ------------------------------------------------------------------------------------------------------------- */

static cJSON *wanted(const struct view *v)
{
	cJSON *w = kind_copy(v, "body"), *labels = kind_labels(v), *label;
	json_put_str(w, "metadata.name", name_of(v));
	if (!json_at(w, "metadata.labels"))
		json_put(w, "metadata.labels", cJSON_CreateObject());
	while ((label = cJSON_DetachItemFromArray(labels, 0)))
		cJSON_AddItemToObject(json_at(w, "metadata.labels"), label->string, label);
	cJSON_Delete(labels);
	return w;
}

/* Autopilot gives pods other resources than they ask for; an annotation of ours says which were asked for. */
static void drop_resources(cJSON *containers)
{
	cJSON *c;
	cJSON_ArrayForEach(c, containers)
		json_drop(c, "resources");
}

/* What a Secret holds is not compared, only that it is there: the annotations say of which versions it is. */
static void drop_data(cJSON *w, const cJSON *found)
{
	const cJSON *held = json_at(found, "data");
	cJSON *data = json_at(w, "data"), *next;
	for (cJSON *one = data ? data->child : NULL; one; one = next) {
		next = one->next;
		if (cJSON_GetObjectItemCaseSensitive(held, one->string))
			cJSON_Delete(cJSON_DetachItemViaPointer(data, one));
	}
}

static bool in_template(const struct change *change)
{
	for (size_t i = 0; i < change->count; i++)
		if (text_starts(change->differences[i].path, "spec.") ||
		    text_starts(change->differences[i].path, "metadata.annotations"))
			return true;
	return false;
}

/* What a rollout was begun anew with, and stays. */
#define AGAIN "mlflow-setup/again-after"

static bool has_fields(const cJSON *owned)
{
	const cJSON *field;
	cJSON_ArrayForEach(field, owned)
		if (text_starts(field->string, "f:"))
			return true;
	return false;
}

/* Fields below a path that are ours by what Kubernetes keeps of each owner ("f:NAME" each; items of lists are compared whole), and are wanted no more: to be
 * applied without. */
static void compare_owned(const cJSON *owned, const cJSON *w, const cJSON *found, const char *path, struct change *out)
{
	const cJSON *field;
	cJSON_ArrayForEach(field, owned) {
		if (!text_starts(field->string, "f:") || !strcmp(field->string, "f:" AGAIN))
			continue;
		const char *name = field->string + 2;
		const cJSON *wants = cJSON_GetObjectItemCaseSensitive(w, name),
			    *has = cJSON_GetObjectItemCaseSensitive(found, name);
		char *here = xasprintf("%s%s%s", path, *path ? "." : "", name);
		if (has_fields(field))
			compare_owned(field, wants, has, here, out);
		else if (has && !wants && !kind_changes(out, here))
			change_add(out, here, has, NULL);
		free(here);
	}
}

/* Nothing that an earlier plan applied stays behind: an annotation would bind the pods to an account that is gone. */
static void compare_left(const struct view *v, const cJSON *found, struct change *out)
{
	cJSON *w = wanted(v);
	const cJSON *entry;
	size_t before = out->count;
	cJSON_ArrayForEach(entry, json_at(found, "metadata.managedFields"))
		if (!strcmp(json_str(entry, "manager", ""), KUBERNETES_MANAGER) &&
		    !strcmp(json_str(entry, "operation", ""), "Apply"))
			compare_owned(json_at(entry, "fieldsV1"), w, found, "", out);
	if (out->count > before && out->verdict == VERDICT_KEEP)
		out->verdict = VERDICT_UPDATE;
	cJSON_Delete(w);
}

/* A Job does its work once: another work is another Job. */
static void kubernetes_object_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = wanted(v);
	drop_resources(json_at(w, "spec.template.spec.containers"));
	drop_resources(json_at(w, "spec.template.spec.initContainers"));
	drop_resources(json_at(w, "spec.jobTemplate.spec.template.spec.containers"));
	drop_resources(json_at(w, "spec.jobTemplate.spec.template.spec.initContainers"));
	if (is(v, "Secret"))
		drop_data(w, seen->found);
	kind_compare_leaves(w, seen->found, NULL, out);
	kind_compare_shed(v, seen->found, "metadata.labels", out);
	compare_left(v, seen->found, out);
	cJSON_Delete(w);
	bool failed = seen->presence == PRESENT_FAILED;
	if (failed)
		out->verdict = VERDICT_UPDATE;
	if (is(v, "Job") && (failed || in_template(out))) {
		out->verdict = VERDICT_REPLACE;
		out->reason = xstrdup(_("a Job does its work once"));
	}
}

/* Changing it ---------------------------------------------------------------------------------------------------------------- */

/* A rollout that failed is begun anew: the same template would change nothing. */
static void begin_anew(cJSON *w, const cJSON *found)
{
	char text[32];
	snprintf(text, sizeof text, "%.0f", json_num(found, "metadata.generation", 0));
	if (!json_at(w, "spec.template.metadata.annotations"))
		json_put(w, "spec.template.metadata.annotations", cJSON_CreateObject());
	cJSON_AddStringToObject(json_at(w, "spec.template.metadata.annotations"), AGAIN, text);
}

static void kubernetes_object_create(const struct view *v, const struct observation *seen, struct call *out)
{
	cJSON *w = wanted(v);
	if (seen->presence == PRESENT_FAILED && is(v, "Deployment"))
		begin_anew(w, seen->found);
	kubernetes_ask(v, "PATCH", w, "?fieldManager=" KUBERNETES_MANAGER, out);
	out->content_type = xstrdup("application/apply-patch+yaml"); /* JSON is YAML */
}

static void kubernetes_object_update(const struct view *v, const struct observation *seen, const struct change *change,
				     struct call *out)
{
	(void)change;
	kubernetes_object_create(v, seen, out);
}

/* What it owns goes first: it is gone when its pods, or its load balancer, are. */
static void kubernetes_object_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	kubernetes_ask(v, "DELETE", NULL, "?propagationPolicy=Foreground", out);
}

double kubernetes_cpus(const char *text)
{
	char *unit;
	double value = strtod(text, &unit);
	return *unit == 'm' ? value / 1000 : value;
}

double kubernetes_gibs(const char *text)
{
	char *unit;
	double value = strtod(text, &unit);
	return !strcmp(unit, "Mi") ? value / 1024 : value;
}

/* What runs pods is asked for by those, in its namespace. */
static void kubernetes_object_ask_why(const struct view *v, const cJSON *notes, int turn, struct call *out)
{
	if (!is(v, "Job") && !is(v, "Deployment") && !is(v, "StatefulSet"))
		return;
	ask_server(v, "GET", NULL, out);
	call_add(out, "/api/v1/namespaces/%s", json_str(v->spec, "body.metadata.namespace", ""));
	if (!trouble_ask(notes, turn, out))
		call_free(out);
}

static char *kubernetes_object_told_why(const struct view *v, cJSON *notes, int turn, const cJSON *reply, const char *text)
{
	return trouble_told(name_of(v), notes, turn, reply, text);
}

/* Autopilot's general-purpose pods, by what they ask for: a CPU 0.0445 dollars an hour, a GiB 0.0049225. An Ingress is a load balancer, which Google
 * makes of it with the forwarding rules. */
static double kubernetes_object_monthly(const cJSON *spec, const char *region)
{
	double hour = 0;
	const cJSON *c;
	const char *kind = json_str(spec, "body.kind", "");
	bool outside = kubernetes_outside(spec);
	if (!outside && !strcmp(kind, "Ingress"))
		return USD_MONTH_BALANCER;
	if (!outside && (!strcmp(kind, "Deployment") || !strcmp(kind, "StatefulSet")))
		cJSON_ArrayForEach(c, json_at(spec, "body.spec.template.spec.containers"))
			hour += kubernetes_cpus(json_str(c, "resources.requests.cpu", "0")) * 0.0445 +
				kubernetes_gibs(json_str(c, "resources.requests.memory", "0")) * 0.0049225;
	return hour * json_num(spec, "body.spec.replicas", 1) * 730 * price_factor(PRICED_MACHINE, region);
}

/* A Deployment that is told to end its pods before it starts others, and a StatefulSet, which always does; and a certificate, which is made anew for another
 * name. */
static const char *kubernetes_object_downtime(const cJSON *spec, const struct change *c)
{
	bool alone = !strcmp(json_str(spec, "body.spec.strategy.type", ""), "Recreate") ||
		     !strcmp(json_str(spec, "body.kind", ""), "StatefulSet");
	bool pods = alone && kind_changes(c, "spec.template");
	if (!strcmp(json_str(spec, "body.kind", ""), "ManagedCertificate") && kind_changes(c, "spec.domains"))
		return N_("Google issues another certificate: the web address does not answer until then, which takes up to an "
			  "hour.");
	return pods ? N_("The pod ends before its successor starts: the server does not answer for about a minute.") : NULL;
}

#define PULL_SECRET "kubernetes.io/dockerconfigjson"

static const char *kubernetes_object_caution(const cJSON *spec)
{
	if (json_bool(spec, "unenforced", false))
		return N_("Only a cluster that enforces network policies keeps its other pods from the server: on GKE one with "
			  "Dataplane V2, or with network policy enforcement switched on.");
	return strcmp(json_str(spec, "body.type", ""), PULL_SECRET)
		   ? NULL
		   : N_("The token in it holds for an hour. A machine that has the image starts it again without one; for a "
			"machine "
			"that comes later delete this Secret and apply again, which gets another token.");
}

/* GKE's permissions go by the plural, spelled as IAM does ("networkPolicies"): the last segment of the collection, but for what is no type of Kubernetes' own. */
static char *kubernetes_object_permits(const cJSON *spec, enum deed deed)
{
	static const char *const verbs[DEEDS] = {
	    [DEED_READ] = "get", [DEED_CREATE] = "create", [DEED_UPDATE] = "update", [DEED_DESTROY] = "delete"};
	static const char *const spelled[] = {"serviceAccounts", "networkPolicies", "podDisruptionBudgets",
					      "roleBindings",    "statefulSets",    "persistentVolumeClaims",
					      "cronJobs"};
	const char *collection = json_str(spec, "collection", ""), *plural = strrchr(collection, '/');
	plural = plural ? plural + 1 : collection;
	for (size_t i = 0; i < sizeof spelled / sizeof *spelled; i++)
		plural = strcasecmp(spelled[i], plural) ? plural : spelled[i];
	if (text_starts(collection, "/apis/cloud.google.com/") || text_starts(collection, "/apis/networking.gke.io/"))
		plural = "thirdPartyObjects";
	if (!verbs[deed])
		return NULL;
	if (deed == DEED_READ)
		return xasprintf("container.clusters.connect container.%s.get", plural);
	/* An apply is a patch, and what it makes needs to be allowed as well. */
	char *also = deed == DEED_CREATE ? xasprintf(" container.%s.update", plural) : xstrdup("");
	char *all = xasprintf("container.%s.%s%s", plural, verbs[deed], also);
	free(also);
	return all;
}

/* What runs has a node and a pod to wait for; what does not stands at once. */
static struct kind_time kubernetes_object_takes(const cJSON *spec)
{
	const char *kind = json_str(spec, "body.kind", "");
	bool runs = !strcmp(kind, "Deployment") || !strcmp(kind, "Job") || !strcmp(kind, "StatefulSet");
	return runs ? (struct kind_time){40, 120} : (struct kind_time){0.5, 2};
}

const struct kind kind_kubernetes_object = {
    .id = "kubernetes.object",
    .manifest = "body",
    .title = N_("Kubernetes object"),
    .api = "container.googleapis.com",
    .part = PART_SERVER,
    .console_page = "kubernetes/workload/overview",
    .log = "resource.type=\"k8s_container\" resource.labels.namespace_name=\"{body.metadata.namespace}\"",
    .requests = "resource.type=\"http_load_balancer\" resource.labels.backend_service_name=\"{backend}\"", /* an Ingress's */
    .permits = kubernetes_object_permits,
    .outside = kubernetes_outside,
    .usual = 5,
    .slow = 90,
    .takes = kubernetes_object_takes,
    .deadline = 1800,
    .labelled = true,
    .foresees_replacement = true, /* a Job's image, by its digest */
    .billable = true,
    .monthly = kubernetes_object_monthly,
    .ask_why = kubernetes_object_ask_why,
    .told_why = kubernetes_object_told_why,
    .observe = kubernetes_object_observe,
    .decode = kubernetes_object_decode,
    .hidden = kubernetes_object_hidden,
    .compare = kubernetes_object_compare,
    .downtime = kubernetes_object_downtime,
    .caution = kubernetes_object_caution,
    .create = kubernetes_object_create,
    .update = kubernetes_object_update,
    .destroy = kubernetes_object_destroy,
    .terraform = {.none = "Its manifest is a file beside this folder, for kubectl apply --server-side."},
};
