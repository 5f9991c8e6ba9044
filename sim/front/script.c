#include "config.h"
#include "sim/front/script.h"

#include "base/json.h"
#include "base/mem.h"
#include "sim/front/shell.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 16 };

struct script {
	struct container *k;
	bool live[DEPTH]; /* of the ifs around a line: does this branch run? */
	int depth;
	cJSON *last;
};

static void put(cJSON *object, const char *name, const char *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, name);
	cJSON_AddStringToObject(object, name, value);
}

/* $(mktemp) makes a file, $(cat FILE) reads one. Other commands give nothing. */
static char *script_substitute(void *arg, const char *command)
{
	struct container *k = arg;
	const cJSON *file = !strncmp(command, "cat ", 4) ? cJSON_GetObjectItemCaseSensitive(k->files, command + 4) : NULL;
	if (cJSON_IsString(file))
		return xstrdup(file->valuestring);
	if (strcmp(command, "mktemp"))
		return NULL;
	char *path = xasprintf("/tmp/tmp.%d", cJSON_GetArraySize(k->files));
	put(k->files, path, "");
	return path;
}

/* What printf writes: the format again while words are left. */
static void print(const cJSON *format, struct buf *out)
{
	const cJSON *word = format->next;
	do {
		for (const char *p = format->valuestring; *p; p++) {
			if (*p == '\\' && p[1])
				buf_putc(out, *++p == 'n' ? '\n' : *p == 't' ? '\t' : *p);
			else if (*p == '%' && p[1] == 's' && p++)
				buf_puts(out, word ? word->valuestring : ""), word = word ? word->next : NULL;
			else if (*p == '%' && p[1] == '%')
				buf_putc(out, *p++);
			else
				buf_putc(out, *p);
		}
	} while (word && strstr(format->valuestring, "%s"));
}

static void echo(const cJSON *word, struct buf *out)
{
	for (; word; word = word->next)
		buf_printf(out, "%s%s", word->valuestring, word->next ? " " : "");
	buf_putc(out, '\n');
}

/* Cuts ">FILE" or ">>FILE" out of the words; the file, owned by where, or NULL. */
static const char *redirected(cJSON *words, bool *adds, cJSON **where)
{
	cJSON *w;
	cJSON_ArrayForEach(w, words)
		if ((!strcmp(w->valuestring, ">") || !strcmp(w->valuestring, ">>")) && w->next) {
			*adds = w->valuestring[1] == '>';
			*where = cJSON_DetachItemViaPointer(words, w->next);
			cJSON_Delete(cJSON_DetachItemViaPointer(words, w));
			return (*where)->valuestring;
		}
	return NULL;
}

/* printf and echo into a file. True when the words were that. */
static bool writes(struct container *k, cJSON *words)
{
	const char *program = json_str(words, "0", "");
	bool format = !strcmp(program, "printf"), adds = false;
	cJSON *where = NULL;
	struct buf out = {0};
	if (!format && strcmp(program, "echo"))
		return false;
	const char *path = redirected(words, &adds, &where);
	if (format && words->child->next)
		print(words->child->next, &out);
	else if (!format)
		echo(words->child->next, &out);
	if (path) {
		const char *before = adds ? cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(k->files, path)) : NULL;
		char *text = xasprintf("%s%s", before ? before : "", buf_text(&out));
		put(k->files, path, text);
		free(text);
	}
	cJSON_Delete(where);
	buf_free(&out);
	return true;
}

/* NAME=VALUE, with or without export before it; several too. True when the words were nothing else. */
static bool assigns(struct container *k, const cJSON *words)
{
	const cJSON *w = words->child;
	bool exports = !strcmp(w->valuestring, "export");
	for (w = exports ? w->next : w; w; w = w->next) {
		size_t len = 0;
		while (isalnum((unsigned char)w->valuestring[len]) || w->valuestring[len] == '_')
			len++;
		if (!len || w->valuestring[len] != '=')
			return exports;
		put(k->env, sim_tmp("%.*s", (int)len, w->valuestring), w->valuestring + len + 1);
	}
	return true;
}

/* [ -n TEXT ], [ -z TEXT ], [ -f FILE ], [ -s FILE ], and their opposites with a "!"; a test that is not known holds. */
static bool holds(const struct container *k, const cJSON *words)
{
	bool not = !strcmp(json_str(words, "2", ""), "!");
	const char *operator= json_str(words, not ? "3" : "2", ""), *text = json_str(words, not ? "4" : "3", "");
	if (strcmp(json_str(words, "1", ""), "["))
		return true;
	if (!strcmp(operator, "-s")) {
		const cJSON *file = cJSON_GetObjectItemCaseSensitive(k->files, text);
		return (cJSON_IsString(file) && *file->valuestring) != not ;
	}
	if (!strcmp(operator, "-n") || !strcmp(operator, "-z"))
		return (*text != '\0') == (operator[1] == 'n');
	return strcmp(operator, "-f") || cJSON_GetObjectItemCaseSensitive(k->files, text);
}

/* if, else and fi. True when the words were one of them. */
static bool branches(struct script *s, const cJSON *words, bool live)
{
	const char *first = json_str(words, "0", "");
	if (!strcmp(first, "if") && s->depth + 1 < DEPTH)
		s->live[++s->depth] = live && holds(s->k, words);
	else if (!strcmp(first, "else") && s->depth)
		s->live[s->depth] = s->live[s->depth - 1] && !s->live[s->depth];
	else if (!strcmp(first, "fi") && s->depth)
		s->depth--;
	else
		return false;
	return true;
}

/* What a command was, for those who know what it does; input is what was piped into it. */
static void note(struct container *k, const cJSON *first, const char *input)
{
	cJSON *argv = cJSON_CreateArray();
	for (; first; first = first->next)
		cJSON_AddItemToArray(argv, cJSON_CreateString(first->valuestring));
	cJSON_AddItemToArray(k->ran, json_make("{'argv':%j,'input':%s}", argv, input));
}

/* printf TEXT | COMMAND. True when the words were that. */
static bool pipes(struct container *k, cJSON *words)
{
	cJSON *w, *after = NULL;
	cJSON_ArrayForEach(w, words)
		if (!strcmp(w->valuestring, "|") && w->next)
			after = w->next;
	if (!after || strcmp(json_str(words, "0", ""), "printf"))
		return false;
	struct buf out = {0};
	cJSON *left = cJSON_CreateArray();
	for (w = words->child->next; w && strcmp(w->valuestring, "|"); w = w->next)
		cJSON_AddItemToArray(left, cJSON_CreateString(w->valuestring));
	if (left->child)
		print(left->child, &out);
	note(k, after, buf_text(&out));
	cJSON_Delete(left);
	buf_free(&out);
	return true;
}

/* unset NAME... True when the words were that. */
static bool unsets(struct container *k, const cJSON *words)
{
	if (strcmp(words->child->valuestring, "unset"))
		return false;
	for (const cJSON *w = words->child->next; w; w = w->next)
		cJSON_DeleteItemFromObjectCaseSensitive(k->env, w->valuestring);
	return true;
}

/* COMMAND & goes on beside what follows. True when the words were that. */
static bool left_running(struct container *k, cJSON *words)
{
	int last = cJSON_GetArraySize(words) - 1;
	if (last < 1 || strcmp(cJSON_GetArrayItem(words, last)->valuestring, "&"))
		return false;
	cJSON_DeleteItemFromArray(words, last);
	if (!k->beside)
		k->beside = cJSON_CreateArray();
	cJSON_AddItemToArray(k->beside, cJSON_Duplicate(words, 1));
	return true;
}

static void one_line(struct script *s, cJSON *words)
{
	const char *first = json_str(words, "0", "");
	bool live = s->live[s->depth];
	if (!words->child || branches(s, words, live) || !live || !strcmp(first, ":") || !strcmp(first, "set") ||
	    !strcmp(first, "umask") || assigns(s->k, words) || pipes(s->k, words) || writes(s->k, words) ||
	    unsets(s->k, words) || left_running(s->k, words))
		return;
	if (!strcmp(first, "exec"))
		cJSON_DeleteItemFromArray(words, 0);
	if (!words->child)
		return;
	note(s->k, words->child, "");
	cJSON_Delete(s->last);
	s->last = cJSON_Duplicate(words, 1);
}

cJSON *script_run(struct container *k, const char *file, const char *text)
{
	struct script s = {.k = k, .live = {true}};
	const struct shell sh = {.env = k->env, .substitute = script_substitute, .arg = k};
	struct buf line = {0};
	for (int number = 0; !k->error && (text = shell_line(text, &line, &number));) {
		char *error = NULL;
		cJSON *words = shell_words(&sh, buf_text(&line), &error);
		if (error && s.live[s.depth])
			k->error = xasprintf("%s: %d: %s", file, number, error);
		else
			one_line(&s, words);
		cJSON_Delete(words);
		free(error);
	}
	buf_free(&line);
	return s.last;
}
