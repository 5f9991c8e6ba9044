/* RBAC: what the roles that are bound to somebody let them do. */
#include "config.h"
#include "sim/api/kubernetes_access.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_pods.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define RBAC "rbac.authorization.k8s.io"

static bool lists(const cJSON *list, const char *word)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, list)
		if (!strcmp(one->valuestring, "*") || !strcmp(one->valuestring, word))
			return true;
	return false;
}

/* A subresource is a resource of its own: "pods/log". */
static bool rule_allows(const cJSON *rule, const struct kubernetes_wish *w)
{
	const char *resource = *w->sub ? sim_tmp("%s/%s", w->resource, w->sub) : w->resource;
	bool named = !json_at(rule, "resourceNames.0") || lists(json_at(rule, "resourceNames"), *w->name ? w->name : "\x01");
	return named && lists(json_at(rule, "verbs"), w->verb) && lists(json_at(rule, "apiGroups"), w->group) &&
	       lists(json_at(rule, "resources"), resource);
}

static bool role_allows(struct sim *s, const char *cluster, const cJSON *ref, const char *ns, const struct kubernetes_wish *w)
{
	bool whole = !strcmp(json_str(ref, "kind", ""), "ClusterRole");
	const struct sim_object *role = kubernetes_named(s, cluster, RBAC, whole ? "clusterroles" : "roles", whole ? "" : ns,
							 json_str(ref, "name", ""));
	const cJSON *rule;
	cJSON_ArrayForEach(rule, (role ? json_at(role->doc, "rules") : NULL))
		if (rule_allows(rule, w))
			return true;
	return false;
}

/* Is the user the subject: by name, as a service account, or in a group? */
static bool is_subject(const cJSON *subject, const char *user, const char *ns)
{
	static const char prefix[] = "system:serviceaccount:";
	const char *kind = json_str(subject, "kind", ""), *name = json_str(subject, "name", "");
	bool account = text_starts(user, prefix);
	if (!strcmp(kind, "User"))
		return !strcmp(name, user);
	if (!strcmp(kind, "ServiceAccount"))
		return !strcmp(user, sim_tmp("%s%s:%s", prefix, json_str(subject, "namespace", ns), name));
	if (strcmp(kind, "Group"))
		return false;
	const char *home = account ? sim_tmp("%.*s", (int)strcspn(user + strlen(prefix), ":"), user + strlen(prefix)) : "";
	return !strcmp(name, "system:authenticated") ||
	       (account &&
		(!strcmp(name, "system:serviceaccounts") || !strcmp(name, sim_tmp("system:serviceaccounts:%s", home))));
}

static bool bound(struct sim *s, const char *cluster, const char *plural, const char *ns, const char *user,
		  const struct kubernetes_wish *w)
{
	const char *prefix = kubernetes_prefix(cluster, RBAC, plural, ns);
	const cJSON *subject;
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = sim_following(s, o, prefix))
		cJSON_ArrayForEach(subject, json_at(o->doc, "subjects"))
			if (is_subject(subject, user, ns) && role_allows(s, cluster, json_at(o->doc, "roleRef"), ns, w))
				return true;
	return false;
}

bool kubernetes_bound(struct sim *s, const char *cluster, const char *user, const struct kubernetes_wish *w)
{
	return bound(s, cluster, "clusterrolebindings", "", user, w) ||
	       (*w->ns && bound(s, cluster, "rolebindings", w->ns, user, w));
}
