/* What App Engine v1 refuses of a version before anything is made of it: names, and for the flexible environment its machines' sizes, scaling and health
 * checks (cloud.google.com/appengine/docs/flexible/reference/app-yaml). */
#include "config.h"
#include "sim/api/appengine.h"

#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool appengine_is_flexible(const cJSON *version)
{
	const char *env = json_str(version, "env", "");
	return !strcmp(env, "flex") || !strcmp(env, "flexible") || !strcmp(env, "2") || json_bool(version, "vm", false);
}

/* Names. -------------------------------------------------------------------------------------------------------------------- */

static bool is_name(const char *id)
{
	size_t len = strlen(id);
	return len && len <= 63 && id[0] != '-' && id[len - 1] != '-' &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* "Reserved names: "default", "latest", and any name with the prefix "ah-"" (discovery, Version.id). */
static bool is_reserved(const char *id)
{
	return !strcmp(id, "default") || !strcmp(id, "latest") || text_starts(id, "ah-");
}

static bool names_ok(struct sim_call *c, const char *service, const char *id)
{
	bool first = sim_first(c->sim, APPENGINE_SERVICES, sim_tmp("apps/%s/services/", c->project)) == NULL;
	size_t all = strlen(id) + strlen(service) + strlen(c->project) + 10; /* "-dot-" twice */
	if (!is_name(service))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid service ID '%s'.", service);
	else if (first && strcmp(service, "default"))
		sim_fail(
		    c, "INVALID_ARGUMENT", NULL,
		    "The first service (module) you upload to a new application must be the 'default' service (module). Please "
		    "upload a version of the 'default' service (module) before uploading a version for the '%s' service "
		    "(module).",
		    service);
	else if (!is_name(id) || is_reserved(id))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid version ID '%s'.", id);
	else if (all > 63)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The name %s-dot-%s-dot-%s is longer than 63 characters.", id, service,
			 c->project);
	else
		return true;
	return false;
}

/* Numbers. ------------------------------------------------------------------------------------------------------------------ */

#define NO_MOST 1e9

static bool out_of_range(struct sim_call *c, const char *field, double value, double least, double most)
{
	const char *range = most < NO_MOST ? sim_tmp("between %g and %g", least, most) : sim_tmp("at least %g", least);
	sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid value for %s: %g. It must be %s.", field, value, range);
	return false;
}

/* One that is left out has Google's default. */
static bool number_ok(struct sim_call *c, const char *field, double least, double most)
{
	const cJSON *v = json_at(c->body, field);
	const char *text = cJSON_IsString(v) ? v->valuestring : NULL; /* a duration, "5s" */
	double value = text ? atof(text) : cJSON_IsNumber(v) ? v->valuedouble : least;
	return (value >= least && value <= most) || out_of_range(c, field, value, least, most);
}

/* One, an even number to 32, or a multiple of four to 80; of memory 1.0 to 6.5 GB a core, less 0.4 that Google needs itself. */
static bool size_ok(struct sim_call *c)
{
	double cpu = json_num(c->body, "resources.cpu", 1), least = fmax(cpu * 1.0 - 0.4, 0), most = cpu * 6.5 - 0.4,
	       memory = json_num(c->body, "resources.memoryGb", least);
	if (cpu != 1 && !(cpu >= 2 && cpu <= 32 && fmod(cpu, 2) == 0) && !(cpu > 32 && cpu <= 80 && fmod(cpu, 4) == 0))
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "Invalid value for resources.cpu: %g. It must be one, an even number between 2 and 32, or a multiple "
			 "of 4 between 32 and 80.",
			 cpu);
	else if (memory < least - 0.001 || memory > most + 0.001)
		return out_of_range(c, "resources.memory_gb", memory, least, most);
	else
		return number_ok(c, "resources.diskGb", 10, 10240);
	return false;
}

/* Scaling. ------------------------------------------------------------------------------------------------------------------ */

bool appengine_scaling_ok(struct sim_call *c)
{
	static const char least[] = "automaticScaling.minTotalInstances", most[] = "automaticScaling.maxTotalInstances";
	bool scaling[] = {json_at(c->body, "automaticScaling") != NULL, json_at(c->body, "manualScaling") != NULL};
	if (json_at(c->body, "basicScaling"))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Basic scaling is not supported in the flexible environment.");
	else if (scaling[0] && scaling[1])
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "Only one of automatic_scaling, manual_scaling and basic_scaling may be specified.");
	else if (json_num(c->body, least, 2) > json_num(c->body, most, NO_MOST))
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "The minimum number of instances must not be larger than the maximum number of instances.");
	else
		return number_ok(c, "manualScaling.instances", 1, NO_MOST) && number_ok(c, least, 1, NO_MOST) &&
		       number_ok(c, "automaticScaling.cpuUtilization.targetUtilization", 0.001, 1);
	return false;
}

/* Health checks. ------------------------------------------------------------------------------------------------------------ */

static bool check_ok(struct sim_call *c, const char *check)
{
	const cJSON *own = json_at(c->body, check);
	double interval = atof(json_str(own, "checkInterval", "30s")), timeout = atof(json_str(own, "timeout", "4s"));
	static const struct {
		const char *field;
		double least, most;
	} limits[] = {{"checkInterval", 1, 300},   {"timeout", 1, 300},       {"failureThreshold", 1, 10},
		      {"successThreshold", 1, 10}, {"initialDelay", 0, 3600}, {"appStartTimeout", 1, 1800}};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (json_at(own, limits[i].field) &&
		    !number_ok(c, sim_tmp("%s.%s", check, limits[i].field), limits[i].least, limits[i].most))
			return false;
	if (!own || timeout < interval || (!json_at(own, "checkInterval") && !json_at(own, "timeout")))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "%s: check_interval must be greater than timeout.", check);
	return false;
}

/* What it runs and as whom. ------------------------------------------------------------------------------------------------- */

static bool image_ok(struct sim_call *c, const char *image)
{
	const char *host = sim_tmp("%.*s", (int)strcspn(image, "/"), image);
	if (!*image || !strcmp(host, "gcr.io") || text_ends(host, ".gcr.io") || text_ends(host, "-docker.pkg.dev"))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "Deployment container image '%s' must be in gcr.io or docker.pkg.dev.", image);
	return false;
}

static bool account_ok(struct sim_call *c, const char *email)
{
	if (!*email || text_ends(email, "@appspot.gserviceaccount.com"))
		return true;
	if (sim_account_exists(c->sim, email, true) &&
	    sim_allowed(c->sim, c->principal, "iam.serviceAccounts.actAs", c->project,
			sim_tmp("//iam.googleapis.com/projects/%s/serviceAccounts/%s", c->project, email)))
		return true;
	sim_fail(c, "PERMISSION_DENIED", NULL,
		 "You do not have permission to act as '%s'. Please contact your administrator to grant you the "
		 "'iam.serviceAccounts.actAs' permission or it may not exist.",
		 email);
	return false;
}

static bool network_ok(struct sim_call *c)
{
	static const char *const names[] = {"network.name", "network.subnetworkName"};
	const char *own = sim_tmp("projects/%s/", c->project);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *name = json_str(c->body, names[i], "");
		bool shared = !i && text_starts(name, "projects/") &&
			      !text_starts(name, own); /* a host project's, of Shared VPC */
		if (strchr(name, '/') && !shared) {
			sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid %s '%s': only the short name is allowed.", names[i],
				 name);
			return false;
		}
	}
	return true;
}

static bool flexible_ok(struct sim_call *c)
{
	if (!sim_service_on(c->sim, c->project, "appengineflex.googleapis.com"))
		sim_fail(
		    c, "FAILED_PRECONDITION", NULL,
		    "The App Engine Flexible Environment API (appengineflex.googleapis.com) has not been used in project %s "
		    "before or it is disabled.",
		    c->project);
	else if (json_at(c->body, "healthCheck"))
		sim_fail(
		    c, "INVALID_ARGUMENT", NULL,
		    "Legacy health checks are no longer supported for the App Engine Flexible environment. Please remove the "
		    "'health_check' section from your app.yaml and configure updated health checks.");
	else if (json_at(c->body, "instanceClass"))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "instance_class is not supported in the flexible environment.");
	else if (!json_at(c->body, "deployment.container.image") && !json_at(c->body, "deployment.zip") &&
		 !json_at(c->body, "deployment.files"))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The deployment must name a container image, files or a zip.");
	else
		return size_ok(c) && appengine_scaling_ok(c) && check_ok(c, "readinessCheck") && check_ok(c, "livenessCheck") &&
		       network_ok(c) && image_ok(c, json_str(c->body, "deployment.container.image", ""));
	return false;
}

bool appengine_version_ok(struct sim_call *c, const char *service, const char *id)
{
	const char *runtime = json_str(c->body, "runtime", "");
	bool flexible = appengine_is_flexible(c->body);
	if (!names_ok(c, service, id))
		return false;
	if (!*runtime)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "runtime must be specified");
	else if (!flexible && !strcmp(runtime, "custom")) /* an image of one's own is the flexible environment's */
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid runtime '%s' specified.", runtime);
	else
		return account_ok(c, json_str(c->body, "serviceAccount", "")) && (!flexible || flexible_ok(c));
	return false;
}

/* Changes. ------------------------------------------------------------------------------------------------------------------ */

/* The few fields that a version takes a change of (discovery, apps.services.versions.patch), by either spelling. */
bool appengine_version_mask_ok(struct sim_call *c)
{
	static const char *const open[] = {"serving_status", "servingStatus", "instance_class",    "instanceClass",
					   "manual_scaling", "manualScaling", "automatic_scaling", "automaticScaling"};
	const char *mask = sim_param(c, "updateMask");
	if (!*mask) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "An update mask must be specified.");
		return false;
	}
	for (const char *p = mask; *p; p += strcspn(p, ","), p += *p == ',') {
		const char *top = sim_tmp("%.*s", (int)strcspn(p, ".,"), p);
		bool known = !*top;
		for (size_t i = 0; i < sizeof open / sizeof *open; i++)
			known |= !strcmp(top, open[i]);
		if (!known) {
			sim_fail(c, "INVALID_ARGUMENT", NULL, "The field '%s' of a version cannot be updated.", top);
			return false;
		}
	}
	return true;
}
