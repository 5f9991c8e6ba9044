/* A virtual machine's metadata, followed as its image would: the container declaration of Container-Optimized OS, cloud-init's files, units and commands,
 * and the startup script, in which `docker run` and the programs that we know are what counts. */
#include "config.h"
#include "sim/front/machine.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/artifactregistry.h"
#include "sim/api/compute.h"
#include "sim/api/serving.h"
#include "sim/front/backends.h"
#include "sim/front/shell.h"
#include "sim/front/workload.h"
#include "sim/front/yaml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEEPEST 8

struct machine {
	struct sim *sim;
	const struct sim_object *vm;
	struct sim_object *told; /* the same while it comes up, when it may write guest attributes; else NULL */
	const char *journal;     /* what the unit that failed has written, while that is told of */
	const char *project, *principal;
	bool cos, docker, login, google, internet, all_scopes;
	int depth;
	cJSON *env, *files, *containers, *open;
	cJSON *started;      /* units, as names: one that is active is not started again */
	cJSON *facts;        /* of what pip has installed */
	const char *unit;    /* whose commands these are, or NULL */
	const char *restart; /* of that unit */
	const char *who;     /* "startup-script", "cloud-init" */
	struct buf *serial;
};

static char *command(struct machine *m, cJSON *words);
static void script(struct machine *m, const char *text);

/* As the journal writes to the console, with seconds since the kernel began. */
static void console_line(struct buf *serial, const char *name, const char *text)
{
	buf_printf(serial, "[%12.6f] %s[%d]: %s\r\n", 12 + (double)serial->len / 1000, name, 800 + (int)(serial->len % 1000),
		   text);
}

__attribute__((format(printf, 2, 3))) static void say(struct machine *m, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	console_line(m->serial, m->unit ? m->unit : m->who, text);
	free(text);
}

static void put(cJSON *object, const char *name, const char *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, name);
	cJSON_AddStringToObject(object, name, value);
}

static const char *file_of(const struct machine *m, const char *path)
{
	const cJSON *f = cJSON_GetObjectItemCaseSensitive(m->files, path);
	return cJSON_IsString(f) ? f->valuestring : NULL;
}

static const char *last_part(const char *path)
{
	return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

/* Secrets. ------------------------------------------------------------------------------------------------------------------ */
static char *secret(struct machine *m, const char *project, const char *name, const char *version)
{
	const char *owner = sim_project_id(m->sim, project), *why = NULL;
	size_t len;
	char *payload = m->all_scopes && owner
			    ? sim_secret_read(m->sim, m->principal, owner, name, *version ? version : "latest", &len, &why)
			    : NULL;
	const char *full = sim_tmp("projects/%s/secrets/%s/versions/%s", project, name, *version ? version : "latest");
	if (payload)
		return payload;
	if (!m->all_scopes)
		say(m, "ERROR: (gcloud.secrets.versions.access) PERMISSION_DENIED: Request had insufficient authentication "
		       "scopes.");
	else if (why && !strcmp(why, "permission"))
		say(m,
		    "ERROR: (gcloud.secrets.versions.access) PERMISSION_DENIED: Permission 'secretmanager.versions.access' "
		    "denied for resource '%s' (or it "
		    "may not exist).",
		    full);
	else if (why && !strcmp(why, "disabled"))
		say(m, "ERROR: (gcloud.secrets.versions.access) FAILED_PRECONDITION: Secret Version [%s] is in DISABLED state.",
		    full);
	else
		say(m, "ERROR: (gcloud.secrets.versions.access) NOT_FOUND: Secret [%s] not found or has no versions.", full);
	return NULL;
}

static const char *option(const cJSON *words, const char *name)
{
	size_t len = strlen(name);
	for (const cJSON *w = words->child; w; w = w->next) {
		if (!strcmp(w->valuestring, name) && w->next)
			return w->next->valuestring;
		if (!strncmp(w->valuestring, name, len) && w->valuestring[len] == '=')
			return w->valuestring + len + 1;
	}
	return NULL;
}

/* "gcloud secrets versions access VERSION --secret NAME", wherever gcloud comes from. */
static char *gcloud_secret(struct machine *m, const cJSON *words)
{
	const cJSON *w = words->child;
	while (w && strcmp(w->valuestring, "access"))
		w = w->next;
	const char *name = option(words, "--secret"), *project = option(words, "--project");
	return w && w->next && name ? secret(m, project ? project : m->project, last_part(name), w->next->valuestring) : NULL;
}

static const char *metadata(const struct sim_object *vm, const char *key);

/* curl of the metadata server, which answers who says that it means it. */
static char *curl_attribute(struct machine *m, const cJSON *words)
{
	static const char path[] = "/computeMetadata/v1/instance/attributes/";
	const char *value = NULL;
	bool meant = false;
	for (const cJSON *w = words->child; w; w = w->next) {
		const char *at = strstr(w->valuestring, path);
		meant = meant || !strcmp(w->valuestring, "Metadata-Flavor: Google") ||
			!strcmp(w->valuestring, "Metadata-Flavor:Google");
		value = at ? metadata(m->vm, at + strlen(path)) : value;
	}
	return meant && value ? xstrdup(value) : NULL;
}

/* Guest attributes are written only where metadata say so. */
static bool attributes_on(const struct machine *m)
{
	const char *on = metadata(m->vm, "enable-guest-attributes");
	return on && !strcasecmp(on, "true");
}

/* The text of curl's option, or of the file that it names. */
static const char *curl_body(const struct machine *m, const cJSON *words)
{
	static const char *const names[] = {"--data", "-d", "--data-binary", "--data-raw"};
	const char *file = option(words, "--upload-file") ? option(words, "--upload-file") : option(words, "-T"), *text = NULL;
	for (size_t i = 0; !file && !text && i < sizeof names / sizeof *names; i++)
		text = option(words, names[i]);
	if (text && *text == '@')
		file = text + 1;
	return file ? file_of(m, file) : text;
}

/* curl that puts a guest attribute: is it one? */
static bool curl_guest(struct machine *m, const cJSON *words)
{
	static const char path[] = "/computeMetadata/v1/instance/guest-attributes/";
	const char *at = NULL, *body = curl_body(m, words);
	for (const cJSON *w = words->child; w && !at; w = w->next)
		at = strstr(w->valuestring, path);
	if (!at)
		return false;
	at += strlen(path);
	if (!attributes_on(m))
		say(m, "curl: (22) The requested URL returned error: 403");
	else if (m->told && body && strchr(at, '/')) {
		if (!json_at(m->told->hidden, "guest"))
			json_put(m->told->hidden, "guest", cJSON_CreateObject());
		put(json_at(m->told->hidden, "guest"), at, body);
	}
	return true;
}

/* curl of Secret Manager's own API; the payload stands in the reply in base64, and what the pipe does to it is to decode it. */
static char *curl_secret(struct machine *m, const cJSON *words)
{
	for (const cJSON *w = words->child; w; w = w->next) {
		const char *at = strstr(w->valuestring, "secretmanager.googleapis.com/v1/projects/");
		if (!at)
			continue;
		at += strlen("secretmanager.googleapis.com/v1/projects/");
		const char *project = sim_tmp("%.*s", (int)strcspn(at, "/"), at), *name = strstr(at, "/secrets/"),
			   *version = strstr(at, "/versions/");
		if (!name || !version)
			return NULL;
		name += 9, version += 10;
		return secret(m, project, sim_tmp("%.*s", (int)strcspn(name, "/"), name),
			      sim_tmp("%.*s", (int)strcspn(version, ":"), version));
	}
	return NULL;
}

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
			put(json_at(spec, "files"), same ? target : sim_tmp("%s%s", target, f->string + len), f->valuestring);
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
	else if (!strcmp(name, "--env-file") && file_of(m, value))
		env_lines(m, spec, file_of(m, value));
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

static cJSON *new_spec(const struct machine *m)
{
	return json_make("{'name':%s,'unit':%s,'env':[],'args':[],'publish':[],'files':{},'binds':[],'restart':%s}",
			 m->unit ? m->unit : "", m->unit ? m->unit : "", m->restart ? m->restart : "no");
}

static void keep(struct machine *m, cJSON *spec)
{
	const char *name = json_str(spec, "name", ""), *network = json_str(spec, "network", "");
	if (!*name)
		json_put_str(spec, "name",
			     sim_tmp("%s", last_part(sim_tmp("%.*s", (int)strcspn(json_str(spec, "image", ""), ":@"),
							     json_str(spec, "image", "")))));
	json_put_bool(spec, "host", !strcmp(network, "host"));
	cJSON_AddItemToArray(m->containers, spec);
}

static void docker_run(struct machine *m, const cJSON *words)
{
	cJSON *spec = new_spec(m);
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
	keep(m, spec);
}

/* Programs without a container. --------------------------------------------------------------------------------------------- */
static bool run_native(struct machine *m, const cJSON *words)
{
	static const char *const programs[] = {"mlflow", "oauth2-proxy", "cloud-sql-proxy", "nginx"};
	const char *program = last_part(words->child->valuestring);
	size_t i = 0;
	while (i < 4 && strcmp(programs[i], program))
		i++;
	if (i == 4)
		return false;
	cJSON *spec = new_spec(m), *facts = cJSON_Duplicate(m->facts, true);
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
	keep(m, spec);
	return true;
}

static void pip_install(struct machine *m, const cJSON *words)
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

/* Units. -------------------------------------------------------------------------------------------------------------------- */
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
			put(m->env, sim_tmp("%.*s", (int)strcspn(w->valuestring, "="), w->valuestring),
			    strchr(w->valuestring, '=') + 1);
	cJSON_Delete(words);
	free(error);
}

static void unit_environment_file(struct machine *m, const char *value)
{
	const char *path = sim_tmp("%.*s", (int)strcspn(value + (*value == '-'), " \t"), value + (*value == '-')),
		   *text = file_of(m, path);
	for (const char *p = text ? text : ""; *p;) {
		size_t len = strcspn(p, "\n"), name = strcspn(p, "=");
		if (*p != '#' && name < len)
			put(m->env, sim_tmp("%.*s", (int)name, p), sim_tmp("%.*s", (int)(len - name - 1), p + name + 1));
		p += len + (p[len] == '\n');
	}
}

static void unit_restart(struct machine *m, const char *value)
{
	m->restart = sim_tmp("%.*s", (int)strcspn(value, " \t\n"), value);
}

static void unit_command(struct machine *m, const char *value)
{
	script(m, value + strspn(value, "-@+!: "));
}

static void start_unit(struct machine *m, const char *name)
{
	const char *file = text_ends(name, ".service") ? name : sim_tmp("%s.service", name),
		   *unit = file_of(m, sim_tmp("/etc/systemd/system/%s", file));
	if (!unit) {
		if (strcmp(file, "docker.service"))
			say(m, "Failed to start %s: Unit %s not found.", file, file);
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

/* Commands. ----------------------------------------------------------------------------------------------------------------- */
static void open_port(struct machine *m, const cJSON *words)
{
	const char *port = option(words, "--dport"),
		   *from = option(words, "-s") ? option(words, "-s") : option(words, "--source");
	const cJSON *last = words->child;
	bool accept = false;
	for (const cJSON *w = words->child; w; w = w->next, last = w ? w : last)
		accept |= !strcmp(w->valuestring, "ACCEPT");
	if (accept)
		cJSON_AddItemToArray(
		    m->open, cJSON_CreateString(sim_tmp("%s%s%s", port ? port : "*", from ? " " : "", from ? from : "")));
}

static void docker(struct machine *m, const cJSON *words)
{
	const char *verb = json_str(words, "1", "");
	if (!m->docker)
		say(m, "docker: command not found");
	else if (!strcmp(verb, "run") || (!strcmp(verb, "container") && !strcmp(json_str(words, "2", ""), "run")))
		docker_run(m, words);
	else if (!strcmp(verb, "login"))
		m->login = true;
}

static void installed(struct machine *m, const cJSON *words)
{
	for (const cJSON *w = words->child; w && !m->cos; w = w->next)
		m->docker |= m->internet && (text_starts(w->valuestring, "docker") || !strcmp(w->valuestring, "containerd"));
	if (!m->internet)
		say(m, "E: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Cannot initiate the "
		       "connection to deb.debian.org:80");
}

static void systemctl(struct machine *m, const cJSON *words)
{
	const char *verb = json_str(words, "1", "");
	bool now = false, starts = !strcmp(verb, "start") || !strcmp(verb, "restart") || !strcmp(verb, "enable");
	for (const cJSON *w = words->child; w; w = w->next)
		now |= !strcmp(w->valuestring, "--now");
	for (const cJSON *w = words->child->next ? words->child->next->next : NULL;
	     w && starts && (now || strcmp(verb, "enable")); w = w->next)
		if (*w->valuestring != '-')
			start_unit(m, w->valuestring);
}

/* One command without pipes and redirections; what it writes, or NULL. */
static char *one_command(struct machine *m, cJSON *words)
{
	static const char *const before[] = {"sudo",  "exec",  "then", "else",  "do",   "if",
					     "while", "until", "!",    "nohup", "time", "command"};
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		if (words->child && !strcmp(words->child->valuestring, before[i])) {
			cJSON_DeleteItemFromArray(words, 0);
			i = (size_t)-1;
		}
	while (words->child &&
	       (!strcmp(words->child->valuestring, "export") ||
		(strchr(words->child->valuestring, '=') && *words->child->valuestring != '-' &&
		 !strpbrk(sim_tmp("%.*s", (int)strcspn(words->child->valuestring, "="), words->child->valuestring), "/- ")))) {
		const char *first = words->child->valuestring, *equals = strchr(first, '=');
		if (equals)
			put(m->env, sim_tmp("%.*s", (int)(equals - first), first), equals + 1);
		cJSON_DeleteItemFromArray(words, 0);
	}
	if (!words->child)
		return NULL;
	const char *first = words->child->valuestring, *program = last_part(first);
	bool shell = !strcmp(program, "sh") || !strcmp(program, "bash");
	const char *file = file_of(m, shell ? json_str(words, "1", "") : first);
	for (const cJSON *w = words->child; w; w = w->next)
		if (!strcmp(w->valuestring, "access") && strstr(json_str(words, "0", ""), m->cos ? "docker" : "gcloud"))
			return gcloud_secret(m, words);
	if (!strcmp(program, "date"))
		return xstrdup(sim_stamp(m->sim, 0));
	if (!strcmp(program, "journalctl"))
		return xstrdup(m->journal ? m->journal : "");
	if (!strcmp(program, "curl") && curl_guest(m, words))
		return NULL;
	if (!strcmp(program, "curl") || !strcmp(program, "wget")) {
		char *attribute = curl_attribute(m, words);
		return attribute ? attribute : curl_secret(m, words);
	}
	if (!strcmp(program, "echo") || !strcmp(program, "printf")) {
		const cJSON *w = words->child->next;
		struct buf b = {0};
		for (; w; w = w->next)
			if (strcmp(w->valuestring, "-n") && strcmp(w->valuestring, "%s") && strcmp(w->valuestring, "%s\\n"))
				buf_printf(&b, "%s%s", b.len ? " " : "", w->valuestring);
		buf_putc(&b, '\n');
		return buf_take(&b);
	}
	if (!strcmp(program, "cat") && file_of(m, json_str(words, "1", "")))
		return xstrdup(file_of(m, json_str(words, "1", "")));
	if (!strcmp(program, "docker"))
		docker(m, words);
	else if (!strcmp(program, "gcloud") && m->cos)
		say(m, "gcloud: command not found");
	else if (!strcmp(program, "docker-credential-gcr") ||
		 (!strcmp(program, "gcloud") && !strcmp(json_str(words, "2", ""), "configure-docker")))
		m->login = true;
	else if (!strcmp(program, "iptables"))
		open_port(m, words);
	else if (!strcmp(program, "systemctl"))
		systemctl(m, words);
	else if (!strcmp(program, "apt-get") || !strcmp(program, "apt"))
		installed(m, words);
	else if (text_starts(program, "pip"))
		pip_install(m, words);
	else if (shell && !strcmp(json_str(words, "1", ""), "-c"))
		script(m, json_str(words, "2", ""));
	else if (file)
		script(m, file);
	else
		run_native(m, words);
	return NULL;
}

static bool is_operator(const char *word)
{
	return !strcmp(word, "&&") || !strcmp(word, "||") || !strcmp(word, ";") || !strcmp(word, "&");
}

/* A pipe: the first command's output is what the others pass on (decoded, where they decode), into a file where ">" says so. */
static char *command(struct machine *m, cJSON *words)
{
	cJSON *first = cJSON_CreateArray();
	const char *to = NULL;
	bool more = false, piped = false;
	for (const cJSON *w = words->child; w; w = w->next) {
		bool into = !strcmp(w->valuestring, ">") || !strcmp(w->valuestring, ">>");
		if (into && w->next) {
			more = w->valuestring[1] == '>';
			to = w->next->valuestring;
			w = w->next;
		} else if (!strcmp(w->valuestring, "|")) {
			piped = true;
		} else if (!strcmp(w->valuestring, "tee") && piped && w->next) {
			to = w->next->valuestring;
		} else if (!piped && !text_starts(w->valuestring, "2>") && !text_starts(w->valuestring, ">")) {
			cJSON_AddItemToArray(first, cJSON_CreateString(w->valuestring));
		}
	}
	char *out = one_command(m, first);
	cJSON_Delete(first);
	if (!to || text_starts(to, "/dev/"))
		return out;
	const char *old = more ? file_of(m, to) : NULL;
	put(m->files, to, sim_tmp("%s%s", old ? old : "", out ? out : ""));
	free(out);
	return NULL;
}

static char *commands(struct machine *m, const cJSON *words)
{
	char *out = NULL;
	cJSON *some = cJSON_CreateArray();
	for (const cJSON *w = words->child; w; w = w->next) {
		if (!is_operator(w->valuestring))
			cJSON_AddItemToArray(some, cJSON_CreateString(w->valuestring));
		if (is_operator(w->valuestring) || !w->next) {
			free(out);
			out = some->child ? command(m, some) : NULL;
			cJSON_Delete(some);
			some = cJSON_CreateArray();
		}
	}
	cJSON_Delete(some);
	return out;
}

static char *substitute(void *arg, const char *text)
{
	struct machine *m = arg;
	const struct shell sh = {.env = m->env, .substitute = substitute, .arg = m};
	char *error = NULL, *out = NULL;
	if (m->depth < DEEPEST) {
		m->depth++;
		cJSON *words = shell_words(&sh, text, &error);
		out = commands(m, words);
		cJSON_Delete(words);
		m->depth--;
	}
	free(error);
	return out;
}

/* A here document after "<<WORD": its text up to the word, into here; the rest of the script. */
static const char *here_document(const char *line, const char *rest, struct buf *here)
{
	const char *at = strstr(line, "<<");
	at += 2 + strspn(at + 2, "-");
	at += strspn(at, " \t'\"\\");
	const char *end = sim_tmp("%.*s", (int)strcspn(at, "'\" \t\n>;"), at);
	while (*rest) {
		size_t len = strcspn(rest, "\n");
		const char *one = sim_tmp("%.*s", (int)len, rest);
		rest += len + (rest[len] == '\n');
		if (!strcmp(one + strspn(one, "\t"), end))
			break;
		buf_printf(here, "%s\n", one);
	}
	return rest;
}

/* cat > FILE <<WORD, tee FILE <<WORD; variables are put in unless WORD is quoted. */
static void write_here(struct machine *m, const char *line, const struct buf *here)
{
	const char *at = strstr(line, "<<"), *quote = at + 2 + strspn(at + 2, "- \t");
	const struct shell sh = {.env = m->env, .substitute = substitute, .arg = m};
	char *error = NULL, *command_line = xstrndup(line, (size_t)(at - line));
	const char *after = at + 2 + strcspn(at + 2, " \t>");
	cJSON *words = shell_words(&sh, sim_tmp("%s %s", command_line, strchr(after, '>') ? strchr(after, '>') : ""), &error);
	const char *to = option(words, ">") ? option(words, ">") : option(words, "tee");
	struct buf text = {0};
	int number = 0;
	struct buf one = {0};
	for (const char *p = buf_text(here); !strchr("'\"\\", *quote) && *p && (p = shell_line(p, &one, &number));) {
		/* Words within double quotes keep their blanks. */
		char *why = NULL;
		cJSON *w = shell_words(&sh, sim_tmp("\"%s\"", buf_text(&one)), &why);
		const char *put_in = json_str(w, "0", "");
		size_t len = strlen(put_in);
		buf_printf(&text, "%.*s\n", (int)(len && put_in[len - 1] == ' ' ? len - 1 : len), put_in);
		cJSON_Delete(w);
		free(why);
	}
	if (to)
		put(m->files, to, strchr("'\"\\", *quote) && *quote ? buf_text(here) : buf_text(&text));
	cJSON_Delete(words);
	buf_free(&text);
	buf_free(&one);
	free(command_line);
	free(error);
}

static void script(struct machine *m, const char *text)
{
	const struct shell sh = {.env = m->env, .substitute = substitute, .arg = m};
	struct buf line = {0};
	int number = 0;
	if (m->depth >= DEEPEST)
		return;
	m->depth++;
	while ((text = shell_line(text, &line, &number))) {
		char *error = NULL;
		const char *start = buf_text(&line) + strspn(buf_text(&line), " \t");
		if (*start != '#' && strstr(start, "<<") && !strstr(start, "<<<")) {
			struct buf here = {0};
			char *kept = xstrdup(start);
			text = here_document(kept, text, &here);
			write_here(m, kept, &here);
			buf_free(&here);
			free(kept);
			continue;
		}
		cJSON *words = shell_words(&sh, start, &error);
		if (error)
			say(m, "line %d: %s", number, error);
		else
			free(commands(m, words));
		cJSON_Delete(words);
		free(error);
	}
	buf_free(&line);
	m->depth--;
}

/* cloud-init. --------------------------------------------------------------------------------------------------------------- */
static void write_files(struct machine *m, const cJSON *list)
{
	for (const cJSON *f = list ? list->child : NULL; f; f = f->next) {
		const char *content = json_str(f, "content", ""), *encoding = json_str(f, "encoding", "");
		char *plain = NULL;
		if (strstr(encoding, "b64") || strstr(encoding, "base64")) {
			plain = xcalloc(1, strlen(content) + 1);
			plain[sim_unbase64(content, plain, strlen(content))] = '\0';
		}
		put(m->files, json_str(f, "path", ""), plain ? plain : content);
		free(plain);
	}
}

static void run_list(struct machine *m, const cJSON *list)
{
	for (const cJSON *c = list ? list->child : NULL; c; c = c->next) {
		if (cJSON_IsString(c))
			script(m, c->valuestring);
		else if (cJSON_IsArray(c))
			free(commands(m, c));
	}
}

static void cloud_config(struct machine *m, const char *text)
{
	int line = 0;
	cJSON *config = yaml_parse(text, &line);
	if (!config) {
		say(m, "Failed loading yaml blob. Invalid format at line %d", line);
		return;
	}
	run_list(m, json_at(config, "bootcmd"));
	write_files(m, json_at(config, "write_files"));
	const cJSON *packages = json_at(config, "packages");
	if (packages && !m->cos)
		installed(m, packages);
	run_list(m, json_at(config, "runcmd"));
	cJSON_Delete(config);
}

static void user_data(struct machine *m, const char *text)
{
	m->who = "cloud-init";
	if (text_starts(text, "#cloud-config"))
		cloud_config(m, text);
	else if (text_starts(text, "#!"))
		script(m, text);
}

/* The declaration that the container start-up agent follows; it pulls as the machine's account, on the machine's own network. */
static void declaration(struct machine *m, const char *text)
{
	int line = 0;
	cJSON *d = yaml_parse(text, &line);
	m->who = "konlet-startup";
	if (!d)
		say(m, "Error: Failed to parse container declaration: yaml: line %d", line);
	const cJSON *list = json_at(d, "spec.containers");
	for (const cJSON *k = list ? list->child : NULL; k; k = k->next) {
		cJSON *spec = new_spec(m);
		static const char *const kept[] = {"name", "image", "command", "args", "env"};
		for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
			if (json_at(k, kept[i]))
				json_put(spec, kept[i], cJSON_Duplicate(json_at(k, kept[i]), true));
		const char *policy = json_str(d, "spec.restartPolicy", "Always");
		json_put_str(spec, "restart",
			     !strcmp(policy, "Never")       ? "no"
			     : !strcmp(policy, "OnFailure") ? "on-failure"
							    : "always");
		json_put_str(spec, "network", "host");
		keep(m, spec);
	}
	if (list)
		cJSON_AddItemToArray(m->open, cJSON_CreateString("*")); /* the agent opens the firewall */
	cJSON_Delete(d);
}

/* The machine. -------------------------------------------------------------------------------------------------------------- */
static const char *metadata(const struct sim_object *vm, const char *key)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, json_at(vm->doc, "metadata.items"))
		if (!strcmp(json_str(item, "key", ""), key))
			return json_str(item, "value", "");
	return NULL;
}

static bool has_nat(struct sim *s, const char *network)
{
	for (struct sim_object *o = sim_first(s, "compute.routers", "projects/"); o; o = sim_following(s, o, "projects/"))
		if (!strcmp(json_str(o->doc, "network", ""), network) && json_at(o->doc, "nats.0"))
			return true;
	return false;
}

static bool scope_of(const struct sim_object *vm, const char *wanted)
{
	const cJSON *scope;
	cJSON_ArrayForEach(scope, json_at(vm->doc, "serviceAccounts.0.scopes"))
		if (strstr(scope->valuestring, "/cloud-platform") || strstr(scope->valuestring, wanted))
			return true;
	return false;
}

static void survey(struct machine *m)
{
	const struct sim_object *vm = m->vm,
				*subnet = compute_find(m->sim, json_str(vm->doc, "networkInterfaces.0.subnetwork", ""));
	const struct sim_object *disk = compute_find(m->sim, json_str(vm->doc, "disks.0.source", ""));
	const char *email = json_str(vm->doc, "serviceAccounts.0.email", "");
	m->project = sim_tmp("%.*s", (int)strcspn(vm->key + 9, "/"), vm->key + 9);
	if (!strcmp(email, "default"))
		email = sim_tmp("%s-compute@developer.gserviceaccount.com", sim_project_number(m->sim, m->project));
	m->principal = *email ? sim_tmp("serviceAccount:%s", email) : "";
	m->cos = disk && strstr(json_str(disk->doc, "sourceImage", ""), "/cos-cloud/");
	m->docker = m->cos;
	m->all_scopes = scope_of(vm, "/cloud-platform");
	m->internet = json_at(vm->doc, "networkInterfaces.0.accessConfigs.0") ||
		      has_nat(m->sim, json_str(vm->doc, "networkInterfaces.0.network", ""));
	m->google = m->internet || (subnet && json_bool(subnet->doc, "privateIpGoogleAccess", false));
}

/* Follows all that the machine is given, into m, for machine_forget; its containers and open ports are the caller's. */
static void machine_follow(struct machine *m, struct sim *s, const struct sim_object *vm, struct sim_object *told,
			   struct buf *serial)
{
	*m = (struct machine){.sim = s,
			      .vm = vm,
			      .told = told,
			      .serial = serial,
			      .env = cJSON_CreateObject(),
			      .files = cJSON_CreateObject(),
			      .containers = cJSON_CreateArray(),
			      .open = cJSON_CreateArray(),
			      .facts = cJSON_CreateObject(),
			      .started = cJSON_CreateObject()};
	survey(m);
	const char *declared = metadata(vm, "gce-container-declaration"), *data = metadata(vm, "user-data"),
		   *startup = metadata(vm, "startup-script");
	if (declared && m->cos)
		declaration(m, declared);
	if (data)
		user_data(m, data);
	m->who = "startup-script";
	if (startup)
		script(m, startup);
}

static void machine_forget(struct machine *m)
{
	cJSON_Delete(m->env);
	cJSON_Delete(m->files);
	cJSON_Delete(m->facts);
	cJSON_Delete(m->started);
}

/* A template (container.h) of the containers and programs that the machine starts: from a container declaration, cloud-init's user data and the startup
 * script. Each container has besides "host" (the machine's own network), "publish" [{"host","container"}], "restart" and, for a program
 * without a container, "native" with its "facts"; the template has "open", the ports that the machine's own firewall lets in
 * ("*" for all, "5000 RANGE" for who comes from there).
 * What the scripts say on the way goes to serial, a line each. The caller deletes. */
static cJSON *machine_template(struct sim *s, const struct sim_object *vm, struct sim_object *told, struct buf *serial)
{
	struct machine m;
	machine_follow(&m, s, vm, told, serial);
	if (!m.cos) /* other images' firewalls let everything in */
		cJSON_AddItemToArray(m.open, cJSON_CreateString("*"));
	const char *network = json_str(vm->doc, "networkInterfaces.0.network", "");
	const char *path = strstr(network, "projects/");
	cJSON *template = json_make("{'platform':'machine','principal':%s,'puller':%s,'network':%s,'reaches':{'google':%b,'"
				    "internet':%b},'open':%j,'containers':%j}",
				    m.all_scopes ? m.principal : "",
				    scope_of(vm, "/devstorage.") || m.all_scopes ? m.principal : "", path ? path : "", m.google,
				    m.internet, m.open, m.containers);
	machine_forget(&m);
	return template;
}

/* Coming up. ---------------------------------------------------------------------------------------------------------------- */
static const char *owner_of(const struct sim_object *vm)
{
	return sim_tmp("%.*s", (int)strcspn(vm->key + 9, "/"), vm->key + 9);
}

/* Why an image is not there, as docker says it. */
static const char *pull_words(const struct workload *w, const struct workload_part *part)
{
	const char *image = json_str(part->k.spec, "image",
				     json_str(w->template, sim_tmp("containers.%d.image", (int)(part - w->parts)), ""));
	const char *host = sim_tmp("%.*s", (int)strcspn(image, "/"), image);
	if (strcmp(part->reason, "ErrImagePull"))
		return part->fault;
	if (!strcmp(part->fault, "permission"))
		return sim_tmp("docker: Error response from daemon: Head \"https://%s/v2/%s/manifests\": denied: Permission "
			       "\"artifactregistry.repositories."
			       "downloadArtifacts\" denied on resource \"%s\" (or it may not exist).",
			       host, image + strlen(host) + 1, image);
	if (!strcmp(part->fault, "unreachable"))
		return sim_tmp("docker: Error response from daemon: Get \"https://%s/v2/\": net/http: request canceled while "
			       "waiting for connection "
			       "(Client.Timeout exceeded while awaiting headers).",
			       host);
	return sim_tmp("docker: Error response from daemon: manifest for %s not found: manifest unknown.", image);
}

/* What the unit of a container that ended does after it, as systemd tells it. */
static void unit_failed(struct sim *s, struct sim_object *vm, const char *unit, int status, const char *journal)
{
	struct machine m;
	struct buf unheard = {0}; /* all this was said when the machine came up */
	machine_follow(&m, s, vm, NULL, &unheard);
	const char *file = file_of(&m, sim_tmp("/etc/systemd/system/%s.service", unit));
	m.told = vm;
	m.unit = unit;
	m.journal = journal;
	put(m.env, "SERVICE_RESULT", "exit-code");
	put(m.env, "EXIT_CODE", "exited");
	put(m.env, "EXIT_STATUS", sim_tmp("%d", status));
	if (file)
		unit_values(file, "ExecStopPost", unit_command, &m);
	cJSON_Delete(m.containers);
	cJSON_Delete(m.open);
	machine_forget(&m);
	buf_free(&unheard);
}

static void log_text(struct sim *s, const struct sim_object *vm, struct buf *serial, const char *name, const char *text,
		     bool bad)
{
	const char *project = owner_of(vm), *zone = strstr(vm->key, "/zones/") + 7;
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n");
		const char *line = sim_tmp("%.*s", (int)len, p);
		console_line(serial, name, line);
		if (!strcmp(metadata(vm, "google-logging-enabled") ? metadata(vm, "google-logging-enabled") : "", "true"))
			sim_log_entry(s, project, "gce_instance",
				      json_make("{'project_id':%s,'instance_id':%s,'zone':%s}", project,
						json_str(vm->doc, "id", ""), sim_tmp("%.*s", (int)strcspn(zone, "/"), zone)),
				      "cos_containers", bad ? "ERROR" : "INFO", line);
		p += len + (p[len] == '\n');
	}
}

/* What a part wrote and how it ended; a container that is not started again stays down. */
static void report(struct sim *s, struct sim_object *vm, const struct workload *w, const struct workload_part *part,
		   struct buf *serial, cJSON *down)
{
	const char *name = json_str(w->template, sim_tmp("containers.%d.name", (int)(part - w->parts)), "");
	const char *policy = json_str(w->template, sim_tmp("containers.%d.restart", (int)(part - w->parts)), "no");
	const char *unit = json_str(w->template, sim_tmp("containers.%d.unit", (int)(part - w->parts)), ""),
		   *pulled = part->fault ? pull_words(w, part) : "", *wrote = part->r.wrote ? part->r.wrote : "",
		   *said = part->r.said ? sim_tmp("%s%s(container exited with code %d)", part->r.said,
						  *part->r.said ? "\n" : "", part->r.exit_code)
					: "";
	bool failed = part->fault || part->r.said;
	log_text(s, vm, serial, name, pulled, true);
	log_text(s, vm, serial, name, wrote, false);
	log_text(s, vm, serial, name, said, true);
	if (failed && *unit) /* docker itself ends with 125 */
		unit_failed(s, vm, unit, part->fault ? 125 : part->r.exit_code, sim_tmp("%s%s%s", pulled, wrote, said));
	if (failed && !strcmp(policy, "no"))
		cJSON_AddTrueToObject(down, name);
}

void machine_booted(struct sim *s, struct sim_object *vm)
{
	struct workload w;
	struct buf serial = {0};
	cJSON *down = cJSON_CreateObject();
	double longest = 0;
	buf_puts(&serial, json_str(vm->hidden, "serial", ""));
	json_drop(vm->hidden, "guest");
	workload_open(s, owner_of(vm), "", machine_template(s, vm, vm, &serial), &w);
	workload_start(&w);
	for (int i = 0; i < w.count; i++) {
		report(s, vm, &w, &w.parts[i], &serial, down);
		longest = w.parts[i].r.seconds > longest ? w.parts[i].r.seconds : longest;
	}
	json_put_str(vm->hidden, "serial", buf_text(&serial));
	json_put(vm->hidden, "down", down);
	json_put_num(vm->hidden, "ready", sim_now(s) + longest);
	workload_close(&w);
	buf_free(&serial);
}

bool machine_open(struct sim *s, const struct sim_object *vm, struct workload *w)
{
	struct buf serial = {0};
	if (strcmp(json_str(vm->doc, "status", ""), "RUNNING") || json_num(vm->hidden, "ready", 1e18) > sim_now(s))
		return false;
	workload_open(s, owner_of(vm), "", machine_template(s, vm, NULL, &serial), w);
	workload_start(w);
	buf_free(&serial);
	for (int i = 0; i < w->count; i++) {
		struct workload_part *part = &w->parts[i];
		const char *name = json_str(w->template, sim_tmp("containers.%d.name", i), "");
		if (!part->fault && !part->r.said && cJSON_HasObjectItem(json_at(vm->hidden, "down"), name))
			part->r.said = xstrdup(""); /* it ended at the start, and nobody starts it again */
	}
	return true;
}

bool machine_asked(struct sim *s, const struct sim_object *vm, int port, const char *from, const struct sim_request *q,
		   struct sim_reply *out)
{
	struct workload w;
	if (!backend_let_in(s, vm, port, from) || !machine_open(s, vm, &w))
		return false;
	const struct workload_part *part = workload_at_host(&w, port, from);
	workload_visited(&w, part, q, out);
	workload_close(&w);
	return part != NULL;
}
