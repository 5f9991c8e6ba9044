/* MLflow's releases: servers on older and newer database schemas, and builds whose pins do not go together. */
#include "config.h"
#include "sim/api/cloudbuild.h"
#include "sim/api/mlflow_releases.h"
#include "sim/front/mlflow_server.h"
#include "tests/sim/cloud.h"

static char *address;

/* Runs `mlflow` with these, which it deletes; what it says before it ends, for the caller to free, or NULL when it runs. */
static char *run_with(cJSON *facts, cJSON *argv, cJSON *env, cJSON *files, bool upgrade)
{
	struct container k = {.name = "", .software = "mlflow", .facts = facts, .argv = argv, .env = env, .files = files};
	struct mlflow m;
	const struct mlflow_place place = {.principal = "user:operator@example.com"};
	if (upgrade)
		mlflow_upgrade(cloud, &k, &place, &m);
	else
		mlflow_load(cloud, &k, &place, &m);
	if (!upgrade && !m.error)
		mlflow_start(cloud, &m);
	char *said = m.error ? xstrdup(m.error) : NULL;
	mlflow_free(&m);
	cJSON_Delete(facts);
	cJSON_Delete(argv);
	cJSON_Delete(env);
	cJSON_Delete(files);
	return said;
}

/* The same of a release on the database. */
static char *run(const char *version, bool upgrade)
{
	char *uri = xasprintf("postgresql+psycopg2://mlflow:pw@%s:5432/mlflow", address);
	cJSON *argv = upgrade ? json_make("['mlflow','db','upgrade',%s]", uri)
			      : json_make("['mlflow','server','--backend-store-uri',%s]", uri);
	free(uri);
	return run_with(json_make("{'software':'mlflow','version':%s,'psycopg2':true}", version), argv, cJSON_CreateObject(),
			cJSON_CreateObject(), upgrade);
}

static void runs(const char *version, bool upgrade, const char *name)
{
	char *said = run(version, upgrade);
	if (!ok(!said, "%s", name))
		printf("# %s\n", said);
	free(said);
}

static void stops(const char *version, bool upgrade, const char *text, const char *name)
{
	char *said = run(version, upgrade);
	if (!ok(said && strstr(said, text), "%s", name))
		printf("# %s\n", said ? said : "runs");
	free(said);
}

/* What is said of a script that migrates the tables of MLflow's own accounts and the rest, in this order or the other. */
static char *script(const char *database, bool accounts_first)
{
	char *uri = xasprintf("postgresql+psycopg2://mlflow:pw@%s:5432/%s", address, database);
	cJSON *own = json_make("{'argv':['mlflow','db','upgrade',%s]}", uri);
	cJSON *accounts = json_make("{'argv':['python','-m','mlflow.server.auth','db','upgrade','--url',%s]}", uri);
	cJSON *ran = cJSON_CreateArray(), *env = cJSON_CreateObject(), *files = cJSON_CreateObject();
	cJSON *facts = json_make("{'software':'mlflow','version':'3.17.2','psycopg2':true}");
	cJSON_AddItemToArray(ran, accounts_first ? accounts : own);
	cJSON_AddItemToArray(ran, accounts_first ? own : accounts);
	struct container k = {.name = "",
			      .software = "mlflow",
			      .facts = facts,
			      .argv = cJSON_Duplicate(json_at(accounts_first ? own : accounts, "argv"), true),
			      .env = env,
			      .files = files,
			      .ran = ran};
	struct mlflow m;
	mlflow_upgrade(cloud, &k, &(struct mlflow_place){.principal = "user:operator@example.com"}, &m);
	char *said = m.error ? xstrdup(m.error) : NULL;
	mlflow_free(&m);
	cJSON_Delete(k.argv);
	cJSON_Delete(facts);
	cJSON_Delete(env);
	cJSON_Delete(files);
	cJSON_Delete(ran);
	free(uri);
	return said;
}

/* As a real PostgreSQL showed (tests/real/walls.py). */
static void scripts(void)
{
	act("POST", SQL "instances/db/databases", json_make("{'name':'fresh'}"));
	char *said = script("fresh", true);
	ok(said && strstr(said, "relation \"metrics\" does not exist"),
	   "MLflow does not begin beside the tables of its accounts");
	free(said);
	said = script("fresh", false);
	if (!ok(!said, "they are made after its own"))
		printf("# %s\n", said);
	free(said);
	said = script("fresh", true);
	if (!ok(!said, "once both stand the order is of no consequence"))
		printf("# %s\n", said);
	free(said);
}

static void schemas(void)
{
	new_cloud(NULL);
	act("POST", SQL "instances",
	    json_make(
		"{'name':'db','region':'us-central1','databaseVersion':'POSTGRES_17','settings':{'edition':'ENTERPRISE','tier':"
		"'db-custom-1-3840','ipConfiguration':{'authorizedNetworks':[{'value':'0.0.0.0/0'}]}}}"));
	act("POST", SQL "instances/db/databases", json_make("{'name':'mlflow'}"));
	act("POST", SQL "instances/db/users", json_make("{'name':'mlflow','password':'pw'}"));
	address = xstrdup(json_str(asks("GET", SQL "instances/db", NULL, 200), "ipAddresses.0.ipAddress", ""));
	runs("3.8.1", false, "T1: the first server makes its tables");
	runs("3.8.1", false, "T1: and comes back to them");
	stops("3.9.0", false, "Detected out-of-date database schema (found version 1bd49d398cd23, but expected d3e4f5a6b7c8)",
	      "T1: a newer one wants a migration");
	stops("3.7.0", false, "Detected out-of-date database schema (found version 1bd49d398cd23, but expected bf29a5ff90ea)",
	      "T1: an older one refuses");
	runs("3.9.0", true, "T1: mlflow db upgrade migrates");
	runs("3.9.0", false, "T1: and the newer server runs");
	stops("3.8.1", false, "found version d3e4f5a6b7c8", "T1: the older one no longer does");
	stops("3.8.1", true, "Can't locate revision identified by 'd3e4f5a6b7c8'", "T1: nor can it migrate back");
	runs("3.10.0", false, "T1: 3.10 looks for a table that was not there, and migrates at start");
	runs("3.10.1", false, "T1: releases of one schema change places freely");
	runs("3.17.2", false, "T1: so does 3.17");
	stops("3.16.1", false, "found version dc11669786a5, but expected b7e2c1a4d9f3", "T1: and there is no way back from it");
	scripts();
	free(address);
}

/* The same of a server with MLflow's own accounts, which stand there. */
static char *with_accounts(const char *uri)
{
	char *ini = xasprintf("# accounts\n[mlflow]\nadmin_username = admin\ndatabase_uri = %s\n", uri);
	cJSON *files = cJSON_CreateObject();
	cJSON_AddStringToObject(files, "/etc/accounts/basic_auth.ini", ini);
	free(ini);
	return run_with(
	    json_make("{'software':'mlflow','version':'3.17.2'}"), json_make("['mlflow','server','--app-name','basic-auth']"),
	    json_make("{'MLFLOW_FLASK_SERVER_SECRET_KEY':'k','MLFLOW_AUTH_CONFIG_PATH':'/etc/accounts/basic_auth.ini'}"), files,
	    false);
}

/* github.com/mlflow/mlflow/issues/9642 */
static void accounts(void)
{
	new_cloud(NULL);
	char *said = with_accounts("mysql+pymysql:///mlflow");
	ok(said && strstr(said, "Duplicate foreign key constraint name 'fk_user_id'"),
	   "MLflow's own accounts do not stand in MySQL");
	free(said);
	said = with_accounts("postgresql+psycopg2://");
	if (!ok(!said, "but in PostgreSQL"))
		printf("# %s\n", said);
	free(said);
	sim_free(cloud);
}

/* What a build of these requirements and constraints comes to: the log's end with pip's words, for the caller to free; NULL when it is built. */
static char *build(const char *version, const char *pins)
{
	struct buf log = {0};
	char *requirements = xasprintf("mlflow[auth]==%s\npsycopg2-binary==2.9.13\n", version), *why = NULL;
	static const char dockerfile[] = "FROM python:3.11-slim\nRUN pip install -r requirements.txt -c constraints.txt\n";
	cJSON *files = json_make("{'Dockerfile':%s,'requirements.txt':%s,'constraints.txt':%s}", dockerfile, requirements,
				 pins);
	cJSON *facts = build_docker(files, "Dockerfile", ".", &log, &why);
	char *said = why ? xasprintf("%s\n%s", buf_text(&log), why) : NULL;
	ok(!facts == !!why, "T2: a build of MLflow %s has an image or a reason", version);
	cJSON_Delete(facts);
	cJSON_Delete(files);
	free(requirements);
	free(why);
	buf_free(&log);
	return said;
}

static void builds(void)
{
	char *said = build("3.17.2", "cryptography==50.0.2\nSQLAlchemy==2.1.9\n");
	ok(!said, "T2: what goes together is built");
	free(said);
	said = build("3.10.0", "SQLAlchemy==2.1.9\ncryptography==50.0.2\n");
	ok(said && strstr(said, "mlflow 3.10.0 depends on cryptography <47,>=43.0.0") == NULL &&
	       strstr(said, "depends on cryptography<47,>=43.0.0") && strstr(said, "(constraint) cryptography==50.0.2") &&
	       strstr(said, "ResolutionImpossible") && strstr(said, "returned a non-zero code: 1"),
	   "T2: a pin that MLflow's release does not let pass fails as pip fails");
	free(said);
	said = build("3.5.0", "cryptography==46.0.1\n");
	ok(!said, "T2: one that it does passes");
	free(said);
	said = build("3.18.0", "");
	ok(said && strstr(said, "No matching distribution found for mlflow-skinny==3.18.0"),
	   "T2: a release whose own parts are missing cannot be installed");
	free(said);
	said = build("3.99.0", "");
	ok(said && strstr(said, "No matching distribution found for mlflow==3.99.0"), "T2: nor one that does not exist");
	free(said);
	struct mlflow_release r;
	mlflow_release("3.17.1", &r);
	is_str(mlflow_conflict(&r, "Protobuf", "8.0.1"), "<8,>=3.12.0", "T2: names are alike whatever their case");
	ok(!mlflow_conflict(&r, "flask-wtf", "1.3.0"), "T2: what MLflow does not ask for is free");
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	schemas();
	accounts();
	builds();
	return tap_done();
}
