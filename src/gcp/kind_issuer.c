/* An OpenID Connect issuer that was there before the stack: what it says of itself (OpenID Connect Discovery 1.0), which oauth2-proxy reads at its start and stops
 * without. The name is its identifier, "https://id.example.com/realms/ml". spec: {"issuer","verifies": true when it has to list email_verified among its
 * claims, since nobody else vouches for its addresses}. Outputs: authorize (its authorization endpoint), token (its token endpoint). */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pattern.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define WELL_KNOWN "/.well-known/openid-configuration"

/* The form of auth.issuer leaves a host without a port, and a path. A slash at the end is the identifier's, and not the address's. */
static void issuer_observe(const struct view *v, struct call *out)
{
	const char *issuer = json_str(v->spec, "issuer", ""),
		   *rest = text_starts(issuer, "https://") ? issuer + strlen("https://") : "";
	size_t len = strcspn(rest, "/"), more = strlen(rest + len);
	char *host = xstrndup(rest, len), *path = more > 1 ? xstrndup(rest + len + 1, more - 1 - text_ends(rest, "/")) : NULL;
	if (path)
		call_set(out, DIALECT_NONE, "GET", NULL, "https://%s/%-s" WELL_KNOWN, host, path);
	else
		call_set(out, DIALECT_NONE, "GET", NULL, "https://%s" WELL_KNOWN, host);
	out->audience = AUDIENCE_NOBODY;
	free(path);
	free(host);
}

/* An address to which something can be added: TLS, no query of its own, nothing that is not an address's; and not of this machine, this network or a
 * metadata server, since both this program and the gate send requests there. */
static bool issuer_endpoint(const char *url)
{
	return pattern_matches("^https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~%:@/+-]*)?$", url) && !text_is_local_url(url);
}

/* oauth2-proxy shows it people's tokens, where there is one. */
static bool issuer_profile(const cJSON *said)
{
	const cJSON *url = json_at(said, "userinfo_endpoint");
	return !url || (cJSON_IsString(url) && issuer_endpoint(url->valuestring));
}

static bool listed(const cJSON *list, const char *word)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, list)
		if (cJSON_IsString(one) && !strcmp(one->valuestring, word))
			return true;
	return false;
}

static void issuer_judge(const struct view *v, const cJSON *said, struct observation *out)
{
	const char *issuer = json_str(v->spec, "issuer", ""), *its = json_str(said, "issuer", "");
	const char *authorize = json_str(said, "authorization_endpoint", ""), *token = json_str(said, "token_endpoint", "");
	if (strcmp(issuer, its))
		kind_say(out, PRESENT_FAILED, _("%s says that it is the issuer \"%s\": write it exactly so."), issuer, its);
	else if (!issuer_endpoint(authorize) || !issuer_endpoint(token) || !issuer_endpoint(json_str(said, "jwks_uri", "")) ||
		 !issuer_profile(said))
		kind_say(out, PRESENT_FAILED,
			 _("what %s says of itself lacks a public address by https of its authorization endpoint, its token "
			   "endpoint, its keys or its profiles."),
			 issuer);
	else if (json_bool(v->spec, "verifies", false) && !listed(json_at(said, "claims_supported"), "email_verified"))
		kind_say(out, PRESENT_FAILED,
			 _("%s does not say that it tells verified addresses from others (claim email_verified), so that "
			   "somebody "
			   "could come in by an address that is not his own. If its administrators alone give addresses, "
			   "answer auth.issuer_vouches=true."),
			 issuer);
	else
		out->outputs = json_make("{'authorize':%s,'token':%s}", authorize, token);
}

static void issuer_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	const char *issuer = json_str(v->spec, "issuer", "");
	cJSON *said = http / 100 == 2 ? cJSON_Parse(json_str(reply, "text", "")) : NULL;
	out->presence = PRESENT_YES;
	out->found = cJSON_CreateObject();
	if (cJSON_IsObject(said))
		issuer_judge(v, said, out);
	else if (http / 100 == 5 || http == 429 || !http)
		kind_say(out, PRESENT_UNKNOWN, _("%s cannot be asked (HTTP %d)."), issuer, http);
	else
		kind_say(out, PRESENT_FAILED, _("%s is no OpenID Connect issuer: it does not describe itself at %s (HTTP %d)."),
			 issuer, WELL_KNOWN, http);
	cJSON_Delete(said);
}

/* It is nobody's of Google's: neither API nor permission lets anybody read what is everybody's. */
static bool issuer_is_outside(const cJSON *spec)
{
	(void)spec;
	return true;
}

const struct kind kind_issuer = {
    .id = "openid.issuer",
    .title = N_("OpenID Connect issuer, given"),
    .part = PART_ACCESS,
    .usual = 1,
    .slow = 2,
    .deadline = 60,
    .page = true,
    .outside = issuer_is_outside,
    .observe = issuer_observe,
    .decode = issuer_decode,
    .compare = given_compare,
    .stays = GIVEN_STAYS,
    .terraform = {.none = "It was there before the stack, and is not Google's."},
};
