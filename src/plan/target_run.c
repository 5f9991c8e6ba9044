/* Target run: the workload as a Cloud Run service and a job. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/mustache.h"
#include "base/text.h"
#include "gcp/kinds.h"
#include "plan/naming.h"
#include "plan/parts.h"
#include "plan/run_words.h"
#include "plan/upgrade.h"

#include <stdlib.h>
#include <string.h>

static char *target_run_host(const struct design *d)
{
	return name_run_host(d->plan->stack, d->plan->number, d->plan->region);
}

/* Containers --------------------------------------------------------------------------------------------------------------- */

/* A container of the service: only the front one's port is reached from outside. */
static cJSON *spell_member(const struct design *d, const struct container *c)
{
	cJSON *j = run_container(d, c);
	json_put_bool(j, "resources.cpuIdle", !answers_bool(d->answers, "server.cpu_always"));
	json_put_bool(j, "resources.startupCpuBoost", true);
	if (!strcmp(c->name, d->workload->front))
		json_put(j, "ports", json_make("[{'name':'http1','containerPort':%d}]", c->port));
	if (c->after)
		json_put(j, "dependsOn", json_make("[%s]", c->after));
	if (c->started.path)
		json_put(j, "startupProbe", probe_words(&c->started, c->port));
	if (c->alive.path)
		json_put(j, "livenessProbe", probe_words(&c->alive, c->port));
	return j;
}

static void add_volumes(const struct design *d, cJSON *list, const struct container *c)
{
	for (size_t i = 0; i < c->mount_count; i++)
		cJSON_AddItemToArray(list, run_volume(d->plan, &c->mounts[i]));
}

/* Service ------------------------------------------------------------------------------------------------------------------ */

/* When each secret's version was made: a version that is made anew may get the number of the old one, and the instances that run hold the old
 * value; then these differ, and new ones start. */
static cJSON *secret_times(const struct workload *w)
{
	cJSON *times = cJSON_CreateObject();
	for (size_t i = 0; i < w->secret_count; i++) {
		char *key = xasprintf("mlflow-setup/%s", w->secrets[i].name);
		if (!w->secrets[i].text)
			cJSON_AddItemToObject(times, key, part_version(w->secrets[i].name, "made"));
		free(key);
	}
	return times;
}

/* The front container stands first. */
static cJSON *service_template(const struct design *d)
{
	const struct workload *w = d->workload;
	const struct container *front = workload_find(w, w->front);
	cJSON *volumes = cJSON_CreateArray(), *containers = json_make("[%j]", spell_member(d, front));
	char *timeout = xasprintf("%ds", answers_int(d->answers, "server.timeout"));
	for (size_t i = 0; i < w->count; i++) {
		add_volumes(d, volumes, w->containers[i]);
		if (w->containers[i] != front)
			cJSON_AddItemToArray(containers, spell_member(d, w->containers[i]));
	}
	if (d->connected)
		cJSON_AddItemToArray(volumes, run_connector_volume(d));
	cJSON *template = json_make(
	    "{'annotations':%j,'serviceAccount':%s,'executionEnvironment':'EXECUTION_ENVIRONMENT_GEN2','timeout':%s,"
	    "'maxInstanceRequestConcurrency':%d,'volumes':%j,'containers':%j}",
	    secret_times(w), d->account, timeout, answers_int(d->answers, "server.concurrency"), volumes, containers);
	free(timeout);
	run_put_network(d, template);
	return template;
}

/* With a load balancer in front, nothing else may reach the service, and its own URL is off. */
static const char *const ingresses[] = {
    [INGRESS_ALL] = "INGRESS_TRAFFIC_ALL",
    [INGRESS_BALANCER] = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
    [INGRESS_INTERNAL] = "INGRESS_TRAFFIC_INTERNAL_ONLY",
};

static cJSON *scaling(const struct design *d)
{
	return json_make("{'minInstanceCount':%d,'maxInstanceCount':%d}", answers_int(d->answers, "server.min_instances"),
			 answers_int(d->answers, "server.max_instances"));
}

static void add_service(struct design *d)
{
	const struct workload *w = d->workload;
	struct plan *p = d->plan;
	/* Where the wall stands inside, anybody may knock: the invoker check is switched off instead of inviting allUsers, which organisations forbid. */
	cJSON *body = json_make("{'ingress':%s,'invokerIamDisabled':%b,'scaling':%j,"
				"'traffic':[{'type':'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST','percent':100}],'template':%j}",
				ingresses[w->ingress], w->door == DOOR_OPEN, scaling(d), service_template(d));
	if (w->door == DOOR_IAP && w->ingress == INGRESS_ALL)
		json_put_bool(body, "iapEnabled", true);
	if (w->ingress == INGRESS_BALANCER)
		json_put_bool(body, "defaultUriDisabled", true);
	struct resource *r = plan_add(p, "service", "run.service", p->stack,
				      json_make("{'region':%s,'body':%j}", p->region, body));
	plan_needs(r, "migrate");
	for (size_t i = 0; i < w->count; i++)
		if (w->containers[i]->source)
			plan_needs(r, w->containers[i]->source);
	run_needs(r, w->needs);
}

/* What is left when a new revision took the traffic: enough to go back by hand. */
static void add_revisions(struct design *d)
{
	struct plan *p = d->plan;
	struct resource *r = plan_add(p, "revisions", "run.revisions", p->stack,
				      json_make("{'region':%s,'service':%s,'keep':%d,'used':%j}", p->region, p->stack,
						answers_int(d->answers, "run.kept_revisions"), plan_ref("service", "used")));
	plan_needs(r, "service");
	plan_optional(r);
}

/* Before the tables change; the id of what does it, or NULL where they do not. */
static const char *stop_writers(struct design *d)
{
	const struct plan *p = d->plan;
	const struct container *server = d->workload->containers[0];
	return upgrade_stop(d, "run.serviceStop", p->stack,
			    json_make("{'region':%s,'service':%s,'container':%s,'image':%j,'scaling':%j}", p->region, p->stack,
				      server->name, cJSON_Duplicate(server->image, 1), scaling(d)));
}

static bool target_run_spell(struct design *d, struct err *e)
{
	struct plan *p = d->plan;
	(void)e;
	run_migration(d, stop_writers(d));
	add_service(d);
	add_revisions(d);
	run_cleanup(d);
	d->front = (struct front){
	    .id = xstrdup("service"),
	    .invoked = xstrdup("service"),
	    .invoke = {"service", "roles/run.invoker",
		       xasprintf("projects/%s/locations/%s/services/%s", p->project, p->region, p->stack)},
	    .iap = {"iap", "roles/iap.httpsResourceAccessor",
		    xasprintf("projects/%s/iap_web/cloud_run-%s/services/%s", p->number, p->region, p->stack)},
	};
	return true;
}

/* A load balancer finds the service by a serverless network endpoint group, which has neither port nor health check. */
static bool target_run_backend(struct design *d, cJSON *body, struct err *e)
{
	struct plan *p = d->plan;
	char *name = name_of(p->stack, "neg");
	(void)e;
	plan_needs(plan_add(p, "endpoints", "compute.networkEndpointGroup", name,
			    json_make("{'region':%s,'body':{'networkEndpointType':'SERVERLESS','cloudRun':{'service':%s}}}",
				      p->region, p->stack)),
		   "service");
	json_put_str(body, "protocol", "HTTPS");
	json_put(body, "backends", json_make("[{'group':%j}]", plan_ref("endpoints", "link")));
	free(name);
	return true;
}

static void target_run_browse(const struct plan *p, struct buf *out)
{
	buf_printf(out, "%s\n# gcloud run services proxy %s --project=%s --region=%s --port=8080\n",
		   _("# In a browser, on http://localhost:8080 while this runs:"), p->stack, p->project, p->region);
}

static cJSON *target_run_connector(struct design *d)
{
	char *folder = xasprintf("/cloudsql/%s", d->workload->connection);
	cJSON *address = cJSON_CreateString(folder);
	free(folder);
	return address;
}

/* What a service remembers --------------------------------------------------------------------------------------------------- */

/* The version of STACK-SECRET that a service uses, or NULL. */
static const char *used_version(const cJSON *template, const char *secret)
{
	const cJSON *c, *v;
	char *end = xasprintf("-%s", secret);
	const char *version = NULL;
	cJSON_ArrayForEach(c, json_at(template, "containers"))
		cJSON_ArrayForEach(v, json_at(c, "env"))
			if (text_ends(json_str(v, "valueSource.secretKeyRef.secret", ""), end))
				version = json_str(v, "valueSource.secretKeyRef.version", NULL);
	cJSON_ArrayForEach(v, json_at(template, "volumes"))
		if (!strcmp(json_str(v, "name", ""), secret))
			version = json_str(v, "secret.items.0.version", NULL);
	free(end);
	return version;
}

/* The versions in use, and of which one the database's password was made. */
static void target_run_recall(const cJSON *found, cJSON *resolved)
{
	static const char mark[] = "mlflow-setup/";
	const cJSON *template = json_at(found, "template"), *times = json_at(template, "annotations"), *time;
	cJSON_ArrayForEach(time, times) {
		const char *secret = text_starts(time->string, mark) ? time->string + strlen(mark) : NULL;
		const char *version = secret ? used_version(template, secret) : NULL;
		char *path = xasprintf("secret_versions.%s", secret ? secret : "");
		if (version)
			json_put_str(resolved, path, version);
		free(path);
	}
	const cJSON *made = cJSON_GetObjectItemCaseSensitive(times, "mlflow-setup/db-password");
	if (cJSON_IsString(made))
		json_put_str(resolved, "database_password", made->valuestring);
}

/* Questions ---------------------------------------------------------------------------------------------------------------- */

static void check_instances(const struct answers *a, problem_fn *found, void *arg)
{
	if (answers_int(a, "server.min_instances") > answers_int(a, "server.max_instances"))
		found(arg, "server.min_instances", _("The least number of instances is above the most."));
}

/* What Cloud Run allows for a number of CPUs. */
static void target_run_check(const struct answers *a, problem_fn *found, void *arg)
{
	int gib = atoi(answers_str(a, "server.memory")), cpu = atoi(answers_str(a, "server.cpu"));
	if (gib > 4 && cpu < 2)
		found(arg, "server.cpu", _("More than 4 GiB of memory needs 2 CPUs or more on Cloud Run."));
	if (cpu >= 4 && gib < 2)
		found(arg, "server.memory", _("4 CPUs need 2 GiB of memory or more on Cloud Run."));
	if (answers_bool(a, "server.jobs") &&
	    (!answers_bool(a, "server.cpu_always") || !answers_int(a, "server.min_instances")))
		found(arg, "server.jobs",
		      _("Background jobs work between requests: set server.cpu_always and at least one of "
			"server.min_instances."));
	check_instances(a, found, arg);
}

/* clang-format off */
static const struct question questions_of_run[] = {
	{.id = "server.min_instances", .basic = true, .page = "image", .type = TYPE_INT, .title = N_("Fewest instances"),
	 .help = N_("With 0 nothing runs while nobody uses it, and the first request waits about 15 seconds. 1 answers at once and is billed all day."),
	 .after = "server.cpu", .min = 0, .max = 10, .preset = "0"},
	{.id = "server.max_instances", .basic = true, .page = "image", .type = TYPE_INT, .title = N_("Most instances"),
	 .help = N_("A ceiling for cost and for database connections."),
	 .after = "server.cpu", .min = 1, .max = 10, .preset = "2"},
	{.id = "server.concurrency", .quiet = true, .page = "image", .type = TYPE_INT, .title = N_("Requests at once"),
	 .help = N_("Of each instance; when more arrive, another instance starts, up to the most. A change makes a new revision, with no interruption."),
	 .after = "server.cpu", .min = 1, .max = 1000, .preset = "80"},
	{.id = "run.kept_revisions", .quiet = true, .page = "image", .type = TYPE_INT, .title = N_("Older revisions kept"),
	 .help = N_("To go back to by hand. Older ones are deleted when a new one serves; one that has traffic or a tag never is. They cost nothing."),
	 .after = "server.cpu", .min = 0, .max = 100, .preset = "5"},
	{.id = "server.cpu_always", .quiet = true, .page = "image", .type = TYPE_BOOL, .title = N_("CPU always"),
	 .help = N_("Between requests an instance otherwise has close to no CPU, so that what MLflow does after a reply, webhooks above all, may be late or lost. "
		    "Each hour of an instance is billed then, at a lower rate; with at least 1 instance that is all day."),
	 .after = "server.cpu", .preset = "false"},
	{.id = NULL},
};
/* clang-format on */

static const struct render_row renders[] = {
    {"run/Dockerfile.mustache", "Dockerfile", ESCAPE_DOCKERFILE, 0644, true},
    RENDERS_OF_IMAGE,
    {NULL, NULL, 0, 0, false},
};

static const char *const apis[] = {"run", NULL}, *const asks[] = {"server.timeout", NULL};

static int most_instances(const struct answers *a)
{
	return answers_int(a, "server.max_instances");
}

/* Who puts the instances into the subnet. */
static const char *const agents[] = {"@serverless-robot-prod.iam.gserviceaccount.com", NULL};

const struct target target_run = {
    .choice =
	{
	    .id = "run",
	    .title = N_("Cloud Run"),
	    .help = N_("No machine to look after, and close to no cost while nobody uses it. The usual choice."),
	    .questions = questions_of_run,
	    .asks = asks,
	    .check = target_run_check,
	    .apis = apis,
	},
    .renders = renders,
    .request_mib = 32,
    .subnet_bits = 26,
    .by_connector = true,
    .agents = agents,
    .listens = "0.0.0.0",
    .instances = most_instances,
    .host = target_run_host,
    .connector = target_run_connector,
    .remembers = &kind_run_service,
    .recall = target_run_recall,
    .spell = target_run_spell,
    .backend = target_run_backend,
    .browse = target_run_browse,
};
