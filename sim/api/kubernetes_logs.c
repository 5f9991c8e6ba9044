/* pods/log: what a container has written, as the API server hands it out; and what it writes while somebody listens. */
#include "config.h"
#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_pods.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const cJSON *status_of(const cJSON *pod, const char *container)
{
	static const char *const lists[] = {"status.containerStatuses", "status.initContainerStatuses"};
	const cJSON *c;
	for (size_t i = 0; i < 2; i++)
		cJSON_ArrayForEach(c, json_at(pod, lists[i]))
			if (!strcmp(json_str(c, "name", ""), container))
				return c;
	return NULL;
}

static bool has_container(const cJSON *pod, const char *name)
{
	static const char *const lists[] = {"spec.containers", "spec.initContainers"};
	const cJSON *c;
	for (size_t i = 0; i < 2; i++)
		cJSON_ArrayForEach(c, json_at(pod, lists[i]))
			if (!strcmp(json_str(c, "name", ""), name))
				return true;
	return false;
}

static void names(struct buf *b, const cJSON *list)
{
	const cJSON *c;
	cJSON_ArrayForEach(c, list)
		buf_printf(b, "%s%s", c == list->child ? "" : " ", json_str(c, "name", ""));
}

/* The container that is meant, or NULL after a 400. */
static const char *chosen(struct kubernetes_call *k, const cJSON *pod)
{
	const char *name = sim_param(k->c, "container");
	struct buf b = {0};
	if (*name && has_container(pod, name))
		return name;
	if (!*name && !json_at(pod, "spec.containers.1"))
		return json_str(pod, "spec.containers.0.name", "");
	if (*name) {
		kubernetes_fail(k, 400, "BadRequest", NULL, "container %s is not valid for pod %s", name, k->name);
		return NULL;
	}
	buf_puts(&b, "choose one of: [");
	names(&b, json_at(pod, "spec.containers"));
	buf_puts(&b, "]");
	if (json_at(pod, "spec.initContainers.0")) {
		buf_puts(&b, " or one of the init containers: [");
		names(&b, json_at(pod, "spec.initContainers"));
		buf_puts(&b, "]");
	}
	kubernetes_fail(k, 400, "BadRequest", NULL, "a container name must be specified for pod %s, %s", k->name, buf_text(&b));
	buf_free(&b);
	return NULL;
}

/* Why there is no log yet, as kubelets say it; NULL when there is one. */
static const char *absent(const cJSON *pod, const cJSON *status, const char *container, bool previous)
{
	const char *name = json_str(pod, "metadata.name", ""),
		   *waits = json_str(status, "state.waiting.reason", "ContainerCreating");
	if (previous)
		return json_at(status, "lastState.terminated")
			   ? NULL
			   : sim_tmp("previous terminated container \"%s\" in pod \"%s\" not found", container, name);
	if (json_at(status, "state.running") || json_at(status, "state.terminated") || json_at(status, "lastState.terminated"))
		return NULL;
	return sim_tmp("container \"%s\" in pod \"%s\" is waiting to start: %s", container, name,
		       !strcmp(waits, "ErrImagePull")       ? "image can't be pulled"
		       : !strcmp(waits, "ImagePullBackOff") ? "trying and failing to pull image"
							    : waits);
}

static void put_line(struct buf *out, const cJSON *entry, bool timestamps)
{
	if (timestamps)
		buf_printf(out, "%s ", json_str(entry, "time", ""));
	buf_printf(out, "%s\n", json_str(entry, "line", ""));
}

/* Following. -------------------------------------------------------------------------------------------------------------------- */
struct follower {
	char *key, *uid, *container;
	int told;      /* lines of this run */
	double starts; /* which run it is */
	bool timestamps;
};

static const cJSON *run_of(const struct sim_object *pod, const char *container)
{
	return cJSON_GetObjectItemCaseSensitive(json_at(pod->hidden, "containers"), container);
}

static bool logs_more(struct sim *s, void *state, struct buf *out)
{
	struct follower *f = state;
	const struct sim_object *pod = sim_get(s, KUBERNETES_OBJECTS, f->key);
	if (!pod || strcmp(kubernetes_uid(pod), f->uid))
		return false;
	const cJSON *lines = json_at(cJSON_GetObjectItemCaseSensitive(json_at(pod->hidden, "logs"), f->container), "now");
	bool same = json_num(run_of(pod, f->container), "starts", 0) == f->starts;
	for (const cJSON *l = same && lines ? cJSON_GetArrayItem(lines, f->told) : NULL; l; l = l->next, f->told++)
		put_line(out, l, f->timestamps);
	return same && json_at(status_of(pod->doc, f->container), "state.running");
}

static void logs_end(void *state)
{
	struct follower *f = state;
	free(f->key);
	free(f->uid);
	free(f->container);
	free(f);
}

/* Answering. -------------------------------------------------------------------------------------------------------------------- */
void kubernetes_log(struct kubernetes_call *k, const struct sim_object *pod)
{
	const char *container = chosen(k, pod->doc), *tail = sim_param(k->c, "tailLines"),
		   *since = sim_param(k->c, "sinceTime");
	bool previous = sim_param_bool(k->c, "previous"), timestamps = sim_param_bool(k->c, "timestamps");
	if (!container)
		return;
	const cJSON *status = status_of(pod->doc, container), *l;
	const char *why = absent(pod->doc, status, container, previous);
	if (why) {
		kubernetes_fail(k, 400, "BadRequest", NULL, "%s", why);
		return;
	}
	/* One that waits to be started again shows what it has written last either way. */
	const cJSON *logs = cJSON_GetObjectItemCaseSensitive(json_at(pod->hidden, "logs"), container);
	const cJSON *lines = json_at(logs, previous && !json_at(status, "state.waiting") ? "previous" : "now");
	int count = cJSON_GetArraySize(lines), from = *tail && atoi(tail) < count ? count - atoi(tail) : 0, n = 0;
	struct buf b = {0};
	char after[40] = "";
	if (*sim_param(k->c, "sinceSeconds"))
		text_rfc3339(sim_wall(k->c->sim) - atof(sim_param(k->c, "sinceSeconds")), 0, after);
	since = *after ? after : since;
	cJSON_ArrayForEach(l, lines)
		if (n++ >= from && strcmp(json_str(l, "time", ""), since) >= 0)
			put_line(&b, l, timestamps);
	size_t most = *sim_param(k->c, "limitBytes") ? (size_t)atol(sim_param(k->c, "limitBytes")) : b.len;
	sim_bytes(k->c, 200, "text/plain", buf_text(&b), most < b.len ? most : b.len);
	buf_free(&b);
	if (!sim_param_bool(k->c, "follow") || !json_at(status, "state.running"))
		return;
	struct follower *f = xcalloc(1, sizeof *f);
	*f = (struct follower){xstrdup(pod->key),
			       xstrdup(kubernetes_uid(pod)),
			       xstrdup(container),
			       count,
			       json_num(run_of(pod, container), "starts", 0),
			       timestamps};
	k->c->reply->stream = (struct sim_stream){.more = logs_more, .end = logs_end, .state = f};
}
