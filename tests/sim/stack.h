/* A whole stack in the simulated cloud, built request by request as Google's APIs want it: network, database, bucket, accounts, repositories,
 * image, secrets, migration job, service. Tests start from it and break it. */
#ifndef MS_TESTS_SIM_STACK_H
#define MS_TESTS_SIM_STACK_H

#include "tests/sim/serving.h"

#define AGENT(name) name "@demo-proj.iam.gserviceaccount.com"
#define SERVER AGENT("server")
#define BUILDER AGENT("builder")
#define HOST "mlflow-123456789012.us-central1.run.app"
#define CLIENT "client-1.apps.googleusercontent.com"
#define IMAGE "us-central1-docker.pkg.dev/demo-proj/images/server:t1"
#define PROXY "us-central1-docker.pkg.dev/demo-proj/quay/oauth2-proxy/oauth2-proxy:v7.15.3"
#define COOKIE "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

/* One file of a tar archive, appended. */
__attribute__((unused)) static void tar_file(struct buf *b, const char *name, const char *text)
{
	char header[512] = "";
	size_t len = strlen(text);
	unsigned sum = 0;
	snprintf(header, 100, "%s", name);
	memcpy(header + 100, "0000644", 7);
	memcpy(header + 108, "0000000", 7);
	memcpy(header + 116, "0000000", 7);
	snprintf(header + 124, 12, "%011o", (unsigned)(len & 0xffffff));
	memcpy(header + 136, "00000000000", 11);
	memset(header + 148, ' ', 8);
	header[156] = '0';
	memcpy(header + 257, "ustar", 6);
	memcpy(header + 263, "00", 2);
	for (size_t i = 0; i < sizeof header; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum & 0777777);
	buf_add(b, header, sizeof header);
	buf_add(b, text, len);
	static const char zeros[512];
	buf_add(b, zeros, (512 - len % 512) % 512);
}

__attribute__((unused)) static void source(struct buf *b, const char *dockerfile)
{
	static const char zeros[1024];
	if (dockerfile)
		tar_file(b, "Dockerfile", dockerfile);
	tar_file(b, "requirements.txt", "mlflow[auth]==3.17.2\npsycopg2-binary==2.9.13\ngoogle-cloud-storage==3.17.1\n");
	tar_file(b, "start.sh",
		 "#!/bin/sh\nset -eu\n: \"${MLFLOW_BACKEND_STORE_URI:?}\" \"${PGHOST:?}\"\nexec mlflow server --host "
		 "\"${SERVER_ADDRESS:-127.0.0.1}\" "
		 "--port 5000 \\\n\t--workers \"${MLFLOW_WORKERS:-2}\"\n");
	tar_file(b, "migrate.sh", "#!/bin/sh\nset -eu\nexec mlflow db upgrade \"$MLFLOW_BACKEND_STORE_URI\"\n");
	buf_add(b, zeros, sizeof zeros);
}

#define DOCKERFILE                                                                                                             \
	"FROM python:3.11-slim-bookworm\nCOPY requirements.txt /app/\nRUN pip install -r /app/requirements.txt\nCOPY "         \
	"start.sh migrate.sh /app/\n"                                                                                          \
	"CMD [\"sh\", \"/app/start.sh\"]\n"

/* Uploads bytes; the generation for the caller to free. */
__attribute__((unused)) static char *upload(const char *bucket, const char *name, const struct buf *data)
{
	char *bearer = xasprintf("Bearer %s", sim_owner_token(sim));
	char *target = xasprintf("/upload/storage/v1/b/%s/o?uploadType=media&name=%s", bucket, name);
	struct sim_header headers[] = {{"Authorization", bearer}, {"Content-Type", "application/gzip"}};
	struct sim_request q = {"POST", "storage.googleapis.com", target, headers, 2, data->data, data->len};
	struct sim_reply r;
	sim_handle(sim, &q, &r);
	status = r.status;
	cJSON *j = cJSON_ParseWithLength(buf_text(&r.body), r.body.len);
	char *generation = xstrdup(json_str(j, "generation", ""));
	cJSON_Delete(j);
	sim_reply_free(&r);
	free(target);
	free(bearer);
	return generation;
}

__attribute__((unused)) static void grant(const char *role, const char *member)
{
	cJSON *policy = ask("POST", "cloudresourcemanager.googleapis.com", "/v1/projects/demo-proj:getIamPolicy", "{}");
	if (!json_at(policy, "bindings"))
		json_put(policy, "bindings", cJSON_CreateArray());
	cJSON_AddItemToArray(json_at(policy, "bindings"), json_make("{'role':%s,'members':[%s]}", role, member));
	cJSON *body = json_make("{'policy':%j}", policy);
	char *text = json_text(body, -1);
	cJSON_Delete(ask("POST", "cloudresourcemanager.googleapis.com", "/v1/projects/demo-proj:setIamPolicy", text));
	if (status != 200)
		printf("# grant %s: %d\n", role, status);
	free(text);
	cJSON_Delete(body);
}

__attribute__((unused)) static void secret(const char *name, const char *payload)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf b = {0};
	size_t len = strlen(payload);
	for (size_t i = 0; i < len; i += 3) {
		unsigned v = (unsigned)(unsigned char)payload[i] << 16 |
			     (i + 1 < len ? (unsigned)(unsigned char)payload[i + 1] << 8 : 0) |
			     (i + 2 < len ? (unsigned char)payload[i + 2] : 0);
		buf_putc(&b, letters[v >> 18]);
		buf_putc(&b, letters[v >> 12 & 63]);
		buf_putc(&b, i + 1 < len ? letters[v >> 6 & 63] : '=');
		buf_putc(&b, i + 2 < len ? letters[v & 63] : '=');
	}
	char *target = xasprintf("/v1/projects/demo-proj/secrets?secretId=%s", name),
	     *body = xasprintf("{\"payload\":{\"data\":\"%s\"}}", buf_text(&b));
	cJSON_Delete(ask("POST", "secretmanager.googleapis.com", target, "{\"replication\":{\"automatic\":{}}}"));
	free(target);
	target = xasprintf("/v1/projects/demo-proj/secrets/%s:addVersion", name);
	cJSON_Delete(ask("POST", "secretmanager.googleapis.com", target, body));
	if (status != 200)
		printf("# secret %s: %d\n", name, status);
	free(target);
	free(body);
	buf_free(&b);
}

/* A record at the registrar leads this domain to the load balancer's address "ip". */
__attribute__((unused)) static void lead_to_ip(const char *domain)
{
	cJSON *address = ask("GET", "compute.googleapis.com", "/compute/v1/projects/demo-proj/global/addresses/ip", NULL);
	char *target = xasprintf("/%s/A", domain), *body = xasprintf("{\"data\":[\"%s\"]}", json_str(address, "address", "?"));
	cJSON_Delete(expect(200, "PUT", "registrar.example", target, body, "a record leads the domain there"));
	cJSON_Delete(address);
	free(target);
	free(body);
}

__attribute__((unused)) static void done_compute(cJSON *op)
{
	if (status != 200)
		printf("# compute: %d\n", status);
	cJSON_Delete(op);
	pass(60);
}

#define C "/compute/v1/projects/demo-proj/"
__attribute__((unused)) static void database(void)
{
	const char *compute = "compute.googleapis.com", *sql = "sqladmin.googleapis.com";
	done_compute(ask("POST", compute, C "global/networks", "{\"name\":\"net\",\"autoCreateSubnetworks\":false}"));
	done_compute(
	    ask("POST", compute, C "regions/us-central1/subnetworks",
		"{\"name\":\"sub\",\"network\":\"projects/demo-proj/global/networks/net\",\"ipCidrRange\":\"10.1.0.0/24\"}"));
	done_compute(ask("POST", compute, C "global/addresses",
			 "{\"name\":\"range\",\"purpose\":\"VPC_PEERING\",\"addressType\":\"INTERNAL\",\"prefixLength\":20,"
			 "\"network\":\"global/networks/net\"}"));
	done_compute(
	    ask("PATCH", "servicenetworking.googleapis.com",
		"/v1/services/servicenetworking.googleapis.com/connections/-?updateMask=reservedPeeringRanges&force=true",
		"{\"network\":\"projects/123456789012/global/networks/net\",\"reservedPeeringRanges\":[\"range\"]}"));
	pass(300);
	cJSON_Delete(ask("POST", sql, "/v1/projects/demo-proj/instances",
			 "{\"name\":\"db\",\"region\":\"us-central1\",\"databaseVersion\":\"POSTGRES_17\",\"settings\":{"
			 "\"edition\":\"ENTERPRISE\",\"tier\":"
			 "\"db-custom-1-3840\",\"ipConfiguration\":{\"ipv4Enabled\":false,\"privateNetwork\":\"projects/"
			 "demo-proj/global/networks/net\"}}}"));
	ok(status == 200, "the database is ordered");
	pass(3000);
	cJSON_Delete(ask("POST", sql, "/v1/projects/demo-proj/instances/db/databases", "{\"name\":\"mlflow\"}"));
	pass(30);
	cJSON_Delete(
	    ask("POST", sql, "/v1/projects/demo-proj/instances/db/users", "{\"name\":\"mlflow\",\"password\":\"pw\"}"));
	ok(status == 200, "its user too");
	pass(30);
}

__attribute__((unused)) static char *database_address(void)
{
	cJSON *i = ask("GET", "sqladmin.googleapis.com", "/v1/projects/demo-proj/instances/db", NULL);
	char *ip = xstrdup(json_str(i, "ipAddresses.0.ipAddress", "?"));
	cJSON_Delete(i);
	return ip;
}

__attribute__((unused)) static void accounts(void)
{
	cJSON_Delete(ask("POST", "iam.googleapis.com", "/v1/projects/demo-proj/serviceAccounts", "{\"accountId\":\"server\"}"));
	cJSON_Delete(
	    ask("POST", "iam.googleapis.com", "/v1/projects/demo-proj/serviceAccounts", "{\"accountId\":\"builder\"}"));
	pass(300);
	static const char *const build[] = {"roles/storage.objectUser", "roles/artifactregistry.writer",
					    "roles/logging.logWriter"};
	for (int i = 0; i < 3; i++)
		grant(build[i], "serviceAccount:" BUILDER);
	grant("roles/storage.objectUser", "serviceAccount:" SERVER);
	grant("roles/secretmanager.secretAccessor", "serviceAccount:" SERVER);
}

__attribute__((unused)) static void places(void)
{
	const char *ar = "artifactregistry.googleapis.com";
	cJSON_Delete(
	    finished(ar, "v1", ask("POST", ar, "/v1/" PLACE "/repositories?repositoryId=images", "{\"format\":\"DOCKER\"}")));
	cJSON_Delete(finished(ar, "v1",
			      ask("POST", ar, "/v1/" PLACE "/repositories?repositoryId=quay",
				  "{\"format\":\"DOCKER\",\"mode\":\"REMOTE_REPOSITORY\",\"remoteRepositoryConfig\":{"
				  "\"dockerRepository\":{\"customRepository\":"
				  "{\"uri\":\"https://quay.io\"}}}}")));
	cJSON_Delete(ask("POST", "storage.googleapis.com", "/storage/v1/b?project=demo-proj",
			 "{\"name\":\"demo-proj-art\",\"location\":\"US-CENTRAL1\","
			 "\"iamConfiguration\":{\"uniformBucketLevelAccess\":{\"enabled\":true}}}"));
	ok(status == 200, "a bucket");
}

/* Starts a build of the archive at this generation; the build's id for the caller to free. */
__attribute__((unused)) static char *build(const char *object, const char *generation)
{
	char *body = xasprintf(
	    "{\"source\":{\"storageSource\":{\"bucket\":\"demo-proj-art\",\"object\":\"%s\",\"generation\":\"%s\"}},\"steps\":["
	    "{\"name\":"
	    "\"gcr.io/cloud-builders/docker\",\"args\":[\"build\",\"--tag\",\"" IMAGE "\",\".\"]}],\"images\":[\"" IMAGE "\"],"
	    "\"serviceAccount\":\"projects/demo-proj/serviceAccounts/" BUILDER "\",\"logsBucket\":\"gs://demo-proj-art/logs\","
	    "\"options\":{\"logging\":\"GCS_ONLY\"},\"tags\":[\"t\"]}",
	    object, generation);
	cJSON *op = ask("POST", "cloudbuild.googleapis.com", "/v1/" PLACE "/builds", body);
	char *id = xstrdup(json_str(op, "metadata.build.id", json_str(op, "error.message", "?")));
	cJSON_Delete(op);
	free(body);
	return id;
}

__attribute__((unused)) static cJSON *built(const char *id)
{
	char *target = xasprintf("/v1/" PLACE "/builds/%s", id);
	cJSON *b = ask("GET", "cloudbuild.googleapis.com", target, NULL);
	free(target);
	return b;
}

#define GATE_CONFIG(more)                                                                                                      \
	"provider = \"google\"\nclient_id = \"" CLIENT                                                                         \
	"\"\nclient_secret_file = \"/s/client/client\"\ncookie_secret_file = \"/s/cookie/cookie\"\n"                           \
	"redirect_url = \"https://" HOST                                                                                       \
	"/oauth2/callback\"\nhttp_address = \"0.0.0.0:4180\"\nemail_domains = [\"example.com\"]\n"                             \
	"upstreams = [\"http://127.0.0.1:5000/\"]\nupstream_timeout = \"3600s\"\nskip_jwt_bearer_tokens = "                    \
	"true\nbearer_token_login_fallback = false\n"                                                                          \
	"extra_jwt_issuers = [\"https://accounts.google.com=https://" HOST                                                     \
	"\", ]\napi_routes = [\"^/api/\", \"^/ajax-api/\"]\n"                                                                  \
	"skip_auth_routes = [\"GET=^/health$\"]\nskip_provider_button = true\ncookie_name = "                                  \
	"\"__Host-mlflow\"\ncode_challenge_method = \"S256\"\n" more

/* A template of the stack: oauth2-proxy and MLflow, with this configuration secret, backend URI, PGHOST and memory. */
__attribute__((unused)) static char *template(const char *config, const char *uri, const char *host, const char *memory)
{
	return xasprintf(
	    "{\"invokerIamDisabled\":true,\"template\":{\"serviceAccount\":\"" SERVER
	    "\",\"vpcAccess\":{\"networkInterfaces\":[{\"network\":\"net\","
	    "\"subnetwork\":\"sub\"}]},\"volumes\":[{\"name\":\"c\",\"secret\":{\"secret\":\"%s\",\"items\":[{\"version\":"
	    "\"1\",\"path\":"
	    "\"gate.cfg\"}]}},{\"name\":\"client\",\"secret\":{\"secret\":\"client\",\"items\":[{\"version\":\"1\",\"path\":"
	    "\"client\"}]}},"
	    "{\"name\":\"cookie\",\"secret\":{\"secret\":\"cookie\",\"items\":[{\"version\":\"1\",\"path\":\"cookie\"}]}}],"
	    "\"containers\":[{\"name\":"
	    "\"oauth2-proxy\",\"image\":\"" PROXY
	    "\",\"args\":[\"--config=/s/config/gate.cfg\"],\"ports\":[{\"containerPort\":4180}],\"dependsOn\":"
	    "[\"mlflow\"],\"volumeMounts\":[{\"name\":\"c\",\"mountPath\":\"/s/config\"},{\"name\":\"client\",\"mountPath\":\"/"
	    "s/client\"},"
	    "{\"name\":\"cookie\",\"mountPath\":\"/s/cookie\"}],\"startupProbe\":{\"httpGet\":{\"path\":\"/"
	    "ping\",\"port\":4180}}},{\"name\":\"mlflow\","
	    "\"image\":\"" IMAGE
	    "\",\"env\":[{\"name\":\"SERVER_ADDRESS\",\"value\":\"0.0.0.0\"},{\"name\":\"MLFLOW_BACKEND_STORE_URI\",\"value\":"
	    "\"%s\"},{\"name\":\"PGHOST\",\"value\":\"%s\"},{\"name\":\"PGUSER\",\"value\":\"mlflow\"},{\"name\":"
	    "\"PGDATABASE\",\"value\":\"mlflow\"},"
	    "{\"name\":\"PGPASSWORD\",\"valueSource\":{\"secretKeyRef\":{\"secret\":\"password\",\"version\":\"1\"}}},{"
	    "\"name\":"
	    "\"MLFLOW_ARTIFACTS_DESTINATION\",\"value\":\"gs://demo-proj-art/"
	    "artifacts\"},{\"name\":\"MLFLOW_SERVER_ENABLE_JOB_EXECUTION\",\"value\":"
	    "\"false\"},{\"name\":\"MLFLOW_SERVER_ALLOWED_HOSTS\",\"value\":\"" HOST
	    ",localhost\"},{\"name\":\"MLFLOW_SERVER_CORS_ALLOWED_ORIGINS\","
	    "\"value\":\"https://" HOST
	    "\"}],\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"%s\"}},\"startupProbe\":{\"httpGet\":{\"path\":"
	    "\"/health\",\"port\":5000},\"periodSeconds\":10,\"failureThreshold\":23}}]}}",
	    config, uri, host, memory);
}

__attribute__((unused)) static cJSON *deploy(const char *method, const char *config, const char *uri, const char *host,
					     const char *memory)
{
	char *body = template(config, uri, host, memory);
	bool create = !strcmp(method, "POST");
	cJSON *op = finished(
	    RUN_HOST, "v2",
	    ask(method, RUN_HOST, create ? "/v2/" PLACE "/services?serviceId=mlflow" : "/v2/" PLACE "/services/mlflow", body));
	free(body);
	return op;
}

#endif
