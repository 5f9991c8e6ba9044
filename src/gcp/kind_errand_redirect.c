/* A redirect URI that a person registers with an OAuth client: Google has no API for that. It is seen by beginning a sign-in as
 * a browser would, which the identity provider turns away when the client does not have the URI; nobody signs in. spec:
 * {"title","steps","paste","client_id","redirect_uri"}, and "authorize", the authorization endpoint of another provider than Google. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

/* Of another provider, which may not be known yet; then nothing is asked. NULL: Google. */
static const char *errand_redirect_elsewhere(const struct view *v)
{
	return json_at(v->spec, "authorize") ? json_str(v->spec, "authorize", "") : NULL;
}

static void errand_redirect_observe(const struct view *v, struct call *out)
{
	const char *elsewhere = errand_redirect_elsewhere(v);
	if (elsewhere) {
		call_set_url(out, DIALECT_NONE, "GET", NULL, elsewhere);
		call_add(out, "?client_id=%s&redirect_uri=%s&response_type=code&scope=%s", json_str(v->spec, "client_id", ""),
			 json_str(v->spec, "redirect_uri", ""), "openid email");
		out->audience = AUDIENCE_NOBODY;
		return;
	}
	call_set(out, DIALECT_NONE, "GET", NULL,
		 "https://accounts.google.com/o/oauth2/v2/auth?client_id=%s&redirect_uri=%s&response_type=code&scope=%s",
		 json_str(v->spec, "client_id", ""), json_str(v->spec, "redirect_uri", ""), "openid email");
	out->audience = AUDIENCE_NOBODY;
}

/* Google answers with a redirect to its error page, whose authError is a message in Base64 that begins with the error's code;
 * before 2022 it answered with the page itself. */
static bool turned_away(const cJSON *reply, const char *in_page, const char *in_address)
{
	const char *at = strstr(json_str(reply, "location", ""), "authError=");
	return (at && !strncmp(at + strlen("authError="), in_address, strlen(in_address))) ||
	       strstr(json_str(reply, "text", ""), in_page);
}

/* Of another provider, whose pages may be in any words. A method that is not taken, a wait or a limit of requests are not about the client. */
static bool is_refusal(int http)
{
	return http / 100 == 4 && http != 405 && http != 408 && http != 429;
}

/* Only a clear refusal counts as not done: what the sign-in's pages look like is no interface, and what cannot be told is the
 * operator's to know. */
static void errand_redirect_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	const char *client = json_str(v->spec, "client_id", ""), *uri = json_str(v->spec, "redirect_uri", "");
	if (errand_redirect_elsewhere(v) && is_refusal(http))
		kind_say(out, PRESENT_NO,
			 _("%s turns the OAuth client %s with the redirect URI %s away: it does not have them (HTTP %d)."),
			 errand_redirect_elsewhere(v), client, uri, http);
	else if (turned_away(reply, "redirect_uri_mismatch", "ChVyZWRpcmVjdF91cmlfbWlzbWF0Y2g"))
		kind_say(out, PRESENT_NO, _("the OAuth client %s does not have the redirect URI %s."), client, uri);
	else if (turned_away(reply, "invalid_client", "Cg5pbnZhbGlkX2NsaWVudB"))
		kind_say(out, PRESENT_NO, _("there is no OAuth client %s."), client);
	else
		out->presence = PRESENT_YES;
	if (out->presence == PRESENT_YES)
		out->found = cJSON_CreateObject();
}

static void errand_redirect_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	(void)v, (void)seen;
	out->verdict = VERDICT_KEEP;
}

const struct kind kind_errand_redirect = {
    .id = "errand.redirect",
    .title = N_("OAuth client, by hand"),
    .part = PART_ACCESS,
    .console_page = "auth/clients",
    .by_hand = true,
    .page = true,
    .observe = errand_redirect_observe,
    .decode = errand_redirect_decode,
    .compare = errand_redirect_compare,
    .terraform = {.none = "A person makes it."},
};
