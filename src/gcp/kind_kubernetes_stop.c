/* That no pod of a Deployment runs before it has this image: nobody writes while what it writes to is changed. The Deployment is applied as it stands, in the
 * same name as by kubernetes.object, but for no replica and with a note that a run did it; its next change sets both back. spec: {"host","ca",
 * "collection","body":{"kind":"Deployment"},"container","image",["cluster":{"name","location",["dns":true]}: one of Google's,]["unsaved": what it writes
 * to has no backup]}; name is "deployment/NAME". */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/kubernetes_shared.h"

#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

static void kubernetes_stop_observe(const struct view *v, struct call *out)
{
	kubernetes_ask(v, "GET", NULL, "", out);
}

static int replicas(const cJSON *found)
{
	return (int)json_num(found, "spec.replicas", 1);
}

/* A Deployment that is not there has no pods; one that was stopped is so once they are gone. */
static void kubernetes_stop_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_labels(v, http, reply, "metadata.labels", out);
	if (out->presence == PRESENT_NO)
		out->presence = PRESENT_YES;
	else if (out->presence == PRESENT_YES && !replicas(out->found) &&
		 (json_num(out->found, "status.replicas", 0) > 0 ||
		  json_num(out->found, "status.observedGeneration", 0) < json_num(out->found, "metadata.generation", 0)))
		out->presence = PRESENT_PENDING;
}

static bool has_image(const struct view *v, const cJSON *found)
{
	const cJSON *c, *image = json_at(v->spec, "image");
	cJSON_ArrayForEach(c, json_at(found, "spec.template.spec.containers"))
		if (!strcmp(json_str(c, "name", ""), json_str(v->spec, "container", "")))
			return cJSON_IsString(image) && !strcmp(json_str(c, "image", ""), image->valuestring);
	return false;
}

static void kubernetes_stop_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	bool runs = seen->found && replicas(seen->found) && !has_image(v, seen->found);
	cJSON *none = cJSON_CreateNumber(0);
	if (runs)
		change_add(out, "spec.replicas", json_at(seen->found, "spec.replicas"), none);
	out->verdict = runs ? VERDICT_UPDATE : VERDICT_KEEP;
	cJSON_Delete(none);
}

static const char *kubernetes_stop_downtime(const cJSON *spec, const struct change *c)
{
	(void)c;
	return json_bool(spec, "unsaved", false)
		   ? N_("The server does not answer from here on until the new one has started: three to ten minutes. No "
			"backup of "
			"the database is taken before: once its tables are changed, there is no way back to the older release.")
		   : N_("The server does not answer from here on until the new one has started: three to ten minutes.");
}

#define STOPPED "mlflow-setup/stopped"

/* Annotations of its own; the others are the controllers'. */
static cJSON *own_notes(const cJSON *found)
{
	cJSON *notes = cJSON_CreateObject();
	const cJSON *note;
	cJSON_ArrayForEach(note, json_at(found, "metadata.annotations"))
		if (text_starts(note->string, "mlflow-setup/") && strcmp(note->string, STOPPED) != 0)
			cJSON_AddStringToObject(notes, note->string, cJSON_IsString(note) ? note->valuestring : "");
	return notes;
}

static void scale(const struct view *v, const cJSON *found, int to, struct call *out)
{
	const cJSON *as_it_is = json_at(found, "spec");
	cJSON *spec = as_it_is ? cJSON_Duplicate(as_it_is, 1) : cJSON_CreateObject(), *notes = own_notes(found);
	if (!to)
		cJSON_AddStringToObject(notes, STOPPED, "true");
	json_put_num(spec, "replicas", to);
	json_drop(spec, "template.metadata.creationTimestamp");
	kubernetes_ask(v, "PATCH",
		       json_make("{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':%s,'namespace':%s,'labels':%j,"
				 "'annotations':%j},'spec':%j}",
				 json_str(found, "metadata.name", ""), json_str(found, "metadata.namespace", ""),
				 cJSON_Duplicate(json_at(found, "metadata.labels"), 1), notes, spec),
		       "?fieldManager=" KUBERNETES_MANAGER, out);
	out->content_type = xstrdup("application/apply-patch+yaml"); /* JSON is YAML */
}

static void kubernetes_stop_update(const struct view *v, const struct observation *seen, const struct change *change,
				   struct call *out)
{
	(void)change;
	scale(v, seen->found, 0, out);
}

/* There is nothing to stop where there is no Deployment: it is looked at again. */
static void kubernetes_stop_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	kubernetes_stop_observe(v, out);
}

static void kubernetes_stop_back(const struct view *v, const struct observation *seen, struct call *out)
{
	if (seen->found && !replicas(seen->found))
		scale(v, seen->found, 1, out);
}

static void put_option(struct buf *b, const char *option, const char *value)
{
	buf_printf(b, " %s=", option);
	escape_word(value, b);
}

/* kubectl as it reaches this cluster and no other, whatever it was last told to speak to. */
static void put_way(const struct view *v, struct buf *b)
{
	const char *file = json_str(v->spec, "kubeconfig", ""), *context = json_str(v->spec, "context", "");
	const cJSON *cluster = json_at(v->spec, "cluster");
	if (cluster) {
		buf_puts(b, "gcloud container clusters get-credentials ");
		escape_word(json_str(cluster, "name", ""), b);
		put_option(b, "--location", json_str(cluster, "location", ""));
		put_option(b, "--project", v->project);
		buf_puts(b, json_bool(cluster, "dns", false) ? " --dns-endpoint && " : " && ");
	}
	buf_puts(b, "kubectl");
	bool home = text_starts(file, "~/"); /* which a shell opens only where it is not quoted */
	buf_puts(b, home ? " --kubeconfig ~/" : *file ? " --kubeconfig " : "");
	if (*file)
		escape_word(home ? file + 2 : file, b);
	if (*context)
		put_option(b, "--context", context);
}

static char *kubernetes_stop_restart(const struct view *v, const struct observation *seen)
{
	if (seen && (!seen->found || replicas(seen->found)))
		return NULL;
	struct buf b = {0};
	put_way(v, &b);
	buf_puts(&b, " scale ");
	escape_word(v->name, &b);
	put_option(&b, "--replicas", "1");
	put_option(&b, "--namespace", json_str(seen ? seen->found : v->before, "metadata.namespace", ""));
	return buf_take(&b);
}

static bool kubernetes_stop_stopped(const struct observation *seen)
{
	return cJSON_HasObjectItem(json_at(seen->found, "metadata.annotations"), STOPPED);
}

const struct kind kind_kubernetes_stop = {
    .id = "kubernetes.stop",
    .title = N_("Stop of the Deployment"),
    .api = "container.googleapis.com",
    .part = PART_SERVER,
    .console_page = "kubernetes/workload/overview",
    .permissions = {.read = "container.clusters.connect container.deployments.get", .update = "container.deployments.update"},
    .outside = kubernetes_outside,
    .usual = 10,
    .slow = 40,
    .deadline = 600,
    .foresees = true,
    .observe = kubernetes_stop_observe,
    .decode = kubernetes_stop_decode,
    .compare = kubernetes_stop_compare,
    .downtime = kubernetes_stop_downtime,
    .create = kubernetes_stop_create,
    .update = kubernetes_stop_update,
    .back = kubernetes_stop_back,
    .restart = kubernetes_stop_restart,
    .stopped = kubernetes_stop_stopped,
    .terraform = {.none = "A server is stopped for an upgrade only."},
};
