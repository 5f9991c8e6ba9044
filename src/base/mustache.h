/* Our templates: the public Mustache specification's interpolation, sections, inverted sections, comments, delimiters and partials.
 * A value stays a value: it is escaped for the kind of file that the template makes. {{{x}}} and {{&x}} are not escaped.
 * False are: null, false, an empty text, an empty list, a name that is not there. */
#ifndef MS_BASE_MUSTACHE_H
#define MS_BASE_MUSTACHE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/escape.h"

#include <cjson/cJSON.h>

/* Renders template (NUL-terminated) over data and appends to out. strict makes a name that data lacks an error (our own files);
 * the specification renders it as nothing. Failures are EXIT_BUG with the template's name and line as place: an unclosed
 * tag or section, an unknown delimiter, a list or object where a text belongs, a value that the escape cannot hold. */
bool mustache_render(const char *name, const char *template, const cJSON *data, enum escape escape, bool strict,
		     struct buf *out, struct err *e);

/* The same for a template with partials: find gives the text of one by its name (NULL: there is none); from is handed to it. */
typedef const char *mustache_find(const void *from, const char *name);
bool mustache_render_parts(const char *name, const char *template, mustache_find *find, const void *from, const cJSON *data,
			   enum escape escape, bool strict, struct buf *out, struct err *e);

#endif
