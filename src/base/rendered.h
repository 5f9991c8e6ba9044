/* Texts that this program rendered from its own templates. Some are kept where secrets are, so that only the server reads them; what hides the contents
 * of such places whole need hide only what is secret in these. */
#ifndef MS_BASE_RENDERED_H
#define MS_BASE_RENDERED_H

#include <stdbool.h>
#include <stddef.h>

/* Remembers a text of len bytes until the process ends, by its hash alone. */
void rendered_note(const char *text, size_t len);
bool rendered_known(const char *text, size_t len);

#endif
