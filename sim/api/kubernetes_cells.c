/* The cells of `kubectl get`: what of a document stands in a column, as the API server prints it. */
#include "config.h"

#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct cell {
	struct sim *sim;
	const cJSON *doc;
	const char *path;
	struct buf *out;
};

/* Times. ----------------------------------------------------------------------------------------------------------------- */
static double seconds_of(const char *time)
{
	struct tm t = {0};
	if (sscanf(time, "%4d-%2d-%2dT%2d:%2d:%2d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec) != 6)
		return -1;
	t.tm_year -= 1900;
	t.tm_mon--;
	return (double)timegm(&t);
}

/* "45s", "3m12s", "5h", "3d4h", as kubectl has them. */
static void put_duration(struct buf *b, long s)
{
	long m = s / 60, h = m / 60, d = h / 24;
	if (s < 0)
		buf_puts(b, s >= -1 ? "0s" : "<invalid>");
	else if (s < 120)
		buf_printf(b, "%lds", s);
	else if (m < 10)
		s % 60 ? buf_printf(b, "%ldm%lds", m, s % 60) : buf_printf(b, "%ldm", m);
	else if (m < 180)
		buf_printf(b, "%ldm", m);
	else if (h < 8)
		m % 60 ? buf_printf(b, "%ldh%ldm", h, m % 60) : buf_printf(b, "%ldh", h);
	else if (h < 48)
		buf_printf(b, "%ldh", h);
	else if (d < 8)
		h % 24 ? buf_printf(b, "%ldd%ldh", d, h % 24) : buf_printf(b, "%ldd", d);
	else if (d < 730)
		buf_printf(b, "%ldd", d);
	else
		buf_printf(b, "%ldy", d / 365);
}

static void print_age(struct cell *c)
{
	const char *now = sim_stamp(c->sim, 0);
	const char *from = json_str(c->doc, c->path, NULL);
	if (from)
		put_duration(c->out, (long)(seconds_of(now) - seconds_of(from)));
	else
		buf_puts(c->out, c->path && text_starts(c->path, "status.lastSchedule") ? "<none>" : "<unknown>");
}

/* Plain values. ---------------------------------------------------------------------------------------------------------- */
static void put_value(struct buf *b, const cJSON *v)
{
	if (cJSON_IsString(v))
		buf_puts(b, v->valuestring);
	else if (cJSON_IsNumber(v))
		buf_printf(b, "%.0f", v->valuedouble);
	else if (cJSON_IsBool(v))
		buf_puts(b, cJSON_IsTrue(v) ? "True" : "False");
}

static void print_path(struct cell *c)
{
	put_value(c->out, json_at(c->doc, c->path));
}

static void print_path_or_none(struct cell *c)
{
	const cJSON *v = json_at(c->doc, c->path);
	if (v && !(cJSON_IsString(v) && !*v->valuestring))
		put_value(c->out, v);
	else
		buf_puts(c->out, "<none>");
}

static void print_path_or_na(struct cell *c)
{
	const cJSON *v = json_at(c->doc, c->path);
	if (v)
		put_value(c->out, v);
	else
		buf_puts(c->out, "N/A");
}

static void print_number(struct cell *c)
{
	buf_printf(c->out, "%.0f", json_num(c->doc, c->path, 0));
}

static void print_count(struct cell *c)
{
	buf_printf(c->out, "%d", cJSON_GetArraySize(json_at(c->doc, c->path)));
}

static void print_config_count(struct cell *c)
{
	buf_printf(c->out, "%d",
		   cJSON_GetArraySize(json_at(c->doc, "data")) + cJSON_GetArraySize(json_at(c->doc, "binaryData")));
}

static void print_labels(struct cell *c)
{
	const cJSON *l;
	size_t before = c->out->len;
	cJSON_ArrayForEach(l, json_at(c->doc, c->path))
		buf_printf(c->out, "%s%s=%s", c->out->len > before ? "," : "", l->string, l->valuestring);
	if (c->out->len == before)
		buf_puts(c->out, "<none>");
}

static void print_each(struct cell *c, const char *list, const char *member)
{
	const cJSON *item;
	size_t before = c->out->len;
	cJSON_ArrayForEach(item, json_at(c->doc, list))
		buf_printf(c->out, "%s%s", c->out->len > before ? "," : "", json_str(item, member, ""));
}

static void print_containers(struct cell *c)
{
	print_each(c, c->path, "name");
}

static void print_images(struct cell *c)
{
	print_each(c, c->path, "image");
}

/* Kinds. ----------------------------------------------------------------------------------------------------------------- */
static void print_ready(struct cell *c)
{
	buf_printf(c->out, "%.0f/%.0f", json_num(c->doc, "status.readyReplicas", 0), json_num(c->doc, "spec.replicas", 0));
}

static void print_external_ip(struct cell *c)
{
	const char *type = json_str(c->doc, "spec.type", "");
	if (!strcmp(type, "LoadBalancer"))
		buf_puts(c->out, json_str(c->doc, "status.loadBalancer.ingress.0.ip", "<pending>"));
	else if (!strcmp(type, "ExternalName"))
		buf_puts(c->out, json_str(c->doc, "spec.externalName", ""));
	else
		buf_puts(c->out, json_str(c->doc, "spec.externalIPs.0", "<none>"));
}

static void print_ports(struct cell *c)
{
	const cJSON *p;
	size_t before = c->out->len;
	cJSON_ArrayForEach(p, json_at(c->doc, "spec.ports")) {
		buf_printf(c->out, "%s%.0f", c->out->len > before ? "," : "", json_num(p, "port", 0));
		if (json_at(p, "nodePort"))
			buf_printf(c->out, ":%.0f", json_num(p, "nodePort", 0));
		buf_printf(c->out, "/%s", json_str(p, "protocol", ""));
	}
	if (c->out->len == before)
		buf_puts(c->out, "<none>");
}

/* Of the spec's init container of that name: is it a sidecar? */
static bool is_sidecar(const cJSON *doc, const char *name)
{
	const cJSON *c;
	cJSON_ArrayForEach(c, json_at(doc, "spec.initContainers"))
		if (!strcmp(json_str(c, "name", ""), name))
			return !strcmp(json_str(c, "restartPolicy", ""), "Always");
	return false;
}

/* What kubectl's columns tell of a pod. */
struct pod_row {
	char status[80];
	int ready, all, restarts;
	const char *restarted; /* when it was last started again; "" */
};

static void note_restart(struct pod_row *row, const cJSON *s, bool counts)
{
	const char *at = json_str(s, "lastState.terminated.finishedAt", "");
	if (counts)
		row->restarts += (int)json_num(s, "restartCount", 0);
	if (counts && strcmp(at, row->restarted) > 0)
		row->restarted = at;
}

/* "Init:0/2", "Init:CrashLoopBackOff": the first init container that holds the others; false when none does. */
static bool initializing(const cJSON *doc, struct pod_row *row)
{
	const cJSON *s;
	int n = 0;
	cJSON_ArrayForEach(s, json_at(doc, "status.initContainerStatuses")) {
		bool sidecar = is_sidecar(doc, json_str(s, "name", ""));
		const char *waits = json_str(s, "state.waiting.reason", ""),
			   *ended = json_str(s, "state.terminated.reason", "");
		note_restart(row, s, true);
		n++;
		if (json_at(s, "state.terminated") && json_num(s, "state.terminated.exitCode", 0) == 0)
			continue;
		if (sidecar && json_bool(s, "started", false)) {
			row->ready += json_bool(s, "ready", false);
			continue;
		}
		if (json_at(s, "state.terminated") && *ended)
			snprintf(row->status, sizeof row->status, "Init:%.60s", ended);
		else if (json_at(s, "state.terminated"))
			snprintf(row->status, sizeof row->status, "Init:ExitCode:%d",
				 (int)json_num(s, "state.terminated.exitCode", 0));
		else if (*waits && strcmp(waits, "PodInitializing"))
			snprintf(row->status, sizeof row->status, "Init:%.60s", waits);
		else
			snprintf(row->status, sizeof row->status, "Init:%d/%d", n - 1,
				 cJSON_GetArraySize(json_at(doc, "spec.initContainers")));
		return true;
	}
	return false;
}

static struct pod_row pod_row(const cJSON *doc)
{
	struct pod_row row = {.restarted = ""};
	const cJSON *s, *c;
	bool runs = false;
	snprintf(row.status, sizeof row.status, "%.70s", json_str(doc, "status.reason", json_str(doc, "status.phase", "")));
	row.all = cJSON_GetArraySize(json_at(doc, "spec.containers"));
	cJSON_ArrayForEach(c, json_at(doc, "spec.initContainers"))
		row.all += !strcmp(json_str(c, "restartPolicy", ""), "Always");
	if (!initializing(doc, &row)) {
		row.restarts = 0;
		cJSON_ArrayForEach(s, json_at(doc, "status.initContainerStatuses"))
			note_restart(&row, s, is_sidecar(doc, json_str(s, "name", "")));
		for (int i = cJSON_GetArraySize(json_at(doc, "status.containerStatuses")) - 1; i >= 0; i--) {
			s = cJSON_GetArrayItem(json_at(doc, "status.containerStatuses"), i);
			note_restart(&row, s, true);
			const char *why = json_str(s, "state.waiting.reason", json_str(s, "state.terminated.reason", ""));
			if (*why)
				snprintf(row.status, sizeof row.status, "%.70s", why);
			else if (json_at(s, "state.running") && json_bool(s, "ready", false))
				runs = true, row.ready++;
		}
		if (!strcmp(row.status, "Completed") && runs)
			snprintf(row.status, sizeof row.status, "Running");
	}
	if (json_at(doc, "metadata.deletionTimestamp"))
		snprintf(row.status, sizeof row.status, "Terminating");
	return row;
}

static void print_pod_ready(struct cell *c)
{
	struct pod_row row = pod_row(c->doc);
	buf_printf(c->out, "%d/%d", row.ready, row.all);
}

static void print_pod_status(struct cell *c)
{
	struct pod_row row = pod_row(c->doc);
	buf_puts(c->out, row.status);
}

static void print_restarts(struct cell *c)
{
	struct pod_row row = pod_row(c->doc);
	const char *now = sim_stamp(c->sim, 0);
	buf_printf(c->out, "%d", row.restarts);
	if (row.restarts && *row.restarted) {
		buf_puts(c->out, " (");
		put_duration(c->out, (long)(seconds_of(now) - seconds_of(row.restarted)));
		buf_puts(c->out, " ago)");
	}
}

static const char *condition(const cJSON *doc, const char *type)
{
	const cJSON *c;
	cJSON_ArrayForEach(c, json_at(doc, "status.conditions"))
		if (!strcmp(json_str(c, "type", ""), type))
			return json_str(c, "status", "");
	return "";
}

static void print_job_status(struct cell *c)
{
	static const char *const states[][2] = {{"Complete", "Complete"},
						{"Failed", "Failed"},
						{"Suspended", "Suspended"},
						{"FailureTarget", "FailureTarget"},
						{"SuccessCriteriaMet", "SuccessCriteriaMet"}};
	const char *state = "Running";
	for (size_t i = 0; i < 5; i++)
		if (!strcmp(condition(c->doc, states[i][0]), "True")) {
			state = states[i][1];
			break;
		}
	buf_puts(c->out, json_at(c->doc, "metadata.deletionTimestamp") && !strcmp(state, "Running") ? "Terminating" : state);
}

static void print_completions(struct cell *c)
{
	if (json_at(c->doc, "spec.completions"))
		buf_printf(c->out, "%.0f/%.0f", json_num(c->doc, "status.succeeded", 0),
			   json_num(c->doc, "spec.completions", 0));
	else
		buf_printf(c->out, "%.0f/1 of %.0f", json_num(c->doc, "status.succeeded", 0),
			   json_num(c->doc, "spec.parallelism", 1));
}

static void print_job_duration(struct cell *c)
{
	const char *from = json_str(c->doc, "status.startTime", NULL), *to = json_str(c->doc, "status.completionTime", NULL);
	const char *now = sim_stamp(c->sim, 0);
	if (from)
		put_duration(c->out, (long)(seconds_of(to ? to : now) - seconds_of(from)));
}

static void print_hosts(struct cell *c)
{
	const cJSON *rule;
	size_t before = c->out->len;
	cJSON_ArrayForEach(rule, json_at(c->doc, "spec.rules"))
		if (*json_str(rule, "host", ""))
			buf_printf(c->out, "%s%s", c->out->len > before ? "," : "", json_str(rule, "host", ""));
	if (c->out->len == before)
		buf_puts(c->out, "*");
}

static void print_ingress_ports(struct cell *c)
{
	buf_puts(c->out, json_at(c->doc, "spec.tls.0") ? "80, 443" : "80");
}

static void print_ports_of(struct cell *c, const char *list)
{
	const cJSON *p;
	size_t before = c->out->len;
	cJSON_ArrayForEach(p, json_at(c->doc, list))
		buf_printf(c->out, "%s%.0f", c->out->len > before ? "," : "", json_num(p, "port", 0));
	if (c->out->len == before)
		buf_puts(c->out, "<unset>");
}

static void print_pod_selector(struct cell *c)
{
	print_labels(c);
}

/* "pod/mlflow": the kind in small letters, its group, the name. */
static void print_reference(struct cell *c, const char *path, const char *group)
{
	const cJSON *to = json_at(c->doc, path);
	for (const char *p = json_str(to, "kind", ""); *p; p++)
		buf_putc(c->out, (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p));
	buf_printf(c->out, "%s/%s", group, json_str(to, "name", ""));
}

static void print_event_object(struct cell *c)
{
	print_reference(c, "involvedObject", "");
}

static void print_endpoints(struct cell *c)
{
	const cJSON *s, *a, *p;
	size_t before = c->out->len;
	cJSON_ArrayForEach(s, json_at(c->doc, "subsets"))
		cJSON_ArrayForEach(p, json_at(s, "ports"))
			cJSON_ArrayForEach(a, json_at(s, "addresses"))
				buf_printf(c->out, "%s%s:%.0f", c->out->len > before ? "," : "", json_str(a, "ip", ""),
					   json_num(p, "port", 0));
	if (c->out->len == before)
		buf_puts(c->out, "<none>");
}

static void print_node_status(struct cell *c)
{
	buf_puts(c->out, !strcmp(condition(c->doc, "Ready"), "True") ? "Ready" : "NotReady");
}

static void print_modes(struct cell *c)
{
	static const char *const modes[][2] = {
	    {"ReadWriteOnce", "RWO"}, {"ReadOnlyMany", "ROX"}, {"ReadWriteMany", "RWX"}, {"ReadWriteOncePod", "RWOP"}};
	const cJSON *m;
	size_t before = c->out->len;
	cJSON_ArrayForEach(m, json_at(c->doc, c->path))
		for (size_t i = 0; i < 4; i++)
			if (!strcmp(m->valuestring, modes[i][0]))
				buf_printf(c->out, "%s%s", c->out->len > before ? "," : "", modes[i][1]);
}

static void print_claim(struct cell *c)
{
	buf_printf(c->out, "%s/%s", json_str(c->doc, "spec.claimRef.namespace", ""),
		   json_str(c->doc, "spec.claimRef.name", ""));
}

static void print_unset(struct cell *c)
{
	buf_puts(c->out, "<unset>");
}

static void print_class_name(struct cell *c)
{
	const cJSON *a = cJSON_GetObjectItemCaseSensitive(json_at(c->doc, "metadata.annotations"),
							  "storageclass.kubernetes.io/is-default-class");
	buf_printf(c->out, "%s%s", json_str(c->doc, "metadata.name", ""),
		   cJSON_IsString(a) && !strcmp(a->valuestring, "true") ? " (default)" : "");
}

static void print_role(struct cell *c)
{
	buf_printf(c->out, "%s/%s", json_str(c->doc, "roleRef.kind", ""), json_str(c->doc, "roleRef.name", ""));
}

static void print_hpa_target(struct cell *c)
{
	buf_printf(c->out, "%s/%s", json_str(c->doc, "spec.scaleTargetRef.kind", ""),
		   json_str(c->doc, "spec.scaleTargetRef.name", ""));
}

static void print_metrics(struct cell *c)
{
	const cJSON *now = json_at(c->doc, "status.currentMetrics.0.resource.current.averageUtilization");
	char value[16] = "<unknown>";
	if (now)
		snprintf(value, sizeof value, "%.0f%%", now->valuedouble);
	buf_printf(c->out, "%s: %s/%.0f%%", json_str(c->doc, "spec.metrics.0.resource.name", "cpu"), value,
		   json_num(c->doc, "spec.metrics.0.resource.target.averageUtilization", 0));
}

static void print_owner(struct cell *c)
{
	print_reference(c, "metadata.ownerReferences.0", ".apps");
}

static void print_slice_ports(struct cell *c)
{
	print_ports_of(c, "ports");
}

static void print_slice_endpoints(struct cell *c)
{
	const cJSON *e;
	size_t before = c->out->len;
	cJSON_ArrayForEach(e, json_at(c->doc, "endpoints"))
		buf_printf(c->out, "%s%s", c->out->len > before ? "," : "", json_str(e, "addresses.0", ""));
	if (c->out->len == before)
		buf_puts(c->out, "<unset>");
}

static void print_node_address(struct cell *c)
{
	const cJSON *a;
	cJSON_ArrayForEach(a, json_at(c->doc, "status.addresses"))
		if (!strcmp(json_str(a, "type", ""), c->path)) {
			buf_puts(c->out, json_str(a, "address", ""));
			return;
		}
	buf_puts(c->out, "<none>");
}

static void print_none(struct cell *c)
{
	buf_puts(c->out, "<none>");
}

static const struct {
	const char *name;
	void (*print)(struct cell *c);
} printers[] = {
    {"age", print_age},
    {"claim", print_claim},
    {"class_name", print_class_name},
    {"completions", print_completions},
    {"config_count", print_config_count},
    {"containers", print_containers},
    {"count", print_count},
    {"endpoints", print_endpoints},
    {"event_object", print_event_object},
    {"external_ip", print_external_ip},
    {"hosts", print_hosts},
    {"hpa_target", print_hpa_target},
    {"images", print_images},
    {"ingress_ports", print_ingress_ports},
    {"job_duration", print_job_duration},
    {"job_status", print_job_status},
    {"labels", print_labels},
    {"metrics", print_metrics},
    {"modes", print_modes},
    {"node_address", print_node_address},
    {"node_status", print_node_status},
    {"none", print_none},
    {"number", print_number},
    {"owner", print_owner},
    {"path", print_path},
    {"path_or_na", print_path_or_na},
    {"path_or_none", print_path_or_none},
    {"pod_ready", print_pod_ready},
    {"pod_selector", print_pod_selector},
    {"pod_status", print_pod_status},
    {"ports", print_ports},
    {"ready", print_ready},
    {"restarts", print_restarts},
    {"role", print_role},
    {"slice_endpoints", print_slice_endpoints},
    {"slice_ports", print_slice_ports},
    {"unset", print_unset},
};

void kubernetes_print(struct sim *s, const char *how, const char *path, const cJSON *doc, struct buf *out)
{
	struct cell c = {s, doc, path, out};
	for (size_t i = 0; i < sizeof printers / sizeof *printers; i++)
		if (!strcmp(printers[i].name, how)) {
			printers[i].print(&c);
			return;
		}
}
