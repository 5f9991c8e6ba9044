/* Shared libraries that are looked up at the first use. Linked in, libcurl and libarchive map some fifty libraries before the first frame is
 * drawn: several milliseconds of start-up for pages that need neither. */
#ifndef MS_BASE_LIBRARY_H
#define MS_BASE_LIBRARY_H

#include "base/err.h"

#include <stddef.h>

struct library_row {
	const char *symbol;
	void **slot; /* gets the function's address */
};

/* Loads soname for the life of the program and fills every slot. EXIT_CONFIG, naming the Debian package, when it or one of its functions
 * is not there. */
bool library_load(const char *soname, const char *package, const struct library_row *rows, size_t count, struct err *e);

#endif
