/* The scale subresource: how many replicas an object of another kind has. */
#include "config.h"

#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

bool kubernetes_scales(const char *kind)
{
	return !strcmp(kind, "Deployment") || !strcmp(kind, "ReplicaSet") || !strcmp(kind, "StatefulSet");
}

cJSON *kubernetes_scale_of(const cJSON *doc)
{
	cJSON *scale = json_make(
	    "{'kind':'Scale','apiVersion':'autoscaling/v1','metadata':{'name':%s,'namespace':%s,'uid':%s,'resourceVersion':%s,"
	    "'creationTimestamp':%s},'spec':{},'status':{}}",
	    json_str(doc, "metadata.name", ""), json_str(doc, "metadata.namespace", ""), json_str(doc, "metadata.uid", ""),
	    json_str(doc, "metadata.resourceVersion", ""), json_str(doc, "metadata.creationTimestamp", ""));
	const cJSON *l;
	struct buf b = {0};
	if (json_num(doc, "spec.replicas", 0) > 0)
		json_put_num(scale, "spec.replicas", json_num(doc, "spec.replicas", 0));
	json_put_num(scale, "status.replicas", json_num(doc, "status.replicas", 0));
	cJSON_ArrayForEach(l, json_at(doc, "spec.selector.matchLabels"))
		buf_printf(&b, "%s%s=%s", b.len ? "," : "", l->string, l->valuestring);
	json_put_str(scale, "status.selector", buf_text(&b));
	buf_free(&b);
	return scale;
}

cJSON *kubernetes_scaled(const cJSON *doc, const cJSON *scale)
{
	cJSON *copy = cJSON_Duplicate(doc, true);
	json_put_num(copy, "spec.replicas", json_num(scale, "spec.replicas", 0));
	if (json_at(scale, "metadata.resourceVersion"))
		json_put_str(copy, "metadata.resourceVersion", json_str(scale, "metadata.resourceVersion", ""));
	return copy;
}
