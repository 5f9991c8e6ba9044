/* A cluster that stands wherever it is, by a context of a kubeconfig file: looked at before anything is made, never created, changed or deleted. What keeps
 * the stack from living in it is a refusal that says the cure.
 * spec: {"kubeconfig","context"}; name is the context's, for the operator. Outputs: issuer (of its service accounts' tokens), jwks (the keys that sign them, a JSON text). */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"
#include "gcp/kubernetes_shared.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void context_observe(const struct view *v, struct call *out)
{
	kubernetes_begin_context(v, "GET", NULL, out);
	call_tail(out, "/version");
}

static void context_observe_more(const struct view *v, const struct observation *seen, struct call *out)
{
	bool discovered = json_at(seen->found, "discovery");
	if (seen->presence != PRESENT_YES || json_at(seen->found, "keys"))
		return;
	kubernetes_begin_context(v, "GET", NULL, out);
	call_tail(out, discovered ? "/openid/v1/jwks" : "/.well-known/openid-configuration");
}

/* A server that knows no /version is another one, and no sign that the cluster is gone: what stands in it is not known then. */
static void context_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	if (http == 404) {
		kind_say(out, PRESENT_UNKNOWN, "%s", _("What answers there is no API server of Kubernetes."));
		return;
	}
	given_decode(v, http, reply, NULL, out);
	if (out->presence == PRESENT_YES && !json_str(reply, "gitVersion", NULL))
		kind_say(out, PRESENT_FAILED, "%s", _("What answers there is no API server of Kubernetes."));
}

/* Who may not see how tokens are signed is told how it is let in. */
static void context_decode_more(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	bool discovered = json_at(out->found, "discovery");
	if (http == 403)
		kind_say(
		    out, PRESENT_FAILED,
		    _("Its user may not read how the cluster signs its service accounts' tokens, which Google has to know. A "
		      "cluster-admin lets in whoever signs in: kubectl --context=%s create clusterrolebinding issuer-discovery "
		      "--clusterrole=system:service-account-issuer-discovery --group=system:authenticated"),
		    v->name);
	else if (http != 200)
		kind_decode_plain(v, http ? http : 500, reply, out);
	else
		json_put(out->found, discovered ? "keys" : "discovery", cJSON_Duplicate(reply, true));
	if (http != 200 || !discovered)
		return;
	char *keys = json_text(reply, -1);
	json_put_str(out->outputs, "issuer", json_str(out->found, "discovery.issuer", ""));
	json_put_str(out->outputs, "jwks", keys);
	free(keys);
}

/* Does it fit? -------------------------------------------------------------------------------------------------------------- */

/* Sidecars that start first and let a Job end are there from 1.29 on. */
static char *context_too_old(const struct view *v, const cJSON *found)
{
	const char *version = json_str(found, "gitVersion", "");
	int major = 0, minor = 0;
	bool old = sscanf(version, "v%d.%d", &major, &minor) == 2 && (major < 1 || (major == 1 && minor < 29));
	(void)v;
	return old ? xasprintf(_("It runs Kubernetes %s, and 1.29 is needed at least: upgrade it."), version) : NULL;
}

#define GKE_ISSUER "https://container.googleapis.com/v1/projects/"

/* One of the project's own clusters is better taken by its name: it has Workload Identity, its machines pull from the project's registry, and it may have a
 * web address. */
static char *context_is_own(const struct view *v, const cJSON *found)
{
	const char *issuer = json_str(found, "discovery.issuer", "");
	char *own = xasprintf(GKE_ISSUER "%s/", v->project), location[64], name[64];
	bool is = text_starts(issuer, own) &&
		  sscanf(issuer + strlen(own), "locations/%63[^/]/clusters/%63[^/]", location, name) == 2;
	free(own);
	return is ? xasprintf(
			_("It is this project's own cluster %s in %s. Take it by its name, which needs no kubeconfig file: "
			  "gke.cluster=existing, gke.name=%s, gke.location=%s."),
			name, location, name, location)
		  : NULL;
}

static char *context_has_no_issuer(const struct view *v, const cJSON *found)
{
	const char *issuer = json_str(found, "discovery.issuer", "");
	(void)v;
	return text_starts(issuer, "https://")
		   ? NULL
		   : xasprintf(_("The issuer of its service accounts' tokens is \"%s\": Google takes only one that begins with "
				 "https:// (the API server's --service-account-issuer)."),
			       issuer);
}

static void context_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	static char *(*const rules[])(const struct view *v, const cJSON *found) = {context_too_old, context_is_own,
										   context_has_no_issuer};
	given_compare(v, seen, out);
	for (size_t i = 0; i < sizeof rules / sizeof *rules && out->verdict == VERDICT_KEEP && seen->presence == PRESENT_YES;
	     i++)
		if ((out->reason = rules[i](v, seen->found)))
			out->verdict = VERDICT_REFUSE;
}

static bool context_outside(const cJSON *spec)
{
	(void)spec;
	return true;
}

const struct kind kind_context = {
    .id = "kubernetes.context",
    .title = N_("Kubernetes context"),
    .part = PART_SERVER,
    .outside = context_outside,
    .usual = 1,
    .slow = 3,
    .deadline = 120,
    .observe = context_observe,
    .observe_more = context_observe_more,
    .decode = context_decode,
    .decode_more = context_decode_more,
    .compare = context_compare,
    .stays = GIVEN_STAYS,
    .terraform = {.none = "It is no resource of Google's."},
};
