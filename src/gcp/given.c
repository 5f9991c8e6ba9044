#include "config.h"
#include "gcp/given.h"

#include "base/json.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *given_home(const struct view *v)
{
	return json_str(v->spec, "home", v->project);
}

void given_decode(const struct view *v, int http, const cJSON *reply, char *missing, struct observation *out)
{
	kind_decode_plain(v, http, reply, out);
	if (out->presence == PRESENT_NO && http == 404)
		kind_say(out, PRESENT_FAILED, "%s", missing ? missing : json_str(reply, "error.message", ""));
	else if (out->presence == PRESENT_NO)
		out->presence = PRESENT_PENDING;
	free(missing);
}

void given_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	(void)v;
	out->verdict = seen->presence == PRESENT_FAILED ? VERDICT_REFUSE : VERDICT_KEEP;
	if (out->verdict == VERDICT_REFUSE)
		out->reason = xstrdup(seen->error ? seen->error : "");
}

cJSON *given_project(cJSON *world, const char *id)
{
	cJSON *projects = json_at(world, "projects"), *p;
	cJSON_ArrayForEach(p, projects)
		if (!strcmp(json_str(p, "id", ""), id) || !strcmp(json_str(p, "number", ""), id))
			return p;
	bool numbered = isdigit((unsigned char)*id);
	char *number = numbered ? xstrdup(id) : xasprintf("2109876543%02d", cJSON_GetArraySize(projects));
	char *name = numbered ? xasprintf("project-%s", id) : xstrdup(id);
	cJSON_AddItemToArray(projects, p = json_make("{'id':%s,'number':%s,'services':['*']}", name, number));
	free(name);
	free(number);
	return p;
}

static void given_done(cJSON *world, cJSON *deed)
{
	if (!json_at(world, "deeds"))
		cJSON_AddArrayToObject(world, "deeds");
	cJSON_AddItemToArray(json_at(world, "deeds"), deed);
}

void given_made(cJSON *world, const char *project, struct call *c)
{
	if (c->url)
		given_done(world,
			   json_make("{'project':%s,'url':%s,'body':%j}", project, c->url, cJSON_Duplicate(c->body, true)));
	call_free(c);
}

void given_granted(cJSON *world, const char *project, const char *role, cJSON *members)
{
	struct call c = {0};
	call_set(&c, DIALECT_NONE, "POST", NULL, "https://cloudresourcemanager.googleapis.com/v1/projects/%s", project);
	given_done(world,
		   json_make("{'project':%s,'url':%s,'role':%s,'members':%j}", project, c.url ? c.url : "", role, members));
	call_free(&c);
}
