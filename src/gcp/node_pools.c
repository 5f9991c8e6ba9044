/* The node pools of a GKE cluster that stands already. */
#include "config.h"
#include "gcp/node_pools.h"

#include "base/decimal.h"
#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVER "GKE_METADATA"

/* Does it make machines by itself? */
bool node_pools_grow(const cJSON *found)
{
	return json_bool(found, "autopilot.enabled", false) ||
	       json_bool(found, "autoscaling.enableNodeAutoprovisioning", false);
}

/* Is it 1.29 at least? Sidecars that start first and let a Job end are there from then on. A version that is not told is taken for one. */
bool node_pools_recent(const char *version)
{
	int major = 0, minor = 0;
	return sscanf(version, "%d.%d", &major, &minor) != 2 || major > 1 || (major == 1 && minor >= 29);
}

/* Why no pod of the stack comes onto a node pool; a later one is nearer to fitting. */
enum pool_fault {
	POOL_ANONYMOUS,
	POOL_OTHER, /* another kind of machine than the image is for */
	POOL_TAINTED,
	POOL_OLD,
	POOL_BLIND, /* its machines may not read the registry */
	POOL_SMALL,
	POOL_EMPTY,
	POOL_BROKEN,
	POOL_FITS
};

static bool is_other_machine(const cJSON *pool)
{
	static const char *const arm[] = {"t2a-", "c4a-", "n4a-", "a4x-"};
	const char *type = json_str(pool, "config.machineType", "");
	bool other = text_starts(json_str(pool, "config.imageType", ""), "WINDOWS");
	for (size_t i = 0; i < sizeof arm / sizeof *arm; i++)
		other |= text_starts(type, arm[i]);
	return other;
}

static bool is_tainted(const cJSON *pool)
{
	const cJSON *taint;
	cJSON_ArrayForEach(taint, json_at(pool, "config.taints"))
		if (strcmp(json_str(taint, "effect", ""), "PREFER_NO_SCHEDULE") != 0)
			return true;
	return false;
}

static bool reads_registry(const cJSON *pool)
{
	const cJSON *scope, *scopes = json_at(pool, "config.oauthScopes");
	cJSON_ArrayForEach(scope, scopes) {
		const char *name = cJSON_IsString(scope) ? scope->valuestring : "";
		if (text_ends(name, "/cloud-platform") || strstr(name, "/devstorage."))
			return true;
	}
	return !cJSON_GetArraySize(scopes);
}

/* What GKE leaves of a machine to pods (cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes): of processors all but 6 % of the first, 1 % of
 * the second, half a percent of the next two and a quarter of the others. */
static double cpus_left(int cpus)
{
	double kept = 0.06;
	for (int i = 2; i <= cpus; i++)
		kept += i == 2 ? 0.01 : i <= 4 ? 0.005 : 0.0025;
	return cpus - kept;
}

/* Of memory a quarter of the first 4 GiB, a fifth of the next 4, a tenth of the next 8, 6 % of the next 112, and what evictions wait for. */
static double memory_left(double gib)
{
	static const double steps[][2] = {{4, 0.25}, {4, 0.2}, {8, 0.1}, {112, 0.06}};
	double kept = 0.1, rest = gib;
	for (size_t i = 0; i < sizeof steps / sizeof *steps && rest > 0; i++) {
		kept += (rest < steps[i][0] ? rest : steps[i][0]) * steps[i][1];
		rest -= steps[i][0];
	}
	return gib - kept - (rest > 0 ? rest * 0.02 : 0);
}

/* Machines whose processors are shared leave less than half of them. */
static const struct {
	const char *type;
	double cpus, gib;
} shared[] = {
    {"f1-micro", 0.2, 0.6}, {"g1-small", 0.5, 1.7}, {"e2-micro", 0.94, 1}, {"e2-small", 0.94, 2}, {"e2-medium", 0.94, 4}};

/* GiB a processor, by the word in the type's name; 0 where that differs from series to series. */
static double gib_each(const char *type)
{
	bool first = text_starts(type, "n1-");
	return strstr(type, "-standard-") ? (first ? 3.75 : 4) : strstr(type, "-highmem-") ? (first ? 6.5 : 8) : 0;
}

/* Does a pod of the stack find no room even on an empty machine of the type? One whose size its name does not tell is taken to be large enough. */
static bool is_small(const cJSON *spec, const char *type)
{
	double cpus = json_num(spec, "cpu", 0), gib = json_num(spec, "memory", 0);
	const char *dash = strrchr(type, '-'), *custom = strstr(type, "custom-");
	bool told = dash && dash[1] && strspn(dash + 1, "0123456789") == strlen(dash + 1);
	int count = !told ? 0 : atoi(custom ? custom + strlen("custom-") : dash + 1);
	double all = custom && dash ? atof(dash + 1) / 1024 : gib_each(type) * count;
	for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
		if (!strcmp(type, shared[i].type))
			return cpus > shared[i].cpus || gib > memory_left(shared[i].gib);
	return count && (cpus > cpus_left(count) || (all > 0 && gib > memory_left(all)));
}

const char *node_pools_type(const cJSON *spec)
{
	static const char *const types[] = {"e2-standard-4", "e2-standard-8", "e2-standard-16", "e2-standard-32"};
	for (size_t i = 0; i + 1 < sizeof types / sizeof *types; i++)
		if (!is_small(spec, types[i]))
			return types[i];
	return types[sizeof types / sizeof *types - 1];
}

/* How many machines a pool has is told for all pools together alone. */
static bool is_empty(const cJSON *found, const cJSON *pool)
{
	return !json_num(pool, "initialNodeCount", 0) && !json_bool(pool, "autoscaling.enabled", false) &&
	       !json_num(found, "currentNodeCount", 0);
}

static enum pool_fault pool_fault(const cJSON *spec, const cJSON *found, const cJSON *pool)
{
	const char *status = json_str(pool, "status", "");
	return strcmp(json_str(pool, "config.workloadMetadataConfig.mode", ""), SERVER) != 0 ? POOL_ANONYMOUS
	       : is_other_machine(pool)                                                      ? POOL_OTHER
	       : is_tainted(pool)                                                            ? POOL_TAINTED
	       : !node_pools_recent(json_str(pool, "version", ""))                           ? POOL_OLD
	       : !reads_registry(pool)                                                       ? POOL_BLIND
	       : is_small(spec, json_str(pool, "config.machineType", ""))                    ? POOL_SMALL
	       : is_empty(found, pool)                                                       ? POOL_EMPTY
	       : !strcmp(status, "ERROR") || !strcmp(status, "STOPPING")                     ? POOL_BROKEN
											     : POOL_FITS;
}

/* What is wrong with the pool that is nearest to fitting, and the cure. */
static char *pool_words_at(const struct view *v, enum pool_fault fault, const cJSON *found_pool, const char *where)
{
	const char *pool = escape_name(json_str(found_pool, "name", ""), "POOL"), *cluster = v->name;
	char cpu[DECIMAL_SIZE], memory[DECIMAL_SIZE];
	switch (fault) {
	case POOL_OTHER:
		return xasprintf(
		    _("The machines of its node pool %s are no x86 machines with Linux, for which the image is made. Add "
		      "others: gcloud container node-pools create x86 --cluster=%s --location=%s "
		      "--workload-metadata=GKE_METADATA."),
		    pool, cluster, where);
	case POOL_TAINTED:
		return xasprintf(
		    _("Its node pool %s keeps pods away by a taint. Take the taint off, or add a pool without one: gcloud "
		      "container node-pools create mlflow --cluster=%s --location=%s "
		      "--workload-metadata=GKE_METADATA."),
		    pool, cluster, where);
	case POOL_OLD:
		return xasprintf(
		    _("The machines of its node pool %s run an older Kubernetes than 1.29, which is needed at least. "
		      "Upgrade them: gcloud container clusters upgrade %s --location=%s --node-pool=%s."),
		    pool, cluster, where, pool);
	case POOL_BLIND:
		return xasprintf(
		    _("The machines of its node pool %s may not read images, by their access scopes, which stay as they "
		      "are. Add a pool: gcloud container node-pools create mlflow --cluster=%s --location=%s "
		      "--scopes=cloud-platform --workload-metadata=GKE_METADATA."),
		    pool, cluster, where);
	case POOL_SMALL:
		return xasprintf(
		    _("The machines of its node pool %s (%s) are too small: the server asks for %s CPUs and %s GiB on one "
		      "machine. Add larger ones: gcloud container node-pools create mlflow --cluster=%s --location=%s "
		      "--machine-type=%s --workload-metadata=GKE_METADATA. Or ask for less in server.cpu and server.memory."),
		    pool, json_str(found_pool, "config.machineType", ""), decimal_short(json_num(v->spec, "cpu", 0), cpu),
		    decimal_short(json_num(v->spec, "memory", 0), memory), cluster, where, node_pools_type(v->spec));
	case POOL_EMPTY:
		return xasprintf(
		    _("Its node pool %s has no machines. Give it some: gcloud container clusters resize %s --location=%s "
		      "--node-pool=%s --num-nodes=2."),
		    pool, cluster, where, pool);
	case POOL_BROKEN:
		return xasprintf(
		    _("Its node pool %s is broken, or being deleted. See why: gcloud container node-pools describe %s "
		      "--cluster=%s --location=%s."),
		    pool, pool, cluster, where);
	default:
		return xasprintf(
		    _("None of its node pools gives pods their own identity. Switch it on for one: gcloud container "
		      "node-pools update %s --cluster=%s --location=%s --workload-metadata=GKE_METADATA."),
		    pool, cluster, where);
	}
}

/* The lines of gcloud's in it name the project, since gcloud may have another one as its own. */
static char *pool_words(const struct view *v, enum pool_fault fault, const cJSON *found_pool)
{
	char *where = xasprintf("%s --project=%s", json_str(v->spec, "location", ""), v->project);
	char *words = pool_words_at(v, fault, found_pool, where);
	free(where);
	return words;
}

/* The node pools, of which one has to fit; a cluster that makes machines by itself makes one. */
char *node_pools_unfit(const struct view *v, const cJSON *found)
{
	const cJSON *pool, *nearest = NULL;
	enum pool_fault best = POOL_ANONYMOUS;
	bool fits = node_pools_grow(found);
	cJSON_ArrayForEach(pool, json_at(found, "nodePools")) {
		enum pool_fault fault = pool_fault(v->spec, found, pool);
		fits |= fault == POOL_FITS;
		if (!nearest || fault > best) {
			nearest = pool;
			best = fault;
		}
	}
	return fits ? NULL : pool_words(v, best, nearest);
}
