/* A virtual machine that comes up, and answers: what it runs is started, and told of on its console and in its log. */
#include "config.h"
#include "sim/front/machine_inside.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/front/backends.h"

#include <stdlib.h>
#include <string.h>

static const char *owner_of(const struct sim_object *vm)
{
	return sim_tmp("%.*s", (int)strcspn(vm->key + 9, "/"), vm->key + 9);
}

/* Why an image is not there, as docker says it. */
static const char *pull_words(const struct workload *w, const struct workload_part *part)
{
	const char *image = json_str(part->k.spec, "image",
				     json_str(w->template, sim_tmp("containers.%d.image", (int)(part - w->parts)), ""));
	const char *host = sim_tmp("%.*s", (int)strcspn(image, "/"), image);
	if (strcmp(part->reason, "ErrImagePull"))
		return part->fault;
	if (!strcmp(part->fault, "permission"))
		return sim_tmp("docker: Error response from daemon: Head \"https://%s/v2/%s/manifests\": denied: Permission "
			       "\"artifactregistry.repositories."
			       "downloadArtifacts\" denied on resource \"%s\" (or it may not exist).",
			       host, image + strlen(host) + 1, image);
	if (!strcmp(part->fault, "unreachable"))
		return sim_tmp("docker: Error response from daemon: Get \"https://%s/v2/\": net/http: request canceled while "
			       "waiting for connection "
			       "(Client.Timeout exceeded while awaiting headers).",
			       host);
	return sim_tmp("docker: Error response from daemon: manifest for %s not found: manifest unknown.", image);
}

/* What the unit of a container that ended does after it, as systemd tells it. */
static void unit_failed(struct sim *s, struct sim_object *vm, const char *unit, int status, const char *journal)
{
	struct machine m;
	struct buf unheard = {0}; /* all this was said when the machine came up */
	machine_follow(&m, s, vm, NULL, &unheard);
	m.told = vm;
	m.journal = journal;
	machine_put(m.env, "SERVICE_RESULT", "exit-code");
	machine_put(m.env, "EXIT_CODE", "exited");
	machine_put(m.env, "EXIT_STATUS", sim_tmp("%d", status));
	machine_unit_stopped(&m, unit);
	cJSON_Delete(m.containers);
	cJSON_Delete(m.open);
	machine_forget(&m);
	buf_free(&unheard);
}

static cJSON *log_labels(const struct sim_object *vm)
{
	const char *zone = strstr(vm->key, "/zones/") + 7;
	return json_make("{'project_id':%s,'instance_id':%s,'zone':%s}", owner_of(vm), json_str(vm->doc, "id", ""),
			 sim_tmp("%.*s", (int)strcspn(zone, "/"), zone));
}

static bool is_logged(const struct sim_object *vm)
{
	const char *enabled = machine_metadata(vm, "google-logging-enabled");
	return enabled && !strcmp(enabled, "true");
}

void machine_writes(struct visit *v, const struct sim_object *vm)
{
	if (is_logged(vm))
		visit_writes(v, owner_of(vm), "gce_instance", log_labels(vm), "cos_containers", true);
}

static void log_text(struct sim *s, const struct sim_object *vm, struct buf *serial, const char *name, const char *text,
		     bool bad)
{
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n");
		const char *line = sim_tmp("%.*s", (int)len, p);
		machine_console_line(serial, name, line);
		if (is_logged(vm))
			sim_log_entry(s, owner_of(vm), "gce_instance", log_labels(vm), "cos_containers", bad ? "ERROR" : "INFO",
				      line);
		p += len + (p[len] == '\n');
	}
}

/* What a part wrote and how it ended; a container that is not started again stays down. */
static void report(struct sim *s, struct sim_object *vm, const struct workload *w, const struct workload_part *part,
		   struct buf *serial, cJSON *down)
{
	const char *name = json_str(w->template, sim_tmp("containers.%d.name", (int)(part - w->parts)), "");
	const char *policy = json_str(w->template, sim_tmp("containers.%d.restart", (int)(part - w->parts)), "no");
	const char *unit = json_str(w->template, sim_tmp("containers.%d.unit", (int)(part - w->parts)), ""),
		   *pulled = part->fault ? pull_words(w, part) : "", *wrote = part->r.wrote ? part->r.wrote : "",
		   *said = part->r.said ? sim_tmp("%s%s(container exited with code %d)", part->r.said,
						  *part->r.said ? "\n" : "", part->r.exit_code)
					: "";
	bool failed = part->fault || part->r.said;
	log_text(s, vm, serial, name, pulled, true);
	log_text(s, vm, serial, name, wrote, false);
	log_text(s, vm, serial, name, said, true);
	if (failed && *unit) /* docker itself ends with 125 */
		unit_failed(s, vm, unit, part->fault ? 125 : part->r.exit_code, sim_tmp("%s%s%s", pulled, wrote, said));
	if (failed && !strcmp(policy, "no"))
		cJSON_AddTrueToObject(down, name);
}

void machine_booted(struct sim *s, struct sim_object *vm)
{
	struct workload w;
	struct buf serial = {0};
	cJSON *down = cJSON_CreateObject();
	double longest = 0;
	buf_puts(&serial, json_str(vm->hidden, "serial", ""));
	json_drop(vm->hidden, "guest");
	workload_open(s, owner_of(vm), "", machine_template(s, vm, vm, &serial), &w);
	workload_start(&w);
	for (int i = 0; i < w.count; i++) {
		report(s, vm, &w, &w.parts[i], &serial, down);
		longest = w.parts[i].r.seconds > longest ? w.parts[i].r.seconds : longest;
	}
	json_put_str(vm->hidden, "serial", buf_text(&serial));
	json_put(vm->hidden, "down", down);
	json_put_num(vm->hidden, "ready", sim_now(s) + longest);
	workload_close(&w);
	buf_free(&serial);
}

bool machine_open(struct sim *s, const struct sim_object *vm, struct workload *w)
{
	struct buf serial = {0};
	if (strcmp(json_str(vm->doc, "status", ""), "RUNNING") || json_num(vm->hidden, "ready", 1e18) > sim_now(s))
		return false;
	workload_open(s, owner_of(vm), "", machine_template(s, vm, NULL, &serial), w);
	workload_start(w);
	buf_free(&serial);
	for (int i = 0; i < w->count; i++) {
		struct workload_part *part = &w->parts[i];
		const char *name = json_str(w->template, sim_tmp("containers.%d.name", i), "");
		if (!part->fault && !part->r.said && cJSON_HasObjectItem(json_at(vm->hidden, "down"), name))
			part->r.said = xstrdup(""); /* it ended at the start, and nobody starts it again */
	}
	return true;
}

bool machine_asked(struct sim *s, const struct sim_object *vm, int port, const char *from, const struct sim_request *q,
		   struct sim_reply *out)
{
	struct workload w;
	if (!backend_let_in(s, vm, port, from) || !machine_open(s, vm, &w))
		return false;
	const struct workload_part *part = workload_at_host(&w, port, from);
	workload_visited(&w, part, q, out);
	workload_close(&w);
	return part != NULL;
}
