/* Identity-Aware Proxy at the simulated front door: a browser that signs in, programs with their tokens and signed JWTs, and what backends are told. */
#include "config.h"
#include "tests/sim/stack.h"

#include "base/text.h"
#include "sim/core/jwt.h"

#include <openssl/ecdsa.h>
#include <openssl/pem.h>

#define ECHO "docker.io/mendhak/http-https-echo:37"
#define GUARDED "guarded-123456789012.us-central1.run.app"
#define WEB_RESOURCE "v1/projects/123456789012/iap_web/cloud_run-us-central1/services/guarded"

static struct sim_reply last;
static char *jar; /* a Cookie header */

static int go(const char *method, const char *host, const char *path, const char *name, const char *value, const char *body)
{
	struct sim_header headers[] = {{"Host", host},
				       {"Cookie", jar ? jar : ""},
				       {"Content-Type", "application/x-www-form-urlencoded"},
				       {name ? name : "X-None", value ? value : ""},
				       {"X-Goog-Authenticated-User-Email", "accounts.google.com:forged@example.com"}};
	struct sim_request q = {method, host, path, headers, 5, body, body ? strlen(body) : 0};
	sim_reply_free(&last);
	sim_handle(sim, &q, &last);
	return last.status;
}

/* The value of a header of the last reply, for the caller to free; "" when it is not there. n counts those of the same name. */
static char *header(const char *name, int n)
{
	char *line = xasprintf("%s: ", name);
	const char *p = last.headers;
	while ((p = p ? strstr(p, line) : NULL) && n--)
		p += strlen(line);
	char *value = p ? xstrndup(p + strlen(line), strcspn(p + strlen(line), "\r\n")) : xstrdup("");
	free(line);
	return value;
}

static void keep_cookie(int n)
{
	char *cookie = header("Set-Cookie", n),
	     *all = xasprintf("%s%s%.*s", jar ? jar : "", jar ? "; " : "", (int)strcspn(cookie, ";"), cookie);
	free(jar);
	free(cookie);
	jar = all;
}

/* Follows the last reply's Location; as a browser, without the fragment. */
static int follow(void)
{
	char *to = header("Location", 0), *host = xstrndup(to + 8, strcspn(to + 8, "/")),
	     *path = xstrdup(to + 8 + strlen(host));
	int code = go("GET", host, *path ? path : "/", NULL, NULL, NULL);
	free(to), free(host), free(path);
	return code;
}

/* Signs in at the page that the last reply leads to, and comes back. */
static int sign_in(const char *email)
{
	char *to = header("Location", 0), *query = strchr(to, '?');
	ok(text_starts(to, "https://accounts.google.com/o/oauth2/v2/auth?client_id="),
	   "a browser is sent to sign in with Google");
	keep_cookie(0);
	is_int(follow(), 200, "who sees a page");
	ok(strstr(buf_text(&last.body), "<input type=\"email\" name=\"identifier\"") != NULL, "that asks for an address");
	char *form = xasprintf("%s&identifier=%s", query ? query + 1 : "", email);
	is_int(go("POST", "accounts.google.com", "/o/oauth2/v2/auth", NULL, NULL, form), 302, "and sends the browser on");
	free(to), free(form);
	to = header("Location", 0);
	ok(text_starts(to, "https://iap.googleapis.com/v1/oauth/clientIds/"), "to IAP");
	free(to);
	is_int(follow(), 302, "which sends it back");
	is_int(follow(), 302, "to the guarded host");
	keep_cookie(0);
	return follow();
}

static void forget(void)
{
	free(jar);
	jar = NULL;
}

static void bind(const char *host, const char *resource, const char *role, const char *member, const char *another)
{
	char *target = xasprintf("/%s:setIamPolicy", resource);
	char *body = xasprintf("{\"policy\":{\"bindings\":[{\"role\":\"%s\",\"members\":[\"%s\"%s%s%s]}]}}", role, member,
			       another ? ",\"" : "", another ? another : "", another ? "\"" : "");
	cJSON_Delete(expect(200, "POST", host, target, body, "a binding is made"));
	free(target);
	free(body);
}

/* Is the JWT signed by the key of these claims' kid, as its keys are published? */
static bool signed_by_iap(const char *token)
{
	cJSON *head, *claims, *keys = ask("GET", "www.gstatic.com", "/iap/verify/public_key", NULL);
	bool good = oidc_jwt_parts(token, &head, &claims);
	const cJSON *pem = good ? cJSON_GetObjectItemCaseSensitive(keys, json_str(head, "kid", "")) : NULL;
	EVP_PKEY *key = cJSON_IsString(pem) ? jwt_public_key(pem->valuestring) : NULL;
	const char *dot = strrchr(token, '.');
	size_t n = 0;
	unsigned char *raw = dot ? oidc_jwt_decode(dot + 1, strlen(dot + 1), &n) : NULL, *der = NULL;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	good = good && key && n == 64 && ECDSA_SIG_set0(sig, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL));
	int len = good ? i2d_ECDSA_SIG(sig, &der) : 0;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	good = good && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerify(ctx, der, (size_t)len, (const unsigned char *)token, (size_t)(dot - token)) == 1;
	EVP_MD_CTX_free(ctx);
	ECDSA_SIG_free(sig);
	OPENSSL_free(der);
	free(raw);
	EVP_PKEY_free(key);
	cJSON_Delete(head), cJSON_Delete(claims), cJSON_Delete(keys);
	return good;
}

static void browser(void)
{
	is_int(go("GET", GUARDED, "/page?x=1", NULL, NULL, NULL), 302, "nobody gets in without a login");
	is_int(sign_in("ann@example.com"), 200, "a permitted person is let in");
	cJSON *seen = cJSON_Parse(buf_text(&last.body));
	is_str(json_str(seen, "path", ""), "/page", "at the page that was asked for");
	is_str(json_str(seen, "headers.X-Goog-Authenticated-User-Email", ""), "accounts.google.com:ann@example.com",
	       "and the backend is told who it is, not what the browser says");
	const char *token = json_str(seen, "headers.X-Goog-IAP-JWT-Assertion", "");
	ok(signed_by_iap(token), "in a JWT that IAP has signed with a published key");
	cJSON *head, *claims;
	if (ok(oidc_jwt_parts(token, &head, &claims), "whose claims")) {
		is_str(json_str(claims, "aud", ""), "/projects/123456789012/locations/us-central1/services/guarded",
		       "name the service");
		is_str(json_str(claims, "iss", ""), "https://cloud.google.com/iap", "and IAP");
		is_str(json_str(claims, "email", ""), "ann@example.com", "and the person");
	}
	cJSON_Delete(head), cJSON_Delete(claims), cJSON_Delete(seen);
	is_int(go("GET", GUARDED, "/?gcp-iap-mode=IDENTITY", NULL, NULL, NULL), 200, "a page may ask who is signed in");
	seen = cJSON_Parse(buf_text(&last.body));
	is_str(json_str(seen, "email", ""), "accounts.google.com:ann@example.com", "and is told");
	cJSON_Delete(seen);
	pass(3700);
	is_int(go("GET", GUARDED, "/", NULL, NULL, NULL), 302, "an hour later the session is over");
	is_int(go("GET", GUARDED, "/", "X-Requested-With", "XMLHttpRequest", NULL), 401, "which a script is told by a status");
	forget();
	go("GET", GUARDED, "/", NULL, NULL, NULL);
	is_int(sign_in("bob@example.com"), 403, "who has no access is not let in");
	ok(strstr(buf_text(&last.body), "You don't have access") != NULL, "and told so");
	forget();
	go("GET", GUARDED, "/", NULL, NULL, NULL);
	char *to = header("Location", 0), *state = strstr(to, "state=");
	char *forged = xasprintf("/v1/oauth/clientIds/x:handleRedirect?code=none&%s", state ? state : "");
	is_int(go("GET", "iap.googleapis.com", forged, NULL, NULL, NULL), 401, "a code that Google did not give is refused");
	free(to), free(forged);
}

static int with_token(const char *token, const char *words, const char *name, int wanted)
{
	char *bearer = xasprintf("Bearer %s", token);
	is_int(go("GET", GUARDED, "/", "Proxy-Authorization", bearer, NULL), wanted, name);
	if (words && !ok(strstr(buf_text(&last.body), words) != NULL, "%s: %s", name, words))
		printf("# %s\n", buf_text(&last.body));
	free(bearer);
	return last.status;
}

static char *id_token(const char *email, const char *audience)
{
	cJSON *claims = json_make("{'iss':'https://accounts.google.com','aud':%s,'sub':'1'}", audience);
	if (email)
		json_put_str(claims, "email", email);
	json_put_num(claims, "iat", sim_wall(sim));
	json_put_num(claims, "exp", sim_wall(sim) + 3600);
	char *token = sim_id_token(sim, claims);
	cJSON_Delete(claims);
	return token;
}

/* A JWT signed by the account's key through signJwt. */
static char *account_jwt(const char *audience, double seconds)
{
	cJSON *claims = json_make("{'iss':'" SERVER "','sub':'" SERVER "','aud':%s}", audience);
	json_put_num(claims, "iat", sim_wall(sim));
	json_put_num(claims, "exp", sim_wall(sim) + seconds);
	char *payload = json_text(claims, -1);
	cJSON *body = json_make("{'payload':%s}", payload);
	char *text = json_text(body, -1);
	cJSON *j = ask("POST", "iamcredentials.googleapis.com", "/v1/projects/-/serviceAccounts/" SERVER ":signJwt", text);
	char *jwt = xstrdup(json_str(j, "signedJwt", json_str(j, "error.message", "?")));
	free(payload), free(text);
	cJSON_Delete(j), cJSON_Delete(body), cJSON_Delete(claims);
	return jwt;
}

static void programs(void)
{
	char *jwt = account_jwt("https://" GUARDED "/*", 3600), *long_one = account_jwt("https://" GUARDED "/*", 7200),
	     *other = account_jwt("https://elsewhere/*", 3600);
	with_token(jwt, NULL, "a JWT that a service account has signed for the URL is let in, without any OAuth client", 200);
	with_token(long_one, "JWT's lifetime is longer than an hour", "one for two hours is not", 401);
	with_token(other, "JWT audience doesn't match this application", "nor one for another URL", 401);
	jwt[strlen(jwt) - 3] ^= 1;
	with_token(jwt, "JWT signature is invalid", "nor one whose signature is not the account's", 401);
	free(jwt), free(long_one), free(other);
	char *token = id_token(SERVER, "a.apps.googleusercontent.com"),
	     *nameless = id_token(NULL, "a.apps.googleusercontent.com");
	with_token(token, "JWT audience doesn't match this application",
		   "with Google's own client programs' ID tokens are refused", 401);
	cJSON_Delete(
	    expect(200, "PATCH", "iap.googleapis.com",
		   "/v1/projects/123456789012/"
		   "iap_web:iapSettings?updateMask=iapSettings.accessSettings.oauthSettings.programmaticClients",
		   "{\"accessSettings\":{\"oauthSettings\":{\"programmaticClients\":[\"a.apps.googleusercontent.com\"]}}}",
		   "until their client is listed, for the whole project"));
	with_token(token, NULL, "then they are let in", 200);
	with_token(nameless, "JWT 'email' claim isn't a string", "unless they lack the address", 401);
	with_token("abc", "Unable to parse JWT", "what is no token is refused", 401);
	free(token), free(nameless);
	cJSON_Delete(expect(
	    200, "PATCH", "iap.googleapis.com",
	    "/" WEB_RESOURCE ":iapSettings?updateMask=iapSettings.accessSettings.oauthSettings",
	    "{\"accessSettings\":{\"oauthSettings\":{\"clientId\":\"own.apps.googleusercontent.com\",\"clientSecret\":\"s\"}}}",
	    "a client of one's own is set"));
	token = id_token(SERVER, "own.apps.googleusercontent.com");
	with_token(token, NULL, "its ID tokens are let in", 200);
	pass(3700);
	with_token(token, "Expired JWT", "for an hour", 401);
	free(token);
	go("GET", GUARDED, "/", NULL, NULL, NULL);
	char *to = header("Location", 0);
	ok(strstr(to, "client_id=own.apps.googleusercontent.com") != NULL, "and browsers sign in with it");
	free(to);
}

/* Google's own client is for people of an organization. */
static void alone(void)
{
	cJSON *world = sim_world_named("no-organization");
	struct err e = {0};
	sim_free(sim);
	sim = sim_new(&(struct sim_options){.world = world}, &e);
	cJSON_Delete(world);
	static const char *const services[] = {"appengine.googleapis.com", "appengineflex.googleapis.com",
					       "iap.googleapis.com"};
	for (size_t i = 0; i < 3; i++)
		sim_service_enable(sim, "demo-proj", services[i]);
	const char *app = "appengine.googleapis.com";
	cJSON_Delete(finished(app, "v1", ask("POST", app, "/v1/apps", "{\"id\":\"demo-proj\",\"locationId\":\"us-central\"}")));
	cJSON_Delete(finished(app, "v1",
			      ask("POST", app, "/v1/apps/demo-proj/services/default/versions",
				  "{\"id\":\"v1\",\"runtime\":\"custom\",\"env\":\"flex\",\"deployment\":{\"container\":{"
				  "\"image\":\"us-docker.pkg.dev/cloudrun/container/hello\"}}}")));
	cJSON_Delete(
	    finished(app, "v1", ask("PATCH", app, "/v1/apps/demo-proj?updateMask=iap", "{\"iap\":{\"enabled\":true}}")));
	is_int(go("GET", "demo-proj.uc.r.appspot.com", "/", NULL, NULL, NULL), 502,
	       "without an organization and a client IAP answers 502");
	is_str(buf_text(&last.body), "Empty Google Account OAuth client ID(s)/secret(s).", "in its words");
	sim_service_enable(sim, "demo-proj", "run.googleapis.com");
	cJSON_Delete(finished(RUN_HOST, "v2",
			      ask("POST", RUN_HOST, "/v2/" PLACE "/services?serviceId=alone",
				  "{\"iapEnabled\":true,\"template\":{\"containers\":[{\"image\":\"" ECHO "\"}]}}")));
	is_int(go("GET", "alone-123456789012.us-central1.run.app", "/", NULL, NULL, NULL), 502,
	       "and so it does before Cloud Run");
}

int main(void)
{
	begin();
	sim_service_enable(sim, "demo-proj", "iamcredentials.googleapis.com");
	cJSON_Delete(ask("POST", "serviceusage.googleapis.com",
			 "/v1beta1/projects/demo-proj/services/iap.googleapis.com:generateServiceIdentity", "{}"));
	cJSON_Delete(ask("POST", "iam.googleapis.com", "/v1/projects/demo-proj/serviceAccounts", "{\"accountId\":\"server\"}"));
	cJSON_Delete(finished(RUN_HOST, "v2",
			      ask("POST", RUN_HOST, "/v2/" PLACE "/services?serviceId=guarded",
				  "{\"iapEnabled\":true,\"template\":{\"containers\":[{\"image\":\"" ECHO "\"}]}}")));
	pass(600);
	bind("iap.googleapis.com", WEB_RESOURCE, "roles/iap.httpsResourceAccessor", "user:ann@example.com",
	     "serviceAccount:" SERVER);
	bind(RUN_HOST, "v2/" PLACE "/services/guarded", "roles/run.invoker",
	     "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com", NULL);
	cJSON_Delete(expect(200, "POST", "iam.googleapis.com", "/v1/projects/demo-proj/serviceAccounts/" SERVER ":setIamPolicy",
			    "{\"policy\":{\"bindings\":[{\"role\":\"roles/"
			    "iam.serviceAccountTokenCreator\",\"members\":[\"user:operator@example.com\"]}]}}",
			    "and one for signing"));
	pass(1200);
	browser();
	programs();
	forget();
	alone();
	sim_reply_free(&last);
	sim_free(sim);
	return tap_done();
}
