/* Pod Security Standards: what of a pod's spec the levels "baseline" and "restricted" forbid, in the words of Kubernetes' own admission. */
#include "config.h"
#include "sim/api/kubernetes_admission.h"

#include "sim/api/serving.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"

#include <string.h>

/* Names that a check finds fault with, as "\"a\", \"b\"". */
struct found {
	struct buf names;
	int count;
};

static void find(struct found *f, const char *name)
{
	buf_printf(&f->names, "%s\"%s\"", f->count++ ? ", " : "", name);
}

static const char *containers(const struct found *f)
{
	return sim_tmp("container%s %s", f->count > 1 ? "s" : "", buf_text(&f->names));
}

/* Calls fn of every container, the init containers first. */
static void visit(const cJSON *spec, struct found *f, void (*fn)(const cJSON *spec, const cJSON *c, struct found *f))
{
	static const char *const lists[] = {"initContainers", "containers", "ephemeralContainers"};
	const cJSON *c;
	for (size_t i = 0; i < 3; i++)
		cJSON_ArrayForEach(c, json_at(spec, lists[i]))
			fn(spec, c, f);
}

static void say(struct buf *out, const char *reason, const char *detail)
{
	buf_printf(out, "%s%s (%s)", out->len ? ", " : "", reason, detail);
}

static bool lists(const cJSON *list, const char *const *names)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, list) {
		const char *const *n = names;
		while (*n && strcmp(*n, one->valuestring))
			n++;
		if (!*n)
			return false;
	}
	return true;
}

/* Baseline. ---------------------------------------------------------------------------------------------------------------------- */
static void privileged(const cJSON *spec, const cJSON *c, struct found *f)
{
	(void)spec;
	if (json_bool(c, "securityContext.privileged", false))
		find(f, json_str(c, "name", ""));
}

static void host_port(const cJSON *spec, const cJSON *c, struct found *f)
{
	const cJSON *p;
	(void)spec;
	cJSON_ArrayForEach(p, json_at(c, "ports"))
		if (json_num(p, "hostPort", 0) > 0) {
			find(f, json_str(c, "name", ""));
			return;
		}
}

static void added_capabilities(const cJSON *spec, const cJSON *c, struct found *f)
{
	static const char *const fine[] = {"AUDIT_WRITE", "CHOWN",  "DAC_OVERRIDE",     "FOWNER",  "FSETID",
					   "KILL",        "MKNOD",  "NET_BIND_SERVICE", "SETFCAP", "SETGID",
					   "SETPCAP",     "SETUID", "SYS_CHROOT",       NULL};
	(void)spec;
	if (!lists(json_at(c, "securityContext.capabilities.add"), fine))
		find(f, json_str(c, "name", ""));
}

static void baseline(const cJSON *spec, bool restricted, struct buf *out)
{
	struct found f = {.count = 0};
	struct buf hosts = {0};
	static const char *const namespaces[] = {"hostNetwork", "hostPID", "hostIPC"};
	const cJSON *v;
	visit(spec, &f, added_capabilities);
	if (f.count && !restricted)
		say(out, "non-default capabilities",
		    sim_tmp("%s must not include forbidden ones in securityContext.capabilities.add", containers(&f)));
	buf_free(&f.names);
	f = (struct found){.count = 0};
	for (size_t i = 0; i < 3; i++)
		if (json_bool(spec, namespaces[i], false))
			buf_printf(&hosts, "%s%s=true", hosts.len ? ", " : "", namespaces[i]);
	if (hosts.len)
		say(out, "host namespaces", buf_text(&hosts));
	buf_free(&hosts);
	cJSON_ArrayForEach(v, json_at(spec, "volumes"))
		if (json_at(v, "hostPath"))
			find(&f, json_str(v, "name", ""));
	if (f.count && !restricted)
		say(out, "hostPath volumes", sim_tmp("volume%s %s", f.count > 1 ? "s" : "", buf_text(&f.names)));
	buf_free(&f.names);
	f = (struct found){.count = 0};
	visit(spec, &f, host_port);
	if (f.count)
		say(out, "hostPort", sim_tmp("%s use%s hostPort", containers(&f), f.count > 1 ? "" : "s"));
	buf_free(&f.names);
	f = (struct found){.count = 0};
	visit(spec, &f, privileged);
	if (f.count)
		say(out, "privileged", sim_tmp("%s must not set securityContext.privileged=true", containers(&f)));
	buf_free(&f.names);
}

/* Restricted. -------------------------------------------------------------------------------------------------------------------- */
static void may_escalate(const cJSON *spec, const cJSON *c, struct found *f)
{
	(void)spec;
	if (json_bool(c, "securityContext.allowPrivilegeEscalation", true))
		find(f, json_str(c, "name", ""));
}

static void keeps_capabilities(const cJSON *spec, const cJSON *c, struct found *f)
{
	const cJSON *d;
	(void)spec;
	cJSON_ArrayForEach(d, json_at(c, "securityContext.capabilities.drop"))
		if (!strcmp(d->valuestring, "ALL"))
			return;
	find(f, json_str(c, "name", ""));
}

static void adds_capabilities(const cJSON *spec, const cJSON *c, struct found *f)
{
	static const char *const fine[] = {"NET_BIND_SERVICE", NULL};
	(void)spec;
	if (!lists(json_at(c, "securityContext.capabilities.add"), fine))
		find(f, json_str(c, "name", ""));
}

static void says_root(const cJSON *spec, const cJSON *c, struct found *f)
{
	(void)spec;
	if (cJSON_IsFalse(json_at(c, "securityContext.runAsNonRoot")))
		find(f, json_str(c, "name", ""));
}

static void may_be_root(const cJSON *spec, const cJSON *c, struct found *f)
{
	if (!json_at(c, "securityContext.runAsNonRoot") && !json_bool(spec, "securityContext.runAsNonRoot", false))
		find(f, json_str(c, "name", ""));
}

static void is_user_0(const cJSON *spec, const cJSON *c, struct found *f)
{
	(void)spec;
	if (json_at(c, "securityContext.runAsUser") && json_num(c, "securityContext.runAsUser", 1) == 0)
		find(f, json_str(c, "name", ""));
}

static bool profile_is_fine(const char *type)
{
	return !strcmp(type, "RuntimeDefault") || !strcmp(type, "Localhost");
}

static void bad_profile(const cJSON *spec, const cJSON *c, struct found *f)
{
	const char *type = json_str(c, "securityContext.seccompProfile.type", "");
	(void)spec;
	if (*type && !profile_is_fine(type))
		find(f, json_str(c, "name", ""));
}

static void no_profile(const cJSON *spec, const cJSON *c, struct found *f)
{
	if (!json_at(c, "securityContext.seccompProfile.type") &&
	    !profile_is_fine(json_str(spec, "securityContext.seccompProfile.type", "")))
		find(f, json_str(c, "name", ""));
}

/* One of the checks of the pod and of each container: "pod and container \"a\" must not set ...". */
static void both(const cJSON *spec, bool pod, void (*fn)(const cJSON *spec, const cJSON *c, struct found *f),
		 const char *reason, const char *what, struct buf *out)
{
	struct found f = {.count = 0};
	visit(spec, &f, fn);
	if (pod || f.count)
		say(out, reason,
		    sim_tmp("%s%s%s %s", pod ? "pod" : "", pod && f.count ? " and " : "", f.count ? containers(&f) : "", what));
	buf_free(&f.names);
}

static void each(const cJSON *spec, void (*fn)(const cJSON *spec, const cJSON *c, struct found *f), const char *reason,
		 const char *before, const char *what, struct buf *out)
{
	struct found f = {.count = 0};
	visit(spec, &f, fn);
	if (f.count)
		say(out, reason, sim_tmp("%s%s %s", before, containers(&f), what));
	buf_free(&f.names);
}

static void capabilities(const cJSON *spec, struct buf *out)
{
	struct found kept = {.count = 0}, added = {.count = 0};
	visit(spec, &kept, keeps_capabilities);
	visit(spec, &added, adds_capabilities);
	const char *drop = kept.count ? sim_tmp("%s must set securityContext.capabilities.drop=[\"ALL\"]", containers(&kept))
				      : "";
	const char *add =
	    added.count ? sim_tmp("%s must not include others than \"NET_BIND_SERVICE\" in securityContext.capabilities.add",
				  containers(&added))
			: "";
	if (kept.count || added.count)
		say(out, "unrestricted capabilities", sim_tmp("%s%s%s", drop, kept.count && added.count ? "; " : "", add));
	buf_free(&kept.names);
	buf_free(&added.names);
}

static void volumes(const cJSON *spec, struct buf *out)
{
	static const char *const fine[] = {
	    "configMap", "csi",    "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
	    "projected", "secret", "name",        NULL};
	struct found f = {.count = 0}, types = {.count = 0};
	const cJSON *v, *m;
	cJSON_ArrayForEach(v, json_at(spec, "volumes"))
		cJSON_ArrayForEach(m, v) {
			const char *const *n = fine;
			while (*n && strcmp(*n, m->string))
				n++;
			if (*n)
				continue;
			find(&f, json_str(v, "name", ""));
			if (!strstr(buf_text(&types.names), sim_tmp("\"%s\"", m->string)))
				find(&types, m->string);
		}
	if (f.count)
		say(out, "restricted volume types",
		    sim_tmp("volume%s %s use%s restricted volume type%s %s", f.count > 1 ? "s" : "", buf_text(&f.names),
			    f.count > 1 ? "" : "s", types.count > 1 ? "s" : "", buf_text(&types.names)));
	buf_free(&f.names);
	buf_free(&types.names);
}

static void restricted(const cJSON *spec, struct buf *out)
{
	size_t before = out->len;
	const char *type = json_str(spec, "securityContext.seccompProfile.type", "");
	each(spec, may_escalate, "allowPrivilegeEscalation != false", "",
	     "must set securityContext.allowPrivilegeEscalation=false", out);
	capabilities(spec, out);
	volumes(spec, out);
	before = out->len;
	both(spec, cJSON_IsFalse(json_at(spec, "securityContext.runAsNonRoot")), says_root, "runAsNonRoot != true",
	     "must not set securityContext.runAsNonRoot=false", out);
	if (out->len == before)
		each(spec, may_be_root, "runAsNonRoot != true", "pod or ", "must set securityContext.runAsNonRoot=true", out);
	both(spec, json_at(spec, "securityContext.runAsUser") && json_num(spec, "securityContext.runAsUser", 1) == 0, is_user_0,
	     "runAsUser=0", "must not set runAsUser=0", out);
	before = out->len;
	both(spec, *type && !profile_is_fine(type), bad_profile, "seccompProfile",
	     sim_tmp("must not set securityContext.seccompProfile.type to \"%s\"", *type ? type : "Unconfined"), out);
	if (out->len == before)
		each(spec, no_profile, "seccompProfile", "pod or ",
		     "must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"", out);
}

char *kubernetes_security_violations(const cJSON *spec, const char *level)
{
	struct buf out = {0};
	bool strict = !strcmp(level, "restricted");
	if (strict || !strcmp(level, "baseline"))
		baseline(spec, strict, &out);
	if (strict)
		restricted(spec, &out);
	return out.len ? buf_take(&out) : NULL;
}
