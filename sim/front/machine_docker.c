/* What runs on a machine: the containers of `docker run`, and the programs that we know without one. */
#include "config.h"
#include "sim/front/machine_inside.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/artifactregistry.h"

#include <stdlib.h>
#include <string.h>

/* docker run. --------------------------------------------------------------------------------------------------------------- */
/* Options of docker run that stand alone. */
static bool stands_alone(const char *option)
{
	static const char *const alone[] = {"-d",
					    "--detach",
					    "--rm",
					    "-i",
					    "-t",
					    "-it",
					    "-ti",
					    "-dit",
					    "-itd",
					    "--interactive",
					    "--tty",
					    "--init",
					    "--privileged",
					    "--read-only",
					    "--no-healthcheck",
					    "--oom-kill-disable",
					    "-P",
					    "--publish-all",
					    "-q",
					    "--quiet"};
	for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
		if (!strcmp(option, alone[i]))
			return true;
	return false;
}

static void add_env(cJSON *spec, const char *name, const char *value)
{
	cJSON_AddItemToArray(json_at(spec, "env"), json_make("{'name':%s,'value':%s}", name, value));
}

static void env_line(struct machine *m, cJSON *spec, const char *line)
{
	size_t len = strcspn(line, "=");
	const char *name = sim_tmp("%.*s", (int)len, line);
	const cJSON *own = cJSON_GetObjectItemCaseSensitive(m->env, name);
	if (line[len])
		add_env(spec, name, line + len + 1);
	else if (cJSON_IsString(own))
		add_env(spec, name, own->valuestring);
}

static void env_lines(struct machine *m, cJSON *spec, const char *text)
{
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n");
		const char *line = sim_tmp("%.*s", (int)len, p);
		if (*line && *line != '#')
			env_line(m, spec, line);
		p += len + (p[len] == '\n');
	}
}

/* [IP:]HOST:CONTAINER[/tcp] */
static void publish(cJSON *spec, const char *text)
{
	const char *last = strrchr(text, ':'), *host = text;
	for (const char *p = text; last && p < last; p++)
		if (*p == ':')
			host = p + 1;
	bool inside = text_starts(text, "127.") || text_starts(text, "localhost");
	if (last && !inside)
		cJSON_AddItemToArray(json_at(spec, "publish"),
				     json_make("{'host':%d,'container':%d}", atoi(host), atoi(last + 1)));
}

/* SOURCE:TARGET[:MODE]: the files below SOURCE. */
static void bind(struct machine *m, cJSON *spec, const char *source, const char *target)
{
	size_t len = strlen(source);
	for (const cJSON *f = m->files->child; f; f = f->next) {
		bool same = !strcmp(f->string, source), below = !strncmp(f->string, source, len) && f->string[len] == '/';
		if (same || below)
			machine_put(json_at(spec, "files"), same ? target : sim_tmp("%s%s", target, f->string + len),
				    f->valuestring);
	}
	cJSON_AddItemToArray(json_at(spec, "binds"), cJSON_CreateString(target));
}

static void volume(struct machine *m, cJSON *spec, const char *text)
{
	const char *colon = strchr(text, ':');
	if (colon)
		bind(m, spec, sim_tmp("%.*s", (int)(colon - text), text),
		     sim_tmp("%.*s", (int)strcspn(colon + 1, ":"), colon + 1));
}

static void mount(struct machine *m, cJSON *spec, const char *text)
{
	const char *source = NULL, *target = NULL;
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, ",");
		const char *part = sim_tmp("%.*s", (int)len, p), *equals = strchr(part, '=');
		if (equals && (text_starts(part, "src=") || text_starts(part, "source=")))
			source = equals + 1;
		else if (equals &&
			 (text_starts(part, "dst=") || text_starts(part, "target=") || text_starts(part, "destination=")))
			target = equals + 1;
		p += len + (p[len] == ',');
	}
	if (source && target)
		bind(m, spec, source, target);
}

static void docker_option(struct machine *m, cJSON *spec, const char *name, const char *value)
{
	if (!strcmp(name, "-e") || !strcmp(name, "--env"))
		env_line(m, spec, value);
	else if (!strcmp(name, "--env-file") && machine_file(m, value))
		env_lines(m, spec, machine_file(m, value));
	else if (!strcmp(name, "--env-file"))
		json_put_str(spec, "broken", sim_tmp("docker: open %s: no such file or directory.", value));
	else if (!strcmp(name, "-p") || !strcmp(name, "--publish"))
		publish(spec, value);
	else if (!strcmp(name, "-v") || !strcmp(name, "--volume"))
		volume(m, spec, value);
	else if (!strcmp(name, "--mount"))
		mount(m, spec, value);
	else if (!strcmp(name, "--name"))
		json_put_str(spec, "name", value);
	else if (!strcmp(name, "--network") || !strcmp(name, "--net"))
		json_put_str(spec, "network", value);
	else if (!strcmp(name, "-m") || !strcmp(name, "--memory"))
		json_put_str(spec, "resources.limits.memory", value);
	else if (!strcmp(name, "--restart"))
		json_put_str(spec, "restart", value);
	else if (!strcmp(name, "--entrypoint"))
		json_put(spec, "command", json_make("[%s]", value));
}

cJSON *machine_spec(const struct machine *m)
{
	return json_make("{'name':%s,'unit':%s,'env':[],'args':[],'publish':[],'files':{},'binds':[],'restart':%s}",
			 m->unit ? m->unit : "", m->unit ? m->unit : "", m->restart ? m->restart : "no");
}

void machine_keep(struct machine *m, cJSON *spec)
{
	const char *name = json_str(spec, "name", ""), *network = json_str(spec, "network", "");
	if (!*name)
		json_put_str(spec, "name",
			     sim_tmp("%s", machine_program(sim_tmp("%.*s", (int)strcspn(json_str(spec, "image", ""), ":@"),
								   json_str(spec, "image", "")))));
	json_put_bool(spec, "host", !strcmp(network, "host"));
	cJSON_AddItemToArray(m->containers, spec);
}

static void docker_run(struct machine *m, const cJSON *words)
{
	cJSON *spec = machine_spec(m);
	const cJSON *w = words->child->next->next;
	for (; w && *w->valuestring == '-'; w = w->next) {
		const char *equals = text_starts(w->valuestring, "--") ? strchr(w->valuestring, '=') : NULL;
		if (equals)
			docker_option(m, spec, sim_tmp("%.*s", (int)(equals - w->valuestring), w->valuestring), equals + 1);
		else if (stands_alone(w->valuestring) || !w->next)
			continue;
		else
			docker_option(m, spec, w->valuestring, w->next->valuestring), w = w->next;
	}
	json_put_str(spec, "image", w ? w->valuestring : "");
	for (w = w ? w->next : NULL; w; w = w->next)
		cJSON_AddItemToArray(json_at(spec, "args"), cJSON_CreateString(w->valuestring));
	bool registry = image_of_own(json_str(spec, "image", ""));
	json_put_bool(spec, "anonymous", registry && !m->login);
	machine_keep(m, spec);
}

bool machine_run_native(struct machine *m, const cJSON *words)
{
	static const char *const programs[] = {"mlflow", "oauth2-proxy", "cloud-sql-proxy", "nginx"};
	const char *program = machine_program(words->child->valuestring);
	size_t i = 0;
	while (i < 4 && strcmp(programs[i], program))
		i++;
	if (i == 4)
		return false;
	cJSON *spec = machine_spec(m), *facts = cJSON_Duplicate(m->facts, true);
	json_put_str(facts, "software", program);
	for (const cJSON *e = m->env->child; e; e = e->next)
		add_env(spec, e->string, e->valuestring);
	cJSON_Delete(cJSON_DetachItemFromObject(spec, "files"));
	json_put(spec, "files", cJSON_Duplicate(m->files, true));
	json_put(spec, "command", cJSON_Duplicate(words, true));
	json_put(spec, "facts", facts);
	json_put_bool(spec, "native", true);
	json_put_str(spec, "network", "host");
	if (!m->unit)
		json_put_str(spec, "name", program);
	machine_keep(m, spec);
	return true;
}

void machine_pip(struct machine *m, const cJSON *words)
{
	for (const cJSON *w = words->child; w; w = w->next) {
		const char *equals = strstr(w->valuestring, "==");
		if (text_starts(w->valuestring, "mlflow") && equals)
			json_put_str(m->facts, "version", equals + 2);
		if (text_starts(w->valuestring, "psycopg2"))
			json_put_bool(m->facts, "psycopg2", true);
		if (text_starts(w->valuestring, "google-cloud-storage"))
			json_put_bool(m->facts, "storage", true);
		if (strstr(w->valuestring, "mlflow[") && strstr(w->valuestring, "auth"))
			json_put_bool(m->facts, "auth", true);
	}
}

void machine_docker(struct machine *m, const cJSON *words)
{
	const char *verb = json_str(words, "1", "");
	if (!m->docker)
		machine_say(m, "docker: command not found");
	else if (!strcmp(verb, "run") || (!strcmp(verb, "container") && !strcmp(json_str(words, "2", ""), "run")))
		docker_run(m, words);
	else if (!strcmp(verb, "login"))
		m->login = true;
}
