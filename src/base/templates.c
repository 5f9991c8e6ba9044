/* Finds an embedded template; the table is made by templates/embed. */
#include "config.h"
#include "base/templates.h"

#include <string.h>

const char *template_find(const char *name, size_t *len)
{
	for (const struct template_text *t = template_texts; t->name; t++) {
		if (strcmp(t->name, name))
			continue;
		if (len)
			*len = t->len;
		return t->text;
	}
	return NULL;
}
