/* The shell of a machine: its scripts, line by line, and the commands in them that count. */
#include "config.h"
#include "sim/front/machine_inside.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/front/shell.h"

#include <stdlib.h>
#include <string.h>

#define DEEPEST 8

/* As the journal writes to the console, with seconds since the kernel began. */
void machine_console_line(struct buf *serial, const char *name, const char *text)
{
	buf_printf(serial, "[%12.6f] %s[%d]: %s\r\n", 12 + (double)serial->len / 1000, name, 800 + (int)(serial->len % 1000),
		   text);
}

void machine_say(struct machine *m, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	machine_console_line(m->serial, m->unit ? m->unit : m->who, text);
	free(text);
}

void machine_put(cJSON *object, const char *name, const char *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, name);
	cJSON_AddStringToObject(object, name, value);
}

const char *machine_file(const struct machine *m, const char *path)
{
	const cJSON *f = cJSON_GetObjectItemCaseSensitive(m->files, path);
	return cJSON_IsString(f) ? f->valuestring : NULL;
}

const char *machine_program(const char *path)
{
	return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

const char *machine_option(const cJSON *words, const char *name)
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

static void open_port(struct machine *m, const cJSON *words)
{
	const char *port = machine_option(words, "--dport"),
		   *from = machine_option(words, "-s") ? machine_option(words, "-s") : machine_option(words, "--source");
	const cJSON *last = words->child;
	bool accept = false;
	for (const cJSON *w = words->child; w; w = w->next, last = w ? w : last)
		accept |= !strcmp(w->valuestring, "ACCEPT");
	if (accept)
		cJSON_AddItemToArray(
		    m->open, cJSON_CreateString(sim_tmp("%s%s%s", port ? port : "*", from ? " " : "", from ? from : "")));
}

void machine_packages(struct machine *m, const cJSON *words)
{
	for (const cJSON *w = words->child; w && !m->cos; w = w->next)
		m->docker |= m->internet && (text_starts(w->valuestring, "docker") || !strcmp(w->valuestring, "containerd"));
	if (!m->internet)
		machine_say(m, "E: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Cannot initiate the "
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
			machine_start_unit(m, w->valuestring);
}

/* "NAME=value" and "export": they are set, whether or not a command follows. */
static bool is_assignment(const char *word)
{
	size_t n = strcspn(word, "=");
	return !strcmp(word, "export") || (word[n] && *word != '-' && !strpbrk(sim_tmp("%.*s", (int)n, word), "/- "));
}

/* Takes away what stands before a command. */
static void take_leading(struct machine *m, cJSON *words)
{
	static const char *const before[] = {"sudo",  "exec",  "then", "else",  "do",   "if",
					     "while", "until", "!",    "nohup", "time", "command"};
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		if (words->child && !strcmp(words->child->valuestring, before[i])) {
			cJSON_DeleteItemFromArray(words, 0);
			i = (size_t)-1;
		}
	while (words->child && is_assignment(words->child->valuestring)) {
		const char *first = words->child->valuestring, *equals = strchr(first, '=');
		if (equals)
			machine_put(m->env, sim_tmp("%.*s", (int)(equals - first), first), equals + 1);
		cJSON_DeleteItemFromArray(words, 0);
	}
}

static char *say_date(struct machine *m, const cJSON *words)
{
	(void)words;
	return xstrdup(sim_stamp(m->sim, 0));
}

static char *say_journal(struct machine *m, const cJSON *words)
{
	(void)words;
	return xstrdup(m->journal ? m->journal : "");
}

static char *say_words(struct machine *m, const cJSON *words)
{
	struct buf b = {0};
	(void)m;
	for (const cJSON *w = words->child->next; w; w = w->next)
		if (strcmp(w->valuestring, "-n") && strcmp(w->valuestring, "%s") && strcmp(w->valuestring, "%s\\n"))
			buf_printf(&b, "%s%s", b.len ? " " : "", w->valuestring);
	buf_putc(&b, '\n');
	return buf_take(&b);
}

/* Programs that are known: what they write, or what they do. */
static const struct {
	const char *name;
	char *(*says)(struct machine *m, const cJSON *words);
	void (*does)(struct machine *m, const cJSON *words);
} programs[] = {
    {"date", say_date, NULL},         {"journalctl", say_journal, NULL},
    {"curl", machine_fetch, NULL},    {"wget", machine_fetch, NULL},
    {"echo", say_words, NULL},        {"printf", say_words, NULL},
    {"docker", NULL, machine_docker}, {"iptables", NULL, open_port},
    {"systemctl", NULL, systemctl},   {"apt-get", NULL, machine_packages},
    {"apt", NULL, machine_packages},
};

/* One command without pipes and redirections; what it writes, or NULL. */
static char *one_command(struct machine *m, cJSON *words)
{
	take_leading(m, words);
	if (!words->child)
		return NULL;
	const char *first = words->child->valuestring, *program = machine_program(first), *second = json_str(words, "1", "");
	bool shell = !strcmp(program, "sh") || !strcmp(program, "bash"), gcloud = !strcmp(program, "gcloud");
	const char *file = machine_file(m, shell ? second : first);
	if (json_lists(words, "access") && strstr(first, m->cos ? "docker" : "gcloud"))
		return machine_gcloud_secret(m, words);
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (!strcmp(program, programs[i].name)) {
			if (programs[i].says)
				return programs[i].says(m, words);
			programs[i].does(m, words);
			return NULL;
		}
	if (!strcmp(program, "cat") && machine_file(m, second))
		return xstrdup(machine_file(m, second));
	if (gcloud && m->cos)
		machine_say(m, "gcloud: command not found");
	else if (!strcmp(program, "docker-credential-gcr") || (gcloud && !strcmp(json_str(words, "2", ""), "configure-docker")))
		m->login = true;
	else if (text_starts(program, "pip"))
		machine_pip(m, words);
	else if (shell && !strcmp(second, "-c"))
		machine_script(m, json_str(words, "2", ""));
	else if (file)
		machine_script(m, file);
	else
		machine_run_native(m, words);
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
	const char *old = more ? machine_file(m, to) : NULL;
	machine_put(m->files, to, sim_tmp("%s%s", old ? old : "", out ? out : ""));
	free(out);
	return NULL;
}

char *machine_commands(struct machine *m, const cJSON *words)
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

static char *machine_substitute(void *arg, const char *text)
{
	struct machine *m = arg;
	const struct shell sh = {.env = m->env, .substitute = machine_substitute, .arg = m};
	char *error = NULL, *out = NULL;
	if (m->depth < DEEPEST) {
		m->depth++;
		cJSON *words = shell_words(&sh, text, &error);
		out = machine_commands(m, words);
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
	const struct shell sh = {.env = m->env, .substitute = machine_substitute, .arg = m};
	char *error = NULL, *command_line = xstrndup(line, (size_t)(at - line));
	const char *after = at + 2 + strcspn(at + 2, " \t>");
	cJSON *words = shell_words(&sh, sim_tmp("%s %s", command_line, strchr(after, '>') ? strchr(after, '>') : ""), &error);
	const char *to = machine_option(words, ">") ? machine_option(words, ">") : machine_option(words, "tee");
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
		machine_put(m->files, to, strchr("'\"\\", *quote) && *quote ? buf_text(here) : buf_text(&text));
	cJSON_Delete(words);
	buf_free(&text);
	buf_free(&one);
	free(command_line);
	free(error);
}

void machine_script(struct machine *m, const char *text)
{
	const struct shell sh = {.env = m->env, .substitute = machine_substitute, .arg = m};
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
			machine_say(m, "line %d: %s", number, error);
		else
			free(machine_commands(m, words));
		cJSON_Delete(words);
		free(error);
	}
	buf_free(&line);
	m->depth--;
}
