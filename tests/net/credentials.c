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
static int answers;

static void on_token(void *arg, const char *token, struct err *e)
{
	(void)arg;
	answers++;
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
	cJSON *file = json_make("{'type':'authorized_user','client_id':'id','client_secret':'se+cret','refresh_token':'re/fresh',"
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
		{.method = "POST", .url = "https://oauth2.googleapis.com/token", .status = 200, .seconds = 1,
		 .body = "{\"access_token\":\"tok1\",\"expires_in\":\"3600\"}"},
		{.method = "POST", .url = "https://oauth2.googleapis.com/token", .status = 200,
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
	is_str(s->sent[1].body, "grant_type=refresh_token&client_id=id&client_secret=se%2Bcret&refresh_token=re%2Ffresh", "the form");
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
		{.method = "POST", .url = "/token", .status = 400,
		 .body = "{\"error\":\"invalid_grant\",\"error_description\":\"Token has been expired or revoked.\"}"},
		{0},
	};
	struct loop *l;
	struct script *s;
	struct credentials *c = user_credentials(lines, &l, &s);
	credentials_token(c, on_token, NULL);
	run(l, 60);
	ok(strstr(why, "revoked") && strstr(why, "gcloud auth application-default login"), "a revoked login says how to sign in again");
	is_int(s->count, 1, "without a retry");
	drop(c, s, l);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void expiry(void)
{
	struct script_line lines[] = {
		{.method = "POST", .url = "/token", .status = 200, .stays = true, .body = "{\"access_token\":\"t\",\"expires_in\":3600}"},
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
		{.method = "POST", .url = "https://oauth2.googleapis.com/token", .status = 200,
		 .body = "{\"access_token\":\"sa\",\"expires_in\":3599}"},
		{0},
	};
	struct loop *l = loop_new(LOOP_VIRTUAL, 1);
	struct script *s = script_new(l, lines);
	struct err e = {0};
	EVP_PKEY *key;
	char *pem = new_key(&key);
	cJSON *file = json_make("{'type':'service_account','client_email':'a@p.iam.gserviceaccount.com','private_key':%s,"
				"'private_key_id':'k1','token_uri':'https://oauth2.googleapis.com/token','project_id':'p'}", pem);
	struct credentials *c = credentials_from_json(l, &s->base, file, "the test", &e);
	is_str(credentials_project(c), "p", "a key knows its project");
	credentials_token(c, on_token, NULL);
	run(l, 60);
	is_str(got, "sa", "a signed assertion is exchanged");
	const char *assertion = strstr(s->sent[0].body, "assertion=");
	ok(assertion && signature_holds(key, assertion + 10), "its signature holds");
	credentials_free(c);
	json_put_str(file, "token_uri", "https://oauth2.googleapis.com.evil.example/token");
	ok(!credentials_from_json(l, &s->base, file, "the test", &e) && strstr(e.what, "token_uri"), "a foreign token_uri is refused");
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
	ok(!credentials_find(l, &s->base, &e) && e.exit == EXIT_CONFIG && strstr(e.fix, "gcloud auth"), "none: 78 and how to sign in");
	err_free(&e);
	const char *text = "{\"type\":\"authorized_user\",\"client_id\":\"i\",\"client_secret\":\"s\",\"refresh_token\":\"r\"}";
	const char *path = write_file(dir, "application_default_credentials.json", text, 0600);
	struct credentials *c = credentials_find(l, &s->base, &e);
	ok(c && strstr(credentials_describe(c), path), "gcloud's file is found and named");
	credentials_free(c);
	setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/key.json", 1);
	ok(!credentials_find(l, &s->base, &e) && e.exit == EXIT_CONFIG, "a named file that is not there: no fall-through");
	err_free(&e);
	static const char *const refused[] = {"external_account", "impersonated_service_account", "external_account_authorized_user",
					      "gdch_service_account"};
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

int main(void)
{
	struct err e = {0};
	mem_install();
	if (!secret_init(&e))
		return 99;
	authorized_user();
	revoked();
	expiry();
	service_account();
	finding();
	return tap_done();
}
