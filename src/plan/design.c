/* Making a plan: the choices on the axes are asked in turn. What is slow stands early only for the reader, the engine goes by the longest path. */
#include "config.h"
#include "plan/design.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/mustache.h"
#include "base/rendered.h"
#include "base/secret.h"
#include "base/text.h"
#include "plan/alerts.h"
#include "plan/axes.h"
#include "plan/cleanup.h"
#include "plan/connect.h"
#include "plan/database.h"
#include "plan/github.h"
#include "plan/naming.h"
#include "plan/parts.h"
#include "plan/people.h"
#include "plan/server.h"
#include "plan/upgrade.h"

#include <stdlib.h>
#include <string.h>

#define REGISTRY "-docker.pkg.dev"

/* What every stack needs, whatever is chosen. */
static const char *const services[] = {"cloudresourcemanager", "iamcredentials", "logging", NULL};

static const struct render_row server_files[] = {
    {"shared/server.env.mustache", "server.env", ESCAPE_SHELL, 0644, false},
    {NULL, NULL, 0, 0, false},
};

/* Lists of the templates' data that the axes add to. */
static const char *const lists[] = {"requirements", "secret_env", "asked", "needed",
				    "before",       "prepare",    "flags", "migrations"};

/* Beginning and ending ------------------------------------------------------------------------------------------------------------ */

static struct design begin(const struct answers *a, struct plan *p)
{
	p->axes = axes_of(a);
	p->artifacts_served = p->axes.artifacts->served;
	p->settles = p->axes.exposure->settles;
	return (struct design){
	    .answers = a,
	    .plan = p,
	    .axes = p->axes,
	    .workload = workload_new(),
	    .suffix = json_str(a->resolved, "suffix", ""),
	};
}

static void end(struct design *d)
{
	workload_free(d->workload);
	free(d->account);
	free(d->database_user);
	free(d->identity);
	free(d->identified);
	free(d->bucket);
	free(d->instance);
	free(d->network.name);
	free(d->network.subnet);
	free(d->network.path);
	cJSON_Delete(d->network.link);
	free(d->network.need);
	free(d->network.subnet_need);
	free(d->front.id);
	free(d->front.invoked);
	free(d->front.invoke.path);
	free(d->front.iap.path);
	cJSON_Delete(d->front.iap.refers);
}

/* What is added from here on is like it is by the answer to this question. */
static void decided_by(struct design *d, const char *question)
{
	d->plan->decided_by = question;
}

/* What the axes call -------------------------------------------------------------------------------------------------------------- */

void design_grant(struct design *d, const char *id, const char *holder, const char *path, const char *role, const char *after)
{
	struct resource *r = part_grant(d->plan, id, holder, path, role, d->identity, after);
	if (d->identified)
		plan_needs(r, d->identified);
	char *full = xasprintf("iam/%s", id);
	workload_needs(d->workload, full);
	free(full);
}

void design_secret(struct design *d, const struct secret_want *want)
{
	struct part_secret part = {
	    .name = want->name,
	    .recipe = want->recipe,
	    .question = want->question,
	    .text = want->text,
	    .opens = want->opens_data ? database_data(d) : NULL,
	    .lasting = want->lasting,
	};
	part_secret(d->answers, d->plan, &part);
	char *name = name_of(d->plan->stack, want->name), *secret = xasprintf("secret/%s", want->name);
	char *path = xasprintf("projects/%s/secrets/%s", d->plan->project, name);
	if (!d->axes.target->keeps_secrets)
		design_grant(d, want->name, "secret", path, "roles/secretmanager.secretAccessor", secret);
	workload_secret(d->workload, want->name, want->text);
	free(path);
	free(secret);
	free(name);
}

bool design_secret_file(struct design *d, const char *name, const char *file, struct err *e)
{
	const struct render_row *row = d->plan->files;
	struct buf text = {0};
	while (row->template && strcmp(row->file, file) != 0)
		row++;
	bool fine = plan_render_file(d->plan, row, &text, e);
	if (fine) {
		rendered_note(buf_text(&text), text.len);
		design_secret(d, &(struct secret_want){.name = name, .recipe = -1, .text = buf_text(&text)});
	}
	buf_free(&text);
	return fine;
}

void design_prover(struct design *d)
{
	struct plan *p = d->plan;
	cJSON *members = people_token_makers(d->answers);
	p->prover = part_account(p, "prover", "MLflow proof and token");
	char *path = xasprintf("projects/%s/serviceAccounts/%s", p->project, p->prover);
	if (cJSON_GetArraySize(members))
		part_grants(p, "prover", "serviceAccount", path, "roles/iam.serviceAccountTokenCreator", members, "sa/prover");
	else
		cJSON_Delete(members);
	free(path);
}

void design_bucket(struct design *d)
{
	const char *before = d->plan->decided_by;
	decided_by(d, "artifacts.location");
	d->bucket = part_artifacts(d->answers, d->plan);
	decided_by(d, before);
}

void design_line(struct design *d, const char *list, const char *text)
{
	cJSON_AddItemToArray(json_at(d->plan->render, list), cJSON_CreateString(text));
}

void design_ask(struct design *d, const char *list, const char *variable)
{
	char *asked = xasprintf("\"${%s:?}\"", variable);
	design_line(d, list, asked);
	free(asked);
}

/* Steps --------------------------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each once, in the order of the alphabet. */
static void add_apis(struct design *d)
{
	const char *all[64], *const *asked[16] = {services};
	const struct choice *c;
	size_t count = 0, unique = 0;
	for (size_t i = 0; (c = axes_nth(&d->axes, i)); i++)
		asked[i + 1] = c->apis;
	for (size_t i = 0; i < 16; i++)
		for (const char *const *s = asked[i]; s && *s; s++)
			all[count++] = *s;
	qsort(all, count, sizeof *all, by_name);
	for (size_t i = 0; i < count; i++)
		if (!unique || strcmp(all[unique - 1], all[i]) != 0)
			all[unique++] = all[i];
	all[unique] = NULL;
	part_apis(d->plan, all);
}

/* An account of the server's own. */
static void add_account(struct design *d)
{
	d->account = part_account(d->plan, "server", "MLflow server");
	d->identity = xasprintf("serviceAccount:%s", d->account);
	d->identified = xstrdup("sa/server");
}

/* Is the role there? Of Google's and of this project's own that can be asked. */
static void look_for_role(struct design *d, const char *role)
{
	char *own = xasprintf("projects/%s/", d->plan->project), *id = xasprintf("given/%s", role);
	bool custom = !text_starts(role, "roles/");
	if (!custom || text_starts(role, own))
		plan_needs(plan_add(d->plan, id, "iam.givenRole", role, json_make("{'custom':%b}", custom)), "apis");
	free(id);
	free(own);
}

/* logging.logWriter exists at project level only: a log belongs to its project. It lets its holder write entries and read none. cloudsql.client is
 * for Google's connector, cloudsql.instanceUser for a login without a password; who speaks to the private address with one does without both. */
static void add_project_grants(struct design *d)
{
	char *path = xasprintf("projects/%s", d->plan->project);
	struct resource *r = part_grant(d->plan, "project", "project", path, "roles/logging.logWriter", d->identity,
					d->identified);
	const cJSON *role;
	(void)r;
	decided_by(d, "server.roles");
	cJSON_ArrayForEach(role, answers_get(d->answers, "server.roles")) {
		char *id = xasprintf("role-%s",
				     role->valuestring + (text_starts(role->valuestring, "roles/") ? strlen("roles/") : 0));
		look_for_role(d, role->valuestring);
		design_grant(d, id, "project", path, role->valuestring, d->identified);
		free(id);
	}
	if (d->passwordless) {
		design_grant(d, "sql-login", "project", path, "roles/cloudsql.instanceUser", d->identified);
		workload_migration_needs(d->workload, "iam/sql-login");
	}
	if (d->connected) {
		design_grant(d, "sql-client", "project", path, "roles/cloudsql.client", d->identified);
		workload_migration_needs(d->workload, "iam/sql-client");
	}
	free(path);
}

static bool image_is_built(const struct answers *a)
{
	return !strcmp(answers_str(a, "image.source"), "build");
}

/* The image by its digest, and that alone. */
static cJSON *server_image(const struct answers *a)
{
	return image_is_built(a) ? plan_ref("image", "image") : cJSON_CreateString(answers_str(a, "image.digest"));
}

static cJSON *server_digest(const struct answers *a)
{
	const char *at = strchr(answers_str(a, "image.digest"), '@');
	return image_is_built(a) ? plan_ref("image", "digest") : cJSON_CreateString(at ? at : "");
}

/* MLflow, and the task that makes and changes its tables before any server of that image starts. */
static void add_server(struct design *d)
{
	const struct answers *a = d->answers;
	struct container *c = workload_container(d->workload, "mlflow", server_image(a));
	c->port = 5000;
	c->cpu = answers_str(a, "server.cpu");
	c->memory = answers_str(a, "server.memory");
	c->started = (struct probe){"/health", 0, 2, 2, 120};
	c->alive = (struct probe){"/health", 0, 30, 5, 3};
	server_settings(d, c);
	d->workload->front = c->name;
	d->workload->ingress = d->axes.exposure->ingress;
	d->workload->door = d->axes.auth->door;
	d->workload->migration_once = server_digest(a);
}

static void use_password(const struct design *d, struct container *c)
{
	if (!d->passwordless)
		container_set_secret(c, d->axes.database->password_variable, "db-password");
}

/* The migration has the server's plain settings, the database's password, and no other secret. */
static void add_migration(struct design *d)
{
	const struct container *server = d->workload->containers[0];
	struct container *c = workload_migration(d->workload, server_image(d->answers));
	c->command = json_make("['sh']");
	c->args = json_make("['/app/migrate.sh']");
	c->cpu = "1";
	c->memory = "1Gi";
	for (size_t i = 0; i < server->variable_count; i++)
		container_set_value(c, server->variables[i].name, cJSON_Duplicate(server->variables[i].value, 1));
	use_password(d, c);
	workload_migration_needs(d->workload, database_ready(d));
	if (d->network.subnet_need)
		workload_migration_needs(d->workload, d->network.subnet_need);
	if (d->identified)
		workload_migration_needs(d->workload, d->identified);
	if (!d->axes.target->keeps_secrets && !d->passwordless)
		workload_migration_needs(d->workload, "iam/db-password");
}

/* MLflow's own secrets: what it encrypts in its database, and signs. */
static const struct {
	const char *name;
	int recipe;
	const char *variable;
} keys[] = {
    {"gateway-key", SECRET_KEK, "MLFLOW_CRYPTO_KEK_PASSPHRASE"},
    {"webhook-key", SECRET_FERNET, "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY"},
};
enum { KEYS = sizeof keys / sizeof *keys };

static bool add_secrets(struct design *d, struct err *e)
{
	decided_by(d, "project.id");
	if (d->passwordless)
		plan_secret(d->plan, "db-password", SECRET_PASSWORD, NULL, NULL, NULL);
	else
		design_secret(d, &(struct secret_want){.name = "db-password", .recipe = SECRET_PASSWORD, .opens_data = true});
	for (size_t i = 0; i < KEYS; i++)
		design_secret(d, &(struct secret_want){
				     .name = keys[i].name, .recipe = keys[i].recipe, .opens_data = true, .lasting = true});
	decided_by(d, "auth.mode");
	return !d->axes.auth->secrets || d->axes.auth->secrets(d, e);
}

static void use_secrets(struct design *d)
{
	struct container *c = d->workload->containers[0];
	use_password(d, c);
	for (size_t i = 0; i < KEYS; i++)
		container_set_secret(c, keys[i].variable, keys[i].name);
}

/* The data of the templates that are the server's, whatever the target. */
static void put_data(struct design *d)
{
	cJSON *data = d->plan->render;
	const cJSON *package;
	json_put_str(data, "url", d->plan->url);
	json_put_str(data, "host", d->plan->hosts[0]);
	json_put_str(data, "mlflow_version", answers_str(d->answers, "image.mlflow_version"));
	if (!cJSON_HasObjectItem(data, "proxy_version")) /* no gate of that kind was prepared */
		json_put(data, "proxy_version", cJSON_CreateNull());
	json_put(data, "env", container_texts(d->workload->containers[0]));
	json_put_str(data, "host_variable", d->axes.database->host_variable);
	design_line(d, "requirements", d->axes.database->driver);
	cJSON_ArrayForEach(package, answers_get(d->answers, "image.packages"))
		design_line(d, "requirements", package->valuestring);
	if (!d->passwordless)
		design_line(d, "secret_env", d->axes.database->password_variable);
	for (size_t i = 0; i < KEYS; i++)
		design_line(d, "secret_env", keys[i].variable);
	for (const char *const *v = d->axes.database->variables; *v; v++)
		if (!d->passwordless || strcmp(*v, d->axes.database->password_variable) != 0)
			design_ask(d, "asked", *v);
	for (const char *const *line = d->axes.database->before; line && *line; line++)
		design_line(d, "before", *line);
}

/* Is the image there? Of Artifact Registry that can be asked: HOST/PROJECT/REPOSITORY/NAME@sha256:DIGITS. */
static void look_for_image(struct design *d)
{
	const char *image = answers_str(d->answers, "image.digest"), *slash = strchr(image, '/'), *at = strchr(image, '@');
	char *host = xstrndup(image, strcspn(image, "/"));
	size_t region = text_ends(host, REGISTRY) ? strlen(host) - strlen(REGISTRY) : 0;
	if (region && slash && at > slash) {
		char *path = xstrndup(slash + 1, (size_t)(at - slash - 1));
		host[region] = '\0';
		plan_needs(plan_add(d->plan, "given/image", "artifactregistry.givenImage", at + strlen("@sha256:"),
				    json_make("{'region':%s,'image':%s}", host, path)),
			   "apis");
		free(path);
	}
	free(host);
}

/* An image that was built here and is now given by its digest is kept where it is. */
static bool add_image(struct design *d, struct err *e)
{
	struct plan *p = d->plan;
	decided_by(d, "image.source");
	if (image_is_built(d->answers))
		return part_image(d->answers, p, e);
	look_for_image(d);
	char *own = xasprintf("%s" REGISTRY "/%s/%s/", p->region, p->project, p->stack);
	if (text_starts(answers_str(d->answers, "image.digest"), own))
		part_repository(p);
	free(own);
	return true;
}

static bool add_network(struct design *d, struct err *e)
{
	decided_by(d, "network.mode");
	return !axes_networked(&d->axes, d->answers) || d->axes.network->plan(d, e);
}

static void set_wall(struct design *d)
{
	d->axes.auth->wall(d, &d->plan->wall);
	d->plan->reach.way = "straight";
	if (d->axes.exposure->reach)
		d->axes.exposure->reach(d, &d->plan->reach);
}

static bool prepare(struct design *d, struct err *e)
{
	struct plan *p = d->plan;
	d->instance = name_of(p->stack, d->suffix);
	upgrade_judge(d->answers, p);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		json_put(p->render, lists[i], cJSON_CreateArray());
	d->connected = database_connects(d);
	d->passwordless = !d->axes.path->beside && !strcmp(answers_str(d->answers, "database.login"), "account");
	d->workload->connection = d->connected ? xasprintf("%s:%s:%s", p->project, p->region, d->instance) : NULL;
	if (!name_check(p->project, p->region, p->stack, d->suffix, d->axes.database->socket, e))
		return false;
	decided_by(d, "project.id");
	add_apis(d);
	people_look(d);
	decided_by(d, "target");
	if (d->axes.target->identity && !d->passwordless) /* a database knows nobody but accounts */
		d->axes.target->identity(d);
	else
		add_account(d);
	d->database_user = database_user(d);
	decided_by(d, "artifacts.mode");
	d->axes.artifacts->plan(d);
	decided_by(d, "project.id");
	add_project_grants(d);
	decided_by(d, "auth.mode");
	return !d->axes.auth->prepare || d->axes.auth->prepare(d, e);
}

/* The files are complete before one of them is rendered. */
static void add_files(struct design *d)
{
	plan_files(d->plan, d->axes.target->renders);
	plan_files(d->plan, server_files);
	if (d->axes.auth->renders)
		plan_files(d->plan, d->axes.auth->renders);
}

static bool compose(struct design *d, struct err *e)
{
	add_files(d);
	add_server(d);
	put_data(d);
	if (!add_secrets(d, e) || !add_image(d, e) || !add_network(d, e))
		return false;
	database_plan(d);
	d->axes.database->address(d->workload->containers[0], database_address(d));
	add_migration(d);
	if (cleanup_wanted(d->answers))
		cleanup_add(d, server_image(d->answers));
	if (d->axes.target->listens)
		container_set(d->workload->containers[0], "SERVER_ADDRESS", d->axes.target->listens);
	use_secrets(d);
	decided_by(d, "auth.mode");
	if (d->axes.auth->join)
		d->axes.auth->join(d);
	decided_by(d, "server.memory");
	if (!d->axes.target->spell(d, e))
		return false;
	decided_by(d, "database.login");
	database_close(d);
	decided_by(d, "exposure");
	if (d->axes.exposure->plan && !d->axes.exposure->plan(d, e))
		return false;
	decided_by(d, "auth.users");
	if (d->axes.auth->guard)
		d->axes.auth->guard(d);
	set_wall(d);
	decided_by(d, "alerts.addresses");
	alerts_plan(d);
	client_package(d->answers, d->plan);
	decided_by(d, "ci.service");
	github_plan(d);
	people_wait(d);
	return true;
}

bool design_make(const struct answers *a, struct plan *p, struct err *e)
{
	struct design d = begin(a, p);
	bool fine = d.axes.exposure->address(&d, e) && prepare(&d, e) && compose(&d, e);
	end(&d);
	return fine;
}
