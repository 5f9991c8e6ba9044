/* iamcredentials.googleapis.com: short-lived credentials for service accounts. Each needs its own permission on the account,
 * which an owner of the project does not have. */
#include "config.h"
#include "sim/core/inside.h"
#include "sim/api/iam.h"
#include "sim/api/identity.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/inside.h"

#include <stdlib.h>
#include <string.h>

enum { HOUR = 3600 };

/* The account, when it can be used by the caller for this; NULL: answered. Projects are not named: the path must say
 * "projects/-". */
static struct sim_object *usable(struct sim_call *c, const char *permission)
{
	const char *name = sim_path_part(c, "serviceAccounts"), *project = sim_path_part(c, "projects");
	struct sim_object *o = sim_account(c->sim, name);
	if (strcmp(project, "-") && !(o && sim_project_id(c->sim, project))) {
		sim_fail(c, "NOT_FOUND", NULL, "Not found; Gaia id not found for email %s", name);
		return NULL;
	}
	const char *holder = o ? sim_account_holder(o) : NULL;
	bool yes = o && sim_allowed(c->sim, c->principal, permission, json_str(o->doc, "projectId", ""), holder);
	if (!o && sim_account_project(c->sim, name)) {
		sim_fail(c, "NOT_FOUND", NULL, "Not found; Gaia id not found for email %s", name);
		return NULL;
	}
	if (!yes) {
		sim_account_denied(c, permission);
		return NULL;
	}
	if (!json_bool(o->doc, "disabled", false))
		return o;
	sim_fail(c, "FAILED_PRECONDITION", NULL, "Service account %s is disabled.", name);
	return NULL;
}

static void generate_access_token(struct sim_call *c)
{
	struct sim_object *o = usable(c, "iam.serviceAccounts.getAccessToken");
	double lifetime = strtod(json_str(c->body, "lifetime", "3600s"), NULL);
	char until[40];
	if (!o)
		return;
	if (!cJSON_GetArraySize(json_at(c->body, "scope"))) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Scope required.");
		return;
	}
	if (lifetime <= 0 || lifetime > HOUR) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The token lifetime must be between 0 and 3600 seconds.");
		return;
	}
	char *token = sim_token_new(c->sim, sim_tmp("serviceAccount:%s", json_str(o->doc, "email", "")), lifetime);
	sim_ok(c,
	       json_make("{'accessToken':%s,'expireTime':%s}", token, text_rfc3339(token_wall(c->sim) + lifetime, 0, until)));
	free(token);
}

/* Google's last an hour; a world whose clients are to be seen renewing theirs has shorter ones. */
static double id_token_life(struct sim_call *c)
{
	const cJSON *said = sim_project_world(c->sim, "", "idTokenSeconds");
	return cJSON_IsNumber(said) ? said->valuedouble : HOUR;
}

static void generate_id_token(struct sim_call *c)
{
	struct sim_object *o = usable(c, "iam.serviceAccounts.getOpenIdToken");
	const char *audience = json_str(c->body, "audience", "");
	if (!o)
		return;
	if (!*audience) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Audience is required.");
		return;
	}
	const char *id = json_str(o->doc, "uniqueId", "");
	cJSON *claims = json_make("{'iss':'https://accounts.google.com','aud':%s,'azp':%s,'sub':%s}", audience, id, id);
	cJSON_AddNumberToObject(claims, "iat", (double)(long long)token_wall(c->sim));
	cJSON_AddNumberToObject(claims, "exp", (double)(long long)token_wall(c->sim) + id_token_life(c));
	if (json_bool(c->body, "includeEmail", false)) {
		cJSON_AddStringToObject(claims, "email", json_str(o->doc, "email", ""));
		cJSON_AddTrueToObject(claims, "email_verified");
	}
	char *token = sim_id_token(c->sim, claims);
	sim_ok(c, json_make("{'token':%s}", token));
	cJSON_Delete(claims);
	free(token);
}

static void sign_blob(struct sim_call *c)
{
	struct sim_object *o = usable(c, "iam.serviceAccounts.signBlob");
	size_t n, signed_len;
	const char *key_id = "";
	if (!o)
		return;
	unsigned char *data = identity_unbase64(json_str(c->body, "payload", ""), &n);
	unsigned char *signature = sim_account_sign(c->sim, json_str(o->doc, "email", ""), data ? (const void *)data : "",
						    data ? n : 0, &signed_len, &key_id);
	char *text = identity_base64(signature, signed_len);
	sim_ok(c, json_make("{'keyId':%s,'signedBlob':%s}", key_id, text));
	free(data), free(signature), free(text);
}

static void add_url64(struct buf *b, const void *data, size_t len)
{
	char *text = identity_base64(data, len);
	for (char *at = text; *at && *at != '='; at++)
		buf_putc(b, *at == '+' ? '-' : *at == '/' ? '_' : *at);
	free(text);
}

/* Claims with an expiry more than twelve hours away are refused. */
static bool claims_ok(struct sim_call *c, const char *payload)
{
	struct err e = {0};
	cJSON *claims = json_parse(payload, strlen(payload), "payload", &e);
	double exp = json_num(claims, "exp", 0);
	bool ok = claims && (exp == 0 || (exp > token_wall(c->sim) && exp <= token_wall(c->sim) + 12 * HOUR));
	if (!claims)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Payload is not a valid JSON object.");
	else if (!ok)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The expiration time (exp) must be within 12 hours of now.");
	cJSON_Delete(claims);
	err_free(&e);
	return ok;
}

static void sign_jwt(struct sim_call *c)
{
	struct sim_object *o = usable(c, "iam.serviceAccounts.signJwt");
	const char *payload = json_str(c->body, "payload", ""), *key_id = "", *email;
	size_t signed_len;
	if (!o || !claims_ok(c, payload))
		return;
	email = json_str(o->doc, "email", "");
	free(sim_account_sign(c->sim, email, "", 0, &signed_len, &key_id)); /* makes the key, to know its id */
	struct buf jwt = {0};
	const char *header = sim_tmp("{\"alg\":\"RS256\",\"kid\":\"%s\",\"typ\":\"JWT\"}", key_id);
	add_url64(&jwt, header, strlen(header));
	buf_putc(&jwt, '.');
	add_url64(&jwt, payload, strlen(payload));
	unsigned char *signature = sim_account_sign(c->sim, email, jwt.data, jwt.len, &signed_len, &key_id);
	buf_putc(&jwt, '.');
	add_url64(&jwt, signature, signed_len);
	sim_ok(c, json_make("{'keyId':%s,'signedJwt':%s}", key_id, buf_text(&jwt)));
	free(signature);
	buf_free(&jwt);
}

#define ACCOUNTS "iamcredentials.projects.serviceAccounts."
static const struct sim_route routes[] = {
    {ACCOUNTS "generateAccessToken", generate_access_token, NULL, NULL},
    {ACCOUNTS "generateIdToken", generate_id_token, NULL, NULL},
    {ACCOUNTS "signBlob", sign_blob, NULL, NULL},
    {ACCOUNTS "signJwt", sign_jwt, NULL, NULL},
    {0},
};

const struct sim_api sim_api_iamcredentials = {
    .name = "iamcredentials",
    .service = "iamcredentials.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
};
