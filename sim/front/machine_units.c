/* The units of systemd that a machine is given: their variables, and the commands that start them and follow their end. */
#include "config.h"
#include "sim/front/machine_inside.h"

#include "base/json.h"
#include "base/text.h"
#include "sim/front/shell.h"

#include <stdlib.h>
#include <string.h>

/* The values of a key in a unit, line by line, to fn. */
static void unit_values(const char *unit, const char *key, void (*fn)(struct machine *m, const char *value), struct machine *m)
{
	struct buf line = {0};
	int number = 0;
	size_t len = strlen(key);
	for (const char *p = unit; (p = shell_line(p, &line, &number));) {
		const char *text = buf_text(&line) + strspn(buf_text(&line), " \t");
		if (!strncmp(text, key, len) && text[len] == '=')
			fn(m, text + len + 1);
	}
	buf_free(&line);
}

static void unit_environment(struct machine *m, const char *value)
{
	const struct shell sh = {.env = m->env};
	char *error = NULL;
	cJSON *words = shell_words(&sh, value, &error);
	for (const cJSON *w = words->child; w; w = w->next)
		if (strchr(w->valuestring, '='))
			machine_put(m->env, sim_tmp("%.*s", (int)strcspn(w->valuestring, "="), w->valuestring),
				    strchr(w->valuestring, '=') + 1);
	cJSON_Delete(words);
	free(error);
}

static void unit_environment_file(struct machine *m, const char *value)
{
	const char *path = sim_tmp("%.*s", (int)strcspn(value + (*value == '-'), " \t"), value + (*value == '-')),
		   *text = machine_file(m, path);
	for (const char *p = text ? text : ""; *p;) {
		size_t len = strcspn(p, "\n"), name = strcspn(p, "=");
		if (*p != '#' && name < len)
			machine_put(m->env, sim_tmp("%.*s", (int)name, p),
				    sim_tmp("%.*s", (int)(len - name - 1), p + name + 1));
		p += len + (p[len] == '\n');
	}
}

static void unit_restart(struct machine *m, const char *value)
{
	m->restart = sim_tmp("%.*s", (int)strcspn(value, " \t\n"), value);
}

static void unit_command(struct machine *m, const char *value)
{
	machine_script(m, value + strspn(value, "-@+!: "));
}

void machine_start_unit(struct machine *m, const char *name)
{
	/* A timer waits for its time, and starts nothing now. */
	const char *timer = text_ends(name, ".timer") ? machine_file(m, sim_tmp("/etc/systemd/system/%s", name)) : NULL;
	if (timer)
		return;
	const char *file = text_ends(name, ".service") ? name : sim_tmp("%s.service", name),
		   *unit = machine_file(m, sim_tmp("/etc/systemd/system/%s", file));
	if (!unit) {
		if (strcmp(file, "docker.service"))
			machine_say(m, "Failed to start %s: Unit %s not found.", file, file);
		return;
	}
	if (cJSON_HasObjectItem(m->started, file))
		return;
	cJSON_AddTrueToObject(m->started, file);
	/* A unit's command may start another: what is of this one comes back afterwards. */
	const char *outer_unit = m->unit, *outer_restart = m->restart;
	cJSON *env = cJSON_CreateObject(), *outer = m->env;
	m->env = env;
	m->unit = sim_tmp("%.*s", (int)(strlen(file) - 8), file);
	m->restart = NULL;
	unit_values(unit, "Restart", unit_restart, m);
	unit_values(unit, "Environment", unit_environment, m);
	unit_values(unit, "EnvironmentFile", unit_environment_file, m);
	unit_values(unit, "ExecStartPre", unit_command, m);
	unit_values(unit, "ExecStart", unit_command, m);
	m->unit = outer_unit;
	m->restart = outer_restart;
	m->env = outer;
	cJSON_Delete(env);
}

void machine_unit_stopped(struct machine *m, const char *name)
{
	const char *unit = machine_file(m, sim_tmp("/etc/systemd/system/%s.service", name));
	m->unit = name;
	if (unit)
		unit_values(unit, "ExecStopPost", unit_command, m);
}
