/* Events of a cluster: what its components tell of objects; what is told again is counted, as their recorders do. */
#include "config.h"
#include "sim/api/kubernetes_pods.h"

#include "sim/api/kubernetes.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct told {
	const char *ns, *name, *uid, *path, *type, *reason, *message, *component;
};

/* The event that tells the very same, or NULL. */
static struct sim_object *before(struct sim *s, const char *cluster, const struct told *t)
{
	const char *prefix = sim_tmp("%s%s.", kubernetes_prefix(cluster, "", "events", t->ns), t->name);
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = sim_following(s, o, prefix))
		if (!strcmp(json_str(o->doc, "reason", ""), t->reason) &&
		    !strcmp(json_str(o->doc, "message", ""), t->message) &&
		    !strcmp(json_str(o->doc, "involvedObject.uid", ""), t->uid) &&
		    !strcmp(json_str(o->doc, "involvedObject.fieldPath", ""), t->path) &&
		    !strcmp(json_str(o->doc, "type", ""), t->type) &&
		    !strcmp(json_str(o->doc, "source.component", ""), t->component))
			return o;
	return NULL;
}

static void tell(struct sim *s, const char *cluster, const cJSON *about, const char *path, const char *type, const char *reason,
		 const char *message, const char *component)
{
	const char *now = sim_stamp(s, 0);
	const struct sim_object *state = sim_get(s, "kubernetes.state", cluster);
	/* By the time, and in their order within it. */
	unsigned long long moment = (unsigned long long)(sim_wall(s) * 1e9) +
				    (unsigned long long)(state ? json_num(state->doc, "version", 0) : 0);
	struct told t = {json_str(about, "metadata.namespace", "default"),
			 json_str(about, "metadata.name", ""),
			 json_str(about, "metadata.uid", ""),
			 path,
			 type,
			 reason,
			 message,
			 component};
	struct sim_object *same = before(s, cluster, &t);
	if (same) {
		json_put_num(same->doc, "count", json_num(same->doc, "count", 1) + 1);
		json_put_str(same->doc, "lastTimestamp", now);
		kubernetes_touch(s, cluster, same->doc);
		return;
	}
	cJSON *doc = json_make(
	    "{'metadata':{'name':%s},'involvedObject':{'apiVersion':%s,'kind':%s,'name':%s,'uid':%s,'resourceVersion':%s},'"
	    "reason':%s,'message':%s,"
	    "'type':%s,'count':1,'firstTimestamp':%s,'lastTimestamp':%s,'source':{'component':%s},'reportingComponent':%s}",
	    sim_tmp("%s.%016llx", t.name, moment), json_str(about, "apiVersion", ""), json_str(about, "kind", ""), t.name,
	    t.uid, json_str(about, "metadata.resourceVersion", ""), reason, message, type, now, now, component, component);
	if (json_at(about, "metadata.namespace"))
		json_put_str(doc, "involvedObject.namespace", t.ns);
	if (*path)
		json_put_str(doc, "involvedObject.fieldPath", path);
	if (!strcmp(component, "kubelet") && json_at(about, "spec.nodeName")) {
		json_put_str(doc, "source.host", json_str(about, "spec.nodeName", ""));
		json_put_str(doc, "reportingInstance", json_str(about, "spec.nodeName", ""));
	}
	kubernetes_put(s, cluster, "", "v1", "events", t.ns, doc);
}

void kubernetes_event_by(struct sim *s, const char *cluster, const cJSON *about, const char *type, const char *reason,
			 const char *message, const char *component)
{
	tell(s, cluster, about, "", type, reason, message, component);
}

void kubernetes_event(struct sim *s, const char *cluster, const cJSON *about, const char *type, const char *reason,
		      const char *message)
{
	tell(s, cluster, about, "", type, reason, message, "kubelet");
}

void kubernetes_container_event(struct sim *s, const char *cluster, const cJSON *pod, const char *list, const char *container,
				const char *type, const char *reason, const char *message)
{
	tell(s, cluster, pod, sim_tmp("spec.%s{%s}", list, container), type, reason, message, "kubelet");
}
