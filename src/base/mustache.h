/* Our templates: the public Mustache specification's interpolation, sections, inverted sections, comments and delimiters.
 * A value stays a value: it is escaped for the kind of file that the template makes. {{{x}}} and {{&x}} are not escaped. */
#ifndef MS_BASE_MUSTACHE_H
#define MS_BASE_MUSTACHE_H

#include "base/buf.h"
#include "base/err.h"

#include <cjson/cJSON.h>

/* What an interpolated {{value}} is made safe for. For TOML, YAML, JSON the result is the inside of a double-quoted string; for
 * shell the whole single-quoted word; for INI the value with % doubled and line ends refused; for a Dockerfile the inside of a
 * double-quoted ENV value. */
enum escape { ESCAPE_NONE, ESCAPE_HTML, ESCAPE_TOML, ESCAPE_YAML, ESCAPE_JSON, ESCAPE_SHELL, ESCAPE_INI, ESCAPE_DOCKERFILE };

/* Renders template (NUL-terminated) over data and appends to out. strict makes a name that data lacks an error (our own files);
 * the specification renders it as nothing. Failures are EXIT_BUG with the template's name and line as place: an unclosed
 * section, an unknown delimiter, a value that the escape cannot hold. */
bool mustache_render(const char *name, const char *template, const cJSON *data, enum escape escape, bool strict, struct buf *out,
		     struct err *e);

#endif
