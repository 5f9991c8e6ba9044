/* The token endpoints: oauth2, signin, sts and metadata. */
#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "sim/core/core.h"
#include "tests/tap.h"

#include <stdlib.h>

static struct sim *sim;
static char *location;

static cJSON *ask(const char *method, const char *host, const char *target, const char *header, const char *value,
		  const char *body, int *status)
{
	struct sim_header headers[] = {{header, value}};
	struct sim_request q = {method, host, target, headers, header ? 1 : 0, body, body ? strlen(body) : 0};
	struct sim_reply r;
	sim_handle(sim, &q, &r);
	*status = r.status;
	free(location);
	const char *at = r.headers ? strstr(r.headers, "Location: ") : NULL;
	location = at ? xstrndup(at + 10, strcspn(at + 10, "\r")) : NULL;
	cJSON *j = cJSON_ParseWithLength(buf_text(&r.body), r.body.len);
	if (!j)
		j = cJSON_CreateString(buf_text(&r.body));
	sim_reply_free(&r);
	return j;
}

static cJSON *token(const char *form, int wanted, const char *name)
{
	int status;
	cJSON *j = ask("POST", "oauth2.googleapis.com", "/token", NULL, NULL, form, &status);
	is_int(status, wanted, name);
	return j;
}

static void refreshing(void)
{
	const cJSON *k = sim_owner_credentials(sim);
	char *form = xasprintf("grant_type=refresh_token&client_id=%s&client_secret=%s&refresh_token=%s",
			       json_str(k, "client_id", ""), json_str(k, "client_secret", ""),
			       json_str(k, "refresh_token", ""));
	cJSON *j = token(form, 200, "a refresh token is honoured");
	is_str(sim_token_owner(sim, json_str(j, "access_token", "")), "user:operator@example.com", "for its owner");
	const char *why;
	cJSON *claims = sim_id_token_check(sim, json_str(j, "id_token", ""), &why);
	is_str(json_str(claims, "email", NULL), "operator@example.com", "with an ID token that says who");
	cJSON_Delete(claims);
	int status;
	char *bearer = xasprintf("Bearer %s", json_str(j, "access_token", ""));
	cJSON *who = ask("GET", "openidconnect.googleapis.com", "/v1/userinfo", "Authorization", bearer, NULL, &status);
	is_str(json_str(who, "email", NULL), "operator@example.com", "userinfo says the same");
	cJSON_Delete(who);
	sim_advance(sim, sim_now(sim) + 3700);
	ok(!sim_token_owner(sim, json_str(j, "access_token", "")), "it ends after an hour");
	cJSON_Delete(j);
	free(bearer), free(form);
	j = token("grant_type=refresh_token&client_id=x&client_secret=y&refresh_token=nonsense", 400,
		  "a foreign refresh token is refused");
	is_str(json_str(j, "error", NULL), "invalid_grant", "in the third dialect");
	cJSON_Delete(j);
	cJSON_Delete(token("grant_type=password", 400, "other grants are refused"));
	j = token("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=a.b.c", 400,
		  "a broken assertion is refused");
	is_str(json_str(j, "error", NULL), "invalid_grant", "as an invalid grant");
	cJSON_Delete(j);
}

static void signing_in(void)
{
	static const char query[] =
	    "client_id=c.apps.googleusercontent.com&redirect_uri=https%3A%2F%2Fh.example%2Foauth2%2Fcallback&response_type=code"
	    "&scope=openid+email&state=s%3A1&access_type=offline&nonce=n1"
	    "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
	int status;
	char *target = xasprintf("/o/oauth2/v2/auth?%s", query);
	cJSON *page = ask("GET", "accounts.google.com", target, NULL, NULL, NULL, &status);
	ok(status == 200 && cJSON_IsString(page) && strstr(page->valuestring, "<form"), "the sign-in page is a form");
	cJSON_Delete(page);
	char *form = xasprintf("%s&identifier=ann%%40example.com", query);
	cJSON_Delete(ask("POST", "accounts.google.com", "/o/oauth2/v2/auth", NULL, NULL, form, &status));
	ok(status == 302 && location && strstr(location, "https://h.example/oauth2/callback?code=4%2F0A") &&
	       strstr(location, "&state=s%3A1"),
	   "it sends the browser back with a code and the state");
	const char *code = location ? strstr(location, "code=") + 5 : "";
	char *text = xstrndup(code, strcspn(code, "&"));
	const char *rest =
	    "grant_type=authorization_code&client_id=c.apps.googleusercontent.com&client_secret=GOCSPX-of-the-tests-own&"
	    "redirect_uri=https%3A%2F%2Fh.example%2Foauth2%2Fcallback&code_verifier=";
	char *wrong = xasprintf("%swrong&code=%s", rest, text),
	     *right = xasprintf("%sdBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&code=%s", rest, text);
	cJSON *other = token("grant_type=authorization_code&client_id=c.apps.googleusercontent.com&client_secret=yes&code=4%"
			     "2Fmade-up&redirect_uri=x",
			     401, "what no console makes is no client's secret");
	is_str(json_str(other, "error", NULL), "invalid_client", "and the client is what is refused");
	cJSON_Delete(other);
	cJSON_Delete(token(wrong, 400, "a wrong verifier is refused"));
	other = token("grant_type=authorization_code&client_id=c.apps.googleusercontent.com&client_secret=GOCSPX-of-somebody-"
		      "elses&code=4%2Fmade-up&redirect_uri=x",
		      401, "another secret than the client's is refused");
	cJSON_Delete(other);
	other = token("grant_type=authorization_code&client_id=c.apps.googleusercontent.com&client_secret=GOCSPX-of-the-tests-"
		      "own&code=4%2Fmade-up&redirect_uri=x",
		      400, "its own is taken, and the made-up code refused");
	is_str(json_str(other, "error", NULL), "invalid_grant", "as a bad code");
	cJSON_Delete(other);
	cJSON *j = token(right, 200, "the code is exchanged");
	const char *why = NULL;
	cJSON *claims = sim_id_token_check(sim, json_str(j, "id_token", ""), &why);
	is_str(json_str(claims, "email", why), "ann@example.com", "for an ID token of who signed in");
	is_str(json_str(claims, "nonce", NULL), "n1", "with the nonce");
	ok(json_at(j, "refresh_token") != NULL, "and a refresh token for offline access");
	cJSON_Delete(claims);
	cJSON_Delete(j);
	cJSON_Delete(token(right, 400, "a code is good once"));
	free(target), free(form), free(text), free(wrong), free(right);
	cJSON_Delete(ask("GET", "accounts.google.com",
			 "/o/oauth2/v2/auth?client_id=x&redirect_uri=http://evil.example/&response_type=code&scope=openid",
			 NULL, NULL, NULL, &status));
	is_int(status, 400, "a redirect without TLS is refused");
}

static void keys(void)
{
	int status;
	cJSON *j = ask("GET", "accounts.google.com", "/.well-known/openid-configuration", NULL, NULL, NULL, &status);
	is_str(json_str(j, "jwks_uri", NULL), "https://www.googleapis.com/oauth2/v3/certs", "discovery names the keys");
	cJSON_Delete(j);
	j = ask("GET", "www.googleapis.com", "/oauth2/v3/certs", NULL, NULL, NULL, &status);
	is_str(json_str(j, "keys.0.kty", NULL), "RSA", "there is a key");
	cJSON_Delete(j);
	cJSON *claims = json_make("{'iss':'https://accounts.google.com','aud':'a','exp':1}");
	char *old = sim_id_token(sim, claims);
	const char *why;
	ok(!sim_id_token_check(sim, old, &why) && !strcmp(why, "expired"), "an old token is expired");
	old[strlen(old) - 10] ^= 1;
	ok(!sim_id_token_check(sim, old, &why) && !strcmp(why, "signature"), "a changed one has no signature");
	free(old);
	cJSON_Delete(claims);
}

static void metadata_server(void)
{
	int status;
	cJSON_Delete(
	    ask("GET", "metadata.google.internal", "/computeMetadata/v1/project/project-id", NULL, NULL, NULL, &status));
	is_int(status, 403, "the metadata server wants its header");
	cJSON *j = ask("GET", "metadata.google.internal", "/computeMetadata/v1/project/project-id", "Metadata-Flavor", "Google",
		       NULL, &status);
	is_str(cJSON_GetStringValue(j), "demo-proj", "and then names the project");
	cJSON_Delete(j);
	j = ask("GET", "169.254.169.254", "/computeMetadata/v1/instance/service-accounts/default/token", "Metadata-Flavor",
		"Google", NULL, &status);
	is_str(sim_token_owner(sim, json_str(j, "access_token", "")),
	       "serviceAccount:123456789012-compute@developer.gserviceaccount.com", "and gives tokens of its account");
	cJSON_Delete(j);
	j = ask("POST", "sts.googleapis.com", "/v1/token", NULL, NULL,
		"grant_type=urn:ietf:params:oauth:grant-type:token-exchange&audience=//iam.googleapis.com/"
		"nowhere&subject_token=a.b.c",
		&status);
	is_str(json_str(j, "error", NULL), "invalid_target", "sts knows no such pool");
	cJSON_Delete(j);
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	struct err e = {0};
	sim = sim_new(&(struct sim_options){0}, &e);
	refreshing();
	signing_in();
	keys();
	metadata_server();
	sim_free(sim);
	free(location);
	return tap_done();
}
