/* A growing text or byte buffer with a ceiling. It is always terminated by a NUL that len does not count. */
#ifndef MS_BASE_BUF_H
#define MS_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;  /* NULL until something was added */
	size_t len;  /* bytes in use */
	size_t room; /* bytes allocated */
	size_t max;  /* most bytes it may hold; 0 means BUF_MAX */
	bool full;   /* something was refused because of max */
};

#define BUF_MAX ((size_t)64 << 20)

/* Add bytes, a string, a character, formatted text. They return false, and set full, once max would be passed. */
bool buf_add(struct buf *b, const void *data, size_t len);
bool buf_puts(struct buf *b, const char *text);
bool buf_putc(struct buf *b, char c);
bool buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for so many more bytes: adding them will not move the text. */
void buf_reserve(struct buf *b, size_t bytes);

/* The text; "" when nothing was added. Owned by the buffer. */
const char *buf_text(const struct buf *b) __attribute__((returns_nonnull));
/* Takes the text out, for the caller to free, and empties the buffer. Never NULL. */
char *buf_take(struct buf *b) __attribute__((returns_nonnull));
/* Forgets the content and keeps the memory; frees the memory. */
void buf_clear(struct buf *b);
void buf_free(struct buf *b);

#endif
