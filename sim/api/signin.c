/* accounts.google.com's sign-in page: a form that a browser can walk, with an account chosen or typed, and the way back with a code.
 * login_hint=ADDRESS&prompt=none goes straight back, as for somebody who has signed in before. */
#include "config.h"
#include "sim/api/oauth.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

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
	buf_printf(&b, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s</title></head>\n<body>%s</body></html>\n", title, body);
	sim_bytes(c, status, "text/html; charset=utf-8", buf_text(&b), b.len);
	buf_free(&b);
}

static void refuse(struct sim_call *c, const char *error, const char *words)
{
	page(c, 400, "Error 400", sim_tmp("<h1>Access blocked: authorization error</h1><p>%s</p><p>Error 400: %s</p>", words, error));
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
	else if (!*json_str(q, "scope", ""))
		refuse(c, "invalid_request", "Missing required parameter: scope");
	else
		return true;
	return false;
}

/* Back to the client, with a code for this address. */
static void go_back(struct sim_call *c, const cJSON *q, const char *email)
{
	static const char *const kept[] = {"client_id", "redirect_uri", "scope", "nonce", "code_challenge", "code_challenge_method", "access_type"};
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

static void authorize(struct sim_call *c)
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
	{"* accounts.google.com/o/oauth2/v2/auth", authorize, NULL, NULL},
	{"* accounts.google.com/o/oauth2/auth", authorize, NULL, NULL},
	{NULL, NULL, NULL, NULL},
};

const struct sim_api sim_signin = {.name = "signin", .errors = SIM_ERRORS_AIP, .routes = routes};
