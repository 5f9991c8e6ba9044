/* What `docker build` would make of a source archive: unpacks it, reads the Dockerfile line by line and notes what the image holds. It
 * runs nothing; it finds what would stop a build (no Dockerfile, unknown instruction, a file to copy that is not there). */
#include "config.h"
#include "sim/api/cloudbuild.h"

#include "base/json.h"
#include "base/library.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/mlflow_releases.h"
#include "sim/api/serving.h"

#include <archive.h>
#include <archive_entry.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SMALL ((size_t)256 << 10)

/* libarchive's functions for reading, looked up at the first use (base/library.h says why). */
static struct {
	struct archive *(*read_new)(void);
	int (*read_support_filter_gzip)(struct archive *a);
	int (*read_support_format_tar)(struct archive *a);
	int (*read_support_format_zip)(struct archive *a);
	int (*read_open_memory)(struct archive *a, const void *data, size_t len);
	int (*read_next_header)(struct archive *a, struct archive_entry **entry);
	la_ssize_t (*read_data)(struct archive *a, void *data, size_t len);
	int (*read_free)(struct archive *a);
	const char *(*entry_pathname)(struct archive_entry *entry);
	mode_t (*entry_filetype)(struct archive_entry *entry);
	la_int64_t (*entry_size)(struct archive_entry *entry);
} lib;

static bool load(void)
{
	static const struct library_row rows[] = {
#define ROW(name) {"archive_" #name, (void **)&lib.name}
	    ROW(read_new),
	    ROW(read_support_filter_gzip),
	    ROW(read_support_format_tar),
	    ROW(read_support_format_zip),
	    ROW(read_open_memory),
	    ROW(read_next_header),
	    ROW(read_data),
	    ROW(read_free),
	    ROW(entry_pathname),
	    ROW(entry_filetype),
	    ROW(entry_size),
#undef ROW
	};
	static bool loaded;
	struct err e = {0};
	if (!loaded)
		loaded = library_load("libarchive.so.13", "libarchive13", rows, sizeof(rows) / sizeof(*rows), &e);
	err_free(&e);
	return loaded;
}

static cJSON *entry_text(struct archive *a, size_t size)
{
	if (size > SMALL)
		return cJSON_CreateTrue();
	char *text = xcalloc(1, size + 1);
	size_t got = 0;
	la_ssize_t n;
	while (got < size && (n = lib.read_data(a, text + got, size - got)) > 0)
		got += (size_t)n;
	cJSON *node = cJSON_CreateString(text);
	free(text);
	return node;
}

cJSON *build_unpack(const void *data, size_t len)
{
	struct archive *a = load() ? lib.read_new() : NULL;
	if (!a)
		return NULL;
	lib.read_support_filter_gzip(a);
	lib.read_support_format_tar(a);
	lib.read_support_format_zip(a);
	cJSON *files = cJSON_CreateObject();
	struct archive_entry *entry;
	int rc = lib.read_open_memory(a, data, len), count = 0;
	while (rc == ARCHIVE_OK && count++ < 4096 && (rc = lib.read_next_header(a, &entry)) == ARCHIVE_OK) {
		const char *name = lib.entry_pathname(entry);
		if (!name || lib.entry_filetype(entry) != AE_IFREG)
			continue;
		while (text_starts(name, "./"))
			name += 2;
		cJSON_DeleteItemFromObjectCaseSensitive(files, name);
		cJSON_AddItemToObject(files, name, entry_text(a, (size_t)lib.entry_size(entry)));
	}
	lib.read_free(a);
	if (rc == ARCHIVE_EOF || rc == ARCHIVE_OK)
		return files;
	cJSON_Delete(files);
	return NULL;
}

/* A file's text, "" for a big one, NULL when there is none of this name. */
static const char *file_text(const cJSON *files, const char *name)
{
	while (text_starts(name, "./"))
		name += 2;
	const cJSON *node = cJSON_GetObjectItemCaseSensitive(files, name);
	return !node ? NULL : cJSON_IsString(node) ? node->valuestring : "";
}

static bool in_context(const cJSON *files, const char *path)
{
	while (text_starts(path, "./"))
		path += 2;
	while (*path == '/')
		path++;
	if (!*path || !strcmp(path, ".") || strpbrk(path, "*?["))
		return true;
	size_t len = strlen(path);
	while (len && path[len - 1] == '/')
		len--;
	for (const cJSON *f = files->child; f; f = f->next)
		if (!strncmp(f->string, path, len) && (!f->string[len] || f->string[len] == '/'))
			return true;
	return false;
}

/* The logical lines of a Dockerfile: comments and blank lines out, continuations joined. An array of strings. */
static cJSON *instructions(const char *text)
{
	cJSON *lines = cJSON_CreateArray();
	struct buf line = {0};
	while (*text) {
		size_t len = strcspn(text, "\n"), end = len;
		const char *start = text + strspn(text, " \t\r");
		while (end && isspace((unsigned char)text[end - 1]))
			end--;
		bool comment = *start == '#' || start >= text + end;
		bool more = !comment && text[end - 1] == '\\';
		if (!comment) {
			const char *from = line.len ? text : start;
			buf_add(&line, from, (size_t)(text + end - from) - more);
		}
		if (line.len && !more && !comment) {
			cJSON_AddItemToArray(lines, cJSON_CreateString(buf_text(&line)));
			buf_clear(&line);
		}
		text += len + (text[len] == '\n');
	}
	if (line.len)
		cJSON_AddItemToArray(lines, cJSON_CreateString(buf_text(&line)));
	buf_free(&line);
	return lines;
}

/* The version after "NAME==" (extras in brackets between), or NULL. */
static const char *pinned(const char *text, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = text; (p = strcasestr(p, name)); p += len) {
		if (p > text && (isalnum((unsigned char)p[-1]) || p[-1] == '-' || p[-1] == '_'))
			continue;
		const char *q = p + len;
		if (*q == '[')
			q += strcspn(q, "]\n") + 1;
		if (!strncmp(q, "==", 2))
			return sim_tmp("%.*s", (int)strspn(q + 2, "0123456789.abcrdevpost"), q + 2);
	}
	return NULL;
}

/* Does the text name this distribution (as a word of its own, extras and versions aside)? */
static bool names(const char *text, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = text; (p = strcasestr(p, name)); p += len) {
		bool before = p == text || strchr(" \t\n\"'", p[-1]), after = !p[len] || strchr(" \t\n\"'=<>~[;\\", p[len]);
		if (before && after)
			return true;
	}
	return false;
}

/* What pip would have installed, from the RUN lines and the requirements files in the archive. */
static void software(cJSON *facts, const cJSON *files, const char *dockerfile)
{
	struct buf all = {0};
	buf_puts(&all, dockerfile);
	for (const cJSON *f = files->child; f; f = f->next)
		if (cJSON_IsString(f) && strcasestr(f->string, "requirements"))
			buf_printf(&all, "\n%s", f->valuestring);
	const char *text = buf_text(&all);
	const char *mlflow = pinned(text, "mlflow");
	bool base = strstr(dockerfile, "mlflow/mlflow:") != NULL;
	if (mlflow || base || names(text, "mlflow")) {
		json_put_str(facts, "software", "mlflow");
		const char *tag = base ? strstr(dockerfile, "mlflow/mlflow:v") : NULL;
		json_put_str(facts, "version",
			     mlflow ? mlflow
			     : tag  ? sim_tmp("%.*s", (int)strspn(tag + 15, "0123456789."), tag + 15)
				    : "3.17.2");
		if (mlflow)
			json_put_bool(facts, "pinned", true);
	} else {
		json_put_str(facts, "software", "other");
	}
	bool full = strstr(dockerfile, "-full") != NULL, db = strstr(text, "mlflow[db") || strstr(text, ",db") || full;
	json_put_bool(facts, "psycopg2", db || names(text, "psycopg2-binary") || names(text, "psycopg2"));
	json_put_bool(facts, "psycopg", db || names(text, "psycopg"));
	json_put_bool(facts, "pymysql", db || names(text, "pymysql"));
	json_put_bool(facts, "storage", full || names(text, "google-cloud-storage"));
	json_put_bool(facts, "auth", full || strstr(text, "[auth") || strstr(text, ",auth") || names(text, "flask-wtf"));
	buf_free(&all);
}

/* A line of a requirements or constraints file that pins: its name (extras cut) and version; false for any other. */
static bool pin(const char *line, char name[static 80], char version[static 40])
{
	size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
	const char *equals = line[n] == '[' ? line + n + strcspn(line + n, "]\n") + 1 : line + n;
	if (!n || n > 79 || strncmp(equals, "==", 2))
		return false;
	snprintf(name, 80, "%.*s", (int)n, line);
	snprintf(version, 40, "%.*s", (int)strcspn(equals + 2, " ;\t\r\n"), equals + 2);
	return true;
}

/* What pip says of a set that cannot be had: a release of MLflow that does not exist, or that does not go with another pin; NULL. */
static char *unresolved(const cJSON *files, const char *wanted)
{
	struct mlflow_release r;
	char name[80], version[40];
	if (!mlflow_exists(wanted))
		return xasprintf("ERROR: Could not find a version that satisfies the requirement mlflow==%s\nERROR: No "
				 "matching distribution found for mlflow==%s",
				 wanted, wanted);
	mlflow_release(wanted, &r);
	for (const cJSON *f = files->child; f; f = f->next) {
		bool constraints = strcasestr(f->string, "constraints") != NULL;
		if (!cJSON_IsString(f) || (!constraints && !strcasestr(f->string, "requirements")))
			continue;
		for (const char *line = f->valuestring; *line; line += strcspn(line, "\n"), line += *line == '\n') {
			const char *no = pin(line, name, version) ? mlflow_conflict(&r, name, version) : NULL;
			if (no && !strcmp(no, "-"))
				return xasprintf("ERROR: Could not find a version that satisfies the requirement "
						 "mlflow-skinny==%s (from mlflow)\n"
						 "ERROR: No matching distribution found for mlflow-skinny==%s",
						 wanted, wanted);
			if (no)
				return xasprintf("ERROR: Cannot install mlflow==%s because these package versions have "
						 "conflicting dependencies.\n\nThe conflict is "
						 "caused by:\n    mlflow %s depends on %s%s\n    The user requested "
						 "%s%s==%s\n\nERROR: ResolutionImpossible: for help "
						 "visit "
						 "https://pip.pypa.io/en/latest/topics/dependency-resolution/"
						 "#dealing-with-dependency-conflicts",
						 wanted, wanted, name, no, constraints ? "(constraint) " : "", name, version);
		}
	}
	return NULL;
}

/* The line that runs pip, for the message with which docker ends. */
static char *pip_failed(const cJSON *facts, const cJSON *files, const char *dockerfile, struct buf *log)
{
	const char *version = json_str(facts, "version", ""), *run = strstr(dockerfile, "pip install");
	char *said = run && !strcmp(json_str(facts, "software", ""), "mlflow") && json_at(facts, "pinned")
			 ? unresolved(files, version)
			 : NULL,
	     *why;
	if (!said)
		return NULL;
	const char *start = run;
	while (start > dockerfile && start[-1] != '\n')
		start--;
	if (text_starts(start, "RUN "))
		start += 4;
	buf_printf(log, "%s\n", said);
	why = xasprintf("The command '/bin/sh -c %.*s' returned a non-zero code: 1", (int)strcspn(start, "\n"), start);
	free(said);
	return why;
}

/* ENTRYPOINT and CMD: JSON form as it is, shell form under /bin/sh -c. */
static cJSON *command(const char *rest)
{
	cJSON *array = *rest == '[' ? cJSON_Parse(rest) : NULL;
	return array ? array : json_make("['/bin/sh','-c',%s]", rest);
}

static void environment(cJSON *env, const char *rest)
{
	while (*rest) {
		size_t name = strcspn(rest, "= \t");
		if (rest[name] != '=')
			return;
		const char *value = rest + name + 1;
		bool quoted = *value == '"';
		size_t len = quoted ? strcspn(value + 1, "\"") : strcspn(value, " \t");
		cJSON_AddStringToObject(env, sim_tmp("%.*s", (int)name, rest), sim_tmp("%.*s", (int)len, value + quoted));
		rest = value + len + (quoted ? 2 : 0);
		rest += strspn(rest, " \t");
	}
}

/* The sources of COPY and ADD must be in the context; --from ones come from elsewhere. */
static const char *copied(const cJSON *files, const char *rest)
{
	while (text_starts(rest, "--")) {
		if (text_starts(rest, "--from="))
			return NULL;
		rest += strcspn(rest, " \t");
		rest += strspn(rest, " \t");
	}
	if (*rest == '[')
		return NULL;
	for (;;) {
		size_t len = strcspn(rest, " \t");
		const char *next = rest + len + strspn(rest + len, " \t");
		if (!*next)
			return NULL;
		const char *source = sim_tmp("%.*s", (int)len, rest);
		if (!strstr(source, "://") && !in_context(files, source))
			return source;
		rest = next;
	}
}

/* `COPY FILE PATH` to a whole path is a file of the image, with its text. */
static void keep_copy(cJSON *facts, const cJSON *files, const char *rest)
{
	size_t len = strcspn(rest, " \t");
	const char *to = rest + len + strspn(rest + len, " \t");
	const char *text = text_starts(rest, "-") || *rest == '[' ? NULL : file_text(files, sim_tmp("%.*s", (int)len, rest));
	if (!text || *to != '/' || strpbrk(to, " \t") || text_ends(to, "/"))
		return;
	cJSON *kept = json_at(facts, "files");
	if (!kept)
		json_put(facts, "files", kept = cJSON_CreateObject());
	cJSON_DeleteItemFromObjectCaseSensitive(kept, to);
	cJSON_AddStringToObject(kept, to, text);
}

/* With what a RUN line ends that plainly fails: its last command is "exit N" or "false", and is come to. 0: it does well as far as one can see. What may
 * leave before its end, or has an end of its own behind "||", may do well. */
static int run_ends(const char *line)
{
	const char *last = line;
	for (const char *at = line; *at; at++) {
		if (text_starts(at, "||"))
			return 0;
		if (!text_starts(at, "&&") && *at != ';')
			continue;
		if (strstr(sim_tmp("%.*s", (int)(at - last), last), "exit"))
			return 0;
		last = at + 1 + (*at == '&');
	}
	last += strspn(last, " \t");
	size_t n = strcspn(last, " \t");
	bool alone = !last[n + strspn(last + n, " \t0123456789")];
	if (alone && n == 4 && !strncmp(last, "exit", n))
		return atoi(last + n) & 255;
	return !strcmp(last, "false");
}

static char *instruction(cJSON *facts, const cJSON *files, const char *line, int number)
{
	static const char *const known[] = {"FROM", "RUN",     "CMD",        "LABEL",       "EXPOSE", "ENV",
					    "ADD",  "COPY",    "ENTRYPOINT", "VOLUME",      "USER",   "WORKDIR",
					    "ARG",  "ONBUILD", "STOPSIGNAL", "HEALTHCHECK", "SHELL",  "MAINTAINER"};
	size_t word = strcspn(line, " \t");
	const char *rest = line + word + strspn(line + word, " \t");
	bool found = false;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		found |= strlen(known[i]) == word && !strncasecmp(known[i], line, word);
	if (!found)
		return xasprintf("dockerfile parse error line %d: unknown instruction: %.*s", number, (int)word, line);
	if (!strncasecmp(line, "ENV", word))
		environment(json_at(facts, "env"), rest);
	else if (!strncasecmp(line, "ENTRYPOINT", word))
		json_put(facts, "entrypoint", command(rest));
	else if (!strncasecmp(line, "CMD", word))
		json_put(facts, "cmd", command(rest));
	if (!strncasecmp(line, "RUN", word) && run_ends(rest))
		return xasprintf("The command '/bin/sh -c %s' returned a non-zero code: %d", rest, run_ends(rest));
	if (!strncasecmp(line, "COPY", word))
		keep_copy(facts, files, rest);
	/* A program of another stage's image, by its name there. */
	if (!strncasecmp(line, "COPY", word) && text_starts(rest, "--from=") && strstr(rest, "/oauth2-proxy "))
		json_put_bool(facts, "gate", true);
	const char *missing = !strncasecmp(line, "COPY", word) || !strncasecmp(line, "ADD", word) ? copied(files, rest) : NULL;
	if (!missing)
		return NULL;
	return xasprintf(
	    "COPY failed: file not found in build context or excluded by .dockerignore: stat %s: file does not exist", missing);
}

/* Scripts travel with the image: what a start script passes to the server counts as its arguments. */
static void keep_scripts(cJSON *facts, const cJSON *files)
{
	cJSON *scripts = cJSON_CreateObject();
	for (const cJSON *f = files->child; f; f = f->next)
		if (cJSON_IsString(f) && text_starts(f->valuestring, "#!")) {
			const char *slash = strrchr(f->string, '/');
			cJSON_AddStringToObject(scripts, slash ? slash + 1 : f->string, f->valuestring);
		}
	json_put(facts, "scripts", scripts);
}

/* The files below a folder of the archive, their names cut. */
static cJSON *below(const cJSON *files, const char *folder)
{
	while (text_starts(folder, "./"))
		folder += 2;
	cJSON *some = cJSON_CreateObject();
	size_t len = strcmp(folder, ".") ? strlen(folder) : 0;
	while (len && folder[len - 1] == '/')
		len--;
	for (const cJSON *f = files->child; f; f = f->next)
		if (!len || (!strncmp(f->string, folder, len) && f->string[len] == '/'))
			cJSON_AddItemToObject(some, f->string + (len ? len + 1 : 0), cJSON_Duplicate(f, 1));
	return some;
}

static char *go_through(cJSON *facts, const cJSON *files, const char *text, struct buf *log)
{
	cJSON *lines = instructions(text);
	int count = cJSON_GetArraySize(lines), number = 0;
	char *why = count ? NULL : xstrdup("the Dockerfile cannot be empty");
	for (const cJSON *line = lines->child; line && !why; line = line->next) {
		number++;
		why = instruction(facts, files, line->valuestring, number);
		if (!why && number == 1 && strncasecmp(line->valuestring, "FROM", 4) &&
		    strncasecmp(line->valuestring, "ARG", 3))
			why = xasprintf("dockerfile parse error line %d: no build stage in current context", number);
		buf_printf(log, "Step %d/%d : %s\n ---> %.12s\n", number, count, line->valuestring,
			   sim_sha256(line->valuestring, strlen(line->valuestring)) + 7);
	}
	cJSON_Delete(lines);
	return why;
}

cJSON *build_docker(const cJSON *files, const char *dockerfile, const char *context, struct buf *log, char **why)
{
	cJSON *here = below(files, context), *facts = json_make("{'env':{}}");
	const char *text = file_text(files, dockerfile);
	if (!text)
		*why = xasprintf(
		    "unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat /workspace/%s: "
		    "no such file or directory",
		    dockerfile);
	else
		*why = go_through(facts, here, text, log);
	if (!*why) {
		software(facts, here, text);
		keep_scripts(facts, here);
		*why = pip_failed(facts, here, text, log);
	}
	cJSON_Delete(here);
	if (!*why)
		return facts;
	cJSON_Delete(facts);
	return NULL;
}
