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

static bool is_type(const cJSON *id, const char *type)
{
	return !strcmp(json_str(id, "type", ""), type) && *json_str(id, "id", "");
}

cJSON *ancestry_organization(const cJSON *reply)
{
	const cJSON *ancestor, *parent = json_at(reply, "parent"),
			       *organization = is_type(parent, "organization") ? parent : NULL;
	bool folder = is_type(parent, "folder");
	cJSON_ArrayForEach(ancestor, json_at(reply, "ancestor")) {
		const cJSON *id = json_at(ancestor, "resourceId");
		folder |= is_type(id, "folder");
		organization = is_type(id, "organization") ? id : organization;
	}
	return organization ? cJSON_CreateString(json_str(organization, "id", "")) : folder ? NULL : cJSON_CreateNull();
}
