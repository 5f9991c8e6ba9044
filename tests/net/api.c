#include "config.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "net/api.h"
#include "net/credentials.h"
#include "net/fill.h"
#include "tests/net/script.h"
#include "tests/tap.h"

#include <stdint.h>

static struct {
	int count, http, tries;
	enum exit_code exit;
	bool unknown;
	char what[300], fix[300], reply[300];
} last;

static void on_done(void *arg, const struct api_result *r)
{
	(void)arg;
	last.count++;
	last.http = r->http;
	last.tries = r->tries;
	last.exit = r->err.exit;
	last.unknown = r->unknown;
	snprintf(last.what, sizeof last.what, "%s", r->err.what ? r->err.what : "");
	snprintf(last.fix, sizeof last.fix, "%s", r->err.fix ? r->err.fix : "");
	char *text = json_text(r->reply ? r->reply : NULL, -1);
	snprintf(last.reply, sizeof last.reply, "%s", r->reply ? text : "");
	free(text);
}

struct world {
	struct loop *loop;
	struct script *script;
	struct credentials *credentials;
	struct api *api;
};

static struct world world(struct script_line *lines, const char *quota)
{
	struct world w = {.loop = loop_new(LOOP_VIRTUAL, 1)};
	struct err e = {0};
	w.script = script_new(w.loop, lines);
	cJSON *file = json_make("{'type':'authorized_user','client_id':'i','client_secret':'s','refresh_token':'r'}");
	w.credentials = credentials_from_json(w.loop, &w.script->base, file, "the test", &e);
	cJSON_Delete(file);
	w.api = api_new(w.loop, &w.script->base, w.credentials, quota);
	memset(&last, 0, sizeof last);
	return w;
}

static void close_world(struct world *w)
{
	api_free(w->api);
	credentials_free(w->credentials);
	script_free(&w->script->base);
	loop_free(w->loop);
}

static void run(struct world *w)
{
	for (int i = 0; i < 100000 && !loop_idle(w->loop); i++)
		loop_turn(w->loop, 0, -1);
}

static void call(struct world *w, const char *method, const char *url, cJSON *body, const struct api_policy *policy)
{
	struct call c = {0};
	call_set_url(&c, DIALECT_NONE, method, body, url);
	api_call(w->api, &c, policy, on_done, NULL);
	call_free(&c);
	run(w);
}

#define TOKEN                                                                                                                  \
	{                                                                                                                      \
		.method = "POST", .url = "oauth2.googleapis.com/token", .status = 200, .stays = true,                          \
		.body = "{\"access_token\":\"t\",\"expires_in\":3600}"                                                         \
	}
#define URL "https://run.googleapis.com/v2/x"

static void plain_calls(void)
{
	struct script_line lines[] = {
	    TOKEN,
	    {.method = "GET", .url = URL, .status = 503, .body = "<html>"},
	    {.method = "GET", .url = URL, .failure = HTTP_BROKEN},
	    {.method = "GET", .url = URL, .status = 200, .body = "{\"a\":"},
	    {.method = "GET", .url = URL, .status = 200, .body = "{\"a\":1}"},
	    {.method = "GET", .url = URL, .status = 401},
	    {.method = "GET", .url = URL, .status = 200, .body = "{\"a\":2}"},
	    {.method = "GET", .url = URL, .status = 401},
	    {.method = "GET", .url = URL, .status = 401},
	    {.method = "GET", .url = URL, .status = 403, .body = "{\"error\":{\"mess"},
	    {.method = "GET", .url = URL, .status = 403, .body = "{\"error\":{\"message\":\"no\"}}"},
	    {0},
	};
	struct world w = world(lines, "demo");
	call(&w, "GET", URL, NULL, NULL);
	ok(last.http == 200 && last.tries == 4 && !strcmp(last.reply, "{\"a\":1}"),
	   "a read outlives a 503, a cut and half a JSON text");
	is_str(w.script->sent[1].user_project, "demo", "the quota project is named");
	call(&w, "GET", URL, NULL, NULL);
	is_str(last.reply, "{\"a\":2}", "a 401 is answered with a new token, once");
	call(&w, "GET", URL, NULL, NULL);
	ok(last.http == 401 && last.exit == EXIT_PERMISSION, "twice is a refusal, exit 77");
	ok(api_counted(w.api).retries == 5, "retries are counted");
	close_world(&w);
}

static void creating(void)
{
	struct script_line lines[] = {
	    TOKEN,
	    {.method = "POST", .url = URL, .failure = HTTP_UNREACHABLE},
	    {.method = "POST", .url = URL, .status = 429, .headers = "Retry-After: 30"},
	    {.method = "POST", .url = URL, .failure = HTTP_BROKEN},
	    {0},
	};
	struct world w = world(lines, NULL);
	call(&w, "POST", URL, json_make("{'x':1}"), &(struct api_policy){.no_retry_unknown = true});
	ok(last.unknown && last.tries == 3 && last.exit == EXIT_UNAVAILABLE, "a create that was cut ends as unknown");
	ok(w.script->sent[3].at - w.script->sent[2].at >= 30, "Retry-After is honoured");
	close_world(&w);
}

static void budget(void)
{
	struct script_line lines[] = {TOKEN,
				      {.method = "GET", .url = URL, .status = 200},
				      {.method = "GET", .url = URL, .status = 503, .stays = true},
				      {0}};
	struct world w = world(lines, NULL);
	call(&w, "GET", URL, NULL, NULL);
	last.count = 0;
	call(&w, "GET", URL, NULL, &(struct api_policy){.budget = 60});
	ok(last.http == 503 && last.count == 1 && loop_now(w.loop) <= 61, "a budget ends the retries");
	ok(w.script->count < 20, "which were few");
	close_world(&w);
}

/* How long a host is waited for from which nothing comes: one that answered before may come back, and what this run makes may still be on its way. */
static void strangers(void)
{
	static const struct {
		const char *what;
		enum http_failure failure;
		int status;
		const char *headers;
		enum audience audience;
		bool met;
		double least, most;
	} rows[] = {
	    {"a host that never answered", HTTP_UNREACHABLE, 0, NULL, AUDIENCE_GOOGLE, false, 5, 11},
	    {"one that answered before", HTTP_UNREACHABLE, 0, NULL, AUDIENCE_GOOGLE, true, 250, 301},
	    {"one that lets wait for ever", HTTP_TIMEOUT, 0, NULL, AUDIENCE_GOOGLE, false, 5, 11},
	    {"one that breaks off", HTTP_BROKEN, 0, NULL, AUDIENCE_GOOGLE, false, 12, 31},
	    {"one that breaks off, and answered before", HTTP_BROKEN, 0, NULL, AUDIENCE_GOOGLE, true, 250, 301},
	    {"one that fails from the start", HTTP_OK, 503, NULL, AUDIENCE_GOOGLE, false, 12, 31},
	    {"one that fails from the start and says when to come", HTTP_OK, 503, "Retry-After: 50", AUDIENCE_GOOGLE, false, 50,
	     52},
	    {"one that fails, and answered before", HTTP_OK, 503, NULL, AUDIENCE_GOOGLE, true, 250, 301},
	    {"an address that is to come", HTTP_UNREACHABLE, 0, NULL, AUDIENCE_NOBODY, false, 250, 301},
	    {"an address that is to come and fails", HTTP_OK, 502, NULL, AUDIENCE_NOBODY, false, 250, 301},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct script_line lines[] = {TOKEN,
					      {.method = "GET", .url = "/met", .status = 200, .body = "{}"},
					      {.method = "GET",
					       .url = "/x",
					       .status = rows[i].status,
					       .failure = rows[i].failure,
					       .headers = rows[i].headers,
					       .seconds = 0.01,
					       .stays = true},
					      {0}};
		struct world w = world(lines, NULL);
		if (rows[i].met)
			call(&w, "GET", "https://run.googleapis.com/met", NULL, NULL);
		double before = loop_now(w.loop);
		int count = last.count;
		for (int n = 0; n < 3; n++) {
			struct call c = {0};
			call_set_url(&c, DIALECT_NONE, "GET", NULL, "https://run.googleapis.com/x");
			c.audience = rows[i].audience;
			api_call(w.api, &c, NULL, on_done, NULL);
			call_free(&c);
		}
		run(&w);
		double took = loop_now(w.loop) - before;
		ok(last.count == count + 3 && last.exit == EXIT_UNAVAILABLE && took >= rows[i].least && took <= rows[i].most,
		   "%s is waited for by three calls between %g and %g seconds (%g)", rows[i].what, rows[i].least, rows[i].most,
		   took);
		before = loop_now(w.loop);
		bool stranger = !rows[i].met && rows[i].audience == AUDIENCE_GOOGLE;
		if (stranger)
			call(&w, "GET", "https://run.googleapis.com/x", NULL, NULL);
		ok(!stranger || (last.tries == 1 && loop_now(w.loop) - before < 1), "%s, asked again: one try tells",
		   rows[i].what);
		close_world(&w);
	}
	struct script_line slow[] = {TOKEN,
				     {.method = "POST", .url = "/x", .failure = HTTP_TIMEOUT, .seconds = 60},
				     {.method = "POST", .url = "/x", .failure = HTTP_TIMEOUT, .seconds = 200},
				     {0}};
	struct world w = world(slow, NULL);
	struct call c = {0};
	call_set_url(&c, DIALECT_NONE, "POST", json_make("{}"), URL);
	api_call(w.api, &c, NULL, on_done, NULL);
	api_call(w.api, &c, NULL, on_done, NULL);
	run(&w);
	ok(last.count == 2 && last.unknown && loop_now(w.loop) < 62, "one that is under way ends with the first, as unknown");
	call_free(&c);
	close_world(&w);
}

static void quota_project(void)
{
	struct script_line lines[] = {
	    TOKEN,
	    {.method = "GET",
	     .url = URL,
	     .status = 403,
	     .body = "{\"error\":{\"message\":\"no\",\"details\":[{\"@type\":\"type.googleapis.com/"
		     "google.rpc.ErrorInfo\",\"reason\":"
		     "\"USER_PROJECT_DENIED\"}]}}"},
	    {.method = "GET", .url = URL, .status = 200, .stays = true},
	    {0},
	};
	struct world w = world(lines, "demo");
	call(&w, "GET", URL, NULL, NULL);
	ok(last.http == 200 && !w.script->sent[2].user_project, "a denied quota project is left out");
	call(&w, "GET", URL, NULL, NULL);
	ok(!w.script->sent[3].user_project, "from then on");
	close_world(&w);
}

/* The line that switches an API on names the project that was charged; of a reply's names only what can be one gets into it. */
static void switched_off(void)
{
	static const struct {
		const char *service, *consumer, *fix;
	} rows[] = {
	    {"run.googleapis.com", "projects/123", "Enable it: gcloud services enable run.googleapis.com --project=123."},
	    {"run.googleapis.com", "projects/1$(id)", "Enable it: gcloud services enable run.googleapis.com."},
	    {"run.googleapis.com", "", "Enable it: gcloud services enable run.googleapis.com."},
	    {"x;reboot", "projects/123", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *body = xasprintf(
		    "{\"error\":{\"code\":403,\"message\":\"It is disabled.\",\"status\":\"PERMISSION_DENIED\",\"details\":"
		    "[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"SERVICE_DISABLED\",\"metadata\":"
		    "{\"service\":\"%s\",\"consumer\":\"%s\"}}]}}",
		    rows[i].service, rows[i].consumer);
		struct script_line lines[] = {
		    TOKEN, {.method = "GET", .url = URL, .status = 403, .body = body, .stays = true}, {0}};
		struct world w = world(lines, NULL);
		call(&w, "GET", URL, NULL, NULL);
		ok(!strcmp(last.fix, rows[i].fix), "an API that is off, %s of %s: %s", rows[i].service, rows[i].consumer,
		   last.fix);
		close_world(&w);
		free(body);
	}
}

/* Cloud Storage refuses to hand out a file in plain text: that is no page of somebody on the way. */
static void plain_refusals(void)
{
	static const struct {
		const char *type, *body, *fix;
	} rows[] = {
	    {"Content-Type: text/plain",
	     "ann@example.com does not have storage.objects.get access to the Google Cloud Storage object.",
	     "Ask for the permission storage.objects.get, then try again."},
	    {"Content-Type: text/html", "<title>Blocked by your company</title>", "A proxy or a firewall on the way"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct script_line lines[] = {
		    TOKEN,
		    {.method = "GET", .url = URL, .status = 403, .headers = rows[i].type, .body = rows[i].body, .stays = true},
		    {0}};
		struct world w = world(lines, NULL);
		call(&w, "GET", URL, NULL, NULL);
		ok(text_starts(last.fix, rows[i].fix), "403 as %s: %s", rows[i].type, last.fix);
		close_world(&w);
	}
}

static struct secret *the_secret;

static struct secret *lookup(void *arg, const char *name)
{
	(void)arg;
	return !strcmp(name, "db") ? the_secret : NULL;
}

static void secrets(void)
{
	struct script_line lines[] = {TOKEN, {.method = "POST", .url = URL, .status = 200, .stays = true}, {0}};
	struct world w = world(lines, NULL);
	the_secret = secret_copy("p\"w\\\n%", 6);
	api_set_secrets(w.api, lookup, NULL);
	call(&w, "POST", URL,
	     json_make("{'z':{'$secret':'db'},'a':[{'$secret':'db','as':'base64'},{'$secret':'db','as':'crc32c'}],'m':1}"),
	     NULL);
	char *wanted = xasprintf("{\"a\":[\"cCJ3XAol\",\"%u\"],\"m\":1,\"z\":\"p\\\"w\\\\\\n%%\"}",
				 (unsigned)encode_crc32c("p\"w\\\n%", 6));
	is_str(w.script->sent[1].body, wanted, "secrets are filled in, each where it belongs");
	call(&w, "POST", URL, json_make("{'z':{'$secret':'other'}}"), NULL);
	ok(last.exit == EXIT_BUG && w.script->count == 2, "an unknown one is not sent");
	free(wanted);
	secret_free(the_secret);
	the_secret = secret_copy("p\xffw", 3);
	call(&w, "POST", URL, json_make("{'z':{'$secret':'db'}}"), NULL);
	ok(last.exit == EXIT_CONFIG && w.script->count == 2, "nor is one that JSON cannot hold");
	secret_free(the_secret);
	close_world(&w);
}

static bool upload(void *arg, const char *name, struct buf *out)
{
	(void)arg, (void)name;
	return buf_add(out, "bytes", 5);
}

static void uploads_and_ids(void)
{
	struct script_line lines[] = {
	    TOKEN,
	    {.method = "POST", .url = "/upload", .status = 200},
	    {.method = "POST", .url = URL, .status = 429},
	    {.method = "POST", .url = URL, .status = 200},
	    {0},
	};
	struct world w = world(lines, NULL);
	struct call c = {0};
	api_set_uploads(w.api, upload, NULL);
	call_set(&c, DIALECT_NONE, "POST", NULL, "https://storage.googleapis.com/upload");
	c.upload = xstrdup("source.tar.gz");
	api_call(w.api, &c, NULL, on_done, NULL);
	run(&w);
	is_str(w.script->sent[1].body, "bytes", "an upload sends its bytes");
	call_set(&c, DIALECT_NONE, "POST", NULL, URL "?a=b");
	free(c.upload);
	c.upload = NULL;
	c.request_id = true;
	api_call(w.api, &c, NULL, on_done, NULL);
	run(&w);
	ok(strstr(w.script->sent[2].url, "?a=b&requestId=") && !strcmp(w.script->sent[2].url, w.script->sent[3].url),
	   "the same requestId goes with every retry");
	unsigned long id = api_call(w.api, &c, NULL, on_done, NULL);
	last.count = 0;
	api_cancel(w.api, id);
	run(&w);
	is_int(last.count, 0, "a cancelled call says nothing");
	credentials_reject(w.credentials);
	id = api_call(w.api, &c, NULL, on_done, NULL);
	loop_turn(w.loop, 0, -1);
	api_cancel(w.api, id); /* while it waits for a token */
	run(&w);
	is_int(last.count, 0, "nor does one that waited for a token");
	call_free(&c);
	close_world(&w);
}

/* Who is shown what: the operator's token goes to Google's hosts, whatever URL was put together. */
static void audiences(void)
{
	static const char *const elsewhere[] = {
	    "https://evil.example/x",
	    "https://googleapis.com.evil.example/x",
	    "https://evil.example/?https://run.googleapis.com",
	    "https://run.googleapis.com@evil.example/x",
	    "http://run.googleapis.com/x",
	    "https://evilgoogleapis.com/x",
	    "https://run.googleapis.com:443/x",
	    "https://x.tunnel.cloudproxy.app/x",
	    "https://svc-1.us-central1.run.app/x",
	};
	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
		struct script_line lines[] = {
		    TOKEN, {.method = "GET", .url = "/x", .status = 200, .stays = true, .body = "{}"}, {0}};
		struct world w = world(lines, NULL);
		call(&w, "GET", elsewhere[i], NULL, NULL);
		ok(last.exit == EXIT_BUG && w.script->count <= 1, "S8, S10: nothing is sent to %s", elsewhere[i]);
		close_world(&w);
	}
	struct script_line lines[] = {TOKEN, {.method = "GET", .url = "/x", .status = 200, .stays = true, .body = "{}"}, {0}};
	struct world w = world(lines, "quota");
	struct call c = {.audience = AUDIENCE_NOBODY};
	call_set(&c, DIALECT_NONE, "GET", NULL, "http://mlflow.example/x");
	c.audience = AUDIENCE_NOBODY;
	api_call(w.api, &c, NULL, on_done, NULL);
	run(&w);
	ok(last.http == 200 && w.script->count == 1 && !w.script->sent[0].token && !w.script->sent[0].user_project,
	   "nobody's call shows nothing");
	call_set(&c, DIALECT_NONE, "PATCH", json_make("{}"), "https://10.0.0.1/x");
	c.audience = AUDIENCE_CLUSTER;
	api_call(w.api, &c, NULL, on_done, NULL);
	run(&w);
	ok(last.exit == EXIT_BUG && !strstr(w.script->sent[w.script->count - 1].url, "10.0.0.1"),
	   "a cluster without an authority of its own is shown nothing");
	call_set(&c, DIALECT_NONE, "GET", NULL, "https://10.0.0.1/x");
	c.audience = AUDIENCE_CLUSTER;
	c.ca = xstrdup("PEM");
	api_call(w.api, &c, NULL, on_done, NULL);
	run(&w);
	const struct script_sent *sent = &w.script->sent[w.script->count - 1];
	ok(last.http == 200 && sent->token && !strcmp(sent->token, "Bearer t") && !sent->user_project,
	   "one with it gets the token, and no quota project");
	call_free(&c);
	close_world(&w);
	static const struct {
		const char *url, *name, *value, *says;
	} faults[] = {
	    {"https://h/a b", "A", "b", "malformed"},   {"https://h/a\r\nb", "A", "b", "malformed"},
	    {"https://u:p@h/", "A", "b", "user"},       {"https:///x", "A", "b", "host"},
	    {"ftp://h/", "A", "b", "malformed"},        {"https://h/", "A", "b\r\nX: y", "line end"},
	    {"https://h/", "A", "b\nX: y", "line end"}, {"https://h/", "A: b\r\nX", "y", "line end"},
	    {"https://h/", "A", "b\x7f", "control"},    {"https://h/?q=%0d%0a", "A", "b", NULL},
	};
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		char *name = xstrdup(faults[i].name), *value = xstrdup(faults[i].value);
		struct header h = {name, value};
		const char *why = http_request_fault(
		    &(struct http_request){.method = "GET", .url = faults[i].url, .headers = &h, .header_count = 1});
		ok(faults[i].says ? why && strstr(why, faults[i].says) : !why, "S10: request %zu: %s", i + 1,
		   faults[i].says ? faults[i].says : "sent");
		free(name);
		free(value);
	}
}

int main(void)
{
	struct err e = {0};
	mem_install();
	if (!secret_init(&e))
		return 99;
	plain_calls();
	creating();
	budget();
	strangers();
	quota_project();
	switched_off();
	plain_refusals();
	secrets();
	uploads_and_ids();
	audiences();
	return tap_done();
}
