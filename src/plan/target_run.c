/* Target run: Cloud Run, oauth2-proxy as the ingress container with MLflow beside it, Cloud SQL on a private network.
 * The templates' data (templates/README.md) and the environment (plan/mlflow_env.h) are made here too. */
#include "config.h"
#include "plan/targets.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/mustache.h"
#include "base/secret.h"
#include "base/text.h"
#include "plan/mlflow_env.h"
#include "plan/naming.h"
#include "plan/parts.h"

#include <stdlib.h>
#include <string.h>

#define CLIENT_SECRET_DIR "/secrets/oauth"
#define COOKIE_SECRET_DIR "/secrets/cookie"
#define EMAILS_DIR "/secrets/emails"
#define CONFIG_DIR "/secrets/config"

/* APIs that no kind of ours asks: the project's own permissions, ID tokens, the server's log. */
static const char *const services[] = {"cloudresourcemanager", "iamcredentials", "logging", NULL};

static const struct render_row renders[] = {
	{"run/Dockerfile.mustache", "Dockerfile", ESCAPE_DOCKERFILE, 0644, true},
	{"shared/requirements.txt.mustache", "requirements.txt", ESCAPE_LINE, 0644, true},
	{"shared/constraints.txt.mustache", "constraints.txt", ESCAPE_LINE, 0644, true},
	{"shared/start.sh.mustache", "start.sh", ESCAPE_SHELL, 0755, true},
	{"shared/migrate.sh.mustache", "migrate.sh", ESCAPE_SHELL, 0755, true},
	{"shared/server.env.mustache", "server.env", ESCAPE_SHELL, 0644, false},
	{"shared/oauth2-proxy.cfg.mustache", "oauth2-proxy.cfg", ESCAPE_TOML, 0644, false},
	{"shared/emails.mustache", "emails", ESCAPE_LINE, 0644, false},
	{NULL, NULL, 0, 0, false},
};

/* The secrets of this target. Where a file is mounted, dir and file say so; else variable is the environment variable. */
static const struct secret_row {
	const char *name;
	int recipe;
	const char *variable;
	const char *dir, *file;
	const char *template_file; /* the rendered file that it holds */
	const char *opens;         /* the resource whose data need it: its password, keys of what MLflow encrypts there */
} secret_rows[] = {
	{"db-password", SECRET_PASSWORD, "PGPASSWORD", NULL, NULL, NULL, "sql"},
	{"gateway-key", SECRET_KEK, "MLFLOW_CRYPTO_KEK_PASSPHRASE", NULL, NULL, NULL, "sql"},
	{"webhook-key", SECRET_FERNET, "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY", NULL, NULL, NULL, "sql"},
	{"cookie", SECRET_COOKIE, NULL, COOKIE_SECRET_DIR, "cookie_secret", NULL, NULL},
	{"oauth-client", -1, NULL, CLIENT_SECRET_DIR, "client_secret", NULL, NULL},
	{"proxy-config", -1, NULL, CONFIG_DIR, "oauth2-proxy.cfg", "oauth2-proxy.cfg", NULL},
	{"proxy-emails", -1, NULL, EMAILS_DIR, "list", "emails", NULL},
	{NULL, 0, NULL, NULL, NULL, NULL, NULL},
};

/* Templates' data ---------------------------------------------------------------------------------------------------------- */

static void add_texts(cJSON *list, const cJSON *from)
{
	const cJSON *t;
	cJSON_ArrayForEach(t, from) cJSON_AddItemToArray(list, cJSON_Duplicate(t, 1));
}

/* People, machines, and the account by which the stack is proven: all by name. */
static cJSON *emails(const struct answers *a, const struct plan *p)
{
	cJSON *list = cJSON_CreateArray();
	add_texts(list, answers_get(a, "auth.users"));
	add_texts(list, answers_get(a, "auth.service_accounts"));
	cJSON_AddItemToArray(list, cJSON_CreateString(p->prover));
	return list;
}

/* Tokens are accepted for the web client and for the service's own URL; the gate is the list of addresses, since anybody can get a
 * token for any audience. */
static cJSON *issuers(const struct answers *a, const struct plan *p)
{
	char *client = xasprintf("https://accounts.google.com=%s", answers_str(a, "auth.client_id"));
	char *url = xasprintf("https://accounts.google.com=%s", p->url);
	cJSON *list = json_make("[%s,%s]", client, url);
	free(client);
	free(url);
	return list;
}

static void put_proxy_data(const struct answers *a, struct plan *p)
{
	char *redirect = xasprintf("%s/oauth2/callback", p->url);
	json_put_str(p->render, "redirect_url", redirect);
	free(redirect);
	json_put_str(p->render, "client_id", answers_str(a, "auth.client_id"));
	json_put_str(p->render, "client_secret_file", CLIENT_SECRET_DIR "/client_secret");
	json_put_str(p->render, "cookie_secret_file", COOKIE_SECRET_DIR "/cookie_secret");
	json_put_str(p->render, "emails_file", EMAILS_DIR "/list");
	json_put(p->render, "emails", emails(a, p));
	json_put(p->render, "domains", cJSON_Duplicate(answers_get(a, "auth.domains"), 1));
	json_put(p->render, "issuers", issuers(a, p));
}

/* Setting the hosts replaces MLflow's own list, so loopback is named for the probes; a Host with a port is another Host. */
static void put_server_data(const struct answers *a, struct plan *p, const char *bucket)
{
	char *hosts = xasprintf("%s,%s:*,localhost,localhost:*,127.0.0.1,127.0.0.1:*", p->hosts[0], p->hosts[0]);
	json_put_str(p->render, "hosts", hosts);
	json_put_str(p->render, "origins", p->url);
	json_put_str(p->render, "url", p->url);
	json_put_str(p->render, "host", p->hosts[0]);
	json_put_str(p->render, "mlflow_version", answers_str(a, "image.mlflow_version"));
	json_put_num(p->render, "workers", answers_int(a, "server.workers"));
	json_put_str(p->render, "bucket", bucket);
	json_put_str(p->render, "prefix", "artifacts");
	json_put(p->render, "database", json_make("{'name':'mlflow','user':'mlflow','port':5432,'sslmode':'require'}"));
	json_put(p->render, "env", mlflow_env(p->render));
	json_put(p->render, "secret_env", cJSON_CreateArray());
	for (const struct secret_row *s = secret_rows; s->name; s++)
		if (s->variable)
			cJSON_AddItemToArray(json_at(p->render, "secret_env"), cJSON_CreateString(s->variable));
	free(hosts);
}

/* Secrets ------------------------------------------------------------------------------------------------------------------ */

static const struct render_row *row_of(const char *file)
{
	const struct render_row *r = renders;
	while (r->template && strcmp(r->file, file) != 0)
		r++;
	return r;
}

static bool add_secrets(const struct answers *a, struct plan *p, const char *server, struct err *e)
{
	for (const struct secret_row *s = secret_rows; s->name; s++) {
		struct buf text = {0};
		bool fine = !s->template_file || plan_render_file(p, row_of(s->template_file), &text, e);
		struct part_secret part = {
			.name = s->name,
			.recipe = s->recipe,
			.reference = s->recipe < 0 && !s->template_file ? answers_str(a, "auth.client_secret") : NULL,
			.text = s->template_file ? buf_text(&text) : NULL,
			.opens = s->opens,
		};
		if (fine)
			part_secret(a, p, &part, server);
		buf_free(&text);
		if (!fine)
			return false;
	}
	return true;
}

static void put_list(cJSON *list, cJSON *item)
{
	cJSON_AddItemToArray(list, item);
}

static cJSON *version_ref(const struct secret_row *s, const char *output)
{
	char *id = xasprintf("version/%s", s->name);
	cJSON *ref = plan_ref(id, output);
	free(id);
	return ref;
}

/* A container's variable from a secret, by the version's number. */
static cJSON *secret_variable(const struct plan *p, const struct secret_row *s)
{
	char *name = name_of(p->stack, s->name);
	cJSON *v = json_make("{'name':%s,'valueSource':{'secretKeyRef':{'secret':%s,'version':%j}}}", s->variable, name, version_ref(s, "version"));
	free(name);
	return v;
}

/* A volume of one file; 292 is 0444: volumes are for one container each, and the proxy's image runs as a user of its own. */
static cJSON *secret_volume(const struct plan *p, const struct secret_row *s)
{
	char *name = name_of(p->stack, s->name);
	cJSON *v = json_make("{'name':%s,'secret':{'secret':%s,'defaultMode':292,'items':[{'version':%j,'path':%s}]}}", s->name, name,
			     version_ref(s, "version"), s->file);
	free(name);
	return v;
}

/* Containers --------------------------------------------------------------------------------------------------------------- */

/* The address of the database is known once it stands. */
static cJSON *server_env(const struct plan *p)
{
	cJSON *env = cJSON_Duplicate(json_at(p->render, "env"), 1);
	put_list(env, json_make("{'name':'PGHOST','value':%j}", plan_ref("sql", "ip")));
	return env;
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
	return image_is_built(a) ? plan_ref("image", "digest") : at ? cJSON_CreateString(at) : NULL;
}

/* Probes are only promised for ports on all interfaces; only the ingress container's port is reached from outside. */
static cJSON *mlflow_container(const struct answers *a, const struct plan *p)
{
	cJSON *env = server_env(p);
	put_list(env, json_make("{'name':'SERVER_ADDRESS','value':'0.0.0.0'}"));
	for (const struct secret_row *s = secret_rows; s->name; s++)
		if (s->variable)
			put_list(env, secret_variable(p, s));
	cJSON *resources = json_make("{'limits':{'cpu':%s,'memory':%s},'cpuIdle':true,'startupCpuBoost':true}", answers_str(a, "server.cpu"),
				     answers_str(a, "server.memory"));
	return json_make("{'name':'mlflow','image':%j,'env':%j,'resources':%j,"
			 "'startupProbe':{'httpGet':{'path':'/health','port':5000},'initialDelaySeconds':5,'periodSeconds':10,"
			 "'timeoutSeconds':5,'failureThreshold':23},"
			 "'livenessProbe':{'httpGet':{'path':'/health','port':5000},'periodSeconds':30,'timeoutSeconds':5,"
			 "'failureThreshold':3}}",
			 server_image(a), env, resources);
}

static cJSON *proxy_container(const struct answers *a, const struct plan *p)
{
	cJSON *mounts = cJSON_CreateArray();
	for (const struct secret_row *s = secret_rows; s->name; s++)
		if (s->dir)
			put_list(mounts, json_make("{'name':%s,'mountPath':%s}", s->name, s->dir));
	char *image = xasprintf("%s-docker.pkg.dev/%s/%s-quay/oauth2-proxy/oauth2-proxy:v%s", p->region, p->project, p->stack,
				answers_str(a, "oauth2_proxy.version"));
	cJSON *c = json_make("{'name':'oauth2-proxy','image':%s,'args':['--config=" CONFIG_DIR "/oauth2-proxy.cfg'],"
			     "'ports':[{'name':'http1','containerPort':4180}],'dependsOn':['mlflow'],'volumeMounts':%j,"
			     "'resources':{'limits':{'cpu':'1','memory':'512Mi'},'cpuIdle':true,'startupCpuBoost':true},"
			     "'startupProbe':{'httpGet':{'path':'/ping','port':4180},'periodSeconds':5,'timeoutSeconds':3,"
			     "'failureThreshold':12}}",
			     image, mounts);
	free(image);
	return c;
}

static cJSON *vpc_access(const struct plan *p)
{
	char *subnet = name_of(p->stack, p->region);
	cJSON *v = json_make("{'egress':'PRIVATE_RANGES_ONLY','networkInterfaces':[{'network':%s,'subnetwork':%s}]}", p->stack, subnet);
	free(subnet);
	return v;
}

/* Job and service ---------------------------------------------------------------------------------------------------------- */

/* Tables are made and changed by one task, before any server of that image starts. */
static void add_migration(const struct answers *a, struct plan *p, const char *server)
{
	char *name = name_of(p->stack, "migrate");
	cJSON *env = server_env(p);
	put_list(env, secret_variable(p, &secret_rows[0]));
	cJSON *container = json_make("{'name':'migrate','image':%j,'command':['sh'],'args':['/app/migrate.sh'],'env':%j,"
				     "'resources':{'limits':{'cpu':'1','memory':'1Gi'}}}",
				     server_image(a), env);
	cJSON *task = json_make("{'containers':[%j],'maxRetries':1,'timeout':'900s','serviceAccount':%s,'vpcAccess':%j,"
				"'executionEnvironment':'EXECUTION_ENVIRONMENT_GEN2'}",
				container, server, vpc_access(p));
	struct resource *r = plan_add(p, "migrate", "run.job", name,
				      json_make("{'region':%s,'once':%j,'body':{'template':{'taskCount':1,'template':%j}}}", p->region,
						server_digest(a), task));
	plan_needs(r, "user");
	plan_needs(r, "subnet");
	plan_needs(r, "sa/server");
	plan_needs(r, "iam/db-password");
	free(name);
}

/* When each secret's version was made: a version that is made anew may get the number of the old one, and the instances that run hold the old
 * value; then these differ, and new ones start. */
static cJSON *secret_times(void)
{
	cJSON *times = cJSON_CreateObject();
	for (const struct secret_row *s = secret_rows; s->name; s++) {
		char *key = xasprintf("mlflow-setup/%s", s->name);
		if (!s->template_file)
			cJSON_AddItemToObject(times, key, version_ref(s, "made"));
		free(key);
	}
	return times;
}

static cJSON *service_template(const struct answers *a, const struct plan *p, const char *server)
{
	cJSON *volumes = cJSON_CreateArray();
	for (const struct secret_row *s = secret_rows; s->name; s++)
		if (s->dir)
			put_list(volumes, secret_volume(p, s));
	return json_make("{'annotations':%j,'serviceAccount':%s,'executionEnvironment':'EXECUTION_ENVIRONMENT_GEN2','timeout':'3600s',"
			 "'maxInstanceRequestConcurrency':80,'vpcAccess':%j,'volumes':%j,'containers':[%j,%j]}",
			 secret_times(), server, vpc_access(p), volumes, proxy_container(a, p), mlflow_container(a, p));
}

/* Anybody may knock: oauth2-proxy is the wall. The invoker check is switched off instead of inviting allUsers, which organisations forbid. */
static void add_service(const struct answers *a, struct plan *p, const char *server)
{
	cJSON *body = json_make("{'ingress':'INGRESS_TRAFFIC_ALL','invokerIamDisabled':true,'scaling':{'minInstanceCount':%d,'maxInstanceCount':%d},"
				"'traffic':[{'type':'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST','percent':100}],'template':%j}",
				answers_int(a, "server.min_instances"), answers_int(a, "server.max_instances"),
				service_template(a, p, server));
	struct resource *r = plan_add(p, "service", "run.service", p->stack, json_make("{'region':%s,'body':%j}", p->region, body));
	plan_needs(r, "migrate");
	plan_needs(r, "repository/quay");
	plan_needs(r, "iam/artifacts");
	for (const struct secret_row *s = secret_rows; s->name; s++) {
		char *grant = xasprintf("iam/%s", s->name);
		plan_needs(r, grant);
		free(grant);
	}
}

/* People and hosts --------------------------------------------------------------------------------------------------------- */

static void set_addresses(struct plan *p)
{
	p->hosts = xcalloc(2, sizeof *p->hosts);
	p->hosts[0] = name_run_host(p->stack, p->number, p->region);
	p->url = xasprintf("https://%s", p->hosts[0]);
}

static void add_errand(const struct answers *a, struct plan *p)
{
	char *steps = xasprintf(_("In the console of project %s open APIs & Services, Credentials.\n"
				  "Create credentials, OAuth client ID, type Web application.\n"
				  "Add the redirect URI below, exactly as it is written.\n"
				  "Put the client's ID into auth.client_id and say in auth.client_secret where its secret is found.\n"
				  "The service's second address, with a hash in it, is not used: sign-in always returns to the one above."),
				p->project);
	plan_errand(p, _("Create an OAuth client"), steps, json_str(p->render, "redirect_url", ""), *answers_str(a, "auth.client_id"));
	free(steps);
}

/* The operator may make ID tokens of the prover, and of no other account. */
static void add_prover(const struct answers *a, struct plan *p)
{
	p->prover = part_account(p, "prover", "MLflow proof and token");
	const char *operator = json_str(a->resolved, "operator", "");
	if (!*operator)
		return;
	char *path = xasprintf("projects/%s/serviceAccounts/%s", p->project, p->prover);
	char *member = xasprintf("%s:%s", text_ends(operator, ".gserviceaccount.com") ? "serviceAccount" : "user", operator);
	part_grant(p, "prover", "serviceAccount", path, "roles/iam.serviceAccountTokenCreator", member, "sa/prover");
	free(member);
	free(path);
}

/* logging.logWriter exists at project level only: a log belongs to its project. It lets its holder write entries and read none.
 * cloudsql.client is not given: the server speaks to the private address with its password, no connector does. */
static void add_server_account(struct plan *p, const char *server)
{
	char *path = xasprintf("projects/%s", p->project), *member = xasprintf("serviceAccount:%s", server);
	part_grant(p, "project", "project", path, "roles/logging.logWriter", member, "sa/server");
	free(member);
	free(path);
}

/* An image that was built here and is now given by its digest is kept where it is. */
static void keep_own_image(const struct answers *a, struct plan *p)
{
	char *own = xasprintf("%s-docker.pkg.dev/%s/%s/", p->region, p->project, p->stack);
	if (text_starts(answers_str(a, "image.digest"), own))
		part_repository(p);
	free(own);
}

/* All of it, in dependency order: what is slow stands early only for the reader, the engine goes by the longest path. */
static bool build(const struct answers *a, struct plan *p, struct err *e)
{
	set_addresses(p);
	if (!name_check(p->project, p->region, p->stack, p->number, json_str(a->resolved, "suffix", ""), e))
		return false;
	part_apis(p, services);
	char *server = part_account(p, "server", "MLflow server"), *bucket = part_artifacts(a, p, server);
	add_server_account(p, server);
	add_prover(a, p);
	put_proxy_data(a, p);
	put_server_data(a, p, bucket);
	add_errand(a, p);
	bool built = image_is_built(a);
	bool fine = add_secrets(a, p, server, e) && (!built || part_image(a, p, e));
	if (fine) {
		if (!built)
			keep_own_image(a, p);
		part_network(p);
		part_database(a, p);
		part_quay(p);
		add_migration(a, p, server);
		add_service(a, p, server);
	}
	free(bucket);
	free(server);
	return fine;
}

/* The version of a secret that a service uses, or NULL. */
static const char *used_version(const cJSON *template, const struct secret_row *s)
{
	const cJSON *c, *v;
	cJSON_ArrayForEach(c, json_at(template, "containers"))
		cJSON_ArrayForEach(v, json_at(c, "env"))
			if (s->variable && !strcmp(json_str(v, "name", ""), s->variable))
				return json_str(v, "valueSource.secretKeyRef.version", NULL);
	cJSON_ArrayForEach(v, json_at(template, "volumes"))
		if (s->dir && !strcmp(json_str(v, "name", ""), s->name))
			return json_str(v, "secret.items.0.version", NULL);
	return NULL;
}

/* The versions in use, and of which one the database's password was made. */
static void recall(const cJSON *found, cJSON *resolved)
{
	const cJSON *template = json_at(found, "template"), *times = json_at(template, "annotations");
	for (const struct secret_row *s = secret_rows; s->name; s++) {
		const char *version = s->template_file ? NULL : used_version(template, s);
		char *path = xasprintf("secret_versions.%s", s->name);
		if (version)
			json_put_str(resolved, path, version);
		free(path);
	}
	const cJSON *made = cJSON_GetObjectItemCaseSensitive(times, "mlflow-setup/db-password");
	if (cJSON_IsString(made))
		json_put_str(resolved, "database_password", made->valuestring);
}

const struct target target_run = {
	.id = "run",
	.title = N_("Cloud Run"),
	.ready = true,
	.build = build,
	.remembers = "run.service",
	.recall = recall,
	.renders = renders,
};
