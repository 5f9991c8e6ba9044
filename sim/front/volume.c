#include "config.h"
#include "sim/front/volume.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

#define FILES "front.files"

bool volume_holds(const struct container *k, const char *folder)
{
	return *folder == '/' && !text_starts(container_kept(k, folder), sim_tmp("%s/%s/", k->instance, k->name));
}

void volume_write(struct sim *s, const char *path, const void *data, size_t len)
{
	struct sim_object *o = sim_get(s, FILES, path);
	if (!o)
		o = sim_put(s, FILES, path, cJSON_CreateObject());
	json_put_num(o->doc, "size", (double)len);
	json_put_str(o->hidden, "data", sim_base64(data, len, false));
}

char *volume_read(struct sim *s, const char *path, size_t *len)
{
	const struct sim_object *o = sim_get(s, FILES, path);
	*len = 0;
	if (!o)
		return NULL;
	size_t room = (size_t)json_num(o->doc, "size", 0) + 4;
	char *data = xcalloc(1, room + 1);
	*len = sim_unbase64(json_str(o->hidden, "data", ""), data, room);
	data[*len] = '\0';
	return data;
}

bool volume_delete(struct sim *s, const char *path)
{
	struct sim_object *o = sim_get(s, FILES, path);
	if (o)
		sim_remove(s, o);
	return o != NULL;
}

cJSON *volume_names(struct sim *s, const char *root, const char *prefix)
{
	const char *from = sim_tmp("%s/%s", root, prefix);
	cJSON *names = cJSON_CreateArray();
	for (struct sim_object *o = sim_first(s, FILES, from); o; o = sim_following(s, o, from)) {
		cJSON *one = json_make("{'name':%s}", o->key + strlen(root) + 1);
		json_put_num(one, "size", json_num(o->doc, "size", 0));
		cJSON_AddItemToArray(names, one);
	}
	return names;
}
