/* App Engine's kinds: what is asked, what is refused, whose a service is, and what becomes of older versions. */
#include "config.h"
#include "tests/gcp/seeing.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "gcp/appengine_shared.h"

#include <stdlib.h>
#include <string.h>

/* Compares and gives the request that follows. */
static struct call after(const char *kind, const struct view *v, const char *reply)
{
	struct change change;
	struct observation seen = see(kind, v, 200, reply, &change);
	struct call c = {0};
	kind_find(kind)->update(v, &seen, &change, &c);
	observation_free(&seen);
	change_free(&change);
	return c;
}

static void application(void)
{
	static const char id[] = "appengine.application";
	cJSON *spec = parse("{'location':'europe-west','body':{'iap':{'enabled':true}}}");
	struct view v = view_of("demo", spec);
	struct call c = {0};
	char *reason;
	kind_find(id)->create(&v, NULL, &c);
	is_str(json_str(c.body, "locationId", ""), "europe-west", "an application is made where it is wanted");
	call_free(&c);
	is_int(presence(id, &v, 404, "{}"), PRESENT_NO, "there may be none");
	is_int(verdict(id, &v, "{'locationId':'us-central','servingStatus':'SERVING','iap':{'enabled':true}}", &reason),
	       VERDICT_REFUSE, "elsewhere it is refused");
	ok(strstr(reason, "us-central") && strstr(reason, "never"), "with both places and why");
	free(reason);
	is_int(verdict(id, &v, "{'locationId':'europe-west','servingStatus':'USER_DISABLED','iap':{'enabled':true}}", NULL),
	       VERDICT_REFUSE, "so is a disabled one");
	is_int(verdict(id, &v, "{'locationId':'europe-west','servingStatus':'SERVING'}", NULL), VERDICT_UPDATE,
	       "the sign-in is switched on");
	is_int(verdict(id, &v, "{'locationId':'europe-west','servingStatus':'SERVING','iap':{'enabled':true}}", NULL),
	       VERDICT_KEEP, "once");
	cJSON *open = parse("{'location':'europe-west','body':{}}");
	v.spec = open;
	is_int(verdict(id, &v, "{'locationId':'europe-west','servingStatus':'SERVING','iap':{'enabled':true}}", NULL),
	       VERDICT_REFUSE, "where it is on and not wanted, it is not switched off before others' services");
	is_int(verdict(id, &v, "{'locationId':'europe-west','servingStatus':'SERVING','iap':{}}", NULL), VERDICT_KEEP,
	       "where it is off, all is well");
	cJSON_Delete(open);
	ok(!kind_find(id)->destroy && kind_find(id)->stays, "it is never deleted, and that is said");
	cJSON_Delete(spec);
}

static void version(void)
{
	static const char id[] = "appengine.version";
	cJSON *spec = parse("{'service':'default','body':{'runtime':'custom','envVariables':{'A':'1'}}}"),
	      *other = parse("{'service':'default','body':{'runtime':'x'}}");
	struct view v = view_of("mlflow", spec), w = view_of("mlflow", other);
	struct call c = {0}, d = {0};
	kind_find(id)->create(&v, NULL, &c);
	kind_find(id)->create(&w, NULL, &d);
	const char *name = json_str(c.body, "id", "");
	ok(strlen(name) == 15 && strspn(name + 1, "0123456789abcdef") == 14, "a version is named for what is in it");
	ok(strcmp(name, json_str(d.body, "id", "")) != 0 && !strncmp(name, json_str(d.body, "id", ""), 7),
	   "another content is another version, of the same stack");
	ok(appengine_ours(&v, name) && !appengine_ours(&v, "20260101t101010") && !appengine_ours(&v, "m"),
	   "by which ours are known");
	v.stack = "other";
	ok(!appengine_ours(&v, name), "and another stack's");
	v.stack = "mlflow";
	is_int(presence(id, &v, 200, "{}"), PRESENT_NO, "one without instances is made again");
	is_int(presence(id, &v, 200, "{'instances':[{'vmStatus':'RUNNING','vmLiveness':'UNHEALTHY'}]}"), PRESENT_NO,
	       "so is one whose instances are not well");
	is_int(presence(id, &v, 200, "{'instances':[{'vmStatus':'RUNNING','vmLiveness':'HEALTHY'}]}"), PRESENT_YES,
	       "one that runs stands");
	call_free(&c), call_free(&d);
	cJSON_Delete(spec), cJSON_Delete(other);
}

/* The versions of a test: "%1$s" is the beginning of ours. */
static char *versions_text(const struct view *v)
{
	char id[APPENGINE_VERSION];
	appengine_version_id(v->stack, NULL, id);
	id[7] = '\0';
	return xasprintf("{'versions':[{'id':'%1$s00000001','createTime':'2026-01-01T00:00:00Z','servingStatus':'STOPPED'},"
			 "{'id':'%1$s00000002','createTime':'2026-01-02T00:00:00Z','servingStatus':'SERVING'},"
			 "{'id':'%1$s00000003','createTime':'2026-01-03T00:00:00Z','servingStatus':'SERVING'},"
			 "{'id':'shop','createTime':'2025-01-01T00:00:00Z','servingStatus':'SERVING'}]}",
			 id);
}

static void traffic(void)
{
	static const char id[] = "appengine.service";
	char own[APPENGINE_VERSION];
	appengine_version_id("mlflow", NULL, own);
	char *text = xasprintf("{'service':'default','version':'%s'}", own),
	     *same = xasprintf("{'split':{'allocations':{'%s':1}}}", own);
	char *old = xasprintf("{'split':{'allocations':{'%.7s00000000':1}}}", own);
	cJSON *spec = parse(text);
	struct view v = view_of("default", spec);
	is_int(presence(id, &v, 200, "{'split':{'allocations':{'shop':1}}}"), PRESENT_STRANGER,
	       "a service that serves somebody else's version is not ours");
	is_int(verdict(id, &v, same, NULL), VERDICT_KEEP, "the traffic is where it is wanted");
	is_int(verdict(id, &v, old, NULL), VERDICT_UPDATE, "or goes there");
	struct call c = after(id, &v, old);
	ok(strstr(c.url, "/services/default?updateMask=split") != NULL, "whole");
	call_free(&c);
	cJSON_Delete(spec);
	free(text), free(same), free(old);
}

static void versions(void)
{
	static const char id[] = "appengine.versions";
	char own[APPENGINE_VERSION];
	appengine_version_id("mlflow", NULL, own);
	char *text = xasprintf("{'service':'default','version':'%.7s00000003','keep':1}", own);
	cJSON *spec = parse(text);
	struct view v = view_of("default", spec);
	char *reply = versions_text(&v);
	struct change change;
	struct observation seen = see(id, &v, 200, reply, &change);
	is_int((long)change.count, 2,
	       "of three one is stopped and one too many, the one that serves and the stranger's are left");
	struct call c = {0};
	kind_find(id)->update(&v, &seen, &change, &c);
	is_str(c.method, "DELETE", "the oldest goes");
	ok(text_ends(c.url, "00000001"), "and no other");
	call_free(&c);
	c = (struct call){0};
	kind_find(id)->destroy(&v, &seen, &c);
	ok(!strstr(c.url, "shop") && !strcmp(c.method, "DELETE"), "destroying begins with the others");
	call_free(&c);
	observation_free(&seen);
	change_free(&change);
	free(text), free(reply);
	cJSON_Delete(spec);
}

/* What a service begins with, and its door. */
static void beginnings(void)
{
	static const char id[] = "appengine.placeholder", door[] = "appengine.ingress";
	char own[APPENGINE_VERSION];
	cJSON *spec = parse("{'service':'default','body':{'servingStatus':'STOPPED'}}");
	struct view v = view_of("default", spec);
	struct call c = {0};
	appengine_version_id(v.stack, NULL, own);
	kind_find(id)->create(&v, NULL, &c);
	ok(appengine_ours(&v, json_str(c.body, "id", "")) && !strcmp(json_str(c.body, "servingStatus", ""), "STOPPED"),
	   "a placeholder is the stack's, and never runs");
	call_free(&c);
	is_int(presence(id, &v, 404, "{}"), PRESENT_NO, "it is wanted where the service is missing");
	is_int(verdict(id, &v, "{'versions':[{'id':'shop','servingStatus':'SERVING'}]}", NULL), VERDICT_KEEP,
	       "and not where somebody else's is");
	char *runs = xasprintf("{'versions':[{'id':'shop','servingStatus':'SERVING'},{'id':'%s','servingStatus':'SERVING',"
			       "'envVariables':{'" APPENGINE_PLACEHOLDER "':'true'}}]}",
			       own);
	c = after(id, &v, runs);
	ok(c.url && strstr(c.url, own) && !strcmp(json_str(c.body, "servingStatus", ""), "STOPPED"),
	   "one that App Engine started is stopped");
	call_free(&c);
	ok(!kind_find(id)->destroy && kind_find(id)->stays, "it goes with its service or stays, which is said");
	cJSON *closed = parse("{'service':'default','ingress':'INGRESS_TRAFFIC_ALLOWED_INTERNAL_AND_LB'}");
	v.spec = closed;
	is_int(verdict(door, &v, "{'id':'default'}", NULL), VERDICT_UPDATE, "a door that is open is closed");
	is_int(
	    verdict(door, &v, "{'networkSettings':{'ingressTrafficAllowed':'INGRESS_TRAFFIC_ALLOWED_INTERNAL_AND_LB'}}", NULL),
	    VERDICT_KEEP, "once");
	c = after(door, &v, "{'id':'default'}");
	ok(c.url && strstr(c.url, "/services/default?updateMask=networkSettings"), "by its own mask");
	call_free(&c);
	cJSON_Delete(spec), cJSON_Delete(closed);
	free(runs);
}

int main(void)
{
	beginnings();
	application();
	version();
	traffic();
	versions();
	return tap_done();
}
