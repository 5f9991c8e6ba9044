/* Building a workload. */
#include "config.h"
#include "plan/workload.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct workload *workload_new(void)
{
	struct workload *w = xcalloc(1, sizeof *w);
	w->needs = cJSON_CreateArray();
	w->migration_needs = cJSON_CreateArray();
	return w;
}

static struct container *container_new(const char *name, cJSON *image)
{
	struct container *c = xcalloc(1, sizeof *c);
	*c = (struct container){.name = xstrdup(name), .image = image};
	return c;
}

static void container_free(struct container *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->variable_count; i++) {
		free(c->variables[i].name);
		free(c->variables[i].secret);
		cJSON_Delete(c->variables[i].value);
	}
	for (size_t i = 0; i < c->mount_count; i++) {
		free(c->mounts[i].secret);
		free(c->mounts[i].folder);
		free(c->mounts[i].file);
	}
	for (size_t i = 0; i < c->disk_count; i++) {
		free(c->disks[i].disk);
		free(c->disks[i].folder);
	}
	free(c->variables);
	free(c->mounts);
	free(c->disks);
	cJSON_Delete(c->ready);
	free(c->name);
	cJSON_Delete(c->image);
	cJSON_Delete(c->command);
	cJSON_Delete(c->args);
	free(c);
}

void workload_free(struct workload *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->count; i++)
		container_free(w->containers[i]);
	container_free(w->migration);
	container_free(w->database);
	for (size_t i = 0; i < w->disk_count; i++)
		free(w->disks[i].name);
	free(w->disks);
	container_free(w->cleanup);
	for (size_t i = 0; i < w->secret_count; i++) {
		free(w->secrets[i].name);
		free(w->secrets[i].text);
	}
	free(w->secrets);
	free(w->containers);
	free(w->connection);
	cJSON_Delete(w->migration_once);
	cJSON_Delete(w->needs);
	cJSON_Delete(w->migration_needs);
	free(w);
}

struct container *workload_container(struct workload *w, const char *name, cJSON *image)
{
	w->containers = xgrow(w->containers, w->count, &w->room, sizeof *w->containers);
	return w->containers[w->count++] = container_new(name, image);
}

struct container *workload_migration(struct workload *w, cJSON *image)
{
	return w->migration = container_new("migrate", image);
}

struct container *workload_database(struct workload *w, const char *name, cJSON *image)
{
	return w->database = container_new(name, image);
}

void workload_disk(struct workload *w, const char *name, int gib, const char *question)
{
	w->disks = xgrow(w->disks, w->disk_count, &w->disk_room, sizeof *w->disks);
	w->disks[w->disk_count++] = (struct disk){xstrdup(name), gib, question};
}

struct container *workload_cleanup(struct workload *w, cJSON *image)
{
	return w->cleanup = container_new("cleanup", image);
}

struct container *workload_find(const struct workload *w, const char *name)
{
	for (size_t i = 0; i < w->count; i++)
		if (!strcmp(w->containers[i]->name, name))
			return w->containers[i];
	return NULL;
}

static struct variable *add_variable(struct container *c, const char *name)
{
	c->variables = xgrow(c->variables, c->variable_count, &c->variable_room, sizeof *c->variables);
	struct variable *v = &c->variables[c->variable_count++];
	*v = (struct variable){.name = xstrdup(name)};
	return v;
}

void container_set_value(struct container *c, const char *name, cJSON *value)
{
	add_variable(c, name)->value = value;
}

void container_set(struct container *c, const char *name, const char *value)
{
	container_set_value(c, name, cJSON_CreateString(value));
}

void container_set_secret(struct container *c, const char *name, const char *secret)
{
	add_variable(c, name)->secret = xstrdup(secret);
}

void container_mount(struct container *c, const char *secret, const char *folder, const char *file)
{
	c->mounts = xgrow(c->mounts, c->mount_count, &c->mount_room, sizeof *c->mounts);
	c->mounts[c->mount_count++] = (struct mount){xstrdup(secret), xstrdup(folder), xstrdup(file)};
}

void container_keep(struct container *c, const char *disk, const char *folder)
{
	c->disks = xgrow(c->disks, c->disk_count, &c->disk_room, sizeof *c->disks);
	c->disks[c->disk_count++] = (struct disk_mount){xstrdup(disk), xstrdup(folder)};
}

cJSON *container_texts(const struct container *c)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < c->variable_count; i++) {
		const struct variable *v = &c->variables[i];
		if (cJSON_IsString(v->value))
			cJSON_AddItemToArray(list, json_make("{'name':%s,'value':%s}", v->name, v->value->valuestring));
	}
	return list;
}

void workload_needs(struct workload *w, const char *id)
{
	cJSON_AddItemToArray(w->needs, cJSON_CreateString(id));
}

void workload_migration_needs(struct workload *w, const char *id)
{
	cJSON_AddItemToArray(w->migration_needs, cJSON_CreateString(id));
}

void workload_secret(struct workload *w, const char *name, const char *text)
{
	w->secrets = xgrow(w->secrets, w->secret_count, &w->secret_room, sizeof *w->secrets);
	w->secrets[w->secret_count++] = (struct workload_secret){xstrdup(name), text ? xstrdup(text) : NULL};
}

cJSON *probe_words(const struct probe *probe, int port)
{
	cJSON *j = json_make("{'httpGet':{'path':%s,'port':%d},'periodSeconds':%d,'timeoutSeconds':%d,'failureThreshold':%d}",
			     probe->path, port, probe->period, probe->timeout, probe->failures);
	if (probe->delay)
		json_put_num(j, "initialDelaySeconds", probe->delay);
	return j;
}
