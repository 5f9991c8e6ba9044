/* Private services access and Cloud SQL: what bites. */
#include "config.h"
#include "tests/sim/cloud.h"

#include <time.h>

#define CONNECTIONS "servicenetworking.googleapis.com/v1/services/servicenetworking.googleapis.com/connections"
#define NETWORK "projects/123456789012/global/networks/n1"

static cJSON *settled(const char *method, const char *url, cJSON *body)
{
	char *name = xasprintf("servicenetworking.googleapis.com/v1/%s", json_str(asks(method, url, body, 200), "name", ""));
	cJSON *op = finish(name);
	free(name);
	return op;
}

static cJSON *instance(const char *name, const char *version, const char *more)
{
	cJSON *doc = json_make("{'name':%s,'region':'us-central1','databaseVersion':%s,'rootPassword':'secret'}", name,
			       version);
	json_put(doc, "settings", json_make(more));
	return doc;
}

static void peering(void)
{
	act("POST", COMPUTE "global/networks", json_make("{'name':'n1','autoCreateSubnetworks':false}"));
	refuse("POST", SQL "instances",
	       instance("early", "POSTGRES_17",
			"{'edition':'ENTERPRISE','tier':'db-custom-1-3840','ipConfiguration':{"
			"'ipv4Enabled':false,'privateNetwork':'projects/demo-proj/global/networks/n1'}}"),
	       400, "invalid",
	       "Invalid request: Incorrect Service Networking config for instance: demo-proj:early:NETWORK_NOT_PEERED.");
	act("POST", COMPUTE "global/addresses",
	    json_make("{'name':'psa','purpose':'VPC_PEERING','addressType':'INTERNAL','address':'10.77.0.0',"
		      "'prefixLength':20,'network':'global/networks/n1'}"));
	cJSON *l = asks("GET", CONNECTIONS "?network=projects%2F123456789012%2Fglobal%2Fnetworks%2Fn1", NULL, 200);
	ok(!l->child, "no connection yet: {}");
	cJSON *op = settled("POST", CONNECTIONS, json_make("{'network':'" NETWORK "','reservedPeeringRanges':['psa']}"));
	is_str(json_str(op, "response.peering", ""), "servicenetworking-googleapis-com", "the connection is made");
	ok(text_starts(json_str(op, "name", ""), "operations/pssn.p24-123456789012-"), "by an operation of that name");
	act("POST", COMPUTE "global/addresses",
	    json_make("{'name':'psb','purpose':'VPC_PEERING','addressType':'INTERNAL','prefixLength':24,"
		      "'network':'global/networks/n1'}"));
	op = settled("POST", CONNECTIONS, json_make("{'network':'" NETWORK "','reservedPeeringRanges':['psa','psb']}"));
	is_int((long long)json_num(op, "error.code", 0), 9, "a second create that changes the ranges fails");
	is_str(json_str(op, "error.message", ""),
	       "Cannot modify allocated ranges in CreateConnection. Please use UpdateConnection.", "in Google's words");
	ask("PATCH", CONNECTIONS "/-?updateMask=reservedPeeringRanges",
	    json_make("{'network':'" NETWORK "','reservedPeeringRanges':['psb']}"));
	is_int(last_status, 400, "a range is not dropped without force, though another comes in its place");
	op = settled("PATCH", CONNECTIONS "/-?updateMask=reservedPeeringRanges",
		     json_make("{'network':'" NETWORK "','reservedPeeringRanges':['psa','psb']}"));
	is_str(json_str(op, "response.reservedPeeringRanges.1", ""), "psb", "a patch does");
	ask("POST", CONNECTIONS,
	    json_make("{'network':'projects/demo-proj/global/networks/n1','reservedPeeringRanges':['psa']}"));
	is_int(last_status, 400, "the network is named with the project's number");
}

static void rules(void)
{
	refuse("POST", SQL "instances", instance("r1", "POSTGRES_17", "{'tier':'db-f1-micro'}"), 400, "invalid",
	       "Invalid request: Invalid Tier (db-f1-micro) for (ENTERPRISE_PLUS) Edition. Use a predefined Tier like "
	       "db-perf-optimized-N-* instead. "
	       "Learn more at https://cloud.google.com/sql/docs/postgres/create-instance#machine-types");
	refuse("POST", SQL "instances",
	       instance("r1", "POSTGRES_17",
			"{'edition':'ENTERPRISE','tier':'db-custom-1-3840','backupConfiguration':{'enabled':"
			"true,'pointInTimeRecoveryEnabled':true,'transactionLogRetentionDays':14}}"),
	       400, "invalid", "Invalid request: The number of transaction log retention days must be between 1 and 7.");
	refuse("POST", SQL "instances",
	       instance("r1", "POSTGRES_17",
			"{'edition':'ENTERPRISE','tier':'db-custom-1-3840','backupConfiguration':{'enabled':"
			"true,'pointInTimeRecoveryEnabled':true,'transactionLogRetentionDays':7,'backupRetentionSettings':{'"
			"retainedBackups':3}}}"),
	       400, "invalid", "Invalid request: backup retention should be > transaction log retention.");
	refuse("POST", SQL "instances", instance("r1", "POSTGRES_17", "{'edition':'ENTERPRISE','tier':'db-custom-3-3840'}"),
	       400, "invalid",
	       "Invalid request: Incorrect custom machine type: db-custom-3-3840. The number of vCPUs must be 1 or an even "
	       "number between 2 and 96.");
	refuse("GET", SQL "instances/r1", NULL, 404, "instanceDoesNotExist", "The Cloud SQL instance does not exist.");
	refuse("DELETE", SQL "instances/r1/users?name=x", NULL, 403, "notAuthorized",
	       "The client is not authorized to make this request.");
}

static void life(void)
{
	cJSON *op = asks(
	    "POST", SQL "instances",
	    instance("db", "POSTGRES_17",
		     "{'edition':'ENTERPRISE','tier':'db-custom-1-3840',"
		     "'deletionProtectionEnabled':true,'backupConfiguration':{'enabled':true,'pointInTimeRecoveryEnabled':true}"
		     ",'ipConfiguration':{"
		     "'ipv4Enabled':false,'allocatedIpRange':'psa','privateNetwork':'projects/demo-proj/global/networks/n1'}}"),
	    200);
	is_str(json_str(op, "status", ""), "PENDING", "an insert is pending");
	char *link = xstrdup(json_str(op, "selfLink", ""));
	is_str(json_str(asks("GET", SQL "instances/db", NULL, 200), "state", ""), "PENDING_CREATE",
	       "while the instance is made");
	refuse("PATCH", SQL "instances/db", json_make("{'settings':{}}"), 409, "operationInProgress",
	       "Operation failed because another operation was already in progress. Try your request after the current "
	       "operation is complete.");
	refuse("GET", SQL "instances/db/users", NULL, 400, "invalid",
	       "Invalid request: Invalid request since instance is not running.");
	double began = sim_now(cloud);
	finish(link);
	ok(sim_now(cloud) > began + 100, "which takes minutes");
	free(link);
	cJSON *i = asks("GET", SQL "instances/db", NULL, 200);
	is_str(json_str(i, "state", ""), "RUNNABLE", "then it runs");
	is_str(json_str(i, "ipAddresses.0.ipAddress", ""), "10.77.0.3", "with an address of the reserved range");
	is_str(json_str(i, "settings.ipConfiguration.sslMode", ""), "ALLOW_UNENCRYPTED_AND_ENCRYPTED", "and Google's defaults");
	ok(json_bool(i, "settings.backupConfiguration.replicationLogArchivingEnabled", false), "also those of recovery");
	ok(text_starts(json_str(i, "serverCaCert.cert", ""), "-----BEGIN CERTIFICATE-----"), "and a certificate");
	refuse("POST", SQL "instances", instance("db", "POSTGRES_17", "{'edition':'ENTERPRISE','tier':'db-custom-1-3840'}"),
	       409, "instanceAlreadyExists", "The Cloud SQL instance already exists.");
	refuse("DELETE", SQL "instances/db", NULL, 400, "invalid",
	       "The instance is protected. Please disable the deletion protection and try again. To disable deletion "
	       "protection, update the instance "
	       "settings with deletionProtectionEnabled set to false.");
	refuse("PATCH", SQL "instances/db", json_make("{'settings':{'settingsVersion':'99','tier':'db-custom-2-7680'}}"), 412,
	       "staleData", "Condition does not match.");
}

/* From a network to the private address, as the user mlflow. */
static const char *login(const char *network, const char *password, const char *database, bool encrypted, const char *authority,
			 struct buf *at)
{
	const struct sim_sql_client k = {.principal = "user:x@example.com",
					 .network = network,
					 .address = "10.77.0.3",
					 .user = "mlflow",
					 .password = password,
					 .database = database,
					 .encrypted = encrypted,
					 .authority = authority};
	return sim_sql_login(cloud, &k, at);
}

/* A PATCH takes null for what shall go. */
static void window_goes(void)
{
	act("PATCH", SQL "instances/db", json_make("{'settings':{'maintenanceWindow':{'day':1,'hour':3}}}"));
	is_int((int)json_num(asks("GET", SQL "instances/db", NULL, 200), "settings.maintenanceWindow.day", 0), 1,
	       "a maintenance window is set");
	act("PATCH", SQL "instances/db", json_make("{'settings':{'maintenance_window':%j}}", cJSON_CreateNull()));
	ok(!json_at(asks("GET", SQL "instances/db", NULL, 200), "settings.maintenanceWindow"),
	   "and goes by null, in either spelling");
	act("PATCH", SQL "instances/db", json_make("{'databaseVersion':null,'serverCaCert':null}"));
	ok(json_at(asks("GET", SQL "instances/db", NULL, 200), "serverCaCert"), "what is Cloud SQL's to say does not");
}

/* What the mode of the instance asks of those who dial it. */
static void encryption(const char *network)
{
	struct buf at = {0};
	ok(!login(network, "new", "mlflow", false, NULL, &at), "without encryption, while the instance allows it");
	act("PATCH", SQL "instances/db",
	    json_make("{'settings':{'ipConfiguration':{'ipv4Enabled':false,'allocatedIpRange':'psa','privateNetwork':"
		      "'projects/demo-proj/global/networks/n1','sslMode':'ENCRYPTED_ONLY'}}}"));
	is_str(login(network, "new", "mlflow", false, NULL, &at), "plain", "not once it must be encrypted");
	ok(!login(network, "new", "mlflow", true, NULL, &at), "but with it");
	is_str(login(network, "new", "mlflow", true, "-----BEGIN CERTIFICATE-----\nother", &at), "authority",
	       "who trusts another authority stops");
	char *own = xasprintf("%s\n", json_str(asks("GET", SQL "instances/db", NULL, 200), "serverCaCert.cert", ""));
	ok(!login(network, "new", "mlflow", true, own, &at), "who trusts the instance's own goes on");
	const struct sim_sql_client named = {
	    .network = network, .address = "10.77.0.3", .encrypted = true, .authority = own, .names = true};
	is_str(sim_sql_login(cloud, &named, &at), "name", "the certificate does not name the address");
	const struct sim_sql_client other = {.network = network, .address = "10.77.0.3", .encrypted = true, .mysql = true};
	is_str(sim_sql_login(cloud, &other, &at), "refused", "nobody speaks MySQL there");
	free(own);
	buf_free(&at);
}

static const char *by_token(const char *network, const char *principal, const char *user, bool encrypted, const char *role)
{
	struct buf at = {0};
	const struct sim_sql_client k = {.principal = principal,
					 .network = network,
					 .address = "10.77.0.3",
					 .user = user,
					 .password = "",
					 .token = true,
					 .role = role,
					 .database = "mlflow",
					 .encrypted = encrypted};
	const char *why = sim_sql_login(cloud, &k, &at);
	buf_free(&at);
	return why;
}

/* Everything that a login with a token takes, one after the other. */
static void tokens(const char *network)
{
	static const char who[] = "serviceAccount:server@demo-proj.iam.gserviceaccount.com", user[] = "server@demo-proj.iam";
	static const char *const project = "cloudresourcemanager.googleapis.com/v1/projects/demo-proj:setIamPolicy";
	const char *key = "projects/demo-proj/instances/db";
	asks("POST", "serviceusage.googleapis.com/v1/projects/123456789012/services/iam.googleapis.com:enable",
	     cJSON_CreateObject(), 200);
	sim_advance(cloud, sim_now(cloud) + 300);
	asks("POST", "iam.googleapis.com/v1/projects/demo-proj/serviceAccounts", json_make("{'accountId':'server'}"), 200);
	sim_advance(cloud, sim_now(cloud) + 300);
	act("POST", SQL "instances/db/users", json_make("{'name':%s,'type':'CLOUD_IAM_SERVICE_ACCOUNT'}", user));
	is_str(by_token(network, who, user, true, NULL), "iam", "a token opens nothing without the flag");
	act("PATCH", SQL "instances/db",
	    json_make("{'settings':{'databaseFlags':[{'name':'cloudsql.iam_authentication','value':'on'}]}}"));
	is_str(by_token(network, who, user, true, NULL), "iam", "nor without the right to log in");
	cJSON *policy = cJSON_Duplicate(
	    asks("POST", "cloudresourcemanager.googleapis.com/v1/projects/demo-proj:getIamPolicy", cJSON_CreateObject(), 200),
	    1);
	cJSON_AddItemToArray(json_at(policy, "bindings"),
			     json_make("{'role':'roles/cloudsql.instanceUser','members':[%s]}", who));
	asks("POST", project, json_make("{'policy':%j}", policy), 200);
	sim_advance(cloud, sim_now(cloud) + 900);
	ok(!by_token(network, who, user, true, NULL), "then it opens the instance");
	is_str(by_token(network, who, user, false, NULL), "plain", "but not without encryption");
	is_str(by_token(network, "serviceAccount:other@demo-proj.iam.gserviceaccount.com", user, true, NULL), "iam",
	       "nor another's token");
	is_str(by_token(network, who, "mlflow", true, NULL), "password", "nor as a user who has a password");
	is_str(login(network, "", "mlflow", true, NULL, &(struct buf){0}), "password", "who is not without one for that");
	is_str(by_token(network, who, user, true, "mlflow"), "role", "a role that it was not given is not to be taken");
	ok(!sim_sql_makes_tables(cloud, key, user) && sim_sql_makes_tables(cloud, key, "mlflow"), "it may make no tables");
	refuse("PUT", SQL "instances/db/users?name=server@demo-proj.iam&databaseRoles=nobody", json_make("{'name':%s}", user),
	       400, "invalid", "Invalid request: role \"nobody\" does not exist.");
	act("PUT", SQL "instances/db/users?name=server@demo-proj.iam&databaseRoles=mlflow", json_make("{'name':%s}", user));
	ok(!by_token(network, who, user, true, "mlflow"), "with the role it may");
	ok(sim_sql_makes_tables(cloud, key, user) && sim_sql_member(cloud, key, user, "mlflow") &&
	       !sim_sql_member(cloud, key, user, "postgres"),
	   "and make tables, and use those of whom it is a member of");
}

/* One thing at a time is done to an instance, to what is in it and to its backups. */
static void one_at_a_time(void)
{
	static const char runs[] = SQL "instances/db/backupRuns";
	char *op = xstrdup(json_str(asks("POST", runs, json_make("{}"), 200), "selfLink", ""));
	char *run = xasprintf("%s/%s", runs, json_str(asks("GET", runs, NULL, 200), "items.0.id", ""));
	refuse("DELETE", run, NULL, 409, "operationInProgress",
	       "Operation failed because another operation was already in progress. Try your request after the current "
	       "operation is complete.");
	refuse("POST", SQL "instances/db/databases", json_make("{'name':'mlflow'}"), 409, "operationInProgress",
	       "Operation failed because another operation was already in progress. Try your request after the current "
	       "operation is complete.");
	finish(op);
	act("DELETE", run, NULL);
	free(op);
	free(run);
}

static void inside(void)
{
	struct buf at = {0};
	act("POST", SQL "instances/db/databases", json_make("{'name':'mlflow'}"));
	is_str(json_str(asks("GET", SQL "instances/db/databases/mlflow", NULL, 200), "collation", ""), "en_US.UTF8",
	       "a database with defaults");
	act("POST", SQL "instances/db/users", json_make("{'name':'mlflow','password':'pw'}"));
	act("POST", SQL "instances/db/users", json_make("{'name':'sa@demo-proj.iam','type':'CLOUD_IAM_SERVICE_ACCOUNT'}"));
	refuse("POST", SQL "instances/db/users",
	       json_make("{'name':'sa@demo-proj.iam.gserviceaccount.com','type':'CLOUD_IAM_SERVICE_ACCOUNT'}"), 400, "invalid",
	       "Invalid request: Database username for Cloud IAM service account should be created without "
	       "\".gserviceaccount.com\" suffix.");
	act("PATCH", SQL "instances/db",
	    json_make("{'settings':{'passwordValidationPolicy':{'enablePasswordPolicy':true,'minLength':8,'complexity':"
		      "'COMPLEXITY_DEFAULT'}}}"));
	refuse("POST", SQL "instances/db/users", json_make("{'name':'eve','password':'Abc1_'}"), 400, "invalid",
	       "Invalid request: INVALID_PASSWORD: Length of password cannot be less than 8.");
	refuse(
	    "POST", SQL "instances/db/users", json_make("{'name':'eve','password':'Abcdefg12345'}"), 400, "invalid",
	    "Invalid request: INVALID_PASSWORD: password should contain at least one lowercase, one uppercase, one number and "
	    "one non-alphanumeric characters.");
	refuse("PUT", SQL "instances/db/users?name=mlflow", json_make("{'password':'short'}"), 400, "invalid",
	       "Invalid request: INVALID_PASSWORD: Length of password cannot be less than 8.");
	act("PATCH", SQL "instances/db", json_make("{'settings':{'passwordValidationPolicy':{'enablePasswordPolicy':false}}}"));
	cJSON *l = asks("GET", SQL "instances/db/users", NULL, 200);
	is_int(cJSON_GetArraySize(json_at(l, "items")), 3, "users, with the postgres it was born with");
	char *text = json_text(l, -1);
	ok(!strstr(text, "\"password\""), "no password is shown");
	free(text);
	const char *n1 = "projects/demo-proj/global/networks/n1";
	ok(!login(n1, "pw", "mlflow", true, NULL, &at), "a client in the network gets in");
	is_str(login(NULL, "pw", "mlflow", true, NULL, &at), "unreachable", "one outside does not");
	is_str(login(n1, "no", "mlflow", true, NULL, &at), "password", "nor one with a wrong password");
	is_str(login(n1, "pw", "other", true, NULL, &at), "database", "nor to another database");
	buf_free(&at);
	one_at_a_time();
	refuse("POST", SQL "instances/db/databases", json_make("{'name':'mlflow'}"), 400, "invalid",
	       "Invalid request: failed to create database mlflow. Detail: pq: database \"mlflow\" already exists.");
	refuse("PATCH", SQL "instances/db/databases/mlflow", json_make("{'charset':'LATIN1'}"), 400, "invalid",
	       "Invalid request: The character set of a PostgreSQL database cannot be changed.");
	act("PATCH", SQL "instances/db/databases/mlflow", json_make("{'charset':'UTF8','project':'other'}"));
	is_str(json_str(asks("GET", SQL "instances/db/databases/mlflow", NULL, 200), "project", ""), "demo-proj",
	       "a change reaches no more than it may");
	act("PUT", SQL "instances/db/users?name=mlflow", json_make("{'name':'mlflow','password':'new'}"));
	ok(!login(n1, "new", "mlflow", true, NULL, &at), "an update changes the password");
	buf_free(&at);
	window_goes();
	encryption(n1);
	tokens(n1);
}

static void mysql(void)
{
	act("POST", SQL "instances", instance("my", "MYSQL_8_0", "{'edition':'ENTERPRISE','tier':'db-custom-1-3840'}"));
	refuse("DELETE", SQL "instances/my/users?name=root", NULL, 400, "invalid",
	       "Invalid request: Error 1396: Operation DROP USER failed for 'root'@''.");
	act("DELETE", SQL "instances/my/users?name=root&host=%25", NULL);
	ok(true, "MySQL's root goes with its host alone");
	refuse("POST", SQL "instances/my/databases", json_make("{'name':'d','charset':'UTF8','collation':'en_US.UTF8'}"), 400,
	       "invalid",
	       "Invalid request: failed to create database d. Detail: Error 1273 (HY000): Unknown collation: 'en_US.UTF8'.");
	refuse("POST", SQL "instances/my/databases",
	       json_make("{'name':'d','charset':'latin1','collation':'utf8mb4_0900_ai_ci'}"), 400, "invalid",
	       "Invalid request: failed to create database d. Detail: Error 1253 (42000): COLLATION 'utf8mb4_0900_ai_ci' is "
	       "not valid for CHARACTER SET 'latin1'.");
	act("POST", SQL "instances/my/databases",
	    json_make("{'name':'d','charset':'utf8mb4','collation':'utf8mb4_0900_ai_ci'}"));
	refuse("PATCH", SQL "instances/my",
	       json_make("{'settings':{'databaseFlags':[{'name':'cloudsql.iam_authentication','value':'on'}]}}"), 400,
	       "invalid", "Invalid request: Invalid flag name: cloudsql.iam_authentication.");
	refuse("PATCH", SQL "instances/my",
	       json_make("{'settings':{'databaseFlags':[{'name':'innodb_bufer_pool_size','value':'1'}]}}"), 400, "invalid",
	       "Invalid request: Invalid flag name: innodb_bufer_pool_size.");
	refuse("PATCH", SQL "instances/my",
	       json_make("{'settings':{'databaseFlags':[{'name':'ngram_token_size','value':'11'}]}}"), 400, "invalid",
	       "Invalid request: Invalid flag value: ngram_token_size=11.");
	refuse("PATCH", SQL "instances/my",
	       json_make("{'settings':{'databaseFlags':[{'name':'max_connections','value':'0'}]}}"), 400, "invalid",
	       "Invalid request: Invalid flag value: max_connections=0.");
	refuse("PATCH", SQL "instances/my",
	       json_make("{'settings':{'databaseFlags':[{'name':'slow_query_log','value':'yes'}]}}"), 400, "invalid",
	       "Invalid request: Invalid flag value: slow_query_log=yes.");
	refuse("PATCH", SQL "instances/my", json_make("{'settings':{'databaseFlags':[{'name':'log_output','value':'PAPER'}]}}"),
	       400, "invalid", "Invalid request: Invalid flag value: log_output=PAPER.");
	ok(!sim_sql_distrusts(cloud, "projects/demo-proj/instances/my"), "without a binary log anybody makes triggers");
	act("PATCH", SQL "instances/my",
	    json_make("{'settings':{'backupConfiguration':{'enabled':true,'binaryLogEnabled':true}}}"));
	ok(sim_sql_distrusts(cloud, "projects/demo-proj/instances/my"), "with one nobody does");
	act("PATCH", SQL "instances/my",
	    json_make("{'settings':{'databaseFlags':[{'name':'log_bin_trust_function_creators','value':'on'}]}}"));
	ok(!sim_sql_distrusts(cloud, "projects/demo-proj/instances/my"), "unless the flag says that they are trusted");
	act("DELETE", SQL "instances/my?enableFinalBackup=true&finalBackupTtlDays=30", NULL);
	is_str(json_str(asks("GET", SQL "backups", NULL, 200), "backups.0.type", ""), "FINAL",
	       "a final backup outlives the instance");
}

static void teardown(void)
{
	act("PATCH", SQL "instances/db", json_make("{'settings':{'deletionProtectionEnabled':false}}"));
	act("DELETE", SQL "instances/db", NULL);
	refuse("GET", SQL "instances/db", NULL, 404, "instanceDoesNotExist", "The Cloud SQL instance does not exist.");
	cJSON *op = settled("POST", CONNECTIONS "/servicenetworking-googleapis-com",
			    json_make("{'consumerNetwork':'" NETWORK "'}"));
	is_int((long long)json_num(op, "error.code", 0), 9, "the peering lingers after the instance");
	ok(text_starts(json_str(op, "error.message", ""), "Failed to delete connection; Producer services (e.g. CloudSQL"),
	   "in Google's words");
	sim_advance(cloud, sim_now(cloud) + 2 * 86400);
	op = settled("POST", CONNECTIONS "/servicenetworking-googleapis-com", json_make("{'consumerNetwork':'" NETWORK "'}"));
	ok(json_at(op, "error") != NULL, "for days");
	act("POST", COMPUTE "global/networks/n1/removePeering", json_make("{'name':'servicenetworking-googleapis-com'}"));
	ok(!json_at(asks("GET", COMPUTE "global/networks/n1", NULL, 200), "peerings"), "removePeering works at once");
	act("DELETE", COMPUTE "global/addresses/psa", NULL);
	act("DELETE", COMPUTE "global/addresses/psb", NULL);
	act("DELETE", COMPUTE "global/networks/n1", NULL);
	ok(true, "and the network can go");
}

static void versions(void)
{
	cJSON *op = asks("POST", "sqladmin.googleapis.com/sql/v1beta4/projects/demo-proj/instances",
			 instance("old", "POSTGRES_16", "{'edition':'ENTERPRISE','tier':'db-f1-micro'}"), 200);
	ok(text_starts(json_str(op, "selfLink", ""),
		       "https://sqladmin.googleapis.com/sql/v1beta4/projects/demo-proj/operations/"),
	   "v1beta4 answers with its own links");
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	peering();
	rules();
	life();
	inside();
	mysql();
	teardown();
	versions();
	sim_free(cloud);
	return tap_done();
}
