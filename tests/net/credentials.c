#include "config.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "net/credentials.h"
#include "tests/net/script.h"
#include "tests/tap.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

static char got[256], why[512];
static int answers, ended; /* ended: the exit code that a refusal stands for */

static void on_token(void *arg, const char *token, struct err *e)
{
	(void)arg;
	answers++;
	ended = token ? EXIT_DONE : e->exit;
	snprintf(got, sizeof got, "%s", token ? token : "");
	snprintf(why, sizeof why, "%s|%s", token ? "" : e->what, token ? "" : e->fix ? e->fix : "");
}

static void run(struct loop *l, double seconds)
{
	double until = loop_now(l) + seconds;
	while (!loop_idle(l) && loop_now(l) < until)
		loop_turn(l, 0, -1);
}

/* Credentials of a user whose requests the script answers. */
static struct credentials *user_credentials(struct script_line *lines, struct loop **l, struct script **s)
{
	struct err e = {0};
	cJSON *file = json_make(
	    "{'type':'authorized_user','client_id':'id','client_secret':'se+cret','refresh_token':'re/fresh',"
	    "'quota_project_id':'q'}");
	*l = loop_new(LOOP_VIRTUAL, 1);
	*s = script_new(*l, lines);
	struct credentials *c = credentials_from_json(*l, &(*s)->base, file, "the test", &e);
	cJSON_Delete(file);
	return c;
}

static void drop(struct credentials *c, struct script *s, struct loop *l)
{
	credentials_free(c);
	script_free(&s->base);
	loop_free(l);
}

static void authorized_user(void)
{
	struct script_line lines[] = {
	    {.method = "POST", .url = "https://oauth2.googleapis.com/token", .status = 503, .body = "{}"},
	    {.method = "POST",
	     .url = "https://oauth2.googleapis.com/token",
	     .status = 200,
	     .seconds = 1,
	     .body = "{\"access_token\":\"tok1\",\"expires_in\":\"3600\"}"},
	    {.method = "POST",
	     .url = "https://oauth2.googleapis.com/token",
	     .status = 200,
	     .body = "{\"access_token\":\"tok2\",\"expires_in\":3600}"},
	    {0},
	};
	struct loop *l;
	struct script *s;
	struct credentials *c = user_credentials(lines, &l, &s);
	is_str(credentials_quota_project(c), "q", "the quota project is the file's");
	credentials_token(c, on_token, NULL);
	credentials_token(c, on_token, NULL);
	run(l, 60);
	ok(answers == 2 && !strcmp(got, "tok1"), "two who wait share one refresh, a 503 is retried, expires_in may be text");
	is_int(s->count, 2, "with two requests");
	is_str(s->sent[1].body, "grant_type=refresh_token&client_id=id&client_secret=se%2Bcret&refresh_token=re%2Ffresh",
	       "the form");
	credentials_token(c, on_token, NULL);
	run(l, 60);
	is_int(s->count, 2, "a fresh token is used again");
	credentials_reject(c);
	credentials_token(c, on_token, NULL);
	run(l, 60);
	is_str(got, "tok2", "a refused one is not");
	drop(c, s, l);
}

static void revoked(void)
{
	struct script_line lines[] = {
	    {.method = "POST",
	     .url = "/token",
	     .status = 400,
	     .body = "{\"error\":\"invalid_grant\",\"error_description\":\"Token has been expired or revoked.\"}"},
	    {0},
	};
	struct loop *l;
	struct script *s;
	struct credentials *c = user_credentials(lines, &l, &s);
	credentials_token(c, on_token, NULL);
	run(l, 60);
	ok(strstr(why, "revoked") && strstr(why, "gcloud auth application-default login"),
	   "a revoked login says how to sign in again");
	is_int(s->count, 1, "without a retry");
	drop(c, s, l);
}

/* T8: who is refused was reached: that is no cloud that cannot be. */
static void refused(void)
{
	static const struct {
		const char *body, *cure;
	} rows[] = {
	    {"{\"error\":\"invalid_grant\",\"error_description\":\"Account has been deleted\"}", "Sign in again"},
	    {"{\"error\":\"deleted_client\",\"error_description\":\"The OAuth client was deleted.\"}", "Sign in again"},
	    {"{\"error\":\"disabled_client\",\"error_description\":\"The OAuth client was disabled.\"}", "Sign in again"},
	    {"{\"error\":\"unauthorized_client\",\"error_description\":\"Unauthorized\"}", "Sign in again"},
	    {"{\"error\":\"access_denied\",\"error_description\":\"Account restricted\"}", "administrator"},
	    {"{\"error\":\"admin_policy_enforced\",\"error_description\":\"Access to your account data is restricted by "
	     "policies within your organization.\"}",
	     "administrator"},
	    {"{\"error\":\"invalid_scope\",\"error_description\":\"Some requested scopes were invalid.\"}", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct script_line lines[] = {{.method = "POST", .url = "/token", .status = 400, .body = rows[i].body}, {0}};
		struct loop *l;
		struct script *s;
		struct credentials *c = user_credentials(lines, &l, &s);
		credentials_token(c, on_token, NULL);
		run(l, 60);
		ok(strstr(why, rows[i].cure) != NULL, "T8: what helps: %s", why);
		is_int(ended, EXIT_PERMISSION, "T8: it is a refusal");
		is_int(s->count, 1, "T9: that is not asked for again");
		drop(c, s, l);
	}
}

/* A proxy's refusal is none of who signs people in. */
static void turned_away_by_a_proxy(void)
{
	struct script_line lines[] = {{.method = "POST", .url = "/token", .status = 407, .body = ""}, {0}};
	struct loop *l;
	struct script *s;
	struct credentials *c = user_credentials(lines, &l, &s);
	credentials_token(c, on_token, NULL);
	run(l, 60);
	is_int(ended, EXIT_UNAVAILABLE, "407: whoever is asked was not reached");
	is_int(s->count, 1, "and it is not asked again");
	drop(c, s, l);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void expiry(void)
{
	struct script_line lines[] = {
	    {.method = "POST",
	     .url = "/token",
	     .status = 200,
	     .stays = true,
	     .body = "{\"access_token\":\"t\",\"expires_in\":3600}"},
	    {0},
	};
	struct loop *l;
	struct script *s;
	struct credentials *c = user_credentials(lines, &l, &s);
	static const double ask_at[] = {0, 3300, 3500};
	static const int sent[] = {1, 1, 2};
	for (int i = 0; i < 3; i++) {
		answers = 0;
		loop_after(l, ask_at[i] - loop_now(l), nothing, NULL); /* moves the clock */
		while (loop_now(l) < ask_at[i])
			loop_turn(l, 0, -1);
		run(l, 1);
		credentials_token(c, on_token, NULL);
		run(l, 10);
		is_int(s->count, sent[i], i == 2 ? "within 225 s of the end it is renewed" : "until then it is not");
	}
	drop(c, s, l);
}

/* A throw-away key. */
static char *new_key(EVP_PKEY **key)
{
	*key = EVP_RSA_gen(2048);
	BIO *b = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(b, *key, NULL, NULL, 0, NULL, NULL);
	char *text;
	long len = BIO_get_mem_data(b, &text);
	char *pem = xstrndup(text, (size_t)len);
	BIO_free(b);
	return pem;
}

static bool signature_holds(EVP_PKEY *key, const char *jwt)
{
	const char *dot = strrchr(jwt, '.');
	unsigned char signature[512];
	size_t len = 0;
	if (!dot || sodium_base642bin(signature, sizeof signature, dot + 1, strcspn(dot + 1, "&"), NULL, &len, NULL,
				      sodium_base64_VARIANT_URLSAFE_NO_PADDING))
		return false;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key);
	bool holds = EVP_DigestVerify(md, signature, len, (const unsigned char *)jwt, (size_t)(dot - jwt)) == 1;
	EVP_MD_CTX_free(md);
	return holds;
}

static void service_account(void)
{
	struct script_line lines[] = {
	    {.method = "POST",
	     .url = "https://oauth2.googleapis.com/token",
	     .status = 200,
	     .body = "{\"access_token\":\"sa\",\"expires_in\":3599}"},
	    {0},
	};
	struct loop *l = loop_new(LOOP_VIRTUAL, 1);
	struct script *s = script_new(l, lines);
	struct err e = {0};
	EVP_PKEY *key;
	char *pem = new_key(&key);
	cJSON *file = json_make("{'type':'service_account','client_email':'a@p.iam.gserviceaccount.com','private_key':%s,"
				"'private_key_id':'k1','token_uri':'https://oauth2.googleapis.com/token','project_id':'p'}",
				pem);
	struct credentials *c = credentials_from_json(l, &s->base, file, "the test", &e);
	is_str(credentials_project(c), "p", "a key knows its project");
	credentials_token(c, on_token, NULL);
	run(l, 60);
	is_str(got, "sa", "a signed assertion is exchanged");
	const char *assertion = strstr(s->sent[0].body, "assertion=");
	ok(assertion && signature_holds(key, assertion + 10), "its signature holds");
	credentials_free(c);
	json_put_str(file, "token_uri", "https://oauth2.googleapis.com.evil.example/token");
	ok(!credentials_from_json(l, &s->base, file, "the test", &e) && strstr(e.what, "token_uri"),
	   "a foreign token_uri is refused");
	err_free(&e);
	json_put_str(file, "token_uri", "https://evil.example@oauth2.googleapis.com/token");
	ok(!credentials_from_json(l, &s->base, file, "the test", &e), "so is one with a user part");
	err_free(&e);
	json_put_str(file, "token_uri", "https://oauth2.googleapis.com/token");
	json_put_str(file, "private_key", "nonsense");
	c = credentials_from_json(l, &s->base, file, "the test", &e);
	credentials_token(c, on_token, NULL);
	run(l, 60);
	ok(strstr(why, "PEM"), "a key that is none is said so");
	credentials_free(c);
	cJSON_Delete(file);
	EVP_PKEY_free(key);
	free(pem);
	script_free(&s->base);
	loop_free(l);
}

static const char *write_file(const char *dir, const char *name, const char *text, mode_t mode)
{
	static char path[512];
	struct err e = {0};
	snprintf(path, sizeof path, "%s/%s", dir, name);
	if (!file_write(path, text, strlen(text), mode, &e))
		printf("# %s\n", e.what);
	chmod(path, mode);
	return path;
}

static void finding(void)
{
	char dir[] = "/tmp/ms-credentials-XXXXXX";
	struct loop *l = loop_new(LOOP_VIRTUAL, 1);
	struct script_line none[] = {{0}};
	struct script *s = script_new(l, none);
	struct err e = {0};
	if (!mkdtemp(dir))
		return;
	setenv("HOME", dir, 1);
	setenv("CLOUDSDK_CONFIG", dir, 1);
	setenv("NO_GCE_CHECK", "true", 1);
	unsetenv("GOOGLE_APPLICATION_CREDENTIALS");
	ok(!credentials_find(l, &s->base, &e) && e.exit == EXIT_CONFIG && strstr(e.fix, "gcloud auth"),
	   "none: 78 and how to sign in");
	err_free(&e);
	const char *text = "{\"type\":\"authorized_user\",\"client_id\":\"i\",\"client_secret\":\"s\",\"refresh_token\":\"r\"}";
	const char *path = write_file(dir, "application_default_credentials.json", text, 0600);
	struct credentials *c = credentials_find(l, &s->base, &e);
	ok(c && strstr(credentials_describe(c), path), "gcloud's file is found and named");
	credentials_free(c);
	setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/key.json", 1);
	ok(!credentials_find(l, &s->base, &e) && e.exit == EXIT_CONFIG, "a named file that is not there: no fall-through");
	err_free(&e);
	static const char *const refused[] = {"external_account", "impersonated_service_account",
					      "external_account_authorized_user", "gdch_service_account"};
	setenv("GOOGLE_APPLICATION_CREDENTIALS", "{\"type\":\"service_account\",\"private_key\":\"PRIVATE\"}", 1);
	ok(!credentials_find(l, &s->base, &e) && e.exit == EXIT_CONFIG && strstr(e.what, "path") &&
	       !strstr(e.what, "PRIVATE") && !strstr(e.place, "PRIVATE") && !strstr(e.fix, "PRIVATE"),
	   "S12: credentials in the variable are not shown");
	err_free(&e);
	setenv("GOOGLE_APPLICATION_CREDENTIALS", "UFJJVkFURS1LRVk=", 1);
	ok(!credentials_find(l, &s->base, &e) && !strstr(e.what, "UFJJ") && !strstr(e.place, "UFJJ"),
	   "S12: nor is any other value that is no file");
	err_free(&e);
	setenv("GOOGLE_APPLICATION_CREDENTIALS", write_file(dir, "odd.json", "{\"type\":\"-----BEGIN KEY\"}", 0600), 1);
	ok(!credentials_find(l, &s->base, &e) && !strstr(e.what, "BEGIN"), "S12: nor a type that is no word");
	err_free(&e);
	setenv("GOOGLE_APPLICATION_CREDENTIALS", write_file(dir, "good.json", text, 0600), 1);
	setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "p\r\nAuthorization: x", 1);
	ok(!credentials_find(l, &s->base, &e) && strstr(e.place, "QUOTA"), "S10: a quota project with a line end is refused");
	err_free(&e);
	unsetenv("GOOGLE_CLOUD_QUOTA_PROJECT");
	for (size_t i = 0; i < 4; i++) {
		char *other = xasprintf("{\"type\":\"%s\"}", refused[i]);
		setenv("GOOGLE_APPLICATION_CREDENTIALS", write_file(dir, "other.json", other, 0600), 1);
		ok(!credentials_find(l, &s->base, &e) && strstr(e.what, refused[i]), "%s is refused by name", refused[i]);
		err_free(&e);
		free(other);
	}
	setenv("GOOGLE_APPLICATION_CREDENTIALS", write_file(dir, "open.json", text, 0666), 1);
	ok(!credentials_find(l, &s->base, &e) && strstr(e.fix, "chmod"), "a file that others can write is refused");
	err_free(&e);
	char *command = xasprintf("rm -rf %s", dir);
	ok(system(command) == 0, "cleaned up");
	free(command);
	script_free(&s->base);
	loop_free(l);
}

static struct credentials *made_of(cJSON *file, struct script_line *lines, struct loop **l, struct script **s, struct err *e)
{
	*l = loop_new(LOOP_VIRTUAL, 1);
	*s = script_new(*l, lines);
	struct credentials *c = credentials_from_json(*l, &(*s)->base, file, "the test", e);
	cJSON_Delete(file);
	answers = 0;
	got[0] = why[0] = '\0';
	if (c) {
		credentials_token(c, on_token, NULL);
		credentials_token(c, on_token, NULL);
		run(*l, 300);
	}
	return c;
}

#define GENERATE                                                                                                               \
	"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"                                                 \
	"deployer@p.iam.gserviceaccount.com:generateAccessToken"

static cJSON *impersonated(const char *url)
{
	return json_make("{'type':'impersonated_service_account','delegates':['d@p.iam.gserviceaccount.com'],"
			 "'service_account_impersonation_url':%s,'source_credentials':{'type':'authorized_user','client_id':'i'"
			 ",'client_secret':'s',"
			 "'refresh_token':'r'}}",
			 url);
}

static void impersonating(void)
{
	struct script_line lines[] = {
	    {.method = "POST",
	     .url = "https://oauth2.googleapis.com/token",
	     .status = 200,
	     .body = "{\"access_token\":\"mine\",\"expires_in\":3600}"},
	    {.method = "POST",
	     .url = GENERATE,
	     .status = 200,
	     .body = "{\"accessToken\":\"theirs\",\"expireTime\":\"2026-11-29T11:00:00Z\"}"},
	    {0},
	};
	struct loop *l;
	struct script *s;
	struct err e = {0};
	struct credentials *c = made_of(impersonated(GENERATE), lines, &l, &s, &e);
	ok(answers == 2 && !strcmp(got, "theirs"), "T12: an impersonated account's token comes with the source's");
	is_int(s->count, 2, "T12: by two requests");
	is_str(s->sent[1].token, "Bearer mine", "T12: the source's token is shown");
	is_str(s->sent[1].body,
	       "{\"delegates\":[\"d@p.iam.gserviceaccount.com\"],\"lifetime\":\"3600s\","
	       "\"scope\":[\"https://www.googleapis.com/auth/cloud-platform\"]}",
	       "T12: delegates, lifetime and scope");
	is_str(credentials_email(c), "deployer@p.iam.gserviceaccount.com", "T12: it is signed in as the account");
	drop(c, s, l);
	static const char *const bad[] = {
	    "https://evil.example/v1/projects/-/serviceAccounts/a@b:generateAccessToken",
	    "https://iamcredentials.googleapis.com.evil.example/v1/projects/-/serviceAccounts/a@b:generateAccessToken",
	    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a/../../x:generateAccessToken",
	    "http://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b:generateAccessToken",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ok(!made_of(impersonated(bad[i]), lines, &l, &s, &e) && strstr(e.what, "service_account_impersonation_url"),
		   "T12: nothing is sent to %s", bad[i]);
		err_free(&e);
		script_free(&s->base);
		loop_free(l);
	}
	struct script_line denied[] = {
	    {.method = "POST", .url = "/token", .status = 200, .body = "{\"access_token\":\"mine\",\"expires_in\":3600}"},
	    {.method = "POST",
	     .url = GENERATE,
	     .status = 403,
	     .body = "{\"error\":{\"code\":403,\"message\":\"Permission 'iam.serviceAccounts.getAccessToken' "
		     "denied.\",\"status\":\"PERMISSION_DENIED\"}}"},
	    {0},
	};
	c = made_of(impersonated(GENERATE), denied, &l, &s, &e);
	ok(strstr(why, "getAccessToken") && strstr(why, "serviceAccountTokenCreator"), "T12: a refusal says which role lacks");
	drop(c, s, l);
}

static cJSON *external(cJSON *source)
{
	return json_make(
	    "{'type':'external_account','audience':'//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/"
	    "providers/q',"
	    "'subject_token_type':'urn:ietf:params:oauth:token-type:jwt','token_url':'https://sts.googleapis.com/v1/token',"
	    "'credential_source':%j}",
	    source);
}

static void exchanging(void)
{
	char path[] = "/tmp/ms-subject-XXXXXX";
	int fd = mkstemp(path);
	if (write(fd, "the.ci-token\n", 13) != 13)
		printf("# cannot write\n");
	close(fd);
	struct script_line lines[] = {
	    {.method = "GET", .url = "https://ci.example/token?x=1", .status = 200, .body = "{\"value\":\"by url\"}"},
	    {.method = "POST",
	     .url = "https://sts.googleapis.com/v1/token",
	     .status = 200,
	     .stays = true,
	     .body = "{\"access_token\":\"exchanged\",\"expires_in\":3600,\"token_type\":\"Bearer\"}"},
	    {.method = "POST",
	     .url = GENERATE,
	     .status = 200,
	     .stays = true,
	     .body = "{\"accessToken\":\"theirs\",\"expireTime\":\"2026-11-29T11:00:00Z\"}"},
	    {0},
	};
	struct loop *l;
	struct script *s;
	struct err e = {0};
	struct credentials *c = made_of(external(json_make("{'file':%s}", path)), lines, &l, &s, &e);
	ok(answers == 2 && !strcmp(got, "exchanged"), "T12: a token in a file is exchanged");
	is_str(
	    s->sent[0].body,
	    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&audience=%2F%2Fiam.googleapis.com%2Fprojects%"
	    "2F1%2Flocations%2F"
	    "global%2FworkloadIdentityPools%2Fp%2Fproviders%2Fq&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform&"
	    "requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&subject_token_type=urn%3Aietf%"
	    "3Aparams%3Aoauth%3A"
	    "token-type%3Ajwt&subject_token=the.ci-token",
	    "T12: the exchange");
	drop(c, s, l);
	c = made_of(external(json_make("{'url':'https://ci.example/token?x=1','headers':{'Authorization':'Bearer ci'},"
				       "'format':{'type':'json','subject_token_field_name':'value'}}")),
		    lines, &l, &s, &e);
	ok(!strcmp(got, "exchanged") && strstr(s->sent[1].body, "subject_token=by%20url"), "T12: one behind a URL too");
	is_str(s->sent[0].token, "Bearer ci", "T12: with its headers");
	drop(c, s, l);
	cJSON *through = external(json_make("{'file':%s}", path));
	json_put_str(through, "service_account_impersonation_url", GENERATE);
	json_put_num(through, "service_account_impersonation.token_lifetime_seconds", 1200);
	c = made_of(through, lines, &l, &s, &e);
	ok(!strcmp(got, "theirs") && strstr(s->sent[1].body, "\"1200s\""), "T12: and an account impersonated with it");
	is_str(s->sent[1].token, "Bearer exchanged", "T12: shown the exchanged token");
	drop(c, s, l);
	unlink(path);
	c = made_of(external(json_make("{'file':%s}", path)), lines, &l, &s, &e);
	ok(answers == 2 && strstr(why, "cannot open"), "T12: a file that is not there is told");
	drop(c, s, l);
	static const struct {
		const char *source, *words;
	} bad[] = {{"{\"environment_id\":\"aws1\"}", "AWS"},
		   {"{\"executable\":{\"command\":\"/bin/x\"}}", "program"},
		   {"{\"url\":\"http://evil.example/\"}", "https"},
		   {"{}", "credential_source.file"}};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ok(!made_of(external(cJSON_Parse(bad[i].source)), lines, &l, &s, &e) && strstr(e.what, bad[i].words),
		   "T12: refused: %s", bad[i].source);
		err_free(&e);
		script_free(&s->base);
		loop_free(l);
	}
	cJSON *elsewhere = external(json_make("{'file':'/x'}"));
	json_put_str(elsewhere, "token_url", "https://sts.googleapis.com.evil.example/v1/token");
	ok(!made_of(elsewhere, lines, &l, &s, &e) && strstr(e.what, "token_url"), "T12: nothing is sent to another token_url");
	err_free(&e);
	script_free(&s->base);
	loop_free(l);
}

/* What a token endpoint says becomes a header. */
static void hostile_tokens(void)
{
	static const char *const bodies[] = {
	    "{\"access_token\":\"a\\r\\nX-Evil: 1\",\"expires_in\":3600}",
	    "{\"access_token\":\"a b\",\"expires_in\":3600}",
	    "{\"access_token\":\"\",\"expires_in\":3600}",
	    "{\"access_token\":7,\"expires_in\":3600}",
	    "[]",
	};
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct script_line lines[] = {
		    {.method = "POST", .url = "/token", .status = 200, .stays = true, .body = bodies[i]}, {0}};
		struct loop *l;
		struct script *s;
		struct credentials *c = user_credentials(lines, &l, &s);
		got[0] = why[0] = '\0';
		credentials_token(c, on_token, NULL);
		run(l, 300);
		ok(!*got && strstr(why, "no token") && !strstr(why, "Evil"), "S10: no token is taken from %s", bodies[i]);
		drop(c, s, l);
	}
	static const char *const uris[] = {"https://storage.googleapis.com/token", "https://oauth2.googleapis.com:444/token",
					   "https://oauth2.googleapis.com/other", "http://oauth2.googleapis.com/token"};
	for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
		struct script_line none[] = {{0}};
		struct loop *l;
		struct script *s;
		struct err e = {0};
		cJSON *file = json_make("{'type':'service_account','client_email':'a@b','private_key':'k','token_uri':%s}",
					uris[i]);
		ok(!made_of(file, none, &l, &s, &e) && strstr(e.what, "token_uri"), "S10: token_uri may not be %s", uris[i]);
		err_free(&e);
		script_free(&s->base);
		loop_free(l);
	}
}

int main(void)
{
	struct err e = {0};
	mem_install();
	if (!secret_init(&e))
		return 99;
	authorized_user();
	revoked();
	refused();
	turned_away_by_a_proxy();
	expiry();
	service_account();
	impersonating();
	exchanging();
	hostile_tokens();
	finding();
	return tap_done();
}
