/* Words of command lines as sh makes them. */
#include "config.h"
#include "sim/front/shell.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct lexer {
	const struct shell *sh;
	const char *p;
	char **error;
	struct buf word;
};

static const char *value_of(const struct shell *sh, const char *name)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(sh->env, name);
	return cJSON_IsString(v) ? v->valuestring : NULL;
}

/* $(command): up to the bracket that closes it. */
static void substitution(struct lexer *l)
{
	int depth = 1;
	const char *start = ++l->p;
	for (; *l->p && depth; l->p++)
		depth += *l->p == '(' ? 1 : *l->p == ')' ? -1 : 0;
	char *command = xstrndup(start, (size_t)(l->p - start) - (depth == 0));
	char *text = l->sh->substitute ? l->sh->substitute(l->sh->arg, command) : NULL;
	size_t len = text ? strlen(text) : 0;
	while (len && text[len - 1] == '\n')
		len--;
	buf_add(&l->word, text ? text : "", len);
	free(text);
	free(command);
}

/* One expansion after '$'. */
static void expand(struct lexer *l)
{
	bool braces = *l->p == '{';
	l->p += braces;
	size_t len = 0;
	while (isalnum((unsigned char)l->p[len]) || l->p[len] == '_')
		len++;
	const char *name = sim_tmp("%.*s", (int)len, l->p), *value = value_of(l->sh, name);
	l->p += len;
	if (!braces) {
		buf_puts(&l->word, len ? (value ? value : "") : "$");
		return;
	}
	const char *end = strchr(l->p, '}');
	if (!end) {
		l->p += strlen(l->p);
		return;
	}
	bool unset = !value || (*l->p == ':' && !*value);
	const char *operator= * l->p == ':' ? l->p + 1 : l->p;
	if (unset && *operator== '-')
		buf_add(&l->word, operator+ 1, (size_t)(end - operator- 1));
	else if (unset && *operator== '?' && !* l->error)
		*l->error = xasprintf("%s: parameter not set or null", name);
	else
		buf_puts(&l->word, value ? value : "");
	l->p = end + 1;
}

static void dollar(struct lexer *l)
{
	l->p++;
	if (*l->p == '(')
		substitution(l);
	else
		expand(l);
}

cJSON *shell_words(const struct shell *sh, const char *line, char **error)
{
	struct lexer l = {.sh = sh, .p = line, .error = error};
	cJSON *list = cJSON_CreateArray();
	bool any = false;
	for (char quote = 0; *l.p;) {
		bool ends = !quote && (isspace((unsigned char)*l.p) || *l.p == ';' || (*l.p == '#' && !any));
		if (ends) {
			if (any)
				cJSON_AddItemToArray(list, cJSON_CreateString(buf_text(&l.word)));
			buf_clear(&l.word);
			any = false;
			if (*l.p == '#')
				break;
			if (*l.p == ';')
				cJSON_AddItemToArray(list, cJSON_CreateString(";"));
			l.p++;
			continue;
		}
		if (!quote && !any && *l.p == '>') {
			cJSON_AddItemToArray(list, cJSON_CreateString(l.p[1] == '>' ? ">>" : ">"));
			l.p += 1 + (l.p[1] == '>');
			continue;
		}
		any = true;
		if (quote != '\'' && *l.p == '$') {
			dollar(&l);
		} else if (*l.p == quote || (!quote && (*l.p == '"' || *l.p == '\''))) {
			quote = quote ? 0 : *l.p;
			l.p++;
		} else if (*l.p == '\\' && quote != '\'' && l.p[1]) {
			if (l.p[1] != '\n')
				buf_putc(&l.word, l.p[1]);
			l.p += 2;
		} else {
			buf_putc(&l.word, *l.p++);
		}
	}
	if (any)
		cJSON_AddItemToArray(list, cJSON_CreateString(buf_text(&l.word)));
	buf_free(&l.word);
	return list;
}

const char *shell_line(const char *script, struct buf *out, int *number)
{
	buf_clear(out);
	if (!*script)
		return NULL;
	for (bool more = true; more && *script;) {
		size_t len = strcspn(script, "\n");
		more = len && script[len - 1] == '\\';
		buf_add(out, script, len - more);
		buf_putc(out, ' ');
		script += len + (script[len] == '\n');
		++*number;
	}
	return script;
}
