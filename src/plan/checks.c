/* What makes an answer, or several together, impossible. Pure rules; sources are the numbers of the MLflow sheet's validators. */
#include "config.h"
#include "plan/checks.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Addresses ---------------------------------------------------------------------------------------------------------------------- */

static bool is_everybody(const char *value)
{
	return !strcasecmp(value, "allUsers") || !strcasecmp(value, "allAuthenticatedUsers") || !strcmp(value, "*");
}

const char *check_person(const struct answers *a, const char *value)
{
	(void)a;
	if (is_everybody(value))
		return N_("This would let everybody in. Name people, or a domain that you own.");
	for (const char *const *p = (const char *const[]){"user:", "group:", "serviceAccount:", "domain:", NULL}; *p; p++) {
		if (text_starts(value, *p))
			return N_("Write the address alone, without a prefix such as user: or group:.");
	}
	if (text_ends(value, "gserviceaccount.com"))
		return N_("This is a service account: list it under auth.service_accounts.");
	const char *at = strchr(value, '@');
	if (at && strchr(at + 1, '@'))
		return N_("An e-mail address has one @ only.");
	return NULL;
}

/* oauth2-proxy admits whoever proves an address of a listed domain; anyone can get one of these (MLflow sheet C7-12, F3-09). */
const char *check_domain(const struct answers *a, const char *value)
{
	(void)a;
	static const char *const open[] = {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", NULL};
	if (is_everybody(value))
		return N_("This would let everybody in. Name a domain that you own.");
	if (text_ends(value, "gserviceaccount.com"))
		return N_("This would let every service account of the world in. List single ones under auth.service_accounts.");
	if (strchr(value, '@'))
		return N_("This is an address: list it under auth.users. A domain is what follows the @.");
	for (const char *const *o = open; *o; o++) {
		if (!strcasecmp(value, *o))
			return N_("Anybody can have an address there. List single addresses under auth.users.");
	}
	return NULL;
}

const char *check_service_account(const struct answers *a, const char *value)
{
	(void)a;
	if (is_everybody(value))
		return N_("This would let everybody in. Name single service accounts.");
	if (text_ends(value, "@developer.gserviceaccount.com") || text_ends(value, "@appspot.gserviceaccount.com"))
		return N_("This is a default service account that much else shares. Make one for the client.");
	return NULL;
}

/* References to secrets ---------------------------------------------------------------------------------------------------------- */

const char *check_reference(const struct answers *a, const char *value)
{
	(void)a;
	if (text_starts(value, "GOCSPX-"))
		return N_("This is the secret itself. The file holds a reference only: prompt, env:NAME, file:PATH or secret:projects/...");
	if (text_starts(value, "secret:") && text_ends(value, "/versions/latest"))
		return N_("Name a version by its number: \"latest\" would change under a running server.");
	return NULL;
}

/* Versions ----------------------------------------------------------------------------------------------------------------------- */

static bool older_than(const char *value, int major, int minor, int patch)
{
	int x = 0, y = 0, z = 0;
	if (sscanf(value, "%d.%d.%d", &x, &y, &z) != 3)
		return false;
	if (x != major)
		return x < major;
	return y != minor ? y < minor : z < patch;
}

const char *check_mlflow_version(const struct answers *a, const char *value)
{
	(void)a;
	if (older_than(value, 3, 5, 0))
		return N_("MLflow before 3.5.0 does not check hosts and origins. Choose 3.5.0 or newer.");
	return NULL;
}

const char *check_proxy_version(const struct answers *a, const char *value)
{
	(void)a;
	if (older_than(value, 7, 15, 5))
		return N_("oauth2-proxy before 7.15.5 has known ways around sign-in (GHSA-63jm-59jj-478j and others). Choose 7.15.5 or newer.");
	return NULL;
}

/* Pairs (design.md 3) ------------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *target, *exposure, *modes; /* modes: ids, each between blanks */
} sense[] = {
	{"run", "service-url", " oauth2-proxy iap basic iam "},
	{"run", "domain", " oauth2-proxy iap basic "},
	{"gke", "domain", " oauth2-proxy iap basic "},
	{"gke", "internal", " iam "},
	{"appengine", "service-url", " oauth2-proxy iap basic "},
	{"appengine", "domain", " oauth2-proxy iap basic "},
	{"vm", "domain", " oauth2-proxy iap basic "},
	{"vm", "internal", " iap iam "},
};

static bool has_mode(const char *modes, const char *mode)
{
	const char *found = strstr(modes, mode);
	return found && found[-1] == ' ' && found[strlen(mode)] == ' ';
}

static bool makes_sense(const char *target, const char *exposure, const char *mode)
{
	for (size_t i = 0; i < sizeof sense / sizeof *sense; i++) {
		if (strcmp(sense[i].target, target) || (exposure && strcmp(sense[i].exposure, exposure)))
			continue;
		if (!mode || has_mode(sense[i].modes, mode))
			return true;
	}
	return false;
}

static const char *why_not_exposure(const char *target, const char *exposure)
{
	if (!strcmp(exposure, "service-url") && !strcmp(target, "gke"))
		return N_("A cluster has no web address of its own: it needs a domain, or stays internal.");
	if (!strcmp(exposure, "service-url"))
		return N_("A virtual machine has no web address of its own: it needs a domain, or stays internal.");
	return N_("This target is reached by its web address: there is no tunnel to it.");
}

static const char *why_not_mode(const char *target, const char *exposure, const char *mode)
{
	if (!strcmp(target, "appengine"))
		return N_("App Engine has no check of its own besides IAP: choose IAP.");
	if (!strcmp(mode, "iam"))
		return N_("IAM alone guards a tunnel here, not a web address: choose internal exposure, or another way to sign in.");
	if (exposure && !strcmp(exposure, "internal") && !strcmp(mode, "iap"))
		return N_("A cluster is reached by kubectl port-forward, which IAM guards: choose IAM.");
	return N_("A tunnel asks for the Google sign-in already: a second login behind it would have no address to return to.");
}

const char *pair_refused(const char *target, const char *exposure, const char *mode)
{
	if (exposure && !makes_sense(target, exposure, NULL))
		return why_not_exposure(target, exposure);
	if (mode && !makes_sense(target, exposure, mode))
		return why_not_mode(target, exposure, mode);
	return NULL;
}

/* Several together ---------------------------------------------------------------------------------------------------------------- */

static void check_people(const struct answers *a, problem_fn *found, void *arg)
{
	if (!cJSON_GetArraySize(answers_get(a, "auth.users")) && !cJSON_GetArraySize(answers_get(a, "auth.domains")))
		found(arg, "auth.users", _("Nobody could sign in: name at least one person or one domain."));
}

/* PostgreSQL connections that a tier allows by default: Cloud SQL's table by memory. */
static int tier_connections(const char *tier)
{
	int cpus, mb;
	if (!strcmp(tier, "db-f1-micro"))
		return 25;
	if (!strcmp(tier, "db-g1-small"))
		return 50;
	if (sscanf(tier, "db-custom-%d-%d", &cpus, &mb) != 2)
		return 100;
	return mb < 6144 ? 100 : mb < 7680 ? 200 : mb < 15360 ? 400 : 500;
}

/* At the peak each worker holds two engines of pool 2 + overflow 3, and each instance two more (C4-08); 60 % of what the database
 * allows leaves room for the migration and the next revision (F3-10). */
static void check_connections(const struct answers *a, problem_fn *found, void *arg)
{
	int instances = answers_int(a, "server.max_instances"), workers = answers_int(a, "server.workers");
	int need = instances * (workers * 2 * 5 + 2), room = tier_connections(answers_str(a, "database.tier")) * 6 / 10;
	if (need <= room)
		return;
	char *s = xasprintf(_("%d instances with %d workers may open %d database connections, but this tier has room for %d. "
			      "Choose a larger database.tier, or lower server.max_instances or server.workers."),
			    instances, workers, need, room);
	found(arg, "database.tier", s);
	free(s);
}

/* Resident memory by workers, jobs off (C10-06), and what Cloud Run allows for a number of CPUs. */
static void check_memory(const struct answers *a, problem_fn *found, void *arg)
{
	int gib = atoi(answers_str(a, "server.memory")), cpu = atoi(answers_str(a, "server.cpu")), workers = answers_int(a, "server.workers");
	if (workers > gib) {
		char *s = xasprintf(_("%d workers need %d GiB of memory: give more, or fewer workers."), workers, workers);
		found(arg, "server.memory", s);
		free(s);
	}
	if (gib > 4 && cpu < 2)
		found(arg, "server.cpu", _("More than 4 GiB of memory needs 2 CPUs or more on Cloud Run."));
	if (cpu >= 4 && gib < 2)
		found(arg, "server.memory", _("4 CPUs need 2 GiB of memory or more on Cloud Run."));
}

static void check_instances(const struct answers *a, problem_fn *found, void *arg)
{
	if (answers_int(a, "server.min_instances") > answers_int(a, "server.max_instances"))
		found(arg, "server.min_instances", _("The least number of instances is above the most."));
}

static void check_soft_delete(const struct answers *a, problem_fn *found, void *arg)
{
	int days = answers_int(a, "artifacts.soft_delete_days");
	if (days > 0 && days < 7)
		found(arg, "artifacts.soft_delete_days", _("Cloud Storage keeps deleted objects for 7 to 90 days, or 0 for not at all."));
}

void check_together(const struct answers *a, problem_fn *found, void *arg)
{
	check_people(a, found, arg);
	check_connections(a, found, arg);
	check_memory(a, found, arg);
	check_instances(a, found, arg);
	check_soft_delete(a, found, arg);
}
