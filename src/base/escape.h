/* A value written so that the reader of the file gets the same value back, whatever characters it has. */
#ifndef MS_BASE_ESCAPE_H
#define MS_BASE_ESCAPE_H

#include "base/buf.h"

/* What a value is made safe for. For TOML, YAML and JSON the result is the inside of a double-quoted string; for shell the whole
 * single-quoted word; for INI the value as Python's configparser reads it, with % doubled; for a Dockerfile the inside of a
 * double-quoted ENV or LABEL value; for LINE a line of a plain list. */
enum escape {
	ESCAPE_NONE,
	ESCAPE_HTML,
	ESCAPE_TOML,
	ESCAPE_YAML,
	ESCAPE_JSON,
	ESCAPE_SHELL,
	ESCAPE_INI,
	ESCAPE_DOCKERFILE,
	ESCAPE_LINE
};

/* Appends value escaped. Returns NULL, or why this kind of file cannot hold the value (a constant phrase: "has a line end");
 * out then has a part of it. */
const char *escape_add(enum escape escape, const char *value, struct buf *out);

/* How many of its first bytes are characters that neither a shell nor a sentence takes for more than a part of a word. */
size_t escape_plain(const char *value);

/* name, when it is a word of such characters and no option; else instead. For names from outside, in sentences that tell a line for a shell. */
const char *escape_name(const char *name, const char *instead);

/* Appends value as one word of a shell, quoted where it has to be: for lines that are made to be pasted or evaluated. */
void escape_word(const char *value, struct buf *out);

#endif
