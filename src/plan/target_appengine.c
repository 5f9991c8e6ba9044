/* Target appengine: the workload as one container of App Engine's flexible environment (reference/targets-appengine.md). The application is for ever, its
 * features are for all of its services, and it hands no secrets over: the image fetches them at start. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/mustache.h"
#include "gcp/appengine_shared.h"
#include "plan/naming.h"
#include "plan/parts.h"
#include "plan/run_words.h"
#include "plan/target_appengine_yaml.h"
#include "plan/upgrade.h"

#include <stdlib.h>
#include <string.h>

#define PORT "8080" /* the one that App Engine asks */
#define ONLY_BALANCER "INGRESS_TRAFFIC_ALLOWED_INTERNAL_AND_LB"
enum { NAME_MAX_ALL = 63, VERSION_ID = 15 };

/* Places --------------------------------------------------------------------------------------------------------------------- */

/* The regions that have it: their names as locations of an application, and what stands for them in its host name. */
static const struct place {
	const char *region, *location, *code;
} places[] = {
    {"asia-east1", NULL, "de"},
    {"asia-east2", NULL, "df"},
    {"asia-northeast1", NULL, "an"},
    {"asia-northeast2", NULL, "dt"},
    {"asia-northeast3", NULL, "du"},
    {"asia-south1", NULL, "el"},
    {"asia-southeast1", NULL, "as"},
    {"asia-southeast2", NULL, "et"},
    {"australia-southeast1", NULL, "ts"},
    {"europe-central2", NULL, "lm"},
    {"europe-west1", "europe-west", "ew"},
    {"europe-west2", NULL, "nw"},
    {"europe-west3", NULL, "ey"},
    {"europe-west6", NULL, "oa"},
    {"northamerica-northeast1", NULL, "nn"},
    {"southamerica-east1", NULL, "rj"},
    {"us-central1", "us-central", "uc"},
    {"us-east1", NULL, "ue"},
    {"us-east4", NULL, "uk"},
    {"us-west1", NULL, "uw"},
    {"us-west2", NULL, "wl"},
    {"us-west3", NULL, "wm"},
    {"us-west4", NULL, "wn"},
    {NULL, NULL, NULL},
};

static const struct place *place_of(const char *region)
{
	const struct place *p = places;
	while (p->region && strcmp(p->region, region) != 0)
		p++;
	return p->region ? p : NULL;
}

static const char *service(const struct design *d)
{
	return answers_str(d->answers, "appengine.service");
}

static char *target_appengine_host(const struct design *d)
{
	const struct place *place = place_of(d->plan->region);
	bool own = strcmp(service(d), "default") != 0;
	return place ? xasprintf("%s%s%s.%s.r.appspot.com", own ? service(d) : "", own ? "-dot-" : "", d->plan->project,
				 place->code)
		     : NULL;
}

/* The version ------------------------------------------------------------------------------------------------------------------ */

/* A reference in the spelling that the image's start puts a secret in place of: a variable, or a file when there is a path. */
static cJSON *secret_reference(const struct plan *p, const char *secret, const struct mount *m)
{
	char *name = name_of(p->stack, secret);
	char *start = m ? xasprintf("sm://%s/%s?destination=%s/%s#", p->project, name, m->folder, m->file)
			: xasprintf("sm://%s/%s#", p->project, name);
	cJSON *j = json_make("{'$join':[%s,%j]}", start, part_version(secret, "version"));
	free(start);
	free(name);
	return j;
}

static void add_container(const struct design *d, const struct container *c, cJSON *env, size_t *files)
{
	for (size_t i = 0; i < c->variable_count; i++) {
		const struct variable *v = &c->variables[i];
		cJSON_AddItemToObject(env, v->name,
				      v->secret ? secret_reference(d->plan, v->secret, NULL) : cJSON_Duplicate(v->value, 1));
	}
	for (size_t i = 0; i < c->mount_count; i++) {
		char *name = xasprintf("SECRET_FILE_%zu", ++*files);
		cJSON_AddItemToObject(env, name, secret_reference(d->plan, c->mounts[i].secret, &c->mounts[i]));
		free(name);
	}
}

/* All containers are programs of one image here. The one that is the front gets App Engine's port; MLflow behind another one is on the loopback. */
static cJSON *spell_variables(const struct design *d)
{
	const struct workload *w = d->workload;
	cJSON *env = cJSON_CreateObject();
	size_t files = 0;
	for (size_t i = 0; i < w->count; i++)
		add_container(d, w->containers[i], env, &files);
	/* A version that is made anew may get the number of the old one: with the time at which it was made the version here is another, too. */
	for (size_t i = 0; i < d->workload->secret_count; i++) {
		char *name = xasprintf(APPENGINE_SECRET_MADE "%zu", i + 1);
		if (!d->workload->secrets[i].text)
			cJSON_AddItemToObject(env, name, part_version(d->workload->secrets[i].name, "made"));
		free(name);
	}
	if (!strcmp(w->front, w->containers[0]->name))
		cJSON_AddStringToObject(env, "SERVER_PORT", PORT);
	else
		cJSON_ReplaceItemInObjectCaseSensitive(env, "SERVER_ADDRESS", cJSON_CreateString("127.0.0.1"));
	return env;
}

static void put_network(const struct design *d, cJSON *body)
{
	if (d->network.name)
		json_put(body, "network",
			 json_make("{'name':%s,'subnetworkName':%s,'instanceTag':%s,'instanceIpMode':'INTERNAL'}",
				   d->network.name, d->network.subnet, d->plan->stack));
}

static cJSON *spell_resources(const struct container *c)
{
	return json_make("{'cpu':%d,'memoryGb':%d,'diskGb':20}", atoi(c->cpu), atoi(c->memory));
}

/* A version that is not to run: of the same image, so that nothing else is needed for it. */
static void add_placeholder(struct design *d, const char *of)
{
	struct plan *p = d->plan;
	char *id = xasprintf("placeholder/%s", of);
	if (!plan_find(p, id)) {
		cJSON *variables = cJSON_CreateObject();
		cJSON_AddStringToObject(variables, APPENGINE_PLACEHOLDER, "true");
		cJSON *body = json_make(
		    "{'runtime':'custom','env':'flex','serviceAccount':%s,'deployment':{'container':{'image':%j}},"
		    "'resources':{'cpu':1,'memoryGb':1,'diskGb':10},'manualScaling':{'instances':1},'envVariables':%j,"
		    "'servingStatus':'STOPPED'}",
		    d->account, cJSON_Duplicate(d->workload->containers[0]->image, 1), variables);
		put_network(d, body);
		struct resource *r = plan_add(p, id, "appengine.placeholder", of,
					      json_make("{'service':%s,'body':%j}", of, body));
		r->decided_by = "appengine.service";
		plan_needs(r, "application");
		if (d->network.subnet_need)
			plan_needs(r, d->network.subnet_need);
		run_needs(r, d->workload->needs);
		if (strcmp(of, "default") != 0)
			plan_needs(r, "placeholder/default");
	}
	free(id);
}

/* The application's first service must be called default; and where the door is to be closed, it is before there is anything behind it. */
static void add_doors(struct design *d)
{
	bool closed = d->workload->ingress == INGRESS_BALANCER;
	add_placeholder(d, "default");
	if (!closed)
		return;
	add_placeholder(d, service(d));
	char *first = xasprintf("placeholder/%s", service(d));
	struct resource *r = plan_add(d->plan, "ingress", "appengine.ingress", service(d),
				      json_make("{'service':%s,'ingress':%s}", service(d), ONLY_BALANCER));
	plan_needs(r, first);
	free(first);
}

static void add_version(struct design *d)
{
	const struct workload *w = d->workload;
	const struct container *c = w->containers[0], *front = workload_find(w, w->front);
	struct plan *p = d->plan;
	bool first = !strcmp(service(d), "default") && w->ingress != INGRESS_BALANCER;
	if (!first)
		add_doors(d);
	cJSON *body = json_make(
	    "{'runtime':'custom','env':'flex','serviceAccount':%s,'deployment':{'container':{'image':%j}},'resources':%j,"
	    "'manualScaling':{'instances':%d},'envVariables':%j,'servingStatus':'SERVING'}",
	    d->account, cJSON_Duplicate(c->image, 1), spell_resources(c), answers_int(d->answers, "appengine.instances"),
	    spell_variables(d));
	json_put(body, "readinessCheck",
		 json_make("{'path':%s,'checkInterval':'5s','timeout':'4s','failureThreshold':2,'successThreshold':2,"
			   "'appStartTimeout':'600s'}",
			   front->started.path));
	json_put(body, "livenessCheck",
		 json_make("{'path':%s,'checkInterval':'30s','timeout':'4s','failureThreshold':4,'successThreshold':2,"
			   "'initialDelay':'300s'}",
			   front->alive.path ? front->alive.path : front->started.path));
	put_network(d, body);
	if (d->connected)
		json_put(body, "betaSettings", json_make("{'cloud_sql_instances':%s}", w->connection));
	struct resource *r = plan_add(p, "version", "appengine.version", p->stack,
				      json_make("{'service':%s,'body':%j}", service(d), body));
	plan_needs(r, "application");
	plan_needs(r, "migrate");
	if (!first)
		plan_needs(r, "placeholder/default");
	if (w->ingress == INGRESS_BALANCER)
		plan_needs(r, "ingress");
	if (d->network.subnet_need)
		plan_needs(r, d->network.subnet_need);
	run_needs(r, w->needs);
}

/* The door is shut before anything stands behind it. */
static void add_application(struct design *d)
{
	struct plan *p = d->plan;
	const char *location = place_of(p->region)->location;
	cJSON *body = d->workload->door == DOOR_IAP && d->workload->ingress == INGRESS_ALL
			  ? json_make("{'iap':{'enabled':true}}")
			  : cJSON_CreateObject();
	struct resource *r = plan_add(p, "application", "appengine.application", p->project,
				      json_make("{'location':%s,'body':%j}", location ? location : p->region, body));
	r->decided_by = "region";
	plan_needs(r, "apis");
}

static void add_traffic(struct design *d)
{
	struct plan *p = d->plan;
	cJSON *spec = json_make("{'service':%s,'version':%j}", service(d), plan_ref("version", "id"));
	if (d->workload->ingress == INGRESS_BALANCER)
		json_put_str(spec, "ingress", ONLY_BALANCER);
	plan_records(plan_add(p, "service", "appengine.service", service(d), spec), "serving", "appengine_version");
	plan_needs(plan_add(p, "versions", "appengine.versions", service(d),
			    json_make("{'service':%s,'version':%j,'keep':%d}", service(d), plan_ref("version", "id"),
				      answers_int(d->answers, "appengine.kept_versions"))),
		   "service");
}

/* Before the tables change; the id of what does it, or NULL where they do not. */
static const char *stop_writers(struct design *d)
{
	const char *serving = json_str(d->answers->resolved, "appengine_version", NULL);
	cJSON *spec = json_make("{'service':%s,'image':%j}", service(d), cJSON_Duplicate(d->workload->containers[0]->image, 1));
	if (serving)
		json_put_str(spec, "serving", serving);
	return upgrade_stop(d, "appengine.serviceStop", service(d), spec);
}

/* App Engine pulls as the version's account. */
static void let_pull(struct design *d)
{
	struct plan *p = d->plan;
	if (!plan_find(p, "repository"))
		return;
	char *path = xasprintf("projects/%s/locations/%s/repositories/%s", p->project, p->region, p->stack);
	design_grant(d, "pull", "repository", path, "roles/artifactregistry.reader", "repository");
	free(path);
}

static bool target_appengine_spell(struct design *d, struct err *e)
{
	struct plan *p = d->plan;
	if (!place_of(p->region))
		return err_set(e, EXIT_ANSWERS, "region", NULL, _("App Engine is not in this region."));
	let_pull(d);
	add_application(d);
	run_migration(d, stop_writers(d));
	add_version(d);
	add_traffic(d);
	run_cleanup(d);
	d->front = (struct front){
	    .id = xstrdup("service"),
	    .iap = {"iap", "roles/iap.httpsResourceAccessor",
		    xasprintf("projects/%s/iap_web/appengine-%s/services/%s", p->number, p->project, service(d))},
	};
	return true;
}

/* A load balancer finds the service by a serverless network endpoint group, which has neither port nor health check. It leads to one service for ever, and
 * cannot go while the load balancer has it: another service's stands beside it, as Cloud Run's does, until nothing leads to it any more. */
static bool target_appengine_backend(struct design *d, cJSON *body, struct err *e)
{
	struct plan *p = d->plan;
	char *mark = plan_suffix_new(service(d), p->stack), *what = xasprintf("appengine-%s", mark),
	     *name = name_of(p->stack, what);
	char *id = xasprintf("endpoints/%s", service(d));
	(void)e;
	plan_needs(plan_add(p, id, "compute.networkEndpointGroup", name,
			    json_make("{'region':%s,'body':{'networkEndpointType':'SERVERLESS','appEngine':{'service':%s}}}",
				      p->region, service(d))),
		   "service");
	json_put_str(body, "protocol", "HTTPS");
	json_put(body, "backends", json_make("[{'group':%j}]", plan_ref(id, "link")));
	free(id);
	free(name);
	free(what);
	free(mark);
	return true;
}

static cJSON *target_appengine_connector(struct design *d)
{
	char *folder = xasprintf("/cloudsql/%s", d->workload->connection);
	cJSON *address = cJSON_CreateString(folder);
	free(folder);
	return address;
}

/* Questions ------------------------------------------------------------------------------------------------------------------ */

/* "VERSION-dot-SERVICE-dot-PROJECT" is a label of a host name. */
static bool name_fits(const struct answers *a)
{
	return strlen(answers_str(a, "appengine.service")) + strlen(answers_str(a, "project.id")) + VERSION_ID +
		   strlen("-dot--dot-") <=
	       NAME_MAX_ALL;
}

static void target_appengine_check(const struct answers *a, problem_fn *found, void *arg)
{
	int cpu = atoi(answers_str(a, "server.cpu")), gib = atoi(answers_str(a, "server.memory"));
	if (!place_of(answers_str(a, "region")))
		found(arg, "region", _("App Engine is not in this region."));
	if (!answers_bool(a, "appengine.for_ever"))
		found(arg, "appengine.for_ever",
		      _("An application of App Engine can never be moved nor deleted: say that this is meant, or choose "
			"another target."));
	if (!name_fits(a))
		found(arg, "appengine.service",
		      _("With the project's name it is too long for App Engine's addresses: choose a shorter one."));
	if (cpu > 1 && cpu % 2)
		found(arg, "server.cpu", _("App Engine has machines of 1 CPU, or of an even number."));
	if (gib < cpu - 0.4 || gib > cpu * 6.5 - 0.4)
		found(arg, "server.memory", _("App Engine wants between 0.6 and 6.1 GiB of memory for each CPU."));
}

/* clang-format off */
static const struct question questions_of_appengine[] = {
	{.id = "appengine.for_ever", .page = "target", .type = TYPE_BOOL, .title = N_("The region is for ever"),
	 .help = N_("A project has one App Engine application. Once made it can never be moved to another region and never be deleted, only be switched off; it "
		    "costs nothing then. Say yes when that is meant for this project and this region; a project of its own is best."),
	 .after = "target", .preset = "false", .rehearsal = "true"},
	{.id = "appengine.service", .page = "target", .type = TYPE_TEXT, .title = N_("App Engine service"),
	 .help = N_("default is the first service of an application, at its shortest address. Where that one is in use by others, name one of its own. With "
		    "Identity-Aware Proxy every service of the application asks for the sign-in. Requests may have 32 MB at most, and at least one machine "
		    "runs day and night."),
	 .after = "target", .preset = "default",
	 .pattern = "^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$",
	 .form = N_("Lower-case letters, digits and hyphens, beginning with a letter: at most 20.")},
	{.id = "appengine.instances", .page = "image", .type = TYPE_INT, .title = N_("Instances"),
	 .help = N_("Machines that run day and night, each with its own server."),
	 .after = "server.cpu", .min = 1, .max = 10, .preset = "1"},
	{.id = "appengine.kept_versions", .page = "image", .type = TYPE_INT, .title = N_("Older versions kept"),
	 .help = N_("Stopped, to go back to by hand; they cost nothing."),
	 .after = "server.cpu", .min = 0, .max = 20, .preset = "2"},
	{.id = NULL},
};
/* clang-format on */

static const struct render_row renders[] = {
    {"appengine/Dockerfile.mustache", "Dockerfile", ESCAPE_DOCKERFILE, 0644, true},
    RENDERS_OF_IMAGE,
    {"appengine/together.py.mustache", "together.py", ESCAPE_LINE, 0755, true},
    {"appengine/with_secrets.py.mustache", "with_secrets.py", ESCAPE_LINE, 0644, true},
    {NULL, NULL, 0, 0, false},
};

static const char *const apis[] = {"appengine", "appengineflex", "compute", NULL};

const struct target target_appengine = {
    .choice =
	{
	    .id = "appengine",
	    .title = N_("App Engine flexible"),
	    .help = N_("One machine or more, with Identity-Aware Proxy built in."),
	    .questions = questions_of_appengine,
	    .check = target_appengine_check,
	    .apis = apis,
	},
    .renders = renders,
    .manifests_file = "app.yaml",
    .manifests = appengine_yaml,
    .request_mib = 32,
    .listens = "0.0.0.0",
    .networked = true,
    .host = target_appengine_host,
    .connector = target_appengine_connector,
    .spell = target_appengine_spell,
    .backend = target_appengine_backend,
};
