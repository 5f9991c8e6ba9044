/* What a person does, and how it is seen: replies of Google Public DNS as its JSON API's page has them, of the sign-in as it
 * answers a browser. */
#include "config.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "gcp/kind.h"

#include <stdlib.h>

#define RECORD "{'title':'t','steps':'s','paste':'p','host':'mlflow.example.com','type':'A','data':['203.0.113.9']}"
#define ALIAS "{'host':'_acme.example.com','type':'CNAME','data':['x.authorize.certificatemanager.goog.']}"
#define REDIRECT "{'client_id':'1-a.apps.googleusercontent.com','redirect_uri':'https://h.example.com/oauth2/callback'}"

static void asks(const char *kind, const char *spec, const char *url)
{
	struct call c = {0};
	cJSON *s = json_make(spec);
	kind_find(kind)->observe(&(struct view){.spec = s}, &c);
	is_str(c.url, url, kind);
	ok(c.audience == AUDIENCE_NOBODY && !strcmp(c.method, "GET"), "%s is asked without showing who asks", kind);
	call_free(&c);
	cJSON_Delete(s);
}

static void sees(const char *kind, const char *spec, int http, const char *reply, enum presence wanted, const char *words,
		 const char *what)
{
	struct observation seen = {0};
	struct change c = {0};
	cJSON *s = json_make(spec), *r = reply ? json_make(reply) : NULL;
	struct view v = {.spec = s, .name = "n", .stack = "mlflow", .project = "demo"};
	kind_find(kind)->decode(&v, http, r, &seen);
	bool said = words ? seen.error && strstr(seen.error, words) : !seen.error;
	ok(seen.presence == wanted && said, "%s: %s", what, seen.error ? seen.error : "no words");
	if (seen.presence == PRESENT_YES) {
		kind_find(kind)->compare(&v, &seen, &c);
		ok(c.verdict == VERDICT_KEEP && !c.count, "and is kept");
	}
	change_free(&c);
	observation_free(&seen);
	cJSON_Delete(s);
	cJSON_Delete(r);
}

int main(void)
{
	const char *record = "errand.record", *redirect = "errand.redirect";
	mem_install();
	asks(record, RECORD, "https://dns.google/resolve?name=mlflow.example.com&type=A");
	asks(redirect, REDIRECT,
	     "https://accounts.google.com/o/oauth2/v2/"
	     "auth?client_id=1-a.apps.googleusercontent.com&redirect_uri=https%3A%2F%2Fh.example.com%2Foauth2%2Fcallback"
	     "&response_type=code&scope=openid%20email");

	sees(record, RECORD, 200,
	     "{'Status':0,'Answer':[{'name':'mlflow.example.com.','type':1,'TTL':300,'data':'203.0.113.9'}]}", PRESENT_YES,
	     NULL, "the record is there");
	sees(record, RECORD, 200,
	     "{'Status':0,'Answer':[{'name':'mlflow.example.com.','type':5,'data':'b.example.com.'},{'name':'b.example.com.','"
	     "type':1,'data':'203.0.113.9'}]}",
	     PRESENT_YES, NULL, "behind an alias");
	sees(record, RECORD, 200, "{'Status':3}", PRESENT_NO, "no A record", "no such name");
	sees(record, RECORD, 200, "{'Status':0}", PRESENT_NO, "it should be 203.0.113.9", "a name without such a record");
	sees(record, RECORD, 200, "{'Status':0,'Answer':[{'type':1,'data':'198.51.100.7'}]}", PRESENT_NO,
	     "A record 198.51.100.7, which should be 203.0.113.9", "another address: both are said");
	sees(record, RECORD, 200, "{'Status':0,'Answer':[{'type':1,'data':'198.51.100.7'},{'type':1,'data':'203.0.113.9'}]}",
	     PRESENT_NO, "198.51.100.7, 203.0.113.9", "another beside it");
	sees(record, RECORD, 200, "{'Status':0,'Answer':[{'type':28,'data':'203.0.113.9'}]}", PRESENT_NO, "no A record",
	     "a record of another type is none");
	sees(record, RECORD, 200, "{'Status':2}", PRESENT_NO, "DNS status 2", "its name servers fail");
	sees(record, RECORD, 200, "{}", PRESENT_NO, "cannot be seen", "a reply that says nothing");
	sees(record, RECORD, 502, NULL, PRESENT_NO, "cannot be seen", "the resolver fails");
	sees(record, RECORD, 0, NULL, PRESENT_NO, "cannot be seen", "the resolver cannot be reached");
	sees(record, "{'host':'h','type':'A','data':[{'$ref':['address','ip']}]}", 200,
	     "{'Status':0,'Answer':[{'type':1,'data':'198.51.100.7'}]}", PRESENT_NO, NULL,
	     "what it should be is not known yet");
	sees(record, ALIAS, 200, "{'Status':0,'Answer':[{'type':5,'data':'X.authorize.certificatemanager.goog'}]}", PRESENT_YES,
	     NULL, "names are the same in whatever letters");

	sees(redirect, REDIRECT, 302, "{'location':'https://accounts.google.com/v3/signin/identifier?client_id=1-a','text':''}",
	     PRESENT_YES, NULL, "the sign-in begins");
	sees(redirect, REDIRECT, 302,
	     "{'location':'https://accounts.google.com/signin/oauth/"
	     "error?authError=ChVyZWRpcmVjdF91cmlfbWlzbWF0Y2gSsAEK&client_id=1-a','text':''}",
	     PRESENT_NO, "does not have the redirect URI https://h.example.com/oauth2/callback", "the URI is not registered");
	sees(redirect, REDIRECT, 400, "{'location':'','text':'<p>Error 400: redirect_uri_mismatch</p>'}", PRESENT_NO,
	     "does not have", "said by a page");
	sees(redirect, REDIRECT, 302,
	     "{'location':'https://accounts.google.com/signin/oauth/error?authError=Cg5pbnZhbGlkX2NsaWVudBIf','text':''}",
	     PRESENT_NO, "no OAuth client 1-a.apps.googleusercontent.com", "there is no such client");
	sees(redirect, REDIRECT, 302,
	     "{'location':'https://accounts.google.com/signin/oauth/error?authError=Cg1hY2Nlc3NfZGVuaWVk','text':''}",
	     PRESENT_YES, NULL, "another refusal does not tell of the URI");
	sees(redirect, REDIRECT, 0, "{'location':'','text':''}", PRESENT_YES, NULL,
	     "what cannot be told is the operator's to know");
	const char *elsewhere = "{'client_id':'mlflow','redirect_uri':'https://h.example.com/oauth2/callback',"
				"'authorize':'https://id.example.com/auth'}";
	asks(redirect, elsewhere,
	     "https://id.example.com/auth?client_id=mlflow&redirect_uri=https%3A%2F%2Fh.example.com%2Foauth2%2Fcallback"
	     "&response_type=code&scope=openid%20email");
	sees(redirect, elsewhere, 400, "{'location':'','text':'Invalid parameter: redirect_uri'}", PRESENT_NO,
	     "https://h.example.com/oauth2/callback", "another provider turns it away");
	sees(redirect, elsewhere, 200, "{'location':'','text':'<form>'}", PRESENT_YES, NULL, "its sign-in begins");
	sees(redirect, elsewhere, 302, "{'location':'https://id.example.com/login','text':''}", PRESENT_YES, NULL,
	     "by a redirect");
	sees(redirect, elsewhere, 503, "{'location':'','text':''}", PRESENT_YES, NULL, "what it does not tell");
	sees(redirect, elsewhere, 429, "{'location':'','text':'Too many requests'}", PRESENT_YES, NULL,
	     "a limit of requests is not about the client");
	return tap_done();
}
