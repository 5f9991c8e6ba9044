/* Credentials that stand on others: a service account impersonated by whoever is signed in, and a foreign identity (a CI system's token, another
 * cloud's) that Google exchanges for its own. Tokens go to Google's two endpoints for that and nowhere else, whatever the file says. */
#include "config.h"
#include "net/credentials_private.h"

#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"

#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define STS_URL "https://sts.googleapis.com/v1/token"
#define ACCOUNTS "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
#define GENERATE ":generateAccessToken"
#define SUBJECT_MAX ((size_t)64 << 10)
#define LIFETIME 3600.0

/* Reading the files ---------------------------------------------------------------------------------------------------------- */

static bool refuse(const char *place, struct err *e, const char *what)
{
	return err_set(e, EXIT_CONFIG, place, _("Make the credentials file again."), "%s", what);
}

/* The account in a URL that asks for its token; freed by the caller; NULL when the URL is another one. */
static char *account_in(const char *url)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@";
	if (!url || !text_starts(url, ACCOUNTS) || !text_ends(url, GENERATE))
		return NULL;
	const char *account = url + strlen(ACCOUNTS);
	size_t len = strlen(account) - strlen(GENERATE);
	return len && strspn(account, letters) == len ? xstrndup(account, len) : NULL;
}

static bool take_account(struct credentials *c, const char *url, const char *place, struct err *e)
{
	c->type = CREDENTIALS_IMPERSONATED;
	c->email = account_in(url);
	c->token_url = c->email ? xstrdup(url) : NULL;
	return c->email || refuse(place, e,
				  _("service_account_impersonation_url does not name a service account of Google's "
				    "iamcredentials, so nothing is sent to it."));
}

bool credentials_take_impersonated(struct credentials *c, const cJSON *file, const char *place, struct err *e)
{
	const cJSON *source = json_at(file, "source_credentials"), *delegates = json_at(file, "delegates");
	if (!cJSON_IsObject(source))
		return credentials_lack(place, "impersonated_service_account", "source_credentials", e);
	if (!strcmp(json_str(source, "type", ""), "impersonated_service_account"))
		return refuse(place, e, _("its source_credentials are impersonated themselves."));
	if (!take_account(c, json_str(file, "service_account_impersonation_url", NULL), place, e))
		return false;
	c->delegates = cJSON_IsArray(delegates) ? json_text(delegates, -1) : xstrdup("[]");
	c->lifetime = LIFETIME;
	c->source = credentials_make(c->loop, c->transport, source, place, place, e);
	return c->source != NULL;
}

/* Plain HTTP is for what answers on this machine or beside it. */
static bool good_url(const char *url, bool *near)
{
	static const char *const hosts[] = {"http://169.254.169.254", "http://127.0.0.1", "http://localhost",
					    "http://[fd00:ec2::254]"};
	*near = false;
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
		*near |= text_starts(url, hosts[i]) && strchr("/:?", url[strlen(hosts[i])]);
	return *near || text_starts(url, "https://");
}

static void take_headers(struct subject *s, const cJSON *headers)
{
	const cJSON *h;
	s->headers = xcalloc((size_t)cJSON_GetArraySize(headers) + 1, sizeof *s->headers);
	cJSON_ArrayForEach(h, headers)
		if (cJSON_IsString(h))
			s->headers[s->header_count++] = (struct header){xstrdup(h->string), xstrdup(h->valuestring)};
}

static bool take_source(struct subject *s, const cJSON *source, const char *place, struct err *e)
{
	bool near, json = !strcmp(json_str(source, "format.type", "text"), "json");
	s->file = credentials_text(source, "file");
	s->url = credentials_text(source, "url");
	s->field = json ? xstrdup(json_str(source, "format.subject_token_field_name", "")) : NULL;
	take_headers(s, json_at(source, "headers"));
	if (json_at(source, "environment_id"))
		return refuse(place, e,
			      _("credentials of AWS are not supported, only those whose token is in a file or behind a URL."));
	if (json_at(source, "executable"))
		return refuse(place, e,
			      _("credentials whose token a program makes are not supported, only those whose token is in a "
				"file or behind a URL."));
	if (!s->file && !s->url)
		return credentials_lack(place, "external_account", "credential_source.file", e);
	if (!s->file && !good_url(s->url, &near))
		return refuse(place, e,
			      _("credential_source.url is neither https nor an address of this machine's surroundings."));
	return !json || *s->field ||
	       credentials_lack(place, "external_account", "credential_source.format.subject_token_field_name", e);
}

static bool take_exchange(struct credentials *c, const cJSON *file, const char *place, struct err *e)
{
	struct subject *s = &c->subject;
	const char *project = json_str(file, "workforce_pool_user_project", NULL);
	c->type = CREDENTIALS_EXTERNAL;
	c->client_id = credentials_text(file, "client_id");
	c->client_secret = credentials_secret(file, "client_secret");
	s->audience = credentials_text(file, "audience");
	s->type = credentials_text(file, "subject_token_type");
	cJSON *options = project ? json_make("{'userProject':%s}", project) : NULL;
	s->options = options ? json_text(options, -1) : NULL;
	cJSON_Delete(options);
	if (!s->audience)
		return credentials_lack(place, "external_account", "audience", e);
	if (!s->type)
		return credentials_lack(place, "external_account", "subject_token_type", e);
	if (strcmp(json_str(file, "token_url", STS_URL), STS_URL))
		return refuse(place, e, _("token_url is not Google's token exchange, so nothing is sent to it."));
	return take_source(s, json_at(file, "credential_source"), place, e);
}

/* With a service account to impersonate, the exchanged token is only the source of that account's. */
bool credentials_take_external(struct credentials *c, const cJSON *file, const char *place, struct err *e)
{
	const char *url = json_str(file, "service_account_impersonation_url", NULL);
	if (!url)
		return take_exchange(c, file, place, e);
	if (!take_account(c, url, place, e))
		return false;
	double lifetime = json_num(file, "service_account_impersonation.token_lifetime_seconds", LIFETIME);
	c->lifetime = lifetime >= 600 && lifetime <= 43200 ? lifetime : LIFETIME;
	c->delegates = xstrdup("[]");
	cJSON *plain = cJSON_Duplicate(file, true);
	json_drop(plain, "service_account_impersonation_url");
	c->source = credentials_make(c->loop, c->transport, plain, place, place, e);
	cJSON_Delete(plain);
	return c->source != NULL;
}

void credentials_free_external(struct credentials *c)
{
	struct subject *s = &c->subject;
	if (c->source)
		credentials_forget(c->source, c);
	credentials_free(c->source);
	for (size_t i = 0; i < s->header_count; i++) {
		free(s->headers[i].name);
		free(s->headers[i].value);
	}
	free(s->headers);
	free(s->file);
	free(s->url);
	free(s->field);
	free(s->audience);
	free(s->type);
	free(s->options);
	free(c->delegates);
}

/* Impersonating -------------------------------------------------------------------------------------------------------------- */

static void on_source_token(void *arg, const char *token, struct err *e)
{
	struct credentials *c = arg;
	struct buf body = {0};
	c->asks_source = false;
	if (!token) {
		credentials_fail(c, e);
		return;
	}
	buf_printf(&body, "{\"delegates\":%s,\"lifetime\":\"%.0fs\",\"scope\":[\"%s\"]}", c->delegates, c->lifetime,
		   CREDENTIALS_SCOPE);
	credentials_post(c, c->token_url, "application/json", token, &body);
}

void credentials_refresh_impersonated(struct credentials *c)
{
	c->asks_source = true;
	credentials_token(c->source, on_source_token, c);
}

/* Exchanging ----------------------------------------------------------------------------------------------------------------- */

static void exchange(struct credentials *c, const char *token, size_t len)
{
	const struct subject *s = &c->subject;
	struct buf form = {0};
	secret_free(c->shown);
	c->shown = secret_copy(token, len);
	form.room = 2048 + 3 * (len + strlen(s->audience) + strlen(s->type) + (s->options ? strlen(s->options) : 0));
	form.data = xcalloc(1, form.room); /* in one allocation, so that wiping it wipes every copy */
	credentials_field(&form, "grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
	credentials_field(&form, "audience", s->audience);
	credentials_field(&form, "scope", CREDENTIALS_SCOPE);
	credentials_field(&form, "requested_token_type", "urn:ietf:params:oauth:token-type:access_token");
	credentials_field(&form, "subject_token_type", s->type);
	if (s->options)
		credentials_field(&form, "options", s->options);
	credentials_field(&form, "subject_token", secret_open(c->shown, NULL));
	secret_close(c->shown);
	credentials_post(c, STS_URL, "application/x-www-form-urlencoded", NULL, &form);
}

/* The token in what a file or a URL said; what it points into is the caller's. */
static const char *token_in(const struct subject *s, const char *text, size_t len, const cJSON *json, size_t *token_len)
{
	const char *token = s->field ? json_str(json, s->field, "") : text;
	*token_len = s->field ? strlen(token) : len;
	while (*token_len && isspace((unsigned char)token[*token_len - 1]))
		--*token_len;
	while (*token_len && isspace((unsigned char)*token)) {
		token++;
		--*token_len;
	}
	return *token_len && !memchr(token, 0, *token_len) ? token : NULL;
}

static void wipe(cJSON *json)
{
	if (cJSON_IsString(json))
		sodium_memzero(json->valuestring, strlen(json->valuestring));
	for (cJSON *c = json ? json->child : NULL; c; c = c->next)
		wipe(c);
}

static void take_subject(struct credentials *c, const char *place, const char *text, size_t len)
{
	struct err e = {0};
	size_t token_len;
	cJSON *json = c->subject.field ? json_parse(text, len, place, &e) : NULL;
	const char *token = token_in(&c->subject, text, len, json, &token_len);
	err_free(&e);
	if (token) {
		exchange(c, token, token_len);
	} else {
		err_set(&e, EXIT_CONFIG, place, _("See what the identity provider writes there."),
			_("there is no token in it."));
		credentials_fail(c, &e);
	}
	err_free(&e);
	wipe(json);
	cJSON_Delete(json);
}

static void on_subject(void *arg, struct http_reply *reply)
{
	struct credentials *c = arg;
	c->sending = 0;
	if (reply->failure != HTTP_OK)
		credentials_no_reply(c, reply);
	else if (reply->status != 200)
		credentials_refused(c, reply, NULL);
	else
		take_subject(c, c->subject.url, buf_text(&reply->body), reply->body.len);
	if (reply->body.data)
		sodium_memzero(reply->body.data, reply->body.len);
}

static void read_subject(struct credentials *c)
{
	struct err e = {0};
	struct buf text = {.room = SUBJECT_MAX + 1};
	text.data = xcalloc(1, text.room);
	if (file_read(c->subject.file, SUBJECT_MAX, &text, &e))
		take_subject(c, c->subject.file, buf_text(&text), text.len);
	else
		credentials_fail(c, &e);
	err_free(&e);
	sodium_memzero(text.data, text.len);
	buf_free(&text);
}

void credentials_refresh_external(struct credentials *c)
{
	const struct subject *s = &c->subject;
	bool near = false;
	if (s->file) {
		read_subject(c);
		return;
	}
	good_url(s->url, &near);
	struct http_request r = {.method = "GET",
				 .url = s->url,
				 .headers = s->headers,
				 .header_count = s->header_count,
				 .timeout = 20,
				 .max_reply = SUBJECT_MAX,
				 .direct = near};
	c->sending = c->transport->send(c->transport, &r, on_subject, c);
}
