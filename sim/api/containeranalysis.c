/* containeranalysis.googleapis.com v1: what is known of images. While the Container Scanning API is on, each image in Artifact
 * Registry has an occurrence of kind DISCOVERY that says that it was scanned; no vulnerability is ever found here, and nobody
 * attests anything. */
#include "config.h"
#include "sim/api/filter.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

#define OCCURRENCES "containeranalysis.occurrences"
#define NOTE "projects/goog-analysis/notes/PACKAGE_VULNERABILITY"

/* An image's occurrence, named by the image. */
static const char *name_of(const char *project, const char *image)
{
	const char *hash = sim_sha256(image, strlen(image)) + strlen("sha256:");
	return sim_tmp("projects/%s/occurrences/%.8s-%.4s-%.4s-%.4s-%.12s", project, hash, hash + 8, hash + 12, hash + 16,
		       hash + 20);
}

/* Writes down what the scanner has seen since. */
static void scan(struct sim *s, const char *project)
{
	const char *prefix = sim_tmp("projects/%s/", project);
	for (struct sim_object *o = sim_first(s, "artifactregistry.dockerImages", prefix);
	     o && sim_service_on(s, project, "containerscanning.googleapis.com"); o = sim_following(s, o, prefix)) {
		const char *key = name_of(project, o->key), *when = json_str(o->doc, "uploadTime", "");
		if (sim_get(s, OCCURRENCES, key))
			continue;
		struct sim_object *found = sim_put(
		    s, OCCURRENCES, key,
		    json_make("{'name':%s,'resourceUri':%s,'noteName':'" NOTE
			      "','kind':'DISCOVERY','createTime':%s,'updateTime':%s,'discovery':{'continuousAnalysis':"
			      "'ACTIVE','analysisStatus':'FINISHED_SUCCESS','lastScanTime':%s}}",
			      key, sim_tmp("https://%s", json_str(o->doc, "uri", "")), when, when, when));
		json_put_str(found->hidden, "image", o->key);
	}
}

/* An image that is gone takes what was known of it along. */
static bool containeranalysis_there(const struct sim_call *c, const struct sim_object *o)
{
	return sim_get(c->sim, "artifactregistry.dockerImages", json_str(o->hidden, "image", "")) != NULL;
}

/* Filters call the image resourceUrl, replies resourceUri. */
static bool fits(const struct sim_call *c, const struct sim_object *o)
{
	bool bad;
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	json_put_str(doc, "resourceUrl", json_str(doc, "resourceUri", ""));
	bool fit = filter_fits(sim_param(c, "filter"), doc, &bad);
	cJSON_Delete(doc);
	return fit && containeranalysis_there(c, o);
}

static bool filter_ok(struct sim_call *c)
{
	bool bad;
	cJSON *nothing = cJSON_CreateObject();
	filter_fits(sim_param(c, "filter"), nothing, &bad);
	cJSON_Delete(nothing);
	if (bad)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "invalid filter: %s", sim_param(c, "filter"));
	return !bad;
}

static void occurrence_list(struct sim_call *c)
{
	if (!filter_ok(c))
		return;
	scan(c->sim, c->project);
	sim_list(c, OCCURRENCES, sim_tmp("projects/%s/occurrences/", c->project), "occurrences", fits, NULL);
}

static void occurrence_get(struct sim_call *c)
{
	scan(c->sim, c->project);
	resource_get(c);
}

static void containeranalysis_note(struct sim_call *c)
{
	scan(c->sim, c->project);
	if (resource_find(c, c->api->resources))
		sim_ok(c, json_make("{'name':'" NOTE "','kind':'DISCOVERY','shortDescription':'Vulnerability "
				    "discovery','discovery':{'analysisKind':'VULNERABILITY'}}"));
}

/* Nothing was found, so nothing is counted; nobody has written a note. */
static void containeranalysis_nothing(struct sim_call *c)
{
	if (filter_ok(c))
		sim_empty(c);
}

#define O "containeranalysis.projects.occurrences."
#define N "containeranalysis.projects.notes."
static const struct sim_resource resources[] = {
    {.methods = "containeranalysis.projects.occurrences",
     .collection = OCCURRENCES,
     .key = "projects/{project}/occurrences/{occurrences}",
     .missing = "occurrence with ID \"{occurrences}\" for project \"{project}\" does not exist",
     .field = "occurrences",
     .there = containeranalysis_there},
    {.methods = "containeranalysis.projects.notes",
     .collection = "containeranalysis.notes",
     .key = "projects/{project}/notes/{notes}",
     .missing = "note with ID \"{notes}\" for project \"{project}\" does not exist",
     .field = "notes"},
    {.methods = NULL},
};

static const struct sim_route routes[] = {
    {O "list", occurrence_list, "containeranalysis.occurrences.list", NULL},
    {O "get", occurrence_get, "containeranalysis.occurrences.get", NULL},
    {O "getNotes", containeranalysis_note, "containeranalysis.occurrences.get", NULL},
    {O "getVulnerabilitySummary", containeranalysis_nothing, "containeranalysis.occurrences.list", NULL},
    {N "list", containeranalysis_nothing, "containeranalysis.notes.list", NULL},
    {N "get", resource_get, "containeranalysis.notes.get", NULL},
    {N "occurrences.list", containeranalysis_nothing, "containeranalysis.notes.listOccurrences", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_containeranalysis = {.name = "containeranalysis",
					      .service = "containeranalysis.googleapis.com",
					      .errors = SIM_ERRORS_AIP,
					      .routes = routes,
					      .resources = resources};
