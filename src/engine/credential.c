/* Tokens of the prover by IAM Credentials, and passwords from the vault. */
#include "config.h"
#include "engine/credential.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define IAM_CREDENTIALS "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"

/* A JWT's life, in seconds: the longest that Google takes. */
#define JWT_LIFE 3600

struct credential {
	struct credential_means with;
	struct secret *token;
	bool waiting; /* for the vault */
	unsigned long call;
	credential_done *done;
	void *arg;
};

struct credential *credential_new(const struct credential_means *with)
{
	struct credential *c = xcalloc(1, sizeof *c);
	c->with = *with;
	return c;
}

void credential_free(struct credential *c)
{
	if (!c)
		return;
	api_cancel(c->with.api, c->call);
	if (c->waiting)
		vault_forget(c->with.vault, c);
	secret_free(c->token);
	free(c);
}

/* Of the prover ----------------------------------------------------------------------------------------------------------------- */

static void on_token(void *arg, const struct api_result *r)
{
	struct credential *c = arg;
	c->call = 0;
	const cJSON *node = json_at(r->reply, c->with.plan->wall.shows == CREDENTIAL_JWT ? "signedJwt" : "token");
	if (r->http == 200 && cJSON_IsString(node)) {
		secret_free(c->token);
		c->token = secret_copy(node->valuestring, strlen(node->valuestring));
		sodium_memzero(node->valuestring, strlen(node->valuestring));
		c->done(c->arg, NULL, false);
		return;
	}
	bool spreads = r->http == 403 || r->http == 404 || r->http >= 500 || r->http == 429;
	struct err none = {0};
	if (!r->err.what)
		err_set(&none, EXIT_UNAVAILABLE, NULL, NULL, _("no token came."));
	c->done(c->arg, r->err.what ? &r->err : &none, spreads);
	err_free(&none);
}

static cJSON *jwt_body(const struct credential_means *with)
{
	double now = floor(loop_wall(with->loop));
	const struct plan *p = with->plan;
	cJSON *claims = json_make("{'iss':%s,'sub':%s,'aud':%s}", p->prover, p->prover, p->wall.audience);
	json_put_num(claims, "iat", now);
	json_put_num(claims, "exp", now + JWT_LIFE);
	char *text = json_text(claims, -1);
	cJSON *body = json_make("{'payload':%s}", text);
	free(text);
	cJSON_Delete(claims);
	return body;
}

static void ask_token(struct credential *c)
{
	const struct plan *plan = c->with.plan;
	bool jwt = plan->wall.shows == CREDENTIAL_JWT;
	struct call call = {0};
	call_set(&call, DIALECT_NONE, "POST",
		 jwt ? jwt_body(&c->with) : json_make("{'audience':%s,'includeEmail':true}", plan->wall.audience),
		 IAM_CREDENTIALS "%s:%s", plan->prover, jwt ? "signJwt" : "generateIdToken");
	c->call = api_call(c->with.api, &call, &(struct api_policy){.budget = 60, .just_enabled = true}, on_token, c);
	call_free(&call);
}

/* A password --------------------------------------------------------------------------------------------------------------------- */

static void on_password(void *arg, struct err *e)
{
	struct credential *c = arg;
	c->waiting = false;
	c->done(c->arg, e->exit ? e : NULL, false);
}

static void ask_password(struct credential *c)
{
	cJSON *body = json_make("{'$secret':%s}", c->with.plan->wall.password);
	c->waiting = true;
	vault_need(c->with.vault, body, on_password, c);
	cJSON_Delete(body);
}

/* "USER:PASSWORD" in base64, as RFC 7617 has it. */
static char *basic(const char *user, const char *password)
{
	char *both = xasprintf("%s:%s", user, password);
	size_t len = strlen(both), room = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
	char *coded = xcalloc(1, room);
	sodium_bin2base64(coded, room, (const unsigned char *)both, len, sodium_base64_VARIANT_ORIGINAL);
	char *header = xasprintf("Basic %s", coded);
	sodium_memzero(both, len);
	sodium_memzero(coded, room);
	free(both);
	free(coded);
	return header;
}

/* All ------------------------------------------------------------------------------------------------------------------------------ */

void credential_get(struct credential *c, credential_done *done, void *arg)
{
	enum shown shows = c->with.plan->wall.shows;
	bool token = shows == CREDENTIAL_ID_TOKEN || shows == CREDENTIAL_JWT;
	c->done = done;
	c->arg = arg;
	struct err none = {0};
	if (token && !c->with.plan->prover) {
		err_set(&none, EXIT_BUG, NULL, NULL, _("the plan names no account that could prove it."));
		done(arg, &none, false);
		err_free(&none);
	} else if (token)
		ask_token(c);
	else if (shows == CREDENTIAL_PASSWORD)
		ask_password(c);
	else
		done(arg, NULL, false);
}

struct secret *credential_token(const struct credential *c)
{
	return c->token;
}

char *credential_header(const struct credential *c, bool forged)
{
	const struct wall *wall = &c->with.plan->wall;
	size_t len;
	if (wall->shows == CREDENTIAL_CHANNEL)
		return NULL;
	if (forged)
		return wall->shows == CREDENTIAL_PASSWORD ? basic(wall->user, "not-the-password")
							  : xstrdup("Bearer not-a-token");
	struct secret *s = wall->shows == CREDENTIAL_PASSWORD ? vault_lookup(c->with.vault, wall->password) : c->token;
	const char *bytes = secret_open(s, &len);
	char *header = wall->shows == CREDENTIAL_PASSWORD ? basic(wall->user, bytes) : xasprintf("Bearer %s", bytes);
	secret_close(s);
	return header;
}
