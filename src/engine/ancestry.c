#include "config.h"
#include "engine/ancestry.h"

#include "base/json.h"

#include <string.h>

bool ancestry_hidden(const cJSON *project)
{
	return !strcmp(json_str(project, "parent.type", ""), "folder");
}

void ancestry_call(const char *project, struct call *out)
{
	call_set(out, DIALECT_NONE, "POST", cJSON_CreateObject(),
		 "https://cloudresourcemanager.googleapis.com/v1/projects/%s:getAncestry", project);
}

static cJSON *number_of(const cJSON *id)
{
	bool is = !strcmp(json_str(id, "type", ""), "organization") && *json_str(id, "id", "");
	return is ? cJSON_CreateString(json_str(id, "id", "")) : NULL;
}

cJSON *ancestry_organization(const cJSON *reply)
{
	cJSON *found = number_of(json_at(reply, "parent"));
	const cJSON *ancestor;
	cJSON_ArrayForEach(ancestor, json_at(reply, "ancestor"))
		found = found ? found : number_of(json_at(ancestor, "resourceId"));
	return found ? found : cJSON_CreateNull();
}
