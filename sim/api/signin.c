/* accounts.google.com's sign-in page: a form that a browser can walk, with an account chosen or typed, and the way back with a
 * code. login_hint=ADDRESS&prompt=none goes straight back, as for somebody who has signed in before. Which redirect URIs a
 * client has is the world's to say
 * ("clients": {"ID": ["https://..."]}), or whoever sets them at PUT https://console.example/ID {"redirect_uris": [...]}, which
 * stands for the console's page; a client of whom nobody says any has every one. */
#include "config.h"
#include "sim/api/oauth.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define CLIENTS "oauth.redirects"

enum { CODE_SECONDS = 600 };

static void add_html(struct buf *b, const char *text)
{
	for (; *text; text++)
		if (strchr("<>&\"'", *text))
			buf_printf(b, "&#%d;", *text);
		else
			buf_putc(b, *text);
}

static void page(struct sim_call *c, int status, const char *title, const char *body)
{
	struct buf b = {0};
	buf_printf(&b,
		   "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
		   "charset=\"utf-8\"><title>%s</title></head>\n<body>%s</body></html>\n",
		   title, body);
	sim_bytes(c, status, "text/html; charset=utf-8", buf_text(&b), b.len);
	buf_free(&b);
}

static void refuse(struct sim_call *c, const char *error, const char *words)
{
	page(c, 400, "Error 400",
	     sim_tmp("<h1>Access blocked: authorization error</h1><p>%s</p><p>Error 400: %s</p>", words, error));
}

/* Since 2022 such a refusal is a redirect to a page of its own; what it says travels as a message in Base64: its code, then its
 * words. */
static void turn_away(struct sim_call *c, const char *code, const char *words, const char *client)
{
	struct buf message = {0}, to = {0};
	buf_printf(&message, "\n%c%s\x12%c%s", (int)strlen(code), code, (int)strlen(words), words);
	char *encoded = xcalloc(message.len * 2 + 4, 1);
	EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)buf_text(&message), (int)message.len);
	for (char *p = encoded; *p; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	encoded[strcspn(encoded, "=")] = '\0';
	buf_printf(&to, "https://accounts.google.com/signin/oauth/error?authError=%s&client_id=", encoded);
	text_percent(&to, client, false);
	buf_puts(&to, "&flowName=GeneralOAuthFlow");
	sim_header(c, "Location", buf_text(&to));
	sim_bytes(c, 302, "text/html; charset=utf-8", "", 0);
	free(encoded);
	buf_free(&to);
	buf_free(&message);
}

static void error_page(struct sim_call *c)
{
	refuse(c, "invalid_request", "You can't sign in because this app sent an invalid request.");
}

static bool registered(struct sim *s, const char *client, const char *uri)
{
	const struct sim_object *o = sim_get(s, CLIENTS, client);
	const cJSON *one;
	cJSON_ArrayForEach(one, (o ? json_at(o->doc, "redirect_uris") : NULL))
		if (!strcmp(one->valuestring, uri))
			return true;
	return !o;
}

static void set_client(struct sim *s, const char *client, const cJSON *uris)
{
	struct sim_object *old = sim_get(s, CLIENTS, client);
	if (old)
		sim_remove(s, old);
	sim_put(s, CLIENTS, client, json_make("{'redirect_uris':%j}", cJSON_Duplicate(uris, true)));
}

static void signin_console(struct sim_call *c)
{
	cJSON *body = c->raw_len ? cJSON_ParseWithLength(c->raw, c->raw_len) : NULL;
	const cJSON *uris = json_at(body, "redirect_uris");
	bool fine = cJSON_IsArray(uris) && c->path[0] && c->path[1];
	if (fine)
		set_client(c->sim, c->path + 1, uris);
	cJSON_Delete(body);
	sim_bytes(c, fine ? 200 : 400, "application/json", "{}", 2);
}

static void signin_seed(struct sim *s, const cJSON *world)
{
	const cJSON *client;
	cJSON_ArrayForEach(client, json_at(world, "clients"))
		set_client(s, client->string, client);
}

static bool request_ok(struct sim_call *c, const cJSON *q)
{
	const char *uri = json_str(q, "redirect_uri", "");
	bool local = text_starts(uri, "http://localhost") || text_starts(uri, "http://127.0.0.1");
	if (!*json_str(q, "client_id", ""))
		refuse(c, "invalid_request", "Missing required parameter: client_id");
	else if (strcmp(json_str(q, "response_type", ""), "code"))
		refuse(c, "invalid_request", "Required parameter is missing: response_type");
	else if (!local && !text_starts(uri, "https://"))
		refuse(c, "redirect_uri_mismatch", "The redirect_uri is not one that this client has registered.");
	else if (!registered(c->sim, json_str(q, "client_id", ""), uri))
		turn_away(c, "redirect_uri_mismatch",
			  "You can't sign in to this app because it doesn't comply with Google's OAuth 2.0 policy.",
			  json_str(q, "client_id", ""));
	else if (!*json_str(q, "scope", ""))
		refuse(c, "invalid_request", "Missing required parameter: scope");
	else
		return true;
	return false;
}

/* Back to the client, with a code for this address. */
static void go_back(struct sim_call *c, const cJSON *q, const char *email)
{
	static const char *const kept[] = {"client_id",      "redirect_uri",          "scope",      "nonce",
					   "code_challenge", "code_challenge_method", "access_type"};
	char *hex = sim_hex(c->sim, 48);
	const char *code = sim_tmp("4/0A%s", hex), *principal = sim_tmp("user:%s", email);
	cJSON *doc = json_make("{'principal':%s}", principal);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (*json_str(q, kept[i], ""))
			cJSON_AddStringToObject(doc, kept[i], json_str(q, kept[i], ""));
	json_put_num(doc, "expires", sim_now(c->sim) + CODE_SECONDS * 100.0);
	sim_put(c->sim, "oauth.codes", code, doc);
	struct buf to = {0};
	const char *uri = json_str(q, "redirect_uri", "");
	buf_printf(&to, "%s%ccode=", uri, strchr(uri, '?') ? '&' : '?');
	text_percent(&to, code, false);
	if (*json_str(q, "state", "")) {
		buf_puts(&to, "&state=");
		text_percent(&to, json_str(q, "state", ""), false);
	}
	buf_puts(&to, "&scope=");
	text_percent(&to, json_str(q, "scope", ""), false);
	if (!strpbrk(buf_text(&to), "\r\n"))
		sim_header(c, "Location", buf_text(&to));
	sim_bytes(c, 302, "text/html; charset=utf-8", "", 0);
	buf_free(&to);
	free(hex);
}

static void show_form(struct sim_call *c, const cJSON *q)
{
	struct buf b = {0};
	buf_puts(&b, "<h1>Sign in</h1><p>This is the simulated accounts.google.com: no password is asked.</p>"
		     "<form method=\"post\" action=\"/o/oauth2/v2/auth\">");
	for (const cJSON *p = q->child; p; p = p->next) {
		if (!cJSON_IsString(p))
			continue;
		buf_puts(&b, "<input type=\"hidden\" name=\"");
		add_html(&b, p->string);
		buf_puts(&b, "\" value=\"");
		add_html(&b, p->valuestring);
		buf_puts(&b, "\">");
	}
	buf_puts(&b, "<label>Email <input type=\"email\" name=\"identifier\" value=\"");
	add_html(&b, json_str(q, "login_hint", json_str(sim_owner_credentials(c->sim), "account", "")));
	buf_puts(&b, "\"></label> <button type=\"submit\">Continue</button></form>");
	page(c, 200, "Sign in", buf_text(&b));
	buf_free(&b);
}

static bool is_address(const char *text)
{
	const char *at = strchr(text, '@');
	return at && at > text && strchr(at, '.') && !strpbrk(text, " \r\n\t<>\"") && !strchr(at + 1, '@');
}

static void signin_authorize(struct sim_call *c)
{
	cJSON *q = oauth_form(c);
	const char *typed = json_str(q, "identifier", ""), *hint = json_str(q, "login_hint", "");
	const char *email = *typed ? typed : !strcmp(json_str(q, "prompt", ""), "none") ? hint : "";
	if (request_ok(c, q)) {
		if (!*email)
			show_form(c, q);
		else if (is_address(email))
			go_back(c, q, email);
		else
			page(c, 200, "Sign in", "<h1>Sign in</h1><p>Enter a valid email</p>");
	}
	cJSON_Delete(q);
}

static const struct sim_route routes[] = {
    {"* accounts.google.com/o/oauth2/v2/auth", signin_authorize, NULL, NULL},
    {"* accounts.google.com/o/oauth2/auth", signin_authorize, NULL, NULL},
    {"* accounts.google.com/signin/oauth/error", error_page, NULL, NULL},
    {"PUT console.example/*", signin_console, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_signin = {.name = "signin", .errors = SIM_ERRORS_AIP, .routes = routes, .seed = signin_seed};
