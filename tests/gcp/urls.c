/* Addresses: whatever names and specs hold, a kind's request goes where the kind says, segment by segment, or there is none and
 * it is said why. */
#include "config.h"
#include "gcp/kinds.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char *const hostile[] = {
    "a/b",  "a%2Fb", "a?b=c", "a#b",      "..", ".",   "",  "../../x", "a/../b",          "\xC3\xA9\xE2\x82\xAC",
    "a\nb", "a b",   "a&b=c", "a:delete", "%",  "%00", "@", "x\x01y",  "a\r\nHost: evil",
};
enum { HOSTILE = sizeof hostile / sizeof *hostile };

/* A spec in which every field that a kind of ours puts into an address is this; what is a path or a host by nature stays tame
 * where it is said so. */
static cJSON *spec_of(const char *word, const char *tame)
{
	return json_make("{'region':%s,'location':%s,'zone':%s,'instance':%s,'bucket':%s,'secret':%s,'service':%s,'version':%s,"
			 "'network':%s,'"
			 "repository':%s,'image':%s,'"
			 "resource':%s,'holder':'secret',"
			 "'parent':%s,'host':%s,'collection':%s,'type':%s,'tag':%s,'account':%s,'services':[%s],'ranges':[%s],'"
			 "issuer':'https://id.example.com/realms/ml','body':{},'data':[],'upload':%s,'text':'x','custom':true}",
			 word, word, word, word, word, word, word, word, tame, word, tame, tame, "locations/global", word, tame,
			 word, word, word, word, word, word);
}

static size_t segments(const char *url)
{
	size_t n = 0;
	for (size_t i = 0, end = strcspn(url, "?"); i < end; i++)
		n += url[i] == '/';
	return n;
}

/* Nothing but what an address may hold, no climbing, no second question mark. */
static bool clean(const char *url)
{
	const char *query = strchr(url, '?');
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || *p == '#' || (*p == '?' && p != query))
			return false;
	size_t path = strcspn(url, "?");
	char *alone = xstrndup(url, path);
	bool climbs = strstr(alone, "/../") || strstr(alone, "/./") || text_ends(alone, "/..") || text_ends(alone, "/.") ||
		      strstr(alone + strlen("https://"), "//");
	free(alone);
	return !climbs;
}

struct tried {
	const struct kind *kind;
	const char *word;
	size_t bad, refused, made;
	char first[300];
};

static void judge(struct tried *t, struct call *c, struct call *tame)
{
	bool said = c->fault && *c->fault,
	     sound = c->url && clean(c->url) && tame->url && segments(c->url) == segments(tame->url);
	bool nothing = !c->url && !c->method && !c->fault && !tame->url;
	t->refused += said;
	t->made += sound;
	if (!said && !sound && !nothing && !t->bad++)
		snprintf(t->first, sizeof t->first, "%s with \"%s\": %s, and tame %s", t->kind->id, t->word,
			 c->url ? c->url : "(nothing)", tame->url ? tame->url : "(nothing)");
	call_free(c);
	call_free(tame);
}

/* All requests of the kind with this word in all places, against the same with a tame one. */
static void try_word(struct tried *t)
{
	cJSON *specs[2] = {spec_of(t->word, "projects/p/things/a"), spec_of("tame", "projects/p/things/a")};
	struct view views[2] = {
	    {.project = t->word, .number = t->word, .stack = "mlflow", .id = "x", .name = t->word, .spec = specs[0]},
	    {.project = "tame", .number = "tame", .stack = "mlflow", .id = "x", .name = "tame", .spec = specs[1]}};
	struct observation seen = {.presence = PRESENT_YES, .found = cJSON_CreateObject(), .outputs = cJSON_CreateObject()};
	const struct kind *k = t->kind;
	struct change change = {0};
	cJSON *no = cJSON_CreateString("x");
	change_add(&change, "body.x", NULL, no);
	for (int deed = 0; deed < DEEDS; deed++) {
		struct call c[2] = {{0}, {0}};
		for (int i = 0; i < 2; i++) {
			if (deed == DEED_READ)
				k->observe(&views[i], &c[i]);
			else if (deed == DEED_LIST && k->list)
				k->list(&views[i], &c[i]);
			else if (deed == DEED_CREATE && k->create)
				k->create(&views[i], &seen, &c[i]);
			else if (deed == DEED_UPDATE && k->update)
				k->update(&views[i], &seen, &change, &c[i]);
			else if (deed == DEED_DESTROY && k->destroy)
				k->destroy(&views[i], &seen, &c[i]);
		}
		judge(t, &c[0], &c[1]);
	}
	cJSON_Delete(no);
	change_free(&change);
	observation_free(&seen);
	cJSON_Delete(specs[0]);
	cJSON_Delete(specs[1]);
}

/* Its name is that of something anywhere, all its segments, and each of them is as sound as any. */
static bool named_by_path(const struct kind *k)
{
	return !strcmp(k->id, "iam.givenRole") || !strcmp(k->id, "secretmanager.givenVersion");
}

static void try_kinds(void)
{
	for (const struct kind *const *k = kinds; *k; k++) {
		struct tried t = {.kind = *k};
		for (size_t i = 0; i < HOSTILE; i++) {
			t.word = hostile[i];
			if (!strchr(t.word, '/') || !named_by_path(*k))
				try_word(&t);
		}
		if (!ok(!t.bad && t.made, "%s: %zu addresses are sound, %zu refused", (*k)->id, t.made, t.refused))
			printf("# %s\n", t.first);
	}
}

/* A kind that sends something of a deed says which permissions that needs; one that only makes what comes by itself looks again. */
static void try_permissions(void)
{
	cJSON *spec = spec_of("tame", "projects/p/things/a");
	for (const struct kind *const *k = kinds; *k; k++) {
		bool says[DEEDS];
		if ((*k)->by_hand || kind_is_outside(*k, spec))
			continue; /* what is looked at there is everybody's, or another cloud's to allow */
		for (int d = 0; d < DEEDS; d++) {
			char *text = kind_permissions(*k, spec, (enum deed)d);
			says[d] = *text;
			free(text);
		}
		ok((says[DEED_READ] || says[DEED_CREATE]) && (!(*k)->list || says[DEED_LIST]) &&
		       (!(*k)->destroy || says[DEED_DESTROY]) && (!(*k)->update || says[DEED_UPDATE]),
		   "%s says which permissions it needs", (*k)->id);
	}
	cJSON_Delete(spec);
}

/* A link to look at: as sound as a request, whatever names hold; with a tame name it is there, and leads to Google's console and nowhere else. */
static void try_link(const struct kind *k, const char *word,
		     char *(*link)(const struct kind *k, const struct view *v, const cJSON *outputs), size_t *bad)
{
	cJSON *specs[2] = {spec_of(word, "projects/p/things/a"), spec_of("tame", "projects/p/things/a")};
	cJSON *outputs[2] = {json_make("{'id':%s}", word), json_make("{'id':'tame'}")};
	char *urls[2];
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "tame" : word;
		struct view v = {.project = name, .number = "1", .stack = "mlflow", .id = "x", .name = name, .spec = specs[i]};
		urls[i] = link(k, &v, outputs[i]);
	}
	/* A last segment of what looks like a path is shorter, never longer. */
	bool sound = !urls[0] || (clean(urls[0]) && urls[1] && text_starts(urls[0], "https://console.cloud.google.com/") &&
				  segments(urls[0]) == segments(urls[1]));
	*bad += !sound;
	if (!sound)
		printf("# %s with \"%s\": %s, and tame %s\n", k->id, word, urls[0], urls[1] ? urls[1] : "(none)");
	for (int i = 0; i < 2; i++) {
		free(urls[i]);
		cJSON_Delete(specs[i]);
		cJSON_Delete(outputs[i]);
	}
}

static void try_links(void)
{
	for (const struct kind *const *k = kinds; *k; k++) {
		size_t bad = 0;
		for (size_t i = 0; i < HOSTILE; i++) {
			try_link(*k, hostile[i], kind_console_link, &bad);
			try_link(*k, hostile[i], kind_log_link, &bad);
		}
		ok(!bad, "%s: its links lead where they should", (*k)->id);
		ok((*k)->part > PART_UNSAID && (*k)->part < PART_PROOF &&
		       ((*k)->console_page || (*k)->by_hand || (*k)->outside),
		   "and it says its part and its page");
	}
}

static void is_link(const char *kind, const char *name, const char *spec, bool log, const char *wanted)
{
	cJSON *parsed = cJSON_Parse(spec);
	struct view v = {.project = "demo-proj", .number = "1", .stack = "mlflow", .id = "x", .name = name, .spec = parsed};
	char *url = log ? kind_log_link(kind_find(kind), &v, NULL) : kind_console_link(kind_find(kind), &v, NULL);
	is_str(url, wanted, log ? "its log" : "its page");
	free(url);
	cJSON_Delete(parsed);
}

static void try_some_links(void)
{
	is_link("run.service", "mlflow", "{\"region\":\"us-central1\"}", false,
		"https://console.cloud.google.com/run/detail/us-central1/mlflow/revisions?project=demo-proj");
	is_link("run.service", "ml\"flow", "{\"region\":\"us-central1\"}", true,
		"https://console.cloud.google.com/logs/query;query=resource.type%3D%22cloud_run_revision%22%20"
		"resource.labels.service_name%3D%22ml%5C%22flow%22?project=demo-proj");
	is_link("servicenetworking.connection", "x", "{\"network\":\"projects/demo-proj/global/networks/mlflow\"}", false,
		"https://console.cloud.google.com/networking/networks/details/mlflow?project=demo-proj");
	is_link("appengine.versions", "x", "{\"service\":\"a&b\"}", false,
		"https://console.cloud.google.com/appengine/versions?serviceId=a%26b&project=demo-proj");
	is_link("compute.givenNetwork", "corp", "{\"home\":\"net-proj\"}", false,
		"https://console.cloud.google.com/networking/networks/details/corp?project=net-proj");
	is_link("compute.subnetwork", "x", "{}", false, NULL);
	is_link("compute.instance", "x", "{\"zone\":\"us-central1-b\"}", true, NULL);
	is_link("storage.bucket", "x", "{}", true, NULL);
}

static void try_encoder(void)
{
	struct call c = {0};
	call_set(&c, DIALECT_NONE, "GET", NULL, "https://h.googleapis.com/v1/%-s/things/%s?name=%s&n=%lld", "projects/a b",
		 "x/y", "1&2=3/4", 7ll);
	is_str(c.url, "https://h.googleapis.com/v1/projects/a%20b/things/x%2Fy?name=1%262%3D3%2F4&n=7",
	       "a path, a segment, a value, a number");
	call_add(&c, "&token=%s", "a+b");
	ok(text_ends(c.url, "&token=a%2Bb"), "what is added is encoded as well");
	call_set(&c, DIALECT_NONE, "GET", NULL, "https://h.googleapis.com/v1/instances/%s/users", "");
	ok(!c.url && !c.method && strstr(c.fault, "\"instances/\""), "a value that is missing is a fault, which says which: %s",
	   c.fault);
	call_add(&c, "/%s", "more");
	ok(!c.url, "nothing is added to it");
	call_set(&c, DIALECT_NONE, "GET", NULL, "https://h.googleapis.com/v1/%-s", "projects/../x");
	ok(!c.url && strstr(c.fault, "projects/../x"), "nor may a path climb");
	call_set(&c, DIALECT_NONE, "GET", NULL, "%s", "https://h.googleapis.com/v1");
	ok(!c.url && c.fault, "and a whole address is no value");
	call_set(&c, DIALECT_NONE, "GET", NULL, "https://h.googleapis.com/v1/b/x");
	ok(c.url && !c.fault, "the next request is another one");
	call_free(&c);
}

int main(void)
{
	mem_install();
	try_encoder();
	try_kinds();
	try_permissions();
	try_links();
	try_some_links();
	return tap_done();
}
