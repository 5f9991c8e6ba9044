/* Application default credentials: what they are, and access tokens from them. Where they are looked for stands in credentials_find.c. */
#include "config.h"
#include "net/credentials.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "net/api.h"
#include "net/credentials_private.h"
#include "net/jwt.h"
#include "net/retry.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_URL "https://oauth2.googleapis.com/token"
/* A token is fresh until 3 min 45 s before its end (reference/engine.md 4). */
#define MARGIN 225.0
#define TRIES 3
#define TRIES_UNREACHABLE 6

/* Making --------------------------------------------------------------------------------------------------------------------- */

struct secret *credentials_secret(const cJSON *file, const char *field)
{
	const char *text = json_str(file, field, NULL);
	return text && *text ? secret_copy(text, strlen(text)) : NULL;
}

char *credentials_text(const cJSON *file, const char *field)
{
	const char *text = json_str(file, field, NULL);
	return text && *text ? xstrdup(text) : NULL;
}

bool credentials_lack(const char *place, const char *type, const char *field, struct err *e)
{
	return err_set(e, EXIT_CONFIG, place, _("Make it again: gcloud auth application-default login."),
		       _("credentials of type %s lack %s."), type, field);
}

static bool take_user(struct credentials *c, const cJSON *file, const char *place, struct err *e)
{
	c->type = CREDENTIALS_USER;
	c->client_id = credentials_text(file, "client_id");
	c->client_secret = credentials_secret(file, "client_secret");
	c->key = credentials_secret(file, "refresh_token");
	if (!c->client_id)
		return credentials_lack(place, "authorized_user", "client_id", e);
	if (!c->client_secret)
		return credentials_lack(place, "authorized_user", "client_secret", e);
	return c->key || credentials_lack(place, "authorized_user", "refresh_token", e);
}

/* A hostile file could point token_uri anywhere, also to a host of Google's that shows what it is sent to somebody else: the assertion goes to the
 * token endpoint and nowhere else. Old key files name it by its old addresses. */
static bool good_token_uri(const char *uri)
{
	static const char *const names[] = {TOKEN_URL, "https://accounts.google.com/o/oauth2/token",
					    "https://www.googleapis.com/oauth2/v4/token"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(uri, names[i]))
			return true;
	return false;
}

static bool take_service_account(struct credentials *c, const cJSON *file, const char *place, struct err *e)
{
	c->type = CREDENTIALS_SERVICE_ACCOUNT;
	c->email = credentials_text(file, "client_email");
	c->key = credentials_secret(file, "private_key");
	c->key_id = credentials_text(file, "private_key_id");
	const char *uri = json_str(file, "token_uri", TOKEN_URL);
	if (!c->email)
		return credentials_lack(place, "service_account", "client_email", e);
	if (!c->key)
		return credentials_lack(place, "service_account", "private_key", e);
	return good_token_uri(uri) || err_set(e, EXIT_CONFIG, place, _("Download the key file again."),
					      _("token_uri is not Google's token endpoint, so nothing is sent to it."));
}

/* A word as such files have them may be shown; anything else could be a secret in the wrong place. */
static const char *a_word(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-");
	return !text[n] && n <= 48 ? text : "?";
}

/* It goes into a header of every request. */
bool credentials_quota_ok(const char *project)
{
	size_t n = strspn(project, "abcdefghijklmnopqrstuvwxyz0123456789.:-");
	return n && n <= 100 && !project[n];
}

static bool take_file(struct credentials *c, const cJSON *file, const char *place, struct err *e)
{
	static const struct {
		const char *type;
		bool (*take)(struct credentials *c, const cJSON *file, const char *place, struct err *e);
	} types[] = {
	    {"authorized_user", take_user},
	    {"service_account", take_service_account},
	    {"impersonated_service_account", credentials_take_impersonated},
	    {"external_account", credentials_take_external},
	};
	const char *type = json_str(file, "type", NULL), *universe = json_str(file, "universe_domain", "googleapis.com");
	if (!type)
		return err_set(e, EXIT_CONFIG, place, _("Make it again: gcloud auth application-default login."),
			       _("this is not a credentials file: it has no type."));
	if (strcmp(universe, "googleapis.com")) /* another universe has other hosts for everything */
		return err_set(e, EXIT_CONFIG, place, NULL, _("the universe %s is not supported, only googleapis.com."),
			       a_word(universe));
	c->quota_project = credentials_text(file, "quota_project_id");
	c->project = credentials_text(file, "project_id");
	if (c->quota_project && !credentials_quota_ok(c->quota_project))
		return err_set(e, EXIT_CONFIG, place, _("Make it again: gcloud auth application-default login."),
			       _("quota_project_id is not the id of a project."));
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(type, types[i].type))
			return types[i].take(c, file, place, e);
	return err_set(e, EXIT_CONFIG, place,
		       _("Use credentials of type authorized_user (gcloud auth application-default login), service_account, "
			 "impersonated_service_account or external_account."),
		       _("credentials of type %s are not supported."), a_word(type));
}

struct credentials *credentials_make(struct loop *loop, struct transport *transport, const cJSON *file, const char *place,
				     const char *describe, struct err *e)
{
	struct credentials *c = xcalloc(1, sizeof *c);
	c->loop = loop;
	c->transport = transport;
	if (file && !take_file(c, file, place, e)) {
		credentials_free(c);
		return NULL;
	}
	c->describe = xstrdup(describe);
	return c;
}

struct credentials *credentials_from_json(struct loop *loop, struct transport *transport, const cJSON *file,
					  const char *describe, struct err *e)
{
	return credentials_make(loop, transport, file, describe, describe, e);
}

void credentials_free(struct credentials *c)
{
	if (!c)
		return;
	if (c->sending)
		c->transport->cancel(c->transport, c->sending);
	loop_cancel(c->loop, c->timer);
	credentials_free_external(c);
	secret_free(c->shown);
	secret_free(c->client_secret);
	secret_free(c->key);
	secret_free(c->token);
	free(c->client_id);
	free(c->email);
	free(c->key_id);
	free(c->token_url);
	free(c->metadata_host);
	free(c->quota_project);
	free(c->project);
	free(c->describe);
	free(c->waiters);
	free(c);
}

const char *credentials_describe(const struct credentials *c)
{
	return c->describe;
}

const char *credentials_quota_project(const struct credentials *c)
{
	return c->quota_project;
}

const char *credentials_project(const struct credentials *c)
{
	return c->project;
}

const char *credentials_email(const struct credentials *c)
{
	return c->email;
}

/* Requests ------------------------------------------------------------------------------------------------------------------- */

void credentials_field(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "%s%s=", b->len ? "&" : "", name);
	text_percent(b, value, false);
}

static void add_secret(struct buf *b, const char *name, struct secret *value)
{
	size_t len;
	credentials_field(b, name, secret_open(value, &len));
	secret_close(value);
}

/* The form is made in one allocation of enough room, so that wiping it wipes every copy. */
static void reserve(struct buf *b, size_t room)
{
	b->data = xcalloc(1, room);
	b->room = room;
}

static bool user_form(struct credentials *c, struct buf *b)
{
	reserve(b, 512 + 3 * (strlen(c->client_id) + secret_length(c->client_secret) + secret_length(c->key)));
	credentials_field(b, "grant_type", "refresh_token");
	credentials_field(b, "client_id", c->client_id);
	add_secret(b, "client_secret", c->client_secret);
	add_secret(b, "refresh_token", c->key);
	return true;
}

static bool assertion_form(struct credentials *c, struct buf *b, struct err *e)
{
	long long now = (long long)loop_wall(c->loop);
	cJSON *claims = json_make("{'iss':%s,'aud':%s,'scope':%s}", c->email, TOKEN_URL, CREDENTIALS_SCOPE);
	json_put_num(claims, "iat", (double)now);
	json_put_num(claims, "exp", (double)now + 3600);
	char *jwt = jwt_sign(c->key, c->key_id, claims, e);
	cJSON_Delete(claims);
	if (!jwt)
		return false;
	secret_free(c->shown);
	c->shown = secret_copy(jwt, strlen(jwt));
	reserve(b, 512 + 3 * strlen(jwt));
	credentials_field(b, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
	credentials_field(b, "assertion", jwt);
	sodium_memzero(jwt, strlen(jwt));
	free(jwt);
	return true;
}

static void on_reply(void *arg, struct http_reply *reply);

void credentials_post(struct credentials *c, const char *url, const char *type, const char *bearer, struct buf *body)
{
	static char type_name[] = "Content-Type", authorization[] = "Authorization";
	char *shown = bearer ? xasprintf("Bearer %s", bearer) : NULL, *value = xstrdup(type);
	struct header headers[2] = {{type_name, value}, {authorization, shown}};
	struct http_request r = {.method = "POST",
				 .url = url,
				 .headers = headers,
				 .header_count = shown ? 2 : 1,
				 .body = body->data,
				 .body_len = body->len,
				 .timeout = 20,
				 .max_reply = 1 << 20};
	c->form = *body;
	*body = (struct buf){0};
	c->sending = c->transport->send(c->transport, &r, on_reply, c);
	if (shown)
		sodium_memzero(shown, strlen(shown));
	free(shown);
	free(value);
}

static void send_form(struct credentials *c, struct buf *form)
{
	credentials_post(c, TOKEN_URL, "application/x-www-form-urlencoded", NULL, form);
}

static void send_metadata(struct credentials *c)
{
	static char name[] = "Metadata-Flavor", value[] = "Google";
	struct header header = {name, value};
	char *url = xasprintf("http://%s/computeMetadata/v1/instance/service-accounts/default/token", c->metadata_host);
	struct http_request r = {.method = "GET",
				 .url = url,
				 .headers = &header,
				 .header_count = 1,
				 .timeout = 5,
				 .max_reply = 1 << 20,
				 .direct = true};
	c->sending = c->transport->send(c->transport, &r, on_reply, c);
	free(url);
}

/* Answers -------------------------------------------------------------------------------------------------------------------- */

static void give(struct credentials *c, struct err *e)
{
	struct credentials_waiter *list = c->waiters;
	size_t count = c->waiter_count, len;
	const char *token = e ? NULL : secret_open(c->token, &len);
	c->waiters = NULL;
	c->waiter_count = c->waiter_room = 0;
	for (size_t i = 0; i < count; i++) {
		struct err copy = {0};
		if (e)
			err_set(&copy, e->exit, e->place, e->fix, "%s", e->what);
		list[i].done(list[i].arg, token, &copy);
		err_free(&copy);
	}
	if (token)
		secret_close(c->token);
	free(list);
}

void credentials_fail(struct credentials *c, struct err *e)
{
	give(c, e);
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; text && *words; words++)
		if (!strcmp(text, *words))
			return true;
	return false;
}

/* What to do when the endpoint refuses: it depends on what was shown to it, and on whose word it is. */
static char *fix_for(const struct credentials *c, const struct api_error *error)
{
	static const char *const relogin[] = {"invalid_grant",   "invalid_client",      "deleted_client",
					      "disabled_client", "unauthorized_client", NULL};
	static const char *const forbidden[] = {"admin_policy_enforced", "access_denied", NULL};
	if (c->type == CREDENTIALS_IMPERSONATED)
		return xasprintf(_("Ask for roles/iam.serviceAccountTokenCreator on the service account %s."), c->email);
	if (c->type == CREDENTIALS_EXTERNAL)
		return xstrdup(
		    _("Check the identity provider's token and what the workload identity pool's provider accepts."));
	if (is_one_of(error->reason, forbidden))
		return xstrdup(_("An administrator of your organisation has to allow it."));
	return is_one_of(error->reason, relogin) ? xstrdup(_("Sign in again: gcloud auth application-default login.")) : NULL;
}

/* It may be answered otherwise soon. */
static bool later(int http)
{
	static const int codes[] = {408, 429, 500, 502, 503, 504};
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (http == codes[i])
			return true;
	return false;
}

/* 407 is a proxy's word: whoever is asked to sign in has not been reached. */
static bool is_refusal(int http)
{
	return http / 100 == 4 && http != 407 && !later(http);
}

static void refuse(struct credentials *c, const struct api_error *error)
{
	struct err e = {0};
	char *fix = fix_for(c, error);
	bool clock = error->message && (strstr(error->message, "short-lived") || strstr(error->message, "iat"));
	if (clock)
		err_set(&e, EXIT_CONFIG, c->describe, _("Set the clock of this machine."), _("signing in failed: %s."),
			error->message);
	else
		err_set(&e, is_refusal(error->http) ? EXIT_PERMISSION : EXIT_UNAVAILABLE, c->describe, fix,
			_("signing in failed: %s."), error->message);
	free(fix);
	give(c, &e);
	err_free(&e);
}

static void no_answer(struct credentials *c, const struct http_reply *reply)
{
	struct err e = {0};
	const char *why = reply->failure_text ? reply->failure_text : "no reply",
		   *fix = reply->failure_fix ? _(reply->failure_fix) : NULL;
	if (reply->failure == HTTP_TLS)
		err_set(&e, EXIT_UNAVAILABLE, c->describe, api_tls_fix(), _("the connection to sign in is not safe: %s."), why);
	else if (reply->failure == HTTP_REFUSED)
		err_set(&e, EXIT_CONFIG, c->describe, fix, _("signing in is not possible: %s."), why);
	else
		err_set(&e, EXIT_UNAVAILABLE, c->describe, fix ? fix : _("Check the network, then try again."),
			_("signing in got no answer: %s."), why);
	give(c, &e);
	err_free(&e);
}

/* A token becomes part of a header: it has the characters of RFC 6750 and no others. */
static bool good_token(const char *token)
{
	return token && *token &&
	       token[strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=")] == '\0';
}

/* expires_in may come as a number or as text. */
static bool take_token(struct credentials *c, const cJSON *json)
{
	bool impersonated =
	    c->type == CREDENTIALS_IMPERSONATED; /* its end is told as a time of Google's clock: what was asked for counts */
	const char *token = json_str(json, impersonated ? "accessToken" : "access_token", NULL);
	double lives = impersonated ? c->lifetime : (double)json_int64(json, "expires_in", 0);
	if (!good_token(token) || lives <= 0)
		return false;
	secret_free(c->token);
	c->token = secret_copy(token, strlen(token));
	c->fresh_until = c->asked_at + fmax(lives - MARGIN, lives / 2);
	return true;
}

static bool passes(const struct http_reply *reply, const struct api_error *error)
{
	static const char *const words[] = {"internal_failure", "server_error", "temporarily_unavailable"};
	if (reply->status == 200) /* and no token that can be read in it */
		return true;
	if (later(reply->status))
		return true;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (error->reason && !strcmp(error->reason, words[i]))
			return true;
	return false;
}

static void refresh(void *arg);

static bool try_again(struct credentials *c, int most)
{
	if (c->tries >= most)
		return false;
	c->timer = loop_after(c->loop, retry_backoff(c->tries, 1, 15, randombytes_uniform(1000) / 1000.0), refresh, c);
	return true;
}

void credentials_refused(struct credentials *c, const struct http_reply *reply, const cJSON *json)
{
	struct api_error error;
	api_error_decode(reply->status, json, buf_text(&reply->body), &error);
	if (reply->status / 100 == 2) { /* its text may be a token that cannot be used */
		free(error.message);
		error.message = xstrdup(_("the answer holds no token that can be used"));
	}
	if (!passes(reply, &error) || !try_again(c, TRIES))
		refuse(c, &error);
	api_error_free(&error);
}

static void wipe(cJSON *json, const char *field)
{
	char *text = cJSON_GetStringValue(json_at(json, field));
	if (text)
		sodium_memzero(text, strlen(text));
}

static void on_status(struct credentials *c, struct http_reply *reply)
{
	struct err e = {0};
	cJSON *json = json_parse(buf_text(&reply->body), reply->body.len, c->describe, &e);
	err_free(&e);
	const char *flavor = http_header(reply, "Metadata-Flavor");
	bool true_server = c->type != CREDENTIALS_METADATA || (flavor && !strcmp(flavor, "Google"));
	if (reply->status == 200 && true_server && take_token(c, json))
		give(c, NULL);
	else
		credentials_refused(c, reply, json);
	wipe(json, "access_token");
	wipe(json, "accessToken");
	cJSON_Delete(json);
	if (reply->body.data)
		sodium_memzero(reply->body.data, reply->body.len);
}

void credentials_no_reply(struct credentials *c, const struct http_reply *reply)
{
	bool never = reply->failure == HTTP_TLS || reply->failure == HTTP_REFUSED || reply->failure == HTTP_TOO_LARGE;
	if (never || !try_again(c, reply->failure == HTTP_UNREACHABLE ? TRIES_UNREACHABLE : TRIES))
		no_answer(c, reply);
}

static void on_reply(void *arg, struct http_reply *reply)
{
	struct credentials *c = arg;
	c->sending = 0;
	if (c->form.data)
		sodium_memzero(c->form.data, c->form.len);
	buf_free(&c->form);
	if (reply->failure == HTTP_OK)
		on_status(c, reply);
	else
		credentials_no_reply(c, reply);
}

static void refresh(void *arg)
{
	struct credentials *c = arg;
	struct buf form = {0};
	struct err e = {0};
	c->timer = 0;
	c->tries++;
	c->asked_at = loop_now(c->loop);
	switch (c->type) {
	case CREDENTIALS_METADATA:
		send_metadata(c);
		return;
	case CREDENTIALS_USER:
		user_form(c, &form);
		send_form(c, &form);
		return;
	case CREDENTIALS_IMPERSONATED:
		credentials_refresh_impersonated(c);
		return;
	case CREDENTIALS_EXTERNAL:
		credentials_refresh_external(c);
		return;
	case CREDENTIALS_SERVICE_ACCOUNT:
		if (assertion_form(c, &form, &e)) {
			send_form(c, &form);
		} else {
			give(c, &e);
			err_free(&e);
		}
	}
}

static void give_later(void *arg)
{
	struct credentials *c = arg;
	c->timer = 0;
	give(c, NULL);
}

void credentials_token(struct credentials *c, credentials_done *done, void *arg)
{
	c->waiters = xgrow(c->waiters, c->waiter_count, &c->waiter_room, sizeof *c->waiters);
	c->waiters[c->waiter_count++] = (struct credentials_waiter){done, arg};
	if (c->sending || c->timer || c->asks_source)
		return;
	c->tries = 0;
	bool fresh = c->token && loop_now(c->loop) < c->fresh_until;
	c->timer = loop_after(c->loop, 0, fresh ? give_later : refresh, c);
}

bool credentials_forget(struct credentials *c, void *arg)
{
	for (size_t i = 0; i < c->waiter_count; i++) {
		if (c->waiters[i].arg != arg)
			continue;
		memmove(&c->waiters[i], &c->waiters[i + 1], (c->waiter_count - i - 1) * sizeof *c->waiters);
		c->waiter_count--;
		return true;
	}
	return false;
}

void credentials_reject(struct credentials *c)
{
	c->fresh_until = -1;
}
