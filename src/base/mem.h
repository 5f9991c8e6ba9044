/* Memory that is always there: each of these returns or ends the program. */
#ifndef MS_BASE_MEM_H
#define MS_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

/* Called once when memory runs out, before the program exits with EX_OSERR; the screen restores the terminal here. */
extern void (*mem_exhausted)(void);
/* That end itself, for memory that comes from elsewhere. */
_Noreturn void mem_out(void);

/* malloc, calloc, realloc, strdup, strndup that never return NULL. The caller frees with free(). */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1, 2)));
void *xrealloc(void *old, size_t size) __attribute__((returns_nonnull, alloc_size(2)));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull, nonnull));
char *xstrndup(const char *text, size_t len) __attribute__((malloc, returns_nonnull, nonnull));

/* A formatted string that the caller frees. */
char *xasprintf(const char *format, ...) __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args) __attribute__((malloc, returns_nonnull, format(printf, 1, 0)));

/* Makes room for one more element in a growing array: returns the array, moved when needed.
 * count is how many are in use; *room is kept by this function and starts at 0. */
void *xgrow(void *array, size_t count, size_t *room, size_t element) __attribute__((returns_nonnull));

/* free() that cJSON and libcurl share with us: installs these allocators in cJSON. Call once, first in main. */
void mem_install(void);

#endif
