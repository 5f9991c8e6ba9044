/* The files of templates/, embedded in the program. */
#ifndef MS_BASE_TEMPLATES_H
#define MS_BASE_TEMPLATES_H

#include <stddef.h>

struct template_text {
	const char *name; /* "run/Dockerfile.mustache" */
	const char *text; /* NUL-terminated */
	size_t len;
};
/* All of them, ended by a NULL name. */
extern const struct template_text template_texts[];

/* A template's text by its name, NULL when there is none; *len (which may be NULL) gets its length. */
const char *template_find(const char *name, size_t *len);

#endif
