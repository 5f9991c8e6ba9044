/* Shell commands on the screen: found in a sentence that tells them, and broken into rows so that all of it can be taken and pasted. */
#include "config.h"
#include "ui/command.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* In a sentence --------------------------------------------------------------------------------------------------------------------- */

static const char tool[] = "gcloud ";

/* A word of a command ends at a blank, at what ends a part of a sentence, and where another script than the shell's begins. */
static size_t word_length(const char *p)
{
	size_t len = 0;
	while (p[len] > ' ' && p[len] < 127 && p[len] != ';' && p[len] != ')')
		len++;
	while (len && strchr(".,", p[len - 1]))
		len--;
	return len;
}

/* Words up to the end of the sentence's part. Behind options there are no plain words but addresses: they are the sentence's again, in whatever language. */
static size_t command_length(const char *p, bool *options)
{
	size_t len = word_length(p);
	*options = false;
	while (p[len] == ' ') {
		const char *word = p + len + 1;
		size_t more = word_length(word);
		bool option = !strncmp(word, "--", 2);
		if (!more || *word == '(' || (*options && !option && !memchr(word, '/', more)))
			break;
		*options |= option;
		len += 1 + more;
	}
	return len;
}

/* It is told after a colon or in brackets; elsewhere it may be no more than the name of one. */
static bool is_told(const char *text, const char *at, bool options)
{
	while (at > text && at[-1] == ' ')
		at--;
	bool wide_colon = at - text >= 3 && !memcmp(at - 3, "\uff1a", 3);
	return options || at == text || strchr(":(", at[-1]) || wide_colon;
}

static void put_words(struct buf *b, const char *p, size_t len, const char *project)
{
	static const char stand_in[] = "PROJECT";
	size_t n = strlen(stand_in);
	for (size_t i = 0; i < len;) {
		bool starts = !i || strchr(" =", p[i - 1]), ends = i + n == len || (i + n < len && p[i + n] == ' ');
		if (*project && starts && ends && !strncmp(p + i, stand_in, n)) {
			buf_puts(b, project);
			i += n;
		} else {
			buf_putc(b, p[i++]);
		}
	}
}

/* Nothing but words: what the shell would take for more than that, outside of quotes, is none of ours, whosever text it came with. Half of it is of no use. */
static bool is_plain(const char *p, size_t len)
{
	bool quoted = false;
	for (size_t i = 0; i < len; i++) {
		quoted ^= p[i] == '\'';
		if (!quoted && strchr("|&`$<>(\"\\!", p[i]))
			return false;
	}
	return !quoted;
}

char *command_told(const char *text, const char *project)
{
	struct buf b = {0};
	for (const char *at = text; (at = strstr(at, tool));) {
		bool options;
		size_t len = command_length(at, &options);
		if (is_told(text, at, options) && is_plain(at, len)) {
			buf_puts(&b, b.len ? " && " : "");
			put_words(&b, at, len, project);
		}
		at += len;
	}
	return b.len ? buf_take(&b) : NULL;
}

/* In wrapped text ------------------------------------------------------------------------------------------------------------------- */

static const char cluster_tool[] = "kubectl ", ours[] = "mlflow-setup ";

/* "mlflow-setup", a verb, and what can only be an option or a file; without one of these it is the program's name in a sentence. */
static size_t own_length(const char *p)
{
	size_t len = strlen(ours) - 1, whole = 0;
	for (int words = 0; p[len] == ' '; words++) {
		const char *word = p + len + 1;
		size_t more = word_length(word);
		bool argument = more && (!strncmp(word, "--", 2) || memchr(word, '.', more) || memchr(word, '/', more));
		if (!more || (!argument && words))
			break;
		len += 1 + more;
		whole = argument ? len : whole;
	}
	return whole;
}

/* Where a sentence goes on behind a command with words of the same script, its group and its verb are all that is known to belong to it. */
static size_t first_words(const char *p, size_t len)
{
	size_t n = 0;
	for (int blanks = 0; n < len && (p[n] != ' ' || ++blanks < 4); n++)
		;
	return n;
}

size_t command_begins(const char *text, const char *at)
{
	if (at > text && at[-1] > ' ' && at[-1] < 127 && at[-1] != '(')
		return 0;
	if (!strncmp(at, ours, strlen(ours)))
		return own_length(at);
	bool options;
	bool starts = !strncmp(at, tool, strlen(tool)) || !strncmp(at, cluster_tool, strlen(cluster_tool));
	size_t len = starts ? command_length(at, &options) : 0;
	return len && !is_told(text, at, options) ? first_words(at, len) : len;
}

/* In rows --------------------------------------------------------------------------------------------------------------------------- */

enum { INDENT = 2, BACKSLASH = 2 };

/* The last blank at which the row can end: before an option, else any; NULL when there is none. */
static const char *row_end(const char *p, int width)
{
	const char *option = NULL, *blank = NULL;
	char quote = '\0';
	for (const char *q = p; *q; q++) {
		if (quote ? *q == quote : *q == '\'' || *q == '"')
			quote = quote ? '\0' : *q;
		if (quote || *q != ' ' || q == p)
			continue;
		char *head = xstrndup(p, (size_t)(q - p));
		bool fits = cells(head) <= width - BACKSLASH;
		free(head);
		if (!fits)
			break;
		*(strncmp(q, " --", 3) ? &blank : &option) = q;
	}
	return option ? option : blank;
}

/* The bytes of the row that begins at p; *next is where the next one does. */
static size_t row_length(const char *p, int width, const char **next)
{
	const char *end = cells(p) > width ? row_end(p, width) : NULL;
	size_t len = end ? (size_t)(end - p) : fitting(p, width);
	*next = p + len + (end != NULL);
	return len;
}

int command_rows(const char *command, int width)
{
	int n = 0;
	for (const char *p = command; *p && width > INDENT + BACKSLASH; n++)
		row_length(p, width - (n ? INDENT : 0), &p);
	return n;
}

void put_command_row(int y, int x, int width, enum role role, const char *command, int row)
{
	const char *p = command, *next = command;
	size_t len = 0;
	for (int i = 0; i <= row && *next; i++) {
		p = next;
		len = row_length(p, width - (i ? INDENT : 0), &next);
	}
	bool broken = *next && p[len] == ' ';
	char *text = xasprintf("%.*s%s", (int)len, p, broken ? " \\" : "");
	int indent = row && p[-1] == ' ' ? INDENT : 0;
	put(y, x + indent, width - indent, role, text);
	free(text);
}
