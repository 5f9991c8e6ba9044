/* What the machine of target vm reads at every boot: units for its containers, spelled by templates, and the values that are known later. */
#include "config.h"
#include "plan/target_vm_units.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/mustache.h"
#include "plan/cleanup.h"
#include "plan/naming.h"
#include "plan/parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CLEANUP "mlflow-cleanup"

/* What the units are told when it is known ------------------------------------------------------------------------------------- */

/* "oauth2-proxy" and "IMAGE" make OAUTH2_PROXY_IMAGE; the caller frees. */
static char *variable_of(const char *name, const char *what)
{
	char *v = xasprintf("%s_%s", name, what);
	for (char *c = v; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return v;
}

/* A line "    NAME=VALUE" of the last file of the user data, as parts of a text that may refer. */
static void add_value(cJSON *parts, const char *name, cJSON *value)
{
	char *start = xasprintf("    %s=", name);
	cJSON_AddItemToArray(parts, cJSON_CreateString(start));
	cJSON_AddItemToArray(parts, value);
	cJSON_AddItemToArray(parts, cJSON_CreateString("\n"));
	free(start);
}

/* When each drawn secret's version was made: one that is made anew may get the number of the old one, and the machine holds the old value; then these
 * differ, and it starts again. */
static cJSON *values(const struct design *d)
{
	const struct workload *w = d->workload;
	cJSON *parts = cJSON_CreateArray();
	for (size_t i = 0; i < w->count; i++) {
		char *image = variable_of(w->containers[i]->name, "IMAGE");
		add_value(parts, image, cJSON_Duplicate(w->containers[i]->image, 1));
		free(image);
	}
	for (size_t i = 0; i < w->secret_count; i++) {
		char *version = variable_of(w->secrets[i].name, "VERSION"), *made = variable_of(w->secrets[i].name, "MADE");
		add_value(parts, version, part_version(w->secrets[i].name, "version"));
		if (!w->secrets[i].text)
			add_value(parts, made, part_version(w->secrets[i].name, "made"));
		free(version);
		free(made);
	}
	return parts;
}

/* The templates' data ---------------------------------------------------------------------------------------------------------- */

static void add_text(cJSON *list, char *text)
{
	cJSON_AddItemToArray(list, cJSON_CreateString(text));
	free(text);
}

/* Options of `docker run` that are this container's own. "2Gi" is 2g for docker. */
static cJSON *options_of(const struct container *c)
{
	cJSON *list = cJSON_CreateArray();
	int mib = atoi(c->memory) * (strstr(c->memory, "Gi") ? 1024 : 1);
	add_text(list, xasprintf("--memory=%dm", mib));
	add_text(list, xasprintf("--cpus=%s", c->cpu));
	for (size_t i = 0; i < c->variable_count; i++)
		if (c->variables[i].value && !cJSON_IsString(c->variables[i].value))
			add_text(list, xasprintf("--env=%s", c->variables[i].name));
	for (size_t i = 0; i < c->mount_count; i++)
		add_text(list, xasprintf("--volume=/run/mlflow/%s:%s:ro", c->mounts[i].secret, c->mounts[i].folder));
	if (c->command)
		add_text(list, xasprintf("--entrypoint=%s", json_str(c->command, "0", "")));
	return list;
}

/* Variables that are known later (the database's address, its certificate) and may have several lines: attributes of the machine by their names. */
static cJSON *attributes_of(const struct container *c)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < c->variable_count; i++)
		if (c->variables[i].value && !cJSON_IsString(c->variables[i].value))
			cJSON_AddItemToArray(list, cJSON_CreateString(c->variables[i].name));
	return list;
}

static cJSON *arguments_of(const struct container *c)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *word;
	for (word = c->command && c->command->child ? c->command->child->next : NULL; word; word = word->next)
		cJSON_AddItemToArray(list, cJSON_Duplicate(word, 1));
	cJSON_ArrayForEach(word, c->args)
		cJSON_AddItemToArray(list, cJSON_Duplicate(word, 1));
	return list;
}

/* Units that have to have done their work before this container starts. */
static cJSON *before(const struct design *d, const struct container *c)
{
	cJSON *list = json_make("['mlflow-secrets']");
	if (c == d->workload->containers[0] || c == d->workload->cleanup)
		cJSON_AddItemToArray(list, cJSON_CreateString("mlflow-migrate"));
	return list;
}

static cJSON *secret_variables(const struct container *c)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < c->variable_count; i++)
		if (c->variables[i].secret)
			cJSON_AddItemToArray(
			    list, json_make("{'variable':%s,'secret':%s}", c->variables[i].name, c->variables[i].secret));
	return list;
}

static cJSON *mounts(const struct container *c)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < c->mount_count; i++)
		cJSON_AddItemToArray(list, json_make("{'secret':%s,'file':%s}", c->mounts[i].secret, c->mounts[i].file));
	return list;
}

/* How a unit goes: on and on, once for each boot, or each time a timer says so. */
enum pace { PACE_STEADY, PACE_ONCE, PACE_TIMED };

/* A container's unit; the migration and the clean-up run the server's image. */
static cJSON *unit(const struct design *d, const struct container *c, const char *name, const char *image_of, enum pace pace)
{
	char *variable = variable_of(image_of, "IMAGE"), *image = xasprintf("${%s}", variable);
	cJSON *u = json_make("{'name':%s,'steady':%b,'once':%b,'timed':%b,'limit':%d,'image':%s,'env':%j,'options':%j,'"
			     "arguments':%j,'before':%j,'secret_"
			     "variables':%j,'mounts':%j,'attributes':%j}",
			     name, pace == PACE_STEADY, pace == PACE_ONCE, pace == PACE_TIMED, pace == PACE_TIMED ? 21600 : 900,
			     image, container_texts(c), options_of(c), arguments_of(c), before(d, c), secret_variables(c),
			     mounts(c), attributes_of(c));
	free(image);
	free(variable);
	return u;
}

static cJSON *secrets(const struct design *d)
{
	const struct workload *w = d->workload;
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < w->secret_count; i++) {
		char *variable = variable_of(w->secrets[i].name, "VERSION"), *shell = xasprintf("${%s}", variable);
		char *secret = name_of(d->plan->stack, w->secrets[i].name);
		cJSON_AddItemToArray(list,
				     json_make("{'name':%s,'secret':%s,'variable':%s}", w->secrets[i].name, secret, shell));
		free(secret);
		free(shell);
		free(variable);
	}
	return list;
}

/* The clean-up's unit, and the timer that starts it. */
static void add_cleanup(const struct design *d, cJSON *units, cJSON *timers)
{
	const struct workload *w = d->workload;
	char *calendar = cleanup_calendar(d->answers);
	cJSON_AddItemToArray(units, unit(d, w->cleanup, CLEANUP, w->containers[0]->name, PACE_TIMED));
	cJSON_AddItemToArray(timers, json_make("{'name':'" CLEANUP "','calendar':%s}", calendar));
	free(calendar);
}

static void put_data(struct design *d)
{
	const struct workload *w = d->workload;
	cJSON *units = json_make("[%j]", unit(d, w->migration, "mlflow-migrate", w->containers[0]->name, PACE_ONCE)),
	      *services = cJSON_CreateArray();
	cJSON *sources = cJSON_CreateArray(), *timers = cJSON_CreateArray();
	char *registry = xasprintf("%s-docker.pkg.dev", d->plan->region);
	for (size_t i = 0; i < w->count; i++) {
		cJSON_AddItemToArray(units,
				     unit(d, w->containers[i], w->containers[i]->name, w->containers[i]->name, PACE_STEADY));
		cJSON_AddItemToArray(services, cJSON_CreateString(w->containers[i]->name));
	}
	for (const char *const *s = target_vm_callers(d); *s; s++)
		cJSON_AddItemToArray(sources, cJSON_CreateString(*s));
	if (w->cleanup)
		add_cleanup(d, units, timers);
	json_put(
	    d->plan->render, "vm",
	    json_make("{'project':%s,'registry':%s,'port':%d,'sources':%j,'services':%j,'timers':%j,'secrets':%j,'units':%j,'"
		      "attributes':%j,'values':[]}",
		      d->plan->project, registry, workload_find(w, w->front)->port, sources, services, timers, secrets(d),
		      units, attributes_of(w->containers[0])));
	free(registry);
}

static const struct render_row machine_file = {"vm/user-data.mustache", "user-data", ESCAPE_LINE, 0644, false};

/* The file for people shows where a value will stand. */
static void show_values(struct design *d, const cJSON *parts)
{
	cJSON *lines = cJSON_CreateArray();
	for (const cJSON *p = parts->child; p; p = p->next->next->next) {
		const char *name = p->valuestring + strspn(p->valuestring, " ");
		add_text(lines, xasprintf("%s%s", name, cJSON_IsString(p->next) ? p->next->valuestring : ""));
	}
	json_put(d->plan->render, "vm.values", lines);
}

/* The file as it is rendered, and behind it what is known later. */
cJSON *target_vm_user_data(struct design *d, struct err *e)
{
	struct buf text = {0};
	cJSON *parts = values(d), *all = NULL, *p;
	put_data(d);
	if (plan_render_file(d->plan, &machine_file, &text, e)) {
		all = json_make("{'$join':[%s]}", buf_text(&text));
		cJSON_ArrayForEach(p, parts)
			cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(all, "$join"), cJSON_Duplicate(p, 1));
		show_values(d, parts);
	}
	buf_free(&text);
	cJSON_Delete(parts);
	return all;
}
