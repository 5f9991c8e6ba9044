/* The flight recorder: what it writes, what it never writes, when it stops. */
#include "config.h"

#include "net/recorder.h"
#include "net/standin.h"

#include "base/encode.h"
#include "base/file.h"
#include "base/json.h"
#include "base/rendered.h"
#include "base/secret.h"
#include "base/text.h"
#include "tests/net/script.h"
#include "tests/tap.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD "pW/9+q?x\"Zzk%41\\end"
#define TOKEN "ya29.a0AfB_byC-0123456789"
#define PERSON "o'brien.mary@corp.example.com"

static char folder[] = "/tmp/mlflow-setup-recorder-XXXXXX";

static char *path_of(const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

static void ignore(void *arg, struct http_reply *reply)
{
	++*(int *)arg;
	(void)reply;
}

struct flown {
	struct loop *loop;
	struct transport *transport;
	int answered;
};

static void begin(struct flown *f, struct recorder *r, struct script_line *lines)
{
	*f = (struct flown){.loop = loop_new(LOOP_VIRTUAL, 1)};
	f->transport = recorder_transport(r, &script_new(f->loop, lines)->base, f->loop);
}

static void end(struct flown *f)
{
	f->transport->free(f->transport);
	loop_free(f->loop);
}

static void ask(struct flown *f, const char *method, const char *url, const char *body)
{
	static char name[] = "Authorization", bearer[] = "Bearer " TOKEN, cookie_name[] = "Cookie",
		    cookie[] = "session=crumbs-of-a-session";
	const struct header headers[] = {{name, bearer}, {cookie_name, cookie}};
	struct http_request q = {.method = method,
				 .url = url,
				 .headers = headers,
				 .header_count = 2,
				 .body = body,
				 .body_len = body ? strlen(body) : 0};
	int before = f->answered;
	f->transport->send(f->transport, &q, ignore, &f->answered);
	while (f->answered == before)
		loop_turn(f->loop, 1, -1);
}

static char *content(const char *path)
{
	struct buf b = {0};
	struct err e = {0};
	ok(file_read(path, 64 << 20, &b, &e), "the recording can be read");
	err_free(&e);
	return buf_take(&b);
}

static void test_file(void)
{
	struct err e = {0};
	struct stat st;
	char *path = path_of("new"), *link = path_of("link");
	umask(0);
	struct recorder *r = recorder_open(path, 0, &e);
	ok(r && !stat(path, &st) && (st.st_mode & 07777) == 0600, "a recording is for its owner alone, whatever the umask");
	recorder_close(r);
	r = recorder_open(path, 0, &e);
	ok(!r && e.exit == EXIT_CANTWRITE, "it is never written over a file");
	err_free(&e);
	ok(!symlink("/nowhere", link), "a link that leads nowhere");
	r = recorder_open(link, 0, &e);
	ok(!r && e.exit == EXIT_CANTWRITE, "and is not followed");
	err_free(&e);
	free(path);
	free(link);
}

/* A cloud that says everything again, in every form. */
static char *echo(void)
{
	char *base64 = encode_base64("user:" PASSWORD, strlen("user:" PASSWORD)),
	     *person = encode_base64("<" PERSON ">", strlen("<" PERSON ">"));
	cJSON *inner = json_make("{'password':%s}", PASSWORD);
	char *nested = json_text(inner, -1);
	struct buf percent = {0};
	text_percent(&percent, PASSWORD, false);
	cJSON *j = json_make("{'plain':%s,'base64':%s,'nested':%s,'url':%s,'token':%s,'people':%s,'packed':%s}",
			     "it was " PASSWORD ".", base64, nested, buf_text(&percent), "again " TOKEN,
			     "user:" PERSON ",group:all@corp.example.com", person);
	char *text = json_text(j, -1);
	cJSON_Delete(j);
	cJSON_Delete(inner);
	buf_free(&percent);
	free(nested);
	free(base64);
	free(person);
	return text;
}

static char *decode_text(const char *base64)
{
	size_t len = 0, room = strlen(base64) + 1;
	char *text = xcalloc(1, room);
	if (sodium_base642bin((unsigned char *)text, room - 1, base64, room - 1, NULL, &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL))
		*text = '\0';
	return text;
}

static void test_secrets(void)
{
	char *path = path_of("secrets"), *said = echo();
	struct err e = {0};
	struct recorder *r = recorder_open(path, 0, &e);
	struct flown f;
	begin(&f, r, (struct script_line[]){{"POST", "/users", 200, .body = said}, {"GET", "/iam", 200, .body = said}, {0}});
	cJSON *body = json_make("{'name':'mlflow','password':%s}", PASSWORD);
	char *text = json_text(body, -1);
	ask(&f, "POST", "https://sqladmin.googleapis.com/v1/projects/p/instances/i/users", text);
	ask(&f, "GET", "https://x.googleapis.com/iam?member=user%3Ao%27brien.mary%40corp.example.com&access_token=" TOKEN,
	    NULL);
	char *all = content(path);
	char *forms[] = {encode_base64(PASSWORD, strlen(PASSWORD)), encode_base64("user:" PASSWORD, strlen("user:" PASSWORD)),
			 encode_base64(PERSON, strlen(PERSON))};
	ok(!strstr(all, "pW/9+q") && !strstr(all, "pW%2F9%2Bq") && !strstr(all, "Zzk%41"),
	   "a password is not there, plain, escaped or in a URL");
	ok(!strstr(all, forms[0]) && !strstr(all, forms[1]), "nor in base64");
	ok(!strstr(all, "a0AfB_byC"), "a token is not there");
	ok(!strstr(all, "brien") && !strstr(all, "all@corp") && !strstr(all, forms[2]), "nobody's address is there");
	ok(!strstr(all, "crumbs"), "no cookie is there");
	char *line_end = strchr(all, '\n');
	*line_end = '\0';
	cJSON *one = cJSON_Parse(all), *two = cJSON_Parse(line_end + 1);
	const char *word = json_str(one, "request.password", "");
	ok(text_starts(word, "stand-in-secret-") && strstr(json_str(one, "reply.plain", ""), word) &&
	       strstr(json_str(two, "reply.plain", ""), word),
	   "the same value has the same stand-in in all the file: %s, %s, %s", word, json_str(one, "reply.plain", ""),
	   json_str(two, "reply.plain", ""));
	ok(strstr(json_str(two, "url", ""), "person-1%40example.org") ||
	       strstr(json_str(two, "url", ""), "person-1@example.org"),
	   "people have stand-ins: %s", json_str(two, "url", ""));
	is_str(json_str(one, "request.name", ""), "mlflow", "what is no secret is as it was");
	cJSON_Delete(one);
	cJSON_Delete(two);
	cJSON_Delete(body);
	for (size_t i = 0; i < 3; i++)
		free(forms[i]);
	free(all);
	free(text);
	free(said);
	free(path);
	end(&f);
	recorder_close(r);
}

/* What is kept in a secret's place: a value is replaced whole, of a file that was rendered only what is secret in it. */
static void test_rendered(void)
{
	static const char file[] = "provider = \"google\"\nclient_secret = \"GOCSPX-0123456789abcdefghij\"\n" PERSON "\n";
	rendered_note(file, strlen(file));
	char *path = path_of("rendered"), *data = encode_base64(file, strlen(file)),
	     *foreign = encode_base64("provider = \"other\"\n", strlen("provider = \"other\"\n"));
	cJSON *reply = json_make("{'payload':{'data':%s,'dataCrc32c':'1'}}", data),
	      *other = json_make("{'payload':{'data':%s,'dataCrc32c':'1'}}", foreign);
	char *said = json_text(reply, -1), *said_of_other = json_text(other, -1);
	struct err e = {0};
	struct recorder *r = recorder_open(path, 0, &e);
	struct flown f;
	begin(&f, r, (struct script_line[]){{"GET", "/a", 200, .body = said}, {"GET", "/b", 200, .body = said_of_other}, {0}});
	ask(&f, "GET", "https://x.googleapis.com/a", NULL);
	ask(&f, "GET", "https://x.googleapis.com/b", NULL);
	char *all = content(path), *line_end = strchr(all, '\n');
	*line_end = '\0';
	cJSON *one = cJSON_Parse(all), *two = cJSON_Parse(line_end + 1);
	char *kept = decode_text(json_str(one, "reply.payload.data", "")),
	     *hidden = decode_text(json_str(two, "reply.payload.data", ""));
	is_str(kept, "provider = \"google\"\nclient_secret = \"GOCSPX-stand-in-secret-00000002\"\nperson-1@example.org\n",
	       "a rendered file stays but for what is secret in it");
	char *sum = xasprintf("%u", (unsigned)encode_crc32c(kept, strlen(kept)));
	is_str(json_str(one, "reply.payload.dataCrc32c", ""), sum, "with the checksum of what stands there now");
	ok(text_starts(hidden, "stand-in-secret-") && strlen(hidden) == 24, "another text is replaced whole: %s", hidden);
	free(sum);
	free(kept);
	free(hidden);
	cJSON_Delete(one);
	cJSON_Delete(two);
	free(all);
	cJSON_Delete(reply);
	cJSON_Delete(other);
	free(said);
	free(said_of_other);
	free(data);
	free(foreign);
	free(path);
	end(&f);
	recorder_close(r);
}

static void test_size(void)
{
	char *path = path_of("size");
	const char *why = NULL;
	struct err e = {0};
	struct stat st;
	struct recorder *r = recorder_open(path, 4096, &e);
	struct flown f;
	begin(&f, r,
	      (struct script_line[]){
		  {"GET", "/", 200, .body = "{\"text\":\"0123456789012345678901234567890123456789\"}", .stays = true}, {0}});
	for (int i = 0; i < 60; i++)
		ask(&f, "GET", "https://run.googleapis.com/v2/projects/p", NULL);
	unsigned long count = recorder_count(r, &why);
	ok(why && count > 5 && count < 60, "it stops at its size: after %lu", count);
	ok(!stat(path, &st) && st.st_size <= 4096, "which it does not pass");
	char *all = content(path);
	ok(strstr(all, "\n{\"stopped\":") && text_ends(all, "}\n"), "and its last line says so");
	free(all);
	free(path);
	end(&f);
	recorder_close(r);
}

/* A place may say twice that what stands there is a secret; one that says where a secret is kept, or since when, is none. */
static void test_places(void)
{
	char *path = path_of("places"), *data = encode_base64(PASSWORD, strlen(PASSWORD));
	char *pair = encode_base64("puller:" PASSWORD, strlen("puller:" PASSWORD));
	cJSON *keys = json_make("{'auths':{'r.example':{'auth':%s,'password':%s}}}", pair, PASSWORD);
	char *config = json_text(keys, -1), *pull = encode_base64(config, strlen(config));
	cJSON *body = json_make("{'kind':'Secret','data':{'db-password':%s,'.dockerconfigjson':%s},'annotations':{'x/"
				"db-password':'2026-11-30T09:08:18.3Z'},"
				"'envVariables':{'PGPASSWORD':%s,'API_KEY':'sm://p/key#1'}}",
				data, pull, PASSWORD);
	char *said = json_text(body, -1);
	struct err e = {0};
	struct recorder *r = recorder_open(path, 0, &e);
	struct flown f;
	begin(&f, r, (struct script_line[]){{"PATCH", "/s", 200, .body = said}, {0}});
	ask(&f, "PATCH", "https://x.googleapis.com/s", said);
	char *all = content(path);
	cJSON *row = cJSON_Parse(all);
	const cJSON *sent = json_at(row, "request"), *variables = json_at(row, "request.envVariables");
	char *stored = decode_text(json_str(json_at(sent, "data"), "db-password", ""));
	ok(text_starts(stored, "stand-in-secret-"), "a Kubernetes secret is a stand-in's base64, whatever its key: %s", stored);
	is_str(json_str(variables, "PGPASSWORD", ""), stored, "and the same password has the same stand-in elsewhere");
	is_str(json_str(variables, "API_KEY", ""), "sm://p/key#1", "where a secret is kept is no secret");
	is_str(cJSON_GetStringValue(json_at(sent, "annotations")->child), "2026-11-30T09:08:18.3Z", "nor since when");
	char *kept = decode_text(
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json_at(sent, "data"), ".dockerconfigjson")));
	cJSON *registries = cJSON_Parse(kept), *registry = json_at(registries, "auths")->child;
	char *known = decode_text(json_str(registry, "auth", "")), *wanted = xasprintf("puller:%s", stored);
	is_str(known, wanted, "what pods pull by stays who pulls, with the stand-in");
	ok(!strcmp(registry->string, "r.example") && !strcmp(json_str(registry, "password", ""), stored), "of its registry");
	cJSON_Delete(registries);
	free(wanted);
	free(known);
	free(kept);
	free(stored);
	cJSON_Delete(row);
	cJSON_Delete(body);
	free(all);
	free(said);
	free(pull);
	free(config);
	cJSON_Delete(keys);
	free(pair);
	free(data);
	free(path);
	end(&f);
	recorder_close(r);
}

/* A pull secret that is none of a registry client's is hidden whole, whatever stands where its registries should. */
static void test_odd_pulls(void)
{
	static const char *const odd[] = {
	    "{\"auths\":[{\"auth\":\"" PASSWORD "\"}]}", "{\"auths\":{\"r.example\":\"" PASSWORD "\"}}",
	    "{\"auths\":{\"r.example\":[\"" PASSWORD "\"]}}", "{\"auths\":{\"r.example\":{\"auth\":[\"" PASSWORD "\"]}}}",
	    "{\"auths\":{},\"x\":\"" PASSWORD "\"}"};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		char *path = path_of("odd"), *pull = encode_base64(odd[i], strlen(odd[i]));
		cJSON *body = json_make("{'kind':'Secret','data':{'.dockerconfigjson':%s}}", pull);
		char *said = json_text(body, -1);
		struct err e = {0};
		struct recorder *r = recorder_open(path, 0, &e);
		struct flown f;
		begin(&f, r, (struct script_line[]){{"PATCH", "/s", 200, .body = said}, {0}});
		ask(&f, "PATCH", "https://x.googleapis.com/s", said);
		char *all = content(path);
		cJSON *row = cJSON_Parse(all);
		char *kept = decode_text(
		    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json_at(row, "request.data"), ".dockerconfigjson")));
		ok(text_starts(kept, "stand-in-secret-"), "hidden whole: %s", odd[i]);
		free(kept);
		cJSON_Delete(row);
		free(all);
		free(said);
		cJSON_Delete(body);
		free(pull);
		unlink(path);
		free(path);
		end(&f);
		recorder_close(r);
	}
}

/* Secrets of nobody's here, which give themselves away by what stands before them or by their own form. */
static void test_words(void)
{
	static const char *const said[] = {"user 7 with password=Xq7-hunter2 refused",
					   "https://x.example/?a=b&access_token=Xq7-hunter2",
					   "client_secret=Xq7-hunter2",
					   "X-Api-Key: Xq7-hunter2",
					   "users:\n- name: u\n  user:\n    token: Xq7-hunter2-hunter2\n",
					   "cloned with ghp_hunter2hunter2hunter2hunter2hunter2",
					   "{\"password\":[\"Xq7-hunter2\"]}",
					   "{\"callerIp\":\"203.0.113.77-hunter2\"}"};
	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		struct standins *s = standins_new();
		char *text = standins_text(s, said[i]);
		struct buf b = {0};
		buf_puts(&b, text);
		standins_replace(s, &b);
		ok(!strstr(buf_text(&b), "hunter2") && strstr(buf_text(&b), "stand-in-secret-"), "it is not there: %s",
		   said[i]);
		buf_free(&b);
		free(text);
		standins_free(s);
	}
}

int main(void)
{
	struct err e = {0};
	ok(secret_init(&e), "secrets begin");
	ok(mkdtemp(folder) != NULL, "a folder");
	test_file();
	test_secrets();
	test_rendered();
	test_places();
	test_odd_pulls();
	test_size();
	static const char *const names[] = {"new", "link", "secrets", "rendered", "places", "size"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *path = path_of(names[i]);
		unlink(path);
		free(path);
	}
	rmdir(folder);
	test_words();
	return tap_done();
}
